//! Repositories where other gates broke.

use crate::support::{World, leak, places, token, write_program};

const NEWGATE: &str = env!("CARGO_BIN_EXE_newgate");

/// A world with an old leak in `old.py` on `main`, and on `feature` an edit of it and a new leak.
fn with_both(init: &[&str]) -> World {
    let world = World::with(init);
    world.write("old.py", format!("import os\n\n{}", leak(1)));
    world.write("gone.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("old.py", format!("import os\nimport sys\n\n{}", leak(1)));
    world.write("new.py", leak(2));
    std::fs::remove_file(world.work().join("gone.py")).unwrap();
    world.commit("Go on");
    world
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that skips something says so")]
fn sha256_and_reftable_repositories_are_judged_like_others() {
    for init in [&["--object-format=sha256"][..], &["--ref-format=reftable"]] {
        // git 2.45 brought reftable.
        let tried = tempfile::tempdir().unwrap();
        let made = World::new().run_in(
            tried.path(),
            "git",
            &[&["init", "--quiet"], init].concat(),
            b"",
        );
        if made.code != 0 {
            eprintln!("skipped: this git does not know {init:?}");
            continue;
        }
        let world = with_both(init);
        let report = world.check(&["-v"]);
        assert_eq!(places(&report, "new"), ["new.py:1"], "{init:?}");
        assert_eq!(places(&report, "inherited"), ["old.py:4"], "{init:?}");
        world.install();
        world.push(&["origin", "feature"]).exits(1).says("new.py:1");
        world.write("staged.py", leak(3));
        world.git(&["add", "staged.py"]);
        assert_eq!(places(&world.check(&["--staged"]), "new"), ["staged.py:1"]);
        // History, merges included.
        world.git(&["rm", "--quiet", "--cached", "staged.py"]);
        std::fs::remove_file(world.work().join("staged.py")).unwrap();
        world.write("new.py", "N = 1\n");
        world.commit("Take it away");
        let report = world.check(&[]);
        assert_eq!(
            report["issues"][0]["occurrences"][0]["stage"], "history",
            "{report:#}"
        );
    }
}

#[test]
fn a_bare_repository_can_be_checked() {
    let world = with_both(&[]);
    world.push(&["--quiet", "origin", "feature"]).exits(0);
    let bare = world.path("remote.git");
    let ran = world.run_in(
        &bare,
        NEWGATE,
        &[
            "check", "--head", "feature", "--target", "main", "--format", "json",
        ],
        b"",
    );
    assert_eq!(places(&ran.json(), "new"), ["new.py:1"]);
    world
        .run_in(&bare, NEWGATE, &["check", "--worktree"], b"")
        .exits(2)
        .says("no work tree");
}

#[test]
fn a_shallow_clone_says_what_it_cannot_know() {
    let world = with_both(&[]);
    world.push(&["--quiet", "origin", "feature"]).exits(0);
    let url = format!("file://{}", world.path("remote.git").display());
    world.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        "--no-single-branch",
        "--branch=feature",
        &url,
        "../shallow",
    ]);
    let shallow = world.path("shallow");
    let ran = world.run_in(&shallow, NEWGATE, &["check"], b"").exits(1);
    ran.says("new.py:1")
        .says("this shallow clone has no common commit")
        .says("git fetch --unshallow");
}

/// Lets a remote leave out what a clone does not ask for.
fn serve_partially(world: &World, remote: &std::path::Path) {
    for key in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        world
            .run_in(remote, "git", &["config", key, "true"], b"")
            .exits(0);
    }
}

#[test]
fn a_partial_clone_fetches_what_it_needs() {
    let world = with_both(&[]);
    world.push(&["--quiet", "origin", "feature"]).exits(0);
    let remote = world.path("remote.git");
    serve_partially(&world, &remote);
    let url = format!("file://{}", remote.display());
    world.git(&[
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--no-checkout",
        "--branch=feature",
        &url,
        "../partial",
    ]);
    let partial = world.path("partial");
    let ran = world
        .run_in(&partial, NEWGATE, &["check", "--format", "json"], b"")
        .exits(1);
    assert_eq!(places(&ran.json(), "new"), ["new.py:1"]);
    assert_eq!(places(&ran.json(), "inherited"), ["old.py:4"]);
}

#[test]
fn a_partial_commit_and_odd_indexes_are_judged_as_they_are() {
    let world = World::started();
    world.git(&["config", "core.splitIndex", "true"]);
    world.git(&["config", "index.sparse", "true"]);
    world.write("staged.py", leak(1));
    world.git(&["add", "staged.py"]);
    assert_eq!(places(&world.check(&["--staged"]), "new"), ["staged.py:1"]);
    // `git commit -- file` runs its hooks with an index of its own.
    let hook = world.work().join(".git/hooks/pre-commit");
    let script = format!("#!/bin/sh\nexec '{NEWGATE}' check --staged --quiet\n");
    write_program(&hook, &script);
    world.write("app.py", "X = 2\n");
    world
        .try_git(&["commit", "--message", "Only this", "--", "app.py"])
        .exits(0);
    world
        .try_git(&["commit", "--message", "And that"])
        .exits(1)
        .says("staged.py:1");
}

#[test]
fn a_clone_with_alternates_sees_their_objects() {
    let world = with_both(&[]);
    world.push(&["--quiet", "origin", "feature"]).exits(0);
    let remote = world.path("remote.git");
    world.git(&[
        "clone",
        "--quiet",
        "--shared",
        "--branch=feature",
        remote.to_str().unwrap(),
        "../shared",
    ]);
    let ran = world
        .run_in(
            &world.path("shared"),
            NEWGATE,
            &["check", "--format", "json"],
            b"",
        )
        .exits(1);
    assert_eq!(places(&ran.json(), "new"), ["new.py:1"]);
}

#[test]
fn renames_of_case_large_and_empty_and_binary_files_are_taken_as_they_come() {
    let world = World::started();
    world.write(
        "Readme.md",
        "# Hello\n\nSome text that is long enough to be recognised.\n",
    );
    world.write("empty.py", "");
    world.write("binary.py", b"\x00\x01\x02\xff\xfe");
    world.write(
        "crlf.py",
        format!("A = 1\r\n{}", leak(1).replace('\n', "\r\n")),
    );
    world.commit("Odd files");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["mv", "Readme.md", "README.md"]);
    world.write("big.txt", "a line of a large file\n".repeat(400_000));
    world.write("crlf.py", format!("A = 1\n{}", leak(1)));
    world.commit("Go on");
    let report = world.check(&[]);
    assert_eq!(
        (report["verdict"].as_str(), places(&report, "inherited")),
        (Some("pass"), vec!["crlf.py:2".to_owned()])
    );
}

#[test]
fn a_clone_without_trees_fetches_the_configuration_of_the_target() {
    let world = World::new();
    world.write(".newgate/config.toml", "[gate]\nblock-at = \"low\"\n");
    world.commit("Configure");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let remote = world.path("remote.git");
    serve_partially(&world, &remote);
    let url = format!("file://{}", remote.display());
    world.git(&["clone", "--quiet", "--filter=tree:0", &url, "../treeless"]);
    let treeless = world.path("treeless");
    world.write("more.py", "X = 1\n");
    world.commit("Main goes on");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let git = |args: &[&str]| world.run_in(&treeless, "git", args, b"");
    git(&["fetch", "--quiet"]).exits(0);
    std::fs::write(
        treeless.join(".newgate/config.toml"),
        "[scanners]\nsecrets = false\ncode = false\n",
    )
    .unwrap();
    std::fs::write(treeless.join("leak.py"), leak(1)).unwrap();
    git(&["add", "--all"]).exits(0);
    git(&["commit", "--quiet", "--message", "Weaken"]).exits(0);
    let ran = world.run_in(&treeless, NEWGATE, &["check"], b"").exits(1);
    ran.says("leak.py:1")
        .says("takes effect once it is on origin/main");
}

#[test]
fn names_that_are_not_utf_8_are_found_on_the_target_too() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::started();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("x.py", "X = 1\n");
    world.commit("Go on");
    world.git(&["switch", "--quiet", "main"]);
    let name = std::ffi::OsStr::from_bytes(b"s\xff.txt");
    std::fs::write(world.work().join(name), leak(1)).unwrap();
    world.commit("On the target");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "feature"]);
    world.git(&["cherry-pick", "main"]);
    assert_eq!(world.check(&[])["verdict"], "pass");
}

#[test]
fn folders_with_names_that_are_not_utf8_are_listed_and_scanned() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new();
    let folder = world.work().join(std::ffi::OsStr::from_bytes(b"odd\xff"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("key.txt"), token(1)).unwrap();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.newgate(&["baseline", "build"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("new.txt", "x\n");
    world.commit("Add");
    let report = world.check(&[]);
    assert_eq!(
        places(&report, "inherited"),
        ["odd\\xff/key.txt:1"],
        "{report:#}"
    );
}

/// Kinds of repositories, each as the options that its remote is made with and the commands that make a clone
/// of `remote.git` and go into it.
const KINDS: [(&str, &str, &str); 24] = [
    ("plain", "", "git clone -q remote.git w; cd w"),
    (
        "sha256",
        "--object-format=sha256",
        "git clone -q remote.git w; cd w",
    ),
    (
        "linked worktree",
        "",
        "git clone -q remote.git c; cd c; git worktree add -q ../w; cd ../w",
    ),
    (
        "bare with worktrees",
        "",
        "git clone -q --bare remote.git .bare; echo 'gitdir: ./.bare' > .git; git worktree add -q m main; cd m",
    ),
    (
        "separate git dir",
        "",
        "git clone -q --separate-git-dir=gd remote.git w; cd w",
    ),
    (
        "shallow",
        "",
        "git clone -q --depth 1 \"file://$PWD/remote.git\" w; cd w",
    ),
    (
        "without blobs",
        "",
        "git clone -q --filter=blob:none \"file://$PWD/remote.git\" w; cd w",
    ),
    (
        "without trees",
        "",
        "git clone -q --filter=tree:0 \"file://$PWD/remote.git\" w; cd w",
    ),
    (
        "sparse",
        "",
        "git clone -q remote.git w; cd w; git sparse-checkout set dir",
    ),
    (
        "sparse index",
        "",
        "git clone -q remote.git w; cd w; git sparse-checkout set --sparse-index dir",
    ),
    ("alternates", "", "git clone -q --shared remote.git w; cd w"),
    (
        "submodule",
        "",
        "git init -q s; cd s; git -c protocol.file.allow=always submodule --quiet add ../remote.git sub; cd sub",
    ),
    (
        "worktree of a submodule",
        "",
        "git init -q s; cd s; git -c protocol.file.allow=always submodule --quiet add ../remote.git sub; cd sub; \
         git worktree add -q ../../w; cd ../../w",
    ),
    (
        "worktree configuration",
        "",
        "git clone -q remote.git w; cd w; git config extensions.worktreeConfig true",
    ),
    (
        "split index",
        "",
        "git clone -q remote.git w; cd w; git update-index --split-index",
    ),
    (
        "many files",
        "",
        "git clone -q remote.git w; cd w; git config feature.manyFiles true",
    ),
    (
        "packed",
        "",
        "git clone -q remote.git w; cd w; git repack -qad; git commit-graph write --reachable; \
         git multi-pack-index write; git pack-refs --all",
    ),
    (
        "replaced commit",
        "",
        "git clone -q remote.git w; cd w; git replace HEAD HEAD~1",
    ),
    (
        "one branch",
        "",
        "git clone -q --single-branch remote.git w; cd w",
    ),
    (
        "spaces and accents",
        "",
        "git clone -q remote.git 'a b \u{e9}'; cd 'a b \u{e9}'",
    ),
    (
        "not UTF-8",
        "",
        "w=$(printf 'w\\377'); git clone -q remote.git \"$w\"; cd \"$w\"",
    ),
    (
        "symbolic link",
        "",
        "git clone -q remote.git w; ln -s w l; cd l",
    ),
    (
        "line endings",
        "",
        "git clone -q remote.git w; cd w; git config core.autocrlf true",
    ),
    (
        "address rewritten",
        "",
        "git clone -q remote.git w; cd w; git remote set-url origin x:remote.git; git config url.../.insteadOf x:",
    ),
];

#[test]
fn the_same_change_has_the_same_verdict_in_every_kind_of_repository() {
    for (kind, options, clone) in KINDS {
        let world = World::with(&options.split_whitespace().collect::<Vec<_>>());
        world.write("old.py", format!("import os\n\n{}", leak(1)));
        world.write("dir/a.py", "X = 1\n");
        world.commit("Start");
        world.write("n.txt", "1\n");
        world.commit("Go on");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        let remote = world.path("remote.git");
        for (name, value) in [("allowFilter", "true"), ("allowAnySHA1InWant", "true")] {
            let name = format!("uploadpack.{name}");
            world
                .run_in(&remote, "git", &["config", &name, value], b"")
                .exits(0);
        }
        let script = format!(
            "set -e\n{clone}\ngit switch -qc feature\nprintf '# c\\n' >> old.py\ncat > new.py\n\
             git add --all --sparse .\ngit commit -qm Change\n'{NEWGATE}' install\ngit push origin feature"
        );
        let ran = world.run_in(&world.folder(), "sh", &["-c", &script], leak(2).as_bytes());
        let ran = ran.exits(1).says("new.py:1").says("1 new (1 critical)");
        assert!(!ran.all().contains("--> old.py"), "{kind}: {ran:#?}");
    }
}
