use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::agents::{self, Agent};
use super::coverage::{Coverage, coverage, others};
use super::exempt::no_work_tree;
use super::hook_file::{self, PRE_COMMIT, PRE_PUSH, is_shim};
use super::manager::{self, Manager, Written};
use super::named::Named;
use super::place::{make, open, place_of, place_on_gitlab, usable_folder};
use super::screen::Resolved;
use super::shim::{self, LINE, PRE_MERGE_COMMIT, PREWARMING, PROGRAM, install_shim, write_shim};
use super::{everywhere, kept, lefthook, own_path, simple_git_hooks};
use crate::error::{Error, ErrorKind, Result};
use crate::git::{HookFolder, HooksPath, Repository, default_branch, hook_folder, set_config};
use crate::model::Verdict;

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The repository
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Add a line to a hook that the project commits
    #[arg(long, conflicts_with = "server")]
    shared: bool,
    /// Check pushes from all your repositories, present and future
    #[arg(long, conflicts_with_all = ["server", "shared", "merges", "commit", "prewarm", "path"])]
    global: bool,
    /// Also check merges before they are committed (pre-merge-commit)
    #[arg(long)]
    merges: bool,
    /// Also check what is staged before each commit (pre-commit), with the built-in scanners
    #[arg(long, conflicts_with = "server")]
    commit: bool,
    /// Scan in the background after each commit, merge, checkout and rewrite, so that the next push
    /// is fast
    #[arg(long, conflicts_with = "server")]
    prewarm: bool,
    /// Add hooks for coding agents, which check each turn and refuse git commands that skip hooks; by default, for the
    /// agents that you use here
    #[arg(
        long,
        value_name = "AGENTS",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        conflicts_with_all = ["server", "global"]
    )]
    agent: Option<Vec<Agent>>,
    /// Install the server's hook: PATH is a bare repository that receives pushes
    #[arg(long, conflicts_with = "merges")]
    server: bool,
    /// The server's hook: pre-receive checks a whole push, update checks each ref separately
    #[arg(
        long,
        value_name = "HOOK",
        default_value = "pre-receive",
        requires = "server"
    )]
    hook: ServerHook,
    /// Install it where GitLab looks for a repository's hooks (`custom_hooks`)
    #[arg(long, requires = "server")]
    gitlab: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ServerHook {
    PreReceive,
    Update,
}

impl Install {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        if self.global {
            return everywhere::install(screen);
        }
        let repo = open(&self.path)?;
        let named = Named::at(&self.path);
        if !self.server
            && matches!(hook_folder(&repo)?.setting, HooksPath::Shared(_))
            && let Coverage::Checked(hook) = coverage(&repo, &named)?
        {
            screen.note(&format!(
                "every `git push` from here is checked already, by `{}` (`newgate uninstall --global` undoes that)",
                hook.display()
            ));
            if let Some(wanted) = &self.agent {
                in_agents(&repo, wanted, screen)?;
            }
            if !self.further().is_empty() {
                let own = repo.common_dir().join("hooks");
                let text = "your repositories share one folder of hooks, so newgate adds no others for this one";
                return Err(Error::new(ErrorKind::Usage, text).hint(format!(
                    "to use hooks of this repository instead: `{} && {}{}`",
                    named.set_hooks_path(&own),
                    named.install(),
                    self.options()
                )));
            }
            return Ok(Verdict::Pass);
        }
        let folder = usable_folder(&repo, &named)?;
        if self.server {
            return self.on_server(&repo, &folder.path, screen);
        }
        self.before_push(&repo, &folder, &named, screen)?;
        let further = self.further();
        if !further.is_empty() {
            install_further(&repo, &folder, &further, screen)?;
        }
        if self.prewarm {
            screen.note("the cache is filled in the background after each commit (`newgate doctor` shows how it went)");
        }
        if let Some(wanted) = &self.agent {
            in_agents(&repo, wanted, screen)?;
        }
        match coverage(&repo, &named)? {
            Coverage::Checked(_) => screen.note(
                "every `git push` from here is checked now; `newgate check` checks \
                without a push, `newgate uninstall` undoes this",
            ),
            Coverage::Unchecked { why, remedy } => {
                return Err(Error::new(ErrorKind::Io, why).hint(format!("`{remedy}`")));
            }
        }
        for (path, coverage) in others(&repo)? {
            if let Coverage::Unchecked { why, remedy } = coverage {
                screen.note(&format!(
                    "pushes from `{}` are not checked: {why}; to check them: `{remedy}`",
                    path.display()
                ));
            }
        }
        Ok(Verdict::Pass)
    }

    /// The hooks that are wanted beside the one before a push.
    fn further(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if self.commit {
            names.push(PRE_COMMIT);
        }
        if self.merges {
            names.push(PRE_MERGE_COMMIT);
        }
        if self.prewarm {
            names.extend(PREWARMING);
        }
        names
    }

    /// The options for these hooks, as they are typed.
    fn options(&self) -> String {
        let all = [
            (self.commit, " --commit"),
            (self.merges, " --merges"),
            (self.prewarm, " --prewarm"),
        ];
        all.iter()
            .filter(|(on, _)| *on)
            .map(|(_, option)| *option)
            .collect()
    }

    fn on_server(&self, repo: &Repository, folder: &Path, screen: &Resolved) -> Result<Verdict> {
        let folder = make(folder)?;
        let name = match self.hook {
            ServerHook::PreReceive => "pre-receive",
            ServerHook::Update => "update",
        };
        let place = match self.gitlab {
            true => place_on_gitlab(&folder, name),
            false => place_of(&folder, name),
        };
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)
                .map_err(|e| Error::io(format!("`{}` cannot be created", parent.display()), e))?;
        }
        install_shim(&place, name, screen)?;
        if default_branch(repo)?.is_none() {
            screen.note(
                "`HEAD` points to a branch that does not exist yet; until it does, every branch is protected",
            );
        }
        screen.note("pushes to protected branches are checked now (`[server]` in the default branch's configuration \
            says which branches)");
        Ok(Verdict::Pass)
    }

    /// Installs the pre-push hook at a place that the manager of hooks does not overwrite.
    fn before_push(
        &self,
        repo: &Repository,
        folder: &HookFolder,
        named: &Named,
        screen: &Resolved,
    ) -> Result<()> {
        set_config(repo, PROGRAM, Some(&own_path()?))?;
        if let Some(written) = manager::of_husky(folder, repo.work_dir()) {
            add_line(&written, screen)?;
            if folder.is_configured() {
                return Ok(());
            }
        } else if folder.tracked {
            return self.add_to_tracked(repo, folder, named, screen);
        }
        let folder = make(&folder.path)?;
        let hook = folder.join(PRE_PUSH);
        let generated = Manager::of_hook(&hook);
        if let Some(top) = repo.work_dir() {
            if lefthook::is_used(top) {
                return add_to_lefthook(repo, top, &hook, screen);
            }
            if !hook_file::calls_newgate(&hook) || is_shim(&hook) {
                simple_git_hooks::refuse(top, &hook, named)?;
            }
        }
        // pre-commit was installed over newgate's hook, and runs it.
        let legacy = hook.with_extension(kept::LEGACY);
        if generated.is_some_and(Manager::keeps_legacy) && is_shim(&legacy) {
            let kept = hook_file::kept_by(&legacy).filter(|k| k.symlink_metadata().is_ok());
            write_shim(&legacy, PRE_PUSH, kept.as_deref())?;
            screen.note(&format!(
                "installed `{}`, which `{}` runs",
                legacy.display(),
                hook.display()
            ));
            return Ok(());
        }
        if hook_file::calls_newgate(&hook) && !is_shim(&hook) {
            return Ok(());
        }
        install_shim(&hook, PRE_PUSH, screen)
    }

    /// Hooks that are committed must not contain a path of this machine.
    fn add_to_tracked(
        &self,
        repo: &Repository,
        folder: &HookFolder,
        named: &Named,
        screen: &Resolved,
    ) -> Result<()> {
        let hook = folder.path.join(PRE_PUSH);
        // An older version has written this hook.
        if hook_file::calls_newgate(&hook) && !is_shim(&hook) {
            return Ok(());
        }
        let top = repo.work_dir().unwrap_or(Path::new("."));
        let top = top.canonicalize().unwrap_or_else(|_| top.to_owned());
        let shown = hook.strip_prefix(&top).unwrap_or(&hook).display();
        if !self.shared {
            let undo = match is_shim(&hook) {
                true => format!("{} && ", named.uninstall()),
                false => String::new(),
            };
            return Err(Error::new(
                ErrorKind::Usage,
                format!("the hooks in `{}` are committed, so newgate does not change `{shown}` unless you ask for it", folder.path.display()),
            )
            .hint(format!(
                "to add one line that does nothing for people without newgate: `{undo}{} --shared`",
                named.install()
            ))
            .hint(format!("or add this line yourself, after the line with `#!`: {LINE}")));
        }
        let written = Written {
            path: hook,
            beginning: manager::OF_SH,
        };
        add_line(&written, screen)
    }
}

fn add_line(written: &Written, screen: &Resolved) -> Result<()> {
    let shown = written.path.display();
    match shim::add_line(&written.path, written.beginning)? {
        true => screen.note(&format!(
            "added a line to `{shown}`: commit it (it does nothing for people without newgate)"
        )),
        false => screen.note(&format!("`{shown}` calls newgate already")),
    }
    Ok(())
}

fn add_to_lefthook(repo: &Repository, top: &Path, hook: &Path, screen: &Resolved) -> Result<()> {
    if lefthook::calls(top).is_none() {
        let files = lefthook::add(top)?;
        let shown = files.iter().map(|f| format!("`{}`", f.display()));
        let shown: Vec<String> = shown.collect();
        screen.note(&format!(
            "wrote {}, which lefthook reads",
            shown.join(" and ")
        ));
        ignore(repo, &["/lefthook-local.yml", "/.lefthook-local/"])?;
    }
    if is_shim(hook) && Manager::of_hook(&kept::place_for(hook)) == Some(Manager::Lefthook) {
        fs::remove_file(hook)
            .map_err(|e| Error::io(format!("`{}` cannot be removed", hook.display()), e))?;
        kept::put_back(hook, hook)?;
    }
    match Manager::of_hook(hook) {
        Some(Manager::Lefthook) => Ok(()),
        // The hook stays until lefthook installs its own.
        _ => install_shim(hook, PRE_PUSH, screen),
    }
}

/// Why newgate adds no hook of its own beside the one before a push, if it adds none.
fn adds_none(repo: &Repository, folder: &HookFolder) -> Option<String> {
    let managed = manager::of_husky(folder, repo.work_dir()).map(|written| written.path);
    if repo.work_dir().is_some_and(lefthook::is_used) {
        return Some("lefthook writes the hooks here".to_owned());
    }
    let place = match managed {
        Some(place) => place,
        None if folder.tracked => folder.path.join(PRE_PUSH),
        None => return None,
    };
    let folder = place.parent().unwrap_or(&place).display();
    Some(format!("the hooks in `{folder}` are committed"))
}

/// Installs hooks beside the one before a push.
///
/// # Errors
/// Others write the hooks here: what to add to each.
fn install_further(
    repo: &Repository,
    folder: &HookFolder,
    names: &[&'static str],
    screen: &Resolved,
) -> Result<()> {
    if let Some(why) = adds_none(repo, folder) {
        let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let text = format!("{why}, so newgate does not add {}", listed.join(", "));
        let error = Error::new(ErrorKind::Usage, text);
        return Err(names.iter().fold(error, |error, name| {
            error.hint(format!(
                "let its `{name}` hook run this command: {}",
                shim::line_of(name)
            ))
        }));
    }
    let path = make(&folder.path)?;
    for name in names {
        let hook = path.join(name);
        // pre-commit was installed over newgate's hook, and runs it.
        let legacy = hook.with_extension(kept::LEGACY);
        let generated = Manager::of_hook(&hook);
        if generated.is_some_and(Manager::keeps_legacy) && is_shim(&legacy) {
            let kept = hook_file::kept_by(&legacy).filter(|k| k.symlink_metadata().is_ok());
            write_shim(&legacy, name, kept.as_deref())?;
        } else {
            install_shim(&hook, name, screen)?;
        }
    }
    Ok(())
}

/// Writes newgate's hooks into the settings of coding agents.
fn in_agents(repo: &Repository, wanted: &[Agent], screen: &Resolved) -> Result<()> {
    let top = repo.work_dir().ok_or_else(no_work_tree)?;
    let agents = match wanted {
        [] => agents::used(top),
        named => named.to_vec(),
    };
    if agents.is_empty() {
        let text = "no folder of a coding agent was found here";
        return Err(Error::new(ErrorKind::Usage, text).hint(
            "name the agents that you use: `newgate install --agent=claude,cursor,codex,gemini`",
        ));
    }
    for agent in agents {
        let (name, file) = (agent.name(), agent.file());
        match agents::add(agent, top)? {
            true => screen.note(&format!(
                "added hooks for {name} to `{file}`: commit it (they do nothing for people without newgate)"
            )),
            false => screen.note(&format!("`{file}` has newgate's hooks already")),
        }
    }
    Ok(())
}

/// Lets git ignore files that newgate writes.
fn ignore(repo: &Repository, patterns: &[&str]) -> Result<()> {
    let file = repo.common_dir().join("info/exclude");
    let failed = |e| Error::io(format!("`{}` cannot be written", file.display()), e);
    let mut text = hook_file::text_to_edit(&file)?;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for pattern in patterns {
        if !text.lines().any(|l| l == *pattern) {
            text.push_str(pattern);
            text.push('\n');
        }
    }
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(&file, text).map_err(failed)
}
