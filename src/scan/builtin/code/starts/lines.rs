//! Files that are not JSON, read line by line.

use super::super::Hit;
use super::{HOOK, IMPORT, SCRIPT, SHELL, SHOWN, TASK};

/// Files that are not JSON, read line by line.
pub(super) fn lines(folders: &str, name: &str, text: &str, all: &mut Vec<Hit>) {
    let mut add = |rule, line, title: &str, why: &str, command: &str| {
        let shown: String = command.trim().chars().take(SHOWN).collect();
        all.push(Hit {
            rule,
            line,
            score: 8.0,
            cwe: vec![506],
            title: title.into(),
            message: format!("{why}: `{shown}`"),
            fix: "Remove it, unless you know what the command does.".into(),
            identity: Some(command.trim().to_owned()),
        });
    };
    let of_git = name == "config" && text.contains("[core]");
    let of_agent = name == "config.toml" && folders.ends_with(".codex");
    for (line, number) in text.lines().zip(1_u32..) {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        match name {
            _ if name.ends_with(".pth")
                && (line.starts_with("import ") || line.starts_with("import\t")) =>
            {
                add(
                    IMPORT,
                    number,
                    "Code runs whenever Python starts",
                    "Python runs this line of a `.pth` file every time it starts",
                    line,
                );
            }
            "sitecustomize.py" | "usercustomize.py" if number == 1 => {
                add(
                    IMPORT,
                    number,
                    "Code runs whenever Python starts",
                    "Python runs this file every time it starts in the folder",
                    name,
                );
            }
            "config"
                if of_git
                    && !value.is_empty()
                    && matches!(
                        key.to_ascii_lowercase().as_str(),
                        "fsmonitor"
                            | "sshcommand"
                            | "hookspath"
                            | "pager"
                            | "editor"
                            | "askpass"
                            | "gitproxy"
                    )
                    && value != "true"
                    && value != "false" =>
            {
                add(
                    SHELL,
                    number,
                    "Git configuration runs a command",
                    "git runs this command in the folder",
                    line,
                );
            }
            "config.toml" if of_agent && matches!(key, "command" | "notify") => {
                add(
                    HOOK,
                    number,
                    "AI assistant runs a command",
                    "The AI assistant runs this command automatically",
                    line,
                );
            }
            ".npmrc"
                if matches!(key, "script-shell" | "git") && !value.is_empty()
                    || key == "node-options"
                        && ["-r", "require", "import", "loader"]
                            .iter()
                            .any(|w| value.contains(w)) =>
            {
                add(
                    SCRIPT,
                    number,
                    "npm uses another program or loads a module",
                    "npm uses this setting when it runs commands in the folder",
                    line,
                );
            }
            "startup.xml" if folders.ends_with(".idea") && line.contains("<configuration ") => {
                add(
                    TASK,
                    number,
                    "Task runs when the folder is opened",
                    "The editor runs this when it opens the folder",
                    line,
                );
            }
            ".dir-locals.el" if line.contains("(eval ") => {
                add(
                    TASK,
                    number,
                    "Code runs when a file is opened",
                    "Emacs runs this code when it opens a file in the folder",
                    line,
                );
            }
            _ => {}
        }
    }
}
