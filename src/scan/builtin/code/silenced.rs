//! Comments that silence a finding: newgate's own, and those of other scanners for the same weakness.

use std::collections::BTreeMap;

use crate::model::Region;

/// What each line of a file says about findings on it.
pub(super) struct Comments<'t> {
    lines: BTreeMap<u32, &'t str>,
}

/// The words of other scanners, and what follows them if only some rules are meant.
const OTHERS: [&str; 4] = ["nosec", "nosemgrep", "noqa", "eslint-disable"];
/// newgate's own word.
const OWN: &str = "newgate: ignore";

/// Rules of other scanners by the CWE that they are about, by the begin of their names.
const RULES: [(&str, &[u32]); 40] = [
    ("B102", &[95]),
    ("B103", &[732]),
    ("B104", &[605, 1327]),
    ("B108", &[377]),
    ("B113", &[400]),
    ("B201", &[489]),
    ("B202", &[22]),
    ("B301", &[502]),
    ("B302", &[502]),
    ("B303", &[327, 328]),
    ("B304", &[327]),
    ("B305", &[327]),
    ("B306", &[377]),
    ("B307", &[95]),
    ("B308", &[79]),
    ("B310", &[918]),
    ("B311", &[330, 338]),
    ("B31", &[611]),
    ("B323", &[295]),
    ("B324", &[327, 328]),
    ("B501", &[295]),
    ("B506", &[502]),
    ("B60", &[78]),
    ("B608", &[89]),
    ("B61", &[89]),
    ("B701", &[79]),
    ("B703", &[79]),
    ("G10", &[242, 605, 1327]),
    ("G107", &[918]),
    ("G201", &[89]),
    ("G202", &[89]),
    ("G203", &[79]),
    ("G204", &[78]),
    ("G30", &[22, 276, 732]),
    ("G401", &[327, 328]),
    ("G402", &[295]),
    ("G404", &[338, 330]),
    ("G501", &[327, 328]),
    ("security/detect-child-process", &[78]),
    ("security/detect-eval-with-expression", &[95]),
];

impl<'t> Comments<'t> {
    /// Those of a text.
    pub(super) fn of(text: &'t str) -> Comments<'t> {
        let mut lines = BTreeMap::new();
        let words = OTHERS.iter().any(|w| text.contains(w)) || text.contains("newgate");
        if words {
            for (line, number) in text.lines().zip(1..) {
                let any = OTHERS.iter().any(|w| line.contains(w)) || line.contains("newgate");
                if any {
                    lines.insert(number, line);
                }
            }
        }
        Comments { lines }
    }

    /// The same for what other scanners know no rules of: newgate's own word alone counts.
    pub(super) fn own(&self, region: Region, rule: &str) -> bool {
        let is_own = |line: &&&str| line.contains(OWN);
        let before = self.lines.get(&region.line.saturating_sub(1));
        let above = before.filter(|l| is_comment_alone(l));
        let mut lines = above.into_iter().chain(self.lines.get(&region.line));
        lines.any(|line| is_own(&line) && silences(line, rule, &[], false))
    }

    /// Whether a comment on the lines of a finding, or alone on the line before, silences it.
    pub(super) fn silence(&self, region: Region, rule: &str, cwe: &[u32]) -> bool {
        let before = region.line.saturating_sub(1);
        let above = self.lines.get(&before).filter(|l| is_comment_alone(l));
        let mut beside = self
            .lines
            .range(region.line..=region.end_line.max(region.line));
        above.is_some_and(|line| silences(line, rule, cwe, true))
            || beside.any(|(_, line)| silences(line, rule, cwe, false))
    }
}

fn is_comment_alone(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", "/*", "*", "{/*"]
        .iter()
        .any(|c| line.starts_with(c))
}

fn silences(line: &str, rule: &str, cwe: &[u32], above: bool) -> bool {
    if let Some((_, rest)) = line.split_once(OWN) {
        let listed = rest
            .trim_start()
            .strip_prefix('[')
            .and_then(|r| r.split_once(']'));
        let Some((rules, reason)) = listed else {
            return false;
        };
        let reason = reason.trim_start().strip_prefix("--").map(str::trim);
        let named = rules.split(',').any(|r| r.trim() == rule);
        return named && reason.is_some_and(|r| r.trim_end_matches("*/").trim().len() > 2);
    }
    OTHERS.iter().any(|word| {
        let Some((_, rest)) = line.split_once(word) else {
            return false;
        };
        // Bandit and Ruff look at the line itself only.
        if above && matches!(*word, "nosec" | "noqa") && !line.contains("#nosec") {
            return false;
        }
        names_weakness(rest, word, cwe)
    })
}

/// Whether what follows another scanner's word is about one of these weaknesses.
fn names_weakness(rest: &str, word: &str, cwe: &[u32]) -> bool {
    let rest = rest.split(" -- ").next().unwrap_or(rest);
    let named: Vec<&str> = rest
        .split([' ', ',', ':', '\t'])
        .filter(|w| w.chars().any(|c| c.is_ascii_digit()) || w.contains('/'))
        .collect();
    if named.is_empty() {
        // `# noqa` and `eslint-disable` alone are about style.
        return matches!(word, "nosec" | "nosemgrep");
    }
    named.iter().any(|name| {
        let name = match word {
            // Ruff's rules are Bandit's with an S.
            "noqa" => name.trim_start().replacen('S', "B", 1),
            _ => (*name).to_owned(),
        };
        RULES
            .iter()
            .any(|(begin, about)| name.starts_with(begin) && about.iter().any(|c| cwe.contains(c)))
    })
}
