//! The report for people at a terminal: the verdict first and last, between them what to do.

mod by_file;
mod issue;
mod summary;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use owo_colors::{OwoColorize, Style};

use super::notes::{because, compared_with};
use super::words::{columns, outcome};
use crate::model::{
    Bucket, GateRun, Issue, IssueStatus, Report, Verdict, harmless, time_of_seconds,
    without_commands,
};

/// The most issues that are shown where the reader asks for more.
const MOST: usize = 1_000;
/// The most lines that issues in full may take where the reader does not ask for more, and most that all issues may.
/// One issue alone is shown in full.
const LINES: (usize, usize) = (32, 36);
/// At least this many issues that do not block are listed.
const FEWEST: usize = 3;

/// How a report looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are used. Everything that a colour says is also there in words.
    pub color: bool,
    /// The width in columns.
    pub width: usize,
    /// Whether inherited and fixed issues are listed.
    pub verbose: bool,
    /// Whether only the verdict and what blocks is shown.
    pub quiet: bool,
}

/// Writes a report.
pub fn terminal(report: &Report, look: Look) -> String {
    let mut page = Page::new(look);
    page.first_line(report);
    page.base(report);
    let mut shown: Vec<&Issue> = Vec::new();
    let mut passing: Vec<&Issue> = Vec::new();
    for issue in &report.issues {
        let blocking = issue.blocks;
        match issue.status {
            IssueStatus::New | IssueStatus::Grown if blocking || look.verbose => shown.push(issue),
            IssueStatus::New | IssueStatus::Grown if !look.quiet => passing.push(issue),
            _ if blocking => shown.push(issue),
            _ if issue.warns && !look.quiet => passing.push(issue),
            IssueStatus::Inherited | IssueStatus::Fixed if look.verbose => shown.push(issue),
            _ => {}
        }
    }
    let most = if look.verbose { MOST } else { 10 };
    let mut full = Page::new(look);
    for issue in shown.iter().take(most) {
        full.issue(issue);
    }
    let fits = shown.len() == 1 || shown.len() <= most && full.lines() <= LINES.0;
    let before = page.lines();
    let left = match look.verbose || fits {
        true => {
            page.out.push_str(&full.out);
            shown.len().saturating_sub(most)
        }
        false => page.by_file(&shown),
    };
    page.more_issues(left);
    let room = match look.verbose {
        true => usize::MAX,
        false => LINES.1.saturating_sub(page.lines() - before),
    };
    let left = page.in_short(passing.get(..MOST).unwrap_or(&passing), room);
    page.more_issues(left + passing.len().saturating_sub(MOST));
    page.trouble(report);
    if !look.quiet {
        page.summary(report);
    }
    page.last_line(report);
    without_commands(page.out)
}

/// Writes reports one below the other. Of a push of many refs, those that bring nothing new have one line together.
pub fn terminal_pages(reports: &[Report], look: Look) -> String {
    /// Fewer have a page each.
    const MANY: usize = 4;
    /// So many are named.
    const NAMED: usize = 5;
    let (quiet, others): (Vec<&Report>, Vec<&Report>) = reports
        .iter()
        .partition(|r| !look.verbose && brings_nothing(r));
    if quiet.len() < MANY {
        let pages: Vec<String> = reports.iter().map(|r| terminal(r, look)).collect();
        return pages.join("\n");
    }
    let mut page = Page::new(look);
    let verdict = page.verdict(Verdict::Pass);
    let count = page.strong(&format!("{} refs", quiet.len()));
    let _ = writeln!(page.out, "newgate: {verdict}  {count}: nothing new");
    let names = quiet.iter().take(NAMED).map(|r| r.change.name.as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    if let more @ 1.. = quiet.len().saturating_sub(NAMED) {
        names.push(format!("{more} more (`newgate report -v` lists all)"));
    }
    page.wrapped("  refs     ", "           ", &names.join(", "));
    if !look.quiet {
        let notes = quiet.iter().flat_map(|r| &r.notes);
        let notes: BTreeSet<String> = notes.map(super::notes::note).collect();
        for note in notes {
            page.wrapped("  note     ", "           ", &note);
        }
    }
    let mut pages = vec![without_commands(page.out)];
    pages.extend(others.into_iter().map(|r| terminal(r, look)));
    pages.join("\n")
}

/// Whether a report says no more than that a change passes and brings nothing.
fn brings_nothing(report: &Report) -> bool {
    let old = |i: &Issue| matches!(i.bucket(), Bucket::Inherited | Bucket::Fixed) && !i.warns;
    report.verdict == Verdict::Pass && report.change.base.is_some() && report.issues.iter().all(old)
}

/// Writes everything that is known about one issue.
pub fn show_issue(issue: &Issue, look: Look) -> String {
    let mut page = Page::new(Look {
        verbose: true,
        ..look
    });
    page.whole = true;
    page.issue(issue);
    page.wrapped(
        "  ",
        "  ",
        &format!(
            "{}: {}",
            if issue.blocks {
                "blocks"
            } else {
                "does not block"
            },
            because(issue)
        ),
    );
    without_commands(page.out.trim_start_matches('\n').to_owned())
}

/// Writes the checks of the past, the newest first.
pub fn history_lines(runs: &[GateRun], look: Look) -> String {
    let mut page = Page::new(look);
    for run in runs.iter().rev() {
        let time = time_of_seconds(run.time).replace('T', " ");
        // Escape codes have no width.
        let pad = " ".repeat("INCOMPLETE".len() - run.verdict.name().len());
        let verdict = page.verdict(run.verdict);
        let head = run.head.get(..10).unwrap_or(&run.head);
        let target = match run.target.is_empty() {
            true => "compared with nothing".to_owned(),
            false => format!("compared with {}", harmless(&run.target)),
        };
        let numbers = [
            (run.new, "new"),
            (run.grown, "grown"),
            (run.inherited, "inherited"),
            (run.fixed, "fixed"),
        ];
        let numbers = numbers.iter().filter(|(number, _)| *number > 0);
        let numbers = numbers.map(|(number, name)| format!("{number} {name}"));
        let numbers = match numbers.collect::<Vec<_>>() {
            none if none.is_empty() => "no issues".to_owned(),
            some => some.join(", "),
        };
        let start = format!("{time}  {verdict}{pad}  {head}  ");
        let width = time.len() + "  INCOMPLETE    ".len() + head.len();
        // Escape codes have no width, so they come after the breaking.
        let before = page.out.len();
        page.wrapped(
            &" ".repeat(width),
            &" ".repeat(width),
            &format!("{numbers}, {target}"),
        );
        page.out.replace_range(before..before + width, &start);
    }
    without_commands(page.out)
}

struct Page {
    out: String,
    look: Look,
    /// Whether every occurrence and link of an issue is shown.
    whole: bool,
}

/// The words of a text; what is between backticks is one, so that a command can be pasted.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    // An odd one out quotes nothing.
    let paired = text.matches('`').count() / 2 * 2;
    let mut seen = 0;
    let is_break = move |c: char| {
        seen += usize::from(c == '`');
        c.is_whitespace() && (seen % 2 == 0 || seen > paired)
    };
    text.split(is_break).filter(|piece| !piece.is_empty())
}

impl Page {
    fn new(look: Look) -> Page {
        Page {
            out: String::new(),
            look,
            whole: false,
        }
    }
}

impl Page {
    fn paint(&self, text: &str, style: Style) -> String {
        if self.look.color {
            text.style(style).to_string()
        } else {
            text.to_owned()
        }
    }

    fn lines(&self) -> usize {
        self.out.lines().count()
    }

    fn strong(&self, text: &str) -> String {
        self.paint(text, Style::new().bold())
    }

    fn faint(&self, text: &str) -> String {
        self.paint(text, Style::new().dimmed())
    }

    fn verdict(&self, verdict: Verdict) -> String {
        match verdict {
            Verdict::Pass => self.paint("PASS", Style::new().green().bold()),
            Verdict::Blocked => self.paint("BLOCKED", Style::new().red().bold()),
            Verdict::Incomplete => self.paint("INCOMPLETE", Style::new().yellow().bold()),
        }
    }

    /// Adds text that is broken at spaces to fit the width, further lines indented.
    fn wrapped(&mut self, first: &str, rest: &str, text: &str) {
        let width = self.look.width.clamp(40, 120);
        let mut line = first.to_owned();
        let mut column = columns(first);
        let mut fresh = true;
        for word in pieces(text) {
            let length = columns(word);
            if !fresh && column + 1 + length > width {
                let _ = writeln!(self.out, "{}", line.trim_end());
                rest.clone_into(&mut line);
                column = columns(rest);
                fresh = true;
            }
            if !fresh {
                line.push(' ');
                column += 1;
            }
            line.push_str(word);
            column += length;
            fresh = false;
        }
        let _ = writeln!(self.out, "{}", line.trim_end());
    }

    fn first_line(&mut self, report: &Report) {
        let what = outcome(report);
        let verdict = self.verdict(report.verdict);
        let name = self.strong(&report.change.name);
        let length =
            "newgate: INCOMPLETE  : ".len() + columns(&report.change.name) + columns(&what);
        if length <= self.look.width {
            let _ = writeln!(self.out, "newgate: {verdict}  {name}: {what}");
            return;
        }
        let _ = writeln!(self.out, "newgate: {verdict}  {name}:");
        self.wrapped("  ", "  ", &what);
    }

    fn base(&mut self, report: &Report) {
        let before = self.out.len();
        self.wrapped("  ", "  ", &compared_with(report));
        // Escape codes have no width, so they come after the breaking.
        let lines = self.out.split_off(before);
        for line in lines.lines() {
            let line = self.faint(line);
            let _ = writeln!(self.out, "{line}");
        }
    }
}
