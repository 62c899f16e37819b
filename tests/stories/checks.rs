//! `newgate check`: by hand, on what is committed and on what is not.

use std::path::Path;

use crate::support::{World, leak, places};

/// Everything in a folder of git's, by name and content.
fn snapshot(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(".git/newgate") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn what_is_staged_or_in_the_work_tree_is_judged_and_nothing_is_touched() {
    let world = World::started();
    world.write("staged.py", leak(1));
    world.git(&["add", "staged.py"]);
    world.write("staged.py", "CLEAN = 1\n");
    world.write("untracked.py", leak(2));
    world.write(".gitignore", "ignored.py\n");
    world.write("ignored.py", leak(3));
    let before = snapshot(&world.work().join(".git"));
    assert_eq!(places(&world.check(&["--staged"]), "new"), ["staged.py:1"]);
    assert_eq!(
        places(&world.check(&["--worktree"]), "new"),
        ["untracked.py:1"]
    );
    assert_eq!(world.check(&[])["verdict"], "pass");
    assert_eq!(snapshot(&world.work().join(".git")), before);
}

#[test]
fn what_is_staged_is_judged_before_the_first_commit_too() {
    let world = World::new();
    world.write("staged.py", leak(1));
    world.git(&["add", "staged.py"]);
    let report = world.check(&["--staged"]);
    assert_eq!(
        (
            report["verdict"].as_str(),
            report["change"]["base"].as_str()
        ),
        (Some("blocked"), None)
    );
    world
        .newgate(&["check"])
        .exits(2)
        .says("no commit yet")
        .says("--staged");
}

#[test]
fn head_base_and_target_can_be_named() {
    let world = World::started();
    world.write("one.py", leak(1));
    let one = world.commit("One");
    world.write("two.py", leak(2));
    let two = world.commit("Two");
    assert_eq!(places(&world.check(&[]), "new"), ["one.py:1", "two.py:1"]);
    assert_eq!(places(&world.check(&["--head", &one]), "new"), ["one.py:1"]);
    assert_eq!(
        places(&world.check(&["--base", &one, "--head", &two]), "new"),
        ["two.py:1"]
    );
    world.git(&["branch", "develop", &one]);
    assert_eq!(
        places(&world.check(&["--target", "develop"]), "new"),
        ["two.py:1"]
    );
    world.git(&["config", "newgate.target", "develop"]);
    assert_eq!(places(&world.check(&[]), "new"), ["two.py:1"]);
}

#[test]
fn the_target_can_be_set_in_the_configuration() {
    let world = World::new();
    world.write(".newgate/config.toml", "target = \"develop\"\n");
    world.commit("Start");
    world.git(&["branch", "develop"]);
    world
        .push(&["--quiet", "origin", "main", "develop"])
        .exits(0);
    world.write("x.py", "X = 1\n");
    world.commit("X");
    assert_eq!(world.check(&[])["change"]["target"], "origin/develop");
}

#[test]
fn mistakes_of_the_caller_exit_with_2_and_say_what_to_do() {
    let world = World::started();
    world
        .newgate(&["check", "--head", "nowhere"])
        .exits(2)
        .says("`nowhere` is not a commit")
        .says("hint:");
    world
        .newgate(&["check", "--target", "nowhere"])
        .exits(2)
        .says("no branch `nowhere`");
    world
        .newgate(&["check", "--base", "HEAD:app.py"])
        .exits(2)
        .says("is a file");
    world
        .newgate(&["check", "--output", "yaml=x"])
        .exits(2)
        .says("no format `yaml`");
    world.newgate(&["chekc"]).exits(2).says("check");
    let outside = world.path("home");
    world
        .run_in(&outside, env!("CARGO_BIN_EXE_newgate"), &["check"], b"")
        .exits(2)
        .says("no git repository here");
}

#[test]
fn every_mistake_in_the_configuration_is_told_at_once() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[gate]\nblock-at = \"hihg\"\nfoo = 1\n[scanners]\nbandti = true\n",
    );
    world.commit("Mistakes");
    let ran = world.newgate(&["check", "--no-base"]).exits(2);
    ran.says("3 mistakes")
        .says(".newgate/config.toml:2:12")
        .says("did you mean `\"high\"`?")
        .says("unknown key `foo`")
        .says("did you mean `bandit`?");
}

#[test]
fn the_threshold_decides_what_blocks() {
    let world = World::started();
    world.write(".newgate/config.toml", "[gate]\nblock-at = \"critical\"\n");
    world.commit("Only the worst");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.write(
        "db.py",
        format!(
            "URL = 'postgres://app:{}@db.internal/x'\n",
            ["Zx9", "quartz", "Lamp77"].concat()
        ),
    );
    world.commit("A high one");
    let ran = world.newgate(&["check"]).exits(0);
    ran.says("1 new issue below `critical`")
        .says("Does not block");
}

#[test]
fn reports_go_to_files_beside_the_screen() {
    let world = World::started();
    world.write("leak.py", leak(1));
    world.commit("Leak");
    let json = world.path("home/r.json");
    let text = world.path("home/r.txt");
    let (a, b) = (
        format!("json={}", json.display()),
        format!("terminal={}", text.display()),
    );
    world
        .newgate(&["check", "--output", &a, "--output", &b])
        .exits(1)
        .says("BLOCKED");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!(
        (&report["version"], &report["exit-code"]),
        (&1.into(), &1.into())
    );
    assert!(std::fs::read_to_string(text).unwrap().contains("BLOCKED"));
    let unwritable = "json=/nowhere/r.json";
    world
        .newgate(&["check", "--output", unwritable])
        .exits(1)
        .says("/nowhere/r.json");
}

#[test]
fn the_report_reads_well_without_colour_and_the_same_with_it() {
    let world = World::started();
    world.write(
        "leak.py",
        format!("import os\n\n{}\nprint(os.name)\n", leak(1)),
    );
    world.commit("Leak");
    let plain = world.newgate(&["check"]).exits(1).out;
    assert!(!plain.contains('\x1b'));
    let colored = world.newgate(&["check", "--color", "always"]).exits(1).out;
    assert!(colored.contains('\x1b'));
    let mut bare = String::new();
    let mut rest = colored.as_str();
    while let Some(at) = rest.find('\x1b') {
        bare.push_str(&rest[..at]);
        rest = &rest[at + rest[at..].find('m').unwrap() + 1..];
    }
    bare.push_str(rest);
    // The words do not depend on colour; times and what came from the cache differ.
    let words = |text: &str| -> Vec<String> {
        let kept = text
            .lines()
            .filter(|l| !l.contains(" ms") && !l.contains("scanned "));
        kept.map(str::to_owned).collect()
    };
    assert_eq!(words(&bare), words(&plain));
    let shown: Vec<String> = words(&plain).into_iter().take(11).collect();
    let head = world.git(&["rev-parse", "--short=10", "origin/main"]);
    insta::assert_snapshot!(shown.join("\n").replace(&head, "[base]").replace(issue_id(&plain), "[issue]"), @r"
    newgate: BLOCKED  HEAD: 1 issue blocks this change
      compared with [base] (the tip of origin/main)

     CRITICAL 9.1  GitHub personal access token
      secrets github-pat · CWE-798 · issue [issue]
      new, 1 occurrence · blocks
      --> leak.py:3:10
        > 3 | TOKEN = '[secret]'
          GitHub personal access token (`ghp_…`, 40 characters)
      fix: Revoke it at github.com/settings/tokens, and create a fine-grained token with few permissions
           and an expiry date.
    ");
}

fn issue_id(text: &str) -> &str {
    let at = text.find("· issue ").unwrap() + "· issue ".len();
    text[at..].lines().next().unwrap()
}

#[test]
fn quiet_says_the_verdict_and_what_blocks_and_a_narrow_screen_is_kept_to() {
    let mut world = World::started();
    world.environment.push(("COLUMNS".into(), "80".into()));
    world.write("leak.py", leak(1));
    world.commit("Leak");
    let quiet = world.newgate(&["check", "--quiet"]).exits(1).out;
    assert!(
        quiet.contains("leak.py:1") && !quiet.contains("scanned"),
        "{quiet}"
    );
    let narrow = world.newgate(&["check", "-v"]).exits(1).out;
    let body = narrow
        .lines()
        .filter(|l| !l.starts_with("newgate:") && !l.contains("http"));
    for line in body {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_branch_that_is_the_target_passes_at_once() {
    let world = World::started();
    let report = world.check(&[]);
    assert_eq!(
        (
            report["verdict"].as_str(),
            report["scanners"][0]["scanned"].as_u64()
        ),
        (Some("pass"), Some(0))
    );
}

#[test]
fn verbose_lists_what_is_inherited_and_why() {
    let world = World::new();
    world.write("old.py", format!("import os\n\n{}", leak(1)));
    world.write("far.py", leak(2));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.newgate(&["baseline", "build"]).exits(0);
    world.write("old.py", format!("import os\nimport sys\n\n{}", leak(1)));
    world.commit("Go on");
    let ran = world.newgate(&["check", "-v"]).exits(0);
    ran.says("old.py:4:10 [inherited: shifted from `old.py:3`]")
        .says("far.py:1:10 [inherited: in an unchanged file");
    world
        .newgate(&["check"])
        .exits(0)
        .says(" 2 inherited (2 critical)");
}

#[test]
fn an_issue_of_the_last_report_can_be_looked_at() {
    let world = World::started();
    world
        .newgate(&["show"])
        .exits(2)
        .says("nothing has been checked here yet");
    world.write("old.py", format!("import os\n\n{}", leak(1)));
    world.commit("Old");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.write("old.py", format!("import os\nimport sys\n\n{}", leak(1)));
    world.write("copy.py", leak(1));
    world.commit("Copy");
    let report = world.check(&[]);
    let id = report["issues"][0]["id"].as_str().unwrap();
    world.newgate(&["show"]).exits(0).says(id).says("grown");
    let ran = world.newgate(&["show", &id[..4]]).exits(0);
    ran.says("copy.py:1:10 [new: a copy of `old.py:3`, which is still there]")
        .says("old.py:4:10 [inherited: shifted from `old.py:3`]")
        .says("blocks: 1 new occurrence of an inherited issue");
    world
        .newgate(&["show", "zzz"])
        .exits(2)
        .says("no issue `zzz`");
    std::fs::write(world.work().join(".git/newgate/last/report.json"), "{}").unwrap();
    world
        .newgate(&["show"])
        .exits(3)
        .says("cannot read the last report");
}

#[test]
fn a_merge_is_judged_by_what_it_would_make() {
    let world = World::started();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("fine.py", "X = 1\n");
    world.commit("Fine");
    world.git(&["switch", "--quiet", "main"]);
    world.write("old.py", leak(3));
    world.commit("A leak on main, pushed past the gate");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "feature"]);
    let before = snapshot(&world.work().join(".git"));
    let report = world.check(&["--merge"]);
    assert_eq!(
        (
            report["verdict"].as_str(),
            report["change"]["mode"].as_str()
        ),
        (Some("pass"), Some("merge"))
    );
    assert_eq!(snapshot(&world.work().join(".git")), before);
    world.write("leak.py", leak(4));
    world.commit("Leak");
    let ran = world.newgate(&["check", "--merge"]).exits(1);
    ran.says("HEAD merged into origin/main")
        .says("leak.py:1")
        .says("which it is merged into");
    // In a bare repository, as a forge has it; and where the merge conflicts.
    world
        .push(&["--quiet", "--no-verify", "origin", "feature"])
        .exits(0);
    let bare = world.path("remote.git");
    let args = ["check", "--merge", "--head", "feature", "--target", "main"];
    world
        .run_in(&bare, env!("CARGO_BIN_EXE_newgate"), &args, b"")
        .exits(1)
        .says("leak.py:1");
    world.write("old.py", "OTHER = 1\n");
    world.commit("Conflict");
    world
        .newgate(&["check", "--merge"])
        .exits(1)
        .says("conflicts")
        .says("merge base with origin/main");
}
