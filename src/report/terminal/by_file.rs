//! Many issues in little room: grouped by file, a line or two each.

use std::cmp::Reverse;
use std::fmt::Write as _;

use owo_colors::Style;

use super::super::words::{
    band, columns, decided, file, fit, part_of_line, place, plural, scanners,
};
use super::Page;
use super::issue::style_of;
use crate::model::{Issue, Occurrence};

/// The most issues that are shown with their line of code.
const WITH_CODE: usize = 10;
/// How many lines of text they may take with their code, and all together.
const LINES: (usize, usize) = (24, 30);

/// How many more places of an issue are named.
const ALSO: usize = 4;

/// How many characters of a title are enough.
const ENOUGH: usize = 24;

/// An issue, the occurrence that stands for it, and whether its line of code is shown.
type Entry<'r> = (&'r Issue, &'r Occurrence, bool);

impl Page {
    /// Writes issues, the files in the order in which they come first. Returns how many there was no room for.
    pub(super) fn by_file(&mut self, issues: &[&Issue]) -> usize {
        let mut files: Vec<(String, Vec<Entry<'_>>)> = Vec::new();
        let (mut lines, mut shown) = (0, 0);
        // The worst first, whether new or grown.
        let mut sorted = issues.to_vec();
        sorted.sort_by_key(|issue| Reverse(issue.score));
        for issue in sorted {
            let Some(main) = decided(issue).next().or(issue.occurrences.first()) else {
                continue;
            };
            let name = file(main);
            let known = files.iter().position(|(f, _)| *f == name);
            let code = shown < WITH_CODE && lines < LINES.0 && self.code(main, 40).is_some();
            let also = code && decided(issue).nth(1).is_some();
            lines += 1 + usize::from(known.is_none()) + usize::from(code) + usize::from(also);
            if lines > LINES.1 {
                break;
            }
            shown += 1;
            match known.and_then(|n| files.get_mut(n)) {
                Some((_, all)) => all.push((issue, main, code)),
                None => files.push((name, vec![(issue, main, code)])),
            }
        }
        let _ = writeln!(self.out);
        for (name, entries) in files {
            let name = self.strong(&name);
            let _ = writeln!(self.out, "{name}");
            for entry in entries {
                self.entry(entry);
            }
        }
        if let Some(first) = issues.first() {
            let _ = writeln!(
                self.out,
                "\n`newgate show {}` shows an issue and its fix",
                first.id
            );
        }
        issues.len() - shown
    }

    fn entry(&mut self, (issue, main, code): Entry<'_>) {
        let at = match (main.region, &main.commit) {
            (_, Some(commit)) => format!("{commit:.10}"),
            (Some(region), None) => match region.column {
                Some(column) => format!("{}:{column}", region.line),
                None => region.line.to_string(),
            },
            (None, None) => String::new(),
        };
        let band = format!("{:<13}", band(issue));
        let more = decided(issue).count().saturating_sub(1) as u64;
        let (others, short) = match more {
            0 => (String::new(), String::new()),
            n => (
                format!(" and {}", plural(n, "more place")),
                format!(" +{n}"),
            ),
        };
        let head = format!("  {at:<7} ");
        let width = self.look.width.clamp(40, 160);
        let taken = columns(&head) + band.len() + 1;
        let room = |tail: &str| width.saturating_sub(taken + columns(tail));
        // Where there is too little room, the id is worth more than who says so.
        let tails = [
            format!("{others} · {} · {}", scanners(issue), issue.id),
            format!("{others} · {}", issue.id),
        ];
        let tail = tails.into_iter().find(|t| room(t) >= ENOUGH);
        let tail = tail.unwrap_or_else(|| format!("{short} · {}", issue.id));
        let room = room(&tail).max(8);
        let title = fit(&issue.title, room);
        let band = self.paint(&band, style_of(issue.severity));
        let tail = self.faint(&tail);
        let _ = writeln!(self.out, "{head}{band} {title}{tail}");
        if code && let Some(line) = self.code(main, width - 12) {
            let sign = self.paint(">", Style::new().red().bold());
            let _ = writeln!(self.out, "          {sign} {line}");
            let others: Vec<String> = decided(issue).skip(1).take(ALSO).map(place).collect();
            if !others.is_empty() {
                let text = fit(&format!("also {}", others.join(", ")), width - 12);
                let _ = writeln!(self.out, "            {}", self.faint(&text));
            }
        }
    }

    /// The line of code that an occurrence begins in, cut to some room.
    fn code(&self, main: &Occurrence, room: usize) -> Option<String> {
        let (frame, region) = main.frame.as_ref().zip(main.region)?;
        let line = region.line.checked_sub(frame.first_line)?;
        let text = frame.lines.get(line as usize)?;
        let part = part_of_line(main, region.line, text, room);
        Some(fit(part.trim(), room)).filter(|p| !p.is_empty())
    }
}
