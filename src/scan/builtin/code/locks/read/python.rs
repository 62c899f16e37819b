//! The lock files of pip and pipenv.

use serde_json::Value;

use super::super::{Entry, FILES};
use super::{list_at, table_at, text_at};

pub(super) fn pipenv(root: &Value, all: &mut Vec<Entry>) {
    for list in ["default", "develop"] {
        for (name, package) in table_at(root, list) {
            let version = text_at(package, "version").unwrap_or_default();
            let hashes = list_at(package, "hashes").filter_map(Value::as_str);
            all.push(Entry {
                package: format!("{name} {}", version.trim_start_matches('=')),
                hashes: hashes.map(|h| (FILES.to_owned(), h.to_owned())).collect(),
                declared: version.is_empty(),
                ..Entry::default()
            });
        }
    }
}

/// <https://pip.pypa.io/en/stable/topics/secure-installs/>
pub(super) fn requirements(text: &str, all: &mut Vec<Entry>) {
    let mut package = String::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or(line);
        if let Some((name, rest)) = line
            .split_once("==")
            .filter(|_| !line.starts_with([' ', '#']))
        {
            let version = rest.split([' ', ';', '\\']).next().unwrap_or_default();
            package = format!("{} {version}", name.trim().to_ascii_lowercase());
        }
        for hash in line.split("--hash=").skip(1) {
            let hash = hash.split([' ', '\\']).next().unwrap_or_default();
            all.push(Entry::hashed(package.clone(), FILES, hash));
        }
    }
}
