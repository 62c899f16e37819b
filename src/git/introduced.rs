//! File versions that commits bring.

use std::collections::HashSet;

use crate::model::{FileChange, FileVersion, Oid};

/// A file version that a commit brings, for scanners of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduced {
    /// The file.
    pub file: FileVersion,
    /// The commit that brings it.
    pub commit: Oid,
}

/// Adds what a commit brings to a list, unless the same content is there under the same path.
pub(super) fn add_introduced(
    list: &mut Vec<Introduced>,
    seen: &mut HashSet<FileVersion>,
    commit: &Oid,
    changes: Vec<FileChange>,
) {
    for file in changes.into_iter().filter_map(|c| c.new) {
        if (file.is_regular() || file.is_link()) && seen.insert(file.clone()) {
            list.push(Introduced {
                file,
                commit: commit.clone(),
            });
        }
    }
}
