//! What each command's help has beside its own options: examples, and of the options for all commands those that
//! change what it does.

use clap::{Arg, Command, CommandFactory, FromArgMatches};

/// Two or three examples of each command.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("init", &["newgate init", "newgate init --yes --ci github"]),
    (
        "check",
        &[
            "newgate check",
            "newgate check --staged",
            "newgate check --target origin/main --output html=report.html",
        ],
    ),
    (
        "hook",
        &[
            "newgate hook pre-push origin < refs",
            "newgate hook pre-commit",
        ],
    ),
    (
        "hook pre-push",
        &[
            "newgate hook pre-push origin < refs",
            "newgate hook pre-push origin --output html=report.html < refs",
        ],
    ),
    ("hook pre-receive", &["newgate hook pre-receive < refs"]),
    (
        "hook update",
        &["newgate hook update refs/heads/main OLD NEW"],
    ),
    ("hook pre-merge-commit", &["newgate hook pre-merge-commit"]),
    (
        "hook pre-commit",
        &[
            "newgate hook pre-commit",
            "newgate hook pre-commit --format agent",
        ],
    ),
    ("hook prewarm", &["newgate hook prewarm post-commit"]),
    ("hook agent", &["newgate hook agent claude command < event"]),
    (
        "install",
        &[
            "newgate install",
            "newgate install --prewarm",
            "newgate install --server /srv/git/shop.git",
        ],
    ),
    (
        "uninstall",
        &["newgate uninstall", "newgate uninstall --global"],
    ),
    ("show", &["newgate show", "newgate show 16ec0f62d8"]),
    (
        "report",
        &[
            "newgate report markdown",
            "newgate report html --output report.html",
        ],
    ),
    ("open", &["newgate open", "newgate open --no-browser"]),
    (
        "history",
        &["newgate history", "newgate history --target origin/main"],
    ),
    (
        "receipt",
        &["newgate receipt", "newgate receipt --push origin"],
    ),
    (
        "explain",
        &["newgate explain", "newgate explain 16ec0f62d8"],
    ),
    (
        "exempt",
        &[
            "newgate exempt 16ec0f62d8 --reason false-positive --until 30d --text 'The input is a constant.'",
            "newgate exempt 16ec0f62d8 --all-occurrences --reason acceptable-risk --until 90d --text 'Internal.'",
        ],
    ),
    (
        "import",
        &[
            "newgate import --dry-run",
            "newgate import .secrets.baseline --until 90d",
        ],
    ),
    (
        "exemptions",
        &["newgate exemptions", "newgate exemptions --check"],
    ),
    ("config", &["newgate config check", "newgate config show"]),
    ("config check", &["newgate config check"]),
    (
        "config show",
        &["newgate config show", "newgate config show --format json"],
    ),
    (
        "config schema",
        &[
            "newgate config schema",
            "newgate config schema exemptions > exemptions.schema.json",
        ],
    ),
    (
        "scanners",
        &[
            "newgate scanners",
            "newgate scanners show bandit",
            "newgate scanners install",
        ],
    ),
    ("scanners show", &["newgate scanners show bandit"]),
    (
        "scanners install",
        &[
            "newgate scanners install",
            "newgate scanners install bandit",
        ],
    ),
    (
        "scanners update",
        &[
            "newgate scanners update",
            "newgate scanners update bandit@1.9.4",
        ],
    ),
    ("scanners list", &["newgate scanners list"]),
    (
        "scanners prune",
        &["newgate scanners prune --dry-run", "newgate scanners prune"],
    ),
    (
        "scanners new",
        &[
            "newgate scanners new mytool report.json",
            "newgate scanners new mytool report.json --output mytool.toml",
        ],
    ),
    (
        "scanners read",
        &[
            "newgate scanners read bandit report.json",
            "newgate scanners read .newgate/scanners/mytool.toml report.json",
        ],
    ),
    (
        "ingest",
        &[
            "newgate ingest results.sarif",
            "newgate ingest results.json --scanner semgrep --rev HEAD",
        ],
    ),
    (
        "baseline",
        &[
            "newgate baseline build",
            "newgate baseline fetch",
            "newgate baseline publish",
        ],
    ),
    (
        "baseline build",
        &[
            "newgate baseline build",
            "newgate baseline build --target origin/release --shard 2/4",
        ],
    ),
    ("baseline show", &["newgate baseline show"]),
    (
        "baseline fetch",
        &["newgate baseline fetch", "newgate baseline fetch upstream"],
    ),
    (
        "baseline publish",
        &[
            "newgate baseline publish",
            "newgate baseline publish origin --sign",
        ],
    ),
    (
        "baseline prune",
        &["newgate baseline prune", "newgate baseline prune --days 7"],
    ),
    (
        "doctor",
        &["newgate doctor", "newgate doctor --format json"],
    ),
    ("demo", &["newgate demo", "newgate demo --keep /tmp/shop"]),
    ("upgrade", &["newgate upgrade"]),
];

/// The commands that print a report, so that `--verbose` changes what they print.
const REPORTING: [&str; 5] = [
    "check",
    "report",
    "hook pre-push",
    "hook pre-merge-commit",
    "hook pre-commit",
];

/// Parses the command line; ends the process where that asks for help or is wrong.
pub(super) fn parse<A: CommandFactory + FromArgMatches>() -> A {
    let asked: Vec<_> = std::env::args_os().skip(1).collect();
    let helps = |word: &std::ffi::OsString| ["help", "--help", "-h"].iter().any(|h| word == h);
    // A hook has no time for what only help shows.
    let command = match asked.len() < 2 || asked.iter().any(helps) {
        true => with_help(A::command()),
        false => A::command(),
    };
    A::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// Adds to each command what only its help shows.
pub(super) fn with_help(command: Command) -> Command {
    let of_all = command.get_arguments().filter(|a| a.is_global_set());
    let of_all: Vec<Arg> = of_all.cloned().collect();
    subcommands(command, "", &of_all)
}

fn subcommands(mut command: Command, path: &str, of_all: &[Arg]) -> Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |c| one(c, path.trim_start(), of_all));
    }
    command
}

fn one(mut command: Command, path: &str, of_all: &[Arg]) -> Command {
    if let Some((_, examples)) = EXAMPLES.iter().find(|(name, _)| *name == path) {
        command = command.after_help(format!("Examples:\n  {}", examples.join("\n  ")));
    }
    let reports = REPORTING.contains(&path);
    for arg in of_all {
        let arg = arg.clone();
        command = command.arg(match arg.get_id().as_str() {
            "verbose" => arg.hide(!reports),
            "quiet" if !reports => arg.help("Print only results and errors"),
            _ => arg,
        });
    }
    subcommands(command, path, of_all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;

    /// Every command that help lists, with its path.
    fn all(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        for sub in command.get_subcommands().filter(|s| !s.is_hide_set()) {
            let path = format!("{path} {}", sub.get_name()).trim().to_owned();
            found.push((path.clone(), sub.clone()));
            all(sub, &path, found);
        }
    }

    #[test]
    fn help_is_short_and_its_examples_are_understood() {
        let command = with_help(Arguments::command());
        let mut commands = Vec::new();
        all(&command, "", &mut commands);
        let paths: Vec<&str> = commands.iter().map(|(path, _)| path.as_str()).collect();
        let with_examples: Vec<&str> = EXAMPLES.iter().map(|(path, _)| *path).collect();
        for path in with_examples.iter().chain(&REPORTING) {
            assert!(paths.contains(path), "there is no command `{path}`");
        }
        for (path, sub) in &commands {
            let about = sub.get_about().unwrap().to_string();
            assert!(about.split_whitespace().count() <= 10, "{path}: {about}");
            let mut built = command.clone();
            built.build();
            let words = path.split(' ');
            let found = words.fold(&mut built, |c, word| c.find_subcommand_mut(word).unwrap());
            let help = found.render_long_help().to_string();
            assert!(help.contains("Examples:\n  newgate "), "{path}: {help}");
            let verbose = help.contains("--verbose");
            assert_eq!(verbose, REPORTING.contains(&path.as_str()), "{path}");
            for line in help.lines().filter(|l| !l.starts_with("  newgate ")) {
                assert!(line.chars().count() <= 100, "{path}: {line}");
            }
        }
        for (_, examples) in EXAMPLES {
            for example in *examples {
                let example = example.split(['<', '>']).next().unwrap();
                // A text in quotes is one word.
                let quoted = example.split('\'').enumerate();
                let words = quoted.flat_map(|(number, part)| match number % 2 {
                    1 => vec![part],
                    _ => part.split_whitespace().collect(),
                });
                let read = command.clone().try_get_matches_from(words);
                assert!(read.is_ok(), "{example}: {read:?}");
            }
        }
    }

    #[test]
    fn an_option_of_all_commands_is_understood_before_and_behind_each() {
        for words in [["newgate", "-v", "doctor"], ["newgate", "doctor", "-v"]] {
            let read = with_help(Arguments::command()).try_get_matches_from(words);
            let read = Arguments::from_arg_matches(&read.unwrap()).unwrap();
            assert!(read.screen.resolve().verbose);
        }
    }
}
