//! What newgate takes from Unix alone, apart from child processes (`process`): a port begins with these two.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, fstat};
use rustix::termios::tcgetwinsize;

/// The path that these bytes of git's are.
pub fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// The same, of bytes that are handed over.
pub fn to_path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// What a folder has that only its owner may enter.
pub fn private_folder() -> Permissions {
    Permissions::from_mode(0o700)
}

/// What a file has that everybody may read.
pub fn readable() -> Permissions {
    Permissions::from_mode(0o644)
}

/// What a program has that everybody may run.
pub fn runnable() -> Permissions {
    Permissions::from_mode(0o755)
}

/// Has a new file be its owner's alone, from the start.
pub fn private(options: &mut OpenOptions, runnable: bool) -> &mut OpenOptions {
    options.mode(if runnable { 0o700 } else { 0o600 })
}

/// Whether somebody may run a file.
pub fn is_runnable(file: &Metadata) -> bool {
    file.permissions().mode() & 0o111 != 0
}

/// Makes a symbolic link.
///
/// # Errors
/// Something is there, or the folder cannot be written.
pub fn link(to: impl AsRef<Path>, at: impl AsRef<Path>) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

/// What tells two contents of a file apart without reading it: its size, when it was written, and its number.
pub fn stamp(file: &Metadata) -> String {
    format!(
        "{}\0{}.{}\0{}",
        file.len(),
        file.mtime(),
        file.mtime_nsec(),
        file.ino()
    )
}

/// How wide the terminal is, in columns, if standard output or standard error is one.
pub fn columns() -> Option<usize> {
    let out = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stderr()));
    out.ok().map(|size| usize::from(size.ws_col))
}

/// What standard input is.
#[derive(Debug)]
pub enum Input {
    /// A pipe, a file or a socket, to read.
    Readable(File),
    /// A terminal, or what is there when it was closed.
    Device,
    /// A folder.
    Folder,
}

/// Standard input without the library's buffer, which takes one that may not be read for one at its end.
///
/// # Errors
/// It cannot be looked at.
pub fn input() -> io::Result<Input> {
    let input = io::stdin();
    Ok(match FileType::from_raw_mode(fstat(&input)?.st_mode) {
        FileType::CharacterDevice => Input::Device,
        FileType::Directory => Input::Folder,
        _ => Input::Readable(File::from(rustix::io::dup(&input)?)),
    })
}
