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
        let args = ["compare", "--base", "main~1", "--head", "main", &old, &new];
        let ran = world.run_in(&bare, env!("CARGO_BIN_EXE_newgate"), &args, b"");
        // ruff writes absolute paths of the work tree, which are recognised by their ends.
        ran.exits(0)
            .says("a copy of `run.py:5`, which still stands");
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
        .says("names no commit");
}
