//! The pictures of the page, as SVG that a screen reader can tell too.

use maud::{Markup, html};

use crate::model::{BandCounts, Bucket, GateRun, Report, Severity, time_of_seconds};

/// The width of a picture in its own units.
const WIDTH: u64 = 560;
/// How much of it is for the names on the left.
const NAMES: u64 = 90;
/// How many judgements are drawn.
const RUNS: usize = 60;
/// How many judgements are listed in words.
const LISTED: usize = 20;

/// Severities by status, as bars.
pub(super) fn by_status(reports: &[Report]) -> Markup {
    let mut rows = Bucket::ALL.map(|bucket| (bucket, BandCounts::default()));
    for counts in reports.iter().map(Report::counts) {
        for (bucket, sum) in &mut rows {
            sum.add_all(counts.get(*bucket));
        }
    }
    // An excuse that nothing has is not worth a row.
    let rows: Vec<(&str, BandCounts)> = rows
        .into_iter()
        .filter(|(bucket, sum)| !matches!(bucket, Bucket::Excused(_)) || sum.total() > 0)
        .map(|(bucket, sum)| (bucket.name(), sum))
        .collect();
    let height = rows.len() * 30;
    let most = rows
        .iter()
        .map(|(_, c)| c.total())
        .max()
        .unwrap_or(0)
        .max(1);
    let room = WIDTH - NAMES - 60;
    let width = |number: u64| number * room / most;
    html! {
        figure {
            figcaption { "Issues by status and severity" }
            svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="Issues by status and severity; the numbers follow" {
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
            details {
                summary.faint { "The numbers" }
                div.scroll { table {
                    thead { tr { th scope="col" { "status" } @for s in Severity::WORST_FIRST { th.n scope="col" { (s) } } } }
                    tbody { @for (name, counts) in &rows { tr { th scope="row" { (name) } @for s in Severity::WORST_FIRST { td.n { (counts.get(s)) } } } } }
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

/// The judgements of the past: what was new, grown and inherited in each.
pub(super) fn over_time(history: &[GateRun]) -> Markup {
    let runs = &history[history.len().saturating_sub(RUNS)..];
    let total = |run: &GateRun| run.new + run.grown + run.inherited;
    let most = runs.iter().map(total).max().unwrap_or(0).max(1);
    let height = |number: u64| number * 110 / most;
    let step = (WIDTH - 40) / (runs.len().max(10) as u64);
    let listed = &runs[runs.len().saturating_sub(LISTED)..];
    html! {
        figure {
            figcaption { "Issues over time (" (runs.len()) " judgements in this clone)" }
            svg viewBox=(format!("0 0 {WIDTH} 135")) role="img" aria-label="Issues over time; the numbers follow" {
                line.axis x1="36" y1="120" x2=(WIDTH) y2="120" {}
                text x="0" y="14" { (most) }
                text x="0" y="124" { "0" }
                @for (number, run) in (0_u64..).zip(runs) {
                    @let x = 40 + number * step;
                    @let bars = [("inherited", run.inherited), ("grown", run.grown), ("new", run.new)];
                    g {
                        title { (said(run)) }
                        @for (name, from, number) in stacked(bars) {
                            rect class=(name) x=(x) y=(120 - height(from + number)) width=(step.saturating_sub(2).max(1)) height=(height(number).max(1)) {}
                        }
                        rect class=(match run.verdict { crate::model::Verdict::Pass => "fixed", crate::model::Verdict::Blocked => "new", crate::model::Verdict::Incomplete => "grown" })
                            x=(x) y="126" width=(step.saturating_sub(2).max(1)) height="6" {}
                    }
                }
            }
            p.key {
                @for (name, class) in [("new, or blocked", "new"), ("grown, or incomplete", "grown"), ("inherited", "inherited"), ("pass", "fixed")] {
                    span { svg.sample viewBox="0 0 10 10" aria-hidden="true" { rect class=(class) width="10" height="10" {} } " " (name) }
                }
                span { "(the small mark below a bar is its verdict)" }
            }
            details {
                summary.faint { "The newest in words" }
                ol reversed { @for run in listed.iter().rev() { li { (said(run)) } } }
            }
        }
    }
}

/// The bars of one judgement that are not empty: where each begins and its number.
fn stacked(bars: [(&'static str, u64); 3]) -> Vec<(&'static str, u64, u64)> {
    let mut from = 0;
    let mut parts = Vec::new();
    for (name, number) in bars {
        if number > 0 {
            parts.push((name, from, number));
        }
        from += number;
    }
    parts
}

fn said(run: &GateRun) -> String {
    format!(
        "{} UTC, {}: {} ({} new, {} grown, {} inherited, {} fixed)",
        time_of_seconds(run.time).replace('T', " "),
        run.head.get(..10).unwrap_or(&run.head),
        run.verdict.name(),
        run.new,
        run.grown,
        run.inherited,
        run.fixed
    )
}
