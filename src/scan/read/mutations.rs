//! Each report in `fixtures/reports` with one thing in it wrong: it is an error, or it has as many
//! findings as before, but it does not read as a report with fewer.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Paths, Reading, Unreadable, read};
use crate::scan::{Catalog, Descriptor, SecretKey};

/// What a scanner writes where it has no findings, or fewer: at places that begin so, it may write one of
/// these things.
const RIGHT: [(&str, &str, &[&str]); 15] = [
    // The last of several lines has no findings.
    ("betterleaks", ".findings", &["null", "nothing"]),
    ("cargo-audit", ".warnings", &["nothing", "[]"]),
    (
        "dependency-check",
        ".dependencies[].vulnerabilities",
        &["null", "nothing"],
    ),
    ("dependency-track", "", &["[]"]),
    ("detect-secrets", ".results.", &["nothing"]),
    ("gosec", ".Issues", &["null"]),
    // A rule about what a whole project lacks names no files.
    ("njsscan", ".nodejs.", &["nothing"]),
    ("npm-audit", ".advisories.", &["nothing"]),
    ("npm-audit", ".vulnerabilities.", &["nothing"]),
    // The name of a package.
    ("npm-audit", ".vulnerabilities.", &["\"x\""]),
    ("retire", ".data[].results[].vulnerabilities", &["nothing"]),
    ("shellcheck", "", &["[]"]),
    ("snyk", ".applications", &["null", "nothing"]),
    ("trivy", ".Results", &["null", "nothing"]),
    ("trivy", ".Results[].", &["null", "nothing"]),
];

struct Report {
    name: String,
    text: String,
    descriptor: Descriptor,
    file: Option<String>,
}

impl Report {
    fn all() -> Vec<Report> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports");
        let index = fs::read_to_string(folder.join("INDEX")).unwrap();
        let rows = index.lines().filter(|l| !l.starts_with('#'));
        rows.map(|row| {
            let mut words = row.split(' ').map(str::to_owned);
            let name = words.next().unwrap();
            let scanner = words.next().unwrap();
            Report {
                text: fs::read_to_string(folder.join(&name)).unwrap(),
                descriptor: Catalog::default().get(&scanner).unwrap().unwrap(),
                file: words.next(),
                name,
            }
        })
        .collect()
    }

    fn is_xml(&self) -> bool {
        self.text.trim_start().starts_with('<')
    }

    fn is_lines(&self) -> bool {
        self.descriptor.output().is_some_and(|o| o.lines)
    }

    /// The documents of one of JSON, in short if it has findings then too.
    fn documents(&self) -> Vec<Value> {
        let documents = serde_json::Deserializer::from_str(&self.text).into_iter();
        let documents: Vec<Value> = documents.map(Result::unwrap).collect();
        let short: Vec<Value> = documents.iter().map(shortened).collect();
        match self.read(&written(&short)) {
            Ok(reading) if !reading.findings.is_empty() => short,
            _ => documents,
        }
    }

    fn read(&self, text: &str) -> Result<Reading, Unreadable> {
        let paths = Paths {
            default: self.file.as_deref().map(Into::into),
            ..Paths::in_root("/repo")
        };
        let key = SecretKey::new([0; 32]);
        read(&self.descriptor, text.as_bytes(), &paths, &key)
    }

    /// Whether a text has fewer findings than a reading, and nothing says that something is wrong.
    fn loses(&self, whole: &Reading, text: &str) -> bool {
        self.read(text).is_ok_and(|r| {
            r.findings.len() < whole.findings.len()
                && r.unread.len() <= whole.unread.len()
                && (r.failed.is_none() || whole.failed.is_some())
        })
    }

    /// Whether what cannot be read is read; of several documents, each is read for itself.
    fn is_wrong(&self, whole: &Reading, text: &str) -> bool {
        match self.is_lines() {
            true => self.loses(whole, text),
            false => self.read(text).is_ok(),
        }
    }
}

fn written(documents: &[Value]) -> String {
    let lines: Vec<String> = documents.iter().map(Value::to_string).collect();
    lines.join("\n")
}

/// The value with two elements of each list.
fn shortened(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().take(2).map(shortened).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(k, v)| (k.clone(), shortened(v)));
            fields.collect()
        }
        other => other.clone(),
    }
}

/// The places of a value, with their names for people: `.results[].path`.
fn places(value: &Value, at: &str, name: &str, found: &mut Vec<(String, String)>) {
    found.push((at.to_owned(), name.to_owned()));
    match value {
        Value::Array(list) => {
            for (number, one) in list.iter().enumerate() {
                places(one, &format!("{at}/{number}"), &format!("{name}[]"), found);
            }
        }
        Value::Object(fields) => {
            for (field, one) in fields {
                let escaped = field.replace('~', "~0").replace('/', "~1");
                let name = format!("{name}.{field}");
                places(one, &format!("{at}/{escaped}"), &name, found);
            }
        }
        _ => {}
    }
}

/// The document with something else at a place; with nothing there, if it is a field.
fn with(document: &Value, at: &str, other: Option<&Value>) -> Option<Value> {
    let mut document = document.clone();
    match other {
        Some(other) => *document.pointer_mut(at)? = other.clone(),
        None => {
            let (parent, field) = at.rsplit_once('/')?;
            let field = field.replace("~1", "/").replace("~0", "~");
            document
                .pointer_mut(parent)?
                .as_object_mut()?
                .remove(&field)?;
        }
    }
    Some(document)
}

#[test]
fn no_wrong_value_reads_as_fewer_findings() {
    let others = [
        json!({}),
        json!("x"),
        json!([]),
        json!(0),
        json!({"x": 1}),
        json!(true),
    ];
    let (mut tried, mut lost, mut seen) = (0, Vec::new(), HashSet::new());
    for report in Report::all().into_iter().filter(|r| !r.is_xml()) {
        let scanner = report.descriptor.name().to_owned();
        let documents = report.documents();
        let whole = report.read(&written(&documents)).unwrap();
        for (number, document) in documents.iter().enumerate() {
            let mut found = Vec::new();
            places(document, "", "", &mut found);
            found.retain(|(_, name)| seen.insert((scanner.clone(), name.clone())));
            // Of the plain values, every fourth.
            let mut plain = 0..;
            found.retain(|(at, _)| {
                let value = document.pointer(at).unwrap();
                value.is_array() || value.is_object() || plain.next().is_some_and(|n| n % 4 == 0)
            });
            for (turn, (at, name)) in found.iter().enumerate() {
                let before = std::mem::discriminant(document.pointer(at).unwrap());
                // All kinds at each place would take too long: one, in turn.
                let others = others.iter().cycle().skip(turn);
                let others = others
                    .filter(|o| std::mem::discriminant(*o) != before)
                    .take(1);
                for other in others.chain([&Value::Null]).map(Some).chain([None]) {
                    let Some(changed) = with(document, at, other) else {
                        continue;
                    };
                    let mut all = documents.clone();
                    all[number] = changed;
                    tried += 1;
                    let what = other.map_or_else(|| "nothing".to_owned(), Value::to_string);
                    let is_right = RIGHT.iter().any(|(of, place, written)| {
                        *of == scanner && name.starts_with(place) && written.contains(&&*what)
                    });
                    if !is_right && report.loses(&whole, &written(&all)) {
                        lost.push(format!("{}: {what} at `{name}`", report.name));
                    }
                }
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn nothing_can_stand_behind_a_report_and_its_end_cannot_be_missing() {
    let mut wrong = Vec::new();
    for report in Report::all() {
        let text = match report.is_xml() {
            true => report.text.clone(),
            false => written(&report.documents()),
        };
        let whole = report.read(&text).unwrap();
        let behind: &[&str] = match report.is_xml() {
            true => &["x", "<x/>", "</x>", "\0", &text],
            false => &["x", "]", "}", "\0", "\n[]", "\n{}", "\nnull", &text],
        };
        for more in behind {
            if report.is_wrong(&whole, &format!("{text}{more}")) {
                wrong.push(format!("{} with {:.20} behind it", report.name, more));
            }
        }
        let places: Vec<usize> = text
            .match_indices(|c| "{}[]<>,:\"".contains(c))
            .map(|(at, _)| at + 1)
            .collect();
        // At most 60 places of a report.
        for at in places.iter().step_by(places.len() / 60 + 1) {
            let cut = &text[..*at];
            if text[*at..].trim().is_empty() {
                continue;
            }
            if report.is_wrong(&whole, cut) {
                wrong.push(format!("{} up to byte {at}", report.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
