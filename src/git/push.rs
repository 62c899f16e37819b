//! The changes of a push, as git hands them to a pre-push hook (githooks(5)).

#![deny(clippy::indexing_slicing, reason = "a hook may be handed anything")]

use std::collections::HashMap;

use super::choose::{Base, base_of};
use super::{Peeled, PushLine, Repository, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{BaseReason, Change, Mode, Note, Oid, harmless};

/// What a line of a push comes to.
#[derive(Clone, Debug)]
pub enum Pushed {
    /// A change to judge.
    Judge(Box<Change>),
    /// Nothing to judge, and why.
    Skip(String),
}

/// The target of a ref that a server receives: what the ref points at before the push, else the
/// server's default branch; none while there is none.
///
/// # Errors
/// git could not answer.
pub fn receive_target(repo: &Repository, line: &PushLine) -> Result<Option<Target>> {
    let branch = short_ref(&line.remote_ref).to_owned();
    if !line.remote_oid.is_zero()
        && line.remote_ref.starts_with("refs/heads/")
        && let Some(Peeled::Commit { commit, tree }) = repo.peel(&line.remote_oid)?
    {
        return Ok(Some(Target {
            name: harmless(&branch),
            branch,
            tip: commit,
            tree,
        }));
    }
    default_branch(repo)
}

/// The branch that `HEAD` of a bare repository names, where it is there.
///
/// # Errors
/// git could not answer.
pub fn default_branch(repo: &Repository) -> Result<Option<Target>> {
    let Some(name) = repo.symbolic("HEAD")? else {
        return Ok(None);
    };
    let Some(oid) = repo.reference(&name)? else {
        return Ok(None);
    };
    Ok(match repo.peel(&oid)? {
        Some(Peeled::Commit { commit, tree }) => Some(Target {
            name: harmless(short_ref(&name)),
            branch: short_ref(&name).to_owned(),
            tip: commit,
            tree,
        }),
        _ => None,
    })
}

/// Chooses the trees of one line of a push to a remote. `files` are the trees that stand for objects which
/// lead to a file.
///
/// # Errors
/// git could not answer.
pub fn choose_push(
    repo: &Repository,
    remote: &str,
    line: &PushLine,
    target: Option<&Target>,
    files: &HashMap<Oid, Oid>,
) -> Result<Pushed> {
    let shown = &harmless(short_ref(&line.remote_ref));
    if line.local_oid.is_zero() {
        return Ok(Pushed::Skip(format!(
            "{shown} is deleted: nothing to judge"
        )));
    }
    let (head, head_tree) = match repo.peel(&line.local_oid)? {
        Some(Peeled::Commit { commit, tree }) => (commit, tree),
        Some(Peeled::Tree(tree)) => (tree.clone(), tree),
        Some(Peeled::Blob(_)) => match files.get(&line.local_oid) {
            Some(tree) => (tree.clone(), tree.clone()),
            None => return Ok(Pushed::Skip(format!("{shown} points at a file"))),
        },
        None => {
            return Err(Error::new(
                ErrorKind::Git,
                format!(
                    "{} of {shown} is not in this repository",
                    line.local_oid.short()
                ),
            ));
        }
    };
    let is_target = target.is_some_and(|t| line.remote_ref == format!("refs/heads/{}", t.branch));
    let old = if line.remote_oid.is_zero() {
        None
    } else {
        match repo.peel(&line.remote_oid)? {
            Some(Peeled::Commit { commit, tree }) => Some((commit, tree)),
            _ => None,
        }
    };
    let mut notes = Vec::new();
    let base = if files.contains_key(&line.local_oid) {
        Base::none(BaseReason::File)
    } else if is_target && !line.remote_oid.is_zero() {
        base_on_target(
            repo,
            remote,
            &head,
            shown,
            &line.remote_oid,
            old.as_ref(),
            target,
        )?
    } else if target.is_none() {
        match &old {
            Some((old, _)) => {
                notes.push(Note::NoDefaultBranch {
                    remote: remote.to_owned(),
                    branch: shown.clone(),
                });
                base_of(repo, &head, Some(&target_from(remote, shown, old, repo)?))?
            }
            None => Base::none(BaseReason::NoRemoteBranch {
                remote: remote.to_owned(),
            }),
        }
    } else {
        base_of(repo, &head, target)?
    };
    notes.extend(base.notes);
    let mut known: Vec<Oid> = base.commit.iter().cloned().collect();
    known.extend(target.map(|t| t.tip.clone()));
    known.extend(old.map(|(commit, _)| commit));
    Ok(Pushed::Judge(Box::new(Change {
        name: harmless(&format!(
            "{} -> {remote}/{shown}",
            short_ref(&line.local_ref)
        )),
        head,
        head_tree,
        base: base.commit,
        base_tree: base.tree,
        target: target.map(|t| t.name.clone()),
        tip: target.map(|t| t.tip.clone()),
        base_reason: base.reason,
        mode: Mode::Push,
        known,
        notes,
    })))
}

fn target_from(remote: &str, branch: &str, tip: &Oid, repo: &Repository) -> Result<Target> {
    match repo.peel(tip)? {
        Some(Peeled::Commit { commit, tree }) => Ok(Target {
            name: format!("{remote}/{branch}"),
            branch: branch.to_owned(),
            tip: commit,
            tree,
        }),
        _ => Err(Error::new(
            ErrorKind::Git,
            format!("commit {} cannot be read", tip.short()),
        )),
    }
}

/// The base of a push to the target branch itself: what it points at there, as far as the push
/// goes on from it.
fn base_on_target(
    repo: &Repository,
    remote: &str,
    head: &Oid,
    shown: &str,
    remote_oid: &Oid,
    old: Option<&(Oid, Oid)>,
    target: Option<&Target>,
) -> Result<Base> {
    let Some((old, old_tree)) = old else {
        let mut base = base_of(repo, head, target)?;
        base.notes.push(Note::RemoteUnseen {
            branch: format!("{remote}/{shown}"),
            commit: remote_oid.clone(),
        });
        return Ok(base);
    };
    if repo.merge_bases(head, old)?.first() == Some(old) {
        return Ok(Base {
            commit: Some(old.clone()),
            tree: Some(old_tree.clone()),
            reason: BaseReason::BeforePush {
                branch: Some(format!("{remote}/{shown}")),
            },
            notes: Vec::new(),
        });
    }
    let mut base = base_of(repo, head, Some(&target_from(remote, shown, old, repo)?))?;
    base.reason.rewrite();
    Ok(base)
}

/// A ref without its well-known prefix, for people.
pub(super) fn short_ref(name: &str) -> &str {
    ["refs/heads/", "refs/tags/", "refs/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}
