//! The values and their forms, and where a text holds one.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};

use super::SECRET;
use super::forms::{Place, encoded};

/// How many bytes of a form decide whether it is looked for at a place; no form is shorter.
const WINDOW: usize = 6;
/// The number of bits in the filter for windows that begin a form.
const BITS: usize = 1 << 20;
/// How many values are looked for in other encodings too.
const ENCODED: usize = 2_000;
/// How many values are kept. Where more were reported, no text is shown.
const MOST: usize = 200_000;
/// What is at the end of a text that was cut.
const CUT: &[u8] = "…".as_bytes();

/// All values that are known.
///
/// A tree in the order of bytes finds the form that a text continues with, and needs memory for the forms alone: an
/// automaton of all their bytes would take a hundred times that for a report of 100,000 secrets.
pub(super) struct Known {
    forms: BTreeMap<Box<[u8]>, Place>,
    /// For a hash of each form's window, whether there is such a form.
    windows: Vec<u64>,
    values: usize,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known(..)")
    }
}

impl Known {
    pub(super) const fn new() -> Known {
        Known {
            forms: BTreeMap::new(),
            windows: Vec::new(),
            values: 0,
        }
    }

    /// Adds a value with its other forms.
    pub(super) fn add(&mut self, value: &str, place: Place) {
        if self.is_full() || !self.add_form(value, place) {
            return;
        }
        self.values += 1;
        if self.values <= ENCODED {
            for form in encoded(value) {
                // What is not the value itself looks like nothing else.
                self.add_form(&form, Place::Anywhere);
            }
        }
    }

    /// Adds a form; returns whether it was not known.
    fn add_form(&mut self, form: &str, place: Place) -> bool {
        let bytes = form.as_bytes();
        let Some(window) = bytes.first_chunk::<WINDOW>() else {
            return false;
        };
        if self.windows.is_empty() {
            self.windows = vec![0; BITS / 64];
        }
        let bit = bit_of(window);
        if let Some(word) = self.windows.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
        match self.forms.get_mut(bytes) {
            Some(known) => {
                *known = place.min(*known);
                false
            }
            None => {
                self.forms.insert(bytes.into(), place);
                true
            }
        }
    }

    fn is_full(&self) -> bool {
        self.values >= MOST
    }

    /// A text without the values; none if it holds none.
    pub(super) fn masked(&self, text: &str) -> Option<String> {
        if self.is_full() {
            return (!text.is_empty()).then(|| SECRET.to_owned());
        }
        let places = self.places(text.as_bytes());
        if places.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for place in places {
            // A form is whole characters, so both ends are between two of them.
            out.push_str(text.get(from..place.start).unwrap_or_default());
            out.push_str(SECRET);
            from = place.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Some(out)
    }

    /// Where a text holds values, in order; those that overlap or touch are one.
    pub(super) fn places(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        let cut = text.strip_suffix(CUT);
        for (at, window) in text.windows(WINDOW).enumerate() {
            let Ok(window) = window.try_into() else {
                continue;
            };
            let bit = bit_of(window);
            let begins = self
                .windows
                .get(bit / 64)
                .is_some_and(|w| w >> (bit % 64) & 1 == 1);
            if !begins {
                continue;
            }
            let length = self.at(text, at);
            let length = length.or_else(|| cut.and_then(|cut| self.at_the_cut(cut, at)));
            let Some(end) = length.map(|l| at + l) else {
                continue;
            };
            match places.last_mut() {
                Some(last) if at <= last.end => last.end = last.end.max(end),
                _ => places.push(at..end),
            }
        }
        places
    }

    /// The length of the longest form at a place of a text.
    fn at(&self, text: &[u8], at: usize) -> Option<usize> {
        let mut rest = text.get(at..)?;
        loop {
            let up_to = (Bound::Unbounded, Bound::Included(rest));
            // Of all forms that the text continues with, the longest is the last in order.
            let (form, place) = self.forms.range::<[u8], _>(up_to).next_back()?;
            let same = same_bytes(form, rest);
            let length = form.len();
            if same == length && (*place == Place::Anywhere || is_alone(text, at, at + length)) {
                return Some(length);
            }
            let shorter = same.min(length - 1);
            if shorter < WINDOW {
                return None;
            }
            rest = rest.get(..shorter)?;
        }
    }

    /// The length of what is left of a form at the end of a text that was cut there.
    fn at_the_cut(&self, text: &[u8], at: usize) -> Option<usize> {
        let rest = text.get(at..).filter(|r| r.len() >= WINDOW)?;
        let from = (Bound::Included(rest), Bound::Unbounded);
        let (form, place) = self.forms.range::<[u8], _>(from).next()?;
        let fits =
            form.starts_with(rest) && (*place == Place::Anywhere || is_alone(text, at, text.len()));
        fits.then_some(rest.len())
    }
}

/// A text without one value, which may be shorter than those that are kept.
pub(super) fn without(text: &str, value: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in text.match_indices(value) {
        let end = at + found.len();
        if found.len() >= WINDOW || is_alone(text.as_bytes(), at, end) {
            out.push_str(text.get(from..at).unwrap_or_default());
            out.push_str(SECRET);
            from = end;
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// How many bytes two texts begin with in common.
fn same_bytes(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().zip(other);
    pairs.take_while(|(a, b)| a == b).count()
}

/// Whether neither a letter nor a digit of ASCII continues before or after a part of a text. What
/// ends an escape (`\n`, `%3D`) is none.
fn is_alone(text: &[u8], start: usize, end: usize) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric();
    let before = text.get(..start).unwrap_or_default();
    let escape = match before {
        [.., b'%', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        _ => false,
    } || matches!(before, [.., b'\\', b'n' | b'r' | b't']);
    let inside = escape || !before.last().is_some_and(is_word);
    inside && !text.get(end).is_some_and(is_word)
}

/// The bit of a window.
fn bit_of(window: &[u8; WINDOW]) -> usize {
    let [a, b, c, d, e, f] = *window;
    let number = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
    // Fibonacci hashing: the upper bits of the product depend on all of the number.
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS.trailing_zeros());
    usize::try_from(spread).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(values: &[(&str, Place)], text: &str) -> String {
        let mut known = Known::new();
        for (value, place) in values {
            known.add(value, *place);
        }
        known.masked(text).unwrap_or_else(|| text.to_owned())
    }

    const LONG: &str = "q8Zr2LmX0vKp4TnY";

    #[test]
    fn a_value_is_masked_wherever_it_stands_and_nothing_else() {
        let one = [(LONG, Place::Anywhere)];
        let text = format!("a{LONG}b \u{e9}{LONG}\u{e9} q8Zr2Lm {LONG}{LONG}");
        assert_eq!(
            masked(&one, &text),
            "a[secret]b \u{e9}[secret]\u{e9} q8Zr2Lm [secret]"
        );
        assert_eq!(masked(&one, "nothing of it"), "nothing of it");
        assert_eq!(masked(&[], LONG), LONG);
    }

    #[test]
    fn the_longest_of_several_counts_and_those_that_overlap_are_one() {
        let values = [
            ("abcdef12", Place::Anywhere),
            ("abcdef123456", Place::Anywhere),
            ("3456zzzz", Place::Anywhere),
            ("abcdeg", Place::Anywhere),
        ];
        assert_eq!(masked(&values, "-abcdef123456-"), "-[secret]-");
        assert_eq!(masked(&values, "-abcdef1234-"), "-[secret]34-");
        assert_eq!(masked(&values, "-abcdef123456zzzz-"), "-[secret]-");
    }

    #[test]
    fn a_short_value_is_masked_where_it_stands_alone() {
        let one = [("hunter2", Place::Alone)];
        for (text, result) in [
            ("hunter2", "[secret]"),
            ("pw='hunter2'", "pw='[secret]'"),
            ("my_hunter2.txt", "my_[secret].txt"),
            ("hunter23 xhunter2", "hunter23 xhunter2"),
            ("a=%3Dhunter2&", "a=%3D[secret]&"),
            ("a\\nhunter2", "a\\n[secret]"),
        ] {
            assert_eq!(masked(&one, text), result, "{text}");
        }
        // A longer value that is not alone does not hide a shorter one that is.
        let two = [("abcdef.x9", Place::Alone), ("abcdef", Place::Alone)];
        assert_eq!(masked(&two, "abcdef.x9z"), "[secret].x9z");
    }

    #[test]
    fn what_is_left_of_a_value_where_a_text_was_cut_is_masked_too() {
        let one = [(LONG, Place::Anywhere)];
        assert_eq!(masked(&one, "x q8Zr2LmX…"), "x [secret]…");
        assert_eq!(masked(&one, "x q8Zr…"), "x q8Zr…");
        assert_eq!(masked(&one, "x q8Zr2LmX"), "x q8Zr2LmX");
    }

    #[test]
    fn a_value_of_a_few_letters_is_not_cut_out_of_words() {
        let text = without("Possible hardcoded password: 'ass' (pass)", "ass");
        assert_eq!(text, "Possible hardcoded password: '[secret]' (pass)");
        assert_eq!(without("ab1-abcdef9", "abcdef"), "ab1-[secret]9");
    }

    #[test]
    fn too_many_values_leave_nothing_to_show() {
        let mut known = Known::new();
        for number in 0..MOST {
            known.add(&format!("value-{number:09}"), Place::Anywhere);
        }
        assert_eq!(known.masked("a text").unwrap(), SECRET);
    }
}
