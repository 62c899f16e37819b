//! The search for credentials in one text: a keyword, then the rule's expression on the lines around it, then what
//! tells a credential from a placeholder.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Secrets;
use super::derived::Derived;
use super::rules::Rule;
use super::value::{entropy, is_random, is_varied, password_in};
use crate::model::RepoPath;

/// How far a line is looked at on either side of a keyword, in bytes.
pub(super) const LINE_WINDOW: usize = 4_096;
/// How much before a keyword a rule sees on a very long line, in bytes.
pub(super) const BEFORE_KEYWORD: usize = 512;
/// How much behind a keyword it sees there. A credential may be half as long.
const BEHIND_KEYWORD: usize = 4_096;
/// Longest secret of a rule that guesses, in bytes.
const LONGEST_GUESS: usize = 200;
/// How much of the text a rule over several lines sees, in bytes.
pub(super) const BLOCK_WINDOW: usize = 8_192;
/// How much of a name before a keyword is looked at, in bytes.
const LONGEST_NAME: usize = 60;

/// A credential in a text; holds its place, and its content only where that is written in another form.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub rule: usize,
    pub start: usize,
    pub end: usize,
    /// The text of a credential that stands in pieces or in base64 at its place.
    pub derived: Option<Vec<u8>>,
}

/// What has a place among the credentials of a text.
pub(super) trait Placed {
    /// The credential.
    fn hit(&self) -> &Hit;
}

impl Placed for Hit {
    fn hit(&self) -> &Hit {
        self
    }
}

impl Secrets {
    /// The places of credentials in a text, in pieces or in base64 too; in order, none overlapping another.
    pub(super) fn all_hits(&self, content: &[u8], path: &RepoPath, guesses: bool) -> Vec<Hit> {
        let mut hits = self.hits(content, Some(path), guesses);
        hits.extend(self.derived_hits(path, content, guesses));
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
    pub(super) fn hits(&self, content: &[u8], path: Option<&RepoPath>, guesses: bool) -> Vec<Hit> {
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
            && (!rule.random || is_random(text) || rule.varied && is_varied(text))
            && rule.fits(line)
            && !self.rules.allows(rule, text, assignment, line)
    }
}

/// Whether a byte may be one of the name of a setting.
fn is_of_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$')
}

/// The hits in their order, none overlapping another: of two rules the first in the file is the more exact one,
/// and a whole credential is more than a piece of it.
pub(super) fn apart<T: Placed>(mut hits: Vec<T>) -> Vec<T> {
    if hits.len() < 2 {
        return hits;
    }
    let order = |h: &Hit| (h.rule, h.derived.is_none(), h.start, h.end);
    hits.sort_by_key(|h| order(h.hit()));
    let mut kept: BTreeMap<usize, T> = BTreeMap::new();
    for hit in hits {
        // None of those that were kept overlaps another: the last one that begins before this one's end
        // reaches furthest.
        let (start, end) = (hit.hit().start, hit.hit().end);
        let before = kept.range(..end).next_back();
        if before.is_none_or(|(_, k)| k.hit().end <= start) {
            kept.insert(start, hit);
        }
    }
    kept.into_values().collect()
}

/// The bounds of the line around a place, which a NUL byte ends too, at most `limit` bytes on either side.
pub(super) fn line_bounds(content: &[u8], at: usize, limit: usize) -> Range<usize> {
    line_start(content, at, limit)..line_end(content, at, limit)
}

pub(super) fn line_start(content: &[u8], at: usize, limit: usize) -> usize {
    let floor = at.saturating_sub(limit);
    memchr::memrchr3(b'\n', b'\r', 0, &content[floor..at]).map_or(floor, |i| floor + i + 1)
}

fn line_end(content: &[u8], at: usize, limit: usize) -> usize {
    let ceiling = (at + limit).min(content.len());
    memchr::memchr3(b'\n', b'\r', 0, &content[at..ceiling]).map_or(ceiling, |i| at + i)
}

pub(super) fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}
