//! What git hands to a hook on standard input.

use std::io::{IsTerminal, Read};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Input};

/// Reads standard input to its end, if git or a wrapper passed one on.
///
/// git always gives a pipe, even an empty one; a wrapper may give a file. A missing input must not be taken for a push
/// of nothing. Rust's runtime replaces a closed descriptor with `/dev/null`.
///
/// # Errors It cannot be read, or there is none.
pub(super) fn read_input() -> Result<Vec<u8>> {
    let none = |why: &str| {
        Error::new(
            ErrorKind::Io,
            format!("standard input is {why}, so it is unknown what is pushed"),
        )
        .hint("a script that calls newgate as a hook must pass its standard input on, as `exec newgate \"$@\"` \
            does")
    };
    let cannot = |e: std::io::Error| Error::io("standard input cannot be read", e);
    let mut input = match platform::input().map_err(cannot)? {
        Input::Readable(input) => input,
        Input::Folder => return Err(none("a folder")),
        Input::Device if std::io::stdin().is_terminal() => return Err(none("a terminal")),
        Input::Device => return Err(none("closed or empty")),
    };
    let mut read = Vec::new();
    input.read_to_end(&mut read).map_err(cannot)?;
    Ok(read)
}
