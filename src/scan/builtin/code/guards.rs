//! Conditions that a value passes before it is used: a list of what is allowed, the shape of a number, a path
//! that stays within a folder. What is used behind one of them is no longer what a stranger chose.
//!
//! A condition counts if code that fails it does not go on (`if x not in ALLOWED: return`), or if the use stands
//! inside (`if x in ALLOWED: use(x)`), and if the name is not assigned anew in between.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;
use tree_sitter::Node;

use super::names::ascii;

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
    /// Whether the code that runs if it holds does not go on to what comes after.
    leaves: bool,
    /// What that code assigns last: `order = "asc"`.
    assigns: Option<&'t str>,
    /// `unless`
    inverted: bool,
}

/// How much a condition says of a name in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// It is one of a list, or has a shape in which it is harmless anywhere.
    Anywhere,
    /// It stays within a folder or a site.
    Within,
    /// It has a part that leads out of a folder.
    LeadsOut,
}

static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?:(?:in_array|array_key_exists|is_numeric|is_int|ctype_\w+|filter_var|isNaN|\w*(?:_in|contains|Contains|ContainsKey|has_key))\(\s*|(?:includes|has|include\?|key\?|has_key\?|member\?|contains|containsKey|indexOf|index|hasOwnProperty|get|test|match|fullmatch|MatchString|Match|matcher|isInteger|exec)\((?:\s*String\()?\s*|(?:preg_match|re\.(?:match|fullmatch)|regexp\.MatchString|slices\.Contains|contains|Contains|hasOwnProperty\.call|Pattern\.matches|in_array|array_key_exists)\(.*,\s*|\w*(?:[vV]alid|[sS]afe|[aA]llowed|[wW]hitelist|[pP]ermitted|IsLocal|isLocal|is_local|uuid|UUID|Uuid)\w*\((?:[^()]*,\s*)?|[\w\])]\[)$"#,
    )
});
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"^(?:\s*\)?\s+(?:not\s+)?in\s|\.(?:isdigit|isalnum|isnumeric|isdecimal|isalpha|isidentifier|isascii|matches|match\??|equals)\(|\s*=~\s*|(?:\s*\))?\s*[!=]==?\s*(?:["'`:][\w/.-]|[A-Z_]{2,}\b|\w+\.[A-Z_]{2,}\b|\d))"#,
    )
});
/// Before the name: `strpos(`, and the like, which say where a path begins.
static BEGINS_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?:strn?c?a?s?e?cmp|strpos|str_starts_with|HasPrefix|commonpath|commonprefix)\(\s*\[?$",
    )
});
static BEGINS_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"^(?:\.toString\(\))?\.(?:startsWith|startswith|start_with\?|starts_with\?|indexOf|is_relative_to)\(",
    )
});
/// What follows the begin of an address that says which site it is.
static OF_SITE: LazyLock<Regex> =
    LazyLock::new(|| expression(r#"\(\s*(?:[^()]*,\s*)?["'`](?:https?://[\w.-]+/|/[\w.-])"#));
static PARENT_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?:["'](?:\.\.|[/\\])[/\\]*["']\s+in\s+|(?:strings\.Contains(?:Any)?|strpos|str_contains|strstr)\(\s*)$"#,
    )
});
static PARENT_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"^(?:\.(?:includes|contains|include\?|indexOf|match\??)\(\s*["'/]\\?\.|,\s*["']\.\.)"#,
    )
});
/// Calls that write a path without `..` in it.
static NORMALISES: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?:resolve|realpath|abspath|normalize|normpath|relative|getCanonicalPath|getCanonicalFile|toRealPath|Clean|Abs|EvalSymlinks|expand_path|realpathSync|absolute|cleanpath)\(",
    )
});
static NEGATED: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"!|\bnot\b|(?i:[=]==?\s*(?:false|-1|null|nil|none|0)\b)|\bis\s+None\b|<\s*0|\bempty\(",
    )
});
static LEAVES: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?i)^(?:return|raise|throw|continue|break|next|exit|die|abort|halt|panic|head|(?:\w+(?:\.|::|->))*(?:exit|abort|abort_if|fatal\w*|fail\w*|panic|halt|redirect\w*|not_?found|forbidden|bad_?request|send\w*(?:error|response|status)|throw\w*))\b|\band\s+return\b",
    )
});
/// A literal expression that says nothing of the end of the text.
static OPEN_ENDED: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r#"(?:preg_match|re\.match|MatchString)\(\s*r?["'`][^$]*["'`]\s*,|/\^?[^/$]+/\w*\.test\(|(?:match\??\(|=~\s*)/[^/$]*/"#,
    )
});
static ENDED: LazyLock<Regex> = LazyLock::new(|| expression(r"\$|\\z|\\Z|fullmatch"));

fn expression(text: &str) -> Regex {
    ascii(text).expect("a test uses each")
}

impl<'t> Guard<'t> {
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
                leaves: true,
                assigns: None,
                inverted: true,
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
        let assigns = last.split_once('=').map(|(name, _)| {
            let name = name.trim_end_matches([':', ' ']);
            name.trim_start_matches("this.").trim()
        });
        let mut around = node.parent()?;
        while around.kind() == "expression_statement" {
            around = around.parent()?;
        }
        Some(Guard {
            condition,
            holds: holds.byte_range(),
            fails: fails.map_or(0..0, |f| f.byte_range()),
            around: around.byte_range(),
            end: node.end_byte(),
            leaves: LEAVES.is_match(last.as_bytes()),
            assigns,
            inverted: node.kind().starts_with("unless"),
        })
    }

    /// Whether a name that is used at a place has passed this condition. `path` is whether it is used as a path or an
    /// address, and `before` is what the function says before the condition.
    fn covers(&self, name: &str, at: usize, path: bool, before: &str) -> bool {
        let negated = NEGATED.is_match(self.condition.as_bytes()) != self.inverted;
        let inside = match (self.holds.contains(&at), self.fails.contains(&at)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let stops = self.leaves || self.assigns == Some(name);
        let after = stops && self.end <= at && self.around.contains(&at);
        if inside.is_none() && !after {
            return false;
        }
        let runs_if_passed = match inside {
            Some(holds) => holds != negated,
            None => negated,
        };
        self.checks(name, before)
            .into_iter()
            .any(|check| match check {
                Check::Anywhere => runs_if_passed,
                Check::Within => path && runs_if_passed,
                // `if name.includes("..") return`
                Check::LeadsOut => path && !runs_if_passed,
            })
    }

    fn checks(&self, name: &str, before: &str) -> Vec<Check> {
        let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
        let condition = self.condition.as_bytes();
        let mut all = Vec::new();
        for at in memchr::memmem::find_iter(condition, name.as_bytes()) {
            let end = at + name.len();
            let (Some(left), Some(right)) = (condition.get(..at), condition.get(end..)) else {
                continue;
            };
            let part_of_word = left.last().is_some_and(|b| of_name(*b) || *b == b'.')
                || right.first().is_some_and(|b| of_name(*b));
            if part_of_word {
                continue;
            }
            if BEFORE.is_match(left) || AFTER.is_match(right) {
                let open = OPEN_ENDED.is_match(condition) && !ENDED.is_match(condition);
                if !open {
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
            if PARENT_BEFORE.is_match(left) && !right.starts_with(b", \"/")
                || PARENT_AFTER.is_match(right)
            {
                all.push(Check::LeadsOut);
            }
        }
        all
    }
}

/// Whether a name that is used at a place has passed one of the conditions since it was assigned.
pub(super) fn passed(
    guards: &[Guard<'_>],
    (name, since): (&str, usize),
    at: usize,
    path: bool,
    text: &str,
    scope: usize,
) -> bool {
    let near = guards.partition_point(|g| g.holds.start <= at);
    let near = guards.get(..near).unwrap_or_default();
    near.iter().rev().take(MOST).any(|guard| {
        let begin = guard.holds.start;
        // What is assigned inside the condition itself is what it falls back to.
        let still = since <= begin || guard.assigns == Some(name) && since <= guard.end;
        still && guard.covers(name, at, path, text.get(scope..begin).unwrap_or_default())
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
