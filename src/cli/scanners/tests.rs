//! The catalogue as a whole: every report in `fixtures/reports` is read to the findings beside it.

use std::fs;
use std::path::Path;

use super::read::write_listing;
use crate::scan::read::{Paths, Reading, Unreadable, read, read_any};
use crate::scan::{Catalog, Descriptor, Met, SecretKey, builtin_names};

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn descriptors() -> Vec<Descriptor> {
    let names = builtin_names().filter(|n| !["code", "secrets"].contains(n));
    names
        .map(|n| Catalog::default().get(n).unwrap().unwrap())
        .collect()
}

/// A line of the index: a report, the descriptor that reads it, the file that results without one are
/// about.
pub(super) struct Fixture {
    report: String,
    pub(super) scanner: String,
    file: Option<String>,
}

impl Fixture {
    pub(super) fn all() -> Vec<Fixture> {
        let index = fs::read_to_string(root().join("fixtures/reports/INDEX")).unwrap();
        let rows = index.lines().filter(|l| !l.starts_with('#'));
        rows.map(|row| {
            let mut words = row.split(' ').map(str::to_owned);
            Fixture {
                report: words.next().unwrap(),
                scanner: words.next().unwrap(),
                file: words.next(),
            }
        })
        .collect()
    }

    fn is_real(&self) -> bool {
        !self.report.contains(".documented.")
    }

    fn content(&self) -> Vec<u8> {
        fs::read(root().join("fixtures/reports").join(&self.report)).unwrap()
    }

    fn paths(&self) -> Paths<'static> {
        Paths {
            default: self.file.as_deref().map(Into::into),
            ..Paths::in_root("/repo")
        }
    }

    pub(super) fn reading(&self) -> Result<Reading, Unreadable> {
        let descriptor = Catalog::default().get(&self.scanner).unwrap().unwrap();
        read(&descriptor, &self.content(), &self.paths(), &key())
    }
}

fn key() -> SecretKey {
    SecretKey::new([0; 32])
}

#[test]
fn every_report_is_read_to_the_exact_findings() {
    for fixture in Fixture::all() {
        let golden = format!("fixtures/reports/{}.findings", fixture.report);
        let golden = fs::read_to_string(root().join(golden)).unwrap();
        let mut read = Vec::new();
        write_listing(&fixture.reading().unwrap(), &mut read).unwrap();
        let read = String::from_utf8(read).unwrap();
        assert_eq!(read.trim_end(), golden.trim_end(), "{}", fixture.report);
    }
}

#[test]
fn every_report_is_recognised_as_its_scanners() {
    for fixture in Fixture::all() {
        let descriptor = Catalog::default().get(&fixture.scanner).unwrap().unwrap();
        let told = descriptor.output().is_some_and(|o| o.detect.is_some());
        let any = read_any(&descriptors(), &fixture.content(), &fixture.paths(), &key());
        let (tool, _) = any.unwrap_or_else(|e| panic!("{}: {e}", fixture.report));
        if told {
            assert_eq!(tool, fixture.scanner, "{}", fixture.report);
        }
    }
}

#[test]
fn no_report_that_is_cut_off_is_read() {
    for fixture in Fixture::all() {
        let content = fixture.content();
        let descriptor = Catalog::default().get(&fixture.scanner).unwrap().unwrap();
        for part in [1, 2, 3] {
            let cut = &content[..content.len() * part / 4];
            // A list of documents, a line each, has no end of its own: what is missing is told by the
            // files that it lists, or by the exit code.
            let lines = serde_json::Deserializer::from_slice(cut).into_iter::<serde_json::Value>();
            if lines.into_iter().all(|l| l.is_ok()) {
                continue;
            }
            let read = read(&descriptor, cut, &fixture.paths(), &key());
            assert!(read.is_err(), "{}, cut at {part}/4", fixture.report);
        }
    }
}

#[test]
fn no_secret_of_a_report_gets_into_its_findings() {
    for fixture in Fixture::all() {
        let Ok(reading) = fixture.reading() else {
            continue;
        };
        let told = format!("{reading:?}");
        for word in ["MASKED", "ghp_", "AKIA", "BEGIN RSA", "sk_live", "xoxb-"] {
            assert!(!told.contains(word), "{} tells {word}", fixture.report);
        }
    }
}

#[test]
fn every_descriptor_has_a_report_and_a_page() {
    let fixtures = Fixture::all();
    for descriptor in descriptors() {
        let name = descriptor.name();
        assert!(
            fixtures.iter().any(|f| f.scanner == name),
            "{name} has no report"
        );
    }
    let files = fs::read_dir(root().join("src/scan/catalog")).unwrap();
    let mut files: Vec<String> = files
        .map(|f| {
            f.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    files.sort();
    assert_eq!(files, builtin_names().collect::<Vec<_>>());
}

#[test]
fn every_severity_that_a_program_states_has_a_score() {
    for fixture in Fixture::all() {
        let Ok(reading) = fixture.reading() else {
            continue;
        };
        let unassigned = reading.findings.iter().filter(|f| f.score.is_none());
        for finding in unassigned {
            let level = finding.level.as_deref().unwrap_or("").to_lowercase();
            // Advisories without a vector, and kinds of notices, state no severity.
            let open = [
                "",
                "unknown",
                "undefined",
                "unassigned",
                "unknown_severity",
                "vulnerability",
            ];
            assert!(
                open.contains(&level.as_str()),
                "{}: {level}",
                fixture.report
            );
        }
    }
}

/// How the tests have met a scanner: by what lies in `fixtures`.
fn met(descriptor: &Descriptor, fixtures: &[Fixture]) -> Option<Met> {
    let name = descriptor.name();
    let is_run = root().join("fixtures/weaknesses").join(name).is_dir()
        || ["bandit", "ruff"].contains(&name);
    let is_read = fixtures.iter().any(|f| f.scanner == name && f.is_real());
    let recorded = fs::read_dir(root().join("fixtures/servers")).unwrap();
    let mut recorded = recorded.map(|f| f.unwrap().file_name().into_string().unwrap());
    let of_server = format!("{name}-");
    match (is_run, is_read) {
        _ if recorded.any(|f| f.starts_with(&of_server)) => Some(Met::Server),
        (true, _) => Some(Met::Run),
        (_, true) => Some(Met::Report),
        _ => None,
    }
}

#[test]
fn a_descriptor_says_how_it_was_tested() {
    let fixtures = Fixture::all();
    for descriptor in descriptors() {
        let name = descriptor.name();
        let tested = descriptor.tested();
        let stated = tested.map(|t| t.by).filter(|by| *by != Met::Published);
        assert_eq!(stated, met(&descriptor, &fixtures), "{name}");
        let version = tested.and_then(|t| t.version.as_deref());
        match stated {
            // The tests install what newgate installs.
            Some(Met::Run) if descriptor.install().is_managed() => {
                let install = descriptor.install();
                let says = install.says.as_deref().or(install.version());
                assert_eq!(version, says, "{name}");
            }
            Some(_) => {
                let mut own = fixtures.iter().filter(|f| f.scanner == name);
                assert!(
                    own.any(|f| version_in(&f.report).as_deref() == version),
                    "{name}: no report is one of {version:?}"
                );
            }
            None => assert_eq!(version, None, "{name}"),
        }
    }
}

/// The version in the name of a report: `tool-1.2.3.kind.json`.
fn version_in(report: &str) -> Option<String> {
    let mut ends = report.match_indices('-').map(|(at, _)| &report[at + 1..]);
    let rest = ends.find(|r| r.starts_with(|c: char| c.is_ascii_digit()))?;
    let numbers = rest
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    let end = if rest[numbers..].starts_with("rc") {
        rest.rfind(".json")?
    } else {
        numbers
    };
    Some(rest[..end].trim_end_matches(['.', '-']).to_owned())
}

#[test]
#[ignore = "writes the findings beside fixtures/reports"]
fn write_the_findings() {
    for fixture in Fixture::all() {
        let golden = format!("fixtures/reports/{}.findings", fixture.report);
        let mut read = Vec::new();
        write_listing(&fixture.reading().unwrap(), &mut read).unwrap();
        fs::write(root().join(golden), read).unwrap();
    }
}
