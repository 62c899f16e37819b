//! The report for people at a terminal: the verdict first and last, between them what to do.

use std::fmt::Write as _;

use owo_colors::{OwoColorize, Style};

use crate::model::{
    BandCounts, Issue, IssueStatus, Occurrence, Report, ScannerReport, ScannerState, Severity,
    Status, Verdict,
};

/// How a report looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are used; what they say stands there in words too.
    pub color: bool,
    /// The width in columns.
    pub width: usize,
    /// Whether inherited and fixed issues are listed.
    pub verbose: bool,
    /// Whether only the verdict and what blocks is shown.
    pub quiet: bool,
}

/// The command that installs missing scanners, as their details name it.
const INSTALL: &str = "newgate scanners install";

/// How many occurrences of an issue are shown with their lines, and how many at all.
const SHOWN: (usize, usize) = (3, 10);

/// Writes a report.
pub fn terminal(report: &Report, look: Look) -> String {
    let mut page = Page {
        out: String::new(),
        look,
    };
    page.first_line(report);
    page.base(report);
    let mut passing: Vec<&Issue> = Vec::new();
    for issue in &report.issues {
        let blocking = issue.blocks;
        match issue.status {
            IssueStatus::New | IssueStatus::Grown if blocking || look.verbose => page.issue(issue),
            IssueStatus::New | IssueStatus::Grown if !look.quiet => passing.push(issue),
            _ if issue.warns && !look.quiet => passing.push(issue),
            IssueStatus::Inherited | IssueStatus::Fixed if look.verbose => page.issue(issue),
            _ => {}
        }
    }
    page.in_short(&passing);
    page.trouble(report);
    if !look.quiet {
        page.summary(report);
    }
    page.last_line(report);
    page.out
}

/// Writes everything that is known of one issue.
pub fn show_issue(issue: &Issue, look: Look) -> String {
    let mut page = Page {
        out: String::new(),
        look: Look {
            verbose: true,
            ..look
        },
    };
    page.issue(issue);
    page.wrapped(
        "  ",
        "  ",
        &format!(
            "{}: {}",
            if issue.blocks {
                "stops the change"
            } else {
                "does not stop the change"
            },
            issue.because
        ),
    );
    page.out.trim_start_matches('\n').to_owned()
}

struct Page {
    out: String,
    look: Look,
}

fn plural(number: u64, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// The numbers of the bands that are not empty, worst first.
fn bands(counts: BandCounts) -> String {
    let parts: Vec<String> = Severity::WORST_FIRST
        .iter()
        .filter(|s| counts.get(**s) > 0)
        .map(|s| format!("{} {s}", counts.get(*s)))
        .collect();
    parts.join(", ")
}

fn style_of(severity: Severity) -> Style {
    match severity {
        Severity::Critical => Style::new().bright_white().on_red().bold(),
        Severity::High | Severity::Unassigned => Style::new().red().bold(),
        Severity::Medium => Style::new().yellow().bold(),
        Severity::Low => Style::new().cyan().bold(),
        Severity::Info => Style::new().bold(),
    }
}

/// The score that the policy replaced, and why.
fn stated_otherwise(issue: &Issue) -> Option<String> {
    let other = issue
        .occurrences
        .iter()
        .flat_map(|o| &o.overridden)
        .next()?;
    let stated = other
        .stated
        .map_or("unassigned".to_owned(), |s| s.to_string());
    Some(format!("stated as {stated}: {}", other.reason))
}

fn seconds(milliseconds: u64) -> String {
    if milliseconds < 1_000 {
        format!("{milliseconds} ms")
    } else {
        format!("{:.1} s", milliseconds as f64 / 1_000.0)
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
        let mut column = first.chars().count();
        let mut fresh = true;
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if !fresh && column + 1 + length > width {
                let _ = writeln!(self.out, "{}", line.trim_end());
                rest.clone_into(&mut line);
                column = rest.chars().count();
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
        let counts = report.counts();
        let blocking = report.issues.iter().filter(|i| i.blocks).count() as u64;
        let what = match report.verdict {
            Verdict::Blocked => format!("{} stop this change", plural(blocking, "issue")).replacen(
                "1 issue stop",
                "1 issue stops",
                1,
            ),
            Verdict::Incomplete => "not everything could be scanned, so nobody knows".to_owned(),
            Verdict::Pass => match (
                counts.new.total() + counts.grown.total(),
                &report.change.base,
            ) {
                (0, Some(_)) => "nothing new".to_owned(),
                (0, None) => "nothing found".to_owned(),
                (n, _) => format!("{} below `{}`", plural(n, "new issue"), report.block_at),
            },
        };
        let verdict = self.verdict(report.verdict);
        let name = self.strong(&report.change.name);
        let length = "newgate: INCOMPLETE  : ".len() + report.change.name.len() + what.len();
        let between = if length > self.look.width {
            "\n  "
        } else {
            " "
        };
        let _ = writeln!(self.out, "newgate: {verdict}  {name}:{between}{what}");
    }

    fn base(&mut self, report: &Report) {
        let change = &report.change;
        let base = match &change.base {
            Some(base) => format!("compared with {} ({})", base.short(), change.base_reason),
            None => format!("compared with {}", change.base_reason),
        };
        let text = self.faint(&base);
        let _ = writeln!(self.out, "  {text}");
    }

    fn issue(&mut self, issue: &Issue) {
        let band = issue.severity.name().to_uppercase();
        let score = issue.score.map_or_else(String::new, |s| format!(" {s}"));
        let plain = format!(" {band}{score} ");
        let band = self.paint(&plain, style_of(issue.severity));
        let _ = writeln!(self.out);
        let before = self.out.len();
        let rest = " ".repeat(plain.len() + 1);
        self.wrapped(&format!("{plain} "), &rest, &issue.title);
        // Escape codes have no width, so they come after the breaking.
        let lines = self.out.split_off(before);
        for (number, line) in lines.lines().enumerate() {
            let (start, title) = line.split_at(plain.len() + 1);
            let start = if number == 0 {
                format!("{band} ")
            } else {
                start.to_owned()
            };
            let title = self.strong(title);
            let _ = writeln!(self.out, "{start}{title}");
        }
        let rules: Vec<String> = issue
            .rules
            .iter()
            .map(|r| format!("{} {}", r.scanner, r.rule))
            .collect();
        let mut facts = vec![rules.join(", ")];
        facts.extend(issue.references.iter().cloned());
        facts.push(format!("issue {}", issue.id));
        facts.extend(stated_otherwise(issue));
        let facts = facts.join(" · ");
        self.wrapped("  ", "  ", &facts);
        let line = self.status_line(issue);
        self.wrapped("  ", "  ", &line);
        let new = || issue.occurrences.iter().filter(|o| o.status == Status::New);
        let mut shown = 0;
        for occurrence in new().take(SHOWN.1) {
            self.occurrence(&issue.title, occurrence, shown < SHOWN.0);
            shown += 1;
        }
        let left = new().count() - shown;
        if left > 0 {
            let _ = writeln!(
                self.out,
                "  and {} more",
                plural(left as u64, "new occurrence")
            );
        }
        if self.look.verbose {
            let old = issue.occurrences.iter().filter(|o| o.status != Status::New);
            for occurrence in old {
                self.occurrence(&issue.title, occurrence, false);
            }
        }
        if matches!(issue.status, IssueStatus::New | IssueStatus::Grown) {
            if let Some(fix) = &issue.fix {
                let label = format!("  {} ", self.paint("fix:", Style::new().green()));
                // The label's escape codes have no width.
                let plain = "  fix: ";
                let before = self.out.len();
                self.wrapped(plain, "       ", fix);
                self.out.replace_range(before..before + plain.len(), &label);
            }
            if let Some(link) = issue.links.first() {
                let link = self.faint(link);
                let _ = writeln!(self.out, "  {link}");
            }
        }
    }

    /// Issues that do not stop the change, a few lines each.
    fn in_short(&mut self, issues: &[&Issue]) {
        if issues.is_empty() {
            return;
        }
        let head = self.strong("Does not stop the change");
        let _ = writeln!(self.out, "\n{head} (`-v` shows more)");
        for issue in issues {
            let score = issue.score.map_or_else(String::new, |s| format!(" {s}"));
            let band = format!("{}{score}", issue.severity.name().to_uppercase());
            let mut places: Vec<String> = Vec::new();
            let shown = issue
                .occurrences
                .iter()
                .filter(|o| o.status == Status::New || issue.warns);
            for occurrence in shown {
                let line = occurrence
                    .region
                    .map_or(String::new(), |r| format!(":{}", r.line));
                let exempted = if occurrence.exempted.is_some() {
                    " (exempted)"
                } else {
                    ""
                };
                places.push(format!("{}{line}{exempted}", occurrence.path));
            }
            let more = places.len().saturating_sub(SHOWN.0);
            places.truncate(SHOWN.0);
            if more > 0 {
                places.push(format!("{more} more"));
            }
            let warns = if issue.warns { "warning: " } else { "" };
            let mut facts = vec![issue.title.clone(), places.join(", ")];
            facts.push(format!("issue {}", issue.id));
            facts.extend(stated_otherwise(issue));
            let text = format!("{band:<14} {warns}{}", facts.join(" · "));
            self.wrapped("  ", "                 ", &text);
            if issue.warns {
                self.wrapped("                 ", "                 ", &issue.because);
            }
        }
    }

    fn status_line(&self, issue: &Issue) -> String {
        let count = |status| {
            issue
                .occurrences
                .iter()
                .filter(|o| o.status == status)
                .count() as u64
        };
        let (new, fixed) = (count(Status::New), count(Status::Fixed));
        let old = count(Status::Inherited) + issue.elsewhere;
        let text = match issue.status {
            IssueStatus::New => format!("new, {}", plural(new, "occurrence")),
            IssueStatus::Grown => format!(
                "grown: {}, {} inherited",
                plural(new, "new occurrence"),
                old
            ),
            IssueStatus::Inherited => format!("inherited, {}", plural(old, "occurrence")),
            IssueStatus::Fixed => format!("fixed, {}", plural(fixed, "occurrence")),
        };
        let text = if fixed > 0 && issue.status != IssueStatus::Fixed {
            format!("{text}, {fixed} fixed")
        } else {
            text
        };
        match issue.status {
            IssueStatus::New | IssueStatus::Grown if issue.blocks => {
                format!("{text} · stops the change")
            }
            IssueStatus::New | IssueStatus::Grown => {
                format!("{text} · does not stop the change: {}", issue.because)
            }
            _ => text,
        }
    }

    fn occurrence(&mut self, title: &str, occurrence: &Occurrence, with_lines: bool) {
        let place = match occurrence.region {
            Some(r) => match r.column {
                Some(column) => format!("{}:{}:{column}", occurrence.path, r.line),
                None => format!("{}:{}", occurrence.path, r.line),
            },
            None => occurrence.path.to_string(),
        };
        let commit = occurrence
            .commit
            .as_ref()
            .map(|c| format!(" (in commit {})", &c[..c.len().min(10)]));
        let commit = commit.unwrap_or_default();
        let arrow = self.paint("-->", Style::new().blue().bold());
        let place = self.strong(&place);
        let mut tail = match (&occurrence.exempted, occurrence.status) {
            (Some(why), _) => format!(" [exempted: {why}]"),
            (None, Status::New) => match &occurrence.was_exempted {
                Some(was) => format!(" [{was}]"),
                None => String::new(),
            },
            (None, status) => format!(" [{}: {}]", status.name(), occurrence.why),
        };
        if self.look.verbose && occurrence.status == Status::New && !occurrence.why.is_empty() {
            tail = format!("{tail} [new: {}]", occurrence.why);
        }
        let _ = writeln!(self.out, "  {arrow} {place}{commit}{tail}");
        if with_lines {
            self.frame(occurrence);
        }
        if occurrence.status == Status::New {
            if occurrence.message.trim_end_matches('.') != title {
                self.wrapped("      ", "      ", &occurrence.message);
            }
            if occurrence.commit.is_some() {
                self.wrapped("      ", "      ", &occurrence.why);
            }
        }
    }

    fn frame(&mut self, occurrence: &Occurrence) {
        let Some(frame) = &occurrence.frame else {
            return;
        };
        let last = frame.first_line as usize + frame.lines.len();
        let digits = last.to_string().len();
        let room = self.look.width.clamp(40, 160).saturating_sub(digits + 9);
        for (number, line) in (frame.first_line..).zip(&frame.lines) {
            let marked = occurrence
                .region
                .is_some_and(|r| (r.line..=r.end_line).contains(&number));
            let sign = if marked {
                self.paint(">", Style::new().red().bold())
            } else {
                " ".to_owned()
            };
            let gutter = self.faint(&format!("{number:>digits$} |"));
            let mut text: String = line.chars().take(room).collect();
            if text.len() < line.len() {
                text.push('…');
            }
            let _ = writeln!(self.out, "    {sign} {gutter} {text}");
        }
    }

    fn trouble(&mut self, report: &Report) {
        let style = Style::new().yellow().bold();
        let missing = |s: &&ScannerReport| s.state == ScannerState::Missing;
        let installable = format!("`{INSTALL}");
        let to_install: Vec<&str> = report
            .scanners
            .iter()
            .filter(|s| missing(s) && s.detail.contains(&installable))
            .map(|s| s.name.as_str())
            .collect();
        let together = to_install.len() > 1;
        if together {
            let head = self.paint(&format!("{} scanners are missing", to_install.len()), style);
            let _ = writeln!(self.out, "\n{head}");
            let text = format!("{}: `{INSTALL}` installs them", to_install.join(", "));
            self.wrapped("  ", "  ", &text);
        }
        let troubled = report
            .scanners
            .iter()
            .filter(|s| s.state != ScannerState::Ok);
        for scanner in troubled {
            if together && to_install.contains(&scanner.name.as_str()) {
                continue;
            }
            let what = match scanner.state {
                ScannerState::Missing => "is missing",
                ScannerState::TimedOut => "took too long",
                _ => "failed",
            };
            let head = self.paint(&format!("{} {what}", scanner.name), style);
            let _ = writeln!(self.out, "\n{head}");
            self.wrapped("  ", "  ", &scanner.detail);
        }
        if !report.unknown.is_empty() {
            let head = self.paint("Nobody knows", style);
            let _ = writeln!(self.out, "\n{head}");
            for unknown in &report.unknown {
                self.wrapped("  ", "    ", unknown);
            }
        }
    }

    fn summary(&mut self, report: &Report) {
        let counts = report.counts();
        let _ = writeln!(self.out);
        let mut parts = Vec::new();
        for (name, band) in [
            ("new", counts.new),
            ("grown", counts.grown),
            ("inherited", counts.inherited),
            ("fixed", counts.fixed),
        ] {
            match (band.total(), name) {
                (0, "grown") => {}
                (0, _) => parts.push(format!("0 {name}")),
                (n, _) => parts.push(format!("{n} {name} ({})", bands(band))),
            }
        }
        let mut line = parts.join(", ");
        let hidden = counts.inherited.total() + counts.fixed.total();
        if hidden > 0 && !self.look.verbose {
            line.push_str("; `newgate check -v` lists the old ones");
        }
        self.wrapped("  issues   ", "           ", &line);
        let mut scanned = Vec::new();
        let mut idle = 0;
        for s in report
            .scanners
            .iter()
            .filter(|s| s.state == ScannerState::Ok)
        {
            if s.scanned + s.cached == 0 && !self.look.verbose {
                idle += 1;
                continue;
            }
            let version = s
                .version
                .as_ref()
                .map(|v| format!(" {v}"))
                .unwrap_or_default();
            let mut parts = Vec::new();
            if s.scanned > 0 || s.cached == 0 {
                parts.push(format!("{} scanned", plural(s.scanned, "file")));
            }
            if s.cached > 0 {
                parts.push(format!("{} from cache", s.cached));
            }
            scanned.push(format!("{}{version}: {}", s.name, parts.join(", ")));
        }
        match (scanned.is_empty(), idle) {
            (_, 0) => {}
            (true, _) => {
                scanned.push("nothing in this change is for the scanners that are on".into());
            }
            (false, 1) => scanned.push("one other had nothing to read".into()),
            (false, n) => scanned.push(format!("{n} others had nothing to read")),
        }
        if !scanned.is_empty() {
            self.wrapped("  scanned  ", "           ", &scanned.join("; "));
        }
        match report.never_scanned {
            Some(0) => {}
            Some(n) => self.wrapped(
                "  baseline ",
                "           ",
                &format!("{} of the target never scanned, so inherited issues there are not counted; `newgate baseline build` scans them once", plural(n, "file")),
            ),
            None if report.change.base.is_some() => self.wrapped(
                "  baseline ",
                "           ",
                "inherited issues are counted in changed files only; `newgate baseline build` scans the rest of the target once",
            ),
            None => {}
        }
        if !report.available.is_empty() {
            let each = report.available.iter();
            let each = each.map(|s| format!("{} would read {}", s.name, plural(s.files, "file")));
            let text = format!(
                "{} of this change; `NAME = true` under `[scanners]` in `.newgate/config.toml` turns one on",
                each.collect::<Vec<_>>().join(", ")
            );
            self.wrapped("  off      ", "           ", &text);
        }
        for note in &report.notes {
            self.wrapped("  note     ", "           ", note);
        }
    }

    /// What to do, and the verdict again.
    fn last_line(&mut self, report: &Report) {
        const SHORT: usize = 40;
        let counts = report.counts();
        if self.out.lines().count() > SHORT {
            // What stops the change stands far above: once more, in short.
            for issue in report.issues.iter().filter(|i| i.blocks) {
                let place = issue
                    .occurrences
                    .iter()
                    .find(|o| o.action.as_deref() == Some("block"));
                let place = place.map_or(String::new(), |o| {
                    let line = o.region.map_or(String::new(), |r| format!(":{}", r.line));
                    format!("{}{line} ", o.path)
                });
                self.wrapped(
                    "  stops    ",
                    "           ",
                    &format!("{place}{}", issue.title),
                );
            }
        }
        let blocking = report.issues.iter().filter(|i| i.blocks);
        let in_history = blocking
            .flat_map(|i| &i.occurrences)
            .any(|o| o.commit.is_some());
        let old = if counts.inherited.total() > 0 {
            "; what was there before is not asked of you"
        } else {
            ""
        };
        let next = match report.verdict {
            Verdict::Pass => String::new(),
            Verdict::Blocked if in_history => format!(
                "take it out of the commit that brings it (`git rebase -i`), change the secret, and try again{old}"
            ),
            Verdict::Blocked => {
                format!("fix what is marked `stops the change`, commit, and try again{old}")
            }
            Verdict::Incomplete => {
                "mend what failed, and try again; what was scanned is remembered".to_owned()
            }
        };
        if !next.is_empty() {
            self.wrapped("  next     ", "           ", &next);
        }
        let verdict = self.verdict(report.verdict);
        let took = seconds(report.milliseconds);
        let _ = writeln!(self.out, "\nnewgate: {verdict} in {took}");
    }
}
