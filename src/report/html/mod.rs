//! One self-contained page: no network, and no script needed to read it. What scanners and files say is
//! escaped by the template, and a Content Security Policy lets nothing run but the page's own script.

mod chart;
mod code;
mod forge;
mod list;
mod pane;
mod scanned;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::next::next_step;
use super::notes::{compared_with, note, unknown};
use super::words::{bands, duration, fault, outcome, plural};
use crate::model::{
    Bucket, GateRun, Report, ScannerState, Severity, Verdict, is_unsafe_char, time_of_seconds,
};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes reports, and the checks of the past, as one page.
pub fn html(reports: &[Report], history: &[GateRun]) -> String {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let verdict = reports
        .iter()
        .fold(Verdict::Pass, |v, r| v.worse(r.verdict));
    let name = match reports {
        [] => "nothing was checked".to_owned(),
        [one] => one.change.name.clone(),
        many => plural(many.len() as u64, "ref"),
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (verdict.name().to_uppercase()) ": " (name) " · newgate" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#issues" { "Skip to the issues" }
                header {
                    p.brand { strong { "newgate" } " security checks" }
                    @for report in reports { (head(report, reports.len() > 1)) }
                    @if reports.is_empty() { h1 { "Nothing was checked." } }
                }
                div.page {
                    (facets(reports))
                    main id="issues" {
                        (list::lists(reports))
                        (chart::by_status(reports))
                        (chart::over_time(history, reports))
                        @for report in reports { (scanned::scanned(report, reports.len() > 1)) }
                        @for report in reports { (notes(report)) }
                    }
                }
                footer { "newgate " (env!("CARGO_PKG_VERSION")) " · this page is one file and loads nothing" }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let steers = |c: char| is_unsafe_char(c) && !matches!(c, '\n' | '\t');
    page.into_string().replace(steers, "\u{fffd}")
}

/// The hash of an inline style or script, as a Content Security Policy names it
/// (<https://www.w3.org/TR/CSP3/#grammardef-hash-source>).
fn hash(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    format!("sha256-{}", STANDARD.encode(digest.as_ref()))
}

/// The verdict, what it is about, the numbers, and what to do next.
fn head(report: &Report, several: bool) -> Markup {
    let change = &report.change;
    let counts = report.counts();
    html! {
        section.head aria-label={ "Verdict on " (change.name) } {
            h1 {
                span class=(format!("verdict {}", report.verdict.name())) { (report.verdict.name().to_uppercase()) }
                " "
                @if several { (change.name) ": " }
                (outcome(report))
            }
            p.faint {
                b { (change.name) } " (" code { (change.head.short()) } ") "
                (pane::in_code(&compared_with(report)))
                " · severity " (report.block_at) " or above blocks · "
                time datetime=(time_of_seconds(report.time) + "Z") { (time_of_seconds(report.time).replace('T', " ")) " UTC" }
                " · took " (duration(report.milliseconds))
            }
            ul.counts {
                @for bucket in Bucket::ALL {
                    @let of = counts.get(bucket);
                    @if of.total() > 0 {
                        li data-bucket=(bucket.name()) { strong { (of.total()) } " " (bucket.name()) span.faint { " (" (bands(of)) ")" } }
                    }
                }
            }
            @for scanner in report.scanners.iter().filter(|s| s.state != ScannerState::Ok) {
                p.trouble { (scanner.name) " " (scanner.state.name()) ": " (pane::in_code(&fault(scanner))) }
            }
            @for unknown in unknown(report) { p.trouble { "Unknown: " (pane::in_code(&unknown)) } }
            @if let Some(next) = next_step(report) { p.next { b { "Next: " } (pane::in_code(&next)) } }
        }
    }
}

/// The controls that choose, group and order issues; they are there for scripts only.
fn facets(reports: &[Report]) -> Markup {
    let issues = || reports.iter().flat_map(|r| &r.issues);
    let mut scanners: Vec<(String, usize)> = Vec::new();
    for issue in issues() {
        let mut own: Vec<&str> = issue.rules.iter().map(|r| r.scanner.as_str()).collect();
        own.sort_unstable();
        own.dedup();
        for name in own {
            match scanners.iter_mut().find(|(n, _)| n == name) {
                Some((_, number)) => *number += 1,
                None => scanners.push((name.to_owned(), 1)),
            }
        }
    }
    let severities = Severity::WORST_FIRST.map(|s| {
        let number = issues().filter(|i| i.severity == s).count();
        (s.name().to_owned(), number)
    });
    let buckets = Bucket::ALL.map(|b| {
        let number = issues().filter(|i| i.bucket() == b).count();
        (b.name().to_owned(), number)
    });
    let group = |key: &str, title: &str, values: &[(String, usize)]| {
        html! {
            fieldset {
                legend { (title) }
                @for (value, number) in values.iter().filter(|(_, n)| *n > 0) {
                    button.facet type="button" data-key=(key) data-value=(value) aria-pressed="false" {
                        span class=[(key == "severity").then(|| format!("dot {value}"))] { (value) } " " span.faint { (number) }
                    }
                }
            }
        }
    };
    html! {
        aside.tools role="search" aria-label="Filter" hidden {
            details id="filters" open {
                summary { "Filter, group and sort" }
                label { "Search (/)" input type="search" id="search" placeholder="title, rule, CWE, text"; }
                label { "Path" input type="search" id="path" placeholder="src/ or *.py"; }
                (group("severity", "Severity", &severities))
                (group("status", "Status", &buckets))
                (group("scanner", "Scanner", &scanners))
                label {
                    "Group by"
                    select id="group" {
                        option value="" { "what blocks first" }
                        option value="file" { "file" }
                        option value="severity" { "severity" }
                        option value="scanner" { "scanner" }
                    }
                }
                label {
                    "Sort by"
                    select id="sort" {
                        option value="" { "importance" }
                        option value="severity" { "severity" }
                        option value="path" { "path" }
                        option value="title" { "title" }
                        option value="occurrences" { "occurrences" }
                    }
                }
                button type="button" id="reset" { "Show all" }
            }
            p.faint id="told" role="status" aria-live="polite" {}
        }
    }
}

fn notes(report: &Report) -> Markup {
    html! {
        @if !report.notes.is_empty() {
            section {
                h2 { "Notes" }
                ul { @for text in &report.notes { li { (pane::in_code(&note(text))) } } }
            }
        }
    }
}
