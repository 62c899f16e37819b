//! The parts of the configuration that say what blocks: rules, overrides, terms; and exemptions.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::load::read_version;
use super::reader::{Mistake, Reader, article, whole_number};
use crate::model::{Kind, Score, Severity, days_of_date};
use crate::policy::{
    Action, Exemption, Override, Pattern, Policy, PolicyRule, Reason, Scope, Standing,
};

const BANDS: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("info", Severity::Info),
];

const RULE_KEYS: [&str; 19] = [
    "name",
    "action",
    "status",
    "severity",
    "score",
    "kind",
    "scanner",
    "rule",
    "title",
    "cwe",
    "advisory",
    "path",
    "package",
    "occurrences",
    "advisory-age",
    "epss",
    "kev",
    "suppressed",
    "comment",
];

/// Reads what the configuration says of the policy, besides `[gate]`.
pub(super) fn read_policy(reader: &mut Reader, root: &DeTable<'_>, policy: &mut Policy) {
    for (number, table) in reader.tables(root, "rules").into_iter().enumerate() {
        let rule = read_rule(reader, table, number + 1);
        policy.rules.extend(rule);
    }
    for table in reader.tables(root, "severity") {
        let found = read_override(reader, table);
        policy.overrides.extend(found);
    }
    if let Some(table) = reader.table(root, "grace") {
        policy.grace = days_by_severity(reader, table, "in `[grace]`");
    }
    if let Some(table) = reader.table(root, "exemptions") {
        policy.longest = days_by_severity(reader, table, "in `[exemptions]`");
    }
}

fn days_by_severity(reader: &mut Reader, table: &DeTable<'_>, of: &str) -> BTreeMap<Severity, i64> {
    let names = BANDS.map(|(name, _)| name);
    reader.only(table, &names, of);
    let mut days = BTreeMap::new();
    for (name, severity) in BANDS {
        if let Some(number) = reader.number(table, name) {
            const MOST: i64 = 36_500;
            if number > MOST {
                let place = table.get(name).map_or(0..0, Spanned::span);
                reader.wrong(place, format!("`{name}` is more than {MOST} days"), None);
            }
            days.insert(severity, number.min(MOST));
        }
    }
    days
}

fn read_rule(reader: &mut Reader, table: &DeTable<'_>, number: usize) -> Option<PolicyRule> {
    reader.only(table, &RULE_KEYS, "in `[[rules]]`");
    let actions = [
        ("block", Action::Block),
        ("warn", Action::Warn),
        ("ignore", Action::Ignore),
    ];
    let action = reader.choice(table, "action", &actions);
    if !table.contains_key("action") {
        let place = table.values().next().map_or(0..0, Spanned::span);
        reader.wrong(
            place,
            "a rule needs an `action`",
            Some("`\"block\"`, `\"warn\"` or `\"ignore\"`".into()),
        );
    }
    let name = reader.text(table, "name").map(|(name, _)| name.to_owned());
    let mut rule = PolicyRule::new(&name.unwrap_or_else(|| format!("number {number}")), action?);
    let standings = [
        ("new", Standing::New),
        ("grown", Standing::Grown),
        ("touched", Standing::Touched),
        ("inherited", Standing::Inherited),
        ("fixed", Standing::Fixed),
    ];
    rule.status = reader.choices(table, "status", &standings);
    rule.severity = reader.choice(table, "severity", &BANDS);
    for key in ["severity", "score"] {
        if rule.action == Action::Ignore
            && let Some(value) = table.get(key)
        {
            let hint =
                "raise `gate.block-at`, or give what is meant another score with `[[severity]]`";
            let what = format!("`{key}` is the least that fits: this would ignore the worst");
            reader.wrong(value.span(), what, Some(hint.into()));
        }
    }
    rule.score = reader.float(table, "score", 10.0).and_then(Score::new);
    let kinds = [
        ("code", Kind::Code),
        ("secret", Kind::Secret),
        ("dependency", Kind::Dependency),
        ("configuration", Kind::Configuration),
    ];
    rule.kinds = reader.choices(table, "kind", &kinds);
    rule.scanners = reader.words(table, "scanner");
    rule.rules = patterns(reader, table, "rule", false);
    rule.titles = patterns(reader, table, "title", false);
    rule.paths = patterns(reader, table, "path", true);
    rule.packages = patterns(reader, table, "package", false);
    rule.advisories = reader.words(table, "advisory");
    rule.cwe = cwe(reader, table);
    rule.occurrences = reader
        .number(table, "occurrences")
        .and_then(|n| u64::try_from(n).ok());
    rule.advisory_age = reader.number(table, "advisory-age");
    rule.epss = reader
        .float(table, "epss", 1.0)
        .map(|e| (e * 10_000.0).round() as u16);
    rule.kev = reader.switch(table, "kev");
    rule.suppressed = reader.switch(table, "suppressed");
    Some(rule)
}

/// CWE numbers: `79`, `"79"` or `"CWE-79"`, one or a list.
fn cwe(reader: &mut Reader, table: &DeTable<'_>) -> Vec<u32> {
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
        reader.wrong(value.span(), "`cwe` is no number of the CWE list", hint);
        Vec::new()
    })
}

fn patterns(reader: &mut Reader, table: &DeTable<'_>, key: &str, path: bool) -> Vec<Pattern> {
    let mut all = Vec::new();
    for word in reader.words(table, key) {
        match Pattern::new(&word, path) {
            Ok(pattern) => all.push(pattern),
            Err(why) => {
                let place = table.get(key).map_or(0..0, Spanned::span);
                reader.wrong(place, format!("`{key}`: {why}"), None);
            }
        }
    }
    all
}

/// One pattern, where a list could not say which part of it was meant.
fn pattern(reader: &mut Reader, table: &DeTable<'_>, key: &str, path: bool) -> Option<Pattern> {
    let mut all = patterns(reader, table, key, path);
    if all.len() > 1 {
        let place = table.get(key).map_or(0..0, Spanned::span);
        let hint = Some("write an entry for each".into());
        reader.wrong(place, format!("`{key}` is one text here, not a list"), hint);
    }
    all.drain(..).next()
}

fn read_override(reader: &mut Reader, table: &DeTable<'_>) -> Option<Override> {
    reader.only(
        table,
        &["rule", "path", "scanner", "score", "reason"],
        "in `[[severity]]`",
    );
    let score = reader.float(table, "score", 10.0).and_then(Score::new);
    let reason = reader
        .text(table, "reason")
        .map(|(r, _)| r.trim().to_owned());
    let place = table.values().next().map_or(0..0, Spanned::span);
    if reason.as_ref().is_none_or(String::is_empty) {
        let what = "an override needs a `reason`, which reports show beside both scores";
        reader.wrong(place.clone(), what, None);
    }
    if !table.contains_key("score") {
        reader.wrong(
            place.clone(),
            "an override needs a `score`, from 0.0 to 10.0",
            None,
        );
    }
    let conditions = ["rule", "path", "scanner"];
    if !conditions.iter().any(|c| table.contains_key(*c)) {
        reader.wrong(
            place,
            "an override needs a `rule`, a `path` or a `scanner`",
            None,
        );
        return None;
    }
    Some(Override {
        rule: pattern(reader, table, "rule", false),
        path: pattern(reader, table, "path", true),
        scanner: reader.text(table, "scanner").map(|(s, _)| s.to_owned()),
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
    let root = document.get_ref();
    let mut reader = Reader::default();
    reader.only(root, &["version", "exemption"], "at the top");
    read_version(&mut reader, root);
    let mut all = Vec::new();
    for table in reader.tables(root, "exemption") {
        let found = read_exemption(&mut reader, table);
        all.extend(found);
    }
    reader.finish(all)
}

fn read_exemption(reader: &mut Reader, table: &DeTable<'_>) -> Option<Exemption> {
    const KEYS: [&str; 11] = [
        "issue",
        "path",
        "print",
        "rule",
        "reason",
        "text",
        "requested-by",
        "approved-by",
        "link",
        "granted",
        "until",
    ];
    reader.only(table, &KEYS, "in `[[exemption]]`");
    let place = table.values().next().map_or(0..0, Spanned::span);
    let reasons = Reason::ALL;
    let reason = reader.choice(table, "reason", &reasons);
    for key in ["reason", "text", "granted", "until"] {
        if !table.contains_key(key) {
            reader.wrong(place.clone(), format!("an exemption needs `{key}`"), None);
        }
    }
    let granted = date(reader, table, "granted");
    let until = date(reader, table, "until");
    if let (Some(granted), Some(until)) = (granted, until)
        && until < granted
    {
        let place = table.get("until").map_or(0..0, Spanned::span);
        reader.wrong(place, "it ends before it was granted", None);
    }
    let mut word = |key| reader.text(table, key).map(|(t, _)| t.trim().to_owned());
    let (issue, path, print) = (word("issue"), word("path"), word("print"));
    let (text, link) = (word("text"), word("link"));
    let (requested_by, approved_by) = (word("requested-by"), word("approved-by"));
    let rule = pattern(reader, table, "rule", false);
    let scope = match (issue, print, rule) {
        (Some(issue), None, None) if path.is_none() => Some(Scope::Issue(issue)),
        (Some(issue), Some(print), None) => Some(Scope::Occurrence {
            issue,
            path: path.unwrap_or_default().as_str().into(),
            print,
        }),
        (None, None, Some(rule)) => Some(Scope::Rule {
            rule,
            path: pattern(reader, table, "path", true),
        }),
        _ => {
            let hint = "`issue` alone; `issue`, `path` and `print`; or `rule` with a `path`";
            let what = "an exemption is of an issue, of one occurrence, or of a rule in a path";
            reader.wrong(place, what, Some(hint.into()));
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
fn date(reader: &mut Reader, table: &DeTable<'_>, key: &str) -> Option<i64> {
    let value = table.get(key)?;
    let text = match value.get_ref() {
        DeValue::Datetime(date) => date.to_string(),
        DeValue::String(text) => text.to_string(),
        other => {
            let what = format!("`{key}` is a date, not {}", article(other));
            reader.wrong(value.span(), what, None);
            return None;
        }
    };
    let days = days_of_date(&text);
    if days.is_none() {
        let hint = Some("such as `2026-12-31`".into());
        reader.wrong(value.span(), format!("`{key}` is no date"), hint);
    }
    days
}
