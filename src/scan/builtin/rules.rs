//! The rules of the secrets scanner, read from `secrets.toml`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use globset::{Glob, GlobSet, GlobSetBuilder};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;

use super::plain_toml;
use super::value::ends_with_escape;
use crate::model::{RepoPath, Score};

/// The rules as they are written.
const SOURCE: &str = include_str!("secrets.toml");

/// Most memory for the states of one expression in one thread, in bytes.
const DFA_BYTES: usize = 512 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    parts: BTreeMap<String, String>,
    rule: Vec<WrittenRule>,
    allow: Allow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: String,
    title: String,
    score: Score,
    keywords: Vec<String>,
    regex: String,
    entropy: Option<f64>,
    /// The least length of the secret, in bytes.
    #[serde(default)]
    least: usize,
    #[serde(default)]
    multiline: bool,
    /// Its hits are guesses: a looser allow-list counts for them.
    #[serde(default)]
    generic: bool,
    /// The secret must look random.
    #[serde(default)]
    random: bool,
    /// What is long and varied need not look random.
    #[serde(default)]
    varied: bool,
    /// The secret is base64 of a name, a colon and a password.
    #[serde(default)]
    pair: bool,
    /// Names of the files that it is for; all if there are none.
    #[serde(default)]
    paths: Vec<String>,
    /// What the line must hold besides.
    beside: Option<String>,
    fix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Allow {
    values: Vec<String>,
    generic_values: Vec<String>,
    assignments: Vec<String>,
    paths: Vec<String>,
    lines: Vec<String>,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub id: String,
    pub title: String,
    pub score: Score,
    /// The least entropy of the secret, in bits per character.
    pub entropy: Option<f64>,
    /// The least length of the secret, in bytes.
    pub least: usize,
    pub multiline: bool,
    pub generic: bool,
    pub random: bool,
    pub varied: bool,
    pub pair: bool,
    pub fix: String,
    paths: Vec<String>,
    beside: Option<String>,
    /// As it is written, with names of parts.
    pattern: String,
    parts: Arc<BTreeMap<String, String>>,
    compiled: OnceLock<Compiled>,
    globs: OnceLock<GlobSet>,
    compiled_beside: OnceLock<Regex>,
}

/// A rule's expression, ready for a search.
#[derive(Debug)]
struct Compiled {
    regex: Regex,
    /// The bytes that must not be before the secret, if there are some.
    before: Option<Box<[bool; 256]>>,
}

impl Rule {
    /// The expression; compiled when a keyword of the rule is first met.
    pub(super) fn regex(&self) -> &Regex {
        &self.compiled().regex
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let mut whole = self.pattern.clone();
            for (name, part) in self.parts.iter() {
                whole = whole.replace(&format!("{{{{{name}}}}}"), part);
            }
            let (pattern, before) = without_bound(&whole);
            let regex = expression(&pattern);
            Compiled { regex, before }
        })
    }

    /// Whether the rule is for a file; without a path, those for all files are.
    pub(super) fn is_for(&self, path: Option<&RepoPath>) -> bool {
        self.paths.is_empty()
            || path.is_some_and(|path| {
                let globs = self.globs.get_or_init(|| globs(&self.paths));
                globs.is_match(path.to_string())
            })
    }

    /// Whether the rule is for files of certain names only.
    pub(super) fn is_for_some(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Whether a secret that begins after a text is whole, and not the end of a longer word.
    pub(super) fn begins_behind(&self, text: &[u8]) -> bool {
        let (Some(before), Some(last)) = (&self.compiled().before, text.last()) else {
            return true;
        };
        !before[usize::from(*last)] || ends_with_escape(text)
    }

    /// Whether a line holds what must be next to the secret.
    pub(super) fn fits(&self, line: &[u8]) -> bool {
        self.beside.as_ref().is_none_or(|pattern| {
            let beside = self.compiled_beside.get_or_init(|| expression(pattern));
            beside.is_match(line)
        })
    }
}

fn expression(pattern: &str) -> Regex {
    RegexBuilder::new(pattern)
        .unicode(false)
        // Each thread keeps the states of each rule that it has met.
        .dfa_size_limit(DFA_BYTES)
        .build()
        .expect("a test compiles every rule")
}

fn globs(patterns: &[String]) -> GlobSet {
    let mut globs = GlobSetBuilder::new();
    for glob in patterns {
        globs.add(Glob::new(glob).expect("a test compiles every glob"));
    }
    globs.build().expect("a test compiles every glob")
}

/// The bytes of a class of single bytes and ranges, without escapes. To compile an expression for each
/// rule would cost more than all else on the way to a verdict.
fn members(class: &str) -> Box<[bool; 256]> {
    let mut members = Box::new([false; 256]);
    let mut rest = class.as_bytes();
    while let [first, after @ ..] = rest {
        let (last, after) = match after {
            [b'-', last, after @ ..] => (last, after),
            _ => (first, after),
        };
        for byte in *first..=*last {
            members[usize::from(byte)] = true;
        }
        rest = after;
    }
    members
}

/// Takes the condition on what is before the secret from the beginning of a pattern: a word boundary, or a class that
/// it must not be of. An expression can't tell an escape from a letter, and would eat what is between two secrets.
fn without_bound(pattern: &str) -> (String, Option<Box<[bool; 256]>>) {
    let end = |rest: &str| match rest.strip_suffix(r")\b") {
        Some(rest) => format!("{rest})(?:[^0-9A-Za-z]|$)"),
        None => rest.to_owned(),
    };
    if let Some(rest) = pattern.strip_prefix(r"\b(") {
        return (end(&format!("({rest}")), Some(members("0-9A-Za-z")));
    }
    let class = pattern.strip_prefix("(?:^|[^");
    if let Some((class, rest)) = class.and_then(|c| c.split_once("])("))
        && !class.contains(']')
    {
        return (end(&format!("({rest}")), Some(members(class)));
    }
    (end(pattern), None)
}

/// All rules, ready for a search.
#[derive(Debug)]
pub(super) struct Rules {
    pub rules: Vec<Rule>,
    keywords: Vec<String>,
    /// Finds the keywords of all rules: the first is made quickly, the second searches quickly.
    automata: [OnceLock<AhoCorasick>; 2],
    /// How many bytes were searched.
    searched: AtomicU64,
    /// The rules of each keyword.
    pub by_keyword: Vec<Vec<usize>>,
    /// The rules that read all of the files that they are for.
    pub without_keyword: Vec<usize>,
    allow: Allow,
    values: OnceLock<RegexSet>,
    generic_values: OnceLock<RegexSet>,
    assignments: OnceLock<RegexSet>,
    lines: OnceLock<RegexSet>,
    paths: OnceLock<GlobSet>,
}

impl std::fmt::Debug for Allow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Allow(..)")
    }
}

fn set(patterns: &[String]) -> RegexSet {
    RegexSetBuilder::new(patterns)
        .unicode(false)
        .case_insensitive(true)
        .build()
        .expect("a test compiles every pattern")
}

impl Rules {
    pub(super) fn built_in() -> Rules {
        let read = plain_toml::read(SOURCE).expect("a test reads the rules");
        let written: Written = serde_json::from_value(read).expect("a test reads the rules");
        let mut keywords: Vec<String> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut by_keyword: Vec<Vec<usize>> = Vec::new();
        let mut without_keyword = Vec::new();
        for (index, rule) in written.rule.iter().enumerate() {
            if rule.keywords.is_empty() {
                without_keyword.push(index);
            }
            for keyword in &rule.keywords {
                let next = places.len();
                let at = *places.entry(keyword.as_str()).or_insert(next);
                match by_keyword.get_mut(at) {
                    Some(rules) => rules.push(index),
                    None => {
                        keywords.push(keyword.clone());
                        by_keyword.push(vec![index]);
                    }
                }
            }
        }
        let parts = Arc::new(written.parts);
        let rules = written.rule.into_iter().map(|r| Rule {
            id: r.id,
            title: r.title,
            score: r.score,
            entropy: r.entropy,
            least: r.least,
            multiline: r.multiline,
            generic: r.generic,
            random: r.random,
            varied: r.varied,
            pair: r.pair,
            fix: r.fix,
            paths: r.paths,
            beside: r.beside,
            pattern: r.regex,
            parts: Arc::clone(&parts),
            compiled: OnceLock::new(),
            globs: OnceLock::new(),
            compiled_beside: OnceLock::new(),
        });
        Rules {
            rules: rules.collect(),
            keywords,
            automata: [OnceLock::new(), OnceLock::new()],
            searched: AtomicU64::new(0),
            by_keyword,
            without_keyword,
            allow: written.allow,
            values: OnceLock::new(),
            generic_values: OnceLock::new(),
            assignments: OnceLock::new(),
            lines: OnceLock::new(),
            paths: OnceLock::new(),
        }
    }

    /// Whether a short text holds no keyword, asked while there is no automaton: to make one costs a hundred
    /// times as much as to look at a few lines for each keyword.
    pub(super) fn is_idle(&self, content: &[u8]) -> bool {
        const SHORT: usize = 1_024;
        if content.len() > SHORT || self.automata.iter().any(|a| a.get().is_some()) {
            return false;
        }
        let text = content.to_ascii_lowercase();
        let mut keywords = self.keywords.iter();
        !keywords.any(|k| memchr::memmem::find(&text, k.as_bytes()).is_some())
    }

    /// The automaton for the next search. One that searches three times as fast takes three times as
    /// long to make, which pays from some megabytes on.
    pub(super) fn automaton(&self, bytes: usize) -> &AhoCorasick {
        const MUCH: u64 = 2 * 1024 * 1024;
        let before = self.searched.fetch_add(bytes as u64, Ordering::Relaxed);
        let much = before + bytes as u64 > MUCH;
        let kind = match much {
            true => AhoCorasickKind::DFA,
            false => AhoCorasickKind::ContiguousNFA,
        };
        self.automata[usize::from(much)].get_or_init(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(kind))
                .build(&self.keywords)
                .expect("keywords are few and short")
        })
    }

    /// Whether what a rule found is known to be none: a placeholder, a documented example, a digest.
    /// `assignment` is the secret with the name that it is given.
    pub(super) fn allows(
        &self,
        rule: &Rule,
        secret: &[u8],
        assignment: &[u8],
        line: &[u8],
    ) -> bool {
        let values = self.values.get_or_init(|| set(&self.allow.values));
        let generic = || {
            let lines = self.lines.get_or_init(|| set(&self.allow.lines));
            let assignments = || {
                let assignments = &self.allow.assignments;
                self.assignments.get_or_init(|| set(assignments))
            };
            let values = || {
                self.generic_values
                    .get_or_init(|| set(&self.allow.generic_values))
            };
            lines.is_match(line) || values().is_match(secret) || assignments().is_match(assignment)
        };
        values.is_match(secret) || rule.generic && generic()
    }

    /// Whether generic rules do not read a file: what looks random there is a digest.
    pub(super) fn skips_generic(&self, path: &RepoPath) -> bool {
        let paths = self.paths.get_or_init(|| globs(&self.allow.paths));
        paths.is_match(path.to_string())
    }
}

/// Whether a text holds a keyword of any rule, without reading the rules, which would cost more than all else
/// of a push that was checked before.
pub(super) fn holds_keyword(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let found = |keyword: &str| memchr::memmem::find(text.as_bytes(), keyword.as_bytes()).is_some();
    written_keywords().any(|k| found(&k))
}

/// The keywords as they are written in each rule's line; a test compares them with what the rules have.
fn written_keywords() -> impl Iterator<Item = Cow<'static, str>> {
    let lines = SOURCE
        .lines()
        .filter_map(|l| l.strip_prefix("keywords = ["));
    lines.flat_map(|mut rest| {
        std::iter::from_fn(move || {
            let (_, begun) = rest.split_at_checked(rest.find(['"', '\''])?)?;
            let quote = begun.chars().next()?;
            let begun = begun.get(1..)?;
            let mut escaped = false;
            let end = begun.find(|c| {
                let ends = c == quote && !escaped;
                escaped = quote == '"' && c == '\\' && !escaped;
                ends
            })?;
            let (word, after) = begun.split_at_checked(end)?;
            rest = after.get(1..)?;
            Some(match quote == '"' && word.contains('\\') {
                true => Cow::Owned(word.replace("\\\"", "\"").replace("\\\\", "\\")),
                false => Cow::Borrowed(word),
            })
        })
    })
}

#[cfg(test)]
mod tests;
