//! Lock files: an entry that has another hash for the same version, or that comes from another host than the others.
//!
//! Both can only be told from what stood there before, so the gate asks with the versions of a file that it compares.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use super::place::Weight;
use super::{Hit, finding_of};
use crate::model::{Finding, RepoPath};

const HASH: &str = "lock-hash";
const HOST: &str = "lock-host";

/// Longest lock file that is read, in bytes.
const LONGEST: usize = 32 * 1024 * 1024;
/// Most findings of a rule in one file.
const MOST: usize = 20;
/// The greatest score of lock files of tests and examples, which nobody installs with the project.
const IN_TESTS: f64 = 3.9;

/// The default registries of package managers. yarn's is another name of npm's.
const REGISTRIES: [&str; 4] = [
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "files.pythonhosted.org",
    "pypi.org",
];

/// An entry of a lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    /// The package's name and version.
    package: String,
    /// Where it is fetched from, if the file says.
    url: Option<String>,
    /// Its hashes: what each is of (a file, a kind of hash), and the hash.
    hashes: Vec<(String, String)>,
    /// Whether the entry itself says that it comes from a repository, a folder or an address of its own.
    declared: bool,
}

/// Whether a file is a lock file that is read.
pub fn is_lock_file(path: &RepoPath) -> bool {
    read::format_of(path).is_some()
}

/// The files beside a lock file that say where packages may come from.
const MANIFESTS: [&str; 10] = [
    "package.json",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "pnpm-workspace.yaml",
    "pyproject.toml",
    "uv.toml",
    "Pipfile",
    "composer.json",
    "bunfig.toml",
];

/// What is suspicious in a lock file by what it was before, here and on other branches that it is compared with.
/// `manifest` gives the content of a file beside it.
pub fn in_lock_file(
    path: &RepoPath,
    before: &[Vec<u8>],
    content: &[u8],
    manifest: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Vec<Finding> {
    let Some(entries) = entries(path, content) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(content);
    let before: Vec<Vec<Entry>> = before.iter().filter_map(|b| entries_of(path, b)).collect();
    let mut hits = Vec::new();
    hashes(&entries, &before, &text, &mut hits);
    hosts(&entries, &before, &text, manifest, &mut hits);
    let weight = Weight::of(path, content);
    if matches!(weight, Weight::Test | Weight::Example) {
        for hit in &mut hits {
            hit.score = hit.score.min(IN_TESTS);
        }
    }
    // A finding without a rule or a place cannot be built.
    hits.into_iter()
        .filter_map(|hit| finding_of(path, hit).ok())
        .collect()
}

fn entries(path: &RepoPath, content: &[u8]) -> Option<Vec<Entry>> {
    if content.len() > LONGEST {
        return None;
    }
    entries_of(path, content)
}

fn entries_of(path: &RepoPath, content: &[u8]) -> Option<Vec<Entry>> {
    read::entries(read::format_of(path)?, std::str::from_utf8(content).ok()?)
}

/// By package and what is hashed: the hashes that were there.
type Known<'e> = BTreeMap<(&'e str, &'e str), BTreeSet<&'e str>>;

fn hashes(entries: &[Entry], before: &[Vec<Entry>], text: &str, hits: &mut Vec<Hit>) {
    let mut known: Vec<Known<'_>> = Vec::new();
    for all in before {
        let mut one = Known::new();
        for entry in all.iter().filter(|e| !e.declared) {
            for (of, hash) in &entry.hashes {
                let key = (entry.package.as_str(), of.as_str());
                one.entry(key).or_default().insert(hash);
            }
        }
        known.push(one);
    }
    let mut now = Known::new();
    for entry in entries.iter().filter(|e| !e.declared) {
        for (of, hash) in &entry.hashes {
            let key = (entry.package.as_str(), of.as_str());
            now.entry(key).or_default().insert(hash);
        }
    }
    let mut told = BTreeSet::new();
    for ((package, of), hashes) in &now {
        let there: Vec<_> = known
            .iter()
            .filter_map(|k| k.get(&(*package, *of)))
            .collect();
        // One that stays beside others is another file of the same version.
        if there.is_empty() || there.iter().any(|k| !k.is_disjoint(hashes)) {
            continue;
        }
        let hash = hashes.iter().next().copied().unwrap_or_default();
        if told.len() >= MOST || !told.insert(*package) {
            continue;
        }
        hits.push(Hit {
            rule: HASH,
            line: line_of(text, hash),
            score: 8.4,
            cwe: vec![506, 494],
            title: "Package hash changed without a new version".into(),
            message: format!(
                "The hash of `{package}` changes but its version does not: the content that is installed is different."
            ),
            fix: "Restore the lock file, and let the package manager update it. If the hash still changes, find out why the registry now has a different file.".into(),
            identity: Some(format!("{package}\0{hash}")),
        });
    }
}

fn hosts(
    entries: &[Entry],
    before: &[Vec<Entry>],
    text: &str,
    manifest: &dyn Fn(&str) -> Option<Vec<u8>>,
    hits: &mut Vec<Hit>,
) {
    let host = |e: &Entry| e.url.as_deref().and_then(host_of);
    let mut number: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        if let Some(host) = host(entry) {
            *number.entry(host).or_default() += 1;
        }
    }
    let known: BTreeSet<String> = before.iter().flatten().filter_map(host).collect();
    let total: usize = number.values().sum();
    let most = number.values().max().copied().unwrap_or_default();
    let foreign: BTreeMap<&String, &usize> = number
        .iter()
        // In a new file, a host with half of the entries, or with the most, is not an exception.
        .filter(|(h, n)| {
            !known.contains(*h)
                && !REGISTRIES.contains(&h.as_str())
                && (**n < most || !known.is_empty())
                && **n * 2 < total
        })
        .collect();
    if foreign.is_empty() {
        return;
    }
    let manifests: Vec<String> = MANIFESTS
        .iter()
        .filter_map(|name| manifest(name))
        .map(|content| String::from_utf8_lossy(&content).into_owned())
        .collect();
    for (host, _) in foreign {
        if manifests.iter().any(|m| m.contains(host.as_str())) {
            continue;
        }
        let from = entries
            .iter()
            .filter(|e| !e.declared && e.url.as_deref().and_then(host_of).as_ref() == Some(host));
        for entry in from.take(MOST) {
            let url = entry.url.as_deref().unwrap_or_default();
            let package = &entry.package;
            hits.push(Hit {
                rule: HOST,
                line: line_of(text, url),
                score: 7.8,
                cwe: vec![506, 494],
                title: "Package from a different host than all others".into(),
                message: format!(
                    "`{package}` is downloaded from `{host}`, which neither the manifests nor earlier versions of this file mention."
                ),
                fix: "Restore the lock file, and let the package manager update it. If the package should come from there, add the registry to the manifest.".into(),
                identity: Some(format!("{package}\0{host}")),
            });
        }
    }
}

/// The host of an address, in lower case, without a name and password.
fn host_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// The line of a text, from 1, on which a part of it stands.
fn line_of(text: &str, part: &str) -> u32 {
    let before = text.find(part).and_then(|at| text.get(..at));
    let lines = before.map_or(0, |b| b.matches('\n').count());
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
