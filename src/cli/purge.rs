//! `newgate uninstall --purge`: what newgate keeps for itself goes too.

use std::fs;
use std::io::ErrorKind::NotFound;
use std::path::Path;

use super::prewarm::make_way;
use super::screen::Resolved;
use crate::environment;
use crate::error::{Error, Result};
use crate::git::Repository;

/// Removes the repository's results and reports, if one is named, and the user's installed scanners.
///
/// # Errors
/// A folder cannot be removed.
pub(super) fn purge(repo: Option<&Repository>, screen: &Resolved) -> Result<()> {
    if let Some(repo) = repo {
        make_way(repo);
        repo.drop_refs("refs/newgate")?;
        remove(&repo.common_dir().join("newgate"), screen)?;
    }
    if let Some(cache) = environment::cache_home() {
        remove(&cache.join("newgate"), screen)?;
    }
    Ok(())
}

fn remove(folder: &Path, screen: &Resolved) -> Result<()> {
    let shown = folder.display();
    match fs::remove_dir_all(folder) {
        Ok(()) => screen.note(&format!("removed `{shown}`")),
        Err(e) if e.kind() == NotFound => {}
        Err(e) => return Err(Error::io(format!("`{shown}` cannot be removed"), e)),
    }
    Ok(())
}
