use clap::Args;

use super::last;
use super::output::ListOutput;
use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Issue, Verdict};
use crate::report::{columns, fit, json_of_issues, place, show_issue};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The issue's id, or the beginning of it; without one, the issues are listed
    #[arg(value_name = "ISSUE")]
    issue: Option<String>,
    #[command(flatten)]
    output: ListOutput,
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
            let all: Vec<&Issue> = issues.iter().collect();
            let format = self.output.format;
            format.write(screen, &json_of_issues(&all), || {
                let line = |issue: &Issue| {
                    let (severity, status) = (issue.severity.name(), issue.bucket().name());
                    let place = issue.occurrences.first().map(place);
                    let place = place.map_or(String::new(), |p| format!(" · {p}"));
                    let start = format!("{}  {severity:<10} {status:<10} ", issue.id);
                    let title = match screen.columns(Stream::Out) {
                        // At least so much of a title, even if the place does not fit then.
                        Some(all) => fit(
                            &issue.title,
                            all.saturating_sub(start.len() + columns(&place)).max(20),
                        ),
                        None => issue.title.clone(),
                    };
                    format!("{start}{title}{place}\n")
                };
                issues.iter().map(line).collect()
            });
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
            .hint(match last::similar(&issues, &wanted) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`newgate show` lists its issues".to_owned(),
            })),
            [issue] => {
                let format = self.output.format;
                format.write(screen, &json_of_issues(&[issue]), || {
                    show_issue(issue, look)
                });
                Ok(Verdict::Pass)
            }
            _ => Err(Error::new(
                ErrorKind::Usage,
                format!("`{wanted}` matches {} issues", found.len()),
            )
            .hint("add more characters")),
        }
    }
}
