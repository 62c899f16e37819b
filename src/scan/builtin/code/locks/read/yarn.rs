//! The lock files of yarn: its own format up to version 1, YAML from version 2 on.

use serde_json::Value;

use super::super::{Entry, before_version};
use super::{integrity, text_at};

/// Whether a file of yarn is YAML, as it is from version 2 on.
pub(super) fn is_berry(text: &str) -> bool {
    let is_head = |l: &&str| l.starts_with('#') || l.trim().is_empty();
    let mut head = text.lines().take_while(is_head);
    !head.any(|l| l.trim_start_matches('#').trim() == "yarn lockfile v1")
}

/// Whether a file is as yarn writes it from version 2 on, so that its lines can be read.
pub(super) fn is_usual(text: &str) -> bool {
    let is_usual = |line: &str| match line.trim_start() {
        "" => true,
        _ if line.starts_with('#') => true,
        // What is further in belongs to the dependencies.
        _ if line.starts_with("    ") => !line.contains("checksum"),
        rest if line.starts_with("  ") => !rest.starts_with(['"', '\'', '?', '-', '{', ' ']),
        _ => line.ends_with(':') && !line.starts_with(['?', '-', '{']),
    };
    !text.contains(['\\', '\t', '&']) && text.lines().all(is_usual)
}

/// Blocks that begin with the requirements that they answer.
pub(super) fn by_lines(text: &str, all: &mut Vec<Entry>) {
    let cache = text
        .lines()
        .find_map(|l| l.trim().strip_prefix("cacheKey: "));
    let cache = cache.unwrap_or_default();
    let mut current: Option<(&str, &str, Entry)> = None;
    for line in text.lines().chain(["end:"]) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            if let Some((head, version, entry)) = current.take() {
                of_head(head, version, &entry, all);
            }
            current = Some((line.trim_end().trim_end_matches(':'), "", Entry::default()));
            continue;
        }
        // What is further in belongs to the dependencies.
        if line.starts_with("   ") {
            continue;
        }
        let Some((_, version, entry)) = &mut current else {
            continue;
        };
        let line = line.trim();
        let (key, value) = line.split_once([' ', ':', '\t']).unwrap_or((line, ""));
        let value = value.trim_matches([' ', ':', '\t']).trim_matches('"');
        match key.trim_matches('"') {
            "version" => *version = value,
            "resolved" => {
                let (url, hash) = value.split_once('#').unwrap_or((value, ""));
                entry.url = Some(url.to_owned());
                if hash.len() == 40 && url.contains("/-/") {
                    entry
                        .hashes
                        .push(("sha1 of the archive".into(), hash.to_owned()));
                }
            }
            "integrity" => entry.hashes.extend(integrity(value)),
            "checksum" => entry.hashes.push(checksum_of(value, cache)),
            _ => {}
        }
    }
}

/// The same, of any YAML.
pub(super) fn as_yaml(root: &Value, all: &mut Vec<Entry>) {
    let cache = root.get("__metadata").and_then(|m| m.get("cacheKey"));
    let cache = cache.map_or(String::new(), |c| match c {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    for (head, package) in root.as_object().into_iter().flatten() {
        let version = match package.get("version") {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => continue,
        };
        let mut entry = Entry::default();
        if let Some(checksum) = text_at(package, "checksum") {
            entry.hashes.push(checksum_of(checksum, &cache));
        }
        of_head(head, &version, &entry, all);
    }
}

fn checksum_of(value: &str, cache: &str) -> (String, String) {
    let (key, hash) = value.split_once('/').unwrap_or((cache, value));
    // It depends on how the cache packs, which the key tells.
    (format!("checksum {key}"), hash.to_owned())
}

/// Adds an entry for each name of a package that it answers: `"a@^1, a@^2, b@npm:a@^2"`.
fn of_head(head: &str, version: &str, entry: &Entry, all: &mut Vec<Entry>) {
    let mut names: Vec<&str> = Vec::new();
    let mut declared = false;
    for one in head.split(',') {
        let one = one.trim().trim_matches('"');
        let name = before_version(one);
        let wanted = one.strip_prefix(name).unwrap_or_default();
        let places = [
            "://",
            "git@",
            "github:",
            "/",
            "file:",
            "link:",
            "patch:",
            "workspace:",
        ];
        declared |= places.iter().any(|w| wanted.contains(w)) && !wanted.starts_with("@npm:");
        // Under another name: `a@npm:b@^1`.
        let real = wanted
            .strip_prefix("@npm:")
            .and_then(|w| w.rsplit_once('@'));
        let real = real.map(|(real, _)| real).filter(|real| !real.is_empty());
        for name in [Some(name), real].into_iter().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    for name in names {
        all.push(Entry {
            package: format!("{name} {version}"),
            declared,
            ..entry.clone()
        });
    }
}
