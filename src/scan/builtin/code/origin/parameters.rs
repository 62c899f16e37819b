//! What a parameter is: by its name and type, by the function that has it, or by the calls in the same file.

use tree_sitter::Node;

use super::super::expression::Expression;
use super::super::flow::{CALLS, Flow, Scope};
use super::super::kinds::Role;
use super::super::text::name_at;
use super::request::counts;
use super::{Origin, Question, Trace};

impl<'t> Flow<'t> {
    /// What a parameter is by its name and type, and by the function that has it.
    pub(super) fn parameter(
        &self,
        parameter: Node<'t>,
        scope: &Scope<'t>,
        question: &Question<'t>,
    ) -> Origin {
        let text = self.text_of(parameter);
        let names = self.names;
        let fits = |e: &Expression| e.is_match(text.as_bytes());
        let is_handled = |(head, handled): (&str, Option<&Expression>)| {
            !matches!(
                text,
                "self" | "request" | "cls" | "context" | "ctx" | "info"
            ) && handled.is_none_or(fits)
                && !is_handed_over(head, text)
                && !names.injected.as_ref().is_some_and(fits)
        };
        if matches!(text, "self" | "cls") || scope.is_command {
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
    pub(super) fn given(
        &self,
        scope: &Scope<'t>,
        (name, place): (&str, usize),
        trace: &mut Trace<'t>,
        depth: u32,
    ) -> Origin {
        let mut most = Origin::Handed;
        let calls = scope.called.and_then(|name| self.calls.get(name));
        if trace.functions == 0 {
            return most;
        }
        trace.functions -= 1;
        // What a function returns for one call depends on the arguments of this call.
        let from = trace.calls.pop_if(|(start, _)| *start == scope.start);
        let only = from.map(|(_, arguments)| arguments);
        let all = calls.into_iter().flatten().filter(|_| only.is_none());
        let is_sink = trace.question.sql && scope.called.is_some_and(runs_sql);
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
                let fits = match self.role(given) {
                    Role::Labelled => label.is_some_and(|l| self.text_of(l) == name),
                    _ => index == place,
                };
                argument = argument.or(fits.then_some(given));
            }
            count += 1;
            // Without one, the function chooses the value itself, or it is handed over in another way.
            let origin = argument.map_or(Origin::Unknown, |a| self.value(a, trace, depth + 1));
            // `db.query(sql)` in a function `query`: its callers are looked at by themselves.
            let origin = match origin {
                Origin::Built if is_sink => Origin::Handed,
                other => other,
            };
            most = most.max(origin);
            given_all = given_all.max(origin);
        }
        // What only this file calls, by the customs of Python or because it says so, gets nothing else.
        let is_python = self.declares && !self.reaches_out;
        let is_private = match is_python {
            true => scope
                .called
                .is_some_and(|c| c.starts_with('_') && !c.starts_with("__")),
            false => {
                let head = self.text.get(scope.start..scope.end);
                head.is_some_and(|head| head.starts_with("private "))
            }
        };
        let is_known = only.is_some() || is_private && (1..CALLS).contains(&count);
        if is_known && given_all <= Origin::Own {
            most = Origin::Own;
        }
        trace.calls.extend(from);
        trace.functions += 1;
        most
    }
}

/// Whether calls of a function of this name are found by themselves if what they are given is built.
fn runs_sql(name: &str) -> bool {
    let runs = [
        "query", "execute", "exec", "prepare", "raw", "run", "all", "get", "each", "sql",
    ];
    let name = name.to_ascii_lowercase();
    runs.contains(&name.as_str()) || name.ends_with("query") || name.ends_with("sql")
}

/// Whether a route says which parameters it has, and this is none of them, so that a decorator hands it over:
/// `@app.route("/a/<b>")` with `def f(user, b)`.
fn is_handed_over(head: &str, parameter: &str) -> bool {
    let Some((decorators, _)) = head.rsplit_once("def ") else {
        return false;
    };
    let routes = || {
        decorators
            .match_indices("route(")
            .filter_map(|(at, call)| decorators.get(at + call.len()..))
    };
    let name = name_at(parameter, b"");
    let is_stated = |route: &str| {
        let text = route.trim_start_matches(char::is_whitespace);
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
        let path = quote.and_then(|q| text.get(1..)?.split(q).next());
        path.is_some_and(|p| !p.contains(&format!("<{name}>")) && !p.contains(&format!(":{name}")))
    };
    !name.is_empty() && routes().next().is_some() && routes().all(is_stated)
}

/// Whether a route lets only numbers through for a parameter, or another form that its converter checks: `<int:place>`,
/// `{place:int}`.
fn is_converted(head: &str, parameter: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let name = name_at(parameter, b"");
    !name.is_empty()
        && head.match_indices(name).any(|(at, _)| {
            let before = head.get(..at).unwrap_or_default();
            let after = head.get(at + name.len()..).unwrap_or_default();
            let converter = before.strip_suffix(':').and_then(|b| b.rsplit('<').next());
            let by_name = converter.is_some_and(|c| {
                let is_text =
                    matches!(c, "string" | "path" | "str" | "unicode" | "any" | "default");
                after.starts_with('>') && !c.is_empty() && c.bytes().all(of_name) && !is_text
            });
            let ends = [":int>", ":float>", ":int}", ":float}", ":uuid}"];
            by_name || ends.iter().any(|e| after.starts_with(e))
        })
}
