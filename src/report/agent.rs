//! The report for a coding agent: the fewest words that have all that is needed to fix what blocks.

use std::fmt::Write as _;

use super::notes::{because, note, unknown};
use super::words::{cut, fault, in_commit, outcome, place, plural, rules};
use crate::model::{
    Action, Issue, IssueStatus, Occurrence, Report, ScannerState, Verdict, harmless,
};

/// Most issues, and most places of each, that are listed: what is fixed first makes room for the rest.
const MOST: (usize, usize) = (20, 10);

/// The most characters of a text that somebody else wrote.
const LONGEST: usize = 400;

/// A text as one line: what a file or a scanner says must not pass for a line of newgate's.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    cut(&harmless(&words.join(" ")), LONGEST)
}

/// Writes reports. `again` is the command that checks the same once more.
pub fn agent(reports: &[Report], again: &str) -> String {
    let mut out = String::new();
    for report in reports {
        one(&mut out, report);
    }
    let passes = reports.iter().all(|r| r.verdict == Verdict::Pass);
    if !passes {
        let _ = writeln!(out, "check again: {again}");
    }
    out
}

fn one(out: &mut String, report: &Report) {
    let verdict = report.verdict.name().to_uppercase();
    let name = line(&report.change.name);
    let _ = writeln!(out, "newgate: {verdict}: {name}: {}", outcome(report));
    let blocking: Vec<&Issue> = report.issues.iter().filter(|i| i.blocks).collect();
    for issue in blocking.iter().take(MOST.0) {
        blocked(out, issue);
    }
    if let left @ 1.. = blocking.len().saturating_sub(MOST.0) {
        let more = plural(left as u64, "more issue");
        let _ = writeln!(out, "{more}: newgate show");
    }
    let troubled = report
        .scanners
        .iter()
        .filter(|s| s.state != ScannerState::Ok);
    for scanner in troubled {
        let what = format!("{} is {}", scanner.name, scanner.state.name());
        let _ = writeln!(out, "{what}: {}", line(&fault(scanner)));
    }
    for gap in &unknown(report) {
        let _ = writeln!(out, "{}", line(gap));
    }
    for told in report.notes.iter().filter(|n| n.is_about_safeguards()) {
        let _ = writeln!(out, "note: {}", line(&note(told)));
    }
    let is_new = |i: &&Issue| matches!(i.status, IssueStatus::New | IssueStatus::Grown);
    let others = report.issues.iter().filter(|i| !i.blocks).filter(is_new);
    if let number @ 1.. = others.count() {
        let issues = plural(number as u64, "new issue");
        let does = if number == 1 { "does" } else { "do" };
        let _ = writeln!(out, "{issues} {does} not block: newgate show");
    }
}

/// An issue that blocks: rule, why, fix, and the places.
fn blocked(out: &mut String, issue: &Issue) {
    let score = issue.score.map_or(String::new(), |s| format!(" {s}"));
    let _ = writeln!(
        out,
        "{} [{}, {}{score}]",
        line(&issue.title),
        rules(issue),
        issue.severity
    );
    let places = || {
        let blocks = |o: &&Occurrence| o.action == Some(Action::Block);
        issue.occurrences.iter().filter(blocks)
    };
    for occurrence in places().take(MOST.1) {
        let _ = writeln!(
            out,
            "  {}{}",
            line(&place(occurrence)),
            in_commit(occurrence)
        );
    }
    if let left @ 1.. = places().count().saturating_sub(MOST.1) {
        let more = plural(left as u64, "more place");
        let _ = writeln!(out, "  {more}: newgate show {}", issue.id);
    }
    let first = places().next();
    if let Some(message) = first.map(|o| o.message.as_str())
        && message != issue.title
    {
        let _ = writeln!(out, "  what: {}", line(message));
    }
    let _ = writeln!(out, "  why: {}", line(&because(issue)));
    if let Some(fix) = &issue.fix {
        let _ = writeln!(out, "  fix: {}", line(fix));
    }
}
