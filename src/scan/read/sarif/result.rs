//! A result of a run, made into items.

use serde_json::Value;

use super::super::Unreadable;
use super::super::item::Item;
use super::super::words::is_advisory;
use super::LEVEL;
use super::log::{Rule, Run, SarifRegion, SarifResult};
use super::places::{flow_of, logical_place, path_of, path_of_result, places_of, span_of};
use super::purl::package_of;
use super::rules::Rules;
use super::taxa::cwe_of;
use super::texts::{message_of, text_of};
use crate::model::Score;

/// Hands on a result: the item of its first place, and one for each other place.
pub(super) fn take_all(
    run: &Run<'_>,
    result: &SarifResult,
    first: Item,
    take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut taken = vec![(first.path.clone(), first.line)];
    for place in places_of(result).skip(1) {
        let region = place.region.as_ref();
        let at = (path_of(run, place), region.and_then(|r| r.start_line));
        if at.0.is_none() || taken.contains(&at) {
            continue;
        }
        let (path, _) = at.clone();
        taken.push(at);
        // A fingerprint is one of the result, not of a place.
        let (fingerprint, snippet) = (None, None);
        let other = Item {
            path,
            fingerprint,
            snippet,
            may_be_elsewhere: true,
            ..first.clone()
        };
        take(other.in_region(run, region))?;
    }
    take(first)
}

pub(super) fn result_item(
    run: &Run<'_>,
    rules: &Rules<'_>,
    result: &SarifResult,
) -> Result<Item, Unreadable> {
    let rule = rules.rule_of(result);
    let region = places_of(result).next().and_then(|p| p.region.as_ref());
    let both = [
        result.properties.as_ref(),
        rule.and_then(|r| r.properties.as_ref()),
    ];
    let property = |name: &str| both.iter().flatten().find_map(|p| p.get(name));
    let stated = rules.severity(result, rule)?;
    let reference = result.rule.as_ref().and_then(|r| r.id.clone());
    let prints = [&result.fingerprints, &result.partial_fingerprints];
    let fingerprint = prints.iter().find_map(|p| {
        let (name, value) = p.as_ref()?.iter().next()?;
        let value = value
            .as_str()
            .filter(|v| *v != "requires login" && !v.is_empty())?;
        Some(format!("{name}:{value}"))
    });
    let confidence = ["issue_confidence", "confidence", "zizmor/confidence"];
    let rule_id = result
        .rule_id
        .clone()
        .or(reference)
        .or_else(|| rule?.id.clone());
    let path = path_of_result(run, result);
    let package = package_of(result);
    if let (None, None, Some(place)) = (&path, &package, logical_place(result)) {
        return Err(Unreadable(format!(
            "a result of rule `{}` names no file, only `{}`",
            rule_id.as_deref().unwrap_or("?").escape_debug(),
            place.escape_debug()
        )));
    }
    let item = Item {
        path,
        snippet: region.and_then(|r| r.snippet.as_ref()?.text.clone()),
        rule: rule_id,
        title: title_of(rule),
        message: Some(message_of(rules, rule, result)),
        assumed: stated.level.is_none().then_some(LEVEL),
        level: stated.level,
        confidence: confidence
            .iter()
            .find_map(|name| property(name)?.as_str())
            .or_else(|| confidence_in_tags(property("tags")?))
            .map(str::to_owned),
        score: stated.score.map(Score::value).or(stated.rank),
        cwe: cwe_of(run, result, rule),
        url: rule.and_then(|r| r.help_uri.clone()),
        fingerprint,
        suppressed: is_suppressed(result),
        flow: flow_of(run, result),
        package,
        ..Item::default()
    };
    Ok(item.in_region(run, region))
}

impl Item {
    /// The item with the lines and columns of a region.
    fn in_region(self, run: &Run<'_>, region: Option<&SarifRegion>) -> Item {
        Item {
            line: region.and_then(|r| r.start_line),
            column: region.and_then(|r| r.start_column),
            end_line: region.and_then(|r| r.end_line),
            end_column: region.and_then(|r| r.end_column),
            span: region.and_then(|r| span_of(run, r)),
            ..self
        }
    }
}

fn title_of(rule: Option<&Rule>) -> Option<String> {
    let rule = rule?;
    let short = rule.short_description.as_ref().map(|m| text_of(Some(m)));
    // Of an advisory, some say there no more than its id, its severity and the package.
    let id = rule.id.as_deref().filter(|id| is_advisory(id));
    let tells = |short: &String| id.is_none_or(|id| !short.contains(id));
    let short = short
        .filter(tells)
        .or_else(|| summary_of(rule))
        .filter(|_| rule.short_description.is_some());
    // Some write there what others write into the description.
    let help = || {
        let help = text_of(rule.help.as_ref());
        (help.chars().count() <= 100 && !help.contains('\n')).then_some(help)
    };
    let short = short.filter(|s| !s.is_empty()).or_else(help);
    short.filter(|s| !s.is_empty()).or_else(|| {
        let name = rule.name.as_ref();
        let name = name.filter(|n| Some(*n) != rule.id.as_ref() && *n != "blacklist");
        name.map(|n| n.replace('_', " "))
    })
}

/// The confidence that Semgrep has in a rule: `HIGH CONFIDENCE`.
fn confidence_in_tags(tags: &Value) -> Option<&str> {
    let mut tags = tags.as_array()?.iter().filter_map(Value::as_str);
    tags.find_map(|tag| tag.strip_suffix(" CONFIDENCE"))
}

/// The first sentence of a rule's description.
fn summary_of(rule: &Rule) -> Option<String> {
    let all = text_of(rule.full_description.as_ref());
    let ends = all.match_indices(['.', '!', '?']).map(|(at, _)| at + 1);
    let mut ends = ends.filter(|end| all.get(*end..).is_some_and(|r| r.starts_with(' ')));
    let first = ends.next().and_then(|end| all.get(..end)).unwrap_or(&all);
    (!first.is_empty()).then(|| first.to_owned())
}

/// Whether a result is suppressed: each of its suppressions must be in force (3.27.23).
fn is_suppressed(result: &SarifResult) -> bool {
    let all = result.suppressions.as_deref().unwrap_or_default();
    let in_force = |status: &str| status.trim().eq_ignore_ascii_case("accepted");
    !all.is_empty() && all.iter().all(|s| s.status.as_deref().is_none_or(in_force))
}
