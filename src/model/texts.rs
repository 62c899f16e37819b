//! Every text of a report and of a finding, for who must see them all: what leaves the process is masked
//! through here, so that no format has to think of it.
//!
//! The structures are taken apart by name, so that a new field does not compile until it is told
//! here whether it is a text from outside.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Change, Finding, Frame, Ground, Issue, Occurrence, Origin, Overridden, Package, Reason,
    RepoPath, Report, Rule, Ruling, ScannerReport, Step,
};

/// What takes the place of a text; none if it stays as it is.
pub(super) type Rewrite<'a> = &'a dyn Fn(&str) -> Option<String>;

fn text<T: AsRef<str> + From<String>>(text: &mut T, rewrite: Rewrite<'_>) {
    if let Some(other) = rewrite((*text).as_ref()) {
        *text = other.into();
    }
}

fn texts<'t, T: AsRef<str> + From<String> + 't>(
    all: impl IntoIterator<Item = &'t mut T>,
    rewrite: Rewrite<'_>,
) {
    all.into_iter().for_each(|t| text(t, rewrite));
}

fn path(path: &mut RepoPath, rewrite: Rewrite<'_>) {
    if let Some(other) = rewrite(&path.to_string()) {
        *path = RepoPath::from(other.as_str());
    }
}

fn overridden(all: &mut [Overridden], rewrite: Rewrite<'_>) {
    for Overridden { stated: _, reason } in all {
        text(reason, rewrite);
    }
}

fn package(package: &mut Package, rewrite: Rewrite<'_>) {
    let Package {
        ecosystem,
        name,
        version,
        fixed,
    } = package;
    texts([ecosystem, name, version], rewrite);
    texts(fixed, rewrite);
}

fn rules(all: &mut [Rule], rewrite: Rewrite<'_>) {
    for Rule { scanner, rule } in all {
        texts([scanner, rule], rewrite);
    }
}

/// Rewrites the parameters of a fact that is told by a code.
fn fact<T: Serialize + DeserializeOwned>(fact: &mut T, rewrite: Rewrite<'_>) {
    fn rewritten(value: &mut Value, rewrite: Rewrite<'_>) -> bool {
        match value {
            Value::String(text) => rewrite(text).map(|other| *text = other).is_some(),
            Value::Array(all) => all.iter_mut().fold(false, |r, v| rewritten(v, rewrite) | r),
            Value::Object(fields) => fields
                .iter_mut()
                .filter(|(key, _)| *key != "code")
                .fold(false, |r, (_, v)| rewritten(v, rewrite) | r),
            _ => false,
        }
    }
    if let Ok(mut value) = serde_json::to_value(&*fact)
        && rewritten(&mut value, rewrite)
        && let Ok(other) = serde_json::from_value(value)
    {
        *fact = other;
    }
}

fn origin(origin: &mut Origin, rewrite: Rewrite<'_>) {
    let Origin {
        path: file,
        line: _,
    } = origin;
    path(file, rewrite);
}

fn reason(reason: &mut Reason, rewrite: Rewrite<'_>) {
    match reason {
        Reason::SameStatement { was } | Reason::Edited { was } | Reason::ScopeMoved { was } => {
            texts(was, rewrite);
        }
        Reason::OnTarget { target: words }
        | Reason::InHistory { commit: words }
        | Reason::InMessage { commit: words }
        | Reason::InTagMessage { tag: words } => {
            text(words, rewrite);
        }
        Reason::BroughtFromElsewhere { line: place }
        | Reason::Replaces {
            old: place,
            differs: _,
        }
        | Reason::CopyOf { original: place }
        | Reason::Beside { old: place, now: _ }
        | Reason::Uncertain { old: place } => origin(place, rewrite),
        Reason::SameFile
        | Reason::ScannerChanged
        | Reason::NoResultsBefore
        | Reason::UnreadBefore
        | Reason::SameLine
        | Reason::Shifted
        | Reason::Moved
        | Reason::Reordered
        | Reason::SameSecret
        | Reason::OtherVersion
        | Reason::SameSubject
        | Reason::Worse { before: _ }
        | Reason::NotInBase
        | Reason::NothingContinues
        | Reason::CommentAdded
        | Reason::Gone => {}
    }
}

impl Report {
    /// Rewrites every text that comes from outside.
    pub fn rewrite(&mut self, rewrite: Rewrite<'_>) {
        let Report {
            verdict: _,
            change,
            issues,
            scanners,
            available,
            without_scanner: _,
            never_scanned: _,
            lists_unchanged: _,
            block_at: _,
            notes,
            out_of_time: _,
            late: _,
            unknown,
            time: _,
            milliseconds: _,
            repository,
        } = self;
        let Change {
            name,
            head: _,
            head_tree: _,
            base: _,
            base_tree: _,
            target,
            tip: _,
            others,
            base_reason,
            mode: _,
            known: _,
            replaced: _,
            tags,
            replaced_tags: _,
            notes: of_change,
        } = change;
        text(name, rewrite);
        texts(tags.iter_mut().map(|t| &mut t.name), rewrite);
        texts(target, rewrite);
        texts(others.iter_mut().map(|o| &mut o.name), rewrite);
        fact(base_reason, rewrite);
        of_change.iter_mut().for_each(|note| fact(note, rewrite));
        for issue in issues {
            issue.rewrite(rewrite);
        }
        for scanner in scanners {
            let ScannerReport {
                name,
                version,
                homepage,
                scanned: _,
                cached: _,
                skipped: _,
                milliseconds: _,
                state: _,
                limit: _,
                containment: _,
                detail,
                at_base: _,
                installable: _,
            } = scanner;
            texts([name, homepage, detail], rewrite);
            texts(version, rewrite);
        }
        texts(available.iter_mut().map(|s| &mut s.name), rewrite);
        notes.iter_mut().for_each(|note| fact(note, rewrite));
        unknown.iter_mut().for_each(|gap| fact(gap, rewrite));
        texts(repository, rewrite);
    }
}

impl Issue {
    fn rewrite(&mut self, rewrite: Rewrite<'_>) {
        let Issue {
            id: _,
            title,
            kind: _,
            severity: _,
            score: _,
            status: _,
            references,
            links,
            rules: of_scanners,
            fix,
            blocks: _,
            warns: _,
            ruling,
            occurrences,
            elsewhere: _,
        } = self;
        text(title, rewrite);
        if let Ruling::Decided { by, .. } = ruling {
            match by {
                Ground::Exempted { exemption: words } | Ground::Rule { name: words, .. } => {
                    text(words, rewrite);
                }
                Ground::NotNew
                | Ground::Suppressed
                | Ground::BelowThreshold { .. }
                | Ground::Grace { .. }
                | Ground::Threshold { .. } => {}
            }
        }
        texts(references, rewrite);
        texts(links, rewrite);
        texts(fix, rewrite);
        rules(of_scanners, rewrite);
        for occurrence in occurrences {
            occurrence.rewrite(rewrite);
        }
    }
}

impl Occurrence {
    fn rewrite(&mut self, rewrite: Rewrite<'_>) {
        let Occurrence {
            path: file,
            region: _,
            status: _,
            stage: _,
            touched: _,
            from,
            reason: of_status,
            scanners,
            rules: of_scanners,
            package: of_package,
            overridden: scores,
            message,
            commit: _,
            exempted,
            was_exempted,
            action: _,
            excuse: _,
            print: _,
            frame,
            findings,
        } = self;
        path(file, rewrite);
        if let Some(Origin {
            path: file,
            line: _,
        }) = from
        {
            path(file, rewrite);
        }
        reason(of_status, rewrite);
        text(message, rewrite);
        texts(scanners, rewrite);
        rules(of_scanners, rewrite);
        if let Some(of_package) = of_package {
            package(of_package, rewrite);
        }
        overridden(scores, rewrite);
        texts(exempted, rewrite);
        texts(was_exempted, rewrite);
        if let Some(frame) = frame {
            let Frame {
                first_line: _,
                cut: _,
                lines,
            } = &mut **frame;
            texts(lines, rewrite);
        }
        for finding in findings {
            finding.rewrite(rewrite);
        }
    }
}

impl Finding {
    /// Rewrites every text that comes from outside, including its place.
    pub fn rewrite(&mut self, rewrite: Rewrite<'_>) {
        self.rewrite_words(rewrite);
        let names = [&mut self.scanner, &mut self.rule, &mut self.canonical];
        texts(names, rewrite);
        path(&mut self.path, rewrite);
        texts(&mut self.advisories, rewrite);
        if let Some(of_package) = &mut self.package {
            package(of_package, rewrite);
        }
        for step in &mut self.flow {
            path(&mut step.path, rewrite);
        }
    }

    /// Rewrites what it says: nothing by which it is found, matched or grouped.
    pub fn rewrite_words(&mut self, rewrite: Rewrite<'_>) {
        let Finding {
            scanner: _,
            rule: _,
            canonical: _,
            kind: _,
            path: _,
            region: _,
            title,
            message,
            score: _,
            level,
            confidence: _,
            cwe: _,
            advisories: _,
            package: _,
            secret: _,
            fix,
            url,
            fingerprint,
            suppressed: _,
            published: _,
            epss: _,
            kev: _,
            flow,
            overridden: score,
        } = self;
        texts([title, message], rewrite);
        texts(
            [level, fix, url, fingerprint].into_iter().flatten(),
            rewrite,
        );
        for Step {
            path: _,
            line: _,
            message,
        } in flow
        {
            text(message, rewrite);
        }
        if let Some(score) = score {
            overridden(std::slice::from_mut(&mut **score), rewrite);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::{Mode, Note, Oid, Severity, SkippedScanner, Verdict};

    use super::*;

    /// A report in which each text is `old` and a number.
    fn report() -> Report {
        let issue = r#"{
            "id": "1", "title": "old 1", "kind": "code", "severity": "high", "score": 8.0, "status": "new",
            "references": ["old 2"], "links": ["old 3"], "rules": [{"scanner": "old 4", "rule": "old 5"}],
            "fix": "old 6", "blocks": true,
            "ruling": {"code": "decided", "status": "new", "occurrences": 1,
                "by": {"code": "exempted", "exemption": "old 7"}},
            "elsewhere": 0
        }"#;
        let occurrence = r#"{
                "path": "old 8", "status": "inherited", "stage": "edited", "from": {"path": "old 9", "line": 1},
                "reason": {"code": "edited", "was": "old 10"}, "scanners": ["old 11"],
                "rules": [{"scanner": "old 12", "rule": "old 13"}],
                "package": {"ecosystem": "old 14", "name": "old 15", "version": "old 16", "fixed": ["old 17"]},
                "overridden": [{"stated": null, "reason": "old 18"}], "message": "old 19",
                "exempted": "old 20", "was-exempted": "old 21",
                "frame": {"first-line": 1, "lines": ["old 22"]},
                "findings": [{
                    "scanner": "old 23", "rule": "old 24", "canonical": "old 25", "kind": "code",
                    "path": "old 26", "title": "old 27", "message": "old 28", "level": "old 29",
                    "advisories": ["old 30"], "fix": "old 31", "url": "old 32", "fingerprint": "old 33",
                    "flow": [{"path": "old 34", "line": 1, "message": "old 35"}],
                    "overridden": {"stated": null, "reason": "old 36"}
                }]
        }"#;
        let mut issue: Issue = serde_json::from_str(issue).unwrap();
        issue.occurrences = vec![serde_json::from_str(occurrence).unwrap()];
        let scanner = r#"{
            "name": "old 37", "version": "old 38", "homepage": "old 39", "scanned": 0, "cached": 0,
            "skipped": 0, "milliseconds": 0, "state": "ok", "detail": "old 40"
        }"#;
        let note = |name: &str| Note::MergeConflicts {
            target: name.into(),
        };
        let oid = Oid::parse(&"1".repeat(40)).unwrap();
        Report {
            verdict: Verdict::Pass,
            change: Change {
                name: "old 41".into(),
                head: oid.clone(),
                head_tree: oid,
                base: None,
                base_tree: None,
                target: Some("old 42".into()),
                tip: None,
                others: Vec::new(),
                base_reason: serde_json::from_value(json!({"code": "asked", "revision": "old 43"}))
                    .unwrap(),
                mode: Mode::Check,
                known: Vec::new(),
                replaced: None,
                tags: Vec::new(),
                replaced_tags: Vec::new(),
                notes: vec![note("old 44")],
            },
            issues: vec![issue],
            scanners: vec![serde_json::from_str(scanner).unwrap()],
            available: vec![SkippedScanner {
                name: "old 45".into(),
                files: 0,
            }],
            without_scanner: 0,
            never_scanned: None,
            lists_unchanged: false,
            block_at: Severity::High,
            notes: vec![note("old 46")],
            out_of_time: false,
            late: None,
            unknown: Vec::new(),
            time: 0,
            milliseconds: 0,
            repository: Some("old 47".into()),
        }
    }

    #[test]
    fn every_text_of_a_report_that_comes_from_outside_is_rewritten() {
        let seen = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let mut report = report();
        report.rewrite(&|text| {
            seen.borrow_mut().insert(text.to_owned());
            Some("new".into())
        });
        let all: std::collections::BTreeSet<_> = (1..=47).map(|n| format!("old {n}")).collect();
        assert_eq!(seen.into_inner(), all);
        assert!(!format!("{report:?}").contains("old "), "{report:?}");
    }
}
