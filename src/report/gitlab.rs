//! GitLab's reports: code quality
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>) and SAST
//! (<https://docs.gitlab.com/development/integrations/secure/#report>).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::each::{Each, write_json};
use super::words::{cut, identified_once, never_scanned, not_counting, page_of};
use crate::model::{Issue, Occurrence, Report, ScannerState, Severity, Status, time_of_seconds};

/// The version of GitLab's report schemas that the SAST report conforms to.
const SCHEMA: &str = "15.0.2";

/// The occurrences that are at head and count, with their identities.
fn standing(reports: &[Report]) -> Vec<(&Issue, &Occurrence, String)> {
    let mut all = identified_once(reports);
    all.retain(|(_, o, _)| o.status != Status::Fixed && not_counting(o).is_none());
    all
}

/// What was not scanned, in words.
fn gaps(reports: &[Report]) -> Vec<String> {
    let mut gaps = Vec::new();
    for report in reports {
        let scanners = report.scanners.iter();
        let failed = scanners.filter(|s| s.state != ScannerState::Ok);
        gaps.extend(failed.map(|s| {
            format!(
                "{} is {}: {}",
                s.name,
                s.state.name(),
                super::words::fault(s)
            )
        }));
        gaps.extend(super::notes::unknown(report));
    }
    gaps
}

/// Writes what is at head as a code quality report: GitLab compares it with the target's itself.
///
/// # Errors
/// It cannot be written.
pub fn gitlab_code_quality(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let (standing, gaps) = (standing(reports), gaps(reports));
    let list = Each(|| {
        let entries = standing.iter().map(|(issue, occurrence, identity)| {
            let rule = occurrence.rules.first();
            let rule =
                rule.map_or_else(|| issue.id.clone(), |r| format!("{}:{}", r.scanner, r.rule));
            json!({
                "description": format!("{}: {}", issue.title, occurrence.message),
                "check_name": rule,
                "fingerprint": identity,
                "severity": match issue.severity {
                    Severity::Critical => "blocker",
                    Severity::High | Severity::Unassigned => "critical",
                    Severity::Medium => "major",
                    Severity::Low => "minor",
                    Severity::Info => "info",
                },
                "location": {
                    "path": occurrence.path,
                    "lines": {
                        "begin": occurrence.region.map_or(1, |r| r.line),
                        "end": occurrence.region.map_or(1, |r| r.end_line),
                    },
                },
            })
        });
        // A report without entries would look clean.
        entries.chain(gaps.iter().map(|gap| {
            json!({
                "description": format!("Not everything was scanned: {gap}"),
                "check_name": "newgate:incomplete",
                "fingerprint": format!("incomplete:{:.24}", blake3::hash(gap.as_bytes()).to_hex()),
                "severity": "blocker",
                "location": {"path": ".newgate/config.toml", "lines": {"begin": 1, "end": 1}},
            })
        }))
    });
    write_json(&list, out)
}

/// Writes what is at head as a SAST report, for the security widget and the vulnerability report.
///
/// # Errors
/// It cannot be written.
pub fn gitlab_sast(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Document<I: Serialize> {
        scan: Value,
        schema: String,
        version: &'static str,
        vulnerabilities: I,
    }
    let standing = standing(reports);
    let end = reports.iter().map(|r| r.time).max().unwrap_or_default();
    let took: u64 = reports.iter().map(|r| r.milliseconds).sum();
    let start = end - i64::try_from(took / 1_000).unwrap_or_default();
    let gaps = gaps(reports);
    let never = reports.iter().filter_map(never_scanned);
    let messages: Vec<Value> = gaps
        .iter()
        .cloned()
        .chain(never)
        .map(|text| json!({"level": "warn", "value": text}))
        .collect();
    let tool = json!({
        "id": "newgate",
        "name": "newgate",
        "version": env!("CARGO_PKG_VERSION"),
        "vendor": {"name": "newgate"},
    });
    let report = Document {
        scan: json!({
            "analyzer": tool,
            "scanner": tool,
            "type": "sast",
            "start_time": time_of_seconds(start),
            "end_time": time_of_seconds(end),
            "status": if gaps.is_empty() { "success" } else { "failure" },
            "messages": messages,
        }),
        schema: format!(
            "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v{SCHEMA}/dist/sast-report-format.json"
        ),
        version: SCHEMA,
        vulnerabilities: Each(|| {
            let all = standing.iter();
            all.map(|(issue, occurrence, identity)| vulnerability(issue, occurrence, identity))
        }),
    };
    write_json(&report, out)
}

fn vulnerability(issue: &Issue, occurrence: &Occurrence, identity: &str) -> Value {
    // The first identifier is the one by which GitLab tells weaknesses apart.
    let mut identifiers: Vec<Value> = occurrence
        .rules
        .iter()
        .map(|r| {
            json!({
                "type": format!("{}_rule_id", r.scanner),
                "name": format!("{} {}", r.scanner, r.rule),
                "value": r.rule,
            })
        })
        .collect();
    for reference in &issue.references {
        let (list, value) = reference.split_once('-').unwrap_or(("id", reference));
        let mut identifier = json!({
            "type": list.to_lowercase(),
            "name": reference,
            "value": if list == "CWE" { value } else { reference },
        });
        if let Some(page) = page_of(reference) {
            identifier["url"] = json!(page);
        }
        identifiers.push(identifier);
    }
    if identifiers.is_empty() {
        identifiers.push(json!({"type": "newgate_issue", "name": issue.id, "value": issue.id}));
    }
    let mut location = json!({"file": occurrence.path});
    if let Some(region) = occurrence.region {
        location["start_line"] = json!(region.line);
        location["end_line"] = json!(region.end_line);
    }
    let mut written = json!({
        "id": identity,
        "category": "sast",
        "name": cut(&issue.title, 250),
        "description": super::markdown::escaped(&occurrence.message),
        "severity": match issue.severity {
            Severity::Critical => "Critical",
            Severity::High => "High",
            Severity::Medium => "Medium",
            Severity::Low => "Low",
            Severity::Info => "Info",
            Severity::Unassigned => "Unknown",
        },
        "identifiers": identifiers,
        "location": location,
        "tracking": {
            "type": "source",
            "items": [{
                "file": occurrence.path,
                "start_line": occurrence.region.map_or(1, |r| r.line),
                "end_line": occurrence.region.map_or(1, |r| r.end_line),
                "signatures": [{"algorithm": "newgate_occurrence", "value": identity}],
            }],
        },
    });
    if let Some(fix) = &issue.fix {
        written["solution"] = json!(cut(fix, 6_999));
    }
    if !issue.links.is_empty() {
        let links: Vec<Value> = issue.links.iter().map(|l| json!({"url": l})).collect();
        written["links"] = json!(links);
    }
    written
}
