//! Texts of programs, cut at names and white space.

use memchr::memmem;

/// White space.
pub(super) const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether a word stands in a text.
pub(super) fn has(text: &str, word: &str) -> bool {
    memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// The name that a text begins with, of ASCII letters, digits, `_` and some signs; may be empty.
pub(super) fn name_at<'t>(text: &'t str, signs: &[u8]) -> &'t str {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || signs.contains(&b);
    let end = text.bytes().position(|b| !of_name(b));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// The name that a text ends with, and what is before it.
pub(super) fn name_before<'t>(text: &'t str, signs: &[u8]) -> (&'t str, &'t str) {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || signs.contains(&b);
    let begin = text.bytes().rposition(|b| !of_name(b));
    let cut = text.split_at_checked(begin.map_or(0, |b| b + 1));
    cut.unwrap_or((text, ""))
}

/// What is behind a word and white space, if a text begins with them.
pub(super) fn behind<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(word)?;
    let after = rest.trim_start_matches(SPACES);
    (after.len() < rest.len()).then_some(after)
}

/// What is before a word and white space, if a text ends with them.
pub(super) fn ahead<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let before = text.trim_end_matches(SPACES);
    (before.len() < text.len())
        .then(|| before.strip_suffix(word))
        .flatten()
}
