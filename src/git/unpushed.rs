//! What a remote does not have yet, as far as this clone knows.

use std::collections::{HashMap, HashSet};

use super::{Peeled, PushLine, Repository};
use crate::error::Result;
use crate::model::Oid;

/// The branches and tags (and `HEAD`, if it is on no branch) with commits that no remote-tracking branch of a remote has,
/// as a push of each would name them. Without a remote, all of them.
///
/// # Errors
/// git could not answer.
pub fn unpushed(repo: &Repository, remote: Option<&str>) -> Result<Vec<PushLine>> {
    let git = repo.git();
    let format = "--format=%(objectname) %(refname)";
    let listed = git.run(["for-each-ref", format, "refs/heads", "refs/tags"])?;
    let listed = String::from_utf8_lossy(&listed.must("for-each-ref")?).into_owned();
    let refs = listed.lines().filter_map(|line| {
        let (oid, name) = line.split_once(' ')?;
        Some((Oid::parse(oid)?, name.to_owned()))
    });
    let mut refs: Vec<(Oid, String)> = refs.collect();
    if repo.symbolic("HEAD")?.is_none()
        && let Some(head) = repo.resolve("HEAD")?
    {
        refs.push((head, "HEAD".to_owned()));
    }
    if refs.is_empty() {
        return Ok(Vec::new());
    }
    let tracking: HashMap<String, Oid> = match remote {
        Some(remote) => tracked(repo, remote)?,
        None => HashMap::new(),
    };
    let mut input = String::new();
    for (oid, _) in &refs {
        input.push_str(&format!("{oid}\n"));
    }
    for oid in tracking.values() {
        input.push_str(&format!("^{oid}\n"));
    }
    let listed = git.feed(["rev-list", "--stdin"], input.into_bytes())?;
    let listed = String::from_utf8_lossy(&listed.must("rev-list")?).into_owned();
    let new: HashSet<&str> = listed.lines().collect();
    let mut lines = Vec::new();
    for (oid, name) in refs {
        // Whether the remote has the tree or the file of a tag is not known.
        if let Some(Peeled::Commit { commit, .. }) = repo.peel(&oid)?
            && !new.contains(commit.as_str())
        {
            continue;
        }
        let zero = Oid::parse(&"0".repeat(oid.as_str().len()));
        let branch = name.strip_prefix("refs/heads/").unwrap_or_default();
        let known = tracking.get(branch).cloned();
        if let Some(remote_oid) = known.or(zero) {
            lines.push(PushLine {
                local_ref: name.clone(),
                local_oid: oid,
                remote_ref: name,
                remote_oid,
            });
        }
    }
    Ok(lines)
}

/// The remote-tracking branches of a remote, by branch.
fn tracked(repo: &Repository, remote: &str) -> Result<HashMap<String, Oid>> {
    let prefix = format!("refs/remotes/{remote}/");
    let format = "--format=%(objectname) %(refname)";
    let listed = repo.git().run(["for-each-ref", format, &prefix])?;
    let listed = String::from_utf8_lossy(&listed.must("for-each-ref")?).into_owned();
    Ok(listed
        .lines()
        .filter_map(|line| {
            let (oid, name) = line.split_once(' ')?;
            let branch = name.strip_prefix(&prefix)?.to_owned();
            Some((branch, Oid::parse(oid)?))
        })
        .collect())
}
