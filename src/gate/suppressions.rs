//! Comments that silence a scanner and that the change adds: what they hide, no report shows.

use std::collections::HashMap;

use super::{Judging, text_of};
use crate::error::Result;

/// How many places a note names.
const NAMED: usize = 5;

/// One note for each scanner that the change silences somewhere anew.
pub(super) fn notes(judging: &Judging<'_>) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    if judging.change.base.is_none() {
        return Ok(notes);
    }
    let repo = judging.gate.repo;
    for (scanner, plan) in judging.scanners.iter().zip(&judging.plans) {
        let markers = scanner.descriptor.suppressions();
        let silences = |line: &str| markers.iter().any(|m| line.contains(m.as_str()));
        if markers.is_empty() {
            continue;
        }
        // Each line of the base answers for one of the head, in whichever file: what moved is not new.
        let mut before: HashMap<String, usize> = HashMap::new();
        for file in &plan.base {
            for line in text_of(repo, file)?.lines().filter(|l| silences(l)) {
                *before.entry(line.trim().to_owned()).or_default() += 1;
            }
        }
        let mut places = Vec::new();
        for file in &plan.head {
            let text = text_of(repo, file)?;
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
