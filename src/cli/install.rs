use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::screen::Resolved;
use super::{io, own_path};
use crate::error::{Error, Kind, Result};
use crate::git::{Repository, hook_folder};

/// The shim that git runs; `@NEWGATE@` is replaced by the path of this program.
const PRE_PUSH: &str = include_str!("../../hooks/pre-push");
/// The text by which a shim of any version is known.
const MARK: &str = "newgate-shim";
/// What is added to the name of a hook that was there before.
const BEFORE: &str = "before-newgate";

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The repository
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Uninstall {
    /// The repository
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
}

fn open(path: &Path) -> Result<Repository> {
    if path == Path::new(".") {
        Repository::open_from_env()
    } else {
        Repository::open(path)
    }
}

/// A path as a word of `sh`, whatever is in it.
fn quoted(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| {
        Error::new(
            Kind::Io,
            format!(
                "the path of this program is not UTF-8: `{}`",
                path.display()
            ),
        )
        .hint("install it under another path")
    })?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

fn is_shim(hook: &Path) -> bool {
    fs::read(hook).is_ok_and(|c| String::from_utf8_lossy(&c).contains(MARK))
}

impl Install {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let repo = open(&self.path)?;
        let folder = hook_folder(&repo)?;
        fs::create_dir_all(&folder.path).map_err(|e| {
            io(
                format!("the folder `{}` cannot be made", folder.path.display()),
                e,
            )
        })?;
        let hook = folder.path.join("pre-push");
        let before = folder.path.join(format!("pre-push.{BEFORE}"));
        let shown = hook.display();
        if hook.symlink_metadata().is_ok() && !is_shim(&hook) {
            if before.symlink_metadata().is_ok() {
                return Err(Error::new(
                    Kind::Usage,
                    format!(
                        "there are two hooks to keep: `{shown}` and `{}`",
                        before.display()
                    ),
                )
                .hint("join them into one `pre-push`, remove the other, and install again"));
            }
            fs::rename(&hook, &before)
                .map_err(|e| io(format!("`{shown}` cannot be renamed"), e))?;
            screen.note(&format!(
                "kept the hook that was there as `{}`; it runs first",
                before.display()
            ));
        }
        let shim = PRE_PUSH.replace("@NEWGATE@", &quoted(&own_path()?)?);
        write_executable(&hook, &shim)?;
        screen.note(&format!("installed `{shown}`"));
        screen.note("every `git push` from here is judged now; `newgate check` judges by hand, `newgate uninstall` undoes this");
        Ok(0)
    }
}

/// Writes a program so that at no time a half-written one can be run.
fn write_executable(path: &Path, content: &str) -> Result<()> {
    let failed = |e| io(format!("`{}` cannot be written", path.display()), e);
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    fs::write(file.path(), content).map_err(failed)?;
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o755)).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

impl Uninstall {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let repo = open(&self.path)?;
        let folder = hook_folder(&repo)?;
        let hook = folder.path.join("pre-push");
        let before = folder.path.join(format!("pre-push.{BEFORE}"));
        let shown = hook.display();
        if !is_shim(&hook) {
            screen.note(&format!("`{shown}` is not newgate's: nothing to take out"));
            return Ok(0);
        }
        fs::remove_file(&hook).map_err(|e| io(format!("`{shown}` cannot be removed"), e))?;
        screen.note(&format!("removed `{shown}`"));
        if before.symlink_metadata().is_ok() {
            fs::rename(&before, &hook)
                .map_err(|e| io(format!("`{}` cannot be put back", before.display()), e))?;
            screen.note("put back the hook that was there before");
        }
        Ok(0)
    }
}
