//! Which part of an address says the host: data of a request that comes after it chooses no server.

use std::sync::LazyLock;

use tree_sitter::Node;

use super::expression::Expression as Regex;
use super::flow::Flow;
use super::kinds::{Role, is_string, role};
use super::names::ascii;
use super::origin::{DEPTH, Origin, Search, called_on};

impl<'t> Flow<'t> {
    /// Whether a built address begins with a host that the code chooses, where that is what counts.
    pub(super) fn names_host(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> bool {
        if !search.question.host || depth > DEPTH {
            return false;
        }
        let mut first = node;
        for _ in 0..DEPTH {
            first = match role(first.kind()) {
                Role::Binary => match first.named_child(0) {
                    Some(left) => left,
                    None => return false,
                },
                Role::Call => {
                    let on = called_on(first).filter(|on| is_string(on.kind()));
                    let arguments = first.child_by_field_name("arguments");
                    match on.or_else(|| arguments.and_then(|a| a.named_child(0))) {
                        Some(inner) => inner,
                        None => return false,
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
        if is_string(first.kind()) || role(first.kind()) == Role::Text {
            static HOST: LazyLock<Regex> = LazyLock::new(|| {
                let text = r#"^[fFrRbB]{0,2}["'`]+(?:(?:https?:|wss?:)?//[\w.:-]+[/?#]|(?:https?:|wss?:)?//[\w.:-]+["'`]$|/[\w.-]|/["'`]|[?#&])"#;
                ascii(text).expect("a test uses it")
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
            return value.is_some_and(|v| self.value(v, search, depth + 1) <= Origin::Own);
        }
        // A base that is not the request's own, unless what follows it still says the host.
        let names_later = self.text_of(node).contains("://");
        let most = if names_later {
            Origin::Own
        } else {
            Origin::Unknown
        };
        first.id() != node.id() && self.value(first, search, depth + 1) <= most
    }
}
