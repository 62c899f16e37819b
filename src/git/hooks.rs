//! Where git looks for hooks.

use std::path::{Path, PathBuf};

use super::{Git, Repository};
use crate::error::Result;
use crate::platform::as_path;

/// What `core.hooksPath` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HooksPath {
    /// It is not set.
    Unset,
    /// This repository or this worktree sets it.
    Own,
    /// It names no folder, so git runs no hooks.
    Off(Setting),
    /// The user or the system sets it, so other repositories share the folder.
    Shared(Setting),
    /// It is relative and leads into `.git`, which is no folder in linked worktrees and submodules.
    InGitFile(Setting),
}

/// A setting of git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `local`, `worktree`, `global`, `system` or `command`.
    pub scope: String,
    /// The value as it is written.
    pub value: String,
}

/// The folder that git runs hooks from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookFolder {
    /// The folder; it may not exist yet. Where `core.hooksPath` leads to none, the repository's own.
    pub path: PathBuf,
    /// Why it is that one.
    pub setting: HooksPath,
    /// Whether files in it are committed.
    pub tracked: bool,
}

impl HookFolder {
    /// Whether `core.hooksPath` names it.
    pub fn is_configured(&self) -> bool {
        self.setting != HooksPath::Unset
    }
}

/// The setting that counts, if there is one.
fn setting(git: &Git) -> Result<Option<Setting>> {
    let asked = git.run([
        "config",
        "--show-scope",
        "--null",
        "--get",
        "core.hooksPath",
    ])?;
    let text = String::from_utf8_lossy(&asked.out).into_owned();
    let mut fields = text.split('\0').map(str::to_owned);
    Ok((asked.code == 0).then(|| Setting {
        scope: fields.next().unwrap_or_default(),
        value: fields.next().unwrap_or_default(),
    }))
}

/// Finds the hook folder of a repository.
///
/// # Errors
/// git could not answer.
pub fn hook_folder(repo: &Repository) -> Result<HookFolder> {
    let own = repo.common_dir().join("hooks");
    let Some(setting) = setting(repo.git())? else {
        return Ok(HookFolder {
            tracked: is_tracked(repo, &own)?,
            path: own,
            setting: HooksPath::Unset,
        });
    };
    let of = |path: PathBuf, setting| HookFolder {
        path,
        setting,
        tracked: false,
    };
    if setting.value.is_empty() {
        return Ok(of(own, HooksPath::Off(setting)));
    }
    if let Some(inside) = in_git_dir(&setting.value) {
        let path = repo.common_dir().join(inside);
        return Ok(of(path, HooksPath::InGitFile(setting)));
    }
    let asked = repo
        .git()
        .run(["rev-parse", "--path-format=absolute", "--git-path", "hooks"])?;
    let Ok(path) = asked.must_path("rev-parse --git-path hooks") else {
        // A part of the path is no folder.
        return Ok(of(own, HooksPath::Off(setting)));
    };
    if path.exists() && !path.is_dir() {
        return Ok(of(own, HooksPath::Off(setting)));
    }
    let is_own = matches!(setting.scope.as_str(), "local" | "worktree");
    Ok(HookFolder {
        tracked: is_own && is_tracked(repo, &path)?,
        setting: match is_own {
            true => HooksPath::Own,
            false => HooksPath::Shared(setting),
        },
        path,
    })
}

/// A hook of git's configuration that starts newgate before a push (git-config(1), `hook.<name>.command`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredHook {
    /// The setting that has the command.
    pub setting: String,
    /// Whether this git runs such hooks: 2.54 is the first that does.
    pub runs: bool,
}

/// Finds the hook of git's configuration that starts newgate before a push.
///
/// # Errors
/// git could not answer.
pub fn configured_hook(repo: &Repository) -> Result<Option<ConfiguredHook>> {
    let git = repo.git();
    let asked = git.run([
        "config",
        "--null",
        "--get-regexp",
        r"^hook\..*\.(command|event)$",
    ])?;
    let text = String::from_utf8_lossy(&asked.out).into_owned();
    let entries = text.split('\0').filter_map(|e| e.split_once('\n'));
    let entries: Vec<(&str, &str)> = entries.collect();
    let starts = |value: &str| value.contains("newgate") && value.contains("hook pre-push");
    let found = entries.iter().find_map(|(key, value)| {
        let name = key.strip_suffix(".command").filter(|_| starts(value))?;
        let event = format!("{name}.event");
        entries.contains(&(&event, "pre-push")).then_some(*key)
    });
    let Some(setting) = found.map(str::to_owned) else {
        return Ok(None);
    };
    let version = git.run(["--version"])?;
    let version = String::from_utf8_lossy(&version.out).into_owned();
    let mut numbers = version.trim_start_matches("git version ").split('.');
    let mut number = || numbers.next().and_then(|n| n.trim().parse::<u32>().ok());
    Ok(Some(ConfiguredHook {
        setting,
        runs: number().zip(number()) >= Some((2, 54)),
    }))
}

/// What follows `.git` in a relative path.
fn in_git_dir(value: &str) -> Option<&Path> {
    let path = Path::new(value);
    path.strip_prefix("./")
        .unwrap_or(path)
        .strip_prefix(".git")
        .ok()
}

/// Whether a folder has files that are committed (or would be, with the next commit).
fn is_tracked(repo: &Repository, folder: &Path) -> Result<bool> {
    let (Some(top), Ok(folder)) = (repo.work_dir(), folder.canonicalize()) else {
        return Ok(false);
    };
    let top = top.canonicalize().unwrap_or_else(|_| top.to_owned());
    let common = repo.common_dir();
    let common = common.canonicalize().unwrap_or_else(|_| common.to_owned());
    if !folder.starts_with(&top) || folder.starts_with(common) || folder == top {
        return Ok(false);
    }
    let Ok(inside) = folder.strip_prefix(&top) else {
        return Ok(false);
    };
    let mut pathspec = std::ffi::OsString::from(":(top,literal)");
    pathspec.push(inside);
    let args = ["ls-files", "-z", "--"].map(std::ffi::OsString::from);
    let listed = repo.git().run(args.into_iter().chain([pathspec]))?;
    Ok(!listed.must("ls-files")?.is_empty())
}

/// Lets git run the hooks of the repository's own folder from every worktree, whatever `core.hooksPath` said.
///
/// # Errors
/// git could not write its configuration.
pub fn name_hook_folder(repo: &Repository, setting: &Setting, folder: &Path) -> Result<()> {
    let scope = format!("--{}", setting.scope);
    let args = ["config", &scope, "core.hooksPath"].map(std::ffi::OsString::from);
    let asked = repo.git().run(args.into_iter().chain([folder.into()]))?;
    asked.must("config core.hooksPath").map(|_| ())
}

/// Sets a value in the repository's own configuration, or removes it.
///
/// # Errors
/// git could not write its configuration.
pub fn set_config(repo: &Repository, name: &str, value: Option<&Path>) -> Result<()> {
    let asked = match value {
        Some(value) => {
            let args = ["config", "--local", name].map(std::ffi::OsString::from);
            repo.git().run(args.into_iter().chain([value.into()]))?
        }
        None => repo.git().run(["config", "--local", "--unset-all", name])?,
    };
    // git-config(1): 5 if what is to be removed is not there.
    match (value, asked.code) {
        (None, 5) => Ok(()),
        _ => asked.must("config").map(|_| ()),
    }
}

/// The other work trees of a repository: linked ones (the main one for a linked one), and submodules that are checked out.
///
/// # Errors
/// git could not answer.
pub fn other_work_trees(repo: &Repository) -> Result<Vec<PathBuf>> {
    let listed = repo.git().run(["worktree", "list", "--porcelain", "-z"])?;
    let listed = listed.must("worktree list")?;
    let here = repo.work_dir().and_then(|d| d.canonicalize().ok());
    let mut found: Vec<PathBuf> = listed
        .split(|b| *b == 0)
        .filter_map(|field| field.strip_prefix(b"worktree "))
        .map(|p| as_path(p).to_owned())
        // Of a bare repository, the folder itself is listed; one that was removed is still listed.
        .filter(|p| p.join(".git").exists())
        .collect();
    found.retain(|p| p.canonicalize().ok() != here);
    if let Some(top) = repo.work_dir() {
        let listed = repo
            .git()
            .run(["ls-files", "--stage", "--full-name", "-z", "--", ":/"])?;
        let listed = listed.must("ls-files")?;
        // The index has a submodule as a file of mode 160000.
        let modules = listed
            .split(|b| *b == 0)
            .filter(|e| e.starts_with(b"160000 "));
        let paths = modules.filter_map(|e| e.splitn(2, |b| *b == b'\t').nth(1));
        let places = paths.map(|p| top.join(as_path(p)));
        found.extend(places.filter(|p| p.join(".git").exists()));
    }
    Ok(found)
}
