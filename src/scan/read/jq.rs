//! JSON of any shape, through a jq filter (<https://jqlang.org/manual/>, run by jaq).

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use super::characters::decode;
use super::item::Item;
use super::shape::Shape;
use super::split::Split;
use super::{Unreadable, strict, xml_tags};
use crate::scan::descriptor::{Format, Output};

/// How deep a document may be nested: readers of documents call themselves for each level.
const DEEPEST: usize = 120;

/// Checks that a filter can be run.
///
/// # Errors
/// It is not a filter of the jq language.
pub fn check_filter(filter: &str, variables: &[(&str, Value)]) -> Result<(), Unreadable> {
    run(filter, Val::Null, variables, Lists::Strict, |_| {
        Err(Unreadable(String::new()))
    })
    .map_or_else(
        |e| {
            if e.0.starts_with("the filter is not") {
                Err(e)
            } else {
                Ok(())
            }
        },
        Ok,
    )
}

/// A report whose documents are read one at a time; a long document in parts.
pub(super) struct Documents<'t> {
    text: &'t str,
    is_xml: bool,
    shape: Shape,
    /// Its long lists, where the filter reads each element for itself.
    lists: Option<Split>,
}

impl<'t> Documents<'t> {
    /// Takes a report in the format of a descriptor, which names the lists that can be read in parts.
    pub(super) fn of(how: &Output, report: &'t str) -> Result<Documents<'t>, Unreadable> {
        let is_xml = how.format == Format::Xml;
        let mut documents = Documents::whole(report, is_xml)?;
        let paths = how.lists.iter().map(String::as_str);
        let from_filter = how.filter.as_deref().and_then(list_of_filter);
        let paths = match (how.lists.is_empty(), is_xml) {
            (true, false) => paths.chain(from_filter).collect::<Vec<_>>(),
            _ => paths.collect(),
        };
        let paths: Vec<Vec<&str>> = paths
            .into_iter()
            .map(|path| path.split('.').filter(|p| !p.is_empty()).collect())
            .collect();
        documents.lists = match is_xml {
            true => Split::of_xml(documents.text, &paths),
            false => Split::of_json(documents.text, &paths),
        };
        Ok(documents)
    }

    /// Takes a report of which nothing else is known.
    pub(super) fn whole(text: &'t str, is_xml: bool) -> Result<Documents<'t>, Unreadable> {
        // Entities that a document type defines can grow without end.
        if is_xml && text.contains("<!ENTITY") {
            return Err(Unreadable("it defines entities of its own".into()));
        }
        let depth = match is_xml {
            true => xml_tags::depth(text.as_bytes()),
            false => depth_of_json(text.as_bytes()),
        };
        if depth > DEEPEST {
            return Err(Unreadable(format!("it is nested more than {DEEPEST} deep")));
        }
        let shape = match is_xml {
            true => Shape::default(),
            false => Shape::of_json(text)?,
        };
        Ok(Documents {
            text,
            is_xml,
            shape,
            lists: None,
        })
    }

    /// Checks that there is no more than one document.
    ///
    /// # Errors
    /// There are two, and where.
    pub(super) fn are_one(&self) -> Result<(), Unreadable> {
        self.shape.is_one()
    }

    /// Hands on each document, with few elements of its long lists: enough to see what it is.
    pub(super) fn samples(
        &self,
        mut each: impl FnMut(Val) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        if self.is_xml {
            return match &self.lists {
                Some(lists) => values(&lists.sample(self.text), true, &mut each),
                None => values(self.text, true, &mut each),
            };
        }
        match Split::of_fields(self.text) {
            Some(lists) => values(&lists.sample(self.text), false, &mut each),
            None => values(self.text, false, &mut each),
        }
    }

    /// Whether a filter is true for one of the documents.
    pub(super) fn hold(&self, filter: &str) -> Result<bool, Unreadable> {
        let mut found = false;
        self.samples(|document| {
            found = found || holds(filter, &document)?;
            Ok(())
        })?;
        Ok(found)
    }

    /// Runs a filter over the report and passes on each thing that it writes as an item. Returns whether each part is
    /// one of the scanner, by its filter `detect`, which may look at all elements of a list.
    pub(super) fn items(
        &self,
        filter: &str,
        detect: Option<&str>,
        take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
    ) -> Result<bool, Unreadable> {
        // A part of XML is several documents, such as the declaration: one of them is the scanner's.
        let detect = detect.filter(|_| self.lists.is_some() && !self.is_xml);
        let mut is_whole = true;
        let mut each = |document: Val| {
            if let Some(detect) = detect
                && !holds(detect, &document)?
            {
                is_whole = false;
                return Ok(());
            }
            run(filter, document, &[], Lists::Strict, |value| {
                let text = value.to_string();
                take(serde_json::from_str(&text).map_err(|e| {
                    Unreadable(format!("the filter's output is not a finding: {e}"))
                })?)
            })
        };
        match &self.lists {
            Some(lists) => lists
                .parts(self.text)
                .try_for_each(|part| values(&part, self.is_xml, &mut each))?,
            None => values(self.text, self.is_xml, &mut each)?,
        }
        Ok(is_whole)
    }
}

/// The list of which a filter reads each element for itself: `.results[] | ...` sees nothing else of
/// the document.
fn list_of_filter(filter: &str) -> Option<&str> {
    let (path, rest) = filter.trim_start().strip_prefix('.')?.split_once("[]")?;
    let rest = rest.strip_prefix('?').unwrap_or(rest);
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let plain = path.is_empty() || path.split('.').all(is_name);
    (plain && rest.trim_start().starts_with('|')).then_some(path)
}

/// Hands on the documents of a text.
fn values(
    text: &str,
    is_xml: bool,
    each: &mut dyn FnMut(Val) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    if !is_xml {
        return read::parse_many(text.as_bytes())
            .try_for_each(|d| each(d.map_err(|e| Unreadable(format!("it is not JSON: {e}")))?));
    }
    for element in jaq_fmts::read::xml::parse_many(text) {
        let element = element.map_err(|e| Unreadable(format!("it is not XML: {e}")))?;
        // The XML reader does not decode character references.
        let mut value: Value = serde_json::from_str(&element.to_string())
            .map_err(|e| Unreadable(format!("it is not XML: {e}")))?;
        drop(element);
        decode_references(&mut value);
        let text = value.to_string();
        drop(value);
        values(&text, false, each)?;
    }
    Ok(())
}

/// The document of a JSON text, as a list of one or none.
fn json(report: &[u8]) -> Result<Vec<Val>, Unreadable> {
    let mut documents = Vec::new();
    let text = decode(report)?;
    let report = Documents::whole(&text, false)?;
    report.are_one()?;
    values(report.text, false, &mut |document| {
        documents.push(document);
        Ok(())
    })?;
    Ok(documents)
}

/// How deep the lists and objects of a JSON document are nested, at most.
fn depth_of_json(text: &[u8]) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in text {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// How many characters a reference has at most, with its `;`: a number may have zeros in front.
const LONGEST_REFERENCE: usize = 40;

/// Replaces references to characters (XML 1.0, 4.1 and 4.6) in all texts of a value.
fn decode_references(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('&') => {
            let mut out = String::with_capacity(text.len());
            let mut rest = text.as_str();
            while let Some((before, after)) = rest.split_once('&') {
                out.push_str(before);
                // No reference is longer; to look for the end further off would take the square of the text.
                let near = after.char_indices().nth(LONGEST_REFERENCE);
                let near = near.and_then(|(at, _)| after.get(..at)).unwrap_or(after);
                let name = near.split_once(';').map_or("", |(name, _)| name);
                let number = name
                    .strip_prefix('#')
                    .and_then(|n| match n.strip_prefix('x') {
                        Some(hex) => u32::from_str_radix(hex, 16).ok(),
                        None => n.parse().ok(),
                    });
                let character = match name {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => number.and_then(char::from_u32),
                };
                match character {
                    Some(character) => {
                        out.push(character);
                        rest = after.get(name.len() + 1..).unwrap_or("");
                    }
                    None => {
                        out.push('&');
                        rest = after;
                    }
                }
            }
            out.push_str(rest);
            *text = out;
        }
        Value::Array(values) => values.iter_mut().for_each(decode_references),
        Value::Object(fields) => fields.values_mut().for_each(decode_references),
        _ => {}
    }
}

/// Whether a filter is true for a document.
pub(super) fn holds(filter: &str, document: &Val) -> Result<bool, Unreadable> {
    let mut answer = false;
    run(filter, document.clone(), &[], Lists::AsInJq, |value| {
        answer = matches!(value, Val::Bool(true));
        Ok(())
    })?;
    Ok(answer)
}

/// Runs a filter over one JSON document and returns what it writes, as JSON. `variables` are its
/// global ones, with their names (`$page`).
///
/// # Errors
/// The document is not JSON, or the filter fails on it.
pub fn apply(
    filter: &str,
    document: &[u8],
    variables: &[(&str, Value)],
) -> Result<Vec<Value>, Unreadable> {
    let mut values = Vec::new();
    for document in json(document)? {
        run(filter, document, variables, Lists::Strict, |value| {
            let value = serde_json::from_str(&value.to_string())
                .map_err(|e| Unreadable(format!("the filter's output is not JSON: {e}")))?;
            values.push(value);
            Ok(())
        })?;
    }
    Ok(values)
}

type Compiled = jaq_core::Filter<data::JustLut<Val>>;

thread_local! {
    /// The filters that this thread ran, by their texts and variables: a scanner that is started for each
    /// file has its filter compiled once.
    static COMPILED: RefCell<HashMap<(Lists, String), Rc<Compiled>>> = RefCell::default();
}

/// The values that `[]` accepts as a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Lists {
    /// As [`strict`] says: in what reads findings.
    Strict,
    /// As in jq: in what only asks whether a document has the right form.
    AsInJq,
}

fn compiled(
    filter: &str,
    variables: &[(&str, Value)],
    lists: Lists,
) -> Result<Rc<Compiled>, Unreadable> {
    let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
    let key = (lists, format!("{}\0{filter}", names.join("\0")));
    if let Some(known) = COMPILED.with_borrow(|all| all.get(&key).cloned()) {
        return Ok(known);
    }
    let known = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let mut defs: Vec<Def<&str>> = known.collect();
    let broken = || Unreadable("the filter is not valid jq".into());
    let (own, code) = match lists {
        Lists::Strict => (
            strict::definitions(filter).ok_or_else(broken)?,
            strict::MAIN,
        ),
        Lists::AsInJq => (Vec::new(), filter),
    };
    defs.extend(own);
    let funs = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let program = File { code, path: () };
    let modules = Loader::new(defs)
        .load(&arena, program)
        .map_err(|_| broken())?;
    let made = Compiler::default()
        .with_funs(funs)
        .with_global_vars(names)
        .compile(modules)
        .map_err(|_| broken())?;
    let made = Rc::new(made);
    COMPILED.with_borrow_mut(|all| all.insert(key, Rc::clone(&made)));
    Ok(made)
}

fn run(
    filter: &str,
    input: Val,
    variables: &[(&str, Value)],
    lists: Lists,
    mut each: impl FnMut(Val) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let filter = compiled(filter, variables, lists)?;
    let values = variables.iter().map(|(_, value)| match value {
        Value::Number(n) => Val::from(n.as_i64().unwrap_or(0) as isize),
        Value::String(text) => Val::from(text.clone()),
        Value::Null => Val::Null,
        other => read::parse_single(other.to_string().as_bytes()).unwrap_or(Val::Null),
    });
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new(values));
    for value in filter.id.run((context, input)).map(unwrap_valr) {
        each(value.map_err(|e| Unreadable(format!("the filter failed on it: {e}")))?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(report: &[u8]) -> Result<Vec<Val>, Unreadable> {
        let mut elements = Vec::new();
        let text = decode(report)?;
        let report = Documents::whole(&text, true)?;
        values(report.text, true, &mut |element| {
            elements.push(element);
            Ok(())
        })?;
        Ok(elements)
    }

    #[test]
    fn only_a_filter_that_sees_one_element_at_a_time_is_run_in_parts() {
        for (filter, list) in [
            ("\n.results[] | {path: .f}", Some("results")),
            (".a.b[]? | .c", Some("a.b")),
            (".[] | {x}", Some("")),
            (".results[], .others[] | {path}", None),
            ("(.results[] | .x), .y", None),
            (". as $all | .results[] | $all", None),
            (".results | .[]", None),
        ] {
            assert_eq!(list_of_filter(filter), list, "{filter}");
        }
    }

    #[test]
    fn documents_that_are_nested_without_end_are_refused() {
        let json_of = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(json(json_of(100).as_bytes()).is_ok());
        assert!(json("[".repeat(3_000_000).as_bytes()).is_err());
        assert!(json(json_of(3_000).as_bytes()).is_err());
        assert!(json(br#"["[[[[", "\"[[["]"#).is_ok());
        for element in [r#"<a x="/>">"#, "<a><!-- </a> -->", "<a><![CDATA[</a>]]>"] {
            assert!(
                xml(element.repeat(400_000).as_bytes()).is_err(),
                "{element}"
            );
        }
        let many = format!("<r>{}</r>", r#"<a b="&lt;x&gt;"/>"#.repeat(2_000));
        let read = xml(many.as_bytes()).unwrap();
        assert!(read[0].to_string().contains("<x>"));
    }
}
