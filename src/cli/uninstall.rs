use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::agents::{self, Agent};
use super::hook_file::{PRE_PUSH, is_shim};
use super::manager::{self, Written};
use super::place::{open, place_of, place_on_gitlab};
use super::purge::purge;
use super::screen::Resolved;
use super::shim::{self, PROGRAM};
use super::{everywhere, kept, lefthook, simple_git_hooks};
use crate::error::{Error, ErrorKind, Result};
use crate::git::{HookFolder, HooksPath, Repository, hook_folder, set_config};
use crate::model::Verdict;

#[derive(Debug, Args)]
pub(super) struct Uninstall {
    /// The repository
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Undo `newgate install --global`
    #[arg(long, conflicts_with = "path")]
    global: bool,
    /// Also remove this repository's cache and reports, and the scanners that newgate installed for all repositories
    #[arg(long)]
    purge: bool,
}

impl Uninstall {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        if self.global {
            let undone = everywhere::uninstall(screen)?;
            if self.purge {
                purge(None, screen)?;
            }
            return Ok(undone);
        }
        let repo = open(&self.path)?;
        let undone = self.take_out(&repo, screen);
        if self.purge {
            purge(Some(&repo), screen)?;
        }
        undone
    }

    /// Removes newgate's hooks from a repository.
    fn take_out(&self, repo: &Repository, screen: &Resolved) -> Result<Verdict> {
        let folder = hook_folder(repo)?;
        set_config(repo, PROGRAM, None)?;
        let mut undone = self.committed(repo, &folder, screen)?;
        if let Some(top) = repo.work_dir()
            && lefthook::remove(top)?
        {
            screen.note("removed newgate from the configuration of lefthook");
            undone = true;
        }
        for agent in Agent::value_variants() {
            if let Some(top) = repo.work_dir()
                && agents::remove(*agent, top)?
            {
                screen.note(&format!("removed newgate's hooks from `{}`", agent.file()));
                undone = true;
            }
        }
        let folder = match folder.setting {
            HooksPath::Shared(_) => repo.common_dir().join("hooks"),
            _ => folder.path,
        };
        let folder = folder.canonicalize().unwrap_or(folder);
        let mut places: Vec<(PathBuf, PathBuf)> = Vec::new();
        for name in shim::names() {
            for place in [
                folder.join(name),
                place_of(&folder, name),
                place_on_gitlab(&folder, name),
            ] {
                places.push((place.with_extension(kept::LEGACY), place.clone()));
                // lefthook has renamed the hook, and does not run it.
                places.push((place.with_extension("old"), place.clone()));
                places.push((place.clone(), place));
            }
        }
        places.dedup();
        for (shim, hook) in places.iter().filter(|(shim, _)| is_shim(shim)) {
            let shown = shim.display();
            fs::remove_file(shim)
                .map_err(|e| Error::io(format!("`{shown}` cannot be removed"), e))?;
            screen.note(&format!("removed `{shown}`"));
            if kept::put_back(hook, shim)? {
                screen.note("restored the previous hook");
            }
            undone = true;
        }
        if let Some(command) = repo.work_dir().and_then(simple_git_hooks::undo) {
            return Err(Error::new(
                ErrorKind::Usage,
                "`package.json` has newgate in the configuration of simple-git-hooks",
            )
            .hint(format!("to remove it there: `{command}`")));
        }
        if !undone {
            screen.note(&format!(
                "`{}` is not a hook of newgate: nothing to remove",
                folder.join(PRE_PUSH).display()
            ));
        }
        Ok(Verdict::Pass)
    }

    /// Removes newgate's line from hooks that are committed.
    fn committed(&self, repo: &Repository, folder: &HookFolder, screen: &Resolved) -> Result<bool> {
        let own = Written {
            path: folder.path.join(PRE_PUSH),
            beginning: manager::OF_SH,
        };
        let mut undone = false;
        for written in manager::of_husky(folder, repo.work_dir())
            .into_iter()
            .chain([own])
        {
            if shim::remove_line(&written.path, written.beginning)? {
                screen.note(&format!(
                    "removed newgate's line from `{}`",
                    written.path.display()
                ));
                undone = true;
            }
        }
        Ok(undone)
    }
}
