//! Settings that are written as TOML.

use serde_json::Value;

use super::{HOOK, SCRIPT, SettingsFile, TASK, is_of_folder, strings};

/// Whether a file has settings as TOML that may run a command, by its folders and name in lower case.
pub(super) fn is_read(folders: &str, name: &str) -> bool {
    let folder = folders.rsplit('/').next().unwrap_or_default();
    match name {
        "mise.toml" | ".mise.toml" | "mise.local.toml" | "bunfig.toml" => true,
        "config.toml" => matches!(folder, ".codex" | ".vibe" | ".cargo" | "mise" | ".mise"),
        "config" => folder == ".cargo",
        "languages.toml" => folder == ".helix",
        _ => false,
    }
}

/// What cargo runs in place of the compiler, below `build` and `target`.
const OF_CARGO: [&str; 5] = [
    "rustc",
    "rustc-wrapper",
    "rustc-workspace-wrapper",
    "rustdoc",
    "linker",
];

impl SettingsFile<'_> {
    /// Settings that are written as TOML, by the folders and the name of their file in lower case.
    pub(super) fn tables(&mut self, folders: &str, name: &str, root: &Value) {
        let folder = folders.rsplit('/').next().unwrap_or_default();
        let said = |key: &str| root.get(key).map(|v| strings(v).join(" "));
        match (folder, name) {
            (".codex" | ".vibe", _) => {
                if let Some(notify) = said("notify").filter(|n| !n.is_empty()) {
                    self.hook(&notify);
                }
                let is = |key: &str, value: &str| said(key).as_deref() == Some(value);
                if is("sandbox_mode", "danger-full-access") {
                    self.unasked("sandbox_mode");
                } else if is("approval_policy", "never") {
                    self.unasked("approval_policy");
                }
                self.settings(root, "", 0);
            }
            (".cargo", _) => self.cargo(root),
            (".helix", _) => {
                let servers = root.get("language-server").and_then(Value::as_object);
                for server in servers.into_iter().flatten() {
                    let command = server.1.get("command").and_then(Value::as_str);
                    if let Some(command) = command.filter(|c| is_of_folder(c)) {
                        self.opened(command);
                    }
                }
            }
            (_, "bunfig.toml") => {
                if let Some(modules) = said("preload").filter(|m| !m.is_empty()) {
                    self.add(
                        SCRIPT,
                        7.4,
                        "Module is loaded whenever Bun starts",
                        "Bun runs this before every script that it starts in the folder",
                        &modules,
                    );
                }
            }
            _ => {
                let hooks = root.get("hooks").and_then(Value::as_object);
                for (name, hook) in hooks.into_iter().flatten() {
                    let script = hook.get("script").or_else(|| hook.get("run"));
                    let command = strings(script.unwrap_or(hook)).join(" ");
                    if !command.is_empty() {
                        self.add(
                            TASK,
                            7.6,
                            "Command runs when a shell enters the folder",
                            &format!("mise runs this command by itself (`{name}`)"),
                            &command,
                        );
                    }
                }
            }
        }
    }

    fn cargo(&mut self, root: &Value) {
        let mut open: Vec<(&str, &Value)> = vec![("", root)];
        while let Some((key, value)) = open.pop() {
            let is_program = OF_CARGO.contains(&key) || key.ends_with("credential-provider");
            let command = strings(value).join(" ");
            if is_program && is_of_folder(&command) || key == "global-credential-providers" {
                self.add(
                    SCRIPT,
                    7.6,
                    "Program that cargo runs in place of the compiler",
                    "cargo, and the editor that opens the folder, run this program",
                    &command,
                );
            }
            open.extend(
                value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(k, v)| (k.as_str(), v)),
            );
        }
    }

    /// A setting that lets an assistant run commands without a question.
    pub(super) fn unasked(&mut self, name: &str) {
        self.add(
            HOOK,
            7.8,
            "AI assistant runs commands without asking",
            "With this setting, the AI assistant runs every command without asking",
            name,
        );
    }

    /// A program that an editor starts when it opens the folder.
    pub(super) fn opened(&mut self, command: &str) {
        self.add(
            TASK,
            7.6,
            "Editor runs a program of the folder",
            "The editor runs this program when it opens a file in the folder",
            command,
        );
    }
}
