use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::screen::Resolved;
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::Settings;
use crate::gate::ingest::{self, Ingested, Over, RanIn, Reader};
use crate::model::{Oid, RepoPath, Verdict};
use crate::report::plural;
use crate::scan::read::tools_of;
use crate::scan::{Catalog, Descriptor, SecretKey};

#[derive(Debug, Args)]
pub(super) struct Ingest {
    /// The reports: SARIF, or the format of a scanner that `newgate scanners` lists
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,
    /// Their scanner, instead of the tool that they name
    #[arg(long, value_name = "SCANNER")]
    scanner: Option<String>,
    /// The commit that they are about
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    rev: String,
    /// Their format, instead of the detected one: `sarif`, or the name of a scanner or format
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Where the scanner ran: a folder of the repository, or the repository's absolute path on that
    /// machine
    #[arg(long, value_name = "FOLDER")]
    folder: Option<String>,
    /// Where to place results about packages that name no file of the repository: a file such as
    /// `pom.xml`
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// Keep earlier reports for this commit too
    #[arg(long, conflicts_with = "replace")]
    add: bool,
    /// Replace earlier reports for this commit
    #[arg(long)]
    replace: bool,
}

impl Ingest {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let (commit, tree) = session.commit_and_tree(&self.rev)?;
        let settings = session.settings_by_default()?;
        let file = self.file.as_deref().map(RepoPath::from);
        let how = How {
            named: self.scanner.as_deref(),
            format: self.format.as_deref(),
            ran_in: RanIn {
                folder: self.folder.as_deref(),
                file: file.as_ref(),
            },
            about: (&commit, &tree),
        };
        let taken = take_reports(&session, &settings.catalog, &self.reports, how)?;
        for (scanner, of) in taken {
            let number = of.findings.len();
            for (file, why) in &of.unread {
                screen.note(&format!("{scanner} could not read `{file}`: {why}"));
            }
            let over = match (self.add, self.replace) {
                (true, _) => Over::Add,
                (_, true) => Over::Replace,
                _ => Over::Refuse,
            };
            let descriptor = descriptor_of(&settings, &scanner)?;
            ingest::keep(&session.repo, session.cache(), &descriptor, &tree, of, over)?;
            let findings = plural(number as u64, "finding");
            screen.note(&format!("stored {findings} of {scanner} for {commit}"));
            let on = settings.config.scanners.contains(&scanner);
            let runs = settings
                .descriptor(&scanner)
                .is_ok_and(|d| d.program().is_some());
            if on && runs && !settings.wish(&scanner).given {
                screen.note(&format!(
                    "newgate runs {scanner} itself, so they are not used; to use them, set `{scanner} = {{ results \
                     = \"ingest\" }}` under `[scanners]` in `.newgate/config.toml`"
                ));
            } else if !on {
                screen.note(&format!(
                    "{scanner} is not enabled: add `{scanner} = {{ results = \"ingest\" }}` under `[scanners]` \
                     in `.newgate/config.toml`, or use `newgate check --results`"
                ));
            }
        }
        Ok(Verdict::Pass)
    }
}

/// The descriptor that results are kept under.
pub(super) fn descriptor_of(settings: &Settings, scanner: &str) -> Result<Descriptor> {
    let known = settings.catalog.get(scanner)?;
    Ok(known.unwrap_or_else(|| Descriptor::generic(scanner)))
}

/// How reports are to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct How<'a> {
    /// The scanner that they are of.
    pub named: Option<&'a str>,
    /// Their format.
    pub format: Option<&'a str>,
    /// Where their scanner ran.
    pub ran_in: RanIn<'a>,
    /// The commit, and the tree, that they are about.
    pub about: (&'a Oid, &'a Oid),
}

/// Reads reports about a tree; returns the findings by scanner.
pub(super) fn take_reports(
    session: &Session,
    catalog: &Catalog,
    reports: &[PathBuf],
    how: How<'_>,
) -> Result<Ingested> {
    if let Some(name) = how.named
        && crate::scan::scanner_name(name) != name
    {
        let text = format!("`{name}` is not a valid scanner name");
        return Err(Error::new(ErrorKind::Usage, text)
            .hint("a name has only lower-case letters, digits and `-`"));
    }
    let mut known: Vec<Descriptor> = Vec::new();
    for name in catalog.names() {
        let found = catalog.get(&name)?;
        known.extend(found.map(|d| match how.named.filter(|_| d.is_format()) {
            Some(tool) => d.of_tool(tool),
            None => d,
        }));
    }
    let key = SecretKey::new(session.cache().secret_key());
    let mut all = Ingested::new();
    for path in reports {
        for (scanner, of) in take_report(session, &known, path, how, &key)? {
            let all = all.entry(scanner).or_default();
            match all.findings.is_empty() {
                true => all.findings = of.findings,
                false => all.findings.extend(of.findings),
            }
            all.unread.extend(of.unread);
        }
    }
    Ok(all)
}

fn take_report(
    session: &Session,
    known: &[Descriptor],
    path: &Path,
    how: How<'_>,
    key: &SecretKey,
) -> Result<Ingested> {
    let shown = path.display();
    let refused = |why: String| {
        let text = format!("`{shown}` was not ingested: {why}");
        Error::new(ErrorKind::Usage, text).hint(
            "check that it is complete; if its scanner ran on another commit or in another folder, name them: \
             `newgate ingest REPORT --rev COMMIT --folder FOLDER`; if its results are about packages and name no \
             file of the repository, name the one that requires them: `--file pom.xml`",
        )
    };
    let report = fs::read(path).map_err(|e| Error::io(format!("`{shown}` cannot be read"), e))?;
    let (commit, tree) = how.about;
    if let Some(why) = ingest::wrong_commit(&report, commit) {
        return Err(refused(why));
    }
    let sarif;
    let reader = match how.format {
        None => Reader::Any(known),
        Some("sarif") => {
            sarif = Descriptor::generic(how.named.unwrap_or("sarif"));
            Reader::By(&sarif)
        }
        Some(format) => {
            let found = known
                .iter()
                .find(|d| d.name() == format && d.output().is_some());
            let unknown = || {
                Error::new(ErrorKind::Usage, format!("there is no format `{format}`"))
                    .hint("use `sarif`, or a name that `newgate scanners` lists")
            };
            Reader::By(found.ok_or_else(unknown)?)
        }
    };
    // The native report of the scanner that was named, if it is one.
    let native = known
        .iter()
        .find(|d| Some(d.name()) == how.named && how.format.is_none());
    let native = native.filter(|d| crate::scan::read::recognises(d, &report));
    let reader = native.map_or(reader, Reader::By);
    let read = ingest::read_for_tree(&session.repo, tree, &report, reader, key, how.ran_in)?;
    let (tool, reading) = read.map_err(|e| refused(e.to_string()))?;
    if let Some(why) = &reading.failed {
        return Err(refused(format!("its scanner did not finish: {why}")));
    }
    let generic = known.iter().any(|d| d.name() == tool && d.is_format());
    let findings = reading.findings.len();
    let tools = tools_of(&report);
    drop(report);
    if how.named.is_none() && tools.contains(&None) {
        let text = format!("`{shown}` was not ingested: a run in it names no tool");
        return Err(Error::new(ErrorKind::Usage, text)
            .hint("name its scanner with `--scanner` (`--results-scanner` of `newgate check`)"));
    }
    let mut tools: Vec<String> = tools.into_iter().flatten().collect();
    if tools.is_empty() {
        tools.push(tool);
    }
    let taken = ingest::by_scanner(known, how.named, &tools, reading);
    if generic && findings == 0 && how.named.is_none() {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("`{shown}` has no findings, so its scanner is unknown"),
        )
        .hint("name it with `--scanner`"));
    }
    Ok(taken)
}
