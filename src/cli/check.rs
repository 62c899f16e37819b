use std::path::PathBuf;

use clap::Args;

use super::ingest::{How, descriptor_of, take_reports};
use super::last;
use super::output::Output;
use super::prewarm::make_way;
use super::screen::{Resolved, Stream};
use crate::cache::Cache;
use crate::error::{Error, Kind, Result};
use crate::gate::ingest::Over;
use crate::gate::{ConfigSource, Gate, Settings, ingest, target_for};
use crate::git::{Head, Repository, Request, Scratch, choose, find_remote};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The commit to judge
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    head: String,
    /// Judge what is in the index against the last commit
    #[arg(long, conflicts_with = "head")]
    staged: bool,
    /// Judge what is in the work tree (new files that git does not ignore among them) against the
    /// last commit
    #[arg(long, conflicts_with_all = ["head", "staged"])]
    worktree: bool,
    /// Judge what merging the head into the target would make, against the target's tip
    #[arg(long, conflicts_with_all = ["staged", "worktree", "base", "no_base"])]
    merge: bool,
    /// The commit to compare with, instead of the merge base with the target
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Compare with nothing: list everything as new
    #[arg(long, conflicts_with = "base")]
    no_base: bool,
    /// The branch that the change is meant for, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
    /// Where to read `.newgate` and the scanners' configuration from
    #[arg(long, value_name = "SIDE", default_value = "target")]
    config_from: From,
    /// Take in a report of a scanner that ran elsewhere on the head, and judge it too; may be given
    /// several times
    #[arg(long, value_name = "REPORT")]
    results: Vec<PathBuf>,
    /// The scanner that `--results` is of, instead of the tool that it names
    #[arg(long, value_name = "SCANNER", requires = "results")]
    results_scanner: Option<String>,
    /// Let nothing count that the change says for itself: exemptions of its own, scanners that would
    /// execute its code
    #[arg(long, conflicts_with = "config_from")]
    enforce: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum From {
    /// The target, as the gate does
    Target,
    /// The change itself, to try out an edit
    Head,
}

impl Check {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let mut repo = Repository::open_from_env()?;
        make_way(&repo);
        let (remote, _) = find_remote(&repo, None)?;
        let choice = target_for(&repo, remote.as_deref(), self.target.as_deref())?;
        let head = match (self.staged, self.worktree) {
            (true, _) => Head::Index,
            (_, true) => Head::WorkTree,
            _ => Head::Revision(self.head),
        };
        let request = Request {
            head,
            base: self.base,
            target: choice.target,
            merge: self.merge,
            no_base: self.no_base,
        };
        let mut scratch = Scratch::new();
        let mut change = choose(&mut repo, &request, &mut scratch)?;
        change.notes.extend(choice.note);
        let cache = Cache::open(repo.common_dir());
        let config_from = match self.config_from {
            From::Target => ConfigSource::Target,
            From::Head => ConfigSource::Head,
        };
        let mut given = Vec::new();
        if !self.results.is_empty() {
            let own = super::commit_and_tree(&repo, change.head.as_str())?.1;
            if own != change.head_tree {
                let text = "the reports are of the head, and what is judged is the tree that the merge makes";
                return Err(Error::new(Kind::Usage, text).hint(
                    "judge the head without `--merge`, or check the merge out, scan that, and judge it",
                ));
            }
            let settings = Settings::read(&repo, &change, config_from)?;
            let how = How {
                named: self.results_scanner.as_deref(),
                format: None,
                about: (&change.head, &change.head_tree),
            };
            let taken = take_reports(&repo, &cache, &settings.catalog, &self.results, how)?;
            for (scanner, of) in taken {
                let descriptor = descriptor_of(&settings, &scanner)?;
                ingest::keep(
                    &repo,
                    &cache,
                    &descriptor,
                    &change.head_tree,
                    of,
                    Over::Replace,
                )?;
                given.push(scanner);
            }
        }
        let progress = screen.progress();
        let gate = Gate {
            config_from,
            given: &given,
            enforce: self.enforce,
            progress: &|done, total| progress.tell(done, total),
            list_unchanged: screen.verbose || self.output.lists_all(),
            ..Gate::new(&repo, &cache, super::jobs())
        };
        let report = gate.judge(change)?;
        drop(progress);
        let mut reports = [report];
        last::keep(&repo, &reports);
        self.output
            .write(&repo, &cache, &mut reports, screen, Stream::Out)
    }
}
