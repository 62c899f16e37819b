//! The same verdict and the same report, whatever the cache holds.

use serde_json::Value;

use crate::support::{World, token, tools};

const SHELL: &str = "import subprocess\n\n\ndef run(x):\n    subprocess.call(x, shell=True)\n";

/// Rules that ask for all that could be known of the target or not.
const RULES: &str = r#"
[gate]
suppressions = "block"
[[rules]]
name = "it has grown"
action = "warn"
status = ["grown"]
[[rules]]
name = "it is fixed"
action = "block"
status = ["fixed"]
path = "gone.py"
[[rules]]
name = "there are many"
action = "block"
occurrences = 5
[[rules]]
name = "it was there"
action = "block"
status = ["inherited"]
path = "pkg/*"
"#;

const EXEMPTION: &str = r#"version = 1
[[exemption]]
rule = "bandit:B602"
path = "allowed/*"
reason = "other"
text = "Only started by hand."
granted = 2026-01-01
until = 2999-01-01
"#;

/// A repository with old issues in several files, on a branch `feature`.
fn old_issues() -> World {
    let world = World::new();
    let mut config = format!("version = 1\n{RULES}");
    for scanner in ["bandit", "ruff"] {
        let path = tools().join(scanner);
        config.push_str(&format!(
            "[scanners.{scanner}]\npath = \"{}\"\n",
            path.display()
        ));
    }
    world.write(".newgate/config.toml", config);
    world.write(".newgate/exemptions.toml", EXEMPTION);
    for file in ["old.py", "gone.py", "pkg/a.py", "pkg/b.py"] {
        world.write(file, SHELL);
    }
    world.write("conf.py", format!("TOKEN = \"{}\"\n", token(1)));
    world.write(
        "quiet.py",
        "import subprocess\n\n\ndef main():\n    return subprocess  # nosec\n\n\ndef more():\n    return 2\n",
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world
}

/// What a report says besides times, sources of results and what is known of unchanged files.
fn judged(report: &Value) -> Value {
    let mut report = report.clone();
    for field in ["time", "milliseconds", "never-scanned"] {
        report.as_object_mut().unwrap().remove(field);
    }
    for scanner in report["scanners"].as_array_mut().unwrap() {
        for field in ["scanned", "cached", "milliseconds", "containment"] {
            scanner.as_object_mut().unwrap().remove(field);
        }
    }
    report["counts"]
        .as_object_mut()
        .unwrap()
        .remove("inherited");
    let issues = report["issues"].as_array_mut().unwrap();
    for issue in issues.iter_mut() {
        if issue["kind"] == "secret" {
            // A secret has another id in each clone.
            issue["id"] = Value::Null;
        }
        issue.as_object_mut().unwrap().remove("elsewhere");
        let occurrences = issue["occurrences"].as_array_mut().unwrap();
        occurrences.retain(|o| o["stage"] != "unchanged");
        for finding in occurrences
            .iter_mut()
            .filter_map(|o| o["findings"].as_array_mut())
            .flatten()
        {
            finding.as_object_mut().unwrap().remove("secret");
        }
    }
    issues.retain(|i| !i["occurrences"].as_array().unwrap().is_empty());
    report
}

/// The folder of what newgate remembers.
fn remembered(world: &World) -> std::path::PathBuf {
    world.work().join(".git/newgate")
}

/// Replaces what newgate remembers.
fn remember(world: &World, saved: &std::path::Path) {
    let _ = std::fs::remove_dir_all(remembered(world));
    if saved.is_dir() {
        let (from, to) = (saved.display().to_string(), remembered(world));
        let to = to.display().to_string();
        world
            .run_in(&world.folder(), "cp", &["-a", &from, &to], b"")
            .exits(0);
    }
}

/// Judges the branch with an empty, a partial and a full cache; returns the report.
#[track_caller]
fn same_with_every_cache(world: &World) -> Value {
    let lines = format!(
        "refs/heads/feature {} refs/heads/feature {}\n",
        world.git(&["rev-parse", "HEAD"]),
        "0".repeat(40)
    );
    // What each adds to the one before.
    let fillings: [&[&str]; 4] = [
        &[],
        &["baseline", "build", "--shard", "1/2"],
        &["baseline", "build"],
        // All of the branch, too.
        &["check", "--no-base"],
    ];
    let mut first: Option<Value> = None;
    let saved = world.path("saved");
    let _ = std::fs::remove_dir_all(&saved);
    for filling in fillings {
        remember(world, &saved);
        if !filling.is_empty() {
            world.newgate(filling);
            let _ = std::fs::remove_dir_all(&saved);
            std::fs::rename(remembered(world), &saved).unwrap();
            remember(world, &saved);
        }
        let report = world.check(&[]);
        let code = report["exit-code"].as_i64().unwrap();
        let report = judged(&report);
        match &first {
            None => first = Some(report),
            Some(first) => assert_eq!(*first, report, "after {filling:?}"),
        }
        // What people see does not list unchanged files, and must come out the same.
        remember(world, &saved);
        let pushed = world.pre_push(&["origin", "../remote.git"], &lines);
        assert_eq!(i64::from(pushed.code), code, "{filling:?}: {pushed:#?}");
    }
    first.unwrap()
}

#[test]
fn files_that_move_are_copied_or_go_are_judged_the_same_with_every_cache() {
    type Change = fn(&World);
    let changes: [(&str, &str, Change); 6] = [
        ("blocked", "a new file", |w| w.write("new.py", SHELL)),
        ("pass", "a rename with an edit", |w| {
            w.git(&["mv", "old.py", "moved.py"]);
            w.write("moved.py", format!("{SHELL}\n\nMORE = 1\n"));
        }),
        ("pass", "an old issue that grows", |w| {
            let twice = SHELL.replace("def run", "def go");
            w.write("old.py", format!("{SHELL}\n\n{}", &twice[19..]));
        }),
        (
            "blocked",
            "a file that goes, about which a rule asks",
            |w| {
                w.git(&["rm", "--quiet", "gone.py"]);
            },
        ),
        ("pass", "a fix", |w| w.write("old.py", "X = 1\n")),
        ("blocked", "an old issue, about which a rule asks", |w| {
            w.write("pkg/a.py", format!("{SHELL}\n\nMORE = 1\n"));
        }),
    ];
    let world = old_issues();
    for (verdict, what, change) in changes {
        world.git(&["switch", "--quiet", "--force-create", "feature", "main"]);
        change(&world);
        world.commit("Change");
        let report = same_with_every_cache(&world);
        assert_eq!(report["verdict"], verdict, "{what}: {report:#}");
    }
}

#[test]
fn permissions_comments_secrets_and_numbers_are_judged_the_same_with_every_cache() {
    type Change = fn(&World);
    let changes: [(&str, &str, Change); 6] = [
        ("pass", "an exempted issue", |w| {
            w.write("allowed/x.py", SHELL);
        }),
        ("blocked", "a comment that silences", |w| {
            w.write("quiet2.py", "X = 1  # nosec\n");
        }),
        (
            "pass",
            "a silenced line in a renamed and edited file",
            |w| {
                w.git(&["mv", "quiet.py", "silent.py"]);
                let text = std::fs::read_to_string(w.work().join("silent.py")).unwrap();
                w.write("silent.py", text.replace("return 2", "return 3"));
            },
        ),
        ("blocked", "a secret that a later commit takes away", |w| {
            w.write("leak.py", format!("T = \"{}\"\n", token(2)));
            w.commit("Leak");
            w.git(&["rm", "--quiet", "leak.py"]);
        }),
        ("blocked", "a secret that an untouched file has", |w| {
            w.write("more.py", format!("T = \"{}\"\n", token(1)));
        }),
        ("pass", "a mild issue of which the target has many", |w| {
            w.write("mild.py", "import pickle\n");
        }),
    ];
    let world = old_issues();
    for (verdict, what, change) in changes {
        world.git(&["switch", "--quiet", "--force-create", "feature", "main"]);
        change(&world);
        world.commit("Change");
        let report = same_with_every_cache(&world);
        assert_eq!(report["verdict"], verdict, "{what}: {report:#}");
    }
}

/// The file that makes ruff crash is one thing, what the others have in them another.
#[test]
fn a_file_that_crashes_a_scanner_hides_nothing_in_others_with_any_cache() {
    let world = World::new();
    let ruff = tools().join("ruff");
    world.write(
        ".newgate/config.toml",
        format!(
            "version = 1\n[gate]\non-incomplete = \"warn\"\n[scanners]\ncode = false\n[scanners.ruff]\npath = \"{}\"\n",
            ruff.display()
        ),
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    for n in 0..9 {
        world.write(&format!("fine{n}.py"), format!("X = {n}\n"));
    }
    world.write("bad.py", SHELL);
    // More than its stack holds.
    world.write("crash.py", format!("X = {}1\n", "not ".repeat(100_000)));
    world.commit("Change");
    let judged = || {
        let report = world.check(&[]);
        let ruff = &report["scanners"][0];
        assert_eq!(ruff["state"], "failed", "{report:#}");
        let detail = ruff["detail"].as_str().unwrap();
        assert!(detail.starts_with("on `crash.py`, "), "{detail}");
        let verdict = report["verdict"].as_str().unwrap().to_owned();
        (verdict, crate::support::places(&report, "new"))
    };
    let cold = judged();
    assert_eq!(cold.0, "blocked");
    assert!(cold.1.contains(&"bad.py:5".to_owned()), "{cold:?}");
    assert_eq!(judged(), cold);
}
