use serde::{Deserialize, Serialize};

use super::{Change, Counts, Gap, Issue, Note, Severity};

/// The check of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing in the change is stopped by the policy.
    Pass,
    /// The change adds an issue that the policy stops.
    Blocked,
    /// A scanner failed, timed out or is missing, so new issues may be unknown.
    Incomplete,
}

impl Verdict {
    /// The process exit code: 0 pass, 1 blocked, 3 incomplete (2 is a usage or configuration error).
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Pass => 0,
            Verdict::Blocked => 1,
            Verdict::Incomplete => 3,
        }
    }

    /// The verdict in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Blocked => "blocked",
            Verdict::Incomplete => "incomplete",
        }
    }

    /// The verdict of a name in lower case.
    pub fn of_name(name: &str) -> Option<Verdict> {
        let all = [Verdict::Pass, Verdict::Blocked, Verdict::Incomplete];
        all.into_iter().find(|v| v.name() == name)
    }

    /// The worse of two verdicts: blocked, then incomplete, then pass.
    #[must_use]
    pub fn worse(self, other: Verdict) -> Verdict {
        let rank = |v| match v {
            Verdict::Pass => 0,
            Verdict::Incomplete => 1,
            Verdict::Blocked => 2,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}

/// How a scanner fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScannerState {
    /// Every file that it was given has a result.
    #[default]
    Ok,
    /// It crashed, wrote something unreadable, or left a file without a result.
    Failed,
    /// Its program is not there, or has the wrong version.
    Missing,
    /// It was stopped because it took too long.
    TimedOut,
}

impl ScannerState {
    /// The state in lower case.
    pub fn name(self) -> &'static str {
        match self {
            ScannerState::Ok => "ok",
            ScannerState::Failed => "failed",
            ScannerState::Missing => "missing",
            ScannerState::TimedOut => "timed-out",
        }
    }
}

/// Whose limit of time ended something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeLimit {
    /// The scanner's own (`timeout`).
    Scanner,
    /// That of the whole check (`gate.budget`, `server.budget`).
    Budget,
}

/// A part of a check that has to be done before there is a verdict, besides the scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Finding what the change touches, and which scanner reads it.
    Plan,
    /// Looking through what the commits bring and remove again.
    History,
    /// Comparing both sides.
    Comparison,
    /// Looking for comments that silence a scanner.
    Suppressions,
    /// Asking what the target's tip has already.
    Tip,
    /// Applying the policy and its exemptions.
    Policy,
}

/// What a scanner's processes were kept from; the later, the less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Containment {
    /// It has none: nothing was started.
    #[default]
    NotRun,
    /// All files and connections but those that it needs.
    Contained,
    /// Some of that: the system does not know all the means.
    Partial,
    /// Nothing: the system has no means for it.
    Unavailable,
    /// Nothing: the configuration says so.
    Off,
}

/// What a scanner did for one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ScannerReport {
    /// The scanner's name.
    pub name: String,
    /// The version of its program.
    pub version: Option<String>,
    /// Its page on the web.
    #[serde(default)]
    pub homepage: String,
    /// Units that were scanned in this run.
    pub scanned: u64,
    /// Units whose results came from the cache.
    pub cached: u64,
    /// Files of the change that are not for this scanner.
    pub skipped: u64,
    /// The wall time that its processes took, added up.
    pub milliseconds: u64,
    /// How it fared.
    pub state: ScannerState,
    /// Which limit ended it, if it took too long.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limit: Option<TimeLimit>,
    /// What its processes were kept from.
    #[serde(default)]
    pub containment: Containment,
    /// What went wrong and what to do, for people; empty if nothing did.
    pub detail: String,
    /// Whether it went wrong with what the change is compared with, not with the change itself.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub at_base: bool,
    /// Whether it is missing, and `newgate scanners install` installs it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub installable: bool,
}

/// A scanner of the catalogue that would fit files of the change but is not switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedScanner {
    /// The scanner's name.
    pub name: String,
    /// How many files of the change it would read.
    pub files: u64,
}

/// Everything that is known about one judged change; the only thing that report writers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The check.
    pub verdict: Verdict,
    /// What was judged.
    pub change: Change,
    /// All issues of the changed files and, where known, of the rest of the baseline: those that
    /// block first, then by severity.
    pub issues: Vec<Issue>,
    /// What each scanner did.
    pub scanners: Vec<ScannerReport>,
    /// Scanners that would fit but are off.
    pub available: Vec<SkippedScanner>,
    /// Files of the change at head that no scanner reads.
    pub without_scanner: u64,
    /// Files of the baseline that no scanner has a result for; `None` if nobody counted.
    pub never_scanned: Option<u64>,
    /// Whether issues in files that the change does not touch are listed, occurrence by occurrence.
    pub lists_unchanged: bool,
    /// The policy's threshold.
    pub block_at: Severity,
    /// Things that the reader should know.
    pub notes: Vec<Note>,
    /// The time that it could take was over before everything was scanned and judged.
    pub out_of_time: bool,
    /// The step, besides the scans, that was running or not yet done when the time ran out.
    pub late: Option<Phase>,
    /// What could not be found out, besides what scanners failed at: it leaves the verdict open.
    pub unknown: Vec<Gap>,
    /// When it was judged, in seconds since 1970-01-01 UTC.
    pub time: i64,
    /// How long the check took, in milliseconds.
    pub milliseconds: u64,
    /// The address of the repository, where one is known, without credentials.
    pub repository: Option<String>,
}

impl Report {
    /// The numbers of the report.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.issues)
    }

    /// Whether all that is missing is missing since the time was over: no scanner failed, and nothing else
    /// is unknown.
    pub fn only_time_is_missing(&self) -> bool {
        let fine =
            |s: &ScannerReport| s.state == ScannerState::Ok || s.limit == Some(TimeLimit::Budget);
        self.out_of_time && self.unknown.is_empty() && self.scanners.iter().all(fine)
    }
}
