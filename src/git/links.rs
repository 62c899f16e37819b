//! Symbolic links inside a tree.

use std::collections::VecDeque;

use super::Repository;
use crate::error::Result;
use crate::model::{FileVersion, Oid, RepoPath};

/// As many links as the kernel follows (path_resolution(7)).
const MOST: usize = 40;

impl Repository {
    /// The file that a link of a tree leads to, through other links and linked folders, at its own path;
    /// a regular file is itself. `None` if it leads out of the tree, to a folder, nowhere or in circles.
    ///
    /// # Errors
    /// git could not answer.
    pub fn behind(&self, tree: &Oid, file: &FileVersion) -> Result<Option<FileVersion>> {
        if !file.is_link() {
            return Ok(file.is_regular().then(|| file.clone()));
        }
        let mut way = parts(file.path.as_bytes());
        way.pop_back();
        let mut left = parts(&self.blob(&file.blob)?);
        let mut followed = 1;
        while let Some(part) = left.pop_front() {
            match part.as_slice() {
                b"." => continue,
                b".." if way.pop_back().is_none() => return Ok(None),
                b".." => continue,
                // An absolute path leads out of the tree, wherever that is checked out.
                b"" => return Ok(None),
                _ => way.push_back(part),
            }
            let here = way.make_contiguous().join(&b'/');
            match self.entry(tree, &RepoPath::new(here))? {
                // A folder, or nothing, which the last part shows.
                None => {}
                Some(next) if next.is_link() => {
                    followed += 1;
                    if followed > MOST {
                        return Ok(None);
                    }
                    way.pop_back();
                    let mut leads = parts(&self.blob(&next.blob)?);
                    leads.append(&mut left);
                    left = leads;
                }
                Some(next) => return Ok((left.is_empty() && next.is_regular()).then_some(next)),
            }
        }
        Ok(None)
    }
}

/// The parts of a path. An absolute path begins with an empty part; others that are empty say nothing.
fn parts(path: &[u8]) -> VecDeque<Vec<u8>> {
    let all = path.split(|b| *b == b'/').enumerate();
    let kept = all.filter(|(at, part)| *at == 0 || !part.is_empty());
    kept.map(|(_, part)| part.to_vec()).collect()
}
