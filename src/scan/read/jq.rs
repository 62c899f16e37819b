//! JSON of any shape, through a jq filter (<https://jqlang.org/manual/>, run by jaq).

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};

use super::Unreadable;
use super::raw::Item;

/// Checks that a filter can be run.
///
/// # Errors
/// It is not a filter of the jq language.
pub fn check_filter(filter: &str) -> Result<(), Unreadable> {
    run(filter, Val::Null, |_| Err(Unreadable(String::new()))).map_or_else(
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

/// Runs a filter over each document of an output; each thing that it writes is an item.
pub(super) fn items(filter: &str, output: &[u8]) -> Result<Vec<Item>, Unreadable> {
    let mut items = Vec::new();
    for document in read::parse_many(output) {
        let document = document.map_err(|e| Unreadable(format!("it is not JSON: {e}")))?;
        run(filter, document, |value| {
            let text = value.to_string();
            let item = serde_json::from_str(&text).map_err(|e| {
                Unreadable(format!(
                    "the filter wrote something that is no finding: {e}"
                ))
            })?;
            items.push(item);
            Ok(())
        })?;
    }
    Ok(items)
}

/// Whether a filter is true for the first document of an output.
pub(super) fn holds(filter: &str, output: &[u8]) -> Result<bool, Unreadable> {
    let Some(document) = read::parse_many(output).next() else {
        return Ok(false);
    };
    let document = document.map_err(|e| Unreadable(format!("it is not JSON: {e}")))?;
    let mut answer = false;
    run(filter, document, |value| {
        answer = matches!(value, Val::Bool(true));
        Ok(())
    })?;
    Ok(answer)
}

fn run(
    filter: &str,
    input: Val,
    mut each: impl FnMut(Val) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let defs = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let funs = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let program = File {
        code: filter,
        path: (),
    };
    let broken = || Unreadable("the filter is not one of the jq language".into());
    let modules = Loader::new(defs)
        .load(&arena, program)
        .map_err(|_| broken())?;
    let filter = Compiler::default()
        .with_funs(funs)
        .compile(modules)
        .map_err(|_| broken())?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    for value in filter.id.run((context, input)).map(unwrap_valr) {
        each(value.map_err(|e| Unreadable(format!("the filter failed on it: {e}")))?)?;
    }
    Ok(())
}
