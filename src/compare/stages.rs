//! The stages that pair findings. Each takes what the former left; a finding that is paired is
//! consumed. See `docs/matching.md` for the reason of each.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::Outcome;
use super::anchors::unit_end;
use super::lines::Fate;
use super::matcher::{CONTEXT_SHARE, Groups, Matcher};
use super::side::{Of, Place, Side};
use super::statement::similarity;
use super::unplaced;
use crate::model::{Finding, Kind, RepoPath, Stage};

/// The least similarity of a statement that moved inside its scope.
const REORDERED: f64 = 0.85;
/// The least similarity of a statement in a scope that moved and was rewritten.
const SCOPE_MOVED: f64 = 0.6;
/// The least similarity where the reported line jumped inside one statement.
const JUMPED: f64 = 0.5;
/// How many lines of a region are looked at for a jump of the reported line.
const LONGEST_REGION: usize = 12;

impl<'a> Matcher<'a> {
    pub(super) fn run(mut self) -> Outcome {
        self.unchanged();
        self.binary();
        self.unplaced();
        self.exact();
        self.region();
        self.edited();
        self.reordered();
        self.extracted();
        self.scope_moved();
        self.same_secret();
        self.outcome()
    }

    /// Findings in files that are the same on both sides: equal ones cancel, one to one.
    fn unchanged(&mut self) {
        type Key<'k> = (&'k RepoPath, &'k str, u32, u32, &'k str);
        let mut at: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        let key = |f: &'a Finding| {
            (
                &f.path,
                f.rule.as_str(),
                f.line(),
                f.column(),
                f.message.as_str(),
            )
        };
        for b in self.open_base().into_iter().rev() {
            let f = &self.base.findings[b];
            if self.in_unchanged(&f.path) {
                at.entry(key(f)).or_default().push(b);
            }
        }
        for h in self.open_head() {
            let f = &self.head.findings[h];
            if let Some(b) = at.get_mut(&key(f)).and_then(Vec::pop) {
                self.pair(b, h, Stage::Unchanged);
            }
        }
    }

    /// Findings without a line.
    fn unplaced(&mut self) {
        let (base, head): (Vec<usize>, Vec<usize>) = (
            self.open_base()
                .into_iter()
                .filter(|b| self.base.places[*b].is_none())
                .filter(|b| self.binary_at_base(&self.base.findings[*b]).is_none())
                .collect(),
            self.open_head()
                .into_iter()
                .filter(|h| self.head.places[*h].is_none())
                .filter(|h| self.binary_at_head(&self.head.findings[*h]).is_none())
                .collect(),
        );
        let files = &self.difference.files;
        let path_at_head = |path: &RepoPath| -> Option<RepoPath> {
            match files.base_at(path) {
                Some(file) => Some(files.head[files.base[file].pair?].path.clone()),
                None => Some(path.clone()),
            }
        };
        let pairs = unplaced::pairs(
            &base
                .iter()
                .map(|b| (*b, &self.base.findings[*b]))
                .collect::<Vec<_>>(),
            &head
                .iter()
                .map(|h| (*h, &self.head.findings[*h]))
                .collect::<Vec<_>>(),
            path_at_head,
        );
        for (b, h, stage) in pairs {
            self.pair(b, h, stage);
        }
    }

    /// Same rule on the line that the diff, or a moved block, maps to. Several on one line: the
    /// same message, then the same statement, then the nearest column.
    fn exact(&mut self) {
        /// A line that a formatter cut has at most this many findings of one rule that are followed.
        const MOST: usize = 16;
        for _ in 0..MOST {
            // What a line that was cut has left after one of its pieces goes to the next.
            if !self.exact_once() {
                break;
            }
        }
    }

    /// Says whether a base line that is several now had a finding for one of them.
    fn exact_once(&mut self) -> bool {
        let mut was_cut = false;
        type Spot<'k> = (usize, usize, &'k str);
        let mut spots: BTreeMap<Spot<'a>, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        let (base, head) = (self.base.findings, self.head.findings);
        for h in self.open_head() {
            if let Some(p) = self.head.places[h] {
                let spot = (p.file, p.line, head[h].rule.as_str());
                spots.entry(spot).or_default().1.push(h);
            }
        }
        for b in self.open_base() {
            let Some(p) = self.base.places[b] else {
                continue;
            };
            let (rule, lines) = (base[b].rule.as_str(), self.all_goes(p.file, p.line));
            let several = lines.len() > 1;
            let mut all = lines.into_iter().map(|(file, line)| (file, line, rule));
            if let Some(spot) = all.find(|spot| spots.contains_key(spot)) {
                was_cut |= several;
                spots.entry(spot).or_default().0.push(b);
            }
        }
        for ((file, line, _), (bs, hs)) in spots {
            let kept = self.is_kept(file, line);
            let stage = if kept { Stage::Exact } else { Stage::Moved };
            let only_one = bs.len() == 1 && hs.len() == 1;
            self.assign(&bs, &hs, stage, |this, b, h| {
                if this.rest_differs(b, h) || this.other_block(b, h) {
                    return None;
                }
                if only_one {
                    return Some(0.0);
                }
                let (x, y) = (&base[b], &head[h]);
                let fingerprint = x.fingerprint.is_some() && x.fingerprint == y.fingerprint;
                let message = f64::from(u8::from(x.message != y.message));
                let words = f64::from(u8::from(this.base.words(b) != this.head.words(h)));
                let columns = f64::from(x.column().abs_diff(y.column()).min(1_000)) / 10_000.0;
                let identity = if fingerprint { 0.0 } else { 0.05 };
                Some(message + 0.4 * words + columns + identity)
            });
        }
        was_cut
    }

    /// The reported line jumped inside one statement: regions that share a mapped line.
    fn region(&mut self) {
        let lines = |p: Place| p.first..=p.last.min(p.line + LONGEST_REGION);
        let mut by_line: HashMap<(usize, usize, &str), Vec<usize>> = HashMap::new();
        for h in self.open_head() {
            if let Some(p) = self.head.places[h] {
                for line in lines(p) {
                    let spot = (p.file, line, self.head.findings[h].rule.as_str());
                    by_line.entry(spot).or_default().push(h);
                }
            }
        }
        for b in self.open_base() {
            let Some(p) = self.base.places[b] else {
                continue;
            };
            let rule = self.base.findings[b].rule.as_str();
            let mut near: Vec<usize> = lines(p)
                .flat_map(|line| self.all_goes(p.file, line))
                .filter_map(|(file, line)| by_line.get(&(file, line, rule)))
                .flatten()
                .copied()
                .collect();
            near.sort_unstable();
            near.dedup();
            let mut best: Option<(f64, usize)> = None;
            for h in near {
                if self.paired[h].is_some() || !self.same_literal(b, h) || self.other_block(b, h) {
                    continue;
                }
                let alike = similarity(&self.base.words(b), &self.head.words(h));
                if alike >= JUMPED && best.is_none_or(|(q, _)| alike > q) {
                    best = Some((alike, h));
                }
            }
            if let Some((_, h)) = best {
                self.pair(b, h, Stage::Region);
            }
        }
    }

    /// A statement that moved inside its scope, nearly as it was.
    fn reordered(&mut self) {
        let mut groups: Groups<(usize, Vec<String>, &'a str)> = BTreeMap::new();
        for b in self.open_base() {
            if let Some(p) = self.base.places[b]
                && let Some(file) = self.difference.files.base[p.file].pair
                && self.goes(p.file, p.line).is_none()
                && !self.goes_on(Of::Base, p)
            {
                let key = (
                    file,
                    self.base.scope_names(p),
                    self.base.findings[b].rule.as_str(),
                );
                groups.entry(key).or_default().0.push(b);
            }
        }
        for h in self.open_head() {
            if let Some(p) = self.head.places[h]
                && self.head_region(p).is_some()
                && !self.goes_on(Of::Head, p)
            {
                let key = (
                    p.file,
                    self.head.scope_names(p),
                    self.head.findings[h].rule.as_str(),
                );
                if let Some(group) = groups.get_mut(&key) {
                    group.1.push(h);
                }
            }
        }
        for (bs, hs) in groups.into_values() {
            self.assign_alike(&bs, &hs, Stage::Reordered, |this, b, h| {
                let alike = similarity(&this.base.words(b), &this.head.words(h));
                let same = alike >= REORDERED && this.same_scope(b, h) && this.same_whole(b, h);
                (same && this.same_weakness(b, h)).then_some(alike)
            });
        }
    }

    /// Whether the innermost scopes of two findings are one, as far as the diff knows.
    fn same_scope(&self, b: usize, h: usize) -> bool {
        let (Some(p), Some(q)) = (self.base.places[b], self.head.places[h]) else {
            return true;
        };
        let old = self.base.text(p).scopes(p.line).pop();
        let new = self.head.text(q).scopes(q.line).pop();
        let (Some((_, old)), Some((_, new))) = (old, new) else {
            return true;
        };
        self.goes(p.file, old)
            .is_none_or(|place| place == (q.file, new))
    }

    /// Whether two lines are not parts of different statements over several lines: where that of the base
    /// still stands, its parts have not gone into another one.
    fn same_whole(&self, b: usize, h: usize) -> bool {
        let (Some(p), Some(q)) = (self.base.places[b], self.head.places[h]) else {
            return true;
        };
        let old = self.base.text(p).statement_lines(p.line);
        let new = self.head.text(q).statement_lines(q.line);
        let stands = |line: usize| match self.goes(p.file, line) {
            Some((file, line)) => Some((file, line)),
            None => {
                let place = Place { line, ..p };
                let region = self.base_region(place).map(|r| self.aligned(r))?;
                let at = region.continued_at(line)?;
                Some((self.difference.files.base[p.file].pair?, at.start))
            }
        };
        old.len() < 2
            || stands(old.start).is_none_or(|(file, line)| file == q.file && new.contains(&line))
    }

    /// A scope that vanished here against the scope of the same name that appeared there.
    fn scope_moved(&mut self) {
        let mut groups: Groups<(String, &'a str)> = BTreeMap::new();
        for b in self.open_base() {
            let Some(p) = self.base.places[b] else {
                continue;
            };
            if self.goes(p.file, p.line).is_some() || self.goes_on(Of::Base, p) {
                continue;
            }
            let scope = self.base.text(p).scopes(p.line).pop();
            // What is part of a literal moves with it, or not at all.
            let text = self.base.text(p);
            if let Some((name, header)) = scope
                && text.statement(header) != text.statement(p.line)
                && !matches!(self.difference.map.of_base(p.file, header), Fate::Kept(_))
            {
                let key = (name, self.base.findings[b].rule.as_str());
                groups.entry(key).or_default().0.push(b);
            }
        }
        for h in self.open_head() {
            let Some(p) = self.head.places[h] else {
                continue;
            };
            if self.is_kept(p.file, p.line) || self.goes_on(Of::Head, p) {
                continue;
            }
            let scope = self.head.text(p).scopes(p.line).pop();
            if let Some((name, header)) = scope
                && !matches!(self.difference.map.of_head(p.file, header), Fate::Kept(_))
                && let Some(group) = groups.get_mut(&(name, self.head.findings[h].rule.as_str()))
            {
                group.1.push(h);
            }
        }
        let copies: RefCell<HashMap<_, bool>> = RefCell::default();
        for (bs, hs) in groups.into_values() {
            self.assign_alike(&bs, &hs, Stage::ScopeMoved, |this, b, h| {
                let around = this.outer_scopes(b).zip(this.outer_scopes_at_head(h));
                if around.is_some_and(|(old, new)| {
                    let mut copies = copies.borrow_mut();
                    *copies
                        .entry((old, new))
                        .or_insert_with(|| this.is_copied(old, new))
                }) {
                    return None;
                }
                let alike = similarity(&this.base.words(b), &this.head.words(h));
                (alike >= SCOPE_MOVED && this.same_whole(b, h) && this.same_weakness(b, h))
                    .then(|| this.with_context(alike, b, h, CONTEXT_SHARE.1))
            });
        }
    }

    /// The definition around the innermost scope of a base finding, if it still stands: its file and its
    /// header.
    fn outer_scopes(&self, b: usize) -> Option<(usize, usize)> {
        let p = self.base.places[b]?;
        let (_, header) = self.base.text(p).scopes(p.line).into_iter().rev().nth(1)?;
        let kept = matches!(self.difference.map.of_base(p.file, header), Fate::Kept(_));
        kept.then_some((p.file, header))
    }

    /// The definition around the innermost scope of a head finding, if it was added.
    fn outer_scopes_at_head(&self, h: usize) -> Option<(usize, usize)> {
        let p = self.head.places[h]?;
        let (_, header) = self.head.text(p).scopes(p.line).into_iter().rev().nth(1)?;
        self.is_added(p.file, header).then_some((p.file, header))
    }

    /// Whether a definition that was added has lines that still are in another one, so that it is a copy of it.
    fn is_copied(&self, old: (usize, usize), new: (usize, usize)) -> bool {
        /// As many lines as this make a copy.
        const LEAST: usize = 2;
        let (base, head) = (
            &self.difference.files.base[old.0].text,
            &self.difference.files.head[new.0].text,
        );
        let mut added: HashMap<u32, usize> = HashMap::new();
        for line in new.1..unit_end(head, new.1) {
            if head.significant(line) && self.is_added(new.0, line) {
                *added.entry(head.norm[line]).or_default() += 1;
            }
        }
        let stands = |line: &usize| {
            base.significant(*line)
                && matches!(self.difference.map.of_base(old.0, *line), Fate::Kept(_))
        };
        let same = (old.1 + 1..unit_end(base, old.1)).filter(stands);
        same.filter(|line| match added.get_mut(&base.norm[*line]) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        })
        .take(LEAST)
        .count()
            == LEAST
    }

    /// A secret that is gone from one changed line and is on another is the same secret: it has
    /// leaked before, and moving it leaks nothing more.
    fn same_secret(&mut self) {
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        enum Literal<'f> {
            Secret(&'f str),
            /// The rule, and the line that holds the literal.
            Line(&'f str, u32),
        }
        let mut groups: Groups<Literal<'a>> = BTreeMap::new();
        let literal = |f: &'a Finding, side: &Side<'_>, place: Option<Place>| match &f.secret {
            Some(secret) if f.kind == Kind::Secret => Some(Literal::Secret(secret)),
            _ if f.is_about_a_literal() => {
                let norm = place.map(|p| side.text(p).norm[p.line]);
                norm.map(|norm| Literal::Line(&f.rule, norm))
            }
            _ => None,
        };
        for b in self.open_base() {
            let place = self.base.places[b];
            let gone = place.is_some_and(|p| self.goes(p.file, p.line).is_none());
            let literal = || literal(&self.base.findings[b], &self.base, place);
            if let Some(literal) = gone.then(literal).flatten() {
                groups.entry(literal).or_default().0.push(b);
            }
        }
        for h in self.open_head() {
            if groups.is_empty() {
                break;
            }
            let place = self.head.places[h];
            let found = literal(&self.head.findings[h], &self.head, place);
            let added = place.is_none_or(|p| self.is_added(p.file, p.line));
            let by_line = matches!(found, Some(Literal::Line(..)));
            if let Some(group) = found
                .filter(|_| added || !by_line)
                .and_then(|s| groups.get_mut(&s))
            {
                group.1.push(h);
            }
        }
        for (bs, hs) in groups.into_values() {
            self.assign(&bs, &hs, Stage::Secret, |this, b, h| {
                let (x, y) = (&this.base.findings[b], &this.head.findings[h]);
                let elsewhere = f64::from(u8::from(x.path != y.path));
                let rule = f64::from(u8::from(x.rule != y.rule));
                Some(2.0 * elsewhere + rule)
            });
        }
    }
}
