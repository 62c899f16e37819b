//! Commits: where two lines of history meet, what they bring, and what a shallow clone lacks of them.

use std::collections::HashSet;

use super::introduced::Introduced;
use super::{Repository, library, program};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Oid;

impl Repository {
    /// The best common ancestors of two commits, in a fixed order; empty if they have none.
    ///
    /// # Errors
    /// git could not answer.
    pub fn merge_bases(&self, a: &Oid, b: &Oid) -> Result<Vec<Oid>> {
        self.ask(
            &[a.as_str(), b.as_str()],
            |r| library::merge_bases(r, a, b),
            |g| program::merge_bases(g, a, b),
        )
    }

    /// The file versions that commits reachable from `head` but from none of `known` bring, each
    /// content under each path once, oldest commit first. `go_on` is asked before each commit.
    ///
    /// # Errors
    /// git could not answer, or `go_on` says no.
    pub fn introduced(
        &self,
        head: &Oid,
        known: &[Oid],
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<Vec<Introduced>> {
        self.ask(
            &[head.as_str()],
            |r| library::introduced(r, head, known, go_on),
            |g| program::introduced(g, head, known, go_on),
        )
    }

    /// A commit and its first parents, newest first, at most `limit`: each with its tree.
    ///
    /// # Errors
    /// git could not answer.
    pub fn first_parents(&self, commit: &Oid, limit: usize) -> Result<Vec<(Oid, Oid)>> {
        let args = [
            "log".to_owned(),
            "--first-parent".to_owned(),
            format!("--max-count={limit}"),
            "--format=%H %T".to_owned(),
            commit.to_string(),
        ];
        let out = self.git.run(args)?.must("log --first-parent")?;
        let text = String::from_utf8_lossy(&out);
        let rows = text.lines().map(|line| {
            let (commit, tree) = line.split_once(' ')?;
            Some((Oid::parse(commit)?, Oid::parse(tree)?))
        });
        rows.collect::<Option<_>>().ok_or_else(|| {
            Error::new(
                ErrorKind::Git,
                format!("unexpected output from `git log` of {commit}"),
            )
        })
    }

    /// Returns whether history was cut off when this clone was made.
    pub fn is_shallow(&self) -> bool {
        self.common_dir.join("shallow").is_file()
    }

    /// The commits whose parents this clone was cut off from, and that are on one side only: what such a one of the
    /// change brought and took away again is not here, and such a one of the target may lead to commits that look like
    /// the change's own.
    ///
    /// # Errors
    /// git could not answer.
    pub fn cut_off(&self, head: &Oid, known: &[Oid]) -> Result<Vec<Oid>> {
        let Ok(listed) = std::fs::read_to_string(self.common_dir.join("shallow")) else {
            return Ok(Vec::new());
        };
        let edges: HashSet<&str> = listed.lines().map(str::trim).collect();
        let own = std::iter::once(head.to_string()).chain(known.iter().map(|k| format!("^{k}")));
        let theirs = known.iter().map(Oid::to_string);
        let theirs = theirs.chain([format!("^{head}")]);
        let mut cut = Vec::new();
        for commits in [own.collect::<Vec<_>>(), theirs.collect()] {
            let args = std::iter::once("rev-list".to_owned()).chain(commits);
            let out = self.git.run(args)?.must("rev-list")?;
            let out = String::from_utf8_lossy(&out).into_owned();
            let lines = out.lines().filter(|l| edges.contains(l));
            cut.extend(lines.filter_map(Oid::parse));
        }
        Ok(cut)
    }
}
