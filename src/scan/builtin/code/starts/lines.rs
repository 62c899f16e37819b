//! Files that are no JSON: each line for itself.

use super::super::Hit;
use super::{HOOK, IMPORT, SCRIPT, SHELL, SHOWN, TASK};

/// Files that are no JSON: each line for itself.
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
            fix: "Take it out, unless you know what the command does.".into(),
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
                    "Code that runs whenever Python starts",
                    "Python runs this line of a `.pth` file each time it starts",
                    line,
                );
            }
            "sitecustomize.py" | "usercustomize.py" if number == 1 => {
                add(
                    IMPORT,
                    number,
                    "Code that runs whenever Python starts",
                    "Python runs this file each time it starts in the folder",
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
                    "Settings of git that run a command",
                    "git runs this in the folder",
                    line,
                );
            }
            "config.toml" if of_agent && matches!(key, "command" | "notify") => {
                add(
                    HOOK,
                    number,
                    "Command that an assistant runs",
                    "The assistant runs this by itself",
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
                    "Program that npm uses in place of another",
                    "npm runs this when the package is installed",
                    line,
                );
            }
            "startup.xml" if folders.ends_with(".idea") && line.contains("<configuration ") => {
                add(
                    TASK,
                    number,
                    "Task that runs when the folder is opened",
                    "The editor runs this as soon as it opens the folder",
                    line,
                );
            }
            ".dir-locals.el" if line.contains("(eval ") => {
                add(
                    TASK,
                    number,
                    "Code that runs when a file is opened",
                    "Emacs runs this as soon as it opens a file of the folder",
                    line,
                );
            }
            _ => {}
        }
    }
}
