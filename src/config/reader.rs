//! Reads values of TOML and collects every mistake with its place.

use std::ops::Range;
use std::time::Duration;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One mistake in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where, in bytes.
    pub place: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Mistake {
    /// What the reader of TOML says.
    pub(super) fn of_toml(error: &toml::de::Error) -> Mistake {
        Mistake {
            place: error.span().unwrap_or(0..0),
            message: error.message().to_owned(),
            hint: None,
        }
    }
}

/// Reads values, and collects every mistake with its place.
#[derive(Debug, Default)]
pub(super) struct Reader {
    mistakes: Vec<Mistake>,
}

impl Reader {
    /// What was read, unless there were mistakes.
    pub(super) fn finish<T>(mut self, read: T) -> Result<T, Vec<Mistake>> {
        if self.mistakes.is_empty() {
            return Ok(read);
        }
        self.mistakes.sort_by_key(|m| m.place.start);
        Err(self.mistakes)
    }

    pub(super) fn wrong(
        &mut self,
        place: Range<usize>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.mistakes.push(Mistake {
            place,
            message: message.into(),
            hint,
        });
    }

    /// Reports keys that nothing reads, with the nearest one that something does.
    pub(super) fn only(&mut self, table: &DeTable<'_>, known: &[&str], of: &str) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let hint = nearest(name, known).map(|n| format!("did you mean `{n}`?"));
                let listed = format!("known keys are `{}`", known.join("`, `"));
                self.wrong(
                    key.span(),
                    format!("unknown key `{name}` {of}"),
                    Some(hint.unwrap_or(listed)),
                );
            }
        }
    }

    pub(super) fn text<'t>(
        &mut self,
        table: &'t DeTable<'_>,
        key: &str,
    ) -> Option<(&'t str, Range<usize>)> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some((text.as_ref(), value.span())),
            other => {
                self.wrong(
                    value.span(),
                    format!("`{key}` is a text, not {}", article(other)),
                    None,
                );
                None
            }
        }
    }

    pub(super) fn table<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
    ) -> Option<&'t DeTable<'i>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            other => {
                self.wrong(
                    value.span(),
                    format!("`{key}` is a table, not {}", article(other)),
                    None,
                );
                None
            }
        }
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let (text, place) = self.text(table, key)?;
        self.choose(key, text, place, choices)
    }

    fn choose<T: Copy>(
        &mut self,
        key: &str,
        text: &str,
        place: Range<usize>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(n, _)| *n).collect();
        let hint = match nearest(text, &names) {
            Some(name) => format!("did you mean `\"{name}\"`?"),
            None => format!("one of `\"{}\"`", names.join("\"`, `\"")),
        };
        self.wrong(
            place,
            format!("`{text}` is no value of `{key}`"),
            Some(hint),
        );
        None
    }

    /// A list of choices, or one.
    pub(super) fn choices<T: Copy>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Vec<T> {
        let place = table.get(key).map_or(0..0, Spanned::span);
        let words = self.words(table, key);
        let chosen = words
            .iter()
            .filter_map(|w| self.choose(key, w, place.clone(), choices));
        chosen.collect()
    }

    /// A list of texts, or one.
    pub(super) fn words(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        match table.get(key).map(Spanned::get_ref) {
            Some(DeValue::String(text)) => vec![text.as_ref().to_owned()],
            Some(DeValue::Array(values)) if values.is_empty() => {
                let place = table.get(key).map_or(0..0, Spanned::span);
                let what = format!("`{key}` is empty, which could mean nothing or everything");
                self.wrong(
                    place,
                    what,
                    Some("take it out, or name what is meant".into()),
                );
                Vec::new()
            }
            _ => self.texts(table, key),
        }
    }

    /// A list of tables (`[[key]]`).
    pub(super) fn tables<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
    ) -> Vec<&'t DeTable<'i>> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let inner = |v: &'t Spanned<DeValue<'i>>| match v.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        };
        let tables = match value.get_ref() {
            DeValue::Array(values) => values.iter().map(inner).collect(),
            _ => None,
        };
        tables.unwrap_or_else(|| {
            let hint = Some(format!("write `[[{key}]]` for each"));
            self.wrong(value.span(), format!("`{key}` is a list of tables"), hint);
            Vec::new()
        })
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, table: &DeTable<'_>, key: &str) -> Option<i64> {
        let value = table.get(key)?;
        let number = whole_number(value.get_ref()).filter(|n| *n >= 0);
        if number.is_none() {
            self.wrong(
                value.span(),
                format!("`{key}` is a whole number, 0 or more"),
                None,
            );
        }
        number
    }

    /// A number from 0 to `most`.
    pub(super) fn float(&mut self, table: &DeTable<'_>, key: &str, most: f64) -> Option<f64> {
        let value = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            whole => whole_number(whole).map(|n| n as f64),
        };
        let number = number.filter(|n| (0.0..=most).contains(n));
        if number.is_none() {
            self.wrong(
                value.span(),
                format!("`{key}` is a number from 0 to {most}"),
                None,
            );
        }
        number
    }

    pub(super) fn switch(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(on) => Some(*on),
            other => {
                let what = format!("`{key}` is true or false, not {}", article(other));
                self.wrong(value.span(), what, None);
                None
            }
        }
    }

    pub(super) fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let text = |v: &Spanned<DeValue<'_>>| match v.get_ref() {
            DeValue::String(text) => Some(text.as_ref().to_owned()),
            _ => None,
        };
        let texts = match value.get_ref() {
            DeValue::Array(values) => values.iter().map(text).collect(),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            self.wrong(value.span(), format!("`{key}` is a list of texts"), None);
            Vec::new()
        })
    }

    pub(super) fn seconds(&mut self, table: &DeTable<'_>, key: &str) -> Option<Duration> {
        let value = table.get(key)?;
        const MOST: u64 = 7 * 24 * 60 * 60;
        let seconds = match value.get_ref() {
            DeValue::String(text) => duration(text),
            number => whole_number(number)
                .and_then(|n| u64::try_from(n).ok())
                .filter(|n| *n > 0),
        };
        let seconds = seconds.filter(|s| *s <= MOST);
        if seconds.is_none() {
            let hint = Some("seconds as a number, or a text such as `\"90s\"` or `\"5m\"`".into());
            self.wrong(value.span(), format!("`{key}` is not a time"), hint);
        }
        seconds.map(Duration::from_secs)
    }
}

fn duration(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let factor = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .filter(|n| *n > 0)
}

/// A whole number.
pub(super) fn whole_number(value: &DeValue<'_>) -> Option<i64> {
    match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

pub(super) fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let scored = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), *k));
    let (distance, key) = scored.min()?;
    (distance <= 1 + name.len() / 3).then_some(key)
}

/// Writes mistakes for people, each with the lines of the file that it is in.
pub fn render(text: &str, name: &str, mistakes: &[Mistake], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut shown: Vec<String> = Vec::new();
    for mistake in mistakes {
        let length = text.len();
        let place = mistake.place.start.min(length)..mistake.place.end.min(length);
        let snippet = Snippet::source(text)
            .path(name)
            .annotation(AnnotationKind::Primary.span(place));
        let mut group: Group<'_> = Level::ERROR
            .primary_title(mistake.message.as_str())
            .element(snippet);
        if let Some(hint) = &mistake.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        shown.push(renderer.render(&[group]));
    }
    shown.join("\n\n")
}
