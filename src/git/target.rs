//! Which branch a change is meant for.

use super::{Peeled, Repository};
use crate::error::Result;
use crate::model::{Oid, harmless};

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

/// Finds the target: the wanted branch if one is named, else the remote's default branch, else its
/// `main` or `master`, else, without any remote, a local one of these names.
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
        // Any other way to write a commit.
        return match repo.resolve(wanted)? {
            Some(oid) => target_of(repo, wanted, wanted, &oid),
            None => Ok(None),
        };
    }
    if let Some(remote) = remote {
        if let Some(name) = repo.symbolic(&format!("refs/remotes/{remote}/HEAD"))?
            && let Some(target) = target_at(repo, &name)?
        {
            return Ok(Some(target));
        }
        for branch in ["main", "master"] {
            let name = format!("refs/remotes/{remote}/{branch}");
            if let Some(target) = target_at(repo, &name)? {
                return Ok(Some(target));
            }
        }
        return Ok(None);
    }
    let current = repo.symbolic("HEAD")?;
    for branch in ["main", "master"] {
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
