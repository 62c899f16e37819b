//! Every way in which a scanner fails, and what the verdict is then.

use std::path::Path;

use super::scanners::{SHELL, configured};
use crate::support::{World, places, tools, write_program};

/// The same with a program in place of Bandit.
fn with_fake(script: &str, more: &str) -> World {
    let world = World::new();
    let program = world.path("home/bandit");
    write_bandit(&program, script);
    world.write("app.py", "X = 1\n");
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\n{more}",
            program.display()
        ),
    );
    world.commit("Configure a program that is not what it seems");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("run.py", SHELL);
    world.commit("Run");
    world
}

/// A program with Bandit's version in its place.
fn write_bandit(path: &Path, script: &str) {
    let version = "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'bandit 1.9.4'; exit 0; fi\n";
    write_program(path, &format!("{version}{script}\n"));
}

#[test]
fn a_scanner_that_is_missing_leaves_the_verdict_open() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[scanners]\ncode = false\n[scanners.bandit]\npath = \"/nowhere/bandit\"\n",
    );
    world.write("app.py", "X = 1\n");
    world.commit("Configure");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("notes.txt", "no Python here\n");
    world.commit("Notes");
    world.push(&["origin", "feature"]).exits(0);
    world.write("run.py", SHELL);
    world.commit("Run");
    world
        .push(&["origin", "feature"])
        .exits(1)
        .says("INCOMPLETE")
        .says("bandit is missing")
        .says("/nowhere/bandit");
    world.newgate(&["check"]).exits(3);
}

#[test]
fn every_way_to_crash_is_incomplete_and_never_clean() {
    for (script, says) in [
        (
            "echo 'Traceback: boom' >&2; exit 1",
            "exited with code 1; output: Traceback: boom",
        ),
        ("exit 0", "the output is empty"),
        ("echo '{\"errors\": [], \"results\"'; exit 0", "not JSON"),
        (
            "echo '{\"errors\": [], \"results\": [], \"metrics\": {\"_totals\": {}}}'; exit 0",
            "covers 0 of 1 files",
        ),
        ("kill -9 $$", "code 137"),
        ("sleep 60 & sleep 60", "stopped after 1 s"),
    ] {
        let world = with_fake(script, "timeout = 1\n");
        let ran = world.newgate(&["check"]);
        assert_eq!(ran.code, 3, "{script}: {ran:#?}");
        ran.says("INCOMPLETE").says(says);
        world.push(&["--quiet", "origin", "feature"]).exits(1);
        assert_eq!(world.remote_ref("feature"), None);
    }
}

#[test]
fn a_crash_may_be_let_pass_and_is_still_said() {
    let world = with_fake("exit 1", "[gate]\non-incomplete = \"warn\"\n");
    let ran = world.newgate(&["check"]).exits(0);
    ran.says("PASS")
        .says("bandit failed")
        .says("the check passes because of `on-incomplete");
}

#[test]
fn what_one_scanner_finds_blocks_even_if_another_crashed() {
    let world = with_fake("exit 1", "");
    world.write(
        "leak.py",
        format!("TOKEN = '{}'\n", crate::support::token(1)),
    );
    world.commit("Leak");
    world
        .newgate(&["check"])
        .exits(1)
        .says("BLOCKED")
        .says("bandit failed");
}

#[test]
fn a_crash_is_not_remembered_as_a_result() {
    let world = with_fake("exit 1", "");
    world.newgate(&["check"]).exits(3);
    let program = world.path("home/bandit");
    write_bandit(
        &program,
        &format!("exec '{}' \"$@\"", tools().join("bandit").display()),
    );
    world.newgate(&["check"]).exits(1).says("run.py:5");
}

#[test]
fn a_file_that_cannot_be_parsed_any_more_is_not_clean() {
    let world = configured(&["bandit", "ruff"]);
    world.git(&["switch", "--quiet", "main"]);
    world.write("old.py", "def broken(:\n");
    world.commit("Broken for long");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--create", "other"]);
    world.write("old.py", "def broken(:\n    pass\n");
    world.commit("Still broken");
    world.newgate(&["check"]).exits(0);
    world.write("app.py", "X = = 1\n");
    world.commit("Newly broken");
    let ran = world.newgate(&["check"]).exits(3);
    ran.says("bandit cannot read `app.py`")
        .says("ruff cannot read `app.py`");
}

#[test]
fn what_a_scanner_would_pass_over_without_a_word_is_named() {
    let world = configured(&["oxlint", "shellcheck"]);
    world.write("flow.js", "// @flow\nconst x: number = 1;\neval(x);\n");
    let text = "\u{feff}rm $1\n".encode_utf16();
    let bytes: Vec<u8> = text.flat_map(u16::to_le_bytes).collect();
    world.write("wide.sh", bytes);
    world.commit("Add what they do not read");
    let ran = world.newgate(&["check"]).exits(3);
    ran.says("oxlint cannot read `flow.js`")
        .says("shellcheck cannot read `wide.sh`");
}

#[test]
fn a_crash_at_the_base_blames_added_lines_only_and_is_incomplete() {
    let real = tools().join("bandit");
    let world = with_fake(
        &format!(
            "grep -q OLD run.py && exit 9\nexec '{}' \"$@\"",
            real.display()
        ),
        "",
    );
    world.git(&["switch", "--quiet", "main"]);
    world.write("run.py", format!("{SHELL}\n\nOLD = 1\n"));
    world.commit("Old");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--create", "other"]);
    world.write("run.py", format!("{SHELL}\n\nNEW = 1\n"));
    world.commit("New");
    world
        .newgate(&["check"])
        .exits(3)
        .says("INCOMPLETE")
        .says("at the base");
    world.write(
        "run.py",
        format!("{SHELL}\n\nNEW = 1\n\n\ndef more(c):\n    subprocess.call(c, shell=True)\n"),
    );
    world.commit("More");
    let report = world.check(&[]);
    assert_eq!(
        (report["verdict"].as_str(), places(&report, "new")),
        (Some("blocked"), vec!["run.py:12".to_owned()])
    );
}
