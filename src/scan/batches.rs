//! How the files of a scanner are shared out over its runs.

use std::collections::BTreeMap;

use super::{Resolver, Scanner};
use crate::error::Result;
use crate::model::{FileVersion, RepoPath};

/// The most bytes of file names in one command line.
const ARGUMENT_BYTES: usize = 96 * 1024;
/// The most files in one command line.
const ARGUMENT_FILES: usize = 2_000;
/// How many times the cost of a start a batch is worth at most, where there is much to do.
const STARTS: u64 = 40;

/// Batches of which none has two versions of one path, as the history of a file gives: a program
/// that reads a folder could not tell them apart.
pub(super) fn rounds(
    with: Resolver<'_>,
    scanner: &Scanner,
    files: Vec<FileVersion>,
    idle: usize,
) -> Result<Vec<(Vec<FileVersion>, u64)>> {
    if scanner.program.is_none() {
        return batches(with, scanner, files, idle);
    }
    let mut rounds: Vec<Vec<FileVersion>> = Vec::new();
    let mut versions: BTreeMap<RepoPath, usize> = BTreeMap::new();
    for file in files {
        let round = versions.entry(file.path.clone()).or_default();
        if *round == rounds.len() {
            rounds.push(Vec::new());
        }
        rounds[*round].push(file);
        *round += 1;
    }
    let mut all = Vec::new();
    for round in rounds {
        all.extend(batches(with, scanner, round, idle)?);
    }
    Ok(all)
}

/// Splits files into batches, by the amount of work, the number of cores and the longest command
/// line. `idle` is the number of cores that have nothing else to do.
fn batches(
    with: Resolver<'_>,
    scanner: &Scanner,
    files: Vec<FileVersion>,
    idle: usize,
) -> Result<Vec<(Vec<FileVersion>, u64)>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut sized = Vec::with_capacity(files.len());
    for file in files {
        let bytes = with.repo.blob_size(&file.blob)?;
        sized.push((bytes, file));
    }
    let total: u64 = sized.iter().map(|(bytes, _)| bytes).sum();
    let least = scanner.descriptor.program().map_or(256, |p| p.batch) * 1024;
    let worth = usize::try_from(total / least.max(1)).unwrap_or(usize::MAX);
    // On a core that would be idle, half a start's work is done sooner than it would be in line.
    let sooner = usize::try_from(total * 2 / least.max(1)).unwrap_or(usize::MAX);
    let names: usize = sized.iter().map(|(_, f)| f.path.as_bytes().len() + 3).sum();
    let by_length = match scanner.program {
        Some(_) => (names / ARGUMENT_BYTES + 1).max(sized.len().div_ceil(ARGUMENT_FILES)),
        // In small pieces, so that progress is seen and the cores end together.
        None => sized.len().div_ceil(1_000),
    };
    // Much work is done in pieces that cost many times their start: a run that is stopped has lost
    // little, and progress is seen.
    let by_work = usize::try_from(total / least.saturating_mul(STARTS)).unwrap_or(usize::MAX);
    let number = worth
        .clamp(1, with.jobs)
        .max(sooner.min(idle))
        .max(by_length)
        .max(by_work)
        .min(sized.len());
    let mut batches: Vec<(Vec<FileVersion>, u64)> = vec![(Vec::new(), 0); number];
    sized.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    // The largest first, each to the batch with least to do (of those, the one with fewest files).
    let mut heap: std::collections::BinaryHeap<_> = (0..number)
        .map(|i| std::cmp::Reverse((0_u64, 0_usize, i)))
        .collect();
    for (bytes, file) in sized {
        let Some(std::cmp::Reverse((load, count, index))) = heap.pop() else {
            break;
        };
        batches[index].0.push(file);
        batches[index].1 += bytes;
        heap.push(std::cmp::Reverse((load + bytes, count + 1, index)));
    }
    for (files, _) in &mut batches {
        files.sort();
    }
    Ok(batches)
}
