use std::str::FromStr;

use clap::Args;

use super::Site;
use crate::cli::screen::{Label, Resolved};
use crate::error::Result;
use crate::gate::{Gate, Shard, build_baseline};
use crate::model::Verdict;
use crate::report::plural;

#[derive(Debug, Args)]
pub(in crate::cli) struct Build {
    /// The target branch, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
    /// Scan one part only, such as 2/4, so that several machines share the work
    #[arg(long, value_name = "I/N")]
    shard: Option<ShardArgument>,
}

#[derive(Clone, Copy, Debug)]
struct ShardArgument(Shard);

impl FromStr for ShardArgument {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<ShardArgument, String> {
        let read = || {
            let (part, of) = text.split_once('/')?;
            let shard = Shard {
                part: part.parse().ok()?,
                of: of.parse().ok()?,
            };
            (1..=shard.of).contains(&shard.part).then_some(shard)
        };
        read()
            .map(ShardArgument)
            .ok_or_else(|| "use I/N with I from 1 to N, such as 2/4".into())
    }
}

impl Build {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let site = Site::open(None, self.target.as_deref())?;
        let shard = self.shard.map_or(Shard::WHOLE, |s| s.0);
        let progress = screen.progress();
        let gate = Gate {
            progress: &|done, total| progress.tell(done, total),
            ..site.gate()
        };
        let built = build_baseline(&gate, &site.target, shard)?;
        drop(progress);
        let mut failed = false;
        for (name, scanned, known, trouble) in &built.scanners {
            screen.note(&format!(
                "{name}: {} scanned, {known} already in the cache",
                plural(*scanned, "file")
            ));
            if !trouble.is_empty() {
                failed = true;
                screen.error(Label::Error, &format!("{name} failed: {trouble}"));
            }
        }
        let what = match shard.of {
            1 => "the baseline".to_owned(),
            of => format!("part {} of {of} of the baseline", shard.part),
        };
        site.session.cache().settle();
        screen.note(&format!("{what} of {} is in the cache", site.target.name));
        Ok(if failed {
            Verdict::Incomplete
        } else {
            Verdict::Pass
        })
    }
}
