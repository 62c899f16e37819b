//! The regular expressions of a descriptor, compiled when the first of them is needed: a verdict from
//! the cache needs only those for comments that silence the scanner.

use std::collections::BTreeMap;

use globset::GlobSet;
use regex::{Regex, RegexBuilder};

use super::glob_set;
use super::written::Written;
use crate::model::Score;

/// A descriptor's expressions.
#[derive(Debug, Default)]
pub(super) struct Expressions {
    pub(super) aliases: Vec<(Regex, String)>,
    pub(super) secrets: BTreeMap<String, Regex>,
    pub(super) when: BTreeMap<String, Vec<(Regex, Score)>>,
    pub(super) when_other: Vec<(Regex, Score)>,
    pub(super) title_of_other: Option<Regex>,
    pub(super) passes_over: Vec<(GlobSet, Vec<Regex>)>,
    pub(super) skips: Vec<Regex>,
    pub(super) error_lines: Vec<Regex>,
    pub(super) version: Option<Regex>,
    pub(super) database: Option<Regex>,
}

impl Expressions {
    /// Compiles all of them.
    pub(super) fn compile(written: &Written) -> Result<Expressions, String> {
        let compile =
            |pattern: &str, what: &str| Regex::new(pattern).map_err(|e| format!("{what}: {e}"));
        let mut all = Expressions::default();
        for alias in &written.alias {
            let pattern = compile(&format!("^(?:{})$", alias.rule), "`alias`")?;
            all.aliases.push((pattern, alias.means.clone()));
        }
        for (rule, data) in &written.rules {
            for case in &data.when {
                let pattern = compile(&case.message, "`when`")?;
                let cases = all.when.entry(rule.clone()).or_default();
                cases.push((pattern, case.score));
            }
            if let Some(pattern) = &data.secret {
                let pattern = compile(pattern, "`secret`")?;
                all.secrets.insert(rule.clone(), pattern);
            }
        }
        for case in written.other_rules.iter().flat_map(|o| &o.when) {
            let pattern = compile(&case.message, "`when`")?;
            all.when_other.push((pattern, case.score));
        }
        let title = written.other_rules.as_ref().and_then(|o| o.title.as_ref());
        let title = title.map(|t| compile(&format!("^(?:{t})$"), "the `title` of `other-rules`"));
        all.title_of_other = title.transpose()?;
        for passed in written.program.iter().flat_map(|p| &p.passes_over) {
            let globs = glob_set(&passed.files).map_err(|e| format!("`passes-over`: {e}"))?;
            let patterns = passed.containing.iter();
            let patterns = patterns.map(|p| compile(p, "`passes-over`"));
            let patterns: Result<Vec<Regex>, String> = patterns.collect();
            all.passes_over.push((globs, patterns?));
        }
        for pattern in written.program.iter().flat_map(|p| &p.skips) {
            all.skips.push(compile(pattern, "`skips`")?);
        }
        for pattern in written.output.iter().flat_map(|o| &o.error_lines) {
            all.error_lines.push(compile(pattern, "`error-lines`")?);
        }
        if let Some(program) = &written.program {
            all.version = Some(compile(&program.version_pattern, "`version-pattern`")?);
            let database = program.database.as_ref().and_then(|d| d.pattern.as_ref());
            let compiled = database.map(|p| compile(p, "the `pattern` of `database`"));
            all.database = compiled.transpose()?;
        }
        Ok(all)
    }
}

/// The expressions for comments that silence a scanner.
pub(super) fn suppressions(written: &Written) -> Result<Vec<Regex>, String> {
    written
        .suppressions
        .iter()
        .map(|m| suppression(m))
        .collect()
}

/// The expression for a comment that silences a scanner: tools take them in either case, and with
/// more or less white space. Between slashes it is an expression itself.
fn suppression(marker: &str) -> Result<Regex, String> {
    let expression = match marker.strip_prefix('/').and_then(|m| m.strip_suffix('/')) {
        Some(expression) => expression.to_owned(),
        None => {
            let words: Vec<String> = marker.split_whitespace().map(regex::escape).collect();
            words.join(r"\s*")
        }
    };
    let built = RegexBuilder::new(&expression)
        .case_insensitive(true)
        .multi_line(true)
        .build();
    built.map_err(|e| format!("`suppressions`: {e}"))
}
