//! One self-contained page: no network, and no script needed to read it. What scanners and files say is
//! escaped by the template, and a Content Security Policy lets nothing run but the page's own script.

mod chart;
mod pane;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::notes::compared_with;
use super::words::{band, duration, occurrences, outcome, plural};
use crate::model::{
    Bucket, Counts, Excuse, GateRun, Issue, IssueStatus, Report, ScannerReport, ScannerState,
    Severity, Status, is_unsafe_char, time_of_seconds,
};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Most occurrences of an issue that the page lists, and most once it has [`MANY`].
const OCCURRENCES: (usize, usize) = (100, 5);
/// After how many occurrences the page lists few of each issue.
const MANY: usize = 3_000;
/// Most issues that the page lists.
const ISSUES: usize = 5_000;

/// Writes reports, and the judgements of the past, as one page.
pub fn html(reports: &[Report], history: &[GateRun]) -> String {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let name = reports
        .first()
        .map_or("nothing", |r| r.change.name.as_str());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Security tests: " (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#issues" { "Skip to the issues" }
                header {
                    h1 { "Security tests by newgate" }
                    @for report in reports { (head(report)) }
                    @if reports.is_empty() { p { "Nothing was judged." } }
                }
                main {
                    (tiles(reports))
                    div.pictures {
                        (chart::by_status(reports))
                        (chart::over_time(history))
                    }
                    (tools(reports))
                    (lists(reports))
                    @for report in reports { (scanned(report, reports.len() > 1)) }
                }
                footer { "newgate " (env!("CARGO_PKG_VERSION")) " · made on this machine, loads nothing." }
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

fn head(report: &Report) -> Markup {
    html! {
        section aria-label="Verdict" {
            h2 {
                span class=(format!("verdict {}", report.verdict.name())) { (report.verdict.name().to_uppercase()) }
                (report.change.name) ": " (outcome(report))
            }
            p.faint {
                (compared_with(report))
                " · blocks at " (report.block_at) " and above · "
                time datetime=(time_of_seconds(report.time) + "Z") { (time_of_seconds(report.time).replace('T', " ")) " UTC" }
                " · in " (duration(report.milliseconds))
            }
            @for unknown in super::notes::unknown(report) { p.trouble { "Unknown: " (unknown) } }
            @for note in &report.notes { p.faint { "Note: " (super::notes::note(note)) } }
        }
    }
}

fn tiles(reports: &[Report]) -> Markup {
    let of = |severity: Severity| {
        let all = reports.iter().map(Report::counts);
        let of = |c: Counts, bucket| c.get(bucket).get(severity);
        all.fold((0, 0), |(new, old), c| {
            let added = of(c, Bucket::New) + of(c, Bucket::Grown);
            (new + added, old + of(c, Bucket::Inherited))
        })
    };
    html! {
        ul.tiles aria-label="Filter by severity" {
            @for severity in Severity::WORST_FIRST {
                @let (new, old) = of(severity);
                li {
                    button type="button" class=(format!("tile {severity}")) data-severity=(severity) aria-pressed="false" disabled {
                        span.name { (severity) }
                        strong { (new) " new" }
                        span.faint { (old) " inherited" }
                    }
                }
            }
        }
    }
}

fn tools(reports: &[Report]) -> Markup {
    let mut scanners: Vec<&str> = Vec::new();
    for scanner in reports.iter().flat_map(|r| &r.scanners) {
        if !scanners.contains(&scanner.name.as_str()) {
            scanners.push(&scanner.name);
        }
    }
    html! {
        div.tools id="issues" role="search" hidden {
            label { "Search (/)" input type="search" id="search" placeholder="title, file, CWE, rule"; }
            label {
                "Status"
                select id="status" {
                    option value="" { "all" }
                    @for list in LISTS { option value=(list.name()) { (list_title(list)) } }
                }
            }
            label {
                "Scanner"
                select id="scanner" {
                    option value="" { "all" }
                    @for name in scanners { option value=(name) { (name) } }
                }
            }
            label {
                "Order"
                select id="sort" {
                    option value="given" { "what stops first" }
                    option value="severity" { "severity" }
                    option value="title" { "title" }
                    option value="occurrences" { "occurrences" }
                }
            }
            button type="button" id="reset" { "Show all" }
            span.faint id="told" role="status" aria-live="polite" {}
        }
    }
}

/// The lists of the page, in their order.
const LISTS: [Bucket; 7] = [
    Bucket::New,
    Bucket::Grown,
    Bucket::Excused(Excuse::Exempted),
    Bucket::Excused(Excuse::Ignored),
    Bucket::Excused(Excuse::Suppressed),
    Bucket::Fixed,
    Bucket::Inherited,
];

/// What a list of the page has, for people.
fn list_title(list: Bucket) -> &'static str {
    match list {
        Bucket::New => "Only in this branch",
        Bucket::Grown => "Grown: known issues with new occurrences",
        Bucket::Excused(Excuse::Exempted) => "Exempted",
        Bucket::Excused(Excuse::Ignored) => "Ignored by the policy",
        Bucket::Excused(Excuse::Suppressed) => "Suppressed by inline comments",
        Bucket::Fixed => "Fixed by this branch",
        Bucket::Inherited => "Common with the baseline",
    }
}

fn lists(reports: &[Report]) -> Markup {
    let mut listed = 0;
    let all = reports.iter().map(|r| r.issues.len()).sum::<usize>();
    let left = all.saturating_sub(ISSUES) as u64;
    let issues = reports
        .iter()
        .flat_map(|r| &r.issues)
        .take(ISSUES)
        .map(|issue| {
            let most = match listed < MANY {
                true => OCCURRENCES.0,
                false => OCCURRENCES.1,
            };
            listed += issue.occurrences.len().min(most);
            (most, issue)
        });
    let issues: Vec<(usize, (usize, &Issue))> = issues.enumerate().collect();
    html! {
        @if issues.is_empty() { p { "No scanner found an issue." } }
        @if left > 0 { p { (plural(left, "more issue")) ": " code { "newgate report csv" } " lists all" } }
        @for list in LISTS {
            @let own: Vec<_> = issues.iter().filter(|(_, (_, i))| i.bucket() == list).collect();
            @if !own.is_empty() {
                section.list aria-labelledby=(format!("list-{}", list.name())) {
                    h3 id=(format!("list-{}", list.name())) { (list_title(list)) " (" span.count { (own.len()) } ")" }
                    div.columns aria-hidden="true" {
                        span { "severity" } span { "issue" } span { "occurrences" } span { "status" } span { "scanner" }
                    }
                    div.rows { @for (place, (most, issue)) in own { (row(*place, issue, list, *most)) } }
                }
            }
        }
    }
}

fn row(place: usize, issue: &Issue, list: Bucket, most: usize) -> Markup {
    let mut scanners: Vec<&str> = issue.rules.iter().map(|r| r.scanner.as_str()).collect();
    scanners.dedup();
    let standing_now = issue.occurrences.iter();
    let here = standing_now.filter(|o| o.status != Status::Fixed).count() as u64;
    let number = match issue.status {
        IssueStatus::Fixed => issue.occurrences.len() as u64,
        _ => here + issue.elsewhere,
    };
    html! {
        details class=(format!("issue {}", issue.severity)) id=(format!("issue-{place}-{}", issue.id)) open[issue.blocks]
            data-severity=(issue.severity) data-status=(list.name()) data-scanners=(scanners.join(" "))
            data-title=(issue.title) data-occurrences=(number) data-place=(place) {
            summary {
                span.band { (band(issue)) }
                span.title { (issue.title) @if issue.blocks { " " span.stops { "blocks" } } }
                span { (plural(number, "occurrence")) }
                span { (status(issue)) }
                span.faint { (scanners.join(", ")) }
            }
            (pane::pane(issue, most))
        }
    }
}

/// The status of an issue in a word or two.
fn status(issue: &Issue) -> String {
    let new = occurrences(issue, Status::New).count();
    match issue.status {
        IssueStatus::Grown => format!("grown by {new}"),
        status => status.name().to_owned(),
    }
}

fn scanned(report: &Report, several: bool) -> Markup {
    html! {
        section aria-label="What was scanned" {
            h3 { "What was scanned" @if several { ": " (report.change.name) } }
            div.scroll tabindex="0" { table {
                thead { tr {
                    th scope="col" { "scanner" } th scope="col" { "version" } th.n scope="col" { "files scanned" }
                    th.n scope="col" { "from cache" } th.n scope="col" { "not for it" } th.n scope="col" { "time" } th scope="col" { "result" }
                } }
                tbody {
                    @for scanner in &report.scanners { (scanner_row(scanner)) }
                    @for off in &report.available {
                        tr { td { (off.name) } td colspan="5" .faint { "off" } td { "would read " (plural(off.files, "file")) " of this change" } }
                    }
                }
            } }
            @for text in super::words::uncontained(&report.scanners) { p { (text) "." } }
            @match report.never_scanned {
                Some(0) => {}
                Some(n) => p { (plural(n, "file")) " of the target never scanned: inherited issues there are not counted." }
                None if report.change.base.is_some() => p { "Inherited issues are counted in changed files only; `newgate baseline build` scans the rest once." }
                None => {}
            }
        }
    }
}

fn scanner_row(scanner: &ScannerReport) -> Markup {
    html! {
        tr {
            td { (pane::link(&scanner.homepage, &scanner.name)) }
            td { (scanner.version.as_deref().unwrap_or("unknown")) }
            td.n { (scanner.scanned) }
            td.n { (scanner.cached) }
            td.n { (scanner.skipped) }
            td.n { (duration(scanner.milliseconds)) }
            @match scanner.state {
                ScannerState::Ok => td { "ok" }
                state => td.trouble { (state.name()) ": " (super::words::fault(scanner)) }
            }
        }
    }
}
