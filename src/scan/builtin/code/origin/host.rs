//! Which part of an address says the host: data of a request that comes after it chooses no server.

use std::sync::LazyLock;

use regex::bytes;
use tree_sitter::Node;

use super::super::expression::{Expression, constant};
use super::super::flow::Flow;
use super::super::kinds::{Role, called_on, is_string};
use super::{DEPTH, Origin, Trace};

impl<'t> Flow<'t> {
    /// Whether a built address begins with a host that the code chooses, where that is what counts.
    pub(super) fn names_host(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> bool {
        if !trace.question.host || depth > DEPTH {
            return false;
        }
        if self.joins_with_dot
            && let Some(names) = self.header_names_host(node, trace, depth)
        {
            return names;
        }
        let mut first = node;
        for _ in 0..DEPTH {
            first = match self.role(first) {
                Role::Binary => match first.named_child(0) {
                    Some(left) => left,
                    None => return false,
                },
                Role::Call => {
                    let on = called_on(first).filter(|on| is_string(on.kind()));
                    let arguments = first.child_by_field_name("arguments");
                    match on.or_else(|| arguments.and_then(|a| a.named_child(0))) {
                        Some(inner) => inner,
                        None => break,
                    }
                }
                _ if matches!(first.kind(), "argument" | "parenthesized_expression") => {
                    match first.named_child(0) {
                        Some(inner) => inner,
                        None => return false,
                    }
                }
                _ => break,
            };
        }
        let text = self.text_of(first);
        if is_string(first.kind()) || self.role(first) == Role::Text {
            static HOST: LazyLock<Expression> = LazyLock::new(|| {
                let text = r#"^[fFrRbB]{0,2}["'`]+(?:(?:https?:|wss?:)?//[\w.:-]+[/?#]|(?:https?:|wss?:)?//[\w.:-]+["'`]$|/[\w.-]|/["'`]|[?#&]|[\w-][\w./-]*[/?])"#;
                Expression::constant(text)
            });
            if HOST.is_match(text.as_bytes()) {
                return true;
            }
            // `${base}/path`
            let begins_with_value = ["`${", "f\"{", "f'{", "\"#{", "\"{$", "\"$"];
            if !begins_with_value.iter().any(|b| text.starts_with(b)) {
                return false;
            }
            let mut cursor = first.walk();
            let mut parts = first.named_children(&mut cursor);
            let value = parts.find(|p| !matches!(p.kind(), "string_start" | "string_content"));
            return value.is_some_and(|v| self.value(v, trace, depth + 1) <= Origin::Own);
        }
        // A base that is not the request's own, unless what follows it still says the host.
        let names_later = self.text_of(node).contains("://");
        let most = match (names_later, self.joins_with_dot) {
            (_, true) => Origin::Built,
            (true, false) => Origin::Own,
            (false, false) => Origin::Handed,
        };
        first.id() != node.id() && self.value(first, trace, depth + 1) <= most
    }

    /// Whether the host of a header `Location: ..` is not what a stranger chose; none for any other text.
    fn header_names_host(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Option<bool> {
        static HEADER: LazyLock<bytes::Regex> = LazyLock::new(|| {
            constant(r"^(?i)\s*(?:location|refresh)\s*:\s*(?:\d*\s*;?\s*url\s*=\s*)?")
        });
        static TARGET: LazyLock<Expression> = LazyLock::new(|| {
            Expression::constant(
                r"^(?:(?:https?:)?//[\w.:-]+(?:[/?#]|$)|/[\w.-]|/$|[?#&]|\.{1,2}/|[\w-][\w./-]*(?:\.(?:php|html?)|[?/]))",
            )
        });
        let mut open = vec![node];
        let mut rest = None;
        for _ in 0..DEPTH {
            let part = open.pop()?;
            let inner = match self.role(part) {
                Role::Binary => true,
                Role::Text => part.named_child_count() > 0,
                _ => matches!(part.kind(), "argument" | "parenthesized_expression"),
            };
            if inner {
                let from = open.len();
                let mut cursor = part.walk();
                open.extend(part.named_children(&mut cursor));
                open[from..].reverse();
                continue;
            }
            let is_literal = part.kind() == "string_content";
            let text = self.text_of(part);
            match rest {
                None if is_literal => {
                    let target = text.get(HEADER.find(text.as_bytes())?.end()..)?;
                    if !target.is_empty() {
                        return Some(TARGET.is_match(target.as_bytes()));
                    }
                    rest = Some(());
                }
                None => return None,
                Some(()) if is_literal => return Some(TARGET.is_match(text.as_bytes())),
                Some(()) => {
                    return Some(self.value(part, trace, depth + 1) < Origin::Request);
                }
            }
        }
        None
    }
}
