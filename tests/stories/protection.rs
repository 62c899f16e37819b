//! No sequence of pushes takes a protected branch of a server back to a weaker state.

use crate::support::{World, leak};

pub(super) const SIGNERS: &str = ".newgate/signers";
/// With time enough for a machine that has much else to do.
pub(super) const STRICT: &str = "[gate]\nblock-at = \"low\"\n[server]\nprotect = [\"release/**\", \"refs/tags/v*\"]\nbudget = 120\n";
pub(super) const WEAK: &str = "[scanners]\nsecrets = false\n";

/// Pushes what is there past the hook that is not yet installed, then installs it.
fn guard(world: &World, hook: &str) {
    world.push(&["--quiet", "origin", "--all"]).exits(0);
    let bare = world.path("remote.git");
    let args = [
        "install",
        "--server",
        "--hook",
        hook,
        bare.to_str().unwrap(),
    ];
    world.newgate(&args).exits(0);
}

/// A world whose server began with a weak configuration and has a strict one now, and `release/1` too.
pub(super) fn strict(config: &str) -> World {
    let world = World::new();
    world.write(".newgate/config.toml", WEAK);
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.git(&["tag", "weak"]);
    world.write(".newgate/config.toml", config);
    let signer = key(&world, "lead");
    world.write(SIGNERS, signer);
    world.commit("Turn the gate on");
    world.git(&["branch", "release/1"]);
    guard(&world, "pre-receive");
    world
}

/// The same, where only `lead` may change what decides.
pub(super) fn signed() -> World {
    strict(&format!("{STRICT}config-signers = \"{SIGNERS}\"\n"))
}

/// Makes a key, and returns its line in a file of allowed signers.
pub(super) fn key(world: &World, name: &str) -> String {
    let public = world.make_key(name);
    format!("{name}@example.com namespaces=\"git\" {public}")
}

/// Signs the last commit anew.
pub(super) fn sign(world: &World, name: &str) {
    let key = format!("user.signingkey={}", world.public_key(name));
    let args = [
        "-c",
        "gpg.format=ssh",
        "-c",
        &key,
        "commit",
        "--quiet",
        "--amend",
        "--no-edit",
        "-S",
    ];
    world.git(&args);
}

/// Changes what the server has, past its hooks.
pub(super) fn on_the_server(world: &World, branch: &str) {
    let work = world.work();
    let refs = format!("+{branch}:{branch}");
    world.remote(&["fetch", "--quiet", work.to_str().unwrap(), &refs]);
}

pub(super) fn start_over(world: &World) {
    world.git(&["fetch", "--quiet", "origin"]);
    world.git(&["switch", "--quiet", "--discard-changes", "main"]);
    world.git(&["reset", "--quiet", "--hard", "origin/main"]);
}

#[test]
fn no_sequence_of_pushes_takes_a_protected_branch_back() {
    // Each line is one push; the last bring a leak.
    let sequences: &[(&str, &[&str])] = &[
        (
            "moved back",
            &["--force origin weak:main", "origin leak:main"],
        ),
        (
            "moved back, a release",
            &["--force origin weak:release/1", "origin leak:release/1"],
        ),
        (
            "deleted and made again",
            &["origin :main", "origin weak:main", "origin leak:main"],
        ),
        (
            "deleted and made again, a release",
            &[
                "origin :release/1",
                "origin weak:release/1",
                "origin leak:release/1",
            ],
        ),
        (
            "deleted and made again at once",
            &[
                "--force origin :release/1 weak:release/2",
                "origin leak:release/1",
            ],
        ),
        (
            "made a folder",
            &["origin :main", "origin weak:main/x", "origin leak:main"],
        ),
        ("replaced by a mirror", &["--mirror --force origin"]),
        (
            "another branch first",
            &[
                "origin weak:other",
                "--force origin other:main",
                "origin leak:main",
            ],
        ),
        (
            "rewritten with the same end",
            &["--force origin rewritten:main", "origin leak:main"],
        ),
    ];
    for config in [
        STRICT.to_owned(),
        format!("{STRICT}config-signers = \"{SIGNERS}\"\n"),
    ] {
        let world = strict(&config);
        world.remote(&["config", "receive.denyDeleteCurrent", "ignore"]);
        for branch in ["leak", "rewritten", "other"] {
            world.git(&["switch", "--quiet", "--create", branch, "weak"]);
        }
        world.git(&["switch", "--quiet", "rewritten"]);
        world.write("app.py", "X = 2\n");
        world.commit("Rewrite");
        world.git(&["switch", "--quiet", "leak"]);
        world.write("leak.py", leak(1));
        world.commit("Leak");
        world.git(&["branch", "--force", "main", "leak"]);
        let protected = ["for-each-ref", "refs/heads/main", "refs/heads/release/"];
        let before = world.remote(&protected);
        for (name, pushes) in sequences {
            for line in *pushes {
                let words: Vec<&str> = line.split(' ').collect();
                world.push(&words);
            }
            assert_eq!(world.remote(&protected), before, "{name}, {config}");
        }
    }
}

#[test]
fn a_branch_may_be_rewritten_as_long_as_what_decides_stays() {
    let world = strict(STRICT);
    world.write("app.py", "X = 2\n");
    world.commit("Go on");
    world.push(&["origin", "main"]).exits(0);
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write("app.py", "X = 3\n");
    world.commit("Otherwise");
    world.push(&["--force", "origin", "main"]).exits(0);
    // Not where only signers change what decides.
    let world = signed();
    world.write("app.py", "X = 2\n");
    world.commit("Go on");
    world.push(&["origin", "main"]).exits(0);
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write("app.py", "X = 3\n");
    world.commit("Otherwise");
    let refused = world.push(&["--force", "origin", "main"]).exits(1);
    refused.says("main: REFUSED").says("only moves forward");
}

#[test]
fn a_new_protected_branch_begins_with_the_default_branch_s_configuration() {
    let world = signed();
    for (name, from) in [("release/old", "weak"), ("release/2", "main")] {
        world.git(&["switch", "--quiet", "--create", name, from]);
        world.write(".newgate/config.toml", WEAK);
        world.write("app.py", "X = 4\n");
        world.commit("Weaken");
        let refused = world.push(&["origin", name]).exits(1);
        let refused = refused.says(&format!("{name}: REFUSED"));
        refused.says("git restore --source=origin/main --staged --worktree -- .newgate");
        // A signature of a state that the default branch has left behind does not bring it back.
        sign(&world, "lead");
        let code = world.push(&["origin", name]).code;
        assert_eq!(code, i32::from(from == "weak"), "{name}");
    }
    // As told.
    world.git(&["switch", "--quiet", "release/old"]);
    world.git(&["fetch", "--quiet"]);
    world.git(&[
        "restore",
        "--source=origin/main",
        "--staged",
        "--worktree",
        "--",
        ".newgate",
    ]);
    world.git(&["commit", "--quiet", "--message=Take the configuration"]);
    world.push(&["origin", "release/old"]).exits(0);
}

#[test]
fn a_branch_that_is_not_protected_has_the_policy_of_the_default_branch() {
    for others in ["block", "warn"] {
        let world = strict(&format!("{STRICT}others = \"{others}\"\n"));
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write(".newgate/config.toml", WEAK);
        world.commit("Weaken");
        world.push(&["origin", "feature"]).exits(0);
        world.write("leak.py", leak(1));
        world.commit("Leak");
        let pushed = world
            .push(&["origin", "feature"])
            .exits(i32::from(others == "block"));
        pushed.says("feature: BLOCKED");
        // It may be deleted.
        world.push(&["origin", ":feature"]);
    }
}

#[test]
fn refs_of_one_push_are_judged_by_what_was_there_before() {
    let world = strict(STRICT);
    world.write(".newgate/config.toml", WEAK);
    world.commit("Weaken");
    world.git(&["switch", "--quiet", "--create", "release/3"]);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    let refused = world.push(&["origin", "main", "release/3"]).exits(1);
    refused.says("release/3: BLOCKED");
    // The hook `update` is asked once for each ref, but only a signer changes what the next has.
    for (config, taken) in [
        (STRICT.to_owned(), true),
        (format!("{STRICT}config-signers = \"{SIGNERS}\"\n"), false),
    ] {
        let world = World::new();
        world.write(".newgate/config.toml", config);
        let signer = key(&world, "lead");
        world.write(SIGNERS, signer);
        world.commit("Start");
        guard(&world, "update");
        world.write(".newgate/config.toml", WEAK);
        world.commit("Weaken");
        world.git(&["switch", "--quiet", "--create", "release/3"]);
        world.write("leak.py", leak(1));
        world.commit("Leak");
        world.push(&["origin", "main", "release/3"]);
        assert_eq!(world.remote_ref("refs/heads/release/3").is_some(), taken);
    }
}

#[test]
fn objects_that_others_replace_are_judged_as_they_are() {
    for format in ["sha1", "sha256"] {
        let world = World::with(&[&format!("--object-format={format}")]);
        world.write(
            ".newgate/config.toml",
            format!("{STRICT}config-signers = \"{SIGNERS}\"\n"),
        );
        let signer = key(&world, "lead");
        world.write(SIGNERS, signer);
        world.write("app.py", "X = 1\n");
        world.commit("Start");
        guard(&world, "pre-receive");
        world.write("leak.py", leak(1));
        world.commit("Leak");
        world.git(&["replace", "HEAD:leak.py", "HEAD:app.py"]);
        world
            .push(&["origin", "refs/replace/*:refs/replace/*"])
            .exits(0);
        world
            .push(&["origin", "main"])
            .exits(1)
            .says("main: BLOCKED");
        start_over(&world);
        let config = std::fs::read_to_string(world.work().join(".newgate/config.toml")).unwrap();
        world.write(".newgate/config.toml", format!("{config}# x\n"));
        let unsigned = world.commit("Change the gate");
        sign(&world, "lead");
        let signed = world.git(&["rev-parse", "HEAD"]);
        world.git(&["replace", &unsigned, &signed]);
        world
            .push(&["origin", "refs/replace/*:refs/replace/*"])
            .exits(0);
        let refused = world
            .push(&["origin", &format!("{unsigned}:main")])
            .exits(1);
        refused.says("it is not signed");
        world.git(&["replace", "--delete", &unsigned]);
        world.push(&["origin", "main"]).exits(0);
    }
}

#[test]
fn other_names_for_a_protected_ref_are_protected_too() {
    let world = signed();
    world.remote(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    world.write(".newgate/config.toml", WEAK);
    world.commit("Weaken");
    world
        .push(&["origin", "main:alias"])
        .exits(1)
        .says("main: REFUSED");
    world.push(&["origin", ":alias"]).exits(1);
    // Where names that differ in their case are one file.
    world.remote(&["config", "core.ignorecase", "true"]);
    for name in ["MAIN", "Release/1"] {
        let refused = world.push(&["origin", &format!("main:{name}")]).exits(1);
        refused.says(&format!("{name}: REFUSED"));
    }
}

#[test]
fn protected_tags_stay_where_they_are() {
    let world = signed();
    world.push(&["origin", "weak:refs/tags/v1"]).exits(0);
    world
        .push(&["origin", ":refs/tags/v1"])
        .exits(1)
        .says("REFUSED");
    let moved = world.push(&["--force", "origin", "main:refs/tags/v0"]);
    assert_eq!(moved.code, 0, "{moved:#?}");
    let moved = world.push(&["--force", "origin", "weak:refs/tags/v0"]);
    moved
        .exits(1)
        .says("a protected ref that is not a branch cannot change");
    world.push(&["origin", "weak:refs/tags/other"]).exits(0);
    world.push(&["origin", ":refs/tags/other"]).exits(0);
}
