//! Which files each scanner gets.

use std::cell::OnceCell;

use super::builtin::code;
use super::{Descriptor, Engine, Scanner, Scope};
use crate::error::Result;
use crate::model::{FileChange, FileVersion, Oid, RepoPath};

/// A side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What the change would make.
    Head,
    /// What it is compared with.
    Base,
}

/// Whether a scanner reads a file: by its name, or else by its first line. `content` is asked for only then.
///
/// # Errors
/// The file cannot be read.
pub fn reads(
    descriptor: &Descriptor,
    file: &FileVersion,
    content: &dyn Fn(&FileVersion) -> Result<Vec<u8>>,
) -> Result<bool> {
    if descriptor.leaves_out(&file.path) {
        return Ok(false);
    }
    if file.is_link() {
        // Where a link leads to is text that is pushed; programs would follow it.
        return Ok(descriptor.engine() == Engine::Secrets);
    }
    if !file.is_regular() {
        return Ok(false);
    }
    if descriptor.matches_name(file.path.as_bytes()) {
        return Ok(true);
    }
    let may = !descriptor.interpreters().is_empty();
    Ok(may && descriptor.matches_interpreter(&content(file)?))
}

/// The same for lists of whole trees: a first line is looked at only in a file without an extension, because the
/// content of all others would have to be read, and fetched in a partial clone.
///
/// # Errors
/// The file cannot be read.
pub fn is_listed_for(
    descriptor: &Descriptor,
    file: &FileVersion,
    content: &dyn Fn(&FileVersion) -> Result<Vec<u8>>,
) -> Result<bool> {
    let by_name = descriptor.matches_name(file.path.as_bytes());
    Ok((by_name || file.path.extension().is_none()) && reads(descriptor, file, content)?)
}

/// The trees of a scanner that reads a project as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trees {
    /// The tree at head.
    pub head: Option<Oid>,
    /// The tree at base.
    pub base: Option<Oid>,
}

/// The files of one scanner.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The changed files at head.
    pub head: Vec<FileVersion>,
    /// The changed files at base.
    pub base: Vec<FileVersion>,
    /// For a scanner of a whole project whose inputs the change touches: the trees that it reads.
    pub project: Option<Trees>,
    /// How many changed files at head it does not read.
    pub skipped: u64,
    /// The changed files at head that it would read, and that the configuration leaves out.
    pub left_out: Vec<RepoPath>,
}

/// Chooses the files of each scanner among those that a change touches between two trees. `content`
/// reads a file, and `behind` follows a link of the tree at head or at base.
///
/// A program reads a link as what it leads to. A link whose name says that a scanner reads it is such a
/// file, unless what it leads to is read already under its own name, and as the same kind of file.
///
/// # Errors
/// A file cannot be read.
pub fn plan(
    scanners: &[Scanner],
    changes: &[FileChange],
    trees: &Trees,
    content: &dyn Fn(&FileVersion) -> Result<Vec<u8>>,
    behind: &dyn Fn(&FileVersion, Side) -> Result<Option<FileVersion>>,
) -> Result<Vec<Plan>> {
    let mut plans = vec![Plan::default(); scanners.len()];
    for change in changes {
        for (side, file) in [(Side::Head, &change.new), (Side::Base, &change.old)] {
            let Some(file) = file else {
                continue;
            };
            let led = match file.is_link() {
                true => behind(file, side)?,
                false => None,
            };
            // Several scanners may ask for the first line of one file.
            let known: OnceCell<Vec<u8>> = OnceCell::new();
            let once = |file: &FileVersion| -> Result<Vec<u8>> {
                if let Some(begin) = known.get() {
                    return Ok(begin.clone());
                }
                let mut begin = content(file)?;
                begin.truncate(512);
                Ok(known.get_or_init(|| begin).clone())
            };
            for (scanner, plan) in scanners.iter().zip(&mut plans) {
                let mut found = None;
                if reads(&scanner.descriptor, file, &once)? {
                    found = Some(file.clone());
                } else if let Some(led) = &led {
                    let linked = FileVersion {
                        path: file.path.clone(),
                        ..led.clone()
                    };
                    let is_unlike = scanner.descriptor.engine() == Engine::Code
                        && code::is_of_other_kind(&linked.path, &led.path);
                    if reads(&scanner.descriptor, &linked, content)?
                        && (is_unlike || !reads(&scanner.descriptor, led, content)?)
                    {
                        found = Some(linked);
                    }
                }
                match (found, side) {
                    (Some(file), Side::Head) => plan.head.push(file),
                    (Some(file), Side::Base) => plan.base.push(file),
                    (None, Side::Head) => {
                        plan.skipped += 1;
                        if scanner.descriptor.leaves_out(&file.path)
                            && scanner.descriptor.may_read(&file.path)
                        {
                            plan.left_out.push(file.path.clone());
                        }
                    }
                    (None, Side::Base) => {}
                }
            }
        }
    }
    for (scanner, plan) in scanners.iter().zip(&mut plans) {
        let touched = !plan.head.is_empty() || !plan.base.is_empty();
        if scanner.descriptor.scope() == Scope::Project && touched && !scanner.given {
            plan.project = Some(trees.clone());
        }
    }
    Ok(plans)
}
