//! The words of a statement, and how similar two statements are.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::text::Text;

/// The words of a piece of code, as hashes: names, numbers, operators. Commas, brackets, quotes and
/// backslashes are left out, since formatters change those.
pub(super) type Words = Rc<[u64]>;

/// Above this product of lengths, similarity is that of the word counts alone.
const LONG: usize = 40_000;

/// Cuts text into words.
pub(super) fn words(text: &str) -> Words {
    const TWO: [&str; 8] = ["==", "!=", "<=", ">=", "->", "=>", "**", "//"];
    let mut list = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if c.is_alphabetic() || c == '_' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len())
        } else if c.is_numeric() {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                .unwrap_or(rest.len())
        } else if TWO.iter().any(|t| rest.starts_with(t)) {
            2
        } else {
            c.len_utf8()
        };
        let dropped = c.is_whitespace() || ",()[]{};\\\"'`".contains(c);
        let (word, behind) = rest.split_at(length);
        if !dropped {
            list.push(hash(word));
        }
        rest = behind;
    }
    list.into()
}

/// A hash that is the same in every run.
pub(super) fn hash<T: Hash + ?Sized>(text: &T) -> u64 {
    // Its keys are fixed, so the same text has the same number in every run.
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn counts(words: &[u64]) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(*word).or_default() += 1;
    }
    counts
}

fn common(a: &[u64], b: &[u64]) -> usize {
    let other = counts(b);
    counts(a)
        .into_iter()
        .map(|(word, n)| n.min(other.get(&word).copied().unwrap_or(0)))
        .sum()
}

/// The length of the longest common subsequence.
fn longest_common(a: &[u64], b: &[u64]) -> usize {
    let mut row = vec![0_usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y {
                diagonal + 1
            } else {
                above.max(row[j])
            };
            diagonal = above;
        }
    }
    row[b.len()]
}

/// The share of words that two lists have in common, 0 to 1.
pub(super) fn in_common(a: &[u64], b: &[u64]) -> f64 {
    2.0 * common(a, b) as f64 / (a.len() + b.len()).max(1) as f64
}

/// How similar two lists of words are, 0 to 1: the mean of the share of common words (multiset
/// Dice) and of the longest common subsequence.
pub(super) fn similarity(a: &[u64], b: &[u64]) -> f64 {
    if a == b {
        return 1.0;
    }
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let both = (a.len() + b.len()) as f64;
    let dice = in_common(a, b);
    if a.len() * b.len() > LONG {
        return dice;
    }
    0.5 * dice + 0.5 * (2.0 * longest_common(a, b) as f64 / both)
}

/// The words of the statement at a region: its lines, grown until brackets balance.
pub(super) fn statement_words(text: &Text, first: usize, last: usize) -> Words {
    words(&statement_text(text, first, last))
}

pub(super) fn statement_text(text: &Text, first: usize, last: usize) -> String {
    let mut end = last.clamp(first, first + 30).min(text.len() - 1);
    let mut content = String::new();
    let mut open = 0_i32;
    for line in first..=end {
        content.push_str(text.line(line));
        content.push('\n');
        open += balance(text.line(line));
    }
    while open > 0 && end + 1 < text.len() && end - first < 40 {
        end += 1;
        content.push_str(text.line(end));
        content.push('\n');
        open += balance(text.line(end));
    }
    let mut begin = first;
    while open < 0 && begin > 0 && first - begin < 40 {
        begin -= 1;
        open += balance(text.line(begin));
        content.insert(0, '\n');
        content.insert_str(0, text.line(begin));
    }
    content
}

fn balance(line: &str) -> i32 {
    line.bytes()
        .map(|b| match b {
            b'(' | b'[' | b'{' => 1,
            b')' | b']' | b'}' => -1,
            _ => 0,
        })
        .sum()
}

/// The words of up to three lines above and three below a region, blank ones left out.
pub(super) fn context_words(text: &Text, first: usize, last: usize) -> (Words, Words) {
    let pick = |lines: &mut dyn Iterator<Item = usize>| -> Vec<usize> {
        lines.take(6).filter(|l| !text.blank(*l)).take(3).collect()
    };
    let mut above = pick(&mut (0..first).rev());
    above.reverse();
    let below = pick(&mut (last + 1..text.len()));
    let join = |lines: &[usize]| {
        let all: Vec<&str> = lines.iter().map(|l| text.line(*l)).collect();
        words(&all.join("\n"))
    };
    (join(&above), join(&below))
}

/// The quoted literals of a piece of code, as hashes in rising order: what must stay the same where
/// a weakness is about a literal and the scanner does not say which.
pub(super) fn literals(code: &str) -> Vec<u64> {
    let mut list = Vec::new();
    let mut chars = code.char_indices();
    while let Some((start, quote)) = chars.next() {
        if !matches!(quote, '"' | '\'' | '`') {
            continue;
        }
        let mut escaped = false;
        let end = chars.find(|(_, c)| {
            let closes = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            closes
        });
        if let Some((end, _)) = end
            && end > start + 1
        {
            list.push(hash(code.get(start + 1..end).unwrap_or_default()));
        }
    }
    list.sort_unstable();
    list
}

/// Whether a sorted list has every element of another, as often as that has it.
pub(super) fn has_all(list: &[u64], of: &[u64]) -> bool {
    let mut rest = list.iter();
    of.iter().all(|wanted| rest.any(|x| x == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_changes_no_word() {
        let a = words("subprocess.run(cmd, shell=True)");
        let b = words("subprocess.run(\n    cmd,\n    shell=True,\n)");
        assert_eq!(a, b);
        assert!(similarity(&a, &words("subprocess.run(other, shell=True)")) > 0.8);
        assert!(similarity(&a, &words("yaml.load(stream)")) < 0.42);
    }

    #[test]
    fn literals_are_compared_whatever_quotes_they_have() {
        assert_eq!(
            literals("password = 'hunter2'"),
            literals("password=\"hunter2\"")
        );
        assert_ne!(
            literals("password = 'hunter2'"),
            literals("password = 'hunter3'")
        );
    }
}
