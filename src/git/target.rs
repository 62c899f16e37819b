//! Which branch a change is meant for.

use std::ffi::OsString;

use super::{Peeled, Repository};
use crate::error::Result;
use crate::model::{Oid, StandIn, harmless};

/// The branch that a change is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name for people (`origin/main`).
    pub name: String,
    /// The branch's name on its remote (`main`), or of a local branch.
    pub branch: String,
    /// The commit at its tip.
    pub tip: Oid,
    /// The tree at its tip.
    pub tree: Oid,
    /// Whether it is a branch of this clone, which stands for one of a remote.
    pub is_local: bool,
}

/// The remote that a name or URL means, and whether it had to be guessed.
///
/// # Errors
/// git could not answer.
pub fn find_remote(repo: &Repository, name_or_url: Option<&str>) -> Result<(Option<String>, bool)> {
    let remotes = repo.remotes()?;
    if let Some(given) = name_or_url {
        let by_name = remotes.iter().find(|(name, _)| name == given);
        let by_url = || {
            remotes
                .iter()
                .find(|(_, urls)| urls.iter().any(|u| u == given))
        };
        if let Some((name, _)) = by_name.or_else(by_url) {
            return Ok((Some(name.clone()), false));
        }
    }
    let guess = remotes
        .iter()
        .find(|(name, _)| name == "origin")
        .or(match &remotes[..] {
            [only] => Some(only),
            _ => None,
        });
    Ok((guess.map(|(name, _)| name.clone()), name_or_url.is_some()))
}

/// A remote's URL as a URI without credentials; `None` for a folder of this machine.
pub(super) fn address_of(url: &str) -> Option<String> {
    // Other transports (`name::address`) may be anything.
    if url.contains("::") {
        return None;
    }
    let url = url.split(['?', '#']).next().unwrap_or(url);
    // Where it is not certain what is a credential, nothing is told.
    let without_user = |rest: &str| {
        let (host, path) = rest.split_once('/')?;
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let clear = !host.is_empty() && !path.contains('@');
        clear.then(|| format!("{host}/{path}"))
    };
    for scheme in ["https", "http", "ssh", "git"] {
        if let Some(rest) = url.strip_prefix(&format!("{scheme}://")) {
            return Some(format!("{scheme}://{}", without_user(rest)?));
        }
    }
    // `user@host:path`, see git-clone(1); a slash before the colon makes it a folder.
    let (host, path) = url.split_once(':')?;
    if host.contains('/') || path.starts_with("//") || host.is_empty() {
        return None;
    }
    let path = path.trim_start_matches('/');
    Some(format!(
        "ssh://{}",
        without_user(&format!("{host}/{path}"))?
    ))
}

/// The usual names of a default branch, the most usual first.
const USUAL: [&str; 5] = ["main", "master", "trunk", "develop", "default"];

/// Finds the target: the wanted branch if one is named, or else the remote's default branch, or else the one of its
/// branches that bears a usual name, else, without any remote, a local one of these names.
///
/// A default branch that was renamed continues under the new name: where `main` continues from `master`, it is the
/// target.
///
/// # Errors
/// git could not answer.
pub fn find_target(
    repo: &Repository,
    remote: Option<&str>,
    wanted: Option<&str>,
) -> Result<Option<Target>> {
    if let Some(wanted) = wanted {
        let mut names = Vec::new();
        if wanted.starts_with("refs/") {
            names.push(wanted.to_owned());
        } else {
            if let Some(remote) = remote {
                names.push(format!("refs/remotes/{remote}/{wanted}"));
            }
            names.push(format!("refs/remotes/{wanted}"));
            names.push(format!("refs/heads/{wanted}"));
            names.push(format!("refs/tags/{wanted}"));
        }
        for name in names {
            if let Some(target) = target_at(repo, &name)? {
                return Ok(Some(target));
            }
        }
        // Any other revision that names a commit.
        return match repo.resolve(wanted)? {
            Some(oid) => target_of(repo, wanted, wanted, &oid),
            None => Ok(None),
        };
    }
    if let Some(remote) = remote {
        let branch = |branch: &str| target_at(repo, &format!("refs/remotes/{remote}/{branch}"));
        if let Some(name) = repo.symbolic(&format!("refs/remotes/{remote}/HEAD"))?
            && let Some(target) = target_at(repo, &name)?
        {
            if target.branch == "master"
                && let Some(main) = branch("main")?
                && repo.merge_bases(&main.tip, &target.tip)?.first() == Some(&target.tip)
            {
                return Ok(Some(main));
            }
            return Ok(Some(target));
        }
        for name in USUAL {
            if let Some(target) = branch(name)? {
                return Ok(Some(target));
            }
        }
        return Ok(None);
    }
    let current = repo.symbolic("HEAD")?;
    for branch in USUAL {
        let name = format!("refs/heads/{branch}");
        if current.as_deref() == Some(&name) {
            continue;
        }
        if let Some(target) = target_at(repo, &name)? {
            return Ok(Some(target));
        }
    }
    Ok(None)
}

/// What stands for a remote's default branch where this clone has no copy of it, and why: the only branch
/// of the remote that it knows, the local branch in a bare clone (`git clone --bare` keeps no copies), the
/// default branch of another remote.
///
/// # Errors
/// git could not answer.
pub fn find_stand_in(repo: &Repository, remote: &str) -> Result<Option<(Target, StandIn)>> {
    let prefix = format!("refs/remotes/{remote}/");
    let args = ["for-each-ref", "--count=3", "--format=%(refname)", &prefix];
    let known = repo.git().run(args)?.must("for-each-ref")?;
    let known = String::from_utf8_lossy(&known);
    let head = format!("{prefix}HEAD");
    let known: Vec<&str> = known.lines().filter(|name| *name != head).collect();
    if let [only] = known[..] {
        let target = target_at(repo, only)?;
        return Ok(target.map(|t| (t, StandIn::OnlyBranch)));
    }
    if !known.is_empty() {
        return Ok(None);
    }
    let mut shared = OsString::from("--git-dir=");
    shared.push(repo.common_dir());
    let ask = |question: &[&str]| -> Result<Option<String>> {
        let args = std::iter::once(shared.clone()).chain(question.iter().map(OsString::from));
        let said = repo.git().run(args)?.ok_text();
        Ok(said.map(|text| text.trim_end().to_owned()))
    };
    if ask(&["rev-parse", "--is-bare-repository"])?.as_deref() == Some("true")
        && let Some(name) = ask(&["symbolic-ref", "HEAD"])?
        && let Some(target) = target_at(repo, &name)?
    {
        let target = Target {
            is_local: true,
            ..target
        };
        return Ok(Some((target, StandIn::LocalBranch)));
    }
    let mut others: Vec<String> = repo.remotes()?.into_iter().map(|(name, _)| name).collect();
    others.sort_by_key(|name| name != "origin");
    for other in others.iter().filter(|name| *name != remote) {
        if let Some(target) = find_target(repo, Some(other), None)? {
            return Ok(Some((target, StandIn::OtherRemote)));
        }
    }
    Ok(None)
}

/// How many branches, the newest first, are asked for a common history.
const ASKED_FOR_HISTORY: &str = "--count=20";

/// The branch with the newest commit among those that have history in common with a commit and do not
/// contain it: what a user may want to compare with where no target is known.
///
/// # Errors
/// git could not answer.
pub(super) fn nearest_branch(repo: &Repository, head: &Oid) -> Result<Option<String>> {
    let args = [
        "for-each-ref",
        "--sort=-committerdate",
        ASKED_FOR_HISTORY,
        "--format=%(refname)",
        "refs/heads/",
        "refs/remotes/",
    ];
    let known = repo.git().run(args)?.must("for-each-ref")?;
    for name in String::from_utf8_lossy(&known).lines() {
        // `refs/remotes/origin/HEAD` is another name of a branch.
        if name.ends_with("/HEAD") {
            continue;
        }
        let Some(target) = target_at(repo, name)? else {
            continue;
        };
        let bases = repo.merge_bases(head, &target.tip)?;
        if bases.first().is_some_and(|base| base != head) {
            return Ok(Some(target.name));
        }
    }
    Ok(None)
}

fn target_at(repo: &Repository, name: &str) -> Result<Option<Target>> {
    let Some(oid) = repo.reference(name)? else {
        return Ok(None);
    };
    let shown = ["refs/remotes/", "refs/heads/", "refs/tags/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let branch = match name.strip_prefix("refs/remotes/") {
        Some(rest) => rest.split_once('/').map_or(rest, |(_, branch)| branch),
        None => shown,
    };
    target_of(repo, shown, branch, &oid)
}

fn target_of(repo: &Repository, name: &str, branch: &str, oid: &Oid) -> Result<Option<Target>> {
    Ok(match repo.peel(oid)? {
        Some(Peeled::Commit { commit, tree }) => Some(Target {
            name: harmless(name),
            branch: branch.to_owned(),
            tip: commit,
            tree,
            is_local: false,
        }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::address_of;

    #[test]
    fn an_address_has_no_credentials_and_is_none_of_this_machine() {
        for (url, address) in [
            (
                "https://me:word@example.com/a/b.git",
                Some("https://example.com/a/b.git"),
            ),
            ("git@example.com:a/b.git", Some("ssh://example.com/a/b.git")),
            ("ssh://git@example.com:22/a", Some("ssh://example.com:22/a")),
            ("/srv/git/a.git", None),
            ("../remote.git", None),
            ("file:///srv/a.git", None),
            ("./odd:name", None),
            ("https::https://user:word@host.example/x.git", None),
            (
                "https://host.example/x.git?private_token=word",
                Some("https://host.example/x.git"),
            ),
            ("https://user:a/word@host.example/x.git", None),
            ("user:word@host.example:x/y", None),
        ] {
            assert_eq!(address_of(url).as_deref(), address, "{url}");
        }
    }
}
