//! New, inherited, fixed: the comparison of two sets of findings over the difference of two trees.
//!
//! The principle is conservation. A finding of the base can pay for one finding of the head, and
//! only for the one that continues it line for line. Git's objects say which files and
//! lines continue; nothing here guesses from fingerprints alone. What cannot be decided is new.
//!
//! `docs/matching.md` explains each stage. In the order of use:
//!
//! - [`content`]: text, or other bytes
//! - [`text`]: a file as lines, with what the stages need to know about each line: the [`names`] of scopes, the
//!   statements ([`joined`]), their depth ([`indent`]) and the [`manner`] of the language
//! - [`files`]: which file continues which (renames)
//! - [`lines`]: which line continues which inside a pair of files, cut at [`anchors`] into [`hunk`]s, with
//!   [`slide`] correction
//! - [`reformat`]: lines that a formatter cut or joined, followed by their [`tokens`]
//! - [`repeats`]: lines and tokens that are very frequent in a text
//! - [`blocks`]: blocks of lines that [`moved`], over all files
//! - [`statement`]: the words of a statement, its context and scope, and their similarity
//! - [`assign`]: the cheapest one-to-one assignment
//! - [`align`]: which statement continues which inside a changed [`region`]
//! - [`weakness`]: whether an edited statement still has the same weakness, by its [`parts`], its [`calls`] and what is
//!   [`around`] it
//! - [`matcher`]: what all stages share
//! - [`stages`]: the stages that pair findings; [`edited`], [`extracted`]: those of changed regions;
//!   [`decision`]: the status of each finding, and the reason
//! - [`binary`]: findings in files that are not text
//! - [`comments`]: comments that suppress findings, old and new; [`comment`]: one of them
//! - [`unplaced`]: findings without a line: whole files, packages
//! - [`places`]: findings of several scanners at one place, by their [`weaknesses`]
//! - [`group`]: findings ([`located`]) to occurrences, occurrences to issues, over all scanners
//!
//! All of it takes values and returns values, and does not depend on the order of its input.

mod align;
mod anchors;
mod around;
mod assign;
mod binary;
mod blocks;
mod calls;
mod comment;
mod comments;
mod content;
mod decision;
mod edited;
mod extracted;
mod files;
pub mod group;
mod hunk;
mod indent;
mod joined;
mod lines;
mod located;
mod manner;
mod matcher;
mod moved;
mod names;
mod parts;
mod places;
mod quoted;
mod reformat;
mod region;
mod repeats;
mod side;
mod slide;
mod stages;
mod statement;
mod text;
mod tokens;
mod unplaced;
mod weakness;
mod weaknesses;

use std::borrow::Cow;
use std::collections::HashSet;

use crate::model::{Finding, Note, Reason, RepoPath, Stage, Status};

pub use comments::{Silencing, lines_of};
pub use content::Content;
pub use group::group;
pub use located::Located;

/// A file that differs between the two trees, or that a finding is in.
#[derive(Clone, Debug, Default)]
pub struct ComparedFile {
    /// The path and content at base; `None` if the base has no such file.
    pub old: Option<(RepoPath, Content)>,
    /// The path and content at head; `None` if the head has no such file.
    pub new: Option<(RepoPath, Content)>,
}

/// The difference of two trees: made once, used for each scanner's findings.
pub struct Difference {
    files: files::Files,
    map: lines::Map,
    moved: moved::Moved,
    redefined: std::cell::OnceCell<around::Redefined>,
    /// Things that the reader should know: limits that were reached.
    pub notes: Vec<Note>,
}

impl std::fmt::Debug for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Difference").finish_non_exhaustive()
    }
}

impl Difference {
    /// Pairs files, maps lines and finds moved blocks.
    ///
    /// Takes every file that differs between the trees; files that are the same on both sides need
    /// not be given.
    pub fn new(changed: Vec<ComparedFile>) -> Difference {
        let mut notes = Vec::new();
        let files = files::Files::pair(changed);
        let map = lines::Map::new(&files);
        let moved = blocks::find(&files, &map, &mut notes);
        Difference {
            files,
            map,
            moved,
            redefined: std::cell::OnceCell::new(),
            notes,
        }
    }

    /// Whether a definition of the base has another name at head.
    fn redefined(&self, old: &str, new: &str) -> bool {
        let redefined = || around::Redefined::of(&self.files, &self.map);
        self.redefined.get_or_init(redefined).has(old, new)
    }

    /// The base's path of the file that a head file continues.
    pub fn old_path(&self, path: &RepoPath) -> Option<RepoPath> {
        let file = self.files.head_at(path)?;
        Some(self.files.base[self.files.head[file].pair?].path.clone())
    }
}

/// The fate of one head finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// New or inherited.
    pub status: Status,
    /// What decided it.
    pub stage: Stage,
    /// The base finding that it continues, by its place in the input; also of one that is new because
    /// it got worse.
    pub from: Option<usize>,
    /// The change edits the lines of an inherited finding.
    pub touched: bool,
    /// Why.
    pub reason: Reason,
}

/// The fate of all findings of one scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// One for each head finding, in the order of the input.
    pub head: Vec<Decision>,
    /// The base findings that nothing continues, by their places in the input, rising.
    pub fixed: Vec<usize>,
    /// Things that the reader should know: limits that were reached.
    pub notes: Vec<Note>,
}

/// What is known about a scanner besides its findings.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Files of the base that the scanner could not read: a finding on a line that was there
    /// already is inherited, unverified; on an added line it is new.
    pub unread: HashSet<RepoPath>,
    /// Its results for a file depend on that file alone, so nothing in an unchanged file is new.
    pub file_local: bool,
}

/// Compares one scanner's findings of both sides.
pub fn compare(
    difference: &Difference,
    base: &[Finding],
    head: &[Finding],
    known: &Known,
) -> Outcome {
    let (base, head) = (InOrder::of(base), InOrder::of(head));
    let outcome = matcher::Matcher::new(difference, &base.findings, &head.findings, known).run();
    let mut fates: Vec<(usize, Decision)> = outcome.head.into_iter().enumerate().collect();
    for (at, fate) in &mut fates {
        *at = head.place(*at);
        fate.from = fate.from.map(|b| base.place(b));
    }
    fates.sort_by_key(|(at, _)| *at);
    let mut fixed: Vec<usize> = outcome.fixed.iter().map(|b| base.place(*b)).collect();
    fixed.sort_unstable();
    Outcome {
        head: fates.into_iter().map(|(_, fate)| fate).collect(),
        fixed,
        notes: outcome.notes,
    }
}

/// Findings in one order, whatever that of the input is: where two could be paired with one, this decides.
struct InOrder<'f> {
    findings: Cow<'f, [Finding]>,
    /// Where each was in the input; empty if they stood so.
    places: Vec<usize>,
}

impl<'f> InOrder<'f> {
    fn of(findings: &'f [Finding]) -> InOrder<'f> {
        let order = |a: &Finding, b: &Finding| a.order().cmp(&b.order()).then_with(|| a.cmp(b));
        if findings.is_sorted_by(|a, b| order(a, b).is_le()) {
            return InOrder {
                findings: Cow::Borrowed(findings),
                places: Vec::new(),
            };
        }
        let mut all: Vec<(usize, &Finding)> = findings.iter().enumerate().collect();
        all.sort_by(|(_, a), (_, b)| order(a, b));
        InOrder {
            findings: all.iter().map(|(_, f)| (*f).clone()).collect(),
            places: all.into_iter().map(|(place, _)| place).collect(),
        }
    }

    fn place(&self, at: usize) -> usize {
        self.places.get(at).copied().unwrap_or(at)
    }
}

#[cfg(test)]
mod kinds;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
