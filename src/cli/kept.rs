//! Hooks that were there before newgate: where they are kept, and how newgate's hooks run them.
//!
//! A kept hook has its own name, in a folder beside that of the hooks (`.git/hooks.before-newgate`), with links to what
//! lies beside the hooks. So it finds the same when it goes by its name, its folder or relative paths: the hooks of
//! husky and pre-commit do, and a hook may be a link into the work tree.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

use clap::Args;

use super::hook_file::is_shim;
use super::manager::Manager;
use super::screen::Resolved;
use crate::error::{Error, ErrorKind, Result};
use crate::model::shell_word;
use crate::platform;
use crate::process::run_hook;

/// The suffix of the folder for kept hooks; older versions added it to the name of the hook.
const BEFORE: &str = "before-newgate";
/// What pre-commit and prek add to the name of a hook that they keep.
pub(super) const LEGACY: &str = "legacy";

/// The folder for the hooks that are kept from a folder.
pub(super) fn folder_for(hooks: &Path) -> PathBuf {
    with_suffix(hooks, BEFORE)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

/// Where a hook is kept.
pub(super) fn place_for(hook: &Path) -> PathBuf {
    let folder = folder_for(hook.parent().unwrap_or(Path::new(".")));
    folder.join(hook.file_name().unwrap_or_default())
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn cannot(what: &str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let message = format!("`{}` cannot be {what}", path.display());
    move |e| Error::io(message.clone(), e)
}

/// Keeps a hook, or finds one that an older version kept under another name. Returns its path, if there is one.
///
/// # Errors
/// There are two hooks to keep, or files cannot be moved.
pub(super) fn keep(hook: &Path) -> Result<Option<PathBuf>> {
    let place = place_for(hook);
    let older = with_suffix(hook, BEFORE);
    for found in [&older, hook] {
        if !is_there(found) || is_shim(found) {
            continue;
        }
        let folder = folder_for(hook.parent().unwrap_or(Path::new(".")));
        fs::create_dir_all(&folder).map_err(cannot("made", &folder))?;
        if is_there(&place) && !is_link_of_ours(&place, hook) && !replaces(found, &place) {
            let (found, place) = (found.display(), place.display());
            return Err(Error::new(
                ErrorKind::Usage,
                format!("there are two hooks to keep: `{found}` and `{place}`"),
            )
            .hint(format!(
                "to keep the newer one, remove the older one: `rm {}`; then install again",
                shell_word(&place.to_string())
            )));
        }
        fs::rename(found, &place).map_err(cannot("moved", found))?;
        let legacy = with_suffix(hook, LEGACY);
        if is_there(&legacy) && !is_shim(&legacy) {
            let place = with_suffix(&place, LEGACY);
            fs::rename(&legacy, place).map_err(cannot("moved", &legacy))?;
        }
        link_neighbours(hook, &folder)?;
    }
    adopt_old_husky(hook)?;
    let kept = is_there(&place) && !is_link_of_ours(&place, hook);
    Ok(kept.then_some(place))
}

/// husky 4 leaves a hook that is there alone, and so its own out. What it wrote for the other hooks does for this one
/// too, since it goes by its name: it is kept as if it had been here before. Returns whether it was.
///
/// # Errors
/// Files cannot be written.
fn adopt_old_husky(hook: &Path) -> Result<bool> {
    const SCRIPT: &str = "husky.sh";
    let hooks = hook.parent().unwrap_or(Path::new("."));
    let place = place_for(hook);
    if !is_there(&hooks.join(SCRIPT)) || is_there(&place) {
        return Ok(false);
    }
    let entries = fs::read_dir(hooks).into_iter().flatten().flatten();
    let mut others = entries.map(|e| e.path());
    let other = others.find(|p| Manager::of_hook(p) == Some(Manager::OldHusky));
    let Some(other) = other else {
        return Ok(false);
    };
    let folder = folder_for(hooks);
    fs::create_dir_all(&folder).map_err(cannot("made", &folder))?;
    fs::copy(&other, &place).map_err(cannot("written", &place))?;
    link_neighbours(hook, &folder)?;
    Ok(true)
}

/// Whether a hook is a newer version of the one that is kept: equal, or the same manager wrote both.
fn replaces(hook: &Path, kept: &Path) -> bool {
    let same_manager = || {
        let manager = Manager::of_hook(hook);
        manager.is_some() && manager == Manager::of_hook(kept)
    };
    matches!((fs::read(hook), fs::read(kept)), (Ok(a), Ok(b)) if a == b) || same_manager()
}

/// Where a link in the folder of kept hooks leads to: what has this name beside the hooks.
fn neighbour(hook: &Path, name: &std::ffi::OsStr) -> PathBuf {
    let hooks = hook.parent().and_then(Path::file_name);
    Path::new("..").join(hooks.unwrap_or_default()).join(name)
}

fn is_link_of_ours(path: &Path, hook: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    fs::read_link(path).is_ok_and(|to| to == neighbour(hook, name))
}

/// Links the files next to a hook to where the hook is kept, because the hook may call them by its
/// own folder.
fn link_neighbours(hook: &Path, folder: &Path) -> Result<()> {
    // In a work tree it is nothing to commit.
    let ignored = folder.join(".gitignore");
    fs::write(&ignored, "*\n").map_err(cannot("written", &ignored))?;
    let entries = hook.parent().and_then(|f| fs::read_dir(f).ok());
    for entry in entries.into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let place = folder.join(&name);
        let sample = path.extension().is_some_and(|e| e == "sample");
        if path == hook || sample || is_there(&place) || is_shim(&path) {
            continue;
        }
        platform::link(neighbour(hook, &name), &place).map_err(cannot("made", &place))?;
    }
    Ok(())
}

/// Moves a kept hook back to where it was, or to where newgate's hook was moved since (`shim`, which is removed
/// already). Returns whether there was one.
///
/// # Errors
/// Files cannot be moved.
pub(super) fn put_back(hook: &Path, shim: &Path) -> Result<bool> {
    let place = place_for(hook);
    let kept_legacy = with_suffix(&place, LEGACY);
    let moved = shim != hook;
    // pre-commit, which has been installed over newgate's hook, needs no older one of its own.
    let found = match moved && Manager::of_hook(&place).is_some_and(Manager::keeps_legacy) {
        true => {
            fs::remove_file(&place).map_err(cannot("removed", &place))?;
            kept_legacy.clone()
        }
        false => [place.clone(), with_suffix(hook, BEFORE)]
            .into_iter()
            .find(|p| is_there(p) && !is_link_of_ours(p, hook))
            .unwrap_or(place),
    };
    let was_there = is_there(&found) && !is_link_of_ours(&found, hook);
    if was_there {
        fs::rename(&found, shim).map_err(cannot("put back", &found))?;
    }
    let legacy = with_suffix(hook, LEGACY);
    if is_there(&kept_legacy) && !is_there(&legacy) {
        fs::rename(&kept_legacy, &legacy).map_err(cannot("put back", &kept_legacy))?;
    }
    tidy(hook);
    Ok(was_there)
}

/// Removes the folder of kept hooks once only links are left in it.
fn tidy(hook: &Path) {
    let folder = folder_for(hook.parent().unwrap_or(Path::new(".")));
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let entries: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    let ours = |p: &&PathBuf| is_link_of_ours(p, hook) || p.ends_with(".gitignore");
    if entries.iter().all(|p| ours(&p)) {
        for path in entries {
            let _ = fs::remove_file(path);
        }
        let _ = fs::remove_dir(folder);
    }
}

/// The options of a hook that name the one that it keeps.
#[derive(Debug, Args)]
pub(super) struct Kept {
    /// A hook that was there before, which is run with the same arguments and standard input
    #[arg(long = "kept", value_name = "PATH")]
    hook: Option<PathBuf>,
    /// The same, from the hooks that older versions installed: it need not exist
    #[arg(long = "chained", value_name = "PATH", hide = true)]
    perhaps: Option<PathBuf>,
    /// The path by which newgate's hook was started
    #[arg(long = "as", value_name = "PATH", hide = true)]
    started_as: Option<PathBuf>,
}

impl Kept {
    /// Whether git itself started newgate's hook, and not a script or a hook manager that may have read standard input.
    pub(super) fn is_started_by_git(&self, name: &str) -> bool {
        let started = self.started_as.as_deref().or(self.perhaps.as_deref());
        let file = started.and_then(Path::file_name).and_then(|f| f.to_str());
        file.is_some_and(|f| f == name || f == format!("{name}.{BEFORE}"))
    }

    /// Keeps the hook of a manager that was installed after newgate and replaced its hook. Returns the script that was
    /// started and the hook that it keeps from now on, if there is one.
    ///
    /// # Errors
    /// Files cannot be written.
    pub(super) fn adopt(&mut self, name: &str) -> Result<Option<(PathBuf, PathBuf)>> {
        let started = self.started_as.clone();
        let Some(started) = started.filter(|s| self.hook.is_none() && s.ends_with(name)) else {
            return Ok(None);
        };
        if !adopt_old_husky(&started)? {
            return Ok(None);
        }
        let place = place_for(&started);
        self.hook = Some(place.clone());
        Ok(Some((started, place)))
    }

    /// Whether there is a hook to run.
    pub(super) fn is_named(&self) -> bool {
        self.hook.is_some() || self.perhaps.is_some()
    }

    /// The hook to run; none where git would pass over it.
    fn find(&self, screen: &Resolved) -> Result<Option<PathBuf>> {
        let hook = match (&self.hook, &self.perhaps) {
            (Some(hook), _) => in_full(hook),
            (None, Some(hook)) => match older(hook) {
                Some(hook) => in_full(&hook),
                None => return Ok(None),
            },
            (None, None) => return Ok(None),
        };
        // pre-commit, which has been installed over newgate's hook, runs already; what it kept before is left.
        let under_manager = self
            .started_as
            .as_deref()
            .and_then(Path::extension)
            .is_some_and(|e| e == LEGACY);
        let manager = Manager::of_hook(&hook);
        let hook = match under_manager && manager.is_some_and(Manager::keeps_legacy) {
            true => match with_suffix(&hook, LEGACY) {
                legacy if is_there(&legacy) => legacy,
                _ => return Ok(None),
            },
            false => hook,
        };
        match hook.symlink_metadata() {
            Err(e) if e.kind() == NotFound => return Err(gone(&hook)),
            Err(e) => return Err(cannot("read", &hook)(e)),
            Ok(_) => {}
        }
        // git, too, ignores a hook that is not executable, and says so (githooks(5), `advice.ignoredHook`).
        if hook.metadata().is_ok_and(|m| !platform::is_runnable(&m)) {
            let shown = hook.display().to_string();
            screen.note(&format!(
                "note: the hook that was here before newgate was ignored, because it is not executable: `chmod +x \
                 {}`",
                shell_word(&shown)
            ));
            return Ok(None);
        }
        Ok(Some(hook))
    }

    /// Runs it, if there is one that git itself would run; returns its exit code.
    ///
    /// # Errors
    /// It is gone, or cannot be run.
    pub(super) fn run(&self, args: &[OsString], input: &[u8], screen: &Resolved) -> Result<i32> {
        let Some(hook) = self.find(screen)? else {
            return Ok(0);
        };
        run_hook(&hook, args, input).map_err(|e| {
            let shown = hook.display();
            if e.kind() == NotFound {
                return Error::io(
                    format!(
                        "`{shown}`, the hook that was here before newgate, or the program in \
                    its first line, does not exist"
                    ),
                    e,
                )
                .hint(FORGET);
            }
            Error::io(
                format!("`{shown}`, the hook that was here before newgate, cannot be run"),
                e,
            )
            .hint(format!(
                "make it executable: `chmod +x {}`",
                shell_word(&shown.to_string())
            ))
        })
    }

    /// Runs it; what git does goes on only if it succeeds.
    ///
    /// # Errors
    /// It is gone, cannot be run, or refuses.
    pub(super) fn allows(&self, args: &[OsString], input: &[u8], screen: &Resolved) -> Result<()> {
        match self.run(args, input, screen)? {
            0 => Ok(()),
            code => {
                let hook = self.hook.as_ref().or(self.perhaps.as_ref());
                let hook = hook.map_or(PathBuf::new(), |h| in_full(h));
                Err(Error::new(
                    ErrorKind::Usage,
                    format!(
                        "the hook that was here before newgate, `{}`, exited with code {code}",
                        hook.display()
                    ),
                )
                .hint("its output above says what to fix"))
            }
        }
    }
}

/// The command for a kept hook that is gone.
const FORGET: &str = "to continue without it: `newgate uninstall && newgate install`";

fn gone(hook: &Path) -> Error {
    Error::new(
        ErrorKind::Io,
        format!(
            "`{}`, the hook that was here before newgate, does not exist, so its checks did not run",
            hook.display()
        ),
    )
    .hint("restore the file, or reinstall the tool that created it")
    .hint(FORGET)
}

/// A path without `..`, so that the hook finds its neighbours by its own.
fn in_full(hook: &Path) -> PathBuf {
    let folder = hook.parent().unwrap_or(Path::new("."));
    let name = hook.file_name().unwrap_or_default();
    folder
        .canonicalize()
        .map_or_else(|_| hook.to_owned(), |f| f.join(name))
}

/// The path of a hook that an older version kept, because pre-commit may have renamed newgate's
/// hook since.
fn older(hook: &Path) -> Option<PathBuf> {
    if is_there(hook) {
        return Some(hook.to_owned());
    }
    let shim = hook.with_extension("");
    let original = match shim.extension() {
        Some(extension) if extension == LEGACY => shim.with_extension(""),
        _ => return None,
    };
    Some(with_suffix(&original, BEFORE)).filter(|p| is_there(p))
}
