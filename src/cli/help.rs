//! The first line and the last lines of each command's help.

use clap::{Command, Parser};

/// What each command does, in at most ten words, and two or three examples of it.
const HELP: &[(&str, &str, &[&str])] = &[
    (
        "hook",
        "Check a push or merge from a git hook",
        &["newgate hook pre-push origin < refs"],
    ),
    (
        "init",
        "Set up newgate in a repository",
        &["newgate init", "newgate init --yes"],
    ),
    (
        "check",
        "Check a change: the current branch by default",
        &[
            "newgate check",
            "newgate check --staged",
            "newgate check --target origin/main --output html=report.html",
        ],
    ),
    (
        "install",
        "Install the pre-push hook, and keep an existing one",
        &[
            "newgate install",
            "newgate install --prewarm",
            "newgate install --server /srv/git/shop.git",
        ],
    ),
    (
        "uninstall",
        "Remove the hook, and restore the previous one",
        &["newgate uninstall", "newgate uninstall --global"],
    ),
    (
        "show",
        "Show one issue of the last report, or list all",
        &["newgate show", "newgate show 16ec0f62d8"],
    ),
    (
        "report",
        "Write the last report in another format",
        &[
            "newgate report markdown",
            "newgate report html --output report.html",
        ],
    ),
    (
        "open",
        "Open the last report in the browser",
        &["newgate open", "newgate open --no-browser"],
    ),
    (
        "history",
        "List the past verdicts of this clone",
        &["newgate history", "newgate history --target origin/main"],
    ),
    (
        "receipt",
        "Check, and sign a receipt for the server",
        &["newgate receipt", "newgate receipt --push origin"],
    ),
    (
        "explain",
        "Explain a verdict or an issue",
        &["newgate explain", "newgate explain 16ec0f62d8"],
    ),
    (
        "exempt",
        "Exempt an issue or an occurrence for a limited time",
        &[
            "newgate exempt 16ec0f62d8 --reason false-positive --until 30d --text 'The input is a constant.'",
            "newgate exempt 16ec0f62d8 --all-occurrences --reason acceptable-risk --until 90d --text 'Internal tool.'",
        ],
    ),
    (
        "exemptions",
        "List the exemptions and their state",
        &["newgate exemptions", "newgate exemptions --check"],
    ),
    (
        "config",
        "Check or show the configuration",
        &["newgate config check", "newgate config show"],
    ),
    (
        "scanners",
        "List, install and describe scanners",
        &[
            "newgate scanners",
            "newgate scanners show bandit",
            "newgate scanners install",
        ],
    ),
    (
        "ingest",
        "Ingest reports of scanners that ran elsewhere",
        &[
            "newgate ingest results.sarif",
            "newgate ingest results.json --scanner semgrep --rev HEAD",
        ],
    ),
    (
        "baseline",
        "Manage the cached results of the target",
        &[
            "newgate baseline build",
            "newgate baseline fetch",
            "newgate baseline publish",
        ],
    ),
    (
        "doctor",
        "Check the setup, and show what is wrong",
        &["newgate doctor", "newgate doctor --color never"],
    ),
    (
        "demo",
        "Demonstrate newgate in a temporary repository",
        &["newgate demo", "newgate demo --keep /tmp/shop"],
    ),
];

/// Parses the command line; ends the process where that asks for help or is wrong.
pub(super) fn parse<A: Parser>() -> A {
    let read = with_help(A::command()).get_matches();
    A::from_arg_matches(&read).unwrap_or_else(|error| error.exit())
}

/// Gives each command that is there its first line and its examples.
fn with_help(command: Command) -> Command {
    HELP.iter()
        .fold(command, |command, (name, about, examples)| {
            match command.find_subcommand(name).is_some() {
                true => command.mut_subcommand(name, |c| {
                    let examples = format!("Examples:\n  {}", examples.join("\n  "));
                    c.about(*about).long_about(*about).after_help(examples)
                }),
                false => command,
            }
        })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Arguments;

    #[test]
    fn help_is_short_and_its_examples_are_understood() {
        let command = with_help(Arguments::command());
        let mut seen = 0;
        for (name, about, examples) in HELP {
            let sub = command.find_subcommand(name).unwrap();
            assert!(about.split_whitespace().count() <= 10, "{name}: {about}");
            let help = sub.clone().render_long_help().to_string();
            assert!(
                help.starts_with(about) && help.contains("Examples:\n  newgate "),
                "{help}"
            );
            for line in help.lines().filter(|l| !l.starts_with("  newgate ")) {
                assert!(line.chars().count() <= 100, "{name}: {line}");
            }
            for example in *examples {
                let example = example.split(" < ").next().unwrap();
                // A text in quotes is one word.
                let quoted = example.split('\'').enumerate();
                let words = quoted.flat_map(|(number, part)| match number % 2 {
                    1 => vec![part],
                    _ => part.split_whitespace().collect(),
                });
                let read = command.clone().try_get_matches_from(words);
                assert!(read.is_ok(), "{example}: {read:?}");
                seen += 1;
            }
        }
        assert!(seen > 30, "{seen}");
    }
}
