use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::Action;
use crate::policy::{Pattern, Policy, PolicyRule, Suppressions};

/// The scanners inside newgate, in the order in which they run.
pub(super) const BUILT_IN: [&str; 2] = ["code", "secrets"];

/// What to do when a scanner failed, so that the verdict is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnIncomplete {
    /// The verdict is incomplete, and the gate stays shut.
    #[default]
    Block,
    /// The verdict is that of the scanners that answered; the report says what is missing.
    Warn,
}

/// What a branch may say for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Whether exemptions that a change brings hold for it in an enforcing gate too.
    pub exemptions_of_head: bool,
    /// Scanners that may execute code of the repository in an enforcing gate.
    pub run_repository_code: Vec<String>,
}

/// Whose shared baselines count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The file of allowed signers in the target's tree: what they signed counts as if it had been
    /// scanned here.
    pub signers: Option<String>,
    /// Whether a baseline that none of them signed is refused.
    pub require_signed: bool,
}

/// What a server does with refs that are not protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They are judged like protected ones.
    Block,
    /// They are judged, and pass.
    Warn,
    /// They are not judged.
    Skip,
}

impl Others {
    /// Each with its name in the file.
    pub(super) const NAMED: [(&'static str, Others); 3] = [
        ("block", Others::Block),
        ("warn", Others::Warn),
        ("skip", Others::Skip),
    ];
}

/// Who may change what decides on a protected branch of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ConfigSigners {
    /// Everybody who may push.
    #[default]
    Anyone,
    /// Those of a file of allowed signers.
    Listed(String),
    /// The file cannot be told, since the configuration has mistakes.
    Unknown,
}

/// The gate on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Patterns for the names of protected refs (`main`, `release/*`, `refs/tags/*`); none means the
    /// target.
    pub protect: Vec<String>,
    /// What becomes of pushes to other refs.
    pub others: Others,
    /// How long the hook may take.
    pub budget: Duration,
    /// Whether a push is refused for which the time was too short.
    pub block_on_budget: bool,
    /// The file of allowed signers whose receipts are accepted in place of scanning.
    pub accept_receipts: Option<String>,
    /// Who may change what decides on protected branches.
    pub config_signers: ConfigSigners,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            protect: Vec::new(),
            others: Others::Skip,
            budget: Duration::from_secs(4),
            block_on_budget: true,
            accept_receipts: None,
            config_signers: ConfigSigners::Anyone,
        }
    }
}

/// Where a scanner's results come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// newgate runs it.
    Run,
    /// Somebody ingests them, for a commit.
    Ingest,
    /// newgate loads them from a server.
    Load,
}

impl Results {
    /// Each with its name in the file.
    pub(super) const NAMED: [(&'static str, Results); 3] = [
        ("run", Results::Run),
        ("ingest", Results::Ingest),
        ("load", Results::Load),
    ];
}

/// The server that a scanner's results are loaded from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadSettings {
    /// The server's address, instead of the descriptor's.
    pub server: Option<String>,
    /// The project's name there.
    pub project: Option<String>,
    /// The environment variable that holds the token; without it, git's credential helper is asked.
    pub token_env: Option<String>,
    /// An address, with `{server}`, `{project}`, `{branch}`, `{commit}` and `{page}`, instead of the
    /// descriptor's requests.
    pub url: Option<String>,
    /// Header lines for `url`, with `{token}`.
    pub headers: Vec<String>,
    /// For `url`: a jq filter that is true where another page follows.
    pub more: Option<String>,
    /// A jq filter, instead of the descriptor's, that writes the findings.
    pub filter: Option<String>,
    /// The file that results are about which name none.
    pub file: Option<String>,
    /// How long all requests together may take.
    pub timeout: Option<Duration>,
}

/// What the project says of one scanner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScannerSettings {
    /// Where its results come from, where that is not as the descriptor says.
    pub results: Option<Results>,
    /// The server for results that are loaded.
    pub load: Option<LoadSettings>,
    /// Where its program is, instead of on `PATH`.
    pub path: Option<PathBuf>,
    /// How long one run may take.
    pub timeout: Option<Duration>,
    /// Whether its processes are kept from what they do not need.
    pub contained: Option<bool>,
    /// Whether it reads the messages of commits and tags too; of the scanner `secrets` only.
    pub messages: Option<bool>,
    /// The files that it does not read.
    pub exclude: Vec<Exclusion>,
}

/// Files that a scanner does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Their paths.
    pub path: Pattern,
    /// Why.
    pub reason: String,
}

/// A project's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The target branch, if not the remote's default branch.
    pub target: Option<String>,
    /// Whether a scanner that is missing is installed when it is needed.
    pub auto_install: bool,
    /// What stops a change.
    pub policy: Policy,
    /// What a branch may say for itself.
    pub trust: Trust,
    /// The gate on a server.
    pub server: Server,
    /// The most time that a check may take; none for no limit.
    pub budget: Option<Duration>,
    /// Whose shared baselines count.
    pub baseline: Baseline,
    /// The scanners that are on, in the order in which they name an issue.
    pub scanners: Vec<String>,
    /// What is said of each scanner.
    pub settings: BTreeMap<String, ScannerSettings>,
}

impl Config {
    /// Drops what says which programs run, which of them uncontained, and which servers are asked;
    /// returns whether there was anything.
    pub fn drop_programs(&mut self) -> bool {
        let mut any = std::mem::take(&mut self.auto_install);
        for settings in self.settings.values_mut() {
            any |= settings.path.take().is_some();
            any |= settings.load.take().is_some();
            any |= settings.contained.take() == Some(false);
        }
        any
    }
}

impl Config {
    /// The configuration as far as it adds to the defaults, and the keys that would take from them:
    /// what counts of one that nobody has agreed to.
    pub fn adding(mut self) -> (Config, Vec<&'static str>) {
        let defaults = Config::default();
        let mut refused = Vec::new();
        let mut refuse = |key, is: bool| {
            if is {
                refused.push(key);
            }
        };
        let (policy, least) = (&mut self.policy, &defaults.policy);
        refuse("gate.block-at", policy.block_at > least.block_at);
        policy.block_at = policy.block_at.min(least.block_at);
        refuse("gate.unassigned", policy.unassigned < least.unassigned);
        policy.unassigned = policy.unassigned.max(least.unassigned);
        refuse("gate.on-incomplete", !policy.incomplete_blocks);
        policy.incomplete_blocks = true;
        refuse(
            "gate.suppressions",
            policy.suppressions == Suppressions::Allow,
        );
        if policy.suppressions == Suppressions::Allow {
            policy.suppressions = least.suppressions;
        }
        // The first rule that fits decides: one that only warns would come before the threshold.
        let blocks = |r: &PolicyRule| r.action == Action::Block;
        refuse("rules", !policy.rules.iter().all(blocks));
        policy.rules.retain(blocks);
        refuse("severity", !policy.overrides.is_empty());
        policy.overrides.clear();
        refuse("grace", !policy.grace.is_empty());
        policy.grace.clear();
        // With one, comments that silence a scanner may not be looked for.
        refuse("gate.budget", self.budget.take().is_some());
        refuse("trust", self.trust != defaults.trust);
        self.trust = defaults.trust;
        for name in defaults.scanners {
            let said = self.settings.remove(&name);
            let given = said.is_some_and(|s| {
                s.results.is_some() || !s.exclude.is_empty() || s.messages == Some(false)
            });
            let on = self.scanners.contains(&name);
            let key = match name.as_str() {
                "code" => "scanners.code",
                _ => "scanners.secrets",
            };
            refuse(key, given || !on);
            if !on {
                self.scanners.push(name);
            }
        }
        (self, refused)
    }
}

impl Default for Config {
    /// Without a file, the built-in scanners run alone: verdicts do not depend on what happens to be on
    /// somebody's `PATH`.
    fn default() -> Config {
        Config {
            target: None,
            auto_install: false,
            policy: Policy::default(),
            trust: Trust::default(),
            server: Server::default(),
            budget: None,
            baseline: Baseline::default(),
            scanners: BUILT_IN.map(str::to_owned).to_vec(),
            settings: BTreeMap::new(),
        }
    }
}
