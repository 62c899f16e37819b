//! Reading and checking the configuration: every mistake at once, each with its place.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::rules::read_policy;
use super::{Config, LoadSettings, OnIncomplete, Others, Results, ScannerSettings, Server};
use crate::model::Severity;
use crate::policy::{Pattern, Suppressions};

/// The version of the file's format.
const VERSION: i64 = 1;

/// One mistake in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where, in bytes.
    pub place: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Mistake {
    /// What the reader of TOML says.
    pub(super) fn of_toml(error: &toml::de::Error) -> Mistake {
        Mistake {
            place: error.span().unwrap_or(0..0),
            message: error.message().to_owned(),
            hint: None,
        }
    }
}

/// Reads values, and collects every mistake with its place.
#[derive(Debug, Default)]
pub(super) struct Reader {
    mistakes: Vec<Mistake>,
}

impl Reader {
    /// What was read, unless there were mistakes.
    pub(super) fn finish<T>(mut self, read: T) -> Result<T, Vec<Mistake>> {
        if self.mistakes.is_empty() {
            return Ok(read);
        }
        self.mistakes.sort_by_key(|m| m.place.start);
        Err(self.mistakes)
    }

    pub(super) fn wrong(
        &mut self,
        place: Range<usize>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.mistakes.push(Mistake {
            place,
            message: message.into(),
            hint,
        });
    }

    /// Reports keys that nothing reads, with the nearest one that something does.
    pub(super) fn only(&mut self, table: &DeTable<'_>, known: &[&str], of: &str) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let hint = nearest(name, known).map(|n| format!("did you mean `{n}`?"));
                let listed = format!("known keys are `{}`", known.join("`, `"));
                self.wrong(
                    key.span(),
                    format!("unknown key `{name}` {of}"),
                    Some(hint.unwrap_or(listed)),
                );
            }
        }
    }

    pub(super) fn text<'t>(
        &mut self,
        table: &'t DeTable<'_>,
        key: &str,
    ) -> Option<(&'t str, Range<usize>)> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some((text.as_ref(), value.span())),
            other => {
                self.wrong(
                    value.span(),
                    format!("`{key}` is a text, not {}", article(other)),
                    None,
                );
                None
            }
        }
    }

    pub(super) fn table<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
    ) -> Option<&'t DeTable<'i>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            other => {
                self.wrong(
                    value.span(),
                    format!("`{key}` is a table, not {}", article(other)),
                    None,
                );
                None
            }
        }
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let (text, place) = self.text(table, key)?;
        self.choose(key, text, place, choices)
    }

    fn choose<T: Copy>(
        &mut self,
        key: &str,
        text: &str,
        place: Range<usize>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(n, _)| *n).collect();
        let hint = match nearest(text, &names) {
            Some(name) => format!("did you mean `\"{name}\"`?"),
            None => format!("one of `\"{}\"`", names.join("\"`, `\"")),
        };
        self.wrong(
            place,
            format!("`{text}` is no value of `{key}`"),
            Some(hint),
        );
        None
    }

    /// A list of choices, or one.
    pub(super) fn choices<T: Copy>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Vec<T> {
        let place = table.get(key).map_or(0..0, Spanned::span);
        let words = self.words(table, key);
        let chosen = words
            .iter()
            .filter_map(|w| self.choose(key, w, place.clone(), choices));
        chosen.collect()
    }

    /// A list of texts, or one.
    pub(super) fn words(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        match table.get(key).map(Spanned::get_ref) {
            Some(DeValue::String(text)) => vec![text.as_ref().to_owned()],
            Some(DeValue::Array(values)) if values.is_empty() => {
                let place = table.get(key).map_or(0..0, Spanned::span);
                let what = format!("`{key}` is empty, which could mean nothing or everything");
                self.wrong(
                    place,
                    what,
                    Some("take it out, or name what is meant".into()),
                );
                Vec::new()
            }
            _ => self.texts(table, key),
        }
    }

    /// A list of tables (`[[key]]`).
    pub(super) fn tables<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
    ) -> Vec<&'t DeTable<'i>> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let inner = |v: &'t Spanned<DeValue<'i>>| match v.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        };
        let tables = match value.get_ref() {
            DeValue::Array(values) => values.iter().map(inner).collect(),
            _ => None,
        };
        tables.unwrap_or_else(|| {
            let hint = Some(format!("write `[[{key}]]` for each"));
            self.wrong(value.span(), format!("`{key}` is a list of tables"), hint);
            Vec::new()
        })
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, table: &DeTable<'_>, key: &str) -> Option<i64> {
        let value = table.get(key)?;
        let number = whole_number(value.get_ref()).filter(|n| *n >= 0);
        if number.is_none() {
            self.wrong(
                value.span(),
                format!("`{key}` is a whole number, 0 or more"),
                None,
            );
        }
        number
    }

    /// A number from 0 to `most`.
    pub(super) fn float(&mut self, table: &DeTable<'_>, key: &str, most: f64) -> Option<f64> {
        let value = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            whole => whole_number(whole).map(|n| n as f64),
        };
        let number = number.filter(|n| (0.0..=most).contains(n));
        if number.is_none() {
            self.wrong(
                value.span(),
                format!("`{key}` is a number from 0 to {most}"),
                None,
            );
        }
        number
    }

    pub(super) fn switch(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(on) => Some(*on),
            other => {
                let what = format!("`{key}` is true or false, not {}", article(other));
                self.wrong(value.span(), what, None);
                None
            }
        }
    }

    fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let text = |v: &Spanned<DeValue<'_>>| match v.get_ref() {
            DeValue::String(text) => Some(text.as_ref().to_owned()),
            _ => None,
        };
        let texts = match value.get_ref() {
            DeValue::Array(values) => values.iter().map(text).collect(),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            self.wrong(value.span(), format!("`{key}` is a list of texts"), None);
            Vec::new()
        })
    }

    fn seconds(&mut self, table: &DeTable<'_>, key: &str) -> Option<Duration> {
        let value = table.get(key)?;
        const MOST: u64 = 7 * 24 * 60 * 60;
        let seconds = match value.get_ref() {
            DeValue::String(text) => duration(text),
            number => whole_number(number)
                .and_then(|n| u64::try_from(n).ok())
                .filter(|n| *n > 0),
        };
        let seconds = seconds.filter(|s| *s <= MOST);
        if seconds.is_none() {
            let hint = Some("seconds as a number, or a text such as `\"90s\"` or `\"5m\"`".into());
            self.wrong(value.span(), format!("`{key}` is not a time"), hint);
        }
        seconds.map(Duration::from_secs)
    }
}

fn duration(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let factor = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .filter(|n| *n > 0)
}

/// A whole number.
pub(super) fn whole_number(value: &DeValue<'_>) -> Option<i64> {
    match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

pub(super) fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let scored = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), *k));
    let (distance, key) = scored.min()?;
    (distance <= 1 + name.len() / 3).then_some(key)
}

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
        let known = ["block-at", "on-incomplete", "unassigned", "suppressions"];
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

fn read_server(reader: &mut Reader, table: &DeTable<'_>) -> Server {
    const KEYS: [&str; 5] = [
        "protect",
        "others",
        "budget",
        "on-budget",
        "accept-receipts",
    ];
    reader.only(table, &KEYS, "in `[server]`");
    let mut server = Server::default();
    if let Some(value) = table.get("protect") {
        server.protect = reader.words(table, "protect");
        for pattern in &server.protect {
            if let Err(why) = Pattern::new(pattern, true) {
                reader.wrong(
                    value.span(),
                    format!("`{pattern}` is no pattern: {why}"),
                    None,
                );
            }
        }
    }
    let ways = [
        ("block", Others::Block),
        ("warn", Others::Warn),
        ("skip", Others::Skip),
    ];
    if let Some(choice) = reader.choice(table, "others", &ways) {
        server.others = choice;
    }
    if let Some(budget) = reader.seconds(table, "budget") {
        server.budget = budget;
    }
    if let Some(choice) = reader.choice(table, "on-budget", &[("block", true), ("warn", false)]) {
        server.block_on_budget = choice;
    }
    server.accept_receipts = reader
        .text(table, "accept-receipts")
        .map(|(t, _)| t.to_owned());
    server
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

fn read_scanner(
    reader: &mut Reader,
    config: &mut Config,
    name: &str,
    value: &Spanned<DeValue<'_>>,
) {
    let mut settings = ScannerSettings::default();
    let on = match value.get_ref() {
        DeValue::Boolean(on) => *on,
        DeValue::Table(table) => {
            reader.only(
                table,
                &["enabled", "path", "timeout", "results", "load"],
                &format!("in `[scanners.{name}]`"),
            );
            let ways = [
                ("run", Results::Run),
                ("ingest", Results::Ingest),
                ("load", Results::Load),
            ];
            settings.results = reader.choice(table, "results", &ways);
            if let Some(load) = reader.table(table, "load") {
                settings.load = Some(read_load(reader, load, name));
            }
            settings.path = reader.text(table, "path").map(|(p, place)| {
                let path = PathBuf::from(p);
                if !path.is_absolute() && p.contains('/') {
                    let hint = "write an absolute path, or the name of a program on `PATH`";
                    let what = "`path` is relative: it would lead into the checkout, which the change alters";
                    reader.wrong(place, what, Some(hint.into()));
                }
                path
            });
            settings.timeout = reader.seconds(table, "timeout");
            reader.switch(table, "enabled").unwrap_or(true)
        }
        other => {
            let hint = Some(format!(
                "write `{name} = true`, or a table `[scanners.{name}]`"
            ));
            reader.wrong(
                value.span(),
                format!("`{name}` is true, false or a table, not {}", article(other)),
                hint,
            );
            return;
        }
    };
    config.scanners.retain(|s| s != name);
    if on {
        // The built-in scanner names an issue only where no other does.
        let at = config.scanners.len()
            - usize::from(config.scanners.last().is_some_and(|s| s == "secrets"));
        config.scanners.insert(
            if name == "secrets" {
                config.scanners.len()
            } else {
                at
            },
            name.to_owned(),
        );
    }
    config.settings.insert(name.to_owned(), settings);
}

/// Whether a token may go to an address: over TLS, or to this machine itself.
pub fn is_safe_address(address: &str) -> bool {
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    if host.is_empty() || authority.contains('@') {
        return false;
    }
    scheme == "https" || (scheme == "http" && ["127.0.0.1", "localhost", "[::1]"].contains(&host))
}

fn read_load(reader: &mut Reader, table: &DeTable<'_>, name: &str) -> LoadSettings {
    const KEYS: [&str; 8] = [
        "server",
        "project",
        "token-env",
        "url",
        "headers",
        "more",
        "filter",
        "timeout",
    ];
    reader.only(table, &KEYS, &format!("in `[scanners.{name}.load]`"));
    for key in ["server", "url"] {
        if let Some((address, place)) = reader.text(table, key) {
            let safe = address.starts_with("{server}") || is_safe_address(address);
            if !safe {
                let hint = "`http://` is for this machine only, since the token goes with it";
                let what = format!("`{key}` is no `https://` address");
                reader.wrong(place, what, Some(hint.into()));
            }
        }
    }
    let mut text = |key| reader.text(table, key).map(|(text, _)| text.to_owned());
    LoadSettings {
        server: text("server"),
        project: text("project"),
        token_env: text("token-env"),
        url: text("url"),
        more: text("more"),
        filter: text("filter"),
        headers: reader.texts(table, "headers"),
        timeout: reader.seconds(table, "timeout"),
    }
}

/// Writes mistakes for people, each with the lines of the file that it is in.
pub fn render(text: &str, name: &str, mistakes: &[Mistake], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut shown: Vec<String> = Vec::new();
    for mistake in mistakes {
        let length = text.len();
        let place = mistake.place.start.min(length)..mistake.place.end.min(length);
        let snippet = Snippet::source(text)
            .path(name)
            .annotation(AnnotationKind::Primary.span(place));
        let mut group: Group<'_> = Level::ERROR
            .primary_title(mistake.message.as_str())
            .element(snippet);
        if let Some(hint) = &mistake.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        shown.push(renderer.render(&[group]));
    }
    shown.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

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
