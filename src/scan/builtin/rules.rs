//! The rules of the secrets scanner, read from `secrets.toml`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use globset::{Glob, GlobSet, GlobSetBuilder};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::model::{RepoPath, Score};

/// Rules whose hits are guesses: a looser allow-list counts for them.
const GENERIC: [&str; 3] = [
    "generic-assignment",
    "database-url-password",
    "basic-auth-url",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rule: Vec<WrittenRule>,
    allow: Allow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: String,
    title: String,
    score: Score,
    keywords: Vec<String>,
    regex: String,
    entropy: Option<f64>,
    #[serde(default)]
    multiline: bool,
    fix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Allow {
    values: Vec<String>,
    generic_values: Vec<String>,
    paths: Vec<String>,
    lines: Vec<String>,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub id: String,
    pub title: String,
    pub score: Score,
    /// Least entropy of the secret, in bits per character.
    pub entropy: Option<f64>,
    pub multiline: bool,
    pub generic: bool,
    pub fix: String,
    pattern: String,
    compiled: OnceLock<Regex>,
}

impl Rule {
    /// The expression; compiled when a keyword of the rule is first met.
    pub(super) fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            RegexBuilder::new(&self.pattern)
                .unicode(false)
                .build()
                .expect("a test compiles every rule")
        })
    }
}

/// All rules, ready for a search.
#[derive(Debug)]
pub(super) struct Rules {
    pub rules: Vec<Rule>,
    keywords: Vec<String>,
    /// Finds the keywords of all rules: the first is made quickly, the second searches quickly.
    automata: [OnceLock<AhoCorasick>; 2],
    /// How many bytes were searched.
    searched: AtomicU64,
    /// The rules of each keyword.
    pub by_keyword: Vec<Vec<usize>>,
    allow: Allow,
    values: OnceLock<RegexSet>,
    generic_values: OnceLock<RegexSet>,
    lines: OnceLock<RegexSet>,
    paths: OnceLock<GlobSet>,
}

impl std::fmt::Debug for Allow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Allow(..)")
    }
}

fn set(patterns: &[String]) -> RegexSet {
    RegexSetBuilder::new(patterns)
        .unicode(false)
        .case_insensitive(true)
        .build()
        .expect("a test compiles every pattern")
}

impl Rules {
    pub(super) fn built_in() -> Rules {
        let written: Written =
            toml::from_str(include_str!("secrets.toml")).expect("a test reads the rules");
        let mut keywords: Vec<String> = Vec::new();
        let mut by_keyword: Vec<Vec<usize>> = Vec::new();
        for (index, rule) in written.rule.iter().enumerate() {
            for keyword in &rule.keywords {
                match keywords.iter().position(|k| k == keyword) {
                    Some(at) => by_keyword[at].push(index),
                    None => {
                        keywords.push(keyword.clone());
                        by_keyword.push(vec![index]);
                    }
                }
            }
        }
        let rules = written.rule.into_iter().map(|r| Rule {
            generic: GENERIC.contains(&r.id.as_str()),
            id: r.id,
            title: r.title,
            score: r.score,
            entropy: r.entropy,
            multiline: r.multiline,
            fix: r.fix,
            pattern: r.regex,
            compiled: OnceLock::new(),
        });
        Rules {
            rules: rules.collect(),
            keywords,
            automata: [OnceLock::new(), OnceLock::new()],
            searched: AtomicU64::new(0),
            by_keyword,
            allow: written.allow,
            values: OnceLock::new(),
            generic_values: OnceLock::new(),
            lines: OnceLock::new(),
            paths: OnceLock::new(),
        }
    }

    /// The automaton for the next search. One that searches three times as fast takes three times as
    /// long to make, which pays from some megabytes on.
    pub(super) fn automaton(&self, bytes: usize) -> &AhoCorasick {
        const MUCH: u64 = 2 * 1024 * 1024;
        let before = self.searched.fetch_add(bytes as u64, Ordering::Relaxed);
        let much = before + bytes as u64 > MUCH;
        let kind = match much {
            true => AhoCorasickKind::DFA,
            false => AhoCorasickKind::ContiguousNFA,
        };
        self.automata[usize::from(much)].get_or_init(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(kind))
                .build(&self.keywords)
                .expect("keywords are few and short")
        })
    }

    /// Whether what a rule found is known to be none: a placeholder, a documented example, a digest.
    pub(super) fn allows(&self, rule: &Rule, secret: &[u8], line: &[u8]) -> bool {
        let values = self.values.get_or_init(|| set(&self.allow.values));
        let lines = self.lines.get_or_init(|| set(&self.allow.lines));
        let generic = || {
            self.generic_values
                .get_or_init(|| set(&self.allow.generic_values))
        };
        values.is_match(secret)
            || rule.generic && (lines.is_match(line) || generic().is_match(secret))
    }

    /// Whether generic rules do not read a file: what looks random there is a digest.
    pub(super) fn skips_generic(&self, path: &RepoPath) -> bool {
        let paths = self.paths.get_or_init(|| {
            let mut globs = GlobSetBuilder::new();
            for glob in &self.allow.paths {
                globs.add(Glob::new(glob).expect("a test compiles every glob"));
            }
            globs.build().expect("a test compiles every glob")
        });
        paths.is_match(path.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SecretKey, Secrets};
    use super::*;

    const EXAMPLES: &str = include_str!("secrets.examples.toml");

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Examples {
        example: Vec<Example>,
    }

    /// Lines in which a rule must find something, and lines in which it must not.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        id: String,
        hit: Vec<String>,
        miss: Vec<String>,
    }

    #[test]
    fn every_rule_finds_its_hits_and_not_its_misses() {
        let examples: Examples = toml::from_str(EXAMPLES).unwrap();
        let rules = Rules::built_in().rules;
        assert!(rules.len() >= 40, "{} rules", rules.len());
        let ids: Vec<&str> = rules.iter().map(|r| r.id.as_str()).collect();
        let of: Vec<&str> = examples.example.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids, of);
        let mut wrong = Vec::new();
        let path = RepoPath::from("sample.txt");
        let key = SecretKey::new([1; 32]);
        let found = |text: &str| -> Vec<String> {
            let text = text.replace('¦', "");
            let found = Secrets::get().scan(&path, text.as_bytes(), &key);
            found.into_iter().map(|f| f.rule.to_string()).collect()
        };
        for rule in &examples.example {
            assert!(
                !rule.hit.is_empty() && !rule.miss.is_empty(),
                "{} has no examples",
                rule.id
            );
            for hit in &rule.hit {
                if !found(hit).contains(&rule.id) {
                    wrong.push(format!(
                        "{}: not found in its hit: {:?}",
                        rule.id,
                        found(hit)
                    ));
                }
            }
            for miss in &rule.miss {
                if found(miss).contains(&rule.id) {
                    wrong.push(format!("{}: found in its miss", rule.id));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn digests_in_lock_files_and_placeholders_are_no_secrets() {
        let key = SecretKey::new([1; 32]);
        let quiet = |path: &str, text: &str| {
            Secrets::get()
                .scan(&RepoPath::from(path), text.as_bytes(), &key)
                .is_empty()
        };
        let value = "q8Zr2LmX0vKp4TnYw7Bs";
        assert!(quiet("yarn.lock", &format!("token = \"{value}\"")));
        assert!(!quiet("a.env", &format!("token = \"{value}\"")));
        for placeholder in [
            "${DB_PASSWORD}",
            "<your-password-here>",
            "xxxxxxxxxxxxxxxx",
            "changeme-changeme-1",
        ] {
            assert!(
                quiet("a.env", &format!("password = \"{placeholder}\"")),
                "{placeholder}"
            );
        }
    }

    #[test]
    fn the_rules_themselves_hold_no_secret() {
        for text in [include_str!("secrets.toml"), EXAMPLES] {
            let found = Secrets::get().scan(
                &RepoPath::from("secrets.toml"),
                text.as_bytes(),
                &SecretKey::new([1; 32]),
            );
            assert!(found.is_empty(), "{found:#?}");
        }
    }
}
