//! Texts that are put together from parts. In SQL, it counts whether a part stands between quotes.

use std::sync::LazyLock;

use tree_sitter::Node;

use super::super::expression::Expression;
use super::super::flow::Flow;
use super::super::kinds::{Role, is_string};
use super::{Origin, Trace};

impl<'t> Flow<'t> {
    /// The worst part of a text. In SQL, what stands before a part says whether it stands between quotes.
    pub(super) fn text_parts(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        if !trace.question.sql || self.names.quoted.is_none() {
            return self.parts(node, trace, depth);
        }
        let outside = trace.unquoted;
        let mut quote = None;
        let mut most = Origin::Constant;
        let mut open = vec![node];
        while let Some(part) = open.pop() {
            if matches!(part.kind(), "string_content" | "escape_sequence") {
                for byte in self.text_of(part).bytes() {
                    match quote {
                        Some(begun) if begun == byte => quote = None,
                        None if matches!(byte, b'\'' | b'"' | b'`') => quote = Some(byte),
                        _ => {}
                    }
                }
                continue;
            }
            let joins = match self.role(part) {
                Role::Text => true,
                Role::Binary => {
                    let operator = part.child_by_field_name("operator");
                    operator.is_some_and(|o| self.text_of(o) == ".")
                }
                _ => part.kind() == "parenthesized_expression" || part.kind() == "heredoc_body",
            };
            if joins && trace.left > 0 {
                trace.left -= 1;
                let from = open.len();
                let mut cursor = part.walk();
                open.extend(part.named_children(&mut cursor));
                open[from..].reverse();
                continue;
            }
            trace.unquoted = quote.is_none();
            most = most.max(self.value(part, trace, depth + 1));
            if most == Origin::Request {
                break;
            }
        }
        trace.unquoted = outside;
        most
    }

    /// Whether a value is the name of a table, a column or the like by what it is called: that of a database's own
    /// things seldom comes from a stranger.
    pub(super) fn names_column(&self, node: Node<'t>) -> bool {
        static NAMES: LazyLock<Expression> = LazyLock::new(|| {
            Expression::new(
                r"(?i)^\$?(?:\w*(?:table|column|schema|catalog|database|index|constraint|sequence|enum|trigger|view|sequence|primary_?key)_?names?|(?:\w+_)?(?:tbl|tables?|columns?|cols?|schemas?|pk)|\w+(?:Table|Column|Schema)s?|(?:quoted|escaped)_?\w+)$",
            )
        });
        let text = match self.role(node) {
            Role::Name | Role::Member => self.text_of(node),
            Role::Call => self.callee(node).unwrap_or_default(),
            _ => return false,
        };
        let last = text.rsplit(['.', '>', ':', '@']).next().unwrap_or(text);
        NAMES.is_match(last.as_bytes())
    }

    pub(super) fn binary(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let operator = node.child_by_field_name("operator");
        let operator = operator.map_or("", |o| self.text_of(o));
        match operator {
            "==" | "===" | "!=" | "!==" | "<" | ">" | "<=" | ">=" | "in" | "instanceof" | "=~"
            | "!~" | "<=>" | "-" | "**" | "&" | "^" | ">>" => return Origin::Constant,
            "&&" | "and" => {
                let right = node.child_by_field_name("right");
                return right.map_or(Origin::Unknown, |r| self.value(r, trace, depth + 1));
            }
            "||" | "or" | "??" | "?:" => return self.parts(node, trace, depth),
            // In PHP, only a dot joins texts.
            "*" | "/" | "%" if self.joins_with_dot => return Origin::Constant,
            "+" if self.joins_with_dot => {
                let mut cursor = node.walk();
                let mut sides = node.named_children(&mut cursor);
                if sides.any(|s| matches!(s.kind(), "integer" | "float")) {
                    return Origin::Constant;
                }
            }
            _ => {}
        }
        if self.names_host(node, trace, depth) {
            return Origin::Own;
        }
        match self.text_parts(node, trace, depth) {
            Origin::Unknown | Origin::Handed if self.joins_text(node) => Origin::Built,
            other => other,
        }
    }

    /// Whether a part of a sum is a string.
    fn joins_text(&self, node: Node<'t>) -> bool {
        let mut open = vec![node];
        let mut most = 64;
        while let Some(node) = open.pop() {
            most -= 1;
            if most == 0 || is_string(node.kind()) {
                return true;
            }
            if self.role(node) == Role::Binary || node.kind() == "parenthesized_expression" {
                let mut cursor = node.walk();
                open.extend(node.named_children(&mut cursor));
            }
        }
        false
    }
}

/// The text that a heredoc stands for, or the node itself.
pub(super) fn written_at(node: Node<'_>) -> Node<'_> {
    if node.kind() != "heredoc_beginning" {
        return node;
    }
    let mut around = Some(node);
    while let Some(here) = around {
        let mut next = here.next_named_sibling();
        while let Some(sibling) = next {
            if sibling.kind() == "heredoc_body" {
                return sibling;
            }
            next = sibling.next_named_sibling();
        }
        around = here.parent();
    }
    node
}
