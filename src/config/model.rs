use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::Severity;

/// What to do when a scanner failed, so that nobody knows the verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnIncomplete {
    /// The verdict is incomplete, and the gate stays shut.
    #[default]
    Block,
    /// The verdict is that of the scanners that answered; the report says what is missing.
    Warn,
}

/// What stops a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The least severity of a new or grown issue that stops a change.
    pub block_at: Severity,
    /// What a scanner that failed means.
    pub on_incomplete: OnIncomplete,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate {
            block_at: Severity::High,
            on_incomplete: OnIncomplete::Block,
        }
    }
}

/// What the project says of one scanner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScannerSettings {
    /// Where its program is, instead of on `PATH`.
    pub path: Option<PathBuf>,
    /// How long one run may take.
    pub timeout: Option<Duration>,
}

/// A project's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The target branch, if not the remote's default branch.
    pub target: Option<String>,
    /// What stops a change.
    pub gate: Gate,
    /// The scanners that are on, in the order in which they name an issue.
    pub scanners: Vec<String>,
    /// What is said of each scanner.
    pub settings: BTreeMap<String, ScannerSettings>,
}

impl Config {
    /// Drops the paths of programs; returns whether there were any.
    pub fn drop_paths(&mut self) -> bool {
        let paths = self.settings.values_mut().map(|s| s.path.take());
        paths.filter(Option::is_some).count() > 0
    }
}

impl Default for Config {
    /// Without a file, the built-in secrets scanner runs alone: verdicts do not depend on what
    /// happens to be on somebody's `PATH`.
    fn default() -> Config {
        Config {
            target: None,
            gate: Gate::default(),
            scanners: vec!["secrets".to_owned()],
            settings: BTreeMap::new(),
        }
    }
}
