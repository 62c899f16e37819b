//! A project's examples for its own rules (`.newgate/rules/RULE.test.yml`): code that a rule must find, and code that
//! it must not find.

use serde::Deserialize;

use super::dialect::Dialect;
use super::own::{OwnRules, RuleMistake, is_example_file};
use super::{Which, scan_with};
use crate::model::RepoPath;

/// The format of ast-grep's tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    /// The rule's name.
    id: String,
    /// Code that it finds nothing in.
    #[serde(default)]
    valid: Vec<String>,
    /// Code that it finds.
    #[serde(default)]
    invalid: Vec<String>,
}

impl Examples {
    /// Each, with whether the rule must find it.
    fn sides(&self) -> impl Iterator<Item = (&str, bool)> {
        let must = self.invalid.iter().map(|code| (code.as_str(), true));
        must.chain(self.valid.iter().map(|code| (code.as_str(), false)))
    }
}

impl OwnRules {
    /// Tries the rules on their examples: paths and contents; returns how many there are.
    ///
    /// # Errors
    /// All examples that a rule is wrong about.
    pub fn try_examples<'f>(
        &self,
        files: impl Iterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<usize, Vec<RuleMistake>> {
        let (mut mistakes, mut tried) = (Vec::new(), 0);
        for (path, content) in files.filter(|(path, _)| is_example_file(path)) {
            let text = String::from_utf8_lossy(content);
            let mut wrong = |line, what: String| {
                let path = path.to_owned();
                mistakes.push(RuleMistake { path, line, what });
            };
            let examples: Examples = match ast_grep_config::from_str(&text) {
                Ok(examples) => examples,
                Err(e) => {
                    let line = e
                        .location()
                        .map_or(1, |l| usize::try_from(l.line()).unwrap_or(1).max(1));
                    wrong(line, e.to_string());
                    continue;
                }
            };
            let dialects = self.dialects_of(&examples.id);
            if dialects.is_empty() {
                wrong(1, format!("there is no rule `{}`", examples.id));
            }
            for dialect in dialects {
                for (code, must) in examples.sides() {
                    tried += 1;
                    if let Err((line, what)) =
                        self.try_example(&examples.id, dialect, code, must, &text)
                    {
                        wrong(line, what);
                    }
                }
            }
        }
        match mistakes.is_empty() {
            true => Ok(tried),
            false => Err(mistakes),
        }
    }

    /// Tries a rule on one of its examples, which stands in a text.
    ///
    /// # Errors
    /// The line of the example, and what is wrong.
    fn try_example(
        &self,
        rule: &str,
        dialect: Dialect,
        code: &str,
        must: bool,
        text: &str,
    ) -> Result<(), (usize, String)> {
        let which = Which {
            built_in: false,
            own: Some(self),
            anywhere: true,
            current: None,
        };
        let first = code.lines().next().unwrap_or_default();
        let wrong = |what| {
            let is_first = |l: &str| !first.is_empty() && l.contains(first);
            let line = text.lines().position(is_first);
            Err((line.map_or(1, |l| l + 1), what))
        };
        let name = RepoPath::from(dialect.example_name());
        match scan_with(&name, code.as_bytes(), which) {
            Err(why) => wrong(format!("`{first}` could not be checked: {why}")),
            Ok(found) => match (must, found.iter().any(|f| *f.rule == *rule)) {
                (true, false) => wrong(format!("`{rule}` does not find `{first}`, but should")),
                (false, true) => wrong(format!("`{rule}` finds `{first}`, but should not")),
                _ => Ok(()),
            },
        }
    }
}
