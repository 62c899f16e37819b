//! The command line: one file a subcommand.

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

/// A security gate that git runs: it judges what a change would add to its target branch, and blocks
/// new issues only.
#[derive(Debug, Parser)]
#[command(name = "newgate", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    screen: screen::Screen,
}

const EXIT_CODES: &str = "\
Exit codes: 0 pass, 1 blocked, 2 usage or configuration error, 3 incomplete (the verdict is not known); \
128 and the signal's number if a signal ended it.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Set newgate up in a repository: configuration, hook, baseline, and a first check
    Init(init::Init),
    /// Judge a change by hand: the current branch against its target, or what you name
    Check(check::Check),
    /// Judge what git hands to a hook (called by the installed hooks)
    Hook(hook::Hook),
    /// Install the pre-push hook in a repository; a hook that is there is kept and run too
    Install(install::Install),
    /// Take the hook out again, and put back the one that was there before
    Uninstall(uninstall::Uninstall),
    /// Show an issue of the last report: every occurrence, with its lines and why it is new or not
    Show(show::Show),
    /// Write the last report in a format
    Report(report::Report),
    /// Open the last report as a page in the browser
    Open(open::Open),
    /// List the verdicts of the past, with how many issues were new, inherited and fixed
    History(history::History),
    /// Judge, and sign what passed, so that a server need not scan it again
    Receipt(receipt::Receipt),
    /// Say which rule decided, of the verdict or of an issue, and what would have to change
    Explain(explain::Explain),
    /// Write an exemption for an issue or an occurrence of the last report, for a time
    Exempt(exempt::Exempt),
    /// Take over baselines and ignore files of other tools, as exemptions and excludes
    Import(import::Import),
    /// List the exemptions: active, pending, soon to end, expired, matching nothing
    Exemptions(exemptions::Exemptions),
    /// Check the configuration, or show what counts
    #[command(subcommand)]
    Config(config::Config),
    /// List the scanners: which are on, which are found, in which version, and why not
    Scanners(scanners::Scanners),
    /// Take in reports of scanners that ran elsewhere, for a commit
    Ingest(ingest::Ingest),
    /// Build, show, fetch, publish and prune the results of the whole target, so that every push is quick
    #[command(subcommand)]
    Baseline(baseline::Baseline),
    /// Compare two scanner reports of two commits: new, inherited or fixed
    #[command(hide = true)]
    Compare(compare::Compare),
    /// Tell how newgate is set up here, and what is wrong with it
    Doctor(doctor::Doctor),
    /// Show it all in a throw-away repository: a push that is blocked, and one that passes
    Demo(demo::Demo),
    /// Show how newgate was installed, and the command that upgrades it
    Upgrade(upgrade::Upgrade),
}

/// The commands and their options, for what is generated from them: completions and man pages.
pub fn command() -> clap::Command {
    Arguments::command()
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
    // Whatever the command came to: it was stopped, or it has a fault.
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
    // What was asked for and done passes.
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
    std::env::current_exe().map_err(|e| Error::io("the path of this program is not known", e))
}

#[cfg(test)]
mod tests;
