//! Links that the change does not touch, to files that it does: what scanners see under the link's name
//! has changed all the same.

use std::collections::{BTreeMap, HashSet};

use super::Gate;
use crate::cache::{Cache, ScannerKey};
use crate::error::Result;
use crate::git::Repository;
use crate::model::{Change, FileChange, FileVersion, Oid, RepoPath};
use crate::scan::{Engine, Scanner, has_known_name, is_of_other_kind, reads};

/// The links of a tree, by path.
type Links = BTreeMap<RepoPath, FileVersion>;

/// Adds to the changes of a change the links that lead to changed files which some scanner does not
/// read under their own names, or as another kind of file.
///
/// # Errors
/// git could not answer.
pub(super) fn add_led(
    gate: &Gate<'_>,
    change: &Change,
    scanners: &[Scanner],
    changes: &mut Vec<FileChange>,
) -> Result<()> {
    let repo = gate.repo;
    let programs: Vec<&Scanner> = scanners
        .iter()
        .filter(|s| !s.given && s.descriptor.engine() == Engine::Program)
        .collect();
    let mut own = scanners.iter().map(|s| s.descriptor.engine());
    let reads_code = own.any(|e| e == Engine::Code);
    // What may be a file of another kind for the built-in scanner of code.
    let mut plain: HashSet<RepoPath> = HashSet::new();
    let mut hidden: HashSet<RepoPath> = HashSet::new();
    for file in changes.iter().filter_map(|c| c.new.as_ref()) {
        let mut all_read = true;
        for scanner in &programs {
            all_read = all_read && reads(&scanner.descriptor, file, &|f| repo.blob(&f.blob))?;
        }
        if file.is_regular() && !all_read {
            hidden.insert(file.path.clone());
        }
        if file.is_regular() && reads_code && !has_known_name(&file.path) {
            plain.insert(file.path.clone());
        }
    }
    if hidden.is_empty() && plain.is_empty() {
        return Ok(());
    }
    let mut links = match &change.base_tree {
        Some(base) => links_of(repo, gate.cache, base)?,
        // Everything is new then, links too.
        None => return Ok(()),
    };
    for path in changes.iter().flat_map(|c| c.old.iter().chain(&c.new)) {
        links.remove(&path.path);
    }
    for link in links.into_values() {
        let led = repo.behind(&change.head_tree, &link)?;
        let concerns = |led: FileVersion| {
            hidden.contains(&led.path)
                || plain.contains(&led.path) && is_of_other_kind(&link.path, &led.path)
        };
        if led.is_some_and(concerns) {
            changes.push(FileChange {
                old: Some(link.clone()),
                new: Some(link),
            });
        }
    }
    Ok(())
}

/// All links of a tree: remembered, or those of the newest tree that is remembered and what differs
/// from that, or found by listing the tree.
fn links_of(repo: &Repository, cache: &Cache, tree: &Oid) -> Result<Links> {
    let key = ScannerKey::of_given("links", "");
    if let Some(links) = cache.listing(&key, tree.as_str()).as_deref().and_then(read) {
        return Ok(links);
    }
    let newest = cache
        .newest_listing(&key)
        .and_then(|(from, bytes)| Some((Oid::parse(&from)?, read(&bytes)?)));
    let links = match newest {
        Some((from, mut links)) if repo.peel(&from)?.is_some() => {
            for change in repo.diff(Some(&from), tree)? {
                if let Some(old) = change.old {
                    links.remove(&old.path);
                }
                if let Some(new) = change.new.filter(FileVersion::is_link) {
                    links.insert(new.path.clone(), new);
                }
            }
            links
        }
        _ => {
            let files = repo.list(tree, usize::MAX)?.unwrap_or_default();
            let links = files.into_iter().filter(FileVersion::is_link);
            links.map(|f| (f.path.clone(), f)).collect()
        }
    };
    cache.remember_listing(&key, tree.as_str(), &write(&links));
    Ok(links)
}

/// The links as the cache keeps them: path, object and mode of each.
fn write(links: &Links) -> Vec<u8> {
    let rows = links.values();
    let rows: Vec<(String, &str, u32)> = rows
        .map(|l| (l.path.to_text(), l.blob.as_str(), l.mode))
        .collect();
    serde_json::to_vec(&rows).expect("texts and numbers are plain data")
}

/// Reads what [`write`] wrote; `None` if it is something else.
fn read(bytes: &[u8]) -> Option<Links> {
    let rows: Vec<(String, String, u32)> = serde_json::from_slice(bytes).ok()?;
    let link = |(path, blob, mode): (String, String, u32)| {
        let path = RepoPath::from_text(&path);
        let file = FileVersion {
            path: path.clone(),
            blob: Oid::parse(&blob)?,
            mode,
        };
        Some((path, file))
    };
    rows.into_iter().map(link).collect()
}
