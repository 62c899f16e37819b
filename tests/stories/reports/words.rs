//! What every format calls what was exempted, ignored, told already, or not scanned.

use serde_json::Value;

use super::{NEW, OLD, document, judged_by_bandit, results_of, runs_of, text, written};
use crate::support::{World, issues};

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
