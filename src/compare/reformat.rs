//! Lines that a formatter cut, joined or wrapped: the same tokens on other lines.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use imara_diff::{Algorithm, Diff, Token as Number};

use super::repeats;
use super::statement::hash;
use super::text::Text;
use super::tokens::{Kind, tokens};

/// How much of the tokens of both sides must be the same for the lines to count as reformatted.
pub(super) const SAME: f64 = 0.8;
/// Regions with more tokens are not looked at.
const MOST: usize = 1_000_000;
/// A line whose tokens continue is followed if the run of equal tokens around it has at least this
/// many.
const SHORTEST_RUN: usize = 6;

/// Where lines went that were cut or joined.
#[derive(Debug, Default)]
pub(super) struct Reformatted {
    /// Base lines, and the first and the last head line that have their tokens.
    pub to_head: Vec<(usize, Range<usize>)>,
    /// Head lines, and the base line that has their first token.
    pub to_base: Vec<(usize, usize)>,
}

/// The tokens of lines, without those that formatters add and remove: a number for each, and its
/// line.
struct Stream {
    numbers: Vec<Number>,
    lines: Vec<usize>,
}

impl Stream {
    fn of(text: &Text, lines: &Range<usize>, known: &mut HashMap<u64, u32>) -> Stream {
        let mut stream = Stream {
            numbers: Vec::new(),
            lines: Vec::new(),
        };
        let (content, begins) = text.piece_of(lines);
        let all = tokens(content, text.manner());
        let mut line = 0;
        let mut before = None;
        let mut literal = String::new();
        for (n, token) in all.iter().enumerate() {
            if text.manner().is_layout(token.text) || token.is_layout() {
                continue;
            }
            while begins.get(line + 1).is_some_and(|b| *b <= token.at) {
                line += 1;
            }
            let key = all.get(n + 1).is_some_and(|t| t.is(":"));
            // A literal that was cut into pieces is one.
            let goes_on = token.kind == Kind::Text && before == Some(Kind::Text);
            before = Some(token.kind);
            let id = match token.kind {
                Kind::Text => {
                    let plain = |c: &char| !c.is_whitespace() && *c != '\\';
                    if !goes_on {
                        literal.clear();
                    }
                    literal.extend(token.text.chars().filter(plain));
                    hash(&(!key, literal.as_str()))
                }
                _ => hash(&(false, token.text)),
            };
            if goes_on {
                stream.numbers.pop();
                line = stream.lines.pop().map_or(line, |first| first - lines.start);
            }
            let next = known.len() as u32;
            let number = Number(*known.entry(id).or_insert(next));
            stream.numbers.push(number);
            stream.lines.push(lines.start + line);
        }
        stream
    }
}

/// Follows lines by their tokens, if at least this share of them is the same on both sides.
pub(super) fn follow(
    base: &Text,
    of_base: &Range<usize>,
    head: &Text,
    of_head: &Range<usize>,
    share: f64,
) -> Option<Reformatted> {
    let mut known = HashMap::new();
    let old = Stream::of(base, of_base, &mut known);
    let new = Stream::of(head, of_head, &mut known);
    let (few, many) = match (old.numbers.len(), new.numbers.len()) {
        (a, b) if a < b => (a, b),
        (a, b) => (b, a),
    };
    let enough = share * many as f64;
    if (few as f64) < enough || few == 0 || many > MOST {
        return None;
    }
    if old.numbers == new.numbers {
        let all: Vec<Option<usize>> = (0..few).map(Some).collect();
        return Some(lines_of(&old, &new, &all, &all));
    }
    if (in_common(&old, &new, known.len()) as f64) < enough {
        return None;
    }
    let (to, runs) = pair(&old, &new);
    if (to.iter().flatten().count() as f64) < enough {
        return None;
    }
    // Short runs lead astray.
    let mut followed = vec![None; old.numbers.len()];
    let mut from = vec![None; new.numbers.len()];
    for token in runs
        .into_iter()
        .filter(|r| r.len() >= SHORTEST_RUN)
        .flatten()
    {
        if let Some(other) = to[token] {
            followed[token] = Some(other);
            from[other] = Some(token);
        }
    }
    Some(lines_of(&old, &new, &followed, &from))
}

/// For each token of the base the one of the head, and the runs of tokens that have one.
fn pair(old: &Stream, new: &Stream) -> (Vec<Option<usize>>, Vec<Range<usize>>) {
    let anew = repeats::numbered(&old.numbers, &new.numbers);
    let (before, after) = match &anew {
        Some((before, after)) => (before, after),
        None => (&old.numbers, &new.numbers),
    };
    let largest = before.iter().chain(after).map(|t| t.0 + 1).max();
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Histogram, before, after, largest.unwrap_or(0));
    let hunks = diff.hunks().map(|h| (h.before, h.after.end));
    let length = old.numbers.len() as u32;
    let end = (length..length, new.numbers.len() as u32);
    let (mut to, mut runs) = (Vec::with_capacity(old.numbers.len()), Vec::new());
    let mut at = 0;
    for (gone, after) in hunks.chain([end]) {
        let (first, last) = (gone.start as usize, gone.end as usize);
        let kept = first - to.len();
        if kept > 0 {
            runs.push(to.len()..first);
        }
        to.extend((at..at + kept).map(Some));
        to.resize(last, None);
        at = after as usize;
    }
    (to, runs)
}

/// The lines that are followed: all of a line must be in one piece on the other side.
fn lines_of(
    old: &Stream,
    new: &Stream,
    to_head: &[Option<usize>],
    to_base: &[Option<usize>],
) -> Reformatted {
    let in_one_piece = |tokens: &[Option<usize>]| -> Option<(usize, usize)> {
        let places: Option<Vec<usize>> = tokens.iter().copied().collect();
        let places = places.filter(|p| p.windows(2).all(|w| w[1] == w[0] + 1))?;
        Some((*places.first()?, *places.last()?))
    };
    let mut found = Reformatted::default();
    let (before, after) = (by_line(&old.lines), by_line(&new.lines));
    let (mut whole_old, mut whole_new) = (HashSet::new(), HashMap::new());
    for tokens in &before {
        if let Some((first, last)) = in_one_piece(&to_head[tokens.clone()]) {
            let line = old.lines[tokens.start];
            let lines = new.lines[first]..new.lines[last] + 1;
            whole_old.insert((line, lines.clone()));
            found.to_head.push((line, lines));
        }
    }
    for tokens in &after {
        if let Some((first, _)) = in_one_piece(&to_base[tokens.clone()]) {
            let line = new.lines[tokens.start];
            whole_new.insert(line, old.lines[first]);
            found.to_base.push((line, old.lines[first]));
        }
    }
    // What lost some of its tokens, or got some more, continues where the rest of it stands.
    for tokens in before {
        let line = old.lines[tokens.start];
        if let Some(to) = mostly(&to_head[tokens], &new.lines)
            && whole_new.get(&to) == Some(&line)
        {
            found.to_head.push((line, to..to + 1));
        }
    }
    for tokens in after {
        let line = new.lines[tokens.start];
        if let Some(from) = mostly(&to_base[tokens], &old.lines)
            && whole_old.contains(&(from, line..line + 1))
        {
            found.to_base.push((line, from));
        }
    }
    found
}

/// The line that two thirds of the tokens of a line go to, if not all of them are followed.
fn mostly(tokens: &[Option<usize>], lines: &[usize]) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for token in tokens.iter().flatten() {
        *counts.entry(lines[*token]).or_default() += 1;
    }
    let (line, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let some = tokens.iter().any(Option::is_none);
    (some && 3 * count >= 2 * tokens.len()).then_some(line)
}

/// How many tokens both sides have in common, in any order.
fn in_common(old: &Stream, new: &Stream, known: usize) -> usize {
    let mut counts = vec![0_usize; known];
    for number in &old.numbers {
        counts[number.0 as usize] += 1;
    }
    let there = |number: &&Number| {
        let left = &mut counts[number.0 as usize];
        *left > 0 && {
            *left -= 1;
            true
        }
    };
    new.numbers.iter().filter(there).count()
}

/// The tokens of each line.
fn by_line(lines: &[usize]) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut start = 0;
    for at in 1..=lines.len() {
        if at == lines.len() || lines[at] != lines[start] {
            if at > start {
                groups.push(start..at);
            }
            start = at;
        }
    }
    groups
}
