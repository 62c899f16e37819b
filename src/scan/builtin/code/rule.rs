//! A rule: ast-grep's YAML, with what newgate needs to know under `metadata`.

use ast_grep_config::{GlobalRules, RuleConfig, RuleConfigError, SerializableRuleConfig, from_str};
use ast_grep_core::Matcher;
use serde::Deserialize;
use serde_json::Value;

use super::dialect::Dialect;
use super::expression;
pub(super) use super::expression::Expression;
use super::shape::Matched;
use super::yaml;
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
    /// If a value is followed, the severity of a parameter of the function, whose callers are unknown.
    pub handed: Option<f64>,
    /// Where a value is followed: the severity of a built string that does not fit `shape`.
    pub unshaped: Option<f64>,
    /// If a value is followed, the severity of one whose text fits `needs`, here or where its name is assigned.
    pub written: Option<f64>,
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
    /// What the text of a built string has where its values are left to the driver, or seldom come from a stranger:
    /// `unshaped` counts then.
    pub bound: Option<String>,
    /// Which data of a request counts: what names it has a part that looks like this.
    pub only: Option<String>,
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

/// What a rule matches.
pub(super) enum Matching {
    /// One of the project, as ast-grep has it.
    Own(Box<RuleConfig<Dialect>>),
    /// One that is compiled in.
    BuiltIn(Box<Matched>),
}

/// What a rule says of itself.
struct Says {
    id: String,
    title: String,
    message: String,
    fix: Option<String>,
    url: Option<String>,
    score: f64,
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
    pub handed: Option<Score>,
    pub unshaped: Option<Score>,
    pub written: Option<Score>,
    pub follow: Option<Follow>,
    pub clean: Option<Expression>,
    pub shape: Option<Expression>,
    pub needs: Option<Expression>,
    pub except: Option<Expression>,
    pub bound: Option<Expression>,
    pub only: Option<Expression>,
    pub host: bool,
    pub matching: Matching,
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
        let stated = metadata(&written).map_err(|what| RuleFault {
            key: "metadata",
            what,
        })?;
        let by_level = match written.severity {
            ast_grep_config::Severity::Error => 8.0,
            ast_grep_config::Severity::Warning => 5.5,
            ast_grep_config::Severity::Info => 3.0,
            _ => 1.0,
        };
        let title = stated.title.clone().unwrap_or_else(|| {
            let words = written.id.replace(['-', '_'], " ");
            words.trim().to_owned()
        });
        let says = Says {
            id: written.id.clone(),
            title,
            message: written.message.clone(),
            fix: written.note.clone(),
            url: written.url.clone(),
            score: stated.score.unwrap_or(by_level),
        };
        let config = RuleConfig::try_from(written, &GlobalRules::default()).map_err(|e| {
            let key = match &e {
                RuleConfigError::Fixer(_) => "fix",
                RuleConfigError::Rewriter(_) => "rewriters",
                RuleConfigError::UndefinedRewriter(_) => "transform",
                RuleConfigError::LabelVariable(_) => "labels",
                _ => "rule",
            };
            let what = chain(&e);
            RuleFault { key, what }
        });
        Rule::of(says, stated, || Ok(Matching::Own(Box::new(config?))))
    }

    /// Makes a rule that is compiled in ready, for a dialect.
    ///
    /// # Errors
    /// It is wrong, or of a form that only a project's rules have; says what.
    pub(super) fn built_in(text: &str, dialect: Dialect) -> Result<Rule, String> {
        let read =
            yaml::read(text).ok_or("it is not written in the part of YAML that is read here")?;
        let Value::Object(mut table) = read else {
            return Err("it is not a table".into());
        };
        let mut take = |key: &str| table.remove(key).unwrap_or_default();
        let stated: Metadata =
            serde_json::from_value(take("metadata")).map_err(|e| format!("`metadata`: {e}"))?;
        let text = |value: Value| value.as_str().map(str::to_owned);
        let says = Says {
            id: text(take("id")).ok_or("it has no `id`")?,
            title: stated.title.clone().ok_or("it has no `title`")?,
            message: text(take("message")).ok_or("it has no `message`")?,
            fix: text(take("note")),
            url: text(take("url")),
            score: stated.score.ok_or("it has no `score`")?,
        };
        let constraints = Some(take("constraints")).filter(|c| !c.is_null());
        let utils = Some(take("utils")).filter(|u| !u.is_null());
        let matched = Matched::of(take("rule"), constraints, utils, dialect)?;
        Rule::of(says, stated, || Ok(Matching::BuiltIn(Box::new(matched)))).map_err(|e| e.what)
    }

    fn of(
        says: Says,
        stated: Metadata,
        matching: impl FnOnce() -> Result<Matching, RuleFault>,
    ) -> Result<Rule, RuleFault> {
        let score = |given: f64| {
            let wrong = || RuleFault {
                key: "metadata",
                what: format!("`{given}` is not a score from 0 to 10"),
            };
            Score::new(given).ok_or_else(wrong)
        };
        let whole = |text: String| format!("^(?:{text})$");
        Ok(Rule {
            id: says.id,
            title: says.title,
            message: says.message,
            fix: says.fix,
            url: says.url,
            cwe: stated.cwe.numbers(),
            score: score(says.score)?,
            built: stated.built.map(score).transpose()?,
            unknown: stated.unknown.map(score).transpose()?,
            handed: stated.handed.map(score).transpose()?,
            unshaped: stated.unshaped.map(score).transpose()?,
            written: stated.written.map(score).transpose()?,
            follow: stated.follow,
            clean: stated.clean.map(whole).map(Expression::new),
            shape: stated.shape.map(Expression::new),
            needs: stated.needs.map(Expression::new),
            except: stated.except.map(Expression::new),
            bound: stated.bound.map(Expression::new),
            only: stated.only.map(Expression::new),
            host: stated.host,
            own: 0,
            matching: matching()?,
        })
    }
}

impl Rule {
    /// Whether it may match something in a file with this text.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        match &self.matching {
            Matching::Own(_) => true,
            Matching::BuiltIn(matched) => matched.may_be_in(text),
        }
    }

    /// The kinds of nodes that it may match in a file with this text.
    pub(super) fn kinds(&self, text: &str) -> Vec<usize> {
        match &self.matching {
            Matching::Own(config) => {
                let kinds = Matcher::potential_kinds(&config.matcher);
                kinds.iter().flatten().collect()
            }
            Matching::BuiltIn(matched) => {
                let kinds = matched.kinds(text).unwrap_or_default();
                kinds.into_iter().map(usize::from).collect()
            }
        }
    }

    /// Checks the expressions that are compiled late.
    pub(super) fn check(&self) -> Result<(), RuleFault> {
        let all = [
            ("clean", &self.clean),
            ("shape", &self.shape),
            ("needs", &self.needs),
            ("except", &self.except),
            ("bound", &self.bound),
            ("only", &self.only),
        ];
        for (name, expression) in all {
            let made = expression.as_ref().map(|e| expression::check(e.text()));
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
