//! JUnit's XML, which every CI server shows
//! (<https://github.com/testmoapp/junitxml> describes the dialect that they have in common).

use std::io::{self, BufWriter, Write};

use maud::{Markup, html};

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

/// How many cases there are, by outcome.
#[derive(Clone, Copy, Default)]
struct Numbers {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Numbers {
    fn of(report: &Report) -> Numbers {
        let mut numbers = Numbers::default();
        for case in cases(report) {
            numbers.tests += 1;
            match case.outcome {
                Outcome::Passed(_) => {}
                Outcome::Failed(..) => numbers.failures += 1,
                Outcome::Skipped(_) => numbers.skipped += 1,
                Outcome::Error(..) => numbers.errors += 1,
            }
        }
        numbers
    }
}

/// Writes reports as test suites, one for each: an occurrence that blocks is a failure, a
/// new one that does not is a pass that says so, an exempted one is skipped, and what could not be
/// scanned is an error.
///
/// # Errors
/// It cannot be written.
pub fn junit(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let numbers: Vec<Numbers> = reports.iter().map(Numbers::of).collect();
    let sum = |of: fn(&Numbers) -> usize| numbers.iter().map(of).sum::<usize>();
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
    // Each case is written at once, because there may be very many.
    let all = html! {
        testsuites name="newgate" tests=(sum(|n| n.tests)) failures=(sum(|n| n.failures)) errors=(sum(|n| n.errors)) {}
    };
    let (open, close) = opened(&all, "</testsuites>");
    out.write_all(open.as_bytes())?;
    for (report, numbers) in reports.iter().zip(&numbers) {
        let seconds = format!("{:.3}", report.milliseconds as f64 / 1_000.0);
        let suite = html! {
            testsuite name=(text(&format!("newgate {}", report.change.name)))
                tests=(numbers.tests) failures=(numbers.failures) errors=(numbers.errors)
                skipped=(numbers.skipped) time=(seconds) timestamp=(time_of_seconds(report.time)) {}
        };
        let (open, close) = opened(&suite, "</testsuite>");
        out.write_all(open.as_bytes())?;
        for case in cases(report) {
            out.write_all(element(&case).into_string().as_bytes())?;
        }
        out.write_all(close.as_bytes())?;
    }
    writeln!(out, "{close}")?;
    out.flush()
}

/// An empty element in two halves.
fn opened<'m>(element: &'m Markup, close: &'static str) -> (&'m str, &'static str) {
    let open = element.0.strip_suffix(close);
    (open.unwrap_or(&element.0), close)
}

fn element(case: &Case) -> Markup {
    html! {
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

fn cases(report: &Report) -> impl Iterator<Item = Case> {
    let verdict = Case {
        name: "verdict".into(),
        class: "newgate".into(),
        file: None,
        line: None,
        outcome: match report.verdict {
            Verdict::Pass => Outcome::Passed(outcome(report)),
            Verdict::Blocked => Outcome::Failed("blocked".into(), outcome(report)),
            Verdict::Incomplete => Outcome::Error("incomplete".into(), outcome(report)),
        },
    };
    let issues = report.issues.iter();
    let issues = issues
        .filter(|issue| issue.status != IssueStatus::Fixed)
        .flat_map(|issue| decided(issue).map(move |o| case(issue, o)));
    let scanners = report.scanners.iter().map(|scanner| {
        let short = format!("{} is {}", scanner.name, scanner.state.name());
        Case {
            name: scanner.name.clone(),
            class: "newgate.scanners".into(),
            file: None,
            line: None,
            outcome: match scanner.state {
                ScannerState::Ok => Outcome::Passed(String::new()),
                _ => Outcome::Error(short, super::words::fault(scanner)),
            },
        }
    });
    let unknown = super::notes::unknown(report).into_iter();
    let unknown = unknown.map(|unknown| Case {
        name: "what is unknown".into(),
        class: "newgate".into(),
        file: None,
        line: None,
        outcome: Outcome::Error("unknown".into(), unknown),
    });
    std::iter::once(verdict)
        .chain(issues)
        .chain(scanners)
        .chain(unknown)
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
