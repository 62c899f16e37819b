//! Weaknesses in code, with the built-in scanner and no other.

use crate::support::{World, places_and_rules};

/// A weakness in each language: the request chooses what a shell runs.
pub const INJECTIONS: [(&str, &str); 8] = [
    (
        "app.py",
        "import os\n\n\ndef show():\n    os.system(\"ls \" + request.args.get(\"dir\"))\n",
    ),
    (
        "app.js",
        "const { exec } = require('child_process');\napp.get('/', (req, res) => {\n  exec('ls ' + req.query.dir);\n});\n",
    ),
    (
        "app.ts",
        "import { exec } from 'child_process';\nexport function show(req: Request, res: Response): void {\n  const dir: string = req.query.dir as string;\n  exec(`ls ${dir}`);\n}\n",
    ),
    (
        "app.tsx",
        "import { execSync } from 'child_process';\nexport const Page = (req: Request) => <p>{execSync('ls ' + req.query.dir)}</p>;\n",
    ),
    (
        "app.go",
        "package app\n\nfunc show(w http.ResponseWriter, r *http.Request) {\n\texec.Command(\"sh\", \"-c\", \"ls \"+r.URL.Query().Get(\"dir\")).Run()\n}\n",
    ),
    (
        "App.java",
        "class App {\n    void show(HttpServletRequest request) throws Exception {\n        Runtime.getRuntime().exec(\"ls \" + request.getParameter(\"dir\"));\n    }\n}\n",
    ),
    ("app.php", "<p><?php system('ls ' . $_GET['dir']); ?></p>\n"),
    (
        "app.rb",
        "def show\n  system(\"ls #{params[:dir]}\")\nend\n",
    ),
];

#[test]
fn a_command_injection_in_each_language_blocks() {
    let world = World::new();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    for (name, text) in INJECTIONS {
        world.write(name, text);
    }
    world.commit("Show a folder");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked");
    let issues = report["issues"].as_array().unwrap();
    let places = issues.iter().filter(|i| i["blocks"] == true);
    let occurrences = places.flat_map(|i| i["occurrences"].as_array().unwrap());
    let mut blocked: Vec<&str> = occurrences.filter_map(|o| o["path"].as_str()).collect();
    blocked.sort_unstable();
    let mut all = INJECTIONS.map(|(name, _)| name);
    all.sort_unstable();
    assert_eq!(blocked, all);
    world.push(&["origin", "feature"]).exits(1);
    // What stands in the target already is not held against a change.
    world.git(&["push", "--quiet", "--no-verify", "origin", "feature:main"]);
    world.git(&["fetch", "--quiet", "origin"]);
    let (name, text) = INJECTIONS[0];
    world.write(name, format!("# Shows a folder\n{text}"));
    world.commit("Say what it does");
    world
        .push(&["origin", "feature"])
        .exits(0)
        .says("nothing new");
}

#[test]
fn a_comment_with_the_rule_and_a_reason_silences_a_finding_and_is_reported() {
    let world = World::new();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let python = |comment: &str| {
        format!("def show():\n    os.system(\"ls \" + request.args.get(\"d\"))  {comment}\n")
    };
    let above = |comment: &str, code: &str| format!("{comment}\n{code}\n");
    let script = "app.get('/', (req, res) => eval(req.query.code));";
    let ruby = "def show\n  eval(params[:code]) # COMMENT\nend\n";
    let cases = [
        (
            "0.py",
            python("# newgate: ignore[command-injection] -- only we call it"),
            true,
        ),
        ("1.py", python("# newgate: ignore[command-injection]"), false),
        (
            "2.py",
            python("# newgate: ignore[sql-injection] -- only we call it"),
            false,
        ),
        ("3.py", python("# nosec B605"), true),
        ("4.py", python("# nosec B101"), false),
        ("5.py", python("# noqa: S605"), true),
        ("6.py", python("# noqa: E501"), false),
        ("7.py", python("# NOSONAR"), true),
        // What stands in a string is no comment.
        ("8.py", python("; a = '# nosec'").replace("  ;", ";"), false),
        ("0.js", above("// eslint-disable-next-line no-eval", script), true),
        (
            "1.js",
            above("// eslint-disable-next-line no-alert, security/detect-child-process", script),
            false,
        ),
        (
            "2.js",
            above("// biome-ignore lint/security/noGlobalEval: ours", script),
            true,
        ),
        ("3.js", above("// nosemgrep: eval-detected", script), true),
        ("4.js", above("const a = `// nosemgrep`", script), false),
        (
            "0.go",
            "package a\n\nfunc show(r *http.Request) {\n\texec.Command(\"sh\", \"-c\", r.FormValue(\"c\")).Run() // #nosec G204 -- ours\n}\n"
                .to_owned(),
            true,
        ),
        (
            "0.php",
            "<?php\necho $_GET['a']; // phpcs:ignore WordPress.Security.EscapeOutput\n".to_owned(),
            true,
        ),
        (
            "0.rb",
            ruby.replace("COMMENT", "rubocop:disable Security/Eval"),
            true,
        ),
        (
            "1.rb",
            ruby.replace("COMMENT", "rubocop:disable Style/EvalWithLocation"),
            false,
        ),
    ];
    for (path, text, _) in &cases {
        world.write(path, text);
    }
    world.commit("Silence");
    let report = world.check(&[]);
    let issues = report["issues"].as_array().unwrap().iter();
    let all: Vec<_> = issues
        .flat_map(|i| i["occurrences"].as_array().unwrap())
        .collect();
    for (path, text, passes) in &cases {
        let here = || all.iter().filter(|o| o["path"] == *path);
        // What is silenced is shown all the same.
        assert!(here().count() > 0, "{path} {text} {report:#}");
        let blocks = here().any(|o| o["action"] == "block");
        assert_eq!(!blocks, *passes, "{path} {text} {report:#}");
    }
    // Each new comment is told, but for the one about style.
    let mut notes = report["notes"].as_array().unwrap().iter();
    let note = notes.find(|n| n["code"] == "suppressions-added").unwrap();
    let named = note["places"].as_array().unwrap().len() as u64;
    let told = named + note["more"].as_u64().unwrap();
    assert_eq!(told, cases.len() as u64 - 1, "{note}");
    world.push(&["origin", "feature"]).exits(1);
}

#[test]
fn a_file_beyond_a_limit_is_not_clean() {
    let world = World::new();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(
        "deep.js",
        format!("eval({}1{});\n", "[".repeat(2_000), "]".repeat(2_000)),
    );
    world.commit("Deep");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete", "{report}");
}

#[test]
fn a_script_of_a_package_that_a_change_adds_or_alters_blocks() {
    let world = World::new();
    let package = |script: &str| {
        format!(
            "{{\n  \"name\": \"app\",\n  \"scripts\": {{\n    \"test\": \"jest\",\n    \"postinstall\": \"{script}\"\n  }}\n}}\n"
        )
    };
    world.write("package.json", package("node setup.js"));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let verdict = |text: String| {
        world.write("package.json", text);
        world.commit("Change the package");
        world.check(&[])["verdict"].as_str().map(str::to_owned)
    };
    let other = package("node setup.js").replace("jest", "vitest");
    assert_eq!(verdict(other).as_deref(), Some("pass"));
    let second = package("node setup.js")
        .replace("}\n}", ",\n    \"preinstall\": \"node other.js\"\n  }\n}");
    assert_eq!(verdict(second).as_deref(), Some("blocked"));
    let altered = verdict(package("node other.js"));
    assert_eq!(altered.as_deref(), Some("blocked"));
}

#[test]
fn a_lock_file_that_no_package_manager_writes_blocks() {
    let world = World::new();
    let entry = |name: &str, host: &str, hash: &str| {
        format!(
            "{name}@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://{host}/{name}/-/{name}-1.0.0.tgz\"\n  integrity sha512-{hash}==\n\n"
        )
    };
    let npmjs = "registry.npmjs.org";
    let start = ["a", "b", "c"].map(|n| entry(n, npmjs, "AAAA")).concat();
    world.write("yarn.lock", &start);
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let issues = |text: String| {
        world.write("yarn.lock", text);
        world.commit("Change the lock file");
        places_and_rules(&world.check(&[]), "new")
    };
    assert!(issues(start.clone() + &entry("d", npmjs, "BBBB")).is_empty());
    let forged = start.replacen("sha512-AAAA", "sha512-CCCC", 1);
    assert_eq!(issues(forged.clone()), ["yarn.lock:4 lock-hash"]);
    let other = start.clone() + &entry("d", "evil.example", "BBBB");
    assert_eq!(issues(other.clone()), ["yarn.lock:18 lock-host"]);
    // What the target has is nobody's fault, on any branch.
    world.git(&["push", "--quiet", "--no-verify", "origin", "feature:main"]);
    assert!(issues(other + &entry("e", npmjs, "BBBB")).is_empty());
    assert_eq!(issues(forged.clone()), ["yarn.lock:4 lock-hash"]);
    // One that moves is compared with where it comes from.
    world.git(&["rm", "--quiet", "yarn.lock"]);
    world.write("sub/yarn.lock", forged);
    world.commit("Move the lock file");
    let moved = places_and_rules(&world.check(&[]), "new");
    assert_eq!(moved, ["sub/yarn.lock:4 lock-hash"]);
    // One that cannot be read is not clean: npm resolves the conflict.
    world.write(
        "package-lock.json",
        "<<<<<<< a\n{}\n=======\n{}\n>>>>>>> b\n",
    );
    world.commit("Add another");
    let report = world.check(&[]);
    assert!(
        report.to_string().contains("this lock file cannot be read"),
        "{report}"
    );
}

#[test]
fn what_starts_by_itself_or_is_hidden_is_silenced_like_any_other_finding() {
    let world = World::new();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let task = |comment: &str| {
        format!(
            "{{\n  \"tasks\": [\n    {{\n      {comment}\n      \"command\": \"make\",\n      \"runOptions\": {{ \"runOn\": \"folderOpen\" }}\n    }}\n  ]\n}}\n"
        )
    };
    let letter = |comment: &str| format!("def f(a):\n    return p\u{430}ypal  {comment}\n");
    let cases = [
        (".vscode/tasks.json", task(""), true),
        (
            ".vscode/tasks.json",
            task("// newgate: ignore[starts-with-editor] -- we all want it"),
            false,
        ),
        (
            ".vscode/tasks.json",
            task("// newgate: ignore[starts-with-editor]"),
            true,
        ),
        (".vscode/tasks.json", task("// nosec"), true),
        ("a.py", letter(""), true),
        (
            "a.py",
            letter("# newgate: ignore[hidden-letter] -- a test of ours"),
            false,
        ),
        (
            "a.py",
            letter("# newgate: ignore[hidden-text] -- a test of ours"),
            true,
        ),
        ("a.py", letter("# nosec"), true),
    ];
    for (path, text, blocks) in cases {
        world.write(path, &text);
        world.commit("Change it");
        let report = world.check(&[]);
        let verdict = if blocks { "blocked" } else { "pass" };
        assert_eq!(report["verdict"], verdict, "{text}: {report}");
        if !blocks {
            // A new comment of this kind is told.
            assert!(report["notes"].to_string().contains(path), "{report}");
        }
        world.git(&["rm", "--quiet", path]);
        world.commit("Take it out");
    }
}

#[test]
fn a_weakness_that_another_scanner_finds_too_is_one_issue() {
    let mut world = World::new();
    world.put_on_path(&crate::support::tools());
    let on = |names: &[&str]| {
        let on = names.iter().map(|n| format!("{n} = true\n"));
        let on: String = on.collect();
        let off = if names.contains(&"code") {
            ""
        } else {
            "code = false\n"
        };
        format!("version = 1\n[scanners]\n{off}{on}")
    };
    world.write(".newgate/config.toml", on(&["bandit", "code"]));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(
        "app.py",
        "import hashlib\nimport os\nimport pickle\nimport subprocess\n\nimport yaml\n\n\ndef show(x):\n    os.system(\"ls \" + request.args.get(\"dir\"))\n    subprocess.call(\"ls \" + request.args[\"d\"], shell=True)\n    pickle.loads(request.data)\n    yaml.load(request.data)\n    eval(request.args[\"e\"])\n    hashlib.md5(x.password)\n    cursor.execute(\"SELECT * FROM t WHERE a = '%s'\" % request.args[\"a\"])\n",
    );
    world.commit("Weaknesses");
    let report = world.check(&[]);
    let mut both = 0;
    for issue in report["issues"].as_array().unwrap() {
        for occurrence in issue["occurrences"].as_array().unwrap() {
            let line = occurrence["line"].as_u64().unwrap();
            if line < 10 {
                // Bandit also reports what is imported.
                continue;
            }
            let scanners = occurrence["scanners"].to_string();
            assert!(
                scanners.contains("bandit") && scanners.contains("code"),
                "{line}: {issue}"
            );
            both += 1;
        }
    }
    assert_eq!(both, 7, "{report}");
    // What one of them knew of the target is not new to the other, whichever came first.
    for (first, then) in [("bandit", "code"), ("code", "bandit")] {
        world.git(&["switch", "--quiet", "--force-create", "main"]);
        world.write(".newgate/config.toml", on(&[first]));
        world.commit("One scanner");
        world.git(&[
            "push",
            "--quiet",
            "--force",
            "--no-verify",
            "origin",
            "main",
        ]);
        assert!(places_and_rules(&world.check(&["--no-base"]), "new").len() >= 7);
        world.write(".newgate/config.toml", on(&[first, then]));
        world.commit("Both");
        world.git(&[
            "push",
            "--quiet",
            "--force",
            "--no-verify",
            "origin",
            "main",
        ]);
        world.git(&["switch", "--quiet", "--force-create", "feature"]);
        let text = std::fs::read_to_string(world.work().join("app.py")).unwrap();
        world.write("app.py", format!("# {then}\n{text}"));
        world.commit("Touch it");
        let report = world.check(&[]);
        assert_eq!(places_and_rules(&report, "new").len(), 0, "{report}");
    }
}

#[test]
fn reports_of_gosec_semgrep_ruff_and_eslint_join_what_code_finds() {
    let mut world = World::new();
    world.put_on_path(&crate::support::tools());
    world.write(
        ".newgate/config.toml",
        "version = 1\n[scanners]\neslint = true\nruff = true\n",
    );
    world.commit("Start");
    // The lines are those of the file that gosec reported on.
    let go = [
        "package main",
        "",
        "import (",
        "\t\"crypto/md5\"",
        "\t\"crypto/tls\"",
        "\t\"fmt\"",
        "\t\"math/rand\"",
        "\t\"net/http\"",
        "\t\"os\"",
        "\t\"os/exec\"",
        ")",
        "",
        "",
        "const password = \"none\"",
        "",
        "func run(name string) error {",
        "\treturn exec.Command(\"sh\", \"-c\", \"ls \"+name).Run()",
        "}",
        "",
        "",
        "",
        "",
        "",
        "func main() {",
        "\tclient := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}",
        "\tfmt.Printf(\"%x %d %v\\n\", md5.Sum([]byte(password)), rand.Int(), client)",
        "}",
        "",
    ];
    world.write("main.go", go.join("\n"));
    world.write(
        "app/bom.py",
        "from flask import request\nvalue = 1; eval(request.args[\"x\"])\n",
    );
    world.write(
        "show.py",
        "import pickle\nimport subprocess\n\nfrom flask import request\n\n\ndef show():\n    subprocess.call(\"ls \" + request.args[\"d\"], shell=True)\n    pickle.loads(request.data)\n",
    );
    world.write(
        "server.js",
        "const { exec } = require('child_process');\napp.get('/', (req, res) => {\n  exec(\n    'ls ' + req.query.dir,\n    done\n  );\n  eval(req.query.code);\n});\n",
    );
    world.commit("Weaknesses");
    let report_of = |name: &str, list: &str, of: &dyn Fn(&serde_json::Value) -> bool| {
        let path = format!("{}/fixtures/reports/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut report: serde_json::Value = serde_json::from_str(&text).unwrap();
        report[list].as_array_mut().unwrap().retain(of);
        report["Golang errors"] = serde_json::json!({});
        report["errors"] = serde_json::json!([]);
        world.write(name, report.to_string().replace("/repo/", ""));
    };
    report_of("gosec-2.30.0.json", "Issues", &|i| {
        i["file"] == "/repo/main.go"
    });
    report_of("semgrep-1.182.0.json", "results", &|r| {
        r["path"] == "app/bom.py"
    });
    let report = world.check(&[
        "--no-base",
        "--results",
        "gosec-2.30.0.json",
        "--results",
        "semgrep-1.182.0.json",
    ]);
    let mut joined = Vec::new();
    for issue in report["issues"].as_array().unwrap() {
        for occurrence in issue["occurrences"].as_array().unwrap() {
            let scanners = occurrence["scanners"].to_string();
            if scanners.contains("code") && scanners.contains(',') {
                let path = occurrence["path"].as_str().unwrap();
                joined.push(format!("{path}:{} {scanners}", occurrence["line"]));
            }
        }
    }
    joined.sort();
    let expected = [
        "app/bom.py:2 [\"ruff\",\"code\",\"semgrep\"]",
        "main.go:14 [\"code\",\"gosec\"]",
        "main.go:17 [\"code\",\"gosec\"]",
        "main.go:25 [\"code\",\"gosec\"]",
        "main.go:26 [\"code\",\"gosec\"]",
        "server.js:3 [\"eslint\",\"code\"]",
        "server.js:7 [\"eslint\",\"code\"]",
        "show.py:8 [\"ruff\",\"code\"]",
        "show.py:9 [\"ruff\",\"code\"]",
    ];
    assert_eq!(joined, expected, "{report}");
}
