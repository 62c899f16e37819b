//! What scanners write, in newgate's words: severities, packages, rules.

use crate::model::{Confidence, Package, Score};
use crate::scan::Descriptor;

/// Scores for SARIF's levels where nothing else says how severe a result is.
pub(super) fn score_of_level(level: &str) -> Option<Score> {
    let value = match level.to_ascii_lowercase().as_str() {
        "critical" => 9.5,
        "error" | "high" => 8.0,
        "warning" | "medium" | "moderate" => 5.5,
        "note" | "low" => 3.0,
        "none" | "info" | "informational" => 0.0,
        _ => return None,
    };
    Score::new(value)
}

pub(super) fn confidence_of(word: &str) -> Option<Confidence> {
    match word.to_ascii_lowercase().as_str() {
        "low" | "weak" => Some(Confidence::Low),
        "medium" => Some(Confidence::Medium),
        "high" | "very-high" | "certain" => Some(Confidence::High),
        _ => None,
    }
}

/// A rule in the scanner's own words, where a format of it writes it otherwise: `zizmor/x` for `x`. One
/// that the descriptor names is in its own words.
pub(super) fn own_rule(descriptor: &Descriptor, rule: String) -> String {
    if descriptor.rule(&rule).is_some() {
        return rule;
    }
    let canonical = descriptor.canonical(&rule);
    let own = canonical.strip_prefix(descriptor.name());
    match own.and_then(|own| own.strip_prefix(':')) {
        Some(own) if own != rule => own.to_owned(),
        _ => rule,
    }
}

/// Whether a rule is one vulnerability of one package.
pub(super) fn is_advisory(rule: &str) -> bool {
    const LISTS: [&str; 8] = [
        "CVE-", "GHSA-", "PYSEC-", "RUSTSEC-", "GO-", "OSV-", "SNYK-", "MAL-",
    ];
    LISTS.iter().any(|l| rule.starts_with(l)) && rule.chars().any(|c| c.is_ascii_digit())
}

/// A package in the words of OSV (<https://ossf.github.io/osv-schema/#defined-ecosystems>), whatever
/// words its scanner uses; a name on PyPI in its normal form (PEP 503).
pub(super) fn normal_package(mut package: Package) -> Package {
    const ECOSYSTEMS: [(&str, &[&str]); 9] = [
        (
            "PyPI",
            &[
                "pypi",
                "pip",
                "python",
                "poetry",
                "pipenv",
                "uv",
                "python-pkg",
            ],
        ),
        (
            "npm",
            &[
                "npm",
                "node",
                "nodejs",
                "javascript",
                "js",
                "yarn",
                "pnpm",
                "node-pkg",
            ],
        ),
        (
            "crates.io",
            &["crates.io", "cargo", "rust", "crates", "rust-crate"],
        ),
        ("Go", &["go", "golang", "gomod", "go-module", "gobinary"]),
        (
            "Maven",
            &["maven", "java", "gradle", "java-archive", "jar", "pom"],
        ),
        ("RubyGems", &["rubygems", "gem", "ruby", "bundler"]),
        ("NuGet", &["nuget", "dotnet", ".net", "dotnet-core"]),
        ("Packagist", &["packagist", "composer", "php"]),
        ("Hex", &["hex", "mix", "erlang", "elixir"]),
    ];
    let word = package.ecosystem.to_lowercase();
    let known = ECOSYSTEMS
        .iter()
        .find(|(_, words)| words.contains(&word.as_str()));
    if let Some((name, _)) = known {
        package.ecosystem = (*name).to_owned();
    }
    if package.ecosystem == "PyPI" {
        let parts = package
            .name
            .split(['-', '_', '.'])
            .filter(|p| !p.is_empty());
        package.name = parts.collect::<Vec<_>>().join("-").to_lowercase();
    }
    package
}
