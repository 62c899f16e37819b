//! What counts as a value to mask, and the forms in which it may be written.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The shortest value that is masked outside of its own line, in characters: a shorter one is part of too many other
/// texts.
const SHORTEST: usize = 6;
/// The shortest value that is masked inside of a longer word too.
const INSIDE_WORDS: usize = 12;
/// The longest value that is looked for in other encodings too.
const ENCODED: usize = 1_000;
/// The longest value, in bytes.
const LONGEST: usize = 16 * 1_024;

/// Words that are names of things or placeholders: as a value they are worth no protection, and
/// masking them would hide half of a report.
const COMMON: [&str; 62] = [
    "access_key",
    "access_token",
    "accesskey",
    "accesstoken",
    "api-key",
    "api_key",
    "apikey",
    "auth_token",
    "authorization",
    "bearer",
    "changeit",
    "changeme",
    "client_secret",
    "config",
    "credential",
    "credentials",
    "database",
    "default",
    "disabled",
    "dummy",
    "enabled",
    "environment",
    "example",
    "foobar",
    "github",
    "github_token",
    "key_name",
    "localhost",
    "login",
    "message",
    "new_password",
    "nopass",
    "old_password",
    "passphrase",
    "passwd",
    "password",
    "password1",
    "postgres",
    "private",
    "private_key",
    "privatekey",
    "public",
    "refresh_token",
    "required",
    "return",
    "sample",
    "secret",
    "secret_key",
    "secretkey",
    "secrets",
    "security",
    "session",
    "string",
    "test123",
    "testing",
    "testpass",
    "token_type",
    "tokens",
    "undefined",
    "unknown",
    "username",
    "your_password",
];

/// Where a value is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Wherever it stands.
    Anywhere,
    /// Where no letter or digit is next to it.
    Alone,
}

/// The texts that are to be masked for a value, each with whether it is only a part of it: the lines of
/// one that has several, and what is secret in an address or a list of settings.
pub(super) fn parts(value: &str) -> Vec<(String, bool)> {
    let value = value.get(..LONGEST).unwrap_or(value).trim();
    let unfolded = value.replace("\\r", "\n").replace("\\n", "\n");
    if unfolded.contains(['\n', '\r']) {
        let around = |c: char| c.is_whitespace() || "\"'`,\\+;#".contains(c);
        let lines = unfolded.split(['\n', '\r']).map(|l| l.trim_matches(around));
        let is_body = |l: &&str| !l.contains("-----") && !l.contains(char::is_whitespace);
        return lines
            .filter(is_body)
            .map(|l| (l.to_owned(), true))
            .collect();
    }
    let mut all = vec![(value.to_owned(), false)];
    // Scanners fold white space in what they say, and so does newgate.
    let folded: Vec<&str> = value.split_whitespace().collect();
    let folded = folded.join(" ");
    if folded != value {
        all.push((folded, false));
    }
    if let Some((_, rest)) = value.split_once("://")
        && let Some((user, _)) = rest.rsplit_once('@')
    {
        let pieces = user.split(':').map(|p| (p.to_owned(), true));
        all.extend(pieces);
    }
    if value.contains(['=', ';', '&']) {
        let settings = value.split([';', '&', '?', ' ']);
        let values = settings.filter_map(|s| s.split_once('='));
        all.extend(values.map(|(_, v)| (v.to_owned(), true)));
    }
    all
}

/// Where a value is masked; none if it is too short or too common a word.
pub(super) fn place(value: &str, only_distinct: bool) -> Option<Place> {
    let length = value.chars().count();
    let hidden = ["[secret]", "…", "***", "REDACTED"];
    if length < SHORTEST
        || hidden.iter().any(|h| value.contains(h))
        || COMMON.iter().any(|c| value.eq_ignore_ascii_case(c))
    {
        return None;
    }
    match (is_distinct(value), only_distinct) {
        (true, _) if length >= INSIDE_WORDS => Some(Place::Anywhere),
        (false, true) => None,
        _ => Some(Place::Alone),
    }
}

/// Whether a text is not a word, name or number.
fn is_distinct(value: &str) -> bool {
    let has = |is: fn(char) -> bool| value.chars().any(is);
    let digit = has(|c| c.is_ascii_digit());
    let letter = has(char::is_alphabetic);
    // Brackets, spaces and dots are those of code and sentences.
    let sign = has(|c| c.is_ascii_punctuation() && !"_-.()[]{}<>,:;'\"`".contains(c));
    (letter && (digit || sign)) || (digit && sign)
}

/// The other forms of a value: what encodings that are common in reports and addresses make of it.
pub(super) fn encoded(value: &str) -> Vec<String> {
    if value.len() > ENCODED {
        return Vec::new();
    }
    let mut all = Vec::new();
    for alphabet in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
        all.extend((0..3).map(|before| base64_inside(value, before, alphabet)));
    }
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    all.push(hex.to_uppercase());
    all.push(hex);
    for kept in [NON_ALPHANUMERIC, UNRESERVED, PATH] {
        let percent = utf8_percent_encode(value, kept).to_string();
        all.push(with_lower_percent(&percent));
        all.push(percent.replace("%20", "+"));
        all.push(percent);
    }
    if let Ok(quoted) = serde_json::to_string(value) {
        let json = quoted
            .strip_prefix('"')
            .and_then(|q| q.strip_suffix('"'))
            .unwrap_or(value)
            .to_owned();
        all.push(json.replace('/', "\\/"));
        let of_html = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")];
        all.push(replaced(&json, &of_html));
        all.push(json);
    }
    let of_markup = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;")];
    let markup = replaced(value, &of_markup);
    all.push(markup.replace('"', "&quot;"));
    for apostrophe in ["&#39;", "&#x27;", "&apos;"] {
        let quoted = markup.replace('"', "&quot;");
        all.push(quoted.replace('\'', apostrophe));
    }
    all.push(markup);
    all.push(value.replace('\\', "\\\\").replace('\'', "\\'"));
    all.sort_unstable();
    all.dedup();
    all.retain(|form| form != value && form.len() >= SHORTEST);
    all
}

/// What RFC 3986 lets are in an address as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// The same with what may be in a path.
const PATH: &AsciiSet = &UNRESERVED
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// A text with some characters written otherwise, each once.
fn replaced(text: &str, pairs: &[(char, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match pairs.iter().find(|(from, _)| *from == c) {
            Some((_, to)) => out.push_str(to),
            None => out.push(c),
        }
    }
    out
}

/// The same with its escapes in small letters.
fn with_lower_percent(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push('%');
        for (at, c) in piece.chars().enumerate() {
            out.push(if at < 2 { c.to_ascii_lowercase() } else { c });
        }
    }
    out
}

/// What is always the same of a value in Base64, where `before` bytes (modulo 3) are before it and others may follow.
fn base64_inside(value: &str, before: usize, alphabet: &alphabet::Alphabet) -> String {
    let engine = GeneralPurpose::new(alphabet, NO_PAD);
    let bytes = [&vec![0; before][..], value.as_bytes()].concat();
    let text = engine.encode(&bytes);
    let from = (before * 8).div_ceil(6);
    let to = bytes.len() * 8 / 6;
    text.get(from..to).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_names_and_short_values_are_not_masked_everywhere() {
        for (value, place_of) in [
            ("xUNIp0OL6kFVUJwZncU0", Some(Place::Anywhere)),
            ("hunter2", Some(Place::Alone)),
            ("swordfish", Some(Place::Alone)),
            ("correct horse battery", Some(Place::Alone)),
            ("12345678", Some(Place::Alone)),
            ("12345", None),
            ("password", None),
            ("Password", None),
            ("access_token", None),
            ("AKIA****1234", None),
            ("ghp_1…", None),
        ] {
            assert_eq!(place(value, false), place_of, "{value}");
        }
        for guess in ["session_cookie", "handler", "load(config)", "20261127"] {
            assert_eq!(place(guess, true), None, "{guess}");
        }
    }

    #[test]
    fn a_value_is_taken_apart_where_only_parts_of_it_are_secret() {
        let parts = |value| -> Vec<String> { parts(value).into_iter().map(|p| p.0).collect() };
        let key = "-----BEGIN KEY-----\\nMIIEowIBAAKC\\nqWx9\\n-----END KEY-----";
        assert_eq!(parts(key), ["MIIEowIBAAKC", "qWx9"]);
        assert_eq!(parts("a\n  \"bc\" +\n"), ["a", "bc"]);
        let address = "https://u:Tr0ub4dor@h/p";
        assert_eq!(parts(address), [address, "u", "Tr0ub4dor"]);
        let settings = "Host=h;Key=a1b2==";
        assert_eq!(parts(settings), [settings, "h", "a1b2=="]);
        assert_eq!(parts("a  b"), ["a  b", "a b"]);
    }

    #[test]
    fn base64_is_recognised_wherever_the_value_stands_in_it() {
        let value = "q8Zr2LmX0vKp4TnY";
        let forms = encoded(value);
        for before in ["", "a", "ab", "user:"] {
            for after in ["", "z", "zz"] {
                let text = format!("{before}{value}{after}");
                let text = base64::prelude::BASE64_STANDARD.encode(text);
                assert!(forms.iter().any(|f| text.contains(f)), "{text}");
            }
        }
    }

    #[test]
    fn a_value_with_signs_has_the_forms_of_addresses_markup_and_json() {
        let forms = encoded("p/4<&\"'x\\ é");
        for form in [
            "p%2F4%3C%26%22%27x%5C%20%C3%A9",
            "p%2f4%3c%26%22%27x%5c%20%c3%a9",
            "p/4&lt;&amp;&quot;&#39;x\\ é",
            "p/4<&\\\"'x\\\\ é",
            "p\\/4<&\\\"'x\\\\ é",
            "p/4\\u003c\\u0026\\\"'x\\\\ é",
        ] {
            assert!(forms.iter().any(|f| f == form), "{form} in {forms:?}");
        }
    }
}
