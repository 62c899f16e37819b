use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use crate::cache::Cache;
use crate::cli::output::Format;
use crate::cli::screen::Resolved;
use crate::error::Result;
use crate::gate::{ConfigSource, Settings};
use crate::git::Repository;
use crate::scan::{State, prepare};

#[derive(Debug, Args)]
pub(super) struct List {
    /// The format of the list
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: Format,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    name: String,
    title: String,
    on: bool,
    found: bool,
    version: Option<String>,
    program: Option<String>,
    kind: &'static str,
    why_not: Option<String>,
    homepage: String,
}

impl List {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let mut repo = Repository::open_from_env()?;
        let cache = Cache::open(repo.common_dir());
        let change = crate::cli::change_by_default(&mut repo)?;
        let settings = Settings::read(&repo, &change, ConfigSource::Target)?;
        let mut rows = Vec::new();
        for name in settings.catalog.names() {
            let Some(descriptor) = settings.catalog.get(&name)? else {
                continue;
            };
            let wish = settings.wish(&name);
            let scanner = prepare(descriptor, &wish, &cache, &|file| {
                settings.files(&repo, file)
            })?;
            rows.push(Row {
                on: settings.config.scanners.contains(&name),
                name,
                title: scanner.descriptor.title().to_owned(),
                found: scanner.state == State::Ready,
                version: scanner.version,
                program: scanner.program.map(|p| p.display().to_string()),
                kind: scanner.descriptor.kind().name(),
                why_not: match scanner.state {
                    State::Ready => None,
                    State::Missing(why) => Some(why),
                },
                homepage: scanner.descriptor.homepage().to_owned(),
            });
        }
        let text = match self.format {
            Format::Json => {
                serde_json::to_string_pretty(&rows).expect("rows are plain data") + "\n"
            }
            Format::Terminal => table(&rows),
        };
        screen.data(&text);
        Ok(0)
    }
}

fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:<10} {:<4} {:<10} {:<14} program",
        "scanner", "on", "version", "kind"
    );
    for row in rows {
        let on = if row.on { "on" } else { "off" };
        let version = row.version.as_deref().unwrap_or("-");
        let program = match (&row.program, &row.why_not) {
            (Some(program), _) => program.as_str(),
            (None, Some(why)) => why.as_str(),
            (None, None) => "built in",
        };
        let _ = writeln!(
            out,
            "{:<10} {on:<4} {version:<10} {:<14} {program}",
            row.name, row.kind
        );
    }
    out.push_str(
        "\nTurn one on with `NAME = true` under `[scanners]` in `.newgate/config.toml`.\n",
    );
    out
}
