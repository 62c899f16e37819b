//! A project's own rules for the scanner of code.

use crate::support::{World, places_and_rules};

const RULE: &str = ".newgate/rules/no-raw-sql.yml";

/// The example of `docs/rules.md`, the first block of YAML, and the second, which tests it.
fn documented() -> (String, String) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks = text.split("```yaml\n").skip(1);
    let mut next = || {
        let block = blocks.next().unwrap();
        block.split("```").next().unwrap().to_owned()
    };
    (next(), next())
}

#[test]
fn a_rule_of_the_target_blocks_and_a_rule_of_the_branch_does_not_count_yet() {
    let (rule, examples) = documented();
    let world = World::new();
    world.write(RULE, &rule);
    world.write(".newgate/rules/no-raw-sql.test.yml", examples);
    world.write("old.py", "db.raw(\"SELECT \" + x)\n");
    let checked = world.newgate(&["config", "check"]).exits(0);
    assert!(checked.all().contains(RULE), "{checked:?}");
    assert!(checked.all().contains("3 examples"), "{checked:?}");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("new.py", "def f(x):\n    db.raw(\"SELECT \" + x)\n");
    world.commit("Query");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked", "{report}");
    assert_eq!(places_and_rules(&report, "new"), ["new.py:2 no-raw-sql"]);
    let text = report.to_string();
    assert!(text.contains("Use `db.query`"), "{text}");
    assert!(text.contains("CWE-89"), "{text}");

    // The branch cannot take it away, and that is said.
    std::fs::remove_file(world.work().join(RULE)).unwrap();
    world.write(
        ".newgate/rules/loud.yml",
        rule.replace("no-raw-sql", "loud")
            .replace("db.raw", "print"),
    );
    world.write("loud.py", "def f(x):\n    print(x)\n");
    world.commit("Replace the rule");
    let report = world.check(&[]);
    assert_eq!(places_and_rules(&report, "new"), ["new.py:2 no-raw-sql"]);
    let notes = report["notes"].to_string();
    assert!(notes.contains("`.newgate`"), "{notes}");
    // It can try its own out.
    let report = world.check(&["--config-from", "head"]);
    assert_eq!(places_and_rules(&report, "new"), ["loud.py:2 loud"]);

    // What the target has is listed.
    let shown = world.newgate(&["scanners", "show", "code"]).exits(0);
    assert!(
        shown.out.contains("| `no-raw-sql` | Python |"),
        "{}",
        shown.out
    );
    let shown = world.newgate(&["config", "show"]).exits(0);
    assert!(
        shown.out.contains(".newgate/rules = 1 rule: no-raw-sql"),
        "{}",
        shown.out
    );
    // A comment silences it as others.
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world.write(
        "new.py",
        "def f(x):\n    db.raw(\"SELECT \" + x)  # newgate: ignore[no-raw-sql] -- x is a number\n",
    );
    world.commit("Silence it");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report}");
    assert!(report["notes"].to_string().contains("new.py"), "{report}");
}

#[test]
fn a_rule_without_a_target_adds_to_the_defaults() {
    let world = World::new();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(RULE, documented().0);
    world.write("new.py", "db.raw(\"SELECT \" + x)\n");
    world.commit("Query");
    let report = world.check(&[]);
    assert_eq!(places_and_rules(&report, "new"), ["new.py:1 no-raw-sql"]);
}

#[test]
fn mistakes_in_rules_are_told_with_their_file_and_line() {
    let (rule, examples) = documented();
    let world = World::new();
    let line = |part: &str| rule.lines().position(|l| l.contains(part)).unwrap() + 1;
    let with = |from: &str, to: &str| rule.replacen(from, to, 1);
    let cases = [
        (
            with("message:", "mesage:"),
            line("message:"),
            "did you mean `message`?",
        ),
        (
            with("score:", "scroe:"),
            line("score:"),
            "did you mean `score`?",
        ),
        (
            with("score: 8.1", "score: 11"),
            line("metadata:"),
            "not a score",
        ),
        (
            with("language: Python", "language: Cobol"),
            line("language:"),
            "Cobol",
        ),
        (with("pattern:", "patern:"), line("rule:"), "rule"),
        (with("id: no-raw-sql", "id: no raw"), line("id:"), "`id`"),
        (
            format!("{rule}---\n{rule}"),
            rule.lines().count() + 2,
            "already exists",
        ),
        (with("rule:", "  - rule:"), line("rule:"), ""),
        (
            format!("{rule}constraints:\n  A: {{ regex: '(' }}\n"),
            line("rule:"),
            "",
        ),
    ];
    for (text, line, what) in cases {
        world.write(RULE, &text);
        let checked = world.newgate(&["config", "check"]).exits(2);
        let place = format!("{RULE}:{line}: ");
        assert!(
            checked.err.contains(&place),
            "{place} {text}\n{}",
            checked.err
        );
        assert!(checked.err.contains(what), "{what}\n{}", checked.err);
    }
    world.write(RULE, &rule);
    world.write(
        ".newgate/rules/no-raw-sql.test.yml",
        examples.replace("db.raw(f", "db.other(f"),
    );
    let checked = world.newgate(&["config", "check"]).exits(2);
    assert!(
        checked.err.contains("no-raw-sql.test.yml:"),
        "{}",
        checked.err
    );
    assert!(checked.err.contains("but should"), "{}", checked.err);
    // A change that would break everybody's pushes is not let in.
    world.git(&[
        "rm",
        "-r",
        "--quiet",
        "--cached",
        "--ignore-unmatch",
        ".newgate",
    ]);
    std::fs::remove_dir_all(world.work().join(".newgate")).unwrap();
    world.write(".newgate/config.toml", "version = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(RULE, "id: a\n");
    world.commit("Break it");
    assert_eq!(world.check(&[])["verdict"], "incomplete");
}

#[test]
fn a_rule_that_takes_for_ever_does_not_hang_the_gate() {
    let world = World::new();
    // Each level of the tree is searched to its end, for each node, many times over.
    let deep = (0..10).fold("kind: identifier".to_owned(), |inner, _| {
        format!("any: [{{has: {{stopBy: end, regex: zzz}}}}, {{has: {{stopBy: end, {inner}}}}}]")
    });
    let rule = format!(
        "id: slow\nlanguage: Python\nmessage: slow\nrule: {{kind: call, {deep}, not: {{regex: .}}}}\n"
    );
    world.write(".newgate/rules/slow.yml", rule);
    world.write(
        ".newgate/config.toml",
        "version = 1\n[gate]\nbudget = \"3s\"\n",
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let nested = format!("{}1{}\n", "f(".repeat(700), ")".repeat(700));
    world.write("deep.py", nested.repeat(20));
    world.commit("Nest");
    let started = std::time::Instant::now();
    let report = world.check(&[]);
    assert!(started.elapsed().as_secs() < 60);
    assert_eq!(report["verdict"], "incomplete", "{report}");
}

#[test]
fn rules_are_asked_about_the_code_in_pages() {
    let world = World::new();
    let rule = |id: &str, language: &str| {
        format!(
            "id: {id}\nlanguage: {language}\nmessage: no\nmetadata: {{ score: 8.0 }}\nrule: {{ pattern: forbidden($A) }}\n"
        )
    };
    world.write(".newgate/rules/js.yml", rule("js", "JavaScript"));
    world.write(".newgate/rules/ruby.yml", rule("ruby", "Ruby"));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let script = "<p>forbidden(1)</p>\n<script>\nforbidden(2)\n</script>\n";
    let typed = "<script lang=\"ts\">\nforbidden(2 as number)\n</script>\n";
    let template = "<p>\n<% forbidden(3) %></p>\n";
    world.write("a.html", script);
    world.write("b.vue", typed);
    world.write("c.html.erb", template);
    world.write("d.ejs", template);
    world.commit("Pages");
    let report = world.check(&[]);
    assert_eq!(
        places_and_rules(&report, "new"),
        [
            "a.html:3 js",
            "b.vue:2 js",
            "c.html.erb:2 ruby",
            "d.ejs:2 js"
        ]
    );
}
