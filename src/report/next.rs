//! What the reader does next.

use crate::model::{BaseReason, Gap, IssueStatus, Occurrence, Report, Verdict, shell_word};

/// What the reader does next; nothing if the change passes.
pub(super) fn next_step(report: &Report) -> Option<String> {
    let blocking = || report.issues.iter().filter(|i| i.blocks);
    let mut elsewhere = blocking()
        .flat_map(|i| &i.occurrences)
        .filter(|o| o.commit.is_some());
    let in_message = elsewhere.clone().any(Occurrence::is_in_message);
    let in_history = elsewhere.any(|o| !o.is_in_message());
    let only_new = blocking().all(|i| i.status != IssueStatus::Inherited);
    let old = match report.counts().inherited.total() {
        1.. if only_new => "; issues that were already there do not block",
        _ => "",
    };
    Some(match report.verdict {
        Verdict::Pass => return None,
        Verdict::Blocked if in_history => format!(
            "remove it from the commit that adds it (`git rebase -i`), revoke the secret, and try again{old}"
        ),
        Verdict::Blocked if in_message => {
            format!("reword the commit or tag (see `fix`), revoke the secret, and try again{old}")
        }
        Verdict::Blocked => format!(
            "fix the issues that block, commit, and try again{old}; `newgate explain ID` shows more about an issue, and how to exempt it"
        ),
        Verdict::Incomplete => {
            let unread = report.unknown.iter().find_map(exclusion);
            let exclude = unread.map(|how| format!("; {how}")).unwrap_or_default();
            format!("fix what failed and try again; finished scans are cached{exclude}")
        }
    })
}

/// How to leave a file out that a scanner cannot read.
pub(super) fn exclusion(gap: &Gap) -> Option<String> {
    let Gap::Unread { scanner, path, .. } = gap else {
        return None;
    };
    let path = path.to_string();
    Some(format!(
        "to exclude the file from {scanner}, add `{scanner} = {{ exclude = [{{ path = {path:?}, reason = \
         \"...\" }}] }}` under `[scanners]` in the target's `.newgate/config.toml`"
    ))
}

/// The command that changes what a change is compared with, where it is compared with nothing, or with a
/// branch that it has nothing in common with.
pub(super) fn base_remedy(reason: &BaseReason) -> Option<String> {
    Some(match reason {
        BaseReason::NoRemoteBranch { remote } => {
            let remote = shell_word(remote);
            format!(
                "`git fetch {remote}` fetches the branches to compare with, if {remote} has any"
            )
        }
        BaseReason::Shallow { .. } => {
            "`git fetch --unshallow` fetches the history to compare with".to_owned()
        }
        BaseReason::NoTarget { nearest } | BaseReason::Unrelated { nearest, .. } => match nearest {
            Some(branch) => format!(
                "`git config newgate.target {}` sets {branch} as the branch to compare with",
                shell_word(branch)
            ),
            None => "`git branch --all` lists the branches of this clone; git's setting `newgate.target` \
                     sets the one to compare with"
                .to_owned(),
        },
        _ => return None,
    })
}
