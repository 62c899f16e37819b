//! What newgate needs of memory, and how much of a large report it shows.

use serde_json::{Value, json};

use crate::support::World;

/// Runs newgate with at most so much address space, and checks that it comes to its end. Where a process
/// cannot be limited, that is said and nothing is measured.
#[allow(clippy::print_stderr, reason = "a story that is skipped says so")]
fn runs_within(world: &World, megabytes: usize, args: &[&str]) {
    let limit = format!("ulimit -v {} || exit 77; exec \"$@\"", megabytes * 1_024);
    let program = env!("CARGO_BIN_EXE_newgate");
    let all = [&["-c", &limit, "sh", program], args].concat();
    let ran = world.run_in(&world.work(), "sh", &all, b"");
    match ran.code {
        77 => eprintln!("skipped: the address space cannot be limited here"),
        _ => drop(ran.exits(0)),
    }
}

/// A SARIF log with a result on each of the first lines of a file.
fn sarif(lines: usize) -> String {
    let result = |line: usize| {
        json!({
            "ruleId": "R1", "level": "error", "message": {"text": "Bad."},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": "app.x"}, "region": {"startLine": line}}}],
        })
    };
    let results: Vec<Value> = (1..=lines).map(result).collect();
    let run = json!({"tool": {"driver": {"name": "mytool"}}, "results": results});
    json!({"version": "2.1.0", "runs": [run]}).to_string()
}

#[test]
fn a_long_report_is_read_in_parts() {
    let world = World::new();
    let result = r#"{"filename":"./old.py","line_number":4,"line_range":[4],"col_offset":4,"end_col_offset":9,
        "test_id":"B602","test_name":"x","issue_text":"t","issue_severity":"HIGH","issue_confidence":"HIGH",
        "issue_cwe":{"id":78},"more_info":"https://e"}"#;
    let results = vec![result; 20_000].join(",");
    let report = format!(r#"{{"errors":[],"metrics":{{"./old.py":{{}}}},"results":[{results}]}}"#);
    world.write("report.json", &report);
    let args = ["scanners", "read", "bandit", "report.json"];
    // As values, the whole report would take twenty times its length. The program itself takes 60 MB of the
    // address space where it is not optimised.
    runs_within(&world, 75 + 4 * report.len() / 1_000_000, &args);
}

#[test]
fn an_issue_of_many_occurrences_is_listed_in_part_for_people_and_whole_as_data() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[scanners]\nsecrets = false\ncode = false\nmytool = { results = \"ingest\" }\n",
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let lines: String = (0..3_000).map(|n| format!("bad {n}\n")).collect();
    world.write("app.x", lines);
    world.commit("Add many");
    world.write("base.sarif", sarif(0));
    world.write("head.sarif", sarif(3_000));
    let base = ["ingest", "base.sarif", "--rev", "main"];
    world.newgate(&base).exits(0);
    world.newgate(&["ingest", "head.sarif"]).exits(0);
    let ran = world.newgate(&[
        "check",
        "--output",
        "html=page.html",
        "--output",
        "csv=all.csv",
    ]);
    let ran = ran
        .exits(1)
        .says("and 2990 more occurrences: `newgate show ");
    assert!(ran.all().len() < 10_000, "{}", ran.all().len());

    let read = |name: &str| std::fs::read_to_string(world.work().join(name)).unwrap();
    let page = read("page.html");
    assert!(page.len() < 500_000, "{} bytes", page.len());
    assert!(page.contains("2900 more occurrences"));
    assert!(page.contains("newgate report csv"));
    assert_eq!(read("all.csv").lines().count(), 1 + 3_000);

    let report: Value = serde_json::from_str(&read(".git/newgate/last/report.json")).unwrap();
    let issue = &report["issues"][0];
    assert_eq!(issue["occurrences"].as_array().unwrap().len(), 3_000);
    let shown = world.newgate(&["show", issue["id"].as_str().unwrap()]);
    shown
        .exits(0)
        .says("and 2900 more occurrences: `newgate report csv`");
}
