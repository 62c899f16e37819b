use super::Verdict;

/// One check of the past, as the history of a repository keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRun {
    /// Seconds since 1970-01-01 UTC.
    pub time: i64,
    /// The commit or tree that was judged.
    pub head: String,
    /// The target; empty if there was none.
    pub target: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Issues that were new.
    pub new: u64,
    /// Inherited issues with new occurrences.
    pub grown: u64,
    /// Inherited issues.
    pub inherited: u64,
    /// Fixed issues.
    pub fixed: u64,
    /// The commit that it was compared with.
    pub base: Option<String>,
    /// How many issues that commit had; `None` where not all of its files have results.
    pub at_base: Option<u64>,
}
