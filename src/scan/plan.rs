//! Which files each scanner gets.

use super::{Descriptor, Scanner};
use crate::error::Result;
use crate::model::{FileChange, FileVersion};

/// Whether a scanner reads a file, as far as the name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applies {
    /// It does.
    Yes,
    /// It does if the first line names one of its interpreters.
    IfScript,
    /// It does not.
    No,
}

impl Applies {
    /// Asks a descriptor about a file.
    pub fn of(descriptor: &Descriptor, file: &FileVersion) -> Applies {
        if !file.is_regular() {
            Applies::No
        } else if descriptor.matches_name(file.path.as_bytes()) {
            Applies::Yes
        } else if !descriptor.interpreters().is_empty() && file.path.extension().is_none() {
            Applies::IfScript
        } else {
            Applies::No
        }
    }
}

/// The files of one scanner.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The changed files at head.
    pub head: Vec<FileVersion>,
    /// The changed files at base.
    pub base: Vec<FileVersion>,
    /// How many changed files at head it does not read.
    pub skipped: u64,
}

/// Chooses the files of each scanner among those that a change touches. `content` reads a file.
///
/// # Errors
/// A file cannot be read.
pub fn plan(
    scanners: &[Scanner],
    changes: &[FileChange],
    content: &dyn Fn(&FileVersion) -> Result<Vec<u8>>,
) -> Result<Vec<Plan>> {
    let mut plans = vec![Plan::default(); scanners.len()];
    for change in changes {
        for (is_head, file) in [(true, &change.new), (false, &change.old)] {
            let Some(file) = file else {
                continue;
            };
            let mut first_bytes: Option<Vec<u8>> = None;
            for (scanner, plan) in scanners.iter().zip(&mut plans) {
                let reads = match Applies::of(&scanner.descriptor, file) {
                    Applies::Yes => true,
                    Applies::No => false,
                    Applies::IfScript => {
                        if first_bytes.is_none() {
                            first_bytes = Some(content(file)?);
                        }
                        let begin = first_bytes.as_deref().unwrap_or_default();
                        scanner.descriptor.matches_interpreter(begin)
                    }
                };
                match (reads, is_head) {
                    (true, true) => plan.head.push(file.clone()),
                    (true, false) => plan.base.push(file.clone()),
                    (false, true) => plan.skipped += 1,
                    (false, false) => {}
                }
            }
        }
    }
    Ok(plans)
}
