//! What is found in a text as findings, each with its place and without the secret.

use std::io;

use super::rules::Rule;
use super::search::{
    BEFORE_KEYWORD, BLOCK_WINDOW, Hit, LINE_WINDOW, Placed, apart, find, line_bounds, line_start,
};
use super::value::{decoded, password_in};
use super::{NAME, SUPPRESSION, SecretKey, Secrets};
use crate::mask::learn;
use crate::model::{Finding, Kind, Region, RepoPath};
use crate::scan::parts::{self, Parts, TextPart, Whole, threads};

/// What is found in a part of a content.
struct Searched {
    seen: Vec<Seen>,
    /// How many lines end in it.
    lines: u32,
    /// Where the line begins in the content that is open at its end, if it begins in the part.
    line_start: Option<usize>,
}

/// A credential in a part of a content, and what is told of it.
struct Seen {
    /// Its place is that in the content.
    hit: Hit,
    identity: String,
    message: String,
    suppressed: bool,
    begin: Place,
    end: Place,
}

impl Placed for Seen {
    fn hit(&self) -> &Hit {
        &self.hit
    }
}

/// A place in a part of a content.
struct Place {
    at: usize,
    /// How many lines end between the begin of the part and the place.
    lines: u32,
    /// Where its line begins in the content, if it begins in the part.
    line_start: Option<usize>,
}

impl Secrets {
    /// Finds the credentials in a text that is in memory. Several threads read a long one.
    pub(super) fn scan_reading(
        &self,
        path: &RepoPath,
        content: &[u8],
        key: &SecretKey,
    ) -> Vec<Finding> {
        let threads = match content.len() > 2 * parts::SIZE {
            true => threads(),
            false => 1,
        };
        let size = match threads {
            1 => content.len().max(1),
            _ => parts::SIZE,
        };
        let found = self.scan_parts(path, &mut Whole::new(content, size), threads, key, &|_| {
            true
        });
        found
            .ok()
            .flatten()
            .expect("memory can be read, and every part of it fits")
    }

    /// Finds the credentials in the name of a file and its folders, by their form alone: names are often random.
    pub(in crate::scan) fn scan_name(&self, path: &RepoPath, key: &SecretKey) -> Vec<Finding> {
        let name = path.as_bytes();
        if self.hits(name, Some(path), false).is_empty() {
            return Vec::new();
        }
        let part = TextPart {
            number: 0,
            at: 0,
            text: name.into(),
            own: 0..name.len(),
        };
        let mut found = self.findings(path, vec![self.search_part(path, &part, key, false)]);
        for finding in &mut found {
            finding.message = format!("{} in the name of the file", finding.message).into();
            finding.region = None;
            finding.suppressed = false;
        }
        found
    }

    /// Finds the credentials in a content that comes in parts; `None` if one of them does not fit.
    ///
    /// # Errors
    /// The content cannot be read.
    pub(super) fn scan_parts<'c>(
        &self,
        path: &RepoPath,
        parts: &mut dyn Parts<'c>,
        threads: usize,
        key: &SecretKey,
        fits: &(dyn Fn(&TextPart<'_>) -> bool + Sync),
    ) -> io::Result<Option<Vec<Finding>>> {
        let guesses = !self.rules.skips_generic(path);
        let searched = parts::map(parts, threads, &|part| {
            fits(&part).then(|| self.search_part(path, &part, key, guesses))
        })?;
        Ok(searched.map(|searched| self.findings(path, searched)))
    }

    fn search_part(
        &self,
        path: &RepoPath,
        part: &TextPart<'_>,
        key: &SecretKey,
        guesses: bool,
    ) -> Searched {
        let (text, own) = (&*part.text, &part.own);
        // What begins in the part may end behind it, and begin with its line.
        let from = line_start(text, own.start, BEFORE_KEYWORD);
        let to = (own.end + BLOCK_WINDOW).min(text.len());
        let mut lines = LineCounter::new(text, own.start);
        let mut seen = Vec::new();
        for mut hit in self.all_hits(&text[from..to], path, guesses) {
            hit.start += from;
            hit.end += from;
            // A rule over several lines may begin here and find what lies behind, where the next part does not see
            // its begin. What lies at the end of the window may go on.
            let goes_on = self.rules.rules[hit.rule].multiline && hit.end < to;
            if hit.start >= own.start && (hit.start < own.end || goes_on) {
                seen.push(self.see(hit, text, part.at, &mut lines, key));
            }
        }
        // Nothing follows on what is behind the last part.
        let is_last = own.end == text.len();
        let end = (!is_last).then(|| lines.place(own.end, part.at));
        Searched {
            seen,
            lines: end.as_ref().map_or(0, |end| end.lines),
            line_start: end.and_then(|end| end.line_start),
        }
    }

    /// What is told of a credential in a text that begins at a place of the content.
    fn see(
        &self,
        mut hit: Hit,
        text: &[u8],
        at: usize,
        lines: &mut LineCounter<'_>,
        key: &SecretKey,
    ) -> Seen {
        let rule = &self.rules.rules[hit.rule];
        let written = &text[hit.start..hit.end];
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
        let whole_line = &text[line_bounds(text, hit.start, LINE_WINDOW)];
        Seen {
            identity: key.identity(secret),
            message: format!("{} {}", rule.title, redacted(rule, secret)),
            suppressed: find(whole_line, SUPPRESSION),
            begin: lines.place(hit.start, at),
            end: lines.place(hit.end, at),
            hit: Hit {
                rule: hit.rule,
                start: hit.start + at,
                end: hit.end + at,
                derived: hit.derived.take(),
            },
        }
    }

    /// The findings of all parts, in order.
    fn findings(&self, path: &RepoPath, searched: Vec<Searched>) -> Vec<Finding> {
        let several = searched.len() > 1;
        let (mut line, mut from) = (1, 0);
        let mut all = Vec::new();
        for part in searched {
            for seen in part.seen {
                let region = {
                    let place = |place: &Place| {
                        let column = place.at - place.line_start.unwrap_or(from) + 1;
                        (
                            line + place.lines,
                            u32::try_from(column).unwrap_or(u32::MAX),
                        )
                    };
                    let ((line, column), (end_line, end_column)) =
                        (place(&seen.begin), place(&seen.end));
                    Region {
                        line,
                        column: Some(column),
                        end_line: end_line.max(line),
                        end_column: Some(end_column),
                    }
                };
                all.push((seen, region));
            }
            line += part.lines;
            from = part.line_start.unwrap_or(from);
        }
        if several {
            all = apart(all);
        }
        let findings = all.into_iter().map(|(seen, region)| {
            let rule = &self.rules.rules[seen.hit.rule];
            Finding::build(NAME, &rule.id, path.clone())
                .kind(Kind::Secret)
                .region(Some(region))
                .title(rule.title.clone())
                .message(seen.message)
                .score(Some(rule.score))
                .cwe(vec![798])
                .secret(Some(seen.identity))
                .fix(Some(rule.fix.clone()))
                .suppressed(seen.suppressed)
                .finish()
                .expect("a hit has a rule, a file and a place")
        });
        findings.collect()
    }
}

impl Placed for (Seen, Region) {
    fn hit(&self) -> &Hit {
        &self.0.hit
    }
}

/// Learns a value, and what it stands for if it is base64.
pub(super) fn learn_value(value: &[u8]) {
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

/// Counts lines up to places that come in order.
struct LineCounter<'a> {
    text: &'a [u8],
    from: usize,
    at: usize,
    lines: u32,
    line_start: Option<usize>,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a [u8], from: usize) -> LineCounter<'a> {
        LineCounter {
            text,
            from,
            at: from,
            lines: 0,
            line_start: None,
        }
    }

    /// The place of a byte of the text, which begins at `offset` in the content.
    fn place(&mut self, at: usize, offset: usize) -> Place {
        if at < self.at {
            *self = LineCounter::new(self.text, self.from);
        }
        let passed = self.text.get(self.at..at).unwrap_or_default();
        for i in memchr::memchr2_iter(b'\n', b'\r', passed) {
            let next = self.at + i + 1;
            if self.text[next - 1] == b'\n' || self.text.get(next) != Some(&b'\n') {
                self.lines += 1;
                self.line_start = Some(next);
            }
        }
        self.at = at;
        Place {
            at: at + offset,
            lines: self.lines,
            line_start: self.line_start.map(|start| start + offset),
        }
    }
}
