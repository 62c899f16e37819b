//! What git hands to a hook on standard input.

use std::io::{IsTerminal, Read};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Input};

/// Reads standard input to its end, where git or a wrapper handed one on.
///
/// git gives a pipe, also where it has nothing to say; a wrapper may give a file. An input that is empty
/// because nobody gave one must not pass for a push of nothing: a descriptor that was closed is one on
/// `/dev/null` when Rust's runtime is done.
///
/// # Errors
/// It cannot be read, or is none.
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
