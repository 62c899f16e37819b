//! The search for what rules match in one file, and what each match comes to.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use ast_grep_core::Node;
use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::tree_sitter::StrDoc;

use super::aliases::Edits;
use super::dialect::Dialect;
use super::flow::Flow;
use super::origin::{Origin, Question};
use super::parse::Telling;
use super::rule::{Expression, Follow, Matching, Rule};
use super::{NAME, PAGES, parse, place, silenced};
use crate::model::{Finding, Kind, Region, RepoPath, Score, Severity};

/// Longest message of a project's rule, in characters.
const MESSAGE: usize = 500;
/// CWE numbers of weaknesses that a path or an address has: what keeps it within a folder or a site counts.
const PATHS: [u32; 8] = [22, 23, 36, 73, 98, 434, 601, 918];

/// The CWE number of requests that a server makes to an address that a stranger chose.
const REQUESTS: u32 = 918;

/// Those of values that are written into pages, and of redirects.
const SHOWN: [u32; 2] = [79, 601];
/// That of SQL.
const SQL: u32 = 89;

/// A node of a file that is searched.
pub(super) type Found<'t> = Node<'t, StrDoc<Dialect>>;

/// One file, being searched.
pub(super) struct Search<'t> {
    path: &'t RepoPath,
    parsed: &'t parse::Parsed,
    dialect: Dialect,
    /// The nodes that say where values come from.
    telling: Vec<Telling<'t>>,
    /// Read from them once a rule asks for it.
    flow: Option<Flow<'t>>,
    weight: place::Weight,
    /// What was written anew before the file was parsed.
    edits: &'t Edits,
    found: Vec<Match<'t>>,
    /// Whether the answers of a file in PHP are no pages, once a rule asks for it.
    plain: Option<bool>,
    /// See [`Which::current`].
    current: Option<&'t AtomicUsize>,
}

/// What a rule matches.
struct Match<'t> {
    region: Region,
    rule: &'t Rule,
    score: Score,
    origin: Option<Origin>,
    /// The rule's message, with what its variables stand for.
    message: Option<String>,
}

impl<'t> Search<'t> {
    /// The search in a file, before any rule is tried. `current` is where the number of the rule at work is written, and `edits` is what was written anew
    /// before the file was parsed.
    pub(super) fn of(
        path: &'t RepoPath,
        parsed: &'t parse::Parsed,
        telling: Vec<Telling<'t>>,
        dialect: Dialect,
        weight: place::Weight,
        edits: &'t Edits,
        current: Option<&'t AtomicUsize>,
    ) -> Search<'t> {
        Search {
            path,
            parsed,
            dialect,
            telling,
            flow: None,
            weight,
            edits,
            found: Vec::new(),
            plain: None,
            current,
        }
    }

    /// How many places are found so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// How many steps it took so far to follow values.
    pub(super) fn steps(&self) -> u64 {
        self.flow.as_ref().map_or(0, |flow| flow.steps.get())
    }

    /// Keeps a place if a rule matches there, and the values that the rule follows matter.
    pub(super) fn try_rule(&mut self, rule: &'t Rule, node: &Found<'t>) {
        if let Some(current) = self.current {
            current.store(rule.own, Ordering::Relaxed);
        }
        let found = match &rule.matching {
            Matching::Own(config) => config.matcher.match_node(node.clone()),
            Matching::BuiltIn(matched) => matched.match_node(node.clone()),
        };
        let Some(found) = found else {
            return;
        };
        let (score, origin) = match &rule.follow {
            None => (rule.score, None),
            Some(follow) => {
                let values = values(follow, found.get_node(), |name| {
                    let env = found.get_env();
                    let one = env.get_match(name).cloned();
                    match one {
                        Some(one) => vec![one],
                        None => env.get_multiple_matches(name),
                    }
                });
                let (parsed, dialect, telling) = (self.parsed, self.dialect, &self.telling);
                let flow = self
                    .flow
                    .get_or_insert_with(|| Flow::of(parsed, dialect, telling));
                let question = Question {
                    clean: rule.clean.as_ref(),
                    only: rule.only.as_ref(),
                    path: rule.cwe.iter().any(|c| PATHS.contains(c)),
                    host: rule.host,
                    server: rule.cwe.contains(&REQUESTS),
                    linked: rule.cwe.iter().any(|c| SHOWN.contains(c)),
                    sql: rule.cwe.contains(&SQL),
                };
                let mut inner: Vec<_> = values.iter().map(Found::get_inner_node).collect();
                if question.sql {
                    // `where(["a = ?", x])`: the others are values.
                    for node in &mut inner {
                        let value = node.child_by_field_name("value");
                        let list = value.filter(|_| node.kind() == "pair").unwrap_or(*node);
                        let first = list.named_child(0).filter(|_| list.kind() == "array");
                        *node = first.unwrap_or(*node);
                    }
                    // Of several arguments, only the statement counts.
                    if let Some(needs) = rule.needs.as_ref().filter(|_| inner.len() > 1) {
                        inner.retain(|node| flow.looks_like(&[*node], needs));
                    }
                }
                let origins = inner.iter().map(|v| flow.origin(*v, question));
                let origin = origins.max().unwrap_or(Origin::Constant);
                let looks_like =
                    |e: &Option<Expression>| e.as_ref().map(|e| flow.looks_like(&inner, e));
                // Also in the texts that it is put together from.
                let looks_wide = |e: &Option<Expression>| match looks_like(e) {
                    Some(false) => e.as_ref().map(|e| flow.parts_look_like(&inner, e)),
                    other => other,
                };
                let is_page = rule.cwe.first() == Some(&SHOWN[0]);
                if is_page && origin > Origin::Constant && dialect == Dialect::Php {
                    let source = self.parsed.source();
                    let plain = self.plain.get_or_insert_with(|| answers_plainly(source));
                    if *plain {
                        return;
                    }
                }
                let other = origin > Origin::Constant
                    && (looks_wide(&rule.needs) == Some(false)
                        || looks_like(&rule.except) == Some(true));
                let written = rule
                    .written
                    .filter(|_| looks_like(&rule.needs) == Some(true))
                    .filter(|_| looks_like(&rule.except) != Some(true));
                let score = match origin {
                    _ if written.is_some() => written,
                    _ if other => None,
                    Origin::Constant => None,
                    Origin::Own => rule.unknown.or(rule.unshaped),
                    Origin::Unknown => rule.unknown,
                    Origin::Handed => rule.handed.or(rule.unknown),
                    Origin::Built => {
                        let is_bound = looks_like(&rule.bound) == Some(true)
                            || rule.cwe.contains(&SQL) && hands_values(found.get_node(), dialect);
                        match looks_wide(&rule.shape) == Some(false) || is_bound {
                            true => rule.unshaped,
                            false => rule.built.or(rule.unknown),
                        }
                    }
                    Origin::Request => Some(rule.score),
                };
                match score {
                    Some(score) => (score, Some(origin)),
                    None => return,
                }
            }
        };
        let inner = found.get_node().get_inner_node();
        let (start, end) = (inner.start_position(), inner.end_position());
        let number = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        let region = Region {
            line: number(start.row),
            column: Some(number(self.edits.column(inner.start_byte(), start.column))),
            end_line: number(end.row),
            end_column: Some(number(self.edits.column(inner.end_byte(), end.column))),
        };
        let message = match &rule.matching {
            Matching::Own(config) if rule.own > 0 && rule.message.contains('$') => {
                let message = config.get_message(&found);
                Some(message.chars().take(MESSAGE).collect())
            }
            Matching::Own(_) | Matching::BuiltIn(_) => None,
        };
        self.found.push(Match {
            region,
            rule,
            score,
            origin,
            message,
        });
    }

    /// The findings. If several are about one weakness at one place, only the worst.
    ///
    /// # Errors
    /// A finding has no title or no place, which a test excludes.
    pub(super) fn finish(self) -> Result<Vec<Finding>, String> {
        let mut found = self.found;
        found.sort_by(|a, b| {
            let order = |m: &Match<'_>| {
                (
                    m.region.line,
                    std::cmp::Reverse(m.score),
                    m.region.column,
                    m.rule.id.clone(),
                )
            };
            order(a).cmp(&order(b))
        });
        let mut told: Vec<(u32, Region)> = Vec::new();
        let silenced = silenced::Comments::of(self.parsed);
        let mut all = Vec::new();
        for one in found {
            let (region, rule, score) = (one.region, one.rule, one.score);
            let weakness = rule.cwe.first().copied().unwrap_or(0);
            // Those of one line are told apart by their places: in a packed file, all are on one.
            told.retain(|(_, other)| other.line == region.line);
            if weakness > 0 {
                if told
                    .iter()
                    .any(|(w, other)| *w == weakness && overlap(*other, region))
                {
                    continue;
                }
                told.push((weakness, region));
            }
            let weight = self.weight.for_origin(one.origin);
            let finding = Finding::build(NAME, &rule.id, self.path.clone())
                .canonical(canonical(self.dialect, rule, score, weight))
                .kind(Kind::Code)
                .region(Some(region))
                .title(rule.title.clone())
                .message(message(&one, weight))
                .score(Some(weight.of_score(score)))
                .cwe(rule.cwe.clone())
                .fix(rule.fix.clone())
                .url(page(self.dialect, rule))
                .suppressed(silenced.silence(region, &rule.id, &rule.cwe))
                .finish();
            all.push(finding.map_err(|e| e.to_string())?);
        }
        Ok(all)
    }
}

/// Whether a file in PHP says that its answers are no HTML, and holds none.
fn answers_plainly(text: &str) -> bool {
    static PLAIN: LazyLock<Expression> = LazyLock::new(|| {
        let text =
            r"(?i)content-type:\s*(?:text/(?:plain|csv|xml|css|javascript)|application/|image/)";
        Expression::constant(text)
    });
    static HTML: LazyLock<Expression> = LazyLock::new(|| {
        let text = r"(?i)text/html|<(?:html|body|div|form|p|pre|h\d|a|table|span|b|br|script)\b";
        Expression::constant(text)
    });
    PLAIN.is_match(text.as_bytes()) && !HTML.is_match(text.as_bytes())
}

/// Whether two regions that begin on one line share a place.
fn overlap(one: Region, other: Region) -> bool {
    let begin = |r: Region| (r.line, r.column.unwrap_or(0));
    let end = |r: Region| (r.end_line, r.end_column.unwrap_or(u32::MAX));
    begin(one) < end(other) && begin(other) < end(one)
}

/// The values of a match that are followed.
fn values<'t>(
    follow: &Follow,
    node: &Found<'t>,
    named: impl Fn(&str) -> Vec<Found<'t>> + Copy,
) -> Vec<Found<'t>> {
    let arguments = || {
        let list = node.field("arguments");
        // In Python, an f-string alone or a generator stands for the list.
        let list = list.or_else(|| node.children().find(|c| c.kind() == "arguments"));
        list.map_or(Vec::new(), |l| {
            l.named_children()
                .filter(|c| c.kind() != "comment")
                .collect()
        })
    };
    let is_labelled = |n: &Found<'t>| matches!(&*n.kind(), "keyword_argument" | "pair");
    match follow {
        Follow::Several(all) => all.iter().flat_map(|f| values(f, node, named)).collect(),
        Follow::Argument(number) => {
            let mut by_place = arguments().into_iter().filter(|a| !is_labelled(a));
            by_place.nth(number.saturating_sub(1)).into_iter().collect()
        }
        Follow::Named(name) if name == "arguments" => arguments(),
        Follow::Named(name) if name == "itself" => vec![node.clone()],
        Follow::Named(name) if name == "receiver" => {
            let receiver = node.field("receiver").or_else(|| node.field("object"));
            receiver.into_iter().collect()
        }
        Follow::Named(name) if name == "right" => {
            let right = node.field("right").or_else(|| node.field("value"));
            right.into_iter().collect()
        }
        Follow::Named(name) if name.starts_with(|c: char| c.is_ascii_uppercase()) => named(name),
        Follow::Named(name) => arguments()
            .into_iter()
            .filter(|a| {
                let label = a.field("name").or_else(|| a.field("key"));
                label.is_some_and(|l| l.text().trim_matches([':', '"', '\'']) == name)
            })
            .collect(),
    }
}

/// Whether a call hands the values of its SQL over beside it: as drivers of Python take them, and as a list in Go
/// (`db.Query(query, args...)`).
fn hands_values(call: &Found<'_>, dialect: Dialect) -> bool {
    if dialect == Dialect::Go {
        let arguments = call.field("arguments");
        return arguments.is_some_and(|a| a.children().any(|n| n.kind() == "variadic_argument"));
    }
    if dialect != Dialect::Python {
        return false;
    }
    // The second argument of pandas' functions is the connection.
    let callee = call.field("function");
    let is_of_driver = callee.is_none_or(|c| !c.text().contains("read_sql"));
    let is_empty = |n: &Found<'_>| matches!(&*n.kind(), "tuple" | "list") && n.text().len() <= 2;
    let second = values(&Follow::Argument(2), call, |_| Vec::new());
    is_of_driver && second.iter().any(|n| !is_empty(n))
}

/// What stands for the rule across files: what is certain, what is likely, what is only possible, and what is in tests
/// or in packed files are issues of their own, since the worst occurrence of an issue decides on all of them.
fn canonical(dialect: Dialect, rule: &Rule, score: Score, weight: place::Weight) -> String {
    let blocks = matches!(score.severity(), Severity::High | Severity::Critical);
    let part = match weight.name() {
        None if score < rule.score && blocks => ":likely",
        None if score < rule.score => ":possible",
        None => "",
        Some(name) => name,
    };
    // A later newgate may have a rule of the same name.
    let own = if rule.own > 0 { "own:" } else { "" };
    format!("{NAME}:{own}{}:{}{part}", dialect.language(), rule.id)
}

/// The page of a rule, with its examples. The report links its CWE numbers anyway.
fn page(dialect: Dialect, rule: &Rule) -> Option<String> {
    match rule.own {
        0 => Some(format!(
            "{PAGES}/code/{}.md#{}",
            dialect.language(),
            rule.id
        )),
        _ => rule.url.clone(),
    }
}

fn message(one: &Match<'_>, weight: place::Weight) -> String {
    let stated = one.message.as_deref().unwrap_or(&one.rule.message).trim();
    let what = match one.origin {
        Some(Origin::Request) => " The value comes from request data.",
        Some(Origin::Built) => " The value is built from parts that are not constant.",
        Some(Origin::Unknown | Origin::Handed | Origin::Own) => " The value is not a constant.",
        Some(Origin::Constant) | None => "",
    };
    format!("{stated}{what}{}", weight.words())
}
