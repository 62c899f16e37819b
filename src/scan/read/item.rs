//! An item of a report, whatever the report's format.

use serde::{Deserialize, Deserializer};

use super::offsets::Span;
use crate::model::{Kind, Package};

/// One item of a report, as a jq filter writes it (`docs/scanners.md` has the fields): a finding, a
/// file that could not be read (`error`), or a file that was scanned (`scanned`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Item {
    /// The tool, for formats that many tools write.
    pub tool: Option<String>,
    pub scanned: Option<String>,
    pub error: Option<String>,
    /// The scanner says that it did not finish.
    pub failed: Option<String>,
    pub path: Option<String>,
    #[serde(deserialize_with = "number")]
    pub line: Option<u32>,
    #[serde(deserialize_with = "number")]
    pub column: Option<u32>,
    #[serde(deserialize_with = "number")]
    pub end_line: Option<u32>,
    #[serde(deserialize_with = "number")]
    pub end_column: Option<u32>,
    pub rule: Option<String>,
    /// The kind of weakness, if it differs from the descriptor's.
    pub kind: Option<Kind>,
    pub title: Option<String>,
    pub message: Option<String>,
    pub level: Option<String>,
    pub confidence: Option<String>,
    /// A CVSS score, where the scanner gives one.
    pub score: Option<f64>,
    /// CVSS vectors; the highest score of those that can be read counts, before `score`.
    pub cvss: Vec<String>,
    pub cwe: Vec<u32>,
    pub advisories: Vec<String>,
    pub package: Option<Package>,
    /// The secret itself; only its keyed hash is kept.
    pub secret: Option<String>,
    /// The SHA-1 of the secret, in hexadecimal digits, of a scanner that does not tell the secret.
    pub secret_sha1: Option<String>,
    pub fix: Option<String>,
    pub url: Option<String>,
    pub fingerprint: Option<String>,
    pub suppressed: bool,
    /// The day on which the advisory was published; a date, whatever follows it.
    pub published: Option<String>,
    /// EPSS, 0.0 to 1.0.
    pub epss: Option<f64>,
    /// Whether the advisory is known to be exploited.
    pub kev: bool,
    /// The way that data takes to the place.
    pub flow: Vec<FlowStep>,
    /// The place, where it is told by characters and not by lines.
    #[serde(skip)]
    pub span: Option<Span>,
    /// The text of the place.
    #[serde(skip)]
    pub snippet: Option<String>,
    /// The level that counts where neither the report nor the descriptor says anything.
    #[serde(skip)]
    pub assumed: Option<&'static str>,
    /// Whether it may be about a file that is not in the tree, and means nothing then: an `error`, or a further place.
    #[serde(skip)]
    pub may_be_elsewhere: bool,
}

/// A step of a flow, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FlowStep {
    pub path: String,
    pub line: u32,
    pub message: String,
}

/// A number, or a text that is one.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }
    let value = match Option::<Written>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Written::Number(n)) => n,
        Some(Written::Text(t)) => t
            .trim()
            .parse()
            .map_err(|_| serde::de::Error::custom(format!("`{t}` is not a number")))?,
    };
    if value < 0.0 || value > f64::from(u32::MAX) {
        return Err(serde::de::Error::custom(format!(
            "`{value}` is not a line or column"
        )));
    }
    Ok(Some(value as u32))
}
