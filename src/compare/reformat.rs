//! Lines that a formatter cut, joined or wrapped: the same tokens on other lines.

use std::collections::HashMap;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, Token as Number};

use super::repeats;
use super::statement::hash;
use super::text::Text;
use super::tokens::{Kind, tokens};

/// How much of the tokens of both sides must be the same for the lines to count as reformatted.
const SAME: f64 = 0.8;
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

/// The tokens of lines, without those that formatters add and take away: a number for each, and its
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
        for (n, token) in all.iter().enumerate().filter(|(_, t)| !t.is_layout()) {
            while begins.get(line + 1).is_some_and(|b| *b <= token.at) {
                line += 1;
            }
            let key = all.get(n + 1).is_some_and(|t| t.is(":"));
            let id = match token.kind {
                Kind::Text => {
                    let plain = |c: &char| !c.is_whitespace() && *c != '\\';
                    let inside: String = token.text.chars().filter(plain).collect();
                    hash(&(!key, inside))
                }
                _ => hash(&(false, token.text)),
            };
            let next = known.len() as u32;
            stream
                .numbers
                .push(Number(*known.entry(id).or_insert(next)));
            stream.lines.push(lines.start + line);
        }
        stream
    }
}

/// Follows lines by their tokens, if most of these are the same on both sides.
pub(super) fn follow(
    base: &Text,
    of_base: &Range<usize>,
    head: &Text,
    of_head: &Range<usize>,
) -> Option<Reformatted> {
    let mut known = HashMap::new();
    let old = Stream::of(base, of_base, &mut known);
    let new = Stream::of(head, of_head, &mut known);
    let (few, many) = match (old.numbers.len(), new.numbers.len()) {
        (a, b) if a < b => (a, b),
        (a, b) => (b, a),
    };
    let enough = SAME * many as f64;
    if (few as f64) < enough || few == 0 || many > MOST {
        return None;
    }
    if old.numbers != new.numbers && (in_common(&old, &new, known.len()) as f64) < enough {
        return None;
    }
    // For each token of the base the one of the head, and the number of the run that both are in.
    let mut to: Vec<Option<usize>> = Vec::with_capacity(old.numbers.len());
    let mut runs: Vec<Range<usize>> = Vec::new();
    if old.numbers == new.numbers {
        to.extend((0..old.numbers.len()).map(Some));
        runs.push(0..old.numbers.len());
    } else {
        let anew = repeats::numbered(&old.numbers, &new.numbers);
        let (before, after) = match &anew {
            Some((before, after)) => (before, after),
            None => (&old.numbers, &new.numbers),
        };
        let largest = before.iter().chain(after).map(|t| t.0 + 1).max();
        let mut diff = Diff::default();
        diff.compute_with(Algorithm::Histogram, before, after, largest.unwrap_or(0));
        let mut at = 0;
        let end = (old.numbers.len(), old.numbers.len(), new.numbers.len());
        let hunks: Vec<(usize, usize, usize)> = diff
            .hunks()
            .map(|h| {
                (
                    h.before.start as usize,
                    h.before.end as usize,
                    h.after.end as usize,
                )
            })
            .chain([end])
            .collect();
        for (first, last, after) in hunks {
            let kept = first - to.len();
            if kept > 0 {
                runs.push(to.len()..first);
            }
            to.extend((at..at + kept).map(Some));
            to.extend((first..last).map(|_| None));
            at = after;
        }
        let kept = to.iter().flatten().count() as f64;
        if kept < enough {
            return None;
        }
    }
    let mut found = Reformatted::default();
    let mut from: Vec<Option<usize>> = vec![None; new.numbers.len()];
    for run in runs
        .iter()
        .filter(|r| r.len() >= SHORTEST_RUN || r.len() == old.numbers.len())
    {
        for token in run.clone() {
            if let Some(other) = to[token] {
                from[other] = Some(token);
            }
        }
    }
    let followed: Vec<Option<usize>> = {
        let mut followed = vec![None; old.numbers.len()];
        for (other, token) in from.iter().enumerate() {
            if let Some(token) = token {
                followed[*token] = Some(other);
            }
        }
        followed
    };
    for tokens in by_line(&old.lines) {
        // A line is followed if all of it stands in one piece on the other side.
        let places: Option<Vec<usize>> = followed[tokens.clone()].iter().copied().collect();
        if let Some(places) = places
            && places.windows(2).all(|w| w[1] == w[0] + 1)
        {
            let lines = new.lines[places[0]]..new.lines[places[places.len() - 1]] + 1;
            found.to_head.push((old.lines[tokens.start], lines));
        }
    }
    for tokens in by_line(&new.lines) {
        let places: Option<Vec<usize>> = from[tokens.clone()].iter().copied().collect();
        if let Some(places) = places
            && places.windows(2).all(|w| w[1] == w[0] + 1)
        {
            found
                .to_base
                .push((new.lines[tokens.start], old.lines[places[0]]));
        }
    }
    Some(found)
}

/// How many tokens both sides have, wherever they stand.
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
