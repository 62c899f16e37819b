//! What a reader of a file asks for: its keys, and of what sort the value of each is; and that as a JSON schema.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The key that stands for any that a file may name.
pub(super) const ANY_KEY: &str = "*";

/// Of what sort a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sort {
    Any,
    Text,
    Choice(Vec<String>),
    /// Several of them, or one.
    Choices(Vec<String>),
    /// A list of texts, or one.
    Words,
    Texts,
    /// A whole number, 0 or more.
    Number,
    /// A number from 0 to this.
    Float(f64),
    Switch,
    /// Seconds, or a text with a unit.
    Time,
    Date,
    Cwe,
    Version(i64),
    Table,
    /// A list of tables.
    Tables,
}

impl Sort {
    pub(super) fn choice<T>(choices: &[(&str, T)]) -> Sort {
        Sort::Choice(names(choices))
    }

    pub(super) fn choices<T>(choices: &[(&str, T)]) -> Sort {
        Sort::Choices(names(choices))
    }
}

fn names<T>(choices: &[(&str, T)]) -> Vec<String> {
    choices.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// What a reader asks for: for each table, by its path, its keys in their order.
#[derive(Debug, Default)]
pub(super) struct Outline(RefCell<BTreeMap<String, Vec<(String, Sort)>>>);

impl Outline {
    /// What is asked for first says the most.
    pub(super) fn note(&self, table: &str, key: &str, sort: Sort) {
        let mut tables = self.0.borrow_mut();
        let keys = tables.entry(table.to_owned()).or_default();
        match keys.iter_mut().find(|(k, _)| k == key) {
            Some((_, known)) if *known == Sort::Any => *known = sort,
            Some(_) => {}
            None => keys.push((key.to_owned(), sort)),
        }
    }

    /// The schema of a table.
    pub(super) fn table(&self, path: &str) -> Value {
        let tables = self.0.borrow();
        let below = |key: &str| match path {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        let mut properties = Map::new();
        for (key, sort) in tables.get(path).into_iter().flatten() {
            let schema = match sort {
                Sort::Table => self.table(&below(key)),
                Sort::Tables => json!({"type": "array", "items": self.table(&below(key))}),
                other => of_value(other),
            };
            properties.insert(key.clone(), schema);
        }
        let others = match tables.contains_key(&below(ANY_KEY)) {
            true => json!({"$ref": format!("#/$defs/{path}")}),
            false => json!(false),
        };
        for (_, schema) in properties.iter_mut().filter(|_| others.is_object()) {
            schema.clone_from(&others);
        }
        json!({"type": "object", "properties": properties, "additionalProperties": others})
    }

    /// The schemas of what files name as they like: a table, or a switch.
    pub(super) fn definitions(&self) -> Map<String, Value> {
        let tables = self.0.borrow();
        let named = tables.keys().filter_map(|path| {
            let above = path.strip_suffix(ANY_KEY)?.strip_suffix('.')?;
            let schema = json!({"anyOf": [{"type": "boolean"}, self.table(path)]});
            Some((above.to_owned(), schema))
        });
        named.collect()
    }
}

fn of_value(sort: &Sort) -> Value {
    let several =
        |one: Value| json!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]});
    match sort {
        Sort::Any | Sort::Table | Sort::Tables => json!({}),
        Sort::Text => json!({"type": "string"}),
        Sort::Choice(names) => json!({"enum": names}),
        Sort::Choices(names) => several(json!({"enum": names})),
        Sort::Words => several(json!({"type": "string"})),
        Sort::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Sort::Number => json!({"type": "integer", "minimum": 0}),
        Sort::Float(most) => json!({"type": "number", "minimum": 0, "maximum": most}),
        Sort::Switch => json!({"type": "boolean"}),
        Sort::Time => json!({"anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "string", "pattern": "^[0-9]+ *(s|m|min|h)$"},
        ]}),
        Sort::Date => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        Sort::Cwe => several(json!({"anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "string", "pattern": "^([Cc][Ww][Ee]-)?[0-9]+$"},
        ]})),
        Sort::Version(version) => json!({"const": version}),
    }
}
