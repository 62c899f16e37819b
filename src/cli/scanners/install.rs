use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::io;
use crate::cli::screen::{Label, Resolved};
use crate::error::{Error, Kind, Result};
use crate::scan::tools::{self, Installed, LOCK, Lock, Origin};
use crate::scan::{Catalog, Descriptor};

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The scanners; without a name, all that are on and that newgate can install
    #[arg(value_name = "SCANNER")]
    scanners: Vec<String>,
    #[command(flatten)]
    lock: LockFile,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// The scanners, as NAME or NAME@VERSION; without one, all in the lock file
    #[arg(value_name = "SCANNER")]
    scanners: Vec<String>,
    #[command(flatten)]
    lock: LockFile,
}

#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Say what would go, and leave it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    lock: LockFile,
}

#[derive(Debug, Args)]
struct LockFile {
    /// The lock file, instead of `.newgate/scanners.lock` of this repository
    #[arg(long = "lock", value_name = "FILE")]
    path: Option<PathBuf>,
}

impl LockFile {
    /// The path, and what is in it; no path outside of a work tree.
    fn read(&self) -> Result<(Option<PathBuf>, Lock)> {
        let of_work_tree = || {
            let repo = crate::git::Repository::open_from_env().ok()?;
            Some(repo.work_dir()?.join(LOCK))
        };
        let Some(path) = self.path.clone().or_else(of_work_tree) else {
            return Ok((None, Lock::default()));
        };
        let shown = path.display();
        let lock = match fs::read_to_string(&path) {
            Ok(text) => Lock::parse(&text).map_err(|e| {
                Error::new(Kind::Config, format!("`{shown}` cannot be read: {e}"))
                    .hint("mend it, or remove it: `newgate scanners install` writes a new one")
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Lock::default(),
            Err(e) => return Err(io(format!("`{shown}` cannot be read"), e)),
        };
        Ok((Some(path), lock))
    }
}

fn write_lock(path: Option<&Path>, lock: &Lock, screen: &Resolved) -> Result<()> {
    let Some(path) = path else {
        return Ok(());
    };
    let shown = path.display();
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder)
        .and_then(|()| tempfile::NamedTempFile::new_in(folder))
        .and_then(|file| {
            fs::write(file.path(), lock.to_text())?;
            let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            fs::set_permissions(file.path(), readable)?;
            file.persist(path).map_err(|e| e.error)
        });
    written.map_err(|e| io(format!("`{shown}` cannot be written"), e))?;
    screen.note(&format!("`{shown}` pins them: commit it"));
    Ok(())
}

/// The scanners that are on and that newgate can install.
fn managed() -> Result<Vec<String>> {
    let mut repo = crate::git::Repository::open_from_env()?;
    let change = crate::cli::change_by_default(&mut repo)?;
    let settings = crate::gate::Settings::read(&repo, &change, crate::gate::ConfigSource::Target)?;
    let mut names = Vec::new();
    for name in &settings.config.scanners {
        let given = settings.wish(name).given;
        if !given && settings.descriptor(name)?.install().is_managed() {
            names.push(name.clone());
        }
    }
    Ok(names)
}

impl Install {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let catalog = super::catalog()?;
        let names = match self.scanners.is_empty() {
            true => managed()?,
            false => self.scanners,
        };
        if names.is_empty() {
            screen.note("no scanner that is on needs to be installed; name one, such as `bandit`");
            return Ok(0);
        }
        let (path, mut lock) = self.lock.read()?;
        let before = lock.clone();
        let mut failed = false;
        for name in names {
            let descriptor = super::named(&catalog, &name)?;
            let locked = lock.scanners.get(&name).cloned();
            let wanted = locked.as_ref().map(|l| l.version.as_str());
            if let Some(there) = tools::record_of(&descriptor, wanted)
                && locked.as_ref().is_none_or(|l| *l == there)
            {
                screen.note(&format!("{name} {} is installed", there.version));
                lock.scanners.insert(name, there);
                continue;
            }
            failed |= !one(&descriptor, locked.as_ref(), None, &mut lock, screen);
        }
        if lock != before {
            write_lock(path.as_deref(), &lock, screen)?;
        }
        Ok(if failed { 3 } else { 0 })
    }
}

impl Update {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let catalog = super::catalog()?;
        let (path, mut lock) = self.lock.read()?;
        let names = match self.scanners.is_empty() {
            true => lock.scanners.keys().cloned().collect(),
            false => self.scanners,
        };
        let before = lock.clone();
        let mut failed = false;
        for wanted in names {
            let (name, version) = match wanted.split_once('@') {
                Some((name, version)) => (name.to_owned(), Some(version.to_owned())),
                None => (wanted, None),
            };
            let descriptor = super::named(&catalog, &name)?;
            failed |= !one(&descriptor, None, version.as_deref(), &mut lock, screen);
        }
        if lock != before {
            write_lock(path.as_deref(), &lock, screen)?;
        }
        Ok(if failed { 3 } else { 0 })
    }
}

/// Installs one scanner and notes it in the lock; tells what went wrong.
fn one(
    descriptor: &Descriptor,
    locked: Option<&tools::Locked>,
    version: Option<&str>,
    lock: &mut Lock,
    screen: &Resolved,
) -> bool {
    let name = descriptor.name().to_owned();
    screen.note(&format!("installing {name} ..."));
    match tools::install(descriptor, locked, version) {
        Ok(done) => {
            let from = match done.origin {
                Origin::Pypi => "PyPI",
                Origin::Npm => "npm",
                Origin::Crates => "crates.io",
            };
            screen.note(&format!("{name} {} is installed from {from}", done.version));
            let merged = match lock.scanners.remove(&name) {
                Some(old) => done.with_hashes_of(&old),
                None => done,
            };
            lock.scanners.insert(name, merged);
            true
        }
        Err(why) => {
            screen.error(Label::Error, &format!("{name} cannot be installed: {why}"));
            false
        }
    }
}

impl Prune {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let catalog = super::catalog()?;
        let (_, lock) = self.lock.read()?;
        let keep = |i: &Installed| is_pinned(&catalog, &lock, i);
        let trouble = |e| io("the folder of installed scanners cannot be pruned", e);
        let gone = match self.dry_run {
            true => {
                let mut all = tools::installed().map_err(trouble)?;
                all.retain(|i| !keep(i));
                all
            }
            false => tools::prune(&keep).map_err(trouble)?,
        };
        let verb = if self.dry_run {
            "would go"
        } else {
            "is removed"
        };
        for version in &gone {
            screen.note(&format!("{} {} {verb}", version.name, version.version));
        }
        if gone.is_empty() {
            screen.note("nothing to remove");
        }
        Ok(0)
    }
}

/// Whether this repository's lock or the catalogue pins an installed version.
fn is_pinned(catalog: &Catalog, lock: &Lock, installed: &Installed) -> bool {
    let by_lock = lock.scanners.get(&installed.name);
    let by_catalog = catalog.get(&installed.name).ok().flatten();
    by_lock.is_some_and(|l| l.version == installed.version)
        || by_catalog.is_some_and(|d| d.install().version() == Some(&installed.version))
}

/// Lists the installed versions.
#[derive(Debug, Args)]
pub(super) struct Installs {
    #[command(flatten)]
    lock: LockFile,
}

impl Installs {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let catalog = super::catalog()?;
        let (_, lock) = self.lock.read()?;
        let trouble = |e| io("the folder of installed scanners cannot be read", e);
        for version in tools::installed().map_err(trouble)? {
            let pinned = match is_pinned(&catalog, &lock, &version) {
                true => "",
                false => "  (pinned by nothing here: `newgate scanners prune` removes it)",
            };
            screen.data(&format!("{} {}{pinned}\n", version.name, version.version));
        }
        Ok(0)
    }
}
