//! One side of a comparison: its findings, where they lie, and what is computed of them once.

use std::cell::RefCell;
use std::collections::HashMap;

use super::statement::{Words, context_words, statement_words};
use super::text::Text;
use crate::model::{Finding, RepoPath};

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Base,
    Head,
}

/// Where a finding is in the compared files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub file: usize,
    /// The line that is reported.
    pub line: usize,
    /// The region: the first and the last line.
    pub first: usize,
    pub last: usize,
}

/// One side's findings, with what is computed of them once.
pub(super) struct Side<'a> {
    pub findings: &'a [Finding],
    pub places: Vec<Option<Place>>,
    texts: Vec<&'a Text>,
    statements: RefCell<HashMap<usize, Words>>,
    /// The findings in the order in which they are taken, whatever the order of the input.
    pub order: Vec<usize>,
}

impl<'a> Side<'a> {
    pub(super) fn new(
        findings: &'a [Finding],
        files: &'a [super::files::File],
        at: impl Fn(&RepoPath) -> Option<usize>,
        compared_by_line: impl Fn(usize) -> bool,
    ) -> Side<'a> {
        let place = |finding: &Finding| -> Option<Place> {
            let region = finding.region?;
            let file = at(&finding.path)?;
            if !compared_by_line(file) {
                return None;
            }
            let text = &files[file].text;
            let last_line = text.count();
            if last_line == 0 {
                return None;
            }
            let line = text.at(region.line.min(last_line), finding.column())?;
            let end = region.end_line.min(last_line);
            let last = if end == region.line {
                line
            } else {
                text.at(end, u32::MAX)?
            };
            Some(Place {
                file,
                line,
                first: line,
                last: last.max(line),
            })
        };
        let mut order: Vec<usize> = (0..findings.len()).collect();
        order.sort_by(|a, b| {
            let (x, y) = (&findings[*a], &findings[*b]);
            x.order()
                .cmp(&y.order())
                .then_with(|| x.region.cmp(&y.region))
                .then_with(|| (x.kind, x.score, &x.secret).cmp(&(y.kind, y.score, &y.secret)))
                .then_with(|| (&x.package, &x.advisories).cmp(&(&y.package, &y.advisories)))
                .then_with(|| (&x.canonical, &x.title).cmp(&(&y.canonical, &y.title)))
        });
        Side {
            order,
            places: findings.iter().map(place).collect(),
            findings,
            texts: files.iter().map(|f| &f.text).collect(),
            statements: RefCell::default(),
        }
    }

    pub(super) fn text(&self, place: Place) -> &'a Text {
        self.texts[place.file]
    }

    pub(super) fn words(&self, finding: usize) -> Words {
        if let Some(words) = self.statements.borrow().get(&finding) {
            return words.clone();
        }
        let words = match self.places[finding] {
            Some(p) => statement_words(self.text(p), p.first, p.last),
            None => Words::default(),
        };
        self.statements.borrow_mut().insert(finding, words.clone());
        words
    }

    pub(super) fn context(&self, p: Place) -> (Words, Words) {
        context_words(self.text(p), p.first, p.last)
    }

    pub(super) fn scope_names(&self, p: Place) -> Vec<String> {
        let scopes = self.text(p).scopes(p.line);
        scopes.into_iter().map(|(name, _)| name).collect()
    }
}
