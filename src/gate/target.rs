//! The target, as the command line, git's configuration or the project sets it.

use super::own_files::read_tree;
use crate::error::{Error, ErrorKind, Result};
use crate::git::{Repository, Target, find_stand_in, find_target, similar_ref};
use crate::model::Note;

/// A target, and a note on how it was chosen.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The target; `None` if there is none yet.
    pub target: Option<Target>,
    /// A note, if another target was meant.
    pub note: Option<Note>,
}

/// Finds the target of changes for a remote. The first of these counts: the branch that `wanted`
/// names, `newgate.target` in git's configuration, `target` in the configuration on the remote's
/// default branch, that default branch itself.
///
/// # Errors
/// `wanted` names no branch, the configuration has mistakes, or git could not answer.
pub fn target_for(repo: &Repository, remote: Option<&str>, wanted: Option<&str>) -> Result<Choice> {
    if let Some(wanted) = wanted {
        return match find_target(repo, remote, Some(wanted))? {
            Some(target) => Ok(Choice {
                target: Some(target),
                note: None,
            }),
            None => Err(unknown(repo, wanted)
                .hint("`git branch --all` lists the branches that this clone knows; `git fetch` brings new ones")),
        };
    }
    if let Some(set) = repo.config("newgate.target")? {
        let missing = || {
            Error::new(
                ErrorKind::Usage,
                format!("there is no branch `{set}` to compare with (git's setting `newgate.target` names it)"),
            )
            .hint("`git fetch` brings new branches; `git config --unset newgate.target` removes the setting")
        };
        return Ok(Choice {
            target: Some(find_target(repo, remote, Some(&set))?.ok_or_else(missing)?),
            note: None,
        });
    }
    let (default, note) = match (find_target(repo, remote, None)?, remote) {
        (Some(default), _) => (default, None),
        (None, Some(remote)) => match find_stand_in(repo, remote)? {
            Some((default, why)) => {
                let (remote, taken) = (remote.to_owned(), default.name.clone());
                (default, Some(Note::StandInTarget { remote, taken, why }))
            }
            None => return Ok(Choice::default()),
        },
        (None, None) => return Ok(Choice::default()),
    };
    let (config, _) = read_tree(repo, &default.tree)?;
    let Some(named) = config.target else {
        return Ok(Choice {
            target: Some(default),
            note,
        });
    };
    Ok(match find_target(repo, remote, Some(&named))? {
        Some(target) => Choice {
            target: Some(target),
            note: None,
        },
        None => Choice {
            note: Some(Note::TargetUnknown {
                named,
                taken: default.name.clone(),
            }),
            target: Some(default),
        },
    })
}

/// The error for a branch that does not exist, with a similar name as a hint.
fn unknown(repo: &Repository, wanted: &str) -> Error {
    let text = format!("there is no branch `{wanted}` to compare with");
    let error = Error::new(ErrorKind::Usage, text);
    match similar_ref(repo, wanted) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}
