//! A scanner as data: what a TOML descriptor says of it.

mod expressions;
mod files;
mod install;
mod load;
mod parse;
mod program;
mod rules;
mod written;
mod yaml;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use globset::GlobSet;

use crate::model::Kind;

use expressions::{Expressions, Markers};
pub use install::{GoModule, Install, MavenArtifacts};
pub(super) use load::Probe;
pub use load::{Load, LoadRequest};
pub use program::{ConfigList, PassesOver, Program};
pub use rules::{OtherRules, RuleData};
pub(super) use written::ReportIn;
use written::Written;
pub use written::{Engine, Format, Met, Output, Scope, Tested};

/// The JSON schema of a descriptor, as its reader has it.
#[cfg(test)]
pub(crate) fn descriptor_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Written);
    let title = "A scanner's descriptor for newgate, `.newgate/scanners/NAME.toml`";
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// A scanner's descriptor, checked.
#[derive(Clone, Debug)]
pub struct Descriptor {
    written: Written,
    globs: GlobSet,
    /// What is none of its files, whatever the other globs say.
    not: GlobSet,
    /// What the configuration leaves out.
    left_out: GlobSet,
    each: GlobSet,
    /// The tool of a format's reports, where somebody named it.
    tool: Option<String>,
    expressions: OnceLock<Arc<Expressions>>,
    silencing: OnceLock<Arc<Markers>>,
}

impl Descriptor {
    /// A descriptor for a report of a tool that the catalogue does not know.
    pub fn generic(name: &str) -> Descriptor {
        let name = scanner_name(name);
        Descriptor::of(Written {
            title: name.clone(),
            name,
            driver_names: Vec::new(),
            homepage: String::new(),
            kind: Kind::Code,
            scope: Scope::File,
            engine: Engine::None,
            is_format: false,
            history: false,
            files: Vec::new(),
            interpreters: Vec::new(),
            suppressions: Vec::new(),
            program: None,
            output: Some(Output::default()),
            load: None,
            severity: BTreeMap::new(),
            alias: Vec::new(),
            rules: BTreeMap::new(),
            other_rules: None,
            snippet_is_secret: false,
            install: Install::default(),
            tested: None,
        })
    }

    /// What was written, without the globs of its files.
    fn of(written: Written) -> Descriptor {
        Descriptor {
            written,
            globs: GlobSet::empty(),
            not: GlobSet::empty(),
            left_out: GlobSet::empty(),
            each: GlobSet::empty(),
            tool: None,
            expressions: OnceLock::new(),
            silencing: OnceLock::new(),
        }
    }

    fn expressions(&self) -> &Expressions {
        self.expressions.get_or_init(|| {
            let compiled = Expressions::compile(&self.written);
            Arc::new(compiled.expect("a test compiles those of the catalogue"))
        })
    }

    /// The same format for reports of one tool, which don't name it.
    #[must_use]
    pub fn of_tool(&self, tool: &str) -> Descriptor {
        Descriptor {
            tool: Some(tool.to_owned()),
            ..self.clone()
        }
    }

    /// The tool of reports that name none.
    pub(super) fn tool(&self) -> Option<&str> {
        self.tool.as_deref()
    }

    /// The same with another jq filter for its JSON.
    #[must_use]
    pub fn with_filter(&self, filter: &str) -> Descriptor {
        let mut other = self.clone();
        other.written.output = Some(Output {
            format: Format::Json,
            filter: Some(filter.to_owned()),
            ..Output::default()
        });
        other
    }

    /// The scanner's name, as configuration and reports write it.
    pub fn name(&self) -> &str {
        &self.written.name
    }

    /// Whether it describes a format that many tools write, not a scanner.
    pub fn is_format(&self) -> bool {
        self.written.is_format
    }

    /// The scanner's name for people.
    pub fn title(&self) -> &str {
        &self.written.title
    }

    /// Whether it goes by a name in SARIF.
    pub fn is_called(&self, driver: &str) -> bool {
        let all = self.written.driver_names.iter().map(String::as_str);
        let mut all = all.chain([self.name(), self.title()]);
        all.any(|n| n.eq_ignore_ascii_case(driver))
    }

    /// Where to read about it.
    pub fn homepage(&self) -> &str {
        &self.written.homepage
    }

    /// What its findings are about.
    pub fn kind(&self) -> Kind {
        self.written.kind
    }

    /// What it finds, in the plural.
    pub fn finds(&self) -> &'static str {
        self.kind().finds()
    }

    /// What its results depend on.
    pub fn scope(&self) -> Scope {
        self.written.scope
    }

    /// What does the scanning.
    pub fn engine(&self) -> Engine {
        self.written.engine
    }

    /// Whether it also scans what the commits of a push bring and take away again.
    pub fn history(&self) -> bool {
        self.written.history
    }

    /// The comments that silence it.
    pub fn suppressions(&self) -> &[String] {
        &self.written.suppressions
    }

    /// Where comments that silence it begin in a text, in bytes, rising.
    pub fn silenced_at(&self, text: &str) -> Vec<usize> {
        let all = self
            .silencing
            .get_or_init(|| Arc::new(Markers::of(&self.written)));
        all.places(text)
    }

    /// How its program is called; `None` for one that is built in.
    pub fn program(&self) -> Option<&Program> {
        self.written.program.as_ref()
    }

    /// How its output is read; `None` for one that is built in.
    pub fn output(&self) -> Option<&Output> {
        self.written.output.as_ref()
    }

    /// Where its program comes from.
    pub fn install(&self) -> &Install {
        &self.written.install
    }

    /// What it was tested with.
    pub fn tested(&self) -> Option<&Tested> {
        self.written.tested.as_ref()
    }

    /// How long one run may take.
    pub fn timeout(&self) -> Duration {
        let seconds = self.program().map(|p| p.timeout);
        Duration::from_secs(seconds.unwrap_or_else(program::default_timeout))
    }

    /// How its results are loaded from a server.
    pub fn load(&self) -> Option<&Load> {
        self.written.load.as_ref()
    }

    /// The files that lines of standard error say could not be read.
    ///
    /// Each with the line; no file where the expression has no group for it.
    pub fn unread_files<'t>(
        &'t self,
        stderr: &'t str,
    ) -> impl Iterator<Item = (Option<&'t str>, &'t str)> {
        stderr.lines().filter_map(|line| {
            let found = self
                .expressions()
                .error_lines
                .iter()
                .find_map(|p| p.captures(line))?;
            Some((found.get(1).map(|g| g.as_str()), line))
        })
    }

    /// The version in what the program printed.
    pub fn version_in(&self, printed: &str) -> Option<String> {
        let found = self.expressions().version.as_ref()?.captures(printed)?;
        Some(found.get(1)?.as_str().to_owned())
    }

    /// The version of the vulnerability database in what the program printed.
    pub fn database_in(&self, printed: &str) -> Option<String> {
        let found = self.expressions().database.as_ref()?.captures(printed)?;
        Some(found.get(1)?.as_str().to_owned())
    }

    /// All that can alter results, as text.
    pub fn digest_text(&self) -> String {
        serde_json::to_string(&self.written).expect("a descriptor is plain data")
    }
}

/// A tool's name as one of a scanner.
pub fn scanner_name(tool: &str) -> String {
    let plain = tool
        .trim()
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_lowercase(),
            false => '-',
        });
    let name: String = plain.take(64).collect();
    match name.trim_matches('-') {
        "" => "unknown".to_owned(),
        name => name.to_owned(),
    }
}
