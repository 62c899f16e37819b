//! Issues and their occurrences.

use std::fmt::Write as _;

use owo_colors::Style;

use super::super::notes::because;
use super::super::reasons::why;
use super::super::words::{
    band, columns, decided, fit, in_commit, not_counting, part_of_line, place, plural, rules,
    standing,
};
use super::{FEWEST, Page};
use crate::model::{Issue, IssueStatus, Occurrence, Severity, Status};

/// How many occurrences of an issue are shown with their lines, and how many at all.
const SHOWN: (usize, usize) = (3, 10);
/// The same where one issue is shown as a whole.
const SHOWN_WHOLE: (usize, usize) = (100, 100);

pub(super) fn style_of(severity: Severity) -> Style {
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

impl Page {
    pub(super) fn issue(&mut self, issue: &Issue) {
        let plain = format!(" {} ", band(issue));
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
        let mut facts = vec![rules(issue)];
        facts.extend(issue.references.iter().cloned());
        facts.push(format!("issue {}", issue.id));
        facts.extend(stated_otherwise(issue));
        let facts = facts.join(" · ");
        self.wrapped("  ", "  ", &facts);
        let line = self.status_line(issue);
        self.wrapped("  ", "  ", &line);
        let new = || decided(issue);
        let (with_lines, at_all) = match self.whole {
            true => SHOWN_WHOLE,
            false => SHOWN,
        };
        let mut shown = 0;
        // What was said already is not said again.
        let mut said = issue.title.clone();
        for occurrence in new().take(at_all) {
            self.occurrence(&said, occurrence, shown < with_lines);
            occurrence
                .message
                .trim_end_matches('.')
                .clone_into(&mut said);
            shown += 1;
        }
        let left = new().count() - shown;
        self.left_out(left, issue);
        if self.look.verbose {
            // The decided ones come in the same order.
            let mut decided = decided(issue).peekable();
            let mut old = issue
                .occurrences
                .iter()
                .filter(|o| decided.next_if(|d| std::ptr::eq(*d, *o)).is_none());
            for occurrence in old.by_ref().take(SHOWN_WHOLE.1) {
                self.occurrence(&issue.title, occurrence, self.whole);
            }
            let left = old.count();
            self.left_out(left, issue);
            if self.whole && issue.elsewhere > 0 {
                let text = plural(issue.elsewhere, "occurrence");
                let _ = writeln!(
                    self.out,
                    "  {text} more in files that the change does not touch"
                );
            }
        }
        if self.whole || matches!(issue.status, IssueStatus::New | IssueStatus::Grown) {
            if let Some(fix) = &issue.fix {
                let label = format!("  {} ", self.paint("fix:", Style::new().green()));
                // The label's escape codes have no width.
                let plain = "  fix: ";
                let before = self.out.len();
                self.wrapped(plain, "       ", fix);
                self.out.replace_range(before..before + plain.len(), &label);
            }
            let links = if self.whole { usize::MAX } else { 1 };
            for link in issue.links.iter().take(links) {
                let link = self.faint(link);
                let _ = writeln!(self.out, "  {link}");
            }
        }
    }

    /// Says how many occurrences are not listed, and what lists them.
    fn left_out(&mut self, left: usize, issue: &Issue) {
        if left > 0 {
            let command = match self.whole {
                true => "newgate report csv".to_owned(),
                false => format!("newgate show {}", issue.id),
            };
            let more = plural(left as u64, "more occurrence");
            let _ = writeln!(self.out, "  and {more}: `{command}`");
        }
    }

    /// Says how many issues are not shown, and what lists them.
    pub(super) fn more_issues(&mut self, left: usize) {
        if left > 0 {
            let more = plural(left as u64, "more issue");
            let _ = writeln!(self.out, "\nand {more}: `newgate show` lists all");
        }
    }

    /// Issues that do not block, a few lines each, in so many lines. Returns how many there was no room for.
    pub(super) fn in_short(&mut self, issues: &[&Issue], room: usize) -> usize {
        if issues.is_empty() {
            return 0;
        }
        let before = self.lines();
        let head = self.strong("Does not block");
        let _ = writeln!(self.out, "\n{head} (`-v` shows more)");
        for (number, issue) in issues.iter().enumerate() {
            if number >= FEWEST && self.lines() - before >= room {
                return issues.len() - number;
            }
            let band = band(issue);
            let all = decided(issue).map(|occurrence| {
                let excuse = occurrence.excuse;
                let excuse = excuse.map_or(String::new(), |e| format!(" ({})", e.name()));
                format!("{}{excuse}", place(occurrence))
            });
            let (mut places, mut more, mut last) = (Vec::new(), 0, String::new());
            for place in all {
                // One line can have several occurrences.
                if place == last {
                    continue;
                }
                place.clone_into(&mut last);
                match places.len() < SHOWN.0 {
                    true => places.push(place),
                    false => more += 1,
                }
            }
            if more > 0 {
                places.push(format!("{more} more"));
            }
            let warns = if issue.warns { "warning: " } else { "" };
            let mut facts = vec![issue.title.clone(), places.join(", ")];
            facts.push(format!("issue {}", issue.id));
            facts.extend(stated_otherwise(issue));
            let text = format!("{warns}{}", facts.join(" · "));
            self.wrapped(&format!("  {band:<14} "), "                 ", &text);
            if issue.warns {
                self.wrapped("                 ", "                 ", &because(issue));
            }
        }
        0
    }

    fn status_line(&self, issue: &Issue) -> String {
        let text = standing(issue);
        match issue.status {
            IssueStatus::New | IssueStatus::Grown if issue.blocks => {
                format!("{text} · blocks")
            }
            IssueStatus::New | IssueStatus::Grown => {
                format!("{text} · does not block: {}", because(issue))
            }
            _ if issue.blocks => format!("{text} · blocks"),
            _ => text,
        }
    }

    fn occurrence(&mut self, said: &str, occurrence: &Occurrence, with_lines: bool) {
        let column = occurrence.region.and_then(|r| r.column);
        let column = column.map_or(String::new(), |c| format!(":{c}"));
        let place = format!("{}{column}", place(occurrence));
        let commit = match in_commit(occurrence) {
            commit if commit.is_empty() => commit,
            commit => format!(" ({})", commit.trim_start()),
        };
        let arrow = self.paint("-->", Style::new().blue().bold());
        let strong = self.strong(&place);
        let mut tail = match (not_counting(occurrence), occurrence.status) {
            (Some(excuse), _) => format!(" [{excuse}]"),
            (None, Status::New) => match &occurrence.was_exempted {
                Some(was) => format!(" [{was}]"),
                None => String::new(),
            },
            (None, status) => format!(" [{}: {}]", status.name(), why(occurrence)),
        };
        if self.look.verbose && occurrence.status == Status::New {
            tail = format!("{tail} [new: {}]", why(occurrence));
        }
        let shown = format!("  {arrow} {strong}{commit}");
        if "  --> ".len() + columns(&place) + commit.len() + columns(&tail) > self.look.width {
            let _ = writeln!(self.out, "{shown}");
            self.wrapped("      ", "       ", tail.trim_start());
        } else {
            let _ = writeln!(self.out, "{shown}{tail}");
        }
        if with_lines {
            self.frame(occurrence);
        }
        if occurrence.status == Status::New {
            if occurrence.message.trim_end_matches('.') != said {
                self.wrapped("      ", "      ", &occurrence.message);
            }
            if occurrence.commit.is_some() {
                self.wrapped("      ", "      ", &why(occurrence));
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
            let text = fit(&part_of_line(occurrence, number, line, room), room);
            let line = format!("    {sign} {gutter} {text}");
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
    }
}
