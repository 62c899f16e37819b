//! The parts of the configuration that say what blocks: rules, overrides, terms; and exemptions.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::outline::Sort;
use super::reader::{Mistake, Mistakes, Table, article, whole_number};
use crate::model::{Action, Kind, Score, Severity, days_of_date};
use crate::policy::{
    Exemption, ExemptionReason, ExemptionScope, Override, Pattern, Policy, PolicyRule, Standing,
};

const BANDS: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("info", Severity::Info),
];

/// Reads what the configuration says about the policy, besides `[gate]`.
pub(super) fn read_policy(root: &Table<'_>, policy: &mut Policy) {
    for (number, table) in root.tables("rules").iter().enumerate() {
        policy.rules.extend(read_rule(table, number + 1));
    }
    for table in root.tables("severity") {
        policy.overrides.extend(read_override(&table));
    }
    if let Some(table) = root.table("grace", "in `[grace]`") {
        policy.grace = days_by_severity(&table);
    }
    if let Some(table) = root.table("exemptions", "in `[exemptions]`") {
        policy.longest = days_by_severity(&table);
    }
}

fn days_by_severity(table: &Table<'_>) -> BTreeMap<Severity, i64> {
    let mut days = BTreeMap::new();
    for (name, severity) in BANDS {
        if let Some(number) = table.number(name) {
            const MOST: i64 = 36_500;
            if number > MOST {
                table.wrong_at(name, format!("`{name}` is more than {MOST} days"), None);
            }
            days.insert(severity, number.min(MOST));
        }
    }
    days
}

fn read_rule(table: &Table<'_>, number: usize) -> Option<PolicyRule> {
    let actions = [
        ("block", Action::Block),
        ("warn", Action::Warn),
        ("ignore", Action::Ignore),
    ];
    let name = table.text("name").map(str::to_owned);
    let action = table.choice("action", &actions);
    if !table.has("action") {
        let hint = "`\"block\"`, `\"warn\"` or `\"ignore\"`";
        table.wrong(table.first(), "a rule needs an `action`", Some(hint.into()));
    }
    let name = name.unwrap_or_else(|| format!("number {number}"));
    let mut rule = PolicyRule::new(&name, action.unwrap_or(Action::Block));
    let standings = [
        ("new", Standing::New),
        ("grown", Standing::Grown),
        ("touched", Standing::Touched),
        ("inherited", Standing::Inherited),
        ("fixed", Standing::Fixed),
    ];
    rule.status = table.choices("status", &standings);
    rule.severity = table.choice("severity", &BANDS);
    for key in ["severity", "score"] {
        if rule.action == Action::Ignore
            && let Some(value) = table.get(key)
        {
            let hint = "raise `gate.block-at`, or use `[[severity]]` to give it another score";
            let what = format!("`{key}` is a minimum: this would ignore the worst issues");
            table.wrong(value.span(), what, Some(hint.into()));
        }
    }
    rule.score = table.float("score", 10.0).and_then(Score::new);
    let kinds = [
        ("code", Kind::Code),
        ("secret", Kind::Secret),
        ("dependency", Kind::Dependency),
        ("configuration", Kind::Configuration),
    ];
    rule.kinds = table.choices("kind", &kinds);
    rule.scanners = table.words("scanner");
    rule.rules = patterns(table, "rule", false);
    rule.titles = patterns(table, "title", false);
    rule.paths = patterns(table, "path", true);
    rule.packages = patterns(table, "package", false);
    rule.advisories = table.words("advisory");
    rule.cwe = cwe(table);
    rule.occurrences = table
        .number("occurrences")
        .and_then(|n| u64::try_from(n).ok());
    rule.advisory_age = table.number("advisory-age");
    rule.epss = table
        .float("epss", 1.0)
        .map(|e| (e * 10_000.0).round() as u16);
    rule.kev = table.switch("kev");
    rule.suppressed = table.switch("suppressed");
    // A word of the project's own on why the rule is there.
    table.get("comment");
    action.map(|_| rule)
}

/// CWE numbers: `79`, `"79"` or `"CWE-79"`, one or a list.
fn cwe(table: &Table<'_>) -> Vec<u32> {
    table.is("cwe", || Sort::Cwe);
    let Some(value) = table.get("cwe") else {
        return Vec::new();
    };
    let one = |v: &DeValue<'_>| -> Option<u32> {
        match v {
            DeValue::Integer(_) => whole_number(v).and_then(|n| u32::try_from(n).ok()),
            DeValue::String(text) => {
                let number = text.strip_prefix("CWE-").or(text.strip_prefix("cwe-"));
                number.unwrap_or(text).parse().ok()
            }
            _ => None,
        }
    };
    let all: Option<Vec<u32>> = match value.get_ref() {
        DeValue::Array(values) => values.iter().map(|v| one(v.get_ref())).collect(),
        single => one(single).map(|n| vec![n]),
    };
    all.unwrap_or_else(|| {
        let hint = Some("such as `79`, `\"CWE-79\"` or a list of these".into());
        table.wrong(value.span(), "`cwe` is not a number of the CWE list", hint);
        Vec::new()
    })
}

fn patterns(table: &Table<'_>, key: &str, path: bool) -> Vec<Pattern> {
    let mut all = Vec::new();
    for word in table.words(key) {
        match Pattern::new(&word, path) {
            Ok(pattern) => all.push(pattern),
            Err(why) => {
                table.wrong_at(key, format!("`{key}`: {why}"), None);
            }
        }
    }
    all
}

/// One pattern, where a list could not say which part of it was meant.
fn pattern(table: &Table<'_>, key: &str, path: bool) -> Option<Pattern> {
    let mut all = patterns(table, key, path);
    if all.len() > 1 {
        let hint = Some("write an entry for each".into());
        table.wrong_at(
            key,
            format!("`{key}` must be one string here, not a list"),
            hint,
        );
    }
    all.drain(..).next()
}

fn read_override(table: &Table<'_>) -> Option<Override> {
    let rule = pattern(table, "rule", false);
    let path = pattern(table, "path", true);
    let scanner = table.text("scanner").map(str::to_owned);
    let score = table.float("score", 10.0).and_then(Score::new);
    let reason = table.word("reason");
    let needs = |what: &str| table.wrong(table.first(), what, None);
    if reason.as_ref().is_none_or(String::is_empty) {
        needs("an override needs a `reason`, which reports show beside both scores");
    }
    if !table.has("score") {
        needs("an override needs a `score`, from 0.0 to 10.0");
    }
    if !["rule", "path", "scanner"].iter().any(|c| table.has(c)) {
        needs("an override needs a `rule`, a `path` or a `scanner`");
        return None;
    }
    Some(Override {
        rule,
        path,
        scanner,
        score: score?,
        reason: reason?,
    })
}

/// Reads a file of exemptions.
///
/// # Errors
/// All mistakes in the file, in the order of their places.
pub fn parse_exemptions(text: &str) -> Result<Vec<Exemption>, Vec<Mistake>> {
    let (document, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        return Err(broken.iter().map(Mistake::of_toml).collect());
    }
    let mistakes = Mistakes::default();
    let root = Table::new(document.get_ref(), &mistakes, "at the top");
    let all = read_exemptions(&root);
    drop(root);
    mistakes.finish(all)
}

pub(super) fn read_exemptions(root: &Table<'_>) -> Vec<Exemption> {
    root.version();
    let tables = root.tables("exemption");
    tables.iter().filter_map(read_exemption).collect()
}

fn read_exemption(table: &Table<'_>) -> Option<Exemption> {
    let place = table.first();
    for key in ["reason", "text", "granted", "until"] {
        if !table.has(key) {
            table.wrong(place.clone(), format!("an exemption needs `{key}`"), None);
        }
    }
    table.is("path", || Sort::Text);
    let (issue, path, print) = (table.word("issue"), table.get("path"), table.word("print"));
    let rule = pattern(table, "rule", false);
    let reason = table.choice("reason", &ExemptionReason::ALL);
    let (text, link) = (table.word("text"), table.word("link"));
    let (requested_by, approved_by) = (table.word("requested-by"), table.word("approved-by"));
    let granted = date(table, "granted");
    let until = date(table, "until");
    if let (Some(granted), Some(until)) = (granted, until)
        && until < granted
    {
        table.wrong_at("until", "it ends before it was granted", None);
    }
    let scope = match (issue, print, rule) {
        (Some(issue), None, None) if path.is_none() => Some(ExemptionScope::Issue(issue)),
        (Some(issue), Some(print), None) => Some(ExemptionScope::Occurrence {
            issue,
            path: table.word("path").unwrap_or_default().as_str().into(),
            print,
        }),
        (None, None, Some(rule)) => Some(ExemptionScope::Rule {
            rule,
            path: pattern(table, "path", true),
        }),
        _ => {
            let hint = "`issue` alone; `issue`, `path` and `print`; or `rule` with a `path`";
            let what = "an exemption is for an issue, for one occurrence, or for a rule in a path";
            table.wrong(place, what, Some(hint.into()));
            None
        }
    };
    Some(Exemption {
        scope: scope?,
        reason: reason?,
        text: text?,
        requested_by: requested_by.unwrap_or_default(),
        approved_by: approved_by.unwrap_or_default(),
        link: link.unwrap_or_default(),
        granted: granted?,
        until: until?,
        pending: false,
    })
}

/// A date, as TOML's own or as a text.
fn date(table: &Table<'_>, key: &str) -> Option<i64> {
    table.is(key, || Sort::Date);
    let value = table.get(key)?;
    let text = match value.get_ref() {
        DeValue::Datetime(date) => date.to_string(),
        DeValue::String(text) => text.to_string(),
        other => {
            let what = format!("`{key}` must be a date, not {}", article(other));
            table.wrong(value.span(), what, None);
            return None;
        }
    };
    let days = days_of_date(&text);
    if days.is_none() {
        let hint = Some("such as `2026-12-31`".into());
        table.wrong(value.span(), format!("`{key}` is not a date"), hint);
    }
    days
}
