//! The folder of one run of newgate: all stages are in it, and a lock in it says that the run
//! lives.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::process::geteuid;
use tempfile::{Builder, TempDir};

/// How the names of such folders begin.
const PREFIX: &str = "newgate-";
/// The file that tells such a folder from others, and that the run keeps locked.
const LOCK: &str = ".newgate-run";

/// The folder of this run. It is removed when dropped.
#[derive(Debug)]
pub(super) struct RunFolder {
    folder: TempDir,
    _lock: File,
}

impl RunFolder {
    /// Makes the folder, which only the current user can enter, and removes those of runs that ended
    /// without removing theirs.
    pub(super) fn new() -> io::Result<RunFolder> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        loop {
            let folder = Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(&parent)?;
            let path = folder.path().join(LOCK);
            let lock = File::create(&path)?;
            let locked = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
            // Another run may remove the folder before it is locked.
            if locked && fs::metadata(&path).is_ok_and(|m| is_same(&m, &lock)) {
                let _lock = lock;
                return Ok(RunFolder { folder, _lock });
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn is_same(meta: &fs::Metadata, file: &File) -> bool {
    file.metadata()
        .is_ok_and(|own| own.ino() == meta.ino() && own.dev() == meta.dev())
}

/// Whether a path is the folder of a run of this user: a folder (no link to one) of its own, with the
/// lock in it.
fn is_run_folder(path: &Path) -> bool {
    let own = |path: &Path| fs::symlink_metadata(path).ok().filter(is_own);
    let named = path.file_name().and_then(OsStr::to_str);
    named.is_some_and(|n| n.starts_with(PREFIX))
        && own(path).is_some_and(|m| m.is_dir())
        && own(&path.join(LOCK)).is_some_and(|m| m.is_file())
}

fn is_own(meta: &fs::Metadata) -> bool {
    meta.uid() == geteuid().as_raw()
}

/// Removes the folder of a run that has ended.
pub(super) fn remove(path: &Path) {
    if is_run_folder(path) {
        // It follows no links. A scanner may have removed the permission to enter a folder.
        if fs::remove_dir_all(path).is_err() {
            open_up(path, 0);
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Gives the owner all permissions on the folders below a folder, as deep as a stage can reasonably
/// be.
fn open_up(folder: &Path, depth: u32) {
    let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if depth < 200 && entry.file_type().is_ok_and(|t| t.is_dir()) {
            open_up(&entry.path(), depth + 1);
        }
    }
}

/// Removes the folders of runs of this user that nobody locks.
fn sweep(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let begins = |name: &OsStr| name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
    let paths: Vec<PathBuf> = entries
        .filter(|e| begins(&e.file_name()))
        .map(|e| e.path())
        .collect();
    for path in paths.iter().filter(|p| is_run_folder(p)) {
        let unused = File::open(path.join(LOCK))
            .is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok());
        if unused {
            remove(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_runs_that_ended_are_swept() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let make = |name: &str| fs::create_dir(at(name)).unwrap();
        for name in [
            "newgate-left",
            "newgate-live",
            "newgate-mine",
            "other",
            "kept",
        ] {
            make(name);
        }
        for name in ["newgate-left", "newgate-live", "other", "kept"] {
            fs::write(at(name).join(LOCK), "").unwrap();
        }
        std::os::unix::fs::symlink(at("kept"), at("newgate-link")).unwrap();
        std::os::unix::fs::symlink(at("kept"), at("newgate-left").join("out")).unwrap();
        fs::create_dir(at("newgate-left").join("closed")).unwrap();
        fs::set_permissions(
            at("newgate-left").join("closed"),
            Permissions::from_mode(0o000),
        )
        .unwrap();
        let live = File::open(at("newgate-live").join(LOCK)).unwrap();
        flock(&live, FlockOperation::NonBlockingLockExclusive).unwrap();
        sweep(parent.path());
        let mut left: Vec<_> = fs::read_dir(parent.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        let wanted = [
            "kept",
            "newgate-link",
            "newgate-live",
            "newgate-mine",
            "other",
        ];
        assert_eq!(left, wanted);
        assert!(at("kept").join(LOCK).is_file());
    }
}
