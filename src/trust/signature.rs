//! SSH signatures (ssh-keygen(1), `-Y sign`).

use std::fs;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::process;

/// What helps if there is no `ssh-keygen`.
pub(super) const INSTALL: &str = "install OpenSSH, such as with `apt-get install openssh-client`";

/// What a signature begins with.
pub(super) const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";

/// What a signature is for; one for another purpose does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// Texts of newgate: receipts and shared baselines.
    Texts,
    /// Commits, as git signs them (git-config(1), `gpg.format`).
    Commits,
}

impl Namespace {
    /// Its name for ssh-keygen(1).
    pub fn name(self) -> &'static str {
        match self {
            Namespace::Texts => "newgate",
            Namespace::Commits => "git",
        }
    }
}

/// Whether a signature is one of an SSH key.
pub fn is_ssh(signature: &str) -> bool {
    signature.starts_with(BEGIN)
}

/// Signs a text of newgate with git's own SSH signing key.
///
/// # Errors
/// There is no key, or `ssh-keygen` cannot use it.
pub fn sign(repo: &Repository, text: &str) -> Result<String> {
    let key = repo.config("user.signingkey")?.ok_or_else(|| {
        Error::new(ErrorKind::Usage, "there is no key to sign with")
            .hint("`git config user.signingkey ~/.ssh/id_ed25519.pub` sets an SSH key; you need not set `gpg.format`")
    })?;
    let scratch = process::TemporaryFolder::new("newgate-")
        .map_err(|e| Error::io("a folder for the signature cannot be created", e))?;
    let data = scratch.path().join("text");
    fs::write(&data, text).map_err(|e| Error::io("what is signed cannot be written", e))?;
    let mut named = key.clone();
    if let Some(literal) = key
        .strip_prefix("key::")
        .or(key.starts_with("ssh-").then_some(&key))
    {
        let file = scratch.path().join("key.pub");
        fs::write(&file, literal).map_err(|e| Error::io("the key cannot be written", e))?;
        named = file.display().to_string();
    } else if let (Some(rest), Some(home)) =
        (key.strip_prefix("~/"), crate::environment::variable("HOME"))
    {
        named = Path::new(&home).join(rest).display().to_string();
    }
    let file = data.display().to_string();
    let args = [
        "-Y",
        "sign",
        "-n",
        Namespace::Texts.name(),
        "-f",
        &named,
        &file,
    ];
    let ran = process::helper(scratch.path(), "ssh-keygen", &args)
        .map_err(|e| Error::io("`ssh-keygen` cannot be started", e).hint(INSTALL))?;
    if ran.code != 0 {
        let said = String::from_utf8_lossy(&ran.err).trim().to_owned();
        return Err(Error::new(
            ErrorKind::Io,
            format!("`ssh-keygen` cannot sign with `{key}`: {said}"),
        )
        .hint(
            "`git config user.signingkey` shows the key, `ssh-add -l` those that the agent has",
        ));
    }
    fs::read_to_string(scratch.path().join("text.sig"))
        .map_err(|e| Error::io("the signature cannot be read", e))
}
