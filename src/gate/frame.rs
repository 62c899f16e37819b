//! The lines around an occurrence, as text that is safe to show.

use std::collections::{BTreeSet, HashMap};

use super::planned::Planned;
use crate::error::Result;
use crate::mask;
use crate::model::{Action, Finding, Frame, Issue, Kind, Occurrence, Oid, RepoPath, Status};
use crate::scan::redact;

/// How many lines are shown on either side.
const AROUND: u32 = 2;
/// The most lines of a region that are shown.
const MOST_LINES: u32 = 8;
/// The most lines of a secret that are hidden.
const MOST_SECRET_LINES: u32 = 1_000;
/// The most characters of a line that are shown.
const MOST_CHARACTERS: usize = 240;
/// How many occurrences of an issue get a frame.
const MOST_FRAMES: usize = 50;
/// The most bytes of texts that are kept at once; a single text may be larger.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A text whose lines are found without reading it from the start.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn new(text: String) -> Lines {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        Lines { text, starts }
    }

    /// The lines from one on, counted from 1; none if there is no such line.
    pub(super) fn from(&self, line: u32) -> std::str::Lines<'_> {
        let start = self.starts.get(line.saturating_sub(1) as usize);
        start
            .and_then(|s| self.text.get(*s..))
            .unwrap_or("")
            .lines()
    }
}

/// A file in a tree.
type Place = (Oid, RepoPath);

/// Texts of files that were read last: those of one issue are often those of the next.
#[derive(Debug, Default)]
pub(super) struct Texts {
    known: HashMap<Place, Option<Lines>>,
    bytes: usize,
}

impl Texts {
    /// The text at a place, which is read if it is not known.
    pub(super) fn at(
        &mut self,
        place: &Place,
        read: impl FnOnce(&Place) -> Result<Option<String>>,
    ) -> Result<Option<&Lines>> {
        if !self.known.contains_key(place) {
            if self.bytes > MOST_BYTES {
                *self = Texts::default();
            }
            let text = read(place)?.map(Lines::new);
            self.bytes += text.as_ref().map_or(0, |t| t.text.len());
            self.known.insert(place.clone(), text);
        }
        Ok(self.known.get(place).and_then(Option::as_ref))
    }
}

/// Adds frames to the new occurrences, and to all where the report lists everything.
pub(super) fn add_frames(planned: &Planned<'_>, issues: &mut [Issue]) {
    // Lines with a finding about a literal. They are shown without literals, whatever finding they
    // are shown for.
    let mut literals: HashMap<Place, BTreeSet<u32>> = HashMap::new();
    // Those on which a scanner of secrets found one, all lines of it.
    let mut secrets: HashMap<Place, BTreeSet<u32>> = HashMap::new();
    for occurrence in issues.iter().flat_map(|i| &i.occurrences) {
        let about = occurrence.findings.iter().any(Finding::is_about_a_literal);
        if let (true, Some(region)) = (about, occurrence.region)
            && let Some(tree) = tree_with(planned, occurrence)
        {
            let place = (tree, occurrence.path.clone());
            let is_secret = |f: &Finding| f.kind == Kind::Secret || f.secret.is_some();
            let (map, most) = match occurrence.findings.iter().any(is_secret) {
                true => (&mut secrets, MOST_SECRET_LINES),
                false => (&mut literals, MOST_LINES),
            };
            let end = region.end_line.min(region.line.saturating_add(most));
            map.entry(place).or_default().extend(region.line..=end);
        }
    }
    let none = BTreeSet::new();
    let mut texts = Texts::default();
    for issue in issues.iter_mut() {
        let all = planned.gate.list_unchanged;
        let shown = issue.occurrences.iter_mut();
        let shown = shown.filter(|o| {
            all || o.status == Status::New || matches!(o.action, Some(Action::Block | Action::Warn))
        });
        for occurrence in shown.take(MOST_FRAMES) {
            if planned.clock.is_over() {
                return;
            }
            let Some(tree) = tree_with(planned, occurrence) else {
                continue;
            };
            let place = (tree, occurrence.path.clone());
            let hidden = Hidden {
                literals: literals.get(&place).unwrap_or(&none),
                secrets: secrets.get(&place).unwrap_or(&none),
            };
            // Frames only help the reader, so the verdict does not need them.
            let text = texts.at(&place, |(tree, path)| {
                let Some(file) = planned.gate.repo.entry(tree, path)? else {
                    return Ok(None);
                };
                let file = super::behind(planned.gate.repo, tree, &file)?;
                super::text_of(planned.gate.repo, &file).map(Some)
            });
            if let Ok(Some(text)) = text {
                occurrence.frame = frame_of(text, &occurrence.findings, &hidden).map(Box::new);
            }
        }
    }
}

/// The lines of a file whose credentials are not shown.
struct Hidden<'a> {
    /// Where quoted literals are left out.
    literals: &'a BTreeSet<u32>,
    /// Where nothing but the name is shown.
    secrets: &'a BTreeSet<u32>,
}

/// The tree in which an occurrence stands.
pub(super) fn tree_with(planned: &Planned<'_>, occurrence: &Occurrence) -> Option<Oid> {
    let change = &planned.change;
    match (&occurrence.commit, occurrence.status) {
        (Some(commit), _) => super::tree_of(planned.gate.repo, &Oid::parse(commit)?)
            .ok()
            .flatten(),
        (None, Status::Fixed) => change.base_tree.clone(),
        (None, _) => Some(change.head_tree.clone()),
    }
}

/// Makes the frame of findings at one place; `None` if they have no line in the text.
///
/// Credentials are cut out: those that the secrets scanner knows, what a secret's own finding says,
/// every quoted literal where a weakness is about one, what `hidden` names, and lines that look like
/// the body of a key.
fn frame_of(text: &Lines, findings: &[Finding], hidden: &Hidden<'_>) -> Option<Frame> {
    let finding = findings.first()?;
    let region = finding.region?;
    let about_literal = findings.iter().any(Finding::is_about_a_literal);
    let around = if about_literal { 0 } else { AROUND };
    let first = region.line.saturating_sub(around).max(1);
    let end = if finding.kind == Kind::Secret {
        region.line
    } else {
        region.end_line
    };
    let last = end.min(region.line + MOST_LINES) + around;
    let shown: Vec<&str> = text.from(first).take((last - first) as usize + 1).collect();
    if shown.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = redact(&shown.join("\n"))
        .lines()
        .map(str::to_owned)
        .collect();
    lines.resize(shown.len(), String::new());
    if finding.kind == Kind::Secret {
        let line = shown.first()?;
        lines = vec![without_columns(line, finding)];
    }
    let mut cut = 0;
    for (number, line) in (first..).zip(&mut lines) {
        let secret = about_literal || hidden.literals.contains(&number);
        if hidden.secrets.contains(&number) && finding.kind != Kind::Secret {
            *line = without_value(line);
        } else if secret && finding.kind != Kind::Secret {
            *line = without_literals(line);
        }
        // Before it is cut.
        if let Some(masked) = mask::masked(line) {
            *line = masked;
        }
        if looks_like_key_body(line) {
            *line = "[secret]".into();
        }
        let column = region.column.filter(|_| number == region.line);
        let from = column.map_or(0, |column| start_of(line, column));
        if from > 0 {
            cut = from;
        }
        *line = safe(line, from as usize);
    }
    Some(Frame {
        first_line: first,
        lines,
        cut,
    })
}

/// A line without the text that a finding of a secret covers.
fn without_columns(line: &str, finding: &Finding) -> String {
    let Some(region) = finding.region else {
        return "[secret]".into();
    };
    let start = region.column.map_or(0, |c| c as usize - 1);
    let one_line = region.end_line == region.line;
    let end = region
        .end_column
        .filter(|_| one_line)
        .map_or(line.len(), |c| c as usize - 1);
    // Columns of other scanners may count otherwise: where they do not fit, nothing is shown.
    match (line.get(..start), line.get(end.max(start)..)) {
        (Some(before), Some(after)) if region.column.is_some() && finding.scanner == "secrets" => {
            redact(&format!("{before}[secret]{after}"))
        }
        _ => without_value(line),
    }
}

/// The name that a line gives a value, without the value; nothing of it where that is not certain.
fn without_value(line: &str) -> String {
    const BEFORE: [&str; 8] = ["export", "set", "const", "let", "var", "val", "-", "static"];
    if let Some((name, value)) = line.split_once(['=', ':'])
        // A value of Base64 ends like this.
        && !value.trim_matches(['=', ' ']).is_empty()
        && let Some(sign) = line.get(name.len()..=name.len())
    {
        let mut words = name.split_whitespace().rev();
        let is_name = |w: &str| {
            let bare = w.trim_matches(['"', '\'']);
            let of_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            !bare.is_empty() && bare.len() <= 40 && bare.chars().all(of_name)
        };
        if words.next().is_some_and(is_name) && words.all(|w| BEFORE.contains(&w)) {
            let space = if value.starts_with(' ') { " " } else { "" };
            return format!("{name}{sign}{space}[secret]");
        }
    }
    "[secret]".into()
}

fn without_literals(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    let quotes = ['"', '\'', '`'];
    while let Some((before, from)) = rest.find(quotes).and_then(|at| rest.split_at_checked(at)) {
        let mut from = from.chars();
        let Some(quote) = from.next() else {
            break;
        };
        let after = from.as_str();
        out.push_str(before);
        out.push(quote);
        let (literal, after) = match after.split_once(quote) {
            Some((literal, after)) => (literal, Some(after)),
            None => (after, None),
        };
        if after.is_none() || !literal.is_empty() {
            out.push_str("[secret]");
        }
        rest = after.map_or("", |after| {
            out.push(quote);
            after
        });
    }
    out.push_str(rest);
    out
}

fn looks_like_key_body(line: &str) -> bool {
    let body = line.trim().trim_matches(['"', '\'', ',', '\\', '+']);
    let of_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    body.len() >= 60 && body.bytes().all(of_base64)
}

/// Where the part of a line begins that is shown, in characters, so that a column, which counts from 1, is in it:
/// at the start wherever it can.
fn start_of(line: &str, column: u32) -> u32 {
    let (length, most) = (line.chars().count(), MOST_CHARACTERS);
    let column = (column as usize).min(length);
    let start = match column > most / 2 {
        true => (column - most / 2).min(length.saturating_sub(most)),
        false => 0,
    };
    u32::try_from(start).unwrap_or_default()
}

/// A line from a character on, with tabs as spaces, control characters as escapes, and not too long.
fn safe(line: &str, from: usize) -> String {
    let mut out = String::new();
    if from > 0 {
        out.push('…');
    }
    for (count, c) in line.chars().skip(from).enumerate() {
        if count >= MOST_CHARACTERS {
            out.push('…');
            break;
        }
        match c {
            '\t' => out.push_str("    "),
            c if crate::model::is_unsafe_char(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Region;

    fn finding(kind: Kind, line: u32, cwe: u32) -> Finding {
        Finding::build("x", "R", "a.py".into())
            .kind(kind)
            .region(Some(Region::line(line)))
            .cwe(vec![cwe])
            .finish()
            .unwrap()
    }

    #[test]
    fn a_frame_never_shows_the_literal_that_a_finding_is_about() {
        let text = "a = 1\npassword = 'Summer-2024' or \"x\"\nb = 2\n";
        let shown = |text: &str, finding: Finding, literals: &[u32]| {
            let text = Lines::new(text.to_owned());
            let literals = literals.iter().copied().collect();
            let secrets = &BTreeSet::new();
            let hidden = Hidden {
                literals: &literals,
                secrets,
            };
            frame_of(&text, &[finding], &hidden).unwrap()
        };
        let frame = shown(text, finding(Kind::Code, 2, 259), &[]);
        assert_eq!(frame.lines, ["password = '[secret]' or \"[secret]\""]);
        let frame = shown(text, finding(Kind::Secret, 2, 798), &[]);
        assert!(!frame.lines.join("").contains("Summer"));
        // Nor beside a finding about something else.
        let frame = shown(text, finding(Kind::Code, 3, 78), &[2]);
        assert!(!frame.lines.join("").contains("Summer"));
        assert_eq!(frame.lines.len(), 3);
    }

    static NONE: BTreeSet<u32> = BTreeSet::new();
    static HIDDEN_NOTHING: Hidden<'static> = Hidden {
        literals: &NONE,
        secrets: &NONE,
    };

    #[test]
    fn a_secret_without_quotes_is_hidden_in_its_frame_and_beside_others() {
        let text = Lines::new("A=1\nAPP_KEY=xUNIp0OL6kFVUJwZ\nB=2\n".into());
        let of_other = finding(Kind::Secret, 2, 798);
        let frame = frame_of(&text, &[of_other], &HIDDEN_NOTHING).unwrap();
        assert_eq!(frame.lines, ["APP_KEY=[secret]"]);
        let secrets = &BTreeSet::from([2]);
        let hidden = Hidden {
            literals: &NONE,
            secrets,
        };
        let frame = frame_of(&text, &[finding(Kind::Code, 3, 78)], &hidden).unwrap();
        assert_eq!(frame.lines, ["A=1", "APP_KEY=[secret]", "B=2"]);
        let shown = |line| without_value(line);
        assert_eq!(shown("  key: s3cr3t"), "  key: [secret]");
        assert_eq!(shown("export T='a' # b"), "export T=[secret]");
        for line in ["cGFzc3dvcmQ=", "login s3cr3t --to=x", "f(s3cr3t, key=1)"] {
            assert_eq!(shown(line), "[secret]");
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_column_that_matters() {
        let text = format!("{}eval(x){}\n", "a;".repeat(500), ";b".repeat(500));
        let region = Region {
            line: 1,
            column: Some(1_001),
            end_line: 1,
            end_column: Some(1_008),
        };
        let finding = Finding::build("x", "R", "a.js".into())
            .region(Some(region))
            .finish()
            .unwrap();
        let frame = frame_of(&Lines::new(text), &[finding], &HIDDEN_NOTHING).unwrap();
        assert!(frame.lines[0].starts_with("…;a;a"), "{frame:?}");
        assert!(frame.lines[0].contains(";eval(x);b"), "{frame:?}");
        assert_eq!(frame.lines[0].chars().count(), MOST_CHARACTERS + 2);
        assert_eq!(frame.cut, 881);
    }

    #[test]
    fn hostile_lines_are_escaped_and_key_bodies_cut() {
        let text = format!("x\x1b[2J\u{202e}\n\teval(x)\n{}\n", "QUJD".repeat(20));
        let text = Lines::new(text);
        let frame = frame_of(&text, &[finding(Kind::Code, 2, 95)], &HIDDEN_NOTHING).unwrap();
        assert_eq!(
            frame.lines,
            ["x\\u{1b}[2J\\u{202e}", "    eval(x)", "[secret]"]
        );
    }
}
