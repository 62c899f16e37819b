//! The scanner inside newgate: credentials in files.
//!
//! A keyword search over the whole content (Aho-Corasick) finds the few lines that may hold a
//! credential; the rule's regular expression runs over those only; then its entropy is measured and
//! the allow-list asked. Rules are data (`secrets.toml`). The text of a secret does not leave
//! [`Secrets::scan`]: a redacted form and a keyed hash do.

mod archive;
pub(super) mod code;
mod derived;
pub(super) mod encodings;
mod rules;
mod value;

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::UnitResult;
use crate::mask::{SECRET, learn};
use crate::model::{Finding, Kind, Region, RepoPath, Text};
use derived::Derived;
use rules::{Rule, Rules};
use value::{decoded, entropy, is_random, password_in};

/// The name of the scanner in the catalogue.
pub(super) const NAME: &str = "secrets";
/// A comment that says that a credential on its line is none.
const SUPPRESSION: &[u8] = b"newgate:allow-secret";
/// How far a line is looked at on either side of a keyword, in bytes.
const LINE_WINDOW: usize = 4_096;
/// How much of a large content one thread reads at a time, in bytes.
const PIECE: usize = 4 * 1024 * 1024;
/// How much before a keyword a rule sees on a very long line, in bytes.
const BEFORE_KEYWORD: usize = 512;
/// How many bytes after a keyword a rule sees there. A credential may be half as long.
const BEHIND_KEYWORD: usize = 4_096;
/// Longest secret of a rule that guesses, in bytes.
const LONGEST_GUESS: usize = 200;
/// How much of the text a rule over several lines sees, in bytes.
const BLOCK_WINDOW: usize = 8_192;
/// How much of a name before a keyword is looked at, in bytes.
const LONGEST_NAME: usize = 60;

/// The key of the hashes that stand for secrets. It stays in the repository's private folder.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Takes the key.
    pub fn new(key: [u8; 32]) -> SecretKey {
        SecretKey(key)
    }

    /// The identity of a secret: a keyed hash of it, as 32 hexadecimal digits. It is one of the secret's
    /// SHA-1, since that is all that some scanners tell.
    pub fn identity(&self, secret: &[u8]) -> String {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, secret);
        let hex: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        self.identity_of_sha1(&hex)
    }

    /// The identity of the secret that has a SHA-1, which is in lower-case hexadecimal digits.
    pub fn identity_of_sha1(&self, hash: &str) -> String {
        format!(
            "{:.32}",
            blake3::keyed_hash(&self.0, hash.as_bytes()).to_hex()
        )
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

static SECRETS: OnceLock<Secrets> = OnceLock::new();

/// A credential in a text; holds its place, and its content only where that is written in another form.
#[derive(Clone, PartialEq, Eq)]
struct Hit {
    rule: usize,
    start: usize,
    end: usize,
    /// The text of a credential that stands in pieces or in base64 at its place.
    derived: Option<Vec<u8>>,
}

/// The secrets scanner, its rules compiled.
#[derive(Debug)]
pub struct Secrets {
    rules: Rules,
}

impl Secrets {
    /// The scanner with the rules that are compiled in; made once.
    pub fn get() -> &'static Secrets {
        SECRETS.get_or_init(|| Secrets {
            rules: Rules::built_in(),
        })
    }

    /// Finds the credentials in a file's content, whatever it is encoded in.
    pub fn scan(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> Vec<Finding> {
        self.scan_unit(path, content, key).findings
    }

    /// The same, and whether a part of it was not read.
    pub(super) fn scan_unit(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> UnitResult {
        if archive::is_archive(content) {
            return self.scan_archive(path, content, key);
        }
        UnitResult {
            findings: self.scan_text(path, content, key),
            unread: None,
        }
    }

    /// Whether what is found in a content stands on the lines that it is reported for.
    pub(super) fn has_lines(content: &[u8]) -> bool {
        !content.contains(&0) && !archive::is_archive(content)
    }

    /// Finds the credentials in the files of an archive; they are findings in the archive.
    fn scan_archive(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> UnitResult {
        let mut all = Vec::new();
        let whole = archive::for_each_file(content, &mut |name, content| {
            if name.is_empty() {
                return;
            }
            for mut finding in self.scan_text(&name.into(), content, key) {
                let line = finding.line();
                let place = format!("{} (in `{name}`, line {line})", finding.message);
                finding.message = place.into();
                finding.path = path.clone();
                finding.region = None;
                all.push(finding);
            }
        });
        UnitResult {
            findings: all,
            unread: (!whole)
                .then(|| "it is an archive that is too large to unpack completely".to_owned()),
        }
    }

    fn scan_text(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> Vec<Finding> {
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
        for hit in self.hits(content, None, false) {
            learn_value(&content[hit.start..hit.end]);
        }
    }

    fn scan_reading(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> Vec<Finding> {
        let guesses = !self.rules.skips_generic(path);
        let hits = self.all_hits(content, path, guesses);
        let mut lines = LineCounter::new(content);
        let made = hits.into_iter().map(|hit| {
            let rule = &self.rules.rules[hit.rule];
            let written = &content[hit.start..hit.end];
            learn_value(written);
            let secret = match &hit.derived {
                Some(text) => {
                    learn_value(text);
                    // Each piece of it is on show where it stands.
                    let pieces = written.split(|b| matches!(b, b'"' | b'\'' | b'\\'));
                    pieces.for_each(learn_value);
                    text
                }
                None => written,
            };
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

    /// The credentials in a content, in pieces or in base64 too. A large one is read by several threads.
    fn all_hits(&self, content: &[u8], path: &RepoPath, guesses: bool) -> Vec<Hit> {
        let hits_of = |content: &[u8]| {
            let mut hits = self.hits(content, Some(path), guesses);
            hits.extend(self.derived_hits(path, content, guesses));
            hits
        };
        if content.len() <= 2 * PIECE {
            return apart(hits_of(content));
        }
        let pieces = pieces(content);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut all = Vec::new();
            while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                // What begins in the piece may end behind it, and begin with its line.
                let start = line_start(content, piece.start, BEFORE_KEYWORD);
                let end = (piece.end + BLOCK_WINDOW).min(content.len());
                for mut hit in hits_of(&content[start..end]) {
                    hit.start += start;
                    hit.end += start;
                    if piece.contains(&hit.start) {
                        all.push(hit);
                    }
                }
            }
            all
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let hits = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let found = threads.into_iter().map(|thread| match thread.join() {
                Ok(hits) => hits,
                Err(fault) => std::panic::resume_unwind(fault),
            });
            found.flatten().collect()
        });
        apart(hits)
    }

    /// The credentials that stand in a content in pieces or in base64.
    fn derived_hits(&self, path: &RepoPath, content: &[u8], guesses: bool) -> Vec<Hit> {
        let derived = Derived::of(content);
        let hits = self.hits(&derived.text, Some(path), guesses);
        let placed = hits.into_iter().filter_map(|hit| {
            let place = derived.place(&(hit.start..hit.end))?;
            Some(Hit {
                rule: hit.rule,
                start: place.start,
                end: place.end,
                derived: Some(derived.text[hit.start..hit.end].to_vec()),
            })
        });
        placed.collect()
    }

    /// The places of credentials, in order, none overlapping another.
    /// `guesses` says whether rules without a form of their own count.
    fn hits(&self, content: &[u8], path: Option<&RepoPath>, guesses: bool) -> Vec<Hit> {
        let rules = &self.rules;
        let mut hits: Vec<Hit> = Vec::new();
        if content.is_empty() {
            return hits;
        }
        // The window that each rule saw last, so that several keywords of a line cost one search.
        let mut seen = vec![0_usize; rules.rules.len()];
        for (index, rule) in rules.rules.iter().enumerate() {
            if rule.is_for_some() && !rule.is_for(path) {
                seen[index] = usize::MAX;
            }
        }
        for &index in &rules.without_keyword {
            if seen[index] == 0 {
                self.search(index, content, 0, &mut hits);
            }
        }
        if rules.is_idle(content) {
            return apart(hits);
        }
        for keyword in rules
            .automaton(content.len())
            .find_overlapping_iter(content)
        {
            for &index in &rules.by_keyword[keyword.pattern().as_usize()] {
                let rule = &rules.rules[index];
                if keyword.start() < seen[index] || rule.generic && !guesses {
                    continue;
                }
                let before = line_start(content, keyword.start(), BEFORE_KEYWORD);
                let limit = match rule.multiline {
                    true => (before + BLOCK_WINDOW).min(content.len()),
                    false => line_end(content, keyword.start(), BEHIND_KEYWORD),
                };
                // A line that was cut short is looked at again from further on.
                let end = line_end(content, keyword.start(), BEHIND_KEYWORD);
                let cut = end == keyword.start() + BEHIND_KEYWORD;
                seen[index] = if cut { end - BEHIND_KEYWORD / 2 } else { end };
                let window = before..limit;
                self.search(index, &content[window.clone()], window.start, &mut hits);
            }
        }
        apart(hits)
    }

    fn search(&self, index: usize, window: &[u8], offset: usize, hits: &mut Vec<Hit>) {
        let rule = &self.rules.rules[index];
        let regex = rule.regex();
        let mut at = 0;
        while let Some(found) = regex.captures_at(window, at) {
            // Each way to write a credential has a group of its own.
            let Some(secret) = found.iter().skip(1).flatten().next() else {
                return;
            };
            at = secret.end().max(at + 1);
            if !rule.begins_behind(&window[..secret.start()]) {
                at = secret.start() + 1;
                continue;
            }
            let line = &window[line_bounds(window, secret.start(), LINE_WINDOW)];
            let whole = found.get(0).map_or(secret.range(), |m| m.range());
            let name = window[..whole.start].iter().rev().take(LONGEST_NAME);
            let name = name.take_while(|b| is_of_name(**b)).count();
            let assignment = &window[whole.start - name..whole.end];
            let text = secret.as_bytes();
            if self.is_secret(rule, text, assignment, line) {
                hits.push(Hit {
                    rule: index,
                    start: offset + secret.start(),
                    end: offset + secret.end(),
                    derived: None,
                });
            }
        }
    }

    fn is_secret(&self, rule: &Rule, text: &[u8], assignment: &[u8], line: &[u8]) -> bool {
        let password = match rule.pair {
            true => password_in(text),
            false => None,
        };
        if rule.pair && password.is_none() {
            return false;
        }
        let text = password.as_deref().unwrap_or(text);
        text.len() >= rule.least
            && (!rule.generic || text.len() <= LONGEST_GUESS)
            && rule.entropy.is_none_or(|least| entropy(text) >= least)
            && (!rule.random || is_random(text))
            && rule.fits(line)
            && !self.rules.allows(rule, text, assignment, line)
    }
}

/// Learns a value, and what it stands for if it is base64.
fn learn_value(value: &[u8]) {
    learn(&String::from_utf8_lossy(value));
    if value.len() >= 8
        && let Some(text) = decoded(value)
    {
        learn(&String::from_utf8_lossy(&text));
        if let Some(password) = password_in(value) {
            learn(&String::from_utf8_lossy(&password));
        }
    }
}

/// Whether a byte may be one of the name of a setting.
fn is_of_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$')
}

/// The hits in order, without overlaps. Of two rules, the one that comes first in the file is more exact, and a whole
/// credential counts more than a part of it.
fn apart(mut hits: Vec<Hit>) -> Vec<Hit> {
    if hits.len() < 2 {
        return hits;
    }
    hits.sort_by_key(|h| (h.rule, h.derived.is_none(), h.start, h.end));
    hits.dedup();
    let mut kept: BTreeMap<usize, Hit> = BTreeMap::new();
    for hit in hits {
        // The hits that were kept do not overlap, so the last one that begins before this one's end reaches furthest.
        let before = kept.range(..hit.end).next_back();
        if before.is_none_or(|(_, k)| k.end <= hit.start) {
            kept.insert(hit.start, hit);
        }
    }
    kept.into_values().collect()
}

/// Replaces every credential in a text by `[secret]`.
pub fn redact(text: &str) -> String {
    if SECRETS.get().is_none() && !rules::holds_keyword(text) {
        return text.to_owned();
    }
    let hits = Secrets::get().hits(text.as_bytes(), None, true);
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

/// A large content in pieces that end with a line, where lines are not too long.
fn pieces(content: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut all = Vec::new();
    let mut start = 0;
    while start < content.len() {
        let end = match content.get(start..start + PIECE) {
            Some(piece) => memchr::memrchr(b'\n', piece).map_or(start + PIECE, |i| start + i + 1),
            None => content.len(),
        };
        all.push(start..end);
        start = end;
    }
    all
}

/// The bounds of the line around a place, which a NUL byte ends too, at most `limit` bytes on either side.
fn line_bounds(content: &[u8], at: usize, limit: usize) -> std::ops::Range<usize> {
    line_start(content, at, limit)..line_end(content, at, limit)
}

fn line_start(content: &[u8], at: usize, limit: usize) -> usize {
    let floor = at.saturating_sub(limit);
    memchr::memrchr3(b'\n', b'\r', 0, &content[floor..at]).map_or(floor, |i| floor + i + 1)
}

fn line_end(content: &[u8], at: usize, limit: usize) -> usize {
    let ceiling = (at + limit).min(content.len());
    memchr::memchr3(b'\n', b'\r', 0, &content[at..ceiling]).map_or(ceiling, |i| at + i)
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
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
        let text = &self.content[self.at..at];
        for i in memchr::memchr2_iter(b'\n', b'\r', text) {
            let next = self.at + i + 1;
            if self.content[next - 1] == b'\n' || self.content.get(next) != Some(&b'\n') {
                self.line += 1;
                self.line_start = next;
            }
        }
        self.at = at;
        (
            self.line,
            u32::try_from(at - self.line_start + 1).unwrap_or(u32::MAX),
        )
    }
}

#[cfg(test)]
#[path = "../../../benches/secrets/corpus.rs"]
mod corpus;

#[cfg(test)]
mod tests;
