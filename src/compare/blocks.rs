//! Blocks of lines that moved: deleted lines that are added somewhere else, over all files.
//!
//! Only deleted lines can have moved, and only to added lines: a block that still is in its old
//! place was copied, and its copy is new. Seeds are lines, then pairs, then fours of lines that are
//! unique on both sides; a seed grows both ways over equal lines, across short gaps; the longest
//! run is taken first. A run counts as a moved block only if it weighs enough: a lone statement
//! that shows up elsewhere, however many lines it spans, is not a move. This separates a moved
//! function from a statement that was deleted in a safe place and written again in an unsafe one.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::align::{EDITED, align, units, words_of};
use super::anchors::{much_kept, unit_end};
use super::files::{File, Files};
use super::lines::{Fate, Map};
use super::moved::{Moved, Place};
use super::statement::similarity;
use crate::model::Note;

/// The least length of a block without a header, in significant lines.
const SHORTEST_BLOCK: usize = 3;
/// The least number of word characters of a block, without and with a header.
const LIGHTEST: (u32, u32) = (24, 20);
/// A line that is at least this much like one that took its place, in a scope that kept its name, did
/// not move.
const IN_PLACE: f64 = 0.6;
/// How many lines a gap inside a block may have on each side.
const GAP: usize = 3;
/// Only lines that this few added lines are equal to are tried as seeds of repeated blocks.
const REPEATS: usize = 20;
/// How many lines may be visited while blocks grow, before the search stops.
const EFFORT: usize = 20_000_000;

/// Finds the moved blocks.
pub(super) fn find(files: &Files, map: &Map, notes: &mut Vec<Note>) -> Moved {
    let mut search = Search::new(files, map);
    if search.any() {
        search.by_seeds(1);
        search.by_seeds(2);
        search.by_seeds(4);
        search.by_repeats();
    }
    if search.effort == 0 {
        notes.push(Note::MovesCutShort);
    }
    search.finish(map.regions)
}

/// A run of equal lines: base line and head line, in order.
type Run = Vec<(Place, Place)>;

struct Search<'a> {
    files: &'a Files,
    map: &'a Map,
    /// The base lines of each changed region that go on in their place.
    in_place: HashMap<u32, HashSet<usize>>,
    /// Deleted and added lines that say enough, in order.
    deleted: Vec<Place>,
    added: Vec<Place>,
    open_base: Vec<Vec<bool>>,
    open_head: Vec<Vec<bool>>,
    /// Base lines that the diff maps although the definition around them no longer exists, and
    /// where to: they may turn out to have moved with it.
    doubtful: HashMap<Place, Place>,
    moved: HashMap<Place, Place>,
    taken: HashMap<Place, Place>,
    blocks: Vec<Run>,
    effort: usize,
}

impl<'a> Search<'a> {
    fn new(files: &'a Files, map: &'a Map) -> Search<'a> {
        let changed = |side: &[File], fate: &dyn Fn(usize, usize) -> Fate| -> Vec<Place> {
            let mut places = Vec::new();
            for (f, file) in side.iter().enumerate() {
                for line in 0..file.text.len() {
                    let kept = matches!(fate(f, line), Fate::Kept(_));
                    if !kept && file.text.significant(line) {
                        places.push((f, line));
                    }
                }
            }
            places
        };
        let deleted = changed(&files.base, &|f, l| map.of_base(f, l));
        let added = changed(&files.head, &|f, l| map.of_head(f, l));
        let flags = |side: &[File], places: &[Place]| {
            let mut flags: Vec<Vec<bool>> =
                side.iter().map(|f| vec![false; f.text.len()]).collect();
            for (f, l) in places {
                flags[*f][*l] = true;
            }
            flags
        };
        let mut open_base = flags(&files.base, &deleted);
        let doubtful = doubtful(files, map);
        for (file, line) in doubtful.keys() {
            open_base[*file][*line] = true;
        }
        Search {
            open_base,
            doubtful,
            open_head: flags(&files.head, &added),
            files,
            map,
            in_place: HashMap::new(),
            deleted,
            added,
            moved: HashMap::new(),
            taken: HashMap::new(),
            blocks: Vec::new(),
            effort: EFFORT,
        }
    }

    fn any(&self) -> bool {
        !self.deleted.is_empty() && !self.added.is_empty()
    }

    /// The next line that says enough, at most 30 lines on.
    fn step(side: &[File], (file, line): Place, down: bool) -> Option<Place> {
        let text = &side[file].text;
        let mut at = line;
        for _ in 0..30 {
            at = if down { at + 1 } else { at.checked_sub(1)? };
            if at >= text.len() {
                return None;
            }
            if text.significant(at) {
                return Some((file, at));
            }
        }
        None
    }

    fn norm(side: &[File], (file, line): Place) -> u32 {
        side[file].text.norm[line]
    }

    /// Pairs of places whose `size` lines are unique among the open ones of both sides.
    fn seeds(&self, size: usize) -> Vec<(Place, Place)> {
        let unique = |side: &[File], open: &[Vec<bool>], places: &[Place]| {
            let mut at: HashMap<Vec<u32>, Option<Place>> = HashMap::new();
            for place in places.iter().filter(|(f, l)| open[*f][*l]) {
                if size == 1 && side[place.0].text.words[place.1] < 4 {
                    continue;
                }
                let mut key = vec![Self::norm(side, *place)];
                let mut next = *place;
                while key.len() < size {
                    match Self::step(side, next, true) {
                        Some(p) if open[p.0][p.1] => {
                            key.push(Self::norm(side, p));
                            next = p;
                        }
                        _ => break,
                    }
                }
                if key.len() == size {
                    at.entry(key)
                        .and_modify(|p| *p = None)
                        .or_insert(Some(*place));
                }
            }
            at
        };
        let base = unique(&self.files.base, &self.open_base, &self.deleted);
        let head = unique(&self.files.head, &self.open_head, &self.added);
        let mut seeds: Vec<(Place, Place)> = base
            .iter()
            .filter_map(|(key, place)| Some(((*place)?, (*head.get(key)?)?)))
            .collect();
        seeds.sort_unstable();
        seeds
    }

    fn by_seeds(&mut self, size: usize) {
        let mut done: BTreeSet<(Place, Place)> = BTreeSet::new();
        let mut runs: Vec<Run> = Vec::new();
        for (d, a) in self.seeds(size) {
            if done.contains(&(d, a)) {
                continue;
            }
            let run = self.grow(d, a);
            done.extend(run.iter().copied());
            runs.push(run);
        }
        self.accept_longest_first(runs);
    }

    /// Blocks whose every line is repeated: tried from each line that few added lines equal.
    fn by_repeats(&mut self) {
        let mut at: HashMap<u32, Vec<Place>> = HashMap::new();
        for &place in &self.added {
            if self.open_head[place.0][place.1] {
                at.entry(Self::norm(&self.files.head, place))
                    .or_default()
                    .push(place);
            }
        }
        let mut done: BTreeSet<(Place, Place)> = BTreeSet::new();
        let mut runs = Vec::new();
        for d in self.deleted.clone() {
            if !self.open_base[d.0][d.1] {
                continue;
            }
            let Some(equal) = at.get(&Self::norm(&self.files.base, d)) else {
                continue;
            };
            if equal.len() > REPEATS {
                continue;
            }
            for a in equal.clone() {
                if done.contains(&(d, a)) {
                    continue;
                }
                let run = self.grow(d, a);
                if run.len() >= SHORTEST_BLOCK {
                    done.extend(run.iter().copied());
                    runs.push(run);
                }
            }
            if self.effort == 0 {
                break;
            }
        }
        self.accept_longest_first(runs);
    }

    /// The longest run of equal open lines through a seed, across gaps of few lines.
    fn grow(&mut self, d: Place, a: Place) -> Run {
        let mut run = vec![(d, a)];
        for down in [true, false] {
            let (mut x, mut y) = (d, a);
            while let Some((next_x, next_y)) = self.next_equal(x, y, down) {
                run.push((next_x, next_y));
                (x, y) = (next_x, next_y);
            }
        }
        run.sort_unstable();
        run
    }

    fn next_equal(&mut self, x: Place, y: Place, down: bool) -> Option<(Place, Place)> {
        if self.effort == 0 {
            return None;
        }
        let ahead = |side: &[File], from: Place| -> Vec<Place> {
            let mut list = Vec::with_capacity(GAP + 1);
            let mut at = from;
            while list.len() <= GAP {
                match Self::step(side, at, down) {
                    Some(next) => {
                        list.push(next);
                        at = next;
                    }
                    None => break,
                }
            }
            list
        };
        self.effort = self.effort.saturating_sub(1);
        let (xs, ys) = (ahead(&self.files.base, x), ahead(&self.files.head, y));
        for both in 0..=2 * GAP {
            for i in 0..=both.min(GAP) {
                let j = both - i;
                let (Some(&d), Some(&a)) = (xs.get(i), ys.get(j)) else {
                    continue;
                };
                let open = self.open_base[d.0][d.1] && self.open_head[a.0][a.1];
                if open && Self::norm(&self.files.base, d) == Self::norm(&self.files.head, a) {
                    return Some((d, a));
                }
            }
        }
        None
    }

    fn accept_longest_first(&mut self, mut runs: Vec<Run>) {
        runs.sort_by(|x, y| y.len().cmp(&x.len()).then_with(|| x.cmp(y)));
        for mut run in runs {
            run.retain(|(d, a)| self.open_base[d.0][d.1] && self.open_head[a.0][a.1]);
            run.retain(|(d, a)| !self.goes_on_in_place(*d, *a));
            if run.is_empty() {
                continue;
            }
            // What the diff maps already adds no weight.
            let solid: Run = run
                .iter()
                .filter(|(d, _)| !self.doubtful.contains_key(d))
                .copied()
                .collect();
            if !self.is_block(&solid) || self.is_copy(&run) {
                continue;
            }
            for &(d, a) in &run {
                self.open_base[d.0][d.1] = false;
                self.open_head[a.0][a.1] = false;
                self.moved.insert(d, a);
                self.taken.insert(a, d);
            }
            self.blocks.push(run);
        }
    }

    /// Whether a deleted line was edited where it stands, in a definition that kept its name, while the added line that
    /// equals it is in another one: that one is a copy.
    fn goes_on_in_place(&mut self, d: Place, a: Place) -> bool {
        let Fate::Changed(region) = self.map.of_base(d.0, d.1) else {
            return false;
        };
        let base = &self.files.base[d.0];
        let scope = base.text.scopes(d.1).pop();
        let Some((_, header)) = scope.filter(|_| base.pair.is_some()) else {
            return false;
        };
        let Fate::Kept(same) = self.map.of_base(d.0, header) else {
            return false;
        };
        let head = &self.files.head[a.0].text;
        let other = head.scopes(a.1).pop().map(|(_, header)| (a.0, header));
        if other.is_some_and(|o| Some(o) == base.pair.map(|h| (h, same as usize))) {
            return false;
        }
        let files = self.files;
        // In a definition that is the same but for some edits, less is enough.
        let new = base.pair.map(|h| &files.head[h].text);
        let alike = new.is_some_and(|new| {
            let old = header..unit_end(&base.text, header);
            let now = same as usize..unit_end(new, same as usize);
            much_kept(&base.text, &old, new, &now)
        });
        let least = if alike { EDITED } else { IN_PLACE };
        let lines = self.in_place.entry(region).or_insert_with(|| {
            let mut lines = HashSet::new();
            let hunk = self.map.hunk(region);
            let Some((hunk, pair)) = hunk.zip(base.pair) else {
                return lines;
            };
            let new = &files.head[pair].text;
            let all = |from: usize, to: usize| -> Vec<usize> { (from..to).collect() };
            let old_units = units(&base.text, &all(hunk.base, hunk.base_end()));
            let new_units = units(new, &all(hunk.head, hunk.head_end()));
            let (xs, ys) = (words_of(&base.text, &old_units), words_of(new, &new_units));
            for (unit, partner) in align(&xs, &ys).into_iter().enumerate() {
                if partner.is_some_and(|p| similarity(&xs[unit], &ys[p]) >= least) {
                    lines.extend(old_units[unit].clone());
                }
            }
            lines
        });
        lines.contains(&d.1)
    }

    /// Whether the lines that are between those of a run, and beside them, are kept in their place but equal what was
    /// added around the run's other end: then a whole definition was copied, and the original edited.
    fn is_copy(&self, run: &Run) -> bool {
        /// How far around a run lines are looked at.
        const AROUND: usize = 3;
        /// As many lines as this, and this part of the run, make a copy.
        const LEAST: (usize, f64) = (2, 0.34);
        let (Some((first, to_first)), Some((last, to_last))) = (run.first(), run.last()) else {
            return false;
        };
        if first.0 != last.0 || to_first.0 != to_last.0 || to_first.1 > to_last.1 {
            return false;
        }
        let (base, head) = (&self.files.base[first.0], &self.files.head[to_first.0]);
        let around = |from: usize, to: usize, len: usize| {
            from.saturating_sub(AROUND)..(to + 1 + AROUND).min(len)
        };
        let added = around(to_first.1, to_last.1, head.text.len());
        let mut added = added.filter(|l| {
            head.text.significant(*l) && !matches!(self.map.of_head(to_first.0, *l), Fate::Kept(_))
        });
        let mut same = 0;
        for line in around(first.1, last.1, base.text.len()) {
            let place = (first.0, line);
            let kept = matches!(self.map.of_base(first.0, line), Fate::Kept(_))
                && base.text.significant(line)
                && !self.doubtful.contains_key(&place);
            if !kept {
                continue;
            }
            let mut rest = added.clone();
            if rest.any(|l| head.text.norm[l] == base.text.norm[line]) {
                added = rest;
                same += 1;
            }
        }
        same >= LEAST.0 && same as f64 >= LEAST.1 * run.len() as f64
    }

    /// Whether a run weighs enough to be a moved block.
    fn is_block(&self, run: &Run) -> bool {
        let base = &self.files.base;
        let mut statements: HashMap<(usize, u32), usize> = HashMap::new();
        let mut words = 0_u32;
        let mut header = false;
        for ((file, line), _) in run {
            let text = &base[*file].text;
            *statements
                .entry((*file, text.statement(*line)))
                .or_default() += 1;
            words = words.saturating_add(u32::from(text.words[*line]));
            header |= text.name(*line).is_some();
        }
        let largest = statements.values().copied().max().unwrap_or(0);
        let company = run.len() - largest.min(run.len());
        run.len() >= SHORTEST_BLOCK && company >= SHORTEST_BLOCK - 1 && words >= LIGHTEST.0
            || company >= 1 && header && words >= LIGHTEST.1
    }

    /// Makes the gaps inside blocks, and the lines at their ends, changed regions of their own.
    fn finish(self, first_region: u32) -> Moved {
        let mut moved = Moved::default();
        let mut region = first_region;
        for run in &self.blocks {
            for pair in run.windows(2) {
                let ((d1, a1), (d2, a2)) = (pair[0], pair[1]);
                let apart =
                    |p: Place, q: Place| (p.0 == q.0).then(|| q.1.checked_sub(p.1)).flatten();
                if let (Some(0..=30), Some(1..=30)) = (apart(d1, d2), apart(a1, a2)) {
                    for line in d1.1 + 1..d2.1 {
                        if !self.moved.contains_key(&(d1.0, line)) {
                            moved.base_regions.insert((d1.0, line), region);
                        }
                    }
                    for line in a1.1 + 1..a2.1 {
                        if !self.taken.contains_key(&(a1.0, line)) {
                            moved.head_regions.insert((a1.0, line), region);
                        }
                    }
                    region += 1;
                }
            }
            for ((d, a), down) in [(run[0], false), (run[run.len() - 1], true)] {
                for distance in 1..=GAP {
                    let at = |p: Place| {
                        let line = if down {
                            p.1.checked_add(distance)
                        } else {
                            p.1.checked_sub(distance)
                        };
                        line.map(|l| (p.0, l))
                    };
                    let open = |flags: &[Vec<bool>], p: Place| {
                        flags[p.0].get(p.1).copied().unwrap_or(false)
                    };
                    if let Some(p) = at(d).filter(|p| open(&self.open_base, *p)) {
                        moved.base_regions.entry(p).or_insert(region);
                    }
                    if let Some(p) = at(a).filter(|p| open(&self.open_head, *p)) {
                        moved.head_regions.entry(p).or_insert(region);
                    }
                }
                region += 1;
            }
        }
        let freed = self.moved.keys().filter_map(|d| self.doubtful.get(d));
        moved.freed = freed.copied().collect();
        moved.to_head = self.moved;
        moved.to_base = self.taken;
        moved
    }
}

/// Base lines that the diff maps inside definitions whose header no longer exists, and where it
/// maps them to.
fn doubtful(files: &Files, map: &Map) -> HashMap<Place, Place> {
    let mut doubtful = HashMap::new();
    for (f, file) in files.base.iter().enumerate() {
        let Some(pair) = file.pair else {
            continue;
        };
        for header in 0..file.text.len() {
            let gone = !matches!(map.of_base(f, header), Fate::Kept(_));
            if !gone || file.text.name(header).is_none() {
                continue;
            }
            for line in header..unit_end(&file.text, header) {
                if let Fate::Kept(to) = map.of_base(f, line)
                    && file.text.significant(line)
                {
                    doubtful.insert((f, line), (pair, to as usize));
                }
            }
        }
    }
    doubtful
}
