//! The whole baseline of a target, computed once so that every push after it is cheap.

use super::{Gate, Settings, listing};
use crate::cache::UnitDigest;
use crate::error::Result;
use crate::git::Target;
use crate::model::{BaseReason, Change, FileChange, FileVersion, Mode};
use crate::scan::{Need, Plan, Scanner, Scope, SecretKey, Trees, plan, project, resolve};

/// What a build came to.
#[derive(Clone, Debug)]
pub struct Built {
    /// For each scanner: its name, files scanned now, files known before, and what went wrong.
    pub scanners: Vec<(String, u64, u64, String)>,
}

/// One of several parts of a baseline, which may be built on several machines: by the units' digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub part: u32,
    /// How many there are.
    pub of: u32,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { part: 1, of: 1 };

    fn has(self, file: &FileVersion) -> bool {
        let digest = UnitDigest::of_file(file);
        let [a, b, c, d, ..] = *digest.as_bytes();
        u32::from_le_bytes([a, b, c, d]) % self.of + 1 == self.part
    }
}

/// A target's tip as a change against nothing.
pub(super) fn change_of(target: &Target) -> Change {
    Change {
        name: target.name.clone(),
        head: target.tip.clone(),
        head_tree: target.tree.clone(),
        base: None,
        base_tree: None,
        target: Some(target.name.clone()),
        tip: Some(target.tip.clone()),
        others: Vec::new(),
        base_reason: BaseReason::Baseline,
        mode: Mode::Check,
        known: Vec::new(),
        replaced: None,
        tags: Vec::new(),
        replaced_tags: Vec::new(),
        notes: Vec::new(),
    }
}

/// The configuration that the next check of the current branch goes by: that of the target, or that of the branch where
/// the target has none yet.
///
/// # Errors
/// The configuration has mistakes, or git could not answer.
pub(super) fn settings_for(gate: &Gate<'_>, target: &Target) -> Result<Settings> {
    let mut change = change_of(target);
    if let Some(head) = gate.repo.resolve("HEAD")?
        && let Some(tree) = super::tree_of(gate.repo, &head)?
    {
        change.head_tree = tree;
    }
    gate.settings(&change, gate.config_from)
}

/// How much is known about a target's tip: for each scanner that a build runs its name, the files that it reads, and
/// how many of them have a result.
///
/// # Errors
/// As [`build_baseline`].
pub fn known_of_baseline(gate: &Gate<'_>, target: &Target) -> Result<Vec<(String, u64, u64)>> {
    let (_, scanners, plans) = planned(gate, target, Shard::WHOLE, &|_| true)?;
    let mut all = Vec::new();
    for (scanner, plan) in scanners.iter().zip(&plans) {
        let has = |digest: &UnitDigest| {
            let result = gate.cache.result_or_fetched(&scanner.key, digest);
            result.is_some()
        };
        let files = plan.head.len() as u64;
        let known = match scanner.descriptor.scope() {
            Scope::File => {
                let known = plan.head.iter().filter(|f| has(&UnitDigest::of_file(f)));
                known.count() as u64
            }
            Scope::Project if files == 0 => 0,
            Scope::Project => {
                let digests = project::digests(gate.repo, &scanner.descriptor, &target.tree)?;
                match digests.iter().any(has) {
                    true => files,
                    false => 0,
                }
            }
        };
        all.push((scanner.descriptor.name().to_owned(), files, known));
    }
    Ok(all)
}

/// Scans every file of a target's tip, or of a part of it, that has no result yet. Scanners of a whole
/// project belong to the first part.
///
/// # Errors
/// The configuration has mistakes, git could not answer, or somebody asked to stop; what was scanned
/// until then is kept.
pub fn build_baseline(gate: &Gate<'_>, target: &Target, shard: Shard) -> Result<Built> {
    build(gate, target, shard, &|_| true)
}

/// The same for built-in scanners only, which are as fast as reading results from elsewhere.
///
/// # Errors
/// As [`build_baseline`].
pub fn build_built_in(gate: &Gate<'_>, target: &Target) -> Result<Built> {
    build(gate, target, Shard::WHOLE, &|s| s.program.is_none())
}

fn build(
    gate: &Gate<'_>,
    target: &Target,
    shard: Shard,
    wanted: &dyn Fn(&Scanner) -> bool,
) -> Result<Built> {
    let (settings, scanners, plans) = planned(gate, target, shard, wanted)?;
    // What a trusted signer signed need not be scanned again.
    gate.trust(&settings)?;
    let key = SecretKey::new(gate.cache.secret_key());
    let resolved = resolve(
        gate.resolver(&key, gate.deadline),
        &scanners,
        &plans,
        Need::Comparison,
    )?;
    let mut built = Vec::new();
    for (scanner, one) in scanners.iter().zip(resolved) {
        if one.detail.is_empty() && scanner.descriptor.scope() == Scope::File {
            listing::walk(gate.repo, gate.cache, scanner, &target.tree, usize::MAX)?;
        }
        built.push((
            scanner.descriptor.name().to_owned(),
            one.scanned,
            one.cached,
            one.detail,
        ));
    }
    Ok(Built { scanners: built })
}

/// The scanners of a build, with the files of each.
fn planned(
    gate: &Gate<'_>,
    target: &Target,
    shard: Shard,
    wanted: &dyn Fn(&Scanner) -> bool,
) -> Result<(Settings, Vec<Scanner>, Vec<Plan>)> {
    let settings = settings_for(gate, target)?;
    let mut scanners = gate.scanners(&settings)?;
    scanners.retain(|s| wanted(s) && !s.given);
    let files = listing::files_of(gate.repo, &target.tree)?;
    let changes: Vec<FileChange> = files
        .into_iter()
        .map(|f| FileChange {
            old: None,
            new: Some(f),
        })
        .collect();
    let content = |file: &FileVersion| gate.repo.blob(&file.blob);
    let trees = Trees {
        head: Some(target.tree.clone()),
        base: None,
    };
    let mut plans = plan(&scanners, &changes, &trees, &content, &|file, _| {
        gate.repo.behind(&target.tree, file)
    })?;
    for (scanner, plan) in scanners.iter().zip(&mut plans) {
        match scanner.descriptor.scope() {
            Scope::File => plan.head.retain(|f| shard.has(f)),
            Scope::Project if shard.part > 1 => {
                plan.head.clear();
                plan.project = None;
            }
            Scope::Project => {}
        }
    }
    Ok((settings, scanners, plans))
}
