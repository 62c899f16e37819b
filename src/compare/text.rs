//! A file as lines, with what the stages need to know of each line.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::indent::indents;
use super::joined;
use super::manner::Manner;
use super::names::{bare_key_name, called_name, is_word, scope_name};
use super::quoted::inside_texts;

/// A line that is longer than this many bytes is cut into virtual lines at `;`, `{` and `}`, so that
/// a minified file can be mapped piece by piece.
const LONG_LINE: usize = 1_000;
/// A virtual line is at least this long, so that cuts do not shred a line into single braces.
const PIECE: usize = 24;
/// Without any of these characters, a virtual line ends here at a comma, and at last anywhere.
const LONGEST_PIECE: usize = 400;

/// Gives equal lines the same number.
#[derive(Debug, Default)]
pub(super) struct Interner {
    numbers: HashMap<Box<str>, u32>,
}

impl Interner {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).expect("fewer than four billion lines");
        self.numbers.insert(text.into(), number);
        number
    }
}

/// The lines of a file. Lines are numbered from 0 here; a long physical line may be several.
#[derive(Debug)]
pub(super) struct Text {
    content: String,
    /// The start and end of each line in `content`, without its line break.
    spans: Vec<(u32, u32)>,
    /// The physical line (from 1) of each line, and how many bytes of it come before.
    physical: Vec<(u32, u32)>,
    /// The first line of each physical line.
    first: Vec<u32>,
    /// The number of what the line says, however it is laid out: without white space and without
    /// semicolons and commas at its end or before a closing bracket, one kind of quotes for both.
    pub norm: Vec<u32>,
    /// How many characters of words the line has, at most 65,535.
    pub words: Vec<u16>,
    /// The column of its first character that is not white space, tabs to multiples of 4;
    /// `u16::MAX` for a blank line.
    pub indent: Vec<u16>,
    /// The name of the scope that the line opens, as a place in `content`; for a brace on a line of
    /// its own, the name of the definition above it.
    names: Vec<Option<(u32, u32)>>,
    manner: Manner,
    statements: OnceCell<Vec<u32>>,
    /// For each line the nearest one above that is indented less; itself if there is none.
    parents: OnceCell<Vec<u32>>,
    inside_texts: OnceCell<Vec<bool>>,
}

impl Text {
    pub(super) fn new(path: &[u8], content: String, interner: &mut Interner) -> Text {
        let mut text = Text {
            spans: Vec::new(),
            physical: Vec::new(),
            first: Vec::new(),
            norm: Vec::new(),
            words: Vec::new(),
            indent: Vec::new(),
            names: Vec::new(),
            manner: Manner::of(path),
            statements: OnceCell::new(),
            parents: OnceCell::new(),
            inside_texts: OnceCell::new(),
            content: String::new(),
        };
        let bytes = content.as_bytes();
        let mut start = 0;
        while start < bytes.len() {
            let length = bytes[start..]
                .iter()
                .position(|b| matches!(b, b'\n' | b'\r'))
                .unwrap_or(bytes.len() - start);
            text.add_physical(&content, start, start + length);
            start += length;
            start += match bytes.get(start..start + 2) {
                Some(b"\r\n") => 2,
                _ => 1,
            };
        }
        let mut squeezed = String::new();
        for &(begin, end) in &text.spans {
            let line = piece(&content, (begin, end));
            squeezed.clear();
            squeeze(line, &mut squeezed);
            if text.manner.statements {
                squeezed.make_ascii_lowercase();
            }
            text.norm.push(interner.number(&squeezed));
            let words = squeezed.chars().filter(|c| is_word(*c)).count();
            text.words.push(u16::try_from(words).unwrap_or(u16::MAX));
            let keys = text.manner.hash_comment && !text.manner.braces_join;
            let name = scope_name(line).or_else(|| bare_key_name(line).filter(|_| keys));
            let name = name.map(|name| {
                let start = name.as_ptr() as usize - content.as_ptr() as usize;
                (start as u32, (start + name.len()) as u32)
            });
            text.names.push(name);
        }
        let lines = text.spans.iter().map(|span| piece(&content, *span));
        text.indent = indents(lines, text.manner);
        text.content = content;
        text.name_lone_braces();
        text
    }

    fn add_physical(&mut self, content: &str, begin: usize, end: usize) {
        let number = u32::try_from(self.first.len() + 1).unwrap_or(u32::MAX);
        self.first
            .push(u32::try_from(self.spans.len()).unwrap_or(u32::MAX));
        let mut from = begin;
        if end - begin > LONG_LINE {
            for (i, b) in content.as_bytes()[begin..end].iter().enumerate() {
                let cut = begin + i + 1;
                let length = cut - from;
                let ends = matches!(b, b';' | b'{' | b'}') && length >= PIECE
                    || *b == b',' && length >= LONGEST_PIECE / 2
                    || length >= LONGEST_PIECE && content.is_char_boundary(cut);
                if ends && cut < end {
                    self.add_span(number, begin, from, cut);
                    from = cut;
                }
            }
        }
        self.add_span(number, begin, from, end);
    }

    fn add_span(&mut self, number: u32, line: usize, begin: usize, end: usize) {
        self.spans.push((begin as u32, end as u32));
        self.physical.push((number, (begin - line) as u32));
    }

    /// Names the scopes of definitions whose brace is on a line of its own, as in C: both the line
    /// of the definition and that of the brace.
    fn name_lone_braces(&mut self) {
        const FARTHEST: usize = 12;
        for brace in 1..self.len() {
            if self.line(brace).trim() != "{" {
                continue;
            }
            let indent = self.indent[brace];
            let above = (brace.saturating_sub(FARTHEST)..brace).rev();
            let definition = above
                .take_while(|l| !self.blank(*l) && self.indent[*l] >= indent)
                .find(|l| self.indent[*l] == indent && self.line(*l).contains('('));
            let Some(line) = definition else {
                continue;
            };
            let text = self.line(line);
            if text.trim_end().ends_with([';', '}', '{', ':']) {
                continue;
            }
            let name = called_name(text).map(|name| {
                let start = name.as_ptr() as usize - self.content.as_ptr() as usize;
                (start as u32, (start + name.len()) as u32)
            });
            if name.is_some() {
                self.names[line] = name;
                self.names[brace] = name;
            }
        }
    }

    /// The name of the scope that a line opens.
    pub(super) fn name(&self, line: usize) -> Option<&str> {
        Some(piece(&self.content, self.names[line]?))
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// A line's text.
    pub(super) fn line(&self, line: usize) -> &str {
        piece(&self.content, self.spans[line])
    }

    /// The text of some lines, and where each of them begins in it.
    pub(super) fn piece_of(&self, lines: &std::ops::Range<usize>) -> (&str, Vec<usize>) {
        let spans = self.spans.get(lines.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
            return ("", Vec::new());
        };
        let begins = spans.iter().map(|s| (s.0 - first.0) as usize).collect();
        (piece(&self.content, (first.0, last.1)), begins)
    }

    /// Whether a line is blank.
    pub(super) fn blank(&self, line: usize) -> bool {
        self.indent[line] == u16::MAX
    }

    /// Whether a line may open a block without a name: it ends in a colon or an opening brace, as `if`
    /// and `case` do.
    pub(super) fn opens_block(&self, line: usize) -> bool {
        let content = self.line(line).trim_end();
        !self.manner.prose && (content.ends_with(':') || content.ends_with('{'))
    }

    /// The line that opens the block that a clause continues with: `try` for `except`, `if` for `else`.
    pub(super) fn opens_clause(&self, line: usize) -> Option<usize> {
        const CLAUSES: [&str; 9] = [
            "except", "else", "elif", "finally", "catch", "rescue", "ensure", "elsif", "elseif",
        ];
        let is_clause = |line: usize| {
            let content = self.line(line).trim_start_matches(['}', ' ', '\t']);
            let word = content.split(|c| !is_word(c)).next();
            word.is_some_and(|word| CLAUSES.contains(&word))
        };
        if self.manner.prose || !is_clause(line) {
            return None;
        }
        let same = |l: &usize| !self.blank(*l) && self.indent[*l] <= self.indent[line];
        let above = (0..line).rev().filter(same).find(|l| {
            let closes = self.line(*l).trim().chars().all(|c| !is_word(c));
            !is_clause(*l) && !closes
        })?;
        (self.indent[above] == self.indent[line]).then_some(above)
    }

    /// Whether a line says enough to be recognised again.
    pub(super) fn significant(&self, line: usize) -> bool {
        self.words[line] >= 2
    }

    /// The lines of a physical line (from 1); `None` past the end.
    fn lines_of(&self, number: u32) -> Option<std::ops::Range<usize>> {
        let index = (number as usize).checked_sub(1)?;
        let first = *self.first.get(index)? as usize;
        let next = self.first.get(index + 1);
        Some(first..next.map_or(self.len(), |n| *n as usize))
    }

    /// The line at a physical line (from 1) and column (from 1; 0 if unknown); `None` past the end.
    pub(super) fn at(&self, number: u32, column: u32) -> Option<usize> {
        let lines = self.lines_of(number)?;
        let first = lines.start;
        let inside = self.physical[lines].partition_point(|(_, before)| *before < column.max(1));
        Some(first + inside.saturating_sub(1))
    }

    /// The number of a line's physical line, from 1.
    pub(super) fn number(&self, line: usize) -> u32 {
        self.physical[line].0
    }

    /// A physical line (from 1), whole.
    pub(super) fn physical_line(&self, number: u32) -> Option<&str> {
        let lines = self.lines_of(number)?;
        let (begin, end) = (
            self.spans.get(lines.start)?.0,
            self.spans.get(lines.end - 1)?.1,
        );
        Some(piece(&self.content, (begin, end)))
    }

    /// How many physical lines there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.first.len()).unwrap_or(u32::MAX)
    }

    /// The number of the logical statement of a line: lines that open brackets, strings or a
    /// trailing backslash join have the same.
    pub(super) fn statement(&self, line: usize) -> u32 {
        self.statements.get_or_init(|| {
            let lines: Vec<&str> = (0..self.len()).map(|l| self.line(l)).collect();
            joined::statements(&lines, self.manner)
        })[line]
    }

    /// The lines of the statement of a line: the first, and the one after the last.
    pub(super) fn statement_lines(&self, line: usize) -> std::ops::Range<usize> {
        self.statement(line);
        let Some(numbers) = self.statements.get() else {
            return line..line + 1;
        };
        let number = numbers[line];
        let first = (0..line).rev().take_while(|l| numbers[*l] == number).last();
        let last = (line..self.len())
            .take_while(|l| numbers[*l] == number)
            .last();
        first.unwrap_or(line)..last.unwrap_or(line) + 1
    }

    /// Whether a line is inside of a text that goes over several lines.
    pub(super) fn inside_text(&self, line: usize) -> bool {
        self.inside_texts.get_or_init(|| {
            let lines: Vec<&str> = (0..self.len()).map(|l| self.line(l)).collect();
            inside_texts(&lines, self.manner)
        })[line]
    }

    /// The line that opens the block around a line: the nearest one above that is indented less. Of
    /// a header over several lines it is the first.
    pub(super) fn parent(&self, line: usize) -> Option<usize> {
        let parents = self.parents.get_or_init(|| {
            let mut open: Vec<usize> = Vec::new();
            let mut parents = Vec::with_capacity(self.len());
            for line in 0..self.len() {
                // Directives, comments and labels stand where they like.
                let content = self.line(line).trim();
                let label = self.manner.slash_comment
                    && content
                        .strip_suffix(':')
                        .is_some_and(|l| l.chars().all(is_word));
                let comment = content.starts_with(['#', '*']) || content.starts_with("//");
                if self.blank(line) || comment || label || self.inside_text(line) {
                    parents.push(open.last().copied().unwrap_or(line) as u32);
                    continue;
                }
                while open
                    .last()
                    .is_some_and(|l| self.indent[*l] >= self.indent[line])
                {
                    open.pop();
                }
                parents.push(open.last().copied().unwrap_or(line) as u32);
                open.push(line);
            }
            parents
        });
        let above = parents[line] as usize;
        (above != line).then_some(above)
    }

    /// The scopes around a line, outermost first: the name and the line of each header. Where none
    /// has a name, the outermost line that opens one stands for it.
    pub(super) fn scopes(&self, line: usize) -> Vec<(String, usize)> {
        let mut scopes = Vec::new();
        let mut outermost = None;
        let mut at = line;
        while at < self.len()
            && let Some(above) = self.parent(at)
        {
            at = above;
            let mut header = above;
            // The last line of a header that goes over several: its first has the name.
            if self.line(above).trim_start().starts_with([')', ']', '}']) {
                header = self.statement_lines(above).start;
                if self.indent[header] <= self.indent[above] {
                    at = header;
                }
            }
            let named = self.name(header).map(|n| (n, header));
            if let Some((name, header)) = named.or(self.name(above).map(|n| (n, above))) {
                scopes.push((name.to_owned(), header));
            }
            outermost = Some(header);
        }
        // A decorator belongs to what it decorates.
        if let Some((name, header)) = self.decorated(line) {
            scopes.insert(0, (name.to_owned(), header));
        }
        if let (Some(line), true) = (outermost, scopes.is_empty()) {
            scopes.push((self.line(line).trim().to_owned(), line));
        }
        scopes.reverse();
        scopes
    }

    /// The definition that the decorator or annotation on a line belongs to.
    fn decorated(&self, line: usize) -> Option<(&str, usize)> {
        /// How many lines below it is looked for.
        const FARTHEST: usize = 24;
        let decorates = |l: usize| self.line(l).trim_start().starts_with('@');
        if self.manner.prose || line >= self.len() || !decorates(line) {
            return None;
        }
        let below = line + 1..self.len().min(line + FARTHEST);
        let same = |l: &usize| self.indent[*l] == self.indent[line] && !decorates(*l);
        let header = below
            .into_iter()
            .find(|l| same(l) && self.name(*l).is_some())?;
        Some((self.name(header)?, header))
    }

    /// How the language of the file writes comments.
    pub(super) fn manner(&self) -> Manner {
        self.manner
    }
}

/// A piece of a text; empty if the text has no such piece.
fn piece(text: &str, (begin, end): (u32, u32)) -> &str {
    text.get(begin as usize..end as usize).unwrap_or_default()
}

/// Writes a line without what formatters change in it.
fn squeeze(line: &str, out: &mut String) {
    for c in line.chars().filter(|c| !c.is_whitespace()) {
        if matches!(c, ')' | ']' | '}') && out.ends_with(',') {
            out.pop();
        }
        match c {
            '\'' | '"' => {
                if out.ends_with('\\') {
                    out.pop();
                }
                out.push('"');
            }
            _ => out.push(c),
        }
    }
    let kept = out.trim_end_matches([';', ',']).len();
    if kept > 0 {
        out.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, content: &str) -> Text {
        Text::new(
            name.as_bytes(),
            content.to_owned(),
            &mut Interner::default(),
        )
    }

    #[test]
    fn every_line_break_counts_once_and_white_space_not_at_all() {
        let t = text("a.py", "a = 1\r\n  a=1\rb\n\nc");
        assert_eq!(t.len(), 5);
        assert_eq!(t.norm[0], t.norm[1]);
        assert!(t.blank(3));
        assert_eq!(t.line(4), "c");
    }

    #[test]
    fn a_minified_line_is_cut_and_columns_lead_to_the_pieces() {
        let one = "function aaaaaaaaaaaaaaaaaaaaaaaa(){return eval(x)};";
        let t = text("m.js", &one.repeat(40));
        assert!(t.len() > 40);
        assert_eq!(t.count(), 1);
        let at = t.at(1, one.len() as u32 * 10 + 45).unwrap();
        assert!(t.line(at).contains("eval"), "{:?}", t.line(at));
        assert_eq!(t.at(1, 0), Some(0));
        assert_eq!(t.at(2, 1), None);
    }

    #[test]
    fn a_word_with_a_colon_is_a_key_in_yaml_and_a_label_elsewhere() {
        let content = "build:\n  steps:\n    run: x\n";
        let names = |t: &Text| -> Vec<String> { t.scopes(2).into_iter().map(|(n, _)| n).collect() };
        assert_eq!(names(&text("a.yml", content)), ["build", "steps"]);
        assert_eq!(text("a.c", content).name(0), None);
    }

    #[test]
    fn scopes_are_nested_by_indentation() {
        let t = text(
            "a.py",
            "class A:\n    def f(self):\n        if x:\n            y()\n",
        );
        let names: Vec<_> = t.scopes(3).into_iter().map(|(n, _)| n).collect();
        assert_eq!(names, ["A", "f"]);
    }

    #[test]
    fn brackets_and_strings_join_lines_to_statements() {
        let t = text("a.py", "f(\n  'a)',  # (\n  1)\nx = '''\n(\n'''\ny\n");
        let s: Vec<_> = (0..t.len()).map(|l| t.statement(l)).collect();
        assert_eq!(s, [1, 1, 1, 2, 2, 2, 3]);
        let t = text("a.js", "go((x) => {\n  one(x);\n  two(x);\n});\n");
        let s: Vec<_> = (0..t.len()).map(|l| t.statement(l)).collect();
        assert_eq!(s, [1, 2, 3, 4]);
    }
}
