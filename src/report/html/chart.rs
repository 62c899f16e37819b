//! The pictures of the page, as SVG whose numbers follow in words. One that would be empty is left out.

use maud::{Markup, html};

use super::super::words::plural;
use crate::model::{BandCounts, Bucket, GateRun, Report, Severity, time_of_seconds};

/// The width of a picture in its own units.
const WIDTH: u64 = 560;
/// How much of it is for the names on the left.
const NAMES: u64 = 90;
/// How many states of the target are drawn.
const STATES: usize = 30;

/// Severities by status, as bars; nothing if there are too few to compare.
pub(super) fn by_status(reports: &[Report]) -> Markup {
    let mut rows = Bucket::ALL.map(|bucket| (bucket, BandCounts::default()));
    for counts in reports.iter().map(Report::counts) {
        for (bucket, sum) in &mut rows {
            sum.add_all(counts.get(*bucket));
        }
    }
    let rows: Vec<(&str, BandCounts)> = rows
        .into_iter()
        .filter(|(_, sum)| sum.total() > 0)
        .map(|(bucket, sum)| (bucket.name(), sum))
        .collect();
    if rows.len() < 2 {
        return Markup::default();
    }
    let height = rows.len() * 30;
    let most = rows.iter().map(|(_, c)| c.total()).max();
    let most = most.unwrap_or(0).max(1);
    let room = WIDTH - NAMES - 60;
    let width = |number: u64| number * room / most;
    let used = |s: &Severity| rows.iter().any(|(_, c)| c.get(*s) > 0);
    let severities: Vec<Severity> = Severity::WORST_FIRST.into_iter().filter(used).collect();
    html! {
        section {
            h2 { "Issues by status and severity" }
            figure {
                svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="Issues by status and severity; a table with the numbers follows" {
                    @for (line, (name, counts)) in (0_u64..).zip(&rows) {
                        text x="0" y=(line * 30 + 20) { (name) }
                        @for (severity, from, number) in parts(*counts) {
                            // A number that is not 0 is seen.
                            rect class=(severity) x=(NAMES + width(from)) y=(line * 30 + 6) width=(width(number).max(2)) height="20" {
                                title { (name) ": " (number) " " (severity) }
                            }
                        }
                        text x=(NAMES + width(counts.total()) + 8) y=(line * 30 + 20) { (counts.total()) }
                    }
                }
                div.scroll { table {
                    thead { tr { th scope="col" { "status" } @for s in &severities { th.n scope="col" { span class=(format!("dot {s}")) { (s) } } } } }
                    tbody { @for (name, counts) in &rows { tr { th scope="row" { (name) } @for s in &severities { td.n { (counts.get(*s)) } } } } }
                } }
            }
        }
    }
}

/// The bands that are not empty: where each begins and its number.
fn parts(counts: BandCounts) -> Vec<(Severity, u64, u64)> {
    let mut from = 0;
    let mut parts = Vec::new();
    for severity in Severity::WORST_FIRST {
        let number = counts.get(severity);
        if number > 0 {
            parts.push((severity, from, number));
        }
        from += number;
    }
    parts
}

/// How many issues the target had, each time it had moved; nothing before it moved.
pub(super) fn over_time(history: &[GateRun], reports: &[Report]) -> Markup {
    let Some(target) = reports.first().and_then(|r| r.change.target.as_ref()) else {
        return Markup::default();
    };
    let states = states(history, target);
    let states = &states[states.len().saturating_sub(STATES)..];
    if states.len() < 2 {
        return Markup::default();
    }
    let most = states.iter().map(|s| s.issues).max().unwrap_or(0).max(1);
    let height = |number: u64| number * 100 / most;
    let step = (WIDTH - 10) / (states.len().max(8) as u64);
    html! {
        section {
            h2 { "Issues on " (target) " over time" }
            figure {
                svg viewBox=(format!("0 0 {WIDTH} 145")) role="img" aria-label={ "Issues on " (target) " over time; the numbers follow" } {
                    line.axis x1="0" y1="122" x2=(WIDTH) y2="122" {}
                    @for (number, state) in (0_u64..).zip(states) {
                        @let x = 5 + number * step;
                        @let top = 122 - height(state.issues);
                        g {
                            title { (said(state)) }
                            rect.bar x=(x) y=(top) width=(step.saturating_sub(4).max(1)) height=(height(state.issues)) {}
                            text x=(x) y=(top - 4) { (state.issues) }
                        }
                    }
                }
                details {
                    summary.faint { "The numbers" }
                    ol reversed { @for state in states.iter().rev() { li { (said(state)) } } }
                }
            }
        }
    }
}

/// A state of the target.
struct State<'r> {
    /// When a change was first compared with it, in seconds since 1970-01-01 UTC.
    time: i64,
    commit: &'r str,
    issues: u64,
}

/// The states of a target, the oldest first. Many checks may have been compared with one; the last of them
/// knows best what it has.
fn states<'r>(history: &'r [GateRun], target: &str) -> Vec<State<'r>> {
    let mut states: Vec<State<'_>> = Vec::new();
    for run in history.iter().filter(|r| r.target == target) {
        let Some((commit, issues)) = run.base.as_deref().zip(run.at_base) else {
            continue;
        };
        match states.iter_mut().find(|s| s.commit == commit) {
            Some(state) => state.issues = issues,
            None => states.push(State {
                time: run.time,
                commit,
                issues,
            }),
        }
    }
    states
}

fn said(state: &State<'_>) -> String {
    format!(
        "{} UTC, {}: {}",
        time_of_seconds(state.time).replace('T', " "),
        state.commit.get(..10).unwrap_or(state.commit),
        plural(state.issues, "issue")
    )
}
