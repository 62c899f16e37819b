//! The changes of a push, as git hands them to a pre-push hook (githooks(5)).

#![deny(clippy::indexing_slicing, reason = "a hook may be handed anything")]

use std::collections::HashMap;

use super::choose::{Base, base_of};
use super::elsewhere::{Destination, other_merge_bases, other_trees};
use super::{Peeled, PushLine, Repository, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{BaseReason, Change, Mode, Note, Oid, OtherTree, harmless};

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
            is_local: false,
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
            is_local: false,
        }),
        _ => None,
    })
}

/// Chooses the trees of one line of a push. `files` are the trees that stand for objects which lead to a
/// file.
///
/// # Errors
/// git could not answer.
pub fn choose_push(
    repo: &Repository,
    to: Destination<'_>,
    line: &PushLine,
    files: &HashMap<Oid, Oid>,
) -> Result<Pushed> {
    let shown = &harmless(short_ref(&line.remote_ref));
    if line.local_oid.is_zero() {
        return Ok(Pushed::Skip(format!(
            "{shown} is deleted: nothing to judge"
        )));
    }
    let (head, head_tree, is_commit) = match repo.peel(&line.local_oid)? {
        Some(Peeled::Commit { commit, tree }) => (commit, tree, true),
        Some(Peeled::Tree(tree)) => (tree.clone(), tree, false),
        Some(Peeled::Blob(_)) => match files.get(&line.local_oid) {
            Some(tree) => (tree.clone(), tree.clone(), false),
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
    // A local branch that stands for the remote's tells nothing of a push of itself.
    let itself = |t: &&Target| {
        t.is_local && (t.tip == head || line.local_ref == format!("refs/heads/{}", t.branch))
    };
    let target = to.target.filter(|t| !itself(t));
    let to = Destination { target, ..to };
    let old = match line.remote_oid.is_zero() {
        true => None,
        false => match repo.peel(&line.remote_oid)? {
            Some(Peeled::Commit { commit, tree }) => {
                Some(target_named(to.shown, shown, commit, tree))
            }
            _ => None,
        },
    };
    let mut elsewhere = Vec::new();
    let mut notes = Vec::new();
    let base = if files.contains_key(&line.local_oid) {
        Base::none(BaseReason::File)
    } else if to.is_target(line) && !line.remote_oid.is_zero() {
        base_on_target(repo, to, &head, shown, &line.remote_oid, old.as_ref())?
    } else if target.is_none() {
        match &old {
            Some(old) => {
                notes.push(Note::NoDefaultBranch {
                    remote: to.shown.to_owned(),
                    branch: shown.clone(),
                });
                base_of(repo, &head, Some(old))?
            }
            None => Base::none(BaseReason::NoRemoteBranch {
                remote: to.shown.to_owned(),
            }),
        }
    } else {
        base_of(repo, &head, target)?
    };
    let mut base = base;
    if is_commit && base.commit.is_some() {
        let holder = to.holder(repo, line, &head)?;
        let closer = match holder {
            Some(holder) => vec![holder],
            None => to.upstreams(repo, line)?,
        };
        for other in closer {
            base = closest(repo, &head, base, &other)?;
            elsewhere.push(other);
        }
        elsewhere.extend(to.reviewed(repo, line)?);
    }
    notes.extend(std::mem::take(&mut base.notes));
    // On the server, what a ref has is the base where it counts.
    elsewhere.extend(old.clone().filter(|_| to.remote.is_some()));
    let mut known: Vec<Oid> = base.commit.iter().cloned().collect();
    known.extend(target.map(|t| t.tip.clone()));
    known.extend(elsewhere.iter().map(|t| t.tip.clone()));
    known.extend(old.iter().map(|t| t.tip.clone()));
    let mut candidates: Vec<OtherTree> = target.map(OtherTree::from).into_iter().collect();
    if is_commit && let Some(target) = target {
        candidates.extend(other_merge_bases(repo, &head, target)?);
    }
    candidates.extend(elsewhere.iter().map(OtherTree::from));
    let replaced = match &old {
        Some(old) if is_commit && repo.merge_bases(&head, &old.tip)?.first() != Some(&old.tip) => {
            Some(old.tip.clone())
        }
        _ => None,
    };
    Ok(Pushed::Judge(Box::new(Change {
        name: harmless(&format!(
            "{} -> {}/{shown}",
            short_ref(&line.local_ref),
            to.shown
        )),
        head,
        head_tree,
        others: other_trees(base.tree.as_ref(), candidates),
        base: base.commit,
        base_tree: base.tree,
        target: target.map(|t| t.name.clone()),
        tip: target.map(|t| t.tip.clone()),
        base_reason: base.reason,
        mode: Mode::Push,
        known,
        replaced,
        notes,
    })))
}

/// The base, or the merge base with another branch where that is closer to the head.
fn closest(repo: &Repository, head: &Oid, base: Base, other: &Target) -> Result<Base> {
    let second = base_of(repo, head, Some(other))?;
    let closer = match (&base.commit, &second.commit) {
        (Some(a), Some(b)) => a != b && repo.merge_bases(a, b)?.first() == Some(a),
        (None, b) => b.is_some(),
        (_, None) => false,
    };
    Ok(match closer {
        true => Base {
            notes: base.notes,
            ..second
        },
        false => base,
    })
}

/// A branch of a remote as a target.
fn target_named(remote: &str, branch: &str, tip: Oid, tree: Oid) -> Target {
    Target {
        name: format!("{remote}/{branch}"),
        branch: branch.to_owned(),
        tip,
        tree,
        is_local: false,
    }
}

/// The base of a push to the target branch itself: what it points at there, as far as the push
/// goes on from it.
fn base_on_target(
    repo: &Repository,
    to: Destination<'_>,
    head: &Oid,
    shown: &str,
    remote_oid: &Oid,
    old: Option<&Target>,
) -> Result<Base> {
    let branch = format!("{}/{shown}", to.shown);
    let Some(old) = old else {
        let mut base = base_of(repo, head, to.target)?;
        base.notes.push(Note::RemoteUnseen {
            branch,
            commit: remote_oid.clone(),
        });
        return Ok(base);
    };
    if repo.merge_bases(head, &old.tip)?.first() == Some(&old.tip) {
        return Ok(Base {
            commit: Some(old.tip.clone()),
            tree: Some(old.tree.clone()),
            reason: BaseReason::BeforePush {
                branch: Some(branch),
            },
            notes: Vec::new(),
        });
    }
    let mut base = base_of(repo, head, Some(old))?;
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
