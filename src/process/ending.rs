//! How the process ends before its work is done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::interrupt::{LAST_WORDS, kill_children, remove_folders, stop};
use super::keeper::release_scanners;

/// How much time a command gets to end by itself.
const GRACE: Duration = Duration::from_millis(300);

static SAY: OnceLock<fn(&[String])> = OnceLock::new();

/// Whether the process is about to end.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C, a termination signal and a hang-up end newgate and all scanners. `say` writes the last
/// words where the command does not end by itself: an error, then hints.
pub fn catch_interrupts(say: fn(&[String])) {
    let _ = SAY.set(say);
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            let stopped = stop(signal);
            kill_children();
            std::thread::sleep(GRACE);
            end_at_once(stopped.exit_code(), vec![stopped.told()]);
        }
    };
    // Without it, signals are ignored no more than before.
    let _ = std::thread::Builder::new().spawn(wait);
}

/// Waits for the end if [`end_at_once`] is at work. Errors that a command reports after its children were killed are
/// not its own.
pub fn let_end() {
    if ENDING.load(Ordering::SeqCst) {
        std::thread::sleep(2 * LAST_WORDS);
    }
}

/// Ends the process wherever its other threads are: kills the scanners, removes temporary folders, says
/// an error and hints. Takes less than half a second, also where nobody reads what is said.
pub fn end_at_once(code: u8, words: Vec<String>) -> ! {
    if ENDING.swap(true, Ordering::SeqCst) {
        std::thread::sleep(2 * LAST_WORDS);
    }
    kill_children();
    let (done, wait) = mpsc::channel();
    let last = move || {
        remove_folders();
        if let Some(say) = SAY.get() {
            say(&words);
        }
        release_scanners();
        let _ = done.send(());
    };
    if std::thread::Builder::new().spawn(last).is_ok() {
        let _ = wait.recv_timeout(LAST_WORDS);
    }
    signal_hook::low_level::exit(code.into())
}
