//! Comments that silence a scanner and that the change adds: what they hide, no report shows.

use std::collections::HashMap;

use super::compared::Compared;
use super::{Judging, text_of};
use crate::compare::Located;
use crate::error::{Error, Kind, Result};
use crate::model::Action;
use crate::model::{Finding, Region, RepoPath, Stage, Status};
use crate::policy::{Pattern, PolicyRule};

/// Under which name they are reported.
const SCANNER: &str = "newgate";
const RULE: &str = "inline-suppression";

/// How many places a note names.
const NAMED: usize = 5;

/// The comments that a change adds to silence one scanner.
pub(super) struct Added {
    scanner: String,
    places: Vec<(RepoPath, u32)>,
}

/// The comments that a change adds, by scanner.
pub(super) fn added(judging: &Judging<'_>, compared: &Compared) -> Result<Vec<Added>> {
    let mut all = Vec::new();
    if judging.change.base.is_none() {
        return Ok(all);
    }
    let repo = judging.gate.repo;
    for (scanner, plan) in judging.scanners.iter().zip(&judging.plans) {
        let silences = |line: &str| scanner.descriptor.is_silenced_by(line);
        if scanner.descriptor.suppressions().is_empty() {
            continue;
        }
        // Each line of the base answers for one of the head: in the same file, or, with the code that it
        // stands beside, in another. A comment alone silences what is in its own file.
        let mut same_file: HashMap<(RepoPath, String), usize> = HashMap::new();
        let mut anywhere: HashMap<String, usize> = HashMap::new();
        for file in &plan.base {
            judging.clock.check()?;
            for line in text_of(repo, file)?.lines().filter(|l| silences(l)) {
                let line = line.trim().to_owned();
                if !is_comment(&line) {
                    *anywhere.entry(line.clone()).or_default() += 1;
                }
                *same_file.entry((file.path.clone(), line)).or_default() += 1;
            }
        }
        let mut places = Vec::new();
        for file in &plan.head {
            judging.clock.check()?;
            let text = text_of(repo, file)?;
            let silenced = (1..).zip(text.lines()).filter(|(_, l)| silences(l));
            let silenced: Vec<(u32, &str)> = silenced.collect();
            if silenced.is_empty() {
                continue;
            }
            let renamed = || {
                plan.base
                    .iter()
                    .find(|b| b.blob == file.blob)
                    .map(|b| b.path.clone())
            };
            let old = compared.old_path(judging, &file.path)?.or_else(renamed);
            let old = old.unwrap_or_else(|| file.path.clone());
            for (number, line) in silenced {
                let line = line.trim().to_owned();
                let key = (old.clone(), line.clone());
                if let Some(left) = same_file.get_mut(&key).filter(|n| **n > 0) {
                    *left -= 1;
                    if let Some(left) = anywhere.get_mut(&line) {
                        *left = left.saturating_sub(1);
                    }
                } else if let Some(left) = anywhere.get_mut(&line).filter(|n| **n > 0) {
                    *left -= 1;
                } else {
                    places.push((file.path.clone(), number));
                }
            }
        }
        if !places.is_empty() {
            all.push(Added {
                scanner: scanner.descriptor.name().to_owned(),
                places,
            });
        }
    }
    Ok(all)
}

/// Whether a line is nothing but a comment.
fn is_comment(line: &str) -> bool {
    ["#", "//", "/*", "*", "--", "<!--", ";"]
        .iter()
        .any(|start| line.starts_with(start))
}

impl Added {
    /// A note that names the first places.
    pub(super) fn note(&self) -> String {
        let named = self.places.iter().take(NAMED);
        let named: Vec<String> = named.map(|(path, line)| format!("{path}:{line}")).collect();
        let and_more = match self.places.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "the change adds comments that silence {}, so that what they hide is not shown here: {}{and_more}",
            self.scanner,
            named.join(", ")
        )
    }

    /// Each comment as a finding of newgate itself, where the policy lets none pass.
    pub(super) fn located(&self) -> Result<Vec<Located>> {
        let mut all = Vec::new();
        for (path, line) in &self.places {
            let finding = Finding::build(SCANNER, RULE, path.clone())
                .canonical(format!("{SCANNER}:{RULE}:{}", self.scanner))
                .region(Some(Region::line(*line)))
                .title(format!("A comment that silences {}", self.scanner))
                .message(format!(
                    "What {} finds here would not be shown.",
                    self.scanner
                ))
                .fix(Some(
                    "Take the comment out and mend what it hides, or ask for an exemption.".into(),
                ))
                .finish()
                .map_err(|e| Error::new(Kind::Io, e.to_string()))?;
            all.push(Located {
                finding,
                status: Status::New,
                stage: Stage::Unmatched,
                touched: false,
                from: None,
                why: "the change adds the comment".into(),
                commit: None,
            });
        }
        Ok(all)
    }
}

/// The rule of the policy that lets no such comment pass.
pub(super) fn rule() -> Result<PolicyRule> {
    let pattern = |text: &str| Pattern::new(text, false).map_err(|e| Error::new(Kind::Config, e));
    Ok(PolicyRule {
        scanners: vec![SCANNER.to_owned()],
        rules: vec![pattern(RULE)?],
        ..PolicyRule::new("gate.suppressions", Action::Block)
    })
}
