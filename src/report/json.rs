//! The full report as JSON, version 1 (`docs/json.md`).

use serde::{Deserialize, Serialize};

use crate::model::{Counts, Issue, Mode, Report, ScannerReport, Severity, SkippedScanner, Verdict};

/// The version of the document; fields are added, never renamed, within one.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    version: u32,
    verdict: Verdict,
    exit_code: u8,
    change: ChangeOut<'a>,
    policy: PolicyOut,
    counts: Counts,
    issues: &'a [Issue],
    scanners: &'a [ScannerReport],
    available: &'a [SkippedScanner],
    never_scanned: Option<u64>,
    notes: &'a [String],
    unknown: &'a [String],
    milliseconds: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ChangeOut<'a> {
    name: &'a str,
    head: &'a str,
    base: Option<&'a str>,
    target: Option<&'a str>,
    base_reason: &'a str,
    mode: Mode,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyOut {
    block_at: Severity,
}

/// Writes reports as JSON: one as an object, several as an array, none as an empty array.
pub fn to_json(reports: &[Report]) -> String {
    let documents: Vec<Document<'_>> = reports.iter().map(document).collect();
    let text = match &documents[..] {
        [one] => serde_json::to_string_pretty(one),
        many => serde_json::to_string_pretty(many),
    };
    text.expect("a report is plain data")
}

/// Reads the issues of a report, or of several.
///
/// # Errors
/// It is no report of version 1.
pub fn issues_of(json: &[u8]) -> Result<Vec<Issue>, String> {
    #[derive(Deserialize)]
    struct Written {
        version: u32,
        issues: Vec<Issue>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(Written),
        Many(Vec<Written>),
    }
    let documents = match serde_json::from_slice(json).map_err(|e| e.to_string())? {
        Either::One(one) => vec![one],
        Either::Many(many) => many,
    };
    let mut issues: Vec<Issue> = Vec::new();
    for document in documents {
        if document.version != VERSION {
            return Err(format!("it is of version {}", document.version));
        }
        for issue in document.issues {
            if !issues.contains(&issue) {
                issues.push(issue);
            }
        }
    }
    Ok(issues)
}

fn document(report: &Report) -> Document<'_> {
    let change = &report.change;
    Document {
        version: VERSION,
        verdict: report.verdict,
        exit_code: report.verdict.exit_code(),
        change: ChangeOut {
            name: &change.name,
            head: change.head.as_str(),
            base: change.base.as_ref().map(crate::model::Oid::as_str),
            target: change.target.as_deref(),
            base_reason: &change.base_reason,
            mode: change.mode,
        },
        policy: PolicyOut {
            block_at: report.block_at,
        },
        counts: report.counts(),
        issues: &report.issues,
        scanners: &report.scanners,
        available: &report.available,
        never_scanned: report.never_scanned,
        notes: &report.notes,
        unknown: &report.unknown,
        milliseconds: report.milliseconds,
    }
}
