//! Secrets: old ones are not held against a change, new ones never pass, and no text of one is kept.

use std::fs;

use crate::support::{World, places, token, tools};

fn line(number: u32) -> String {
    format!("TOKEN = '{}'\n", token(number))
}

/// A world whose `main` has a secret from before the gate, and a branch is checked out.
fn with_old_secret() -> World {
    let world = World::new();
    world.write("settings.py", format!("import os\n\n{}", line(1)));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world
}

#[test]
fn a_secret_that_a_later_commit_takes_away_has_leaked() {
    let world = with_old_secret();
    world.write("leak.py", line(2));
    let leak = world.commit("Leak");
    world.write("leak.py", "TOKEN = None\n");
    world.commit("Take it away");
    let report = world.check(&[]);
    assert_eq!(
        (report["verdict"].as_str(), places(&report, "new")),
        (Some("blocked"), vec!["leak.py:1".to_owned()])
    );
    assert_eq!(
        report["issues"][0]["occurrences"][0]["commit"],
        leak.as_str()
    );
    world
        .push(&["origin", "feature"])
        .exits(1)
        .says(&leak[..10])
        .says("git rebase -i");
    // Without the commit, it passes.
    world.git(&["reset", "--quiet", "--soft", "main"]);
    world.commit("Only what is wanted");
    world.push(&["origin", "feature"]).exits(0);
}

/// The command that the last report has for its first issue.
fn remedy(world: &World) -> String {
    let report = world.newgate(&["report", "json"]).json();
    let fix = report["issues"][0]["fix"].as_str().unwrap().to_owned();
    fix.split('`').nth(1).unwrap().to_owned()
}

#[test]
fn a_secret_in_a_message_is_found_and_its_remedies_work() {
    let world = with_old_secret();
    let secret = token(11);
    world.write("a.py", "A = 1\n");
    let leak = world.commit(&format!("Log in with a token\n\nIt is {secret}.\n"));
    world.write("b.py", "B = 1\n");
    world.commit("More");
    for args in [&[][..], &["--base", "main"][..]] {
        let report = world.check(args);
        let occurrence = &report["issues"][0]["occurrences"][0];
        assert_eq!(report["verdict"], "blocked", "{args:?}");
        assert_eq!(places(&report, "new"), [".git/COMMIT_EDITMSG:3"]);
        assert_eq!(occurrence["commit"], leak.as_str());
        assert_eq!(occurrence["reason"]["code"], "in-message");
        assert!(!report.to_string().contains(&secret));
    }
    let pushed = world.push(&["origin", "feature"]).exits(1);
    let pushed = pushed.says(&format!("commit message:3:7 (in commit {})", &leak[..10]));
    assert!(!pushed.all().contains(&secret));
    for format in [
        "html",
        "markdown",
        "sarif",
        "github",
        "gitlab-sast",
        "csv",
        "junit",
    ] {
        let shown = world.newgate(&["report", format]).exits(0);
        assert!(!shown.all().contains(&secret), "{format}");
    }
    // The command that the report gives.
    let editor = "sed -i -e 's/^pick \\([0-9a-f]* .*Log in\\)/reword \\1/' -e s/gh[pousr]_[A-Za-z0-9]*/none/";
    let command = remedy(&world);
    world.git(&["config", "core.editor", editor]);
    world
        .run_in(&world.work(), "sh", &["-c", &command], b"")
        .exits(0);
    world.push(&["origin", "feature"]).exits(0);

    // The last commit, and one that the target has already.
    world.git(&["commit", "--quiet", "--allow-empty", "--message", &secret]);
    let picked = world.git(&["rev-parse", "HEAD"]);
    world
        .push(&["origin", "feature"])
        .exits(1)
        .says("git commit --amend");
    world.git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"]);
    world.git(&["switch", "--quiet", "--create", "other", "HEAD~1"]);
    world.write("c.py", "C = 1\n");
    world.commit("Go on");
    world.git(&["cherry-pick", "--allow-empty", &picked]);
    world.push(&["origin", "other"]).exits(0);
}

#[test]
fn a_secret_in_the_message_of_a_tag_is_found() {
    let world = with_old_secret();
    let secret = token(12);
    world.git(&[
        "tag",
        "--annotate",
        "v1",
        "--message",
        &format!("It is {secret}"),
    ]);
    world.git(&["tag", "--annotate", "v2", "v1", "--message", "Release"]);
    for tag in ["v1", "v2"] {
        let pushed = world.push(&["origin", tag]).exits(1);
        let pushed = pushed.says("tag message:1:7 (in tag ");
        assert!(!pushed.all().contains(&secret));
    }
    assert_eq!(world.check(&["--head", "v1"])["verdict"], "blocked");
    world.push(&["origin", "v1"]).exits(1);
    let command = remedy(&world);
    world.git(&["config", "core.editor", "sed -i s/It.is.*/Release/"]);
    world
        .run_in(&world.work(), "sh", &["-c", &command], b"")
        .exits(0);
    world.push(&["origin", "v1"]).exits(0);
    // Off by a setting of the target.
    world.write(
        ".newgate/config.toml",
        "version = 1\n[scanners]\nsecrets = { messages = false }\n",
    );
    world.commit("Read no messages");
    world.git(&["push", "--quiet", "--no-verify", "origin", "HEAD:main"]);
    world.push(&["origin", "v2"]).exits(0);
}

#[test]
fn a_secret_in_the_name_of_a_file_is_found() {
    let world = with_old_secret();
    let folder = format!("backup/{}", token(21));
    let name = format!("{folder}/notes.txt");
    world.write(&name, "Nothing\n");
    world.commit("Keep notes");
    let ran = world
        .push(&["origin", "feature"])
        .exits(1)
        .says("GitHub personal access token")
        .says("in the name of the file");
    assert!(!ran.all().contains(&token(21)), "{ran:?}");
    // Gone from the tree, it is still in the history.
    world.git(&["rm", "--quiet", &name]);
    world.commit("Take it away");
    world
        .push(&["origin", "feature"])
        .exits(1)
        .says("in the name of the file");
    // What the target has is inherited, whatever the file holds.
    world.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    world
        .push(&["--quiet", "--no-verify", "origin", "feature:main"])
        .exits(0);
    world.git(&["fetch", "--quiet"]);
    world.write(&name, "Something else\n");
    world.commit("Write something else");
    assert_eq!(world.check(&[])["verdict"], "pass");
    world
        .push(&["--quiet", "--no-verify", "origin", "feature:main"])
        .exits(0);
    world.git(&["fetch", "--quiet"]);
    world.git(&["mv", &name, &format!("{folder}/other.txt")]);
    world.commit("Rename");
    assert_eq!(world.check(&[])["verdict"], "pass");
}

#[test]
fn a_secret_in_a_merge_of_the_push_is_found() {
    let world = with_old_secret();
    world.write("a.py", "A = 1\n");
    world.commit("A");
    world.git(&["switch", "--quiet", "--create", "side", "main"]);
    world.write("b.py", "B = 1\n");
    world.commit("B");
    world.git(&["switch", "--quiet", "feature"]);
    world.git(&["merge", "--quiet", "--no-commit", "--no-ff", "side"]);
    world.write("b.py", line(5));
    world.commit("Merge with a surprise");
    world.write("b.py", "B = 2\n");
    world.commit("Take it away");
    world.push(&["origin", "feature"]).exits(1).says("b.py:1");
}

#[test]
fn an_old_secret_that_moves_with_its_file_or_alone_is_inherited() {
    let world = with_old_secret();
    world.git(&["mv", "settings.py", "config.py"]);
    world.commit("Rename");
    world
        .push(&["origin", "feature"])
        .exits(0)
        .says("nothing new");
    world.git(&["reset", "--quiet", "--hard", "main"]);
    world.write("settings.py", "import os\n\nDEBUG = False\n");
    world.write(
        "env.py",
        format!(
            "import sys\n\n\ndef name():\n    return sys.argv[0]\n\n\n{}",
            line(1)
        ),
    );
    world.commit("Take it apart");
    let report = world.check(&[]);
    assert_eq!(
        (
            report["verdict"].as_str(),
            report["issues"][0]["occurrences"][0]["stage"].as_str()
        ),
        (Some("pass"), Some("secret"))
    );
}

#[test]
fn a_copy_of_an_old_secret_and_another_one_in_its_place_are_new() {
    let world = with_old_secret();
    world.newgate(&["baseline", "build"]).exits(0);
    world.write("copy.py", line(1));
    world.commit("Copy");
    world
        .push(&["origin", "feature"])
        .exits(1)
        .says("new, 1 occurrence, 1 more in other files")
        .says("copy.py:1");
    world.git(&["reset", "--quiet", "--hard", "main"]);
    world.write("settings.py", format!("import os\n\n{}", line(3)));
    world.commit("Rotate it in the open");
    let report = world.check(&[]);
    assert_eq!(
        (places(&report, "new"), places(&report, "fixed")),
        (
            vec!["settings.py:3".to_owned()],
            vec!["settings.py:3".to_owned()]
        )
    );
}

#[test]
fn the_text_of_a_secret_is_kept_nowhere_and_shown_nowhere() {
    let world = with_old_secret();
    world.configure(&["bandit", "ruff"]);
    let password = "Zx9-quartz-Lamp-77";
    world.write(
        "leak.py",
        format!(
            "{}password = '{password}'\nurl = 'postgres://app:{password}@db.internal/x'\n",
            line(2)
        ),
    );
    world.commit("Leak");
    let html = world.path("report.json");
    let shown = [
        world.newgate(&["check", "-v"]),
        world.newgate(&[
            "check",
            "--format",
            "json",
            "--output",
            &format!("json={}", html.display()),
        ]),
        world.push(&["origin", "feature"]),
    ];
    let mut texts: Vec<(String, Vec<u8>)> = shown
        .iter()
        .map(|r| ("output".into(), r.all().into_bytes()))
        .collect();
    let kept = world.work().join(".git/newgate");
    for folder in [kept.clone(), kept.join("last"), world.folder()] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                texts.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    assert!(
        texts.iter().any(|(n, _)| n.ends_with("cache.db"))
            && texts.iter().any(|(n, _)| n.ends_with("last/report.json"))
    );
    for secret in [&token(1)[6..], &token(2)[6..], password] {
        for (name, text) in &texts {
            let found = text.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "a secret is in {name}");
        }
    }
}

#[test]
fn an_inline_comment_marks_a_secret_as_none_and_it_stays_in_the_report() {
    let world = with_old_secret();
    world.write(
        "docs.py",
        format!("EXAMPLE = '{}'  # newgate:allow-secret\n", token(4)),
    );
    world.commit("An example");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["counts"]["suppressed"]["critical"], 1);
    let occurrence = &report["issues"][0]["occurrences"][0];
    assert_eq!(occurrence["excuse"], "suppressed");
}

#[test]
fn a_secret_without_quotes_that_another_scanner_found_is_nowhere_shown_or_kept() {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    world.configure(&["detect-secrets"]);
    let config = world.work().join(".newgate/config.toml");
    let text = fs::read_to_string(&config).unwrap() + "[gate]\nblock-at = \"low\"\n";
    fs::write(config, text).unwrap();
    world.commit("Block more");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let value = &token(7)[4..];
    world.write("prod.env", format!("A=1\nAPP_KEY={value}\nB=2\n"));
    world.write("prod.yml", format!("app:\n  key: {value}\n"));
    world.commit("Leak");
    // Again from the cache, which knows the secret by its hash alone.
    for _ in 0..2 {
        let mut said = String::new();
        let formats = [
            "terminal",
            "html",
            "markdown",
            "sarif",
            "github",
            "gitlab-sast",
            "junit",
            "csv",
            "json",
        ];
        for format in formats {
            let ran = world.newgate(&["check", "--format", format]).exits(1);
            said.push_str(&ran.all());
        }
        assert!(said.contains("APP_KEY=[secret]"), "{said}");
        assert!(!said.contains(value), "{said}");
    }
    let kept = world.work().join(".git/newgate");
    let found = world.run_in(&kept, "grep", &["-rl", value, "."], b"");
    assert_eq!(found.out, "", "{found:?}");
}

#[test]
fn a_scanner_that_goes_by_names_is_shown_others() {
    for (scanner, name) in [
        ("detect-secrets", "a.css"),
        ("secretlint", "node_modules/a.png"),
        ("kingfisher", "vendor/go.sum"),
    ] {
        let world = World::new();
        let path = tools().join(scanner);
        let config = format!(
            "[scanners]\nsecrets = false\n[scanners.{scanner}]\npath = \"{}\"\n",
            path.display()
        );
        world.write(".newgate/config.toml", config);
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write(name, line(1));
        world.commit("Leak");
        world.newgate(&["check"]).exits(1).says(name);
    }
}

#[test]
fn a_scanner_that_does_not_read_utf16_does_not_call_it_clean() {
    for (scanner, code) in [("detect-secrets", 3), ("secretlint", 3), ("kingfisher", 1)] {
        let world = World::new();
        let path = tools().join(scanner);
        let config = format!(
            "[scanners]\nsecrets = false\ncode = false\n[scanners.{scanner}]\npath = \"{}\"\n",
            path.display()
        );
        world.write(".newgate/config.toml", config);
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["switch", "--quiet", "--create", "feature"]);
        let wide = line(1).into_bytes();
        let wide: Vec<u8> = wide.into_iter().flat_map(|b| [0, b]).collect();
        world.write("leak.py", wide);
        world.commit("Leak");
        let ran = world.newgate(&["check"]).exits(code);
        assert_eq!(ran.all().contains("UTF-16"), code == 3, "{ran:#?}");
    }
}

#[test]
fn an_archive_that_cannot_be_read_leaves_the_check_incomplete() {
    let world = with_old_secret();
    world.write("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04");
    world.write(
        "cut.zip",
        [&b"PK\x03\x04\x14\0"[..], line(14).as_bytes()].concat(),
    );
    world.commit("Add archives");
    let ran = world.newgate(&["check"]).exits(1);
    // What stands in it as it is, is found all the same.
    ran.says("a.7z")
        .says("7-Zip")
        .says("cut.zip")
        .says("damaged");
    world.write("cut.zip", b"PK\x03\x04\x14\0");
    world.commit("Cut it shorter");
    world.git(&["reset", "--quiet", "--soft", "main"]);
    world.commit("Add archives");
    assert_eq!(world.check(&[])["verdict"], "incomplete");
}

#[expect(clippy::print_stderr, reason = "what is skipped is said")]
#[test]
fn a_file_that_git_lfs_keeps_is_named_since_nothing_reads_it() {
    let world = with_old_secret();
    let installed = world.try_git(&["lfs", "install", "--local"]);
    if !installed.all().contains("Git LFS") && !installed.all().contains("Hook already exists") {
        eprintln!("skipped: git-lfs is not installed");
        return;
    }
    world.write(
        ".gitattributes",
        "*.bin filter=lfs diff=lfs merge=lfs -text\n",
    );
    world.write("large.bin", line(13));
    world.write("small.py", "A = 1\n");
    world.commit("Add large files");
    let pointer = world.git(&["show", "HEAD:large.bin"]);
    assert!(pointer.starts_with("version https://git-lfs"), "{pointer}");
    let report = world.check(&[]);
    let notes = report["notes"].as_array().unwrap();
    let note = notes.iter().find(|n| n["code"] == "large-files-unread");
    assert_eq!(note.unwrap()["path"], "large.bin");
    assert_eq!(
        (&report["verdict"], note.unwrap()["files"].as_u64()),
        (&"pass".into(), Some(1))
    );
}
