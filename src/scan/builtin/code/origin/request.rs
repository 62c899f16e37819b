//! What an expression is by what it says alone: data of a request, a part of its own object, or a constant.

use std::sync::LazyLock;

use tree_sitter::Node;

use super::super::expression::Expression;
use super::super::flow::{Binding, Flow};
use super::super::kinds::{Role, called_on};
use super::super::text::name_at;
use super::{Origin, Question, SOURCE, Trace};

/// What the server says of its own address, and what the browser says of the page that it comes from: it leads to no page
/// that a stranger chose in a link.
static OWN_ADDRESS: LazyLock<Expression> = LazyLock::new(|| {
    Expression::new(
        r#"(?i)^(?:\$_SERVER|request\.(?:refer|path|fullpath|url|original_url)|.*(?:\bheaders?(?:\[|\.|->|\()|\bMETA|\benviron|->server|\breq(?:uest)?\.get\(|getHeader\(|Header\.)\W{0,3}(?:get)?\W{0,3}(?:http_)?referr?er\b|.*\bReferer\(\))"#,
    )
});

impl<'t> Flow<'t> {
    /// What a name, a member or a call is by what it says alone, wherever it comes from.
    pub(super) fn by_text(&self, node: Node<'t>, trace: &Trace<'t>) -> Option<Origin> {
        let role = self.role(node);
        let is_place = matches!(
            role,
            Role::Name | Role::Member | Role::Subscript | Role::Call
        );
        if !is_place || node.byte_range().len() > SOURCE {
            let is_clean = role == Role::Call && self.is_clean_call(node, trace);
            return is_clean.then_some(Origin::Constant);
        }
        let text = self.text_of(node);
        let is_body = self.joins_with_dot && text.contains("php://input");
        if role == Role::Call && !is_body && self.is_clean_call(node, trace) {
            return Some(Origin::Constant);
        }
        // PHP chooses the name of an uploaded file on disk itself.
        if role == Role::Subscript && self.names.clean.is_match(text.as_bytes()) {
            return Some(Origin::Constant);
        }
        if role == Role::Member && self.is_settled(node, text) {
            return Some(Origin::Own);
        }
        let own = self.names.own.as_ref();
        if own.is_some_and(|o| o.is_match(text.as_bytes())) {
            return Some(Origin::Own);
        }
        let is_request = self.names.request.is_match(text.as_bytes())
            && !(self.shadows_params && self.is_own_params(text, node.start_byte(), trace));
        let is_request = is_request && !self.is_no_request(text, node.start_byte())
            || self.within.iter().any(|r| r.is_match(text.as_bytes()))
            || self.is_typed_request(text, node.start_byte());
        is_request.then(|| self.of_request(node, text, trace))
    }

    /// What data of a request comes to for a question.
    fn of_request(&self, node: Node<'t>, text: &str, trace: &Trace<'t>) -> Origin {
        let question = &trace.question;
        // `params[:x].to_sym` is what `params[:x]` is.
        let on = called_on(node).map(|on| self.text_of(on));
        let mut same = [Some(text), on].into_iter().flatten();
        if same.any(|t| self.is_passed(t, 0, node.start_byte(), trace)) {
            return Origin::Constant;
        }
        let redirects = question.linked && question.host;
        if redirects && OWN_ADDRESS.is_match(text.as_bytes()) {
            return Origin::Own;
        }
        let client = self.names.client.as_ref().filter(|_| question.server);
        let unlinked = self.names.unlinked.as_ref().filter(|_| question.linked);
        let mut others = [client, unlinked].into_iter().flatten();
        match others.any(|o| o.is_match(text.as_bytes())) || !counts(text, question) {
            true => Origin::Unknown,
            false => Origin::Request,
        }
    }

    /// Whether the name that an expression begins with is `params` or ends with it, and stands for something else than
    /// what a controller has under that name.
    pub(super) fn is_own_params(&self, text: &str, at: usize, trace: &Trace<'t>) -> bool {
        let name = name_at(text, b"");
        if !name.ends_with("params") {
            return false;
        }
        self.bindings(name, at).is_some_and(|(scope, _)| {
            // `params = params.merge(x)`: the inner one is the controller's.
            let mut open = trace.open.iter();
            !open.any(|o| (o.0, o.1) == (scope.start, name))
        })
    }

    /// Whether a member is one that a server sets itself, also where a name stands for what it belongs to.
    pub(super) fn is_settled(&self, node: Node<'t>, text: &str) -> bool {
        let Some(settled) = &self.names.settled else {
            return false;
        };
        if settled.is_match(text.as_bytes()) {
            return true;
        }
        let base = node.named_child(0).filter(|b| self.role(*b) == Role::Name);
        let Some((base, part)) = base.zip(text.rsplit('.').next()) else {
            return false;
        };
        let bindings = self.bindings(self.text_of(base), node.start_byte());
        let whole = match bindings {
            Some((_, [(_, Binding::Value(value))])) if value.byte_range().len() < SOURCE => {
                format!("{}.{part}", self.text_of(*value))
            }
            Some((_, [(_, Binding::Part(value, of))])) if value.byte_range().len() < SOURCE => {
                format!("{}.{of}.{part}", self.text_of(*value))
            }
            _ => return false,
        };
        settled.is_match(whole.as_bytes())
    }
}

/// Whether what names data of a request is such that a question is about.
pub(super) fn counts(text: &str, question: &Question<'_>) -> bool {
    question
        .only
        .is_none_or(|only| only.is_match(text.as_bytes()))
}

/// Whether a name is a part of the object or the class that the code belongs to.
pub(super) fn is_own(name: &str) -> bool {
    let begins = [
        "this.", "self.", "cls.", "$this->", "self::", "static::", "parent::", "@",
    ];
    matches!(
        name,
        "this" | "self" | "cls" | "$this" | "static" | "super" | "parent"
    ) || begins.iter().any(|b| name.starts_with(b))
}

/// Whether a name is one of a constant by the customs of all eight languages: `ALL_CAPITALS`.
pub(super) fn is_constant_name(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
