//! The definitions and blocks by which two texts are cut before they are compared, and where these end.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::slide::is_closer;
use super::text::Text;

/// Where both texts are cut before they are compared: at the definitions that stand once on each side
/// under the same header, and at their ends, if half of what each side has there stands on the other.
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
        // The ends must lie between the same definitions.
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
            && share_kept(base, *b..ends.0, head, *h..ends.1) >= 0.5
            && share_kept(head, *h..ends.1, base, *b..ends.0) >= 0.5
        {
            cuts.push(ends);
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    // A cut that would turn back is none.
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

/// How much of a piece of the base stands in a piece of the head: lines that say enough, each as
/// often as it is in both.
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
/// bracket does, or the next definition: labels and directives stand at the left inside of it too.
pub(super) fn unit_end(text: &Text, header: usize) -> usize {
    let indent = text.indent[header];
    let mut braces = text.line(header).trim_end().ends_with('{');
    let mut last = header;
    for line in header + 1..text.len() {
        if text.blank(line) {
            continue;
        }
        if text.indent[line] > indent {
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
/// stands inside of them cannot outweigh them.
fn anchors(base: &Text, head: &Text) -> Vec<(usize, usize)> {
    let (of_base, of_head) = (headers(base), headers(head));
    let (at_base, at_head) = (unique(base, &of_base), unique(head, &of_head));
    let mut levels: BTreeMap<u16, Vec<(usize, usize, usize)>> = BTreeMap::new();
    for (n, (line, level)) in of_base.iter().enumerate() {
        let norm = base.norm[*line];
        if at_base[&norm].is_some()
            && let Some(Some(other)) = at_head.get(&norm)
        {
            let next = of_base.get(n + 1).map_or(base.len(), |(line, _)| *line);
            levels
                .entry(*level)
                .or_default()
                .push((*line, *other, next - line));
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

/// Whether a pair of lines lies between the same definitions on both sides, and in the same one.
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

/// The lines that open a scope with a name, or a block that says by what it is entered, and how many
/// such scopes each is in.
fn headers(text: &Text) -> Vec<(usize, u16)> {
    let mut open: Vec<u16> = Vec::new();
    let mut headers = Vec::new();
    let mut next = text.len();
    let mut opens = vec![false; text.len()];
    for line in (0..text.len()).rev().filter(|l| !text.blank(*l)) {
        let deeper = next < text.len() && text.indent[next] > text.indent[line];
        opens[line] = deeper && text.opens_block(line);
        next = line;
    }
    let opens = |l: &usize| text.significant(*l) && (text.name(*l).is_some() || opens[*l]);
    for line in (0..text.len()).filter(opens) {
        let indent = text.indent[line];
        while open.last().is_some_and(|i| *i >= indent) {
            open.pop();
        }
        headers.push((line, open.len() as u16));
        open.push(indent);
    }
    headers
}

/// Where each of these lines stands, if only once.
fn unique(text: &Text, lines: &[(usize, u16)]) -> HashMap<u32, Option<usize>> {
    let mut at = HashMap::new();
    for (line, _) in lines {
        at.entry(text.norm[*line])
            .and_modify(|l| *l = None)
            .or_insert(Some(*line));
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
