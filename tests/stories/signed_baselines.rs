//! Signed baselines: whose results count here, and that no other baseline changes a verdict.

use std::fs;
use std::path::Path;

use super::baselines::{SHELL, bandit, branched, checked, cloned, decided, grown, newgate};
use crate::support::{World, tools, write_program};

/// Makes an SSH key and lets git sign with it; returns the line for allowed signers.
fn key(world: &World, folder: &Path, name: &str) -> String {
    let public = world.make_key(name);
    let args = ["config", "user.signingkey", &world.public_key(name)];
    world.run_in(folder, "git", &args, b"").exits(0);
    format!("{name} {public}")
}

#[test]
fn what_an_allowed_signer_signed_counts_as_if_it_had_been_scanned_here() {
    let world = grown(
        12,
        "[baseline]\nsigners = \".newgate/signers\"\nrequire-signed = true\n",
    );
    let line = key(&world, &world.work(), "ci");
    world.write(".newgate/signers", line);
    world.commit("Name the signers");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.newgate(&["baseline", "build"]).exits(0);
    world
        .newgate(&["baseline", "publish"])
        .exits(2)
        .says("sign it: `newgate baseline publish --sign`");
    world.newgate(&["baseline", "publish", "--sign"]).exits(0);
    let clone = cloned(&world, "clone");
    branched(&world, &clone);
    newgate(&world, &clone, &["baseline", "fetch"])
        .exits(0)
        .says("signed by ci: its results are used like your own");
    let report = checked(&world, &clone);
    // Two files at head; the old version of the edited one is known.
    assert_eq!(bandit(&report), (2, 1));
    assert_eq!(report["never-scanned"], 0);
    newgate(&world, &clone, &["baseline", "show"])
        .exits(0)
        .says("signed by ci");

    // A pipeline that fetched builds only what is missing, and publishes all of it.
    let built = newgate(&world, &clone, &["baseline", "build"]).exits(0);
    built.says("bandit: 0 files scanned, 12 already in the cache");

    // Somebody else's signature is refused, and so is none; what was known stays.
    world.write("pkg/more.py", "MORE = 1\n");
    world.commit("More");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let other = cloned(&world, "other");
    key(&world, &other, "stranger");
    newgate(&world, &other, &["baseline", "build"]).exits(0);
    newgate(&world, &other, &["baseline", "publish", "--sign"]).exits(0);
    let fresh = cloned(&world, "fresh");
    branched(&world, &fresh);
    newgate(&world, &fresh, &["baseline", "fetch"])
        .exits(2)
        .says("the signer is not in the list of allowed signers");
    let ((verdict, new, _), unhelped) = (decided(&report), decided(&checked(&world, &fresh)));
    assert_eq!((unhelped.0, unhelped.1), (verdict, new));
    // What the stranger signed is not taken over into what the pipeline signs.
    world.newgate(&["baseline", "build"]).exits(0);
    world.newgate(&["baseline", "publish", "--sign"]).exits(0);
    newgate(&world, &fresh, &["baseline", "fetch"])
        .exits(0)
        .says("signed by ci");
}

/// Puts another baseline in the place of the remote's: the same with other results.
fn poison(world: &World, folder: &Path, result: impl Fn(&str) -> String) {
    let git = |args: &[&str], input: &[u8]| world.run_in(folder, "git", args, input).exits(0).out;
    git(
        &[
            "fetch",
            "--quiet",
            "origin",
            "+refs/newgate/baseline:refs/poison",
        ],
        b"",
    );
    let mut rows = String::new();
    for row in git(&["ls-tree", "-r", "refs/poison"], b"").lines() {
        let (meta, name) = row.split_once('\t').unwrap();
        let blob = meta.split(' ').nth(2).unwrap();
        let mut content = git(&["cat-file", "blob", blob], b"");
        if name.starts_with("results/") {
            let lines = content.lines().map(|line| {
                let mut parts = line.splitn(3, ' ');
                let (digest, vanished) = (parts.next().unwrap(), parts.next().unwrap());
                format!("{digest} {vanished} {}\n", result(parts.next().unwrap()))
            });
            content = lines.collect();
        }
        let blob = git(&["hash-object", "-w", "--stdin"], content.as_bytes());
        rows.push_str(&format!("100644 {}\t{name}\n", blob.trim()));
    }
    let index = format!("GIT_INDEX_FILE={}", folder.join(".git/poison").display());
    let env = |args: &[&str], input: &[u8]| {
        let all = [&[index.as_str(), "git"][..], args].concat();
        world.run_in(folder, "env", &all, input).exits(0).out
    };
    env(&["update-index", "--add", "--index-info"], rows.as_bytes());
    let tree = env(&["write-tree"], b"");
    let commit = git(&["commit-tree", tree.trim(), "-m", "Poison"], b"");
    let spec = format!("+{}:refs/newgate/baseline", commit.trim());
    git(&["push", "--quiet", "--no-verify", "origin", &spec], b"");
}

#[test]
fn a_poisoned_baseline_changes_no_verdict() {
    let world = grown(12, "");
    world.newgate(&["baseline", "build"]).exits(0);
    // The branch's own files are in it too, as an attacker would want.
    let attacker = cloned(&world, "attacker");
    branched(&world, &attacker);
    world
        .run_in(
            &attacker,
            "git",
            &["push", "--quiet", "origin", "feature"],
            b"",
        )
        .exits(0);
    for command in ["build", "publish"] {
        for target in ["main", "origin/feature"] {
            newgate(
                &world,
                &attacker,
                &["baseline", command, "--target", target],
            )
            .exits(0);
        }
    }
    let victim = cloned(&world, "victim");
    world
        .run_in(&victim, "git", &["switch", "--quiet", "feature"], b"")
        .exits(0);
    let alone = checked(&world, &victim);
    assert_eq!(alone["verdict"], "blocked");
    let escape = "\\u001b[2J\\u202e</script>";
    let finding = |line: u32| {
        format!(
            "{{\"findings\":[{{\"scanner\":\"bandit\",\"rule\":\"B602\",\"canonical\":\"bandit:B602\",\"kind\":\"code\",\
             \"path\":\"pkg/new.py\",\"region\":{{\"line\":{line},\"end-line\":{line}}},\"title\":\"{escape}\",\"message\":\"{escape}\"}}]}}"
        )
    };
    // Everything clean; the new finding said to be old everywhere; rubbish.
    for number in 0..4 {
        poison(&world, &attacker, |was| match number {
            0 => String::new(),
            1 => finding(5),
            2 => "{\"findings\": 7}".to_owned(),
            _ => was.replace("B602", "B999"),
        });
        fs::remove_dir_all(victim.join(".git/newgate")).unwrap();
        newgate(&world, &victim, &["baseline", "fetch"]).exits(0);
        let report = checked(&world, &victim);
        assert_eq!(decided(&report), decided(&alone), "poison {number}");
        assert_eq!(bandit(&report).1, 0, "poison {number}");
        let shown = newgate(&world, &victim, &["check", "-v"]).exits(1).all();
        assert!(
            !shown.contains('\x1b') && !shown.contains('\u{202e}'),
            "{shown}"
        );
    }
}

/// A program in Bandit's place that has its version and finds nothing.
fn blind_bandit(path: &Path) {
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--version*) exec {0} \"$@\" ;; esac\n{0} \"$@\" | python3 -c '\nimport json, sys\nd = json.load(sys.stdin)\nd[\"results\"] = []\nprint(json.dumps(d))\n'\n",
        tools().join("bandit").display()
    );
    write_program(path, &text);
}

#[test]
fn neither_another_remote_nor_a_branch_brings_signers_of_its_own() {
    let signed = "[baseline]\nsigners = \".newgate/signers\"\n";
    let world = grown(3, signed);
    let good = key(&world, &world.work(), "good");
    world.write(".newgate/signers", good);
    world.commit("Name the signers");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    // The fork's own `main` has the weakness, names its own signer, and says that all is clean.
    let evil = cloned(&world, "evil");
    branched(&world, &evil);
    let git = |args: &[&str]| world.run_in(&evil, "git", args, b"").exits(0);
    git(&["push", "--quiet", "--no-verify", "origin", "feature"]);
    let line = key(&world, &evil, "mallory");
    fs::write(evil.join(".newgate/signers"), line).unwrap();
    let blind = world.path("blind-bandit");
    blind_bandit(&blind);
    let config = fs::read_to_string(evil.join(".newgate/config.toml")).unwrap();
    let real = tools().join("bandit").display().to_string();
    let config = config.replace(&real, &blind.display().to_string());
    fs::write(evil.join(".newgate/config.toml"), config).unwrap();
    git(&["commit", "--quiet", "--all", "--message", "Evil"]);
    git(&[
        "init",
        "--quiet",
        "--bare",
        "--initial-branch=main",
        "../fork.git",
    ]);
    git(&["remote", "set-url", "origin", "../fork.git"]);
    git(&[
        "push",
        "--quiet",
        "--no-verify",
        "origin",
        "feature:main",
        "feature:dev",
    ]);
    git(&["fetch", "--quiet"]);
    for command in [&["build"][..], &["publish", "--sign"]] {
        newgate(&world, &evil, &[&["baseline"], command].concat()).exits(0);
    }
    // The project goes on, so the fork's `main` is not what it will be.
    world.write("more.py", "X = 1\n");
    world.commit("Go on");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let victim = cloned(&world, "victim");
    let git = |args: &[&str]| world.run_in(&victim, "git", args, b"").exits(0);
    git(&["switch", "--quiet", "feature"]);
    git(&["remote", "add", "fork", "../fork.git"]);
    git(&["fetch", "--quiet", "fork"]);
    for args in [
        &["fork"][..],
        &["fork", "--target", "fork/main"],
        &["fork", "--target", "fork/dev"],
    ] {
        newgate(&world, &victim, &[&["baseline", "fetch"], args].concat()).exits(0);
        let report = checked(&world, &victim);
        assert_eq!(
            (report["verdict"].as_str(), bandit(&report).1),
            (Some("blocked"), 0),
            "{args:?}"
        );
        fs::remove_dir_all(victim.join(".git/newgate")).unwrap();
    }
}

#[test]
fn what_was_fetched_is_not_signed_again_and_counts_no_more_when_its_signer_is_taken_out() {
    let world = grown(6, "[baseline]\nsigners = \".newgate/signers\"\n");
    let first = key(&world, &world.work(), "first");
    world.write(".newgate/signers", &first);
    world.commit("Name the signers");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.newgate(&["baseline", "build"]).exits(0);
    world.newgate(&["baseline", "publish", "--sign"]).exits(0);
    let clone = cloned(&world, "clone");
    let second = key(&world, &clone, "second");
    newgate(&world, &clone, &["baseline", "fetch"])
        .exits(0)
        .says("signed by first");
    branched(&world, &clone);
    assert_eq!(bandit(&checked(&world, &clone)), (2, 1));
    // The first signer is taken out, the second put in.
    world.write(".newgate/signers", &second);
    world.commit("Change the signers");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let git = |args: &[&str]| world.run_in(&clone, "git", args, b"").exits(0);
    git(&["fetch", "--quiet"]);
    git(&["rebase", "--quiet", "origin/main"]);
    fs::write(clone.join("pkg/m0.py"), format!("{SHELL}\n\nOTHER = 1\n")).unwrap();
    git(&["commit", "--quiet", "--all", "--message", "Other"]);
    // The old version of the edited file is scanned now; the new file was scanned before.
    assert_eq!(bandit(&checked(&world, &clone)), (2, 1));
    newgate(&world, &clone, &["baseline", "publish", "--sign"]).exits(0);
    let fresh = cloned(&world, "fresh");
    newgate(&world, &fresh, &["baseline", "fetch"])
        .exits(0)
        .says("signed by second")
        .says("bandit: results for 1 of 6 units");
}

#[test]
fn a_file_with_very_many_findings_spoils_no_signature() {
    let world = grown(2, "[baseline]\nsigners = \".newgate/signers\"\n");
    let line = key(&world, &world.work(), "ci");
    world.write(".newgate/signers", line);
    let many = "subprocess.call(x, shell=True)\n".repeat(9_000);
    world.write("pkg/generated.py", format!("import subprocess\n{many}"));
    world.commit("Generate");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.newgate(&["baseline", "build"]).exits(0);
    world
        .newgate(&["baseline", "publish", "--sign"])
        .exits(0)
        .says("bandit: results for 2 of 3 units");
    // What cannot be read is replaced.
    let clone = cloned(&world, "clone");
    newgate(&world, &clone, &["baseline", "fetch"])
        .exits(0)
        .says("signed by ci");
    let blob = world.git(&["rev-parse", "HEAD:pkg/m0.py"]);
    let spec = format!("+{blob}:refs/newgate/baseline");
    world.git(&["push", "--quiet", "--no-verify", "origin", &spec]);
    world.newgate(&["baseline", "publish", "--sign"]).exits(0);
    newgate(&world, &clone, &["baseline", "fetch"])
        .exits(0)
        .says("signed by ci");
    // Who copies the cache's file alone after a build has all of it.
    world.newgate(&["baseline", "build"]).exits(0);
    let folder = world.work().join(".git/newgate");
    for side in ["cache.db-wal", "cache.db-shm"] {
        let _ = fs::remove_file(folder.join(side));
    }
    world
        .newgate(&["baseline", "show"])
        .exits(0)
        .says("bandit: 3 of 3 files scanned");
}

#[test]
fn a_program_that_a_change_names_leaves_nothing_that_judges_it_later() {
    let world = grown(3, "");
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let blind = world.path("blind-bandit");
    blind_bandit(&blind);
    let config = fs::read_to_string(world.work().join(".newgate/config.toml")).unwrap();
    let real = tools().join("bandit").display().to_string();
    world.write(
        ".newgate/config.toml",
        config.replace(&real, &blind.display().to_string()),
    );
    world.write("pkg/new.py", SHELL);
    world.commit("Feature");
    world.newgate(&["check", "--config-from", "head"]).exits(0);
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked");
    // A program in the checkout, which a change alters, is not even asked for its version.
    let inside = world.work().join("tools/bandit");
    fs::create_dir(world.work().join("tools")).unwrap();
    let mark = world.path("was-run");
    write_program(&inside, &format!("#!/bin/sh\ntouch '{}'\n", mark.display()));
    world.write(
        ".newgate/config.toml",
        config.replace(&real, &inside.display().to_string()),
    );
    world.commit("Inside");
    for command in [&["check", "--config-from", "head"][..], &["scanners"]] {
        world.newgate(command).says(if command.len() > 1 {
            "`path` points into the checkout"
        } else {
            "bandit"
        });
    }
    world.git(&["push", "--quiet", "--no-verify", "origin", "feature:main"]);
    world
        .newgate(&["doctor"])
        .exits(3)
        .says("`path` points into the checkout");
    world
        .newgate(&["baseline", "build"])
        .exits(3)
        .says("bandit: 0 files scanned");
    assert!(!mark.exists());
}
