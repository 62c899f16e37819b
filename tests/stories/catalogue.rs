//! Every scanner of the catalogue that can be installed here, run for real on planted weaknesses:
//! found, remembered, and never clean when it crashed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{World, places_and_rules, token, tools};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/weaknesses")
}

/// Copies a folder into the work tree, with credentials in place of their placeholders.
fn copy(world: &World, from: &Path, inside: &str) {
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = format!("{inside}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            copy(world, &path, &format!("{name}/"));
            continue;
        }
        let mut content = fs::read(&path).unwrap();
        if let Ok(text) = std::str::from_utf8(&content) {
            let mut text = text.to_owned();
            for number in 1..10 {
                text = text.replace(&format!("@TOKEN{number}@"), &token(number));
            }
            content = text.into_bytes();
        }
        world.write(&name, content);
    }
}

/// A world whose `main` turns one scanner on, with `program` or the pinned one, and whose branch adds
/// the planted weaknesses.
fn planted(scanner: &str, program: Option<&Path>) -> World {
    let world = World::new();
    let folder = fixtures().join(scanner);
    copy(&world, &folder.join("config"), "");
    let pinned = pinned(scanner);
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\nsecrets = false\n[scanners.{scanner}]\npath = \"{}\"\n",
            program.unwrap_or(&pinned).display()
        ),
    );
    world.commit("Configure the gate");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    copy(&world, &folder.join("tree"), "");
    world.commit("Plant weaknesses");
    world
}

/// The pinned program; of a scanner that no registry has, the one on `PATH`.
fn pinned(scanner: &str) -> PathBuf {
    let pinned = tools().join(scanner);
    match pinned.is_file() {
        true => pinned,
        false => which::which(scanner).unwrap_or(pinned),
    }
}

fn of<'r>(report: &'r Value, scanner: &str) -> &'r Value {
    let all = report["scanners"].as_array().unwrap();
    all.iter().find(|s| s["name"] == scanner).unwrap()
}

/// A program that runs another and does something to its output or its end.
fn wrapper(world_of: &tempfile::TempDir, scanner: &str, rest: &str) -> PathBuf {
    let path = world_of.path().join(scanner);
    let real = pinned(scanner);
    let script = format!(
        "#!/bin/sh\nreal='{}'\ncase \"$*\" in *--version|version) exec \"$real\" \"$@\";; esac\n{rest}\n",
        real.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn finds_and_remembers(scanner: &str) {
    let expected = fs::read_to_string(fixtures().join(scanner).join("expected")).unwrap();
    let mut expected: Vec<&str> = expected.lines().filter(|l| !l.is_empty()).collect();
    expected.sort_unstable();
    let world = planted(scanner, None);
    let report = world.check(&[]);
    assert_eq!(of(&report, scanner)["state"], "ok", "{report:#}");
    assert_eq!(places_and_rules(&report, "new"), expected);
    assert_ne!(of(&report, scanner)["scanned"], 0);
    assert_eq!(places_and_rules(&report, "inherited"), Vec::<String>::new());
    let again = world.check(&[]);
    assert_eq!(of(&again, scanner)["scanned"], 0, "{again:#}");
    assert_eq!(places_and_rules(&again, "new"), expected);
}

fn is_never_clean_after_a_crash(scanner: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (what, rest) in [
        ("killed", "\"$real\" \"$@\" > /dev/null 2>&1; kill -SEGV $$"),
        (
            "traceback",
            "echo 'Traceback (most recent call last): boom' >&2; exit 1",
        ),
        ("silent", "exit 0"),
    ] {
        let program = wrapper(&folder, scanner, rest);
        let report = planted(scanner, Some(&program)).check(&[]);
        assert_eq!(report["verdict"], "incomplete", "{what}: {report:#}");
        assert_eq!(of(&report, scanner)["state"], "failed", "{what}");
    }
}

macro_rules! scanners {
    ($($(#[$attribute:meta])* $name:ident: $scanner:literal),* $(,)?) => { $(
        mod $name {
            #[test]
            $(#[$attribute])*
            fn finds_what_was_planted_and_remembers_it() {
                super::finds_and_remembers($scanner);
            }

            #[test]
            $(#[$attribute])*
            fn is_never_clean_after_a_crash() {
                super::is_never_clean_after_a_crash($scanner);
            }
        }
    )* };
}

scanners! {
    ast_grep: "ast-grep",
    checkov: "checkov",
    detect_secrets: "detect-secrets",
    eslint: "eslint",
    flawfinder: "flawfinder",
    hadolint: "hadolint",
    kingfisher: "kingfisher",
    oxlint: "oxlint",
    retire: "retire",
    secretlint: "secretlint",
    semgrep: "semgrep",
    shellcheck: "shellcheck",
    zizmor: "zizmor",
}

scanners! {
    #[ignore = "it is in no registry but Debian's: apt-get install cppcheck"]
    cppcheck: "cppcheck",
}

#[test]
fn every_planted_folder_has_a_test() {
    let source = include_str!("catalogue.rs");
    for entry in fs::read_dir(fixtures()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(source.contains(&format!(": \"{name}\",")), "{name}");
    }
}
