use std::fs;
use std::path::Path;

use clap::Args;

use super::last::{self, Named};
use super::schema;
use super::screen::Resolved;
use super::session::Session;
use crate::cache::now;
use crate::config::{EXEMPTIONS, parse_exemptions, render};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Issue, Kind as IssueKind, Occurrence, Status, Verdict, date_of_days, days_of_date, nearest,
};
use crate::policy::ExemptionReason;
use crate::report::{place, plural};

/// The most places that the note lists.
const MOST_PLACES: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Exempt {
    /// An issue's id (for its new occurrences), or an occurrence's print, of the last report
    #[arg(value_name = "ISSUE|OCCURRENCE")]
    name: String,
    /// Exempt every occurrence of the issue in the repository, present and future
    #[arg(long)]
    all_occurrences: bool,
    /// Why: compensating-controls, acceptable-use, acceptable-risk, false-positive, fix-unavailable, other
    #[arg(long, value_name = "REASON")]
    reason: String,
    /// The last day on which it holds: a date, or a number of days such as 30d
    #[arg(long, value_name = "DATE")]
    until: String,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    text: String,
    /// Who asks for it, instead of git's `user.name`
    #[arg(long, value_name = "NAME")]
    requested_by: Option<String>,
    /// Who approved it
    #[arg(long, value_name = "NAME")]
    approved_by: Option<String>,
    /// A link to more about it, such as a ticket
    #[arg(long, value_name = "URL")]
    link: Option<String>,
}

impl Exempt {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let session = Session::open()?;
        self.check_reason()?;
        self.check_text()?;
        let today = now() / (24 * 60 * 60);
        let until = last_day(&self.until, today)?;
        let work = session.repo.work_dir().ok_or_else(no_work_tree)?;
        let requested_by = match self.requested_by.clone() {
            Some(name) => name,
            None => session.repo.config("user.name")?.unwrap_or_default(),
        };
        let grant = self.grant(&requested_by, today, until);
        let issues = last::issues(&session.repo)?;
        let scope = self.scope(last::named(&issues, &self.name)?)?;
        append(work, &scope.lines()?, &grant)?;
        screen.note(&format!(
            "`{EXEMPTIONS}` exempts {} until {}: commit it. Your own pushes accept it if the target has a \
             `.newgate` already; all other checks accept it once it is on the target",
            scope.words(),
            date_of_days(until)
        ));
        Ok(Verdict::Pass)
    }

    /// What is exempted, which is no more than what was named.
    fn scope<'a>(&self, named: Named<'a>) -> Result<Scope<'a>> {
        match named {
            Named::Occurrence(..) if self.all_occurrences => {
                let text = format!("`{}` is one occurrence, not an issue", self.name);
                Err(usage(text).hint("remove `--all-occurrences`, or name the issue"))
            }
            Named::Occurrence(issue, one) => Ok(Scope::Occurrences(issue, vec![one])),
            Named::Issue(issue) if self.all_occurrences && issue.kind == IssueKind::Secret => {
                let text = "a secret is exempted one occurrence at a time";
                Err(usage(text).hint("remove `--all-occurrences` to exempt the new occurrences"))
            }
            Named::Issue(issue) if self.all_occurrences => Ok(Scope::Issue(issue)),
            Named::Issue(issue) => {
                let new = issue.occurrences.iter().filter(|o| o.status == Status::New);
                let new: Vec<_> = new.collect();
                if new.is_empty() {
                    let text = format!("no occurrence of `{}` is new", self.name);
                    return Err(usage(text).hint(
                        "only new occurrences need an exemption. If the last report is not about your branch, run \
                         `newgate check` first; `--all-occurrences` exempts old occurrences too",
                    ));
                }
                Ok(Scope::Occurrences(issue, new))
            }
        }
    }

    fn check_text(&self) -> Result<()> {
        if self.text.chars().any(char::is_alphanumeric) {
            return Ok(());
        }
        let text = format!("`--text '{}'` gives no reason", self.text);
        Err(usage(text)
            .hint("give the reason in a few words, such as `--text 'The input is a constant.'`"))
    }

    fn check_reason(&self) -> Result<()> {
        if ExemptionReason::ALL
            .iter()
            .any(|(name, _)| *name == self.reason)
        {
            return Ok(());
        }
        let names = ExemptionReason::ALL.map(|(name, _)| name).join(", ");
        let text = format!("`{}` is not a known reason", self.reason);
        let near = nearest(&self.reason, ExemptionReason::ALL.map(|(name, _)| name));
        Err(usage(text).hint(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use one of {names}"),
        }))
    }

    /// The lines that all exemptions of this call share.
    fn grant(&self, requested_by: &str, today: i64, until: i64) -> String {
        let mut rest = String::new();
        let mut line = |key: &str, value: &str| {
            if !value.is_empty() {
                rest.push_str(&format!("{key} = {}\n", quoted(value)));
            }
        };
        line("reason", &self.reason);
        line("text", self.text.trim());
        line("requested-by", requested_by);
        line(
            "approved-by",
            self.approved_by.as_deref().unwrap_or_default(),
        );
        line("link", self.link.as_deref().unwrap_or_default());
        rest.push_str(&format!(
            "granted = {}\nuntil = {}\n",
            date_of_days(today),
            date_of_days(until)
        ));
        rest
    }
}

/// The last day on which an exemption holds, in days since 1970-01-01.
///
/// # Errors It is not a date, or it is in the past.
pub(super) fn last_day(text: &str, today: i64) -> Result<i64> {
    let days = text.strip_suffix('d');
    let days = days.and_then(|d| d.parse::<i64>().ok());
    let until = match days {
        Some(days) => today.checked_add(days),
        None => days_of_date(text),
    };
    until.filter(|u| *u >= today).ok_or_else(|| {
        usage(format!("`{text}` is not a future date"))
            .hint("use a date such as 2027-01-31, or a number of days such as 30d")
    })
}

/// The error of a command that writes files of the work tree, in a bare repository.
pub(super) fn no_work_tree() -> Error {
    usage("a bare repository has no work tree").hint("run this in a clone: `git clone URL`")
}

fn usage(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, text)
}

/// Adds exemptions to the file in the work tree, which must not be a link and must stay valid.
pub(super) fn append(work: &Path, scopes: &[String], grant: &str) -> Result<()> {
    let path = work.join(EXEMPTIONS);
    let folder = path.parent().unwrap_or(work);
    let link = |p: &Path| fs::symlink_metadata(p).is_ok_and(|m| m.is_symlink());
    if link(&path) || link(folder) {
        return Err(
            usage(format!("`{EXEMPTIONS}` is a symbolic link")).hint(format!(
                "put the file itself there: `rm {EXEMPTIONS}`, then run this again"
            )),
        );
    }
    let mut text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            format!("{}version = 1\n", schema::File::Exemptions.first_line())
        }
        Err(e) => return Err(Error::io(format!("`{EXEMPTIONS}` cannot be read"), e)),
    };
    for scope in scopes {
        text.push_str(&format!("\n[[exemption]]\n{scope}{grant}"));
    }
    parse_exemptions(&text).map_err(|mistakes| {
        let shown = render(&text, EXEMPTIONS, &mistakes, false);
        let text = format!("`{EXEMPTIONS}` has mistakes\n\n{shown}\n");
        Error::new(ErrorKind::Config, text)
            .hint("`newgate config schema exemptions` prints all keys")
    })?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .map_err(|e| Error::io(format!("`{EXEMPTIONS}` cannot be written"), e))
}

/// What is exempted.
enum Scope<'a> {
    /// All of an issue.
    Issue(&'a Issue),
    /// These occurrences of it.
    Occurrences(&'a Issue, Vec<&'a Occurrence>),
}

impl Scope<'_> {
    /// The lines of each entry in the file that say what it exempts.
    fn lines(&self) -> Result<Vec<String>> {
        match self {
            Scope::Issue(issue) => Ok(vec![format!("issue = {}\n", quoted(&issue.id))]),
            Scope::Occurrences(issue, all) => all.iter().map(|o| entry(issue, o)).collect(),
        }
    }

    /// The same for people.
    fn words(&self) -> String {
        match self {
            Scope::Issue(issue) => {
                format!("every occurrence of {}, present and future,", issue.id)
            }
            Scope::Occurrences(issue, all) => {
                let places = all.iter().take(MOST_PLACES).map(|o| place(o));
                let places: Vec<String> = places.collect();
                let more = match all.len().saturating_sub(MOST_PLACES) {
                    0 => String::new(),
                    left => format!(" and {left} more"),
                };
                let number = plural(all.len() as u64, "occurrence");
                format!("{number} of {} ({}{more})", issue.id, places.join(", "))
            }
        }
    }
}

/// The lines of one occurrence.
pub(super) fn entry(issue: &Issue, o: &Occurrence) -> Result<String> {
    if o.print.is_empty() {
        let line = o.region.map_or(0, |r| r.line);
        let text = format!("the last report has no print of {}:{line}", o.path);
        return Err(usage(text)
            .hint("only new occurrences need an exemption; `newgate check` writes a new report"));
    }
    let id = match issue.kind {
        IssueKind::Secret => "secret",
        _ => &issue.id,
    };
    let path = o.path.as_str().ok_or_else(|| {
        usage(format!("the name of `{}` is not UTF-8", o.path)).hint(
            "exempt the whole issue with `--all-occurrences`, or write an exemption of the rule",
        )
    })?;
    Ok(format!(
        "issue = {}\npath = {}\nprint = {}\n",
        quoted(id),
        quoted(path),
        quoted(&o.print)
    ))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
