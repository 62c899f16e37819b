//! The print of an occurrence: what an exemption is bound to, wherever the code moves.

use super::frame::{Lines, Texts, tree_with};
use super::planned::Planned;
use super::{behind, text_of};
use crate::error::Result;
use crate::model::{Finding, Issue, Kind, Occurrence, Status};

/// How often the print of a literal is hashed.
const ROUNDS: usize = 4_096;
/// The most lines of a region that count.
const MOST_LINES: usize = 16;

/// Gives every new occurrence at head its print. The others are given one only where there are
/// exemptions to bind, or where the report lists everything and so has to name them; fixed ones, which
/// no exemption can be about, in the latter case only.
pub(super) fn add_prints(planned: &Planned<'_>, issues: &mut [Issue]) -> Result<()> {
    let repo = planned.gate.repo;
    let listed = planned.gate.list_unchanged;
    let all = listed || !planned.policy.exemptions.is_empty();
    let mut texts = Texts::default();
    for issue in issues {
        let key = match issue.kind {
            // The id of a secret's issue is this clone's own.
            Kind::Secret => "secret".to_owned(),
            _ => issue.id.clone(),
        };
        for occurrence in &mut issue.occurrences {
            let wanted = match occurrence.status {
                Status::New => true,
                Status::Inherited => all,
                Status::Fixed => listed,
            };
            if !wanted || occurrence.commit.is_some() {
                continue;
            }
            let Some(tree) = tree_with(planned, occurrence) else {
                continue;
            };
            if !planned.policy.exemptions.is_empty() {
                planned.clock.check()?;
            } else if planned.clock.is_over() {
                // They are for the reader only.
                return Ok(());
            }
            let text = match occurrence.region {
                None => None,
                Some(_) => texts.at(&(tree, occurrence.path.clone()), |(tree, path)| {
                    let file = repo.entry(tree, path)?;
                    let file = file.filter(|f| f.is_regular() || f.is_link());
                    let file = file.map(|f| behind(repo, tree, &f)).transpose()?;
                    file.map(|f| text_of(repo, &f)).transpose()
                })?,
            };
            occurrence.print = print_of(&key, occurrence, text).into();
        }
    }
    Ok(())
}

/// A hash of the issue and of the code at the place, without white space.
fn print_of(key: &str, occurrence: &Occurrence, text: Option<&Lines>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |text: &str| {
        hasher.update(text.as_bytes()).update(b"\0");
    };
    part(key);
    if let Some(finding) = occurrence.findings.first() {
        part(&finding.canonical);
    }
    match (occurrence.region, text, &occurrence.package) {
        (_, _, Some(package)) => {
            part(&package.ecosystem);
            part(&package.name);
        }
        (Some(region), Some(text), None) => {
            let lines = text.from(region.line);
            let number = (region.end_line - region.line) as usize + 1;
            for line in lines.take(number.min(MOST_LINES)) {
                let words: String = line.split_whitespace().collect();
                part(&words);
            }
        }
        _ => {
            let words = occurrence.message.chars().filter(|c| !c.is_ascii_digit());
            part(&words.collect::<String>());
        }
    }
    let mut print = hasher.finalize();
    if occurrence.findings.iter().any(Finding::is_about_a_literal) {
        // The literal is part of it, so that another one is not covered; to guess it from the print
        // shall cost something.
        for _ in 0..ROUNDS {
            print = blake3::hash(print.as_bytes());
        }
    }
    format!("{:.12}", print.to_hex())
}
