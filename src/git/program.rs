//! The answers of the `git` program, in its stable formats for scripts.

#![deny(clippy::indexing_slicing, reason = "git may print anything")]

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Peeled;
use super::introduced::{Introduced, add_introduced};
use super::raw_object::message;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{FileChange, FileVersion, Oid, RepoPath};
use crate::platform::{as_path, to_path};
use crate::process;

/// The `git` program, aimed at a repository.
#[derive(Clone, Debug)]
pub struct Git {
    folder: PathBuf,
    /// Settings of the environment that the next calls get.
    environment: Vec<(String, OsString)>,
    /// Whether `GIT_*` variables that git itself set still hold.
    inherit: bool,
}

/// What `git` said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The exit code, or 128 and the signal.
    pub code: i32,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
}

impl Answer {
    /// Standard output as text, if git exited with 0.
    pub fn ok_text(&self) -> Option<String> {
        (self.code == 0).then(|| String::from_utf8_lossy(&self.out).into_owned())
    }

    /// The path on standard output, whatever its bytes.
    ///
    /// # Errors
    /// git failed.
    pub fn must_path(self, what: &str) -> Result<PathBuf> {
        let mut out = self.must(what)?;
        if out.last() == Some(&b'\n') {
            out.pop();
        }
        Ok(to_path(out))
    }

    /// Standard output if git exited with 0, else an error that tells what git said.
    ///
    /// # Errors
    /// git failed.
    pub fn must(self, what: &str) -> Result<Vec<u8>> {
        if self.code == 0 {
            return Ok(self.out);
        }
        let said = self.err.trim();
        Err(Error::new(
            ErrorKind::Git,
            format!("`git {what}` failed with code {}: {said}", self.code),
        )
        .hint("`newgate doctor` checks git and this repository; `git fsck` looks for damage"))
    }
}

impl Git {
    /// For the repository that the environment names.
    pub fn here() -> Git {
        Git {
            folder: PathBuf::from("."),
            environment: Vec::new(),
            inherit: true,
        }
    }

    /// For the repository at or above a folder, whatever the environment names.
    pub fn at(folder: &Path) -> Git {
        Git {
            folder: folder.to_owned(),
            environment: Vec::new(),
            inherit: false,
        }
    }

    /// The folder that git runs in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The same with one more setting in the environment.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<OsString>) -> Git {
        let mut git = self.clone();
        git.environment.push((name.to_owned(), value.into()));
        git
    }

    /// Runs git to its end.
    ///
    /// # Errors
    /// There is no git.
    pub fn run<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Result<Answer> {
        self.feed(args, Vec::new())
    }

    /// Runs git to its end with something on standard input.
    ///
    /// # Errors
    /// There is no git.
    pub fn feed<A: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: Vec<u8>,
    ) -> Result<Answer> {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let ran = process::git(&self.folder, &args, &self.environment, self.inherit, input)
            .map_err(|e| {
                Error::new(ErrorKind::Git, "the `git` program cannot be started")
                    .because(e)
                    .hint("install git 2.38 or newer and put it on `PATH`")
            })?;
        Ok(Answer {
            code: ran.code,
            out: ran.out,
            err: String::from_utf8_lossy(&ran.err).into_owned(),
        })
    }
}

fn text_of(answer: &Answer) -> Option<String> {
    answer.ok_text().map(|t| t.trim_end().to_owned())
}

pub(super) fn resolve(git: &Git, revision: &str) -> Result<Option<Oid>> {
    let said = git.run([
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        revision,
    ])?;
    Ok(text_of(&said).as_deref().and_then(Oid::parse))
}

pub(super) fn peel(git: &Git, oid: &Oid) -> Result<Option<Peeled>> {
    let said = git.run(["cat-file", "-t", &format!("{oid}^{{}}")])?;
    let Some(kind) = text_of(&said) else {
        return Ok(None);
    };
    let id = |suffix: &str| -> Result<Oid> {
        resolve(git, &format!("{oid}{suffix}"))?.ok_or_else(|| {
            Error::new(
                ErrorKind::Git,
                format!("object {} cannot be resolved", oid.short()),
            )
        })
    };
    Ok(match kind.as_str() {
        "commit" => Some(Peeled::Commit {
            commit: id("^{commit}")?,
            tree: id("^{tree}")?,
        }),
        "tree" => Some(Peeled::Tree(id("^{tree}")?)),
        _ => Some(Peeled::Blob(id("^{}")?)),
    })
}

pub(super) fn merge_bases(git: &Git, a: &Oid, b: &Oid) -> Result<Vec<Oid>> {
    let said = git.run(["merge-base", "--all", a.as_str(), b.as_str()])?;
    if said.code == 1 && said.out.is_empty() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&said.must("merge-base")?).into_owned();
    let mut bases: Vec<Oid> = text.lines().filter_map(Oid::parse).collect();
    bases.sort();
    Ok(bases)
}

/// The id of git's empty tree in a repository's hash function.
fn empty_tree(git: &Git) -> Result<Oid> {
    let said = git.feed(["hash-object", "-t", "tree", "--stdin"], Vec::new())?;
    let out = said.must("hash-object")?;
    Oid::parse(String::from_utf8_lossy(&out).trim())
        .ok_or_else(|| Error::new(ErrorKind::Git, "unexpected output from `git hash-object`"))
}

pub(super) fn diff(git: &Git, old: Option<&Oid>, new: &Oid) -> Result<Vec<FileChange>> {
    let old = match old {
        Some(old) => old.clone(),
        None => empty_tree(git)?,
    };
    let args = [
        "diff-tree",
        "-r",
        "-z",
        "--raw",
        "--no-renames",
        "--full-index",
        "--no-abbrev",
        old.as_str(),
        new.as_str(),
    ];
    parse_raw_diff(&git.run(args)?.must("diff-tree")?)
}

/// Reads the raw format of `git diff-tree -z` (gitformat: "raw output format"). A merge's row begins with
/// a `:` for each parent, and has a mode and an id for each before those of the result; the first is the old.
fn parse_raw_diff(raw: &[u8]) -> Result<Vec<FileChange>> {
    let broken = || Error::new(ErrorKind::Git, "unexpected output from `git diff-tree`");
    let mut fields = raw.split(|b| *b == 0);
    let mut changes = Vec::new();
    while let Some(head) = fields.next() {
        if head.is_empty() {
            continue;
        }
        let head = std::str::from_utf8(head).map_err(|_| broken())?;
        let row = head.trim_start_matches(':');
        let parents = head.len() - row.len();
        let parts: Vec<&str> = row.split(' ').collect();
        if parents == 0 || parts.len() != 2 * parents + 3 {
            return Err(broken());
        }
        let path = RepoPath::new(fields.next().ok_or_else(broken)?);
        let version = |at: usize| -> Result<Option<FileVersion>> {
            let part = |at: usize| parts.get(at).copied().ok_or_else(broken);
            let mode = u32::from_str_radix(part(at)?, 8).map_err(|_| broken())?;
            let blob = Oid::parse(part(at + parents + 1)?).ok_or_else(broken)?;
            Ok((mode != 0).then(|| FileVersion {
                path: path.clone(),
                blob,
                mode,
            }))
        };
        changes.push(FileChange {
            old: version(0)?,
            new: version(parents)?,
        });
    }
    Ok(changes)
}

/// Reads the rows of `git ls-tree -z`, with the kind of each.
fn parse_tree_listing(raw: &[u8]) -> Result<Vec<(String, FileVersion)>> {
    let broken = || Error::new(ErrorKind::Git, "unexpected output from `git ls-tree`");
    let mut rows = Vec::new();
    for line in raw.split(|b| *b == 0).filter(|l| !l.is_empty()) {
        let mut halves = line.splitn(2, |b| *b == b'\t');
        let (Some(head), Some(path)) = (halves.next(), halves.next()) else {
            return Err(broken());
        };
        let head = std::str::from_utf8(head).map_err(|_| broken())?;
        let parts: Vec<&str> = head.split(' ').collect();
        let [mode, kind, oid] = parts[..] else {
            return Err(broken());
        };
        let file = FileVersion {
            path: RepoPath::new(path),
            blob: Oid::parse(oid).ok_or_else(broken)?,
            mode: u32::from_str_radix(mode, 8).map_err(|_| broken())?,
        };
        rows.push((kind.to_owned(), file));
    }
    Ok(rows)
}

/// The row of a tree at a path.
fn row_at(git: &Git, tree: &Oid, path: &[u8]) -> Result<Option<(String, FileVersion)>> {
    let options = ["--literal-pathspecs", "ls-tree", "-z", "--full-tree"];
    let mut args: Vec<OsString> = options.map(OsString::from).to_vec();
    args.extend([tree.as_str().into(), "--".into(), as_path(path).into()]);
    Ok(parse_tree_listing(&git.run(args)?.must("ls-tree")?)?.pop())
}

pub(super) fn entry(git: &Git, tree: &Oid, path: &RepoPath) -> Result<Option<FileVersion>> {
    let row = row_at(git, tree, path.as_bytes())?;
    Ok(row.filter(|(kind, _)| kind != "tree").map(|(_, file)| file))
}

pub(super) fn folder(git: &Git, tree: &Oid, path: &str) -> Result<Option<Oid>> {
    let row = row_at(git, tree, path.as_bytes())?;
    Ok(row
        .filter(|(kind, _)| kind == "tree")
        .map(|(_, folder)| folder.blob))
}

pub(super) fn list(git: &Git, tree: &Oid, limit: usize) -> Result<Option<Vec<FileVersion>>> {
    let args = ["ls-tree", "-r", "-z", "--full-tree", tree.as_str()];
    let rows = parse_tree_listing(&git.run(args)?.must("ls-tree")?)?;
    let files: Vec<FileVersion> = rows.into_iter().map(|(_, file)| file).collect();
    Ok((files.len() <= limit).then_some(files))
}

pub(super) fn blob(git: &Git, oid: &Oid) -> Result<Option<Vec<u8>>> {
    let object = object(git, oid)?;
    Ok(object.and_then(|(kind, content)| match kind.as_str() {
        "blob" => Some(content),
        "commit" | "tag" => Some(message(&content).to_vec()),
        _ => None,
    }))
}

/// A tag object as it is stored; none for any other object.
pub(super) fn tag(git: &Git, oid: &Oid) -> Result<Option<Vec<u8>>> {
    let object = object(git, oid)?;
    Ok(object.and_then(|(kind, content)| (kind == "tag").then_some(content)))
}

/// An object's type and content, as it is stored (git-cat-file(1), `--batch`).
fn object(git: &Git, oid: &Oid) -> Result<Option<(String, Vec<u8>)>> {
    let said = git.feed(["cat-file", "--batch"], format!("{oid}\n").into_bytes())?;
    let mut parts = said.out.splitn(2, |b| *b == b'\n');
    let head = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let mut fields = head.split(' ').skip(1);
    let (Some(kind), Some(size)) = (fields.next(), fields.next()) else {
        return Ok(None);
    };
    let size = size.parse().ok();
    let content = parts.next().zip(size).and_then(|(c, size)| c.get(..size));
    Ok(content.map(|content| (kind.to_owned(), content.to_vec())))
}

pub(super) fn blob_size(git: &Git, oid: &Oid) -> Result<Option<u64>> {
    let said = git
        .with("GIT_NO_LAZY_FETCH", "1")
        .run(["cat-file", "-s", oid.as_str()])?;
    Ok(text_of(&said).and_then(|t| t.parse().ok()))
}

pub(super) fn reference(git: &Git, name: &str) -> Result<Option<Oid>> {
    // `rev-parse` would look for a tag or branch of that name where there is no such ref.
    let said = git.run(["show-ref", "--verify", "--hash", "--", name])?;
    Ok(text_of(&said).as_deref().and_then(Oid::parse))
}

pub(super) fn symbolic(git: &Git, name: &str) -> Result<Option<String>> {
    Ok(text_of(&git.run(["symbolic-ref", "--quiet", name])?))
}

pub(super) fn config(git: &Git, name: &str) -> Result<Option<String>> {
    Ok(text_of(&git.run(["config", "--get", name])?))
}

pub(super) fn remotes(git: &Git) -> Result<Vec<(String, Vec<String>)>> {
    let said = git.run([
        "config",
        "--null",
        "--get-regexp",
        r"^remote\..*\.(push)?url$",
    ])?;
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for item in String::from_utf8_lossy(&said.out).split('\0') {
        let Some((key, url)) = item.split_once('\n') else {
            continue;
        };
        let Some((name, _)) = key.trim_start_matches("remote.").rsplit_once('.') else {
            continue;
        };
        match all.iter_mut().find(|(n, _)| n == name) {
            Some((_, urls)) => urls.push(url.to_owned()),
            None => all.push((name.to_owned(), vec![url.to_owned()])),
        }
    }
    Ok(all)
}

pub(super) fn introduced(
    git: &Git,
    head: &Oid,
    known: &[Oid],
    go_on: &dyn Fn() -> Result<()>,
) -> Result<Vec<Introduced>> {
    let mut args = vec![
        "rev-list",
        "--reverse",
        "--topo-order",
        "--parents",
        head.as_str(),
    ];
    args.push("--not");
    args.extend(known.iter().map(Oid::as_str));
    let out = git.run(args)?.must("rev-list")?;
    let mut list = Vec::new();
    let mut seen = HashSet::new();
    for line in String::from_utf8_lossy(&out).lines() {
        go_on()?;
        let commit = line.split(' ').next().and_then(Oid::parse);
        let commit = commit
            .ok_or_else(|| Error::new(ErrorKind::Git, "unexpected output from `git rev-list`"))?;
        let merge = line.split(' ').count() > 2;
        // `-c` lists what differs from every parent of a merge; its rows name all parents.
        let args = [
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--root",
            "--no-renames",
            "--no-abbrev",
        ];
        let mut args = args.to_vec();
        args.extend([
            "--no-commit-id",
            if merge { "-c" } else { "-m" },
            commit.as_str(),
        ]);
        let changes = parse_raw_diff(&git.run(args)?.must("diff-tree")?)?;
        add_introduced(&mut list, &mut seen, &commit, changes);
    }
    Ok(list)
}

pub(super) fn commits(
    git: &Git,
    heads: &[Oid],
    known: &[Oid],
    limit: Option<usize>,
) -> Result<Vec<Oid>> {
    let mut args = vec!["rev-list".to_owned()];
    args.extend(limit.map(|most| format!("--max-count={most}")));
    args.extend(heads.iter().map(Oid::to_string));
    args.extend(known.iter().map(|k| format!("^{k}")));
    let out = git.run(args)?.must("rev-list")?;
    let listed = String::from_utf8_lossy(&out).into_owned();
    Ok(listed.lines().filter_map(Oid::parse).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_rows_are_read_with_names_of_any_bytes() {
        let a = "1".repeat(40);
        let z = "0".repeat(40);
        let mut raw = format!(":000000 100644 {z} {a} A\0").into_bytes();
        raw.extend_from_slice(b"x\n\xff.py\0");
        raw.extend_from_slice(format!(":100644 000000 {a} {z} D\0gone\0").as_bytes());
        let changes = parse_raw_diff(&raw).unwrap();
        assert_eq!(
            changes[0].new.as_ref().unwrap().path.as_bytes(),
            b"x\n\xff.py"
        );
        assert!(changes[0].old.is_none() && changes[1].new.is_none());
        assert!(parse_raw_diff(b":oops\0x\0").is_err());
    }

    #[test]
    fn a_merge_row_names_the_result_after_all_parents() {
        let id = |c: &str| c.repeat(40);
        let (a, b, c) = (id("a"), id("b"), id("c"));
        let raw = format!("::100644 100644 100755 {a} {b} {c} MM\0f\0");
        let file = parse_raw_diff(raw.as_bytes())
            .unwrap()
            .remove(0)
            .new
            .unwrap();
        assert_eq!((file.mode, file.blob.as_str()), (0o100_755, c.as_str()));
    }
}
