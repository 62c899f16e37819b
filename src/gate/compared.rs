//! The comparison of all scanners' findings over one difference of texts.

use std::collections::HashSet;

use super::{Judging, all_findings, text_of};
use crate::compare::{ComparedFile, Difference, Known, Located, compare};
use crate::error::Result;
use crate::model::{Finding, Origin, RepoPath, Stage, Status};
use crate::scan::{Resolved, Scope};

/// All scanners' findings, compared.
pub(super) struct Compared {
    difference: Option<Difference>,
    outcomes: Vec<(Vec<Finding>, Vec<Finding>, crate::compare::Outcome)>,
}

impl Compared {
    pub(super) fn new(judging: &Judging<'_>, resolved: &[Resolved]) -> Result<Compared> {
        let wanted = resolved.iter().any(|r| {
            let any = |side: &std::collections::BTreeMap<_, crate::scan::UnitResult>| {
                side.values()
                    .any(|u| !u.findings.is_empty() || u.unread.is_some())
            };
            any(&r.head) || any(&r.base)
        });
        let difference = if wanted {
            Some(difference(judging)?)
        } else {
            None
        };
        let mut outcomes = Vec::new();
        if let Some(difference) = &difference {
            for (index, (scanner, one)) in judging.scanners.iter().zip(resolved).enumerate() {
                let base = all_findings(&one.base);
                let head = all_findings(&one.head);
                let unread = one.base.iter().filter(|(_, r)| r.unread.is_some());
                // A file of the base without a result is one that could not be read.
                let planned = judging.plans[index].base.iter();
                let missing = planned.filter(|f| !one.base.contains_key(*f));
                let unread = unread.map(|(f, _)| f).chain(missing);
                let known = Known {
                    unread: unread.map(|f| f.path.clone()).collect::<HashSet<_>>(),
                    file_local: scanner.descriptor.scope() == Scope::File,
                };
                let outcome = compare(difference, &base, &head, &known);
                outcomes.push((base, head, outcome));
            }
        }
        Ok(Compared {
            difference,
            outcomes,
        })
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let of_difference = self.difference.iter().flat_map(|d| &d.notes);
        let of_outcomes = self
            .outcomes
            .iter()
            .flat_map(|(_, _, outcome)| &outcome.notes);
        of_difference.chain(of_outcomes).cloned().collect()
    }

    /// The base's path of the file that a head file continues.
    pub(super) fn old_path(&self, path: &RepoPath) -> Option<RepoPath> {
        self.difference.as_ref()?.old_path(path)
    }

    /// A scanner's findings with their fates.
    pub(super) fn located(&self, scanner: usize) -> Vec<Located> {
        let Some((base, head, outcome)) = self.outcomes.get(scanner) else {
            return Vec::new();
        };
        let mut located: Vec<Located> = head
            .iter()
            .zip(&outcome.head)
            .map(|(finding, fate)| Located {
                finding: finding.clone(),
                status: fate.status,
                stage: fate.stage,
                touched: fate.touched,
                from: fate.from.map(|b| Origin {
                    path: base[b].path.clone(),
                    line: base[b].line(),
                }),
                why: crate::scan::redact(&fate.why),
                commit: None,
            })
            .collect();
        located.extend(outcome.fixed.iter().map(|b| Located {
            finding: base[*b].clone(),
            status: Status::Fixed,
            stage: Stage::Unmatched,
            touched: false,
            from: Some(Origin {
                path: base[*b].path.clone(),
                line: base[*b].line(),
            }),
            why: "no longer found".into(),
            commit: None,
        }));
        located
    }
}

/// The changed files as text, paired and mapped.
fn difference(judging: &Judging<'_>) -> Result<Difference> {
    let repo = judging.gate.repo;
    let mut files = Vec::new();
    for change in &judging.changes {
        let mut file = ComparedFile::default();
        for (version, slot) in [(&change.old, &mut file.old), (&change.new, &mut file.new)] {
            let Some(version) = version.as_ref().filter(|v| v.is_regular() || v.is_link()) else {
                continue;
            };
            *slot = Some((version.path.clone(), text_of(repo, version)?));
        }
        files.push(file);
    }
    Ok(Difference::new(files))
}
