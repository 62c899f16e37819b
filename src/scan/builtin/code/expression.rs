//! Regular expressions that are asked about a few short texts: most are read in a hundredth of the time that it takes to
//! compile them, and a search that tries one way after the other answers. What is asked often, or needs many steps,
//! or is written in a way that is not known here, is compiled. The answer is the same.
//!
//! `\w`, `\d`, `\s`, `\b` and `(?i)` mean ASCII, and `.` is a byte.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex::bytes::{Regex, RegexBuilder};

/// How many steps of the search cost as much as to compile an expression.
const STEPS: u32 = 5_000;
/// The same for each part of it.
const STEPS_OF_PART: u32 = 100;
/// Most parts of an expression that is not compiled.
const MOST: usize = 4_000;
/// Most times that a part is repeated in one that is not compiled.
const REPEATED: u32 = 64;

/// An expression that is read when it is first asked for.
pub(super) struct Expression {
    /// Texts that fit as a whole.
    words: HashSet<Vec<u8>>,
    /// What else fits.
    text: Cow<'static, str>,
    read: OnceLock<Option<Program>>,
    taken: AtomicU32,
    compiled: OnceLock<Regex>,
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

impl Expression {
    /// An expression that a test or [`check`] compiles.
    pub(super) fn new(text: impl Into<Cow<'static, str>>) -> Expression {
        Expression {
            words: HashSet::new(),
            text: text.into(),
            read: OnceLock::new(),
            taken: AtomicU32::new(0),
            compiled: OnceLock::new(),
        }
    }

    /// One for whole names, most of which are written as they are.
    pub(super) fn of_names(list: &[String]) -> Expression {
        let mut words = HashSet::with_capacity(list.len());
        let mut other = Vec::new();
        for one in list {
            let word = one.replace(r"\.", ".");
            let of_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            let is_word = word.matches('.').count() == one.matches(r"\.").count()
                && word.bytes().all(|b| of_word(b) || b == b'.');
            match is_word {
                true => {
                    words.insert(word.into_bytes());
                }
                false => other.push(one.as_str()),
            }
        }
        let other = match other.is_empty() {
            // Nothing.
            true => r"[^\s\S]".to_owned(),
            false => format!("^(?:{})$", other.join("|")),
        };
        Expression {
            words,
            ..Expression::new(other)
        }
    }

    /// Itself.
    pub(super) fn get(&self) -> &Expression {
        self
    }

    /// What is written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a text may have a part that fits by itself, when it is cut out. Says yes where that takes long to tell.
    pub(super) fn may_fit_in(&self, text: &[u8]) -> bool {
        let program = self.read.get_or_init(|| Program::read(&self.text));
        let Some(program) = program else {
            return true;
        };
        let mut left = u32::try_from(text.len() / 2 + 500).unwrap_or(u32::MAX);
        program.fits_anywhere(text, &mut left).unwrap_or(true)
    }

    /// Whether a part of a text fits.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        if !self.words.is_empty() && self.words.contains(text) {
            return true;
        }
        if let Some(compiled) = self.compiled.get() {
            return compiled.is_match(text);
        }
        if let Some(program) = self.read.get_or_init(|| Program::read(&self.text)) {
            let mut left = program
                .worth()
                .saturating_sub(self.taken.load(Ordering::Relaxed));
            let before = left;
            let found = program.is_match(text, &mut left);
            self.taken.fetch_add(before - left, Ordering::Relaxed);
            if let Some(found) = found {
                return found;
            }
        }
        let compiled = self.compiled.get_or_init(|| {
            let made = compiled(&self.text);
            made.expect("a test or `check` compiled it")
        });
        compiled.is_match(text)
    }
}

/// An expression whose places or groups are asked for.
///
/// # Errors
/// It is wrong; says how.
pub(super) fn compiled(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).build()
}

/// Checks an expression.
///
/// # Errors
/// It is wrong; says how.
pub(super) fn check(text: &str) -> Result<(), regex::Error> {
    compiled(text).map(|_| ())
}

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Bytes([u64; 4]);

impl Bytes {
    const ALL: Bytes = Bytes([u64::MAX; 4]);

    fn add(&mut self, byte: u8) {
        if let Some(part) = self.0.get_mut(usize::from(byte >> 6)) {
            *part |= 1 << (byte & 63);
        }
    }

    fn has(&self, byte: u8) -> bool {
        let part = self.0.get(usize::from(byte >> 6));
        part.is_some_and(|part| part >> (byte & 63) & 1 == 1)
    }

    fn join(&mut self, other: Bytes) {
        for (part, other) in self.0.iter_mut().zip(other.0) {
            *part |= other;
        }
    }

    fn inverted(self) -> Bytes {
        Bytes(self.0.map(|part| !part))
    }

    fn of(pick: impl Fn(u8) -> bool) -> Bytes {
        let mut all = Bytes::default();
        (0..=u8::MAX).filter(|b| pick(*b)).for_each(|b| all.add(b));
        all
    }

    /// What a letter after a backslash stands for.
    fn named(letter: u8) -> Option<Bytes> {
        const DIGITS: Bytes = Bytes([0x03ff_0000_0000_0000, 0, 0, 0]);
        const WORDS: Bytes = Bytes([0x03ff_0000_0000_0000, 0x07ff_fffe_87ff_fffe, 0, 0]);
        const SPACES: Bytes = Bytes([0x0000_0001_0000_3e00, 0, 0, 0]);
        Some(match letter {
            b'd' => DIGITS,
            b'D' => DIGITS.inverted(),
            b'w' => WORDS,
            b'W' => WORDS.inverted(),
            b's' => SPACES,
            b'S' => SPACES.inverted(),
            _ => return None,
        })
    }

    /// With the other case of each letter.
    fn folded(self) -> Bytes {
        let mut all = self;
        for letter in b'a'..=b'z' {
            let other = letter.to_ascii_uppercase();
            if self.has(letter) || self.has(other) {
                all.add(letter);
                all.add(other);
            }
        }
        all
    }
}

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
    /// Between a word and what is none, or not.
    Edge(bool),
    Done,
}

/// An expression that is read.
#[derive(Debug)]
struct Program {
    steps: Vec<Step>,
    sets: Vec<Bytes>,
    /// What a fitting text may begin with; none if it may be empty.
    first: Option<Bytes>,
    /// It only fits at the begin.
    anchored: bool,
    /// What a text that fits ends with, where it must fit up to its end.
    last: Option<Bytes>,
}

impl Program {
    /// Reads an expression; none if it is written in a way that is not known here.
    fn read(text: &str) -> Option<Program> {
        if !text.is_ascii() {
            return None;
        }
        let mut reader = Reader {
            text: text.as_bytes(),
            at: 0,
            steps: Vec::with_capacity(text.len()),
            sets: Vec::new(),
            folds: false,
            any: false,
            depth: 0,
        };
        reader.choice()?;
        if reader.at < text.len() {
            return None;
        }
        reader.put(Step::Done)?;
        let mut made = Program {
            steps: reader.steps,
            sets: reader.sets,
            first: None,
            anchored: false,
            last: None,
        };
        (made.first, made.anchored) = made.begins();
        made.last = made.ends();
        Some(made)
    }

    /// How many steps of the search cost as much as to compile it.
    fn worth(&self) -> u32 {
        let parts = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        STEPS.saturating_add(STEPS_OF_PART.saturating_mul(parts))
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
            anchored &= begun
                || !matches!(
                    self.steps.get(at),
                    Some(Step::Byte(_) | Step::OneOf(_) | Step::Done)
                );
            match self.steps.get(at) {
                Some(Step::Byte(byte)) => first.add(*byte),
                Some(Step::OneOf(set)) => {
                    first.join(self.sets.get(*set).copied().unwrap_or(Bytes::ALL));
                }
                Some(Step::Fork(other)) => open.extend([(at + 1, begun), (*other, begun)]),
                Some(Step::Go(other)) => open.push((*other, begun)),
                Some(Step::Begin) => open.push((at + 1, true)),
                Some(Step::End | Step::Edge(_)) => open.push((at + 1, begun)),
                Some(Step::Done) | None => empty = true,
            }
        }
        ((!empty).then_some(first), anchored)
    }

    /// What a fitting text ends with; none if it need not fit up to its end, or may be empty.
    fn ends(&self) -> Option<Bytes> {
        // From the last step back: whether the end is reached from it without another byte, and whether that may be
        // in the middle of a text.
        let mut ends = vec![false; self.steps.len()];
        let mut may_go_on = ends.clone();
        let mut is_new = true;
        // Loops lead back.
        while std::mem::take(&mut is_new) {
            for at in (0..self.steps.len()).rev() {
                let of = |at: usize, all: &[bool]| all.get(at).copied().unwrap_or(true);
                let (end, on) = match self.steps.get(at)? {
                    Step::Byte(_) | Step::OneOf(_) => (false, false),
                    Step::Done => (true, true),
                    Step::End => (of(at + 1, &ends), false),
                    Step::Begin | Step::Edge(_) => (of(at + 1, &ends), of(at + 1, &may_go_on)),
                    Step::Go(to) => (of(*to, &ends), of(*to, &may_go_on)),
                    Step::Fork(to) => (
                        of(at + 1, &ends) || of(*to, &ends),
                        of(at + 1, &may_go_on) || of(*to, &may_go_on),
                    ),
                };
                is_new |= end && !of(at, &ends) || on && !of(at, &may_go_on);
                *ends.get_mut(at)? |= end;
                *may_go_on.get_mut(at)? |= on;
            }
        }
        if *ends.first()? {
            return None;
        }
        let mut last = Bytes::default();
        for (at, step) in self.steps.iter().enumerate() {
            let set = match step {
                Step::Byte(byte) => {
                    let mut one = Bytes::default();
                    one.add(*byte);
                    one
                }
                Step::OneOf(set) => *self.sets.get(*set)?,
                _ => continue,
            };
            if *may_go_on.get(at + 1)? {
                return None;
            }
            if *ends.get(at + 1)? {
                last.join(set);
            }
        }
        Some(last)
    }

    /// Whether a part of a text fits; none if that takes more steps than are left.
    fn is_match(&self, text: &[u8], left: &mut u32) -> Option<bool> {
        if let Some(last) = &self.last
            && !text.last().is_some_and(|b| last.has(*b))
        {
            return Some(false);
        }
        let end = if self.anchored { 0 } else { text.len() };
        self.fits_from(0..=end, text, false, left)
    }

    /// The same, if each part of the text may be the whole of what is asked.
    fn fits_anywhere(&self, text: &[u8], left: &mut u32) -> Option<bool> {
        self.fits_from(0..=text.len(), text, true, left)
    }

    fn fits_from(
        &self,
        starts: RangeInclusive<usize>,
        text: &[u8],
        anywhere: bool,
        left: &mut u32,
    ) -> Option<bool> {
        let mut open = Vec::new();
        for start in starts {
            if let Some(first) = &self.first
                && !text.get(start).is_some_and(|b| first.has(*b))
            {
                // To look at a byte takes a fraction of a step.
                if start % 8 == 7 {
                    *left = left.checked_sub(1)?;
                }
                continue;
            }
            open.push((0, start));
            while let Some((step, at)) = open.pop() {
                if self.goes_on(step, at, text, anywhere, &mut open, left)? {
                    return Some(true);
                }
            }
        }
        Some(false)
    }

    /// Follows the steps from one as far as they fit; the other ways go to `open`.
    fn goes_on(
        &self,
        mut step: usize,
        mut at: usize,
        text: &[u8],
        anywhere: bool,
        open: &mut Vec<(usize, usize)>,
        left: &mut u32,
    ) -> Option<bool> {
        loop {
            *left = left.checked_sub(1)?;
            let fits = match *self.steps.get(step)? {
                Step::Byte(byte) => {
                    let fits = text.get(at) == Some(&byte);
                    at += 1;
                    fits
                }
                Step::OneOf(set) => {
                    let set = self.sets.get(set)?;
                    let fits = text.get(at).is_some_and(|b| set.has(*b));
                    at += 1;
                    fits
                }
                Step::Fork(other) => {
                    // Most ways of a long list end at their first byte.
                    let ends = matches!(self.steps.get(step + 1), Some(Step::Byte(b)) if text.get(at) != Some(b));
                    if ends {
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
                Step::Begin | Step::End | Step::Edge(_) if anywhere => true,
                Step::Begin => at == 0,
                Step::End => at == text.len(),
                Step::Edge(wanted) => {
                    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
                    let before = at.checked_sub(1).and_then(|at| text.get(at));
                    let edge = before.is_some_and(is_word) != text.get(at).is_some_and(is_word);
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

/// Reads the text of an expression.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    steps: Vec<Step>,
    sets: Vec<Bytes>,
    /// `(?i)`
    folds: bool,
    /// `(?s)`
    any: bool,
    depth: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn takes(&mut self, text: &[u8]) -> bool {
        let is = self
            .text
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(text));
        self.at += if is { text.len() } else { 0 };
        is
    }

    fn put(&mut self, step: Step) -> Option<()> {
        (self.steps.len() < MOST).then(|| self.steps.push(step))
    }

    fn put_set(&mut self, set: Bytes) -> Option<()> {
        let set = if self.folds { set.folded() } else { set };
        let known = self.sets.iter().position(|s| *s == set);
        let number = known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        });
        self.put(Step::OneOf(number))
    }

    fn put_byte(&mut self, byte: u8) -> Option<()> {
        if self.folds && byte.is_ascii_alphabetic() {
            return self.put_set(Bytes::of(|b| b == byte));
        }
        self.put(Step::Byte(byte))
    }

    /// `a|b|c`, up to a bracket or the end.
    fn choice(&mut self) -> Option<()> {
        // Flags that are set in one way count in those after it too, up to the bracket.
        let mut ends = Vec::new();
        loop {
            let begin = self.steps.len();
            self.sequence()?;
            if !self.takes(b"|") {
                break;
            }
            self.insert(begin, Step::Fork(0))?;
            ends.push(self.steps.len());
            self.put(Step::Go(0))?;
            let other = self.steps.len();
            self.steps[begin] = Step::Fork(other);
        }
        let end = self.steps.len();
        for at in ends {
            self.steps[at] = Step::Go(end);
        }
        Some(())
    }

    /// Puts a step before others, whose targets move with them.
    fn insert(&mut self, begin: usize, step: Step) -> Option<()> {
        self.put(step)?;
        let part = self.steps.get_mut(begin..)?;
        part.rotate_right(1);
        for step in part.iter_mut().skip(1) {
            if let Step::Fork(other) | Step::Go(other) = step {
                *other += 1;
            }
        }
        Some(())
    }

    fn sequence(&mut self) -> Option<()> {
        while let Some(byte) = self.peek() {
            if matches!(byte, b'|' | b')') {
                return Some(());
            }
            let begin = self.steps.len();
            let may_repeat = self.one()?;
            self.repeated(begin, may_repeat)?;
        }
        Some(())
    }

    /// One part, without how often it is repeated. Returns whether it may be.
    fn one(&mut self) -> Option<bool> {
        match self.next()? {
            b'(' => return self.group(),
            b'[' => {
                let set = self.set()?;
                self.put_set(set)?;
            }
            b'.' => {
                let any = self.any;
                self.put_set(Bytes::of(|b| any || b != b'\n'))?;
            }
            b'^' => {
                self.put(Step::Begin)?;
                return Some(false);
            }
            b'$' => {
                self.put(Step::End)?;
                return Some(false);
            }
            b'\\' => {
                let letter = self.next()?;
                let edge = match letter {
                    b'b' => Some(Step::Edge(true)),
                    b'B' => Some(Step::Edge(false)),
                    b'A' => Some(Step::Begin),
                    b'z' => Some(Step::End),
                    _ => None,
                };
                if let Some(edge) = edge {
                    // `\b{start}` is another.
                    self.put(edge)?;
                    return (self.peek() != Some(b'{')).then_some(false);
                }
                match Bytes::named(letter) {
                    Some(set) => self.put_set(set)?,
                    None => self.put_byte(escaped(letter)?)?,
                }
            }
            b'*' | b'+' | b'?' | b'{' => return None,
            byte => self.put_byte(byte)?,
        }
        Some(true)
    }

    /// A group, or flags.
    fn group(&mut self) -> Option<bool> {
        let before = (self.folds, self.any);
        if self.takes(b"?") {
            loop {
                match self.next()? {
                    b'i' => self.folds = true,
                    b's' => self.any = true,
                    b':' => break,
                    b')' => return Some(false),
                    _ => return None,
                }
            }
        }
        self.depth += 1;
        if self.depth > 30 {
            return None;
        }
        self.choice()?;
        self.depth -= 1;
        (self.folds, self.any) = before;
        self.takes(b")").then_some(true)
    }

    /// What stands between square brackets.
    fn set(&mut self) -> Option<Bytes> {
        let inverted = self.takes(b"^");
        let mut all = Bytes::default();
        let mut is_first = true;
        loop {
            let byte = self.next()?;
            if byte == b']' && !is_first {
                break;
            }
            is_first = false;
            let from = match byte {
                // Sets in sets.
                b'[' => return None,
                b'&' | b'~' | b'-' if self.peek() == Some(byte) => return None,
                b'\\' => {
                    let letter = self.next()?;
                    if let Some(set) = Bytes::named(letter) {
                        all.join(set);
                        // `\w-x`
                        let next = self.text.get(self.at..self.at + 2);
                        if next.is_some_and(|n| n.starts_with(b"-") && !n.ends_with(b"]")) {
                            return None;
                        }
                        continue;
                    }
                    escaped(letter)?
                }
                byte => byte,
            };
            let next = self.text.get(self.at + 1).copied();
            if self.peek() != Some(b'-') || next == Some(b']') {
                all.add(from);
                continue;
            }
            self.at += 1;
            let to = match self.next()? {
                b'\\' => escaped(self.next()?)?,
                b'[' | b'-' => return None,
                byte => byte,
            };
            if from > to {
                return None;
            }
            (from..=to).for_each(|b| all.add(b));
        }
        // Its letters fold before it is inverted.
        if self.folds {
            all = all.folded();
        }
        Some(if inverted { all.inverted() } else { all })
    }

    /// Repeats the steps since `begin` as often as what follows says.
    fn repeated(&mut self, begin: usize, may_repeat: bool) -> Option<()> {
        let (least, most) = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => {
                self.at += 1;
                let least = self.number()?;
                let most = match self.takes(b",") {
                    false => Some(least),
                    true if self.peek() == Some(b'}') => None,
                    true => Some(self.number()?),
                };
                if self.peek() != Some(b'}') {
                    return None;
                }
                (least, most)
            }
            _ => return Some(()),
        };
        self.at += 1;
        // One that is not greedy fits the same texts.
        self.takes(b"?");
        let again = matches!(self.peek(), Some(b'*' | b'+' | b'?' | b'{'));
        if again
            || !may_repeat
            || least > REPEATED
            || most.is_some_and(|m| m > REPEATED || m < least)
        {
            return None;
        }
        let part: Vec<Step> = self.steps.get(begin..)?.to_vec();
        self.steps.truncate(begin);
        for _ in 0..least {
            self.copy(&part, begin)?;
        }
        match most {
            None => {
                let fork = self.steps.len();
                self.put(Step::Fork(0))?;
                self.copy(&part, begin)?;
                self.put(Step::Go(fork))?;
                self.steps[fork] = Step::Fork(self.steps.len());
            }
            Some(most) => {
                let mut forks = Vec::new();
                for _ in least..most {
                    forks.push(self.steps.len());
                    self.put(Step::Fork(0))?;
                    self.copy(&part, begin)?;
                }
                let end = self.steps.len();
                for fork in forks {
                    self.steps[fork] = Step::Fork(end);
                }
            }
        }
        Some(())
    }

    /// Puts steps that stood at `begin` once more.
    fn copy(&mut self, part: &[Step], begin: usize) -> Option<()> {
        let moved = self.steps.len() - begin;
        for step in part {
            self.put(match *step {
                Step::Fork(other) => Step::Fork(other + moved),
                Step::Go(other) => Step::Go(other + moved),
                other => other,
            })?;
        }
        Some(())
    }

    fn number(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            self.at += 1;
            let before = value.unwrap_or(0_u32);
            value = Some(
                before
                    .checked_mul(10)?
                    .checked_add(u32::from(digit - b'0'))?,
            );
        }
        value
    }
}

/// The byte that a letter after a backslash stands for.
fn escaped(letter: u8) -> Option<u8> {
    match letter {
        b'n' => Some(b'\n'),
        b't' => Some(b'\t'),
        b'r' => Some(b'\r'),
        _ if letter.is_ascii_alphanumeric() || letter == b'<' || letter == b'>' => None,
        _ => Some(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_says_the_same_as_the_compiled_expression() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scan/builtin/code");
        let mut texts = Vec::new();
        for language in ["python", "javascript", "go", "java", "php", "ruby"] {
            for file in std::fs::read_dir(format!("{folder}/{language}")).unwrap() {
                texts.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
            }
        }
        for file in ["guards", "host"] {
            texts.push(std::fs::read_to_string(format!("{folder}/{file}.rs")).unwrap());
        }
        let (mut expressions, mut pieces) = (std::collections::BTreeSet::new(), Vec::new());
        for text in &texts {
            // Any text in quotes may be read as an expression, and most are.
            for quote in ['\'', '"'] {
                expressions.extend(
                    text.lines()
                        .flat_map(|l| l.split(quote))
                        .map(|e| e.replace("\\\\", "\\")),
                );
            }
            pieces.extend(text.lines().step_by(7));
            pieces.extend(text.split_whitespace().step_by(5));
        }
        let (mut read, mut fits) = (0, 0);
        for (number, expression) in expressions.iter().enumerate() {
            let (Ok(compiled), Some(program)) = (compiled(expression), Program::read(expression))
            else {
                continue;
            };
            read += 1;
            let own = [expression.as_str(), "", "\n", "É", "a.b(c, 'd')"];
            let some = pieces.iter().copied().skip(number % 97).step_by(97);
            for piece in some.chain(own) {
                let found = program.is_match(piece.as_bytes(), &mut 1_000_000);
                let Some(found) = found else {
                    continue;
                };
                assert_eq!(
                    found,
                    compiled.is_match(piece.as_bytes()),
                    "`{expression}` in `{piece}`"
                );
                fits += usize::from(found);
            }
        }
        assert!(read > 1_000 && fits > 1_000, "{read} {fits}");
    }

    #[test]
    fn expressions_of_all_forms_are_read() {
        let texts = [
            "", "a", "b", "ab", "aab", "B", "_", " a ", "a-b", "\n", "a\nb", "aaa", "É", "x]y",
            "\\",
        ];
        for (expression, is_read) in [
            ("a|b", true),
            ("^(?:a|ab|)$", true),
            ("(a|b)*b$", true),
            ("a{2}", true),
            ("^a{1,2}b", true),
            ("^a{2,}$", true),
            ("(?i)b", true),
            ("(?i:b)|c", true),
            ("(?i)[^b]$", true),
            ("^.$", true),
            ("(?s)^.$", true),
            (r"\ba\b", true),
            (r"\Ba", true),
            (r"[^\w\s]", true),
            (r"[]x]", true),
            ("[a-]", true),
            (r"^[\w-]+$", true),
            (r"\A\W\z", true),
            ("a+?b??", true),
            (r"\\", true),
            ("(?:(?:a*b)*|B)*$", true),
            ("(?:a(?:b|c*)*)+$", true),
            ("(?m)^b", false),
            ("[a&&b]", false),
            ("[[:alpha:]]", false),
            ("(?P<n>a)", false),
            ("É", false),
            (r"\x61", false),
            (r"\pL", false),
            ("a{1000}", false),
        ] {
            let program = Program::read(expression);
            assert_eq!(program.is_some(), is_read, "{expression}");
            let asked = Expression::new(expression.to_owned());
            let compiled = compiled(expression);
            for text in texts {
                let Ok(compiled) = &compiled else {
                    continue;
                };
                let fits = compiled.is_match(text.as_bytes());
                assert_eq!(
                    asked.is_match(text.as_bytes()),
                    fits,
                    "`{expression}` in `{text}`"
                );
            }
        }
        // What never ends is compiled.
        let slow = Expression::new("(?:a*)*b");
        assert!(!slow.is_match("a".repeat(5_000).as_bytes()));
        assert!(slow.compiled.get().is_some());
    }
}
