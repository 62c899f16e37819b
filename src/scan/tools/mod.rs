//! Scanners that newgate installs: pinned, several versions side by side, in the user's cache.
//!
//! `tools/NAME/VERSION` is a link to the folder of one installation, so a version appears at once
//! and whole, and two who install at the same time do not meet.

mod install;
mod lock;
mod own;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Descriptor;
use crate::environment;

pub use install::install;
pub use lock::{Lock, Locked, Registry};
pub use own::own_wheels;

/// The file of a project that pins its scanners' versions and hashes.
pub const LOCK: &str = ".newgate/scanners.lock";

/// The folder of all installed scanners.
pub fn folder() -> Option<PathBuf> {
    Some(environment::cache_home()?.join("newgate").join("tools"))
}

/// The program of a scanner that was installed, in the version that is wanted, or else the one that
/// the catalogue pins; with what the installation consists of.
pub(super) fn installed_program(
    descriptor: &Descriptor,
    wanted: Option<&str>,
) -> Option<(PathBuf, Locked)> {
    let version = wanted.or_else(|| descriptor.install().version())?;
    let name = descriptor.program()?.command.first()?;
    let link = folder()?.join(descriptor.name()).join(version);
    let record = fs::read_to_string(link.join(install::COMPLETE)).ok()?;
    let program = link.join("bin").join(name);
    program.is_file().then_some(())?;
    Some((program, toml::from_str(&record).ok()?))
}

/// What an installed scanner consists of, in the version that is wanted, or else the one that the
/// catalogue pins; none if it is not installed.
pub fn record_of(descriptor: &Descriptor, wanted: Option<&str>) -> Option<Locked> {
    installed_program(descriptor, wanted).map(|(_, record)| record)
}

/// Whether the version that a program prints is that of a package. The package may add a number for
/// its own builds (`0.11.0` in `0.11.0.1`).
pub(super) fn fits(told: &str, package: &str) -> bool {
    let rest = package.strip_prefix(told.trim_start_matches('v'));
    rest.is_some_and(|r| r.is_empty() || r.starts_with('.') || r.starts_with('+'))
}

/// One installed version of a scanner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Installed {
    /// The scanner's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The link that makes it visible.
    pub link: PathBuf,
}

/// All installed versions, in order.
///
/// # Errors
/// The folder of tools cannot be read.
pub fn installed() -> io::Result<Vec<Installed>> {
    let mut all = Vec::new();
    for scanner in entries(folder().as_deref())? {
        for version in entries(Some(&scanner))? {
            if version.is_symlink() {
                all.push(Installed {
                    name: name_of(&scanner),
                    version: name_of(&version),
                    link: version,
                });
            }
        }
    }
    all.sort();
    Ok(all)
}

/// Removes the versions that are not kept, and what interrupted installations left; returns the
/// versions.
///
/// # Errors
/// Something cannot be removed.
pub fn prune(keep: &dyn Fn(&Installed) -> bool) -> io::Result<Vec<Installed>> {
    let mut removed = Vec::new();
    for version in installed()? {
        if !keep(&version) {
            fs::remove_file(&version.link)?;
            removed.push(version);
        }
    }
    for scanner in entries(folder().as_deref())? {
        let all = entries(Some(&scanner))?;
        let linked = all
            .iter()
            .filter_map(|e| fs::canonicalize(e).ok().filter(|_| e.is_symlink()));
        let linked: Vec<PathBuf> = linked.collect();
        for folder in all.iter().filter(|e| !e.is_symlink() && e.is_dir()) {
            let used = fs::canonicalize(folder).is_ok_and(|f| linked.contains(&f));
            if !used && !is_fresh(folder) {
                fs::remove_dir_all(folder)?;
            }
        }
    }
    Ok(removed)
}

/// Whether somebody may be installing into a folder right now.
fn is_fresh(folder: &Path) -> bool {
    const HOUR: std::time::Duration = std::time::Duration::from_secs(60 * 60);
    let changed = fs::metadata(folder).and_then(|m| m.modified());
    changed.is_ok_and(|t| t.elapsed().is_ok_and(|age| age < HOUR))
        && !folder.join(install::COMPLETE).exists()
}

fn entries(folder: Option<&Path>) -> io::Result<Vec<PathBuf>> {
    let Some(folder) = folder else {
        return Ok(Vec::new());
    };
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|e| Ok(e?.path())).collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
