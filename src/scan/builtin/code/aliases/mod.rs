//! Functions and modules under other names (`from os import system as run`): written as rules know them, so that
//! a rule need not know each way to import a function.
//!
//! Lines stay as they are; [`Edits`] says what the columns were.

mod go;
mod javascript;
mod python;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::dialect::Dialect;
use super::text::{SPACES, name_at};

/// Longest list of names that one import names, in bytes.
const LONGEST_LIST: usize = 4_000;

/// What was written anew: where it begins now, and its length now and before, in bytes.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<(usize, usize, usize)>);

impl Edits {
    /// Whether nothing was written anew.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The column of a place before the edits, from its place and column after them.
    pub(super) fn column(&self, at: usize, column: usize) -> usize {
        let line = at.saturating_sub(column);
        let before = self
            .0
            .iter()
            .filter(|(begin, new, _)| *begin >= line && begin + new <= at);
        before.fold(column, |column, (_, new, old)| {
            (column + old).saturating_sub(*new)
        })
    }
}

/// What a name stands for.
#[derive(Clone, Debug)]
struct Alias {
    stands_for: String,
    /// It is a module, so that a member of it follows.
    is_module: bool,
}

/// What names stand for in a text.
#[derive(Default)]
struct Aliases {
    names: HashMap<String, Alias>,
    /// Where names are given, which is no use of them.
    given: Vec<Range<usize>>,
    edits: Vec<(Range<usize>, String)>,
}

/// The text with each name as rules know it.
pub(super) fn resolved(text: Cow<'_, str>, dialect: Dialect) -> (Cow<'_, str>, Edits) {
    let mut aliases = Aliases::default();
    match dialect {
        Dialect::JavaScript | Dialect::TypeScript | Dialect::Tsx => aliases.in_javascript(&text),
        Dialect::Python => aliases.in_python(&text),
        Dialect::Go => aliases.in_go(&text),
        Dialect::Java | Dialect::Php | Dialect::Ruby => {}
    }
    aliases.uses(&text);
    if aliases.edits.is_empty() {
        return (text, Edits::default());
    }
    aliases.edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len() + 256);
    let mut edits = Edits::default();
    let mut from = 0;
    for (range, new) in aliases.edits {
        let (Some(kept), true) = (text.get(from..range.start), range.start >= from) else {
            continue;
        };
        out.push_str(kept);
        edits.0.push((out.len(), new.len(), range.len()));
        out.push_str(&new);
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (Cow::Owned(out), edits)
}

impl Aliases {
    fn name(&mut self, name: &str, stands_for: &str, is_module: bool) {
        if name != stands_for && !name.is_empty() {
            let stands_for = stands_for.to_owned();
            let alias = Alias {
                stands_for,
                is_module,
            };
            self.names.insert(name.to_owned(), alias);
        }
    }

    /// The names of a list: `exec as run, spawn`, or with `:` between.
    fn list(&mut self, list: &str, module: &str) {
        for item in list.split(',').take(200) {
            let item = item.trim().trim_start_matches("type ");
            let (name, alias) = item
                .split_once(" as ")
                .or_else(|| item.split_once(':'))
                .map_or((item, item), |(name, alias)| (name.trim(), alias.trim()));
            let is_name = |n: &str| {
                !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            };
            if is_name(name) && is_name(alias) {
                match module {
                    "builtins" => self.name(alias, name, false),
                    _ => self.name(alias, &format!("{module}.{name}"), false),
                }
            }
        }
    }

    /// Each use of the names, as an edit.
    fn uses(&mut self, text: &str) {
        if self.names.is_empty() {
            return;
        }
        let begins = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$');
        let mut first = [false; 256];
        for byte in self.names.keys().filter_map(|n| n.bytes().next()) {
            first[usize::from(byte)] = true;
        }
        let mut at = 0;
        while let Some(rest) = text.get(at..) {
            let Some(begin) = rest.bytes().position(begins) else {
                break;
            };
            let begin = at + begin;
            let word = name_at(text.get(begin..).unwrap_or_default(), b"$");
            at = begin + word.len();
            if !word.bytes().next().is_some_and(|b| first[usize::from(b)]) {
                continue;
            }
            let Some(alias) = self.names.get(word) else {
                continue;
            };
            let word = begin..at;
            if self.given.iter().any(|g| g.contains(&word.start)) {
                continue;
            }
            if let Some((more, new)) = used(alias, text, &word) {
                self.edits.push((word.start..word.end + more, new));
            }
        }
    }
}

/// How many bytes behind a name belong to what it stands for where it is used, and what is written for both; none where
/// it is another name.
fn used(alias: &Alias, text: &str, word: &Range<usize>) -> Option<(usize, String)> {
    let before = text.get(..word.start).unwrap_or_default();
    let after = text.get(word.end..).unwrap_or_default();
    let spread = before.ends_with("...");
    let defines = [
        "function ",
        "def ",
        "func ",
        "class ",
        "const ",
        "let ",
        "var ",
    ];
    if before.ends_with('.') && !spread || defines.iter().any(|d| before.ends_with(d)) {
        return None;
    }
    let next = after.trim_start();
    let mut more = 0;
    let mut new = alias.stands_for.clone();
    if alias.is_module {
        if let Some((member, rest)) = member_in_brackets(after) {
            more = after.len() - rest.len();
            new = format!("{new}.{member}");
        } else if after.starts_with("?.") {
            more = 2;
            new.push('.');
        } else if !next.starts_with(['.', '(']) {
            return None;
        }
    } else if let Some(call) = after.strip_prefix("?.").filter(|c| c.starts_with('(')) {
        more = after.len() - call.len();
    } else if !(next.starts_with('(') || before.ends_with('(') && next.starts_with([')', ','])) {
        return None;
    }
    Some((more, new))
}

/// The name of a module in quotes, at the begin of a text, and what is behind it.
fn module_at<'t>(text: &'t str, quotes: &[char]) -> Option<(&'t str, &'t str)> {
    let rest = text.trim_start_matches(SPACES).strip_prefix(quotes)?;
    let name = name_at(rest, b":/-");
    let after = rest.get(name.len()..)?.strip_prefix(quotes)?;
    (!name.is_empty()).then_some((name, after))
}

/// `["exec"]`, perhaps behind `?.`: the name, and what is behind it.
fn member_in_brackets(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("?.").unwrap_or(text).strip_prefix('[')?;
    let (name, rest) = module_at(text, &['"', '\'', '`'])?;
    let rest = rest.trim_start_matches(SPACES).strip_prefix(']')?;
    (!name.contains([':', '/', '-'])).then_some((name, rest))
}

#[cfg(test)]
mod tests;
