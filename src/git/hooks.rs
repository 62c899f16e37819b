//! Where git looks for hooks.

use std::path::PathBuf;

use super::Repository;
use crate::error::{Error, ErrorKind, Result};

/// The folder that git runs hooks from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookFolder {
    /// The folder; it may not exist yet.
    pub path: PathBuf,
    /// Whether `core.hooksPath` of this repository (or this worktree) names it.
    pub configured: bool,
}

/// Finds the hook folder of a repository. `core.hooksPath` counts where the repository itself sets
/// it; a user's or the system's setting is refused, since other repositories share that folder.
///
/// # Errors
/// A `core.hooksPath` that is not this repository's, or git could not answer.
pub fn hook_folder(repo: &Repository) -> Result<HookFolder> {
    let scope = [
        "config",
        "--show-scope",
        "--null",
        "--get",
        "core.hooksPath",
    ];
    let asked = repo.git().run(scope)?;
    let text = String::from_utf8_lossy(&asked.out).into_owned();
    let mut fields = text.split('\0');
    let scope = fields.next().unwrap_or_default();
    if asked.code == 0 && !matches!(scope, "local" | "worktree") {
        let value = fields.next().unwrap_or_default();
        return Err(Error::new(
            ErrorKind::Usage,
            format!("`core.hooksPath` is set to `{value}` in the {scope} configuration, so git runs no hook of this repository"),
        )
        .hint("to keep that folder for other repositories, give this one its own: `git config core.hooksPath .git/hooks`, then install again")
        .hint("or call `newgate hook pre-push \"$@\"` from the `pre-push` hook in that folder yourself"));
    }
    let asked = repo
        .git()
        .run(["rev-parse", "--path-format=absolute", "--git-path", "hooks"])?;
    Ok(HookFolder {
        path: asked.must_path("rev-parse --git-path hooks")?,
        configured: scope == "local" || scope == "worktree",
    })
}
