//! The scanner inside newgate for code: weaknesses in Python, JavaScript, TypeScript, Go, Java, PHP and Ruby.
//!
//! A search for the words of all rules (Aho-Corasick) tells which rules may find something in a file; most
//! files are done with that. The others are parsed (tree-sitter), and those rules alone are compiled and
//! matched (ast-grep). A rule may name a value of its match; [`flow`] then tells where that value comes
//! from, and so whether and how much it matters.

mod aliases;
mod anywhere;
mod dialect;
mod disguise;
mod embedded;
mod examples;
mod expression;
mod facts;
mod flow;
mod followed;
mod guards;
mod hidden;
mod hit;
mod json;
mod kinds;
mod listed;
mod locks;
mod long;
mod names;
mod origin;
mod own;
mod parse;
mod place;
mod rule;
mod rules;
mod search;
mod shape;
mod silenced;
mod starts;
mod text;

mod watched;
mod words;
mod yaml;

use std::borrow::Cow;
use std::sync::atomic::AtomicUsize;

use super::encodings;
use crate::model::{Finding, Language, RepoPath};
use aliases::Edits;
use dialect::Dialect;
use embedded::Page;
use rule::Rule;
use search::Search;

pub use facts::{RuleFacts, rules_built_in};
pub use locks::{in_lock_file, is_lock_file, is_same_lock_file};
pub(in crate::scan) use long::scan_long;
pub use own::{OwnFacts, OwnRules, RuleMistake, is_rule_file};
#[cfg(test)]
pub(crate) use rule::rule_schema;
pub(in crate::scan) use rules::REVISION;
pub(in crate::scan) use watched::{Watched, scan_watched};

/// The name of the scanner in the catalogue.
const NAME: &str = "code";
/// Where the documentation is.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs");
/// Most findings in one file.
const MOST: usize = 2_000;
/// How many steps may go into following the values of one file, with one for each of its bytes. Most values take less
/// than twenty.
const STEPS: u64 = 200_000;
/// Finds the weaknesses in a file's content.
///
/// # Errors
/// The file is beyond a limit, so that its weaknesses are unknown; says which.
pub fn scan(path: &RepoPath, content: &[u8]) -> Result<Vec<Finding>, String> {
    scan_with(path, content, Which::BUILT_IN)
}

/// Whether the name of a file says how it is read.
pub fn has_known_name(path: &RepoPath) -> bool {
    let path = path.as_bytes();
    Page::of(path).is_some() || Language::of_name(path).is_some() || starts::knows(path)
}

/// Whether a link of one name to a file of another one makes it a file of another kind: code, or what starts by itself.
pub fn is_of_other_kind(link: &RepoPath, led: &RepoPath) -> bool {
    let (link, led) = (link.as_bytes(), led.as_bytes());
    let (page, language) = (Page::of(link), Language::of_name(link));
    page.is_some() && page != Page::of(led)
        || language.is_some() && language != Language::of_name(led)
        || starts::knows(link) && !starts::knows(led)
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
        true => anywhere::find(path, content)?,
        false => Vec::new(),
    };
    all.extend(in_code(path, content, which)?);
    Ok(all)
}

fn in_code(path: &RepoPath, content: &[u8], which: Which<'_>) -> Result<Vec<Finding>, String> {
    let page = Page::of(path.as_bytes());
    let dialect = Dialect::of(path.as_bytes(), content);
    if page.is_none() && dialect.is_none() {
        return Ok(Vec::new());
    }
    // A file without NUL bytes is read in one way only.
    let mut all: Vec<Finding> = Vec::new();
    for reading in encodings::readings(content) {
        let text = String::from_utf8_lossy(&reading);
        let is_template = page.is_some() || dialect == Some(Dialect::Php);
        let beside = is_template.then(|| embedded::scripts_beside(&text, page));
        let mut found = match (page, dialect) {
            (Some(page), _) => match page.code(&text) {
                Some((code, dialect)) => {
                    let mut file = File::of(path, content, dialect);
                    file.is_page = true;
                    file.search(Cow::Owned(code), which)?
                }
                None => Vec::new(),
            },
            (None, Some(dialect)) => File::of(path, content, dialect).search(text, which)?,
            (None, None) => Vec::new(),
        };
        if let Some((code, dialect)) = beside.flatten() {
            let mut file = File::of(path, content, dialect);
            file.is_page = true;
            found.extend(file.search(Cow::Owned(code), which)?);
        }
        for finding in found {
            let known = |f: &Finding| f.rule == finding.rule && f.line() == finding.line();
            if !all.iter().any(known) || !content.contains(&0) {
                all.push(finding);
            }
        }
    }
    Ok(all)
}

/// A file whose language is known.
struct File<'t> {
    path: &'t RepoPath,
    dialect: Dialect,
    weight: place::Weight,
    /// It is what a page has for scripts.
    is_page: bool,
}

impl<'t> File<'t> {
    fn of(path: &'t RepoPath, content: &[u8], dialect: Dialect) -> File<'t> {
        let weight = place::Weight::of(path, content);
        File {
            path,
            dialect,
            weight,
            is_page: false,
        }
    }

    /// Asks the rules that may find something in the text of the file.
    fn search(&self, text: Cow<'_, str>, which: Which<'_>) -> Result<Vec<Finding>, String> {
        let dialect = self.dialect;
        let text = disguise::undone(text, dialect)?;
        // A project's rules know its code as it is written.
        let own = which
            .own
            .map(|own| own.that_may_find(dialect, self.path, &text, which.anywhere));
        let mut own: Vec<&Rule> = own.into_iter().flatten().collect();
        if !which.built_in {
            return self.match_rules(&text, &Edits::default(), &own, which.current);
        }
        let plain = text.clone();
        let (text, edits) = aliases::resolved(text, dialect);
        let mut all = Vec::new();
        if !edits.is_empty() {
            all = self.match_rules(&plain, &Edits::default(), &own, which.current)?;
            own.clear();
        }
        let built_in = rules::that_may_find(dialect, text.as_bytes())?;
        own.extend(built_in.into_iter().filter(|r| r.may_be_in(&text)));
        all.extend(self.match_rules(&text, &edits, &own, which.current)?);
        Ok(all)
    }

    fn match_rules(
        &self,
        text: &str,
        edits: &Edits,
        rules: &[&Rule],
        current: Option<&AtomicUsize>,
    ) -> Result<Vec<Finding>, String> {
        let may_disguise = disguise::may_disguise(text, self.dialect);
        if rules.is_empty() && !may_disguise {
            return Ok(Vec::new());
        }
        let parsed = parse::parse(text.to_owned(), self.dialect, self.is_page)?;
        let mut by_kind: Vec<Vec<&Rule>> = Vec::new();
        for rule in rules {
            for kind in rule.kinds(text) {
                if by_kind.len() <= kind {
                    by_kind.resize_with(kind + 1, Vec::new);
                }
                by_kind[kind].push(rule);
            }
        }
        let of_kind = |kind: u16| by_kind.get(usize::from(kind)).filter(|r| !r.is_empty());
        let follows = rules.iter().any(|r| r.follow.is_some());
        let roles = if follows {
            kinds::roles(self.dialect)
        } else {
            &[]
        };
        let nodes = parse::nodes(&parsed, |kind| of_kind(kind).is_some(), roles)?;
        if may_disguise && let Some(why) = disguise::disguised(&parsed) {
            return Err(why);
        }
        let mut search = Search::of(
            self.path,
            &parsed,
            nodes.telling,
            self.dialect,
            self.weight,
            edits,
            current,
        );
        for node in nodes.wanted {
            let rules = of_kind(node.kind_id());
            let node = parsed.adopt(node);
            for rule in rules.into_iter().flatten() {
                search.try_rule(rule, &node);
            }
            if search.count() > MOST {
                return Err(format!("it has more than {MOST} weaknesses"));
            }
            if search.steps() > STEPS + text.len() as u64 {
                return Err("it takes too long to follow its values".into());
            }
        }
        search.finish()
    }
}

#[cfg(test)]
mod tests;
