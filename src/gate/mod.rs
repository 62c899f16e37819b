//! One change, judged: the flow from trees to a report.
//!
//! change -> terms (`settings`) -> plan (`planned`) -> `evidence` -> comparison (`outcome`) -> issues,
//! `verdict` and report. Each step makes a value of the one before; this module is the only one that sees
//! all the steps.

mod build;
mod clock;
mod compared;
mod elsewhere;
mod evidence;
mod frame;
mod given;
mod history;
pub mod ingest;
mod large_files;
mod links;
mod listing;
mod locks;
mod messages;
mod outcome;
mod own_files;
mod planned;
mod prints;
mod scanners;
mod settings;
pub mod shared;
mod suppressions;
mod target;
mod unchanged;
mod verdict;

use std::collections::BTreeMap;
use std::time::Instant;

use crate::cache::{Cache, now};
use crate::compare::Content;
use crate::error::{ErrorKind, Result};
use crate::git::Repository;
use crate::mask;
use crate::model::{Change, FileVersion, Finding, GateRun, Oid, RepoPath, Report, Severity};
use crate::policy::{self, Policy, Suppressions};
use crate::scan::{Advance, Resolver, SecretKey, UnitResult};

use clock::Clock;

pub use build::{Built, Shard, build_baseline, build_built_in, known_of_baseline};
pub use own_files::{read_server, read_tree, rule_mistakes};
pub use settings::{ConfigSource, Settings};
pub use target::{Choice, target_for};

/// Which of the scanners that are on run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Each of them.
    #[default]
    All,
    /// Those inside newgate, which start no program.
    BuiltIn,
}

/// What a check works with.
pub struct Gate<'a> {
    /// The repository.
    pub repo: &'a Repository,
    /// Its cache.
    pub cache: &'a Cache,
    /// Where configuration is read from.
    pub config_from: ConfigSource,
    /// Scanners whose results were given for this very run, besides those that the configuration
    /// says.
    pub given: &'a [String],
    /// Which of the scanners that are on run.
    pub wanted: Wanted,
    /// Whether nothing that the change says for itself counts, as on a server.
    pub enforce: bool,
    /// When the verdict must be there.
    pub deadline: Option<Instant>,
    /// How many processes may run at once.
    pub jobs: usize,
    /// Receives the progress of the scans, and the amount of work.
    pub progress: &'a (dyn Fn(&Advance<'_>, usize) + Sync),
    /// Receives the time at which the process must end, in case a step does not look at the clock.
    pub must_end_by: &'a (dyn Fn(Instant) + Sync),
    /// Whether the report lists inherited issues of files that the change does not touch.
    pub list_unchanged: bool,
    /// Whether nobody waits for it: the history does not keep the check, and the budget of time does not hold.
    pub unrecorded: bool,
}

impl std::fmt::Debug for Gate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("repo", &self.repo)
            .finish_non_exhaustive()
    }
}

impl<'a> Gate<'a> {
    /// A gate before a push or by hand, that tells nobody how far it is.
    pub fn new(repo: &'a Repository, cache: &'a Cache, jobs: usize) -> Gate<'a> {
        Gate {
            repo,
            cache,
            config_from: ConfigSource::Target,
            given: &[],
            wanted: Wanted::All,
            enforce: false,
            deadline: None,
            jobs,
            progress: &|_, _| {},
            must_end_by: &|_| {},
            list_unchanged: false,
            unrecorded: false,
        }
    }
}

impl Gate<'_> {
    /// Judges a change.
    ///
    /// # Errors
    /// The configuration has mistakes, git could not answer, or somebody asked to stop. What a
    /// scanner did wrong is part of the report.
    pub fn judge(&self, change: Change) -> Result<Report> {
        let started = Instant::now();
        let clock = Clock::new(self.deadline);
        let source = match (self.enforce, self.config_from) {
            (true, ConfigSource::Target) => ConfigSource::Enforced,
            (_, source) => source,
        };
        let mut settings = self.settings(&change, source)?;
        settings.give(self.given);
        if self.wanted == Wanted::BuiltIn {
            settings.keep_built_in()?;
        }
        clock.allow(settings.config.budget.filter(|_| !self.unrecorded));
        if let Some(end) = clock.scans_end() {
            self.cache.hurry(end);
        }
        if let Some(end) = clock.end().filter(|_| !self.unrecorded) {
            (self.must_end_by)(end);
        }
        let policy = self.policy(&settings)?;
        let block_at = policy.block_at;
        let mut report = match self.judged(&settings, policy, change.clone(), &clock) {
            Err(e) if e.kind() == ErrorKind::OutOfTime => {
                verdict::late_report(change, block_at, clock.phase())
            }
            other => other?,
        };
        // All that is told about the change goes through here: no format has to think of secrets.
        report.rewrite(&mask::shown);
        report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !self.unrecorded {
            self.remember(&report);
        }
        report.notes.extend(self.cache.lost());
        Ok(report)
    }

    /// The flow: each step makes a value of the one before.
    fn judged(
        &self,
        settings: &Settings,
        policy: Policy,
        change: Change,
        clock: &Clock,
    ) -> Result<Report> {
        let (planned, mut told) = self.plan(settings, policy, change, clock)?;
        let evidence = evidence::gather(&planned, settings)?;
        let outcome = outcome::of(&planned, evidence)?;
        told.add(outcome.told);
        let found = (outcome.located, outcome.results);
        verdict::report(planned, settings, found, told)
    }

    /// The policy for today, with the exemptions that count here: those that the change itself brings
    /// count only where nothing is enforced.
    fn policy(&self, settings: &Settings) -> Result<Policy> {
        const DAY: i64 = 24 * 60 * 60;
        let mut policy = settings.config.policy.clone();
        policy.today = now() / DAY;
        policy.exemptions.clone_from(&settings.exemptions);
        if !self.enforce || settings.config.trust.exemptions_of_head {
            policy.exemptions.extend(settings.pending.iter().cloned());
        }
        if policy.suppressions == Suppressions::Block {
            policy.rules.insert(0, suppressions::rule()?);
        }
        Ok(policy)
    }

    fn resolver<'s>(&'s self, key: &'s SecretKey, deadline: Option<Instant>) -> Resolver<'s> {
        Resolver {
            repo: self.repo,
            cache: self.cache,
            key,
            jobs: self.jobs,
            deadline,
            progress: self.progress,
        }
    }

    fn remember(&self, report: &Report) {
        let counts = report.counts();
        let inherited = counts.inherited.total() + counts.grown.total();
        let at_base = inherited + counts.fixed.total();
        self.cache.record(&GateRun {
            time: report.time,
            head: report.change.head.to_string(),
            target: report.change.target.clone().unwrap_or_default(),
            verdict: report.verdict,
            new: counts.new.total(),
            grown: counts.grown.total(),
            inherited: counts.inherited.total(),
            fixed: counts.fixed.total(),
            base: report.change.base.as_ref().map(ToString::to_string),
            at_base: (report.never_scanned == Some(0)).then_some(at_base),
        });
    }
}

/// The findings of all units of one side.
fn all_findings(results: &BTreeMap<FileVersion, UnitResult>) -> Vec<Finding> {
    results
        .values()
        .flat_map(|r| r.findings.iter().cloned())
        .collect()
}

/// Whether a finding could block the change.
fn could_block(policy: &Policy, finding: &Finding) -> bool {
    policy::could_block(policy, Severity::of(finding.score))
}

/// The tree of a commit or tree.
fn tree_of(repo: &Repository, oid: &Oid) -> Result<Option<Oid>> {
    Ok(match repo.peel(oid)? {
        Some(crate::git::Peeled::Commit { tree, .. } | crate::git::Peeled::Tree(tree)) => {
            Some(tree)
        }
        _ => None,
    })
}

/// A file's content for the comparison.
fn content_of(repo: &Repository, file: &FileVersion) -> Result<Content> {
    Ok(Content::of(repo.blob(&file.blob)?))
}

/// The file whose content scanners see at a path: what a link leads to, where that is in the tree.
fn behind(repo: &Repository, tree: &Oid, file: &FileVersion) -> Result<FileVersion> {
    let led = match file.is_link() {
        true => repo.behind(tree, file)?,
        false => None,
    };
    Ok(led.unwrap_or_else(|| file.clone()))
}

/// A file's content as text for people; bytes that are not UTF-8 are replaced.
fn text_of(repo: &Repository, file: &FileVersion) -> Result<String> {
    Ok(String::from_utf8(repo.blob(&file.blob)?)
        .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

/// The path of a file that the project keeps for newgate.
fn own_path(path: &str) -> RepoPath {
    RepoPath::from(path)
}
