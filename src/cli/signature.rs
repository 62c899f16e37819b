//! SSH signatures (ssh-keygen(1), `-Y sign`): of short texts in the namespace `newgate`, of commits in that of git.

use std::fs;
use std::path::Path;

use super::io;
use crate::error::{Error, Kind, Result};
use crate::git::Repository;
use crate::process;

/// The namespace of newgate's own signatures.
pub(super) const TEXTS: &str = "newgate";
/// The namespace of git's signatures (git-config(1), `gpg.format`).
pub(super) const COMMITS: &str = "git";
/// What a signature begins with.
pub(super) const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";

/// Signs a text with git's own SSH signing key.
pub(super) fn sign(repo: &Repository, text: &str) -> Result<String> {
    let key = repo.config("user.signingkey")?.ok_or_else(|| {
        Error::new(Kind::Usage, "there is no key to sign with")
            .hint("`git config user.signingkey ~/.ssh/id_ed25519.pub` names an SSH key; `gpg.format` need not be set")
    })?;
    let scratch = process::TemporaryFolder::new("newgate-")
        .map_err(|e| io("a folder for the signature cannot be made", e))?;
    let data = scratch.path().join("text");
    fs::write(&data, text).map_err(|e| io("what is signed cannot be written", e))?;
    let mut named = key.clone();
    if let Some(literal) = key
        .strip_prefix("key::")
        .or(key.starts_with("ssh-").then_some(&key))
    {
        let file = scratch.path().join("key.pub");
        fs::write(&file, literal).map_err(|e| io("the key cannot be written", e))?;
        named = file.display().to_string();
    } else if let (Some(rest), Some(home)) =
        (key.strip_prefix("~/"), crate::environment::variable("HOME"))
    {
        named = Path::new(&home).join(rest).display().to_string();
    }
    let file = data.display().to_string();
    let args = ["-Y", "sign", "-n", TEXTS, "-f", &named, &file];
    let ran = process::helper(scratch.path(), "ssh-keygen", &args)
        .map_err(|e| io("`ssh-keygen` cannot be started", e))?;
    if ran.code != 0 {
        let said = String::from_utf8_lossy(&ran.err).trim().to_owned();
        return Err(Error::new(
            Kind::Io,
            format!("`ssh-keygen` cannot sign with `{key}`: {said}"),
        ));
    }
    fs::read_to_string(scratch.path().join("text.sig"))
        .map_err(|e| io("the signature cannot be read", e))
}

/// Whose signatures count (ssh-keygen(1), "ALLOWED SIGNERS").
#[derive(Clone, Copy, Debug)]
pub(super) enum Allowed<'a> {
    /// A file of this machine.
    File(&'a Path),
    /// The content of one.
    Content(&'a [u8]),
}

/// Checks a signature of a namespace; returns who signed, or why it does not count.
pub(super) fn verify(
    namespace: &str,
    text: &[u8],
    signature: &str,
    allowed: Allowed<'_>,
) -> Result<std::result::Result<String, String>> {
    let scratch = process::TemporaryFolder::new("newgate-")
        .map_err(|e| io("a folder for the signature cannot be made", e))?;
    let file = |name: &str, content: &[u8]| -> Result<String> {
        let path = scratch.path().join(name);
        fs::write(&path, content).map_err(|e| io("what was signed cannot be written", e))?;
        Ok(path.display().to_string())
    };
    let allowed = match allowed {
        Allowed::File(path) => path.display().to_string(),
        Allowed::Content(content) => file("allowed", content)?,
    };
    let sig = file("text.sig", signature.as_bytes())?;
    let keygen = |args: &[&str], input: &[u8]| {
        process::helper_fed(scratch.path(), "ssh-keygen", args, input)
            .map_err(|e| io("`ssh-keygen` cannot be started", e))
    };
    let found = keygen(&["-Y", "find-principals", "-s", &sig, "-f", &allowed], b"")?;
    let who = String::from_utf8_lossy(&found.out).into_owned();
    if found.code != 0 || who.trim().is_empty() {
        return Ok(Err("the signer is not an allowed one".into()));
    }
    // One key may stand there for several purposes.
    for who in who.lines().map(str::trim).filter(|w| !w.is_empty()) {
        let args = [
            "-Y", "verify", "-f", &allowed, "-I", who, "-n", namespace, "-s", &sig,
        ];
        if keygen(&args, text)?.code == 0 {
            return Ok(Ok(who.to_owned()));
        }
    }
    Ok(Err("its signature does not fit".into()))
}
