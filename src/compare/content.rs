//! What a file holds: text, or bytes that are none.

use super::statement::hash;

/// The content of a file, as the comparison takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, compared line by line.
    Text(String),
    /// Anything else, and very long text: a hash for each piece between line feeds. A finding in it
    /// continues one of the same rule that is about the same secret, or says the same of an equal piece.
    Binary(Box<[u64]>),
}

impl Default for Content {
    fn default() -> Content {
        Content::Text(String::new())
    }
}

/// Text of more bytes is compared piece by piece: what is kept of each line of a text takes several times
/// its length in memory.
const LONGEST: usize = 16 * 1024 * 1024;

impl Content {
    /// Tells text from other bytes. Text is UTF-8, UTF-16 that begins with a byte order mark, or a
    /// code page with one byte for each character; whatever else has a NUL byte, or more than one
    /// control character in ten, is not.
    pub fn of(bytes: Vec<u8>) -> Content {
        let pieces =
            |bytes: &[u8]| Content::Binary(bytes.split(|b| *b == b'\n').map(hash).collect());
        if bytes.len() > LONGEST {
            return pieces(&bytes);
        }
        if let Some(text) = utf16(&bytes) {
            return Content::Text(text);
        }
        let has_nul = bytes.contains(&0);
        let bytes = match (has_nul, String::from_utf8(bytes)) {
            (false, Ok(text)) => return Content::Text(text),
            (_, Ok(text)) => text.into_bytes(),
            (_, Err(e)) => e.into_bytes(),
        };
        let control = |b: &&u8| b.is_ascii_control() && !b.is_ascii_whitespace();
        if has_nul || bytes.iter().filter(control).count() > bytes.len() / 10 {
            return pieces(&bytes);
        }
        // Bytes that are not UTF-8 are taken for Latin-1, so that different ones stay different.
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|b| char::from(*b)));
        }
        Content::Text(text)
    }
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes.get(..2)? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, odd) = bytes.get(2..)?.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    (odd.is_empty() && !text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_other_bytes() {
        let text = |bytes: &[u8]| match Content::of(bytes.to_vec()) {
            Content::Text(text) => Some(text),
            Content::Binary(_) => None,
        };
        assert_eq!(text(b"").as_deref(), Some(""));
        assert_eq!(text("x→y\n".as_bytes()).as_deref(), Some("x→y\n"));
        assert_eq!(text(b"caf\xe9\n").as_deref(), Some("café\n"));
        assert_eq!(text(b"caf\xe8\n").as_deref(), Some("cafè\n"));
        assert_eq!(text(b"\xff\xfea\0\n\0").as_deref(), Some("a\n"));
        assert_eq!(text(b"\xfe\xff\0a").as_deref(), Some("a"));
        assert_eq!(text(b"\xff\xfea\0\n"), None);
        assert_eq!(text(b"a\0b"), None);
        assert_eq!(text(&b"a line\n".repeat(LONGEST / 7 + 1)), None);
        assert_eq!(text(b"\x89PNG\r\n\x1a\n\x01\x02\x03\x04\xff"), None);
    }
}
