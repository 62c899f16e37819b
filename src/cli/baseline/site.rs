//! Where a baseline is: the repository with its cache, the target, and what a remote shares.

use crate::cli::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::shared::Shared;
use crate::gate::{Gate, read_tree};
use crate::git::Target;
use crate::model::Oid;
use crate::trust::{Namespace, Signers, is_ssh};

/// The ref of a shared baseline on the remote.
pub(super) const REF: &str = "refs/newgate/baseline";
/// The largest shared baseline that is read, in bytes.
const LARGEST: u64 = 1 << 30;

/// A repository with its cache, and the target of the command.
pub(super) struct Site {
    pub session: Session,
    pub remote: Option<String>,
    pub target: Target,
}

impl Site {
    pub(super) fn open(remote: Option<&str>, target: Option<&str>) -> Result<Site> {
        let session = Session::open()?;
        let (found, choice) = session.target(remote, target)?;
        let target = choice.target.ok_or_else(|| {
            Error::new(ErrorKind::Usage, "no target branch was found")
                .hint("name it: `newgate baseline build --target BRANCH`; `git branch --all` lists the branches")
        })?;
        Ok(Site {
            session,
            remote: remote.map(str::to_owned).or(found),
            target,
        })
    }

    pub(super) fn gate(&self) -> Gate<'_> {
        self.session.gate()
    }

    pub(super) fn remote(&self) -> Result<&str> {
        self.remote.as_deref().ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                "this repository has no remote, so no baseline can be shared",
            )
            .hint("add one: `git remote add origin URL`")
        })
    }

    /// The local ref with the baseline that a remote shares.
    pub(super) fn local_ref(&self) -> String {
        let remote = self.remote.as_deref().unwrap_or("none");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let name: String = remote
            .chars()
            .map(|c| if plain(c) { c } else { '-' })
            .collect();
        // The hash tells remotes apart whose names differ only in characters that a ref cannot
        // have.
        match name == remote && !name.starts_with('-') {
            true => format!("{REF}s/{name}"),
            false => format!("{REF}s/{:.16}", blake3::hash(remote.as_bytes()).to_hex()),
        }
    }

    /// Reads the baseline in a commit, and its signature.
    pub(super) fn read(&self, commit: &Oid) -> Result<Option<(Shared, Option<String>)>> {
        let (_, tree) = self.session.commit_and_tree(commit.as_str())?;
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        let mut signature = None;
        let mut total = 0;
        for file in self
            .session
            .repo
            .list(&tree, usize::MAX)?
            .unwrap_or_default()
        {
            total += self.session.repo.blob_size(&file.blob)?;
            if total > LARGEST {
                let text = format!("the shared baseline is larger than {LARGEST} bytes");
                return Err(Error::new(ErrorKind::Usage, text)
                    .hint("replace it: `newgate baseline publish`"));
            }
            let content = self.session.repo.blob(&file.blob)?;
            match file.path.as_str() {
                Some("signature") => {
                    signature = Some(String::from_utf8_lossy(&content).into_owned());
                }
                Some(name) => files.push((name.to_owned(), content)),
                None => {}
            }
        }
        let files = files.iter().map(|(n, c)| (n.as_str(), c.as_slice()));
        Ok(Shared::from_files(files).map(|s| (s, signature)))
    }

    /// The file of allowed signers, and whether a signature is required. Both come from the default branch of the
    /// default remote, whatever remote and target the command names, so that neither of these can name its own signers.
    pub(super) fn signers(&self) -> Result<(std::result::Result<Signers, String>, bool)> {
        let Some(target) = self.session.target(None, None)?.1.target else {
            return Ok((
                Err("no target was found, so it has no list of signers".into()),
                false,
            ));
        };
        let (config, _) = read_tree(&self.session.repo, &target.tree)?;
        let required = config.baseline.require_signed;
        let Some(path) = config.baseline.signers else {
            return Ok((
                Err("the target's configuration has no `baseline.signers`".into()),
                required,
            ));
        };
        let file = Signers::of_tree(&self.session.repo, &target.tree, &path)?;
        let missing = || format!("{} has no file `{path}`", target.name);
        Ok((file.ok_or_else(missing), required))
    }

    /// The allowed signer who signed the baseline, or why it does not count as signed.
    pub(super) fn signer(
        &self,
        shared: &Shared,
        signature: Option<&str>,
    ) -> Result<std::result::Result<String, String>> {
        let allowed = match self.signers()?.0 {
            Ok(allowed) => allowed,
            Err(why) => return Ok(Err(why)),
        };
        match signature.filter(|s| is_ssh(s)) {
            None => Ok(Err("it is not signed".into())),
            Some(signature) => {
                let text = shared.statement();
                allowed.who_signed(Namespace::Texts, text.as_bytes(), signature)
            }
        }
    }
}
