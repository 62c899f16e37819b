//! How results are loaded from a server.

use serde::{Deserialize, Serialize};

/// One request to a server that has results.
///
/// The filters can use `$page`, the number of this page from 1, `$headers`, the answer's header lines by their names in lower
/// case, `$link`, the address of the next page in the header line `Link` or null, `$commit` and `$branch`, which are asked for,
/// and `$project`, the project's name, encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadRequest {
    /// The address, with `{server}`, `{project}`, `{branch}`, `{commit}` and `{page}`. `{branch-query}` is `&branch=` and the branch,
    /// or nothing if the server doesn't know the branch and says of which commit its results are.
    pub url: String,
    /// Header lines, with `{token}`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// A jq filter that is true for an answer after which there is another page.
    #[serde(default)]
    pub more: Option<String>,
    /// A jq filter for the address of the next page, or null.
    #[serde(default)]
    pub next: Option<String>,
    /// A jq filter for the number of results in an answer.
    #[serde(default)]
    pub count: Option<String>,
    /// A jq filter for the number of results on all pages. Pages are asked for until so many came; fewer or more are an error.
    #[serde(default)]
    pub total: Option<String>,
    /// A jq filter for the addresses of the reports: this request only lists them. It reads the list of all pages.
    #[serde(default)]
    pub follow: Option<String>,
    /// A jq filter for the names of the parts that the results consist of, such as their tools. It reads the list of all pages.
    #[serde(default)]
    pub parts: Option<String>,
    /// Header lines for the reports that are listed.
    #[serde(default)]
    pub follow_headers: Vec<String>,
    /// As `more`, for the reports that are listed; their addresses have `{page}` then.
    #[serde(default)]
    pub follow_more: Option<String>,
    /// As `next`, for the reports that are listed.
    #[serde(default)]
    pub follow_next: Option<String>,
    /// As `count`, for the reports that are listed.
    #[serde(default)]
    pub follow_count: Option<String>,
    /// As `total`, for the reports that are listed.
    #[serde(default)]
    pub follow_total: Option<String>,
}

/// Something to ask a server besides results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// The address, as in a request.
    pub url: String,
    /// Header lines, with `{token}`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// A jq filter for the answer, a text.
    pub filter: String,
}

/// How results are loaded from a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    /// The server, where the configuration names none.
    #[serde(default)]
    pub server: Option<String>,
    /// With `revision`: how to ask whether the server is still processing results. Any text means that it is.
    #[serde(default)]
    pub ready: Option<Probe>,
    /// How to ask which commit the results are of, where an address names only a branch. Without it
    /// they are taken as the server has them, and not remembered.
    #[serde(default)]
    pub revision: Option<Probe>,
    /// The requests; the answers of all of them are read.
    pub request: Vec<LoadRequest>,
}
