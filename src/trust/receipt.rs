//! Receipts: signed records of checks that passed, so that a server need not scan again.
//!
//! A receipt is a blob under `refs/newgate/receipts/TREE`: a few lines of text, an empty line, and a
//! signature of these lines.

use std::fmt;

use super::signature::{BEGIN, Namespace};
use super::signers::Signers;
use crate::cache::now;
use crate::config;
use crate::error::Result;
use crate::gate::{ConfigSource, Gate, Settings};
use crate::git::{Peeled, Repository, default_branch};
use crate::model::{Change, Oid, Verdict};

/// The first line.
const MAGIC: &str = "newgate-receipt 1";
/// Where receipts lie.
const REFS: &str = "refs/newgate/receipts/";
/// For how long a receipt counts, in seconds.
const VALID: i64 = 7 * 24 * 60 * 60;
/// How far the clocks of two machines may differ, in seconds.
const DRIFT: i64 = 300;

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
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
    /// What of it is not as it would have to be now.
    fn flaw(&self, now: &Said) -> Option<Flaw> {
        let age = now.time - self.time;
        let wrong = [
            (self.tree != now.tree, Flaw::Tree),
            (self.commit != now.commit, Flaw::Commit),
            (self.base != now.base, Flaw::Base),
            (self.policy != now.policy, Flaw::Policy),
            (self.scanners != now.scanners, Flaw::Scanners),
            (self.verdict != now.verdict, Flaw::Verdict),
            (age > VALID || now.time > self.expires, Flaw::Expired),
            (age < -DRIFT, Flaw::Future),
        ];
        wrong
            .into_iter()
            .find_map(|(is_so, flaw)| is_so.then_some(flaw))
    }

    /// What a receipt for a change says, if the gate passes it.
    ///
    /// # Errors
    /// git could not answer.
    pub fn of(repo: &Repository, change: &Change, settings: &Settings) -> Result<Said> {
        Ok(Said {
            commit: change.head.to_string(),
            tree: change.head_tree.to_string(),
            base: base_of(change),
            policy: policy_of(repo, change)?,
            scanners: settings.config.scanners.clone(),
            verdict: Verdict::Pass.name().to_owned(),
            time: now(),
            expires: expiry(settings),
        })
    }

    /// The ref of the receipt.
    pub fn ref_name(&self) -> String {
        format!("{REFS}{}", self.tree)
    }

    /// The lines that are signed.
    pub fn to_text(&self) -> String {
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

    /// Reads such lines; none if they are anything else.
    pub fn parse(text: &str) -> Option<Said> {
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
        // Nothing else is in it.
        (said.to_text() == text).then_some(said)
    }
}

/// The base of a change, as a receipt writes it.
fn base_of(change: &Change) -> String {
    change.base.as_ref().map_or("none".into(), Oid::to_string)
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

/// When a receipt expires: after a week, or when an exemption ends that it depends on.
fn expiry(settings: &Settings) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    let today = now() / DAY;
    let ends = settings.exemptions.iter().map(|e| e.until);
    let first = ends.filter(|until| *until >= today).min();
    let first = first.map(|until| until.saturating_add(1).saturating_mul(DAY) - 1);
    first.unwrap_or(i64::MAX).min(now() + VALID)
}

/// The result of looking for a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptState {
    /// There is none.
    None,
    /// It counts; with who signed it.
    Valid(String),
    /// It does not count.
    Worthless(Flaw),
}

/// Why a receipt does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is not a file.
    NoFile,
    /// It has no signature.
    Unsigned,
    /// It is not a receipt of this version.
    Unreadable,
    /// It is of another tree.
    Tree,
    /// It is of another commit.
    Commit,
    /// It was given against another base.
    Base,
    /// It was given by another policy.
    Policy,
    /// Other scanners were on.
    Scanners,
    /// Its verdict is not a pass.
    Verdict,
    /// Its time is over.
    Expired,
    /// Its time is to come.
    Future,
    /// The default branch has no such file with signers.
    NoSigners(String),
    /// The signature does not count, and why.
    Signature(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flaw::NoFile => "it is not a file",
            Flaw::Unsigned => "it is not signed",
            Flaw::Unreadable => "it is not a receipt of this version",
            Flaw::Tree => "it is for another tree",
            Flaw::Commit => "it is for another commit, whose history may contain something else",
            Flaw::Base => "it is for another base: the branch has moved on, so check it again",
            Flaw::Policy => "it was made with a different policy than this branch has",
            Flaw::Scanners => "other scanners were enabled",
            Flaw::Verdict => "its verdict is not `pass`",
            Flaw::Expired => "it has expired",
            Flaw::Future => "it is from the future",
            Flaw::NoSigners(file) => {
                return write!(f, "the default branch has no file `{file}`");
            }
            Flaw::Signature(why) => why,
        })
    }
}

/// Looks for a receipt of the very tree, base and policy of a change.
///
/// # Errors
/// The configuration has mistakes, git could not answer, or `ssh-keygen` could not be started.
pub fn accepted(gate: &Gate<'_>, change: &Change, signers: &str) -> Result<ReceiptState> {
    let repo = gate.repo;
    let Some(blob) = repo.reference(&format!("{REFS}{}", change.head_tree))? else {
        return Ok(ReceiptState::None);
    };
    let Ok(content) = repo.blob(&blob) else {
        return Ok(ReceiptState::Worthless(Flaw::NoFile));
    };
    let content = String::from_utf8_lossy(&content).into_owned();
    let Some((text, signature)) = content.split_once(BEGIN) else {
        return Ok(ReceiptState::Worthless(Flaw::Unsigned));
    };
    let text = text.strip_suffix('\n').unwrap_or(text);
    let Some(said) = Said::parse(text) else {
        return Ok(ReceiptState::Worthless(Flaw::Unreadable));
    };
    let settings = gate.settings(change, ConfigSource::Enforced)?;
    if let Some(flaw) = said.flaw(&Said::of(repo, change, &settings)?) {
        return Ok(ReceiptState::Worthless(flaw));
    }
    // The file of the default branch, which also has `[server]`. Another branch could bring its own
    // file.
    let tree = default_branch(repo)?.map(|d| d.tree);
    let Some(allowed) = Signers::named(repo, tree.as_ref(), signers)? else {
        return Ok(ReceiptState::Worthless(Flaw::NoSigners(signers.to_owned())));
    };
    let signature = format!("{BEGIN}{signature}");
    let signer = allowed.who_signed(Namespace::Texts, text.as_bytes(), &signature)?;
    Ok(match signer {
        Ok(who) => ReceiptState::Valid(who),
        Err(why) => ReceiptState::Worthless(Flaw::Signature(why)),
    })
}
