//! The only module that knows git.
//!
//! [`Repository`] answers questions about objects, refs and trees. The git2 library answers where
//! it can; the `git` program answers for repositories that the library cannot open (SHA-256,
//! reftable) and for objects that it does not have (partial clones). Callers cannot tell which.

mod choose;
mod configured;
mod differs;
mod elsewhere;
mod history;
mod hooks;
mod introduced;
mod library;
mod links;
mod loose;
mod message;
mod program;
mod publish;
mod push;
mod push_line;
mod raw_object;
mod signed;
mod similar;
mod snapshot;
mod target;
mod unpushed;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{FileChange, FileVersion, Oid, RepoPath, shell_word};

pub use choose::{Against, Head, Request, choose};
pub use elsewhere::{Destination, other_trees, parent_branch};
pub use hooks::{
    ConfiguredHook, HookFolder, HooksPath, Setting, configured_hook, hook_folder, name_hook_folder,
    other_work_trees, set_config,
};
pub use introduced::Introduced;
pub use loose::LongBlob;
pub use program::{Answer, Git};
pub use publish::PushedRef;
pub use push::{Pushed, choose_push, default_branch, receive_target};
pub use push_line::{PushLine, parse_push_lines, parse_receive_lines};
pub use signed::Signed;
pub use similar::similar_ref;
pub use snapshot::Scratch;
pub use target::{Target, find_remote, find_stand_in, find_target};
pub use unpushed::unpushed;

/// What an object id leads to once tags are followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peeled {
    /// A commit and its tree.
    Commit {
        /// The commit.
        commit: Oid,
        /// Its tree.
        tree: Oid,
    },
    /// A tree without a commit.
    Tree(Oid),
    /// A blob.
    Blob(Oid),
}

/// What to do about objects that cannot be read.
const DAMAGED: &str =
    "check the repository with `git fsck`; in a partial clone, check that the remote answers";

/// A repository, opened for reading.
pub struct Repository {
    library: Option<Mutex<git2::Repository>>,
    git: Arc<Git>,
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_dir: Option<PathBuf>,
    /// Whether objects may be missing that the remote has.
    partial: bool,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("git_dir", &self.git_dir)
            .finish_non_exhaustive()
    }
}

/// Why there is no repository here, and what to do.
fn unopened(git: &Git, reason: &git2::Error) -> Error {
    match reason.code() {
        git2::ErrorCode::NotFound => Error::new(ErrorKind::Usage, "no git repository here")
            .hint("run newgate inside a repository, or use `git init` to make one"),
        // git-config(1), `safe.directory`: hooks and programs of a repository that somebody else owns could
        // do anything.
        git2::ErrorCode::Owner => {
            let here = git.folder().canonicalize().unwrap_or_default();
            let top = here.ancestors().find(|folder| folder.join(".git").exists());
            let top = shell_word(&top.unwrap_or(&here).to_string_lossy());
            Error::new(
                ErrorKind::Usage,
                "this repository belongs to another user, so git does not open it",
            )
            .hint(format!(
                "if you trust it: `git config --global --add safe.directory {top}`"
            ))
        }
        _ => Error::new(
            ErrorKind::Usage,
            format!("this repository cannot be opened: {}", reason.message()),
        )
        .hint("`git status` shows what git finds wrong; `git fsck` looks for damage"),
    }
}

impl Repository {
    /// Opens the repository that the environment and the current folder name, as git would: the
    /// objects of a push in quarantine and the index of a partial commit are seen.
    ///
    /// # Errors
    /// No repository, or one that neither the library nor the program can open.
    pub fn open_from_env() -> Result<Repository> {
        let git = Git::here();
        let repo = match git2::Repository::open_from_env() {
            Ok(library) => Repository::from_library(library, git),
            Err(reason) => Repository::from_program(git, &reason)?,
        };
        repo.distrust_checkouts();
        Ok(repo)
    }

    /// Opens the repository at or above a folder, whatever the environment says.
    ///
    /// # Errors
    /// As [`Repository::open_from_env`].
    pub fn open(folder: &Path) -> Result<Repository> {
        let git = Git::at(folder);
        let repo = match git2::Repository::discover(folder) {
            Ok(library) => Repository::from_library(library, git),
            Err(reason) => Repository::from_program(git, &reason)?,
        };
        repo.distrust_checkouts();
        Ok(repo)
    }

    /// Lets no program be taken from any of the repository's work trees: what is checked out there is
    /// some branch's.
    fn distrust_checkouts(&self) {
        if let Some(folder) = &self.work_dir {
            environment::distrust(folder);
        }
        // gitrepository-layout(5): that of the main work tree is `.git` in it.
        if let Some(main) = self
            .common_dir
            .parent()
            .filter(|_| self.common_dir.ends_with(".git"))
        {
            environment::distrust(main);
        }
        let linked = std::fs::read_dir(self.common_dir.join("worktrees"));
        for entry in linked.into_iter().flatten().flatten() {
            let file = std::fs::read_to_string(entry.path().join("gitdir"));
            if let Some(folder) = file
                .ok()
                .as_ref()
                .and_then(|f| Path::new(f.trim_end()).parent())
            {
                environment::distrust(folder);
            }
        }
    }

    fn from_library(library: git2::Repository, git: Git) -> Repository {
        // git itself does not hash what it reads again, and a fifth of all work would go there.
        git2::opts::strict_hash_verification(false);
        let partial = library::is_partial(&library);
        Repository {
            git_dir: library.path().to_owned(),
            common_dir: library.commondir().to_owned(),
            work_dir: library.workdir().map(Path::to_owned),
            library: Some(Mutex::new(library)),
            git: Arc::new(git),
            partial,
        }
    }

    fn from_program(git: Git, reason: &git2::Error) -> Result<Repository> {
        let asked = git.run(["rev-parse", "--absolute-git-dir"])?;
        if asked.code != 0 {
            return Err(unopened(&git, reason));
        }
        let git_dir = asked.must_path("rev-parse --absolute-git-dir")?;
        let asked = git.run(["rev-parse", "--git-common-dir"])?;
        let common_dir = git
            .folder()
            .join(asked.must_path("rev-parse --git-common-dir")?);
        let top = git.run(["rev-parse", "--show-toplevel"])?;
        let work_dir = top.must_path("rev-parse --show-toplevel").ok();
        Ok(Repository {
            library: None,
            git: Arc::new(git),
            git_dir,
            common_dir,
            work_dir,
            partial: false,
        })
    }

    /// The repository's own folder (of a linked worktree: that worktree's).
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The folder that all worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The top of the work tree; `None` in a bare repository.
    pub fn work_dir(&self) -> Option<&Path> {
        self.work_dir.as_deref()
    }

    /// The `git` program, for what needs it.
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// Runs a question on the library, or on the program where the library could not open the
    /// repository.
    ///
    /// `objects` are those that the question begins at.
    fn ask<T>(
        &self,
        objects: &[&str],
        library: impl FnOnce(&git2::Repository) -> Result<T>,
        program: impl FnOnce(&Git) -> Result<T>,
    ) -> Result<T> {
        match &self.library {
            // What a partial clone lacks, the program fetches.
            Some(repo) if self.partial => {
                let repo = repo
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                let answer = watch::watched(&self.git, objects, || library(&repo));
                answer.or_else(|_| program(&self.git))
            }
            Some(repo) => {
                let repo = repo
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                watch::watched(&self.git, objects, || library(&repo))
            }
            None => program(&self.git),
        }
    }

    /// The object that a revision names (tags are not followed); `None` if there is none.
    ///
    /// # Errors
    /// git could not answer.
    pub fn resolve(&self, revision: &str) -> Result<Option<Oid>> {
        let found = self.ask(
            &[revision],
            |r| library::resolve(r, revision),
            |g| program::resolve(g, revision),
        );
        // gitrevisions(7): the library knows fewer ways to write a commit than git.
        let special = ["@{", ":/", "^{"].iter().any(|s| revision.contains(s));
        match found {
            Ok(None) | Err(_) if special && self.library.is_some() => {
                program::resolve(&self.git, revision)
            }
            found => found,
        }
    }

    /// Follows tags to a commit, tree or blob; `None` if this clone does not have the object.
    ///
    /// # Errors
    /// git could not answer.
    pub fn peel(&self, oid: &Oid) -> Result<Option<Peeled>> {
        self.ask(
            &[oid.as_str()],
            |r| library::peel(r, oid),
            |g| program::peel(g, oid),
        )
    }

    /// The paths that differ between two trees, in the order of git; with no old tree, all paths.
    ///
    /// # Errors
    /// git could not answer.
    pub fn diff(&self, old: Option<&Oid>, new: &Oid) -> Result<Vec<FileChange>> {
        if old == Some(new) {
            return Ok(Vec::new());
        }
        let objects: Vec<&str> = old.into_iter().chain([new]).map(Oid::as_str).collect();
        self.ask(
            &objects,
            |r| library::diff(r, old, new),
            |g| program::diff(g, old, new),
        )
    }

    /// A file of a tree by its path; `None` if the tree has no file there.
    ///
    /// # Errors
    /// git could not answer.
    pub fn entry(&self, tree: &Oid, path: &RepoPath) -> Result<Option<FileVersion>> {
        self.ask(
            &[tree.as_str()],
            |r| library::entry(r, tree, path),
            |g| program::entry(g, tree, path),
        )
    }

    /// The tree at a path of a tree; `None` if there is no folder.
    ///
    /// # Errors
    /// git could not answer.
    pub fn folder(&self, tree: &Oid, path: &str) -> Result<Option<Oid>> {
        self.ask(
            &[tree.as_str()],
            |r| library::folder(r, tree, path),
            |g| program::folder(g, tree, path),
        )
    }

    /// All files of a tree, at most `limit`; `None` if there are more.
    ///
    /// # Errors
    /// git could not answer.
    pub fn list(&self, tree: &Oid, limit: usize) -> Result<Option<Vec<FileVersion>>> {
        self.ask(
            &[tree.as_str()],
            |r| library::list(r, tree, limit),
            |g| program::list(g, tree, limit),
        )
    }

    /// The content of a blob, or the message of a commit or an annotated tag. Fetched from the remote if a
    /// partial clone lacks it.
    ///
    /// # Errors
    /// The object does not exist, is a tree, or cannot be read.
    pub fn blob(&self, oid: &Oid) -> Result<Vec<u8>> {
        match self.ask(
            &[oid.as_str()],
            |r| library::blob(r, oid),
            |g| program::blob(g, oid),
        )? {
            Some(content) => Ok(content),
            None => program::blob(&self.git, oid)?.ok_or_else(|| {
                Error::new(
                    ErrorKind::Git,
                    format!("object {} cannot be read", oid.short()),
                )
                .hint(DAMAGED)
            }),
        }
    }

    /// The content of a blob of at least so many bytes, to be read as a stream. `None` for a shorter one, and where git
    /// keeps it in another form than as a new object: [`Repository::blob`] reads it then.
    pub fn long_blob(&self, oid: &Oid, least: u64) -> Option<LongBlob> {
        let own = self.common_dir.join("objects");
        // Where a push waits to be accepted, its objects lie in a folder of their own.
        let other = environment::variable("GIT_OBJECT_DIRECTORY").map(PathBuf::from);
        let mut folders = other.into_iter().chain([own]);
        folders.find_map(|folder| loose::open(&folder, oid, least))
    }

    /// The size of a blob in bytes; of one that a partial clone lacks, a guess.
    ///
    /// # Errors
    /// git could not answer.
    pub fn blob_size(&self, oid: &Oid) -> Result<u64> {
        const GUESS: u64 = 8_192;
        let size = self.ask(
            &[],
            |r| library::blob_size(r, oid),
            |g| program::blob_size(g, oid),
        )?;
        Ok(size.unwrap_or(GUESS))
    }

    /// The object that a full ref name points at, unpeeled.
    ///
    /// # Errors
    /// git could not answer.
    pub fn reference(&self, name: &str) -> Result<Option<Oid>> {
        self.ask(
            &[],
            |r| library::reference(r, name),
            |g| program::reference(g, name),
        )
    }

    /// The ref that a symbolic ref points at; `None` if it is not symbolic or not there.
    ///
    /// # Errors
    /// git could not answer.
    pub fn symbolic(&self, name: &str) -> Result<Option<String>> {
        self.ask(
            &[],
            |r| library::symbolic(r, name),
            |g| program::symbolic(g, name),
        )
    }

    /// Makes objects in another folder visible, as an alternate of this repository.
    ///
    /// # Errors
    /// The library refuses the folder.
    fn see_objects(&self, folder: &Path) -> Result<()> {
        if let Some(repo) = &self.library {
            let repo = repo
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let folder = folder.to_str().ok_or_else(|| {
                Error::new(
                    ErrorKind::Io,
                    "the folder for temporary files has a name that is not UTF-8",
                )
            })?;
            repo.odb()?.add_disk_alternate(folder)?;
        }
        Ok(())
    }
}
