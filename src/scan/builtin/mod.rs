//! The scanner inside newgate: credentials in files.
//!
//! A keyword search over the whole content (Aho-Corasick) finds the few lines that may hold a
//! credential; the rule's regular expression runs over those only; then its entropy is measured and
//! the allow-list asked. Rules are data (`secrets.toml`). The text of a secret does not leave
//! [`Secrets::scan`]: a redacted form and a keyed hash do.

pub(super) mod encodings;
mod rules;

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use crate::mask::{SECRET, learn};
use crate::model::{Finding, Kind, Region, RepoPath, Text};
use rules::{Rule, Rules};

/// The name of the scanner in the catalogue.
pub(super) const NAME: &str = "secrets";
/// A comment that says that a credential on its line is none.
const SUPPRESSION: &[u8] = b"newgate:allow-secret";
/// How far a line is looked at on either side of a keyword, in bytes.
const LINE_WINDOW: usize = 4_096;
/// How much of the text a rule over several lines sees, in bytes.
const BLOCK_WINDOW: usize = 8_192;

/// The key of the hashes that stand for secrets. It stays in the repository's private folder.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Takes the key.
    pub fn new(key: [u8; 32]) -> SecretKey {
        SecretKey(key)
    }

    /// The identity of a secret: a keyed hash of it, as 32 hexadecimal digits.
    pub fn identity(&self, secret: &[u8]) -> String {
        format!("{:.32}", blake3::keyed_hash(&self.0, secret).to_hex())
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// A credential in a text; holds its place, not its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hit {
    rule: usize,
    start: usize,
    end: usize,
}

/// The secrets scanner, its rules compiled.
#[derive(Debug)]
pub struct Secrets {
    rules: Rules,
}

impl Secrets {
    /// The scanner with the rules that are compiled in; made once.
    pub fn get() -> &'static Secrets {
        static SECRETS: OnceLock<Secrets> = OnceLock::new();
        SECRETS.get_or_init(|| Secrets {
            rules: Rules::built_in(),
        })
    }

    /// Finds the credentials in a file's content, whatever it is encoded in.
    pub fn scan(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> Vec<Finding> {
        let readings = encodings::readings(content);
        if let [only] = &readings[..] {
            return self.scan_reading(path, only, key);
        }
        // What several readings show is one credential, and the first can tell its place best.
        let mut known: HashSet<(Text, Option<Text>)> = HashSet::new();
        let mut all = Vec::new();
        for reading in &readings {
            let mut found = self.scan_reading(path, reading, key);
            found.retain(|f| !known.contains(&(f.rule.clone(), f.secret.clone())));
            known.extend(found.iter().map(|f| (f.rule.clone(), f.secret.clone())));
            all.append(&mut found);
        }
        all
    }

    /// Learns the credentials in a text whose form alone tells that they are some.
    pub(super) fn learn_from(&self, content: &[u8]) {
        for hit in self.hits(content, false) {
            learn(&String::from_utf8_lossy(&content[hit.start..hit.end]));
        }
    }

    fn scan_reading(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> Vec<Finding> {
        let guesses = !self.rules.skips_generic(path);
        let hits = self.hits(content, guesses);
        let mut lines = LineCounter::new(content);
        let made = hits.into_iter().map(|hit| {
            let rule = &self.rules.rules[hit.rule];
            let secret = &content[hit.start..hit.end];
            learn(&String::from_utf8_lossy(secret));
            let (line, column) = lines.place(hit.start);
            let (end_line, end_column) = lines.place(hit.end);
            let whole_line = &content[line_bounds(content, hit.start, LINE_WINDOW)];
            Finding::build(NAME, &rule.id, path.clone())
                .kind(Kind::Secret)
                .region(Some(Region {
                    line,
                    column: Some(column),
                    end_line: end_line.max(line),
                    end_column: Some(end_column),
                }))
                .title(rule.title.clone())
                .message(format!("{} {}", rule.title, redacted(rule, secret)))
                .score(Some(rule.score))
                .cwe(vec![798])
                .secret(Some(key.identity(secret)))
                .fix(Some(rule.fix.clone()))
                .suppressed(find(whole_line, SUPPRESSION))
                .finish()
                .expect("a hit has a rule, a file and a place")
        });
        made.collect()
    }

    /// The places of credentials, in order, none overlapping another.
    /// `guesses` says whether rules without a form of their own count.
    fn hits(&self, content: &[u8], guesses: bool) -> Vec<Hit> {
        let rules = &self.rules;
        let mut hits: Vec<Hit> = Vec::new();
        // The window that each rule saw last, so that several keywords of a line cost one search.
        let mut seen = vec![0_usize; rules.rules.len()];
        for keyword in rules
            .automaton(content.len())
            .find_overlapping_iter(content)
        {
            for &index in &rules.by_keyword[keyword.pattern().as_usize()] {
                let rule = &rules.rules[index];
                if keyword.start() < seen[index] || rule.generic && !guesses {
                    continue;
                }
                let line = line_bounds(content, keyword.start(), LINE_WINDOW);
                let window = if rule.multiline {
                    line.start..(line.start + BLOCK_WINDOW).min(content.len())
                } else {
                    line.clone()
                };
                // A line that was cut short is looked at again from the next keyword on.
                let whole = line.end < keyword.start() + LINE_WINDOW;
                seen[index] = if whole { line.end } else { keyword.end() };
                self.search(index, &content[window.clone()], window.start, &mut hits);
            }
        }
        // Where rules overlap the first in the file is the more exact one.
        hits.sort_by_key(|h| (h.rule, h.start, h.end));
        hits.dedup();
        let mut kept: BTreeMap<usize, Hit> = BTreeMap::new();
        for hit in hits {
            // None of those that were kept overlaps another: the last one that begins before this one's end
            // reaches furthest.
            let before = kept.range(..hit.end).next_back();
            if before.is_none_or(|(_, k)| k.end <= hit.start) {
                kept.insert(hit.start, hit);
            }
        }
        kept.into_values().collect()
    }

    fn search(&self, index: usize, window: &[u8], offset: usize, hits: &mut Vec<Hit>) {
        let rule = &self.rules.rules[index];
        for found in rule.regex().captures_iter(window) {
            let Some(secret) = found.get(1) else {
                continue;
            };
            let text = secret.as_bytes();
            let line = &window[line_bounds(window, secret.start(), LINE_WINDOW)];
            if rule.entropy.is_some_and(|least| entropy(text) < least)
                || self.rules.allows(rule, text, line)
            {
                continue;
            }
            hits.push(Hit {
                rule: index,
                start: offset + secret.start(),
                end: offset + secret.end(),
            });
        }
    }
}

/// Replaces every credential in a text by `[secret]`.
pub fn redact(text: &str) -> String {
    let hits = Secrets::get().hits(text.as_bytes(), true);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for hit in hits {
        out.push_str(&String::from_utf8_lossy(&text.as_bytes()[from..hit.start]));
        out.push_str(SECRET);
        from = hit.end;
    }
    out.push_str(&String::from_utf8_lossy(&text.as_bytes()[from..]));
    out
}

/// A form that tells a secret from others without telling it: its public prefix and its length.
fn redacted(rule: &Rule, secret: &[u8]) -> String {
    if rule.multiline {
        return String::new();
    }
    let shown = match (rule.generic, secret.len()) {
        (false, 20..) => String::from_utf8_lossy(&secret[..4]).into_owned(),
        _ => String::new(),
    };
    format!("(`{shown}…`, {} characters)", secret.len())
}

/// The bounds of the line around a place, which a NUL byte ends too, at most `limit` bytes on either side.
fn line_bounds(content: &[u8], at: usize, limit: usize) -> std::ops::Range<usize> {
    let is_break = |b: &u8| matches!(b, b'\n' | b'\r' | 0);
    let floor = at.saturating_sub(limit);
    let start = content[floor..at]
        .iter()
        .rposition(is_break)
        .map_or(floor, |i| floor + i + 1);
    let ceiling = (at + limit).min(content.len());
    let end = content[at..ceiling]
        .iter()
        .position(is_break)
        .map_or(ceiling, |i| at + i);
    start..end
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

/// Shannon's entropy of a text's bytes, in bits per byte.
fn entropy(text: &[u8]) -> f64 {
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

/// Counts lines up to places that come in order.
struct LineCounter<'a> {
    content: &'a [u8],
    at: usize,
    line: u32,
    line_start: usize,
}

impl<'a> LineCounter<'a> {
    fn new(content: &'a [u8]) -> LineCounter<'a> {
        LineCounter {
            content,
            at: 0,
            line: 1,
            line_start: 0,
        }
    }

    /// Line and column (in bytes), from 1.
    fn place(&mut self, at: usize) -> (u32, u32) {
        if at < self.at {
            *self = LineCounter::new(self.content);
        }
        while self.at < at {
            let b = self.content[self.at];
            self.at += 1;
            if b == b'\n' || b == b'\r' && self.content.get(self.at) != Some(&b'\n') {
                self.line += 1;
                self.line_start = self.at;
            }
        }
        (
            self.line,
            u32::try_from(at - self.line_start + 1).unwrap_or(u32::MAX),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(content: &[u8]) -> Vec<Finding> {
        Secrets::get().scan(&RepoPath::from("a.py"), content, &SecretKey::new([7; 32]))
    }

    /// A token in two pieces, so that this file holds none.
    fn token() -> String {
        format!("ghp_{}", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx")
    }

    #[test]
    fn a_finding_has_the_place_and_not_the_secret() {
        let text = format!("import os\n\ntoken = '{}'\n", token());
        let found = scan(text.as_bytes());
        let [finding] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!((finding.line(), finding.column()), (3, 10));
        assert_eq!(finding.rule, "github-pat");
        let shown = serde_json::to_string(finding).unwrap();
        assert!(!shown.contains(&token()[8..]), "{shown}");
        assert!(!redact(&text).contains(&token()[4..]));
    }

    #[test]
    fn the_same_secret_has_the_same_identity_under_one_key_only() {
        let a = scan(format!("x = '{}'", token()).as_bytes())
            .remove(0)
            .secret;
        let b = scan(format!("\n\nother: {}", token()).as_bytes())
            .remove(0)
            .secret;
        assert_eq!(a, b);
        let other = SecretKey::new([8; 32]).identity(token().as_bytes());
        assert_ne!(a, Some(other.into()));
    }

    fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn no_encoding_and_no_nul_byte_hides_a_token() {
        let text = format!("# \u{4e0a}\ntoken = '{}'\n", token());
        let le = wide(&text, u16::to_le_bytes);
        let be = wide(&text, u16::to_be_bytes);
        let le32: Vec<u8> = text
            .chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect();
        let ascii = format!("token = '{}'\n", token()).into_bytes();
        let noise = wide(&"\u{4e0a}".repeat(600), u16::to_le_bytes);
        for content in [
            // UTF-16 and UTF-32, with a mark and without.
            [b"\xff\xfe", &le[..]].concat(),
            [b"\xfe\xff", &be[..]].concat(),
            le.clone(),
            be.clone(),
            le32.clone(),
            [b"\xff\xfe\0\0", &le32[..]].concat(),
            // Bytes that only begin as if they were.
            [b"\xff\xfe", &ascii[..]].concat(),
            [b"\xff\xfe\0", &ascii[..]].concat(),
            [b"a\0b\0".repeat(200), ascii.clone()].concat(),
            [b"\xff\xfe", &le[..10], &ascii[..]].concat(),
            // And some that begin as if they were not.
            [b"\xef\xbb\xbf", &ascii[..]].concat(),
            [b"x\n", &le[..]].concat(),
            [b"\xff\xfe", &noise[..], b"x", &le[..]].concat(),
            [b"\xff\xfe", &noise[..], &be[..]].concat(),
            // NUL bytes around the token.
            [b"\0", &ascii[..]].concat(),
            [&ascii[..], b"\0"].concat(),
            format!("k\0{}\0", token()).into_bytes(),
        ] {
            let found = scan(&content);
            let rules: Vec<&str> = found.iter().map(|f| f.rule.as_str()).collect();
            assert_eq!(rules, ["github-pat"], "{}", content.escape_ascii());
        }
        let marked = [b"\xff\xfe", &le[..]].concat();
        assert_eq!(scan(&marked)[0].line(), 2);
    }

    #[test]
    fn a_nul_byte_turns_no_rule_off() {
        let text = format!("t = '{}'\npassword = 'q8Zr2LmX0vKp4TnY'", token());
        for content in [format!("\0\n{text}"), format!("{text}\0"), text] {
            assert_eq!(scan(content.as_bytes()).len(), 2, "{content:?}");
        }
    }

    #[test]
    fn a_keyword_before_it_does_not_hide_a_secret_far_along_a_line() {
        let text = format!("var p='ghp_';{}k='{}';", "a=1;".repeat(1_015), token());
        assert_eq!(scan(text.as_bytes()).len(), 1);
        let beside = format!("token = '{}' # sha256:{}", token(), "0".repeat(64));
        assert_eq!(scan(beside.as_bytes()).len(), 1);
    }

    #[test]
    fn a_secret_in_a_minified_line_is_found() {
        let filler = "var a=1;".repeat(20_000);
        let text = format!("{filler}k='{}';{filler}", token());
        assert_eq!(scan(text.as_bytes()).len(), 1);
    }

    #[test]
    fn an_inline_comment_marks_a_finding_and_hides_nothing() {
        let text = format!("x = '{}'  # newgate:allow-secret", token());
        let found = scan(text.as_bytes());
        assert!(found.len() == 1 && found[0].suppressed);
    }
}
