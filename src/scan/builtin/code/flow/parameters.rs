//! Binds the parameters of a function, with what is known of each: by its type, or by the call that gets the function.

use std::sync::LazyLock;

use tree_sitter::Node;

use super::super::expression::Expression;
use super::super::kinds::Role;
use super::super::text::{has, name_at};
use super::{Binding, Flow, LONGEST_CALLEE};

impl<'t> Flow<'t> {
    pub(super) fn parameters(&mut self, function: Node<'t>, parent: Node<'t>, scope: usize) {
        let list = function
            .child_by_field_name("parameters")
            .or_else(|| function.child_by_field_name("parameter"));
        let Some(list) = list else {
            return;
        };
        // The call that gets the function.
        let is_argument = parent.kind() == "arguments";
        let call = is_argument.then(|| parent.parent()).flatten();
        let element = call.and_then(|call| self.elements_for(call));
        let handed = call.and_then(|call| self.handed_to(call));
        if let Some(None) = handed {
            self.scopes[scope].handles = Some(("", None));
        }
        let binding = |parameter, place: usize| match (element, place) {
            (Some(list), 0) => Binding::Value(list),
            _ => Binding::Parameter(parameter, place),
        };
        if self.role(list) == Role::Name {
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

    /// What is known about the parameters of a function from the call that it is passed to.
    fn handed_to(&self, call: Node<'t>) -> Option<Option<&'static str>> {
        if self.names.handed.is_empty() {
            return None;
        }
        let callee = self.callee(call)?.as_bytes();
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

    /// Whether the decorators of a function make a command of it, whose options are its parameters: `@click.option(..)`.
    pub(super) fn is_command(&self, function: Node<'t>, around: Node<'t>) -> bool {
        let makes = [
            "@click.",
            "@option(",
            ".option(",
            "@argument(",
            ".argument(",
        ];
        let head = self.text.get(around.start_byte()..function.start_byte());
        around.kind() == "decorated_definition"
            && head.is_some_and(|head| makes.iter().any(|m| has(head, m)))
    }

    /// The list whose elements a function gets that a call is given: `list.map(x => ..)`.
    fn elements_for(&self, call: Node<'t>) -> Option<Node<'t>> {
        let called = call.child_by_field_name("function")?;
        let name = called.child_by_field_name("property")?;
        let is_each = matches!(
            self.text_of(name),
            "map" | "forEach" | "filter" | "flatMap" | "some" | "every" | "find"
        );
        is_each
            .then(|| called.child_by_field_name("object"))
            .flatten()
    }

    /// Whether the name that an expression begins with is no request, whatever it is called: by its type, or because a
    /// program that asks for something made it.
    pub(in super::super) fn is_no_request(&self, text: &str, at: usize) -> bool {
        static MADE: LazyLock<Expression> = LazyLock::new(|| {
            Expression::new(
                r"^(?:http\.(?:New\w+|Get|Head|Post\w*)\(|[\w.]*[cC]lient(?:\(\))?\.\w+\(|[\w.]+\.(?:Do|RoundTrip)\(|new URL\(\s*process\.env\b)",
            )
        });
        let name = name_at(text, b"$");
        let part = text.strip_prefix(name).unwrap_or_default();
        // A controller of Beego is known by what it has.
        let is_controller = [".Ctx.", ".Get", ".Input"]
            .iter()
            .any(|p| part.starts_with(p));
        if name.is_empty() || part.is_empty() || is_controller {
            return false;
        }
        for scope in self.scopes_around(at) {
            let object = scope.object.filter(|object| {
                let own = object.child_by_field_name("name");
                own.is_some_and(|own| self.text_of(own) == name)
            });
            if let Some(object) = object {
                return self.is_other(object, name);
            }
            if let Some(bindings) = scope.names.get(name) {
                return bindings.iter().any(|(_, binding)| match binding {
                    Binding::Parameter(parameter, _) => self.is_other(*parameter, name),
                    Binding::Value(value) => MADE.is_match(self.text_of(*value).as_bytes()),
                    _ => false,
                });
            }
        }
        false
    }

    /// Whether the type of a parameter, where it has one, is no request and holds none.
    fn is_other(&self, parameter: Node<'t>, name: &str) -> bool {
        static MAY_BE: LazyLock<Expression> = LazyLock::new(|| {
            Expression::new(
                r"(?i)req|ctx|cont(?:ext|roller)|http|event|exchange|handler|arg|param|input|message|env|session|\b(?:any|t)\b|unknown|object|dict|\bmap\b|data|props|socket|conn|[{=]",
            )
        });
        let (before, after) = self.text_of(parameter).split_once(name).unwrap_or_default();
        // PHP and Java write the type before the name.
        let kind = match before.trim_end_matches(['$', ' ', '&', '*']) {
            "" => after,
            before => before,
        };
        kind.bytes().any(|b| b.is_ascii_alphabetic()) && !MAY_BE.is_match(kind.as_bytes())
    }

    /// Whether an expression that begins with a parameter is data of a request by the type of that.
    pub(in super::super) fn is_typed_request(&self, text: &str, at: usize) -> bool {
        if !self.has_typed {
            return false;
        }
        let name = name_at(text, b"$");
        let rest = text.strip_prefix(name).unwrap_or_default();
        for scope in self.scopes_around(at) {
            if let Some((_, known)) = scope.typed.iter().find(|(n, _)| *n == name) {
                let known = format!("{known}{rest}");
                return self.names.request.is_match(known.as_bytes());
            }
            if scope.names.contains_key(name) {
                break;
            }
        }
        false
    }
}
