//! The lines around an occurrence, as text that is safe to show.

use std::collections::{BTreeSet, HashMap};

use super::Judging;
use crate::model::{Action, Finding, Frame, Issue, Kind, Occurrence, Oid, RepoPath, Status};
use crate::scan::redact;

/// How many lines are shown on either side.
const AROUND: u32 = 2;
/// Most lines of a region that are shown.
const MOST_LINES: u32 = 8;
/// Most characters of a line that are shown.
const MOST_CHARACTERS: usize = 240;
/// How many occurrences of an issue get a frame.
const MOST_FRAMES: usize = 50;
/// How many texts are kept at once.
const MOST_TEXTS: usize = 64;

/// A text whose lines are found without reading it from the start.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn new(text: String) -> Lines {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        Lines { text, starts }
    }

    /// The lines from one on, counted from 1; none where there is no such line.
    pub(super) fn from(&self, line: u32) -> std::str::Lines<'_> {
        let start = self.starts.get(line.saturating_sub(1) as usize);
        start
            .and_then(|s| self.text.get(*s..))
            .unwrap_or("")
            .lines()
    }
}

/// A file in a tree.
type Place = (Oid, RepoPath);

/// Adds frames to the new occurrences, and to all where the report lists everything.
pub(super) fn add_frames(judging: &Judging<'_>, issues: &mut [Issue]) {
    // Lines on which any finding of the report is about a literal: shown without literals, whichever
    // finding they are shown for.
    let mut literals: HashMap<Place, BTreeSet<u32>> = HashMap::new();
    for occurrence in issues.iter().flat_map(|i| &i.occurrences) {
        let about = occurrence.findings.iter().any(Finding::is_about_a_literal);
        if let (true, Some(region)) = (about, occurrence.region)
            && let Some(tree) = tree_with(judging, occurrence)
        {
            let lines = literals.entry((tree, occurrence.path.clone())).or_default();
            lines.extend(region.line..=region.end_line.min(region.line + MOST_LINES));
        }
    }
    let none = BTreeSet::new();
    let mut texts: HashMap<Place, Option<Lines>> = HashMap::new();
    for issue in issues {
        let all = judging.gate.list_unchanged;
        let shown = issue.occurrences.iter_mut();
        let shown = shown.filter(|o| {
            all || o.status == Status::New || matches!(o.action, Some(Action::Block | Action::Warn))
        });
        for occurrence in shown.take(MOST_FRAMES) {
            if judging.clock.is_over() {
                return;
            }
            let Some(tree) = tree_with(judging, occurrence) else {
                continue;
            };
            let place = (tree, occurrence.path.clone());
            let secret = literals.get(&place).unwrap_or(&none);
            // A frame is a help for the reader; the verdict stands without it.
            let text = texts.entry(place).or_insert_with_key(|(tree, path)| {
                let file = judging.gate.repo.entry(tree, path).ok().flatten()?;
                let file = super::behind(judging.gate.repo, tree, &file).ok()?;
                super::text_of(judging.gate.repo, &file)
                    .ok()
                    .map(Lines::new)
            });
            if let Some(text) = text {
                occurrence.frame = frame_of(text, &occurrence.findings, secret);
            }
        }
        // Files of one issue are often those of the next, but not of all.
        if texts.len() > MOST_TEXTS {
            texts.clear();
        }
    }
}

/// The tree in which an occurrence stands.
pub(super) fn tree_with(judging: &Judging<'_>, occurrence: &Occurrence) -> Option<Oid> {
    let change = &judging.change;
    match (&occurrence.commit, occurrence.status) {
        (Some(commit), _) => super::tree_of(judging.gate.repo, &Oid::parse(commit)?)
            .ok()
            .flatten(),
        (None, Status::Fixed) => change.base_tree.clone(),
        (None, _) => Some(change.head_tree.clone()),
    }
}

/// Makes the frame of findings at one place; `None` if they have no line in the text.
///
/// Credentials are cut out: those that the secrets scanner knows, what a secret's own finding says,
/// every quoted literal where a weakness is about one or on the lines of `literals`, and lines that
/// look like the body of a key.
fn frame_of(text: &Lines, findings: &[Finding], literals: &BTreeSet<u32>) -> Option<Frame> {
    let finding = findings.first()?;
    let region = finding.region?;
    let about_literal = findings.iter().any(Finding::is_about_a_literal);
    let around = if about_literal { 0 } else { AROUND };
    let first = region.line.saturating_sub(around).max(1);
    let end = if finding.kind == Kind::Secret {
        region.line
    } else {
        region.end_line
    };
    let last = end.min(region.line + MOST_LINES) + around;
    let shown: Vec<&str> = text.from(first).take((last - first) as usize + 1).collect();
    if shown.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = redact(&shown.join("\n"))
        .lines()
        .map(str::to_owned)
        .collect();
    lines.resize(shown.len(), String::new());
    if finding.kind == Kind::Secret {
        let line = shown.first()?;
        lines = vec![without_columns(line, finding)];
    }
    for (number, line) in (first..).zip(&mut lines) {
        let secret = about_literal || literals.contains(&number);
        if secret && finding.kind != Kind::Secret {
            *line = without_literals(line);
        }
        if looks_like_key_body(line) {
            *line = "[secret]".into();
        }
        *line = safe(line);
    }
    Some(Frame {
        first_line: first,
        lines,
    })
}

/// A line without what a secret's finding covers.
fn without_columns(line: &str, finding: &Finding) -> String {
    let Some(region) = finding.region else {
        return "[secret]".into();
    };
    let start = region.column.map_or(0, |c| c as usize - 1);
    let one_line = region.end_line == region.line;
    let end = region
        .end_column
        .filter(|_| one_line)
        .map_or(line.len(), |c| c as usize - 1);
    // Columns of other scanners may count otherwise: where they do not fit, nothing is shown.
    match (line.get(..start), line.get(end.max(start)..)) {
        (Some(before), Some(after)) if region.column.is_some() && finding.scanner == "secrets" => {
            redact(&format!("{before}[secret]{after}"))
        }
        _ => without_literals(&redact(line)),
    }
}

fn without_literals(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    let quotes = ['"', '\'', '`'];
    while let Some((before, from)) = rest.find(quotes).and_then(|at| rest.split_at_checked(at)) {
        let mut from = from.chars();
        let Some(quote) = from.next() else {
            break;
        };
        let after = from.as_str();
        out.push_str(before);
        out.push(quote);
        let (literal, after) = match after.split_once(quote) {
            Some((literal, after)) => (literal, Some(after)),
            None => (after, None),
        };
        if after.is_none() || !literal.is_empty() {
            out.push_str("[secret]");
        }
        rest = after.map_or("", |after| {
            out.push(quote);
            after
        });
    }
    out.push_str(rest);
    out
}

fn looks_like_key_body(line: &str) -> bool {
    let body = line.trim().trim_matches(['"', '\'', ',', '\\', '+']);
    let of_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    body.len() >= 60 && body.bytes().all(of_base64)
}

/// A line with tabs as spaces, control characters as escapes, and not too long.
fn safe(line: &str) -> String {
    let mut out = String::new();
    for (count, c) in line.chars().enumerate() {
        if count >= MOST_CHARACTERS {
            out.push('…');
            break;
        }
        match c {
            '\t' => out.push_str("    "),
            c if crate::model::is_unsafe_char(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Region;

    fn finding(kind: Kind, line: u32, cwe: u32) -> Finding {
        Finding::build("x", "R", "a.py".into())
            .kind(kind)
            .region(Some(Region::line(line)))
            .cwe(vec![cwe])
            .finish()
            .unwrap()
    }

    #[test]
    fn a_frame_never_shows_the_literal_that_a_finding_is_about() {
        let text = "a = 1\npassword = 'Summer-2024' or \"x\"\nb = 2\n";
        let shown = |text: &str, finding: Finding, literals: &[u32]| {
            let text = Lines::new(text.to_owned());
            let literals = literals.iter().copied().collect();
            frame_of(&text, &[finding], &literals).unwrap()
        };
        let frame = shown(text, finding(Kind::Code, 2, 259), &[]);
        assert_eq!(frame.lines, ["password = '[secret]' or \"[secret]\""]);
        let frame = shown(text, finding(Kind::Secret, 2, 798), &[]);
        assert!(!frame.lines.join("").contains("Summer"));
        // Nor beside a finding about something else.
        let frame = shown(text, finding(Kind::Code, 3, 78), &[2]);
        assert!(!frame.lines.join("").contains("Summer"));
        assert_eq!(frame.lines.len(), 3);
    }

    #[test]
    fn hostile_lines_are_escaped_and_key_bodies_cut() {
        let text = format!("x\x1b[2J\u{202e}\n\teval(x)\n{}\n", "QUJD".repeat(20));
        let text = Lines::new(text);
        let frame = frame_of(&text, &[finding(Kind::Code, 2, 95)], &BTreeSet::new()).unwrap();
        assert_eq!(
            frame.lines,
            ["x\\u{1b}[2J\\u{202e}", "    eval(x)", "[secret]"]
        );
    }
}
