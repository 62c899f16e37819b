use std::fs;

use clap::Args;

use super::last;
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
    /// Exit with 1 if one has ended, ends soon, or matches nothing
    #[arg(long)]
    check: bool,
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
            })?;
            for mut exemption in of_work_tree {
                if !all.contains(&exemption) {
                    exemption.pending = true;
                    all.push(exemption);
                }
            }
        }
        if all.is_empty() {
            screen.note("there are no exemptions; `newgate exempt` writes one");
            return Ok(Verdict::Pass);
        }
        let today = now() / (24 * 60 * 60);
        // What the last report has, if there is one.
        let issues = last::issues(&session.repo).ok();
        let used = issues.as_ref().map(|i| covered(&all, i));
        let mut troubled = false;
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
            let matches = used
                .as_ref()
                .is_none_or(|u| u.values().any(|n| *n == number));
            let matches = if matches {
                ""
            } else {
                ", matches nothing in the last report"
            };
            troubled |= !matches.is_empty() || matches!(state, "expired" | "ends soon");
            screen.data(&format!(
                "{state:<9} until {}{matches}\n          {}\n          {}: {}\n",
                date_of_days(exemption.until),
                of(&exemption.scope),
                exemption.reason.name(),
                exemption.text
            ));
        }
        Ok(match self.check && troubled {
            true => Verdict::Blocked,
            false => Verdict::Pass,
        })
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
