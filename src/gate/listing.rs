//! The baseline beyond the changed files: what the cache knows of the base's other files, summed up
//! per scanner and tree, and carried from tree to tree by their difference.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::planned::Planned;
use crate::cache::{Cache, UnitDigest};
use crate::compare::Located;
use crate::compare::group::{self, group, issue_key};
use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::mask;
use crate::model::{
    FileVersion, Finding, Issue, Oid, Origin, Reason, RepoPath, Ruling, Stage, Status,
};
use crate::scan::{Scanner, Scope, State, UnitResult, learn_secrets_of_names, project};

/// A tree with more files than this is summed up by `newgate baseline build` only.
const WALKED: usize = 5_000;
/// A listing that misses more files than this says too little to be kept.
const MISSING: usize = 1_000;

/// Cached in place of a listing if the tree is too large to be listed before a verdict.
const TOO_LARGE: &[u8] = b"too large";

/// What is known about the base's other files.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// One finding and the number of occurrences, by issue.
    pub issues: BTreeMap<String, (Finding, u64)>,
    /// Every occurrence, where the report lists them.
    pub located: Vec<Located>,
    /// How many files no scanner has a result for; `None` if nobody counted.
    pub never_scanned: Option<u64>,
    /// The same as `issues`, from a shared baseline. They are only shown, and never affect the
    /// verdict.
    pub shared: BTreeMap<String, (Finding, u64)>,
    /// How many files those are.
    pub shared_files: u64,
}

/// The sum of one scanner's results over one tree.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Listing {
    /// One finding for each issue.
    samples: BTreeMap<String, Finding>,
    /// The number of occurrences by issue, for each file that has some.
    files: HashMap<String, BTreeMap<String, u64>>,
    /// Files without a result.
    missing: Vec<String>,
    /// The lines of secrets, for each file that has some.
    #[serde(default)]
    secrets: HashMap<String, Vec<u32>>,
    /// The lines and issues of what is left out beside a secret, for each file that has some.
    #[serde(default)]
    credentials: HashMap<String, Vec<(u32, String)>>,
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

/// Issues of many files, counted as the comparison counts them.
#[derive(Default)]
struct Sum {
    /// One finding and the number of occurrences, by issue.
    issues: BTreeMap<String, (Finding, u64)>,
    /// Where secrets are: file and line.
    secrets: HashSet<(String, u32)>,
    /// What is left out if a secret is there.
    credentials: Vec<(String, u32, String)>,
}

impl Sum {
    /// Adds the issues of a file of a listing.
    fn add(&mut self, listing: &Listing, file: &str, issues: &BTreeMap<String, u64>) {
        for (key, number) in issues {
            if let Some(sample) = listing.samples.get(key) {
                let issue = self.issues.entry(key.clone());
                issue.or_insert_with(|| (sample.clone(), 0)).1 += number;
            }
        }
        let secrets = listing.secrets.get(file).into_iter().flatten();
        self.secrets
            .extend(secrets.map(|line| (file.to_owned(), *line)));
        let credentials = listing.credentials.get(file).into_iter().flatten();
        let credentials = credentials.map(|(line, key)| (file.to_owned(), *line, key.clone()));
        self.credentials.extend(credentials);
    }

    /// The issues of all files.
    fn finish(mut self) -> BTreeMap<String, (Finding, u64)> {
        for (file, line, key) in self.credentials {
            if self.secrets.contains(&(file, line))
                && let Some((_, number)) = self.issues.get_mut(&key)
            {
                *number = number.saturating_sub(1);
            }
        }
        self.issues.retain(|_, (_, number)| *number > 0);
        self.issues
    }
}

/// Sums up the base without the changed files.
pub(super) fn elsewhere(planned: &Planned<'_>) -> Result<Elsewhere> {
    let mut all = Elsewhere::default();
    let Some(base_tree) = &planned.change.base_tree else {
        all.never_scanned = Some(0);
        return Ok(all);
    };
    let (repo, cache) = (planned.gate.repo, planned.gate.cache);
    let mut never: Option<u64> = Some(0);
    let (mut known, mut shown) = (Sum::default(), Sum::default());
    for (index, scanner) in planned.scanners.iter().enumerate() {
        if scanner.state != State::Ready || scanner.given {
            continue;
        }
        if scanner.descriptor.scope() == Scope::Project {
            untouched_project(planned, scanner, index, base_tree, &mut all);
            continue;
        }
        let own = listing_of(repo, cache, scanner, base_tree)?;
        let changed: HashSet<String> = planned
            .changes
            .iter()
            .filter_map(|c| c.old.as_ref())
            .map(|f| f.path.to_text())
            .collect();
        let mut missing: Option<HashSet<&str>> = None;
        if let Some(listing) = &own {
            for (file, issues) in &listing.files {
                if changed.contains(file) {
                    continue;
                }
                if planned.gate.list_unchanged {
                    all.located
                        .extend(unchanged(repo, cache, scanner, base_tree, file)?);
                    continue;
                }
                known.add(listing, file, issues);
            }
            let names = listing.missing.iter().filter(|m| !changed.contains(*m));
            missing = Some(names.map(String::as_str).collect());
        }
        // What nobody scanned here, somebody else may have.
        let all_known = missing.as_ref().is_some_and(HashSet::is_empty);
        let shared = match all_known {
            true => None,
            false => shared_listing(repo, cache, scanner, base_tree)?,
        };
        let mut left = missing.as_ref().map(|m| m.len() as u64);
        if let Some((listing, differing)) = &shared {
            let told = |file: &str| {
                !changed.contains(file)
                    && !differing.contains(file)
                    && missing.as_ref().is_none_or(|m| m.contains(file))
            };
            for (file, issues) in &listing.files {
                if told(file) {
                    shown.add(listing, file, issues);
                    all.shared_files += 1;
                }
            }
            let unknown: HashSet<&str> = listing.missing.iter().map(String::as_str).collect();
            let open = |file: &&&str| unknown.contains(**file) || differing.contains(**file);
            left = Some(match &missing {
                Some(missing) => missing.iter().filter(open).count() as u64,
                None => {
                    let differing = differing.iter().map(String::as_str);
                    let open: HashSet<&str> = unknown.iter().copied().chain(differing).collect();
                    open.iter().filter(|f| !changed.contains(**f)).count() as u64
                }
            });
        }
        never = never.zip(left).map(|(n, left)| n.max(left));
    }
    all.never_scanned = never;
    all.shared = shown.finish();
    for (key, (finding, number)) in known.finish() {
        let issue = all.issues.entry(key);
        issue.or_insert_with(|| (finding, 0)).1 += number;
    }
    Ok(all)
}

/// The findings of a project-wide scanner at base, if the change does not touch its inputs. The
/// head then has the same findings.
fn untouched_project(
    planned: &Planned<'_>,
    scanner: &Scanner,
    index: usize,
    base_tree: &Oid,
    all: &mut Elsewhere,
) {
    let cache = planned.gate.cache;
    if planned.plans[index].project.is_some() {
        return;
    }
    let Some(known) = project::known(cache, &scanner.key, &UnitDigest::of_tree(base_tree)) else {
        return;
    };
    let head = UnitDigest::of_tree(&planned.change.head_tree);
    project::remember(cache, &scanner.key, [head], &known);
    for finding in known.results.into_iter().flat_map(|(_, r)| r.findings) {
        if planned.gate.list_unchanged {
            all.located.push(stays(finding));
        } else {
            let issue = all.issues.entry(issue_key(&finding));
            issue.or_insert_with(|| (finding, 0)).1 += 1;
        }
    }
}

/// A finding in a file that the change does not touch.
fn stays(finding: Finding) -> Located {
    Located {
        from: Some(Origin {
            path: finding.path.clone(),
            line: finding.line(),
        }),
        finding,
        status: Status::Inherited,
        stage: Stage::Unchanged,
        touched: false,
        reason: Reason::SameFile,
        commit: None,
    }
}

/// The occurrences in a file that the change does not touch.
fn unchanged(
    repo: &Repository,
    cache: &Cache,
    scanner: &Scanner,
    tree: &Oid,
    path: &str,
) -> Result<Vec<Located>> {
    let Some(file) = repo.entry(tree, &RepoPath::from_text(path))? else {
        return Ok(Vec::new());
    };
    let known = cache.result(&scanner.key, &UnitDigest::of_file(&file));
    let result = known
        .and_then(|bytes| UnitResult::from_bytes(&bytes, &file.path))
        .unwrap_or_default();
    Ok(result.findings.into_iter().map(stays).collect())
}

/// The listing of a tree: remembered, or made from the newest one by the difference of the trees, or
/// made by a walk if the tree is small.
fn listing_of(
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
fn shared_listing(
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

/// Adds issues of files that the change does not touch to those that were judged: as more of one that
/// was, else as inherited. Nothing that was decided is touched.
pub(super) fn add(issues: &mut Vec<Issue>, unchanged: Vec<Issue>) {
    let by_id: HashMap<String, usize> = (0..)
        .zip(&*issues)
        .map(|(i, x)| (x.id.clone(), i))
        .collect();
    let judged = issues.len();
    for more in unchanged {
        match by_id.get(&more.id).and_then(|i| issues.get_mut(*i)) {
            Some(issue) => {
                issue.elsewhere += more.elsewhere;
                issue.occurrences.extend(more.occurrences);
                group::sort_occurrences(&mut issue.occurrences);
            }
            None => issues.push(more),
        }
    }
    if issues.len() > judged {
        group::sort(issues);
        issues.sort_by_key(|i| (!i.blocks, !i.warns));
    }
}

/// The same for issues that a shared baseline tells about.
pub(super) fn add_shared(issues: &mut Vec<Issue>, shared: &BTreeMap<String, (Finding, u64)>) {
    let mut told = group(Vec::new(), &[], shared);
    for issue in &mut told {
        issue.ruling = Ruling::Shared;
    }
    add(issues, told);
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
