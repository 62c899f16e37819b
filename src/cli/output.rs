//! Where reports go: to the screen in one format, to files in others.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::cache::Cache;
use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Report, Verdict};
use crate::report::{self, Look, Sarif, terminal_pages};

/// A format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Terminal,
    /// For coding agents: only what blocks, in few words
    Agent,
    /// One self-contained page for a browser
    Html,
    /// A comment on a merge request
    Markdown,
    /// SARIF 2.1.0: everything, fixed results as `absent`
    Sarif,
    /// SARIF 2.1.0 of what exists at head, for GitHub's code scanning
    GithubSarif,
    /// Annotations and the job's summary on GitHub
    Github,
    /// GitLab's code quality report
    GitlabCodeQuality,
    /// GitLab's SAST report
    GitlabSast,
    /// JUnit XML
    Junit,
    /// A table, a row for each occurrence
    Csv,
    /// Everything, for programs (docs/json.md)
    Json,
    /// The counts as variables, for scripts
    Env,
    /// For the custom ingestion of Harness STO
    Sto,
}

/// The command that checks again, if no other is known.
const AGAIN: &str = "newgate check --format agent";

/// How many past checks the page shows at most.
const HISTORY: usize = 2_000;

impl Format {
    /// Whether the format has every occurrence, including old ones in unchanged files.
    pub(super) fn lists_all(self) -> bool {
        match self {
            Format::Terminal
            | Format::Agent
            | Format::Markdown
            | Format::Github
            | Format::Junit
            | Format::Env => false,
            Format::Html
            | Format::Sarif
            | Format::GithubSarif
            | Format::GitlabCodeQuality
            | Format::GitlabSast
            | Format::Csv
            | Format::Json
            | Format::Sto => true,
        }
    }

    /// Writes reports; those for people with that look.
    pub(super) fn write(
        self,
        reports: &[Report],
        cache: &Cache,
        look: Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let text = match self {
            Format::Json => return write_json(reports, out),
            Format::Terminal => terminal_pages(reports, look),
            Format::Agent => report::agent(reports, AGAIN),
            Format::Html => report::html(reports, &cache.history(HISTORY)),
            Format::Markdown => report::markdown(reports),
            Format::Sarif => report::sarif(reports, Sarif::All),
            Format::GithubSarif => report::sarif(reports, Sarif::AtHead),
            Format::Github => report::github(reports),
            Format::GitlabCodeQuality => return report::gitlab_code_quality(reports, out),
            Format::GitlabSast => return report::gitlab_sast(reports, out),
            Format::Junit => return report::junit(reports, out),
            Format::Csv => return report::csv(reports, out),
            Format::Env => report::env(reports),
            Format::Sto => return report::sto(reports, out),
        };
        out.write_all(text.as_bytes())
    }
}

/// A format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    Terminal,
    Json,
}

impl ListFormat {
    /// Writes a list: for people in words, for programs as one document of JSON.
    pub(super) fn write(
        self,
        screen: &Resolved,
        list: &impl Serialize,
        words: impl FnOnce() -> String,
    ) {
        match self {
            ListFormat::Terminal => screen.data(&words()),
            ListFormat::Json => screen.written(|out| report::write_json(list, out)),
        }
    }
}

/// The format of what a command lists.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ListOutput {
    /// The output format
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ListFormat,
}

/// A format and a file.
#[derive(Clone, Debug)]
struct Target {
    format: Format,
    path: PathBuf,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Target, String> {
        let (format, path) = text
            .split_once('=')
            .ok_or("write FORMAT=PATH, such as json=report.json")?;
        let format = Format::from_str(format, true).map_err(|_| {
            let known = Format::value_variants().iter();
            let known = known.filter_map(ValueEnum::to_possible_value);
            let known: Vec<String> = known.map(|v| v.get_name().to_owned()).collect();
            format!("there is no format `{format}`; use {}", known.join(", "))
        })?;
        if path.is_empty() {
            return Err("the path is empty".into());
        }
        Ok(Target {
            format,
            path: path.into(),
        })
    }
}

/// How a report looks in a file.
pub(super) const PLAIN: Look = Look {
    color: false,
    width: 100,
    verbose: true,
    quiet: false,
};

#[derive(Debug, Args)]
pub(super) struct Output {
    /// The format of the report on the screen
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: Format,
    /// Also write the report to a file; can be repeated
    #[arg(long = "output", value_name = "FORMAT=PATH")]
    outputs: Vec<Target>,
    /// The command that checks the same again
    #[arg(skip)]
    pub again: Option<String>,
}

impl Output {
    /// Whether only the text on the screen was requested.
    pub(super) fn is_plain(&self) -> bool {
        self.format == Format::Terminal && self.outputs.is_empty()
    }

    /// Whether a report must list everything.
    pub(super) fn lists_all(&self) -> bool {
        self.format.lists_all() || self.outputs.iter().any(|o| o.format.lists_all())
    }

    /// Writes reports to the screen, then to files; returns the exit code. Text for people goes to `stream`, data to
    /// standard output. If a file cannot be written, this is said last, and a pass becomes incomplete, because a
    /// requested report is missing. Other verdicts stay.
    pub(super) fn write(
        &self,
        session: &Session,
        reports: &mut [Report],
        screen: &Resolved,
        stream: Stream,
    ) -> Result<Verdict> {
        if !self.is_plain() {
            let address = session.repo.address()?;
            for report in &mut *reports {
                report.repository.clone_from(&address);
            }
        }
        let cache = session.cache();
        match self.format {
            Format::Terminal => {
                screen.text(stream, &terminal_pages(reports, screen.look(stream)));
            }
            Format::Agent => {
                let again = self.again.as_deref().unwrap_or(AGAIN);
                screen.data(&report::agent(reports, again));
            }
            format => screen.written(|out| format.write(reports, cache, PLAIN, out)),
        }
        let mut written = Vec::new();
        if self.format == Format::Github || self.outputs.iter().any(|o| o.format == Format::Github)
        {
            written.push(add_summary(reports));
        }
        for output in &self.outputs {
            written.push(to_file(&output.path, |out| {
                output.format.write(reports, cache, PLAIN, out)
            }));
        }
        let mut verdict = reports
            .iter()
            .fold(Verdict::Pass, |v, r| v.worse(r.verdict));
        for error in written.into_iter().filter_map(Result::err) {
            super::tell(&error, screen);
            verdict = verdict.worse(Verdict::Incomplete);
        }
        Ok(verdict)
    }
}

/// Writes reports as JSON, as they go.
pub(super) fn write_json(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    report::write_json(&report::json(reports), out)
}

/// Writes a report to a file.
pub(super) fn to_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let what = || format!("the report cannot be written to `{}`", path.display());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    if folder.is_some_and(|f| !f.is_dir()) {
        let error = Error::new(
            ErrorKind::Io,
            format!("{}: its folder does not exist", what()),
        );
        return Err(error.hint("create the folder, or name another one"));
    }
    write_anew(path, write).map_err(|e| Error::io(what(), e))
}

/// Adds reports to the summary of the job of GitHub Actions, where this is one.
pub(super) fn add_summary(reports: &[Report]) -> Result<()> {
    let Some(path) = environment::job_summary() else {
        return Ok(());
    };
    let mut options = fs::OpenOptions::new();
    let file = options.append(true).create(true).open(&path);
    let text = report::markdown(reports);
    let written = file.and_then(|mut f| std::io::Write::write_all(&mut f, text.as_bytes()));
    let what = || format!("the job's summary `{}` cannot be written", path.display());
    written.map_err(|e| Error::io(what(), e))
}

/// Replaces a file. Never writes through a symbolic link, which a change may have added.
pub(super) fn write_anew(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    // `/dev/stdout` and the like, whatever they lead to.
    let device = fs::metadata(path).is_ok_and(|m| !m.is_file());
    if device || path.starts_with("/dev") {
        return write(&mut fs::OpenOptions::new().append(true).open(path)?);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    write(file.as_file_mut())?;
    fs::set_permissions(file.path(), crate::platform::readable())?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}
