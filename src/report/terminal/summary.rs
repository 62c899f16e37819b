//! What was scanned and what was not, the numbers, and what to do.

use std::fmt::Write as _;

use owo_colors::Style;

use super::super::next::{base_remedy, next_step};
use super::super::notes;
use super::super::words::{self, bands, duration, plural};
use super::Page;
use crate::model::{Action, Bucket, Report, ScannerState, Verdict};

/// The command that installs missing scanners, as their details name it.
const INSTALL: &str = "newgate scanners install";

/// The most scanners that are off and named.
const MOST_OFF: usize = 3;

impl Page {
    pub(super) fn trouble(&mut self, report: &Report) {
        let style = Style::new().yellow().bold();
        let to_install: Vec<&str> = report
            .scanners
            .iter()
            .filter(|s| s.installable)
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
            self.wrapped("  ", "  ", &words::fault(scanner));
        }
        let unknown = notes::unknown(report);
        if !unknown.is_empty() {
            let head = self.paint("Unknown", style);
            let _ = writeln!(self.out, "\n{head}");
            for unknown in &unknown {
                self.wrapped("  ", "    ", unknown);
            }
        }
    }

    pub(super) fn summary(&mut self, report: &Report) {
        let counts = report.counts();
        let _ = writeln!(self.out);
        let mut parts = Vec::new();
        for bucket in Bucket::ALL {
            let (name, band) = (bucket.name(), counts.get(bucket));
            match (band.total(), bucket) {
                (0, Bucket::Grown | Bucket::Excused(_)) => {}
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
                scanned.push("nothing changed that an enabled scanner reads".into());
            }
            (false, 1) => scanned.push("1 other had nothing to read".into()),
            (false, n) => scanned.push(format!("{n} others had nothing to read")),
        }
        if report.without_scanner > 0 {
            let files = plural(report.without_scanner, "file");
            scanned.push(format!("no enabled scanner reads {files} of this change"));
        }
        if !scanned.is_empty() {
            self.wrapped("  scanned  ", "           ", &scanned.join("; "));
        }
        if (report.never_scanned, &report.change.base) != (None, &None)
            && let Some(text) = words::never_scanned(report)
        {
            self.wrapped("  baseline ", "           ", &text);
        }
        if !report.available.is_empty() {
            let each = report.available.iter().take(MOST_OFF);
            let each = each.map(|s| format!("{} would read {}", s.name, plural(s.files, "file")));
            let more = match report.available.len().saturating_sub(MOST_OFF) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let first = report.available.first().map_or("", |s| s.name.as_str());
            let text = format!(
                "{}{more} of this change; to enable one, add `{first} = true` under `[scanners]` in \
                 `.newgate/config.toml`; `{first} = false` hides it here",
                each.collect::<Vec<_>>().join(", ")
            );
            self.wrapped("  off      ", "           ", &text);
        }
        for text in words::uncontained(&report.scanners) {
            self.wrapped("  note     ", "           ", &text);
        }
        for note in &report.notes {
            self.wrapped("  note     ", "           ", &notes::note(note));
        }
    }

    /// What to do, and the verdict again.
    pub(super) fn last_line(&mut self, report: &Report) {
        const SHORT: usize = 40;
        const AGAIN: usize = 10;
        if self.look.verbose && self.lines() > SHORT {
            // What blocks stands far above: once more, in short.
            for issue in report.issues.iter().filter(|i| i.blocks).take(AGAIN) {
                let place = issue
                    .occurrences
                    .iter()
                    .find(|o| o.action == Some(Action::Block));
                let place = place.map_or(String::new(), |o| words::place(o) + " ");
                self.wrapped(
                    "  blocks   ",
                    "           ",
                    &format!("{place}{}", issue.title),
                );
            }
        }
        if let Some(next) = next_step(report) {
            self.wrapped("  next     ", "           ", &next);
        }
        if report.verdict != Verdict::Pass
            && let Some(remedy) = base_remedy(&report.change.base_reason)
        {
            self.wrapped("  base     ", "           ", &remedy);
        }
        let verdict = self.verdict(report.verdict);
        let took = duration(report.milliseconds);
        let _ = writeln!(self.out, "\nnewgate: {verdict} in {took}");
    }
}
