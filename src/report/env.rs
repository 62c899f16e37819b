//! Counts as variables, for scripts: the names are those that Harness STO gives its steps' outputs
//! (<https://developer.harness.io/docs/security-testing-orchestration/get-started/key-concepts/output-variables>).

use std::fmt::Write as _;

use crate::model::{BandCounts, Counts, Issue, Report, Severity, Verdict};

/// Writes the counts of reports, added up: `CRITICAL=1` and so on; and the verdict, without which zeros
/// would look clean.
pub fn env(reports: &[Report]) -> String {
    let mut issues: Vec<&Issue> = Vec::new();
    for issue in reports.iter().flat_map(|r| &r.issues) {
        // Two refs of a push may have it.
        if !issues.contains(&issue) {
            issues.push(issue);
        }
    }
    let counts = Counts::of(issues);
    let mut all = counts.new;
    all.add_all(counts.grown);
    all.add_all(counts.inherited);
    let verdict = reports.iter().map(|r| r.verdict);
    let verdict = verdict.fold(Verdict::Pass, Verdict::worse);
    let mut out = String::new();
    let mut lines = |prefix: &str, counts: BandCounts| {
        for severity in Severity::WORST_FIRST {
            let name = severity.name().to_uppercase();
            let _ = writeln!(out, "{prefix}{name}={}", counts.get(severity));
        }
        let _ = writeln!(out, "{prefix}TOTAL={}", counts.total());
    };
    lines("", all);
    lines("NEW_", counts.new);
    lines("NEW_OCCURRENCES_", counts.new_occurrences);
    let _ = writeln!(out, "IGNORED={}", counts.excused());
    let _ = writeln!(out, "VERDICT={}", verdict.name());
    out
}
