//! Reads a file: its functions, and what each node in them says.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use tree_sitter::Node;

use super::super::dialect::Dialect;
use super::super::expression::Expression;
use super::super::guards::Guard;
use super::super::kinds::{Role, last_child, roles};
use super::super::names::Names;
use super::super::parse::{Parsed, Telling};
use super::{CALLS, Flow, Handler, Scope, called_name};

impl<'t> Flow<'t> {
    /// Reads the assignments of a file, from the nodes that tell something.
    pub(in super::super) fn of(
        parsed: &'t Parsed,
        dialect: Dialect,
        telling: &[Telling<'t>],
    ) -> Flow<'t> {
        let text = parsed.source();
        let root = parsed.root().get_inner_node();
        let mut flow = Flow {
            text,
            roles: roles(dialect),
            names: Names::of(dialect),
            within: Vec::new(),
            handlers: Vec::new(),
            scopes: Vec::new(),
            calls: HashMap::new(),
            functions: HashMap::new(),
            reaches_out: !matches!(dialect, Dialect::Python | Dialect::Php),
            declares: !matches!(dialect, Dialect::Php | Dialect::Ruby),
            joins_with_dot: dialect == Dialect::Php,
            shadows_params: dialect == Dialect::Ruby,
            has_typed: false,
            steps: Cell::new(0),
            around: RefCell::default(),
        };
        flow.ask_names();
        flow.open_scope(root, None);
        // The functions around a node, with what is around them.
        let mut outer: Vec<(usize, usize)> = Vec::new();
        let mut current = 0;
        for telling in telling {
            let begin = telling.node.start_byte();
            while let Some((_, before)) = outer.pop_if(|(end, _)| *end <= begin) {
                current = before;
            }
            if telling.role == Role::Function {
                outer.push((telling.node.end_byte(), current));
                current = flow.open_scope(telling.node, Some((current, telling.parent)));
                flow.parameters(telling.node, telling.parent, current);
            } else {
                flow.read(telling, current);
            }
        }
        for scope in &mut flow.scopes {
            scope.guards.sort_by_key(Guard::begin);
        }
        flow
    }

    /// Takes over which data of a request and which functions count in this file.
    fn ask_names(&mut self) {
        let all = self.names.handler.as_ref().map(|begins| Handler {
            begins,
            handled: None,
            class: None,
        });
        self.handlers.extend(all);
        for here in &self.names.within {
            if !here.words.iter().any(|w| self.text.contains(w.as_str())) {
                continue;
            }
            self.within.extend(&here.request);
            let handler = here.handler.as_ref().map(|begins| Handler {
                begins,
                handled: here.handled.as_ref(),
                class: here.class.as_ref(),
            });
            self.handlers.extend(handler);
        }
    }

    /// Takes over what a node of a function says.
    fn read(&mut self, telling: &Telling<'t>, scope: usize) {
        let (node, parent) = (telling.node, telling.parent);
        match telling.role {
            Role::Assignment | Role::Addition => self.assignment(node, telling.role, scope),
            Role::BlockParameters => self.block(node, parent, scope),
            Role::Guard => {
                let guard = Guard::of(node, parent, self.text);
                self.scopes[scope].guards.extend(guard);
            }
            Role::Binary => {
                let guard = Guard::of_both(node, self.text);
                self.scopes[scope].guards.extend(guard);
            }
            Role::Call => self.read_call(node, parent, scope),
            Role::Return => {
                let value = node.named_child(0);
                self.scopes[scope].returns.extend(value);
            }
            _ => {}
        }
    }

    fn read_call(&mut self, call: Node<'t>, parent: Node<'t>, scope: usize) {
        let Some(callee) = self.callee(call) else {
            return;
        };
        self.asserted(call, callee, parent, scope);
        let Some(arguments) = call.child_by_field_name("arguments") else {
            return;
        };
        self.called(callee, arguments);
        if self.joins_with_dot {
            let guard = Guard::of_call(call, callee, parent, self.text);
            self.scopes[scope].guards.extend(guard);
        }
        self.filled(call, callee, arguments, scope);
        self.added(call, callee, arguments, scope);
    }

    /// Opens a function, which has a number of the scope around it and a node that it stands in, or the file.
    fn open_scope(&mut self, node: Node<'t>, around: Option<(usize, Node<'t>)>) -> usize {
        let handles = around.and_then(|(_, parent)| self.handles(node, parent));
        let called = around.and_then(|(_, parent)| self.name_of(node, parent));
        // What a short function or a method of Ruby comes to is returned without a word.
        let body = around.and_then(|_| node.child_by_field_name("body"));
        let last = body.and_then(|body| match body.kind() {
            "statement_block" | "block" | "compound_statement" | "constructor_body" => None,
            "body_statement" => last_child(body),
            _ => Some(body),
        });
        self.scopes.push(Scope {
            start: node.start_byte(),
            end: node.end_byte(),
            parent: around.map(|(scope, _)| scope),
            names: HashMap::new(),
            handles,
            called,
            returns: last.into_iter().collect(),
            typed: Vec::new(),
            object: Some(node)
                .filter(|n| n.kind() == "method_declaration")
                .and_then(|n| n.child_by_field_name("receiver")?.named_child(0)),
            is_command: around.is_some_and(|(_, parent)| self.is_command(node, parent)),
            guards: Vec::new(),
        });
        let index = self.scopes.len() - 1;
        if let Some(name) = called {
            self.functions.entry(name).or_default().push(index);
        }
        index
    }

    /// What stands before the body of a function whose parameters are data of a request, and which of them are.
    fn handles(
        &self,
        node: Node<'t>,
        parent: Node<'t>,
    ) -> Option<(&'t str, Option<&'static Expression>)> {
        if self.handlers.is_empty() {
            return None;
        }
        // Python's decorators stand before the function, and Java's annotations at its begin.
        let around = Some(parent).filter(|p| p.kind() == "decorated_definition");
        let begin = around.unwrap_or(node).start_byte();
        let name = node.child_by_field_name("name");
        let list = node.child_by_field_name("parameters");
        let is_short = matches!(node.kind(), "arrow_function" | "function_expression");
        let end = list.map(|l| l.end_byte());
        let end = end.filter(|_| name.is_some() || is_short);
        let head = self.text.get(begin..end.unwrap_or(begin));
        let class = || {
            let body = around.map_or(Some(parent), |around| around.parent());
            let class = body.and_then(|body| body.parent());
            let bases = class.and_then(|c| c.child_by_field_name("superclasses"));
            bases.map_or("", |bases| self.text_of(bases))
        };
        let head = head?;
        let known = self.handlers.iter().find(|handler| {
            handler.begins.is_match(head.as_bytes())
                && handler
                    .class
                    .is_none_or(|of| of.is_match(class().as_bytes()))
        });
        known.map(|handler| (head, handler.handled))
    }

    /// The name of a function, its own or that of what it is assigned to.
    fn name_of(&self, function: Node<'t>, around: Node<'t>) -> Option<&'t str> {
        let own = function.child_by_field_name("name");
        let name = own.or_else(|| match self.role(around) {
            Role::Assignment => ["name", "left"]
                .into_iter()
                .find_map(|f| around.child_by_field_name(f)),
            Role::Labelled => around.child_by_field_name("key"),
            _ => ["property", "name"]
                .into_iter()
                .find_map(|f| around.child_by_field_name(f))
                .filter(|_| around.kind().ends_with("field_definition")),
        })?;
        let name = self.text_of(name);
        let last = name.rsplit(['.', '>', ':']).next().unwrap_or(name);
        (!last.is_empty()).then_some(last)
    }

    /// Keeps the arguments of a call, for what the function that is called gets.
    fn called(&mut self, callee: &'t str, arguments: Node<'t>) {
        // A method of a part of this object belongs to another class, which is mostly in another file.
        let of_part = |rest: &str| rest.contains('.') && !rest.contains(['(', '[']);
        if callee.strip_prefix("self.").is_some_and(of_part) {
            return;
        }
        let known = self.calls.entry(called_name(callee)).or_default();
        if known.len() < CALLS {
            known.push(arguments);
        }
    }

    /// Notes a call that stands alone and throws if its argument is not fine: `assertInside(root, path)`.
    fn asserted(&mut self, call: Node<'t>, callee: &str, parent: Node<'t>, scope: usize) {
        let last = callee.rsplit(['.', '>', ':']).next().unwrap_or(callee);
        let last = last.trim_start_matches('_');
        let mut words = ["assert", "ensure", "validate"].iter();
        if !words.any(|w| last.starts_with(w)) {
            return;
        }
        let mut statement = Some(parent);
        if parent.kind() == "await_expression" {
            statement = parent.parent();
        }
        if let Some(statement) = statement.filter(|s| s.kind() == "expression_statement") {
            let guard = Guard::asserted(call, statement, self.text);
            self.scopes[scope].guards.extend(guard);
        }
    }
}
