//! Scripts that a package manager runs when a package is installed.

use serde_json::{Map, Value};

use super::signs::fetches;
use super::{SCRIPT, SettingsFile, reaches_out, strings};

/// Programs that need no second look when a package is installed: they build parts, or set up hooks of git.
const USUAL: [&str; 62] = [
    "husky",
    "lefthook",
    "simple-git-hooks",
    "yorkie",
    "patch-package",
    "node-gyp",
    "node-gyp-build",
    "node-gyp-build-optional-packages",
    "node-pre-gyp",
    "prebuild-install",
    "cmake-js",
    "electron-builder",
    "electron-rebuild",
    "electron-vite",
    "ngcc",
    "prisma",
    "nuxt",
    "nuxi",
    "wxt",
    "svelte-kit",
    "astro",
    "tsc",
    "tsup",
    "tsdown",
    "unbuild",
    "rollup",
    "vite",
    "webpack",
    "babel",
    "lerna",
    "nx",
    "turbo",
    "playwright",
    "cypress",
    "pod-install",
    "only-allow",
    "is-ci",
    "opencollective",
    "opencollective-postinstall",
    "ts-patch",
    "jetify",
    "fumadocs-mdx",
    "contentlayer",
    "panda",
    "graphql-codegen",
    "relay-compiler",
    "msw",
    "syncpack",
    "manypkg",
    "preconstruct",
    "react-native",
    "expo",
    "rimraf",
    "shx",
    "mkdirp",
    "echo",
    "true",
    "exit",
    "cd",
    "test",
    "[",
    "bundle",
];
/// What managers of packages do with all that is there already.
const MANAGED: [&str; 6] = ["install", "i", "ci", "rebuild", "dedupe", "workspaces"];
/// How many scripts may call each other.
const DEEPEST: u32 = 4;

/// Whether a command does nothing but what is usual when a package is installed.
fn is_usual(command: &str, scripts: &Map<String, Value>, depth: u32) -> bool {
    let parts = command.split(['&', '|', ';', '\n', '\r', '(', ')']);
    let mut parts = parts.map(str::trim).filter(|p| !p.is_empty());
    depth < DEEPEST
        && !command.contains(['`', '$', '<', '>'])
        && parts.all(|part| is_usual_part(part, scripts, depth))
}

fn is_usual_part(part: &str, scripts: &Map<String, Value>, depth: u32) -> bool {
    // `CI=1`, but not `PATH=x` or `NODE_OPTIONS=--require=x`.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_set = |w: &str| {
        let set = w.split_once('=').filter(|(name, _)| *name != "PATH");
        set.is_some_and(|(name, value)| name.chars().chain(value.chars()).all(is_plain))
    };
    let mut words = part
        .split_ascii_whitespace()
        .skip_while(|w| is_set(w) || *w == "cross-env");
    let first = words.next().unwrap_or_default();
    // Options of a manager, with their values, come before what it is to do.
    let rest: Vec<&str> = words.collect();
    // A program of the package itself, which another one may run.
    let ends = [".js", ".cjs", ".mjs", ".ts", ".sh", ".py"];
    let is_own =
        |w: &&str| *w == "exec" || ends.iter().any(|e| w.ends_with(e)) && !w.contains(".config.");
    let runs_packages = matches!(first, "pnpm" | "yarn" | "npm");
    if rest
        .iter()
        .any(|w| is_own(w) && !(runs_packages && *w == "exec"))
    {
        return false;
    }
    let mut after = rest
        .iter()
        .copied()
        .skip_while(|w| w.starts_with('-') || w.contains(['/', '*']));
    let calls = |name: &str| match scripts.get(name).and_then(Value::as_str) {
        // What builds the package is what its users get.
        Some(_) if name.starts_with("build") || name.starts_with("compile") => true,
        Some(command) => is_usual(command, scripts, depth + 1),
        None => false,
    };
    match first {
        "npx" | "bunx" => after.next().is_some_and(|p| USUAL.contains(&p)),
        "run-s" | "run-p" | "npm-run-all" => after.all(|name| name.starts_with('-') || calls(name)),
        "npm" | "yarn" | "pnpm" | "bun" => match after.next() {
            None => first == "yarn",
            Some("run" | "run-script") => {
                let name = after.find(|w| !w.starts_with('-'));
                // Those of other packages are judged where they stand.
                name.is_some_and(|name| calls(name) || name.starts_with("build") && depth == 0)
            }
            Some("exec" | "x" | "dlx") => after.next().is_some_and(|p| USUAL.contains(&p)),
            Some(word) => {
                MANAGED.contains(&word) && after.all(|w| w.starts_with('-'))
                    || USUAL.contains(&word)
                    || calls(word)
                    || word.starts_with("build")
            }
        },
        "composer" => matches!(
            after.next(),
            Some("install" | "dump-autoload" | "dumpautoload")
        ),
        // Files of its own.
        "cp" | "mv" | "rm" | "mkdir" | "touch" => {
            let is_other =
                |w: &&str| w.starts_with(['/', '~']) || w.contains("..") || w.contains(".git/");
            !rest.iter().any(is_other)
        }
        "git" => {
            let said = rest.join(" ").to_ascii_lowercase();
            said.starts_with("submodule ") || said.starts_with("config core.hookspath .")
        }
        program => {
            let installed = program.split_once("node_modules/.bin/");
            let installed = installed.filter(|(before, _)| matches!(*before, "" | "./"));
            USUAL.contains(&installed.map_or(program, |(_, name)| name))
        }
    }
}

/// The commands of other scripts that a command runs: `npm run build`, and `@build` in composer's.
fn calls<'s>(command: &'s str, scripts: &'s Map<String, Value>) -> impl Iterator<Item = &'s str> {
    let runs = ["npm", "yarn", "pnpm", "bun"]
        .iter()
        .any(|w| command.contains(w));
    let words = command.split([' ', ';', '&', '|']);
    let named = words.filter_map(move |word| match word.strip_prefix('@') {
        Some(name) => Some(name),
        None => runs.then_some(word),
    });
    // npm runs those of a name with `pre` and `post` too.
    let named =
        named.flat_map(|name| [name.to_owned(), format!("pre{name}"), format!("post{name}")]);
    let called = named.filter_map(|name| scripts.get(&name));
    called.flat_map(strings)
}

/// A command without `node -e "…"` that only asks for the environment, ends, or sets up husky, as husky's own pages tell.
fn without_plain_node(command: &str) -> String {
    const PLAIN: [&str; 22] = [
        "process",
        "env",
        "NODE_ENV",
        "CI",
        "production",
        "development",
        "test",
        "exit",
        "if",
        "else",
        "try",
        "catch",
        "throw",
        "require",
        "husky",
        "install",
        "e",
        "err",
        "error",
        "code",
        "MODULE_NOT_FOUND",
        "true",
    ];
    let mut left = String::new();
    let mut rest = command;
    while let Some((before, after)) = rest.split_once("node -e \"") {
        left.push_str(before);
        let Some((code, next)) = after.split_once('"') else {
            left.push_str("node -e \"");
            rest = after;
            continue;
        };
        let of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let mut words = code.split(|c| !of_name(c)).filter(|w| !w.is_empty());
        let is_plain = words.all(|w| PLAIN.contains(&w) || w.parse::<u32>().is_ok());
        let count = |what: &str| code.matches(what).count();
        let loads_husky = count("require") == count("require('husky')");
        left.push_str(
            &match is_plain && loads_husky && !code.contains(['[', '`', '+', '\\', '/']) {
                true => "true".to_owned(),
                false => format!("node -e \"{code}\""),
            },
        );
        rest = next;
    }
    left.push_str(rest);
    left
}

/// Whether a line of PHP only looks at files and makes them: `@php -r "file_exists('.env') || copy('.env.example', '.env');"`.
fn is_plain_php(command: &str) -> bool {
    const PLAIN: [&str; 12] = [
        "file_exists",
        "is_file",
        "is_dir",
        "copy",
        "mkdir",
        "touch",
        "if",
        "echo",
        "print",
        "exit",
        "unlink",
        "getenv",
    ];
    let Some(code) = command.strip_prefix("@php -r ") else {
        return false;
    };
    let of_name = |c: char| c.is_alphanumeric() || c == '_';
    let calls = code.match_indices('(').filter_map(|(at, _)| {
        let before = code.get(..at)?.trim_end();
        let name = before.rsplit(|c| !of_name(c)).next()?;
        (!name.is_empty()).then_some(name)
    });
    let mut calls = calls.peekable();
    calls.peek().is_some()
        && calls.all(|c| PLAIN.contains(&c))
        && !code.contains(['`', '$'])
        && !code.contains("://")
}

/// The scripts that composer runs by itself.
const OF_COMPOSER: [&str; 21] = [
    "pre-install-cmd",
    "post-install-cmd",
    "pre-update-cmd",
    "post-update-cmd",
    "pre-autoload-dump",
    "post-autoload-dump",
    "post-root-package-install",
    "post-create-project-cmd",
    "pre-package-install",
    "post-package-install",
    "pre-package-update",
    "post-package-update",
    "pre-package-uninstall",
    "post-package-uninstall",
    "init",
    "command",
    "pre-command-run",
    "pre-file-download",
    "post-file-download",
    "pre-operations-exec",
    "pre-pool-create",
];
/// The scripts that npm and others run by themselves when they install a package.
const OF_NPM: [&str; 11] = [
    "preinstall",
    "pnpm:devPreinstall",
    "install",
    "postinstall",
    "prepare",
    "preprepare",
    "postprepare",
    "prepublish",
    "preuninstall",
    "postuninstall",
    "dependencies",
];
/// Of these, those that only run for who works on the package, or fetches it from its repository.
const FOR_DEVELOPERS: [&str; 5] = [
    "prepare",
    "prepublish",
    "preprepare",
    "postprepare",
    "dependencies",
];

/// The score of a command of a script that runs by itself; none if it is usual.
fn score_of(
    name: &str,
    command: &str,
    scripts: &Map<String, Value>,
    of_composer: bool,
) -> Option<f64> {
    let judged = without_plain_node(command);
    // What is only shown fetches nothing.
    let is_shown = command.starts_with("echo ") && !command.contains(['&', '|', ';', '$', '`']);
    let asks = !is_shown && reaches_out(&judged) || calls(command, scripts).any(reaches_out);
    if asks {
        return Some(8.6);
    }
    let is_usual = match of_composer {
        true => is_usual_of_composer(command) || is_usual(command, scripts, 0),
        false => is_usual(&judged, scripts, 0),
    };
    let is_later = !of_composer && FOR_DEVELOPERS.contains(&name);
    (!is_usual).then_some(if is_later { 5.0 } else { 7.4 })
}

/// Whether a command is one that composer or a framework has for all: `@php artisan`, and methods of classes that are
/// installed.
fn is_usual_of_composer(command: &str) -> bool {
    let of_framework = ["@composer ", "@putenv ", "@php artisan ", "@php vendor/"];
    of_framework.iter().any(|b| command.starts_with(b))
        || is_plain_php(command)
        || command.starts_with('@') && !command.contains(' ')
        || command.contains("::") && !command.contains(' ')
}

impl SettingsFile<'_> {
    /// The scripts of a package that run by themselves.
    pub(super) fn scripts(&mut self, value: &Value, of_composer: bool, most: f64) {
        self.hooks_of_git(value, most);
        let Some(scripts) = value.get("scripts").and_then(Value::as_object) else {
            return;
        };
        let by_themselves: &[&str] = if of_composer { &OF_COMPOSER } else { &OF_NPM };
        for (name, command) in scripts {
            if !by_themselves.contains(&name.as_str()) {
                continue;
            }
            for command in strings(command) {
                if let Some(score) = score_of(name, command, scripts, of_composer) {
                    self.add(
                        SCRIPT,
                        score.min(most),
                        "Script runs when the package is installed",
                        &format!(
                            "`{name}` runs on the machine of everyone who installs the package"
                        ),
                        command,
                    );
                }
            }
        }
    }

    /// Hooks of git that tools set up from `package.json`. Most of them check the code, so only what fetches a program counts.
    fn hooks_of_git(&mut self, value: &Value, most: f64) {
        let husky = value.get("husky").and_then(|h| h.get("hooks"));
        let all = [husky, value.get("simple-git-hooks"), value.get("gitHooks")];
        for hooks in all.into_iter().flatten().filter_map(Value::as_object) {
            let commands = hooks.values().flat_map(strings);
            for command in commands.filter(|c| fetches(c)) {
                let why = "A hook of git runs this command by itself";
                self.add(
                    SCRIPT,
                    f64::min(8.2, most),
                    "Command fetches a program and runs it",
                    why,
                    command,
                );
            }
        }
    }
}
