//! Nothing leaks: a secret that any scanner reported is in no format, no stored file and no line on the
//! screen, no matter who quotes it and in whichever encoding.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use serde_json::{Value, json};

use crate::support::{Ran, World, token, tools, write_program};

const FORMATS: [&str; 13] = [
    "terminal",
    "html",
    "markdown",
    "sarif",
    "github-sarif",
    "github",
    "gitlab-code-quality",
    "gitlab-sast",
    "junit",
    "csv",
    "json",
    "env",
    "sto",
];

/// A scanner that says what it reads: each line in each field of a finding, and on standard error.
const PARROT: &str = r#"#!/usr/bin/env python3
import base64, json, sys, urllib.parse
if sys.argv[1] == "--version":
    print("1.0")
    sys.exit(0)
results = []
for name in sys.argv[2:]:
    with open(name, errors="replace") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            print(line, file=sys.stderr)
            results.append({
                "path": name, "line": number, "rule": "P1", "level": "high",
                "title": "Read " + name, "message": "it says " + line,
                "fix": "instead of " + base64.b64encode(line.encode()).decode() + " / " + line.encode().hex(),
                "url": "https://example.com/?q=" + urllib.parse.quote(line, safe=""),
                "fingerprint": json.dumps(line),
            })
print(json.dumps(results))
sys.exit(int(sys.argv[1]))
"#;

fn descriptor(name: &str, exit: u32) -> String {
    format!(
        "name = \"{name}\"\ntitle = \"{name}\"\nhomepage = \"https://example.com\"\nkind = \"code\"\n\
         scope = \"file\"\nfiles = [\"*\", \"!.newgate/**\"]\n\
         [program]\ncommand = [\"{name}\", \"{exit}\", \"{{files}}\"]\nversion = [\"--version\"]\n\
         version-pattern = '(\\d\\S*)'\nexit-clean = [0]\n\
         [output]\nformat = \"json\"\nfilter = '.[]'\n"
    )
}

/// A rule whose message quotes the code.
const RULES: &str = "\
rules:
  - id: quoted
    languages: [python]
    severity: ERROR
    message: \"the value $VALUE is passed on\"
    pattern: subprocess.call($VALUE, shell=True)
  - id: assigned
    languages: [python]
    severity: ERROR
    message: \"$NAME is $VALUE\"
    pattern: $NAME = $VALUE
";

fn letters(number: u32, length: usize) -> String {
    let hash = blake3::hash(&number.to_le_bytes());
    let text = BASE64_STANDARD_NO_PAD.encode([hash.as_bytes(), &hash.as_bytes()[..]].concat());
    let text: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    text[..length].to_owned()
}

/// The secrets of the story, none of which is in a file of this project.
struct Secrets {
    aws: String,
    key: Vec<String>,
    yaml: String,
    address: String,
    beside: String,
    named: String,
    deleted: String,
    removed: String,
}

impl Secrets {
    fn new() -> Secrets {
        Secrets {
            aws: letters(1, 40),
            key: (2..8).map(|n| letters(n, 64)).collect(),
            yaml: format!("Wk/{}&q", letters(9, 14)),
            address: token(10),
            beside: token(11),
            named: token(12),
            deleted: token(13),
            removed: token(14),
        }
    }

    fn all(&self) -> Vec<String> {
        let Secrets {
            aws,
            key,
            yaml,
            address,
            beside,
            named,
            deleted,
            removed,
        } = self;
        let others = [aws, yaml, address, beside, named, deleted, removed];
        key.iter().chain(others).cloned().collect()
    }

    fn pem(&self) -> String {
        let kind = "RSA PRIVATE KEY";
        format!(
            "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
            self.key.join("\n")
        )
    }
}

/// Forms of a value that are looked for.
fn forms(value: &str) -> Vec<String> {
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    let percent: String = value
        .bytes()
        .map(|b| match b.is_ascii_alphanumeric() {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect();
    let quoted = json!(value).to_string();
    // Base64 of a text with the value in it, wherever in it: what does not depend on the neighbours.
    let inside = (0..3).map(|before| {
        let text = BASE64_STANDARD_NO_PAD.encode(format!("{}{value}", "-".repeat(before)));
        text[4..text.len() - 2].to_owned()
    });
    let markup = value.replace('&', "&amp;");
    let mut all = vec![
        value.to_owned(),
        value[4..].to_owned(),
        BASE64_STANDARD.encode(value),
        hex.to_uppercase(),
        hex,
        percent.to_lowercase(),
        percent,
        quoted.trim_matches('"').replace('/', "\\/"),
        markup,
    ];
    all.extend(inside);
    all
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.symlink_metadata().unwrap() {
            m if m.is_dir() => files(&path, found),
            m if m.is_file() => found.push(path),
            _ => {}
        }
    }
}

/// Every place where a secret is found: in what was said, and in the files below folders, their names
/// among them.
fn places(secrets: &[String], said: &[(String, String)], folders: &[PathBuf]) -> Vec<String> {
    let mut texts: Vec<(String, Vec<u8>)> = said
        .iter()
        .map(|(name, text)| (name.clone(), text.clone().into_bytes()))
        .collect();
    let mut paths = Vec::new();
    folders.iter().for_each(|f| files(f, &mut paths));
    for path in paths {
        let name = path.display().to_string();
        texts.push((name.clone(), fs::read(&path).unwrap()));
        texts.push((format!("name {name}"), name.into_bytes()));
    }
    let forms: Vec<String> = secrets.iter().flat_map(|s| forms(s)).collect();
    let search = aho_corasick::AhoCorasick::new(&forms).unwrap();
    let mut found = Vec::new();
    for (name, text) in &texts {
        for at in search.find_iter(text) {
            let around = at.start().saturating_sub(60)..(at.end() + 20).min(text.len());
            found.push(format!("{name}: {}", text[around].escape_ascii()));
        }
    }
    found
}

/// What newgate says, kept for the search.
struct Listener<'w> {
    world: &'w World,
    said: Vec<(String, String)>,
}

impl Listener<'_> {
    fn hear(&mut self, args: &[&str]) -> Ran {
        let ran = self.world.newgate(args);
        self.said.push((args.join(" "), ran.all()));
        ran
    }
}

/// A world whose target has the configuration and a secret, and a branch with all kinds of secrets.
fn planted(secrets: &Secrets, scanners: &[&str], fakes: &[(&str, u32)]) -> World {
    let world = World::new();
    let mut config = String::from("version = 1\n[scanners]\ncode = true\n");
    for scanner in scanners {
        let path = tools().join(scanner);
        let _ = writeln!(
            config,
            "[scanners.{scanner}]\npath = \"{}\"",
            path.display()
        );
    }
    for (name, exit) in fakes {
        let path = world.path(&format!("home/{name}"));
        write_program(&path, PARROT);
        world.write(
            &format!(".newgate/scanners/{name}.toml"),
            descriptor(name, *exit),
        );
        let _ = writeln!(config, "[scanners.{name}]\npath = \"{}\"", path.display());
    }
    let _ = writeln!(config, "[gate]\nblock-at = \"low\"");
    world.write(".newgate/config.toml", config);
    world.write(".newgate/semgrep.yml", RULES);
    world.write("app.py", "import os\n");
    world.write(
        "old.py",
        format!("TOKEN = '{}'\nprint(TOKEN)\n", secrets.removed),
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let branch = format!("feature/{}", secrets.named);
    world.git(&["switch", "--quiet", "--create", &branch]);
    world.write(
        "gone.py",
        format!("import os\nGONE = '{}'\n", secrets.deleted),
    );
    world.commit("Bring it");
    world.git(&["rm", "--quiet", "gone.py"]);
    world.commit(&format!("Take {} away", secrets.deleted));
    world.write("old.py", "print(1)\n");
    world.write(
        "deploy.py",
        format!(
            "import subprocess\n\n\ndef run(x):\n    subprocess.call('curl -u a:{} ' + x, shell=True)\n    eval(x)\n",
            secrets.beside
        ),
    );
    world.write(
        "settings.py",
        format!(
            "aws_secret_access_key = '{}'\nREPO = 'https://bot:{}@example.com/x.git'\n",
            secrets.aws, secrets.address
        ),
    );
    world.write(
        "conf/app.yml",
        format!("db:\n  host: db.local\n  password: {}\n", secrets.yaml),
    );
    world.write("id_rsa", secrets.pem());
    world.write(
        "keys.py",
        format!(
            "import pickle\nKEY = '''{}'''\npickle.loads(KEY)\n",
            secrets.pem()
        ),
    );
    world.write(
        &format!("dump-{}.py", secrets.named),
        format!(
            "import pickle\nNAMED = '{}'\npickle.loads(NAMED)\n",
            secrets.named
        ),
    );
    world.commit("Feature");
    world
}

fn every_output(world: &World) -> Vec<String> {
    let folder = world.path("out");
    fs::create_dir_all(&folder).unwrap();
    let outputs = FORMATS.iter().flat_map(|f| {
        let path = folder.join(format!("report.{f}"));
        ["--output".to_owned(), format!("{f}={}", path.display())]
    });
    outputs.collect()
}

fn rules_of(report: &Value) -> Vec<String> {
    let issues = report["issues"].as_array().unwrap().iter();
    let rules = issues.flat_map(|i| i["rules"].as_array().unwrap());
    rules
        .map(|r| format!("{} {}", r["scanner"], r["rule"]))
        .collect()
}

#[test]
fn a_planted_secret_is_nowhere_after_a_run_of_all_formats() {
    let secrets = Secrets::new();
    let scanners = ["detect-secrets", "kingfisher", "bandit", "semgrep"];
    let world = planted(&secrets, &scanners, &[("parrot", 0), ("shouter", 9)]);
    let mut listener = Listener {
        world: &world,
        said: Vec::new(),
    };
    let outputs = every_output(&world);
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    // At first all scanners run, then all is in the cache.
    for format in FORMATS {
        let args = ["check", "-v", "--format", format];
        let more = match format {
            "terminal" | "sto" => &outputs[..],
            _ => &[],
        };
        listener.hear(&[&args[..], more].concat()).exits(1);
    }
    let report = world.check(&[]);
    let rules = rules_of(&report).join("\n");
    for scanner in ["secrets", "code", "parrot", "bandit", "semgrep"]
        .iter()
        .chain(&scanners)
    {
        assert!(
            rules.contains(&format!("\"{scanner}\"")),
            "{scanner} in {rules}"
        );
    }
    let text = report.to_string();
    assert!(text.contains("shouter") && text.contains("it exited with code 9"));

    listener.hear(&["explain"]);
    for issue in report["issues"].as_array().unwrap() {
        let id = issue["id"].as_str().unwrap();
        listener.hear(&["show", id]).exits(0);
        listener.hear(&["explain", id]).exits(0);
    }
    for format in FORMATS {
        listener.hear(&["report", format]).exits(0);
    }
    for args in [
        &["history"][..],
        &["history", "--format", "json"],
        &["baseline", "build"],
        &["check", "--no-base"],
        &["check", "--staged"],
        &["exemptions"],
        &["scanners"],
        &["doctor"],
    ] {
        listener.hear(args);
    }
    let pushed = world.push(&["origin", "HEAD"]);
    // git itself names the branch.
    let said = pushed
        .all()
        .replace(&format!("feature/{}", secrets.named), "");
    listener.said.push(("push".into(), said));

    let folders = ["work/.git/newgate", "home", "out", "tmp"].map(|f| world.path(f));
    let found = places(&secrets.all(), &listener.said, &folders);
    assert!(
        found.is_empty(),
        "{} places:\n{}",
        found.len(),
        found.join("\n")
    );
    // What is masked can still be told from what is not.
    let said: String = listener.said.iter().map(|(_, t)| t.as_str()).collect();
    for useful in [
        "password: [secret]",
        "aws_secret_access_key = '[secret]'",
        "dump-[secret].py",
        "subprocess.call('curl -u a:[secret] ' + x, shell=True)",
        "def run(x):",
    ] {
        assert!(said.contains(useful), "{useful}");
    }
}

#[test]
fn a_report_that_quotes_secrets_leaks_none_of_them() {
    let value = letters(20, 24);
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[scanners]\ngitleaks = { results = \"ingest\" }\nmytool = { results = \"ingest\" }\n",
    );
    world.write("conf.x", "nothing yet\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("conf.x", format!("value {value}\n"));
    world.commit("Change");
    let leak = |file: &str| {
        json!({
            "RuleID": "r", "Description": format!("found {value}"), "StartLine": 1, "EndLine": 1,
            "StartColumn": 7, "EndColumn": 30, "File": file, "Secret": value, "Match": value,
        })
    };
    let quoting = |lines: &[u32]| {
        let text = format!(
            "passes {value}, which is {}",
            BASE64_STANDARD.encode(&value)
        );
        let result = |line: &u32| {
            json!({
                "ruleId": "R1", "level": "error", "message": {"text": text},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": "conf.x"}, "region": {"startLine": line}}}],
            })
        };
        let results: Vec<Value> = lines.iter().map(result).collect();
        let run = json!({"tool": {"driver": {"name": "mytool"}}, "results": results});
        json!({"version": "2.1.0", "runs": [run]}).to_string()
    };
    let reports = world.path("reports");
    fs::create_dir(&reports).unwrap();
    let file = |name: &str, text: String| {
        let path = reports.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let none = file("none.json", "[]".into());
    let one = file("one.json", json!([leak("conf.x")]).to_string());
    let elsewhere = file(
        "elsewhere.json",
        json!([leak("conf.x"), leak(&format!("gone-{value}.x"))]).to_string(),
    );
    let (clean, quotes) = (
        file("clean.sarif", quoting(&[])),
        file("quotes.sarif", quoting(&[1])),
    );

    let mut listener = Listener {
        world: &world,
        said: Vec::new(),
    };
    let gitleaks = ["--scanner", "gitleaks"];
    for (report, rev, named) in [
        (&none, "main", &gitleaks[..]),
        (&clean, "main", &[]),
        // What quotes the secret comes first.
        (&quotes, "HEAD", &[]),
        (&one, "HEAD", &gitleaks),
    ] {
        listener
            .hear(&[&["ingest", report, "--rev", rev][..], named].concat())
            .exits(0);
    }
    let refused = [&["ingest", &elsewhere, "--replace"][..], &gitleaks].concat();
    listener.hear(&refused).exits(2).says("gone-[secret].x");
    listener
        .hear(&["scanners", "read", "gitleaks", &one])
        .exits(0)
        .says("found [secret]");
    let compare = [
        "compare", "--base", "main", "--head", "HEAD", "--format", "json",
    ];
    listener.hear(&[&compare[..], &[&one, &one]].concat());
    for format in FORMATS {
        listener.hear(&["check", "-v", "--format", format]).exits(1);
    }
    listener
        .hear(&["check"])
        .says("passes [secret], which is [secret]");
    let said = &listener.said;
    let secrets = [value];
    let found = places(
        &secrets,
        said,
        &["work/.git/newgate", "home", "tmp"].map(|f| world.path(f)),
    );
    assert!(
        found.is_empty(),
        "{} places:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn only_the_secret_is_masked_and_no_word_beside_it() {
    let world = planted_for_parrot();
    let value = "Zx9-quartz-Lamp-77";
    let lines = [
        format!("password = '{value}'"),
        "def login(password, secret, token_type='access_token'):".into(),
        "    return connect(password)  # the password of 2026-11-27".into(),
        format!("other = '{value}' + str(\"quartz-Lamp\")"),
    ];
    world.write("app.py", lines.join("\n"));
    world.commit("Password");
    let report = world.check(&[]);
    let mut said: Vec<String> = report["issues"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|i| i["occurrences"].as_array().unwrap())
        .filter(|o| o["scanners"] == json!(["parrot"]))
        .map(|o| format!("{} {}", o["line"], o["message"].as_str().unwrap()))
        .collect();
    said.sort();
    let shown: Vec<String> = (1..)
        .zip(&lines)
        .map(|(n, l)| format!("{n} it says {}", l.replace(value, "[secret]")))
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(said, shown);
}

/// A world with a scanner that says what it reads, and one that fails with that on standard error.
fn planted_for_parrot() -> World {
    let world = World::new();
    let mut config = String::from("version = 1\n");
    for (name, exit) in [("parrot", 0), ("shouter", 9)] {
        let path = world.path(&format!("home/{name}"));
        write_program(&path, PARROT);
        world.write(
            &format!(".newgate/scanners/{name}.toml"),
            descriptor(name, exit),
        );
        let _ = writeln!(config, "[scanners.{name}]\npath = \"{}\"", path.display());
    }
    world.write(".newgate/config.toml", config);
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world
}

#[test]
fn no_format_holds_a_command_of_a_runner_or_a_control_character() {
    const COMMANDS: [&str; 5] = [
        "##[",
        "##vso[",
        "##teamcity[",
        "section_start:",
        "section_end:",
    ];
    let world = planted_for_parrot();
    world.git(&["switch", "--quiet", "--create", "a\u{202e}b"]);
    let hostile = "##[add-mask]y ##vso[task.complete]z section_start:1:a\r\x1b[0K ##teamcity[x] \u{9b}31m\u{202e}]]>--></script>";
    world.write(
        "a.py",
        format!(
            "::error::x ::stop-commands::y\n# {hostile}\nsection_end:1:a\n::add-mask::z {hostile}\n"
        ),
    );
    world.write(
        "##[add-mask]\x1b]0;t\x07 section_start:1:b\u{202e}.py",
        "x = 1\n",
    );
    world.commit(hostile);
    let mut said = Vec::new();
    for format in FORMATS {
        let ran = world.newgate(&["check", "-v", "--format", format]);
        assert!(ran.code == 1 || ran.code == 3, "{ran:?}");
        said.push((format, ran.all()));
        said.push((format, world.newgate(&["report", format]).all()));
    }
    for args in [
        &["explain"][..],
        &["history"],
        &["history", "--format", "json"],
    ] {
        said.push((args[0], world.newgate(args).all()));
    }
    let report = world.check(&[]);
    for issue in report["issues"].as_array().unwrap() {
        let id = issue["id"].as_str().unwrap();
        said.push(("show", world.newgate(&["show", id]).all()));
        said.push(("explain", world.newgate(&["explain", id]).all()));
    }
    for (format, text) in said {
        for command in COMMANDS {
            assert!(!text.contains(command), "{format} has `{command}`:\n{text}");
        }
        let steers = |c: char| (c.is_control() && !"\n\t\r".contains(c)) || c == '\u{202e}';
        let found = text.find(steers);
        assert!(found.is_none(), "{format} has a control character:\n{text}");
        for line in text.lines().filter(|l| l.trim_start().starts_with("::")) {
            let own = ["::error ", "::warning ", "::notice "];
            let is_own = format == "github" && own.iter().any(|o| line.starts_with(o));
            assert!(is_own, "{format} has the command {line}");
        }
    }
}

#[test]
fn an_error_shows_no_credential_that_it_quotes() {
    let world = World::new();
    let secret = token(7);
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    let line = format!("bandit = {{ token = \"{secret}\"\n");
    world.write(".newgate/config.toml", format!("[scanners]\n{line}"));
    world.commit("Break the configuration");
    let report = format!("{{\"runs\": [{{\"results\": [{{\"level\": \"{secret}\"");
    std::fs::write(world.path("home/cut.sarif"), report).unwrap();
    let cut = world.path("home/cut.sarif");
    let cut = cut.to_str().unwrap();
    for args in [
        &["check", "--target", "main~1"][..],
        &["config", "check"],
        &["check", "--base", &secret],
        &["check", "--target", &secret],
        &["show", &secret],
        &["explain", &secret],
        &["check", "--base", "main~1", "--results", cut],
    ] {
        let ran = world.newgate(args);
        assert_ne!(ran.code, 0, "{ran:#?}");
        assert!(!ran.all().contains(&secret), "{args:?}: {ran:#?}");
    }
}
