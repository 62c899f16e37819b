//! What a match comes to whose rule follows a value: the severity that the rule has for where the value comes from.

use std::sync::LazyLock;

use ast_grep_core::NodeMatch;
use ast_grep_core::tree_sitter::StrDoc;
use tree_sitter::Node;

use super::dialect::Dialect;
use super::flow::Flow;
use super::origin::{Origin, Question};
use super::parse::Found;
use super::rule::{Expression, Follow, Rule};
use crate::model::Score;

/// CWE numbers of weaknesses that a path or an address has: what keeps it within a folder or a site counts.
const PATHS: [u32; 8] = [22, 23, 36, 73, 98, 434, 601, 918];

/// The CWE number of requests that a server makes to an address that a stranger chose.
const REQUESTS: u32 = 918;

/// Those of values that are written into pages, and of redirects.
const SHOWN: [u32; 2] = [79, 601];
/// That of SQL.
const SQL: u32 = 89;

/// The value, or the values, that a rule follows from one match.
pub(super) struct Followed<'r, 't> {
    rule: &'r Rule,
    flow: &'r Flow<'t>,
    nodes: Vec<Node<'t>>,
    /// Where the most dangerous of them comes from.
    pub(super) origin: Origin,
}

impl<'r, 't> Followed<'r, 't> {
    pub(super) fn of(
        rule: &'r Rule,
        follow: &Follow,
        found: &NodeMatch<'t, StrDoc<Dialect>>,
        flow: &'r Flow<'t>,
    ) -> Followed<'r, 't> {
        let env = found.get_env();
        let all = values(follow, found.get_node(), |name| {
            match env.get_match(name).cloned() {
                Some(one) => vec![one],
                None => env.get_multiple_matches(name),
            }
        });
        let is_sql = rule.cwe.contains(&SQL);
        let question = Question {
            clean: rule.clean.as_ref(),
            only: rule.only.as_ref(),
            path: rule.cwe.iter().any(|c| PATHS.contains(c)),
            host: rule.host,
            server: rule.cwe.contains(&REQUESTS),
            linked: rule.cwe.iter().any(|c| SHOWN.contains(c)),
            sql: is_sql,
        };
        let mut nodes: Vec<_> = all.iter().map(Found::get_inner_node).collect();
        if is_sql {
            nodes = nodes.into_iter().map(statement).collect();
            // Of several arguments, only the statement counts.
            if let Some(needs) = rule.needs.as_ref().filter(|_| nodes.len() > 1) {
                nodes.retain(|node| flow.looks_like(&[*node], needs));
            }
        }
        let origins = nodes.iter().map(|node| flow.origin(*node, question));
        let origin = origins.max().unwrap_or(Origin::Constant);
        Followed {
            rule,
            flow,
            nodes,
            origin,
        }
    }

    /// Whether it is written into a page, and not a constant.
    pub(super) fn is_shown(&self) -> bool {
        self.rule.cwe.first() == Some(&SHOWN[0]) && self.origin > Origin::Constant
    }

    /// The severity of `call`, which the rule matches; none if the value doesn't matter.
    pub(super) fn score(&self, call: &Found<'t>, dialect: Dialect) -> Option<Score> {
        let rule = self.rule;
        let is_excepted = || self.looks_like(rule.except.as_ref()) == Some(true);
        if rule.written.is_some()
            && self.looks_like(rule.needs.as_ref()) == Some(true)
            && !is_excepted()
        {
            return rule.written;
        }
        let is_other = || self.looks_wide(rule.needs.as_ref()) == Some(false) || is_excepted();
        if self.origin == Origin::Constant || is_other() {
            return None;
        }
        match self.origin {
            Origin::Constant => None,
            Origin::Own => rule.unknown.or(rule.unshaped),
            Origin::Unknown => rule.unknown,
            Origin::Handed => rule.handed.or(rule.unknown),
            Origin::Built => {
                let is_bound = self.looks_like(rule.bound.as_ref()) == Some(true)
                    || rule.cwe.contains(&SQL) && hands_values(call, dialect);
                match is_bound || self.looks_wide(rule.shape.as_ref()) == Some(false) {
                    true => rule.unshaped,
                    false => rule.built.or(rule.unknown),
                }
            }
            Origin::Request => Some(rule.score),
        }
    }

    fn looks_like(&self, shape: Option<&Expression>) -> Option<bool> {
        shape.map(|shape| self.flow.looks_like(&self.nodes, shape))
    }

    /// The same, also of the texts that it is put together from.
    fn looks_wide(&self, shape: Option<&Expression>) -> Option<bool> {
        let shape = shape?;
        let fits = self.flow.looks_like(&self.nodes, shape);
        Some(fits || self.flow.parts_look_like(&self.nodes, shape))
    }
}

/// Of `where(["a = ?", x])`, the SQL: the others are values.
fn statement(node: Node<'_>) -> Node<'_> {
    let value = node.child_by_field_name("value");
    let list = value.filter(|_| node.kind() == "pair").unwrap_or(node);
    let first = list.named_child(0).filter(|_| list.kind() == "array");
    first.unwrap_or(node)
}

/// The values of a match that are followed.
fn values<'t>(
    follow: &Follow,
    node: &Found<'t>,
    named: impl Fn(&str) -> Vec<Found<'t>> + Copy,
) -> Vec<Found<'t>> {
    let arguments = || {
        let list = node.field("arguments");
        // In Python, an f-string alone or a generator stands for the list.
        let list = list.or_else(|| node.children().find(|c| c.kind() == "arguments"));
        list.map_or(Vec::new(), |l| {
            l.named_children()
                .filter(|c| c.kind() != "comment")
                .collect()
        })
    };
    let is_labelled = |n: &Found<'t>| matches!(&*n.kind(), "keyword_argument" | "pair");
    match follow {
        Follow::Several(all) => all.iter().flat_map(|f| values(f, node, named)).collect(),
        Follow::Argument(number) => {
            let mut by_place = arguments().into_iter().filter(|a| !is_labelled(a));
            by_place.nth(number.saturating_sub(1)).into_iter().collect()
        }
        Follow::Named(name) if name == "arguments" => arguments(),
        Follow::Named(name) if name == "itself" => vec![node.clone()],
        Follow::Named(name) if name == "receiver" => {
            let receiver = node.field("receiver").or_else(|| node.field("object"));
            receiver.into_iter().collect()
        }
        Follow::Named(name) if name == "right" => {
            let right = node.field("right").or_else(|| node.field("value"));
            right.into_iter().collect()
        }
        Follow::Named(name) if name.starts_with(|c: char| c.is_ascii_uppercase()) => named(name),
        Follow::Named(name) => arguments()
            .into_iter()
            .filter(|a| {
                let label = a.field("name").or_else(|| a.field("key"));
                label.is_some_and(|l| l.text().trim_matches([':', '"', '\'']) == name)
            })
            .collect(),
    }
}

/// Whether a call hands the values of its SQL over beside it: as drivers of Python take them, and as a list in Go
/// (`db.Query(query, args...)`).
fn hands_values(call: &Found<'_>, dialect: Dialect) -> bool {
    if dialect == Dialect::Go {
        let arguments = call.field("arguments");
        return arguments.is_some_and(|a| a.children().any(|n| n.kind() == "variadic_argument"));
    }
    if dialect != Dialect::Python {
        return false;
    }
    // The second argument of pandas' functions is the connection.
    let callee = call.field("function");
    let is_of_driver = callee.is_none_or(|c| !c.text().contains("read_sql"));
    let is_empty = |n: &Found<'_>| matches!(&*n.kind(), "tuple" | "list") && n.text().len() <= 2;
    let second = values(&Follow::Argument(2), call, |_| Vec::new());
    is_of_driver && second.iter().any(|n| !is_empty(n))
}

/// Whether a file in PHP says that its answers are no HTML, and holds none.
pub(super) fn answers_plainly(text: &str) -> bool {
    static PLAIN: LazyLock<Expression> = LazyLock::new(|| {
        let text =
            r"(?i)content-type:\s*(?:text/(?:plain|csv|xml|css|javascript)|application/|image/)";
        Expression::constant(text)
    });
    static HTML: LazyLock<Expression> = LazyLock::new(|| {
        let text = r"(?i)text/html|<(?:html|body|div|form|p|pre|h\d|a|table|span|b|br|script)\b";
        Expression::constant(text)
    });
    PLAIN.is_match(text.as_bytes()) && !HTML.is_match(text.as_bytes())
}
