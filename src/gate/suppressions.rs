//! Comments that silence a scanner and that the change adds: what they hide, no report shows.

use std::collections::{BTreeMap, HashMap};

use super::{Judging, text_of};
use crate::error::Result;
use crate::model::FileVersion;

/// How many places a note names.
const NAMED: usize = 5;

/// One note for each scanner that the change silences somewhere anew.
pub(super) fn notes(judging: &Judging<'_>) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    if judging.change.base.is_none() {
        return Ok(notes);
    }
    let repo = judging.gate.repo;
    let old: BTreeMap<_, &FileVersion> = judging
        .changes
        .iter()
        .filter_map(|c| c.old.as_ref())
        .map(|f| (&f.path, f))
        .collect();
    for (scanner, plan) in judging.scanners.iter().zip(&judging.plans) {
        let markers = scanner.descriptor.suppressions();
        let silences = |line: &str| markers.iter().any(|m| line.contains(m.as_str()));
        let mut places = Vec::new();
        for file in plan.head.iter().filter(|_| !markers.is_empty()) {
            let text = text_of(repo, file)?;
            if !silences(&text) {
                continue;
            }
            let mut before: HashMap<String, usize> = HashMap::new();
            if let Some(old) = old.get(&file.path) {
                for line in text_of(repo, old)?.lines().filter(|l| silences(l)) {
                    *before.entry(line.trim().to_owned()).or_default() += 1;
                }
            }
            for (number, line) in text.lines().enumerate().filter(|(_, l)| silences(l)) {
                match before.get_mut(line.trim()).filter(|n| **n > 0) {
                    Some(left) => *left -= 1,
                    None => places.push(format!("{}:{}", file.path, number + 1)),
                }
            }
        }
        if !places.is_empty() {
            let more = places.len().saturating_sub(NAMED);
            let named = places[..places.len() - more].join(", ");
            let and_more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            notes.push(format!(
                "the change adds comments that silence {}, so that what they hide is not shown here: {named}{and_more}",
                scanner.descriptor.name()
            ));
        }
    }
    Ok(notes)
}
