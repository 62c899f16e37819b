//! Comments that silence a scanner: every form that the scanner itself heeds is recognised, and what it
//! hides is said or blocked.

use crate::support::{World, token, tools, write_program};

/// A world in which scanners are on, taken from `PATH`, with an empty `main` that is pushed.
fn with_scanners(names: &[&str], suppressions: &str) -> World {
    let mut world = World::new();
    world.put_on_path(&tools());
    let mut config = format!(
        "[gate]\nblock-at = \"low\"\nsuppressions = \"{suppressions}\"\n[scanners]\nsecrets = false\ncode = false\n"
    );
    for name in names {
        config.push_str(&format!("{name} = true\n"));
    }
    world.write(".newgate/config.toml", config);
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world
}

/// A scanner, the extension of its files, code that it reports, and that code silenced in every way.
/// `TOKEN` stands for a credential.
struct Forms {
    scanner: &'static str,
    extension: &'static str,
    code: &'static str,
    silenced: &'static [&'static str],
}

const FORMS: [Forms; 9] = [
    Forms {
        scanner: "bandit",
        extension: "py",
        code: "import os\nos.system(os.name)\n",
        silenced: &[
            "import os\nos.system(os.name)  # nosec\n",
            "import os\nos.system(os.name)  #nosec:B605\n",
            "import os\nos.system(\n    os.name\n)  #  nosec B605, B607 # why\n",
            "# -*- coding: unicode_escape -*-\nimport os\nos.system(os.name)  # \\u006eosec\n",
            "# coding=raw-unicode-escape\nimport os\nos.system(os.name)  # \\u006eosec\n",
            "#!/usr/bin/python\n# coding: UTF-7\nimport os\nos.system(os.name)  # +AG4-osec\n",
            "# vim: set fileencoding=hz :\nimport os\nos.system(os.name)  # no~{~}sec\n",
            "# coding: iso2022_jp\nimport os\nos.system(os.name)  # no\u{1b}(Bsec\n",
        ],
    },
    Forms {
        scanner: "ruff",
        extension: "py",
        code: "def f(x):\n    return eval(x)\n",
        silenced: &[
            "def f(x):\n    return eval(x)  # noqa\n",
            "def f(x):\n    return eval(x)  #NoQA:S307\n",
            "# ruff: noqa\ndef f(x):\n    return eval(x)\n",
            "#flake8:noqa\ndef f(x):\n    return eval(x)\n",
            "# ruff: file-ignore[S307]\ndef f(x):\n    return eval(x)\n",
            "#ruff:disable[S307]\ndef f(x):\n    return eval(x)\n#ruff:enable[S307]\n",
            "def f(x):\n    return eval(x)  # ruff: ignore[S307]\n",
            "# coding: unicode_escape\nx = 1  #\\nx = eval(x)\n",
        ],
    },
    Forms {
        scanner: "shellcheck",
        extension: "sh",
        code: "#!/bin/sh\necho $1\n",
        silenced: &[
            "#!/bin/sh\n# shellcheck disable=SC2086\necho $1\n",
            "#!/bin/sh\n#shellcheck\tshell=sh disable=SC2086\necho $1\n",
            "#!/bin/sh\n# shellcheck source=/dev/null disable=2086,2087\necho $1\n",
            "#!/bin/sh\n# shellcheck disable=all\necho $1\n",
        ],
    },
    Forms {
        scanner: "detect-secrets",
        extension: "txt",
        code: "k = \"AKIAQQQZZZKKKWWWEEEE\"\n",
        silenced: &[
            "k = \"AKIAQQQZZZKKKWWWEEEE\"  # pragma: allowlist secret\n",
            "k = \"AKIAQQQZZZKKKWWWEEEE\"  // pragma: allowlist-secret\n",
            "k = \"AKIAQQQZZZKKKWWWEEEE\"  # pragma:whitelist secret\n",
            "# pragma: allowlist-nextline-secret\nk = \"AKIAQQQZZZKKKWWWEEEE\"\n",
        ],
    },
    Forms {
        scanner: "eslint",
        extension: "js",
        code: "function f(x) { return eval(x); }\nf();\n",
        silenced: &[
            "/* eslint-disable */\nfunction f(x) { return eval(x); }\nf();\n",
            "// eslint-disable-next-line\nfunction f(x) { return eval(x); }\nf();\n",
            "function f(x) { return eval(x); } // eslint-disable-line\nf();\n",
            "/* eslint\n  no-eval: off,\n  security/detect-eval-with-expression: off\n*/\nfunction f(x) { return eval(x); }\nf();\n",
            "/*\u{feff}eslint no-eval: off, security/detect-eval-with-expression: off */\nfunction f(x) { return eval(x); }\nf();\n",
            "/*\n\n  eslint \"no-eval\": 0, \"security/detect-eval-with-expression\": [0] */\nfunction f(x) { return eval(x); }\nf();\n",
        ],
    },
    Forms {
        scanner: "oxlint",
        extension: "js",
        code: "export function f(x) { return eval(x); }\n",
        silenced: &[
            "/* oxlint-disable */\nexport function f(x) { return eval(x); }\n",
            "// eslint-disable-next-line\nexport function f(x) { return eval(x); }\n",
            "export function f(x) { return eval(x); } // oxlint-disable-line\n",
        ],
    },
    Forms {
        scanner: "flawfinder",
        extension: "c",
        code: "int f(char *a, char *b) { strcpy(a, b); return 0; }\n",
        silenced: &[
            "int f(char *a, char *b) { strcpy(a, b); return 0; } /* Flawfinder: ignore */\n",
            "/* ITS4: whatever */\nint f(char *a, char *b) { strcpy(a, b); return 0; }\n",
            "int f(char *a, char *b) { strcpy(a, b); return 0; } // rats:\n",
        ],
    },
    Forms {
        scanner: "kingfisher",
        extension: "txt",
        code: "key = TOKEN\n",
        silenced: &["key = TOKEN # kingfisher:ignore\n"],
    },
    Forms {
        scanner: "secretlint",
        extension: "txt",
        code: "url = postgres://admin:kXq2Zr8LmXvKp4@db.internal/x\n",
        silenced: &[
            "// secretlint-disable\nurl = postgres://admin:kXq2Zr8LmXvKp4@db.internal/x\n",
            "url = postgres://admin:kXq2Zr8LmXvKp4@db.internal/x // secretlint-disable-line\n",
            "# secretlint-disable-next-line\nurl = postgres://admin:kXq2Zr8LmXvKp4@db.internal/x\n",
        ],
    },
];

#[test]
fn every_form_that_a_scanner_heeds_is_recognised() {
    let names: Vec<&str> = FORMS.iter().map(|f| f.scanner).collect();
    let world = with_scanners(&names, "warn");
    let mut wanted: Vec<(String, bool)> = Vec::new();
    for forms in &FORMS {
        let path = |number: &str| format!("{}/{number}.{}", forms.scanner, forms.extension);
        world.write(&path("loud"), forms.code.replace("TOKEN", &token(1)));
        wanted.push((path("loud"), true));
        for (number, code) in forms.silenced.iter().enumerate() {
            let code = code.replace("TOKEN", &token(1));
            world.write(&path(&number.to_string()), code);
            wanted.push((path(&number.to_string()), false));
        }
    }
    world.commit("Silence");
    let report = world.check(&["--enforce"]);
    let blocking = |path: &str, scanner: &str| {
        let issues = report["issues"].as_array().unwrap().iter();
        let mut occurrences = issues.flat_map(|i| i["occurrences"].as_array().unwrap());
        occurrences.any(|o| {
            let scanners = o["scanners"].as_array().unwrap();
            o["path"] == path && o["action"] == "block" && scanners.iter().any(|s| s == scanner)
        })
    };
    let mut wrong = Vec::new();
    for (path, loud) in &wanted {
        let scanner = path.split('/').next().unwrap();
        if blocking(path, scanner) != *loud {
            wrong.push(format!("{path}: reported {}, not {loud}", !loud));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}\n{:#}", report["scanners"]);
    // Each is recognised: with `block`, there is an issue at each.
    let world = with_scanners(&names, "block");
    for forms in &FORMS {
        for (number, code) in forms.silenced.iter().enumerate() {
            world.write(
                &format!("{}/{number}.{}", forms.scanner, forms.extension),
                code,
            );
        }
    }
    world.commit("Silence");
    let report = world.check(&["--enforce"]);
    let told: Vec<&str> = report["issues"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|i| i["rules"][0]["rule"] == "inline-suppression")
        .flat_map(|i| i["occurrences"].as_array().unwrap())
        .map(|o| o["path"].as_str().unwrap())
        .collect();
    for (path, _) in wanted.iter().filter(|(_, loud)| !loud) {
        assert!(told.contains(&path.as_str()), "{path} is not in {told:#?}");
    }
}

#[test]
fn a_comment_that_moves_to_other_code_is_blocked() {
    let world = with_scanners(&["bandit"], "block");
    world.git(&["switch", "--quiet", "main"]);
    world.write(
        "m.py",
        "import os\nos.system(  # keep\n    \"ls\"\n)  # nosec\nos.getcwd()\n",
    );
    world.commit("An old one");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["fetch", "--quiet"]);
    world.git(&["switch", "--quiet", "--create", "moved"]);
    world.write(
        "m.py",
        "import os\nimport sys\nos.system(\n    sys.argv[1]\n)  # nosec\n",
    );
    world.commit("Move it");
    world
        .newgate(&["check", "--enforce"])
        .exits(1)
        .says("m.py:5");
    world.write(
        "m.py",
        "import os\nimport sys\nos.system(  # keep\n    \"ls\"\n)  # nosec\nsys.exit()\n",
    );
    world.commit("Leave it where it was");
    world.newgate(&["check", "--enforce"]).exits(0);
}

/// A project's own scanner, which heeds a comment that its descriptor does not know, and says so.
const NOTES: &str = r#"#!/bin/sh
[ "$1" = --version ] && { echo "notes 1.0"; exit; }
printf '['; comma=
for file; do
  number=0
  while IFS= read -r line; do
    number=$((number + 1)); hushed=false
    case $line in *hush*) hushed=true;; esac
    case $line in *TODO*)
      printf '%s{"path":"%s","line":%d,"suppressed":%s}' "$comma" "$file" $number $hushed; comma=,;;
    esac
  done < "$file"
done
printf ']'
"#;
const NOTES_DESCRIPTOR: &str = r#"
name = "notes"
title = "Notes"
homepage = "https://example.com"
kind = "code"
scope = "file"
files = ["*.txt"]
suppressions = ["notes:ignore"]
[program]
command = ["notes", "{files}"]
version = ["--version"]
version-pattern = '(\d[\d.]*)'
exit-clean = [0]
[output]
format = "json"
filter = '.[] | {path, line, rule: "todo", message: "To do", level: "high", suppressed}'
[severity]
high = 8.0
"#;

#[test]
fn a_form_that_only_the_scanner_knows_is_told_too() {
    let world = World::new();
    let program = world.path("home/notes");
    write_program(&program, NOTES);
    world.write(".newgate/scanners/notes.toml", NOTES_DESCRIPTOR);
    world.write(
        ".newgate/config.toml",
        format!("[scanners.notes]\npath = \"{}\"\n", program.display()),
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("a.txt", "Fine\nTODO hush\n");
    world.write("b.txt", "TODO notes:ignore hush\n");
    world.commit("Silence");
    let told = world.newgate(&["check"]).exits(0);
    told.says("comments that suppress findings of notes")
        .says("a.txt:2, b.txt:1");
    // Once it is on the target, it is an old one, wherever its line goes.
    world
        .push(&["--quiet", "--no-verify", "origin", "HEAD:main"])
        .exits(0);
    world.git(&["fetch", "--quiet"]);
    world.write("a.txt", "Fine\nAnd fine\nTODO hush\n");
    world.commit("Go on");
    let report = world.check(&[]);
    assert_eq!(report["scanners"][0]["state"], "ok", "{report:#}");
    assert!(
        !report["notes"].to_string().contains("suppress findings"),
        "{report:#}"
    );
}

#[test]
fn a_first_push_silences_nothing_where_that_is_blocked() {
    let mut world = World::new();
    world.put_on_path(&tools());
    world.write(".newgate/config.toml", "[gate]\nsuppressions = \"block\"\n");
    world.write(
        "k.txt",
        format!("k = '{}'  # newgate:allow-secret\n", token(1)),
    );
    world.commit("Start");
    world.install();
    world.push(&["origin", "main"]).exits(1).says("k.txt:1");
}
