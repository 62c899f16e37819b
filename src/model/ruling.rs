//! What the policy says about an issue, as values with stable codes. `report` makes the words.

use serde::{Deserialize, Serialize};

use super::{Action, IssueStatus, Severity};

/// Why an issue blocks the change, or why it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "code",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Ruling {
    /// The policy has not looked at it yet.
    #[default]
    Open,
    /// The target has it already.
    OnTarget,
    /// The change removes it.
    Removed,
    /// A shared baseline has it.
    Shared,
    /// Every new occurrence is exempted.
    AllExempted,
    /// The most severe of the occurrences that count decide.
    Decided {
        /// What the issue is to the change; inherited where its occurrences on the target decide.
        status: IssueStatus,
        /// How many occurrences decide.
        occurrences: u64,
        /// What decides of them.
        by: Ground,
    },
}

/// What decides of an occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "code",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Ground {
    /// Nothing: it is not new, and no rule is about it.
    NotNew,
    /// An inline comment suppresses it.
    Suppressed,
    /// An exemption covers it.
    Exempted {
        /// The exemption in a few words.
        exemption: String,
    },
    /// A rule of the policy.
    Rule {
        /// The rule's name.
        name: String,
        /// What it says.
        action: Action,
    },
    /// Its severity is below the threshold.
    BelowThreshold {
        /// Its severity.
        severity: Severity,
        /// What a severity that no scanner states counts as.
        unassigned: Severity,
        /// The threshold.
        threshold: Severity,
    },
    /// Its severity is at or above the threshold, and its grace period is not over.
    Grace {
        /// Its severity.
        severity: Severity,
        /// What a severity that no scanner states counts as.
        unassigned: Severity,
        /// The last day of the period, `YYYY-MM-DD`.
        until: String,
    },
    /// Its severity is at or above the threshold.
    Threshold {
        /// Its severity.
        severity: Severity,
        /// What a severity that no scanner states counts as.
        unassigned: Severity,
        /// The threshold.
        threshold: Severity,
    },
}
