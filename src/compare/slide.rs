//! Where an inserted or deleted block lies, of all places that leave the diff the same.

use super::hunk::Hunk;
use super::text::Text;

/// How far a block may slide, in lines.
const FARTHEST_SLIDE: usize = 400;

/// Moves a block that was inserted or deleted to the place between `above` and `below` (lines of base
/// and head) where it cuts the text that stays best.
pub(super) fn slide(
    hunk: Hunk,
    above: (usize, usize),
    below: (usize, usize),
    base: &Text,
    head: &Text,
) -> Hunk {
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
    let (lowest, highest) = match inserted {
        true => (above.1, below.1),
        false => (above.0, below.0),
    };
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
    let mut quality = -3 * indent;
    if blank_between {
        quality += 12;
    }
    match indent.cmp(&indent_above) {
        std::cmp::Ordering::Less => quality += 8,
        std::cmp::Ordering::Greater => quality -= 8,
        std::cmp::Ordering::Equal => {}
    }
    let header = text.name(next).is_some();
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
    // Nothing is worse than cutting a definition from an opening brace on a line of its own.
    if line.trim_end() == "{" {
        quality -= 24;
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

/// A line that only closes what is above it.
pub(super) fn is_closer(line: &str) -> bool {
    let rest = line.trim_start_matches(['}', ')', ']']);
    rest.len() < line.len() && matches!(rest.trim(), "" | ";" | "," | ");" | "),")
        || matches!(
            line.trim(),
            "end" | "end;" | "END" | "END;" | "fi" | "done" | "esac" | "EOF"
        )
}
