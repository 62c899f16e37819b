//! Baselines and ignore files of other tools, taken over.

use std::fs;

use crate::support::{World, token, tools};

#[test]
fn what_other_tools_were_told_to_pass_over_is_exempted_one_by_one() {
    let mut world = World::started();
    // Exemptions of a change count only where the target has a configuration.
    world.write(".newgate/config.toml", "version = 1\n");
    world.commit("Configure");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.write(
        "run.py",
        "import os\n\n\ndef show():\n    os.system(\"ls \" + request.args.get(\"dir\"))\n",
    );
    world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
    world.write("gone.py", format!("\n\nTOKEN = '{}'\n", token(2)));
    world.git(&["add", "--all"]);
    let run = |world: &World, tool: &str, args: &[&str]| {
        let program = tools().join(tool).display().to_string();
        world.run_in(&world.work(), &program, args, b"")
    };
    run(
        &world,
        "bandit",
        &["-q", "-f", "json", "-o", "bandit-baseline.json", "run.py"],
    )
    .exits(1);
    let secrets = run(&world, "detect-secrets", &["scan", "leak.py", "gone.py"]).exits(0);
    world.write(".secrets.baseline", secrets.out);
    world.write(".gitleaksignore", "# ours\nleak.py:github-pat:1\n");
    world.write(".semgrepignore", "vendor/\n*.min.js\n");
    fs::remove_file(world.work().join("gone.py")).unwrap();
    // `init` says that they are there; nothing is written that was not asked for.
    world.put_on_path(
        std::path::Path::new(env!("CARGO_BIN_EXE_newgate"))
            .parent()
            .unwrap(),
    );
    world
        .newgate(&["init", "--yes"])
        .says("`.secrets.baseline` belongs to another tool: `newgate import` turns its entries into exemptions");
    let before = fs::read_to_string(world.work().join(".newgate/config.toml")).unwrap();
    world.newgate(&["check", "--worktree"]).exits(1);
    world
        .newgate(&["import", "--dry-run"])
        .exits(0)
        .says("would add");
    assert!(!world.work().join(".newgate/exemptions.toml").exists());
    world
        .newgate(&["import"])
        .exits(0)
        .says("1 exemption from `bandit-baseline.json` to `.newgate/exemptions.toml`, one for each occurrence: run.py:5")
        .says("1 exemption from `.secrets.baseline` to `.newgate/exemptions.toml`, one for each occurrence: leak.py:1")
        .says("no enabled scanner finds 1 entry of `.secrets.baseline`")
        .says("everything in `.gitleaksignore` is exempted already")
        .says("added 2 excluded paths from `.semgrepignore`");
    world
        .newgate(&["config", "check"])
        .exits(0)
        .says("no mistakes");
    let written = fs::read_to_string(world.work().join(".newgate/config.toml")).unwrap();
    assert!(
        written.starts_with(&before) && written.contains("path = \"**/vendor/**\""),
        "{written}"
    );
    // What was passed over passes, and nothing else of its sort does.
    world.newgate(&["check", "--worktree"]).exits(0);
    world.write("other.py", format!("TOKEN = '{}'\n", token(1)));
    world
        .newgate(&["check", "--worktree"])
        .exits(1)
        .says("other.py:1");
    fs::remove_file(world.work().join("other.py")).unwrap();
    // Twice is once.
    world
        .newgate(&["import"])
        .exits(0)
        .says("everything in `bandit-baseline.json` is exempted already")
        .says("excludes everything in `.semgrepignore` already");
    world
        .newgate(&["import", "run.py"])
        .exits(2)
        .says("is not a baseline or ignore file");
}
