//! Code that starts by itself or cannot be seen, in files of any kind.

use super::hit::finding_of;
use super::{hidden, place, silenced, starts};
use crate::model::{Finding, Region, RepoPath};

/// Finds code that starts by itself or cannot be seen.
///
/// # Errors
/// The file is beyond a limit, or cannot be read as what it is.
pub(super) fn find(path: &RepoPath, content: &[u8]) -> Result<Vec<Finding>, String> {
    let name = String::from_utf8_lossy(path.as_bytes());
    let mut hits = Vec::new();
    let weight = place::Weight::of(path, content);
    hidden::find(&name, content, weight, &mut hits);
    starts::find(&name, content, weight, &mut hits)?;
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(content);
    let comments = silenced::Comments::of_text(&text);
    let findings = hits.into_iter().map(|hit| {
        let (line, rule) = (Region::line(hit.line), hit.rule);
        let mut finding = finding_of(path, hit)?;
        finding.suppressed = comments.own(line, rule);
        Ok(finding)
    });
    findings.collect()
}
