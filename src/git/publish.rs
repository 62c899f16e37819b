//! Files under a ref of their own on a remote: fetched, written and pushed without touching the index,
//! the work tree or any branch.

use super::{Git, Repository};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::model::Oid;

/// What became of a push of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushedRef {
    /// It is there.
    Done,
    /// Somebody else's is there since: fetch, merge, and push again. What git said.
    Moved(String),
    /// The remote refuses it, and says why.
    Refused(String),
}

fn text(out: &[u8]) -> String {
    String::from_utf8_lossy(out).trim().to_owned()
}

/// How many times a fetch is tried while another one holds the lock of the ref.
const TRIES: u32 = 10;
/// How long it waits before the second try; then longer each time.
const PAUSE: Duration = Duration::from_millis(30);

impl Repository {
    /// Removes all refs below a name.
    ///
    /// # Errors
    /// git could not answer, or a ref cannot be removed.
    pub fn drop_refs(&self, below: &str) -> Result<()> {
        let listed = self
            .git()
            .run(["for-each-ref", "--format=%(refname)", below])?;
        let listed = String::from_utf8_lossy(&listed.must("for-each-ref")?).into_owned();
        for name in listed.lines() {
            self.git()
                .run(["update-ref", "-d", name])?
                .must("update-ref -d")?;
        }
        Ok(())
    }

    /// Fetches one ref of a remote to a ref here; `None` if the remote has no such ref.
    ///
    /// # Errors
    /// The remote does not answer.
    pub fn fetch_ref(&self, remote: &str, name: &str, to: &str) -> Result<Option<Oid>> {
        let listed = self
            .git()
            .run(["ls-remote", "--refs", "--", remote, name])?;
        let listed = text(&listed.must("ls-remote")?);
        // What is asked for is a pattern; names that only end like it are others.
        let rows = listed.lines().filter_map(|l| l.split_once('\t'));
        let found = rows
            .filter(|(_, n)| *n == name)
            .find_map(|(oid, _)| Oid::parse(oid));
        let Some(oid) = found else {
            return Ok(None);
        };
        let spec = format!("+{name}:{to}");
        let args = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--",
            remote,
            &spec,
        ];
        let mut tries = 0;
        loop {
            let ran = self.git().run(args)?;
            tries += 1;
            // Another worktree of this clone fetches at the same time.
            let busy = ran.err.contains("cannot lock ref");
            if !busy || tries >= TRIES {
                ran.must("fetch")?;
                break;
            }
            std::thread::sleep(PAUSE * tries);
        }
        // Another one may have come between the two questions: what is here counts.
        Ok(self.reference(to)?.or(Some(oid)))
    }

    /// Writes a commit of files, with that parent or none.
    ///
    /// # Errors
    /// git could not write.
    pub fn write_files(
        &self,
        files: &[(String, Vec<u8>)],
        parent: Option<&Oid>,
        message: &str,
    ) -> Result<Oid> {
        let io = |e| Error::new(ErrorKind::Io, "a temporary folder cannot be created").because(e);
        let folder = crate::process::TemporaryFolder::new("newgate-").map_err(io)?;
        let mut paths = Vec::new();
        for (number, (_, content)) in files.iter().enumerate() {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, content).map_err(io)?;
            paths.push(path.display().to_string());
        }
        let list = paths.join("\n") + "\n";
        let args = ["hash-object", "-w", "--no-filters", "--stdin-paths"];
        let blobs = text(
            &self
                .git()
                .feed(args, list.into_bytes())?
                .must("hash-object")?,
        );
        let rows = files.iter().zip(blobs.lines());
        let rows: Vec<String> = rows
            .map(|((name, _), blob)| format!("100644 {blob}\t{name}\n"))
            .collect();
        let git: Git = self
            .git()
            .with("GIT_INDEX_FILE", folder.path().join("index"));
        let args = ["update-index", "--add", "--index-info"];
        git.feed(args, rows.concat().into_bytes())?
            .must("update-index")?;
        let tree = text(&git.run(["write-tree"])?.must("write-tree")?);
        let mut args = vec!["commit-tree", &tree, "-m", message, "--no-gpg-sign"];
        if let Some(parent) = parent {
            args.extend(["-p", parent.as_str()]);
        }
        // It needs no name of the user's.
        let git = ["AUTHOR", "COMMITTER"]
            .iter()
            .fold(self.git().clone(), |g, role| {
                g.with(&format!("GIT_{role}_NAME"), "newgate")
                    .with(&format!("GIT_{role}_EMAIL"), "newgate@localhost")
            });
        let commit = text(&git.run(args)?.must("commit-tree")?);
        Oid::parse(&commit)
            .ok_or_else(|| Error::new(ErrorKind::Git, "unexpected output from `git commit-tree`"))
    }

    /// Pushes a commit to a ref of a remote, only if that is what was expected there (none: only if it
    /// is not there).
    ///
    /// # Errors
    /// There is no git.
    pub fn push_ref(
        &self,
        remote: &str,
        commit: &Oid,
        name: &str,
        expected: Option<&Oid>,
    ) -> Result<PushedRef> {
        let lease = format!(
            "--force-with-lease={name}:{}",
            expected.map_or("", Oid::as_str)
        );
        // A `+` before it would override the lease.
        let spec = format!("{commit}:{name}");
        let args = [
            "push",
            "--quiet",
            "--no-verify",
            &lease,
            "--",
            remote,
            &spec,
        ];
        let answer = self.git().run(args)?;
        if answer.code == 0 {
            return Ok(PushedRef::Done);
        }
        let said = answer.err.trim().to_owned();
        // Of two pushes at once, the slower is told that the ref is locked or is not where it was.
        let moved = [
            "stale info",
            "cannot lock ref",
            "failed to update ref",
            "fetch first",
        ];
        if moved.iter().any(|m| said.contains(m)) {
            return Ok(PushedRef::Moved(said));
        }
        Ok(PushedRef::Refused(said))
    }
}
