//! The statements of a changed region, and which of them continue which.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::align::{EDITED, align, units, words_of};
use super::side::Of;
use super::statement::{self, Words, similarity};
use super::text::Text;

/// The statements of a changed region, and which of them continue which.
#[derive(Debug, Default)]
pub(super) struct Region {
    pub base: Vec<Range<usize>>,
    pub head: Vec<Range<usize>>,
    pub base_words: Vec<Words>,
    pub head_words: Vec<Words>,
    pub to_head: Vec<Option<usize>>,
    pub to_base: Vec<Option<usize>>,
    /// For a statement that gives a name a value, the one below that uses it.
    base_use: HashMap<usize, usize>,
    head_use: HashMap<usize, usize>,
}

impl Region {
    /// Aligns the statements of some lines of both sides; names stand for the values that changed lines
    /// give them, so that an argument may become a variable.
    pub(super) fn new(
        base: (&Text, &[usize], &Values),
        head: (&Text, &[usize], &Values),
    ) -> Region {
        let (old, new) = (units(base.0, base.1), units(head.0, head.1));
        let (old_words, base_use) = with_values(words_of(base.0, &old), base.2);
        let (new_words, head_use) = with_values(words_of(head.0, &new), head.2);
        let to_head = align(&old_words, &new_words);
        let mut to_base = vec![None; new.len()];
        for (b, h) in to_head.iter().enumerate() {
            if let Some(h) = h {
                to_base[*h] = Some(b);
            }
        }
        Region {
            base: old,
            head: new,
            base_words: old_words,
            head_words: new_words,
            to_head,
            to_base,
            base_use,
            head_use,
        }
    }

    /// The head statement that continues one of the base, or that uses the value that became one of its
    /// own.
    pub(super) fn continues(&self, base: usize) -> Option<usize> {
        let used = || self.to_head[*self.base_use.get(&base)?];
        self.to_head[base].or_else(used)
    }

    /// The statement among those that continue one of the base that a finding of the head belongs to:
    /// its own, or the one that uses the value that it makes, of which nothing is reported.
    pub(super) fn continued(&self, head: usize, flagged: &HashSet<usize>) -> Option<usize> {
        /// How many names the value may go through.
        const CHAIN: usize = 4;
        let used = || {
            let next = |unit: &usize| self.head_use.get(unit).copied().filter(|u| u > unit);
            let users = std::iter::successors(next(&head), next).take(CHAIN);
            let mut users = users.take_while(|user| !flagged.contains(user));
            users.find(|user| self.to_base[*user].is_some())
        };
        let own = self.to_base[head].is_some().then_some(head);
        own.or_else(used)
    }

    /// How much alike a statement of the base, that none continues, and one of the head are, if the first may
    /// have gone into the second, which continues another one.
    pub(super) fn went_into(&self, base: usize, head: usize) -> Option<f64> {
        /// It has this part of the words, or is hardly less alike than the one that it continues.
        const CONTAINED: f64 = 0.75;
        const LESS: f64 = 0.12;
        let other = self.to_base[head]?;
        let (old, new) = (&self.base_words[base], &self.head_words[head]);
        let alike = similarity(old, new);
        let there = old.iter().filter(|word| new.contains(word)).count();
        let near = alike >= similarity(&self.base_words[other], new) - LESS;
        let contained = there as f64 >= CONTAINED * old.len() as f64;
        (self.to_head[base].is_none() && alike >= EDITED && (near || contained)).then_some(alike)
    }

    /// Whether another statement of the head, of which nothing is reported, might as well continue the
    /// one that a head statement continues: then it cannot be told which does.
    pub(super) fn is_rivalled(&self, head: usize, flagged: &HashSet<usize>) -> bool {
        const AS_MUCH: f64 = 0.12;
        /// Or if it has this part of the words that the other one lost.
        const TAKEN: f64 = 0.5;
        /// How far away a rival is looked for, in statements.
        const NEAR: usize = 12;
        let Some(base) = self.to_base[head] else {
            return false;
        };
        let alike = |h: usize| similarity(&self.base_words[base], &self.head_words[h]);
        let own = alike(head);
        let mine: HashSet<&u64> = self.head_words[head].iter().collect();
        let old = self.base_words[base].iter();
        let lost: HashSet<&u64> = old.filter(|w| !mine.contains(w)).collect();
        let took = |h: usize| {
            let has = self.head_words[h].iter().collect::<HashSet<_>>();
            let taken = lost.iter().filter(|w| has.contains(*w)).count();
            taken > 0 && taken as f64 >= TAKEN * lost.len() as f64
        };
        let near = head.saturating_sub(NEAR)..(head + NEAR).min(self.head.len());
        near.into_iter()
            .filter(|h| *h != head && self.to_base[*h].is_none() && !flagged.contains(h))
            // A condition that became the header of a block does not compete with what the block does.
            .filter(|h| !self.is_split(base, *h, head))
            // What gives a name its value does not compete with what uses it.
            .filter(|h| self.head_use.get(h) != Some(&head))
            .any(|h| {
                let alike = alike(h);
                alike >= EDITED && (alike >= own - AS_MUCH || took(h))
            })
    }

    /// Whether a statement of the base became two, one right after the other, and nothing came in.
    fn is_split(&self, base: usize, first: usize, second: usize) -> bool {
        let old: HashSet<&u64> = self.base_words[base].iter().collect();
        let came_from_it = |h: usize| self.head_words[h].iter().all(|word| old.contains(word));
        first + 1 == second && came_from_it(first) && came_from_it(second)
    }

    /// The head lines of the statement that continues that of a base line.
    pub(super) fn continued_at(&self, line: usize) -> Option<Range<usize>> {
        let unit = Region::unit(&self.base, line)?;
        Some(self.head[self.continues(unit)?].clone())
    }

    pub(super) fn unit(units: &[Range<usize>], line: usize) -> Option<usize> {
        let at = units.partition_point(|unit| unit.end <= line);
        units.get(at).filter(|unit| unit.contains(&line))?;
        Some(at)
    }
}

/// The file that lines are in, and the lines.
pub(super) type Lines = (Option<usize>, Vec<usize>);
/// The lines of each changed region, of both sides.
pub(super) type Sides = HashMap<u32, (Lines, Lines)>;
/// The words of the values that names are given.
pub(super) type Values = HashMap<u64, Words>;

/// Puts the values in place of the names. Says as well, of statements that give a name its value, which one below uses
/// it first.
fn with_values(mut all: Vec<Words>, values: &Values) -> (Vec<Words>, HashMap<usize, usize>) {
    /// Longer values are not looked into.
    const LONGEST: usize = 60;
    /// How far into a statement the sign of an assignment is looked for, in words.
    const FARTHEST: usize = 8;
    let mut uses = HashMap::new();
    if values.is_empty() {
        return (all, uses);
    }
    let sign = statement::hash("=");
    // The statement that gives each name its value.
    let mut given: HashMap<u64, usize> = HashMap::new();
    for (unit, words) in all.iter_mut().enumerate() {
        let target = words.iter().take(FARTHEST).position(|word| *word == sign);
        let target = target.unwrap_or(0);
        let targets: Vec<u64> = words.iter().take(target).copied().collect();
        let named = |n: usize, word: &u64| {
            // What is given a value keeps its name.
            let given = n < target || targets.contains(word);
            values.get(word).filter(|v| !given && v.len() <= LONGEST)
        };
        for name in targets.iter().filter(|word| values.contains_key(word)) {
            given.insert(*name, unit);
        }
        if words
            .iter()
            .enumerate()
            .any(|(n, word)| named(n, word).is_some())
        {
            let put = words
                .iter()
                .enumerate()
                .flat_map(|(n, word)| match named(n, word) {
                    Some(value) => value.to_vec(),
                    None => vec![*word],
                });
            let put: Vec<u64> = put.collect();
            for (n, word) in words.iter().enumerate() {
                if let Some(user) = named(n, word).and_then(|_| given.get(word)) {
                    uses.entry(*user).or_insert(unit);
                }
            }
            *words = put.into();
        }
    }
    (all, uses)
}

/// The changed regions, aligned when they are asked for.
#[derive(Debug, Default)]
pub(super) struct Regions {
    pub lines: RefCell<Option<Rc<Sides>>>,
    pub aligned: RefCell<HashMap<u32, Rc<Region>>>,
    pub changed: RefCell<HashMap<(Of, usize), Rc<Values>>>,
}
