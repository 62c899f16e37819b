//! A descriptor, read and checked.

use std::sync::Arc;

use super::expressions::{Expressions, Markers};
use super::files::glob_set;
use super::written::Written;
use super::{Descriptor, Engine, Format, ReportIn, Scope};
use crate::error::{Error, ErrorKind};

/// What helps against mistakes in a descriptor.
const HINT: &str = "`newgate config schema scanner` prints all fields of a descriptor";

fn mistake(place: &str, what: &str) -> Error {
    let text = format!("scanner descriptor `{place}`: {what}");
    Error::new(ErrorKind::Config, text).hint(HINT)
}

impl Descriptor {
    /// Reads a descriptor. `place` names the file in errors.
    ///
    /// # Errors
    /// It is not TOML, has an unknown or missing field, or an expression that does not compile.
    pub fn parse(text: &str, place: &str) -> Result<Descriptor, Error> {
        let descriptor = Descriptor::parse_checked(text, place)?;
        let wrong = |what: String| mistake(place, &what);
        let expressions = Expressions::compile(&descriptor.written).map_err(wrong)?;
        let _ = descriptor.expressions.set(Arc::new(expressions));
        let silencing = Markers::of(&descriptor.written);
        silencing.check().map_err(wrong)?;
        let _ = descriptor.silencing.set(Arc::new(silencing));
        Ok(descriptor)
    }

    /// Reads one whose expressions are known to compile.
    ///
    /// # Errors
    /// It is not TOML, or has an unknown or missing field.
    pub(in crate::scan) fn parse_checked(text: &str, place: &str) -> Result<Descriptor, Error> {
        let wrong = |what: String| mistake(place, &what);
        let written: Written = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let (not, files): (Vec<String>, Vec<String>) = written
            .files
            .iter()
            .cloned()
            .partition(|g| g.starts_with('!'));
        let not: Vec<String> = not
            .iter()
            .filter_map(|g| g.strip_prefix('!'))
            .map(str::to_owned)
            .collect();
        let not = glob_set(&not).map_err(|e| wrong(format!("`files`: {e}")))?;
        let globs = glob_set(&files).map_err(|e| wrong(format!("`files`: {e}")))?;
        let each = written.program.iter().flat_map(|p| &p.each);
        let each = glob_set(each).map_err(|e| wrong(format!("`each`: {e}")))?;
        check(&written).map_err(wrong)?;
        let plain = |n: &str| {
            n.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if written.name.is_empty() || !plain(&written.name) {
            return Err(wrong(
                "`name` may have lower-case letters, digits and `-`".into(),
            ));
        }
        Ok(Descriptor {
            globs,
            not,
            each,
            ..Descriptor::of(written)
        })
    }
}

/// What a descriptor must have besides what its fields' types say.
fn check(written: &Written) -> Result<(), String> {
    if let Some(output) = &written.output
        && output.format != Format::Sarif
        && output.filter.is_none()
    {
        return Err("the formats `json` and `xml` need a `filter`".into());
    }
    if matches!(written.engine, Engine::Secrets | Engine::Code) {
        return Ok(());
    }
    let Some(output) = &written.output else {
        return Err("a table `[output]` is missing".into());
    };
    let program = match (&written.program, written.engine) {
        (Some(program), Engine::Program) => program,
        (None, Engine::None) => return Ok(()),
        (None, _) => return Err("a table `[program]` is missing".into()),
        (Some(_), _) => return Err("an `engine` of `none` has no `[program]`".into()),
    };
    if written.files.is_empty() {
        return Err("`files` names no files".into());
    }
    let has = |what: &str| program.command.iter().skip(1).any(|a| a.contains(what));
    let inputs = ["{files}", "{file}", "{stage}"];
    let named = inputs.iter().filter(|i| has(i)).count();
    if named != 1 && program.each.is_empty() {
        return Err("`command` must have one of `{files}`, `{file}` and `{stage}`".into());
    }
    if !program.each.is_empty() && written.scope == Scope::File {
        return Err("`each` is for the scope `project`".into());
    }
    if has("{report}") != (output.from == ReportIn::File) {
        return Err("`{report}` in `command` and `from = \"file\"` belong together".into());
    }
    if let Some(database) = &program.database
        && database.args.is_empty() != database.pattern.is_none()
    {
        return Err("`database` needs both `args` and `pattern`, or neither".into());
    }
    let both = |code: &&i32| program.exit_clean.contains(code);
    if let Some(code) = program.exit_findings.iter().find(both) {
        return Err(format!("{code} is in `exit-clean` and in `exit-findings`"));
    }
    Ok(())
}
