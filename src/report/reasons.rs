//! The words for why an occurrence is new, inherited or fixed.

use crate::model::{Differs, Occurrence, Origin, Reason};

/// Why an occurrence has its status, in words.
pub fn why(occurrence: &Occurrence) -> String {
    reason(&occurrence.reason, occurrence.from.as_ref())
}

/// A reason in words; `from` is where the base has what it is about.
pub fn reason(reason: &Reason, from: Option<&Origin>) -> String {
    let at = from.map_or_else(|| "elsewhere".to_owned(), place);
    let was = |was: &Option<String>| match was {
        Some(line) => format!("was `{line}` at {at}"),
        None => format!("was at {at}"),
    };
    match reason {
        Reason::SameFile => "in a file that is the same on both sides".to_owned(),
        Reason::ScannerChanged => {
            "the file is the same on both sides; what the scanner says of it changed".to_owned()
        }
        Reason::NoResultsBefore => {
            "in a file that is the same on both sides, of which the base has no results".to_owned()
        }
        Reason::UnreadBefore => {
            "the line stood there already, in a file that the scanner could not read".to_owned()
        }
        Reason::SameLine => "on an unchanged line".to_owned(),
        Reason::Shifted => format!("shifted from {at}"),
        Reason::Moved => format!("moved from {at}"),
        Reason::SameStatement { was: line } => format!("the same statement; {}", was(line)),
        Reason::Edited { was: line } => {
            format!("edited in place; {}", was(line))
        }
        Reason::Reordered => format!("moved inside its scope from {at}"),
        Reason::ScopeMoved { was: line } => {
            format!("moved and rewritten with its scope; {}", was(line))
        }
        Reason::SameSecret => format!("the same secret, from {at}"),
        Reason::OtherVersion => format!("the same advisory, another version; from {at}"),
        Reason::SameSubject => format!("from {at}"),
        Reason::OnTarget { target } => format!("{target} has it, at {at}"),
        Reason::Worse { before } => format!("made worse: it was {before} at {at}"),
        Reason::NotInBase => "the baseline has no such finding".to_owned(),
        Reason::BroughtFromElsewhere { line } => format!(
            "on an unchanged line: the change elsewhere in the file brought it (at {} the base has no such \
             finding)",
            place(line)
        ),
        Reason::NothingContinues => "no baseline finding of this rule continues here".to_owned(),
        Reason::Replaces { old, differs } => {
            let differs = match differs {
                Differs::Function => "calls another function",
                Differs::Data => "is given other data",
                Differs::Constant => "is given data in place of a constant",
                Differs::Everything => "shares nothing with it",
            };
            format!("written in the place of {}, and {differs}", place(old))
        }
        Reason::CopyOf { original } => {
            format!("a copy of {}, which still stands", place(original))
        }
        Reason::Beside {
            old,
            now: Some(line),
        } => format!(
            "not {}, which went on in line {line} and is not reported there any more",
            place(old)
        ),
        Reason::Beside { old, now: None } => {
            format!(
                "not {}, which is gone and has too little in common",
                place(old)
            )
        }
        Reason::Uncertain { old } => format!(
            "this may be {}, but so may a statement beside it that is not reported",
            place(old)
        ),
        Reason::InHistory { commit } => format!(
            "commit {commit:.10} brings it and a later one takes it away: anyone who fetches the branch gets both"
        ),
        Reason::InMessage { commit } => {
            format!(
                "the message of commit {commit:.10} has it: anyone who fetches the branch reads it"
            )
        }
        Reason::InTagMessage { tag } => {
            format!("the message of tag {tag:.10} has it: anyone who fetches the tag reads it")
        }
        Reason::CommentAdded => "the change adds the comment".to_owned(),
        Reason::Gone => "no longer found".to_owned(),
    }
}

/// A place of the base.
fn place(origin: &Origin) -> String {
    match origin.line {
        0 => format!("`{}`", origin.path),
        line => format!("`{}:{line}`", origin.path),
    }
}
