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
        let text = format!("this version of newgate cannot read the last report: {e}");
        Error::new(ErrorKind::Io, text).hint("`newgate check` writes a new one")
    })
}

/// The issues of the last reports, each once.
pub(super) fn issues(repo: &Repository) -> Result<Vec<Issue>> {
    Ok(take_issues(&mut reports(repo)?))
}

/// Moves the issues out of reports, each once.
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

/// Stores reports as the last ones of the repository. If that fails, the verdict stays the same.
pub(super) fn keep(repo: &Repository, reports: &[Report]) {
    let kept = fs::create_dir_all(folder(repo))
        .and_then(|()| write_anew(&file(repo), |out| write_json(reports, out)));
    drop(kept);
}

/// The folder for the files of the last check.
pub(super) fn folder(repo: &Repository) -> PathBuf {
    repo.common_dir().join("newgate/last")
}

fn file(repo: &Repository) -> PathBuf {
    folder(repo).join("report.json")
}

/// What a name stands for: an issue, or one occurrence of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'i> {
    Issue(&'i Issue),
    Occurrence(&'i Issue, &'i Occurrence),
}

/// The id of an issue that is closest to a mistyped one.
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
            None => "use at least four characters; `newgate show` lists the ids".to_owned(),
        })
    };
    let first = first.ok_or_else(unknown)?;
    let more = found.next();
    match (&first, more) {
        // Equal code at two places has one print, so the first stands for both.
        (Named::Occurrence(..), Some(Named::Occurrence(..))) | (_, None) => Ok(first),
        _ => Err(Error::new(
            ErrorKind::Usage,
            format!("`{name}` matches several issues or occurrences"),
        )
        .hint("add more characters; `newgate show` lists the ids")),
    }
}
