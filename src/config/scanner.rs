//! The tables of scanners, and of servers that results are loaded from.

use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reader::{Reader, article};
use super::{Config, LoadSettings, Results, ScannerSettings};

pub(super) fn read_scanner(
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
