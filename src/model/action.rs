use serde::{Deserialize, Serialize};

/// What the policy does with an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It blocks the change.
    Block,
    /// It is shown as a warning and blocks nothing.
    Warn,
    /// It does not count.
    Ignore,
}

impl Action {
    /// The action's name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Action::Block => "block",
            Action::Warn => "warn",
            Action::Ignore => "ignore",
        }
    }
}

/// What keeps an occurrence from counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Excuse {
    /// An exemption covers it.
    Exempted,
    /// A rule of the policy ignores it.
    Ignored,
    /// An inline comment suppresses it.
    Suppressed,
}

impl Excuse {
    /// The excuse in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Excuse::Exempted => "exempted",
            Excuse::Ignored => "ignored",
            Excuse::Suppressed => "suppressed",
        }
    }
}
