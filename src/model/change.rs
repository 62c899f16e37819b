use serde::{Deserialize, Serialize};

use super::{BaseReason, Note, Oid, RepoPath};

/// What asked for the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A push, before it leaves the machine.
    Push,
    /// The tree that a merge would produce.
    Merge,
    /// By hand.
    Check,
    /// A push, on the server.
    Server,
}

/// What is judged: a head tree, a base tree, the target branch, and how they were chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The head in words: a branch, a ref, "the index", "the work tree".
    pub name: String,
    /// The commit at head, or the tree if there is no commit.
    pub head: Oid,
    /// The tree at head.
    pub head_tree: Oid,
    /// The commit at base; `None` if there is nothing to compare with.
    pub base: Option<Oid>,
    /// The tree at base.
    pub base_tree: Option<Oid>,
    /// The target branch in words (`origin/main`).
    pub target: Option<String>,
    /// The target's tip: the commit that configuration is read from.
    pub tip: Option<Oid>,
    /// What else is not new, besides what the base has: the target's tip, other merge bases, what the branch
    /// has on its remote.
    pub others: Vec<OtherTree>,
    /// Why this base.
    pub base_reason: BaseReason,
    /// What asked for the check.
    pub mode: Mode,
    /// Commits whose objects are not new with this change, for scanners of history.
    pub known: Vec<Oid>,
    /// What the branch points at on the remote, where the push rewrites it: what its history holds has been
    /// pushed before.
    pub replaced: Option<Oid>,
    /// The annotated tags that lead to the head, outermost first.
    pub tags: Vec<Tag>,
    /// Those that the ref points at on the remote.
    pub replaced_tags: Vec<Tag>,
    /// Things that the reader should know about the choice.
    pub notes: Vec<Note>,
}

/// An annotated tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag object.
    pub object: Oid,
    /// The name that it gives itself.
    pub name: String,
}

/// A tree whose findings are inherited as those of the base are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherTree {
    /// Its name for people (`origin/main`).
    pub name: String,
    /// The commit.
    pub commit: Oid,
    /// The commit's tree.
    pub tree: Oid,
}

/// The path that stands for the message of a commit, where git has it while it is written: no tree may have
/// such a path.
pub const COMMIT_MESSAGE: &str = ".git/COMMIT_EDITMSG";
/// The path that stands for the message of an annotated tag.
pub const TAG_MESSAGE: &str = ".git/TAG_EDITMSG";

/// A file in a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileVersion {
    /// The path in the tree.
    pub path: RepoPath,
    /// The id of the content.
    pub blob: Oid,
    /// git's mode: `0o100644`, `0o100755`, `0o120000` (symbolic link), `0o160000` (submodule).
    pub mode: u32,
}

impl FileVersion {
    /// Returns whether it is a symbolic link; its content is where it leads to.
    pub fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    /// Returns whether it is a regular file, neither a symbolic link nor a submodule.
    pub fn is_regular(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }
}

/// One path that differs between two trees. A renamed file is two of these: a deletion and an
/// addition; the comparison pairs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The version at base; `None` if added.
    pub old: Option<FileVersion>,
    /// The version at head; `None` if deleted.
    pub new: Option<FileVersion>,
}
