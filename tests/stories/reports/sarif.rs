//! What SARIF says: states, suppressions, rules, and identities that move with the code.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{OLD, document, everything, judged_by_bandit, results_of, runs_of, written};
use crate::support::{World, token};

#[test]
fn sarif_says_what_is_new_what_stays_and_what_is_gone() {
    let world = everything();
    let address = "https://me:word@git.example.com/team/app.git";
    world.git(&["remote", "set-url", "origin", address]);
    written(&world, 1);
    let log = document(&world, "sarif");
    let names: Vec<&str> = runs_of(&log)
        .iter()
        .map(|r| r["tool"]["driver"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["bandit", "ruff", "secrets"]);
    let bandit = &runs_of(&log)[0];
    let mut states: Vec<&str> = results_of(bandit)
        .iter()
        .map(|r| r["baselineState"].as_str().unwrap())
        .collect();
    states.sort_unstable();
    states.dedup();
    assert_eq!(states, ["absent", "new", "unchanged"]);
    let head = world.git(&["rev-parse", "HEAD"]);
    let provenance = &bandit["versionControlProvenance"][0];
    assert_eq!(provenance["revisionId"], head);
    assert_eq!(
        provenance["repositoryUri"],
        "https://git.example.com/team/app.git"
    );

    let suppressed: Vec<&Value> = results_of(bandit)
        .iter()
        .filter_map(|r| r.get("suppressions"))
        .collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0][0]["kind"], "external");
    let justification = suppressed[0][0]["justification"].as_str().unwrap();
    assert!(justification.contains("only our own | `files` <b>"));

    // A rule tells how bad it is, what to do, and which weakness of the CWE it is one of.
    let rules = bandit["tool"]["driver"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|r| r["id"] == "B602").unwrap();
    assert_eq!(rule["properties"]["security-severity"], "9.5");
    assert!(rule["help"]["text"].as_str().unwrap().contains("as a list"));
    let index = rule["relationships"][0]["target"]["index"]
        .as_u64()
        .unwrap();
    assert_eq!(bandit["taxonomies"][0]["taxa"][index as usize]["id"], "78");

    // For a reader that takes every result for an open one, what is gone is left out.
    let github = document(&world, "github-sarif");
    let absent = |log: &Value| {
        let results = runs_of(log).iter().flat_map(results_of);
        results.filter(|r| r["baselineState"] == "absent").count()
    };
    assert_eq!((absent(&log), absent(&github)), (2, 0));
}

/// The prints of a log's results, by rule and text of the place, without those that are gone.
fn prints(log: &Value) -> Vec<(String, String)> {
    let results = runs_of(log).iter().flat_map(results_of);
    let mut prints: Vec<(String, String)> = results
        .filter(|r| r["baselineState"] != "absent")
        .map(|r| {
            let print = r["partialFingerprints"]["newgateOccurrence/v1"].as_str();
            (
                r["ruleId"].as_str().unwrap().to_owned(),
                print.unwrap().to_owned(),
            )
        })
        .collect();
    prints.sort();
    prints
}

#[test]
fn a_result_is_known_again_after_its_code_has_moved() {
    let world = World::started();
    world.write("a.py", OLD);
    world.configure(&["bandit"]);
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    let sarif = |world: &World| {
        world
            .newgate(&["check", "--no-base", "--format", "sarif"])
            .json()
    };
    let before = prints(&sarif(&world));
    assert!(before.len() >= 3, "{before:?}");
    world.git(&["mv", "a.py", "b.py"]);
    world.write("b.py", format!("# A line\n# and another\n{OLD}"));
    world.commit("Move");
    assert_eq!(prints(&sarif(&world)), before);
    let more =
        format!("{OLD}\n\ndef again(command):\n    return subprocess.call(command, shell=True)\n");
    world.write("b.py", more);
    world.commit("Again");
    let after = prints(&sarif(&world));
    let fresh: Vec<_> = after.iter().filter(|p| !before.contains(p)).collect();
    assert_eq!((after.len(), fresh.len()), (before.len() + 1, 1));
}

#[test]
fn the_way_that_data_takes_is_handed_on() {
    let world = World::started();
    world.write("app.py", "import os\n\n\ndef main(x):\n    os.system(x)\n");
    world.commit("Flow");
    let at = |line: u32, text: &str| {
        json!({"location": {
            "physicalLocation": {"artifactLocation": {"uri": "app.py"}, "region": {"startLine": line}},
            "message": {"text": text},
        }})
    };
    let place = json!({"physicalLocation": {"artifactLocation": {"uri": "app.py"}, "region": {"startLine": 5}}});
    let result = json!({
        "ruleId": "py/command-line", "level": "error", "message": {"text": "x gets to a shell"},
        "locations": [place],
        "codeFlows": [{"threadFlows": [{"locations": [at(4, "x comes in"), at(5, "and goes out")]}]}],
    });
    let log = json!({"version": "2.1.0", "runs": [
        {"tool": {"driver": {"name": "CodeQL"}}, "results": [result]},
    ]});
    fs::write(world.path("in.sarif"), log.to_string()).unwrap();
    let ran = world.newgate(&[
        "check",
        "--no-base",
        "--results",
        "../in.sarif",
        "--format",
        "sarif",
    ]);
    let out = ran.json();
    let codeql = runs_of(&out)
        .iter()
        .find(|r| r["tool"]["driver"]["name"] == "codeql")
        .unwrap();
    let steps = &codeql["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    let told: Vec<(u64, &str)> = steps
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            let location = &s["location"];
            (
                location["physicalLocation"]["region"]["startLine"]
                    .as_u64()
                    .unwrap(),
                location["message"]["text"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [(4, "x comes in"), (5, "and goes out")]);
    let page = world.newgate(&["report", "html"]).exits(0).out;
    assert!(page.contains("How data gets there (2 steps)"));
}

#[test]
fn an_old_occurrence_keeps_its_identity_when_a_copy_comes_before_it() {
    let world = judged_by_bandit("");
    world.newgate(&["baseline", "build"]).exits(0);
    let identity = |world: &World, path: &str, rule: &str| {
        let log = world.newgate(&["check", "--format", "sarif"]).json();
        let all = runs_of(&log).iter().flat_map(results_of);
        let mut of_path = all.filter(|r| {
            r["ruleId"] == rule
                && r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path
        });
        of_path.next().unwrap()["partialFingerprints"]["primaryLocationLineHash"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let before = identity(&world, "app/run.py", "B602");
    world.write("a.py", OLD);
    world.write(
        "two.py",
        format!("A = '{}'; B = '{}'\n", token(1), token(2)),
    );
    world.commit("Copy");
    assert_eq!(identity(&world, "app/run.py", "B602"), before);
    assert_ne!(identity(&world, "a.py", "B602"), before);
    let log = world.newgate(&["check", "--format", "sarif"]).json();
    let mut all: Vec<String> = runs_of(&log)
        .iter()
        .flat_map(results_of)
        .map(|r| format!("{} {}", r["ruleId"], r["partialFingerprints"]))
        .collect();
    let number = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), number);
    // Another clone finds the same ones, of secrets too.
    let ones = |folder: &Path| -> Vec<String> {
        let binary = env!("CARGO_BIN_EXE_newgate");
        let args = [
            "check",
            "--target",
            "origin/main",
            "--format",
            "gitlab-code-quality",
        ];
        let quality = world.run_in(folder, binary, &args, b"").json();
        let entries = quality.as_array().unwrap().iter();
        let secrets = entries.filter(|e| e["check_name"] == "secrets:github-pat");
        let mut prints: Vec<String> = secrets.map(|e| e["fingerprint"].to_string()).collect();
        prints.sort();
        prints
    };
    world.git(&["push", "--quiet", "--no-verify", "origin", "feature"]);
    let clone = world.path("clone");
    let args = [
        "clone",
        "--quiet",
        "--branch",
        "feature",
        "remote.git",
        "clone",
    ];
    world.run_in(&world.folder(), "git", &args, b"").exits(0);
    let here = ones(&world.work());
    assert_eq!(here.len(), 2);
    assert_eq!(ones(&clone), here);
}
