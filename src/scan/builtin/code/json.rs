//! JSON with comments, as editors and some package managers write it.

/// JSON without its comments and commas too many, every other byte at its place.
pub(super) fn without_comments(text: &str) -> String {
    let mut out: Vec<u8> = text.as_bytes().to_vec();
    let (mut at, mut in_string) = (0, false);
    while let Some(byte) = out.get(at).copied() {
        let next = out.get(at + 1).copied();
        match (in_string, byte, next) {
            (true, b'\\', _) => at += 1,
            (_, b'"', _) => in_string = !in_string,
            (false, b'/', Some(b'/')) => {
                while out.get(at).is_some_and(|b| *b != b'\n') {
                    out[at] = b' ';
                    at += 1;
                }
            }
            (false, b'/', Some(b'*')) => {
                let end = out
                    .get(at + 2..)
                    .and_then(|rest| rest.windows(2).position(|w| w == b"*/"));
                let end = end.map_or(out.len(), |e| at + 2 + e + 2);
                for b in out.get_mut(at..end).into_iter().flatten() {
                    if *b != b'\n' {
                        *b = b' ';
                    }
                }
                at = end.saturating_sub(1);
            }
            (false, b'}' | b']', _) => {
                let before = out
                    .get(..at)
                    .and_then(|b| b.iter().rposition(|b| !b.is_ascii_whitespace()));
                if let Some(comma) = before.filter(|i| out.get(*i) == Some(&b',')) {
                    out[comma] = b' ';
                }
            }
            _ => {}
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
