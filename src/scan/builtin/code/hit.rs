//! What is found in files of any kind by other means than rules, and the finding that it becomes.

use super::{NAME, PAGES};
use crate::model::{Finding, Kind, Region, RepoPath, Score};

/// What is found in files of any kind, by other means than rules.
pub(super) struct Hit {
    pub(super) rule: &'static str,
    pub(super) line: u32,
    pub(super) score: f64,
    pub(super) cwe: Vec<u32>,
    pub(super) title: String,
    pub(super) message: String,
    pub(super) fix: String,
    /// What makes it another one although it stands at the same place.
    pub(super) identity: Option<String>,
}

/// The finding for a hit.
///
/// # Errors
/// It has no title or no place, which a test excludes.
pub(super) fn finding_of(path: &RepoPath, hit: Hit) -> Result<Finding, String> {
    let identity = hit.identity.map(|i| blake3::hash(i.as_bytes()).to_hex());
    let identity = identity.map_or(String::new(), |i| format!(":{i:.12}"));
    Finding::build(NAME, hit.rule, path.clone())
        .canonical(format!("{NAME}:{}{identity}", hit.rule))
        .kind(Kind::Code)
        .region(Some(Region::line(hit.line)))
        .title(hit.title)
        .message(hit.message)
        .score(Score::new(hit.score))
        .cwe(hit.cwe)
        .fix(Some(hit.fix))
        .url(Some(format!(
            "{PAGES}/scanners/{NAME}.md#files-of-any-kind"
        )))
        .finish()
        .map_err(|e| e.to_string())
}
