//! The tags of an XML document, found without reading it: for what must be known before.

use std::ops::Range;

/// What a tag does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Open,
    Close,
    /// It closes itself.
    Empty,
}

/// The tags with their places. What is in comments and attributes is none.
fn tags(text: &[u8]) -> impl Iterator<Item = (Mark, Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += text.get(at..)?.iter().position(|b| *b == b'<')?;
            let rest = text.get(at..)?;
            let skip = |end: &[u8]| {
                let found = rest.windows(end.len()).position(|w| w == end);
                found.map_or(rest.len(), |i| i + end.len())
            };
            let (mark, length) = if rest.starts_with(b"<!--") {
                (None, skip(b"-->"))
            } else if rest.starts_with(b"<![CDATA[") {
                (None, skip(b"]]>"))
            } else if rest.starts_with(b"<?") || rest.starts_with(b"<!") {
                (None, skip(b">"))
            } else if rest.starts_with(b"</") {
                (Some(Mark::Close), skip(b">"))
            } else {
                match opening(rest) {
                    (length, true) => (Some(Mark::Empty), length),
                    (length, false) => (Some(Mark::Open), length),
                }
            };
            let start = at;
            at += length;
            if let Some(mark) = mark {
                return Some((mark, start..at));
            }
        }
    })
}

/// The length of an opening tag, and whether it closes itself.
fn opening(text: &[u8]) -> (usize, bool) {
    let mut quote = None;
    let mut before = 0;
    for (at, byte) in text.iter().enumerate() {
        match (quote, byte) {
            (Some(q), b) if q == *b => quote = None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'>') => return (at + 1, before == b'/'),
            _ => {}
        }
        before = *byte;
    }
    (text.len(), false)
}

/// How deep the elements of a document are nested, at most: never less than they are.
pub(super) fn depth(text: &[u8]) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for (mark, _) in tags(text) {
        match mark {
            Mark::Open => {
                depth += 1;
                most = most.max(depth);
            }
            Mark::Close => depth = depth.saturating_sub(1),
            Mark::Empty => most = most.max(depth + 1),
        }
    }
    most
}

/// Where the children of the first element at a path stand. A child that is not closed is none.
pub(super) fn children(text: &str, path: &[&str]) -> Vec<Range<usize>> {
    let mut children = Vec::new();
    // How many of the open elements are those of the path, and how many there are.
    let (mut inside, mut depth) = (0, 0_usize);
    let mut start = 0;
    for (mark, place) in tags(text.as_bytes()) {
        let all = inside == path.len();
        match mark {
            Mark::Empty if all && depth == path.len() => children.push(place),
            Mark::Empty => {}
            Mark::Open => {
                let tag = text.get(place.clone()).unwrap_or_default();
                let name = tag.trim_start_matches('<').trim_end_matches('>');
                let name = name.split_ascii_whitespace().next();
                if all && depth == path.len() {
                    start = place.start;
                } else if inside == depth && path.get(inside).copied() == name {
                    inside += 1;
                }
                depth += 1;
            }
            Mark::Close => {
                depth = depth.saturating_sub(1);
                if all && depth == path.len() {
                    children.push(start..place.end);
                } else if all && depth < path.len() {
                    break;
                }
                inside = inside.min(depth);
            }
        }
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_those_of_the_element_at_the_path() {
        let text = r#"<?xml?><r><v a=">"/><e><x/><!-- </e> --><y><z/></y> </e><e><n/></e></r>"#;
        let found = |path: &[&str]| -> Vec<&str> {
            let places = children(text, path);
            places.into_iter().map(|p| &text[p]).collect()
        };
        assert_eq!(found(&["r", "e"]), ["<x/>", "<y><z/></y>"]);
        assert_eq!(found(&["r"]).len(), 3);
        assert!(found(&["none"]).is_empty());
        assert!(children("<r><x>", &["r"]).is_empty());
    }
}
