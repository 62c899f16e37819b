//! Which statement continues which inside a changed region, flagged or not: the statements of both
//! sides in order, so that the sum of their likeness is largest.

use std::ops::Range;

use super::statement::{Words, similarity, words};
use super::text::Text;

/// The least likeness of a statement that was edited in place.
pub(super) const EDITED: f64 = 0.42;
/// Above this many pairs of statements, only those near each other in order are compared.
const MANY: usize = 10_000;
/// How far apart in order these may be.
const NEAR: usize = 16;

/// The statements that lines make: the lines of each. Those without a word are left out.
pub(super) fn units(text: &Text, lines: &[usize]) -> Vec<Range<usize>> {
    let mut units: Vec<Range<usize>> = Vec::new();
    for &line in lines {
        match units.last_mut() {
            Some(last) if last.end == line && text.statement(line) == text.statement(line - 1) => {
                last.end = line + 1;
            }
            _ => units.push(line..line + 1),
        }
    }
    units.retain(|unit| unit.clone().any(|line| text.words[line] > 0));
    units
}

/// The words of each unit.
pub(super) fn words_of(text: &Text, units: &[Range<usize>]) -> Vec<Words> {
    units
        .iter()
        .map(|unit| words(text.piece_of(unit).0))
        .collect()
}

/// For each statement of the base the one of the head that continues it.
pub(super) fn align(base: &[Words], head: &[Words]) -> Vec<Option<usize>> {
    let mut partner = vec![None; base.len()];
    if base.is_empty() || head.is_empty() {
        return partner;
    }
    let (rows, columns) = (base.len(), head.len());
    let band = rows.saturating_mul(columns) > MANY;
    let around = |row: usize| -> Range<usize> {
        match band {
            false => 0..columns,
            true => {
                let middle = row * columns / rows;
                middle.saturating_sub(NEAR)..(middle + NEAR).min(columns)
            }
        }
    };
    let (sorted_base, sorted_head) = (sorted(base), sorted(head));
    let alike = |row: usize, column: usize| -> Option<f32> {
        // No subsequence is longer than what both have in common.
        let bound = dice(&sorted_base[row], &sorted_head[column]);
        let like = (bound >= EDITED).then(|| similarity(&base[row], &head[column]))?;
        (like >= EDITED).then_some(worth(like))
    };
    // `best[row][column]`: the largest sum over the first rows and columns; kept for the columns of
    // each row's band only.
    let mut bests: Vec<Vec<f32>> = Vec::with_capacity(rows + 1);
    bests.push(vec![0.0; around(0).end + 1]);
    let at = |bests: &[Vec<f32>], row: usize, column: usize| -> f32 {
        // Left of a band nothing was added yet; right of it nothing more.
        let start = row.checked_sub(1).map_or(0, |r| around(r).start);
        let line = &bests[row];
        let last = line.len().saturating_sub(1);
        match column.checked_sub(start) {
            Some(n) => line[n.min(last)],
            None => 0.0,
        }
    };
    for row in 0..rows {
        let columns = around(row);
        let mut line = Vec::with_capacity(columns.len() + 1);
        line.push(at(&bests, row, columns.start));
        for column in columns.clone() {
            let mut best = at(&bests, row, column + 1).max(line[line.len() - 1]);
            if let Some(worth) = alike(row, column) {
                best = best.max(at(&bests, row, column) + worth);
            }
            line.push(best);
        }
        bests.push(line);
    }
    let (mut row, mut column) = (rows, columns);
    while row > 0 && column > 0 {
        let band = around(row - 1);
        if column > band.end {
            column = band.end;
            continue;
        }
        if column <= band.start {
            row -= 1;
            continue;
        }
        let here = at(&bests, row, column);
        let diagonal = |worth: f32| here <= at(&bests, row - 1, column - 1) + worth;
        if alike(row - 1, column - 1).is_some_and(diagonal) {
            partner[row - 1] = Some(column - 1);
            row -= 1;
            column -= 1;
        } else if here <= at(&bests, row - 1, column) {
            row -= 1;
        } else {
            column -= 1;
        }
    }
    partner
}

/// What a pair is worth: one that is much alike more than two that are little.
fn worth(like: f64) -> f32 {
    (like * like) as f32
}

fn sorted(all: &[Words]) -> Vec<Vec<u64>> {
    let each = all.iter().map(|words| {
        let mut sorted = words.to_vec();
        sorted.sort_unstable();
        sorted
    });
    each.collect()
}

/// The share of words that two sorted lists have in common.
fn dice(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    2.0 * common as f64 / (a.len() + b.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(base: &[&str], head: &[&str]) -> Vec<Option<usize>> {
        let all = |list: &[&str]| -> Vec<Words> { list.iter().map(|l| words(l)).collect() };
        align(&all(base), &all(head))
    }

    #[test]
    fn each_statement_goes_on_in_the_one_that_is_most_like_it() {
        let base = ["go(\"SELECT * FROM a WHERE id = \" + x)"];
        let head = [
            "go(\"SELECT * FROM a WHERE id = %s\", (x,))",
            "go(\"SELECT * FROM b WHERE owner = \" + x)",
        ];
        assert_eq!(pairs(&base, &head), [Some(0)]);
        assert_eq!(
            pairs(&["a(b)", "c(d)"], &["x(y)", "a(b)", "c(e)"]),
            [Some(1), Some(2)]
        );
        assert_eq!(pairs(&["a(b, c)"], &["nothing here"]), [None]);
    }

    #[test]
    fn long_regions_are_aligned_near_their_order() {
        let base: Vec<String> = (0..2_000)
            .map(|n| format!("call_{n}(x{n}, y, z)"))
            .collect();
        let head: Vec<String> = (0..2_000)
            .map(|n| format!("call_{n}(x{n}, y, w)"))
            .collect();
        let refs = |list: &'static [String]| -> Vec<&'static str> {
            list.iter().map(String::as_str).collect()
        };
        let (base, head) = (refs(base.leak()), refs(head.leak()));
        let found = pairs(&base, &head);
        assert!(found.iter().enumerate().all(|(n, p)| *p == Some(n)));
    }
}
