use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::screen::{Label, Resolved};
use crate::cli::session::Session;
use crate::config;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{ConfigSource, Settings};
use crate::model::Verdict;
use crate::process::stopped;
use crate::scan::tools::{self, Installed, LOCK, Lock, Locked};
use crate::scan::{Catalog, Descriptor, Scanner, State};

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The scanners; all enabled ones by default
    #[arg(value_name = "SCANNER")]
    scanners: Vec<String>,
    #[command(flatten)]
    lock: LockFile,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// The scanners, as NAME or NAME@VERSION; all in the lock file by default
    #[arg(value_name = "SCANNER")]
    scanners: Vec<String>,
    #[command(flatten)]
    lock: LockFile,
}

#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Show what would be removed, without removing it
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
            let session = Session::open().ok()?;
            Some(session.repo.work_dir()?.join(LOCK))
        };
        let Some(path) = self.path.clone().or_else(of_work_tree) else {
            return Ok((None, Lock::default()));
        };
        let shown = path.display();
        if fs::symlink_metadata(&path).is_ok_and(|m| !m.is_file()) {
            return Err(Error::new(
                ErrorKind::Config,
                format!("`{shown}` is not a regular file"),
            )
            .hint("remove it; `newgate scanners install` writes a new one"));
        }
        let lock = match fs::read_to_string(&path) {
            Ok(text) => Lock::parse(&text).map_err(|e| {
                Error::new(ErrorKind::Config, format!("`{shown}` cannot be read: {e}"))
                    .hint("correct or remove it; `newgate scanners install` writes a new one")
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Lock::default(),
            Err(e) => return Err(Error::io(format!("`{shown}` cannot be read"), e)),
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
            fs::set_permissions(file.path(), crate::platform::readable())?;
            file.persist(path).map_err(|e| e.error)
        });
    written.map_err(|e| Error::io(format!("`{shown}` cannot be written"), e))?;
    screen.note(&format!("`{shown}` pins them: commit it"));
    Ok(())
}

/// What a repository says of its scanners: the target for what is trusted, and the work tree for what
/// somebody is about to commit.
struct Project {
    session: Option<Session>,
    settings: Option<Settings>,
    /// Whether the settings are the change's own, since there is no target yet.
    is_new: bool,
}

impl Project {
    fn here() -> Result<Project> {
        let Ok(mut session) = Session::open() else {
            return Ok(Project {
                session: None,
                settings: None,
                is_new: true,
            });
        };
        let change = session.change_by_default()?;
        let mut settings = session.gate().settings(&change, ConfigSource::Target)?;
        let here = session.repo.work_dir().map(|w| w.join(config::FILE));
        if let Some(text) = here.as_deref().and_then(read_own_file) {
            settings.config =
                config::parse(&text, &settings.catalog.names()).map_err(|mistakes| {
                    let shown = config::render(&text, config::FILE, &mistakes, false);
                    Error::new(
                        ErrorKind::Config,
                        format!("`{}` has mistakes\n\n{shown}\n", config::FILE),
                    )
                    .hint("`newgate config schema` prints all keys")
                })?;
        }
        Ok(Project {
            is_new: change.target.is_none(),
            settings: Some(settings),
            session: Some(session),
        })
    }

    /// What pins a scanner: the target's lock file, which the change cannot alter.
    fn pins(&self, name: &str) -> Option<Locked> {
        self.settings.as_ref()?.lock.scanners.get(name).cloned()
    }

    /// The scanners that are on and that a program runs.
    fn run(&self) -> Result<Vec<Wanted>> {
        let mut all = Vec::new();
        if let (Some(settings), Some(session)) = (&self.settings, &self.session) {
            for name in &settings.config.scanners {
                let wish = settings.wish(name);
                let descriptor = settings.descriptor(name)?;
                if wish.given || descriptor.program().is_none() {
                    continue;
                }
                let managed = descriptor.install().is_managed() && wish.path.is_none();
                let there = match managed {
                    true => None,
                    false => Some(session.gate().scanner(settings, name)?),
                };
                all.push(Wanted {
                    name: name.clone(),
                    there,
                });
            }
        }
        Ok(all)
    }
}

/// A scanner that `newgate scanners install` is about.
struct Wanted {
    name: String,
    /// Where newgate does not install its program: whether that is on this machine.
    there: Option<Scanner>,
}

/// A file of the work tree, unless it is a link: what it leads to is none of this repository's.
fn read_own_file(path: &Path) -> Option<String> {
    let plain = fs::symlink_metadata(path).ok()?.is_file();
    plain.then(|| fs::read_to_string(path).ok())?
}

fn verdict(failed: bool) -> Verdict {
    match failed {
        true => Verdict::Incomplete,
        false => Verdict::Pass,
    }
}

impl Install {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let catalog = super::catalog()?;
        let project = Project::here()?;
        let named = |name| Wanted { name, there: None };
        let wanted: Vec<Wanted> = match self.scanners.is_empty() {
            true => project.run()?,
            false => self.scanners.into_iter().map(named).collect(),
        };
        if wanted.is_empty() {
            screen.note("no enabled scanner needs to be installed; name one, such as `bandit`");
            return Ok(Verdict::Pass);
        }
        let (path, mut lock) = self.lock.read()?;
        let before = lock.clone();
        let mut failed = false;
        for Wanted { name, there } in wanted {
            if let Some(scanner) = there {
                failed |= !is_there(&scanner, screen);
                continue;
            }
            if let Some((plain, _)) = name.split_once('@') {
                let text = format!(
                    "`newgate scanners install` takes no version: it installs the version of `{plain}` that is \
                     pinned"
                );
                return Err(Error::new(ErrorKind::Usage, text).hint(format!(
                    "to pin and install this version: `newgate scanners update {name}`"
                )));
            }
            let descriptor = super::named(&catalog, &name)?;
            // A lock file that was named counts, and that of a new repository; else the target's.
            let own = lock.scanners.get(&name).cloned();
            let locked = match self.lock.path.is_some() || project.is_new {
                true => own.clone(),
                false => project.pins(&name),
            };
            if locked.is_some() && own.is_some() && locked != own {
                screen.note(&format!(
                    "{name}: installing the version that the target pins; your lock file takes effect once it is on \
                     the target"
                ));
            }
            let wanted = locked.as_ref().map(|l| l.version.as_str());
            let keep = own.is_some() && locked != own && locked.is_some();
            if let Some(there) = tools::record_of(&descriptor, wanted)
                && locked.as_ref().is_none_or(|l| l.has_hashes_of(&there))
            {
                screen.note(&format!("{name} {} is installed", there.version));
                if !keep {
                    let pinned = locked.unwrap_or(there);
                    lock.scanners.insert(name, pinned);
                }
                continue;
            }
            let mut pins = Lock::default();
            failed |= !one(&descriptor, locked.as_ref(), None, &mut pins, screen);
            if let Some(pinned) = pins.scanners.remove(&name).filter(|_| !keep) {
                lock.scanners.insert(name, locked.unwrap_or(pinned));
            }
        }
        if lock != before {
            write_lock(path.as_deref(), &lock, screen)?;
        }
        Ok(verdict(failed))
    }
}

impl Update {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
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
            let wanted = version.as_deref().or(descriptor.install().version());
            if let Some(there) = tools::record_of(&descriptor, wanted)
                && lock
                    .scanners
                    .get(&name)
                    .is_some_and(|l| l.has_hashes_of(&there))
            {
                screen.note(&format!("{name} is already at {}", there.version));
                continue;
            }
            failed |= !one(&descriptor, None, version.as_deref(), &mut lock, screen);
        }
        if lock != before {
            write_lock(path.as_deref(), &lock, screen)?;
        }
        Ok(verdict(failed))
    }
}

/// Says whether the program of a scanner that newgate does not install is on this machine.
fn is_there(scanner: &Scanner, screen: &Resolved) -> bool {
    let name = scanner.descriptor.name();
    match &scanner.state {
        State::Ready => {
            let program = scanner.program.as_deref().unwrap_or(Path::new(name));
            let version = scanner.version.as_deref().unwrap_or_default();
            screen.note(&format!("{name} {version}: using `{}`", program.display()));
            true
        }
        State::Missing(absent) => {
            let text = format!("{name} is not installed: {}", absent.why);
            screen.error(Label::Error, &text);
            if !scanner.descriptor.install().is_managed() {
                screen.error(
                    Label::Hint,
                    &format!(
                        "newgate cannot install it: install it yourself, or remove `{name}` from \
                        `[scanners]`"
                    ),
                );
            }
            false
        }
    }
}

/// Installs one scanner and notes it in the lock; tells what went wrong.
fn one(
    descriptor: &Descriptor,
    locked: Option<&Locked>,
    version: Option<&str>,
    lock: &mut Lock,
    screen: &Resolved,
) -> bool {
    let name = descriptor.name().to_owned();
    screen.note(&format!("installing {name} ..."));
    match tools::install(descriptor, locked, version) {
        Ok(done) => {
            let from = descriptor.install().origin();
            screen.note(&format!("{name} {} is installed from {from}", done.version));
            let merged = match lock.scanners.remove(&name) {
                Some(old) => done.with_hashes_of(&old),
                None => done,
            };
            lock.scanners.insert(name, merged);
            true
        }
        // The end of the process says so.
        Err(_) if stopped().is_some() => false,
        Err(why) => {
            screen.error(Label::Error, &format!("{name} cannot be installed: {why}"));
            false
        }
    }
}

impl Prune {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let catalog = super::catalog()?;
        let (_, lock) = self.lock.read()?;
        let keep = |i: &Installed| is_pinned(&catalog, &lock, i);
        let trouble = |e| Error::io("the folder of installed scanners cannot be pruned", e);
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
        Ok(Verdict::Pass)
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
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let catalog = super::catalog()?;
        let (_, lock) = self.lock.read()?;
        let trouble = |e| Error::io("the folder of installed scanners cannot be read", e);
        let installed = tools::installed().map_err(trouble)?;
        if installed.is_empty() {
            screen.note("newgate has installed no scanner; `newgate scanners install` installs the enabled ones");
        }
        for version in installed {
            let pinned = match is_pinned(&catalog, &lock, &version) {
                true => "",
                false => "  (not pinned here: `newgate scanners prune` removes it)",
            };
            screen.data(&format!("{} {}{pinned}\n", version.name, version.version));
        }
        Ok(Verdict::Pass)
    }
}
