//! Reports of scanners.

use std::sync::LazyLock;

use newgate::model::{Finding, RepoPath, Text};
use newgate::scan::read::{Paths, Reading, read, read_any, revisions, tools_of};
use newgate::scan::{Catalog, Descriptor, SecretKey, UnitResult, builtin_names};

use super::is_harmless;

fn key() -> SecretKey {
    SecretKey::new([7; 32])
}

/// The names of the files of the tree that reports are about. Anything may be a name, but a report that
/// names something else is refused.
fn paths(default: Option<&str>) -> Paths<'static> {
    Paths {
        default: default.filter(|d| !d.is_empty()).map(RepoPath::from),
        ..Paths::in_root("/repo")
    }
}

/// The catalogue, read once.
static SCANNERS: LazyLock<Vec<Descriptor>> = LazyLock::new(|| {
    let all = builtin_names().filter_map(|name| Catalog::default().get(name).ok().flatten());
    all.collect()
});

/// A line `SCANNER [FILE]`, then a report that the scanner's descriptor reads.
pub fn of_scanner(input: &[u8]) {
    let end = input
        .iter()
        .position(|b| *b == b'\n')
        .unwrap_or(input.len());
    let (head, report) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    let head = String::from_utf8_lossy(head);
    let (name, file) = head.split_once(' ').unwrap_or((&head, ""));
    let Some(descriptor) = SCANNERS.iter().find(|d| d.name() == name) else {
        return;
    };
    let default = Some(file);
    match read(descriptor, report, &paths(default), &key()) {
        Ok(reading) => {
            holds(&reading);
            let again = read(descriptor, report, &paths(default), &key());
            assert_eq!(again.as_ref(), Ok(&reading), "read twice, two answers");
        }
        Err(e) => assert!(!e.0.is_empty()),
    }
}

/// A report of which only the content is known.
pub fn unknown(report: &[u8]) {
    match read_any(&SCANNERS, report, &paths(None), &key()) {
        Ok((name, reading)) => {
            assert!(!name.is_empty());
            holds(&reading);
        }
        Err(e) => assert!(!e.0.is_empty()),
    }
    let _ = (tools_of(report), revisions(report));
}

/// What is read is a value like any other: places are sane, texts steer nothing, and the cache gives it
/// back as it was.
fn holds(reading: &Reading) {
    for finding in &reading.findings {
        assert!(finding.path.is_plain() || finding.path.as_str().is_some());
        if let Some(region) = finding.region {
            assert!(
                region.line >= 1 && region.end_line >= region.line,
                "{finding:?}"
            );
        }
        for text in texts(finding) {
            is_harmless("a finding", text);
        }
        assert_eq!(
            finding.clone().checked().as_ref(),
            Ok(finding),
            "checked twice, two answers"
        );
    }
    for unread in &reading.unread {
        assert!(unread.why.len() <= 100_000);
    }
    let Some(first) = reading.findings.first() else {
        return;
    };
    let of_file = reading.findings.iter().filter(|f| f.path == first.path);
    let result = UnitResult {
        findings: of_file.cloned().collect(),
        unread: None,
    };
    // The cache holds no secret that is known, wherever a scanner wrote it.
    let back = UnitResult::from_bytes(&result.to_bytes(), &first.path);
    let kept = result.without_secrets().into_owned();
    assert_eq!(back, Some(kept), "the cache gives back something else");
}

/// What is shown of a finding.
fn texts(finding: &Finding) -> impl Iterator<Item = &str> {
    let package = finding.package.iter();
    [&finding.rule, &finding.title, &finding.message]
        .into_iter()
        .chain(&finding.fix)
        .chain(&finding.url)
        .chain(&finding.level)
        .chain(&finding.advisories)
        .map(Text::as_str)
        .chain(package.flat_map(|p| {
            [&p.ecosystem, &p.name, &p.version]
                .into_iter()
                .chain(&p.fixed)
                .map(String::as_str)
        }))
        .chain(finding.flow.iter().map(|s| s.message.as_str()))
}
