//! One report with everything in it: every format counts the same.

use std::fs;

use serde_json::{Value, json};

use super::{NEW, document, judged_by_bandit, results_of, runs_of, text, written};
use crate::support::{World, issues};

const MORE: &str = "
[scanners.mytool]
results = \"ingest\"
[[rules]]
name = \"tools may\"
path = [\"tools/**\"]
action = \"ignore\"
";

/// New, grown, inherited, fixed, exempted, ignored and suppressed, one issue each but for the new one.
fn mixed() -> World {
    let world = judged_by_bandit(MORE);
    world.git(&["switch", "--quiet", "main"]);
    world.write(
        "app/temp.py",
        "import os\nos.tempnam()\nos.chmod('x', 0o777)\n",
    );
    world.commit("Temporary files");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    ingest(&world, &[]);
    world.git(&["switch", "--quiet", "--force-create", "feature"]);
    // One more call of the shell, and no weak hash any more.
    world.write("app/run.py", NEW);
    world.write("app/load.py", "import yaml\nyaml.load(input())\n");
    world.write("tools/eval.py", "eval(input())\n");
    world.write("app/quiet.py", "x = 1  # quiet\n");
    world.write("app/pickled.py", "import marshal\nmarshal.loads(input())\n");
    // Its old occurrences are touched, so that they are listed.
    world.write(
        "app/temp.py",
        "import os\nos.chmod('x', 0o777)\n\n\nX = 1\n",
    );
    world.commit("Feature");
    let report = world.check(&[]);
    let marshal = issues(&report, "new")
        .into_iter()
        .find(|i| i["rules"][0]["rule"] == "B302")
        .unwrap_or_else(|| panic!("no B302 in {report:#}"))["id"]
        .clone();
    let exempt = ["exempt", marshal.as_str().unwrap(), "--reason", "other"];
    let until = ["--until", "30d", "--text", "only our own files"];
    world.newgate(&[&exempt[..], &until].concat()).exits(0);
    world.commit("Exempt");
    let place = json!({"artifactLocation": {"uri": "app/quiet.py"}, "region": {"startLine": 1}});
    ingest(
        &world,
        &[json!({
            "ruleId": "Q1",
            "level": "error",
            "message": {"text": "too quiet"},
            "locations": [{"physicalLocation": place}],
            "suppressions": [{"kind": "inSource"}],
        })],
    );
    world.newgate(&["baseline", "build"]).exits(0);
    world
}

/// Takes in what another scanner says of the current commit.
fn ingest(world: &World, results: &[Value]) {
    let log = json!({
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "mytool"}}, "results": results}],
    });
    let file = world.path("mytool.sarif");
    fs::write(&file, log.to_string()).unwrap();
    world
        .newgate(&["ingest", &file.display().to_string()])
        .exits(0);
}

fn total(counts: &Value, bucket: &str) -> u64 {
    let bands = counts[bucket].as_object().unwrap();
    bands.values().map(|n| n.as_u64().unwrap()).sum()
}

const BUCKETS: [&str; 7] = [
    "new",
    "grown",
    "inherited",
    "fixed",
    "exempted",
    "ignored",
    "suppressed",
];

#[test]
fn every_format_and_the_history_agree_on_every_count() {
    let world = mixed();
    let ran = written(&world, 1);
    let report = document(&world, "json");
    let counts = &report["counts"];
    let numbers = BUCKETS.map(|b| total(counts, b));
    // What `mixed` put there.
    assert!(numbers.iter().all(|n| *n > 0), "{counts}");
    let of = |bucket: &str| total(counts, bucket);

    // The terminal, in its line of numbers.
    let plain = strip(&ran.out);
    for (bucket, number) in BUCKETS.iter().zip(numbers) {
        let said = format!("{number} {bucket} (");
        assert!(plain.contains(&said), "{said} is not in {plain}");
    }
    // The comment on a merge request.
    let comment = text(&world, "markdown");
    for (bucket, number) in BUCKETS.iter().zip(numbers) {
        let row = format!("| {bucket} | {number} |");
        assert!(comment.contains(&row), "{row} is not in {comment}");
    }
    // The page, in its head.
    let page = text(&world, "html");
    for (bucket, number) in BUCKETS.iter().zip(numbers) {
        let head = format!("<li data-bucket=\"{bucket}\"><strong>{number}</strong> {bucket}<");
        assert!(page.contains(&head), "{head}");
    }
    // The variables.
    let env = text(&world, "env");
    let standing = of("new") + of("grown") + of("inherited");
    let excused = of("exempted") + of("ignored") + of("suppressed");
    for line in [
        format!("TOTAL={standing}"),
        format!("NEW_TOTAL={}", of("new")),
        format!("NEW_OCCURRENCES_TOTAL={}", of("new-occurrences")),
        format!("IGNORED={excused}"),
    ] {
        assert!(env.lines().any(|l| l == line), "{line} is not in {env}");
    }
    // The history.
    let history = world.newgate(&["history", "--format", "json"]).exits(0);
    let newest = &history.json()[0];
    for bucket in ["new", "grown", "inherited", "fixed"] {
        assert_eq!(newest[bucket], of(bucket), "{newest}");
    }
    occurrences_agree(&world, &report);
}

/// The formats that list occurrences, against the occurrences of the JSON report.
fn occurrences_agree(world: &World, report: &Value) {
    let all: Vec<&Value> = report["issues"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|i| i["occurrences"].as_array().unwrap())
        .collect();
    let excused = all.iter().filter(|o| !o["excuse"].is_null()).count();
    let fixed = all.iter().filter(|o| o["status"] == "fixed").count();
    let counting = all
        .iter()
        .filter(|o| o["status"] == "new" && o["excuse"].is_null())
        .count();
    let new = &report["counts"];
    assert_eq!(total(new, "new-occurrences"), counting as u64);
    let standing = all.len() - fixed - excused;

    let rows = text(world, "csv").lines().count() - 1;
    assert_eq!(rows, all.len());
    let log = document(world, "sarif");
    let results: Vec<&Value> = runs_of(&log).iter().flat_map(results_of).collect();
    let suppressed = results.iter().filter(|r| r["suppressions"].is_array());
    assert_eq!(suppressed.count(), excused);
    let absent = results.iter().filter(|r| r["baselineState"] == "absent");
    assert_eq!(absent.count(), fixed);
    for format in ["gitlab-code-quality", "sto"] {
        let document = document(world, format);
        let entries = document.as_array().or(document["issues"].as_array());
        assert_eq!(entries.unwrap().len(), standing, "{format}");
    }
    let junit = text(world, "junit");
    assert_eq!(junit.matches("<skipped").count(), excused, "{junit}");
    let annotations = fs::read_to_string(world.path("report.github")).unwrap();
    let shown = annotations.lines().filter(|l| l.contains("file="));
    assert_eq!(shown.count(), counting, "{annotations}");
}

/// A text without the escape codes of colours.
fn strip(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => while rest.next().is_some_and(|c| c != 'm') {},
            c => out.push(c),
        }
    }
    // Lines that were wrapped.
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}
