//! What the commits of a change bring and remove again: a secret that was ever pushed has leaked.

use std::collections::{BTreeMap, HashSet};

use super::planned::Planned;
use crate::compare::Located;
use crate::error::Result;
use crate::git::Peeled;
use crate::model::{FileVersion, Oid, Reason, Text};
use crate::scan::{Need, Plan, Resolved, UnitResult, reads, resolve};

/// The files and messages that the commits of a change add.
#[derive(Default)]
pub(super) struct Brought {
    /// The findings.
    pub located: Vec<Located>,
    /// What each scanner did for it, with what it says about the base.
    pub work: Vec<Resolved>,
}

/// Findings of scanners of history in file versions that are not in the head tree. A secret that is
/// at head or at base is judged there.
pub(super) fn brought(planned: &Planned<'_>, resolved: &[Resolved]) -> Result<Brought> {
    let commits = versions(planned)?;
    if commits.is_empty() {
        return Ok(Brought::default());
    }
    let plans = plans(planned, &commits)?;
    let with = planned.resolver();
    let found = resolve(with, &planned.scanners, &plans, Need::Comparison)?;
    let mut brought = Brought::default();
    for (index, mut one) in found.into_iter().enumerate() {
        let results = std::mem::take(&mut one.head);
        if results.values().any(|r| !r.findings.is_empty()) {
            let mut known = secrets_of_base(planned, index, &resolved[index], &mut one)?;
            known.extend(secrets_in(&resolved[index].head));
            let pushed_before = pushed_before(planned)?;
            let results = results.into_iter();
            let results = results.filter(|(f, _)| !pushed_before.contains(&f.blob));
            let fresh = fresh(results.collect(), &commits, known);
            brought.located.extend(fresh);
        }
        brought.work.push(one);
    }
    Ok(brought)
}

/// The secrets that the base has in the files that differ, whatever the head has. What goes wrong there is
/// added to `work`.
pub(super) fn secrets_of_base(
    planned: &Planned<'_>,
    index: usize,
    resolved: &Resolved,
    work: &mut Resolved,
) -> Result<HashSet<Text>> {
    let scanner = std::slice::from_ref(&planned.scanners[index]);
    let base_plan = Plan {
        base: planned.plans[index].base.clone(),
        ..Plan::default()
    };
    for mut known in resolve(planned.resolver(), scanner, &[base_plan], Need::Always)? {
        // What the cache knew of the base was counted before.
        known.cached = 0;
        work.absorb(known);
    }
    let mut known = secrets_in(&resolved.base);
    known.extend(secrets_in(&work.base));
    Ok(known)
}

fn secrets_in(side: &BTreeMap<FileVersion, UnitResult>) -> HashSet<Text> {
    let findings = side.values().flat_map(|r| &r.findings);
    findings.filter_map(|f| f.secret.clone()).collect()
}

/// The file versions that commits bring and that are in neither tree, each with the first commit that has it. What is
/// in one of the two trees is judged there.
fn versions(planned: &Planned<'_>) -> Result<BTreeMap<FileVersion, String>> {
    let (repo, change) = (planned.gate.repo, &planned.change);
    let any = planned.scanners.iter().any(|s| s.descriptor.history());
    let is_commit = matches!(repo.peel(&change.head)?, Some(Peeled::Commit { .. }));
    let mut commits = BTreeMap::new();
    if !any || !is_commit || change.base.as_ref() == Some(&change.head) {
        return Ok(commits);
    }
    let check = || planned.clock.check();
    for brought in repo.introduced(&change.head, &change.known, &check)? {
        check()?;
        let mut stands = false;
        for tree in change.base_tree.iter().chain([&change.head_tree]) {
            stands =
                stands || repo.entry(tree, &brought.file.path)?.as_ref() == Some(&brought.file);
        }
        if !stands {
            let commit = brought.commit.to_string();
            commits.entry(brought.file).or_insert(commit);
        }
    }
    Ok(commits)
}

/// The contents that the history holds which the push replaces: the remote has had them before.
fn pushed_before(planned: &Planned<'_>) -> Result<HashSet<Oid>> {
    let change = &planned.change;
    let Some(replaced) = &change.replaced else {
        return Ok(HashSet::new());
    };
    let check = || planned.clock.check();
    let head = std::slice::from_ref(&change.head);
    let brought = planned.gate.repo.introduced(replaced, head, &check)?;
    Ok(brought.into_iter().map(|b| b.file.blob).collect())
}

/// Which of the versions each scanner of history reads.
fn plans(planned: &Planned<'_>, versions: &BTreeMap<FileVersion, String>) -> Result<Vec<Plan>> {
    let mut plans: Vec<Plan> = Vec::new();
    for scanner in &planned.scanners {
        let mut plan = Plan::default();
        for file in versions.keys().filter(|_| scanner.descriptor.history()) {
            planned.clock.check()?;
            let content = |f: &FileVersion| planned.gate.repo.blob(&f.blob);
            if reads(&scanner.descriptor, file, &content)? {
                plan.head.push(file.clone());
            }
        }
        plans.push(plan);
    }
    Ok(plans)
}

/// The findings that are not known yet. The same secret in several versions is told once, of the first
/// commit.
fn fresh(
    results: BTreeMap<FileVersion, UnitResult>,
    commits: &BTreeMap<FileVersion, String>,
    mut known: HashSet<Text>,
) -> Vec<Located> {
    let mut located = Vec::new();
    for (file, result) in results {
        for finding in result.findings {
            if !finding.secret.clone().is_none_or(|s| known.insert(s)) {
                continue;
            }
            let commit = commits.get(&file).cloned().unwrap_or_default();
            let reason = Reason::InHistory {
                commit: commit.clone(),
            };
            located.push(Located::in_history(finding, reason, commit));
        }
    }
    located
}
