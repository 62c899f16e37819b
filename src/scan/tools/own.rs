//! The hashes of newgate's own wheels, by which a pipeline installs it.

use std::fs;

use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::install::installer;

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
        match report.and_then(|r| hash_in(&r)) {
            Ok(hash) => hashes.push(format!("--hash=sha256:{hash}")),
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

/// The hash of the one wheel that pip's report says it would install
/// (<https://pip.pypa.io/en/stable/reference/installation-report/>). It tells none of a file of this machine.
fn hash_in(report: &[u8]) -> Result<String, String> {
    let wrong = || "pip's report cannot be read".to_owned();
    let report: Value = serde_json::from_slice(report).map_err(|_| wrong())?;
    let download = &report["install"][0]["download_info"];
    if let Some(hash) = download["archive_info"]["hashes"]["sha256"].as_str() {
        return Ok(hash.to_owned());
    }
    let path = download["url"].as_str().ok_or_else(wrong)?;
    let path = path
        .strip_prefix("file://")
        .ok_or("the package index has no hash for it")?;
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let content = fs::read(&*path).map_err(|e| format!("`{path}` cannot be read: {e}"))?;
    let hash = digest(&SHA256, &content);
    Ok(hash.as_ref().iter().map(|b| format!("{b:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_from_the_report_or_the_file() {
        let report = |download: Value| {
            let report = serde_json::json!({ "install": [{ "download_info": download }] });
            hash_in(report.to_string().as_bytes())
        };
        let hashes = serde_json::json!({ "hashes": { "sha256": "ab" } });
        let told = serde_json::json!({ "url": "https://h/x.whl", "archive_info": hashes });
        assert_eq!(report(told).unwrap(), "ab");
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("a wheel");
        fs::write(&wheel, "abc").unwrap();
        let url = format!("file://{}", wheel.display()).replace(' ', "%20");
        let hash = report(serde_json::json!({ "url": url, "archive_info": {} })).unwrap();
        // FIPS 180-4's example.
        assert!(hash.starts_with("ba7816bf8f01cfea"), "{hash}");
        assert!(report(serde_json::json!({ "url": "https://h/x.whl" })).is_err());
    }
}
