//! What a descriptor knows of a scanner's rules: their titles, scores and fixes.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::Descriptor;
use crate::model::Score;

/// What is known of one rule besides what the scanner says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleData {
    /// A title.
    #[serde(default)]
    pub title: Option<String>,
    /// CWE numbers.
    #[serde(default)]
    pub cwe: Vec<u32>,
    /// A score that replaces the one of the severity table.
    #[serde(default)]
    pub score: Option<Score>,
    /// Scores for some of its messages; the first that fits counts.
    #[serde(default)]
    pub when: Vec<When>,
    /// What to do about it.
    #[serde(default)]
    pub fix: Option<String>,
    /// A regular expression for the message whose first group is a secret.
    #[serde(default)]
    pub secret: Option<String>,
}

/// What is known of the rules that a descriptor does not name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OtherRules {
    /// A regular expression for the rule, whose first group is the title, with spaces for `-` and `_`.
    #[serde(default)]
    pub title: Option<String>,
    /// CWE numbers, where the scanner tells none.
    #[serde(default)]
    pub cwe: Vec<u32>,
    /// The score, where the scanner states no severity of its own: a level of SARIF that all its results
    /// have says nothing.
    #[serde(default)]
    pub score: Option<Score>,
    /// Other scores for those whose title fits; the first that does counts.
    #[serde(default)]
    pub when: Vec<When>,
    /// What to do about it.
    #[serde(default)]
    pub fix: Option<String>,
}

/// A score for some messages of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct When {
    /// A regular expression for the message.
    pub message: String,
    /// The score.
    pub score: Score,
}

/// A rule that stands for this scanner's rules across scanners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Alias {
    /// A regular expression for the whole rule id.
    pub(super) rule: String,
    /// The canonical rule, with `$1` for groups.
    pub(super) means: String,
}

impl Descriptor {
    /// What is known of its rules.
    pub fn rules(&self) -> &BTreeMap<String, RuleData> {
        &self.written.rules
    }

    /// Its table of severities: the scanner's word, with `/` and its confidence where that counts.
    pub fn severities(&self) -> &BTreeMap<String, Score> {
        &self.written.severity
    }

    /// The rule that stands for a rule of this scanner across scanners.
    pub fn canonical(&self, rule: &str) -> String {
        for (pattern, means) in &self.expressions().aliases {
            if pattern.is_match(rule) {
                return pattern.replace(rule, means.as_str()).into_owned();
            }
        }
        format!("{}:{rule}", self.name())
    }

    /// What is known of a rule.
    pub fn rule(&self, rule: &str) -> Option<&RuleData> {
        self.written.rules.get(rule)
    }

    /// What is known of the rules that it does not name.
    pub fn other_rules(&self) -> Option<&OtherRules> {
        self.written.other_rules.as_ref()
    }

    /// The score of a rule that it does not name, where the scanner states none.
    pub fn score_of_others(&self, title: &str) -> Option<Score> {
        let other = self.other_rules()?;
        let mut cases = self.expressions().when_other.iter();
        let case = cases.find(|(pattern, _)| pattern.is_match(title));
        case.map(|(_, score)| *score).or(other.score)
    }

    /// The title of a rule that it does not name, where it is made of the rule's id.
    pub fn title_of_others(&self, rule: &str) -> Option<String> {
        let found = self.expressions().title_of_other.as_ref()?.captures(rule)?;
        Some(found.get(1)?.as_str().replace(['-', '_'], " "))
    }

    /// Whether the snippet of a region is the secret, in its SARIF.
    pub fn snippet_is_secret(&self) -> bool {
        self.written.snippet_is_secret
    }

    /// The expression whose first group is a secret in a rule's messages.
    pub fn secret_in_message(&self, rule: &str) -> Option<&Regex> {
        self.expressions().secrets.get(rule)
    }

    /// The score that is known of a rule, whatever the scanner says of its severity.
    pub fn score_of_rule(&self, rule: &str, message: &str) -> Option<Score> {
        let cases = self.expressions().when.get(rule).into_iter().flatten();
        let case = cases
            .into_iter()
            .find(|(pattern, _)| pattern.is_match(message));
        case.map(|(_, score)| *score)
            .or_else(|| self.rule(rule)?.score)
    }

    /// The score of the scanner's word for a severity, with its confidence where the table has both.
    pub fn score(&self, level: &str, confidence: Option<&str>) -> Option<Score> {
        let both = confidence.and_then(|c| self.written.severity.get(&format!("{level}/{c}")));
        both.or_else(|| self.written.severity.get(level)).copied()
    }
}
