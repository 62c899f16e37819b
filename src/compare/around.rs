//! The context of two statements: the names of their scopes, the values that names have, and the definitions that were
//! renamed.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use super::anchors::unit_end;
use super::lines::Fate;
use super::manner::Manner;
use super::matcher::{Assignments, Counts, Matcher};
use super::names::is_word;
use super::parts::Around;
use super::side::{Of, Place, Side};
use super::statement::statement_text;
use super::weakness;

/// What is around two statements.
pub(super) struct Scene<'s, 'm> {
    matcher: &'s Matcher<'m>,
    base: Place,
    head: Place,
}

impl<'s, 'm> Scene<'s, 'm> {
    pub(super) fn new(matcher: &'s Matcher<'m>, base: Place, head: Place) -> Scene<'s, 'm> {
        Scene {
            matcher,
            base,
            head,
        }
    }

    fn side(&self, of: Of) -> (&Side<'_>, Place) {
        match of {
            Of::Base => (&self.matcher.base, self.base),
            Of::Head => (&self.matcher.head, self.head),
        }
    }

    /// How often each name is in a scope.
    fn names(&self, of: Of, scope: &Range<usize>) -> Rc<Counts> {
        let (side, place) = self.side(of);
        let key = (of, place.file, scope.clone());
        let all = &self.matcher.around.names;
        if let Some(found) = all.borrow().get(&key) {
            return Rc::clone(found);
        }
        let mut names = Counts::new();
        let text = side.text(place);
        let lines = scope.clone().map(|line| text.line(line));
        for line in without_comments(lines, text.manner()) {
            for word in line.split(|c: char| !(is_word(c) || c == '$')) {
                if word.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$') {
                    *names.entry(word.to_owned()).or_default() += 1;
                }
            }
        }
        let names = Rc::new(names);
        all.borrow_mut().insert(key, Rc::clone(&names));
        names
    }

    /// The line after a scope.
    fn end(&self, of: Of, header: usize) -> usize {
        let (side, place) = self.side(of);
        let mut ends = self.matcher.around.ends.borrow_mut();
        let end = ends.entry((of, place.file, header));
        *end.or_insert_with(|| unit_end(side.text(place), header))
    }

    /// The scopes around a place with their names, innermost first, the whole file last.
    fn scopes(&self, of: Of) -> Vec<(String, Range<usize>)> {
        let (side, place) = self.side(of);
        let text = side.text(place);
        let scopes = text.scopes(place.line).into_iter().rev();
        let mut scopes: Vec<(String, Range<usize>)> = scopes
            .map(|(name, header)| (name, header..self.end(of, header)))
            .collect();
        scopes.push((String::new(), 0..text.len()));
        scopes
    }

    /// The value that a name is given nearest above a place, or else first in the file.
    fn value(&self, of: Of, name: &str) -> Option<String> {
        let (side, place) = self.side(of);
        let text = side.text(place);
        let values = {
            let key = (of, place.file);
            let all = &self.matcher.around.values;
            let found = all.borrow().get(&key).cloned();
            found.unwrap_or_else(|| {
                let mut values = Assignments::new();
                for line in 0..text.len() {
                    if let Some((name, _)) = weakness::assigned(text.line(line), text.manner()) {
                        values.entry(name.to_owned()).or_default().push(line);
                    }
                }
                let values = Rc::new(values);
                all.borrow_mut().insert(key, Rc::clone(&values));
                values
            })
        };
        let lines = values.get(name)?;
        let above = lines.partition_point(|l| *l < place.first);
        let line = match above.checked_sub(1) {
            Some(n) => lines[n],
            None => lines[0],
        };
        let (_, at) = weakness::assigned(text.line(line), text.manner())?;
        let whole = statement_text(text, line, line);
        whole.get(at..).map(str::to_owned)
    }
}

/// Lines without comments, and without texts that begin a line, such as Python's docstrings.
fn without_comments<'t>(
    lines: impl Iterator<Item = &'t str>,
    manner: Manner,
) -> impl Iterator<Item = &'t str> {
    let mut within: Option<&str> = None;
    lines.filter(move |line| {
        let line = line.trim_start();
        if let Some(end) = within {
            if line.contains(end) {
                within = None;
            }
            return false;
        }
        let begun = line.trim_start_matches(['r', 'R', 'u', 'U']);
        for quotes in ["\"\"\"", "'''"] {
            if let Some(rest) = begun.strip_prefix(quotes) {
                if !rest.contains(quotes) {
                    within = Some(quotes);
                }
                return false;
            }
        }
        let is_comment = manner.hash_comment && line.starts_with('#')
            || manner.slash_comment && (line.starts_with("//") || line.starts_with("* "));
        !is_comment
    })
}

impl Around for Scene<'_, '_> {
    fn renamed(&self, old: &str, new: &str) -> bool {
        let (mut before, mut after) = (self.scopes(Of::Base), self.scopes(Of::Head));
        let files = before.pop().zip(after.pop());
        let pairs = before.into_iter().zip(after).chain(files);
        let count = |names: &Counts, name: &str| names.get(name).copied().unwrap_or(0);
        for ((name, was), (name_now, is)) in pairs {
            // What is in another definition now is other data, whatever its name.
            if name != name_now && !self.redefined(&name, &name_now) {
                continue;
            }
            let (was, is) = (self.names(Of::Base, &was), self.names(Of::Head, &is));
            let (times, times_now) = (count(&was, old), count(&is, new));
            let swapped = count(&was, new) == 0 && count(&is, old) == 0;
            if swapped
                && times >= 2
                && times.abs_diff(times_now) <= (times / 4).max(1)
                && times_now >= 2
            {
                return true;
            }
        }
        false
    }

    fn redefined(&self, old: &str, new: &str) -> bool {
        self.matcher.difference.redefined(old, new)
    }

    fn value_at_base(&self, name: &str) -> Option<String> {
        self.value(Of::Base, name)
    }

    fn value_at_head(&self, name: &str) -> Option<String> {
        self.value(Of::Head, name)
    }
}

/// The names of definitions that one side has and the other has not.
#[derive(Debug, Default)]
pub(super) struct Redefined {
    gone: HashSet<String>,
    come: HashSet<String>,
}

impl Redefined {
    pub(super) fn of(files: &super::files::Files, map: &super::lines::Map) -> Redefined {
        let mut found = Redefined::default();
        for (f, file) in files.base.iter().enumerate() {
            for line in 0..file.text.len() {
                if !matches!(map.of_base(f, line), Fate::Kept(_)) {
                    found.gone.extend(file.text.name(line).map(str::to_owned));
                }
            }
        }
        for (f, file) in files.head.iter().enumerate() {
            for line in 0..file.text.len() {
                if !matches!(map.of_head(f, line), Fate::Kept(_)) {
                    found.come.extend(file.text.name(line).map(str::to_owned));
                }
            }
        }
        let both: Vec<String> = found.gone.intersection(&found.come).cloned().collect();
        for name in both {
            found.gone.remove(&name);
            found.come.remove(&name);
        }
        found
    }

    pub(super) fn has(&self, old: &str, new: &str) -> bool {
        self.gone.contains(old) && self.come.contains(new)
    }
}
