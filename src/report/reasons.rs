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
        Reason::SameFile => "in an unchanged file".to_owned(),
        Reason::ScannerChanged => {
            "the file is unchanged, but the scanner's results for it changed".to_owned()
        }
        Reason::NoResultsBefore => {
            "in an unchanged file for which the base has no results".to_owned()
        }
        Reason::UnreadBefore => {
            "the line was already there, in a file that the scanner could not read".to_owned()
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
        Reason::OtherVersion => format!("the same advisory for another version, from {at}"),
        Reason::SameSubject => format!("from {at}"),
        Reason::OnTarget { target } => format!("{target} already has it, at {at}"),
        Reason::Worse { before } => format!("made worse: it was {before} at {at}"),
        Reason::NotInBase => "the baseline has no such finding".to_owned(),
        Reason::BroughtFromElsewhere { line } => format!(
            "on an unchanged line, caused by a change elsewhere in the file (the base has no such finding at {})",
            place(line)
        ),
        Reason::NothingContinues => "no finding of this rule in the baseline matches it".to_owned(),
        Reason::Replaces { old, differs } => {
            let differs = match differs {
                Differs::Function => "calls another function",
                Differs::Data => "gets other data",
                Differs::Constant => "gets data instead of a constant",
                Differs::Everything => "has nothing in common with it",
            };
            format!("replaces {}, but {differs}", place(old))
        }
        Reason::CopyOf { original } => {
            format!("a copy of {}, which is still there", place(original))
        }
        Reason::Beside {
            old,
            now: Some(line),
        } => format!(
            "not {}, which is now on line {line} and no longer reported",
            place(old)
        ),
        Reason::Beside { old, now: None } => {
            format!(
                "not {}, which was removed and has too little in common with it",
                place(old)
            )
        }
        Reason::Uncertain { old } => format!(
            "this may be {}, but so may a nearby statement that is not reported",
            place(old)
        ),
        Reason::InHistory { commit } => format!(
            "commit {commit:.10} adds it and a later commit removes it: anyone who fetches the branch gets both"
        ),
        Reason::InMessage { commit } => {
            format!(
                "it is in the message of commit {commit:.10}: anyone who fetches the branch can read it"
            )
        }
        Reason::InTagMessage { tag } => {
            format!("it is in the message of tag {tag:.10}: anyone who fetches the tag can read it")
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
