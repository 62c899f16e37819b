//! The ways in which a file's bytes can be text that holds a credential.
//!
//! Credentials are ASCII. In UTF-16 and UTF-32 each of their characters is between NUL bytes, so a file without NUL
//! bytes has one reading only. In any other file no encoding is certain: bytes that begin like UTF-16 may continue as
//! ASCII, and the other way round.

use std::borrow::Cow;

/// How many characters between NUL bytes are a text: fewer are in any table of numbers.
const LEAST: usize = 4;

/// The readings of a content, the bytes themselves last. A place in the first is a place in the text
/// that an editor shows.
pub(super) fn readings(content: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut all = Vec::new();
    if content.contains(&0) {
        all.extend(decode_utf16(content).map(|text| Cow::Owned(text.into_bytes())));
        all.extend(without_padding(content).map(Cow::Owned));
    }
    all.push(Cow::Borrowed(content));
    all
}

/// The content with every ASCII text in UTF-16 or UTF-32 as ASCII, wherever it begins and whatever is around it; `None`
/// if there is none.
fn without_padding(content: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    let mut any = false;
    while let Some((first, after)) = rest.split_first() {
        let wide = [2, 4]
            .into_iter()
            .find_map(|width| padded(rest, width).map(|count| (width, count)));
        match wide {
            Some((width, count)) => {
                let (text, behind) = rest.split_at(width * count);
                out.extend(text.iter().step_by(width));
                rest = behind;
                any = true;
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    any.then_some(out)
}

/// How many characters of a width the bytes begin with, if they are enough for a text. If the NUL bytes come first, the
/// text begins after those of its first character.
fn padded(bytes: &[u8], width: usize) -> Option<usize> {
    let is_ascii = |unit: &&[u8]| match unit.split_first() {
        Some((first, rest)) => (1..0x80).contains(first) && rest.iter().all(|b| *b == 0),
        None => false,
    };
    let count = bytes.chunks_exact(width).take_while(is_ascii).count();
    (count >= LEAST).then_some(count)
}

/// Text in UTF-16, with a byte order mark or without, as Windows tools write it.
fn decode_utf16(content: &[u8]) -> Option<String> {
    type Unit = fn([u8; 2]) -> u16;
    let (read, text): (Unit, &[u8]) = match content {
        [0xff, 0xfe, text @ ..] => (u16::from_le_bytes, text),
        [0xfe, 0xff, text @ ..] => (u16::from_be_bytes, text),
        // Without a mark: every other byte of Latin text is zero.
        text => {
            let (pairs, _) = text.as_chunks::<2>();
            let begin = pairs.iter().take(256);
            let zeros = |at: usize| begin.clone().filter(|p| p[at] == 0).count() * 5;
            let most = begin.len() * 4;
            match (zeros(0) > most, zeros(1) > most) {
                (false, true) => (u16::from_le_bytes, text),
                (true, false) => (u16::from_be_bytes, text),
                _ => return None,
            }
        }
    };
    let (pairs, _) = text.as_chunks::<2>();
    let units = pairs.iter().map(|pair| read(*pair));
    let characters = char::decode_utf16(units);
    Some(
        characters
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}

/// Whether a content is a text in UTF-16 as a whole.
pub(in crate::scan) fn is_utf16(content: &[u8]) -> bool {
    let begin = content.get(..4_096).unwrap_or(content);
    let text = decode_utf16(begin).filter(|_| begin.contains(&0));
    let wrong =
        |c: &char| c.is_control() && !c.is_whitespace() || *c == char::REPLACEMENT_CHARACTER;
    text.is_some_and(|t| t.chars().filter(wrong).count() * 20 < t.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_nul_bytes_has_one_reading() {
        assert_eq!(readings(b"x = 1\n").len(), 1);
        assert_eq!(readings(b"\xff\xfeabcd").len(), 1);
    }

    #[test]
    fn a_table_of_numbers_is_no_text_in_utf16() {
        let le: Vec<u8> = "a word\n".bytes().flat_map(|b| [b, 0]).collect();
        let be: Vec<u8> = "a word\n".bytes().flat_map(|b| [0, b]).collect();
        for text in [&le[..], &be, &[b"\xff\xfe", &le[..]].concat()] {
            assert!(is_utf16(text), "{text:?}");
        }
        let numbers: Vec<u8> = (1..=24).flat_map(|b| [b, 0]).collect();
        for other in [&b"a word"[..], b"", b"a\0word", &numbers, &[0; 64]] {
            assert!(!is_utf16(other), "{other:?}");
        }
    }

    #[test]
    fn padding_is_taken_out_wherever_it_begins() {
        let le: Vec<u8> = "word".bytes().flat_map(|b| [b, 0]).collect();
        let be: Vec<u8> = "words".bytes().flat_map(|b| [0, 0, 0, b]).collect();
        assert_eq!(without_padding(&le).as_deref(), Some(&b"word"[..]));
        let odd = [b"x", &le[..], b"\xff"].concat();
        assert_eq!(without_padding(&odd).as_deref(), Some(&b"xword\xff"[..]));
        let wide = [&be[..], b"!"].concat();
        assert_eq!(
            without_padding(&wide).as_deref(),
            Some(&b"\0\0\0words!"[..])
        );
        assert_eq!(without_padding(b"\x01\0\x02\0\0\0\0\x01"), None);
    }
}
