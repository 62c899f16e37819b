use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::scan::Catalog;

/// The file names of the tree that the reports are about.
const TREE: [&str; 22] = [
    "-dash.py",
    "app/bom.py",
    "app/broken.py",
    "app/crlf.py",
    "app/dup.py",
    "app/latin1_declared.py",
    "app/latin1_undeclared.py",
    "app/suppressed.py",
    "app/views.py",
    "config/settings.py",
    "weird names/-dash.py",
    "weird names/@at.py",
    "weird names/[br]*.py",
    "weird names/new\nline.py",
    "weird names/pct%20hash#.py",
    "weird names/quo'te\".py",
    "weird names/sp ace.py",
    "weird names/ünï.py",
    "app/empty.py",
    "app/clean.py",
    "Dockerfile",
    "config/id_rsa_fixture",
];

fn paths() -> Paths<'static> {
    Paths {
        folder: String::new(),
        default: None,
        foreign: None,
        roots: vec!["/repo".into()],
        aliases: HashMap::new(),
        known: Box::new(|_| true),
        content: None,
    }
}

fn strict_paths() -> Paths<'static> {
    Paths {
        folder: String::new(),
        default: None,
        foreign: None,
        known: Box::new(|p| TREE.iter().any(|t| t.as_bytes() == p.as_bytes())),
        ..paths()
    }
}

fn key() -> SecretKey {
    SecretKey::new([3; 32])
}

fn descriptor(name: &str) -> Descriptor {
    Catalog::default().get(name).unwrap().unwrap()
}

/// How many findings each rule has.
fn rules(reading: &Reading) -> BTreeMap<&str, usize> {
    let mut rules = BTreeMap::new();
    for finding in &reading.findings {
        *rules.entry(finding.rule.as_str()).or_default() += 1;
    }
    rules
}

const BANDIT: &[u8] = include_bytes!("../../../fixtures/reports/bandit-1.9.4.json");
const BANDIT_SARIF: &[u8] = include_bytes!("../../../fixtures/reports/bandit-1.9.4.sarif.json");
const RUFF: &[u8] = include_bytes!("../../../fixtures/reports/ruff-0.17.6.sarif.json");

#[test]
fn a_real_report_of_bandit_is_read_to_the_exact_findings() {
    let reading = read(&descriptor("bandit"), BANDIT, &strict_paths(), &key()).unwrap();
    assert_eq!(reading.findings.len(), 36);
    assert_eq!(rules(&reading)["B307"], 17);
    assert_eq!(rules(&reading)["B602"], 3);
    let unread: Vec<String> = reading.unread.iter().map(|u| u.path.to_string()).collect();
    assert_eq!(unread, ["app/broken.py", "app/latin1_undeclared.py"]);
    let scanned = reading.scanned.as_ref().unwrap();
    assert!(scanned.contains(&"app/broken.py".into()), "{scanned:?}");
    let newline = RepoPath::from("weird names/new\nline.py");
    assert!(reading.findings.iter().any(|f| f.path == newline));
    let shell = reading
        .findings
        .iter()
        .find(|f| f.rule == "B602" && f.path.to_string() == "app/views.py");
    let shell = shell.unwrap();
    assert_eq!(shell.score.map(crate::model::Score::value), Some(9.5));
    assert_eq!(
        (shell.cwe.as_slice(), shell.canonical.as_str()),
        (&[78][..], "bandit:B602")
    );
    assert_eq!(
        shell.title,
        "Command injection: command run through a shell"
    );
    assert!(shell.fix.is_some() && shell.url.as_ref().unwrap().starts_with("https://"));
}

#[test]
fn a_password_in_a_message_is_cut_out_and_identified_by_its_hash() {
    let reading = read(&descriptor("bandit"), BANDIT, &strict_paths(), &key()).unwrap();
    let raw: serde_json::Value = serde_json::from_slice(BANDIT).unwrap();
    let passwords: Vec<&str> = raw["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["test_id"] == "B105")
        .filter_map(|r| r["issue_text"].as_str()?.split('\'').nth(1))
        .collect();
    assert!(!passwords.is_empty());
    let kept = format!("{:?}", reading.findings);
    for password in passwords {
        assert!(!kept.contains(password), "{password} is kept");
    }
    let hidden = reading.findings.iter().filter(|f| f.rule == "B105");
    for finding in hidden {
        assert!(
            finding.message.contains("[secret]") && finding.secret.is_some(),
            "{finding:?}"
        );
    }
}

#[test]
fn a_real_report_of_ruff_is_read_to_the_exact_findings() {
    let reading = read(&descriptor("ruff"), RUFF, &strict_paths(), &key()).unwrap();
    assert_eq!(reading.findings.len(), 34);
    assert_eq!(rules(&reading)["S307"], 16);
    assert!(!rules(&reading).contains_key("invalid-syntax"));
    assert!(
        reading
            .unread
            .iter()
            .all(|u| u.path.to_string() == "app/broken.py")
    );
    assert_eq!(reading.unread.len(), 2);
    for name in [
        "weird names/pct%20hash#.py",
        "weird names/ünï.py",
        "-dash.py",
    ] {
        assert!(
            reading.findings.iter().any(|f| f.path == name.into()),
            "{name}"
        );
    }
    let shell = reading.findings.iter().find(|f| f.rule == "S602").unwrap();
    assert_eq!(
        (shell.canonical.as_str(), shell.cwe.as_slice()),
        ("bandit:B602", &[78][..])
    );
}

#[test]
fn the_two_formats_of_bandit_say_the_same() {
    let json = read(&descriptor("bandit"), BANDIT, &strict_paths(), &key()).unwrap();
    let scanners = [descriptor("bandit"), descriptor("ruff")];
    let (tool, sarif) = read_any(&scanners, BANDIT_SARIF, &strict_paths(), &key()).unwrap();
    assert_eq!(tool, "bandit");
    let place = |r: &Reading| -> Vec<(String, u32, String, Option<crate::model::Score>)> {
        r.findings
            .iter()
            .map(|f| (f.path.to_string(), f.line(), f.rule.to_string(), f.score))
            .collect()
    };
    assert_eq!(place(&json), place(&sarif));
    assert_eq!(sarif.unread.len(), 2);
}

#[test]
fn a_native_report_is_recognised() {
    let scanners = [descriptor("bandit"), descriptor("ruff")];
    let (tool, reading) = read_any(&scanners, BANDIT, &strict_paths(), &key()).unwrap();
    assert_eq!((tool.as_str(), reading.findings.len()), ("bandit", 36));
}

#[test]
fn a_run_that_was_not_successful_is_no_clean_result() {
    let failed = include_bytes!("../../../fixtures/reports/njsscan-1.0.2.failed.sarif.json");
    let (_, reading) = read_any(&[], failed, &strict_paths(), &key()).unwrap();
    assert!(reading.failed.is_some());
}

#[test]
fn reports_of_unknown_tools_are_read_with_levels_of_their_rules() {
    let semgrep = include_bytes!("../../../fixtures/reports/semgrep-1.182.0.sarif.json");
    let (tool, reading) = read_any(&[], semgrep, &paths(), &key()).unwrap();
    assert_eq!(tool, "semgrep-oss");
    assert_eq!(reading.findings.len(), 26);
    assert_eq!(reading.findings.iter().filter(|f| f.suppressed).count(), 1);
    assert!(reading.findings.iter().all(|f| f.score.is_some()));
    assert!(
        reading.findings.iter().all(|f| f.fingerprint.is_none()),
        "`requires login` identifies nothing"
    );
    let kingfisher =
        include_bytes!("../../../fixtures/reports/kingfisher-2.14.0.redact.sarif.json");
    let (_, reading) = read_any(&[], kingfisher, &paths(), &key()).unwrap();
    assert_eq!(reading.findings.len(), 10);
}

#[test]
fn what_is_empty_cut_off_or_about_other_files_is_an_error() {
    let bandit = descriptor("bandit");
    for (output, says) in [
        (&b""[..], "empty"),
        (b"  \n", "empty"),
        (&BANDIT[..BANDIT.len() / 2], "not JSON"),
        (b"{}", "not a report of Bandit"),
        (b"Traceback (most recent call last):", "not JSON"),
    ] {
        let error = read(&bandit, output, &strict_paths(), &key()).unwrap_err();
        assert!(error.0.contains(says), "{error} does not say {says}");
    }
    let ruff = descriptor("ruff");
    for output in [&b"{}"[..], b"[]", b"{\"runs\": 3}", &RUFF[..9_000]] {
        assert!(read(&ruff, output, &strict_paths(), &key()).is_err());
    }
    let elsewhere = br#"{"runs":[{"results":[{"ruleId":"S1","message":{"text":"x"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"../../etc/passwd"}}}]}]}]}"#;
    let error = read(&ruff, elsewhere, &strict_paths(), &key()).unwrap_err();
    assert!(error.0.contains("not in the tree"), "{error}");
    let nowhere = br#"{"runs":[{"results":[{"ruleId":"S1","message":{"text":"x"}}]}]}"#;
    assert!(
        read(&ruff, nowhere, &strict_paths(), &key())
            .unwrap_err()
            .0
            .contains("names no file")
    );
}

#[test]
fn nulls_several_runs_bases_and_extensions_are_read() {
    let log = br#"{"version":"2.1.0","runs":[
        {"tool":{"driver":{"name":"t","rules":null},"extensions":[{"name":"x","rules":[{"id":"E1","defaultConfiguration":{"level":"note"},
            "properties":{"tags":["external/cwe/cwe-079"],"security-severity":"8.1"}}]}]},
         "originalUriBaseIds":{"ROOT":{"uri":"file:///repo/"}},
         "artifacts":[{"location":{"uri":"app/clean.py","uriBaseId":"ROOT"}}],
         "results":[{"ruleId":"E1","rule":{"index":0,"toolComponent":{"index":0}},"message":{"text":"m"},"suppressions":null,
            "locations":[{"physicalLocation":{"artifactLocation":{"index":0},"region":{"startLine":3}}}]}]},
        {"tool":null,"results":[]},
        {"results":[{"ruleId":"P","kind":"pass","message":{"text":"ok"},"locations":[]}]}]}"#;
    // A run without a list of results scanned nothing.
    for nothing in [
        &br#"{"runs":[{"results":[]},{"results":null}]}"#[..],
        br#"{"runs":[{"tool":{}}]}"#,
        br#"{"runs":[]}"#,
        b"[[]]",
    ] {
        assert!(read_any(&[], nothing, &strict_paths(), &key()).is_err());
    }
    let (_, reading) = read_any(&[], log, &strict_paths(), &key()).unwrap();
    let [finding] = &reading.findings[..] else {
        panic!("{reading:?}");
    };
    assert_eq!(
        (finding.path.to_string().as_str(), finding.line()),
        ("app/clean.py", 3)
    );
    assert_eq!(
        (finding.score.unwrap().value(), finding.cwe.as_slice()),
        (8.1, &[79][..])
    );
}

#[test]
fn both_formats_of_a_scanner_say_the_same() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports/formats");
    // Whole tokens in a file would be found, and rightly so.
    let token = ["ghp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].concat();
    let aws = ["AKIA", "QZ7RT2VYK4LMN3XB"].concat();
    let report = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.replace("%TOKEN%", &token).replace("%KEY%", &aws)
    };
    let names: Vec<String> = Catalog::default().names();
    let all: Vec<Descriptor> = names.iter().map(|n| descriptor(n)).collect();
    let mut tried = 0;
    for name in names
        .iter()
        .filter(|n| folder.join(format!("{n}.json")).exists())
    {
        let told = |text: &str| {
            let (tool, reading) = read_any(&all, text.as_bytes(), &paths(), &key()).unwrap();
            assert_eq!(tool, *name);
            let findings = reading.findings.into_iter();
            let mut told: Vec<_> = findings
                .map(|f| {
                    let (path, line) = (f.path.to_string(), f.line());
                    (
                        path,
                        line,
                        f.rule,
                        f.canonical,
                        f.score,
                        f.title,
                        f.kind,
                        f.cwe,
                        f.secret,
                    )
                })
                .collect();
            told.sort_by(|a, b| (&a.0, a.1, &a.2).cmp(&(&b.0, b.1, &b.2)));
            assert!(!told.is_empty(), "{name}");
            told
        };
        let own = told(&report(&format!("{name}.json")));
        assert_eq!(own, told(&report(&format!("{name}.sarif.json"))), "{name}");
        tried += 1;
    }
    assert_eq!(tried, 5);
}

#[test]
fn rules_that_are_not_named_have_the_score_of_the_others() {
    let checkov = descriptor("checkov");
    let score = |title: &str| checkov.score_of_others(title).unwrap().value();
    for low in [
        "Ensure that RDS instances have performance insights enabled",
        "Ensure every security group and rule has a description",
        "Ensure public facing ALB are protected by WAF",
    ] {
        assert!(score(low) < 7.0, "{low}");
    }
    for high in [
        "Ensure no security groups allow ingress from 0.0.0.0:0 to port 5900",
        "Ensure the S3 bucket is not publicly accessible",
        "Do not admit privileged containers",
    ] {
        assert!(score(high) >= 7.0, "{high}");
    }
    assert_eq!(descriptor("bandit").score_of_others("Anything"), None);
}

#[test]
fn a_hash_of_a_secret_is_the_secret_of_every_other_scanner() {
    // The SHA-1 of `abc`.
    let hash = "a9993e364706816aba3e25717850c26c9cd0d89d";
    assert_eq!(key().identity(b"abc"), key().identity_of_sha1(hash));
}

#[test]
fn packages_in_a_cache_are_about_the_file_that_was_named() {
    let own = include_bytes!("../../../fixtures/reports/dependency-check-12.1.9.json");
    let sarif = include_bytes!("../../../fixtures/reports/dependency-check-12.1.9.sarif.json");
    let all = [descriptor("dependency-check")];
    let told = |report: &[u8]| {
        let paths = Paths {
            default: Some("pom.xml".into()),
            ..strict_paths()
        };
        let (tool, reading) = read_any(&all, report, &paths, &key()).unwrap();
        assert_eq!(tool, "dependency-check");
        let findings = reading.findings.into_iter();
        let told = findings.map(|f| {
            let package = f.package.unwrap();
            let package = (package.ecosystem, package.name, package.version);
            (f.rule, f.path.to_string(), f.title, f.score, package)
        });
        told.collect::<Vec<_>>()
    };
    let both = (told(own), told(sarif));
    assert_eq!(both.0.len(), 4);
    assert_eq!(both.0, both.1);
    let nowhere = read_any(&all, sarif, &strict_paths(), &key());
    assert!(nowhere.is_err(), "{nowhere:?}");
}
