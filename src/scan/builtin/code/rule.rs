//! A rule: ast-grep's YAML, with what newgate needs to know under `metadata`.

use std::sync::OnceLock;

use ast_grep_config::{GlobalRules, RuleConfig, RuleConfigError, SerializableRuleConfig, from_str};
use regex::bytes::Regex;
use serde::Deserialize;

use super::dialect::Dialect;
use super::names::ascii;
use crate::model::Score;

/// What a rule says under `metadata`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Metadata {
    /// What the weakness is, in a few words.
    pub title: Option<String>,
    /// Its CWE numbers: `78`, `CWE-78`, or a list of them.
    pub cwe: Cwe,
    /// The severity, 0 to 10; where a value is followed, that of data of a request.
    pub score: Option<f64>,
    /// Where a value is followed: the severity of a string that is built from values that are not constant.
    pub built: Option<f64>,
    /// If a value is followed, the severity of any other value that is not constant.
    pub unknown: Option<f64>,
    /// Where a value is followed: the severity of a built string that does not fit `shape`.
    pub unshaped: Option<f64>,
    /// Why it has this severity.
    pub reason: Option<String>,
    /// Which value is followed back to where it comes from: the number of an argument, `arguments` for all
    /// of them, `right` for the right side, the name of a keyword argument, or that of a metavariable.
    pub follow: Option<Follow>,
    /// What the text of a built string looks like for `built` to count, and not `unshaped`.
    pub shape: Option<String>,
    /// What a followed value must look like, wherever it comes from.
    pub needs: Option<String>,
    /// What a followed value looks like that this rule does not mean, wherever it comes from.
    pub except: Option<String>,
    /// What the text of a built string has where its values are left to the driver: `unshaped` counts then.
    pub bound: Option<String>,
    /// Whether only the begin of the followed value counts, which says which host is asked.
    pub host: bool,
    /// Calls whose result is harmless here, whatever goes in: a regular expression over their names.
    pub clean: Option<String>,
    /// Of each list, one word at least stands in a file that the rule finds something in.
    pub words: Vec<Vec<String>>,
    /// Other scanners' rules for the same weakness, `scanner:rule`.
    pub same_as: Vec<String>,
}

/// See [`Metadata::follow`].
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum Follow {
    Argument(usize),
    Named(String),
    Several(Vec<Follow>),
}

/// See [`Metadata::cwe`].
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum Cwe {
    #[default]
    None,
    Number(u32),
    Text(String),
    Several(Vec<Cwe>),
}

impl Cwe {
    fn numbers(&self) -> Vec<u32> {
        match self {
            Cwe::None => Vec::new(),
            Cwe::Number(number) => vec![*number],
            Cwe::Text(text) => {
                let digits: String = text
                    .chars()
                    .skip_while(|c| !c.is_ascii_digit())
                    .take_while(char::is_ascii_digit)
                    .collect();
                digits.parse().into_iter().collect()
            }
            Cwe::Several(all) => all.iter().flat_map(Cwe::numbers).collect(),
        }
    }
}

/// An expression that is compiled when it is first asked for: most rules that may find something do not.
pub(super) struct Expression {
    text: String,
    made: OnceLock<Regex>,
}

impl Expression {
    fn new(text: String) -> Expression {
        Expression {
            text,
            made: OnceLock::new(),
        }
    }

    /// The expression, compiled.
    pub(super) fn get(&self) -> &Regex {
        self.made
            .get_or_init(|| ascii(&self.text).expect("`Rule::check` or a test compiled it"))
    }
}

/// A rule that is ready to run.
pub(super) struct Rule {
    pub id: String,
    pub title: String,
    pub message: String,
    pub fix: Option<String>,
    pub url: Option<String>,
    pub cwe: Vec<u32>,
    pub score: Score,
    pub built: Option<Score>,
    pub unknown: Option<Score>,
    pub unshaped: Option<Score>,
    pub follow: Option<Follow>,
    pub clean: Option<Expression>,
    pub shape: Option<Expression>,
    pub needs: Option<Expression>,
    pub except: Option<Expression>,
    pub bound: Option<Expression>,
    pub host: bool,
    pub config: RuleConfig<Dialect>,
    /// The number of a rule of the project, from 1; 0 for one that is compiled in.
    pub own: usize,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rule").field(&self.id).finish()
    }
}

/// A rule as it is written, not compiled.
pub(super) type Written = SerializableRuleConfig<Dialect>;

/// Why a text is no rule.
#[derive(Debug)]
pub(super) struct NoRule {
    /// The line, from 1, where the reader knows it.
    pub line: Option<usize>,
    pub what: String,
}

impl std::fmt::Display for NoRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

/// Why a rule cannot be compiled.
#[derive(Debug)]
pub(super) struct RuleFault {
    /// The key that is wrong.
    pub key: &'static str,
    pub what: String,
}

impl std::fmt::Display for RuleFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

/// Reads a rule.
pub(super) fn written(text: &str) -> Result<Written, NoRule> {
    let read: Result<Written, _> = from_str(text);
    read.map_err(|e| NoRule {
        line: e
            .location()
            .and_then(|l| usize::try_from(l.line()).ok())
            .filter(|l| *l > 0),
        what: e.to_string(),
    })
}

/// What a written rule says under `metadata`.
pub(super) fn metadata(written: &Written) -> Result<Metadata, String> {
    let Some(stated) = &written.metadata else {
        return Ok(Metadata::default());
    };
    let stated = serde_json::to_value(stated).map_err(|e| e.to_string())?;
    serde_json::from_value(stated).map_err(|e| format!("`metadata`: {e}"))
}

impl Rule {
    /// Compiles a rule for a dialect: one for JavaScript serves TypeScript too.
    pub(super) fn compile(mut written: Written, dialect: Dialect) -> Result<Rule, RuleFault> {
        written.language = dialect;
        let wrong = |what: String| RuleFault {
            key: "metadata",
            what,
        };
        let stated = metadata(&written).map_err(wrong)?;
        let score = |given: f64| {
            let made = Score::new(given);
            made.ok_or_else(|| wrong(format!("`{given}` is not a score from 0 to 10")))
        };
        let by_level = match written.severity {
            ast_grep_config::Severity::Error => 8.0,
            ast_grep_config::Severity::Warning => 5.5,
            ast_grep_config::Severity::Info => 3.0,
            _ => 1.0,
        };
        let whole = |text: String| format!("^(?:{text})$");
        let title = stated.title.clone().unwrap_or_else(|| {
            let words = written.id.replace(['-', '_'], " ");
            words.trim().to_owned()
        });
        Ok(Rule {
            id: written.id.clone(),
            title,
            message: written.message.clone(),
            fix: written.note.clone(),
            url: written.url.clone(),
            cwe: stated.cwe.numbers(),
            score: score(stated.score.unwrap_or(by_level))?,
            built: stated.built.map(score).transpose()?,
            unknown: stated.unknown.map(score).transpose()?,
            unshaped: stated.unshaped.map(score).transpose()?,
            follow: stated.follow,
            clean: stated.clean.map(whole).map(Expression::new),
            shape: stated.shape.map(Expression::new),
            needs: stated.needs.map(Expression::new),
            except: stated.except.map(Expression::new),
            bound: stated.bound.map(Expression::new),
            host: stated.host,
            own: 0,
            config: RuleConfig::try_from(written, &GlobalRules::default()).map_err(|e| {
                let key = match &e {
                    RuleConfigError::Fixer(_) => "fix",
                    RuleConfigError::Rewriter(_) => "rewriters",
                    RuleConfigError::UndefinedRewriter(_) => "transform",
                    RuleConfigError::LabelVariable(_) => "labels",
                    _ => "rule",
                };
                let what = chain(&e);
                RuleFault { key, what }
            })?,
        })
    }
}

impl Rule {
    /// Checks the expressions that are compiled late.
    pub(super) fn check(&self) -> Result<(), RuleFault> {
        let all = [
            ("clean", &self.clean),
            ("shape", &self.shape),
            ("needs", &self.needs),
            ("except", &self.except),
            ("bound", &self.bound),
        ];
        for (name, expression) in all {
            let made = expression.as_ref().map(|e| ascii(&e.text));
            made.transpose().map_err(|e| RuleFault {
                key: "metadata",
                what: format!("`{name}`: {e}"),
            })?;
        }
        Ok(())
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text} {inner}");
        cause = inner.source();
    }
    text
}

/// The schema of a file of rules, from the types that read it.
#[cfg(test)]
pub(crate) fn rule_schema() -> serde_json::Value {
    let mut generator = schemars::generate::SchemaSettings::default().into_generator();
    let stated = generator.subschema_for::<Metadata>();
    let mut schema = generator.into_root_schema_for::<Written>();
    schema.insert(
        "title".into(),
        "A rule of newgate's scanner for code".into(),
    );
    schema.remove("description");
    if let Some(properties) = schema.get_mut("properties").and_then(|p| p.as_object_mut()) {
        properties.insert("metadata".into(), stated.to_value());
        // newgate changes no code.
        for key in ["fix", "rewriters", "labels"] {
            properties.remove(key);
        }
    }
    schema.to_value()
}
