//! A descriptor as it is written: the fields of its TOML (`docs/scanners.md` lists them).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::install::Install;
use super::load::Load;
use super::program::Program;
use super::rules::{Alias, OtherRules, RuleData};
use crate::model::{Kind, Score};

/// What part of a tree a scanner's results depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The results for a file depend on that file alone.
    File,
    /// The results depend on all files that the scanner reads.
    Project,
}

/// What does the scanning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// A program of its own.
    #[default]
    Program,
    /// The secrets scanner inside newgate.
    Secrets,
    /// The scanner for code inside newgate.
    Code,
    /// None here: its results are ingested from files or loaded from a server.
    None,
}

/// The format of a scanner's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// SARIF 2.1.0.
    #[default]
    Sarif,
    /// JSON, read through the jq filter of the descriptor.
    Json,
    /// XML, which jq sees as `{t: tag, a: attributes, c: children}`.
    Xml,
}

/// Where a program leaves its report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ReportIn {
    /// Standard output.
    #[default]
    Stdout,
    /// Standard error.
    Stderr,
    /// The file that `{report}` names in the command.
    File,
}

/// How the output is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Output {
    /// Its format.
    pub format: Format,
    /// Where the program leaves it.
    #[serde(default)]
    pub from: ReportIn,
    /// The jq filter for JSON and XML.
    #[serde(default)]
    pub filter: Option<String>,
    /// A jq filter that is true for a report of this scanner: to recognise a file, and to refuse
    /// what is something else.
    #[serde(default)]
    pub detect: Option<String>,
    /// Lists of which the filter reads each element for itself: a long one is read in parts, in each of
    /// which the other lists are empty. Fields of JSON or elements of XML, with dots between; `.` is the
    /// document.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Whether the report may be several JSON documents, such as one a line; the filter runs for each. Without
    /// it, a second document is an error.
    #[serde(default)]
    pub lines: bool,
    /// Whether the filter lists every file that was scanned, so that one that is missing is known.
    #[serde(default)]
    pub lists_scanned: bool,
    /// Rules that mean that a file could not be read; they are no findings.
    #[serde(default)]
    pub error_rules: Vec<String>,
    /// Regular expressions for lines of standard error that mean that a file could not be read;
    /// the first group is the file. Without a group it is the one of a run with `{file}`.
    #[serde(default)]
    pub error_lines: Vec<String>,
}

/// How newgate has met a scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Met {
    /// newgate's tests run the program.
    Run,
    /// The tests read a report that the program wrote on planted weaknesses.
    Report,
    /// The tests load what a real server answered.
    Server,
    /// Reports that others published were read by hand; the tests read one that follows the documentation.
    Published,
}

/// What a scanner's descriptor was tested with. Without it, only the documentation is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tested {
    /// How newgate has met it.
    pub by: Met,
    /// The version, where a report or a program told it.
    #[serde(default)]
    pub version: Option<String>,
}

/// A descriptor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    pub(super) name: String,
    pub(super) title: String,
    /// What it calls itself in SARIF, where that is not its name or title.
    #[serde(default)]
    pub(super) driver_names: Vec<String>,
    pub(super) homepage: String,
    pub(super) kind: Kind,
    pub(super) scope: Scope,
    #[serde(default)]
    pub(super) engine: Engine,
    /// It describes a format that many tools write, and no scanner.
    #[serde(default)]
    pub(super) is_format: bool,
    #[serde(default)]
    pub(super) history: bool,
    #[serde(default)]
    pub(super) files: Vec<String>,
    #[serde(default)]
    pub(super) interpreters: Vec<String>,
    #[serde(default)]
    pub(super) suppressions: Vec<String>,
    #[serde(default)]
    pub(super) program: Option<Program>,
    #[serde(default)]
    pub(super) output: Option<Output>,
    #[serde(default)]
    pub(super) load: Option<Load>,
    #[serde(default)]
    pub(super) severity: BTreeMap<String, Score>,
    #[serde(default)]
    pub(super) alias: Vec<Alias>,
    #[serde(default)]
    pub(super) rules: BTreeMap<String, RuleData>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) other_rules: Option<OtherRules>,
    /// Whether the snippet of a region is the secret, in its SARIF.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) snippet_is_secret: bool,
    #[serde(default)]
    pub(super) install: Install,
    /// It alters no results, so it is no part of the scanner's key.
    #[serde(default, skip_serializing)]
    pub(super) tested: Option<Tested>,
}
