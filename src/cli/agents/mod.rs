//! Coding agents: the hooks in their own settings, by which newgate checks a turn and refuses git commands that skip
//! hooks.

mod hook;
mod patience;
mod settings;
mod shell;
mod skips;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

pub(super) use hook::AgentHook;
pub(super) use patience::Patience;
pub(super) use settings::{add, has, remove};

use crate::environment;

/// A coding agent whose settings have hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Agent {
    /// Claude Code (<https://code.claude.com/docs/en/hooks>)
    Claude,
    /// Cursor (<https://cursor.com/docs/agent/hooks>)
    Cursor,
    /// Codex (<https://developers.openai.com/codex/hooks>)
    Codex,
    /// Gemini CLI (<https://geminicli.com/docs/hooks/reference>)
    Gemini,
}

/// What an agent asks a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Event {
    /// It is about to run a command.
    Command,
    /// Its turn ends.
    Turn,
}

impl Agent {
    /// Its name on the command line.
    fn word(self) -> &'static str {
        match self {
            Agent::Claude => "claude",
            Agent::Cursor => "cursor",
            Agent::Codex => "codex",
            Agent::Gemini => "gemini",
        }
    }

    /// Its name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Agent::Claude => "Claude Code",
            Agent::Cursor => "Cursor",
            Agent::Codex => "Codex",
            Agent::Gemini => "Gemini CLI",
        }
    }

    /// The project's settings that have its hooks.
    pub(super) fn file(self) -> &'static str {
        match self {
            Agent::Claude => ".claude/settings.json",
            Agent::Cursor => ".cursor/hooks.json",
            Agent::Codex => ".codex/hooks.json",
            Agent::Gemini => ".gemini/settings.json",
        }
    }

    /// The key of an event in its settings.
    fn key(self, event: Event) -> &'static str {
        match (self, event) {
            (Agent::Claude | Agent::Codex, Event::Command) => "PreToolUse",
            (Agent::Claude | Agent::Codex, Event::Turn) => "Stop",
            (Agent::Cursor, Event::Command) => "beforeShellExecution",
            (Agent::Cursor, Event::Turn) => "stop",
            (Agent::Gemini, Event::Command) => "BeforeTool",
            (Agent::Gemini, Event::Turn) => "AfterAgent",
        }
    }

    /// The file with the user's instructions for a project.
    fn notes(self) -> Option<&'static str> {
        match self {
            Agent::Claude => Some("CLAUDE.md"),
            Agent::Gemini => Some("GEMINI.md"),
            // `AGENTS.md` is read by many.
            Agent::Cursor | Agent::Codex => None,
        }
    }

    /// Its folder in a project, and in a home.
    fn folder(self) -> &'static str {
        match self {
            Agent::Claude => ".claude",
            Agent::Cursor => ".cursor",
            Agent::Codex => ".codex",
            Agent::Gemini => ".gemini",
        }
    }

    /// Whether it is used in a project, or by this user.
    fn is_used(self, top: &Path) -> bool {
        let home = environment::home();
        let folders = home.iter().map(PathBuf::as_path).chain([top]);
        let mut folders = folders.map(|f| f.join(self.folder()));
        folders.any(|f| f.is_dir()) || self.notes().is_some_and(|n| top.join(n).is_file())
    }
}

/// The agents that are used in a project, or by this user.
pub(super) fn used(top: &Path) -> Vec<Agent> {
    let all = Agent::value_variants().iter().copied();
    all.filter(|a| a.is_used(top)).collect()
}
