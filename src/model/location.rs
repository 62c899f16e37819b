use serde::{Deserialize, Serialize};

use super::RepoPath;

/// Where the baseline has an inherited occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file at base.
    pub path: RepoPath,
    /// The line at base; 0 for a finding without a line.
    pub line: u32,
}

/// A region of a text file. Lines and columns count from 1; columns count as the scanner counted
/// them, so they are comparable within one scanner only. The end is inclusive for lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Region {
    /// The first line; the line that is reported.
    pub line: u32,
    /// The column on the first line, where the scanner gave one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
    /// The last line, never before `line`.
    #[serde(rename = "end-line")]
    pub end_line: u32,
    /// The column after the last character, if the scanner gave one.
    #[serde(
        rename = "end-column",
        skip_serializing_if = "Option::is_none",
        default
    )]
    pub end_column: Option<u32>,
}

impl Region {
    /// A whole line.
    pub fn line(line: u32) -> Region {
        Region {
            line,
            column: None,
            end_line: line,
            end_column: None,
        }
    }

    /// Returns whether the two regions share a line.
    pub fn overlaps(&self, other: &Region) -> bool {
        self.line <= other.end_line && other.line <= self.end_line
    }
}
