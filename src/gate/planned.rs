//! What is judged, by which terms, and what each scanner reads: all that the later steps look at and none
//! of them changes.

use super::clock::Clock;
use super::{Gate, Settings, large_files, links};
use crate::error::{ErrorKind, Result};
use crate::git::Peeled;
use crate::model::Mode;
use crate::model::{Change, FileChange, FileVersion, Gap, Note, Phase};
use crate::policy::Policy;
use crate::scan::{Need, Plan, Resolver, Scanner, SecretKey, Side, Trees, plan};

/// A change with its terms and its plan.
pub(super) struct Planned<'a> {
    /// What judges it.
    pub gate: &'a Gate<'a>,
    /// The trees.
    pub change: Change,
    /// The key of the hashes that stand for secrets.
    pub key: SecretKey,
    /// The time that there is.
    pub clock: &'a Clock,
    /// What blocks.
    pub policy: Policy,
    /// The scanners that are on.
    pub scanners: Vec<Scanner>,
    /// The files that differ.
    pub changes: Vec<FileChange>,
    /// What each scanner reads.
    pub plans: Vec<Plan>,
}

/// What a step tells besides its value.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What the reader should know.
    pub notes: Vec<Note>,
    /// What could not be found out, besides what scanners failed at.
    pub gaps: Vec<Gap>,
    /// What the time was too short for, besides scans.
    pub late: Option<Phase>,
}

impl Told {
    /// Adds what a later step tells.
    pub(super) fn add(&mut self, later: Told) {
        self.notes.extend(later.notes);
        self.gaps.extend(later.gaps);
        self.late = self.late.or(later.late);
    }

    /// The outcome of a phase; what the time was too short for is left out, and that is told.
    pub(super) fn in_time<T: Default>(&mut self, phase: Phase, done: Result<T>) -> Result<T> {
        match done {
            Err(e) if e.kind() == ErrorKind::OutOfTime => {
                self.late.get_or_insert(phase);
                Ok(T::default())
            }
            other => other,
        }
    }
}

impl Planned<'_> {
    /// What finds the results of files.
    pub(super) fn resolver(&self) -> Resolver<'_> {
        self.gate.resolver(&self.key, self.clock.scans_end())
    }

    /// What the base is wanted for. A server shows what blocks, not what is fixed.
    pub(super) fn need(&self) -> Need {
        match (self.policy.asks_what_is_fixed(), self.change.mode) {
            (true, _) => Need::Always,
            (false, Mode::Server) => Need::Comparison,
            (false, _) => Need::Listing,
        }
    }

    /// The scanners' names, in the order of the configuration.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.scanners.iter();
        names.map(|s| s.descriptor.name().to_owned()).collect()
    }
}

impl Gate<'_> {
    /// Plans what is read for a change.
    pub(super) fn plan<'p>(
        &'p self,
        settings: &Settings,
        policy: Policy,
        change: Change,
        clock: &'p Clock,
    ) -> Result<(Planned<'p>, Told)> {
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
        for (scanner, plan) in scanners.iter().zip(&plans) {
            notes.extend(settings.left_out(scanner.descriptor.name(), &plan.left_out));
        }
        notes.extend(large_files::note(self, &change.head_tree, &changes, clock)?);
        let mut gaps: Vec<Gap> = settings
            .broken(self.repo, &change, &changes)
            .into_iter()
            .collect();
        gaps.extend(self.cut_off(&change, &scanners)?);
        clock.check()?;
        let planned = Planned {
            gate: self,
            change,
            key: SecretKey::new(self.cache.secret_key()),
            clock,
            policy,
            scanners,
            changes,
            plans,
        };
        let told = Told {
            notes,
            gaps,
            late: None,
        };
        Ok((planned, told))
    }

    /// Where the history of a change is not all there, and a scanner reads it.
    fn cut_off(&self, change: &Change, scanners: &[Scanner]) -> Result<Option<Gap>> {
        let history = scanners.iter().any(|s| s.descriptor.history());
        let compared = change.base.as_ref().is_some_and(|b| *b != change.head);
        let is_commit = matches!(self.repo.peel(&change.head)?, Some(Peeled::Commit { .. }));
        if !history || !compared || !is_commit {
            return Ok(None);
        }
        let cut = self.repo.cut_off(&change.head, &change.known)?;
        let first = cut.into_iter().next();
        Ok(first.map(|commit| Gap::HistoryCutOff { commit }))
    }
}
