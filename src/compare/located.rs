//! A finding with its status and its issue.

use std::collections::BTreeMap;

use crate::model::{Finding, Kind, Origin, Reason, Stage, Status, Text};

/// A finding with its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The finding: at head, or at base for a fixed one.
    pub finding: Finding,
    /// New, inherited or fixed.
    pub status: Status,
    /// What decided it.
    pub stage: Stage,
    /// Whether the change edits the lines of an inherited one.
    pub touched: bool,
    /// Where the baseline has it.
    pub from: Option<Origin>,
    /// Why.
    pub reason: Reason,
    /// The commit, for one that is not in the head tree.
    pub commit: Option<Text>,
}

impl Located {
    /// A finding that only the history of a push has: in a commit that a later one takes back, or in a message.
    pub fn in_history(finding: Finding, reason: Reason, commit: String) -> Located {
        Located {
            finding,
            status: Status::New,
            stage: Stage::History,
            touched: false,
            from: None,
            reason,
            commit: Some(commit.into()),
        }
    }
}

/// What the root cause of a finding is, as a key: the canonical rule for code and configuration; the
/// package and its first advisory; the secret.
pub fn issue_key(finding: &Finding) -> String {
    match (finding.kind, &finding.package, &finding.secret) {
        (Kind::Dependency, Some(package), _) => {
            let advisory = finding.advisories.first().unwrap_or(&finding.rule);
            format!(
                "dependency\0{}\0{}\0{advisory}",
                package.ecosystem, package.name
            )
        }
        (Kind::Secret, _, Some(secret)) => format!("secret\0{secret}"),
        (kind, _, _) => format!("{}\0{}", kind.name(), finding.canonical),
    }
}

/// Which advisories of a package are one: scanners name one vulnerability by its CVE, its GHSA or the
/// id of a list of their own, and tell some of the other names.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    /// Each name's representative, or one that is nearer to it.
    of: BTreeMap<String, String>,
}

impl Aliases {
    pub(super) fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Aliases {
        let mut aliases = Aliases::default();
        for finding in findings {
            let Some(package) = &finding.package else {
                continue;
            };
            let name = |id: &Text| format!("{}\0{}\0{id}", package.ecosystem, package.name);
            let mut names = finding.advisories.iter().map(name);
            let Some(first) = names.next() else {
                continue;
            };
            for other in names {
                aliases.join(&first, &other);
            }
        }
        aliases
    }

    /// The name that stands for a name: the first of its class in the alphabet, a CVE if there is
    /// one.
    fn first(&self, name: &str) -> String {
        let mut name = name;
        while let Some(next) = self.of.get(name) {
            name = next;
        }
        name.to_owned()
    }

    fn join(&mut self, a: &str, b: &str) {
        let (a, b) = (self.first(a), self.first(b));
        match a.cmp(&b) {
            std::cmp::Ordering::Less => self.of.insert(b, a),
            std::cmp::Ordering::Greater => self.of.insert(a, b),
            std::cmp::Ordering::Equal => None,
        };
    }

    /// The key of a finding's issue, whatever its scanner calls the advisory.
    pub(super) fn key(&self, finding: &Finding) -> String {
        match (&finding.package, finding.kind) {
            (Some(package), Kind::Dependency) => {
                let advisory = finding.advisories.first().unwrap_or(&finding.rule);
                let name = format!("{}\0{}\0{advisory}", package.ecosystem, package.name);
                format!("dependency\0{}", self.first(&name))
            }
            _ => issue_key(finding),
        }
    }
}
