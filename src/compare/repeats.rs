//! Lines and tokens that are in a text very often.

use std::collections::HashMap;

use imara_diff::Token;

/// Shorter lists are compared in full.
const LONG: usize = 20_000;
/// What is there more often is numbered by where it stands among its like.
const OFTEN: usize = 1_000;
/// How many of the same in a row have one number.
const RUN: usize = 32;

/// Renumbers tokens that are very frequent in long lists, separately for each run of occurrences. Otherwise the time of
/// a diff grows with the square of such runs (in imara-diff 0.2, each common line looks at all those before it). Equal
/// runs of both lists have equal numbers. `None` if nothing is repeated so often.
pub(super) fn numbered(before: &[Token], after: &[Token]) -> Option<(Vec<Token>, Vec<Token>)> {
    if before.len().max(after.len()) < LONG {
        return None;
    }
    let largest = before.iter().chain(after).map(|t| t.0).max()? as usize;
    let mut counts = vec![(0_usize, 0_usize); largest + 1];
    for token in before {
        counts[token.0 as usize].0 += 1;
    }
    for token in after {
        counts[token.0 as usize].1 += 1;
    }
    let often = |token: &Token| {
        let (old, new) = counts[token.0 as usize];
        old.max(new) > OFTEN
    };
    if !before.iter().chain(after).any(often) {
        return None;
    }
    let mut runs: HashMap<(u32, usize), u32> = HashMap::new();
    let mut number = |list: &[Token]| -> Vec<Token> {
        let mut seen: HashMap<u32, usize> = HashMap::new();
        let anew = list.iter().map(|token| {
            if !often(token) {
                return *token;
            }
            let times = seen.entry(token.0).or_default();
            *times += 1;
            let next = (largest + 1 + runs.len()) as u32;
            Token(*runs.entry((token.0, *times / RUN)).or_insert(next))
        });
        anew.collect()
    };
    Some((number(before), number(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_numbered_alike_on_both_sides() {
        let list = |n: u32| -> Vec<Token> { (0..n).map(|i| Token(i % 2)).collect() };
        assert!(numbered(&list(100), &list(100)).is_none());
        let (before, after) = numbered(&list(30_000), &list(40_000)).unwrap();
        assert_eq!(before[..], after[..30_000]);
        let mut each: HashMap<u32, usize> = HashMap::new();
        for token in &after {
            *each.entry(token.0).or_default() += 1;
        }
        assert!(each.values().all(|n| *n <= RUN));
    }
}
