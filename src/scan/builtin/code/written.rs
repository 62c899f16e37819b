//! What a built text looks like as a whole: with the texts of the names that it is put together from, and those that
//! the calls of a function hand over.

use tree_sitter::Node;

use super::expression::Expression;
use super::flow::{Binding, Flow};
use super::kinds::{Role, is_string, role};
use super::origin::called_on;

/// How many assignments, names and calls are looked at for one value.
const MOST: usize = 8;
/// How many nodes of an expression are looked at for names.
const NODES: usize = 64;
/// Longest text that is looked at, in bytes.
const LONGEST: usize = 4_000;

impl<'t> Flow<'t> {
    /// Whether a text that values are put together from fits an expression, as in `base + " ORDER BY " + column`.
    pub(super) fn parts_look_like(&self, nodes: &[Node<'t>], shape: &Expression) -> bool {
        nodes.iter().any(|node| {
            let is_call = role(node.kind()) == Role::Call;
            let on = called_on(*node).filter(|on| is_call && role(on.kind()) == Role::Name);
            let name = on.unwrap_or(*node);
            let mut written = match role(name.kind()) {
                Role::Name => self.written(name),
                _ => Vec::new(),
            };
            // `String.format(..)` is called on no value.
            if written.is_empty() {
                written.push(*node);
            }
            for part in written.clone() {
                written.extend(self.parts_written(part));
            }
            let whole: Vec<&str> = written
                .iter()
                .map(|n| self.text_of(*n))
                .filter(|text| text.len() < LONGEST)
                .collect();
            let whole = whole.join(" + ");
            let steps = self.steps.get() + (whole.len() / NODES + NODES * written.len()) as u64;
            self.steps.set(steps);
            !whole.is_empty() && shape.is_match(whole.as_bytes())
        })
    }

    /// What is assigned to a name, or handed over for it.
    fn written(&self, name: Node<'t>) -> Vec<Node<'t>> {
        let mut index = Some(self.scope_at(name.start_byte()));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            index = scope.parent;
            let Some(bindings) = scope.names.get(self.text_of(name)) else {
                continue;
            };
            let mut all = Vec::new();
            for (_, binding) in bindings.iter().take(MOST) {
                match binding {
                    Binding::Value(value) | Binding::Added(value) | Binding::Put(value) => {
                        all.push(*value);
                    }
                    Binding::Part(..) | Binding::Key(_) => {}
                    Binding::Parameter(_, place) => {
                        let calls = scope.called.and_then(|called| self.calls.get(called));
                        let given = calls.into_iter().flatten().take(MOST);
                        let place = u32::try_from(*place).unwrap_or(u32::MAX);
                        all.extend(given.filter_map(|arguments| arguments.named_child(place)));
                    }
                }
            }
            return all;
        }
        Vec::new()
    }

    /// The texts that are assigned to the names in an expression.
    fn parts_written(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let (mut found, mut open, mut left) = (Vec::new(), vec![node], NODES);
        while let Some(node) = open.pop() {
            left -= 1;
            if left == 0 || found.len() >= MOST {
                break;
            }
            if role(node.kind()) == Role::Name {
                let is_text = |n: &Node<'t>| {
                    let inner = n.named_child(0).filter(|_| n.kind() == "expression_list");
                    let kind = inner.unwrap_or(*n).kind();
                    is_string(kind) || role(kind) == Role::Binary || role(kind) == Role::Call
                };
                found.extend(self.written(node).into_iter().filter(is_text));
            } else {
                let mut cursor = node.walk();
                open.extend(node.named_children(&mut cursor));
            }
        }
        found
    }
}
