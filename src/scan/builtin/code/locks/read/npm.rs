//! The lock files of npm, bun and Deno.

use serde_json::Value;

use super::super::Entry;
use super::{integrity, spaced, table_at, text_at};

/// <https://docs.npmjs.com/cli/configuring-npm/package-lock-json>
pub(super) fn packages(root: &Value, all: &mut Vec<Entry>) {
    for (path, package) in table_at(root, "packages") {
        // What is not installed below `node_modules` is a folder of the project.
        let Some((_, name)) = path.rsplit_once("node_modules/") else {
            continue;
        };
        npm_entry(name, package, all);
        // One under another name is a package of either.
        if let Some(stated) = text_at(package, "name").filter(|stated| *stated != name) {
            npm_entry(stated, package, all);
        }
    }
    let mut open: Vec<&Value> = root.get("dependencies").into_iter().collect();
    while let Some(level) = open.pop() {
        for (name, package) in level.as_object().into_iter().flatten() {
            npm_entry(name, package, all);
            open.extend(package.get("dependencies"));
        }
    }
}

fn npm_entry(name: &str, package: &Value, all: &mut Vec<Entry>) {
    let version = text_at(package, "version").unwrap_or_default();
    let url = text_at(package, "resolved").map(str::to_owned);
    all.push(Entry {
        package: format!("{name} {version}"),
        url,
        hashes: integrity(text_at(package, "integrity").unwrap_or_default()),
        // The version of a dependency that is not a version is where it comes from.
        declared: version.contains([':', '/']) || package.get("link").is_some(),
    });
}

/// <https://bun.sh/docs/install/lockfile>: `"name": ["name@version", "registry", {..}, "sha512-.."]`.
pub(super) fn bun(root: &Value, all: &mut Vec<Entry>) {
    for list in table_at(root, "packages").filter_map(|(_, p)| p.as_array()) {
        let Some(package) = list.first().and_then(Value::as_str) else {
            continue;
        };
        let url = list
            .get(1)
            .and_then(Value::as_str)
            .filter(|u| u.contains("://"));
        let hash = list
            .last()
            .and_then(Value::as_str)
            .filter(|_| list.len() > 2);
        let version = package.rsplit('@').next().unwrap_or_default();
        all.push(Entry {
            package: package.to_owned(),
            url: url.map(str::to_owned),
            hashes: integrity(hash.unwrap_or_default()),
            declared: version.contains([':', '/']),
        });
    }
}

pub(super) fn deno(root: &Value, all: &mut Vec<Entry>) {
    let packages = root.get("packages").unwrap_or(&Value::Null);
    for list in ["npm", "jsr"]
        .iter()
        .flat_map(|k| [root.get(*k), packages.get(*k)])
    {
        for (name, package) in list.and_then(Value::as_object).into_iter().flatten() {
            if let Some(hash) = text_at(package, "integrity") {
                all.push(Entry::hashed(spaced(name), "integrity", hash));
            }
        }
    }
    for (url, hash) in table_at(root, "remote") {
        // What has no version in its address may change.
        let hash = hash.as_str().filter(|_| url.contains('@'));
        let hashes = hash.map(|h| ("sha256".to_owned(), h.to_owned()));
        all.push(Entry {
            package: url.clone(),
            hashes: hashes.into_iter().collect(),
            ..Entry::default()
        });
    }
}
