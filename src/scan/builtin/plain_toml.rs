//! The part of TOML that rules and names that are compiled in are written in: texts and lists of texts, numbers, and
//! tables (`[parts]`, `[[rule]]`). The whole language takes ten times as long to read, which each run would. Tests read
//! each file in both ways.

use serde_json::{Map, Number, Value};

/// Reads a text; none if it is written in another way.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text };
    let mut all = Map::new();
    // The table that is being read, with its name, and whether it is one of a list.
    let mut table: Option<(&str, bool, Map<String, Value>)> = None;
    loop {
        reader.skip();
        let is_end = reader.rest.is_empty();
        let is_table = reader.takes("[");
        if (is_end || is_table)
            && let Some((name, is_listed, table)) = table.take()
        {
            let table = Value::Object(table);
            if is_listed {
                let list = all.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut()?.push(table);
            } else if all.insert(name.to_owned(), table).is_some() {
                return None;
            }
        }
        if is_end {
            return Some(Value::Object(all));
        }
        if is_table {
            let is_listed = reader.takes("[");
            let name = reader.name()?;
            reader
                .takes(if is_listed { "]]" } else { "]" })
                .then_some(())?;
            table = Some((name, is_listed, Map::new()));
            continue;
        }
        let name = reader.name()?;
        reader.skip();
        reader.takes("=").then_some(())?;
        let value = reader.value()?;
        let into = table.as_mut().map_or(&mut all, |(.., table)| table);
        if into.insert(name.to_owned(), value).is_some() {
            return None;
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// Goes past white space and comments.
    fn skip(&mut self) {
        let bytes = self.rest.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at = match byte {
                b' ' | b'\n' => at + 1,
                b'#' => {
                    let line = bytes.get(at..).and_then(|rest| memchr::memchr(b'\n', rest));
                    line.map_or(bytes.len(), |end| at + end)
                }
                _ => break,
            };
        }
        self.rest = self.rest.get(at..).unwrap_or_default();
    }

    fn takes(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn name(&mut self) -> Option<&'t str> {
        let of_name = |b: u8| b.is_ascii_lowercase() || matches!(b, b'-' | b'_');
        let end = self.rest.bytes().position(|b| !of_name(b))?;
        let name = self.rest.get(..end).filter(|n| !n.is_empty())?;
        self.rest = self.rest.get(end..)?;
        Some(name)
    }

    /// A text that ends with these quotes.
    fn until(&mut self, quotes: &str) -> Option<Value> {
        let bytes = self.rest.as_bytes();
        let mut end = memchr::memchr(b'\'', bytes)?;
        while !bytes.get(end..)?.starts_with(quotes.as_bytes()) {
            end += 1 + memchr::memchr(b'\'', bytes.get(end + 1..)?)?;
        }
        let (text, rest) = self.rest.split_at_checked(end)?;
        let rest = rest.get(quotes.len()..)?;
        self.rest = rest;
        // A quote more belongs to the text, and so may a line: neither is written.
        let has_line = memchr::memchr(b'\n', text.as_bytes()).is_some();
        let is_plain = !has_line && !rest.starts_with('\'');
        is_plain.then(|| Value::String(text.to_owned()))
    }

    fn value(&mut self) -> Option<Value> {
        self.skip();
        match self.rest.as_bytes().first()? {
            b'[' => {
                self.takes("[");
                let mut all = Vec::new();
                loop {
                    self.skip();
                    if self.takes("]") {
                        return Some(Value::Array(all));
                    }
                    all.push(self.value()?);
                    self.skip();
                    (self.takes(",") || self.rest.starts_with(']')).then_some(())?;
                }
            }
            b'\'' if self.takes("'''") => return self.until("'''"),
            b'\'' if self.takes("'") => return self.until("'"),
            _ => {}
        }
        if self.rest.starts_with('"') {
            let mut end = 1;
            while *self.rest.as_bytes().get(end)? != b'"' {
                end += 1 + usize::from(self.rest.as_bytes().get(end) == Some(&b'\\'));
            }
            // What JSON escapes, TOML escapes in the same way.
            let text: String = serde_json::from_str(self.rest.get(..=end)?).ok()?;
            self.rest = self.rest.get(end + 1..)?;
            return Some(Value::String(text));
        }
        let end = self
            .rest
            .find(['\n', ',', ']', ' '])
            .unwrap_or(self.rest.len());
        let text = self.rest.get(..end)?;
        self.rest = self.rest.get(end..)?;
        match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ if text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse::<u64>().ok().map(|n| Value::Number(n.into()))
            }
            _ if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
                Number::from_f64(text.parse().ok()?).map(Value::Number)
            }
            _ => None,
        }
    }
}
