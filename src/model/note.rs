//! What a judgement tells besides its issues, as values with stable codes. `report` makes the words.

use serde::{Deserialize, Serialize};

use super::{Oid, RepoPath};

/// Something that the reader should know. It decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "code",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Note {
    /// The cache could not be used: it was set aside, and is built anew.
    CacheSetAside {
        /// Where it was put.
        path: String,
        /// What was wrong with it.
        why: String,
    },
    /// The cache cannot be used, so nothing is remembered.
    CacheUnusable {
        /// Where it lies.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something of this run could not be written to the cache.
    ResultsNotRemembered {
        /// What is wrong with it.
        why: String,
    },
    /// A missing scanner was installed (`auto-install`).
    Installed {
        /// The scanner.
        scanner: String,
        /// Which version.
        version: String,
    },
    /// A missing scanner could not be installed.
    NotInstalled {
        /// The scanner.
        scanner: String,
        /// What went wrong.
        why: String,
    },
    /// The configuration names a target that this clone does not know.
    TargetUnknown {
        /// The branch that it names.
        named: String,
        /// The branch that was taken instead.
        taken: String,
    },
    /// This clone has no copy of the remote's default branch, so another branch stands for it.
    StandInTarget {
        /// The remote.
        remote: String,
        /// The branch that was taken.
        taken: String,
        /// Why that one.
        why: StandIn,
    },
    /// The remote has no default branch that this clone knows of.
    NoDefaultBranch {
        /// The remote.
        remote: String,
        /// The branch that the change is compared with instead.
        branch: String,
    },
    /// The pushed URL is not one of a configured remote.
    RemoteGuessed {
        /// The remote that was taken.
        remote: String,
        /// Its target.
        target: String,
    },
    /// Issues that block a push are those of another branch of the remote, which the pushed one goes on from.
    OfParentBranch {
        /// The other branch, with its remote.
        parent: String,
        /// How many of the issues that block.
        issues: u64,
        /// The push.
        push: Vec<String>,
    },
    /// A merge conflicts, so the branch is judged by itself.
    MergeConflicts {
        /// The branch that it was to be merged into.
        target: String,
    },
    /// The clone is shallow and holds no common commit with the target.
    Shallow {
        /// The target.
        target: String,
    },
    /// The branch points at a commit on the remote that this clone has never seen.
    RemoteUnseen {
        /// The branch, with its remote.
        branch: String,
        /// What it points at there.
        commit: Oid,
    },
    /// Parts of the change's own configuration are heeded only once they are on the target.
    ConfigurationHeldBack,
    /// The change's own configuration is used, without parts that would weaken the defaults: they are ignored until
    /// they are on the target.
    ConfigurationWeakening {
        /// The keys.
        keys: Vec<String>,
        /// The target, where there is one.
        target: Option<String>,
    },
    /// The configuration is that of the change.
    ConfigurationOfHead {
        /// Why.
        why: OwnConfiguration,
    },
    /// The configuration is that of the base, since there is no target.
    ConfigurationOfBase,
    /// The change edits the configuration, which applies once it is on the target.
    ConfigurationEdited {
        /// The target, where there is one.
        target: Option<String>,
    },
    /// The change edits what configures a scanner, which applies once it is on the target.
    ScannerConfigurationEdited {
        /// The file.
        path: String,
        /// The scanner.
        scanner: String,
        /// The target, where there is one.
        target: Option<String>,
    },
    /// A scanner whose results are given has none yet for what is pushed.
    ResultsPending {
        /// The scanner.
        scanner: String,
        /// The head.
        commit: Oid,
    },
    /// A scanner's results are compared with those of a commit before the base.
    ResultsOfAncestor {
        /// The scanner.
        scanner: String,
        /// The commit that has results.
        commit: Oid,
    },
    /// A server has results for another commit.
    ResultsOfOther {
        /// The scanner.
        scanner: String,
        /// What it has results for.
        found: String,
        /// What was asked for.
        wanted: Oid,
    },
    /// A server doesn't say which commit its newest results are of, or has none.
    ResultsUnnamed {
        /// The scanner.
        scanner: String,
        /// What was asked for.
        wanted: Oid,
    },
    /// A server is still processing results.
    ResultsUnfinished {
        /// The scanner.
        scanner: String,
        /// What was asked for.
        wanted: Oid,
    },
    /// A server could not be asked again, so that results count that were loaded from it before.
    ResultsRemembered {
        /// The scanner.
        scanner: String,
        /// Why it could not be asked.
        why: String,
    },
    /// A server's results are those of a branch as it is now, not of a commit.
    ResultsOfBranch {
        /// The scanner.
        scanner: String,
        /// The branch.
        branch: String,
    },
    /// The change moves more lines than are searched for moved blocks.
    MovesCutShort,
    /// A region has too many findings of one rule for all pairs to be compared.
    PairsCutShort,
    /// A scanner cannot read a file; it could not before either.
    UnreadBefore {
        /// The scanner.
        scanner: String,
        /// The file.
        path: RepoPath,
        /// What the scanner says.
        why: String,
    },
    /// The configuration leaves changed files out of a scanner.
    FilesExcluded {
        /// The scanner.
        scanner: String,
        /// How many.
        files: u64,
        /// The first of them.
        path: RepoPath,
        /// Why, in the configuration's words.
        reason: String,
    },
    /// The change has pointers of git-lfs, whose files are elsewhere: nothing read those.
    LargeFilesUnread {
        /// How many.
        files: u64,
        /// The first of them.
        path: RepoPath,
    },
    /// The change adds comments that silence a scanner.
    SuppressionsAdded {
        /// The scanner.
        scanner: String,
        /// The first of the places.
        places: Vec<Spot>,
        /// How many more there are.
        more: u64,
        /// Other scanners, which do not heed such a comment and still report one of these lines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unheeded_by: Vec<String>,
    },
    /// The time ran out before comments that silence a scanner were looked for, which the policy only warns
    /// of.
    SuppressionsUnsearched,
    /// Not everything was scanned, and the configuration lets that pass.
    IncompleteAllowed,
    /// What unchanged files have comes from a shared baseline.
    SharedBaseline {
        /// How many files.
        files: u64,
    },
}

impl Note {
    /// Whether it tells of an edit to what judges changes.
    pub fn is_about_safeguards(&self) -> bool {
        matches!(
            self,
            Note::ConfigurationEdited { .. }
                | Note::ScannerConfigurationEdited { .. }
                | Note::SuppressionsAdded { .. }
        )
    }
}

/// Why a branch stands for a remote's default branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandIn {
    /// It is the only branch of the remote that this clone has a copy of.
    OnlyBranch,
    /// It is the default branch of this bare clone, which keeps no copies of the remote's branches.
    LocalBranch,
    /// Nothing was fetched from the remote yet, so it is another remote's.
    OtherRemote,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// The file.
    pub path: RepoPath,
    /// The line, from 1.
    pub line: u32,
}

/// Why the configuration of the change itself counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "code",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum OwnConfiguration {
    /// The user asked for it.
    Asked,
    /// The target has none yet.
    TargetHasNone {
        /// The target, where there is one.
        target: Option<String>,
    },
    /// There is no target yet.
    NoTarget,
}

/// Something that could not be found out, besides what scanners failed at: it leaves the verdict open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "code",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Gap {
    /// The clone is cut off within the change, so its history is not known.
    HistoryCutOff {
        /// The first commit without its parents.
        commit: Oid,
    },
    /// The configuration that the change brings has mistakes.
    BrokenConfiguration {
        /// What is wrong with it.
        why: String,
    },
    /// A scanner cannot read a file that it could read before, or that is new.
    Unread {
        /// The scanner.
        scanner: String,
        /// The file.
        path: RepoPath,
        /// What the scanner says.
        why: String,
    },
    /// A scanner whose results are given has none for the base or a commit before it.
    NoResultsOfBase {
        /// The scanner.
        scanner: String,
        /// The base.
        commit: Oid,
    },
}

/// Why a change is compared with its base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "code",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum BaseReason {
    /// The user named it.
    Asked {
        /// The revision.
        revision: String,
    },
    /// The user wants to see everything as new.
    NothingAsked,
    /// What is not committed is compared with the last commit.
    LastCommit,
    /// There is no commit yet.
    NoCommit,
    /// It is the tip of the branch that the change is merged into.
    MergedInto {
        /// The branch.
        target: String,
    },
    /// No target branch was found.
    NoTarget {
        /// A branch that has history in common with the change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nearest: Option<String>,
    },
    /// The remote has no branch that this clone knows of.
    NoRemoteBranch {
        /// The remote.
        remote: String,
    },
    /// What is judged is a file, which is not compared with anything.
    File,
    /// It is the target's tip: what is judged is a tree, which has no history.
    NoHistory {
        /// The target.
        target: String,
    },
    /// It is the target's tip: the shallow clone holds no common commit.
    Shallow {
        /// The target.
        target: String,
    },
    /// It is the target's tip: there is no common history.
    Unrelated {
        /// The target.
        target: String,
        /// A branch that has history in common with the change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nearest: Option<String>,
    },
    /// It is one of several merge bases.
    OneOfMergeBases {
        /// How many there are.
        number: u64,
        /// The target.
        target: String,
        /// Whether the push rewrites the branch.
        rewrites: bool,
    },
    /// It is the target's tip, which the change goes on from.
    Tip {
        /// The target.
        target: String,
        /// Whether the push rewrites the branch.
        rewrites: bool,
    },
    /// It is the merge base with the target.
    MergeBase {
        /// The target.
        target: String,
        /// Whether the push rewrites the branch.
        rewrites: bool,
    },
    /// It is what the branch pointed at before the push.
    BeforePush {
        /// The branch; none on the server that it is pushed to.
        branch: Option<String>,
    },
    /// A whole tree is scanned for a baseline: nothing is compared.
    Baseline,
}

impl BaseReason {
    /// Adds that the push rewrites the branch whose history led to the base.
    pub fn rewrite(&mut self) {
        match self {
            BaseReason::OneOfMergeBases { rewrites, .. }
            | BaseReason::Tip { rewrites, .. }
            | BaseReason::MergeBase { rewrites, .. } => *rewrites = true,
            _ => {}
        }
    }
}
