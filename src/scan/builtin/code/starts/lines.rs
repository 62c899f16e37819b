//! Files that are not JSON, read line by line.

use super::super::hit::Hit;
use super::{IMPORT, MOST, SCRIPT, SHELL, SHOWN, TASK, reaches_out};

/// The settings of yarn that name the program that it is.
const YARN_PATHS: [&str; 2] = ["yarnPath", "yarn-path"];
/// What a command that finds parts of a build never does.
const FETCHES: [&str; 7] = [
    "curl ",
    "wget ",
    "http://",
    "https://",
    "base64",
    "/dev/tcp",
    "powershell",
];

/// Files that are not JSON, read line by line.
pub(super) fn lines(folders: &str, name: &str, text: &str, most: f64, all: &mut Vec<Hit>) {
    let mut add = |rule, line, title: &str, why: &str, command: &str| {
        if all.len() >= MOST {
            return;
        }
        let shown: String = command.trim().chars().take(SHOWN).collect();
        all.push(Hit {
            rule,
            line,
            score: f64::min(8.0, most),
            cwe: vec![506],
            title: title.into(),
            message: format!("{why}: `{shown}`"),
            fix: "Remove it, unless you know what the command does.".into(),
            identity: Some(command.trim().to_owned()),
        });
    };
    let of_git = name == "config" && text.to_ascii_lowercase().contains("[core");
    let mut is_first = true;
    // A carriage return alone ends a line for Python.
    let mut next = 1_u32;
    for whole in text.split_inclusive(['\n', '\r']) {
        let line = whole.trim_end_matches(['\n', '\r']);
        let number = next;
        next += u32::from(whole.ends_with('\n'));
        let said = line.trim_start();
        let after_section = said.strip_prefix('[').and_then(|l| l.split_once(']'));
        let said = match after_section.filter(|_| of_git) {
            Some((_, rest)) => rest,
            None => said,
        };
        let (key, value) = said.split_once('=').unwrap_or((said, ""));
        let (key, value) = (key.trim().trim_matches(['"', '\'']), value.trim());
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
            "sitecustomize.py" | "usercustomize.py" | "__init__.py" if is_first => {
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
                            | "clean"
                            | "smudge"
                            | "process"
                            | "textconv"
                            | "driver"
                            | "helper"
                            | "program"
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
            "startup.xml"
                if folders.ends_with(".idea")
                    && line
                        .match_indices("<configuration")
                        .any(|(at, w)| line.as_bytes().get(at + w.len()) != Some(&b's')) =>
            {
                add(
                    TASK,
                    number,
                    "Task runs when the folder is opened",
                    "The editor runs this when it opens the folder",
                    line,
                );
            }
            // A release in its usual place is yarn itself.
            ".yarnrc" | ".yarnrc.yml"
                if YARN_PATHS.iter().any(|w| line.contains(w))
                    && !line.contains(".yarn/releases/yarn-")
                    || name == ".yarnrc.yml"
                        && line.contains("path:")
                        && line.trim_start().starts_with('-')
                        && !line.contains(".yarn/plugins/") =>
            {
                add(
                    SCRIPT,
                    number,
                    "Program that yarn uses in place of itself",
                    "yarn runs this whenever it is started in the folder",
                    line,
                );
            }
            ".pnpmfile.cjs" | ".pnpmfile.mjs" | "pnpmfile.js"
                if line.contains("child_process") || reaches_out(line) =>
            {
                add(
                    SCRIPT,
                    number,
                    "Script that runs when the package is installed",
                    "pnpm runs this file when it installs",
                    line,
                );
            }
            "binding.gyp" if line.contains("<!") && FETCHES.iter().any(|w| line.contains(w)) => {
                add(
                    SCRIPT,
                    number,
                    "Script that runs when the package is installed",
                    "npm runs this command when the package is installed",
                    line,
                );
            }
            ".dir-locals.el" if line.contains("(eval") => {
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
        is_first = false;
    }
}
