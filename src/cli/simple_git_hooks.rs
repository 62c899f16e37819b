//! simple-git-hooks: each run of it writes or removes every hook by its configuration, so newgate belongs there.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::hook_file::PRE_PUSH;
use super::manager::Manager;
use super::named::Named;
use super::shim;
use crate::error::{Error, ErrorKind, Result};
use crate::model::shell_word;

const NAME: &str = "simple-git-hooks";

/// The command that `package.json` has for pushes (empty if it has none); nothing if it does not configure hooks.
fn in_package(top: &Path) -> Option<String> {
    let text = fs::read(top.join("package.json")).ok()?;
    let package: Value = serde_json::from_slice(&text).ok()?;
    let hooks = package.get(NAME)?.as_object()?;
    let command = hooks.get(PRE_PUSH).and_then(Value::as_str);
    Some(command.unwrap_or_default().to_owned())
}

/// Whether a file of its own configures it.
fn in_file(top: &Path) -> bool {
    let endings = ["json", "js", "cjs", "mjs"].iter();
    endings
        .flat_map(|e| [format!(".{NAME}.{e}"), format!("{NAME}.{e}")])
        .any(|name| top.join(name).is_file())
}

/// The command that puts newgate into its configuration; none if it is not used here, or is configured in a file
/// of its own.
pub(super) fn remedy(top: &Path, hook: &Path, named: &Named) -> Option<String> {
    let command = in_package(top);
    let is_there = command.is_some() || Manager::of_hook(hook) == Some(Manager::SimpleGitHooks);
    if in_file(top) || !is_there {
        return None;
    }
    let install = named.install();
    Some(match command.unwrap_or_default().as_str() {
        command if command.contains(shim::command()) => {
            format!("npx simple-git-hooks && {install}")
        }
        command => {
            let all = match command {
                "" => shim::command().to_owned(),
                command => format!("{}; {command}", shim::command()),
            };
            let set = shell_word(&format!("{NAME}.{PRE_PUSH}={all}"));
            format!("npm pkg set {set} && npx simple-git-hooks && {install}")
        }
    })
}

/// The command that takes newgate out of its configuration; none if that does not call newgate.
pub(super) fn undo(top: &Path) -> Option<String> {
    let command = in_package(top).filter(|_| !in_file(top))?;
    let (before, after) = command.split_once(shim::command())?;
    let left = format!("{before}{}", after.trim_start_matches("; "));
    let change = match left.is_empty() {
        true => format!("npm pkg delete {NAME}.{PRE_PUSH}"),
        false => format!(
            "npm pkg set {}",
            shell_word(&format!("{NAME}.{PRE_PUSH}={left}"))
        ),
    };
    Some(format!("{change} && npx simple-git-hooks"))
}

/// Refuses to install where it would remove newgate's hook.
///
/// # Errors
/// It is used here, and does not call newgate yet.
pub(super) fn refuse(top: &Path, hook: &Path, named: &Named) -> Result<()> {
    let command = in_package(top);
    let in_file = in_file(top);
    if command.is_none() && !in_file && Manager::of_hook(hook) != Some(Manager::SimpleGitHooks) {
        return Ok(());
    }
    let error = Error::new(
        ErrorKind::Usage,
        "simple-git-hooks rewrites the hooks of this repository, so newgate has to be in its configuration",
    );
    Err(match remedy(top, hook, named) {
        Some(command) => error.hint(format!("`{command}`")),
        None => error.hint(format!(
            "put this before the command of `{PRE_PUSH}` in its configuration, then `npx simple-git-hooks && {}`: {}",
            named.install(),
            shim::command()
        )),
    })
}
