//! newgate's hooks in the settings of an agent. What else is there stays as it is, comments and order too.

use std::fs;
use std::path::Path;

use clap::ValueEnum;
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject, CstRootNode};

use super::hook::LIMIT;
use super::{Agent, Event};
use crate::cli::hook_file::{read_file, text_to_edit};
use crate::cli::output::write_anew;
use crate::error::{Error, ErrorKind, Result};

/// The text by which newgate recognises its own entries.
const MARK: &str = "hook agent ";

/// The command of a hook. The file is committed, so the command has no path of this machine, and does nothing for
/// people without newgate. Exit code 2 would block everything that the agent does, so failures do not use it.
fn command(agent: Agent, event: Event) -> String {
    let event = match event {
        Event::Command => "command",
        Event::Turn => "turn",
    };
    format!(
        "if newgate=$(git config newgate.program || command -v newgate); then \"$newgate\" {MARK}{} {event} || exit 1; fi",
        agent.word()
    )
}

fn text(text: &str) -> CstInputValue {
    CstInputValue::String(text.to_owned())
}

fn object(entries: Vec<(&str, CstInputValue)>) -> CstInputValue {
    let entries = entries.into_iter().map(|(k, v)| (k.to_owned(), v));
    CstInputValue::Object(entries.collect())
}

/// What is added to the list of an event.
fn entry(agent: Agent, event: Event) -> CstInputValue {
    // newgate ends by itself before the agent ends it.
    let seconds = LIMIT.as_secs() + 15;
    let timeout = |number: u64| CstInputValue::Number(number.to_string());
    let command = text(&command(agent, event));
    match agent {
        Agent::Cursor => {
            let mut entries = vec![("command", command)];
            if event == Event::Turn {
                entries.push(("timeout", timeout(seconds)));
            }
            object(entries)
        }
        Agent::Claude | Agent::Codex | Agent::Gemini => {
            let mut hook = vec![("type", text("command")), ("command", command)];
            match agent {
                // In milliseconds.
                Agent::Gemini => {
                    hook.insert(0, ("name", text("newgate")));
                    hook.push(("timeout", timeout(seconds * 1_000)));
                }
                _ => hook.push(("timeout", timeout(seconds))),
            }
            let mut entries = vec![("hooks", CstInputValue::Array(vec![object(hook)]))];
            let tool = match agent {
                Agent::Gemini => "run_shell_command",
                _ => "Bash",
            };
            if event == Event::Command {
                entries.insert(0, ("matcher", text(tool)));
            }
            object(entries)
        }
    }
}

fn parsed(agent: Agent, text: &str) -> Result<CstRootNode> {
    CstRootNode::parse(text, &ParseOptions::default()).map_err(|e| {
        Error::new(
            ErrorKind::Usage,
            format!("`{}` is not JSON: {e}", agent.file()),
        )
        .hint("correct the file, then run `newgate install --agent`")
    })
}

/// Whether an entry of an event's list is newgate's.
fn is_own(node: &CstNode) -> bool {
    node.to_string().contains(MARK)
}

/// The file's settings of hooks, and what else it needs.
fn hooks_of(agent: Agent, root: &CstRootNode) -> Option<CstObject> {
    let settings = root.object_value_or_create()?;
    if agent == Agent::Cursor && settings.get("version").is_none() {
        settings.append("version", CstInputValue::Number("1".to_owned()));
    }
    settings.object_value_or_create("hooks")
}

fn list_of(hooks: &CstObject, key: &str) -> Option<CstArray> {
    hooks.array_value_or_create(key)
}

/// Puts newgate's hooks into the settings of an agent. Returns whether anything changed.
///
/// # Errors
/// The file is not what the agent reads, is a link, or cannot be written.
pub(in crate::cli) fn add(agent: Agent, top: &Path) -> Result<bool> {
    let path = top.join(agent.file());
    let folder = path.parent().unwrap_or(top);
    let link = |p: &Path| fs::symlink_metadata(p).is_ok_and(|m| m.is_symlink());
    if link(&path) || link(folder) {
        let text = format!(
            "`{}` is a symbolic link, so newgate does not write to it",
            agent.file()
        );
        return Err(Error::new(ErrorKind::Usage, text).hint(format!(
            "put the file itself there: `rm {}`, then run `newgate install --agent`",
            match link(&path) {
                true => path.display(),
                false => folder.display(),
            }
        )));
    }
    let before = text_to_edit(&path)?;
    let root = parsed(
        agent,
        if before.trim().is_empty() {
            "{}\n"
        } else {
            &before
        },
    )?;
    let unexpected = || {
        let text = format!(
            "in `{}`, `hooks` is not an object with a list for each event",
            agent.file()
        );
        Error::new(ErrorKind::Usage, text)
            .hint("correct the file, then run `newgate install --agent`")
    };
    let hooks = hooks_of(agent, &root).ok_or_else(unexpected)?;
    for event in Event::value_variants() {
        let list = list_of(&hooks, agent.key(*event)).ok_or_else(unexpected)?;
        let own: Vec<CstNode> = list.elements().into_iter().filter(is_own).collect();
        let command = command(agent, *event);
        // In JSON as it is written.
        let command = serde_json::Value::from(command).to_string();
        let is_there = own.len() == 1 && own.iter().all(|n| n.to_string().contains(&command));
        if !is_there {
            own.into_iter().for_each(CstNode::remove);
            list.ensure_multiline();
            list.append(entry(agent, *event));
        }
    }
    write(&path, &before, &root.to_string())
}

fn write(path: &Path, before: &str, after: &str) -> Result<bool> {
    if before == after {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| write_anew(path, |out| out.write_all(after.as_bytes())))
        .map_err(|e| Error::io(format!("`{}` cannot be written", path.display()), e))?;
    Ok(true)
}

/// Whether the settings of an agent have newgate's hooks.
pub(in crate::cli) fn has(agent: Agent, top: &Path) -> bool {
    read_file(&top.join(agent.file())).is_ok_and(|text| text.contains(MARK))
}

/// Takes newgate's hooks out of the settings of an agent; a file that has nothing else goes with them. Returns whether
/// there were any.
///
/// # Errors
/// The file cannot be read or written.
pub(in crate::cli) fn remove(agent: Agent, top: &Path) -> Result<bool> {
    let path = top.join(agent.file());
    let before = text_to_edit(&path)?;
    if !before.contains(MARK) {
        return Ok(false);
    }
    let root = parsed(agent, &before)?;
    let hooks = root.object_value().and_then(|s| s.object_value("hooks"));
    for property in hooks.iter().flat_map(CstObject::properties) {
        let Some(list) = property.array_value() else {
            continue;
        };
        let own: Vec<CstNode> = list.elements().into_iter().filter(is_own).collect();
        let had_own = !own.is_empty();
        own.into_iter().for_each(CstNode::remove);
        if had_own && list.elements().is_empty() {
            property.remove();
        }
    }
    if let Some(hooks) = hooks.filter(|h| h.properties().is_empty()) {
        let property = root.object_value().and_then(|s| s.get("hooks"));
        drop(hooks);
        if let Some(property) = property {
            property.remove();
        }
    }
    let left = root.object_value().map(|s| s.properties());
    let left = left.unwrap_or_default();
    let is_empty = left
        .iter()
        .all(|p| p.decoded_name().as_deref() == Some("version"));
    if is_empty {
        fs::remove_file(&path)
            .map_err(|e| Error::io(format!("`{}` cannot be removed", path.display()), e))?;
        if let Some(folder) = path.parent() {
            // Only if nothing else is in it.
            let _ = fs::remove_dir(folder);
        }
        return Ok(true);
    }
    write(&path, &before, &root.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings of somebody, with comments where the agent reads them.
    const THEIRS: &str = "{\n  // ours\n  \"permissions\": { \"deny\": [\"Read(.env)\"] },\n  \"hooks\": {\n    \"Stop\": [\n      { \"hooks\": [{ \"type\": \"command\", \"command\": \"make lint\" }] }\n    ]\n  },\n  \"model\": \"x\"\n}\n";

    #[test]
    fn what_is_there_stays_and_comes_back_as_it_was() {
        for agent in Agent::value_variants() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(agent.file());
            assert!(add(*agent, folder.path()).unwrap());
            assert!(!add(*agent, folder.path()).unwrap(), "{agent:?} twice");
            let text = fs::read_to_string(&path).unwrap();
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            for event in Event::value_variants() {
                let list = &read["hooks"][agent.key(*event)];
                assert_eq!(list.as_array().unwrap().len(), 1, "{text}");
            }
            assert!(remove(*agent, folder.path()).unwrap());
            assert!(!path.exists() && !path.parent().unwrap().exists());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, THEIRS).unwrap();
            assert!(add(*agent, folder.path()).unwrap());
            let both = fs::read_to_string(&path).unwrap();
            assert!(both.contains("// ours") && both.contains("make lint"));
            assert!(remove(*agent, folder.path()).unwrap());
            let left = fs::read_to_string(&path).unwrap();
            let left = left.replace("\"version\": 1", "");
            let plain = |t: &str| t.split_whitespace().collect::<String>().replace(",}", "}");
            assert_eq!(plain(&left), plain(THEIRS), "{agent:?}");
            // What is not as expected is not touched.
            for broken in [
                "{",
                "[]",
                "{\"hooks\": 3}",
                "{\"hooks\": {\"Stop\": 3, \"stop\": 3, \"AfterAgent\": 3}}",
            ] {
                fs::write(&path, broken).unwrap();
                add(*agent, folder.path()).unwrap_err();
                assert_eq!(fs::read_to_string(&path).unwrap(), broken);
            }
        }
    }
}
