use clap::Args;

use super::last;
use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Verdict;
use crate::report::show_issue;

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The issue's id, or the beginning of it; without one, the issues are listed
    #[arg(value_name = "ISSUE")]
    issue: Option<String>,
}

impl Show {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let session = Session::open()?;
        let issues = last::issues(&session.repo)?;
        let look = screen.look(Stream::Out);
        let Some(wanted) = self.issue else {
            if issues.is_empty() {
                screen.note("the last report has no issue");
            }
            for issue in &issues {
                screen.data(&format!(
                    "{}  {:<10} {:<9} {}\n",
                    issue.id,
                    issue.severity.name(),
                    issue.status.name(),
                    issue.title
                ));
            }
            return Ok(Verdict::Pass);
        };
        let found: Vec<_> = issues
            .iter()
            .filter(|i| i.id.starts_with(&wanted))
            .collect();
        match found[..] {
            [] => Err(Error::new(
                ErrorKind::Usage,
                format!("the last report has no issue `{wanted}`"),
            )
            .hint("`newgate show` lists its issues")),
            [issue] => {
                screen.data(&show_issue(issue, look));
                Ok(Verdict::Pass)
            }
            _ => Err(Error::new(
                ErrorKind::Usage,
                format!("`{wanted}` is the beginning of {} issues", found.len()),
            )
            .hint("write more of it")),
        }
    }
}
