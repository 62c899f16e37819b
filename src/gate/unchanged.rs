//! The baseline beyond the changed files: the issues of files that the change does not touch.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::listing::{Listing, listing_of, shared_listing};
use super::planned::Planned;
use crate::cache::{Cache, UnitDigest};
use crate::compare::Located;
use crate::compare::group::{self, group, issue_key};
use crate::error::Result;
use crate::git::Repository;
use crate::model::{Finding, Issue, Oid, Origin, Reason, RepoPath, Ruling, Stage, Status};
use crate::scan::{Scanner, Scope, State, UnitResult, project};

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
