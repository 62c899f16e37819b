//! All that is known of one issue.

use maud::{Markup, html};

use super::super::notes::because;
use super::super::words::{exempt_command, in_commit, not_counting, page_of, place, plural};
use crate::model::{Action, Finding, Frame, Issue, Occurrence, Region, Status};

/// What is known of an issue; at most `most` of its occurrences are listed.
pub(super) fn pane(issue: &Issue, most: usize) -> Markup {
    let left = issue.occurrences.len().saturating_sub(most) as u64;
    let description = issue.occurrences.iter().map(|o| o.message.as_str());
    let description = description.into_iter().find(|m| !m.is_empty());
    html! {
        div.pane {
            dl {
                dt { "Score" }
                dd { @match issue.score { Some(score) => { (score) " of 10, " (issue.severity) } None => { "no scanner states one" } } }
                dt { "Decision" } dd { @if issue.blocks { "blocks: " } @else { "does not block: " } (in_code(&because(issue))) }
                @if let Some(text) = description { dt { "Description" } dd { (text) } }
                @if !issue.references.is_empty() {
                    dt { "References" }
                    dd {
                        @for (number, reference) in issue.references.iter().enumerate() {
                            @if number > 0 { ", " }
                            @match page_of(reference) { Some(page) => (link(&page, reference)), None => (reference) }
                        }
                    }
                }
                dt { "Reported by" }
                dd { @for (number, rule) in issue.rules.iter().enumerate() { @if number > 0 { ", " } (rule.scanner) " " code { (rule.rule) } } }
                @if let Some(fix) = &issue.fix { dt { "Remediation" } dd { (in_code(fix)) } }
                @if !issue.links.is_empty() {
                    dt { "To read" } dd { @for url in &issue.links { (link(url, url)) " " } }
                }
                dt { "Issue" } dd { code { (issue.id) } " (" (issue.kind.name()) ")" }
                @if issue.blocks {
                    dt { "To exempt it" } dd { code { (exempt_command(issue, None)) } }
                }
            }
            h4 { "Occurrences" }
            ol.occurrences {
                @for one in issue.occurrences.iter().take(most) { li { (occurrence(one)) } }
                @if left > 0 { li.faint { (plural(left, "more occurrence")) ": " code { "newgate report csv" } " lists all" } }
                @if issue.elsewhere > 0 { li.faint { (issue.elsewhere) " more in files that the change does not touch" } }
            }
        }
    }
}

/// A text in which what stands between backticks is code.
fn in_code(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A link to a page of the web; what is no such address stays text.
pub(super) fn link(url: &str, text: &str) -> Markup {
    let of_the_web = url.starts_with("https://") || url.starts_with("http://");
    html! {
        @if of_the_web { a href=(url) rel="noopener noreferrer" target="_blank" { (text) } } @else { (text) }
    }
}

fn occurrence(occurrence: &Occurrence) -> Markup {
    html! {
        strong { code { (place(occurrence)) } }
        (in_commit(occurrence))
        " " span class=[(occurrence.action == Some(Action::Block)).then_some("stops")] { (occurrence.status.name()) }
        span.faint {
            ": " (super::super::reasons::why(occurrence))
            @if let Some(from) = &occurrence.from {
                @if occurrence.status == Status::Inherited && from.line > 0 { " (at base " (from.path) ":" (from.line) ")" }
            }
        }
        @if let Some(why) = not_counting(occurrence) { p { (why) } }
        @if let Some(was) = &occurrence.was_exempted { p { (was) } }
        @if !occurrence.message.is_empty() { p { (occurrence.message) } }
        @if let Some(shown) = &occurrence.frame { (frame(shown, occurrence.region)) }
        @for finding in &occurrence.findings { (raw(finding)) }
    }
}

fn frame(frame: &Frame, region: Option<Region>) -> Markup {
    let hit = |number: u32| region.is_some_and(|r| (r.line..=r.end_line).contains(&number));
    html! {
        pre tabindex="0" aria-label="Code" {
            @for (number, line) in (frame.first_line..).zip(&frame.lines) {
                span class=[hit(number).then_some("hit")] { span.number { (number) } (line) }
            }
        }
    }
}

/// What the scanner said, as newgate took it in.
fn raw(finding: &Finding) -> Markup {
    let text = serde_json::to_string_pretty(finding).unwrap_or_default();
    html! {
        @if !finding.flow.is_empty() {
            details {
                summary { "How data gets there (" (finding.flow.len()) " steps)" }
                ol { @for step in &finding.flow { li { code { (step.path) ":" (step.line) } " " (step.message) } } }
            }
        }
        details {
            summary.faint { "What " (finding.scanner) " said" }
            pre.raw tabindex="0" { (text) }
        }
    }
}
