//! What git hands to hooks of pushes (githooks(5)).

#![deny(clippy::indexing_slicing, reason = "a hook may be handed anything")]

use crate::error::{Error, ErrorKind, Result};
use crate::model::Oid;

/// One line of a pre-push hook's standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushLine {
    /// The ref that is pushed, as it was written (`refs/heads/x`, `HEAD`, `(delete)`).
    pub local_ref: String,
    /// What it points at; zeros for a deletion.
    pub local_oid: Oid,
    /// The full name of the ref on the remote.
    pub remote_ref: String,
    /// What it points at there; zeros if it is not there yet.
    pub remote_oid: Oid,
}

/// Reads a pre-push hook's standard input.
///
/// # Errors
/// A line that git would not write, so what is pushed is unknown.
pub fn parse_push_lines(input: &[u8]) -> Result<Vec<PushLine>> {
    let text = String::from_utf8_lossy(input);
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // What was pushed is written as it was typed, which may hold spaces (`:/some words`); the rest has
        // none.
        let fields: Vec<&str> = line.rsplitn(4, ' ').collect();
        let read = match fields[..] {
            [remote, remote_ref, local, local_ref] => Oid::parse(local)
                .zip(Oid::parse(remote))
                .map(|(local_oid, remote_oid)| PushLine {
                    local_ref: local_ref.to_owned(),
                    local_oid,
                    remote_ref: remote_ref.to_owned(),
                    remote_oid,
                }),
            _ => None,
        };
        lines.push(read.ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                format!(
                    "line {} of standard input is not a line of a push",
                    number + 1
                ),
            )
            .hint("git writes `<local ref> <local id> <remote ref> <remote id>`; see githooks(5)")
        })?);
    }
    Ok(lines)
}

/// Reads what git gives to a pre-receive hook: old id, new id and ref of each line
/// (<https://git-scm.com/docs/githooks#pre-receive>).
///
/// # Errors
/// A line has another form.
pub fn parse_receive_lines(input: &[u8]) -> Result<Vec<PushLine>> {
    let text = String::from_utf8_lossy(input);
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut words = line.splitn(3, ' ');
        let mut read = || -> Option<PushLine> {
            let old = Oid::parse(words.next()?)?;
            let new = Oid::parse(words.next()?)?;
            let name = words.next().filter(|n| !n.is_empty())?.to_owned();
            Some(PushLine {
                local_ref: name.clone(),
                local_oid: new,
                remote_ref: name,
                remote_oid: old,
            })
        };
        lines.push(read().ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                format!(
                    "line {} of standard input is not a line of a push",
                    number + 1
                ),
            )
            .hint("git writes `<old id> <new id> <ref>`; see githooks(5)")
        })?);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_id_lengths_are_read_and_rubbish_is_refused() {
        for length in [40, 64] {
            let (a, z) = ("a".repeat(length), "0".repeat(length));
            let input =
                format!("refs/heads/x {a} refs/heads/y {z}\n(delete) {z} refs/heads/z {a}\n");
            let lines = parse_push_lines(input.as_bytes()).unwrap();
            assert_eq!(lines[0].remote_ref, "refs/heads/y");
            assert!(lines[0].remote_oid.is_zero() && lines[1].local_oid.is_zero());
            let typed = format!(
                ":/two words {a} refs/heads/x {z}\nmain@{{1 hour ago}} {a} refs/heads/y {z}\n"
            );
            let lines = parse_push_lines(typed.as_bytes()).unwrap();
            assert_eq!(lines[0].local_ref, ":/two words");
            assert_eq!(lines[1].local_ref, "main@{1 hour ago}");
        }
        assert!(parse_push_lines(b"").unwrap().is_empty());
        assert!(parse_push_lines(b"refs/heads/x abc refs/heads/x def\n").is_err());
        assert!(parse_push_lines(b"what\n").is_err());
    }
}
