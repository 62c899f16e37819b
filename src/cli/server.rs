//! The hooks of a server: pre-receive and update in a bare repository. Their output is short and has no colour, and
//! they write only the cache.

use std::collections::HashMap;
use std::time::Instant;

use clap::Args;

use super::input::read_input;
use super::kept::Kept;
use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::config::{Others, Server};
use crate::error::Result;
use crate::gate::{Gate, read_server};
use crate::git::{
    Destination, Peeled, PushLine, Pushed, Repository, Scratch, Target, choose_push,
    default_branch, other_trees, parse_receive_lines, receive_target,
};
use crate::model::{
    Action, BaseReason, Change, Mode, Oid, OtherTree, Report, ScannerState, Verdict, harmless,
};
use crate::policy::Pattern;
use crate::report;
use crate::report::unknown;
use crate::trust::{Guard, ReceiptState, accepted};

/// The largest number of issues that are listed for a ref.
const NAMED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct PreReceive {
    #[command(flatten)]
    kept: Kept,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// The ref
    #[arg(value_name = "REF")]
    name: String,
    /// The object that it points at now
    #[arg(value_name = "OLD")]
    old: String,
    /// The object that it would point at
    #[arg(value_name = "NEW")]
    new: String,
    #[command(flatten)]
    kept: Kept,
}

impl PreReceive {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let started = Instant::now();
        let input = read_input()?;
        self.kept.allows(&[], &input, screen)?;
        judge_push(&parse_receive_lines(&input)?, started, screen)
    }
}

impl Update {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let started = Instant::now();
        let args = [&self.name, &self.old, &self.new].map(|a| a.clone().into());
        self.kept.allows(&args, b"", screen)?;
        let line = format!("{} {} {}\n", self.old, self.new, self.name);
        judge_push(&parse_receive_lines(line.as_bytes())?, started, screen)
    }
}

/// What becomes of one ref.
struct Judged {
    text: String,
    verdict: Verdict,
}

fn judge_push(lines: &[PushLine], started: Instant, screen: &Resolved) -> Result<Verdict> {
    let mut session = Session::open()?;
    // Made before the gate, which then sees them.
    let mut scratch = Scratch::new();
    let files = scratch.trees_of_files(&mut session.repo, lines)?;
    let session = session;
    let repo = &session.repo;
    let default = default_branch(repo)?;
    let server = match &default {
        Some(default) => read_server(repo, &default.tree)?,
        None => Server::default(),
    };
    let gate = Gate {
        enforce: true,
        deadline: Some(started + server.budget),
        ..session.gate()
    };
    // A symbolic ref is checked as the ref that it points to.
    let lines = lines.iter().map(|l| resolved(repo, l));
    let lines: Vec<PushLine> = lines.collect::<Result<_>>()?;
    let guard = Guard {
        repo,
        default: default.as_ref(),
        server: &server,
    };
    let protection = Protection::new(repo, &server, default.as_ref())?;
    let mut worst = Verdict::Pass;
    // Protected refs first: the time is theirs.
    let (protected, others): (Vec<_>, Vec<_>) =
        lines.iter().partition(|l| protection.covers(&l.remote_ref));
    let protected = protected.into_iter().map(|l| (l, true));
    for (line, is_protected) in protected.chain(others.into_iter().map(|l| (l, false))) {
        let way = match is_protected {
            true => Others::Block,
            false => server.others,
        };
        if way == Others::Skip {
            continue;
        }
        if is_protected && let Some(refusal) = guard.refusal(line)? {
            screen.text(Stream::Error, &refusal);
            worst = worst.worse(Verdict::Blocked);
            continue;
        }
        // What an unprotected branch says for itself, anybody may have pushed.
        let target = match is_protected {
            true => receive_target(repo, line)?,
            false => default.clone(),
        };
        let change = match received(repo, line, target.as_ref(), &files)? {
            Pushed::Judge(change) => *change,
            Pushed::Skip(_) if line.local_oid.is_zero() => continue,
            Pushed::Skip(why) if way == Others::Block => {
                // An object that cannot be checked is refused for a protected ref.
                screen.text(Stream::Error, &format!("newgate: {}\n", harmless(&why)));
                worst = worst.worse(Verdict::Incomplete);
                continue;
            }
            Pushed::Skip(_) => continue,
        };
        let judged = judge_ref(&gate, &server, change)?;
        screen.text(Stream::Error, &judged.text);
        worst = worst.worse(match way {
            Others::Block => judged.verdict,
            _ => Verdict::Pass,
        });
        if way != Others::Block && judged.verdict != Verdict::Pass {
            screen.text(
                Stream::Error,
                "newgate: this branch is not protected, so the push goes through\n",
            );
        }
    }
    Ok(worst)
}

/// The change that a line of a push makes on the server.
fn received(
    repo: &Repository,
    line: &PushLine,
    target: Option<&Target>,
    files: &HashMap<Oid, Oid>,
) -> Result<Pushed> {
    let to = Destination {
        shown: "the server",
        remote: None,
        target,
    };
    Ok(match choose_push(repo, to, line, files)? {
        Pushed::Judge(change) => {
            let change = Change {
                mode: Mode::Server,
                name: harmless(short(&line.remote_ref)),
                ..*change
            };
            let change = against_what_was_there(repo, line, target, change)?;
            Pushed::Judge(Box::new(change))
        }
        skip @ Pushed::Skip(_) => skip,
    })
}

/// The ref that a name stands for.
fn resolved(repo: &Repository, line: &PushLine) -> Result<PushLine> {
    let mut line = line.clone();
    for _ in 0..5 {
        match repo.symbolic(&line.remote_ref)? {
            Some(name) if name != line.remote_ref => {
                line.local_ref.clone_from(&name);
                line.remote_ref = name;
            }
            _ => break,
        }
    }
    Ok(line)
}

/// The change against what the ref points at before the push, even if the push rewrites the ref. An
/// older base would let issues return that have been fixed since.
fn against_what_was_there(
    repo: &Repository,
    line: &PushLine,
    target: Option<&Target>,
    change: Change,
) -> Result<Change> {
    if line.remote_oid.is_zero() {
        return Ok(change);
    }
    Ok(match repo.peel(&line.remote_oid)? {
        Some(Peeled::Commit { commit, tree }) => Change {
            base: Some(commit),
            others: other_trees(Some(&tree), target.map(OtherTree::from)),
            base_tree: Some(tree),
            base_reason: BaseReason::BeforePush { branch: None },
            ..change
        },
        _ => change,
    })
}

/// Judges the change of one ref: by a receipt where one is accepted, or else by scanning.
fn judge_ref(gate: &Gate<'_>, server: &Server, change: Change) -> Result<Judged> {
    let name = change.name.clone();
    let mut text = String::new();
    if let Some(signers) = &server.accept_receipts {
        match accepted(gate, &change, signers)? {
            ReceiptState::Valid(by) => {
                return Ok(Judged {
                    text: format!("newgate: {name}: PASS (receipt signed by {by})\n"),
                    verdict: Verdict::Pass,
                });
            }
            ReceiptState::Worthless(why) => {
                text.push_str(&format!(
                    "newgate: {name}: a receipt was not accepted: {why}\n"
                ));
            }
            ReceiptState::None => {}
        }
    }
    let report = gate.judge(change)?;
    let mut verdict = report.verdict;
    // Only what the clock left undone may pass, and no crash beside it.
    if verdict == Verdict::Incomplete && report.only_time_is_missing() && !server.block_on_budget {
        let late = report
            .scanners
            .iter()
            .filter(|s| s.state != ScannerState::Ok);
        let mut left: Vec<&str> = late.map(|s| s.name.as_str()).collect();
        if left.is_empty() {
            left.push("the check");
        }
        text.push_str(&format!(
            "newgate: {name}: {} did not end within {} s, and `server.on-budget` allows that\n",
            left.join(", "),
            server.budget.as_secs()
        ));
        verdict = Verdict::Pass;
        return Ok(Judged { text, verdict });
    }
    text.push_str(&in_short(&report, server));
    Ok(Judged { text, verdict })
}

/// A report for the other end of a push: short, plain, with what to do.
fn in_short(report: &Report, server: &Server) -> String {
    let name = &report.change.name;
    let blocking: Vec<_> = report.issues.iter().filter(|i| i.blocks).collect();
    let mut lines = Vec::new();
    match report.verdict {
        Verdict::Pass => lines.push(format!("newgate: {name}: PASS")),
        Verdict::Blocked => {
            let number = match blocking.len() {
                1 => "1 issue blocks".to_owned(),
                n => format!("{n} issues block"),
            };
            lines.push(format!("newgate: {name}: BLOCKED, {number} this push"));
        }
        Verdict::Incomplete => {
            lines.push(format!(
                "newgate: {name}: INCOMPLETE, not everything could be scanned"
            ));
        }
    }
    for issue in blocking.iter().take(NAMED) {
        let new = issue
            .occurrences
            .iter()
            .filter(|o| o.action == Some(Action::Block));
        let new: Vec<_> = new.collect();
        let place = new.first().map_or(String::new(), |o| {
            format!("{}{}", report::place(o), report::in_commit(o))
        });
        let more = match new.len() {
            0 | 1 => String::new(),
            n => format!(" (+{})", n - 1),
        };
        let score = issue.score.map_or(String::new(), |s| format!(" {s}"));
        lines.push(format!(
            "  {}{score} {place}{more} {}",
            issue.severity, issue.title
        ));
        if let Some(fix) = &issue.fix {
            lines.push(format!("    fix: {fix}"));
        }
    }
    if blocking.len() > NAMED {
        lines.push(format!("  and {} more", blocking.len() - NAMED));
    }
    for scanner in report
        .scanners
        .iter()
        .filter(|s| s.state != ScannerState::Ok)
    {
        lines.push(format!("  {}: {}", scanner.name, report::fault(scanner)));
    }
    for note in report.notes.iter().filter(|n| n.is_about_safeguards()) {
        lines.push(format!("  note: {}", report::note(note)));
    }
    for unknown in &unknown(report) {
        lines.push(format!("  {unknown}"));
    }
    match report.verdict {
        Verdict::Blocked => lines.push(
            "  next: fix it and push again; `newgate check` in your clone shows all of it".into(),
        ),
        Verdict::Incomplete if report.out_of_time => lines.push(format!(
            "  next: push again, because the check took more than {} s (`server.budget`); finished scans are cached",
            server.budget.as_secs()
        )),
        Verdict::Incomplete => {
            lines.push("  next: ask the administrator of this server to fix what failed".into());
        }
        Verdict::Pass => {}
    }
    harmless(&(lines.join("\n") + "\n"))
}

/// Which refs are protected: the default branch always, and what the configuration says; every branch
/// while there is no default branch, so that a server whose `HEAD` leads nowhere lets nothing in unseen.
struct Protection {
    default: Option<String>,
    /// A pattern that cannot be read protects everything.
    patterns: Vec<Option<Pattern>>,
    /// Whether names that differ only in their case are one file, so one ref.
    folds_case: bool,
}

impl Protection {
    fn new(repo: &Repository, server: &Server, default: Option<&Target>) -> Result<Protection> {
        let folds_case = repo.config("core.ignorecase")?.as_deref() == Some("true");
        let folded = |name: String| match folds_case {
            true => name.to_lowercase(),
            false => name,
        };
        let pattern = |pattern: &String| {
            let full = match pattern.starts_with("refs/") {
                true => pattern.clone(),
                false => format!("refs/heads/{pattern}"),
            };
            Pattern::new(&folded(full), true).ok()
        };
        Ok(Protection {
            default: default.map(|d| folded(format!("refs/heads/{}", d.branch))),
            patterns: server.protect.iter().map(pattern).collect(),
            folds_case,
        })
    }

    fn covers(&self, name: &str) -> bool {
        let name = match self.folds_case {
            true => name.to_lowercase(),
            false => name.to_owned(),
        };
        match &self.default {
            Some(default) if *default == name => return true,
            None if name.starts_with("refs/heads/") => return true,
            _ => {}
        }
        let name = name.as_str().into();
        let fits = |p: &Option<Pattern>| p.as_ref().is_none_or(|p| p.fits_path(&name));
        self.patterns.iter().any(fits)
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").unwrap_or(name)
}
