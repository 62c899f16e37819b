//! The small scripts that git runs as hooks, and the line for hooks that others write.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::hook_file::{PRE_COMMIT, PRE_PUSH, calls_newgate, is_shim, text_to_edit};
use super::screen::Resolved;
use super::{kept, own_path};
use crate::error::{Error, ErrorKind, Result};
use crate::model::shell_word;
use crate::platform;

/// The scripts, by hook; `@NEWGATE@` is the path of this program, `@KEPT@` that of a kept hook from where the script is.
const SHIMS: [(&str, &str); 9] = [
    (PRE_PUSH, include_str!("../../hooks/pre-push")),
    (PRE_COMMIT, include_str!("../../hooks/pre-commit")),
    (
        PRE_MERGE_COMMIT,
        include_str!("../../hooks/pre-merge-commit"),
    ),
    ("pre-receive", include_str!("../../hooks/pre-receive")),
    ("update", include_str!("../../hooks/update")),
    ("post-commit", PREWARM),
    ("post-merge", PREWARM),
    ("post-checkout", PREWARM),
    ("post-rewrite", PREWARM),
];
/// The hook that git runs before it commits a merge.
pub(super) const PRE_MERGE_COMMIT: &str = "pre-merge-commit";
const PREWARM: &str = include_str!("../../hooks/prewarm");
/// The hooks after which the cache is filled in the background.
pub(super) const PREWARMING: [&str; 4] =
    ["post-commit", "post-merge", "post-checkout", "post-rewrite"];
/// git's setting with the path of the program, for hooks that are committed and so have no path.
pub(super) const PROGRAM: &str = "newgate.program";
/// The line for a hook that is committed. It does nothing for people who have not installed newgate, and blocks the
/// push if newgate was installed here and no longer exists. The commands after it can read git's standard input again:
/// git-lfs uploads nothing without it.
pub(super) const LINE: &str = "if newgate=$(git config newgate.program || command -v newgate); then refs=$(mktemp) && cat > \"$refs\" && exec 3< \"$refs\" < \"$refs\" && rm \"$refs\" && \"$newgate\" hook pre-push \"$@\" <&3 3<&- || exit $?; exec 3<&-; fi # newgate";
/// What the lines of older versions have in common.
const OLDER: &str = "if newgate=$(git config newgate.program || command -v newgate); then \"$newgate\" hook pre-push";

/// The line as a command, for configurations without comments.
pub(super) fn command() -> &'static str {
    LINE.trim_end_matches(" # newgate")
}

/// The command for a hook that others write, beside the one before a push: there is nothing on standard input then.
pub(super) fn line_of(name: &str) -> String {
    let does = match PREWARMING.contains(&name) {
        true => format!("hook prewarm -- {name} \"$@\" || :"),
        false => format!("hook {name} || exit $?"),
    };
    format!(
        "if newgate=$(git config newgate.program || command -v newgate); then \"$newgate\" {does}; fi"
    )
}

/// The names of all hooks that newgate may install.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SHIMS.iter().map(|(name, _)| *name)
}

/// A path as a word of `sh`.
///
/// # Errors
/// It is not UTF-8.
pub(super) fn quoted(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| {
        Error::new(
            ErrorKind::Io,
            format!("the path is not UTF-8: `{}`", path.display()),
        )
        .hint("install newgate under another path")
    })?;
    Ok(match shell_word(text) {
        word if word.starts_with('\'') => word,
        word => format!("'{word}'"),
    })
}

/// Writes newgate's script for a hook. `kept` is the hook that it runs too.
///
/// # Errors
/// It cannot be written.
pub(super) fn write_shim(place: &Path, name: &str, kept: Option<&Path>) -> Result<()> {
    let shim = SHIMS.iter().find(|(n, _)| *n == name);
    let shim = shim.map_or("", |(_, shim)| shim);
    let kept = match (kept, place.parent().map(kept::folder_for)) {
        (Some(kept), Some(folder)) => {
            let folder = folder.file_name().unwrap_or_default();
            let file = kept.file_name().unwrap_or_default();
            quoted(&Path::new("..").join(folder).join(file))?
        }
        _ => String::new(),
    };
    let text = with_program(shim)?.replace("@KEPT@", &kept);
    write_executable(place, &text)
}

/// Installs one shim; a hook that is there is kept, and run too.
///
/// # Errors
/// There are two hooks to keep, or files cannot be moved or written.
pub(super) fn install_shim(hook: &Path, name: &str, screen: &Resolved) -> Result<()> {
    let shown = hook.display();
    let found = hook.symlink_metadata().is_ok() && !is_shim(hook);
    let kept = kept::keep(hook)?;
    if let Some(kept) = kept.as_ref().filter(|_| found) {
        let when = match name {
            PRE_PUSH => "after a push has passed",
            _ => "first",
        };
        screen.note(&format!(
            "kept the existing hook as `{}`; it runs {when}",
            kept.display()
        ));
    }
    write_shim(hook, name, kept.as_deref())?;
    screen.note(&format!("installed `{shown}`"));
    Ok(())
}

/// A script with the path of this program.
///
/// # Errors
/// The path is not known, or not UTF-8.
pub(super) fn with_program(script: &str) -> Result<String> {
    Ok(script.replace("@NEWGATE@", &quoted(&own_path()?)?))
}

/// Writes a program in one step, so that a half-written one can never be run.
///
/// # Errors
/// It cannot be written.
pub(super) fn write_executable(path: &Path, content: &str) -> Result<()> {
    let failed = |e| Error::io(format!("`{}` cannot be written", path.display()), e);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(content.as_bytes()).map_err(failed)?;
    fs::set_permissions(file.path(), platform::runnable()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Adds newgate's line to a hook that people write, which is made if it does not exist. Returns whether it was added.
///
/// # Errors
/// The hook cannot be read or written.
pub(super) fn add_line(hook: &Path, beginning: &str) -> Result<bool> {
    let is_older = |l: &str| l.trim_start().starts_with(OLDER);
    let text = match fs::read_to_string(hook) {
        Ok(text) if text.lines().any(is_older) => {
            let left = text.lines().filter(|l| !is_older(l));
            left.flat_map(|l| [l, "\n"]).collect()
        }
        Ok(_) if calls_newgate(hook) => return Ok(false),
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => beginning.to_owned(),
        Err(e) => {
            return Err(Error::io(format!("`{}` cannot be read", hook.display()), e));
        }
    };
    // As the first command, since others may read standard input; but after husky's own (up to 8), which starts the
    // hook a second time.
    let lines: Vec<&str> = text.lines().collect();
    let husky = lines.iter().position(|l| {
        let l = l.trim_start();
        l.starts_with(". ") && l.contains("husky.sh")
    });
    let first = lines.iter().take_while(|l| l.starts_with("#!")).count();
    let (before, after) = lines.split_at(husky.map_or(first, |p| p + 1));
    let all = before.iter().chain([&LINE]).chain(after);
    let text: String = all.flat_map(|l| [*l, "\n"]).collect();
    rewrite(hook, &text)?;
    Ok(true)
}

/// Writes a hook again with the permissions that it has.
fn rewrite(hook: &Path, text: &str) -> Result<()> {
    match fs::metadata(hook) {
        // Through a link too, and with the same owner.
        Ok(_) => fs::write(hook, text)
            .map_err(|e| Error::io(format!("`{}` cannot be written", hook.display()), e)),
        Err(_) => write_executable(hook, text),
    }
}

/// Removes newgate's line from a hook; a hook that newgate made goes with it. Returns whether there was one.
///
/// # Errors
/// The hook cannot be read or written.
pub(super) fn remove_line(hook: &Path, beginning: &str) -> Result<bool> {
    let text = text_to_edit(hook)?;
    let left: Vec<&str> = text
        .lines()
        .filter(|l| l.trim() != LINE && !l.trim_start().starts_with(OLDER))
        .collect();
    if left.len() == text.lines().count() {
        return Ok(false);
    }
    let left: String = left.into_iter().flat_map(|l| [l, "\n"]).collect();
    match left == beginning {
        true => fs::remove_file(hook)
            .map_err(|e| Error::io(format!("`{}` cannot be removed", hook.display()), e))?,
        false => rewrite(hook, &left)?,
    }
    Ok(true)
}
