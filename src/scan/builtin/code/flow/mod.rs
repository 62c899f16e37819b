//! The functions of a file, with the values that are assigned to names in them, and those that
//! calls pass to them.

mod bind;
mod order;
mod parameters;
mod read;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use tree_sitter::Node;

use super::expression::Expression;
use super::guards::Guard;
use super::kinds::Role;
use super::names::Names;
use order::Around;

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

impl<'t> Binding<'t> {
    /// The node that it is about.
    pub(super) fn node(self) -> Node<'t> {
        match self {
            Binding::Value(node)
            | Binding::Part(node, _)
            | Binding::Key(node)
            | Binding::Added(node)
            | Binding::Put(node)
            | Binding::Parameter(node, _) => node,
        }
    }
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
    /// What a method of Go is called on, with its type.
    pub(super) object: Option<Node<'t>>,
    /// Its parameters are options of a command that the user of the machine runs.
    pub(super) is_command: bool,
    /// The conditions in it, in the order of the text.
    pub(super) guards: Vec<Guard<'t>>,
}

/// What functions are like whose parameters are data of a request.
struct Handler {
    /// What they begin with.
    begins: &'static Expression,
    /// See `WithinNames::handled`.
    handled: Option<&'static Expression>,
    /// See `WithinNames::class`.
    class: Option<&'static Expression>,
}

/// The assignments of a file, by function.
pub(super) struct Flow<'t> {
    pub(super) text: &'t str,
    roles: &'static [Role],
    pub(super) names: &'static Names,
    /// Those of [`Names::within`] that count here.
    pub(super) within: Vec<&'static Expression>,
    /// The functions whose parameters are data of a request.
    handlers: Vec<Handler>,
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
    around: RefCell<HashMap<usize, Vec<Around>>>,
}

impl<'t> Flow<'t> {
    pub(super) fn role(&self, node: Node<'t>) -> Role {
        let role = self.roles.get(usize::from(node.kind_id()));
        role.copied().unwrap_or(Role::Other)
    }

    pub(super) fn text_of(&self, node: Node<'t>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The functions around a place, from the innermost to the file itself.
    pub(super) fn scopes_around(&self, at: usize) -> impl Iterator<Item = &Scope<'t>> {
        let scope = |index: usize| self.scopes.get(index);
        std::iter::successors(scope(self.scope_at(at)), move |here| {
            here.parent.and_then(scope)
        })
    }

    /// What is assigned to a name that is used at a place, and the innermost function that has it.
    pub(super) fn bindings(
        &self,
        name: &str,
        at: usize,
    ) -> Option<(&Scope<'t>, &[(usize, Binding<'t>)])> {
        let mut scopes = self.scopes_around(at);
        scopes.find_map(|scope| Some((scope, scope.names.get(name)?.as_slice())))
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

/// The name alone of what is called: `run` of `this.tasks.run`.
pub(super) fn called_name(callee: &str) -> &str {
    callee.rsplit(['.', '>', ':', ' ']).next().unwrap_or(callee)
}
