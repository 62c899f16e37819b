//! One change, judged: the flow from trees to a report.
//!
//! change -> plan -> resolve -> compare -> group -> judge -> report. Data goes one way; this module
//! is the only one that sees all the steps.

mod build;
mod clock;
mod compared;
mod frame;
mod given;
mod history;
pub mod ingest;
mod links;
mod listing;
mod prints;
mod scanners;
mod settings;
pub mod shared;
mod suppressions;
mod target;
mod tip;

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use crate::cache::{Cache, now};
use crate::compare::{Content, Located, group};
use crate::error::{Kind, Result};
use crate::git::{Peeled, Repository};
use crate::model::{
    Change, Containment, FileChange, FileVersion, Finding, Gap, GateRun, Issue, Mode, Note, Oid,
    Phase, RepoPath, Report, ScannerReport, ScannerState, Severity, SkippedScanner, TimeLimit,
    Verdict, harmless,
};
use crate::policy::{self, Policy, Suppressions};
use crate::scan::{
    Need, Plan, Resolved, Resolver, Scanner, SecretKey, Side, Trees, UnitResult, hints_for, plan,
    resolve,
};

use clock::Clock;

pub use build::{Built, Shard, build_baseline, build_built_in};
pub use settings::{ConfigSource, Settings};
pub use settings::{read_server, read_tree};
pub use target::{Choice, target_for};

/// What a judgement works with.
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
    /// Whether nothing that the change says for itself counts, as on a server.
    pub enforce: bool,
    /// When the verdict must be there.
    pub deadline: Option<Instant>,
    /// How many processes may run at once.
    pub jobs: usize,
    /// Told how many files are scanned, and of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Told when the process has to have ended, should a step not look at the clock.
    pub must_end_by: &'a (dyn Fn(Instant) + Sync),
    /// Whether the report lists inherited issues of files that the change does not touch.
    pub list_unchanged: bool,
    /// Whether nobody waits for it: the history does not keep the judgement, and the budget of time does
    /// not hold.
    pub unrecorded: bool,
}

impl std::fmt::Debug for Gate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("repo", &self.repo)
            .finish_non_exhaustive()
    }
}

/// A change on its way through the gate.
struct Judging<'a> {
    gate: &'a Gate<'a>,
    change: Change,
    key: SecretKey,
    clock: &'a Clock,
    policy: Policy,
    scanners: Vec<Scanner>,
    changes: Vec<FileChange>,
    plans: Vec<Plan>,
    notes: Vec<Note>,
    /// What could not be found out, besides what scanners failed at.
    unknown: Vec<Gap>,
    /// What the time was too short for, besides scans.
    late: Option<Phase>,
}

impl<'a> Gate<'a> {
    /// A gate before a push or by hand, that tells nobody how far it is.
    pub fn new(repo: &'a Repository, cache: &'a Cache, jobs: usize) -> Gate<'a> {
        Gate {
            repo,
            cache,
            config_from: ConfigSource::Target,
            given: &[],
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
            Err(e) if e.kind() == Kind::OutOfTime => late_report(change, block_at, clock.phase()),
            other => other?,
        };
        report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !self.unrecorded {
            self.remember(&report);
        }
        report.notes.extend(self.cache.lost());
        Ok(report)
    }

    fn judged(
        &self,
        settings: &Settings,
        policy: Policy,
        change: Change,
        clock: &Clock,
    ) -> Result<Report> {
        self.trust(settings)?;
        let scanners = self.scanners(settings)?;
        let mut changes = self
            .repo
            .diff(change.base_tree.as_ref(), &change.head_tree)?;
        clock.check()?;
        links::add_led(self, &change, &scanners, &mut changes)?;
        let content = |file: &FileVersion| {
            clock.check()?;
            self.repo.blob(&file.blob)
        };
        let trees = Trees {
            head: Some(change.head_tree.clone()),
            base: change.base_tree.clone(),
        };
        let behind = |file: &FileVersion, side| {
            let tree = match side {
                Side::Head => trees.head.as_ref(),
                Side::Base => trees.base.as_ref(),
            };
            tree.map_or(Ok(None), |tree| self.repo.behind(tree, file))
        };
        let plans = plan(&scanners, &changes, &trees, &content, &behind)?;
        let mut scanners = scanners;
        let mut notes = self.cache.notes().to_vec();
        if settings.config.auto_install {
            notes.extend(self.install_missing(settings, &mut scanners, &plans)?);
        }
        notes.extend(change.notes.iter().cloned());
        notes.extend(settings.notes(self.repo, &change, &scanners, &changes)?);
        let unknown = settings.broken(self.repo, &change, &changes);
        let mut unknown: Vec<Gap> = unknown.into_iter().collect();
        let history = scanners.iter().any(|s| s.descriptor.history());
        let compared = change.base.as_ref().is_some_and(|b| *b != change.head);
        if history
            && compared
            && matches!(self.repo.peel(&change.head)?, Some(Peeled::Commit { .. }))
        {
            let cut = self.repo.cut_off(&change.head, &change.known)?;
            if let Some(first) = cut.first() {
                unknown.push(Gap::HistoryCutOff {
                    commit: first.clone(),
                });
            }
        }
        clock.check()?;
        let judging = Judging {
            clock,
            key: SecretKey::new(self.cache.secret_key()),
            gate: self,
            change,
            policy,
            scanners,
            changes,
            plans,
            notes,
            unknown,
            late: None,
        };
        judging.run(settings)
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
        self.cache.record(&GateRun {
            time: report.time,
            head: report.change.head.to_string(),
            target: report.change.target.clone().unwrap_or_default(),
            verdict: report.verdict,
            new: counts.new.total(),
            grown: counts.grown.total(),
            inherited: counts.inherited.total(),
            fixed: counts.fixed.total(),
        });
    }
}

impl Judging<'_> {
    fn run(mut self, settings: &Settings) -> Result<Report> {
        let with = self.gate.resolver(&self.key, self.clock.scans_end());
        let mut resolved = resolve(with, &self.scanners, &self.plans, self.need())?;
        let mut against = vec![None; self.scanners.len()];
        for index in 0..self.scanners.len() {
            if self.scanners[index].given {
                against[index] = given::take(&mut self, settings, index, &mut resolved[index])?;
            }
        }
        self.clock.begin(Phase::History);
        let brought = history::brought(&self, &mut resolved);
        let brought = self.in_time(Phase::History, brought)?;
        let mut located: Vec<Located> = Vec::new();
        let mut passed_over = Vec::new();
        self.clock.begin(Phase::Comparison);
        let asked_again = tip::other_tree(&self)?.is_some();
        let compared = compared::Compared::new(&self, &mut resolved, &against, asked_again);
        let mut compared = self.in_time(Phase::Comparison, compared)?;
        self.notes.extend(compared.notes());
        for (index, one) in resolved.iter().enumerate() {
            let unknown = unread_files(&self, index, one, &compared, &mut passed_over)?;
            self.unknown.extend(unknown);
            let mut own = compared.take_located(index);
            match located.is_empty() {
                true => located = own,
                false => located.append(&mut own),
            }
        }
        self.notes.append(&mut passed_over);
        let silenced = match self.policy.suppressions {
            Suppressions::Allow => Vec::new(),
            how => {
                self.clock.begin(Phase::Suppressions);
                let added = suppressions::added(&self, &compared);
                let late = self.late;
                let added = self.in_time(Phase::Suppressions, added)?;
                if how == Suppressions::Warn && self.late != late {
                    // They would only have been told.
                    self.late = late;
                    self.notes.push(Note::SuppressionsUnsearched);
                }
                added
            }
        };
        for added in silenced {
            match self.policy.suppressions {
                Suppressions::Block => located.extend(added.located()?),
                _ => self.notes.push(added.note()),
            }
        }
        drop(compared);
        for item in &mut located {
            self.policy.reassess(&mut item.finding);
        }
        self.clock.begin(Phase::Tip);
        tip::inherit_from_tip(&self, &mut resolved, &mut located)?;
        // From here on, what was found is in `located` alone.
        for one in &mut resolved {
            one.head.clear();
            one.base.clear();
        }
        located.extend(brought);
        for finding in located.iter_mut().map(|l| &mut l.finding) {
            if finding.overridden.is_none() {
                self.policy.reassess(finding);
            }
        }
        self.clock.begin(Phase::Policy);
        let mut issues = group(located, &self.names(), &BTreeMap::new());
        prints::add_prints(&self, &mut issues)?;
        policy::judge_issues(&self.policy, &mut issues);
        let scanners: Vec<ScannerReport> = self
            .scanners
            .iter()
            .zip(resolved)
            .zip(&self.plans)
            .map(|((scanner, one), plan)| ScannerReport {
                name: scanner.descriptor.name().to_owned(),
                version: scanner.version.clone(),
                homepage: scanner.descriptor.homepage().to_owned(),
                scanned: one.scanned,
                cached: one.cached,
                skipped: plan.skipped,
                milliseconds: one.milliseconds,
                state: one.state,
                limit: one.limit,
                containment: containment(scanner, &one),
                detail: harmless(&one.detail),
                at_base: one.at_base,
                installable: one.installable,
            })
            .collect();
        let late_scanner = scanners.iter().any(|s| s.limit == Some(TimeLimit::Budget));
        let out_of_time = late_scanner || self.late.is_some();
        let open = !self.unknown.is_empty();
        let verdict = match policy::verdict(&self.policy, &issues, &scanners, open) {
            // Whatever a scanner that failed means: here nobody judged what was found.
            Verdict::Pass if self.late.is_some() => Verdict::Incomplete,
            verdict => verdict,
        };
        let failed = open || scanners.iter().any(|s| s.state != ScannerState::Ok);
        if failed && verdict == Verdict::Pass {
            self.notes.push(Note::IncompleteAllowed);
        }
        // After the verdict: what happens to be known of unchanged files must not decide anything.
        let elsewhere = self.add_unchanged(&mut issues)?;
        frame::add_frames(&self, &mut issues);
        if elsewhere.shared_files > 0 {
            self.notes.push(Note::SharedBaseline {
                files: elsewhere.shared_files,
            });
        }
        Ok(Report {
            verdict,
            available: available(settings, &self.scanners, &self.changes),
            without_scanner: without_scanner(&self.changes, &self.plans),
            change: self.change,
            issues,
            scanners,
            never_scanned: elsewhere.never_scanned,
            lists_unchanged: self.gate.list_unchanged,
            block_at: self.policy.block_at,
            out_of_time,
            late: self.late,
            notes: self.notes,
            unknown: self.unknown,
            time: now(),
            milliseconds: 0,
            repository: None,
        })
    }
}

/// The report of a change for which the time was too short before anything could be judged.
fn late_report(change: Change, block_at: Severity, phase: Phase) -> Report {
    Report {
        verdict: Verdict::Incomplete,
        change,
        issues: Vec::new(),
        scanners: Vec::new(),
        available: Vec::new(),
        without_scanner: 0,
        never_scanned: None,
        lists_unchanged: false,
        block_at,
        notes: Vec::new(),
        out_of_time: true,
        late: Some(phase),
        unknown: Vec::new(),
        time: now(),
        milliseconds: 0,
        repository: None,
    }
}

impl Judging<'_> {
    /// The outcome of a phase; what the time was too short for is left out, and that is kept in mind.
    fn in_time<T: Default>(&mut self, phase: Phase, done: Result<T>) -> Result<T> {
        match done {
            Err(e) if e.kind() == Kind::OutOfTime => {
                self.late.get_or_insert(phase);
                Ok(T::default())
            }
            other => other,
        }
    }

    /// What the base is wanted for. A server shows what blocks, not what is fixed.
    fn need(&self) -> Need {
        match (self.policy.asks_what_is_fixed(), self.change.mode) {
            (true, _) => Need::Always,
            (false, Mode::Server) => Need::Comparison,
            (false, _) => Need::Listing,
        }
    }

    /// The scanners' names, in the order of the configuration.
    fn names(&self) -> Vec<String> {
        let names = self.scanners.iter();
        names.map(|s| s.descriptor.name().to_owned()).collect()
    }

    /// Adds what is known of files that the change does not touch to issues that were judged.
    fn add_unchanged(&self, issues: &mut Vec<Issue>) -> Result<listing::Elsewhere> {
        if self.clock.is_over() {
            return Ok(listing::Elsewhere::default());
        }
        let mut elsewhere = listing::elsewhere(self)?;
        let mut located = std::mem::take(&mut elsewhere.located);
        let samples = elsewhere.issues.values_mut().map(|(finding, _)| finding);
        for finding in located.iter_mut().map(|l| &mut l.finding).chain(samples) {
            self.policy.reassess(finding);
        }
        let mut unchanged = group(located, &self.names(), &elsewhere.issues);
        prints::add_prints(self, &mut unchanged)?;
        policy::tell_unchanged(&self.policy, &mut unchanged);
        listing::add(issues, unchanged);
        listing::add_shared(issues, &elsewhere.shared);
        Ok(elsewhere)
    }
}

/// What the processes of a scanner were kept from, if any were started.
fn containment(scanner: &Scanner, one: &Resolved) -> Containment {
    let tried = one.scanned > 0 || !matches!(one.state, ScannerState::Ok | ScannerState::Missing);
    match scanner.program.is_some() && tried {
        true => scanner.containment(),
        false => Containment::NotRun,
    }
}

/// Files that a scanner cannot read now and could read before (or that are new), so that what is in them
/// is not known. One that it could not read before either is only noted.
fn unread_files(
    judging: &Judging<'_>,
    index: usize,
    resolved: &Resolved,
    compared: &compared::Compared,
    notes: &mut Vec<Note>,
) -> Result<Vec<Gap>> {
    let name = judging.scanners[index].descriptor.name();
    let mut open = Vec::new();
    for (file, result) in &resolved.head {
        let Some(why) = &result.unread else {
            continue;
        };
        let before = compared.old_path(judging, &file.path)?;
        let old = resolved
            .base
            .iter()
            .find(|(f, _)| Some(&f.path) == before.as_ref());
        let unread_before =
            old.is_some_and(|(_, r): (&FileVersion, &UnitResult)| r.unread.is_some());
        let (scanner, path, why) = (name.to_owned(), file.path.clone(), why.clone());
        // Where the gate is enforced, what is in a file that nobody can read is not let in.
        match unread_before && !judging.gate.enforce {
            true => notes.push(Note::UnreadBefore { scanner, path, why }),
            false => open.push(Gap::Unread { scanner, path, why }),
        }
    }
    Ok(open)
}

/// Scanners of the catalogue that are off and would read files of the change, by name alone: a hint is
/// not worth reading files for.
fn available(settings: &Settings, on: &[Scanner], changes: &[FileChange]) -> Vec<SkippedScanner> {
    let mut files: BTreeMap<&str, u64> = BTreeMap::new();
    for file in changes.iter().filter_map(|c| c.new.as_ref()) {
        let path = file.path.as_str().filter(|_| file.is_regular());
        for name in path.into_iter().flat_map(hints_for) {
            *files.entry(name).or_default() += 1;
        }
    }
    let told = |name: &str| {
        on.iter().any(|s| s.descriptor.name() == name)
            || settings.config.settings.contains_key(name)
    };
    let all = files.into_iter().filter(|(name, _)| !told(name));
    let all = all.map(|(name, files)| SkippedScanner {
        name: name.to_owned(),
        files,
    });
    all.collect()
}

/// How many files of a change at head are in no scanner's plan.
fn without_scanner(changes: &[FileChange], plans: &[Plan]) -> u64 {
    let files = changes.iter().filter_map(|c| c.new.as_ref());
    let files = files.filter(|f| f.is_regular() || f.is_link());
    let number = files.clone().count();
    if plans.iter().any(|p| p.head.len() >= number) {
        return 0;
    }
    let read: HashSet<&RepoPath> = plans
        .iter()
        .flat_map(|p| &p.head)
        .map(|f| &f.path)
        .collect();
    files.filter(|f| !read.contains(&f.path)).count() as u64
}

/// The findings of all units of one side.
fn all_findings(results: &BTreeMap<FileVersion, UnitResult>) -> Vec<Finding> {
    results
        .values()
        .flat_map(|r| r.findings.iter().cloned())
        .collect()
}

/// Whether a finding could stop the change.
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
