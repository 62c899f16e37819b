//! The work on what the cache does not know. One scheduler shares the cores among all scanners and both sides.

use std::collections::{HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::batch::{BatchResult, Contents, Fault};
use super::exposed::learn_secrets_of;
use super::halves::Runs;
use super::plan::Side;
use super::project;
use super::resolved::{Need, Resolved};
use super::resolver::{Advance, Resolver};
use super::run::run_batch;
use super::{Scanner, UnitResult};
use crate::cache::UnitDigest;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{FileVersion, Kind as Weakness, Oid, TimeLimit};
use crate::process::{self, Cancel};

/// What is said of what a deadline left undone.
const OUT_OF_TIME: &str = "time ran out; finished scans are cached, so try again";

/// A batch of files for one scanner.
pub(super) struct Job {
    pub scanner: usize,
    pub side: Side,
    pub files: Vec<FileVersion>,
    pub bytes: u64,
    /// How long it may take, for a part of a batch that failed.
    pub part: Option<Duration>,
    /// The tree that the files are all inputs of, for a scanner of a whole project.
    pub project: Option<Oid>,
}

/// What became of the work.
pub(super) struct Worked {
    pub results: Vec<Resolved>,
    /// Jobs whose results are not remembered yet: they may quote a secret that was still looked for.
    pub held: Vec<Job>,
}

/// Does all jobs, and adds what they say to what is known already.
///
/// # Errors
/// git could not read a file, or somebody asked to stop.
pub(super) fn do_all(
    with: Resolver<'_>,
    scanners: &[Scanner],
    need: Need,
    jobs: Vec<Job>,
    results: Vec<Resolved>,
) -> Result<Worked> {
    let total = jobs.iter().map(|j| j.files.len()).sum();
    let files = jobs.iter().flat_map(|j| &j.files).map(|f| &f.path);
    let files = files.collect::<HashSet<_>>().len();
    let mut head_left = vec![0; scanners.len()];
    for job in jobs.iter().filter(|j| j.side == Side::Head) {
        head_left[job.scanner] += 1;
    }
    let workers = with.jobs.clamp(1, jobs.len().max(1));
    let crew = Crew {
        with,
        scanners,
        need,
        shared: Mutex::new(Shared {
            queue: jobs.into(),
            head_left,
            results,
            runs: scanners.iter().map(|_| Runs::default()).collect(),
            running: 0,
            running_for_secrets: 0,
            at_work: vec![0; scanners.len()],
            held: Vec::new(),
            done: 0,
            files,
            total,
            error: None,
        }),
        changed: Condvar::new(),
        stop_base: scanners.iter().map(|_| Cancel::default()).collect(),
    };
    if total > 0 {
        std::thread::scope(|threads| {
            for _ in 0..workers {
                threads.spawn(|| {
                    if std::panic::catch_unwind(AssertUnwindSafe(|| crew.work())).is_err() {
                        // The others must not wait for what it would have done.
                        let error = Error::new(ErrorKind::Fault, "internal error while scanning");
                        crew.lock().error.get_or_insert(error);
                        crew.changed.notify_all();
                    }
                });
            }
        });
    }
    let shared = crew.shared;
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    if process::interrupted() {
        return Err(Error::new(
            ErrorKind::Interrupted,
            "stopped before the verdict",
        ));
    }
    match shared.error {
        Some(error) => Err(error),
        None => Ok(Worked {
            results: shared.results,
            held: shared.held,
        }),
    }
}

/// What the workers share and change.
struct Shared {
    queue: VecDeque<Job>,
    /// Jobs of each scanner at head that are not done.
    head_left: Vec<usize>,
    results: Vec<Resolved>,
    /// The outcome of each scanner's runs.
    runs: Vec<Runs>,
    running: usize,
    /// How many of the jobs at work look for secrets.
    running_for_secrets: usize,
    /// How many jobs of each scanner are at work.
    at_work: Vec<usize>,
    held: Vec<Job>,
    done: usize,
    files: usize,
    total: usize,
    error: Option<Error>,
}

/// The workers of one run.
struct Crew<'w> {
    with: Resolver<'w>,
    scanners: &'w [Scanner],
    need: Need,
    shared: Mutex<Shared>,
    changed: Condvar,
    /// Stops what is run at the base, by scanner.
    stop_base: Vec<Cancel>,
}

/// What a job came to.
struct Ran {
    outcome: Result<BatchResult>,
    /// How long it may have taken by itself, whatever the budget of time.
    timeout: Duration,
    /// Whether its results are remembered later.
    held: bool,
}

impl Crew<'_> {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One worker: takes jobs until there are none.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            if state.error.is_some() || process::interrupted() {
                break;
            }
            let next = self.next(&mut state);
            if self.with.is_late() {
                for job in std::mem::take(&mut state.queue) {
                    take(&mut state, &job, Ok(Err(out_of_time())));
                }
                break;
            }
            let Some(job) = next.and_then(|i| state.queue.remove(i)) else {
                if state.running == 0 || state.queue.is_empty() {
                    break;
                }
                state = self.wait(state);
                continue;
            };
            let for_secrets = seeks_secrets(&self.scanners[job.scanner]);
            state.running += 1;
            state.running_for_secrets += usize::from(for_secrets);
            state.at_work[job.scanner] += 1;
            if self.scanners[job.scanner].program.is_some() {
                // Who waits sees at once for what.
                self.tell(&state);
            }
            drop(state);
            let ran = self.run(&job, for_secrets);
            state = self.lock();
            state.running -= 1;
            state.running_for_secrets -= usize::from(for_secrets);
            state.at_work[job.scanner] -= 1;
            self.done(&mut state, job, ran);
            self.changed.notify_all();
        }
        self.changed.notify_all();
    }

    /// Tells how far the work is.
    fn tell(&self, state: &Shared) {
        let at_work = self.scanners.iter().zip(&state.at_work);
        let at_work = at_work.filter(|(_, jobs)| **jobs > 0);
        let advance = Advance {
            files: state.files,
            done: state.done,
            waits_for: at_work.map(|(s, _)| s.descriptor.name()).collect(),
        };
        (self.with.progress)(&advance, state.total);
    }

    fn wait<'s>(&self, state: MutexGuard<'s, Shared>) -> MutexGuard<'s, Shared> {
        let waited = self.changed.wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of the next job in the queue. Jobs at the base that turned out to be needless go.
    fn next(&self, state: &mut Shared) -> Option<usize> {
        let Shared {
            queue,
            head_left,
            results,
            ..
        } = state;
        queue.retain(|j| {
            j.side == Side::Head
                || head_left[j.scanner] > 0
                || results[j.scanner].needs_base(self.need)
        });
        // A program's base may start on an idle core before its head is done; the built-in scanner
        // is so fast that this would only waste work.
        queue.iter().position(|j| {
            j.side == Side::Head
                || self.need != Need::Comparison
                || head_left[j.scanner] == 0
                || self.scanners[j.scanner].program.is_some()
        })
    }

    /// Runs a job, and remembers what it says.
    fn run(&self, job: &Job, for_secrets: bool) -> Ran {
        let scanner = &self.scanners[job.scanner];
        let cancel = match job.side {
            Side::Head => Cancel::default(),
            Side::Base => self.stop_base[job.scanner].clone(),
        };
        let left = self.with.deadline;
        let left = left.map(|d| d.saturating_duration_since(Instant::now()));
        let own = job.part.unwrap_or(scanner.timeout);
        let hurried = left.filter(|l| *l < own);
        let timeout = hurried.unwrap_or(own);
        let other = (timeout != scanner.timeout).then(|| Scanner {
            timeout,
            ..scanner.clone()
        });
        let in_time = other.as_ref().unwrap_or(scanner);
        let contents = Contents::new(self.with.repo, job.bytes);
        let late = || self.with.is_late();
        let attempt = || {
            let (files, key) = (&job.files, self.with.key);
            run_batch(in_time, files, contents, key, &cancel, &late)
        };
        // A fault of newgate itself is one of the scanner too: its results are unknown.
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(attempt))
            .unwrap_or_else(|_| Ok(Err(Fault::Failed("internal error while it was run".into()))));
        let outcome = match outcome {
            Ok(Err(Fault::TimedOut(..))) if hurried.is_some() => Ok(Err(out_of_time())),
            other => other,
        };
        let mut ran = Ran {
            outcome,
            timeout: own,
            held: false,
        };
        self.keep(job, for_secrets, &mut ran);
        ran
    }

    /// Learns the secrets that a job found, and remembers its results. What quotes a secret is remembered
    /// without it, so once all of them are known.
    fn keep(&self, job: &Job, for_secrets: bool, ran: &mut Ran) {
        let Ok(Ok((units, _))) = &ran.outcome else {
            return;
        };
        let (repo, key) = (self.with.repo, self.with.key);
        // The scanner inside newgate has learned what it found.
        let is_own = for_secrets && self.scanners[job.scanner].program.is_none();
        let mut findings = units.iter().map(|(file, r)| (file, &r.findings));
        if !is_own
            && let Err(error) =
                findings.try_for_each(|(f, all)| learn_secrets_of(repo, f, all, key))
        {
            ran.outcome = Err(error);
            return;
        }
        ran.held = !for_secrets && {
            let state = self.lock();
            let open = |j: &Job| seeks_secrets(&self.scanners[j.scanner]);
            state.running_for_secrets > 0 || state.queue.iter().any(open)
        };
        if !ran.held {
            remember(self.with, &self.scanners[job.scanner], job, units);
        }
    }

    /// Takes in what a job came to.
    fn done(&self, state: &mut Shared, job: Job, ran: Ran) {
        if state.splits(&job, &ran.outcome, ran.timeout) {
            return;
        }
        state.done += job.files.len();
        // What was done in time is kept, and the rest is late.
        let late = matches!(&ran.outcome, Ok(Ok((units, _))) if units.len() < job.files.len());
        take(state, &job, ran.outcome);
        if late {
            take(state, &job, Ok(Err(out_of_time())));
        }
        if job.side == Side::Head {
            state.head_left[job.scanner] -= 1;
            let is_done = state.head_left[job.scanner] == 0;
            if is_done && !state.results[job.scanner].needs_base(self.need) {
                self.stop_base[job.scanner].cancel();
            }
        }
        self.tell(state);
        if ran.held {
            state.held.push(job);
        }
    }
}

fn out_of_time() -> Fault {
    Fault::TimedOut(TimeLimit::Budget, OUT_OF_TIME.into())
}

/// Whether a scanner looks for secrets.
fn seeks_secrets(scanner: &Scanner) -> bool {
    scanner.descriptor.kind() == Weakness::Secret
}

/// Remembers the results of a job.
pub(super) fn remember(
    with: Resolver<'_>,
    scanner: &Scanner,
    job: &Job,
    units: &[(FileVersion, UnitResult)],
) {
    match &job.project {
        None => with.cache.remember(
            &scanner.key,
            units
                .iter()
                .map(|(f, r)| (UnitDigest::of_file(f), r.to_bytes())),
        ),
        Some(tree) => {
            let digests = [UnitDigest::of_tree(tree), UnitDigest::of_files(&job.files)];
            project::remember_units(with.cache, &scanner.key, digests, units);
        }
    }
}

impl Shared {
    /// Whether a batch that failed is run again in halves, which are in the queue then.
    fn splits(&mut self, job: &Job, ran: &Result<BatchResult>, timeout: Duration) -> bool {
        let runs = &mut self.runs[job.scanner];
        let fault = match ran {
            Ok(Err(fault)) if job.project.is_none() => fault,
            Ok(Ok(_)) => {
                runs.succeed();
                return false;
            }
            _ => return false,
        };
        let Some(halves) = runs.fail(fault, &job.files, timeout) else {
            return false;
        };
        for files in halves.files {
            self.queue.push_back(Job {
                files,
                bytes: job.bytes / 2,
                part: Some(halves.timeout),
                project: None,
                ..*job
            });
            if job.side == Side::Head {
                self.head_left[job.scanner] += 1;
            }
        }
        if job.side == Side::Head {
            self.head_left[job.scanner] -= 1;
        }
        true
    }
}

/// What went wrong, with the file that it went wrong with if there is only one.
fn named(fault: Fault, job: &Job) -> Fault {
    let (None, [file]) = (&job.project, &job.files[..]) else {
        return fault;
    };
    match fault {
        Fault::Failed(why) => Fault::Failed(format!("on `{}`, {why}", file.path)),
        Fault::TimedOut(TimeLimit::Scanner, why) => {
            Fault::TimedOut(TimeLimit::Scanner, format!("on `{}`, {why}", file.path))
        }
        other => other,
    }
}

/// Takes a batch's results, or what it did wrong.
fn take(state: &mut Shared, job: &Job, ran: Result<BatchResult>) {
    let resolved = &mut state.results[job.scanner];
    let fault = match ran {
        Err(error) => {
            state.error.get_or_insert(error);
            return;
        }
        Ok(Ok((units, took))) => {
            resolved.scanned += units.len() as u64;
            resolved.milliseconds += u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            resolved.side(job.side).extend(units);
            return;
        }
        Ok(Err(fault)) => named(fault, job),
    };
    match job.side {
        Side::Head => resolved.take(Side::Head, fault),
        Side::Base if fault == Fault::Cancelled => {}
        Side::Base => {
            resolved.base_unknown = true;
            resolved.base_faults.push(fault);
        }
    }
}
