//! Each unit's result: from the cache, or else from a scan.

use super::batches::rounds;
use super::exposed::learn_secrets_of;
use super::plan::{Side, Trees};
use super::project::{self, ProjectResult};
use super::resolved::{Need, Resolved};
use super::resolver::Resolver;
use super::work::{Job, Worked, do_all, remember};
use super::{Plan, Scanner, Scope, SecretKey, State, UnitResult};
use crate::cache::UnitDigest;
use crate::error::Result;
use crate::git::Repository;
use crate::model::{FileVersion, ScannerState};

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
    let Known { results, missing } = known(with, scanners, plans)?;
    for known in &results {
        learn_secrets(with.repo, with.key, known)?;
    }
    let jobs = in_order(scanners, jobs(with, scanners, missing)?);
    let Worked { mut results, held } = do_all(with, scanners, need, jobs, results)?;
    mask_results(with, scanners, plans, &mut results)?;
    for job in held {
        let known = results[job.scanner].side(job.side);
        let units = job.files.iter();
        let units = units.filter_map(|f| Some((f.clone(), known.get(f)?.clone())));
        let units: Vec<_> = units.collect();
        remember(with, &scanners[job.scanner], &job, &units);
    }
    for resolved in &mut results {
        resolved.settle(need);
    }
    Ok(results)
}

/// What is in the cache.
struct Known {
    /// By scanner.
    results: Vec<Resolved>,
    missing: Missing,
}

/// What it does not know.
#[derive(Default)]
struct Missing {
    /// Files, by scanner and side.
    files: Vec<(usize, Side, Vec<FileVersion>)>,
    /// Whole projects.
    projects: Vec<Job>,
}

fn known(with: Resolver<'_>, scanners: &[Scanner], plans: &[Plan]) -> Result<Known> {
    let mut results = Vec::with_capacity(scanners.len());
    let mut missing = Missing::default();
    for (index, (scanner, plan)) in scanners.iter().zip(plans).enumerate() {
        let mut resolved = Resolved::default();
        match &scanner.state {
            _ if scanner.given => {}
            State::Missing(absent) => {
                // A scanner with nothing to read need not be there.
                if !plan.head.is_empty() {
                    resolved.state = ScannerState::Missing;
                    resolved.detail.clone_from(&absent.why);
                    resolved.installable = absent.installable;
                }
            }
            _ => match (scanner.descriptor.scope(), &plan.project) {
                (Scope::File, _) => {
                    let files = missing_files(with, scanner, plan, &mut resolved);
                    let files = files.filter(|(_, files)| !files.is_empty());
                    missing
                        .files
                        .extend(files.map(|(side, f)| (index, side, f)));
                }
                (Scope::Project, Some(trees)) => {
                    let jobs = jobs_of_project(with, scanner, trees, &mut resolved)?;
                    missing.projects.extend(jobs.into_iter().map(|job| Job {
                        scanner: index,
                        ..job
                    }));
                }
                (Scope::Project, None) => {}
            },
        }
        results.push(resolved);
    }
    Ok(Known { results, missing })
}

/// The jobs that find out what is missing.
fn jobs(with: Resolver<'_>, scanners: &[Scanner], missing: Missing) -> Result<Vec<Job>> {
    let mut jobs = missing.projects;
    // Idle cores are worth another start of the scanner.
    let runs = |index: usize| scanners[index].program.is_some();
    let busy = jobs.len() + missing.files.iter().filter(|(i, ..)| runs(*i)).count();
    let idle = with.jobs / busy.max(1);
    for (scanner, side, files) in missing.files {
        let rounds = match with.is_late() {
            true => vec![(files, 0)],
            false => rounds(with, &scanners[scanner], files, idle)?,
        };
        jobs.extend(rounds.into_iter().map(|(files, bytes)| Job {
            scanner,
            side,
            files,
            bytes,
            part: None,
            project: None,
        }));
    }
    Ok(jobs)
}

/// Jobs in the order in which they are begun: head before base, long before short. What a start costs counts
/// as the input that would cost as much.
fn in_order(scanners: &[Scanner], mut jobs: Vec<Job>) -> Vec<Job> {
    let weight = |job: &Job| {
        let program = scanners[job.scanner].descriptor.program();
        let start = program.map_or(0, |p| p.batch);
        job.bytes.saturating_add(start.saturating_mul(1_024))
    };
    jobs.sort_by(|a, b| {
        // The built-in scanner is done in no time, and finds what must not wait.
        let runs = |j: &Job| scanners[j.scanner].program.is_some();
        let order = |j: &Job| (j.side, runs(j), std::cmp::Reverse(weight(j)), j.scanner);
        order(a).cmp(&order(b))
    });
    jobs
}

/// Learns the secrets that findings are about, which are masked from then on.
///
/// # Errors
/// git could not read a file.
pub fn learn_secrets(repo: &Repository, key: &SecretKey, results: &Resolved) -> Result<()> {
    let mut all = results.head.iter().chain(&results.base);
    all.try_for_each(|(file, result)| learn_secrets_of(repo, file, &result.findings, key))
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

/// Takes the results that the cache has for each tree, or else for the set of files that the
/// scanner reads in it, and makes jobs for the rest.
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
