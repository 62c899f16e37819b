//! Comments that silence a scanner and that the change adds: what they hide, no report shows.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::compared::Compared;
use super::planned::Planned;
use super::text_of;
use crate::cache::{Cache, ScannerKey, UnitDigest};
use crate::compare::{Content, Located, lines_of};
use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::model::{Action, Note, Spot};
use crate::model::{FileVersion, Finding, Reason, Region, RepoPath, Stage, Status};
use crate::policy::{Pattern, PolicyRule, Suppressions};
use crate::scan::parts::{self, Parts, Stream, TextPart, threads};
use crate::scan::{Descriptor, Scanner};

/// Under which name they are reported.
const SCANNER: &str = "newgate";
const RULE: &str = "inline-suppression";

/// The smallest file, in bytes, whose comments are cached.
const LARGE: u64 = 4 * 1024 * 1024;
/// How many files are looked at before the clock is.
const ROUND: usize = 64;
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
    // In the first push of a project, no comment is reported as new.
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
            // The scanner may consider a form that is not recognised, and say so.
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

/// Whether a comment is above the end of a finding, so that it may be what silences it.
fn is_seen(path: &RepoPath, region: Option<Region>, comments: &[(&RepoPath, Vec<u32>)]) -> bool {
    let end = region.map_or(u32::MAX, |r| r.end_line);
    let here = comments.iter().filter(|(p, _)| *p == path);
    here.flat_map(|(_, lines)| lines).any(|line| *line <= end)
}

/// The lines on which comments that suppress findings begin.
fn silencing<'f>(
    planned: &Planned<'_>,
    descriptor: &Descriptor,
    files: &'f [FileVersion],
) -> Result<Vec<(&'f RepoPath, Vec<u32>)>> {
    let comments = Comments {
        repo: planned.gate.repo,
        cache: planned.gate.cache,
        descriptor,
        key: OnceLock::new(),
        scanners: &planned.scanners,
    };
    let mut all = Vec::new();
    for round in files.chunks(ROUND) {
        planned.clock.check()?;
        let found = comments.of_all(round, planned.gate.jobs)?;
        let paths = round.iter().map(|f| &f.path);
        all.extend(paths.zip(found).filter(|(_, lines)| !lines.is_empty()));
    }
    Ok(all)
}

/// What finds the comments that silence one scanner.
struct Comments<'a> {
    repo: &'a Repository,
    cache: &'a Cache,
    descriptor: &'a Descriptor,
    key: OnceLock<ScannerKey>,
    /// All scanners of the run.
    scanners: &'a [Scanner],
}

fn key_of(descriptor: &Descriptor) -> ScannerKey {
    let text = descriptor.digest_text();
    ScannerKey::new(&format!("comments that silence\0{text}"), "", &[], [])
}

/// The lines as they are remembered.
fn known_lines(known: &[u8]) -> Vec<u32> {
    let (lines, _) = known.as_chunks();
    lines.iter().map(|l| u32::from_le_bytes(*l)).collect()
}

impl Comments<'_> {
    /// The lines of each file, in their order.
    fn of_all(&self, files: &[FileVersion], threads: usize) -> Result<Vec<Vec<u32>>> {
        if files.len() < ROUND || threads < 2 {
            return files.iter().map(|f| self.of(f)).collect();
        }
        let share = files.len().div_ceil(threads);
        let shares = std::thread::scope(|scope| {
            let threads: Vec<_> = files
                .chunks(share)
                .map(|files| {
                    scope
                        .spawn(move || files.iter().map(|f| self.of(f)).collect::<Result<Vec<_>>>())
                })
                .collect();
            let ended = threads.into_iter().map(|thread| match thread.join() {
                Ok(found) => found,
                Err(fault) => std::panic::resume_unwind(fault),
            });
            ended.collect::<Result<Vec<_>>>()
        });
        Ok(shares?.into_iter().flatten().collect())
    }

    /// The lines of one file. Those of a large one are remembered.
    fn of(&self, file: &FileVersion) -> Result<Vec<u32>> {
        let large = self.repo.blob_size(&file.blob)? > LARGE;
        let digest = UnitDigest::of_file(file);
        let key = || self.key.get_or_init(|| key_of(self.descriptor));
        if large && let Some(known) = self.cache.result(key(), &digest) {
            return Ok(known_lines(&known));
        }
        if large && self.remember_long(file, &digest) {
            let known = self.cache.result(key(), &digest);
            if let Some(known) = known {
                return Ok(known_lines(&known));
            }
        }
        let bytes = self.repo.blob(&file.blob)?;
        let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        let text = match large && !is_utf16 {
            // A large one is read once.
            true => String::from_utf8(bytes)
                .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
            false => match Content::of(bytes) {
                Content::Text(text) => text,
                // A scanner may read it all the same.
                Content::Binary(_) => text_of(self.repo, file)?,
            },
        };
        let lines = lines_of(&text, &self.descriptor.silenced_at(&text));
        if large {
            let known = lines.iter().flat_map(|line| line.to_le_bytes()).collect();
            self.cache.remember(key(), [(digest, known)]);
        }
        Ok(lines)
    }
}

impl Comments<'_> {
    /// Reads a long file as a stream, and remembers the comments for all scanners of the run at once. Says whether it
    /// could.
    fn remember_long(&self, file: &FileVersion, digest: &UnitDigest) -> bool {
        let Some(content) = self.repo.long_blob(&file.blob, LARGE) else {
            return false;
        };
        let descriptors = self.scanners.iter().map(|s| &s.descriptor);
        let silenced = descriptors.filter(|d| !d.suppressions().is_empty());
        let silenced: Vec<&Descriptor> = silenced.collect();
        let Some(found) = lines_of_long(&mut Stream::new(content), &silenced) else {
            return false;
        };
        for (descriptor, lines) in silenced.into_iter().zip(found) {
            let known = lines.iter().flat_map(|line| line.to_le_bytes()).collect();
            self.cache.remember(&key_of(descriptor), [(*digest, known)]);
        }
        true
    }
}

/// The lines of comments in a file that comes in parts, for each scanner; `None` if it cannot be read like this.
fn lines_of_long(parts: &mut dyn Parts<'_>, scanners: &[&Descriptor]) -> Option<Vec<Vec<u32>>> {
    let found = parts::map(parts, threads(), &|part| lines_in_part(&part, scanners));
    let mut all = vec![Vec::new(); scanners.len()];
    let mut before = 0;
    for part in found.ok()?? {
        for (all, lines) in all.iter_mut().zip(part.lines) {
            let lines = lines.into_iter().map(|line| before + line);
            // A line may be in two parts.
            let last = all.last().copied();
            all.extend(lines.skip_while(|line| Some(*line) == last));
        }
        before += part.ends;
    }
    Some(all)
}

/// The comments in a part of a file.
struct InPart {
    /// Their lines, counted from the part's begin, for each scanner.
    lines: Vec<Vec<u32>>,
    /// How many lines end in the part.
    ends: u32,
}

/// `None` where the file may be text in another encoding.
fn lines_in_part(part: &TextPart<'_>, scanners: &[&Descriptor]) -> Option<InPart> {
    let own = part.text.get(part.own.clone())?;
    let is_utf16 = own.starts_with(b"\xff\xfe") || own.starts_with(b"\xfe\xff");
    if is_utf16 && part.number == 0 || memchr::memchr(0, own).is_some() {
        return None;
    }
    // What begins in the part may end behind it.
    let text = String::from_utf8_lossy(part.text.get(part.own.start..)?);
    // Where bytes are replaced by others, places move.
    let end = match &text {
        Cow::Borrowed(_) => own.len(),
        Cow::Owned(_) => String::from_utf8_lossy(own).len(),
    };
    let lines = scanners.iter().map(|descriptor| {
        let mut places = descriptor.silenced_at(&text);
        places.retain(|at| *at < end);
        lines_of(&text, &places)
    });
    let ends = |at: usize| {
        own.get(at) == Some(&b'\n') || part.text.get(part.own.start + at + 1) != Some(&b'\n')
    };
    let breaks = memchr::memchr2_iter(b'\n', b'\r', own).filter(|at| ends(*at));
    Some(InPart {
        lines: lines.collect(),
        ends: u32::try_from(breaks.count()).ok()?,
    })
}

impl Added {
    /// A note that names the first places, and who reports them all the same.
    pub(super) fn note(&self, located: &[Located]) -> Note {
        let is_here = |finding: &Finding| {
            let is_on = |line| {
                finding
                    .region
                    .is_some_and(|r| (r.line..=r.end_line).contains(line))
            };
            self.places
                .iter()
                .any(|(path, line)| *path == finding.path && is_on(line))
        };
        let kept = located.iter().filter(|l| l.status != Status::Fixed);
        let others = kept.filter(|l| l.finding.scanner != self.scanner && is_here(&l.finding));
        let others: BTreeSet<String> = others.map(|l| l.finding.scanner.to_string()).collect();
        let named = self.places.iter().take(NAMED).cloned();
        Note::SuppressionsAdded {
            scanner: self.scanner.clone(),
            places: named.map(|(path, line)| Spot { path, line }).collect(),
            more: self.places.len().saturating_sub(NAMED) as u64,
            unheeded_by: others.into_iter().collect(),
        }
    }

    /// Each comment as a finding of newgate itself, where the policy lets none pass.
    pub(super) fn located(&self) -> Result<Vec<Located>> {
        let mut all = Vec::new();
        for (path, line) in &self.places {
            let finding = Finding::build(SCANNER, RULE, path.clone())
                .canonical(format!("{SCANNER}:{RULE}:{}", self.scanner))
                .region(Some(Region::line(*line)))
                .title(format!("A comment that suppresses {}", self.scanner))
                .message(format!("It hides what {} finds here.", self.scanner))
                .fix(Some(
                    "Remove the comment and fix what it hides, or ask for an exemption.",
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

/// The rule of the policy that blocks such comments.
pub(super) fn rule() -> Result<PolicyRule> {
    let pattern =
        |text: &str| Pattern::new(text, false).map_err(|e| Error::new(ErrorKind::Fault, e));
    Ok(PolicyRule {
        scanners: vec![SCANNER.to_owned()],
        rules: vec![pattern(RULE)?],
        ..PolicyRule::new("gate.suppressions", Action::Block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Catalog;

    #[test]
    fn comments_in_a_stream_are_those_of_the_whole() {
        let catalog = Catalog::with(&[]).unwrap();
        let scanner = |name| catalog.get(name).unwrap().unwrap();
        let scanners = [scanner("code"), scanner("secrets")];
        let scanners: Vec<&Descriptor> = scanners.iter().collect();
        let mut text = "\u{e4} = 1 # nosec\r\n".repeat(3);
        for number in 0..300 {
            text.push_str(&"b = 2\r".repeat(number % 5));
            text.push_str("c = 3 # newgate:allow-secret # NOSEC x\n\n");
            text.push_str(&"long, ".repeat(number));
        }
        let lines = |s: &&Descriptor| lines_of(&text, &s.silenced_at(&text));
        let whole: Vec<Vec<u32>> = scanners.iter().map(lines).collect();
        for size in [90, 1_000, 4_099, 50_000] {
            let mut parts = Stream::with_size(text.as_bytes(), size);
            let found = lines_of_long(&mut parts, &scanners);
            assert_eq!(found.as_ref(), Some(&whole), "{size}");
        }
        let other = &mut Stream::new(&b"a\0b"[..]);
        assert_eq!(lines_of_long(other, &scanners), None);
    }
}
