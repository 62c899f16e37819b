//! Installing, uninstalling, and living with hooks that were there before.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{World, token, write_program};

fn write_hook(path: &Path, script: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_program(path, &format!("#!/bin/sh\n{script}\n"));
}

fn leak(world: &World) {
    world.git(&["switch", "--quiet", "--create", "bad"]);
    world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
    world.commit("Leak");
}

fn started_without_hook() -> World {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world
}

#[test]
fn a_hook_that_was_there_runs_by_its_own_name_with_the_same_input_and_is_put_back() {
    let world = started_without_hook();
    let hook = world.work().join(".git/hooks/pre-push");
    let seen = world.path("home/seen");
    let script = format!(
        "cat > '{}'\necho \"$(basename \"$0\") $1 $2\" >> '{}'",
        seen.display(),
        seen.display()
    );
    write_hook(&hook, &script);
    world
        .newgate(&["install"])
        .exits(0)
        .says("kept the existing hook");
    world.newgate(&["install"]).exits(0);
    world.write("fine.py", "Y = 1\n");
    let head = world.commit("Fine");
    let main = world.remote_ref("main").unwrap();
    world.push(&["origin", "main"]).exits(0).says("PASS");
    let expected =
        format!("refs/heads/main {head} refs/heads/main {main}\npre-push origin ../remote.git\n");
    assert_eq!(std::fs::read_to_string(&seen).unwrap(), expected);
    world
        .newgate(&["uninstall"])
        .exits(0)
        .says("restored the previous hook");
    assert_eq!(
        std::fs::read_to_string(&hook).unwrap(),
        format!("#!/bin/sh\n{script}\n")
    );
    world
        .newgate(&["uninstall"])
        .exits(0)
        .says("nothing to remove");
}

#[test]
fn a_hook_that_was_there_and_fails_stops_the_push() {
    let world = started_without_hook();
    write_hook(&world.work().join(".git/hooks/pre-push"), "exit 7");
    world.install();
    world.write("fine.py", "Y = 1\n");
    world.commit("Fine");
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("exited with code 7");
}

#[test]
fn a_hook_that_reads_no_input_harms_nothing() {
    let world = started_without_hook();
    write_hook(&world.work().join(".git/hooks/pre-push"), "exit 0");
    world.install();
    leak(&world);
    world.push(&["origin", "bad"]).exits(1).says("leak.py:1");
}

#[test]
fn a_hooks_path_of_the_repository_is_honoured_and_a_global_one_is_not_written_into() {
    let world = started_without_hook();
    world.git(&["config", "core.hooksPath", ".hooks"]);
    world.newgate(&["install"]).exits(0).says(".hooks/pre-push");
    leak(&world);
    world.push(&["origin", "bad"]).exits(1).says("leak.py:1");
    world.newgate(&["uninstall"]).exits(0);
    world.git(&["config", "--unset", "core.hooksPath"]);
    let global = world.path("home/hooks");
    world.git(&[
        "config",
        "--global",
        "core.hooksPath",
        global.to_str().unwrap(),
    ]);
    world
        .newgate(&["install"])
        .exits(2)
        .says("in the global configuration")
        .says("hint:");
    assert!(!global.exists());
    world.git(&["config", "core.hooksPath", ".git/hooks"]);
    world.newgate(&["install"]).exits(0);
    world.push(&["origin", "bad"]).exits(1).says("leak.py:1");
}

#[test]
fn a_linked_worktree_and_a_submodule_are_gated_too() {
    let world = started_without_hook();
    world.git(&["worktree", "add", "--quiet", "../linked"]);
    let linked = world.path("linked");
    let newgate = env!("CARGO_BIN_EXE_newgate");
    world.run_in(&linked, newgate, &["install"], b"").exits(0);
    std::fs::write(linked.join("leak.py"), format!("TOKEN = '{}'\n", token(1))).unwrap();
    let git = |folder: &Path, args: &[&str]| world.run_in(folder, "git", args, b"");
    git(&linked, &["add", "leak.py"]).exits(0);
    git(&linked, &["commit", "--quiet", "--message", "Leak"]).exits(0);
    git(&linked, &["push", "origin", "linked"])
        .exits(1)
        .says("leak.py:1");

    let allow = ["-c", "protocol.file.allow=always"];
    let remote = world.path("remote.git");
    world.git(
        &[
            &allow[..],
            &[
                "submodule",
                "--quiet",
                "add",
                remote.to_str().unwrap(),
                "sub",
            ],
        ]
        .concat(),
    );
    world.commit("Add a submodule");
    let sub = world.work().join("sub");
    world
        .run_in(&sub, newgate, &["install"], b"")
        .exits(0)
        .says(".git/modules/sub/hooks/pre-push");
    git(&sub, &["switch", "--quiet", "--create", "bad"]).exits(0);
    std::fs::write(sub.join("leak.py"), format!("TOKEN = '{}'\n", token(2))).unwrap();
    git(&sub, &["add", "leak.py"]).exits(0);
    git(&sub, &["commit", "--quiet", "--message", "Leak"]).exits(0);
    git(&sub, &["push", "origin", "bad"])
        .exits(1)
        .says("leak.py:1");
    // The outer repository is judged with the submodule in it.
    assert_eq!(world.check(&[])["verdict"], "pass");
}

#[test]
fn without_a_useful_path_the_hook_still_finds_newgate_and_without_newgate_it_stops() {
    let mut world = World::started();
    leak(&world);
    let git = which::which("git").unwrap();
    world
        .environment
        .push(("PATH".into(), "/usr/bin:/bin".into()));
    let push = ["push", "origin", "bad"];
    world
        .run_in(&world.work(), git.to_str().unwrap(), &push, b"")
        .exits(1)
        .says("leak.py:1");
    let hook = world.work().join(".git/hooks/pre-push");
    let text = std::fs::read_to_string(&hook)
        .unwrap()
        .replace(env!("CARGO_BIN_EXE_newgate"), "/nowhere/newgate");
    std::fs::write(&hook, text).unwrap();
    world
        .run_in(&world.work(), git.to_str().unwrap(), &push, b"")
        .exits(1)
        .says("the program is gone");
    assert_eq!(world.remote_ref("bad"), None);
}

#[test]
fn the_demonstration_shows_a_block_and_a_pass() {
    let world = World::new();
    let ran = world.newgate(&["demo"]).exits(0);
    ran.says("BLOCKED")
        .says("GitHub personal access token")
        .says("PASS")
        .says("The corrected push passed");
    let kept = world.path("home/kept");
    world
        .newgate(&["demo", "--keep", kept.to_str().unwrap()])
        .exits(0);
    assert!(kept.join("shop/.git").is_dir());
    world
        .newgate(&["demo", "--keep", kept.to_str().unwrap()])
        .exits(3);
}

/// `install.sh` with a prefix of its own; the build is the one that made the tests' newgate, or a
/// release build that is there already.
#[test]
fn the_installer_checks_what_it_needs_and_touches_only_its_prefix() {
    let mut world = started_without_hook();
    let home = world.path("home");
    // Without a program that was built before.
    for name in ["install.sh", "Cargo.toml"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        std::fs::copy(from, home.join(name)).unwrap();
    }
    let script = home.join("install.sh");
    let script = script.to_str().unwrap();
    let run = |world: &World, args: &[&str]| world.run_in(&home, script, args, b"");
    run(&world, &["--help"])
        .exits(0)
        .says("usage: ./install.sh");
    run(&world, &["--wat"]).exits(2).says("no option `--wat`");
    run(&world, &["--prefix"]).exits(2).says("needs a folder");
    run(&world, &["a"]).exits(2).says("is not a folder");
    // Uninstalling removes what an installation left, and nothing else.
    let bin = home.join("prefix/bin");
    std::fs::create_dir_all(&bin).unwrap();
    // A program that another thread's child still has open for writing can't be started.
    let copy = [env!("CARGO_BIN_EXE_newgate"), "prefix/bin/newgate"];
    world.run_in(&home, "cp", &copy, b"").exits(0);
    std::fs::write(bin.join("other"), "").unwrap();
    let work = world.work();
    let installed = bin.join("newgate");
    world
        .run_in(&work, installed.to_str().unwrap(), &["install"], b"")
        .exits(0);
    run(
        &world,
        &["--uninstall", "--prefix", "prefix", work.to_str().unwrap()],
    )
    .exits(0)
    .says("removed");
    assert!(!work.join(".git/hooks/pre-push").exists());
    run(&world, &["--uninstall", "--prefix", "prefix"])
        .exits(0)
        .says("removed");
    assert!(!installed.exists() && bin.join("other").exists());
    run(&world, &["--uninstall", "--prefix", "prefix"])
        .exits(0)
        .says("there is no");
    // Without its tools it says which are missing. A PATH with the shell's tools alone:
    let tools = home.join("tools");
    std::fs::create_dir_all(&tools).unwrap();
    for tool in ["sh", "dirname", "cat", "sed", "git"] {
        std::os::unix::fs::symlink(which::which(tool).unwrap(), tools.join(tool)).unwrap();
    }
    world
        .environment
        .push(("PATH".into(), tools.display().to_string()));
    run(&world, &["--prefix", "prefix"])
        .exits(2)
        .says("cargo: the Rust toolchain")
        .says("cc: a C compiler");
}

#[test]
fn hooks_that_git_would_run_or_pass_over_are_treated_alike() {
    let world = started_without_hook();
    let hook = world.work().join(".git/hooks/pre-push");
    // Without a `#!` line the shell reads it.
    write_hook(&hook, "");
    std::fs::write(&hook, "exit 7\n").unwrap();
    world.install();
    world.write("fine.py", "Y = 1\n");
    world.commit("Fine");
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("exited with code 7");
    // One that is not executable is passed over.
    let kept = world.work().join(".git/hooks.before-newgate/pre-push");
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o644)).unwrap();
    world.push(&["origin", "main"]).exits(0).says("PASS");
}

#[test]
fn a_server_s_folder_that_is_none_is_named() {
    let world = World::new();
    let missing = world.path("no such.git");
    for args in [&["install", "--server"][..], &["uninstall"]] {
        let args = [args, &[missing.to_str().unwrap()]].concat();
        let refused = world.newgate(&args).exits(2);
        let told = refused.says("no such.git` does not exist");
        assert!(!told.err.contains("cannot be started"), "{told:#?}");
    }
    let file = world.path("remote.git/HEAD");
    let ran = world.newgate(&["install", "--server", file.to_str().unwrap()]);
    ran.exits(2).says("is not a folder");
    // What is told makes one.
    let hint = format!("git init --bare '{}'", missing.display());
    world
        .run_in(&world.folder(), "sh", &["-c", &hint], b"")
        .exits(0);
    let ran = world.newgate(&["install", "--server", missing.to_str().unwrap()]);
    ran.exits(0).says("installed");
}

#[test]
fn a_kept_hook_acts_after_the_verdict_unless_the_user_says_otherwise_and_is_missed() {
    let world = started_without_hook();
    let acted = world.path("home/acted");
    let script = format!("cat > '{}'", acted.display());
    write_hook(&world.work().join(".git/hooks/pre-push"), &script);
    world.install();
    leak(&world);
    world.push(&["origin", "bad"]).exits(1).says("leak.py:1");
    assert!(!acted.exists());
    world.git(&["config", "newgate.keptHooks", "first"]);
    world.push(&["origin", "bad"]).exits(1).says("leak.py:1");
    assert!(acted.exists());
    world.git(&["config", "newgate.keptHooks", "now"]);
    world.push(&["origin", "main:new"]).exits(1).says("`now`");
    world.git(&["config", "newgate.keptHooks", "last"]);
    std::fs::remove_file(world.work().join(".git/hooks.before-newgate/pre-push")).unwrap();
    world
        .push(&["origin", "main:new"])
        .exits(1)
        .says("does not exist, so its checks did not run");
    assert_eq!(world.remote_ref("new"), None);
}

/// Helpers beside a hook, a link into the work tree, and a hook that pre-commit kept.
#[test]
fn a_kept_hook_finds_what_it_found_before() {
    let world = started_without_hook();
    let hooks = world.work().join(".git/hooks");
    let ran = world.path("home/ran");
    write_hook(
        &hooks.join("helper"),
        &format!("echo helped >> '{}'", ran.display()),
    );
    write_hook(
        &world.work().join("tools/pre-push"),
        "set -e\n\"$(dirname \"$0\")/helper\"\ncd \"$(dirname \"$0\")/../..\"\ntest -d .git",
    );
    std::os::unix::fs::symlink("../../tools/pre-push", hooks.join("pre-push")).unwrap();
    world.install();
    world.push(&["origin", "main:one"]).exits(0);
    assert_eq!(std::fs::read_to_string(&ran).unwrap(), "helped\n");
    world.newgate(&["uninstall"]).exits(0);
    assert!(hooks.join("pre-push").is_symlink());
    assert!(!world.work().join(".git/hooks.before-newgate").exists());
}

#[test]
fn refs_that_another_program_read_are_not_taken_for_none() {
    let world = started_without_hook();
    let newgate = env!("CARGO_BIN_EXE_newgate");
    let script = format!("cat > /dev/null\n'{newgate}' hook pre-push \"$@\"");
    write_hook(&world.work().join(".git/hooks/pre-push"), &script);
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("nothing to push");
    leak(&world);
    let stopped = world.push(&["origin", "bad"]).exits(1);
    stopped.says("got no refs").says("leak.py:1");
    // The remote has it as `bad`, but `main` does not.
    world.git(&["push", "--quiet", "--no-verify", "origin", "bad"]);
    let stopped = world.push(&["origin", "bad:main"]).exits(1);
    stopped.says("bad as main").says("leak.py:1");
    let doctor = world.newgate(&["doctor"]).exits(3);
    doctor.says("git pushed refs that it did not list for newgate");
    world.git(&["push", "--quiet", "--no-verify", "origin", ":bad"]);
    for number in 0..21 {
        world.git(&["branch", &format!("more-{number}")]);
    }
    world.push(&["origin", "bad"]).exits(1).says("22 branches");
}

#[test]
fn the_hook_for_all_repositories_leaves_their_own_and_is_undone() {
    let world = started_without_hook();
    let hooks = world.work().join(".git/hooks");
    let ran = world.path("home/ran");
    for name in ["pre-push", "pre-commit"] {
        let script = format!("echo \"${{0##*/}}\" >> '{}'", ran.display());
        write_hook(&hooks.join(name), &script);
    }
    world.newgate(&["install", "--global"]).exits(0);
    world.newgate(&["install"]).exits(0).says("already");
    world.newgate(&["doctor"]).exits(0);
    world.write("fine.py", "Y = 1\n");
    world.commit("Fine");
    let pushed = world.push(&["origin", "main"]).exits(0);
    assert!(!pushed.all().contains("newgate"), "{pushed:#?}");
    let both = std::fs::read_to_string(&ran).unwrap();
    assert_eq!(both, "pre-commit\npre-push\n");
    // Neither is there anything to say where all scanners are off.
    world.write(
        ".newgate/config.toml",
        "[scanners]\ncode = false\nsecrets = false\n",
    );
    world.commit("Scan nothing");
    world.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    world.write("off.py", "Y = 1\n");
    world.commit("Fine too");
    let pushed = world.push(&["origin", "main:off"]).exits(0);
    assert!(!pushed.all().contains("newgate"), "{pushed:#?}");
    world.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    world.git(&[
        "push",
        "--quiet",
        "--no-verify",
        "--force",
        "origin",
        "main",
    ]);
    leak(&world);
    world.push(&["origin", "bad"]).exits(1).says("leak.py:1");
    world.newgate(&["uninstall", "--global"]).exits(0);
    assert_eq!(world.git(&["config", "--global", "--list"]), "");
    world.push(&["origin", "bad"]).exits(0);
}

#[test]
fn a_purge_removes_what_newgate_keeps_for_itself() {
    let world = started_without_hook();
    world.install();
    world.newgate(&["check", "--target", "origin/main"]);
    let results = world.work().join(".git/newgate");
    let tools = world.path("home/.cache/newgate/tools/x/1");
    std::fs::create_dir_all(&tools).unwrap();
    assert!(results.is_dir());
    world.newgate(&["uninstall"]).exits(0);
    assert!(results.is_dir() && tools.is_dir());
    world
        .newgate(&["uninstall", "--purge"])
        .exits(0)
        .says("removed `");
    assert!(!results.exists() && !world.path("home/.cache/newgate").exists());
}

/// Where others write the hooks, newgate adds none of its own beside the one before a push, and says so.
#[test]
fn hooks_for_merges_and_for_the_cache_are_not_left_out_silently() {
    let world = started_without_hook();
    let options = ["install", "--shared", "--merges", "--prewarm"];
    // A folder whose hooks are committed: no path of this machine comes into it.
    world.write("hooks/pre-push", "#!/bin/sh\n");
    world.commit("Hooks");
    world.git(&["config", "core.hooksPath", "hooks"]);
    let said = world.newgate(&options).exits(2).all();
    let of = |hook: &str| {
        let hint = format!("let its `{hook}` hook run this command: ");
        let line = said.lines().find_map(|l| l.split(&hint).nth(1));
        line.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    assert_eq!(world.git(&["status", "--short"]), "M hooks/pre-push");
    // What it says to add does it.
    for hook in ["pre-merge-commit", "post-commit"] {
        write_hook(&world.work().join("hooks").join(hook), &of(hook));
    }
    leak(&world);
    world.git(&["switch", "--quiet", "main"]);
    world.write("other.py", "");
    world.commit("Other");
    world
        .try_git(&["merge", "--quiet", "--no-edit", "bad"])
        .exits(1)
        .says("BLOCKED");
    // A folder for all repositories, whose hook checks pushes.
    world.git(&["merge", "--abort"]);
    world.git(&["config", "--unset", "core.hooksPath"]);
    world.git(&["config", "--global", "core.hooksPath", "~/hooks"]);
    world.newgate(&["install", "--global"]).exits(0);
    world.newgate(&["install"]).exits(0);
    world
        .newgate(&["install", "--merges"])
        .exits(2)
        .says("newgate install --merges");
}
