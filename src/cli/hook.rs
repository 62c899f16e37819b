use std::collections::HashMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use super::chained::Chained;
use super::input::read_input;
use super::last;
use super::output::Output;
use super::prewarm::make_way;
use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::error::Result;
use crate::gate::{Gate, target_for};
use crate::git::{
    Against, Destination, Head, PushLine, Pushed, Scratch, choose_push, find_remote, find_target,
    parent_branch, parse_push_lines,
};
use crate::mask;
use crate::model::{Change, Mode, Note, Oid, OtherTree, Report, Verdict};
use crate::report;

#[derive(Debug, Args)]
pub(super) struct Hook {
    #[command(subcommand)]
    hook: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Judge a push before it leaves (githooks(5): refs on standard input)
    PrePush(PrePush),
    /// Judge a push on the server, before any ref is updated (refs on standard input)
    PreReceive(super::server::PreReceive),
    /// Judge one ref of a push on the server
    Update(super::server::Update),
    /// Judge a merge before it is committed: the index against the current branch
    PreMergeCommit(PreMergeCommit),
    /// Fill the cache in the background, for the push that follows
    Prewarm(super::prewarm::Prewarm),
}

#[derive(Debug, Args)]
struct PreMergeCommit {
    #[command(flatten)]
    chained: Chained,
    #[command(flatten)]
    output: Output,
}

impl PreMergeCommit {
    fn run(self, screen: &Resolved) -> Result<Verdict> {
        self.chained.allows(&[], b"")?;
        let mut session = Session::open()?;
        make_way(&session.repo);
        // The branch that is merged into is the target, and its tip the base.
        let target = find_target(&session.repo, None, Some("HEAD"))?;
        let mut scratch = Scratch::new();
        let mut change = session.choose(Head::Index, Against::Target, target, &mut scratch)?;
        change.mode = Mode::Merge;
        change.name = "the merge".to_owned();
        let progress = screen.progress();
        let gate = Gate {
            progress: &|done, total| progress.tell(done, total),
            list_unchanged: screen.verbose || self.output.lists_all(),
            ..session.gate()
        };
        let mut reports = [gate.judge(change)?];
        drop(progress);
        last::keep(&session.repo, &reports);
        self.output
            .write(&session, &mut reports, screen, Stream::Error)
    }
}

#[derive(Debug, Args)]
struct PrePush {
    /// The remote's name, or its URL if it has none
    #[arg(value_name = "REMOTE")]
    remote: String,
    /// The remote's URL
    #[arg(value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    chained: Chained,
    #[command(flatten)]
    output: Output,
}

impl Hook {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let verdict = match self.hook {
            Which::PrePush(hook) => hook.run(screen),
            Which::PreReceive(hook) => hook.run(screen),
            Which::Update(hook) => hook.run(screen),
            Which::PreMergeCommit(hook) => hook.run(screen),
            Which::Prewarm(hook) => return hook.run(),
        };
        verdict.map(Verdict::exit_code)
    }
}

impl PrePush {
    fn run(self, screen: &Resolved) -> Result<Verdict> {
        let input = read_input()?;
        let mut args = vec![OsString::from(&self.remote)];
        args.extend(self.url.as_ref().map(OsString::from));
        self.chained.allows(&args, &input)?;
        let lines = parse_push_lines(&input)?;
        if lines.is_empty() {
            screen.note("newgate: nothing is pushed, so there is nothing to judge");
            return Ok(Verdict::Pass);
        }
        let mut session = Session::open()?;
        make_way(&session.repo);
        let mut scratch = Scratch::new();
        let files = scratch.trees_of_files(&mut session.repo, &lines)?;
        let (mut reports, notes) = self.judge(&session, &lines, &files, screen)?;
        for note in notes {
            screen.note(&format!("newgate: {note}"));
        }
        if reports.is_empty() {
            return Ok(Verdict::Pass);
        }
        last::keep(&session.repo, &reports);
        self.output
            .write(&session, &mut reports, screen, Stream::Error)
    }

    fn judge(
        &self,
        session: &Session,
        lines: &[PushLine],
        files: &HashMap<Oid, Oid>,
        screen: &Resolved,
    ) -> Result<(Vec<Report>, Vec<String>)> {
        let repo = &session.repo;
        let url = self.url.as_deref().unwrap_or(&self.remote);
        let (by_name, guessed) = find_remote(repo, Some(&self.remote))?;
        let (remote, guessed) = if guessed {
            find_remote(repo, Some(url))?
        } else {
            (by_name, false)
        };
        let mut notes = Vec::new();
        let target = match &remote {
            Some(remote) => {
                let choice = target_for(repo, Some(remote), None)?;
                notes.extend(choice.note.iter().map(report::note));
                choice.target
            }
            None => None,
        };
        if guessed && let (Some(remote), Some(target)) = (&remote, &target) {
            notes.push(report::note(&Note::RemoteGuessed {
                remote: remote.clone(),
                target: target.name.clone(),
            }));
        }
        let shown = if guessed {
            "the remote"
        } else {
            remote.as_deref().unwrap_or("the remote")
        };
        let progress = screen.progress();
        let gate = Gate {
            progress: &|done, total| progress.tell(done, total),
            list_unchanged: screen.verbose || self.output.lists_all(),
            ..session.gate()
        };
        let mut reports = Vec::new();
        let to = Destination {
            shown,
            remote: remote.as_deref(),
            target: target.as_ref(),
        };
        for line in lines {
            match choose_push(repo, to, line, files)? {
                Pushed::Judge(change) => {
                    let mut report = gate.judge((*change).clone())?;
                    let of_parent = self.of_parent(&gate, (to, line), *change, &report)?;
                    report.notes.extend(of_parent);
                    reports.push(report);
                }
                Pushed::Skip(why) => notes.push(why),
            }
        }
        // What one ref has, the report of another may quote.
        for report in &mut reports {
            report.rewrite(&mask::shown);
        }
        Ok((reports, notes))
    }

    /// Which of the issues that block a push are those of a branch that it goes on from.
    fn of_parent(
        &self,
        gate: &Gate<'_>,
        (to, line): (Destination<'_>, &PushLine),
        change: Change,
        report: &Report,
    ) -> Result<Option<Note>> {
        /// How long the answer may take: it is a help for the reader, after the verdict.
        const PATIENCE: Duration = Duration::from_secs(5);
        let blocking = |report: &Report| report.issues.iter().filter(|i| i.blocks).count();
        if report.verdict != Verdict::Blocked {
            return Ok(None);
        }
        let Some(parent) = parent_branch(gate.repo, to, line)? else {
            return Ok(None);
        };
        let mut change = change;
        change.others.push(OtherTree::from(&parent));
        let with_parent = Gate {
            unrecorded: true,
            deadline: Some(Instant::now() + PATIENCE),
            ..Gate::new(gate.repo, gate.cache, gate.jobs)
        };
        let left = with_parent.judge(change)?;
        if left.out_of_time || left.verdict == Verdict::Incomplete {
            return Ok(None);
        }
        let issues = blocking(report).saturating_sub(blocking(&left));
        let refspec = format!("{}:{}", line.local_ref, line.remote_ref);
        Ok((issues > 0).then(|| Note::OfParentBranch {
            parent: parent.name,
            issues: issues as u64,
            push: vec![self.remote.clone(), refspec],
        }))
    }
}
