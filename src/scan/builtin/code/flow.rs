//! The functions of a file, with the values that are assigned to names in them, and those that
//! calls pass to them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;

use tree_sitter::Node;

use super::dialect::Dialect;
use super::expression::Expression;
use super::guards::Guard;
use super::kinds::{Role, role};
use super::names::Names;
use super::parse::Parsed;

/// How many calls of one function are looked at for what a parameter is, and how many functions of one name
/// for what a call returns.
pub(super) const CALLS: usize = 8;

/// Longest text before the arguments of a call that is looked at for what the call adds to, in bytes.
const LONGEST_CALLEE: usize = 400;

/// What a name stands for.
#[derive(Clone, Copy)]
pub(super) enum Binding<'t> {
    Value(Node<'t>),
    /// The part of a value that has a name: `const { part } = value`.
    Part(Node<'t>, &'t str),
    /// A key of an object.
    Key(Node<'t>),
    /// Something is added to what it was.
    Added(Node<'t>),
    /// Something is put under a key of it.
    Put(Node<'t>),
    /// A parameter, and its place among them.
    Parameter(Node<'t>, usize),
}

/// What stands around an assignment.
pub(super) enum Around {
    /// The body of a loop or a condition in whose head it stands.
    Body(Range<usize>),
    /// A `try` whose exceptions end the function, and the block in it.
    Tried(Range<usize>, Range<usize>),
    /// The block that it belongs to.
    Block(Range<usize>),
}

/// A function, or the file itself.
pub(super) struct Scope<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) parent: Option<usize>,
    /// The end of each assignment and its value, in the order of the text.
    pub(super) names: HashMap<&'t str, Vec<(usize, Binding<'t>)>>,
    /// Its parameters are data of a request: what stands before its body, with decorators, and, where not all of
    /// them are, which.
    pub(super) handles: Option<(&'t str, Option<&'static Expression>)>,
    /// The name that it is called by, where it has one.
    pub(super) called: Option<&'t str>,
    /// What it returns.
    pub(super) returns: Vec<Node<'t>>,
    /// Its parameters that are requests by their types, and the names that requests are known by.
    pub(super) typed: Vec<(&'t str, &'static str)>,
    /// The conditions in it, in the order of the text.
    pub(super) guards: Vec<Guard<'t>>,
}

/// The assignments of a file, by function.
pub(super) struct Flow<'t> {
    pub(super) text: &'t str,
    pub(super) names: &'static Names,
    /// Those of [`Names::within`] that count here.
    pub(super) within: Vec<&'static Expression>,
    /// What functions begin with whose parameters are data of a request, with `WithinNames::handled` and
    /// `WithinNames::class`.
    handlers: Vec<(
        &'static Expression,
        Option<&'static Expression>,
        Option<&'static Expression>,
    )>,
    /// In the order of the text; the file itself first.
    pub(super) scopes: Vec<Scope<'t>>,
    /// The arguments of the calls of each name.
    pub(super) calls: HashMap<&'t str, Vec<Node<'t>>>,
    /// The functions of each name, as numbers of scopes.
    pub(super) functions: HashMap<&'t str, Vec<usize>>,
    /// An assignment without a declaration is one to a name of a function around it, if that has it.
    pub(super) reaches_out: bool,
    /// A name that nothing in its functions assigns is one of the file, a class or another module.
    pub(super) declares: bool,
    /// Only a dot joins texts, and a plus adds numbers.
    pub(super) joins_with_dot: bool,
    /// A name such as `params` stands for the request only where no function has it as its own.
    pub(super) shadows_params: bool,
    /// Whether any function has a parameter that is a request by its type.
    has_typed: bool,
    /// How much was looked at for all values so far: nodes, and pieces of text.
    pub(super) steps: Cell<u64>,
    /// What stands around the assignments that were asked for, by their values.
    pub(super) around: RefCell<HashMap<usize, Vec<Around>>>,
}

impl<'t> Flow<'t> {
    /// Reads the assignments of a file.
    pub(super) fn of(parsed: &'t Parsed, dialect: Dialect) -> Flow<'t> {
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
        let all = flow.names.handler.as_ref();
        flow.handlers
            .extend(all.map(|handler| (handler, None, None)));
        let within = flow.names.within.iter();
        for here in within.filter(|w| w.words.iter().any(|w| text.contains(w.as_str()))) {
            flow.within.extend(&here.request);
            let handler = here.handler.as_ref();
            let (handled, class) = (here.handled.as_ref(), here.class.as_ref());
            flow.handlers.extend(handler.map(|h| (h, handled, class)));
        }
        flow.open_scope(root, None);
        let mut cursor = root.walk();
        let mut current = 0;
        // Which scope to go back to on leaving a function.
        let mut outer: Vec<(usize, usize)> = Vec::new();
        loop {
            let node = cursor.node();
            match role(node.kind()) {
                Role::Function if node.id() != root.id() => {
                    outer.push((node.id(), current));
                    current = flow.open_scope(node, Some(current));
                    flow.parameters(node, current);
                }
                Role::Assignment | Role::Addition => flow.assignment(node, current),
                Role::BlockParameters => flow.block(node, current),
                Role::Guard => {
                    let guard = Guard::of(node, text);
                    flow.scopes[current].guards.extend(guard);
                }
                Role::Binary => {
                    let guard = Guard::of_both(node, text);
                    flow.scopes[current].guards.extend(guard);
                }
                Role::Call => {
                    flow.called(node);
                    if flow.joins_with_dot {
                        let callee = flow.callee(node).unwrap_or_default();
                        let guard = Guard::of_call(node, callee, text);
                        flow.scopes[current].guards.extend(guard);
                    }
                    flow.filled(node, current);
                    flow.added(node, current);
                    flow.asserted(node, current);
                }
                Role::Other if node.kind() == "return_statement" || node.kind() == "return" => {
                    let value = node.named_child(0);
                    flow.scopes[current].returns.extend(value);
                }
                _ => {}
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

    pub(super) fn text_of(&self, node: Node<'t>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn open_scope(&mut self, node: Node<'t>, parent: Option<usize>) -> usize {
        let mut handles = None;
        if parent.is_some() && !self.handlers.is_empty() {
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
            handles = head.and_then(|head| {
                let known = self.handlers.iter().find(|(handler, _, of)| {
                    handler.is_match(head.as_bytes()) && of.is_none_or(|of| of.is_match(class))
                });
                known.map(|(_, handled, _)| (head, *handled))
            });
        }
        let called = parent.and_then(|_| self.name_of(node));
        // What a short function or a method of Ruby comes to is returned without a word.
        let body = parent.and_then(|_| node.child_by_field_name("body"));
        let last = body.and_then(|body| match body.kind() {
            "statement_block" | "block" | "compound_statement" | "constructor_body" => None,
            "body_statement" => {
                let last = body.named_child_count().saturating_sub(1);
                body.named_child(u32::try_from(last).unwrap_or(0))
            }
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

    /// Binds what a call puts into an argument: `decoder.Decode(&x)`.
    fn filled(&mut self, call: Node<'t>, scope: usize) {
        let Some(fills) = &self.names.fills else {
            return;
        };
        if !self
            .callee(call)
            .is_some_and(|c| fills.is_match(c.as_bytes()))
        {
            return;
        }
        let Some(arguments) = call.child_by_field_name("arguments") else {
            return;
        };
        let mut cursor = arguments.walk();
        for argument in arguments.named_children(&mut cursor) {
            let place = argument.child_by_field_name("operand");
            let place = place.filter(|_| argument.kind() == "unary_expression");
            // `user := new(User); c.Bind(user)`
            let is_last = argument.next_named_sibling().is_none();
            let pointer = (is_last && role(argument.kind()) == Role::Name).then_some(argument);
            if let Some(place) = place.or(pointer) {
                let scope = self.scope_with(self.text_of(place), scope);
                self.bind(place, Binding::Value(call), scope);
            }
        }
    }

    /// Binds what a call adds to the name that it is called on: `text.append(x)`.
    fn added(&mut self, call: Node<'t>, scope: usize) {
        let Some(adds) = &self.names.adds else {
            return;
        };
        let adding = |c: &&str| c.len() < LONGEST_CALLEE && adds.is_match(c.as_bytes());
        let Some(callee) = self.callee(call).filter(adding) else {
            return;
        };
        // `(list as any[]).push(x)`
        let callee = callee.trim_start_matches('(');
        let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let end = callee.bytes().position(|b| !of_name(b)).unwrap_or(0);
        let (Some(name), Some(arguments)) =
            (callee.get(..end), call.child_by_field_name("arguments"))
        else {
            return;
        };
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
        let last = callee.rsplit(['.', '>', ':', ' ']).next().unwrap_or(callee);
        let known = self.calls.entry(last).or_default();
        if known.len() < CALLS {
            known.push(arguments);
        }
    }

    fn parameters(&mut self, function: Node<'t>, scope: usize) {
        let list = function
            .child_by_field_name("parameters")
            .or_else(|| function.child_by_field_name("parameter"));
        let Some(list) = list else {
            return;
        };
        let element = self.elements_for(function);
        let handed = self.handed_to(function);
        if let Some(None) = handed {
            self.scopes[scope].handles = Some(("", None));
        }
        let binding = |parameter, place: usize| match (element, place) {
            (Some(list), 0) => Binding::Value(list),
            _ => Binding::Parameter(parameter, place),
        };
        if role(list.kind()) == Role::Name {
            self.bind(list, binding(list, 0), scope);
            return;
        }
        let several = list.named_child_count() > 1;
        let mut cursor = list.walk();
        let mut place = 0;
        for parameter in list.named_children(&mut cursor) {
            let name = ["name", "pattern", "left"]
                .into_iter()
                .find_map(|f| parameter.child_by_field_name(f))
                .or_else(|| {
                    // Python's `name: Type` has no field for its name.
                    let typed = parameter.kind() == "typed_parameter";
                    parameter.named_child(0).filter(|_| typed)
                })
                .unwrap_or(parameter);
            if matches!(parameter.kind(), "comment" | "receiver_parameter") {
                continue;
            }
            self.bind(name, binding(parameter, place), scope);
            self.note_type(parameter, name, scope);
            if let Some(Some(known)) = handed.filter(|_| place == 0 && several) {
                let name = self.text_of(name);
                self.scopes[scope].typed.push((name, known));
                self.has_typed = true;
            }
            if handed.flatten().is_some() && place == 0 && name.kind() == "object_pattern" {
                self.take_apart(name, scope);
            }
            // The object that a method is called on is no argument of the call.
            let is_object = place == 0 && matches!(self.text_of(parameter), "self" | "cls");
            place += usize::from(!is_object);
        }
    }

    /// Notes the parts of a request that is taken apart: `({ body, params }, response) =>`.
    fn take_apart(&mut self, pattern: Node<'t>, scope: usize) {
        const PARTS: [&str; 7] = [
            "req.body",
            "req.query",
            "req.params",
            "req.headers",
            "req.cookies",
            "req.files",
            "req.file",
        ];
        let mut cursor = pattern.walk();
        for part in pattern.named_children(&mut cursor) {
            let name = self.text_of(part);
            let known = PARTS.iter().find(|p| p.strip_prefix("req.") == Some(name));
            if let Some(known) = known {
                self.scopes[scope].typed.push((name, known));
                self.has_typed = true;
            }
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

    /// What is known about the parameters of a function from the call that it is passed to.
    fn handed_to(&self, function: Node<'t>) -> Option<Option<&'static str>> {
        if self.names.handed.is_empty() {
            return None;
        }
        let arguments = function.parent().filter(|p| p.kind() == "arguments")?;
        let callee = self.callee(arguments.parent()?)?.as_bytes();
        let mut handed = self.names.handed.iter();
        let found = handed.find(|(of, _)| callee.len() < LONGEST_CALLEE && of.is_match(callee));
        found.map(|(_, name)| name.as_deref())
    }

    /// Notes a parameter that is a request by its type.
    fn note_type(&mut self, parameter: Node<'t>, name: Node<'t>, scope: usize) {
        let (text, name) = (self.text_of(parameter), self.text_of(name));
        let mut typed = self.names.typed.iter();
        let known = typed.find(|(of, _)| text.len() > name.len() && of.is_match(text.as_bytes()));
        if let Some((_, known)) = known {
            self.scopes[scope].typed.push((name, known));
            self.has_typed = true;
        }
    }

    /// Whether an expression that begins with a parameter is data of a request by the type of that.
    pub(super) fn is_typed_request(&self, text: &str, at: usize) -> bool {
        if !self.has_typed {
            return false;
        }
        let of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$');
        let end = text.bytes().position(|b| !of_name(b)).unwrap_or(text.len());
        let (Some(name), Some(rest)) = (text.get(..end), text.get(end..)) else {
            return false;
        };
        let mut index = Some(self.scope_at(at));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            if let Some((_, known)) = scope.typed.iter().find(|(n, _)| *n == name) {
                return self
                    .names
                    .request
                    .is_match(format!("{known}{rest}").as_bytes());
            }
            if scope.names.contains_key(name) {
                return false;
            }
            index = scope.parent;
        }
        false
    }

    /// The list whose elements a function gets: `list.map(x => ..)`.
    fn elements_for(&self, function: Node<'t>) -> Option<Node<'t>> {
        let arguments = function.parent().filter(|p| p.kind() == "arguments")?;
        let called = arguments.parent()?.child_by_field_name("function")?;
        let name = called.child_by_field_name("property")?;
        let is_each = matches!(
            self.text_of(name),
            "map" | "forEach" | "filter" | "flatMap" | "some" | "every" | "find"
        );
        is_each
            .then(|| called.child_by_field_name("object"))
            .flatten()
    }

    fn block(&mut self, parameters: Node<'t>, scope: usize) {
        // `list.each do |x|`: `x` is a part of the list.
        let call = parameters.parent().and_then(|b| b.parent());
        let Some(from) = call.and_then(|c| c.child_by_field_name("receiver")) else {
            return;
        };
        self.bind(parameters, Binding::Value(from), scope);
    }

    fn assignment(&mut self, node: Node<'t>, scope: usize) {
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
        let adds = role(node.kind()) == Role::Addition
            || node.kind() == "assignment_statement"
                && node
                    .child_by_field_name("operator")
                    .is_some_and(|o| self.text_of(o) == "+=");
        let binding = match adds {
            true => Binding::Added(right),
            false => Binding::Value(right),
        };
        self.bind(left, binding, scope);
    }

    /// Binds the names in a pattern.
    fn bind(&mut self, pattern: Node<'t>, binding: Binding<'t>, scope: usize) {
        let end = match binding {
            Binding::Value(node) | Binding::Part(node, _) | Binding::Added(node) => node.end_byte(),
            Binding::Key(node) | Binding::Put(node) | Binding::Parameter(node, _) => {
                node.end_byte()
            }
        };
        let declares = pattern.parent().is_none_or(|p| {
            !matches!(
                p.kind(),
                "assignment_expression"
                    | "assignment_statement"
                    | "assignment"
                    | "augmented_assignment_expression"
                    | "operator_assignment"
            )
        });
        let mut open = vec![(pattern, binding)];
        let mut most = 64;
        while let Some((node, binding)) = open.pop() {
            most -= 1;
            if most == 0 {
                return;
            }
            match role(node.kind()) {
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
                    let on = on.filter(|o| role(o.kind()) == Role::Name);
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
            .filter(|_| role(call.kind()) == Role::Call)?;
        let is_entries = callee == "Object.entries";
        is_entries.then(|| call.child_by_field_name("arguments")?.named_child(0))?
    }

    /// The innermost of a function and those around it that has a name, else the function itself.
    fn scope_with(&self, name: &str, scope: usize) -> usize {
        let mut index = Some(scope);
        while let Some(at) = index {
            let Some(here) = self.scopes.get(at) else {
                break;
            };
            if here.names.contains_key(name) {
                return at;
            }
            index = here.parent;
        }
        scope
    }

    /// The innermost function around a place.
    pub(super) fn scope_at(&self, at: usize) -> usize {
        let mut index = self.scopes.partition_point(|s| s.start <= at);
        index = index.saturating_sub(1);
        while let Some(scope) = self.scopes.get(index) {
            if scope.end > at || scope.parent.is_none() {
                return index;
            }
            index = scope.parent.unwrap_or(0);
        }
        0
    }

    /// What is called, as it is written up to its arguments.
    pub(super) fn callee(&self, node: Node<'t>) -> Option<&'t str> {
        let end = ["arguments", "block"]
            .into_iter()
            .find_map(|f| node.child_by_field_name(f))
            .map_or(node.end_byte(), |a| a.start_byte());
        self.text.get(node.start_byte()..end).map(str::trim_end)
    }
}
