//! Writes what packages have beside the program: completions for shells, and a man page for each command.
//!
//! `cargo run --example pages -- FOLDER DATE` makes `FOLDER/completions` and `FOLDER/man`; the man pages say the date.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Command, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

/// What lists the names that git knows for commits.
const REFS: &str = "git for-each-ref --format='%(refname:short)' 2>/dev/null";

fn main() -> io::Result<()> {
    let mut args = std::env::args_os().skip(1);
    let folder = args.next().map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name the folder to write to"))?;
    let date = args.next().unwrap_or_default();
    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    let mut command = newgate::cli::command();
    for shell in Shell::value_variants() {
        let file = clap_complete::generate_to(*shell, &mut command, "newgate", &completions)?;
        let text = fs::read_to_string(&file)?;
        fs::write(file, with_refs(*shell, &text, &command))?;
    }
    let pages = folder.join("man");
    fs::create_dir_all(&pages)?;
    let mut command = newgate::cli::command().disable_help_subcommand(true);
    command.build();
    man_pages(&command, &date.to_string_lossy(), &pages)
}

/// Completions that propose branches and tags where an option takes a commit; clap knows files alone.
fn with_refs(shell: Shell, text: &str, command: &Command) -> String {
    let mut options = BTreeSet::new();
    of_commits(command, &mut options);
    match shell {
        Shell::Bash => options.iter().fold(text.to_owned(), |text, option| {
            let files = format!("--{option})\n                    COMPREPLY=($(compgen -f \"${{cur}}\"))");
            let refs = format!(
                "--{option})\n                    COMPREPLY=($(compgen -W \"$({REFS})\" -- \"${{cur}}\"))"
            );
            text.replace(&files, &refs)
        }),
        Shell::Zsh => {
            let function = format!(
                "_newgate_refs() {{\n    local -a refs\n    refs=(${{(f)\"$({REFS})\"}})\n    compadd -a refs\n}}\n\n_newgate() {{"
            );
            ["REV", "REF"]
                .iter()
                .fold(text.replacen("_newgate() {", &function, 1), |text, value| {
                    text.replace(&format!("]:{value}:_default'"), &format!("]:{value}:_newgate_refs'"))
                })
        }
        Shell::Fish => {
            let takes = |line: &str| options.iter().any(|o| line.contains(&format!(" -l {o} ")));
            let lines = text.lines().map(|line| match takes(line) && line.ends_with(" -r") {
                true => format!("{line} -f -a \"({REFS})\"\n"),
                false => format!("{line}\n"),
            });
            lines.collect()
        }
        _ => text.to_owned(),
    }
}

/// The options of a command and of those below it that take a commit.
fn of_commits(command: &Command, found: &mut BTreeSet<String>) {
    for option in command.get_opts() {
        let values = option.get_value_names().unwrap_or_default();
        if values.iter().any(|v| v == "REV" || v == "REF") {
            found.extend(option.get_long().map(str::to_owned));
        }
    }
    for below in command.get_subcommands() {
        of_commits(below, found);
    }
}

/// A page for a command and for each below it that is not hidden: `newgate-baseline-build.1`.
fn man_pages(command: &Command, date: &str, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        man_pages(below, date, folder)?;
    }
    let page = Man::new(command.clone()).date(date);
    let page = page.source(concat!("newgate ", env!("CARGO_PKG_VERSION")));
    page.generate_to(folder).map(|_| ())
}
