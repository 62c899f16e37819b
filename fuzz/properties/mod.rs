//! What holds for any input, however hostile: shared by the fuzzer (`fuzz/run`) and by the tests, which
//! replay the corpus and a fixed number of mutations.

mod baselines;
pub mod comparing;
mod configuration;
mod draw;
mod formats;
mod push;
mod readers;
mod secrets;
mod seeds;
mod weaknesses;

pub use draw::{Random, mutate};
pub use seeds::{files, seeds};

/// The properties of what reads an input.
type Target = fn(&[u8]);

/// What the fuzzer feeds: a name, and the properties of what reads it.
pub const TARGETS: [(&str, Target); 14] = [
    ("push-lines", push::lines),
    ("report-of-scanner", readers::of_scanner),
    ("report-unknown", readers::unknown),
    ("configuration", configuration::settings),
    ("exemptions", configuration::exemptions),
    ("descriptor", configuration::descriptor),
    ("receipt", baselines::receipt),
    ("shared-baseline", baselines::shared),
    ("comparison", comparing::drawn),
    ("redaction", secrets::redaction),
    ("code", weaknesses::of_code),
    ("archives", weaknesses::of_archives),
    ("formats", formats::of_strings),
    ("stored-report", formats::of_stored),
];

/// Whether a character could move a terminal's cursor, start an escape sequence, or reorder text.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Fails if a text could steer what shows it.
#[track_caller]
fn is_harmless(what: &str, text: &str) {
    if let Some(c) = text.chars().find(|c| steers(*c)) {
        panic!("{what} has {c:?}: {text:?}");
    }
}
