//! Findings to occurrences, occurrences to issues, over all scanners.

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use super::located::issue_key;
use super::located::{Aliases, Located};
use super::places::{Place, join};
pub use super::places::{is_mild_credential, is_secret};
use crate::model::{
    Finding, Issue, IssueStatus, Kind, Occurrence, Rule, Ruling, Score, Severity, Status, Text,
};

/// A short identity made of a key.
pub fn issue_id(key: &str) -> String {
    blake3::hash(key.as_bytes())
        .to_hex()
        .chars()
        .take(10)
        .collect()
}

/// Joins findings to occurrences and occurrences to issues.
///
/// `scanners` is the order of the configuration: where several scanners report one weakness, the
/// first of them names it. `elsewhere` has, for each key of [`issue_key`], one finding and the number
/// of baseline occurrences in files that the change does not touch.
pub fn group(
    located: Vec<Located>,
    scanners: &[String],
    elsewhere: &BTreeMap<String, (Finding, u64)>,
) -> Vec<Issue> {
    let rank = |finding: &Finding| {
        let at = scanners.iter().position(|s| *s == finding.scanner);
        at.unwrap_or(scanners.len())
    };
    let there = elsewhere.values().map(|(finding, _)| finding);
    let aliases = Aliases::of(located.iter().map(|l| &l.finding).chain(there));
    let mut issues: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for place in join(located, &aliases, rank) {
        issues
            .entry(aliases.key(&place.first().finding))
            .or_default()
            .push(place);
    }
    let mut rest: BTreeMap<String, (Finding, u64)> = BTreeMap::new();
    for (finding, number) in elsewhere.values() {
        let key = aliases.key(finding);
        issues.entry(key.clone()).or_default();
        rest.entry(key).or_insert_with(|| (finding.clone(), 0)).1 += number;
    }
    let mut list: Vec<Issue> = issues
        .into_iter()
        .filter_map(|(key, places)| make_issue(&key, places, rest.get(&key)))
        .collect();
    sort(&mut list);
    list
}

/// Puts issues in the order of reports: new, grown, inherited, fixed, each by severity.
pub fn sort(list: &mut [Issue]) {
    list.sort_by_cached_key(|issue| {
        let order = match issue.status {
            IssueStatus::New => 0,
            IssueStatus::Grown => 1,
            IssueStatus::Inherited => 2,
            IssueStatus::Fixed => 3,
        };
        // The id of a secret is another in each clone: where the secret stands is the same in all.
        let first = issue
            .occurrences
            .first()
            .filter(|_| issue.kind == Kind::Secret);
        (
            order,
            std::cmp::Reverse((issue.severity, issue.score)),
            issue.title.clone(),
            first.map(|o| (o.path.clone(), o.region)),
            issue.id.clone(),
        )
    });
}

fn make_issue(key: &str, places: Vec<Place>, elsewhere: Option<&(Finding, u64)>) -> Option<Issue> {
    let all = || places.iter().flat_map(|p| &p.findings).map(|l| &l.finding);
    let known = || all().chain(elsewhere.map(|(f, _)| f));
    // What is at head and in the rest of the baseline says how bad it is; only where nothing is
    // left, what was fixed does.
    let standing = || {
        let here = places
            .iter()
            .flat_map(|p| &p.findings)
            .filter(|l| l.status != Status::Fixed);
        here.map(|l| &l.finding).chain(elsewhere.map(|(f, _)| f))
    };
    let score: Option<Score> = match standing().next() {
        Some(_) => standing().filter_map(|f| f.score).max(),
        None => all().filter_map(|f| f.score).max(),
    };
    let name = known().max_by_key(|f| f.score).or_else(|| known().next())?;
    // Among equals the first scanner's title stands.
    let title = known()
        .find(|f| f.score == name.score)
        .unwrap_or(name)
        .title
        .to_string();
    let mut references: Vec<String> = Vec::new();
    let cwe: BTreeSet<u32> = known().flat_map(|f| f.cwe.iter().copied()).collect();
    references.extend(cwe.iter().map(|c| format!("CWE-{c}")));
    let advisories: BTreeSet<&Text> = known().flat_map(|f| &f.advisories).collect();
    references.extend(advisories.into_iter().map(ToString::to_string));
    let mut links: Vec<String> = Vec::new();
    let mut rules: Vec<Rule> = Vec::new();
    let (mut seen_links, mut seen_rules) = (HashSet::new(), HashSet::new());
    for finding in known() {
        if let Some(url) = finding.url.as_ref().filter(|u| seen_links.insert(*u)) {
            links.push(url.to_string());
        }
        if seen_rules.insert((&finding.scanner, &finding.rule)) {
            rules.push(Rule {
                scanner: finding.scanner.clone(),
                rule: finding.rule.clone(),
            });
        }
    }
    let fix = known()
        .find_map(|f| f.fix.as_ref())
        .map(ToString::to_string);
    let kind = name.kind;
    let severity = Severity::of(score);
    let has = |status| places.iter().any(|p| p.deciding().status == status);
    let elsewhere = elsewhere.map_or(0, |(_, n)| *n);
    let old = elsewhere > 0 || has(Status::Inherited);
    let status = match (has(Status::New), old) {
        (true, true) => IssueStatus::Grown,
        (true, false) => IssueStatus::New,
        (false, true) => IssueStatus::Inherited,
        (false, false) => IssueStatus::Fixed,
    };
    let mut occurrences: Vec<Occurrence> = places.into_iter().map(make_occurrence).collect();
    sort_occurrences(&mut occurrences);
    Some(Issue {
        id: issue_id(key),
        title,
        kind,
        severity,
        score,
        status,
        references,
        links,
        rules,
        fix,
        blocks: false,
        warns: false,
        ruling: Ruling::Open,
        occurrences,
        elsewhere,
    })
}

/// Puts the occurrences of an issue in the order of reports: new ones first, then by place.
pub fn sort_occurrences(occurrences: &mut [Occurrence]) {
    occurrences.sort_by(|a, b| {
        let (this, that) = ((a.status, &a.path, a.region), (b.status, &b.path, b.region));
        (this, &a.message).cmp(&(that, &b.message))
    });
}

fn make_occurrence(place: Place) -> Occurrence {
    let deciding = place.deciding();
    let (status, stage, touched) = (deciding.status, deciding.stage, deciding.touched);
    let (from, reason, commit) = (
        deciding.from.clone(),
        deciding.reason.clone(),
        deciding.commit.clone(),
    );
    let first = &place.first().finding;
    let (path, region, message) = (first.path.clone(), first.region, first.message.clone());
    let package = place
        .findings
        .iter()
        .find_map(|l| l.finding.package.clone());
    let overridden = place
        .findings
        .iter()
        .filter_map(|l| l.finding.overridden.as_deref().cloned());
    let overridden = overridden.collect();
    let mut scanners: Vec<Text> = Vec::with_capacity(place.findings.len());
    let mut rules: Vec<Rule> = Vec::with_capacity(place.findings.len());
    for Located { finding, .. } in &place.findings {
        if !scanners.contains(&finding.scanner) {
            scanners.push(finding.scanner.clone());
        }
        let rule = Rule {
            scanner: finding.scanner.clone(),
            rule: finding.rule.clone(),
        };
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Occurrence {
        path,
        region,
        status,
        stage,
        touched,
        from,
        reason,
        scanners,
        rules,
        package,
        overridden,
        message,
        commit,
        exempted: None,
        was_exempted: None,
        excuse: None,
        action: None,
        print: Text::default(),
        frame: None,
        findings: place.findings.into_iter().map(|l| l.finding).collect(),
    }
}
