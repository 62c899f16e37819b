use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::harmless::is_unsafe_char;

/// A path inside the repository: the bytes that git stores, `/` between parts, no leading `/`.
///
/// Not every such path is UTF-8. Shown and serialised, bytes that are not UTF-8, control
/// characters and characters that reorder text are written as `\xNN` or `\u{N}`.
///
/// A copy shares its bytes: many findings lie in one file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<[u8]>);

impl RepoPath {
    /// Takes the bytes as git lists them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> RepoPath {
        RepoPath(bytes.into().into())
    }

    /// The bytes as git lists them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path for the file system, from where the repository is.
    pub fn as_path(&self) -> &std::path::Path {
        crate::platform::as_path(&self.0)
    }

    /// The path as text, where it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The path as a text that leads back to it, for what is stored: as it is where it is UTF-8, else
    /// a NUL, which no path has, and the bytes in hexadecimal.
    pub fn to_text(&self) -> String {
        match self.as_str() {
            Some(text) => text.to_owned(),
            None => {
                let hex: String = self.0.iter().map(|b| format!("{b:02x}")).collect();
                format!("\0{hex}")
            }
        }
    }

    /// Reads what [`RepoPath::to_text`] wrote.
    pub fn from_text(text: &str) -> RepoPath {
        let Some(hex) = text.strip_prefix('\0') else {
            return RepoPath::from(text);
        };
        let pairs = hex.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        RepoPath(pairs.filter_map(byte).collect())
    }

    /// The last part.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or(&self.0)
    }

    /// The part of the name after its last dot, unless that is the first character.
    pub fn extension(&self) -> Option<&[u8]> {
        let name = self.file_name();
        let mut parts = name.rsplitn(2, |b| *b == b'.');
        let extension = parts.next()?;
        parts.next().filter(|stem| !stem.is_empty())?;
        Some(extension)
    }

    /// Returns whether every part is one that can be written below a folder: none is empty, `.`,
    /// `..` or `.git`, and the whole is printable UTF-8.
    pub fn is_plain(&self) -> bool {
        let Some(text) = self.as_str() else {
            return false;
        };
        text.chars().all(|c| !c.is_control())
            && text.split('/').all(|part| {
                !part.is_empty()
                    && part != "."
                    && part != ".."
                    && !part.eq_ignore_ascii_case(".git")
                    && part.len() <= 255
            })
            && text.len() < 3_000
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> RepoPath {
        RepoPath(text.as_bytes().into())
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if is_unsafe_char(c) {
                    write!(f, "{}", c.escape_unicode())?;
                } else {
                    f.write_char(c)?;
                }
            }
            for b in chunk.invalid() {
                write!(f, "\\x{b:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RepoPath, D::Error> {
        Ok(RepoPath::new(String::deserialize(deserializer)?))
    }
}

/// Whether the alternatives (`{a,b}`) of a glob are nested deeper than anybody needs. What compiles a glob
/// calls itself for each level, and would end the process at some depth.
pub fn nests_deeply(glob: &str) -> bool {
    const DEEPEST: usize = 20;
    let mut depth = 0_usize;
    glob.bytes().any(|b| {
        match b {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_nest_as_deep_as_somebody_needs() {
        let nested = |n: usize| "{a,".repeat(n) + "b" + &"}".repeat(n);
        assert!(!nests_deeply(&nested(20)) && nests_deeply(&nested(21)));
        assert!(!nests_deeply(&"{a,b}".repeat(100)));
    }

    #[test]
    fn hostile_names_are_shown_escaped() {
        let path = RepoPath::new(b"a\n\x1b[31m\xff\xe2\x80\xaeb.py".to_vec());
        assert_eq!(path.to_string(), "a\\u{a}\\u{1b}[31m\\xff\\u{202e}b.py");
        assert!(!path.is_plain());
    }

    #[test]
    fn names_that_leave_the_folder_are_not_plain() {
        for bad in [
            "../x",
            "a/../b",
            "/abs",
            "a//b",
            ".git/config",
            "a/.GIT/x",
            "",
        ] {
            assert!(!RepoPath::from(bad).is_plain(), "{bad}");
        }
        assert!(RepoPath::from("-dash/ü b.py").is_plain());
    }

    #[test]
    fn what_is_stored_of_a_path_leads_back_to_it() {
        for path in [&b"a/b.py"[..], b"odd\xff/a.py", b"\xc3\xbc.py"] {
            let path = RepoPath::new(path);
            assert_eq!(RepoPath::from_text(&path.to_text()), path);
        }
    }

    #[test]
    fn a_dotfile_has_no_extension() {
        assert_eq!(RepoPath::from("a/.env").extension(), None);
        assert_eq!(RepoPath::from("a.b/c.py").extension(), Some(&b"py"[..]));
    }
}
