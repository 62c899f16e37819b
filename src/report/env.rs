//! Counts as variables, for scripts: the names are those that Harness STO gives its steps' outputs
//! (<https://developer.harness.io/docs/security-testing-orchestration/get-started/key-concepts/output-variables>).

use std::fmt::Write as _;

use crate::model::{BandCounts, Counts, Issue, IssueStatus, Report, Severity, Status};

/// Writes the counts of reports, added up: `CRITICAL=1` and so on.
pub fn env(reports: &[Report]) -> String {
    let issues: Vec<&Issue> = reports.iter().flat_map(|r| &r.issues).collect();
    let standing = |i: &&&Issue| i.status != IssueStatus::Fixed;
    let mut all = BandCounts::default();
    let mut ignored = 0;
    for issue in issues.iter().filter(standing) {
        match is_ignored(issue) {
            true => ignored += 1,
            false => all.add(issue.severity, 1),
        }
    }
    let (mut new, mut occurrences) = (BandCounts::default(), BandCounts::default());
    for report in reports {
        let counts = Counts::of(&report.issues);
        for severity in Severity::WORST_FIRST {
            new.add(severity, counts.new.get(severity));
            occurrences.add(severity, counts.new_occurrences.get(severity));
        }
    }
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
    let ignored = |action: &Option<String>| action.as_deref() == Some("ignore");
    any && issue.elsewhere == 0 && standing.all(|o| o.exempted.is_some() || ignored(&o.action))
}
