//! Which line continues which, inside a pair of files.
//!
//! A histogram diff over lines without their white space, then a correction: an inserted block may
//! slide up or down without changing the diff, and so may a deleted one. Of all its places, the one
//! is right that does not cut a unit of the text that stays in two: a decorator from its function,
//! a header from its body, a body from its closing bracket. That is how a copy is told from its
//! original.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use imara_diff::{Algorithm, Diff, Token};

use super::files::Files;
use super::slide::{is_closer, slide};
use super::text::Text;
use super::{reformat, repeats};

/// A changed region: lines of the base that went and lines of the head that came in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub base: usize,
    pub base_len: usize,
    pub head: usize,
    pub head_len: usize,
}

impl Hunk {
    pub(super) fn base_end(&self) -> usize {
        self.base + self.base_len
    }

    pub(super) fn head_end(&self) -> usize {
        self.head + self.head_len
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is this line of the paired file on the other side.
    Kept(u32),
    /// It was deleted or added, in this changed region.
    Changed(u32),
    /// Its whole file was deleted or added.
    Alone,
}

/// The lines of all files, mapped.
#[derive(Debug)]
pub(super) struct Map {
    base: Vec<Vec<Fate>>,
    head: Vec<Vec<Fate>>,
    /// Base lines that a formatter cut: the head lines that they are now.
    cut: HashMap<(usize, usize), Range<usize>>,
    hunks: Vec<Hunk>,
    /// How many changed regions there are; their numbers are below this.
    pub regions: u32,
}

impl Map {
    pub(super) fn new(files: &Files) -> Map {
        let lines = |side: &[super::files::File]| {
            side.iter()
                .map(|f| vec![Fate::Alone; f.text.len()])
                .collect::<Vec<_>>()
        };
        let mut map = Map {
            base: lines(&files.base),
            head: lines(&files.head),
            cut: HashMap::new(),
            hunks: Vec::new(),
            regions: 0,
        };
        for (h, file) in files.head.iter().enumerate() {
            if let Some(b) = file.pair {
                map.add_pair(b, h, &files.base[b].text, &file.text);
            }
        }
        map
    }

    fn add_pair(&mut self, b: usize, h: usize, base: &Text, head: &Text) {
        let (mut i, mut j) = (0, 0);
        let keep = |map: &mut Map, i: &mut usize, j: &mut usize, until: usize| {
            while *i < until {
                map.base[b][*i] = Fate::Kept(*j as u32);
                map.head[h][*j] = Fate::Kept(*i as u32);
                *i += 1;
                *j += 1;
            }
        };
        for hunk in whole_if_rewritten(hunks(base, head), base, head) {
            keep(self, &mut i, &mut j, hunk.base);
            let region = Fate::Changed(self.regions);
            self.regions += 1;
            self.hunks.push(hunk);
            self.base[b][hunk.base..hunk.base + hunk.base_len].fill(region);
            self.head[h][hunk.head..hunk.head + hunk.head_len].fill(region);
            if hunk.base_len > 0 && hunk.head_len > 0 {
                self.follow(b, h, base, head, &hunk);
            }
            i = hunk.base + hunk.base_len;
            j = hunk.head + hunk.head_len;
        }
        let end = base.len();
        keep(self, &mut i, &mut j, end);
    }

    /// Follows lines that a formatter cut or joined inside a changed region.
    fn follow(&mut self, b: usize, h: usize, base: &Text, head: &Text, hunk: &Hunk) {
        let (old, new) = (hunk.base..hunk.base_end(), hunk.head..hunk.head_end());
        let Some(found) = reformat::follow(base, &old, head, &new) else {
            return;
        };
        for (line, to) in found.to_head {
            self.base[b][line] = Fate::Kept(to.start as u32);
            if to.len() > 1 {
                self.cut.insert((b, line), to);
            }
        }
        for (line, from) in found.to_base {
            self.head[h][line] = Fate::Kept(from as u32);
            if matches!(self.base[b][from], Fate::Changed(_)) {
                let lines = self.cut.entry((b, from)).or_insert(line..line);
                lines.end = line + 1;
            }
        }
    }

    /// Where a changed region lies.
    pub(super) fn hunk(&self, region: u32) -> Option<Hunk> {
        self.hunks.get(region as usize).copied()
    }

    /// The head lines that a base line is now: several if a formatter cut it, also where not all of it
    /// is kept.
    pub(super) fn pieces(&self, file: usize, line: usize) -> Option<Range<usize>> {
        if let Some(lines) = self.cut.get(&(file, line)) {
            return Some(lines.clone());
        }
        match self.base[file][line] {
            Fate::Kept(to) => Some(to as usize..to as usize + 1),
            _ => None,
        }
    }

    pub(super) fn of_base(&self, file: usize, line: usize) -> Fate {
        self.base[file][line]
    }

    pub(super) fn of_head(&self, file: usize, line: usize) -> Fate {
        self.head[file][line]
    }
}

/// Where hardly a line is kept although most tokens are, a formatter was at work on the whole file: the
/// few lines that it left as they were would lead astray.
fn whole_if_rewritten(hunks: Vec<Hunk>, base: &Text, head: &Text) -> Vec<Hunk> {
    /// Fewer changed lines than this part of the file are taken as they are.
    const REWRITTEN: f64 = 0.4;
    let changed: usize = hunks.iter().map(|h| h.base_len).sum();
    if hunks.len() < 2 || (changed as f64) < REWRITTEN * base.len() as f64 {
        return hunks;
    }
    let whole = Hunk {
        base: 0,
        base_len: base.len(),
        head: 0,
        head_len: head.len(),
    };
    let lines = |text: &Text| (0..text.len()).filter(|l| text.significant(*l)).count();
    let found = reformat::follow(base, &(0..base.len()), head, &(0..head.len()));
    let followed = found.map_or(0, |f| f.to_head.len());
    match followed as f64 >= 0.8 * lines(base) as f64 {
        true => vec![whole],
        false => hunks,
    }
}

/// The changed regions of a pair of texts, in order, each in its right place.
fn hunks(base: &Text, head: &Text) -> Vec<Hunk> {
    if base.norm == head.norm {
        return Vec::new();
    }
    let (before, after) = tokens(base, head);
    let mut hunks: Vec<Hunk> = Vec::new();
    let (mut b, mut h) = (0, 0);
    let end = (base.len(), head.len());
    for (next_b, next_h) in cuts(base, head).into_iter().chain([end]) {
        let first = hunks.len();
        let found = diff(&before[b..next_b], &after[h..next_h]);
        hunks.extend(found.map(|hunk| Hunk {
            base: hunk.base + b,
            head: hunk.head + h,
            ..hunk
        }));
        // A block slides between its neighbours, and not over a cut.
        for n in first..hunks.len() {
            let above = match n > first {
                true => (hunks[n - 1].base_end() + 1, hunks[n - 1].head_end() + 1),
                false => (b, h),
            };
            let next = hunks.get(n + 1);
            let below = next.map_or((next_b, next_h), |k| (k.base, k.head));
            hunks[n] = slide(hunks[n], above, below, base, head);
        }
        (b, h) = (next_b, next_h);
    }
    hunks
}

/// Where both texts are cut before they are compared: at the definitions that stand once on each side
/// under the same header, and at their ends, if half of what each side has there stands on the other.
///
/// A diff alone takes whichever body is most like the base's, so that a pristine copy passes for the
/// original as soon as the original is edited. The name says which of them is the original. A body
/// that moved below a new header, leaving a stub under the old name, has too little left there, and
/// is followed.
fn cuts(base: &Text, head: &Text) -> Vec<(usize, usize)> {
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
        let opens = content.ends_with('{') && (content == "{" || content.starts_with(')'));
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

/// The lines of both texts as small numbers, equal for equal text.
fn tokens(base: &Text, head: &Text) -> (Vec<Token>, Vec<Token>) {
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    let mut number = |text: &Text| -> Vec<Token> {
        let of = text.norm.iter().map(|norm| {
            let next = numbers.len() as u32;
            Token(*numbers.entry(*norm).or_insert(next))
        });
        of.collect()
    };
    (number(base), number(head))
}

/// The changed regions of two lists of lines.
fn diff(before: &[Token], after: &[Token]) -> impl Iterator<Item = Hunk> + use<> {
    let anew = repeats::numbered(before, after);
    let (before, after) = match &anew {
        Some((before, after)) => (before.as_slice(), after.as_slice()),
        None => (before, after),
    };
    let largest = before.iter().chain(after).map(|t| t.0 + 1).max();
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Histogram, before, after, largest.unwrap_or(0));
    // Joins regions that slide into one; `slide` then chooses the place.
    let down = |_: &[Token], hunk: std::ops::Range<u32>, _: u32| hunk.end;
    diff.postprocess_with(before, after, down);
    let regions: Vec<imara_diff::Hunk> = diff.hunks().collect();
    regions.into_iter().map(|h| Hunk {
        base: h.before.start as usize,
        base_len: h.before.len(),
        head: h.after.start as usize,
        head_len: h.after.len(),
    })
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

#[cfg(test)]
mod tests {
    use super::super::text::Interner;
    use super::*;

    fn added(name: &str, base: &str, head: &str) -> Vec<String> {
        let mut interner = Interner::default();
        let b = Text::new(name.as_bytes(), base.to_owned(), &mut interner);
        let h = Text::new(name.as_bytes(), head.to_owned(), &mut interner);
        let lines = hunks(&b, &h)
            .into_iter()
            .flat_map(|k| k.head..k.head + k.head_len);
        lines.map(|l| h.line(l).to_owned()).collect()
    }

    #[test]
    fn a_copy_below_is_the_added_one_with_its_decorator() {
        let f = "@app.route('/x')\ndef x():\n    return run(1)\n";
        let base = format!("import a\n\n{f}");
        let head = format!("{base}\n{f}");
        assert_eq!(
            added("a.py", &base, &head),
            ["", "@app.route('/x')", "def x():", "    return run(1)"]
        );
    }

    #[test]
    fn a_copy_is_not_cut_at_the_bracket_that_closes_it() {
        let f = |n: &str| format!("function {n}(x) {{\n  return go(x);\n}}\n");
        let base = format!("{}\n{}", f("a"), f("z"));
        let head = format!("{}\n{}\n{}", f("a"), f("b"), f("z"));
        let lines = added("a.js", &base, &head);
        assert!(lines.contains(&"function b(x) {".to_owned()));
        let at = lines
            .iter()
            .position(|l| l.starts_with("function b"))
            .unwrap();
        assert_eq!(&lines[at + 1..at + 3], ["  return go(x);", "}"]);
    }

    #[test]
    fn the_original_is_the_one_with_the_name_even_if_it_was_edited() {
        let body = |name: &str, first: &str| {
            format!("def {name}(x):\n    {first}\n    y = go(x)\n    done(y)\n    return y\n")
        };
        let base = format!("import a\n\n{}\nlast = 1\n", body("one", "start(x)"));
        let edited = body("one", "begin(x, 1)");
        let copy = body("two", "start(x)");
        let below = format!("import a\n\n{edited}\n{copy}\nlast = 1\n");
        let above = format!("import a\n\n{copy}\n{edited}\nlast = 1\n");
        for head in [below, above] {
            let lines = added("a.py", &base, &head);
            assert!(lines.contains(&"def two(x):".to_owned()), "{lines:#?}");
            assert!(lines.contains(&"    start(x)".to_owned()), "{lines:#?}");
            assert!(!lines.contains(&"def one(x):".to_owned()), "{lines:#?}");
        }
    }

    #[test]
    fn a_body_that_moved_below_a_new_header_is_followed_if_a_stub_took_its_place() {
        let body = "    a = start(x)\n    b = go(a)\n    c = on(b)\n    return c\n";
        let base = format!("def one(x):\n{body}");
        let head = format!("def one(x):\n    return two(x)\n\n\ndef two(x):\n{body}");
        let lines = added("a.py", &base, &head);
        assert_eq!(lines, ["    return two(x)", "", "", "def two(x):"]);
    }

    #[test]
    fn white_space_does_not_count() {
        assert_eq!(
            added("a.py", "a = 1\nb\n", "a=1\r\n  b\r\n"),
            Vec::<String>::new()
        );
    }
}
