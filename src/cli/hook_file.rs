//! What a file in a folder of hooks is: newgate's script, or somebody else's that calls newgate.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::{Error, Result};
use crate::platform;

/// The hook that checks a push.
pub(super) const PRE_PUSH: &str = "pre-push";
/// The hook that checks a commit before it is made.
pub(super) const PRE_COMMIT: &str = "pre-commit";
/// The text by which a script of newgate's is known, of any version.
const MARK: &str = "newgate-shim";
/// The command that every hook has that lets newgate check a push.
const CALL: &str = "hook pre-push";

/// The content of a hook; empty if it cannot be read.
pub(super) fn text_of(hook: &Path) -> String {
    fs::read(hook).map_or_else(
        |_| String::new(),
        |c| String::from_utf8_lossy(&c).into_owned(),
    )
}

/// The text of a file that is written again; empty if it does not exist.
///
/// # Errors
/// It cannot be read, or is not UTF-8: what is in it would be lost.
pub(super) fn text_to_edit(file: &Path) -> Result<String> {
    match read_file(file) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(Error::io(format!("`{}` cannot be read", file.display()), e)),
    }
}

/// The text of a file. A named pipe would make newgate wait.
///
/// # Errors
/// It is no file, or cannot be read.
pub(super) fn read_file(path: &Path) -> io::Result<String> {
    match fs::metadata(path)?.is_file() {
        true => fs::read_to_string(path),
        false => Err(io::Error::other("it is not a file")),
    }
}

/// Whether a hook is newgate's own.
pub(super) fn is_shim(hook: &Path) -> bool {
    text_of(hook).contains(MARK)
}

/// Whether a file that somebody else wrote starts newgate for a push.
pub(super) fn calls_newgate(file: &Path) -> bool {
    let text = text_of(file);
    let mut lines = text.lines().map(str::trim_start);
    lines.any(|l| !l.starts_with('#') && l.contains("newgate") && l.contains(CALL))
}

/// Whether a hook is one that git runs.
pub(super) fn is_executable(hook: &Path) -> bool {
    hook.metadata().is_ok_and(|m| platform::is_runnable(&m))
}

/// A value that is assigned in a script of newgate's.
fn assigned(hook: &Path, name: &str) -> Option<String> {
    let text = text_of(hook);
    let line = text.lines().find_map(|l| l.strip_prefix(name))?;
    Some(line.trim_matches('\'').replace(r"'\''", "'")).filter(|v| !v.is_empty())
}

/// The program that a script of newgate's starts.
pub(super) fn program_of(hook: &Path) -> Option<PathBuf> {
    assigned(hook, "newgate=").map(PathBuf::from)
}

/// The kept hook that a script of newgate's names.
pub(super) fn kept_by(hook: &Path) -> Option<PathBuf> {
    let folder = hook.parent()?.canonicalize().ok()?;
    assigned(hook, "kept=").map(|kept| folder.join(kept))
}
