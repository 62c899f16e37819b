//! What a scanner says about one unit.

use std::borrow::Cow;
use std::cell::Cell;

use serde::{Deserialize, Serialize};

use super::stored;
use crate::mask;
use crate::model::{Finding, RepoPath};

/// The findings of one file, or why it has none to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitResult {
    /// The findings, in order.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Why the scanner could not read the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

impl UnitResult {
    /// Masks known secrets in the results for the file. Returns whether there were any.
    pub fn mask(&mut self) -> bool {
        let altered = Cell::new(false);
        let rewrite = |text: &str| {
            let masked = mask::masked(text);
            altered.set(altered.get() || masked.is_some());
            masked
        };
        for finding in &mut self.findings {
            finding.rewrite_words(&rewrite);
        }
        if let Some(why) = &mut self.unread
            && let Some(masked) = rewrite(why)
        {
            *why = masked;
        }
        altered.get()
    }

    /// The result without the secrets that are known, for what is stored.
    pub fn without_secrets(&self) -> Cow<'_, UnitResult> {
        if mask::is_empty() {
            return Cow::Borrowed(self);
        }
        let mut without = self.clone();
        without.mask();
        // The path is known to the code that reads it.
        for finding in &mut without.findings {
            finding.rewrite(&mask::masked);
        }
        Cow::Owned(without)
    }

    /// Writes a result for the cache, without the secrets that are known; a clean one is empty.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self.is_clean() {
            true => Vec::new(),
            false => stored::write(&self.without_secrets(), self.findings.len()),
        }
    }

    /// Whether there is nothing to tell about the file.
    pub(super) fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.unread.is_none()
    }

    /// Checks a stored result of a file that comes from elsewhere; `None` if it is damaged, or tells about a secret:
    /// those are known by a hash that no other clone can make.
    pub fn checked(bytes: &[u8]) -> Option<Vec<u8>> {
        if bytes.is_empty() {
            return Some(Vec::new());
        }
        let mut result: UnitResult = stored::read(bytes)?;
        let findings = std::mem::take(&mut result.findings).into_iter();
        let checked = findings.map(|f| f.checked().ok().filter(|f| f.secret.is_none()));
        result.findings = checked.collect::<Option<_>>()?;
        result.unread = result.unread.map(|why| crate::model::harmless(&why));
        // It goes into a text, where it is not compressed.
        match result.is_clean() {
            true => Some(Vec::new()),
            false => serde_json::to_vec(&result).ok(),
        }
    }

    /// Reads a result from the cache, for the file at a path; `None` if it is damaged.
    pub fn from_bytes(bytes: &[u8], path: &RepoPath) -> Option<UnitResult> {
        if bytes.is_empty() {
            return Some(UnitResult::default());
        }
        let mut result: UnitResult = stored::read(bytes)?;
        for finding in &mut result.findings {
            finding.path = path.clone();
        }
        result.findings.shrink_to_fit();
        Some(result)
    }
}
