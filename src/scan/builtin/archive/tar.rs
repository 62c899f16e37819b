//! The files of a tar archive: POSIX ustar and pax, what GNU tar writes, and the form of Unix version 7.

/// Length of a header, and what files are padded to, in bytes.
const BLOCK: usize = 512;

/// Whether a content begins with the header of a tar archive.
pub(super) fn is_tar(content: &[u8]) -> bool {
    let Some(header) = content.get(..BLOCK) else {
        return content.get(257..262) == Some(b"ustar");
    };
    header.get(257..262) == Some(b"ustar") || has_checksum(header)
}

/// Whether a block is a header: it states the sum of its own bytes, with blanks for the statement itself.
fn has_checksum(header: &[u8]) -> bool {
    let stated = header.get(148..156).and_then(number);
    let Some(stated) = stated.filter(|s| *s > 0) else {
        return false;
    };
    let sum = |sum: u64, (at, b): (usize, &u8)| {
        sum + match (148..156).contains(&at) {
            true => u64::from(b' '),
            false => u64::from(*b),
        }
    };
    header.first().is_some_and(|b| *b != 0) && header.iter().enumerate().fold(0, sum) == stated
}

/// A number in octal digits, or in binary behind a byte whose highest bit is set, as GNU tar has it.
fn number(field: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = field
        && first & 0x80 != 0
    {
        let begin = u64::from(first & 0x7f);
        return rest
            .iter()
            .try_fold(begin, |n, b| n.checked_mul(256)?.checked_add(u64::from(*b)));
    }
    let digits = field.iter().skip_while(|b| **b == b' ');
    let digits = digits.take_while(|b| !matches!(b, 0 | b' '));
    digits.copied().try_fold(0_u64, |n, d| {
        let digit = d.checked_sub(b'0').filter(|d| *d < 8)?;
        n.checked_mul(8)?.checked_add(u64::from(digit))
    })
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// Calls a function with the name and the content of each file, as long as it says so. Returns whether the archive
/// is whole.
pub(super) fn for_each_file(content: &[u8], visit: &mut dyn FnMut(&str, &[u8]) -> bool) -> bool {
    let mut at = 0;
    // What an entry says of the next one.
    let (mut long_name, mut long_size) = (None, None);
    while let Some(header) = content.get(at..at + BLOCK) {
        // Blocks of zeros end the archive.
        if header.iter().all(|b| *b == 0) {
            return true;
        }
        let field = |from: usize, to: usize| header.get(from..to).unwrap_or_default();
        if !has_checksum(header) && field(257, 262) != b"ustar" {
            return false;
        }
        let kind = header.get(156).copied().unwrap_or_default();
        let has_content = !matches!(kind, b'1'..=b'6');
        let size = match (long_size.take(), number(field(124, 136))) {
            (Some(size), _) => size,
            (None, Some(size)) if has_content => size,
            (None, Some(_)) => 0,
            (None, None) => return false,
        };
        let start = at + BLOCK;
        let end = usize::try_from(size)
            .ok()
            .and_then(|s| start.checked_add(s));
        let Some(end) = end.filter(|end| *end <= content.len()) else {
            visit(
                &text(field(0, 100)),
                content.get(start..).unwrap_or_default(),
            );
            return false;
        };
        let file = content.get(start..end).unwrap_or_default();
        at = end.next_multiple_of(BLOCK);
        match kind {
            b'L' => long_name = Some(text(file)),
            b'x' => {
                long_name = record(file, "path").or(long_name);
                long_size = record(file, "size").and_then(|size| size.parse().ok());
            }
            b'K' | b'g' => {}
            _ => {
                let folder = text(field(345, 500));
                let short = match field(257, 263) == b"ustar\0" && !folder.is_empty() {
                    true => format!("{folder}/{}", text(field(0, 100))),
                    false => text(field(0, 100)),
                };
                let name = long_name.take().unwrap_or(short);
                if !file.is_empty() && !visit(&name, file) {
                    return true;
                }
            }
        }
    }
    // Some programs leave out the blocks at the end.
    at >= content.len()
}

/// A value of a pax header, whose lines are `LENGTH KEY=VALUE`.
fn record(header: &[u8], key: &str) -> Option<String> {
    let header = String::from_utf8_lossy(header);
    // The last one counts.
    header.lines().rev().find_map(|line| {
        let (_, record) = line.split_once(' ')?;
        let (name, value) = record.split_once('=')?;
        (name == key).then(|| value.to_owned())
    })
}
