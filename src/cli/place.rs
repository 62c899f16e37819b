//! Where hooks lie, and in which folder newgate may write them.

use std::fs;
use std::path::{Path, PathBuf};

use super::coverage::off;
use super::named::Named;
use super::shim::quoted;
use crate::error::{Error, ErrorKind, Result};
use crate::git::{HookFolder, HooksPath, Repository, hook_folder, name_hook_folder};

/// Opens the repository that the command line names.
pub(super) fn open(path: &Path) -> Result<Repository> {
    if path == Path::new(".") {
        Repository::open_from_env()
    } else if !path.is_dir() {
        let what = match path.symlink_metadata() {
            Ok(_) => "is not a folder",
            Err(_) => "does not exist",
        };
        Err(
            Error::new(ErrorKind::Usage, format!("`{}` {what}", path.display())).hint(format!(
                "name the folder of a repository; `git init --bare {}` makes one",
                quoted(path)?
            )),
        )
    } else {
        Repository::open(path)
    }
}

/// The path of a hook. If the forge's own hook runs all hooks of a folder (Gitea, Forgejo:
/// `pre-receive.d`), it is in that folder, otherwise in the folder of hooks.
pub(super) fn place_of(folder: &Path, name: &str) -> PathBuf {
    let several = format!("{name}.d");
    let starts_them = fs::read(folder.join(name))
        .is_ok_and(|hook| String::from_utf8_lossy(&hook).contains(&several));
    match starts_them && folder.join(&several).is_dir() {
        true => folder.join(several).join("newgate"),
        false => folder.join(name),
    }
}

/// Where GitLab looks for a hook of a repository
/// (<https://docs.gitlab.com/administration/server_hooks/>).
pub(super) fn place_on_gitlab(folder: &Path, name: &str) -> PathBuf {
    folder
        .with_file_name("custom_hooks")
        .join(format!("{name}.d"))
        .join("newgate")
}

/// The folder of hooks that newgate may write to. If there is none, the error has the commands that make one.
pub(super) fn usable_folder(repo: &Repository, named: &Named) -> Result<HookFolder> {
    let mut folder = hook_folder(repo)?;
    let own = repo.common_dir().join("hooks");
    let own = own.canonicalize().unwrap_or(own);
    match &folder.setting {
        HooksPath::Off(setting) => {
            let own_folder = named.set_hooks_path(&own);
            let install = named.install();
            let error = Error::new(ErrorKind::Usage, off(setting));
            Err(match setting.scope.as_str() {
                "local" | "worktree" => error.hint(format!(
                    "to switch them on: `{} && {install}`",
                    named.unset(setting)
                )),
                _ => error
                    .hint(format!(
                        "to switch them on in this repository: `{own_folder} && {install}`"
                    ))
                    .hint(format!(
                        "or everywhere: `{} && {install}`",
                        named.unset(setting)
                    )),
            })
        }
        HooksPath::Shared(setting) => Err(Error::new(
            ErrorKind::Usage,
            format!(
                "`core.hooksPath` is set to `{}` in the {} configuration, so git runs no hook of this repository",
                setting.value, setting.scope
            ),
        )
        .hint(format!(
            "to use hooks of this repository instead: `{} && {}`",
            named.set_hooks_path(&own),
            named.install()
        ))
        .hint("to check pushes from all repositories that use that folder: `newgate install --global`")),
        HooksPath::InGitFile(setting) => {
            fs::create_dir_all(&folder.path).map_err(|e| cannot_make(&folder.path, e))?;
            if let Ok(path) = folder.path.canonicalize() {
                folder.path = path;
            }
            name_hook_folder(repo, setting, &folder.path)?;
            folder.setting = HooksPath::Own;
            Ok(folder)
        }
        HooksPath::Unset | HooksPath::Own => Ok(folder),
    }
}

fn cannot_make(folder: &Path, error: std::io::Error) -> Error {
    Error::io(
        format!("the folder `{}` cannot be created", folder.display()),
        error,
    )
}

/// Creates a folder of hooks. Returns its path without symbolic links, because kept hooks are
/// stored next to it.
pub(super) fn make(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).map_err(|e| cannot_make(folder, e))?;
    folder.canonicalize().map_err(|e| cannot_make(folder, e))
}
