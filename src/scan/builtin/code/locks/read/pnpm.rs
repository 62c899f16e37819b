//! The lock files of pnpm.

use serde_json::Value;

use super::super::Entry;
use super::{integrity, spaced, table_at, text_at};

/// Whether a file is as pnpm writes it, so that its lines can be read: a package's key, and its `resolution` in the next
/// line.
pub(super) fn is_usual(text: &str) -> bool {
    let mut before = "";
    for line in text.lines() {
        let (key, value) = line.split_once(": ").unwrap_or((line, ""));
        if key == "    resolution" {
            let is_key = before.starts_with("  ")
                && !before.starts_with("   ")
                && before.ends_with(':')
                && !before.contains('#');
            let inner = value.strip_prefix('{').and_then(|v| v.strip_suffix('}'));
            if !is_key || inner.is_none_or(|inner| inner.contains(['{', '}', '#'])) {
                return false;
            }
        } else if line.contains("resolution") {
            let mut after = line.split("resolution").skip(1);
            if after.any(|rest| rest.starts_with([':', ' ', '"', '\''])) {
                return false;
            }
        }
        before = line;
    }
    let begins = text.strip_prefix("---\n").unwrap_or(text);
    !text.contains(['\\', '\t', '&']) && begins.starts_with("lockfileVersion:")
}

/// `name@version:` two in, and `resolution: {..}` below.
pub(super) fn by_lines(text: &str, all: &mut Vec<Entry>) {
    let mut package = "";
    for line in text.lines() {
        if let Some(resolution) = line.strip_prefix("    resolution: ") {
            let value = |key: &str| {
                let (_, rest) = resolution.split_once(key)?;
                let end = rest.find([',', '}', ' ']).unwrap_or(rest.len());
                rest.get(..end).map(|v| v.trim_matches(['\'', '"']))
            };
            entry(package, value("integrity: "), value("tarball: "), all);
        } else if let Some(key) = line.strip_prefix("  ").filter(|l| l.ends_with(':')) {
            package = key.trim_end_matches(':').trim_matches(['\'', '"']);
        }
    }
}

/// The same, of any YAML.
pub(super) fn as_yaml(root: &Value, all: &mut Vec<Entry>) {
    for (package, said) in table_at(root, "packages") {
        let Some(resolution) = said.get("resolution") else {
            continue;
        };
        let value = |key| text_at(resolution, key);
        entry(package, value("integrity"), value("tarball"), all);
    }
}

fn entry(package: &str, hash: Option<&str>, url: Option<&str>, all: &mut Vec<Entry>) {
    let package = package.trim_start_matches('/');
    all.push(Entry {
        package: spaced(package),
        url: url.map(str::to_owned),
        hashes: integrity(hash.unwrap_or_default()),
        declared: package.contains("://") || package.contains("file:"),
    });
}
