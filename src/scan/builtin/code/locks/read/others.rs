//! The lock files that take a few lines each: of Go, PHP, Ruby, .NET, Nix, Swift, Dart, Elixir and Terraform.

use serde_json::Value;

use super::super::address::{host_of, is_forge};
use super::super::{Entry, FILES};
use super::{list_at, table_at, text_at};

/// <https://go.dev/ref/mod#go-sum-files>
pub(super) fn go(text: &str, all: &mut Vec<Entry>) {
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        if let (Some(module), Some(version), Some(hash)) =
            (words.next(), words.next(), words.next())
        {
            all.push(Entry::hashed(format!("{module} {version}"), "h1", hash));
        }
    }
}

pub(super) fn composer(root: &Value, all: &mut Vec<Entry>) {
    for list in ["packages", "packages-dev"] {
        for package in list_at(root, list) {
            let name = text_at(package, "name").unwrap_or_default();
            let version = text_at(package, "version").unwrap_or_default();
            let moves = version.starts_with("dev-") || version.ends_with("-dev");
            let dist = package.get("dist").unwrap_or(&Value::Null);
            let mut hashes = Vec::new();
            for (of, key) in [("sha1", "shasum"), ("commit", "reference")] {
                let value = text_at(dist, key).filter(|v| !v.is_empty() && !moves);
                hashes.extend(value.map(|v| (of.to_owned(), v.to_owned())));
            }
            // What is installed where its history is wanted too.
            let source = package.get("source").and_then(|s| text_at(s, "reference"));
            let source = source.filter(|v| !v.is_empty() && !moves);
            hashes.extend(source.map(|v| ("source".to_owned(), v.to_owned())));
            let url = text_at(dist, "url").map(str::to_owned);
            let kind = text_at(dist, "type").unwrap_or_default();
            all.push(Entry {
                package: format!("{name} {version}"),
                // Its commit is a part of the address, so the address itself says nothing.
                url: url
                    .as_deref()
                    .and_then(host_of)
                    // Packagist lists packages of all of these.
                    .filter(|h| h != "codeberg.org" && !is_forge(h))
                    .map(|h| format!("https://{h}/")),
                hashes,
                declared: kind == "path" || moves,
            });
        }
    }
}

/// `  name (version) sha256=..`
pub(super) fn bundler(text: &str, all: &mut Vec<Entry>) {
    let lines = text.lines().skip_while(|l| *l != "CHECKSUMS").skip(1);
    for line in lines.take_while(|l| l.starts_with(' ')) {
        if let Some((package, hashes)) = line.trim().split_once(") ") {
            let hashes = hashes.split(',').filter_map(|h| h.split_once('='));
            all.push(Entry {
                package: package.replace('(', ""),
                hashes: hashes.map(|(k, h)| (k.to_owned(), h.to_owned())).collect(),
                ..Entry::default()
            });
        }
    }
}

/// <https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files>
pub(super) fn nuget(root: &Value, all: &mut Vec<Entry>) {
    for (_, target) in table_at(root, "dependencies") {
        for (name, package) in target.as_object().into_iter().flatten() {
            let version = text_at(package, "resolved").unwrap_or_default();
            if let Some(hash) = text_at(package, "contentHash") {
                all.push(Entry::hashed(format!("{name} {version}"), "content", hash));
            }
        }
    }
}

/// <https://nix.dev/manual/nix/stable/command-ref/new-cli/nix3-flake#lock-files>
pub(super) fn flake(root: &Value, all: &mut Vec<Entry>) {
    for (name, node) in table_at(root, "nodes") {
        let locked = node.get("locked").unwrap_or(&Value::Null);
        if let (Some(rev), Some(hash)) = (text_at(locked, "rev"), text_at(locked, "narHash")) {
            all.push(Entry::hashed(format!("{name} {rev}"), "narHash", hash));
        }
    }
}

pub(super) fn swift(root: &Value, all: &mut Vec<Entry>) {
    for pin in list_at(root.get("object").unwrap_or(root), "pins") {
        let name = text_at(pin, "identity").or(text_at(pin, "package"));
        let state = pin.get("state").unwrap_or(&Value::Null);
        if let (Some(version), Some(hash)) = (text_at(state, "version"), text_at(state, "revision"))
        {
            let package = format!("{} {version}", name.unwrap_or_default());
            all.push(Entry::hashed(package, "revision", hash));
        }
    }
}

pub(super) fn dart(root: &Value, all: &mut Vec<Entry>) {
    for (name, package) in table_at(root, "packages") {
        let said = package.get("description").unwrap_or(&Value::Null);
        let version = text_at(package, "version").unwrap_or_default();
        let hash = text_at(said, "sha256").map(|h| ("sha256".to_owned(), h.to_owned()));
        all.push(Entry {
            package: format!("{name} {version}"),
            url: text_at(said, "url").map(str::to_owned),
            hashes: hash.into_iter().collect(),
            declared: text_at(package, "source").is_some_and(|s| s != "hosted"),
        });
    }
}

/// `"name": {:hex, :name, "version", "hash", [..], .., "hash"},`
pub(super) fn mix(text: &str, all: &mut Vec<Entry>) {
    for line in text.lines().filter(|l| l.contains("{:hex,")) {
        let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
        if let [name, version, inner, .., outer] = quoted.as_slice() {
            let hashes = [("inner", inner), ("outer", outer)];
            let hashes = hashes.map(|(of, h)| (of.to_owned(), (*h).to_owned()));
            all.push(Entry {
                package: format!("{name} {version}"),
                hashes: hashes.to_vec(),
                ..Entry::default()
            });
        }
    }
}

/// <https://developer.hashicorp.com/terraform/language/files/dependency-lock>
pub(super) fn terraform(text: &str, all: &mut Vec<Entry>) {
    let (mut name, mut version) = ("", "");
    for line in text.lines().map(str::trim) {
        let quoted = line.split('"').nth(1).unwrap_or_default();
        if line.starts_with("provider ") {
            (name, version) = (quoted, "");
        } else if line.starts_with("version ") {
            version = quoted;
        } else if let Some((kind, _)) = quoted
            .split_once(':')
            .filter(|(k, _)| matches!(*k, "h1" | "zh"))
        {
            let package = format!("{name} {version} {kind}");
            all.push(Entry::hashed(package, FILES, quoted));
        }
    }
}
