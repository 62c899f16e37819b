//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), as tools write
//! it: with nulls, without levels, with rules in extensions, with encoded and unencoded URIs. What could
//! carry a finding or a severity, and is not read, is refused with its name.

mod invocation;
mod log;
mod places;
mod purl;
mod refused;
mod result;
mod rules;
mod taxa;
mod texts;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::Unreadable;
use super::item::Item;
use super::shape::Shape;

use invocation::take_invocations;
use log::{Log, Run, SarifResult};
use refused::{check_parts, check_version};
use result::{result_item, take_all};
use rules::{Kind, Rules, kind};

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
    check_parts(&log)?;
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
    take_invocations(run, take)?;
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

#[cfg(test)]
mod tests;
