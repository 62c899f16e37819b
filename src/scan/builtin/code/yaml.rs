//! The part of YAML that the rules are written in that are compiled in: tables and lists by indentation and in brackets,
//! texts of one line. The whole language takes fifty times as long to read. A test reads each rule in both ways.

use serde_json::{Map, Number, Value};

/// Reads a text; none if it is written in another way.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_lines();
    let value = reader.block(0)?;
    (reader.at == text.len()).then_some(value)
}

/// Letters that begin no text without quotes.
const SIGNS: [u8; 14] = *b"&*!|>%@`#?{}[]";

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, text: &str) -> bool {
        let is = self.rest().starts_with(text);
        self.at += if is { text.len() } else { 0 };
        is
    }

    fn skip(&mut self, signs: &[u8]) {
        while self.peek().is_some_and(|b| signs.contains(&b)) {
            self.at += 1;
        }
    }

    /// Goes to the next line that says something, past its indentation.
    fn skip_lines(&mut self) {
        loop {
            self.skip(b" \n");
            if self.peek() != Some(b'#') {
                return;
            }
            self.at += memchr::memchr(b'\n', self.rest().as_bytes()).unwrap_or(self.rest().len());
        }
    }

    /// How far the place is from the begin of its line, in bytes.
    fn column(&self) -> usize {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        self.at - memchr::memrchr(b'\n', before).map_or(0, |line| line + 1)
    }

    /// The key that stands here, and goes past the colon.
    fn key(&mut self) -> Option<&'t str> {
        let of_key = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'$');
        let rest = self.rest();
        let end = rest.bytes().position(|b| !of_key(b))?;
        let after = rest.as_bytes().get(end + 1);
        let is_key = end > 0 && rest.as_bytes().get(end) == Some(&b':');
        if !is_key || !matches!(after, None | Some(b' ' | b'\n')) {
            return None;
        }
        self.at += end + 1;
        rest.get(..end)
    }

    /// A value whose lines are indented as far as this place.
    fn block(&mut self, indent: usize) -> Option<Value> {
        if self.rest().starts_with("- ") {
            let mut all = Vec::new();
            while self.column() == indent && self.takes("- ") {
                self.skip(b" ");
                all.push(self.block(self.column())?);
            }
            return Some(Value::Array(all));
        }
        let begin = self.at;
        let Some(mut key) = self.key() else {
            self.at = begin;
            return self.line();
        };
        let mut all = Map::new();
        loop {
            self.skip(b" ");
            let value = match self.peek() {
                Some(b'\n') => {
                    self.skip_lines();
                    let column = self.column();
                    let is_list = column == indent && self.rest().starts_with("- ");
                    match column > indent || is_list {
                        true => self.block(column)?,
                        false => return None,
                    }
                }
                _ => self.line()?,
            };
            if all.insert(key.to_owned(), value).is_some() {
                return None;
            }
            if self.peek().is_none() || self.column() < indent {
                return Some(Value::Object(all));
            }
            if self.column() > indent {
                return None;
            }
            key = self.key()?;
        }
    }

    /// A value that ends with its line; goes to the next one.
    fn line(&mut self) -> Option<Value> {
        let value = match self.peek()? {
            b'{' | b'[' | b'\'' | b'"' => self.value()?,
            _ => {
                let line = self.rest().lines().next()?;
                self.at += line.len();
                let is_plain = !line.contains(": ") && !line.contains(" #") && !line.ends_with(':');
                plain(line.trim_end()).filter(|_| is_plain)?
            }
        };
        self.skip(b" ");
        if !matches!(self.peek(), None | Some(b'\n')) {
            return None;
        }
        self.skip_lines();
        Some(value)
    }

    /// A value within brackets, or one that begins with a bracket or a quote.
    fn value(&mut self) -> Option<Value> {
        match self.peek()? {
            b'{' => {
                self.at += 1;
                let mut all = Map::new();
                loop {
                    self.skip(b" \n");
                    if self.takes("}") {
                        return Some(Value::Object(all));
                    }
                    let key = self.key()?.to_owned();
                    self.skip(b" \n");
                    let value = self.value()?;
                    if all.insert(key, value).is_some() {
                        return None;
                    }
                    self.separated("}")?;
                }
            }
            b'[' => {
                self.at += 1;
                let mut all = Vec::new();
                loop {
                    self.skip(b" \n");
                    if self.takes("]") {
                        return Some(Value::Array(all));
                    }
                    all.push(self.value()?);
                    self.separated("]")?;
                }
            }
            b'\'' => {
                let (mut all, begin) = (String::new(), self.at);
                while self.takes("'") {
                    if self.at > begin + 1 {
                        all.push('\'');
                    }
                    let end = memchr::memchr(b'\'', self.rest().as_bytes())?;
                    all.push_str(self.rest().get(..end)?);
                    self.at += end + 1;
                }
                (!all.contains('\n')).then_some(Value::String(all))
            }
            b'"' => {
                let mut end = 1;
                while *self.rest().as_bytes().get(end)? != b'"' {
                    end += 1 + usize::from(self.rest().as_bytes().get(end) == Some(&b'\\'));
                }
                // What JSON escapes, YAML escapes in the same way.
                let text: String = serde_json::from_str(self.rest().get(..=end)?).ok()?;
                self.at += end + 1;
                Some(Value::String(text))
            }
            _ => {
                let end = self.rest().bytes().position(|b| b",]}\n".contains(&b))?;
                let text = self.rest().get(..end)?.trim_end();
                self.at += text.len();
                plain(text).filter(|_| !text.contains(": ") && !text.contains(" #"))
            }
        }
    }

    /// Goes past a comma, unless the bracket closes.
    fn separated(&mut self, close: &str) -> Option<()> {
        self.skip(b" \n");
        (self.takes(",") || self.rest().starts_with(close)).then_some(())
    }
}

/// A value without quotes.
fn plain(text: &str) -> Option<Value> {
    let first = text.bytes().next().filter(|b| !SIGNS.contains(b))?;
    if matches!(text, "true" | "false") {
        return Some(Value::Bool(text == "true"));
    }
    if first.is_ascii_digit() {
        if let Ok(number) = text.parse::<u64>() {
            return Some(Value::Number(number.into()));
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        return match text.parse::<f64>() {
            Ok(number) if digits => Number::from_f64(number).map(Value::Number),
            _ => None,
        };
    }
    // What may be a number, or nothing, in another way.
    let is_sign = matches!(first, b'-' | b'+' | b'~') || first == b'.' && text.len() > 1;
    let is_other = is_sign || text.eq_ignore_ascii_case("null");
    (!is_other).then(|| Value::String(text.to_owned()))
}
