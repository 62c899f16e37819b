//! The last report of a repository, for commands that look back at it.

use std::fs::{self, File};
use std::path::PathBuf;

use super::output::{write_anew, write_json};
use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::model::{Issue, Occurrence, Report, nearest};
use crate::report::from_json;

/// The last reports: one, or one for each ref of a push.
pub(super) fn reports(repo: &Repository) -> Result<Vec<Report>> {
    let path = file(repo);
    let content = File::open(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::Usage, "nothing has been checked here yet")
                .hint("`newgate check` checks the current branch")
        }
        _ => Error::io(format!("`{}` cannot be read", path.display()), e),
    })?;
    from_json(content).map_err(|e| {
        let text = format!("the last report is not a report of this version: {e}");
        Error::new(ErrorKind::Io, text).hint("`newgate check` writes a new one")
    })
}

/// The issues of the last reports, each once.
pub(super) fn issues(repo: &Repository) -> Result<Vec<Issue>> {
    Ok(take_issues(&mut reports(repo)?))
}

/// Takes the issues out of reports, each once.
pub(super) fn take_issues(reports: &mut [Report]) -> Vec<Issue> {
    let mut issues: Vec<Issue> = Vec::new();
    for issue in reports
        .iter_mut()
        .flat_map(|r| std::mem::take(&mut r.issues))
    {
        if !issues.contains(&issue) {
            issues.push(issue);
        }
    }
    issues
}

/// Keeps reports as the last ones of the repository. That they cannot be kept alters no verdict.
pub(super) fn keep(repo: &Repository, reports: &[Report]) {
    let kept = fs::create_dir_all(folder(repo))
        .and_then(|()| write_anew(&file(repo), |out| write_json(reports, out)));
    drop(kept);
}

/// Where what the last judgement left is kept.
pub(super) fn folder(repo: &Repository) -> PathBuf {
    repo.common_dir().join("newgate/last")
}

fn file(repo: &Repository) -> PathBuf {
    folder(repo).join("report.json")
}

/// What a name means: an issue, or one occurrence of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'i> {
    Issue(&'i Issue),
    Occurrence(&'i Issue, &'i Occurrence),
}

/// The id of an issue that somebody meant.
pub(super) fn similar<'i>(issues: &'i [Issue], name: &str) -> Option<&'i str> {
    nearest(name, issues.iter().map(|i| i.id.as_str()))
}

/// Finds an issue by its id, or an occurrence by its print; the beginning is enough.
pub(super) fn named<'i>(issues: &'i [Issue], name: &str) -> Result<Named<'i>> {
    let of_issue = issues
        .iter()
        .filter(|i| i.id.starts_with(name))
        .map(Named::Issue);
    let of_print = issues.iter().flat_map(|i| {
        let fitting = i
            .occurrences
            .iter()
            .filter(|o| !o.print.is_empty() && o.print.starts_with(name));
        fitting.map(move |o| Named::Occurrence(i, o))
    });
    let mut found = of_issue.chain(of_print);
    let first = found.next().filter(|_| name.len() >= 4);
    let unknown = || {
        Error::new(
            ErrorKind::Usage,
            format!("the last report has no issue or occurrence `{name}`"),
        )
        .hint(match similar(issues, name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "`newgate show` lists its issues; at least four characters are needed".to_owned()
            }
        })
    };
    let first = first.ok_or_else(unknown)?;
    let more = found.next();
    match (&first, more) {
        // The same code twice has one print: the first stands for it.
        (Named::Occurrence(..), Some(Named::Occurrence(..))) | (_, None) => Ok(first),
        _ => Err(Error::new(
            ErrorKind::Usage,
            format!("`{name}` matches several: add more characters"),
        )),
    }
}
