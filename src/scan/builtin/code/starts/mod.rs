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
    let is_settings = folders.split('/').any(|f| FOLDERS.contains(&f))
        && (name.ends_with(".json") || name.ends_with(".jsonc") || name.ends_with(".hook"))
        || folders.ends_with(".github/hooks") && name.ends_with(".json")
        || matches!(
            name,
            ".mcp.json"
                | "mcp.json"
                | "opencode.json"
                | "opencode.jsonc"
                | "crush.json"
                | ".crush.json"
                | ".devcontainer.json"
        )
        || name.ends_with(".code-workspace");
    let is_package = matches!(name, "package.json" | "composer.json");
    let is_other = name.ends_with(".pth")
        || matches!(
            name,
            "config"
                | ".npmrc"
                | ".yarnrc"
                | ".yarnrc.yml"
                | ".pnpmfile.cjs"
                | ".pnpmfile.mjs"
                | "pnpmfile.js"
                | "binding.gyp"
                | "sitecustomize.py"
                | "usercustomize.py"
                | "startup.xml"
                | ".dir-locals.el"
        )
        || name == "__init__.py"
            && (folders.ends_with("sitecustomize") || folders.ends_with("usercustomize"));
    let is_toml = tables::is_read(folders, name);
    let signs = signs::of(folders, name);
    if !(is_settings || is_package || is_other || is_toml || !signs.is_empty()) {
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
    if content.len() > LONGEST && (is_settings || is_package || is_other || is_toml) {
        return Err(format!(
            "settings longer than {} KiB are not read",
            LONGEST / 1024
        ));
    }
    if is_toml {
        let value = match toml::from_str::<Value>(text) {
            Ok(value) => value,
            // What no program reads before it is filled in.
            Err(_) if text.contains("{{") || text.contains("{%") => return Ok(()),
            Err(e) => return Err(format!("these settings cannot be read: {e}")),
        };
        Found { text, all }.tables(folders, name, &value);
        return Ok(());
    }
    if is_other {
        lines::lines(folders, name, text, most, all);
        return Ok(());
    }
    if !(is_settings || is_package) {
        return Ok(());
    }
    let value = match serde_json::from_str::<Value>(&without_comments(text)) {
        Ok(value) => value,
        Err(_) if text.trim().is_empty() => return Ok(()),
        // No package manager reads it either: a template, for instance.
        Err(_) if is_package && !is_json(&without_comments(text)) => return Ok(()),
        Err(e) => return Err(format!("these settings cannot be read as JSON: {e}")),
    };
    let mut found = Found { text, all };
    if is_package {
        found.scripts(&value, name == "composer.json", most);
    } else {
        found.settings(&value, "", 0);
    }
    all.dedup_by(|a, b| a.rule == b.rule && a.identity == b.identity);
    Ok(())
}

/// Whether a text is JSON, if not within the limits of newgate's reader: numbers too large, halves of characters, and
/// values nested deep are fine for package managers.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

struct Found<'a> {
    text: &'a str,
    all: &'a mut Vec<Hit>,
}

impl Found<'_> {
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
