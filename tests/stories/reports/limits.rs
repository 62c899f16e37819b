//! Very many issues: what does not fit is left out from the end, and that is said.

use std::fs;

use serde_json::{Value, json};

use super::{NEW, OLD, everything, node, results_of, runs_of, written};
use crate::support::{World, issues};

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
    let mut world = World::new();
    world.write("app/run.py", OLD);
    world.configure(&["bandit", "ruff"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("app/run.py", NEW);
    world.write("load.py", "import pickle\npickle.loads(input())\n");
    world.commit("Feature");
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
