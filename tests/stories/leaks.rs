//! Nothing leaks: a secret that any scanner reported is in no format, no stored file and no line on the
//! screen, no matter who quotes it and in whichever encoding.

mod planted;
mod search;

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::{FORMATS, Ran, World, token};

use planted::{Secrets, letters, planted, planted_for_parrot};
use search::places;

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
