//! Counts as variables, for scripts: the names are those that Harness STO gives its steps' outputs
//! (<https://developer.harness.io/docs/security-testing-orchestration/get-started/key-concepts/output-variables>).

use std::fmt::Write as _;

use super::words::{self, not_counting};
use crate::model::{BandCounts, Issue, IssueStatus, Report, Severity, Status, Verdict};

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
    let mut all = BandCounts::default();
    let (mut new, mut occurrences) = (BandCounts::default(), BandCounts::default());
    let mut ignored = 0;
    for issue in issues.iter().filter(|i| i.status != IssueStatus::Fixed) {
        let counting = words::occurrences(issue, Status::New).filter(|o| not_counting(o).is_none());
        let counting = counting.count() as u64;
        occurrences.add(issue.severity, counting);
        if issue.status == IssueStatus::New && counting > 0 {
            new.add(issue.severity, 1);
        }
        match is_ignored(issue) {
            true => ignored += 1,
            false => all.add(issue.severity, 1),
        }
    }
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
    lines("NEW_", new);
    lines("NEW_OCCURRENCES_", occurrences);
    let _ = writeln!(out, "IGNORED={ignored}");
    let _ = writeln!(out, "VERDICT={}", verdict.name());
    out
}

/// Whether nothing of an issue counts: all its occurrences are exempted or ignored.
fn is_ignored(issue: &Issue) -> bool {
    let mut standing = issue
        .occurrences
        .iter()
        .filter(|o| o.status != Status::Fixed)
        .peekable();
    let any = standing.peek().is_some();
    any && issue.elsewhere == 0 && standing.all(|o| not_counting(o).is_some())
}
