//! What git hands to a hook on standard input.

use std::io::Read;

use rustix::fs::{FileType, fstat};

use crate::error::{Error, ErrorKind, Result};

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
    let input = std::io::stdin();
    let cannot = |e: std::io::Error| Error::io("standard input cannot be read", e);
    let mode = fstat(&input).map_err(|e| cannot(e.into()))?.st_mode;
    match FileType::from_raw_mode(mode) {
        FileType::CharacterDevice => {
            let why = match std::io::IsTerminal::is_terminal(&input) {
                true => "a terminal",
                false => "closed or empty",
            };
            return Err(none(why));
        }
        FileType::Directory => return Err(none("a folder")),
        _ => {}
    }
    let mut read = Vec::new();
    // The library takes a descriptor that may not be read for one at its end.
    std::fs::File::from(rustix::io::dup(&input).map_err(|e| cannot(e.into()))?)
        .read_to_end(&mut read)
        .map_err(cannot)?;
    Ok(read)
}
