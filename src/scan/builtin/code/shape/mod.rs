//! What a rule that is compiled in matches: the same as ast-grep's `rule` says, but each expression and each pattern is
//! made ready when a node asks for it, which few do. A test compares the two on all examples.

mod fits;
mod read;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use ast_grep_core::matcher::Pattern;
use ast_grep_core::meta_var::MetaVarEnv;
use ast_grep_core::{Doc, Matcher, Node};
use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::expression::Expression;
#[cfg(test)]
use super::expression::check;
use super::text::has;
use read::{Reader, table};

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

impl Shape {
    /// All of some conditions. What looks far around a node is asked last, if it captures nothing: few nodes get there.
    fn all(mut all: Vec<Shape>) -> Shape {
        let is_far = |shape: &Shape| match shape {
            Shape::Related(related) => {
                let goes_on = !matches!(related.until, Until::Neighbor);
                related.relation == Relation::Inside && goes_on && !shape.captures()
            }
            _ => false,
        };
        all.sort_by_key(is_far);
        Shape::All(all)
    }

    fn captures(&self) -> bool {
        match self {
            Shape::Kind(_) | Shape::Text(_) | Shape::Nth(_) => false,
            Shape::Captured(_) => true,
            Shape::Code(code) => code.text.contains('$'),
            Shape::All(all) | Shape::Any(all) => all.iter().any(Shape::captures),
            Shape::Not(shape) => shape.captures(),
            Shape::Related(related) => {
                let ends = match &related.until {
                    Until::One(shape) => shape.captures(),
                    Until::Neighbor | Until::End => false,
                };
                ends || related.shape.captures()
            }
        }
    }
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
        has(text, &self.word)
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

impl Shape {
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
