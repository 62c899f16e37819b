//! The characters of a report, whatever encoding it is in: one decoder for all that is read of it.

use std::borrow::Cow;

use super::Unreadable;

/// The text of a report: UTF-8 or UTF-16, with a byte order mark or without. Bytes that are not characters are
/// replaced, so that one of them loses nothing else; so are the escapes in JSON that are halves of surrogate pairs, as
/// some tools write for names of files that are not UTF-8.
///
/// # Errors
/// It is in UTF-32, or it is UTF-16 and ends within a character.
pub(super) fn decode(report: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    let text = characters(report)?;
    if text.trim_start().starts_with('<') {
        return Ok(text);
    }
    match with_whole_escapes(&text) {
        Cow::Borrowed(_) => Ok(text),
        Cow::Owned(other) => Ok(Cow::Owned(other)),
    }
}

fn characters(report: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    let (rest, big) = match report {
        [0xff, 0xfe, 0, 0, ..]
        | [0, 0, 0xfe, 0xff, ..]
        | [0, 0, 0, 1..=255, ..]
        | [1..=255, 0, 0, 0, ..] => {
            let text = "it is in UTF-32, which is not supported: convert it to UTF-8";
            return Err(Unreadable(text.into()));
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => return Ok(String::from_utf8_lossy(rest)),
        [0xff, 0xfe, rest @ ..] => (rest, false),
        [0xfe, 0xff, rest @ ..] => (rest, true),
        // A report begins with an ASCII character.
        [0, 1..=255, ..] => (report, true),
        [1..=255, 0, ..] => (report, false),
        _ => return Ok(String::from_utf8_lossy(report)),
    };
    let (pairs, odd) = rest.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(Unreadable(
            "it is UTF-16 and ends within a character".into(),
        ));
    }
    let units = pairs.iter().map(|pair| match big {
        true => u16::from_be_bytes(*pair),
        false => u16::from_le_bytes(*pair),
    });
    let characters = char::decode_utf16(units);
    Ok(Cow::Owned(
        characters
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    ))
}

/// The text with the escapes replaced that are halves of surrogate pairs.
fn with_whole_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        // The unit that an escape stands for, after its backslash.
        let unit = |text: &str| -> Option<u16> {
            let digits = text.strip_prefix('u')?.get(..4)?;
            u16::from_str_radix(digits, 16).ok()
        };
        let first = unit(after);
        let second = after.get(5..).and_then(|t| unit(t.strip_prefix('\\')?));
        // How many characters after the backslash belong to the escape.
        let (kept, length) = match (first, second) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (true, 11),
            (Some(0xd800..=0xdfff), _) => (false, 5),
            // The character that it stands for, which is never the start of another escape.
            _ => (true, after.chars().next().map_or(0, char::len_utf8)),
        };
        let (escape, behind) = after.split_at_checked(length).unwrap_or((after, ""));
        if kept {
            out.push('\\');
            out.push_str(escape);
        } else {
            out.push('\u{fffd}');
        }
        rest = behind;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_a_text_is_the_text() {
        let text = "{\"a\": \"Grüße 😀\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for report in [
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.as_bytes()),
            marked(b"\xff\xfe", &little),
            marked(b"\xfe\xff", &big),
            little.clone(),
            big,
        ] {
            assert_eq!(decode(&report).unwrap(), text, "{report:?}");
        }
        assert_eq!(
            decode(b"\"Gr\xfc\xdfe\"").unwrap(),
            "\"Gr\u{fffd}\u{fffd}e\""
        );
        assert!(decode(little.get(..9).unwrap()).is_err());
        assert!(decode(b"\xff\xfe\0\0{\0\0\0}\0\0\0").is_err());
    }

    #[test]
    fn halves_of_surrogate_pairs_are_replaced() {
        let read = with_whole_escapes(r#""\udcff \ud83d\ude00 \\ud800 \ud83d""#);
        assert_eq!(read, "\"\u{fffd} \\ud83d\\ude00 \\\\ud800 \u{fffd}\"");
    }
}
