//! How a language writes comments and groups lines.

/// How a language writes comments and groups lines; taken from the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manner {
    /// `#` begins a comment.
    pub hash_comment: bool,
    /// `//` begins a comment.
    pub slash_comment: bool,
    /// An open `{` joins lines to one statement, as in Python.
    pub braces_join: bool,
    /// Quotes and brackets mean nothing, as in prose, or there is nothing but data.
    pub prose: bool,
}

impl Manner {
    pub(super) fn of(path: &[u8]) -> Manner {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
        let extension = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
        let extension = extension.to_ascii_lowercase();
        let is = |list: &[&str]| list.iter().any(|e| e.as_bytes() == extension);
        let container = name.starts_with(b"Dockerfile")
            || name.starts_with(b"Containerfile")
            || name.ends_with(b"Makefile");
        let hash = is(&[
            "py",
            "pyi",
            "pyw",
            "rb",
            "sh",
            "bash",
            "zsh",
            "yml",
            "yaml",
            "tf",
            "tfvars",
            "hcl",
            "toml",
            "pl",
            "pm",
            "r",
            "ps1",
            "cfg",
            "ini",
            "conf",
            "env",
            "dockerfile",
            "mk",
            "ex",
            "exs",
        ]);
        Manner {
            hash_comment: hash || container,
            slash_comment: !(hash || container) || is(&["tf", "hcl"]),
            braces_join: is(&["py", "pyi", "pyw"]),
            prose: is(&["md", "markdown", "rst", "txt", "adoc", "json", "ipynb"]),
        }
    }
}
