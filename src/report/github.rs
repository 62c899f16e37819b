//! Workflow commands, which become annotations on GitHub
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use std::fmt::Write as _;

use super::words::{band, identified_once, in_commit, outcome, place};
use crate::model::{Action, Issue, Occurrence, Report, ScannerState, Status, Verdict, harmless};

/// How many annotations of a level GitHub takes from one step.
const MOST: usize = 10;

/// Writes reports as workflow commands: an error for each occurrence that blocks, a warning
/// for each that is new and does not, worst first, as many as GitHub takes; and the verdict.
pub fn github(reports: &[Report]) -> String {
    let mut out = String::new();
    let mut levels: [(&str, Vec<String>); 2] = [("error", Vec::new()), ("warning", Vec::new())];
    for report in reports {
        for scanner in &report.scanners {
            if scanner.state != ScannerState::Ok {
                let title = format!("{} is {}", scanner.name, scanner.state.name());
                levels[0].1.push(command(
                    "error",
                    &[("title", title)],
                    &super::words::fault(scanner),
                ));
            }
        }
        for unknown in &super::notes::unknown(report) {
            let title = [("title", "unknown".to_owned())];
            levels[0].1.push(command("error", &title, unknown));
        }
    }
    let mut left_out = 0;
    for (issue, occurrence, _) in identified_once(reports) {
        let level = match (occurrence.status, occurrence.action) {
            (_, Some(Action::Block)) => 0,
            (_, Some(Action::Warn)) | (Status::New, None) => 1,
            _ => continue,
        };
        let (name, shown) = &mut levels[level];
        match shown.len() < MOST {
            true => shown.push(annotation(name, issue, occurrence)),
            false => left_out += 1,
        }
    }
    for (_, commands) in &levels {
        left_out += commands.len().saturating_sub(MOST);
        out.extend(commands.iter().take(MOST).map(String::as_str));
    }
    for report in reports {
        let verdict = report.verdict.name();
        let name = &report.change.name;
        let mut text = format!("{name}: {verdict}: {}", outcome(report));
        if left_out > 0 {
            let _ = write!(
                text,
                " ({left_out} more than GitHub shows: see the job's summary)"
            );
        }
        let level = match report.verdict {
            Verdict::Pass => "notice",
            _ => "error",
        };
        // GitHub counts it too; where there are many, it takes the place of none.
        let title = [("title", "newgate".to_owned())];
        if level == "notice" || levels[0].1.len() < MOST {
            out.push_str(&command(level, &title, &text));
        } else {
            out.push_str(&command("notice", &title, &text));
        }
    }
    out
}

fn annotation(level: &str, issue: &Issue, occurrence: &Occurrence) -> String {
    let mut properties = Vec::new();
    if !occurrence.is_in_message() {
        properties.push(("file", occurrence.path.to_string()));
    }
    if let Some(region) = occurrence.region.filter(|_| !occurrence.is_in_message()) {
        properties.push(("line", region.line.to_string()));
        properties.push(("endLine", region.end_line.to_string()));
        let one_line = region.end_line == region.line;
        if let (Some(column), true) = (region.column, one_line) {
            properties.push(("col", column.to_string()));
        }
    }
    properties.push(("title", format!("{}: {}", band(issue), issue.title)));
    let mut text = occurrence.message.to_string();
    if occurrence.is_in_message() {
        let _ = write!(text, "\n{}{}", place(occurrence), in_commit(occurrence));
    }
    if let Some(fix) = &issue.fix {
        let _ = write!(text, "\nFix: {fix}");
    }
    let _ = write!(
        text,
        "\n{} (issue {})",
        super::notes::because(issue),
        issue.id
    );
    command(level, &properties, &text)
}

fn command(name: &str, properties: &[(&str, String)], text: &str) -> String {
    let data = |text: &str| harmless(text).replace('%', "%25").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let properties: Vec<String> = properties
        .iter()
        .map(|(key, value)| format!("{key}={}", property(value)))
        .collect();
    format!("::{name} {}::{}\n", properties.join(","), data(text))
}
