//! A scanner's process, as its keeper starts it and waits for it.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use super::command::{Command, Ended};
use super::contain::restrict;
use super::interrupt::kill_group;

/// How long a limit may be passed before that is seen.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// Starts a scanner in a group of its own, restricted as it is to be: this thread is so from then on.
pub(super) fn start(command: &Command, out: &File, err: &File) -> io::Result<duct::Handle> {
    if let Some(reach) = &command.reach {
        restrict(reach)?;
    }
    duct::cmd(&command.program, &command.args)
        .dir(&command.folder)
        .full_env(command.environment.iter().cloned())
        .stdin_null()
        .stdout_file(out.try_clone()?)
        .stderr_file(err.try_clone()?)
        .before_spawn(|c| {
            c.process_group(0);
            Ok(())
        })
        .unchecked()
        .start()
}

/// Waits for a scanner's end, or kills its group at a limit or when it is to `stop`.
pub(super) fn watch(
    command: &Command,
    child: &duct::Handle,
    out: &File,
    err: &File,
    stop: impl Fn() -> bool,
) -> io::Result<Ended> {
    let started = Instant::now();
    let pid = child.pids().first().copied().unwrap_or(0);
    let mut pause = Duration::from_millis(2);
    let ended = loop {
        if let Some(output) = child.wait_timeout(pause)? {
            break Ended::Exited(super::code_of(output.status));
        }
        pause = (pause * 2).min(PAUSE);
        let written = out.metadata()?.len().max(err.metadata()?.len());
        let stop = if stop() {
            Ended::Cancelled
        } else if started.elapsed() >= command.timeout {
            Ended::TimedOut
        } else if written > command.output_limit {
            Ended::TooMuchOutput
        } else {
            continue;
        };
        kill_group(pid);
        child.wait()?;
        break stop;
    };
    // What the scanner left running in its group goes with it.
    kill_group(pid);
    Ok(ended)
}
