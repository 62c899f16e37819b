//! What runs a command without a word: tasks of editors, hooks and servers of assistants, scripts of packages, and
//! lines of other files.

mod lines;
mod packages;
mod settings;
mod signs;
mod tables;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::hit::Hit;
use super::json::without_comments;
use super::place::Weight;

const TASK: &str = "starts-with-editor";
const HOOK: &str = "starts-with-agent";
const SERVER: &str = "agent-server-command";
const SCRIPT: &str = "lifecycle-script";
const IMPORT: &str = "starts-with-python";
const SHELL: &str = "starts-with-git";

/// Longest file that is read as settings, in bytes.
const LONGEST: usize = 1024 * 1024;
/// Most hits in one file.
const MOST: usize = 20;
/// Longest part of a command that a message shows, in characters.
const SHOWN: usize = 80;

/// Folders of editors and assistants whose files of JSON may run commands.
const FOLDERS: [&str; 27] = [
    ".vscode",
    ".cursor",
    ".claude",
    ".gemini",
    ".kiro",
    ".roo",
    ".windsurf",
    ".amazonq",
    ".codex",
    ".continue",
    ".zed",
    ".junie",
    ".factory",
    ".qwen",
    ".trae",
    ".cline",
    ".augment",
    ".opencode",
    ".copilot",
    ".devcontainer",
    ".kilocode",
    ".vibe",
    ".crush",
    ".warp",
    ".agents",
    ".theia",
    ".grok",
];

/// How a file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadAs {
    /// As TOML.
    Tables,
    /// Line by line.
    Lines,
    /// As the file of a package, in JSON.
    Package,
    /// As settings in JSON.
    Json,
}

impl ReadAs {
    /// That of a file which may start something, by its folders and name in lower case.
    fn of(folders: &str, name: &str) -> Option<ReadAs> {
        match name {
            _ if tables::is_read(folders, name) => Some(ReadAs::Tables),
            _ if lines::is_read(folders, name) => Some(ReadAs::Lines),
            "package.json" | "composer.json" => Some(ReadAs::Package),
            ".mcp.json" | "mcp.json" | "opencode.json" | "opencode.jsonc" | "crush.json"
            | ".crush.json" | ".devcontainer.json" => Some(ReadAs::Json),
            _ => {
                let is_json = name.ends_with(".json");
                let is_of_folder = folders.split('/').any(|f| FOLDERS.contains(&f));
                let is_settings = is_json || name.ends_with(".jsonc") || name.ends_with(".hook");
                let is_read = is_of_folder && is_settings
                    || folders.ends_with(".github/hooks") && is_json
                    || name.ends_with(".code-workspace");
                is_read.then_some(ReadAs::Json)
            }
        }
    }
}

/// Whether something may start by itself in a file of this name.
pub(super) fn knows(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(path).to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    ReadAs::of(folders, name).is_some() || !signs::of(folders, name).is_empty()
}

/// Finds what starts by itself in a file.
///
/// # Errors
/// It is a file of settings that cannot be read, while an editor may take what is wrong with it; says why.
pub(super) fn find(
    path: &str,
    content: &[u8],
    weight: Weight,
    all: &mut Vec<Hit>,
) -> Result<(), String> {
    // Some systems take a name in any case.
    let path = &*path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let read_as = ReadAs::of(folders, name);
    let signs = signs::of(folders, name);
    if read_as.is_none() && signs.is_empty() {
        return Ok(());
    }
    let text = &*String::from_utf8_lossy(content);
    // Editors and npm pass a byte order mark over.
    let text = text.trim_start_matches('\u{feff}');
    // What belongs to tests and examples is not installed with the project.
    let most = match weight {
        // Anybody may say that a file is generated, or write a long line.
        Weight::Full | Weight::Tool | Weight::SaysGenerated => 10.0,
        _ => 3.9,
    };
    signs::find(&signs, name, text, most, all);
    let Some(read_as) = read_as else {
        return Ok(());
    };
    if content.len() > LONGEST {
        return Err(format!(
            "settings longer than {} KiB are not read",
            LONGEST / 1024
        ));
    }
    match read_as {
        ReadAs::Lines => lines::lines(folders, name, text, most, all),
        ReadAs::Tables => {
            let value = match toml::from_str::<Value>(text) {
                Ok(value) => value,
                // What no program reads before it is filled in.
                Err(_) if text.contains("{{") || text.contains("{%") => return Ok(()),
                Err(e) => return Err(format!("these settings cannot be read: {e}")),
            };
            SettingsFile { text, all }.tables(folders, name, &value);
        }
        ReadAs::Package | ReadAs::Json => {
            let plain = without_comments(text);
            let value = match serde_json::from_str::<Value>(&plain) {
                Ok(value) => value,
                Err(_) if text.trim().is_empty() => return Ok(()),
                // No package manager reads it either: a template, for instance.
                Err(_) if read_as == ReadAs::Package && !is_json(&plain) => return Ok(()),
                Err(e) => return Err(format!("these settings cannot be read as JSON: {e}")),
            };
            let mut settings = SettingsFile { text, all };
            match read_as {
                ReadAs::Package => settings.scripts(&value, name == "composer.json", most),
                _ => settings.settings(&value, "", 0),
            }
            all.dedup_by(|a, b| a.rule == b.rule && a.identity == b.identity);
        }
    }
    Ok(())
}

/// Whether a text is JSON, if not within the limits of newgate's reader: numbers too large, halves of characters, and
/// values nested deep are fine for package managers.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A file of settings.
struct SettingsFile<'a> {
    text: &'a str,
    all: &'a mut Vec<Hit>,
}

impl SettingsFile<'_> {
    fn add(&mut self, rule: &'static str, score: f64, title: &str, why: &str, command: &str) {
        if self.all.len() >= MOST {
            return;
        }
        let shown: String = command.chars().take(SHOWN).collect();
        let written = serde_json::to_string(command).unwrap_or_default();
        let at = self.text.find(&written).or_else(|| self.text.find(command));
        let before = at.and_then(|at| self.text.get(..at)).unwrap_or_default();
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(1);
        self.all.push(Hit {
            rule,
            line,
            score,
            cwe: vec![506],
            title: title.into(),
            message: format!("{why}: `{shown}`"),
            fix: "Remove it, unless you know what the command does and everyone who opens or installs the project expects it.".into(),
            identity: Some(command.to_owned()),
        });
    }
}

/// Whether a command fetches something, or runs what it is given as a text.
fn reaches_out(command: &str) -> bool {
    let signs = [
        "curl",
        "wget",
        "http://",
        "https://",
        "node -e",
        "node --eval",
        "python -c",
        "python3 -c",
        "sh -c",
        "bash -c",
        "base64",
        "eval",
        "powershell",
        "/dev/tcp",
        "nc ",
        "iwr ",
        "Invoke-",
    ];
    // `sync ` is not `nc `.
    let begins_word = |at: usize| {
        let before = command.get(..at).and_then(|b| b.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric())
    };
    signs
        .iter()
        .any(|s| command.match_indices(s).any(|(at, _)| begins_word(at)))
}

/// Whether a setting names a program of the folder itself, or an interpreter that gets what it runs with it.
fn is_of_folder(command: &str) -> bool {
    let program = command.split(' ').next().unwrap_or_default();
    let is_relative = program.contains(['/', '\\'])
        && !program.starts_with(['/', '~', '$'])
        && !program.contains("node_modules/.bin/")
        && program.get(1..2) != Some(":");
    is_relative
        || matches!(
            program,
            "sh" | "bash" | "python" | "python3" | "node" | "cmd"
        )
}

/// The strings of a value, which is one or a list of them.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
