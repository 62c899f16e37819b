//! Results of scanners, read into findings.
//!
//! Everything that cannot be read is an error, never "no findings". A secret's text is cut to a
//! redacted form here, before anything else sees it.

#![deny(clippy::indexing_slicing, reason = "a report may hold anything")]

mod characters;
mod finding;
mod foreign;
mod gather;
mod item;
mod jq;
mod offsets;
mod paths;
mod sarif;
mod shape;
mod split;
mod strict;
mod words;
mod xml_tags;

use super::Descriptor;
use super::builtin::SecretKey;
use super::descriptor::Format;
use crate::mask::masked;
use crate::model::{Finding, RepoPath};

use characters::decode;
pub use foreign::{Evidence, root_of};
use gather::Gather;
use jq::Documents;
pub use jq::{apply, check_filter};
pub use paths::{Contents, Paths};

/// A file that a scanner could not read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unread {
    /// The file.
    pub path: RepoPath,
    /// Why, for people.
    pub why: String,
    /// The tool, where the report is one of several.
    pub tool: Option<String>,
}

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The findings.
    pub findings: Vec<Finding>,
    /// Files that the scanner says it could not read, and why.
    pub unread: Vec<Unread>,
    /// Files that the scanner says it scanned, where it says so.
    pub scanned: Option<Vec<RepoPath>>,
    /// The scanner's own word that it did not get to its end.
    pub failed: Option<String>,
}

impl Reading {
    /// Adds what another report of the same scanner says.
    pub fn add(&mut self, more: Reading) {
        self.findings.extend(more.findings);
        self.unread.extend(more.unread);
        if let Some(scanned) = more.scanned {
            self.scanned.get_or_insert_default().extend(scanned);
        }
        self.failed = self.failed.take().or(more.failed);
    }

    /// Masks known secrets in everything that the report says.
    pub fn mask(&mut self) {
        for finding in &mut self.findings {
            finding.rewrite_words(&masked);
        }
        let reasons = self.unread.iter_mut().map(|u| &mut u.why);
        for reason in reasons.chain(&mut self.failed) {
            if let Some(masked) = masked(reason) {
                *reason = masked;
            }
        }
    }
}

/// Why a report cannot be read, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a scanner's output.
///
/// # Errors
/// It is empty, cut off, in another format, or names a file that is not known.
pub fn read(
    descriptor: &Descriptor,
    output: &[u8],
    paths: &Paths<'_>,
    key: &SecretKey,
) -> Result<Reading, Unreadable> {
    let Some(how) = descriptor.output() else {
        return Err(Unreadable("this scanner writes no output".into()));
    };
    if output.trim_ascii().is_empty() {
        return Err(Unreadable("the output is empty".into()));
    }
    let text = decode(output)?;
    let is_sarif = how.format == Format::Sarif;
    let mut gather = Gather::new(descriptor, &how.error_rules, is_sarif, paths, key);
    if is_sarif {
        sarif::items(&text, &mut |item| gather.take(item))?;
        return Ok(gather.finish());
    }
    let documents = Documents::of(how, &text)?;
    if !how.lines {
        documents.are_one()?;
    }
    let other = || Unreadable(format!("it is not a report of {}", descriptor.title()));
    if let Some(detect) = &how.detect
        && !documents.hold(detect)?
    {
        return Err(other());
    }
    let filter = how.filter.as_deref().unwrap_or("empty");
    let is_whole = documents.items(filter, how.detect.as_deref(), &mut |item| gather.take(item))?;
    if !is_whole {
        return Err(other());
    }
    Ok(gather.finish())
}

/// Reads a report of which only the content is known: SARIF, or the native format of one of the
/// scanners given. Returns the name of the tool and what it says.
///
/// # Errors
/// As [`read`], or no format fits.
pub fn read_any(
    scanners: &[Descriptor],
    output: &[u8],
    paths: &Paths<'_>,
    key: &SecretKey,
) -> Result<(String, Reading), Unreadable> {
    if output.trim_ascii().is_empty() {
        return Err(Unreadable("the file is empty".into()));
    }
    let text = decode(output)?;
    if sarif::looks_like(&text) {
        let first = sarif::tool_names(&text).into_iter().next().flatten();
        let tool = first.unwrap_or_else(|| "sarif".to_owned());
        let known = scanners.iter().find(|d| d.is_called(&tool));
        let generic;
        let descriptor = match known {
            Some(descriptor) => descriptor,
            None => {
                generic = Descriptor::generic(&tool);
                &generic
            }
        };
        let errors = known
            .and_then(|d| d.output())
            .map_or(&[][..], |o| &o.error_rules);
        let mut gather = Gather::new(descriptor, errors, true, paths, key);
        sarif::items(&text, &mut |item| gather.take(item))?;
        return Ok((descriptor.name().to_owned(), gather.finish()));
    }
    let is_xml = text.trim_start().starts_with('<');
    let documents = Documents::whole(&text, is_xml)?;
    let mut fitting: Vec<(&Descriptor, Option<bool>)> = Vec::new();
    for descriptor in scanners {
        let how = descriptor.output();
        if how.is_some_and(|h| h.detect.is_some() && (h.format == Format::Xml) == is_xml) {
            fitting.push((descriptor, None));
        }
    }
    documents.samples(|document| {
        for (descriptor, fits) in fitting.iter_mut().filter(|(_, fits)| fits.is_none()) {
            let detect = descriptor.output().and_then(|how| how.detect.as_deref());
            *fits = match jq::holds(detect.unwrap_or("false"), &document) {
                Ok(true) => Some(true),
                Ok(false) => None,
                Err(_) => Some(false),
            };
        }
        Ok(())
    })?;
    drop(documents);
    fitting.retain(|(_, fits)| *fits == Some(true));
    let fitting: Vec<&Descriptor> = fitting.into_iter().map(|(d, _)| d).collect();
    match fitting[..] {
        [] => {}
        [one] => {
            let reading = read(one, output, paths, key).map_err(|e| {
                Unreadable(format!(
                    "it looks like a report of {}, but {e}",
                    one.title()
                ))
            })?;
            return Ok((one.name().to_owned(), reading));
        }
        _ => {
            // A clean report of one looks like that of another: `[]`.
            let names: Vec<&str> = fitting.iter().map(|d| d.name()).collect();
            return Err(Unreadable(format!(
                "it may be a report of {}: name its scanner",
                names.join(" or ")
            )));
        }
    }
    Err(Unreadable(
        "unknown format: it is neither SARIF 2.1.0 nor a report of a scanner in the catalogue"
            .into(),
    ))
}

/// Whether a report is one of a scanner, by its own expression for that.
pub fn recognises(descriptor: &Descriptor, report: &[u8]) -> bool {
    let Some(how) = descriptor
        .output()
        .filter(|how| how.format != Format::Sarif)
    else {
        return false;
    };
    let detect = how.detect.as_deref().unwrap_or("false");
    let Ok(text) = decode(report) else {
        return false;
    };
    Documents::of(how, &text).is_ok_and(|d| d.hold(detect).unwrap_or(false))
}

/// Whether a report is SARIF.
pub(super) fn looks_like_sarif(report: &[u8]) -> bool {
    decode(report).is_ok_and(|text| sarif::looks_like(&text))
}

/// What one reads of a report if it is SARIF.
fn of_sarif<T>(report: &[u8], read: fn(&str) -> Vec<T>) -> Vec<T> {
    let text = decode(report).ok();
    let text = text.filter(|text| sarif::looks_like(text));
    text.map_or_else(Vec::new, |text| read(&text))
}

/// The tools that a SARIF log has runs of, by their names; none for a run that names none.
pub fn tools_of(report: &[u8]) -> Vec<Option<String>> {
    of_sarif(report, sarif::tool_names)
}

/// The commits that a report says it is about; none if it does not say.
pub fn revisions(report: &[u8]) -> Vec<String> {
    of_sarif(report, sarif::revisions)
}

/// The absolute folders that a report says its paths are relative to, as it writes them.
pub fn stated_roots(report: &[u8]) -> Vec<String> {
    of_sarif(report, sarif::roots)
}

#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;
