//! Reads the text of an expression.

use super::bytes::Bytes;

/// Most times that a part is repeated in an expression that is read.
const REPEATED: u32 = 64;
/// Deepest brackets in one.
const DEEPEST: u32 = 30;

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) enum Part {
    OneOf(Bytes),
    Byte(u8),
    Begin,
    End,
    /// Between a word and what is none, or not.
    Edge(bool),
    /// One after the other.
    Row(Vec<Part>),
    /// One of them.
    Choice(Vec<Part>),
    /// A part, and how often it is there: at least, and at most.
    Repeated(Box<Part>, u32, Option<u32>),
}

/// Reads an expression; none if it is written in a way that is not known here.
pub(super) fn read(text: &str) -> Option<Part> {
    if !text.is_ascii() {
        return None;
    }
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
        folds: false,
        any: false,
        depth: 0,
    };
    let part = reader.choice()?;
    (reader.at == text.len()).then_some(part)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// `(?i)`
    folds: bool,
    /// `(?s)`
    any: bool,
    depth: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn takes(&mut self, text: &[u8]) -> bool {
        let rest = self.text.get(self.at..);
        let is = rest.is_some_and(|rest| rest.starts_with(text));
        self.at += if is { text.len() } else { 0 };
        is
    }

    fn of_set(&self, set: Bytes) -> Part {
        Part::OneOf(if self.folds { set.folded() } else { set })
    }

    fn of_byte(&self, byte: u8) -> Part {
        match self.folds && byte.is_ascii_alphabetic() {
            true => self.of_set(Bytes::one(byte)),
            false => Part::Byte(byte),
        }
    }

    /// `a|b|c`, up to a bracket or the end.
    fn choice(&mut self) -> Option<Part> {
        let mut all = Vec::new();
        loop {
            all.push(self.row()?);
            if !self.takes(b"|") {
                break;
            }
        }
        Some(match all.len() {
            1 => all.remove(0),
            _ => Part::Choice(all),
        })
    }

    fn row(&mut self) -> Option<Part> {
        let mut all = Vec::new();
        while let Some(byte) = self.peek() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            let part = self.one()?;
            all.extend(self.repeated(part)?);
        }
        Some(Part::Row(all))
    }

    /// One part, without how often it is repeated; nothing where flags are set.
    fn one(&mut self) -> Option<Option<Part>> {
        Some(Some(match self.next()? {
            b'(' => return self.group(),
            b'[' => {
                let set = self.set()?;
                self.of_set(set)
            }
            b'.' => Part::OneOf(match self.any {
                true => Bytes::ALL,
                false => Bytes::one(b'\n').inverted(),
            }),
            b'^' => Part::Begin,
            b'$' => Part::End,
            b'\\' => match self.next()? {
                // `\b{start}` is another.
                b'b' if self.peek() != Some(b'{') => Part::Edge(true),
                b'B' if self.peek() != Some(b'{') => Part::Edge(false),
                b'A' => Part::Begin,
                b'z' => Part::End,
                letter => match Bytes::named(letter) {
                    Some(set) => self.of_set(set),
                    None => self.of_byte(escaped(letter)?),
                },
            },
            b'*' | b'+' | b'?' | b'{' => return None,
            byte => self.of_byte(byte),
        }))
    }

    /// A group, or flags.
    fn group(&mut self) -> Option<Option<Part>> {
        let before = (self.folds, self.any);
        if self.takes(b"?") {
            loop {
                match self.next()? {
                    b'i' => self.folds = true,
                    b's' => self.any = true,
                    b':' => break,
                    // They count up to the end of the group around them.
                    b')' => return Some(None),
                    _ => return None,
                }
            }
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let part = self.choice()?;
        self.depth -= 1;
        (self.folds, self.any) = before;
        self.takes(b")").then_some(Some(part))
    }

    /// What stands between square brackets.
    fn set(&mut self) -> Option<Bytes> {
        let inverted = self.takes(b"^");
        let mut all = Bytes::default();
        let mut is_first = true;
        loop {
            let byte = self.next()?;
            if byte == b']' && !is_first {
                break;
            }
            is_first = false;
            let from = match byte {
                // Sets in sets.
                b'[' => return None,
                b'&' | b'~' | b'-' if self.peek() == Some(byte) => return None,
                b'\\' => {
                    let letter = self.next()?;
                    if let Some(set) = Bytes::named(letter) {
                        all.join(set);
                        // `\w-x`
                        let next = self.text.get(self.at..self.at + 2);
                        if next.is_some_and(|n| n.starts_with(b"-") && !n.ends_with(b"]")) {
                            return None;
                        }
                        continue;
                    }
                    escaped(letter)?
                }
                byte => byte,
            };
            let next = self.text.get(self.at + 1).copied();
            if self.peek() != Some(b'-') || next == Some(b']') {
                all.add(from);
                continue;
            }
            self.at += 1;
            let to = match self.next()? {
                b'\\' => escaped(self.next()?)?,
                b'[' | b'-' => return None,
                byte => byte,
            };
            if from > to {
                return None;
            }
            (from..=to).for_each(|b| all.add(b));
        }
        // Its letters fold before it is inverted.
        if self.folds {
            all = all.folded();
        }
        Some(if inverted { all.inverted() } else { all })
    }

    /// A part as often as what follows says.
    fn repeated(&mut self, part: Option<Part>) -> Option<Option<Part>> {
        let (least, most) = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => {
                self.at += 1;
                let least = self.number()?;
                let most = match self.takes(b",") {
                    false => Some(least),
                    true if self.peek() == Some(b'}') => None,
                    true => Some(self.number()?),
                };
                if self.peek() != Some(b'}') {
                    return None;
                }
                (least, most)
            }
            _ => return Some(part),
        };
        self.at += 1;
        // One that is not greedy fits the same texts.
        self.takes(b"?");
        let part = part.filter(|p| !matches!(p, Part::Begin | Part::End | Part::Edge(_)))?;
        let again = matches!(self.peek(), Some(b'*' | b'+' | b'?' | b'{'));
        let too_often = least > REPEATED || most.is_some_and(|m| m > REPEATED || m < least);
        (!again && !too_often).then(|| Some(Part::Repeated(Box::new(part), least, most)))
    }

    fn number(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            self.at += 1;
            let before = value.unwrap_or(0_u32);
            value = Some(
                before
                    .checked_mul(10)?
                    .checked_add(u32::from(digit - b'0'))?,
            );
        }
        value
    }
}

/// The byte that a letter after a backslash stands for.
fn escaped(letter: u8) -> Option<u8> {
    match letter {
        b'n' => Some(b'\n'),
        b't' => Some(b'\t'),
        b'r' => Some(b'\r'),
        _ if letter.is_ascii_alphanumeric() || letter == b'<' || letter == b'>' => None,
        _ => Some(letter),
    }
}
