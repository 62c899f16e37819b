//! Programs of `PATH`, and those that scripts name in their first lines.

use std::path::{Path, PathBuf};

use crate::environment::{self, Found};

/// A program of `PATH`, if one may be taken from there.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    match environment::find_program(name) {
        Found::Program(path) => Some(path),
        Found::OnlyInCheckout(_) | Found::Nowhere => None,
    }
}

/// The program that a script's first line names, if it is a script.
pub(super) fn interpreter_of(path: &Path) -> Option<PathBuf> {
    let mut begin = [0_u8; 512];
    let mut file = std::fs::File::open(path).ok()?;
    let read = std::io::Read::read(&mut file, &mut begin).ok()?;
    interpreter_in(begin.get(..read)?)
}

pub(super) fn interpreter_in(begin: &[u8]) -> Option<PathBuf> {
    let line = begin.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split_whitespace();
    let interpreter = PathBuf::from(words.next()?);
    match interpreter.file_name()? == "env" {
        true => on_path(words.next()?),
        false => Some(interpreter),
    }
}
