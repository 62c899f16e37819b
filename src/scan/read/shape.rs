//! Finds what a JSON reader silently accepts: a key that an object has twice (the last one wins), and a second document
//! after the first.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Unreadable;

const TWICE: &str = "an object has a key twice";

/// What a report is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// In which line the second document begins, from 1; absent if there is one document.
    second: Option<usize>,
}

impl Shape {
    /// Checks that a report is JSON, and that no object in it has a key twice.
    ///
    /// # Errors
    /// It is not, or an object has; and where.
    pub(super) fn of_json(report: &str) -> Result<Shape, Unreadable> {
        let mut shape = Shape::default();
        let mut documents = serde_json::Deserializer::from_str(report).into_iter::<Checked>();
        let mut end = None;
        while let Some(document) = documents.next() {
            document.map_err(|e| {
                Unreadable(match e.is_data() {
                    true => format!(
                        "{TWICE}, at line {} column {}: so its content is ambiguous",
                        e.line(),
                        e.column()
                    ),
                    false => format!("it is not JSON: {e}"),
                })
            })?;
            if let Some(end) = end.replace(documents.byte_offset())
                && shape.second.is_none()
            {
                let (before, behind) = report.split_at_checked(end).unwrap_or((report, ""));
                let space = behind.len() - behind.trim_start().len();
                let lines = |text: &str| text.matches('\n').count();
                let space = behind.get(..space).unwrap_or_default();
                shape.second = Some(1 + lines(before) + lines(space));
            }
        }
        Ok(shape)
    }

    /// Checks that there is no more than one document.
    ///
    /// # Errors
    /// There are two, and in which line the second begins.
    pub(super) fn is_one(self) -> Result<(), Unreadable> {
        match self.second {
            None => Ok(()),
            Some(line) => Err(Unreadable(format!(
                "a second document begins on line {line}, but only one is allowed"
            ))),
        }
    }
}

/// A value whose objects have each key once.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Checked, D::Error> {
        deserializer.deserialize_any(Checked)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Checked, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Checked, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Checked, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Checked, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Checked, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Checked, A::Error> {
        while list.next_element::<Checked>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Checked, A::Error> {
        let mut keys: HashSet<String> = HashSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom(TWICE));
            }
            object.next_value::<Checked>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_at_any_depth_is_refused() {
        for wrong in [
            r#"{"a": 1, "a": 2}"#,
            r#"[{"b": [{"a": {}, "c": 1, "a": null}]}]"#,
            r#"{} {"results": [1], "results": []}"#,
            r#"{"\u0061": 1, "a": 2}"#,
        ] {
            assert!(Shape::of_json(wrong).is_err(), "{wrong}");
        }
        for right in ["", "{\"a\": [{\"a\": 1}, {\"a\": 1}]}"] {
            assert_eq!(Shape::of_json(right), Ok(Shape::default()), "{right}");
        }
    }

    #[test]
    fn a_second_document_is_found_with_its_line() {
        for (text, line) in [("{}\n\n[]\n", 3), ("{}{}\n{}", 1), ("1\n 2\n3", 2)] {
            let shape = Shape::of_json(text).unwrap();
            assert_eq!(shape.second, Some(line), "{text}");
            assert!(shape.is_one().is_err());
        }
        for garbage in ["{} x", "[1]\n]", "{\"a\": 1", "{}\0", "NaN"] {
            assert!(Shape::of_json(garbage).is_err(), "{garbage}");
        }
    }
}
