use std::path::PathBuf;

use clap::Args;

use super::last;
use super::output::{Format, PLAIN, add_summary, to_file};
use super::screen::{Resolved, Stream};
use super::session::Session;
use crate::error::Result;
use crate::model::Verdict;

#[derive(Debug, Args)]
pub(super) struct Report {
    /// The format
    #[arg(value_name = "FORMAT", default_value = "terminal")]
    format: Format,
    /// Write it to a file instead of the screen
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

impl Report {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let session = Session::open()?;
        let cache = session.cache();
        let mut reports = last::reports(&session.repo)?;
        let address = session.repo.address()?;
        for report in &mut reports {
            report.repository.clone_from(&address);
        }
        let all = reports.iter().all(|r| r.lists_unchanged);
        if self.format.lists_all() && !all {
            screen.note(
                "the last report lists changed files only; `newgate check --format html` (or another format) lists \
                 all files",
            );
        }
        match (&self.output, self.format) {
            (Some(path), format) => to_file(path, |out| format.write(&reports, cache, PLAIN, out))?,
            (None, Format::Terminal) => {
                let look = screen.look(Stream::Out);
                screen.text(Stream::Out, &crate::report::terminal_pages(&reports, look));
            }
            (None, format) => screen.written(|out| format.write(&reports, cache, PLAIN, out)),
        }
        if self.format == Format::Github {
            add_summary(&reports)?;
        }
        Ok(Verdict::Pass)
    }
}
