//! The comparison of all scanners' findings over one difference of texts.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};

use super::given::Against;
use super::planned::Planned;
use super::{all_findings, behind, content_of};
use crate::compare::{ComparedFile, Difference, Known, Located, Outcome, compare};
use crate::error::Result;
use crate::model::{
    FileChange, FileVersion, Finding, Note, Oid, Origin, Reason, Region, RepoPath, ScannerState,
    Stage, Status, TimeLimit, drained,
};
use crate::scan::{Resolved, Scope, Side, UnitResult};

/// All scanners' findings, compared.
#[derive(Default)]
pub(super) struct Compared {
    /// The difference from the base, made when it is first asked for.
    difference: OnceCell<Difference>,
    /// That of the files with findings alone, where no more of it was needed.
    partial: Option<Difference>,
    /// By scanner; none if there was nothing to compare, or no time for it.
    outcomes: Vec<Option<Fates>>,
    /// By scanner: what it says that comments silence again.
    silenced: Vec<Vec<Silenced>>,
}

/// A scanner's findings at the base and at the head, and what became of them.
type Fates = (Vec<Finding>, Vec<Finding>, Outcome);

/// A finding that a comment silences.
pub(super) type Silenced = (RepoPath, Option<Region>);

impl Compared {
    /// Compares the findings of each scanner, those of `against` with another tree than the base. There
    /// may be very many: they are taken out of `resolved`, unless they are `needed` there again.
    pub(super) fn new(
        planned: &Planned<'_>,
        resolved: &mut [Resolved],
        against: &[Option<Against>],
        needed: bool,
    ) -> Result<Compared> {
        let wanted = resolved.iter().any(|r| {
            let any = |side: &BTreeMap<_, UnitResult>| {
                side.values()
                    .any(|u| !u.findings.is_empty() || u.unread.is_some())
            };
            any(&r.head) || any(&r.base)
        });
        if !wanted {
            return Ok(Compared {
                difference: OnceCell::new(),
                partial: None,
                outcomes: Vec::new(),
                silenced: Vec::new(),
            });
        }
        let only_added = planned.changes.iter().all(|c| c.old.is_none());
        let partial = only_added && against.iter().all(Option::is_none);
        let difference = match partial {
            true => of_files_with_findings(planned, resolved)?,
            false => from_base(planned)?,
        };
        planned.clock.check()?;
        let mut outcomes = vec![None; resolved.len()];
        let mut silenced = vec![Vec::new(); resolved.len()];
        // Few findings first: a scanner that reports very many takes the time of no other.
        let mut order: Vec<usize> = (0..resolved.len()).collect();
        order.sort_by_key(|i| {
            let sides = resolved[*i].head.values().chain(resolved[*i].base.values());
            sides.map(|r| r.findings.len()).sum::<usize>()
        });
        for index in order {
            let one = &mut resolved[index];
            if planned.clock.is_over() && decides(planned, one) {
                one.take_fault(
                    ScannerState::TimedOut,
                    Some(TimeLimit::Budget),
                    Side::Head,
                    "time ran out before its findings were compared".into(),
                );
                continue;
            }
            let (base, head) = match needed {
                true => (all_findings(&one.base), all_findings(&one.head)),
                false => (taken(&mut one.base), taken(&mut one.head)),
            };
            let outcome = match &against[index] {
                None => {
                    let known = known(planned, index, one, &difference, &head);
                    compare(&difference, &base, &head, &known)
                }
                Some(other) => since(planned, other, &difference, &base, &head)?,
            };
            silenced[index] = newly_silenced(&base, &head, &outcome);
            outcomes[index] = Some((base, head, outcome));
        }
        let (partial, difference) = match partial {
            true => (Some(difference), OnceCell::new()),
            false => (None, OnceCell::from(difference)),
        };
        Ok(Compared {
            difference,
            partial,
            outcomes,
            silenced,
        })
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let difference = self.difference.get().or(self.partial.as_ref());
        let of_difference = difference.into_iter().flat_map(|d| &d.notes);
        let of_outcomes = self
            .outcomes
            .iter()
            .flatten()
            .flat_map(|(_, _, outcome)| &outcome.notes);
        of_difference.chain(of_outcomes).cloned().collect()
    }

    /// The difference from the base. It is the same whether there were findings to compare or not.
    pub(super) fn difference(&self, planned: &Planned<'_>) -> Result<&Difference> {
        if let Some(made) = self.difference.get() {
            return Ok(made);
        }
        let made = from_base(planned)?;
        Ok(self.difference.get_or_init(|| made))
    }

    /// The base's path of the file that a head file continues.
    pub(super) fn old_path(
        &self,
        planned: &Planned<'_>,
        path: &RepoPath,
    ) -> Result<Option<RepoPath>> {
        match self.partial {
            // The change only adds files.
            Some(_) => Ok(None),
            None => Ok(self.difference(planned)?.old_path(path)),
        }
    }

    /// Where a scanner says that a comment silences what it finds at the head, and did not say so of the base.
    pub(super) fn silenced(&self, scanner: usize) -> &[Silenced] {
        self.silenced.get(scanner).map_or(&[], Vec::as_slice)
    }

    /// Takes out a scanner's findings with their fates.
    pub(super) fn take_located(&mut self, scanner: usize) -> Vec<Located> {
        let fates = self.outcomes.get_mut(scanner).and_then(Option::take);
        let Some((base, head, outcome)) = fates else {
            return Vec::new();
        };
        let mut located: Vec<Located> = Vec::with_capacity(head.len());
        let fates = drained(head).zip(drained(outcome.head));
        located.extend(fates.map(|(finding, fate)| Located {
            finding,
            status: fate.status,
            stage: fate.stage,
            touched: fate.touched,
            from: fate.from.map(|b| Origin {
                path: base[b].path.clone(),
                line: base[b].line(),
            }),
            reason: fate.reason.clone().quoting(crate::scan::redact),
            commit: None,
        }));
        located.extend(outcome.fixed.iter().map(|b| Located {
            finding: base[*b].clone(),
            status: Status::Fixed,
            stage: Stage::Unmatched,
            touched: false,
            from: Some(Origin {
                path: base[*b].path.clone(),
                line: base[*b].line(),
            }),
            reason: Reason::Gone,
            commit: None,
        }));
        located
    }
}

/// Takes the findings of all units of one side out of their results.
fn taken(results: &mut BTreeMap<FileVersion, UnitResult>) -> Vec<Finding> {
    let number = results.values().map(|r| r.findings.len()).sum();
    let mut all = Vec::with_capacity(number);
    for result in results.values_mut() {
        all.extend(std::mem::take(&mut result.findings));
    }
    all
}

/// What a scanner says that comments silence at the head, and did not say about the base.
fn newly_silenced(base: &[Finding], head: &[Finding], outcome: &Outcome) -> Vec<Silenced> {
    let fates = head.iter().zip(&outcome.head).filter(|(f, _)| f.suppressed);
    let new = fates.filter(|(_, fate)| {
        let old = fate.from.and_then(|b| base.get(b));
        old.is_none_or(|f| !f.suppressed)
    });
    new.map(|(f, _)| (f.path.clone(), f.region)).collect()
}

/// Whether a comparison could tell something that the policy asks for.
fn decides(planned: &Planned<'_>, one: &Resolved) -> bool {
    let any = |side: &BTreeMap<_, UnitResult>| side.values().any(|r| !r.findings.is_empty());
    any(&one.head) || (planned.policy.asks_what_is_fixed() && any(&one.base))
}

/// What is known about a scanner's base besides its findings.
fn known(
    planned: &Planned<'_>,
    index: usize,
    one: &Resolved,
    difference: &Difference,
    head: &[Finding],
) -> Known {
    let scanner = &planned.scanners[index];
    let local = scanner.descriptor.scope() == Scope::File && !scanner.given;
    let unread = one.base.iter().filter(|(_, r)| r.unread.is_some());
    // A base file without a result could not be read.
    let planned = planned.plans[index].base.iter();
    let missing = planned.filter(|f| local && !one.base.contains_key(*f));
    let unread = unread.map(|(f, _)| f).chain(missing);
    let mut unread: HashSet<RepoPath> = unread.map(|f| f.path.clone()).collect();
    if one.base_unknown && !local {
        unread.extend(all_unread(difference, head));
    }
    Known {
        unread,
        file_local: local,
    }
}

/// The base's paths of all files that findings are in.
fn all_unread(difference: &Difference, head: &[Finding]) -> HashSet<RepoPath> {
    let old = |f: &Finding| {
        difference
            .old_path(&f.path)
            .unwrap_or_else(|| f.path.clone())
    };
    head.iter().map(old).collect()
}

/// Compares with an older tree than the base. What is new since then may have come with the target:
/// it counts as new only on lines that the base does not have.
fn since(
    planned: &Planned<'_>,
    older: &Against,
    from_base: &Difference,
    base: &[Finding],
    head: &[Finding],
) -> Result<Outcome> {
    let repo = planned.gate.repo;
    let changes = repo.diff(Some(&older.tree), &planned.change.head_tree)?;
    let trees = (Some(&older.tree), &planned.change.head_tree);
    let from_older = difference(planned, &changes, trees)?;
    let mut outcome = compare(&from_older, base, head, &Known::default());
    let new: Vec<usize> = (0..head.len())
        .filter(|i| outcome.head[*i].status == Status::New && outcome.head[*i].from.is_none())
        .collect();
    let findings: Vec<Finding> = new.iter().map(|i| head[*i].clone()).collect();
    let unverified = Known {
        unread: all_unread(from_base, &findings),
        file_local: false,
    };
    let by_lines = compare(from_base, &[], &findings, &unverified);
    for (i, decision) in new.into_iter().zip(by_lines.head) {
        if decision.status == Status::Inherited {
            outcome.head[i] = decision;
        }
    }
    // What went away before the base was not fixed by this change.
    let touched: HashSet<&RepoPath> = planned
        .changes
        .iter()
        .filter_map(|c| c.old.as_ref().map(|f| &f.path))
        .collect();
    outcome.fixed.retain(|b| touched.contains(&base[*b].path));
    Ok(outcome)
}

/// The difference of the change itself.
fn from_base(planned: &Planned<'_>) -> Result<Difference> {
    let trees = (planned.change.base_tree.as_ref(), &planned.change.head_tree);
    difference(planned, &planned.changes, trees)
}

/// The difference of the files with findings, for a change that only adds files. The other files cannot have anything
/// from the base, and there may be very many.
fn of_files_with_findings(planned: &Planned<'_>, resolved: &[Resolved]) -> Result<Difference> {
    let units = resolved.iter().flat_map(|r| &r.head);
    let known = units.filter(|(_, u)| !u.findings.is_empty() || u.unread.is_some());
    let mut paths: HashSet<&RepoPath> = HashSet::new();
    for (file, unit) in known {
        paths.insert(&file.path);
        paths.extend(unit.findings.iter().map(|f| &f.path));
    }
    let is_known = |c: &&FileChange| c.new.as_ref().is_some_and(|f| paths.contains(&f.path));
    let changes: Vec<FileChange> = planned.changes.iter().filter(is_known).cloned().collect();
    let trees = (planned.change.base_tree.as_ref(), &planned.change.head_tree);
    difference(planned, &changes, trees)
}

/// Changed files as text, paired and mapped.
fn difference(
    planned: &Planned<'_>,
    changes: &[FileChange],
    (old, new): (Option<&Oid>, &Oid),
) -> Result<Difference> {
    let repo = planned.gate.repo;
    let mut files = Vec::new();
    for change in changes {
        let mut file = ComparedFile::default();
        planned.clock.check()?;
        let sides = [
            (&change.old, old, &mut file.old),
            (&change.new, Some(new), &mut file.new),
        ];
        for (version, tree, slot) in sides {
            let Some(version) = version.as_ref().filter(|v| v.is_regular() || v.is_link()) else {
                continue;
            };
            let seen = match tree {
                Some(tree) => behind(repo, tree, version)?,
                None => version.clone(),
            };
            *slot = Some((version.path.clone(), content_of(repo, &seen)?));
        }
        files.push(file);
    }
    Ok(Difference::new(files))
}
