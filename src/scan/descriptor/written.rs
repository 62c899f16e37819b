//! A descriptor as it is written: the fields of its TOML (`docs/scanners.md` lists them).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

/// A file of the scanner's own configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigFile {
    /// Its path in the repository: a file, or a folder of which all files count.
    pub file: String,
    /// The arguments that name it, in place of `{config}`.
    #[serde(default)]
    pub args: Vec<String>,
    /// A text that the file must contain to count, such as a table of a shared file.
    #[serde(default)]
    pub containing: Option<String>,
    /// Whether it is laid into the folder `{own}`, beside the files that are scanned, not among them.
    #[serde(default)]
    pub beside: bool,
    /// Lists in it that are handed on as arguments, where the arguments of the command would go before
    /// what the file says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ConfigList>,
}

/// Lists in a configuration file, in TOML, whose elements are handed on as arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigList {
    /// Where they stand: keys, with dots between.
    pub keys: Vec<String>,
    /// The argument before each element.
    pub arg: String,
    /// A regular expression for the whole of an element that is handed on.
    pub only: String,
}

/// Files that a scanner passes over without a word: newgate says that they were not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PassesOver {
    /// Globs of the files.
    pub files: Vec<String>,
    /// Regular expressions that all must be found in the content.
    #[serde(default)]
    pub containing: Vec<String>,
    /// Whether it passes over only those that are not YAML.
    #[serde(default)]
    pub not_yaml: bool,
    /// Why, for people; what is wrong with the YAML is added.
    pub why: String,
}

/// A file that newgate gives to a scanner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OwnFile {
    /// Its name.
    pub name: String,
    /// Its content.
    pub content: String,
    /// Whether it is laid among the files that are scanned, and not into the folder `{own}`.
    #[serde(default)]
    pub among: bool,
}

/// Where the version of a vulnerability database comes from. Results depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Database {
    /// The arguments that make the program print the database's version. None: the database is a
    /// server's, and results are remembered for a day (UTC).
    #[serde(default)]
    pub args: Vec<String>,
    /// A regular expression whose first group is the version in what it prints.
    #[serde(default)]
    pub pattern: Option<String>,
}

/// How the program is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Program {
    /// The program and its arguments. `{files}` stands for the files, `{config}` for the arguments
    /// of the first configuration file that the target has, or of `no-config`; inside an argument,
    /// `{file}` for one file (the program is started once for each), `{stage}` for the folder that
    /// is scanned, `{own}` for the folder of newgate's own files, `{report}` for the file that the
    /// report is written to.
    pub command: Vec<String>,
    /// For the scope `project`: globs of the files for each of which it is started once, in the
    /// file's folder.
    #[serde(default)]
    pub each: Vec<String>,
    /// The arguments that make it print its version.
    pub version: Vec<String>,
    /// A regular expression whose first group is the version in what it prints.
    pub version_pattern: String,
    /// The vulnerability database that it asks.
    #[serde(default)]
    pub database: Option<Database>,
    /// Exit codes of a run to the end, whatever it found.
    pub exit_clean: Vec<i32>,
    /// Exit codes that mean that it found something: with a report that says nothing, it failed.
    #[serde(default)]
    pub exit_findings: Vec<i32>,
    /// How long one run may take, in seconds.
    #[serde(default = "default_timeout")]
    pub timeout: u64,
    /// Least input, in KiB, that is worth a process of its own when files are split over the cores.
    #[serde(default = "default_batch")]
    pub batch: u64,
    /// Settings of its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Its own configuration files, the one that counts first.
    #[serde(default)]
    pub config: Vec<ConfigFile>,
    /// The arguments for `{config}` when there is no configuration file.
    #[serde(default)]
    pub no_config: Vec<String>,
    /// What to do about it where it cannot run without a configuration file and there is none.
    #[serde(default)]
    pub config_required: Option<String>,
    /// Other names that it would take configuration from by itself, in any folder: a file of the
    /// change with such a name is shown to it under another.
    #[serde(default)]
    pub discovers: Vec<String>,
    /// Regular expressions for paths of files that it leaves out because of their names: they are shown to
    /// it under a name that says nothing, in no folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skips: Vec<String>,
    /// Files that newgate gives to it.
    #[serde(default)]
    pub own: Vec<OwnFile>,
    /// Whether it leaves out a file whose content is not UTF-8 without a word: newgate says so then.
    #[serde(default)]
    pub needs_utf8: bool,
    /// Whether it reads text in UTF-16. Of a scanner that does not, newgate says that it left such a file out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads_utf16: bool,
    /// Files that it passes over without a word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes_over: Vec<PassesOver>,
    /// Whether it executes code of the repository.
    #[serde(default)]
    pub runs_repository_code: bool,
    /// Whether it needs the network: while it is contained, only such a scanner gets to it. This and
    /// the next two fields are left out of the scanner's key where they say nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub network: bool,
    /// Files and folders of the machine that it may read while it is contained, besides its program;
    /// `~/` begins one in the user's home folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
    /// Folders that it may read and write, such as one for a database that later runs need too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<String>,
}

pub(super) fn default_timeout() -> u64 {
    300
}

fn default_batch() -> u64 {
    96
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

/// One request to a server that has results.
///
/// The filters can use `$page`, the number of this page from 1, `$headers`, the answer's header lines by their names in lower
/// case, `$link`, the address of the next page in the header line `Link` or null, `$commit` and `$branch`, which are asked for,
/// and `$project`, the project's name, encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadRequest {
    /// The address, with `{server}`, `{project}`, `{branch}`, `{commit}` and `{page}`. `{branch-query}` is `&branch=` and the branch,
    /// or nothing if the server doesn't know the branch and says of which commit its results are.
    pub url: String,
    /// Header lines, with `{token}`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// A jq filter that is true for an answer after which there is another page.
    #[serde(default)]
    pub more: Option<String>,
    /// A jq filter for the address of the next page, or null.
    #[serde(default)]
    pub next: Option<String>,
    /// A jq filter for the number of results in an answer.
    #[serde(default)]
    pub count: Option<String>,
    /// A jq filter for the number of results on all pages. Pages are asked for until so many came; fewer or more are an error.
    #[serde(default)]
    pub total: Option<String>,
    /// A jq filter for the addresses of the reports: this request only lists them. It reads the list of all pages.
    #[serde(default)]
    pub follow: Option<String>,
    /// A jq filter for the names of the parts that the results consist of, such as their tools. It reads the list of all pages.
    #[serde(default)]
    pub parts: Option<String>,
    /// Header lines for the reports that are listed.
    #[serde(default)]
    pub follow_headers: Vec<String>,
    /// As `more`, for the reports that are listed; their addresses have `{page}` then.
    #[serde(default)]
    pub follow_more: Option<String>,
    /// As `next`, for the reports that are listed.
    #[serde(default)]
    pub follow_next: Option<String>,
    /// As `count`, for the reports that are listed.
    #[serde(default)]
    pub follow_count: Option<String>,
    /// As `total`, for the reports that are listed.
    #[serde(default)]
    pub follow_total: Option<String>,
}

/// Something to ask a server besides results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// The address, as in a request.
    pub url: String,
    /// Header lines, with `{token}`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// A jq filter for the answer, a text.
    pub filter: String,
}

/// How results are loaded from a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    /// The server, where the configuration names none.
    #[serde(default)]
    pub server: Option<String>,
    /// With `revision`: how to ask whether the server is still processing results. Any text means that it is.
    #[serde(default)]
    pub ready: Option<Probe>,
    /// How to ask which commit the results are of, where an address names only a branch. Without it
    /// they are taken as the server has them, and not remembered.
    #[serde(default)]
    pub revision: Option<Probe>,
    /// The requests; the answers of all of them are read.
    pub request: Vec<LoadRequest>,
}

/// What is known of one rule besides what the scanner says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleData {
    /// A title.
    #[serde(default)]
    pub title: Option<String>,
    /// CWE numbers.
    #[serde(default)]
    pub cwe: Vec<u32>,
    /// A score that replaces the one of the severity table.
    #[serde(default)]
    pub score: Option<Score>,
    /// Scores for some of its messages; the first that fits counts.
    #[serde(default)]
    pub when: Vec<When>,
    /// What to do about it.
    #[serde(default)]
    pub fix: Option<String>,
    /// A regular expression for the message whose first group is a secret.
    #[serde(default)]
    pub secret: Option<String>,
}

/// What is known of the rules that a descriptor does not name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OtherRules {
    /// A regular expression for the rule, whose first group is the title, with spaces for `-` and `_`.
    #[serde(default)]
    pub title: Option<String>,
    /// CWE numbers, where the scanner tells none.
    #[serde(default)]
    pub cwe: Vec<u32>,
    /// The score, where the scanner states no severity of its own: a level of SARIF that all its results
    /// have says nothing.
    #[serde(default)]
    pub score: Option<Score>,
    /// Other scores for those whose title fits; the first that does counts.
    #[serde(default)]
    pub when: Vec<When>,
    /// What to do about it.
    #[serde(default)]
    pub fix: Option<String>,
}

/// A score for some messages of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct When {
    /// A regular expression for the message.
    pub message: String,
    /// The score.
    pub score: Score,
}

/// A rule that stands for this scanner's rules across scanners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Alias {
    /// A regular expression for the whole rule id.
    pub(super) rule: String,
    /// The canonical rule, with `$1` for groups.
    pub(super) means: String,
}

/// Where the program comes from, pinned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Install {
    /// The requirement for pip (`bandit[sarif]==1.9.4`).
    #[serde(default)]
    pub pypi: Option<String>,
    /// The packages for npm, the one with the program first (`eslint@9.39.5`).
    #[serde(default)]
    pub npm: Vec<String>,
    /// The crate for cargo (`cargo-audit@0.22.2`).
    #[serde(default)]
    pub crates: Option<String>,
    /// The module for Go.
    #[serde(default)]
    pub go: Option<GoModule>,
    /// The artifacts for Maven.
    #[serde(default)]
    pub maven: Option<MavenArtifacts>,
    /// The version that the program of the pinned package tells, where the package counts its own.
    #[serde(default)]
    pub says: Option<String>,
}

/// A module that Go builds a program from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GoModule {
    /// Its path and version (`github.com/rhysd/actionlint@v1.7.12`).
    pub module: String,
    /// The folder of the program's package in it (`cmd/actionlint`).
    pub package: String,
    /// The variable that the linker sets to the version, where the program tells it from one.
    #[serde(default)]
    pub version_variable: Option<String>,
}

/// Artifacts of Maven that a Java program consists of; what they need comes with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MavenArtifacts {
    /// `group:artifact:version`, the one whose version counts first.
    pub artifacts: Vec<String>,
    /// `group:artifact` of what they name and the program does not need.
    #[serde(default)]
    pub without: Vec<String>,
    /// The class that is started.
    pub main: String,
}

impl Install {
    /// Whether newgate can install it.
    pub fn is_managed(&self) -> bool {
        self.version().is_some()
    }

    /// The registry that it comes from, for people.
    pub fn origin(&self) -> &'static str {
        match self {
            i if i.pypi.is_some() => "PyPI",
            i if i.crates.is_some() => "crates.io",
            i if i.go.is_some() => "the Go module proxy",
            i if i.maven.is_some() => "Maven Central",
            _ => "npm",
        }
    }

    /// The version that is pinned, of the package with the program.
    pub fn version(&self) -> Option<&str> {
        let maven = self.maven.as_ref().and_then(|m| m.artifacts.first());
        let all = [
            self.pypi.as_ref(),
            self.crates.as_ref(),
            self.npm.first(),
            self.go.as_ref().map(|go| &go.module),
            maven,
        ];
        let first = all.into_iter().flatten().next()?;
        let version = first.rsplit(['=', '@', ':']).next()?;
        Some(match self.go {
            Some(_) => version.trim_start_matches('v'),
            None => version,
        })
    }
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
