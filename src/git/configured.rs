//! git's configuration, its remotes, and what its helpers know.

use super::library::Configured;
use super::target::{address_of, find_remote};
use super::{Repository, library, program};
use crate::environment;
use crate::error::Result;

impl Repository {
    /// A value of git's configuration.
    ///
    /// # Errors
    /// git could not answer.
    pub fn config(&self, name: &str) -> Result<Option<String>> {
        if environment::configures_git() {
            return program::config(&self.git, name);
        }
        let found = self.ask(
            &[],
            |r| library::config(r, name),
            |g| program::config(g, name).map(Configured::Value),
        )?;
        match found {
            Configured::Value(value) => Ok(value),
            Configured::AskGit => program::config(&self.git, name),
        }
    }

    /// The configured remotes: name and URLs.
    ///
    /// # Errors
    /// git could not answer.
    pub fn remotes(&self) -> Result<Vec<(String, Vec<String>)>> {
        self.ask(&[], library::remotes, program::remotes)
    }

    /// The address of the remote that others know the repository by, as a URI without credentials;
    /// `None` if there is no remote, or it is a folder of this machine.
    ///
    /// # Errors
    /// git could not answer.
    pub fn address(&self) -> Result<Option<String>> {
        let (remote, _) = find_remote(self, None)?;
        let remotes = self.remotes()?;
        let found = remotes
            .iter()
            .find(|(name, _)| Some(name) == remote.as_ref());
        Ok(found.and_then(|(_, urls)| address_of(urls.first()?)))
    }

    /// The password that git's credential helpers know for an address, without asking anybody.
    ///
    /// # Errors
    /// There is no git.
    pub fn credential(&self, url: &str) -> Result<Option<String>> {
        let git = self
            .git
            .with("GIT_TERMINAL_PROMPT", "0")
            .with("GIT_ASKPASS", "");
        let answer = git.feed(
            ["credential", "fill"],
            format!("url={url}\n\n").into_bytes(),
        )?;
        let text = answer.ok_text().unwrap_or_default();
        let password = text.lines().find_map(|l| l.strip_prefix("password="));
        Ok(password.filter(|p| !p.is_empty()).map(str::to_owned))
    }
}
