//! `docs/commands.md` says what the help of each command says.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Arg, Command};

const PAGE: &str = "docs/commands.md";

const BEGIN: &str = "\
# Commands

Written by `cargo test --lib -- --ignored write_the_pages` from the help of the program: `newgate help COMMAND` prints the same.

These options work with every command; `--verbose` changes only what reports show:

";

/// A text in one line of a table.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

/// How an argument is written.
fn name(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default();
    let takes_value = arg.get_action().takes_values();
    let value = match values.first() {
        Some(value) if takes_value && arg.is_positional() => value.to_string(),
        Some(value) if takes_value => format!(" <{value}>"),
        _ => String::new(),
    };
    let short = arg.get_short().map(|s| format!("-{s}"));
    let long = arg.get_long().map(|l| format!("--{l}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    format!("`{}{value}`", names.join("`, `"))
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help());
    let mut text = cell(&help.map(ToString::to_string).unwrap_or_default());
    let possible = arg.get_possible_values();
    if !possible.is_empty() && arg.get_action().takes_values() {
        let values = possible.iter().filter(|v| !v.is_hide_set()).map(|v| {
            let help = v.get_help().map(|h| format!(" ({})", cell(&h.to_string())));
            format!("`{}`{}", v.get_name(), help.unwrap_or_default())
        });
        let _ = write!(text, ": {}", values.collect::<Vec<_>>().join(", "));
    }
    if let [default] = arg.get_default_values()
        && arg.get_action().takes_values()
    {
        let _ = write!(text, ". Default: `{}`", default.to_string_lossy());
    }
    text
}

/// The table of arguments, without what every command has.
fn table<'a>(args: impl Iterator<Item = &'a Arg>) -> String {
    let mut out = String::new();
    for arg in
        args.filter(|a| !a.is_hide_set() && !["help", "version"].contains(&a.get_id().as_str()))
    {
        if out.is_empty() {
            out.push_str("| argument | meaning |\n| --- | --- |\n");
        }
        let _ = writeln!(out, "| {} | {} |", name(arg), meaning(arg));
    }
    out
}

fn describe(command: &Command, path: &str, out: &mut String) {
    let mut whole = command.clone().bin_name(path).term_width(100);
    let usage = whole.render_usage().to_string();
    let about = command.get_long_about().or_else(|| command.get_about());
    let _ = write!(
        out,
        "\n## {path}\n\n{}.\n\n```text\n{}\n```\n",
        about
            .map(ToString::to_string)
            .unwrap_or_default()
            .trim_end_matches('.'),
        usage
            .trim_start_matches("Usage: ")
            .replace("\n       ", "\n"),
    );
    let arguments = table(command.get_arguments().filter(|a| !a.is_global_set()));
    if !arguments.is_empty() {
        let _ = write!(out, "\n{arguments}");
    }
    let after = command
        .get_after_long_help()
        .or_else(|| command.get_after_help());
    if let Some(after) = after {
        let _ = write!(out, "\n```text\n{}\n```\n", after.to_string().trim());
    }
    for sub in command
        .get_subcommands()
        .filter(|s| !s.is_hide_set() && s.get_name() != "help")
    {
        describe(sub, &format!("{path} {}", sub.get_name()), out);
    }
}

fn page() -> String {
    let command = super::command();
    let mut out = format!("{BEGIN}{}", table(command.get_arguments()));
    for sub in command.get_subcommands().filter(|s| !s.is_hide_set()) {
        describe(sub, &format!("newgate {}", sub.get_name()), &mut out);
    }
    out
}

#[test]
fn the_page_of_commands_says_what_the_help_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let there = fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == page(),
        "{PAGE} is not up to date: `cargo test --lib -- --ignored write_the_pages` writes it"
    );
}

#[test]
#[ignore = "writes docs/commands.md"]
fn write_the_pages() {
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE), page()).unwrap();
}
