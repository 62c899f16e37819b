//! How fast the built-in secrets scanner is over ordinary source, on one core.
//!
//!     cargo bench --bench secrets -- FOLDER
//!
//!     cargo bench --bench secrets -- --write FOLDER
//!
//! The second writes the corpus of made-up credentials into FOLDER, for other scanners: `planted` and `clean`.
//! The first reads every file below FOLDER (the sources of the dependencies, if none is named), then scans them
//! all in memory, five times; prints the median in MB/s, and how many findings there were.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints"
)]

#[path = "secrets/corpus.rs"]
mod corpus;

use std::path::{Path, PathBuf};
use std::time::Instant;

use newgate::model::RepoPath;
use newgate::scan::{SecretKey, Secrets};

fn read(folder: &Path, files: &mut Vec<(RepoPath, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            read(&path, files);
        } else if let Ok(content) = std::fs::read(&path) {
            files.push((RepoPath::from(path.to_string_lossy().as_ref()), content));
        }
    }
}

/// Writes the corpus, each file into a folder of its own.
fn write(folder: &Path) -> std::io::Result<()> {
    for (number, sample) in corpus::samples().iter().enumerate() {
        let what = if sample.planted { "planted" } else { "clean" };
        let path = folder
            .join(what)
            .join(format!("{number:03}"))
            .join(&sample.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        println!("{}: {}", path.display(), sample.kind);
        std::fs::write(path, &sample.content)?;
    }
    Ok(())
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    if arguments.next().as_deref() == Some("--write") {
        let folder = arguments
            .next()
            .expect("a folder is named behind `--write`");
        write(Path::new(&folder)).expect("the folder can be written");
        return;
    }
    let named = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let home = std::env::var("CARGO_HOME").unwrap_or_else(|_| {
        let home = std::env::var("HOME").unwrap_or_default();
        format!("{home}/.cargo")
    });
    let folder = named.map_or_else(|| PathBuf::from(home).join("registry/src"), PathBuf::from);
    let mut files = Vec::new();
    read(&folder, &mut files);
    let bytes: usize = files.iter().map(|(_, c)| c.len()).sum();
    let key = SecretKey::new([0; 32]);
    let mut found = 0;
    let mut rates: Vec<f64> = (0..5)
        .map(|_| {
            let started = Instant::now();
            found = files
                .iter()
                .map(|(path, content)| Secrets::get().scan(path, content, &key).len())
                .sum();
            bytes as f64 / 1e6 / started.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    println!(
        "{} files, {:.1} MB: {:.0} MB/s (median of 5; {:.0} to {:.0}), {found} findings",
        files.len(),
        bytes as f64 / 1e6,
        rates[2],
        rates[0],
        rates[4]
    );
}
