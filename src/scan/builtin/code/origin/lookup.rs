//! What a name or a member of an object stands for: all that is assigned to it before its use.

use tree_sitter::Node;

use super::super::flow::{Binding, Flow, Scope};
use super::super::kinds::Role;
use super::request::{counts, is_constant_name, is_own};
use super::{ASSIGNMENTS, Origin, SOURCE, Trace};

impl<'t> Flow<'t> {
    /// What a name stands for.
    pub(super) fn name(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let name = self.text_of(node);
        let at = node.start_byte();
        let found = self.bound(name, at, trace, depth);
        found.unwrap_or_else(|| {
            if is_constant_name(name) {
                Origin::Constant
            } else if self.shadows_params && node.kind() == "identifier" {
                // A method of the object itself.
                if self.names.clean.is_match(name.as_bytes()) {
                    return Origin::Constant;
                }
                let returned = self.returned(name, node, trace, depth);
                returned.unwrap_or(Origin::Own)
            } else if self.declares || is_own(name) || node.kind() == "constant" {
                Origin::Own
            } else {
                Origin::Unknown
            }
        })
    }

    /// `"${name}"` of PHP is `$name`.
    pub(super) fn braced(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let text = self.text_of(node);
        let inner = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
        let at = node.start_byte();
        let mut names = self.scopes_around(at).flat_map(|s| s.names.keys());
        let name = names.find(|n| inner.is_some() && n.strip_prefix('$') == inner);
        if let Some(name) = name {
            let found = self.bound(name, at, trace, depth);
            return found.unwrap_or(Origin::Unknown);
        }
        self.parts(node, trace, depth).max(Origin::Unknown)
    }

    /// What a member of an object is.
    pub(super) fn member(&self, node: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let text = self.text_of(node);
        if let Some(known) = self.bound(text, node.start_byte(), trace, depth) {
            return known;
        }
        let base = node.named_child(0);
        // Before the name: a field of Go may be called `URL`.
        let from = base.map(|b| self.value(b, trace, depth + 1));
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

    /// What the assignments to a name say, if there are any.
    pub(super) fn bound(
        &self,
        name: &'t str,
        at: usize,
        trace: &mut Trace<'t>,
        depth: u32,
    ) -> Option<Origin> {
        let (scope, bindings) = self.bindings(name, at)?;
        let here = bindings.partition_point(|(end, _)| *end <= at);
        let open = trace.open.iter().rev();
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
        // `where(name)`, and no part of it.
        let is_hash = trace.question.sql
            && at == trace.at
            && bindings
                .iter()
                .any(|(_, b)| matches!(b, Binding::Value(v) if v.kind() == "hash"));
        trace.open.push((scope.start, name, from));
        let first = from.max(before.len().saturating_sub(ASSIGNMENTS));
        let mut most = Origin::Constant;
        for (end, binding) in before.iter().skip(first) {
            if here > 0 && self.is_passed(name, *end, at, trace) {
                continue;
            }
            // `y = f(x); if (in_array(x, ..)) { use(y); }`
            let is_last = scope.end > trace.at
                && at < trace.at
                && bindings.partition_point(|(end, _)| *end <= trace.at) == here;
            if is_last && self.is_passed(name, *end, trace.at, trace) {
                continue;
            }
            let origin = match binding {
                // The values of a hash are left to the driver.
                Binding::Put(_) if is_hash => continue,
                // `x = f(x)`, where nothing is known about `f`: it may change nothing.
                Binding::Value(value) if from > 0 && self.text_of(*value).contains(name) => {
                    match self.value(*value, trace, depth + 1) {
                        Origin::Unknown => {
                            let start = value.start_byte();
                            let before = self.bound(name, start, trace, depth + 1);
                            before.unwrap_or(Origin::Unknown).max(Origin::Unknown)
                        }
                        origin => origin,
                    }
                }
                binding => self.binding(*binding, name, scope, trace, depth),
            };
            most = most.max(origin);
        }
        trace.open.pop();
        Some(most)
    }

    /// What one of the assignments to a name of a function says.
    fn binding(
        &self,
        binding: Binding<'t>,
        name: &'t str,
        scope: &Scope<'t>,
        trace: &mut Trace<'t>,
        depth: u32,
    ) -> Origin {
        match binding {
            Binding::Value(value) => self.value(value, trace, depth + 1),
            Binding::Part(from, part) => self.part(from, part, trace, depth),
            Binding::Key(table) => self.key(table, trace, depth),
            // Of the options of a request, few say the host.
            Binding::Put(_) if trace.question.host => Origin::Constant,
            Binding::Added(value) | Binding::Put(value) => {
                // Where the quotes are is in what it is added to.
                let outside = std::mem::take(&mut trace.unquoted);
                let added = self.value(value, trace, depth + 1);
                trace.unquoted = outside;
                added.built()
            }
            Binding::Parameter(parameter, place) => {
                match self.parameter(parameter, scope, &trace.question) {
                    Origin::Unknown => self.given(scope, (name, place), trace, depth),
                    other => other,
                }
            }
        }
    }

    /// What a part of an object is that is taken out of it: `const { body } = req`.
    fn part(&self, from: Node<'t>, part: &'t str, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let whole = self.text_of(from);
        if whole.len() + part.len() < SOURCE && self.role(from) != Role::Call {
            let text = format!("{whole}.{part}");
            let settled = self.names.settled.as_ref();
            if settled.is_some_and(|s| s.is_match(text.as_bytes())) {
                return Origin::Own;
            }
            let is_request = self.names.request.is_match(text.as_bytes())
                && !self.is_no_request(&text, from.start_byte())
                || self.is_typed_request(&text, from.start_byte());
            if is_request && self.role(from) == Role::Name {
                return match counts(&text, &trace.question) {
                    true => Origin::Request,
                    false => Origin::Unknown,
                };
            }
        }
        self.value(from, trace, depth + 1)
    }

    /// What a key of an object is: one that the code writes itself, where it writes all of the object.
    pub(super) fn key(&self, table: Node<'t>, trace: &mut Trace<'t>, depth: u32) -> Origin {
        let is_written = |node: Node<'t>| {
            let mut cursor = node.walk();
            let mut parts = node.named_children(&mut cursor);
            node.kind() == "object" && parts.all(|p| p.kind() != "spread_element")
        };
        let bindings = self.bindings(self.text_of(table), table.start_byte());
        let all_written = bindings.is_some_and(|(_, bindings)| {
            let mut bindings = bindings.iter();
            bindings.all(|(_, b)| matches!(b, Binding::Value(v) if is_written(*v)))
        });
        if all_written {
            return Origin::Own;
        }
        self.value(table, trace, depth + 1)
    }

    /// Whether a name stands for a value that is assigned somewhere, and not for a module or a class.
    pub(super) fn is_value(&self, node: Node<'t>) -> bool {
        if self.role(node) != Role::Name {
            return true;
        }
        self.bindings(self.text_of(node), node.start_byte())
            .is_some()
    }
}
