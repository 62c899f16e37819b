//! The full report as JSON, version 1 (`docs/json.md`, `docs/report.schema.json`).

use std::borrow::Cow;
use std::fmt;
use std::io::{BufReader, Read, Seek};

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{notes, reasons};
use crate::model::{
    BaseReason, Change, Counts, Gap, Issue, Mode, Note, Occurrence, Oid, Phase, Report,
    ScannerReport, Severity, SkippedScanner, Verdict, harmless, is_unsafe_char, seconds_of_time,
    time_of_seconds,
};

/// The version of the document; fields are added, never renamed, within one.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    version: u32,
    time: Cow<'a, str>,
    verdict: Verdict,
    exit_code: u8,
    change: ChangeOut<'a>,
    policy: PolicyOut,
    counts: Counts,
    issues: Vec<IssueOut<'a>>,
    scanners: Cow<'a, [ScannerReport]>,
    available: Cow<'a, [SkippedScanner]>,
    #[serde(default)]
    without_scanner: u64,
    never_scanned: Option<u64>,
    lists_unchanged: bool,
    notes: Vec<Told<'a, Note>>,
    unknown: Vec<Told<'a, Gap>>,
    out_of_time: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    late: Option<Phase>,
    milliseconds: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ChangeOut<'a> {
    name: Cow<'a, str>,
    repository: Option<Cow<'a, str>>,
    head: Oid,
    head_tree: Oid,
    base: Option<Oid>,
    base_tree: Option<Oid>,
    target: Option<Cow<'a, str>>,
    tip: Option<Oid>,
    base_reason: Told<'a, BaseReason>,
    mode: Mode,
}

/// A fact with its code and parameters, and beside them its words.
#[derive(Serialize, Deserialize)]
struct Told<'a, T: Clone> {
    #[serde(flatten)]
    fact: Cow<'a, T>,
    text: String,
}

fn told<T: Clone>(fact: &T, words: fn(&T) -> String) -> Told<'_, T> {
    Told {
        fact: Cow::Borrowed(fact),
        text: words(fact),
    }
}

/// An issue, and in words why it blocks or not.
#[derive(Serialize, Deserialize)]
struct IssueOut<'a> {
    #[serde(flatten)]
    issue: Cow<'a, Issue>,
    occurrences: Occurrences<'a>,
    because: String,
}

/// The occurrences of an issue. There may be very many: the words of each are made when it is written, and
/// dropped when it is read.
struct Occurrences<'a>(Cow<'a, [Occurrence]>);

impl Serialize for Occurrences<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|occurrence| OccurrenceOut {
            occurrence: Cow::Borrowed(occurrence),
            why: reasons::why(occurrence),
        }))
    }
}

impl<'de> Deserialize<'de> for Occurrences<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Vec<Occurrence>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of occurrences")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element::<OccurrenceOut<'_>>()? {
                    all.push(one.occurrence.into_owned());
                }
                Ok(all)
            }
        }
        let all = deserializer.deserialize_seq(Read)?;
        Ok(Occurrences(Cow::Owned(all)))
    }
}

/// An occurrence, and in words why it has its status.
#[derive(Serialize, Deserialize)]
struct OccurrenceOut<'a> {
    #[serde(flatten)]
    occurrence: Cow<'a, Occurrence>,
    why: String,
}

fn issue_out(issue: &Issue) -> IssueOut<'_> {
    IssueOut {
        issue: Cow::Borrowed(issue),
        occurrences: Occurrences(Cow::Borrowed(&issue.occurrences)),
        because: notes::because(issue),
    }
}

/// Issues as a report has them.
pub fn json_of_issues(issues: &[&Issue]) -> impl Serialize {
    issues.iter().map(|i| issue_out(i)).collect::<Vec<_>>()
}

fn issue_in(out: IssueOut<'_>) -> Issue {
    Issue {
        occurrences: out.occurrences.0.into_owned(),
        ..out.issue.into_owned()
    }
}

fn facts<T: Clone>(all: Vec<Told<'_, T>>) -> Vec<T> {
    all.into_iter().map(|told| told.fact.into_owned()).collect()
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyOut {
    block_at: Severity,
}

/// Reports as they are written in JSON: one as an object, several as an array, none as an empty array.
/// They may be long, so they are written as they go, not made as a text before.
#[derive(Serialize)]
#[serde(untagged)]
enum Documents<'a> {
    One(Box<Document<'a>>),
    Many(Vec<Document<'a>>),
}

/// The JSON document of reports.
pub fn json(reports: &[Report]) -> impl Serialize {
    match reports {
        [one] => Documents::One(Box::new(document(one))),
        many => Documents::Many(many.iter().map(document).collect()),
    }
}

/// Reads what [`json`] is written as, in one go or several.
///
/// # Errors It is not a report of version 1, or cannot be read.
pub fn from_json(mut json: impl Read + Seek) -> Result<Vec<Report>, String> {
    let read = |e: serde_json::Error| e.to_string();
    // A report that newgate wrote is harmless, and may be too long to be held as values.
    let is_harmless: Result<Harmless, _> = serde_json::from_reader(again(&mut json)?);
    let is_list = again(&mut json)?
        .bytes()
        .find(|b| !matches!(b, Ok(b) if b.is_ascii_whitespace()));
    let is_list = matches!(is_list, Some(Ok(b'[')));
    let documents: serde_json::Result<Vec<Document<'_>>> = match (is_harmless.is_ok(), is_list) {
        (true, true) => serde_json::from_reader(again(&mut json)?),
        (true, false) => serde_json::from_reader(again(&mut json)?).map(|one| vec![one]),
        (false, _) => {
            let mut value: Value = serde_json::from_reader(again(&mut json)?).map_err(read)?;
            clean(&mut value);
            match is_list {
                true => serde_json::from_value(value),
                false => serde_json::from_value(value).map(|one| vec![one]),
            }
        }
    };
    match documents {
        Ok(documents) => documents.into_iter().map(report).collect(),
        // What another version has for fields is not asked.
        Err(error) => match serde_json::from_reader(again(&mut json)?) {
            Ok(Versioned { version }) if version != VERSION => Err(of_version(version)),
            _ => Err(read(error)),
        },
    }
}

/// A document from its start.
fn again<R: Read + Seek>(json: &mut R) -> Result<BufReader<&mut R>, String> {
    json.rewind().map_err(|e| e.to_string())?;
    Ok(BufReader::new(json))
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

fn of_version(version: u32) -> String {
    format!("it has version {version}")
}

/// A value in which no text could steer a terminal.
struct Harmless;

impl<'de> Deserialize<'de> for Harmless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Harmless, D::Error> {
        deserializer.deserialize_any(Harmless)
    }
}

impl<'de> Visitor<'de> for Harmless {
    type Value = Harmless;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts that are harmless")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Harmless, E> {
        match text.chars().any(|c| is_unsafe_char(c) && c != '\n') {
            true => Err(E::custom("it could steer a terminal")),
            false => Ok(Harmless),
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_unit<E>(self) -> Result<Harmless, E> {
        Ok(Harmless)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Harmless, A::Error> {
        while list.next_element::<Harmless>()?.is_some() {}
        Ok(Harmless)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Harmless, A::Error> {
        while map.next_entry::<IgnoredAny, Harmless>()?.is_some() {}
        Ok(Harmless)
    }
}

/// Takes from texts what could steer a terminal: a stored report may have been altered.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => *text = harmless(text),
        Value::Array(all) => all.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        _ => {}
    }
}

fn document(report: &Report) -> Document<'_> {
    let change = &report.change;
    Document {
        version: VERSION,
        time: Cow::Owned(time_of_seconds(report.time) + "Z"),
        verdict: report.verdict,
        exit_code: report.verdict.exit_code(),
        change: ChangeOut {
            name: Cow::Borrowed(&change.name),
            repository: report.repository.as_deref().map(Cow::Borrowed),
            head: change.head.clone(),
            head_tree: change.head_tree.clone(),
            base: change.base.clone(),
            base_tree: change.base_tree.clone(),
            target: change.target.as_deref().map(Cow::Borrowed),
            tip: change.tip.clone(),
            base_reason: told(&change.base_reason, notes::base_reason),
            mode: change.mode,
        },
        policy: PolicyOut {
            block_at: report.block_at,
        },
        counts: report.counts(),
        issues: report.issues.iter().map(issue_out).collect(),
        scanners: Cow::Borrowed(&report.scanners),
        available: Cow::Borrowed(&report.available),
        without_scanner: report.without_scanner,
        never_scanned: report.never_scanned,
        lists_unchanged: report.lists_unchanged,
        notes: report.notes.iter().map(|n| told(n, notes::note)).collect(),
        unknown: report.unknown.iter().map(|g| told(g, notes::gap)).collect(),
        out_of_time: report.out_of_time,
        late: report.late,
        milliseconds: report.milliseconds,
    }
}

fn report(document: Document<'_>) -> Result<Report, String> {
    if document.version != VERSION {
        return Err(of_version(document.version));
    }
    let change = document.change;
    Ok(Report {
        verdict: document.verdict,
        change: Change {
            name: change.name.into_owned(),
            head: change.head,
            head_tree: change.head_tree,
            base: change.base,
            base_tree: change.base_tree,
            target: change.target.map(Cow::into_owned),
            tip: change.tip,
            others: Vec::new(),
            base_reason: change.base_reason.fact.into_owned(),
            mode: change.mode,
            known: Vec::new(),
            replaced: None,
            tags: Vec::new(),
            replaced_tags: Vec::new(),
            notes: Vec::new(),
        },
        issues: document.issues.into_iter().map(issue_in).collect(),
        scanners: document.scanners.into_owned(),
        available: document.available.into_owned(),
        without_scanner: document.without_scanner,
        never_scanned: document.never_scanned,
        lists_unchanged: document.lists_unchanged,
        block_at: document.policy.block_at,
        notes: facts(document.notes),
        out_of_time: document.out_of_time,
        late: document.late,
        unknown: facts(document.unknown),
        time: seconds_of_time(&document.time).ok_or("its time cannot be read")?,
        milliseconds: document.milliseconds,
        repository: change.repository.map(Cow::into_owned),
    })
}
