//! Credentials in the messages of the commits and annotated tags that a change brings: anyone who fetches it
//! reads them.
//!
//! A message is a unit like a file, under the path that git gives it while it is written, so what was found
//! in it is remembered and masked as that of a file is. Only the scanner inside newgate reads messages.

use std::collections::{BTreeMap, HashSet};

use super::Settings;
use super::history::{Brought, secrets_of_base};
use super::planned::Planned;
use crate::compare::Located;
use crate::error::Result;
use crate::git::Peeled;
use crate::model::{COMMIT_MESSAGE, FileVersion, Oid, Reason, TAG_MESSAGE, Tag, Text, shell_word};
use crate::scan::{Need, Plan, Resolved, UnitResult, resolve};

/// How many messages that the target has besides the change are read: more of them may only be told again.
const MOST: usize = 100_000;

/// Whose message it is.
enum Author {
    Commit,
    Tag(String),
}

/// The messages, each with what it belongs to.
type Messages = BTreeMap<FileVersion, Author>;

/// Finds the credentials in the messages that a change brings, and that nothing of the target's side has.
pub(super) fn in_messages(
    planned: &Planned<'_>,
    settings: &Settings,
    resolved: &[Resolved],
) -> Result<Brought> {
    let reads = planned
        .scanners
        .iter()
        .position(|s| s.descriptor.history() && s.descriptor.program().is_none() && !s.given);
    let Some(index) = reads.filter(|_| settings.reads_messages()) else {
        return Ok(Brought::default());
    };
    let messages = messages(planned)?;
    if messages.is_empty() {
        return Ok(Brought::default());
    }
    let mut one = read(planned, index, messages.keys())?;
    let results = std::mem::take(&mut one.head);
    let mut brought = Brought::default();
    if results.values().any(|r| !r.findings.is_empty()) {
        let mut known = secrets_of_base(planned, index, &resolved[index], &mut one)?;
        let earlier = read(planned, index, earlier(planned)?.iter())?;
        let findings = earlier.head.values().flat_map(|r| &r.findings);
        known.extend(findings.filter_map(|f| f.secret.clone()));
        brought.located = fresh(planned, results, &messages, &known)?;
    }
    brought.work = resolved.iter().map(|_| Resolved::default()).collect();
    brought.work[index] = one;
    Ok(brought)
}

fn of_commit(commit: Oid) -> FileVersion {
    unit(COMMIT_MESSAGE, commit)
}

fn of_tag(tag: Oid) -> FileVersion {
    unit(TAG_MESSAGE, tag)
}

fn unit(path: &str, blob: Oid) -> FileVersion {
    FileVersion {
        path: path.into(),
        blob,
        mode: 0o100_644,
    }
}

/// The messages that a change brings.
fn messages(planned: &Planned<'_>) -> Result<Messages> {
    let (repo, change) = (planned.gate.repo, &planned.change);
    let mut messages = Messages::new();
    for Tag { object, name } in &change.tags {
        messages.insert(of_tag(object.clone()), Author::Tag(name.clone()));
    }
    let is_commit = matches!(repo.peel(&change.head)?, Some(Peeled::Commit { .. }));
    if is_commit && change.base.as_ref() != Some(&change.head) {
        let heads = std::slice::from_ref(&change.head);
        for commit in repo.commits(heads, &change.known, None)? {
            messages.insert(of_commit(commit), Author::Commit);
        }
    }
    Ok(messages)
}

/// The messages that the target's side has and the change does not go on from (a commit that was picked from
/// there says the same), and those that the push replaces.
fn earlier(planned: &Planned<'_>) -> Result<Vec<FileVersion>> {
    let (repo, change) = (planned.gate.repo, &planned.change);
    let mut heads = change.known.clone();
    heads.extend(change.replaced.clone());
    let mut all = Vec::new();
    if matches!(repo.peel(&change.head)?, Some(Peeled::Commit { .. })) {
        let known = std::slice::from_ref(&change.head);
        let commits = repo.commits(&heads, known, Some(MOST))?;
        all.extend(commits.into_iter().map(of_commit));
    }
    let tags = change.replaced_tags.iter();
    all.extend(tags.map(|t| of_tag(t.object.clone())));
    Ok(all)
}

/// Reads messages. They are not files, so they do not count as such.
fn read<'m>(
    planned: &Planned<'_>,
    scanner: usize,
    messages: impl Iterator<Item = &'m FileVersion>,
) -> Result<Resolved> {
    planned.clock.check()?;
    let plan = Plan {
        head: messages.cloned().collect(),
        ..Plan::default()
    };
    let scanner = std::slice::from_ref(&planned.scanners[scanner]);
    let found = resolve(planned.resolver(), scanner, &[plan], Need::Comparison)?;
    let mut found = found.into_iter().next().unwrap_or_default();
    (found.scanned, found.cached) = (0, 0);
    Ok(found)
}

/// The findings that are not known yet, each once for each message.
fn fresh(
    planned: &Planned<'_>,
    results: BTreeMap<FileVersion, UnitResult>,
    messages: &Messages,
    known: &HashSet<Text>,
) -> Result<Vec<Located>> {
    let mut located = Vec::new();
    for (unit, result) in results {
        let Some(author) = messages.get(&unit) else {
            continue;
        };
        let mut told: HashSet<Text> = HashSet::new();
        for mut finding in result.findings {
            let secret = finding.secret.clone();
            if secret.is_some_and(|s| known.contains(&s) || !told.insert(s)) {
                continue;
            }
            let id = unit.blob.to_string();
            let reason = match author {
                Author::Commit => Reason::InMessage { commit: id.clone() },
                Author::Tag(_) => Reason::InTagMessage { tag: id.clone() },
            };
            finding.fix = Some(fix(planned, &unit.blob, author)?.into());
            located.push(Located::in_history(finding, reason, id));
        }
    }
    Ok(located)
}

/// How to change a message.
fn fix(planned: &Planned<'_>, object: &Oid, author: &Author) -> Result<String> {
    let repo = planned.gate.repo;
    let how = match author {
        Author::Tag(name) => {
            let (name, to) = (shell_word(name), shell_word(&format!("{name}^{{}}")));
            format!("rewrite the tag's message: `git tag --annotate --force {name} {to}`")
        }
        Author::Commit if *object == planned.change.head => {
            "reword the last commit: `git commit --amend`".to_owned()
        }
        Author::Commit => {
            let parent = repo.resolve(&format!("{object}^"))?;
            let from = match parent {
                Some(_) => format!("{}^", object.short()),
                None => "--root".to_owned(),
            };
            format!(
                "reword the commit: `git rebase --interactive --rebase-merges {from}`, with `reword` in place of `pick` before {}",
                object.short()
            )
        }
    };
    Ok(format!(
        "revoke the secret, which others may have seen, and {how}"
    ))
}
