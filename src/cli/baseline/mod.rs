//! `newgate baseline`: the results of the target's files, which pushes are compared with.

mod build;
mod fetch;
mod prune;
mod publish;
mod show;
mod site;

use clap::{Args, Subcommand};

use self::site::Site;
use super::output::ListOutput;
use super::screen::Resolved;
use crate::error::Result;
use crate::gate::shared::Part;
use crate::model::Verdict;
use crate::report::plural;

#[derive(Debug, Subcommand)]
pub(super) enum Baseline {
    /// Scan all files of the target that have no result
    Build(build::Build),
    /// Show how much of the target has been scanned
    Show(show::Show),
    /// Fetch the baseline that a remote shares
    Fetch(Where),
    /// Share the results of the target through a remote
    Publish(publish::Publish),
    /// Remove cached results that no recent commit uses
    Prune(prune::Prune),
}

#[derive(Debug, Args)]
pub(super) struct Where {
    /// The remote
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// The target branch, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
}

impl Baseline {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        match self {
            Baseline::Build(build) => build.run(screen),
            Baseline::Show(show) => show.run(screen),
            Baseline::Fetch(place) => fetch::run(&place, screen),
            Baseline::Publish(publish) => publish.run(screen),
            Baseline::Prune(prune) => prune.run(screen),
        }
    }
}

impl Where {
    fn site(&self) -> Result<Site> {
        Site::open(self.remote.as_deref(), self.target.as_deref())
    }
}

fn tell(screen: &Resolved, parts: &[Part]) {
    for part in parts {
        screen.data(&format!(
            "  {}: results for {} of {}\n",
            part.scanner,
            part.known,
            plural(part.units, "unit")
        ));
    }
}
