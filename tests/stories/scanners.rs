//! Scanners: two about one weakness, results that are remembered, and the files that each one gets.

use serde_json::Value;

use crate::support::{World, issues, of_scanner, places, tools, write_program};

pub(super) const SHELL: &str =
    "import subprocess\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n";

/// A world whose `main` has the configuration and a harmless file, pushed.
pub(super) fn configured(scanners: &[&str]) -> World {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    world.configure(scanners);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world
}

#[test]
fn bandit_and_ruff_about_one_place_are_one_issue_with_one_occurrence() {
    let world = configured(&["bandit", "ruff"]);
    world.write("run.py", SHELL);
    world.commit("Run");
    let report = world.check(&[]);
    let new = issues(&report, "new");
    let shell = new.iter().find(|i| i["severity"] == "critical").unwrap();
    let rules: Vec<&str> = shell["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["B602", "S602"]);
    let occurrences = shell["occurrences"].as_array().unwrap();
    assert_eq!(occurrences.len(), 1, "{shell:#}");
    assert_eq!(
        occurrences[0]["scanners"],
        serde_json::json!(["bandit", "ruff"])
    );
    assert_eq!(
        (&occurrences[0]["line"], &shell["score"]),
        (&5.into(), &9.5.into())
    );
    world
        .push(&["origin", "feature"])
        .exits(1)
        .says("bandit B602, ruff S602");
}

#[test]
fn a_second_judgement_of_the_same_commit_starts_no_scanner() {
    let world = configured(&["bandit", "ruff"]);
    world.write("run.py", SHELL);
    world.commit("Run");
    let first = world.check(&[]);
    assert_eq!(of_scanner(&first, "bandit")["scanned"], 1);
    let second = world.check(&[]);
    for name in ["bandit", "ruff", "secrets"] {
        assert_eq!(of_scanner(&second, name)["scanned"], 0, "{name}");
        assert_eq!(of_scanner(&second, name)["milliseconds"], 0, "{name}");
    }
    assert_eq!(of_scanner(&second, "bandit")["version"], "1.9.4");
    assert_eq!(first["issues"], second["issues"]);
    // The version of the program is remembered too: it may be gone, and nobody asks.
    let again = world
        .newgate(&["check", "--format", "json", "-v"])
        .exits(1)
        .json();
    assert_eq!(of_scanner(&again, "bandit")["cached"], 1);
}

#[test]
fn of_ten_thousand_files_only_the_changed_one_is_scanned() {
    let world = World::new();
    world.configure(&["bandit", "ruff"]);
    let file = |n| (format!("pkg{}/m{n}.py", n % 100), format!("V{n} = {n}\n"));
    world.import("main", (0..10_000).map(file));
    world.git(&["reset", "--quiet", "--hard", "main"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("pkg7/m7.py", SHELL);
    world.commit("Run");
    let report = world.check(&[]);
    for name in ["bandit", "ruff"] {
        // One version at head, and its old one at base, since the head has findings.
        assert_eq!(
            of_scanner(&report, name)["scanned"],
            2,
            "{name}: {}",
            report["scanners"]
        );
    }
    assert_eq!(places(&report, "new"), ["pkg7/m7.py:1", "pkg7/m7.py:5"]);
}

#[test]
fn linked_worktrees_share_what_is_remembered() {
    let world = configured(&["bandit"]);
    world.write("run.py", SHELL);
    world.commit("Run");
    world.check(&[]);
    world.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        "../linked",
        "feature",
    ]);
    let linked = world.path("linked");
    let ran = world
        .run_in(
            &linked,
            env!("CARGO_BIN_EXE_newgate"),
            &["check", "--format", "json"],
            b"",
        )
        .exits(1);
    assert_eq!(of_scanner(&ran.json(), "bandit")["scanned"], 0);
}

#[test]
fn a_new_configuration_of_a_scanner_makes_no_old_issue_new() {
    let world = configured(&["bandit"]);
    world.git(&["switch", "--quiet", "main"]);
    world.write("run.py", SHELL);
    world.commit("An old issue");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--create", "other"]);
    world.write("run.py", format!("{SHELL}\n\ndef other():\n    return 1\n"));
    world.commit("Go on");
    let before = world.check(&[]);
    assert_eq!(
        (before["verdict"].as_str(), issues(&before, "new").len()),
        (Some("pass"), 0)
    );
    // The target turns off a check: both sides are scanned anew.
    world.git(&["switch", "--quiet", "main"]);
    world.write("bandit.yaml", "skips: [B404]\n");
    world.commit("Skip a check");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "other"]);
    let after = world.check(&[]);
    assert_eq!(
        of_scanner(&after, "bandit")["scanned"],
        2,
        "{}",
        after["scanners"]
    );
    assert_eq!(
        (after["verdict"].as_str(), issues(&after, "new").len()),
        (Some("pass"), 0)
    );
    let rules: Vec<&Value> = after["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["rules"][0]["rule"])
        .collect();
    assert_eq!(rules, ["B602"], "B404 is skipped now");
}

#[test]
fn an_upgrade_of_a_scanner_makes_no_old_issue_new() {
    let world = World::new();
    let program = world.path("home/bandit");
    let real = tools().join("bandit");
    let wrapper = |version: &str| {
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'bandit {version}'; exit 0; fi\nexec '{}' \"$@\"\n",
            real.display()
        );
        write_program(&program, &script);
    };
    wrapper("1.0.0");
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\n",
            program.display()
        ),
    );
    world.write("run.py", SHELL);
    world.commit("An old issue");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("run.py", format!("\n{SHELL}"));
    world.commit("Go on");
    let before = world.check(&[]);
    wrapper("1.9.4-new");
    let after = world.check(&[]);
    assert_eq!(of_scanner(&before, "bandit")["version"], "1.0.0");
    assert_eq!(of_scanner(&after, "bandit")["version"], "1.9.4-new");
    assert_eq!(
        of_scanner(&after, "bandit")["scanned"],
        2,
        "both sides are scanned anew"
    );
    assert_eq!(issues(&after, "new").len(), 0);
}

#[test]
fn scripts_without_an_extension_are_found_by_their_first_line() {
    let world = configured(&["bandit"]);
    world.write("bin/run", format!("#!/usr/bin/env python3\n{SHELL}"));
    world.write("bin/other", "#!/bin/sh\necho\n");
    world.commit("Run");
    let report = world.check(&[]);
    assert_eq!(of_scanner(&report, "bandit")["scanned"], 1);
    assert_eq!(places(&report, "new"), ["bin/run:2", "bin/run:6"]);
}

#[test]
fn strange_file_names_are_scanned_and_reported_as_they_are() {
    let world = configured(&["bandit", "ruff"]);
    let names = [
        "-dash.py",
        "sp ace.py",
        "new\nline.py",
        "quo'te\".py",
        "ünï/x.py",
        "pct%20.py",
        "@at.py",
        "[br]*.py",
    ];
    for name in names {
        world.write(name, SHELL);
    }
    use std::os::unix::ffi::OsStrExt;
    let raw = std::ffi::OsStr::from_bytes(b"\xff.py");
    std::fs::write(world.work().join(raw), SHELL).unwrap();
    world.commit("Names");
    let report = world.check(&[]);
    assert_eq!(of_scanner(&report, "bandit")["scanned"], names.len() + 1);
    let shell = issues(&report, "new")
        .into_iter()
        .find(|i| i["severity"] == "critical")
        .unwrap();
    let occurrences = shell["occurrences"].as_array().unwrap();
    assert_eq!(occurrences.len(), names.len() + 1);
    assert!(
        occurrences
            .iter()
            .all(|o| o["scanners"].as_array().unwrap().len() == 2),
        "{shell:#}"
    );
    let paths: Vec<&str> = occurrences
        .iter()
        .map(|o| o["path"].as_str().unwrap())
        .collect();
    assert!(
        paths.contains(&"\\xff.py") && paths.contains(&"new\\u{a}line.py"),
        "{paths:?}"
    );
    let shown = world.newgate(&["check"]).exits(1);
    assert!(!shown.all().contains("new\nline.py"));
}

#[test]
fn links_lead_nowhere() {
    let world = configured(&["bandit"]);
    std::os::unix::fs::symlink("/etc/passwd", world.work().join("out.py")).unwrap();
    std::os::unix::fs::symlink(".", world.work().join("loop")).unwrap();
    world.commit("Links");
    let report = world.check(&[]);
    assert_eq!(
        (
            report["verdict"].as_str(),
            &of_scanner(&report, "bandit")["scanned"]
        ),
        (Some("pass"), &0.into())
    );
}

#[test]
fn the_list_of_scanners_says_what_is_on_found_and_why_not() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[scanners.ruff]\npath = \"/nowhere/ruff\"\n",
    );
    world.commit("Configure");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let ran = world.newgate(&["scanners", "--format", "json"]).exits(0);
    let rows = ran.json();
    let row = |name: &str| {
        rows.as_array()
            .unwrap()
            .iter()
            .find(|r| r["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (row("ruff")["on"].as_bool(), row("ruff")["found"].as_bool()),
        (Some(true), Some(false))
    );
    assert!(
        row("ruff")["why-not"]
            .as_str()
            .unwrap()
            .contains("/nowhere/ruff")
    );
    assert_eq!(
        (
            row("secrets")["on"].as_bool(),
            row("secrets")["found"].as_bool()
        ),
        (Some(true), Some(true))
    );
    assert_eq!(row("bandit")["on"], false);
    world
        .newgate(&["scanners"])
        .exits(0)
        .says("built in")
        .says("/nowhere/ruff");
}

#[test]
fn a_scanner_of_the_project_needs_no_rust() {
    let world = World::new();
    let program = world.path("home/todo-scan");
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'todo 1.0'; exit 0; }\nprintf '['\nsep=''\n\
                  for f in \"$@\"; do grep -n FIXME \"$f\" /dev/null | while IFS=: read -r file line rest; do\n\
                  printf '%s{\"f\":\"%s\",\"l\":%s}' \"$sep\" \"$file\" \"$line\"; done; done\nprintf ']'\n";
    write_program(&program, script);
    world.write(
        ".newgate/scanners/todo.toml",
        "name = \"todo\"\ntitle = \"Unfinished work\"\nhomepage = \"https://example.com\"\nkind = \"code\"\nscope = \"file\"\nfiles = [\"*.txt\"]\n\
         [program]\ncommand = [\"todo-scan\", \"{files}\"]\nversion = [\"--version\"]\nversion-pattern = 'todo (\\S+)'\nexit-clean = [0]\n\
         [output]\nformat = \"json\"\nfilter = '.[] | {path: .f, line: .l, rule: \"unfinished\", message: \"Unfinished.\", level: \"high\"}'\n\
         [severity]\nhigh = 8.0\n",
    );
    world.write(
        ".newgate/config.toml",
        format!("[scanners.todo]\npath = \"{}\"\n", program.display()),
    );
    world.commit("A scanner of our own");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.write("a.txt", "one\nFIXME two\n");
    world.commit("Unfinished");
    let report = world.check(&[]);
    assert_eq!(
        (report["verdict"].as_str(), places(&report, "new")),
        (Some("blocked"), vec!["a.txt:2".to_owned()])
    );
}

#[test]
fn a_harmless_finding_that_becomes_dangerous_is_new() {
    let world = configured(&["bandit"]);
    world.git(&["switch", "--quiet", "main"]);
    world.write(
        "run.py",
        SHELL.replace("command, shell", "\"ls -l /tmp\", shell"),
    );
    world.commit("Harmless");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--create", "other"]);
    world.write("run.py", SHELL);
    world.commit("Dangerous");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked", "{report:#}");
    assert_eq!(
        report["issues"][0]["occurrences"][0]["why"],
        "replaces `run.py:5`, but gets data instead of a constant"
    );
}

#[test]
fn folders_that_bandit_leaves_out_by_itself_are_scanned() {
    let world = configured(&["bandit"]);
    world.write(".github/scripts/run.py", SHELL);
    world.write(".tox/run.py", SHELL);
    world.commit("Run");
    let report = world.check(&[]);
    assert_eq!(of_scanner(&report, "bandit")["scanned"], 2);
    assert_eq!(report["verdict"], "blocked");
}

#[test]
fn what_a_wrapper_starts_is_asked_for_its_version_each_time() {
    let world = World::new();
    let (wrapper, inner) = (world.path("home/bandit"), world.path("home/inner"));
    let real = tools().join("bandit");
    let write = |path: &std::path::Path, script: String| {
        write_program(path, &script);
    };
    let version = |v: &str| {
        format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && {{ echo 'bandit {v}'; exit 0; }}\nexec '{}' \"$@\"\n",
            real.display()
        )
    };
    write(
        &wrapper,
        format!("#!/bin/sh\nexec '{}' \"$@\"\n", inner.display()),
    );
    write(&inner, version("1"));
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\n",
            wrapper.display()
        ),
    );
    world.commit("Configure");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.write("run.py", SHELL);
    world.commit("Run");
    assert_eq!(of_scanner(&world.check(&[]), "bandit")["version"], "1");
    write(&inner, version("2"));
    assert_eq!(of_scanner(&world.check(&[]), "bandit")["version"], "2");
}

#[test]
fn versions_of_one_file_in_a_history_are_told_apart() {
    let world = World::new();
    let program = world.path("home/find-bad");
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'bad 1'; exit 0; }\nprintf '['\n\
                  for f in \"$@\"; do grep -q BAD \"$f\" && printf '{\"f\":\"%s\"}' \"$f\"; done; printf ']'\n";
    write_program(&program, script);
    world.write(
        ".newgate/scanners/bad.toml",
        "name = \"bad\"\ntitle = \"Bad\"\nhomepage = \"https://example.com\"\nkind = \"code\"\nscope = \"file\"\nhistory = true\nfiles = [\"*.c\"]\n\
         [program]\ncommand = [\"find-bad\", \"{files}\"]\nversion = [\"--version\"]\nversion-pattern = 'bad (\\S+)'\nexit-clean = [0]\n\
         [output]\nformat = \"json\"\nfilter = '.[] | {path: .f, line: 1, rule: \"bad\", message: \"Bad.\", score: 9.0}'\n",
    );
    world.write(
        ".newgate/config.toml",
        format!("[scanners.bad]\npath = \"{}\"\n", program.display()),
    );
    world.commit("Configure");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    for content in ["BAD\n", "ok 1\n", "ok 2\n", "ok 3\n"] {
        world.write("a.c", content);
        world.commit(content);
    }
    let report = world.check(&[]);
    assert_eq!(
        (
            report["verdict"].as_str(),
            report["issues"][0]["occurrences"][0]["stage"].as_str()
        ),
        (Some("blocked"), Some("history"))
    );
}
