//! What several formats say in the same words.

use std::collections::{HashMap, HashSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::model::{
    Action, BandCounts, Bucket, Containment, Excuse, Issue, IssueStatus, Occurrence, Reason,
    RepoPath, Report, ScannerReport, Severity, Status, Verdict,
};

/// What a path in a URI keeps as it is: the unreserved characters and `/` (RFC 3986).
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A number and a noun.
pub fn plural(number: u64, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}

/// The numbers of the bands that are not empty, worst first.
pub(super) fn bands(counts: BandCounts) -> String {
    let parts: Vec<String> = Severity::WORST_FIRST
        .iter()
        .filter(|s| counts.get(**s) > 0)
        .map(|s| format!("{} {s}", counts.get(*s)))
        .collect();
    parts.join(", ")
}

/// How long something took.
pub(super) fn duration(milliseconds: u64) -> String {
    if milliseconds < 1_000 {
        format!("{milliseconds} ms")
    } else {
        format!("{:.1} s", milliseconds as f64 / 1_000.0)
    }
}

/// The verdict in a sentence.
pub(super) fn outcome(report: &Report) -> String {
    let blocking = report.issues.iter().filter(|i| i.blocks).count() as u64;
    match report.verdict {
        Verdict::Blocked if blocking == 1 => "1 issue blocks this change".to_owned(),
        Verdict::Blocked => format!("{blocking} issues block this change"),
        Verdict::Incomplete => {
            "not everything could be scanned, so new issues may be missing".to_owned()
        }
        Verdict::Pass => {
            let counts = report.counts();
            let (new, grown) = (counts.new.total(), counts.grown.total());
            let mut parts = Vec::new();
            if new > 0 {
                parts.push(plural(new, "new issue"));
            }
            if grown > 0 {
                parts.push(plural(grown, "grown issue"));
            }
            let below = |i: &Issue| !i.severity.blocks_at(report.block_at);
            let added = |i: &&Issue| matches!(i.bucket(), Bucket::New | Bucket::Grown);
            let all_below = report.issues.iter().filter(added).all(below);
            let mut text = match (parts.is_empty(), all_below, &report.change.base) {
                (true, _, Some(_)) => "nothing new".to_owned(),
                (true, _, None) => "nothing found".to_owned(),
                (_, true, _) => format!("{} below `{}`", parts.join(" and "), report.block_at),
                (_, false, _) => format!("{} that the policy allows", parts.join(" and ")),
            };
            for excuse in [Excuse::Exempted, Excuse::Ignored, Excuse::Suppressed] {
                let number = counts.get(Bucket::Excused(excuse)).total();
                if number > 0 {
                    text = format!("{text}, {number} {}", excuse.name());
                }
            }
            text
        }
    }
}

/// What went wrong with a scanner, and what to do.
pub fn fault(scanner: &ScannerReport) -> String {
    match scanner.at_base {
        true => format!("at the base, {}", scanner.detail),
        false => scanner.detail.clone(),
    }
}

/// How an issue stands against the baseline, with its numbers of occurrences.
pub(super) fn standing(issue: &Issue) -> String {
    let count = |status| occurrences(issue, status).count() as u64;
    let (new, fixed) = (count(Status::New), count(Status::Fixed));
    let old = count(Status::Inherited) + issue.elsewhere;
    let mut text = match issue.status {
        IssueStatus::New => format!("new, {}", plural(new, "occurrence")),
        IssueStatus::Grown => format!("grown: {}, {old} inherited", plural(new, "new occurrence")),
        IssueStatus::Inherited => format!("inherited, {}", plural(old, "occurrence")),
        IssueStatus::Fixed => format!("fixed, {}", plural(fixed, "occurrence")),
    };
    if fixed > 0 && issue.status != IssueStatus::Fixed {
        text.push_str(&format!(", {fixed} fixed"));
    }
    // The status is that of the files that the change touches.
    if old > 0 && matches!(issue.status, IssueStatus::New | IssueStatus::Fixed) {
        text.push_str(&format!(", {old} more in other files"));
    }
    text
}

/// The occurrences of an issue with a status.
pub(super) fn occurrences(issue: &Issue, status: Status) -> impl Iterator<Item = &Occurrence> {
    issue.occurrences.iter().filter(move |o| o.status == status)
}

/// The place of an occurrence, `path:line`.
pub fn place(occurrence: &Occurrence) -> String {
    let path = file(occurrence);
    match occurrence.region {
        Some(region) => format!("{path}:{}", region.line),
        None => path,
    }
}

/// The file of an occurrence, or what it is in instead.
pub(super) fn file(occurrence: &Occurrence) -> String {
    match occurrence.reason {
        Reason::InMessage { .. } => "commit message".to_owned(),
        Reason::InTagMessage { .. } => "tag message".to_owned(),
        _ => occurrence.path.to_string(),
    }
}

/// The commit or tag in which an occurrence stands, where that is not the head: ` in commit 0123456789`.
pub fn in_commit(occurrence: &Occurrence) -> String {
    let what = match occurrence.reason {
        Reason::InTagMessage { .. } => "tag",
        _ => "commit",
    };
    let commit = occurrence.commit.as_deref();
    commit.map_or(String::new(), |c| format!(" in {what} {c:.10}"))
}

/// The rules that report an issue: `bandit B602, ruff S602`.
pub(super) fn rules(issue: &Issue) -> String {
    let rules = issue
        .rules
        .iter()
        .map(|r| format!("{} {}", r.scanner, r.rule));
    rules.collect::<Vec<_>>().join(", ")
}

/// The scanners that report an issue: `bandit, ruff`.
pub(super) fn scanners(issue: &Issue) -> String {
    let mut names: Vec<&str> = issue.rules.iter().map(|r| r.scanner.as_str()).collect();
    names.dedup();
    names.join(", ")
}

/// The score and band of an issue, in capitals: `HIGH 8.0`.
pub(super) fn band(issue: &Issue) -> String {
    let score = issue.score.map_or_else(String::new, |s| format!(" {s}"));
    format!("{}{score}", issue.severity.name().to_uppercase())
}

/// Why an occurrence does not count, if it does not.
pub(super) fn not_counting(occurrence: &Occurrence) -> Option<String> {
    Some(match occurrence.excuse? {
        Excuse::Exempted => {
            let why = occurrence.exempted.as_deref().unwrap_or_default();
            format!("exempted: {why}")
        }
        Excuse::Ignored => "ignored by the policy".to_owned(),
        Excuse::Suppressed => "suppressed by an inline comment".to_owned(),
    })
}

/// The occurrences that a decision is about: new ones, and old ones that the policy blocks or warns of.
pub(super) fn decided(issue: &Issue) -> impl Iterator<Item = &Occurrence> {
    issue.occurrences.iter().filter(|o| {
        o.status == Status::New || matches!(o.action, Some(Action::Block | Action::Warn))
    })
}

/// Files of the target that nobody has scanned yet, in words; `None` if there are none.
pub(super) fn never_scanned(report: &Report) -> Option<String> {
    let target = report.change.target.as_deref().unwrap_or("the target");
    let what = match report.never_scanned {
        Some(0) => return None,
        Some(1) => {
            format!("1 file of {target} has not been scanned yet, so its issues are not listed")
        }
        Some(n) => {
            format!(
                "{n} files of {target} have not been scanned yet, so their issues are not listed"
            )
        }
        None => format!(
            "only changed files were compared with {target}, so issues in other files are not listed"
        ),
    };
    Some(format!(
        "{what} (they cannot block; `newgate baseline build` scans everything once)"
    ))
}

/// The command that exempts an issue, or one occurrence of it.
pub(super) fn exempt_command(issue: &Issue, occurrence: Option<&Occurrence>) -> String {
    let name = occurrence
        .map(|o| o.print.as_str())
        .filter(|p| !p.is_empty())
        .unwrap_or(&issue.id);
    format!("newgate exempt {name} --reason false-positive --until 30d --text '...'")
}

/// A page about a weakness or an advisory, by its id.
pub(super) fn page_of(reference: &str) -> Option<String> {
    let plain = reference
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !plain {
        return None;
    }
    let (list, id) = reference.split_once('-')?;
    match list {
        "CWE" => Some(format!("https://cwe.mitre.org/data/definitions/{id}.html")),
        "CVE" => Some(format!("https://nvd.nist.gov/vuln/detail/{reference}")),
        "GHSA" => Some(format!("https://github.com/advisories/{reference}")),
        "RUSTSEC" => Some(format!("https://rustsec.org/advisories/{reference}.html")),
        "PYSEC" | "GO" | "MAL" | "OSV" => {
            Some(format!("https://osv.dev/vulnerability/{reference}"))
        }
        _ => None,
    }
}

/// A path as a relative reference of a URI.
pub(super) fn uri(path: &RepoPath) -> String {
    percent_encode(path.as_bytes(), PATH).to_string()
}

/// How many columns of a terminal a text takes: most letters of East Asian scripts take two.
pub fn columns(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.width(),
    }
}

/// Cuts a text to fit in a number of columns, with `…` at its end if something is left out.
pub fn fit(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut taken = 0;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken < most
    };
    let part: String = text.chars().take_while(fits).collect();
    format!("{part}…")
}

/// Cuts a text to a number of characters, with `…` after it if something is left out.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.chars().nth(most) {
        None => text.to_owned(),
        Some(_) => format!("{text:.most$}…"),
    }
}

/// The part of a line of code that is shown where there is room for so many characters: all of it, or what is
/// around the column that an occurrence begins at. Marks what is left out.
pub(super) fn part_of_line(
    occurrence: &Occurrence,
    number: u32,
    line: &str,
    room: usize,
) -> String {
    let length = line.chars().count();
    if length <= room {
        return line.to_owned();
    }
    let start = start_of_part(occurrence, number, length, room);
    let (before, most) = match start {
        0 => ("", room - 1),
        _ => ("…", room.saturating_sub(2)),
    };
    let part: String = line.chars().skip(start).take(most).collect();
    let after = if start + most < length { "…" } else { "" };
    format!("{before}{part}{after}")
}

/// Where the shown part of a line begins, in characters.
pub(super) fn start_of_part(
    occurrence: &Occurrence,
    number: u32,
    length: usize,
    room: usize,
) -> usize {
    let region = occurrence.region.filter(|r| r.line == number);
    let column = region.and_then(|r| r.column).unwrap_or(1) as usize;
    let cut = occurrence.frame.as_ref().map_or(0, |f| f.cut as usize);
    let column = column.saturating_sub(1 + cut);
    match column + 10 > room {
        true => column
            .saturating_sub(room / 3)
            .min((length + 2).saturating_sub(room)),
        false => 0,
    }
}

/// The occurrences of a report that are at head, or all, each with a stable identity: made of the print of its code,
/// which moves with it, or else of its file and message. If there are several of one, they are numbered, old ones
/// first, so that a new copy does not take the identity of an old one.
pub(super) fn identified(report: &Report) -> Vec<(&Issue, &Occurrence, String)> {
    let all = report.issues.iter();
    let all: Vec<(&Issue, &Occurrence)> = all
        .flat_map(|i| i.occurrences.iter().map(move |o| (i, o)))
        .collect();
    let mut by_age: Vec<usize> = (0..all.len()).collect();
    by_age.sort_by_key(|n| {
        let (_, o) = all[*n];
        let place = (&o.path, o.region.map(|r| (r.line, r.column)));
        (o.status == Status::New, place)
    });
    let mut identities = vec![String::new(); all.len()];
    let mut seen: HashMap<String, u32> = HashMap::new();
    for number in by_age {
        let (_, occurrence) = all[number];
        let code = match occurrence.print.is_empty() {
            true => format!("{}\0{}", occurrence.path, occurrence.message),
            false => occurrence.print.to_string(),
        };
        let hash = format!("{:.24}", blake3::hash(code.as_bytes()).to_hex());
        let times = seen.entry(hash.clone()).or_default();
        *times += 1;
        identities[number] = format!("{hash}:{times}");
    }
    let all = all.into_iter().zip(identities);
    all.map(|((issue, occurrence), identity)| (issue, occurrence, identity))
        .collect()
}

/// The same over several reports: an occurrence that two refs of a push have is there once.
pub(super) fn identified_once(reports: &[Report]) -> Vec<(&Issue, &Occurrence, String)> {
    let mut once: Vec<(&Issue, &Occurrence, String)> = Vec::new();
    let mut seen = HashSet::new();
    for report in reports {
        for (issue, occurrence, identity) in identified(report) {
            let place = (identity.clone(), &occurrence.path, occurrence.region);
            if seen.insert(place) {
                once.push((issue, occurrence, identity));
            }
        }
    }
    let mut times: HashMap<String, u32> = HashMap::new();
    for (_, _, identity) in &mut once {
        let number = times.entry(identity.clone()).or_default();
        *number += 1;
        if *number > 1 {
            *identity = format!("{identity}/{number}");
        }
    }
    once
}

/// What the reader should know of scanners that ran and were not kept from everything else.
pub(super) fn uncontained(scanners: &[ScannerReport]) -> Vec<String> {
    let words = [
        (Containment::Off, "without containment, as configured"),
        (
            Containment::Unavailable,
            "without containment: this system does not support it",
        ),
        (
            Containment::Partial,
            "with partial containment: this system does not support all of it",
        ),
    ];
    let with = |containment| {
        let those = scanners
            .iter()
            .filter(move |s| s.containment == containment);
        those.map(|s| s.name.as_str()).collect::<Vec<_>>()
    };
    let told = words.map(|(containment, words)| (with(containment), words));
    let told = told.into_iter().filter(|(names, _)| !names.is_empty());
    told.map(|(names, words)| format!("{} ran {words}", names.join(", ")))
        .collect()
}
