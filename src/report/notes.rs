//! The words for notes, gaps, the choice of the base and the ruling on an issue.

use crate::model::{
    BaseReason, Gap, Ground, Issue, IssueStatus, Note, OwnConfiguration, Phase, Report, Ruling,
    Severity, Spot, StandIn, harmless, shell_word,
};

use super::words::plural;

/// A note in words, safe to show.
pub fn note(note: &Note) -> String {
    harmless(&note_text(note))
}

fn note_text(note: &Note) -> String {
    match note {
        Note::CacheSetAside { path, why } => format!(
            "the cache could not be used ({why}): it was set aside as `{path}` and is rebuilt, so this run \
             takes longer"
        ),
        Note::CacheUnusable { path, why } => {
            format!("results are not cached: `{path}` cannot be used: {why}")
        }
        Note::ResultsNotRemembered { why } => format!(
            "results of this run could not be written to the cache ({why}), so the next run takes longer"
        ),
        Note::Installed { scanner, version } => format!(
            "{scanner} was missing, so version {version} was installed (`auto-install` is on)"
        ),
        Note::NotInstalled { scanner, why } => format!("{scanner} cannot be installed: {why}"),
        Note::TargetUnknown { named, taken } => format!(
            "the configured target `{named}` is not in this clone, so the change is compared with {taken} (`git \
             fetch` may fetch it)"
        ),
        Note::StandInTarget { remote, taken, why } => {
            let (why, command) = match why {
                StandIn::OnlyBranch => (
                    format!("it is the only branch of {remote} in this clone"),
                    format!(
                        "git fetch {remote} '+refs/heads/*:refs/remotes/{remote}/*' && git remote set-head \
                         {remote} --auto"
                    ),
                ),
                StandIn::LocalBranch => (
                    format!("this bare clone keeps no copies of {remote}'s branches"),
                    format!(
                        "git config remote.{remote}.fetch '+refs/heads/*:refs/remotes/{remote}/*' && git fetch \
                         {remote}"
                    ),
                ),
                StandIn::OtherRemote => (
                    format!("nothing has been fetched from {remote} yet"),
                    format!("git fetch {remote}"),
                ),
            };
            format!(
                "{taken} is used as {remote}'s default branch because {why}; to change that: `{command}`"
            )
        }
        Note::NoDefaultBranch { remote, branch } => format!(
            "this clone does not know {remote}'s default branch, so the change is compared with {branch} as it \
             is there"
        ),
        Note::RemoteGuessed { remote, target } => format!(
            "this URL does not belong to a configured remote, so the change is compared with {target} of `{remote}`"
        ),
        Note::OfParentBranch {
            parent,
            issues,
            push,
        } => {
            let are = match issues {
                1 => "1 issue that blocks this push is".to_owned(),
                n => format!("{n} issues that block this push are"),
            };
            let target = shell_word(&format!("newgate.target={parent}"));
            let push: Vec<_> = push.iter().map(|word| shell_word(word)).collect();
            format!(
                "{are} already in {parent}, which this branch is based on; to compare with that branch instead: \
                 `git -c {target} push {}`",
                push.join(" ")
            )
        }
        Note::MergeConflicts { target } => format!(
            "merging into {target} conflicts, so the branch itself is checked against its merge base"
        ),
        Note::Shallow { target } => format!(
            "this clone is shallow and has no common commit with {target}, so issues that were fixed there \
             since may look new here; `git fetch --unshallow` fetches the rest"
        ),
        Note::RemoteUnseen { branch, commit } => format!(
            "{branch} points to {}, which is not in this clone: run `git fetch` for an exact comparison",
            commit.short()
        ),
        Note::ResultsPending { scanner, commit } => format!(
            "{scanner} has no results for {} yet, so its findings are not part of this check",
            commit.short()
        ),
        Note::ResultsOfAncestor { scanner, commit } => format!(
            "{scanner} has no results for the base, so it is compared with its results for {}, the nearest \
             earlier commit that has some",
            commit.short()
        ),
        Note::ResultsOfOther {
            scanner,
            found,
            wanted,
        } => format!(
            "the server of {scanner} has results for {found}, not for {}",
            wanted.short()
        ),
        Note::ResultsUnnamed { scanner, wanted } => format!(
            "the newest results on the server of {scanner} name no commit, so they are not used for {}",
            wanted.short()
        ),
        Note::ResultsUnfinished { scanner, wanted } => format!(
            "the server of {scanner} is still processing results, so they are not used for {} yet",
            wanted.short()
        ),
        Note::ResultsRemembered { scanner, why } => format!(
            "the results of {scanner} are those that were loaded before, because they could not be loaded \
             again: {why}"
        ),
        Note::ResultsOfBranch { scanner, branch } => {
            format!("the server of {scanner} has results for the branch `{branch}` only, not for a commit: the newest were used")
        }
        Note::MovesCutShort => {
            "the change moves too many lines to match them all, so some inherited issues may be shown as new"
                .into()
        }
        Note::PairsCutShort => {
            "a part of the change has too many findings of one rule to compare them all, so some inherited \
             issues may be shown as new"
                .into()
        }
        Note::UnreadBefore { scanner, path, why } => format!(
            "{scanner} cannot read `{path}`: {why}; it could not read the earlier version either, so new issues \
             in it are unknown"
        ),
        Note::FilesExcluded {
            scanner,
            files,
            path,
            reason,
        } => format!(
            "{} of the change {} left out of {scanner} by the configuration (`{path}`: {reason})",
            plural(*files, "file"),
            if *files == 1 { "is" } else { "are" }
        ),
        Note::LargeFilesUnread { files: 1, path } => {
            format!("`{path}` is stored in Git LFS, so its content was not scanned")
        }
        Note::LargeFilesUnread { files, path } => format!(
            "{files} changed files are stored in Git LFS, so their content was not scanned (the first is `{path}`)"
        ),
        Note::SuppressionsAdded {
            scanner,
            places,
            more,
            unheeded_by,
        } => suppressions(scanner, places, *more, unheeded_by),
        Note::SuppressionsUnsearched => {
            "time ran out before newgate looked for comments that suppress findings".into()
        }
        Note::IncompleteAllowed => {
            "not everything was scanned; the check passes because of `on-incomplete = \"warn\"`".into()
        }
        Note::SharedBaseline { files } => format!(
            "the results of {} come from a shared baseline: they are counted, but do not affect the verdict",
            plural(*files, "unchanged file")
        ),
        Note::ConfigurationHeldBack
        | Note::ConfigurationWeakening { .. }
        | Note::ConfigurationOfHead { .. }
        | Note::ConfigurationOfBase
        | Note::ConfigurationEdited { .. }
        | Note::ScannerConfigurationEdited { .. } => configuration(note),
    }
}

fn configuration(note: &Note) -> String {
    let of = |target: &Option<String>| target.clone().unwrap_or_else(|| "the target".into());
    match note {
        Note::ConfigurationHeldBack => {
            "`path`, `load`, `auto-install` and the project's own scanners in `.newgate` take effect once they \
             are on the target; `newgate check --config-from head` tries them out"
                .into()
        }
        Note::ConfigurationWeakening { keys, target } => {
            let keys: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
            let why = match target {
                Some(target) => format!("{target} has none yet"),
                None => "there is no target yet".to_owned(),
            };
            format!(
                "the change's own `.newgate` is used, because {why}, but without {}, which would weaken the \
                 defaults (`newgate check --config-from head` tries all of it out)",
                keys.join(" and ")
            )
        }
        Note::ConfigurationOfHead { why } => {
            let why = match why {
                OwnConfiguration::Asked => "as requested".into(),
                OwnConfiguration::TargetHasNone { target } => {
                    format!("because {} has none yet", of(target))
                }
                OwnConfiguration::NoTarget => "because there is no target yet".to_owned(),
            };
            format!("the change's own `.newgate` is used, {why}")
        }
        Note::ConfigurationEdited { target } => format!(
            "the change edits `.newgate`; the edit takes effect once it is on {} (`newgate check --config-from \
             head` tries it out)",
            of(target)
        ),
        Note::ScannerConfigurationEdited {
            path,
            scanner,
            target,
        } => format!(
            "the change edits `{path}`, which configures {scanner}; the edit takes effect once it is on {}",
            of(target)
        ),
        _ => "the configuration of the base is used because no target branch was found".into(),
    }
}

fn suppressions(scanner: &str, places: &[Spot], more: u64, unheeded_by: &[String]) -> String {
    let named = places.iter().map(|s| format!("{}:{}", s.path, s.line));
    let named: Vec<String> = named.collect();
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let only = match unheeded_by {
        [] => String::new(),
        [one] => format!("; {one} does not read such a comment and still reports the line"),
        many => format!(
            "; {} do not read such a comment and still report the line",
            many.join(" and ")
        ),
    };
    format!(
        "the change adds comments that suppress findings of {scanner}, which therefore do not block: {}{more}{only}",
        named.join(", ")
    )
}

/// What is unknown besides what scanners failed at.
pub fn unknown(report: &Report) -> Vec<String> {
    let late = report.late.map(|phase| {
        let left = match phase {
            Phase::Plan => "newgate knew what to scan",
            Phase::History => "all commits were searched",
            Phase::Comparison => "everything was compared",
            Phase::Suppressions => "newgate looked for comments that suppress findings",
            Phase::Tip => "newgate knew which issues the target already has",
            Phase::Policy => "the policy was applied",
        };
        format!("time ran out before {left}")
    });
    report.unknown.iter().map(gap).chain(late).collect()
}

/// What the change was compared with, and why with that.
pub(super) fn compared_with(report: &Report) -> String {
    let change = &report.change;
    let reason = base_reason(&change.base_reason);
    match &change.base {
        Some(base) => format!("compared with {} ({reason})", base.short()),
        None => format!("compared with {reason}"),
    }
}

/// A gap in words, safe to show.
pub(super) fn gap(gap: &Gap) -> String {
    harmless(&match gap {
        Gap::HistoryCutOff { commit } => format!(
            "the history of this clone ends at {}, so it is unknown which commits the change adds, and what \
             they add and remove again (`git fetch --unshallow` fetches the rest)",
            commit.short()
        ),
        Gap::BrokenConfiguration { why } => format!(
            "the change's own `.newgate` has errors and would block every push once it is on the target: {why}"
        ),
        Gap::Unread { scanner, path, why } => format!("{scanner} cannot read `{path}`: {why}"),
        Gap::NoResultsOfBase { scanner, commit } => format!(
            "{scanner} has no results for the base {} or an earlier commit, so it is unknown which of its \
             issues are new (ingest its results for the target once)",
            commit.short()
        ),
    })
}

/// What a change is compared with, in words, safe to show.
pub fn base_reason(reason: &BaseReason) -> String {
    let (text, rewrites) = match reason {
        BaseReason::Asked { revision } => (format!("`{revision}`, as requested"), false),
        BaseReason::NothingAsked => (
            "nothing, as requested: everything counts as new".into(),
            false,
        ),
        BaseReason::LastCommit => ("the last commit".into(), false),
        BaseReason::NoCommit => (
            "nothing: there is no commit yet, so everything counts as new".into(),
            false,
        ),
        BaseReason::MergedInto { target } => (
            format!("the tip of {target}, which it is merged into"),
            false,
        ),
        BaseReason::NoTarget { .. } => (
            "nothing: no target branch was found, so everything counts as new".into(),
            false,
        ),
        BaseReason::NoRemoteBranch { remote } => (
            format!("nothing: this clone has no branch of {remote}, so everything counts as new"),
            false,
        ),
        BaseReason::File => (
            "nothing: the ref points to a file, so all of it counts as new".into(),
            false,
        ),
        BaseReason::NoHistory { target } => {
            (format!("the tip of {target}: a tree has no history"), false)
        }
        BaseReason::Shallow { target } => (
            format!("the tip of {target}: this shallow clone has no common commit"),
            false,
        ),
        BaseReason::Unrelated { target, .. } => (
            format!("the tip of {target}: no common history with it"),
            false,
        ),
        BaseReason::OneOfMergeBases {
            number,
            target,
            rewrites,
        } => (
            format!("one of {number} merge bases with {target}"),
            *rewrites,
        ),
        BaseReason::Tip { target, rewrites } => (format!("the tip of {target}"), *rewrites),
        BaseReason::MergeBase { target, rewrites } => {
            (format!("merge base with {target}"), *rewrites)
        }
        BaseReason::BeforePush { branch } => {
            let before = match branch {
                Some(branch) => format!("{branch} before this push"),
                None => "the ref before this push".into(),
            };
            (before, false)
        }
        BaseReason::Baseline => ("nothing: a baseline is built".into(), false),
    };
    let rewrites = match rewrites {
        true => ", which this push rewrites",
        false => "",
    };
    harmless(&(text + rewrites))
}

/// Why an issue blocks the change or not, in words, safe to show.
pub fn because(issue: &Issue) -> String {
    harmless(&match &issue.ruling {
        Ruling::Open => String::new(),
        Ruling::OnTarget => "the target already has it".into(),
        Ruling::Removed => "the change removes it".into(),
        Ruling::Shared => "inherited, according to a shared baseline".into(),
        Ruling::AllExempted => "every new occurrence is exempted".into(),
        Ruling::Decided {
            status,
            occurrences,
            by,
        } => {
            let what = match (status, occurrences) {
                (IssueStatus::Grown, n) => {
                    format!("{} of an inherited issue", plural(*n, "new occurrence"))
                }
                (IssueStatus::New, 1) => "new".to_owned(),
                (IssueStatus::New, n) => format!("new, {}", plural(*n, "occurrence")),
                (IssueStatus::Inherited, _) => "the target already has it".to_owned(),
                (IssueStatus::Fixed, _) => "the change removes it".to_owned(),
            };
            format!("{what}, {}", ground(by))
        }
    })
}

fn ground(by: &Ground) -> String {
    let stated = |severity: Severity, unassigned: Severity| match severity {
        Severity::Unassigned => format!("unassigned (counts as {unassigned})"),
        severity => severity.name().to_owned(),
    };
    match by {
        Ground::NotNew => String::new(),
        Ground::Suppressed => "an inline comment suppresses it".into(),
        Ground::Exempted { exemption } => format!("exempted: {exemption}"),
        Ground::Rule { name, action } => format!("the rule `{name}` says `{}`", action.name()),
        Ground::BelowThreshold {
            severity,
            unassigned,
            threshold,
        } => format!(
            "{}, below `block-at = \"{threshold}\"`",
            stated(*severity, *unassigned)
        ),
        Ground::Grace {
            severity,
            unassigned,
            until,
        } => format!(
            "{}, with a grace period until {until}",
            stated(*severity, *unassigned)
        ),
        Ground::Threshold {
            severity,
            unassigned,
            threshold,
        } => format!(
            "{} (`block-at = \"{threshold}\"`)",
            stated(*severity, *unassigned)
        ),
    }
}
