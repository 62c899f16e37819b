//! Results of scanners, read into findings.
//!
//! Everything that cannot be read is an error, never "no findings". A secret's text is cut to a
//! redacted form here, before anything else sees it.

mod jq;
mod paths;
mod raw;
mod sarif;

use super::Descriptor;
use super::builtin::SecretKey;
use super::descriptor::Format;
use crate::model::{Finding, RepoPath};

pub use jq::check_filter;
pub use paths::Paths;

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
    let items = match (how.format, &how.filter) {
        (Format::Sarif, _) => sarif::items(output, true)?,
        (Format::Json, Some(filter)) => jq::items(filter, output)?,
        (Format::Json, None) => return Err(Unreadable("the descriptor has no filter".into())),
    };
    let uris = how.format == Format::Sarif;
    raw::reading(descriptor, &how.error_rules, items, uris, paths, key)
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
    if sarif::looks_like(output) {
        let tool = sarif::tool_name(output).unwrap_or_else(|| "sarif".to_owned());
        let wanted = tool.to_ascii_lowercase();
        let known = scanners.iter().find(|d| d.name() == wanted);
        let generic;
        let descriptor = match known {
            Some(descriptor) => descriptor,
            None => {
                generic = Descriptor::generic(&wanted);
                &generic
            }
        };
        let errors = known
            .and_then(|d| d.output())
            .map_or(&[][..], |o| &o.error_rules);
        let reading = raw::reading(
            descriptor,
            errors,
            sarif::items(output, false)?,
            true,
            paths,
            key,
        )?;
        return Ok((descriptor.name().to_owned(), reading));
    }
    for descriptor in scanners {
        let detect = descriptor.output().and_then(|o| o.detect.as_deref());
        if let Some(detect) = detect
            && jq::holds(detect, output)?
        {
            return Ok((
                descriptor.name().to_owned(),
                read(descriptor, output, paths, key)?,
            ));
        }
    }
    Err(Unreadable(
        "the format is not known: it is neither SARIF 2.1.0 nor a report of a scanner in the catalogue"
            .into(),
    ))
}

#[cfg(test)]
mod tests;
