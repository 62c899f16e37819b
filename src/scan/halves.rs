//! A batch that failed is run again in halves, so that only the files that a scanner fails on are without
//! a result. The verdict would depend on what the cache holds otherwise: of files that were scanned one by
//! one, each has a result.

use std::time::{Duration, Instant};

use super::batch::Fault;
use crate::model::{FileVersion, TimeLimit};

/// How many runs of a scanner may fail while none succeeds: a batch, its halves, quarters and eighths. Such a
/// scanner fails on everything.
const NONE_SUCCEEDS: usize = 15;
/// How many runs of a scanner may fail in all.
const MOST: usize = 200;
/// The shortest time that a part of a slow batch has, where the scanner has longer.
const SHORTEST: Duration = Duration::from_secs(5);

/// How the runs of a scanner went.
#[derive(Debug, Default)]
pub(super) struct Runs {
    succeeded: bool,
    failed: usize,
    /// When batches are not split any more, once one failed.
    end: Option<Instant>,
}

/// Two halves of a batch, and how long the run of one may take.
pub(super) struct Halves {
    pub files: [Vec<FileVersion>; 2],
    pub timeout: Duration,
}

impl Runs {
    /// Notes that a run succeeded.
    pub(super) fn succeed(&mut self) {
        self.succeeded = true;
    }

    /// Notes that a run failed, which had a time; returns the halves that are worth a run of their own.
    /// In all, the halves of a scanner take about as long again as one run may.
    pub(super) fn fail(
        &mut self,
        fault: &Fault,
        files: &[FileVersion],
        timeout: Duration,
    ) -> Option<Halves> {
        let timeout = match fault {
            Fault::Failed(_) => timeout,
            // A half takes half as long, or hangs.
            Fault::TimedOut(TimeLimit::Scanner, _) => (timeout / 2).max(SHORTEST.min(timeout)),
            Fault::TimedOut(..) | Fault::Cancelled => return None,
        };
        self.failed += 1;
        let now = Instant::now();
        let end = *self.end.get_or_insert(now + timeout * 2);
        let most = if self.succeeded { MOST } else { NONE_SUCCEEDS };
        let (first, second) = files.split_at_checked(files.len() / 2)?;
        let splits = !first.is_empty() && self.failed < most && now < end;
        splits.then(|| Halves {
            files: [first.to_vec(), second.to_vec()],
            timeout,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Oid, RepoPath};

    fn files(number: usize) -> Vec<FileVersion> {
        let file = |n: usize| FileVersion {
            path: RepoPath::from(format!("{n}").as_str()),
            blob: Oid::parse(&"1".repeat(40)).unwrap(),
            mode: 0o100_644,
        };
        (0..number).map(file).collect()
    }

    /// How many runs it takes until each file has a result or is known to have none.
    fn runs(number: usize, fails: impl Fn(usize) -> bool) -> (usize, Vec<String>) {
        let mut runs = Runs::default();
        let mut queue = std::collections::VecDeque::from([files(number)]);
        let (mut started, mut without) = (0, Vec::new());
        while let Some(batch) = queue.pop_front() {
            started += 1;
            let number = |f: &FileVersion| f.path.to_string().parse().unwrap();
            if !batch.iter().any(|f| fails(number(f))) {
                runs.succeed();
                continue;
            }
            let fault = Fault::Failed(String::new());
            match runs.fail(&fault, &batch, Duration::from_secs(300)) {
                Some(halves) => queue.extend(halves.files),
                None => without.extend(batch.iter().map(|f| f.path.to_string())),
            }
        }
        (started, without)
    }

    #[test]
    fn only_files_that_the_scanner_fails_on_have_no_result() {
        assert_eq!(runs(1, |_| true), (1, vec!["0".to_owned()]));
        let (started, without) = runs(1_000, |n| n == 7 || n == 700);
        assert_eq!(without, ["7", "700"]);
        assert!(started < 50, "{started}");
        let (started, without) = runs(2_000, |_| true);
        assert_eq!(without.len(), 2_000);
        assert!(started < 40, "{started}");
    }

    #[test]
    fn halves_of_what_hangs_have_half_the_time() {
        let fault = Fault::TimedOut(TimeLimit::Scanner, String::new());
        let mut runs = Runs::default();
        let half = runs
            .fail(&fault, &files(4), Duration::from_secs(60))
            .unwrap();
        assert_eq!(half.timeout, Duration::from_secs(30));
        let half = runs
            .fail(&fault, &files(4), Duration::from_secs(1))
            .unwrap();
        assert_eq!(half.timeout, Duration::from_secs(1));
        let late = Fault::TimedOut(TimeLimit::Budget, String::new());
        assert!(
            runs.fail(&late, &files(4), Duration::from_secs(60))
                .is_none()
        );
    }
}
