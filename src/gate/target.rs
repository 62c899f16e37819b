//! The target that the command line, git's configuration or the project names.

use super::settings::read_tree;
use crate::error::{Error, Kind, Result};
use crate::git::{Repository, Target, find_target};

/// Finds the target of changes for a remote: the branch that `wanted` names, else `newgate.target`
/// of git's configuration, else `target` in the configuration on the remote's default branch, else
/// that branch.
///
/// # Errors
/// `wanted` names no branch, the configuration has mistakes, or git could not answer.
pub fn target_for(
    repo: &Repository,
    remote: Option<&str>,
    wanted: Option<&str>,
) -> Result<Option<Target>> {
    if let Some(wanted) = wanted {
        return match find_target(repo, remote, Some(wanted))? {
            Some(target) => Ok(Some(target)),
            None => Err(Error::new(Kind::Usage, format!("there is no branch `{wanted}` to compare with"))
                .hint("`git branch --all` lists the branches that this clone knows; `git fetch` brings new ones")),
        };
    }
    if let Some(set) = repo.config("newgate.target")? {
        return find_target(repo, remote, Some(&set));
    }
    let default = find_target(repo, remote, None)?;
    let Some(default) = default else {
        return Ok(None);
    };
    let (config, _) = read_tree(repo, &default.tree)?;
    match config.target {
        Some(named) => Ok(find_target(repo, remote, Some(&named))?.or(Some(default))),
        None => Ok(Some(default)),
    }
}
