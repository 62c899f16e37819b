//! CWE numbers: in tags (`external/cwe/cwe-78`, `CWE-78: …`), properties, relationships and taxa.

use serde_json::Value;

use super::log::{Rule, RuleReference, Run, SarifResult};
use super::rules::at;

/// The CWE numbers of a result and its rule.
pub(super) fn cwe_of(run: &Run<'_>, result: &SarifResult, rule: Option<&Rule>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut look = |text: &str| {
        let lower = text.to_ascii_lowercase();
        if let Some((_, number)) = lower.split_once("cwe-") {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            found.extend(digits.parse::<u32>().ok());
        }
    };
    let properties = [
        result.properties.as_ref(),
        rule.and_then(|r| r.properties.as_ref()),
    ];
    let bags = properties.into_iter().flatten();
    for bag in bags {
        let tags = bag
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        tags.filter_map(Value::as_str).for_each(&mut look);
        match bag.get("cwe") {
            Some(Value::String(one)) => look(one),
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).for_each(&mut look),
            _ => {}
        }
    }
    let relationships = rule
        .and_then(|r| r.relationships.as_ref())
        .into_iter()
        .flatten();
    let targets = relationships.filter_map(|r| r.target.as_ref());
    for target in targets.chain(result.taxa.iter().flatten()) {
        let (taxonomy, id) = entry(run, target);
        let is_cwe = taxonomy.is_some_and(|c| c.eq_ignore_ascii_case("cwe"));
        match is_cwe && !id.to_ascii_lowercase().starts_with("cwe-") {
            true => look(&format!("cwe-{id}")),
            false => look(id),
        }
    }
    found
}

/// The taxonomy and the id that a reference names, or that are at its indexes in the log.
fn entry<'r>(run: &'r Run<'_>, reference: &'r RuleReference) -> (Option<&'r str>, &'r str) {
    let component = reference.tool_component.as_ref();
    let taxonomies = run.taxonomies.as_deref().unwrap_or_default();
    let taxonomy = component.and_then(|c| at(taxonomies, c.index));
    let name = component.and_then(|c| c.name.as_deref());
    let name = name.or_else(|| taxonomy?.name.as_deref());
    let at_index = || at(taxonomy?.taxa.as_ref()?, reference.index)?.id.as_deref();
    let id = reference.id.as_deref().or_else(at_index);
    (name, id.unwrap_or_default())
}
