use std::fmt::Write as _;

use clap::Args;

use crate::cli::screen::Resolved;
use crate::error::Result;
use crate::scan::{Descriptor, Engine, Scope};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The scanner's name
    #[arg(value_name = "SCANNER")]
    scanner: String,
}

impl Show {
    pub(super) fn run(self, screen: &Resolved) -> Result<u8> {
        let descriptor = super::named(&super::catalog()?, &self.scanner)?;
        screen.data(&page(&descriptor));
        Ok(0)
    }
}

/// A scanner's page, in Markdown: the docs hold the same (`docs/scanners/NAME.md`).
pub(crate) fn page(d: &Descriptor) -> String {
    let mut out = format!("# {}\n\n<{}>\n\n", d.title(), d.homepage());
    let _ = writeln!(out, "| | |\n| --- | --- |\n| name | `{}` |", d.name());
    let _ = writeln!(out, "| finds | {} |", d.finds());
    let mut reads: Vec<String> = d.globs().iter().map(|g| format!("`{g}`")).collect();
    reads.extend(d.interpreters().iter().map(|i| format!("scripts of `{i}`")));
    if !reads.is_empty() {
        let _ = writeln!(out, "| reads | {} |", reads.join(", "));
    }
    let scope = match (d.engine(), d.scope()) {
        (Engine::None, _) => "nothing is run: its results are ingested or loaded",
        (_, Scope::File) => "each changed file on its own",
        (_, Scope::Project) => "the project as a whole, when one of these files changes",
    };
    let _ = writeln!(out, "| scans | {scope} |");
    if let Some(version) = d.install().version() {
        let from = match d.install() {
            i if i.pypi.is_some() => "PyPI",
            i if i.crates.is_some() => "crates.io",
            _ => "npm",
        };
        let _ = writeln!(
            out,
            "| installs | `newgate scanners install {}`: version {version} from {from} |",
            d.name()
        );
    }
    if let Some(program) = d.program() {
        let _ = writeln!(out, "| runs | `{}` |", program.command.join(" "));
        let config: Vec<String> = program
            .config
            .iter()
            .map(|c| format!("`{}`", c.file))
            .collect();
        if !config.is_empty() {
            let _ = writeln!(
                out,
                "| configuration | the first of {} that the target has |",
                config.join(", ")
            );
        }
        if let Some(needs) = &program.config_required {
            let _ = writeln!(out, "| needs | {needs} |");
        }
        if program.runs_repository_code {
            out.push_str("| trust | it executes code of the repository |\n");
        }
        if let Some(database) = &program.database {
            let held = match database.args.is_empty() {
                true => "a day (UTC), since what its server knows changes",
                false => "a version of its database",
            };
            let _ = writeln!(out, "| results hold for | {held} |");
        }
    }
    if !d.suppressions().is_empty() {
        let comments: Vec<String> = d.suppressions().iter().map(|s| format!("`{s}`")).collect();
        let _ = writeln!(out, "| is silenced by | {} |", comments.join(", "));
    }
    if let Some(load) = d.load() {
        let urls: Vec<String> = load
            .request
            .iter()
            .map(|r| format!("`{}`", r.url))
            .collect();
        let _ = writeln!(out, "| loads | {} |", urls.join(", "));
    }
    if !d.severities().is_empty() {
        out.push_str("\n## Scores\n\n| its word | score | band |\n| --- | --- | --- |\n");
        let mut rows: Vec<_> = d.severities().iter().collect();
        rows.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        for (word, score) in rows {
            let _ = writeln!(out, "| {word} | {score} | {} |", score.severity().name());
        }
    }
    let mut rules: Vec<_> = d.rules().iter().collect();
    rules.retain(|(_, r)| r.score.is_some() || !r.cwe.is_empty() || r.fix.is_some());
    if !rules.is_empty() {
        out.push_str(
            "\n## Rules\n\n| rule | score | CWE | what to do |\n| --- | --- | --- | --- |\n",
        );
        for (name, rule) in rules {
            let score = rule.score.map_or("-".to_owned(), |s| s.to_string());
            let cwe: Vec<String> = rule.cwe.iter().map(u32::to_string).collect();
            let fix = rule.fix.as_deref().unwrap_or("").replace('|', "\\|");
            let _ = writeln!(out, "| `{name}` | {score} | {} | {fix} |", cwe.join(", "));
        }
    }
    out
}
