//! The last report of a repository, for commands that look back at it.

use std::fs;

use super::io;
use crate::error::{Error, Kind, Result};
use crate::git::Repository;
use crate::model::{Issue, Occurrence};
use crate::report::issues_of;

/// The issues of the last report.
pub(super) fn issues(repo: &Repository) -> Result<Vec<Issue>> {
    let content = content(repo)?;
    issues_of(&content).map_err(|e| {
        let text = format!("the last report is not a report of this version: {e}");
        Error::new(Kind::Io, text).hint("`newgate check` writes a new one")
    })
}

/// The last report as JSON.
pub(super) fn content(repo: &Repository) -> Result<Vec<u8>> {
    let path = repo.common_dir().join("newgate/last/report.json");
    fs::read(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::new(Kind::Usage, "nothing was judged here yet")
            .hint("`newgate check` judges the current branch"),
        _ => io(format!("`{}` cannot be read", path.display()), e),
    })
}

/// What a name means: an issue, or one occurrence of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'i> {
    Issue(&'i Issue),
    Occurrence(&'i Issue, &'i Occurrence),
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
            Kind::Usage,
            format!("the last report has no issue or occurrence `{name}`"),
        )
        .hint("`newgate show` lists its issues; at least four characters are needed")
    };
    let first = first.ok_or_else(unknown)?;
    let more = found.next();
    match (&first, more) {
        // The same code twice has one print: the first stands for it.
        (Named::Occurrence(..), Some(Named::Occurrence(..))) | (_, None) => Ok(first),
        _ => Err(Error::new(
            Kind::Usage,
            format!("`{name}` fits several: write more of it"),
        )),
    }
}
