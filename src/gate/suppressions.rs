//! Comments that silence a scanner and that the change adds: what they hide, no report shows.

use super::compared::Compared;
use super::planned::Planned;
use super::text_of;
use crate::cache::{ScannerKey, UnitDigest};
use crate::compare::{Content, Located, lines_of};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Action, Note, Spot};
use crate::model::{FileVersion, Finding, Reason, Region, RepoPath, Stage, Status};
use crate::policy::{Pattern, PolicyRule, Suppressions};
use crate::scan::Descriptor;

/// Under which name they are reported.
const SCANNER: &str = "newgate";
const RULE: &str = "inline-suppression";

/// From which size on the comments of a file are remembered, in bytes.
const LARGE: u64 = 4 * 1024 * 1024;
/// How many places a note names.
const NAMED: usize = 5;

/// The comments that a change adds to silence one scanner.
pub(super) struct Added {
    scanner: String,
    places: Vec<(RepoPath, u32)>,
}

/// The comments that a change adds, by scanner.
pub(super) fn added(planned: &Planned<'_>, compared: &Compared) -> Result<Vec<Added>> {
    let mut all = Vec::new();
    // The first push of a project is told of no comment that it has long had.
    if planned.change.base.is_none() && planned.policy.suppressions != Suppressions::Block {
        return Ok(all);
    }
    for (index, (scanner, plan)) in planned.scanners.iter().zip(&planned.plans).enumerate() {
        if scanner.descriptor.suppressions().is_empty() {
            continue;
        }
        let head = silencing(planned, &scanner.descriptor, &plan.head)?;
        let mut places = Vec::new();
        if !head.is_empty() {
            let base = silencing(planned, &scanner.descriptor, &plan.base)?;
            places = compared.difference(planned)?.added_comments(&base, &head);
        }
        if !scanner.given {
            // The scanner may heed a form that is not recognised, and say so.
            let silenced = compared.silenced(index).iter();
            let unseen = silenced.filter(|(path, region)| !is_seen(path, *region, &head));
            places.extend(unseen.map(|(path, r)| (path.clone(), r.map_or(1, |r| r.line))));
            places.sort();
            places.dedup();
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

/// Whether a comment stands above the end of a finding, so that it may be what silences it.
fn is_seen(path: &RepoPath, region: Option<Region>, comments: &[(&RepoPath, Vec<u32>)]) -> bool {
    let end = region.map_or(u32::MAX, |r| r.end_line);
    let here = comments.iter().filter(|(p, _)| *p == path);
    here.flat_map(|(_, lines)| lines).any(|line| *line <= end)
}

/// The lines of files on which comments that silence a scanner begin.
fn silencing<'f>(
    planned: &Planned<'_>,
    descriptor: &Descriptor,
    files: &'f [FileVersion],
) -> Result<Vec<(&'f RepoPath, Vec<u32>)>> {
    let mut all = Vec::new();
    let text = format!("comments that silence\0{}", descriptor.digest_text());
    let key = ScannerKey::new(&text, "", &[], []);
    for file in files {
        planned.clock.check()?;
        let large = planned.gate.repo.blob_size(&file.blob)? > LARGE;
        let digest = UnitDigest::of_file(file);
        if large && let Some(known) = planned.gate.cache.result(&key, &digest) {
            let lines: Vec<u32> = known
                .as_chunks()
                .0
                .iter()
                .map(|line| u32::from_le_bytes(*line))
                .collect();
            if !lines.is_empty() {
                all.push((&file.path, lines));
            }
            continue;
        }
        let bytes = planned.gate.repo.blob(&file.blob)?;
        let text = match Content::of(bytes) {
            Content::Text(text) => text,
            // A scanner may read it all the same.
            Content::Binary(_) => text_of(planned.gate.repo, file)?,
        };
        let lines = lines_of(&text, &descriptor.silenced_at(&text));
        if large {
            let known = lines.iter().flat_map(|line| line.to_le_bytes()).collect();
            planned.gate.cache.remember(&key, [(digest, known)]);
        }
        if !lines.is_empty() {
            all.push((&file.path, lines));
        }
    }
    Ok(all)
}

impl Added {
    /// A note that names the first places.
    pub(super) fn note(&self) -> Note {
        let named = self.places.iter().take(NAMED).cloned();
        Note::SuppressionsAdded {
            scanner: self.scanner.clone(),
            places: named.map(|(path, line)| Spot { path, line }).collect(),
            more: self.places.len().saturating_sub(NAMED) as u64,
        }
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
                    "Take the comment out and fix what it hides, or ask for an exemption.",
                ))
                .finish()
                .map_err(|e| Error::new(ErrorKind::Io, e.to_string()))?;
            all.push(Located {
                finding,
                status: Status::New,
                stage: Stage::Unmatched,
                touched: false,
                from: None,
                reason: Reason::CommentAdded,
                commit: None,
            });
        }
        Ok(all)
    }
}

/// The rule of the policy that lets no such comment pass.
pub(super) fn rule() -> Result<PolicyRule> {
    let pattern =
        |text: &str| Pattern::new(text, false).map_err(|e| Error::new(ErrorKind::Config, e));
    Ok(PolicyRule {
        scanners: vec![SCANNER.to_owned()],
        rules: vec![pattern(RULE)?],
        ..PolicyRule::new("gate.suppressions", Action::Block)
    })
}
