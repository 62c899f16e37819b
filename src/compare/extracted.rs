//! A statement that went into a definition of its own.

use std::collections::{HashMap, HashSet};

use super::matcher::Matcher;
use super::names::is_word;
use super::side::{Place, Side};
use super::statement::statement_text;
use super::weakness;
use crate::model::Stage;

/// Findings in new definitions, by rule and what their statements say, with the names of the
/// definitions.
type Made<'f> = HashMap<(&'f str, u64), Vec<(usize, String)>>;

impl Matcher<'_> {
    /// A statement that went into a definition of its own, which the place that it left calls.
    pub(super) fn extracted(&mut self) {
        /// How many findings that say the same are tried for each.
        const TRIES: usize = 16;
        let files = &self.difference.files;
        let mut made = Made::new();
        for h in self.open_head() {
            let Some(p) = self.head.places[h].filter(|p| self.is_added(p.file, p.line)) else {
                continue;
            };
            if let Some((name, header)) = self.head.text(p).scopes(p.line).pop()
                && self.is_added(p.file, header)
                && name.chars().all(|c| is_word(c) || c == '.' || c == '$')
                && header != p.line
                && let Some(shape) = shape(&self.head, p)
            {
                let key = (self.head.findings[h].rule.as_str(), shape);
                made.entry(key).or_default().push((h, name));
            }
        }
        if made.is_empty() {
            return;
        }
        let lines = self.region_lines();
        let mut words: HashMap<u32, HashSet<&str>> = HashMap::new();
        for b in self.open_base() {
            let Some(p) = self.base.places[b] else {
                continue;
            };
            let Some(region) = self.base_region(p) else {
                continue;
            };
            let rule = self.base.findings[b].rule.as_str();
            let Some(shape) = shape(&self.base, p) else {
                continue;
            };
            let Some(candidates) = made.get_mut(&(rule, shape)) else {
                continue;
            };
            // The words that replaced the statement.
            let left = words.entry(region).or_insert_with(|| {
                let Some(((Some(from), old), (Some(file), new))) = lines.get(&region) else {
                    return HashSet::new();
                };
                let (before, text) = (&files.base[*from].text, &files.head[*file].text);
                let calling = new.iter().filter(|l| text.name(**l).is_none());
                let mut words: HashSet<&str> =
                    calling.flat_map(|l| names_of(text.line(*l))).collect();
                // What was called there before is not a helper that it went into.
                for word in old.iter().flat_map(|l| names_of(before.line(*l))) {
                    words.remove(word);
                }
                words
            });
            let fits = |(h, name): &(usize, String)| {
                let name = name.rsplit('.').next().unwrap_or(name);
                left.contains(name) && self.same_literal(b, *h)
            };
            // A definition in the same file comes first.
            let here = |(h, _): &(usize, String)| {
                let place = self.head.places[*h];
                place.map(|p| p.file) == files.base[p.file].pair
            };
            let near = candidates.iter().take(TRIES);
            let fitting = (0..).zip(near).filter(|(_, c)| fits(c));
            let found: Vec<(usize, bool)> = fitting.map(|(n, c)| (n, here(c))).collect();
            let at = found.iter().find(|(_, here)| *here).or(found.first());
            if let Some((at, _)) = at.copied() {
                let (h, _) = candidates.remove(at);
                self.pair(b, h, Stage::Moved);
            }
        }
    }
}

fn names_of(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(is_word(c) || c == '$'))
}

/// The statement at a place, without its names.
fn shape(side: &Side<'_>, p: Place) -> Option<u64> {
    let text = side.text(p);
    weakness::shape(&statement_text(text, p.first, p.last), text.manner())
}
