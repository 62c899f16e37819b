//! Hooks that call newgate after something else has read standard input, so that the refs are not known.
//!
//! git also gives no refs if everything is up to date. Later, newgate can tell the two cases apart: commits that were
//! not on the remote then and are now were pushed unseen, unless newgate got refs since.

use std::fs;
use std::path::PathBuf;

use crate::cache;
use crate::error::Result;
use crate::git::{PushLine, Repository};

/// What to do about it.
pub(super) const HINT: &str = "the hook that calls newgate must pass on git's standard input: call newgate first in \
    that hook, or begin the hook with `refs=$(cat)` and run `printf '%s\\n' \"$refs\" | newgate hook pre-push \
    \"$@\"`, and likewise its other programs";

/// The file with the commits that were not on the remote when newgate was given no refs.
fn file(repo: &Repository) -> PathBuf {
    cache::path_in(repo.common_dir()).with_file_name("no-refs")
}

/// Remembers that newgate was given no refs. It is for `newgate doctor` only: where it cannot be written, nothing else is
/// wrong.
pub(super) fn remember(repo: &Repository, lines: &[PushLine]) {
    // The others are guesses of what else was pushed.
    let own = lines.iter().filter(|l| l.local_ref == l.remote_ref);
    let commits: String = own.map(|l| format!("{}\n", l.local_oid)).collect();
    if !commits.is_empty() {
        let _ = fs::write(file(repo), commits);
    }
}

/// Forgets it, since newgate was given refs.
pub(super) fn forget(repo: &Repository) {
    // Nearly always it is not there.
    let _ = fs::remove_file(file(repo));
}

/// Whether something was pushed without newgate getting its refs.
///
/// # Errors
/// git could not answer.
pub(super) fn was_pushed(repo: &Repository) -> Result<bool> {
    let commits = fs::read_to_string(file(repo)).unwrap_or_default();
    for commit in commits.lines() {
        let args = [
            "for-each-ref",
            "--count=1",
            "--contains",
            commit,
            "refs/remotes",
        ];
        let on_remote = repo.git().run(args)?.ok_text();
        if on_remote.is_some_and(|text| !text.is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}
