//! What went wrong, in kinds; one place turns a kind into an exit code.

use std::{fmt, io};

use crate::model::Verdict;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of failure; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line asks for something impossible.
    Usage,
    /// A configuration file has mistakes.
    Config,
    /// git could not answer.
    Git,
    /// A scanner could not answer.
    Scanner,
    /// A file could not be read or written.
    Io,
    /// Somebody asked to stop.
    Interrupted,
    /// A fault of newgate's own.
    Fault,
    /// The budget of time was over.
    OutOfTime,
}

impl ErrorKind {
    /// The process exit code: 2 where the caller can put it right, or else that of an open verdict.
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Usage | ErrorKind::Config => 2,
            ErrorKind::Git
            | ErrorKind::Scanner
            | ErrorKind::Io
            | ErrorKind::Interrupted
            | ErrorKind::Fault
            | ErrorKind::OutOfTime => Verdict::Incomplete.exit_code(),
        }
    }
}

/// A failure: what happened, why, and what to do next.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    hints: Vec<String>,
}

impl Error {
    /// Makes an error. The message is in lower case, with backticks round commands and paths.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            source: None,
            hints: Vec::new(),
        }
    }

    /// An error of the system, for a file or a program.
    pub fn io(what: impl Into<String>, source: io::Error) -> Error {
        Error::new(ErrorKind::Io, what).because(source)
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.source = Some(source.into());
        self
    }

    /// Adds a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hints.push(hint.into());
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The next steps: those that were added, or else what helps against this kind of failure.
    pub fn hints(&self) -> Vec<&str> {
        if !self.hints.is_empty() {
            return self.hints.iter().map(String::as_str).collect();
        }
        let source = self.source.as_deref();
        let of_system = source.and_then(|s| s.downcast_ref::<io::Error>());
        let hint = match (self.kind, of_system.map(io::Error::kind)) {
            (_, Some(io::ErrorKind::PermissionDenied)) => {
                "`ls -ld` with this path shows its owner and its permissions; `id` shows yours"
            }
            (_, Some(io::ErrorKind::NotFound)) => {
                "check that it exists: `ls -ld` with this path; `pwd` shows the current folder"
            }
            (
                _,
                Some(
                    io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::ReadOnlyFilesystem,
                ),
            ) => "`df -h` shows where space is left",
            (_, Some(io::ErrorKind::InvalidData)) => {
                "it must be UTF-8 text: `file` with this path shows what it is"
            }
            (ErrorKind::Git, _) => {
                "`newgate doctor` checks git and this repository; `git fsck` looks for damage"
            }
            (ErrorKind::Scanner | ErrorKind::Io | ErrorKind::Fault, _) => {
                "`newgate doctor` checks the setup"
            }
            (ErrorKind::OutOfTime, _) => {
                "try again: finished scans are cached; `gate.budget` and `server.budget` allow more time"
            }
            (ErrorKind::Interrupted, _) => "run the command again; finished scans are cached",
            (ErrorKind::Usage | ErrorKind::Config, _) => "`newgate help` lists the commands",
        };
        vec![hint]
    }

    /// The message with its causes, in one line where the message is one.
    pub fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(cause.to_string().trim_end());
            source = cause.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

impl From<git2::Error> for Error {
    fn from(error: git2::Error) -> Error {
        use git2::ErrorClass::{Object, Odb, Tree, Zlib};
        let told = Error::new(
            ErrorKind::Git,
            format!("git objects could not be read: {}", error.message()),
        );
        match error.class() {
            Object | Odb | Tree | Zlib => told.hint("check the repository with `git fsck`"),
            _ => told,
        }
    }
}
