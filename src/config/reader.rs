//! Reads values of TOML and collects every mistake with its place.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;
use std::time::Duration;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::outline::{ANY_KEY, Outline, Sort};
use crate::model::{harmless, is_unsafe_char, nearest};

/// The version of the files' format.
const VERSION: i64 = 1;

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

/// The mistakes of one file, as they are found.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    found: RefCell<Vec<Mistake>>,
    /// What the reader asks for, where that is what is wanted, and not a file's content.
    outline: Option<Outline>,
}

impl Mistakes {
    /// Notes what the reader asks for.
    pub(super) fn outlining() -> Mistakes {
        Mistakes {
            outline: Some(Outline::default()),
            ..Mistakes::default()
        }
    }

    /// The keys that the reader asked for.
    pub(super) fn into_outline(self) -> Outline {
        self.outline.unwrap_or_default()
    }

    /// What was read, unless there were mistakes: then all of them, in the order of their places.
    pub(super) fn finish<T>(self, read: T) -> Result<T, Vec<Mistake>> {
        let mut mistakes = self.found.into_inner();
        if mistakes.is_empty() {
            return Ok(read);
        }
        mistakes.sort_by_key(|m| m.place.start);
        Err(mistakes)
    }
}

/// What a table is read as that a file does not have, where the reader is asked what it reads.
static EMPTY: LazyLock<DeTable<'static>> = LazyLock::new(DeTable::new);

/// A table of the file. It learns which keys it may have by being asked for them; what nobody asked for
/// when it goes is a mistake.
#[derive(Debug)]
pub(super) struct Table<'a> {
    table: &'a DeTable<'a>,
    mistakes: &'a Mistakes,
    /// Where it stands, for people: ``in `[gate]` ``.
    place: String,
    /// The same in keys: `gate`, `rules[]`.
    path: String,
    asked: RefCell<Vec<String>>,
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        let known: Vec<&str> = asked.iter().map(String::as_str).collect();
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known keys are `{}`", known.join("`, `")),
            };
            let what = format!("unknown key `{name}` {}", self.place);
            self.wrong(key.span(), what, Some(hint));
        }
    }
}

impl<'a> Table<'a> {
    pub(super) fn new(table: &'a DeTable<'a>, mistakes: &'a Mistakes, place: &str) -> Table<'a> {
        Table {
            table,
            mistakes,
            place: place.to_owned(),
            path: String::new(),
            asked: RefCell::default(),
        }
    }

    /// A table below this one, with the key that it is at.
    fn at(&self, key: &str, table: &'a DeTable<'a>, place: &str) -> Table<'a> {
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        Table {
            table,
            mistakes: self.mistakes,
            place: place.to_owned(),
            path,
            asked: RefCell::default(),
        }
    }

    /// A table whose keys the file chooses, for when the reader is asked which keys it reads.
    pub(super) fn sample(&self) -> Option<Table<'a>> {
        self.mistakes.outline.as_ref()?;
        Some(self.at(ANY_KEY, &EMPTY, ""))
    }

    /// Notes of what sort the value of a key is.
    pub(super) fn is(&self, key: &str, sort: impl FnOnce() -> Sort) {
        if let Some(outline) = &self.mistakes.outline {
            outline.note(&self.path, key, sort());
        }
    }

    /// Tells of a mistake.
    pub(super) fn wrong(
        &self,
        place: Range<usize>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.mistakes.found.borrow_mut().push(Mistake {
            place,
            message: message.into(),
            hint,
        });
    }

    /// Reports a mistake in the value of a key.
    pub(super) fn wrong_at(&self, key: &str, message: impl Into<String>, hint: Option<String>) {
        self.wrong(self.place_of(key), message, hint);
    }

    /// Where the value of a key stands; the beginning of the file if it has none.
    fn place_of(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or(0..0, Spanned::span)
    }

    /// Where its first value stands.
    pub(super) fn first(&self) -> Range<usize> {
        self.table.values().next().map_or(0..0, Spanned::span)
    }

    /// Whether it has a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key) || self.mistakes.outline.is_some()
    }

    /// All keys with their values.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)> {
        self.table.iter()
    }

    /// The value of a key, which is known from now on.
    pub(super) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|k| k == key) {
            asked.push(key.to_owned());
        }
        self.is(key, || Sort::Any);
        self.table.get(key)
    }

    /// A text, which must not be another kind of value.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.is(key, || Sort::Text);
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.as_ref()),
            other => {
                let what = format!("`{key}` must be a string, not {}", article(other));
                self.wrong(value.span(), what, None);
                None
            }
        }
    }

    /// A text of its own, without white space around it.
    pub(super) fn word(&self, key: &str) -> Option<String> {
        self.text(key).map(|t| t.trim().to_owned())
    }

    /// A table below this one. `place` says where it stands.
    pub(super) fn table(&self, key: &str, place: &str) -> Option<Table<'a>> {
        self.is(key, || Sort::Table);
        let Some(value) = self.get(key) else {
            let outlines = self.mistakes.outline.is_some();
            return outlines.then(|| self.at(key, &EMPTY, place));
        };
        match value.get_ref() {
            DeValue::Table(inner) => Some(self.at(key, inner, place)),
            other => {
                let what = format!("`{key}` must be a table, not {}", article(other));
                self.wrong(value.span(), what, None);
                None
            }
        }
    }

    /// A list of tables (`[[key]]`).
    pub(super) fn tables(&self, key: &str) -> Vec<Table<'a>> {
        self.is(key, || Sort::Tables);
        let Some(value) = self.get(key) else {
            let outlines = self.mistakes.outline.is_some();
            return outlines
                .then(|| self.at(key, &EMPTY, ""))
                .into_iter()
                .collect();
        };
        let place = format!("in `[[{key}]]`");
        let inner = |v: &'a Spanned<DeValue<'a>>| match v.get_ref() {
            DeValue::Table(table) => Some(Table::new(table, self.mistakes, &place)),
            _ => None,
        };
        let tables = match value.get_ref() {
            DeValue::Array(values) if values.iter().all(|v| v.get_ref().is_table()) => {
                Some(values.iter().filter_map(inner).collect())
            }
            _ => None,
        };
        tables.unwrap_or_else(|| {
            let hint = Some(format!("write `[[{key}]]` for each"));
            self.wrong(
                value.span(),
                format!("`{key}` must be a list of tables"),
                hint,
            );
            Vec::new()
        })
    }

    /// The table that a value below this one is. `place` says where it stands.
    pub(super) fn below(&self, table: &'a DeTable<'a>, place: &str) -> Table<'a> {
        Table::new(table, self.mistakes, place)
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        self.is(key, || Sort::choice(choices));
        let text = self.text(key)?;
        self.choose(key, text, choices)
    }

    fn choose<T: Copy>(&self, key: &str, text: &str, choices: &[(&str, T)]) -> Option<T> {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(n, _)| *n).collect();
        let hint = match nearest(text, names.iter().copied()) {
            Some(name) => format!("did you mean `\"{name}\"`?"),
            None => format!("one of `\"{}\"`", names.join("\"`, `\"")),
        };
        let what = format!("`{text}` is not a value of `{key}`");
        self.wrong_at(key, what, Some(hint));
        None
    }

    /// A list of choices, or one.
    pub(super) fn choices<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Vec<T> {
        self.is(key, || Sort::choices(choices));
        let words = self.words(key);
        words
            .iter()
            .filter_map(|w| self.choose(key, w, choices))
            .collect()
    }

    /// A list of texts, or one.
    pub(super) fn words(&self, key: &str) -> Vec<String> {
        self.is(key, || Sort::Words);
        match self.get(key).map(Spanned::get_ref) {
            Some(DeValue::String(text)) => vec![text.as_ref().to_owned()],
            Some(DeValue::Array(values)) if values.is_empty() => {
                let what = format!("`{key}` is empty, which could mean nothing or everything");
                let hint = "remove it, or list what is meant";
                self.wrong_at(key, what, Some(hint.into()));
                Vec::new()
            }
            _ => self.texts(key),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        self.is(key, || Sort::Texts);
        let Some(value) = self.get(key) else {
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
            self.wrong(
                value.span(),
                format!("`{key}` must be a list of strings"),
                None,
            );
            Vec::new()
        })
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.is(key, || Sort::Number);
        let value = self.get(key)?;
        let number = whole_number(value.get_ref()).filter(|n| *n >= 0);
        if number.is_none() {
            let what = format!("`{key}` must be a whole number, 0 or more");
            self.wrong(value.span(), what, None);
        }
        number
    }

    /// A number from 0 to `most`.
    pub(super) fn float(&self, key: &str, most: f64) -> Option<f64> {
        self.is(key, || Sort::Float(most));
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            whole => whole_number(whole).map(|n| n as f64),
        };
        let number = number.filter(|n| (0.0..=most).contains(n));
        if number.is_none() {
            let what = format!("`{key}` must be a number from 0 to {most}");
            self.wrong(value.span(), what, None);
        }
        number
    }

    /// True or false.
    pub(super) fn switch(&self, key: &str) -> Option<bool> {
        self.is(key, || Sort::Switch);
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(on) => Some(*on),
            other => {
                let what = format!("`{key}` must be true or false, not {}", article(other));
                self.wrong(value.span(), what, None);
                None
            }
        }
    }

    /// A time of at most a week, in seconds or as a text such as `5m`.
    pub(super) fn seconds(&self, key: &str) -> Option<Duration> {
        const MOST: u64 = 7 * 24 * 60 * 60;
        self.is(key, || Sort::Time);
        let value = self.get(key)?;
        let seconds = match value.get_ref() {
            DeValue::String(text) => duration(text),
            number => whole_number(number)
                .and_then(|n| u64::try_from(n).ok())
                .filter(|n| *n > 0),
        };
        let seconds = seconds.filter(|s| *s <= MOST);
        if seconds.is_none() {
            let hint =
                Some("use seconds as a number, or a string such as `\"90s\"` or `\"5m\"`".into());
            self.wrong(value.span(), format!("`{key}` is not a time"), hint);
        }
        seconds.map(Duration::from_secs)
    }

    /// The format's version, which must be the one that this program reads.
    pub(super) fn version(&self) {
        self.is("version", || Sort::Version(VERSION));
        let Some(value) = self.get("version") else {
            return;
        };
        match whole_number(value.get_ref()) {
            Some(VERSION) => {}
            Some(newer) if newer > VERSION => self.wrong(
                value.span(),
                format!("this file has version {newer}, but this newgate reads version {VERSION}"),
                Some("install a newer newgate".into()),
            ),
            _ => self.wrong(value.span(), format!("`version` is {VERSION}"), None),
        }
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

/// Writes mistakes for people, each with its lines of the file.
pub fn render(text: &str, name: &str, mistakes: &[Mistake], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    // As many bytes as before, so that places stay what they are. The renderer sees to ASCII itself.
    let visible = |c: char| match (is_unsafe_char(c), c.len_utf8()) {
        (true, 2) => '\u{b7}',
        (true, 3) => '\u{fffd}',
        _ => c,
    };
    let text: &str = &text.chars().map(visible).collect::<String>();
    let mut shown: Vec<String> = Vec::new();
    for mistake in mistakes {
        let length = text.len();
        let place = mistake.place.start.min(length)..mistake.place.end.min(length);
        let snippet = Snippet::source(text)
            .path(name)
            .annotation(AnnotationKind::Primary.span(place));
        let message = harmless(&mistake.message);
        let mut group: Group<'_> = Level::ERROR
            .primary_title(message.as_str())
            .element(snippet);
        if let Some(hint) = &mistake.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        shown.push(renderer.render(&[group]));
    }
    shown.join("\n\n")
}
