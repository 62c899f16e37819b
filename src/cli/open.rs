use std::path::Path;

use clap::Args;

use super::last;
use super::output::{Format, PLAIN, to_file};
use super::screen::Resolved;
use super::session::Session;
use crate::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Verdict;
use crate::process::open_page;

#[derive(Debug, Args)]
pub(super) struct Open {
    /// Only write the page, and print its path
    #[arg(long)]
    no_browser: bool,
}

impl Open {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let session = Session::open()?;
        let mut reports = last::reports(&session.repo)?;
        let address = session.repo.address()?;
        for report in &mut reports {
            report.repository.clone_from(&address);
        }
        let page = last::folder(&session.repo).join("report.html");
        to_file(&page, |out| {
            Format::Html.write(&reports, session.cache(), PLAIN, out)
        })?;
        screen.data(&format!("{}\n", page.display()));
        if !self.no_browser {
            open_in_browser(&page)?;
        }
        Ok(Verdict::Pass)
    }
}

/// Opens a page with the user's browser: the first of these programs that is there and succeeds.
fn open_in_browser(page: &Path) -> Result<()> {
    const USUAL: [&str; 4] = ["xdg-open", "open", "wslview", "sensible-browser"];
    let own = environment::browsers().unwrap_or_default();
    let own = own.split(':').filter(|p| !p.is_empty());
    for program in own.chain(USUAL) {
        if open_page(program, page) {
            return Ok(());
        }
    }
    let text = format!("no program was found to open `{}`", page.display());
    Err(Error::new(ErrorKind::Usage, text)
        .hint("open that file with your browser, or set `BROWSER` to its program"))
}
