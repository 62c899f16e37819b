//! The budget of time of one check: every step asks it before it begins, and goes on asking.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Phase;

/// The most that is kept of the time for what comes after the scans.
const MOST_KEPT: Duration = Duration::from_secs(2);

/// How long after the deadline a check that looks at no clock is ended with its process.
const LEAST_GRACE: Duration = Duration::from_millis(500);
const MOST_GRACE: Duration = Duration::from_secs(5);

/// The time that a check has, and what it is at.
#[derive(Debug)]
pub(super) struct Clock {
    started: Instant,
    deadline: Cell<Option<Instant>>,
    phase: Cell<Phase>,
}

impl Clock {
    /// A clock that begins now; `deadline` is that of the caller.
    pub(super) fn new(deadline: Option<Instant>) -> Clock {
        Clock {
            started: Instant::now(),
            deadline: Cell::new(deadline),
            phase: Cell::new(Phase::Plan),
        }
    }

    /// Allows this long at most. A caller that waits less than the project allows knows why.
    pub(super) fn allow(&self, budget: Option<Duration>) {
        let own = budget.map(|b| self.started + b);
        self.deadline
            .set([self.deadline.get(), own].into_iter().flatten().min());
    }

    /// When scans must have ended: a tenth of the time is for judging what they found.
    pub(super) fn scans_end(&self) -> Option<Instant> {
        let deadline = self.deadline.get()?;
        let whole = deadline.saturating_duration_since(self.started);
        Some(deadline - (whole / 10).min(MOST_KEPT))
    }

    /// When the process has to end, whatever it is at.
    pub(super) fn end(&self) -> Option<Instant> {
        let deadline = self.deadline.get()?;
        let whole = deadline.saturating_duration_since(self.started);
        Some(deadline + (whole / 8).clamp(LEAST_GRACE, MOST_GRACE))
    }

    /// Whether the time is over.
    pub(super) fn is_over(&self) -> bool {
        self.deadline.get().is_some_and(|d| Instant::now() >= d)
    }

    /// Begins a part of the check. It asks for the time where it has something to do.
    pub(super) fn begin(&self, phase: Phase) {
        self.phase.set(phase);
    }

    /// Goes on with it.
    ///
    /// # Errors
    /// The time is over.
    pub(super) fn check(&self) -> Result<()> {
        match self.is_over() {
            true => Err(Error::new(ErrorKind::OutOfTime, "time ran out")),
            false => Ok(()),
        }
    }

    /// The part that is at work.
    pub(super) fn phase(&self) -> Phase {
        self.phase.get()
    }
}
