//! Which lines make one statement: those that open brackets, strings or a break inside an expression
//! join.

use super::manner::Manner;
use super::names::is_word;

/// The number of the statement of each line.
pub(super) fn statements(lines: &[&str], manner: Manner) -> Vec<u32> {
    Lines { lines, manner }.numbers()
}

struct Lines<'t> {
    lines: &'t [&'t str],
    manner: Manner,
}

impl Lines<'_> {
    fn numbers(&self) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(self.lines.len());
        let mut number = 0;
        // The brackets that are open. A block in braces inside of a call holds statements again.
        let mut open: Vec<u8> = Vec::new();
        let joined = |open: &[u8]| match open.last() {
            Some(b'{') => self.manner.braces_join,
            other => other.is_some(),
        };
        let mut quote: Option<&[u8]> = None;
        let mut continued = false;
        for line in 0..self.lines.len() {
            let x = self.lines[line].as_bytes();
            let goes_on = continued || self.manner.slash_comment && leads_on(self.lines[line]);
            if self.manner.prose || !joined(&open) && quote.is_none() && !goes_on {
                number += 1;
                quote = None;
            }
            numbers.push(number);
            if self.manner.prose {
                continue;
            }
            let mut i = 0;
            let mut end = x.len();
            while i < x.len() {
                if let Some(q) = quote {
                    if x[i] == b'\\' {
                        i += 1;
                    } else if x[i..].starts_with(q) {
                        i += q.len() - 1;
                        quote = None;
                    }
                } else {
                    match x[i] {
                        c @ (b'"' | b'\'' | b'`') => {
                            let three: &[u8] = match c {
                                b'"' => b"\"\"\"",
                                b'\'' => b"'''",
                                _ => b"```",
                            };
                            let q = if x[i..].starts_with(three) {
                                three
                            } else {
                                &three[..1]
                            };
                            i += q.len() - 1;
                            quote = Some(q);
                        }
                        b'#' if self.manner.hash_comment => {
                            end = i;
                            break;
                        }
                        b'/' if self.manner.slash_comment && x[i..].starts_with(b"//") => {
                            end = i;
                            break;
                        }
                        // A literal that holds data joins its lines, as a bracket does.
                        b'{' if self.manner.slash_comment && self.is_data(line, i) => {
                            open.push(b'[');
                        }
                        bracket @ (b'(' | b'[' | b'{') => open.push(bracket),
                        b')' | b']' | b'}' => {
                            open.pop();
                        }
                        _ => {}
                    }
                }
                i += 1;
            }
            if quote.is_some_and(|q| q.len() == 1 && q != b"`") {
                quote = None;
            }
            let end = x[..end].trim_ascii_end();
            continued = quote.is_none()
                && (end.ends_with(b"\\") || self.manner.slash_comment && waits_for_more(end));
        }
        numbers
    }

    /// Whether a brace opens a literal without code in it: it stands where a value does, and is closed
    /// within a few lines without a statement between.
    fn is_data(&self, line: usize, at: usize) -> bool {
        const LONGEST: usize = 40;
        let before = self.lines[line].as_bytes()[..at].trim_ascii_end();
        if !is_value_place(before) && !is_value_place(without_type(before)) {
            return false;
        }
        let mut depth = 0_i32;
        for l in line..self.lines.len().min(line + LONGEST) {
            let x = self.lines[l].as_bytes();
            let from = if l == line { at } else { 0 };
            for (i, b) in x.iter().enumerate().skip(from) {
                match b {
                    b'{' => {
                        let before = x[..i].trim_ascii_end();
                        if before.ends_with(b")") || before.ends_with(b">") {
                            return false;
                        }
                        depth += 1;
                    }
                    b'}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    return true;
                }
            }
            if x.trim_ascii_end().ends_with(b";") {
                return false;
            }
        }
        false
    }
}

/// Whether a value may follow.
fn is_value_place(before: &[u8]) -> bool {
    let compared = [b"==", b"!=", b"<=", b">="];
    before.ends_with(b"return")
        || before.ends_with(b"=") && !compared.iter().any(|c| before.ends_with(*c))
        || matches!(before.last(), Some(b':' | b'(' | b',' | b'['))
}

/// The text before the type of a literal, such as `x := ` in `x := &tls.Config`. None if a keyword
/// opens a block there.
fn without_type(before: &[u8]) -> &[u8] {
    const BLOCKS: [&[u8]; 8] = [
        b"loop", b"unsafe", b"async", b"do", b"try", b"object", b"else", b"move",
    ];
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'&');
    let length = before.iter().rev().take_while(|b| part(b)).count();
    let (rest, name) = before.split_at(before.len() - length);
    match name.is_empty() || BLOCKS.contains(&name) {
        true => &[],
        false => rest.trim_ascii_end(),
    }
}

/// Whether a line continues the one above it, as formatters break expressions.
fn leads_on(line: &str) -> bool {
    let line = line.trim_start();
    let operator = ["&&", "||", "??", "?.", "? ", ": ", "+ ", "=> "];
    let member = ["?->", "->", "."]
        .iter()
        .find_map(|mark| line.strip_prefix(mark));
    let member = member.and_then(|rest| rest.chars().next());
    operator.iter().any(|o| line.starts_with(o)) || member.is_some_and(is_word)
}

/// Whether a line ends in the middle of an expression.
fn waits_for_more(line: &[u8]) -> bool {
    const ENDS: [&[u8]; 8] = [b"=", b"+", b"&&", b"||", b"??", b"?", b"return", b"=>"];
    ENDS.iter().any(|end| line.ends_with(end)) && !line.ends_with(b"++")
}
