//! From nothing to a gate: `newgate init`, and what tells which settings count.

use std::path::Path;

use serde_json::Value;

use crate::code::INJECTIONS;
use crate::support::{Ran, World, token, tools};

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
    // Whatever versions there are: the hashes of newgate's wheels are not asked for.
    world.environment.push(("PIP_NO_INDEX".into(), "1".into()));
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
        .says("`.newgate/config.toml` exists already and was not changed");
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
        .says("origin/main has a different `.newgate`");
    world.git(&["config", "newgate.target", "origin/main"]);
    world
        .newgate(&["config", "show"])
        .exits(0)
        .says("git's `newgate.target`");
}

/// Runs newgate on a terminal of its own, and answers each question with Enter.
fn on_terminal(world: &World, args: &[&str]) -> Ran {
    const SCRIPT: &str = "import os, pty, sys\n\
        pid, fd = pty.fork()\n\
        if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
        os.write(fd, b'\\n' * 9)\n\
        while True:\n\
        \x20   try: data = os.read(fd, 4096)\n\
        \x20   except OSError: break\n\
        \x20   if not data: break\n\
        \x20   sys.stdout.buffer.write(data)\n\
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n";
    let program = env!("CARGO_BIN_EXE_newgate");
    let all = [&["-c", SCRIPT, program], args].concat();
    world.run_in(&world.work(), "python3", &all, b"")
}

#[test]
fn questions_answered_with_enter_give_a_gate_that_blocks_in_eight_languages() {
    let world = project();
    let said = on_terminal(&world, &["init"]).exits(0);
    let asked = said.out.matches("? [").count() + said.out.matches("`none` [").count();
    assert!((1..=3).contains(&asked), "{said:#?}");
    let written = world.work().join(".newgate/config.toml");
    let written = std::fs::read_to_string(written).unwrap();
    assert!(written.starts_with("#:schema https://"), "{written}");
    world.git(&["switch", "--quiet", "--create", "feature"]);
    for (name, text) in INJECTIONS {
        world.write(name, text);
    }
    world.commit("Show a folder");
    let pushed = world.push(&["origin", "feature"]).exits(1);
    for (name, _) in INJECTIONS {
        assert!(pushed.all().contains(name), "{name}: {pushed:#?}");
    }
}

/// The commands between backticks in what was said that begin like this.
fn commands(said: &Ran, beginning: &str) -> Vec<String> {
    let text = said.all().replace("\n           ", " ");
    let quoted = text.split('`').skip(1).step_by(2);
    let fitting = quoted.filter(|c| c.starts_with(beginning));
    fitting.map(str::to_owned).collect()
}

#[test]
fn remedies_of_starting_out_work_when_they_are_pasted() {
    let mut world = project();
    let bin = world.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let newgate = Path::new(env!("CARGO_BIN_EXE_newgate")).to_owned();
    for program in [newgate, tools().join("bandit")] {
        let link = bin.join(program.file_name().unwrap());
        std::os::unix::fs::symlink(program, link).unwrap();
    }
    world.put_on_path(&bin);
    let paste = |command: &str| world.run_in(&world.work(), "sh", &["-c", command], b"");
    world.git(&["switch", "--quiet", "--create", "feature"]);
    // A scanner that the target does not have yet: the baseline is built with what the next check uses.
    world.write(
        ".newgate/config.toml",
        "version = 1\n[scanners]\nbandit = true\n",
    );
    world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
    world.commit("Leak");
    let remedy = "newgate baseline build";
    let said = world.newgate(&["check"]).exits(1);
    let found = commands(&said, remedy);
    assert_eq!(found, [remedy], "{said:#?}");
    paste(remedy).exits(0).says("bandit: 1 file scanned");
    let said = world.newgate(&["check"]).exits(1);
    assert!(commands(&said, remedy).is_empty(), "{said:#?}");
    world
        .newgate(&["baseline", "show"])
        .exits(0)
        .says("bandit: 1 of 1 file scanned")
        .says("code: 2 of 2 files scanned");
    // What the configuration of the work tree is said to need.
    let said = world.newgate(&["doctor"]);
    said.says("origin/main has no `.newgate` yet");
    world
        .newgate(&["scanners"])
        .says("origin/main has no `.newgate` yet");
    world.git(&["push", "--quiet", "--no-verify", "origin", "feature:main"]);
    world.write(
        ".newgate/config.toml",
        "version = 1\n[gate]\nblock-at = \"low\"\n",
    );
    let said = world.newgate(&["config", "check"]).exits(0);
    let found = commands(&said, "newgate check");
    assert_eq!(found.len(), 1, "{said:#?}");
    world.write("app.py", format!("TOKEN = '{}'\n", token(2)));
    world.commit("Another");
    let said = paste(&found[0]).exits(1);
    // A placeholder is refused, and what is said about it works.
    let print = world.check(&[])["issues"][0]["occurrences"][0]["print"].clone();
    let print = print.as_str().unwrap();
    assert!(said.all().contains("newgate: BLOCKED"), "{said:#?}");
    let explained = world.newgate(&["explain", print]).exits(0).out;
    let command = explained
        .lines()
        .find_map(|l| l.split_once("newgate exempt "));
    let command = format!("newgate exempt {}", command.unwrap().1);
    let refused = paste(&command).exits(2);
    let hints = commands(&refused, "--text ");
    let text = hints.last().unwrap();
    let (before, _) = command.split_once("--text").unwrap();
    paste(&format!("{before}{text}"))
        .exits(0)
        .says("1 occurrence of");
    world.commit("Exempt");
    world.newgate(&["check"]).exits(0);
    // Names that are nearly right.
    for (args, near) in [
        (&["chekc"][..], "check"),
        (&["check", "--worktre"], "--worktree"),
        (&["check", "--target", "origin/mian"], "origin/main"),
        (&["check", "--head", "featrue"], "feature"),
        (&["scanners", "show", "bandti"], "bandit"),
    ] {
        world.newgate(args).exits(2).says(near);
    }
    let id = world.check(&["--no-base"])["issues"][0]["id"].clone();
    let id = id.as_str().unwrap();
    let odd = id.chars().rev().collect::<String>();
    let odd = format!("{}{}", &id[..id.len() - 1], &odd[id.len() - 1..]);
    if odd != id {
        world
            .newgate(&["show", &format!("{odd}x")])
            .exits(2)
            .says(id);
    }
}

#[test]
fn each_list_is_one_document_for_programs() {
    let world = World::started();
    world.write("app.py", format!("TOKEN = '{}'\n", token(1)));
    world.newgate(&["check", "--worktree"]).exits(1);
    let read = |args: &[&str]| {
        let all = [args, &["--format", "json"]].concat();
        world.newgate(&all).exits(0).json()
    };
    let issues = read(&["show"]);
    let id = issues[0]["id"].as_str().unwrap();
    assert_eq!(issues[0]["occurrences"][0]["path"], "app.py");
    assert_eq!(read(&["show", id]).as_array().unwrap().len(), 1);
    let explained = read(&["explain"]);
    assert_eq!(explained["changes"][0]["verdict"], "blocked");
    assert_eq!(explained["issues"][0]["blocks"], true);
    let exempt = read(&["explain", id])["issues"][0]["exempt"].clone();
    assert!(exempt.as_str().unwrap().starts_with("newgate exempt "));
    assert_eq!(read(&["exemptions"]).as_array().unwrap().len(), 0);
    let rest = ["--reason", "other", "--until", "30d", "--text", "A test."];
    let exempted = [&["exempt", id], &rest[..]].concat();
    world.newgate(&exempted).exits(0);
    assert_eq!(read(&["exemptions"])[0]["state"], "pending");
    let known = read(&["baseline", "show"]);
    assert_eq!(known["target"], "origin/main");
    assert_eq!(known["scanners"][0]["files"], 1);
    let doctor = read(&["doctor"]);
    assert!(
        doctor
            .as_array()
            .unwrap()
            .iter()
            .all(|r| r["wrong"] == false)
    );
    assert!(read(&["scanners"]).as_array().unwrap().len() > 20);
    let schema = world.newgate(&["config", "schema"]).exits(0).json();
    assert_eq!(schema["properties"]["gate"]["additionalProperties"], false);
}

#[test]
fn purging_leaves_nothing_of_newgate_behind() {
    let world = World::started();
    world.newgate(&["check"]).exits(0);
    let tools = world.path("home/.cache/newgate/tools/x");
    std::fs::create_dir_all(&tools).unwrap();
    world
        .newgate(&["uninstall", "--purge"])
        .exits(0)
        .says("removed `");
    assert!(!world.work().join(".git/newgate").exists());
    assert!(!world.path("home/.cache/newgate").exists());
    assert!(!world.work().join(".git/hooks/pre-push").exists());
    assert_eq!(world.try_git(&["config", "newgate.program"]).code, 1);
}
