//! The search for what rules match in one file, and what each match comes to.

use std::sync::atomic::{AtomicUsize, Ordering};

use ast_grep_core::NodeMatch;
use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::tree_sitter::StrDoc;

use super::aliases::Edits;
use super::dialect::Dialect;
use super::flow::Flow;
use super::followed::{Followed, answers_plainly};
use super::origin::Origin;
use super::parse::{Found, Telling};
use super::rule::{Follow, Matching, Rule};
use super::{NAME, PAGES, parse, place, silenced};
use crate::model::{Finding, Kind, Region, RepoPath, Score, Severity};

/// Longest message of a project's rule, in characters.
const MESSAGE: usize = 500;
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
            Some(follow) => match self.judge(rule, follow, &found) {
                Some((score, origin)) => (score, Some(origin)),
                None => return,
            },
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

    /// Judges a match of a rule that follows values: its score, and where its value comes from; none if it doesn't matter.
    fn judge(
        &mut self,
        rule: &'t Rule,
        follow: &Follow,
        found: &NodeMatch<'t, StrDoc<Dialect>>,
    ) -> Option<(Score, Origin)> {
        let (parsed, dialect, telling) = (self.parsed, self.dialect, &self.telling);
        let flow = self
            .flow
            .get_or_insert_with(|| Flow::of(parsed, dialect, telling));
        let value = Followed::of(rule, follow, found, flow);
        if value.is_shown() && dialect == Dialect::Php {
            let plain = self
                .plain
                .get_or_insert_with(|| answers_plainly(parsed.source()));
            if *plain {
                return None;
            }
        }
        Some((value.score(found.get_node(), dialect)?, value.origin))
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

/// Whether two regions that begin on one line share a place.
fn overlap(one: Region, other: Region) -> bool {
    let begin = |r: Region| (r.line, r.column.unwrap_or(0));
    let end = |r: Region| (r.end_line, r.end_column.unwrap_or(u32::MAX));
    begin(one) < end(other) && begin(other) < end(one)
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
