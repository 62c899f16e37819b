//! One batch of files through one scanner: stage, run, read, check that every file has a result.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::time::Duration;

use super::batch::{BatchResult, Contents, Fault};
use super::built_in::built_in;
use super::builtin::encodings::is_utf16;
use super::descriptor::ReportIn;
use super::reach::{Given, without_credentials};
use super::read::{self, Paths, Reading, Unread};
use super::stage::{Shown, Stage};
use super::{Scanner, SecretKey, UnitResult};
use crate::environment::without_proxy_credentials;
use crate::error::Result;
use crate::model::{FileVersion, RepoPath, TimeLimit};
use crate::process::{self, Cancel, Ended};

/// Most bytes that one run may write.
const OUTPUT_LIMIT: u64 = 512 * 1024 * 1024;

/// Scans a batch. The outer error is git's. A built-in scanner stops when it is `late` and returns the
/// results of the files that it has read.
pub(super) fn run_batch(
    scanner: &Scanner,
    files: &[FileVersion],
    contents: Contents<'_>,
    key: &SecretKey,
    cancel: &Cancel,
    late: &dyn Fn() -> bool,
) -> Result<BatchResult> {
    let (Some(program), Some(how)) = (&scanner.program, scanner.descriptor.program()) else {
        return built_in(scanner, files, contents, key, cancel, late);
    };
    let reserved = how.config.iter().map(|c| &c.file).chain(&how.discovers);
    let mut stage = match Stage::new(reserved.cloned().collect()) {
        Ok(stage) => stage,
        Err(e) => {
            return Ok(Err(Fault::Failed(format!(
                "its folder cannot be created: {e}"
            ))));
        }
    };
    let cannot = |what: &dyn std::fmt::Display, e: &std::io::Error| {
        Ok(Err(Fault::Failed(format!(
            "`{what}` cannot be written for it: {e}"
        ))))
    };
    let mut names = Vec::with_capacity(files.len());
    let mut given = Vec::with_capacity(files.len());
    let mut not_utf8 = Vec::new();
    for file in files {
        let content = contents.whole(file)?;
        let left_out = if how.needs_utf8 && std::str::from_utf8(&content).is_err() {
            Some("its content is not UTF-8, which this scanner cannot read")
        // Most find nothing in text with a NUL byte behind each character, and say nothing.
        } else if !how.reads_utf16 && is_utf16(&content) {
            Some("its content is UTF-16, which this scanner does not read")
        } else {
            None
        };
        let passed_over = || scanner.descriptor.passes_over(&file.path, &content);
        if let Some(why) = left_out.map(str::to_owned).or_else(passed_over) {
            let (findings, unread) = (Vec::new(), Some(why));
            not_utf8.push((file.clone(), UnitResult { findings, unread }));
            continue;
        }
        given.push(file.clone());
        let extension = scanner.descriptor.extension_for(&file.path);
        let shown = match &extension {
            _ if scanner.descriptor.skips(&file.path) => Shown::WithoutName,
            Some(extension) => Shown::WithExtension(extension),
            None => Shown::AsItIs,
        };
        match stage.add(file, &content, shown) {
            Ok(name) => names.push(name),
            Err(e) => return cannot(&file.path, &e),
        }
    }
    let config = scanner.config_files.iter();
    let config = config.map(|c| (&c.path, c.content.as_slice(), !c.beside));
    let own = how.own.iter();
    let own = own.map(|o| (&o.name, o.content.as_bytes(), o.among));
    for (name, content, among) in config.chain(own) {
        let written = match among {
            true => stage.add_config(name, content),
            false => stage.add_own(name, content),
        };
        if let Err(e) = written {
            return cannot(name, &e);
        }
    }
    let process = match Given::new(program, how, &stage, scanner.keep()) {
        Ok(process) => process,
        Err(e) => return cannot(&"its home folder", &e),
    };
    let run = Run {
        scanner,
        program,
        process,
        how,
        files: &given,
        names: &names,
        stage: &stage,
        key,
        cancel,
    };
    if given.is_empty() {
        return Ok(Ok((not_utf8, Duration::ZERO)));
    }
    Ok(run.all().map(|(mut units, took)| {
        units.extend(not_utf8);
        (units, took)
    }))
}

/// One batch on its stage, ready to run.
struct Run<'a> {
    scanner: &'a Scanner,
    program: &'a std::path::Path,
    /// What its processes get.
    process: Given,
    how: &'a super::Program,
    files: &'a [FileVersion],
    /// The files' names in the stage.
    names: &'a [String],
    stage: &'a Stage,
    key: &'a SecretKey,
    cancel: &'a Cancel,
}

impl Run<'_> {
    /// Starts the program as often as its descriptor says, and gives each file its part of what it
    /// reported.
    fn all(&self) -> BatchResult {
        let one_each = self.how.command.iter().any(|a| a.contains("{file}"));
        let mut reading = Reading::default();
        let mut took = Duration::ZERO;
        if one_each || !self.how.each.is_empty() {
            reading.unread = self.without_a_start();
            for (file, name) in self.files.iter().zip(self.names) {
                let starts = one_each && self.how.each.is_empty()
                    || self.scanner.descriptor.starts_for(file.path.as_bytes());
                if starts {
                    let (more, time) = self.once(Some((file, name)))?;
                    reading.add(more);
                    took += time;
                }
            }
        } else {
            (reading, took) = self.once(None)?;
        }
        // What the target's own configuration of the scanner leaves out is left out.
        let output = self.scanner.descriptor.output();
        let lists_scanned =
            self.scanner.config_files.is_empty() && output.is_some_and(|o| o.lists_scanned);
        units(self.files, reading, lists_scanned).map(|units| (units, took))
    }

    /// Files for which nothing would be started: neither beside them nor in a folder above is one of
    /// those that it is started for.
    fn without_a_start(&self) -> Vec<Unread> {
        if self.how.each.is_empty() {
            return Vec::new();
        }
        let folder_of = |path: &RepoPath| -> Vec<u8> {
            let bytes = path.as_bytes();
            let end = bytes.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1);
            bytes[..end].to_vec()
        };
        let starts = |f: &&FileVersion| self.scanner.descriptor.starts_for(f.path.as_bytes());
        let folders: Vec<Vec<u8>> = self
            .files
            .iter()
            .filter(starts)
            .map(|f| folder_of(&f.path))
            .collect();
        let alone = self.files.iter().filter(|f| {
            let own = folder_of(&f.path);
            !folders.iter().any(|folder| own.starts_with(folder))
        });
        let wanted = self.how.each.join("`, `");
        alone
            .map(|f| Unread {
                path: f.path.clone(),
                why: format!("there is no `{wanted}` in its folder or above"),
                tool: None,
            })
            .collect()
    }

    /// Starts the program once, for all files or for one.
    fn once(
        &self,
        one: Option<(&FileVersion, &String)>,
    ) -> std::result::Result<(Reading, Duration), Fault> {
        let descriptor = &self.scanner.descriptor;
        // In a project, it is started in the folder of the file that it is started for.
        let (folder, file) = match one {
            Some((_, name)) if !self.how.each.is_empty() => {
                let plain = name.strip_prefix("./").unwrap_or(name);
                match plain.rsplit_once('/') {
                    Some((folder, file)) => (folder.to_owned(), format!("./{file}")),
                    None => (String::new(), name.clone()),
                }
            }
            Some((_, name)) => (String::new(), name.clone()),
            None => (String::new(), String::new()),
        };
        let report = self.stage.own().join("newgate-report");
        let command = process::Command {
            program: self.program.to_owned(),
            args: self.arguments(&file, &report),
            folder: self.stage.root().join(&folder),
            environment: self.process.environment.clone(),
            timeout: self.scanner.timeout,
            output_limit: OUTPUT_LIMIT,
            reach: self.process.reach.clone(),
        };
        let mut ran = process::run(&command, self.cancel).map_err(|e| {
            Fault::Failed(format!(
                "`{}` cannot be started: {e}",
                self.program.display()
            ))
        })?;
        if self.how.network {
            ran.err = without_proxy_credentials(&ran.err);
            ran.out = without_credentials(ran.out);
        }
        let code = self.exit_code(&ran)?;
        let output = self.output_of(&ran, &report, code)?;
        let known: HashSet<&RepoPath> = self.files.iter().map(|f| &f.path).collect();
        let paths = Paths {
            folder,
            default: one.map(|(file, _)| file.path.clone()),
            aliases: self.stage.aliases().clone(),
            known: Box::new(|p| known.contains(p)),
            content: Some(Box::new(|path| {
                let of_file = self.files.iter().zip(self.names);
                let (_, name) = of_file.into_iter().find(|(f, _)| f.path == *path)?;
                std::fs::read(self.stage.root().join(name)).ok()
            })),
            ..Paths::in_root(&self.stage.root().to_string_lossy())
        };
        let unread = self.unread_in(&ran.err, &paths)?;
        // Where all that it was given could not be read, there may be nothing to report.
        let named: HashSet<&RepoPath> = unread.iter().map(|u| &u.path).collect();
        let silent = output.trim_ascii().is_empty() && named.len() == self.given(one.is_some());
        let mut reading = match silent {
            true => Reading::default(),
            false => read::read(descriptor, &output, &paths, self.key).map_err(|e| {
                let what = format!("its output cannot be read: {e}");
                self.failed(&what, &ran.err, b"")
            })?,
        };
        reading.unread.extend(unread);
        if let Some(why) = &reading.failed {
            return Err(self.failed(why, &ran.err, b""));
        }
        if self.how.exit_findings.contains(&code)
            && reading.findings.is_empty()
            && reading.unread.is_empty()
        {
            let what =
                format!("it exited with code {code}, which means findings, but reported none");
            return Err(self.failed(&what, &ran.err, b""));
        }
        Ok((reading, ran.took))
    }

    /// A fault with the last lines that the program printed. The name of its folder says nothing to a reader.
    fn failed(&self, what: &str, err: &str, out: &[u8]) -> Fault {
        let root = format!("{}/", self.stage.root().display());
        Fault::Failed(with_words(what, err, out).replace(&root, ""))
    }

    /// What a run wrote as its report, to the file of this name if its descriptor says so.
    fn output_of<'r>(
        &self,
        ran: &'r process::Finished,
        report: &std::path::Path,
        code: i32,
    ) -> std::result::Result<Cow<'r, [u8]>, Fault> {
        match self.scanner.descriptor.output().map(|o| o.from) {
            Some(ReportIn::Stderr) => Ok(Cow::Borrowed(ran.err.as_bytes())),
            Some(ReportIn::File) => match std::fs::read(report) {
                Ok(output) => {
                    // The next file's run must not find this one's.
                    let _ = std::fs::remove_file(report);
                    Ok(Cow::Owned(output))
                }
                Err(e) => {
                    let what = format!("it exited with code {code} and wrote no report ({e})");
                    Err(self.failed(&what, &ran.err, &ran.out))
                }
            },
            _ => Ok(Cow::Borrowed(&ran.out[..])),
        }
    }

    /// The files that a run says on standard error it could not read.
    fn unread_in(&self, err: &str, paths: &Paths<'_>) -> std::result::Result<Vec<Unread>, Fault> {
        let mut unread = Vec::new();
        for (written, line) in self.scanner.descriptor.unread_files(err) {
            let path = match written {
                Some(written) => paths.resolve(written, false),
                None => paths.default.clone(),
            };
            match path {
                Some(path) => unread.push(Unread {
                    path,
                    why: super::redact(line),
                    tool: None,
                }),
                None => {
                    return Err(Fault::Failed(format!(
                        "it could not read a file: {}",
                        super::redact(line)
                    )));
                }
            }
        }
        Ok(unread)
    }

    /// How many files one run is given.
    fn given(&self, one: bool) -> usize {
        if one { 1 } else { self.files.len() }
    }

    /// The arguments of one run.
    fn arguments(&self, file: &str, report: &std::path::Path) -> Vec<OsString> {
        let own = self.stage.own().to_string_lossy();
        let root = self.stage.root().to_string_lossy();
        let filled = |arg: &str| -> OsString {
            let arg = arg.replace("{own}", &own).replace("{stage}", &root);
            let arg = arg.replace("{report}", &report.to_string_lossy());
            arg.replace("{file}", file).into()
        };
        let mut args: Vec<OsString> = Vec::new();
        for arg in &self.how.command[1..] {
            match arg.as_str() {
                "{files}" => args.extend(self.names.iter().map(OsString::from)),
                "{config}" => args.extend(self.scanner.config_args.iter().map(|a| filled(a))),
                other => args.push(filled(other)),
            }
        }
        args
    }

    /// The exit code of a run to its end.
    fn exit_code(&self, ran: &process::Finished) -> std::result::Result<i32, Fault> {
        match ran.ended {
            Ended::Cancelled => Err(Fault::Cancelled),
            Ended::TimedOut => {
                let why = format!(
                    "it was stopped after {} s; raise `timeout` in `[scanners.{}]` if it needs longer",
                    self.scanner.timeout.as_secs(),
                    self.scanner.descriptor.name()
                );
                Err(Fault::TimedOut(TimeLimit::Scanner, why))
            }
            Ended::TooMuchOutput => Err(Fault::Failed(
                "it was stopped because its output did not end".into(),
            )),
            Ended::Exited(code)
                if self.how.exit_clean.contains(&code)
                    || self.how.exit_findings.contains(&code) =>
            {
                Ok(code)
            }
            Ended::Exited(code) => {
                let what = format!("it exited with code {code}");
                Err(self.failed(&what, &ran.err, &ran.out))
            }
        }
    }
}

/// A fault with the last lines that the program printed.
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
        format!("{what}, without output")
    } else {
        const MOST: usize = 300;
        let said = super::redact(&last);
        let mut said = said.chars().filter(|c| !c.is_control());
        let mut short: String = said.by_ref().take(MOST).collect();
        if said.next().is_some() {
            short.push('…');
        }
        format!("{what}; output: {short}")
    }
}

/// One result for each file that was given; a file without a word about it is a fault.
fn units(
    files: &[FileVersion],
    reading: Reading,
    lists_scanned: bool,
) -> std::result::Result<Vec<(FileVersion, UnitResult)>, Fault> {
    let unread: HashMap<RepoPath, String> = reading
        .unread
        .into_iter()
        .map(|u| (u.path, u.why))
        .collect();
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
    for unit in by_path.values_mut() {
        unit.findings.shrink_to_fit();
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
