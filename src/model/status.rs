use serde::{Deserialize, Serialize};

/// Where an occurrence stands against the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The change adds it.
    New,
    /// The baseline has it.
    Inherited,
    /// The baseline has it and the change removes it.
    Fixed,
}

impl Status {
    /// The status in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Inherited => "inherited",
            Status::Fixed => "fixed",
        }
    }
}

/// Which step of the comparison decided an occurrence's status (`docs/matching.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The file is byte for byte the same on both sides.
    Unchanged,
    /// Same rule on the line that the diff maps to.
    Exact,
    /// Same rule on the line that a moved block maps to.
    Moved,
    /// The reported line jumped inside one statement.
    Region,
    /// Edited in place, the weakness kept.
    Edited,
    /// The statement moved inside its scope.
    Reordered,
    /// The scope moved and was rewritten.
    ScopeMoved,
    /// The finding has no line; its file, rule and message are the same.
    File,
    /// The same package and advisory.
    Package,
    /// The same secret in the same file.
    Secret,
    /// The scanner could not read the base's file; the line was there already.
    Unverified,
    /// Another scanner's finding at this place decided.
    SamePlace,
    /// The target's tip has it already.
    OnTarget,
    /// Found in a commit of the push, not in its last tree.
    History,
    /// Nothing of the base continues here.
    Unmatched,
}

impl Stage {
    /// The stage's name as in the JSON report.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Unchanged => "unchanged",
            Stage::Exact => "exact",
            Stage::Moved => "moved",
            Stage::Region => "region",
            Stage::Edited => "edited",
            Stage::Reordered => "reordered",
            Stage::ScopeMoved => "scope-moved",
            Stage::File => "file",
            Stage::Package => "package",
            Stage::Secret => "secret",
            Stage::Unverified => "unverified",
            Stage::SamePlace => "same-place",
            Stage::OnTarget => "on-target",
            Stage::History => "history",
            Stage::Unmatched => "unmatched",
        }
    }
}

/// Where an issue stands against the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssueStatus {
    /// No occurrence of it is in the baseline.
    New,
    /// The baseline has it, and the change adds occurrences.
    Grown,
    /// The baseline has it, and the change adds none.
    Inherited,
    /// The change removes its last known occurrence.
    Fixed,
}

impl IssueStatus {
    /// The status in lower case.
    pub fn name(self) -> &'static str {
        match self {
            IssueStatus::New => "new",
            IssueStatus::Grown => "grown",
            IssueStatus::Inherited => "inherited",
            IssueStatus::Fixed => "fixed",
        }
    }
}
