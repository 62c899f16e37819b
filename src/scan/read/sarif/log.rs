//! A SARIF log as it is written, as far as it says something about findings.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A list that may be null or absent.
pub(super) type List<T> = Option<Vec<T>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log<'t> {
    #[serde(borrow)]
    pub runs: List<Run<'t>>,
    /// What would stand in files of its own; some of it may be results.
    pub inline_external_properties: List<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'t> {
    pub tool: Option<Tool>,
    /// As they are written: a log may have hundreds of thousands, so they are read one at a time.
    #[serde(borrow)]
    pub results: Option<&'t RawValue>,
    pub invocations: List<Invocation>,
    pub conversion: Option<Conversion>,
    pub artifacts: List<Artifact>,
    pub original_uri_base_ids: Option<BTreeMap<String, ArtifactLocation>>,
    pub version_control_provenance: List<Provenance>,
    pub external_property_file_references: Option<BTreeMap<String, Value>>,
    pub policies: List<Component>,
    pub taxonomies: List<Component>,
    pub column_kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provenance {
    pub revision_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Conversion {
    pub invocation: Option<Invocation>,
}

#[derive(Deserialize)]
pub(super) struct Tool {
    pub driver: Option<Component>,
    pub extensions: List<Component>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Component {
    pub name: Option<String>,
    pub full_name: Option<String>,
    pub guid: Option<String>,
    pub rules: List<Rule>,
    pub notifications: List<Rule>,
    pub taxa: List<Rule>,
    pub global_message_strings: Option<BTreeMap<String, Message>>,
}

/// A rule, a sort of notification, or an entry of a taxonomy.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub id: Option<String>,
    pub guid: Option<String>,
    pub name: Option<String>,
    pub short_description: Option<Message>,
    pub full_description: Option<Message>,
    pub help: Option<Message>,
    pub message_strings: Option<BTreeMap<String, Message>>,
    pub help_uri: Option<String>,
    pub default_configuration: Option<Configuration>,
    pub properties: Option<Value>,
    pub relationships: List<Relationship>,
}

#[derive(Deserialize)]
pub(super) struct Relationship {
    pub target: Option<RuleReference>,
}

#[derive(Deserialize)]
pub(super) struct Configuration {
    pub level: Option<String>,
    pub rank: Option<f64>,
    pub properties: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult {
    pub rule_id: Option<String>,
    pub rule_index: Option<i64>,
    pub rule: Option<RuleReference>,
    pub level: Option<String>,
    pub rank: Option<f64>,
    pub kind: Option<String>,
    pub message: Option<Message>,
    pub locations: List<Location>,
    pub analysis_target: Option<ArtifactLocation>,
    pub suppressions: List<Suppression>,
    pub fingerprints: Option<BTreeMap<String, Value>>,
    pub partial_fingerprints: Option<BTreeMap<String, Value>>,
    pub properties: Option<Value>,
    pub taxa: List<RuleReference>,
    pub baseline_state: Option<String>,
    pub code_flows: List<CodeFlow>,
    pub provenance: Option<ResultProvenance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultProvenance {
    pub invocation_index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodeFlow {
    pub thread_flows: List<ThreadFlow>,
}

#[derive(Deserialize)]
pub(super) struct ThreadFlow {
    pub locations: List<FlowLocation>,
}

#[derive(Deserialize)]
pub(super) struct FlowLocation {
    pub location: Option<Location>,
}

/// What names a rule, a sort of notification, or an entry of a taxonomy.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleReference {
    pub id: Option<String>,
    pub guid: Option<String>,
    pub index: Option<i64>,
    pub tool_component: Option<ComponentReference>,
}

#[derive(Deserialize)]
pub(super) struct ComponentReference {
    pub name: Option<String>,
    pub guid: Option<String>,
    pub index: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Suppression {
    pub status: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Message {
    pub text: Option<String>,
    pub markdown: Option<String>,
    pub id: Option<String>,
    pub arguments: List<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub physical_location: Option<PhysicalLocation>,
    pub logical_locations: List<LogicalLocation>,
    pub message: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    pub name: Option<String>,
    pub fully_qualified_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub artifact_location: Option<ArtifactLocation>,
    pub region: Option<SarifRegion>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub uri: Option<String>,
    pub uri_base_id: Option<String>,
    pub index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifact {
    pub location: Option<ArtifactLocation>,
    /// The file that it is a part of, such as an archive.
    pub parent_index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifRegion {
    pub snippet: Option<Message>,
    pub start_line: Option<u32>,
    pub start_column: Option<u32>,
    pub end_line: Option<u32>,
    pub end_column: Option<u32>,
    pub char_offset: Option<i64>,
    pub char_length: Option<i64>,
    pub byte_offset: Option<i64>,
    pub byte_length: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub execution_successful: Option<bool>,
    pub working_directory: Option<ArtifactLocation>,
    pub exit_signal_name: Option<String>,
    pub exit_signal_number: Option<i64>,
    pub process_start_failure_message: Option<String>,
    pub tool_execution_notifications: List<Notification>,
    pub tool_configuration_notifications: List<Notification>,
    pub rule_configuration_overrides: List<Override>,
    pub notification_configuration_overrides: List<Override>,
}

/// The configuration of a run, which overrides what a rule says about itself.
#[derive(Deserialize)]
pub(super) struct Override {
    pub descriptor: Option<RuleReference>,
    pub configuration: Option<Configuration>,
}

#[derive(Deserialize)]
pub(super) struct Notification {
    pub descriptor: Option<RuleReference>,
    pub level: Option<String>,
    pub message: Option<Message>,
    pub locations: List<Location>,
    pub exception: Option<Value>,
}
