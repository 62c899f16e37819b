//! Results of scanners, read into findings.
//!
//! Everything that cannot be read is an error, never "no findings". A secret's text is cut to a
//! redacted form here, before anything else sees it.

#![deny(clippy::indexing_slicing, reason = "a report may hold anything")]

mod jq;
mod paths;
mod raw;
mod sarif;
mod shape;

use super::Descriptor;
use super::builtin::SecretKey;
use super::descriptor::{Format, Output};
use crate::model::{Finding, RepoPath};

pub use jq::{apply, check_filter};
pub use paths::Paths;
pub use raw::scanner_name;

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The findings.
    pub findings: Vec<Finding>,
    /// Files that the scanner says it could not read, and why.
    pub unread: Vec<(RepoPath, String)>,
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
    shape::check_keys(output)?;
    let documents = match how.format {
        Format::Sarif => {
            let items = sarif::items(output)?;
            return raw::reading(descriptor, &how.error_rules, items, true, paths, key);
        }
        Format::Json => jq::json(output)?,
        Format::Xml => jq::xml(output)?,
    };
    if let Some(detect) = &how.detect
        && !jq::holds(detect, &documents)?
    {
        return Err(Unreadable(format!(
            "it is no report of {}",
            descriptor.title()
        )));
    }
    let filter = how.filter.as_deref().unwrap_or("empty");
    let items = jq::items(filter, documents)?;
    raw::reading(descriptor, &how.error_rules, items, false, paths, key)
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
    shape::check_keys(output)?;
    if sarif::looks_like(output) {
        let tool = sarif::tool_name(output).unwrap_or_else(|| "sarif".to_owned());
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
        let reading = raw::reading(descriptor, errors, sarif::items(output)?, true, paths, key)?;
        return Ok((descriptor.name().to_owned(), reading));
    }
    let is_xml = output.trim_ascii_start().starts_with(b"<");
    let documents = match is_xml {
        true => jq::xml(output)?,
        false => jq::json(output)?,
    };
    let mut fitting: Vec<&Descriptor> = Vec::new();
    for descriptor in scanners {
        let Some(how) = descriptor.output() else {
            continue;
        };
        if let Some(detect) = &how.detect
            && (how.format == Format::Xml) == is_xml
            && jq::holds(detect, &documents).unwrap_or(false)
        {
            fitting.push(descriptor);
        }
    }
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
                "it may be a report of {}: name the scanner",
                names.join(" or ")
            )));
        }
    }
    Err(Unreadable(
        "the format is not known: it is neither SARIF 2.1.0 nor a report of a scanner in the catalogue"
            .into(),
    ))
}

/// Whether a report fits the expression of a descriptor.
pub(super) fn recognises(how: &Output, report: &[u8]) -> bool {
    let documents = match how.format {
        Format::Sarif => return false,
        Format::Json => jq::json(report),
        Format::Xml => jq::xml(report),
    };
    let detect = how.detect.as_deref().unwrap_or("false");
    documents.is_ok_and(|d| jq::holds(detect, &d).unwrap_or(false))
}

/// Whether a report is SARIF.
pub(super) fn looks_like_sarif(report: &[u8]) -> bool {
    sarif::looks_like(report)
}

/// The names of all tools that a SARIF log has runs of.
pub fn tools_of(report: &[u8]) -> Vec<String> {
    match sarif::looks_like(report) {
        true => sarif::tool_names(report),
        false => Vec::new(),
    }
}

/// The commits that a report says it is about; none where it does not say.
pub fn revisions(report: &[u8]) -> Vec<String> {
    match sarif::looks_like(report) {
        true => sarif::revisions(report),
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
