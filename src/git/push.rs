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

/// The target of a ref that a server receives: what the ref points at before the push, or else the
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
            "{shown} is deleted: nothing to check"
        )));
    }
    let Some(object) = object_of(repo, line, shown, files)? else {
        return Ok(Pushed::Skip(format!("{shown} points to a file")));
    };
    let Object {
        head,
        tree: head_tree,
        is_commit,
    } = object;
    // A local branch that stands for the remote's tells nothing of a push of itself.
    let itself = |t: &&Target| {
        t.is_local && (t.tip == head || line.local_ref == format!("refs/heads/{}", t.branch))
    };
    let target = to.target.filter(|t| !itself(t));
    let to = Destination { target, ..to };
    let old = before_push(repo, to, line, shown)?;
    let is_file = files.contains_key(&line.local_oid);
    let mut base = base_of_push(repo, to, line, (&head, is_file), old.as_ref())?;
    let mut elsewhere = Vec::new();
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
    let replaced_tags = match line.remote_oid.is_zero() {
        true => Vec::new(),
        false => repo.tags_from(&line.remote_oid)?,
    };
    Ok(Pushed::Judge(Box::new(Change {
        tags: repo.tags_from(&line.local_oid)?,
        replaced_tags,
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
        notes: base.notes,
    })))
}

/// What a line of a push puts on the remote.
struct Object {
    head: Oid,
    tree: Oid,
    is_commit: bool,
}

/// What a line of a push puts on the remote; none for a file that nothing stands for.
fn object_of(
    repo: &Repository,
    line: &PushLine,
    shown: &str,
    files: &HashMap<Oid, Oid>,
) -> Result<Option<Object>> {
    let (head, tree, is_commit) = match repo.peel(&line.local_oid)? {
        Some(Peeled::Commit { commit, tree }) => (commit, tree, true),
        Some(Peeled::Tree(tree)) => (tree.clone(), tree, false),
        Some(Peeled::Blob(_)) => match files.get(&line.local_oid) {
            Some(tree) => (tree.clone(), tree.clone(), false),
            None => return Ok(None),
        },
        None => {
            let id = line.local_oid.short();
            let text = format!("{id} of {shown} is not in this repository");
            return Err(Error::new(ErrorKind::Git, text)
                .hint("`git fetch` brings missing commits; `git fsck` looks for damage"));
        }
    };
    Ok(Some(Object {
        head,
        tree,
        is_commit,
    }))
}

/// The base of a push, as far as it follows from the target and from what the ref has on the remote.
fn base_of_push(
    repo: &Repository,
    to: Destination<'_>,
    line: &PushLine,
    (head, is_file): (&Oid, bool),
    old: Option<&Target>,
) -> Result<Base> {
    let shown = &harmless(short_ref(&line.remote_ref));
    let remote = to.shown.to_owned();
    if is_file {
        return Ok(Base::none(BaseReason::File));
    }
    if to.is_target(line) && !line.remote_oid.is_zero() {
        return base_on_target(repo, to, head, shown, &line.remote_oid, old);
    }
    match (to.target, old) {
        (Some(target), _) => base_of(repo, head, Some(target)),
        (None, Some(old)) => {
            let mut base = base_of(repo, head, Some(old))?;
            let branch = shown.clone();
            base.notes
                .insert(0, Note::NoDefaultBranch { remote, branch });
            Ok(base)
        }
        (None, None) => Ok(Base::none(BaseReason::NoRemoteBranch { remote })),
    }
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

/// What the ref points at on the remote, as a target; none if that is not a commit that is here.
fn before_push(
    repo: &Repository,
    to: Destination<'_>,
    line: &PushLine,
    shown: &str,
) -> Result<Option<Target>> {
    if line.remote_oid.is_zero() {
        return Ok(None);
    }
    Ok(match repo.peel(&line.remote_oid)? {
        Some(Peeled::Commit { commit, tree }) => Some(Target {
            name: format!("{}/{shown}", to.shown),
            branch: shown.to_owned(),
            tip: commit,
            tree,
            is_local: false,
        }),
        _ => None,
    })
}

/// The base of a push to the target branch itself: what it points at there, as far as the push
/// continues from it.
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
