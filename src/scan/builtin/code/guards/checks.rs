//! What a condition says of a name in it.

use std::sync::LazyLock;

use memchr::memmem;
use regex::bytes;

use super::super::expression::{Expression, constant};
use super::super::text::has;

/// How much a condition says of a name in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// It is one of a list, or has a shape in which it is harmless anywhere.
    Anywhere,
    /// It stays within a folder or a site.
    Within,
    /// It has a part that leads out of a folder.
    LeadsOut { negated: bool },
}

static BEFORE: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r#"(?:(?:in_array|array_key_exists|is_numeric|is_int|ctype_\w+|filter_var|isNaN|\w*(?:_in|contains|Contains|ContainsKey|has_key))\(\s*|(?:includes|has|include\?|key\?|has_key\?|member\?|contains|containsKey|indexOf|index|hasOwnProperty|get|test|match|fullmatch|MatchString|Match|matcher|isInteger|exec)\((?:\s*String\()?\s*|(?:preg_match|re\.(?:match|fullmatch)|regexp\.MatchString|slices\.Contains|contains|Contains|hasOwnProperty\.call|Pattern\.matches|in_array|array_key_exists)\(.*,\s*|\w*(?:[vV]alid|[sS]afe|[aA]llowed|[wW]hite|[pP]ermitted|[tT]rusted|PathInside|SubPath|[iI]sInside|[iI]sWithin|[cC]heck(?:U[rR][lL]|Path|Host|File|Input)|IsLocal|isLocal|is_local|uuid|UUID|Uuid)\w*\((?:[^()]*,\s*)?|[\w\])]\[|(?:includes|has)\(\s*`[^`()]*\$\{|^[\w.$]*(?:assert|ensure|validate)\w*\((?:[^()]*,\s*)?)$"#,
    )
});
static AFTER: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r#"^(?:\s*\)?\s+(?:not\s+)?in\s|\.(?:isdigit|isalnum|isnumeric|isdecimal|isalpha|isidentifier|isascii|matches|match\??|equals)\(|\s*=~\s*|\)?\.(?:host|hostname|netloc)(?:\.lower\(\))?\s+(?:not\s+)?in\s|(?:\)?\.(?:host|hostname|origin|netloc|Hostname\(\)|Host))?\s*[!=]==?\s*(?:["'`:][\w/.-]|[A-Z_]{2,}\b|\w+\.[A-Z_]{2,}\b|\d))"#,
    )
});
/// Before the name: `strpos(`, and the like, which say where a path begins.
static BEGINS_BEFORE: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r"(?:strn?c?a?s?e?cmp|strpos|str_starts_with|HasPrefix|commonpath|commonprefix)\(\s*\[?$|\bsubstr\((?:\w+\((?:[^()]*,\s*)?)*$",
    )
});
static BEGINS_AFTER: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r"^(?:\.toString\(\))?\.(?:startsWith|startswith|start_with\?|starts_with\?|indexOf|is_relative_to)\(",
    )
});
/// What follows the begin of an address that says which site it is.
static OF_SITE: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r#"\(\s*(?:[^()]*,\s*)?["'`](?:https?://[\w.-]+/|/[\w.-])|\(\s*[^(),]+,\s*[\w$>.:-]*(?i:base|root|site|home)\w*\s*\)"#,
    )
});
/// A part of the name, such as its ending, is one of a list: `in_array(strtolower(substr(strrchr(`.
static LISTED_BEFORE: LazyLock<Expression> =
    LazyLock::new(|| Expression::constant(r"\bin_array\((?:\w+\(\s*)+$"));
/// Calls that only change the case of a text, which is compared with a constant then.
static CASED_BEFORE: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(r"(?:strtolower|strtoupper|mb_strtolower|lower|upper|trim)\(\s*$")
});
static CASED_AFTER: LazyLock<Expression> =
    LazyLock::new(|| Expression::constant(r#"^\s*\)\s*[!=]==?\s*["'][\w/.-]"#));
static PARENT_BEFORE: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r#"(?:["'](?:\.\.|[/\\])[/\\]*["']\s+in\s+|\b[iI]s_?(?:[pP]rivate|[iI]nternal|[bB]locked|[lL]oopback|[rR]eserved|[lL]ocalhost|[fF]orbidden|[dD]enied)\w*\((?:[^()]*,\s*)?)$"#,
    )
});
static PARENT_AFTER: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r#"^(?:\.(?:includes|contains|include\?|indexOf|match\??)\(\s*["'/]\\?\.|\.(?:startsWith|startswith|start_with\?)\(\s*["']\.\.|,\s*(?:["']\.\.|'[/\\]))"#,
    )
});
/// Calls that write a path without `..` in it.
static NORMALISES: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r"(?:(?:^|[^\w.])path\.join|resolve|realpath|abspath|normalize|normpath|relative|getCanonicalPath|getCanonicalFile|toRealPath|Clean|Abs|EvalSymlinks|expand_path|realpathSync|absolute|cleanpath)\(",
    )
});
/// A literal expression that says nothing of the end of the text.
static OPEN_ENDED: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r#"(?:preg_match|re\.match|MatchString)\(\s*r?["'`][^$]*["'`]\s*,|/\^?[^/$]+/\w*\.test\(|(?:match\??\(|=~\s*)/[^/$]*/"#,
    )
});
static ENDED: LazyLock<Expression> =
    LazyLock::new(|| Expression::constant(r#"\$[/"'`)|\#~@]|\\z|\\Z|fullmatch"#));

/// Whether a name is only asked for whether it is an address, any host and scheme of which will do:
/// `filter_var($url, FILTER_VALIDATE_URL)`.
fn keeps_all(left: &[u8], right: &[u8]) -> bool {
    let filters = ["FILTER_VALIDATE_URL", "FILTER_DEFAULT", "FILTER_UNSAFE_RAW"];
    let right = right.trim_ascii_start();
    let right = right.strip_prefix(b",").map(<[u8]>::trim_ascii_start);
    left.trim_ascii_end().ends_with(b"filter_var(")
        && right.is_some_and(|right| filters.iter().any(|f| right.starts_with(f.as_bytes())))
}

/// What a condition says of a name in it. `before` is what the function says before the condition.
pub(super) fn checks(condition: &str, name: &str, before: &str, shape: bool) -> Vec<Check> {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let whole = condition.as_bytes();
    let mut all = Vec::new();
    for at in memmem::find_iter(whole, name.as_bytes()) {
        let (left, right) = whole.split_at(at);
        let Some(right) = right.strip_prefix(name.as_bytes()) else {
            continue;
        };
        let part_of_word = left.last().is_some_and(|b| of_name(*b) || *b == b'.')
            || right.first().is_some_and(|b| of_name(*b));
        // `typeof x == "string"` says nothing of what is in the text.
        if part_of_word || !shape && left.ends_with(b"typeof ") {
            continue;
        }
        let left = left.strip_suffix(b"@").unwrap_or(left);
        if keeps_all(left, right) {
            continue;
        }
        if BEFORE.is_match(left) || AFTER.is_match(right) {
            let open = OPEN_ENDED.is_match(whole) && !ENDED.is_match(whole);
            if !open && !is_open_ended(condition, before) {
                all.push(Check::Anywhere);
            }
        }
        if (BEGINS_BEFORE.is_match(left) || BEGINS_AFTER.is_match(right))
            && (NORMALISES.is_match(before.as_bytes())
                || NORMALISES.is_match(whole)
                || OF_SITE.is_match(whole))
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
fn is_open_ended(condition: &str, before: &str) -> bool {
    static NAMED: LazyLock<bytes::Regex> = LazyLock::new(|| {
        constant(r"(?:match|exec)\(\s*([a-zA-Z_$][\w$]*)\s*\)|\b([a-zA-Z_$][\w$]*)\.test\(")
    });
    static SHAPE: LazyLock<bytes::Regex> =
        LazyLock::new(|| constant(r"^\s*=\s*/(?:[^/\\\n]|\\.)+/"));
    let tries = ["match(", "exec(", ".test("];
    if !tries.iter().any(|t| has(condition, t)) {
        return false;
    }
    let found = NAMED.captures(condition.as_bytes());
    let name = found.and_then(|found| found.get(1).or(found.get(2)));
    let Some(name) = name else {
        return false;
    };
    let mut places = memmem::find_iter(before.as_bytes(), name.as_bytes());
    places.any(|at| {
        let rest = before.as_bytes().get(at + name.len()..).unwrap_or_default();
        SHAPE
            .find(rest)
            .is_some_and(|shape| !shape.as_bytes().ends_with(b"$/"))
    })
}

/// The names of what a function reads from a path or an address: `const { hostname } = new URL(value)`,
/// `const relative = path.relative(root, value)`.
pub(in super::super) fn read_from<'t>(before: &'t str, value: &str) -> Vec<&'t str> {
    static READ: LazyLock<bytes::Regex> = LazyLock::new(|| {
        constant(
            r"(\w+|\{[^{}]*\})\s*(?::\s*\w+\s*)?=\s*(?:new\s+)?(?:(?:[uU]rl|URL)\.parse|(?:\w+\.)?(?:URL|urlparse|urlsplit|parse_url|relative\([^(),]*,|relpath))\(?\s*([\w.$]+)",
        )
    });
    let has_any = ["URL(", "parse(", "urlsplit(", "relative(", "relpath("];
    if !has_any.iter().any(|h| has(before, h)) {
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
