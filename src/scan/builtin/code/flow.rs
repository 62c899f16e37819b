//! Where a value comes from, within one function: a constant, something unknown, a string that is built,
//! or data of a request.
//!
//! Names are looked up in the functions around their use; of each, all assignments before the use count,
//! in any branch. What the functions of the same file get and return is followed a few calls deep. What other
//! functions return is unknown, but for those that only change the form of a text (`flow.toml`).

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use tree_sitter::Node;

use super::dialect::Dialect;
use super::kinds::{Role, is_string, role};
use super::parse::Parsed;

/// How many nodes are looked at for one value.
const NODES: u32 = 3_000;
/// How deep an expression and the assignments behind it are followed.
const DEPTH: u32 = 40;
/// How many assignments to one name are looked at, the last ones before its use.
const ASSIGNMENTS: usize = 24;
/// How many calls of one function are looked at for what a parameter is, and how many functions of one name
/// for what a call returns.
const CALLS: usize = 8;
/// How many functions of one file are followed for one value.
const FUNCTIONS: u32 = 3;
/// Longest text that may name where data of a request comes from.
const SOURCE: usize = 300;

/// What a value may be, the more dangerous the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// It stands in the code.
    Constant,
    /// It comes from elsewhere.
    Unknown,
    /// A string that is put together, with a part from elsewhere.
    Built,
    /// Data of a request, or of another input that a stranger controls.
    Request,
}

/// What is known of a language's names, as expressions.
pub(super) struct Names {
    /// Expressions that are data of a request.
    request: Regex,
    /// Parameters that are.
    parameter: Option<Regex>,
    /// What a function begins with, up to its parameters, whose parameters all are.
    handler: Option<Regex>,
    /// Calls that return their text in another form.
    passes: Regex,
    /// Calls that build a text.
    builds: Regex,
    /// Calls whose result is no text that a stranger chose.
    clean: Regex,
    /// Parameters of types that hold no such text.
    harmless: Regex,
    /// Calls that put what they read into an argument.
    fills: Option<Regex>,
    /// More expressions that are data of a request, in files that have one of some words.
    within: Vec<(Vec<String>, Regex)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// See [`Names::words`].
    #[allow(dead_code, reason = "the line is read by itself")]
    words: Vec<String>,
    request: Vec<String>,
    #[serde(default)]
    parameter: Vec<String>,
    #[serde(default)]
    handler: Vec<String>,
    passes: Vec<String>,
    builds: Vec<String>,
    clean: Vec<String>,
    harmless: Vec<String>,
    #[serde(default)]
    fills: Vec<String>,
    #[serde(default)]
    within: Vec<Within>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Within {
    words: Vec<String>,
    request: Vec<String>,
}

/// What a dialect's file says, with its number.
fn stated(dialect: Dialect) -> (usize, &'static str) {
    match dialect {
        Dialect::Python => (0, include_str!("python/flow.toml")),
        Dialect::JavaScript | Dialect::TypeScript | Dialect::Tsx => {
            (1, include_str!("javascript/flow.toml"))
        }
        Dialect::Go => (2, include_str!("go/flow.toml")),
        Dialect::Java => (3, include_str!("java/flow.toml")),
        Dialect::Php => (4, include_str!("php/flow.toml")),
        Dialect::Ruby => (5, include_str!("ruby/flow.toml")),
    }
}

impl Names {
    /// Words one of which is in each file that has data of a request: the line `words = [".."]`.
    pub(super) fn words(dialect: Dialect) -> Vec<String> {
        let (_, text) = stated(dialect);
        let line = text.lines().find_map(|l| l.strip_prefix("words = "));
        serde_json::from_str(line.unwrap_or("[]")).unwrap_or_default()
    }

    /// Those of a dialect, read once.
    pub(super) fn of(dialect: Dialect) -> &'static Names {
        static ALL: [OnceLock<Names>; 6] = [const { OnceLock::new() }; 6];
        let (index, text) = stated(dialect);
        ALL[index].get_or_init(|| {
            let written: Written = toml::from_str(text).expect("a test reads each");
            let any = |list: &[String], whole: bool| {
                let list = list.join("|");
                let text = match whole {
                    true => format!("^(?:{list})$"),
                    false => format!("^(?:{list})"),
                };
                ascii(&text).expect("a test compiles each")
            };
            let some = |list: &[String]| {
                let list = list.join("|");
                (!list.is_empty()).then(|| ascii(&list).expect("a test compiles each"))
            };
            Names {
                request: any(&written.request, false),
                parameter: some(&written.parameter),
                handler: some(&written.handler),
                passes: any(&written.passes, true),
                builds: any(&written.builds, true),
                clean: any(&written.clean, true),
                harmless: some(&written.harmless).expect("a test reads each"),
                fills: some(&written.fills),
                within: written
                    .within
                    .into_iter()
                    .map(|w| (w.words, any(&w.request, false)))
                    .collect(),
            }
        })
    }
}

/// Compiles an expression whose `\w`, `\s` and the like mean ASCII: a tenth of the time.
pub(super) fn ascii(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).build()
}

/// What a name stands for.
#[derive(Clone, Copy)]
enum Binding<'t> {
    Value(Node<'t>),
    /// Something is added to what it was.
    Added(Node<'t>),
    /// A parameter, and its place among them.
    Parameter(Node<'t>, usize),
}

struct Scope<'t> {
    start: usize,
    end: usize,
    parent: Option<usize>,
    /// Where each assignment ends, and what is assigned, in the order of the text.
    names: HashMap<&'t str, Vec<(usize, Binding<'t>)>>,
    /// All its parameters are data of a request.
    handles: bool,
    /// The name that it is called by, where it has one.
    called: Option<&'t str>,
    /// What it returns.
    returns: Vec<Node<'t>>,
}

/// The assignments of a file, by function.
pub(super) struct Flow<'t> {
    text: &'t str,
    names: &'static Names,
    /// Those of [`Names::within`] that count here.
    within: Vec<&'static Regex>,
    /// In the order of the text; the file itself first.
    scopes: Vec<Scope<'t>>,
    /// The arguments of the calls of each name.
    calls: HashMap<&'t str, Vec<Node<'t>>>,
    /// The functions of each name, as numbers of scopes.
    functions: HashMap<&'t str, Vec<usize>>,
    /// An assignment without a declaration is one to a name of a function around it, if that has it.
    reaches_out: bool,
}

/// What is left to look at, and what is being looked at.
struct Search<'t> {
    left: u32,
    /// How many more functions may be gone into.
    functions: u32,
    clean: Option<&'t Regex>,
    open: Vec<(usize, &'t str)>,
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
            scopes: Vec::new(),
            calls: HashMap::new(),
            functions: HashMap::new(),
            reaches_out: !matches!(dialect, Dialect::Python | Dialect::Php),
        };
        let within = flow.names.within.iter();
        let within = within.filter(|(words, _)| words.iter().any(|w| text.contains(w.as_str())));
        flow.within.extend(within.map(|(_, r)| r));
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
                Role::Call => {
                    flow.called(node);
                    flow.filled(node, current);
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
                    return flow;
                }
            }
        }
    }

    fn text_of(&self, node: Node<'t>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn open_scope(&mut self, node: Node<'t>, parent: Option<usize>) -> usize {
        let handles = parent.is_some()
            && self.names.handler.as_ref().is_some_and(|handler| {
                // Python's decorators stand before the function, and Java's annotations at its begin.
                let around = node.parent().filter(|p| p.kind() == "decorated_definition");
                let begin = around.unwrap_or(node).start_byte();
                let name = node.child_by_field_name("name");
                let list = node.child_by_field_name("parameters");
                let end = list.map(|l| l.end_byte()).filter(|_| name.is_some());
                let head = self.text.get(begin..end.unwrap_or(begin));
                head.is_some_and(|text| handler.is_match(text.as_bytes()))
            });
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
            if let Some(place) = place.filter(|_| argument.kind() == "unary_expression") {
                let scope = self.scope_with(self.text_of(place), scope);
                self.bind(place, Binding::Value(call), scope);
            }
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
                _ => None,
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
        let binding = |parameter, place: usize| match (element, place) {
            (Some(list), 0) => Binding::Value(list),
            _ => Binding::Parameter(parameter, place),
        };
        if role(list.kind()) == Role::Name {
            self.bind(list, binding(list, 0), scope);
            return;
        }
        let mut cursor = list.walk();
        let mut place = 0;
        for parameter in list.named_children(&mut cursor) {
            let name = ["name", "pattern", "left"]
                .into_iter()
                .find_map(|f| parameter.child_by_field_name(f))
                .unwrap_or(parameter);
            if matches!(parameter.kind(), "comment" | "receiver_parameter") {
                continue;
            }
            self.bind(name, binding(parameter, place), scope);
            // The object that a method is called on is no argument of the call.
            let is_object = place == 0 && matches!(self.text_of(parameter), "self" | "cls");
            place += usize::from(!is_object);
        }
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
            Binding::Value(node) | Binding::Added(node) => node.end_byte(),
            Binding::Parameter(node, _) => node.end_byte(),
        };
        let declares = pattern.parent().is_none_or(|p| {
            !matches!(
                p.kind(),
                "assignment_expression" | "assignment_statement" | "assignment"
            )
        });
        let mut open = vec![pattern];
        let mut most = 64;
        while let Some(node) = open.pop() {
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
                Role::Constant | Role::Subscript => {}
                _ => {
                    let mut cursor = node.walk();
                    open.extend(node.named_children(&mut cursor));
                }
            }
        }
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
    fn scope_at(&self, at: usize) -> usize {
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

    /// Where a value comes from. `clean` names calls whose result is harmless.
    pub(super) fn origin(&self, node: Node<'t>, clean: Option<&'t Regex>) -> Origin {
        let mut search = Search {
            left: NODES,
            functions: FUNCTIONS,
            clean,
            open: Vec::new(),
        };
        self.value(node, &mut search, 0)
    }

    /// Whether a value is built by a text that an expression fits, here or where its name is assigned.
    pub(super) fn looks_like(&self, nodes: &[Node<'t>], shape: &Regex) -> bool {
        nodes.iter().any(|node| {
            if shape.is_match(self.text_of(*node).as_bytes()) {
                return true;
            }
            if role(node.kind()) == Role::Labelled || node.kind() == "argument" {
                let last = node.named_child_count().saturating_sub(1);
                let value = node.named_child(u32::try_from(last).unwrap_or(0));
                return value.is_some_and(|v| self.looks_like(&[v], shape));
            }
            let text = self.text_of(*node);
            let mut index = Some(self.scope_at(node.start_byte()));
            while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
                if let Some(bindings) = scope.names.get(text) {
                    // A text that is added to in several steps is looked at as a whole.
                    let whole: Vec<&str> = bindings
                        .iter()
                        .take(ASSIGNMENTS)
                        .map(|(_, binding)| match binding {
                            Binding::Value(n) | Binding::Added(n) | Binding::Parameter(n, _) => {
                                self.text_of(*n)
                            }
                        })
                        .collect();
                    return shape.is_match(whole.join(" + ").as_bytes());
                }
                index = scope.parent;
            }
            false
        })
    }

    fn value(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        if depth > DEPTH || search.left == 0 {
            return Origin::Unknown;
        }
        search.left -= 1;
        let role = role(node.kind());
        let is_place = matches!(
            role,
            Role::Name | Role::Member | Role::Subscript | Role::Call
        );
        if is_place && node.byte_range().len() <= SOURCE {
            let text = self.text_of(node);
            if role == Role::Call && self.is_clean_call(node, search) {
                return Origin::Constant;
            }
            // PHP chooses the name of an uploaded file on disk itself.
            if role == Role::Subscript && self.names.clean.is_match(text.as_bytes()) {
                return Origin::Constant;
            }
            let is_request = self.names.request.is_match(text.as_bytes());
            if is_request || self.within.iter().any(|r| r.is_match(text.as_bytes())) {
                return Origin::Request;
            }
        }
        match role {
            Role::Constant | Role::Function | Role::Comparison => Origin::Constant,
            Role::Name => self.name(node, search, depth),
            Role::Member => self.member(node, search, depth),
            Role::Subscript => {
                let base = node.named_child(0);
                base.map_or(Origin::Unknown, |b| self.value(b, search, depth + 1))
            }
            Role::Call => self.call(node, search, depth),
            Role::Binary => self.binary(node, search, depth),
            Role::Text => match self.parts(node, search, depth) {
                Origin::Unknown => Origin::Built,
                other => other,
            },
            Role::Labelled => {
                let value = node.child_by_field_name("value");
                let last = node.named_child_count().saturating_sub(1);
                let value = value.or_else(|| node.named_child(u32::try_from(last).unwrap_or(0)));
                value.map_or(Origin::Constant, |v| self.value(v, search, depth + 1))
            }
            Role::Choice => {
                let condition = node.child_by_field_name("condition").map(|c| c.id());
                // Python has no fields there: `a if condition else b`.
                let condition = condition.or_else(|| node.named_child(1).map(|c| c.id()));
                let mut cursor = node.walk();
                let parts = node.named_children(&mut cursor);
                let parts: Vec<_> = parts.filter(|p| Some(p.id()) != condition).collect();
                self.most(parts, search, depth)
            }
            _ if node.named_child_count() == 0 => Origin::Constant,
            _ => self.parts(node, search, depth),
        }
    }

    fn most(&self, parts: Vec<Node<'t>>, search: &mut Search<'t>, depth: u32) -> Origin {
        let mut most = Origin::Constant;
        for part in parts {
            most = most.max(self.value(part, search, depth + 1));
            if most == Origin::Request {
                break;
            }
        }
        most
    }

    fn parts(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let mut cursor = node.walk();
        let parts = node.named_children(&mut cursor).collect();
        self.most(parts, search, depth)
    }

    fn name(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let name = self.text_of(node);
        let at = node.start_byte();
        let found = self.bound(name, at, search, depth);
        found.unwrap_or_else(|| match is_constant_name(name) {
            true => Origin::Constant,
            false => Origin::Unknown,
        })
    }

    /// What the assignments to a name say, if there are any.
    fn bound(
        &self,
        name: &'t str,
        at: usize,
        search: &mut Search<'t>,
        depth: u32,
    ) -> Option<Origin> {
        let mut index = Some(self.scope_at(at));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            if let Some(bindings) = scope.names.get(name) {
                let key = (scope.start, name);
                if search.open.contains(&key) {
                    // `x = x + y`: the rest of the assignment decides.
                    return Some(Origin::Constant);
                }
                search.open.push(key);
                let here = bindings.partition_point(|(end, _)| *end <= at);
                // In a function that is defined before, later assignments count too.
                let before = match here {
                    0 => bindings,
                    _ => bindings.get(..here).unwrap_or_default(),
                };
                let last = before.len().saturating_sub(ASSIGNMENTS);
                let mut most = Origin::Constant;
                for (_, binding) in before.iter().skip(last) {
                    let origin = match binding {
                        Binding::Value(value) => self.value(*value, search, depth + 1),
                        Binding::Added(value) => match self.value(*value, search, depth + 1) {
                            Origin::Unknown => Origin::Built,
                            other => other,
                        },
                        Binding::Parameter(parameter, place) => {
                            match self.parameter(*parameter, scope) {
                                Origin::Unknown => self.given(scope, *place, search, depth),
                                other => other,
                            }
                        }
                    };
                    most = most.max(origin);
                }
                search.open.pop();
                return Some(most);
            }
            index = scope.parent;
        }
        None
    }

    fn parameter(&self, parameter: Node<'t>, scope: &Scope<'t>) -> Origin {
        let text = self.text_of(parameter);
        let names = self.names;
        if names.harmless.is_match(text.as_bytes()) {
            Origin::Constant
        } else if scope.handles && !matches!(text, "self" | "request" | "cls")
            || names
                .parameter
                .as_ref()
                .is_some_and(|p| p.is_match(text.as_bytes()))
        {
            Origin::Request
        } else {
            Origin::Unknown
        }
    }

    /// What the calls in this file hand over for a parameter, if that is worse than unknown.
    fn given(
        &self,
        scope: &Scope<'t>,
        place: usize,
        search: &mut Search<'t>,
        depth: u32,
    ) -> Origin {
        let mut most = Origin::Unknown;
        let calls = scope.called.and_then(|name| self.calls.get(name));
        if search.functions == 0 {
            return most;
        }
        search.functions -= 1;
        for arguments in calls.into_iter().flatten() {
            // A call of itself says nothing new.
            if (scope.start..scope.end).contains(&arguments.start_byte()) {
                continue;
            }
            let mut cursor = arguments.walk();
            let mut all = arguments.named_children(&mut cursor);
            let argument = all.nth(place).filter(|a| role(a.kind()) != Role::Labelled);
            if let Some(argument) = argument {
                most = most.max(self.value(argument, search, depth + 1));
            }
        }
        search.functions += 1;
        most
    }

    /// What the functions of this file with a name return, if that is worse than unknown.
    fn returned(&self, name: &str, search: &mut Search<'t>, depth: u32) -> Origin {
        let mut most = Origin::Unknown;
        let functions = self.functions.get(name);
        if search.functions == 0 {
            return most;
        }
        search.functions -= 1;
        for scope in functions.into_iter().flatten().take(CALLS) {
            let scope = self.scopes.get(*scope);
            for value in scope.into_iter().flat_map(|s| &s.returns).take(CALLS) {
                most = most.max(self.value(*value, search, depth + 1));
            }
        }
        search.functions += 1;
        most
    }

    fn member(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let text = self.text_of(node);
        if let Some(known) = self.bound(text, node.start_byte(), search, depth) {
            return known;
        }
        let last = text.rsplit(['.', '>', ':']).next().unwrap_or(text);
        if is_constant_name(last) {
            return Origin::Constant;
        }
        let base = node.named_child(0);
        match base.map(|b| self.value(b, search, depth + 1)) {
            Some(Origin::Request) => Origin::Request,
            _ => Origin::Unknown,
        }
    }

    fn is_clean_call(&self, node: Node<'t>, search: &Search<'t>) -> bool {
        let Some(callee) = self.callee(node) else {
            return false;
        };
        self.names.clean.is_match(callee.as_bytes())
            || search.clean.is_some_and(|c| c.is_match(callee.as_bytes()))
    }

    /// What is called, as it is written up to its arguments.
    fn callee(&self, node: Node<'t>) -> Option<&'t str> {
        let end = ["arguments", "block"]
            .into_iter()
            .find_map(|f| node.child_by_field_name(f))
            .map_or(node.end_byte(), |a| a.start_byte());
        self.text.get(node.start_byte()..end).map(str::trim_end)
    }

    fn call(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let Some(callee) = self.callee(node) else {
            return Origin::Unknown;
        };
        let last = callee.rsplit(['.', '>', ':', ' ']).next().unwrap_or(callee);
        let builds = self.names.builds.is_match(callee.as_bytes())
            || self.names.builds.is_match(last.as_bytes());
        let passes = builds
            || self.names.passes.is_match(callee.as_bytes())
            || self.names.passes.is_match(last.as_bytes());
        if !passes {
            return self.returned(last, search, depth);
        }
        let mut parts = Vec::new();
        let on = ["receiver", "object", "scope"]
            .into_iter()
            .find_map(|f| node.child_by_field_name(f))
            .or_else(|| {
                let function = node.child_by_field_name("function")?;
                (role(function.kind()) == Role::Member).then(|| function.named_child(0))?
            });
        // `String.format`, `path.join`: what it is called on is no value.
        parts.extend(on.filter(|o| self.is_value(*o)));
        parts.extend(node.child_by_field_name("arguments"));
        match self.most(parts, search, depth) {
            Origin::Unknown if builds => Origin::Built,
            other => other,
        }
    }

    /// Whether a name stands for a value that is assigned somewhere, and not for a module or a class.
    fn is_value(&self, node: Node<'t>) -> bool {
        if role(node.kind()) != Role::Name {
            return true;
        }
        let name = self.text_of(node);
        let mut index = Some(self.scope_at(node.start_byte()));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            if scope.names.contains_key(name) {
                return true;
            }
            index = scope.parent;
        }
        false
    }

    fn binary(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let operator = node.child_by_field_name("operator");
        let operator = operator.map_or("", |o| self.text_of(o));
        match operator {
            "==" | "===" | "!=" | "!==" | "<" | ">" | "<=" | ">=" | "in" | "instanceof" | "=~"
            | "!~" | "<=>" | "-" | "**" | "&" | "^" | ">>" => return Origin::Constant,
            "&&" | "and" => {
                let right = node.child_by_field_name("right");
                return right.map_or(Origin::Unknown, |r| self.value(r, search, depth + 1));
            }
            "||" | "or" | "??" | "?:" => return self.parts(node, search, depth),
            _ => {}
        }
        match self.parts(node, search, depth) {
            Origin::Unknown if self.joins_text(node) => Origin::Built,
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
            if role(node.kind()) == Role::Binary || node.kind() == "parenthesized_expression" {
                let mut cursor = node.walk();
                open.extend(node.named_children(&mut cursor));
            }
        }
        false
    }
}

/// Whether a name is one of a constant by the customs of all eight languages: `ALL_CAPITALS`.
fn is_constant_name(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
