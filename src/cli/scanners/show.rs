use std::fmt::Write as _;

use clap::Args;

use crate::cli::config::own_rules;
use crate::cli::screen::Resolved;
use crate::cli::session::Session;
use crate::error::Result;
use crate::model::Verdict;
use crate::scan::{Descriptor, Engine, OwnFacts, Program, Scope, rules_built_in};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The scanner's name
    #[arg(value_name = "SCANNER")]
    scanner: String,
}

impl Show {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let descriptor = super::named(&super::catalog()?, &self.scanner)?;
        screen.data(&page(&descriptor));
        if descriptor.engine() == Engine::Code
            && let Ok(mut session) = Session::open()
        {
            let counts = session.settings_by_default()?;
            screen.data(&rules_of_project(&own_rules(&session, &counts)?));
        }
        Ok(Verdict::Pass)
    }
}

/// The rules that the target adds.
fn rules_of_project(rules: &[OwnFacts]) -> String {
    let mut out = String::new();
    if rules.is_empty() {
        return out;
    }
    let _ = write!(
        out,
        "\n## Rules of this project\n\n| rule | language | finds | score | file |\n| --- | --- | --- | --- | --- |\n"
    );
    for rule in rules {
        let title = rule.title.replace('|', "\\|");
        let (id, language, score) = (&rule.id, rule.language, rule.score);
        let _ = writeln!(
            out,
            "| `{id}` | {language} | {title} | {score} | `{}` |",
            rule.place
        );
    }
    out
}

/// A scanner's page, in Markdown. The docs have the same page (`docs/scanners/NAME.md`).
pub(crate) fn page(d: &Descriptor) -> String {
    let mut out = format!("# {}\n\n<{}>\n\n", d.title(), d.homepage());
    out.push_str("| | |\n| --- | --- |\n");
    for (name, text) in facts(d) {
        let _ = writeln!(out, "| {name} | {} |", text.replace('|', "\\|"));
    }
    scores(&mut out, d);
    rules(&mut out, d);
    if d.engine() == Engine::Code {
        rules_of_code(&mut out);
    }
    out
}

/// Facts about the scanner, one for each row of the table.
fn facts(d: &Descriptor) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("name", format!("`{}`", d.name())),
        ("finds", d.finds().to_owned()),
    ];
    let mut reads: Vec<String> = d.globs().iter().map(|g| format!("`{g}`")).collect();
    if !d.interpreters().is_empty() {
        reads.push(format!("scripts of {}", quoted(d.interpreters())));
    }
    if !reads.is_empty() {
        facts.push(("reads", reads.join(", ")));
    }
    let scope = match (d.engine(), d.scope()) {
        (Engine::None, _) => "nothing: newgate only ingests or loads its results",
        (_, Scope::File) => "each changed file on its own",
        (_, Scope::Project) => "the project as a whole, when one of these files changes",
    };
    facts.push(("scans", scope.to_owned()));
    if let Some(version) = d.install().version() {
        let from = d.install().origin();
        let name = d.name();
        let text = format!("`newgate scanners install {name}`: version {version} from {from}");
        facts.push(("installs", text));
    }
    facts.push(("tested with", super::list::tested_with(d)));
    facts.extend(d.program().into_iter().flat_map(program));
    if !d.suppressions().is_empty() {
        facts.push(("comments that suppress it", quoted(d.suppressions())));
    }
    if let Some(load) = d.load() {
        let urls: Vec<&String> = load.request.iter().map(|r| &r.url).collect();
        facts.push(("loads", quoted(&urls)));
    }
    facts
}

/// Facts about how its program is run.
fn program(program: &Program) -> Vec<(&'static str, String)> {
    let mut facts = vec![("runs", format!("`{}`", program.command.join(" ")))];
    if !program.config.is_empty() {
        let files: Vec<&String> = program.config.iter().map(|c| &c.file).collect();
        let text = format!("the first of these files on the target: {}", quoted(&files));
        facts.push(("configuration", text));
    }
    if let Some(needs) = &program.config_required {
        facts.push(("needs", needs.clone()));
    }
    if program.network {
        facts.push(("network", "it needs the network".to_owned()));
    }
    for (name, paths) in [("may read", &program.reads), ("may write", &program.writes)] {
        if !paths.is_empty() {
            facts.push((name, quoted(paths)));
        }
    }
    if program.runs_repository_code {
        facts.push(("trust", "it runs code of the repository".to_owned()));
    }
    if let Some(database) = &program.database {
        let held = match database.args.is_empty() {
            true => "one day (UTC), because its server adds new vulnerabilities",
            false => "one version of its database",
        };
        facts.push(("results hold for", held.to_owned()));
    }
    facts
}

/// Words as code, with commas.
fn quoted<T: std::fmt::Display>(words: &[T]) -> String {
    let words: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    words.join(", ")
}

fn scores(out: &mut String, d: &Descriptor) {
    let others = d.other_rules().and_then(|o| o.score);
    if let Some(score) = others {
        let _ = writeln!(
            out,
            "\nA rule that is not listed here has the score {score} if the scanner states no severity."
        );
    }
    if d.severities().is_empty() {
        return;
    }
    out.push_str(
        "\n## Scores\n\n| severity in its reports | score | band |\n| --- | --- | --- |\n",
    );
    let mut rows: Vec<_> = d.severities().iter().collect();
    rows.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    for (word, score) in rows {
        let _ = writeln!(out, "| {word} | {score} | {} |", score.severity().name());
    }
}

/// The rules that are compiled in. If a rule follows a value, the score is for data of a request.
fn rules_of_code(out: &mut String) {
    let mut language = "";
    for rule in rules_built_in().unwrap_or_default() {
        if language != rule.language {
            language = rule.language;
            let _ = write!(out, "\n## {language}\n");
            if let Some(page) = page_of(language) {
                let _ = write!(
                    out,
                    "\n[Each rule with its examples](https://github.com/newgate/newgate/blob/main/docs/code/{page}.md)\n"
                );
            }
            let _ = write!(
                out,
                "\n| rule | finds | score | CWE | what to do |\n| --- | --- | --- | --- | --- |\n"
            );
        }
        let cwe: Vec<String> = rule.cwe.iter().map(u32::to_string).collect();
        let (title, fix) = (rule.title.replace('|', "\\|"), rule.fix.replace('|', "\\|"));
        let _ = writeln!(
            out,
            "| `{}` | {title} | {} | {} | {fix} |",
            rule.id,
            rule.score,
            cwe.join(", ")
        );
    }
}

/// The page of a language's rules in `docs/code`.
fn page_of(language: &str) -> Option<&'static str> {
    let all = ["python", "javascript", "go", "java", "php", "ruby"];
    let name = language.split(',').next()?.to_ascii_lowercase();
    all.into_iter().find(|page| *page == name)
}

fn rules(out: &mut String, d: &Descriptor) {
    let mut rules: Vec<_> = d.rules().iter().collect();
    rules.retain(|(_, r)| r.score.is_some() || !r.cwe.is_empty() || r.fix.is_some());
    if rules.is_empty() {
        return;
    }
    out.push_str("\n## Rules\n\n| rule | score | CWE | what to do |\n| --- | --- | --- | --- |\n");
    for (name, rule) in rules {
        let score = rule.score.map_or("-".to_owned(), |s| s.to_string());
        let cwe: Vec<String> = rule.cwe.iter().map(u32::to_string).collect();
        let fix = rule.fix.as_deref().unwrap_or("").replace('|', "\\|");
        let _ = writeln!(out, "| `{name}` | {score} | {} | {fix} |", cwe.join(", "));
    }
}
