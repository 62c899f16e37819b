//! Logs that are refused as a whole: of another version, or with a part in another place.

use serde::Deserialize;
use serde_json::Value;

use super::super::Unreadable;
use super::log::{Log, Run};

/// Checks that a log is of the version that is read. Drafts and older versions have other fields, so
/// what they say would be passed over.
pub(super) fn check_version(text: &str) -> Result<(), Unreadable> {
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

/// Checks that a log keeps no part of itself elsewhere that matters here.
pub(super) fn check_parts(log: &Log<'_>) -> Result<(), Unreadable> {
    let elsewhere = |property: &str| {
        Err(Unreadable(format!(
            "a part of it is stored outside its runs (`{}`), which is not supported: let the tool write a single log",
            property.escape_debug()
        )))
    };
    let inline = log.inline_external_properties.as_ref();
    if inline.is_some_and(|p| !p.is_empty()) {
        return elsewhere("inlineExternalProperties");
    }
    let mut runs = log.runs.iter().flatten();
    match runs.find_map(property_elsewhere) {
        Some(property) => elsewhere(&format!("externalPropertyFileReferences.{property}")),
        None => Ok(()),
    }
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
