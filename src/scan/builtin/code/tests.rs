//! Every rule against its own examples (`LANGUAGE/RULE.test.yml`), and the engine against hostile files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::dialect::Dialect;
use super::rules::{listed, words_in, words_stated};
use super::*;
use crate::model::Score;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExamplesBuiltIn {
    id: String,
    /// Not found.
    #[serde(default)]
    valid: Vec<String>,
    /// Found with the score of the rule.
    #[serde(default)]
    invalid: Vec<String>,
    /// Found with a score that does not block.
    #[serde(default)]
    unsure: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scan/builtin/code")
}

/// The folder of a language, its name, and its dialects with a file of each.
type Language = (
    &'static str,
    &'static str,
    &'static [(Dialect, &'static str)],
);

const LANGUAGES: [Language; 6] = [
    ("python", "python", &[(Dialect::Python, "a.py")]),
    (
        "javascript",
        "javascript",
        &[
            (Dialect::JavaScript, "a.js"),
            (Dialect::TypeScript, "a.ts"),
            (Dialect::Tsx, "a.tsx"),
        ],
    ),
    ("go", "go", &[(Dialect::Go, "a.go")]),
    ("java", "java", &[(Dialect::Java, "A.java")]),
    ("php", "php", &[(Dialect::Php, "a.php")]),
    ("ruby", "ruby", &[(Dialect::Ruby, "a.rb")]),
];

fn found(path: &str, text: &str) -> Vec<Finding> {
    scan(&RepoPath::from(path), text.as_bytes()).unwrap()
}

#[test]
fn every_rule_finds_its_examples_and_nothing_in_the_others() {
    let mut wrong = Vec::new();
    for (language, _, dialects) in LANGUAGES {
        for (id, text) in listed(dialects[0].0) {
            let path = folder().join(language).join(format!("{id}.test.yml"));
            let examples = fs::read_to_string(&path).unwrap();
            let examples: ExamplesBuiltIn = ast_grep_config::from_str(&examples).unwrap();
            assert_eq!(examples.id, *id);
            assert_eq!(words_in(text), words_stated(text), "{id}");
            if examples.valid.is_empty() || examples.invalid.len() + examples.unsure.len() == 0 {
                wrong.push(format!("{language}/{id}: it has no examples of both kinds"));
            }
            for (dialect, name) in dialects {
                let rule = match rules::compiled_in(text, *dialect) {
                    Ok(rule) => {
                        rule.check().unwrap();
                        rule
                    }
                    Err(why) => {
                        wrong.push(format!("{language}/{id}: {why}"));
                        continue;
                    }
                };
                let of = |text: &str| -> Option<f64> {
                    let all = found(name, text).into_iter().filter(|f| f.rule == rule.id);
                    all.filter_map(|f| f.score)
                        .map(Score::value)
                        .reduce(f64::max)
                };
                for text in &examples.invalid {
                    if of(text).is_none_or(|score| score < 7.0_f64.min(rule.score.value()) - 0.05) {
                        wrong.push(format!(
                            "{language}/{id}: in {name}, {:?} for {text}",
                            of(text)
                        ));
                    }
                }
                for text in &examples.unsure {
                    if of(text).is_none_or(|score| score >= 7.0) {
                        wrong.push(format!(
                            "{language}/{id}: in {name}, {:?} for unsure {text}",
                            of(text)
                        ));
                    }
                }
                for text in &examples.valid {
                    if of(text).is_some() {
                        wrong.push(format!("{language}/{id}: in {name}, found in valid {text}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_read_as_ast_grep_reads_them_and_match_the_same_nodes() {
    use ast_grep_core::Matcher;
    use ast_grep_core::matcher::MatcherExt;
    let (mut all, mut slow) = (0, Vec::new());
    for (language, _, dialects) in LANGUAGES {
        let (dialect, _) = dialects[0];
        for (id, text) in listed(dialect) {
            let read: serde_json::Value = ast_grep_config::from_str(text).unwrap();
            let own = rule::Rule::compile(rule::written(text).unwrap(), dialect).unwrap();
            all += 1;
            let Ok(built_in) = rule::Rule::built_in(text, dialect) else {
                // ast-grep reads it.
                slow.push(format!("{language}/{id}"));
                continue;
            };
            assert_eq!(yaml::read(text), Some(read), "{language}/{id}");
            let (rule::Matching::Own(own), rule::Matching::BuiltIn(built_in)) =
                (own.matching, built_in.matching)
            else {
                panic!("{id}");
            };
            built_in.check().unwrap();
            let path = folder().join(language).join(format!("{id}.test.yml"));
            let examples = fs::read_to_string(path).unwrap();
            let examples: ExamplesBuiltIn = ast_grep_config::from_str(&examples).unwrap();
            for code in [examples.valid, examples.invalid, examples.unsure].concat() {
                let parsed = parse::parse(code.clone(), dialect, true).unwrap();
                let kinds = built_in.kinds(&code);
                let kinds = kinds.unwrap_or_else(|| panic!("{id} has no `kind`"));
                for node in parsed.root().dfs() {
                    let there = |m: Option<ast_grep_core::NodeMatch<'_, _>>| {
                        m.map(|m| {
                            let env = m.get_env();
                            let names = ["V", "C", "U", "A", "P", "Q", "M", "T", "KEY", "ARGS"];
                            names.map(|n| env.get_match(n).map(ast_grep_core::Node::range))
                        })
                    };
                    let (old, new) = (
                        there(own.matcher.match_node(node.clone())),
                        there(built_in.match_node(node.clone())),
                    );
                    assert_eq!(old, new, "{language}/{id}: {}", node.text());
                    let may_be = built_in.may_be_in(&code) && kinds.contains(&node.kind_id());
                    assert!(new.is_none() || may_be, "{language}/{id}: {}", node.text());
                }
                assert!(own.matcher.potential_kinds().is_some());
            }
        }
    }
    // To make one of these ready takes fifty times as long.
    assert!(slow.len() * 50 < all, "{slow:?}");
}

#[test]
fn what_is_known_of_names_reads_as_toml_does() {
    for (language, ..) in LANGUAGES {
        let text = fs::read_to_string(folder().join(language).join("flow.toml")).unwrap();
        let read: serde_json::Value = toml::from_str(&text).unwrap();
        assert_eq!(
            super::super::plain_toml::read(&text).as_ref(),
            Some(&read),
            "{language}"
        );
        // The expressions are compiled late: each list and each text is one.
        let written: serde_json::Map<_, _> = serde_json::from_value(read).unwrap();
        let lists = written.iter().filter(|(key, _)| *key != "words");
        for value in lists.filter_map(|(_, v)| v.as_array()).flatten() {
            let table = value.as_object();
            let texts = table.into_iter().flatten();
            let texts = texts.filter(|(key, _)| *key != "name").map(|(_, v)| v);
            for text in texts.filter_map(|v| v.as_str()).chain(value.as_str()) {
                expression::check(&format!("^(?:{text})$")).unwrap();
            }
        }
    }
}

#[test]
fn every_rule_is_listed() {
    for (language, _, dialects) in LANGUAGES {
        let files = fs::read_dir(folder().join(language)).unwrap();
        let names = files.map(|f| f.unwrap().file_name().into_string().unwrap());
        let there: BTreeSet<String> = names
            .filter(|n| !n.ends_with(".test.yml"))
            .filter_map(|n| n.strip_suffix(".yml").map(str::to_owned))
            .collect();
        let listed = listed(dialects[0].0).iter();
        let listed: BTreeSet<String> = listed.map(|(id, _)| (*id).to_owned()).collect();
        assert_eq!(there, listed, "{language}");
    }
}

/// A digest of what decides results: the rules, and what is known of each language.
fn digest() -> String {
    let mut hash = blake3::Hasher::new();
    for (language, _, dialects) in LANGUAGES {
        hash.update(&fs::read(folder().join(language).join("flow.toml")).unwrap());
        for (_, text) in listed(dialects[0].0) {
            hash.update(text.as_bytes());
        }
    }
    format!("{:.16}", hash.finalize().to_hex())
}

#[test]
fn the_revision_is_that_of_the_rules() {
    assert!(
        REVISION.ends_with(&digest()),
        "the rules have changed: `REVISION` in `rules.rs` must end with {}",
        digest()
    );
}

/// The pages `docs/code/LANGUAGE.md`: each rule with what it must find and must not.
fn pages() -> Vec<(PathBuf, String)> {
    let names = [
        "Python",
        "JavaScript, TypeScript and TSX",
        "Go",
        "Java",
        "PHP",
        "Ruby",
    ];
    let mut pages = Vec::new();
    for ((language, fence, dialects), name) in LANGUAGES.into_iter().zip(names) {
        let mut out = format!(
            "# Rules for {name}\n\nOf the [scanner for code](../code.md). A test writes this page, and runs each example.\n"
        );
        for (id, text) in listed(dialects[0].0) {
            let rule = rules::compiled_in(text, dialects[0].0).unwrap();
            let path = folder().join(language).join(format!("{id}.test.yml"));
            let examples = fs::read_to_string(path).unwrap();
            let examples: ExamplesBuiltIn = ast_grep_config::from_str(&examples).unwrap();
            let also = |what: &str, score: Option<Score>| {
                score.map_or(String::new(), |s| format!(", {s} {what}"))
            };
            let cwe = rule
                .cwe
                .iter()
                .map(|n| format!("[CWE-{n}](https://cwe.mitre.org/data/definitions/{n}.html)"));
            let follows = if rule.follow.is_some() {
                " for data of a request"
            } else {
                ""
            };
            out.push_str(&format!(
                "\n## {id}\n\n{}: {}{follows}{}{}. {}\n\n{} {}\n",
                rule.title,
                rule.score,
                also("for text that is built", rule.built),
                also("for other values", rule.unknown),
                cwe.collect::<Vec<_>>().join(", "),
                rule.message.trim(),
                rule.fix.as_deref().unwrap_or_default().trim(),
            ));
            let found = examples.invalid.first().or(examples.unsure.first());
            for (what, code) in [("Found", found), ("Not found", examples.valid.first())] {
                if let Some(code) = code {
                    out.push_str(&format!(
                        "\n{what}:\n\n```{fence}\n{}\n```\n",
                        code.trim_end()
                    ));
                }
            }
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/code/{language}.md"));
        pages.push((path, out));
    }
    pages
}

#[test]
fn the_docs_show_each_rule_with_its_examples() {
    for (path, text) in pages() {
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == text,
            "{} is out of date: `cargo test --lib write_the_pages -- --ignored` writes it",
            path.display()
        );
    }
}

#[test]
#[ignore = "writes docs/code/*.md"]
fn write_the_pages() {
    for (path, text) in pages() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn a_hostile_file_is_judged_in_bounded_time_or_not_at_all() {
    let deep =
        |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    for (name, text) in [
        ("a.py", format!("eval({})", deep("(", ")", 20_000))),
        ("a.js", format!("eval({})", deep("[", "]", 20_000))),
        ("a.js", format!("eval(x);\n{}", "eval(a=>{".repeat(5_000))),
        ("a.php", format!("<?php eval({});", deep("(", ")", 5_000))),
        ("a.rb", format!("eval({})", deep("[", "]", 5_000))),
        (
            "A.java",
            format!("class A {{ int x = eval({}); }}", deep("(", ")", 5_000)),
        ),
        (
            "a.go",
            format!("package p\nvar x = md5.New({})", deep("(", ")", 5_000)),
        ),
        (
            "a.py",
            format!("eval(x)\n{}", "x = x + y\neval(x)\n".repeat(3_000)),
        ),
        ("a.js", "eval(x);".repeat(8_000)),
        (
            "a.py",
            format!("x = {}\neval(x)", "'a' + ".repeat(5_000) + "b"),
        ),
        ("a.py", "eval(x)".to_owned() + &" ".repeat(5 * 1024 * 1024)),
        ("a.js", format!("eval(x);\n{}", "eval(`${".repeat(3_000))),
        ("a.py", format!("eval(x)\neval({}", "(".repeat(200_000))),
        (
            "A.java",
            format!("class A {{ int x = eval({}", "a<".repeat(100_000)),
        ),
        ("a.ts", format!("eval(y)\nx = {}c", "a<b,".repeat(1_200))),
        ("a.ts", format!("eval(x)\nx = {}", "a<b,".repeat(50_000))),
        ("a.rb", format!("eval(x)\nx = a{}", ".b()".repeat(600_000))),
        // These ended the process, for want of stack.
        ("a.js", format!("eval(x);{}", "{a:".repeat(60_000))),
        ("a.php", format!("<?php eval($x);{}", "\"{$".repeat(60_000))),
        // This took 4 GB.
        (
            "A.java",
            format!("class A {{ int x = eval({}", "%w(".repeat(10_000)),
        ),
        // Values that are large, and unknown in the end: 68 s for each megabyte.
        (
            "a.py",
            format!(
                "from flask import request\ndef g(y):\n{}{}  eval(request.args['q'])\n",
                format!("  x = {}a\n", "f(a) + ".repeat(100)).repeat(24),
                "  open(x)\n".repeat(200)
            ),
        ),
    ] {
        let started = std::time::Instant::now();
        let result = scan(&RepoPath::from(name), text.as_bytes());
        assert!(started.elapsed().as_secs() < 60, "{name} {text:.40}");
        // Nothing that was not searched to its end is clean.
        assert!(
            result.is_err() || result.is_ok_and(|found| !found.is_empty()),
            "{name} {text:.40}"
        );
    }
}

#[test]
fn scripts_of_pages_are_searched_as_far_as_they_can_be_parsed_and_within_limits() {
    let scan = |script: &str| {
        let page = format!("<html>\n<script>\n{script}\n</script>\n</html>\n");
        super::scan(&"a.html".into(), page.as_bytes())
    };
    let weak = "document.write(location.hash);";
    let lines = |found: Vec<Finding>| found.iter().map(Finding::line).collect::<Vec<_>>();
    assert_eq!(scan(weak).map(lines), Ok(vec![3]));
    assert_eq!(
        scan(&format!("var a = {{{{ a | safe }}}};\n{weak}")).map(lines),
        Ok(vec![4])
    );
    let deep = format!("{weak}\nf({});", "[".repeat(5_000));
    assert!(scan(&deep).is_err());
}
