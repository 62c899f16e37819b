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

/// The settings of git that name a program.
const PROGRAMS_OF_GIT: [&str; 14] = [
    "fsmonitor",
    "sshcommand",
    "hookspath",
    "pager",
    "editor",
    "askpass",
    "gitproxy",
    "clean",
    "smudge",
    "process",
    "textconv",
    "driver",
    "helper",
    "program",
];

/// What a line starts: its rule, what that is, and who runs it when.
struct Start {
    rule: &'static str,
    title: &'static str,
    why: &'static str,
}

impl Start {
    const fn new(rule: &'static str, title: &'static str, why: &'static str) -> Start {
        Start { rule, title, why }
    }
}

const LINE_OF_PTH: Start = Start::new(
    IMPORT,
    "Code runs whenever Python starts",
    "Python runs this line of a `.pth` file every time it starts",
);
const MODULE_OF_PYTHON: Start = Start::new(
    IMPORT,
    "Code runs whenever Python starts",
    "Python runs this file every time it starts in the folder",
);
const SETTING_OF_GIT: Start = Start::new(
    SHELL,
    "Git configuration runs a command",
    "git runs this command in the folder",
);
const SETTING_OF_NPM: Start = Start::new(
    SCRIPT,
    "npm uses another program or loads a module",
    "npm uses this setting when it runs commands in the folder",
);
const TASK_OF_EDITOR: Start = Start::new(
    TASK,
    "Task runs when the folder is opened",
    "The editor runs this when it opens the folder",
);
const YARN_ITSELF: Start = Start::new(
    SCRIPT,
    "Program that yarn uses in place of itself",
    "yarn runs this whenever it is started in the folder",
);
const FILE_OF_PNPM: Start = Start::new(
    SCRIPT,
    "Script that runs when the package is installed",
    "pnpm runs this file when it installs",
);
const COMMAND_OF_GYP: Start = Start::new(
    SCRIPT,
    "Script that runs when the package is installed",
    "npm runs this command when the package is installed",
);
const CODE_OF_EMACS: Start = Start::new(
    TASK,
    "Code runs when a file is opened",
    "Emacs runs this code when it opens a file in the folder",
);

/// A line, in its file.
struct Line<'t> {
    /// The folders of the file and its name, in lower case.
    folders: &'t str,
    name: &'t str,
    text: &'t str,
    is_first: bool,
    /// Whether the file is a configuration of git.
    of_git: bool,
}

impl Line<'_> {
    /// What it starts, if it starts something.
    fn start(&self) -> Option<Start> {
        let line = self.text;
        let (starts, start) = match self.name {
            name if name.ends_with(".pth") => (
                line.starts_with("import ") || line.starts_with("import\t"),
                LINE_OF_PTH,
            ),
            "sitecustomize.py" | "usercustomize.py" | "__init__.py" => {
                (self.is_first, MODULE_OF_PYTHON)
            }
            "config" => (self.names_program_of_git(), SETTING_OF_GIT),
            ".npmrc" => (self.names_program_of_npm(), SETTING_OF_NPM),
            "startup.xml" => {
                let mut after = line.split("<configuration").skip(1);
                let has_one = after.any(|rest| !rest.starts_with('s'));
                (self.folders.ends_with(".idea") && has_one, TASK_OF_EDITOR)
            }
            ".yarnrc" | ".yarnrc.yml" => (self.names_program_of_yarn(), YARN_ITSELF),
            ".pnpmfile.cjs" | ".pnpmfile.mjs" | "pnpmfile.js" => (
                line.contains("child_process") || reaches_out(line),
                FILE_OF_PNPM,
            ),
            "binding.gyp" => (
                line.contains("<!") && FETCHES.iter().any(|w| line.contains(w)),
                COMMAND_OF_GYP,
            ),
            ".dir-locals.el" => (line.contains("(eval"), CODE_OF_EMACS),
            _ => return None,
        };
        starts.then_some(start)
    }

    /// The key and the value of a setting, perhaps behind the head of a section.
    fn setting(&self) -> (&str, &str) {
        let line = self.text.trim_start();
        let after_section = line.strip_prefix('[').and_then(|l| l.split_once(']'));
        let line = match after_section.filter(|_| self.of_git) {
            Some((_, rest)) => rest,
            None => line,
        };
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (key.trim().trim_matches(['"', '\'']), value.trim())
    }

    fn names_program_of_git(&self) -> bool {
        let (key, value) = self.setting();
        self.of_git
            && PROGRAMS_OF_GIT.contains(&key.to_ascii_lowercase().as_str())
            && !matches!(value, "" | "true" | "false")
    }

    fn names_program_of_npm(&self) -> bool {
        let (key, value) = self.setting();
        match key {
            "script-shell" | "git" => !value.is_empty(),
            "node-options" => {
                let loads = ["-r", "require", "import", "loader"];
                loads.iter().any(|w| value.contains(w))
            }
            _ => false,
        }
    }

    fn names_program_of_yarn(&self) -> bool {
        let line = self.text;
        // A release in its usual place is yarn itself.
        YARN_PATHS.iter().any(|w| line.contains(w)) && !line.contains(".yarn/releases/yarn-")
            || self.name == ".yarnrc.yml"
                && line.contains("path:")
                && line.trim_start().starts_with('-')
                && !line.contains(".yarn/plugins/")
    }
}

/// Whether a file is read line by line, by its folders and name in lower case.
pub(super) fn is_read(folders: &str, name: &str) -> bool {
    match name {
        "config" | ".npmrc" | ".yarnrc" | ".yarnrc.yml" | ".pnpmfile.cjs" | ".pnpmfile.mjs"
        | "pnpmfile.js" | "binding.gyp" | "sitecustomize.py" | "usercustomize.py"
        | "startup.xml" | ".dir-locals.el" => true,
        "__init__.py" => folders.ends_with("sitecustomize") || folders.ends_with("usercustomize"),
        _ => name.ends_with(".pth"),
    }
}

/// Finds what starts by itself in a file that is not JSON, line by line.
pub(super) fn lines(folders: &str, name: &str, text: &str, most: f64, all: &mut Vec<Hit>) {
    let of_git = name == "config" && text.to_ascii_lowercase().contains("[core");
    let mut number = 1_u32;
    let mut is_first = true;
    // A carriage return alone ends a line for Python.
    for whole in text.split_inclusive(['\n', '\r']) {
        let line = Line {
            folders,
            name,
            text: whole.trim_end_matches(['\n', '\r']),
            is_first,
            of_git,
        };
        if let Some(start) = line.start() {
            if all.len() >= MOST {
                return;
            }
            let command = match start.rule {
                IMPORT if !name.ends_with(".pth") => name,
                _ => line.text.trim(),
            };
            let shown: String = command.chars().take(SHOWN).collect();
            all.push(Hit {
                rule: start.rule,
                line: number,
                score: f64::min(8.0, most),
                cwe: vec![506],
                title: start.title.into(),
                message: format!("{}: `{shown}`", start.why),
                fix: "Remove it, unless you know what the command does.".into(),
                identity: Some(command.to_owned()),
            });
        }
        number += u32::from(whole.ends_with('\n'));
        is_first = false;
    }
}
