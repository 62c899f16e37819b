//! The status of each finding, and the reason.

use std::collections::HashMap;

use super::lines::Fate;
use super::matcher::Matcher;
use super::side::Place;
use super::{Decision, Outcome};
use crate::model::{Finding, Note, Origin, Reason, Severity, Stage, Status};

impl Matcher<'_> {
    pub(super) fn outcome(self) -> Outcome {
        let mut standing: HashMap<(&str, u32), usize> = HashMap::new();
        for h in self.head.order.iter().copied() {
            if let (Some((b, _)), Some(p)) = (self.paired[h], self.head.places[h]) {
                let norm = self.head.text(p).norm[p.line];
                standing
                    .entry((&self.head.findings[h].rule, norm))
                    .or_insert(b);
            }
        }
        let mut fixed: HashMap<(u32, &str), Vec<usize>> = HashMap::new();
        for b in self.open_base() {
            if let Some(region) = self.base.places[b].and_then(|p| self.base_region(p)) {
                let key = (region, self.base.findings[b].rule.as_str());
                fixed.entry(key).or_default().push(b);
            }
        }
        let found = Found { standing, fixed };
        let head = (0..self.head.findings.len()).map(|h| match self.paired[h] {
            Some((b, stage)) => self.inherited(b, h, stage),
            None => self.unmatched(h, &found),
        });
        Outcome {
            notes: self
                .cut_short
                .then_some(Note::PairsCutShort)
                .into_iter()
                .collect(),
            head: head.collect(),
            fixed: (0..self.base.findings.len())
                .filter(|b| !self.consumed[*b])
                .collect(),
        }
    }

    fn inherited(&self, b: usize, h: usize, stage: Stage) -> Decision {
        let origin = &self.base.findings[b];
        let finding = &self.head.findings[h];
        let touched = match self.head.places[h] {
            Some(p) => (p.first..=p.last).any(|line| self.is_added(p.file, line)),
            None => {
                let version = |f: &Finding| f.package.as_ref().map(|p| p.version.clone());
                version(origin) != version(finding)
            }
        };
        let was = || match self.base.places[b] {
            Some(p) if !origin.is_about_a_literal() => {
                let line = self.base.text(p).line(p.line).trim();
                Some(line.chars().take(80).collect())
            }
            _ => None,
        };
        let same_place = origin.path == finding.path && origin.line() == finding.line();
        let reason = match stage {
            Stage::Unchanged => Reason::SameFile,
            Stage::Exact if same_place => Reason::SameLine,
            Stage::Exact => Reason::Shifted,
            Stage::Moved => Reason::Moved,
            Stage::Region => Reason::SameStatement { was: was() },
            Stage::Edited => Reason::Edited { was: was() },
            Stage::Reordered => Reason::Reordered,
            Stage::ScopeMoved => Reason::ScopeMoved { was: was() },
            Stage::Secret => Reason::SameSecret,
            Stage::Package if touched => Reason::OtherVersion,
            _ => Reason::SameSubject,
        };
        // What was harmless and is dangerous now is a weakness that the change brings.
        let (before, now) = (Severity::of(origin.score), Severity::of(finding.score));
        let worse = now > before && now != Severity::Unassigned;
        Decision {
            status: if worse {
                Status::New
            } else {
                Status::Inherited
            },
            stage,
            from: Some(b),
            touched,
            reason: if worse {
                Reason::Worse { before }
            } else {
                reason
            },
        }
    }

    fn unmatched(&self, h: usize, found: &Found<'_>) -> Decision {
        let finding = &self.head.findings[h];
        let decided = |status: Status, stage: Stage, reason: Reason| Decision {
            status,
            stage,
            from: None,
            touched: false,
            reason,
        };
        let new = |reason: Reason| decided(Status::New, Stage::Unmatched, reason);
        if self.known.file_local && self.in_unchanged(&finding.path) {
            return decided(Status::Inherited, Stage::Unchanged, Reason::ScannerChanged);
        }
        if self.in_unchanged(&finding.path) && self.known.unread.contains(&finding.path) {
            return decided(
                Status::Inherited,
                Stage::Unverified,
                Reason::NoResultsBefore,
            );
        }
        let Some(p) = self.head.places[h] else {
            return new(Reason::NotInBase);
        };
        if let Some((file, line)) = self.comes_from(p) {
            let old = &self.difference.files.base[file];
            if self.known.unread.contains(&old.path) {
                return decided(Status::Inherited, Stage::Unverified, Reason::UnreadBefore);
            }
            return new(Reason::BroughtFromElsewhere {
                line: Origin {
                    path: old.path.clone(),
                    line: old.text.number(line),
                },
            });
        }
        if let Some(against) = self.against[h] {
            return new(Reason::Replaces {
                old: self.origin(against.base),
                differs: against.difference,
            });
        }
        let norm = self.head.text(p).norm[p.line];
        if let Some(b) = found.standing.get(&(finding.rule.as_str(), norm)) {
            return new(Reason::CopyOf {
                original: self.origin(*b),
            });
        }
        new(self.beside(h, p, found).unwrap_or(Reason::NothingContinues))
    }

    /// The base line that a head line is.
    fn comes_from(&self, p: Place) -> Option<(usize, usize)> {
        match self.difference.map.of_head(p.file, p.line) {
            Fate::Kept(line) if self.is_kept(p.file, p.line) => {
                Some((self.difference.files.head[p.file].pair?, line as usize))
            }
            _ => self.difference.moved.of_head((p.file, p.line)),
        }
    }

    /// What became of the base finding of the same changed region that stood nearest.
    fn beside(&self, h: usize, p: Place, found: &Found<'_>) -> Option<Reason> {
        let number = self.head_region(p)?;
        let key = (number, self.head.findings[h].rule.as_str());
        let line = self.head.findings[h].line();
        let near = found.fixed.get(&key)?.iter();
        let b = *near.min_by_key(|b| (self.base.findings[**b].line().abs_diff(line), **b))?;
        let old = self.origin(b);
        let region = self.aligned(number);
        let at = self.base.places[b].and_then(|b| region.continued_at(b.line));
        Some(match at {
            Some(lines) if lines.contains(&p.line) => Reason::Uncertain { old },
            Some(lines) => Reason::Beside {
                old,
                now: Some(self.head.text(p).number(lines.start)),
            },
            None => Reason::Beside { old, now: None },
        })
    }

    fn origin(&self, b: usize) -> Origin {
        let finding = &self.base.findings[b];
        Origin {
            path: finding.path.clone(),
            line: finding.line(),
        }
    }
}

/// What is known about the findings of a comparison once all are paired.
struct Found<'f> {
    /// Base findings that are inherited, by the rule and by what their line at head says.
    standing: HashMap<(&'f str, u32), usize>,
    /// Base findings that are fixed, by their changed region and rule.
    fixed: HashMap<(u32, &'f str), Vec<usize>>,
}
