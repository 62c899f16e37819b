//! Whose signatures count.

use std::fs;
use std::path::{Path, PathBuf};

use super::signature::{INSTALL, Namespace};
use crate::error::{Error, Result};
use crate::gate::shared;
use crate::git::Repository;
use crate::model::{FileVersion, Oid};
use crate::process;

/// Signers who are listed in a file (ssh-keygen(1), "ALLOWED SIGNERS").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signers {
    /// In a file of this machine.
    File(PathBuf),
    /// In a file of a repository, with this content.
    Content(Vec<u8>),
}

impl Signers {
    /// Those that a setting names: an absolute path is a file of this machine, any other one of a tree.
    /// None where the tree has no such file.
    ///
    /// # Errors
    /// git could not answer.
    pub fn named(repo: &Repository, tree: Option<&Oid>, path: &str) -> Result<Option<Signers>> {
        if Path::new(path).is_absolute() {
            return Ok(Some(Signers::File(path.into())));
        }
        match tree {
            Some(tree) => Signers::of_tree(repo, tree, path),
            None => Ok(None),
        }
    }

    /// Those in a file of a tree; none if there is no such file.
    ///
    /// # Errors
    /// git could not answer.
    pub fn of_tree(repo: &Repository, tree: &Oid, path: &str) -> Result<Option<Signers>> {
        let entry = repo.entry(tree, &path.into())?;
        let entry = entry.filter(FileVersion::is_regular);
        let content = entry.map(|e| repo.blob(&e.blob)).transpose()?;
        Ok(content.map(Signers::Content))
    }

    /// What the file is known by; none if it cannot be read.
    pub fn digest(&self) -> Option<[u8; 32]> {
        Some(shared::hash_of_signers(&self.content()?))
    }

    /// Whether there is any.
    pub fn has_any(&self) -> bool {
        let content = self.content().unwrap_or_default();
        let is_signer = |l: &str| !l.trim().is_empty() && !l.trim_start().starts_with('#');
        String::from_utf8_lossy(&content).lines().any(is_signer)
    }

    fn content(&self) -> Option<Vec<u8>> {
        match self {
            Signers::File(path) => fs::read(path).ok(),
            Signers::Content(content) => Some(content.clone()),
        }
    }

    /// Who of them signed a text, or why the signature does not count.
    ///
    /// # Errors
    /// `ssh-keygen` cannot be started, or a file cannot be written.
    pub fn who_signed(
        &self,
        namespace: Namespace,
        text: &[u8],
        signature: &str,
    ) -> Result<std::result::Result<String, String>> {
        let scratch = process::TemporaryFolder::new("newgate-")
            .map_err(|e| Error::io("a folder for the signature cannot be created", e))?;
        let file = |name: &str, content: &[u8]| -> Result<String> {
            let path = scratch.path().join(name);
            fs::write(&path, content).map_err(|e| {
                Error::io("the signed text cannot be written to a temporary file", e)
            })?;
            Ok(path.display().to_string())
        };
        let allowed = match self {
            Signers::File(path) => path.display().to_string(),
            Signers::Content(content) => file("allowed", content)?,
        };
        let sig = file("text.sig", signature.as_bytes())?;
        let keygen = |args: &[&str], input: &[u8]| {
            process::helper_fed(scratch.path(), "ssh-keygen", args, input)
                .map_err(|e| Error::io("`ssh-keygen` cannot be started", e).hint(INSTALL))
        };
        let found = keygen(&["-Y", "find-principals", "-s", &sig, "-f", &allowed], b"")?;
        let who = String::from_utf8_lossy(&found.out).into_owned();
        if found.code != 0 || who.trim().is_empty() {
            return Ok(Err(
                "the signer is not in the list of allowed signers".into()
            ));
        }
        // One key may be there for several purposes.
        for who in who.lines().map(str::trim).filter(|w| !w.is_empty()) {
            let args = [
                "-Y",
                "verify",
                "-f",
                &allowed,
                "-I",
                who,
                "-n",
                namespace.name(),
                "-s",
                &sig,
            ];
            if keygen(&args, text)?.code == 0 {
                return Ok(Ok(who.to_owned()));
            }
        }
        Ok(Err("its signature does not match".into()))
    }
}
