//! Signals. newgate stops within a second when it is asked to, whatever it is doing: the
//! scanners are killed by their keeper, the helpers at once; the command then has a moment to end by
//! itself, and is ended if it does not (`ending`), also inside of a library.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};
use tempfile::TempDir;

/// How long the last words and the removal of folders may take.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(300);

static SIGNAL: AtomicI32 = AtomicI32::new(0);
static CHILDREN: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Why newgate is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped(i32);

impl Stopped {
    /// The exit code: 128 and the signal's number, as shells have it.
    pub fn exit_code(self) -> u8 {
        u8::try_from(128 + self.0).unwrap_or(u8::MAX)
    }

    /// The message, in one line.
    pub fn told(self) -> String {
        let name = match self.0 {
            SIGINT => "Ctrl-C (SIGINT)",
            SIGTERM => "SIGTERM",
            _ => "SIGHUP",
        };
        format!("stopped by {name} before newgate finished: there is no verdict")
    }
}

/// Whether somebody asked to stop.
pub fn interrupted() -> bool {
    stopped().is_some()
}

/// Remembers the signal that asks to stop. The first one counts: a terminal may send SIGHUP after Ctrl-C.
pub(super) fn stop(signal: i32) -> Stopped {
    let before = SIGNAL.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
    Stopped(before.err().unwrap_or(signal))
}

/// The signal that asked to stop.
pub fn stopped() -> Option<Stopped> {
    match SIGNAL.load(Ordering::SeqCst) {
        0 => None,
        signal => Some(Stopped(signal)),
    }
}

/// Runs a change of a list. A thread that holds the lock is about to let go of it.
fn change<T>(list: &Mutex<Vec<T>>, change: impl FnOnce(&mut Vec<T>)) {
    let began = Instant::now();
    loop {
        match list.try_lock() {
            Ok(mut list) => return change(&mut list),
            Err(TryLockError::Poisoned(list)) => return change(&mut list.into_inner()),
            Err(TryLockError::WouldBlock) if began.elapsed() > LAST_WORDS => return,
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

pub(super) fn kill_children() {
    change(&CHILDREN, |children| {
        for child in children {
            kill(*child);
        }
    });
}

pub(super) fn remove_folders() {
    change(&FOLDERS, |folders| {
        for folder in folders.drain(..) {
            // Other threads may still write there, by its old name.
            let gone = folder.with_extension("gone");
            let moved = std::fs::rename(&folder, &gone).is_ok();
            let _ = std::fs::remove_dir_all(if moved { &gone } else { &folder });
        }
    });
}

fn kill(child: u32) {
    if let Some(pid) = of(child) {
        // It may be gone already, which is what is wanted.
        let _ = kill_process(pid, Signal::TERM);
    }
}

fn of(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Kills every process of a group.
pub(super) fn kill_group(pid: u32) {
    if let Some(pid) = of(pid) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// A helper that is to be killed when newgate is to stop, until this value is dropped. Scanners are not
/// among them: the keeper sees to those.
pub(super) struct Watched(u32);

impl Watched {
    /// Starts a helper, in newgate's own group. None is started unseen: the list is locked meanwhile.
    pub(super) fn start(
        start: impl FnOnce() -> std::io::Result<duct::Handle>,
    ) -> std::io::Result<(duct::Handle, Watched)> {
        let mut children = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
        if interrupted() {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let handle = start()?;
        let child = handle.pids().first().copied().unwrap_or(0);
        children.push(child);
        Ok((handle, Watched(child)))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        change(&CHILDREN, |children| children.retain(|c| *c != self.0));
    }
}

/// A folder for temporary files that only the current user can enter. It is removed when dropped, and
/// when newgate is to stop.
#[derive(Debug)]
pub struct TemporaryFolder(TempDir);

impl TemporaryFolder {
    /// Makes a folder whose name begins with `prefix`.
    ///
    /// # Errors
    /// It cannot be made, or newgate is to stop.
    pub fn new(prefix: &str) -> std::io::Result<TemporaryFolder> {
        let mut folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        if interrupted() {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        folders.push(folder.path().to_owned());
        Ok(TemporaryFolder(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        change(&FOLDERS, |folders| folders.retain(|f| f != self.0.path()));
    }
}
