//! What is run, and how it ended.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Reach;

/// What to run.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program's absolute path.
    pub program: PathBuf,
    /// Its arguments; never seen by a shell.
    pub args: Vec<OsString>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// How long it may take.
    pub timeout: Duration,
    /// How many bytes it may write to standard output and standard error each.
    pub output_limit: u64,
    /// What it may reach, if it is to be contained.
    pub reach: Option<Reach>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Exited(code) => write!(f, "exit code {code}"),
            Ended::TimedOut => f.write_str("killed because it took too long"),
            Ended::TooMuchOutput => f.write_str("killed because it printed too much"),
            Ended::Cancelled => f.write_str("stopped"),
        }
    }
}
