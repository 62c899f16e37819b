//! Comma-separated values (RFC 4180), a row for each occurrence.

use std::io::{self, Write};

use super::words::{not_counting, rules};
use crate::model::{Action, Report};

const HEAD: [&str; 19] = [
    "change",
    "issue",
    "severity",
    "score",
    "issue-status",
    "title",
    "references",
    "path",
    "line",
    "status",
    "scanners",
    "rules",
    "message",
    "blocks",
    "because",
    "not-counting",
    "why",
    "fix",
    "commit",
];

/// Writes reports as a table. A cell that a spreadsheet would take for a formula has a `'` before it
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
///
/// # Errors
/// It cannot be written.
pub fn csv(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    table.write_record(HEAD)?;
    for report in reports {
        for issue in &report.issues {
            for occurrence in &issue.occurrences {
                let score = issue.score.map_or(String::new(), |s| s.to_string());
                let line = occurrence
                    .region
                    .map_or(String::new(), |r| r.line.to_string());
                let cells = [
                    report.change.name.as_str(),
                    &issue.id,
                    issue.severity.name(),
                    &score,
                    issue.status.name(),
                    &issue.title,
                    &issue.references.join(" "),
                    &occurrence.path.to_string(),
                    &line,
                    occurrence.status.name(),
                    &occurrence.scanners.join(" "),
                    &rules(issue),
                    &occurrence.message,
                    if occurrence.action == Some(Action::Block) {
                        "yes"
                    } else {
                        "no"
                    },
                    &super::notes::because(issue),
                    &not_counting(occurrence).unwrap_or_default(),
                    &super::reasons::why(occurrence),
                    issue.fix.as_deref().unwrap_or_default(),
                    occurrence.commit.as_deref().unwrap_or_default(),
                ];
                table.write_record(cells.map(harmless))?;
            }
        }
    }
    table.flush()
}

fn harmless(cell: &str) -> String {
    let cell = crate::model::harmless(cell);
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '|']);
    match formula {
        true => format!("'{cell}"),
        false => cell,
    }
}
