//! No sequence of pushes takes a protected branch of a server back to a weaker state.

use std::os::unix::fs::symlink;

use crate::support::{Ran, World, token};

const SIGNERS: &str = ".newgate/signers";
/// With time enough for a machine that has much else to do.
const STRICT: &str = "[gate]\nblock-at = \"low\"\n[server]\nprotect = [\"release/**\", \"refs/tags/v*\"]\nbudget = 120\n";
const WEAK: &str = "[scanners]\nsecrets = false\n";

fn leak(number: u32) -> String {
    format!("TOKEN = '{}'\n", token(number))
}

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
fn strict(config: &str) -> World {
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
fn signed() -> World {
    strict(&format!("{STRICT}config-signers = \"{SIGNERS}\"\n"))
}

/// Makes a key, and returns its line in a file of allowed signers.
fn key(world: &World, name: &str) -> String {
    let path = world.path(&format!("home/{name}"));
    let path = path.to_str().unwrap();
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path];
    let made = world.run_in(&world.folder(), "ssh-keygen", &args, b"");
    assert_eq!(made.code, 0, "{made:#?}");
    let public = std::fs::read_to_string(format!("{path}.pub")).unwrap();
    format!("{name}@example.com namespaces=\"git\" {public}")
}

/// Signs the last commit anew.
fn sign(world: &World, name: &str) {
    let key = format!(
        "user.signingkey={}",
        world.path(&format!("home/{name}.pub")).display()
    );
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

fn push(world: &World, what: &str) -> Ran {
    world.push(&["origin", what])
}

fn remote(world: &World, args: &[&str]) -> String {
    let ran = world.run_in(&world.path("remote.git"), "git", args, b"");
    assert_eq!(ran.code, 0, "{ran:#?}");
    ran.out
}

/// Changes what the server has, past its hooks.
fn on_the_server(world: &World, branch: &str) {
    let work = world.work();
    let refs = format!("+{branch}:{branch}");
    remote(world, &["fetch", "--quiet", work.to_str().unwrap(), &refs]);
}

fn start_over(world: &World) {
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
        remote(&world, &["config", "receive.denyDeleteCurrent", "ignore"]);
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
        let before = remote(&world, &protected);
        for (name, pushes) in sequences {
            for line in *pushes {
                let words: Vec<&str> = line.split(' ').collect();
                world.push(&words);
            }
            assert_eq!(remote(&world, &protected), before, "{name}, {config}");
        }
    }
}

#[test]
fn a_branch_may_be_rewritten_as_long_as_what_decides_stays() {
    let world = strict(STRICT);
    world.write("app.py", "X = 2\n");
    world.commit("Go on");
    push(&world, "main").exits(0);
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write("app.py", "X = 3\n");
    world.commit("Otherwise");
    world.push(&["--force", "origin", "main"]).exits(0);
    // Not where only signers change what decides.
    let world = signed();
    world.write("app.py", "X = 2\n");
    world.commit("Go on");
    push(&world, "main").exits(0);
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write("app.py", "X = 3\n");
    world.commit("Otherwise");
    let refused = world.push(&["--force", "origin", "main"]).exits(1);
    refused.says("main: REFUSED").says("only moves forward");
}

#[test]
fn only_a_signer_changes_what_decides() {
    type Edit = fn(&World);
    let edits: &[(&str, Edit)] = &[
        (".newgate/config.toml", |w| {
            w.write(".newgate/config.toml", WEAK);
        }),
        (".newgate/config.toml", |w| {
            w.git(&["rm", "--quiet", "-r", ".newgate"]);
        }),
        (".newgate", |w| {
            w.git(&["mv", ".newgate", "kept"]);
            symlink("kept", w.work().join(".newgate")).unwrap();
        }),
        (".newgate/exemptions.toml", |w| {
            w.write(
                ".newgate/exemptions.toml",
                "version = 1\n[[exemption]]\nrule = \"*\"\nreason = \"other\"\ntext = \"t\"\n\
                 granted = 2026-01-01\nuntil = 2999-01-01\n",
            );
        }),
        (".newgate/signers", |w| {
            let stranger = key(w, "another");
            w.write(SIGNERS, stranger);
        }),
        (".newgate/rules/more.yml", |w| {
            w.write(".newgate/rules/more.yml", "");
        }),
        ("ruff.toml", |w| w.write("ruff.toml", "exclude = [\"*\"]\n")),
        ("pyproject.toml", |w| {
            w.write("pyproject.toml", "[tool.ruff]\nexclude = [\"*\"]\n");
        }),
        ("baselines", |w| w.write("baselines", "")),
    ];
    let world = signed();
    let config = format!(
        "{STRICT}config-signers = \"{SIGNERS}\"\n[scanners]\nruff = true\n[baseline]\nsigners = \"baselines\"\n"
    );
    world.write(".newgate/config.toml", &config);
    world.commit("Turn ruff on");
    sign(&world, "lead");
    on_the_server(&world, "main");
    key(&world, "stranger");
    for (file, edit) in edits {
        start_over(&world);
        edit(&world);
        let commit = world.commit("Change what decides");
        let refused = push(&world, "main").exits(1);
        let refused = refused.says("main: REFUSED").says(&format!("`{file}`"));
        let refused = refused.says(&commit[..10]).says("it is not signed");
        refused.says("commit --amend --no-edit -S");
        sign(&world, "stranger");
        push(&world, "main")
            .exits(1)
            .says("the signer is not in the list of allowed signers");
        // What follows a commit that was signed is not.
        sign(&world, "lead");
        world.git(&["commit", "--quiet", "--allow-empty", "--message=More"]);
        push(&world, "main").exits(1).says("it is not signed");
    }
    // Everything else needs no signature.
    start_over(&world);
    world.write("pyproject.toml", "[project]\nname = \"x\"\n");
    world.write("docs/.newgate/config.toml", "");
    world.commit("Go on");
    let taken = push(&world, "main");
    assert!(!taken.err.contains("REFUSED"), "{taken:#?}");
}

#[test]
fn what_a_signer_signed_is_taken_and_still_checked() {
    let world = signed();
    let config = std::fs::read_to_string(world.work().join(".newgate/config.toml")).unwrap();
    world.write(".newgate/config.toml", format!("{config}\n# Agreed.\n"));
    world.commit("Change the gate");
    sign(&world, "lead");
    push(&world, "main").exits(0).says("main: PASS");
    // A merge that brings what others wrote.
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(".newgate/config.toml", format!("{config}\n# Proposed.\n"));
    world.commit("Propose");
    world.git(&["switch", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "--no-edit", "feature"]);
    push(&world, "main").exits(1).says("main: REFUSED");
    sign(&world, "lead");
    push(&world, "main").exits(0);
    // A signature is no receipt.
    world.write(".newgate/config.toml", format!("{config}\n# Again.\n"));
    world.write("leak.py", leak(1));
    world.commit("Leak");
    sign(&world, "lead");
    push(&world, "main").exits(1).says("main: BLOCKED");
    start_over(&world);
    // A merge that keeps nothing of what there is.
    let merged = world.git(&[
        "commit-tree",
        "-p",
        "HEAD",
        "-p",
        "weak",
        "-m",
        "Ours",
        "weak^{tree}",
    ]);
    world.git(&["reset", "--quiet", "--hard", &merged]);
    push(&world, "main").exits(1).says("main: REFUSED");
}

#[test]
fn a_signature_counts_for_its_commit_and_purpose_only() {
    let world = signed();
    let config = std::fs::read_to_string(world.work().join(".newgate/config.toml")).unwrap();
    world.write(".newgate/config.toml", format!("{config}\n# Agreed.\n"));
    world.commit("Change the gate");
    sign(&world, "lead");
    let object = world.git(&["cat-file", "commit", "HEAD"]);
    let forge = |text: String| {
        let args = ["hash-object", "-t", "commit", "-w", "--stdin"];
        let made = world.run_in(&world.work(), "git", &args, text.as_bytes());
        assert_eq!(made.code, 0, "{made:#?}");
        made.out.trim().to_owned()
    };
    // Of another tree, twice there, in the message, of another kind.
    world.write(".newgate/config.toml", WEAK);
    world.git(&["add", "--all"]);
    let weak = world.git(&["write-tree"]);
    let (head, message) = object.split_once("\n\n").unwrap();
    let (before, signature) = head.split_once("gpgsig ").unwrap();
    let other_tree = format!("tree {weak}{}", &object[object.find('\n').unwrap()..]);
    let weakened = format!("tree {weak}{}", &before[before.find('\n').unwrap()..]);
    for (text, why) in [
        (other_tree, "its signature does not match"),
        (
            format!("{head}\ngpgsig {signature}\n\n{message}\n"),
            "it is not signed",
        ),
        (
            format!("{weakened}\n{message}\ngpgsig {signature}\n"),
            "it is not signed",
        ),
        (
            format!(
                "{weakened}gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n{message}\n"
            ),
            "was not made with an SSH key",
        ),
    ] {
        let forged = forge(text);
        let refused = push(&world, &format!("{forged}:main")).exits(1);
        refused.says("main: REFUSED").says(why);
    }
    // By a key that is listed for something else.
    let signer = std::fs::read_to_string(world.work().join(SIGNERS)).unwrap();
    start_over(&world);
    world.write(SIGNERS, signer.replace("\"git\"", "\"newgate\""));
    world.commit("List for receipts only");
    on_the_server(&world, "main");
    world.write(".newgate/config.toml", format!("{config}\n# Agreed.\n"));
    world.commit("Change the gate");
    sign(&world, "lead");
    push(&world, "main").exits(1).says("main: REFUSED");
    assert_eq!(
        remote(&world, &["show", "main:.newgate/config.toml"]),
        config
    );
}

#[test]
fn a_new_protected_branch_begins_with_the_default_branch_s_configuration() {
    let world = signed();
    for (name, from) in [("release/old", "weak"), ("release/2", "main")] {
        world.git(&["switch", "--quiet", "--create", name, from]);
        world.write(".newgate/config.toml", WEAK);
        world.write("app.py", "X = 4\n");
        world.commit("Weaken");
        let refused = push(&world, name).exits(1);
        let refused = refused.says(&format!("{name}: REFUSED"));
        refused.says("git restore --source=origin/main --staged --worktree -- .newgate");
        // A signature of a state that the default branch has left behind does not bring it back.
        sign(&world, "lead");
        let code = push(&world, name).code;
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
    push(&world, "release/old").exits(0);
}

#[test]
fn a_branch_that_is_not_protected_has_the_policy_of_the_default_branch() {
    for others in ["block", "warn"] {
        let world = strict(&format!("{STRICT}others = \"{others}\"\n"));
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write(".newgate/config.toml", WEAK);
        world.commit("Weaken");
        push(&world, "feature").exits(0);
        world.write("leak.py", leak(1));
        world.commit("Leak");
        let pushed = push(&world, "feature").exits(i32::from(others == "block"));
        pushed.says("feature: BLOCKED");
        // It may be deleted.
        push(&world, ":feature");
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
        push(&world, "main").exits(1).says("main: BLOCKED");
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
        let refused = push(&world, &format!("{unsigned}:main")).exits(1);
        refused.says("it is not signed");
        world.git(&["replace", "--delete", &unsigned]);
        push(&world, "main").exits(0);
    }
}

#[test]
fn other_names_for_a_protected_ref_are_protected_too() {
    let world = signed();
    remote(
        &world,
        &["symbolic-ref", "refs/heads/alias", "refs/heads/main"],
    );
    world.write(".newgate/config.toml", WEAK);
    world.commit("Weaken");
    push(&world, "main:alias").exits(1).says("main: REFUSED");
    push(&world, ":alias").exits(1);
    // Where names that differ in their case are one file.
    remote(&world, &["config", "core.ignorecase", "true"]);
    for name in ["MAIN", "Release/1"] {
        let refused = push(&world, &format!("main:{name}")).exits(1);
        refused.says(&format!("{name}: REFUSED"));
    }
}

#[test]
fn protected_tags_stay_where_they_are() {
    let world = signed();
    push(&world, "weak:refs/tags/v1").exits(0);
    push(&world, ":refs/tags/v1").exits(1).says("REFUSED");
    let moved = world.push(&["--force", "origin", "main:refs/tags/v0"]);
    assert_eq!(moved.code, 0, "{moved:#?}");
    let moved = world.push(&["--force", "origin", "weak:refs/tags/v0"]);
    moved
        .exits(1)
        .says("a protected ref that is not a branch cannot change");
    push(&world, "weak:refs/tags/other").exits(0);
    push(&world, ":refs/tags/other").exits(0);
}

#[test]
fn a_configuration_with_mistakes_lets_nobody_else_change_it() {
    let broken = [
        format!("{STRICT}config-signers = \"{SIGNERS}\"\nno-such-key = 1\n"),
        format!("{STRICT}config-signers = \"{SIGNERS}\"\n[gate\n"),
        format!("[gate\n{STRICT}config-signers = \"{SIGNERS}\"\n"),
        format!("{STRICT}config-signers = true\n"),
    ];
    for (number, text) in broken.iter().enumerate() {
        let world = signed();
        world.write(".newgate/config.toml", text);
        world.commit("Break it");
        on_the_server(&world, "main");
        world.write(".newgate/config.toml", WEAK);
        world.commit("Fix it and weaken it");
        push(&world, "main").exits(1).says("main: REFUSED");
        push(&world, ":release/1").exits(1).says("REFUSED");
        if number == 0 {
            sign(&world, "lead");
            push(&world, "main").exits(0);
        }
    }
    // Another one's mistake shuts nobody out.
    let world = strict(STRICT);
    world.write(".newgate/config.toml", "[gate\n");
    world.commit("Break it");
    on_the_server(&world, "main");
    world.write(".newgate/config.toml", STRICT);
    world.commit("Fix it");
    push(&world, "main").exits(0);
}

#[test]
fn a_push_that_would_shut_everybody_out_is_refused() {
    let world = strict(STRICT);
    for (file, content) in [
        ("none", ""),
        (SIGNERS, "# nobody\n\n"),
        ("/no/such/file", ""),
    ] {
        start_over(&world);
        if !content.is_empty() {
            world.write(file, content);
        }
        let config = format!("{STRICT}config-signers = \"{file}\"\n");
        world.write(".newgate/config.toml", config);
        world.commit("Name no signers");
        let refused = push(&world, "main").exits(1);
        refused.says(&format!("`{file}`, which has no signers"));
    }
    // Signers of the server itself, whom no push changes.
    start_over(&world);
    let outside = world.path("signers");
    std::fs::copy(world.work().join(SIGNERS), &outside).unwrap();
    let config = format!("{STRICT}config-signers = \"{}\"\n", outside.display());
    world.write(".newgate/config.toml", &config);
    world.commit("Name signers of the server");
    push(&world, "main").exits(0);
    world.write(".newgate/config.toml", format!("{config}# x\n"));
    world.commit("Change the gate");
    push(&world, "main").exits(1).says("it is not signed");
    sign(&world, "lead");
    push(&world, "main").exits(0);
}

#[test]
fn the_set_up_of_the_page_on_servers_works_as_it_stands_there() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/server.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("## Who may change the gate\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let block = |first: &str| -> String {
        let lines = section.lines().skip_while(|l| !l.starts_with(first));
        let lines = lines.take_while(|l| *l != "```");
        lines.map(|l| format!("{l}\n")).collect()
    };
    let world = strict("[server]\nbudget = 120\n");
    std::fs::create_dir(world.path("home/.ssh")).unwrap();
    key(&world, ".ssh/id_ed25519");
    world.git(&["config", "user.name", "Dev"]);
    world.git(&["config", "user.email", "dev@example.com"]);
    world.write(
        ".newgate/config.toml",
        format!("{}budget = 120\n", block("[server]")),
    );
    let ran = world.run_in(
        &world.work(),
        "sh",
        &["-e", "-c", &block("git config")],
        b"",
    );
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(
        remote(&world, &["rev-parse", "main"]).trim(),
        world.git(&["rev-parse", "HEAD"])
    );
    world.write(".newgate/config.toml", WEAK);
    world.commit("Weaken");
    push(&world, "main").exits(1).says("it is not signed");
    let next = "git -c gpg.format=ssh commit --amend --no-edit -S";
    world
        .run_in(&world.work(), "sh", &["-e", "-c", next], b"")
        .exits(0);
    push(&world, "main").exits(0);
}
