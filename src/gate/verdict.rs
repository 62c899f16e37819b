//! Issues, the verdict on them, and the report.

use std::collections::{BTreeMap, HashSet};

use super::planned::{Planned, Told};
use super::{Settings, Wanted, frame, prints, unchanged};
use crate::cache::now;
use crate::compare::{Located, group};
use crate::error::Result;
use crate::model::{
    Change, Containment, FileChange, Issue, Note, Phase, RepoPath, Report, ScannerReport,
    ScannerState, Severity, SkippedScanner, TimeLimit, Verdict,
};
use crate::policy;
use crate::scan::{Plan, Resolved, Scanner, hints_for};

/// Judges all findings of a change.
pub(super) fn report(
    planned: Planned<'_>,
    settings: &Settings,
    (located, results): (Vec<Located>, Vec<Resolved>),
    mut told: Told,
) -> Result<Report> {
    planned.clock.begin(Phase::Policy);
    let mut issues = group(located, &planned.names(), &BTreeMap::new());
    prints::add_prints(&planned, &mut issues)?;
    policy::judge_issues(&planned.policy, &mut issues);
    let scanners = scanner_reports(&planned, results);
    let late_scanner = scanners.iter().any(|s| s.limit == Some(TimeLimit::Budget));
    let out_of_time = late_scanner || told.late.is_some();
    let open = !told.gaps.is_empty();
    let late = told.late.is_some();
    let verdict = policy::verdict(&planned.policy, &issues, &scanners, open, late);
    let failed = open || scanners.iter().any(|s| s.state != ScannerState::Ok);
    if failed && verdict == Verdict::Pass {
        told.notes.push(Note::IncompleteAllowed);
    }
    // After the verdict: what happens to be known about unchanged files must not decide anything.
    let elsewhere = add_unchanged(&planned, &mut issues)?;
    frame::add_frames(&planned, &mut issues);
    if elsewhere.shared_files > 0 {
        told.notes.push(Note::SharedBaseline {
            files: elsewhere.shared_files,
        });
    }
    Ok(Report {
        verdict,
        available: available(settings, &planned.scanners, &planned.changes),
        without_scanner: without_scanner(&planned.changes, &planned.plans),
        issues,
        scanners,
        never_scanned: elsewhere.never_scanned,
        lists_unchanged: planned.gate.list_unchanged,
        block_at: planned.policy.block_at,
        out_of_time,
        late: told.late,
        notes: told.notes,
        unknown: told.gaps,
        time: now(),
        milliseconds: 0,
        repository: None,
        change: planned.change,
    })
}

/// The report of a change for which the time was too short before anything could be judged.
pub(super) fn late_report(change: Change, block_at: Severity, phase: Phase) -> Report {
    Report {
        verdict: Verdict::Incomplete,
        change,
        issues: Vec::new(),
        scanners: Vec::new(),
        available: Vec::new(),
        without_scanner: 0,
        never_scanned: None,
        lists_unchanged: false,
        block_at,
        notes: Vec::new(),
        out_of_time: true,
        late: Some(phase),
        unknown: Vec::new(),
        time: now(),
        milliseconds: 0,
        repository: None,
    }
}

/// How each scanner fared.
fn scanner_reports(planned: &Planned<'_>, results: Vec<Resolved>) -> Vec<ScannerReport> {
    let all = planned.scanners.iter().zip(results).zip(&planned.plans);
    all.map(|((scanner, one), plan)| ScannerReport {
        name: scanner.descriptor.name().to_owned(),
        version: scanner.version.clone(),
        homepage: scanner.descriptor.homepage().to_owned(),
        scanned: one.scanned,
        cached: one.cached,
        skipped: plan.skipped,
        milliseconds: one.milliseconds,
        state: one.state,
        limit: one.limit,
        containment: containment(scanner, &one),
        detail: one.detail,
        at_base: one.at_base,
        installable: one.installable,
    })
    .collect()
}

/// Adds what is known about files that the change does not touch to issues that were judged.
fn add_unchanged(planned: &Planned<'_>, issues: &mut Vec<Issue>) -> Result<unchanged::Elsewhere> {
    // Before a commit nobody asks for what is in other files.
    let gate = planned.gate;
    let only_change = gate.wanted == Wanted::BuiltIn && !gate.list_unchanged;
    if planned.clock.is_over() || only_change {
        return Ok(unchanged::Elsewhere::default());
    }
    let mut elsewhere = unchanged::elsewhere(planned)?;
    let mut located = std::mem::take(&mut elsewhere.located);
    let samples = elsewhere.issues.values_mut().map(|(finding, _)| finding);
    for finding in located.iter_mut().map(|l| &mut l.finding).chain(samples) {
        planned.policy.reassess(finding);
    }
    let mut unchanged = group(located, &planned.names(), &elsewhere.issues);
    prints::add_prints(planned, &mut unchanged)?;
    policy::tell_unchanged(&planned.policy, &mut unchanged);
    unchanged::add(issues, unchanged);
    unchanged::add_shared(issues, &elsewhere.shared);
    Ok(elsewhere)
}

/// What the processes of a scanner were kept from, if any were started.
fn containment(scanner: &Scanner, one: &Resolved) -> Containment {
    let tried = one.scanned > 0 || !matches!(one.state, ScannerState::Ok | ScannerState::Missing);
    match scanner.program.is_some() && tried {
        true => scanner.containment(),
        false => Containment::NotRun,
    }
}

/// Scanners of the catalogue that are off and would read files of the change, by name alone: a hint is
/// not worth reading files for.
fn available(settings: &Settings, on: &[Scanner], changes: &[FileChange]) -> Vec<SkippedScanner> {
    let mut files: BTreeMap<&str, u64> = BTreeMap::new();
    for file in changes.iter().filter_map(|c| c.new.as_ref()) {
        let path = file.path.as_str().filter(|_| file.is_regular());
        for name in path.into_iter().flat_map(hints_for) {
            *files.entry(name).or_default() += 1;
        }
    }
    let told = |name: &str| {
        on.iter().any(|s| s.descriptor.name() == name)
            || settings.config.settings.contains_key(name)
    };
    let all = files.into_iter().filter(|(name, _)| !told(name));
    let all = all.map(|(name, files)| SkippedScanner {
        name: name.to_owned(),
        files,
    });
    all.collect()
}

/// How many files of a change at head are in no scanner's plan.
fn without_scanner(changes: &[FileChange], plans: &[Plan]) -> u64 {
    let files = changes.iter().filter_map(|c| c.new.as_ref());
    let files = files.filter(|f| f.is_regular() || f.is_link());
    let number = files.clone().count();
    if plans.iter().any(|p| p.head.len() >= number) {
        return 0;
    }
    let read: HashSet<&RepoPath> = plans
        .iter()
        .flat_map(|p| &p.head)
        .map(|f| &f.path)
        .collect();
    files.filter(|f| !read.contains(&f.path)).count() as u64
}
