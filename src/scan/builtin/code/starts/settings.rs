//! Settings of editors and assistants.

use serde_json::Value;

use super::{HOOK, SERVER, SettingsFile, TASK, is_of_folder, reaches_out, strings};

impl SettingsFile<'_> {
    pub(super) fn settings(&mut self, value: &Value, key: &str, depth: usize) {
        if depth > 32 {
            return;
        }
        match value {
            Value::Object(map) => {
                let command = ["command", "cmd", "bash", "powershell", "script"]
                    .iter()
                    .find_map(|k| map.get(*k));
                // Some write a command as a table.
                let command =
                    command.map(|c| c.get("path").or_else(|| c.get("value")).unwrap_or(c));
                let command = command
                    .map(|c| strings(c).join(" "))
                    .filter(|c| !c.is_empty());
                let arguments = map
                    .get("args")
                    .map(|a| strings(a).join(" "))
                    .unwrap_or_default();
                let whole = command.map(|c| format!("{c} {arguments}").trim_end().to_owned());
                let opens = map
                    .get("runOptions")
                    .and_then(|o| o.get("runOn"))
                    .and_then(Value::as_str);
                if opens == Some("folderOpen") {
                    let whole = whole.clone().unwrap_or_else(|| "folderOpen".into());
                    self.add(
                        TASK,
                        8.4,
                        "Task runs when the folder is opened",
                        "The editor runs this when it opens the folder",
                        &whole,
                    );
                } else if let Some(whole) = whole {
                    match Place::of(key) {
                        Place::Server => self.add(
                            SERVER,
                            7.6,
                            "AI assistant starts an MCP server",
                            "The AI assistant starts this program as a server when it opens the folder",
                            &whole,
                        ),
                        Place::Hook => self.hook(&whole),
                        Place::Language if is_of_folder(&whole) => self.opened(&whole),
                        Place::Language | Place::Other => {}
                    }
                }
                for (name, inner) in map {
                    self.one(name, inner);
                    let place = Place::of(key);
                    // What is below `hooks` or `mcpServers` is of it, however deep.
                    let next = match place {
                        Place::Other => name.as_str(),
                        _ => key,
                    };
                    self.settings(inner, next, depth + 1);
                }
            }
            Value::Array(all) => all.iter().for_each(|v| self.settings(v, key, depth + 1)),
            Value::String(command)
                if Place::of(key) == Place::Hook
                    && depth > 1
                    && command.contains(' ')
                    && reaches_out(command) =>
            {
                self.hook(command);
            }
            _ => {}
        }
    }

    /// A command of an assistant's hook.
    pub(super) fn hook(&mut self, command: &str) {
        let (title, why) = (
            "AI assistant runs a command",
            "The AI assistant runs this command automatically",
        );
        self.add(HOOK, 8.2, title, why, command);
    }

    /// Settings that matter by their name.
    fn one(&mut self, name: &str, value: &Value) {
        let on = || value.as_bool() == Some(true) || value.as_str() == Some("on");
        match (name, value) {
            ("task.allowAutomaticTasks", _) if on() => self.add(
                TASK,
                7.8,
                "Automatic tasks are allowed without asking",
                "The editor runs the tasks of the folder without asking",
                name,
            ),
            ("enableAllProjectMcpServers", _) if on() => self.add(
                SERVER,
                7.6,
                "All MCP servers start without asking",
                "The AI assistant starts every MCP server that the folder configures",
                name,
            ),
            (
                "apiKeyHelper"
                | "awsAuthRefresh"
                | "awsCredentialExport"
                | "otelHeadersHelper"
                | "initializeCommand",
                value,
            ) => {
                // One command, its words, or several by name.
                let all: Vec<&Value> = match value {
                    Value::Object(several) => several.values().collect(),
                    one => vec![one],
                };
                let all = all.iter().map(|one| strings(one).join(" "));
                for command in all.filter(|c| !c.is_empty()) {
                    self.add(
                        HOOK,
                        8.2,
                        "Command runs when the folder is opened",
                        &format!("`{name}` runs this command on your machine"),
                        &command,
                    );
                }
            }
            ("statusLine" | "fileSuggestion", Value::Object(map)) => {
                if let Some(command) = map.get("command").and_then(Value::as_str) {
                    self.hook(command);
                }
            }
            (
                "toolDiscoveryCommand" | "toolCallCommand" | "discoveryCommand" | "callCommand",
                Value::String(command),
            ) => self.hook(command),
            ("chat.tools.autoApprove" | "chat.tools.global.autoApprove", _) if on() => {
                self.unasked(name);
            }
            ("defaultMode", Value::String(mode)) if mode == "bypassPermissions" => {
                self.unasked(mode);
            }
            ("git.path", Value::String(command)) if !command.is_empty() => self.opened(command),
            // A language server of the folder's own.
            ("binary", Value::Object(map)) => {
                let command = map.get("path").and_then(Value::as_str);
                if let Some(command) = command.filter(|c| is_of_folder(c)) {
                    self.opened(command);
                }
            }
            _ => {}
        }
    }
}

/// What the settings are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Server,
    Hook,
    /// Servers of languages.
    Language,
    Other,
}

impl Place {
    fn of(key: &str) -> Place {
        match key {
            "mcpServers" | "mcp_servers" | "servers" | "mcp" | "context_servers" => Place::Server,
            "hooks" | "hook" | "then" => Place::Hook,
            "lsp" => Place::Language,
            _ => Place::Other,
        }
    }
}
