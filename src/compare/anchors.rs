//! The definitions and blocks by which two texts are cut before they are compared, and where these end.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::hunk::Hunk;
use super::slide::is_closer;
use super::statement::{hash, in_common, words};
use super::text::Text;

/// Where both texts are cut before they are compared: at the definitions that stand once on each side under the same
/// header, and at their ends, if half of what each side has there is on the other.
///
/// A diff alone takes whichever body is most like the base's, so that a pristine copy passes for the
/// original as soon as the original is edited. The name says which of them is the original. A body
/// that moved below a new header, leaving a stub under the old name, has too little left there, and
/// is followed.
pub(super) fn cuts(base: &Text, head: &Text) -> Vec<(usize, usize)> {
    let mut cuts = Vec::new();
    let chain = anchors(base, head);
    for (n, (b, h)) in chain.iter().enumerate() {
        cuts.push((*b, *h));
        let ends = (unit_end(base, *b), unit_end(head, *h));
        // The ends must be between the same definitions.
        let agree =
            |(other_b, other_h): &(usize, usize)| (*other_b < ends.0) == (*other_h < ends.1);
        if chain[n + 1..]
            .iter()
            .take_while(|(o, _)| *o < ends.0)
            .all(agree)
            && chain[n + 1..]
                .iter()
                .find(|(o, _)| *o >= ends.0)
                .is_none_or(agree)
            && same_border(base, &(*b..ends.0), head, &(*h..ends.1))
            && much_kept(base, &(*b..ends.0), head, &(*h..ends.1))
        {
            cuts.push(ends);
        }
    }
    in_order(cuts)
}

/// Cuts in order; one that would turn back is none.
pub(super) fn in_order(mut cuts: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    cuts.sort_unstable();
    cuts.dedup();
    let mut last = (0, 0);
    cuts.retain(|cut| {
        let forward = cut.0 >= last.0 && cut.1 >= last.1;
        if forward {
            last = *cut;
        }
        forward
    });
    cuts
}

/// More cuts, at blocks whose headers have a twin: where a diff lets a line go into a block that was added
/// beside its own, although its own still stands, the added one is a copy, and the original was edited.
pub(super) fn cuts_of_twins(base: &Text, head: &Text, hunks: &[Hunk]) -> Vec<(usize, usize)> {
    let mut cuts = Vec::new();
    for (n, hunk) in hunks.iter().enumerate().filter(|(_, h)| h.head_len > 1) {
        let next = hunks.get(n + 1).map_or(base.len(), |h| h.base);
        let Some(line) = (hunk.base_end()..next).find(|l| base.significant(*l)) else {
            continue;
        };
        let Some(mut twin) = head.parent(hunk.head_end() + line - hunk.base_end()) else {
            continue;
        };
        let mut block = base.parent(line);
        while let Some(own) = block
            && (hunk.head..hunk.head_end()).contains(&twin)
        {
            let same = stays(hunks, own);
            if let Some(same) = same.filter(|s| *s < twin && head.indent[*s] == head.indent[twin]) {
                let (old, new) = (own..unit_end(base, own), same..unit_end(head, same));
                if new.end <= twin && much_kept(base, &old, head, &new) {
                    cuts.extend([(own, same), (old.end, new.end)]);
                }
                break;
            }
            let (Some(outer), around) = (head.parent(twin), base.parent(own)) else {
                break;
            };
            (twin, block) = (outer, around);
        }
    }
    cuts
}

/// The head line that a base line is, if no region has it.
fn stays(hunks: &[Hunk], line: usize) -> Option<usize> {
    let after = hunks.partition_point(|h| h.base_end() <= line);
    let inside = hunks.get(after).is_some_and(|h| h.base <= line);
    let shift = match after.checked_sub(1) {
        Some(n) => (hunks[n].base_end(), hunks[n].head_end()),
        None => (0, 0),
    };
    (!inside).then(|| shift.1 + (line - shift.0))
}

/// Whether half of the lines of each of two blocks are in the other, or most of the words: many lines may have been
/// edited.
pub(super) fn much_kept(base: &Text, old: &Range<usize>, head: &Text, new: &Range<usize>) -> bool {
    /// As many of the words of both must be the same.
    const WORDS: f64 = 0.6;
    share_kept(base, old.clone(), head, new.clone()) >= 0.5
        && share_kept(head, new.clone(), base, old.clone()) >= 0.5
        || in_common(&words(base.piece_of(old).0), &words(head.piece_of(new).0)) >= WORDS
}

/// Whether two definitions end alike: in the same line, or before the same line, or both stand as deep
/// as ever. Indentation that changed could otherwise cut one of them short.
fn same_border(base: &Text, of_base: &Range<usize>, head: &Text, of_head: &Range<usize>) -> bool {
    let (base_end, head_end) = (of_base.end, of_head.end);
    let depth = |text: &Text, lines: &Range<usize>| {
        let body = (lines.start + 1..lines.end).find(|l| !text.blank(*l));
        (text.indent[lines.start], body.map(|l| text.indent[l]))
    };
    if depth(base, of_base) == depth(head, of_head) {
        return true;
    }
    let last = |text: &Text, end: usize| (0..end).rfind(|l| !text.blank(*l));
    let next = |text: &Text, end: usize| (end..text.len()).find(|l| !text.blank(*l));
    let norm = |text: &Text, line: Option<usize>| line.map(|l| text.norm[l]);
    norm(base, last(base, base_end)) == norm(head, last(head, head_end))
        || norm(base, next(base, base_end)) == norm(head, next(head, head_end))
}

/// How much of a piece of the base is in a piece of the head: lines that say enough, each as often
/// as it is in both.
fn share_kept(base: &Text, of: Range<usize>, head: &Text, within: Range<usize>) -> f64 {
    let mut there: HashMap<u32, usize> = HashMap::new();
    for line in within.filter(|l| head.significant(*l)) {
        *there.entry(head.norm[line]).or_default() += 1;
    }
    let (mut kept, mut all) = (0_usize, 0_usize);
    for line in of.filter(|l| base.significant(*l)) {
        all += 1;
        if let Some(left) = there.get_mut(&base.norm[line]).filter(|n| **n > 0) {
            *left -= 1;
            kept += 1;
        }
    }
    kept as f64 / all.max(1) as f64
}

/// The line after a definition: its closing bracket belongs to it, blank lines after it do not.
///
/// Without an opening brace, the first line that is not indented more ends it. With one, a closing
/// bracket does, or the next definition: labels and directives are at the left inside of it too.
pub(super) fn unit_end(text: &Text, header: usize) -> usize {
    let indent = text.indent[header];
    let mut braces = text.line(header).trim_end().ends_with('{');
    let mut last = header;
    for line in header + 1..text.len() {
        if text.blank(line) {
            continue;
        }
        if text.indent[line] > indent || text.inside_text(line) {
            last = line;
            continue;
        }
        let content = text.line(line).trim();
        if content.starts_with('#') {
            continue;
        }
        // The rest of a header over several lines, and a brace on a line of its own.
        let opens = content.ends_with('{') && (content == "{" || content.starts_with(')'))
            || content.eq_ignore_ascii_case("begin");
        braces = braces || opens;
        let ends = is_closer(content) || content.starts_with('}');
        let within = braces && !ends && text.name(line).is_none();
        if opens || within || content.starts_with(')') && content.ends_with(':') {
            last = line;
            continue;
        }
        return if ends { line + 1 } else { last + 1 };
    }
    last + 1
}

/// Pairs of lines that open a scope with a name, stand once on each side, and keep their order: the
/// heaviest chain of them, by the lines up to the next header. Outer definitions come first: what
/// is inside of them cannot outweigh them.
fn anchors(base: &Text, head: &Text) -> Vec<(usize, usize)> {
    let (of_base, of_head) = (headers(base), headers(head));
    // Unique in the text, or among what stands under the same headers.
    let (at_base, at_head) = (unique(base, &of_base), unique(head, &of_head));
    let mut levels: BTreeMap<u16, Vec<(usize, usize, usize)>> = BTreeMap::new();
    for (n, header) in of_base.iter().enumerate() {
        let mut keys = header.keys(base).into_iter();
        let found = keys.find_map(|key| {
            at_base.get(&key).copied().flatten()?;
            at_head.get(&key).copied().flatten()
        });
        if let Some(other) = found {
            let next = of_base.get(n + 1).map_or(base.len(), |next| next.line);
            let pair = (header.line, other, next - header.line);
            levels.entry(header.level).or_default().push(pair);
        }
    }
    // With the ends of both definitions.
    let mut chain: Vec<(Pair, Pair)> = Vec::new();
    for mut pairs in levels.into_values() {
        pairs.retain(|(line, other, _)| fits_into(&chain, *line, *other));
        let ends = |(b, h): (usize, usize)| (unit_end(base, b), unit_end(head, h));
        let found = heaviest(&pairs);
        chain.extend(found.into_iter().map(|pair| (pair, ends(pair))));
        chain.sort_unstable();
    }
    chain.into_iter().map(|(pair, _)| pair).collect()
}

/// A line of the base and one of the head.
type Pair = (usize, usize);

/// Whether a pair of lines is between the same definitions on both sides, and in the same one.
fn fits_into(chain: &[(Pair, Pair)], line: usize, other: usize) -> bool {
    /// How many definitions above are looked at.
    const DEEPEST: usize = 64;
    let before = chain.partition_point(|((b, _), _)| *b < line);
    let above = before.checked_sub(1).is_none_or(|n| chain[n].0.1 < other);
    let below = chain.get(before).is_none_or(|((_, h), _)| *h > other);
    let around = chain[..before].iter().rev().take(DEEPEST);
    let mut around = around.map(|(_, (b, h))| (line < *b, other < *h));
    above && below && around.all(|(at_base, at_head)| at_base == at_head)
}

/// A line that opens a scope with a name, or a block that says by what it is entered.
struct Header {
    line: usize,
    /// How many such scopes it is in.
    level: u16,
    /// A hash of what these and the line say.
    chain: u64,
}

impl Header {
    /// By what it is told from others: what the line says, and the same with all that it is in.
    fn keys(&self, text: &Text) -> [(bool, u64); 2] {
        [(false, u64::from(text.norm[self.line])), (true, self.chain)]
    }
}

fn headers(text: &Text) -> Vec<Header> {
    let mut open: Vec<(u16, u64)> = Vec::new();
    let mut headers = Vec::new();
    let mut next = text.len();
    let mut opens = vec![false; text.len()];
    let counts = |l: &usize| !text.blank(*l) && !text.inside_text(*l);
    for line in (0..text.len()).rev().filter(counts) {
        let deeper = next < text.len() && text.indent[next] > text.indent[line];
        opens[line] = deeper && text.opens_block(line);
        next = line;
    }
    let opens = |l: &usize| {
        text.significant(*l) && (text.name(*l).is_some() || opens[*l]) && !text.inside_text(*l)
    };
    for line in (0..text.len()).filter(opens) {
        let indent = text.indent[line];
        while open.last().is_some_and(|(i, _)| *i >= indent) {
            open.pop();
        }
        let around = open.last().map_or(0, |(_, chain)| *chain);
        let chain = hash(&(around, text.norm[line]));
        let level = open.len() as u16;
        headers.push(Header { line, level, chain });
        open.push((indent, chain));
    }
    headers
}

/// Where each of these lines stands, if only once.
fn unique(text: &Text, headers: &[Header]) -> HashMap<(bool, u64), Option<usize>> {
    let mut at = HashMap::new();
    for header in headers {
        for key in header.keys(text) {
            at.entry(key)
                .and_modify(|l| *l = None)
                .or_insert(Some(header.line));
        }
    }
    at
}

/// The heaviest rising chain of pairs with weights: for each prefix of head lines, the best chain that
/// ends in it.
fn heaviest(pairs: &[(usize, usize, usize)]) -> Vec<(usize, usize)> {
    let mut best: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (n, (_, other, weight)) in pairs.iter().enumerate() {
        let below = best.range(..other).next_back().map(|(_, chain)| *chain);
        let sum = below.map_or(0, |(w, _)| w) + weight;
        before.push(below.map(|(_, last)| last));
        let better = best
            .range(..=other)
            .next_back()
            .is_none_or(|(_, (w, _))| *w < sum);
        if better {
            let worse: Vec<usize> = best
                .range(other..)
                .take_while(|(_, (w, _))| *w <= sum)
                .map(|(l, _)| *l)
                .collect();
            for line in worse {
                best.remove(&line);
            }
            best.insert(*other, (sum, n));
        }
    }
    let mut chain = Vec::new();
    let mut at = best.values().next_back().map(|(_, last)| *last);
    while let Some(n) = at {
        chain.push((pairs[n].0, pairs[n].1));
        at = before[n];
    }
    chain.reverse();
    chain
}
