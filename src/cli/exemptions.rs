use std::fs;

use clap::Args;
use serde::Serialize;

use super::last;
use super::output::{ListFormat, ListOutput};
use super::screen::Resolved;
use super::session::Session;
use crate::cache::now;
use crate::config::{EXEMPTIONS, parse_exemptions, render};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Severity, Verdict, date_of_days};
use crate::policy::{Exemption, ExemptionScope, Holds, covered};

/// From how many days before its end an exemption is said to end soon.
const SOON: i64 = 14;

#[derive(Debug, Args)]
pub(super) struct Exemptions {
    /// Exit with code 1 if one has ended, ends soon, or matches nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    output: ListOutput,
}

/// An exemption, as it stands.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row<'e> {
    /// `active`, `pending`, `ends soon`, `expired` or `not yet`.
    state: &'static str,
    issue: Option<&'e str>,
    path: Option<String>,
    print: Option<&'e str>,
    rule: Option<&'e str>,
    reason: &'static str,
    text: &'e str,
    requested_by: &'e str,
    approved_by: &'e str,
    link: &'e str,
    granted: String,
    until: String,
    /// Whether the last report has something that it covers; none if there is no report.
    matches: Option<bool>,
    #[serde(skip)]
    scope: &'e ExemptionScope,
}

impl Exemptions {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let settings = session.settings_by_default()?;
        let mut all: Vec<Exemption> = settings.exemptions.clone();
        let here = session.repo.work_dir().map(|w| w.join(EXEMPTIONS));
        if let Some(text) = here.and_then(|p| fs::read_to_string(p).ok()) {
            let of_work_tree = parse_exemptions(&text).map_err(|mistakes| {
                let shown = render(&text, EXEMPTIONS, &mistakes, false);
                Error::new(
                    ErrorKind::Config,
                    format!("`{EXEMPTIONS}` has mistakes\n\n{shown}\n"),
                )
                .hint("`newgate config schema exemptions` prints all keys")
            })?;
            for mut exemption in of_work_tree {
                if !all.contains(&exemption) {
                    exemption.pending = true;
                    all.push(exemption);
                }
            }
        }
        if all.is_empty() && self.output.format == ListFormat::Terminal {
            screen.note("there are no exemptions; `newgate exempt` writes one");
            return Ok(Verdict::Pass);
        }
        let today = now() / (24 * 60 * 60);
        // What the last report has, if there is one.
        let issues = last::issues(&session.repo).ok();
        let used = issues.as_ref().map(|i| covered(&all, i));
        let mut rows = Vec::new();
        for (number, exemption) in all.iter().enumerate() {
            let ended =
                exemption.holds(today, Severity::Unassigned, &settings.config.policy.longest);
            let left = exemption.until - today;
            let state = match (ended, exemption.pending) {
                (Holds::Expired | Holds::TooLong(_), _) => "expired",
                (Holds::NotYet, _) => "not yet",
                (Holds::Yes, true) => "pending",
                (Holds::Yes, false) if left <= SOON => "ends soon",
                (Holds::Yes, false) => "active",
            };
            let used = used.as_ref();
            let matches = used.map(|u| u.values().any(|n| *n == number));
            rows.push(Row::of(exemption, state, matches));
        }
        let words = || rows.iter().map(Row::words).collect();
        self.output.format.write(screen, &rows, words);
        let wrong =
            |r: &Row<'_>| r.matches == Some(false) || matches!(r.state, "expired" | "ends soon");
        let troubled = rows.iter().any(wrong);
        Ok(match self.check && troubled {
            true => Verdict::Blocked,
            false => Verdict::Pass,
        })
    }
}

impl<'e> Row<'e> {
    fn of(exemption: &'e Exemption, state: &'static str, matches: Option<bool>) -> Row<'e> {
        let (mut issue, mut path, mut print, mut rule) = (None, None, None, None);
        match &exemption.scope {
            ExemptionScope::Issue(id) => issue = Some(id.as_str()),
            ExemptionScope::Occurrence {
                issue: id,
                path: at,
                print: of,
            } => {
                issue = Some(id.as_str());
                path = Some(at.to_string());
                print = Some(of.as_str());
            }
            ExemptionScope::Rule { rule: of, path: at } => {
                rule = Some(of.text());
                path = at.as_ref().map(|p| p.text().to_owned());
            }
        }
        Row {
            state,
            issue,
            path,
            print,
            rule,
            reason: exemption.reason.name(),
            text: &exemption.text,
            requested_by: &exemption.requested_by,
            approved_by: &exemption.approved_by,
            link: &exemption.link,
            granted: date_of_days(exemption.granted),
            until: date_of_days(exemption.until),
            matches,
            scope: &exemption.scope,
        }
    }

    fn words(&self) -> String {
        let matches = match self.matches {
            Some(false) => ", matches nothing in the last report",
            _ => "",
        };
        format!(
            "{:<9} until {}{matches}\n          {}\n          {}: {}\n",
            self.state,
            self.until,
            of(self.scope),
            self.reason,
            self.text
        )
    }
}

/// What an exemption covers, for people.
fn of(scope: &ExemptionScope) -> String {
    match scope {
        ExemptionScope::Issue(id) => format!("the issue {id}"),
        ExemptionScope::Occurrence { issue, path, print } => {
            format!("the occurrence {print} of the issue {issue}, seen in {path}")
        }
        ExemptionScope::Rule { rule, path } => match path {
            Some(path) => format!("the rule {rule} in {path}"),
            None => format!("the rule {rule} everywhere"),
        },
    }
}
