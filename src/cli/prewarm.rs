//! Filling the cache in the background, so that the push that follows answers from it.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::screen::Resolved;
use super::session::Session;
use super::{jobs, own_path};
use crate::cache::now;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::Gate;
use crate::git::{Against, Head, Repository, Scratch};
use crate::model::ScannerState;
use crate::process::{Background, in_background, interrupted, leave_group, start_detached};

/// How long it waits before it begins, because only the last of many commits in a row (a rebase)
/// counts.
const PAUSE: Duration = Duration::from_millis(300);
/// How long it may take.
const LONGEST: Duration = Duration::from_secs(600);

#[derive(Debug, Args)]
pub(super) struct Prewarm {
    #[command(flatten)]
    kept: Kept,
    /// Fill the cache in this process
    #[arg(long, hide = true)]
    run: bool,
    /// Scan the work tree, instead of the last commit
    #[arg(long, hide = true, requires = "run")]
    worktree: bool,
    /// Run only if the check that holds this file is killed
    #[arg(long, value_name = "FILE", hide = true, requires = "run")]
    after: Option<PathBuf>,
    /// The name of the git hook, and its arguments
    #[arg(
        value_name = "HOOK",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    event: Vec<OsString>,
}

/// The outcome of the last run, for `newgate doctor`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// Seconds since 1970-01-01 UTC.
    pub time: i64,
    /// The commit.
    pub head: String,
    /// `done`, `stopped`, `incomplete` and why, or what went wrong.
    pub outcome: String,
    /// How long it took.
    pub milliseconds: u64,
}

/// The lock of the process in the background.
pub(super) fn lock(repo: &Repository) -> PathBuf {
    repo.common_dir().join("newgate/prewarm.lock")
}

fn outcome_file(repo: &Repository) -> PathBuf {
    repo.common_dir().join("newgate/prewarm.json")
}

/// The outcome of the last run; none if there was none.
pub(super) fn last_outcome(repo: &Repository) -> Option<Outcome> {
    serde_json::from_slice(&fs::read(outcome_file(repo)).ok()?).ok()
}

impl Prewarm {
    /// Never prints anything, and exits like the hook that was there before. git's work is done already, and a push
    /// scans whatever is missing.
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        if self.run {
            if self.after.as_deref().is_some_and(|file| !was_killed(file)) {
                return Ok(0);
            }
            let head = match self.worktree {
                true => Some(Head::WorkTree),
                false => None,
            };
            if let Ok(session) = Session::open() {
                fill(session, head);
            }
            return Ok(0);
        }
        let mut args = self.event.iter();
        let hook = args.next().cloned().unwrap_or_default();
        let args: Vec<OsString> = args.cloned().collect();
        let mut input = Vec::new();
        if hook == "post-rewrite" {
            std::io::stdin()
                .read_to_end(&mut input)
                .map_err(|e| Error::io("standard input cannot be read", e))?;
        }
        let ran = self.kept.run(&args, &input, screen)?;
        let code = u8::try_from(ran).unwrap_or(1);
        // githooks(5): the third argument is 0 where files were checked out, not a branch.
        let of_files = hook == "post-checkout" && args.get(2).is_some_and(|flag| flag == "0");
        let repo = Session::open()?.repo;
        let rebasing = ["rebase-merge", "rebase-apply"]
            .iter()
            .any(|f| repo.git_dir().join(f).is_dir());
        if of_files || (rebasing && hook != "post-rewrite") {
            return Ok(code);
        }
        start_filling(&Head::Revision("HEAD".into()));
        Ok(code)
    }
}

/// The arguments of newgate that fill the cache for a head.
pub(super) fn filling(head: &Head) -> Vec<&'static str> {
    let mut args = vec!["hook", "prewarm", "--run"];
    if *head == Head::WorkTree {
        args.push("--worktree");
    }
    args
}

/// Starts filling the cache for a head, in the background.
pub(super) fn start_filling(head: &Head) {
    if let Ok(program) = own_path() {
        let _ = start_detached(&program, &filling(head));
    }
}

/// What the file says about a check that is watched.
const WATCHED: &[u8] = b"watched";

/// Waits for the check that holds a file; whether it was killed. One that ends by itself removes the file.
fn was_killed(file: &Path) -> bool {
    const STEP: Duration = Duration::from_millis(50);
    leave_group();
    // From now on what ends the check's group does not end this; the check may have removed the file meanwhile.
    let open = fs::OpenOptions::new().write(true).open(file);
    let _ = open.and_then(|mut f| f.write_all(WATCHED));
    while file.exists() {
        if !in_background(file) && file.exists() {
            let _ = fs::remove_file(file);
            return true;
        }
        std::thread::sleep(STEP);
    }
    false
}

fn fill(mut session: Session, wanted: Option<Head>) {
    let started = Instant::now();
    let repo = &session.repo;
    let folder = repo.common_dir().join("newgate");
    if !folder.is_dir() {
        // The cache makes it with the right permissions.
        session.cache();
    }
    let outcome_file = outcome_file(repo);
    let Ok(_background) = Background::enter(&lock(repo)) else {
        return;
    };
    std::thread::sleep(PAUSE);
    let mut head = String::new();
    let done = match interrupted() {
        true => Err(Error::new(ErrorKind::Interrupted, "stopped")),
        false => judge(&mut session, wanted, started, &mut head),
    };
    let outcome = match done {
        Ok(left) if left.is_empty() => "done".to_owned(),
        Ok(left) => format!("incomplete: {}", left.join("; ")),
        Err(e) if e.kind() == ErrorKind::Interrupted => "stopped".to_owned(),
        Err(e) => e.chain(),
    };
    let outcome = Outcome {
        time: now(),
        head,
        outcome,
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let text = serde_json::to_vec(&outcome).expect("plain data");
    let _ = super::output::write_anew(&outcome_file, |out| out.write_all(&text));
}

/// Runs a check, and returns what could not be scanned.
fn judge(
    session: &mut Session,
    wanted: Option<Head>,
    started: Instant,
    head: &mut String,
) -> Result<Vec<String>> {
    let mut scratch = Scratch::new();
    let change = match wanted {
        None => session.change_by_default()?,
        Some(wanted) => {
            let target = session.target(None, None)?.1.target;
            session.choose(wanted, Against::Target, target, &mut scratch)?
        }
    };
    change.head.as_str().clone_into(head);
    let gate = Gate {
        deadline: Some(started + LONGEST),
        // Results are cached, but the verdict is not recorded.
        unrecorded: true,
        jobs: (jobs() / 2).max(1),
        ..session.gate()
    };
    let scanners = gate.judge(change)?.scanners.into_iter();
    let failed = scanners.filter(|s| s.state != ScannerState::Ok);
    Ok(failed
        .map(|s| format!("{} is {}", s.name, s.state.name()))
        .collect())
}

/// Stops the background scan, so that a real check has the machine for itself.
pub(super) fn make_way(repo: &Repository) {
    let lock: &Path = &lock(repo);
    if lock.exists() {
        crate::process::stop_background(lock);
    }
}
