//! Baselines: built in parts, and shared through the remote.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Ran, World, of_scanner, places, tools, write_program};

pub(super) const SHELL: &str =
    "import subprocess\n\n\ndef run(x):\n    subprocess.call(x, shell=True)\n";

/// A repository of `files` files that Bandit reads, every third with an issue, pushed.
pub(super) fn grown(files: usize, config: &str) -> World {
    let world = World::new();
    for n in 0..files {
        let text = match n % 3 {
            0 => SHELL.to_owned(),
            _ => format!("NUMBER = {n}\n"),
        };
        world.write(&format!("pkg/m{n}.py"), text);
    }
    let bandit = tools().join("bandit");
    let text = format!(
        "version = 1\n{config}\n[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\n",
        bandit.display()
    );
    world.write(".newgate/config.toml", text);
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world
}

/// Another clone, in which newgate can be run.
pub(super) fn cloned(world: &World, name: &str) -> PathBuf {
    let args = ["clone", "--quiet", "remote.git", name];
    world.run_in(&world.folder(), "git", &args, b"").exits(0);
    world.path(name)
}

pub(super) fn newgate(world: &World, folder: &Path, args: &[&str]) -> Ran {
    world.run_in(folder, env!("CARGO_BIN_EXE_newgate"), args, b"")
}

/// A branch in a clone that edits a file with an old issue and adds a new one.
pub(super) fn branched(world: &World, folder: &Path) {
    let git = |args: &[&str]| world.run_in(folder, "git", args, b"").exits(0);
    git(&["switch", "--quiet", "--create", "feature"]);
    fs::write(folder.join("pkg/m0.py"), format!("{SHELL}\n\nMORE = 1\n")).unwrap();
    fs::write(folder.join("pkg/new.py"), SHELL.replace("run", "go")).unwrap();
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Feature"]);
}

pub(super) fn checked(world: &World, folder: &Path) -> Value {
    newgate(world, folder, &["check", "--format", "json"]).json()
}

pub(super) fn bandit(report: &Value) -> (u64, u64) {
    let bandit = of_scanner(report, "bandit");
    let number = |field: &str| bandit[field].as_u64().unwrap();
    (number("scanned"), number("cached"))
}

/// What of a verdict must not depend on a baseline.
pub(super) fn decided(report: &Value) -> (String, Vec<String>, Vec<String>) {
    let verdict = report["verdict"].as_str().unwrap().to_owned();
    let mut kept = report.clone();
    let only = |i: &Value| i["occurrences"].as_array().is_some_and(|o| !o.is_empty());
    kept["issues"].as_array_mut().unwrap().retain(only);
    (verdict, places(&kept, "new"), places(&kept, "inherited"))
}

#[test]
fn parts_of_a_baseline_add_up_and_a_second_build_scans_nothing() {
    let world = grown(12, "");
    let scanned = |args: &[&str]| {
        let ran = world
            .newgate(&[&["baseline", "build"], args].concat())
            .exits(0);
        let line = ran.err.lines().find(|l| l.starts_with("bandit:")).unwrap();
        let number = line["bandit: ".len()..].split(' ').next().unwrap();
        number.parse::<u32>().unwrap()
    };
    let parts: Vec<u32> = ["1/3", "2/3", "3/3"]
        .iter()
        .map(|part| scanned(&["--shard", part]))
        .collect();
    assert_eq!(parts.iter().sum::<u32>(), 12);
    assert!(parts.iter().all(|p| *p > 0), "{parts:?}");
    assert_eq!(scanned(&[]), 0);
    world
        .newgate(&["baseline", "show"])
        .exits(0)
        .says("bandit: 12 of 12 files scanned")
        .says("shared baseline: none fetched");
    for wrong in ["0/3", "4/3", "1", "a/b"] {
        world
            .newgate(&["baseline", "build", "--shard", wrong])
            .exits(2)
            .says("use I/N");
    }
    // Old results that no tip has go; those of the tip stay.
    world.write("pkg/m0.py", "NUMBER = 0\n");
    world.commit("Fix");
    world.check(&["--no-base"]);
    world
        .newgate(&["baseline", "prune", "--days", "0"])
        .exits(0);
    assert_eq!(scanned(&[]), 0);
}

#[test]
fn a_fresh_clone_that_fetches_counts_old_issues_and_scans_only_its_change() {
    let world = grown(12, "");
    let fetch = |folder: &Path| newgate(&world, folder, &["baseline", "fetch"]);
    let clone = cloned(&world, "clone");
    fetch(&clone).exits(0).says("has no shared baseline yet");
    let plain = World::started();
    plain
        .newgate(&["baseline", "publish"])
        .exits(0)
        .says("there is nothing to share");
    plain.newgate(&["check"]).exits(0);
    plain.newgate(&["show"]).exits(0).says("has no issue");
    world.newgate(&["baseline", "build"]).exits(0);
    let publish = || world.newgate(&["baseline", "publish"]).exits(0);
    publish().says("bandit: results for 12 of 12 units");
    publish().says("has all these results already");
    assert!(world.remote_ref("refs/newgate/baseline").is_some());

    branched(&world, &clone);
    let alone = checked(&world, &clone);
    fs::remove_dir_all(clone.join(".git/newgate")).unwrap();
    fetch(&clone)
        .exits(0)
        .says("bandit: results for 12 of 12 units");
    let report = checked(&world, &clone);
    assert_eq!(decided(&report), decided(&alone));
    // Two files at head, and the old version of the one that is edited.
    assert_eq!(bandit(&report), (3, 0));
    assert_eq!(report["never-scanned"], 0);
    let shell = report["issues"].as_array().unwrap().iter();
    let shell: Vec<&Value> = shell.filter(|i| i["rules"][0]["rule"] == "B602").collect();
    // Three more files have it, as only the baseline knows.
    assert_eq!(shell[0]["elsewhere"], 3);
    assert!(report["notes"].to_string().contains("shared-baseline"));
    newgate(&world, &clone, &["baseline", "show"])
        .exits(0)
        .says("not used for the verdict");
    // A tree without one of the files, and a second tip.
    world.write("pkg/m3.py", "NUMBER = 3\n");
    world.commit("Fix");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.newgate(&["baseline", "build"]).exits(0);
    publish().says("13 units");
}

#[test]
fn clones_that_publish_at_once_lose_nothing_of_each_other() {
    let world = grown(24, "");
    let clones: Vec<PathBuf> = (1..=3)
        .map(|n| cloned(&world, &format!("clone{n}")))
        .collect();
    for (number, clone) in (1..).zip(&clones) {
        let part = format!("{number}/3");
        newgate(&world, clone, &["baseline", "build", "--shard", &part]).exits(0);
    }
    std::thread::scope(|threads| {
        let running: Vec<_> = clones
            .iter()
            .map(|clone| {
                let world = &world;
                threads.spawn(move || newgate(world, clone, &["baseline", "publish"]))
            })
            .collect();
        for one in running {
            one.join().unwrap().exits(0);
        }
    });
    let fresh = cloned(&world, "fresh");
    newgate(&world, &fresh, &["baseline", "fetch"])
        .exits(0)
        .says("bandit: results for 24 of 24 units");
}

#[test]
fn a_budget_that_runs_out_leaves_the_verdict_open_and_the_next_try_goes_on_from_there() {
    let world = World::new();
    let slow = world.path("slow-bandit");
    let bandit = tools().join("bandit");
    let script = |seconds: u32| {
        format!(
            "#!/bin/sh\ncase \"$*\" in *--version*) ;; *) sleep {seconds} ;; esac\nexec {} \"$@\"\n",
            bandit.display()
        )
    };
    let write = |seconds| {
        write_program(&slow, &script(seconds));
    };
    write(30);
    let config = format!(
        "version = 1\n[gate]\nbudget = \"4s\"\n[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\n[scanners.ruff]\npath = \"{}\"\n",
        slow.display(),
        tools().join("ruff").display()
    );
    world.write(".newgate/config.toml", config);
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("a.py", SHELL);
    world.commit("Feature");
    world.install();
    let pushed = world.push(&["origin", "feature"]).exits(1);
    pushed
        .says("bandit took too long")
        .says("finished scans are cached");
    assert!(world.remote_ref("feature").is_none());
    let report = world.check(&[]);
    let ruff = report["scanners"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["name"] == "ruff")
        .unwrap();
    assert_eq!((&ruff["scanned"], &ruff["cached"]), (&0.into(), &1.into()));
    write(0);
    assert_eq!(world.check(&[])["verdict"], "blocked");
}
