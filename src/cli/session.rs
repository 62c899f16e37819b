//! What every command works with: the repository that it was started in, with its cache, its target and
//! what counts there.

use std::cell::OnceCell;

use super::jobs;
use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Choice, ConfigSource, Gate, Settings, target_for};
use crate::git::{
    Against, Head, Peeled, Repository, Request, Scratch, Target, choose, find_remote,
};
use crate::model::{Change, Oid, Verdict};
use crate::process::must_end_by;

/// A repository that is open for one command.
pub(super) struct Session {
    /// The repository.
    pub repo: Repository,
    cache: OnceCell<Cache>,
}

impl Session {
    /// Opens the repository that the command was started in, or that git's variables name.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    pub(super) fn open() -> Result<Session> {
        let repo = Repository::open_from_env()?;
        super::fault::keep_in(repo.common_dir().join("newgate"));
        Ok(Session {
            repo,
            cache: OnceCell::new(),
        })
    }

    /// Its cache, opened when it is first asked for.
    pub(super) fn cache(&self) -> &Cache {
        self.cache
            .get_or_init(|| Cache::open(self.repo.common_dir()))
    }

    /// A gate on all cores that reads the configuration from the target.
    pub(super) fn gate(&self) -> Gate<'_> {
        Gate {
            must_end_by: &|end| must_end_by(end, overdue),
            ..Gate::new(&self.repo, self.cache(), jobs())
        }
    }

    /// The remote that a name stands for (the default one for none), and the target of changes for it.
    ///
    /// # Errors
    /// As [`target_for`].
    pub(super) fn target(
        &self,
        remote: Option<&str>,
        wanted: Option<&str>,
    ) -> Result<(Option<String>, Choice)> {
        let (remote, _) = find_remote(&self.repo, remote)?;
        let choice = target_for(&self.repo, remote.as_deref(), wanted)?;
        Ok((remote, choice))
    }

    /// The change that a head makes for a target.
    ///
    /// # Errors
    /// As [`choose`].
    pub(super) fn choose(
        &mut self,
        head: Head,
        against: Against,
        target: Option<Target>,
        scratch: &mut Scratch,
    ) -> Result<Change> {
        self.choose_as(
            &Request {
                head,
                against,
                target,
                remote: None,
            },
            scratch,
        )
    }

    /// The change that a request asks for.
    ///
    /// # Errors
    /// As [`choose`].
    pub(super) fn choose_as(&mut self, request: &Request, scratch: &mut Scratch) -> Result<Change> {
        choose(&mut self.repo, request, scratch)
    }

    /// The change that the current branch makes, for commands that ask only which configuration counts.
    ///
    /// # Errors
    /// git could not answer, or the configuration that names the target has mistakes.
    pub(super) fn change_by_default(&mut self) -> Result<Change> {
        let target = self.target(None, None)?.1.target;
        let head = match self.repo.resolve("HEAD")? {
            Some(_) => Head::Revision("HEAD".into()),
            None => Head::Index,
        };
        self.choose(head, Against::Target, target, &mut Scratch::new())
    }

    /// The configuration that counts for the current branch.
    ///
    /// # Errors
    /// As [`Session::change_by_default`], or the configuration has mistakes.
    pub(super) fn settings_by_default(&mut self) -> Result<Settings> {
        let change = self.change_by_default()?;
        self.gate().settings(&change, ConfigSource::Target)
    }

    /// The commit (or tree) that a revision names, and its tree.
    ///
    /// # Errors
    /// It names nothing, or a file.
    pub(super) fn commit_and_tree(&self, revision: &str) -> Result<(Oid, Oid)> {
        let unknown = || {
            Error::new(
                ErrorKind::Usage,
                format!("`{revision}` is not a commit in this clone"),
            )
            .hint("`git log --oneline --all` lists the commits")
        };
        let oid = self.repo.resolve(revision)?.ok_or_else(unknown)?;
        match self.repo.peel(&oid)?.ok_or_else(unknown)? {
            Peeled::Commit { commit, tree } => Ok((commit, tree)),
            Peeled::Tree(tree) => Ok((oid, tree)),
            Peeled::Blob(_) => Err(unknown()),
        }
    }
}

/// The message and exit code if the time runs out while no step looks at the clock.
fn overdue() -> (u8, Vec<String>) {
    let error = "the check is incomplete: time ran out before there was a verdict";
    let hint =
        "try again: finished scans are cached; `gate.budget` and `server.budget` allow more time";
    let code = Verdict::Incomplete.exit_code();
    (code, vec![error.into(), hint.into()])
}
