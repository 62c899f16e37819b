use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use crate::cli::output::ListFormat;
use crate::cli::screen::Resolved;
use crate::cli::session::Session;
use crate::error::Result;
use crate::model::Verdict;
use crate::scan::{Engine, State};

#[derive(Debug, Args)]
pub(super) struct List {
    /// The format of the list
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: ListFormat,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    name: String,
    title: String,
    on: bool,
    /// `run`, `ingested or loaded`, or `built in`.
    way: &'static str,
    found: bool,
    version: Option<String>,
    program: Option<String>,
    kind: &'static str,
    why_not: Option<String>,
    homepage: String,
}

impl List {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let settings = session.settings_by_default()?;
        let gate = session.gate();
        let mut rows = Vec::new();
        for name in settings.catalog.names() {
            if settings.descriptor(&name)?.is_format() {
                continue;
            }
            let scanner = gate.scanner(&settings, &name)?;
            rows.push(Row {
                on: settings.config.scanners.contains(&name),
                way: match (scanner.given, scanner.descriptor.engine()) {
                    (true, _) => "ingested or loaded",
                    (false, Engine::Secrets | Engine::Code) => "built in",
                    (false, _) => "run",
                },
                name,
                title: scanner.descriptor.title().to_owned(),
                found: scanner.state == State::Ready,
                version: scanner.version,
                program: scanner.program.map(|p| p.display().to_string()),
                kind: scanner.descriptor.kind().name(),
                why_not: match scanner.state {
                    State::Ready => None,
                    State::Missing(absent) => Some(absent.why),
                },
                homepage: scanner.descriptor.homepage().to_owned(),
            });
        }
        let text = match self.format {
            ListFormat::Json => {
                serde_json::to_string_pretty(&rows).expect("rows are plain data") + "\n"
            }
            ListFormat::Terminal => table(&rows),
        };
        screen.data(&text);
        Ok(Verdict::Pass)
    }
}

fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let width = rows.iter().filter(|r| r.on).map(|r| r.name.len()).max();
    let width = width.unwrap_or(0).max("scanner".len());
    let _ = writeln!(
        out,
        "{:<width$}  {:<10} {:<14} program",
        "scanner", "version", "kind"
    );
    for row in rows.iter().filter(|r| r.on) {
        let version = row.version.as_deref().unwrap_or("-");
        let program = match (&row.program, &row.why_not, row.way) {
            (Some(program), ..) => program.as_str(),
            (None, Some(why), _) => why.as_str(),
            (None, None, way) => way,
        };
        let _ = writeln!(
            out,
            "{:<width$}  {version:<10} {:<14} {program}",
            row.name, row.kind
        );
    }
    let off: Vec<&str> = rows
        .iter()
        .filter(|r| !r.on)
        .map(|r| r.name.as_str())
        .collect();
    let mut line = String::from("off:");
    out.push('\n');
    for name in off {
        if line.len() + name.len() + 2 > 78 {
            let _ = writeln!(out, "{line}");
            line = "   ".to_owned();
        }
        let _ = write!(line, " {name}");
    }
    let _ = writeln!(out, "{line}");
    out.push_str(
        "\n`NAME = true` under `[scanners]` in `.newgate/config.toml` turns one on, once that is on the target;\n\
         `newgate scanners show NAME` says more.\n",
    );
    out
}
