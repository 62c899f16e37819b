//! Every environment variable that newgate reads, in one place.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the module that reads the environment"
)]

use std::ffi::OsString;
use std::path::PathBuf;

/// Reads a variable; an empty one counts as absent.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|v| !v.is_empty())
}

/// All variables.
pub fn all() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// The folder for the user's programs' caches (XDG Base Directory specification).
pub fn cache_home() -> Option<PathBuf> {
    variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))
}

/// Whether colour was switched off for all programs (<https://no-color.org>), or the terminal has none.
pub fn no_color() -> bool {
    variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|t| t == "dumb")
}

/// The file that a job of GitHub Actions adds to its summary
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/variables>).
pub fn job_summary() -> Option<PathBuf> {
    variable("GITHUB_STEP_SUMMARY").map(PathBuf::from)
}

/// The programs that the user opens pages with, best first, separated by colons.
pub fn browsers() -> Option<String> {
    variable("BROWSER")?.into_string().ok()
}

/// The width that a caller asked for, in columns.
pub fn columns() -> Option<usize> {
    variable("COLUMNS")?.to_str()?.parse().ok()
}

/// Variables of git that say where a repository is; they are given to git and to nothing else.
pub fn names_a_repository(name: &OsString) -> bool {
    const KEPT: [&str; 12] = [
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_ASKPASS",
        "GIT_TERMINAL_PROMPT",
        "GIT_EXEC_PATH",
        "GIT_PROXY_COMMAND",
        "GIT_ALLOW_PROTOCOL",
        "GIT_TRACE",
        "GIT_CEILING_DIRECTORIES",
    ];
    name.to_str()
        .is_some_and(|n| n.starts_with("GIT_") && !KEPT.contains(&n))
}
