//! What people and tools read: whatever stands in a report, each format stays what it is.

use std::io::{self, Cursor, Write};

use newgate::model::Report;
use newgate::report::{
    Look, MARKER, Sarif, csv, env, from_json, github, gitlab_code_quality, gitlab_sast, html, json,
    junit, markdown, sarif, show_issue, sto, terminal,
};
use serde_json::Value;

use super::draw::Draw;
use super::is_harmless;

/// A real report.
const REPORT: &str = include_str!("../report.json");
/// The fields whose texts come from scanners, files, refs and configurations.
const FREE: [&str; 30] = [
    "title",
    "message",
    "why",
    "because",
    "path",
    "name",
    "detail",
    "fix",
    "rule",
    "scanner",
    "exempted",
    "was-exempted",
    "commit",
    "repository",
    "target",
    "ecosystem",
    "version",
    "url",
    "fingerprint",
    "level",
    "homepage",
    "canonical",
    "reason",
    "references",
    "links",
    "scanners",
    "lines",
    "advisories",
    "fixed",
    "print",
];

/// A real report, with texts of the input in the place of its own.
pub fn of_strings(input: &[u8]) {
    let mut draw = Draw::new(input);
    let mut report: Value = serde_json::from_str(REPORT).expect("the report is JSON");
    let every = 1 + draw.below(8);
    let mut number = 0;
    replace(&mut report, false, &mut |text| {
        number += 1;
        if number % every == 0 && !draw.is_empty() {
            *text = draw.text();
        }
    });
    let json = report.to_string();
    let reports = from_json(Cursor::new(json)).expect("only texts were replaced");
    hold(&reports);
}

fn replace(value: &mut Value, free: bool, with: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) if free => with(text),
        Value::Array(all) => all.iter_mut().for_each(|v| replace(v, free, with)),
        Value::Object(fields) => {
            for (key, value) in fields {
                // A report's version is a number, a package's is a text.
                replace(value, FREE.contains(&key.as_str()), with);
            }
        }
        _ => {}
    }
}

/// A report that was stored, or that somebody wrote.
pub fn of_stored(input: &[u8]) {
    match from_json(Cursor::new(input)) {
        Ok(reports) => {
            let again = from_json(Cursor::new(written(&reports)));
            assert_eq!(again.map(|a| written(&a)), Ok(written(&reports)));
            hold(&reports);
        }
        Err(e) => assert!(!e.is_empty()),
    }
}

fn written(reports: &[Report]) -> String {
    serde_json::to_string_pretty(&json(reports)).expect("a report is plain data")
}

/// What a format writes, as a text.
fn text(reports: &[Report], write: fn(&[Report], &mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(reports, &mut out).expect("a list of bytes takes everything");
    String::from_utf8(out).expect("a report is text")
}

fn hold(reports: &[Report]) {
    let occurrences = || {
        reports
            .iter()
            .flat_map(|r| &r.issues)
            .flat_map(|i| &i.occurrences)
    };
    for (name, text) in [
        ("json", written(reports)),
        ("sarif", sarif(reports, Sarif::AtHead)),
        ("sarif", sarif(reports, Sarif::All)),
        ("gitlab-code-quality", text(reports, gitlab_code_quality)),
        ("gitlab-sast", text(reports, gitlab_sast)),
        ("sto", text(reports, sto)),
    ] {
        let parsed = serde_json::from_str::<Value>(&text);
        assert!(parsed.is_ok(), "{name}: {parsed:?} in {text}");
        let raw = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(raw, None, "{name} has a raw control character");
    }
    comma_separated(&text(reports, csv), occurrences().count());
    let suites = text(reports, junit);
    let parsed =
        jaq_fmts::read::xml::parse_many(&suites).collect::<Result<Vec<jaq_json::Val>, _>>();
    assert!(parsed.is_ok(), "junit: {:?} in {suites}", parsed.err());
    is_harmless("junit", &suites.replace('\t', " "));
    variables(&env(reports));
    commands(&github(reports));
    let page = html(reports, &[]);
    let raw = page
        .chars()
        .find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert_eq!(raw, None, "the page has a raw control character");
    // What is written by the page itself: one script, one style, one policy.
    for (tag, number) in [
        ("<script", 1),
        ("</script", 1),
        ("<style", 1),
        ("<iframe", 0),
        ("<img", 0),
        ("http-equiv", 1),
    ] {
        let found = page.matches(tag).count();
        let in_script = include_str!("../../src/report/html/page.js")
            .matches(tag)
            .count();
        assert_eq!(found, number + in_script, "{tag} in the page");
    }
    for link in page.split("href=\"").skip(1) {
        let known = ["https://", "http://", "#"]
            .iter()
            .any(|k| link.starts_with(k));
        assert!(known, "a link to something else: {link:.80}");
    }
    let comment = markdown(reports);
    is_harmless("markdown", &comment);
    assert!(comment.starts_with(MARKER), "the marker of the comment");
    assert!(
        comment.chars().count() <= 65_536,
        "longer than GitHub takes"
    );
    for report in reports {
        for color in [false, true] {
            let look = Look {
                color,
                width: 80,
                verbose: true,
                quiet: false,
            };
            let mut shown = terminal(report, look);
            shown.extend(report.issues.iter().map(|i| show_issue(i, look)));
            on_terminal(&shown, color);
        }
    }
}

/// No character steers the terminal but colours that newgate chose.
fn on_terminal(shown: &str, color: bool) {
    let mut plain = String::new();
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once("\x1b[").filter(|_| color) {
        plain.push_str(before);
        let end = after
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap_or(after.len());
        assert!(
            after[end..].starts_with('m'),
            "an escape that is no colour: {after:?}"
        );
        rest = &after[end + 1..];
    }
    plain.push_str(rest);
    is_harmless("the terminal", &plain);
}

fn comma_separated(table: &str, rows: usize) {
    let mut reader = csv::ReaderBuilder::new().from_reader(table.as_bytes());
    let mut found = 0;
    for record in reader.records() {
        let record = record.expect("every row has as many cells");
        found += 1;
        for cell in &record {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '|']);
            assert!(!formula, "a formula: {cell:?}");
            is_harmless("csv", cell);
        }
    }
    assert_eq!(found, rows, "a row for each occurrence");
}

fn variables(text: &str) {
    for line in text.lines() {
        let (name, value) = line.split_once('=').expect("NAME=VALUE");
        assert!(
            name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'),
            "{line}"
        );
        assert!(value.bytes().all(|b| b.is_ascii_alphanumeric()), "{line}");
    }
}

/// Each line is a command of the three, and nothing in it ends it early.
fn commands(text: &str) {
    for line in text.lines() {
        let known = ["::error ", "::warning ", "::notice "]
            .iter()
            .any(|c| line.starts_with(c));
        assert!(known, "{line:?} is no annotation");
        is_harmless("github", line);
    }
}
