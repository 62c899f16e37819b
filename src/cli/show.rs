use std::fs;

use clap::Args;

use super::io;
use super::screen::{Resolved, Stream};
use crate::error::{Error, Kind, Result};
use crate::git::Repository;
use crate::report::{issues_of, show_issue};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The issue's id, or the beginning of it; without one, the issues are listed
    #[arg(value_name = "ISSUE")]
    issue: Option<String>,
}

impl Show {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let repo = Repository::open_from_env()?;
        let path = repo.common_dir().join("newgate/last/report.json");
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::new(Kind::Usage, "nothing was judged here yet")
                    .hint("`newgate check` judges the current branch"));
            }
            Err(e) => return Err(io(format!("`{}` cannot be read", path.display()), e)),
        };
        let issues = issues_of(&content).map_err(|e| {
            Error::new(
                Kind::Io,
                format!("`{}` is not a report of this version: {e}", path.display()),
            )
            .hint("`newgate check` writes a new one")
        })?;
        let look = screen.look(Stream::Out);
        let Some(wanted) = self.issue else {
            for issue in &issues {
                screen.data(&format!(
                    "{}  {:<10} {:<9} {}\n",
                    issue.id,
                    issue.severity.name(),
                    issue.status.name(),
                    issue.title
                ));
            }
            return Ok(0);
        };
        let found: Vec<_> = issues
            .iter()
            .filter(|i| i.id.starts_with(&wanted))
            .collect();
        match found[..] {
            [] => Err(Error::new(
                Kind::Usage,
                format!("the last report has no issue `{wanted}`"),
            )
            .hint("`newgate show` lists its issues")),
            [issue] => {
                screen.data(&show_issue(issue, look));
                Ok(0)
            }
            _ => Err(Error::new(
                Kind::Usage,
                format!("`{wanted}` is the beginning of {} issues", found.len()),
            )
            .hint("write more of it")),
        }
    }
}
