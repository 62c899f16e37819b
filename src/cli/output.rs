//! Where reports go: to the screen in one format, to files in others.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::io;
use super::screen::{Resolved, Stream};
use crate::error::Result;
use crate::git::Repository;
use crate::model::Report;
use crate::report::{Look, env, terminal, to_json};

/// A format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Terminal,
    /// Everything, for programs (docs/json.md)
    Json,
    /// The counts as variables, for scripts
    Env,
}

/// A format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people
    Terminal,
    /// For programs
    Json,
}

/// A format and a file.
#[derive(Clone, Debug)]
struct Target {
    format: Format,
    path: PathBuf,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Target, String> {
        let (format, path) = text
            .split_once('=')
            .ok_or("write FORMAT=PATH, such as json=report.json")?;
        let format = Format::from_str(format, true)
            .map_err(|_| format!("there is no format `{format}`; use terminal, json or env"))?;
        if path.is_empty() {
            return Err("the path is empty".into());
        }
        Ok(Target {
            format,
            path: path.into(),
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct Output {
    /// The format of the report on the screen
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: Format,
    /// Write the report to a file too; may be given several times
    #[arg(long = "output", value_name = "FORMAT=PATH")]
    outputs: Vec<Target>,
}

impl Output {
    /// Whether a report must list everything.
    pub(super) fn lists_all(&self) -> bool {
        self.format == Format::Json || self.outputs.iter().any(|o| o.format == Format::Json)
    }

    /// Writes reports to the screen and to files. People's text goes to `stream`, data to standard
    /// output.
    pub(super) fn write(
        &self,
        reports: &[Report],
        screen: &Resolved,
        stream: Stream,
    ) -> Result<()> {
        for output in &self.outputs {
            let look = Look {
                color: false,
                width: 100,
                verbose: true,
                quiet: false,
            };
            let text = match output.format {
                Format::Terminal => all(reports, look),
                Format::Json => to_json(reports) + "\n",
                Format::Env => env(reports),
            };
            write_anew(&output.path, &text).map_err(|e| {
                io(
                    format!(
                        "the report cannot be written to `{}`",
                        output.path.display()
                    ),
                    e,
                )
            })?;
        }
        match self.format {
            Format::Terminal => screen.text(stream, &all(reports, screen.look(stream))),
            Format::Json => screen.data(&(to_json(reports) + "\n")),
            Format::Env => screen.data(&env(reports)),
        }
        Ok(())
    }
}

/// Writes a file in the place of what is there: never through a link, which a change may have brought.
fn write_anew(path: &Path, text: &str) -> std::io::Result<()> {
    let device = fs::metadata(path).is_ok_and(|m| !m.is_file());
    if device {
        // `/dev/stdout` and the like.
        return fs::write(path, text);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    fs::write(file.path(), text)?;
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(file.path(), readable)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

fn all(reports: &[Report], look: Look) -> String {
    let pages: Vec<String> = reports.iter().map(|r| terminal(r, look)).collect();
    pages.join("\n")
}

/// Keeps the report as the last one of the repository. That it cannot be kept alters no verdict.
pub(super) fn keep_last(repo: &Repository, reports: &[Report]) {
    let folder: &Path = &repo.common_dir().join("newgate").join("last");
    let kept = fs::create_dir_all(folder)
        .and_then(|()| tempfile::NamedTempFile::new_in(folder))
        .and_then(|file| {
            fs::write(file.path(), to_json(reports))?;
            file.persist(folder.join("report.json"))
                .map_err(|e| e.error)
        });
    drop(kept);
}
