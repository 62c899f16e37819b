//! The words of the product as values: no clock, no environment, no git, no file.

mod action;
mod address;
mod bucket;
mod change;
mod date;
mod drained;
mod finding;
mod gate_run;
mod harmless;
mod issue;
mod language;
mod location;
mod nearest;
mod note;
mod occurrence;
mod oid;
mod path;
mod reason;
mod report;
mod ruling;
mod severity;
mod shell;
mod status;
mod text;
mod texts;

pub use action::{Action, Excuse};
pub use address::Address;
pub use bucket::{BandCounts, Bucket, Counts};
pub use change::{
    COMMIT_MESSAGE, Change, FileChange, FileVersion, Mode, OtherTree, TAG_MESSAGE, Tag,
};
pub use date::{date_of_days, days_of_date, seconds_of_time, time_of_seconds};
pub use drained::drained;
pub use finding::{Confidence, Finding, FindingBuilder, Invalid, Kind, Overridden, Package, Step};
pub use gate_run::GateRun;
pub use harmless::harmless;
pub(crate) use harmless::{is_unsafe_char, without_commands};
pub use issue::Issue;
pub use language::Language;
pub use location::{Origin, Region};
pub use nearest::nearest;
pub use note::{BaseReason, Gap, Note, OwnConfiguration, Spot, StandIn};
pub use occurrence::{Frame, Occurrence, Rule};
pub use oid::Oid;
pub use path::{RepoPath, nests_deeply};
pub use reason::{Differs, Reason};
pub use report::{
    Containment, Phase, Report, ScannerReport, ScannerState, SkippedScanner, TimeLimit, Verdict,
};
pub use ruling::{Ground, Ruling};
pub use severity::{Score, Severity};
pub use shell::shell_word;
pub use status::{IssueStatus, Stage, Status};
pub use text::Text;
