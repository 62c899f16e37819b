//! Whether a statement that was edited still has the same weakness: the same functions get the same
//! data.

use std::collections::{BTreeMap, BTreeSet};

use super::statement::hash;
use super::text::Manner;
use super::tokens::{Kind, Token, tokens};
use crate::model::Differs;

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
const SOURCES: [&str; 20] = [
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

type Counts = BTreeMap<String, usize>;

/// What a statement does: the functions that it calls, the data that goes in, its constants.
#[derive(Clone, Debug, Default)]
struct Parts {
    functions: Counts,
    /// All data, and what functions are called on.
    data: Counts,
    /// How many names of data are not such.
    arguments: usize,
    texts: Counts,
    /// The words of the texts, whatever they are filled in with.
    said: Counts,
    targets: Counts,
    /// Members and functions that read data from outside.
    outside: Counts,
    /// Names that something is read from, and names that stand for themselves.
    dotted: BTreeSet<String>,
    plain: BTreeSet<String>,
}

impl Parts {
    fn of(code: &str, manner: Manner) -> Parts {
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
                    let called = next.is_some_and(|t| t.is("("))
                        || next.is_some_and(|t| t.is("!"))
                            && list.get(n + 2).is_some_and(|t| t.is("("));
                    let command = first
                        && manner.hash_comment
                        && next.is_some_and(|t| {
                            t.kind != Kind::Mark && t.at > token.at + token.text.len()
                        });
                    first = false;
                    if is_outside(&list, n) {
                        add(&mut parts.outside, token.text);
                    }
                    let prefix = next.is_some_and(|t| {
                        t.kind == Kind::Text && t.at == token.at + token.text.len()
                    }) && token.text.len() <= 2;
                    let named = depth > 0 && follows(&list, n, "=") && !follows(&list, n + 1, "=")
                        || follows(&list, n, ":") && !is_path(&list, n);
                    if KEYWORDS.contains(&token.text) || NEUTRAL.contains(&token.text) || prefix {
                        continue;
                    }
                    if assigned.is_some_and(|a| n < a) && !called {
                        let member = before.is_some_and(|t| t.is("."));
                        let last = assigned.is_some_and(|a| n + 1 == a);
                        match member && last {
                            // What is set decides what the value does there.
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
    fn resolved(
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

fn follows(list: &[Token<'_>], n: usize, mark: &str) -> bool {
    list.get(n + 1).is_some_and(|t| t.is(mark))
}

/// Where the sign of an assignment stands in a statement.
fn assignment(list: &[Token<'_>]) -> Option<usize> {
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
fn left(counts: &Counts, than: &Counts) -> Vec<String> {
    let more = counts
        .iter()
        .filter(|(name, n)| than.get(*name).is_none_or(|m| *m < **n));
    more.map(|(name, _)| name.clone()).collect()
}

/// Whether the weakness of a statement is another one after an edit, and why.
pub(super) fn difference(
    old: &str,
    new: &str,
    manner: Manner,
    around: &impl Around,
) -> Option<Differs> {
    let (base, head) = (Parts::of(old, manner), Parts::of(new, manner));
    let first = compare(&base, &head, around)?;
    // An argument that became a variable, or a variable that became what it held: then all is the same.
    let resolved = head.resolved(&base, manner, |name| around.value_at_head(name));
    let unfolded = base.resolved(&head, manner, |name| around.value_at_base(name));
    let same = |base: &Parts, head: &Parts| {
        base.functions == head.functions && base.data == head.data && base.said == head.said
    };
    if same(&base, &resolved) || same(&unfolded, &head) || same(&unfolded, &resolved) {
        return None;
    }
    Some(first)
}

fn compare(base: &Parts, head: &Parts, around: &impl Around) -> Option<Differs> {
    let mut gone = left(&base.data, &head.data);
    let mut come = left(&head.data, &base.data);
    cancel(&mut gone, &mut come, |old, new| {
        let used_alike = base.plain.contains(old) == head.plain.contains(new)
            || base.dotted.contains(old) == head.dotted.contains(new);
        !SOURCES.contains(&new) && used_alike && around.renamed(old, new)
            || around.redefined(old, new)
    });
    let mut gone_functions = left(&base.functions, &head.functions);
    let mut come_functions = left(&head.functions, &base.functions);
    cancel(&mut gone_functions, &mut come_functions, |old, new| {
        around.redefined(old, new)
    });
    if !gone_functions.is_empty() && !come_functions.is_empty() {
        return Some(Differs::Function);
    }
    let something_gone = !gone.is_empty() || !gone_functions.is_empty();
    let something_come = !come.is_empty() || !come_functions.is_empty();
    if something_gone && something_come {
        return Some(Differs::Data);
    }
    let constant_gone = !left(&base.texts, &head.texts).is_empty();
    if base.arguments == 0 && constant_gone && something_come {
        return Some(Differs::Constant);
    }
    if !left(&head.outside, &base.outside).is_empty() {
        return Some(Differs::Data);
    }
    let shared = |a: &Counts, b: &Counts| a.keys().any(|name| b.contains_key(name));
    let common = shared(&base.functions, &head.functions)
        || shared(&base.data, &head.data)
        || shared(&base.texts, &head.texts)
        || shared(&base.targets, &head.targets)
        || gone.len() < base.data.len();
    let nothing = base.functions.is_empty()
        && base.data.is_empty()
        && base.texts.is_empty()
        && base.targets.is_empty();
    (!common && !nothing).then_some(Differs::Everything)
}

/// Takes pairs of names out that are one.
fn cancel(gone: &mut Vec<String>, come: &mut Vec<String>, same: impl Fn(&str, &str) -> bool) {
    gone.retain(|old| match come.iter().position(|new| same(old, new)) {
        Some(at) => {
            come.remove(at);
            false
        }
        None => true,
    });
}

/// What a statement does if names of data stand for names of data, as a hash; `None` if it says too
/// little to be recognised. What it gives its value to does not count.
pub(super) fn shape(code: &str, manner: Manner) -> Option<u64> {
    let mut list = tokens(code, manner);
    if let Some(sign) = assignment(&list) {
        let target = list.get(..sign)?;
        let last = target.iter().rposition(|t| t.kind == Kind::Name)?;
        let member = last.checked_sub(1).is_some_and(|n| target[n].is("."));
        if !member {
            list.drain(..=sign);
        }
    }
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shape: Vec<(Kind, Result<String, usize>)> = Vec::new();
    let mut solid = 0;
    for (n, token) in list.iter().enumerate() {
        if token.is_layout() || token.text == "return" || token.text == "await" {
            continue;
        }
        if token.kind == Kind::Name && !follows(&list, n, "(") {
            let next = names.len();
            shape.push((token.kind, Err(*names.entry(token.text).or_insert(next))));
        } else {
            solid += usize::from(token.kind != Kind::Mark);
            let text = match token.kind {
                Kind::Text => token.said(),
                _ => token.text.to_owned(),
            };
            shape.push((token.kind, Ok(text)));
        }
    }
    (solid > 0 && shape.len() > 1).then(|| hash(&shape))
}

/// The name that a line gives a value, and where the value begins in the line.
pub(super) fn assigned(line: &str, manner: Manner) -> Option<(&str, usize)> {
    // Most lines assign nothing.
    line.contains('=').then_some(())?;
    let list = tokens(line, manner);
    let sign = assignment(&list)?;
    let target = list.get(..sign)?;
    let typed = target
        .iter()
        .position(|t| t.is(":"))
        .unwrap_or(target.len());
    let at = target
        .get(..typed)?
        .iter()
        .rposition(|t| t.kind == Kind::Name)?;
    let member = at.checked_sub(1).is_some_and(|n| target[n].is("."));
    (!member).then(|| (target[at].text, list[sign].at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene;

    impl Around for Scene {
        fn renamed(&self, old: &str, new: &str) -> bool {
            (old, new) == ("cmd", "command")
        }
        fn redefined(&self, old: &str, new: &str) -> bool {
            (old, new) == ("run_it", "run_them")
        }
        fn value_at_base(&self, name: &str) -> Option<String> {
            (name == "old_value").then(|| "\"ls \" + dir".to_owned())
        }
        fn value_at_head(&self, name: &str) -> Option<String> {
            (name == "value").then(|| "\"ls \" + dir".to_owned())
        }
    }

    fn told(old: &str, new: &str) -> Option<Differs> {
        difference(old, new, Manner::of(b"a.py"), &Scene)
    }

    #[test]
    fn an_edit_that_keeps_function_and_data_keeps_the_weakness() {
        for (old, new) in [
            ("bad(x, 1)", "bad(x, 1, flag=True)"),
            ("bad(x)", "result = bad(x)"),
            ("a = bad(x)", "b = bad(x)"),
            ("bad(x)", "return await bad(quote(x))"),
            ("bad(cmd)", "bad(command)"),
            ("run_it(x)", "run_them(x)"),
            ("bad(\"a\" % x)", "bad(\"a {}\".format(x))"),
            ("bad(\"a \" + x)", "bad(f\"a {x}\")"),
            ("bad(\"ls \" + dir)", "bad(value)"),
            ("bad(old_value)", "bad(\"ls \" + dir)"),
            ("bad(\"clear\")", "bad(\"clear ng\")"),
            ("bad(\"one\")", "bad(\"one\", extra)"),
            ("bad(x, y)", "bad(x)"),
            ("assert x", "assert x, y"),
        ] {
            assert_eq!(told(old, new), None, "{old} -> {new}");
        }
    }

    #[test]
    fn another_function_another_argument_or_another_source_is_another_weakness() {
        for (old, new, why) in [
            (
                "os.system(\"clear\")",
                "os.system(request.args[\"cmd\"])",
                Differs::Constant,
            ),
            (
                "os.system(\"clear\")",
                "os.system(\"clear \" + x)",
                Differs::Constant,
            ),
            (
                "os.system(\"clear\")",
                "os.system(input())",
                Differs::Constant,
            ),
            ("os.system(x)", "os.popen(x)", Differs::Function),
            ("os.system(x)", "os.system(y)", Differs::Data),
            ("os.system(old_value)", "os.system(y)", Differs::Data),
            ("os.system(x)", "os.system(input())", Differs::Data),
            ("go(request.args)", "go(request.form)", Differs::Data),
            ("el.innerHTML = x", "el.outerHTML = x", Differs::Data),
            (
                "path = \"/tmp/a\"",
                "other = \"/tmp/b\"",
                Differs::Everything,
            ),
        ] {
            assert_eq!(told(old, new), Some(why), "{old} -> {new}");
        }
    }
}
