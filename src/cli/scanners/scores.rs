//! The scores of rules: their page in the docs, and that they follow the order of what an attacker gains.

use std::fmt::Write as _;

use super::tests::descriptors;
use crate::model::Kind;
use crate::scan::{Catalog, Descriptor, RuleData};

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
pub(super) fn scores() -> String {
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
