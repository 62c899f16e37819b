//! Reading and checking the configuration: every mistake at once, each with its place.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reader::{Mistake, Reader, whole_number};
use super::rules::read_policy;
use super::scanner::read_scanner;
use super::server::read_server;
use super::{Baseline, Config, OnIncomplete};
use crate::model::Severity;
use crate::policy::Suppressions;

/// The version of the file's format.
const VERSION: i64 = 1;

/// Reads the configuration. `scanners` are the names that it may use.
///
/// # Errors
/// All mistakes in the file, in the order of their places.
pub fn parse(text: &str, scanners: &[String]) -> Result<Config, Vec<Mistake>> {
    let (document, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        return Err(broken.iter().map(Mistake::of_toml).collect());
    }
    let root = document.get_ref();
    let mut reader = Reader::default();
    let mut config = Config::default();
    reader.only(
        root,
        &[
            "version",
            "target",
            "auto-install",
            "gate",
            "scanners",
            "rules",
            "severity",
            "grace",
            "exemptions",
            "trust",
            "server",
            "baseline",
        ],
        "at the top",
    );
    read_version(&mut reader, root);
    if let Some((target, place)) = reader.text(root, "target") {
        if target.trim().is_empty() || target.starts_with('-') {
            reader.wrong(
                place,
                "`target` is not the name of a branch",
                Some("such as `\"main\"` or `\"origin/main\"`".into()),
            );
        }
        config.target = Some(target.to_owned());
    }
    config.auto_install = reader.switch(root, "auto-install").unwrap_or(false);
    if let Some(gate) = reader.table(root, "gate") {
        let known = [
            "block-at",
            "on-incomplete",
            "unassigned",
            "suppressions",
            "budget",
        ];
        reader.only(gate, &known, "in `[gate]`");
        let bands: Vec<(&str, Severity)> = Severity::WORST_FIRST
            .iter()
            .filter(|s| **s != Severity::Unassigned)
            .map(|s| (s.name(), *s))
            .collect();
        if let Some(severity) = reader.choice(gate, "block-at", &bands) {
            config.policy.block_at = severity;
        }
        if let Some(severity) = reader.choice(gate, "unassigned", &bands) {
            config.policy.unassigned = severity;
        }
        let ways = [
            ("allow", Suppressions::Allow),
            ("warn", Suppressions::Warn),
            ("block", Suppressions::Block),
        ];
        if let Some(choice) = reader.choice(gate, "suppressions", &ways) {
            config.policy.suppressions = choice;
        }
        config.budget = reader.seconds(gate, "budget");
        let choices = [("block", OnIncomplete::Block), ("warn", OnIncomplete::Warn)];
        if let Some(choice) = reader.choice(gate, "on-incomplete", &choices) {
            config.policy.incomplete_blocks = choice == OnIncomplete::Block;
        }
    }
    read_policy(&mut reader, root, &mut config.policy);
    if let Some(trust) = reader.table(root, "trust") {
        reader.only(
            trust,
            &["exemptions", "run-repository-code"],
            "in `[trust]`",
        );
        let sides = [("target", false), ("head", true)];
        let head = reader.choice(trust, "exemptions", &sides);
        config.trust.exemptions_of_head = head.unwrap_or(false);
        config.trust.run_repository_code = reader.words(trust, "run-repository-code");
    }
    if let Some(baseline) = reader.table(root, "baseline") {
        config.baseline = read_baseline(&mut reader, baseline);
    }
    if let Some(server) = reader.table(root, "server") {
        config.server = read_server(&mut reader, server);
    }
    if let Some(table) = reader.table(root, "scanners") {
        let mut names: Vec<&str> = scanners.iter().map(String::as_str).collect();
        // A scanner whose results somebody else makes need not be one of the catalogue.
        let given = table.iter().filter(|(_, value)| match value.get_ref() {
            DeValue::Table(said) => said
                .get("results")
                .is_some_and(|r| matches!(r.get_ref(), DeValue::String(s) if s != "run")),
            _ => false,
        });
        for (key, _) in given {
            let name = key.get_ref().as_ref();
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !name.chars().all(plain) {
                let hint = "a name has lower-case letters, digits and `-`";
                reader.wrong(
                    key.span(),
                    format!("`{name}` is no scanner's name"),
                    Some(hint.into()),
                );
            }
            names.push(name);
        }
        reader.only(table, &names, "in `[scanners]`: no scanner has this name");
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if names.contains(&name) {
                read_scanner(&mut reader, &mut config, name, value);
            }
        }
    }
    reader.finish(config)
}

fn read_baseline(reader: &mut Reader, table: &DeTable<'_>) -> Baseline {
    reader.only(table, &["signers", "require-signed"], "in `[baseline]`");
    let signers = reader.text(table, "signers").map(|(t, _)| t.to_owned());
    let require_signed = reader.switch(table, "require-signed").unwrap_or(false);
    if require_signed && signers.is_none() {
        let hint = "name the file of allowed signers: `signers = \".newgate/signers\"`";
        let place = table.get("require-signed").map_or(0..0, Spanned::span);
        reader.wrong(
            place,
            "`require-signed` without `signers` would refuse every baseline",
            Some(hint.into()),
        );
    }
    Baseline {
        signers,
        require_signed,
    }
}

pub(super) fn read_version(reader: &mut Reader, root: &DeTable<'_>) {
    let Some(value) = root.get("version") else {
        return;
    };
    match whole_number(value.get_ref()) {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => reader.wrong(
            value.span(),
            format!("this file is of version {newer}; this newgate reads version {VERSION}"),
            Some("install a newer newgate".into()),
        ),
        _ => reader.wrong(value.span(), format!("`version` is {VERSION}"), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{is_safe_address, render};
    use std::time::Duration;

    fn names() -> Vec<String> {
        ["bandit", "ruff", "secrets"].map(str::to_owned).to_vec()
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(parse("", &names()), Ok(Config::default()));
    }

    #[test]
    fn a_full_file_is_read() {
        let text = "version = 1\ntarget = 'develop'\n[gate]\nblock-at = 'medium'\non-incomplete = 'warn'\n\
                    [scanners]\nruff = true\nbandit = { timeout = '2m', path = '/opt/bandit' }\n";
        let config = parse(text, &names()).unwrap();
        assert_eq!(config.target.as_deref(), Some("develop"));
        assert_eq!(config.policy.block_at, Severity::Medium);
        assert!(!config.policy.incomplete_blocks);
        assert_eq!(config.scanners, ["bandit", "ruff", "secrets"]);
        assert_eq!(
            config.settings["bandit"].timeout,
            Some(Duration::from_secs(120))
        );
        let off = parse("[scanners]\nsecrets = false\nbandit = true\n", &names()).unwrap();
        assert_eq!(off.scanners, ["bandit"]);
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_place() {
        let text = "versoin = 1\n[gate]\nblock-at = \"hgih\"\non_incomplete = \"warn\"\n[scanners]\nbandti = true\nruff = 3\n\
                    [scanners.bandit]\ntimeout = \"soon\"\nenabled = \"yes\"\n";
        let mistakes = parse(text, &names()).unwrap_err();
        let shown = render(text, ".newgate/config.toml", &mistakes, false);
        for expected in [
            ".newgate/config.toml:1:1",
            "did you mean `version`?",
            ".newgate/config.toml:3:12",
            "did you mean `\"high\"`?",
            ".newgate/config.toml:4:1",
            "did you mean `on-incomplete`?",
            ".newgate/config.toml:6:1",
            "did you mean `bandit`?",
            ".newgate/config.toml:7:8",
            "write `ruff = true`",
            ".newgate/config.toml:9:11",
            ".newgate/config.toml:10:11",
        ] {
            assert!(shown.contains(expected), "{expected} is not in\n{shown}");
        }
        assert_eq!(mistakes.len(), 7, "{shown}");
    }

    #[test]
    fn what_is_not_toml_is_told_with_its_place() {
        let text = "[gate\nblock-at = 'high'\n";
        let mistakes = parse(text, &names()).unwrap_err();
        assert!(render(text, "c.toml", &mistakes, false).contains("c.toml:1:"));
    }

    #[test]
    fn a_token_goes_over_tls_or_to_this_machine() {
        for safe in [
            "https://x.example/a?b",
            "http://127.0.0.1:9/x",
            "http://localhost",
            "http://[::1]:80/",
        ] {
            assert!(is_safe_address(safe), "{safe}");
        }
        for unsafe_ in [
            "http://x.example",
            "http://localhost.nip.io",
            "http://127.0.0.1:1@127.0.0.1:18777",
            "https://user@x.example",
            "ftp://x",
            "https://",
            "",
        ] {
            assert!(!is_safe_address(unsafe_), "{unsafe_}");
        }
    }

    #[test]
    fn a_newer_file_is_not_guessed_at() {
        let mistakes = parse("version = 2\n", &names()).unwrap_err();
        assert!(mistakes[0].message.contains("version 2"));
    }
}
