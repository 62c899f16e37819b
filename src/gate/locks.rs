//! Lock files whose entries change in a way that no package manager makes: told from both sides of the change.

use super::planned::{Planned, Told};
use crate::compare::Located;
use crate::error::Result;
use crate::model::{FileVersion, Gap, Note, Oid, Reason, RepoPath, Stage, Status};
use crate::scan::{Engine, in_lock_file, is_lock_file, is_same_lock_file};

/// How many deleted lock files are read to find out where a new one comes from.
const MOST_GONE: usize = 20;

/// Suspicious entries in the lock files of a change, if the scanner `code` is on, and the lock files that cannot be read.
pub(super) fn suspicious(planned: &Planned<'_>) -> Result<(Vec<Located>, Told)> {
    let (mut all, mut told) = (Vec::new(), Told::default());
    for (scanner, plan) in planned.scanners.iter().zip(&planned.plans) {
        if scanner.descriptor.engine() != Engine::Code || scanner.given {
            continue;
        }
        for file in plan.head.iter().filter(|f| is_lock_file(&f.path)) {
            planned.clock.check()?;
            match of_file(planned, file)? {
                Ok(found) => all.extend(found),
                Err(unread) => {
                    let scanner = scanner.descriptor.name().to_owned();
                    let (path, why) = (file.path.clone(), unread.why);
                    match unread.before && !planned.gate.enforce {
                        true => told.notes.push(Note::UnreadBefore { scanner, path, why }),
                        false => told.gaps.push(Gap::Unread { scanner, path, why }),
                    }
                }
            }
        }
    }
    Ok((all, told))
}

/// A lock file that cannot be read.
struct Unread {
    why: String,
    /// Whether it could not be read before either.
    before: bool,
}

fn of_file(
    planned: &Planned<'_>,
    file: &FileVersion,
) -> Result<std::result::Result<Vec<Located>, Unread>> {
    let repo = planned.gate.repo;
    let is_new =
        |c: &&crate::model::FileChange| c.new.as_ref().is_some_and(|n| n.path == file.path);
    let old = planned.changes.iter().find(is_new);
    let mut before = Vec::new();
    match old.and_then(|c| c.old.as_ref()) {
        Some(old) if old.is_regular() => before.push(repo.blob(&old.blob)?),
        // It may come from another place, or under another name.
        _ => {
            let gone = planned.changes.iter().filter(|c| c.new.is_none());
            let gone = gone
                .filter_map(|c| c.old.as_ref())
                .filter(|o| o.is_regular());
            for old in gone
                .filter(|o| is_same_lock_file(&o.path, &file.path))
                .take(MOST_GONE)
            {
                before.push(repo.blob(&old.blob)?);
            }
        }
    }
    // What another tree of the target's side has is not new.
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
    let findings = match in_lock_file(&file.path, &before, &content, &beside) {
        Ok(findings) => findings,
        Err(why) => {
            let read = |old: &Vec<u8>| in_lock_file(&file.path, &[], old, &|_| None);
            let before = before.first().is_some_and(|old| read(old).is_err());
            return Ok(Err(Unread { why, before }));
        }
    };
    let located = findings.into_iter().map(|finding| Located {
        finding,
        status: Status::New,
        stage: Stage::Unmatched,
        touched: true,
        from: None,
        reason: Reason::NotInBase,
        commit: None,
    });
    Ok(Ok(located.collect()))
}

fn read(planned: &Planned<'_>, tree: &Oid, path: &RepoPath) -> Result<Option<Vec<u8>>> {
    let repo = planned.gate.repo;
    match repo.entry(tree, path)? {
        Some(file) if file.is_regular() => Ok(Some(repo.blob(&file.blob)?)),
        _ => Ok(None),
    }
}
