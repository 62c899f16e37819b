//! What the target's tip has already is not new, even if it came after the branch (a cherry-pick, a
//! merge that was squashed).

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{Judging, all_findings, behind, content_of, could_block, given, tree_of};
use crate::compare::{ComparedFile, Difference, Known, Located, compare};
use crate::error::Result;
use crate::model::{
    FileVersion, Finding, Oid, Origin, Reason, Region, RepoPath, Stage, Status, Text,
};
use crate::scan::{Need, Plan, Resolved, Scope, Trees, resolve};

/// The target's tip and its tree; none where a comparison with nothing was asked for, or where the base
/// is the tip.
pub(super) fn other_tree<'j>(judging: &'j Judging<'_>) -> Result<Option<(&'j Oid, Oid)>> {
    let Some(tip) = &judging.change.tip else {
        return Ok(None);
    };
    let Some(tree) = tree_of(judging.gate.repo, tip)? else {
        return Ok(None);
    };
    let base = judging.change.base_tree.as_ref();
    let is_other = base.is_some_and(|base| *base != tree);
    Ok(is_other.then_some((tip, tree)))
}

/// Makes new findings that the target's tip has at the same path inherited. Asked only for those
/// that could stop the change.
pub(super) fn inherit_from_tip(
    judging: &Judging<'_>,
    resolved: &mut [Resolved],
    located: &mut [Located],
) -> Result<()> {
    let repo = judging.gate.repo;
    let Some((tip, tip_tree)) = other_tree(judging)? else {
        return Ok(());
    };
    let target = judging.change.target.as_deref().unwrap_or("the target");
    let old = judging.changes.iter().filter_map(|c| c.old.as_ref());
    let at_base: HashMap<&RepoPath, &FileVersion> = old.map(|f| (&f.path, f)).collect();
    for (index, scanner) in judging.scanners.iter().enumerate() {
        let name = scanner.descriptor.name();
        let asked = |l: &Located| {
            l.status == Status::New
                && l.finding.scanner == name
                && could_block(&judging.policy, &l.finding)
        };
        let paths: BTreeSet<RepoPath> = located
            .iter()
            .filter(|l| asked(l))
            .map(|l| l.finding.path.clone())
            .collect();
        let mut at_tip: BTreeMap<RepoPath, FileVersion> = BTreeMap::new();
        for path in paths {
            judging.clock.check()?;
            let at_base = at_base.get(&path);
            let entry = repo.entry(&tip_tree, &path)?;
            let entry = entry.map(|f| behind(repo, &tip_tree, &f)).transpose()?;
            let entry = entry.map(|f| FileVersion {
                path: path.clone(),
                ..f
            });
            match entry {
                // What is as at the base was compared already.
                Some(file) if file.is_regular() && at_base.is_none_or(|b| b.blob != file.blob) => {
                    at_tip.insert(path, file);
                }
                _ => {}
            }
        }
        if at_tip.is_empty() {
            continue;
        }
        let mut plan = Plan::default();
        match scanner.descriptor.scope() {
            Scope::File => plan.base = at_tip.values().cloned().collect(),
            Scope::Project => {
                plan.project = Some(Trees {
                    head: None,
                    base: Some(tip_tree.clone()),
                });
            }
        }
        let tip_findings = match scanner.given {
            true => {
                let known = given::at_tip(judging, scanner, tip)?.unwrap_or_default();
                known
                    .results
                    .into_iter()
                    .flat_map(|(_, r)| r.findings)
                    .collect()
            }
            false => {
                let with = judging
                    .gate
                    .resolver(&judging.key, judging.clock.scans_end());
                let scanner = std::slice::from_ref(scanner);
                let results = resolve(with, scanner, &[plan], Need::Always)?;
                let at_tip = results.into_iter().next().unwrap_or_default();
                // What is not known to be on the target stays new, and that is said.
                resolved[index].take_faults_of(&at_tip);
                all_findings(&at_tip.base)
            }
        };
        let head: Vec<_> = resolved[index]
            .head
            .iter()
            .filter(|(f, _)| at_tip.contains_key(&f.path))
            .collect();
        let mut files = Vec::new();
        for (file, _) in &head {
            judging.clock.check()?;
            let old = &at_tip[&file.path];
            if old.blob != file.blob {
                files.push(ComparedFile {
                    old: Some((old.path.clone(), content_of(repo, old)?)),
                    new: Some((file.path.clone(), content_of(repo, file)?)),
                });
            }
        }
        let mut tip_findings = tip_findings;
        tip_findings.retain(|f| at_tip.contains_key(&f.path));
        let head_findings: Vec<_> = head
            .iter()
            .flat_map(|(_, r)| r.findings.iter().cloned())
            .collect();
        let known = Known {
            file_local: scanner.descriptor.scope() == Scope::File,
            ..Known::default()
        };
        let outcome = compare(
            &Difference::new(files),
            &tip_findings,
            &head_findings,
            &known,
        );
        judging.clock.check()?;
        let mut new: HashMap<_, VecDeque<usize>> = HashMap::new();
        for (at, item) in located.iter().enumerate().filter(|(_, l)| asked(l)) {
            new.entry(identity(&item.finding))
                .or_default()
                .push_back(at);
        }
        for (finding, fate) in head_findings.iter().zip(&outcome.head) {
            let Some(origin) = fate.from.map(|t| &tip_findings[t]) else {
                continue;
            };
            let at = new
                .get_mut(&identity(finding))
                .and_then(VecDeque::pop_front);
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
    Ok(())
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
