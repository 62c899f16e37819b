//! What all stages share: the findings of both sides, the pairs so far, and where lines moved.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;

use super::assign::{assign, assign_in_order};
use super::lines::Fate;
use super::region::{Region, Regions, Sides, Values};
use super::side::{Of, Place, Side};
use super::statement::{self, has_all, literals, similarity, statement_text};
use super::weakness;
use super::{Difference, Known};
use crate::model::{Differs, Finding, RepoPath, Stage};

/// How much of a comparison the lines around a statement make, in place and in a moved scope.
pub(super) const CONTEXT_SHARE: (f64, f64) = (0.25, 0.3);
/// Above this many pairs of findings in one region, only those near each other in order are tried.
const MANY_PAIRS: usize = 1_000_000;

pub(super) struct Matcher<'a> {
    pub(super) difference: &'a Difference,
    pub(super) base: Side<'a>,
    pub(super) head: Side<'a>,
    pub(super) known: &'a Known,
    /// The base finding and the stage of each head finding that is paired.
    pub(super) paired: Vec<Option<(usize, Stage)>>,
    pub(super) consumed: Vec<bool>,
    /// Which statements continue which in the changed regions that were looked at.
    pub(super) regions: Regions,
    /// What was looked up around statements.
    pub(super) around: Around,
    /// Base findings whose statement went on without their weakness, or with another one.
    pub(super) against: Vec<Option<Against>>,
    /// Whether a region had too many findings for all pairs to be tried.
    pub(super) cut_short: bool,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(
        difference: &'a Difference,
        base: &'a [Finding],
        head: &'a [Finding],
        known: &'a Known,
    ) -> Matcher<'a> {
        let files = &difference.files;
        Matcher {
            base: Side::new(
                base,
                &files.base,
                |p| files.base_at(p),
                |f| !files.base_is_binary(f),
            ),
            head: Side::new(
                head,
                &files.head,
                |p| files.head_at(p),
                |f| !files.head_is_binary(f),
            ),
            paired: vec![None; head.len()],
            consumed: vec![false; base.len()],
            regions: Regions::default(),
            around: Around::default(),
            against: vec![None; head.len()],
            cut_short: false,
            difference,
            known,
        }
    }

    pub(super) fn pair(&mut self, b: usize, h: usize, stage: Stage) {
        debug_assert!(self.paired[h].is_none() && !self.consumed[b]);
        self.paired[h] = Some((b, stage));
        self.consumed[b] = true;
    }

    pub(super) fn open_base(&self) -> Vec<usize> {
        let order = self.base.order.iter().copied();
        order.filter(|b| !self.consumed[*b]).collect()
    }

    pub(super) fn open_head(&self) -> Vec<usize> {
        let order = self.head.order.iter().copied();
        order.filter(|h| self.paired[*h].is_none()).collect()
    }

    /// Where a base line went.
    pub(super) fn goes(&self, file: usize, line: usize) -> Option<(usize, usize)> {
        let moved = self.difference.moved.of_base((file, line));
        moved.or_else(|| match self.difference.map.of_base(file, line) {
            Fate::Kept(to) => Some((self.difference.files.base[file].pair?, to as usize)),
            _ => None,
        })
    }

    /// The lines that a base line went to: several if a formatter cut it.
    pub(super) fn all_goes(&self, file: usize, line: usize) -> Vec<(usize, usize)> {
        if let Some(place) = self.difference.moved.of_base((file, line)) {
            return vec![place];
        }
        let pair = self.difference.files.base[file].pair;
        match (pair, self.difference.map.pieces(file, line)) {
            (Some(pair), Some(lines)) => lines.map(|line| (pair, line)).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a head line is one that the diff maps.
    pub(super) fn is_kept(&self, file: usize, line: usize) -> bool {
        matches!(self.difference.map.of_head(file, line), Fate::Kept(_))
            && !self.difference.moved.frees((file, line))
    }

    pub(super) fn base_region(&self, p: Place) -> Option<u32> {
        if self.goes(p.file, p.line).is_some() {
            return None;
        }
        self.difference.moved.base_region((p.file, p.line)).or(
            match self.difference.map.of_base(p.file, p.line) {
                Fate::Changed(region) => Some(region),
                _ => None,
            },
        )
    }

    /// Whether a head line is one that the change added and that no base line moved to.
    pub(super) fn is_added(&self, file: usize, line: usize) -> bool {
        !self.is_kept(file, line) && self.difference.moved.of_head((file, line)).is_none()
    }

    pub(super) fn head_region(&self, p: Place) -> Option<u32> {
        if !self.is_added(p.file, p.line) {
            return None;
        }
        self.difference.moved.head_region((p.file, p.line)).or(
            match self.difference.map.of_head(p.file, p.line) {
                Fate::Changed(region) => Some(region),
                _ => None,
            },
        )
    }

    /// Whether a finding is in a file that is the same on both sides.
    pub(super) fn in_unchanged(&self, path: &RepoPath) -> bool {
        let files = &self.difference.files;
        files.base_at(path).is_none() && files.head_at(path).is_none()
    }

    /// Whether a pair of findings may be one although the text between them changed: where the
    /// weakness is about one literal, or one command, that must be the same. Where neither finding says which
    /// it is, one statement must have all the literals of the other.
    pub(super) fn same_literal(&self, b: usize, h: usize) -> bool {
        let (x, y) = (&self.base.findings[b], &self.head.findings[h]);
        if x.secret.is_some() || y.secret.is_some() {
            return x.secret == y.secret;
        }
        if x.is_about_a_command() && y.is_about_a_command() && x.scanner == y.scanner {
            return x.canonical == y.canonical;
        }
        if !x.is_about_a_literal() && !y.is_about_a_literal() {
            return true;
        }
        let quotes = |f: &Finding| f.message.contains(['\'', '"', '`']);
        if quotes(x) && quotes(y) && x.message != y.message {
            return false;
        }
        let of = |side: &Side<'_>, i: usize| {
            let place = side.places[i];
            place.map_or_else(Vec::new, |p| {
                literals(&statement_text(side.text(p), p.first, p.last))
            })
        };
        let (old, new) = (of(&self.base, b), of(&self.head, h));
        has_all(&old, &new) || has_all(&new, &old)
    }

    pub(super) fn with_context(&self, alike: f64, b: usize, h: usize, share: f64) -> f64 {
        let (Some(p), Some(q)) = (self.base.places[b], self.head.places[h]) else {
            return alike;
        };
        let ((above, below), (above_now, below_now)) = (self.base.context(p), self.head.context(q));
        let around = (similarity(&above, &above_now) + similarity(&below, &below_now)) / 2.0;
        (1.0 - share) * alike + share * around
    }

    /// Assigns by similarity (0 to 1), the order of the findings deciding ties.
    pub(super) fn assign_alike(
        &mut self,
        bs: &[usize],
        hs: &[usize],
        stage: Stage,
        alike: impl Fn(&Self, usize, usize) -> Option<f64>,
    ) {
        let rank = |list: &[usize]| -> HashMap<usize, f64> {
            let step = (list.len() + 1) as f64;
            list.iter()
                .enumerate()
                .map(|(i, x)| (*x, (i + 1) as f64 / step))
                .collect()
        };
        let (base_rank, head_rank) = (rank(bs), rank(hs));
        self.assign(bs, hs, stage, |this, b, h| {
            if !this.same_literal(b, h) {
                return None;
            }
            let order = (base_rank[&b] - head_rank[&h]).abs() * 0.01;
            alike(this, b, h).map(|q| 1.0 - q + order)
        });
    }

    pub(super) fn assign(
        &mut self,
        bs: &[usize],
        hs: &[usize],
        stage: Stage,
        cost: impl Fn(&Self, usize, usize) -> Option<f64>,
    ) {
        if bs.is_empty() || hs.is_empty() {
            return;
        }
        let pairs = if bs.len() * hs.len() > MANY_PAIRS {
            self.cut_short = true;
            assign_in_order(bs.len(), hs.len(), |b, h| cost(self, bs[b], hs[h]))
        } else {
            let row = |b: &usize| hs.iter().map(|h| cost(self, *b, *h)).collect();
            assign(&bs.iter().map(row).collect::<Vec<_>>())
        };
        for (row, column) in pairs.into_iter().enumerate() {
            if let Some(column) = column {
                self.pair(bs[row], hs[column], stage);
            }
        }
    }

    /// The lines of each changed region, of both sides.
    pub(super) fn region_lines(&self) -> Rc<Sides> {
        if let Some(lines) = &*self.regions.lines.borrow() {
            return Rc::clone(lines);
        }
        let files = &self.difference.files;
        let mut regions = Sides::new();
        let place = |file, line| Place {
            file,
            line,
            first: line,
            last: line,
        };
        for (f, file) in files.base.iter().enumerate() {
            for line in 0..file.text.len() {
                if let Some(region) = self.base_region(place(f, line)) {
                    let lines = &mut regions.entry(region).or_default().0;
                    lines.0.get_or_insert(f);
                    lines.1.push(line);
                }
            }
        }
        for (f, file) in files.head.iter().enumerate() {
            for line in 0..file.text.len() {
                if let Some(region) = self.head_region(place(f, line)) {
                    let lines = &mut regions.entry(region).or_default().1;
                    lines.0.get_or_insert(f);
                    lines.1.push(line);
                }
            }
        }
        let regions = Rc::new(regions);
        *self.regions.lines.borrow_mut() = Some(Rc::clone(&regions));
        regions
    }

    pub(super) fn aligned(&self, region: u32) -> Rc<Region> {
        if let Some(found) = self.regions.aligned.borrow().get(&region) {
            return Rc::clone(found);
        }
        let lines = self.region_lines();
        let files = &self.difference.files;
        let made = match lines.get(&region) {
            Some(((Some(b), old), (Some(h), new))) => Region::new(
                (
                    &files.base[*b].text,
                    old,
                    &self.changed_values(Of::Base, *b),
                ),
                (
                    &files.head[*h].text,
                    new,
                    &self.changed_values(Of::Head, *h),
                ),
            ),
            _ => Region::default(),
        };
        let made = Rc::new(made);
        let mut aligned = self.regions.aligned.borrow_mut();
        aligned.insert(region, Rc::clone(&made));
        made
    }

    /// The values that changed lines of a file give to names, and no line that stays.
    fn changed_values(&self, of: Of, file: usize) -> Rc<Values> {
        if let Some(found) = self.regions.changed.borrow().get(&(of, file)) {
            return Rc::clone(found);
        }
        let text = match of {
            Of::Base => &self.difference.files.base[file].text,
            Of::Head => &self.difference.files.head[file].text,
        };
        let stays = |line: usize| match of {
            Of::Base => self.goes(file, line).is_some(),
            Of::Head => !self.is_added(file, line),
        };
        let mut values = Values::new();
        for line in (0..text.len()).filter(|l| !stays(*l)) {
            if let Some((name, at)) = weakness::assigned(text.line(line), text.manner()) {
                let whole = statement_text(text, line, line);
                let value = statement::words(whole.get(at..).unwrap_or_default());
                let name = statement::hash(name.trim_start_matches('$'));
                values.entry(name).or_insert(value);
            }
        }
        for line in (0..text.len()).filter(|l| stays(*l)) {
            if values.is_empty() {
                break;
            }
            if let Some((name, _)) = weakness::assigned(text.line(line), text.manner()) {
                values.remove(&statement::hash(name.trim_start_matches('$')));
            }
        }
        let values = Rc::new(values);
        let mut changed = self.regions.changed.borrow_mut();
        changed.insert((of, file), Rc::clone(&values));
        values
    }

    /// Whether the statement at a place continues, or is continued by, one on the other side.
    pub(super) fn goes_on(&self, of: Of, p: Place) -> bool {
        let region = match of {
            Of::Base => self.base_region(p),
            Of::Head => self.head_region(p),
        };
        let Some(region) = region.map(|r| self.aligned(r)) else {
            return false;
        };
        let (units, to) = match of {
            Of::Base => (&region.base, &region.to_head),
            Of::Head => (&region.head, &region.to_base),
        };
        Region::unit(units, p.line).is_some_and(|unit| to[unit].is_some())
    }
}

/// The base finding that a new one was compared with, and why it is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Against {
    /// The base finding, by its place in the input.
    pub base: usize,
    /// What differs.
    pub difference: Differs,
}

/// Open findings of both sides that may be paired, by what they must have in common.
pub(super) type Groups<K> = BTreeMap<K, (Vec<usize>, Vec<usize>)>;

/// What was looked up around statements, kept for others.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub values: RefCell<HashMap<(Of, usize), Rc<Assignments>>>,
    pub names: RefCell<HashMap<Piece, Rc<Counts>>>,
    /// The end of each scope, by the side, the file and the header.
    pub ends: RefCell<HashMap<(Of, usize, usize), usize>>,
}

/// The side, the file and the lines of a piece of text.
pub(super) type Piece = (Of, usize, Range<usize>);

/// The lines that give a name a value.
pub(super) type Assignments = HashMap<String, Vec<usize>>;
/// How often each name is in a piece of text.
pub(super) type Counts = HashMap<String, usize>;
