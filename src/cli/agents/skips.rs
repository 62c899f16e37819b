//! Whether a command that an agent is about to run makes git skip its hooks. It is read as a shell reads it, as far as
//! that can be known without running it: an agent that means no harm is told what to do instead.

use super::shell::{SHELLS, name_of, parts_of};

/// How deep commands in commands are followed.
const DEEPEST: usize = 5;

/// What of a command skips hooks, as it is written.
pub(super) fn skipped(command: &str) -> Option<String> {
    within(command, DEEPEST)
}

fn within(command: &str, depth: usize) -> Option<String> {
    let parts = parts_of(command);
    let nested = parts.nested.iter().filter(|_| depth > 0);
    let mut nested = nested.filter_map(|inner| within(inner, depth - 1));
    let found = parts
        .commands
        .iter()
        .find_map(|words| of_words(words, depth));
    found.or_else(|| nested.next())
}

/// A variable that switches hooks off: git's own, and those of managers of hooks.
fn assignment(word: &str) -> Option<String> {
    let (name, value) = word.split_once('=')?;
    let off = ["0", "false", "no", "off"].contains(&value);
    let set = !value.is_empty() && !off;
    let skips = match name {
        "HUSKY" | "LEFTHOOK" => off,
        "HUSKY_SKIP_HOOKS" | "OVERCOMMIT_DISABLE" | "SKIP_SIMPLE_GIT_HOOKS" => set,
        "SKIP" | "PREK_SKIP" | "LEFTHOOK_EXCLUDE" => value.split(',').any(|s| s == "newgate"),
        "GIT_CONFIG_PARAMETERS" => is_hooks_setting(value),
        _ => name.starts_with("GIT_CONFIG_KEY_") && is_hooks_setting(value),
    };
    skips.then(|| word.to_owned())
}

/// Whether a text names the setting of git's folder of hooks, whose case does not matter.
fn is_hooks_setting(text: &str) -> bool {
    text.to_lowercase().contains("core.hookspath")
}

/// Words before a command that run the rest as a command.
const WRAPPERS: [&str; 20] = [
    "sudo", "doas", "env", "command", "exec", "time", "nohup", "nice", "ionice", "timeout",
    "setsid", "stdbuf", "xargs", "then", "do", "else", "if", "while", "{", "!",
];

/// Programs that change the files that are named to them.
const WRITERS: [&str; 11] = [
    "rm", "mv", "chmod", "unlink", "truncate", "ln", "cp", "install", "tee", "sed", "dd",
];

/// Whether a word is a command that is looked at, or stands before one.
fn is_known(word: &str) -> bool {
    let name = name_of(word);
    word.contains('=')
        || ["git", "eval", "newgate"].contains(&name)
        || WRAPPERS.contains(&name)
        || SHELLS.contains(&name)
        || WRITERS.contains(&name)
}

/// The hook that the output of a command is written over.
fn written_over(words: &[String]) -> Option<String> {
    let to = words.iter().position(|w| w.contains('>'))?;
    let hook = words.get(to..)?.iter().take(2).find(|w| is_hook(w))?;
    Some(format!("> {}", hook.trim_start_matches('>')))
}

/// Whether a word names a hook of git, or the folder of hooks.
fn is_hook(word: &str) -> bool {
    word.contains(".git/hooks") || word.ends_with("hooks/pre-push")
}

/// What a wrapper runs: what is behind its own options and numbers.
fn behind_options(words: &[String]) -> Option<&[String]> {
    let own = |w: &&String| w.starts_with('-') || w.starts_with(|c: char| c.is_ascii_digit());
    let mut rest = words;
    loop {
        let skip = rest.iter().take_while(own).count();
        let has_option = rest.iter().take(skip).any(|w| w.starts_with('-'));
        rest = rest.get(skip..)?;
        // `-u NAME`: an option may have a value of its own.
        if !has_option || rest.first().is_none_or(|w| is_known(w)) {
            return Some(rest);
        }
        rest = rest.get(1..)?;
    }
}

fn of_words(words: &[String], depth: usize) -> Option<String> {
    let is_assignment = |w: &str| {
        w.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    if let Some(found) = written_over(words) {
        return Some(found);
    }
    let mut rest = words;
    loop {
        let (first, after) = rest.split_first()?;
        let is_export = ["export", "declare", "readonly"].contains(&first.as_str());
        rest = if is_assignment(first) {
            if let Some(found) = assignment(first) {
                return Some(found);
            }
            after
        } else if is_export {
            return after.iter().find_map(|w| assignment(w));
        } else if WRAPPERS.contains(&name_of(first)) {
            behind_options(after)?
        } else {
            break;
        };
    }
    let (first, args) = rest.split_first()?;
    match name_of(first) {
        "git" => of_git(args, depth),
        shell if SHELLS.contains(&shell) => {
            let at = args
                .iter()
                .position(|a| a.starts_with('-') && !a.starts_with("--") && a.ends_with('c'))?;
            let script = args.get(at + 1)?;
            within(script, depth.checked_sub(1)?)
        }
        "eval" => within(&args.join(" "), depth.checked_sub(1)?),
        // It reads unless it is told to write.
        "sed"
            if !args
                .iter()
                .any(|a| a.starts_with("-i") || a.starts_with("--in-place")) =>
        {
            None
        }
        copier @ ("cp" | "install") => {
            let hook = args.last().filter(|a| is_hook(a))?;
            Some(format!("{copier} {hook}"))
        }
        writer if WRITERS.contains(&writer) => {
            let hook = args.iter().find(|a| is_hook(a))?;
            Some(format!("{writer} {hook}"))
        }
        "newgate" => {
            let undoes = args.first().is_some_and(|a| a == "uninstall");
            undoes.then(|| "newgate uninstall".to_owned())
        }
        _ => None,
    }
}

/// Options of git itself that take a value of their own (git(1)).
const WITH_VALUE: [&str; 8] = [
    "-C",
    "-c",
    "--config-env",
    "--exec-path",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--attr-source",
];

fn of_git(args: &[String], depth: usize) -> Option<String> {
    let mut args = args.iter();
    let command = loop {
        let arg = args.next()?;
        if !arg.starts_with('-') {
            break arg;
        }
        let (option, value) = match arg.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ if WITH_VALUE.contains(&arg.as_str()) => (arg.as_str(), args.next().cloned()),
            // `-cname=value` is one word too.
            _ => match arg.strip_prefix("-c").filter(|v| !v.is_empty()) {
                Some(value) => ("-c", Some(value.to_owned())),
                None => (arg.as_str(), None),
            },
        };
        let Some(value) = value.filter(|_| ["-c", "--config-env"].contains(&option)) else {
            continue;
        };
        if is_hooks_setting(&value) {
            return Some(format!("{option} {value}"));
        }
        if let Some(found) = of_alias(&value, depth) {
            return Some(found);
        }
    };
    let rest: Vec<&str> = args.map(String::as_str).collect();
    match command.as_str() {
        "push" | "commit" | "merge" | "rebase" | "am" | "pull" | "cherry-pick" | "revert"
        | "subtree" => no_verify(command, &rest),
        // They talk to a remote without a hook of this side.
        "send-pack" | "http-push" => Some(format!("git {command}")),
        "config" => of_config(&rest, depth),
        _ => None,
    }
}

/// `alias.NAME=VALUE`: what the alias stands for.
fn of_alias(setting: &str, depth: usize) -> Option<String> {
    let (name, value) = setting.split_once('=')?;
    name.to_lowercase().strip_prefix("alias.")?;
    let command = match value.strip_prefix('!') {
        Some(script) => script.to_owned(),
        None => format!("git {value}"),
    };
    within(&command, depth.checked_sub(1)?)
}

/// `--no-verify`, as far as git lets it be shortened, and its short form where a command has one.
fn no_verify(command: &str, args: &[&str]) -> Option<String> {
    const LONG: &str = "--no-verify";
    const LEAST: usize = "--no-veri".len();
    let long = |a: &&str| a.len() >= LEAST && LONG.starts_with(a);
    // Letters of `git commit` that take a value: what follows in the word is that.
    let short = |a: &&str| {
        let letters = a.strip_prefix('-').filter(|l| !l.starts_with('-'));
        let letters = letters.unwrap_or_default();
        let own = letters.split(['m', 'F', 'C', 'c', 't', 'S', 'u']).next();
        own.is_some_and(|l| l.contains('n'))
    };
    let takes_value = [
        "-m",
        "--message",
        "-F",
        "--file",
        "-C",
        "-c",
        "-t",
        "--author",
        "--date",
    ];
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if *arg == "--" {
            return None;
        }
        if takes_value.contains(arg) {
            args.next();
            continue;
        }
        let is_short = ["commit", "am"].contains(&command) && short(arg);
        if long(arg) || is_short {
            return Some(format!("git {command} {arg}"));
        }
    }
    None
}

/// `git config` where it writes what switches hooks off.
fn of_config(args: &[&str], depth: usize) -> Option<String> {
    let named: Vec<&&str> = args.iter().filter(|a| !a.starts_with('-')).collect();
    let action = |words: &[&str]| args.iter().any(|a| words.contains(a));
    let is_subcommand = named
        .first()
        .is_some_and(|a| ["set", "unset", "get", "list"].contains(*a));
    let named = named.get(usize::from(is_subcommand)..)?;
    let unsets = action(&["unset", "--unset", "--unset-all"]);
    let reads = action(&["get", "list", "--get", "--get-all", "-l", "--list"]);
    let key = named.first()?.to_lowercase();
    let writes = unsets || (!reads && named.len() > 1);
    if !writes {
        return None;
    }
    if key == "core.hookspath" || key == "newgate.program" {
        return Some(format!("git config {}", args.join(" ")));
    }
    of_alias(&format!("{key}={}", named.get(1)?), depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_skips_hooks_is_seen_however_it_is_written() {
        for command in [
            "git push --no-verify",
            "git push origin HEAD --no-verify",
            "git push --no-veri",
            "git commit -nm wip",
            "git commit -anm 'x'",
            "git commit --no-verify -m 'a b'",
            "cd /x && git commit -n -m x && git push",
            "git -C sub push --no-verify",
            "git -c core.hooksPath=/dev/null push",
            "git -c 'Core.HooksPath=' commit -m x",
            "git -ccore.hookspath=x push",
            "git --config-env=core.hooksPath=EMPTY push",
            "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null git push",
            "export GIT_CONFIG_PARAMETERS=\"'core.hooksPath'='/x'\"; git push",
            "HUSKY=0 git push",
            "export LEFTHOOK=0\ngit push",
            "SKIP=newgate git push",
            "sudo -E git push --no-verify",
            "timeout 60 git push --no-verify",
            "timeout -s KILL 60 git push --no-verify",
            "sudo -u bob git push --no-verify",
            "env -u A -i B=c git push --no-verify",
            "echo > .git/hooks/pre-push",
            "cat x >.git/hooks/pre-push",
            "cp /bin/true .git/hooks/pre-push",
            "sed -i s/a/b/ .git/hooks/pre-push",
            "bash -lc 'git push --no-verify'",
            "sh -c \"cd x; git commit -n\"",
            "echo $(git push --no-verify)",
            "x=`git push --no-verify`",
            "eval 'git push' --no-verify",
            "/usr/bin/git push --no-verify",
            "git -c alias.p='push --no-verify' p",
            "git config alias.p 'push --no-verify'",
            "git config core.hooksPath /dev/null",
            "git config --local --unset core.hooksPath",
            "git config set core.hooksPath x",
            "git send-pack origin main",
            "rm .git/hooks/pre-push && git push",
            "chmod -x .git/hooks/pre-push",
            "newgate uninstall",
            "if true; then git push --no-verify; fi",
            "git merge --no-verify topic",
            "git push \\\n  --no-verify",
            "bash <<'END'\ngit push --no-verify\nEND",
            "cat <<END > a\nx\nEND\ngit push --no-verify",
        ] {
            assert!(skipped(command).is_some(), "{command}");
        }
    }

    #[test]
    fn what_runs_hooks_is_let_through() {
        for command in [
            "git push",
            "git push -n origin main",
            "git push --no-verbose",
            "git commit -m 'do not use --no-verify'",
            "git commit -m --no-verify",
            "git commit -am 'now -n'",
            "git commit -mn",
            "git merge -n topic",
            "git log -n 5",
            "git config core.hooksPath",
            "git config --get core.hooksPath",
            "git config get core.hooksPath",
            "git config --list",
            "git -c user.name=x commit -m y",
            "grep -r -- --no-verify .",
            "rg 'git push --no-verify'",
            "echo git push --no-verify is refused",
            "HUSKY=1 git push",
            "SKIP=flake8 git push",
            "# git push --no-verify\ngit push",
            "ls .git/hooks",
            "cat .git/hooks/pre-push > /tmp/hook",
            "sed -n 1p .git/hooks/pre-push",
            "cp .git/hooks/pre-push /tmp/hook",
            "sudo -u bob git push",
            "cat > a <<'E'\ngit push --no-verify\nE\ngit push",
            "cat <<< 'git push --no-verify'",
            "newgate check --format agent",
            "",
            "'",
            "$(",
        ] {
            assert_eq!(skipped(command), None, "{command}");
        }
    }
}
