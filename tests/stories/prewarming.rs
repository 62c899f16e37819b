//! Filling the cache in the background after a commit.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{World, tools, wait, write_program};

/// A world with a script in Bandit's place: it takes its time where it has a low priority, and tells a
/// file that it runs.
fn slow_in_background(seconds: u32) -> World {
    let world = World::started();
    let script = world.path("bandit");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--version*) ;; *)\n  if [ \"$(nice)\" -ge 19 ]; then echo run >> '{}'; sleep {seconds}; fi ;;\nesac\nexec {} \"$@\"\n",
        world.path("runs").display(),
        tools().join("bandit").display()
    );
    write_program(&script, &text);
    let config = format!(
        "version = 1\n[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\ncontained = false\n",
        script.display()
    );
    world.write(".newgate/config.toml", config);
    world.commit("Configure");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.newgate(&["install", "--prewarm"]).exits(0);
    world
}

fn outcome(world: &World) -> Option<Value> {
    let file = world.work().join(".git/newgate/prewarm.json");
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn runs(world: &World) -> usize {
    fs::read_to_string(world.path("runs")).map_or(0, |t| t.lines().count())
}

fn scanned(report: &Value) -> u64 {
    let scanners = report["scanners"].as_array().unwrap().iter();
    scanners.map(|s| s["scanned"].as_u64().unwrap()).sum()
}

#[test]
fn after_a_commit_the_cache_is_filled_and_the_push_scans_nothing() {
    let world = slow_in_background(0);
    let before = world.work().join(".git/hooks/post-commit.before-newgate");
    write_program(
        &before,
        &format!(
            "#!/bin/sh\necho before > '{}'\n",
            world.path("before").display()
        ),
    );
    // That is where older versions kept it.
    world.newgate(&["install", "--prewarm"]).exits(0);
    world.write("a.py", "import pickle\n");
    world.git(&["add", "a.py"]);
    let said = world
        .try_git(&["commit", "--quiet", "--message", "Feature"])
        .exits(0);
    assert_eq!(said.all(), "");
    assert!(world.path("before").is_file());
    // A lock that the caller holds is not held on.
    let lock = world.path("lock").display().to_string();
    let script = "(flock 9; git commit --quiet --allow-empty --message Locked) 9>\"$0\"; flock --nonblock \"$0\" true";
    world
        .run_in(&world.work(), "sh", &["-c", script, &lock], b"")
        .exits(0);
    let head = world.git(&["rev-parse", "HEAD"]);
    wait("the head is done", || {
        outcome(&world).is_some_and(|o| o["head"] == head && o["outcome"] == "done")
    });
    assert!(runs(&world) > 0);
    world
        .newgate(&["doctor"])
        .exits(0)
        .says("prewarming  on; ")
        .says(": done");
    // Nobody was told, and no history kept it.
    let last = fs::read_to_string(world.work().join(".git/newgate/last/report.json")).unwrap();
    assert!(!last.contains(&head));
    assert_eq!(scanned(&world.check(&[])), 0);
    let history = world.newgate(&["history", "--format", "json"]).exits(0);
    assert_eq!(history.out.matches(&head).count(), 1);
    world.push(&["origin", "feature"]).exits(0);
    // Without newgate the hook that was there before goes on.
    let hook = world.work().join(".git/hooks/post-commit");
    let shim = fs::read_to_string(&hook).unwrap();
    let gone = shim.replace(env!("CARGO_BIN_EXE_newgate"), "/nowhere/newgate");
    write_program(&hook, &gone.replace("command -v newgate", "false"));
    fs::remove_file(world.path("before")).unwrap();
    world.commit("Gone");
    assert!(world.path("before").is_file());
    write_program(&hook, &shim);
    // What could not be scanned is not done.
    fs::remove_file(world.path("bandit")).unwrap();
    world.write("b.py", "B = 1\n");
    let head = world.commit("Missing");
    wait("it says what is missing", || {
        outcome(&world)
            .is_some_and(|o| o["head"] == head && o["outcome"] == "incomplete: bandit is missing")
    });
    world.newgate(&["uninstall"]).exits(0);
    assert!(
        !fs::read_to_string(world.work().join(".git/hooks/post-commit"))
            .unwrap()
            .contains("newgate-shim")
    );
    assert!(!world.work().join(".git/hooks/post-checkout").exists());
}

#[test]
fn the_newest_commit_wins_and_a_real_gate_stops_it_at_once() {
    let world = slow_in_background(600);
    world.write("a.py", "import pickle\n");
    world.commit("First");
    wait("the first one scans", || runs(&world) == 1);
    world.newgate(&["doctor"]).says("at work now");
    world.write("b.py", "import pickle\n");
    let second = world.commit("Second");
    wait("the second one scans", || runs(&world) >= 2);
    let began = Instant::now();
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass");
    assert!(began.elapsed() < Duration::from_secs(60));
    wait("the background is empty", || {
        !world.newgate(&["doctor"]).out.contains("at work now")
    });
    wait("it says that it was stopped", || {
        outcome(&world).is_some_and(|o| o["head"] == second && o["outcome"] == "stopped")
    });
    // Files that are checked out, and the commits of a rebase, start nothing.
    let before = runs(&world);
    world.git(&["checkout", "--quiet", "--", "a.py"]);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(runs(&world), before);
}

#[test]
fn the_doctor_says_what_is_wrong() {
    let world = World::new();
    world.write("a.py", "A = 1\n");
    world.write(
        ".newgate/config.toml",
        "[scanners]\ncode = false\nruff = true\nbandit = { path = \"/nowhere/bandit\" }\n",
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let sick = world.newgate(&["doctor"]).exits(3);
    for text in [
        "! hooks",
        "run `newgate install`",
        "! scanner     bandit: `/nowhere/bandit`",
        "prewarming  off",
    ] {
        assert!(sick.out.contains(text), "{text}: {}", sick.out);
    }
    world.write(".newgate/config.toml", "[gate]\nbudget = \"90s\"\n");
    world.commit("Fix");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.newgate(&["install"]).exits(0);
    let well = world.newgate(&["doctor"]).exits(0).out;
    for text in [
        "git version",
        "work/.git/hooks/pre-push",
        "origin/main",
        "time budget: 90 s",
        "secrets 0.1.0",
    ] {
        assert!(well.contains(text), "{text}: {well}");
    }
    world.write(".newgate/config.toml", "[gat]\n");
    world.commit("Break");
    world.try_git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    world.newgate(&["doctor"]).exits(3).says("! target");
}
