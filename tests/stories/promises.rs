//! What `SECURITY.md` promises has tests, and what newgate is made of is what `deny.toml` allows.

#![allow(
    clippy::disallowed_methods,
    reason = "cargo says what the program is made of"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
    found
}

/// The names of all tests, with how each is called: `module::test` for a story.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["src", "tests"] {
        for path in sources(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            let parent = path.parent().unwrap().file_stem().unwrap();
            let stem = path.file_stem().unwrap().to_string_lossy();
            let module = match &*stem {
                "mod" | "tests" => parent.to_string_lossy(),
                _ => stem,
            };
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                let name = line.strip_prefix("fn ").and_then(|l| l.split('(').next());
                match name {
                    Some(name) if is_test => {
                        names.insert(format!("{module}::{name}"));
                        is_test = false;
                    }
                    _ => is_test |= line == "#[test]",
                }
                // Those that a macro makes: `name: "target",`.
                if let Some((name, target)) = line.split_once(": \"")
                    && target.ends_with("\",")
                    && module == "hostile"
                {
                    names.insert(format!("{module}::{name}"));
                }
            }
        }
    }
    names
}

#[test]
fn every_promise_names_tests_that_exist() {
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let tests = tests();
    let mut named = 0;
    for row in text.split("\n- ").skip(1) {
        let row = row.split("\n\n").next().unwrap_or(row);
        let words: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let of_tests: Vec<&str> = words.into_iter().filter(|w| w.contains("::")).collect();
        assert!(!of_tests.is_empty(), "a promise without a test: {row}");
        for name in of_tests {
            assert!(tests.contains(name), "`{name}` of SECURITY.md is no test");
            named += 1;
        }
    }
    assert!(named > 20, "only {named} tests are named");
}

/// Whether a licence in the words of SPDX leaves a choice that is allowed.
fn fits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    // None of them nests more than one choice in one list of demands.
    let fits_one = |part: &str| {
        let part = part.trim().trim_matches(|c| matches!(c, '(' | ')'));
        let mut choices = part.split(" OR ").flat_map(|c| c.split('/'));
        choices.any(|c| allowed.contains(c.trim()))
    };
    expression.split(" AND ").all(fits_one)
}

#[test]
fn what_newgate_is_made_of_is_allowed() {
    let rules: toml::Table = fs::read_to_string(root().join("deny.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let words = |value: &'_ toml::Value| -> Vec<String> {
        let all = value.as_array().unwrap().iter();
        all.map(|v| {
            v.as_str()
                .or_else(|| v["name"].as_str())
                .unwrap()
                .to_owned()
        })
        .collect()
    };
    let allowed = words(&rules["licenses"]["allow"]);
    let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).collect();
    let doubled = words(&rules["bans"]["skip"]);
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let packages = said["packages"].as_array().unwrap();
    assert!(packages.len() > 50);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(fits(licence, &allowed), "`{name}` is under `{licence}`");
        if name != "newgate" {
            let source = "registry+https://github.com/rust-lang/crates.io-index";
            assert_eq!(package["source"], source, "`{name}`");
        }
        versions
            .entry(name)
            .or_default()
            .insert(package["version"].as_str().unwrap());
    }
    for (name, versions) in versions {
        let once = versions.len() == 1;
        assert!(
            once || doubled.iter().any(|d| d == name),
            "`{name}` is there as {versions:?}"
        );
    }
}

#[test]
fn a_licence_fits_where_a_choice_is_allowed() {
    let allowed = BTreeSet::from(["MIT", "Unicode-3.0"]);
    for (expression, expected) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR Apache-2.0", false),
        ("MIT AND GPL-3.0-only", false),
        ("", false),
    ] {
        assert_eq!(fits(expression, &allowed), expected, "{expression}");
    }
}
