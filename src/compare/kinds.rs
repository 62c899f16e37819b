//! Kinds of edits that were wrong once: which head lines are new.

use super::tests::story;

/// The lines of a file that are new, with findings on each line that has the word.
fn new_lines(path: &str, base: &str, head: &str, word: &str) -> Vec<String> {
    story(&[(path, base)], &[(path, head)], word).0
}

#[test]
fn a_fix_does_not_pay_for_a_new_one_beside_it() {
    let go =
        |inner: &str| format!("def f(cur, uid):\n    log(uid)\n{inner}    return cur.fetchall()\n");
    let base = go("    cur.execute(\"SELECT * FROM users WHERE id = \" + uid)\n");
    let head = go(
        "    cur.execute(\"SELECT * FROM users WHERE id = %s\", (uid,))\n    cur.execute(\"SELECT * FROM orders WHERE owner = \" + uid)\n",
    );
    assert_eq!(new_lines("a.py", &base, &head, "\" + uid"), ["a.py:4"]);
    // Where it cannot be told which one continues, the flagged one is new.
    let base = go("    bad(\"ls\", uid)\n");
    for inner in [
        "    safe(\"ls\", uid)\n    bad(\"rm\", uid)\n",
        "    bad(\"rm\", uid)\n    safe(\"ls\", uid)\n",
    ] {
        assert_eq!(
            new_lines("a.py", &base, &go(inner), "bad(").len(),
            1,
            "{inner}"
        );
    }
}

#[test]
fn a_copy_whose_original_was_fixed_is_new() {
    let one = |name: &str, f: &str| {
        format!(
            "app.get('{name}', (req, res) => {{\n  const v = req.query.v\n  const r = {f}(v)\n  log(r)\n}})\n"
        )
    };
    let head = format!("{}{}", one("/one", "safe"), one("/two", "bad"));
    assert_eq!(
        new_lines("a.js", &one("/one", "bad"), &head, "bad("),
        ["a.js:8"]
    );
    let function = |name: &str, bad: &str| {
        format!(
            "  public void {name}() {{\n    Builder b = start();\n    String x = b.{bad}(date);\n\n    String y = b.turn().{bad}(date);\n    check(y);\n\n    String z = b.end().{bad}(date);\n    check(z);\n  }}\n"
        )
    };
    let class = |inner: String| format!("public class T {{\n{inner}}}\n");
    let base = class(function("first", "bad"));
    let head = class(format!(
        "{}\n{}",
        function("first", "safely"),
        function("second", "bad")
    ));
    assert_eq!(
        new_lines("T.java", &base, &head, "bad("),
        ["T.java:15", "T.java:17", "T.java:20"]
    );
}

#[test]
fn code_in_a_text_does_not_end_the_scopes_around_it() {
    let test = |name: &str| {
        format!(
            "    def {name}(self):\n        \"\"\"Says why.\"\"\"\n        bad(\n            \"\"\"\n@once\ndef f(d):\n    yield d\n        \"\"\",\n        )\n        d = f()\n        check(d, 14)\n\n"
        )
    };
    let class = "\n\nclass Tests(Case):\n    \"\"\"\n    Of returns.\n    \"\"\"\n\n";
    let base = format!("{class}{}", test("one"));
    let head = format!("{class}{}{}", test("two"), test("one"));
    assert_eq!(new_lines("a.py", &base, &head, "bad("), ["a.py:10"]);
}

#[test]
fn an_inner_function_without_a_name_does_not_outweigh_the_outer_one() {
    let one = |name: &str, inner: &str, f: &str| {
        format!(
            "func {name}(t *T) {{\n\tglobal = t\n\t{inner}() {{\n\t\t{f}(\"failed\")\n\t\tserve(s)\n\t}}()\n\n\tsleep(250)\n\t{f}(\"test\")\n\tsend(0)\n}}\n"
        )
    };
    let head = format!(
        "{}\n{}",
        one("Again", "go func", "bad"),
        one("Test", "go other", "safe")
    );
    assert_eq!(
        new_lines("a.go", &one("Test", "go func", "bad"), &head, "bad("),
        ["a.go:4", "a.go:9"]
    );
}

#[test]
fn another_weakness_in_the_place_of_an_old_one_is_new() {
    let go = |call: &str| format!("def f(request):\n    log(\"x\")\n    {call}\n    return 1\n");
    for (old, new) in [
        ("bad.system(\"clear\")", "bad.system(request.args[\"cmd\"])"),
        ("bad.system(x)", "bad.popen(x)"),
        ("bad.system(x)", "bad.system(y)"),
    ] {
        assert_eq!(
            new_lines("a.py", &go(old), &go(new), "bad"),
            ["a.py:3"],
            "{new}"
        );
    }
    let base = "def old(x):\n    return bad(x)\n";
    let head =
        "def old(x):\n    return 1\n\n\ndef fresh(req):\n    return bad(req.args[\"cmd\"])\n";
    assert_eq!(new_lines("a.py", base, head, "bad("), ["a.py:6"]);
}

#[test]
fn a_variable_with_another_name_is_inherited() {
    let go = |name: &str, inner: &str| {
        format!(
            "def f(self, {name}):\n    \"\"\"\n    Reads C{{k}}.\n    \"\"\"\n    # k is checked\n    check({name})\n    {inner}\n"
        )
    };
    let (old, new) = (go("k", "bad(k)"), go("ratio", "bad(ratio)"));
    assert!(new_lines("a.py", &old, &new, "bad(").is_empty());
    // One that is in code still is another one.
    let (old, new) = (go("k", "bad(k)"), go("k", "bad(ratio)"));
    assert_eq!(new_lines("a.py", &old, &new, "bad("), ["a.py:7"]);
    for (old, new, is_new) in [
        (
            "bad(6) for x in range(9)",
            "bad(6) for flag in range(9)",
            false,
        ),
        (
            "bad(6) for k, v in rows",
            "bad(6) for key, value in rows",
            false,
        ),
        ("bad(6) for x in rows", "bad(6) for x in request.args", true),
        ("bad(x) for x in rows", "bad(cmd) for x in rows", true),
    ] {
        let go = |inner: &str| format!("def f(rows, cmd):\n    a = list({inner})\n    return a\n");
        let found = new_lines("a.py", &go(old), &go(new), "bad(");
        assert_eq!(!found.is_empty(), is_new, "{old} -> {new}");
    }
    let go = |name: &str| format!("function f(rows) {{\n  for (const {name} of rows) bad(6)\n}}\n");
    assert!(new_lines("a.js", &go("x"), &go("flag"), "bad(").is_empty());
}

#[test]
fn a_line_in_a_helper_and_an_argument_in_a_variable_are_inherited() {
    let go = |inner: &str| format!("def f(d):\n    start()\n{inner}    finish(d)\n");
    let base = go("    bad(\"ls \" + d)\n");
    let helper = format!(
        "{}\n\ndef helper(given):\n    bad(\"ls \" + given)\n",
        go("    helper(d)\n")
    );
    let variable = go("    command = \"ls \" + d\n    bad(command)\n");
    for head in [helper, variable] {
        assert!(new_lines("a.py", &base, &head, "bad(").is_empty(), "{head}");
    }
}

#[test]
fn what_a_formatter_changes_does_not_count() {
    let base = "const a = require('x')\n\nfunction f (v) {\n  const r = bad('one', v, { key: 'x' })\n  return r.then(w => bad(w)).catch(fail)\n}\n";
    let head = "const a = require(\"x\");\n\nfunction f(v) {\n  const r = bad(\"one\", v, {\n    key: \"x\",\n  });\n  return r\n    .then((w) => bad(w))\n    .catch(fail);\n}\n";
    assert!(new_lines("a.js", base, head, "bad(").is_empty());
    let moved = story(&[("a.js", base)], &[("src/b.js", head)], "bad(");
    assert!(moved.0.is_empty(), "{moved:?}");
}

#[test]
fn a_statement_over_several_lines_is_no_moved_block() {
    let table = |ind: &str| {
        format!(
            "{ind}_TEMP = {{\n{ind}    \"unix\": (one, bad(name), \"rm\"),\n{ind}    \"windows\": (two, RCE_WIN, \"del\"),\n{ind}}}\n"
        )
    };
    let base = [
        (
            "a.py",
            format!("import x\n\n{}\n\ndef run():\n    return 1\n", table("")),
        ),
        (
            "b.py",
            "def go(self):\n    warn(\"it is not possible\")\n    return []\n".to_owned(),
        ),
    ];
    let head = [
        (
            "a.py",
            "import x\n\nsafe()\n\n\ndef run():\n    return 1\n".to_owned(),
        ),
        (
            "b.py",
            format!(
                "def go(self):\n{}    warn(\"it is not possible\")\n    return []\n",
                table("    ")
            ),
        ),
    ];
    let refs = |files: &'static [(&'static str, String)]| -> Vec<(&'static str, &'static str)> {
        files.iter().map(|(p, t)| (*p, t.as_str())).collect()
    };
    let (base, head) = (refs(Vec::from(base).leak()), refs(Vec::from(head).leak()));
    assert_eq!(story(&base, &head, "bad(").0, ["b.py:3"]);
}
