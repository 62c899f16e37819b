//! The tables of scanners, and of servers that results are loaded from.

use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeValue;

use super::model::BUILT_IN;
use super::reader::{Table, article};
use super::{Config, Exclusion, LoadSettings, Results, ScannerSettings};
use crate::model::Address;
use crate::policy::Pattern;

/// Reads the settings of one scanner in `[scanners]`.
pub(super) fn read_scanner<'a>(
    scanners: &Table<'a>,
    config: &mut Config,
    name: &str,
    value: &'a Spanned<DeValue<'a>>,
) {
    let mut settings = ScannerSettings::default();
    let on = match value.get_ref() {
        DeValue::Boolean(on) => *on,
        DeValue::Table(table) => {
            let table = scanners.below(table, &format!("in `[scanners.{name}]`"));
            let on = table.switch("enabled").unwrap_or(true);
            settings = read_settings(&table, name);
            on
        }
        other => {
            let hint = Some(format!(
                "write `{name} = true`, or a table `[scanners.{name}]`"
            ));
            scanners.wrong(
                value.span(),
                format!(
                    "`{name}` must be true, false or a table, not {}",
                    article(other)
                ),
                hint,
            );
            return;
        }
    };
    config.scanners.retain(|s| s != name);
    if on {
        // A built-in scanner gives an issue its title only if no other scanner reports it.
        let rank = |name: &str| {
            BUILT_IN
                .iter()
                .position(|b| *b == name)
                .map_or(0, |i| i + 1)
        };
        let at = config.scanners.partition_point(|s| rank(s) <= rank(name));
        config.scanners.insert(at, name.to_owned());
    }
    config.settings.insert(name.to_owned(), settings);
}

/// Tells which settings a scanner may have: all that any may have.
pub(super) fn outline_settings(table: &Table<'_>) {
    table.switch("enabled");
    read_settings(table, "secrets");
}

fn read_settings(table: &Table<'_>, name: &str) -> ScannerSettings {
    let path = table.text("path");
    if let Some(path) = path
        && !path.starts_with('/')
        && path.contains('/')
    {
        let hint = "write an absolute path, or the name of a program on `PATH`";
        let what =
            "`path` is relative, so it would point into the checkout, which the change can alter";
        table.wrong_at("path", what, Some(hint.into()));
    }
    let load = table.table("load", &format!("in `[scanners.{name}.load]`"));
    ScannerSettings {
        path: path.map(PathBuf::from),
        timeout: table.seconds("timeout"),
        contained: table.switch("contained"),
        messages: match name {
            "secrets" => table.switch("messages"),
            _ => None,
        },
        results: table.choice("results", &Results::NAMED),
        load: load.map(|load| read_load(&load)),
        exclude: table
            .tables("exclude")
            .iter()
            .filter_map(read_exclusion)
            .collect(),
    }
}

fn read_exclusion(table: &Table<'_>) -> Option<Exclusion> {
    let path = table.text("path");
    let reason = table.text("reason");
    for (key, said) in [("path", path), ("reason", reason)] {
        // Three dots are what a message has in place of a reason.
        if !said.is_some_and(|s| s.contains(|c: char| c.is_alphanumeric() || c == '*')) {
            let hint = "write `{ path = \"tests/fixtures/**\", reason = \"broken on purpose\" }`";
            table.wrong_at(
                key,
                format!("an exclusion needs a `{key}`"),
                Some(hint.into()),
            );
            return None;
        }
    }
    let path = path?;
    match Pattern::new(path, true) {
        Ok(pattern) => Some(Exclusion {
            path: pattern,
            reason: reason?.to_owned(),
        }),
        Err(why) => {
            table.wrong_at("path", format!("`{path}` is not a pattern: {why}"), None);
            None
        }
    }
}

fn read_load(table: &Table<'_>) -> LoadSettings {
    for key in ["server", "url"] {
        if let Some(address) = table.text(key)
            && !address.starts_with("{server}")
            && !Address::parse(address).is_some_and(|a| a.may_take_a_token())
        {
            let hint = "`http://` is for this machine only, because the token is sent with it";
            let what = format!("`{key}` is not an `https://` address");
            table.wrong_at(key, what, Some(hint.into()));
        }
    }
    let text = |key| table.text(key).map(str::to_owned);
    LoadSettings {
        server: text("server"),
        project: text("project"),
        token_env: text("token-env"),
        url: text("url"),
        headers: table.texts("headers"),
        more: text("more"),
        filter: text("filter"),
        file: text("file"),
        timeout: table.seconds("timeout"),
    }
}
