//! Which line continues which, inside a pair of files.
//!
//! A histogram diff over lines without their white space, then a correction: an inserted block may
//! slide up or down without changing the diff, and so may a deleted one. Of all its places, the one
//! is right that does not cut a unit of the text that stays in two: a decorator from its function,
//! a header from its body, a body from its closing bracket. That is how a copy is told from its
//! original.

use imara_diff::{Algorithm, Diff};

use super::files::Files;
use super::text::{Text, scope_name};

/// How far a block may slide, in lines.
const FARTHEST_SLIDE: usize = 400;

/// A changed region: lines of the base that went and lines of the head that came in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hunk {
    base: usize,
    base_len: usize,
    head: usize,
    head_len: usize,
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
        for hunk in hunks(base, head) {
            keep(self, &mut i, &mut j, hunk.base);
            let region = Fate::Changed(self.regions);
            self.regions += 1;
            self.base[b][hunk.base..hunk.base + hunk.base_len].fill(region);
            self.head[h][hunk.head..hunk.head + hunk.head_len].fill(region);
            i = hunk.base + hunk.base_len;
            j = hunk.head + hunk.head_len;
        }
        let end = base.len();
        keep(self, &mut i, &mut j, end);
    }

    pub(super) fn of_base(&self, file: usize, line: usize) -> Fate {
        self.base[file][line]
    }

    pub(super) fn of_head(&self, file: usize, line: usize) -> Fate {
        self.head[file][line]
    }
}

/// The changed regions of a pair of texts, in order, slid to their right places.
fn hunks(base: &Text, head: &Text) -> Vec<Hunk> {
    let tokens = |text: &Text| -> Vec<imara_diff::Token> {
        text.norm.iter().map(|n| imara_diff::Token(*n)).collect()
    };
    let (before, after) = (tokens(base), tokens(head));
    let largest = base
        .norm
        .iter()
        .chain(&head.norm)
        .max()
        .map_or(0, |n| n + 1);
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Histogram, &before, &after, largest);
    // Joins regions that slide into one; `slide` then chooses the place.
    diff.postprocess_with(
        &before,
        &after,
        |_: &[imara_diff::Token], hunk: std::ops::Range<u32>, _: u32| hunk.end,
    );
    let mut hunks: Vec<Hunk> = diff
        .hunks()
        .map(|h| Hunk {
            base: h.before.start as usize,
            base_len: h.before.len(),
            head: h.after.start as usize,
            head_len: h.after.len(),
        })
        .collect();
    for n in 0..hunks.len() {
        let before = n.checked_sub(1).map(|p| hunks[p]);
        let after = hunks.get(n + 1).copied();
        hunks[n] = slide(hunks[n], before, after, base, head);
    }
    hunks
}

fn slide(hunk: Hunk, before: Option<Hunk>, after: Option<Hunk>, base: &Text, head: &Text) -> Hunk {
    let inserted = hunk.base_len == 0;
    if !inserted && hunk.head_len != 0 {
        return hunk;
    }
    // `text` holds the block; `other` is the text that stays, and is cut at `at`.
    let (text, other, start, len, at) = if inserted {
        (head, base, hunk.head, hunk.head_len, hunk.base)
    } else {
        (base, head, hunk.base, hunk.base_len, hunk.head)
    };
    let edge = |h: Hunk| {
        if inserted {
            (h.head, h.head_len)
        } else {
            (h.base, h.base_len)
        }
    };
    // One unchanged line at least stays between two regions.
    let lowest = before.map_or(0, |h| edge(h).0 + edge(h).1 + 1);
    let highest = after.map_or(text.len(), |h| edge(h).0);
    let mut best = (cut_quality(other, at), 0_i64);
    let mut try_at = |distance: i64| {
        let quality = cut_quality(other, at.wrapping_add_signed(distance as isize));
        let closer = distance.abs() < best.1.abs();
        if quality > best.0 || quality == best.0 && closer {
            best = (quality, distance);
        }
    };
    let mut up = 0;
    while up < FARTHEST_SLIDE.min(start).min(at)
        && start - up > lowest
        && text.norm[start - up - 1] == text.norm[start + len - up - 1]
    {
        up += 1;
        try_at(-(up as i64));
    }
    let mut down = 0;
    while down < FARTHEST_SLIDE
        && start + len + down < highest
        && text.norm[start + down] == text.norm[start + len + down]
    {
        down += 1;
        try_at(down as i64);
    }
    let shift = |n: usize| n.wrapping_add_signed(best.1 as isize);
    Hunk {
        base: shift(hunk.base),
        head: shift(hunk.head),
        ..hunk
    }
}

/// How good it is to cut a text just before a line, in quarters: blank line before, then dedent,
/// then header; bad between attributes or comments and their definition, between a header and its
/// body, before a closing bracket.
fn cut_quality(text: &Text, at: usize) -> i64 {
    const EDGE: i64 = 24;
    if at == 0 || at >= text.len() {
        return EDGE;
    }
    let mut next = at;
    while next < text.len() && text.blank(next) {
        next += 1;
    }
    let Some(above) = (0..at).rev().find(|l| !text.blank(*l)) else {
        return EDGE;
    };
    if next >= text.len() {
        return EDGE;
    }
    let blank_between = text.blank(at - 1) || text.blank(at);
    let (line, previous) = (text.line(next).trim_start(), text.line(above).trim_start());
    let (indent, indent_above) = (i64::from(text.indent[next]), i64::from(text.indent[above]));
    let mut quality = -indent;
    if blank_between {
        quality += 12;
    }
    match indent.cmp(&indent_above) {
        std::cmp::Ordering::Less => quality += 8,
        std::cmp::Ordering::Greater => quality -= 8,
        std::cmp::Ordering::Equal => {}
    }
    let header = scope_name(line).is_some();
    if header || is_leader(line) {
        quality += 4;
    }
    let attached = !blank_between
        && (is_leader(previous) || indent == indent_above && header && !is_closer(previous));
    if attached && (header || is_leader(line)) {
        quality -= 16;
    }
    if is_closer(line) {
        quality -= 16;
    }
    quality
}

/// A line that belongs to the definition below it: a decorator, an attribute, a comment.
fn is_leader(line: &str) -> bool {
    ["@", "#[", "//", "/*", "*/", "* ", "# ", "#!", "--", "<!--"]
        .iter()
        .any(|p| line.starts_with(p))
        || line == "*"
        || line == "#"
}

/// A line that only closes what stands above it.
fn is_closer(line: &str) -> bool {
    let rest = line.trim_start_matches(['}', ')', ']']);
    rest.len() < line.len() && matches!(rest.trim(), "" | ";" | "," | ");" | "),")
        || matches!(line.trim(), "end" | "fi" | "done" | "esac" | "EOF")
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
    fn white_space_does_not_count() {
        assert_eq!(
            added("a.py", "a = 1\nb\n", "a=1\r\n  b\r\n"),
            Vec::<String>::new()
        );
    }
}
