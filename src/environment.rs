//! Every environment variable that newgate reads, in one place.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the module that reads the environment"
)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// Folders whose content a change may alter: no program is taken from them.
static DISTRUSTED: RwLock<Vec<PathBuf>> = RwLock::new(Vec::new());

/// Reads a variable; an empty one counts as absent.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|v| !v.is_empty())
}

/// All variables, `PATH` as [`search_path`] has it.
pub fn all() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().map(|(name, value)| match name == "PATH" {
        true => (name, search_path()),
        false => (name, value),
    })
}

/// Takes no program from a folder or below it from now on, wherever `PATH` leads.
pub fn distrust(folder: &Path) {
    let mut folders = DISTRUSTED.write().unwrap_or_else(PoisonError::into_inner);
    if !folders.iter().any(|f| f == folder) {
        folders.extend(folder.canonicalize());
        folders.push(folder.to_owned());
    }
}

/// Whether a path is in a folder that is distrusted, as it is written or where it leads.
fn is_distrusted(path: &Path) -> bool {
    let folders = DISTRUSTED.read().unwrap_or_else(PoisonError::into_inner);
    let real = path.canonicalize();
    let inside = |folder: &PathBuf| {
        path.starts_with(folder) || real.as_ref().is_ok_and(|real| real.starts_with(folder))
    };
    folders.iter().any(inside)
}

/// The folders of `PATH` that programs are taken from: an empty or relative part is the folder that
/// newgate happens to run in, and one below a checkout is the change's own.
pub fn search_path() -> OsString {
    let path = variable("PATH").unwrap_or_default();
    let trusted = std::env::split_paths(&path).filter(|p| p.is_absolute() && !is_distrusted(p));
    // What was split at its separators can be joined by them again.
    std::env::join_paths(trusted).unwrap_or_default()
}

/// Where a program was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// In a folder of `PATH`.
    Program(PathBuf),
    /// Only below a checkout, or by a relative part of `PATH`, where a change may have put it.
    OnlyInCheckout(PathBuf),
    /// Nowhere.
    Nowhere,
}

/// Looks for a program in the folders of `PATH` that programs are taken from, by its name.
pub fn find_program(name: &str) -> Found {
    let trusted = which::which_in_global(name, Some(search_path()));
    let mut trusted = trusted.into_iter().flatten();
    if let Some(program) = trusted.find(|p| !is_distrusted(p)) {
        return Found::Program(program);
    }
    match which::which(name) {
        Ok(program) => Found::OnlyInCheckout(program),
        Err(_) => Found::Nowhere,
    }
}

/// The user's home folder.
pub fn home() -> Option<PathBuf> {
    variable("HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
}

/// The folders that a variable lists, as `PATH` does; those whose paths are absolute.
pub fn folders(name: &str) -> Vec<PathBuf> {
    let listed = match name {
        "PATH" => search_path(),
        _ => variable(name).unwrap_or_default(),
    };
    std::env::split_paths(&listed)
        .filter(|p| p.is_absolute())
        .collect()
}

/// The folder for the user's programs' caches (XDG Base Directory specification).
pub fn cache_home() -> Option<PathBuf> {
    variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))
}

/// The folder for the configuration of the user's programs (XDG Base Directory specification).
pub fn config_home() -> Option<PathBuf> {
    variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .or_else(|| Some(home()?.join(".config")))
}

/// The variables that name a proxy, in capitals; programs also read them in small letters.
pub const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY"];

/// A text without the credentials of the proxies that variables name.
pub fn without_proxy_credentials(text: &str) -> String {
    let mut text = text.to_owned();
    for name in PROXIES {
        for name in [name.to_owned(), name.to_lowercase()] {
            let value = variable(&name).and_then(|v| v.into_string().ok());
            let Some((credentials, _)) = value.as_deref().and_then(|v| v.rsplit_once('@')) else {
                continue;
            };
            let credentials = credentials.rsplit("//").next().unwrap_or(credentials);
            text = text.replace(credentials, HIDDEN);
            let Some((_, password)) = credentials.split_once(':') else {
                continue;
            };
            let decoded = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
            // A very short one is part of many words.
            for password in [password, &decoded].iter().filter(|p| p.len() >= 4) {
                text = text.replace(*password, HIDDEN);
            }
        }
    }
    text
}

/// What is in place of credentials.
const HIDDEN: &str = "***";

/// Whether colour was switched off for all programs (<https://no-color.org>), or the terminal has none.
pub fn no_color() -> bool {
    variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|t| t == "dumb")
}

/// Whether a coding agent runs this, by the variables that agents set for the commands that they run.
pub fn is_agent() -> bool {
    const SET: [&str; 7] = [
        // For any agent (<https://github.com/vercel/vercel/tree/main/packages/detect-agent>).
        "AI_AGENT",
        "CLAUDECODE",
        "CODEX_SANDBOX",
        "CODEX_THREAD_ID",
        "CURSOR_AGENT",
        "GEMINI_CLI",
        "OPENCODE",
    ];
    SET.iter().any(|name| variable(name).is_some())
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

/// Whether the environment sets values of git's configuration (git-config(1), `GIT_CONFIG_COUNT`; git itself passes on
/// what `-c` gave in `GIT_CONFIG_PARAMETERS`).
pub fn configures_git() -> bool {
    ["GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"]
        .iter()
        .any(|name| variable(name).is_some())
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
