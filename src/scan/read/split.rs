//! A long report in parts: each is a document of its own that has some elements of the long lists, so
//! that a part at a time is in memory as values.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::xml_tags::children;

/// A report shorter than this is read as a whole, in bytes. The tests of this crate read every report
/// in parts, and expect what it says as a whole.
const SHORT: usize = if cfg!(test) { 1 } else { 512 * 1024 };
/// How much of a list is in a part at least, in bytes.
const PART: usize = if cfg!(test) { 1 } else { 256 * 1024 };

/// Where a list is in a text.
#[derive(Debug)]
struct List {
    /// What is before and after the elements, and between them.
    around: (&'static str, &'static str, &'static str),
    /// The whole list.
    whole: Range<usize>,
    elements: Vec<Range<usize>>,
}

/// Where the long lists of a text stand, in their order.
#[derive(Debug)]
pub(super) struct Split {
    lists: Vec<List>,
    /// How much of a list is in a part at least, in bytes.
    part: usize,
}

impl Split {
    /// Finds the lists of a JSON document; `None` if it is short, has none of them, or cannot be read
    /// without its values. A path is the names of objects' fields; the empty one is the document.
    pub(super) fn of_json(text: &str, paths: &[Vec<&str>]) -> Option<Split> {
        Split::new(text, |text| {
            // A document that is an object is not a list, whatever else the scanner writes.
            let is_list = text.trim_start().starts_with('[');
            let fitting = paths.iter().filter(|path| is_list == path.is_empty());
            let lists = fitting.filter_map(|path| list_at(text, text, path));
            lists.collect()
        })
    }

    /// Finds all lists that are fields of a JSON document, or the document if it is a list.
    pub(super) fn of_fields(text: &str) -> Option<Split> {
        Split::new(text, |text| match text.trim_start().starts_with('[') {
            true => list_at(text, text, &[]).into_iter().collect(),
            false => {
                let fields: Option<BTreeMap<Cow<'_, str>, &RawValue>> =
                    serde_json::from_str(text).ok();
                let fields = fields.into_iter().flatten();
                fields
                    .filter(|(_, value)| value.get().starts_with('['))
                    .filter_map(|(_, value)| list_at(text, value.get(), &[]))
                    .collect()
            }
        })
    }

    /// Finds the children of elements of an XML document. A path is the names of elements.
    pub(super) fn of_xml(text: &str, paths: &[Vec<&str>]) -> Option<Split> {
        Split::new(text, |text| {
            let lists = paths.iter().filter_map(|path| {
                let elements = children(text, path);
                Some(List {
                    around: ("", "", ""),
                    whole: elements.first()?.start..elements.last()?.end,
                    elements,
                })
            });
            lists.collect()
        })
    }

    fn new(text: &str, find: impl FnOnce(&str) -> Vec<List>) -> Option<Split> {
        if text.len() < SHORT {
            return None;
        }
        Split::in_parts(text, PART, find)
    }

    fn in_parts(text: &str, part: usize, find: impl FnOnce(&str) -> Vec<List>) -> Option<Split> {
        let mut lists = find(text);
        lists.sort_by_key(|l| l.whole.start);
        let apart = lists.is_sorted_by(|a, b| a.whole.end <= b.whole.start);
        let of_lists: usize = lists.iter().map(|l| l.whole.len()).sum();
        let some = lists.iter().any(|l| !l.elements.is_empty());
        // What is in no list is in every part.
        let rest = text.len().saturating_sub(of_lists);
        (apart && some).then_some(Split {
            lists,
            part: part.max(rest),
        })
    }

    /// The document with the first elements of each list.
    pub(super) fn sample(&self, text: &str) -> String {
        self.document(text, |_, list| {
            let mut size = 0;
            let few = list.elements.iter().take_while(|e| {
                size += e.len();
                size <= self.part + e.len()
            });
            0..few.count()
        })
    }

    /// The parts: each has some elements of one list, and the other lists empty.
    pub(super) fn parts<'t>(&'t self, text: &'t str) -> impl Iterator<Item = String> + 't {
        let part = self.part;
        let pieces = self
            .lists
            .iter()
            .enumerate()
            .flat_map(move |(place, list)| {
                let mut start = 0;
                std::iter::from_fn(move || {
                    let mut size = 0;
                    let rest = list.elements.get(start..)?;
                    let few = rest.iter().take_while(|e| {
                        let fits = size < part;
                        size += e.len();
                        fits
                    });
                    let end = start + few.count();
                    let piece = (end > start).then_some((place, start..end));
                    start = end;
                    piece
                })
            });
        pieces.map(move |(place, elements)| {
            self.document(text, |at, _| match at == place {
                true => elements.clone(),
                false => 0..0,
            })
        })
    }

    /// The document with some elements of each list.
    fn document(&self, text: &str, kept: impl Fn(usize, &List) -> Range<usize>) -> String {
        let mut out = String::new();
        let mut end = 0;
        for (place, list) in self.lists.iter().enumerate() {
            let (open, between, close) = list.around;
            out.push_str(text.get(end..list.whole.start).unwrap_or_default());
            out.push_str(open);
            let elements = list.elements.get(kept(place, list)).unwrap_or_default();
            for (number, element) in elements.iter().enumerate() {
                if number > 0 {
                    out.push_str(between);
                }
                out.push_str(text.get(element.clone()).unwrap_or_default());
            }
            out.push_str(close);
            end = list.whole.end;
        }
        out.push_str(text.get(end..).unwrap_or_default());
        out
    }
}

/// The list at a path of a piece of a text.
fn list_at(text: &str, piece: &str, path: &[&str]) -> Option<List> {
    let piece = piece.trim();
    if let Some((name, path)) = path.split_first() {
        let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(piece).ok()?;
        return list_at(text, fields.get(*name)?.get(), path);
    }
    let spans: Spans<'_> = serde_json::from_str(piece).ok()?;
    let around = match piece.starts_with('[') {
        true => ("[", ",", "]"),
        false => ("{", ",", "}"),
    };
    let at = |piece: &str| piece.as_ptr() as usize - text.as_ptr() as usize;
    let elements = spans.0.iter().map(|(first, last)| {
        let last = last.get();
        at(first.get())..at(last) + last.len()
    });
    Some(List {
        around,
        whole: at(piece)..at(piece) + piece.len(),
        elements: elements.collect(),
    })
}

/// The elements of a list, or the fields of an object, as they are written: where each begins and ends.
struct Spans<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Spans<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Spans<'t>, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Vec<(&'de RawValue, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list or an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut spans = Vec::new();
                while let Some(element) = list.next_element::<&RawValue>()? {
                    spans.push((element, element));
                }
                Ok(spans)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut spans = Vec::new();
                while let Some(field) = map.next_entry::<&RawValue, &RawValue>()? {
                    spans.push(field);
                }
                Ok(spans)
            }
        }
        deserializer.deserialize_any(Read).map(Spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, paths: &[Vec<&str>]) -> Vec<String> {
        let find = |text: &str| {
            let lists = paths.iter().filter_map(|path| list_at(text, text, path));
            lists.collect()
        };
        let split = Split::in_parts(text, 1, find).unwrap();
        // What stands around is as long as the text: one element a part.
        let split = Split { part: 1, ..split };
        split.parts(text).collect()
    }

    #[test]
    fn each_part_has_one_element_and_all_that_stands_around_the_lists() {
        let text =
            r#" {"v": 1, "r": [ {"a": "]"}, 2 ], "m": {"x,": {}, "y": [1]}, "e": [], "n": null} "#;
        let lists = [vec!["r"], vec!["m"], vec!["e"], vec!["n"], vec!["none"]];
        let parts = parts(text, &lists);
        assert_eq!(parts.len(), 4);
        let first = r#" {"v": 1, "r": [{"a": "]"}], "m": {}, "e": [], "n": null} "#;
        assert_eq!(parts[0], first);
        let third = r#" {"v": 1, "r": [], "m": {"x,": {}}, "e": [], "n": null} "#;
        assert_eq!(parts[2], third);
    }

    #[test]
    fn lists_are_found_in_objects_and_at_the_top() {
        assert_eq!(
            parts("[1, [2], 3]\n", &[vec![]]),
            ["[1]\n", "[[2]]\n", "[3]\n"]
        );
        let deep = r#"{"a": {"b": [1, 2]}, "c": 0}"#;
        assert_eq!(
            parts(deep, &[vec!["a", "b"]])[1],
            r#"{"a": {"b": [2]}, "c": 0}"#
        );
    }
}
