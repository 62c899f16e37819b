//! Files that git-lfs keeps elsewhere: a commit has a pointer in their place.

use super::Gate;
use super::clock::Clock;
use crate::error::Result;
use crate::model::{FileChange, FileVersion, Note, Oid, RepoPath};

/// What a pointer begins with, and its greatest size in bytes (git-lfs, `docs/spec.md`).
const BEGINNING: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
const MOST: u64 = 1_024;

/// Says which changed files nothing reads, because only their pointers are here.
pub(super) fn note(
    gate: &Gate<'_>,
    head_tree: &Oid,
    changes: &[FileChange],
    clock: &Clock,
) -> Result<Option<Note>> {
    let repo = gate.repo;
    // git-lfs does nothing without it, and most repositories have nothing of it.
    let attributes = repo.entry(head_tree, &RepoPath::from(".gitattributes"))?;
    let Some(attributes) = attributes.filter(FileVersion::is_regular) else {
        return Ok(None);
    };
    let text = repo.blob(&attributes.blob)?;
    if memchr::memmem::find(&text, b"filter=lfs").is_none() {
        return Ok(None);
    }
    let mut pointers: Vec<&RepoPath> = Vec::new();
    let files = changes.iter().filter_map(|c| c.new.as_ref());
    for file in files.filter(|f| f.is_regular()) {
        clock.check()?;
        if repo.blob_size(&file.blob)? < MOST && repo.blob(&file.blob)?.starts_with(BEGINNING) {
            pointers.push(&file.path);
        }
    }
    Ok(pointers.first().map(|first| Note::LargeFilesUnread {
        files: pointers.len() as u64,
        path: (*first).clone(),
    }))
}
