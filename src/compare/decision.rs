//! What became of each finding, in words.

use std::collections::HashMap;

use super::stages::Matcher;
use super::weakness::Difference;
use super::{Decision, Outcome};
use crate::model::{Finding, Note, Severity, Stage, Status};

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
        let head = (0..self.head.findings.len()).map(|h| match self.paired[h] {
            Some((b, stage)) => self.inherited(b, h, stage),
            None => self.unmatched(h, &standing),
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
        let from = if origin.line() == 0 {
            format!("`{}`", origin.path)
        } else {
            format!("`{}:{}`", origin.path, origin.line())
        };
        let was = || match self.base.places[b] {
            Some(p) if !origin.is_about_a_literal() => {
                let line = self.base.text(p).line(p.line).trim();
                let short: String = line.chars().take(80).collect();
                format!("was `{short}` at {from}")
            }
            _ => format!("was at {from}"),
        };
        let same_place = origin.path == finding.path && origin.line() == finding.line();
        let why = match stage {
            Stage::Unchanged => "in a file that is the same on both sides".to_owned(),
            Stage::Exact if same_place => "on an unchanged line".to_owned(),
            Stage::Exact => format!("shifted from {from}"),
            Stage::Moved => format!("moved from {from}"),
            Stage::Region => format!("the same statement; {}", was()),
            Stage::Edited => format!("edited in place; {}", was()),
            Stage::Reordered => format!("moved inside its scope from {from}"),
            Stage::ScopeMoved => format!("moved and rewritten with its scope; {}", was()),
            Stage::Secret => format!("the same secret, from {from}"),
            Stage::Package if touched => format!("the same advisory, another version; from {from}"),
            _ => format!("from {from}"),
        };
        // What was harmless and is dangerous now is a weakness that the change brings.
        let (before, now) = (Severity::of(origin.score), Severity::of(finding.score));
        if now > before && now != Severity::Unassigned {
            return Decision {
                status: Status::New,
                stage,
                from: Some(b),
                touched,
                why: format!("made worse: it was {before} at {from}"),
            };
        }
        Decision {
            status: Status::Inherited,
            stage,
            from: Some(b),
            touched,
            why,
        }
    }

    fn unmatched(&self, h: usize, standing: &HashMap<(&str, u32), usize>) -> Decision {
        let finding = &self.head.findings[h];
        let new = |why: String| Decision {
            status: Status::New,
            stage: Stage::Unmatched,
            from: None,
            touched: false,
            why,
        };
        if self.known.file_local && self.in_unchanged(&finding.path) {
            return Decision {
                status: Status::Inherited,
                stage: Stage::Unchanged,
                ..new(
                    "the file is the same on both sides; the scanner's own results changed".into(),
                )
            };
        }
        if self.in_unchanged(&finding.path) && self.known.unread.contains(&finding.path) {
            return Decision {
                status: Status::Inherited,
                stage: Stage::Unverified,
                ..new(
                    "in a file that is the same on both sides, of which the base has no results"
                        .into(),
                )
            };
        }
        let Some(p) = self.head.places[h] else {
            return new("the baseline has no such finding".into());
        };
        let files = &self.difference.files;
        let came_from = match self.is_kept(p.file, p.line) {
            true => files.head[p.file].pair,
            false => self
                .difference
                .moved
                .of_head((p.file, p.line))
                .map(|(f, _)| f),
        };
        if let Some(file) = came_from {
            if self.known.unread.contains(&files.base[file].path) {
                return Decision {
                    status: Status::Inherited,
                    stage: Stage::Unverified,
                    ..new(
                        "the line stood there already, in a file that the scanner could not read"
                            .into(),
                    )
                };
            }
            return new("on an unchanged line: the change elsewhere in the file brought it".into());
        }
        if let Some(against) = self.against[h] {
            let old = &self.base.findings[against.base];
            let differs = match against.difference {
                Difference::Function => "calls another function",
                Difference::Data => "is given other data",
                Difference::Constant => "is given data in place of a constant",
                Difference::Everything => "shares nothing with it",
            };
            return new(format!(
                "written in the place of `{}:{}`, and {differs}",
                old.path,
                old.line()
            ));
        }
        let norm = self.head.text(p).norm[p.line];
        if let Some(b) = standing.get(&(finding.rule.as_str(), norm)) {
            let original = &self.base.findings[*b];
            return new(format!(
                "a copy of `{}:{}`, which still stands",
                original.path,
                original.line()
            ));
        }
        new("no baseline finding of this rule continues here".into())
    }
}
