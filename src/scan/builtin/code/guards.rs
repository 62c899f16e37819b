//! Conditions that a value passes before it is used: a list of what is allowed, the shape of a number, a path
//! that stays within a folder. What is used behind one of them is no longer what a stranger chose.
//!
//! A condition counts if code that fails it does not go on (`if x not in ALLOWED: return`), or if the use stands
//! inside (`if x in ALLOWED: use(x)`), and if the name is not assigned anew in between.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes;
use tree_sitter::Node;

use super::expression::{Expression, compiled};

/// Most conditions of one function that are looked at for one use, the last ones before it.
const MOST: usize = 40;
/// Longest condition that is looked at, in bytes.
const LONGEST: usize = 600;

/// One condition.
pub(super) struct Guard<'t> {
    /// What is asked, with what is assigned for it (`_, ok := allowed[x]; !ok`).
    condition: &'t str,
    /// Code that runs if it holds.
    holds: Range<usize>,
    /// Code that runs if it does not.
    fails: Range<usize>,
    /// What is around the condition: only what stands there too comes after it.
    around: Range<usize>,
    /// Where all of it ends.
    end: usize,
    /// The last statement of the code that runs if it holds; none for an assertion, which ends the program.
    last: Option<&'t str>,
    /// `unless`
    inverted: bool,
    /// A call that ends the program if what it is given is wrong.
    is_call: bool,
}

/// How much a condition says of a name in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// It is one of a list, or has a shape in which it is harmless anywhere.
    Anywhere,
    /// It stays within a folder or a site.
    Within,
    /// It has a part that leads out of a folder.
    LeadsOut { negated: bool },
}

static BEFORE: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r#"(?:(?:in_array|array_key_exists|is_numeric|is_int|ctype_\w+|filter_var|isNaN|\w*(?:_in|contains|Contains|ContainsKey|has_key))\(\s*|(?:includes|has|include\?|key\?|has_key\?|member\?|contains|containsKey|indexOf|index|hasOwnProperty|get|test|match|fullmatch|MatchString|Match|matcher|isInteger|exec)\((?:\s*String\()?\s*|(?:preg_match|re\.(?:match|fullmatch)|regexp\.MatchString|slices\.Contains|contains|Contains|hasOwnProperty\.call|Pattern\.matches|in_array|array_key_exists)\(.*,\s*|\w*(?:[vV]alid|[sS]afe|[aA]llowed|[wW]hite|[pP]ermitted|PathInside|SubPath|[iI]sInside|[iI]sWithin|[cC]heck(?:U[rR][lL]|Path|Host|File|Input)|IsLocal|isLocal|is_local|uuid|UUID|Uuid)\w*\((?:[^()]*,\s*)?|[\w\])]\[|(?:includes|has)\(\s*`[^`()]*\$\{|^[\w.$]*(?:assert|ensure|validate)\w*\((?:[^()]*,\s*)?)$"#,
    )
});
static AFTER: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r#"^(?:\s*\)?\s+(?:not\s+)?in\s|\.(?:isdigit|isalnum|isnumeric|isdecimal|isalpha|isidentifier|isascii|matches|match\??|equals)\(|\s*=~\s*|(?:\.(?:host|hostname|origin))?\s*[!=]==?\s*(?:["'`:][\w/.-]|[A-Z_]{2,}\b|\w+\.[A-Z_]{2,}\b|\d))"#,
    )
});
/// Before the name: `strpos(`, and the like, which say where a path begins.
static BEGINS_BEFORE: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r"(?:strn?c?a?s?e?cmp|strpos|str_starts_with|HasPrefix|commonpath|commonprefix)\(\s*\[?$|\bsubstr\((?:\w+\((?:[^()]*,\s*)?)*$",
    )
});
static BEGINS_AFTER: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r"^(?:\.toString\(\))?\.(?:startsWith|startswith|start_with\?|starts_with\?|indexOf|is_relative_to)\(",
    )
});
/// What follows the begin of an address that says which site it is.
static OF_SITE: LazyLock<Expression> =
    LazyLock::new(|| expression(r#"\(\s*(?:[^()]*,\s*)?["'`](?:https?://[\w.-]+/|/[\w.-])"#));
/// A part of the name, such as its ending, is one of a list: `in_array(strtolower(substr(strrchr(`.
static LISTED_BEFORE: LazyLock<Expression> =
    LazyLock::new(|| expression(r"\bin_array\((?:\w+\(\s*)+$"));
/// Calls that only change the case of a text, which is compared with a constant then.
static CASED_BEFORE: LazyLock<Expression> =
    LazyLock::new(|| expression(r"(?:strtolower|strtoupper|mb_strtolower|lower|upper|trim)\(\s*$"));
static CASED_AFTER: LazyLock<Expression> =
    LazyLock::new(|| expression(r#"^\s*\)\s*[!=]==?\s*["'][\w/.-]"#));
static PARENT_BEFORE: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r#"(?:["'](?:\.\.|[/\\])[/\\]*["']\s+in\s+|\b[iI]s_?(?:[pP]rivate|[iI]nternal|[bB]locked|[lL]oopback|[rR]eserved|[lL]ocalhost|[fF]orbidden|[dD]enied)\w*\((?:[^()]*,\s*)?)$"#,
    )
});
static PARENT_AFTER: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r#"^(?:\.(?:includes|contains|include\?|indexOf|match\??)\(\s*["'/]\\?\.|\.(?:startsWith|startswith|start_with\?)\(\s*["']\.\.|,\s*(?:["']\.\.|'[/\\]))"#,
    )
});
/// Calls that write a path without `..` in it.
static NORMALISES: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r"(?:(?:^|[^\w.])path\.join|resolve|realpath|abspath|normalize|normpath|relative|getCanonicalPath|getCanonicalFile|toRealPath|Clean|Abs|EvalSymlinks|expand_path|realpathSync|absolute|cleanpath)\(",
    )
});
static NEGATED: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r"!|\bnot\b|(?i:[=]==?\s*(?:false|-1|null|nil|none|0)\b)|\bis\s+None\b|<\s*0|\bempty\(",
    )
});
static LEAVES: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r"(?i)^(?:return|raise|throw|continue|break|next|exit|die|abort|halt|panic|head|(?:\w+(?:\.|::|->))*(?:exit|abort|abort_if|fatal\w*|(?:do|raise|throw|show|send|json|exit_with)_error|access_denied|trigger_error|page_(?:not_found|forbidden)|\w+_(?:die|exit)|fail\w*|panic|halt|redirect\w*|not_?found|forbidden|bad_?request|send\w*(?:error|response|status)|throw\w*))\b|\band\s+return\b",
    )
});
/// A literal expression that says nothing of the end of the text.
static OPEN_ENDED: LazyLock<Expression> = LazyLock::new(|| {
    expression(
        r#"(?:preg_match|re\.match|MatchString)\(\s*r?["'`][^$]*["'`]\s*,|/\^?[^/$]+/\w*\.test\(|(?:match\??\(|=~\s*)/[^/$]*/"#,
    )
});
static ENDED: LazyLock<Expression> =
    LazyLock::new(|| expression(r#"\$[/"'`)|\#~@]|\\z|\\Z|fullmatch"#));

fn expression(text: &'static str) -> Expression {
    Expression::new(text)
}

impl<'t> Guard<'t> {
    /// Reads a call that does not return if what it gets is not fine.
    pub(super) fn asserted(
        call: Node<'t>,
        statement: Node<'t>,
        text: &'t str,
    ) -> Option<Guard<'t>> {
        let condition = text.get(call.byte_range())?;
        (condition.len() <= LONGEST).then(|| Guard {
            condition,
            holds: call.start_byte()..call.start_byte(),
            fails: 0..0,
            around: statement.parent().map_or(0..0, |p| p.byte_range()),
            end: call.end_byte(),
            last: None,
            inverted: true,
            is_call: false,
        })
    }

    /// Reads a condition.
    pub(super) fn of(node: Node<'t>, text: &'t str) -> Option<Guard<'t>> {
        if node.kind() == "assert_statement" {
            let condition = text.get(node.byte_range())?;
            return (condition.len() <= LONGEST).then(|| Guard {
                condition,
                holds: node.start_byte()..node.start_byte(),
                fails: 0..0,
                around: node.parent().map_or(0..0, |p| p.byte_range()),
                end: node.end_byte(),
                last: None,
                inverted: true,
                is_call: false,
            });
        }
        let field = |names: &[&str]| names.iter().find_map(|f| node.child_by_field_name(f));
        let holds = field(&["consequence", "body"])?;
        let asked = field(&["condition"])?;
        let condition = match holds.start_byte() > node.start_byte() {
            true => text.get(node.start_byte()..holds.start_byte())?,
            false => text.get(asked.byte_range())?,
        };
        if condition.len() > LONGEST {
            return None;
        }
        let fails = node.child_by_field_name("alternative");
        let last = last_statement(holds);
        let last = text.get(last.byte_range())?.trim_start();
        let mut around = node.parent()?;
        while around.kind() == "expression_statement" {
            around = around.parent()?;
        }
        // What a condition in `try` throws ends the function, if the code that catches it does.
        while let Some(outer) = around.parent().filter(|p| p.kind() == "try_statement") {
            if !ends_when_caught(outer, text) {
                break;
            }
            around = outer.parent()?;
        }
        Some(Guard {
            condition,
            holds: holds.byte_range(),
            fails: fails.map_or(0..0, |f| f.byte_range()),
            around: around.byte_range(),
            end: node.end_byte(),
            last: Some(last),
            inverted: node.kind().starts_with("unless"),
            is_call: false,
        })
    }

    /// Reads a call that stands alone and whose name says that it checks its arguments: `check_input('id', $_GET);`.
    pub(super) fn of_call(node: Node<'t>, callee: &str, text: &'t str) -> Option<Guard<'t>> {
        static CHECKS: LazyLock<Expression> = LazyLock::new(|| {
            expression(
                r"^(?:[$\w]+(?:->|::|\.))?(?:check|validate|assert|verify|ensure)(?:_\w+|[A-Z]\w*)?$",
            )
        });
        let statement = node.parent()?;
        if statement.kind() != "expression_statement" || !CHECKS.is_match(callee.as_bytes()) {
            return None;
        }
        let condition = text.get(node.child_by_field_name("arguments")?.byte_range())?;
        (condition.len() <= LONGEST).then(|| Guard {
            condition,
            holds: node.start_byte()..node.start_byte(),
            fails: 0..0,
            around: statement.parent().map_or(0..0, |p| p.byte_range()),
            end: node.end_byte(),
            last: None,
            inverted: true,
            is_call: true,
        })
    }

    /// Where the code begins that runs if it holds.
    pub(super) fn begin(&self) -> usize {
        self.holds.start
    }

    /// Reads what must hold for the right side of `a && b` to run, where it looks something up.
    pub(super) fn of_both(node: Node<'t>, text: &'t str) -> Option<Guard<'t>> {
        let field = |name: &str| node.child_by_field_name(name);
        let operator = text.get(field("operator")?.byte_range())?;
        if !matches!(operator, "&&" | "and") {
            return None;
        }
        let (left, right) = (field("left")?, field("right")?);
        let condition = text.get(left.byte_range())?;
        let looks_up = [
            "nclude",
            "in_array",
            "has(",
            "ontains",
            "match",
            "key_exists",
        ];
        let counts = condition.len() <= LONGEST
            && looks_up
                .iter()
                .any(|l| memchr::memmem::find(condition.as_bytes(), l.as_bytes()).is_some());
        counts.then(|| Guard {
            condition,
            holds: right.byte_range(),
            fails: 0..0,
            around: 0..0,
            end: node.end_byte(),
            last: Some(""),
            inverted: false,
            is_call: false,
        })
    }

    /// Whether the arguments of a call are a name, or its key and the list that it is in: `'id', $_GET`.
    fn is_given(&self, name: &str) -> bool {
        let stated =
            |part: &str| memchr::memmem::find(self.condition.as_bytes(), part.as_bytes()).is_some();
        stated(name)
            || name
                .strip_suffix(']')
                .and_then(|n| n.split_once('['))
                .is_some_and(|(list, key)| key.len() > 2 && stated(list) && stated(key))
    }

    /// Whether a name that is used at a place has passed this condition. `path` is whether it is used as a path or an
    /// address, `shape` whether it is enough that it is a text, `before` is what the function says before the condition,
    /// and `ends` is whether the code that it runs keeps the use from being reached.
    fn covers(
        &self,
        name: &str,
        at: usize,
        (path, shape): (bool, bool),
        before: &str,
        ends: bool,
    ) -> bool {
        let inside = match (self.holds.contains(&at), self.fails.contains(&at)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let is_after = self.end <= at && self.around.contains(&at);
        if self.is_call {
            return is_after && self.is_given(name);
        }
        if inside.is_none() && !is_after
            || memchr::memmem::find(self.condition.as_bytes(), name.as_bytes()).is_none()
        {
            return false;
        }
        if inside.is_none() && !ends && !self.leaves() && self.assigns() != Some(name) {
            return false;
        }
        let negated = NEGATED.is_match(self.condition.as_bytes()) != self.inverted;
        let runs_if_passed = match inside {
            Some(holds) => holds != negated,
            None => negated,
        };
        let passes = |condition: &str| {
            let mut checks = checks(condition, name, before, shape).into_iter();
            checks.any(|check| match check {
                Check::Anywhere => runs_if_passed,
                Check::Within => path && runs_if_passed,
                // `if name.includes("..") return`
                Check::LeadsOut { negated: here } => {
                    path && match inside {
                        Some(holds) => holds == (here != self.inverted),
                        None => here == self.inverted,
                    }
                }
            })
        };
        // `if a(name) || name == "b"`: each must say something, but for one that there is none.
        if inside == Some(true) && !negated && self.condition.contains("||") {
            let mut parts = self.condition.split("||");
            return parts.all(|part| {
                let bare = part
                    .trim_start_matches("if")
                    .trim_matches([' ', '(', ')', '{']);
                passes(part) || bare.strip_prefix('!') == Some(name)
            });
        }
        passes(self.condition)
    }

    /// Whether the code that runs if it holds does not go on to what comes after.
    fn leaves(&self) -> bool {
        self.last
            .is_none_or(|last| LEAVES.is_match(last.as_bytes()))
    }

    /// The name or list that this code writes an error to last: `$json['error'] = "no";`.
    fn notes(&self) -> Option<&'t str> {
        let (name, _) = self.last?.split_once('=')?;
        if !name.contains("rror") && !name.contains('[') {
            return None;
        }
        let name = name.trim_end_matches(['.', '+', ' ']);
        name.split('[').next().filter(|n| n.len() > 2)
    }

    /// Whether a place is only reached if nothing was written to a name: `if (!$json) { here; }`.
    fn asks_for_none(&self, name: &str, at: usize) -> bool {
        if memchr::memmem::find(self.condition.as_bytes(), name.as_bytes()).is_none() {
            return false;
        }
        let condition = self.condition.replace("!empty(", "");
        let negated = NEGATED.is_match(condition.as_bytes()) != self.inverted;
        let is_after = self.end <= at && self.around.contains(&at) && self.leaves();
        match negated {
            true => self.holds.contains(&at),
            false => self.fails.contains(&at) || is_after,
        }
    }

    /// The name that this code gives a constant last: `order = "asc"`.
    fn assigns(&self) -> Option<&'t str> {
        let (name, value) = self.last?.split_once('=')?;
        let value = value.trim().trim_end_matches(';');
        let is_literal = value.starts_with(['"', '\'', '0'])
            && !value.contains(['+', '$', '{', '(', '[', '%', '.', '#']);
        let name = name.trim_end_matches([':', ' ']);
        is_literal.then(|| name.trim_start_matches("this.").trim())
    }
}

/// What a condition says of a name in it. `before` is what the function says before the condition.
fn checks(condition: &str, name: &str, before: &str, shape: bool) -> Vec<Check> {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let condition = condition.as_bytes();
    let mut all = Vec::new();
    for at in memchr::memmem::find_iter(condition, name.as_bytes()) {
        let end = at + name.len();
        let (Some(left), Some(right)) = (condition.get(..at), condition.get(end..)) else {
            continue;
        };
        let part_of_word = left.last().is_some_and(|b| of_name(*b) || *b == b'.')
            || right.first().is_some_and(|b| of_name(*b));
        // `typeof x == "string"` says nothing of what is in the text.
        if part_of_word || !shape && left.ends_with(b"typeof ") {
            continue;
        }
        let left = left.strip_suffix(b"@").unwrap_or(left);
        if BEFORE.is_match(left) || AFTER.is_match(right) {
            let open = OPEN_ENDED.is_match(condition) && !ENDED.is_match(condition);
            if !open && !is_open_ended(condition, before) {
                all.push(Check::Anywhere);
            }
        }
        if (BEGINS_BEFORE.is_match(left) || BEGINS_AFTER.is_match(right))
            && (NORMALISES.is_match(before.as_bytes())
                || NORMALISES.is_match(condition)
                || OF_SITE.is_match(condition))
        {
            all.push(Check::Within);
        }
        if LISTED_BEFORE.is_match(left) {
            all.push(Check::Within);
        }
        if CASED_BEFORE.is_match(left) && CASED_AFTER.is_match(right) {
            all.push(Check::Anywhere);
        }
        if PARENT_BEFORE.is_match(left) || PARENT_AFTER.is_match(right) {
            let left = left.trim_ascii_end();
            all.push(Check::LeadsOut {
                negated: left.ends_with(b"!") || left.ends_with(b"not"),
            });
        }
    }
    all
}

/// Whether a condition tries an expression of a name that says nothing of the end of the text, as far as the function
/// says what it is: `const shape = /[a-z]+/`.
fn is_open_ended(condition: &[u8], before: &str) -> bool {
    static NAMED: LazyLock<bytes::Regex> = LazyLock::new(|| {
        compiled(r"(?:match|exec)\(\s*([a-zA-Z_$][\w$]*)\s*\)|\b([a-zA-Z_$][\w$]*)\.test\(")
            .expect("a test uses it")
    });
    static SHAPE: LazyLock<bytes::Regex> =
        LazyLock::new(|| compiled(r"^\s*=\s*/(?:[^/\\\n]|\\.)+/").expect("a test uses it"));
    let tries = [&b"match("[..], b"exec(", b".test("];
    if !tries
        .iter()
        .any(|t| memchr::memmem::find(condition, t).is_some())
    {
        return false;
    }
    let Some(found) = NAMED.captures(condition) else {
        return false;
    };
    let Some(name) = found.get(1).or_else(|| found.get(2)) else {
        return false;
    };
    let mut places = memchr::memmem::find_iter(before.as_bytes(), name.as_bytes());
    places.any(|at| {
        let rest = before.as_bytes().get(at + name.len()..).unwrap_or_default();
        SHAPE
            .find(rest)
            .is_some_and(|shape| !shape.as_bytes().ends_with(b"$/"))
    })
}

/// The names of what a function reads from a path or an address: `const { hostname } = new URL(value)`,
/// `const relative = path.relative(root, value)`.
pub(super) fn read_from<'t>(before: &'t str, value: &str) -> Vec<&'t str> {
    static READ: LazyLock<bytes::Regex> = LazyLock::new(|| {
        compiled(
            r"(\w+|\{[^{}]*\})\s*(?::\s*\w+\s*)?=\s*(?:new\s+)?(?:(?:[uU]rl|URL)\.parse|(?:\w+\.)?(?:URL|urlparse|urlsplit|parse_url|relative\([^(),]*,|relpath))\(?\s*([\w.$]+)",
        ).expect("a test uses it")
    });
    let has_any = ["URL(", "parse(", "urlsplit(", "relative(", "relpath("];
    if !has_any.iter().any(|h| before.contains(h)) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for found in READ.captures_iter(before.as_bytes()) {
        let group = |n| {
            let range = found.get(n).map_or(0..0, |g| g.range());
            before.get(range).unwrap_or_default()
        };
        if group(2) == value {
            let names = group(1).trim_matches(['{', '}']).split(',');
            all.extend(names.map(|n| n.rsplit(':').next().unwrap_or(n).trim()));
        }
    }
    all
}

/// Whether a name that is used at a place has passed one of the conditions since it was assigned.
pub(super) fn passed(
    guards: &[Guard<'_>],
    (name, since): (&str, usize),
    at: usize,
    wants: (bool, bool),
    text: &str,
    scope: usize,
) -> bool {
    let near = guards.partition_point(|g| g.holds.start <= at);
    let near = guards.get(..near).unwrap_or_default();
    near.iter().rev().take(MOST).any(|guard| {
        let begin = guard.holds.start;
        // What is assigned inside the condition itself is what it falls back to.
        let still = since <= begin || guard.assigns() == Some(name) && since <= guard.end;
        let before = text.get(scope..begin).unwrap_or_default();
        let ends = || {
            let noted = guard.notes();
            noted.is_some_and(|n| near.iter().any(|g| g.asks_for_none(n, at)))
        };
        still
            && (guard.covers(name, at, wants, before, false)
                || ends() && guard.covers(name, at, wants, before, true))
    })
}

/// Whether no code that catches what `try` throws goes on to what comes after.
pub(super) fn ends_when_caught(node: Node<'_>, text: &str) -> bool {
    let mut cursor = node.walk();
    let mut caught = node
        .named_children(&mut cursor)
        .filter(|c| matches!(c.kind(), "catch_clause" | "except_clause"));
    caught.all(|clause| {
        let last = clause.named_child_count().saturating_sub(1);
        let body = clause.child_by_field_name("body");
        let body = body.or_else(|| clause.named_child(u32::try_from(last).unwrap_or(0)));
        let last = body
            .map(last_statement)
            .and_then(|last| text.get(last.byte_range()));
        last.is_some_and(|last| {
            let ends = ["return", "throw", "raise", "exit", "die", "abort"];
            ends.iter().any(|e| last.trim_start().starts_with(e))
        })
    })
}

/// The last statement of a block, or the statement itself.
fn last_statement(block: Node<'_>) -> Node<'_> {
    let mut node = block;
    for _ in 0..4 {
        let is_block = matches!(
            node.kind(),
            "block"
                | "statement_block"
                | "compound_statement"
                | "then"
                | "statement_list"
                | "colon_block"
        );
        let mut last = node.named_child_count();
        let mut inner = None;
        while is_block && last > 0 {
            last -= 1;
            inner = node.named_child(u32::try_from(last).unwrap_or(0));
            if inner.is_some_and(|n| n.kind() != "comment") {
                break;
            }
        }
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::super::scan;
    use crate::model::RepoPath;

    fn blocks(name: &str, text: &str) -> bool {
        let found = scan(&RepoPath::from(name), text.as_bytes()).unwrap();
        found
            .iter()
            .any(|f| f.score.is_some_and(|s| s.value() >= 7.0))
    }

    #[test]
    fn a_value_that_passes_a_condition_is_no_stranger_s() {
        for (name, text) in [
            (
                "a.js",
                "const SHAPE = /^[a-z]+$/;\napp.get('/', (req, res) => {\n  const x = req.query.x;\n  if (SHAPE.test(x)) { exec('ls ' + x); }\n});",
            ),
            (
                "a.js",
                "app.get('/', (req, res) => {\n  const x = req.query.x;\n  try { if (!/^[a-z]+$/.test(x)) { throw new Error('no'); } } catch (e) { res.end(); return; }\n  exec('ls ' + x);\n});",
            ),
            (
                "a.php",
                "<?php\n$x = $_GET['x'];\nif (ctype_xdigit($x)) {\n    $x = strtolower($x);\n    system('ls ' . $x);\n}\n",
            ),
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    if x not in ALLOWED:\n        return 'no'\n    os.system('ls ' + x)\n",
            ),
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    if x in ALLOWED:\n        os.system('ls ' + x)\n",
            ),
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    if not x.isdigit():\n        abort(400)\n    os.system(f'kill {x}')\n",
            ),
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    if not re.fullmatch(r'[a-z]+', x):\n        raise ValueError\n    os.system('ls ' + x)\n",
            ),
            (
                "a.py",
                "def f():\n    p = os.path.realpath(os.path.join(ROOT, request.args['p']))\n    if not p.startswith(ROOT):\n        abort(403)\n    return open(p).read()\n",
            ),
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    assert x in ('a', 'b')\n    os.system('ls ' + x)\n",
            ),
            (
                "a.js",
                "app.get('/', (req, res) => {\n  const x = req.query.x;\n  if (!ALLOWED.includes(x)) return res.sendStatus(400);\n  exec('ls ' + x);\n});",
            ),
            (
                "a.js",
                "app.get('/', (req, res) => {\n  const p = path.resolve(ROOT, req.query.p);\n  if (!p.startsWith(ROOT + path.sep)) { return res.status(403).end(); }\n  res.sendFile(p);\n});",
            ),
            (
                "a.js",
                "app.get('/', (req, res) => {\n  if (/^[a-z]+$/.test(req.query.x)) { exec('ls ' + req.query.x); }\n});",
            ),
            (
                "a.js",
                "app.get('/', (req, res) => {\n  let o = req.query.o;\n  if (o !== 'asc' && o !== 'desc') { o = 'asc'; }\n  db.query(`SELECT * FROM t WHERE a = 1 ORDER BY b ${o}`);\n});",
            ),
            (
                "a.go",
                "package a\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tx := r.FormValue(\"x\")\n\tif _, ok := allowed[x]; !ok {\n\t\treturn\n\t}\n\texec.Command(\"sh\", \"-c\", x).Run()\n}\n",
            ),
            (
                "a.go",
                "package a\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tx := r.FormValue(\"x\")\n\tif !filepath.IsLocal(x) {\n\t\thttp.Error(w, \"no\", 400)\n\t\treturn\n\t}\n\tos.ReadFile(x)\n}\n",
            ),
            (
                "A.java",
                "class A { void f(HttpServletRequest r) throws Exception { String x = r.getParameter(\"x\"); if (!ALLOWED.contains(x)) { throw new Exception(); } Runtime.getRuntime().exec(\"ls \" + x); } }",
            ),
            (
                "a.php",
                "<?php\n$x = $_GET['x'];\nif (!in_array($x, $allowed, true)) {\n    die('no');\n}\nsystem('ls ' . $x);\n",
            ),
            (
                "a.php",
                "<?php\n$x = $_GET['x'];\nif (ctype_alnum($x)) {\n    system('ls ' . $x);\n}\n",
            ),
            (
                "a.rb",
                "def f\n  x = params[:x]\n  return head(:bad_request) unless ALLOWED.include?(x)\n  system(\"ls #{x}\")\nend\n",
            ),
            (
                "a.rb",
                "def f\n  if x = params[:x] and %w[a b].include?(params[:x])\n    system(\"ls #{params[:x]}\")\n  end\nend\n",
            ),
        ] {
            assert!(!blocks(name, text), "{text}");
        }
    }

    #[test]
    fn a_condition_that_the_value_need_not_pass_ends_nothing() {
        for (name, text) in [
            // Only its length.
            (
                "a.php",
                "<?php\nif (!isset($_COOKIE['c']) || strlen($_COOKIE['c']) == 0) {\n    f();\n} else {\n    $c = base64_decode($_COOKIE['c']);\n    unserialize($c);\n}\n",
            ),
            (
                "a.php",
                "<?php\n$x = $_GET['x'];\nif (preg_match('/(jpg|png)/', $x) !== 1) {\n    die();\n}\nsystem('ls ' . $x);\n",
            ),
            // What is thrown is caught, and it goes on.
            (
                "a.js",
                "app.get('/', (req, res) => {\n  const x = req.query.x;\n  try { if (!/^[a-z]+$/.test(x)) { throw new Error('no'); } } catch (e) { log(e); }\n  exec('ls ' + x);\n});",
            ),
            // It is assigned anew.
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    if x not in ALLOWED:\n        return 'no'\n    x = request.args['y']\n    os.system('ls ' + x)\n",
            ),
            // In another branch.
            (
                "a.py",
                "def f(a):\n    x = request.args['x']\n    if a:\n        if x not in ALLOWED:\n            return 'no'\n    os.system('ls ' + x)\n",
            ),
            // It goes on all the same.
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    if x not in ALLOWED:\n        log(x)\n    os.system('ls ' + x)\n",
            ),
            // A list of what is not allowed.
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    if x in BAD:\n        return 'no'\n    os.system('ls ' + x)\n",
            ),
            // Of another name.
            (
                "a.py",
                "def f():\n    x = request.args['x']\n    if xy not in ALLOWED:\n        return 'no'\n    os.system('ls ' + x)\n",
            ),
            // A part of the text.
            (
                "a.js",
                "app.get('/', (req, res) => {\n  const x = req.query.x;\n  if (!x.includes('ok')) return;\n  exec('ls ' + x);\n});",
            ),
            // An expression without an end.
            (
                "a.js",
                "app.get('/', (req, res) => {\n  if (/^ok/.test(req.query.x)) { exec('ls ' + req.query.x); }\n});",
            ),
            // What it falls back to is no constant.
            (
                "a.js",
                "app.get('/', (req, res) => {\n  let o = 'a';\n  if (o !== 'b') { o = req.query.o; }\n  exec('ls ' + o);\n});",
            ),
            // A path may lie in the folder and still be a command.
            (
                "a.js",
                "app.get('/', (req, res) => {\n  const p = path.resolve(ROOT, req.query.p);\n  if (!p.startsWith(ROOT)) { return; }\n  exec('ls ' + p);\n});",
            ),
            (
                "a.php",
                "<?php\n$x = $_GET['x'];\nif ($x) {\n    system('ls ' . $x);\n}\n",
            ),
        ] {
            assert!(blocks(name, text), "{text}");
        }
    }
}
