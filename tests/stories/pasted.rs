//! The commands that a report or an error prints do what they say when they are pasted. (`remedies` has those about
//! hooks, `targets` those about a branch that stands for another one.)

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use crate::support::{Ran, World, issues, leak, places, write_program};

/// Pastes the only command between backticks that begins with these words.
#[track_caller]
fn paste(world: &World, folder: &Path, said: &Ran, begins: &str) -> Ran {
    let text = said.all().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    found.retain(|command| command.starts_with(begins));
    found.dedup();
    let [command] = found[..] else {
        panic!("{found:?} begin with `{begins}` in {said:#?}")
    };
    world.run_in(folder, "sh", &["-c", command], b"").exits(0)
}

/// With newgate on `PATH`, as users who paste commands have it, and an old leak on `main`.
fn with_old() -> World {
    let mut world = World::new();
    world.put_on_path(Path::new(env!("CARGO_BIN_EXE_newgate")).parent().unwrap());
    world.write("old.py", leak(1));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world
}

/// A branch that goes on from here and brings nothing new.
fn clean_branch(world: &World, name: &str) {
    world.git(&["switch", "--quiet", "--create", name]);
    world.write("fine.py", "X = 1\n");
    world.commit("Fine");
}

#[test]
fn a_target_that_cannot_be_found_can_be_named() {
    let world = with_old();
    world.git(&["remote", "remove", "origin"]);
    world.git(&["branch", "--move", "main", "it's-stable"]);
    clean_branch(&world, "topic");
    let asked = world.newgate(&["check"]).exits(1).says("old.py:1");
    paste(&world, &world.work(), &asked, "git config newgate.target");
    world.newgate(&["check"]).exits(0).says("it's-stable");

    // Where the branch with a usual name has nothing to do with this one.
    world.git(&["config", "--unset", "newgate.target"]);
    world.git(&["switch", "--quiet", "--orphan", "main"]);
    world.write("other.py", "Y = 1\n");
    world.commit("Something else");
    world.git(&["switch", "--quiet", "topic"]);
    let asked = world.newgate(&["check"]).exits(1).says("no common history");
    paste(&world, &world.work(), &asked, "git config newgate.target");
    world.newgate(&["check"]).exits(0);

    // A setting that names a branch which is gone.
    world.git(&["config", "newgate.target", "gone"]);
    let asked = world.newgate(&["check"]).exits(2);
    paste(&world, &world.work(), &asked, "git config --unset");
    let none = world.newgate(&["check", "--target", "gone"]).exits(2);
    paste(&world, &world.work(), &none, "git branch").says("it's-stable");
}

#[test]
fn a_remote_whose_branches_are_not_known_can_be_fetched() {
    let world = with_old();
    world.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    clean_branch(&world, "topic");
    world.install();
    let asked = world.push(&["origin", "topic"]).exits(1).says("old.py:1");
    paste(&world, &world.work(), &asked, "git fetch origin");
    world.push(&["origin", "topic"]).exits(0);

    let url = format!("file://{}", world.path("remote.git").display());
    let args = [
        "clone",
        "--quiet",
        "--depth=1",
        "--no-single-branch",
        "--branch=topic",
    ];
    world.git(&[&args[..], &[&url, "../shallow"]].concat());
    let shallow = world.path("shallow");
    let newgate = |code| {
        world
            .run_in(&shallow, "newgate", &["check"], b"")
            .exits(code)
    };
    let asked = newgate(3).says("shallow");
    paste(&world, &shallow, &asked, "git fetch --unshallow");
    let again = newgate(0);
    assert!(!again.all().contains("shallow"), "{again:#?}");
}

#[allow(clippy::print_stderr, reason = "a story that is skipped says so")]
#[test]
fn a_repository_of_another_user_is_opened_once_it_is_trusted() {
    let world = with_old();
    if chown(world.work(), Some(65_534), None).is_err() {
        eprintln!("skipped: only root can give a repository to another user");
        return;
    }
    chown(world.work().join(".git"), Some(65_534), None).unwrap();
    for args in [
        &["check"][..],
        &["doctor"],
        &["install"],
        &["init", "--yes"],
    ] {
        let asked = world.newgate(args).exits(2).says("another user");
        paste(
            &world,
            &world.work(),
            &asked,
            "git config --global --add safe.directory",
        );
        let ran = world.newgate(args);
        assert_ne!(ran.code, 2, "{ran:#?}");
        world.git(&["config", "--global", "--unset-all", "safe.directory"]);
    }
}

#[test]
fn a_baseline_that_was_not_built_is_built() {
    let world = with_old();
    world.install();
    clean_branch(&world, "topic");
    let asked = world.newgate(&["check"]).exits(0);
    assert_eq!(issues(&world.check(&[]), "inherited").len(), 0);
    paste(&world, &world.work(), &asked, "newgate baseline build");
    let after = world.newgate(&["check"]).exits(0);
    assert!(!after.all().contains("baseline build"), "{after:#?}");
    assert_eq!(places(&world.check(&[]), "inherited"), ["old.py:1"]);
}

#[test]
fn a_kept_hook_that_does_not_run_is_made_to_run_or_left() {
    let world = with_old();
    let hook = world.work().join(".git/hooks/pre-push");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    write_program(&hook, "#!/bin/sh\necho THE TEAM >&2\n");
    world.install();
    let kept = world.work().join(".git/hooks.before-newgate/pre-push");
    clean_branch(&world, "topic");
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o644)).unwrap();
    let asked = world.push(&["origin", "topic"]).exits(0);
    paste(&world, &world.work(), &asked, "chmod +x");
    world.write("two.py", "Y = 1\n");
    world.commit("Two");
    world.push(&["origin", "topic"]).exits(0).says("THE TEAM");

    std::fs::remove_file(&kept).unwrap();
    world.write("more.py", "Z = 1\n");
    world.commit("More");
    let asked = world.push(&["origin", "topic"]);
    assert_ne!(asked.code, 0, "{asked:#?}");
    paste(&world, &world.work(), &asked, "newgate uninstall");
    world.push(&["origin", "topic"]).exits(0).says("PASS");

    // One was kept, and another one was put in newgate's place.
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    write_program(&kept, "#!/bin/sh\necho OLDER >&2\n");
    write_program(&hook, "#!/bin/sh\necho NEWER >&2\n");
    let asked = world.newgate(&["install"]).exits(2).says("two hooks");
    paste(&world, &world.work(), &asked, "rm ");
    world.newgate(&["install"]).exits(0);
    world.write("most.py", "Z = 1\n");
    world.commit("Most");
    world.push(&["origin", "topic"]).exits(0).says("NEWER");
}

#[test]
fn a_global_setting_that_is_no_folder_is_replaced() {
    let world = with_old();
    world.git(&["config", "--global", "core.hooksPath", "relative/hooks"]);
    let asked = world.newgate(&["install", "--global"]).exits(2);
    paste(
        &world,
        &world.work(),
        &asked,
        "git config --global --unset-all",
    );
    world.git(&["switch", "--quiet", "--create", "topic"]);
    world.write("new.py", leak(2));
    world.commit("Leak");
    world.push(&["origin", "topic"]).exits(1).says("new.py:1");
}

#[test]
fn what_a_server_refuses_to_lose_is_kept_or_deleted_there() {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    // With time enough for a machine that has much else to do.
    let config = "[server]\nprotect = [\"release/**\"]\nbudget = 120\n";
    world.write(".newgate/config.toml", config);
    world.git(&["branch", "release/1"]);
    world.guard();
    world
        .push(&["--quiet", "origin", "main:release/1"])
        .exits(0);

    let asked = world
        .push(&["origin", ":release/1"])
        .exits(1)
        .says("REFUSED");
    paste(
        &world,
        &world.path("remote.git"),
        &asked,
        "git update-ref -d",
    );
    assert_eq!(world.remote_ref("refs/heads/release/1"), None);

    // Without the commit that brought the configuration.
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write("fine.py", "Y = 1\n");
    world.commit("Fine");
    let asked = world
        .push(&["--force", "origin", "main"])
        .exits(1)
        .says("REFUSED");
    paste(&world, &world.work(), &asked, "git pull --rebase");
    world.push(&["origin", "main"]).exits(0);
    assert!(world.work().join(".newgate/config.toml").exists());
}
