//! What each call of a statement is given: an edit may fix one call, and make another one beside it.

use std::collections::BTreeSet;

use super::manner::Manner;
use super::parts::{Around, is_data};
use super::tokens::{Kind, Token, tokens};

/// A call: what is between its brackets.
struct Call<'t> {
    name: &'t str,
    /// How many brackets it is in.
    depth: usize,
    /// Its place among the tokens, with its brackets.
    from: usize,
    to: usize,
    /// All that it is given, without what formatters change.
    inside: Vec<&'t str>,
    /// The names of data among that.
    data: BTreeSet<&'t str>,
}

fn calls<'t>(list: &[Token<'t>]) -> Vec<Call<'t>> {
    let mut found = Vec::new();
    let mut open: Vec<(bool, Option<usize>)> = Vec::new();
    for (n, token) in list.iter().enumerate() {
        if token.is("(") || token.is("[") || token.is("{") {
            let name = n
                .checked_sub(1)
                .filter(|b| token.is("(") && list[*b].kind == Kind::Name);
            open.push((token.is("("), name));
        } else if token.is(")") || token.is("]") || token.is("}") {
            let Some((true, Some(name))) = open.pop() else {
                continue;
            };
            let within = || (name + 2..n).map(|i| (i, &list[i]));
            found.push(Call {
                name: list[name].text,
                depth: open.len(),
                from: name,
                to: n,
                inside: within()
                    .filter(|(_, t)| !t.is_layout())
                    .map(|(_, t)| t.text)
                    .collect(),
                data: within()
                    .filter(|(i, _)| is_data(list, *i))
                    .map(|(_, t)| t.text)
                    .collect(),
            });
        }
    }
    found
}

/// Whether a function that is called in both statements, once in the old one, is given nothing that it was given, or
/// whether it cannot be told which of its calls continues.
pub(super) fn another(old: &str, new: &str, manner: Manner, around: &impl Around) -> bool {
    let (old, new) = (tokens(old, manner), tokens(new, manner));
    let (before, after) = (calls(&old), calls(&new));
    before.iter().any(|call| {
        let same: Vec<&Call<'_>> = after.iter().filter(|c| c.name == call.name).collect();
        let once = before.iter().filter(|c| c.name == call.name).count() == 1;
        if !once || call.data.is_empty() || same.is_empty() {
            return false;
        }
        if same.iter().any(|c| c.inside == call.inside) {
            return false;
        }
        let goes_on = |c: &&&Call<'_>| {
            c.data.iter().any(|name| {
                let elsewhere = new.iter().enumerate().any(|(n, t)| {
                    t.kind == Kind::Name && t.text == *name && !(c.from..=c.to).contains(&n)
                });
                let value = || around.value_at_head(name);
                call.data.contains(name)
                    || elsewhere && !old.iter().any(|t| t.kind == Kind::Name && t.text == *name)
                    || call.data.iter().any(|o| around.renamed(o, name))
                    || value().is_some_and(|v| {
                        tokens(&v, manner)
                            .iter()
                            .any(|t| call.data.contains(t.text))
                    })
            }) || c.data.is_empty()
        };
        let going_on = same.iter().filter(goes_on).count();
        going_on == 0 || same.len() > 1 && call.depth == 0
    })
}
