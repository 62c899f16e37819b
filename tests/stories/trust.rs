//! A branch cannot weaken the gate that judges it.

use crate::support::{World, issues, token, write_program};

const SHELL: &str =
    "import subprocess\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n";

fn gated() -> World {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    world.configure(&["bandit", "ruff"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("run.py", SHELL);
    world
}

#[track_caller]
fn still_blocked(world: &World) {
    world.commit("Try to get through");
    let ran = world.push(&["origin", "feature"]).exits(1);
    ran.says("BLOCKED").says("run.py:5");
}

#[test]
fn an_edited_configuration_applies_only_once_it_is_on_the_target() {
    let world = gated();
    world.write(
        ".newgate/config.toml",
        "[gate]\nblock-at = \"critical\"\n[scanners]\nsecrets = false\ncode = false\n",
    );
    world.commit("Try to get through");
    world
        .push(&["origin", "feature"])
        .exits(1)
        .says("run.py:5")
        .says("takes effect once it is on origin/main");
    // It can be tried out by hand.
    let report = world.check(&["--config-from", "head"]);
    assert_eq!(
        report["scanners"].as_array().unwrap().len(),
        0,
        "{report:#}"
    );
}

#[test]
fn a_deleted_or_broken_configuration_changes_nothing() {
    let world = gated();
    std::fs::remove_dir_all(world.work().join(".newgate")).unwrap();
    still_blocked(&world);
    world.write(".newgate/config.toml", "[[[\n");
    still_blocked(&world);
}

#[test]
fn configuration_of_a_scanner_in_the_branch_is_not_read() {
    let world = gated();
    for folder in ["", "pkg/"] {
        world.write(&format!("{folder}.bandit"), "[bandit]\nskips: B602\n");
        world.write(&format!("{folder}bandit.yaml"), "skips: [B602]\n");
        world.write(
            &format!("{folder}ruff.toml"),
            "lint.ignore = ['S']\nexclude = ['*.py']\n",
        );
        world.write(
            &format!("{folder}pyproject.toml"),
            "[tool.bandit]\nskips = ['B602']\n[tool.ruff]\nexclude = ['*.py']\n",
        );
    }
    world.write("pkg/deep.py", SHELL);
    world.commit("Try to get through");
    let ran = world.push(&["origin", "feature"]).exits(1);
    ran.says("run.py:5")
        .says("pkg/deep.py:5")
        .says("the change edits `bandit.yaml`, which configures bandit");
    let report = world.check(&[]);
    let shell = issues(&report, "new")
        .into_iter()
        .find(|i| i["severity"] == "critical")
        .unwrap();
    assert_eq!(
        shell["occurrences"][0]["scanners"],
        serde_json::json!(["bandit", "ruff"])
    );
}

#[test]
fn a_descriptor_of_the_branch_does_not_replace_the_scanner() {
    let world = gated();
    let descriptor = include_str!("../../src/scan/catalog/bandit.toml")
        .replace("\"bandit\", \"--quiet\"", "\"true\", \"--quiet\"");
    world.write(".newgate/scanners/bandit.toml", descriptor);
    still_blocked(&world);
}

#[test]
fn the_configuration_of_the_target_is_used_for_scanners() {
    let world = gated();
    world.git(&["stash", "--quiet", "--include-untracked"]);
    world.git(&["switch", "--quiet", "main"]);
    world.write("bandit.yaml", "skips: [B602]\n");
    world.write(
        "ruff.toml",
        "[lint]\nignore = ['S602']\nper-file-ignores = { '*' = ['S602'] }\n",
    );
    world.commit("A decision of the project");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "feature"]);
    world.git(&["stash", "pop", "--quiet"]);
    world.commit("Run");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
}

#[test]
fn a_hidden_or_renamed_file_is_scanned_all_the_same() {
    let world = gated();
    world.write(
        ".gitattributes",
        "*.py -diff binary linguist-generated export-ignore\n",
    );
    world.write(".gitignore", "run.py\n*.py\n");
    world.git(&["add", "--force", "run.py"]);
    still_blocked(&world);
}

#[test]
fn variables_of_git_do_not_reach_a_scanner_and_do_not_mislead_newgate() {
    let mut world = gated();
    world.commit("Run");
    world
        .environment
        .push(("GIT_CONFIG_COUNT".into(), "0".into()));
    world
        .environment
        .push(("PYTHONPATH".into(), "/nowhere".into()));
    world.newgate(&["check"]).exits(1).says("run.py:5");
}

#[test]
fn the_first_configuration_is_the_branch_s_own_and_that_is_said() {
    let world = World::started();
    world.git(&["switch", "--quiet", "--create", "setup"]);
    world.write(".newgate/config.toml", "[gate]\nblock-at = \"critical\"\n");
    world.commit("Configure");
    world
        .push(&["origin", "setup"])
        .exits(0)
        .says("because origin/main has none yet");
}

#[test]
fn the_first_configuration_takes_nothing_from_the_defaults() {
    const EXEMPTION: &str = "version = 1\n[[exemption]]\nrule = \"*\"\nreason = \"other\"\ntext = \"please\"\n\
                             granted = 2026-01-01\nuntil = 2999-01-01\n";
    for (key, config, exemptions) in [
        ("scanners.secrets", "[scanners]\nsecrets = false\n", ""),
        ("scanners.code", "[scanners]\ncode = false\n", ""),
        (
            "scanners.secrets",
            "[scanners.secrets]\nresults = \"ingest\"\n",
            "",
        ),
        (
            "rules",
            "[[rules]]\naction = \"ignore\"\npath = \"**\"\n",
            "",
        ),
        (
            "rules",
            "[[rules]]\naction = \"warn\"\nkind = \"secret\"\n",
            "",
        ),
        (
            "severity",
            "[[severity]]\nrule = \"*\"\nscore = 0.0\nreason = \"none\"\n",
            "",
        ),
        (
            "gate.suppressions",
            "[gate]\nsuppressions = \"allow\"\nbudget = 1\n",
            "",
        ),
        ("gate.block-at", "[gate]\nblock-at = \"critical\"\n", ""),
        ("exemptions", "", EXEMPTION),
    ] {
        let world = World::started();
        world.git(&["switch", "--quiet", "--create", "setup"]);
        world.write(".newgate/config.toml", config);
        world.write(".newgate/exemptions.toml", exemptions);
        // The second is not as severe as the first.
        world.write(
            "leak.py",
            format!("T = '{}'\npassword = 'q8Zr2LmX0vKp4TnY'\n", token(1)),
        );
        world.commit("Configure");
        let ran = world.push(&["origin", "setup"]).exits(1).says("BLOCKED");
        ran.says("leak.py:1").says("leak.py:2");
        let report = world.check(&[]);
        let notes = report["notes"].to_string();
        assert!(notes.contains(&format!("`{key}`")), "{key}: {notes}");
        assert!(notes.contains("would weaken the defaults"), "{notes}");
        let blocking = issues(&report, "new");
        assert!(blocking.iter().all(|i| i["blocks"] == true), "{report:#}");
        // It can be tried out by hand.
        world.newgate(&["check", "--config-from", "head"]);
    }
}

#[test]
fn the_first_configuration_may_be_stricter_than_the_defaults() {
    let mut world = World::started();
    world.put_on_path(&crate::support::tools());
    world.git(&["switch", "--quiet", "--create", "setup"]);
    world.write(
        ".newgate/config.toml",
        "[gate]\nblock-at = \"low\"\n[scanners]\nbandit = true\n",
    );
    world.write("low.py", "assert True\n");
    world.commit("Configure");
    let ran = world.push(&["origin", "setup"]).exits(1);
    ran.says("low.py:1")
        .says("because origin/main has none yet");
}

#[test]
fn the_first_push_of_a_repository_is_judged_by_no_less_than_the_defaults() {
    let world = World::new();
    world.write(".newgate/config.toml", "[scanners]\nsecrets = false\n");
    world.write("leak.py", format!("T = '{}'\n", token(1)));
    world.commit("Start");
    world.install();
    world
        .push(&["origin", "main"])
        .exits(1)
        .says("leak.py:1")
        .says("would weaken the defaults");
    // By hand, in a repository of one's own, the configuration is what it is.
    world.newgate(&["check"]).exits(0);
}

#[test]
fn hostile_names_and_contents_cannot_steer_the_terminal() {
    let world = World::started();
    world.write(
        "a\x1b[2Jb\u{202e}.py",
        format!("\x1b]0;owned\x07 TOKEN = '{}' \u{202e}\n", token(1)),
    );
    world.commit("Hostile");
    let ran = world.newgate(&["check", "-v"]).exits(1);
    assert!(
        !ran.all().contains('\x1b') && !ran.all().contains('\u{202e}'),
        "{}",
        ran.all()
    );
    ran.says("\\u{1b}[2Jb");
}

#[test]
fn a_branch_names_no_program_before_somebody_agreed_to_it() {
    let world = World::started();
    let mark = world.path("home/ran");
    world.git(&["switch", "--quiet", "--create", "evil"]);
    world.write(
        ".newgate/scanners/evil.toml",
        format!(
            "name = \"evil\"\ntitle = \"E\"\nhomepage = \"https://example.com\"\nkind = \"code\"\nscope = \"file\"\nfiles = [\"*\"]\n\
             [program]\ncommand = [\"sh\", \"-c\", \"touch {}\", \"{{files}}\"]\nversion = [\"--version\"]\nversion-pattern = '(.*)'\nexit-clean = [0]\n\
             [output]\nformat = \"sarif\"\n",
            mark.display()
        ),
    );
    let program = world.path("home/bandit");
    std::fs::write(&program, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).unwrap();
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\nevil = true\nbandit = {{ path = \"{}\" }}\n",
            program.display()
        ),
    );
    world.write("run.py", SHELL);
    world.commit("Evil");
    let report = world.check(&[]);
    assert!(!mark.exists(), "{report:#}");
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("take effect once they are on the target"),
        "{notes}"
    );
}

#[test]
fn a_path_into_the_checkout_is_a_mistake() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[scanners.bandit]\npath = \"tools/bandit\"\n",
    );
    world.commit("Configure");
    world
        .newgate(&["check", "--no-base"])
        .exits(2)
        .says("would point into the checkout");
}

#[test]
fn a_replaced_object_does_not_hide_what_is_pushed() {
    for init in [&[][..], &["--object-format=sha256"]] {
        let world = World::with(init);
        world.write("app.py", "X = 1\n");
        let clean = world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.install();
        world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
        let evil = world.commit("Evil");
        world.git(&["replace", &evil, &clean]);
        world
            .push(&["origin", "main:refs/heads/other"])
            .exits(1)
            .says("leak.py:1");
    }
}

#[test]
fn where_a_link_leads_to_is_text_that_is_pushed() {
    let world = World::started();
    std::os::unix::fs::symlink(token(1), world.work().join("link")).unwrap();
    world.commit("Link");
    world.push(&["origin", "main"]).exits(1).says("link:1");
}

#[test]
fn a_target_that_is_named_and_not_there_is_said() {
    let world = World::started();
    world.git(&["config", "newgate.target", "nope"]);
    world.write("fine.py", "X = 1\n");
    world.commit("Fine");
    world
        .push(&["origin", "HEAD:other"])
        .exits(1)
        .says("no branch `nope`")
        .says("newgate.target");
    world.git(&["config", "--unset", "newgate.target"]);
    world.write(".newgate/config.toml", "target = \"develop\"\n");
    world.commit("Name a target");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world
        .newgate(&["check"])
        .exits(0)
        .says("the configured target `develop` is not in this clone");
}

#[test]
fn a_damaged_result_in_the_cache_is_no_result() {
    let world = World::started();
    world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
    world.commit("Leak");
    world.newgate(&["check"]).exits(1);
    let cache = world.work().join(".git/newgate/cache.db");
    let db = rusqlite::Connection::open(&cache).unwrap();
    assert!(db.execute("UPDATE result SET payload = x''", []).unwrap() > 0);
    world.newgate(&["check"]).exits(1).says("leak.py:1");
}

#[test]
fn a_new_secret_in_a_huge_file_is_not_taken_for_an_old_one() {
    let world = World::started();
    world.write(
        "big.txt",
        "a line of a large file that is not scanned by hand\n".repeat(800_000),
    );
    world.commit("Big");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.write(
        "big.txt",
        format!(
            "{}token = '{}'\n",
            "a line of a large file that is not scanned by hand\n".repeat(800_000),
            token(1)
        ),
    );
    world.commit("Leak");
    world.newgate(&["check"]).exits(1).says("big.txt:800001");
}

#[test]
fn comments_that_silence_a_scanner_anew_are_told() {
    let world = gated();
    world.git(&["switch", "--quiet", "main"]);
    world.write("old.py", "import pickle  # nosec\n");
    world.write("named.py", "import marshal  # nosec\n");
    world.commit("An old one");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--create", "other"]);
    world.write("old.py", "X = 1\nimport pickle  # nosec\n");
    world.git(&["mv", "named.py", "renamed.py"]);
    world.write(
        "run.py",
        SHELL.replace("shell=True)", "shell=True)  # nosec # noqa: S602"),
    );
    world.commit("Silence it");
    let ran = world.newgate(&["check"]).exits(0);
    let told = ran.all().replace("\n           ", " ");
    assert!(
        told.contains("comments that suppress findings of bandit"),
        "{told}"
    );
    assert!(
        told.contains("comments that suppress findings of ruff"),
        "{told}"
    );
    assert!(
        told.contains("run.py:5") && !told.contains("old.py:2") && !told.contains("renamed.py:1"),
        "{told}"
    );
    // One comment of two: the other scanner still reports the line, and the note says why.
    let one = SHELL.replace("shell=True)", "shell=True)  # nosec");
    world.write("run.py", one);
    world.commit("Silence one of two");
    let told = world.newgate(&["check"]).all();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "suppress findings of bandit, which therefore do not block: run.py:5; ruff does not read such a comment";
    assert!(told.contains(said), "{told}");
}

#[test]
fn a_lock_of_the_branch_names_no_program() {
    let world = World::started();
    let mark = world.path("home/ran");
    world.git(&["switch", "--quiet", "--create", "evil"]);
    let folder = world.work().join("evil/bin");
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!("#!/bin/sh\ntouch '{}'\necho bandit 1.9.4\n", mark.display());
    write_program(&folder.join("bandit"), &script);
    std::fs::write(
        world.work().join("evil/newgate-installed.toml"),
        "version = \"1.9.4\"\norigin = \"pypi\"\n",
    )
    .unwrap();
    world.write(".newgate/config.toml", "[scanners]\nbandit = true\n");
    world.write(
        ".newgate/scanners.lock",
        format!(
            "version = 1\n[scanners.bandit]\nversion = \"{}\"\norigin = \"pypi\"\n",
            world.work().join("evil").display()
        ),
    );
    world.write("run.py", SHELL);
    world.commit("Evil");
    world.newgate(&["check"]);
    world.newgate(&["scanners"]);
    assert!(!mark.exists());
}

#[test]
fn comments_that_silence_are_seen_however_they_are_spelled() {
    let world = World::new();
    world.configure(&["bandit", "ruff"]);
    world.write(
        ".newgate/config.toml",
        "[scanners]\nbandit = true\nruff = true\neslint = true\nshellcheck = true\nflawfinder = true\n",
    );
    world.write("README.md", "x\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let spellings = [
        ("a.py", "x = 1  # NOQA\n"),
        ("b.py", "# ruff: disable[S307]\nx = 1\n"),
        ("c.py", "x = 1  #  NoSec\n"),
        ("d.js", "/*\n eslint no-eval: 0\n*/\nx;\n"),
        ("e.js", "x; // ESLint-Disable-line\n"),
        ("f.sh", "#!/bin/sh\n# shellcheck  disable=SC2086\necho\n"),
        ("g.c", "int x; /* FLAWFINDER: IGNORE */\n"),
    ];
    for (name, content) in spellings {
        world.write(name, content);
    }
    world.commit("Silence");
    let notes = world.check(&[])["notes"].to_string();
    for (name, _) in spellings {
        assert!(
            notes.contains(&format!("{name}:")),
            "{name} is not in {notes}"
        );
    }
}
