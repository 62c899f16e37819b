use clap::Args;

use super::Site;
use crate::cache;
use crate::cli::screen::Resolved;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::shared;
use crate::model::Verdict;
use crate::report::plural;

#[derive(Debug, Args)]
pub(in crate::cli) struct Prune {
    /// Keep results that are at most this old
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    days: u32,
    /// The target branch, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
}

impl Prune {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        const DAY: i64 = 24 * 60 * 60;
        let site = Site::open(None, self.target.as_deref())?;
        let keep = shared::units_of_tip(&site.gate(), &site.target)?;
        let before = cache::now() - i64::from(self.days) * DAY;
        let (dropped, left) = site.session.cache().prune(before, &keep).map_err(|why| {
            Error::new(ErrorKind::Io, format!("the cache cannot be pruned: {why}"))
                .hint("another check may be using it: try again later; `newgate doctor` shows where the cache is")
        })?;
        screen.note(&format!(
            "removed {} from the cache, {left} left",
            plural(dropped, "result")
        ));
        Ok(Verdict::Pass)
    }
}
