//! Where a value comes from: a constant, something unknown, a string that is built, or data of a request.
//!
//! Names are looked up in the functions around their use; of each, all assignments before the use count,
//! in any branch. What the functions of the same file get and return is followed a few calls deep. What other
//! functions return is unknown, but for those that only change the form of a text (`flow.toml`).

use std::sync::LazyLock;

use tree_sitter::Node;

use super::expression::Expression;
use super::flow::{Around, Binding, CALLS, Flow, Scope};
use super::guards;
use super::kinds::{Role, is_string, role};
use super::names::ascii;

/// How many nodes are looked at for one value.
const NODES: u32 = 3_000;
/// How much of a text takes the time of a node, in bytes.
const PIECE: usize = 64;
/// How deep an expression and the assignments behind it are followed.
pub(super) const DEPTH: u32 = 40;
/// How many assignments to one name are looked at, the last ones before its use.
const ASSIGNMENTS: usize = 24;
/// How many functions of one file are followed for one value.
const FUNCTIONS: u32 = 4;
/// How much of a function before a place is looked at for what is read from an address, in bytes.
const HEAD: usize = 4_000;
/// How many pairs of an object are looked at.
const PAIRS: usize = 24;
/// Longest text that may name where data of a request comes from.
const SOURCE: usize = 300;

/// What a value may be, the more dangerous the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// It stands in the code.
    Constant,
    /// What an object or a module holds, or what a function makes of constants: set elsewhere, seldom by a stranger.
    Own,
    /// It comes from elsewhere.
    Unknown,
    /// It is a parameter, and comes from where the function is called.
    Handed,
    /// A string that is put together, with a part from elsewhere.
    Built,
    /// Data of a request, or of another input that a stranger controls.
    Request,
}

/// What a rule wants to know of a value.
#[derive(Clone, Copy, Default)]
pub(super) struct Question<'t> {
    /// Calls whose result is harmless.
    pub(super) clean: Option<&'t Expression>,
    /// Which data of a request counts.
    pub(super) only: Option<&'t Expression>,
    /// It is used as a path or an address.
    pub(super) path: bool,
    /// It is an address, and only what says the host counts.
    pub(super) host: bool,
    /// It is the text of a query.
    pub(super) query: bool,
    /// A server asks for it, so that what a browser knows of its own page does not count.
    pub(super) server: bool,
    /// It is written into a page, so that what a link to the page cannot set does not count.
    pub(super) linked: bool,
    /// It is SQL, in which some calls only make a value harmless between quotes.
    pub(super) sql: bool,
}

/// What is left to look at, and what is being looked at.
pub(super) struct Search<'t> {
    left: u32,
    /// How many more functions may be followed.
    functions: u32,
    pub(super) question: Question<'t>,
    /// The calls whose results are looked up: where the function begins, and the arguments.
    calls: Vec<(usize, Node<'t>)>,
    /// Where the value is used.
    at: usize,
    /// What is looked at stands in SQL, and not between quotes.
    unquoted: bool,
    /// The names that are looked up: their scope, and the assignment that is read first.
    open: Vec<(usize, &'t str, usize)>,
}

impl<'t> Flow<'t> {
    /// Where a value comes from.
    pub(super) fn origin(&self, node: Node<'t>, question: Question<'t>) -> Origin {
        let mut search = Search {
            left: NODES,
            functions: FUNCTIONS,
            question,
            calls: Vec::new(),
            at: node.start_byte(),
            unquoted: false,
            open: Vec::new(),
        };
        let origin = self.value(node, &mut search, 0);
        self.count(NODES - search.left);
        origin
    }

    fn count(&self, steps: u32) {
        self.steps.set(self.steps.get() + u64::from(steps));
    }

    fn fits(&self, text: &str, shape: &Expression) -> bool {
        self.count(u32::try_from(text.len() / PIECE).unwrap_or(u32::MAX));
        shape.is_match(text.as_bytes())
    }

    /// Whether a value is built by a text that an expression fits, here or where its name is assigned.
    pub(super) fn looks_like(&self, nodes: &[Node<'t>], shape: &Expression) -> bool {
        nodes.iter().map(|node| written_at(*node)).any(|node| {
            let node = &node;
            if self.fits(self.text_of(*node), shape) {
                return true;
            }
            if role(node.kind()) == Role::Labelled || node.kind() == "argument" {
                let last = node.named_child_count().saturating_sub(1);
                let value = node.named_child(u32::try_from(last).unwrap_or(0));
                return value.is_some_and(|v| self.looks_like(&[v], shape));
            }
            if node.kind() == "object" {
                let mut cursor = node.walk();
                let pairs: Vec<_> = node.named_children(&mut cursor).take(PAIRS).collect();
                return self.looks_like(&pairs, shape);
            }
            let is_call = role(node.kind()) == Role::Call;
            // What a function of this file returns.
            if is_call && let Some(callee) = self.callee(*node) {
                let last = callee.rsplit(['.', '>', ':', ' ']).next().unwrap_or(callee);
                let functions = self.functions.get(last).into_iter().flatten().take(CALLS);
                let mut returned = functions
                    .filter_map(|f| self.scopes.get(*f))
                    .flat_map(|scope| scope.returns.iter().take(CALLS));
                if returned.any(|value| self.fits(self.text_of(*value), shape)) {
                    return true;
                }
            }
            // `builder.toString()` is what was added to it.
            let on = called_on(*node).filter(|on| is_call && role(on.kind()) == Role::Name);
            let text = self.text_of(on.unwrap_or(*node));
            let mut index = Some(self.scope_at(node.start_byte()));
            while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
                if let Some(bindings) = scope.names.get(text) {
                    // A text that is added to in several steps is looked at as a whole.
                    let whole: Vec<&str> = bindings
                        .iter()
                        .take(ASSIGNMENTS)
                        .map(|(_, binding)| match binding {
                            Binding::Value(n)
                            | Binding::Part(n, _)
                            | Binding::Key(n)
                            | Binding::Added(n)
                            | Binding::Put(n)
                            | Binding::Parameter(n, _) => self.text_of(*n),
                        })
                        .collect();
                    return self.fits(&whole.join(" + "), shape);
                }
                index = scope.parent;
            }
            false
        })
    }

    /// Where a value comes from, `depth` expressions and assignments into the search.
    pub(super) fn value(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        if depth > DEPTH || search.left == 0 {
            return Origin::Unknown;
        }
        search.left -= 1;
        let node = written_at(node);
        let role = role(node.kind());
        let is_place = matches!(
            role,
            Role::Name | Role::Member | Role::Subscript | Role::Call
        );
        if is_place && node.byte_range().len() <= SOURCE {
            let text = self.text_of(node);
            let is_body = self.joins_with_dot && text.contains("php://input");
            if role == Role::Call && !is_body && self.is_clean_call(node, search) {
                return Origin::Constant;
            }
            // PHP chooses the name of an uploaded file on disk itself.
            if role == Role::Subscript && self.names.clean.is_match(text.as_bytes()) {
                return Origin::Constant;
            }
            if role == Role::Member && self.is_settled(node, text) {
                return Origin::Own;
            }
            let own = self.names.own.as_ref();
            if own.is_some_and(|o| o.is_match(text.as_bytes())) {
                return Origin::Own;
            }
            let is_request = self.names.request.is_match(text.as_bytes())
                && !(self.shadows_params && self.is_own_params(text, node.start_byte(), search));
            if is_request
                || self.within.iter().any(|r| r.is_match(text.as_bytes()))
                || self.is_typed_request(text, node.start_byte())
            {
                // `params[:x].to_sym` is what `params[:x]` is.
                let on = called_on(node).map(|on| self.text_of(on));
                let mut same = [Some(text), on].into_iter().flatten();
                if same.any(|t| self.is_passed(t, 0, node.start_byte(), search)) {
                    return Origin::Constant;
                }
                let client = self
                    .names
                    .client
                    .as_ref()
                    .filter(|_| search.question.server);
                let unlinked = self.names.unlinked.as_ref();
                let unlinked = unlinked.filter(|_| search.question.linked);
                // What the server says of its own address leads to no other one.
                const OWN: [&str; 6] = [
                    "$_SERVER",
                    "request.refer",
                    "request.path",
                    "request.fullpath",
                    "request.url",
                    "request.original_url",
                ];
                let redirects = search.question.linked && search.question.host;
                if redirects && OWN.iter().any(|own| text.starts_with(own)) {
                    return Origin::Own;
                }
                let mut others = [client, unlinked].into_iter().flatten();
                let other =
                    others.any(|o| o.is_match(text.as_bytes())) || !counts(text, &search.question);
                return match other {
                    true => Origin::Unknown,
                    false => Origin::Request,
                };
            }
        }
        match role {
            Role::Constant | Role::Function | Role::Comparison => Origin::Constant,
            Role::Name => self.name(node, search, depth),
            Role::Subscript | Role::Member if self.is_checked_part(node, search) => {
                Origin::Constant
            }
            Role::Member => self.member(node, search, depth),
            Role::Subscript => {
                let base = node.named_child(0);
                base.map_or(Origin::Unknown, |b| self.value(b, search, depth + 1))
            }
            Role::Call => self.call(node, search, depth),
            Role::Binary => self.binary(node, search, depth),
            // `where(name: x)`: the values of a hash are left to the driver.
            _ if node.kind() == "hash" && search.question.sql => Origin::Constant,
            _ if node.kind() == "dynamic_variable_name" => self.braced(node, search, depth),
            Role::Text if self.names_host(node, search, depth) => Origin::Own,
            Role::Text => match self.text_parts(node, search, depth) {
                Origin::Unknown | Origin::Handed => Origin::Built,
                other => other,
            },
            Role::Labelled => {
                let value = node.child_by_field_name("value");
                let last = node.named_child_count().saturating_sub(1);
                let value = value.or_else(|| node.named_child(u32::try_from(last).unwrap_or(0)));
                value.map_or(Origin::Constant, |v| self.value(v, search, depth + 1))
            }
            Role::Choice => {
                let condition = node.child_by_field_name("condition");
                // Python has no fields there: `a if condition else b`.
                let condition = condition.or_else(|| node.named_child(1));
                let said = condition.map_or("", |c| self.text_of(c));
                let mut cursor = node.walk();
                let parts = node.named_children(&mut cursor);
                let parts = parts.filter(|p| Some(p.id()) != condition.map(|c| c.id()));
                // `in_array($x, $list) ? $x : 'other'`
                let parts = parts.filter(|p| !is_looked_up(said, self.text_of(*p)));
                self.most(parts.collect(), search, depth)
            }
            _ if node.named_child_count() == 0 || self.makes_number(node) => Origin::Constant,
            // `x for x in list`: what follows only says what `x` is.
            _ if matches!(
                node.kind(),
                "list_comprehension" | "generator_expression" | "set_comprehension"
            ) =>
            {
                let body = node.child_by_field_name("body");
                body.map_or(Origin::Unknown, |b| self.value(b, search, depth + 1))
            }
            _ if (search.question.host || search.question.query) && node.kind() == "object" => {
                let mut cursor = node.walk();
                let pairs = node.named_children(&mut cursor).take(PAIRS);
                self.most(
                    pairs
                        .filter(|p| self.says(*p, search.question.query))
                        .collect(),
                    search,
                    depth,
                )
            }
            _ => self.parts(node, search, depth),
        }
    }

    /// Whether a part of an object with the options of a call says which host it asks, or is the text of a query.
    fn says(&self, pair: Node<'t>, query: bool) -> bool {
        let key = pair.child_by_field_name("key").unwrap_or(pair);
        let key = self.text_of(key).trim_matches(['"', '\'']);
        let host = [
            "url",
            "uri",
            "baseURL",
            "baseUrl",
            "host",
            "hostname",
            "href",
            "origin",
            "location",
            "Location",
            "destination",
        ];
        let text = ["sql", "text", "query", "statement"];
        let says: &[&str] = if query { &text } else { &host };
        says.contains(&key) || pair.kind() == "spread_element"
    }

    /// Whether a part of a value has passed a condition by itself: `in_array($data['kind'], $kinds)`.
    fn is_checked_part(&self, node: Node<'t>, search: &Search<'t>) -> bool {
        let (text, at) = (self.text_of(node), node.start_byte());
        let mut index = Some(self.scope_at(at));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            if scope.names.contains_key(text) {
                return false;
            }
            index = scope.parent;
        }
        self.is_passed(text, 0, at, search)
    }

    /// Whether a node makes a number of whatever it is given: `(int) $x`.
    fn makes_number(&self, node: Node<'t>) -> bool {
        let to = || {
            node.child_by_field_name("type")
                .map_or("", |t| self.text_of(t))
        };
        node.kind() == "cast_expression"
            && matches!(
                to().to_ascii_lowercase().as_str(),
                "int" | "integer" | "float" | "double" | "bool" | "boolean" | "long" | "short"
            )
    }

    /// Whether the name that an expression begins with is `params` or ends with it, and stands for something else than
    /// what a controller has under that name.
    fn is_own_params(&self, text: &str, at: usize, search: &Search<'t>) -> bool {
        let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let end = text.bytes().position(|b| !of_name(b)).unwrap_or(text.len());
        let name = text.get(..end).unwrap_or_default();
        if !name.ends_with("params") {
            return false;
        }
        let mut index = Some(self.scope_at(at));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            if scope.names.contains_key(name) {
                // `params = params.merge(x)`: the inner one is the controller's.
                return !search
                    .open
                    .iter()
                    .any(|o| (o.0, o.1) == (scope.start, name));
            }
            index = scope.parent;
        }
        false
    }

    /// The worst part of a text. In SQL, what stands before a part says whether it stands between quotes.
    fn text_parts(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        if !search.question.sql || self.names.quoted.is_none() {
            return self.parts(node, search, depth);
        }
        let outside = search.unquoted;
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
            let joins = match role(part.kind()) {
                Role::Text => true,
                Role::Binary => {
                    let operator = part.child_by_field_name("operator");
                    operator.is_some_and(|o| self.text_of(o) == ".")
                }
                _ => part.kind() == "parenthesized_expression" || part.kind() == "heredoc_body",
            };
            if joins && search.left > 0 {
                search.left -= 1;
                let from = open.len();
                let mut cursor = part.walk();
                open.extend(part.named_children(&mut cursor));
                open[from..].reverse();
                continue;
            }
            search.unquoted = quote.is_none();
            most = most.max(self.value(part, search, depth + 1));
            if most == Origin::Request {
                break;
            }
        }
        search.unquoted = outside;
        most
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
        found.unwrap_or_else(|| {
            if is_constant_name(name) {
                Origin::Constant
            } else if self.shadows_params && node.kind() == "identifier" {
                // A method of the object itself.
                if self.names.clean.is_match(name.as_bytes()) {
                    return Origin::Constant;
                }
                let returned = self.returned(name, node, search, depth);
                returned.unwrap_or(Origin::Own)
            } else if self.declares || is_own(name) || node.kind() == "constant" {
                Origin::Own
            } else {
                Origin::Unknown
            }
        })
    }

    /// `"${name}"` of PHP is `$name`.
    fn braced(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let text = self.text_of(node);
        let inner = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
        let mut index = Some(self.scope_at(node.start_byte()));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            let mut names = scope.names.keys();
            let name = names.find(|n| n.strip_prefix('$') == inner);
            if let Some(name) = name.filter(|_| inner.is_some()) {
                let found = self.bound(name, node.start_byte(), search, depth);
                return found.unwrap_or(Origin::Unknown);
            }
            index = scope.parent;
        }
        self.parts(node, search, depth).max(Origin::Unknown)
    }

    /// Whether a name that is used at a place has passed a condition since it was assigned.
    fn is_passed(&self, name: &str, since: usize, at: usize, search: &Search<'t>) -> bool {
        let mut index = Some(self.scope_at(at));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            let wants = (search.question.path, search.question.only.is_some());
            let passes = |name, since| {
                let guards = &scope.guards;
                guards::passed(guards, (name, since), at, wants, self.text, scope.start)
            };
            if passes(name, since) {
                return true;
            }
            // What is read from a path or an address says as much as the whole.
            if search.question.path && !scope.guards.is_empty() {
                let from = scope.start.max(at.saturating_sub(HEAD));
                let before = self.text.get(from..at).unwrap_or_default();
                let mut read = guards::read_from(before, name).into_iter();
                if read.any(|name| passes(name, since)) {
                    return true;
                }
            }
            if scope.names.contains_key(name) {
                return false;
            }
            index = scope.parent;
        }
        false
    }

    /// Whether the assignment of a value has run whenever a later place is reached: it stands in a block around that place,
    /// and under no condition in the block.
    fn always_runs_before(&self, value: Node<'_>, at: usize) -> bool {
        let mut known = self.around.borrow_mut();
        let around = known
            .entry(value.id())
            .or_insert_with(|| self.around(value));
        for around in around {
            match around {
                Around::Body(body) if body.contains(&at) => return true,
                Around::Tried(tried, _) if !tried.contains(&at) => {}
                Around::Tried(_, block) | Around::Block(block) => return block.contains(&at),
                Around::Body(_) => {}
            }
        }
        false
    }

    /// What stands around the assignment of a value, from the inside, up to its block or a condition. To go up a tree takes
    /// as long as the file.
    fn around(&self, value: Node<'_>) -> Vec<Around> {
        const BLOCKS: [&str; 10] = [
            "block",
            "compound_statement",
            "body",
            "then",
            "else",
            "suite",
            "program",
            "module",
            "source_file",
            "statements",
        ];
        const BRANCHES: [&str; 19] = [
            "if",
            "for",
            "while",
            "case",
            "switch",
            "match",
            "ternary",
            "conditional",
            "binary",
            "boolean",
            "unless",
            "until",
            "rescue",
            "try",
            "catch",
            "when",
            "lambda",
            "function",
            "method",
        ];
        let mut all = Vec::new();
        let mut next = value.parent();
        while let Some(node) = next {
            let is_one_of = |kinds: &[&str]| kinds.iter().any(|k| node.kind().contains(k));
            if is_one_of(&BLOCKS) {
                // If what is thrown ends the function, all of `try` has run.
                let tried = node.parent().filter(|p| p.kind() == "try_statement");
                let Some(tried) = tried.filter(|t| guards::ends_when_caught(*t, self.text)) else {
                    all.push(Around::Block(node.byte_range()));
                    return all;
                };
                all.push(Around::Tried(tried.byte_range(), node.byte_range()));
                next = tried.parent();
                continue;
            }
            // The head of a loop or a condition has run when its body is reached.
            let body = ["body", "consequence"].into_iter();
            let body = body.filter_map(|f| node.child_by_field_name(f)).next();
            let body = body.map(|b| b.byte_range());
            all.extend(
                body.filter(|b| !b.contains(&value.start_byte()))
                    .map(Around::Body),
            );
            if is_one_of(&BRANCHES) {
                return all;
            }
            next = node.parent();
        }
        all
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
                let here = bindings.partition_point(|(end, _)| *end <= at);
                let open = search.open.iter().rev();
                let mut open = open.filter(|o| (o.0, o.1) == (scope.start, name));
                if open
                    .next()
                    .is_some_and(|(.., from)| here == 0 || here > *from)
                {
                    // `x = x + y`: the rest of the assignment decides.
                    return Some(Origin::Constant);
                }
                // In a function that is defined before, later assignments count too.
                let before = match here {
                    0 => bindings,
                    _ => bindings.get(..here).unwrap_or_default(),
                };
                // `x = f(x)`: what was assigned before only counts as a part of this value.
                let replaces = |(_, binding): &(usize, Binding<'t>)| match binding {
                    Binding::Value(value) => here > 1 && self.always_runs_before(*value, at),
                    _ => false,
                };
                let from = before.iter().rposition(replaces).unwrap_or_default();
                search.open.push((scope.start, name, from));
                let first = from.max(before.len().saturating_sub(ASSIGNMENTS));
                let mut most = Origin::Constant;
                for (end, binding) in before.iter().skip(first) {
                    if here > 0 && self.is_passed(name, *end, at, search) {
                        continue;
                    }
                    // `y = f(x); if (in_array(x, ..)) { use(y); }`
                    let is_last = scope.end > search.at
                        && at < search.at
                        && bindings.partition_point(|(end, _)| *end <= search.at) == here;
                    if is_last && self.is_passed(name, *end, search.at, search) {
                        continue;
                    }
                    let origin = match binding {
                        Binding::Value(value) => match self.value(*value, search, depth + 1) {
                            // `x = f(x)`, where nothing is known about `f`: it may change nothing.
                            Origin::Unknown if from > 0 && self.text_of(*value).contains(name) => {
                                let start = value.start_byte();
                                let before = self.bound(name, start, search, depth + 1);
                                before.unwrap_or(Origin::Unknown).max(Origin::Unknown)
                            }
                            origin => origin,
                        },
                        Binding::Part(from, part) => self.part(*from, part, search, depth),
                        Binding::Key(table) => self.key(*table, search, depth),
                        // Of the options of a request, few say the host.
                        Binding::Put(_) if search.question.host => Origin::Constant,
                        Binding::Added(value) | Binding::Put(value) => {
                            // Where the quotes are is in what it is added to.
                            let outside = std::mem::take(&mut search.unquoted);
                            let added = self.value(*value, search, depth + 1);
                            search.unquoted = outside;
                            match added {
                                Origin::Unknown | Origin::Handed => Origin::Built,
                                other => other,
                            }
                        }
                        Binding::Parameter(parameter, place) => {
                            match self.parameter(*parameter, scope, &search.question) {
                                Origin::Unknown => self.given(scope, (name, *place), search, depth),
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

    /// Whether a member is one that a server sets itself, also where a name stands for what it belongs to.
    fn is_settled(&self, node: Node<'t>, text: &str) -> bool {
        let Some(settled) = &self.names.settled else {
            return false;
        };
        if settled.is_match(text.as_bytes()) {
            return true;
        }
        let base = node.named_child(0).filter(|b| role(b.kind()) == Role::Name);
        let Some((base, part)) = base.zip(text.rsplit('.').next()) else {
            return false;
        };
        let mut index = Some(self.scope_at(node.start_byte()));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            if let Some(bindings) = scope.names.get(self.text_of(base)) {
                return match bindings.as_slice() {
                    [(_, Binding::Value(value))] if value.byte_range().len() < SOURCE => {
                        let whole = format!("{}.{part}", self.text_of(*value));
                        settled.is_match(whole.as_bytes())
                    }
                    [(_, Binding::Part(value, of))] if value.byte_range().len() < SOURCE => {
                        let whole = format!("{}.{of}.{part}", self.text_of(*value));
                        settled.is_match(whole.as_bytes())
                    }
                    _ => false,
                };
            }
            index = scope.parent;
        }
        false
    }

    /// What a key of an object is: one that the code writes itself, where it writes all of the object.
    fn key(&self, table: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let is_written = |node: Node<'t>| {
            let mut cursor = node.walk();
            let mut parts = node.named_children(&mut cursor);
            node.kind() == "object" && parts.all(|p| p.kind() != "spread_element")
        };
        let mut index = Some(self.scope_at(table.start_byte()));
        while let Some(scope) = index.and_then(|i| self.scopes.get(i)) {
            if let Some(bindings) = scope.names.get(self.text_of(table)) {
                let mut bindings = bindings.iter();
                let all = bindings.all(|(_, b)| matches!(b, Binding::Value(v) if is_written(*v)));
                return match all {
                    true => Origin::Own,
                    false => self.value(table, search, depth + 1),
                };
            }
            index = scope.parent;
        }
        self.value(table, search, depth + 1)
    }

    /// What a part of an object is that is taken out of it: `const { body } = req`.
    fn part(&self, from: Node<'t>, part: &'t str, search: &mut Search<'t>, depth: u32) -> Origin {
        let whole = self.text_of(from);
        if whole.len() + part.len() < SOURCE && role(from.kind()) != Role::Call {
            let text = format!("{whole}.{part}");
            let settled = self.names.settled.as_ref();
            if settled.is_some_and(|s| s.is_match(text.as_bytes())) {
                return Origin::Own;
            }
            let is_request = self.names.request.is_match(text.as_bytes())
                || self.is_typed_request(&text, from.start_byte());
            if is_request && role(from.kind()) == Role::Name {
                return match counts(&text, &search.question) {
                    true => Origin::Request,
                    false => Origin::Unknown,
                };
            }
        }
        self.value(from, search, depth + 1)
    }

    fn parameter(&self, parameter: Node<'t>, scope: &Scope<'t>, question: &Question<'t>) -> Origin {
        let text = self.text_of(parameter);
        let names = self.names;
        let fits = |e: &Expression| e.is_match(text.as_bytes());
        let is_handled = |(_, handled): (&str, Option<&Expression>)| {
            !matches!(
                text,
                "self" | "request" | "cls" | "context" | "ctx" | "info"
            ) && handled.is_none_or(fits)
                && !names.injected.as_ref().is_some_and(fits)
        };
        if matches!(text, "self" | "cls") {
            Origin::Own
        } else if fits(&names.harmless) {
            Origin::Constant
        } else if scope
            .handles
            .is_some_and(|(head, _)| is_converted(head, text))
        {
            Origin::Own
        } else if !counts(text, question) {
            Origin::Unknown
        } else if scope.handles.is_some_and(is_handled)
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
        (name, place): (&str, usize),
        search: &mut Search<'t>,
        depth: u32,
    ) -> Origin {
        let mut most = Origin::Handed;
        let calls = scope.called.and_then(|name| self.calls.get(name));
        if search.functions == 0 {
            return most;
        }
        search.functions -= 1;
        // What a function returns for one call depends on the arguments of this call.
        let from = search.calls.pop_if(|(start, _)| *start == scope.start);
        let only = from.map(|(_, arguments)| arguments);
        let all = calls.into_iter().flatten().filter(|_| only.is_none());
        let (mut given_all, mut count) = (Origin::Constant, 0);
        for arguments in only.iter().chain(all) {
            // A call of itself says nothing new.
            if (scope.start..scope.end).contains(&arguments.start_byte()) {
                continue;
            }
            let mut cursor = arguments.walk();
            let mut argument = None;
            for (index, given) in arguments.named_children(&mut cursor).enumerate() {
                let label = given.child_by_field_name("name");
                let fits = match role(given.kind()) {
                    Role::Labelled => label.is_some_and(|l| self.text_of(l) == name),
                    _ => index == place,
                };
                argument = argument.or(fits.then_some(given));
            }
            count += 1;
            // Without one, the function chooses the value itself, or it is handed over in another way.
            let origin = argument.map_or(Origin::Unknown, |a| self.value(a, search, depth + 1));
            most = most.max(origin);
            given_all = given_all.max(origin);
        }
        // What only this file calls, by the customs of Python, gets nothing else.
        let is_python = self.declares && !self.reaches_out;
        let is_private = is_python
            && scope
                .called
                .is_some_and(|c| c.starts_with('_') && !c.starts_with("__"));
        let is_known = only.is_some() || is_private && (1..CALLS).contains(&count);
        if is_known && given_all <= Origin::Own {
            most = Origin::Own;
        }
        search.calls.extend(from);
        search.functions += 1;
        most
    }

    /// What the functions of this file with a name return for a call, if there are any.
    fn returned(
        &self,
        name: &str,
        call: Node<'t>,
        search: &mut Search<'t>,
        depth: u32,
    ) -> Option<Origin> {
        let functions = self.functions.get(name)?;
        if search.functions == 0 {
            return None;
        }
        search.functions -= 1;
        let mut most = None;
        for scope in functions.iter().take(CALLS) {
            let Some(scope) = self.scopes.get(*scope) else {
                continue;
            };
            let arguments = call.child_by_field_name("arguments");
            let known = search.calls.len();
            search.calls.extend(arguments.map(|a| (scope.start, a)));
            for value in scope.returns.iter().take(CALLS) {
                most = most.max(Some(self.value(*value, search, depth + 1)));
            }
            search.calls.truncate(known);
        }
        search.functions += 1;
        most
    }

    /// What a function that is handed over to a call returns: `list.map(() => "?")`.
    fn mapped(&self, call: Node<'t>, search: &mut Search<'t>, depth: u32) -> Option<Origin> {
        let mut function = call.child_by_field_name("arguments")?.named_child(0)?;
        if function.kind() == "argument" {
            function = function.named_child(0)?;
        }
        // `array_map('intval', $ids)`
        let named = self.text_of(function);
        let handed = named.strip_suffix("(...)");
        let named = handed.unwrap_or(named).trim_matches(['\'', '"']);
        if (handed.is_some() || is_string(function.kind()))
            && self.names.clean.is_match(named.as_bytes())
        {
            return Some(Origin::Constant);
        }
        if role(function.kind()) != Role::Function || search.functions == 0 {
            return None;
        }
        let scope = self.scopes.get(self.scope_at(function.start_byte()))?;
        if scope.start != function.start_byte() || scope.returns.is_empty() {
            return None;
        }
        search.functions -= 1;
        let most = self.most(scope.returns.clone(), search, depth);
        search.functions += 1;
        Some(most)
    }

    fn member(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let text = self.text_of(node);
        if let Some(known) = self.bound(text, node.start_byte(), search, depth) {
            return known;
        }
        let base = node.named_child(0);
        // Before the name: a field of Go may be called `URL`.
        let from = base.map(|b| self.value(b, search, depth + 1));
        if from == Some(Origin::Request) {
            return Origin::Request;
        }
        let last = text.rsplit(['.', '>', ':']).next().unwrap_or(text);
        if is_constant_name(last) {
            Origin::Constant
        } else if is_own(text) || from.is_some_and(|f| f <= Origin::Own) {
            Origin::Own
        } else {
            Origin::Unknown
        }
    }

    fn is_clean_call(&self, node: Node<'t>, search: &Search<'t>) -> bool {
        let Some(callee) = self.callee(node) else {
            return false;
        };
        if let Some(strips) = &self.names.strips
            && (callee.ends_with("replace") || callee.ends_with("replaceAll"))
        {
            let text = self.text_of(node).as_bytes();
            let clean = search.question.clean;
            if strips.is_match(text) || clean.is_some_and(|c| c.is_match(text)) {
                return true;
            }
        }
        let is =
            |of: &Option<Expression>| of.as_ref().is_some_and(|r| r.is_match(callee.as_bytes()));
        let for_another_place = match search.question {
            Question { sql: true, .. } => {
                search.unquoted && (is(&self.names.quoted) || is(&self.names.escaped))
            }
            Question {
                linked: true,
                host: false,
                ..
            } => is(&self.names.quoted),
            _ => is(&self.names.quoted) || is(&self.names.escaped),
        };
        let is_clean = !for_another_place && self.names.clean.is_match(callee.as_bytes());
        is_clean
            || search
                .question
                .clean
                .is_some_and(|c| c.is_match(callee.as_bytes()))
    }

    fn call(&self, node: Node<'t>, search: &mut Search<'t>, depth: u32) -> Origin {
        let Some(callee) = self.callee(node) else {
            return Origin::Unknown;
        };
        let last = callee.rsplit(['.', '>', ':', ' ']).next().unwrap_or(callee);
        // `users.getByName(x)`: what is returned is a part of `users`, and `x` only says which.
        let passed = self.names.passes.is_match(callee.as_bytes());
        let part_of = |p: &Expression| !passed && p.is_match(last.as_bytes());
        if let Some(on) = called_on(node).filter(|on| self.is_value(*on))
            && self.names.part_of.as_ref().is_some_and(part_of)
            && !self.functions.contains_key(last)
        {
            let most = self.value(on, search, depth + 1);
            let is_outside = |o: &Expression| most <= Origin::Own && o.is_match(last.as_bytes());
            return match self.names.outside.as_ref().is_some_and(is_outside) {
                true => Origin::Unknown,
                false => most,
            };
        }
        let builds = self.names.builds.is_match(callee.as_bytes())
            || self.names.builds.is_match(last.as_bytes());
        let passes = builds
            || self.names.passes.is_match(callee.as_bytes())
            || self.names.passes.is_match(last.as_bytes());
        if !passes {
            return self.of_unknown_call(node, last, search, depth);
        }
        if matches!(last, "map" | "flatMap" | "array_map")
            && let Some(mapped) = self.mapped(node, search, depth)
        {
            return mapped;
        }
        if self.keeps_only(node, last) {
            return Origin::Constant;
        }
        if builds && self.names_host(node, search, depth) {
            return Origin::Own;
        }
        if callee == "Object.keys"
            && let Some(arguments) = node.child_by_field_name("arguments")
            && let Some(table) = arguments.named_child(0)
        {
            return self.key(table, search, depth);
        }
        let mut parts = Vec::new();
        // `String.format`, `path.join`: what it is called on is no value.
        let on = called_on(node).filter(|o| self.is_value(*o));
        let is_lodash = on.is_some_and(|on| matches!(self.text_of(on), "_" | "lodash"));
        let arguments = node.child_by_field_name("arguments");
        let looks_up = |l: &Expression| l.is_match(last.as_bytes());
        match arguments.filter(|_| {
            called_on(node).is_some()
                && !is_lodash
                && self.names.lookups.as_ref().is_some_and(looks_up)
        }) {
            // What a table or a store has for a key is not the key: `table.get(key, other)`.
            Some(arguments) => {
                let mut cursor = arguments.walk();
                parts.extend(arguments.named_children(&mut cursor).skip(1));
            }
            None => parts.extend(arguments),
        }
        parts.extend(on);
        // In a format, it cannot be seen where the quotes are.
        let outside = search.unquoted;
        search.unquoted &= !builds;
        let most = self.most(parts, search, depth);
        search.unquoted = outside;
        match most {
            Origin::Unknown | Origin::Handed if builds => Origin::Built,
            other => other,
        }
    }

    /// Whether a call deletes all characters but those of a list in which none is dangerous:
    /// `preg_replace('/[^a-z]/', '', $x)`.
    fn keeps_only(&self, call: Node<'t>, name: &str) -> bool {
        static KEPT: LazyLock<Expression> = LazyLock::new(|| {
            let text = r#"^(?:r?["'][/#~|@]?|/)\[\^(?:[\w .,:@+=-]|\\{1,2}[wds._-])+\]\+?(?:[/#~|@][a-z]*)?["']?$"#;
            ascii(text).expect("a test uses it")
        });
        static LITTLE: LazyLock<Expression> =
            LazyLock::new(|| ascii(r#"^["'][\w .-]?["']$"#).expect("a test uses it"));
        if !matches!(
            name,
            "preg_replace" | "gsub" | "replaceAll" | "sub" | "replace"
        ) {
            return false;
        }
        let Some(arguments) = call.child_by_field_name("arguments") else {
            return false;
        };
        let mut cursor = arguments.walk();
        let mut texts = arguments
            .named_children(&mut cursor)
            .map(|a| self.text_of(a));
        let (Some(kept), Some(instead)) = (texts.next(), texts.next()) else {
            return false;
        };
        // Ruby's `sub` and JavaScript's `replace` without `g` change the first place only.
        let is_all = match name {
            "sub" => texts.next().is_some(),
            "replace" => kept.ends_with("/g") || kept.ends_with("/gi"),
            _ => true,
        };
        is_all && KEPT.is_match(kept.as_bytes()) && LITTLE.is_match(instead.as_bytes())
    }

    /// What a call comes to of which nothing is known but perhaps what a function of this file returns.
    fn of_unknown_call(
        &self,
        node: Node<'t>,
        name: &str,
        search: &mut Search<'t>,
        depth: u32,
    ) -> Origin {
        let on = called_on(node);
        let on = on.map_or(Origin::Constant, |on| match is_own(self.text_of(on)) {
            true => Origin::Own,
            false => self.value(on, search, depth + 1),
        });
        let returned = self.returned(name, node, search, depth);
        if on > Origin::Own {
            // The method of another object may be another one of that name.
            return returned.unwrap_or(Origin::Unknown).max(Origin::Unknown);
        }
        if let Some(returned) = returned {
            return returned;
        }
        let arguments = node.child_by_field_name("arguments");
        // A template with a tag, such as SQL`..`, is made by the tag.
        if arguments.is_some_and(|a| a.kind() == "template_string") {
            return Origin::Unknown;
        }
        let given = arguments.map_or(Origin::Constant, |a| self.parts(a, search, depth));
        match given {
            Origin::Constant | Origin::Own => Origin::Own,
            _ => Origin::Unknown,
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
        if self.names_host(node, search, depth) {
            return Origin::Own;
        }
        match self.text_parts(node, search, depth) {
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
            if role(node.kind()) == Role::Binary || node.kind() == "parenthesized_expression" {
                let mut cursor = node.walk();
                open.extend(node.named_children(&mut cursor));
            }
        }
        false
    }
}

/// Whether what names data of a request is such that a question is about.
fn counts(text: &str, question: &Question<'_>) -> bool {
    question
        .only
        .is_none_or(|only| only.is_match(text.as_bytes()))
}

/// The text that a heredoc stands for, or the node itself.
fn written_at(node: Node<'_>) -> Node<'_> {
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

/// What a method is called on.
pub(super) fn called_on(call: Node<'_>) -> Option<Node<'_>> {
    let on = ["receiver", "object", "scope"];
    let on = on.into_iter().find_map(|f| call.child_by_field_name(f));
    on.or_else(|| {
        let function = call.child_by_field_name("function")?;
        (role(function.kind()) == Role::Member).then(|| function.named_child(0))?
    })
}

/// Whether a route lets only numbers through for a parameter, or another form that its converter checks: `<int:place>`,
/// `{place:int}`.
fn is_converted(head: &str, parameter: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let end = parameter.bytes().position(|b| !of_name(b));
    let name = parameter.get(..end.unwrap_or(parameter.len()));
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return false;
    };
    head.match_indices(name).any(|(at, _)| {
        let before = head.get(..at).unwrap_or_default();
        let after = head.get(at + name.len()..).unwrap_or_default();
        let converter = before.strip_suffix(':').and_then(|b| b.rsplit('<').next());
        let by_name = converter.is_some_and(|c| {
            let is_text = matches!(c, "string" | "path" | "str" | "unicode" | "any" | "default");
            after.starts_with('>') && !c.is_empty() && c.bytes().all(of_name) && !is_text
        });
        let ends = [":int>", ":float>", ":int}", ":float}", ":uuid}"];
        by_name || ends.iter().any(|e| after.starts_with(e))
    })
}

/// Whether a condition looks a value up in a list of those that are allowed.
fn is_looked_up(condition: &str, value: &str) -> bool {
    let looks = [
        "in_array(",
        "array_key_exists(",
        ".includes(",
        ".has(",
        ".include?(",
        ".in?(",
        ".member?(",
        ".key?(",
        ".contains(",
        ".containsKey(",
        " in ",
    ];
    condition.contains(value) && looks.iter().any(|l| condition.contains(l))
}

/// Whether a name is a part of the object or the class that the code belongs to.
fn is_own(name: &str) -> bool {
    let begins = [
        "this.", "self.", "cls.", "$this->", "self::", "static::", "parent::", "@",
    ];
    matches!(
        name,
        "this" | "self" | "cls" | "$this" | "static" | "super" | "parent"
    ) || begins.iter().any(|b| name.starts_with(b))
}

/// Whether a name is one of a constant by the customs of all eight languages: `ALL_CAPITALS`.
fn is_constant_name(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
