//! Whether a statement that was edited still has the same weakness: the same functions get the same
//! data.

use std::collections::BTreeMap;

use super::calls;
use super::manner::Manner;
use super::parts::{Around, Counts, Parts, SOURCES, assignment, follows, left};
use super::statement::hash;
use super::tokens::{Kind, tokens};
use crate::model::Differs;

/// Whether the weakness of a statement is another one after an edit, and why.
pub(super) fn difference(
    old: &str,
    new: &str,
    manner: Manner,
    around: &impl Around,
) -> Option<Differs> {
    if refers_to(old, manner).is_some_and(|name| refers_to(new, manner) == Some(name)) {
        return None;
    }
    let (base, head) = (Parts::of(old, manner), Parts::of(new, manner));
    let Some(first) = compare(&base, &head, around) else {
        return calls::another(old, new, manner, around).then_some(Differs::Data);
    };
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

/// What a line of configuration refers to, without its version: an action, an image.
fn refers_to(line: &str, manner: Manner) -> Option<&str> {
    if !manner.hash_comment || manner.braces_join {
        return None;
    }
    let line = line.trim().trim_start_matches("- ");
    let keys = ["uses:", "image:", "FROM "];
    let value = keys.iter().find_map(|key| line.strip_prefix(key))?;
    let value = value.split_whitespace().next()?.trim_matches(['"', '\'']);
    let name = value.split('@').next()?;
    let folder = name.rfind('/').map_or(0, |n| n + 1);
    let tag = name.get(folder..)?.find(':');
    name.get(..tag.map_or(name.len(), |n| folder + n))
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
            ("show(go(x))", "show(go(x)) + show(go(y))"),
            ("get(id)", "check(id).then(lambda checked: get(checked))"),
        ] {
            assert_eq!(told(old, new), None, "{old} -> {new}");
        }
    }

    #[test]
    fn a_reference_with_another_version_is_the_same() {
        let told = |old, new| difference(old, new, Manner::of(b"a.yml"), &Scene);
        assert_eq!(told("- uses: a/b@v3", "- uses: a/b@main"), None);
        assert_eq!(told("image: h:1/web:one", "image: \"h:1/web:two\""), None);
        assert!(told("uses: a/b@v3", "uses: a/c@v3").is_some());
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
            (
                "p if go(x) else q(y)",
                "p if q(x) else go(y)",
                Differs::Data,
            ),
            (
                "go(\"a\" + x)",
                "safe(\"a\", x); go(\"b\" + y)",
                Differs::Data,
            ),
            (
                "go(\"a\" + x)",
                "go(\"a ?\", x) or go(\"b\" + x)",
                Differs::Data,
            ),
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
