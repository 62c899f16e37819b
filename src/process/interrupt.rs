//! Ctrl-C: scanners have process groups of their own, so the signal is passed on by hand.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process_group};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Makes Ctrl-C, a termination signal and a hang-up stop all scanners instead of only newgate.
pub fn catch_interrupts() {
    // A second handler in one process is refused; the first one does the work.
    let _ = ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        for pid in GROUPS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .iter()
        {
            kill_group(*pid);
        }
    });
}

/// Whether somebody asked to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Kills every process of a group.
pub(super) fn kill_group(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // The group may be gone already, which is what is wanted.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// A process group that is to be killed when somebody asks to stop, until this value is dropped.
pub(super) struct Watched(u32);

impl Watched {
    pub(super) fn new(pid: u32) -> Watched {
        GROUPS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(pid);
        if interrupted() {
            kill_group(pid);
        }
        Watched(pid)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        GROUPS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .retain(|p| *p != self.0);
    }
}
