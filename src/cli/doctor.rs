use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::agents::{self, Agent};
use super::config::differs;
use super::coverage::{Coverage, coverage, others};
use super::hook_file::{PRE_COMMIT, is_shim, kept_by};
use super::kept;
use super::named::Named;
use super::output::ListOutput;
use super::screen::{Resolved, Stream};
use super::session::Session;
use super::shim::PREWARMING;
use super::swallowed;
use super::{own_path, prewarm};
use crate::cache::{self, Cache};
use crate::error::Result;
use crate::gate::{ConfigSource, Gate, Settings};
use crate::git::{Repository, hook_folder};
use crate::model::{Containment, Verdict, date_of_days, harmless, time_of_seconds};
use crate::process::{containment, in_background};
use crate::report;
use crate::scan::State;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    output: ListOutput,
}

/// The output, and how many things are wrong.
#[derive(Default)]
struct Page {
    rows: Vec<Row>,
    wrong: u32,
}

/// The column before that of the texts.
const BEGIN: usize = 13;

/// One line of the output.
#[derive(Serialize)]
struct Row {
    /// What it is about.
    name: &'static str,
    /// Whether it may leave a verdict incomplete or a push unchecked.
    wrong: bool,
    text: String,
}

impl Page {
    fn say(&mut self, name: &'static str, text: &str) {
        self.add(name, false, text);
    }

    fn wrong(&mut self, name: &'static str, text: &str) {
        self.wrong += 1;
        self.add(name, true, text);
    }

    fn add(&mut self, name: &'static str, wrong: bool, text: &str) {
        let text = harmless(text);
        self.rows.push(Row { name, wrong, text });
    }

    /// The rows, in lines of at most so many columns, if there is a terminal.
    fn words(&self, columns: Option<usize>) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let mark = if row.wrong { '!' } else { ' ' };
            let _ = write!(out, "{mark} {:<11}", row.name);
            let mut at = BEGIN;
            for word in row.text.split(' ') {
                let length = word.chars().count() + 1;
                if columns.is_some_and(|most| at + length > most) && at > BEGIN {
                    let _ = write!(out, "\n{:BEGIN$}", "");
                    at = BEGIN;
                }
                let _ = write!(out, " {word}");
                at += length;
            }
            out.push('\n');
        }
        out
    }
}

impl Doctor {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut page = Page::default();
        let own = own_path()?;
        let version = env!("CARGO_PKG_VERSION");
        page.say("newgate", &format!("{version}, {}", own.display()));
        let mut session = Session::open()?;
        git(&session.repo, &mut page);
        hooks(&session.repo, &mut page)?;
        remembered(&session.repo, session.cache(), &mut page);
        match session.change_by_default() {
            Err(e) => page.wrong("target", &e.chain()),
            Ok(change) => {
                match &change.target {
                    Some(target) => page.say(
                        "target",
                        &format!(
                            "{target}; the current branch is compared with {}",
                            report::base_reason(&change.base_reason)
                        ),
                    ),
                    None => page.wrong("target", "there is none: everything counts as new"),
                }
                if let Some(text) = differs(&session, &change)? {
                    page.say("settings", &text);
                }
                let gate = session.gate();
                match gate.settings(&change, ConfigSource::Target) {
                    Err(e) => page.wrong("settings", &e.chain()),
                    Ok(settings) => scanners(&gate, &settings, &mut page)?,
                }
            }
        }
        containing(&mut page);
        in_agents(&session.repo, &mut page);
        background(&session.repo, &mut page);
        self.output.format.write(screen, &page.rows, || {
            page.words(screen.columns(Stream::Out))
        });
        if page.wrong == 0 {
            screen.note("no problems found");
        } else {
            screen.note(&format!(
                "{}: a push may go unchecked, or its check may be incomplete",
                report::plural(u64::from(page.wrong), "problem")
            ));
        }
        Ok(if page.wrong > 0 {
            Verdict::Incomplete
        } else {
            Verdict::Pass
        })
    }
}

fn git(repo: &Repository, page: &mut Page) {
    match repo.git().run(["--version"]) {
        Err(e) => page.wrong("git", &e.chain()),
        Ok(said) => {
            let text = String::from_utf8_lossy(&said.out).trim().to_owned();
            let mut numbers = text.trim_start_matches("git version ").split('.');
            let mut number = || numbers.next().and_then(|n| n.parse::<u32>().ok());
            let new_enough = number().zip(number()) >= Some((2, 38));
            match new_enough {
                true => page.say("git", &text),
                false => page.wrong("git", &format!("{text}: 2.38 or newer is needed")),
            }
        }
    }
}

fn hooks(repo: &Repository, page: &mut Page) -> Result<()> {
    match coverage(repo, &Named::at(Path::new(".")))? {
        Coverage::Checked(hook) => {
            let mut more = String::new();
            for name in ["pre-merge-commit", PRE_COMMIT] {
                let own = hook.with_file_name(name);
                if is_shim(&own) || is_shim(&own.with_extension(kept::LEGACY)) {
                    more.push_str(&format!(", {name}"));
                }
            }
            page.say("hooks", &format!("{}{more}", hook.display()));
            if swallowed::was_pushed(repo)? {
                page.wrong(
                    "hooks",
                    &format!("git pushed refs that it did not list for newgate, so they may not have been \
                        checked; {}", swallowed::HINT),
                );
            }
            large_files(repo, &hook, page);
        }
        Coverage::Unchecked { why, remedy } => {
            page.wrong("hooks", &format!("{why}; run `{remedy}`"));
        }
    }
    for (path, coverage) in others(repo)? {
        if let Coverage::Unchecked { why, remedy } = coverage {
            let path = path.display();
            page.wrong("hooks", &format!("in `{path}`: {why}; run `{remedy}`"));
        }
    }
    Ok(())
}

/// Whether git-lfs uploads its files: it does not replace newgate's hook when it is installed later.
fn large_files(repo: &Repository, hook: &Path, page: &mut Page) {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let attributes = repo.work_dir().map(|top| read(&top.join(".gitattributes")));
    let is_used = attributes.is_some_and(|a| a.contains("filter=lfs"));
    let kept = kept_by(hook).map(|kept| read(&kept)).unwrap_or_default();
    if is_used && is_shim(hook) && !kept.contains("git lfs") && !kept.contains("git-lfs") {
        page.wrong(
            "git-lfs",
            "its pre-push hook is missing, so a push does not upload its files; run `newgate uninstall && git lfs \
             install && newgate install`",
        );
    }
}

fn remembered(repo: &Repository, cache: &Cache, page: &mut Page) {
    let path = cache::path_in(repo.common_dir());
    let bytes = fs::metadata(&path).map_or(0, |m| m.len());
    let (results, judgements) = cache.size();
    page.say(
        "cache",
        &format!(
            "{} and {}, {} KiB, {}",
            report::plural(results, "result"),
            report::plural(judgements, "past check"),
            bytes / 1024,
            path.display()
        ),
    );
    for note in cache.notes() {
        page.wrong("cache", &report::note(note));
    }
}

fn scanners(gate: &Gate<'_>, settings: &Settings, page: &mut Page) -> Result<()> {
    let origin = match settings.is_of_head() {
        true => "from the current branch, because the target has none yet",
        false => "the target's",
    };
    let budget = settings.config.budget;
    let budget = budget.map_or("none".to_owned(), |b| format!("{} s", b.as_secs()));
    page.say("settings", &format!("{origin}; time budget: {budget}"));
    for name in &settings.config.scanners {
        let scanner = gate.scanner(settings, name)?;
        let version = scanner.version.as_deref().unwrap_or_default();
        match scanner.state {
            State::Ready => {
                let how = match (&scanner.program, scanner.containment()) {
                    (Some(_), Containment::Off) => ", not contained (`contained = false`)",
                    _ => "",
                };
                page.say("scanner", &format!("{name} {version}{how}"));
            }
            State::Missing(absent) => {
                page.wrong("scanner", &format!("{name}: {}", absent.why));
            }
        }
    }
    Ok(())
}

/// How far this machine can contain scanners (`docs/containment.md`).
fn containing(page: &mut Page) {
    let text = match containment() {
        Containment::Contained => {
            "scanners can read and write only what they need, and only those that need the network can use it"
        }
        Containment::Partial => {
            "in part: this system does not support all of it (Linux 6.2 and seccomp)"
        }
        _ => "none: this system does not support it (Landlock, in Linux 5.13 and newer)",
    };
    page.say("containment", text);
}

/// The coding agents that are used here, and whether they have newgate's hooks.
fn in_agents(repo: &Repository, page: &mut Page) {
    let Some(top) = repo.work_dir() else {
        return;
    };
    let names = |all: &[Agent]| {
        let names: Vec<&str> = all.iter().map(|a| a.name()).collect();
        names.join(", ")
    };
    let (with, without): (Vec<Agent>, Vec<Agent>) = Agent::value_variants()
        .iter()
        .filter(|a| agents::has(**a, top) || agents::used(top).contains(a))
        .partition(|a| agents::has(**a, top));
    if !with.is_empty() {
        page.say("agents", &format!("hooks for {}", names(&with)));
    }
    if !without.is_empty() {
        let text = format!(
            "no hooks for {} (`newgate install --agent`)",
            names(&without)
        );
        page.say("agents", &text);
    }
}

fn background(repo: &Repository, page: &mut Page) {
    let folder = hook_folder(repo).map(|f| f.path);
    let installed = folder.is_ok_and(|f| PREWARMING.iter().all(|h| is_shim(&f.join(h))));
    if !installed {
        return page.say("prewarming", "off (`newgate install --prewarm`)");
    }
    let now = match in_background(&prewarm::lock(repo)) {
        true => "at work now; ",
        false => "",
    };
    let last = match prewarm::last_outcome(repo) {
        None => "on; it has not run yet".to_owned(),
        Some(last) => format!(
            "{} {} UTC, {} in {} ms: {}",
            date_of_days(last.time / 86_400),
            time_of_seconds(last.time)
                .split_once('T')
                .map_or_else(String::new, |(_, time)| time.to_owned()),
            last.head.get(..10).unwrap_or("nothing"),
            last.milliseconds,
            last.outcome
        ),
    };
    page.say("prewarming", &format!("on; {now}{last}"));
}
