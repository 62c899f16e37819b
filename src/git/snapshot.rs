//! Trees of what is not committed, without touching the index, the objects or the refs.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::{Git, Peeled, PushLine, Repository};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Oid;
use crate::platform::to_path;
use crate::process::TemporaryFolder;

/// A private object folder for trees that must not be written to the repository. The objects last
/// as long as this value.
#[derive(Debug, Default)]
pub struct Scratch {
    folder: Option<TemporaryFolder>,
}

impl Scratch {
    /// Makes one; nothing is written before it is needed.
    pub fn new() -> Scratch {
        Scratch::default()
    }

    /// The tree of the index, as a commit would make it.
    ///
    /// # Errors
    /// The index has conflicts, or git could not answer.
    pub fn index_tree(&mut self, repo: &mut Repository) -> Result<Oid> {
        let git = self.private_git(repo)?;
        Scratch::write_tree(&git)
    }

    /// A tree with the tracked files of the work tree as they are now, and new files that git does
    /// not ignore.
    ///
    /// # Errors
    /// A bare repository, or git could not answer.
    pub fn work_tree(&mut self, repo: &mut Repository) -> Result<Oid> {
        let Some(top) = repo.work_dir().map(std::path::Path::to_owned) else {
            return Err(
                Error::new(ErrorKind::Usage, "a bare repository has no work tree")
                    .hint("check a commit: `newgate check --head REV`"),
            );
        };
        let git = self.private_git(repo)?;
        let args = [
            OsString::from("-C"),
            top.into(),
            "add".into(),
            "--all".into(),
            "--".into(),
            ".".into(),
        ];
        git.run(args)?.must("add --all")?;
        Scratch::write_tree(&git)
    }

    /// The tree that merging `theirs` into `ours` would make; `None` if that conflicts.
    ///
    /// # Errors
    /// git is older than 2.38, or could not answer.
    pub fn merge_tree(
        &mut self,
        repo: &mut Repository,
        ours: &Oid,
        theirs: &Oid,
    ) -> Result<Option<Oid>> {
        let git = self.private_git(repo)?;
        let said = git.run([
            "merge-tree",
            "--write-tree",
            "--no-messages",
            ours.as_str(),
            theirs.as_str(),
        ])?;
        if said.code == 1 {
            return Ok(None);
        }
        let out = said.must("merge-tree --write-tree")?;
        let text = String::from_utf8_lossy(&out).into_owned();
        let tree = text.lines().next().and_then(Oid::parse);
        tree.map(Some).ok_or_else(|| {
            Error::new(ErrorKind::Git, "unexpected output from `git merge-tree`")
                .hint("newgate needs git 2.38 or newer")
        })
    }

    /// A tree with one file, for each object of a push that leads to a file and not to a tree.
    ///
    /// # Errors
    /// git could not answer.
    pub fn trees_of_files(
        &mut self,
        repo: &mut Repository,
        lines: &[PushLine],
    ) -> Result<HashMap<Oid, Oid>> {
        let mut trees = HashMap::new();
        for line in lines.iter().filter(|l| !l.local_oid.is_zero()) {
            let Some(Peeled::Blob(blob)) = repo.peel(&line.local_oid)? else {
                continue;
            };
            let git = self.private_git(repo)?;
            // Scanners go by names: a tag may be called as the file that it is.
            let name = line.remote_ref.rsplit('/').next().unwrap_or("file");
            let row = format!("100644 blob {blob}\t{name}\0");
            let out = git.feed(["mktree", "-z"], row.into_bytes())?;
            let out = out.must("mktree")?;
            let tree = Oid::parse(String::from_utf8_lossy(&out).trim())
                .ok_or_else(|| Error::new(ErrorKind::Git, "unexpected output from `git mktree`"))?;
            trees.insert(line.local_oid.clone(), tree);
        }
        Ok(trees)
    }

    fn write_tree(git: &Git) -> Result<Oid> {
        let said = git.run(["write-tree"])?;
        if said.code != 0 && said.err.contains("unmerged") {
            return Err(Error::new(ErrorKind::Usage, "the index has conflicts")
                .hint("resolve them first; `git status` lists them"));
        }
        let out = said.must("write-tree")?;
        Oid::parse(String::from_utf8_lossy(&out).trim())
            .ok_or_else(|| Error::new(ErrorKind::Git, "unexpected output from `git write-tree`"))
    }

    /// The `git` program with a copy of the index, and with new objects going to the private folder.
    fn private_git(&mut self, repo: &mut Repository) -> Result<Git> {
        let io = |e| Error::new(ErrorKind::Io, "a temporary folder cannot be created").because(e);
        let folder = match &self.folder {
            Some(folder) => folder.path().to_owned(),
            None => {
                let folder = TemporaryFolder::new("newgate-").map_err(io)?;
                let path = folder.path().to_owned();
                std::fs::create_dir(path.join("objects")).map_err(io)?;
                self.folder = Some(folder);
                path
            }
        };
        let (index, objects) = places(repo.git())?;
        let private_index = folder.join("index");
        match std::fs::copy(&index, &private_index) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(e)),
            _ => {}
        }
        let mut alternates = objects.into_os_string();
        if let Some(more) = crate::environment::variable("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
            alternates.push(":");
            alternates.push(more);
        }
        let private_objects = folder.join("objects");
        let git = repo
            .git()
            .with("GIT_INDEX_FILE", &private_index)
            .with("GIT_OBJECT_DIRECTORY", &private_objects)
            .with("GIT_ALTERNATE_OBJECT_DIRECTORIES", &alternates);
        repo.see_objects(&private_objects)?;
        let mut seen = private_objects.into_os_string();
        if let Some(more) = crate::environment::variable("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
            seen.push(":");
            seen.push(more);
        }
        let seen = repo.git.with("GIT_ALTERNATE_OBJECT_DIRECTORIES", seen);
        repo.git = std::sync::Arc::new(seen);
        Ok(git)
    }
}

/// Where the index and the objects are.
fn places(git: &Git) -> Result<(PathBuf, PathBuf)> {
    let of = |wanted: &[&str]| -> Result<Vec<u8>> {
        let options = ["rev-parse", "--path-format=absolute"];
        let wanted = wanted.iter().flat_map(|what| ["--git-path", *what]);
        let asked = git.run(options.into_iter().chain(wanted))?;
        let mut out = asked.must("rev-parse --git-path")?;
        if out.last() == Some(&b'\n') {
            out.pop();
        }
        Ok(out)
    };
    // Asked together, since starting git takes longer than all else before a commit.
    let both = of(&["index", "objects"])?;
    let lines: Vec<&[u8]> = both.split(|b| *b == b'\n').collect();
    if let [index, objects] = lines.as_slice() {
        return Ok((to_path(index.to_vec()), to_path(objects.to_vec())));
    }
    // A path with a line break.
    Ok((to_path(of(&["index"])?), to_path(of(&["objects"])?)))
}
