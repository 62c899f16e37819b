//! The whole baseline of a target, computed once so that every push after it is cheap.

use super::{Gate, Settings, listing};
use crate::error::{Error, Kind, Result};
use crate::git::Target;
use crate::model::{Change, FileChange, FileVersion, Mode};
use crate::scan::{Need, Scope, SecretKey, Trees, plan, resolve};

/// What a build came to.
#[derive(Clone, Debug)]
pub struct Built {
    /// For each scanner: its name, files scanned now, files known before, and what went wrong.
    pub scanners: Vec<(String, u64, u64, String)>,
}

/// Scans every file of a target's tip that has no result yet.
///
/// # Errors
/// The configuration has mistakes, git could not answer, or somebody asked to stop; what was scanned
/// until then is kept.
pub fn build_baseline(gate: &Gate<'_>, target: &Target) -> Result<Built> {
    let change = Change {
        name: target.name.clone(),
        head: target.tip.clone(),
        head_tree: target.tree.clone(),
        base: None,
        base_tree: None,
        target: Some(target.name.clone()),
        tip: Some(target.tip.clone()),
        base_reason: String::new(),
        mode: Mode::Check,
        known: Vec::new(),
        notes: Vec::new(),
    };
    let settings = Settings::read(gate.repo, &change, gate.config_from)?;
    let scanners = gate.scanners(&settings)?;
    let files = gate.repo.list(&target.tree, usize::MAX)?.ok_or_else(|| {
        Error::new(
            Kind::Git,
            format!("the files of {} cannot be listed", target.name),
        )
    })?;
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
    let plans = plan(&scanners, &changes, &trees, &content)?;
    let key = SecretKey::new(gate.cache.secret_key());
    let resolved = resolve(
        gate.resolver(&key, gate.deadline),
        &scanners,
        &plans,
        Need::WhereHeadHasFindings,
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
