//! What a statement does: the functions that it calls, the data that goes in, its constants.

use std::collections::{BTreeMap, BTreeSet};

use super::manner::Manner;
use super::tokens::{Kind, Token, tokens};

/// Words of languages: names that say nothing of what a statement does with which data.
const KEYWORDS: [&str; 62] = [
    "if",
    "else",
    "elif",
    "for",
    "while",
    "do",
    "switch",
    "case",
    "when",
    "match",
    "return",
    "yield",
    "await",
    "async",
    "const",
    "let",
    "var",
    "val",
    "final",
    "static",
    "public",
    "private",
    "protected",
    "new",
    "in",
    "of",
    "is",
    "not",
    "and",
    "or",
    "as",
    "with",
    "try",
    "except",
    "catch",
    "throw",
    "throws",
    "raise",
    "import",
    "from",
    "go",
    "defer",
    "typeof",
    "void",
    "delete",
    "lambda",
    "function",
    "func",
    "fn",
    "def",
    "then",
    "fi",
    "done",
    "end",
    "begin",
    "unless",
    "mut",
    "ref",
    "auto",
    "export",
    "default",
    "using",
];
/// Names of what is always there, and names of functions that put text together.
const NEUTRAL: [&str; 26] = [
    "true",
    "false",
    "null",
    "None",
    "True",
    "False",
    "nil",
    "undefined",
    "self",
    "this",
    "cls",
    "super",
    "format",
    "sprintf",
    "Sprintf",
    "printf",
    "concat",
    "join",
    "str",
    "String",
    "toString",
    "string",
    "encode",
    "decode",
    "strip",
    "trim",
];
/// Names of members that data from outside comes in by: another one is another source.
pub(super) const SOURCES: [&str; 20] = [
    "args", "argv", "form", "query", "body", "params", "headers", "cookies", "files", "values",
    "environ", "env", "input", "GET", "POST", "REQUEST", "COOKIE", "json", "stdin", "request",
];

/// What such members belong to.
const REQUESTS: [&str; 8] = [
    "request", "req", "Request", "ctx", "context", "event", "process", "sys",
];
/// Functions that read data from outside.
const READERS: [&str; 18] = [
    "getParameter",
    "getParameterValues",
    "getHeader",
    "getQueryString",
    "getCookies",
    "getInputStream",
    "FormValue",
    "PostFormValue",
    "getenv",
    "Getenv",
    "input",
    "raw_input",
    "get_json",
    "gets",
    "fgets",
    "readline",
    "readLine",
    "ReadLine",
];

/// What the comparison asks of the text around the statements.
pub(super) trait Around {
    /// Whether a name became another one all over a scope around the statements.
    fn renamed(&self, old: &str, new: &str) -> bool;
    /// Whether a definition of the base has another name at head.
    fn redefined(&self, old: &str, new: &str) -> bool;
    /// The value that a name of the base is given.
    fn value_at_base(&self, name: &str) -> Option<String>;
    /// The value that a name of the head is given.
    fn value_at_head(&self, name: &str) -> Option<String>;
}

pub(super) type Counts = BTreeMap<String, usize>;

/// What a statement does: the functions that it calls, the data that goes in, its constants.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    pub functions: Counts,
    /// All data, and what functions are called on.
    pub data: Counts,
    /// How many names of data are not such.
    pub arguments: usize,
    pub texts: Counts,
    /// The words of the texts, without the values that are filled in.
    pub said: Counts,
    pub targets: Counts,
    /// Members and functions that read data from outside.
    pub outside: Counts,
    /// Names that something is read from, and names that stand for themselves.
    pub dotted: BTreeSet<String>,
    pub plain: BTreeSet<String>,
}

impl Parts {
    pub(super) fn of(code: &str, manner: Manner) -> Parts {
        let list = tokens(code, manner);
        let mut parts = Parts::default();
        let mut depth = 0_i32;
        let assigned = assignment(&list);
        let mut first = true;
        for (n, token) in list.iter().enumerate() {
            let next = list.get(n + 1);
            let before = n.checked_sub(1).map(|n| &list[n]);
            match token.kind {
                Kind::Mark => match token.text {
                    "(" | "[" | "{" => depth += 1,
                    ")" | "]" | "}" => depth -= 1,
                    _ => {}
                },
                Kind::Number => {}
                Kind::Text => {
                    add(&mut parts.texts, token.text);
                    let said = token.said();
                    let words = said.split(|c: char| !c.is_alphanumeric());
                    for word in words.filter(|w| !w.is_empty()) {
                        add(&mut parts.said, word);
                    }
                }
                Kind::Name => {
                    let called = is_called(&list, n);
                    let command = first
                        && manner.hash_comment
                        && next.is_some_and(|t| {
                            t.kind != Kind::Mark && t.at > token.at + token.text.len()
                        });
                    first = false;
                    if is_outside(&list, n) {
                        add(&mut parts.outside, token.text);
                    }
                    let prefix = is_prefix(&list, n);
                    let named = depth > 0 && follows(&list, n, "=") && !follows(&list, n + 1, "=")
                        || follows(&list, n, ":") && !is_path(&list, n)
                        || is_key(&list, n);
                    if KEYWORDS.contains(&token.text) || NEUTRAL.contains(&token.text) || prefix {
                        continue;
                    }
                    if is_loop_variable(&list, n) {
                        add(&mut parts.targets, token.text);
                        continue;
                    }
                    if assigned.is_some_and(|a| n < a) && !called {
                        let member = before.is_some_and(|t| t.is("."));
                        let last = assigned.is_some_and(|a| n + 1 == a);
                        match member && last {
                            // The variable that is set decides what the value does there.
                            true => add(&mut parts.data, token.text),
                            false => add(&mut parts.targets, token.text),
                        }
                    } else if called || command {
                        add(&mut parts.functions, token.text);
                    } else if !named {
                        add(&mut parts.data, token.text);
                        parts.arguments += usize::from(!is_called_on(&list, n));
                        let dotted = follows(&list, n, ".") || is_path(&list, n);
                        let kind = match dotted {
                            true => &mut parts.dotted,
                            false => &mut parts.plain,
                        };
                        kind.insert(token.text.to_owned());
                    }
                }
            }
        }
        parts
    }

    fn join(&mut self, other: Parts) {
        self.arguments += other.arguments;
        for (mine, theirs) in [
            (&mut self.functions, other.functions),
            (&mut self.data, other.data),
            (&mut self.texts, other.texts),
            (&mut self.said, other.said),
            (&mut self.outside, other.outside),
        ] {
            for (name, times) in theirs {
                *mine.entry(name).or_default() += times;
            }
        }
    }

    /// Names replaced by the values that they are given near by.
    pub(super) fn resolved(
        &self,
        than: &Parts,
        manner: Manner,
        value: impl Fn(&str) -> Option<String>,
    ) -> Parts {
        let mut resolved = self.clone();
        for name in left(&self.data, &than.data) {
            if let Some(value) = value(&name) {
                resolved.data.remove(&name);
                resolved.join(Parts::of(&value, manner));
            }
        }
        resolved
    }
}

fn add(counts: &mut Counts, name: &str) {
    *counts.entry(name.to_owned()).or_default() += 1;
}

/// Whether a token between brackets is a name of data: no word of the language, no function, not the name of
/// an argument.
pub(super) fn is_data(list: &[Token<'_>], n: usize) -> bool {
    let token = &list[n];
    let called = is_called(list, n);
    let named = follows(list, n, "=") && !follows(list, n + 1, "=")
        || follows(list, n, ":") && !is_path(list, n)
        || is_key(list, n);
    token.kind == Kind::Name
        && !called
        && !named
        && !is_prefix(list, n)
        && !is_loop_variable(list, n)
        && !KEYWORDS.contains(&token.text)
        && !NEUTRAL.contains(&token.text)
}

/// Whether a name is given the items of a loop: `for x in`, `for k, v in`, `for (const x of`.
fn is_loop_variable(list: &[Token<'_>], n: usize) -> bool {
    /// How long the names of a loop may be, in tokens.
    const LONGEST: usize = 8;
    let is_part = |t: &&Token<'_>| {
        let declares = ["for", "const", "let", "var", "in", "of"].contains(&t.text);
        t.kind == Kind::Name && !declares || t.is(",")
    };
    let after = list.iter().skip(n).take(LONGEST).find(|t| !is_part(t));
    if !after.is_some_and(|t| t.text == "in" || t.text == "of") {
        return false;
    }
    let before = list.iter().take(n).rev().take(LONGEST);
    for token in before {
        if token.text == "for" || token.text == "foreach" {
            return true;
        }
        if !is_part(&token) && !token.is("(") && !["const", "let", "var"].contains(&token.text) {
            return false;
        }
    }
    false
}

/// Whether a name is that of a function that is called: `f(`, `f!(`, `f<T>(`, `f::<T>(`.
fn is_called(list: &[Token<'_>], n: usize) -> bool {
    /// How long the types may be, in tokens.
    const LONGEST: usize = 16;
    let mut at = n;
    if is_path(list, n) && follows(list, n + 2, "<") {
        at += 2;
    }
    if follows(list, at, "<") {
        let mut depth = 0_i32;
        for (i, token) in list.iter().enumerate().skip(at + 1).take(LONGEST) {
            depth += i32::from(token.is("<")) - i32::from(token.is(">"));
            let of_type = token.kind == Kind::Name || "<>[],.:?&|".contains(token.text);
            if depth == 0 || !of_type {
                return depth == 0 && follows(list, i, "(");
            }
        }
        return false;
    }
    follows(list, n, "(") || follows(list, n, "!") && follows(list, n + 1, "(")
}

/// Whether a name is a key of Ruby's: `:name => value`.
fn is_key(list: &[Token<'_>], n: usize) -> bool {
    let symbol = n.checked_sub(1).is_some_and(|n| list[n].is(":"));
    symbol && follows(list, n, "=") && follows(list, n + 1, ">")
}

/// Whether a name is the letter before a text (`f"..."`).
fn is_prefix(list: &[Token<'_>], n: usize) -> bool {
    let end = list[n].at + list[n].text.len();
    let text = list
        .get(n + 1)
        .is_some_and(|t| t.kind == Kind::Text && t.at == end);
    text && list[n].text.len() <= 2
}

/// Whether a name is the beginning of a call on something: `a.b.` in `a.b.call(`, `A::` in
/// `A::call(`.
fn is_called_on(list: &[Token<'_>], n: usize) -> bool {
    let mut at = n;
    loop {
        let step = if follows(list, at, ".") {
            2
        } else if is_path(list, at) {
            3
        } else {
            break;
        };
        if list.get(at + step).is_none_or(|t| t.kind != Kind::Name) {
            break;
        }
        at += step;
    }
    at > n && follows(list, at, "(")
}

/// Whether `::` follows a name.
fn is_path(list: &[Token<'_>], n: usize) -> bool {
    follows(list, n, ":") && follows(list, n + 1, ":")
}

/// Whether a name reads data from outside: a member of a request, an argument of the program.
fn is_outside(list: &[Token<'_>], n: usize) -> bool {
    let name = list[n].text;
    let before = |back: usize| n.checked_sub(back).and_then(|n| list.get(n));
    let of = match before(1) {
        Some(t) if t.is(".") => before(2),
        Some(t) if t.is(">") && before(2).is_some_and(|t| t.is("-")) => before(3),
        Some(t) if t.is(":") && before(2).is_some_and(|t| t.is(":")) => before(3),
        _ => None,
    };
    if let Some(global) = name.strip_prefix("$_") {
        return SOURCES.contains(&global);
    }
    if READERS.contains(&name) && follows(list, n, "(") {
        return true;
    }
    let member = of.is_some_and(|t| {
        let of = t.text.trim_start_matches('$');
        REQUESTS.contains(&of) || of == "env" && name == "args"
    });
    SOURCES.contains(&name) && (member || of.is_none() && name == "params" && follows(list, n, "["))
}

pub(super) fn follows(list: &[Token<'_>], n: usize, mark: &str) -> bool {
    list.get(n + 1).is_some_and(|t| t.is(mark))
}

/// Where the sign of an assignment is in a statement.
pub(super) fn assignment(list: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_i32;
    for (n, token) in list.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" if token.kind == Kind::Mark => depth += 1,
            ")" | "]" | "}" if token.kind == Kind::Mark => depth -= 1,
            "=" if token.kind == Kind::Mark && depth == 0 => {
                let touches = |other: Option<&Token<'_>>, marks: &str| {
                    other.is_some_and(|t| {
                        t.kind == Kind::Mark
                            && marks.contains(t.text)
                            && t.at.abs_diff(token.at) == 1
                    })
                };
                let before = n.checked_sub(1).and_then(|n| list.get(n));
                if touches(before, "=!<>") || touches(list.get(n + 1), "=>~") {
                    continue;
                }
                return Some(n);
            }
            _ => {}
        }
    }
    None
}

/// The names of one side that the other has less often.
pub(super) fn left(counts: &Counts, than: &Counts) -> Vec<String> {
    let more = counts
        .iter()
        .filter(|(name, n)| than.get(*name).is_none_or(|m| *m < **n));
    more.map(|(name, _)| name.clone()).collect()
}
