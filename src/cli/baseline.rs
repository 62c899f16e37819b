use clap::{Args, Subcommand};

use super::screen::Resolved;
use crate::cache::Cache;
use crate::error::{Error, Kind, Result};
use crate::gate::{Gate, build_baseline, target_for};
use crate::git::{Repository, find_remote};

#[derive(Debug, Subcommand)]
pub(super) enum Baseline {
    /// Scan every file of the target's tip that has no result yet
    Build(Build),
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The branch, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
}

impl Baseline {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let Baseline::Build(build) = self;
        let repo = Repository::open_from_env()?;
        let (remote, _) = find_remote(&repo, None)?;
        let target = target_for(&repo, remote.as_deref(), build.target.as_deref())?
            .target
            .ok_or_else(|| {
                Error::new(Kind::Usage, "no target branch was found")
                    .hint("name one with `--target`")
            })?;
        let cache = Cache::open(repo.common_dir());
        let progress = screen.progress();
        let gate = Gate {
            progress: &|done, total| progress.tell(done, total),
            ..Gate::new(&repo, &cache, super::jobs())
        };
        let built = build_baseline(&gate, &target)?;
        drop(progress);
        let mut failed = false;
        for (name, scanned, known, trouble) in &built.scanners {
            screen.note(&format!(
                "{name}: {scanned} files scanned, {known} known before"
            ));
            if !trouble.is_empty() {
                failed = true;
                screen.error(
                    super::screen::Label::Error,
                    &format!("{name} failed: {trouble}"),
                );
            }
        }
        screen.note(&format!("the baseline of {} is in the cache", target.name));
        Ok(if failed { 3 } else { 0 })
    }
}
