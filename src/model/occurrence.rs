use serde::{Deserialize, Serialize};

use super::{Action, Excuse, Finding, Frame, Overridden, Package, Region, RepoPath, Rule};

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
    /// The scanner could not read the base's file; the line stood there already.
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

/// Where the baseline has an inherited occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file at base.
    pub path: RepoPath,
    /// The line at base; 0 for a finding without a line.
    pub line: u32,
}

/// One place where a weakness shows, with every scanner's finding about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Occurrence {
    /// The file: at head, or at base for a fixed one.
    pub path: RepoPath,
    /// Where in the file.
    #[serde(flatten, skip_serializing_if = "Option::is_none", default)]
    pub region: Option<Region>,
    /// New, inherited or fixed.
    pub status: Status,
    /// What decided the status.
    pub stage: Stage,
    /// The change edits the lines of an inherited occurrence.
    #[serde(default)]
    pub touched: bool,
    /// Where the baseline has it.
    pub from: Option<Origin>,
    /// The reason in words, for people.
    pub why: String,
    /// The scanners that report it, in the order of the configuration.
    pub scanners: Vec<String>,
    /// The rule of each of them.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The package, where the weakness is one of a package.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub package: Option<Package>,
    /// The scores that the policy replaced, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub overridden: Vec<Overridden>,
    /// What the first of them says.
    pub message: String,
    /// The commit in which it was found, when not in the head tree.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// The exemption that covers it, in a few words.
    pub exempted: Option<String>,
    /// The exemption that covered it until it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub was_exempted: Option<String>,
    /// What the policy does with it; none if nothing decides.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub action: Option<Action>,
    /// What keeps it from counting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub excuse: Option<Excuse>,
    /// A print of its code, which an exemption is bound to: the same wherever the code moves.
    #[serde(default)]
    pub print: String,
    /// The lines around it, secrets cut out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frame: Option<Frame>,
    /// The findings behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}
