//! The tokens of a piece of code, in any language: names, numbers, quoted text, marks.

use super::manner::Manner;
use super::names::is_word;

/// How deep texts inside of texts are looked into.
const DEEPEST: u8 = 2;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Name,
    Number,
    /// Quoted text, without its quotes.
    Text,
    Mark,
}

/// A token, and where it begins in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub kind: Kind,
    pub text: &'t str,
    pub at: usize,
    /// Of quoted text that was looked into: whether every brace in it holds code.
    filled: Option<bool>,
}

impl Token<'_> {
    pub(super) fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether it is one that formatters add and remove.
    pub(super) fn is_layout(&self) -> bool {
        self.kind == Kind::Mark && ",;()[]{}\\".contains(self.text)
    }

    /// What a quoted text says by itself: without the code that it is filled in with, and without the
    /// places that a function fills in (`%s`, `{}`).
    pub(super) fn said(&self) -> String {
        let pieces = self
            .filled
            .map_or_else(Vec::new, |filled| filled_in(self.text, filled));
        let mut said = String::new();
        let mut rest = 0;
        for (at, code) in pieces {
            said.push_str(self.text.get(rest..at).unwrap_or_default());
            said.push_str("{}");
            let opened = self.text.get(at..).unwrap_or_default();
            let open = opened.len() - opened.trim_start_matches(['$', '{']).len();
            rest = at + open + code.len();
        }
        said.push_str(self.text.get(rest..).unwrap_or_default());
        without_places(&said)
    }
}

/// A text without the places that `%` and `format` fill in.
fn without_places(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['%', '{']) {
        let (before, place) = rest.split_at(at);
        plain.push_str(before);
        let inside = place.split_at(1).1;
        let end = match place.starts_with('%') {
            true => inside
                .find(|c: char| !"0123456789.-+#(".contains(c))
                .filter(|end| {
                    let kind = inside.split_at(*end).1.chars().next();
                    kind.is_some_and(|c| "sdifgrvqxXc".contains(c))
                })
                .map(|end| end + 1),
            false => inside
                .find(|c: char| !(is_word(c) || ".:!".contains(c)))
                .filter(|end| inside.split_at(*end).1.starts_with('}'))
                .map(|end| end + 1),
        };
        plain.push(' ');
        rest = inside.split_at(end.unwrap_or(0)).1;
    }
    plain.push_str(rest);
    plain
}

/// Cuts a text into tokens; comments are left out. Names inside of text that a language fills in
/// (`f"{name}"`, `` `${name}` ``, `"$name"`) are tokens of their own, after the text.
pub(super) fn tokens(text: &str, manner: Manner) -> Vec<Token<'_>> {
    let mut list = Vec::new();
    cut(text, 0, manner, 0, &mut list);
    list
}

fn cut<'t>(whole: &'t str, offset: usize, manner: Manner, depth: u8, list: &mut Vec<Token<'t>>) {
    let mut rest = whole;
    while let Some(c) = rest.chars().next() {
        let at = whole.len() - rest.len();
        let comment = !manner.prose
            && (manner.hash_comment && c == '#' || manner.slash_comment && rest.starts_with("//"));
        let (kind, length) = if c.is_whitespace() {
            rest = rest.trim_start();
            continue;
        } else if comment {
            rest = rest.split_once('\n').map_or("", |(_, r)| r);
            continue;
        } else if manner.slash_comment && rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, r)| r);
            continue;
        } else if c.is_numeric() {
            let end = rest.find(|c: char| !(is_word(c) || c == '.'));
            (Kind::Number, end.unwrap_or(rest.len()))
        } else if is_word(c) || c == '$' {
            let end = rest.find(|c: char| !(is_word(c) || c == '$'));
            (Kind::Name, end.unwrap_or(rest.len()))
        } else if let Some((inside, length)) = quoted(rest) {
            let filled = is_filled(list.last(), whole, at, c);
            let begin = offset + at + usize::from(rest.starts_with(c));
            let looked_into = depth < DEEPEST && (c != '\'' || filled);
            list.push(Token {
                kind: Kind::Text,
                text: inside,
                at: offset + at,
                filled: looked_into.then_some(filled),
            });
            if looked_into {
                for (at, code) in filled_in(inside, filled) {
                    cut(code, begin + at, manner, depth + 1, list);
                }
            }
            rest = rest.split_at(length).1;
            continue;
        } else {
            (Kind::Mark, c.len_utf8())
        };
        let (token, behind) = rest.split_at(length);
        if !matches!(c, '"' | '\'' | '`') {
            list.push(Token {
                kind,
                text: token,
                at: offset + at,
                filled: None,
            });
        }
        rest = behind;
    }
}

/// The text inside of quotes, and how long it is with them; `None` if nothing closes them.
fn quoted(text: &str) -> Option<(&str, usize)> {
    let quote = text
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let three = ["\"\"\"", "'''"];
    if let Some(three) = three.iter().find(|t| text.starts_with(**t)) {
        let (inside, _) = text.strip_prefix(*three)?.split_once(three)?;
        return Some((inside, inside.len() + 6));
    }
    let inside = text.strip_prefix(quote)?;
    let mut escaped = false;
    for (i, c) in inside.char_indices() {
        if c == quote && !escaped {
            return Some((inside.split_at(i).0, i + 2));
        }
        if c == '\n' && quote != '`' && !escaped {
            return None;
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Whether the braces in a text hold code: Python's `f""`, C#'s `$""`.
fn is_filled(before: Option<&Token<'_>>, whole: &str, at: usize, quote: char) -> bool {
    let prefix = before
        .filter(|t| t.kind == Kind::Name && whole.get(..at).is_some_and(|w| w.ends_with(t.text)));
    quote == '`' || prefix.is_some_and(|t| t.text.len() <= 2 && t.text.contains(['f', 'F', '$']))
}

/// The pieces of code that a text is filled in with, and where they begin in it.
fn filled_in(inside: &str, filled: bool) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for (i, _) in inside.match_indices(['{', '$']) {
        let (before, rest) = inside.split_at(i);
        let doubled = before.ends_with(['{', '$']);
        if i < end || doubled {
            continue;
        }
        let code = match rest.strip_prefix("${").or_else(|| rest.strip_prefix('{')) {
            Some(code) => {
                let opened = rest.starts_with("${") || before.ends_with('#') || filled;
                opened.then(|| code.split_once('}').map_or(code, |(c, _)| c))
            }
            None => rest.strip_prefix('$').map(|r| {
                let end = r.find(|c: char| !is_word(c)).unwrap_or(r.len());
                r.split_at(end).0
            }),
        };
        if let Some(code) = code.filter(|c| !c.is_empty()) {
            end = i + 1 + code.len();
            pieces.push((i, code));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(name: &str, text: &str) -> Vec<(Kind, String)> {
        let list = tokens(text, Manner::of(name.as_bytes()));
        list.into_iter()
            .filter(|t| !t.is_layout())
            .map(|t| (t.kind, t.text.to_owned()))
            .collect()
    }

    fn names(name: &str, text: &str) -> Vec<String> {
        cut(name, text)
            .into_iter()
            .filter(|(k, _)| *k == Kind::Name)
            .map(|(_, t)| t)
            .collect()
    }

    #[test]
    fn layout_and_comments_make_no_tokens() {
        let one = cut("a.js", "go('it\\'s', {a: 1}) // done\n");
        let two = cut("a.js", "go(\n  'it\\'s',\n  { a: 1, },\n);\n");
        assert_eq!(one, two);
        assert_ne!(cut("a.js", "go('x')"), cut("a.js", "go(x)"));
    }

    #[test]
    fn what_a_text_is_filled_in_with_is_named() {
        assert_eq!(names("a.py", "run(f\"rm {path}\")"), ["run", "f", "path"]);
        assert_eq!(names("a.py", "run(\"rm {path}\")"), ["run"]);
        assert_eq!(
            names("a.js", "run(`rm ${dir.name}`)"),
            ["run", "dir", "name"]
        );
        assert_eq!(names("a.sh", "eval \"$cmd x\""), ["eval", "cmd"]);
        assert_eq!(names("a.rb", "run(\"rm #{dir}\")"), ["run", "dir"]);
    }
}
