//! The private folder that a scanner sees: only the files that it needs, as they are in the tree.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::model::{FileVersion, RepoPath};
use crate::platform;
use crate::process;

const HOME: &str = "home";
const TEMPORARY: &str = "tmp";

/// The name under which a scanner sees a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// Its own.
    AsItIs,
    /// One with another extension.
    WithExtension(&'a str),
    /// One that says nothing of it, in no folder.
    WithoutName,
}

/// A folder with files of one side of a change. It is removed when dropped.
///
/// A file whose path cannot be given to a program safely (not UTF-8, with control characters, or
/// leaving the folder) is written under another name of the same extension, and mapped back.
/// Symbolic links are never written, so nothing here leads outside. Beside the files that are
/// scanned lies a folder for newgate's own, and one that the scanner may write.
#[derive(Debug)]
pub(super) struct Stage {
    folder: TempDir,
    root: PathBuf,
    own: PathBuf,
    scratch: PathBuf,
    aliases: HashMap<String, RepoPath>,
    /// Names that a scanner reads its configuration from: no file of the change is written there.
    reserved: Vec<String>,
}

impl Stage {
    /// Makes an empty stage that only the current user can enter. Files with a `reserved` name, in
    /// any folder, are written under another.
    pub(super) fn new(reserved: Vec<String>) -> io::Result<Stage> {
        let folder = tempfile::Builder::new()
            .prefix("stage-")
            .permissions(platform::private_folder())
            .tempdir_in(process::run_folder()?)?;
        let whole = fs::canonicalize(folder.path())?;
        let [root, own, scratch] = ["tree", "own", "scratch"].map(|part| whole.join(part));
        for part in [&root, &own, &scratch] {
            fs::create_dir(part)?;
        }
        for part in [HOME, TEMPORARY] {
            fs::create_dir(scratch.join(part))?;
        }
        Ok(Stage {
            folder,
            root,
            own,
            scratch,
            aliases: HashMap::new(),
            reserved,
        })
    }

    /// The folder that is scanned, without symbolic links in its path.
    pub(super) fn root(&self) -> &Path {
        debug_assert!(self.folder.path().exists());
        &self.root
    }

    /// The folder of newgate's own files.
    pub(super) fn own(&self) -> &Path {
        &self.own
    }

    /// The folder that the scanner may write.
    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// A home folder for a scanner that is kept from the user's.
    pub(super) fn home(&self) -> PathBuf {
        self.scratch.join(HOME)
    }

    /// The folder for its temporary files.
    pub(super) fn temporary(&self) -> PathBuf {
        self.scratch.join(TEMPORARY)
    }

    /// The names that stand for others.
    pub(super) fn aliases(&self) -> &HashMap<String, RepoPath> {
        &self.aliases
    }

    /// Writes a file and returns its name in the folder, as an argument that no option parser takes
    /// for one.
    pub(super) fn add(
        &mut self,
        file: &FileVersion,
        content: &[u8],
        shown: Shown<'_>,
    ) -> io::Result<String> {
        let name = match file.path.as_str().filter(|_| file.path.is_plain()) {
            Some(name)
                if !name.starts_with("newgate-alias-")
                    && !self.is_reserved(name)
                    && shown == Shown::AsItIs =>
            {
                name.to_owned()
            }
            _ => {
                let name = self.alias(&file.path, shown);
                self.aliases.insert(name.clone(), file.path.clone());
                name
            }
        };
        write(&self.root.join(&name), content, file.mode & 0o100 != 0)?;
        Ok(format!("./{name}"))
    }

    /// A name for a file that cannot go by its own: each part of the path that is not plain is
    /// replaced, and the last one if it is reserved; the others stay, since tools may go by them.
    fn alias(&self, path: &RepoPath, shown: Shown<'_>) -> String {
        let number = self.aliases.len() + 1;
        let wanted = match shown {
            Shown::AsItIs => None,
            Shown::WithExtension(extension) => Some(extension),
            Shown::WithoutName => return format!("newgate-alias-{number}.txt"),
        };
        let parts: Vec<&[u8]> = path.as_bytes().split(|b| *b == b'/').collect();
        let mut names = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let is_last = at + 1 == parts.len();
            let part = RepoPath::new(*part);
            let plain = part
                .as_str()
                .filter(|p| part.is_plain() && !p.starts_with("newgate-alias-"));
            let plain = plain.filter(|p| !is_last || wanted.is_none() && !self.is_reserved(p));
            let extension = part.extension().and_then(|e| std::str::from_utf8(e).ok());
            let extension = wanted.filter(|_| is_last).or(extension);
            let extension = extension.filter(|e| e.bytes().all(|b| b.is_ascii_alphanumeric()));
            names.push(match (plain, extension) {
                (Some(plain), _) => plain.to_owned(),
                (None, Some(extension)) if is_last => format!("newgate-alias-{number}.{extension}"),
                _ => format!("newgate-alias-{number}"),
            });
        }
        let name = names.join("/");
        match name.len() < 1_000 && self.is_free(&name) {
            true => name,
            false => format!(
                "newgate-alias-{number}/{}",
                names.last().map_or("file", String::as_str)
            ),
        }
    }

    /// Whether no other file stands at a name, or in the way of it.
    fn is_free(&self, name: &str) -> bool {
        name.contains("newgate-alias-") && !self.root.join(name).exists()
    }

    fn is_reserved(&self, name: &str) -> bool {
        let last = name.rsplit('/').next();
        self.reserved
            .iter()
            .any(|r| r == name || r.rsplit('/').next() == last)
    }

    /// Writes a configuration file among the files that are scanned, over one of the change if there
    /// is one at its path.
    pub(super) fn add_config(&self, name: &str, content: &[u8]) -> io::Result<()> {
        write(&self.root.join(name), content, false)
    }

    /// Writes a file into the folder of newgate's own.
    pub(super) fn add_own(&self, name: &str, content: &[u8]) -> io::Result<()> {
        write(&self.own.join(name), content, false)
    }
}

fn write(path: &Path, content: &[u8], executable: bool) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    platform::private(&mut options, executable)
        .open(path)?
        .write_all(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Oid;

    fn file(path: &[u8]) -> FileVersion {
        FileVersion {
            path: RepoPath::new(path),
            blob: Oid::parse(&"a".repeat(40)).unwrap(),
            mode: 0o100_644,
        }
    }

    #[test]
    fn hostile_names_get_a_safe_one_that_leads_back() {
        let mut stage = Stage::new(vec![".tool.toml".into()]).unwrap();
        for bad in [
            &b"../../x.py"[..],
            b"\xff.py",
            b"a\nb.py",
            b".git/hooks/pre-push",
        ] {
            let name = stage.add(&file(bad), b"x", Shown::AsItIs).unwrap();
            let plain = name.strip_prefix("./").unwrap();
            assert!(plain.contains("newgate-alias-"), "{name}");
            assert_eq!(stage.aliases()[plain].as_bytes(), bad);
            assert!(stage.root().join(plain).is_file());
        }
        let hidden = stage
            .add(&file(b"pkg/.tool.toml"), b"x", Shown::AsItIs)
            .unwrap();
        assert!(hidden.starts_with("./pkg/newgate-alias-"), "{hidden}");
        // The parts of a path that are plain stay: a rule may be for `src/` only.
        let inside = stage
            .add(&file(b"src/caf\xe9/Dockerfile"), b"x", Shown::AsItIs)
            .unwrap();
        assert!(inside.starts_with("./src/newgate-alias-"), "{inside}");
        assert!(inside.ends_with("/Dockerfile"), "{inside}");
        assert_eq!(
            stage
                .add(&file(b"-rf/a b.py"), b"x", Shown::AsItIs)
                .unwrap(),
            "./-rf/a b.py"
        );
    }
}
