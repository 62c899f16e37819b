//! What became of every finding: new, inherited or fixed.

use super::compared::Compared;
use super::evidence::Evidence;
use super::planned::{Planned, Told};
use super::{elsewhere, locks, suppressions};
use crate::compare::Located;
use crate::error::Result;
use crate::model::{FileVersion, Gap, Note, Phase};
use crate::policy::Suppressions;
use crate::scan::{Resolved, UnitResult};

/// All findings, each with what became of it.
pub(super) struct Outcome {
    /// The findings.
    pub located: Vec<Located>,
    /// How each scanner fared; the findings are no longer in it.
    pub results: Vec<Resolved>,
    /// What else there is to tell.
    pub told: Told,
}

/// Compares both sides.
pub(super) fn of(planned: &Planned<'_>, evidence: Evidence) -> Result<Outcome> {
    let Evidence {
        mut results,
        against,
        brought,
        mut told,
    } = evidence;
    planned.clock.begin(Phase::Comparison);
    let asked_again = !planned.change.others.is_empty();
    let compared = Compared::new(planned, &mut results, &against, asked_again);
    let mut compared = told.in_time(Phase::Comparison, compared)?;
    told.notes.extend(compared.notes());
    let mut located: Vec<Located> = Vec::new();
    let mut unread = Told::default();
    for (index, one) in results.iter().enumerate() {
        unread.add(unread_files(planned, index, one, &compared)?);
        let mut own = compared.take_located(index);
        match located.is_empty() {
            true => located = own,
            false => located.append(&mut own),
        }
    }
    told.add(unread);
    let locks = locks::suspicious(planned);
    let (suspicious, unread) = told.in_time(Phase::Comparison, locks)?;
    located.extend(suspicious);
    told.add(unread);
    let silenced = silenced(planned, &compared, &located)?;
    drop(compared);
    located.extend(silenced.located);
    told.add(silenced.told);
    for item in &mut located {
        planned.policy.reassess(&mut item.finding);
    }
    planned.clock.begin(Phase::Tip);
    let carried = elsewhere::inherit(planned, &results, located)?;
    let mut located = carried.located;
    for (result, fared) in results.iter_mut().zip(&carried.work) {
        result.take_faults_of(fared);
    }
    // From here on, what was found is in `located` alone.
    for result in &mut results {
        result.head.clear();
        result.base.clear();
    }
    located.extend(brought);
    for finding in located.iter_mut().map(|l| &mut l.finding) {
        if finding.overridden.is_none() {
            planned.policy.reassess(finding);
        }
    }
    Ok(Outcome {
        located,
        results,
        told,
    })
}

/// What is made of comments that silence a scanner.
struct Silenced {
    located: Vec<Located>,
    told: Told,
}

/// The comments that silence a scanner and that the change adds, as the policy wants them.
fn silenced(planned: &Planned<'_>, compared: &Compared, reported: &[Located]) -> Result<Silenced> {
    let mut told = Told::default();
    let mut located = Vec::new();
    let how = planned.policy.suppressions;
    if how == Suppressions::Allow {
        return Ok(Silenced { located, told });
    }
    planned.clock.begin(Phase::Suppressions);
    let added = suppressions::added(planned, compared);
    let added = told.in_time(Phase::Suppressions, added)?;
    if how == Suppressions::Warn && told.late.is_some() {
        // They would only have been told.
        told.late = None;
        told.notes.push(Note::SuppressionsUnsearched);
    }
    for added in added {
        match how {
            Suppressions::Block => located.extend(added.located()?),
            _ => told.notes.push(added.note(reported)),
        }
    }
    Ok(Silenced { located, told })
}

/// Files that a scanner cannot read now and could read before (or that are new), so that what is in them
/// is not known. One that it could not read before either is only noted.
fn unread_files(
    planned: &Planned<'_>,
    index: usize,
    resolved: &Resolved,
    compared: &Compared,
) -> Result<Told> {
    let name = planned.scanners[index].descriptor.name();
    let mut told = Told::default();
    for (file, result) in &resolved.head {
        let Some(why) = &result.unread else {
            continue;
        };
        let before = compared.old_path(planned, &file.path)?;
        let old = resolved
            .base
            .iter()
            .find(|(f, _)| Some(&f.path) == before.as_ref());
        let unread_before =
            old.is_some_and(|(_, r): (&FileVersion, &UnitResult)| r.unread.is_some());
        let (scanner, path, why) = (name.to_owned(), file.path.clone(), why.clone());
        // Where the gate is enforced, what is in a file that nobody can read is not let in.
        match unread_before && !planned.gate.enforce {
            true => told.notes.push(Note::UnreadBefore { scanner, path, why }),
            false => told.gaps.push(Gap::Unread { scanner, path, why }),
        }
    }
    Ok(told)
}
