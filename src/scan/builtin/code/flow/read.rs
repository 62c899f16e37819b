//! Reads a file: its functions, and what each node in them says.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use tree_sitter::Node;

use super::super::dialect::Dialect;
use super::super::expression::Expression;
use super::super::guards::Guard;
use super::super::kinds::{Role, last_child, role};
use super::super::names::Names;
use super::super::parse::Parsed;
use super::{CALLS, Flow, Handler, Scope, called_name};

impl<'t> Flow<'t> {
    /// Reads the assignments of a file.
    pub(in super::super) fn of(parsed: &'t Parsed, dialect: Dialect) -> Flow<'t> {
        let text = parsed.source();
        let root = parsed.root().get_inner_node();
        let mut flow = Flow {
            text,
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
        let mut cursor = root.walk();
        let mut current = 0;
        // Which scope to go back to on leaving a function.
        let mut outer: Vec<(usize, usize)> = Vec::new();
        loop {
            let node = cursor.node();
            if role(node.kind()) == Role::Function && node.id() != root.id() {
                outer.push((node.id(), current));
                current = flow.open_scope(node, Some(current));
                flow.parameters(node, current);
            } else {
                flow.read(node, current);
            }
            if cursor.goto_first_child() {
                continue;
            }
            loop {
                if outer
                    .last()
                    .is_some_and(|(id, _)| *id == cursor.node().id())
                    && let Some((_, before)) = outer.pop()
                {
                    current = before;
                }
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    for scope in &mut flow.scopes {
                        scope.guards.sort_by_key(Guard::begin);
                    }
                    return flow;
                }
            }
        }
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

    /// Takes over what a node of a function says, if it says anything.
    fn read(&mut self, node: Node<'t>, scope: usize) {
        match role(node.kind()) {
            Role::Assignment | Role::Addition => self.assignment(node, scope),
            Role::BlockParameters => self.block(node, scope),
            Role::Guard => {
                let guard = Guard::of(node, self.text);
                self.scopes[scope].guards.extend(guard);
            }
            Role::Binary => {
                let guard = Guard::of_both(node, self.text);
                self.scopes[scope].guards.extend(guard);
            }
            Role::Call => {
                self.called(node);
                if self.joins_with_dot {
                    let callee = self.callee(node).unwrap_or_default();
                    let guard = Guard::of_call(node, callee, self.text);
                    self.scopes[scope].guards.extend(guard);
                }
                self.filled(node, scope);
                self.added(node, scope);
                self.asserted(node, scope);
            }
            Role::Other if node.kind() == "return_statement" || node.kind() == "return" => {
                let value = node.named_child(0);
                self.scopes[scope].returns.extend(value);
            }
            _ => {}
        }
    }

    pub(super) fn open_scope(&mut self, node: Node<'t>, parent: Option<usize>) -> usize {
        let handles = parent.and_then(|_| self.handles(node));
        let called = parent.and_then(|_| self.name_of(node));
        // What a short function or a method of Ruby comes to is returned without a word.
        let body = parent.and_then(|_| node.child_by_field_name("body"));
        let last = body.and_then(|body| match body.kind() {
            "statement_block" | "block" | "compound_statement" | "constructor_body" => None,
            "body_statement" => last_child(body),
            _ => Some(body),
        });
        self.scopes.push(Scope {
            start: node.start_byte(),
            end: node.end_byte(),
            parent,
            names: HashMap::new(),
            handles,
            called,
            returns: last.into_iter().collect(),
            typed: Vec::new(),
            guards: Vec::new(),
        });
        let index = self.scopes.len() - 1;
        if let Some(name) = called {
            self.functions.entry(name).or_default().push(index);
        }
        index
    }

    /// What stands before the body of a function whose parameters are data of a request, and which of them are.
    fn handles(&self, node: Node<'t>) -> Option<(&'t str, Option<&'static Expression>)> {
        if self.handlers.is_empty() {
            return None;
        }
        // Python's decorators stand before the function, and Java's annotations at its begin.
        let around = node.parent().filter(|p| p.kind() == "decorated_definition");
        let begin = around.unwrap_or(node).start_byte();
        let name = node.child_by_field_name("name");
        let list = node.child_by_field_name("parameters");
        let is_short = matches!(node.kind(), "arrow_function" | "function_expression");
        let end = list.map(|l| l.end_byte());
        let end = end.filter(|_| name.is_some() || is_short);
        let head = self.text.get(begin..end.unwrap_or(begin));
        let outer = around
            .unwrap_or(node)
            .parent()
            .and_then(|body| body.parent());
        let class = outer.and_then(|c| c.child_by_field_name("superclasses"));
        let class = class.map_or("", |c| self.text_of(c)).as_bytes();
        head.and_then(|head| {
            let known = self.handlers.iter().find(|handler| {
                handler.begins.is_match(head.as_bytes())
                    && handler.class.is_none_or(|of| of.is_match(class))
            });
            known.map(|handler| (head, handler.handled))
        })
    }

    /// The name of a function, its own or that of what it is assigned to.
    fn name_of(&self, function: Node<'t>) -> Option<&'t str> {
        let own = function.child_by_field_name("name");
        let name = own.or_else(|| {
            let around = function.parent()?;
            match role(around.kind()) {
                Role::Assignment => ["name", "left"]
                    .into_iter()
                    .find_map(|f| around.child_by_field_name(f)),
                Role::Labelled => around.child_by_field_name("key"),
                _ => ["property", "name"]
                    .into_iter()
                    .find_map(|f| around.child_by_field_name(f))
                    .filter(|_| around.kind().ends_with("field_definition")),
            }
        })?;
        let name = self.text_of(name);
        let last = name.rsplit(['.', '>', ':']).next().unwrap_or(name);
        (!last.is_empty()).then_some(last)
    }

    /// Keeps the arguments of a call, for what the function that is called gets.
    fn called(&mut self, call: Node<'t>) {
        let Some(arguments) = call.child_by_field_name("arguments") else {
            return;
        };
        let Some(callee) = self.callee(call) else {
            return;
        };
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
    fn asserted(&mut self, call: Node<'t>, scope: usize) {
        let callee = self.callee(call).unwrap_or_default();
        let last = callee.rsplit(['.', '>', ':']).next().unwrap_or(callee);
        let last = last.trim_start_matches('_');
        let mut words = ["assert", "ensure", "validate"].iter();
        if !words.any(|w| last.starts_with(w)) {
            return;
        }
        let mut statement = call.parent();
        if statement.is_some_and(|s| s.kind() == "await_expression") {
            statement = statement.and_then(|s| s.parent());
        }
        if let Some(statement) = statement.filter(|s| s.kind() == "expression_statement") {
            let guard = Guard::asserted(call, statement, self.text);
            self.scopes[scope].guards.extend(guard);
        }
    }
}
