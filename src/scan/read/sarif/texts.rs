//! Texts for people: of messages, with their arguments.

use serde_json::Value;

use super::log::{Message, Rule, SarifResult};
use super::rules::Rules;

/// The message of a result: its own text, or the one of its rule that it names (3.11), with arguments in
/// place of `{0}`.
pub(super) fn message_of(rules: &Rules<'_>, rule: Option<&Rule>, result: &SarifResult) -> String {
    let Some(message) = &result.message else {
        return String::new();
    };
    let own = text_of(Some(message));
    let text = match (&message.id, own.is_empty()) {
        (Some(id), true) => text_of(rules.message(rule, id)),
        _ => own,
    };
    match message.arguments.as_deref() {
        Some(arguments) if !arguments.is_empty() => filled(&text, arguments),
        _ => text,
    }
}

/// A text with arguments in place of `{0}`, and single braces in place of double ones.
fn filled(text: &str, arguments: &[Value]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        out.push_str(before);
        let brace = rest.get(before.len()..).and_then(|r| r.chars().next());
        let number = || {
            after
                .split_once('}')
                .and_then(|(n, behind)| Some((n.parse::<usize>().ok()?, behind)))
        };
        if let Some(behind) = brace.and_then(|b| after.strip_prefix(b)) {
            out.extend(brace);
            rest = behind;
        } else if brace == Some('{')
            && let Some((number, behind)) = number()
            && let Some(argument) = arguments.get(number)
        {
            match argument {
                Value::String(text) => out.push_str(text),
                other => out.push_str(&other.to_string()),
            }
            rest = behind;
        } else {
            out.extend(brace);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

pub(super) fn text_of(message: Option<&Message>) -> String {
    let texts = message.into_iter().flat_map(|m| [&m.text, &m.markdown]);
    let mut texts = texts.flatten().filter(|t| !t.is_empty());
    texts.next().cloned().unwrap_or_default()
}
