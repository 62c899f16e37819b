//! `newgate config`: the values in effect for the next push, and the mistakes in the files of the work tree.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::ListOutput;
use super::schema::Schema;
use super::screen::Resolved;
use super::session::Session;
use crate::config::{EXEMPTIONS, FILE, FOLDER, SCANNERS, values};
use crate::error::Result;
use crate::gate::{ConfigSource, Settings, rule_mistakes};
use crate::git::{Against, Head, Scratch};
use crate::model::{Change, Verdict, harmless};
use crate::report::plural;
use crate::scan::tools::LOCK;
use crate::scan::{OwnFacts, OwnRules, RULES};

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Check the files in `.newgate` for mistakes
    Check,
    /// Show the values in effect, and where each comes from
    Show(Show),
    /// Print the JSON schema of a file in `.newgate`
    Schema(Schema),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    output: ListOutput,
}

impl Config {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        match self {
            Config::Check => check(screen),
            Config::Show(show) => show.run(screen),
            Config::Schema(schema) => schema.run(screen),
        }
    }
}

fn check(screen: &Resolved) -> Result<Verdict> {
    let mut session = Session::open()?;
    let mut scratch = Scratch::new();
    let target = session.target(None, None)?.1.target;
    let change = session.choose(Head::WorkTree, Against::Target, target, &mut scratch)?;
    // These return an error for every mistake.
    let own = session.gate().settings(&change, ConfigSource::Head)?;
    if session.repo.folder(&change.head_tree, FOLDER)?.is_none() {
        screen.note(&format!(
            "the work tree has no `{FOLDER}`, so the defaults apply"
        ));
        return Ok(Verdict::Pass);
    }
    let mut read = Vec::new();
    for file in [FILE, EXEMPTIONS, SCANNERS, RULES, LOCK] {
        let files = own.files(&session.repo, file)?;
        read.extend(files.into_iter().map(|(path, _)| format!("`{path}`")));
    }
    let examples = try_examples(&session, &own)?;
    if examples > 0 {
        let examples = plural(examples as u64, "example");
        screen.note(&format!("the rules pass their {examples}"));
    }
    match read.as_slice() {
        [] => screen.note(&format!("`{FOLDER}` has no file that newgate reads")),
        read => screen.note(&format!("no mistakes in {}", read.join(", "))),
    }
    if let Some(text) = differs(&session, &change)? {
        screen.note(&text);
    }
    Ok(Verdict::Pass)
}

/// Tries the project's own rules on their examples; returns how many there are.
fn try_examples(session: &Session, own: &Settings) -> Result<usize> {
    let files = own.files(&session.repo, RULES)?;
    let texts = || files.iter().map(|(p, c)| (p.as_str(), c.as_slice()));
    let rules = OwnRules::of(texts()).map_err(|mistakes| rule_mistakes(&mistakes))?;
    let tried = rules.try_examples(texts());
    tried.map_err(|mistakes| rule_mistakes(&mistakes))
}

/// What to say if pushes are not checked by the files of the work tree.
pub(super) fn differs(session: &Session, change: &Change) -> Result<Option<String>> {
    let (Some(tip), Some(name)) = (&change.tip, &change.target) else {
        return Ok(None);
    };
    if !session.repo.differs_from(tip, FOLDER)? {
        return Ok(None);
    }
    let (_, tree) = session.commit_and_tree(tip.as_str())?;
    Ok(Some(match session.repo.folder(&tree, FOLDER)? {
        Some(_) => format!(
            "{name} has a different `{FOLDER}`, which applies until yours is merged; `newgate check --config-from head` \
             tries out what you committed"
        ),
        None => format!(
            "{name} has no `{FOLDER}` yet; until yours is merged, it can only make the defaults stricter"
        ),
    }))
}

/// A value, and where it comes from.
#[derive(Serialize)]
struct Row {
    key: String,
    value: String,
    /// `default`, `file`, or `git`.
    origin: &'static str,
    /// The line of the file that sets it, from 1.
    line: Option<usize>,
}

impl Show {
    fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let change = session.change_by_default()?;
        let counts = session.gate().settings(&change, ConfigSource::Target)?;
        let rows = rows(&session, &change, &counts)?;
        let words = || table(&rows, &source(&change, &counts));
        self.output.format.write(screen, &rows, words);
        if !counts.weakening().is_empty() {
            screen.note(&format!(
                "ignored until merged into the target: `{}`",
                counts.weakening().join("`, `")
            ));
        }
        Ok(Verdict::Pass)
    }
}

fn rows(session: &Session, change: &Change, counts: &Settings) -> Result<Vec<Row>> {
    let file = counts.files(&session.repo, FILE)?;
    let text = file.first().map_or(&[][..], |(_, content)| content);
    let text = String::from_utf8_lossy(text);
    let of_git = session.repo.config("newgate.target")?;
    let mut rows: Vec<Row> = values(&counts.config, &text)
        .into_iter()
        .filter(|one| one.key != "target" || of_git.is_none())
        .map(|one| Row {
            key: one.key,
            value: one.value,
            origin: match one.line {
                Some(_) => "file",
                None => "default",
            },
            line: one.line,
        })
        .collect();
    let rules = own_rules(session, counts)?;
    if !rules.is_empty() {
        let names: Vec<&str> = rules.iter().map(|r| r.id.as_str()).collect();
        rows.push(Row {
            key: RULES.to_owned(),
            value: format!(
                "{}: {}",
                plural(rules.len() as u64, "rule"),
                names.join(", ")
            ),
            origin: "file",
            line: None,
        });
    }
    if !rows.iter().any(|r| r.key == "target") {
        let row = Row {
            key: "target".to_owned(),
            value: change
                .target
                .as_deref()
                .map_or("none".to_owned(), |t| format!("\"{t}\"")),
            origin: if of_git.is_some() { "git" } else { "default" },
            line: None,
        };
        rows.insert(0, row);
    }
    Ok(rows)
}

/// The project's own rules that are in effect.
pub(super) fn own_rules(session: &Session, counts: &Settings) -> Result<Vec<OwnFacts>> {
    let files = counts.files(&session.repo, RULES)?;
    let rules = OwnRules::of(files.iter().map(|(p, c)| (p.as_str(), c.as_slice())));
    Ok(rules.map_err(|mistakes| rule_mistakes(&mistakes))?.listed())
}

/// Where the file is read from, for people.
fn source(change: &Change, counts: &Settings) -> String {
    match (counts.is_of_head(), &change.target) {
        (true, _) => "from the change, because the target has none".to_owned(),
        (false, Some(name)) => name.clone(),
        (false, None) => "the base".to_owned(),
    }
}

fn table(rows: &[Row], source: &str) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# `{FILE}`: {}", harmless(source));
    let width = |row: &Row| row.key.len() + row.value.chars().count() + 3;
    let most = rows
        .iter()
        .map(width)
        .filter(|w| *w <= 50)
        .max()
        .unwrap_or(0);
    for row in rows {
        let origin = match (row.origin, row.line) {
            ("git", _) => "git's `newgate.target`".to_owned(),
            (_, Some(line)) => format!("line {line}"),
            ("file", None) => "its files".to_owned(),
            _ => "default".to_owned(),
        };
        let text = format!("{} = {}", row.key, row.value);
        let _ = writeln!(out, "{:<most$}  # {origin}", harmless(&text));
    }
    out
}
