//! An expression as the steps of a search that tries one way after the other.

use super::bytes::Bytes;
use super::read::{Part, read};

/// Most steps of one.
const MOST: usize = 4_000;
/// How many steps of the search cost as much as to compile an expression.
const WORTH: u32 = 5_000;
/// The same for each of its own steps.
const WORTH_OF_STEP: u32 = 100;

/// A step of the search.
#[derive(Clone, Copy, Debug)]
enum Step {
    Byte(u8),
    /// One of the set with this number.
    OneOf(usize),
    /// To the next step, and to another one.
    Fork(usize),
    Go(usize),
    Begin,
    End,
    Edge(bool),
    Done,
}

/// An expression that is read.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    sets: Vec<Bytes>,
    /// It reads from the end of a text back to its begin.
    backward: bool,
    /// What a fitting text begins with, as it is read; none if it may be empty.
    first: Option<Bytes>,
    /// It only fits where a text begins, as it is read.
    anchored: bool,
}

impl Program {
    /// Reads an expression; none if it is written in a way that is not known here.
    pub(super) fn read(text: &str) -> Option<Program> {
        let part = read(text)?;
        let forward = Program::of(&part, false)?;
        // What only fits at the end is found there at once.
        if !forward.anchored && text.ends_with(['$', ')']) && text.contains('$') {
            let backward = Program::of(&part, true)?;
            if backward.anchored {
                return Some(backward);
            }
        }
        Some(forward)
    }

    fn of(part: &Part, backward: bool) -> Option<Program> {
        let mut made = Program {
            steps: Vec::new(),
            sets: Vec::new(),
            backward,
            first: None,
            anchored: false,
        };
        made.put_part(part)?;
        made.put(Step::Done)?;
        (made.first, made.anchored) = made.begins();
        Some(made)
    }

    fn put(&mut self, step: Step) -> Option<()> {
        (self.steps.len() < MOST).then(|| self.steps.push(step))
    }

    fn put_part(&mut self, part: &Part) -> Option<()> {
        match part {
            Part::Byte(byte) => self.put(Step::Byte(*byte)),
            Part::OneOf(set) => {
                let known = self.sets.iter().position(|s| s == set);
                let number = known.unwrap_or_else(|| {
                    self.sets.push(*set);
                    self.sets.len() - 1
                });
                self.put(Step::OneOf(number))
            }
            Part::Begin if self.backward => self.put(Step::End),
            Part::End if self.backward => self.put(Step::Begin),
            Part::Begin => self.put(Step::Begin),
            Part::End => self.put(Step::End),
            Part::Edge(is) => self.put(Step::Edge(*is)),
            Part::Row(all) if self.backward => all.iter().rev().try_for_each(|p| self.put_part(p)),
            Part::Row(all) => all.iter().try_for_each(|p| self.put_part(p)),
            Part::Choice(all) => {
                let mut ends = Vec::with_capacity(all.len());
                for (number, part) in all.iter().enumerate() {
                    let fork = self.steps.len();
                    let is_last = number + 1 == all.len();
                    if !is_last {
                        self.put(Step::Fork(0))?;
                    }
                    self.put_part(part)?;
                    if !is_last {
                        ends.push(self.steps.len());
                        self.put(Step::Go(0))?;
                        self.steps[fork] = Step::Fork(self.steps.len());
                    }
                }
                let end = self.steps.len();
                for at in ends {
                    self.steps[at] = Step::Go(end);
                }
                Some(())
            }
            Part::Repeated(part, least, most) => {
                for _ in 0..*least {
                    self.put_part(part)?;
                }
                let mut forks = Vec::new();
                for _ in *least..most.unwrap_or(*least + 1) {
                    forks.push(self.steps.len());
                    self.put(Step::Fork(0))?;
                    self.put_part(part)?;
                }
                if most.is_none()
                    && let [fork] = forks.as_slice()
                {
                    self.put(Step::Go(*fork))?;
                }
                let end = self.steps.len();
                for fork in forks {
                    self.steps[fork] = Step::Fork(end);
                }
                Some(())
            }
        }
    }

    /// How many steps of the search cost as much as to compile it.
    pub(super) fn worth(&self) -> u32 {
        let steps = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        WORTH.saturating_add(WORTH_OF_STEP.saturating_mul(steps))
    }

    /// What a fitting text begins with, and whether it is the begin of the whole text.
    fn begins(&self) -> (Option<Bytes>, bool) {
        let mut first = Bytes::default();
        let (mut empty, mut anchored) = (false, true);
        let mut seen = vec![0_u8; self.steps.len()];
        // With whether the begin is behind.
        let mut open = vec![(0, false)];
        while let Some((at, begun)) = open.pop() {
            let mark = 1 << u8::from(begun);
            let Some(before) = seen.get_mut(at).filter(|s| **s & mark == 0) else {
                continue;
            };
            *before |= mark;
            let step = self.steps.get(at).copied().unwrap_or(Step::Done);
            let is_way = matches!(step, Step::Byte(_) | Step::OneOf(_) | Step::Done);
            anchored &= begun || !is_way;
            match step {
                Step::Byte(byte) => first.add(byte),
                Step::OneOf(set) => first.join(self.sets.get(set).copied().unwrap_or(Bytes::ALL)),
                Step::Fork(other) => open.extend([(at + 1, begun), (other, begun)]),
                Step::Go(other) => open.push((other, begun)),
                Step::Begin => open.push((at + 1, true)),
                Step::End | Step::Edge(_) => open.push((at + 1, begun)),
                Step::Done => empty = true,
            }
        }
        ((!empty).then_some(first), anchored)
    }

    /// Whether a part of a text fits; none if that takes more steps than are left.
    pub(super) fn is_match(&self, text: &[u8], left: &mut u32) -> Option<bool> {
        self.fits(text, false, left)
    }

    /// Whether a part of the text may fit by itself, when it is cut out as a piece of code; none if that takes more steps than
    /// are left. [`super::loose`] says the same.
    pub(super) fn fits_anywhere(&self, text: &[u8], left: &mut u32) -> Option<bool> {
        self.fits(text, true, left)
    }

    fn fits(&self, text: &[u8], anywhere: bool, left: &mut u32) -> Option<bool> {
        let search = Search {
            program: self,
            text,
            anywhere,
        };
        let mut open = Vec::new();
        let is_anchored = self.anchored && !anywhere;
        let mut start = 0;
        while start <= text.len() {
            if let Some(first) = &self.first {
                let Some(skipped) = search.next_begin(first, start) else {
                    return Some(false);
                };
                start += skipped;
                // To look at a byte takes a fraction of a step.
                *left = left.checked_sub(u32::try_from(skipped / 8).unwrap_or(u32::MAX))?;
            }
            if is_anchored && start > 0 {
                return Some(false);
            }
            open.push((0, start));
            while let Some((step, at)) = open.pop() {
                if search.goes_on(step, at, &mut open, left)? {
                    return Some(true);
                }
            }
            start += 1;
        }
        Some(false)
    }
}

/// What is searched.
struct Search<'p, 't> {
    program: &'p Program,
    text: &'t [u8],
    /// A part of it may be the whole, if no word is cut.
    anywhere: bool,
}

impl Search<'_, '_> {
    /// A byte by its place, as the text is read.
    fn byte(&self, at: usize) -> Option<u8> {
        let at = match self.program.backward {
            true => self.text.len().checked_sub(at + 1)?,
            false => at,
        };
        self.text.get(at).copied()
    }

    /// How far the next byte is that a fitting text may begin with.
    fn next_begin(&self, first: &Bytes, from: usize) -> Option<usize> {
        if !(self.anywhere && self.program.anchored) {
            return match self.program.backward {
                true => {
                    let rest = self.text.get(..self.text.len().checked_sub(from)?)?;
                    rest.iter().rev().position(|b| first.has(*b))
                }
                false => self.text.get(from..)?.iter().position(|b| first.has(*b)),
            };
        }
        (from..self.text.len())
            .position(|at| self.byte(at).is_some_and(|b| first.has(b)) && !self.is_cut(at, true))
    }

    /// Whether a place is in the middle of a word, where no piece of code begins or ends. The part of a text that follows an escape
    /// (`\\n`) begins there all the same. `is_begin` says which of both, in the order in which the text is read.
    fn is_cut(&self, at: usize, is_begin: bool) -> bool {
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let (Some(before), Some(here)) =
            (at.checked_sub(1).and_then(|b| self.byte(b)), self.byte(at))
        else {
            return false;
        };
        let is_escaped = || match self.program.backward {
            true => !is_begin && at.checked_add(1).and_then(|s| self.byte(s)) == Some(b'\\'),
            false => is_begin && at.checked_sub(2).and_then(|s| self.byte(s)) == Some(b'\\'),
        };
        is_word(before) && is_word(here) && !is_escaped()
    }

    /// Follows the steps from one as far as they fit; the other ways go to `open`.
    fn goes_on(
        &self,
        mut step: usize,
        mut at: usize,
        open: &mut Vec<(usize, usize)>,
        left: &mut u32,
    ) -> Option<bool> {
        let steps = &self.program.steps;
        loop {
            *left = left.checked_sub(1)?;
            let fits = match *steps.get(step)? {
                Step::Byte(byte) => {
                    at += 1;
                    self.byte(at - 1) == Some(byte)
                }
                Step::OneOf(set) => {
                    let set = self.program.sets.get(set)?;
                    at += 1;
                    self.byte(at - 1).is_some_and(|b| set.has(b))
                }
                Step::Fork(other) => {
                    // Most ways of a long list end at their first byte.
                    if let Some(Step::Byte(byte)) = steps.get(step + 1)
                        && self.byte(at) != Some(*byte)
                    {
                        step = other;
                        continue;
                    }
                    open.push((other, at));
                    true
                }
                Step::Go(other) => {
                    step = other;
                    continue;
                }
                Step::Begin if self.anywhere => !self.is_cut(at, true),
                Step::End if self.anywhere => !self.is_cut(at, false),
                Step::Edge(_) if self.anywhere => true,
                Step::Begin => at == 0,
                Step::End => at == self.text.len(),
                Step::Edge(wanted) => {
                    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
                    let before = at.checked_sub(1).and_then(|at| self.byte(at));
                    let edge = before.is_some_and(is_word) != self.byte(at).is_some_and(is_word);
                    edge == wanted
                }
                Step::Done => return Some(true),
            };
            if !fits {
                return Some(false);
            }
            step += 1;
        }
    }
}
