//! `newgate hook agent`: what an agent's own hooks ask. The answer is JSON on standard output, and the exit code says
//! only whether there is one: a code of 2 would block whatever the agent does.

use std::io::Read;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use super::skips::skipped;
use super::{Agent, Event};
use crate::cli::last;
use crate::cli::prewarm::{make_way, start_filling};
use crate::cli::screen::Resolved;
use crate::cli::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::Gate;
use crate::git::{Against, Head, Request, Scratch};
use crate::model::{Change, Report, Verdict};
use crate::report;

/// The time limit for the check of a turn; the agent's own limit in its settings is longer.
pub(super) const LIMIT: Duration = Duration::from_secs(45);
/// The most bytes that are read from an agent, because a command may contain a file.
const LARGEST: u64 = 64 << 20;

#[derive(Debug, Args)]
pub(in crate::cli) struct AgentHook {
    /// Whose hook it is
    #[arg(value_name = "AGENT")]
    agent: Agent,
    /// What happens: the agent is about to run a command, or its turn ends
    #[arg(value_name = "EVENT")]
    event: Event,
}

impl AgentHook {
    /// Never exits with 1 or 2: what blocks is in the answer.
    pub(in crate::cli) fn run(self, screen: &Resolved) -> Result<u8> {
        let mut said = String::new();
        std::io::stdin()
            .take(LARGEST)
            .read_to_string(&mut said)
            .map_err(|e| Error::io("standard input cannot be read", e))?;
        let said: Value = serde_json::from_str(&said).map_err(|e| {
            let what = format!("{} gave no JSON on standard input: {e}", self.agent.name());
            Error::new(ErrorKind::Io, what)
        })?;
        let answer = match self.event {
            Event::Command => self.command(&said),
            Event::Turn => self.turn(&said).unwrap_or_else(|error| {
                let hints = error.hints().into_iter().map(|h| format!("; {h}"));
                let why = format!("{}{}", error.chain(), hints.collect::<String>());
                self.tell(&format!("newgate could not check this turn: {why}"))
            }),
        };
        screen.data(&format!("{answer}\n"));
        Ok(Verdict::Pass.exit_code())
    }

    /// Whether a command may run.
    fn command(&self, said: &Value) -> Value {
        let command = match self.agent {
            Agent::Cursor => &said["command"],
            Agent::Claude | Agent::Codex | Agent::Gemini => &said["tool_input"]["command"],
        };
        // Codex gives a list of words where it starts no shell.
        let words = command.as_array().map(|words| {
            let words = words.iter().filter_map(Value::as_str);
            words
                .map(crate::model::shell_word)
                .collect::<Vec<_>>()
                .join(" ")
        });
        let command = command.as_str().map(str::to_owned).or(words);
        let Some(skips) = command.as_deref().and_then(skipped) else {
            return self.nothing();
        };
        let reason = format!(
            "newgate: `{skips}` skips the check of what is pushed or committed. Run the git command without it. If \
             the check blocks, fix the issues that it lists. If the check is wrong, ask the user to decide."
        );
        match self.agent {
            Agent::Cursor => {
                json!({"permission": "deny", "user_message": reason, "agent_message": reason})
            }
            Agent::Gemini => json!({"decision": "deny", "reason": reason}),
            Agent::Claude | Agent::Codex => json!({"hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": reason,
            }}),
        }
    }

    /// What the agent is told when its turn ends.
    fn turn(&self, said: &Value) -> Result<Value> {
        // The agent continues since a hook asked it to: asking again could continue for ever.
        let again = match self.agent {
            Agent::Cursor => said["loop_count"].as_u64().unwrap_or(0) > 0,
            _ => said["stop_hook_active"].as_bool().unwrap_or(false),
        };
        let ended_otherwise = said["status"].as_str().is_some_and(|s| s != "completed");
        if again || (self.agent == Agent::Cursor && ended_otherwise) {
            return Ok(self.nothing());
        }
        // Outside of a repository there is nothing to check.
        let Ok(mut session) = Session::open() else {
            return Ok(self.nothing());
        };
        if session.repo.work_dir().is_none() {
            return Ok(self.nothing());
        }
        make_way(&session.repo);
        let mut scratch = Scratch::new();
        let change = change(&mut session, &mut scratch)?;
        let check_again = check_again(&change);
        let gate = Gate {
            deadline: Some(Instant::now() + LIMIT),
            ..session.gate()
        };
        let reports = [gate.judge(change)?];
        last::keep(&session.repo, &reports);
        let [report] = &reports;
        Ok(match report.verdict {
            Verdict::Pass => self.nothing(),
            Verdict::Blocked => self.go_on(&report::agent(&reports, &check_again)),
            Verdict::Incomplete => {
                if report.out_of_time {
                    start_filling(&Head::WorkTree);
                }
                self.tell(&open(report, &check_again))
            }
        })
    }

    /// Nothing to say. Codex takes no other field, and all take an empty object.
    fn nothing(&self) -> Value {
        json!({})
    }

    /// A message for the person who uses the agent.
    fn tell(&self, text: &str) -> Value {
        match self.agent {
            // It shows nothing beside what it continues with.
            Agent::Cursor => json!({}),
            Agent::Claude | Agent::Codex | Agent::Gemini => json!({"systemMessage": text}),
        }
    }

    /// The instruction with which the agent continues.
    fn go_on(&self, text: &str) -> Value {
        match self.agent {
            Agent::Cursor => json!({"followup_message": text}),
            Agent::Gemini => json!({"decision": "deny", "reason": text}),
            Agent::Claude | Agent::Codex => json!({"decision": "block", "reason": text}),
        }
    }
}

/// The command that checks the same again, including what is already committed.
fn check_again(change: &Change) -> String {
    let base = change.base.as_ref().map(|base| format!(" --base {base}"));
    let base = base.unwrap_or_else(|| " --no-base".to_owned());
    format!("newgate check --worktree{base} --format agent")
}

/// Why there is no verdict, in words.
fn open(report: &Report, again: &str) -> String {
    let what = report::agent(std::slice::from_ref(report), again);
    match report.out_of_time {
        true => format!(
            "{what}The check continues in the background, and the next check reuses its results."
        ),
        false => what,
    }
}

/// What the work tree would add to the target: what is committed already, and what is not.
fn change(session: &mut Session, scratch: &mut Scratch) -> Result<Change> {
    let (remote, choice) = session.target(None, None)?;
    let head = session.repo.resolve("HEAD")?;
    let against = match (&head, &choice.target) {
        (Some(head), Some(target)) => session.repo.merge_bases(head, &target.tip)?,
        _ => Vec::new(),
    };
    let against = match against.as_slice() {
        [base] => Against::Revision(base.to_string()),
        _ => Against::Target,
    };
    let request = Request {
        head: Head::WorkTree,
        against,
        target: choice.target,
        remote,
    };
    let mut change = session.choose_as(&request, scratch)?;
    change.notes.extend(choice.note);
    Ok(change)
}
