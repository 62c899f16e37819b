//! Writes what packages have beside the program: completions for shells, and a man page for each command.
//!
//! `cargo run --example pages -- FOLDER` makes `FOLDER/completions` and `FOLDER/man`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::ValueEnum;
use clap_complete::Shell;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name the folder to write to"))?;
    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    for shell in Shell::value_variants() {
        let mut command = newgate::cli::command();
        clap_complete::generate_to(*shell, &mut command, "newgate", &completions)?;
    }
    man_pages(&folder.join("man"))
}

/// A page for the program and for each command that is not hidden: `newgate-baseline-build.1`.
fn man_pages(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(newgate::cli::command(), folder)
}
