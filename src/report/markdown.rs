//! A comment on a merge request, or the summary of a job, in GitHub Flavored Markdown
//! (<https://github.github.com/gfm/>), which GitLab and Gitea read too.

use std::fmt::Write as _;

use super::notes::{because, compared_with};
use super::words::{
    band, bands, decided, duration, in_commit, never_scanned, not_counting, outcome, page_of,
    place, plural, rules, standing,
};
use crate::model::{
    Bucket, Issue, IssueStatus, Occurrence, Report, ScannerState, Severity, Verdict, is_unsafe_char,
};

/// What the comment begins with, so that the next run can find it and update it.
pub const MARKER: &str = "<!-- newgate:report -->";

/// The most characters of a comment. GitHub takes 65,536, GitLab 1,000,000.
const MOST: usize = 60_000;
/// How many characters are kept for what comes after the issues.
const RESERVE: usize = 6_000;
/// The most occurrences of an issue that are shown.
const OCCURRENCES: usize = 5;

/// Writes reports as one comment.
pub fn markdown(reports: &[Report]) -> String {
    let mut out = format!("{MARKER}\n");
    let room = (MOST - RESERVE) / reports.len().max(1);
    let mut left_out = 0;
    for report in reports {
        let section = section(report, room);
        match out.len() + section.len() > MOST {
            true => left_out += 1,
            false => out.push_str(&section),
        }
    }
    if left_out > 0 {
        let refs = plural(left_out, "more ref");
        let _ = writeln!(
            out,
            "**{refs} did not fit here**: the job's log has all of them."
        );
    }
    if reports.is_empty() {
        out.push_str("newgate: nothing was checked\n");
    }
    out
}

fn section(report: &Report, room: usize) -> String {
    let end = room;
    let out = &mut String::new();
    let verdict = match report.verdict {
        Verdict::Pass => "✅ PASS",
        Verdict::Blocked => "⛔ BLOCKED",
        Verdict::Incomplete => "⚠️ INCOMPLETE",
    };
    let _ = writeln!(
        out,
        "## newgate: {verdict}: {}\n",
        escaped(&outcome(report))
    );
    let _ = writeln!(
        out,
        "{}, {}\n",
        escaped(&report.change.name),
        escaped(&compared_with(report))
    );
    counts(out, report);
    let blocking: Vec<&Issue> = report.issues.iter().filter(|i| i.blocks).collect();
    let is_new = |i: &&Issue| matches!(i.status, IssueStatus::New | IssueStatus::Grown) || i.warns;
    let others = report.issues.iter().filter(|i| !i.blocks).filter(is_new);
    let mut left_out = 0_u64;
    let mut add = |out: &mut String, text: &str| match out.len() + text.len() > end {
        true => left_out += 1,
        false => out.push_str(text),
    };
    if !blocking.is_empty() {
        out.push_str("### Blocks\n\n");
    }
    for one in &blocking {
        add(out, &issue(one));
    }
    let others: Vec<String> = others.map(row).collect();
    if !others.is_empty() {
        out.push_str(
            "### Does not block\n\n| severity | issue | where | why not |\n| --- | --- | --- | --- |\n",
        );
        for row in others {
            add(out, &row);
        }
        out.push('\n');
    }
    if left_out > 0 {
        let _ = writeln!(
            out,
            "**{} did not fit here**: the job's log and its HTML or JSON report have all of them.\n",
            plural(left_out, "more issue")
        );
    }
    scanners(out, report);
    std::mem::take(out)
}

fn counts(out: &mut String, report: &Report) {
    let counts = report.counts();
    out.push_str("| | total | by severity |\n| --- | ---: | --- |\n");
    for bucket in Bucket::ALL {
        let band = counts.get(bucket);
        if band.total() > 0 || bucket == Bucket::New {
            let (name, total) = (bucket.name(), band.total());
            let _ = writeln!(out, "| {name} | {total} | {} |", bands(band));
        }
    }
    out.push('\n');
}

fn icon(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🟣",
        Severity::High | Severity::Unassigned => "🔴",
        Severity::Medium => "🟠",
        Severity::Low => "🟡",
        Severity::Info => "⚪",
    }
}

fn issue(issue: &Issue) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "#### {} {} {}\n",
        icon(issue.severity),
        escaped(&band(issue)),
        escaped(&issue.title)
    );
    let mut facts = vec![escaped(&rules(issue))];
    facts.extend(issue.references.iter().map(|r| reference(r)));
    facts.push(format!("issue `{}`", issue.id));
    facts.push(escaped(&standing(issue)));
    let _ = writeln!(out, "{}\n", facts.join(" · "));
    let mut shown = 0;
    for one in decided(issue).take(OCCURRENCES) {
        occurrence(&mut out, issue, one);
        shown += 1;
    }
    let left = decided(issue).count() - shown;
    if left > 0 {
        let text = plural(left as u64, "more occurrence");
        let _ = writeln!(out, "- and {text}: `newgate report csv` lists all");
    }
    out.push('\n');
    if let Some(fix) = &issue.fix {
        let _ = writeln!(out, "**Fix:** {}\n", escaped(fix));
    }
    let _ = writeln!(out, "{}\n", escaped(&because(issue)));
    out
}

fn reference(reference: &str) -> String {
    match page_of(reference) {
        Some(page) => format!("[{}]({page})", escaped(reference)),
        None => escaped(reference),
    }
}

fn occurrence(out: &mut String, issue: &Issue, occurrence: &Occurrence) {
    let commit = in_commit(occurrence);
    let message = match occurrence.message.trim_end_matches('.') == issue.title {
        true => String::new(),
        false => format!(": {}", escaped(&occurrence.message)),
    };
    let _ = writeln!(out, "- {}{commit}{message}", code(&place(occurrence)));
    if let Some(frame) = &occurrence.frame {
        let fence = "`".repeat(longest_run(&frame.lines.join("\n")).max(2) + 1);
        let _ = writeln!(out, "  {fence}");
        for (number, line) in (frame.first_line..).zip(&frame.lines) {
            let marked = occurrence
                .region
                .is_some_and(|r| (r.line..=r.end_line).contains(&number));
            let sign = if marked { '>' } else { ' ' };
            let _ = writeln!(out, "  {sign} {number:>4} | {line}");
        }
        let _ = writeln!(out, "  {fence}");
    }
}

fn row(issue: &Issue) -> String {
    let shown = decided(issue);
    let mut places: Vec<String> = shown.map(|o| code(&place(o))).collect();
    let more = places.len().saturating_sub(3);
    places.truncate(3);
    if more > 0 {
        places.push(format!("{more} more"));
    }
    let why = decided(issue).find_map(not_counting);
    let because = match (issue.bucket(), why) {
        (Bucket::Excused(_), Some(why)) => why,
        _ => because(issue),
    };
    let warns = if issue.warns { "warning: " } else { "" };
    format!(
        "| {} {} | {warns}{} (`{}`) | {} | {} |\n",
        icon(issue.severity),
        escaped(&band(issue)),
        escaped(&issue.title),
        issue.id,
        places.join(", ").replace('|', "\\|"),
        escaped(&because)
    )
}

fn scanners(out: &mut String, report: &Report) {
    let troubled = report.scanners.iter();
    for scanner in troubled.filter(|s| s.state != ScannerState::Ok) {
        let _ = writeln!(
            out,
            "**{} is {}:** {}\n",
            escaped(&scanner.name),
            scanner.state.name(),
            escaped(&super::words::cut(&super::words::fault(scanner), 500))
        );
    }
    for unknown in super::notes::unknown(report).iter().take(5) {
        let text = escaped(&super::words::cut(unknown, 500));
        let _ = writeln!(out, "**Unknown:** {text}\n");
    }
    if let Some(text) = never_scanned(report) {
        let _ = writeln!(out, "<sub>{}.</sub>\n", escaped(&text));
    }
    for text in super::words::uncontained(&report.scanners) {
        let _ = writeln!(out, "<sub>{}.</sub>\n", escaped(&text));
    }
    let each = report.scanners.iter().map(|s| {
        let version = s.version.as_deref().unwrap_or_default();
        let read = plural(s.scanned + s.cached, "file");
        escaped(format!("{} {version}: {read}", s.name).trim())
    });
    let each = each.collect::<Vec<_>>().join("; ");
    let took = duration(report.milliseconds);
    let _ = writeln!(out, "<sub>Scanned: {each}. {took}.</sub>\n");
}

/// A text in which nothing is markup, a link, a mention or the number of an issue.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
                if c == '#' || c == '!' {
                    // Not the number of an issue or a merge request either.
                    out.push('\u{2060}');
                }
            }
            '@' => out.push_str("@\u{2060}"),
            c if is_unsafe_char(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    // Forges make links of bare addresses.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A text as a piece of code.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
