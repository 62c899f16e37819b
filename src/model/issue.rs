use serde::{Deserialize, Serialize};

use super::{IssueStatus, Kind, Occurrence, Rule, Ruling, Score, Severity};

/// A root cause with all its known occurrences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Issue {
    /// A short stable identity: the same for the same root cause in every run on a repository.
    pub id: String,
    /// What the weakness is, in a few words.
    pub title: String,
    /// What kind of weakness it is.
    pub kind: Kind,
    /// The band of `score`.
    pub severity: Severity,
    /// The highest score of its findings; `None` if no scanner stated one.
    pub score: Option<Score>,
    /// New, grown, inherited or fixed.
    pub status: IssueStatus,
    /// Weaknesses and advisories it refers to (`CWE-78`, `CVE-...`), in order.
    pub references: Vec<String>,
    /// Pages to read.
    pub links: Vec<String>,
    /// The scanners' rules that report it.
    pub rules: Vec<Rule>,
    /// What to do about it.
    pub fix: Option<String>,
    /// Whether it blocks the change.
    pub blocks: bool,
    /// Whether the policy warns of it.
    #[serde(default)]
    pub warns: bool,
    /// Why it blocks the change, or why it does not.
    pub ruling: Ruling,
    /// Every known occurrence: new ones first, then by place. Report writers say about each why it is there.
    #[serde(skip)]
    pub occurrences: Vec<Occurrence>,
    /// Occurrences of the baseline in files that the change does not touch and that are not listed
    /// in `occurrences`.
    pub elsewhere: u64,
}
