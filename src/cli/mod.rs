//! The command line, with one file for each subcommand.

mod agents;
mod baseline;
mod check;
mod commit;
mod compare;
mod config;
mod coverage;
mod demo;
mod doctor;
mod everywhere;
mod exempt;
mod exemptions;
mod explain;
mod fault;
mod help;
mod history;
mod hook;
mod hook_file;
mod import;
mod ingest;
mod init;
mod input;
mod install;
mod kept;
mod last;
mod lefthook;
mod manager;
mod named;
mod open;
mod output;
mod place;
mod prewarm;
mod purge;
mod receipt;
mod report;
mod scanners;
mod schema;
mod screen;
mod server;
mod session;
mod shim;
mod show;
mod simple_git_hooks;
mod swallowed;
mod uninstall;
mod upgrade;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::model::Verdict;
use crate::process::{catch_interrupts, keep_scanners, let_end, release_scanners, stopped};

/// A security gate for git: it checks each change, and blocks only new issues.
#[derive(Debug, Parser)]
#[command(name = "newgate", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    screen: screen::Screen,
}

const EXIT_CODES: &str = "Exit codes: 0 pass, 1 blocked, 2 usage or configuration error, 3 incomplete (not \
    everything could be checked); 128 plus the signal's number if a signal ended it.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up newgate in a repository
    Init(init::Init),
    /// Check a change: the current branch by default
    Check(check::Check),
    /// Check a push, merge or commit from a git hook
    Hook(hook::Hook),
    /// Install the pre-push hook, and keep an existing one
    Install(install::Install),
    /// Remove the hook, and restore the previous one
    Uninstall(uninstall::Uninstall),
    /// Show one issue of the last report, or list all
    Show(show::Show),
    /// Write the last report in another format
    Report(report::Report),
    /// Open the last report in the browser
    Open(open::Open),
    /// List the past verdicts of this clone
    History(history::History),
    /// Check, and sign a receipt for the server
    Receipt(receipt::Receipt),
    /// Explain a verdict or an issue
    Explain(explain::Explain),
    /// Exempt an issue or an occurrence for a limited time
    Exempt(exempt::Exempt),
    /// Import baselines and ignore files of other tools
    Import(import::Import),
    /// List the exemptions and their state
    Exemptions(exemptions::Exemptions),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// List, install and describe scanners
    Scanners(scanners::Scanners),
    /// Ingest reports of scanners that ran elsewhere
    Ingest(ingest::Ingest),
    /// Manage the cached results of the target
    #[command(subcommand)]
    Baseline(baseline::Baseline),
    /// Compare two reports of a scanner
    #[command(hide = true)]
    Compare(compare::Compare),
    /// Check the setup, and show what is wrong
    Doctor(doctor::Doctor),
    /// Demonstrate newgate in a temporary repository
    Demo(demo::Demo),
    /// Show how newgate was installed, and how to upgrade it
    Upgrade(upgrade::Upgrade),
}

/// The commands and their options, from which completions and man pages are generated.
pub fn command() -> clap::Command {
    help::with_help(Arguments::command())
}

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    if let Some(code) = keep_scanners() {
        return code;
    }
    let code = judge();
    release_scanners();
    code
}

fn judge() -> ExitCode {
    let arguments: Arguments = help::parse();
    fault::catch_panics();
    catch_interrupts(screen::last_words);
    let screen = arguments.screen.resolve();
    let command = AssertUnwindSafe(|| run(arguments.command, &screen));
    let code = std::panic::catch_unwind(command).unwrap_or(Ok(Verdict::Pass.exit_code()));
    let_end();
    // These decide the exit code, whatever the command returned.
    if let Some(stopped) = stopped() {
        screen.error(screen::Label::Error, &stopped.told());
        return ExitCode::from(stopped.exit_code());
    }
    let code = code.unwrap_or_else(|error| tell(&error, &screen));
    ExitCode::from(fault::tell(&screen).unwrap_or(code))
}

fn run(command: Command, screen: &screen::Resolved) -> Result<u8> {
    let ended = match command {
        Command::Init(command) => command.run(screen),
        Command::Check(command) => command.run(screen),
        Command::Hook(command) => return command.run(screen),
        Command::Install(command) => command.run(screen),
        Command::Uninstall(command) => command.run(screen),
        Command::Show(command) => command.run(screen),
        Command::Report(command) => command.run(screen),
        Command::Open(command) => command.run(screen),
        Command::History(command) => command.run(screen),
        Command::Receipt(command) => command.run(screen),
        Command::Explain(command) => command.run(screen),
        Command::Exempt(command) => command.run(screen),
        Command::Import(command) => command.run(screen),
        Command::Exemptions(command) => command.run(screen),
        Command::Config(command) => command.run(screen),
        Command::Scanners(command) => command.run(screen),
        Command::Ingest(command) => command.run(screen),
        Command::Baseline(command) => command.run(screen),
        Command::Compare(command) => command.run(screen),
        Command::Doctor(command) => command.run(screen),
        Command::Demo(command) => command.run(screen),
        Command::Upgrade(command) => command.run(screen),
    };
    // A command that succeeds has the exit code of a pass.
    ended.map(Verdict::exit_code)
}

/// Tells an error with its causes and next steps; returns its exit code.
fn tell(error: &Error, screen: &screen::Resolved) -> u8 {
    screen.error(screen::Label::Error, &error.chain());
    for hint in error.hints() {
        screen.error(screen::Label::Hint, hint);
    }
    error.kind().exit_code()
}

/// How many processes may run at once.
fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The path of this program, for the hooks that call it.
fn own_path() -> Result<std::path::PathBuf> {
    std::env::current_exe().map_err(|e| Error::io("the path of this program is unknown", e))
}

#[cfg(test)]
mod tests;
