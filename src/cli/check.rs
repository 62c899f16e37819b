use std::path::PathBuf;

use clap::Args;

use super::agents::Patience;
use super::ingest::{How, descriptor_of, take_reports};
use super::last;
use super::output::Output;
use super::prewarm::make_way;
use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::ingest::{Over, RanIn};
use crate::gate::{ConfigSource, Gate, ingest};
use crate::git::{Against, Head, Request, Scratch};
use crate::model::{Change, RepoPath, Verdict, shell_word};

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The commit to check
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    head: String,
    /// Check the index against the last commit
    #[arg(long, conflicts_with = "head")]
    staged: bool,
    /// Check the work tree against the last commit, including untracked files that are not ignored
    #[arg(long, conflicts_with_all = ["head", "staged"])]
    worktree: bool,
    /// Check the result of merging the head into the target
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
    /// Include a report of a scanner that ran elsewhere on the head; can be repeated
    #[arg(long, value_name = "REPORT")]
    results: Vec<PathBuf>,
    /// The scanner of `--results`, instead of the tool that the report names
    #[arg(long, value_name = "SCANNER", requires = "results")]
    results_scanner: Option<String>,
    /// Where the scanner of `--results` ran: a folder of the repository, or the repository's absolute path on that
    /// machine
    #[arg(long, value_name = "FOLDER", requires = "results")]
    results_folder: Option<String>,
    /// Where to place results about packages that name no file of the repository: a file such as
    /// `pom.xml`
    #[arg(long, value_name = "PATH", requires = "results")]
    results_file: Option<String>,
    /// Check as a server does: ignore the change's own exemptions, and refuse scanners that execute its
    /// code
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
    pub(super) fn run(mut self, screen: &Resolved) -> Result<Verdict> {
        self.output.again = Some(self.again());
        let mut session = Session::open()?;
        make_way(&session.repo);
        let (remote, choice) = session.target(None, self.target.as_deref())?;
        let mut scratch = Scratch::new();
        let request = Request {
            head: self.head(),
            against: self.against(),
            target: choice.target,
            // A server has no other remotes to ask.
            remote: remote.filter(|_| !self.enforce),
        };
        let mut change = session.choose_as(&request, &mut scratch)?;
        change.notes.extend(choice.note);
        let config_from = match self.config_from {
            From::Target => ConfigSource::Target,
            From::Head => ConfigSource::Head,
        };
        let given = self.take_results(&session, &change, config_from)?;
        let patience = Patience::beside(&session.repo, self.head());
        let progress = screen.progress();
        let gate = Gate {
            config_from,
            given: &given,
            enforce: self.enforce,
            progress: &|done, total| progress.tell(done, total),
            list_unchanged: screen.verbose || self.output.lists_all(),
            ..session.gate()
        };
        let report = gate.judge(change)?;
        drop((progress, patience));
        let mut reports = [report];
        last::keep(&session.repo, &reports);
        self.output
            .write(&session, &mut reports, screen, Stream::Out)
    }

    /// The command that checks the same again.
    fn again(&self) -> String {
        let mut words = vec!["newgate", "check"];
        let flags = [
            (self.staged, "--staged"),
            (self.worktree, "--worktree"),
            (self.merge, "--merge"),
            (self.no_base, "--no-base"),
            (self.enforce, "--enforce"),
        ];
        words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, flag)| *flag));
        let head = Some(&self.head).filter(|h| *h != "HEAD");
        let results: Vec<String> = self
            .results
            .iter()
            .map(|r| r.display().to_string())
            .collect();
        words.extend(results.iter().flat_map(|r| ["--results", r]));
        let named = [
            ("--results-scanner", self.results_scanner.as_ref()),
            ("--results-folder", self.results_folder.as_ref()),
            ("--head", head),
            ("--base", self.base.as_ref()),
            ("--target", self.target.as_ref()),
        ];
        for (option, value) in named {
            words.extend(value.into_iter().flat_map(|v| [option, v.as_str()]));
        }
        if self.config_from == From::Head {
            words.extend(["--config-from", "head"]);
        }
        words.extend(["--format", "agent"]);
        let words: Vec<String> = words.into_iter().map(shell_word).collect();
        words.join(" ")
    }

    fn head(&self) -> Head {
        match (self.staged, self.worktree) {
            (true, _) => Head::Index,
            (_, true) => Head::WorkTree,
            _ => Head::Revision(self.head.clone()),
        }
    }

    fn against(&self) -> Against {
        match &self.base {
            Some(revision) => Against::Revision(revision.clone()),
            None if self.no_base => Against::Nothing,
            None if self.merge => Against::Merge,
            None => Against::Target,
        }
    }

    /// Keeps the reports that `--results` names; returns the scanners that they are of.
    fn take_results(
        &self,
        session: &Session,
        change: &Change,
        config_from: ConfigSource,
    ) -> Result<Vec<String>> {
        if self.results.is_empty() {
            return Ok(Vec::new());
        }
        let own = session.commit_and_tree(change.head.as_str())?.1;
        if own != change.head_tree {
            let text = "the reports are about the head, but `--merge` checks the merged tree";
            return Err(Error::new(ErrorKind::Usage, text).hint(
                "check the head without `--merge`, or check out the merge, scan it, and check that",
            ));
        }
        let settings = session.gate().settings(change, config_from)?;
        let file = self.results_file.as_deref().map(RepoPath::from);
        let how = How {
            named: self.results_scanner.as_deref(),
            format: None,
            ran_in: RanIn {
                folder: self.results_folder.as_deref(),
                file: file.as_ref(),
            },
            about: (&change.head, &change.head_tree),
        };
        let mut given = Vec::new();
        for (scanner, of) in take_reports(session, &settings.catalog, &self.results, how)? {
            let descriptor = descriptor_of(&settings, &scanner)?;
            ingest::keep(
                &session.repo,
                session.cache(),
                &descriptor,
                &change.head_tree,
                of,
                Over::Replace,
            )?;
            given.push(scanner);
        }
        Ok(given)
    }
}
