//! One process of newgate in the background of a repository: who it is tells a lock of the kernel's on a
//! file that newgate alone locks, not a number that was written down.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::process::{Flock, FlockType, Pid, Signal, fcntl_getlk, kill_process, nice, setsid};

/// How long a new background process waits for the previous one to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The lock that the process in the background holds as long as it lives.
#[derive(Debug)]
pub struct Background {
    _lock: File,
}

fn holder(lock: &Path) -> Option<Pid> {
    let file = OpenOptions::new().read(true).write(true).open(lock).ok()?;
    let asked = Flock::from(FlockType::WriteLock);
    fcntl_getlk(&file, &asked).ok()??.pid
}

/// Whether a process is in the background.
pub fn in_background(lock: &Path) -> bool {
    holder(lock).is_some()
}

/// Stops the process in the background, if there is one: what it found until now is remembered.
pub fn stop_background(lock: &Path) {
    if let Some(pid) = holder(lock) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// A file that a process holds as long as it lives, so that another can see that it has ended.
#[derive(Debug)]
pub struct Held {
    _lock: File,
}

impl Held {
    /// Makes a file and holds it.
    ///
    /// # Errors
    /// It cannot be made, or another process holds it.
    pub fn take(file: &Path) -> io::Result<Held> {
        let lock = made(file)?;
        fcntl_lock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Held { _lock: lock })
    }
}

/// Leaves the group of the process that started this one: what ends the group does not end it.
pub fn leave_group() {
    // It leads a group already if a shell with job control started it.
    let _ = setsid();
}

fn made(lock: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(lock)
}

impl Background {
    /// Makes this process the one in the background, in place of the one that is there: in a
    /// session of its own, with the lowest priority.
    ///
    /// # Errors
    /// The lock cannot be made, or the one that is there does not end.
    pub fn enter(lock: &Path) -> io::Result<Background> {
        leave_group();
        let _ = nice(19);
        let file = made(lock)?;
        let began = Instant::now();
        loop {
            match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Background { _lock: file }),
                Err(_) if began.elapsed() < PATIENCE => {
                    stop_background(lock);
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(e) => return Err(e.into()),
            }
        }
    }
}

/// Starts a program that goes on after this one has ended, and says nothing. What the caller has open
/// beside the standard streams (a lock, a pipe that somebody reads to its end) is closed, as far as `sh`
/// can name it: descriptors 3 to 9.
///
/// # Errors
/// It cannot be started.
pub fn start_detached(program: &Path, args: &[&str]) -> io::Result<()> {
    const CLOSE: &str = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; \"$@\" &";
    let mut all = vec![
        OsString::from("-c"),
        CLOSE.into(),
        "newgate".into(),
        program.into(),
    ];
    all.extend(args.iter().map(OsString::from));
    let command = duct::cmd("sh", all)
        .stdin_null()
        .stdout_null()
        .stderr_null()
        .unchecked();
    // The shell ends when it has started it; for that one nobody waits.
    command.run().map(drop)
}
