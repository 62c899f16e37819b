//! One run of a scanner.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::child::PAUSE;
use super::command::{Command, Ended};
use super::interrupt::{interrupted, kill_group};
use super::keeper::{Answer, Answers, order};

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
/// It cannot be started or contained, or its output cannot be read.
pub fn run(command: &Command, cancel: &Cancel) -> io::Result<Finished> {
    match run_whole(command, cancel) {
        // The keeper may be gone already.
        Err(_) if interrupted() => Ok(Finished {
            ended: Ended::Cancelled,
            out: Vec::new(),
            err: String::new(),
            took: Duration::ZERO,
        }),
        other => other,
    }
}

fn run_whole(command: &Command, cancel: &Cancel) -> io::Result<Finished> {
    let mut out = tempfile::tempfile()?;
    let mut err = tempfile::tempfile()?;
    let started = Instant::now();
    let mut answers = Answers::of(order(command, &out, &err)?, PAUSE)?;
    let mut pid = None;
    let mut stopped = false;
    let ended = loop {
        if !stopped && (cancel.is_cancelled() || interrupted()) {
            answers.stop();
            stopped = true;
        }
        match answers.next() {
            Ok(None) => {}
            Ok(Some(Answer::Started(started))) => pid = Some(started),
            Ok(Some(Answer::Ended(ended))) => break ended,
            Ok(Some(Answer::Refused(Some(code), _))) => {
                return Err(io::Error::from_raw_os_error(code));
            }
            Ok(Some(Answer::Refused(None, why))) => return Err(io::Error::other(why)),
            Err(e) => {
                // Nobody else stops it now.
                pid.into_iter().for_each(kill_group);
                return Err(e);
            }
        }
    };
    let ended = match ended {
        Ended::Exited(_) if interrupted() || cancel.is_cancelled() => Ended::Cancelled,
        Ended::Exited(_) if out.metadata()?.len() > command.output_limit => Ended::TooMuchOutput,
        other => other,
    };
    Ok(Finished {
        ended,
        out: read_back(&mut out, command.output_limit)?,
        err: text_of(read_back(&mut err, command.output_limit)?),
        took: started.elapsed(),
    })
}

fn read_back(file: &mut File, limit: u64) -> io::Result<Vec<u8>> {
    file.rewind()?;
    let length = usize::try_from(file.metadata()?.len().min(limit)).unwrap_or(0);
    let mut content = Vec::with_capacity(length);
    file.take(limit).read_to_end(&mut content)?;
    Ok(content)
}

/// Bytes as text, without a copy where they are.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        Command {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            folder: std::env::temp_dir(),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            timeout: Duration::from_secs(20),
            output_limit: 1_000_000,
            reach: None,
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
    fn a_cancelled_run_ends_at_once() {
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(
            run(&shell("sleep 30"), &cancel).unwrap().ended,
            Ended::Cancelled
        );
    }
}
