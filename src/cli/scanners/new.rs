use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::cli::schema::File;
use crate::cli::screen::Resolved;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Verdict;
use crate::scan::read::{Paths, read};
use crate::scan::scanner_name;
use crate::scan::{Descriptor, SecretKey, propose};

#[derive(Debug, Args)]
pub(super) struct New {
    /// The scanner's name: lower-case letters, digits and `-`
    #[arg(value_name = "NAME")]
    name: String,
    /// A report of it, as a sample
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// The folder that absolute paths in the report start with
    #[arg(long, value_name = "FOLDER", default_value = "/repo")]
    root: String,
    /// The file to write, instead of `.newgate/scanners/NAME.toml`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl New {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let name = &self.name;
        if scanner_name(name) != *name {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("`{name}` is not a valid scanner name"),
            )
            .hint("a name has only lower-case letters, digits and `-`"));
        }
        let shown = self.report.display();
        let report = fs::read(&self.report)
            .map_err(|e| Error::io(format!("`{shown}` cannot be read"), e))?;
        let unreadable = |e: crate::scan::read::Unreadable| {
            Error::new(
                ErrorKind::Usage,
                format!("no descriptor can be made from `{shown}`: {e}"),
            )
            .hint("to write one by hand, see `newgate config schema scanner`")
        };
        let text = propose(name, &report).map_err(unreadable)?;
        let text = format!("{}{text}", File::Scanner.first_line());
        let file = self
            .output
            .unwrap_or_else(|| PathBuf::from(format!("{}/{name}.toml", crate::config::SCANNERS)));
        let path = file.display();
        let descriptor = Descriptor::parse(&text, &path.to_string())?;
        let paths = Paths::in_root(&self.root);
        let reading =
            read(&descriptor, &report, &paths, &SecretKey::new([0; 32])).map_err(unreadable)?;
        if file.exists() {
            return Err(
                Error::new(ErrorKind::Usage, format!("`{path}` already exists"))
                    .hint("remove it, or name another file with `--output`"),
            );
        }
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
        let written = folder
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&file, &text));
        written.map_err(|e| Error::io(format!("`{path}` cannot be written"), e))?;
        screen.data(&format!("{text}\n"));
        screen.written(|out| super::read::write_listing(&reading, out));
        screen.note(&format!(
            "this is what `{path}` reads in the report; check it, then try other reports: `newgate scanners read \
             {path} REPORT`"
        ));
        Ok(Verdict::Pass)
    }
}
