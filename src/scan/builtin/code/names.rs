//! What is known of a language's names: where data of a request comes from, and what calls do to a value
//! (`LANGUAGE/flow.toml`).

use std::sync::OnceLock;

use serde::Deserialize;

use super::dialect::Dialect;
use super::expression::Expression;
use crate::scan::builtin::plain_toml;

/// A language's names, as expressions.
pub(super) struct Names {
    /// Expressions that are data of a request.
    pub(super) request: Expression,
    /// Of these, what a browser knows of its own page: no server is asked to follow it.
    pub(super) client: Option<Expression>,
    /// Of these, what a link to a page cannot set: its visitor gets no page that a stranger wrote.
    pub(super) unlinked: Option<Expression>,
    /// Parameters that are.
    pub(super) parameter: Option<Expression>,
    /// What a function begins with, up to its parameters, whose parameters all are.
    pub(super) handler: Option<Expression>,
    /// Calls that return their text in another form.
    pub(super) passes: Expression,
    /// Of these, calls whose first argument only says which part is returned.
    pub(super) lookups: Option<Expression>,
    /// Calls that build a text.
    pub(super) builds: Expression,
    /// Expressions that are settings, or what a library knows of itself.
    pub(super) own: Option<Expression>,
    /// Calls whose result is no text that a stranger chose.
    pub(super) clean: Expression,
    /// Of these, those whose result is harmless only in SQL, between quotes.
    pub(super) quoted: Option<Expression>,
    /// Of these, those whose result is harmless only in pages, and in SQL between quotes.
    pub(super) escaped: Option<Expression>,
    /// Parameters of types that hold no such text.
    pub(super) harmless: Expression,
    /// Members of a request that the server sets itself.
    pub(super) settled: Option<Expression>,
    /// Calls, with their arguments, that leave nothing of a text but harmless characters.
    pub(super) strips: Option<Expression>,
    /// Calls that put what they read into an argument.
    pub(super) fills: Option<Expression>,
    /// Calls that add their arguments to what they are called on.
    pub(super) adds: Option<Expression>,
    /// Parameters of such functions that hold no data of a request all the same.
    pub(super) injected: Option<Expression>,
    /// More expressions that are data of a request, and more functions whose parameters are, in files that have
    /// one of some words.
    pub(super) within: Vec<WithinNames>,
    /// Parameters of these types are requests, whatever they are called; and the name that [`Names::request`]
    /// knows them by.
    pub(super) typed: Vec<(Expression, String)>,
    /// Functions that are handed over to these calls get a request first, by the name that [`Names::request`]
    /// knows it by, or, without one, data of a stranger in all parameters.
    pub(super) handed: Vec<(Expression, Option<String>)>,
    /// Methods that return a part of what they are called on: their arguments only say which.
    pub(super) part_of: Option<Expression>,
    /// Calls that read what comes from outside of the program, from wherever.
    pub(super) outside: Option<Expression>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// See [`Names::words`].
    #[allow(dead_code, reason = "the line is read by itself")]
    words: Vec<String>,
    request: Vec<String>,
    #[serde(default)]
    client: Vec<String>,
    #[serde(default)]
    own: Vec<String>,
    #[serde(default)]
    unlinked: Vec<String>,
    #[serde(default)]
    quoted: Vec<String>,
    #[serde(default)]
    escaped: Vec<String>,
    #[serde(default)]
    parameter: Vec<String>,
    #[serde(default)]
    handler: Vec<String>,
    #[serde(default)]
    injected: Vec<String>,
    passes: Vec<String>,
    #[serde(default)]
    lookups: Vec<String>,
    builds: Vec<String>,
    clean: Vec<String>,
    harmless: Vec<String>,
    #[serde(default)]
    settled: Vec<String>,
    #[serde(default)]
    strips: Vec<String>,
    #[serde(default)]
    fills: Vec<String>,
    #[serde(default)]
    adds: Vec<String>,
    #[serde(default)]
    within: Vec<Within>,
    #[serde(default)]
    typed: Vec<Typed>,
    #[serde(default)]
    handed: Vec<Handed>,
    #[serde(default)]
    part_of: Vec<String>,
    #[serde(default)]
    outside: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Handed {
    callee: String,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    parameter: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Within {
    words: Vec<String>,
    #[serde(default)]
    request: Vec<String>,
    #[serde(default)]
    handler: Vec<String>,
    #[serde(default)]
    handled: Vec<String>,
    #[serde(default)]
    class: Vec<String>,
}

/// See [`Names::within`].
pub(super) struct WithinNames {
    pub(super) words: Vec<String>,
    pub(super) request: Option<Expression>,
    pub(super) handler: Option<Expression>,
    /// Of the parameters of these functions, only such hold data of a request.
    pub(super) handled: Option<Expression>,
    /// They are methods of a class that is derived from such.
    pub(super) class: Option<Expression>,
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
            let written: Written = match plain_toml::read(text) {
                Some(read) => serde_json::from_value(read).expect("a test reads each"),
                None => toml::from_str(text).expect("a test reads each"),
            };
            let some = |list: &[String], made: fn(&[String]) -> Expression| {
                (!list.is_empty()).then(|| made(list))
            };
            let begin: fn(&[String]) -> Expression =
                |list| Expression::new(format!("^(?:{})", list.join("|")));
            let part: fn(&[String]) -> Expression = |list| Expression::new(list.join("|"));
            let whole = Expression::of_names;
            Names {
                request: begin(&written.request),
                client: some(&written.client, begin),
                own: some(&written.own, begin),
                unlinked: some(&written.unlinked, begin),
                escaped: some(&written.escaped, whole),
                quoted: some(&written.quoted, whole),
                parameter: some(&written.parameter, part),
                handler: some(&written.handler, part),
                injected: some(&written.injected, begin),
                passes: whole(&written.passes),
                lookups: some(&written.lookups, whole),
                builds: whole(&written.builds),
                clean: whole(&written.clean),
                harmless: part(&written.harmless),
                settled: some(&written.settled, part),
                strips: some(&written.strips, part),
                fills: some(&written.fills, part),
                adds: some(&written.adds, part),
                within: written
                    .within
                    .into_iter()
                    .map(|w| WithinNames {
                        words: w.words,
                        request: some(&w.request, begin),
                        handler: some(&w.handler, part),
                        handled: some(&w.handled, begin),
                        class: some(&w.class, part),
                    })
                    .collect(),
                handed: written
                    .handed
                    .into_iter()
                    .map(|h| (Expression::constant(h.callee), h.name))
                    .collect(),
                part_of: some(&written.part_of, whole),
                outside: some(&written.outside, whole),
                typed: written
                    .typed
                    .into_iter()
                    .map(|t| (Expression::constant(t.parameter), t.name))
                    .collect(),
            }
        })
    }
}
