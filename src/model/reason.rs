//! Why an occurrence is new, inherited or fixed, as a value with a stable code. `report` makes the words.

use serde::{Deserialize, Serialize};

use super::{Origin, Severity};

/// What an occurrence was compared with, and why it is the same or another one.
///
/// Where the base has it is told beside it ([`Occurrence::from`](super::Occurrence::from)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "code",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Reason {
    /// The file is the same on both sides, and so is the finding.
    SameFile,
    /// The file is the same on both sides; what the scanner says about it changed.
    ScannerChanged,
    /// The file is the same on both sides, and the base has no results for it.
    NoResultsBefore,
    /// The line was there already, in a file of the base that the scanner could not read.
    UnreadBefore,
    /// The line did not change.
    SameLine,
    /// The line did not change, but has another number or path.
    Shifted,
    /// The line moved elsewhere with its block, or into a definition of its own.
    Moved,
    /// The reported line is another one of the same statement.
    SameStatement {
        /// The line at base, if it may be shown.
        was: Option<String>,
    },
    /// The statement was edited, and has the same weakness.
    Edited {
        /// The line at base, if it may be shown.
        was: Option<String>,
    },
    /// The statement moved inside its scope.
    Reordered,
    /// The scope of that name moved, and was rewritten.
    ScopeMoved {
        /// The line at base, if it may be shown.
        was: Option<String>,
    },
    /// The same secret, or the same hard-coded value.
    SameSecret,
    /// The same advisory for another version of the package.
    OtherVersion,
    /// The same file, rule and message, or the same package and advisory.
    SameSubject,
    /// The target's tip has it already.
    OnTarget {
        /// The target.
        target: String,
    },
    /// It is that of the base, and worse than it was.
    Worse {
        /// How severe it was.
        before: Severity,
    },
    /// The base has no such finding.
    NotInBase,
    /// The line did not change: something else in the file brought it.
    BroughtFromElsewhere {
        /// The line at base, of which nothing was reported.
        line: Origin,
    },
    /// Nothing of the base continues here.
    NothingContinues,
    /// It is in place of another weakness of the same rule.
    Replaces {
        /// The one that was there.
        old: Origin,
        /// What is another.
        differs: Differs,
    },
    /// It is a copy of one that still stands.
    CopyOf {
        /// The original.
        original: Origin,
    },
    /// The one of the base that stood nearest went on in another statement, of which nothing is reported.
    Beside {
        /// The one of the base, which is fixed.
        old: Origin,
        /// The line at head that it went on in; none if it no longer exists.
        now: Option<u32>,
    },
    /// It may continue one of the base, and so may a statement of which nothing is reported.
    Uncertain {
        /// The one of the base.
        old: Origin,
    },
    /// The push brings it in one commit and takes it away in another.
    InHistory {
        /// The commit that brings it.
        commit: String,
    },
    /// The message of a commit of the push has it.
    InMessage {
        /// The commit.
        commit: String,
    },
    /// The message of an annotated tag of the push has it.
    InTagMessage {
        /// The tag object.
        tag: String,
    },
    /// The change adds a comment that silences a scanner.
    CommentAdded,
    /// It is not found any more.
    Gone,
}

/// What makes a weakness different from the one that it replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Differs {
    /// Another function is called.
    Function,
    /// Other data goes in.
    Data,
    /// What was a constant comes from elsewhere now.
    Constant,
    /// Nothing that matters is the same.
    Everything,
}

impl Reason {
    /// The same with the code that it quotes passed through a function.
    #[must_use]
    pub fn quoting(mut self, shown: impl FnOnce(&str) -> String) -> Reason {
        if let Reason::SameStatement { was } | Reason::Edited { was } | Reason::ScopeMoved { was } =
            &mut self
        {
            *was = was.as_deref().map(shown);
        }
        self
    }
}
