//! Comments that silence a finding: newgate's own, and those of other scanners for the same weakness.

mod rules;

use std::collections::BTreeMap;

use super::parse::Parsed;
use crate::model::Region;
use rules::RULES;

/// What each line of a file says about findings on it.
pub(super) struct Comments<'t> {
    /// By line, what stands there from the scanner's word on.
    lines: BTreeMap<u32, Comment<'t>>,
}

#[derive(Clone, Copy)]
struct Comment<'t> {
    /// Whether nothing else is on the line.
    alone: bool,
    /// The comment, from its first word for a scanner on.
    text: &'t str,
}

/// How many words for scanners in one line may stand in strings.
const MOST_IN_LINE: usize = 8;
/// newgate's own word.
const OWN: &str = "newgate: ignore";
/// The words of other scanners, and whether they count where they name no rule.
const OTHERS: [(&str, bool); 11] = [
    ("nosec", true),
    ("nosem", true),
    ("noqa", false),
    ("eslint-disable", false),
    ("oxlint-disable", false),
    ("biome-ignore", false),
    ("gosec:disable", true),
    ("NOSONAR", true),
    ("phpcs:ignore", false),
    ("rubocop:disable", false),
    ("psalm-suppress", false),
];

/// Where a text has a word for a scanner first, from a place on.
fn word_in(line: &str, from: usize) -> Option<usize> {
    let words = OTHERS.iter().map(|(word, _)| *word).chain([OWN]);
    let rest = line.get(from..)?;
    words.filter_map(|w| rest.find(w)).min().map(|at| from + at)
}

impl<'t> Comments<'t> {
    /// Those of code. What stands in a string is no comment.
    pub(super) fn of(parsed: &'t Parsed) -> Comments<'t> {
        let root = parsed.root();
        let root = root.get_inner_node();
        Comments::with(parsed.source(), |begin, at, _| {
            let node = root.descendant_for_byte_range(begin + at, begin + at);
            node.is_some_and(|n| n.kind().contains("comment"))
        })
    }

    /// Those of a text of any kind, as far as single lines tell what a comment is.
    pub(super) fn of_text(text: &'t str) -> Comments<'t> {
        Comments::with(text, |_, at, line| {
            let opened = comment_in(line);
            opened.is_some_and(|opened| opened < at)
        })
    }

    /// `is_comment` gets the byte of the text that a line begins at, that of the line that a word begins at, and the line.
    fn with(text: &'t str, is_comment: impl Fn(usize, usize, &str) -> bool) -> Comments<'t> {
        let mut lines = BTreeMap::new();
        if word_in(text, 0).is_some() {
            let mut begin = 0;
            for (whole, number) in text.split_inclusive('\n').zip(1..) {
                let line = whole.trim_end_matches(['\n', '\r']);
                let mut at = word_in(line, 0);
                for _ in 0..MOST_IN_LINE {
                    at = match at {
                        Some(word) if !is_comment(begin, word, line) => word_in(line, word + 1),
                        found => found,
                    };
                }
                let at = at.filter(|at| is_comment(begin, *at, line));
                // gosec's word begins with the sign.
                let at = at.map(
                    |at| match line.get(..at).and_then(|b| b.strip_suffix('#')) {
                        Some(before) => before.len(),
                        None => at,
                    },
                );
                if let Some(text) = at.and_then(|at| line.get(at..)) {
                    let alone = is_comment_alone(line);
                    lines.insert(number, Comment { alone, text });
                }
                begin += whole.len();
            }
        }
        Comments { lines }
    }

    /// The same for what other scanners know no rules of: newgate's own word alone counts.
    pub(super) fn own(&self, region: Region, rule: &str) -> bool {
        let before = self.lines.get(&region.line.saturating_sub(1));
        let above = before.filter(|c| c.alone);
        let mut lines = above.into_iter().chain(self.lines.get(&region.line));
        lines.any(|c| c.text.contains(OWN) && silences(c.text, rule, &[], false))
    }

    /// Whether a comment on the lines of a finding, or alone on the line before, silences it.
    pub(super) fn silence(&self, region: Region, rule: &str, cwe: &[u32]) -> bool {
        let before = region.line.saturating_sub(1);
        let above = self.lines.get(&before).filter(|c| c.alone);
        let mut beside = self
            .lines
            .range(region.line..=region.end_line.max(region.line));
        above.is_some_and(|c| silences(c.text, rule, cwe, true))
            || beside.any(|(_, c)| silences(c.text, rule, cwe, false))
    }
}

fn is_comment_alone(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", "/*", "*", "{/*", "<!--", "--", ";"]
        .iter()
        .any(|c| line.starts_with(c))
}

/// The byte of a line at which a comment begins, outside of quotes.
fn comment_in(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            _ => {
                let rest = line.get(at..).unwrap_or_default();
                let begins = ["#", "//", "/*", "<!--", ";"]
                    .iter()
                    .any(|b| rest.starts_with(b));
                if begins || is_comment_alone(line) {
                    return Some(at);
                }
            }
        }
    }
    None
}

fn silences(comment: &str, rule: &str, cwe: &[u32], above: bool) -> bool {
    if let Some((_, rest)) = comment.split_once(OWN) {
        let listed = rest
            .trim_start()
            .strip_prefix('[')
            .and_then(|r| r.split_once(']'));
        let Some((rules, reason)) = listed else {
            return false;
        };
        let reason = reason.trim_start().strip_prefix("--").map(str::trim);
        let named = rules.split(',').any(|r| r.trim() == rule);
        let reason = reason.map(|r| r.trim_end_matches("*/").trim_end_matches("-->").trim());
        return named && reason.is_some_and(|r| r.len() > 2);
    }
    OTHERS.iter().any(|(word, bare)| {
        let Some((before, rest)) = comment.split_once(word) else {
            return false;
        };
        // Bandit, Ruff and Sonar look at the line itself only.
        let beside = matches!(*word, "nosec" | "noqa" | "NOSONAR") && !before.ends_with('#');
        if above && beside {
            return false;
        }
        names_weakness(rest, word, *bare, cwe)
    })
}

/// Whether what follows another scanner's word is about one of these weaknesses.
fn names_weakness(rest: &str, word: &str, bare: bool, cwe: &[u32]) -> bool {
    // The names of Semgrep's rules are those of their authors.
    if word == "nosem" {
        return true;
    }
    let rest = rest.split(" -- ").next().unwrap_or(rest);
    let is_name = |w: &&str| {
        w.contains(['/', '.'])
            || w.chars().any(|c| c.is_ascii_digit())
            || w.starts_with("Tainted")
            || w.contains('-') && !w.starts_with('-')
    };
    let ends = |c: char| matches!(c, ' ' | ',' | ':' | '\t' | '[' | ']' | '(' | ')' | '"');
    let mut named = rest.split(ends).filter(is_name).peekable();
    if named.peek().is_none() {
        // `# noqa` and `eslint-disable` alone are about style.
        return bare;
    }
    // The others tell of a style too, and the report lists those alone that begin with a weakness.
    let most = match word {
        "rubocop:disable" | "phpcs:ignore" | "psalm-suppress" | "biome-ignore" => 1,
        _ => usize::MAX,
    };
    named.take(most).any(|name| {
        let name = match word {
            // Ruff's rules are Bandit's with an S.
            "noqa" => name.trim_start().replacen('S', "B", 1),
            _ => name.to_owned(),
        };
        // The first that fits: a longer name stands before its begin.
        let known = RULES.iter().find(|(begin, _)| name.starts_with(begin));
        known.is_some_and(|(_, about)| about.iter().any(|c| cwe.contains(c)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_the_longest_that_is_known() {
        for (at, (begin, _)) in RULES.iter().enumerate() {
            let before = RULES.iter().take(at);
            let hidden = before.filter(|(other, _)| begin.starts_with(other)).count();
            assert_eq!(hidden, 0, "{begin}");
        }
        assert!(names_weakness(" B608", "nosec", true, &[89]));
        assert!(!names_weakness(" B101", "nosec", true, &[89]));
        assert!(!names_weakness("", "noqa", false, &[89]));
    }

    #[test]
    fn what_stands_in_quotes_is_no_comment() {
        let line = |text: &str| {
            let comments = Comments::of_text(text);
            comments.own(Region::line(1), "a")
        };
        assert!(line("\"x\": 1 // newgate: ignore[a] -- ours"));
        assert!(!line("\"newgate: ignore[a] -- ours\": 1"));
        // Very many take no time, and silence nothing.
        let many = "\"nosec\" ".repeat(200_000);
        assert!(!line(&format!("{many}// newgate: ignore[a] -- ours")));
    }
}
