//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), as tools write
//! it: with nulls, without levels, with rules in extensions, with encoded and unencoded URIs. What could
//! carry a finding or a severity, and is not read, is refused with its name.

mod log;
mod places;
mod purl;
mod rules;
mod taxa;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;

use super::Unreadable;
use super::raw::{Item, is_advisory};
use super::shape::Shape;
use crate::model::Score;

use log::{Invocation, Log, Message, Notification, Rule, Run, SarifRegion, SarifResult};
use places::{flow_of, logical_place, path_of, path_of_result, places_of, span_of};
use purl::package_of;
use rules::{Kind, Rules, kind, level_of_sort};
use taxa::cwe_of;

/// The level of what states none (3.27.10).
const LEVEL: &str = "warning";

/// Whether an output begins like a SARIF log.
pub(super) fn looks_like(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        #[serde(default, deserialize_with = "is_there")]
        runs: bool,
    }
    fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| true)
    }
    // A list of one element would fit a structure of one field.
    text.trim_start().starts_with('{') && serde_json::from_str::<Probe>(text).is_ok_and(|p| p.runs)
}

/// The names of the tools of all runs, in their order; none for a run that names none.
pub(super) fn tool_names(text: &str) -> Vec<Option<String>> {
    let log: Option<Log<'_>> = serde_json::from_str(text).ok();
    let runs = log.and_then(|l| l.runs).into_iter().flatten();
    runs.map(|r| r.tool?.driver?.name).collect()
}

/// The commits that the runs of a log say they are of.
pub(super) fn revisions(text: &str) -> Vec<String> {
    let log: Option<Log<'_>> = serde_json::from_str(text).ok();
    let runs = log.and_then(|l| l.runs).into_iter().flatten();
    let told = runs.flat_map(|r| r.version_control_provenance.into_iter().flatten());
    told.filter_map(|p| p.revision_id).collect()
}

/// The absolute folders that the runs of a log say their paths are relative to.
pub(super) fn roots(text: &str) -> Vec<String> {
    let log: Option<Log<'_>> = serde_json::from_str(text).ok();
    let runs = log.and_then(|l| l.runs).unwrap_or_default();
    let roots = runs.iter().flat_map(places::roots);
    roots.map(str::to_owned).collect()
}

/// Hands on the items of a log. A run without a list of results is an error: a scanner that was given
/// files and found nothing writes an empty list; no list means that it did not scan.
pub(super) fn items(
    text: &str,
    take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    Shape::of_json(text)?.is_one()?;
    let wrong = |what: &str| Err(Unreadable(format!("it is not SARIF: {what}")));
    if !text.trim_start().starts_with('{') {
        return wrong("it is not an object");
    }
    check_version(text)?;
    let log: Log<'_> =
        serde_json::from_str(text).map_err(|e| Unreadable(format!("it is not SARIF: {e}")))?;
    if log
        .inline_external_properties
        .is_some_and(|p| !p.is_empty())
    {
        return Err(elsewhere("inlineExternalProperties"));
    }
    let Some(runs) = log.runs else {
        return wrong("it has no `runs`");
    };
    if let Some(property) = runs.iter().find_map(property_elsewhere) {
        return Err(elsewhere(&format!(
            "externalPropertyFileReferences.{property}"
        )));
    }
    if runs.is_empty() || runs.iter().any(|r| r.results.is_none()) {
        return Err(Unreadable(
            "it has a run without a list of results, so nothing was scanned".into(),
        ));
    }
    let name = |run: &Run<'_>| run.tool.as_ref()?.driver.as_ref()?.name.clone();
    let first = runs.first().and_then(name);
    for run in &runs {
        // Logs of several tools may have been merged into one.
        let tool = name(run).filter(|tool| Some(tool) != first.as_ref());
        let mut take = |mut item: Item| {
            if tool.is_some() {
                item.tool.clone_from(&tool);
            }
            take(item)
        };
        run_items(run, &mut take)?;
    }
    Ok(())
}

/// Checks that a log is of the version that is read. Drafts and older versions have other fields, so
/// what they say would be passed over.
fn check_version(text: &str) -> Result<(), Unreadable> {
    #[derive(Deserialize)]
    struct Versions {
        version: Option<Value>,
        #[serde(rename = "$schema")]
        schema: Option<Value>,
    }
    let told: Versions =
        serde_json::from_str(text).map_err(|e| Unreadable(format!("it is not SARIF: {e}")))?;
    let version = match (told.version, told.schema) {
        (Some(Value::String(version)), _) => version,
        (Some(Value::Null) | None, Some(Value::String(schema))) => {
            // `…/sarif-1.0.0.json` and `…/sarif-schema-2.1.0.json`.
            let name = schema.rsplit('/').next().unwrap_or_default();
            let version = name.trim_end_matches(".json").rsplit("sarif-").next();
            let version = version.unwrap_or_default().trim_start_matches("schema-");
            match version.starts_with(|c: char| c.is_ascii_digit()) && !version.starts_with("2.1.0")
            {
                true => version.to_owned(),
                false => return Ok(()),
            }
        }
        (Some(Value::Null) | None, _) => return Ok(()),
        (Some(other), _) => other.to_string(),
    };
    match version.trim() {
        "2.1.0" => Ok(()),
        other => Err(Unreadable(format!(
            "it is SARIF {}, and only SARIF 2.1.0 is read: have the tool write that, or convert it",
            other.escape_debug()
        ))),
    }
}

/// Why a log is refused that keeps a part of itself elsewhere.
fn elsewhere(property: &str) -> Unreadable {
    Unreadable(format!(
        "a part of it is stored outside its runs (`{}`), which is not supported: let the tool write a single log",
        property.escape_debug()
    ))
}

/// The first property of a run that is kept in a file of its own (3.15) and matters here.
fn property_elsewhere(run: &Run<'_>) -> Option<String> {
    const HARMLESS: [&str; 10] = [
        "addresses",
        "externalizedProperties",
        "graphs",
        "logicalLocations",
        "properties",
        "taxonomies",
        "threadFlowLocations",
        "translations",
        "webRequests",
        "webResponses",
    ];
    let said = |value: &Value| match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    let mut all = run.external_property_file_references.iter().flatten();
    let found = all.find(|(name, value)| said(value) && !HARMLESS.contains(&name.as_str()));
    found.map(|(name, _)| name.clone())
}

fn run_items(
    run: &Run<'_>,
    take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let converted = run.conversion.iter().filter_map(|c| c.invocation.as_ref());
    for invocation in run.invocations.iter().flatten().chain(converted) {
        for notification in invocation.tool_execution_notifications.iter().flatten() {
            notified((run, invocation), notification, true, take)?;
        }
        for notification in invocation.tool_configuration_notifications.iter().flatten() {
            notified((run, invocation), notification, false, take)?;
        }
        let died = invocation
            .exit_signal_name
            .as_ref()
            .map(|s| format!("it was ended by {s}"))
            .or_else(|| {
                let number = invocation.exit_signal_number.filter(|n| *n != 0)?;
                Some(format!("it was ended by signal {number}"))
            });
        let failed = died.or_else(|| invocation.process_start_failure_message.clone());
        let failed = failed.filter(|f| !f.trim().is_empty()).or_else(|| {
            (invocation.execution_successful == Some(false))
                .then(|| "it reports that its run was not successful".to_owned())
        });
        if failed.is_some() {
            take(Item {
                failed,
                ..Item::default()
            })?;
        }
    }
    let Some(results) = run.results else {
        return Ok(());
    };
    let rules = Rules::of(run);
    let mut refused = None;
    let each = |result: SarifResult| {
        // A result that the tool itself compared, and that no longer exists.
        let absent = result.baseline_state.as_deref();
        let absent = absent.is_some_and(|s| s.trim().eq_ignore_ascii_case("absent"));
        if kind(&result) != Kind::Passed && !absent && refused.is_none() {
            let first = result_item(run, &rules, &result);
            refused = first
                .and_then(|first| take_all(run, &result, first, take))
                .err();
        }
    };
    let read = Each(each).deserialize(&mut serde_json::Deserializer::from_str(results.get()));
    read.map_err(|e| Unreadable(format!("it is not SARIF: {e}")))?;
    refused.map_or(Ok(()), Err)
}

/// Hands on a result: the item of its first place, and one for each other place.
fn take_all(
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

/// What a notification means: an error is a file that could not be read, or a run that failed; a warning
/// of the scan itself about a file is one that was not read as a whole.
fn notified(
    (run, invocation): (&Run<'_>, &Invocation),
    notification: &Notification,
    of_the_scan: bool,
    take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let stated = notification
        .level
        .as_deref()
        .map(str::trim)
        .filter(|l| !l.is_empty());
    let of_sort = || level_of_sort(run, invocation, notification.descriptor.as_ref()?);
    let level = stated
        .or_else(of_sort)
        .unwrap_or(LEVEL)
        .to_ascii_lowercase();
    let is_error = match level.as_str() {
        "none" | "note" => false,
        "warning" => notification.exception.is_some(),
        _ => true,
    };
    if !is_error && (level != LEVEL || !of_the_scan) {
        return Ok(());
    }
    let message = match text_of(notification.message.as_ref()) {
        none if none.is_empty() => "the report says that not all of it was scanned".to_owned(),
        some => some,
    };
    let places = notification.locations.iter().flatten();
    let mut paths = places
        .filter_map(|l| path_of(run, l.physical_location.as_ref()?))
        .peekable();
    if paths.peek().is_none() && is_error {
        take(Item {
            failed: Some(message.clone()),
            ..Item::default()
        })?;
    }
    for path in paths {
        take(Item {
            error: Some(message.clone()),
            path: Some(path),
            // Scanners warn about files of other packages, too.
            may_be_elsewhere: !is_error,
            ..Item::default()
        })?;
    }
    Ok(())
}

/// Reads a list and hands on each element, so that one at a time is in memory.
struct Each<F>(F);

impl<'de, F: FnMut(SarifResult)> DeserializeSeed<'de> for Each<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(SarifResult)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of results")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            (self.0)(element);
        }
        Ok(())
    }
}

fn result_item(run: &Run<'_>, rules: &Rules<'_>, result: &SarifResult) -> Result<Item, Unreadable> {
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

/// The message of a result: its own text, or the one of its rule that it names (3.11), with arguments in
/// place of `{0}`.
fn message_of(rules: &Rules<'_>, rule: Option<&Rule>, result: &SarifResult) -> String {
    let Some(message) = &result.message else {
        return String::new();
    };
    let own = text_of(Some(message));
    let text = match (&message.id, own.is_empty()) {
        (Some(id), true) => text_of(rules.message(rule, id)),
        _ => own,
    };
    match message.arguments.as_deref() {
        Some(arguments) if !arguments.is_empty() => filled(&text, arguments),
        _ => text,
    }
}

/// A text with arguments in place of `{0}`, and single braces in place of double ones.
fn filled(text: &str, arguments: &[Value]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        out.push_str(before);
        let brace = rest.get(before.len()..).and_then(|r| r.chars().next());
        let number = || {
            after
                .split_once('}')
                .and_then(|(n, behind)| Some((n.parse::<usize>().ok()?, behind)))
        };
        if let Some(behind) = brace.and_then(|b| after.strip_prefix(b)) {
            out.extend(brace);
            rest = behind;
        } else if brace == Some('{')
            && let Some((number, behind)) = number()
            && let Some(argument) = arguments.get(number)
        {
            match argument {
                Value::String(text) => out.push_str(text),
                other => out.push_str(&other.to_string()),
            }
            rest = behind;
        } else {
            out.extend(brace);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn text_of(message: Option<&Message>) -> String {
    let texts = message.into_iter().flat_map(|m| [&m.text, &m.markdown]);
    let mut texts = texts.flatten().filter(|t| !t.is_empty());
    texts.next().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
