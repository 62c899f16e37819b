//! Reads shapes from what rules say.

use ast_grep_config::{DeserializeEnv, SerializableRule};
use ast_grep_core::Language;
use serde_json::{Map, Value};

use super::super::dialect::Dialect;
use super::super::expression::Expression;
use super::{Code, Related, Relation, Shape, Until};

pub(super) fn table(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(table) => Ok(table),
        other => Err(format!("`{other}` is no table")),
    }
}

fn word(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!("`{other}` is no text")),
    }
}

/// Most utilities that one leads to.
const MOST_UTILS: u32 = 8;

/// Reads shapes.
#[derive(Clone, Copy)]
pub(super) struct Reader<'u> {
    pub(super) dialect: Dialect,
    /// The shapes that have names.
    pub(super) utils: &'u Map<String, Value>,
    /// How many of them are being read.
    pub(super) depth: u32,
}

impl Reader<'_> {
    fn shapes(self, value: Value) -> Result<Vec<Shape>, String> {
        match value {
            Value::Array(all) => all.into_iter().map(|one| self.shape(one)).collect(),
            other => Err(format!("`{other}` is no list")),
        }
    }

    pub(super) fn shape(self, value: Value) -> Result<Shape, String> {
        self.of_table(table(value)?)
    }

    /// Reads the conditions of a table, in the order in which ast-grep asks them where that counts.
    fn of_table(self, mut table: Map<String, Value>) -> Result<Shape, String> {
        let mut all = Vec::new();
        if let Some(value) = table.remove("pattern") {
            let text = word(value)?;
            let name = text.strip_prefix('$').filter(|name| {
                let of_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
                name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(of_name)
            });
            all.push(match name {
                Some(name) => Shape::Captured(name.to_owned()),
                None => Shape::Code(Code::new(text, self.dialect)),
            });
        }
        if let Some(value) = table.remove("kind") {
            let name = word(value)?;
            let kind = self.dialect.kind_to_id(&name);
            if kind == 0 || kind == u16::MAX {
                return Err(format!("`{name}` is no kind of nodes"));
            }
            all.push(Shape::Kind(kind));
        }
        if let Some(value) = table.remove("regex") {
            all.push(Shape::Text(Expression::new(word(value)?)));
        }
        if let Some(value) = table.remove("nthChild") {
            let nth = Value::Object(Map::from_iter([("nthChild".to_owned(), value)]));
            let nth: SerializableRule = serde_json::from_value(nth).map_err(|e| e.to_string())?;
            let nth = DeserializeEnv::new(self.dialect).deserialize_rule(nth);
            all.push(Shape::Nth(Box::new(nth.map_err(|e| e.to_string())?)));
        }
        if let Some(value) = table.remove("all") {
            all.push(Shape::all(self.shapes(value)?));
        }
        if let Some(value) = table.remove("any") {
            all.push(Shape::Any(self.shapes(value)?));
        }
        if let Some(value) = table.remove("not") {
            all.push(Shape::Not(Box::new(self.shape(value)?)));
        }
        if let Some(value) = table.remove("matches") {
            let name = word(value)?;
            let util = self.utils.get(&name).cloned();
            let util = util.ok_or_else(|| format!("`{name}` is not among the `utils`"))?;
            // One that leads back to itself never ends.
            if self.depth > MOST_UTILS {
                return Err(format!("`{name}` is too deep"));
            }
            let depth = self.depth + 1;
            all.push(Reader { depth, ..self }.shape(util)?);
        }
        for (key, relation) in [
            ("inside", Relation::Inside),
            ("has", Relation::Has),
            ("precedes", Relation::Precedes),
            ("follows", Relation::Follows),
        ] {
            if let Some(value) = table.remove(key) {
                all.push(Shape::Related(Box::new(self.related(relation, value)?)));
            }
        }
        if let Some(key) = table.keys().next() {
            return Err(format!("`{key}` is not known here"));
        }
        match all.len() {
            0 => Err("a condition is empty".into()),
            1 => Ok(all.remove(0)),
            _ => Ok(Shape::all(all)),
        }
    }

    fn related(self, relation: Relation, value: Value) -> Result<Related, String> {
        let mut table = table(value)?;
        let field = table.remove("field").map(word).transpose()?;
        let field = field.map(|name| {
            let id = self.dialect.field_to_id(&name);
            id.ok_or_else(|| format!("`{name}` is no field of this language"))
        });
        let until = match table.remove("stopBy") {
            None => Until::Neighbor,
            Some(Value::String(text)) if text == "neighbor" => Until::Neighbor,
            Some(Value::String(text)) if text == "end" => Until::End,
            Some(value) => Until::One(Box::new(self.shape(value)?)),
        };
        Ok(Related {
            relation,
            field: field.transpose()?,
            shape: self.of_table(table)?,
            until,
        })
    }
}
