//! Scenes in many languages, and properties that hold for any change.

use std::collections::BTreeMap;

use super::*;
use crate::model::{Origin, Region};

/// A finding on every line that has the word.
pub(super) fn mark(path: &str, text: &str, word: &str) -> Vec<Finding> {
    let lines = text.lines().enumerate().filter(|(_, l)| l.contains(word));
    let made = lines.map(|(n, line)| {
        let column = line.find(word).map(|c| c as u32 + 1);
        Finding::build("tool", "RULE", path.into())
            .message("found")
            .region(Some(Region {
                column,
                ..Region::line(n as u32 + 1)
            }))
            .finish()
            .unwrap()
    });
    made.collect()
}

pub(super) type Tree<'t> = BTreeMap<&'t str, String>;

pub(super) fn tree<'t>(files: &[(&'t str, &str)]) -> Tree<'t> {
    files.iter().map(|(p, t)| (*p, (*t).to_owned())).collect()
}

pub(super) fn difference(base: &Tree<'_>, head: &Tree<'_>) -> Difference {
    let paths: std::collections::BTreeSet<&str> = base.keys().chain(head.keys()).copied().collect();
    let side = |t: &Tree<'_>, p: &str| {
        let content = |text: &String| Content::of(text.clone().into_bytes());
        t.get(p).map(|text| (RepoPath::from(p), content(text)))
    };
    let changed = paths.into_iter().filter(|p| base.get(p) != head.get(p));
    let files = changed.map(|p| ComparedFile {
        old: side(base, p),
        new: side(head, p),
    });
    Difference::new(files.collect())
}

pub(super) fn marks(tree: &Tree<'_>, word: &str) -> Vec<Finding> {
    tree.iter().flat_map(|(p, t)| mark(p, t, word)).collect()
}

pub(super) fn run(
    base: &Tree<'_>,
    head: &Tree<'_>,
    word: &str,
) -> (Vec<Finding>, Vec<Finding>, Outcome) {
    let (old, new) = (marks(base, word), marks(head, word));
    let known = Known {
        file_local: true,
        ..Known::default()
    };
    let outcome = compare(&difference(base, head), &old, &new, &known);
    (old, new, outcome)
}

/// The places of new findings, and the stages of the others, in order.
pub(super) fn story(
    base: &[(&str, &str)],
    head: &[(&str, &str)],
    word: &str,
) -> (Vec<String>, Vec<Stage>) {
    let (_, new, outcome) = run(&tree(base), &tree(head), word);
    let mut places = Vec::new();
    let mut stages = Vec::new();
    for (finding, decision) in new.iter().zip(&outcome.head) {
        match decision.status {
            Status::New => places.push(format!("{}:{}", finding.path, finding.line())),
            _ => stages.push(decision.stage),
        }
    }
    (places, stages)
}

/// Two definitions with a marked line each, in many languages: name of the file, the two
/// definitions. The first holds the call `bad(`.
const LANGUAGES: [(&str, &str, &str); 12] = [
    (
        "a.py",
        "def one(x):\n    y = prepare(x)\n    bad(y)\n    return y\n",
        "def two(x):\n    start(x)\n    finish(x)\n",
    ),
    (
        "a.js",
        "function one(x) {\n  const y = prepare(x);\n  bad(y);\n  return y;\n}\n",
        "function two(x) {\n  start(x);\n  finish(x);\n}\n",
    ),
    (
        "a.ts",
        "export const one = async (x: T): Promise<U> => {\n  const y = prepare(x);\n  bad(y);\n  return y;\n}\n",
        "export class Two {\n  start(x: T) {\n    finish(x);\n  }\n}\n",
    ),
    (
        "a.go",
        "func (s *S) one(x int) int {\n\ty := prepare(x)\n\tbad(y)\n\treturn y\n}\n",
        "func two(x int) {\n\tstart(x)\n\tfinish(x)\n}\n",
    ),
    (
        "A.java",
        "    public int one(int x) {\n        int y = prepare(x);\n        bad(y);\n        return y;\n    }\n",
        "    private void two(int x) {\n        start(x);\n        finish(x);\n    }\n",
    ),
    (
        "a.c",
        "static int one(int x)\n{\n\tint y = prepare(x);\n\tbad(y);\nout:\n\treturn y;\n}\n",
        "int two(int x)\n{\n\tstart(x);\n\treturn finish(x);\n}\n",
    ),
    (
        "a.sh",
        "one() {\n  y=$(prepare \"$1\")\n  bad( \"$y\"\n  echo \"$y\"\n}\n",
        "two() {\n  start \"$1\"\n  finish \"$1\"\n}\n",
    ),
    (
        "a.yml",
        "one:\n  image: prepared\n  command: bad(\n  restart: always\n",
        "two:\n  image: started\n  command: finish\n",
    ),
    (
        "main.tf",
        "resource \"aws_bucket\" \"one\" {\n  bucket = \"prepared\"\n  acl    = bad(\"public\")\n  tags   = {}\n}\n",
        "resource \"aws_queue\" \"two\" {\n  name = \"start\"\n  fifo = true\n}\n",
    ),
    (
        "Dockerfile",
        "FROM base AS one\nRUN prepare --all\nRUN bad(\nCMD [\"one\"]\n",
        "FROM other AS two\nRUN start\nCMD [\"two\"]\n",
    ),
    (
        "a.json",
        "  \"one\": {\n    \"image\": \"prepared\",\n    \"run\": \"bad(\",\n    \"restart\": true\n  },\n",
        "  \"two\": {\n    \"image\": \"started\",\n    \"run\": \"finish\"\n  },\n",
    ),
    (
        "a.md",
        "# One\n\nPrepare it first.\nThen call bad( with it.\nAnd be done.\n",
        "# Two\n\nStart it.\nFinish it.\n",
    ),
];

#[test]
fn what_moves_is_inherited_in_every_language() {
    for (path, one, two) in LANGUAGES {
        let base = format!("{one}\n{two}");
        for head in [
            format!("{two}\n{one}"),
            format!("{two}\n{}", one.replace('\n', "\r\n")),
            format!("\n\n\n{one}\n{two}"),
            format!("{two}\n{}", one.replace("    ", "\t")),
        ] {
            let (new, stages) = story(&[(path, &base)], &[(path, &head)], "bad(");
            assert!(
                new.is_empty() && stages.len() == 1,
                "{path}: {new:?} in\n{head}"
            );
        }
        // To another file, and with the file.
        let apart = story(&[(path, &base)], &[(path, two), ("new/part", one)], "bad(");
        assert_eq!((apart.0, apart.1.len()), (vec![], 1), "{path}");
        let renamed = story(&[(path, &base)], &[("other/place", &base)], "bad(");
        assert_eq!(renamed, (vec![], vec![Stage::Exact]), "{path}");
    }
}

#[test]
fn a_copy_is_new_in_every_language_wherever_it_is_pasted() {
    for (path, one, two) in LANGUAGES {
        let base = format!("{one}\n{two}");
        let copy = one.replace("one", "uno").replace("One", "Uno");
        for (head, line) in [
            (format!("{one}\n{copy}\n{two}"), 1),
            (format!("{copy}\n{one}\n{two}"), 0),
            (format!("{one}\n{two}\n{copy}"), 1),
        ] {
            let (_, new, outcome) = run(&tree(&[(path, &base)]), &tree(&[(path, &head)]), "bad(");
            let fates: Vec<Status> = outcome.head.iter().map(|d| d.status).collect();
            let mut expected = vec![Status::Inherited; 2];
            expected[line] = Status::New;
            assert_eq!(fates, expected, "{path}: {new:?} in\n{head}");
        }
        let (new, _) = story(&[(path, &base)], &[(path, &base), ("copy", one)], "bad(");
        assert_eq!(new.len(), 1, "{path}: a copy in another file");
    }
}

#[test]
fn a_statement_written_elsewhere_while_the_old_one_goes_is_new_and_fixed() {
    for (path, one, two) in LANGUAGES {
        if ["a.md", "a.json", "Dockerfile"].contains(&path) {
            continue;
        }
        let bad = one.lines().find(|l| l.contains("bad(")).unwrap();
        let base = format!("{one}\n{two}");
        let without = one.replace(&format!("{bad}\n"), "");
        let first = two.lines().nth(1).unwrap();
        let with = two.replace(first, &format!("{first}\n{bad}"));
        let head = format!("{without}\n{with}");
        let (old, _, outcome) = run(&tree(&[(path, &base)]), &tree(&[(path, &head)]), "bad(");
        assert_eq!(outcome.head[0].status, Status::New, "{path}\n{head}");
        assert_eq!(outcome.fixed.len(), old.len(), "{path}");
    }
}

#[test]
fn an_edit_in_place_is_inherited_and_touched_and_says_what_it_was() {
    let base = "def f(x):\n    bad(x, 1)\n";
    let head = "def f(x):\n    bad(x, 1, flag=True)\n";
    let (_, _, outcome) = run(&tree(&[("a.py", base)]), &tree(&[("a.py", head)]), "bad(");
    let decision = &outcome.head[0];
    assert_eq!((decision.stage, decision.touched), (Stage::Edited, true));
    let was = Some("bad(x, 1)".to_owned());
    assert_eq!(decision.reason, Reason::Edited { was });
}

#[test]
fn another_weakness_in_its_place_is_new() {
    let base = "def f(x):\n    bad(open_the(door, of='house'))\n";
    let head = "def f(x):\n    result = compute(17).then(bad(query % name).all()[0])\n";
    let (new, _) = story(&[("a.py", base)], &[("a.py", head)], "bad(");
    assert_eq!(new, ["a.py:2"]);
}

#[test]
fn of_several_equal_ones_the_one_that_goes_is_fixed() {
    let base = "a()\nbad(x)\nb()\nbad(x)\nc()\nbad(x)\nd()\n";
    let head = "a()\nbad(x)\nb()\nc()\nbad(x)\nd()\n";
    let (old, _, outcome) = run(&tree(&[("a.py", base)]), &tree(&[("a.py", head)]), "bad(");
    let fixed: Vec<u32> = outcome.fixed.iter().map(|b| old[*b].line()).collect();
    assert_eq!(fixed, [4]);
}

#[test]
fn a_finding_on_an_unchanged_line_that_the_base_had_not_is_new() {
    let base = "try:\n    go()\nexcept Exception:\n    log()\n";
    let head = "try:\n    go()\nexcept Exception:\n    pass\n";
    let files = difference(&tree(&[("a.py", base)]), &tree(&[("a.py", head)]));
    let new = mark("a.py", head, "except");
    let outcome = compare(&files, &[], &new, &Known::default());
    assert_eq!(outcome.head[0].status, Status::New);
    let line = Origin {
        path: "a.py".into(),
        line: 3,
    };
    let reason = Reason::BroughtFromElsewhere { line };
    assert_eq!(outcome.head[0].reason, reason);
}

#[test]
fn a_minified_file_is_compared_piece_by_piece() {
    let piece = |n: usize, call: &str| {
        format!("function f{n}(a){{var value{n}=compute{n}(a);{call}(value{n});return value{n}}}")
    };
    let base: String = (0..60)
        .map(|n| piece(n, if n == 30 { "bad" } else { "good" }))
        .collect();
    let head: String = (0..62)
        .map(|n| {
            if n < 2 {
                piece(n + 100, "fine")
            } else {
                piece(n - 2, if [32, 50].contains(&n) { "bad" } else { "good" })
            }
        })
        .collect();
    let all = |text: &str| -> Vec<Finding> {
        text.match_indices("bad(")
            .map(|(at, _)| {
                let region = Region {
                    column: Some(at as u32 + 1),
                    ..Region::line(1)
                };
                Finding::build("tool", "RULE", "m.js".into())
                    .region(Some(region))
                    .finish()
                    .unwrap()
            })
            .collect()
    };
    let files = difference(&tree(&[("m.js", &base)]), &tree(&[("m.js", &head)]));
    let outcome = compare(&files, &all(&base), &all(&head), &Known::default());
    let fates: Vec<Status> = outcome.head.iter().map(|d| d.status).collect();
    assert_eq!(fates, [Status::Inherited, Status::New]);
}

#[test]
fn a_file_that_could_not_be_read_at_base_blames_added_lines_only() {
    let base = "bad(1)\nx = (\n";
    let head = "bad(1)\nx = ()\nbad(2)\n";
    let files = difference(&tree(&[("a.py", base)]), &tree(&[("a.py", head)]));
    let known = Known {
        unread: [RepoPath::from("a.py")].into(),
        file_local: true,
    };
    let outcome = compare(&files, &[], &mark("a.py", head, "bad("), &known);
    let fates: Vec<(Status, Stage)> = outcome.head.iter().map(|d| (d.status, d.stage)).collect();
    assert_eq!(
        fates,
        [
            (Status::Inherited, Stage::Unverified),
            (Status::New, Stage::Unmatched)
        ]
    );
}

#[test]
fn packages_are_matched_by_advisory_whatever_their_version() {
    use crate::model::Package;
    let finding = |version: &str, advisory: &str| {
        Finding::build("audit", advisory, "poetry.lock".into())
            .package(Some(Package {
                ecosystem: "PyPI".into(),
                name: "requests".into(),
                version: version.into(),
                fixed: Vec::new(),
            }))
            .advisories(vec![advisory.into()])
            .finish()
            .unwrap()
    };
    let files = difference(
        &tree(&[("poetry.lock", "1")]),
        &tree(&[("poetry.lock", "2")]),
    );
    let base = [finding("1.0", "CVE-1"), finding("1.0", "CVE-2")];
    let head = [finding("1.1", "CVE-1"), finding("1.1", "CVE-3")];
    let outcome = compare(&files, &base, &head, &Known::default());
    assert_eq!(
        (outcome.head[0].stage, outcome.head[0].touched),
        (Stage::Package, true)
    );
    assert_eq!(
        (outcome.head[1].status, outcome.fixed),
        (Status::New, vec![1])
    );
}

#[test]
fn in_a_file_that_is_not_text_the_same_secret_or_an_equal_piece_is_inherited() {
    let at = |line: u32, secret: Option<&str>| {
        Finding::build("tool", "RULE", "a.bin".into())
            .message("found")
            .secret(secret.map(str::to_owned))
            .region(Some(Region::line(line)))
            .finish()
            .unwrap()
    };
    let base = [at(1, Some("one")), at(3, None), at(4, None)];
    let head = [
        at(1, Some("two")),
        at(2, Some("one")),
        at(4, None),
        at(5, None),
    ];
    let (old, new) = (
        "k=1\n\0\nbad(1)\nbad(2)\n",
        "k=2\nk=1\n\0\nbad(1)\nbad(3)\n",
    );
    let files = difference(&tree(&[("a.bin", old)]), &tree(&[("a.bin", new)]));
    let fates =
        |outcome: &Outcome| -> Vec<Option<usize>> { outcome.head.iter().map(|d| d.from).collect() };
    let outcome = compare(&files, &base, &head, &Known::default());
    assert_eq!(fates(&outcome), [None, Some(0), Some(1), None]);
    assert_eq!(outcome.fixed, [2]);
    // A file that became one, and one that moved.
    let text = old.replace('\0', "");
    let files = difference(&tree(&[("a.bin", &text)]), &tree(&[("a.bin", new)]));
    let outcome = compare(&files, &base, &head, &Known::default());
    assert_eq!(fates(&outcome), [None, Some(0), Some(1), None]);
    let files = difference(&tree(&[("b.bin", old)]), &tree(&[("a.bin", old)]));
    let mut moved = base.clone();
    for finding in &mut moved {
        finding.path = "b.bin".into();
    }
    let outcome = compare(&files, &moved, &base, &Known::default());
    assert_eq!(fates(&outcome), [Some(0), Some(1), Some(2)]);
}

#[test]
fn large_changes_end_and_what_cannot_be_decided_is_new() {
    // Ten thousand equal lines, moved and doubled.
    let block = "    bad(x)\n".repeat(10_000);
    let base = format!("def f():\n{block}");
    let head = format!("def g():\n    start()\n{block}{block}");
    let (_, new, outcome) = run(&tree(&[("a.py", &base)]), &tree(&[("a.py", &head)]), "bad(");
    let added = outcome
        .head
        .iter()
        .filter(|d| d.status == Status::New)
        .count();
    assert_eq!((new.len(), added), (20_000, 10_000));
    // A file of 200,000 lines, wholly rewritten.
    let lines = |word: &str| -> String {
        (0..200_000)
            .map(|n| format!("{word}_{n} = {n}\n"))
            .collect()
    };
    let (base, head) = (lines("old"), lines("new"));
    let (_, _, outcome) = run(
        &tree(&[("a.py", &base)]),
        &tree(&[("a.py", &head)]),
        "_777 =",
    );
    assert_eq!(outcome.head.len(), 1);
}
