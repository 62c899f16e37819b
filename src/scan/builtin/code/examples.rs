//! A project's examples for its own rules (`.newgate/rules/RULE.test.yml`): code that a rule must find, and code that
//! it must not find.

use serde::Deserialize;

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
            let sides = [(&examples.invalid, true), (&examples.valid, false)];
            for dialect in dialects {
                let name = RepoPath::from(dialect.example_name());
                for (code, must) in sides
                    .iter()
                    .flat_map(|(l, must)| l.iter().map(|c| (c, *must)))
                {
                    tried += 1;
                    let which = Which {
                        built_in: false,
                        own: Some(self),
                        anywhere: true,
                        current: None,
                    };
                    let first = code.lines().next().unwrap_or_default();
                    let line = text
                        .lines()
                        .position(|l| !first.is_empty() && l.contains(first));
                    let line = line.map_or(1, |l| l + 1);
                    match scan_with(&name, code.as_bytes(), which) {
                        Err(why) => wrong(line, format!("`{first}` could not be checked: {why}")),
                        Ok(found) => match (must, found.iter().any(|f| *f.rule == *examples.id)) {
                            (true, false) => wrong(
                                line,
                                format!("`{}` does not find `{first}`, but should", examples.id),
                            ),
                            (false, true) => wrong(
                                line,
                                format!("`{}` finds `{first}`, but should not", examples.id),
                            ),
                            _ => {}
                        },
                    }
                }
            }
        }
        match mistakes.is_empty() {
            true => Ok(tried),
            false => Err(mistakes),
        }
    }
}
