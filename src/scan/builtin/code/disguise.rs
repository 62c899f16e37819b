//! Names that are written so that a search for them finds nothing, though the language reads them all the
//! same: in another encoding, with escapes, in capitals, in letters that stand for others.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::Regex;

use super::dialect::Dialect;
use super::parse::Parsed;

/// The text as the language reads it, of the same number of lines.
///
/// # Errors
/// It is in an encoding that this scanner does not read; says so.
pub(super) fn undone(text: Cow<'_, str>, dialect: Dialect) -> Result<Cow<'_, str>, String> {
    match dialect {
        Dialect::Python | Dialect::Java if goes_on_after_comment(&text, dialect) => Err(
            "a comment ends in it with a carriage return alone, which this scanner does not read"
                .into(),
        ),
        Dialect::Python | Dialect::Ruby => match encoding(&text, dialect) {
            Some(other) => Err(format!(
                "it is written in the encoding `{other}`, which this scanner does not read"
            )),
            None => Ok(text),
        },
        Dialect::Java if text.contains("\\u") => without_escapes(&text).map(Cow::Owned),
        Dialect::Php => Ok(match in_lower_case(&text) {
            Some(lower) => Cow::Owned(lower),
            None => text,
        }),
        _ => Ok(text),
    }
}

/// Whether code stands behind a comment that a carriage return ends, which the grammars of some languages take for a part
/// of the comment.
fn goes_on_after_comment(text: &str, dialect: Dialect) -> bool {
    let comment = match dialect {
        Dialect::Python => "#",
        _ => "//",
    };
    let mut all = memchr::memchr_iter(b'\r', text.as_bytes());
    all.any(|at| {
        let after = text.get(at + 1..).unwrap_or_default();
        // The last of several decides.
        if after.starts_with(['\r', '\n']) {
            return false;
        }
        let before = text.get(..at).unwrap_or_default().trim_end_matches('\r');
        let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
        line.contains(comment)
    })
}

/// Whether a text may have names for [`disguised`], so that it has to be parsed.
pub(super) fn may_disguise(text: &str, dialect: Dialect) -> bool {
    match dialect {
        Dialect::JavaScript | Dialect::TypeScript | Dialect::Tsx => has_escape(text),
        Dialect::Python => !text.is_ascii() && text.chars().any(stands_for_another),
        _ => false,
    }
}

/// Why a file has no answer: a name in it reads as another one to the language.
pub(super) fn disguised(parsed: &Parsed) -> Option<String> {
    let is_disguised = |node: &super::parse::Found<'_>| {
        let kind = node.kind();
        if !kind.ends_with("identifier") && !kind.starts_with("shorthand_property_identifier") {
            return false;
        }
        let name = node.text();
        has_escape(&name) || name.chars().any(stands_for_another)
    };
    let node = parsed.root().dfs().find(|n| is_disguised(n))?;
    let line = node.start_pos().line() + 1;
    Some(format!(
        "a name on line {line} is written with escapes or look-alike letters, so this scanner cannot tell which \
         name it is"
    ))
}

/// The begin of the names of encodings in which ASCII is ASCII.
const PLAIN: [&str; 28] = [
    "utf-8",
    "utf8",
    "u8",
    "ascii",
    "us-ascii",
    "646",
    "latin",
    "l1",
    "iso-8859",
    "iso8859",
    "cp125",
    "windows-125",
    "1252",
    "1251",
    "cp43",
    "cp72",
    "cp73",
    "cp77",
    "cp85",
    "cp86",
    "ibm8",
    "koi8",
    "mac",
    "euc",
    "gb2312",
    "tis",
    "kz",
    "ptcp",
];
/// The same for those in which a backslash may be the second half of a character.
const WIDE: [&str; 11] = [
    "gb",
    "big5",
    "shift",
    "sjis",
    "s-jis",
    "windows-31j",
    "cp93",
    "cp94",
    "cp95",
    "ms93",
    "johab",
];

/// The encoding that a file in Python or Ruby names, if names in it are not written as ASCII (PEP 263), or if it cannot be
/// told which of its backslashes are some.
fn encoding(text: &str, dialect: Dialect) -> Option<&str> {
    let mut first = text.lines().take(2);
    if !first.any(|line| line.contains("coding")) {
        return None;
    }
    static COOKIE: OnceLock<Regex> = OnceLock::new();
    let cookie = COOKIE.get_or_init(|| {
        Regex::new(r"^[ \t\x0c]*#.*?coding[:=][ \t]*([-\w.]+)").expect("the expression is constant")
    });
    let named = text.lines().take(2).find_map(|line| cookie.captures(line));
    let name = named?.get(1)?.as_str();
    let plain = name.to_ascii_lowercase().replace('_', "-");
    let begins = |all: &[&str]| all.iter().any(|p| plain.starts_with(p));
    let is_read = match (begins(&PLAIN), begins(&WIDE)) {
        (true, _) => true,
        (false, true) => !has_doubtful_backslash(text),
        // Ruby takes no other for its code.
        (false, false) => dialect == Dialect::Ruby,
    };
    (!is_read).then_some(name)
}

/// Whether a backslash stands behind a character that is not ASCII.
fn has_doubtful_backslash(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut all = memchr::memchr_iter(b'\\', bytes);
    all.any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        before.is_some_and(|b| !b.is_ascii())
    })
}

/// The ASCII character that an escape stands for, and where it ends: `\u0065`, `\uu0065`, `\u{65}`.
fn escape(text: &str, at: usize) -> Option<(char, usize)> {
    let rest = text.get(at..)?.strip_prefix('\\')?;
    let digits = rest.trim_start_matches('u');
    let begin = at + 1 + rest.len() - digits.len();
    let (hex, end) = match digits.strip_prefix('{') {
        Some(inner) => {
            let hex = inner.split('}').next()?;
            (hex, begin + hex.len() + 2)
        }
        None => (digits.get(..4)?, begin + 4),
    };
    let number = u32::from_str_radix(hex, 16).ok()?;
    let c = char::from_u32(number).filter(char::is_ascii)?;
    (begin > at + 1).then_some((c, end))
}

/// Whether a letter or digit of ASCII is written as an escape.
fn has_escape(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut at = memchr::memmem::find_iter(text.as_bytes(), b"\\u");
    at.any(|at| escape(text, at).is_some_and(|(c, _)| is_of_name(c)))
}

/// A Java text with the characters that its escapes stand for, which may be anything: Java reads them
/// before all else (JLS 3.3).
fn without_escapes(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|t| t.find('\\')) {
        let at = from + found;
        out.push_str(text.get(from..at).unwrap_or_default());
        match escape(text, at) {
            // It would end a comment that reaches to the end of its line.
            Some(('\n' | '\r', _)) if out.rsplit('\n').next().is_some_and(|l| l.contains("//")) => {
                return Err("it contains a line break written as an escape sequence".into());
            }
            Some(('\n' | '\r', end)) => {
                out.push(' ');
                from = end;
            }
            // A backslash takes what follows with it, be it one or an escape.
            Some(('\\', end)) => {
                out.push('\\');
                from = end;
            }
            Some((c, end)) => {
                out.push(c);
                from = end;
            }
            None => {
                let end = text.get(at + 1..).and_then(|t| t.chars().next());
                let end = at + 1 + end.map_or(0, char::len_utf8);
                out.push_str(text.get(at..end).unwrap_or_default());
                from = end;
            }
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Ok(out)
}

/// A PHP text with the names of called functions in lower case, if one is not: PHP takes them in any.
fn in_lower_case(text: &str) -> Option<String> {
    let mut out: Option<String> = None;
    for at in memchr::memchr_iter(b'(', text.as_bytes()) {
        let head = text.get(..at)?.trim_end_matches([' ', '\t', '\r', '\n']);
        let of_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let begin = head
            .bytes()
            .rposition(|b| !of_name(&b))
            .map_or(0, |end| end + 1);
        let name = head.get(begin..)?;
        if !name.bytes().any(|b| b.is_ascii_uppercase())
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            continue;
        }
        // Methods and variables keep their names, and so do classes.
        let mut before = head.get(..begin)?.chars().rev();
        let is_function = match before.next() {
            Some('>') => before.next().is_some_and(|c| !matches!(c, '-' | '?')),
            Some(':') => before.next().is_some_and(|c| c != ':'),
            Some(c) => !c.is_alphanumeric() && c != '$' && !('\u{80}'..='\u{ff}').contains(&c),
            None => true,
        };
        if is_function && !head.get(..begin)?.trim_end().ends_with("new") {
            let out = out.get_or_insert_with(|| text.to_owned());
            out.replace_range(begin..head.len(), &name.to_ascii_lowercase());
        }
    }
    out
}

/// Whether Python reads a character in a name as ASCII (PEP 3131, NFKC): full-width and mathematical
/// letters, those above and below the line, ligatures, and letters that are signs.
fn stands_for_another(c: char) -> bool {
    matches!(c,
        '\u{aa}' | '\u{ba}' | '\u{17f}' | '\u{2b0}'..='\u{2b8}' | '\u{2e1}'..='\u{2e3}'
        | '\u{1d2c}'..='\u{1d6a}' | '\u{1d9c}'..='\u{1dbf}' | '\u{2071}' | '\u{207f}'
        | '\u{2090}'..='\u{209c}' | '\u{2102}'..='\u{2149}' | '\u{2160}'..='\u{217f}'
        | '\u{2c7c}' | '\u{2c7d}' | '\u{fb00}'..='\u{fb06}' | '\u{ff10}'..='\u{ff5a}'
        | '\u{1d400}'..='\u{1d7ff}')
}

#[cfg(test)]
mod tests {
    use crate::model::RepoPath;

    /// How many weaknesses a file has; `None` if that is unknown.
    fn found(name: &str, content: &[u8]) -> Option<usize> {
        let scanned = super::super::scan(&RepoPath::from(name), content);
        scanned.ok().map(|f| f.len())
    }

    #[test]
    fn no_way_of_writing_a_name_hides_a_weakness() {
        let wide =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let java =
            |call: &str| format!("class A {{ void f(HttpServletRequest request) {{ {call} }} }}\n");
        let exec = "Runtime.getRuntime().exec(request.getParameter(\"q\"));";
        assert_eq!(found("A.java", java(exec).as_bytes()), Some(1));
        for text in [
            java(&exec.replace("exec", "\\u0065xec")),
            java(&exec.replace("exec", "\\uuu0065xe\\u0063")),
            java(&format!("String s = \"\\u0022; {exec} s = \"\";")),
            java(&format!("/* \\u002a\\u002f {exec} /* */")),
        ] {
            assert_eq!(found("A.java", text.as_bytes()), Some(1), "{text}");
        }
        assert_eq!(
            found("A.java", java(&format!("// \\u000a {exec}")).as_bytes()),
            None
        );
        assert_eq!(
            found(
                "A.java",
                java("char c = '\\u0041'; String s = \"\\\\u0022\";").as_bytes()
            ),
            Some(0)
        );
        assert_eq!(found("A.java", &wide(&java(exec))), Some(1));
        for (name, text, answer) in [
            ("a.php", "<?php SYSTEM($_GET['q']);", Some(1)),
            ("a.php", "<?php echo 1;EvAl ($_GET['q']);", Some(1)),
            ("a.php", "<?php Trim(SYSTEM($_GET['q']));", Some(1)),
            ("a.php", "<?php INCLUDE $_GET['q'];", Some(1)),
            (
                "a.php",
                "<?php $a->System(1); A::Exec(1); new System(1);",
                Some(0),
            ),
            (
                "a.js",
                "app.get('/', (req, res) => \\u0065val(req.query.q));",
                None,
            ),
            (
                "a.ts",
                "app.get('/', (req, res) => ev\\u{61}l(req.query.q));",
                None,
            ),
            (
                "a.js",
                "const s = '\\u0065val'; const r = /[\\u0041-\\u005a]/; exports.\\u0275x = 1;",
                Some(0),
            ),
            (
                "a.py",
                "# -*- coding: utf_7 -*-\n+AGU-val(request.args['q'])",
                None,
            ),
            // The backslash may be the second half of a character.
            (
                "a.py",
                "# coding: shift_jis\nx = '\u{fffd}\\'; eval(request.args['q']) #'",
                None,
            ),
            (
                "a.rb",
                "# encoding: windows-31j\nx = '\u{fffd}\\'; eval(params[:q]) #'",
                None,
            ),
            (
                "a.py",
                "# coding: gbk\nx = '\u{fffd}\u{fffd}'; eval(request.args['q'])",
                Some(1),
            ),
            ("a.py", "# x\reval(request.args['q'])", None),
            ("a.py", "# x\r\ny = 1  # z\r\r\n", Some(0)),
            ("a.py", "# vim: set fileencoding=latin-1 :\nx = 1", Some(0)),
            ("a.py", "\u{ff45}val(request.args['q'])", None),
            ("a.py", "eva\u{2113}(request.args['q'])", None),
            ("a.py", "s = '\u{ff45}\u{aa}'  # \u{2113}", Some(0)),
        ] {
            assert_eq!(found(name, text.as_bytes()), answer, "{text}");
        }
    }
}
