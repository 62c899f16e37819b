//! `newgate import`: turns baselines and ignore files of other tools into exemptions of single occurrences, or excluded
//! paths.
//!
//! What an entry names is looked up in the work tree, so that the exemption is bound to the code that is there. An
//! entry that fits nothing needs nothing: the weakness no longer exists, or the scanner that finds it is off.

mod read;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exempt::{append, entry, last_day, no_work_tree};
use super::schema;
use super::screen::Resolved;
use super::session::Session;
use crate::cache::now;
use crate::config::{EXEMPTIONS, FILE, parse, parse_exemptions};
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{ConfigSource, Gate};
use crate::git::{Against, Head, Request, Scratch};
use crate::model::{Issue, Kind, Occurrence, Report, Verdict, date_of_days};
use crate::policy::ExemptionScope;
use crate::report::{place, plural};

use read::{Entry, Read, read};

pub(super) use read::found;

/// How many places a note names.
const MOST_PLACES: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// A baseline or ignore file of Bandit, gitleaks, detect-secrets or Semgrep; by default, those at the top of the
    /// repository
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The last day on which the exemptions hold: a date, or a number of days such as 30d
    #[arg(long, value_name = "DATE", default_value = "180d")]
    until: String,
    /// Show what would be written, without writing it
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let top = session.repo.work_dir().map(Path::to_owned);
        let top = top.ok_or_else(no_work_tree)?;
        let today = now() / (24 * 60 * 60);
        let until = last_day(&self.until, today)?;
        let files = match self.files.is_empty() {
            true => found(&top).into_iter().map(|name| top.join(name)).collect(),
            false => self.files.clone(),
        };
        if files.is_empty() {
            let error = usage("there is no baseline or ignore file of another tool here");
            return Err(error.hint(
                "name one: a baseline of Bandit, gitleaks or detect-secrets, a `.gitleaksignore` or a `.semgrepignore`",
            ));
        }
        let mut report = None;
        for path in &files {
            let shown = path
                .strip_prefix(&top)
                .unwrap_or(path)
                .display()
                .to_string();
            match read(path)? {
                Read::Entries(tool, entries) => {
                    let report = match &report {
                        Some(report) => report,
                        None => report.insert(everything(&mut session, screen)?),
                    };
                    let grant = grant(&session, (tool, &shown), (today, until))?;
                    self.entries(screen, (&top, &shown), report, &entries, &grant)?;
                }
                Read::Paths(paths) => self.paths(screen, (&top, &shown), &paths)?,
            }
        }
        if !self.dry_run {
            screen.note("commit what was written: it takes effect once it is on the target; `newgate exemptions` \
                lists the exemptions");
        }
        Ok(Verdict::Pass)
    }

    /// Writes an exemption for each occurrence that an entry names.
    fn entries(
        &self,
        screen: &Resolved,
        (top, shown): (&Path, &str),
        report: &Report,
        entries: &[Entry],
        grant: &str,
    ) -> Result<()> {
        let known = exempted(top)?;
        let mut scopes = Vec::new();
        let mut places = Vec::new();
        let mut prints = BTreeSet::new();
        let mut without = 0_u64;
        for one in entries {
            let Some((issue, occurrence)) = occurrence_of(report, one) else {
                without += 1;
                continue;
            };
            let print = occurrence.print.to_string();
            if known.contains(&print) || !prints.insert(print) {
                continue;
            }
            scopes.push(entry(issue, occurrence)?);
            places.push(place(occurrence));
        }
        if !scopes.is_empty() {
            if !self.dry_run {
                append(top, &scopes, grant)?;
            }
            let number = plural(scopes.len() as u64, "exemption");
            let would = if self.dry_run { "would add" } else { "added" };
            let more = match places.len().saturating_sub(MOST_PLACES) {
                0 => String::new(),
                left => format!(" and {left} more"),
            };
            places.truncate(MOST_PLACES);
            screen.note(&format!(
                "{would} {number} from `{shown}` to `{EXEMPTIONS}`, one for each occurrence: {}{more}",
                places.join(", ")
            ));
        }
        if scopes.is_empty() && without == 0 {
            screen.note(&format!("everything in `{shown}` is exempted already"));
        }
        if without > 0 {
            let entries = match without {
                1 => "1 entry".to_owned(),
                more => format!("{more} entries"),
            };
            screen.note(&format!(
                "no enabled scanner finds {entries} of `{shown}` in the work tree, so no exemption is needed for \
                 them"
            ));
        }
        Ok(())
    }

    /// Leaves paths out of the built-in scanner of code.
    fn paths(
        &self,
        screen: &Resolved,
        (top, shown): (&Path, &str),
        paths: &[String],
    ) -> Result<()> {
        let file = top.join(FILE);
        let mut text = super::hook_file::text_to_edit(&file)?;
        if text.is_empty() {
            text = format!("{}version = 1\n", schema::File::Config.first_line());
        }
        let names = crate::scan::Catalog::default().names();
        let before = parse(&text, &names);
        let known: Vec<String> = before
            .as_ref()
            .ok()
            .and_then(|c| c.settings.get("code"))
            .map(|s| s.exclude.iter().map(|e| e.path.text().to_owned()).collect())
            .unwrap_or_default();
        let wanted: Vec<&String> = paths.iter().filter(|p| !known.contains(p)).collect();
        if wanted.is_empty() {
            screen.note(&format!(
                "`{FILE}` excludes everything in `{shown}` already"
            ));
            return Ok(());
        }
        let mut lines = String::new();
        for path in &wanted {
            let path = toml::Value::String((*path).clone());
            let reason = toml::Value::String(format!("listed in {shown}"));
            lines.push_str(&format!(
                "\n[[scanners.code.exclude]]\npath = {path}\nreason = {reason}\n"
            ));
        }
        let after = format!("{text}{lines}");
        if before.is_ok() && parse(&after, &names).is_err() {
            let text = format!(
                "`{FILE}` has settings for `code` already, so newgate does not change them"
            );
            return Err(usage(text).hint(format!(
                "add these entries to those settings:\n{}",
                lines.trim_start()
            )));
        }
        if !self.dry_run {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)
                    .map_err(|e| Error::io(format!("`{FILE}` cannot be written"), e))?;
            }
            fs::write(&file, after)
                .map_err(|e| Error::io(format!("`{FILE}` cannot be written"), e))?;
        }
        let would = if self.dry_run { "would add" } else { "added" };
        let paths = plural(wanted.len() as u64, "excluded path");
        screen.note(&format!(
            "{would} {paths} from `{shown}` for the built-in scanner `code` to `{FILE}`; semgrep reads `{shown}` \
             itself"
        ));
        Ok(())
    }
}

fn usage(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, text)
}

/// All that the scanners that are on find in the work tree.
fn everything(session: &mut Session, screen: &Resolved) -> Result<Report> {
    let target = session.target(None, None)?.1.target;
    let mut scratch = Scratch::new();
    let request = Request {
        head: Head::WorkTree,
        against: Against::Nothing,
        target,
        remote: None,
    };
    let mut change = session.choose_as(&request, &mut scratch)?;
    // What the target has counts too: the entries are about that.
    change.others.clear();
    let progress = screen.progress();
    let gate = Gate {
        config_from: ConfigSource::Target,
        progress: &|done, total| progress.tell(done, total),
        unrecorded: true,
        ..session.gate()
    };
    gate.judge(change)
}

/// The prints of the occurrences that the work tree exempts already.
fn exempted(top: &Path) -> Result<BTreeSet<String>> {
    let text = super::hook_file::text_to_edit(&top.join(EXEMPTIONS))?;
    let all = parse_exemptions(&text).unwrap_or_default();
    let prints = all.into_iter().filter_map(|e| match e.scope {
        ExemptionScope::Occurrence { print, .. } => Some(print),
        _ => None,
    });
    Ok(prints.collect())
}

/// The lines that each exemption of a file has.
fn grant(
    session: &Session,
    (tool, shown): (&str, &str),
    (today, until): (i64, i64),
) -> Result<String> {
    let text = toml::Value::String(format!("Taken over from {shown}, a file of {tool}."));
    let by = session.repo.config("user.name")?.unwrap_or_default();
    let by = match by.as_str() {
        "" => String::new(),
        by => format!("requested-by = {}\n", toml::Value::String(by.to_owned())),
    };
    Ok(format!(
        "reason = \"other\"\ntext = {text}\n{by}granted = {}\nuntil = {}\n",
        date_of_days(today),
        date_of_days(until)
    ))
}

/// The occurrence that an entry names: in its file, on one of its lines, of its rule or sort.
fn occurrence_of<'r>(report: &'r Report, entry: &Entry) -> Option<(&'r Issue, &'r Occurrence)> {
    let all = report.issues.iter().flat_map(|issue| {
        let here = move |o: &&Occurrence| {
            let line = o.region.map(|r| r.line);
            o.path.as_str() == Some(entry.path.as_str())
                && line.is_some_and(|l| entry.lines.contains(&l))
                && o.commit.is_none()
                && !o.print.is_empty()
        };
        issue
            .occurrences
            .iter()
            .filter(here)
            .map(move |o| (issue, o))
    });
    let mut all = all.filter(|(issue, occurrence)| {
        let is_secret = issue.kind == Kind::Secret;
        match &entry.rule {
            None => is_secret,
            Some(rule) => {
                let same_rule = occurrence.rules.iter().any(|r| r.rule.as_str() == rule);
                let same_weakness = entry
                    .weakness
                    .as_ref()
                    .is_some_and(|w| issue.references.contains(w));
                !is_secret && (same_rule || same_weakness)
            }
        }
    });
    all.next()
}
