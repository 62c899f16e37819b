//! Findings in changed regions: a finding goes where its statement goes. The statement that continues
//! the one of a base finding is sought among all statements, whether anything is reported of them or
//! not; if it is not reported any more, the finding is fixed, and pays for none that stands near by.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::align::{EDITED, align, units, words_of};
use super::around::{Around, Scene};
use super::side::{Place, Side};
use super::stages::{Against, CONTEXT_SHARE, Groups, Matcher};
use super::statement::{self, Words, similarity, statement_text};
use super::text::Text;
use super::weakness;
use crate::model::{Differs, Stage};

/// Least similarity of two statements of one region that stand in another order.
const CROSSED: f64 = 0.6;

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Base,
    Head,
}

/// The statements of a changed region, and which of them continue which.
#[derive(Debug, Default)]
pub(super) struct Region {
    base: Vec<Range<usize>>,
    head: Vec<Range<usize>>,
    base_words: Vec<Words>,
    head_words: Vec<Words>,
    to_head: Vec<Option<usize>>,
    to_base: Vec<Option<usize>>,
    /// For a statement that gives a name a value, the one below that uses it.
    base_use: HashMap<usize, usize>,
    head_use: HashMap<usize, usize>,
}

impl Region {
    /// Aligns the statements of some lines of both sides; names stand for the values that changed lines
    /// give them, so that an argument may become a variable.
    fn new(base: (&Text, &[usize], &Values), head: (&Text, &[usize], &Values)) -> Region {
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
    fn continues(&self, base: usize) -> Option<usize> {
        let used = || self.to_head[*self.base_use.get(&base)?];
        self.to_head[base].or_else(used)
    }

    /// The statement among those that continue one of the base that a finding of the head belongs to:
    /// its own, or the one that uses the value that it makes, of which nothing is reported.
    fn continued(&self, head: usize, flagged: &HashSet<usize>) -> Option<usize> {
        let used = || {
            let user = *self.head_use.get(&head)?;
            (self.to_base[user].is_some() && !flagged.contains(&user)).then_some(user)
        };
        let own = self.to_base[head].is_some().then_some(head);
        own.or_else(used)
    }

    /// Whether another statement of the head, of which nothing is reported, might as well continue the
    /// one that a head statement continues: then it cannot be told which does.
    fn is_rivalled(&self, head: usize, flagged: &HashSet<usize>) -> bool {
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
            // What gives a name its value does not compete with what uses it.
            .filter(|h| self.head_use.get(h) != Some(&head))
            .any(|h| {
                let alike = alike(h);
                alike >= EDITED && (alike >= own - AS_MUCH || took(h))
            })
    }

    /// The head lines of the statement that continues that of a base line.
    pub(super) fn continued_at(&self, line: usize) -> Option<Range<usize>> {
        let unit = Region::unit(&self.base, line)?;
        Some(self.head[self.continues(unit)?].clone())
    }

    fn unit(units: &[Range<usize>], line: usize) -> Option<usize> {
        let at = units.partition_point(|unit| unit.end <= line);
        units.get(at).filter(|unit| unit.contains(&line))?;
        Some(at)
    }
}

/// The file that lines are in, and the lines.
type Lines = (Option<usize>, Vec<usize>);
/// The lines of each changed region, of both sides.
type Sides = HashMap<u32, (Lines, Lines)>;
/// The words of the values that names are given.
type Values = HashMap<u64, Words>;

/// Puts the values in the place of the names. Says as well, of statements that give a name its value,
/// which one below uses it first.
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
        let named = |n: usize, word: &u64| {
            // What is given a value keeps its name.
            let given = n < target;
            values.get(word).filter(|v| !given && v.len() <= LONGEST)
        };
        let targets = words.iter().take(target);
        for name in targets.filter(|word| values.contains_key(word)) {
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
    lines: RefCell<Option<Rc<Sides>>>,
    aligned: RefCell<HashMap<u32, Rc<Region>>>,
    changed: RefCell<HashMap<(Of, usize), Rc<Values>>>,
    /// What was looked up around statements.
    pub around: Around,
}

impl Matcher<'_> {
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

    /// The values that changed lines of a file give to names.
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

    /// What is left inside one changed region.
    pub(super) fn edited(&mut self) {
        let mut regions: Groups<(u32, &str)> = BTreeMap::new();
        for b in self.open_base() {
            if let Some(region) = self.base.places[b].and_then(|p| self.base_region(p)) {
                let key = (region, self.base.findings[b].rule.as_str());
                regions.entry(key).or_default().0.push(b);
            }
        }
        for h in self.open_head() {
            if let Some(region) = self.head.places[h].and_then(|p| self.head_region(p)) {
                let key = (region, self.head.findings[h].rule.as_str());
                if let Some(group) = regions.get_mut(&key) {
                    group.1.push(h);
                }
            }
        }
        for ((number, _), (bs, hs)) in regions {
            if hs.is_empty() {
                continue;
            }
            let region = self.aligned(number);
            let unit = |units: &[Range<usize>], p: Option<Place>| {
                p.and_then(|p| Region::unit(units, p.line))
            };
            // Findings of each pair of statements, and what is left in statements without one.
            let mut pairs: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
            let mut rest: (Vec<usize>, Vec<usize>) = Default::default();
            for b in bs {
                let at = unit(&region.base, self.base.places[b]);
                match at.and_then(|u| region.continues(u)) {
                    Some(h) => pairs.entry(h).or_default().0.push(b),
                    None => rest.0.push(b),
                }
            }
            let flagged: HashSet<usize> = hs
                .iter()
                .filter_map(|h| unit(&region.head, self.head.places[*h]))
                .collect();
            for &h in &hs {
                let at = unit(&region.head, self.head.places[h]);
                match at.and_then(|u| region.continued(u, &flagged)) {
                    Some(u) => pairs.entry(u).or_default().1.push(h),
                    None => rest.1.push(h),
                }
            }
            for (at, (bs, hs)) in pairs {
                self.note_difference(&bs, &hs);
                let rivalled = region.is_rivalled(at, &flagged);
                self.assign_alike(&bs, &hs, Stage::Edited, |this, b, h| {
                    if !this.same_weakness(b, h)
                        || !this.same_entry(&region, b, h)
                        || rivalled && !this.says_the_same(b, h)
                    {
                        return None;
                    }
                    let alike = similarity(&this.base.words(b), &this.head.words(h));
                    Some(this.with_context(alike.max(EDITED), b, h, CONTEXT_SHARE.0))
                });
            }
            self.assign_alike(&rest.0, &rest.1, Stage::Edited, |this, b, h| {
                let alike = similarity(&this.base.words(b), &this.head.words(h));
                (alike >= CROSSED && this.same_weakness(b, h))
                    .then(|| this.with_context(alike, b, h, CONTEXT_SHARE.0))
            });
        }
    }

    /// In a statement over several lines: whether the line of the one finding continues that of the
    /// other, as far as the lines are alike at all.
    fn same_entry(&self, region: &Region, b: usize, h: usize) -> bool {
        let (Some(p), Some(q)) = (self.base.places[b], self.head.places[h]) else {
            return true;
        };
        let units = Region::unit(&region.base, p.line).zip(Region::unit(&region.head, q.line));
        let Some((old, new)) = units else {
            return true;
        };
        let (old_lines, new_lines) = (&region.base[old], &region.head[new]);
        if old_lines.len().min(new_lines.len()) < 2
            || region.base_words[old] == region.head_words[new]
        {
            return true;
        }
        let single = |lines: &Range<usize>| -> Vec<Range<usize>> {
            lines.clone().map(|l| l..l + 1).collect()
        };
        let (xs, ys) = (single(old_lines), single(new_lines));
        let partner = align(
            &words_of(self.base.text(p), &xs),
            &words_of(self.head.text(q), &ys),
        );
        let at = q.line - new_lines.start;
        match partner[p.line - old_lines.start] {
            Some(line) => line == at,
            None => !partner.contains(&Some(at)),
        }
    }

    /// Whether two findings are about statements with the same words.
    fn says_the_same(&self, b: usize, h: usize) -> bool {
        self.base.words(b) == self.head.words(h)
    }

    /// Whether two findings are about the same functions and the same data.
    pub(super) fn same_weakness(&self, b: usize, h: usize) -> bool {
        self.difference_of(b, h).is_none()
    }

    fn difference_of(&self, b: usize, h: usize) -> Option<Differs> {
        let (Some(p), Some(q)) = (self.base.places[b], self.head.places[h]) else {
            return None;
        };
        let text = |side: &Side<'_>, p: Place| statement_text(side.text(p), p.first, p.last);
        let (old, new) = (text(&self.base, p), text(&self.head, q));
        if old == new {
            return None;
        }
        let text = self.head.text(q);
        if text.manner().prose {
            return None;
        }
        let around = Scene::new(self, p, q);
        weakness::difference(&old, &new, text.manner(), &around)
    }

    /// Keeps why the finding of the statement that goes on is another one.
    fn note_difference(&mut self, bs: &[usize], hs: &[usize]) {
        let ([b], hs) = (bs, hs) else {
            return;
        };
        for h in hs {
            if let Some(difference) = self.difference_of(*b, *h) {
                self.against[*h] = Some(Against {
                    base: *b,
                    difference,
                });
            }
        }
    }

    /// Whether a line is kept, but opens a bracket whose rest is not, and gives other data to other
    /// functions.
    pub(super) fn rest_differs(&self, b: usize, h: usize) -> bool {
        let Some(p) = self.base.places[b] else {
            return false;
        };
        /// Longer statements are taken for data.
        const LONGEST: usize = 8;
        let text = self.base.text(p);
        let unit = text.statement_lines(p.line);
        if unit.len() < 2 || unit.len() > LONGEST || unit.start != p.line {
            return false;
        }
        let changed = |line: usize| {
            !text.blank(line) && text.words[line] > 0 && self.goes(p.file, line).is_none()
        };
        unit.into_iter().any(changed) && !self.same_weakness(b, h)
    }
}
