//! Binds names to what is assigned to them, or put into them by a call.

use tree_sitter::Node;

use super::super::kinds::Role;
use super::super::text::name_at;
use super::{Binding, Flow, LONGEST_CALLEE};

impl<'t> Flow<'t> {
    pub(super) fn assignment(&mut self, node: Node<'t>, role: Role, scope: usize) {
        let field = |names: &[&str]| names.iter().find_map(|f| node.child_by_field_name(f));
        let (left, right) = match node.kind() {
            "foreach_statement" => (node.named_child(1), node.named_child(0)),
            "as_pattern" => (field(&["alias"]), node.named_child(0)),
            _ => (
                field(&["left", "name", "pattern"]),
                field(&["right", "value"]),
            ),
        };
        let (Some(left), Some(right)) = (left, right) else {
            return;
        };
        let adds = role == Role::Addition
            || node.kind() == "assignment_statement"
                && node
                    .child_by_field_name("operator")
                    .is_some_and(|o| self.text_of(o) == "+=");
        let binding = match adds {
            true => Binding::Added(right),
            false => Binding::Value(right),
        };
        let declares = !matches!(
            node.kind(),
            "assignment_expression"
                | "assignment_statement"
                | "assignment"
                | "augmented_assignment_expression"
                | "operator_assignment"
        );
        self.bind_in(left, binding, scope, declares);
    }

    pub(super) fn block(&mut self, parameters: Node<'t>, block: Node<'t>, scope: usize) {
        // `list.each do |x|`: `x` is a part of the list.
        let call = block.parent();
        let Some(from) = call.and_then(|c| c.child_by_field_name("receiver")) else {
            return;
        };
        self.bind(parameters, Binding::Value(from), scope);
    }

    /// Binds what a call puts into an argument: `decoder.Decode(&x)`.
    pub(super) fn filled(
        &mut self,
        call: Node<'t>,
        callee: &str,
        arguments: Node<'t>,
        scope: usize,
    ) {
        let fills = self.names.fills.as_ref();
        if !fills.is_some_and(|fills| fills.is_match(callee.as_bytes())) {
            return;
        }
        let mut cursor = arguments.walk();
        for argument in arguments.named_children(&mut cursor) {
            let place = argument.child_by_field_name("operand");
            let place = place.filter(|_| argument.kind() == "unary_expression");
            // `user := new(User); c.Bind(user)`
            let is_last = argument.next_named_sibling().is_none();
            let pointer = (is_last && self.role(argument) == Role::Name).then_some(argument);
            if let Some(place) = place.or(pointer) {
                let scope = self.scope_with(self.text_of(place), scope);
                self.bind(place, Binding::Value(call), scope);
            }
        }
    }

    /// Binds what a call adds to the name that it is called on: `text.append(x)`.
    pub(super) fn added(
        &mut self,
        call: Node<'t>,
        callee: &'t str,
        arguments: Node<'t>,
        scope: usize,
    ) {
        let adds = self.names.adds.as_ref();
        if callee.len() >= LONGEST_CALLEE
            || !adds.is_some_and(|adds| adds.is_match(callee.as_bytes()))
        {
            return;
        }
        // `(list as any[]).push(x)`
        let callee = callee.trim_start_matches('(');
        let name = name_at(callee, b"");
        if name.len() == callee.len() {
            return;
        }
        let scope = self.scope_with(name, scope);
        // What is no variable of this file cannot be looked up either.
        if let Some(known) = self
            .scopes
            .get_mut(scope)
            .and_then(|s| s.names.get_mut(name))
        {
            // The calls of a chain are seen from the last to the first.
            let at = known.partition_point(|(end, _)| *end <= call.end_byte());
            known.insert(at, (call.end_byte(), Binding::Added(arguments)));
        }
    }

    /// Binds the names in a pattern, which are those of a function.
    pub(super) fn bind(&mut self, pattern: Node<'t>, binding: Binding<'t>, scope: usize) {
        self.bind_in(pattern, binding, scope, true);
    }

    /// Binds the names in a pattern, which declares them or assigns to them.
    fn bind_in(&mut self, pattern: Node<'t>, binding: Binding<'t>, scope: usize, declares: bool) {
        let end = binding.node().end_byte();
        let mut open = vec![(pattern, binding)];
        let mut most = 64;
        while let Some((node, binding)) = open.pop() {
            most -= 1;
            if most == 0 {
                return;
            }
            match self.role(node) {
                Role::Name | Role::Member => {
                    let name = self.text_of(node);
                    let scope = match declares || !self.reaches_out {
                        true => scope,
                        false => self.scope_with(name, scope),
                    };
                    let names = &mut self.scopes[scope].names;
                    names.entry(name).or_default().push((end, binding));
                }
                // `table["key"] = value`
                Role::Subscript => {
                    let on = node.child_by_field_name("object");
                    let on = on.filter(|o| self.role(*o) == Role::Name);
                    if let (Some(on), Binding::Value(value)) = (on, binding) {
                        let scope = self.scope_with(self.text_of(on), scope);
                        let names = self.scopes.get_mut(scope).map(|s| &mut s.names);
                        let known = names.and_then(|n| n.get_mut(self.text.get(on.byte_range())?));
                        known
                            .into_iter()
                            .for_each(|k| k.push((end, Binding::Put(value))));
                    }
                }
                Role::Constant => {}
                // `for (const [key, value] of Object.entries(table))`
                _ if node.kind() == "array_pattern"
                    && let Binding::Value(from) = binding
                    && let Some(table) = self.entries_of(from) =>
                {
                    let mut cursor = node.walk();
                    for (place, part) in node.named_children(&mut cursor).enumerate() {
                        open.push((
                            part,
                            if place == 0 {
                                Binding::Key(table)
                            } else {
                                binding
                            },
                        ));
                    }
                }
                _ if node.kind() == "object_pattern" => {
                    let mut cursor = node.walk();
                    for part in node.named_children(&mut cursor) {
                        let key = part.child_by_field_name("key");
                        let key = key.or_else(|| part.child_by_field_name("left"));
                        let key = self.text_of(key.unwrap_or(part));
                        let value = part.child_by_field_name("value").unwrap_or(part);
                        open.push(match binding {
                            Binding::Value(from) if part.kind() != "rest_pattern" => {
                                (value, Binding::Part(from, key))
                            }
                            _ => (value, binding),
                        });
                    }
                }
                _ => {
                    let mut cursor = node.walk();
                    open.extend(node.named_children(&mut cursor).map(|n| (n, binding)));
                }
            }
        }
    }

    /// The object that `Object.entries` gets.
    fn entries_of(&self, call: Node<'t>) -> Option<Node<'t>> {
        let callee = self
            .callee(call)
            .filter(|_| self.role(call) == Role::Call)?;
        let is_entries = callee == "Object.entries";
        is_entries.then(|| call.child_by_field_name("arguments")?.named_child(0))?
    }
}
