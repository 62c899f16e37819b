//! Signers: only what they signed changes what decides on a server.

use std::os::unix::fs::symlink;

use super::protection::{
    SIGNERS, STRICT, WEAK, key, on_the_server, sign, signed, start_over, strict,
};
use crate::support::{World, leak};

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
        let refused = world.push(&["origin", "main"]).exits(1);
        let refused = refused.says("main: REFUSED").says(&format!("`{file}`"));
        let refused = refused.says(&commit[..10]).says("it is not signed");
        refused.says("commit --amend --no-edit -S");
        sign(&world, "stranger");
        world
            .push(&["origin", "main"])
            .exits(1)
            .says("the signer is not in the list of allowed signers");
        // What follows a commit that was signed is not.
        sign(&world, "lead");
        world.git(&["commit", "--quiet", "--allow-empty", "--message=More"]);
        world
            .push(&["origin", "main"])
            .exits(1)
            .says("it is not signed");
    }
    // Everything else needs no signature.
    start_over(&world);
    world.write("pyproject.toml", "[project]\nname = \"x\"\n");
    world.write("docs/.newgate/config.toml", "");
    world.commit("Go on");
    let taken = world.push(&["origin", "main"]);
    assert!(!taken.err.contains("REFUSED"), "{taken:#?}");
}

#[test]
fn what_a_signer_signed_is_taken_and_still_checked() {
    let world = signed();
    let config = std::fs::read_to_string(world.work().join(".newgate/config.toml")).unwrap();
    world.write(".newgate/config.toml", format!("{config}\n# Agreed.\n"));
    world.commit("Change the gate");
    sign(&world, "lead");
    world.push(&["origin", "main"]).exits(0).says("main: PASS");
    // A merge that brings what others wrote.
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(".newgate/config.toml", format!("{config}\n# Proposed.\n"));
    world.commit("Propose");
    world.git(&["switch", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-ff", "--no-edit", "feature"]);
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("main: REFUSED");
    sign(&world, "lead");
    world.push(&["origin", "main"]).exits(0);
    // A signature is no receipt.
    world.write(".newgate/config.toml", format!("{config}\n# Again.\n"));
    world.write("leak.py", leak(1));
    world.commit("Leak");
    sign(&world, "lead");
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("main: BLOCKED");
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
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("main: REFUSED");
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
        let refused = world.push(&["origin", &format!("{forged}:main")]).exits(1);
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
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("main: REFUSED");
    assert_eq!(world.remote(&["show", "main:.newgate/config.toml"]), config);
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
        world
            .push(&["origin", "main"])
            .exits(1)
            .says("main: REFUSED");
        world
            .push(&["origin", ":release/1"])
            .exits(1)
            .says("REFUSED");
        if number == 0 {
            sign(&world, "lead");
            world.push(&["origin", "main"]).exits(0);
        }
    }
    // Another one's mistake shuts nobody out.
    let world = strict(STRICT);
    world.write(".newgate/config.toml", "[gate\n");
    world.commit("Break it");
    on_the_server(&world, "main");
    world.write(".newgate/config.toml", STRICT);
    world.commit("Fix it");
    world.push(&["origin", "main"]).exits(0);
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
        let refused = world.push(&["origin", "main"]).exits(1);
        refused.says(&format!("`{file}`, which has no signers"));
    }
    // Signers of the server itself, whom no push changes.
    start_over(&world);
    let outside = world.path("signers");
    std::fs::copy(world.work().join(SIGNERS), &outside).unwrap();
    let config = format!("{STRICT}config-signers = \"{}\"\n", outside.display());
    world.write(".newgate/config.toml", &config);
    world.commit("Name signers of the server");
    world.push(&["origin", "main"]).exits(0);
    world.write(".newgate/config.toml", format!("{config}# x\n"));
    world.commit("Change the gate");
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("it is not signed");
    sign(&world, "lead");
    world.push(&["origin", "main"]).exits(0);
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
        world.remote(&["rev-parse", "main"]).trim(),
        world.git(&["rev-parse", "HEAD"])
    );
    world.write(".newgate/config.toml", WEAK);
    world.commit("Weaken");
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("it is not signed");
    let next = "git -c gpg.format=ssh commit --amend --no-edit -S";
    world
        .run_in(&world.work(), "sh", &["-e", "-c", next], b"")
        .exits(0);
    world.push(&["origin", "main"]).exits(0);
}
