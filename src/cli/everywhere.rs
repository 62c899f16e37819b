//! `newgate install --global`: the hook for all repositories of a user.
//!
//! git runs hooks of one folder only. Where the user has a folder for all repositories (`core.hooksPath`), newgate's hook
//! goes into it. Else newgate makes one, whose hooks run those of each repository.

use std::fs;
use std::path::{Path, PathBuf};

use super::hook_file::{PRE_PUSH, is_shim};
use super::kept;
use super::screen::Resolved;
use super::shim::{install_shim, with_program, write_executable};
use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::git::Git;
use crate::model::Verdict;

const OF_PUSHES: &str = include_str!("../../hooks/global-pre-push");
const OF_OTHERS: &str = include_str!("../../hooks/global-other");
const HOOKS_PATH: &str = "core.hooksPath";
/// The other hooks of githooks(5) that git finds in the folder of hooks.
const OTHERS: [&str; 26] = [
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "pre-receive",
    "update",
    "proc-receive",
    "post-receive",
    "post-update",
    "reference-transaction",
    "push-to-checkout",
    "pre-auto-gc",
    "post-rewrite",
    "sendemail-validate",
    "post-index-change",
    "p4-changelist",
    "p4-prepare-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
];

fn own_folder() -> Result<PathBuf> {
    let folder = environment::config_home();
    folder
        .map(|f| f.join("newgate/hooks"))
        .ok_or_else(|| Error::new(ErrorKind::Io, "the home folder is unknown").hint("set `HOME`"))
}

/// The user's `core.hooksPath` as it is written, and as a path.
fn setting() -> Result<Option<(String, PathBuf)>> {
    let git = Git::here();
    let asked = git.run(["config", "--global", "--get", HOOKS_PATH])?;
    let Some(value) = asked.ok_text() else {
        return Ok(None);
    };
    let asked = git.run(["config", "--global", "--type=path", "--get", HOOKS_PATH])?;
    let path = asked.must_path("config --global core.hooksPath")?;
    Ok(Some((value.trim_end_matches('\n').to_owned(), path)))
}

fn cannot(what: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let text = format!("`{}` cannot be {what}", path.display());
    move |e| Error::io(text.clone(), e)
}

/// Installs the hook for all repositories of this user.
///
/// # Errors
/// The folder that the user has set is none, or files cannot be written.
pub(super) fn install(screen: &Resolved) -> Result<Verdict> {
    let own = own_folder()?;
    match setting()? {
        Some((_, path)) if path == own => write_own(&own)?,
        Some((value, path))
            if value.is_empty() || path.is_relative() || (path.exists() && !path.is_dir()) =>
        {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("`{HOOKS_PATH}` is `{value}` in the global configuration, which is not a folder for all \
                    repositories"),
            )
            .hint(format!(
                "`git config --global --unset-all {HOOKS_PATH} && newgate install --global`"
            )));
        }
        Some((_, path)) => {
            fs::create_dir_all(&path).map_err(cannot("made", &path))?;
            let path = path.canonicalize().map_err(cannot("read", &path))?;
            install_shim(&path.join(PRE_PUSH), PRE_PUSH, screen)?;
        }
        None => {
            write_own(&own)?;
            let git = Git::here();
            let args = ["config", "--global", HOOKS_PATH].map(std::ffi::OsString::from);
            git.run(args.into_iter().chain([own.clone().into()]))?
                .must("config --global core.hooksPath")?;
            screen.note(&format!(
                "git now runs the hooks in `{}`, which also run each repository's own hooks in `.git/hooks`",
                own.display()
            ));
        }
    }
    screen.note("pushes from all your repositories are checked now, except where a repository sets \
        `core.hooksPath` itself (`newgate doctor` says so); `newgate uninstall --global` undoes this");
    Ok(Verdict::Pass)
}

fn write_own(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(cannot("made", folder))?;
    write_executable(&folder.join(PRE_PUSH), &with_program(OF_PUSHES)?)?;
    for name in OTHERS {
        write_executable(&folder.join(name), OF_OTHERS)?;
    }
    Ok(())
}

/// Undoes [`install`].
///
/// # Errors
/// Files or git's configuration cannot be changed.
pub(super) fn uninstall(screen: &Resolved) -> Result<Verdict> {
    let own = own_folder()?;
    let Some((_, path)) = setting()? else {
        screen.note("newgate is not installed for all repositories: nothing to remove");
        return Ok(Verdict::Pass);
    };
    if path == own {
        let asked = Git::here().run(["config", "--global", "--unset-all", HOOKS_PATH])?;
        asked.must("config --global --unset-all core.hooksPath")?;
        for name in OTHERS.iter().chain([&PRE_PUSH]) {
            // Whatever else is there stays.
            let _ = fs::remove_file(own.join(name));
        }
        let _ = fs::remove_dir(&own);
        screen.note(&format!("removed `{}`", own.display()));
        return Ok(Verdict::Pass);
    }
    let path = path.canonicalize().unwrap_or(path);
    let hook = path.join(PRE_PUSH);
    if !is_shim(&hook) {
        screen.note(&format!(
            "`{}` is not a hook of newgate: nothing to remove",
            hook.display()
        ));
        return Ok(Verdict::Pass);
    }
    fs::remove_file(&hook).map_err(cannot("removed", &hook))?;
    screen.note(&format!("removed `{}`", hook.display()));
    if kept::put_back(&hook, &hook)? {
        screen.note("restored the previous hook");
    }
    Ok(Verdict::Pass)
}
