//! The baselines and ignore files of other tools, read into what they name.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// The usual names of such files at the top of a repository.
const NAMES: [&str; 7] = [
    ".secrets.baseline",
    ".gitleaksignore",
    ".semgrepignore",
    "gitleaks-baseline.json",
    ".gitleaks-baseline.json",
    "bandit-baseline.json",
    ".bandit-baseline.json",
];

/// Those that are there.
pub(in crate::cli) fn found(top: &Path) -> Vec<PathBuf> {
    let names = NAMES.iter().filter(|name| top.join(name).is_file());
    names.map(PathBuf::from).collect()
}

/// One thing that a tool was told to pass over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The file, from the top of the repository.
    pub path: String,
    /// The lines that it is on.
    pub lines: Vec<u32>,
    /// The tool's rule; none for a secret, of which each tool has its own rules.
    pub rule: Option<String>,
    /// The weakness that it refers to (`CWE-78`).
    pub weakness: Option<String>,
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Single findings, and the tool.
    Entries(&'static str, Vec<Entry>),
    /// Paths that are left out, as globs.
    Paths(Vec<String>),
}

/// Reads a file by its name and what is in it.
///
/// # Errors It cannot be read, or its format is unknown.
pub(super) fn read(path: &Path) -> Result<Read> {
    let shown = path.display();
    let text =
        fs::read_to_string(path).map_err(|e| Error::io(format!("`{shown}` cannot be read"), e))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name == ".semgrepignore" {
        return Ok(Read::Paths(text.lines().filter_map(glob).collect()));
    }
    if name == ".gitleaksignore" {
        return Ok(Read::Entries(
            "gitleaks",
            text.lines().filter_map(fingerprint).collect(),
        ));
    }
    let entries = serde_json::from_str(&text)
        .ok()
        .and_then(|value| of_json(&value));
    let (tool, entries) = entries.ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            format!("`{shown}` is not a baseline or ignore file that newgate knows"),
        )
        .hint("to create one, run `bandit -r . -f json -o bandit-baseline.json`, `gitleaks git --report-path \
            gitleaks.json` or `detect-secrets scan > .secrets.baseline`")
    })?;
    Ok(Read::Entries(tool, entries))
}

fn of_json(value: &Value) -> Option<(&'static str, Vec<Entry>)> {
    // gitleaks writes a list; one without findings is empty.
    if let Some(findings) = value.as_array() {
        let entries: Option<Vec<Entry>> = findings.iter().map(of_gitleaks).collect();
        return Some(("gitleaks", entries?));
    }
    match value.get("results")? {
        Value::Array(results) => {
            let entries: Option<Vec<Entry>> = results.iter().map(of_bandit).collect();
            Some(("Bandit", entries?))
        }
        Value::Object(files) => {
            value.get("plugins_used")?;
            let all = files.values().filter_map(Value::as_array).flatten();
            let entries: Option<Vec<Entry>> = all.map(of_detect_secrets).collect();
            Some(("detect-secrets", entries?))
        }
        _ => None,
    }
}

fn line(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

/// A path as it is in the repository.
fn plain(path: &str) -> String {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}

/// A result of Bandit's JSON (<https://bandit.readthedocs.io/en/latest/formatters/json.html>).
fn of_bandit(result: &Value) -> Option<Entry> {
    let first = line(&result["line_number"])?;
    let range = result["line_range"].as_array();
    let mut lines: Vec<u32> = range.into_iter().flatten().filter_map(line).collect();
    lines.push(first);
    let weakness = result["issue_cwe"]["id"].as_u64();
    Some(Entry {
        path: plain(result["filename"].as_str()?),
        lines,
        rule: Some(result["test_id"].as_str()?.to_owned()),
        weakness: weakness.map(|id| format!("CWE-{id}")),
    })
}

/// A finding of gitleaks' JSON (<https://github.com/gitleaks/gitleaks#json-report>).
fn of_gitleaks(finding: &Value) -> Option<Entry> {
    let (first, last) = (line(&finding["StartLine"])?, line(&finding["EndLine"]));
    Some(Entry {
        path: plain(finding["File"].as_str()?),
        lines: (first..=last.unwrap_or(first).clamp(first, first + 200)).collect(),
        rule: None,
        weakness: None,
    })
}

/// A secret of detect-secrets' baseline (<https://github.com/Yelp/detect-secrets/blob/master/docs/design.md>).
fn of_detect_secrets(secret: &Value) -> Option<Entry> {
    Some(Entry {
        path: plain(secret["filename"].as_str()?),
        lines: vec![line(&secret["line_number"])?],
        rule: None,
        weakness: None,
    })
}

/// A line of `.gitleaksignore`: `[COMMIT:]FILE:RULE:LINE`. A path may have colons too.
fn fingerprint(text: &str) -> Option<Entry> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let mut parts = text.rsplitn(3, ':');
    let line: u32 = parts.next()?.parse().ok()?;
    let _rule = parts.next()?;
    let rest = parts.next()?;
    let commit = |c: &str| c.len() == 40 && c.bytes().all(|b| b.is_ascii_hexdigit());
    let path = match rest.split_once(':') {
        Some((first, path)) if commit(first) => path,
        _ => rest,
    };
    Some(Entry {
        path: plain(path),
        lines: vec![line],
        rule: None,
        weakness: None,
    })
}

/// A line of `.semgrepignore` (the syntax of gitignore(5), without `!`) as a glob.
fn glob(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.starts_with(['#', ':', '!']) {
        return None;
    }
    let is_folder = text.ends_with('/');
    let inner = text.trim_matches('/');
    // One with a slash inside it is from the top, as one that begins with a slash.
    let anchored = text.starts_with('/') || inner.contains('/');
    let before = match anchored || inner.starts_with("**/") {
        true => "",
        false => "**/",
    };
    let name = inner.rsplit('/').next().unwrap_or(inner);
    let is_file = name.contains('.') && !name.starts_with('.') && !is_folder;
    let after = match is_file || inner.ends_with("/**") {
        true => "",
        false => "/**",
    };
    Some(format!("{before}{inner}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_ignore_files_are_read_as_their_tools_do() {
        let one = |text: &str| fingerprint(text).map(|e| (e.path, e.lines));
        let commit = "cd5226711335c68be1e720b318b7bc3135a30eb2";
        let at = |path: &str, line| Some((path.to_owned(), vec![line]));
        assert_eq!(
            one(&format!("{commit}:cmd/a.go:github-pat:37")),
            at("cmd/a.go", 37)
        );
        assert_eq!(one("a:b/c.py:aws-access-token:2"), at("a:b/c.py", 2));
        assert_eq!(one("# a comment"), None);
        assert_eq!(one("no fingerprint"), None);
        for (text, expected) in [
            ("tests/", Some("**/tests/**")),
            ("/build", Some("build/**")),
            ("*.min.js", Some("**/*.min.js")),
            ("src/generated/", Some("src/generated/**")),
            ("vendor/lib/a.js", Some("vendor/lib/a.js")),
            (":include .gitignore", None),
            ("# words", None),
        ] {
            assert_eq!(glob(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn reports_of_tools_are_told_apart() {
        let tool =
            |text: &str| of_json(&serde_json::from_str(text).unwrap()).map(|(t, e)| (t, e.len()));
        assert_eq!(
            tool("[{\"RuleID\": \"a\", \"File\": \"b\", \"StartLine\": 1, \"EndLine\": 1}]"),
            Some(("gitleaks", 1))
        );
        assert_eq!(
            tool("{\"results\": [], \"metrics\": {}}"),
            Some(("Bandit", 0))
        );
        assert_eq!(
            tool(
                "{\"plugins_used\": [], \"results\": {\"a\": [{\"filename\": \"a\", \"line_number\": 3}]}}"
            ),
            Some(("detect-secrets", 1))
        );
        for other in ["{}", "3", "[3]", "{\"results\": 3}", "{\"results\": {}}"] {
            assert_eq!(tool(other), None, "{other}");
        }
    }
}
