//! Reading and checking the configuration: every mistake at once, each with its place.

use toml::de::{DeTable, DeValue};

use super::reader::{Mistake, Mistakes, Table};
use super::rules::read_policy;
use super::scanner::{outline_settings, read_scanner};
use super::server::read_server;
use super::{Baseline, Config, ConfigSigners, OnIncomplete, Server, Trust};
use crate::model::Severity;
use crate::policy::Suppressions;

/// Reads the configuration. `scanners` are the names that it may use.
///
/// # Errors
/// All mistakes in the file, in the order of their places.
pub fn parse(text: &str, scanners: &[String]) -> Result<Config, Vec<Mistake>> {
    let (document, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        return Err(broken.iter().map(Mistake::of_toml).collect());
    }
    let mistakes = Mistakes::default();
    let config = read(
        &Table::new(document.get_ref(), &mistakes, "at the top"),
        scanners,
    );
    mistakes.finish(config)
}

/// Reads what the configuration says about the server, also where it has mistakes.
pub fn parse_server(text: &str) -> Server {
    let (document, broken) = DeTable::parse_recoverable(text);
    let mistakes = Mistakes::default();
    let root = Table::new(document.get_ref(), &mistakes, "");
    let table = root.table("server", "");
    let mut server = table.map_or_else(Server::default, |t| read_server(&t));
    if !broken.is_empty() {
        // The table may not be whole.
        server.protect = vec!["**".to_owned()];
        if server.config_signers == ConfigSigners::Anyone && text.contains("config-signers") {
            server.config_signers = ConfigSigners::Unknown;
        }
    }
    server
}

pub(super) fn read(root: &Table<'_>, scanners: &[String]) -> Config {
    let mut config = Config::default();
    root.version();
    config.target = read_target(root);
    config.auto_install = root.switch("auto-install").unwrap_or(false);
    if let Some(gate) = root.table("gate", "in `[gate]`") {
        read_gate(&gate, &mut config);
    }
    if let Some(table) = root.table("scanners", "in `[scanners]`: no scanner has this name") {
        read_scanners(&table, scanners, &mut config);
    }
    read_policy(root, &mut config.policy);
    if let Some(trust) = root.table("trust", "in `[trust]`") {
        config.trust = read_trust(&trust);
    }
    if let Some(server) = root.table("server", "in `[server]`") {
        config.server = read_server(&server);
    }
    if let Some(baseline) = root.table("baseline", "in `[baseline]`") {
        config.baseline = read_baseline(&baseline);
    }
    config
}

fn read_target(root: &Table<'_>) -> Option<String> {
    let target = root.text("target")?;
    if target.trim().is_empty() || target.starts_with('-') {
        let hint = "such as `\"main\"` or `\"origin/main\"`";
        let what = "`target` is not the name of a branch";
        root.wrong_at("target", what, Some(hint.into()));
    }
    Some(target.to_owned())
}

fn read_gate(gate: &Table<'_>, config: &mut Config) {
    let stated = |s: &&Severity| **s != Severity::Unassigned;
    let bands = Severity::WORST_FIRST.iter().filter(stated);
    let bands: Vec<(&str, Severity)> = bands.map(|s| (s.name(), *s)).collect();
    let policy = &mut config.policy;
    if let Some(severity) = gate.choice("block-at", &bands) {
        policy.block_at = severity;
    }
    let choices = [("block", OnIncomplete::Block), ("warn", OnIncomplete::Warn)];
    if let Some(choice) = gate.choice("on-incomplete", &choices) {
        policy.incomplete_blocks = choice == OnIncomplete::Block;
    }
    if let Some(severity) = gate.choice("unassigned", &bands) {
        policy.unassigned = severity;
    }
    if let Some(choice) = gate.choice("suppressions", &Suppressions::NAMED) {
        policy.suppressions = choice;
    }
    config.budget = gate.seconds("budget");
}

fn read_trust(trust: &Table<'_>) -> Trust {
    let sides = [("target", false), ("head", true)];
    Trust {
        exemptions_of_head: trust.choice("exemptions", &sides).unwrap_or(false),
        run_repository_code: trust.words("run-repository-code"),
    }
}

fn read_scanners(table: &Table<'_>, scanners: &[String], config: &mut Config) {
    // Those that may be named, whether they are or not.
    for name in scanners {
        table.get(name);
    }
    if let Some(sample) = table.sample() {
        outline_settings(&sample);
    }
    for (key, value) in table.entries() {
        let name = key.get_ref().as_ref();
        if !scanners.iter().any(|s| s == name) {
            // A scanner whose results somebody else makes need not be one of the catalogue.
            if !is_given(value.get_ref()) {
                continue;
            }
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !name.chars().all(plain) {
                let hint = "a name has only lower-case letters, digits and `-`";
                let what = format!("`{name}` is not the name of a scanner");
                table.wrong(key.span(), what, Some(hint.into()));
            }
            table.get(name);
        }
        read_scanner(table, config, name, value);
    }
}

/// Whether the settings of a scanner say that its results are ingested or loaded.
fn is_given(settings: &DeValue<'_>) -> bool {
    let results = settings.as_table().and_then(|said| said.get("results"));
    results.is_some_and(|r| r.get_ref().as_str().is_some_and(|s| s != "run"))
}

fn read_baseline(table: &Table<'_>) -> Baseline {
    let signers = table.text("signers").map(str::to_owned);
    let require_signed = table.switch("require-signed").unwrap_or(false);
    if require_signed && signers.is_none() {
        let hint = "name the file of allowed signers: `signers = \".newgate/signers\"`";
        let what = "`require-signed` without `signers` would refuse every baseline";
        table.wrong_at("require-signed", what, Some(hint.into()));
    }
    Baseline {
        signers,
        require_signed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::render;
    use std::time::Duration;

    fn names() -> Vec<String> {
        ["bandit", "code", "ruff", "secrets"]
            .map(str::to_owned)
            .to_vec()
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
        assert_eq!(config.scanners, ["bandit", "ruff", "code", "secrets"]);
        assert_eq!(
            config.settings["bandit"].timeout,
            Some(Duration::from_secs(120))
        );
        let off = parse("[scanners]\nsecrets = false\nbandit = true\n", &names()).unwrap();
        assert_eq!(off.scanners, ["bandit", "code"]);
        let both = parse("[scanners]\ncode = true\nbandit = true\n", &names()).unwrap();
        assert_eq!(both.scanners, ["bandit", "code", "secrets"]);
        let other = parse("[scanners]\ncode = false\n", &names()).unwrap();
        assert_eq!(other.scanners, ["secrets"]);
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_place() {
        let text = "versoin = 1\n[gate]\nblock-at = \"hgih\"\non_incomplete = \"warn\"\n[scanners]\nbandti = \
            true\nruff = 3\n\
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
    fn a_newer_file_is_not_guessed_at() {
        let mistakes = parse("version = 2\n", &names()).unwrap_err();
        assert!(mistakes[0].message.contains("version 2"));
    }
}
