//! The scanner inside newgate for code: weaknesses in Python, JavaScript, TypeScript, Go, Java, PHP and Ruby.
//!
//! A search for the words of all rules (Aho-Corasick) tells which rules may find something in a file; most
//! files are done with that. The others are parsed (tree-sitter), and those rules alone are compiled and
//! matched (ast-grep). A rule may name a value of its match; [`flow`] then tells where that value comes
//! from, and so whether and how much it matters.

mod dialect;
mod disguise;
mod examples;
mod flow;
mod hidden;
mod json;
mod kinds;
mod listed;
mod locks;
mod names;
mod origin;
mod own;
mod parse;
mod place;
mod rule;
mod rules;
mod silenced;
mod starts;
mod watched;

use std::sync::atomic::{AtomicUsize, Ordering};

use ast_grep_core::Node;
use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::tree_sitter::StrDoc;

use super::encodings;
use crate::model::{Finding, Kind, Region, RepoPath, Score};
use dialect::Dialect;
use flow::Flow;
use origin::Origin;
use rule::{Expression, Follow, Rule};

pub use locks::{in_lock_file, is_lock_file, is_same_lock_file};
pub use own::{OwnFacts, OwnRules, RuleMistake, is_rule_file};
pub(in crate::scan) use rules::REVISION;
pub(in crate::scan) use watched::{Watched, scan_watched};

/// The name of the scanner in the catalogue.
const NAME: &str = "code";
/// Most findings in one file.
const MOST: usize = 2_000;
/// How many steps may go into following the values of one file, with one for each of its bytes. Most values take less
/// than twenty.
const STEPS: u64 = 200_000;
/// Longest message of a project's rule, in characters.
const MESSAGE: usize = 500;

type Found<'t> = Node<'t, StrDoc<Dialect>>;

/// Finds the weaknesses in a file's content.
///
/// # Errors
/// The file is beyond a limit, so that its weaknesses are unknown; says which.
pub fn scan(path: &RepoPath, content: &[u8]) -> Result<Vec<Finding>, String> {
    scan_with(path, content, Which::BUILT_IN)
}

/// Which rules are asked.
#[derive(Clone, Copy)]
struct Which<'r> {
    /// Those that are compiled in.
    built_in: bool,
    /// Those of the project.
    own: Option<&'r OwnRules>,
    /// These count whatever they say about paths.
    anywhere: bool,
    /// Where the number of the one that is at work is written.
    current: Option<&'r AtomicUsize>,
}

impl Which<'_> {
    const BUILT_IN: Which<'static> = Which {
        built_in: true,
        own: None,
        anywhere: false,
        current: None,
    };
}

fn scan_with(path: &RepoPath, content: &[u8], which: Which<'_>) -> Result<Vec<Finding>, String> {
    let mut all = match which.built_in {
        true => anywhere(path, content)?,
        false => Vec::new(),
    };
    all.extend(in_code(path, content, which)?);
    Ok(all)
}

/// What is found in files of any kind, by other means than rules.
struct Hit {
    rule: &'static str,
    line: u32,
    score: f64,
    cwe: Vec<u32>,
    title: String,
    message: String,
    fix: String,
    /// What makes it another one although it stands at the same place.
    identity: Option<String>,
}

/// Finds code that starts by itself or cannot be seen.
fn anywhere(path: &RepoPath, content: &[u8]) -> Result<Vec<Finding>, String> {
    let name = String::from_utf8_lossy(path.as_bytes());
    let mut hits = Vec::new();
    let weight = place::Weight::of(path, content);
    hidden::find(&name, content, weight, &mut hits);
    starts::find(&name, content, weight, &mut hits)?;
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(content);
    let comments = silenced::Comments::of(&text);
    let findings = hits.into_iter().map(|hit| {
        let (line, rule) = (Region::line(hit.line), hit.rule);
        let mut finding = finding_of(path, hit)?;
        finding.suppressed = comments.own(line, rule);
        Ok(finding)
    });
    findings.collect()
}

fn finding_of(path: &RepoPath, hit: Hit) -> Result<Finding, String> {
    let identity = hit.identity.map(|i| blake3::hash(i.as_bytes()).to_hex());
    let identity = identity.map_or(String::new(), |i| format!(":{i:.12}"));
    Finding::build(NAME, hit.rule, path.clone())
        .canonical(format!("{NAME}:{}{identity}", hit.rule))
        .kind(Kind::Code)
        .region(Some(Region::line(hit.line)))
        .title(hit.title)
        .message(hit.message)
        .score(Score::new(hit.score))
        .cwe(hit.cwe)
        .fix(Some(hit.fix))
        .finish()
        .map_err(|e| e.to_string())
}

fn in_code(path: &RepoPath, content: &[u8], which: Which<'_>) -> Result<Vec<Finding>, String> {
    let Some(dialect) = Dialect::of(path.as_bytes(), content) else {
        return Ok(Vec::new());
    };
    // A file without NUL bytes is read in one way only.
    let mut all: Vec<Finding> = Vec::new();
    for reading in encodings::readings(content) {
        for finding in scan_reading(path, &reading, dialect, which)? {
            let known = |f: &Finding| f.rule == finding.rule && f.line() == finding.line();
            if !all.iter().any(known) || !content.contains(&0) {
                all.push(finding);
            }
        }
    }
    Ok(all)
}

fn scan_reading(
    path: &RepoPath,
    content: &[u8],
    dialect: Dialect,
    which: Which<'_>,
) -> Result<Vec<Finding>, String> {
    let text = disguise::undone(String::from_utf8_lossy(content), dialect)?;
    let mut rules: Vec<&Rule> = match which.built_in {
        true => rules::that_may_find(dialect, text.as_bytes())?,
        false => Vec::new(),
    };
    if let Some(own) = which.own {
        rules.extend(own.that_may_find(dialect, path, &text, which.anywhere));
    }
    let may_disguise = disguise::may_disguise(&text, dialect);
    if rules.is_empty() && !may_disguise {
        return Ok(Vec::new());
    }
    let parsed = parse::parse(text.into_owned(), dialect)?;
    let mut by_kind: Vec<Vec<&Rule>> = Vec::new();
    for rule in rules {
        let kinds = ast_grep_core::Matcher::potential_kinds(&rule.config.matcher);
        for kind in kinds.iter().flatten() {
            if by_kind.len() <= kind {
                by_kind.resize_with(kind + 1, Vec::new);
            }
            by_kind[kind].push(rule);
        }
    }
    let of_kind = |kind: u16| by_kind.get(usize::from(kind)).filter(|r| !r.is_empty());
    let nodes = parse::nodes(&parsed, |kind| of_kind(kind).is_some())?;
    if may_disguise && let Some(why) = disguise::disguised(&parsed) {
        return Err(why);
    }
    let mut search = Search {
        path,
        parsed: &parsed,
        dialect,
        flow: None,
        weight: place::Weight::of(path, content),
        found: Vec::new(),
        current: which.current,
    };
    for node in nodes {
        let rules = of_kind(node.kind_id());
        let node = parsed.adopt(node);
        for rule in rules.into_iter().flatten() {
            search.try_rule(rule, &node);
        }
        if search.found.len() > MOST {
            return Err(format!("it has more than {MOST} weaknesses"));
        }
        let steps = search.flow.as_ref().map_or(0, |f| f.steps.get());
        if steps > STEPS + content.len() as u64 {
            return Err("it takes too long to follow its values".into());
        }
    }
    search.finish()
}

/// One file, being searched.
struct Search<'t> {
    path: &'t RepoPath,
    parsed: &'t parse::Parsed,
    dialect: Dialect,
    /// Read once a rule asks for it.
    flow: Option<Flow<'t>>,
    weight: place::Weight,
    found: Vec<Match<'t>>,
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
    fn try_rule(&mut self, rule: &'t Rule, node: &Found<'t>) {
        if let Some(current) = self.current {
            current.store(rule.own, Ordering::Relaxed);
        }
        let Some(found) = rule.config.matcher.match_node(node.clone()) else {
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
                let (parsed, dialect) = (self.parsed, self.dialect);
                let flow = self.flow.get_or_insert_with(|| Flow::of(parsed, dialect));
                let clean = rule.clean.as_ref().map(Expression::get);
                let inner: Vec<_> = values.iter().map(Found::get_inner_node).collect();
                let origins = inner.iter().map(|v| flow.origin(*v, clean));
                let origin = origins.max().unwrap_or(Origin::Constant);
                let other = rule.needs.as_ref().is_some_and(|n| {
                    origin > Origin::Constant && !flow.looks_like(&inner, n.get())
                });
                let score = match origin {
                    _ if other => None,
                    Origin::Constant => None,
                    Origin::Unknown => rule.unknown,
                    Origin::Built => match &rule.shape {
                        Some(shape) if !flow.looks_like(&inner, shape.get()) => rule.unshaped,
                        _ => rule.built.or(rule.unknown),
                    },
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
            column: Some(number(start.column)),
            end_line: number(end.row),
            end_column: Some(number(end.column)),
        };
        let message = (rule.own > 0 && rule.message.contains('$')).then(|| {
            let message = rule.config.get_message(&found);
            message.chars().take(MESSAGE).collect()
        });
        self.found.push(Match {
            region,
            rule,
            score,
            origin,
            message,
        });
    }

    /// The findings. If several are about one weakness at one place, only the worst.
    fn finish(self) -> Result<Vec<Finding>, String> {
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
        let silenced = silenced::Comments::of(self.parsed.source());
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
                .url(rule.url.clone())
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

/// What a page says of a rule.
#[derive(Clone, Debug)]
pub struct RuleFacts {
    /// The language, as the rule names it.
    pub language: &'static str,
    /// Its name.
    pub id: String,
    /// What the weakness is, in a few words.
    pub title: String,
    /// The severity; where a value is followed, that of data of a request.
    pub score: Score,
    /// Why it has that severity.
    pub reason: String,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// What to do about it.
    pub fix: String,
}

/// What is found in files of any kind: name, title, score, CWE, and what to do.
const ANYWHERE: [(&str, &str, f64, u32, &str); 12] = [
    (
        "hidden-bidi",
        "Hidden bidirectional characters (Trojan Source)",
        8.2,
        1007,
        "Delete the characters U+202A to U+202E and U+2066 to U+2069.",
    ),
    (
        "hidden-letter",
        "Look-alike letter from another script (homoglyph)",
        7.1,
        1007,
        "Delete the word and type it again.",
    ),
    (
        "hidden-program",
        "Program disguised as an image, font or media file",
        8.6,
        506,
        "Find out who added the file, and remove it or rename it to what it is.",
    ),
    (
        "hidden-text",
        "Invisible text",
        8.2,
        506,
        "Delete the characters; `cat -v FILE` shows where they are.",
    ),
    (
        "starts-with-editor",
        "Task runs when the folder is opened",
        8.4,
        506,
        "Remove it, unless you know what the command does.",
    ),
    (
        "starts-with-agent",
        "AI assistant runs a command",
        8.2,
        506,
        "Remove it, unless you know what the command does.",
    ),
    (
        "agent-server-command",
        "AI assistant starts an MCP server",
        7.6,
        506,
        "Remove it, unless you know what the command does.",
    ),
    (
        "lifecycle-script",
        "Script runs when the package is installed",
        7.4,
        506,
        "Remove it, unless everyone who installs the package expects it.",
    ),
    (
        "starts-with-python",
        "Code runs whenever Python starts",
        8.0,
        506,
        "Remove it, unless you know what it does.",
    ),
    (
        "starts-with-git",
        "Git configuration runs a command",
        8.0,
        506,
        "Remove the setting, unless you know what the command does.",
    ),
    (
        "lock-hash",
        "Package hash changed without a new version",
        8.4,
        506,
        "Restore the lock file, and let the package manager update it.",
    ),
    (
        "lock-host",
        "Package from a different host than all others",
        7.8,
        506,
        "Restore the lock file, or add the registry to the manifest.",
    ),
];

/// The rules that are compiled in, by language.
///
/// # Errors
/// A rule cannot be read, which a test excludes.
pub fn rules_built_in() -> Result<Vec<RuleFacts>, String> {
    const LANGUAGES: [(Dialect, &str); 6] = [
        (Dialect::Python, "Python"),
        (Dialect::JavaScript, "JavaScript, TypeScript, TSX"),
        (Dialect::Go, "Go"),
        (Dialect::Java, "Java"),
        (Dialect::Php, "PHP"),
        (Dialect::Ruby, "Ruby"),
    ];
    let mut all = Vec::new();
    for (id, title, score, cwe, fix) in ANYWHERE {
        all.push(RuleFacts {
            language: "Files of any kind",
            id: id.to_owned(),
            title: title.to_owned(),
            score: Score::new(score).ok_or("a score is wrong")?,
            reason: String::new(),
            cwe: vec![cwe],
            fix: fix.to_owned(),
        });
    }
    for (dialect, language) in LANGUAGES {
        for (_, text) in rules::listed(dialect) {
            let written = rule::written(text).map_err(|e| e.what)?;
            let reason = rule::metadata(&written)?.reason.unwrap_or_default();
            let rule = rules::compiled_in(text, dialect)?;
            all.push(RuleFacts {
                language,
                id: rule.id,
                title: rule.title,
                score: rule.score,
                reason,
                cwe: rule.cwe,
                fix: rule.fix.unwrap_or_default(),
            });
        }
    }
    Ok(all)
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

/// What stands for the rule across files: what is certain, what is only possible, and what is in tests or in
/// packed files are issues of their own, since the worst occurrence of an issue decides on all of them.
fn canonical(dialect: Dialect, rule: &Rule, score: Score, weight: place::Weight) -> String {
    let part = match weight.name() {
        None if score < rule.score => ":possible",
        None => "",
        Some(name) => name,
    };
    // A later newgate may have a rule of the same name.
    let own = if rule.own > 0 { "own:" } else { "" };
    format!("{NAME}:{own}{}:{}{part}", dialect.language(), rule.id)
}

fn message(one: &Match<'_>, weight: place::Weight) -> String {
    let stated = one.message.as_deref().unwrap_or(&one.rule.message).trim();
    let what = match one.origin {
        Some(Origin::Request) => " The value comes from request data.",
        Some(Origin::Built) => " The value is built from parts that are not constant.",
        Some(Origin::Unknown) => " The value is not a constant.",
        Some(Origin::Constant) | None => "",
    };
    format!("{stated}{what}{}", weight.words())
}

#[cfg(test)]
mod tests;
