use serde::{Deserialize, Serialize};

use super::{
    Action, Excuse, Finding, Origin, Overridden, Package, Reason, Region, RepoPath, Stage, Status,
    Text,
};

/// A rule of a scanner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// The scanner's name.
    pub scanner: Text,
    /// The scanner's own rule id.
    pub rule: Text,
}

/// Some lines of a file around an occurrence, as text that is safe to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Frame {
    /// The number of the first line.
    pub first_line: u32,
    /// The lines, secrets cut out, long ones cut short.
    pub lines: Vec<String>,
    /// How many characters of the line that an occurrence begins in are left out at its start.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub cut: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
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
    /// Why it has the status.
    pub reason: Reason,
    /// The scanners that report it, in the order of the configuration.
    pub scanners: Vec<Text>,
    /// The rule of each of them.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The package, where the weakness is one of a package.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub package: Option<Box<Package>>,
    /// The scores that the policy replaced, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub overridden: Vec<Overridden>,
    /// What the first of them says.
    pub message: Text,
    /// The commit in which it was found, when not in the head tree.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<Text>,
    /// The exemption that covers it, in a few words.
    pub exempted: Option<Text>,
    /// The exemption that covered it until it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub was_exempted: Option<Text>,
    /// What the policy does with it; none if nothing decides.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub action: Option<Action>,
    /// What keeps it from counting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub excuse: Option<Excuse>,
    /// A print of its code, which an exemption is bound to: the same wherever the code moves.
    #[serde(default)]
    pub print: Text,
    /// The lines around it, secrets cut out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frame: Option<Box<Frame>>,
    /// The findings after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Occurrence {
    /// Whether it is in the message of a commit or tag, not in a file.
    pub fn is_in_message(&self) -> bool {
        matches!(
            self.reason,
            Reason::InMessage { .. } | Reason::InTagMessage { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_are_a_hundred_thousand_of_is_small() {
        assert!(size_of::<Finding>() <= 320, "{}", size_of::<Finding>());
        assert!(
            size_of::<Occurrence>() <= 360,
            "{}",
            size_of::<Occurrence>()
        );
    }
}
