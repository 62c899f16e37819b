//! What blocks, and the verdict: values in, values out.

use crate::model::{
    Issue, IssueStatus, Occurrence, ScannerReport, ScannerState, Severity, Status, Verdict,
};

/// What stops a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The least severity of new occurrences that stops a change.
    pub block_at: Severity,
    /// Whether a scanner that failed leaves the verdict open.
    pub incomplete_blocks: bool,
}

/// Decides for each issue whether it stops the change, and says why.
///
/// An issue is judged by the worst of its new occurrences, since those are what the change adds: a
/// critical issue that grows by a minor occurrence is as bad as the minor occurrence.
pub fn judge_issues(policy: &Policy, issues: &mut [Issue]) {
    for issue in issues.iter_mut() {
        let (blocks, because) = judge_issue(policy, issue);
        issue.blocks = blocks;
        issue.because = because;
    }
    issues.sort_by_key(|i| !i.blocks);
}

fn judge_issue(policy: &Policy, issue: &Issue) -> (bool, String) {
    match issue.status {
        IssueStatus::Inherited => return (false, "the target has it already".into()),
        IssueStatus::Fixed => return (false, "the change removes it".into()),
        IssueStatus::New | IssueStatus::Grown => {}
    }
    let new = || issue.occurrences.iter().filter(|o| o.status == Status::New);
    let counted: Vec<&Occurrence> = new().filter(|o| o.exempted.is_none()).collect();
    if counted.is_empty() {
        return (false, "every new occurrence is exempted".into());
    }
    let worst = counted
        .iter()
        .map(|o| severity_of(o))
        .max_by_key(|s| rank(*s))
        .unwrap_or(Severity::Unassigned);
    let number = match (issue.status, counted.len()) {
        (IssueStatus::Grown, 1) => "a new occurrence of an inherited issue".to_owned(),
        (IssueStatus::Grown, n) => format!("{n} new occurrences of an inherited issue"),
        (_, 1) => "a new issue".to_owned(),
        (_, n) => format!("a new issue with {n} occurrences"),
    };
    let threshold = policy.block_at;
    let stated = if worst == Severity::Unassigned {
        "its severity is unassigned, which counts as high".to_owned()
    } else {
        format!("its severity is {worst}")
    };
    if worst.blocks_at(threshold) {
        (
            true,
            format!("{number}; {stated}, and `{threshold}` and above block"),
        )
    } else {
        (false, format!("{number}; {stated}, below `{threshold}`"))
    }
}

/// The severity of an occurrence: the worst of what its scanners state.
fn severity_of(occurrence: &Occurrence) -> Severity {
    Severity::of(occurrence.findings.iter().filter_map(|f| f.score).max())
}

/// Unassigned stands beside high.
fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Unassigned => 4,
        Severity::Critical => 5,
    }
}

/// Whether a policy could stop a change for a finding of this severity.
pub fn could_block(policy: &Policy, severity: Severity) -> bool {
    severity.blocks_at(policy.block_at)
}

/// The verdict: blocked if any issue stops the change; else incomplete if a scanner that was needed
/// has no answer; else pass. `open` tells of other things that nobody knows.
pub fn verdict(
    policy: &Policy,
    issues: &[Issue],
    scanners: &[ScannerReport],
    open: bool,
) -> Verdict {
    if issues.iter().any(|i| i.blocks) {
        return Verdict::Blocked;
    }
    let unknown = open || scanners.iter().any(|s| s.state != ScannerState::Ok);
    if unknown && policy.incomplete_blocks {
        Verdict::Incomplete
    } else {
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Located, group};
    use crate::model::{Finding, Score, Stage};
    use std::collections::BTreeMap;

    fn issue(list: &[(Status, f64)]) -> Issue {
        let located = list.iter().enumerate().map(|(i, (status, score))| Located {
            finding: Finding::build("s", "R1", format!("{i}.py").as_str().into())
                .score(Score::new(*score))
                .finish()
                .unwrap(),
            status: *status,
            stage: Stage::Exact,
            touched: false,
            from: None,
            why: String::new(),
            commit: None,
        });
        group(located.collect(), &["s".into()], &BTreeMap::new()).remove(0)
    }

    const POLICY: Policy = Policy {
        block_at: Severity::High,
        incomplete_blocks: true,
    };

    fn blocks(list: &[(Status, f64)]) -> bool {
        let mut issues = [issue(list)];
        judge_issues(&POLICY, &mut issues);
        issues[0].blocks
    }

    #[test]
    fn what_is_new_and_severe_blocks_and_nothing_else() {
        assert!(blocks(&[(Status::New, 7.0)]));
        assert!(!blocks(&[(Status::New, 6.9)]));
        assert!(!blocks(&[(Status::Inherited, 9.8)]));
        assert!(!blocks(&[(Status::Fixed, 9.8)]));
        assert!(blocks(&[(Status::Inherited, 9.8), (Status::New, 9.8)]));
        assert!(!blocks(&[(Status::Inherited, 9.8), (Status::New, 3.0)]));
        assert!(blocks(&[(Status::New, -1.0)]), "unassigned counts as high");
    }

    #[test]
    fn a_scanner_without_an_answer_leaves_the_verdict_open() {
        let scanner = |state| ScannerReport {
            name: "s".into(),
            version: None,
            scanned: 0,
            cached: 0,
            skipped: 0,
            milliseconds: 0,
            state,
            detail: String::new(),
        };
        let ask = |policy: &Policy, state, open| verdict(policy, &[], &[scanner(state)], open);
        assert_eq!(ask(&POLICY, ScannerState::Ok, false), Verdict::Pass);
        assert_eq!(ask(&POLICY, ScannerState::Ok, true), Verdict::Incomplete);
        for state in [
            ScannerState::Failed,
            ScannerState::Missing,
            ScannerState::TimedOut,
        ] {
            assert_eq!(ask(&POLICY, state, false), Verdict::Incomplete);
            let lenient = Policy {
                incomplete_blocks: false,
                ..POLICY
            };
            assert_eq!(ask(&lenient, state, false), Verdict::Pass);
        }
    }
}
