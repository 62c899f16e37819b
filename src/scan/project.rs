//! Results for a project as a whole: the unit is all files that a scanner reads in a tree.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Descriptor, UnitResult, reads, stored};
use crate::cache::{Cache, ScannerKey, UnitDigest};
use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::model::{FileVersion, Oid, RepoPath};

/// What a scanner says about a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectResult {
    /// How many files it read.
    pub read: u64,
    /// The files about which there is something to say.
    pub results: Vec<(FileVersion, UnitResult)>,
}

/// How it is stored.
#[derive(Deserialize)]
struct Stored {
    read: u64,
    results: Vec<(String, Oid, u32, UnitResult)>,
}

/// The same, as it is written.
#[derive(Serialize)]
struct Storing<'r> {
    read: u64,
    results: Vec<(String, &'r Oid, u32, Cow<'r, UnitResult>)>,
}

impl ProjectResult {
    fn to_bytes(&self) -> Vec<u8> {
        written(self.read, &self.results)
    }

    fn from_bytes(bytes: &[u8]) -> Option<ProjectResult> {
        let stored: Stored = stored::read(bytes)?;
        let results = stored
            .results
            .into_iter()
            .map(|(path, blob, mode, mut result)| {
                let path = RepoPath::from_text(&path);
                for finding in &mut result.findings {
                    finding.path = path.clone();
                }
                result.findings.shrink_to_fit();
                (FileVersion { path, blob, mode }, result)
            });
        Some(ProjectResult {
            read: stored.read,
            results: results.collect(),
        })
    }
}

/// The digests under which the result for a tree is remembered: of the tree, and of what the scanner
/// reads in it.
///
/// # Errors
/// git could not answer.
pub fn digests(repo: &Repository, descriptor: &Descriptor, tree: &Oid) -> Result<[UnitDigest; 2]> {
    let files = inputs(repo, descriptor, tree)?;
    Ok([UnitDigest::of_tree(tree), UnitDigest::of_files(&files)])
}

/// The files that a scanner reads in a tree.
///
/// # Errors
/// git could not answer.
pub(super) fn inputs(
    repo: &Repository,
    descriptor: &Descriptor,
    tree: &Oid,
) -> Result<Vec<FileVersion>> {
    let all = repo.list(tree, usize::MAX)?.ok_or_else(|| {
        Error::new(
            ErrorKind::Git,
            format!("the files of the tree {tree} cannot be listed"),
        )
    })?;
    let mut files = Vec::new();
    for file in all {
        if reads(descriptor, &file, &|f| repo.blob(&f.blob))? {
            files.push(file);
        }
    }
    Ok(files)
}

/// A result that is remembered.
pub fn known(cache: &Cache, key: &ScannerKey, digest: &UnitDigest) -> Option<ProjectResult> {
    ProjectResult::from_bytes(&cache.result(key, digest)?)
}

/// Remembers a result under several digests.
pub fn remember(
    cache: &Cache,
    key: &ScannerKey,
    digests: impl IntoIterator<Item = UnitDigest>,
    result: &ProjectResult,
) {
    let bytes = result.to_bytes();
    cache.remember(key, digests.into_iter().map(|d| (d, bytes.clone())));
}

/// Remembers the results of all files that were read under several digests.
pub(super) fn remember_units(
    cache: &Cache,
    key: &ScannerKey,
    digests: impl IntoIterator<Item = UnitDigest>,
    units: &[(FileVersion, UnitResult)],
) {
    let bytes = written(units.len() as u64, units);
    cache.remember(key, digests.into_iter().map(|d| (d, bytes.clone())));
}

/// Remembers a result under a digest; returns whether it is there now as it is.
pub fn keep(cache: &Cache, key: &ScannerKey, digest: UnitDigest, result: &ProjectResult) -> bool {
    let bytes = result.to_bytes();
    cache.remember(key, [(digest, bytes.clone())]);
    cache.result(key, &digest) == Some(bytes)
}

/// The results of those files about which there is something to say, of `read` that were read.
fn written(read: u64, results: &[(FileVersion, UnitResult)]) -> Vec<u8> {
    let told = results.iter().filter(|(_, r)| !r.is_clean());
    let findings = told.clone().map(|(_, r)| r.findings.len()).sum();
    let results = told.map(|(file, result)| {
        let path = file.path.to_text();
        (path, &file.blob, file.mode, result.without_secrets())
    });
    let storing = Storing {
        read,
        results: results.collect(),
    };
    stored::write(&storing, findings)
}

/// The same as [`remember`] in place of what was remembered, of which nothing is to stay.
pub fn overwrite(
    cache: &Cache,
    key: &ScannerKey,
    digests: impl IntoIterator<Item = UnitDigest>,
    result: &ProjectResult,
) {
    let bytes = result.to_bytes();
    cache.overwrite(key, digests.into_iter().map(|d| (d, bytes.clone())));
}
