//! Lock files: an entry that has another hash for the same version, or that comes from another host than the others.
//!
//! Both can only be told from what stood there before, so the gate asks with the versions of a file that it compares.

mod address;
mod manifests;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use super::hit::{Hit, finding_of};
use super::place::Weight;
use crate::model::{Finding, RepoPath};
use address::{host_of, is_forge, is_registry, named_in, owner_of};
use manifests::Manifests;

const HASH: &str = "lock-hash";
pub(super) const HOST: &str = "lock-host";

/// Longest lock file that is read, in bytes.
const LONGEST: usize = 32 * 1024 * 1024;
/// Most findings of a rule in one file.
const MOST: usize = 20;
/// The greatest score of lock files of tests and examples, which nobody installs with the project.
const IN_TESTS: f64 = 3.9;

/// What the hashes of a kind are of that may have a new file of an old version beside the others.
const FILES: &str = "files";

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

impl Entry {
    /// One with a hash and no address.
    fn hashed(package: String, of: &str, hash: &str) -> Entry {
        Entry {
            package,
            hashes: vec![(of.to_owned(), hash.to_owned())],
            ..Entry::default()
        }
    }

    /// The package's name without its version.
    fn name(&self) -> &str {
        let name = self.package.rsplit_once(' ');
        name.map_or(&*self.package, |(name, _)| name)
    }

    /// Whether it comes from a repository, a folder or an address of its own, so that its hash changes with that.
    fn is_of_its_own(&self) -> bool {
        self.declared || self.url.as_deref().is_some_and(address::is_of_its_own)
    }

    fn host(&self) -> Option<String> {
        self.url.as_deref().and_then(host_of)
    }
}

/// Whether a file is a lock file that is read.
pub fn is_lock_file(path: &RepoPath) -> bool {
    read::format_of(path).is_some()
}

/// Whether two files are lock files of the same kind.
pub fn is_same_lock_file(one: &RepoPath, other: &RepoPath) -> bool {
    let format = read::format_of(one);
    format.is_some() && format == read::format_of(other)
}

/// What is suspicious in a lock file by what it was before, here and on other branches that it is compared with.
/// `manifest` gives the content of a file beside it.
///
/// # Errors
/// The file cannot be read, while its package manager may take what is wrong with it; says why.
pub fn in_lock_file(
    path: &RepoPath,
    before: &[Vec<u8>],
    content: &[u8],
    manifest: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<Vec<Finding>, String> {
    let Some(format) = read::format_of(path) else {
        return Ok(Vec::new());
    };
    let weight = Weight::of(path, content);
    let is_apart = matches!(weight, Weight::Test | Weight::Example);
    let entries = match entries(format, content) {
        Err(_) if is_apart => return Ok(Vec::new()),
        read => read?,
    };
    let text = String::from_utf8_lossy(content);
    let before = before.iter().filter_map(|b| entries_of(format, b).ok());
    let before: Vec<Vec<Entry>> = before.collect();
    let mut hits = Vec::new();
    hashes(&entries, &before, &text, &mut hits);
    let manifests = Manifests::new(manifest);
    hosts(&entries, &before, &text, &manifests, &mut hits);
    names(&entries, &before, &text, &mut hits);
    if is_apart {
        for hit in &mut hits {
            hit.score = hit.score.min(IN_TESTS);
        }
    }
    hits.into_iter().map(|hit| finding_of(path, hit)).collect()
}

fn entries(format: read::Format, content: &[u8]) -> Result<Vec<Entry>, String> {
    if content.len() > LONGEST {
        let most = LONGEST / 1024 / 1024;
        return Err(format!("lock files longer than {most} MiB are not read"));
    }
    entries_of(format, content)
}

fn entries_of(format: read::Format, content: &[u8]) -> Result<Vec<Entry>, String> {
    let text = String::from_utf8_lossy(content);
    // npm passes a byte order mark over.
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    read::entries(format, text).map_err(|e| format!("this lock file cannot be read: {e}"))
}

/// By package and what is hashed: the hashes that were there.
type Known<'e> = BTreeMap<(&'e str, &'e str), BTreeSet<&'e str>>;

/// The hashes of entries that do not change with an address.
fn known_in(entries: &[Entry]) -> Known<'_> {
    let mut known = Known::new();
    for entry in entries.iter().filter(|e| !e.is_of_its_own()) {
        for (of, hash) in &entry.hashes {
            let key = (entry.package.as_str(), of.as_str());
            known.entry(key).or_default().insert(hash);
        }
    }
    known
}

/// Entries that have another hash for the same version.
fn hashes(entries: &[Entry], before: &[Vec<Entry>], text: &str, hits: &mut Vec<Hit>) {
    let known: Vec<Known<'_>> = before.iter().map(|all| known_in(all)).collect();
    let now = known_in(entries);
    let mut told = BTreeSet::new();
    for ((package, of), hashes) in &now {
        let there: Vec<_> = known
            .iter()
            .filter_map(|k| k.get(&(*package, *of)))
            .collect();
        let is_known = |k: &&&BTreeSet<&str>| match *of == FILES {
            // One that comes to the others is another file of the same version.
            true => !k.is_disjoint(hashes),
            false => hashes.is_subset(k),
        };
        if there.is_empty() || there.iter().any(|k| is_known(&k)) {
            continue;
        }
        let is_new = |h: &&&str| !there.iter().any(|k| k.contains(**h));
        let hash = hashes.iter().find(is_new).copied().unwrap_or_default();
        if told.len() >= MOST {
            break;
        }
        if !told.insert(*package) {
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
    manifests: &Manifests<'_>,
    hits: &mut Vec<Hit>,
) {
    let mut number: BTreeMap<String, usize> = BTreeMap::new();
    for host in entries.iter().filter_map(Entry::host) {
        *number.entry(host).or_default() += 1;
    }
    let known: BTreeSet<String> = before.iter().flatten().filter_map(Entry::host).collect();
    let total: usize = number.values().sum();
    let most = number.values().max().copied().unwrap_or_default();
    let is_foreign = |host: &str| {
        let number = number.get(host).copied().unwrap_or_default();
        // In a new file, a host with half of the entries, or with the most, is not an exception.
        let is_rare = !known.is_empty() || number < most && number * 2 < total;
        let is_of_owner =
            || owner_of(host).is_some_and(|o| known.iter().any(|k| owner_of(k) == Some(o)));
        is_rare && !known.contains(host) && !is_registry(host) && !is_of_owner()
    };
    // Packages that came from a registry everywhere, by their names.
    let mut from_registry: BTreeMap<&str, bool> = BTreeMap::new();
    for entry in before.iter().flatten() {
        let all = from_registry.entry(entry.name()).or_insert(true);
        *all &= !entry.is_of_its_own();
    }
    let mut told = 0;
    let mut hosts = BTreeSet::new();
    for entry in entries {
        let (Some(host), Some(url)) = (entry.host(), entry.url.as_deref()) else {
            continue;
        };
        let moved = entry.is_of_its_own() && from_registry.get(entry.name()) == Some(&true);
        let of_forge = entry.is_of_its_own() && is_forge(&host);
        let foreign = !entry.declared && !of_forge && is_foreign(&host);
        let named = || manifests.name_host(&host) || moved && manifests.name_repository(url);
        if !(moved || foreign) || named() {
            continue;
        }
        // One host is one question, however many packages come from it.
        if foreign && !hosts.insert(host.clone()) {
            continue;
        }
        let package = &entry.package;
        hits.push(Hit {
            title: "Package from a different host than all others".into(),
            message: match foreign {
                true => format!(
                    "`{package}` is downloaded from `{host}`, which neither the manifests nor earlier versions of this file mention."
                ),
                false => format!(
                    "`{package}` used to come from a registry. Now it is downloaded from a repository at `{host}`, which no manifest mentions."
                ),
            },
            fix: "Restore the lock file, and let the package manager update it. If the package should come from there, add the address to the manifest.".into(),
            identity: Some(match foreign {
                true => host,
                false => format!("{package}\0{host}"),
            }),
            ..of_address(url, text)
        });
        told += 1;
        if told >= MOST {
            return;
        }
    }
}

/// An entry whose address is that of another package of the same registry.
fn names(entries: &[Entry], before: &[Vec<Entry>], text: &str, hits: &mut Vec<Hit>) {
    let is_of = |entry: &Entry, named: &str| {
        let name = entry.name().to_ascii_lowercase();
        let name = before_version(&name);
        let plain = format!("{}-", name.replace(['_', '.'], "-"));
        named == name || named.starts_with(&plain)
    };
    let mut by_url: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|e| !e.declared) {
        if let Some(url) = entry.url.as_deref() {
            by_url.entry(url).or_default().push(entry);
        }
    }
    for (url, all) in by_url {
        let Some(named) = named_in(url) else {
            continue;
        };
        let was_there = || {
            before
                .iter()
                .flatten()
                .any(|e| e.url.as_deref() == Some(url))
        };
        let Some(first) = all.first() else { continue };
        if all.iter().any(|e| is_of(e, &named)) || was_there() || hits.len() >= MOST {
            continue;
        }
        let package = &first.package;
        hits.push(Hit {
            title: "Package is downloaded under another name".into(),
            message: format!(
                "`{package}` is downloaded from an address of another package: `{url}`."
            ),
            fix: "Restore the lock file, and let the package manager update it.".into(),
            identity: Some(format!("{package}\0{url}")),
            ..of_address(url, text)
        });
    }
}

/// What all hits about an address have in common.
fn of_address(url: &str, text: &str) -> Hit {
    Hit {
        rule: HOST,
        line: line_of(text, url),
        score: 7.8,
        cwe: vec![506, 494],
        title: String::new(),
        message: String::new(),
        fix: String::new(),
        identity: None,
    }
}

/// The name of a package, where its version stands behind a sign: `@a/b` of `@a/b@1.0.0`.
fn before_version(package: &str) -> &str {
    let mut signs = package.match_indices('@').map(|(at, _)| at);
    let at = signs.find(|at| *at > 0);
    at.and_then(|at| package.get(..at)).unwrap_or(package)
}

/// The line of a text, from 1, on which a part of it stands.
fn line_of(text: &str, part: &str) -> u32 {
    let before = text.find(part).and_then(|at| text.get(..at));
    let lines = before.map_or(0, |b| b.matches('\n').count());
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
