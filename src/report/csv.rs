//! Comma-separated values (RFC 4180), a row for each occurrence.

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
pub fn csv(reports: &[Report]) -> String {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let in_memory = "a table in memory can be written";
    table.write_record(HEAD).expect(in_memory);
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
                table.write_record(cells.map(harmless)).expect(in_memory);
            }
        }
    }
    let bytes = table.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("cells are text")
}

fn harmless(cell: &str) -> String {
    let cell = crate::model::harmless(cell);
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '|']);
    match formula {
        true => format!("'{cell}"),
        false => cell,
    }
}
