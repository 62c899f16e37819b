//! Each unit's result: from the cache, else from a scan. One scheduler shares the cores among all
//! scanners and both sides.

use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::batches::rounds;
use super::exposed::learn_secrets_of;
use super::halves::Runs;
use super::plan::{Side, Trees};
use super::project::{self, ProjectResult};
use super::resolver::Resolver;
use super::run::{BatchResult, Fault, run_batch};
use super::{Plan, Scanner, Scope, SecretKey, State, UnitResult};
use crate::cache::UnitDigest;
use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::model::{FileVersion, Kind as Weakness, Oid, ScannerState, TimeLimit};
use crate::process::{self, Cancel};

/// What is said of what a deadline left undone.
const OUT_OF_TIME: &str =
    "the time ran out; what was scanned is remembered, so the next try goes on from there";

/// What the base side is wanted for. What the cache happens to hold makes no difference to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To tell what is new: it has an answer only if the head has something to compare.
    Comparison,
    /// To tell what is fixed, too: it is always scanned, but what goes wrong counts only if the head has
    /// something to compare.
    Listing,
    /// For its own sake: all that goes wrong counts.
    Always,
}

/// One scanner's results.
#[derive(Debug, Default)]
pub struct Resolved {
    /// The results at head.
    pub head: BTreeMap<FileVersion, UnitResult>,
    /// The results at base, as far as they were needed or known.
    pub base: BTreeMap<FileVersion, UnitResult>,
    /// The base could not be scanned, so what stood there before is unknown.
    pub base_unknown: bool,
    /// How many files were scanned in this run.
    pub scanned: u64,
    /// Of how many files the results came from the cache.
    pub cached: u64,
    /// The wall time of all its processes, in milliseconds.
    pub milliseconds: u64,
    /// How it fared.
    pub state: ScannerState,
    /// Whose limit ended it, if it took too long.
    pub limit: Option<TimeLimit>,
    /// What went wrong.
    pub detail: String,
    /// Whether it went wrong at the base.
    pub at_base: bool,
    /// Whether `newgate scanners install` would make it ready.
    pub installable: bool,
    /// What went wrong at the base, while it is not known whether that counts.
    base_faults: Vec<Fault>,
}

impl Resolved {
    /// Takes what went wrong. The worst stays, and of the same kind the first: what only the budget of time
    /// left undone must not hide a crash.
    pub fn take_fault(
        &mut self,
        state: ScannerState,
        limit: Option<TimeLimit>,
        side: Side,
        detail: String,
    ) {
        let rank = |state, limit| match (state, limit) {
            (ScannerState::Ok, _) => 0,
            (ScannerState::TimedOut, Some(TimeLimit::Budget)) => 1,
            _ => 2,
        };
        if rank(state, limit) > rank(self.state, self.limit) {
            self.state = state;
            self.limit = limit;
            self.detail = detail;
            self.at_base = side == Side::Base;
        }
    }

    /// Masks the secrets that are known in what is said of all files; returns whether there were some.
    pub fn mask(&mut self) -> bool {
        let all = self.head.values_mut().chain(self.base.values_mut());
        all.fold(false, |altered, result| result.mask() | altered)
    }

    /// Takes what went wrong from another part of the same scanner's work.
    pub fn take_faults_of(&mut self, other: &Resolved) {
        let side = match other.at_base {
            true => Side::Base,
            false => Side::Head,
        };
        self.take_fault(other.state, other.limit, side, other.detail.clone());
    }

    /// Takes in more work of the same scanner: what it cost, how it fared, and what it says of the base.
    pub fn absorb(&mut self, mut more: Resolved) {
        self.scanned += more.scanned;
        self.cached += more.cached;
        self.milliseconds += more.milliseconds;
        self.take_faults_of(&more);
        self.base.append(&mut more.base);
    }

    /// Whether the head has something that must be compared.
    fn compares(&self) -> bool {
        let says = |r: &UnitResult| !r.findings.is_empty() || r.unread.is_some();
        self.head.values().any(says)
    }

    fn take(&mut self, side: Side, fault: Fault) {
        let (state, limit, detail) = match fault {
            Fault::Cancelled => return,
            Fault::Failed(why) => (ScannerState::Failed, None, why),
            Fault::TimedOut(limit, why) => (ScannerState::TimedOut, Some(limit), why),
        };
        self.take_fault(state, limit, side, detail);
    }

    /// Keeps of the base only what was wanted, whatever was known.
    fn settle(&mut self, need: Need) {
        let compares = need == Need::Always || self.compares();
        let faults = std::mem::take(&mut self.base_faults);
        if compares {
            for fault in faults {
                self.take(Side::Base, fault);
            }
        } else if need == Need::Comparison {
            self.base.clear();
        }
    }

    fn side(&mut self, side: Side) -> &mut BTreeMap<FileVersion, UnitResult> {
        match side {
            Side::Head => &mut self.head,
            Side::Base => &mut self.base,
        }
    }
}

struct Job {
    scanner: usize,
    side: Side,
    files: Vec<FileVersion>,
    bytes: u64,
    /// How long it may take, for a part of a batch that failed.
    part: Option<Duration>,
    /// The tree that the files are all inputs of, for a scanner of a whole project.
    project: Option<Oid>,
}

/// What the workers share.
struct Shared {
    queue: VecDeque<Job>,
    /// Jobs of each scanner at head that are not done.
    head_left: Vec<usize>,
    results: Vec<Resolved>,
    /// How the runs of each scanner went.
    runs: Vec<Runs>,
    running: usize,
    /// How many of the jobs at work look for secrets.
    running_for_secrets: usize,
    /// Jobs whose results are not remembered yet: they may quote a secret that is still looked for.
    held: Vec<Job>,
    done: usize,
    total: usize,
    error: Option<Error>,
}

/// Finds the result of every unit of every plan.
///
/// # Errors
/// git could not read a file, or somebody asked to stop. What a scanner did wrong is told in its
/// [`Resolved`].
pub fn resolve(
    with: Resolver<'_>,
    scanners: &[Scanner],
    plans: &[Plan],
    need: Need,
) -> Result<Vec<Resolved>> {
    let mut results = Vec::with_capacity(scanners.len());
    let mut queue: Vec<Job> = Vec::new();
    let mut head_left = vec![0; scanners.len()];
    let mut to_scan: Vec<(usize, Side, Vec<FileVersion>)> = Vec::new();
    for (index, (scanner, plan)) in scanners.iter().zip(plans).enumerate() {
        let mut resolved = Resolved::default();
        if scanner.given {
            results.push(resolved);
            continue;
        }
        if let State::Missing(absent) = &scanner.state {
            // A scanner with nothing to read need not be there.
            if !plan.head.is_empty() {
                resolved.state = ScannerState::Missing;
                resolved.detail.clone_from(&absent.why);
                resolved.installable = absent.installable;
            }
            results.push(resolved);
            continue;
        }
        match (scanner.descriptor.scope(), &plan.project) {
            (Scope::File, _) => {
                let missing = missing_files(with, scanner, plan, &mut resolved);
                to_scan.extend(missing.map(|(side, files)| (index, side, files)));
            }
            (Scope::Project, Some(trees)) => {
                let jobs = jobs_of_project(with, scanner, trees, &mut resolved)?;
                queue.extend(jobs.into_iter().map(|job| Job {
                    scanner: index,
                    ..job
                }));
            }
            (Scope::Project, None) => {}
        }
        results.push(resolved);
    }
    for known in &results {
        learn_secrets(with.repo, with.key, known)?;
    }
    to_scan.retain(|(_, _, files)| !files.is_empty());
    // Cores that nobody else would use are worth a start of their own.
    let runs = |index: usize| scanners[index].program.is_some();
    let busy = queue.len() + to_scan.iter().filter(|(i, ..)| runs(*i)).count();
    let idle = with.jobs / busy.max(1);
    for (index, side, files) in to_scan {
        if with.is_late() {
            queue.push(Job {
                scanner: index,
                side,
                files,
                bytes: 0,
                part: None,
                project: None,
            });
            continue;
        }
        for (files, bytes) in rounds(with, &scanners[index], files, idle)? {
            queue.push(Job {
                scanner: index,
                side,
                files,
                bytes,
                part: None,
                project: None,
            });
        }
    }
    for job in queue.iter().filter(|j| j.side == Side::Head) {
        head_left[job.scanner] += 1;
    }
    // Head before base, long before short: what a start costs counts as the input that would cost as
    // much.
    let weight = |job: &Job| {
        let start = scanners[job.scanner]
            .descriptor
            .program()
            .map_or(0, |p| p.batch);
        job.bytes.saturating_add(start.saturating_mul(1_024))
    };
    queue.sort_by(|a, b| {
        // The built-in scanner is done in no time, and finds what must not wait.
        let runs = |j: &Job| scanners[j.scanner].program.is_some();
        let order = |j: &Job| (j.side, runs(j), std::cmp::Reverse(weight(j)), j.scanner);
        order(a).cmp(&order(b))
    });
    let total = queue.iter().map(|j| j.files.len()).sum();
    if queue.iter().any(|j| scanners[j.scanner].program.is_some()) {
        // Who waits sees at once for what.
        (with.progress)(0, total);
    }
    let workers = with.jobs.clamp(1, queue.len().max(1));
    let shared = Mutex::new(Shared {
        queue: queue.into(),
        head_left,
        results,
        runs: scanners.iter().map(|_| Runs::default()).collect(),
        running: 0,
        running_for_secrets: 0,
        held: Vec::new(),
        done: 0,
        total,
        error: None,
    });
    let changed = Condvar::new();
    let stop_base: Vec<Cancel> = scanners.iter().map(|_| Cancel::default()).collect();
    if total > 0 {
        std::thread::scope(|threads| {
            for _ in 0..workers {
                threads.spawn(|| {
                    let work = || work(with, scanners, need, &shared, &changed, &stop_base);
                    if std::panic::catch_unwind(AssertUnwindSafe(work)).is_err() {
                        // The others must not wait for what it would have done.
                        let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                        let error = Error::new(ErrorKind::Fault, "newgate failed while it scanned");
                        state.error.get_or_insert(error);
                        changed.notify_all();
                    }
                });
            }
        });
    }
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    if process::interrupted() {
        return Err(Error::new(
            ErrorKind::Interrupted,
            "stopped before the verdict",
        ));
    }
    if let Some(error) = shared.error {
        return Err(error);
    }
    let mut results = shared.results;
    mask_results(with, scanners, plans, &mut results)?;
    for job in shared.held {
        let known = &results[job.scanner];
        let side = match job.side {
            Side::Head => &known.head,
            Side::Base => &known.base,
        };
        let units = job.files.iter();
        let units = units.filter_map(|f| Some((f.clone(), side.get(f)?.clone())));
        remember(
            with,
            &scanners[job.scanner],
            &job,
            &units.collect::<Vec<_>>(),
        );
    }
    for resolved in &mut results {
        resolved.settle(need);
    }
    Ok(results)
}

/// Learns the secrets that findings are about, which are masked from then on.
///
/// # Errors
/// git could not read a file.
pub fn learn_secrets(repo: &Repository, key: &SecretKey, results: &Resolved) -> Result<()> {
    let mut all = results.head.iter().chain(&results.base);
    all.try_for_each(|(file, result)| learn_secrets_of(repo, file, &result.findings, key))
}

/// Whether a scanner looks for secrets.
fn seeks_secrets(scanner: &Scanner) -> bool {
    scanner.descriptor.kind() == Weakness::Secret
}

/// Masks the secrets that any scanner reported in what all of them say, the same whether it was remembered
/// or not; what was remembered before with one of them is remembered without.
fn mask_results(
    with: Resolver<'_>,
    scanners: &[Scanner],
    plans: &[Plan],
    results: &mut [Resolved],
) -> Result<()> {
    for ((scanner, plan), resolved) in scanners.iter().zip(plans).zip(results) {
        let mut altered = Vec::new();
        for (file, result) in resolved.head.iter_mut().chain(&mut resolved.base) {
            if result.mask() {
                altered.push((UnitDigest::of_file(file), result.to_bytes()));
            }
        }
        if altered.is_empty() || scanner.given {
            continue;
        }
        match (scanner.descriptor.scope(), &plan.project) {
            (Scope::File, _) => with.cache.overwrite(&scanner.key, altered),
            (Scope::Project, trees) => {
                let trees = trees.iter().flat_map(|t| [&t.head, &t.base]).flatten();
                for tree in trees {
                    let digest = UnitDigest::of_tree(tree);
                    if let Some(known) = project::known(with.cache, &scanner.key, &digest) {
                        let digests = project::digests(with.repo, &scanner.descriptor, tree)?;
                        project::overwrite(with.cache, &scanner.key, digests, &known);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Remembers the results of a job.
fn remember(with: Resolver<'_>, scanner: &Scanner, job: &Job, units: &[(FileVersion, UnitResult)]) {
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

/// Takes what the cache knows of each file; returns the others of both sides.
fn missing_files(
    with: Resolver<'_>,
    scanner: &Scanner,
    plan: &Plan,
    resolved: &mut Resolved,
) -> impl Iterator<Item = (Side, Vec<FileVersion>)> {
    let sides = [(Side::Head, &plan.head), (Side::Base, &plan.base)];
    let missing = sides.map(|(side, files)| {
        let mut missing = Vec::new();
        for file in files {
            if with.is_late() {
                missing.push(file.clone());
                continue;
            }
            let digest = UnitDigest::of_file(file);
            let known = with.cache.result_or_fetched(&scanner.key, &digest);
            match known.and_then(|bytes| UnitResult::from_bytes(&bytes, &file.path)) {
                Some(result) => {
                    resolved.side(side).insert(file.clone(), result);
                    resolved.cached += 1;
                }
                None => missing.push(file.clone()),
            }
        }
        (side, missing)
    });
    missing.into_iter()
}

/// Takes what the cache knows of each tree, else of the set of files that the scanner reads there,
/// and makes jobs of the rest.
fn jobs_of_project(
    with: Resolver<'_>,
    scanner: &Scanner,
    trees: &Trees,
    resolved: &mut Resolved,
) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for (side, tree) in [(Side::Head, &trees.head), (Side::Base, &trees.base)] {
        let Some(tree) = tree else {
            continue;
        };
        let of_tree = UnitDigest::of_tree(tree);
        if let Some(known) = project::known(with.cache, &scanner.key, &of_tree) {
            resolved.cached += known.read;
            resolved.side(side).extend(known.results);
            continue;
        }
        let files = project::inputs(with.repo, &scanner.descriptor, tree)?;
        let read = files.len() as u64;
        let of_files = UnitDigest::of_files(&files);
        let known = match files.is_empty() {
            true => Some(ProjectResult::default()),
            false => project::known(with.cache, &scanner.key, &of_files),
        };
        if let Some(known) = known {
            project::remember(with.cache, &scanner.key, [of_tree], &known);
            resolved.cached += read;
            resolved.side(side).extend(known.results);
            continue;
        }
        let mut bytes = 0;
        for file in &files {
            bytes += with.repo.blob_size(&file.blob)?;
        }
        jobs.push(Job {
            scanner: 0,
            side,
            files,
            bytes,
            part: None,
            project: Some(tree.clone()),
        });
    }
    Ok(jobs)
}

/// Whether the base of a scanner must be looked at, once its head is known.
fn base_needed(need: Need, resolved: &Resolved) -> bool {
    need != Need::Comparison || resolved.compares()
}

fn work(
    with: Resolver<'_>,
    scanners: &[Scanner],
    need: Need,
    shared: &Mutex<Shared>,
    changed: &Condvar,
    stop_base: &[Cancel],
) {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let mut state = lock();
    loop {
        if state.error.is_some() || process::interrupted() {
            changed.notify_all();
            return;
        }
        // Base jobs that turned out to be needless go.
        let Shared {
            queue,
            head_left,
            results,
            ..
        } = &mut *state;
        queue.retain(|j| {
            j.side == Side::Head
                || head_left[j.scanner] > 0
                || base_needed(need, &results[j.scanner])
        });
        // A program's base may start on an idle core before its head is done; the built-in scanner
        // is so fast that this would only waste work.
        let next = queue.iter().position(|j| {
            j.side == Side::Head
                || need != Need::Comparison
                || head_left[j.scanner] == 0
                || scanners[j.scanner].program.is_some()
        });
        if with.is_late() {
            for job in std::mem::take(&mut state.queue) {
                let late = Ok(Err(Fault::TimedOut(TimeLimit::Budget, OUT_OF_TIME.into())));
                take(&mut state, &job, late);
            }
            changed.notify_all();
            return;
        }
        let Some(job) = next.and_then(|i| state.queue.remove(i)) else {
            if state.running == 0 || state.queue.is_empty() {
                changed.notify_all();
                return;
            }
            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let scanner = &scanners[job.scanner];
        let for_secrets = seeks_secrets(scanner);
        state.running += 1;
        state.running_for_secrets += usize::from(for_secrets);
        drop(state);
        let cancel = match job.side {
            Side::Head => Cancel::default(),
            Side::Base => stop_base[job.scanner].clone(),
        };
        let content = |file: &FileVersion| with.repo.blob(&file.blob);
        // A fault of newgate itself is one of the scanner too: its results are unknown.
        let left = with
            .deadline
            .map(|d| d.saturating_duration_since(Instant::now()));
        let own = job.part.unwrap_or(scanner.timeout);
        let hurried = left.filter(|l| *l < own);
        let timeout = hurried.unwrap_or(own);
        let other = (timeout != scanner.timeout).then(|| Scanner {
            timeout,
            ..scanner.clone()
        });
        let in_time = other.as_ref().unwrap_or(scanner);
        let late = || with.is_late();
        let attempt = || run_batch(in_time, &job.files, &content, with.key, &cancel, &late);
        let ran = std::panic::catch_unwind(AssertUnwindSafe(attempt))
            .unwrap_or_else(|_| Ok(Err(Fault::Failed("newgate failed while it was run".into()))));
        let ran = match ran {
            Ok(Err(Fault::TimedOut(..))) if hurried.is_some() => {
                Ok(Err(Fault::TimedOut(TimeLimit::Budget, OUT_OF_TIME.into())))
            }
            other => other,
        };
        let mut ran = ran;
        let mut held = false;
        if let Ok(Ok((units, _))) = &mut ran {
            let learned: Result<()> = units
                .iter()
                .try_for_each(|(file, r)| learn_secrets_of(with.repo, file, &r.findings, with.key));
            // What quotes a secret is remembered without it, so once all of them are known.
            held = !for_secrets && learned.is_ok() && {
                let state = lock();
                let open = |j: &Job| seeks_secrets(&scanners[j.scanner]);
                state.running_for_secrets > 0 || state.queue.iter().any(open)
            };
            match learned {
                Err(error) => ran = Err(error),
                Ok(()) if held => {}
                Ok(()) => remember(with, scanner, &job, units),
            }
        }
        state = lock();
        state.running -= 1;
        state.running_for_secrets -= usize::from(for_secrets);
        if state.splits(&job, &ran, own) {
            changed.notify_all();
            continue;
        }
        state.done += job.files.len();
        // What was done in time is kept, and the rest is late.
        let late = matches!(&ran, Ok(Ok((units, _))) if units.len() < job.files.len());
        take(&mut state, &job, ran);
        if late {
            let fault = Fault::TimedOut(TimeLimit::Budget, OUT_OF_TIME.into());
            take(&mut state, &job, Ok(Err(fault)));
        }
        if job.side == Side::Head {
            state.head_left[job.scanner] -= 1;
            if state.head_left[job.scanner] == 0 && !base_needed(need, &state.results[job.scanner])
            {
                stop_base[job.scanner].cancel();
            }
        }
        (with.progress)(state.done, state.total);
        if held {
            state.held.push(job);
        }
        changed.notify_all();
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
