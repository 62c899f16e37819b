//! Lines that run a command by themselves, in files that each name one kind of them.

use super::super::expression::Expression;
use super::super::hit::Hit;
use super::super::locks::HOST;
use super::{HOOK, MOST, SCRIPT, SERVER, SHELL, SHOWN, TASK};

/// What some files hold that runs by itself.
pub(super) struct Sign {
    /// Whether a file is such a one, by its folders and name in lower case.
    is_in: fn(&str, &str) -> bool,
    /// The lines that count.
    line: &'static str,
    /// Lines that don't count all the same; empty if there are none.
    but: &'static str,
    rule: &'static str,
    title: &'static str,
    why: &'static str,
}

/// Commands that fetch a program and run it, or run one that nobody can read.
const FETCHED: &str = r#"(?i)\b(?:curl|wget|iwr|irm)\b.*\|\s*(?:sudo\s+)?(?:\S*/)?(?:ba|z|da|k)?sh\b|\b(?:curl|wget)\b.*\|\s*(?:sudo\s+)?(?:python3?|node|perl|ruby|php)(?:\s+-)?\s*(?:$|["'`;&)<\\])|\b(?:curl|wget)\b.*(?:&&|;)\s*(?:chmod\s+\S*\+?x|(?:ba|z)?sh\s|\./)|(?:\b(?:eval|source|(?:ba|z|da)?sh)\b|^\s*\.\s).{0,12}(?:\$\(|<\(|`)\s*(?:curl|wget)\b|\bbase64\s+(?:-d|--decode)\b.*\|\s*(?:ba|z)?sh\b|/dev/tcp/|\bpowershell\b.*\s-e(?:c|nc\w*)?\s|\bdownloadstring\b|\b(?:invoke-expression|iex)\b.*\b(?:iwr|irm|http|invoke-web)"#;
/// Where installers of well-known tools come from.
const INSTALLERS: &str = r"//(?:bun\.sh|sh\.rustup\.rs|astral\.sh|get\.pnpm\.io|deno\.land|install\.python-poetry\.org|get\.docker\.com|mise\.run|get\.sdkman\.io|nixos\.org|install\.determinate\.systems|raw\.githubusercontent\.com/(?:nvm-sh|Homebrew|ohmyzsh|helm|rhysd)/)";
const FETCHES: &str = "Command fetches a program and runs it";
const BY_ITSELF: &str = "This file runs by itself, and this line runs code that it fetches";
/// Where the programs of the build tools' own wrappers come from: their makers, and public mirrors.
const MAKERS: &str = r"://(?:(?:services|downloads)\.gradle\.org|github\.com/gradle|repo1?\.maven\.(?:apache\.)?org|(?:archive|dlcdn|downloads)\.apache\.org|repo\.spring\.io|maven\.aliyun\.com|mirrors\.(?:aliyun|huaweicloud|cloud\.tencent)\.com|repo\.huaweicloud\.com|cache-redirector\.jetbrains\.com|maven-central[\w-]*\.storage[\w-]*\.googleapis\.com)(?:[/:]|$)";

const SIGNS: [Sign; 14] = [
    Sign {
        is_in: |folders, name| {
            let folder = folders.rsplit('/').next().unwrap_or_default();
            let ends = [
                ".csproj", ".vbproj", ".fsproj", ".vcxproj", ".targets", ".props", ".pbxproj",
                ".gemspec", ".podspec", ".desktop",
            ];
            matches!(folder, ".husky" | ".githooks" | ".git-hooks")
                || matches!(
                    name,
                    ".envrc"
                        | ".pre-commit-config.yaml"
                        | "lefthook.yml"
                        | "lefthook.yaml"
                        | ".lefthook.yml"
                        | "lefthook.toml"
                        | "gemfile"
                        | "podfile"
                        | "devcontainer.json"
                        | ".devcontainer.json"
                        | "dev.nix"
                )
                || ends.iter().any(|e| name.ends_with(e))
        },
        line: FETCHED,
        but: INSTALLERS,
        rule: SCRIPT,
        title: FETCHES,
        why: BY_ITSELF,
    },
    Sign {
        is_in: |_, name| name == "setup.py",
        line: r"\b(?:exec|eval)\s*\(.*(?:urlopen|requests\.get|b64decode|fromhex|decompress|marshal\.loads)",
        but: "",
        rule: SCRIPT,
        title: "Script that runs when the package is installed",
        why: "pip runs this file when it installs the package, and this line runs hidden or fetched code",
    },
    Sign {
        is_in: |_, name| name == ".gitmodules",
        line: r"(?i)^\s*(?:update\s*=\s*!|url\s*=\s*(?:-|ext::|fd::))",
        but: "",
        rule: SHELL,
        title: "Git configuration runs a command",
        why: "git runs this when it updates the submodule",
    },
    Sign {
        is_in: |_, name| name == "gradle-wrapper.properties" || name == "maven-wrapper.properties",
        line: r"^\s*(?:distributionUrl|wrapperUrl)\s*[=:].*:",
        but: MAKERS,
        rule: HOST,
        title: "Build tool comes from a host that is not its maker's",
        why: "The wrapper downloads this program and runs it",
    },
    Sign {
        is_in: |_, name| {
            matches!(
                name,
                "jvm.config" | "gradle.properties" | ".jvmopts" | ".sbtopts"
            )
        },
        line: r"-(?:javaagent|agentpath):|-XX:On(?:Error|OutOfMemoryError)=",
        but: "",
        rule: SCRIPT,
        title: "Program that is loaded whenever the build starts",
        why: "Java loads this into every build in the folder",
    },
    Sign {
        is_in: |_, name| name == "pnpm-workspace.yaml",
        line: r#"^["']?(?:(?:scriptShell|pnpmfile|globalPnpmfile)["']?\s*:|nodeOptions["']?\s*:.*(?:-r\b|require|import|loader))"#,
        but: "",
        rule: SCRIPT,
        title: "pnpm uses another program or loads a module",
        why: "pnpm uses this setting when it runs in the folder",
    },
    Sign {
        is_in: |_, name| name == ".npmrc",
        line: r"^\s*(?:global-)?(?:pnpmfile|onload-script)\s*=\s*\S",
        but: "",
        rule: SCRIPT,
        title: "npm uses another program or loads a module",
        why: "npm and pnpm load this file when they run in the folder",
    },
    Sign {
        is_in: |_, name| name == ".yarnrc.yml",
        line: r#"^\s*-\s+["']?[\w./-]+\.c?js["']?\s*$"#,
        but: r"\.yarn/plugins/",
        rule: SCRIPT,
        title: "Program that yarn uses in place of itself",
        why: "yarn runs this whenever it is started in the folder",
    },
    Sign {
        is_in: |_, name| name == "binding.gyp",
        line: r"<!.*\bnode\s[^|]*\.[cm]?js\b.*>\s*(?:/dev/null|nul\b)",
        but: "",
        rule: SCRIPT,
        title: "Script that runs when the package is installed",
        why: "npm runs this command when the package is installed, and its output is hidden",
    },
    Sign {
        is_in: |_, name| {
            let all = [
                ".exrc",
                ".nvimrc",
                ".nvim.lua",
                ".gdbinit",
                ".ghci",
                ".rprofile",
            ];
            all.contains(&name)
        },
        line: r"(?i)^\s*(?::?!|:def!?\s|shell\s|silent!?\s+!|python\s)|\b(?:system|system2|shell|os\.execute|io\.popen|download\.file|jobstart)\s*\(|eval\s*\(\s*parse",
        but: "",
        rule: TASK,
        title: "Program runs a command when it starts in the folder",
        why: "This file is read by itself, and this line runs a command",
    },
    Sign {
        is_in: |folders, _| folders.ends_with(".externaltoolbuilders"),
        line: r"ATTR_LOCATION",
        but: "",
        rule: TASK,
        title: "Task runs when the folder is opened",
        why: "Eclipse runs this program when it builds the project",
    },
    // What stands in the head of a description of a skill or of an agent.
    Sign {
        is_in: |folders, name| is_of(folders, ".claude") && name.ends_with(".md"),
        line: r"^\s+(?:-\s+)?command:\s*\S",
        but: "",
        rule: HOOK,
        title: "AI assistant runs a command",
        why: "The AI assistant runs this command automatically",
    },
    Sign {
        is_in: |folders, name| {
            is_of(folders, ".continue") && (name.ends_with(".yaml") || name.ends_with(".yml"))
        },
        line: r"^\s+(?:-\s+)?command:\s*\S",
        but: "",
        rule: SERVER,
        title: "AI assistant starts an MCP server",
        why: "The AI assistant starts this program as a server when it opens the folder",
    },
    Sign {
        is_in: |folders, name| {
            let is_plugin =
                folders.ends_with(".opencode/plugin") || folders.ends_with(".opencode/plugins");
            is_plugin && (name.ends_with("js") || name.ends_with("ts"))
        },
        line: r"export|module\.exports",
        but: "",
        rule: HOOK,
        title: "AI assistant loads a program",
        why: "The AI assistant loads this file when it opens the folder",
    },
];

fn is_of(folders: &str, folder: &str) -> bool {
    folders.split('/').any(|f| f == folder)
}

/// What a file may hold, by its folders and name in lower case.
pub(super) fn of(folders: &str, name: &str) -> Vec<&'static Sign> {
    SIGNS.iter().filter(|s| (s.is_in)(folders, name)).collect()
}

/// Finds the lines of a file that run something by themselves.
pub(super) fn find(signs: &[&Sign], name: &str, text: &str, most: f64, all: &mut Vec<Hit>) {
    for sign in signs {
        let line_has = Expression::constant(sign.line);
        let but = (!sign.but.is_empty()).then(|| Expression::constant(sign.but));
        let is_head_only = name.ends_with(".md");
        if is_head_only && !text.starts_with("---") {
            continue;
        }
        for (line, number) in text.lines().zip(1..) {
            if is_head_only && number > 1 && line.trim_end() == "---" {
                break;
            }
            let said = line.replace("\\:", ":");
            let is_comment = said.trim_start().starts_with('#');
            let is_usual = || but.as_ref().is_some_and(|b| b.is_match(said.as_bytes()));
            if is_comment || !line_has.is_match(said.as_bytes()) || is_usual() {
                continue;
            }
            if all.len() >= MOST {
                return;
            }
            let shown: String = line.trim().chars().take(SHOWN).collect();
            all.push(Hit {
                rule: sign.rule,
                line: number,
                score: f64::min(7.8, most),
                cwe: vec![506],
                title: sign.title.into(),
                message: format!("{}: `{shown}`", sign.why),
                fix: "Remove it, unless you know what the command does.".into(),
                identity: Some(line.trim().to_owned()),
            });
        }
    }
}

/// Whether a command fetches a program and runs it, from where no well-known tool comes.
pub(super) fn fetches(command: &str) -> bool {
    let has = |text| Expression::constant(text).is_match(command.as_bytes());
    has(FETCHED) && !has(INSTALLERS)
}

#[cfg(test)]
mod tests {
    use super::super::super::expression::check;
    use super::*;

    #[test]
    fn each_sign_can_be_read() {
        for sign in SIGNS {
            assert!(check(sign.line).is_ok() && check(sign.but).is_ok());
        }
    }
}
