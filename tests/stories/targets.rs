//! What a push is compared with: no innocent push is blocked for what its target has, and nothing new is
//! taken for old.

use std::path::Path;

use crate::support::{Ran, World, leak};

const NEWGATE: &str = env!("CARGO_BIN_EXE_newgate");

/// Runs git in a folder; it must succeed.
#[track_caller]
fn git(world: &World, folder: &Path, args: &[&str]) -> Ran {
    world.run_in(folder, "git", args, b"").exits(0)
}

/// Runs the command that a push prints where another branch stands for the target.
#[track_caller]
fn paste(world: &World, folder: &Path, said: &Ran) {
    let words: Vec<String> = said.all().split_whitespace().map(str::to_owned).collect();
    let text = words.join(" ");
    let (_, command) = text.split_once("to change that: `").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    world.run_in(folder, "sh", &["-c", command], b"").exits(0);
}

/// A world whose `main` has an old leak and is pushed, with the hook installed after.
fn with_old() -> World {
    let world = World::new();
    world.write("old.py", leak(1));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world
}

/// A branch with something clean on it, checked out.
fn branch(world: &World, name: &str) {
    world.git(&["switch", "--quiet", "--create", name]);
    world.write("fine.py", "X = 1\n");
    world.commit("Fine");
}

#[test]
fn in_a_bare_clone_with_worktrees_the_local_default_branch_is_the_target() {
    let world = with_old();
    let top = world.path("trees");
    std::fs::create_dir(&top).unwrap();
    git(
        &world,
        &top,
        &["clone", "--quiet", "--bare", "../remote.git", ".bare"],
    );
    std::fs::write(top.join(".git"), "gitdir: ./.bare\n").unwrap();
    git(&world, &top, &["worktree", "add", "--quiet", "m", "main"]);
    let tree = top.join("m");
    world.run_in(&tree, NEWGATE, &["install"], b"").exits(0);
    git(&world, &tree, &["switch", "--quiet", "--create", "f"]);
    let save = |name: &str, text: &str| {
        std::fs::write(tree.join(name), text).unwrap();
        git(&world, &tree, &["add", "--all"]);
        git(&world, &tree, &["commit", "--quiet", "--message", name]);
    };
    save("fine.py", "X = 1\n");
    let push = |refspec: &str| world.run_in(&tree, "git", &["push", "origin", refspec], b"");
    push("f")
        .exits(0)
        .says("main is used as origin's default branch");
    save("bad.py", &leak(2));
    push("f").exits(1).says("bad.py:1");
    // A push of the branch that stands for the remote's is not compared with itself.
    git(&world, &tree, &["switch", "--quiet", "main"]);
    git(&world, &tree, &["merge", "--quiet", "f"]);
    push("main").exits(1).says("bad.py:1");
    // The printed remedy brings the copies.
    paste(&world, &tree, &push("f"));
    let ran = push("f").exits(1).says("bad.py:1");
    assert!(!ran.all().contains("is used as"), "{ran:#?}");
}

#[test]
fn a_remote_that_was_never_fetched_is_compared_with_the_one_that_was() {
    let world = with_old();
    git(
        &world,
        &world.folder(),
        &["init", "--quiet", "--bare", "second.git"],
    );
    world.git(&["remote", "add", "second", "../second.git"]);
    branch(&world, "f");
    let said = world.push(&["second", "f"]).exits(0);
    let said = said.says("nothing has been fetched from second yet");
    paste(&world, &world.work(), &said);
    world.write("bad.py", leak(2));
    world.commit("Bad");
    world.push(&["second", "f"]).exits(1).says("bad.py:1");
}

#[test]
fn a_renamed_default_branch_is_found_and_so_is_the_only_branch_of_a_narrow_clone() {
    let world = World::new();
    world.git(&["switch", "--quiet", "--orphan", "master"]);
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "master"]).exits(0);
    world.git(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/master",
    ]);
    world.git(&["switch", "--quiet", "--create", "main"]);
    world.write("old.py", leak(1));
    world.commit("Old");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    branch(&world, "f");
    world.push(&["origin", "f"]).exits(0).says("origin/main");
    // A clone of one branch that has no usual name.
    world
        .push(&["--quiet", "--no-verify", "origin", "main:refs/heads/line"])
        .exits(0);
    let narrow = [
        "clone",
        "--quiet",
        "--single-branch",
        "--branch",
        "line",
        "remote.git",
        "narrow",
    ];
    git(&world, &world.folder(), &narrow);
    let narrow = world.path("narrow");
    world.run_in(&narrow, NEWGATE, &["install"], b"").exits(0);
    git(&world, &narrow, &["switch", "--quiet", "--create", "g"]);
    git(
        &world,
        &narrow,
        &["commit", "--quiet", "--allow-empty", "--message", "g"],
    );
    let ran = world.run_in(&narrow, "git", &["push", "origin", "g"], b"");
    paste(
        &world,
        &narrow,
        &ran.exits(0).says("origin/line is used as"),
    );
    git(
        &world,
        &narrow,
        &["commit", "--quiet", "--allow-empty", "--message", "h"],
    );
    let ran = world.run_in(&narrow, "git", &["push", "origin", "g"], b"");
    ran.exits(0).says("the tip of origin/main");
}

/// A world with a second remote of the same project, whose `main` is ahead by a leak.
fn with_other_remote(name: &str) -> World {
    let world = with_old();
    git(
        &world,
        &world.folder(),
        &["clone", "--quiet", "--bare", "remote.git", "other.git"],
    );
    world.git(&["remote", "add", name, "../other.git"]);
    world.git(&["switch", "--quiet", "--create", "theirs"]);
    world.write("theirs.py", leak(3));
    world.commit("Theirs");
    world
        .push(&["--quiet", "--no-verify", name, "theirs:main"])
        .exits(0);
    world.git(&["switch", "--quiet", "main"]);
    world.git(&["branch", "--quiet", "--delete", "--force", "theirs"]);
    world
}

#[test]
fn in_a_fork_what_upstream_has_is_not_held_against_the_contributor() {
    let world = with_other_remote("upstream");
    world.git(&[
        "switch",
        "--quiet",
        "--no-track",
        "--create",
        "mine",
        "upstream/main",
    ]);
    world.write("mine.py", "X = 1\n");
    world.commit("Mine");
    assert_eq!(world.check(&[])["verdict"], "pass");
    assert_eq!(world.check(&["--enforce"])["verdict"], "blocked");
    world
        .push(&["origin", "mine"])
        .exits(0)
        .says("upstream/main");
    // Nor where the fork itself is brought up to date.
    world
        .push(&["origin", "upstream/main:refs/heads/main"])
        .exits(0);
    world.write("bad.py", leak(4));
    world.commit("Bad");
    world.push(&["origin", "mine"]).exits(1).says("bad.py:1");
}

#[test]
fn what_a_contributor_has_is_new_to_the_target() {
    let world = with_other_remote("contributor");
    world.git(&["merge", "--quiet", "contributor/main"]);
    world.push(&["origin", "main"]).exits(1).says("theirs.py:1");
    world.git(&["config", "remote.contributor.gh-resolved", "base"]);
    world.push(&["origin", "main"]).exits(0);
}

#[test]
fn a_long_lived_branch_inherits_what_it_has_on_the_remote() {
    let world = with_old();
    world.git(&["switch", "--quiet", "--create", "release/1"]);
    world.write("rel.py", leak(2));
    world.commit("Old on the branch");
    world
        .push(&["--quiet", "--no-verify", "origin", "release/1"])
        .exits(0);
    world.git(&["tag", "v1"]);
    world.write("rel.py", format!("import os\n{}", leak(2)));
    world.commit("Fix");
    world
        .push(&["origin", "HEAD:refs/for/release/1/topic"])
        .exits(0);
    world
        .push(&["origin", "HEAD:refs/for/release/1%topic=x,r=a@b"])
        .exits(0);
    world.push(&["origin", "v1"]).exits(0);
    world
        .push(&["origin", "release/1:refs/heads/stable"])
        .exits(1);
    world.push(&["origin", "release/1"]).exits(0);
    // The very commit is there: a branch at it brings nothing.
    world
        .push(&["origin", "release/1:refs/heads/stable"])
        .exits(0);
    // To the target it is new, whatever another branch has.
    world
        .push(&["origin", "release/1:main"])
        .exits(1)
        .says("rel.py:2");
    world.write("more.py", leak(3));
    world.commit("More");
    world.git(&["tag", "v2"]);
    for refspec in ["release/1", "HEAD:refs/for/release/1", "v2"] {
        world.push(&["origin", refspec]).exits(1).says("more.py:1");
    }
}

#[test]
fn what_any_of_several_merge_bases_has_is_inherited_at_any_path() {
    let world = World::started();
    world.git(&["switch", "--quiet", "--create", "b1"]);
    world.write("c1.py", leak(1));
    world.commit("c1");
    world.git(&["switch", "--quiet", "--create", "b2", "main"]);
    world.write("c2.py", leak(2));
    world.commit("c2");
    world.git(&["switch", "--quiet", "b1"]);
    world.git(&["merge", "--quiet", "b2", "--message", "m1"]);
    world.git(&["switch", "--quiet", "b2"]);
    world.git(&["merge", "--quiet", "b1~1", "--message", "m2"]);
    world
        .push(&["--quiet", "--no-verify", "origin", "b2:main"])
        .exits(0);
    world.git(&["switch", "--quiet", "b1"]);
    for file in ["c1.py", "c2.py"] {
        std::fs::create_dir_all(world.work().join("pkg")).unwrap();
        world.git(&["mv", file, "pkg"]);
    }
    world.commit("Move");
    world.newgate(&["check", "--merge"]).exits(0);
    world.push(&["origin", "b1"]).exits(0);
    // A copy of what was moved is new.
    world.write("copy.py", leak(1));
    world.commit("Copy");
    world.push(&["origin", "b1"]).exits(1).says("copy.py:1");
}

#[test]
fn what_a_rewritten_history_had_has_been_pushed_before() {
    let world = World::new();
    world.write("a.py", leak(1));
    world.commit("Leak");
    world.write("a.py", "X = 1\n");
    world.write("big.bin", "big");
    world.commit("Fix");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--orphan", "again"]);
    world.write("a.py", leak(1));
    world.commit("Leak");
    world.write("a.py", "X = 1\n");
    world.commit("Fix");
    world.push(&["--force", "origin", "again:main"]).exits(0);
    // Another secret in the rewritten history is new.
    world.write("b.py", leak(2));
    world.commit("Another");
    world.git(&["rm", "--quiet", "b.py"]);
    world.commit("Gone");
    world.git(&["commit", "--quiet", "--amend", "--message", "Gone again"]);
    world
        .push(&["--force", "origin", "again:main"])
        .exits(1)
        .says("b.py:1");
}

#[test]
fn findings_of_the_branch_that_a_push_goes_on_from_are_named_as_its() {
    let world = with_old();
    world.git(&["switch", "--quiet", "--create", "parent"]);
    world.write("parent.py", leak(2));
    world.commit("Parent");
    world
        .push(&["--quiet", "--no-verify", "origin", "parent"])
        .exits(0);
    branch(&world, "child");
    let ran = world.push(&["origin", "child"]).exits(1);
    let told = ran.all().split_whitespace().collect::<Vec<_>>().join(" ");
    let command =
        "git -c newgate.target=origin/parent push origin refs/heads/child:refs/heads/child";
    assert!(
        told.contains("1 issue that blocks this push is already in origin/parent"),
        "{told}"
    );
    assert!(told.contains(command), "{told}");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    world.try_git(&words).exits(0);
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a pipeline runs the script itself"
)]
fn a_shallow_clone_in_a_pipeline_gives_the_verdict_of_a_full_one() {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    let first = world.commit("Start");
    world.write("l.py", leak(1));
    world.commit("Brought");
    world.git(&["rm", "--quiet", "l.py"]);
    world.commit("Taken");
    world.git(&["switch", "--quiet", "--create", "feat"]);
    world.write("ok.py", "X = 2\n");
    world.commit("Clean");
    world.git(&["switch", "--quiet", "main"]);
    for _ in 0..60 {
        world.git(&["commit", "--quiet", "--allow-empty", "--message", "c"]);
    }
    world.git(&["switch", "--quiet", "--create", "side", &first]);
    world.commit("Side");
    world.git(&["switch", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "side", "--message", "merge"]);
    world.push(&["--quiet", "origin", "main", "feat"]).exits(0);
    let url = format!("file://{}", world.path("remote.git").display());
    let clone = [
        "clone", "--quiet", "--depth", "1", "--branch", "feat", &url, "ci",
    ];
    git(&world, &world.folder(), &clone);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/hooks/ci.sh");
    let mut ci = world.command(&world.path("ci"), "sh");
    let path = format!(
        "{}:{}",
        Path::new(NEWGATE).parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    ci.arg(script)
        .env("NEWGATE_TARGET", "main")
        .env("PATH", path);
    Ran::of(&ci.output().unwrap()).exits(0);
}
