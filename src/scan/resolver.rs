//! What the search for results works with.

use std::time::Instant;

use super::SecretKey;
use crate::cache::Cache;
use crate::git::Repository;

/// What a resolver works with.
#[derive(Clone, Copy)]
pub struct Resolver<'a> {
    /// The repository.
    pub repo: &'a Repository,
    /// The cache.
    pub cache: &'a Cache,
    /// The key of the hashes that stand for secrets.
    pub key: &'a SecretKey,
    /// How many processes may run at once.
    pub jobs: usize,
    /// The time by which results are needed. Files that are not scanned by then have no result.
    pub deadline: Option<Instant>,
    /// Told how far the scan is, and how much work there is.
    pub progress: &'a (dyn Fn(&Advance<'_>, usize) + Sync),
}

/// How far a scan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance<'a> {
    /// How many files are scanned, however many scanners read them.
    pub files: usize,
    /// How much work is done: a file counts once for each scanner that reads it.
    pub done: usize,
    /// The scanners that are at work.
    pub waits_for: Vec<&'a str>,
}

impl Resolver<'_> {
    /// Whether the time is over.
    pub(super) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|d| Instant::now() >= d)
    }
}

impl std::fmt::Debug for Resolver<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("repo", &self.repo)
            .field("jobs", &self.jobs)
            .finish_non_exhaustive()
    }
}
