//! Which line continues which, inside a pair of files.
//!
//! A histogram diff over lines without their white space, then a correction: an inserted block may
//! slide up or down without changing the diff, and so may a deleted one. Of all its places, the one
//! is right that does not cut a unit of the text that stays in two: a decorator from its function,
//! a header from its body, a body from its closing bracket. That is how a copy is told from its
//! original.

use std::collections::HashMap;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, Token};

use super::anchors::{cuts, cuts_of_twins, in_order};
use super::files::Files;
use super::hunk::Hunk;
use super::slide::slide;
use super::text::Text;
use super::{reformat, repeats};

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
    /// The head lines of each base line that a formatter cut.
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
        let hunks = whole_if_rewritten(hunks(base, head), base, head);
        let mut alone = vec![true; hunks.len()];
        let mut found = Vec::new();
        for group in groups(&hunks) {
            if let Some(formatted) = formatted(&hunks[group.clone()], base, head) {
                alone[group].fill(false);
                found.push(formatted);
            }
        }
        for (hunk, alone) in hunks.into_iter().zip(alone) {
            keep(self, &mut i, &mut j, hunk.base);
            let region = Fate::Changed(self.regions);
            self.regions += 1;
            self.hunks.push(hunk);
            self.base[b][hunk.base..hunk.base + hunk.base_len].fill(region);
            self.head[h][hunk.head..hunk.head + hunk.head_len].fill(region);
            if alone && hunk.base_len > 0 && hunk.head_len > 0 {
                let (old, new) = (hunk.base..hunk.base_end(), hunk.head..hunk.head_end());
                found.extend(reformat::follow(base, &old, head, &new, reformat::SAME));
            }
            i = hunk.base + hunk.base_len;
            j = hunk.head + hunk.head_len;
        }
        let end = base.len();
        keep(self, &mut i, &mut j, end);
        for lines in found {
            self.follow(b, h, lines);
        }
    }

    /// Maps lines that a formatter cut or joined.
    fn follow(&mut self, b: usize, h: usize, found: reformat::Reformatted) {
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

/// If hardly any line is kept but most tokens are, a formatter changed the whole file. The few unchanged lines would
/// then mislead the comparison.
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
    let all = (0..base.len(), 0..head.len());
    let found = reformat::follow(base, &all.0, head, &all.1, reformat::SAME);
    let followed = found.map_or(0, |f| f.to_head.len());
    match followed as f64 >= 0.8 * lines(base) as f64 {
        true => vec![whole],
        false => hunks,
    }
}

/// Changed regions with few lines between them.
fn groups(hunks: &[Hunk]) -> Vec<Range<usize>> {
    /// How many lines may be between two of them.
    const NEAR: usize = 3;
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (n, hunk) in hunks.iter().enumerate() {
        match groups.last_mut() {
            Some(last) if hunk.base - hunks[n - 1].base_end() <= NEAR => last.end = n + 1,
            _ => groups.push(n..n + 1),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// The lines of changed regions, and of what is between them, if all that changed is how they are laid out: the few
/// lines that stayed as they were (a bracket, `else`) would lead astray.
fn formatted(hunks: &[Hunk], base: &Text, head: &Text) -> Option<reformat::Reformatted> {
    /// How much must be the same. Less would let a copy pass for its original that was fixed.
    const ALL: f64 = 0.97;
    let (first, last) = (hunks.first()?, hunks.last()?);
    let (old, new) = (first.base..last.base_end(), first.head..last.head_end());
    let words = |text: &Text, lines: &Range<usize>| -> f64 {
        let each = text.words.get(lines.clone()).unwrap_or_default();
        each.iter().map(|w| f64::from(*w)).sum()
    };
    let (before, after) = (words(base, &old), words(head, &new));
    // Most edits do not come near.
    if before.min(after) < 0.9 * before.max(after) {
        return None;
    }
    reformat::follow(base, &old, head, &new, ALL)
}

/// The changed regions of a pair of texts, in order, each in its right place.
fn hunks(base: &Text, head: &Text) -> Vec<Hunk> {
    if base.norm == head.norm {
        return Vec::new();
    }
    let (before, after) = tokens(base, head);
    let known = cuts(base, head);
    let found = hunks_between(base, head, (&before, &after), &known);
    match cuts_of_twins(base, head, &found) {
        more if more.is_empty() => found,
        more => {
            let all = in_order([known, more].concat());
            hunks_between(base, head, (&before, &after), &all)
        }
    }
}

/// The changed regions between cuts.
fn hunks_between(
    base: &Text,
    head: &Text,
    (before, after): (&[Token], &[Token]),
    cuts: &[(usize, usize)],
) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let (mut b, mut h) = (0, 0);
    let end = (base.len(), head.len());
    for (next_b, next_h) in cuts.iter().copied().chain([end]) {
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
