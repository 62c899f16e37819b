//! Lock files whose entries change in a way that no package manager makes: told from both sides of the change.

use super::planned::Planned;
use crate::compare::Located;
use crate::error::Result;
use crate::model::{FileVersion, Oid, Reason, RepoPath, Stage, Status};
use crate::scan::{Engine, in_lock_file, is_lock_file};

/// Suspicious entries in the lock files of a change, if the scanner `code` is on.
pub(super) fn suspicious(planned: &Planned<'_>) -> Result<Vec<Located>> {
    let mut all = Vec::new();
    for (scanner, plan) in planned.scanners.iter().zip(&planned.plans) {
        if scanner.descriptor.engine() != Engine::Code || scanner.given {
            continue;
        }
        for file in plan.head.iter().filter(|f| is_lock_file(&f.path)) {
            planned.clock.check()?;
            all.extend(of_file(planned, file)?);
        }
    }
    Ok(all)
}

fn of_file(planned: &Planned<'_>, file: &FileVersion) -> Result<Vec<Located>> {
    let repo = planned.gate.repo;
    let is_new =
        |c: &&crate::model::FileChange| c.new.as_ref().is_some_and(|n| n.path == file.path);
    let old = planned.changes.iter().find(is_new);
    let mut before = Vec::new();
    if let Some(old) = old.and_then(|c| c.old.as_ref()).filter(|o| o.is_regular()) {
        before.push(repo.blob(&old.blob)?);
    }
    // What another tree of the target's side has is not a news.
    for other in &planned.change.others {
        before.extend(read(planned, &other.tree, &file.path)?);
    }
    let beside = |name: &str| {
        let path = file.path.as_bytes();
        let folder = path.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
        let mut beside = path.get(..folder).unwrap_or_default().to_vec();
        beside.extend(name.as_bytes());
        let path = RepoPath::from(&*String::from_utf8_lossy(&beside));
        read(planned, &planned.change.head_tree, &path)
            .ok()
            .flatten()
    };
    let content = repo.blob(&file.blob)?;
    let findings = in_lock_file(&file.path, &before, &content, &beside);
    let located = findings.into_iter().map(|finding| Located {
        finding,
        status: Status::New,
        stage: Stage::Unmatched,
        touched: true,
        from: None,
        reason: Reason::NotInBase,
        commit: None,
    });
    Ok(located.collect())
}

fn read(planned: &Planned<'_>, tree: &Oid, path: &RepoPath) -> Result<Option<Vec<u8>>> {
    let repo = planned.gate.repo;
    match repo.entry(tree, path)? {
        Some(file) if file.is_regular() => Ok(Some(repo.blob(&file.blob)?)),
        _ => Ok(None),
    }
}
