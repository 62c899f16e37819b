//! Findings without a line: whole files and packages.

use std::collections::BTreeMap;

use crate::model::{Finding, Package, RepoPath, Stage, Text};

/// Pairs findings without a line, one to one: a finding of a whole file by its paired path, rule and
/// message without numbers; one of a package by its manifest, package and advisories, equal versions
/// first. Another version that still has the advisory is the same weakness.
pub(super) fn pairs(
    base: &[(usize, &Finding)],
    head: &[(usize, &Finding)],
    path_at_head: impl Fn(&RepoPath) -> Option<RepoPath>,
) -> Vec<(usize, usize, Stage)> {
    let mut pairs = Vec::new();
    let mut open: BTreeMap<String, Vec<(usize, &Finding)>> = BTreeMap::new();
    for (b, finding) in base {
        if let Some(path) = path_at_head(&finding.path) {
            open.entry(key(finding, &path))
                .or_default()
                .push((*b, finding));
        }
    }
    let mut take = |exact: bool, done: &mut Vec<bool>| {
        for (i, (h, finding)) in head.iter().enumerate() {
            if done[i] {
                continue;
            }
            let Some(candidates) = open.get_mut(&key(finding, &finding.path)) else {
                continue;
            };
            // One advisory goes by several names, and gets more with time.
            let fits = |b: &Finding| {
                let version = |f: &Finding| f.package.as_deref().map(version).map(str::to_owned);
                (!exact || version(b) == version(finding)) && shares_an_advisory(b, finding)
            };
            if let Some(at) = candidates.iter().position(|(_, b)| fits(b)) {
                let (b, _) = candidates.remove(at);
                let stage = if finding.package.is_some() {
                    Stage::Package
                } else {
                    Stage::File
                };
                pairs.push((b, *h, stage));
                done[i] = true;
            }
        }
    };
    let mut done = vec![false; head.len()];
    take(true, &mut done);
    take(false, &mut done);
    pairs
}

fn version(package: &Package) -> &str {
    &package.version
}

/// Whether two findings are about one advisory, or, where none is named, of one rule; always, for
/// those that are about no package.
fn shares_an_advisory(a: &Finding, b: &Finding) -> bool {
    if a.package.is_none() {
        return true;
    }
    let names = |f: &Finding| -> Vec<Text> {
        let all = f.advisories.iter().chain([&f.rule]);
        all.cloned().collect()
    };
    let of_b = names(b);
    names(a).iter().any(|n| of_b.contains(n))
}

fn key(finding: &Finding, path: &RepoPath) -> String {
    match &finding.package {
        Some(package) => {
            format!("package\0{path}\0{}\0{}", package.ecosystem, package.name)
        }
        None => {
            let words: String = finding
                .message
                .chars()
                .filter(|c| !c.is_ascii_digit())
                .collect();
            format!("file\0{path}\0{}\0{words}", finding.rule)
        }
    }
}
