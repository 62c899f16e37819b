//! What pages and `newgate scanners show code` say of each rule.

use super::dialect::Dialect;
use super::{rule, rules};
use crate::model::Score;

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
