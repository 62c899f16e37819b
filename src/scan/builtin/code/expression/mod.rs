//! Regular expressions that are asked about a few short texts: most are read in a hundredth of the time that it takes to
//! compile them, and a search that tries one way after the other answers. What is asked often, or needs many steps,
//! or is written in a way that is not known here, is compiled. The answer is the same.
//!
//! `\w`, `\d`, `\s`, `\b` and `(?i)` mean ASCII, and `.` is a byte.

mod bytes;
mod loose;
mod program;
mod read;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex::bytes::{Regex, RegexBuilder};

use program::Program;

/// How many steps may go into the search of a file before its answer is not worth it, and how many more for each byte.
const STEPS: usize = 500;
const STEPS_FOR_BYTE: usize = 1;

/// An expression that is read when it is first asked for.
pub(super) struct Expression {
    /// Texts that fit as a whole.
    words: HashSet<Vec<u8>>,
    /// What else fits.
    text: Cow<'static, str>,
    read: OnceLock<Option<Program>>,
    taken: AtomicU32,
    compiled: OnceLock<Regex>,
    /// How many steps it took to search whole files, and the expression for that, once it is worth it.
    taken_in_files: AtomicU32,
    compiled_for_files: OnceLock<Option<Regex>>,
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

impl Expression {
    /// An expression that a test or [`check`] compiles.
    pub(super) fn new(text: impl Into<Cow<'static, str>>) -> Expression {
        Expression {
            words: HashSet::new(),
            text: text.into(),
            read: OnceLock::new(),
            taken: AtomicU32::new(0),
            compiled: OnceLock::new(),
            taken_in_files: AtomicU32::new(0),
            compiled_for_files: OnceLock::new(),
        }
    }

    /// One that the program has for itself. Tests compile each that they come to.
    pub(super) fn constant(text: impl Into<Cow<'static, str>>) -> Expression {
        let made = Expression::new(text);
        #[cfg(test)]
        check(&made.text).expect("it compiles");
        made
    }

    /// One for whole names, most of which are written as they are.
    pub(super) fn of_names(list: &[String]) -> Expression {
        let mut words = HashSet::with_capacity(list.len());
        let mut other = Vec::new();
        for one in list {
            let word = one.replace(r"\.", ".");
            let of_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            let is_word = word.matches('.').count() == one.matches(r"\.").count()
                && word.bytes().all(|b| of_word(b) || b == b'.');
            match is_word {
                true => {
                    words.insert(word.into_bytes());
                }
                false => other.push(one.as_str()),
            }
        }
        let other = match other.is_empty() {
            // Nothing.
            true => r"[^\s\S]".to_owned(),
            false => format!("^(?:{})$", other.join("|")),
        };
        Expression {
            words,
            ..Expression::new(other)
        }
    }

    /// What is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a file may have a piece of code that fits by itself. Says yes where that takes long to tell.
    pub(super) fn may_fit_in(&self, text: &[u8]) -> bool {
        let taken = self.taken_in_files.load(Ordering::Relaxed);
        let program = self.read.get_or_init(|| Program::read(&self.text));
        let worth = program.as_ref().map_or(0, Program::worth);
        if taken >= worth {
            let compiled = self.compiled_for_files.get_or_init(|| {
                let text = loose::loose(&self.text)?;
                compiled(&text).ok()
            });
            return compiled.as_ref().is_none_or(|c| c.is_match(text));
        }
        let most = u32::try_from(text.len() * STEPS_FOR_BYTE + STEPS).unwrap_or(u32::MAX);
        let mut left = most;
        let fits = program
            .as_ref()
            .and_then(|program| program.fits_anywhere(text, &mut left));
        self.taken_in_files
            .fetch_add(most - left, Ordering::Relaxed);
        fits.unwrap_or(true)
    }

    /// Whether a part of a text fits.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        if !self.words.is_empty() && self.words.contains(text) {
            return true;
        }
        if let Some(compiled) = self.compiled.get() {
            return compiled.is_match(text);
        }
        if let Some(program) = self.read.get_or_init(|| Program::read(&self.text)) {
            let mut left = program
                .worth()
                .saturating_sub(self.taken.load(Ordering::Relaxed));
            let before = left;
            let found = program.is_match(text, &mut left);
            self.taken.fetch_add(before - left, Ordering::Relaxed);
            if let Some(found) = found {
                return found;
            }
        }
        let compiled = self.compiled.get_or_init(|| {
            let made = compiled(&self.text);
            made.expect("a test or `check` compiled it")
        });
        compiled.is_match(text)
    }
}

/// An expression whose places or groups are asked for.
///
/// # Errors
/// It is wrong; says how.
pub(super) fn compiled(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).build()
}

/// The same of one that the program has for itself, each of which a test uses.
pub(super) fn constant(text: &str) -> Regex {
    compiled(text).expect("a test uses it")
}

/// Checks an expression.
///
/// # Errors
/// It is wrong; says how.
pub(super) fn check(text: &str) -> Result<(), regex::Error> {
    compiled(text).map(|_| ())
}

#[cfg(test)]
mod tests;
