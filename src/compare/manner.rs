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
    /// Words that formatters add and remove.
    layout: &'static [&'static str],
    /// The lines of one stage of a container file are below the line that begins it.
    pub stages: bool,
    /// A text between back quotes may have several lines.
    pub back_quotes: bool,
    /// The lines of a statement that a semicolon ends are below its first, and the case of letters
    /// does not count.
    pub statements: bool,
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
            layout: if container || is(&["dockerfile"]) {
                &["RUN", "&"]
            } else if is(&["rb"]) {
                &["do", "end"]
            } else if is(&["sh", "bash", "zsh"]) {
                &["if", "then", "fi", "do", "done", "&"]
            } else if is(&["js", "jsx", "mjs", "cjs", "ts", "tsx", "kt", "kts", "rs"]) {
                &["return"]
            } else if is(&["php"]) {
                &["return", "function", "fn", "=", ">"]
            } else {
                &[]
            },
            back_quotes: is(&["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "go"]),
            statements: is(&["sql"]),
            stages: name.starts_with(b"Dockerfile")
                || name.starts_with(b"Containerfile")
                || is(&["dockerfile"]),
        }
    }

    /// Whether a token is one that formatters add and remove in this language: the words around a
    /// block, a layer of a container's image.
    pub(super) fn is_layout(self, token: &str) -> bool {
        self.layout.contains(&token)
    }
}
