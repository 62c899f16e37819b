//! What was scanned, and what was not.

use maud::{Markup, html};

use super::super::words::{duration, fault, never_scanned, plural, uncontained};
use super::pane;
use crate::model::{Report, ScannerReport, ScannerState};

pub(super) fn scanned(report: &Report, several: bool) -> Markup {
    html! {
        section {
            h2 { "What was scanned" @if several { ": " (report.change.name) } }
            div.scroll tabindex="0" role="region" aria-label="What was scanned" { table {
                thead { tr {
                    th scope="col" { "scanner" } th scope="col" { "version" } th.n scope="col" { "files scanned" }
                    th.n scope="col" { "from cache" } th.n scope="col" { "skipped" } th.n scope="col" { "time" } th scope="col" { "result" }
                } }
                tbody {
                    @for scanner in &report.scanners { (row(scanner)) }
                    @for off in &report.available {
                        tr { td { (off.name) } td colspan="5" .faint { "off" } td { "would read " (plural(off.files, "file")) " of this change" } }
                    }
                }
            } }
            @for text in uncontained(&report.scanners) { p { (text) "." } }
            @match (report.never_scanned, &report.change.base) {
                (None, None) => {}
                _ => @if let Some(text) = never_scanned(report) { p { (pane::in_code(&text)) "." } }
            }
        }
    }
}

fn row(scanner: &ScannerReport) -> Markup {
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
                state => td.trouble { (state.name()) ": " (pane::in_code(&fault(scanner))) }
            }
        }
    }
}
