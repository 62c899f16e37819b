//! What blocks, and the verdict: values in, values out.

mod exemption;
mod rule;

use std::collections::BTreeMap;

use crate::model::{
    Action, Excuse, Finding, Ground, Issue, IssueStatus, Occurrence, Overridden, Ruling,
    ScannerReport, ScannerState, Score, Severity, Status, Verdict, date_of_days,
};

pub use exemption::{Exemption, ExemptionReason, ExemptionScope, Holds, covered};
pub use rule::{Pattern, PolicyRule, Standing};

/// What becomes of comments that silence a scanner and that a change adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suppressions {
    /// They are not told.
    Allow,
    /// They are told.
    #[default]
    Warn,
    /// They block the change.
    Block,
}

impl Suppressions {
    /// Each with its name in the configuration.
    pub const NAMED: [(&'static str, Suppressions); 3] = [
        ("allow", Suppressions::Allow),
        ("warn", Suppressions::Warn),
        ("block", Suppressions::Block),
    ];
}

/// A score that replaces the one that is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// A pattern for the rule id, with or without `scanner:` before it.
    pub rule: Option<Pattern>,
    /// A pattern for the path.
    pub path: Option<Pattern>,
    /// A scanner.
    pub scanner: Option<String>,
    /// The score.
    pub score: Score,
    /// Why.
    pub reason: String,
}

/// What stops a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The least severity of new occurrences that stops a change, where no rule decides.
    pub block_at: Severity,
    /// What a severity that nobody stated counts as.
    pub unassigned: Severity,
    /// Whether a scanner that failed leaves the verdict open.
    pub incomplete_blocks: bool,
    /// What becomes of new comments that silence a scanner.
    pub suppressions: Suppressions,
    /// The project's rules, in their order.
    pub rules: Vec<PolicyRule>,
    /// Scores that the project sees otherwise.
    pub overrides: Vec<Override>,
    /// For how many days after its advisory was published an issue only warns, by severity.
    pub grace: BTreeMap<Severity, i64>,
    /// Permissions.
    pub exemptions: Vec<Exemption>,
    /// For how many days an exemption may hold at most, by severity.
    pub longest: BTreeMap<Severity, i64>,
    /// Today, in days since 1970-01-01.
    pub today: i64,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            block_at: Severity::High,
            unassigned: Severity::High,
            incomplete_blocks: true,
            suppressions: Suppressions::Warn,
            rules: Vec::new(),
            overrides: Vec::new(),
            grace: BTreeMap::new(),
            exemptions: Vec::new(),
            longest: BTreeMap::new(),
            today: 0,
        }
    }
}

impl Policy {
    /// Replaces a finding's score where the project sees it otherwise; the first override that fits
    /// counts.
    pub fn reassess(&self, finding: &mut Finding) {
        let fits = |o: &&Override| {
            let id = format!("{}:{}", finding.scanner, finding.rule);
            o.scanner.as_ref().is_none_or(|s| *s == finding.scanner)
                && o.path.as_ref().is_none_or(|p| p.fits_path(&finding.path))
                && o.rule.as_ref().is_none_or(|r| {
                    r.fits(&finding.rule) || r.fits(&finding.canonical) || r.fits(&id)
                })
        };
        if let Some(found) = self.overrides.iter().find(fits) {
            finding.overridden = Some(Box::new(Overridden {
                stated: finding.score,
                reason: found.reason.as_str().into(),
            }));
            finding.score = Some(found.score);
        }
    }

    /// Whether a rule decides by what a change fixes.
    pub fn asks_what_is_fixed(&self) -> bool {
        let asks = |r: &PolicyRule| r.status.contains(&Standing::Fixed);
        self.rules.iter().any(asks)
    }

    /// A severity as it counts: one that nobody stated as the policy says.
    fn counted(&self, severity: Severity) -> Severity {
        match severity {
            Severity::Unassigned => self.unassigned,
            stated => stated,
        }
    }

    /// What the policy does with an occurrence, and why.
    pub fn decide(&self, issue: &Issue, occurrence: &Occurrence) -> (Option<Action>, Ground) {
        match occurrence.excuse {
            None | Some(Excuse::Ignored) => {}
            Some(Excuse::Suppressed) => {
                return (Some(Action::Ignore), Ground::Suppressed);
            }
            Some(Excuse::Exempted) => {
                let exemption = occurrence.exempted.clone().unwrap_or_default().into();
                return (Some(Action::Ignore), Ground::Exempted { exemption });
            }
        }
        let fits = |r: &&PolicyRule| r.fits(issue, occurrence, self.today, self.unassigned);
        let first = self.rules.iter().find(fits);
        if let Some(rule) = first {
            let (name, action) = (rule.name.clone(), rule.action);
            return (Some(action), Ground::Rule { name, action });
        }
        if occurrence.status != Status::New {
            return (None, Ground::NotNew);
        }
        let severity = severity_of(occurrence);
        let (unassigned, threshold) = (self.unassigned, self.block_at);
        if self.counted(severity) < threshold {
            let below = Ground::BelowThreshold {
                severity,
                unassigned,
                threshold,
            };
            return (None, below);
        }
        if let Some(last) = self.in_grace(occurrence, severity) {
            let grace = Ground::Grace {
                severity,
                unassigned,
                until: date_of_days(last),
            };
            return (Some(Action::Warn), grace);
        }
        let reached = Ground::Threshold {
            severity,
            unassigned,
            threshold,
        };
        (Some(Action::Block), reached)
    }

    /// The last day of the grace period of an occurrence that is in one.
    fn in_grace(&self, occurrence: &Occurrence, severity: Severity) -> Option<i64> {
        let days = self.grace.get(&self.counted(severity))?;
        let published = occurrence
            .findings
            .iter()
            .filter_map(|f| f.published)
            .min()?;
        let last = published.saturating_add(*days);
        (self.today <= last).then_some(last)
    }
}

/// Decides for each issue whether it blocks, and says why.
///
/// Where no rule decides, an issue is judged by the worst of its new occurrences, since those are what
/// the change adds: a critical issue that grows by a minor occurrence is as bad as the minor occurrence.
pub fn judge_issues(policy: &Policy, issues: &mut [Issue]) {
    mark_suppressed(policy, issues);
    mark_exempted(policy, issues);
    for issue in issues.iter_mut() {
        let decisions: Vec<(Option<Action>, Ground)> = issue
            .occurrences
            .iter()
            .map(|o| policy.decide(issue, o))
            .collect();
        for (occurrence, (action, _)) in issue.occurrences.iter_mut().zip(&decisions) {
            occurrence.action = *action;
            if *action == Some(Action::Ignore) && occurrence.excuse.is_none() {
                occurrence.excuse = Some(Excuse::Ignored);
            }
        }
        let says = |wanted: Action| {
            let mut all = decisions.iter().filter(|(a, _)| *a == Some(wanted));
            all.next().map(|(_, why)| (why.clone(), all.count() + 1))
        };
        issue.blocks = says(Action::Block).is_some();
        issue.warns = !issue.blocks && says(Action::Warn).is_some();
        issue.ruling = ruling(issue, &decisions, &says);
    }
    issues.sort_by_key(|i| (!i.blocks, !i.warns));
}

/// Says of issues in files that the change does not touch which of their occurrences do not count. What is known about
/// such files depends on what was scanned before, so that they never block and never warn.
pub fn tell_unchanged(policy: &Policy, issues: &mut [Issue]) {
    mark_suppressed(policy, issues);
    mark_exempted(policy, issues);
    for issue in issues {
        let ignored: Vec<bool> = issue
            .occurrences
            .iter()
            .map(|o| policy.decide(issue, o).0 == Some(Action::Ignore))
            .collect();
        for (occurrence, _) in issue
            .occurrences
            .iter_mut()
            .zip(ignored)
            .filter(|(_, i)| *i)
        {
            occurrence.action = Some(Action::Ignore);
            occurrence.excuse.get_or_insert(Excuse::Ignored);
        }
        issue.ruling = Ruling::OnTarget;
    }
}

/// Why an issue blocks the change or not.
fn ruling(
    issue: &Issue,
    decisions: &[(Option<Action>, Ground)],
    says: &dyn Fn(Action) -> Option<(Ground, usize)>,
) -> Ruling {
    let decided = |status, number: usize, by: Ground| Ruling::Decided {
        status,
        occurrences: number as u64,
        by,
    };
    for wanted in [Action::Block, Action::Warn] {
        let Some((by, number)) = says(wanted) else {
            continue;
        };
        let deciding = issue
            .occurrences
            .iter()
            .zip(decisions)
            .filter(|(_, (a, _))| *a == Some(wanted));
        let old = deciding.map(|(o, _)| o.status).all(|s| s != Status::New);
        return match old && issue.status != IssueStatus::Fixed {
            true => decided(IssueStatus::Inherited, number, by),
            false => decided(issue.status, number, by),
        };
    }
    match issue.status {
        IssueStatus::Inherited => return Ruling::OnTarget,
        IssueStatus::Fixed => return Ruling::Removed,
        IssueStatus::New | IssueStatus::Grown => {}
    }
    let new = issue.occurrences.iter().zip(decisions);
    let new: Vec<_> = new.filter(|(o, _)| o.status == Status::New).collect();
    let counted: Vec<_> = new
        .iter()
        .filter(|(_, (a, _))| *a != Some(Action::Ignore))
        .collect();
    let worst = counted.iter().max_by_key(|(o, _)| rank(severity_of(o)));
    match (worst, new.first()) {
        (Some((_, (_, by))), _) => decided(issue.status, counted.len(), by.clone()),
        (None, Some((_, (_, by))))
            if !new.iter().all(|(o, _)| o.excuse == Some(Excuse::Exempted)) =>
        {
            decided(issue.status, new.len(), by.clone())
        }
        (None, _) => Ruling::AllExempted,
    }
}

/// Marks the occurrences that an inline comment suppresses, unless the policy lets no comment count.
fn mark_suppressed(policy: &Policy, issues: &mut [Issue]) {
    if policy.suppressions == Suppressions::Block {
        return;
    }
    for occurrence in issues.iter_mut().flat_map(|i| &mut i.occurrences) {
        let findings = &occurrence.findings;
        if !findings.is_empty() && findings.iter().all(|f| f.suppressed) {
            occurrence.excuse = Some(Excuse::Suppressed);
        }
    }
}

/// Marks the occurrences that an exemption covers, and those that one covered until it ended. Exemptions that hold
/// today are tried first, because a renewal may be listed next to the expired one.
fn mark_exempted(policy: &Policy, issues: &mut [Issue]) {
    let today = policy.today;
    let holds = |e: &&Exemption| (e.granted..=e.until).contains(&today);
    let current: Vec<Exemption> = policy.exemptions.iter().filter(holds).cloned().collect();
    let ended = policy.exemptions.iter().filter(|e| today > e.until);
    let ended: Vec<Exemption> = ended.cloned().collect();
    for exemptions in [&current, &ended] {
        for ((i, at), number) in covered(exemptions, issues) {
            let exemption = &exemptions[number];
            let occurrence = &mut issues[i].occurrences[at];
            if occurrence.excuse.is_some() {
                continue;
            }
            let severity = policy.counted(severity_of(occurrence));
            match exemption.holds(today, severity, &policy.longest) {
                Holds::Yes => {
                    occurrence.exempted = Some(exemption.in_words().into());
                    occurrence.excuse = Some(Excuse::Exempted);
                }
                Holds::NotYet => {}
                Holds::Expired => {
                    let day = date_of_days(exemption.until);
                    occurrence.was_exempted = Some(format!("it was exempted until {day}").into());
                }
                Holds::TooLong(last) => {
                    let day = date_of_days(last);
                    let was = format!(
                        "it was exempted until {day}, the longest term for {severity} issues"
                    );
                    occurrence.was_exempted = Some(was.into());
                }
            }
        }
    }
}

/// The severity of an occurrence: the worst of what its scanners state.
fn severity_of(occurrence: &Occurrence) -> Severity {
    Severity::of(occurrence.findings.iter().filter_map(|f| f.score).max())
}

/// Unassigned is next to high.
fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Unassigned => 4,
        Severity::Critical => 5,
    }
}

/// Whether a policy could stop a change for a finding of this severity.
pub fn could_block(policy: &Policy, severity: Severity) -> bool {
    policy.counted(severity) >= policy.block_at
        || policy.rules.iter().any(|r| r.action == Action::Block)
}

/// The verdict: blocked if any issue blocks; else incomplete if a scanner that was needed has no answer; else pass.
/// `open` tells about other things that are unknown, and `late` that not all that was found could be judged in time,
/// which no setting lets pass.
pub fn verdict(
    policy: &Policy,
    issues: &[Issue],
    scanners: &[ScannerReport],
    open: bool,
    late: bool,
) -> Verdict {
    if issues.iter().any(|i| i.blocks) {
        return Verdict::Blocked;
    }
    let unknown = open || scanners.iter().any(|s| s.state != ScannerState::Ok);
    if late || unknown && policy.incomplete_blocks {
        Verdict::Incomplete
    } else {
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests;
