//! Receipts: what a signer has scanned, a server accepts without scanning it again, and nothing else.

use super::servers::guarded;
use crate::support::{World, leak};

/// A key to sign with, and its line in a file of allowed signers.
fn key(world: &World, name: &str) -> String {
    let public = world.make_key(name);
    format!("{name}@example.com namespaces=\"newgate\" {public}")
}

/// A guarded world that accepts the receipts of `dev`, whose key signs here.
fn with_receipts() -> World {
    let world = guarded("");
    let dev = key(&world, "dev");
    world.write(".newgate/allowed_signers", dev);
    world.write(
        ".newgate/config.toml",
        "[server]\naccept-receipts = \".newgate/allowed_signers\"\n",
    );
    world.commit("Accept receipts");
    world.push(&["origin", "main"]).exits(0);
    world.sign_with("dev");
    world
}

#[test]
fn a_receipt_is_accepted_in_place_of_scanning() {
    let world = with_receipts();
    world.write("fine.py", "Y = 2\n");
    world.commit("Go on");
    world.newgate(&["receipt", "--push", "origin"]).exits(0);
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("PASS (receipt signed by dev@example.com");
    // The command that is printed where it is not pushed.
    world.write("fine.py", "Y = 3\n");
    world.commit("Go on");
    let said = world.newgate(&["receipt"]).exits(0).all();
    let command = said.split('`').find(|c| c.starts_with("git push"));
    world
        .run_in(&world.work(), "sh", &["-c", command.unwrap()], b"")
        .exits(0);
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("PASS (receipt signed by");
}

#[test]
fn no_receipt_is_given_for_what_does_not_pass() {
    let world = with_receipts();
    world.write("leak.py", leak(1));
    world.commit("Leak");
    world.newgate(&["receipt"]).exits(1).says("no receipt");
    world.push(&["origin", "main"]).exits(1);
}

#[test]
fn a_receipt_that_is_not_of_this_very_push_is_worth_nothing() {
    let world = with_receipts();
    let name = |world: &World| {
        let tree = world.git(&["rev-parse", "HEAD^{tree}"]);
        format!("refs/newgate/receipts/{tree}")
    };
    let replace = |world: &World, change: &dyn Fn(String) -> String| {
        let name = name(world);
        let text = world.git(&["cat-file", "blob", &name]) + "\n";
        let ran = world.run_in(
            &world.work(),
            "git",
            &["hash-object", "-w", "--stdin"],
            change(text).as_bytes(),
        );
        world.git(&["update-ref", &name, ran.out.trim()]);
        world.git(&["push", "--quiet", "--force", "origin", &name]);
    };
    // Altered.
    world.write("one.py", "A = 1\n");
    world.commit("One");
    world.newgate(&["receipt", "--push", "origin"]).exits(0);
    replace(&world, &|text| {
        let at = text.find("time ").unwrap() + 5;
        let end = at + text[at..].find('\n').unwrap();
        format!(
            "{}{}{}",
            &text[..at],
            text[at..end].parse::<i64>().unwrap() - 60,
            &text[end..]
        )
    });
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("its signature does not match");
    // Of another tree: copied to the name of this one.
    world.write("two.py", "A = 2\n");
    world.commit("Two");
    world.newgate(&["receipt"]).exits(0);
    let old = name(&world);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    world.git(&["update-ref", &name(&world), &old]);
    world.git(&["push", "--quiet", "origin", &name(&world)]);
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("it is for another tree");
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    // Of another base: main has moved on in between.
    world.git(&["push", "--quiet", "origin", &old]);
    let other = world.git(&[
        "commit-tree",
        "-p",
        "origin/main",
        "-m",
        "Other",
        "origin/main^{tree}",
    ]);
    world.git(&["branch", "other", &other]);
    world.write("three.py", "A = 3\n");
    world.commit("Three");
    world.newgate(&["receipt", "--push", "origin"]).exits(0);
    world.git(&["push", "--quiet", "origin", "HEAD~1:main"]);
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("it is for another base");
    // By somebody who is not allowed to.
    key(&world, "stranger");
    world.sign_with("stranger");
    world.write("four.py", "A = 4\n");
    world.commit("Four");
    world.newgate(&["receipt", "--push", "origin"]).exits(0);
    world
        .push(&["origin", "main"])
        .exits(0)
        .says("the signer is not in the list of allowed signers");
}

#[test]
fn a_receipt_of_another_history_with_the_same_end_is_worth_nothing() {
    let world = with_receipts();
    world.write("fine.py", "Y = 2\n");
    world.commit("Go on");
    world.newgate(&["receipt", "--push", "origin"]).exits(0);
    let tree = world.git(&["rev-parse", "HEAD^{tree}"]);
    world.git(&["reset", "--quiet", "--hard", "origin/main"]);
    world.write("leak.py", leak(1));
    world.commit("Leak");
    world.git(&["rm", "--quiet", "leak.py"]);
    world.write("fine.py", "Y = 2\n");
    world.commit("Take it away again");
    assert_eq!(world.git(&["rev-parse", "HEAD^{tree}"]), tree);
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("it is for another commit");
}

#[test]
fn signers_of_another_branch_sign_nothing() {
    let world = with_receipts();
    world.write(
        ".newgate/config.toml",
        "[server]\naccept-receipts = \".newgate/allowed_signers\"\nprotect = [\"main\", \"release/*\"]\n",
    );
    world.commit("Protect releases");
    world.push(&["origin", "main"]).exits(0);
    let stranger = key(&world, "stranger");
    world.git(&["switch", "--quiet", "--create", "release/1"]);
    world.write(".newgate/allowed_signers", stranger);
    world.commit("Bring a signer");
    world.push(&["origin", "release/1"]).exits(0);
    world.sign_with("stranger");
    world.git(&["fetch", "--quiet"]);
    world.write("fine.py", "Y = 2\n");
    world.commit("Go on");
    world
        .newgate(&[
            "receipt",
            "--target",
            "origin/release/1",
            "--push",
            "origin",
        ])
        .exits(0);
    world
        .push(&["origin", "release/1"])
        .exits(0)
        .says("the signer is not in the list of allowed signers");
}
