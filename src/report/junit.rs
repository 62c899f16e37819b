//! JUnit's XML, which every CI server shows
//! (<https://github.com/testmoapp/junitxml> describes the dialect that they have in common).

use maud::{Markup, PreEscaped, html};

use super::words::{band, decided, not_counting, outcome, place, rules};
use crate::model::{
    Action, Issue, IssueStatus, Occurrence, Report, ScannerState, Verdict, is_unsafe_char,
    time_of_seconds,
};

/// One case of a suite.
struct Case {
    name: String,
    class: String,
    file: Option<String>,
    line: Option<u32>,
    outcome: Outcome,
}

enum Outcome {
    Passed(String),
    Failed(String, String),
    Skipped(String),
    Error(String, String),
}

/// Writes reports as test suites, one for each: an occurrence that stops the change is a failure, a
/// new one that does not is a pass that says so, an exempted one is skipped, and what could not be
/// scanned is an error.
pub fn junit(reports: &[Report]) -> String {
    let suites: Vec<(&Report, Vec<Case>)> = reports.iter().map(|r| (r, cases(r))).collect();
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites name="newgate" tests=(all().count()) failures=(failures(all())) errors=(errors(all())) {
            @for (report, cases) in &suites { (suite(report, cases)) }
        }
    };
    markup.into_string() + "\n"
}

fn failures<'c>(cases: impl Iterator<Item = &'c Case>) -> usize {
    cases
        .filter(|c| matches!(c.outcome, Outcome::Failed(..)))
        .count()
}

fn errors<'c>(cases: impl Iterator<Item = &'c Case>) -> usize {
    cases
        .filter(|c| matches!(c.outcome, Outcome::Error(..)))
        .count()
}

fn skipped(cases: &[Case]) -> usize {
    let skipped = cases
        .iter()
        .filter(|c| matches!(c.outcome, Outcome::Skipped(_)));
    skipped.count()
}

fn suite(report: &Report, cases: &[Case]) -> Markup {
    let seconds = format!("{:.3}", report.milliseconds as f64 / 1_000.0);
    html! {
        testsuite name=(text(&format!("newgate {}", report.change.name)))
            tests=(cases.len()) failures=(failures(cases.iter())) errors=(errors(cases.iter()))
            skipped=(skipped(cases)) time=(seconds) timestamp=(time_of_seconds(report.time)) {
            @for case in cases {
                testcase name=(text(&case.name)) classname=(text(&case.class)) file=[&case.file] line=[case.line] {
                    @match &case.outcome {
                        Outcome::Passed(said) if said.is_empty() => {}
                        Outcome::Passed(said) => { system-out { (text(said)) } }
                        Outcome::Failed(short, long) => { failure message=(text(short)) type="issue" { (text(long)) } }
                        Outcome::Skipped(why) => { skipped message=(text(why)) {} }
                        Outcome::Error(short, long) => { error message=(text(short)) type="not scanned" { (text(long)) } }
                    }
                }
            }
        }
    }
}

fn cases(report: &Report) -> Vec<Case> {
    let mut cases = vec![Case {
        name: "verdict".into(),
        class: "newgate".into(),
        file: None,
        line: None,
        outcome: match report.verdict {
            Verdict::Pass => Outcome::Passed(outcome(report)),
            Verdict::Blocked => Outcome::Failed("blocked".into(), outcome(report)),
            Verdict::Incomplete => Outcome::Error("incomplete".into(), outcome(report)),
        },
    }];
    for issue in &report.issues {
        if issue.status != IssueStatus::Fixed {
            cases.extend(decided(issue).map(|o| case(issue, o)));
        }
    }
    for scanner in &report.scanners {
        let short = format!("{} is {}", scanner.name, scanner.state.name());
        cases.push(Case {
            name: scanner.name.clone(),
            class: "newgate.scanners".into(),
            file: None,
            line: None,
            outcome: match scanner.state {
                ScannerState::Ok => Outcome::Passed(String::new()),
                _ => Outcome::Error(short, super::words::fault(scanner)),
            },
        });
    }
    for unknown in super::notes::unknown(report) {
        cases.push(Case {
            name: "what is unknown".into(),
            class: "newgate".into(),
            file: None,
            line: None,
            outcome: Outcome::Error("unknown".into(), unknown),
        });
    }
    cases
}

fn case(issue: &Issue, occurrence: &Occurrence) -> Case {
    let short = format!("{}: {}", band(issue), issue.title);
    let fix = issue.fix.as_deref().map(|f| format!("\nFix: {f}"));
    let long = format!(
        "{}\n{}\n{} ({}), issue {}{}",
        place(occurrence),
        occurrence.message,
        rules(issue),
        issue.references.join(", "),
        issue.id,
        fix.unwrap_or_default()
    );
    Case {
        name: format!("{} at {}", issue.title, place(occurrence)),
        class: occurrence.path.to_string(),
        file: Some(text(&occurrence.path.to_string())),
        line: occurrence.region.map(|r| r.line),
        outcome: match (occurrence.action, not_counting(occurrence)) {
            (_, Some(why)) => Outcome::Skipped(why),
            (Some(Action::Block), None) => Outcome::Failed(short, long),
            (_, None) => Outcome::Passed(format!("{long}\n{}", super::notes::because(issue))),
        },
    }
}

/// A text without the characters that XML 1.0 cannot hold, and those that steer what shows it.
fn text(text: &str) -> String {
    let fits = |c: &char| !is_unsafe_char(*c) || matches!(c, '\n' | '\t');
    let fits = |c: &char| fits(c) && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(fits).collect()
}
