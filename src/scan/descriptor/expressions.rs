//! The regular expressions of a descriptor, compiled when the first of them is needed: a verdict from
//! the cache needs only those for comments that silence the scanner.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use globset::GlobSet;
use regex::{Regex, RegexBuilder};

use super::files::glob_set;
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

/// The comments that silence a scanner. The expression for one is compiled when a text has its first word.
#[derive(Debug)]
pub(super) struct Markers(Vec<Marker>);

#[derive(Debug)]
struct Marker {
    written: String,
    /// Without it there is no such comment; none if the marker is an expression itself.
    word: Option<String>,
    expression: OnceLock<Regex>,
}

/// The letters outside ASCII whose other case is an ASCII letter: the long s and the kelvin sign.
const FOLDED: [char; 2] = ['\u{17f}', '\u{212a}'];

impl Markers {
    /// Those of a descriptor.
    pub(super) fn of(written: &Written) -> Markers {
        let one = |marker: &String| Marker {
            word: match expression_in(marker) {
                Some(_) => None,
                None => marker.split_whitespace().next().map(str::to_owned),
            },
            written: marker.clone(),
            expression: OnceLock::new(),
        };
        Markers(written.suppressions.iter().map(one).collect())
    }

    /// Compiles all expressions.
    ///
    /// # Errors
    /// One does not compile.
    pub(super) fn check(&self) -> Result<(), String> {
        for marker in &self.0 {
            let _ = marker.expression.set(suppression(&marker.written)?);
        }
        Ok(())
    }

    /// Where such comments begin in a text, in bytes, rising.
    pub(super) fn places(&self, text: &str) -> Vec<usize> {
        let may_fold = !text.is_ascii() && text.contains(FOLDED);
        let mut places = Vec::new();
        for marker in &self.0 {
            let word = marker.word.as_deref().filter(|_| !may_fold);
            if word.is_some_and(|w| !has_word(text, w)) {
                continue;
            }
            let expression = marker.expression.get_or_init(|| {
                suppression(&marker.written).expect("a test compiles those of the catalogue")
            });
            places.extend(expression.find_iter(text).map(|found| found.start()));
        }
        places.sort_unstable();
        places
    }
}

/// Whether a text has a word, in either case of ASCII.
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    // Most texts have few signs and seldom the last of these letters.
    let is_rare = |b: &u8| {
        b"etaoinsrlhdcumpfgybwvkxjzq"
            .iter()
            .position(|c| c.eq_ignore_ascii_case(b))
    };
    let places = word.iter().enumerate();
    let rare = places.max_by_key(|(_, b)| is_rare(b).unwrap_or(usize::MAX));
    let Some((offset, rare)) = rare else {
        return true;
    };
    let (lower, upper) = (rare.to_ascii_lowercase(), rare.to_ascii_uppercase());
    let is_there = |at: usize| {
        let begin = at.checked_sub(offset);
        let there = begin.and_then(|begin| text.get(begin..begin + word.len()));
        there.is_some_and(|t| t.eq_ignore_ascii_case(word))
    };
    match lower == upper {
        true => memchr::memchr_iter(lower, text).any(is_there),
        false => memchr::memchr2_iter(lower, upper, text).any(is_there),
    }
}

/// The expression in a marker between slashes.
fn expression_in(marker: &str) -> Option<&str> {
    marker.strip_prefix('/')?.strip_suffix('/')
}

/// The expression for a comment that silences a scanner: tools take them in either case, and with
/// more or less white space. Between slashes it is an expression itself.
fn suppression(marker: &str) -> Result<Regex, String> {
    let expression = match expression_in(marker) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_found_in_every_way_that_its_expression_allows() {
        let text = "name = \"a\"\ntitle = \"A\"\nhomepage = \"\"\nkind = \"code\"\nscope = \"file\"\nfiles = [\"*.a\"]\n\
                    suppressions = [\"nosec\", \"a: ignore\", '/^#x+/']\n";
        let written: Written = toml::from_str(text).unwrap();
        let markers = Markers::of(&written);
        for (text, places) in [
            ("b NOSEC", vec![2]),
            ("no\u{17f}ec", vec![0]),
            ("A:\n  Ignore", vec![0]),
            ("a: other", vec![]),
            ("\u{3b1}\n#XX nosec nose", vec![3, 7]),
            ("nose", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(markers.places(text), places, "{text}");
        }
        assert_eq!(markers.check(), Ok(()));
    }
}
