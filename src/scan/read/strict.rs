//! A filter that does not take something else for an empty list.
//!
//! In jq, `.results[]` writes nothing for `{}`, and `.results[]?` nothing for a text or a number either.
//! Findings would be lost without a word. In the filters of descriptors, `[]` therefore reads a list, or
//! an object that has fields; `[]?` also takes null, for a list that may be absent. All else is an error
//! that says where, and so is null in a list of the report. `.x?` is null, not nothing, for what has no
//! fields: a finding is not dropped because one of its fields is something else. The parsed filter is
//! rewritten, so this holds for filters of projects too.

use jaq_core::load;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Opt, Part, Path};

/// The filter as a definition of this name.
pub(super) const MAIN: &str = "newgate_filter";

/// What `[]`, `[]?` and `.x?` become; the argument says where.
const LISTS: &str = r#"
def newgate_or_null(f): first((f)?, null);
def newgate_list($at):
    if type == "array" or (type == "object" and length > 0) then .[]
    elif type == "object" then error("\($at) is an empty object, not a list")
    else error("\($at) is of type \(type), not a list") end;
def newgate_list_or_null($at): if . == null then empty else newgate_list($at) end;
def newgate_field($at): newgate_list($at) | if . == null then error("\($at) has null in it") else . end;
def newgate_field_or_null($at): if . == null then empty else newgate_field($at) end;
"#;

/// The filter and what it needs, as definitions; `None` if it cannot be parsed.
pub(super) fn definitions(filter: &str) -> Option<Vec<Def<&str>>> {
    let mut definitions = load::parse(LISTS, |p| p.defs())?;
    definitions.push(Def {
        name: MAIN,
        args: Vec::new(),
        body: term(load::parse(filter, |p| p.term())?),
    });
    Some(definitions)
}

type T<'s> = Term<&'s str>;

fn boxed(mut inner: Box<T<'_>>) -> Box<T<'_>> {
    *inner = term(std::mem::take(&mut *inner));
    inner
}

fn term(written: T<'_>) -> T<'_> {
    match written {
        Term::Path(base, parts) => path(boxed(base), parts),
        Term::Str(format, parts) => {
            Term::Str(format, parts.into_iter().map(part_of_text).collect())
        }
        Term::Arr(inner) => Term::Arr(inner.map(boxed)),
        Term::Obj(fields) => {
            let fields = fields.into_iter().map(|(k, v)| (term(k), v.map(term)));
            Term::Obj(fields.collect())
        }
        Term::Neg(inner) => Term::Neg(boxed(inner)),
        Term::BinOp(left, op, right) => {
            let op = match op {
                BinaryOp::Pipe(names) => BinaryOp::Pipe(names.map(pattern)),
                other => other,
            };
            Term::BinOp(boxed(left), op, boxed(right))
        }
        Term::Label(name, inner) => Term::Label(name, boxed(inner)),
        Term::Fold(name, of, names, rest) => Term::Fold(
            name,
            boxed(of),
            pattern(names),
            rest.into_iter().map(term).collect(),
        ),
        Term::TryCatch(tried, caught) => Term::TryCatch(boxed(tried), caught.map(boxed)),
        Term::IfThenElse(branches, other) => {
            let branches = branches.into_iter().map(|(i, t)| (term(i), term(t)));
            Term::IfThenElse(branches.collect(), other.map(boxed))
        }
        Term::Def(inner, rest) => {
            let inner = inner.into_iter().map(|def| Def {
                body: term(def.body),
                ..def
            });
            Term::Def(inner.collect(), boxed(rest))
        }
        Term::Call(name, args) => Term::Call(name, args.into_iter().map(term).collect()),
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => written,
    }
}

fn part_of_text<'s>(part: StrPart<&'s str, T<'s>>) -> StrPart<&'s str, T<'s>> {
    match part {
        StrPart::Term(inner) => StrPart::Term(term(inner)),
        other => other,
    }
}

fn pattern(names: Pattern<&str>) -> Pattern<&str> {
    match names {
        Pattern::Arr(inner) => Pattern::Arr(inner.into_iter().map(pattern).collect()),
        Pattern::Obj(fields) => {
            let fields = fields.into_iter().map(|(k, v)| (term(k), pattern(v)));
            Pattern::Obj(fields.collect())
        }
        name @ Pattern::Var(_) => name,
    }
}

/// Each `[]` of a path becomes a call, and the rest is a path from its result.
fn path<'s>(base: Box<T<'s>>, Path(parts): Path<T<'s>>) -> T<'s> {
    let mut place = match &*base {
        Term::Id => Vec::new(),
        Term::Var(name) => vec![StrPart::Str(*name)],
        _ => vec![StrPart::Str("(...)")],
    };
    let mut made = base;
    let mut behind = Vec::new();
    let mut names = 0;
    for (part, opt) in parts {
        match part {
            Part::Range(None, None) => {
                if !behind.is_empty() {
                    made = Box::new(Term::Path(made, Path(std::mem::take(&mut behind))));
                }
                place.push(StrPart::Str("[]"));
                // A list that the filter has made itself may have null in it.
                let name = match (opt, names > 0) {
                    (Opt::Optional, false) => "newgate_list_or_null",
                    (Opt::Essential, false) => "newgate_list",
                    (Opt::Optional, true) => "newgate_field_or_null",
                    (Opt::Essential, true) => "newgate_field",
                };
                let list = Term::Call(name, vec![Term::Str(None, place.clone())]);
                made = Box::new(Term::BinOp(made, BinaryOp::Pipe(None), Box::new(list)));
            }
            Part::Range(from, upto) => {
                place.push(StrPart::Str("[:]"));
                behind.push((Part::Range(from.map(term), upto.map(term)), opt));
            }
            Part::Index(index) => {
                names += 1;
                // Others are computed from what the whole path starts from.
                let mut is_fixed = matches!(index, Term::Num(_));
                match &index {
                    Term::Str(None, name) if let [StrPart::Str(name)] = &name[..] => {
                        place.extend([StrPart::Str("."), StrPart::Str(*name)]);
                        is_fixed = true;
                    }
                    _ => place.push(StrPart::Str("[...]")),
                }
                behind.push((Part::Index(term(index)), opt));
                if is_fixed && matches!(opt, Opt::Optional) {
                    let part = Path(behind.pop().into_iter().collect());
                    if !behind.is_empty() {
                        made = Box::new(Term::Path(made, Path(std::mem::take(&mut behind))));
                    }
                    let part = Term::Path(Box::default(), part);
                    let call = Box::new(Term::Call("newgate_or_null", vec![part]));
                    made = Box::new(Term::BinOp(made, BinaryOp::Pipe(None), call));
                }
            }
        }
    }
    match behind.is_empty() {
        true => *made,
        false => Term::Path(made, Path(behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::apply;

    #[test]
    fn what_is_no_list_is_not_an_empty_one() {
        let run = |filter: &str, document: &str| apply(filter, document.as_bytes(), &[]);
        for (filter, document, says) in [
            (".a[]", "{}", ".a[] is of type null, not a list"),
            (
                ".a[]",
                r#"{"a": {}}"#,
                ".a[] is an empty object, not a list",
            ),
            (
                ".a[]?",
                r#"{"a": "x"}"#,
                ".a[] is of type string, not a list",
            ),
            (
                ".[].b[]?",
                r#"[{"b": 0}]"#,
                "[].b[] is of type number, not a list",
            ),
            (".a[]", r#"{"a": [1, null]}"#, ".a[] has null in it"),
            ("[.a[]? | .b] | length", r#"{"a": {}}"#, "not a list"),
            ("def f: .a[]?; first(f, 1)", r#"{"a": true}"#, "not a list"),
            (
                ". as $x | \"\\($x.a[]?)\"",
                r#"{"a": 1}"#,
                "$x.a[] is of type number",
            ),
        ] {
            let error = run(filter, document).unwrap_err().0;
            assert!(error.contains(says), "{filter}: {error}");
        }
        for (filter, document, writes) in [
            (".a[]?", "{}", "[]"),
            (".a[]", r#"{"a": {"b": 1}}"#, "[1]"),
            ("[1, null][]", "{}", "[1,null]"),
            (
                ". as $i | .a[][$i.k].b",
                r#"{"a": [{"x": {"b": 3}}], "k": "x"}"#,
                "[3]",
            ),
            (
                "{x: .a.b?, y: .a[0]?}",
                r#"{"a": "text"}"#,
                r#"[{"x":null,"y":null}]"#,
            ),
            ("[.a[]?.b]", r#"{"a": [{"b": 1}, {"b": 2}]}"#, "[[1,2]]"),
        ] {
            let wrote = serde_json::Value::from(run(filter, document).unwrap());
            assert_eq!(wrote.to_string(), writes, "{filter}");
        }
    }
}
