//! A descriptor proposed for a report of an unknown tool: where in its JSON the findings are, and
//! which of their fields say what. A proposal, for somebody to look over.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::read::{Unreadable, looks_like_sarif};

/// How deep a report is searched.
const DEEPEST: usize = 6;
/// How many elements of a list are looked at.
const SAMPLED: usize = 50;

/// Names that fields have, by what they say: the best first.
const NAMES: [(&str, &[&str]); 9] = [
    (
        "path",
        &[
            "path",
            "file",
            "filename",
            "file_name",
            "filepath",
            "file_path",
            "uri",
            "target",
        ],
    ),
    (
        "line",
        &[
            "line",
            "line_number",
            "linenumber",
            "startline",
            "start_line",
            "lineno",
            "row",
        ],
    ),
    ("end-line", &["endline", "end_line", "line_end", "lineend"]),
    (
        "column",
        &[
            "column",
            "col",
            "startcolumn",
            "start_column",
            "column_start",
        ],
    ),
    (
        "rule",
        &[
            "ruleid", "rule_id", "rule", "check_id", "checkid", "test_id", "code", "query_id",
            "type", "id", "name",
        ],
    ),
    (
        "message",
        &[
            "message",
            "msg",
            "text",
            "description",
            "issue_text",
            "details",
            "title",
        ],
    ),
    (
        "level",
        &["severity", "level", "issue_severity", "priority", "risk"],
    ),
    (
        "confidence",
        &["confidence", "issue_confidence", "precision"],
    ),
    (
        "url",
        &["url", "more_info", "help", "link", "docs", "guideline"],
    ),
];

/// Words for severities and the scores that are proposed for them.
const WORDS: [(&str, f64); 18] = [
    ("critical", 9.5),
    ("blocker", 9.5),
    ("fatal", 9.5),
    ("high", 8.0),
    ("error", 8.0),
    ("major", 8.0),
    ("medium", 5.5),
    ("moderate", 5.5),
    ("warning", 5.5),
    ("warn", 5.5),
    ("low", 3.0),
    ("minor", 3.0),
    ("note", 3.0),
    ("info", 0.0),
    ("informational", 0.0),
    ("information", 0.0),
    ("style", 0.0),
    ("none", 0.0),
];

/// A list of objects in a report.
struct List<'v> {
    /// The jq path of each object, from `.` on, with `$p` for the object that holds the list.
    steps: String,
    /// The objects.
    items: Vec<&'v Value>,
    /// Objects that hold such a list, where that is not the report itself.
    parents: Vec<&'v Value>,
    parent_steps: String,
}

/// Proposes a descriptor's TOML for a report.
///
/// # Errors
/// The report is no JSON, or has no list in which something names files and rules.
pub fn propose(name: &str, report: &[u8]) -> Result<String, Unreadable> {
    if looks_like_sarif(report) {
        return Ok(descriptor(name, "format = \"sarif\"\n", &[]));
    }
    let value: Value = serde_json::from_slice(report)
        .map_err(|e| Unreadable(format!("it is neither SARIF nor JSON: {e}")))?;
    let mut lists = Vec::new();
    search(&value, ".", 0, &mut lists);
    let fields = |list: &List<'_>| fields_of(list);
    let best = lists
        .iter()
        .map(|list| (fields(list), list))
        .max_by_key(|(fields, list)| (worth(fields), list.items.len()));
    let Some((fields, list)) = best.filter(|(fields, _)| worth(fields) >= 2) else {
        return Err(Unreadable(
            "no list in it has fields that look like a file, a line and a rule: write the filter by hand".into(),
        ));
    };
    let mut filter = String::new();
    if list.parents.is_empty() {
        let _ = writeln!(filter, "{}[] | {{", list.steps);
    } else {
        let _ = writeln!(
            filter,
            "{}[] as $p | $p{}[] | {{",
            list.parent_steps, list.steps
        );
    }
    let written: Vec<String> = fields
        .iter()
        .map(|(what, path)| {
            let key = if what.contains('-') {
                format!("\"{what}\"")
            } else {
                (*what).to_owned()
            };
            let value = match *what {
                "rule" => format!("({path} // \"unnamed\" | tostring)"),
                "message" => format!("({path} // \"\" | tostring)"),
                _ => path.clone(),
            };
            format!("    {key}: {value}")
        })
        .collect();
    let _ = write!(filter, "{}\n}}\n", written.join(",\n"));
    let detect = match &value {
        Value::Object(fields) => {
            let keys: Vec<String> = fields
                .keys()
                .take(3)
                .map(|k| format!("has({})", Value::from(k.as_str())))
                .collect();
            format!("type == \"object\" and {}", keys.join(" and "))
        }
        _ => "type == \"array\"".to_owned(),
    };
    let output = format!(
        "format = \"json\"\n# Is a file a report of this tool, and whole?\ndetect = '{detect}'\nfilter = '''\n{filter}'''\n"
    );
    Ok(descriptor(name, &output, &words(list, &fields)))
}

fn descriptor(name: &str, output: &str, words: &[(String, Option<f64>)]) -> String {
    let mut text = format!(
        "name = \"{name}\"\ntitle = \"{name}\"\nhomepage = \"https://example.com\"\nkind = \"code\"              # \
         code, secret, dependency, configuration\nscope = \"project\"          # or \"file\", if its results \
         for a file depend on that file alone\nengine = \"none\"            # ingested; to let newgate run \
         it, remove this line and fill in [program]\n\n# files = [\"*.x\"]\n# [program]\n# command = \
         [\"{name}\", \"--json\", \"--\", \"{{files}}\"]\n# version = [\"--version\"]\n# version-pattern = \
         '(\\d[\\d.]*)'\n# exit-clean = [0]\n\n[output]\n{output}"
    );
    if !words.is_empty() {
        text.push_str("\n[severity]\n");
        for (word, score) in words {
            let key = Value::from(word.as_str());
            let _ = match score {
                Some(score) => writeln!(text, "{key} = {score:.1}"),
                None => writeln!(text, "# {key} = ?       # unknown: unassigned"),
            };
        }
    }
    text
}

/// The words for severities in a list, with scores for those that are known.
fn words(list: &List<'_>, fields: &[(&str, String)]) -> Vec<(String, Option<f64>)> {
    let Some((_, path)) = fields.iter().find(|(what, _)| *what == "level") else {
        return Vec::new();
    };
    let found: BTreeSet<String> = list
        .items
        .iter()
        .filter_map(|item| Some(at(item, path)?.as_str()?.to_owned()))
        .collect();
    let score = |word: &String| {
        let lower = word.to_lowercase();
        WORDS.iter().find(|(w, _)| *w == lower).map(|(_, s)| *s)
    };
    found.into_iter().map(|w| (w.clone(), score(&w))).collect()
}

/// What a path such as `.a.b` leads to.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut value = value;
    for key in path.split('.').filter(|k| !k.is_empty()) {
        value = value.get(key.trim_matches('"'))?;
    }
    Some(value)
}

/// How much the fields of a list say: a file and a rule or message are needed.
fn worth(fields: &[(&str, String)]) -> usize {
    let has = |what| fields.iter().any(|(w, _)| *w == what);
    match has("path") && (has("rule") || has("message")) {
        true => fields.len(),
        false => 0,
    }
}

/// Finds the lists of objects.
fn search<'v>(value: &'v Value, steps: &str, depth: usize, lists: &mut Vec<List<'v>>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => {
            let objects: Vec<&Value> = items
                .iter()
                .filter(|i| i.is_object())
                .take(SAMPLED)
                .collect();
            if objects.is_empty() {
                return;
            }
            lists.push(List {
                steps: steps.to_owned(),
                items: objects.clone(),
                parents: Vec::new(),
                parent_steps: String::new(),
            });
            // Lists inside of the list's objects, such as the messages of each file.
            for key in keys(&objects) {
                let inner = objects.iter().filter_map(|o| o.get(&key)?.as_array());
                let inner: Vec<&Value> = inner.flatten().filter(|i| i.is_object()).collect();
                if !inner.is_empty() {
                    lists.push(List {
                        steps: step("", &key),
                        items: inner,
                        parents: objects.clone(),
                        parent_steps: steps.to_owned(),
                    });
                }
            }
        }
        Value::Object(fields) => {
            for (key, inner) in fields {
                let here = if steps == "." {
                    step("", key)
                } else {
                    step(steps, key)
                };
                search(inner, &here, depth + 1, lists);
            }
        }
        _ => {}
    }
}

fn step(before: &str, key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !key.starts_with(|c: char| c.is_ascii_digit());
    match plain {
        true => format!("{before}.{key}"),
        false => format!("{before}.{}", Value::from(key)),
    }
}

fn keys(objects: &[&Value]) -> BTreeSet<String> {
    let all = objects.iter().filter_map(|o| o.as_object());
    all.flat_map(|o| o.keys().cloned()).collect()
}

/// Which field says what: of the objects themselves, up to three levels deep, or else of their
/// parents.
fn fields_of(list: &List<'_>) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (what, names) in NAMES {
        let own = best_field(&list.items, what, names);
        let of_parent = || best_field(&list.parents, what, names).map(|p| format!("$p{p}"));
        if let Some(path) = own.or_else(of_parent)
            && !found.iter().any(|(_, p)| *p == path)
        {
            found.push((what, path));
        }
    }
    found
}

fn best_field(objects: &[&Value], what: &str, names: &[&str]) -> Option<String> {
    let mut all: Vec<(usize, usize, String)> = Vec::new();
    for object in objects.iter().take(SAMPLED) {
        gather(object, "", 0, &mut |path, key, depth, value| {
            let name = key.to_lowercase().replace('-', "_");
            let rank = names
                .iter()
                .position(|n| *n == name || n.replace('_', "") == name);
            let fits = match what {
                "line" | "end-line" | "column" => {
                    value.is_u64() || value.as_str().is_some_and(|s| s.parse::<u32>().is_ok())
                }
                _ => value.is_string() || (what == "rule" && value.is_number()),
            };
            if let (Some(rank), true) = (rank, fits) {
                all.push((depth, rank, path.to_owned()));
            }
        });
    }
    all.into_iter().min().map(|(_, _, path)| path)
}

fn gather(
    value: &Value,
    path: &str,
    depth: usize,
    each: &mut impl FnMut(&str, &str, usize, &Value),
) {
    let Some(fields) = value.as_object().filter(|_| depth < 3) else {
        return;
    };
    for (key, inner) in fields {
        let here = step(path, key);
        each(&here, key, depth, inner);
        gather(inner, &here, depth + 1, each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::read::{Paths, read};
    use crate::scan::{Descriptor, SecretKey};

    fn proposed(report: &[u8]) -> (String, usize, String) {
        let text = propose("tool", report).unwrap();
        let descriptor = Descriptor::parse(&text, "tool.toml").unwrap();
        let paths = Paths::in_root("/repo");
        let reading = read(&descriptor, report, &paths, &SecretKey::new([0; 32])).unwrap();
        let first = &reading.findings[0];
        let told = format!(
            "{}:{} {} {:?}",
            first.path,
            first.line(),
            first.rule,
            first.score
        );
        (text, reading.findings.len(), told)
    }

    #[test]
    fn real_reports_of_other_tools_lead_to_filters_that_read_them() {
        let gitleaks = include_bytes!("../../fixtures/reports/shellcheck-0.11.0.json");
        let (_, number, first) = proposed(gitleaks);
        assert!(number > 3, "{number}");
        assert!(first.contains(".sh:"), "{first}");
        let eslint = include_bytes!("../../fixtures/reports/eslint-9.39.5.json");
        let (text, number, first) = proposed(eslint);
        assert!(text.contains("$p.filePath"), "{text}");
        assert!(number > 3 && first.contains(".js:"), "{number} {first}");
        let sarif = include_bytes!("../../fixtures/reports/ruff-0.17.6.sarif.json");
        let (_, number, _) = proposed(sarif);
        assert!(number > 10);
    }

    #[test]
    fn what_has_no_findings_in_it_is_told() {
        assert!(propose("x", b"not json").is_err());
        assert!(propose("x", br#"{"a": [{"b": 1}]}"#).is_err());
    }
}
