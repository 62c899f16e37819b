//! Coding agents: a report in few words, and hooks in their own settings.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::{Ran, World, token, wait, write_program};

/// The settings of each agent with the keys of its two hooks.
const AGENTS: [(&str, &str, &str); 4] = [
    (".claude/settings.json", "PreToolUse", "Stop"),
    (".cursor/hooks.json", "beforeShellExecution", "stop"),
    (".codex/hooks.json", "PreToolUse", "Stop"),
    (".gemini/settings.json", "BeforeTool", "AfterAgent"),
];

/// Runs the command that an agent's settings have for an event, as the agent would.
fn ask(world: &World, (file, key): (&str, &str), said: &Value) -> Value {
    let text = fs::read(world.work().join(file)).unwrap();
    let settings: Value = serde_json::from_slice(&text).unwrap();
    let entry = &settings["hooks"][key][0];
    let command = entry["command"].as_str();
    let command = command.or_else(|| entry["hooks"][0]["command"].as_str());
    let said = said.to_string();
    let ran = world.run_in(
        &world.work(),
        "sh",
        &["-c", command.unwrap()],
        said.as_bytes(),
    );
    ran.exits(0).json()
}

/// What an answer makes the agent go on with.
fn goes_on(answer: &Value) -> Option<&str> {
    let stops = answer["decision"].as_str().is_some_and(|d| d != "allow");
    let reason = answer["reason"].as_str().filter(|_| stops);
    reason.or(answer["followup_message"].as_str())
}

#[test]
fn an_agent_reads_what_to_fix_and_how_to_check_again() {
    let mut world = World::started();
    world.write(
        "run.py",
        "import os\n\n\ndef show():\n    os.system(\"ls \" + request.args.get(\"dir\"))\n",
    );
    let said = world
        .newgate(&["check", "--worktree", "--format", "agent"])
        .exits(1)
        .out;
    insta::assert_snapshot!(said, @r#"
    newgate: BLOCKED: the work tree: 1 issue blocks this change
    Command injection: shell command built from dynamic values [code command-injection, critical 9.8]
      run.py:5
      what: A shell runs this string. An attacker who controls part of it can run any command on the server. The value comes from request data.
      why: new, critical (`block-at = "high"`)
      fix: Run the program without a shell: `subprocess.run(["ls", "--", folder])`.
    check again: newgate check --worktree --format agent
    "#);
    // What it says checks again, and what it says is no more than it needs.
    world.put_on_path(
        std::path::Path::new(env!("CARGO_BIN_EXE_newgate"))
            .parent()
            .unwrap(),
    );
    let again = said.lines().last().unwrap();
    let again = again.strip_prefix("check again: ").unwrap();
    world.write(
        "run.py",
        "import os\n\n\ndef show():\n    os.listdir(\".\")\n",
    );
    let passed = world.run_in(&world.work(), "sh", &["-c", again], b"");
    assert_eq!(
        passed.exits(0).out,
        "newgate: PASS: the work tree: nothing new\n"
    );
}

#[test]
fn hooks_of_agents_check_a_turn_once_and_refuse_to_skip_hooks() {
    let world = World::started();
    let ours = "{\n  \"permissions\": {\"allow\": [\"Bash(ls)\"]},\n  \"model\": \"opus\"\n}\n";
    world.write(".claude/settings.json", ours);
    world
        .newgate(&["install", "--agent=claude,cursor,codex,gemini"])
        .exits(0)
        .says("added hooks for Claude Code to `.claude/settings.json`");
    world
        .newgate(&["doctor"])
        .says("hooks for Claude Code, Cursor, Codex, Gemini CLI");
    // A weakness that is committed already, and one that is not.
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("app.py", format!("TOKEN = '{}'\n", token(1)));
    world.git(&["add", "app.py"]);
    world.git(&["commit", "--quiet", "--message", "Leak"]);
    for (file, before, after) in AGENTS {
        let first = json!({"stop_hook_active": false, "status": "completed", "loop_count": 0});
        let answer = ask(&world, (file, after), &first);
        let text = goes_on(&answer).unwrap_or_else(|| panic!("{file}: {answer}"));
        assert!(
            text.contains("app.py:1") && text.contains("check again: newgate check --worktree"),
            "{text}"
        );
        // It finds the same again.
        let again = text
            .lines()
            .last()
            .and_then(|l| l.strip_prefix("check again: newgate "));
        let again: Vec<&str> = again.unwrap().split(' ').collect();
        world.newgate(&again).exits(1);
        let second = json!({"stop_hook_active": true, "status": "completed", "loop_count": 1});
        assert_eq!(ask(&world, (file, after), &second), json!({}), "{file}");
        let asked = |command: &str| json!({"tool_name": "Bash", "tool_input": {"command": command}, "command": command});
        let refused = ask(&world, (file, before), &asked("git push --no-verify")).to_string();
        assert!(
            refused.contains("deny") && refused.contains("git push --no-verify"),
            "{refused}"
        );
        assert_eq!(
            ask(&world, (file, before), &asked("git push")),
            json!({}),
            "{file}"
        );
    }
    // What cannot be checked ends no turn in a loop, and is told.
    world.write(".newgate/config.toml", "[gate]\nblock-at = 'hgih'\n");
    world.commit("Break");
    world.git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"]);
    let answer = ask(&world, (".claude/settings.json", "Stop"), &json!({}));
    assert!(
        answer["systemMessage"]
            .as_str()
            .unwrap()
            .contains("could not check this turn"),
        "{answer}"
    );
    // What newgate does not understand blocks nothing.
    let odd = world.run_in(
        &world.work(),
        env!("CARGO_BIN_EXE_newgate"),
        &["hook", "agent", "claude", "command"],
        b"no JSON",
    );
    assert!(!matches!(odd.code, 1 | 2), "{odd:#?}");
    world
        .newgate(&["uninstall"])
        .exits(0)
        .says("removed newgate's hooks from `.cursor/hooks.json`");
    assert_eq!(
        fs::read_to_string(world.work().join(".claude/settings.json")).unwrap(),
        ours
    );
    assert!(!world.work().join(".cursor").exists());
    world
        .newgate(&["install", "--agent"])
        .exits(0)
        .says("added hooks for Claude Code");
}

/// Starts a push in a group of its own, as an agent does.
fn start_push(world: &World) -> Child {
    let mut command = world.command(&world.work(), "git");
    command
        .args(["push", "origin", "feature"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command.spawn().unwrap()
}

#[test]
fn a_push_that_an_agent_kills_goes_on_and_the_next_answers_from_the_cache() {
    let mut world = World::started();
    // It ends at once in the background, and never before that.
    let script = world.path("bandit");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--version*) ;; *)\n  echo run >> '{}'\n  [ \"$(nice)\" -ge 19 ] || sleep 600 ;;\nesac\nexec {} \"$@\"\n",
        world.path("runs").display(),
        crate::support::tools().join("bandit").display()
    );
    write_program(&script, &text);
    world.write(
        ".newgate/config.toml",
        format!(
            "version = 1\n[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\ncontained = false\n",
            script.display()
        ),
    );
    world.commit("Configure");
    world.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("a.py", "import os\n");
    world.commit("Feature");
    world.environment.push(("CLAUDECODE".into(), "1".into()));
    let push = start_push(&world);
    let newgate = world.work().join(".git/newgate");
    let waits = || -> Vec<_> {
        let entries = fs::read_dir(&newgate).into_iter().flatten().flatten();
        let named = entries.filter(|e| e.file_name().to_string_lossy().starts_with("waits-"));
        named.map(|e| e.path()).collect()
    };
    wait("the check is watched from another group", || {
        let watched = |p| fs::read(p).is_ok_and(|text| text == b"watched");
        waits().iter().any(watched)
    });
    wait("the scanner runs", || world.path("runs").exists());
    let group = rustix::process::Pid::from_raw(i32::try_from(push.id()).unwrap()).unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
    let ended = Ran::of(&push.wait_with_output().unwrap());
    assert!(
        ended.err.contains("continues in the background"),
        "{ended:#?}"
    );
    wait("the background is done", || {
        let text = fs::read_to_string(newgate.join("prewarm.json"));
        text.is_ok_and(|t| t.contains("\"done\""))
    });
    assert!(waits().is_empty());
    world.push(&["--quiet", "origin", "feature"]).exits(0);
    let runs = fs::read_to_string(world.path("runs")).unwrap();
    assert_eq!(runs.lines().count(), 2, "{runs}");
}
