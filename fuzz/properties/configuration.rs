//! What a project configures.

use newgate::config::{Mistake, parse, parse_exemptions, render};
use newgate::model::Severity;
use newgate::scan::{Catalog, Descriptor};

use super::is_harmless;

/// `.newgate/config.toml`: read, or every mistake has its place.
pub fn settings(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let names = Catalog::default().names();
    match parse(&text, &names) {
        Ok(config) => assert_eq!(parse(&text, &names), Ok(config)),
        Err(mistakes) => are_told(&text, &mistakes),
    }
}

/// `.newgate/exemptions.toml`.
pub fn exemptions(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match parse_exemptions(&text) {
        Ok(all) => {
            for exemption in all {
                assert!(exemption.granted <= exemption.until, "{exemption:?}");
                assert!(!exemption.text.trim().is_empty(), "{exemption:?}");
                for today in [i64::MIN, 0, 20_000, i64::MAX] {
                    exemption.holds(today, Severity::High, &[(Severity::High, 90)].into());
                }
                let _ = exemption.in_words();
            }
        }
        Err(mistakes) => are_told(&text, &mistakes),
    }
}

/// A scanner's descriptor.
pub fn descriptor(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Descriptor::parse(&text, "x.toml") {
        Ok(descriptor) => {
            assert!(!descriptor.name().is_empty());
            let again = Descriptor::parse(&text, "x.toml").map(|d| d.digest_text());
            assert_eq!(again.ok(), Some(descriptor.digest_text()));
            descriptor.matches_name(b"a/b\xff.py");
            descriptor.matches_interpreter(b"#!/usr/bin/env -S python3 -I\n");
            descriptor.silenced_at("x = 1  # nosec # noqa: S101");
            descriptor.rule("B101");
            descriptor.score("HIGH", Some("LOW"));
            descriptor.version_in("tool 1.2.3 (abc)\n");
        }
        Err(e) => assert!(!e.to_string().is_empty()),
    }
}

fn are_told(text: &str, mistakes: &[Mistake]) {
    assert!(!mistakes.is_empty(), "refused without a reason");
    let shown = render(text, "config.toml", mistakes, false);
    assert!(shown.contains("config.toml:"), "no place in {shown:?}");
    is_harmless("a mistake", &shown);
}
