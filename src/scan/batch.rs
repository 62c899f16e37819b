//! The files that a scanner gets at a time: where they are read from, and what comes of it.

use std::time::Duration;

use super::UnitResult;
use super::exposed::LONG;
use crate::error::Result;
use crate::git::{LongBlob, Repository};
use crate::model::{FileVersion, TimeLimit};

/// Why a batch has no results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It crashed, wrote something unreadable, or left files without a result.
    Failed(String),
    /// It took longer than a limit.
    TimedOut(TimeLimit, String),
    /// The results are no longer needed.
    Cancelled,
}

/// The results of a batch and how long the scanner took.
pub(super) type BatchResult =
    std::result::Result<(Vec<(FileVersion, UnitResult)>, Duration), Fault>;

/// Where the files of a batch are read from.
#[derive(Clone, Copy)]
pub(super) struct Contents<'r> {
    repo: &'r Repository,
    /// Whether there may be a long one among them.
    may_be_long: bool,
}

impl<'r> Contents<'r> {
    /// Files that have so many bytes together.
    pub(super) fn new(repo: &'r Repository, bytes: u64) -> Contents<'r> {
        Contents {
            repo,
            may_be_long: bytes >= LONG,
        }
    }

    pub(super) fn whole(self, file: &FileVersion) -> Result<Vec<u8>> {
        self.repo.blob(&file.blob)
    }

    /// A long file as a stream, where git can give that.
    pub(super) fn long(self, file: &FileVersion) -> Option<LongBlob> {
        let repo = self.may_be_long.then_some(self.repo)?;
        repo.long_blob(&file.blob, LONG)
    }
}
