//! One batch of files through one scanner: stage, run, read, check that every file has a result.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::time::Duration;

use super::program::environment;
use super::read::{self, Paths, Reading};
use super::stage::Stage;
use super::{Scanner, SecretKey, Secrets, UnitResult};
use crate::error::Result;
use crate::model::{FileVersion, RepoPath};
use crate::process::{self, Cancel, Ended};

/// Most bytes that one run may write.
const OUTPUT_LIMIT: u64 = 512 * 1024 * 1024;

/// Why a batch has no results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It crashed, wrote something unreadable, or left files without a result.
    Failed(String),
    /// It took too long.
    TimedOut(String),
    /// Nobody needs the results any more.
    Cancelled,
}

/// The results of a batch and how long the scanner took.
pub(super) type BatchResult =
    std::result::Result<(Vec<(FileVersion, UnitResult)>, Duration), Fault>;

/// Scans a batch. The outer error is git's.
pub(super) fn run_batch(
    scanner: &Scanner,
    files: &[FileVersion],
    content: &dyn Fn(&FileVersion) -> Result<Vec<u8>>,
    key: &SecretKey,
    cancel: &Cancel,
) -> Result<BatchResult> {
    match &scanner.program {
        None => built_in(files, content, key, cancel),
        Some(program) => {
            let config = scanner.descriptor.program().map(|p| p.config.iter());
            let reserved = config.into_iter().flatten().map(|c| c.file.clone());
            let mut stage = match Stage::new(reserved.collect()) {
                Ok(stage) => stage,
                Err(e) => {
                    return Ok(Err(Fault::Failed(format!(
                        "its folder cannot be made: {e}"
                    ))));
                }
            };
            let mut names = Vec::with_capacity(files.len());
            for file in files {
                let written = stage.add(file, &content(file)?);
                match written {
                    Ok(name) => names.push(name),
                    Err(e) => {
                        return Ok(Err(Fault::Failed(format!(
                            "`{}` cannot be written for it: {e}",
                            file.path
                        ))));
                    }
                }
            }
            Ok(program_run(
                scanner, program, files, &names, &stage, key, cancel,
            ))
        }
    }
}

fn built_in(
    files: &[FileVersion],
    content: &dyn Fn(&FileVersion) -> Result<Vec<u8>>,
    key: &SecretKey,
    cancel: &Cancel,
) -> Result<BatchResult> {
    let started = std::time::Instant::now();
    let mut results = Vec::with_capacity(files.len());
    for file in files {
        if cancel.is_cancelled() || process::interrupted() {
            return Ok(Err(Fault::Cancelled));
        }
        let findings = Secrets::get().scan(&file.path, &content(file)?, key);
        results.push((
            file.clone(),
            UnitResult {
                findings,
                unread: None,
            },
        ));
    }
    Ok(Ok((results, started.elapsed())))
}

fn program_run(
    scanner: &Scanner,
    program: &std::path::Path,
    files: &[FileVersion],
    names: &[String],
    stage: &Stage,
    key: &SecretKey,
    cancel: &Cancel,
) -> BatchResult {
    let descriptor = &scanner.descriptor;
    let how = descriptor
        .program()
        .expect("a scanner with a program has a description of it");
    for (name, content) in &scanner.config_files {
        if let Err(e) = stage.add_config(name, content) {
            return Err(Fault::Failed(format!(
                "`{name}` cannot be written for it: {e}"
            )));
        }
    }
    let mut args: Vec<OsString> = Vec::new();
    for arg in &how.command[1..] {
        match arg.as_str() {
            "{files}" => args.extend(names.iter().map(OsString::from)),
            "{config}" => args.extend(scanner.config_args.iter().map(OsString::from)),
            other => args.push(other.into()),
        }
    }
    let command = process::Command {
        program: program.to_owned(),
        args,
        folder: stage.root().to_owned(),
        environment: environment(how),
        timeout: scanner.timeout,
        output_limit: OUTPUT_LIMIT,
    };
    let ran = process::run(&command, cancel)
        .map_err(|e| Fault::Failed(format!("`{}` cannot be started: {e}", program.display())))?;
    match ran.ended {
        Ended::Cancelled => return Err(Fault::Cancelled),
        Ended::TimedOut => {
            return Err(Fault::TimedOut(format!(
                "it was stopped after {} s; raise `timeout` in `[scanners.{}]` if it needs longer",
                scanner.timeout.as_secs(),
                descriptor.name()
            )));
        }
        Ended::TooMuchOutput => {
            return Err(Fault::Failed(
                "it was stopped because it printed without end".into(),
            ));
        }
        Ended::Exited(code) if !how.exit_ok.contains(&code) => {
            let what = format!("it exited with code {code}");
            return Err(Fault::Failed(with_words(&what, &ran.err, &ran.out)));
        }
        Ended::Exited(_) => {}
    }
    let known: HashSet<&RepoPath> = files.iter().map(|f| &f.path).collect();
    let paths = Paths {
        roots: vec![stage.root().to_string_lossy().into_owned()],
        aliases: stage.aliases().clone(),
        known: Box::new(|p| known.contains(p)),
    };
    let reading = read::read(descriptor, &ran.out, &paths, key).map_err(|e| {
        Fault::Failed(with_words(
            &format!("its output cannot be read: {e}"),
            &ran.err,
            b"",
        ))
    })?;
    if let Some(why) = &reading.failed {
        return Err(Fault::Failed(with_words(why, &ran.err, b"")));
    }
    let mut unread: HashMap<RepoPath, String> = HashMap::new();
    for (written, line) in descriptor.unread_files(&ran.err) {
        match paths.resolve(written, false) {
            Some(path) => unread.insert(path, super::redact(line)),
            None => {
                return Err(Fault::Failed(format!(
                    "it could not read a file: {}",
                    super::redact(line)
                )));
            }
        };
    }
    // What the target's own configuration of the scanner leaves out is left out.
    let lists_scanned =
        scanner.config_files.is_empty() && descriptor.output().is_some_and(|o| o.lists_scanned);
    units(files, reading, unread, lists_scanned).map(|units| (units, ran.took))
}

/// A fault with the last lines of what the program said.
fn with_words(what: &str, err: &str, out: &[u8]) -> String {
    let said = if err.trim().is_empty() {
        String::from_utf8_lossy(&out[..out.len().min(4_000)]).into_owned()
    } else {
        err.to_owned()
    };
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let last = lines[lines.len().saturating_sub(2)..].join(" / ");
    if last.is_empty() {
        format!("{what}, and said nothing")
    } else {
        let short: String = super::redact(&last)
            .chars()
            .filter(|c| !c.is_control())
            .take(300)
            .collect();
        format!("{what}; it said: {short}")
    }
}

/// One result for each file that was given; a file without a word about it is a fault.
fn units(
    files: &[FileVersion],
    reading: Reading,
    mut unread: HashMap<RepoPath, String>,
    lists_scanned: bool,
) -> std::result::Result<Vec<(FileVersion, UnitResult)>, Fault> {
    unread.extend(reading.unread);
    if lists_scanned {
        let none = Vec::new();
        let scanned = reading.scanned.as_ref().unwrap_or(&none);
        let covered: HashSet<&RepoPath> = scanned.iter().chain(unread.keys()).collect();
        let missing: Vec<String> = files
            .iter()
            .filter(|f| !covered.contains(&f.path))
            .map(|f| f.path.to_string())
            .collect();
        if let Some(first) = missing.first() {
            return Err(Fault::Failed(format!(
                "its report covers {} of {} files; `{first}` is missing",
                files.len() - missing.len(),
                files.len()
            )));
        }
    }
    let mut by_path: BTreeMap<&RepoPath, UnitResult> = files
        .iter()
        .map(|f| (&f.path, UnitResult::default()))
        .collect();
    for finding in reading.findings {
        if let Some(unit) = by_path.get_mut(&finding.path) {
            unit.findings.push(finding);
        }
    }
    for (path, why) in unread {
        if let Some(unit) = by_path.get_mut(&path) {
            unit.unread = Some(why);
        }
    }
    Ok(files
        .iter()
        .map(|f| (f.clone(), by_path.remove(&f.path).unwrap_or_default()))
        .collect())
}
