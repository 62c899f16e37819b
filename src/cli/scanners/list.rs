use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use crate::cli::config::differs;
use crate::cli::output::ListOutput;
use crate::cli::screen::Resolved;
use crate::cli::session::Session;
use crate::error::Result;
use crate::gate::ConfigSource;
use crate::model::Verdict;
use crate::scan::{Descriptor, Engine, Met, State};

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    output: ListOutput,
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
    /// How it gets onto this machine.
    install: String,
    /// What its descriptor was tested with.
    tested: String,
}

impl List {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let change = session.change_by_default()?;
        let settings = session.gate().settings(&change, ConfigSource::Target)?;
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
                install: install_of(&scanner.descriptor),
                tested: tested_with(&scanner.descriptor),
            });
        }
        self.output.format.write(screen, &rows, || table(&rows));
        if let Some(text) = differs(&session, &change)? {
            screen.note(&format!("note: {text}"));
        }
        Ok(Verdict::Pass)
    }
}

/// How a scanner gets onto a machine, for people.
pub(crate) fn install_of(d: &Descriptor) -> String {
    match (d.engine(), d.install().version()) {
        (Engine::Secrets | Engine::Code, _) => "built in".to_owned(),
        (Engine::None, _) => "only its reports are read".to_owned(),
        (Engine::Program, Some(version)) => {
            format!("newgate installs {version} from {}", d.install().origin())
        }
        (Engine::Program, None) => "you install it".to_owned(),
    }
}

/// What a descriptor was tested with, for people.
pub(crate) fn tested_with(d: &Descriptor) -> String {
    let Some(tested) = d.tested() else {
        return match d.engine() {
            Engine::Secrets | Engine::Code => "run in the tests".to_owned(),
            _ => "its documentation only".to_owned(),
        };
    };
    let version = tested.version.as_deref().unwrap_or("no version");
    let with = |what: &str| format!("{what} {version}");
    match tested.by {
        Met::Run => with("runs of"),
        Met::Report => with("reports of"),
        Met::Server => with("a server of version"),
        Met::Published => "published reports".to_owned(),
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
    let off = || rows.iter().filter(|r| !r.on);
    let width = off().map(|r| r.name.len()).max().unwrap_or(0);
    let second = off().map(|r| r.install.len()).max().unwrap_or(0);
    let _ = writeln!(
        out,
        "\n{:<width$}  {:<second$}  tested with",
        "off", "install"
    );
    for Row {
        name,
        install,
        tested,
        ..
    } in off()
    {
        let _ = writeln!(out, "{name:<width$}  {install:<second$}  {tested}");
    }
    out.push_str(
        "\nTo turn one on, add `NAME = true` under `[scanners]` in `.newgate/config.toml`, and bring that to the \
         target;\n`newgate scanners show NAME` shows more about it.\n",
    );
    out
}
