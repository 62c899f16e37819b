//! The hooks of a server: pre-receive and update on a bare repository. They are short, have no colour,
//! and write nothing but the cache.

use std::io::Read;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::hook::run_chained;
use super::receipt;
use super::screen::{Resolved, Stream};
use super::{io, jobs};
use crate::cache::Cache;
use crate::config::{Config, Others, Server};
use crate::error::Result;
use crate::gate::{Gate, read_tree};
use crate::git::{
    PushLine, Pushed, Repository, choose_push, default_branch, parse_receive_lines, receive_target,
};
use crate::model::{Change, Mode, Report, ScannerState, Status, Verdict, harmless};
use crate::policy::Pattern;

/// How many issues of a ref are named.
const NAMED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct PreReceive {
    /// A hook that was there before, to be run first with the same standard input
    #[arg(long, value_name = "PATH")]
    chained: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// The ref
    #[arg(value_name = "REF")]
    name: String,
    /// What it points at before
    #[arg(value_name = "OLD")]
    old: String,
    /// What it would point at
    #[arg(value_name = "NEW")]
    new: String,
    /// A hook that was there before, to be run first with the same arguments
    #[arg(long, value_name = "PATH")]
    chained: Option<PathBuf>,
}

impl PreReceive {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let started = Instant::now();
        let mut input = Vec::new();
        std::io::stdin()
            .read_to_end(&mut input)
            .map_err(|e| io("standard input cannot be read", e))?;
        if let Some(chained) = self.chained.filter(|p| p.symlink_metadata().is_ok()) {
            run_chained(&chained, &[], &input)?;
        }
        judge_push(&parse_receive_lines(&input)?, started, screen)
    }
}

impl Update {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let started = Instant::now();
        if let Some(chained) = self.chained.filter(|p| p.symlink_metadata().is_ok()) {
            let args = [&self.name, &self.old, &self.new].map(|a| a.clone().into());
            run_chained(&chained, &args, b"")?;
        }
        let line = format!("{} {} {}\n", self.old, self.new, self.name);
        judge_push(&parse_receive_lines(line.as_bytes())?, started, screen)
    }
}

/// What becomes of one ref.
struct Judged {
    text: String,
    verdict: Verdict,
}

fn judge_push(lines: &[PushLine], started: Instant, screen: &Resolved) -> Result<u8> {
    let repo = Repository::open_from_env()?;
    let config = match default_branch(&repo)? {
        Some(default) => read_tree(&repo, &default.tree)?.0,
        None => Config::default(),
    };
    let server = config.server;
    let cache = Cache::open(repo.common_dir());
    let gate = Gate {
        enforce: true,
        deadline: Some(started + server.budget),
        ..Gate::new(&repo, &cache, jobs())
    };
    let mut worst = Verdict::Pass;
    // Protected refs first: the time is theirs.
    let (protected, others): (Vec<_>, Vec<_>) = lines
        .iter()
        .partition(|l| is_protected(&repo, &server, &l.remote_ref));
    let protected = protected.into_iter().map(|l| (l, Others::Block));
    for (line, way) in protected.chain(others.into_iter().map(|l| (l, server.others))) {
        if way == Others::Skip {
            continue;
        }
        let target = receive_target(&repo, line)?;
        let change = match choose_push(&repo, "the server", line, target.as_ref())? {
            Pushed::Judge(change) => Change {
                mode: Mode::Server,
                name: harmless(short(&line.remote_ref)),
                ..*change
            },
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
    Ok(worst.exit_code())
}

/// Judges the change of one ref: by a receipt where one is accepted, else by scanning.
fn judge_ref(gate: &Gate<'_>, server: &Server, change: Change) -> Result<Judged> {
    let name = change.name.clone();
    let mut text = String::new();
    if let Some(signers) = &server.accept_receipts {
        match receipt::accepted(gate.repo, gate.cache, &change, signers)? {
            receipt::Found::Valid(by) => {
                return Ok(Judged {
                    text: format!("newgate: {name}: PASS by the receipt of {by}\n"),
                    verdict: Verdict::Pass,
                });
            }
            receipt::Found::Worthless(why) => {
                text.push_str(&format!(
                    "newgate: {name}: a receipt does not count: {why}\n"
                ));
            }
            receipt::Found::None => {}
        }
    }
    let report = gate.judge(change)?;
    let mut verdict = report.verdict;
    if report.out_of_time && verdict == Verdict::Incomplete && !server.block_on_budget {
        verdict = Verdict::Pass;
        text.push_str(&format!(
            "newgate: {name}: not everything was scanned within {} s, and `server.on-budget` lets that pass\n",
            server.budget.as_secs()
        ));
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
                1 => "1 issue stops".to_owned(),
                n => format!("{n} issues stop"),
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
        let new = issue.occurrences.iter().filter(|o| o.status == Status::New);
        let new: Vec<_> = new.collect();
        let place = new.first().map_or(String::new(), |o| {
            let line = o.region.map_or(String::new(), |r| format!(":{}", r.line));
            let commit = o.commit.as_deref().map_or(String::new(), |c| {
                format!(" in commit {}", c.get(..10).unwrap_or(c))
            });
            format!("{}{line}{commit}", o.path)
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
        lines.push(format!("  {}: {}", scanner.name, scanner.detail));
    }
    for unknown in &report.unknown {
        lines.push(format!("  {unknown}"));
    }
    match report.verdict {
        Verdict::Blocked => lines.push(
            "  next: mend it and push again; `newgate check` in your clone shows all of it".into(),
        ),
        Verdict::Incomplete if report.out_of_time => lines.push(format!(
            "  next: push again: {} s were too short, and it goes on from what was scanned",
            server.budget.as_secs()
        )),
        Verdict::Incomplete => {
            lines.push("  next: ask whoever keeps this server to mend what failed".into());
        }
        Verdict::Pass => {}
    }
    harmless(&(lines.join("\n") + "\n"))
}

fn is_protected(repo: &Repository, server: &Server, name: &str) -> bool {
    if server.protect.is_empty() {
        let head = repo.symbolic("HEAD").ok().flatten();
        return head.as_deref() == Some(name);
    }
    let fits = |pattern: &String| {
        let full = match pattern.starts_with("refs/") {
            true => pattern.clone(),
            false => format!("refs/heads/{pattern}"),
        };
        // A pattern that cannot be read protects everything.
        Pattern::new(&full, true).is_ok_and(|p| p.fits_path(&name.into()))
            || Pattern::new(&full, true).is_err()
    };
    server.protect.iter().any(fits)
}

fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").unwrap_or(name)
}
