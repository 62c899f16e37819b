//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), as tools write
//! it: with nulls, without levels, with rules in extensions, with encoded and unencoded URIs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Unreadable;
use super::raw::{FlowStep, Item};
use super::shape::Shape;

/// A list that may be null or absent.
type List<T> = Option<Vec<T>>;

#[derive(Deserialize)]
struct Log<'t> {
    #[serde(borrow)]
    runs: List<Run<'t>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run<'t> {
    tool: Option<Tool>,
    /// As they are written: a log may have hundreds of thousands, so they are read one at a time.
    #[serde(borrow)]
    results: Option<&'t RawValue>,
    invocations: List<Invocation>,
    artifacts: List<Artifact>,
    original_uri_base_ids: Option<BTreeMap<String, ArtifactLocation>>,
    version_control_provenance: List<Provenance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provenance {
    revision_id: Option<String>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Option<Component>,
    extensions: List<Component>,
}

#[derive(Deserialize)]
struct Component {
    name: Option<String>,
    rules: List<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: Option<String>,
    name: Option<String>,
    short_description: Option<Message>,
    help_uri: Option<String>,
    default_configuration: Option<Configuration>,
    properties: Option<Value>,
    relationships: List<Value>,
}

#[derive(Deserialize)]
struct Configuration {
    level: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<RuleReference>,
    level: Option<String>,
    kind: Option<String>,
    message: Option<Message>,
    locations: List<Location>,
    suppressions: List<Suppression>,
    fingerprints: Option<BTreeMap<String, Value>>,
    partial_fingerprints: Option<BTreeMap<String, Value>>,
    properties: Option<Value>,
    taxa: List<Value>,
    baseline_state: Option<String>,
    code_flows: List<CodeFlow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CodeFlow {
    thread_flows: List<ThreadFlow>,
}

#[derive(Deserialize)]
struct ThreadFlow {
    locations: List<FlowLocation>,
}

#[derive(Deserialize)]
struct FlowLocation {
    location: Option<Location>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleReference {
    id: Option<String>,
    index: Option<i64>,
    tool_component: Option<ComponentReference>,
}

#[derive(Deserialize)]
struct ComponentReference {
    index: Option<i64>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    text: Option<String>,
    markdown: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<PhysicalLocation>,
    message: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Option<ArtifactLocation>,
    region: Option<SarifRegion>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: Option<String>,
    uri_base_id: Option<String>,
    index: Option<i64>,
}

#[derive(Deserialize)]
struct Artifact {
    location: Option<ArtifactLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: Option<u32>,
    start_column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: Option<bool>,
    tool_execution_notifications: List<Notification>,
    tool_configuration_notifications: List<Notification>,
}

#[derive(Deserialize)]
struct Notification {
    level: Option<String>,
    message: Option<Message>,
    locations: List<Location>,
}

/// Whether an output begins like a SARIF log.
pub(super) fn looks_like(output: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        runs: Option<serde::de::IgnoredAny>,
    }
    // A list of one element would fit a structure of one field.
    output.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<Probe>(output).is_ok_and(|p| p.runs.is_some())
}

/// The names of the tools of all runs, in their order.
pub(super) fn tool_names(output: &[u8]) -> Vec<String> {
    let log: Option<Log<'_>> = serde_json::from_slice(output).ok();
    let runs = log.and_then(|l| l.runs).into_iter().flatten();
    runs.filter_map(|r| r.tool?.driver?.name).collect()
}

/// The name of the tool of the first run.
pub(super) fn tool_name(output: &[u8]) -> Option<String> {
    tool_names(output).into_iter().next()
}

/// The commits that the runs of a log say they are of.
pub(super) fn revisions(output: &[u8]) -> Vec<String> {
    let log: Option<Log<'_>> = serde_json::from_slice(output).ok();
    let runs = log.and_then(|l| l.runs).into_iter().flatten();
    let told = runs.flat_map(|r| r.version_control_provenance.into_iter().flatten());
    told.filter_map(|p| p.revision_id).collect()
}

/// Hands on the items of a log. A run without a list of results is an error: a scanner that was given
/// files and found nothing writes an empty list; no list means that it did not scan.
pub(super) fn items(
    output: &[u8],
    take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let text = String::from_utf8_lossy(output);
    Shape::of_json(&text)?.is_one()?;
    let wrong = |what: &str| Err(Unreadable(format!("it is not SARIF: {what}")));
    if !text.trim_start().starts_with('{') {
        return wrong("it is no object");
    }
    let log: Log<'_> =
        serde_json::from_str(&text).map_err(|e| Unreadable(format!("it is not SARIF: {e}")))?;
    let Some(runs) = log.runs else {
        return wrong("it has no `runs`");
    };
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

fn run_items(
    run: &Run<'_>,
    take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    for invocation in run.invocations.iter().flatten() {
        let notifications = invocation.tool_execution_notifications.iter();
        let all = notifications
            .chain(&invocation.tool_configuration_notifications)
            .flatten();
        for notification in all.filter(|n| n.level.as_deref() == Some("error")) {
            let message = text_of(notification.message.as_ref());
            let places = notification.locations.iter().flatten();
            let mut paths = places
                .filter_map(|l| path_of(run, l.physical_location.as_ref()?))
                .peekable();
            if paths.peek().is_none() {
                take(Item {
                    failed: Some(message.clone()),
                    ..Item::default()
                })?;
            }
            for path in paths {
                take(Item {
                    error: Some(message.clone()),
                    path: Some(path),
                    ..Item::default()
                })?;
            }
        }
        if invocation.execution_successful == Some(false) {
            take(Item {
                failed: Some("it says itself that its run was not successful".into()),
                ..Item::default()
            })?;
        }
    }
    let Some(results) = run.results else {
        return Ok(());
    };
    let mut refused = None;
    let each = |result: SarifResult| {
        let counts = result
            .kind
            .as_deref()
            .is_none_or(|k| matches!(k, "fail" | "review" | "open"));
        // One that the tool compared itself, and that is gone.
        let absent = result.baseline_state.as_deref() == Some("absent");
        if counts && !absent && refused.is_none() {
            refused = take(result_item(run, &result)).err();
        }
    };
    let read = Each(each).deserialize(&mut serde_json::Deserializer::from_str(results.get()));
    read.map_err(|e| Unreadable(format!("it is not SARIF: {e}")))?;
    refused.map_or(Ok(()), Err)
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

fn result_item(run: &Run<'_>, result: &SarifResult) -> Item {
    let rule = rule_of(run, result);
    let place = result
        .locations
        .iter()
        .flatten()
        .find_map(|l| l.physical_location.as_ref());
    let region = place.and_then(|p| p.region.as_ref());
    let both = [
        result.properties.as_ref(),
        rule.and_then(|r| r.properties.as_ref()),
    ];
    let property = |name: &str| both.iter().flatten().find_map(|p| p.get(name));
    let severity = property("security-severity").and_then(|v| match v {
        Value::String(s) => s.parse().ok(),
        other => other.as_f64(),
    });
    let default_level = rule.and_then(|r| r.default_configuration.as_ref()?.level.clone());
    let level = result
        .level
        .clone()
        .or(default_level)
        .unwrap_or_else(|| "warning".into());
    let word = property("issue_severity")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let reference = result.rule.as_ref().and_then(|r| r.id.clone());
    let title = rule.and_then(|r| {
        let short = r.short_description.as_ref().map(|m| text_of(Some(m)));
        short.filter(|s| !s.is_empty()).or_else(|| {
            r.name
                .clone()
                .filter(|n| Some(n) != r.id.as_ref() && n != "blacklist")
                .map(|n| n.replace('_', " "))
        })
    });
    let prints = [&result.fingerprints, &result.partial_fingerprints];
    let fingerprint = prints.iter().find_map(|p| {
        let (name, value) = p.as_ref()?.iter().next()?;
        let value = value
            .as_str()
            .filter(|v| *v != "requires login" && !v.is_empty())?;
        Some(format!("{name}:{value}"))
    });
    Item {
        path: place.and_then(|p| path_of(run, p)),
        line: region.and_then(|r| r.start_line),
        column: region.and_then(|r| r.start_column),
        end_line: region.and_then(|r| r.end_line),
        end_column: region.and_then(|r| r.end_column),
        rule: result
            .rule_id
            .clone()
            .or(reference)
            .or_else(|| rule?.id.clone()),
        title,
        message: Some(text_of(result.message.as_ref())),
        level: Some(word.unwrap_or(level)),
        confidence: property("issue_confidence")
            .and_then(Value::as_str)
            .map(str::to_owned),
        score: severity,
        cwe: cwe_of(result, rule),
        url: rule.and_then(|r| r.help_uri.clone()),
        fingerprint,
        suppressed: result
            .suppressions
            .iter()
            .flatten()
            .any(|s| s.status.as_deref().is_none_or(|s| s == "accepted")),
        flow: flow_of(run, result),
        ..Item::default()
    }
}

/// The first way through the code that a result tells.
fn flow_of(run: &Run<'_>, result: &SarifResult) -> Vec<FlowStep> {
    let flows = result.code_flows.iter().flatten();
    let mut threads = flows.flat_map(|f| f.thread_flows.iter().flatten());
    let first = threads.next().and_then(|t| t.locations.as_ref());
    let steps = first.into_iter().flatten().filter_map(|step| {
        let location = step.location.as_ref()?;
        let place = location.physical_location.as_ref()?;
        Some(FlowStep {
            path: path_of(run, place)?,
            line: place.region.as_ref()?.start_line?,
            message: text_of(location.message.as_ref()),
        })
    });
    steps.collect()
}

fn text_of(message: Option<&Message>) -> String {
    message
        .and_then(|m| m.text.clone().or_else(|| m.markdown.clone()))
        .unwrap_or_default()
}

/// The rule of a result: by component and index, else by id in the driver and its extensions.
fn rule_of<'r>(run: &'r Run<'_>, result: &SarifResult) -> Option<&'r Rule> {
    let tool = run.tool.as_ref()?;
    let by_index = |component: Option<&'r Component>, index: Option<i64>| {
        component?
            .rules
            .as_ref()?
            .get(usize::try_from(index?).ok()?)
    };
    let reference = result.rule.as_ref();
    let extension = reference.and_then(|r| r.tool_component.as_ref()?.index);
    let component = match extension.and_then(|i| usize::try_from(i).ok()) {
        Some(i) => tool.extensions.as_ref().and_then(|e| e.get(i)),
        None => tool.driver.as_ref(),
    };
    let index = result
        .rule_index
        .or_else(|| reference.and_then(|r| r.index));
    let id = result
        .rule_id
        .as_ref()
        .or_else(|| reference.and_then(|r| r.id.as_ref()));
    let fits = |rule: &&Rule| {
        id.is_none()
            || rule.id.as_ref() == id
            || id
                .zip(rule.id.as_ref())
                .is_some_and(|(i, r)| i.starts_with(&format!("{r}/")))
    };
    by_index(component, index).filter(fits).or_else(|| {
        let id = id?;
        let all = tool.driver.iter().chain(tool.extensions.iter().flatten());
        all.filter_map(|c| c.rules.as_ref())
            .flatten()
            .find(|r| r.id.as_ref() == Some(id))
    })
}

/// The path of a location, with its base joined where the log says what the base is.
fn path_of(run: &Run<'_>, place: &PhysicalLocation) -> Option<String> {
    let mut location = place.artifact_location.clone()?;
    if location.uri.is_none() {
        let index = usize::try_from(location.index?).ok()?;
        location = run.artifacts.as_ref()?.get(index)?.location.clone()?;
    }
    let uri = location.uri?;
    let base = location
        .uri_base_id
        .and_then(|id| run.original_uri_base_ids.as_ref()?.get(&id)?.uri.clone());
    Some(match base {
        Some(base) if !uri.starts_with("file:") && !uri.starts_with('/') => {
            format!("{}/{uri}", base.trim_end_matches('/'))
        }
        _ => uri,
    })
}

/// CWE numbers in tags (`external/cwe/cwe-78`, `CWE-78: …`), relationships and taxa.
fn cwe_of(result: &SarifResult, rule: Option<&Rule>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut look = |text: &str| {
        let lower = text.to_ascii_lowercase();
        if let Some((_, number)) = lower.split_once("cwe-") {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            found.extend(digits.parse::<u32>().ok());
        }
    };
    let properties = [
        result.properties.as_ref(),
        rule.and_then(|r| r.properties.as_ref()),
    ];
    for tag in properties
        .iter()
        .flatten()
        .filter_map(|p| p.get("tags")?.as_array())
        .flatten()
    {
        look(tag.as_str().unwrap_or_default());
    }
    for properties in properties.into_iter().flatten() {
        match properties.get("cwe") {
            Some(Value::String(one)) => look(one),
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).for_each(&mut look),
            _ => {}
        }
    }
    let relationships = rule
        .and_then(|r| r.relationships.as_ref())
        .into_iter()
        .flatten();
    let targets = relationships.filter_map(|r| r.get("target"));
    for target in targets.chain(result.taxa.iter().flatten()) {
        let component = target
            .pointer("/toolComponent/name")
            .and_then(Value::as_str);
        let id = target.get("id").and_then(Value::as_str).unwrap_or_default();
        if component.is_some_and(|c| c.eq_ignore_ascii_case("cwe"))
            && !id.to_ascii_lowercase().starts_with("cwe-")
        {
            look(&format!("cwe-{id}"));
        } else {
            look(id);
        }
    }
    found
}
