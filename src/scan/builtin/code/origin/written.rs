//! What a value looks like, as a rule asks: its text, those that its name is assigned, and as a whole the texts of the
//! names that it is put together from and those that the calls of a function hand over.

use tree_sitter::Node;

use super::super::expression::Expression;
use super::super::flow::{Binding, CALLS, Flow, called_name};
use super::super::kinds::{Role, called_on, is_string, last_child, role};
use super::texts::written_at;
use super::{ASSIGNMENTS, PAIRS};

/// How many assignments, names and calls are looked at for one value.
const MOST: usize = 8;
/// How many nodes of an expression are looked at for names.
const NODES: usize = 64;
/// Longest text that is looked at, in bytes.
const LONGEST: usize = 4_000;
/// How much of a text takes the time of a node, in bytes.
const PIECE: usize = 64;

impl<'t> Flow<'t> {
    /// Whether a value is built by a text that an expression fits, here or where its name is assigned.
    pub(in crate::scan::builtin::code) fn looks_like(
        &self,
        nodes: &[Node<'t>],
        shape: &Expression,
    ) -> bool {
        nodes.iter().any(|node| self.one_looks_like(*node, shape))
    }

    fn one_looks_like(&self, node: Node<'t>, shape: &Expression) -> bool {
        let node = written_at(node);
        if self.fits(self.text_of(node), shape) {
            return true;
        }
        if self.role(node) == Role::Labelled || node.kind() == "argument" {
            return last_child(node).is_some_and(|v| self.one_looks_like(v, shape));
        }
        if node.kind() == "object" {
            let mut cursor = node.walk();
            let mut pairs = node.named_children(&mut cursor).take(PAIRS);
            return pairs.any(|pair| self.one_looks_like(pair, shape));
        }
        let is_call = self.role(node) == Role::Call;
        // What a function of this file returns.
        if is_call && let Some(callee) = self.callee(node) {
            let functions = self.functions.get(called_name(callee));
            let mut returned = functions
                .into_iter()
                .flatten()
                .take(CALLS)
                .filter_map(|f| self.scopes.get(*f))
                .flat_map(|scope| scope.returns.iter().take(CALLS));
            if returned.any(|value| self.fits(self.text_of(*value), shape)) {
                return true;
            }
        }
        // `builder.toString()` is what was added to it.
        let on = called_on(node).filter(|on| is_call && self.role(*on) == Role::Name);
        let name = self.text_of(on.unwrap_or(node));
        let Some((_, bindings)) = self.bindings(name, node.start_byte()) else {
            return false;
        };
        // A text that is added to in several steps is looked at as a whole.
        let whole: Vec<&str> = bindings
            .iter()
            .take(ASSIGNMENTS)
            .map(|(_, binding)| self.text_of(binding.node()))
            .collect();
        self.fits(&whole.join(" + "), shape)
    }

    fn fits(&self, text: &str, shape: &Expression) -> bool {
        self.count(u32::try_from(text.len() / PIECE).unwrap_or(u32::MAX));
        shape.is_match(text.as_bytes())
    }

    /// Whether a text that values are put together from fits an expression, as in `base + " ORDER BY " + column`.
    pub(in crate::scan::builtin::code) fn parts_look_like(
        &self,
        nodes: &[Node<'t>],
        shape: &Expression,
    ) -> bool {
        nodes.iter().any(|node| {
            let is_call = self.role(*node) == Role::Call;
            let on = called_on(*node).filter(|on| is_call && self.role(*on) == Role::Name);
            let name = on.unwrap_or(*node);
            let mut written = match self.role(name) {
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
            let steps = whole.len() / NODES + NODES * written.len();
            self.count(u32::try_from(steps).unwrap_or(u32::MAX));
            !whole.is_empty() && shape.is_match(whole.as_bytes())
        })
    }

    /// What is assigned to a name, or handed over for it.
    fn written(&self, name: Node<'t>) -> Vec<Node<'t>> {
        let mut all = Vec::new();
        let Some((scope, bindings)) = self.bindings(self.text_of(name), name.start_byte()) else {
            return all;
        };
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
        all
    }

    /// The texts that are assigned to the names in an expression.
    fn parts_written(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let (mut found, mut open, mut left) = (Vec::new(), vec![node], NODES);
        while let Some(node) = open.pop() {
            left -= 1;
            if left == 0 || found.len() >= MOST {
                break;
            }
            if self.role(node) == Role::Name {
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
