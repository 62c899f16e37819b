//! Which trees are compared, and why.

use super::elsewhere::{other_merge_bases, other_trees, upstreams};
use super::similar::similar_ref;
use super::target::nearest_branch;
use super::{Peeled, Repository, Scratch, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{BaseReason, Change, Mode, Note, Oid, OtherTree, Tag, harmless};

/// The head side of a check by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// A committed revision.
    Revision(String),
    /// The index.
    Index,
    /// The files of the work tree, including new ones that git does not ignore.
    WorkTree,
}

/// What the head of a check is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// The merge base with the target for a revision; the last commit for the index or the work tree.
    #[default]
    Target,
    /// A revision that the user named.
    Revision(String),
    /// Nothing, so that everything counts as new.
    Nothing,
    /// The target's tip. The head side is then the tree that merging into it would make.
    Merge,
}

/// What a check asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The head side.
    pub head: Head,
    /// The base side.
    pub against: Against,
    /// The target, if there is one.
    pub target: Option<Target>,
    /// The target's remote, if findings on other remotes are inherited as in a push.
    pub remote: Option<String>,
}

/// The base of a change and why it was chosen.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub commit: Option<Oid>,
    pub tree: Option<Oid>,
    pub reason: BaseReason,
    pub notes: Vec<Note>,
}

impl Base {
    pub(super) fn none(reason: BaseReason) -> Base {
        Base {
            commit: None,
            tree: None,
            reason,
            notes: Vec::new(),
        }
    }
}

/// Resolves a revision from the command line to a commit or tree.
///
/// # Errors The revision does not exist, or has no tree.
fn typed(repo: &Repository, revision: &str, option: &str) -> Result<(Oid, Oid)> {
    let unknown = || {
        let error = Error::new(
            ErrorKind::Usage,
            format!("`{revision}` is not a commit in this clone (from `{option}`)"),
        );
        let error = match similar_ref(repo, revision) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        };
        error.hint(
            "`git log --oneline --all` lists the commits; the branch of a remote is `origin/NAME`",
        )
    };
    let oid = repo.resolve(revision)?.ok_or_else(unknown)?;
    match repo.peel(&oid)?.ok_or_else(unknown)? {
        Peeled::Commit { commit, tree } => Ok((commit, tree)),
        Peeled::Tree(tree) => Ok((tree.clone(), tree)),
        Peeled::Blob(_) => Err(Error::new(
            ErrorKind::Usage,
            format!("`{revision}` is a file, not a commit (from `{option}`)"),
        )
        .hint("`git log --oneline --all` lists the commits")),
    }
}

/// Chooses the trees of a check by hand.
///
/// # Errors
/// A revision names nothing, or git could not answer.
pub fn choose(repo: &mut Repository, request: &Request, scratch: &mut Scratch) -> Result<Change> {
    let (name, head, head_tree) = match &request.head {
        Head::Revision(revision) => {
            let unborn = revision == "HEAD" && repo.resolve("HEAD")?.is_none();
            if unborn {
                return Err(Error::new(ErrorKind::Usage, "this branch has no commit yet")
                    .hint("commit first, or check what is not committed: `newgate check --staged` or `newgate check \
                        --worktree`"));
            }
            let (commit, tree) = typed(repo, revision, "--head")?;
            (harmless(revision), commit, tree)
        }
        Head::Index => {
            let tree = scratch.index_tree(repo)?;
            ("the index".to_owned(), tree.clone(), tree)
        }
        Head::WorkTree => {
            let tree = scratch.work_tree(repo)?;
            ("the work tree".to_owned(), tree.clone(), tree)
        }
    };
    let target = request.target.as_ref();
    let base = match (&request.against, &request.head) {
        (Against::Merge, _) => return choose_merge(repo, &name, &head, target, scratch),
        (Against::Nothing, _) => Base::none(BaseReason::NothingAsked),
        (Against::Revision(revision), _) => {
            let (commit, tree) = typed(repo, revision, "--base")?;
            Base {
                commit: Some(commit),
                tree: Some(tree),
                reason: BaseReason::Asked {
                    revision: harmless(revision),
                },
                notes: Vec::new(),
            }
        }
        (Against::Target, Head::Revision(_)) => base_of(repo, &head, target)?,
        (Against::Target, Head::Index | Head::WorkTree) => last_commit(repo)?,
    };
    let elsewhere = match (&request.against, &request.head) {
        (Against::Target, Head::Revision(revision)) => elsewhere(repo, request, revision)?,
        _ => Vec::new(),
    };
    let mut known: Vec<Oid> = base.commit.iter().cloned().collect();
    known.extend(target.into_iter().chain(&elsewhere).map(|t| t.tip.clone()));
    let mut others = others_of(repo, &base, &head, target)?;
    others.extend(elsewhere.iter().map(OtherTree::from));
    let others = other_trees(base.tree.as_ref(), others);
    let tags = match &request.head {
        Head::Revision(revision) => tags_of(repo, revision)?,
        Head::Index | Head::WorkTree => Vec::new(),
    };
    Ok(Change {
        name,
        others,
        head,
        head_tree,
        known,
        replaced: None,
        tags,
        replaced_tags: Vec::new(),
        base: base.commit,
        base_tree: base.tree,
        target: target.map(|t| t.name.clone()),
        tip: target.map(|t| t.tip.clone()),
        base_reason: base.reason,
        mode: Mode::Check,
        notes: base.notes,
    })
}

/// The branches of other remotes that are also compared in a push of the head.
fn elsewhere(repo: &Repository, request: &Request, revision: &str) -> Result<Vec<Target>> {
    let (Some(remote), Some(target)) = (&request.remote, &request.target) else {
        return Ok(Vec::new());
    };
    let of_target = format!("refs/heads/{}", target.branch);
    let is_target = match revision {
        "HEAD" => repo.symbolic("HEAD")? == Some(of_target),
        other => other == target.branch || *other == of_target,
    };
    upstreams(repo, remote, target, is_target)
}

/// The annotated tags that a revision names.
fn tags_of(repo: &Repository, revision: &str) -> Result<Vec<Tag>> {
    match repo.resolve(revision)? {
        Some(oid) => repo.tags_from(&oid),
        None => Ok(Vec::new()),
    }
}

/// The trees, besides the base, whose findings are not new.
fn others_of(
    repo: &Repository,
    base: &Base,
    head: &Oid,
    target: Option<&Target>,
) -> Result<Vec<OtherTree>> {
    let mut candidates: Vec<OtherTree> = target.map(OtherTree::from).into_iter().collect();
    if let Some(target) = target
        && matches!(base.reason, BaseReason::OneOfMergeBases { .. })
    {
        candidates.extend(other_merge_bases(repo, head, target)?);
    }
    Ok(other_trees(base.tree.as_ref(), candidates))
}

/// The last commit, as the base of changes that are not committed yet.
fn last_commit(repo: &Repository) -> Result<Base> {
    let Some(oid) = repo.resolve("HEAD")? else {
        return Ok(Base::none(BaseReason::NoCommit));
    };
    match repo.peel(&oid)? {
        Some(Peeled::Commit { commit, tree }) => Ok(Base {
            commit: Some(commit),
            tree: Some(tree),
            reason: BaseReason::LastCommit,
            notes: Vec::new(),
        }),
        _ => Err(Error::new(ErrorKind::Git, "`HEAD` cannot be read")),
    }
}

/// The trees of a merge: its result, and the target's tip. If it conflicts, the branch is compared
/// with its merge base, as in a push.
fn choose_merge(
    repo: &mut Repository,
    name: &str,
    head: &Oid,
    target: Option<&Target>,
    scratch: &mut Scratch,
) -> Result<Change> {
    let Some(target) = target else {
        return Err(
            Error::new(ErrorKind::Usage, "there is no target to merge into")
                .hint("name a branch: `newgate check --merge --target BRANCH`"),
        );
    };
    if !matches!(repo.peel(head)?, Some(Peeled::Commit { .. })) {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("`{name}` is not a commit, so it cannot be merged"),
        )
        .hint("`git log --oneline --all` lists the commits"));
    }
    let merged = scratch.merge_tree(repo, &target.tip, head)?;
    let (tree, base) = match merged {
        Some(tree) => (
            tree,
            Base {
                commit: Some(target.tip.clone()),
                tree: Some(target.tree.clone()),
                reason: BaseReason::MergedInto {
                    target: target.name.clone(),
                },
                notes: Vec::new(),
            },
        ),
        None => {
            let mut base = base_of(repo, head, Some(target))?;
            base.notes.push(Note::MergeConflicts {
                target: target.name.clone(),
            });
            match repo.peel(head)? {
                Some(Peeled::Commit { tree, .. }) => (tree, base),
                _ => {
                    return Err(Error::new(
                        ErrorKind::Git,
                        format!("commit {} cannot be read", head.short()),
                    ));
                }
            }
        }
    };
    let known = base.commit.iter().chain([&target.tip]).cloned();
    Ok(Change {
        name: format!("{name} merged into {}", target.name),
        head: head.clone(),
        head_tree: tree,
        known: known.collect(),
        replaced: None,
        tags: Vec::new(),
        replaced_tags: Vec::new(),
        others: others_of(repo, &base, head, Some(target))?,
        base: base.commit,
        base_tree: base.tree,
        target: Some(target.name.clone()),
        tip: Some(target.tip.clone()),
        base_reason: base.reason,
        mode: Mode::Merge,
        notes: base.notes,
    })
}

/// The base of a branch: its merge base with the target's tip.
///
/// # Errors
/// git could not answer.
pub(super) fn base_of(repo: &Repository, head: &Oid, target: Option<&Target>) -> Result<Base> {
    let Some(target) = target else {
        let nearest = nearest_branch(repo, head)?;
        return Ok(Base::none(BaseReason::NoTarget { nearest }));
    };
    let of_commit = |oid: &Oid| -> Result<Option<Oid>> {
        Ok(match repo.peel(oid)? {
            Some(Peeled::Commit { tree, .. }) => Some(tree),
            _ => None,
        })
    };
    let is_commit = matches!(repo.peel(head)?, Some(Peeled::Commit { .. }));
    let bases = if is_commit {
        repo.merge_bases(head, &target.tip)?
    } else {
        Vec::new()
    };
    let Some(first) = bases.first() else {
        let Target {
            tip, tree, name, ..
        } = target;
        let target = name.clone();
        let mut notes = Vec::new();
        let reason = if !is_commit {
            BaseReason::NoHistory { target }
        } else if repo.is_shallow() {
            notes.push(Note::Shallow {
                target: target.clone(),
            });
            BaseReason::Shallow { target }
        } else {
            let nearest = nearest_branch(repo, head)?;
            BaseReason::Unrelated { target, nearest }
        };
        return Ok(Base {
            commit: Some(tip.clone()),
            tree: Some(tree.clone()),
            reason,
            notes,
        });
    };
    let tree = of_commit(first)?.ok_or_else(|| {
        Error::new(
            ErrorKind::Git,
            format!("commit {} cannot be read", first.short()),
        )
    })?;
    let name = target.name.clone();
    let reason = if bases.len() > 1 {
        BaseReason::OneOfMergeBases {
            number: bases.len() as u64,
            target: name,
            rewrites: false,
        }
    } else if *first == target.tip {
        BaseReason::Tip {
            target: name,
            rewrites: false,
        }
    } else {
        BaseReason::MergeBase {
            target: name,
            rewrites: false,
        }
    };
    Ok(Base {
        commit: Some(first.clone()),
        tree: Some(tree),
        reason,
        notes: Vec::new(),
    })
}
