//! From nothing to a gate: `newgate init`, and what tells which settings count.

use std::path::Path;

use serde_json::Value;

use crate::support::{World, token};

/// A project of two languages on `main`, pushed, that knows nothing of newgate.
fn project() -> World {
    let world = World::new();
    world.write("app.py", "def one():\n    return 1\n");
    world.write("Dockerfile", "FROM scratch\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world
}

#[test]
fn one_command_sets_the_gate_up_and_a_second_changes_nothing() {
    let mut world = project();
    world
        .newgate(&["init", "--yes", "--ci", "github"])
        .exits(0)
        .says("wrote `.newgate/config.toml`")
        .says("bandit      Python (1 file)")
        .says("$ newgate install")
        .says("$ newgate baseline build")
        .says("$ newgate check")
        .says("Each `git push` is checked now")
        .says("`newgate uninstall && rm .newgate/config.toml .github/workflows/newgate.yml .newgate/ci.sh` undoes this");
    let config = world.work().join(".newgate/config.toml");
    let written = std::fs::read_to_string(&config).unwrap();
    assert!(written.lines().count() <= 30, "{written}");
    assert!(world.work().join(".github/workflows/newgate.yml").is_file());
    std::fs::write(&config, format!("{written}# Ours.\n")).unwrap();
    world
        .newgate(&["init", "--yes"])
        .exits(0)
        .says("`.newgate/config.toml` is there, and stays as it is");
    assert!(
        std::fs::read_to_string(&config)
            .unwrap()
            .ends_with("# Ours.\n")
    );
    // What it printed as the way back leads back, and what it set up blocks.
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("app.py", format!("TOKEN = '{}'\n", token(1)));
    world.commit("Leak");
    world
        .push(&["--quiet", "origin", "feature"])
        .exits(1)
        .says("BLOCKED");
    let back =
        "newgate uninstall && rm .newgate/config.toml .github/workflows/newgate.yml .newgate/ci.sh";
    world.put_on_path(Path::new(env!("CARGO_BIN_EXE_newgate")).parent().unwrap());
    world
        .run_in(&world.work(), "sh", &["-c", back], b"")
        .exits(0);
    world.push(&["--quiet", "origin", "feature"]).exits(0);
}

#[test]
fn what_counts_is_shown_with_where_it_comes_from() {
    let world = project();
    world.write(
        ".newgate/config.toml",
        "version = 1\n[gate]\nblock-at = \"medium\"\n",
    );
    world
        .newgate(&["config", "check"])
        .exits(0)
        .says("no mistakes in `.newgate/config.toml`")
        .says("origin/main has no `.newgate` yet");
    world.commit("Configure");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let shown = world.newgate(&["config", "show"]).exits(0).out;
    let line = |key: &str| {
        shown
            .lines()
            .find(|l| l.starts_with(key))
            .unwrap_or_default()
    };
    assert!(
        line("gate.block-at = \"medium\"").ends_with("# line 3"),
        "{shown}"
    );
    assert!(line("gate.on-incomplete").ends_with("# default"), "{shown}");
    let rows = world
        .newgate(&["config", "show", "--format", "json"])
        .exits(0)
        .out;
    let rows: Value = serde_json::from_str(&rows).unwrap();
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["key"] == "target");
    assert_eq!(row.unwrap()["value"], "\"origin/main\"");
    // Mistakes of the work tree are told before they are committed.
    world.write(".newgate/config.toml", "[gate]\nblock-at = \"hgih\"\n");
    world
        .newgate(&["config", "check"])
        .exits(2)
        .says(".newgate/config.toml:2:12")
        .says("did you mean `\"high\"`?");
    world.write(".newgate/config.toml", "[gate]\nblock-at = \"low\"\n");
    world
        .newgate(&["config", "check"])
        .exits(0)
        .says("`.newgate` of origin/main differs");
    world.git(&["config", "newgate.target", "origin/main"]);
    world
        .newgate(&["config", "show"])
        .exits(0)
        .says("git's `newgate.target`");
}
