//! What a reader of JSON would pass over: a key that an object has twice, of which the last one counts.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Unreadable;

const TWICE: &str = "an object has a key twice";

/// Checks that no object of a JSON report has a key twice. Text that is no JSON is for its reader to
/// refuse.
///
/// # Errors
/// An object has, and where.
pub(super) fn check_keys(report: &[u8]) -> Result<(), Unreadable> {
    if report.trim_ascii_start().starts_with(b"<") {
        return Ok(());
    }
    for document in serde_json::Deserializer::from_slice(report).into_iter::<Checked>() {
        match document {
            Ok(Checked) => {}
            Err(e) if e.is_data() => {
                return Err(Unreadable(format!(
                    "{TWICE}, at line {} column {}: what it says is not certain",
                    e.line(),
                    e.column()
                )));
            }
            Err(_) => break,
        }
    }
    Ok(())
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
    use super::super::{Paths, read_any};
    use super::*;
    use crate::scan::{Catalog, SecretKey};
    use serde_json::Value;

    #[test]
    fn a_key_twice_at_any_depth_is_refused() {
        for wrong in [
            r#"{"a": 1, "a": 2}"#,
            r#"[{"b": [{"a": {}, "c": 1, "a": null}]}]"#,
            r#"{} {"results": [1], "results": []}"#,
            r#"{"\u0061": 1, "a": 2}"#,
        ] {
            assert!(check_keys(wrong.as_bytes()).is_err(), "{wrong}");
        }
        for right in ["", "[", "{\"a\": [{\"a\": 1}, {\"a\": 1}]}", "<a/>"] {
            assert_eq!(check_keys(right.as_bytes()), Ok(()), "{right}");
        }
    }

    /// A list of a report that is something else is not an empty list.
    #[test]
    fn what_stands_in_the_place_of_a_list_is_not_no_findings() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports");
        let catalog = Catalog::default();
        let names = catalog.names();
        let all: Vec<_> = names
            .iter()
            .filter_map(|n| catalog.get(n).unwrap())
            .collect();
        let paths = Paths {
            folder: String::new(),
            default: None,
            learned: None,
            roots: Vec::new(),
            aliases: std::collections::HashMap::new(),
            known: Box::new(|_| true),
        };
        let key = SecretKey::new([3; 32]);
        let (mut tried, mut wrong) = (0, Vec::new());
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read(&path).unwrap();
            let Ok(report) = serde_json::from_slice::<Value>(&text) else {
                continue;
            };
            let Ok((_, whole)) = read_any(&all, &text, &paths, &key) else {
                continue;
            };
            for (name, value) in report.as_object().into_iter().flatten() {
                if !value.is_array() && !value.is_object() {
                    continue;
                }
                for other in ["{}", "[]", "\"\"", "0", "true"] {
                    let other: Value = serde_json::from_str(other).unwrap();
                    if (other.is_array(), other.is_object())
                        == (value.is_array(), value.is_object())
                    {
                        continue;
                    }
                    let mut changed = report.clone();
                    changed[name] = other.clone();
                    tried += 1;
                    let read = read_any(&all, changed.to_string().as_bytes(), &paths, &key);
                    if read.is_ok_and(|(_, r)| r.findings.len() < whole.findings.len()) {
                        wrong.push(format!("{}: `{name}` as {other}", path.display()));
                    }
                }
            }
        }
        assert!(tried > 50, "{tried}");
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
