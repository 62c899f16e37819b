//! What a rule that is compiled in matches: the same as ast-grep's `rule` says, but each expression and each pattern is
//! made ready when a node asks for it, which few do. A test compares the two on all examples.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use ast_grep_config::{DeserializeEnv, SerializableRule};
use ast_grep_core::matcher::Pattern;
use ast_grep_core::meta_var::MetaVarEnv;
use ast_grep_core::{Doc, Language, Matcher, Node};
use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::expression::Expression;
#[cfg(test)]
use super::expression::check;

/// What stands for the nodes that are captured so far.
type Captured<'e, 't, D> = Cow<'e, MetaVarEnv<'t, D>>;

/// A condition on a node.
enum Shape {
    /// It is of this kind.
    Kind(u16),
    /// Its text fits.
    Text(Expression),
    /// It is a node with a name of its own in the grammar, and is captured.
    Captured(String),
    /// It is code of this form.
    Code(Code),
    /// It has this place among its siblings.
    Nth(Box<ast_grep_config::Rule>),
    All(Vec<Shape>),
    Any(Vec<Shape>),
    Not(Box<Shape>),
    Related(Box<Related>),
}

/// A condition on a node near another.
struct Related {
    relation: Relation,
    /// Under which name the inner of the two stands in the other.
    field: Option<u16>,
    shape: Shape,
    until: Until,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    Has,
    Inside,
    Follows,
    Precedes,
}

/// How far a related node may be.
enum Until {
    Neighbor,
    End,
    /// Up to a node of this shape.
    One(Box<Shape>),
}

/// A pattern of code.
struct Code {
    text: String,
    dialect: Dialect,
    /// A word that stands in each text that it matches.
    word: String,
    made: OnceLock<Option<Pattern>>,
}

impl Code {
    fn new(text: String, dialect: Dialect) -> Code {
        let of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
        let words = text.split(|c| !of_word(c));
        let words =
            words.filter(|w| !w.contains('$') && !w.starts_with(|c: char| c.is_ascii_digit()));
        let word = words.max_by_key(|w| w.len()).unwrap_or_default().to_owned();
        Code {
            text,
            dialect,
            word,
            made: OnceLock::new(),
        }
    }

    fn may_be_in(&self, text: &str) -> bool {
        memchr::memmem::find(text.as_bytes(), self.word.as_bytes()).is_some()
    }

    fn pattern(&self) -> Option<&Pattern> {
        let made = || Pattern::try_new(&self.text, self.dialect).ok();
        self.made.get_or_init(made).as_ref()
    }
}

/// What a rule matches.
pub(super) struct Matched {
    shape: Shape,
    constraints: HashMap<String, Shape>,
}

impl Matched {
    /// Reads what stands under `rule`, `constraints` and `utils`.
    ///
    /// # Errors
    /// It is wrong, or of a kind that only a project's rules have; says what.
    pub(super) fn of(
        rule: Value,
        constraints: Option<Value>,
        utils: Option<Value>,
        dialect: Dialect,
    ) -> Result<Matched, String> {
        let utils = utils.map_or(Ok(Map::new()), table)?;
        let reader = Reader {
            dialect,
            utils: &utils,
            depth: 0,
        };
        let mut read = HashMap::new();
        for (name, value) in constraints.map_or(Ok(Map::new()), table)? {
            read.insert(name, reader.shape(value)?);
        }
        Ok(Matched {
            shape: reader.shape(rule)?,
            constraints: read,
        })
    }

    /// Whether it may match something in a file with this text. Most rules whose words are there do not.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        self.shape.may_be_in(text)
    }

    /// The kinds of nodes that may match in a file with this text; none if all may.
    pub(super) fn kinds(&self, text: &str) -> Option<Vec<u16>> {
        self.shape.kinds(text)
    }

    /// Compiles what is made late.
    ///
    /// # Errors
    /// Something cannot be compiled.
    #[cfg(test)]
    pub(super) fn check(&self) -> Result<(), String> {
        self.constraints.values().try_for_each(Shape::check)?;
        self.shape.check()
    }
}

impl Matcher for Matched {
    fn match_node_with_env<'t, D: Doc>(
        &self,
        node: Node<'t, D>,
        env: &mut Captured<'_, 't, D>,
    ) -> Option<Node<'t, D>> {
        if !self.shape.fits(&node, env) {
            return None;
        }
        let holds =
            self.constraints.is_empty() || env.to_mut().match_constraints(&self.constraints);
        holds.then_some(node)
    }
}

impl Matcher for Shape {
    fn match_node_with_env<'t, D: Doc>(
        &self,
        node: Node<'t, D>,
        env: &mut Captured<'_, 't, D>,
    ) -> Option<Node<'t, D>> {
        self.fits(&node, env).then_some(node)
    }
}

fn table(value: Value) -> Result<Map<String, Value>, String> {
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
struct Reader<'u> {
    dialect: Dialect,
    /// The shapes that have names.
    utils: &'u Map<String, Value>,
    /// How many of them are being read.
    depth: u32,
}

impl Reader<'_> {
    fn shapes(self, value: Value) -> Result<Vec<Shape>, String> {
        match value {
            Value::Array(all) => all.into_iter().map(|one| self.shape(one)).collect(),
            other => Err(format!("`{other}` is no list")),
        }
    }

    fn shape(self, value: Value) -> Result<Shape, String> {
        self.of_table(table(value)?)
    }

    /// Reads the conditions of a table, in the order in which ast-grep asks them.
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
            all.push(Shape::All(self.shapes(value)?));
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
            _ => Ok(Shape::All(all)),
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

impl Shape {
    fn fits<'t, D: Doc>(&self, node: &Node<'t, D>, env: &mut Captured<'_, 't, D>) -> bool {
        match self {
            Shape::Kind(kind) => node.kind_id() == *kind,
            Shape::Text(expression) => expression.is_match(node.text().as_bytes()),
            Shape::Captured(name) => {
                node.is_named() && env.to_mut().insert(name, node.clone()).is_some()
            }
            Shape::Code(code) => {
                let pattern = code
                    .may_be_in(&node.text())
                    .then(|| code.pattern())
                    .flatten();
                pattern.is_some_and(|p| p.match_node_with_env(node.clone(), env).is_some())
            }
            Shape::Nth(rule) => rule.match_node_with_env(node.clone(), env).is_some(),
            // What is captured only stays if all of it fits.
            Shape::All(all) => {
                let mut inner = Cow::Borrowed(env.as_ref());
                let fits = all.iter().all(|s| s.fits(node, &mut inner));
                if let (true, Cow::Owned(new)) = (fits, inner) {
                    *env = Cow::Owned(new);
                }
                fits
            }
            Shape::Any(all) => {
                for shape in all {
                    let mut inner = Cow::Borrowed(env.as_ref());
                    if shape.fits(node, &mut inner) {
                        if let Cow::Owned(new) = inner {
                            *env = Cow::Owned(new);
                        }
                        return true;
                    }
                }
                false
            }
            Shape::Not(shape) => !shape.fits(node, &mut Cow::Borrowed(env.as_ref())),
            Shape::Related(related) => related.fits(node, env),
        }
    }

    fn may_be_in(&self, text: &str) -> bool {
        match self {
            Shape::Text(expression) => expression.may_fit_in(text.as_bytes()),
            Shape::Code(code) => code.may_be_in(text),
            Shape::All(all) => all.iter().all(|s| s.may_be_in(text)),
            Shape::Any(all) => all.iter().any(|s| s.may_be_in(text)),
            Shape::Related(related) => related.shape.may_be_in(text),
            Shape::Kind(_) | Shape::Captured(_) | Shape::Nth(_) | Shape::Not(_) => true,
        }
    }

    fn kinds(&self, text: &str) -> Option<Vec<u16>> {
        match self {
            Shape::Kind(kind) => Some(vec![*kind]),
            Shape::Code(code) if !code.may_be_in(text) => Some(Vec::new()),
            Shape::Code(code) => {
                let kinds = code.pattern()?.potential_kinds()?;
                kinds.iter().map(|kind| u16::try_from(kind).ok()).collect()
            }
            Shape::All(all) => {
                let mut known: Option<Vec<u16>> = None;
                // A pattern is only asked where nothing else tells.
                let is_code = |s: &&Shape| matches!(s, Shape::Code(_));
                let rest = all.iter().filter(|s| !is_code(s));
                for shape in rest.chain(all.iter().filter(is_code)) {
                    if is_code(&shape) && known.is_some() {
                        break;
                    }
                    if let Some(kinds) = shape.kinds(text) {
                        match &mut known {
                            Some(known) => known.retain(|k| kinds.contains(k)),
                            None => known = Some(kinds),
                        }
                    }
                }
                known
            }
            Shape::Any(all) => {
                let mut known = Vec::new();
                for shape in all {
                    known.extend(shape.kinds(text)?);
                }
                known.sort_unstable();
                known.dedup();
                Some(known)
            }
            _ => None,
        }
    }

    #[cfg(test)]
    fn check(&self) -> Result<(), String> {
        match self {
            Shape::Kind(_) | Shape::Captured(_) | Shape::Nth(_) => Ok(()),
            Shape::Text(text) => check(text.text()).map_err(|e| e.to_string()),
            Shape::Code(code) => {
                let made = Pattern::try_new(&code.text, code.dialect);
                made.map(|_| ()).map_err(|e| e.to_string())
            }
            Shape::All(all) | Shape::Any(all) => all.iter().try_for_each(Shape::check),
            Shape::Not(shape) => shape.check(),
            Shape::Related(related) => {
                if let Until::One(shape) = &related.until {
                    shape.check()?;
                }
                related.shape.check()
            }
        }
    }
}

impl Related {
    fn fits<'t, D: Doc>(&self, node: &Node<'t, D>, env: &mut Captured<'_, 't, D>) -> bool {
        match self.relation {
            Relation::Has => match self.field {
                Some(field) => {
                    let inner = node.child_by_field_id(field);
                    inner.is_some_and(|inner| self.is_in(&inner, env))
                }
                None => self.is_below(node, env),
            },
            Relation::Inside => {
                let mut last = node.node_id();
                let mut fits = |outer: &Node<'t, D>| {
                    let expected = std::mem::replace(&mut last, outer.node_id());
                    let is_there = |field| {
                        outer
                            .child_by_field_id(field)
                            .is_some_and(|n| n.node_id() == expected)
                    };
                    self.field.is_none_or(is_there) && self.shape.fits(outer, env)
                };
                match self.until {
                    Until::Neighbor => node.parent().is_some_and(|outer| fits(&outer)),
                    _ => self.any(node.ancestors(), fits),
                }
            }
            Relation::Follows => match self.until {
                Until::Neighbor => node
                    .prev()
                    .is_some_and(|other| self.shape.fits(&other, env)),
                _ => self.any(node.prev_all(), |other| self.shape.fits(other, env)),
            },
            Relation::Precedes => match self.until {
                Until::Neighbor => node
                    .next()
                    .is_some_and(|other| self.shape.fits(&other, env)),
                _ => self.any(node.next_all(), |other| self.shape.fits(other, env)),
            },
        }
    }

    /// Whether one of some nodes fits, up to the first of the shape that ends the search.
    fn any<'t, D: Doc>(
        &self,
        nodes: impl Iterator<Item = Node<'t, D>>,
        mut fits: impl FnMut(&Node<'t, D>) -> bool,
    ) -> bool {
        for node in nodes {
            if fits(&node) {
                return true;
            }
            if self.ends_at(&node) {
                return false;
            }
        }
        false
    }

    fn ends_at<'t, D: Doc>(&self, node: &Node<'t, D>) -> bool {
        match &self.until {
            Until::One(shape) => shape.fits(node, &mut Cow::Owned(MetaVarEnv::new())),
            Until::Neighbor | Until::End => false,
        }
    }

    /// Whether what stands in a field fits, or a node in it, as far as the search goes.
    fn is_in<'t, D: Doc>(&self, node: &Node<'t, D>, env: &mut Captured<'_, 't, D>) -> bool {
        match &self.until {
            Until::Neighbor => self.shape.fits(node, env),
            Until::End => node.dfs().any(|inner| self.shape.fits(&inner, env)),
            Until::One(_) => {
                self.shape.fits(node, env)
                    || !self.ends_at(node)
                        && node.children().any(|inner| self.shape.fits(&inner, env))
            }
        }
    }

    fn is_below<'t, D: Doc>(&self, node: &Node<'t, D>, env: &mut Captured<'_, 't, D>) -> bool {
        match &self.until {
            Until::Neighbor => node.children().any(|inner| self.shape.fits(&inner, env)),
            Until::End => node.dfs().skip(1).any(|inner| self.shape.fits(&inner, env)),
            Until::One(_) => node.children().any(|inner| {
                self.shape.fits(&inner, env) || !self.ends_at(&inner) && self.is_below(&inner, env)
            }),
        }
    }
}
