//! One batch of files through one of the scanners inside newgate.

use std::sync::Arc;
use std::time::Instant;

use super::batch::{BatchResult, Contents, Fault};
use super::builtin::code;
use super::parts::Stream;
use super::{Engine, Scanner, SecretKey, Secrets, UnitResult};
use crate::error::Result;
use crate::model::{FileVersion, Finding};
use crate::process::{self, Cancel};

/// Scans a batch with a built-in scanner, which stops when it is `late` and returns the results of the files that it has
/// read. The outer error is git's.
pub(super) fn built_in(
    scanner: &Scanner,
    files: &[FileVersion],
    contents: Contents<'_>,
    key: &SecretKey,
    cancel: &Cancel,
    late: &dyn Fn() -> bool,
) -> Result<BatchResult> {
    let started = Instant::now();
    let mut results = Vec::with_capacity(files.len());
    let own = match own_rules(scanner) {
        Ok(own) => own,
        Err(why) => return Ok(Err(Fault::Failed(why))),
    };
    for file in files {
        if cancel.is_cancelled() || process::interrupted() {
            return Ok(Err(Fault::Cancelled));
        }
        if late() {
            break;
        }
        if let Some(mut result) = long(scanner, file, contents, own.as_deref(), key) {
            result.findings.extend(in_name(scanner, file, key));
            results.push((file.clone(), result));
            continue;
        }
        let content = contents.whole(file)?;
        let mut result = match scanner.descriptor.engine() {
            Engine::Code => {
                let stop = || cancel.is_cancelled() || process::interrupted() || late();
                match code::scan_watched(&file.path, content, own.as_ref(), &stop) {
                    code::Watched::Done(found) => of_code(found),
                    code::Watched::Failed(why) => return Ok(Err(Fault::Failed(why))),
                    code::Watched::Stopped if late() => break,
                    code::Watched::Stopped => return Ok(Err(Fault::Cancelled)),
                }
            }
            _ => Secrets::get().scan_unit(&file.path, &content, key),
        };
        result.findings.extend(in_name(scanner, file, key));
        results.push((file.clone(), result));
    }
    Ok(Ok((results, started.elapsed())))
}

/// The credentials in the name of a file.
fn in_name(scanner: &Scanner, file: &FileVersion, key: &SecretKey) -> Vec<Finding> {
    match scanner.descriptor.engine() {
        Engine::Secrets => Secrets::get().scan_name(&file.path, key),
        _ => Vec::new(),
    }
}

/// The project's own rules for the scanner `code`, if it has some.
fn own_rules(scanner: &Scanner) -> std::result::Result<Option<Arc<code::OwnRules>>, String> {
    if scanner.descriptor.engine() != Engine::Code || scanner.config_files.is_empty() {
        return Ok(None);
    }
    let files = scanner.config_files.iter();
    let own = code::OwnRules::of(files.map(|f| (f.path.as_str(), f.content.as_slice())));
    own.map(Some).map_err(|mistakes| {
        let all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        all.join("; ")
    })
}

fn of_code(found: std::result::Result<Vec<Finding>, String>) -> UnitResult {
    match found {
        Ok(findings) => UnitResult {
            findings,
            unread: None,
        },
        Err(why) => UnitResult {
            findings: Vec::new(),
            unread: Some(why),
        },
    }
}

/// The result of a long file, which is read as a stream; `None` if it must be in memory as a whole, or cannot be read
/// like this.
fn long(
    scanner: &Scanner,
    file: &FileVersion,
    contents: Contents<'_>,
    own: Option<&code::OwnRules>,
    key: &SecretKey,
) -> Option<UnitResult> {
    let content = contents.long(file)?;
    let result = match scanner.descriptor.engine() {
        Engine::Code => {
            let found = code::scan_long(&file.path, &mut Stream::new(content), own);
            found.map(|found| found.map(of_code))
        }
        _ => Secrets::get().scan_long(&file.path, content, key),
    };
    // What is damaged is read again, by git, which knows how to say so.
    result.ok().flatten()
}
