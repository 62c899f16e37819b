//! Exemptions: what they cover, from when, and until when.

use serde_json::Value;

use super::policy::configured;
use crate::support::{World, issues, leak, tools};

fn print_of(report: &Value, path: &str) -> String {
    for issue in report["issues"].as_array().unwrap() {
        for occurrence in issue["occurrences"].as_array().unwrap() {
            if occurrence["path"] == path {
                return occurrence["print"].as_str().unwrap().to_owned();
            }
        }
    }
    panic!("nothing in {path}: {report:#}");
}

#[test]
fn an_exemption_is_pending_on_the_branch_holds_on_the_target_and_covers_no_copy() {
    let world = configured("");
    world.write("a.py", leak(1));
    world.commit("Leak");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked");
    let print = print_of(&report, "a.py");
    let args = [
        "--reason",
        "false-positive",
        "--until",
        "30d",
        "--text",
        "A made-up token.",
    ];
    world
        .newgate(&[&["exempt", &print][..], &args[..]].concat())
        .exits(0);
    world.commit("Ask for an exemption");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    assert!(
        report["issues"]
            .to_string()
            .contains("pending: false-positive")
    );
    assert_eq!(world.check(&["--enforce"])["verdict"], "blocked");
    world.newgate(&["exemptions"]).exits(0).says("pending");

    // On the target it holds for everybody, wherever the line goes; not for a copy.
    world.git(&["switch", "--quiet", "main"]);
    world.write(
        ".newgate/exemptions.toml",
        std::fs::read(world.work().join(".newgate/exemptions.toml")).unwrap_or_else(|_| {
            world
                .git(&["show", "feature:.newgate/exemptions.toml"])
                .into_bytes()
        }),
    );
    world.commit("Grant it");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "feature"]);
    world.git(&["reset", "--quiet", "--hard", "main"]);
    world.write("a.py", format!("import os\n\n\n{}", leak(1)));
    world.commit("Bring it, further down");
    assert_eq!(world.check(&["--enforce"])["verdict"], "pass");
    world.newgate(&["exemptions"]).exits(0).says("active");
    // A copy, there or in another file, and another secret in its place are not covered.
    for (name, content) in [
        ("lib/copy.py", leak(1)),
        ("a.py", format!("{}{}", leak(1), leak(1))),
        ("a.py", leak(2)),
    ] {
        world.write(name, content);
        world.commit("Something else");
        let report = world.check(&["--enforce"]);
        assert_eq!(report["verdict"], "blocked", "{name}: {report:#}");
        world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    }
}

#[test]
fn an_exemption_that_has_ended_counts_no_more_and_that_is_said() {
    let world = configured("");
    world.write(
        ".newgate/exemptions.toml",
        "version = 1\n[[exemption]]\nrule = \"secrets:github-pat\"\npath = \"*.py\"\nreason = \"acceptable-risk\"\n\
         text = \"For the demo.\"\ngranted = 2026-01-01\nuntil = 2026-01-31\n",
    );
    world.git(&["switch", "--quiet", "--force-create", "main"]);
    world.commit("Exempt for a month");
    world
        .push(&["--quiet", "--no-verify", "--force", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--force-create", "feature"]);
    world.write("a.py", leak(1));
    world.commit("Leak");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked");
    assert!(
        report["issues"]
            .to_string()
            .contains("it was exempted until 2026-01-31")
    );
    world
        .newgate(&["exemptions", "--check"])
        .exits(1)
        .says("expired");
}

#[test]
fn mistakes_in_exemptions_are_told_with_their_places() {
    let world = configured("");
    world.write(
        ".newgate/exemptions.toml",
        "version = 1\n[[exemption]]\nrule = \"x\"\nreason = \"because\"\ntext = \"t\"\ngranted = 2026-01-01\nuntil = \"soon\"\n\
         [[exemption]]\npath = \"a\"\nreason = \"other\"\n",
    );
    let told = world.newgate(&["exemptions"]).exits(2);
    for expected in [
        "exemptions.toml:4:",
        "`because` is not a value of `reason`",
        "`until` is not a date",
        "an exemption needs `until`",
        "an exemption is for an issue, for one occurrence, or for a rule in a path",
    ] {
        assert!(told.err.contains(expected), "{expected}: {}", told.err);
    }
}

#[test]
fn a_renewal_takes_over_and_what_is_granted_from_a_later_day_does_not_hold_yet() {
    let entry = |granted: &str, until: &str| {
        format!(
            "[[exemption]]\nrule = \"github-pat\"\nreason = \"other\"\ntext = \"t\"\ngranted = {granted}\nuntil = {until}\n"
        )
    };
    for (entries, verdict) in [
        (
            [
                entry("2025-01-01", "2025-12-31"),
                entry("2026-01-01", "2999-12-31"),
            ]
            .concat(),
            "pass",
        ),
        (entry("2999-01-01", "2999-12-31"), "blocked"),
    ] {
        let world = World::new();
        world.write(
            ".newgate/exemptions.toml",
            format!("version = 1\n{entries}"),
        );
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write("a.py", leak(1));
        world.commit("Leak");
        assert_eq!(world.check(&[])["verdict"], verdict, "{entries}");
    }
}

#[test]
fn an_exemption_covers_what_is_new_and_the_whole_issue_only_if_asked() {
    let bandit = tools().join("bandit");
    let world = configured(&format!(
        "[scanners.bandit]\npath = \"{}\"\n",
        bandit.display()
    ));
    world.write(
        "a.py",
        "import pickle\n\n\ndef one(x):\n    return pickle.loads(x)\n",
    );
    world.write(
        "b.py",
        "import pickle\n\n\ndef two(y):\n    return pickle.loads(y)\n",
    );
    world.commit("Load");
    let is_pickle = |i: &&Value| i["rules"][0]["rule"] == "B301";
    let report = world.check(&[]);
    let new = issues(&report, "new");
    let id = new.iter().copied().find(is_pickle).unwrap()["id"].clone();
    let grant = |more: &[&str]| {
        let args = [
            "exempt",
            id.as_str().unwrap(),
            "--reason",
            "acceptable-risk",
        ];
        world.newgate(&[&args[..], &["--until", "30d"], more].concat())
    };
    // What the page offers says nothing yet.
    grant(&["--text", "..."])
        .exits(2)
        .says("`--text '...'` gives no reason")
        .says("hint: give the reason in a few words");
    grant(&["--text", "only our own files"])
        .exits(0)
        .says(&format!(
            "exempts 2 occurrences of {} (a.py:5, b.py:5)",
            id.as_str().unwrap()
        ));
    world.commit("Exempt");
    let exempted = || {
        let report = world.check(&[]);
        let issue = issues(&report, "new").into_iter().find(is_pickle).cloned();
        let all = issue.unwrap()["occurrences"].as_array().unwrap().clone();
        let one = |o: &&Value| o["exempted"].is_string();
        let names = all.iter().filter(one).map(|o| o["path"].as_str().unwrap());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    world.write(
        "c.py",
        "import pickle\n\n\ndef three(z):\n    return pickle.loads(z)\n",
    );
    world.commit("Load more");
    assert_eq!(exempted(), ["a.py", "b.py"]);
    grant(&["--text", "only our own files", "--all-occurrences"])
        .exits(0)
        .says("every occurrence of");
    world.commit("Exempt all");
    assert_eq!(exempted(), ["a.py", "b.py", "c.py"]);
}
