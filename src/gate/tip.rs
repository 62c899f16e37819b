//! What the target's tip has already is not new, even if it came after the branch (a cherry-pick, a
//! merge that was squashed).

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::planned::Planned;
use super::{all_findings, behind, content_of, could_block, given, tree_of};
use crate::compare::{ComparedFile, Difference, Known, Located, Outcome, compare};
use crate::error::Result;
use crate::model::{
    FileVersion, Finding, Oid, Origin, Reason, Region, RepoPath, Stage, Status, Text,
};
use crate::scan::{Need, Plan, Resolved, Scanner, Scope, Trees, resolve};

/// The target's tip and its tree; none where a comparison with nothing was asked for, or where the base
/// is the tip.
pub(super) fn other_tree<'p>(planned: &'p Planned<'_>) -> Result<Option<(&'p Oid, Oid)>> {
    let Some(tip) = &planned.change.tip else {
        return Ok(None);
    };
    let Some(tree) = tree_of(planned.gate.repo, tip)? else {
        return Ok(None);
    };
    let base = planned.change.base_tree.as_ref();
    let is_other = base.is_some_and(|base| *base != tree);
    Ok(is_other.then_some((tip, tree)))
}

/// Findings of which those that the tip has are inherited.
pub(super) struct Carried {
    /// The findings.
    pub located: Vec<Located>,
    /// How each scanner fared at the tip: what is not known to be on the target stays new.
    pub work: Vec<Resolved>,
}

/// Makes new findings that the target's tip has at the same path inherited. Asked only for those
/// that could block the change.
pub(super) fn inherit(
    planned: &Planned<'_>,
    resolved: &[Resolved],
    mut located: Vec<Located>,
) -> Result<Carried> {
    let mut work = Vec::new();
    let Some((tip, tree)) = other_tree(planned)? else {
        return Ok(Carried { located, work });
    };
    let target = planned.change.target.as_deref().unwrap_or("the target");
    for (scanner, one) in planned.scanners.iter().zip(resolved) {
        let name = scanner.descriptor.name();
        let asked = |l: &Located| {
            l.status == Status::New
                && l.finding.scanner == name
                && could_block(&planned.policy, &l.finding)
        };
        let paths = located.iter().filter(|l| asked(l));
        let paths: BTreeSet<RepoPath> = paths.map(|l| l.finding.path.clone()).collect();
        let files = files_at(planned, &tree, paths)?;
        if files.is_empty() {
            work.push(Resolved::default());
            continue;
        }
        let (at_tip, fared) = findings_at(planned, scanner, (tip, &tree), &files)?;
        work.push(fared);
        let (head, outcome) = compared(planned, scanner, one, &files, &at_tip)?;
        let mut new: HashMap<_, VecDeque<usize>> = HashMap::new();
        for (at, item) in located.iter().enumerate().filter(|(_, l)| asked(l)) {
            let same = new.entry(identity(&item.finding)).or_default();
            same.push_back(at);
        }
        for (finding, fate) in head.iter().zip(&outcome.head) {
            let Some(origin) = fate.from.map(|t| &at_tip[t]) else {
                continue;
            };
            let at = new.get_mut(&identity(finding));
            let at = at.and_then(VecDeque::pop_front);
            if let Some(item) = at.and_then(|at| located.get_mut(at)) {
                item.status = Status::Inherited;
                item.stage = Stage::OnTarget;
                item.reason = Reason::OnTarget {
                    target: target.to_string(),
                };
                item.from = Some(Origin {
                    path: origin.path.clone(),
                    line: origin.line(),
                });
            }
        }
    }
    Ok(Carried { located, work })
}

/// The files of the tip at some paths, as far as they differ from the base: the rest was compared already.
fn files_at(
    planned: &Planned<'_>,
    tree: &Oid,
    paths: BTreeSet<RepoPath>,
) -> Result<BTreeMap<RepoPath, FileVersion>> {
    let repo = planned.gate.repo;
    let old = planned.changes.iter().filter_map(|c| c.old.as_ref());
    let at_base: HashMap<&RepoPath, &FileVersion> = old.map(|f| (&f.path, f)).collect();
    let mut files = BTreeMap::new();
    for path in paths {
        planned.clock.check()?;
        let entry = repo.entry(tree, &path)?;
        let entry = entry.map(|f| behind(repo, tree, &f)).transpose()?;
        let entry = entry.map(|f| FileVersion {
            path: path.clone(),
            ..f
        });
        let same = |f: &FileVersion| at_base.get(&path).is_some_and(|b| b.blob == f.blob);
        if let Some(file) = entry.filter(|f| f.is_regular() && !same(f)) {
            files.insert(path, file);
        }
    }
    Ok(files)
}

/// What a scanner says of files of the tip, and how it fared.
fn findings_at(
    planned: &Planned<'_>,
    scanner: &Scanner,
    (tip, tree): (&Oid, &Oid),
    files: &BTreeMap<RepoPath, FileVersion>,
) -> Result<(Vec<Finding>, Resolved)> {
    let (mut findings, fared) = if scanner.given {
        let known = given::at_tip(planned, scanner, tip)?.unwrap_or_default();
        let all = known.results.into_iter().flat_map(|(_, r)| r.findings);
        (all.collect(), Resolved::default())
    } else {
        let mut plan = Plan::default();
        match scanner.descriptor.scope() {
            Scope::File => plan.base = files.values().cloned().collect(),
            Scope::Project => {
                plan.project = Some(Trees {
                    head: None,
                    base: Some(tree.clone()),
                });
            }
        }
        let scanner = std::slice::from_ref(scanner);
        let results = resolve(planned.resolver(), scanner, &[plan], Need::Always)?;
        let fared = results.into_iter().next().unwrap_or_default();
        (all_findings(&fared.base), fared)
    };
    findings.retain(|f: &Finding| files.contains_key(&f.path));
    Ok((findings, fared))
}

/// The head's findings in some files, compared with those of the tip.
fn compared(
    planned: &Planned<'_>,
    scanner: &Scanner,
    resolved: &Resolved,
    at_tip: &BTreeMap<RepoPath, FileVersion>,
    findings: &[Finding],
) -> Result<(Vec<Finding>, Outcome)> {
    let repo = planned.gate.repo;
    let mut files = Vec::new();
    let mut head = Vec::new();
    for (file, result) in &resolved.head {
        let Some(old) = at_tip.get(&file.path) else {
            continue;
        };
        planned.clock.check()?;
        if old.blob != file.blob {
            files.push(ComparedFile {
                old: Some((old.path.clone(), content_of(repo, old)?)),
                new: Some((file.path.clone(), content_of(repo, file)?)),
            });
        }
        head.extend(result.findings.iter().cloned());
    }
    let known = Known {
        file_local: scanner.descriptor.scope() == Scope::File,
        ..Known::default()
    };
    let outcome = compare(&Difference::new(files), findings, &head, &known);
    planned.clock.check()?;
    Ok((head, outcome))
}

/// What makes a finding of a scanner the one that it is, whatever the policy makes of its score.
fn identity(finding: &Finding) -> (RepoPath, Option<Region>, Text, Text) {
    (
        finding.path.clone(),
        finding.region,
        finding.rule.clone(),
        finding.message.clone(),
    )
}
