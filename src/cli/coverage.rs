//! Whether pushes are checked: from a repository, and from its other work trees and its submodules.

use std::path::{Path, PathBuf};

use super::hook_file::{PRE_PUSH, calls_newgate, is_executable, is_shim, kept_by, program_of};
use super::kept;
use super::lefthook;
use super::manager::{self, Manager};
use super::named::Named;
use super::simple_git_hooks;
use crate::error::Result;
use crate::git::{
    HookFolder, HooksPath, Repository, Setting, configured_hook, hook_folder, other_work_trees,
};

/// Whether newgate sees a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Coverage {
    /// It does, with this hook.
    Checked(PathBuf),
    /// It does not, or it is uncertain.
    Unchecked {
        /// Why.
        why: String,
        /// The command that corrects this.
        remedy: String,
    },
}

/// Which hook git runs before a push from a repository.
///
/// # Errors
/// git could not answer.
pub(super) fn coverage(repo: &Repository, named: &Named) -> Result<Coverage> {
    let folder = hook_folder(repo)?;
    let unchecked = |why: String, remedy: String| Ok(Coverage::Unchecked { why, remedy });
    match &folder.setting {
        HooksPath::Off(setting) => {
            return unchecked(
                off(setting),
                format!("{} && {}", named.unset(setting), named.install()),
            );
        }
        HooksPath::InGitFile(setting) if !is_main(repo) => {
            return unchecked(
                format!(
                    "`core.hooksPath` is `{}`, which does not exist here, so git runs no hooks",
                    setting.value
                ),
                format!(
                    "{} && {}",
                    named.set_hooks_path(&folder.path),
                    named.install()
                ),
            );
        }
        _ => {}
    }
    let hook = folder.path.join(PRE_PUSH);
    Ok(match of_hook(repo, &folder, &hook) {
        Ok(by) => Coverage::Checked(by),
        Err(mut why) => {
            match configured_hook(repo)? {
                Some(hook) if hook.runs => return Ok(Coverage::Checked(hook.setting.into())),
                Some(hook) => why.text.push_str(&format!(
                    " (`{}` starts newgate, but only git 2.54 and newer run it)",
                    hook.setting
                )),
                None => {}
            }
            let remedy = match &folder.setting {
                HooksPath::Shared(_) => "newgate install --global".to_owned(),
                _ => match why.fresh {
                    true => format!("{} && {}", named.uninstall(), named.install()),
                    false => to_install(repo, &folder, &hook, named),
                },
            };
            Coverage::Unchecked {
                why: why.text,
                remedy,
            }
        }
    })
}

/// The command that installs newgate at the right place.
fn to_install(repo: &Repository, folder: &HookFolder, hook: &Path, named: &Named) -> String {
    let of_husky = manager::of_husky(folder, repo.work_dir()).is_some();
    let configured = repo
        .work_dir()
        .and_then(|top| simple_git_hooks::remedy(top, hook, named));
    match configured {
        Some(command) => command,
        None if folder.tracked && !of_husky && is_shim(hook) => {
            format!("{} && {} --shared", named.uninstall(), named.install())
        }
        None if folder.tracked && !of_husky => format!("{} --shared", named.install()),
        None => named.install(),
    }
}

/// Whether `.git` is a folder, so that relative paths into it work.
fn is_main(repo: &Repository) -> bool {
    repo.work_dir().is_none_or(|top| top.join(".git").is_dir())
}

/// Why `core.hooksPath` switches hooks off.
pub(super) fn off(setting: &Setting) -> String {
    let value = match setting.value.as_str() {
        "" => "empty".to_owned(),
        value => format!("`{value}`, which is not a folder"),
    };
    format!(
        "`core.hooksPath` is {value}, in the {} configuration, so git runs no hooks here",
        setting.scope
    )
}

/// Why a hook does not check a push.
struct Why {
    text: String,
    /// Whether newgate's hook has to be removed first.
    fresh: bool,
}

fn of_hook(repo: &Repository, folder: &HookFolder, hook: &Path) -> Result<PathBuf, Why> {
    let shown = hook.display();
    let because = |text: String| Err(Why { text, fresh: false });
    let written = manager::of_husky(folder, repo.work_dir()).filter(|_| folder.is_configured());
    if let Some(written) = written {
        return match calls_newgate(&written.path) {
            true => Ok(written.path),
            false => because(format!(
                "husky runs `{}`, which does not call newgate",
                written.path.display()
            )),
        };
    }
    if hook.symlink_metadata().is_err() {
        return because(format!("`{shown}` does not exist"));
    }
    let by_hand = !is_shim(hook) && calls_newgate(hook);
    if (is_shim(hook) || by_hand) && !is_executable(hook) {
        return because(format!(
            "`{shown}` is not executable, so git does not run it"
        ));
    }
    if by_hand {
        return Ok(hook.to_owned());
    }
    if is_shim(hook) {
        return of_shim(hook);
    }
    let generated = Manager::of_hook(hook);
    match generated {
        Some(Manager::PreCommit) => {
            let legacy = hook.with_extension(kept::LEGACY);
            let configured = repo.work_dir().is_some_and(|top| {
                std::fs::read_to_string(top.join(".pre-commit-config.yaml"))
                    .is_ok_and(|c| c.lines().any(|l| l.trim() == "- id: newgate"))
            });
            if is_shim(&legacy) && is_executable(&legacy) {
                return of_shim(&legacy);
            }
            if configured && is_executable(hook) {
                return Ok(hook.to_owned());
            }
        }
        Some(Manager::Lefthook) => {
            if let Some(script) = repo.work_dir().and_then(lefthook::calls) {
                return Ok(script);
            }
        }
        _ => {}
    }
    let name = match generated {
        Some(manager) => format!("{}'s", manager.name()),
        None => "somebody else's".to_owned(),
    };
    because(format!("`{shown}` is {name} and does not call newgate"))
}

fn of_shim(hook: &Path) -> Result<PathBuf, Why> {
    let program = program_of(hook).unwrap_or_default();
    if !is_executable(&program) {
        return Err(Why {
            text: format!(
                "`{}` starts `{}`, which does not exist",
                hook.display(),
                program.display()
            ),
            fresh: false,
        });
    }
    match kept_by(hook).filter(|kept| kept.symlink_metadata().is_err()) {
        Some(kept) => Err(Why {
            text: format!(
                "`{}`, the hook that was here before newgate, does not exist, so the check of every push is \
                 incomplete",
                kept.display()
            ),
            fresh: true,
        }),
        None => Ok(hook.to_owned()),
    }
}

/// The other work trees and the submodules from which pushes go unchecked: where, and the coverage of each.
///
/// # Errors
/// git could not answer.
pub(super) fn others(repo: &Repository) -> Result<Vec<(PathBuf, Coverage)>> {
    let mut found = Vec::new();
    for path in other_work_trees(repo)? {
        let other = Repository::open(&path)?;
        let coverage = coverage(&other, &Named::at(&path))?;
        found.push((path, coverage));
    }
    Ok(found)
}
