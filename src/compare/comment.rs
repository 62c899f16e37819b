//! One comment that suppresses findings: its text, what it suppresses, and how far it reaches.

use super::statement::hash;
use super::text::Text;

/// How many lines around a comment are looked at.
const FARTHEST: usize = 100;

/// A comment of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    pub file: usize,
    /// The physical line, from 1.
    pub number: u32,
    /// The same, as the text counts its lines.
    pub line: usize,
    /// A hash of the comment alone, where it stands alone.
    pub own: u64,
    /// A hash of the comment and of what it silences.
    pub silenced: u64,
    /// The name of the innermost scope around it.
    pub scope: Option<String>,
    /// How far it reaches.
    pub reach: Reach,
}

/// What a comment silences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The code on its line.
    Statement,
    /// The code that follows, where it stands alone or says so.
    Next,
    /// All that follows, to the end of the file or to the line that ends it.
    Rest {
        /// The line that ends it.
        end: Option<usize>,
        /// Whether no code is above it.
        on_top: bool,
    },
}

impl Comment {
    pub(super) fn read(file: usize, text: &Text, number: u32) -> Option<Comment> {
        // What is next to it in a file that is not text cannot be told.
        let line = text.at(number, 0)?;
        let alone = is_comment(text.line(line));
        let reach = reach(text, line, alone);
        let mut lines = String::new();
        let (first, last) = match alone {
            true => (line, comment(text, line, &mut lines)),
            false => statement(text, line, &mut lines),
        };
        let own = hash(lines.as_str());
        if alone || reach != Reach::Statement {
            next(text, last, &mut lines);
        }
        Some(Comment {
            file,
            number,
            line,
            own,
            silenced: hash(lines.as_str()),
            scope: text.scopes(first).pop().map(|(name, _)| name),
            reach,
        })
    }
}

/// Adds a line without what formatters change.
fn push(lines: &mut String, line: &str) {
    lines.extend(line.chars().filter(|c| !c.is_whitespace() && *c != ','));
}

/// Adds the statement of a line; returns its first and last line. What a key of a configuration file opens
/// belongs to it.
fn statement(text: &Text, line: usize, lines: &mut String) -> (usize, usize) {
    let number = text.statement(line);
    let belongs = |l: &usize| text.statement(*l) == number;
    let first = (line.saturating_sub(FARTHEST)..line)
        .rev()
        .take_while(belongs)
        .last()
        .unwrap_or(line);
    let mut last = (line + 1..text.len().min(line + FARTHEST))
        .take_while(belongs)
        .last()
        .unwrap_or(line);
    if text.line(line).trim_end().ends_with([':', '{']) {
        let deeper = |l: &usize| text.indent[*l] > text.indent[line];
        let below = (last + 1..text.len().min(last + FARTHEST)).take_while(deeper);
        last = below.last().unwrap_or(last);
    }
    for line in first..=last {
        push(lines, text.line(line));
    }
    (first, last)
}

/// Adds a comment on a line of its own; returns its last line.
fn comment(text: &Text, line: usize, lines: &mut String) -> usize {
    let own = text.line(line).trim();
    let open = match own.rfind("/*") {
        Some(begin) => !own.get(begin..).unwrap_or_default().contains("*/"),
        // The first words of a comment that begins on the line before.
        None => own.starts_with("eslint") && !own.contains("*/"),
    };
    let rest = line + 1..text.len().min(line + FARTHEST);
    let last = match open {
        true => rest.clone().find(|l| text.line(*l).contains("*/")),
        false => None,
    };
    let last = last.unwrap_or(line);
    for line in line..=last {
        push(lines, text.line(line));
    }
    last
}

/// Adds what follows a line up to the end of the first statement that is not a comment.
fn next(text: &Text, line: usize, lines: &mut String) {
    for below in line + 1..text.len().min(line + FARTHEST) {
        let content = text.line(below);
        if text.blank(below) || is_comment(content) {
            push(lines, content);
            continue;
        }
        statement(text, below, lines);
        return;
    }
}

/// How far a comment reaches, by the words that scanners have for it.
fn reach(text: &Text, line: usize, alone: bool) -> Reach {
    let squeezed = |line: usize| -> String {
        let line = text.line(line).chars().filter(|c| !c.is_whitespace());
        line.flat_map(char::to_lowercase).collect()
    };
    let words = squeezed(line);
    let has = |any: &[&str]| any.iter().any(|word| words.contains(word));
    if has(&["next-line", "nextline", "flawfinder:", "its4:", "rats:"]) {
        return Reach::Next;
    }
    let rest = [
        "disable",
        "file-ignore",
        "ruff:noqa",
        "flake8:noqa",
        "globalignore",
        "*eslint",
        "suppress-file",
    ];
    if has(&rest) && !has(&["disable-line"]) {
        let ends = |l: &usize| squeezed(*l).contains("enable");
        let code = |l: usize| !text.blank(l) && !is_comment(text.line(l));
        return Reach::Rest {
            end: (line + 1..text.len()).find(ends),
            on_top: alone && !(0..line).any(code),
        };
    }
    match alone {
        true => Reach::Next,
        false => Reach::Statement,
    }
}

/// Whether a line is nothing but a comment.
fn is_comment(line: &str) -> bool {
    let line = line.trim();
    let starts = ["#", "//", "/*", "*", "--", "<!--", ";", "eslint"];
    starts.iter().any(|start| line.starts_with(start))
}
