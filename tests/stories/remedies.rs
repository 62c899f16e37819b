//! Every way in which pushes can go unchecked is found, and the command that is printed for it works when it is pasted.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Ran, World, token, write_program};

/// A world with newgate on `PATH`, as users who paste commands have it.
fn world() -> World {
    let mut world = World::new();
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.put_on_path(Path::new(env!("CARGO_BIN_EXE_newgate")).parent().unwrap());
    world
}

/// The commands that a text has between backticks and that can be pasted.
fn remedies(said: &Ran) -> Vec<String> {
    let text = said.all();
    let lines = text
        .lines()
        .filter(|l| l.starts_with("hint:") || l.starts_with("! hooks"));
    let quoted = lines.flat_map(|l| l.split('`').skip(1).step_by(2));
    let commands = ["git ", "newgate ", "rm ", "chmod ", "unset "];
    quoted
        .filter(|c| commands.iter().any(|p| c.starts_with(p)))
        .filter(|c| c.contains("newgate install") || c.contains("newgate uninstall"))
        .map(str::to_owned)
        .collect()
}

fn paste(world: &World, folder: &Path, command: &str) -> Ran {
    world.run_in(folder, "sh", &["-c", command], b"").exits(0)
}

/// A branch with a credential that no other push has, pushed from a folder, is stopped.
fn is_checked(world: &World, folder: &Path, number: u32) {
    let git = |args: &[&str]| world.run_in(folder, "git", args, b"");
    let branch = format!("leak-{number}");
    git(&["switch", "--quiet", "--create", &branch]).exits(0);
    std::fs::write(folder.join("leak.py"), format!("T = '{}'\n", token(number))).unwrap();
    git(&["add", "leak.py"]).exits(0);
    git(&["commit", "--quiet", "--no-verify", "--message", "Leak"]).exits(0);
    let pushed = git(&["push", "origin", &branch]);
    assert_eq!(pushed.code, 1, "{pushed:#?}");
    pushed.says("leak.py:1");
    git(&["checkout", "--quiet", "-"]).exits(0);
}

fn doctor(world: &World, folder: &Path) -> Ran {
    world.run_in(folder, env!("CARGO_BIN_EXE_newgate"), &["doctor"], b"")
}

/// What breaks a repository in which newgate may be installed.
type Break = fn(&World, &Path);

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_program(path, text);
}

const BROKEN: [(&str, Break); 7] = [
    ("does not exist", |_, hook| {
        std::fs::remove_file(hook).unwrap();
    }),
    ("not executable", |_, hook| {
        std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o644)).unwrap();
    }),
    ("somebody else's", |_, hook| {
        write(hook, "#!/bin/sh\nexit 0\n");
    }),
    ("which does not exist", |_, hook| {
        let text = std::fs::read_to_string(hook).unwrap();
        let text = text.replace(env!("CARGO_BIN_EXE_newgate"), "/nowhere/newgate");
        write(hook, &text);
    }),
    ("the hook that was here before newgate", |world, hook| {
        std::fs::remove_file(hook).unwrap();
        write(hook, "#!/bin/sh\n");
        world.install();
        std::fs::remove_file(world.work().join(".git/hooks.before-newgate/pre-push")).unwrap();
    }),
    ("is `/dev/null`", |world, _| {
        world.git(&["config", "core.hooksPath", "/dev/null"]);
    }),
    ("is empty", |world, _| {
        world.git(&["config", "core.hooksPath", ""]);
    }),
];

#[test]
fn the_doctor_finds_pushes_that_go_unchecked_and_its_remedies_work() {
    for (number, (why, broken)) in (0..).zip(BROKEN) {
        let world = world();
        world.install();
        broken(&world, &world.work().join(".git/hooks/pre-push"));
        let found = doctor(&world, &world.work()).exits(3).says(why);
        let remedies = remedies(&found);
        assert_eq!(remedies.len(), 1, "{found:#?}");
        paste(&world, &world.work(), &remedies[0]);
        doctor(&world, &world.work()).exits(0);
        is_checked(&world, &world.work(), number);
    }
}

#[test]
fn install_refuses_what_it_cannot_do_and_its_remedies_work() {
    let of_company: Break = |world, _| {
        let folder = world.path("home/company");
        write(&folder.join("pre-push"), "#!/bin/sh\ncat >/dev/null\n");
        let folder = folder.display().to_string();
        world.git(&["config", "--global", "core.hooksPath", &folder]);
    };
    let off: Break = |world, _| {
        world.git(&["config", "--global", "core.hooksPath", "/dev/null"]);
    };
    let committed: Break = |world, _| {
        world.write(".githooks/pre-push", "#!/bin/sh\n");
        let hook = world.work().join(".githooks/pre-push");
        write(&hook, "#!/bin/sh\necho team\n");
        world.commit("Hooks");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["config", "core.hooksPath", ".githooks"]);
    };
    let mut number = 100;
    for broken in [of_company, off, committed] {
        let count = {
            let world = world();
            broken(&world, &world.work());
            remedies(&world.newgate(&["install"]).exits(2)).len()
        };
        assert!(count > 0);
        for nth in 0..count {
            let world = world();
            broken(&world, &world.work());
            let refused = world.newgate(&["install"]);
            paste(&world, &world.work(), &remedies(&refused)[nth]);
            // A line in a hook that is committed.
            world.commit("Go on");
            number += 1;
            is_checked(&world, &world.work(), number);
            let linked = linked(&world);
            number += 1;
            is_checked(&world, &linked, number);
        }
    }
}

/// A linked worktree.
fn linked(world: &World) -> PathBuf {
    world.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        "../linked",
        "main",
    ]);
    world.path("linked")
}

/// Those of git 2.54 are read by older ones, which do not run them.
#[test]
fn the_doctor_tells_of_hooks_that_this_git_does_not_run_and_of_large_files_that_stay_behind() {
    let world = world();
    world.git(&["config", "hook.gate.command", "newgate hook pre-push"]);
    world.git(&["config", "hook.gate.event", "pre-push"]);
    let git = world.git(&["--version"]);
    let mut numbers = git.trim_start_matches("git version ").split('.');
    let mut number = || numbers.next().unwrap().parse::<u32>().unwrap();
    let found = doctor(&world, &world.work());
    match (number(), number()) >= (2, 54) {
        true => found.exits(0),
        false => found.exits(3).says("only git 2.54 and newer run it"),
    };
    world.install();
    world.write(".gitattributes", "*.bin filter=lfs\n");
    let found = doctor(&world, &world.work()).exits(3);
    found.says("! git-lfs").says("git lfs install");
}

#[test]
fn many_refs_that_bring_nothing_have_one_line_and_do_not_hide_one_that_does() {
    let world = world();
    world.install();
    for number in 0..9 {
        world.git(&["tag", &format!("v{number}")]);
    }
    let said = world.push(&["origin", "--tags"]).exits(0);
    let said = said.says("9 refs: nothing new").says("v4 -> origin/v4");
    assert!(said.all().matches("newgate: ").count() == 1, "{said:#?}");
    for number in 10..19 {
        world.git(&["tag", &format!("v{number}")]);
    }
    world.git(&["switch", "--quiet", "--create", "bad"]);
    world.write("leak.py", format!("T = '{}'\n", token(7)));
    world.commit("Leak");
    let said = world.push(&["origin", "--tags", "bad"]).exits(1);
    said.says("9 refs: nothing new")
        .says("leak.py:1")
        .says("BLOCKED  bad");
}

/// Every manager keeps hooks somewhere else: newgate goes to where each leaves it, and `uninstall` undoes that.
#[test]
fn newgate_goes_to_where_a_manager_of_hooks_leaves_it() {
    let on_the_way = "#!/bin/sh\nn=$(basename \"$0\"); s=$(dirname \"$(dirname \"$0\")\")/$n\n[ -f \"$s\" ] || exit 0\nsh -e \"$s\" \"$@\"\n";
    // husky 9: a generated folder, and what people write beside it.
    let world = world();
    write(&world.work().join(".husky/_/h"), on_the_way);
    write(
        &world.work().join(".husky/_/pre-push"),
        "#!/bin/sh\n. \"$(dirname \"$0\")/h\"\n",
    );
    world.write(".husky/_/.gitignore", "*\n");
    world.write(".husky/pre-push", "echo of the team\n");
    world.commit("Hooks");
    world.git(&["config", "core.hooksPath", ".husky/_"]);
    doctor(&world, &world.work()).exits(3).says("husky runs");
    world.newgate(&["install"]).exits(0).says("commit it");
    let written = std::fs::read_to_string(world.work().join(".husky/pre-push")).unwrap();
    assert!(
        !written.contains(env!("CARGO_BIN_EXE_newgate")),
        "{written}"
    );
    is_checked(&world, &world.work(), 200);
    world.newgate(&["uninstall"]).exits(0);
    assert_eq!(world.git(&["status", "--short"]), "");
    world.git(&["config", "--unset", "core.hooksPath"]);

    // pre-commit renames newgate's hook and calls it.
    let hooks = world.work().join(".git/hooks");
    let of_pre_commit = "#!/bin/sh\n# File generated by pre-commit: x\nexec \"$(dirname \"$0\")/pre-push.legacy\" \"$@\"\n";
    let ran = world.path("home/ran");
    write(
        &hooks.join("pre-push"),
        &format!("#!/bin/sh\necho ran > '{}'\n", ran.display()),
    );
    std::fs::remove_dir_all(world.work().join(".husky")).unwrap();
    world.install();
    std::fs::rename(hooks.join("pre-push"), hooks.join("pre-push.legacy")).unwrap();
    write(&hooks.join("pre-push"), of_pre_commit);
    doctor(&world, &world.work()).exits(0);
    world.push(&["origin", "main:renamed"]).exits(0);
    assert!(ran.exists());
    world.install();
    is_checked(&world, &world.work(), 201);
    world.newgate(&["uninstall"]).exits(0);
    let legacy = std::fs::read_to_string(hooks.join("pre-push.legacy")).unwrap();
    assert!(legacy.contains("echo ran"), "{legacy}");
    assert!(!world.work().join(".git/hooks.before-newgate").exists());
}
