//! Files that are too long to be parsed. They are read part by part, and only asked whether a rule may find
//! something in them.

use std::io;

use super::dialect::Dialect;
use super::embedded::Page;
use super::{OwnRules, anywhere, disguise, encodings, hidden, parse, rules};
use crate::model::{Finding, RepoPath};
use crate::scan::parts::Parts;

/// What is found in a long file, as [`super::scan`] has it; `None` if it must be in memory as a whole.
///
/// # Errors
/// It cannot be read.
pub(in crate::scan) fn scan_long<'c>(
    path: &RepoPath,
    parts: &mut dyn Parts<'c>,
    own: Option<&OwnRules>,
) -> io::Result<Option<Result<Vec<Finding>, String>>> {
    let mut dialect = None;
    let mut there = Vec::new();
    while let Some(part) = parts.next()? {
        let text = &*part.text;
        if part.number == 0 {
            let is_page = Page::of(path.as_bytes()).is_some();
            if text.len() <= parse::LONGEST || hidden::is_media(path) || is_page {
                return Ok(None);
            }
            // Names and the beginning decide, except about hidden characters.
            match anywhere::find(path, text) {
                Err(why) => return Ok(Some(Err(why))),
                Ok(found) if !found.is_empty() => return Ok(None),
                Ok(_) => {}
            }
            dialect = Dialect::of(path.as_bytes(), text);
        }
        // Hidden characters may be in any part.
        if !text.is_ascii() {
            return Ok(None);
        }
        let Some(dialect) = dialect else {
            break;
        };
        if own.is_some_and(|own| own.has(dialect)) {
            return Ok(None);
        }
        for reading in encodings::readings(text) {
            let text = String::from_utf8_lossy(&reading);
            // The first lines of a file may name its encoding.
            let text = match dialect == Dialect::Python && part.number > 0 {
                true => Ok(text),
                false => disguise::undone(text, dialect),
            };
            let may_find = |text: &str, there: &mut Vec<bool>| {
                rules::may_find(dialect, text.as_bytes(), there)
                    || disguise::may_disguise(text, dialect)
            };
            match text {
                Err(why) => return Ok(Some(Err(why))),
                Ok(text) if may_find(&text, &mut there) => {
                    return Ok(Some(Err(parse::too_long())));
                }
                Ok(_) => {}
            }
        }
    }
    Ok(Some(Ok(Vec::new())))
}
