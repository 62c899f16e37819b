//! Every scanner of the catalogue that can be installed here, run for real on planted weaknesses:
//! found, remembered, and never clean when it crashed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::support::{World, of_scanner, places_and_rules, token, tools, write_program};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/weaknesses")
}

/// Copies a folder into the work tree, with credentials in place of their placeholders.
fn copy(world: &World, from: &Path, inside: &str) {
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = format!("{inside}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            copy(world, &path, &format!("{name}/"));
            continue;
        }
        let mut content = fs::read(&path).unwrap();
        if let Ok(text) = std::str::from_utf8(&content) {
            let mut text = text.to_owned();
            for number in 1..10 {
                text = text.replace(&format!("@TOKEN{number}@"), &token(number));
            }
            content = text.into_bytes();
        }
        world.write(&name, content);
    }
}

/// A world whose `main` turns one scanner on, with `program` or the pinned one, and whose branch adds
/// the planted weaknesses.
fn planted(scanner: &str, program: Option<&Path>) -> World {
    let world = World::new();
    let folder = fixtures().join(scanner);
    copy(&world, &folder.join("config"), "");
    let pinned = pinned(scanner);
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\nsecrets = false\ncode = false\n[scanners.{scanner}]\npath = \"{}\"\n",
            program.unwrap_or(&pinned).display()
        ),
    );
    world.commit("Configure the gate");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    copy(&world, &folder.join("tree"), "");
    world.commit("Plant weaknesses");
    world
}

/// The pinned program; of a scanner that no registry has, the one on `PATH`.
fn pinned(scanner: &str) -> PathBuf {
    let pinned = tools().join(scanner);
    match pinned.is_file() {
        true => pinned,
        false => which::which(scanner).unwrap_or(pinned),
    }
}

/// A program that says the version of another, and does something else than it.
fn wrapper(world_of: &tempfile::TempDir, scanner: &str, rest: &str) -> PathBuf {
    let path = world_of.path().join(scanner);
    let said = world_of.path().join("version");
    if !said.is_file() {
        // Some take seconds to start.
        let world = World::new();
        let real = pinned(scanner).display().to_string();
        let ran = world.run_in(&world.folder(), &real, &["--version"], b"");
        fs::write(&said, ran.all()).unwrap();
    }
    let said = fs::read_to_string(said).unwrap();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *--version|version) cat << 'SAID'\n{said}\nSAID\nexit;; esac\n{rest}\n"
    );
    write_program(&path, &script);
    path
}

/// What is to be found in a scanner's tree: `path:line rule`.
fn expected(scanner: &str) -> Vec<String> {
    let text = fs::read_to_string(fixtures().join(scanner).join("expected")).unwrap();
    let mut lines: Vec<String> = text
        .lines()
        .filter(|l| !l.is_empty())
        .map(str::to_owned)
        .collect();
    lines.sort_unstable();
    lines
}

/// A program that runs another where there is no network, if this machine can do that.
fn without_network(folder: &tempfile::TempDir, scanner: &str) -> PathBuf {
    let path = folder.path().join(scanner);
    let script = format!(
        "#!/bin/sh\nreal='{}'\napart='unshare --map-root-user --net'\n\
         if $apart true 2> /dev/null; then exec $apart \"$real\" \"$@\"; fi\nexec \"$real\" \"$@\"\n",
        pinned(scanner).display()
    );
    write_program(&path, &script);
    path
}

fn finds_and_remembers(scanner: &str) {
    let expected = expected(scanner);
    let folder = tempfile::tempdir().unwrap();
    let world = planted(scanner, Some(&without_network(&folder, scanner)));
    let report = world.check(&[]);
    assert_eq!(of_scanner(&report, scanner)["state"], "ok", "{report:#}");
    assert_eq!(places_and_rules(&report, "new"), expected);
    assert_ne!(of_scanner(&report, scanner)["scanned"], 0);
    assert_eq!(places_and_rules(&report, "inherited"), Vec::<String>::new());
    let again = world.check(&[]);
    assert_eq!(of_scanner(&again, scanner)["scanned"], 0, "{again:#}");
    assert_eq!(places_and_rules(&again, "new"), expected);
}

/// Files by which tools take configuration, or leave files out, by themselves.
const HOSTILE: [(&str, &str); 22] = [
    (".bandit", "[bandit]\nskips = B101,B602\nexclude = /\n"),
    ("ruff.toml", "exclude = [\"*\"]\n"),
    ("sgconfig.yml", "ruleDirs: []\n"),
    (".checkov.yaml", "skip-check:\n  - CKV*\n  - CKV2*\n"),
    (".secrets.baseline", "{}"),
    (
        "eslint.config.mjs",
        "import fs from \"node:fs\";\nfs.writeFileSync(\"@MARK@\", \"\");\nexport default [{ ignores: [\"**\"] }];\n",
    ),
    (
        ".eslintrc.json",
        "{\"root\": true, \"ignorePatterns\": [\"**\"]}",
    ),
    (".eslintignore", "**\n"),
    (
        ".hadolint.yaml",
        "ignored: [DL3002, DL3004, DL3007, DL3020, DL3064]\n",
    ),
    (".kingfisherignore", "*\n"),
    (".gitleaksignore", "*\n"),
    (".gitleaks.toml", "[allowlist]\npaths = ['.*']\n"),
    (
        ".oxlintrc.json",
        "{\"ignorePatterns\": [\"**\"], \"rules\": {}}",
    ),
    (".oxlintignore", "**\n"),
    (".retireignore", "*\n"),
    (".retireignore.json", "[{\"component\": \"jquery\"}]"),
    (".secretlintrc.json", "{\"rules\": []}"),
    (".secretlintignore", "**\n"),
    (".semgrepignore", "*\n"),
    (".gitignore", "*\n"),
    (".shellcheckrc", "disable=all\n"),
    (
        "zizmor.yml",
        "rules:\n  artipacked:\n    disable: true\n  unpinned-uses:\n    disable: true\n",
    ),
];

fn is_not_switched_off_by_the_change(scanner: &str) {
    let expected = expected(scanner);
    let world = planted(scanner, None);
    let mark = world.path("home/ran");
    let mut folders: BTreeSet<String> = BTreeSet::from([String::new(), ".github/".into()]);
    let mut odd: Vec<String> = Vec::new();
    for line in &expected {
        let path = line.split_once(':').unwrap().0;
        let folder = path.rsplit_once('/').map_or("", |(f, _)| f);
        folders.insert(if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        });
        // What belongs to one place only means nothing elsewhere.
        if !path.starts_with(".github/") {
            let copy = [b"odd\xff/".as_slice(), path.as_bytes()].concat();
            let copy = world.work().join(OsStr::from_bytes(&copy));
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(world.work().join(path), copy).unwrap();
            odd.push(format!("odd\\xff/{line}"));
        }
    }
    for folder in folders {
        for (name, content) in HOSTILE {
            let content = content.replace("@MARK@", mark.to_str().unwrap());
            world.write(&format!("{folder}{name}"), content);
        }
    }
    world.git(&["add", "--all", "--force"]);
    world.git(&["commit", "--quiet", "--message", "Try to switch it off"]);
    let report = world.check(&[]);
    let found = places_and_rules(&report, "new");
    for line in expected.iter().chain(&odd) {
        assert!(
            found.contains(line),
            "{line} is not in {found:#?}\n{report:#}"
        );
    }
    assert!(!mark.exists(), "code of the change was run");
}

fn is_never_clean_after_a_crash(scanner: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (what, rest) in [
        ("killed", "kill -SEGV $$"),
        (
            "traceback",
            "echo 'Traceback (most recent call last): boom' >&2; exit 1",
        ),
        ("silent", "exit 0"),
    ] {
        let program = wrapper(&folder, scanner, rest);
        let report = planted(scanner, Some(&program)).check(&[]);
        assert_eq!(report["verdict"], "incomplete", "{what}: {report:#}");
        assert_eq!(of_scanner(&report, scanner)["state"], "failed", "{what}");
    }
}

macro_rules! scanners {
    ($($(#[$attribute:meta])* $name:ident: $scanner:literal),* $(,)?) => { $(
        mod $name {
            #[test]
            $(#[$attribute])*
            fn finds_what_was_planted_and_remembers_it() {
                super::finds_and_remembers($scanner);
            }

            #[test]
            $(#[$attribute])*
            fn is_not_switched_off_by_files_of_the_change() {
                super::is_not_switched_off_by_the_change($scanner);
            }

            #[test]
            $(#[$attribute])*
            fn is_never_clean_after_a_crash() {
                super::is_never_clean_after_a_crash($scanner);
            }
        }
    )* };
}

scanners! {
    ast_grep: "ast-grep",
    checkov: "checkov",
    detect_secrets: "detect-secrets",
    eslint: "eslint",
    flawfinder: "flawfinder",
    hadolint: "hadolint",
    kingfisher: "kingfisher",
    oxlint: "oxlint",
    retire: "retire",
    secretlint: "secretlint",
    semgrep: "semgrep",
    shellcheck: "shellcheck",
    zizmor: "zizmor",
}

scanners! {
    #[ignore = "it is in no registry but Debian's: apt-get install cppcheck"]
    cppcheck: "cppcheck",
}

#[test]
fn every_planted_folder_has_a_test() {
    let source = include_str!("catalogue.rs");
    for entry in fs::read_dir(fixtures()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(source.contains(&format!(": \"{name}\",")), "{name}");
    }
}

/// What a report says, read under its scanner's name: place, score, title, kind and references.
fn told(world: &World, scanner: &str, report: &str) -> Vec<String> {
    let report = world.check(&[
        "--no-base",
        "--results",
        report,
        "--results-scanner",
        scanner,
    ]);
    let issues = report["issues"].as_array().unwrap();
    let mut told = Vec::new();
    for issue in issues {
        // The SARIF of ast-grep has no metadata.
        let references = match scanner {
            "ast-grep" => "",
            _ => &issue["references"].to_string(),
        };
        for at in issue["occurrences"].as_array().unwrap() {
            told.push(format!(
                "{}:{} {} {} {} {references}",
                at["path"], at["line"], issue["score"], issue["title"], issue["kind"]
            ));
        }
    }
    told.sort_unstable();
    told
}

fn says_the_same_in_every_format(scanner: &str, run: &str, formats: &[&str]) {
    let world = World::new();
    copy(&world, &fixtures().join(scanner).join("config"), "");
    copy(&world, &fixtures().join(scanner).join("tree"), "");
    world.write(
        ".newgate/config.toml",
        "[scanners]\nsecrets = false\ncode = false\n",
    );
    world.commit("Plant weaknesses");
    let mut first = None;
    for format in formats {
        let file = world.path("home").join(format!("report-{format}"));
        let file = file.to_str().unwrap();
        let run = run.replace("FORMAT", format).replace("REPORT", file);
        let program = pinned(scanner).display().to_string();
        let run = run.replacen(scanner, &program, 1);
        world.run_in(&world.work(), "sh", &["-c", &run], b"");
        let told = told(&world, scanner, file);
        assert!(!told.is_empty(), "{scanner} {format}");
        assert_eq!(
            *first.get_or_insert(told.clone()),
            told,
            "{scanner} {format}"
        );
    }
}

#[test]
fn every_format_of_a_scanner_says_the_same() {
    for (scanner, run, formats) in [
        (
            "hadolint",
            "hadolint --no-fail -f FORMAT $(git ls-files '*ockerfile') > REPORT",
            &["json", "sarif", "checkstyle", "sonarqube"][..],
        ),
        (
            "shellcheck",
            "shellcheck --norc -f FORMAT $(git ls-files '*.sh' bin) > REPORT",
            &["json1", "json", "checkstyle"],
        ),
        (
            "oxlint",
            "oxlint --disable-nested-config --no-ignore -A all -W no-eval -W no-new-func --format FORMAT . > REPORT",
            &["json", "sarif", "checkstyle"],
        ),
        (
            "zizmor",
            "zizmor --offline --no-progress -q --no-config --format FORMAT . > REPORT",
            &["json", "sarif"],
        ),
        (
            "ast-grep",
            "ast-grep scan --rule .newgate/ast-grep/python.yml $(test FORMAT = json && echo --json=compact --include-metadata || echo --format sarif) . > REPORT",
            &["json", "sarif"],
        ),
    ] {
        says_the_same_in_every_format(scanner, run, formats);
    }
}

#[test]
#[ignore = "Semgrep and Checkov take half a minute to start so often"]
fn every_format_of_a_slow_scanner_says_the_same() {
    let semgrep = "semgrep scan --metrics=off --disable-version-check --oss-only --quiet --no-rewrite-rule-ids \
                   --config .newgate/semgrep --FORMAT-output=REPORT .";
    says_the_same_in_every_format("semgrep", semgrep, &["json", "sarif"]);
    let checkov = "checkov -d . --quiet --compact --skip-download -o FORMAT > REPORT --output-file-path $PWD/../home/FORMAT; \
                   cat ../home/FORMAT/* > REPORT";
    says_the_same_in_every_format("checkov", checkov, &["json", "sarif", "gitlab_sast"]);
}
