use std::collections::HashMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use super::agents::{AgentHook, Patience};
use super::commit::PreCommit;
use super::hook_file::PRE_PUSH;
use super::input::read_input;
use super::kept::Kept;
use super::last;
use super::output::Output;
use super::prewarm::make_way;
use super::screen::{Label, Resolved, Stream};
use super::session::Session;
use super::shim::write_shim;
use super::swallowed;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Gate, target_for};
use crate::git::{
    Against, Destination, Head, PushLine, Pushed, Repository, Scratch, choose_push, find_remote,
    find_target, parent_branch, parse_push_lines, unpushed,
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
    /// Check a push before it is sent
    PrePush(PrePush),
    /// Check a push on the server, before any ref changes
    PreReceive(super::server::PreReceive),
    /// Check one ref of a push on the server
    Update(super::server::Update),
    /// Check a merge before it is committed
    PreMergeCommit(PreMergeCommit),
    /// Check staged changes before they are committed
    PreCommit(PreCommit),
    /// Fill the cache in the background for the next push
    Prewarm(super::prewarm::Prewarm),
    /// Answer the hook of a coding agent
    Agent(AgentHook),
}

#[derive(Debug, Args)]
struct PreMergeCommit {
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    output: Output,
}

impl PreMergeCommit {
    fn run(self, screen: &Resolved) -> Result<Verdict> {
        self.kept.allows(&[], b"", screen)?;
        let mut session = Session::open()?;
        make_way(&session.repo);
        // The current branch is the target of the merge, and its tip is the base.
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
    /// Print nothing if a push passes and the repository has no configuration
    #[arg(long, hide = true)]
    everywhere: bool,
    #[command(flatten)]
    kept: Kept,
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
            Which::PreCommit(hook) => hook.run(screen),
            Which::Prewarm(hook) => return hook.run(screen),
            Which::Agent(hook) => return hook.run(screen),
        };
        verdict.map(Verdict::exit_code)
    }
}

/// When a kept hook of a push runs (`newgate.keptHooks` in git's configuration).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Before newgate.
    First,
    /// After newgate has passed the push, because the hook may upload something, as git-lfs does.
    Last,
}

impl PrePush {
    fn run(mut self, screen: &Resolved) -> Result<Verdict> {
        self.output.again = Some("git push".to_owned());
        if let Some((script, kept)) = self.kept.adopt(PRE_PUSH)? {
            write_shim(&script, PRE_PUSH, Some(&kept))?;
        }
        let input = read_input()?;
        let mut args = vec![OsString::from(&self.remote)];
        args.extend(self.url.as_ref().map(OsString::from));
        let lines = parse_push_lines(&input)?;
        let session = Session::open()?;
        let turn = self.turn(&session.repo)?;
        if turn == Some(Turn::First) {
            self.kept.allows(&args, &input, screen)?;
        }
        let verdict = self.check(session, lines, screen)?;
        if turn == Some(Turn::Last) && verdict == Verdict::Pass {
            self.kept.allows(&args, &input, screen)?;
        }
        Ok(verdict)
    }

    /// When the kept hook runs, if there is one.
    fn turn(&self, repo: &Repository) -> Result<Option<Turn>> {
        const SETTING: &str = "newgate.keptHooks";
        if !self.kept.is_named() {
            return Ok(None);
        }
        Ok(Some(match repo.config(SETTING)?.as_deref() {
            None | Some("last") => Turn::Last,
            Some("first") => Turn::First,
            Some(other) => {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!("`{SETTING}` is `{other}`, but only `first` and `last` are supported"),
                )
                .hint(format!("`git config {SETTING} last`")));
            }
        }))
    }

    fn check(
        &self,
        mut session: Session,
        lines: Vec<PushLine>,
        screen: &Resolved,
    ) -> Result<Verdict> {
        let were_given = !lines.is_empty();
        let lines = match lines.is_empty() {
            true => self.without_refs(&session.repo, screen)?,
            false => {
                swallowed::forget(&session.repo);
                lines
            }
        };
        if lines.is_empty() {
            if !self.everywhere {
                screen.note("newgate: nothing to push, so nothing was checked");
            }
            return Ok(Verdict::Pass);
        }
        make_way(&session.repo);
        let mut scratch = Scratch::new();
        let files = scratch.trees_of_files(&mut session.repo, &lines)?;
        let patience = Patience::beside(&session.repo, Head::Revision("HEAD".into()));
        let (mut reports, notes) = self.judge(&session, &lines, &files, screen)?;
        drop(patience);
        if !were_given {
            swallowed::remember(&session.repo, &lines);
        }
        if !reports.is_empty() {
            last::keep(&session.repo, &reports);
        }
        if self.everywhere && is_uneventful(&session.repo, &reports)? {
            return Ok(Verdict::Pass);
        }
        for note in notes {
            screen.note(&format!("newgate: {note}"));
        }
        if reports.is_empty() {
            return Ok(Verdict::Pass);
        }
        self.output
            .write(&session, &mut reports, screen, Stream::Error)
    }

    /// What to check if standard input has no refs. git gives none if everything is up to date, but a script or a hook
    /// manager that calls newgate may also have read them already.
    fn without_refs(&self, repo: &Repository, screen: &Resolved) -> Result<Vec<PushLine>> {
        /// If more refs could be meant, none is checked in place of the unknown one.
        const MOST: usize = 20;
        if self.kept.is_started_by_git(PRE_PUSH) {
            return Ok(Vec::new());
        }
        let url = self.url.as_deref().unwrap_or(&self.remote);
        let (mut remote, mut guessed) = find_remote(repo, Some(&self.remote))?;
        if guessed {
            (remote, guessed) = find_remote(repo, Some(url))?;
        }
        let remote = remote.filter(|_| !guessed);
        let mut lines = unpushed(repo, remote.as_deref())?;
        let missing = "newgate got no refs on standard input, so it is unknown what is pushed";
        let to = remote.as_deref().unwrap_or("the remote");
        if lines.len() > MOST {
            return Err(Error::new(
                ErrorKind::Git,
                format!(
                    "{missing}, and {} branches and tags have commits that {to} does not have",
                    lines.len()
                ),
            )
            .hint(swallowed::HINT));
        }
        let onto = onto_target(repo, remote.as_deref())?;
        // A branch that is new on the remote is compared with the target anyway.
        let is_new = |l: &PushLine| {
            lines
                .iter()
                .any(|o| o.remote_oid.is_zero() && o.local_oid == l.local_oid)
        };
        let onto = onto.filter(|l| !is_new(l));
        lines.extend(onto);
        if !lines.is_empty() {
            let names = lines.iter().map(|l| {
                let (from, onto) = (short(&l.local_ref), short(&l.remote_ref));
                match from == onto {
                    true => from.to_owned(),
                    false => format!("{from} as {onto}"),
                }
            });
            let names: Vec<String> = names.collect();
            screen.note(&format!(
                "newgate: {missing}; checking everything that {to} does not have yet: {}",
                names.join(", ")
            ));
            screen.error(Label::Hint, swallowed::HINT);
        }
        Ok(lines)
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
        // The report of one ref may quote a secret that was found in another.
        for report in &mut reports {
            report.rewrite(&mask::shown);
        }
        Ok((reports, notes))
    }

    /// How many of the blocking issues are in another branch, which the pushed one is based on.
    fn of_parent(
        &self,
        gate: &Gate<'_>,
        (to, line): (Destination<'_>, &PushLine),
        change: Change,
        report: &Report,
    ) -> Result<Option<Note>> {
        /// The most time that this may take, because it only helps the reader and comes after the
        /// verdict.
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

/// Whether a push passes and the repository has no configuration, or one that turns all scanners off.
fn is_uneventful(repo: &Repository, reports: &[Report]) -> Result<bool> {
    for report in reports {
        let tree = &report.change.head_tree;
        let is_off = report.scanners.is_empty();
        let is_configured = !is_off && repo.folder(tree, ".newgate")?.is_some();
        if report.verdict != Verdict::Pass || is_configured {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The current branch as a push to the target, unless the target has it. It may be pushed there even if the remote has
/// it under its own name.
fn onto_target(repo: &Repository, remote: Option<&str>) -> Result<Option<PushLine>> {
    let (Some(remote), Some(branch)) = (remote, repo.symbolic("HEAD")?) else {
        return Ok(None);
    };
    let target = target_for(repo, Some(remote), None)?.target;
    let target = target.filter(|t| !t.is_local);
    let (Some(target), Some(head)) = (target, repo.reference(&branch)?) else {
        return Ok(None);
    };
    let remote_ref = format!("refs/heads/{}", target.branch);
    let has_it = repo.merge_bases(&head, &target.tip)?.contains(&head);
    Ok((!has_it && branch != remote_ref).then_some(PushLine {
        local_ref: branch,
        local_oid: head,
        remote_ref,
        remote_oid: target.tip,
    }))
}

/// A ref's name without `refs/heads/` or `refs/tags/`.
fn short(name: &str) -> &str {
    let prefixes = ["refs/heads/", "refs/tags/"];
    let mut short = prefixes.iter().filter_map(|p| name.strip_prefix(p));
    short.next().unwrap_or(name)
}
