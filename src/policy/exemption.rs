//! Permissions: written, dated, reasoned, and bound to what they were given for.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::Pattern;
use crate::model::{Issue, Kind, RepoPath, Severity, Status, date_of_days};

/// Why something is permitted: the six reasons of Harness STO
/// (<https://developer.harness.io/docs/security-testing-orchestration/exemptions/exemption-workflows>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ExemptionReason {
    CompensatingControls,
    AcceptableUse,
    AcceptableRisk,
    FalsePositive,
    FixUnavailable,
    Other,
}

impl ExemptionReason {
    /// All reasons with their names.
    pub const ALL: [(&'static str, ExemptionReason); 6] = [
        (
            "compensating-controls",
            ExemptionReason::CompensatingControls,
        ),
        ("acceptable-use", ExemptionReason::AcceptableUse),
        ("acceptable-risk", ExemptionReason::AcceptableRisk),
        ("false-positive", ExemptionReason::FalsePositive),
        ("fix-unavailable", ExemptionReason::FixUnavailable),
        ("other", ExemptionReason::Other),
    ];

    /// The reason's name.
    pub fn name(self) -> &'static str {
        let named = ExemptionReason::ALL.iter().find(|(_, r)| *r == self);
        named.map_or("other", |(name, _)| name)
    }
}

/// What an exemption covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExemptionScope {
    /// All occurrences of an issue.
    Issue(String),
    /// One occurrence: its issue, where it was seen, and a print of its code. It covers the
    /// occurrence that continues there, but no copy.
    Occurrence {
        /// The issue's id.
        issue: String,
        /// Where it was when the exemption was written.
        path: RepoPath,
        /// The print of its code.
        print: String,
    },
    /// A rule in some files.
    Rule {
        /// A pattern for the rule id, with or without `scanner:` before it.
        rule: Pattern,
        /// A pattern for the path.
        path: Option<Pattern>,
    },
}

/// A permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// What it covers.
    pub scope: ExemptionScope,
    /// Why.
    pub reason: ExemptionReason,
    /// Why, in words.
    pub text: String,
    /// Who asked for it.
    pub requested_by: String,
    /// Who approved it.
    pub approved_by: String,
    /// Where to read about it.
    pub link: String,
    /// The day it was written, in days since 1970-01-01.
    pub granted: i64,
    /// The last day on which it holds.
    pub until: i64,
    /// It is in the change and not on the target yet.
    pub pending: bool,
}

/// Whether an exemption holds on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It holds.
    Yes,
    /// Its first day is to come.
    NotYet,
    /// Its last day is over.
    Expired,
    /// It was granted for longer than the policy allows for this severity, and that term is over.
    TooLong(i64),
}

impl Exemption {
    /// Whether it holds on a day, for an occurrence of a severity. `longest` has the most days for each.
    pub fn holds(
        &self,
        today: i64,
        severity: Severity,
        longest: &BTreeMap<Severity, i64>,
    ) -> Holds {
        if today < self.granted {
            return Holds::NotYet;
        }
        if today > self.until {
            return Holds::Expired;
        }
        match longest.get(&severity) {
            Some(days) if today > self.granted.saturating_add(*days) => {
                Holds::TooLong(self.granted.saturating_add(*days))
            }
            _ => Holds::Yes,
        }
    }

    /// The exemption in a few words, for reports.
    pub fn in_words(&self) -> String {
        let by = match self.approved_by.as_str() {
            "" => String::new(),
            by => format!(", approved by {by}"),
        };
        let pending = if self.pending { "pending: " } else { "" };
        format!(
            "{pending}{} until {}{by}: {}",
            self.reason.name(),
            date_of_days(self.until),
            self.text
        )
    }

    fn covers_all(&self, issue: &Issue, at: usize) -> bool {
        match &self.scope {
            ExemptionScope::Issue(id) => issue.id.starts_with(id.as_str()) && id.len() >= 6,
            ExemptionScope::Occurrence { .. } => false,
            ExemptionScope::Rule { rule, path } => {
                let occurrence = &issue.occurrences[at];
                path.as_ref().is_none_or(|p| p.fits_path(&occurrence.path))
                    && occurrence.findings.iter().any(|f| {
                        rule.fits(&f.rule)
                            || rule.fits(&f.canonical)
                            || rule.fits(&format!("{}:{}", f.scanner, f.rule))
                    })
            }
        }
    }
}

/// Which exemption covers which occurrence: for each, by its place among the issues and occurrences,
/// the exemption's place in the list. An exemption of one occurrence covers one: of several that look
/// alike the one in the same file, before that one that the target has already, so that a copy is not
/// covered.
pub fn covered(exemptions: &[Exemption], issues: &[Issue]) -> BTreeMap<(usize, usize), usize> {
    let mut covered: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (number, exemption) in exemptions.iter().enumerate() {
        for (i, issue) in issues.iter().enumerate() {
            for at in 0..issue.occurrences.len() {
                if exemption.covers_all(issue, at) {
                    covered.entry((i, at)).or_insert(number);
                }
            }
        }
    }
    let mut taken: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (number, exemption) in exemptions.iter().enumerate() {
        let ExemptionScope::Occurrence {
            issue: id,
            path,
            print,
        } = &exemption.scope
        else {
            continue;
        };
        let mut fitting: Vec<(bool, bool, usize, usize)> = Vec::new();
        // A secret's issue has another id in each clone.
        let is = |issue: &Issue| issue.id == *id || (id == "secret" && issue.kind == Kind::Secret);
        for (i, issue) in issues.iter().enumerate().filter(|(_, i)| is(i)) {
            for (at, occurrence) in issue.occurrences.iter().enumerate() {
                let same = occurrence.print == *print && occurrence.status != Status::Fixed;
                if same && !taken.contains(&(i, at)) {
                    let is_new = occurrence.status == Status::New;
                    let moved_from = occurrence.from.as_ref().map(|f| &f.path);
                    let here = occurrence.path == *path || moved_from == Some(path);
                    // In another file it is a copy, unless the target has it there already.
                    if here || !is_new {
                        fitting.push((!here, is_new, i, at));
                    }
                }
            }
        }
        fitting.sort_unstable();
        if let Some((_, _, i, at)) = fitting.first() {
            taken.insert((*i, *at));
            covered.insert((*i, *at), number);
        }
    }
    covered
}
