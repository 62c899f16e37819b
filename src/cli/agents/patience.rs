//! Checks that may take longer than an agent's time limit for a command. An agent whose command is ended tries again,
//! so a check says early that it takes a while, and continues in the background if it is ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::cli::own_path;
use crate::cli::prewarm::filling;
use crate::cli::screen;
use crate::environment;
use crate::git::{Head, Repository};
use crate::process::{Held, interrupted, start_detached};

/// After this time, a check says that it is still running.
const EARLY: Duration = Duration::from_millis(700);
/// What it says.
const LONGER: &str = "newgate: this check takes a while. If your time limit ends it, it continues in the \
    background: run the same command again, and it reuses what was scanned";

/// A check that an agent waits for. When it is dropped, the check has come to an end by itself.
pub(in crate::cli) struct Patience {
    /// Dropped to end the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Patience {
    /// Waits beside a check, if an agent runs it.
    pub(in crate::cli) fn beside(repo: &Repository, head: Head) -> Patience {
        if !environment::is_agent() {
            return Patience {
                end: None,
                thread: None,
            };
        }
        let (end, ended) = channel::<()>();
        let file = file_in(repo.common_dir());
        let thread = std::thread::spawn(move || {
            if ended.recv_timeout(EARLY) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            screen::line(LONGER);
            let Ok(_held) = Held::take(&file) else { return };
            let _ = watch(&file, &head);
            // Until the check ends by itself: then nothing is left to do.
            let _ = ended.recv();
            if !interrupted() {
                let _ = fs::remove_file(&file);
            }
        });
        Patience {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The file that a check holds until it ends.
fn file_in(common: &Path) -> PathBuf {
    common.join(format!("newgate/waits-{}", std::process::id()))
}

/// Starts a process that takes the check's place if it is killed.
fn watch(file: &Path, head: &Head) -> Option<()> {
    let program = own_path().ok()?;
    let mut args = filling(head);
    args.extend(["--after", file.to_str()?]);
    start_detached(&program, &args).ok()
}
