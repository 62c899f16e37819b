//! A scanner as data: what a TOML descriptor says of it.

use std::collections::BTreeMap;
use std::time::Duration;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::{Kind, Score};

/// What part of a tree a scanner's results depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The results for a file depend on that file alone.
    File,
}

/// What does the scanning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// A program of its own.
    #[default]
    Program,
    /// The secrets scanner inside newgate.
    Secrets,
}

/// The format of a scanner's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// SARIF 2.1.0.
    Sarif,
    /// JSON, read through the jq filter of the descriptor.
    Json,
}

/// A file of the scanner's own configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigFile {
    /// Its path in the repository.
    pub file: String,
    /// The arguments that name it, in place of `{config}`.
    pub args: Vec<String>,
    /// A text that the file must contain to count, such as a table of a shared file.
    #[serde(default)]
    pub containing: Option<String>,
}

/// How the program is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Program {
    /// The program and its arguments. `{files}` stands for the files, `{config}` for the arguments
    /// of the first configuration file that the target has, or of `no-config`.
    pub command: Vec<String>,
    /// The arguments that make it print its version.
    pub version: Vec<String>,
    /// A regular expression whose first group is the version in what it prints.
    pub version_pattern: String,
    /// Exit codes that mean that it ran to its end, with or without findings.
    pub exit_ok: Vec<i32>,
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
    /// Whether it executes code of the repository.
    #[serde(default)]
    pub runs_repository_code: bool,
}

fn default_timeout() -> u64 {
    300
}

fn default_batch() -> u64 {
    96
}

/// How the output is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Output {
    /// Its format.
    pub format: Format,
    /// The jq filter for JSON.
    #[serde(default)]
    pub filter: Option<String>,
    /// A jq filter that is true for a report of this scanner, to recognise a file.
    #[serde(default)]
    pub detect: Option<String>,
    /// Whether the filter lists every file that was scanned, so that one that is missing is known.
    #[serde(default)]
    pub lists_scanned: bool,
    /// Rules that mean that a file could not be read; they are no findings.
    #[serde(default)]
    pub error_rules: Vec<String>,
    /// Regular expressions for lines of standard error that mean that a file could not be read;
    /// the first group is the file.
    #[serde(default)]
    pub error_lines: Vec<String>,
}

/// What is known of one rule besides what the scanner says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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

/// A score for some messages of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct When {
    /// A regular expression for the message.
    pub message: String,
    /// The score.
    pub score: Score,
}

/// A rule that stands for this scanner's rules across scanners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Alias {
    /// A regular expression for the whole rule id.
    rule: String,
    /// The canonical rule, with `$1` for groups.
    means: String,
}

/// Where the program comes from, pinned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Install {
    /// The requirement for pip (`bandit[sarif]==1.9.4`).
    #[serde(default)]
    pub pypi: Option<String>,
}

/// A descriptor as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: String,
    title: String,
    homepage: String,
    kind: Kind,
    scope: Scope,
    #[serde(default)]
    engine: Engine,
    #[serde(default)]
    history: bool,
    files: Vec<String>,
    #[serde(default)]
    interpreters: Vec<String>,
    #[serde(default)]
    suppressions: Vec<String>,
    #[serde(default)]
    program: Option<Program>,
    #[serde(default)]
    output: Option<Output>,
    #[serde(default)]
    severity: BTreeMap<String, Score>,
    #[serde(default)]
    alias: Vec<Alias>,
    #[serde(default)]
    rules: BTreeMap<String, RuleData>,
    #[serde(default)]
    install: Install,
}

/// A scanner's descriptor, checked.
#[derive(Clone, Debug)]
pub struct Descriptor {
    written: Written,
    globs: GlobSet,
    aliases: Vec<(Regex, String)>,
    secrets: BTreeMap<String, Regex>,
    when: BTreeMap<String, Vec<(Regex, Score)>>,
    error_lines: Vec<Regex>,
    version_pattern: Option<Regex>,
}

impl Descriptor {
    /// Reads a descriptor. `place` names the file in errors.
    ///
    /// # Errors
    /// It is not TOML, has an unknown or missing field, or an expression that does not compile.
    pub fn parse(text: &str, place: &str) -> Result<Descriptor> {
        let wrong = |what: String| {
            Error::new(
                ErrorKind::Config,
                format!("scanner descriptor `{place}`: {what}"),
            )
            .hint("`docs/scanners.md` lists the fields of a descriptor")
        };
        let written: Written = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let compile = |pattern: &str, what: &str| {
            Regex::new(pattern).map_err(|e| wrong(format!("{what}: {e}")))
        };
        let mut globs = GlobSetBuilder::new();
        for glob in &written.files {
            let any_folder = if glob.contains('/') {
                glob.clone()
            } else {
                format!("**/{glob}")
            };
            let built = GlobBuilder::new(&any_folder)
                .literal_separator(true)
                .build()
                .map_err(|e| wrong(format!("`files`: {e}")))?;
            globs.add(built);
        }
        let mut aliases = Vec::new();
        for alias in &written.alias {
            let pattern = compile(&format!("^(?:{})$", alias.rule), "`alias`")?;
            aliases.push((pattern, alias.means.clone()));
        }
        let mut secrets = BTreeMap::new();
        let mut when: BTreeMap<String, Vec<(Regex, Score)>> = BTreeMap::new();
        for (rule, data) in &written.rules {
            for case in &data.when {
                let pattern = compile(&case.message, "`when`")?;
                when.entry(rule.clone())
                    .or_default()
                    .push((pattern, case.score));
            }
            if let Some(pattern) = &data.secret {
                secrets.insert(rule.clone(), compile(pattern, "`secret`")?);
            }
        }
        let mut error_lines = Vec::new();
        for pattern in written.output.iter().flat_map(|o| &o.error_lines) {
            error_lines.push(compile(pattern, "`error-lines`")?);
        }
        let version_pattern = match &written.program {
            Some(program) => Some(compile(&program.version_pattern, "`version-pattern`")?),
            None => None,
        };
        if written.engine == Engine::Program {
            let Some(program) = &written.program else {
                return Err(wrong("a table `[program]` is missing".into()));
            };
            if !program.command.iter().any(|a| a == "{files}") {
                return Err(wrong("`command` has no argument `{files}`".into()));
            }
            match &written.output {
                None => return Err(wrong("a table `[output]` is missing".into())),
                Some(Output {
                    format: Format::Json,
                    filter: None,
                    ..
                }) => {
                    return Err(wrong("the format `json` needs a `filter`".into()));
                }
                Some(_) => {}
            }
        }
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
            globs: globs.build().map_err(|e| wrong(e.to_string()))?,
            written,
            aliases,
            secrets,
            when,
            error_lines,
            version_pattern,
        })
    }

    /// A descriptor for a report of a tool that the catalogue does not know.
    pub fn generic(name: &str) -> Descriptor {
        let name: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        Descriptor {
            written: Written {
                title: name.clone(),
                name,
                homepage: String::new(),
                kind: Kind::Code,
                scope: Scope::File,
                engine: Engine::Program,
                history: false,
                files: Vec::new(),
                interpreters: Vec::new(),
                suppressions: Vec::new(),
                program: None,
                output: None,
                severity: BTreeMap::new(),
                alias: Vec::new(),
                rules: BTreeMap::new(),
                install: Install::default(),
            },
            globs: GlobSet::empty(),
            aliases: Vec::new(),
            secrets: BTreeMap::new(),
            when: BTreeMap::new(),
            error_lines: Vec::new(),
            version_pattern: None,
        }
    }

    /// The scanner's name, as configuration and reports write it.
    pub fn name(&self) -> &str {
        &self.written.name
    }

    /// The scanner's name for people.
    pub fn title(&self) -> &str {
        &self.written.title
    }

    /// Where to read about it.
    pub fn homepage(&self) -> &str {
        &self.written.homepage
    }

    /// What its findings are about.
    pub fn kind(&self) -> Kind {
        self.written.kind
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

    /// Its table of severities: the scanner's word, with `/` and its confidence where that counts.
    pub fn severities(&self) -> &BTreeMap<String, Score> {
        &self.written.severity
    }

    /// How long one run may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.program().map_or_else(default_timeout, |p| p.timeout))
    }

    /// Whether a file's name is one of its files.
    pub fn matches_name(&self, path: &[u8]) -> bool {
        use std::os::unix::ffi::OsStrExt;
        self.globs
            .is_match(std::path::Path::new(std::ffi::OsStr::from_bytes(path)))
    }

    /// Whether a file's first line names one of its interpreters.
    pub fn matches_interpreter(&self, content: &[u8]) -> bool {
        let Some(line) = content
            .strip_prefix(b"#!")
            .and_then(|c| c.split(|b| *b == b'\n').next())
        else {
            return false;
        };
        let line = String::from_utf8_lossy(&line[..line.len().min(256)]).into_owned();
        line.split_whitespace().any(|word| {
            let program = word.rsplit('/').next().unwrap_or(word);
            let base = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            self.interpreters()
                .iter()
                .any(|i| i == program || i == base)
        })
    }

    /// The rule that stands for a rule of this scanner across scanners.
    pub fn canonical(&self, rule: &str) -> String {
        for (pattern, means) in &self.aliases {
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

    /// The expression whose first group is a secret in a rule's messages.
    pub fn secret_in_message(&self, rule: &str) -> Option<&Regex> {
        self.secrets.get(rule)
    }

    /// The score that is known of a rule, whatever the scanner says of its severity.
    pub fn score_of_rule(&self, rule: &str, message: &str) -> Option<Score> {
        let cases = self.when.get(rule).into_iter().flatten();
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
    pub fn unread_files<'t>(&'t self, stderr: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
        stderr.lines().filter_map(|line| {
            let found = self.error_lines.iter().find_map(|p| p.captures(line))?;
            Some((found.get(1)?.as_str(), line))
        })
    }

    /// The version in what the program printed.
    pub fn version_in(&self, printed: &str) -> Option<String> {
        let found = self.version_pattern.as_ref()?.captures(printed)?;
        Some(found.get(1)?.as_str().to_owned())
    }

    /// All that can alter results, as text.
    pub fn digest_text(&self) -> String {
        serde_json::to_string(&self.written).expect("a descriptor is plain data")
    }
}
