//! The JSON that Harness STO's custom ingestion reads
//! (<https://developer.harness.io/docs/security-testing-orchestration/custom-scanning/ingesting-issues-from-other-scanners>).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::each::{Each, write_json};
use super::words::{identified_once, not_counting};
use crate::model::{Issue, Kind, Occurrence, Report, Status, Text};

/// Writes what is at head, an entry for each occurrence; Harness compares with the target itself. Exempted and ignored
/// occurrences are not open and so left out. The format has no place for what was not scanned: consider the exit code.
///
/// # Errors
/// It cannot be written.
pub fn sto(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Document<I: Serialize> {
        issues: I,
        meta: Value,
    }
    let mut open = identified_once(reports);
    open.retain(|(_, o, _)| o.status != Status::Fixed && not_counting(o).is_none());
    let document = Document {
        issues: Each(|| open.iter().map(|(issue, o, _)| entry(issue, o))),
        meta: json!({"key": ["issueName", "fileName"], "subproduct": "newgate"}),
    };
    write_json(&document, out)
}

fn entry(issue: &Issue, occurrence: &Occurrence) -> Value {
    let text = |key: &str, value: &str| (key.to_owned(), json!(value));
    let references = issue.references.iter().filter_map(|r| {
        let (list, id) = r.split_once('-')?;
        Some(json!({"type": list.to_lowercase(), "id": id}))
    });
    let scanner = occurrence.scanners.first().map_or("newgate", Text::as_str);
    let mut entry: Map<String, Value> = [
        text("subProduct", scanner),
        text("issueName", &issue.title),
        text("issueDescription", &occurrence.message),
        text("fileName", &occurrence.path.to_string()),
        text(
            "remediationSteps",
            issue.fix.as_deref().unwrap_or("See the references."),
        ),
        text("risk", issue.severity.name()),
        text("status", "open"),
        text(
            "issueType",
            match issue.kind {
                Kind::Code => "SAST",
                Kind::Secret => "SECRET",
                Kind::Dependency => "SCA",
                Kind::Configuration => "IAC",
            },
        ),
        text("link", issue.links.first().map_or("", String::as_str)),
    ]
    .into_iter()
    .filter(|(_, value)| *value != json!(""))
    .collect();
    entry.insert(
        "referenceIdentifiers".into(),
        Value::Array(references.collect()),
    );
    if let Some(score) = issue.score {
        entry.insert("severity".into(), json!(score));
    }
    if let Some(region) = occurrence.region {
        entry.insert("lineNumber".into(), json!(region.line.to_string()));
        entry.insert("endLine".into(), json!(region.end_line));
    }
    if let Some(package) = &occurrence.package {
        entry.insert("libraryName".into(), json!(package.name));
        entry.insert("currentVersion".into(), json!(package.version));
        if let Some(fixed) = package.fixed.first() {
            entry.insert("upgradeVersion".into(), json!(fixed));
        }
    }
    if let Some(rule) = occurrence.rules.first() {
        entry.insert("_rawRuleId".into(), json!(rule.rule));
    }
    Value::Object(entry)
}
