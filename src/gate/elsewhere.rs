//! What stands already in another tree of the target's side is not new: what came to the target's tip after
//! the branch (a cherry-pick, a merge that was squashed), what another merge base has, what the branch has
//! on its remote.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use super::planned::Planned;
use super::{all_findings, behind, content_of, could_block, given};
use crate::compare::{ComparedFile, Difference, Known, Located, Outcome, compare};
use crate::error::Result;
use crate::model::{
    FileChange, FileVersion, Finding, Oid, Origin, OtherTree, Reason, Region, RepoPath, Stage,
    Status, Text,
};
use crate::scan::{Need, Plan, Resolved, Scanner, Scope, Trees, resolve};

/// How many files may differ from another tree where moved ones are searched for.
const MOST_MOVED: usize = 500;

/// Findings of which those that another tree has are inherited.
pub(super) struct Carried {
    /// The findings.
    pub located: Vec<Located>,
    /// How each scanner fared at the other trees: what is not known to be there stays new.
    pub work: Vec<Resolved>,
}

/// Makes new findings that another tree has inherited, at the same path first, then in files that were
/// moved. Asked only for those that could block the change.
pub(super) fn inherit(
    planned: &Planned<'_>,
    resolved: &[Resolved],
    located: Vec<Located>,
) -> Result<Carried> {
    let mut carried = Carried {
        located,
        work: resolved.iter().map(|_| Resolved::default()).collect(),
    };
    for other in &planned.change.others {
        for way in [Way::SamePath, Way::Moved] {
            for (index, one) in resolved.iter().enumerate() {
                carry(planned, index, one, (other, way), &mut carried)?;
            }
        }
    }
    Ok(carried)
}

/// Where a finding is looked for in another tree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In the file of the same path.
    SamePath,
    /// In what was moved too.
    Moved,
}

/// Carries on what one scanner says about another tree.
fn carry(
    planned: &Planned<'_>,
    index: usize,
    resolved: &Resolved,
    (other, way): (&OtherTree, Way),
    carried: &mut Carried,
) -> Result<()> {
    let scanner = &planned.scanners[index];
    let name = scanner.descriptor.name();
    let asked = |l: &Located| {
        l.status == Status::New
            && l.finding.scanner == name
            && could_block(&planned.policy, &l.finding)
    };
    let paths = carried.located.iter().filter(|l| asked(l));
    let paths: BTreeSet<RepoPath> = paths.map(|l| l.finding.path.clone()).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let heads = resolved.head.keys().filter(|f| paths.contains(&f.path));
    let heads: Vec<&FileVersion> = heads.collect();
    let sides = match way {
        Way::SamePath => same_paths(planned, &other.tree, &heads)?,
        Way::Moved => moved(planned, &other.tree, &heads)?,
    };
    if sides.old.is_empty() {
        return Ok(());
    }
    let (findings, fared) = findings_at(planned, scanner, other, &sides.old)?;
    carried.work[index].absorb(fared);
    let (head, outcome) = compared(planned, scanner, resolved, &sides, &findings)?;
    let mut new: HashMap<_, VecDeque<usize>> = HashMap::new();
    for (at, item) in carried.located.iter().enumerate().filter(|(_, l)| asked(l)) {
        let same = new.entry(identity(&item.finding)).or_default();
        same.push_back(at);
    }
    for (finding, fate) in head.iter().zip(&outcome.head) {
        let Some(origin) = fate.from.map(|t| &findings[t]) else {
            continue;
        };
        let at = new.get_mut(&identity(finding));
        let at = at.and_then(VecDeque::pop_front);
        if let Some(item) = at.and_then(|at| carried.located.get_mut(at)) {
            item.status = Status::Inherited;
            item.stage = Stage::OnTarget;
            item.reason = Reason::OnTarget {
                target: other.name.clone(),
            };
            item.from = Some(Origin {
                path: origin.path.clone(),
                line: origin.line(),
            });
        }
    }
    Ok(())
}

/// The files that are compared.
#[derive(Default)]
struct Sides {
    /// Those of the other tree.
    old: BTreeMap<RepoPath, FileVersion>,
    /// Those of the head.
    head: Vec<FileVersion>,
}

/// Files at the paths of the head's, as far as the other tree's differ from the base: the rest was compared
/// already.
fn same_paths(planned: &Planned<'_>, tree: &Oid, heads: &[&FileVersion]) -> Result<Sides> {
    let repo = planned.gate.repo;
    let old = planned.changes.iter().filter_map(|c| c.old.as_ref());
    let at_base: HashMap<&RepoPath, &FileVersion> = old.map(|f| (&f.path, f)).collect();
    let mut sides = Sides::default();
    for head in heads {
        planned.clock.check()?;
        let path = &head.path;
        let entry = repo.entry(tree, path)?;
        let entry = entry.map(|f| behind(repo, tree, &f)).transpose()?;
        let entry = entry.map(|f| FileVersion {
            path: path.clone(),
            ..f
        });
        let same = |f: &FileVersion| at_base.get(path).is_some_and(|b| b.blob == f.blob);
        if let Some(file) = entry.filter(|f| f.is_regular() && !same(f)) {
            sides.old.insert(path.clone(), file);
            sides.head.push((*head).clone());
        }
    }
    Ok(sides)
}

/// Both sides of what differs from the other tree, so that a file that was moved is found again, and is not
/// taken for the origin of a copy. Of the other tree's files, only those whose findings may have moved to
/// `heads`. Nothing where too much differs.
fn moved(planned: &Planned<'_>, tree: &Oid, heads: &[&FileVersion]) -> Result<Sides> {
    let repo = planned.gate.repo;
    let changes = repo.diff(Some(tree), &planned.change.head_tree)?;
    planned.clock.check()?;
    let mut sides = Sides::default();
    if changes.len() > MOST_MOVED {
        return Ok(sides);
    }
    let asked: HashSet<&RepoPath> = heads.iter().map(|f| &f.path).collect();
    for FileChange { old, new } in changes {
        let gone = new.is_none();
        if let Some(old) = old.filter(|f| f.is_regular() && (gone || asked.contains(&f.path))) {
            sides.old.insert(old.path.clone(), old);
        }
        sides.head.extend(new.filter(FileVersion::is_regular));
    }
    Ok(sides)
}

/// What a scanner says about files of another tree, and how it fared.
fn findings_at(
    planned: &Planned<'_>,
    scanner: &Scanner,
    other: &OtherTree,
    files: &BTreeMap<RepoPath, FileVersion>,
) -> Result<(Vec<Finding>, Resolved)> {
    let (mut findings, fared) = if scanner.given {
        let known = given::at_commit(planned, scanner, &other.commit)?.unwrap_or_default();
        let all = known.results.into_iter().flat_map(|(_, r)| r.findings);
        (all.collect(), Resolved::default())
    } else {
        let mut plan = Plan::default();
        match scanner.descriptor.scope() {
            Scope::File => plan.base = files.values().cloned().collect(),
            Scope::Project => {
                plan.project = Some(Trees {
                    head: None,
                    base: Some(other.tree.clone()),
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

/// The head's findings in some files, compared with those of files of another tree.
fn compared(
    planned: &Planned<'_>,
    scanner: &Scanner,
    resolved: &Resolved,
    sides: &Sides,
    findings: &[Finding],
) -> Result<(Vec<Finding>, Outcome)> {
    let repo = planned.gate.repo;
    let mut files: BTreeMap<&RepoPath, ComparedFile> = BTreeMap::new();
    let mut head = Vec::new();
    for file in &sides.head {
        planned.clock.check()?;
        let result = resolved.head.get(file);
        head.extend(result.into_iter().flat_map(|r| r.findings.iter().cloned()));
        let old = sides.old.get(&file.path);
        if old.is_none_or(|o| o.blob != file.blob) {
            let pair = files.entry(&file.path).or_default();
            pair.new = Some((file.path.clone(), content_of(repo, file)?));
        }
        if let Some(old) = old.filter(|o| o.blob != file.blob) {
            let pair = files.entry(&file.path).or_default();
            pair.old = Some((file.path.clone(), content_of(repo, old)?));
        }
    }
    let at_head: HashSet<&RepoPath> = sides.head.iter().map(|f| &f.path).collect();
    for (path, file) in sides.old.iter().filter(|(p, _)| !at_head.contains(p)) {
        planned.clock.check()?;
        let pair = files.entry(path).or_default();
        pair.old = Some((path.clone(), content_of(repo, file)?));
    }
    let known = Known {
        file_local: scanner.descriptor.scope() == Scope::File,
        ..Known::default()
    };
    let files = files.into_values().collect();
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
