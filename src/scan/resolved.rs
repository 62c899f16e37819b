//! What a scanner says about the units of both sides, and how it fared.

use std::collections::BTreeMap;

use super::UnitResult;
use super::batch::Fault;
use super::plan::Side;
use crate::model::{FileVersion, ScannerState, TimeLimit};

/// What the base side is wanted for. What the cache happens to hold makes no difference to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To tell what is new: it has an answer only if the head has something to compare.
    Comparison,
    /// To tell what is fixed, too: it is always scanned, but what goes wrong counts only if the head has
    /// something to compare.
    Listing,
    /// For its own sake: all that goes wrong counts.
    Always,
}

/// One scanner's results.
#[derive(Debug, Default)]
pub struct Resolved {
    /// The results at head.
    pub head: BTreeMap<FileVersion, UnitResult>,
    /// The results at base that were needed or known.
    pub base: BTreeMap<FileVersion, UnitResult>,
    /// The base could not be scanned, so what was there before is unknown.
    pub base_unknown: bool,
    /// How many files were scanned in this run.
    pub scanned: u64,
    /// Of how many files the results came from the cache.
    pub cached: u64,
    /// The wall time of all its processes, in milliseconds.
    pub milliseconds: u64,
    /// How it fared.
    pub state: ScannerState,
    /// Whose limit ended it, if it took too long.
    pub limit: Option<TimeLimit>,
    /// What went wrong.
    pub detail: String,
    /// Whether it went wrong at the base.
    pub at_base: bool,
    /// Whether `newgate scanners install` would make it ready.
    pub installable: bool,
    /// What went wrong at the base, while it is not known whether that counts.
    pub(super) base_faults: Vec<Fault>,
}

impl Resolved {
    /// Takes what went wrong. The worst stays, and of the same kind the first: what only the budget of time
    /// left undone must not hide a crash.
    pub fn take_fault(
        &mut self,
        state: ScannerState,
        limit: Option<TimeLimit>,
        side: Side,
        detail: String,
    ) {
        let rank = |state, limit| match (state, limit) {
            (ScannerState::Ok, _) => 0,
            (ScannerState::TimedOut, Some(TimeLimit::Budget)) => 1,
            _ => 2,
        };
        if rank(state, limit) > rank(self.state, self.limit) {
            self.state = state;
            self.limit = limit;
            self.detail = detail;
            self.at_base = side == Side::Base;
        }
    }

    /// Masks the secrets that are known in what is said about all files; returns whether there were some.
    pub fn mask(&mut self) -> bool {
        let all = self.head.values_mut().chain(self.base.values_mut());
        all.fold(false, |altered, result| result.mask() | altered)
    }

    /// Takes what went wrong from another part of the same scanner's work.
    pub fn take_faults_of(&mut self, other: &Resolved) {
        let side = match other.at_base {
            true => Side::Base,
            false => Side::Head,
        };
        self.take_fault(other.state, other.limit, side, other.detail.clone());
    }

    /// Takes in more work of the same scanner: what it cost, how it fared, and what it says about the base.
    pub fn absorb(&mut self, mut more: Resolved) {
        self.scanned += more.scanned;
        self.cached += more.cached;
        self.milliseconds += more.milliseconds;
        self.take_faults_of(&more);
        self.base.append(&mut more.base);
    }

    /// Whether the head has something that must be compared.
    fn compares(&self) -> bool {
        let says = |r: &UnitResult| !r.findings.is_empty() || r.unread.is_some();
        self.head.values().any(says)
    }

    /// Whether the base must be looked at, once the head is known.
    pub(super) fn needs_base(&self, need: Need) -> bool {
        need != Need::Comparison || self.compares()
    }

    pub(super) fn take(&mut self, side: Side, fault: Fault) {
        let (state, limit, detail) = match fault {
            Fault::Cancelled => return,
            Fault::Failed(why) => (ScannerState::Failed, None, why),
            Fault::TimedOut(limit, why) => (ScannerState::TimedOut, Some(limit), why),
        };
        self.take_fault(state, limit, side, detail);
    }

    /// Keeps only the results of the base that were requested.
    pub(super) fn settle(&mut self, need: Need) {
        let compares = need == Need::Always || self.compares();
        let faults = std::mem::take(&mut self.base_faults);
        if compares {
            for fault in faults {
                self.take(Side::Base, fault);
            }
        } else if need == Need::Comparison {
            self.base.clear();
        }
    }

    pub(super) fn side(&mut self, side: Side) -> &mut BTreeMap<FileVersion, UnitResult> {
        match side {
            Side::Head => &mut self.head,
            Side::Base => &mut self.base,
        }
    }
}
