//! `newgate compare`: two reports of two commits, no scanner, no cache.

use serde_json::Value;

use crate::support::{World, tools};

const OLD: &str = "import subprocess\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n\n\ndef other():\n    return 1\n";
const NEW: &str = "import os\nimport subprocess\n\n\ndef other():\n    return 1\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n\n\ndef again(command):\n    subprocess.call(command, shell=True)\n";

/// Two commits and Bandit's report on each, in one of its formats.
fn reported(world: &World, format: &str) -> (String, String) {
    let mut reports = Vec::new();
    for (name, text) in [("old", OLD), ("new", NEW)] {
        world.write("run.py", text);
        world.commit(name);
        let out = world.path(&format!("home/{name}.{format}"));
        let program = tools().join(if format == "sarif" { "ruff" } else { "bandit" });
        let out_text = out.to_str().unwrap();
        let args: Vec<&str> = match format {
            "sarif" => vec![
                "check",
                "--isolated",
                "--no-cache",
                "--select",
                "S",
                "--output-format",
                "sarif",
                "--exit-zero",
                "--output-file",
                out_text,
                "run.py",
            ],
            _ => vec![
                "--quiet",
                "--format",
                "json",
                "--exit-zero",
                "--output",
                out_text,
                "run.py",
            ],
        };
        let ran = world.run_in(&world.work(), program.to_str().unwrap(), &args, b"");
        assert_eq!(ran.code, 0, "{ran:#?}");
        reports.push(out_text.to_owned());
    }
    let new = reports.pop().unwrap();
    (reports.pop().unwrap(), new)
}

#[test]
fn reports_in_native_format_and_in_sarif_are_compared_line_by_line() {
    for format in ["json", "sarif"] {
        let world = World::new();
        let (old, new) = reported(&world, format);
        let args = [
            "compare", "--base", "HEAD~1", "--head", "HEAD", &old, &new, "--format", "json",
        ];
        let rows = world.newgate(&args).exits(0).json();
        let shell: Vec<&Value> = rows
            .as_array()
            .unwrap()
            .iter()
            .filter(|r| r["rule"].as_str().unwrap().ends_with("602"))
            .collect();
        let told: Vec<(i64, &str, &str)> = shell
            .iter()
            .map(|r| {
                (
                    r["line"].as_i64().unwrap(),
                    r["status"].as_str().unwrap(),
                    r["stage"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(told[0].0, 10, "{shell:#?}");
        assert_eq!(
            (told[0].1, told[1]),
            ("inherited", (14, "new", "unmatched"))
        );
        assert_eq!(
            (&shell[0]["from"]["path"], &shell[0]["from"]["line"]),
            (&"run.py".into(), &5.into())
        );
        // The same in a bare repository, for people.
        world.push(&["--quiet", "origin", "main"]).exits(0);
        let bare = world.path("remote.git");
        // ruff writes absolute paths of the work tree, which a bare repository does not know.
        let checkout = world.path("work").display().to_string();
        let revisions = ["compare", "--base", "main~1", "--head", "main"];
        let args = [&revisions[..], &["--folder", &checkout, &old, &new]].concat();
        let ran = world.run_in(&bare, env!("CARGO_BIN_EXE_newgate"), &args, b"");
        ran.exits(0)
            .says("a copy of `run.py:5`, which is still there");
    }
}

#[test]
fn a_report_that_does_not_fit_is_refused_with_the_reason() {
    let world = World::new();
    let (old, new) = reported(&world, "json");
    let empty = world.path("home/empty.json");
    std::fs::write(&empty, "").unwrap();
    let empty = empty.to_str().unwrap();
    let compare =
        |a: &str, b: &str| world.newgate(&["compare", "--base", "HEAD~1", "--head", "HEAD", a, b]);
    compare(empty, &new).exits(2).says("the file is empty");
    compare("/nowhere.json", &new)
        .exits(3)
        .says("/nowhere.json");
    let text = std::fs::read_to_string(&new).unwrap();
    let cut = world.path("home/cut.json");
    std::fs::write(&cut, &text[..text.len() / 2]).unwrap();
    compare(&old, cut.to_str().unwrap())
        .exits(2)
        .says("not JSON");
    let elsewhere = world.path("home/elsewhere.json");
    std::fs::write(&elsewhere, text.replace("run.py", "else.py")).unwrap();
    compare(&old, elsewhere.to_str().unwrap())
        .exits(2)
        .says("not in the tree");
    world
        .newgate(&["compare", "--base", "nowhere", "--head", "HEAD", &old, &new])
        .exits(2)
        .says("is not a commit");
}

/// Scenes of one kind: files before and after an edit. A line that ends in `  @` has a finding,
/// `  @new` one that the edit brings, `  @secret` one about a hard-coded password.
struct Scene {
    name: String,
    /// The side, the path and the lines of each file.
    files: Vec<(String, String, Vec<String>)>,
}

fn scenes(text: &str) -> Vec<Scene> {
    let mut scenes: Vec<Scene> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            scenes.push(Scene {
                name: name.to_owned(),
                files: Vec::new(),
            });
        } else if let Some((side, path)) = line.strip_prefix("-- ").and_then(|l| l.split_once(' '))
        {
            let files = &mut scenes.last_mut().unwrap().files;
            files.push((side.to_owned(), path.to_owned(), Vec::new()));
        } else if let Some(file) = scenes.last_mut().and_then(|s| s.files.last_mut()) {
            file.2.push(line.to_owned());
        }
    }
    scenes
}

impl Scene {
    /// The files of a side as `git fast-import` takes them, a report of its findings, and the places of
    /// those that are new.
    fn side(&self, wanted: &str) -> (String, Value, Vec<String>) {
        let (mut files, mut results, mut new) = (String::new(), Vec::new(), Vec::new());
        for (_, path, lines) in self.files.iter().filter(|(side, ..)| side == wanted) {
            let mut text = String::new();
            for (n, line) in lines.iter().enumerate() {
                let (line, mark) = match line.split_once("  @") {
                    Some((line, mark)) if ["", "new", "secret"].contains(&mark) => {
                        (line, Some(mark))
                    }
                    _ => (line.as_str(), None),
                };
                text += line;
                text.push('\n');
                let Some(mark) = mark else {
                    continue;
                };
                let rule = if mark == "secret" {
                    "hard-coded-password"
                } else {
                    "flagged"
                };
                let place = serde_json::json!({"physicalLocation": {
                    "artifactLocation": {"uri": path}, "region": {"startLine": n + 1}}});
                results.push(serde_json::json!({"ruleId": rule, "level": "warning",
                    "message": {"text": "m"}, "locations": [place]}));
                if mark == "new" {
                    new.push(format!("{path}:{}", n + 1));
                }
            }
            files += &format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len());
        }
        let report = serde_json::json!({"version": "2.1.0",
            "runs": [{"tool": {"driver": {"name": "x"}}, "results": results}]});
        new.sort();
        (files, report, new)
    }
}

/// Compares the two sides of each scene; says which are wrong.
fn judge(text: &str) {
    let world = World::new();
    let all = scenes(text);
    let mut stream = String::new();
    for (n, scene) in all.iter().enumerate() {
        for side in ["base", "head"] {
            let (files, ..) = scene.side(side);
            let from = match side {
                "head" => format!("from refs/heads/base-{n}\ndeleteall\n"),
                _ => String::new(),
            };
            stream += &format!(
                "commit refs/heads/{side}-{n}\ncommitter a <a@example.org> 0 +0000\ndata 0\n{from}{files}"
            );
        }
    }
    let imported = world.run_in(
        &world.work(),
        "git",
        &["fast-import", "--quiet"],
        stream.as_bytes(),
    );
    assert_eq!(imported.code, 0, "{imported:#?}");
    let mut wrong = Vec::new();
    for (n, scene) in all.iter().enumerate() {
        let report = |side: &str| {
            let path = world.path(&format!("home/{side}.sarif"));
            std::fs::write(&path, scene.side(side).1.to_string()).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (old, new) = (report("base"), report("head"));
        let (base, head) = (format!("base-{n}"), format!("head-{n}"));
        let args = [
            "compare", "--base", &base, "--head", &head, &old, &new, "--format", "json",
        ];
        let rows = world.newgate(&args).exits(0).json();
        let mut found: Vec<String> = Vec::new();
        for row in rows.as_array().unwrap() {
            if row["status"] == "new" {
                found.push(format!("{}:{}", row["file"].as_str().unwrap(), row["line"]));
            }
        }
        found.sort();
        let wanted = scene.side("head").2;
        if found != wanted {
            wrong.push(format!("{}: {found:?}, not {wanted:?}", scene.name));
        }
    }
    assert!(!all.is_empty() && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_fix_pays_for_no_other_finding() {
    judge(include_str!("comparing/fixes.txt"));
}

#[test]
fn a_copy_is_new_whatever_becomes_of_its_original() {
    judge(include_str!("comparing/copies.txt"));
}

#[test]
fn blocks_are_told_apart_by_what_opens_them() {
    judge(include_str!("comparing/scopes.txt"));
}

#[test]
fn what_is_formatted_or_moved_is_inherited() {
    judge(include_str!("comparing/moves.txt"));
}

#[test]
fn an_edit_that_keeps_the_weakness_keeps_the_finding() {
    judge(include_str!("comparing/edits.txt"));
}

#[test]
fn near_relatives_of_what_was_wrong_once_are_right() {
    judge(include_str!("comparing/siblings.txt"));
}
