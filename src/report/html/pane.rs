//! Everything about one issue.

use maud::{Markup, html};

use super::super::notes::because;
use super::super::reasons::why;
use super::super::words::{exempt_command, in_commit, not_counting, page_of, place, plural};
use super::code::Painter;
use crate::model::{Action, Finding, Frame, Issue, Occurrence, Region, Status};

/// The most occurrences of an issue that are listed, and the most whose scanner output is shown in
/// full.
const OCCURRENCES: usize = 100;
const WHOLE: usize = 1;

/// Finds the page of an occurrence on the forge.
type Links<'a> = dyn Fn(&Occurrence) -> Option<String> + 'a;

/// What is known about an issue.
pub(super) fn pane(issue: &Issue, painter: &mut Painter, links: &Links<'_>) -> Markup {
    let left = issue.occurrences.len().saturating_sub(OCCURRENCES) as u64;
    let description = issue.occurrences.iter().map(|o| o.message.as_str());
    let description = description.into_iter().find(|m| !m.is_empty());
    html! {
        div.pane {
            dl {
                dt { "Why" }
                dd {
                    @if issue.blocks { b.stops { "blocks" } } @else { "does not block" }
                    ": " (in_code(&because(issue)))
                    @if let Some(score) = issue.score { " (score " (score) " of 10)" }
                }
                @if let Some(text) = description { dt { "What" } dd { (in_code(text)) } }
                @if let Some(fix) = &issue.fix { dt { "Fix" } dd { (in_code(fix)) } }
                @if issue.blocks {
                    dt { "Exempt" }
                    dd { code.command { (exempt_command(issue, None)) } span.faint { " (only if it is not a problem here)" } }
                }
                @if !issue.references.is_empty() {
                    dt { "References" }
                    dd {
                        @for (number, reference) in issue.references.iter().enumerate() {
                            @if number > 0 { ", " }
                            @match page_of(reference) { Some(page) => (link(&page, reference)), None => (reference) }
                        }
                    }
                }
                @if !issue.links.is_empty() {
                    dt { "Read more" } dd { @for url in &issue.links { (link(url, url)) " " } }
                }
                dt { "Rule" }
                dd { @for (number, rule) in issue.rules.iter().enumerate() { @if number > 0 { ", " } (rule.scanner) " " code { (rule.rule) } } }
                dt { "Issue" } dd { code { (issue.id) } " (" (issue.kind.name()) ")" }
            }
            h3 { "Occurrences" }
            ol.occurrences {
                @for (number, one) in issue.occurrences.iter().take(OCCURRENCES).enumerate() {
                    li { (occurrence(one, description, number < WHOLE, painter, links)) }
                }
                @if left > 0 { li.faint { (plural(left, "more occurrence")) ": " code.command { "newgate report csv" } " lists all" } }
                @if issue.elsewhere > 0 { li.faint { (issue.elsewhere) " more in files that the change does not touch" } }
            }
        }
    }
}

/// A text in which what is between backticks is code; commands can be copied.
pub(super) fn in_code(text: &str) -> Markup {
    const PROGRAMS: [&str; 3] = ["newgate ", "git ", "npm "];
    // An odd one out quotes nothing.
    let paired = text.matches('`').count() / 2 * 2;
    html! {
        @for (number, part) in text.splitn(paired + 1, '`').enumerate() {
            @if number % 2 == 0 { (part) }
            @else if PROGRAMS.iter().any(|p| part.starts_with(p)) { code.command { (part) } }
            @else { code { (part) } }
        }
    }
}

/// A link to a web page; any other text stays text.
pub(super) fn link(url: &str, text: &str) -> Markup {
    let of_the_web = url.starts_with("https://") || url.starts_with("http://");
    html! {
        @if of_the_web { a href=(url) rel="noopener noreferrer" target="_blank" { (text) } } @else { (text) }
    }
}

/// A place, which leads to the forge where its page is known.
pub(super) fn linked(page: Option<String>, place: &str) -> Markup {
    html! {
        @match page {
            Some(page) => a.place href=(page) rel="noopener noreferrer" target="_blank" { (place) },
            None => code.place { (place) },
        }
    }
}

fn occurrence(
    occurrence: &Occurrence,
    described: Option<&str>,
    whole: bool,
    painter: &mut Painter,
    links: &Links<'_>,
) -> Markup {
    let status = occurrence.status.name();
    let message =
        Some(occurrence.message.as_str()).filter(|m| !m.is_empty() && Some(*m) != described);
    html! {
        (linked(links(occurrence), &place(occurrence)))
        (in_commit(occurrence))
        " " @if occurrence.action == Some(Action::Block) { b.stops { (status) } } @else { b { (status) } }
        span.faint {
            ": " (in_code(&why(occurrence)))
            @if let Some(from) = &occurrence.from {
                @if occurrence.status == Status::Inherited && from.line > 0 { " (at base " (from.path) ":" (from.line) ")" }
            }
        }
        @if let Some(why) = not_counting(occurrence) { p { (why) } }
        @if let Some(was) = &occurrence.was_exempted { p { (was) } }
        @if let Some(text) = message { p { (in_code(text)) } }
        @if let Some(shown) = &occurrence.frame {
            (frame(shown, &occurrence.path.to_text(), occurrence.region, painter))
        }
        @if whole { @for finding in &occurrence.findings { (raw(finding)) } }
    }
}

fn frame(frame: &Frame, path: &str, region: Option<Region>, painter: &mut Painter) -> Markup {
    let hit = |number: u32| region.is_some_and(|r| (r.line..=r.end_line).contains(&number));
    let colored = painter.colored(path, &frame.lines);
    html! {
        pre tabindex="0" role="region" aria-label="Code" {
            @for ((number, line), _) in (frame.first_line..).zip(0..).zip(&frame.lines) {
                span class=[hit(number).then_some("hit")] { span.number { (number) } (colored.line(line)) }
            }
        }
    }
}

/// What the scanner reported, in newgate's form.
fn raw(finding: &Finding) -> Markup {
    let text = serde_json::to_string_pretty(finding).unwrap_or_default();
    html! {
        @if !finding.flow.is_empty() {
            details {
                summary { "How data gets there (" (plural(finding.flow.len() as u64, "step")) ")" }
                ol { @for step in &finding.flow { li { code { (step.path) ":" (step.line) } " " (step.message) } } }
            }
        }
        details {
            summary.faint { "Raw result of " (finding.scanner) }
            pre.raw tabindex="0" { (text) }
        }
    }
}
