//! What the cache knows of all files of a tree, summed up per scanner, and carried from tree to tree by their difference.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::cache::{Cache, UnitDigest};
use crate::compare::group::{self, issue_key};
use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::mask;
use crate::model::{FileVersion, Finding, Oid, RepoPath};
use crate::scan::{Scanner, UnitResult, learn_secrets_of_names};

/// A tree with more files than this is summed up by `newgate baseline build` only.
const WALKED: usize = 5_000;
/// A listing that misses more files than this says too little to be kept.
const MISSING: usize = 1_000;

/// Cached in place of a listing if the tree is too large to be listed before a verdict.
const TOO_LARGE: &[u8] = b"too large";

/// The sum of one scanner's results over one tree.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Listing {
    /// One finding for each issue.
    pub(super) samples: BTreeMap<String, Finding>,
    /// The number of occurrences by issue, for each file that has some.
    pub(super) files: HashMap<String, BTreeMap<String, u64>>,
    /// Files without a result.
    pub(super) missing: Vec<String>,
    /// The lines of secrets, for each file that has some.
    #[serde(default)]
    pub(super) secrets: HashMap<String, Vec<u32>>,
    /// The lines and issues of what is left out beside a secret, for each file that has some.
    #[serde(default)]
    pub(super) credentials: HashMap<String, Vec<(u32, String)>>,
    /// How often results had been written when they were looked for.
    #[serde(default)]
    written: i64,
}

impl Listing {
    fn add(&mut self, cache: &Cache, scanner: &Scanner, file: &FileVersion) {
        let digest = UnitDigest::of_file(file);
        self.add_result(file, cache.result(&scanner.key, &digest));
    }

    fn add_result(&mut self, file: &FileVersion, known: Option<Vec<u8>>) {
        let name = file.path.to_text();
        match known.and_then(|bytes| UnitResult::from_bytes(&bytes, &file.path)) {
            None => self.missing.push(name),
            Some(result) => {
                for finding in result.findings {
                    let key = issue_key(&finding);
                    let line = finding.line();
                    if group::is_secret(&finding) {
                        let lines = self.secrets.entry(name.clone()).or_default();
                        lines.push(line);
                    } else if group::is_mild_credential(&finding) {
                        let lines = self.credentials.entry(name.clone()).or_default();
                        lines.push((line, key.clone()));
                    }
                    *self
                        .files
                        .entry(name.clone())
                        .or_default()
                        .entry(key.clone())
                        .or_default() += 1;
                    self.samples.entry(key).or_insert(finding);
                }
            }
        }
    }

    /// Learns the credentials in names of files, so that they are not stored in plain text.
    fn learn_names(&self) {
        let names = self.files.keys().chain(&self.missing);
        learn_secrets_of_names(names.map(String::as_str));
    }

    /// Masks the secrets that are known in what is said about issues; returns whether there were
    /// some.
    fn mask(&mut self) -> bool {
        let altered = Cell::new(false);
        for sample in self.samples.values_mut() {
            sample.rewrite_words(&|text| {
                let masked = mask::masked(text);
                altered.set(altered.get() || masked.is_some());
                masked
            });
        }
        altered.get()
    }

    fn remove(&mut self, file: &FileVersion) {
        let name = file.path.to_text();
        self.files.remove(&name);
        self.secrets.remove(&name);
        self.credentials.remove(&name);
        self.missing.retain(|m| *m != name);
    }
}

/// The listing of a tree: remembered, or made from the newest one by the difference of the trees, or
/// made by a walk if the tree is small.
pub(super) fn listing_of(
    repo: &Repository,
    cache: &Cache,
    scanner: &Scanner,
    tree: &Oid,
) -> Result<Option<Listing>> {
    let quotes = Cell::new(false);
    let read = |bytes: Vec<u8>| {
        let mut listing = serde_json::from_slice::<Listing>(&bytes).ok()?;
        quotes.set(mask::holds(&bytes) && listing.mask());
        Some(listing)
    };
    // A secret that nothing had reported when it was made.
    let forget = || {
        if quotes.get() {
            cache.forget_listings(&scanner.key);
        }
        quotes.get()
    };
    if let Some(mut listing) = cache.listing(&scanner.key, tree.as_str()).and_then(read) {
        if forget() {
            store(cache, scanner, tree, &listing);
        }
        // What was missing may have been scanned since.
        let written = cache.times_written();
        if !listing.missing.is_empty() && listing.written != written {
            cache.reading(|| fill(repo, cache, scanner, tree, &mut listing))?;
            listing.written = written;
            store(cache, scanner, tree, &listing);
        }
        return Ok(Some(listing));
    }
    let newest = cache
        .newest_listing(&scanner.key)
        .and_then(|(t, bytes)| Some((Oid::parse(&t)?, read(bytes)?)));
    if let Some((from, mut listing)) = newest
        && repo.peel(&from)?.is_some()
    {
        forget();
        let changes = repo.diff(Some(&from), tree)?;
        if changes.len() <= WALKED {
            // What was missing there is looked for next time.
            for change in &changes {
                if let Some(old) = &change.old {
                    listing.remove(old);
                }
            }
            for new in changes.iter().filter_map(|c| c.new.as_ref()) {
                if reads(repo, scanner, new)? {
                    listing.add(cache, scanner, new);
                }
            }
            store(cache, scanner, tree, &listing);
            return Ok(Some(listing));
        }
    }
    if cache
        .newest_listing(&scanner.key)
        .is_some_and(|(_, bytes)| bytes == TOO_LARGE)
    {
        return Ok(None);
    }
    let listing = walk(repo, cache, scanner, tree, WALKED)?;
    if listing.is_none() {
        cache.remember_listing(&scanner.key, tree.as_str(), TOO_LARGE);
    }
    Ok(listing)
}

/// Looks up what a listing misses.
fn fill(
    repo: &Repository,
    cache: &Cache,
    scanner: &Scanner,
    tree: &Oid,
    listing: &mut Listing,
) -> Result<()> {
    for name in std::mem::take(&mut listing.missing) {
        match repo.entry(tree, &RepoPath::from_text(&name))? {
            Some(file) => listing.add(cache, scanner, &file),
            None => listing.missing.push(name),
        }
    }
    Ok(())
}

fn reads(repo: &Repository, scanner: &Scanner, file: &FileVersion) -> Result<bool> {
    crate::scan::is_listed_for(&scanner.descriptor, file, &|f| repo.blob(&f.blob))
}

fn store(cache: &Cache, scanner: &Scanner, tree: &Oid, listing: &Listing) {
    listing.learn_names();
    if listing.missing.len() <= MISSING {
        let bytes = serde_json::to_vec(listing).expect("a listing is plain data");
        cache.remember_listing(&scanner.key, tree.as_str(), &bytes);
    }
}

/// Sums up a whole tree of at most `limit` files from the cache, and remembers it.
pub(super) fn walk(
    repo: &Repository,
    cache: &Cache,
    scanner: &Scanner,
    tree: &Oid,
    limit: usize,
) -> Result<Option<Listing>> {
    let Some(files) = repo.list(tree, limit)? else {
        return Ok(None);
    };
    let mut listing = Listing {
        written: cache.times_written(),
        ..Listing::default()
    };
    cache.reading(|| -> Result<()> {
        for file in &files {
            if reads(repo, scanner, file)? {
                listing.add(cache, scanner, file);
            }
        }
        Ok(())
    })?;
    store(cache, scanner, tree, &listing);
    Ok(Some(listing))
}

/// Sums up a tree from results of a shared baseline, apart from those of this clone.
pub(super) fn walk_shared(
    repo: &Repository,
    cache: &Cache,
    scanner: &Scanner,
    tree: &Oid,
    result_of: &dyn Fn(&UnitDigest) -> Option<Vec<u8>>,
) -> Result<()> {
    let mut listing = Listing::default();
    for file in files_of(repo, tree)? {
        if reads(repo, scanner, &file)? {
            listing.add_result(&file, result_of(&UnitDigest::of_file(&file)));
        }
    }
    listing.learn_names();
    if listing.missing.len() <= MISSING {
        let bytes = serde_json::to_vec(&listing).expect("a listing is plain data");
        cache.remember_listing(&scanner.key.of_shared(), tree.as_str(), &bytes);
    }
    Ok(())
}

/// The newest sum of shared results, and the files that are not the same in the tree.
pub(super) fn shared_listing(
    repo: &Repository,
    cache: &Cache,
    scanner: &Scanner,
    tree: &Oid,
) -> Result<Option<(Listing, HashSet<String>)>> {
    let newest = cache.newest_listing(&scanner.key.of_shared());
    let read = newest.and_then(|(from, bytes)| {
        Some((
            Oid::parse(&from)?,
            serde_json::from_slice::<Listing>(&bytes).ok()?,
        ))
    });
    let Some((from, listing)) = read else {
        return Ok(None);
    };
    if repo.peel(&from)?.is_none() {
        return Ok(None);
    }
    let changes = repo.diff(Some(&from), tree)?;
    if changes.len() > WALKED {
        return Ok(None);
    }
    let files = changes.iter().flat_map(|c| c.old.iter().chain(&c.new));
    Ok(Some((listing, files.map(|f| f.path.to_text()).collect())))
}

/// All files of a tree.
pub(super) fn files_of(repo: &Repository, tree: &Oid) -> Result<Vec<FileVersion>> {
    repo.list(tree, usize::MAX)?.ok_or_else(|| {
        Error::new(
            ErrorKind::Git,
            format!("the files of the tree {tree} cannot be listed"),
        )
    })
}
