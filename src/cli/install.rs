use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::own_path;
use super::screen::Resolved;
use crate::error::{Error, ErrorKind, Result};
use crate::git::{Repository, default_branch, hook_folder};
use crate::model::Verdict;

/// The shims that git runs, by hook; `@NEWGATE@` is replaced by the path of this program.
const SHIMS: [(&str, &str); 8] = [
    ("pre-push", include_str!("../../hooks/pre-push")),
    (
        "pre-merge-commit",
        include_str!("../../hooks/pre-merge-commit"),
    ),
    ("pre-receive", include_str!("../../hooks/pre-receive")),
    ("update", include_str!("../../hooks/update")),
    ("post-commit", PREWARM),
    ("post-merge", PREWARM),
    ("post-checkout", PREWARM),
    ("post-rewrite", PREWARM),
];
const PREWARM: &str = include_str!("../../hooks/prewarm");
/// The hooks after which the cache is filled in the background.
pub(super) const PREWARMING: [&str; 4] =
    ["post-commit", "post-merge", "post-checkout", "post-rewrite"];
/// The text by which a shim of any version is known.
const MARK: &str = "newgate-shim";
/// What is added to the name of a hook that was there before.
const BEFORE: &str = "before-newgate";

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The repository
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Judge merges before they are committed too (pre-merge-commit)
    #[arg(long)]
    merges: bool,
    /// Scan in the background after each commit, merge, checkout and rewrite, so that the push that
    /// follows answers from the cache
    #[arg(long, conflicts_with = "server")]
    prewarm: bool,
    /// Install the gate of a server: PATH is a bare repository that receives pushes
    #[arg(long, conflicts_with = "merges")]
    server: bool,
    /// The hook of the server: pre-receive judges a whole push, update each ref of its own
    #[arg(
        long,
        value_name = "HOOK",
        default_value = "pre-receive",
        requires = "server"
    )]
    hook: ServerHook,
    /// Put it where GitLab looks for the hooks of a repository (`custom_hooks`)
    #[arg(long, requires = "server")]
    gitlab: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ServerHook {
    PreReceive,
    Update,
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

/// A path as a word of `sh`, whatever is in it.
fn quoted(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| {
        Error::new(
            ErrorKind::Io,
            format!(
                "the path of this program is not UTF-8: `{}`",
                path.display()
            ),
        )
        .hint("install it under another path")
    })?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

pub(super) fn is_shim(hook: &Path) -> bool {
    fs::read(hook).is_ok_and(|c| String::from_utf8_lossy(&c).contains(MARK))
}

/// Where a hook lies: in the folder of hooks, or, where a forge's own hook there starts those of a
/// folder (Gitea, Forgejo: `pre-receive.d`), in that.
fn place_of(folder: &Path, name: &str) -> PathBuf {
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
fn place_on_gitlab(folder: &Path, name: &str) -> PathBuf {
    folder
        .with_file_name("custom_hooks")
        .join(format!("{name}.d"))
        .join("newgate")
}

impl Install {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let repo = open(&self.path)?;
        let folder = hook_folder(&repo)?.path;
        fs::create_dir_all(&folder).map_err(|e| {
            Error::io(
                format!("the folder `{}` cannot be made", folder.display()),
                e,
            )
        })?;
        if self.server {
            let name = match self.hook {
                ServerHook::PreReceive => "pre-receive",
                ServerHook::Update => "update",
            };
            let place = match self.gitlab {
                true => place_on_gitlab(&folder, name),
                false => place_of(&folder, name),
            };
            if let Some(parent) = place.parent() {
                fs::create_dir_all(parent)
                    .map_err(|e| Error::io(format!("`{}` cannot be made", parent.display()), e))?;
            }
            install_shim(&place, name, screen)?;
            if default_branch(&repo)?.is_none() {
                screen.note("`HEAD` names no branch that is there yet: until it does, every branch is protected");
            }
            screen.note("pushes to protected branches are judged now (`[server]` in the configuration of the default branch says which)");
            return Ok(Verdict::Pass);
        }
        install_shim(&folder.join("pre-push"), "pre-push", screen)?;
        if self.merges {
            install_shim(&folder.join("pre-merge-commit"), "pre-merge-commit", screen)?;
        }
        if self.prewarm {
            for name in PREWARMING {
                install_shim(&folder.join(name), name, screen)?;
            }
            screen.note("the cache is filled in the background after each commit (`newgate doctor` tells how that goes)");
        }
        screen.note("every `git push` from here is judged now; `newgate check` judges by hand, `newgate uninstall` undoes this");
        Ok(Verdict::Pass)
    }
}

/// Installs one shim; a hook that is there is kept, and run first.
fn install_shim(hook: &Path, name: &str, screen: &Resolved) -> Result<()> {
    let before = before(hook);
    let shown = hook.display();
    if hook.symlink_metadata().is_ok() && !is_shim(hook) {
        if before.symlink_metadata().is_ok() {
            return Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "there are two hooks to keep: `{shown}` and `{}`",
                    before.display()
                ),
            )
            .hint(format!(
                "join them into one `{name}`, remove the other, and install again"
            )));
        }
        fs::rename(hook, &before)
            .map_err(|e| Error::io(format!("`{shown}` cannot be renamed"), e))?;
        screen.note(&format!(
            "kept the hook that was there as `{}`; it runs first",
            before.display()
        ));
    }
    let shim = SHIMS
        .iter()
        .find(|(n, _)| *n == name)
        .map_or("", |(_, shim)| shim);
    write_executable(hook, &shim.replace("@NEWGATE@", &quoted(&own_path()?)?))?;
    screen.note(&format!("installed `{shown}`"));
    Ok(())
}

/// The name of a hook that was there before.
fn before(hook: &Path) -> PathBuf {
    let name = hook
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    hook.with_file_name(format!("{name}.{BEFORE}"))
}

/// Writes a program so that at no time a half-written one can be run.
fn write_executable(path: &Path, content: &str) -> Result<()> {
    let failed = |e| Error::io(format!("`{}` cannot be written", path.display()), e);
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    fs::write(file.path(), content).map_err(failed)?;
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o755)).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

impl Uninstall {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let repo = open(&self.path)?;
        let folder = hook_folder(&repo)?.path;
        let mut places: Vec<PathBuf> = Vec::new();
        for (name, _) in SHIMS {
            places.push(folder.join(name));
            places.push(place_of(&folder, name));
            places.push(place_on_gitlab(&folder, name));
        }
        places.dedup();
        let ours: Vec<&PathBuf> = places.iter().filter(|p| is_shim(p)).collect();
        if ours.is_empty() {
            let shown = folder.join("pre-push");
            screen.note(&format!(
                "`{}` is not newgate's: nothing to take out",
                shown.display()
            ));
            return Ok(Verdict::Pass);
        }
        for hook in ours {
            let shown = hook.display();
            fs::remove_file(hook)
                .map_err(|e| Error::io(format!("`{shown}` cannot be removed"), e))?;
            screen.note(&format!("removed `{shown}`"));
            let before = before(hook);
            if before.symlink_metadata().is_ok() {
                fs::rename(&before, hook).map_err(|e| {
                    Error::io(format!("`{}` cannot be put back", before.display()), e)
                })?;
                screen.note("put back the hook that was there before");
            }
        }
        Ok(Verdict::Pass)
    }
}
