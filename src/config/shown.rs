//! The configuration in effect, with the place of each value.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::{Config, ConfigSigners, Others, Results, ScannerSettings};
use crate::policy::Suppressions;

/// One value of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigValue {
    /// Its key, with those of the tables that it is in: `gate.block-at`.
    pub key: String,
    /// The value, as the file would have it.
    pub value: String,
    /// The line that sets it; none for a default.
    pub line: Option<usize>,
}

/// The values of a configuration that was read from a file with this text, in the order of the reference
/// (`docs/configuration.md`). What has no default and is not set is left out.
pub fn values(config: &Config, text: &str) -> Vec<ConfigValue> {
    let (document, _) = DeTable::parse_recoverable(text);
    let mut all = Vec::new();
    let mut say = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let line = line_of(document.get_ref(), text, key);
            let key = key.to_owned();
            all.push(ConfigValue { key, value, line });
        }
    };
    say("target", config.target.as_deref().map(quoted));
    say("auto-install", Some(config.auto_install.to_string()));
    let policy = &config.policy;
    say("gate.block-at", Some(quoted(policy.block_at.name())));
    say("gate.unassigned", Some(quoted(policy.unassigned.name())));
    let suppressions = name(&Suppressions::NAMED, &policy.suppressions);
    say("gate.suppressions", Some(quoted(suppressions)));
    let incomplete = match policy.incomplete_blocks {
        true => "block",
        false => "warn",
    };
    say("gate.on-incomplete", Some(quoted(incomplete)));
    say("gate.budget", config.budget.map(seconds));
    for name in &config.scanners {
        let said = config.settings.get(name);
        say(&format!("scanners.{name}"), Some(scanner(said)));
    }
    let several = |number: usize, noun: &str| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        more => Some(format!("{more} {noun}s")),
    };
    say("rules", several(policy.rules.len(), "rule"));
    say("severity", several(policy.overrides.len(), "score"));
    for (table, terms) in [("grace", &policy.grace), ("exemptions", &policy.longest)] {
        for (severity, days) in terms {
            say(
                &format!("{table}.{}", severity.name()),
                Some(days.to_string()),
            );
        }
    }
    let side = match config.trust.exemptions_of_head {
        true => "head",
        false => "target",
    };
    say("trust.exemptions", Some(quoted(side)));
    let run = &config.trust.run_repository_code;
    say("trust.run-repository-code", words(run));
    say(
        "baseline.signers",
        config.baseline.signers.as_deref().map(quoted),
    );
    let required = config.baseline.require_signed;
    say("baseline.require-signed", Some(required.to_string()));
    let server = &config.server;
    say("server.protect", words(&server.protect));
    say(
        "server.others",
        Some(quoted(name(&Others::NAMED, &server.others))),
    );
    say("server.budget", Some(seconds(server.budget)));
    let on_budget = match server.block_on_budget {
        true => "block",
        false => "warn",
    };
    say("server.on-budget", Some(quoted(on_budget)));
    say(
        "server.accept-receipts",
        server.accept_receipts.as_deref().map(quoted),
    );
    if let ConfigSigners::Listed(file) = &server.config_signers {
        say("server.config-signers", Some(quoted(file)));
    }
    all
}

/// The name of a choice.
fn name<T: PartialEq>(named: &[(&'static str, T)], value: &T) -> &'static str {
    let found = named.iter().find(|(_, one)| one == value);
    found.map_or("", |(name, _)| name)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn words(list: &[String]) -> Option<String> {
    let list: Vec<String> = list.iter().map(|w| quoted(w)).collect();
    (!list.is_empty()).then(|| format!("[{}]", list.join(", ")))
}

fn seconds(time: Duration) -> String {
    quoted(&format!("{}s", time.as_secs_f64()))
}

/// What is said about a scanner that is on: `true`, or a table.
fn scanner(said: Option<&ScannerSettings>) -> String {
    let Some(said) = said else {
        return "true".to_owned();
    };
    let mut keys = Vec::new();
    let mut say = |key: &str, value: Option<String>| {
        keys.extend(value.map(|value| format!("{key} = {value}")));
    };
    let path = said.path.as_ref();
    say("path", path.map(|p| quoted(&p.display().to_string())));
    say("timeout", said.timeout.map(seconds));
    say("contained", said.contained.map(|is| is.to_string()));
    say("messages", said.messages.map(|is| is.to_string()));
    let exclude: Vec<String> = said
        .exclude
        .iter()
        .map(|e| e.path.text().to_owned())
        .collect();
    say("exclude", words(&exclude));
    let results = said.results.map(|r| quoted(name(&Results::NAMED, &r)));
    say("results", results);
    say("load", said.load.as_ref().map(|_| "{ ... }".to_owned()));
    match keys.is_empty() {
        true => "true".to_owned(),
        false => format!("{{ {} }}", keys.join(", ")),
    }
}

/// The line of a file, from 1, on which a key's value begins.
fn line_of(document: &DeTable<'_>, text: &str, key: &str) -> Option<usize> {
    let mut table = document;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        let value = table.get(part)?;
        match (parts.peek(), value.get_ref()) {
            (Some(_), DeValue::Table(inner)) => table = inner,
            (Some(_), _) => return None,
            (None, _) => {
                let before = text.get(..value.span().start)?;
                return Some(1 + before.matches('\n').count());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn each_value_is_shown_with_the_line_that_sets_it() {
        let text = "version = 1\ntarget = 'develop'\n\n[gate]\nblock-at = 'medium'\n\n[scanners]\nbandit = { timeout = '2m' }\n\
                    \n[[rules]]\nname = 'a'\naction = 'warn'\n\n[grace]\nhigh = 7\n";
        let names = ["bandit", "code", "secrets"].map(str::to_owned);
        let config = parse(text, &names).unwrap();
        let shown: Vec<String> = values(&config, text)
            .into_iter()
            .filter_map(|s| Some(format!("{}: {} = {}", s.line?, s.key, s.value)))
            .collect();
        assert_eq!(
            shown,
            [
                "2: target = \"develop\"",
                "5: gate.block-at = \"medium\"",
                "8: scanners.bandit = { timeout = \"120s\" }",
                "10: rules = 1 rule",
                "15: grace.high = 7",
            ]
        );
        // A default has no line.
        let of = |key: &str| values(&config, text).into_iter().find(|s| s.key == key);
        assert_eq!(of("gate.on-incomplete").unwrap().line, None);
    }

    #[test]
    fn what_is_shown_as_a_value_is_read_as_the_same() {
        let text =
            "[gate]\nbudget = '90s'\n[server]\nprotect = ['main', 'release/*']\nothers = 'warn'\n";
        let names = ["secrets".to_owned()];
        let config = parse(text, &names).unwrap();
        let mut again = String::new();
        for one in values(&config, text) {
            if !one.key.starts_with("scanners.") {
                again.push_str(&format!("{} = {}\n", one.key, one.value));
            }
        }
        assert_eq!(parse(&again, &names).unwrap(), config);
    }
}
