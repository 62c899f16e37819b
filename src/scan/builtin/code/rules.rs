//! The rules, and which of them may find something in a file.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem;

use super::dialect::Dialect;
use super::listed::{GO, JAVA, JAVASCRIPT, Listed, PHP, PYTHON, RUBY};
use super::names::Names;
use super::rule::{Rule, written};
use super::words::WordSearch;

/// The engine and all its rules, for the key of cached results: the version of the engine, and a
/// digest of the rules (a test fails if it is out of date, and prints the new one).
pub(in crate::scan) const REVISION: &str = "engine 20, rules 2db52a50fb6607f2";

/// The rules for a dialect.
pub(super) fn listed(dialect: Dialect) -> Listed {
    match dialect {
        Dialect::Python => PYTHON,
        Dialect::JavaScript | Dialect::TypeScript | Dialect::Tsx => JAVASCRIPT,
        Dialect::Go => GO,
        Dialect::Java => JAVA,
        Dialect::Php => PHP,
        Dialect::Ruby => RUBY,
    }
}

/// The words of a language's rules.
struct Words {
    search: WordSearch,
    /// Searches ten times as fast as the other, and takes a hundred times as long to make.
    fast: OnceLock<AhoCorasick>,
    /// For each rule, the lists of numbers of words: one of each list must be there.
    needed: Vec<Vec<Vec<usize>>>,
}

/// Whether a rule finds nothing but data of a request: it follows a value, and has no score for any other.
fn is_of_request(text: &str) -> bool {
    let says = |key: &str| text.lines().any(|l| l.trim_start().starts_with(key));
    says("follow:") && !says("built:") && !says("unknown:") && !says("written:")
}

/// What a rule's text says under `metadata`.
fn metadata_in(text: &str) -> &str {
    let begin = memmem::find(text.as_bytes(), b"\nmetadata:").unwrap_or(0);
    let rest = text.get(begin..).unwrap_or_default();
    let end = memmem::find(rest.as_bytes(), b"\nrule:").unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// What is known of a dialect.
#[derive(Default)]
struct Known {
    words: OnceLock<Words>,
    /// The rules that were compiled so far, for ever.
    rules: Mutex<BTreeMap<usize, &'static Rule>>,
}

fn known(dialect: Dialect) -> &'static Known {
    static ALL: OnceLock<[Known; 8]> = OnceLock::new();
    &ALL.get_or_init(Default::default)[dialect as usize]
}

/// The rules of which a file has all words, compiled.
///
/// # Errors
/// A rule cannot be compiled, which a test excludes.
pub(super) fn that_may_find(
    dialect: Dialect,
    content: &[u8],
) -> Result<Vec<&'static Rule>, String> {
    let known = known(dialect);
    let listed = listed(dialect);
    let words = known.words.get_or_init(|| Words::of(listed, dialect));
    let mut compiled = known.rules.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = Vec::new();
    let mut there = Vec::new();
    there.resize(words.search.words().len(), false);
    words.search.mark(content, &mut there);
    for index in words.possible(&there) {
        let rule = match compiled.get(&index) {
            Some(rule) => *rule,
            None => {
                let (id, text) = listed.get(index).ok_or("a rule is missing")?;
                // Rules live as long as the process: there are few, and each is compiled once.
                let made = compiled_in(text, dialect).map_err(|e| format!("rule `{id}`: {e}"))?;
                let made: &'static Rule = Box::leak(Box::new(made));
                compiled.insert(index, made);
                made
            }
        };
        all.push(rule);
    }
    Ok(all)
}

/// Whether a content that comes in parts has all words of a rule. `there` is what the parts before it have.
pub(super) fn may_find(dialect: Dialect, part: &[u8], there: &mut Vec<bool>) -> bool {
    let listed = listed(dialect);
    let words = known(dialect)
        .words
        .get_or_init(|| Words::of(listed, dialect));
    let fast = words.fast.get_or_init(|| {
        AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .ascii_case_insensitive(folds(dialect))
            .build(words.search.words())
            .expect("words are short")
    });
    there.resize(words.search.words().len(), false);
    for found in fast.find_overlapping_iter(part) {
        there[found.pattern().as_usize()] = true;
    }
    !words.possible(there).is_empty()
}

/// Makes a rule ready from its text: by ast-grep, where it says more than [`Rule::built_in`] knows.
pub(super) fn compiled_in(text: &str, dialect: Dialect) -> Result<Rule, String> {
    Rule::built_in(text, dialect).or_else(|_| {
        let written = written(text).map_err(|e| e.what)?;
        Rule::compile(written, dialect).map_err(|e| e.what)
    })
}

/// PHP ignores the case of function names.
fn folds(dialect: Dialect) -> bool {
    dialect == Dialect::Php
}

impl Words {
    fn of(listed: Listed, dialect: Dialect) -> Words {
        let of_request = Names::words(dialect);
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut needed = Vec::with_capacity(listed.len());
        for (_, text) in listed {
            let mut lists = Vec::new();
            let mut wanted = words_in(text);
            if is_of_request(metadata_in(text)) {
                wanted.push(of_request.clone());
            }
            for list in wanted {
                let mut list_numbers = Vec::with_capacity(list.len());
                for word in list {
                    let next = numbers.len();
                    list_numbers.push(*numbers.entry(word).or_insert(next));
                }
                lists.push(list_numbers);
            }
            needed.push(lists);
        }
        let mut words = vec![String::new(); numbers.len()];
        for (word, number) in numbers {
            words[number] = word;
        }
        Words {
            search: WordSearch::of(words, folds(dialect)),
            fast: OnceLock::new(),
            needed,
        }
    }

    /// The numbers of the rules that have all their words among those that are there.
    fn possible(&self, there: &[bool]) -> Vec<usize> {
        let has_all = |lists: &&Vec<Vec<usize>>| lists.iter().all(|l| l.iter().any(|w| there[*w]));
        let all = self.needed.iter().enumerate();
        all.filter(|(_, lists)| has_all(lists))
            .map(|(i, _)| i)
            .collect()
    }
}

/// The words of a rule, read from its text without parsing all of it: a line `  words: [[..], ..]`.
pub(super) fn words_in(text: &str) -> Vec<Vec<String>> {
    const KEY: &str = "\n  words: ";
    let at = memmem::find(text.as_bytes(), KEY.as_bytes());
    let line = at.and_then(|at| text.get(at + KEY.len()..)?.lines().next());
    serde_json::from_str(line.unwrap_or("[]")).unwrap_or_default()
}

/// The words as the rule's own metadata have them.
#[cfg(test)]
pub(super) fn words_stated(text: &str) -> Vec<Vec<String>> {
    super::rule::metadata(&super::rule::written(text).unwrap())
        .unwrap()
        .words
}
