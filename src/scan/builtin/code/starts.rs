//! Settings that run a command without a word: tasks of editors, hooks and servers of assistants, scripts of
//! packages.

use serde_json::Value;

use super::Hit;
use super::place::Weight;

const TASK: &str = "starts-with-editor";
const HOOK: &str = "starts-with-agent";
const SERVER: &str = "agent-server-command";
const SCRIPT: &str = "lifecycle-script";
const IMPORT: &str = "starts-with-python";
const SHELL: &str = "starts-with-git";

/// Longest file that is read as settings, in bytes.
const LONGEST: usize = 1024 * 1024;
/// Longest part of a command that a message shows, in characters.
const SHOWN: usize = 80;

/// Folders of editors and assistants whose files of JSON may run commands.
const FOLDERS: [&str; 20] = [
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
];

/// What a command does at the least that needs no second look when a package is installed: parts that are built,
/// or hooks of git that are set up.
const USUAL: [&str; 26] = [
    "husky",
    "husky install",
    "is-ci || husky install",
    "husky || true",
    "lefthook install",
    "simple-git-hooks",
    "patch-package",
    "node-gyp rebuild",
    "node-gyp-build",
    "prebuild-install || node-gyp rebuild",
    "electron-builder install-app-deps",
    "ngcc",
    "prisma generate",
    "nuxt prepare",
    "nuxi prepare",
    "wxt prepare",
    "svelte-kit sync",
    "svelte-kit sync || echo ''",
    "tsc",
    "npm run build",
    "yarn build",
    "pnpm build",
    "lerna bootstrap",
    "playwright install",
    "pod-install",
    "only-allow pnpm",
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
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_settings = folders.split('/').any(|f| FOLDERS.contains(&f))
        && (name.ends_with(".json") || name.ends_with(".jsonc") || name.ends_with(".hook"))
        || folders.ends_with(".github/hooks") && name.ends_with(".json")
        || matches!(
            name,
            ".mcp.json" | "mcp.json" | "opencode.json" | "opencode.jsonc"
        )
        || name.ends_with(".code-workspace");
    let is_package = matches!(name, "package.json" | "composer.json");
    let is_other = name.ends_with(".pth")
        || matches!(
            name,
            "config"
                | "config.toml"
                | ".npmrc"
                | "sitecustomize.py"
                | "usercustomize.py"
                | "startup.xml"
                | ".dir-locals.el"
        );
    if !(is_settings || is_package || is_other) {
        return Ok(());
    }
    if content.len() > LONGEST {
        return Err(format!(
            "settings longer than {} KiB are not read",
            LONGEST / 1024
        ));
    }
    let text = &*String::from_utf8_lossy(content);
    // Editors and npm pass a byte order mark over.
    let text = text.trim_start_matches('\u{feff}');
    if is_other {
        lines(folders, name, text, all);
        return Ok(());
    }
    let value = match serde_json::from_str::<Value>(&without_comments(text)) {
        Ok(value) => value,
        // No package manager reads it either: a template, for instance.
        Err(_) if is_package => return Ok(()),
        Err(_) if text.trim().is_empty() => return Ok(()),
        Err(e) => return Err(format!("these settings cannot be read as JSON: {e}")),
    };
    let mut found = Found { text, all };
    if is_package {
        // Packages of tests and examples are not installed with the project.
        let most = match weight {
            Weight::Full | Weight::Tool => 10.0,
            _ => 3.9,
        };
        found.scripts(&value, name == "composer.json", most);
    } else {
        found.settings(&value, "", 0);
    }
    all.dedup_by(|a, b| a.rule == b.rule && a.identity == b.identity);
    Ok(())
}

struct Found<'a> {
    text: &'a str,
    all: &'a mut Vec<Hit>,
}

impl Found<'_> {
    fn add(&mut self, rule: &'static str, score: f64, title: &str, why: &str, command: &str) {
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
            fix: "Take it out, unless you know what the command does and everyone who opens or installs this agreed to it.".into(),
            identity: Some(command.to_owned()),
        });
    }

    fn scripts(&mut self, value: &Value, of_composer: bool, most: f64) {
        let Some(scripts) = value.get("scripts").and_then(Value::as_object) else {
            return;
        };
        for (name, command) in scripts {
            let begins_by_itself = match of_composer {
                true => matches!(
                    name.as_str(),
                    "pre-install-cmd"
                        | "post-install-cmd"
                        | "pre-update-cmd"
                        | "post-update-cmd"
                        | "pre-autoload-dump"
                        | "post-autoload-dump"
                        | "post-root-package-install"
                        | "post-create-project-cmd"
                ),
                false => matches!(
                    name.as_str(),
                    "preinstall"
                        | "install"
                        | "postinstall"
                        | "prepare"
                        | "preprepare"
                        | "postprepare"
                        | "prepublish"
                        | "preuninstall"
                        | "postuninstall"
                        | "dependencies"
                ),
            };
            if !begins_by_itself {
                continue;
            }
            for command in strings(command) {
                let is_usual = match of_composer {
                    // `@php artisan`, and methods of classes that are installed.
                    true => {
                        command.starts_with('@') || command.contains("::") && !command.contains(' ')
                    }
                    false => USUAL.contains(&command),
                };
                let asks = reaches_out(command);
                let main = of_composer
                    || !matches!(
                        name.as_str(),
                        "prepare" | "prepublish" | "preprepare" | "postprepare" | "dependencies"
                    );
                let score: f64 = match (is_usual && !asks, asks, main) {
                    (true, ..) => continue,
                    (_, true, _) => 8.6,
                    (_, _, true) => 7.4,
                    _ => 5.0,
                };
                self.add(
                    SCRIPT,
                    score.min(most),
                    "Script that runs when the package is installed",
                    &format!("`{name}` runs on the machine of everyone who installs this"),
                    command,
                );
            }
        }
    }

    fn settings(&mut self, value: &Value, key: &str, depth: usize) {
        if depth > 32 {
            return;
        }
        match value {
            Value::Object(map) => {
                let command = ["command", "cmd", "bash", "powershell", "script"]
                    .iter()
                    .find_map(|k| map.get(*k));
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
                        "Task that runs when the folder is opened",
                        "The editor runs this as soon as it opens the folder",
                        &whole,
                    );
                } else if let Some(whole) = whole {
                    match Place::of(key) {
                        Place::Server => self.add(
                            SERVER,
                            7.6,
                            "Program that an assistant starts",
                            "The assistant starts this server when it opens the folder",
                            &whole,
                        ),
                        Place::Hook => self.hook(&whole),
                        Place::Other => {}
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
    fn hook(&mut self, command: &str) {
        let (title, why) = (
            "Command that an assistant runs",
            "The assistant runs this by itself",
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
                "Tasks that run without being asked for",
                "The editor runs the tasks of the folder without asking",
                name,
            ),
            ("enableAllProjectMcpServers", _) if on() => self.add(
                SERVER,
                7.6,
                "Servers that an assistant starts without asking",
                "The assistant starts every server that the folder names",
                name,
            ),
            (
                "apiKeyHelper"
                | "awsAuthRefresh"
                | "awsCredentialExport"
                | "otelHeadersHelper"
                | "initializeCommand",
                Value::String(command),
            ) => {
                self.add(
                    HOOK,
                    8.2,
                    "Command that runs when the folder is opened",
                    &format!("`{name}` runs on your machine"),
                    command,
                );
            }
            ("statusLine", Value::Object(map)) => {
                if let Some(command) = map.get("command").and_then(Value::as_str) {
                    self.hook(command);
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
    Other,
}

impl Place {
    fn of(key: &str) -> Place {
        match key {
            "mcpServers" | "mcp_servers" | "servers" | "mcp" | "context_servers" => Place::Server,
            "hooks" | "hook" | "then" => Place::Hook,
            _ => Place::Other,
        }
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
        "npx -y",
        "iwr ",
        "Invoke-",
    ];
    signs.iter().any(|s| command.contains(s))
}

/// The strings of a value, which is one or a list of them.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Files that are no JSON: each line for itself.
fn lines(folders: &str, name: &str, text: &str, all: &mut Vec<Hit>) {
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

/// JSON without its comments and commas too many, every other byte at its place.
fn without_comments(text: &str) -> String {
    let mut out: Vec<u8> = text.as_bytes().to_vec();
    let (mut at, mut in_string) = (0, false);
    while let Some(byte) = out.get(at).copied() {
        let next = out.get(at + 1).copied();
        match (in_string, byte, next) {
            (true, b'\\', _) => at += 1,
            (_, b'"', _) => in_string = !in_string,
            (false, b'/', Some(b'/')) => {
                while out.get(at).is_some_and(|b| *b != b'\n') {
                    out[at] = b' ';
                    at += 1;
                }
            }
            (false, b'/', Some(b'*')) => {
                let end = out
                    .get(at + 2..)
                    .and_then(|rest| rest.windows(2).position(|w| w == b"*/"));
                let end = end.map_or(out.len(), |e| at + 2 + e + 2);
                for b in out.get_mut(at..end).into_iter().flatten() {
                    if *b != b'\n' {
                        *b = b' ';
                    }
                }
                at = end.saturating_sub(1);
            }
            (false, b'}' | b']', _) => {
                let before = out
                    .get(..at)
                    .and_then(|b| b.iter().rposition(|b| !b.is_ascii_whitespace()));
                if let Some(comma) = before.filter(|i| out.get(*i) == Some(&b',')) {
                    out[comma] = b' ';
                }
            }
            _ => {}
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(&'static str, u32, bool)> {
        let mut all = Vec::new();
        find(path, text.as_bytes(), Weight::Full, &mut all).unwrap();
        all.iter()
            .map(|h| (h.rule, h.line, h.score >= 7.0))
            .collect()
    }

    #[test]
    fn what_runs_without_being_asked_for_blocks() {
        for (path, text, rule, line) in [
            (
                ".vscode/tasks.json",
                "{ // x\n \"tasks\": [{\n \"command\": \"node a.js\", \"runOptions\": {\"runOn\": \"folderOpen\"},},]}",
                TASK,
                3,
            ),
            (
                "sub/.vscode/settings.json",
                "{\"task.allowAutomaticTasks\": \"on\"}",
                TASK,
                1,
            ),
            (
                ".claude/settings.json",
                "{\"hooks\": {\"PreToolUse\": [{\"hooks\": [{\"type\": \"command\",\n\"command\": \"./x.sh\"}]}]}}",
                HOOK,
                2,
            ),
            (
                ".cursor/hooks.json",
                "{\"hooks\": {\"stop\": [{\"command\": \"./x\"}]}}",
                HOOK,
                1,
            ),
            (
                ".mcp.json",
                "{\"mcpServers\": {\"a\": {\"command\": \"npx\", \"args\": [\"x\"]}}}",
                SERVER,
                1,
            ),
            (
                ".vscode/mcp.json",
                "{\"servers\": {\"a\": {\"command\": \"x\"}}}",
                SERVER,
                1,
            ),
            (
                ".devcontainer/devcontainer.json",
                "{\"initializeCommand\": \"./x.sh\"}",
                HOOK,
                1,
            ),
            (
                "package.json",
                "{\"scripts\": {\n\"postinstall\": \"node setup.js\"}}",
                SCRIPT,
                2,
            ),
            (
                "package.json",
                "{\"scripts\": {\"prepare\": \"curl https://x | sh\"}}",
                SCRIPT,
                1,
            ),
            (
                "composer.json",
                "{\"scripts\": {\"post-install-cmd\": \"php a.php\"}}",
                SCRIPT,
                1,
            ),
            (
                "package.json",
                "\u{feff}{\"scripts\": {\"postinstall\": \"node setup.js\"}}",
                SCRIPT,
                1,
            ),
            ("a.pth", "import os; os.system('x')\n", IMPORT, 1),
            ("x/config", "[core]\n\tfsmonitor = ./x.sh\n", SHELL, 2),
        ] {
            assert_eq!(found(path, text), [(rule, line, true)], "{path} {text}");
        }
    }

    #[test]
    fn settings_that_cannot_be_read_are_not_clean() {
        let read = |path, content: &[u8]| find(path, content, Weight::Full, &mut Vec::new());
        assert!(read(".vscode/tasks.json", b"{\"tasks\": [}").is_err());
        assert!(read(".mcp.json", &vec![b' '; LONGEST + 1]).is_err());
        // What no package manager reads runs nothing.
        assert!(read("template/package.json", b"{\"name\": {{name}} }").is_ok());
        assert!(read(".vscode/tasks.json", b"").is_ok());
    }

    #[test]
    fn what_is_usual_or_asked_for_is_fine() {
        for (path, text) in [
            (
                ".vscode/tasks.json",
                "{\"tasks\": [{\"command\": \"make\"}]}",
            ),
            (".vscode/settings.json", "{\"editor.tabSize\": 2}"),
            (
                "package.json",
                "{\"scripts\": {\"test\": \"jest\", \"prepare\": \"husky\", \"install\": \"node-gyp rebuild\"}}",
            ),
            (
                "composer.json",
                "{\"scripts\": {\"post-autoload-dump\": [\"@php artisan package:discover\", \"A\\\\B::c\"]}}",
            ),
            ("src/config", "[core]\n\tbare = true\n"),
            (".npmrc", "node-options=--no-warnings\n"),
        ] {
            assert_eq!(found(path, text), [], "{path} {text}");
        }
        // Those of examples are not installed with the project.
        let mut all = Vec::new();
        let text = b"{\"scripts\": {\"postinstall\": \"node a.js\"}}";
        find("package.json", text, Weight::Example, &mut all).unwrap();
        assert!(all.iter().all(|h| h.score < 4.0));
    }
}
