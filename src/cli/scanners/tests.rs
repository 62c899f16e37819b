//! The catalogue as a whole: every report in `fixtures/reports` is read to the findings beside it, and
//! the pages in `docs/` say what the descriptors say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::list::{install_of, tested_with};
use super::read::write_listing;
use super::show::page;
use crate::model::Kind;
use crate::scan::read::{Paths, Reading, Unreadable, read, read_any};
use crate::scan::{Catalog, Descriptor, Met, RuleData, SecretKey, builtin_names};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn descriptors() -> Vec<Descriptor> {
    let names = builtin_names().filter(|n| !["code", "secrets"].contains(n));
    names
        .map(|n| Catalog::default().get(n).unwrap().unwrap())
        .collect()
}

/// A line of the index: a report, the descriptor that reads it, the file that results without one are
/// about.
struct Fixture {
    report: String,
    scanner: String,
    file: Option<String>,
}

impl Fixture {
    fn all() -> Vec<Fixture> {
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

    fn reading(&self) -> Result<Reading, Unreadable> {
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

/// The pages that are written from descriptors: path and text.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    for name in builtin_names() {
        let descriptor = Catalog::default().get(name).unwrap().unwrap();
        pages.insert(
            root().join(format!("docs/scanners/{name}.md")),
            page(&descriptor),
        );
    }
    let scanners = root().join("docs/scanners.md");
    let text = fs::read_to_string(&scanners).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    pages.insert(
        scanners,
        format!("{before}{BEGIN}\n{}{END}{after}", table()),
    );
    pages.insert(root().join("docs/scores.md"), scores());
    let summary = root().join("docs/SUMMARY.md");
    pages.insert(
        summary.clone(),
        contents(&fs::read_to_string(summary).unwrap()),
    );
    pages
}

/// The table of contents of the book, with a line for each page that is written: scanners, and languages of rules.
fn contents(there: &str) -> String {
    let is_written = |line: &&str| line.contains("](scanners/") || line.contains("](code/");
    let mut lines: Vec<String> = Vec::new();
    for line in there.lines().filter(|l| !is_written(l)) {
        lines.push(line.to_owned());
        if line.ends_with("](scores.md)") {
            lines.extend(builtin_names().map(|n| format!("    - [{n}](scanners/{n}.md)")));
        }
        if line.ends_with("](code.md)") {
            lines.extend(languages());
        }
    }
    lines.join("\n") + "\n"
}

/// A line for each page of `docs/code`, by its heading.
fn languages() -> Vec<String> {
    let files = fs::read_dir(root().join("docs/code"));
    let mut pages: Vec<PathBuf> = files
        .into_iter()
        .flatten()
        .map(|f| f.unwrap().path())
        .collect();
    pages.sort();
    let line = |page: &PathBuf| {
        let text = fs::read_to_string(page).unwrap();
        let heading = text.lines().next().unwrap().trim_start_matches("# ");
        let name = page.file_name().unwrap().to_string_lossy();
        format!("    - [{heading}](code/{name})")
    };
    pages.iter().map(line).collect()
}

/// The rules whose score is known, of all scanners that are not built in.
fn scored() -> Vec<(Descriptor, String, RuleData, f64)> {
    let mut all = Vec::new();
    for descriptor in descriptors() {
        for (rule, data) in descriptor.rules().clone() {
            if let Some(score) = data.score {
                all.push((descriptor.clone(), rule, data, score.value()));
            }
        }
    }
    all.sort_by(|a, b| b.3.total_cmp(&a.3));
    all
}

/// The page of all scores.
fn scores() -> String {
    let mut out = String::from(SCORES);
    for (descriptor, rule, data, score) in scored() {
        let cwe: Vec<String> = data.cwe.iter().map(u32::to_string).collect();
        let _ = writeln!(
            out,
            "| {score:.1} | {} | {} | {} | `{rule}` |",
            data.title.as_deref().unwrap_or("-").replace('|', "\\|"),
            cwe.join(", "),
            descriptor.name(),
        );
    }
    out
}

const SCORES: &str = "\
# Scores of rules

Written by `cargo test --lib -- --ignored write_the_pages`. For these rules, newgate uses its own score. For all others, it uses the severity in the scanner's
reports, by the table on the scanner's page.

The order follows what an attacker gains, like CWE's Top 25 and OWASP's Top 10:

| | scores | why |
| --- | --- | --- |
| commands, code and SQL built from input; valid credentials | 8.0 to 9.5 | an attacker can run code, or read and write all data |
| the same, if the rule does not check where the value comes from | 6.0 to 7.0 | most findings of such a rule are harmless |
| paths, URLs, pages and XML from input | 7.0 to 8.0 | an attacker can read data |
| certificates and host keys that are not verified | 6.5 to 6.8 | an attacker must be on the way between two machines |
| weak hashes, ciphers and random numbers | 3.5 to 6.5 | an attacker needs another weakness too, and many uses protect nothing |
| imports, ignored errors, good practice | under 4.0 | they are not weaknesses by themselves |

| score | finds | CWE | scanner | rule |
| ---: | --- | --- | --- | --- |
";

/// Weaknesses in the order of CWE's Top 25 and OWASP's Top 10, by their CWE numbers.
const GRAVE: [&[u32]; 4] = [&[77, 78, 94, 95], &[89], &[502], &[295, 297, 798, 321]];
/// Weak hashes, ciphers and random numbers.
const CRYPTOGRAPHY: &[u32] = &[326, 327, 328, 330, 338];
/// Errors that are swallowed, code that is never used.
const QUALITY: &[u32] = &[252, 561, 563, 703];

#[test]
fn scores_follow_the_order_of_cwe_and_owasp() {
    let all = scored();
    let of = |cwe: &[u32]| -> Vec<f64> {
        let is = |data: &RuleData| data.cwe.iter().any(|n| cwe.contains(n));
        // An import of what can be misused is no weakness yet.
        let is_import = |data: &RuleData| {
            data.title
                .as_deref()
                .is_some_and(|t| t.ends_with("is imported"))
        };
        let all = all
            .iter()
            .filter(|(_, _, data, _)| is(data) && !is_import(data));
        all.map(|(.., score)| *score).collect()
    };
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    let weak = of(CRYPTOGRAPHY);
    for cwe in GRAVE {
        let grave = of(cwe);
        assert!(
            mean(&grave) > mean(&weak) + 1.0,
            "{cwe:?}: {}",
            mean(&grave)
        );
    }
    assert!(weak.iter().all(|score| *score < 7.0), "{weak:?}");
    assert!(mean(&of(QUALITY)) < mean(&weak));
    let score = |scanner: &str, rule: &str| {
        let descriptor = Catalog::default().get(scanner).unwrap().unwrap();
        descriptor.rules()[rule].score.unwrap().value()
    };
    for (scanner, graver, lighter) in [
        ("bandit", "B307", "B324"),
        ("bandit", "B608", "B324"),
        ("bandit", "B501", "B324"),
        ("ruff", "S602", "S307"),
        ("ruff", "S307", "S324"),
        ("ruff", "S608", "S324"),
        ("gosec", "G202", "G401"),
        ("gosec", "G401", "G104"),
        ("spotbugs", "COMMAND_INJECTION", "WEAK_MESSAGE_DIGEST_MD5"),
    ] {
        assert!(
            score(scanner, graver) > score(scanner, lighter),
            "{scanner} {graver}"
        );
    }
}

#[test]
fn what_blocks_by_default_has_a_title_and_a_fix() {
    for (descriptor, rule, data, score) in scored() {
        let others = descriptor.other_rules();
        let has_fix = data.fix.is_some() || others.is_some_and(|o| o.fix.is_some());
        // A secret goes by what it is, as its scanner calls it.
        let has_title = data.title.is_some() || descriptor.kind() == Kind::Secret;
        assert!(
            score < 7.0 || has_fix && has_title,
            "{} {rule}",
            descriptor.name()
        );
    }
}

const BEGIN: &str = "<!-- written by the tests: begin -->";
const END: &str = "<!-- written by the tests: end -->";

/// The table of all scanners, with how each is installed and was tested.
fn table() -> String {
    let mut out = String::from(
        "| name | finds | install | tested with | findings read |\n| --- | --- | --- | --- | --- |\n",
    );
    let fixtures = Fixture::all();
    for name in builtin_names() {
        let descriptor = Catalog::default().get(name).unwrap().unwrap();
        let own = fixtures.iter().filter(|f| f.scanner == name);
        let read: usize = own
            .filter_map(|f| f.reading().ok())
            .map(|r| r.findings.len())
            .sum();
        let finds = match descriptor.is_format() {
            true => "a format, of any tool",
            false => descriptor.finds(),
        };
        let _ = writeln!(
            out,
            "| [`{name}`](scanners/{name}.md) | {finds} | {} | {} | {read} |",
            install_of(&descriptor),
            tested_with(&descriptor),
        );
    }
    out
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

/// What the catalogue has, in the words of the README and of `docs/scanners.md`.
fn numbers() -> String {
    let all = descriptors();
    let count = |is: &dyn Fn(&Descriptor) -> bool| all.iter().filter(|d| is(d)).count();
    format!(
        "{} scanners and report formats: newgate installs and runs {}, you install {} yourself, and newgate reads the reports of {}",
        all.len(),
        count(&|d| d.install().is_managed()),
        count(&|d| d.program().is_some() && !d.install().is_managed()),
        count(&|d| d.program().is_none()),
    )
}

#[test]
fn the_docs_count_the_catalogue() {
    for file in ["README.md", "docs/scanners.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        let numbers = numbers();
        assert!(words.join(" ").contains(&numbers), "{file}: {numbers}");
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
fn the_pages_say_what_the_descriptors_say() {
    for (path, text) in pages() {
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == text,
            "{} is not up to date: `cargo test --lib -- --ignored write_the_pages` writes it",
            path.display()
        );
    }
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

#[test]
#[ignore = "writes docs/SUMMARY.md, docs/scanners.md, docs/scores.md and docs/scanners/*.md"]
fn write_the_pages() {
    fs::create_dir_all(root().join("docs/scanners")).unwrap();
    for (path, text) in pages() {
        fs::write(path, text).unwrap();
    }
}
