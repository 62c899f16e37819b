use std::fmt::Write as _;

use clap::Args;

use super::last::{self, Named};
use super::screen::Resolved;
use super::session::Session;
use crate::error::Result;
use crate::model::{
    Action, Ground, Issue, Occurrence, Report, Ruling, ScannerState, Verdict, harmless,
};
use crate::report;

/// Most issues, or occurrences of one, that are explained at once.
const MOST: usize = 100;

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// An issue's id, or an occurrence's print, of the last report; without one, the verdict
    #[arg(value_name = "ISSUE|OCCURRENCE")]
    name: Option<String>,
}

impl Explain {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let session = Session::open()?;
        let mut reports = last::reports(&session.repo)?;
        let issues = last::take_issues(&mut reports);
        let text = match &self.name {
            None => verdict(&reports, &issues),
            Some(name) => match last::named(&issues, name)? {
                Named::Issue(issue) => issue_in_words(issue, None),
                Named::Occurrence(issue, occurrence) => issue_in_words(issue, Some(occurrence)),
            },
        };
        screen.data(&harmless(&text));
        Ok(Verdict::Pass)
    }
}

fn verdict(reports: &[Report], issues: &[Issue]) -> String {
    let mut out = String::new();
    for report in reports {
        let _ = writeln!(
            out,
            "{}: {} (compared with {})",
            report.change.name,
            report.verdict.name(),
            report::base_reason(&report.change.base_reason)
        );
        for scanner in report
            .scanners
            .iter()
            .filter(|s| s.state != ScannerState::Ok)
        {
            let _ = writeln!(
                out,
                "  {} is {}: {}\n    fix that; or `gate.on-incomplete = \"warn\"` lets the other scanners decide",
                scanner.name,
                scanner.state.name(),
                report::fault(scanner)
            );
        }
        if report.verdict == Verdict::Incomplete {
            for note in &report.notes {
                let _ = writeln!(out, "  {}", report::note(note));
            }
        }
    }
    let blocking: Vec<&Issue> = issues.iter().filter(|i| i.blocks).collect();
    for issue in blocking.iter().take(MOST) {
        let _ = writeln!(
            out,
            "  {} {}\n    {}",
            issue.id,
            issue.title,
            report::because(issue)
        );
    }
    match blocking.len().saturating_sub(MOST) {
        0 => {}
        left => {
            let _ = writeln!(out, "  and {left} more issues: `newgate show` lists all");
        }
    }
    if !blocking.is_empty() {
        out.push_str("`newgate explain ISSUE` says what would have to change\n");
    }
    out
}

fn issue_in_words(issue: &Issue, only: Option<&Occurrence>) -> String {
    let mut out = format!(
        "{} {}\n  {}\n",
        issue.id,
        issue.title,
        report::because(issue)
    );
    let shown = issue
        .occurrences
        .iter()
        .filter(|o| only.is_none_or(|only| *o == only));
    for occurrence in shown.clone().take(MOST) {
        let line = occurrence
            .region
            .map_or(String::new(), |r| format!(":{}", r.line));
        let action = occurrence.action.map_or("counts for nothing", Action::name);
        let _ = writeln!(
            out,
            "  {}{line} {} ({}): {action}",
            occurrence.path,
            occurrence.status.name(),
            report::why(occurrence)
        );
        if let Some(exempted) = &occurrence.exempted {
            let _ = writeln!(out, "    exempted: {exempted}");
        }
        if let Some(was) = &occurrence.was_exempted {
            let _ = writeln!(out, "    {was}");
        }
    }
    match shown.count().saturating_sub(MOST) {
        0 => {}
        left => {
            let _ = writeln!(out, "  and {left} more: `newgate report csv` lists all");
        }
    }
    if issue.blocks {
        out.push_str("It would pass\n");
        if let Some(fix) = &issue.fix {
            let _ = writeln!(out, "  fixed by: {fix}");
        } else {
            out.push_str("  fixed\n");
        }
        let blocked = |o: &&Occurrence| o.action == Some(Action::Block) && !o.print.is_empty();
        let new = issue.occurrences.iter().find(blocked);
        if let Some(new) = new {
            let _ = writeln!(
                out,
                "  exempted, with a reason and for a time: newgate exempt {} --reason false-positive --until 30d --text '...'",
                new.print
            );
        }
        match issue.ruling {
            Ruling::Decided {
                by: Ground::Rule { .. },
                ..
            } => out.push_str("  if that rule in the target's `.newgate/config.toml` said otherwise\n"),
            _ => out.push_str(
                "  if `gate.block-at`, or a `[[severity]]` or `[[rules]]` entry, in the target's `.newgate/config.toml` said so\n",
            ),
        }
    }
    out
}
