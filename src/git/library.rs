//! The answers of the git2 library.

use git2::{ErrorCode, ObjectType, Repository, Sort};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::io::Read;

use super::Peeled;
use super::introduced::{Introduced, add_introduced};
use super::raw_object::message;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{FileChange, FileVersion, Oid, RepoPath};

fn id(oid: &Oid) -> Result<git2::Oid> {
    Ok(git2::Oid::from_str(oid.as_str())?)
}

#[expect(
    clippy::expect_used,
    reason = "libgit2 prints an id as hexadecimal digits, all of them"
)]
fn oid(id: git2::Oid) -> Oid {
    Oid::parse(&id.to_string()).expect("libgit2 prints full ids")
}

/// Turns the library's "not found" into an absent answer; every other error stays one.
fn found<T>(result: std::result::Result<T, git2::Error>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if matches!(e.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

pub(super) fn resolve(repo: &Repository, revision: &str) -> Result<Option<Oid>> {
    match repo.revparse_single(revision) {
        Ok(object) => Ok(Some(oid(object.id()))),
        Err(e) if matches!(e.code(), ErrorCode::InvalidSpec | ErrorCode::Ambiguous) => Ok(None),
        Err(e) => found(Err(e)),
    }
}

pub(super) fn peel(repo: &Repository, of: &Oid) -> Result<Option<Peeled>> {
    let Ok(of) = git2::Oid::from_str(of.as_str()) else {
        return Ok(None);
    };
    let Some(mut object) = found(repo.find_object(of, None))? else {
        return Ok(None);
    };
    while let Some(tag) = object.as_tag() {
        let Some(next) = found(tag.target())? else {
            return Ok(None);
        };
        object = next;
    }
    Ok(match object.kind() {
        Some(ObjectType::Commit) => {
            let commit = object.peel_to_commit()?;
            Some(Peeled::Commit {
                commit: oid(commit.id()),
                tree: oid(commit.tree_id()),
            })
        }
        Some(ObjectType::Tree) => Some(Peeled::Tree(oid(object.id()))),
        _ => Some(Peeled::Blob(oid(object.id()))),
    })
}

pub(super) fn merge_bases(repo: &Repository, a: &Oid, b: &Oid) -> Result<Vec<Oid>> {
    let bases = found(repo.merge_bases(id(a)?, id(b)?))?;
    let mut bases: Vec<Oid> =
        bases.map_or_else(Vec::new, |found| found.iter().map(|b| oid(*b)).collect());
    bases.sort();
    Ok(bases)
}

/// Compares two trees entry by entry. The library's own diff reads every subtree, also equal ones;
/// this reads only those that differ, so its cost follows the change.
pub(super) fn diff(repo: &Repository, old: Option<&Oid>, new: &Oid) -> Result<Vec<FileChange>> {
    let old = old.map(id).transpose()?;
    let mut changes = Vec::new();
    diff_trees(repo, old, Some(id(new)?), 0, &mut Vec::new(), &mut changes)?;
    Ok(changes)
}

fn diff_trees(
    repo: &Repository,
    old: Option<git2::Oid>,
    new: Option<git2::Oid>,
    depth: usize,
    folder: &mut Vec<u8>,
    changes: &mut Vec<FileChange>,
) -> Result<()> {
    too_deep(depth)?;
    let tree = |oid: Option<git2::Oid>| oid.map(|o| repo.find_tree(o)).transpose();
    let (old, new) = (tree(old)?, tree(new)?);
    let mut left = old.iter().flat_map(|t| t.iter()).peekable();
    let mut right = new.iter().flat_map(|t| t.iter()).peekable();
    loop {
        // Both lists are in git's order, in which the name of a folder ends with `/`.
        let order = match (left.peek(), right.peek()) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => sort_key(a).cmp(sort_key(b)),
        };
        let a = if order.is_le() { left.next() } else { None };
        let b = if order.is_ge() { right.next() } else { None };
        let Some(either) = a.as_ref().or(b.as_ref()) else {
            return Ok(());
        };
        let same = a.as_ref().zip(b.as_ref());
        if same.is_some_and(|(a, b)| a.id() == b.id() && a.filemode() == b.filemode()) {
            continue;
        }
        let length = folder.len();
        folder.extend_from_slice(either.name_bytes());
        if either.kind() == Some(ObjectType::Tree) {
            folder.push(b'/');
            let id = |e: &Option<git2::TreeEntry<'_>>| e.as_ref().map(git2::TreeEntry::id);
            diff_trees(repo, id(&a), id(&b), depth + 1, folder, changes)?;
        } else {
            let version = |e: &Option<git2::TreeEntry<'_>>| {
                e.as_ref().map(|e| FileVersion {
                    path: RepoPath::new(folder.as_slice()),
                    blob: oid(e.id()),
                    mode: e.filemode().cast_unsigned(),
                })
            };
            changes.push(FileChange {
                old: version(&a),
                new: version(&b),
            });
        }
        folder.truncate(length);
    }
}

/// Refuses folders that are nested without end.
fn too_deep(depth: usize) -> Result<()> {
    const DEEPEST: usize = 1_000;
    match depth > DEEPEST {
        true => Err(Error::new(
            ErrorKind::Git,
            "a tree has folders nested more than 1,000 deep",
        )
        .hint("move the files to fewer folders; newgate does not read deeper ones")),
        false => Ok(()),
    }
}

/// The bytes that git sorts an entry of a tree by.
fn sort_key<'e>(entry: &'e git2::TreeEntry<'_>) -> impl Iterator<Item = &'e u8> + use<'e> {
    let slash: &[u8] = if entry.kind() == Some(ObjectType::Tree) {
        b"/"
    } else {
        b""
    };
    entry.name_bytes().iter().chain(slash)
}

/// What a folder has under a name: the object, its mode, and whether that is a folder.
type Named = (git2::Oid, i32, bool);

/// From how many entries on a folder is kept: the library keeps small ones only, and would read a large one again for
/// each of its files.
const LARGE: usize = 100;
/// How many large folders are kept.
const KEPT: usize = 4;

/// A large folder; its id says what is in it.
struct Folder {
    id: git2::Oid,
    entries: HashMap<Vec<u8>, Named>,
}

thread_local! {
    /// Large folders, those that were asked last first.
    static FOLDERS: RefCell<Vec<Folder>> = const { RefCell::new(Vec::new()) };
}

/// What a folder has under a name.
fn named(repo: &Repository, folder: git2::Oid, name: &[u8]) -> Result<Option<Named>> {
    let kept = FOLDERS.with_borrow_mut(|kept| {
        let at = kept.iter().position(|f| f.id == folder)?;
        kept.get_mut(..=at)?.rotate_right(1);
        Some(kept.first()?.entries.get(name).copied())
    });
    if let Some(found) = kept {
        return Ok(found);
    }
    let tree = repo.find_tree(folder)?;
    let of = |e: &git2::TreeEntry<'_>| {
        let is_tree = e.kind() == Some(ObjectType::Tree);
        (e.id(), e.filemode(), is_tree)
    };
    if tree.len() < LARGE {
        let mut entries = tree.iter();
        return Ok(entries.find(|e| e.name_bytes() == name).map(|e| of(&e)));
    }
    let mut entries = HashMap::with_capacity(tree.len());
    for entry in &tree {
        let key = entry.name_bytes().to_vec();
        entries.entry(key).or_insert_with(|| of(&entry));
    }
    let found = entries.get(name).copied();
    FOLDERS.with_borrow_mut(|kept| {
        kept.truncate(KEPT - 1);
        kept.insert(
            0,
            Folder {
                id: folder,
                entries,
            },
        );
    });
    Ok(found)
}

/// Walks down a tree. A tree on the way that cannot be read is an error, not an absent path.
fn walk_down(repo: &Repository, tree: &Oid, path: &[u8]) -> Result<Option<Named>> {
    let mut folder = id(tree)?;
    let mut parts = path.split(|b| *b == b'/').peekable();
    while let Some(part) = parts.next() {
        let Some(found) = named(repo, folder, part)? else {
            return Ok(None);
        };
        let (id, _, is_tree) = found;
        if parts.peek().is_none() {
            return Ok(Some(found));
        }
        if !is_tree {
            return Ok(None);
        }
        folder = id;
    }
    Ok(None)
}

pub(super) fn entry(repo: &Repository, tree: &Oid, path: &RepoPath) -> Result<Option<FileVersion>> {
    let found = walk_down(repo, tree, path.as_bytes())?;
    Ok(found
        .filter(|(_, _, is_tree)| !is_tree)
        .map(|(id, mode, _)| FileVersion {
            path: path.clone(),
            blob: oid(id),
            mode: mode.cast_unsigned(),
        }))
}

pub(super) fn folder(repo: &Repository, tree: &Oid, path: &str) -> Result<Option<Oid>> {
    let found = walk_down(repo, tree, path.as_bytes())?;
    Ok(found
        .filter(|(_, _, is_tree)| *is_tree)
        .map(|(id, _, _)| oid(id)))
}

/// All files of a tree; none if there are more than `limit`. The library's own walk refuses names
/// of folders that are not UTF-8.
pub(super) fn list(
    repo: &Repository,
    tree: &Oid,
    limit: usize,
) -> Result<Option<Vec<FileVersion>>> {
    let mut files = Vec::new();
    let whole = list_tree(repo, id(tree)?, 0, limit, &mut Vec::new(), &mut files)?;
    Ok(whole.then_some(files))
}

/// Adds the files of a tree; returns whether they were all.
fn list_tree(
    repo: &Repository,
    tree: git2::Oid,
    depth: usize,
    limit: usize,
    folder: &mut Vec<u8>,
    files: &mut Vec<FileVersion>,
) -> Result<bool> {
    too_deep(depth)?;
    let tree = repo.find_tree(tree)?;
    for entry in &tree {
        let length = folder.len();
        folder.extend_from_slice(entry.name_bytes());
        if entry.kind() == Some(ObjectType::Tree) {
            folder.push(b'/');
            if !list_tree(repo, entry.id(), depth + 1, limit, folder, files)? {
                return Ok(false);
            }
        } else if files.len() >= limit {
            return Ok(false);
        } else {
            files.push(FileVersion {
                path: RepoPath::new(folder.as_slice()),
                blob: oid(entry.id()),
                mode: entry.filemode().cast_unsigned(),
            });
        }
        folder.truncate(length);
    }
    Ok(true)
}

/// The content of a blob. A large one is read piece by piece, so that it is not in memory twice. None if the library
/// cannot do that, because the blob is in a pack.
pub(super) fn blob(repo: &Repository, of: &Oid) -> Result<Option<Vec<u8>>> {
    const LARGE: usize = 8 * 1024 * 1024;
    let odb = repo.odb()?;
    let header = found(odb.read_header(id(of)?))?;
    if let Some((_, ObjectType::Commit | ObjectType::Tag)) = header {
        return Ok(Some(message(odb.read(id(of)?)?.data()).to_vec()));
    }
    if header.is_none_or(|(size, _)| size < LARGE) {
        return Ok(found(repo.find_blob(id(of)?))?.map(|b| b.content().to_vec()));
    }
    let Ok((mut reader, size, ObjectType::Blob)) = odb.reader(id(of)?) else {
        return Ok(None);
    };
    let mut content = Vec::with_capacity(size);
    let read = reader.by_ref().take(size as u64).read_to_end(&mut content);
    Ok((read.is_ok() && content.len() == size).then_some(content))
}

/// A tag object as it is stored; none for any other object.
pub(super) fn tag(repo: &Repository, of: &Oid) -> Result<Option<Vec<u8>>> {
    let odb = repo.odb()?;
    match found(odb.read_header(id(of)?))? {
        Some((_, ObjectType::Tag)) => Ok(Some(odb.read(id(of)?)?.data().to_vec())),
        _ => Ok(None),
    }
}

pub(super) fn blob_size(repo: &Repository, of: &Oid) -> Result<Option<u64>> {
    let header = found(repo.odb()?.read_header(id(of)?))?;
    Ok(header.map(|(size, _)| size as u64))
}

pub(super) fn reference(repo: &Repository, name: &str) -> Result<Option<Oid>> {
    match repo.find_reference(name) {
        Ok(r) => Ok(found(r.resolve())?.and_then(|r| r.target()).map(oid)),
        Err(e) if e.code() == ErrorCode::InvalidSpec => Ok(None),
        Err(e) => found(Err(e)),
    }
}

pub(super) fn symbolic(repo: &Repository, name: &str) -> Result<Option<String>> {
    let Some(reference) = found(repo.find_reference(name))? else {
        return Ok(None);
    };
    Ok(reference
        .symbolic_target_bytes()
        .map(|t| String::from_utf8_lossy(t).into_owned()))
}

/// What the library says about a value of git's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Configured {
    Value(Option<String>),
    /// The configuration has conditions that the library does not know.
    AskGit,
}

pub(super) fn config(repo: &Repository, name: &str) -> Result<Configured> {
    let config = repo.config()?.snapshot()?;
    // git-config(1), "Conditional includes": files that are read for some remotes only.
    if config
        .entries(Some(r"^includeif\.hasconfig:"))?
        .next()
        .is_some()
    {
        return Ok(Configured::AskGit);
    }
    found(config.get_string(name)).map(Configured::Value)
}

/// Whether a remote promises objects that this clone lacks. Where that cannot be known, it may be.
pub(super) fn is_partial(repo: &Repository) -> bool {
    let asked = || -> std::result::Result<bool, git2::Error> {
        let config = repo.config()?.snapshot()?;
        let mut entries =
            config.entries(Some(r"^(remote\..*\.promisor|extensions\.partialclone)$"))?;
        Ok(entries.next().is_some())
    };
    asked().unwrap_or(true)
}

pub(super) fn remotes(repo: &Repository) -> Result<Vec<(String, Vec<String>)>> {
    let mut all = Vec::new();
    for name in repo.remotes()?.iter_bytes() {
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        let remote = repo.find_remote(name)?;
        let urls = [
            remote.url_bytes(),
            remote.pushurl_bytes().unwrap_or_default(),
        ];
        let urls = urls
            .iter()
            .filter(|u| !u.is_empty())
            .map(|u| String::from_utf8_lossy(u).into_owned());
        all.push((name.to_owned(), urls.collect()));
    }
    Ok(all)
}

pub(super) fn introduced(
    repo: &Repository,
    head: &Oid,
    known: &[Oid],
    go_on: &dyn Fn() -> Result<()>,
) -> Result<Vec<Introduced>> {
    let mut walk = repo.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
    walk.push(id(head)?)?;
    for oid in known {
        walk.hide(id(oid)?)?;
    }
    let mut list = Vec::new();
    let mut seen = HashSet::new();
    for commit in walk {
        go_on()?;
        let commit = repo.find_commit(commit?)?;
        let tree = oid(commit.tree_id());
        let mut changes: Option<Vec<FileChange>> = None;
        for parent in commit.parents() {
            let against = diff(repo, Some(&oid(parent.tree_id())), &tree)?;
            // A merge brings only what none of its parents has.
            changes = Some(match changes {
                None => against,
                Some(so_far) => {
                    let news: HashSet<_> = against.into_iter().filter_map(|c| c.new).collect();
                    so_far
                        .into_iter()
                        .filter(|c| c.new.as_ref().is_some_and(|n| news.contains(n)))
                        .collect()
                }
            });
        }
        let changes = match changes {
            Some(changes) => changes,
            None => diff(repo, None, &tree)?,
        };
        add_introduced(&mut list, &mut seen, &oid(commit.id()), changes);
    }
    Ok(list)
}

pub(super) fn commits(
    repo: &Repository,
    heads: &[Oid],
    known: &[Oid],
    limit: Option<usize>,
) -> Result<Vec<Oid>> {
    let mut walk = repo.revwalk()?;
    walk.set_sorting(Sort::TIME)?;
    for oid in heads {
        walk.push(id(oid)?)?;
    }
    for oid in known {
        walk.hide(id(oid)?)?;
    }
    walk.take(limit.unwrap_or(usize::MAX))
        .map(|commit| Ok(oid(commit?)))
        .collect()
}
