//! One run of a scanner.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::interrupt::{Watched, interrupted, kill_group};
use crate::environment;

/// Variables that a scanner may see besides those of its descriptor.
const ALLOWED: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "TZ",
    "XDG_CACHE_HOME",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "JAVA_HOME",
];

/// What to run.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program's absolute path.
    pub program: PathBuf,
    /// Its arguments; never seen by a shell.
    pub args: Vec<OsString>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// Settings of the environment from the descriptor.
    pub environment: Vec<(String, String)>,
    /// How long it may take.
    pub timeout: Duration,
    /// How many bytes it may write to standard output and standard error each.
    pub output_limit: u64,
}

/// A switch that stops a run from another thread.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops the runs that hold this switch.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it was pulled.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code (128 and the signal if something else killed it).
    Exited(i32),
    /// Killed, because it took too long.
    TimedOut,
    /// Killed, because it wrote too much.
    TooMuchOutput,
    /// Killed, because nobody needs the answer any more or somebody asked to stop.
    Cancelled,
}

/// What a run left.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// Standard output, at most the limit.
    pub out: Vec<u8>,
    /// Standard error, at most the limit.
    pub err: String,
    /// How long it took.
    pub took: Duration,
}

/// Runs a scanner to its end, or kills its whole process group at a limit.
///
/// Output goes to unnamed temporary files, so a grandchild that keeps a pipe open cannot make the
/// wait endless.
///
/// # Errors
/// It cannot be started, or its output cannot be read.
pub fn run(command: &Command, cancel: &Cancel) -> io::Result<Finished> {
    let mut out = tempfile::tempfile()?;
    let mut err = tempfile::tempfile()?;
    let mut settings: Vec<(OsString, OsString)> = environment::all()
        .filter(|(name, _)| name.to_str().is_some_and(|n| ALLOWED.contains(&n)))
        .collect();
    settings.push(("LC_ALL".into(), "C.UTF-8".into()));
    settings.push(("NO_COLOR".into(), "1".into()));
    for (name, value) in &command.environment {
        settings.push((name.into(), value.into()));
    }
    let started = Instant::now();
    let start = duct::cmd(&command.program, &command.args)
        .dir(&command.folder)
        .full_env(settings)
        .stdin_null()
        .stdout_file(out.try_clone()?)
        .stderr_file(err.try_clone()?)
        .before_spawn(|c| {
            c.process_group(0);
            Ok(())
        })
        .unchecked();
    let (child, watched) = match Watched::group(|| start.start()) {
        Err(e) if interrupted() && e.kind() == io::ErrorKind::Interrupted => {
            return Ok(Finished {
                ended: Ended::Cancelled,
                out: Vec::new(),
                err: String::new(),
                took: Duration::ZERO,
            });
        }
        started => started?,
    };
    let pid = child.pids().first().copied().unwrap_or(0);
    let mut pause = Duration::from_millis(2);
    let ended = loop {
        if let Some(output) = child.wait_timeout(pause)? {
            break Ended::Exited(super::code_of(output.status));
        }
        pause = (pause * 2).min(Duration::from_millis(50));
        let written = out.metadata()?.len().max(err.metadata()?.len());
        let stop = if cancel.is_cancelled() || interrupted() {
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
    drop(watched);
    let ended = match ended {
        Ended::Exited(_) if interrupted() || cancel.is_cancelled() => Ended::Cancelled,
        Ended::Exited(_) if out.metadata()?.len() > command.output_limit => Ended::TooMuchOutput,
        other => other,
    };
    Ok(Finished {
        ended,
        out: read_back(&mut out, command.output_limit)?,
        err: String::from_utf8_lossy(&read_back(&mut err, command.output_limit)?).into_owned(),
        took: started.elapsed(),
    })
}

fn read_back(file: &mut File, limit: u64) -> io::Result<Vec<u8>> {
    file.rewind()?;
    let mut content = Vec::new();
    file.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        Command {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            folder: std::env::temp_dir(),
            environment: Vec::new(),
            timeout: Duration::from_secs(20),
            output_limit: 1_000_000,
        }
    }

    #[test]
    fn grandchildren_that_hold_the_output_do_not_hold_the_wait() {
        let started = Instant::now();
        let ran = run(&shell("sleep 30 & echo done"), &Cancel::default()).unwrap();
        assert_eq!(
            (ran.ended, &ran.out[..]),
            (Ended::Exited(0), &b"done\n"[..])
        );
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_run_past_its_time_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "(sleep 2; touch {}/alive) & sleep 30",
            folder.path().display()
        );
        let command = Command {
            timeout: Duration::from_millis(200),
            ..shell(&script)
        };
        assert_eq!(
            run(&command, &Cancel::default()).unwrap().ended,
            Ended::TimedOut
        );
        std::thread::sleep(Duration::from_millis(2_500));
        assert!(!folder.path().join("alive").exists());
    }

    #[test]
    fn a_run_that_prints_without_end_is_killed() {
        let command = Command {
            output_limit: 10_000,
            ..shell("while :; do echo xxxxxxxxxxxxxxxx; done")
        };
        let ran = run(&command, &Cancel::default()).unwrap();
        assert_eq!(ran.ended, Ended::TooMuchOutput);
        assert_eq!(ran.out.len(), 10_000);
    }

    #[test]
    fn a_scanner_sees_no_variable_of_git_and_no_input() {
        let ran = run(&shell("env | cut -d= -f1; cat"), &Cancel::default()).unwrap();
        let names = String::from_utf8(ran.out).unwrap();
        let unknown = |n: &&str| {
            !ALLOWED.contains(n)
                && !["LC_ALL", "NO_COLOR", "PWD", "SHLVL", "_", "OLDPWD"].contains(n)
        };
        assert_eq!(names.lines().find(unknown), None);
    }

    #[test]
    fn a_cancelled_run_ends_at_once() {
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(
            run(&shell("sleep 30"), &cancel).unwrap().ended,
            Ended::Cancelled
        );
    }
}
