//! Findings in changed regions: a finding goes where its statement goes. The statement that continues the one of a base
//! finding is sought among all statements, whether anything is reported about them or not; if it is not reported any
//! more, the finding is fixed, and pays for none that stands near by.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::align::{EDITED, align, words_of};
use super::around::Scene;
use super::matcher::{Against, CONTEXT_SHARE, Groups, Matcher};
use super::region::Region;
use super::side::{Place, Side};
use super::statement::{similarity, statement_text};
use super::weakness;
use crate::model::{Differs, Stage};

/// The least similarity of two statements of one region that are in another order.
const CROSSED: f64 = 0.6;

impl Matcher<'_> {
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
            let merged: Vec<usize> = pairs
                .values()
                .filter(|(bs, _)| bs.is_empty())
                .flat_map(|(_, hs)| hs.iter().copied())
                .collect();
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
            self.merged(&region, &rest.0, &merged);
        }
    }

    /// Statements that became one: that of a base finding went into one that continues another statement, of
    /// which nothing was reported.
    fn merged(&mut self, region: &Region, bs: &[usize], hs: &[usize]) {
        let bs: Vec<usize> = bs.iter().copied().filter(|b| !self.consumed[*b]).collect();
        self.assign_alike(&bs, hs, Stage::Edited, |this, b, h| {
            let (p, q) = (this.base.places[b]?, this.head.places[h]?);
            let (old, new) = (
                Region::unit(&region.base, p.line)?,
                Region::unit(&region.head, q.line)?,
            );
            let alike = region.went_into(old, new)?;
            this.same_weakness(b, h)
                .then(|| this.with_context(alike, b, h, CONTEXT_SHARE.0))
        });
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

    /// Keeps why the finding of the statement that continues is another one.
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

    /// Whether a clause that continues with a block (`except`, `else`, ...) continues with another one now: what opened
    /// it at base is still there, and a block that was added is before it.
    pub(super) fn other_block(&self, b: usize, h: usize) -> bool {
        let (Some(p), Some(q)) = (self.base.places[b], self.head.places[h]) else {
            return false;
        };
        let (old, new) = (self.base.text(p), self.head.text(q));
        let Some((opener, opener_now)) = old.opens_clause(p.line).zip(new.opens_clause(q.line))
        else {
            return false;
        };
        let stands = self.goes(p.file, opener);
        let below = (opener_now + 1..q.line).find(|l| !new.blank(*l));
        stands.is_some_and(|place| place != (q.file, opener_now))
            && self.is_added(q.file, opener_now)
            && below.is_some_and(|l| self.is_added(q.file, l))
    }
}
