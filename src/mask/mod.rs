//! The secrets that scanners reported in this run, and their mask for everything that leaves the
//! process.
//!
//! Values are taken where findings come in ([`learn`], [`learn_likely`]) and live in memory only: this
//! module never prints, stores or returns one. Whatever leaves the process goes through [`shown`] (a
//! report, a line on the screen) or [`masked`] (a stored result). There is one set for the whole process,
//! so that no command and no format can leave it out; a process is one run.

mod forms;
mod known;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::model::harmless;
use known::Known;

/// What is in place of a secret.
pub const SECRET: &str = "[secret]";

static KNOWN: RwLock<Known> = RwLock::new(Known::new());
/// Whether anything is known: a run without secrets does no work.
static ANY: AtomicBool = AtomicBool::new(false);

/// Takes a value that a scanner of secrets reported.
pub fn learn(value: &str) {
    add(value, false);
}

/// Takes a text that may be a secret: what is on a reported line, or what a scanner of code takes for a credential.
/// Words and names are left out.
pub fn learn_likely(value: &str) {
    add(value, true);
}

fn add(value: &str, only_distinct: bool) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for (value, of_part) in forms::parts(value) {
        if let Some(place) = forms::place(&value, only_distinct || of_part) {
            known.add(&value, place);
            ANY.store(true, Ordering::Release);
        }
    }
}

/// Whether no secret is known.
pub fn is_empty() -> bool {
    !ANY.load(Ordering::Acquire)
}

/// A text with its known secrets replaced; none if it has no secret.
pub fn masked(text: &str) -> Option<String> {
    if is_empty() {
        return None;
    }
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    known.masked(text)
}

/// A text without one value. A short one is left where it is part of a word: masking each `a` would hide
/// more than the secret.
pub fn without(text: &str, value: &str) -> String {
    known::without(text, value)
}

/// Whether bytes hold a secret that is known.
pub fn holds(bytes: &[u8]) -> bool {
    !is_empty()
        && !KNOWN
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .places(bytes)
            .is_empty()
}

/// A text as it may be shown: without secrets, and without what could steer a terminal or the runner of a pipeline;
/// none if it may be shown as it is.
pub fn shown(text: &str) -> Option<String> {
    let masked = masked(text);
    let harmless = harmless(masked.as_deref().unwrap_or(text));
    match (masked, harmless == text) {
        (None, true) => None,
        _ => Some(harmless),
    }
}
