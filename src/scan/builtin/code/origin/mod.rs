//! Where a value comes from: a constant, something unknown, a string that is built, or data of a request.
//!
//! Names are looked up in the functions around their use; of each, all assignments before the use count,
//! in any branch. What the functions of the same file get and return is followed a few calls deep. What other
//! functions return is unknown, but for those that only change the form of a text (`flow.toml`).
//!
//! [`Flow::value`] asks what kind of expression a value is, and hands it on to the file that knows that kind; each of
//! them asks it for the values in its own.

mod calls;
mod host;
mod lookup;
mod parameters;
mod passed;
mod request;
mod texts;
mod written;

use tree_sitter::Node;

use super::expression::Expression;
use super::flow::Flow;
use super::kinds::{Role, last_child};
use passed::is_looked_up;
use texts::written_at;

/// How many nodes are looked at for one value.
const NODES: u32 = 3_000;
/// How deep an expression and the assignments behind it are followed.
const DEPTH: u32 = 40;
/// How many assignments to one name are looked at, the last ones before its use.
const ASSIGNMENTS: usize = 24;
/// How many functions of one file are followed for one value.
const FUNCTIONS: u32 = 4;
/// How many pairs of an object are looked at.
const PAIRS: usize = 24;
/// Longest text that may name where data of a request comes from.
const SOURCE: usize = 300;

/// What a value may be, the more dangerous the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// It stands in the code.
    Constant,
    /// What an object or a module holds, or what a function makes of constants: set elsewhere, seldom by a stranger.
    Own,
    /// It comes from elsewhere.
    Unknown,
    /// It is a parameter, and comes from where the function is called.
    Handed,
    /// A string that is put together, with a part from elsewhere.
    Built,
    /// Data of a request, or of another input that a stranger controls.
    Request,
}

impl Origin {
    /// That of a text into which a value is put.
    fn built(self) -> Origin {
        match self {
            Origin::Unknown | Origin::Handed => Origin::Built,
            other => other,
        }
    }
}

/// What a rule wants to know of a value.
#[derive(Clone, Copy, Default)]
pub(super) struct Question<'t> {
    /// Calls whose result is harmless.
    pub(super) clean: Option<&'t Expression>,
    /// Which data of a request counts.
    pub(super) only: Option<&'t Expression>,
    /// It is used as a path or an address.
    pub(super) path: bool,
    /// It is an address, and only what says the host counts.
    pub(super) host: bool,
    /// A server asks for it, so that what a browser knows of its own page does not count.
    pub(super) server: bool,
    /// It is written into a page, so that what a link to the page cannot set does not count.
    pub(super) linked: bool,
    /// It is SQL: of an object with options, the text of the query counts, and some calls only make a value harmless
    /// between quotes.
    pub(super) sql: bool,
}

/// What is left to look at, and what is being looked at.
struct Trace<'t> {
    left: u32,
    /// How many more functions may be followed.
    functions: u32,
    question: Question<'t>,
    /// The calls whose results are looked up: where the function begins, and the arguments.
    calls: Vec<(usize, Node<'t>)>,
    /// Where the value is used.
    at: usize,
    /// What is looked at stands in SQL, and not between quotes.
    unquoted: bool,
    /// The names that are looked up: their scope, and the assignment that is read first.
    open: Vec<(usize, &'t str, usize)>,
}

impl<'t> Flow<'t> {
    /// Where a value comes from.
    pub(super) fn origin(&self, node: Node<'t>, question: Question<'t>) -> Origin {
        let mut trace = Trace {
            left: NODES,
            functions: FUNCTIONS,
            question,
            calls: Vec::new(),
            at: node.start_byte(),
            unquoted: false,
            open: Vec::new(),
        };
        let origin = self.value(node, &mut trace, 0);
        self.count(NODES - trace.left);
        origin
    }

    /// Counts steps against the limit of the file.
    fn count(&self, steps: u32) {
        self.steps.set(self.steps.get() + u64::from(steps));
    }

    /// Where a value comes from, `depth` expressions and assignments into the search.
    fn value(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        if depth > DEPTH || trace.left == 0 {
            return Origin::Unknown;
        }
        trace.left -= 1;
        let node = written_at(node);
        if let Some(known) = self.by_text(node, trace) {
            return known;
        }
        let origin = self.of_kind(node, trace, depth);
        let is_place = origin > Origin::Own && origin < Origin::Request && trace.question.sql;
        match is_place && self.names_column(node) {
            true => Origin::Own,
            false => origin,
        }
    }

    /// Where a value of some kind comes from.
    fn of_kind(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        match self.role(node) {
            Role::Constant | Role::Function | Role::Comparison => Origin::Constant,
            Role::Name => self.name(node, trace, depth),
            Role::Subscript | Role::Member if self.is_checked_part(node, trace) => Origin::Constant,
            Role::Member => self.member(node, trace, depth),
            Role::Subscript => {
                let base = node.named_child(0);
                base.map_or(Origin::Unknown, |b| self.value(b, trace, depth + 1))
            }
            Role::Call => self.call(node, trace, depth),
            Role::Binary => self.binary(node, trace, depth),
            // `where(name: x)`: the values of a hash are left to the driver.
            _ if node.kind() == "hash" && trace.question.sql => Origin::Constant,
            _ if node.kind() == "dynamic_variable_name" => self.braced(node, trace, depth),
            Role::Text if self.names_host(node, trace, depth) => Origin::Own,
            Role::Text => self.text_parts(node, trace, depth).built(),
            Role::Labelled => {
                let value = node.child_by_field_name("value");
                let value = value.or_else(|| last_child(node));
                value.map_or(Origin::Constant, |v| self.value(v, trace, depth + 1))
            }
            Role::Choice => self.choice(node, trace, depth),
            _ if node.named_child_count() == 0 || self.makes_number(node) => Origin::Constant,
            // `x for x in list`: what follows only says what `x` is.
            _ if matches!(
                node.kind(),
                "list_comprehension" | "generator_expression" | "set_comprehension"
            ) =>
            {
                let body = node.child_by_field_name("body");
                body.map_or(Origin::Unknown, |b| self.value(b, trace, depth + 1))
            }
            _ if (trace.question.host || trace.question.sql) && node.kind() == "object" => {
                let mut cursor = node.walk();
                let pairs = node.named_children(&mut cursor).take(PAIRS);
                let sql = trace.question.sql;
                let pairs = pairs.filter(|p| self.says(*p, sql)).collect();
                self.most(pairs, trace, depth)
            }
            _ => self.parts(node, trace, depth),
        }
    }

    /// What `a ? b : c` comes to.
    fn choice(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let condition = node.child_by_field_name("condition");
        // Python has no fields there: `a if condition else b`.
        let condition = condition.or_else(|| node.named_child(1));
        let said = condition.map_or("", |c| self.text_of(c));
        let mut cursor = node.walk();
        let parts = node.named_children(&mut cursor);
        let parts = parts.filter(|p| Some(p.id()) != condition.map(|c| c.id()));
        // `in_array($x, $list) ? $x : 'other'`
        let parts = parts.filter(|p| !is_looked_up(said, self.text_of(*p)));
        self.most(parts.collect(), trace, depth)
    }

    /// Whether a part of an object with the options of a call says which host it asks, or is the text of a query.
    fn says(&self, pair: Node<'t>, sql: bool) -> bool {
        let key = pair.child_by_field_name("key").unwrap_or(pair);
        let key = self.text_of(key).trim_matches(['"', '\'']);
        let host = [
            "url",
            "uri",
            "baseURL",
            "baseUrl",
            "host",
            "hostname",
            "href",
            "origin",
            "location",
            "Location",
            "destination",
        ];
        let text = ["sql", "text", "query", "statement"];
        let says: &[&str] = if sql { &text } else { &host };
        says.contains(&key) || pair.kind() == "spread_element"
    }

    /// Whether a node makes a number of whatever it is given: `(int) $x`.
    fn makes_number(&self, node: Node<'t>) -> bool {
        let to = || {
            node.child_by_field_name("type")
                .map_or("", |t| self.text_of(t))
        };
        node.kind() == "cast_expression"
            && matches!(
                to().to_ascii_lowercase().as_str(),
                "int" | "integer" | "float" | "double" | "bool" | "boolean" | "long" | "short"
            )
    }

    /// The worst of several values.
    fn most(&self, parts: Vec<Node<'t>>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let mut most = Origin::Constant;
        for part in parts {
            most = most.max(self.value(part, trace, depth + 1));
            if most == Origin::Request {
                break;
            }
        }
        most
    }

    /// The worst of the values in a node.
    fn parts(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let mut cursor = node.walk();
        let parts = node.named_children(&mut cursor).collect();
        self.most(parts, trace, depth)
    }
}
