use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::ListFormat;
use super::screen::Resolved;
use super::session::Session;
use crate::cache::Cache;
use crate::compare::{ComparedFile, Content, Decision, Difference, Known, Outcome, compare};
use crate::error::{Error, ErrorKind, Result};
use crate::gate::ingest::{RanIn, Reader, read_for_tree};
use crate::git::Repository;
use crate::model::{
    FileVersion, Finding, Oid, Origin, Reason, RepoPath, Stage, Status, Verdict, harmless,
};
use crate::report;
use crate::scan::{Catalog, Descriptor, Scope, SecretKey, redact};

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The commit that the old report is about
    #[arg(long, value_name = "REV")]
    base: String,
    /// The commit that the new report is about
    #[arg(long, value_name = "REV")]
    head: String,
    /// Where the scanner ran: a folder of the repository, or the repository's absolute path on that
    /// machine
    #[arg(long, value_name = "FOLDER")]
    folder: Option<String>,
    /// The format of the rows
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: ListFormat,
    /// The report on the base: SARIF, or the native format of a scanner in the catalogue
    #[arg(value_name = "OLD-REPORT")]
    old: PathBuf,
    /// The report on the head
    #[arg(value_name = "NEW-REPORT")]
    new: PathBuf,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    file: RepoPath,
    line: u32,
    col: u32,
    end_line: u32,
    rule: String,
    status: Status,
    stage: Stage,
    touched: bool,
    from: Option<Origin>,
    why: String,
    message: String,
}

impl Compare {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let session = Session::open()?;
        let base_tree = session.commit_and_tree(&self.base)?.1;
        let head_tree = session.commit_and_tree(&self.head)?.1;
        // Secrets are hashed for this comparison only, so any key will do.
        let key = SecretKey::new(Cache::none().secret_key());
        let catalog = Catalog::default();
        let mut scanners = Vec::new();
        for name in catalog.names() {
            scanners.extend(catalog.get(&name)?);
        }
        let folder = self.folder.as_deref();
        let (_, base) = read_report(
            &session.repo,
            (&self.old, folder),
            &base_tree,
            &scanners,
            &key,
        )?;
        let (tool, head) = read_report(
            &session.repo,
            (&self.new, folder),
            &head_tree,
            &scanners,
            &key,
        )?;
        let difference = difference(&session.repo, &base_tree, &head_tree)?;
        let mut local = scanners.iter().filter(|s| s.name() == tool);
        let known = Known {
            file_local: local.any(|s| s.scope() == Scope::File),
            ..Known::default()
        };
        let outcome = compare(&difference, &base, &head, &known);
        for note in difference.notes.iter().chain(&outcome.notes) {
            screen.note(&format!("note: {}", report::note(note)));
        }
        let rows = rows(&base, &head, &outcome);
        screen.data(&match self.format {
            ListFormat::Json => {
                serde_json::to_string_pretty(&rows).expect("rows are plain data") + "\n"
            }
            ListFormat::Terminal => table(&rows),
        });
        Ok(Verdict::Pass)
    }
}

/// The files that differ between two trees, paired and mapped.
fn difference(repo: &Repository, base: &Oid, head: &Oid) -> Result<Difference> {
    let read = |file: Option<FileVersion>| -> Result<Option<(RepoPath, Content)>> {
        let Some(file) = file.filter(FileVersion::is_regular) else {
            return Ok(None);
        };
        Ok(Some((file.path, Content::of(repo.blob(&file.blob)?))))
    };
    let mut files = Vec::new();
    for change in repo.diff(Some(base), head)? {
        files.push(ComparedFile {
            old: read(change.old)?,
            new: read(change.new)?,
        });
    }
    Ok(Difference::new(files))
}

/// A row for each finding of the head, then for each that is fixed.
fn rows(base: &[Finding], head: &[Finding], outcome: &Outcome) -> Vec<Row> {
    let row = |f: &Finding, from: Option<&Finding>| Row {
        file: f.path.clone(),
        line: f.line(),
        col: f.column(),
        end_line: f.region.map_or(0, |r| r.end_line),
        rule: f.rule.to_string(),
        status: Status::Fixed,
        stage: Stage::Unmatched,
        touched: false,
        from: from.map(|b| Origin {
            path: b.path.clone(),
            line: b.line(),
        }),
        why: report::reason(&Reason::Gone, None),
        message: f.message.to_string(),
    };
    let at_head = head.iter().zip(&outcome.head).map(|(f, decision)| Row {
        status: decision.status,
        stage: decision.stage,
        touched: decision.touched,
        why: why(decision, base),
        ..row(f, decision.from.map(|b| &base[b]))
    });
    let fixed = outcome
        .fixed
        .iter()
        .map(|b| row(&base[*b], Some(&base[*b])));
    at_head.chain(fixed).collect()
}

/// The reason of a decision in words.
fn why(decision: &Decision, base: &[Finding]) -> String {
    let from = decision.from.map(|b| Origin {
        path: base[b].path.clone(),
        line: base[b].line(),
    });
    let reason = decision.reason.clone().quoting(redact);
    report::reason(&reason, from.as_ref())
}

/// Reads a report about a tree; every file that it names must be in the tree.
fn read_report(
    repo: &Repository,
    (path, folder): (&Path, Option<&str>),
    tree: &Oid,
    scanners: &[Descriptor],
    key: &SecretKey,
) -> Result<(String, Vec<Finding>)> {
    let shown = path.display();
    let content = fs::read(path).map_err(|e| Error::io(format!("`{shown}` cannot be read"), e))?;
    let ran_in = RanIn { folder, file: None };
    let read = read_for_tree(repo, tree, &content, Reader::Any(scanners), key, ran_in)?;
    let (tool, reading) = read.map_err(|e| {
        Error::new(
            ErrorKind::Usage,
            format!("`{shown}` cannot be read as a report: {e}"),
        )
        .hint("check that it is complete and about the commit that you named; use `--folder` if its scanner ran \
            in another folder")
    })?;
    Ok((tool, reading.findings))
}

fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    for status in [Status::New, Status::Inherited, Status::Fixed] {
        for row in rows.iter().filter(|r| r.status == status) {
            let _ = writeln!(
                out,
                "{:<9} {}:{} {} ({}; {})",
                status.name(),
                row.file,
                row.line,
                harmless(&row.rule),
                row.stage.name(),
                row.why
            );
        }
    }
    let count = |status| rows.iter().filter(|r| r.status == status).count();
    let _ = writeln!(
        out,
        "{} new, {} inherited, {} fixed",
        count(Status::New),
        count(Status::Inherited),
        count(Status::Fixed)
    );
    out
}
