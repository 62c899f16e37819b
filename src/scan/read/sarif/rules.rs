//! Which rule a result is of, and how severe the log says that the result is.

use std::collections::HashMap;

use serde_json::Value;

use super::super::Unreadable;
use super::super::words::score_of_level;
use super::log::{
    Component, ComponentReference, Invocation, Message, Override, Rule, RuleReference, Run,
    SarifResult,
};
use crate::model::Score;

/// The rules of a run, by their ids.
pub(super) struct Rules<'r> {
    run: &'r Run<'r>,
    by_id: HashMap<&'r str, Vec<&'r Rule>>,
}

/// How severe a log says that a result is.
#[derive(Debug, PartialEq)]
pub(super) struct Stated {
    /// The score of its `security-severity`.
    pub score: Option<Score>,
    /// Its level, or the scanner's own word; absent where nothing says one.
    pub level: Option<String>,
    /// A score of its rank (3.27.25), where nothing else says how severe it is.
    pub rank: Option<f64>,
}

impl<'r> Rules<'r> {
    pub(super) fn of(run: &'r Run<'r>) -> Rules<'r> {
        let mut by_id: HashMap<&str, Vec<&Rule>> = HashMap::new();
        for rule in components(run).flat_map(|c| c.rules.iter().flatten()) {
            if let Some(id) = &rule.id {
                by_id.entry(id).or_default().push(rule);
            }
        }
        Rules { run, by_id }
    }

    /// The rule of a result: by its component and index, by its identifier, or else by its id. The id may be a rule's
    /// id followed by `/` and more (3.27.5). If several rules have the id, the most severe one.
    pub(super) fn rule_of(&self, result: &SarifResult) -> Option<&'r Rule> {
        let reference = result.rule.as_ref();
        let id = result.rule_id.as_deref();
        let id = id.or_else(|| reference?.id.as_deref());
        let named = reference.and_then(|r| r.tool_component.as_ref());
        let component = component(self.run, named);
        let fits = |rule: &&Rule| match (id, rule.id.as_deref()) {
            (Some(id), Some(of_rule)) => parents(id).any(|parent| parent == of_rule),
            _ => true,
        };
        let index = result.rule_index.filter(|i| *i >= 0);
        let index = index.or_else(|| reference?.index);
        let of_component = component.and_then(|c| c.rules.as_ref());
        let by_index = of_component.and_then(|rules| at(rules, index));
        let by_guid = || {
            let guid = reference?.guid.as_deref()?;
            let mut all = components(self.run).flat_map(|c| c.rules.iter().flatten());
            all.find(|rule| same(rule.guid.as_deref(), guid))
        };
        by_index
            .filter(fits)
            .or_else(by_guid)
            .or_else(|| parents(id?).find_map(|id| most_severe(of_component?, id)))
            .or_else(|| parents(id?).find_map(|id| worst(self.by_id.get(id)?.iter().copied())))
    }

    /// How severe a result is, by its own word, the configuration of its run, its rule, and the policies
    /// of the log, of which the most severe counts.
    ///
    /// # Errors
    /// A `security-severity` is there that is neither a number nor a word for one.
    pub(super) fn severity(
        &self,
        result: &SarifResult,
        rule: Option<&Rule>,
    ) -> Result<Stated, Unreadable> {
        let overridden = self.overrides(result, rule);
        let of_override = overridden.clone().filter_map(|c| c.properties.as_ref());
        let bags = result.properties.iter().chain(of_override);
        let bags: Vec<&Value> = bags
            .chain(rule.and_then(|r| r.properties.as_ref()))
            .collect();
        let id = rule
            .and_then(|r| r.id.as_deref())
            .or(result.rule_id.as_deref());
        let own = |bag: &&Value| score(bag, id.unwrap_or("?")).transpose();
        let informational = kind(result) == Kind::Informational;
        let score = match informational {
            true => result.properties.as_ref().and_then(|bag| own(&bag)),
            false => bags.iter().find_map(own),
        };
        let score = score.transpose()?;
        let stated = |level: Option<&String>| {
            level
                .map(|l| l.trim())
                .filter(|l| !l.is_empty())
                .map(str::to_owned)
        };
        let of_overrides = overridden.filter_map(|c| stated(c.level.as_ref()));
        let of_rule = || stated(rule?.default_configuration.as_ref()?.level.as_ref());
        let level = stated(result.level.as_ref());
        let level = match informational {
            // It has no severity but its own (3.27.9).
            true => Some(level.unwrap_or_else(|| "none".into())),
            false => level
                .or_else(|| of_overrides.max_by_key(|l| rank(l)))
                .or_else(of_rule)
                .into_iter()
                .chain(self.of_policies(id))
                .max_by_key(|l| rank(l)),
        };
        let word = |name: &str| {
            let word = bags.iter().find_map(|bag| bag.get(name)?.as_str())?;
            Some(word.trim()).filter(|w| !w.is_empty())
        };
        let driver = self
            .run
            .tool
            .as_ref()
            .and_then(|t| t.driver.as_ref()?.name.as_deref());
        let of_tool = driver.map(|d| format!("{}/severity", d.to_lowercase()));
        let own_word = word("issue_severity").or_else(|| word(of_tool.as_deref()?));
        let worse = word("severity").filter(|w| {
            let of_level = level.as_deref().map(score_of_level);
            score_of_level(w) > of_level.unwrap_or(score_of_level("warning"))
        });
        let level = own_word.or(worse).map(str::to_owned).or(level);
        let ranks = [
            result.rank,
            self.overrides(result, rule).find_map(|c| c.rank),
            rule.and_then(|r| r.default_configuration.as_ref()?.rank),
        ];
        // A rank of -1 is none. One that is low lowers nothing: without it the level would be the usual one.
        let rank = ranks
            .into_iter()
            .flatten()
            .find(|r| (0.0..=100.0).contains(r));
        let rank = rank
            .map(|r| r / 10.0)
            .filter(|r| *r > 5.5 && level.is_none());
        Ok(Stated { score, level, rank })
    }

    /// What the run was configured with for the rule of a result.
    fn overrides<'s>(
        &'s self,
        result: &SarifResult,
        rule: Option<&'s Rule>,
    ) -> impl Iterator<Item = &'s super::log::Configuration> + Clone {
        let of = result.provenance.as_ref().and_then(|p| p.invocation_index);
        let all = self.run.invocations.as_deref().unwrap_or_default();
        // Without an index the result may be of any.
        let invocations = match at(all, of) {
            Some(one) => std::slice::from_ref(one),
            None => all,
        };
        let id = result.rule_id.clone();
        let overrides = invocations
            .iter()
            .flat_map(|i| i.rule_configuration_overrides.iter().flatten());
        overrides
            .filter(move |one| self.is_of(one, rule, id.as_deref()))
            .filter_map(|one| one.configuration.as_ref())
    }

    fn is_of(&self, one: &Override, rule: Option<&Rule>, id: Option<&str>) -> bool {
        let Some(descriptor) = &one.descriptor else {
            return false;
        };
        let component = component(self.run, descriptor.tool_component.as_ref());
        let rules = component.and_then(|c| c.rules.as_ref());
        let by_index = rules.and_then(|rules| at(rules, descriptor.index));
        if let (Some(named), Some(rule)) = (by_index, rule)
            && std::ptr::eq(named, rule)
        {
            return true;
        }
        let by_guid = descriptor.guid.as_deref();
        by_guid.is_some_and(|guid| same(rule.and_then(|r| r.guid.as_deref()), guid))
            || descriptor.id.as_deref().is_some_and(|named| {
                let of_rule = rule.and_then(|r| r.id.as_deref());
                of_rule
                    .into_iter()
                    .chain(id)
                    .flat_map(parents)
                    .any(|p| p == named)
            })
    }

    /// The levels that policies give a rule.
    fn of_policies(&self, id: Option<&str>) -> Option<String> {
        let policies = self.run.policies.iter().flatten();
        let rules = policies.flat_map(|p| p.rules.iter().flatten());
        let of_rule = rules.filter(|r| r.id.is_some() && r.id.as_deref() == id);
        let levels = of_rule.filter_map(|r| r.default_configuration.as_ref()?.level.clone());
        levels.max_by_key(|l| rank(l))
    }

    /// A message of a rule by its id: the rule's own, or one of its component's.
    pub(super) fn message(&self, rule: Option<&'r Rule>, id: &str) -> Option<&'r Message> {
        let own = rule.and_then(|r| r.message_strings.as_ref()?.get(id));
        own.or_else(|| {
            components(self.run).find_map(|c| c.global_message_strings.as_ref()?.get(id))
        })
    }
}

/// The level of a notification's sort, where the notification states none: what the run was configured
/// with, else the sort's own.
pub(super) fn level_of_sort<'r>(
    run: &'r Run<'_>,
    invocation: &'r Invocation,
    reference: &RuleReference,
) -> Option<&'r str> {
    let sorts = components(run).flat_map(|c| c.notifications.iter().flatten());
    let named = |id: &Option<String>| id.is_some() && *id == reference.id;
    let by_id = || sorts.clone().find(|s| named(&s.id));
    let component = component(run, reference.tool_component.as_ref());
    let by_index = component.and_then(|c| at(c.notifications.as_ref()?, reference.index));
    let sort = by_index.or_else(by_id);
    let overrides = invocation
        .notification_configuration_overrides
        .iter()
        .flatten();
    let of_override = overrides.filter(|o| {
        o.descriptor
            .as_ref()
            .is_some_and(|d| named(&d.id) || d.index.is_some() && d.index == reference.index)
    });
    let levels = of_override.filter_map(|o| o.configuration.as_ref()?.level.as_deref());
    levels
        .max_by_key(|l| rank(l))
        .or_else(|| sort?.default_configuration.as_ref()?.level.as_deref())
}

/// The kind of a result (3.27.9), in upper or lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is no problem: the rule held, or was of no concern.
    Passed,
    /// It is one that the scanner gives no severity.
    Informational,
    /// It is a finding; so is one of a kind that is not known.
    Finding,
}

pub(super) fn kind(result: &SarifResult) -> Kind {
    let letters = result.kind.iter().flat_map(|k| k.chars());
    let letters = letters.filter(char::is_ascii_alphanumeric);
    match letters.collect::<String>().to_ascii_lowercase().as_str() {
        "pass" | "notapplicable" => Kind::Passed,
        "informational" => Kind::Informational,
        _ => Kind::Finding,
    }
}

/// The driver, and the extensions.
fn components<'r>(run: &'r Run<'_>) -> impl Iterator<Item = &'r Component> + Clone {
    let tool = run.tool.iter();
    tool.flat_map(|t| t.driver.iter().chain(t.extensions.iter().flatten()))
}

/// The component that a reference names (3.54): by identifier, index, or name. Without one, the driver.
fn component<'r>(run: &'r Run<'_>, named: Option<&ComponentReference>) -> Option<&'r Component> {
    let tool = run.tool.as_ref()?;
    let Some(named) =
        named.filter(|n| n.guid.is_some() || n.index.is_some_and(|i| i >= 0) || n.name.is_some())
    else {
        return tool.driver.as_ref();
    };
    let by_guid = named.guid.as_deref();
    let by_guid = by_guid.and_then(|guid| components(run).find(|c| same(c.guid.as_deref(), guid)));
    let by_index = || at(tool.extensions.as_ref()?, named.index);
    let by_name = || {
        let name = named.name.as_ref()?;
        components(run).find(|c| [&c.name, &c.full_name].contains(&&Some(name.clone())))
    };
    by_guid.or_else(by_index).or_else(by_name)
}

/// The element of a list at an index, if there is one.
pub(super) fn at<T>(list: &[T], index: Option<i64>) -> Option<&T> {
    list.get(usize::try_from(index?).ok()?)
}

fn same(guid: Option<&str>, other: &str) -> bool {
    guid.is_some_and(|g| g.eq_ignore_ascii_case(other))
}

/// An id, and what it stands below: `R1/a/b`, `R1/a`, `R1`.
fn parents(id: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(id), |id| id.rsplit_once('/').map(|(parent, _)| parent))
}

fn most_severe<'r>(rules: &'r [Rule], id: &str) -> Option<&'r Rule> {
    worst(rules.iter().filter(|r| r.id.as_deref() == Some(id)))
}

fn worst<'r>(rules: impl Iterator<Item = &'r Rule>) -> Option<&'r Rule> {
    rules.max_by_key(|rule| {
        let bag = rule.properties.as_ref();
        let severity = bag.map(|bag| score(bag, ""));
        let level = rule
            .default_configuration
            .as_ref()
            .and_then(|c| c.level.as_deref());
        // What cannot be read is refused where a result is of it.
        let severity = severity.map_or(Ok(None), |s| s).map_err(|_| ());
        (severity.is_err(), severity.ok(), level.map_or(2, rank))
    })
}

/// How bad a level is; a word that is not known may be the worst.
fn rank(level: &str) -> u8 {
    match level.to_ascii_lowercase().as_str() {
        "none" => 0,
        "note" => 1,
        "warning" => 2,
        "error" => 3,
        _ => 4,
    }
}

/// Names that tools give the score or vector of a CVSS in place of `security-severity`.
const ALSO: [&str; 6] = [
    "securitySeverity",
    "security_severity",
    "cvssScore",
    "cvss",
    "cvssVector",
    "cvssv2_score",
];

/// The `security-severity` of a bag of properties: a number, as text or not, the vector of a CVSS, or a
/// word.
fn score(bag: &Value, rule: &str) -> Result<Option<Score>, Unreadable> {
    let read = match bag.get("security-severity") {
        None | Some(Value::Null) => {
            let others = ALSO.iter().filter_map(|name| bag.get(name));
            let scores = others.filter_map(|value| match value {
                Value::String(text) => score_of_text(text.trim()),
                other => other.as_f64().and_then(Score::new),
            });
            return Ok(scores.max());
        }
        Some(Value::String(text)) => match text.trim() {
            "" => return Ok(None),
            text => score_of_text(text).or_else(|| score_of_level(text)),
        },
        Some(other) => other.as_f64().and_then(Score::new),
    };
    match read {
        Some(score) => Ok(Some(score)),
        None => {
            let written = bag.get("security-severity").unwrap_or(&Value::Null);
            Err(Unreadable(format!(
                "the `security-severity` of rule `{}` is `{}`, which is neither a score from 0.0 to 10.0 \
                 nor a word for one",
                rule.escape_debug(),
                written.to_string().trim_matches('"').escape_debug()
            )))
        }
    }
}

fn score_of_text(text: &str) -> Option<Score> {
    let number = text.parse().ok().and_then(Score::new);
    number.or_else(|| Score::of_vector(text))
}
