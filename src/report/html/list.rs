//! The lists of issues, a row each.

use std::collections::HashMap;

use maud::{Markup, html};

use super::super::words::{band, decided, occurrences, place, plural, scanners, start_of_part};
use super::code::Painter;
use super::forge::Forge;
use super::pane;
use crate::model::{
    Bucket, Change, Excuse, Issue, IssueStatus, Occurrence, Report, Status, Verdict,
};

/// The most issues that the page lists.
const ISSUES: usize = 5_000;
/// How long all rows may be, in bytes, and how long one is at least: what is left besides goes to issues that
/// are told in full, first come. A page of 3 MB opens at once everywhere.
const ROWS: usize = 2_800_000;
const ROW: usize = 450;
/// The most characters of the line of code in a row.
const LINE: usize = 110;
/// How many of them fit into a window of 1,280 pixels, so the column must be among the first of these.
const FITS: usize = 64;

/// Where an issue is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Blocking,
    Of(Bucket),
}

impl List {
    /// All of them, in the order of the page.
    const ALL: [List; 8] = [
        List::Blocking,
        List::Of(Bucket::New),
        List::Of(Bucket::Grown),
        List::Of(Bucket::Excused(Excuse::Exempted)),
        List::Of(Bucket::Excused(Excuse::Ignored)),
        List::Of(Bucket::Excused(Excuse::Suppressed)),
        List::Of(Bucket::Fixed),
        List::Of(Bucket::Inherited),
    ];

    fn of(issue: &Issue) -> List {
        match issue.blocks {
            true => List::Blocking,
            false => List::Of(issue.bucket()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            List::Blocking => "blocking",
            List::Of(bucket) => bucket.name(),
        }
    }

    fn title(self) -> &'static str {
        match self {
            List::Blocking => "Blocks this change",
            List::Of(Bucket::New) => "New issues that do not block",
            List::Of(Bucket::Grown) => "Known issues with new occurrences that do not block",
            List::Of(Bucket::Excused(Excuse::Exempted)) => "Exempted",
            List::Of(Bucket::Excused(Excuse::Ignored)) => "Ignored by the policy",
            List::Of(Bucket::Excused(Excuse::Suppressed)) => "Suppressed by inline comments",
            List::Of(Bucket::Fixed) => "Fixed by this change",
            List::Of(Bucket::Inherited) => "Already on the target",
        }
    }
}

/// The check that an issue belongs to, and what its rows need.
struct Source<'r> {
    change: &'r Change,
    forge: Option<Forge>,
    /// The name of the change, if there are several.
    named: Option<&'r str>,
}

pub(super) fn lists(reports: &[Report]) -> Markup {
    let sources: Vec<Source<'_>> = reports
        .iter()
        .map(|r| Source {
            change: &r.change,
            forge: r.repository.as_deref().and_then(Forge::of),
            named: (reports.len() > 1).then_some(r.change.name.as_str()),
        })
        .collect();
    let all = || {
        let each = reports.iter().zip(&sources);
        each.flat_map(|(r, s)| r.issues.iter().map(move |i| (s, i)))
    };
    let mut listed = Listed {
        painter: Painter::new(),
        bytes: 0,
        spare: ROWS.saturating_sub(all().take(ISSUES).count() * ROW),
        left: all().skip(ISSUES).count(),
        place: 0,
    };
    let lists = List::ALL.map(|list| {
        let own = all().take(ISSUES).filter(|(_, i)| List::of(i) == list);
        let number = own.clone().count();
        let rows = listed.rows(own.collect());
        (list, number, rows)
    });
    let left = listed.left as u64;
    let forge = sources.iter().find_map(|s| s.forge.as_ref());
    html! {
        @if all().next().is_none() {
            p {
                @if reports.iter().any(|r| r.verdict == Verdict::Incomplete) { "There are no issues in what was scanned." }
                @else { "The scanners found no issues." }
            }
        }
        @for (list, number, rows) in &lists {
            @if *number > 0 {
                section class=(format!("list {}", list.name())) aria-labelledby=(format!("list-{}", list.name())) data-list=(list.name()) {
                    h2 id=(format!("list-{}", list.name())) { (list.title()) " " span.count { (number) } }
                    div.rows { @for row in rows { (row) } }
                }
            }
        }
        div id="grouped" hidden {}
        @if left > 0 { p { (plural(left, "more issue")) ": " code.command { "newgate report csv" } " lists all" } }
        @if let Some(forge) = forge {
            p.faint { "File names link to the checked commit on " (forge.host()) "; the links work once that commit is pushed." }
        }
    }
}

/// What has been listed so far.
struct Listed {
    painter: Painter,
    bytes: usize,
    /// How many bytes there are for more than a row each.
    spare: usize,
    left: usize,
    place: usize,
}

impl Listed {
    /// The rows of a list; issues of one title stand together.
    fn rows(&mut self, mut issues: Vec<(&Source<'_>, &Issue)>) -> Vec<Markup> {
        // What blocks is ordered by its score, whether it is new or grown.
        if issues.iter().all(|(_, i)| i.blocks) {
            issues.sort_by_key(|(_, issue)| std::cmp::Reverse(issue.score));
        }
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (number, (_, issue)) in issues.iter().enumerate() {
            first.entry(&issue.title).or_insert(number);
        }
        issues.sort_by_key(|(_, issue)| first.get(issue.title.as_str()).copied());
        let lone = matches!(&issues[..], [(_, one)] if one.blocks);
        let mut before = None;
        let mut rows = Vec::new();
        for (source, issue) in issues {
            if self.bytes > ROWS {
                self.left += 1;
                continue;
            }
            let again = before == Some(&issue.title);
            let row = self.row(source, issue, again, lone);
            self.bytes += row.0.len();
            self.spare = self.spare.saturating_sub(row.0.len().saturating_sub(ROW));
            before = Some(&issue.title);
            rows.push(row);
        }
        rows
    }

    fn row(&mut self, source: &Source<'_>, issue: &Issue, again: bool, open: bool) -> Markup {
        let number = number_of(issue);
        let main = decided(issue).next().or_else(|| issue.occurrences.first());
        let full = self.spare > 0;
        let link = |o: &Occurrence| {
            let forge = source.forge.as_ref().filter(|_| full)?;
            forge.occurrence(source.change, o)
        };
        let place_of_row = self.place;
        self.place += 1;
        let class = format!(
            "issue {}{}{}",
            issue.severity,
            if issue.blocks { " blocks" } else { "" },
            if again { " again" } else { "" }
        );
        html! {
            details class=(class) id=(format!("issue-{place_of_row}-{}", issue.id)) open[open]
                data-status=[issue.blocks.then(|| issue.bucket().name())] data-occurrences=[(number > 1).then_some(number)] {
                summary {
                    span.band { (band(issue)) }
                    span.main {
                        span.title { (pane::in_code(&issue.title)) } " "
                        @if let Some(one) = main {
                            span.spot {
                                @if let Some(package) = &one.package { b { (package.name) " " (package.version) } " in " }
                                (pane::linked(link(one), &place(one)))
                                @if number > 1 { span.faint { " and " (plural(number - 1, "more place")) } }
                                @if full { (self.line(one)) }
                            }
                        } @else { span.spot.faint { "in files that the change does not touch" } }
                    }
                    span.state { (status(issue)) @if let Some(name) = source.named { " in " (name) } }
                    span.by { (scanners(issue)) }
                }
                @if full { (pane::pane(issue, &mut self.painter, &link)) }
                @else { p.pane { code.command { "newgate show " (issue.id) } } }
            }
        }
    }

    /// The line of code of an occurrence, cut around its column.
    fn line(&mut self, one: &Occurrence) -> Markup {
        let known = one.frame.as_ref().zip(one.region);
        let line = known.and_then(|(frame, region)| {
            let number = region.line.checked_sub(frame.first_line)? as usize;
            let length = frame.lines.get(number)?.chars().count();
            let start = start_of_part(one, region.line, length, FITS);
            Some((frame, number, start))
        });
        html! {
            @if let Some((frame, number, start)) = line {
                @let colored = self.painter.colored(&one.path.to_text(), &frame.lines);
                code.line { (colored.part_of_line(number, start, LINE)) }
            }
        }
    }
}

/// How many occurrences of an issue there are, as far as is known.
fn number_of(issue: &Issue) -> u64 {
    let here = issue.occurrences.iter();
    let here = here.filter(|o| o.status != Status::Fixed).count() as u64;
    match issue.status {
        IssueStatus::Fixed => issue.occurrences.len() as u64,
        _ => here + issue.elsewhere,
    }
}

/// The status of an issue in a word or two.
fn status(issue: &Issue) -> String {
    match (issue.bucket(), issue.status) {
        (Bucket::Grown, _) => {
            let new = occurrences(issue, Status::New).filter(|o| o.excuse.is_none());
            format!("grown by {}", new.count())
        }
        (bucket, _) => bucket.name().to_owned(),
    }
}
