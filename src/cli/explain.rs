use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::last::{self, Named};
use super::output::ListOutput;
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
    #[command(flatten)]
    output: ListOutput,
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
        let explained = match &self.name {
            None => Explained::verdict(&reports, &issues),
            Some(name) => match last::named(&issues, name)? {
                Named::Issue(issue) => Explained::issue(issue, None),
                Named::Occurrence(issue, occurrence) => Explained::issue(issue, Some(occurrence)),
            },
        };
        let format = self.output.format;
        format.write(screen, &explained, || harmless(&text));
        Ok(Verdict::Pass)
    }
}

/// What decided, for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Explained<'r> {
    /// The verdict of each change; none if an issue is explained.
    changes: Vec<ExplainedChange<'r>>,
    /// The issue, or those that block.
    issues: Vec<ExplainedIssue<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ExplainedChange<'r> {
    name: &'r str,
    verdict: &'static str,
    compared_with: String,
    /// What keeps the verdict open.
    open: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ExplainedIssue<'r> {
    id: &'r str,
    title: &'r str,
    blocks: bool,
    because: String,
    fix: Option<&'r str>,
    /// The command that exempts a new occurrence, with a reason to fill in.
    exempt: Option<String>,
    occurrences: Vec<ExplainedOccurrence<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ExplainedOccurrence<'r> {
    path: String,
    line: Option<u32>,
    status: &'static str,
    why: String,
    action: Option<&'static str>,
    exempted: Option<&'r str>,
}

impl<'r> Explained<'r> {
    fn verdict(reports: &'r [Report], issues: &'r [Issue]) -> Explained<'r> {
        let change = |report: &'r Report| {
            let troubled = report.scanners.iter();
            let troubled = troubled.filter(|s| s.state != ScannerState::Ok);
            let mut open: Vec<String> = troubled
                .map(|s| format!("{} is {}: {}", s.name, s.state.name(), report::fault(s)))
                .collect();
            open.extend(report::unknown(report));
            ExplainedChange {
                name: &report.change.name,
                verdict: report.verdict.name(),
                compared_with: report::base_reason(&report.change.base_reason),
                open,
            }
        };
        let blocking = issues.iter().filter(|i| i.blocks);
        Explained {
            changes: reports.iter().map(change).collect(),
            issues: blocking.map(|i| explained(i, None)).collect(),
        }
    }

    fn issue(issue: &'r Issue, only: Option<&'r Occurrence>) -> Explained<'r> {
        Explained {
            changes: Vec::new(),
            issues: vec![explained(issue, only)],
        }
    }
}

fn explained<'r>(issue: &'r Issue, only: Option<&'r Occurrence>) -> ExplainedIssue<'r> {
    let shown = issue.occurrences.iter();
    let shown = shown.filter(|o| only.is_none_or(|only| *o == only));
    ExplainedIssue {
        id: &issue.id,
        title: &issue.title,
        blocks: issue.blocks,
        because: report::because(issue),
        fix: issue.fix.as_deref(),
        exempt: exemptible(issue).map(exempt_command),
        occurrences: shown
            .map(|o| ExplainedOccurrence {
                path: o.path.to_string(),
                line: o.region.map(|r| r.line),
                status: o.status.name(),
                why: report::why(o),
                action: o.action.map(Action::name),
                exempted: o.exempted.as_deref(),
            })
            .collect(),
    }
}

/// The occurrence that the command for an exemption names: one that blocks.
fn exemptible(issue: &Issue) -> Option<&Occurrence> {
    let blocks = |o: &&Occurrence| o.action == Some(Action::Block) && !o.print.is_empty();
    issue
        .occurrences
        .iter()
        .find(blocks)
        .filter(|_| issue.blocks)
}

fn exempt_command(occurrence: &Occurrence) -> String {
    format!(
        "newgate exempt {} --reason false-positive --until 30d --text '...'",
        occurrence.print
    )
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
                "  {} is {}: {}\n    fix it, or let the other scanners decide: `gate.on-incomplete = \"warn\"` in the target's `.newgate/config.toml`",
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
        out.push_str("`newgate explain ISSUE` shows what you can do about an issue\n");
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
        let action = occurrence.action.map_or("does not count", Action::name);
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
        match &issue.fix {
            Some(fix) => _ = writeln!(out, "To pass:\n  fix it: {fix}"),
            None => out.push_str("To pass:\n  fix it\n"),
        }
        if let Some(new) = exemptible(issue) {
            let command = exempt_command(new);
            let _ = writeln!(out, "  or exempt it for a limited time: {command}");
        }
        let _ = match &issue.ruling {
            Ruling::Decided {
                by: Ground::Rule { name, .. },
                ..
            } => writeln!(
                out,
                "  or change the rule `{name}` in the target's `.newgate/config.toml`"
            ),
            _ => writeln!(
                out,
                "  or change the policy in the target's `.newgate/config.toml`: raise `gate.block-at`, or add a \
                 `[[severity]]` or `[[rules]]` entry"
            ),
        };
    }
    out
}
