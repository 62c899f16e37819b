//! What a text looks like: random or written by a person, and what it is when it is decoded.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// The shortest value in which two kinds of characters are enough, in bytes.
const LONG: usize = 12;
/// Entropy of a text that names and words seldom have, in bits per character.
const VARIED: f64 = 3.9;
/// The shortest value that needs no digit, in bytes.
const VERY_LONG: usize = 16;

/// Base64 as people paste it: with padding or without.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Shannon's entropy of a text's bytes, in bits per byte.
pub(super) fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for b in text {
        counts[usize::from(*b)] += 1;
    }
    let length = text.len() as f64;
    let share = counts
        .iter()
        .filter(|c| **c > 0)
        .map(|c| f64::from(*c) / length);
    -share.map(|p| p * p.log2()).sum::<f64>()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Sign,
    /// What joins the words of a name.
    Joint,
}

fn class(b: u8) -> Class {
    match b {
        b'a'..=b'z' => Class::Lower,
        b'A'..=b'Z' => Class::Upper,
        b'0'..=b'9' => Class::Digit,
        b'-' | b'_' | b'.' | b'/' | b':' => Class::Joint,
        _ => Class::Sign,
    }
}

/// Whether a text changes between kinds of characters as often as a generated one. Names, words and numbers do not.
pub(super) fn is_random(text: &[u8]) -> bool {
    let has = |wanted: Class| text.iter().any(|b| class(*b) == wanted);
    let (lower, upper) = (has(Class::Lower), has(Class::Upper));
    if !(lower || upper) {
        return false;
    }
    let pairs = text.iter().zip(text.iter().skip(1));
    let changes = |capitals: usize| -> usize {
        let weight = |(a, b): (&u8, &u8)| match (class(*a), class(*b)) {
            (Class::Joint, _) | (_, Class::Joint) => 0,
            (a, b) if a == b => 0,
            (Class::Sign, _) | (_, Class::Sign) => 2,
            // A word that begins with a capital.
            (Class::Upper, Class::Lower) => capitals,
            _ => 1,
        };
        pairs.clone().map(weight).sum()
    };
    if !has(Class::Digit) {
        return lower && upper && text.len() >= VERY_LONG && changes(1) * 5 >= text.len() * 2;
    }
    let kinds = 1 + usize::from(lower) + usize::from(upper) + usize::from(has(Class::Sign));
    let changes = changes(0);
    (text.len() >= LONG || kinds >= 3)
        && (changes * 4 >= text.len() || changes * 6 >= text.len() && entropy(text) >= VARIED)
}

/// Whether a text is so long and varied that a name or a word would not be.
pub(super) fn is_varied(text: &[u8]) -> bool {
    text.len() >= LONG && entropy(text) >= 3.5
}

/// The text that base64 stands for, if it is one in printable ASCII.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let url_safe = text.iter().any(|b| matches!(b, b'-' | b'_'));
    let alphabet = match url_safe {
        true => &alphabet::URL_SAFE,
        false => &alphabet::STANDARD,
    };
    let decoded = GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()?;
    let printable = |b: &u8| matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    (!decoded.is_empty() && decoded.iter().all(printable)).then_some(decoded)
}

/// The password in base64 of a name, a colon and a password.
pub(super) fn password_in(text: &[u8]) -> Option<Vec<u8>> {
    let pair = decoded(text)?;
    let colon = pair.iter().position(|b| *b == b':')?;
    let password = pair.get(colon + 1..)?;
    (password.len() >= 6).then(|| password.to_vec())
}

/// Whether a text ends with an escape: what looks like its last letters is another character, such as a
/// line break in JSON, `%3D` in an address, or a colour on a terminal.
pub(super) fn ends_with_escape(text: &[u8]) -> bool {
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match text {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'0'] => true,
        [.., b'%' | b'=', a, b] if hex(&[*a, *b]) && !a.is_ascii_lowercase() => true,
        [.., b'%', a, b] => hex(&[*a, *b]),
        [.., b'\\', b'x', a, b] => hex(&[*a, *b]),
        [.., b'\\', b'u', a, b, c, d] => hex(&[*a, *b, *c, *d]),
        [.., b'\\', a, b, c] => [a, b, c].iter().all(|d| matches!(d, b'0'..=b'7')),
        [rest @ .., b'm'] => {
            let digits = |b: &u8| b.is_ascii_digit() || *b == b';';
            let parameters = rest.iter().rev().take_while(|b| digits(b)).count();
            rest.len() > parameters && rest.get(rest.len() - parameters - 1) == Some(&b'[')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_are_not_random() {
        for text in [
            "qR7mZk2vXw9LpT4sB8nH",
            "d2bad821df997d52",
            "7!kQp2#x",
            "9f8b3k2j7d6s5a4q",
            "ytzOxHodBhLTNeCMjdpt",
            "Winter2024!",
        ] {
            assert!(is_random(text.as_bytes()), "{text}");
        }
        for text in [
            "my-secret-name-01",
            "correcthorsebattery",
            "1234567890123",
            "app-secret-v2",
            "getToken2FromTheRequest",
            "getTokenFromTheRequest",
            "hunter22",
        ] {
            assert!(!is_random(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn escapes_end_before_a_token() {
        for text in [
            "a\\n",
            "\\u003d",
            "%3D",
            "%3d",
            "=3D",
            "\\x3d",
            "\x1b[32m",
            "\\033[1;32m",
            "\\033",
        ] {
            assert!(ends_with_escape(text.as_bytes()), "{text}");
        }
        for text in ["an", "m", "32m", "3D", "x", "", "=ab"] {
            assert!(!ends_with_escape(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn base64_of_a_pair_has_a_password() {
        assert_eq!(password_in(b"Y2k6cThacjJMbVgw").unwrap(), b"q8Zr2LmX0");
        assert_eq!(password_in(b"bm90aGluZw=="), None);
        assert_eq!(decoded(b"AAAA"), None);
    }
}
