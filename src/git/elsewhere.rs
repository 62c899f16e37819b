//! What a change does not bring, besides what its base has: trees of the target's side whose findings are
//! inherited too.

use super::{Peeled, PushLine, Repository, Target, find_target};
use crate::error::Result;
use crate::model::{Oid, OtherTree, harmless};

/// The trees that tell something else than the base, each once. None if there is no base: then
/// everything counts as new.
pub fn other_trees(
    base: Option<&Oid>,
    candidates: impl IntoIterator<Item = OtherTree>,
) -> Vec<OtherTree> {
    let Some(base) = base else {
        return Vec::new();
    };
    let mut others: Vec<OtherTree> = Vec::new();
    for other in candidates {
        if other.tree != *base && others.iter().all(|o| o.tree != other.tree) {
            others.push(other);
        }
    }
    others
}

impl From<&Target> for OtherTree {
    fn from(target: &Target) -> OtherTree {
        OtherTree {
            name: target.name.clone(),
            commit: target.tip.clone(),
            tree: target.tree.clone(),
        }
    }
}

/// Where a push goes.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The remote, for people.
    pub shown: &'a str,
    /// The remote whose branches this clone has copies of; none on the server itself.
    pub remote: Option<&'a str>,
    /// The branch that changes are meant for.
    pub target: Option<&'a Target>,
}

impl Destination<'_> {
    /// Whether a push is one to the target branch itself.
    pub(super) fn is_target(&self, line: &PushLine) -> bool {
        let is = |t: &Target| line.remote_ref.strip_prefix("refs/heads/") == Some(&t.branch);
        self.target.is_some_and(is)
    }

    /// A branch of the remote, as this clone knows it.
    fn branch(&self, repo: &Repository, name: &str) -> Result<Option<Target>> {
        match self.remote {
            Some(remote) => find_target(repo, None, Some(&format!("refs/remotes/{remote}/{name}"))),
            None => Ok(None),
        }
    }

    /// The branch that a push for review is meant for: Gerrit's `refs/for/BRANCH%OPTIONS`, and
    /// `refs/for/BRANCH/TOPIC` of Gitea and Forgejo ("AGit").
    pub(super) fn reviewed(&self, repo: &Repository, line: &PushLine) -> Result<Option<Target>> {
        let Some(wanted) = line.remote_ref.strip_prefix("refs/for/") else {
            return Ok(None);
        };
        let wanted = wanted.split('%').next().unwrap_or(wanted);
        let mut wanted = wanted.strip_prefix("refs/heads/").unwrap_or(wanted);
        loop {
            if let Some(branch) = self.branch(repo, wanted)? {
                return Ok(Some(branch));
            }
            match wanted.rsplit_once('/') {
                Some((shorter, _)) => wanted = shorter,
                None => return Ok(None),
            }
        }
    }

    /// A branch of the remote that has the commit of a new ref already, so that the push brings nothing.
    /// The target branch is asked before.
    pub(super) fn holder(
        &self,
        repo: &Repository,
        line: &PushLine,
        head: &Oid,
    ) -> Result<Option<Target>> {
        let Some(remote) = self.remote.filter(|_| line.remote_oid.is_zero()) else {
            return Ok(None);
        };
        let is_branch = line.remote_ref.starts_with("refs/heads/");
        if self.is_target(line) || line.remote_ref.starts_with("refs/for/") {
            return Ok(None);
        }
        if let Some(target) = self.target
            && repo.merge_bases(head, &target.tip)?.first() == Some(head)
        {
            return Ok(None);
        }
        // A branch that continues from another has to be judged; one that is the same has been.
        let which = match is_branch {
            true => format!("--points-at={head}"),
            false => format!("--contains={head}"),
        };
        let prefix = format!("refs/remotes/{remote}/");
        let args = [
            "for-each-ref",
            "--count=1",
            "--format=%(refname)",
            &which,
            &prefix,
        ];
        let found = repo.git().run(args)?.ok_text().unwrap_or_default();
        match found.lines().next() {
            Some(name) => find_target(repo, None, Some(name)),
            None => Ok(None),
        }
    }

    /// The default branches of other remotes that are ahead of the target, as [`upstreams`] finds them.
    pub(super) fn upstreams(&self, repo: &Repository, line: &PushLine) -> Result<Vec<Target>> {
        match (self.remote, self.target) {
            (Some(remote), Some(target)) => upstreams(repo, remote, target, self.is_target(line)),
            _ => Ok(Vec::new()),
        }
    }
}

/// The default branches of other remotes that are ahead of the target: in a fork, those of the project
/// that it was made from.
///
/// A push to the target itself brings in what others wrote, so there only the remote that is called
/// `upstream`, or that `gh` calls the base, says what is not new.
///
/// # Errors
/// git could not answer.
pub(super) fn upstreams(
    repo: &Repository,
    remote: &str,
    target: &Target,
    is_target: bool,
) -> Result<Vec<Target>> {
    let mut ahead = Vec::new();
    for (name, _) in repo.remotes()? {
        if name == remote {
            continue;
        }
        let trusted = || -> Result<bool> {
            let said = repo.config(&format!("remote.{name}.gh-resolved"))?;
            Ok(name == "upstream" || said.as_deref() == Some("base"))
        };
        if is_target && !trusted()? {
            continue;
        }
        let Some(other) = find_target(repo, Some(&name), None)? else {
            continue;
        };
        let is_newer = other.tip != target.tip
            && repo.merge_bases(&other.tip, &target.tip)?.first() == Some(&target.tip);
        if is_newer {
            ahead.push(other);
        }
    }
    Ok(ahead)
}

/// The branch of the remote that a pushed branch continues from, where that is not on the target: its findings are not
/// this push's, though the target has them not.
///
/// # Errors
/// git could not answer.
pub fn parent_branch(
    repo: &Repository,
    to: Destination<'_>,
    line: &PushLine,
) -> Result<Option<Target>> {
    const MOST: usize = 32;
    let (Some(remote), Some(target)) = (to.remote, to.target) else {
        return Ok(None);
    };
    let Some(Peeled::Commit { commit: head, .. }) = repo.peel(&line.local_oid)? else {
        return Ok(None);
    };
    let merged = format!("--merged={head}");
    let not_merged = format!("--no-merged={}", target.tip);
    let prefix = format!("refs/remotes/{remote}/");
    let format = "--format=%(refname)";
    let found = repo
        .git()
        .run(["for-each-ref", format, &merged, &not_merged, &prefix])?;
    let names = found.ok_text().unwrap_or_default();
    let itself = line.remote_ref.strip_prefix("refs/heads/");
    let mut closest: Option<Target> = None;
    for name in names.lines().take(MOST) {
        let Some(branch) = find_target(repo, None, Some(name))? else {
            continue;
        };
        let closer = match &closest {
            _ if Some(branch.branch.as_str()) == itself => false,
            None => true,
            Some(known) => repo.merge_bases(&known.tip, &branch.tip)?.first() == Some(&known.tip),
        };
        if closer {
            closest = Some(branch);
        }
    }
    Ok(closest)
}

/// The merge bases other than the base. Findings in any of them are not new.
pub(super) fn other_merge_bases(
    repo: &Repository,
    head: &Oid,
    target: &Target,
) -> Result<Vec<OtherTree>> {
    let mut others = Vec::new();
    for base in repo.merge_bases(head, &target.tip)?.into_iter().skip(1) {
        if let Some(Peeled::Commit { commit, tree }) = repo.peel(&base)? {
            others.push(OtherTree {
                name: harmless(&format!("{} ({})", target.name, commit.short())),
                commit,
                tree,
            });
        }
    }
    Ok(others)
}
