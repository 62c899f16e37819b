//! A project's own rules, `.newgate/rules/*.yml`: read and checked. They are written as ast-grep's are, with what
//! newgate's own say under `metadata`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ast_grep_config::Severity;
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::dialect::Dialect;
use super::rule::{Rule, RuleFault, Written, metadata, written};
use crate::model::RepoPath;

/// Longest file of rules, in bytes.
const LONGEST: usize = 64 * 1024;
/// Most rules of a project.
const MOST: usize = 200;
/// Longest pattern for paths, in bytes.
const LONGEST_GLOB: usize = 200;

/// What a rule may say, besides what stands under `metadata`.
const KEYS: [&str; 16] = [
    "id",
    "language",
    "severity",
    "message",
    "note",
    "url",
    "metadata",
    "rule",
    "constraints",
    "utils",
    "transform",
    "fix",
    "rewriters",
    "labels",
    "files",
    "ignores",
];
/// What newgate reads under `metadata`.
const METADATA: [&str; 17] = [
    "title", "cwe", "score", "built", "unknown", "handed", "unshaped", "reason", "follow", "shape",
    "needs", "except", "bound", "host", "clean", "words", "same-as",
];

/// A mistake in a file of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleMistake {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for RuleMistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A project's own rules.
#[derive(Debug, Default)]
pub struct OwnRules {
    rules: Vec<OwnRule>,
    /// The number of the rule that took too long, from 1: none of them is run again by this process.
    pub(super) slow: AtomicUsize,
}

struct OwnRule {
    id: String,
    /// Its number among the project's, from 1.
    number: usize,
    /// The file, and the line where the rule begins.
    place: (String, usize),
    dialect: Dialect,
    written: Written,
    /// The lists of words of which one each must be in a file.
    words: Vec<Vec<String>>,
    files: Option<GlobSet>,
    ignores: Option<GlobSet>,
    /// By dialect; none where the rule cannot find anything in it.
    compiled: [OnceLock<Option<Rule>>; Dialect::ALL.len()],
}

impl std::fmt::Debug for OwnRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OwnRule").field(&self.id).finish()
    }
}

/// Whether a file in the folder of rules holds rules: YAML that is no examples.
pub fn is_rule_file(path: &str) -> bool {
    (path.ends_with(".yml") || path.ends_with(".yaml")) && !is_example_file(path)
}

/// Whether a file in the folder of rules holds examples for one: `NAME.test.yml`, or ast-grep's `NAME-test.yml`.
pub(super) fn is_example_file(path: &str) -> bool {
    let stem = path
        .strip_suffix(".yml")
        .or_else(|| path.strip_suffix(".yaml"));
    stem.is_some_and(|s| s.ends_with(".test") || s.ends_with("-test"))
}

impl OwnRules {
    /// Reads files of rules, given as paths and contents. The last result is remembered, so that rules are compiled
    /// once.
    ///
    /// # Errors
    /// All mistakes in them, in the order of the files.
    pub fn of<'f>(
        files: impl Iterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<Arc<OwnRules>, Vec<RuleMistake>> {
        static LAST: Mutex<Option<(blake3::Hash, Arc<OwnRules>)>> = Mutex::new(None);
        let files: Vec<(&str, &[u8])> = files.filter(|(path, _)| is_rule_file(path)).collect();
        let mut hash = blake3::Hasher::new();
        for (path, content) in &files {
            hash.update(&path.len().to_le_bytes());
            hash.update(path.as_bytes());
            hash.update(&content.len().to_le_bytes());
            hash.update(content);
        }
        let hash = hash.finalize();
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = last.as_ref().filter(|(known, _)| *known == hash) {
            return Ok(known.clone());
        }
        let rules = Arc::new(OwnRules::read(&files)?);
        *last = Some((hash, rules.clone()));
        Ok(rules)
    }

    fn read(files: &[(&str, &[u8])]) -> Result<OwnRules, Vec<RuleMistake>> {
        let mut rules: Vec<OwnRule> = Vec::new();
        let mut mistakes = Vec::new();
        for (path, content) in files {
            let mut wrong = |line, what: String| {
                let path = (*path).to_owned();
                mistakes.push(RuleMistake { path, line, what });
            };
            if content.len() > LONGEST {
                let most = LONGEST / 1024;
                wrong(1, format!("it is longer than {most} KiB: split it"));
                continue;
            }
            let Ok(text) = std::str::from_utf8(content) else {
                wrong(1, "it is not UTF-8".into());
                continue;
            };
            for (line, document) in documents(text) {
                let mut rule = match OwnRule::read(path, line, document) {
                    Ok(rule) => rule,
                    Err(all) => {
                        all.into_iter().for_each(|(line, what)| wrong(line, what));
                        continue;
                    }
                };
                let same = |r: &&OwnRule| {
                    r.id == rule.id && r.dialect.language() == rule.dialect.language()
                };
                if let Some(other) = rules.iter().find(same) {
                    let (path, at) = &other.place;
                    let what = format!("the rule `{}` already exists, in {path}:{at}", rule.id);
                    wrong(line, what);
                } else if rules.len() >= MOST {
                    wrong(line, format!("there are more than {MOST} rules"));
                    break;
                } else {
                    rule.number = rules.len() + 1;
                    rules.push(rule);
                }
            }
        }
        match mistakes.is_empty() {
            true => Ok(OwnRules {
                rules,
                slow: AtomicUsize::new(0),
            }),
            false => Err(mistakes),
        }
    }

    /// What is known of each: its name, language, score, title, and file with line.
    pub fn listed(&self) -> Vec<OwnFacts> {
        let of = |rule: &OwnRule| {
            let made = rule.in_dialect(rule.dialect)?;
            Some(OwnFacts {
                id: rule.id.clone(),
                language: rule.dialect.name(),
                title: made.title.clone(),
                score: made.score.value(),
                place: format!("{}:{}", rule.place.0, rule.place.1),
            })
        };
        self.rules.iter().filter_map(of).collect()
    }

    /// Whether there may be one for a file of this dialect.
    pub(super) fn has(&self, dialect: Dialect) -> bool {
        self.rules.iter().any(|r| r.is_for(dialect))
    }

    /// The rules that may find something in a file. `anywhere` leaves out what they say of paths.
    pub(super) fn that_may_find(
        &self,
        dialect: Dialect,
        path: &RepoPath,
        text: &str,
        anywhere: bool,
    ) -> Vec<&Rule> {
        let has_words = |r: &OwnRule| r.words.iter().all(|l| l.iter().any(|w| text.contains(w)));
        let fits = |set: &GlobSet| path.as_str().is_some_and(|p| set.is_match(p));
        let fits_path = |r: &OwnRule| {
            anywhere || r.files.as_ref().is_none_or(fits) && !r.ignores.as_ref().is_some_and(fits)
        };
        let all = self.rules.iter();
        let all = all.filter(|r| r.is_for(dialect) && fits_path(r) && has_words(r));
        all.filter_map(|r| r.in_dialect(dialect)).collect()
    }

    /// How a rule is named to people, by its number from 1.
    pub(super) fn name(&self, number: usize) -> String {
        let rule = number.checked_sub(1).and_then(|i| self.rules.get(i));
        rule.map_or("a rule of the project".to_owned(), |r| {
            format!("the rule `{}` ({}:{})", r.id, r.place.0, r.place.1)
        })
    }

    /// The rule that took too long, if one did.
    pub(super) fn too_slow(&self) -> Option<String> {
        match self.slow.load(Ordering::Relaxed) {
            0 => None,
            number => Some(self.name(number)),
        }
    }

    /// Whether a rule has a name.
    pub(super) fn dialects_of(&self, id: &str) -> Vec<Dialect> {
        let named = self.rules.iter().filter(|r| r.id == id);
        named.map(|r| r.dialect).collect()
    }
}

/// What people see of a project's rule.
#[derive(Clone, Debug)]
pub struct OwnFacts {
    /// Its name.
    pub id: String,
    /// Its language.
    pub language: &'static str,
    /// What it finds.
    pub title: String,
    /// The severity.
    pub score: f64,
    /// Its file and line.
    pub place: String,
}

/// The documents of a file of YAML, each with its first line, from 1. `---` at the begin of a line parts them,
/// which nothing in a document can begin a line with.
fn documents(text: &str) -> Vec<(usize, &str)> {
    let mut all = Vec::new();
    let (mut start, mut first) = (0, 1);
    let mut at = 0;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let parts = line.trim_end() == "---" || line.starts_with("--- ");
        if parts {
            all.push((first, text.get(start..at).unwrap_or_default()));
            (start, first) = (at + line.len(), number + 1);
        }
        at += line.len();
    }
    all.push((first, text.get(start..).unwrap_or_default()));
    let says = |text: &str| {
        let mut lines = text.lines().map(str::trim);
        lines.any(|l| !l.is_empty() && !l.starts_with('#'))
    };
    all.retain(|(_, document)| says(document));
    all
}

/// The keys of a mapping in block style, with their lines from 0: those at the begin of a line, or those that are
/// one step below a key.
fn keys<'t>(document: &'t str, below: Option<&str>) -> Vec<(usize, &'t str)> {
    let mut all = Vec::new();
    let (mut inside, mut step) = (below.is_none(), below.is_none().then_some(0));
    for (number, line) in document.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with(['#', '-']) {
            continue;
        }
        let Some((key, _)) = trimmed.split_once(':') else {
            continue;
        };
        if indent == 0
            && let Some(wanted) = below
        {
            inside = key == wanted;
            continue;
        }
        if inside && *step.get_or_insert(indent) == indent {
            all.push((number, key.trim_matches(['"', '\''])));
        }
    }
    all
}

/// The keys of a rule that are none, with their lines in the file. `top` are those at the begin of a line.
fn unknown_keys(document: &str, top: &[(usize, &str)], first: usize) -> Vec<(usize, String)> {
    let mut mistakes = Vec::new();
    for (line, key) in top {
        if !KEYS.contains(key) {
            let near = near(key, &KEYS).filter(|(distance, _)| *distance <= 2);
            let near = near.map_or(String::new(), |(_, n)| format!(": did you mean `{n}`?"));
            mistakes.push((
                first + line,
                format!("`{key}` is not a key of a rule{near}"),
            ));
        }
    }
    for (line, key) in keys(document, Some("metadata")) {
        // ast-grep leaves `metadata` to everybody: only letters that changed places, are missing or too many are
        // a mistake.
        let near = near(key, &METADATA).filter(|(d, n)| *d == 1 && is_slip(key, n));
        if let Some((_, near)) = near {
            let what = format!("`{key}` is not a key of `metadata`: did you mean `{near}`?");
            mistakes.push((first + line, what));
        }
    }
    mistakes
}

impl OwnRule {
    /// Reads a rule; the mistakes have lines of the file.
    fn read(path: &str, first: usize, document: &str) -> Result<OwnRule, Vec<(usize, String)>> {
        let top = keys(document, None);
        let mut mistakes = unknown_keys(document, &top, first);
        let line_of = |key: &str| {
            let found = top.iter().find(|(_, k)| *k == key);
            found.map_or(first, |(line, _)| first + line)
        };
        let rule = match written(document) {
            Ok(rule) => rule,
            Err(e) => {
                if mistakes.is_empty() {
                    let line = e.line.map_or(first, |line| first + line - 1);
                    mistakes.push((line, e.what));
                }
                return Err(mistakes);
            }
        };
        let mut need = |key: &str, is: bool, what: &str| {
            if !is {
                mistakes.push((line_of(key), what.to_owned()));
            }
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        need(
            "id",
            !rule.id.is_empty() && rule.id.chars().all(plain),
            "a rule needs an `id` of letters, digits, `-`, `_`, `.` and `/`",
        );
        need(
            "message",
            !rule.message.trim().is_empty(),
            "a rule needs a `message`",
        );
        let is_page = rule.url.as_ref().is_none_or(|u| u.starts_with("https://"));
        need("url", is_page, "`url` must begin with `https://`");
        let mut globs = |key: &str, written: Option<serde_json::Value>| {
            let made = written.map(|w| glob_set(&w)).transpose();
            made.unwrap_or_else(|why| {
                mistakes.push((line_of(key), format!("`{key}`: {why}")));
                None
            })
        };
        let files = globs("files", rule.files.as_ref().map(json));
        let ignores = globs("ignores", rule.ignores.as_ref().map(json));
        let words = match metadata(&rule) {
            Ok(stated) => stated.words,
            Err(what) => {
                mistakes.push((line_of("metadata"), what));
                Vec::new()
            }
        };
        let dialect = rule.language;
        let compiled = Rule::compile(rule.clone(), dialect);
        if let Err(RuleFault { key, what }) = compiled.and_then(|made| made.check()) {
            mistakes.push((line_of(key), what));
        }
        // A rule for itself is said to be wrong once.
        mistakes.sort();
        mistakes.dedup();
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(OwnRule {
            id: rule.id.clone(),
            number: 0,
            place: (path.to_owned(), first.max(line_of("id"))),
            dialect,
            written: rule,
            words,
            files,
            ignores,
            compiled: Default::default(),
        })
    }

    /// Whether it may find something in a file of a dialect: a rule for JavaScript is one for TypeScript too.
    fn is_for(&self, dialect: Dialect) -> bool {
        let is_off = self.written.severity == Severity::Off;
        !is_off
            && match self.dialect {
                Dialect::JavaScript => self.dialect.language() == dialect.language(),
                Dialect::TypeScript => matches!(dialect, Dialect::TypeScript | Dialect::Tsx),
                own => own == dialect,
            }
    }

    /// The rule for a dialect; none where its pattern is no code of that dialect.
    fn in_dialect(&self, dialect: Dialect) -> Option<&Rule> {
        let slot = self.compiled.get(dialect as usize)?;
        let made = slot.get_or_init(|| {
            let mut rule = Rule::compile(self.written.clone(), dialect).ok()?;
            rule.own = self.number;
            Some(rule)
        });
        made.as_ref()
    }
}

/// The key that is nearest to one, and how far it is.
fn near<'k>(key: &str, known: &[&'k str]) -> Option<(usize, &'k str)> {
    let all = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(k, key), *k));
    all.min()
}

/// Whether a word has the letters of another in another order, or one more or less.
fn is_slip(one: &str, other: &str) -> bool {
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    one.len() != other.len() || letters(one) == letters(other)
}

fn json(written: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(written).unwrap_or_default()
}

/// Patterns for paths, each a text or a table with `glob`.
fn glob_set(written: &serde_json::Value) -> Result<GlobSet, String> {
    let mut all = GlobSetBuilder::new();
    for one in written.as_array().into_iter().flatten() {
        let text = one.as_str().or_else(|| one.get("glob")?.as_str());
        let text = text.ok_or("a path pattern must be a string")?;
        if text.len() > LONGEST_GLOB {
            return Err(format!("a pattern is longer than {LONGEST_GLOB} bytes"));
        }
        all.add(Glob::new(text).map_err(|e| e.to_string())?);
    }
    all.build().map_err(|e| e.to_string())
}
