//! The versions of scanners' programs, remembered for all repositories of a user: a fresh clone need
//! not ask each program again.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::environment;

/// A file with more entries than this is begun again.
const MOST: usize = 500;

fn file() -> Option<PathBuf> {
    Some(
        environment::cache_home()?
            .join("newgate")
            .join("programs.json"),
    )
}

fn read() -> BTreeMap<String, String> {
    let content = file().and_then(|f| fs::read(f).ok());
    // A damaged file costs time only: programs are asked again.
    let known = content.and_then(|c| serde_json::from_slice(&c).ok());
    known.unwrap_or_default()
}

/// The version of the executable with an identity.
pub(super) fn version(identity: &str) -> Option<String> {
    read().remove(identity)
}

/// Remembers the version of an executable. That it cannot be written costs time only.
pub(super) fn remember(identity: &str, version: &str) {
    let Some(file) = file() else {
        return;
    };
    let mut known = read();
    if known.len() >= MOST {
        known.clear();
    }
    known.insert(identity.to_owned(), version.to_owned());
    let written = || -> std::io::Result<()> {
        let folder = file.parent().unwrap_or(&file);
        fs::create_dir_all(folder)?;
        let new = tempfile::NamedTempFile::new_in(folder)?;
        fs::write(new.path(), serde_json::to_vec(&known)?)?;
        new.persist(&file)?;
        Ok(())
    };
    let _ = written();
}
