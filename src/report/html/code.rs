//! The colours of code: the lines of a frame, parsed by the grammars that the built-in scanner has.

use std::ops::ControlFlow;

use maud::{Markup, html};
use tree_sitter::{Language, Node, ParseOptions, Parser, Tree};

use crate::model::Language as Written;

/// How often the parser may report that it is at work, once in about a hundred steps: for one frame, and for
/// all of a page. Frames are short; a hostile one stays without colours, and so does what comes after many.
const REPORTS_OF_FRAME: usize = 200;
const REPORTS_OF_PAGE: usize = 20_000;
/// The longest text that is coloured, in bytes.
const LONGEST: usize = 8 * 1024;

/// What a piece of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Plain,
    Keyword,
    Text,
    Comment,
    Number,
    Function,
}

impl Part {
    /// Its class in the page's style.
    fn class(self) -> Option<&'static str> {
        match self {
            Part::Plain => None,
            Part::Keyword => Some("k"),
            Part::Text => Some("s"),
            Part::Comment => Some("c"),
            Part::Number => Some("n"),
            Part::Function => Some("f"),
        }
    }
}

/// Lines of code, each in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Colored {
    lines: Vec<Vec<(Part, String)>>,
}

impl Colored {
    /// A line, counted from 0.
    pub(super) fn line(&self, number: usize) -> Markup {
        let pieces = self.lines.get(number).map(Vec::as_slice);
        html! {
            @for (part, text) in pieces.unwrap_or_default() {
                @match part.class() { Some(class) => i class=(class) { (text) }, None => (text) }
            }
        }
    }

    /// A part of a line, from a character on and of so many; white space around it is left out.
    pub(super) fn part_of_line(&self, number: usize, start: usize, most: usize) -> Markup {
        let pieces = self.lines.get(number).map(Vec::as_slice);
        let all = pieces.unwrap_or_default().iter();
        let all = all.flat_map(|(part, text)| text.chars().map(|c| (*part, c)));
        let mut shown = all.skip(start).skip_while(|(_, c)| c.is_whitespace());
        let mut kept: Vec<(Part, String)> = Vec::new();
        if start > 0 {
            kept.push((Part::Plain, "…".to_owned()));
        }
        for (part, c) in shown.by_ref().take(most) {
            push(&mut kept, part, c);
        }
        if shown.next().is_some() {
            kept.push((Part::Plain, "…".to_owned()));
        }
        Colored { lines: vec![kept] }.line(0)
    }
}

/// Adds a character to the last of some pieces, or as one of its own.
fn push(pieces: &mut Vec<(Part, String)>, part: Part, c: char) {
    match pieces.last_mut() {
        Some((last, text)) if *last == part => text.push(c),
        _ => pieces.push((part, c.to_string())),
    }
}

/// Colours code.
pub(super) struct Painter {
    parser: Parser,
    left: usize,
}

impl Painter {
    pub(super) fn new() -> Painter {
        Painter {
            parser: Parser::new(),
            left: REPORTS_OF_PAGE,
        }
    }

    /// The lines of a file, coloured if its name belongs to a language with a grammar.
    pub(super) fn colored(&mut self, path: &str, lines: &[String]) -> Colored {
        let text = lines.join("\n");
        let parts = self.parts(path, &text).unwrap_or_default();
        let mut all = vec![Vec::new()];
        for (at, c) in text.char_indices() {
            if c == '\n' {
                all.push(Vec::new());
                continue;
            }
            let part = parts.get(at).copied().unwrap_or(Part::Plain);
            if let Some(line) = all.last_mut() {
                push(line, part, c);
            }
        }
        Colored { lines: all }
    }

    /// What each byte of a text is a part of.
    fn parts(&mut self, path: &str, text: &str) -> Option<Vec<Part>> {
        if text.len() > LONGEST {
            return None;
        }
        let language = grammar_of(path)?;
        if language == tree_sitter_php::LANGUAGE_PHP.into() && begins_amid_php(text) {
            let mut parts = self.parts_of(&language, &format!("{PHP}{text}"))?;
            return Some(parts.split_off(PHP.len()));
        }
        self.parts_of(&language, text)
    }

    fn parts_of(&mut self, language: &Language, text: &str) -> Option<Vec<Part>> {
        let tree = self.tree(language, text)?;
        let mut parts = vec![Part::Plain; text.len()];
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            let part = part_of(node, text);
            let range = parts.get_mut(node.start_byte()..node.end_byte());
            if let (Some(part), Some(range)) = (part, range) {
                range.fill(part);
            }
            if part != Some(Part::Comment) && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return Some(parts);
                }
            }
        }
    }

    fn tree(&mut self, language: &Language, text: &str) -> Option<Tree> {
        self.parser.set_language(language).ok()?;
        // Nothing of a parse that was stopped may stay.
        self.parser.reset();
        let mut of_frame = REPORTS_OF_FRAME;
        let of_page = &mut self.left;
        let mut progress = |_: &tree_sitter::ParseState| {
            of_frame = of_frame.saturating_sub(1);
            *of_page = of_page.saturating_sub(1);
            match of_frame.min(*of_page) {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let mut read = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
        self.parser
            .parse_with_options(&mut read, None, Some(options))
    }
}

/// The kind of a node, if that decides the colour of all of it.
fn part_of(node: Node<'_>, text: &str) -> Option<Part> {
    let kind = node.kind();
    let own = || text.get(node.start_byte()..node.end_byte()).unwrap_or("");
    if kind.contains("comment") {
        return Some(Part::Comment);
    }
    if node.is_named() {
        if kind.contains("interpolation") || kind.contains("substitution") {
            return Some(Part::Plain);
        }
        let of_text = ["string", "regex", "heredoc", "rune_literal", "character"];
        if of_text.iter().any(|t| kind.contains(t)) {
            return Some(Part::Text);
        }
    }
    if node.child_count() > 0 {
        return None;
    }
    let word = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    let is_word = own().len() > 1 && own().bytes().all(word);
    match kind {
        "true" | "false" | "none" | "None" | "null" | "nil" | "self" | "this" | "super" => {
            Some(Part::Keyword)
        }
        _ if !node.is_named() && is_word => Some(Part::Keyword),
        _ if own().starts_with(|c: char| c.is_ascii_digit()) => Some(Part::Number),
        _ if node.is_named() && text.as_bytes().get(node.end_byte()) == Some(&b'(') => {
            Some(Part::Function)
        }
        _ => None,
    }
}

/// What code begins with in a file of PHP.
const PHP: &str = "<?php ";

/// Whether a text begins inside PHP code: the first border in it, if any, is where the code ends.
fn begins_amid_php(text: &str) -> bool {
    text.split("?>")
        .next()
        .is_some_and(|begin| !begin.contains("<?"))
}

/// The grammar for a file, by its name.
fn grammar_of(path: &str) -> Option<Language> {
    Some(match Written::of_name(path.as_bytes())? {
        Written::Python => tree_sitter_python::LANGUAGE.into(),
        Written::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Written::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Written::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Written::Go => tree_sitter_go::LANGUAGE.into(),
        Written::Java => tree_sitter_java::LANGUAGE.into(),
        Written::Php => tree_sitter_php::LANGUAGE_PHP.into(),
        Written::Ruby => tree_sitter_ruby::LANGUAGE.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, text: &str) -> String {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let colored = Painter::new().colored(path, &lines);
        let lines = (0..lines.len()).map(|n| colored.line(n).into_string());
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn words_texts_comments_numbers_and_calls_have_their_class() {
        assert_eq!(
            shown("a.py", "    return call(f'a{b}', 3)  # why <b>"),
            "    <i class=\"k\">return</i> <i class=\"f\">call</i>(<i class=\"s\">f'a</i>{b}<i class=\"s\">'</i>, \
             <i class=\"n\">3</i>)  <i class=\"c\"># why &lt;b&gt;</i>"
        );
        for (path, text) in [
            ("a.js", "const a = `x`;"),
            ("a.ts", "const a: string = 'x';"),
            ("a.tsx", "const a = 'x';"),
            ("a.go", "return \"x\""),
            ("a.java", "return \"x\";"),
            ("a.php", "return 'x';"),
            ("a.php", "<b><?php return 'x';"),
            ("a.php", "f(); ?><b><?php return 'x';"),
            ("a.rb", "return 'x'"),
        ] {
            let shown = shown(path, text);
            assert!(shown.contains("<i class=\"k\">"), "{path}: {shown}");
            assert!(shown.contains("<i class=\"s\">"), "{path}: {shown}");
        }
    }

    #[test]
    fn code_that_is_no_code_stays_as_it_is() {
        assert_eq!(shown("a.toml", "a = 'x'"), "a = 'x'");
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(shown("a.py", &long), long);
        assert_eq!(
            shown("a.py", "\u{e9} = '\u{1f600}'"),
            "é = <i class=\"s\">'😀'</i>"
        );
    }

    #[test]
    fn hostile_code_ends() {
        let nested = "(".repeat(1_500) + "\n" + &"[{<".repeat(1_500);
        for path in ["a.py", "a.ts", "a.java", "a.php", "a.rb", "a.js", "a.go"] {
            let lines: Vec<String> = nested.lines().map(str::to_owned).collect();
            let mut painter = Painter::new();
            for _ in 0..3 {
                painter.colored(path, &lines);
            }
            assert!(painter.left < REPORTS_OF_PAGE, "{path}");
        }
    }
}
