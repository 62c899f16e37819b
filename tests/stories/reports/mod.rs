//! Every format, read by those who read it: validators, parsers, a browser, and people.

mod counts;
mod limits;
mod sarif;
mod schemas;
mod words;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{FORMATS, Ran, World, consumers, issues, token, write_program};

/// The formats that are written to files here, with the ends of their names.
fn formats() -> impl Iterator<Item = &'static str> {
    FORMATS.into_iter().filter(|format| *format != "terminal")
}

/// Names that would steer what shows them, if they could.
const HOSTILE: [&str; 4] = [
    "line\nbreak::set-output name=x::y.py",
    "we,ird:dir/<img src=x onerror=alert(1)>|`%0A@a.py",
    "=cmd|x!A0.py",
    "ansi\x1b[31m\u{202e}.py",
];

const OLD: &str = "\
import subprocess, hashlib


def run(command):
    return subprocess.call(command, shell=True)


def digest(data):
    return hashlib.md5(data).hexdigest()
";

const NEW: &str = "\
import subprocess, hashlib


def run(command):
    return subprocess.call(command, shell=True)  # see ADR-7


def digest(data):
    return hashlib.sha256(data).hexdigest()


def run_many(commands):
    for command in commands:
        subprocess.call(command, shell=True)
";

/// A branch with everything in it: new, grown, inherited, fixed, exempted, silenced; hostile names.
fn everything() -> World {
    let world = World::new();
    world.write("app/run.py", OLD);
    world.write("app/old.py", "import yaml\nyaml.load(input())\n");
    world.configure(&["bandit", "ruff"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("app/run.py", NEW);
    for (number, name) in HOSTILE.iter().enumerate() {
        let text =
            format!("import os\nos.system(input('</script><script>hacked=1</script> {number}'))\n");
        world.write(name, text);
    }
    world.write("release.py", format!("TOKEN = '{}'\n", token(1)));
    world.write("load.py", "import pickle\npickle.loads(input())\n");
    world.write("quiet.py", "import telnetlib  # nosec\n");
    world.commit("Feature");
    let report = world.check(&[]);
    let pickle = issues(&report, "new")
        .into_iter()
        .find(|i| {
            i["title"]
                .as_str()
                .unwrap()
                .contains("deserialization: pickle")
        })
        .unwrap()["id"]
        .clone();
    let exempt = ["exempt", pickle.as_str().unwrap(), "--reason", "other"];
    let until = ["--until", "30d", "--text", "only our own | `files` <b>"];
    world.newgate(&[&exempt[..], &until].concat()).exits(0);
    world.commit("Exempt");
    world.newgate(&["baseline", "build"]).exits(0);
    world
}

/// Judges once and writes every format; what was said, if the exit code is that.
#[track_caller]
fn written(world: &World, code: i32) -> Ran {
    let mut args = vec!["check".to_owned(), "--color".into(), "always".into()];
    for format in formats() {
        let path = world.path(&format!("report.{format}"));
        args.extend([
            "--output".to_owned(),
            format!("{format}={}", path.display()),
        ]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    world.newgate(&args).exits(code)
}

fn text(world: &World, format: &str) -> String {
    fs::read_to_string(world.path(&format!("report.{format}"))).unwrap()
}

fn document(world: &World, format: &str) -> Value {
    serde_json::from_str(&text(world, format)).unwrap()
}

/// Runs a script of `tests/consumers`.
fn node(world: &World, script: &str, args: &[&str]) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/consumers")
        .join(script);
    let browser = fs::read_to_string(own(".tools/browser")).unwrap();
    let browser = format!("NEWGATE_BROWSER={}", browser.trim());
    let consumers = format!("NEWGATE_CONSUMERS={}", consumers().display());
    let script = script.display().to_string();
    let all = [&[consumers.as_str(), &browser, "node", &script][..], args].concat();
    world.run_in(&world.folder(), "env", &all, b"")
}

fn fits_schema(world: &World, format: &str, schema: &Path) {
    let file = world.path(&format!("report.{format}"));
    let (file, schema) = (file.display().to_string(), schema.display().to_string());
    node(world, "read.mjs", &["schema", &file, &schema]).exits(0);
}

fn own(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn runs_of(log: &Value) -> &Vec<Value> {
    log["runs"].as_array().unwrap()
}

fn results_of(run: &Value) -> &Vec<Value> {
    run["results"].as_array().unwrap()
}

#[test]
fn every_format_is_read_by_its_consumer_whatever_names_and_texts_say() {
    let world = everything();
    let said = written(&world, 1);
    let plain = world.newgate(&["check", "--color", "never"]).exits(1).all();
    // Only our own colours reach the screen, and nobody's control characters any file.
    assert!(said.out.contains('\x1b') && !plain.contains('\x1b'));
    for format in formats() {
        let text = text(&world, format);
        let unsafe_char = |c: char| (c.is_control() && !"\n\r".contains(c)) || c == '\u{202e}';
        if format != "github" {
            assert!(!text.contains(unsafe_char), "{format}");
        }
        assert!(!text.contains(&token(1)), "{format}");
    }

    let sarif_schema =
        consumers().join("node_modules/@microsoft/sarif-multitool-linux/sarif-2.1.0.json");
    for format in ["sarif", "github-sarif"] {
        fits_schema(&world, format, &sarif_schema);
        let tool = consumers().join("node_modules/@microsoft/sarif-multitool/bin.js");
        let (tool, file) = (
            tool.display().to_string(),
            world
                .path(&format!("report.{format}"))
                .display()
                .to_string(),
        );
        fs::copy(&file, world.path("log.sarif")).unwrap();
        let valid = world.run_in(
            &world.folder(),
            "node",
            &[&tool, "validate", "log.sarif"],
            b"",
        );
        let valid = valid.exits(0).says("Analysis completed successfully");
        let complaints = |l: &&str| l.contains(": error ") || l.contains(": warning ");
        let complaints: Vec<String> = valid
            .all()
            .lines()
            .filter(complaints)
            .map(str::to_owned)
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
    fits_schema(&world, "json", &own("docs/report.schema.json"));
    fits_schema(
        &world,
        "gitlab-sast",
        &own("fixtures/schemas/gitlab-sast-15.0.2.json"),
    );

    // GitLab's code quality report has no schema; its page names the fields, and prints are unique.
    let quality = document(&world, "gitlab-code-quality");
    let mut prints: Vec<&str> = Vec::new();
    for entry in quality.as_array().unwrap() {
        for field in ["description", "check_name"] {
            assert!(entry[field].is_string(), "{entry}");
        }
        let known = ["info", "minor", "major", "critical", "blocker"];
        assert!(known.contains(&entry["severity"].as_str().unwrap()));
        assert!(entry["location"]["path"].is_string());
        assert!(entry["location"]["lines"]["begin"].as_u64() > Some(0));
        prints.push(entry["fingerprint"].as_str().unwrap());
    }
    let number = prints.len();
    prints.sort_unstable();
    prints.dedup();
    assert!(number > 5 && prints.len() == number);

    let file = world.path("report.junit").display().to_string();
    let junit = node(&world, "read.mjs", &["junit", &file]).exits(0).json();
    let cases = junit["testsuite"][0]["testcase"].as_array().unwrap();
    let with = |what: &str| cases.iter().filter(|c| c.get(what).is_some()).count();
    assert_eq!(junit["tests"], cases.len());
    // The verdict, the five occurrences that block in new and grown issues, and the leak.
    assert_eq!((with("failure"), with("skipped"), with("error")), (7, 1, 0));

    let file = world.path("report.markdown").display().to_string();
    let markdown = node(&world, "read.mjs", &["markdown", &file])
        .exits(0)
        .json();
    let tags: Vec<&str> = markdown["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t.as_str().unwrap())
        .collect();
    let own_tags = "a code h2 h3 h4 li p pre strong sub table tbody td th thead tr ul";
    assert_eq!(tags.join(" "), own_tags);

    let mut table = csv::Reader::from_path(world.path("report.csv")).unwrap();
    let head = table.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert!(rows.len() > 8 && rows.iter().all(|r| r.len() == head.len()));
    let cells = rows.iter().flatten();
    let formulas: Vec<&str> = cells
        .filter(|c| c.starts_with(['=', '+', '-', '@']))
        .collect();
    assert!(formulas.is_empty(), "{formulas:?}");
    assert!(rows.iter().any(|r| r.iter().any(|c| c == "'=cmd|x!A0.py")));

    for line in text(&world, "github").lines() {
        let level = ["::error ", "::warning ", "::notice "];
        assert!(level.iter().any(|l| line.starts_with(l)), "{line}");
        assert_eq!(
            line.matches("set-output").count(),
            line.matches("%3A%3Aset-output").count()
        );
    }
    assert!(text(&world, "env").contains("NEW_CRITICAL=2\n"));

    // What we write for others we can take in ourselves: the same number of open findings.
    let open = rows
        .iter()
        .filter(|r| &r[9] != "fixed" && !r[15].starts_with("exempted"))
        .count();
    let sto = document(&world, "sto");
    assert_eq!(sto["issues"].as_array().unwrap().len(), open);
}

#[test]
fn the_last_report_can_be_written_opened_and_looked_back_at() {
    let mut world = everything();
    let first = world.newgate(&["check"]).exits(1);
    let again = world.newgate(&["report"]).exits(0);
    let without_time = |text: &str| text.rsplit_once(" in ").unwrap().0.to_owned();
    assert_eq!(without_time(&again.out), without_time(&first.out));
    assert_eq!(
        world.newgate(&["report", "env"]).exits(0).out,
        world.newgate(&["check", "--format", "env"]).exits(1).out
    );
    world
        .newgate(&["report", "sarif"])
        .exits(0)
        .says("\"version\": \"2.1.0\"");
    world
        .newgate(&["report", "xml"])
        .exits(2)
        .says("possible values");

    // A browser of the user's, and none.
    world.environment.push(("BROWSER".into(), "cp-into".into()));
    let folder = world.path("bin");
    fs::create_dir(&folder).unwrap();
    let script = folder.join("cp-into");
    write_program(
        &script,
        &format!("#!/bin/sh\ncp \"$1\" '{}'\n", world.path("seen").display()),
    );
    world.put_on_path(&folder);
    let opened = world.newgate(&["open"]).exits(0);
    assert!(opened.out.trim().ends_with("newgate/last/report.html"));
    let seen = fs::read_to_string(world.path("seen")).unwrap();
    assert!(seen.starts_with("<!DOCTYPE html>") && seen.contains("Blocks this change"));

    let history = world
        .newgate(&["history", "--format", "json"])
        .exits(0)
        .json();
    let runs = history.as_array().unwrap();
    assert!(
        runs.len() >= 3 && runs.iter().all(|r| r["verdict"] == "blocked"),
        "{history}"
    );
    assert_eq!(runs[0]["head"], world.git(&["rev-parse", "HEAD"]));
    assert_eq!((&runs[0]["new"], &runs[0]["fixed"]), (&json!(4), &json!(1)));
    let lines = world.newgate(&["history", "-n", "2"]).exits(0).out;
    assert_eq!(lines.lines().filter(|l| l.contains("BLOCKED")).count(), 2);
    let none = world
        .newgate(&["history", "--target", "origin/none"])
        .exits(0);
    assert!(none.out.is_empty());
}

/// A world whose `main` has `app/run.py` and is judged by Bandit; a branch is checked out.
fn judged_by_bandit(more: &str) -> World {
    let world = World::new();
    world.write("app/run.py", OLD);
    world.configure(&["bandit"]);
    let config = world.work().join(".newgate/config.toml");
    let text = fs::read_to_string(&config).unwrap() + more;
    fs::write(config, text).unwrap();
    world.commit("Configure more");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world
}

#[test]
fn a_literal_beside_another_weakness_is_not_shown_in_any_format() {
    let world = judged_by_bandit("");
    let text = "import subprocess\n\npassword = 'Summer-2024-Hunter2'\nsubprocess.call(input(), shell=True)\n";
    world.write("near.py", text);
    world.commit("Near");
    written(&world, 1);
    for format in formats() {
        assert!(!self::text(&world, format).contains("Hunter2"), "{format}");
    }
    let shown = world.newgate(&["check", "-v"]).exits(1).all();
    assert!(
        shown.contains("near.py:4") && !shown.contains("Hunter2"),
        "{shown}"
    );
}

#[test]
fn a_report_that_cannot_be_written_takes_no_other_with_it() {
    let world = judged_by_bandit("");
    world.write(
        "bad.py",
        "import subprocess\nsubprocess.call(input(), shell=True)\n",
    );
    world.commit("Bad");
    let good = world.path("good.json").display().to_string();
    let args = [
        "check",
        "--output",
        "sarif=/nowhere/x.sarif",
        "--output",
        &format!("json={good}"),
    ];
    let ran = world
        .newgate(&args)
        .exits(1)
        .says("its folder does not exist");
    assert!(ran.out.contains("BLOCKED"), "{ran:?}");
    let report: Value = serde_json::from_slice(&fs::read(&good).unwrap()).unwrap();
    assert_eq!(report["verdict"], "blocked");
}
