//! Texts that a file holds only in pieces or in base64: literals that are joined by `+` or a backslash at the
//! end of a line, and the data of Kubernetes secrets.

use std::ops::Range;

use super::value::decoded;

/// How much of a line is kept on either side of a joint, in bytes.
const AROUND: usize = 256;
/// The longest white space within a joint, in bytes.
const LONGEST_JOINT: usize = 120;

/// The texts of a file that are in it in another form, one a line.
#[derive(Debug, Default)]
pub(super) struct Derived {
    pub(super) text: Vec<u8>,
    pieces: Vec<Piece>,
}

/// A part of the text, and where it comes from.
#[derive(Debug)]
struct Piece {
    at: usize,
    from: Range<usize>,
    /// Whether it is written there as it is; else all of it stands for all of that place.
    verbatim: bool,
}

impl Derived {
    /// What a content holds in other forms.
    pub(super) fn of(content: &[u8]) -> Derived {
        let mut derived = Derived::default();
        derived.add_joined(content);
        if holds_kubernetes_secret(content) {
            derived.add_kubernetes_data(content);
        }
        derived
    }

    /// The place in the file of a part of the text, if that is made of several parts of the file or of
    /// another form.
    pub(super) fn place(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let index = |at: usize| self.pieces.partition_point(|p| p.at <= at).checked_sub(1);
        let last = part.end.checked_sub(1)?;
        let (first, last) = (index(part.start)?, index(last)?);
        let (start, end) = (self.pieces.get(first)?, self.pieces.get(last)?);
        if first == last && start.verbatim {
            return None;
        }
        let from = match start.verbatim {
            true => start.from.start + (part.start - start.at),
            false => start.from.start,
        };
        let to = match end.verbatim {
            true => end.from.start + (part.end - end.at),
            false => end.from.end,
        };
        Some(from..to)
    }

    fn add(&mut self, content: &[u8], from: Range<usize>) {
        self.pieces.push(Piece {
            at: self.text.len(),
            from: from.clone(),
            verbatim: true,
        });
        self.text
            .extend(content.get(from).unwrap_or_default().iter());
    }

    fn end_line(&mut self, at: usize) {
        self.pieces.push(Piece {
            at: self.text.len(),
            from: at..at,
            verbatim: true,
        });
        self.text.push(b'\n');
    }

    fn add_joined(&mut self, content: &[u8]) {
        let mut open: Option<usize> = None;
        for joint in (Joints { content, at: 0 }) {
            let from = match open {
                // Nothing but the rest of a literal is between two joints of a chain.
                Some(from) if is_one_literal(content, from..joint.start) => from,
                _ => {
                    if let Some(from) = open {
                        self.close(content, from);
                    }
                    line_start(content, joint.start)
                }
            };
            self.add(content, from..joint.start);
            open = Some(joint.end);
        }
        if let Some(from) = open {
            self.close(content, from);
        }
    }

    /// Adds the rest of the line on which a chain ends.
    fn close(&mut self, content: &[u8], from: usize) {
        let rest = content.get(from..).unwrap_or_default();
        let length = rest
            .iter()
            .take(AROUND)
            .position(|b| is_break(*b))
            .unwrap_or_else(|| rest.len().min(AROUND));
        self.add(content, from..from + length);
        self.end_line(from + length);
    }

    /// Adds `key: value` for each line whose value is base64 of a text.
    fn add_kubernetes_data(&mut self, content: &[u8]) {
        let mut start = 0;
        for line in content.split_inclusive(|b| *b == b'\n') {
            let here = start;
            start += line.len();
            let Some(colon) = line.iter().position(|b| *b == b':') else {
                continue;
            };
            let (name, rest) = line.split_at(colon + 1);
            let around = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',');
            let before = rest.iter().take_while(|b| around(b)).count();
            let after = rest.iter().rev().take_while(|b| around(b)).count();
            let Some(value) = rest.get(before..rest.len().saturating_sub(after)) else {
                continue;
            };
            if value.len() < 8 {
                continue;
            }
            let Some(text) = decoded(value) else {
                continue;
            };
            self.add(content, here..here + name.len());
            self.text.push(b' ');
            let from = here + colon + 1 + before;
            self.pieces.push(Piece {
                at: self.text.len(),
                from: from..from + value.len(),
                verbatim: false,
            });
            self.text.extend(text);
            self.end_line(start);
        }
    }
}

fn is_break(b: u8) -> bool {
    matches!(b, b'\n' | b'\r' | 0)
}

fn holds_kubernetes_secret(content: &[u8]) -> bool {
    let mut lines = content.split(|b| *b == b'\n');
    lines.any(|line| {
        let line = line.trim_ascii();
        line.starts_with(b"kind:") && line.ends_with(b"Secret")
            || line.starts_with(b"\"kind\":") && line.ends_with(b"\"Secret\",")
    })
}

fn line_start(content: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(AROUND);
    let before = content.get(floor..at).unwrap_or_default();
    before
        .iter()
        .rposition(|b| is_break(*b))
        .map_or(floor, |i| floor + i + 1)
}

fn is_one_literal(content: &[u8], range: Range<usize>) -> bool {
    let text = content.get(range).unwrap_or_default();
    text.len() <= 1_024 && text.iter().all(|b| is_of_token(*b))
}

/// Whether a byte may be one of a token.
fn is_of_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'+' | b'=')
}

/// The places at which one literal ends and the next one continues with it.
struct Joints<'a> {
    content: &'a [u8],
    at: usize,
}

impl Iterator for Joints<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let rest = self.content.get(self.at..)?;
            let quote = memchr::memchr3(b'"', b'\'', b'\\', rest)?;
            let at = self.at + quote;
            self.at = at + 1;
            let before = at.checked_sub(1).and_then(|i| self.content.get(i));
            if !before.is_some_and(|b| is_of_token(*b)) {
                continue;
            }
            if let Some(end) = joint(self.content.get(at..)?) {
                self.at = at + end;
                return Some(at..at + end);
            }
        }
    }
}

/// The length of the joint that a text begins with: after the end of one literal, up to the next one.
fn joint(text: &[u8]) -> Option<usize> {
    let blank = |at: usize| -> usize {
        let rest = text.get(at..).unwrap_or_default();
        rest.iter()
            .take(LONGEST_JOINT)
            .take_while(|b| b.is_ascii_whitespace())
            .count()
    };
    let escapes = |at: usize| -> usize {
        let rest = text.get(at..).unwrap_or_default();
        rest.iter().take(3).take_while(|b| **b == b'\\').count()
    };
    let goes_on = |at: usize| text.get(at).is_some_and(|b| is_of_token(*b));
    let is_quote = |at: usize| matches!(text.get(at), Some(b'"' | b'\''));
    // A backslash at the end of a line.
    if text.first() == Some(&b'\\')
        && matches!(text.get(1..), Some([b'\n', ..] | [b'\r', b'\n', ..]))
    {
        let end = 1 + blank(1);
        return goes_on(end).then_some(end);
    }
    let mut at = escapes(0);
    if !is_quote(at) {
        return None;
    }
    at += 1;
    let white = blank(at);
    at += white;
    let sign = match text.get(at..)? {
        [b'.', b'.', ..] | [b'<', b'>', ..] => 2,
        [b'+' | b'.' | b'&' | b'~', ..] => 1,
        [b'\\', b'\n' | b'\r', ..] => 1,
        _ if white > 0 => 0,
        _ => return None,
    };
    at += sign;
    at += blank(at);
    at += escapes(at);
    (is_quote(at) && goes_on(at + 1)).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(content: &str) -> Vec<String> {
        let derived = Derived::of(content.as_bytes());
        let text = String::from_utf8(derived.text).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn literals_are_joined() {
        for content in [
            r#"k = "abc" + "def";"#,
            "k = \"abc\"\n    + \"def\";",
            "k = \"abc\\\ndef\";",
            "k = \"abc\" \\\n  \"def\";",
            r#"k = "abc" . "def";"#,
            r#"k = "abc" "def";"#,
        ] {
            assert_eq!(texts(content), ["k = \"abcdef\";"], "{content}");
        }
        assert_eq!(texts(r#"k = \"ab\" + \"cd\""#), [r#"k = \"abcd\""#]);
        assert_eq!(texts(r#"f("a" + "b" + "c")"#), [r#"f("abc")"#]);
        for other in [r#"["abc", "def"]"#, r#""a " + "b""#, r#""a" + b"#, "'a''b'"] {
            assert_eq!(texts(other), [""; 0], "{other}");
        }
    }

    #[test]
    fn a_place_is_that_of_the_pieces() {
        let content = r#"k = "abc" + "def";"#;
        let derived = Derived::of(content.as_bytes());
        assert_eq!(derived.place(&(5..11)), Some(5..16));
        assert_eq!(derived.place(&(0..3)), None);
    }

    #[test]
    fn the_data_of_a_secret_is_decoded() {
        let content = "kind: Secret\ndata:\n  a: cThacjJMbVgw\n";
        assert_eq!(texts(content), ["  a: q8Zr2LmX0"]);
        let derived = Derived::of(content.as_bytes());
        assert_eq!(derived.place(&(5..14)), Some(24..36));
        assert_eq!(texts(&content.replace("Secret", "ConfigMap")), [""; 0]);
    }
}
