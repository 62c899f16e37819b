//! Results that newgate did not make, ingested for a commit.

use serde_json::{Value, json};

use crate::support::{World, of_scanner, places};

/// A SARIF log of one tool with a result of rule `R1` on each of some lines.
fn sarif(tool: &str, path: &str, lines: &[u32]) -> String {
    let results: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "ruleId": "R1", "level": "error", "message": {"text": "Bad."},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": path}, "region": {"startLine": line}}}],
            })
        })
        .collect();
    let run = json!({"tool": {"driver": {"name": tool}}, "results": results});
    json!({"version": "2.1.0", "runs": [run]}).to_string()
}

/// A world whose `main` has a file of three bad lines and a configuration, pushed, and a branch
/// `feature` that moves them down and adds a fourth.
pub(super) fn configured(config: &str) -> World {
    let world = World::new();
    world.write(".newgate/config.toml", config);
    world.write("app.x", "bad one\nbad two\nbad three\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("app.x", "new\nbad one\nbad two\nbad three\nbad four\n");
    world.commit("Add a line");
    world
}

const INGESTED: &str =
    "[scanners]\nsecrets = false\ncode = false\nmytool = { results = \"ingest\" }\n";

#[test]
fn what_was_ingested_for_both_sides_is_compared() {
    let world = configured(INGESTED);
    world.write("old.sarif", sarif("MyTool", "app.x", &[1, 2, 3]));
    world.write(
        "new.sarif",
        sarif("MyTool", "/builds/7/app.x", &[2, 3, 4, 5]),
    );
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete");
    let detail = of_scanner(&report, "mytool")["detail"].as_str().unwrap();
    assert!(detail.contains("newgate ingest"), "{detail}");

    world
        .newgate(&["ingest", "old.sarif", "--rev", "main"])
        .exits(0)
        .says("3 findings of mytool");
    world.newgate(&["ingest", "new.sarif"]).exits(0);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked", "{report:#}");
    assert_eq!(places(&report, "new"), ["app.x:5"]);
    assert_eq!(places(&report, "inherited").len(), 3);
}

#[test]
fn a_push_does_not_wait_for_results_that_are_made_of_it() {
    let world = configured(INGESTED);
    world.install();
    let pushed = world.push(&["origin", "feature"]).exits(0);
    pushed.says("mytool has no results");
}

#[test]
fn the_nearest_ancestor_with_results_stands_for_the_base() {
    let world = configured(INGESTED);
    world.write("old.sarif", sarif("mytool", "app.x", &[1, 2, 3]));
    world
        .newgate(&["ingest", "old.sarif", "--rev", "main"])
        .exits(0);
    // The target goes on, with a bad line of its own that no report knows of.
    world.git(&["stash", "--include-untracked", "--quiet"]);
    world.git(&["switch", "--quiet", "main"]);
    world.write("app.x", "bad zero\nbad one\nbad two\nbad three\n");
    world.commit("Go on");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "feature"]);
    world.git(&["reset", "--quiet", "--hard", "main"]);
    world.write("app.x", "bad zero\nbad one\nbad two\nbad three\nbad four\n");
    world.commit("Add a line");
    world.write("new.sarif", sarif("mytool", "app.x", &[1, 2, 3, 4, 5]));
    world.newgate(&["ingest", "new.sarif"]).exits(0);
    let report = world.check(&[]);
    assert_eq!(places(&report, "new"), ["app.x:5"], "{report:#}");
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("is compared with its results for"),
        "{notes}"
    );
}

#[test]
fn without_any_results_of_the_target_the_verdict_stays_open() {
    let world = configured(INGESTED);
    world.write("new.sarif", sarif("mytool", "app.x", &[2]));
    world.newgate(&["ingest", "new.sarif"]).exits(0);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete", "{report:#}");
    assert!(
        report["unknown"]
            .to_string()
            .contains("no results for the base")
    );
}

#[test]
fn results_on_the_command_line_are_ingested_and_judged_in_one_step() {
    let world = configured("[scanners]\nsecrets = false\ncode = false\n");
    world.write("old.sarif", sarif("other", "app.x", &[1, 2, 3]));
    world
        .newgate(&["ingest", "old.sarif", "--rev", "main"])
        .exits(0);
    world.write("new.sarif", sarif("other", "app.x", &[2, 3, 4, 5]));
    let report = world.check(&["--results", "new.sarif"]);
    assert_eq!(report["verdict"], "blocked");
    assert_eq!(places(&report, "new"), ["app.x:5"]);
}

#[test]
fn a_report_that_cannot_be_of_this_commit_is_refused_with_the_reason() {
    let world = configured(INGESTED);
    let whole = sarif("mytool", "app.x", &[1]);
    let other = sarif("mytool", "app.x", &[1]).replace(
        "\"tool\"",
        "\"versionControlProvenance\": [{\"repositoryUri\": \"x\", \"revisionId\": \"0123456789abcdef\"}], \"tool\"",
    );
    let failed = sarif("mytool", "app.x", &[]).replace(
        "\"tool\"",
        "\"invocations\": [{\"executionSuccessful\": false}], \"tool\"",
    );
    for (content, why) in [
        ("", "the file is empty"),
        (&whole[..whole.len() / 2], "not JSON"),
        (&sarif("mytool", "gone.x", &[1]), "not in the tree"),
        (&sarif("mytool", "app.x", &[77]), "line 77"),
        (&other, "it is about the commit 0123456789abcdef"),
        (&failed, "not successful"),
        ("{\"hello\": 1}", "unknown format"),
    ] {
        world.write("r.sarif", content);
        let refused = world.newgate(&["ingest", "r.sarif"]).exits(2);
        assert!(refused.err.contains(why), "{why}: {}", refused.err);
    }
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete", "nothing was taken in");
}

#[test]
fn what_stands_in_a_file_that_the_change_does_not_touch_is_never_blamed_on_it() {
    let world = configured(INGESTED);
    world.git(&["switch", "--quiet", "main"]);
    world.write("old.x", "bad\n");
    world.commit("Add another");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "feature"]);
    world.git(&["rebase", "--quiet", "main"]);
    // No results for the base at all.
    world.write("new.sarif", sarif("mytool", "old.x", &[1]));
    world.newgate(&["ingest", "new.sarif"]).exits(0);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete", "{report:#}");
    assert_eq!(places(&report, "new"), Vec::<String>::new());
    // Only an older ancestor has some.
    world.write("old.sarif", sarif("mytool", "app.x", &[1]));
    world
        .newgate(&["ingest", "old.sarif", "--rev", "main~1"])
        .exits(0);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    assert_eq!(places(&report, "inherited"), ["old.x:1"]);
}

#[test]
fn a_second_report_does_not_silently_take_the_place_of_the_first() {
    let world = configured(INGESTED);
    world.write("a.sarif", sarif("mytool", "app.x", &[5]));
    world.write("b.sarif", sarif("mytool", "app.x", &[]));
    world.write("base.sarif", sarif("mytool", "app.x", &[]));
    world
        .newgate(&["ingest", "base.sarif", "--rev", "main"])
        .exits(0);
    world.newgate(&["ingest", "a.sarif"]).exits(0);
    world.newgate(&["ingest", "a.sarif"]).exits(0);
    world.newgate(&["ingest", "b.sarif"]).exits(2).says("--add");
    world.newgate(&["ingest", "b.sarif", "--add"]).exits(0);
    assert_eq!(world.check(&[])["verdict"], "blocked");
    world.newgate(&["ingest", "b.sarif", "--replace"]).exits(0);
    assert_eq!(world.check(&[])["verdict"], "pass");
}

#[test]
fn native_reports_of_one_finding_and_clean_ones_are_taken_for_what_they_are() {
    let world = configured(
        "[scanners]\nsecrets = false\ncode = false\nhadolint = { results = \"ingest\" }\n",
    );
    world.write("Dockerfile", "FROM x:latest\n");
    world.commit("Build");
    let one = r#"[{"code":"DL3007","column":1,"file":"Dockerfile","level":"warning","line":1,"message":"Using latest"}]"#;
    world.write("one.json", one);
    world
        .newgate(&["ingest", "one.json"])
        .exits(0)
        .says("of hadolint");
    // A clean report of one tool is like that of another.
    world.write("clean.json", "[]");
    let unclear = world
        .newgate(&["ingest", "clean.json", "--rev", "main"])
        .exits(2);
    unclear.says("name its scanner");
    world
        .newgate(&[
            "ingest",
            "clean.json",
            "--rev",
            "main",
            "--scanner",
            "hadolint",
        ])
        .exits(0);
    assert_eq!(places(&world.check(&[]), "new"), ["Dockerfile:1"]);
}

#[test]
fn a_secret_in_a_report_of_another_format_is_not_kept() {
    let world = configured(
        "[scanners]\nsecrets = false\ncode = false\nbandit = { results = \"ingest\" }\n",
    );
    let report = json!({
        "version": "15.0.0",
        "scan": {"type": "sast", "status": "success", "start_time": "2026-01-01T00:00:00", "end_time": "2026-01-01T00:00:00",
            "analyzer": {"id": "bandit", "name": "bandit", "version": "1", "vendor": {"name": "x"}},
            "scanner": {"id": "bandit", "name": "bandit", "version": "1", "vendor": {"name": "x"}}},
        "vulnerabilities": [{"id": "1", "name": "Possible hardcoded password: 'hunter2-Kx9'",
            "description": "Possible hardcoded password: 'hunter2-Kx9'", "severity": "Low",
            "location": {"file": "app.x", "start_line": 1},
            "identifiers": [{"type": "bandit_test_id", "name": "B105", "value": "B105"}]}],
    });
    world.write("gl.json", report.to_string());
    world.newgate(&["ingest", "gl.json"]).exits(0);
    let shown = world.check(&["--no-base"]).to_string();
    assert!(shown.contains("hardcoded"), "{shown}");
    let cache = std::fs::read(world.work().join(".git/newgate/cache.db")).unwrap();
    let cache = String::from_utf8_lossy(&cache).into_owned();
    let wal = std::fs::read(world.work().join(".git/newgate/cache.db-wal")).unwrap_or_default();
    let wal = String::from_utf8_lossy(&wal).into_owned();
    for text in [shown, cache, wal] {
        assert!(!text.contains("hunter2"), "a secret was kept");
    }
}

#[test]
fn a_result_is_put_on_the_file_that_it_is_about_and_no_other() {
    let world = configured(INGESTED);
    world.write("sub/app.x", "one\ntwo\nthree\n");
    world.commit("Add another file of the same name");
    let check = |path: &str, more: &[&str]| {
        world.write("r.sarif", sarif("mytool", path, &[2]));
        let args = [
            "check",
            "--no-base",
            "--format",
            "json",
            "--results",
            "r.sarif",
        ];
        world.newgate(&[&args[..], more].concat())
    };
    check("/usr/lib/app.x", &[])
        .exits(2)
        .says("does not appear to be a file of the repository");
    for (path, more, place) in [
        ("app.x", &[][..], "app.x:2"),
        ("app.x", &["--results-folder", "sub"], "sub/app.x:2"),
        ("app.x", &["--results-folder", "./sub/"], "sub/app.x:2"),
        (
            "/data/q/sub/app.x",
            &["--results-folder", "/data/q"],
            "sub/app.x:2",
        ),
        (
            r"D:\data\q\sub\app.x",
            &["--results-folder", r"D:\data\q"],
            "sub/app.x:2",
        ),
        // What the configuration is read from makes no difference to results that are given.
        ("app.x", &["--config-from", "head"], "app.x:2"),
    ] {
        let report = check(path, more).exits(1).json();
        assert_eq!(places(&report, "new"), [place], "{path} {more:?}");
    }
}

#[test]
fn a_file_that_the_configuration_leaves_out_of_a_scanner_is_counted_and_not_read() {
    let world = World::new();
    let configured = |exclude: &str| {
        format!(
            "[scanners]\nsecrets = false\ncode = false\nmytool = {{ results = \"ingest\"{exclude} }}\n"
        )
    };
    let exclude = ", exclude = [{ path = \"tests/**\", reason = \"broken on purpose\" }]";
    world.write(".newgate/config.toml", configured(exclude));
    world.write("app.x", "one\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("tests/a/bad.x", "bad\n");
    world.write("app.x", "one\ntwo\n");
    world.commit("Add");
    world.write("empty.sarif", sarif("mytool", "app.x", &[]));
    world
        .newgate(&["ingest", "empty.sarif", "--rev", "main"])
        .exits(0);
    world.write("new.sarif", sarif("mytool", "tests/a/bad.x", &[1]));
    let report = world.check(&["--results", "new.sarif"]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("1 file of the change is left out of mytool"),
        "{notes}"
    );
    // The change itself cannot leave anything out.
    world.git(&["switch", "--quiet", "main"]);
    world.write(".newgate/config.toml", configured(""));
    world.commit("Leave nothing out");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "feature"]);
    world.write("new.sarif", sarif("mytool", "tests/a/bad.x", &[1]));
    let report = world.check(&["--results", "new.sarif", "--base", "main~1"]);
    assert_eq!(report["verdict"], "blocked", "{report:#}");
}
