//! What a push may do to a protected ref of a server, whatever it brings: it can't take the ref back to
//! another state of what decides, and with `server.config-signers` only a signer changes what decides.

use super::signature::{Namespace, is_ssh};
use super::signers::Signers;
use crate::config::{self, ConfigSigners, Server};
use crate::error::{ErrorKind, Result};
use crate::gate::{read_server, read_tree};
use crate::git::{Peeled, PushLine, Repository, Target};
use crate::model::{FileChange, Oid, harmless, shell_word};
use crate::scan::Catalog;

/// How many files a refusal names.
const NAMED: usize = 3;

/// The rules for protected refs, as the default branch has them before the push.
#[derive(Debug)]
pub struct Guard<'a> {
    /// The repository.
    pub repo: &'a Repository,
    /// The default branch.
    pub default: Option<&'a Target>,
    /// The settings of the server.
    pub server: &'a Server,
}

/// A file or folder that decides what passes.
struct Deciding {
    path: String,
    /// It counts only with this text in it.
    containing: Option<String>,
}

/// A commit and its tree.
struct State {
    commit: Oid,
    tree: Oid,
}

/// Why a push is refused, and what to do.
struct Refusal {
    why: String,
    next: String,
}

impl Guard<'_> {
    /// Why a push may not do this to a protected ref, with what to do; `None` if it may.
    ///
    /// # Errors
    /// git or `ssh-keygen` could not answer.
    pub fn refusal(&self, line: &PushLine) -> Result<Option<String>> {
        let name = &line.remote_ref;
        let shown = name.strip_prefix("refs/heads/").unwrap_or(name);
        let refusal = if line.local_oid.is_zero() {
            // git lets a ref be deleted that is not there.
            (!line.remote_oid.is_zero()).then(|| deleted(name))
        } else {
            match self.moved(line)? {
                None => self.locked_out(line)?,
                refusal => refusal,
            }
        };
        Ok(refusal.map(|r| {
            let text = format!("newgate: {shown}: REFUSED, {}\n  next: {}\n", r.why, r.next);
            harmless(&text)
        }))
    }

    fn moved(&self, line: &PushLine) -> Result<Option<Refusal>> {
        let is_new = line.remote_oid.is_zero();
        let is_branch = line.remote_ref.starts_with("refs/heads/");
        let guarded = self.server.config_signers != ConfigSigners::Anyone;
        let before = match self.default {
            // A new branch continues from the default branch, whose configuration it is judged by.
            Some(default) if is_new && is_branch => Some(State {
                commit: default.tip.clone(),
                tree: default.tree.clone(),
            }),
            _ if is_new => None,
            _ => self.state(&line.remote_oid)?,
        };
        let after = self.state(&line.local_oid)?;
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => (before, after),
            // A tag may point at anything, but stays where it is.
            (None, _) if is_new => return Ok(None),
            _ if guarded && line.remote_oid != line.local_oid => return Ok(Some(stays())),
            _ => return Ok(None),
        };
        let bases = self.repo.merge_bases(&before.commit, &after.commit)?;
        let forward = bases.contains(&before.commit);
        if guarded && !forward && !is_new {
            return Ok(Some(match is_branch {
                true => rewritten(&line.remote_ref, &before.commit, &after.commit),
                false => stays(),
            }));
        }
        if !is_branch || before.tree == after.tree || is_new && !guarded || forward && !guarded {
            return Ok(None);
        }
        let deciding = self.deciding(&before.tree)?;
        let changes = self.changes(&deciding, &before, &after)?;
        let Some(what) = named(&changes) else {
            return Ok(None);
        };
        if !guarded {
            return Ok(Some(Refusal {
                why: format!(
                    "this push rewrites the branch and so changes {what}, which configures the gate"
                ),
                next: on_top(&line.remote_ref),
            }));
        }
        let commit = after.commit.short();
        let why = match self.signer(&after.commit)? {
            Ok(_) if forward => return Ok(None),
            Ok(_) => "it does not contain the default branch's last commit".to_owned(),
            Err(why) => why,
        };
        let signers = match &self.server.config_signers {
            ConfigSigners::Listed(file) => format!(" (`server.config-signers = \"{file}\"`)"),
            _ => String::new(),
        };
        Ok(Some(if is_new {
            let default = self.default.map_or("", |d| d.branch.as_str());
            let mut paths: Vec<&str> = deciding.iter().map(|d| d.path.as_str()).collect();
            paths.retain(|p| changes.iter().any(|c| touches(c, p)));
            let paths: Vec<String> = paths.iter().map(|p| shell_word(p)).collect();
            Refusal {
                why: format!(
                    "commit {commit} starts a protected branch with a different {what} than `{default}`, which \
                     configures the gate, and {why}{signers}"
                ),
                next: format!(
                    "`git restore --source=origin/{default} --staged --worktree -- {}` takes what `{default}` has; \
                     then commit and push",
                    paths.join(" ")
                ),
            }
        } else {
            Refusal {
                why: format!(
                    "commit {commit} changes {what}, which configures the gate, and {why}{signers}"
                ),
                next: "`git -c gpg.format=ssh commit --amend --no-edit -S` signs it with the SSH key that \
                       `git config user.signingkey` names; if yours is not listed, a signer has to sign and push it"
                    .into(),
            }
        }))
    }

    /// The commit that an object leads to.
    fn state(&self, oid: &Oid) -> Result<Option<State>> {
        Ok(match self.repo.peel(oid)? {
            Some(Peeled::Commit { commit, tree }) => Some(State { commit, tree }),
            _ => None,
        })
    }

    /// What decides on a branch: newgate's own folder, the files of signers, and the configuration of the
    /// scanners that are on.
    fn deciding(&self, tree: &Oid) -> Result<Vec<Deciding>> {
        let whole = |path: &str| Deciding {
            path: path.to_owned(),
            containing: None,
        };
        let mut all = vec![whole(config::FOLDER)];
        if let ConfigSigners::Listed(file) = &self.server.config_signers {
            all.push(whole(file));
        }
        all.extend(self.server.accept_receipts.iter().map(|f| whole(f)));
        let default = self.default.map(|d| &d.tree);
        let own = self.repo.folder(tree, config::FOLDER)?.is_some();
        let tree = default.filter(|_| !own).unwrap_or(tree);
        let (names, catalog) = match read_tree(self.repo, tree) {
            Ok((config, catalog)) => {
                all.extend(config.baseline.signers.iter().map(|f| whole(f)));
                (config.scanners, catalog)
            }
            // Which scanners are on is not known then: it may be any.
            Err(e) if e.kind() == ErrorKind::Config => {
                let catalog = Catalog::default();
                (catalog.names(), catalog)
            }
            Err(e) => return Err(e),
        };
        for name in names {
            let descriptor = catalog.get(&name)?;
            let program = descriptor.as_ref().and_then(|d| d.program());
            all.extend(program.iter().flat_map(|p| &p.config).map(|c| Deciding {
                path: c.file.clone(),
                containing: c.containing.clone(),
            }));
        }
        Ok(all)
    }

    /// The changes of what decides between two states.
    fn changes(
        &self,
        deciding: &[Deciding],
        before: &State,
        after: &State,
    ) -> Result<Vec<FileChange>> {
        let mut found = Vec::new();
        for change in self.repo.diff(Some(&before.tree), &after.tree)? {
            for place in deciding.iter().filter(|d| touches(&change, &d.path)) {
                if self.counts(place, &change)? {
                    found.push(change);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Whether a change of a file has what the file counts for, before or after.
    fn counts(&self, place: &Deciding, change: &FileChange) -> Result<bool> {
        let Some(text) = &place.containing else {
            return Ok(true);
        };
        for file in change.old.iter().chain(&change.new) {
            if !file.is_regular() {
                continue;
            }
            let content = self.repo.blob(&file.blob)?;
            if String::from_utf8_lossy(&content).contains(text.as_str()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who signed a commit, or why its signature does not count.
    fn signer(&self, commit: &Oid) -> Result<std::result::Result<String, String>> {
        let ConfigSigners::Listed(signers) = &self.server.config_signers else {
            let why = format!(
                "it is unknown who may change it, because `{}` of the default branch has errors",
                config::FILE
            );
            return Ok(Err(why));
        };
        let signed = self.repo.signed(commit)?;
        let Some(signature) = signed.signature else {
            return Ok(Err("it is not signed".into()));
        };
        if !is_ssh(&signature) {
            return Ok(Err("its signature was not made with an SSH key".into()));
        }
        match Signers::named(self.repo, self.default.map(|d| &d.tree), signers)? {
            Some(all) => all.who_signed(Namespace::Commits, &signed.text, &signature),
            None => Ok(Err(format!(
                "the default branch has no file `{signers}` with signers"
            ))),
        }
    }

    /// A refusal where nobody could change the configuration any more after a push to the default branch.
    fn locked_out(&self, line: &PushLine) -> Result<Option<Refusal>> {
        let default = self.default.map(|d| format!("refs/heads/{}", d.branch));
        let Some(after) = self.state(&line.local_oid)? else {
            return Ok(None);
        };
        if default.is_some_and(|d| d != line.remote_ref)
            || self.default.is_some_and(|d| d.tree == after.tree)
        {
            return Ok(None);
        }
        let ConfigSigners::Listed(file) = read_server(self.repo, &after.tree)?.config_signers
        else {
            return Ok(None);
        };
        let signers = Signers::named(self.repo, Some(&after.tree), &file)?;
        Ok(match signers {
            Some(signers) if signers.has_any() => None,
            _ => Some(Refusal {
                why: format!(
                    "`server.config-signers` names `{file}`, which has no signers: `{}` could no longer be changed",
                    config::FOLDER
                ),
                next: format!(
                    "put a line into `{file}` for each signer: `NAME namespaces=\"git\" ssh-ed25519 ...` \
                     (see `docs/server.md`)"
                ),
            }),
        })
    }
}

/// Whether a change is of a file, or of one in a folder.
fn touches(change: &FileChange, path: &str) -> bool {
    let path = path.trim_end_matches('/').as_bytes();
    change.old.iter().chain(&change.new).any(|f| {
        let rest = f.path.as_bytes().strip_prefix(path);
        rest.is_some_and(|r| r.is_empty() || r.starts_with(b"/"))
    })
}

/// The names of changed files; `None` if there are none.
fn named(changes: &[FileChange]) -> Option<String> {
    let files = changes
        .iter()
        .filter_map(|c| c.new.as_ref().or(c.old.as_ref()));
    let names: Vec<String> = files.map(|f| format!("`{}`", f.path)).collect();
    match names.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        [rest @ .., last] if names.len() <= NAMED => {
            Some(format!("{} and {last}", rest.join(", ")))
        }
        _ => {
            let first: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
            Some(format!(
                "{} and {} more",
                first.join(", "),
                names.len() - NAMED
            ))
        }
    }
}

fn deleted(name: &str) -> Refusal {
    Refusal {
        why: "a push can't delete a protected ref".into(),
        next: format!(
            "remove it from `server.protect` first, or delete it on the server: `git update-ref -d {}`",
            shell_word(name)
        ),
    }
}

/// How a push that rewrites a branch becomes one that continues from it.
fn on_top(name: &str) -> String {
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    format!(
        "`git pull --rebase origin {}` puts your commits on top of it; then push without `--force`",
        shell_word(branch)
    )
}

fn rewritten(name: &str, before: &Oid, after: &Oid) -> Refusal {
    Refusal {
        why: format!(
            "commit {} does not contain {}, which the branch points to; with `server.config-signers`, a \
             protected branch only moves forward",
            after.short(),
            before.short()
        ),
        next: on_top(name),
    }
}

fn stays() -> Refusal {
    Refusal {
        why: "with `server.config-signers`, a protected ref that is not a branch cannot change"
            .into(),
        next: "use a new name".into(),
    }
}
