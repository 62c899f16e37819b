//! The gate of a server: real pushes to a bare repository that judges them.

use crate::support::{World, leak, token, write_program};

/// A world whose remote has the gate, and whose `main` is there.
pub(super) fn guarded(config: &str) -> World {
    let world = World::new();
    world.write(".newgate/config.toml", config);
    world.write("app.py", "X = 1\n");
    world.guard();
    world
}

#[test]
fn a_push_of_a_new_leak_to_main_is_refused_and_a_mended_one_taken() {
    let world = guarded("");
    let objects = world.remote(&["count-objects", "-v"]);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    let refused = world.push(&["origin", "main"]).exits(1);
    for line in [
        "remote: newgate: main: BLOCKED",
        "leak.py:1",
        "remote:   next: fix it",
    ] {
        assert!(refused.err.contains(line), "{line}: {}", refused.err);
    }
    assert!(!refused.err.contains('\u{1b}') && !refused.err.contains(&token(1)));
    assert_eq!(
        world.remote(&["count-objects", "-v"]),
        objects,
        "nothing was written"
    );
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write("fine.py", "Y = 2\n");
    world.commit("Go on");
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("newgate: main: PASS");
}

#[test]
fn other_branches_are_skipped_warned_or_blocked_as_the_configuration_says() {
    for (others, code, says) in [
        ("skip", 0, ""),
        ("warn", 0, "is not protected"),
        ("block", 1, "BLOCKED"),
    ] {
        let world = guarded(&format!("[server]\nothers = \"{others}\"\n"));
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write("leak.py", leak(1));
        world.commit("Leak");
        let pushed = world.push(&["origin", "feature"]).exits(code);
        assert!(pushed.err.contains(says), "{others}: {}", pushed.err);
    }
}

#[test]
fn branches_are_protected_by_pattern_and_every_ref_of_a_push_is_judged() {
    let world = guarded("[server]\nprotect = [\"main\", \"release/*\"]\n");
    world.git(&["switch", "--quiet", "--create", "release/1"]);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    world.git(&["branch", "harmless", "main"]);
    let refused = world.push(&["origin", "harmless", "release/1"]).exits(1);
    assert!(
        refused.err.contains("release/1: BLOCKED"),
        "{}",
        refused.err
    );
    assert_eq!(
        world.remote_ref("refs/heads/harmless"),
        None,
        "pre-receive takes all or nothing"
    );
    world.push(&["origin", ":refs/heads/gone"]);
    world.push(&["origin", "harmless"]).exits(0);
}

#[test]
fn the_update_hook_judges_each_ref_of_its_own() {
    let world = World::new();
    world.write(".newgate/config.toml", "[server]\nothers = \"block\"\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let bare = world.path("remote.git");
    world
        .newgate(&[
            "install",
            "--server",
            "--hook",
            "update",
            bare.to_str().unwrap(),
        ])
        .exits(0);
    world.git(&["branch", "good"]);
    world.git(&["switch", "--quiet", "--create", "bad"]);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    world.push(&["origin", "good", "bad"]).exits(1);
    assert!(world.remote_ref("refs/heads/good").is_some());
    assert_eq!(world.remote_ref("refs/heads/bad"), None);
}

#[test]
fn a_branch_cannot_weaken_the_server_that_judges_it() {
    let world = guarded("");
    world.write(
        ".newgate/config.toml",
        "[scanners]\nsecrets = false\ncode = false\n",
    );
    world.write(
        ".newgate/exemptions.toml",
        "version = 1\n[[exemption]]\nrule = \"github-pat\"\nreason = \"other\"\ntext = \"please\"\n\
         granted = 2026-01-01\nuntil = 2999-01-01\n",
    );
    world.write("leak.py", leak(1));
    world.commit("Weaken");
    world.push(&["origin", "main"]).exits(1).says("BLOCKED");
}

#[test]
fn what_runs_out_of_time_goes_on_with_the_next_push() {
    let mut world = guarded("");
    // Where the time was too short for what is quick, the next try is.
    let push_in_time = |world: &World| {
        let tries = (0..30).map(|_| world.push(&["origin", "main"]));
        let mut done = tries.filter(|ran| ran.code == 0 || !ran.err.contains("time ran out"));
        done.next().expect("it never had the time").exits(0);
    };
    // A scanner that takes far more time than it has.
    let program = world.path("home/bandit");
    let script = "#!/bin/sh\ncase \"$*\" in *--version) echo 'bandit 1.9.4'; exit 0;; esac\nsleep 60\n\
                  echo '{\"errors\": [], \"generated_at\": \"\", \"metrics\": {\"_totals\": {}'\n\
                  for f in \"$@\"; do case \"$f\" in ./*.py) echo \", \\\"$f\\\": {}\";; esac; done\necho '}, \"results\": []}'\n";
    write_program(&program, script);
    world.write(
        ".newgate/config.toml",
        format!(
            "[server]\nbudget = 2\n[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\n",
            program.display()
        ),
    );
    world.commit("Configure");
    push_in_time(&world);
    world.write("a.py", "A = 1\n");
    world.commit("Add");
    let late = world.push(&["origin", "main"]).exits(1);
    assert!(late.err.contains("time ran out"), "{}", late.err);
    assert!(
        late.err.contains("finished scans are cached"),
        "{}",
        late.err
    );
    // More time, as another machine would have: then it is judged, and remembered.
    std::fs::write(&program, script.replace("sleep 60\n", "")).unwrap();
    push_in_time(&world);
    // `warn` lets it through.
    std::fs::write(&program, script).unwrap();
    world.write(
        ".newgate/config.toml",
        format!(
            "[server]\nbudget = 2\non-budget = \"warn\"\n[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\n",
            program.display()
        ),
    );
    world.commit("Warn");
    push_in_time(&world);
    world.write("b.py", "B = 1\n");
    world.commit("Add another");
    world.push(&["origin", "main"]).exits(0).says("allows that");
    world.environment.clear();
}

#[test]
fn the_folders_of_hooks_of_forges_are_used() {
    let world = World::new();
    let bare = world.path("remote.git");
    let path = bare.to_str().unwrap();
    // A folder that nothing starts is none of a forge.
    std::fs::create_dir_all(bare.join("hooks/pre-receive.d")).unwrap();
    world.newgate(&["install", "--server", path]).exits(0);
    assert!(bare.join("hooks/pre-receive").is_file());
    world.newgate(&["uninstall", path]).exits(0);
    let dispatcher = "#!/bin/sh\nfor hook in hooks/pre-receive.d/*; do \"$hook\" || exit; done\n";
    std::fs::write(bare.join("hooks/pre-receive"), dispatcher).unwrap();
    world.newgate(&["install", "--server", path]).exits(0);
    assert!(bare.join("hooks/pre-receive.d/newgate").is_file());
    world.newgate(&["uninstall", path]).exits(0);
    world
        .newgate(&["install", "--server", "--gitlab", path])
        .exits(0);
    assert!(bare.join("custom_hooks/pre-receive.d/newgate").is_file());
    world.newgate(&["uninstall", path]).exits(0);
    assert!(!bare.join("custom_hooks/pre-receive.d/newgate").exists());
}

#[test]
fn a_pusher_brings_no_policy_where_the_target_has_none() {
    for files in [
        [(
            ".newgate/config.toml",
            "[[rules]]\naction = \"ignore\"\npath = \"**\"\n",
        )],
        [(
            ".newgate/exemptions.toml",
            "version = 1\n[[exemption]]\nrule = \"*\"\nreason = \"other\"\ntext = \"t\"\n\
             granted = 2026-01-01\nuntil = 2999-01-01\n",
        )],
    ] {
        let world = World::new();
        world.write("app.py", "X = 1\n");
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        let bare = world.path("remote.git");
        world
            .newgate(&["install", "--server", bare.to_str().unwrap()])
            .exits(0);
        for (name, content) in files {
            world.write(name, content);
        }
        world.write("leak.py", leak(1));
        world.commit("Leak");
        world.push(&["origin", "main"]).exits(1).says("BLOCKED");
        assert_eq!(world.check(&["--enforce"])["verdict"], "blocked");
    }
}

#[test]
fn a_head_that_leads_nowhere_and_names_that_lead_elsewhere_let_nothing_in() {
    // `HEAD` names a branch that nobody made.
    let world = guarded("");
    world.remote(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    world.push(&["origin", "main"]).exits(1).says("BLOCKED");
    // A name for the protected branch.
    world.remote(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    world.remote(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    world
        .push(&["origin", "main:alias"])
        .exits(1)
        .says("BLOCKED");
}

#[test]
fn the_default_branch_is_protected_whatever_is_said_and_an_old_state_does_not_come_back() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[server]\nprotect = [\"release/*\"]\n",
    );
    world.write("leak.py", leak(1));
    world.commit("Start with a leak");
    world.write("leak.py", "X = 1\n");
    world.commit("Fix it");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let bare = world.path("remote.git");
    world
        .newgate(&["install", "--server", bare.to_str().unwrap()])
        .exits(0);
    let rewound = world.push(&["--force", "origin", "HEAD~1:main"]).exits(1);
    assert!(rewound.err.contains("BLOCKED"), "{}", rewound.err);
    world.write("other.py", leak(2));
    world.commit("Leak again");
    world.push(&["origin", "main"]).exits(1).says("BLOCKED");
}

#[test]
fn a_linked_configuration_and_one_that_nobody_can_read_are_no_defaults() {
    let world = guarded("");
    world.write("other.toml", "[gate]\nblock-at = \"low\"\n");
    std::fs::remove_file(world.work().join(".newgate/config.toml")).unwrap();
    std::os::unix::fs::symlink("../other.toml", world.work().join(".newgate/config.toml")).unwrap();
    world.commit("Link it");
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("is a symbolic link");
    // Where it is on the target already, a change that corrects it gets in, and nothing else.
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write(".newgate/config.toml", "nonsense\n");
    world.commit("Break it");
    let hook = world.path("remote.git").join("hooks/pre-receive");
    let kept = std::fs::read_to_string(&hook).unwrap();
    std::fs::remove_file(&hook).unwrap();
    world.push(&["origin", "main"]).exits(0);
    write_program(&hook, &kept);
    world.write("more.py", "Z = 3\n");
    world.commit("Go on");
    world.push(&["origin", "main"]).exits(1);
    world.write(".newgate/config.toml", "version = 1\n");
    world.commit("Fix it");
    world.push(&["origin", "main"]).exits(0);
}

#[test]
fn a_merge_is_judged_before_it_is_committed() {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.newgate(&["install", "--merges"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    world.git(&["switch", "--quiet", "main"]);
    world.write("other.py", "Y = 1\n");
    world.commit("Go on");
    let merged = world.try_git(&["merge", "--no-edit", "feature"]);
    assert_ne!(merged.code, 0, "{merged:#?}");
    assert!(merged.err.contains("BLOCKED"), "{merged:#?}");
}

#[test]
fn two_pushes_at_once_are_both_judged() {
    let world = guarded("[server]\nothers = \"block\"\n");
    let push_of = |name: &str, content: String| {
        world.git(&["switch", "--quiet", "--create", name, "main"]);
        world.write("x.py", content);
        world.commit(name);
    };
    push_of("good", "X = 2\n".into());
    push_of("bad", leak(1));
    let (good, bad) = std::thread::scope(|threads| {
        let good = threads.spawn(|| world.push(&["origin", "good"]));
        let bad = threads.spawn(|| world.push(&["origin", "bad"]));
        (good.join().unwrap(), bad.join().unwrap())
    });
    good.exits(0);
    bad.exits(1);
}

#[test]
fn a_push_over_http_is_judged_and_the_other_end_sees_why() {
    use std::io::BufRead;
    let world = guarded("");
    let bare = world.path("remote.git");
    let set = world.run_in(&bare, "git", &["config", "http.receivepack", "true"], b"");
    assert_eq!(set.code, 0);
    let script = format!(
        "{}/tests/stories/support/http_backend.py",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut server = world.start("python3", &[&script, world.folder().to_str().unwrap()]);
    let mut port = String::new();
    let mut lines = std::io::BufReader::new(server.stdout.take().unwrap());
    lines.read_line(&mut port).unwrap();
    let url = format!("http://127.0.0.1:{}/remote.git", port.trim());
    world.write("leak.py", leak(1));
    world.commit("Leak");
    let refused = world.push(&[&url, "main"]);
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write("fine.py", "Y = 2\n");
    world.commit("Go on");
    let taken = world.push(&[&url, "main"]);
    server.kill().unwrap();
    server.wait().unwrap();
    refused
        .exits(1)
        .says("remote: newgate: main: BLOCKED")
        .says("leak.py:1");
    taken.exits(0).says("newgate: main: PASS");
}

#[test]
fn a_policy_that_was_pushed_to_another_branch_first_counts_for_that_branch_only() {
    let world = guarded("[server]\nprotect = [\"main\"]\n");
    world.git(&["switch", "--quiet", "--create", "policy"]);
    world.write(
        ".newgate/config.toml",
        "[scanners]\nsecrets = false\ncode = false\n[server]\nprotect = [\"nothing\"]\n",
    );
    world.commit("Weaken");
    world.push(&["origin", "policy"]).exits(0);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    let refused = world.push(&["origin", "policy:main"]).exits(1);
    assert!(refused.err.contains("main: BLOCKED"), "{}", refused.err);
}

#[test]
fn a_scanner_that_executes_code_of_the_repository_is_refused_unless_it_is_named() {
    let descriptor = "name = \"runs\"\ntitle = \"R\"\nhomepage = \"https://example.com\"\nkind = \"code\"\nscope = \"file\"\n\
                      files = [\"*.py\"]\n[program]\ncommand = [\"true\", \"{files}\"]\nversion = [\"--version\"]\n\
                      version-pattern = '(\\d[\\d.]*)'\nexit-clean = [0]\nruns-repository-code = true\n[output]\nformat = \"json\"\nfilter = 'empty'\n";
    for (allowed, says) in [
        ("", "run-repository-code"),
        (
            "[trust]\nrun-repository-code = [\"runs\"]\n",
            "cannot be read",
        ),
    ] {
        let world = World::new();
        world.write(".newgate/scanners/runs.toml", descriptor);
        world.write(
            ".newgate/config.toml",
            format!("{allowed}[scanners]\nruns = true\n"),
        );
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        let bare = world.path("remote.git");
        world
            .newgate(&["install", "--server", bare.to_str().unwrap()])
            .exits(0);
        world.write("a.py", "X = 1\n");
        world.commit("Add");
        let refused = world.push(&["origin", "main"]).exits(1);
        assert!(refused.err.contains(says), "{says}: {}", refused.err);
    }
}
