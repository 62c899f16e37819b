//! Judges a commit, and signs what passed.

use clap::Args;

use super::screen::Resolved;
use super::session::Session;
use crate::error::Result;
use crate::gate::{ConfigSource, Gate};
use crate::git::{Against, Head, Scratch};
use crate::model::{ScannerState, Verdict, shell_word};
use crate::trust::{Said, sign};

#[derive(Debug, Args)]
pub(super) struct Receipt {
    /// The commit
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    head: String,
    /// The branch that it is meant for, instead of the remote's default branch
    #[arg(long, value_name = "REF")]
    target: Option<String>,
    /// Also push the receipt to this remote
    #[arg(long, value_name = "REMOTE")]
    push: Option<String>,
}

impl Receipt {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let (remote, choice) = session.target(self.push.as_deref(), self.target.as_deref())?;
        let head = Head::Revision(self.head);
        let change = session.choose(head, Against::Target, choice.target, &mut Scratch::new())?;
        let gate = Gate {
            // It stands in for the gate of a server.
            enforce: true,
            ..session.gate()
        };
        let settings = gate.settings(&change, ConfigSource::Enforced)?;
        let said = Said::of(&session.repo, &change, &settings)?;
        let report = gate.judge(change)?;
        let whole = report.scanners.iter().all(|s| s.state == ScannerState::Ok);
        if report.verdict != Verdict::Pass || !whole || !report.unknown.is_empty() {
            screen.note(
                "newgate: no receipt was made, because the check did not pass; `newgate check --enforce` shows why",
            );
            return Ok(report.verdict.worse(Verdict::Incomplete));
        }
        let repo = &session.repo;
        let text = said.to_text();
        let signature = sign(repo, &text)?;
        let blob = repo.git().feed(
            ["hash-object", "-w", "--stdin"],
            format!("{text}\n{signature}").into_bytes(),
        )?;
        let blob = String::from_utf8_lossy(&blob.must("hash-object")?)
            .trim()
            .to_owned();
        let name = said.ref_name();
        repo.git()
            .run(["update-ref", &name, &blob])?
            .must("update-ref")?;
        screen.note(&format!("newgate: the receipt is in `{name}`"));
        match self.push {
            Some(remote) => {
                let spec = format!("+{name}:{name}");
                repo.git()
                    .run(["push", "--no-verify", &remote, &spec])?
                    .must("push")?;
                screen.note(&format!("newgate: pushed to {remote}"));
            }
            None => screen.note(&format!(
                "newgate: to push it: `git push --no-verify {} +{name}:{name}`",
                shell_word(remote.as_deref().unwrap_or("origin"))
            )),
        }
        Ok(Verdict::Pass)
    }
}
