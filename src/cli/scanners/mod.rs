//! `newgate scanners`: what there is, what it means, and what it reads.

mod install;
mod list;
mod new;
mod read;
mod show;

use clap::{Args, Subcommand};

use super::screen::Resolved;
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Verdict, nearest};
use crate::scan::{Catalog, Descriptor};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Scanners {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: list::List,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show how a scanner runs and scores its findings
    Show(show::Show),
    /// Install scanners, pinned with hashes in a lock file
    Install(install::Install),
    /// Update scanners to the catalogue's versions
    Update(install::Update),
    /// List the scanners that newgate installed
    List(install::Installs),
    /// Remove installed versions that nothing here pins
    Prune(install::Prune),
    /// Write a descriptor for another tool from a sample report
    New(new::New),
    /// Show what a descriptor reads in a report
    Read(read::Read),
}

impl Scanners {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        match self.command {
            None => self.list.run(screen),
            Some(Command::Show(command)) => command.run(screen),
            Some(Command::Install(command)) => command.run(screen),
            Some(Command::Update(command)) => command.run(screen),
            Some(Command::List(command)) => command.run(screen),
            Some(Command::Prune(command)) => command.run(screen),
            Some(Command::New(command)) => command.run(screen),
            Some(Command::Read(command)) => command.run(screen),
        }
    }
}

/// The scanners that a repository's configuration knows; outside of a repository, those that are
/// compiled in.
fn catalog() -> Result<Catalog> {
    match Session::open() {
        Ok(mut session) => Ok(session.settings_by_default()?.catalog),
        Err(_) => Ok(Catalog::default()),
    }
}

/// A scanner by its name.
fn named(catalog: &Catalog, name: &str) -> Result<Descriptor> {
    catalog.get(name)?.ok_or_else(|| {
        let names = catalog.names();
        let hint = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`newgate scanners` lists the scanners; for a descriptor that is not on the target yet, name \
                its file"
                .to_owned(),
        };
        Error::new(ErrorKind::Usage, format!("there is no scanner `{name}`")).hint(hint)
    })
}

#[cfg(test)]
mod pages;
#[cfg(test)]
mod scores;
#[cfg(test)]
mod tests;
