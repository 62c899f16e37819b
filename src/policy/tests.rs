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
        reason: crate::model::Reason::SameLine,
        commit: None,
    });
    group(located.collect(), &["s".into()], &BTreeMap::new()).remove(0)
}

fn blocks(list: &[(Status, f64)]) -> bool {
    blocks_by(&Policy::default(), list)
}

fn blocks_by(policy: &Policy, list: &[(Status, f64)]) -> bool {
    let mut issues = [issue(list)];
    judge_issues(policy, &mut issues);
    issues[0].blocks
}

#[test]
fn the_first_rule_that_fits_decides() {
    let inherited = PolicyRule {
        status: vec![Standing::Inherited],
        severity: Some(Severity::Critical),
        ..PolicyRule::new("old ones too", Action::Block)
    };
    let tests = PolicyRule {
        paths: vec![Pattern::new("0.py", true).unwrap()],
        ..PolicyRule::new("not here", Action::Ignore)
    };
    let policy = Policy {
        rules: vec![tests.clone(), inherited.clone()],
        ..Policy::default()
    };
    assert!(!blocks_by(&policy, &[(Status::New, 9.8)]), "it is in 0.py");
    assert!(blocks_by(
        &policy,
        &[(Status::New, 9.8), (Status::New, 9.8)]
    ));
    assert!(blocks_by(
        &policy,
        &[(Status::Fixed, 1.0), (Status::Inherited, 9.8)]
    ));
    assert!(!blocks_by(
        &policy,
        &[(Status::Fixed, 1.0), (Status::Inherited, 8.0)]
    ));
}

#[test]
fn an_unassigned_severity_counts_as_the_policy_says() {
    let lenient = Policy {
        unassigned: Severity::Low,
        ..Policy::default()
    };
    assert!(blocks(&[(Status::New, -1.0)]));
    assert!(!blocks_by(&lenient, &[(Status::New, -1.0)]));
}

#[test]
fn an_exemption_of_one_occurrence_covers_no_copy_and_ends() {
    let mut two = issue(&[(Status::Inherited, 9.0), (Status::New, 9.0)]);
    for occurrence in &mut two.occurrences {
        occurrence.print = "p".into();
    }
    let exemption = Exemption {
        scope: ExemptionScope::Occurrence {
            issue: two.id.clone(),
            path: "elsewhere.py".into(),
            print: "p".into(),
        },
        reason: ExemptionReason::FalsePositive,
        text: "no".into(),
        requested_by: String::new(),
        approved_by: String::new(),
        link: String::new(),
        granted: 0,
        until: 100,
        pending: false,
    };
    let policy = |today, longest: &[(Severity, i64)]| Policy {
        exemptions: vec![exemption.clone()],
        longest: longest.iter().copied().collect(),
        today,
        ..Policy::default()
    };
    let judged = |policy: &Policy| {
        let mut issues = [two.clone()];
        judge_issues(policy, &mut issues);
        issues[0].clone()
    };
    let held = judged(&policy(100, &[]));
    let exempted: Vec<Status> = held
        .occurrences
        .iter()
        .filter(|o| o.exempted.is_some())
        .map(|o| o.status)
        .collect();
    assert_eq!(exempted, [Status::Inherited]);
    assert!(held.blocks, "the copy is not covered");
    let ended = judged(&policy(101, &[]));
    assert!(ended.occurrences.iter().all(|o| o.exempted.is_none()));
    assert!(ended.occurrences.iter().any(|o| o.was_exempted.is_some()));
    let short = judged(&policy(31, &[(Severity::Critical, 30)]));
    assert!(short.occurrences.iter().all(|o| o.exempted.is_none()));
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
        homepage: String::new(),
        scanned: 0,
        cached: 0,
        skipped: 0,
        milliseconds: 0,
        containment: crate::model::Containment::default(),
        state,
        limit: None,
        detail: String::new(),
        at_base: false,
        installable: false,
    };
    let ask = |policy: &Policy, state, open| verdict(policy, &[], &[scanner(state)], open, false);
    let strict = Policy::default();
    assert_eq!(ask(&strict, ScannerState::Ok, false), Verdict::Pass);
    assert_eq!(ask(&strict, ScannerState::Ok, true), Verdict::Incomplete);
    for state in [
        ScannerState::Failed,
        ScannerState::Missing,
        ScannerState::TimedOut,
    ] {
        assert_eq!(ask(&strict, state, false), Verdict::Incomplete);
        let lenient = Policy {
            incomplete_blocks: false,
            ..Policy::default()
        };
        assert_eq!(ask(&lenient, state, false), Verdict::Pass);
    }
}
