//! Receipts: what a gate has passed, signed, so that a server need not scan it again.
//!
//! A receipt is a blob under `refs/newgate/receipts/TREE`: a few lines of text, an empty line, and a
//! signature of these lines.

use std::path::Path;

use clap::Args;

use super::screen::Resolved;
use super::session::Session;
use super::signature::{self, Allowed, BEGIN, TEXTS};
use crate::cache::now;
use crate::config;
use crate::error::Result;
use crate::gate::{ConfigSource, Gate, Settings};
use crate::git::{Against, Head, Peeled, Repository, Scratch, default_branch};
use crate::model::{Change, Oid, Verdict};

/// The first line.
const MAGIC: &str = "newgate-receipt 1";
/// Where receipts lie.
const REFS: &str = "refs/newgate/receipts/";
/// For how long a receipt counts, in seconds.
const VALID: i64 = 7 * 24 * 60 * 60;

#[derive(Debug, Args)]
pub(super) struct Receipt {
    /// The commit
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    head: String,
    /// The branch that it is meant for, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
    /// Push the receipt to this remote too
    #[arg(long, value_name = "REMOTE")]
    push: Option<String>,
}

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    /// The commit at head: it pins all that is pushed with it.
    commit: String,
    tree: String,
    /// The commit at base.
    base: String,
    policy: String,
    scanners: Vec<String>,
    verdict: String,
    time: i64,
    /// When it counts no more, in seconds since 1970.
    expires: i64,
}

impl Said {
    fn to_text(&self) -> String {
        format!(
            "{MAGIC}\ncommit {}\ntree {}\nbase {}\npolicy {}\nscanners {}\nverdict {}\ntime {}\nexpires {}\n",
            self.commit,
            self.tree,
            self.base,
            self.policy,
            self.scanners.join(" "),
            self.verdict,
            self.time,
            self.expires
        )
    }

    fn parse(text: &str) -> Option<Said> {
        let mut lines = text.lines();
        (lines.next()? == MAGIC).then_some(())?;
        let mut value = |key: &str| {
            let line = lines.next()?;
            line.strip_prefix(key)?.strip_prefix(' ').map(str::to_owned)
        };
        let said = Said {
            commit: value("commit")?,
            tree: value("tree")?,
            base: value("base")?,
            policy: value("policy")?,
            scanners: value("scanners")?
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            verdict: value("verdict")?,
            time: value("time")?.parse().ok()?,
            expires: value("expires")?.parse().ok()?,
        };
        // Nothing else stands in it.
        (said.to_text() == text).then_some(said)
    }
}

/// What a receipt says, written again; for the fuzzer.
pub fn reread(text: &str) -> Option<String> {
    Said::parse(text).map(|said| said.to_text())
}

/// The policy that a change is judged by, as the id of the folder that it is read from. The lock file of
/// scanners is in it too, so that it pins their versions.
fn policy_of(repo: &Repository, change: &Change) -> Result<String> {
    let tree = match &change.tip {
        Some(tip) => match repo.peel(tip)? {
            Some(Peeled::Commit { tree, .. } | Peeled::Tree(tree)) => Some(tree),
            _ => None,
        },
        None => change.base_tree.clone(),
    };
    let folder = match tree {
        Some(tree) => repo.folder(&tree, config::FOLDER)?,
        None => None,
    };
    Ok(folder.map_or("none".to_owned(), |f| f.to_string()))
}

/// When a receipt counts no more: after a week, or when an exemption ends by which it was given.
fn expiry(settings: &Settings) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    let today = now() / DAY;
    let ends = settings.exemptions.iter().map(|e| e.until);
    let first = ends.filter(|until| *until >= today).min();
    let first = first.map(|until| until.saturating_add(1).saturating_mul(DAY) - 1);
    first.unwrap_or(i64::MAX).min(now() + VALID)
}

impl Receipt {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let choice = session
            .target(self.push.as_deref(), self.target.as_deref())?
            .1;
        let head = Head::Revision(self.head);
        let change = session.choose(head, Against::Target, choice.target, &mut Scratch::new())?;
        let gate = Gate {
            // It stands in for the gate of a server.
            enforce: true,
            ..session.gate()
        };
        let settings = gate.settings(&change, ConfigSource::Enforced)?;
        let said = Said {
            commit: change.head.to_string(),
            tree: change.head_tree.to_string(),
            base: change.base.as_ref().map_or("none".into(), Oid::to_string),
            policy: policy_of(&session.repo, &change)?,
            scanners: settings.config.scanners.clone(),
            verdict: "pass".into(),
            time: now(),
            expires: expiry(&settings),
        };
        let report = gate.judge(change)?;
        let whole = report
            .scanners
            .iter()
            .all(|s| s.state == crate::model::ScannerState::Ok);
        if report.verdict != Verdict::Pass || !whole || !report.unknown.is_empty() {
            screen.note(
                "newgate: no receipt, since the gate does not pass whole; `newgate check` says why",
            );
            return Ok(report.verdict.worse(Verdict::Incomplete));
        }
        let repo = &session.repo;
        let text = said.to_text();
        let signature = signature::sign(repo, &text)?;
        let blob = repo.git().feed(
            ["hash-object", "-w", "--stdin"],
            format!("{text}\n{signature}").into_bytes(),
        )?;
        let blob = String::from_utf8_lossy(&blob.must("hash-object")?)
            .trim()
            .to_owned();
        let name = format!("{REFS}{}", said.tree);
        repo.git()
            .run(["update-ref", &name, &blob])?
            .must("update-ref")?;
        screen.note(&format!(
            "newgate: a receipt for the tree {} is in `{name}`",
            said.tree
        ));
        match self.push {
            Some(remote) => {
                let spec = format!("+{name}:{name}");
                repo.git()
                    .run(["push", "--no-verify", &remote, &spec])?
                    .must("push")?;
                screen.note(&format!("newgate: pushed to {remote}"));
            }
            None => screen.note(&format!(
                "newgate: `git push <remote> +{name}:{name}` hands it on"
            )),
        }
        Ok(Verdict::Pass)
    }
}

/// What became of the search for a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is none.
    None,
    /// It counts; with who signed it.
    Valid(String),
    /// It does not count, and why.
    Worthless(String),
}

/// Looks for a receipt of the very tree, base and policy of a change.
pub(super) fn accepted(gate: &Gate<'_>, change: &Change, signers: &str) -> Result<Found> {
    let repo = gate.repo;
    let name = format!("{REFS}{}", change.head_tree);
    let Some(blob) = repo.reference(&name)? else {
        return Ok(Found::None);
    };
    let Ok(content) = repo.blob(&blob) else {
        return Ok(Found::Worthless("it is no file".into()));
    };
    let content = String::from_utf8_lossy(&content).into_owned();
    let Some((text, signature)) = content.split_once(BEGIN) else {
        return Ok(Found::Worthless("it is not signed".into()));
    };
    let text = text.strip_suffix('\n').unwrap_or(text);
    let Some(said) = Said::parse(text) else {
        return Ok(Found::Worthless("it is no receipt of this version".into()));
    };
    let base = change.base.as_ref().map_or("none".into(), Oid::to_string);
    let settings = gate.settings(change, ConfigSource::Enforced)?;
    let age = now() - said.time;
    let why = if said.tree != change.head_tree.as_str() {
        "it is of another tree"
    } else if said.commit != change.head.as_str() {
        "it is of another commit, which may have brought something else on its way"
    } else if said.base != base {
        "it was given against another base: the branch has moved on, judge it again"
    } else if said.policy != policy_of(repo, change)? {
        "it was given by another policy than this branch has"
    } else if said.scanners != settings.config.scanners {
        "other scanners were on"
    } else if said.verdict != "pass" {
        "its verdict is not `pass`"
    } else if age > VALID || now() > said.expires {
        "it has expired"
    } else if age < -300 {
        "it is from the future"
    } else {
        let signature = format!("{BEGIN}{signature}");
        let content;
        let allowed = if Path::new(signers).is_absolute() {
            Allowed::File(Path::new(signers))
        } else {
            // Of the default branch, where `[server]` stands: another branch could bring its own.
            let tree = default_branch(repo)?.map(|d| d.tree);
            let entry = match &tree {
                Some(tree) => repo.entry(tree, &signers.into())?,
                None => None,
            };
            let Some(entry) = entry.filter(crate::model::FileVersion::is_regular) else {
                let why = format!("the default branch has no file `{signers}`");
                return Ok(Found::Worthless(why));
            };
            content = repo.blob(&entry.blob)?;
            Allowed::Content(&content)
        };
        return Ok(
            match signature::verify(TEXTS, text.as_bytes(), &signature, allowed)? {
                Ok(who) => Found::Valid(who),
                Err(why) => Found::Worthless(why),
            },
        );
    };
    Ok(Found::Worthless(why.into()))
}
