//! How a scanner's program is called, and what it is given.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
