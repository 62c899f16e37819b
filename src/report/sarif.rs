//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), within the limits
//! of GitHub's upload
//! (<https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::words::{identified, never_scanned, not_counting, page_of, uri};
use crate::model::{
    Action, Finding, Issue, Occurrence, Region, RepoPath, Report, ScannerReport, ScannerState,
    Severity, Status, time_of_seconds,
};

/// Which occurrences a log has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sarif {
    /// All, fixed ones as `absent`.
    All,
    /// Those that are at head: for readers that take every result for an open one, as GitHub does.
    AtHead,
}

/// The most results of a run. GitHub shows that many and leaves out the others.
const RESULTS: usize = 5_000;
/// The most runs of a log.
const RUNS: usize = 20;
/// The most bytes of all results. GitHub takes 10 MB compressed; this text is compressed to a fifth or less.
const BYTES: usize = 40_000_000;
/// The most tags of a rule that GitHub shows.
const TAGS: usize = 10;

/// Writes reports as one log, with a run for each scanner (and ref, where a push has several).
pub fn sarif(reports: &[Report], which: Sarif) -> String {
    let mut budget = BYTES;
    // Whether the run failed, its number of results, and itself.
    let mut runs: Vec<(bool, usize, Value)> = Vec::new();
    for report in reports {
        let occurrences = identified(report);
        for scanner in &report.scanners {
            let category = match reports {
                [_] => format!("newgate/{}/", scanner.name),
                _ => format!("newgate/{}/{}/", scanner.name, report.change.name),
            };
            let run = run(report, &occurrences, scanner, &category, which, &mut budget);
            runs.push((scanner.state != ScannerState::Ok, results_of(&run), run));
        }
    }
    // Runs that failed and runs with results stay, if there are too many.
    let left_out = runs.len().saturating_sub(RUNS);
    if left_out > 0 {
        runs.sort_by_key(|(failed, results, _)| std::cmp::Reverse((*failed, *results)));
        runs.truncate(RUNS);
        if let Some((_, _, first)) = runs.first_mut() {
            let text = format!("{left_out} more runs were left out: a log has at most {RUNS}");
            notify(first, &text);
        }
    }
    let runs: Vec<Value> = runs.into_iter().map(|(_, _, run)| run).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": runs,
    });
    serde_json::to_string_pretty(&log).expect("a log is plain data") + "\n"
}

fn notify(run: &mut Value, text: &str) {
    let list = run.pointer_mut("/invocations/0/toolExecutionNotifications");
    if let Some(list) = list.and_then(Value::as_array_mut) {
        list.push(json!({"level": "note", "message": {"text": text}}));
    }
}

/// The rules of a run, in the order in which results name them.
#[derive(Default)]
struct Rules<'r> {
    index: BTreeMap<&'r str, usize>,
    list: Vec<Rule<'r>>,
}

struct Rule<'r> {
    finding: &'r Finding,
    issue: &'r Issue,
    cwe: BTreeSet<u32>,
}

impl<'r> Rules<'r> {
    fn index_of(&mut self, issue: &'r Issue, finding: &'r Finding) -> usize {
        let list = &mut self.list;
        let index = *self.index.entry(&finding.rule).or_insert_with(|| {
            list.push(Rule {
                finding,
                issue,
                cwe: BTreeSet::new(),
            });
            list.len() - 1
        });
        list[index].cwe.extend(&finding.cwe);
        index
    }
}

fn run(
    report: &Report,
    occurrences: &[(&Issue, &Occurrence, String)],
    scanner: &ScannerReport,
    category: &str,
    which: Sarif,
    budget: &mut usize,
) -> Value {
    let mut rules = Rules::default();
    let mut results = Vec::new();
    let mut left_out = 0_u64;
    for (issue, occurrence, identity) in occurrences {
        if which == Sarif::AtHead && occurrence.status == Status::Fixed {
            continue;
        }
        let own = occurrence.findings.iter();
        let own = own.filter(|f| f.scanner == scanner.name);
        for (number, finding) in own.enumerate() {
            if results.len() >= RESULTS || *budget == 0 {
                left_out += 1;
                continue;
            }
            // A scanner that says two things of one place says them of one occurrence.
            let identity = match number {
                0 => identity.clone(),
                more => format!("{identity}.{more}"),
            };
            let index = rules.index_of(issue, finding);
            let result = result(issue, occurrence, finding, index, &identity);
            *budget = budget.saturating_sub(result.to_string().len());
            results.push(result);
        }
    }
    let taxa: BTreeSet<u32> = rules.list.iter().flat_map(|r| r.cwe.clone()).collect();
    let taxa: Vec<u32> = taxa.into_iter().collect();
    let mut driver = json!({
        "name": scanner.name,
        "rules": rules.list.iter().map(|r| rule(r, &taxa)).collect::<Vec<_>>(),
    });
    if scanner.homepage.starts_with("https://") {
        driver["informationUri"] = json!(scanner.homepage);
    }
    if let Some(version) = &scanner.version {
        driver["version"] = json!(version);
    }
    let mut run = json!({
        "tool": {"driver": driver},
        "automationDetails": {"id": category},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "invocations": [invocation(report, scanner)],
        "results": results,
        "properties": {
            "newgate": {
                "verdict": report.verdict.name(),
                "change": report.change.name,
                "base": report.change.base,
                "baseReason": super::notes::base_reason(&report.change.base_reason),
            },
        },
    });
    if let Some(repository) = &report.repository {
        let mut provenance = json!({
            "repositoryUri": repository,
            "mappedTo": {"uriBaseId": "%SRCROOT%"},
        });
        if report.change.head != report.change.head_tree {
            provenance["revisionId"] = json!(report.change.head);
        }
        run["versionControlProvenance"] = json!([provenance]);
    }
    if !taxa.is_empty() {
        run["tool"]["driver"]["supportedTaxonomies"] = json!([{"name": "CWE", "index": 0}]);
        run["taxonomies"] = json!([taxonomy(&taxa)]);
    }
    if left_out > 0 {
        notify(
            &mut run,
            &format!(
                "{left_out} results were left out, the least urgent ones: GitHub takes {RESULTS} for each scanner, \
                 and 10 MB"
            ),
        );
    }
    run
}

fn results_of(run: &Value) -> usize {
    run["results"].as_array().map_or(0, Vec::len)
}

fn invocation(report: &Report, scanner: &ScannerReport) -> Value {
    let mut notifications = Vec::new();
    if scanner.state != ScannerState::Ok {
        let text = format!(
            "{} is {}: {}",
            scanner.name,
            scanner.state.name(),
            super::words::fault(scanner)
        );
        notifications.push(json!({"level": "error", "message": {"text": text}}));
    }
    for text in super::notes::unknown(report) {
        notifications.push(json!({"level": "error", "message": {"text": text}}));
    }
    if let Some(text) = never_scanned(report) {
        notifications.push(json!({"level": "warning", "message": {"text": text}}));
    }
    json!({
        "executionSuccessful": scanner.state == ScannerState::Ok,
        "endTimeUtc": time_of_seconds(report.time) + "Z",
        "toolExecutionNotifications": notifications,
    })
}

fn taxonomy(numbers: &[u32]) -> Value {
    let taxa: Vec<Value> = numbers
        .iter()
        .map(|n| {
            json!({
                "id": n.to_string(),
                "helpUri": format!("https://cwe.mitre.org/data/definitions/{n}.html"),
            })
        })
        .collect();
    json!({
        "name": "CWE",
        "organization": "MITRE",
        "informationUri": "https://cwe.mitre.org/",
        "shortDescription": {"text": "The MITRE Common Weakness Enumeration"},
        "isComprehensive": false,
        "taxa": taxa,
    })
}

fn rule(rule: &Rule<'_>, taxa: &[u32]) -> Value {
    let finding = rule.finding;
    // GitHub reads the weakness from such a tag.
    let tags = rule
        .cwe
        .iter()
        .map(|n| format!("external/cwe/cwe-{n:03}"))
        .take(TAGS - 1);
    let tags: Vec<String> = std::iter::once("security".to_owned()).chain(tags).collect();
    let mut properties = json!({"tags": tags});
    if let Some(score) = finding.score {
        properties["security-severity"] = json!(score.to_string());
    }
    if let Some(confidence) = finding.confidence {
        properties["precision"] = json!(match confidence {
            crate::model::Confidence::High => "high",
            crate::model::Confidence::Medium => "medium",
            crate::model::Confidence::Low => "low",
        });
    }
    let fix = finding.fix.as_deref().or(rule.issue.fix.as_deref());
    let mut help = format!("{}.", finding.title.trim_end_matches('.'));
    let mut markdown = super::markdown::escaped(&help);
    if let Some(fix) = fix {
        help = format!("{help}\n\nFix: {fix}");
        markdown = format!("{markdown}\n\n**Fix:** {}", super::markdown::escaped(fix));
    }
    for reference in &rule.issue.references {
        if let Some(page) = page_of(reference) {
            help = format!("{help}\n{reference}: {page}");
            markdown = format!("{markdown}\n\n[{reference}]({page})");
        }
    }
    let mut written = json!({
        "id": finding.rule,
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": super::words::cut(&finding.title, 1_000)},
        "help": {"text": help, "markdown": markdown},
        "defaultConfiguration": {"level": level(Severity::of(finding.score))},
        "properties": properties,
    });
    // Not every address that a scanner gives is one by RFC 3986.
    let odd = |c: char| c.is_whitespace() || !c.is_ascii() || "\"<>\\^`{|}[]".contains(c);
    if let Some(url) = finding.url.as_ref().filter(|u| !u.contains(odd)) {
        written["helpUri"] = json!(url);
    }
    let relationships: Vec<Value> = rule
        .cwe
        .iter()
        .filter_map(|n| {
            Some(json!({
                "target": {
                    "id": n.to_string(),
                    "index": taxa.binary_search(n).ok()?,
                    "toolComponent": {"name": "CWE", "index": 0},
                },
                "kinds": ["superset"],
            }))
        })
        .collect();
    if !relationships.is_empty() {
        written["relationships"] = json!(relationships);
    }
    written
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High | Severity::Unassigned => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn result(
    issue: &Issue,
    occurrence: &Occurrence,
    finding: &Finding,
    rule_index: usize,
    identity: &str,
) -> Value {
    let state = match (occurrence.status, occurrence.touched) {
        (Status::New, _) => "new",
        (Status::Inherited, true) => "updated",
        (Status::Inherited, false) => "unchanged",
        (Status::Fixed, _) => "absent",
    };
    let mut properties = json!({
        "issue": issue.id,
        "severity": issue.severity,
        "status": issue.status,
        "why": super::reasons::why(occurrence),
        "blocks": occurrence.action == Some(Action::Block),
    });
    if let Some(score) = finding.score {
        properties["security-severity"] = json!(score.to_string());
    }
    if let Some(commit) = &occurrence.commit {
        properties["commit"] = json!(commit);
    }
    if let Some(fix) = finding.fix.as_deref().or(issue.fix.as_deref()) {
        properties["fix"] = json!(fix);
    }
    if let Some(package) = &finding.package {
        properties["package"] = json!(package);
    }
    let message = match finding.message.is_empty() {
        true => &finding.title,
        false => &finding.message,
    };
    let mut written = json!({
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": level(issue.severity),
        "message": {"text": message},
        "locations": [{"physicalLocation": place(&finding.path, finding.region)}],
        "partialFingerprints": {
            // GitHub recognises results by this one; see `identified`.
            "primaryLocationLineHash": identity,
            "newgateOccurrence/v1": identity,
        },
        "baselineState": state,
        "properties": properties,
    });
    let mut suppressions = Vec::new();
    if finding.suppressed {
        suppressions.push(json!({"kind": "inSource", "status": "accepted"}));
    }
    if let Some(why) = not_counting(occurrence).filter(|_| !finding.suppressed) {
        suppressions.push(json!({"kind": "external", "status": "accepted", "justification": why}));
    }
    if !suppressions.is_empty() {
        written["suppressions"] = json!(suppressions);
    }
    if !finding.flow.is_empty() {
        let steps: Vec<Value> = finding
            .flow
            .iter()
            .map(|step| {
                let at = place(&step.path, Some(Region::line(step.line)));
                let mut location = json!({"physicalLocation": at});
                if !step.message.is_empty() {
                    location["message"] = json!({"text": step.message});
                }
                json!({"location": location})
            })
            .collect();
        written["codeFlows"] = json!([{"threadFlows": [{"locations": steps}]}]);
    }
    written
}

fn place(path: &RepoPath, region: Option<Region>) -> Value {
    let mut place = json!({
        "artifactLocation": {"uri": uri(path), "uriBaseId": "%SRCROOT%"},
    });
    if let Some(region) = region {
        let mut written = json!({"startLine": region.line, "endLine": region.end_line});
        if let Some(column) = region.column {
            written["startColumn"] = json!(column);
            let one_line = region.end_line == region.line;
            let end = region.end_column.filter(|e| !one_line || *e >= column);
            if let Some(end) = end {
                written["endColumn"] = json!(end);
            }
        }
        place["region"] = written;
    }
    place
}
