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
            "the cache of results could not be used ({why}): it was set aside as `{path}` and is built anew, \
             so this run takes longer"
        ),
        Note::CacheUnusable { path, why } => {
            format!("results are not remembered: `{path}` cannot be used: {why}")
        }
        Note::ResultsNotRemembered { why } => format!(
            "results of this run could not be written to the cache ({why}), so the next run takes longer"
        ),
        Note::Installed { scanner, version } => format!(
            "{scanner} {version} was installed, since it was missing and `auto-install` is on"
        ),
        Note::NotInstalled { scanner, why } => format!("{scanner} cannot be installed: {why}"),
        Note::TargetUnknown { named, taken } => format!(
            "the configuration names the target `{named}`, which this clone does not know: compared with \
             {taken} (`git fetch` may bring it)"
        ),
        Note::StandInTarget { remote, taken, why } => {
            let (why, command) = match why {
                StandIn::OnlyBranch => (
                    format!("it is the only branch of {remote} that this clone knows"),
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
                    format!("nothing was fetched from {remote} yet"),
                    format!("git fetch {remote}"),
                ),
            };
            format!(
                "{taken} stands for {remote}'s default branch, since {why}; to change that: `{command}`"
            )
        }
        Note::NoDefaultBranch { remote, branch } => format!(
            "{remote} has no default branch that this clone knows of: compared with {branch} as it is there"
        ),
        Note::RemoteGuessed { remote, target } => format!(
            "this URL is not one of a configured remote: compared with {target} of `{remote}`"
        ),
        Note::OfParentBranch {
            parent,
            issues,
            push,
        } => {
            let (are, them) = match issues {
                1 => ("1 issue that blocks this push is".to_owned(), "it"),
                n => (format!("{n} issues that block this push are"), "them"),
            };
            let target = shell_word(&format!("newgate.target={parent}"));
            let push: Vec<_> = push.iter().map(|word| shell_word(word)).collect();
            format!(
                "{are} in {parent} already, which this branch goes on from; to leave {them} to that branch: \
                 `git -c {target} push {}`",
                push.join(" ")
            )
        }
        Note::MergeConflicts { target } => format!(
            "merging into {target} conflicts: the branch is judged as it is, against its merge base"
        ),
        Note::Shallow { target } => format!(
            "this clone is shallow and holds no common commit with {target}: fixes made there since the \
             branch left look new here; `git fetch --unshallow` brings the rest"
        ),
        Note::RemoteUnseen { branch, commit } => format!(
            "{branch} points at {}, which this clone has never seen: `git fetch` would make the comparison \
             exact",
            commit.short()
        ),
        Note::ResultsPending { scanner, commit } => format!(
            "{scanner} has no results for {} yet: what it will say is not judged here",
            commit.short()
        ),
        Note::ResultsOfAncestor { scanner, commit } => format!(
            "{scanner} is compared with its results for {}, the newest before the base that has some",
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
        Note::ResultsOfBranch { scanner, branch } => {
            format!("the results of {scanner} are those that its server has for `{branch}` now")
        }
        Note::MovesCutShort => {
            "the change moves more lines than are searched for moved blocks: some \
                                inherited findings in them may be shown as new"
                .into()
        }
        Note::PairsCutShort => {
            "a region of the change has too many findings of one rule for all pairs to be \
                                compared: some inherited ones may be shown as new"
                .into()
        }
        Note::UnreadBefore { scanner, path, why } => format!(
            "{scanner} cannot read `{path}`: {why}; it could not before, so what is new in it is not known"
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
            format!("git-lfs keeps the content of `{path}` elsewhere, so it was not scanned")
        }
        Note::LargeFilesUnread { files, path } => format!(
            "git-lfs keeps the content of {files} changed files elsewhere, so it was not scanned (`{path}` is the first)"
        ),
        Note::SuppressionsAdded {
            scanner,
            places,
            more,
            unheeded_by,
        } => suppressions(scanner, places, *more, unheeded_by),
        Note::SuppressionsUnsearched => {
            "the time ran out before comments that silence a scanner were looked for".into()
        }
        Note::IncompleteAllowed => {
            "not everything was scanned, and `on-incomplete = \"warn\"` lets that pass".into()
        }
        Note::SharedBaseline { files } => format!(
            "a shared baseline tells what {} have: that is counted and decides nothing",
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
            "`path`, `load`, `auto-install` and scanners of the project in `.newgate` are heeded once they \
             are on the target; `newgate check --config-from head` tries them out"
                .into()
        }
        Note::ConfigurationWeakening { keys, target } => {
            let keys: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
            format!(
                "{} in the change's own `.newgate` would weaken the defaults, and is ignored until it is on \
                 {}; `newgate check --config-from head` tries it out",
                keys.join(", "),
                of(target)
            )
        }
        Note::ConfigurationOfHead { why } => {
            let why = match why {
                OwnConfiguration::Asked => "as asked".into(),
                OwnConfiguration::TargetHasNone { target } => {
                    format!("since {} has none yet", of(target))
                }
                OwnConfiguration::NoTarget => "since there is no target yet".to_owned(),
            };
            format!("the configuration is the change's own `.newgate`, {why}")
        }
        Note::ConfigurationEdited { target } => format!(
            "the change edits `.newgate`: that applies once it is on {} (`newgate check --config-from head` \
             tries it out)",
            of(target)
        ),
        Note::ScannerConfigurationEdited {
            path,
            scanner,
            target,
        } => format!(
            "the change edits `{path}`, which configures {scanner}: that applies once it is on {}",
            of(target)
        ),
        _ => "the configuration is the base's, since no target branch was found".into(),
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
        [one] => format!("; {one} does not read such a comment, and reports the line all the same"),
        many => format!(
            "; {} do not read such a comment, and report the line all the same",
            many.join(" and ")
        ),
    };
    format!(
        "the change adds comments that silence {scanner}, so that what they hide is not shown here: {}{more}{only}",
        named.join(", ")
    )
}

/// What is unknown besides what scanners failed at.
pub fn unknown(report: &Report) -> Vec<String> {
    let late = report.late.map(|phase| {
        let left = match phase {
            Phase::Plan => "it was clear what to scan",
            Phase::History => "all commits were looked through",
            Phase::Comparison => "everything was compared",
            Phase::Suppressions => "comments that silence scanners were looked for",
            Phase::Tip => "it was clear what the target's tip has already",
            Phase::Policy => "the policy was applied",
        };
        format!("the time ran out before {left}")
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
            "this clone is cut off at {}: which commits are the change's own, and what they added and removed \
             again, is not known (`git fetch --unshallow` brings the rest)",
            commit.short()
        ),
        Gap::BrokenConfiguration { why } => format!(
            "the change's own `.newgate` has mistakes, and would stop every push once it is on the target: \
             {why}"
        ),
        Gap::Unread { scanner, path, why } => format!("{scanner} cannot read `{path}`: {why}"),
        Gap::NoResultsOfBase { scanner, commit } => format!(
            "{scanner} has no results for the base {} or a commit before it: which of its issues are new is \
             not known (ingest those of the target once)",
            commit.short()
        ),
    })
}

/// What a change is compared with, in words, safe to show.
pub fn base_reason(reason: &BaseReason) -> String {
    let (text, rewrites) = match reason {
        BaseReason::Asked { revision } => (format!("`{revision}`, as asked"), false),
        BaseReason::NothingAsked => ("nothing, as asked: everything counts as new".into(), false),
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
            format!("nothing: this clone knows no branch of {remote}, so everything counts as new"),
            false,
        ),
        BaseReason::File => (
            "nothing: it points at a file, and all of that counts as new".into(),
            false,
        ),
        BaseReason::NoHistory { target } => {
            (format!("the tip of {target}: a tree has no history"), false)
        }
        BaseReason::Shallow { target } => (
            format!("the tip of {target}: this shallow clone holds no common commit"),
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
                None => "what was there before this push".into(),
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

/// How to leave a file out that a scanner cannot read.
pub(super) fn exclusion(gap: &Gap) -> Option<String> {
    let Gap::Unread { scanner, path, .. } = gap else {
        return None;
    };
    let path = path.to_string();
    Some(format!(
        "if {scanner} is not to read the file, `{scanner} = {{ exclude = [{{ path = {path:?}, reason = \"...\" }}] }}` \
         under `[scanners]` in `.newgate/config.toml` of the target leaves it out"
    ))
}

/// The command that changes what a change is compared with, where it is compared with nothing, or with a
/// branch that it has nothing in common with.
pub(super) fn base_remedy(reason: &BaseReason) -> Option<String> {
    Some(match reason {
        BaseReason::NoRemoteBranch { remote } => {
            let remote = shell_word(remote);
            format!(
                "`git fetch {remote}` brings the branches of {remote} to compare with, if it has any"
            )
        }
        BaseReason::Shallow { .. } => {
            "`git fetch --unshallow` brings the history to compare with".to_owned()
        }
        BaseReason::NoTarget { nearest } | BaseReason::Unrelated { nearest, .. } => match nearest {
            Some(branch) => format!(
                "`git config newgate.target {}` compares with {branch} from now on",
                shell_word(branch)
            ),
            None => "`git branch --all` lists the branches of this clone; git's setting `newgate.target` \
                     names the one to compare with"
                .to_owned(),
        },
        _ => return None,
    })
}

/// Why an issue blocks the change or not, in words, safe to show.
pub fn because(issue: &Issue) -> String {
    harmless(&match &issue.ruling {
        Ruling::Open => String::new(),
        Ruling::OnTarget => "the target has it already".into(),
        Ruling::Removed => "the change removes it".into(),
        Ruling::Shared => "it is inherited, as a shared baseline tells".into(),
        Ruling::AllExempted => "every new occurrence is exempted".into(),
        Ruling::Decided {
            status,
            occurrences,
            by,
        } => {
            let what = match (status, occurrences) {
                (IssueStatus::Grown, 1) => "a new occurrence of an inherited issue".to_owned(),
                (IssueStatus::Grown, n) => format!("{n} new occurrences of an inherited issue"),
                (IssueStatus::New, 1) => "a new issue".to_owned(),
                (IssueStatus::New, n) => format!("a new issue with {n} occurrences"),
                (IssueStatus::Inherited, _) => "the target has it already".to_owned(),
                (IssueStatus::Fixed, _) => "the change removes it".to_owned(),
            };
            format!("{what}; {}", ground(by))
        }
    })
}

fn ground(by: &Ground) -> String {
    let stated = |severity: Severity, unassigned: Severity| match severity {
        Severity::Unassigned => {
            format!("its severity is unassigned, which counts as {unassigned}")
        }
        severity => format!("its severity is {severity}"),
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
        } => format!("{}, below `{threshold}`", stated(*severity, *unassigned)),
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
            "{}, and `{threshold}` and above block",
            stated(*severity, *unassigned)
        ),
    }
}
