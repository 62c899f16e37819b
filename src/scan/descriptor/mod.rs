//! A scanner as data: what a TOML descriptor says of it.

mod expressions;
mod written;
mod yaml;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::Regex;

use crate::error::{Error, ErrorKind};
use crate::model::{Kind, RepoPath, Score, nests_deeply};
use crate::platform::as_path;

use expressions::{Expressions, Markers};
pub(super) use written::Probe;
pub(super) use written::ReportIn;
use written::Written;
pub use written::{
    ConfigList, Engine, Format, GoModule, Install, Load, LoadRequest, MavenArtifacts, Met,
    OtherRules, Output, PassesOver, Program, RuleData, Scope, Tested,
};

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

/// What helps against mistakes in a descriptor.
const HINT: &str = "`newgate config schema scanner` prints all fields of a descriptor";

impl Descriptor {
    /// Reads a descriptor. `place` names the file in errors.
    ///
    /// # Errors
    /// It is not TOML, has an unknown or missing field, or an expression that does not compile.
    pub fn parse(text: &str, place: &str) -> Result<Descriptor, Error> {
        let descriptor = Descriptor::parse_checked(text, place)?;
        let wrong = |what| {
            let text = format!("scanner descriptor `{place}`: {what}");
            Error::new(ErrorKind::Config, text).hint(HINT)
        };
        let expressions = Expressions::compile(&descriptor.written).map_err(wrong)?;
        let _ = descriptor.expressions.set(Arc::new(expressions));
        let silencing = Markers::of(&descriptor.written);
        silencing.check().map_err(wrong)?;
        let _ = descriptor.silencing.set(Arc::new(silencing));
        Ok(descriptor)
    }

    /// Reads one whose expressions are known to compile.
    ///
    /// # Errors
    /// It is not TOML, or has an unknown or missing field.
    pub(super) fn parse_checked(text: &str, place: &str) -> Result<Descriptor, Error> {
        let wrong = |what: String| {
            Error::new(
                ErrorKind::Config,
                format!("scanner descriptor `{place}`: {what}"),
            )
            .hint(HINT)
        };
        let written: Written = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let (not, files): (Vec<String>, Vec<String>) = written
            .files
            .iter()
            .cloned()
            .partition(|g| g.starts_with('!'));
        let not: Vec<String> = not
            .iter()
            .filter_map(|g| g.strip_prefix('!'))
            .map(str::to_owned)
            .collect();
        let not = glob_set(&not).map_err(|e| wrong(format!("`files`: {e}")))?;
        let globs = glob_set(&files).map_err(|e| wrong(format!("`files`: {e}")))?;
        let each = written.program.iter().flat_map(|p| &p.each);
        let each = glob_set(each).map_err(|e| wrong(format!("`each`: {e}")))?;
        check(&written).map_err(wrong)?;
        let plain = |n: &str| {
            n.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if written.name.is_empty() || !plain(&written.name) {
            return Err(wrong(
                "`name` may have lower-case letters, digits and `-`".into(),
            ));
        }
        Ok(Descriptor {
            globs,
            not,
            left_out: GlobSet::empty(),
            each,
            tool: None,
            written,
            expressions: OnceLock::new(),
            silencing: OnceLock::new(),
        })
    }

    /// A descriptor for a report of a tool that the catalogue does not know.
    pub fn generic(name: &str) -> Descriptor {
        let name = scanner_name(name);
        Descriptor {
            written: Written {
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
            },
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

    /// The same without the files whose paths some globs fit (`*` ends at a `/`). Where its results depend on all files that it
    /// reads, `is_run` makes the globs a part of what they are remembered by.
    ///
    /// # Errors
    /// A glob is none.
    pub fn leaving_out(mut self, globs: &[String], is_run: bool) -> Result<Descriptor, String> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let built = GlobBuilder::new(glob).literal_separator(true).build();
            set.add(built.map_err(|e| e.to_string())?);
        }
        self.left_out = set.build().map_err(|e| e.to_string())?;
        if is_run && self.scope() == Scope::Project {
            let globs = globs.iter().map(|glob| format!("!{glob}"));
            self.written.files.extend(globs);
        }
        Ok(self)
    }

    /// Whether it may read a file, by its name: a script without an extension may have its interpreter.
    pub fn may_read(&self, path: &RepoPath) -> bool {
        let is_script = !self.interpreters().is_empty() && path.extension().is_none();
        self.globs().is_empty() || is_script || self.matches_name(path.as_bytes())
    }

    /// Whether the configuration leaves a file out.
    pub fn leaves_out(&self, path: &RepoPath) -> bool {
        self.left_out.is_match(as_path(path.as_bytes()))
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

    /// The globs of its files.
    pub fn globs(&self) -> &[String] {
        &self.written.files
    }

    /// What is known of its rules.
    pub fn rules(&self) -> &BTreeMap<String, RuleData> {
        &self.written.rules
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

    /// The interpreters whose scripts it reads, whatever they are called.
    pub fn interpreters(&self) -> &[String] {
        &self.written.interpreters
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

    /// Its table of severities: the scanner's word, with `/` and its confidence where that counts.
    pub fn severities(&self) -> &BTreeMap<String, Score> {
        &self.written.severity
    }

    /// How long one run may take.
    pub fn timeout(&self) -> Duration {
        let seconds = self.program().map(|p| p.timeout);
        Duration::from_secs(seconds.unwrap_or_else(written::default_timeout))
    }

    /// How its results are loaded from a server.
    pub fn load(&self) -> Option<&Load> {
        self.written.load.as_ref()
    }

    /// Whether a file's name is one of its files.
    pub fn matches_name(&self, path: &[u8]) -> bool {
        self.globs.is_match(as_path(path)) && !self.not.is_match(as_path(path))
    }

    /// Whether it is started once for a file, in the file's folder.
    pub fn starts_for(&self, path: &[u8]) -> bool {
        self.each.is_match(as_path(path))
    }

    /// The extension under which the program is given a file that it would not take by its own name: one
    /// in capitals, or a script that only its first line tells. A file without an extension keeps its name.
    pub fn extension_for(&self, path: &RepoPath) -> Option<String> {
        let own = std::str::from_utf8(path.extension()?).ok()?;
        let lower = own.to_ascii_lowercase();
        let is_listed = |extension: &str| {
            let globs = self.globs().iter().filter_map(|g| g.strip_prefix("*."));
            globs.clone().any(|g| g == extension)
        };
        if self.matches_name(path.as_bytes()) {
            return (own != lower && !is_listed(own) && is_listed(&lower)).then_some(lower);
        }
        let first = self.globs().iter().find_map(|g| g.strip_prefix("*."))?;
        Some(first.to_owned())
    }

    /// Whether a file's first line names one of its interpreters, however it is started: by `env` and its
    /// options, or by a program that runs scripts in an environment of their own.
    pub fn matches_interpreter(&self, content: &[u8]) -> bool {
        let text = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let Some(line) = text
            .strip_prefix(b"#!")
            .and_then(|c| c.split(|b| *b == b'\n').next())
        else {
            return false;
        };
        let line = line.get(..256).unwrap_or(line);
        let line = String::from_utf8_lossy(line).to_lowercase();
        line.split_whitespace().any(|word| {
            let stuck = ["--split-string=", "-vs", "-s"];
            let word = stuck
                .iter()
                .find_map(|o| word.strip_prefix(o))
                .unwrap_or(word);
            let word = word.trim_matches(['"', '\'']);
            let program = word.rsplit(['/', '\\']).next().unwrap_or(word);
            let program = program.strip_suffix(".exe").unwrap_or(program);
            let base = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            self.interpreters()
                .iter()
                .any(|i| i == program || i == base)
        })
    }

    /// The rule that stands for a rule of this scanner across scanners.
    pub fn canonical(&self, rule: &str) -> String {
        for (pattern, means) in &self.expressions().aliases {
            if pattern.is_match(rule) {
                return pattern.replace(rule, means.as_str()).into_owned();
            }
        }
        format!("{}:{rule}", self.name())
    }

    /// What is known of a rule.
    pub fn rule(&self, rule: &str) -> Option<&RuleData> {
        self.written.rules.get(rule)
    }

    /// What is known of the rules that it does not name.
    pub fn other_rules(&self) -> Option<&OtherRules> {
        self.written.other_rules.as_ref()
    }

    /// The score of a rule that it does not name, where the scanner states none.
    pub fn score_of_others(&self, title: &str) -> Option<Score> {
        let other = self.other_rules()?;
        let mut cases = self.expressions().when_other.iter();
        let case = cases.find(|(pattern, _)| pattern.is_match(title));
        case.map(|(_, score)| *score).or(other.score)
    }

    /// The title of a rule that it does not name, where it is made of the rule's id.
    pub fn title_of_others(&self, rule: &str) -> Option<String> {
        let found = self.expressions().title_of_other.as_ref()?.captures(rule)?;
        Some(found.get(1)?.as_str().replace(['-', '_'], " "))
    }

    /// Whether the snippet of a region is the secret, in its SARIF.
    pub fn snippet_is_secret(&self) -> bool {
        self.written.snippet_is_secret
    }

    /// Whether the program leaves a file out because of its name.
    pub(super) fn skips(&self, path: &RepoPath) -> bool {
        let skips = &self.expressions().skips;
        !skips.is_empty() && {
            let path = String::from_utf8_lossy(path.as_bytes());
            skips.iter().any(|s| s.is_match(&path))
        }
    }

    /// Why the program passes over a file without a word; `None` if it reads it.
    pub(super) fn passes_over(&self, path: &RepoPath, content: &[u8]) -> Option<String> {
        let known = self.program()?.passes_over.iter();
        let mut known = known.zip(&self.expressions().passes_over);
        known.find_map(|(said, (globs, patterns))| {
            if !globs.is_match(as_path(path.as_bytes())) {
                return None;
            }
            let text = String::from_utf8_lossy(content);
            if !patterns.iter().all(|p| p.is_match(&text)) {
                return None;
            }
            match said.not_yaml {
                true => yaml::fault(&text).map(|fault| format!("{}: {fault}", said.why)),
                false => Some(said.why.clone()),
            }
        })
    }

    /// The expression whose first group is a secret in a rule's messages.
    pub fn secret_in_message(&self, rule: &str) -> Option<&Regex> {
        self.expressions().secrets.get(rule)
    }

    /// The score that is known of a rule, whatever the scanner says of its severity.
    pub fn score_of_rule(&self, rule: &str, message: &str) -> Option<Score> {
        let cases = self.expressions().when.get(rule).into_iter().flatten();
        let case = cases
            .into_iter()
            .find(|(pattern, _)| pattern.is_match(message));
        case.map(|(_, score)| *score)
            .or_else(|| self.rule(rule)?.score)
    }

    /// The score of the scanner's word for a severity, with its confidence where the table has both.
    pub fn score(&self, level: &str, confidence: Option<&str>) -> Option<Score> {
        let both = confidence.and_then(|c| self.written.severity.get(&format!("{level}/{c}")));
        both.or_else(|| self.written.severity.get(level)).copied()
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

/// Globs of files: one without a `/` fits in any folder, and an extension in capitals too.
fn glob_set<'g>(globs: impl IntoIterator<Item = &'g String>) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        if nests_deeply(glob) {
            return Err("the `{` of a glob are nested too deep".into());
        }
        let any_folder = match glob.contains('/') {
            true => glob.clone(),
            false => format!("**/{glob}"),
        };
        set.add(
            GlobBuilder::new(&any_folder)
                .literal_separator(true)
                .case_insensitive(glob.starts_with("*."))
                .build()
                .map_err(|e| e.to_string())?,
        );
    }
    set.build().map_err(|e| e.to_string())
}

/// What a descriptor must have besides what its fields' types say.
fn check(written: &Written) -> Result<(), String> {
    if let Some(output) = &written.output
        && output.format != Format::Sarif
        && output.filter.is_none()
    {
        return Err("the formats `json` and `xml` need a `filter`".into());
    }
    if matches!(written.engine, Engine::Secrets | Engine::Code) {
        return Ok(());
    }
    let Some(output) = &written.output else {
        return Err("a table `[output]` is missing".into());
    };
    let program = match (&written.program, written.engine) {
        (Some(program), Engine::Program) => program,
        (None, Engine::None) => return Ok(()),
        (None, _) => return Err("a table `[program]` is missing".into()),
        (Some(_), _) => return Err("an `engine` of `none` has no `[program]`".into()),
    };
    if written.files.is_empty() {
        return Err("`files` names no files".into());
    }
    let has = |what: &str| program.command.iter().skip(1).any(|a| a.contains(what));
    let inputs = ["{files}", "{file}", "{stage}"];
    let named = inputs.iter().filter(|i| has(i)).count();
    if named != 1 && program.each.is_empty() {
        return Err("`command` must have one of `{files}`, `{file}` and `{stage}`".into());
    }
    if !program.each.is_empty() && written.scope == Scope::File {
        return Err("`each` is for the scope `project`".into());
    }
    if has("{report}") != (output.from == ReportIn::File) {
        return Err("`{report}` in `command` and `from = \"file\"` belong together".into());
    }
    if let Some(database) = &program.database
        && database.args.is_empty() != database.pattern.is_none()
    {
        return Err("`database` needs both `args` and `pattern`, or neither".into());
    }
    let both = |code: &&i32| program.exit_clean.contains(code);
    if let Some(code) = program.exit_findings.iter().find(both) {
        return Err(format!("{code} is in `exit-clean` and in `exit-findings`"));
    }
    Ok(())
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
