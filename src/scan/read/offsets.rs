//! Lines and columns of places that a report tells by characters or bytes from a file's beginning.

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Code units of UTF-16, which SARIF counts where it does not say otherwise.
    Utf16,
    /// Characters of Unicode.
    CodePoint,
    /// Bytes.
    Byte,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// How many units are before it.
    pub start: u64,
    /// How many units it has.
    pub length: u64,
    /// The unit.
    pub unit: Unit,
}

impl Span {
    /// The lines of its first and last character, and their columns, all from 1; the last column is the one after it.
    /// `None` if the file ends before it.
    pub(super) fn region(self, content: &[u8]) -> Option<[u32; 4]> {
        let marked = content.strip_prefix(b"\xef\xbb\xbf");
        let skipped = match (self.unit, marked) {
            (Unit::Byte, Some(_)) => 3,
            _ => 0,
        };
        let start = self.start.saturating_sub(skipped);
        let end = start.saturating_add(self.length);
        let content = marked.unwrap_or(content);
        let text = String::from_utf8_lossy(content);
        let (mut bytes, mut characters) = (content.iter(), text.chars());
        let mut next = || match self.unit {
            Unit::Byte => bytes.next().map(|b| (1, *b == b'\n')),
            Unit::CodePoint => characters.next().map(|c| (1, c == '\n')),
            Unit::Utf16 => characters.next().map(|c| (c.len_utf16() as u64, c == '\n')),
        };
        let (mut at, mut line, mut column) = (0_u64, 1_u32, 1_u32);
        let mut first = None;
        loop {
            if first.is_none() && at >= start {
                first = Some((line, column));
            }
            if let Some((l, c)) = first
                && at >= end
            {
                return Some([l, c, line, column]);
            }
            let (width, ends) = next()?;
            at += width;
            match ends {
                true => (line, column) = (line.saturating_add(1), 1),
                false => column = column.saturating_add(1),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_in_the_unit_of_the_report() {
        let text = "é😀\nsecond\nthird".as_bytes();
        let region = |start, length, unit| {
            Span {
                start,
                length,
                unit,
            }
            .region(text)
        };
        assert_eq!(region(4, 6, Unit::Utf16), Some([2, 1, 2, 7]));
        assert_eq!(region(3, 6, Unit::CodePoint), Some([2, 1, 2, 7]));
        assert_eq!(region(7, 6, Unit::Byte), Some([2, 1, 2, 7]));
        assert_eq!(region(0, 0, Unit::Utf16), Some([1, 1, 1, 1]));
        assert_eq!(region(11, 5, Unit::Utf16), Some([3, 1, 3, 6]));
        assert_eq!(region(12, 9, Unit::Utf16), None);
        assert_eq!(region(99, 0, Unit::Byte), None);
    }
}
