//! The hashes of newgate's own wheels, by which a pipeline installs it.

use super::install::{installer, requirements_of};

/// The machines that pipelines run on, as wheels name them.
const PLATFORMS: [&str; 2] = ["manylinux2014_x86_64", "manylinux2014_aarch64"];

/// A requirements file that pins a released newgate, with the hash of its wheel for each kind of Linux machine.
///
/// # Errors
/// Python or pip is not there, or the package index has no such wheel or cannot be asked; in words.
pub fn own_wheels(version: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
    let mut hashes = Vec::new();
    let mut failed = Err(String::new());
    for platform in PLATFORMS {
        let requirement = format!("newgate=={version}");
        let report = installer(
            folder.path(),
            "python3",
            &[
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
                "--retries=1",
                "--timeout=10",
                "--dry-run",
                "--ignore-installed",
                "--no-deps",
                "--only-binary=:all:",
                "--report=-",
                "--target=unused",
                "--platform",
                platform,
                &requirement,
            ],
        );
        match report.and_then(|r| requirements_of(&r)) {
            Ok(line) => hashes.extend(line.split_whitespace().skip(1).map(str::to_owned)),
            Err(why) => {
                failed = Err(why);
                // Where the index has none for the usual machine, it has none for the other.
                break;
            }
        }
    }
    if hashes.is_empty() {
        return failed;
    }
    hashes.dedup();
    Ok(format!(
        "# The newgate that .newgate/ci.sh installs. Written by `newgate init --ci`.\n\
         newgate=={version} {}\n",
        hashes.join(" ")
    ))
}
