//! The hook before a commit: what is staged, with the scanners that are built in.

use crate::support::{World, token, write_program};

/// A world whose commits are checked.
fn checked() -> World {
    let world = World::started();
    world
        .newgate(&["install", "--commit"])
        .exits(0)
        .says("installed `");
    world
}

#[test]
fn what_is_staged_is_checked_before_each_commit() {
    let world = checked();
    world.newgate(&["doctor"]).exits(0).says(", pre-commit");
    // What is staged counts, not what is in the work tree.
    world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
    world.git(&["add", "leak.py"]);
    world.write("leak.py", "TOKEN = ''\n");
    let commit =
        |args: &[&str]| world.try_git(&[&["commit", "--quiet", "--message", "x"], args].concat());
    commit(&[]).exits(1).says("leak.py:1").says("BLOCKED");
    // A commit of other files than those in the index: git gives the hook an index of its own.
    commit(&["leak.py"]).exits(0);
    world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
    commit(&["--all"]).exits(1).says("leak.py:1");
    world.git(&["checkout", "--quiet", "--", "."]);
    // Silent where there is nothing to say, and no scanner but those inside newgate runs.
    world.write(
        ".newgate/config.toml",
        "version = 1\n[scanners]\nbandit = { path = '/does/not/exist' }\n",
    );
    world.git(&["add", "--all"]);
    let ran = commit(&[]).exits(0);
    assert_eq!(ran.all(), "");
    world.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    world.write("a.py", "import pickle\n");
    world.git(&["add", "--all"]);
    world.git(&["config", "newgate.commitScanners", "all"]);
    commit(&[]).exits(1).says("bandit");
    world.git(&["config", "newgate.commitScanners", "some"]);
    commit(&[])
        .exits(1)
        .says("git config newgate.commitScanners built-in");
    world.newgate(&["uninstall"]).exits(0);
    commit(&[]).exits(0);
}

#[test]
fn a_hook_that_was_there_runs_and_comes_back_and_a_merge_is_not_all_new() {
    let world = World::started();
    let hook = world.work().join(".git/hooks/pre-commit");
    let text = format!(
        "#!/bin/sh\necho ran >> '{}'\n[ ! -e no ]\n",
        world.path("ran").display()
    );
    write_program(&hook, &text);
    world.newgate(&["install", "--commit"]).exits(0);
    world.write("a.txt", "a\n");
    world.commit("A");
    assert!(world.path("ran").is_file());
    world.write("no", "");
    world.git(&["add", "--all"]);
    world
        .try_git(&["commit", "--message", "x"])
        .exits(1)
        .says("exited with code 1");
    std::fs::remove_file(world.work().join("no")).unwrap();
    world.git(&["add", "--all"]);
    // The merged branch has a weakness already: the merge does not bring it.
    world.git(&["switch", "--quiet", "--create", "other"]);
    world.write("leak.py", format!("TOKEN = '{}'\n", token(2)));
    world.write("a.txt", "b\n");
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--no-verify", "--message", "Leak"]);
    world.git(&["switch", "--quiet", "main"]);
    world.write("a.txt", "c\n");
    world.commit("C");
    world.try_git(&["merge", "--quiet", "other"]).exits(1);
    world.write("a.txt", "b and c\n");
    world.git(&["add", "--all"]);
    world
        .try_git(&["commit", "--quiet", "--message", "Merge"])
        .exits(0);
    world.newgate(&["uninstall"]).exits(0);
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), text);
}
