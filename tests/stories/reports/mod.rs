//! Every format, read by those who read it: validators, parsers, a browser, and people.

mod counts;
mod sarif;
mod schemas;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ran, World, consumers, issues, token, write_program};

/// All formats that are written to files here, with the ends of their names.
const FORMATS: [&str; 12] = [
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
    for format in FORMATS {
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
    for format in FORMATS {
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

/// Puts another last report in the place of the one that is there: its issues many times, the last
/// ones low.
fn many(world: &World, number: usize) {
    let path = world.work().join(".git/newgate/last/report.json");
    let mut report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let models = issues(&report, "new")
        .into_iter()
        .cloned()
        .collect::<Vec<_>>();
    let all: Vec<Value> = (0..number)
        .map(|n| {
            let mut issue = models[n % models.len()].clone();
            issue["id"] = json!(format!("{n:010x}"));
            issue["title"] = json!(format!("{} {n}", issue["title"].as_str().unwrap()));
            issue["blocks"] = json!(n < 3);
            issue["severity"] = json!(if n < number / 2 { "high" } else { "low" });
            let mut one = issue["occurrences"][0].clone();
            let path = json!(format!("src/module_{n}.py"));
            one["path"] = path.clone();
            one.as_object_mut().unwrap().remove("action");
            if n < 3 {
                one["action"] = json!("block");
            }
            for finding in one["findings"].as_array_mut().unwrap() {
                finding["path"] = path.clone();
                finding["scanner"] = json!("bandit");
            }
            issue["occurrences"] = json!([one]);
            issue
        })
        .collect();
    report["issues"] = Value::Array(all);
    fs::write(path, report.to_string()).unwrap();
}

#[test]
fn what_forges_do_not_take_is_left_out_from_the_end_and_that_is_said() {
    let mut world = everything();
    world.check(&[]);
    many(&world, 6_000);
    let log = world.newgate(&["report", "github-sarif"]).exits(0).json();
    let bandit = &runs_of(&log)[0];
    let findings: usize = {
        let path = world.work().join(".git/newgate/last/report.json");
        let report: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let each = report["issues"].as_array().unwrap().iter();
        each.map(|i| i["occurrences"][0]["findings"].as_array().unwrap().len())
            .sum()
    };
    assert_eq!(results_of(bandit).len(), 5_000);
    assert!(findings > 6_000);
    let low = results_of(bandit).iter().filter(|r| r["level"] == "note");
    let high = results_of(bandit).iter().filter(|r| r["level"] == "error");
    assert!(high.count() > low.count());
    let notes = bandit["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(
        notes.contains(&format!("{} results were left out", findings - 5_000)),
        "{notes}"
    );

    // People see the first; programs get all.
    let shown = world.newgate(&["report"]).exits(0).out;
    assert!(
        shown.contains(" more issues: `newgate show` lists all"),
        "{shown}"
    );
    assert!(shown.lines().count() <= 60, "{}", shown.lines().count());
    let page = world.newgate(&["report", "html"]).exits(0).out;
    assert!(page.contains("1000 more issues: <code class=\"command\">newgate report csv"));
    let all = world.newgate(&["report", "csv"]).exits(0).out;
    assert_eq!(all.lines().count(), 1 + 6_000);

    let comment = world.newgate(&["report", "markdown"]).exits(0).out;
    assert!(comment.chars().count() < 65_536 && comment.chars().count() > 30_000);
    assert!(comment.starts_with("<!-- newgate:report -->\n"));
    assert!(
        comment.contains("more issues did not fit here"),
        "{comment}"
    );

    let summary = world.path("summary.md");
    world
        .environment
        .push(("GITHUB_STEP_SUMMARY".into(), summary.display().to_string()));
    fs::write(&summary, "before\n").unwrap();
    let commands = world.newgate(&["report", "github"]).exits(0).out;
    let number = |level: &str| commands.lines().filter(|l| l.starts_with(level)).count();
    // Three block; the verdict is the fourth error.
    assert_eq!((number("::error "), number("::warning ")), (4, 10));
    assert!(commands.contains("more than GitHub shows"), "{commands}");
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("before\n<!-- newgate:report -->\n## newgate: "));
}

#[test]
fn the_page_works_in_a_real_browser_with_hostile_strings_and_with_many_issues() {
    let world = everything();
    written(&world, 1);
    world.check(&[]);
    many(&world, 5_000);
    let large = world.path("large.html").display().to_string();
    world
        .newgate(&["report", "html", "--output", &large])
        .exits(0);
    let page = world.path("report.html").display().to_string();
    node(&world, "page.mjs", &[&page, &large])
        .exits(0)
        .says("as it should be");
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

/// Takes out what differs from run to run.
fn settled(world: &World, text: &str) -> String {
    let base = world.git(&["rev-parse", "--short=10", "origin/main"]);
    let text = text.replace(&base, "[base]");
    let kept = text.lines().map(
        |l| match l.rfind(" in ").filter(|_| l.starts_with("newgate: ")) {
            Some(at) if l.ends_with('s') => format!("{} in [time]", &l[..at]),
            _ => l.to_owned(),
        },
    );
    let kept = kept.map(|l| match l.find("files scanned").or(l.find("from cache")) {
        Some(_) => "  [what was scanned]".to_owned(),
        None => l,
    });
    let kept = kept.map(|l| match l.starts_with("<sub>Scanned") {
        true => "[what was scanned]".to_owned(),
        false => l,
    });
    kept.collect::<Vec<_>>().join("\n")
}

#[test]
fn people_read_the_same_words_in_a_terminal_in_a_comment_and_in_an_issue() {
    let mut world = World::new();
    world.write("app/run.py", OLD);
    world.configure(&["bandit"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("app/run.py", NEW);
    world.write("load.py", "import pickle\npickle.loads(input())\n");
    world.commit("Feature");
    let at = |world: &mut World, columns: &str, args: &[&str]| {
        world.environment.retain(|(name, _)| name != "COLUMNS");
        world.environment.push(("COLUMNS".into(), columns.into()));
        let ran = world.newgate(args);
        settled(world, &ran.out)
    };
    insta::assert_snapshot!("terminal-80", at(&mut world, "80", &["check"]));
    insta::assert_snapshot!("terminal-160", at(&mut world, "160", &["check", "-v"]));
    insta::assert_snapshot!("markdown", at(&mut world, "80", &["report", "markdown"]));
    let id = {
        let report = world.check(&[]);
        issues(&report, "grown")[0]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    insta::assert_snapshot!("show", at(&mut world, "80", &["show", &id]));
    for columns in ["80", "160"] {
        let text = at(&mut world, columns, &["check", "-v"]);
        let lines = text.lines().filter(|l| !l.contains("https://"));
        let width = lines.map(|l| l.chars().count()).max().unwrap();
        assert!(width <= columns.parse().unwrap(), "{width} columns\n{text}");
    }
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
    for format in FORMATS {
        assert!(!self::text(&world, format).contains("Hunter2"), "{format}");
    }
    let shown = world.newgate(&["check", "-v"]).exits(1).all();
    assert!(
        shown.contains("near.py:4") && !shown.contains("Hunter2"),
        "{shown}"
    );
}

#[test]
fn what_was_not_scanned_looks_clean_in_no_format() {
    let world = judged_by_bandit("[scanners.ruff]\npath = \"/nowhere/ruff\"\n");
    world.write("readme.txt", "Text\n");
    world.write("clean.py", "CLEAN = 1\n");
    world.commit("Clean");
    written(&world, 3);
    for format in ["sarif", "github-sarif"] {
        let log = document(&world, format);
        let ruff = &runs_of(&log)[1];
        assert_eq!(ruff["invocations"][0]["executionSuccessful"], false);
        let said = runs_of(&log)[0]["invocations"][0].to_string();
        assert!(said.contains("not been scanned yet"), "{said}");
    }
    assert_eq!(document(&world, "gitlab-sast")["scan"]["status"], "failure");
    let quality = document(&world, "gitlab-code-quality");
    assert_eq!(quality[0]["check_name"], "newgate:incomplete");
    assert!(text(&world, "env").contains("VERDICT=incomplete\n"));
    assert!(text(&world, "github").contains("::error title=ruff is missing::"));
    assert!(text(&world, "junit").contains("errors=\"2\""));
    for format in ["html", "markdown", "json"] {
        assert!(text(&world, format).contains("ruff"), "{format}");
    }
    // Whatever blocks, a scanner that failed is no success.
    world.write(
        "bad.py",
        "import subprocess\nsubprocess.call(input(), shell=True)\n",
    );
    world.commit("Bad");
    let sast = world
        .newgate(&["check", "--format", "gitlab-sast"])
        .exits(1)
        .json();
    assert_eq!(sast["scan"]["status"], "failure");
}

#[test]
fn two_refs_of_one_push_tell_a_thing_once() {
    let world = judged_by_bandit("");
    world.write(
        "bad.py",
        "import subprocess\nsubprocess.call(input(), shell=True)\n",
    );
    let head = world.commit("Bad");
    let zero = "0".repeat(40);
    let lines = format!(
        "refs/heads/feature {head} refs/heads/one {zero}\nrefs/heads/feature {head} refs/heads/two {zero}\n"
    );
    let push =
        |format: &str| world.pre_push(&["origin", "../remote.git", "--format", format], &lines);
    let sast = push("gitlab-sast").exits(1).json();
    let ids: Vec<&Value> = sast["vulnerabilities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["id"])
        .collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
    push("env").exits(1).says("NEW_TOTAL=2\n");
    let commands = push("github").exits(1).out;
    assert_eq!(commands.matches("bad.py,line=2").count(), 1, "{commands}");
    let log = push("sarif").exits(1).json();
    let categories: Vec<&str> = runs_of(&log)
        .iter()
        .map(|r| r["automationDetails"]["id"].as_str().unwrap())
        .collect();
    assert!(
        categories.len() == 4 && categories[0] != categories[2],
        "{categories:?}"
    );
}

#[test]
fn what_is_exempted_or_ignored_is_called_so_and_an_old_issue_that_blocks_is_shown() {
    let rule = "[[rules]]\nname = \"no shells\"\nrule = [\"B602\"]\nstatus = [\"new\", \"inherited\", \"touched\"]\naction = \"block\"\n";
    let world = judged_by_bandit(rule);
    world.write("app/run.py", OLD.replace("md5", "sha1"));
    world.commit("Touch the file");
    let blocked = world.newgate(&["check"]).exits(1).out;
    assert!(
        blocked.contains("app/run.py:5") && blocked.contains("blocks"),
        "{blocked}"
    );
    assert!(!blocked.contains("what was there before"), "{blocked}");
    let comment = world.newgate(&["report", "markdown"]).exits(0).out;
    assert!(
        comment.contains("- `app/run.py:5`") && comment.contains("shell=True"),
        "{comment}"
    );

    let world = judged_by_bandit(
        "[[rules]]\nname = \"shells are fine\"\nrule = [\"B602\"]\naction = \"ignore\"\n",
    );
    world.write(
        "bad.py",
        "import subprocess\nsubprocess.call(input(), shell=True)\n",
    );
    world.commit("Bad");
    let passed = world.newgate(&["check"]).exits(0);
    passed.says("1 new issue below `high`, 1 ignored");
    let quality = world
        .newgate(&["report", "gitlab-code-quality"])
        .exits(0)
        .out;
    assert!(!quality.contains("B602"), "{quality}");
    let log = world.newgate(&["report", "sarif"]).exits(0).json();
    let shell = results_of(&runs_of(&log)[0])
        .iter()
        .find(|r| r["ruleId"] == "B602")
        .unwrap();
    assert_eq!(
        shell["suppressions"][0]["justification"],
        "ignored by the policy"
    );
    world
        .newgate(&["report", "env"])
        .exits(0)
        .says("NEW_CRITICAL=0\n")
        .says("IGNORED=1\n");
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
