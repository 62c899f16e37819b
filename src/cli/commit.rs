//! The hook that git runs before a commit: what is staged, against the last commit, with the scanners that are built in,
//! so that nobody waits for it.

use clap::Args;

use super::kept::Kept;
use super::last;
use super::output::Output;
use super::prewarm::make_way;
use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Gate, Wanted};
use crate::git::{Against, Head, Peeled, Repository, Scratch};
use crate::model::{OtherTree, Verdict};

/// The setting of git that says which scanners run before a commit.
const SETTING: &str = "newgate.commitScanners";

#[derive(Debug, Args)]
pub(super) struct PreCommit {
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    output: Output,
}

impl PreCommit {
    pub(super) fn run(mut self, screen: &Resolved) -> Result<Verdict> {
        self.kept.allows(&[], b"", screen)?;
        let mut session = Session::open()?;
        make_way(&session.repo);
        let target = session.target(None, None)?.1.target;
        let mut scratch = Scratch::new();
        let mut change = session.choose(Head::Index, Against::Target, target, &mut scratch)?;
        change.others.extend(merged(&session.repo)?);
        let progress = screen.progress();
        let gate = Gate {
            progress: &|done, total| progress.tell(done, total),
            list_unchanged: screen.verbose || self.output.lists_all(),
            wanted: wanted(&session.repo)?,
            ..session.gate()
        };
        let mut reports = [gate.judge(change)?];
        drop(progress);
        last::keep(&session.repo, &reports);
        self.output.again = Some("newgate check --staged --format agent".to_owned());
        let passes = reports.iter().all(|r| r.verdict == Verdict::Pass);
        if passes && !screen.verbose && self.output.is_plain() {
            // Who commits has not asked for anything.
            return Ok(Verdict::Pass);
        }
        self.output
            .write(&session, &mut reports, screen, Stream::Error)
    }
}

fn wanted(repo: &Repository) -> Result<Wanted> {
    match repo.config(SETTING)?.as_deref() {
        None | Some("built-in") => Ok(Wanted::BuiltIn),
        Some("all") => Ok(Wanted::All),
        Some(other) => Err(Error::new(
            ErrorKind::Config,
            format!("`{SETTING}` is `{other}`, but only `built-in` and `all` are supported"),
        )
        .hint(format!("`git config {SETTING} built-in`"))),
    }
}

/// The commits that are merged into the one that is made: what they have is not new with it.
fn merged(repo: &Repository) -> Result<Vec<OtherTree>> {
    const FILE: &str = "MERGE_HEAD";
    if !repo.git_dir().join(FILE).is_file() {
        return Ok(Vec::new());
    }
    let Some(oid) = repo.resolve(FILE)? else {
        return Ok(Vec::new());
    };
    Ok(match repo.peel(&oid)? {
        Some(Peeled::Commit { commit, tree }) => vec![OtherTree {
            name: "the merged branch".to_owned(),
            commit,
            tree,
        }],
        _ => Vec::new(),
    })
}
