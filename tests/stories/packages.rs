//! What `dist/build` makes, installed as a user or a pipeline does it.

#![allow(
    clippy::disallowed_methods,
    reason = "cargo is found by its own variables"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::support::{Ran, World, token, write_program};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All packages of the release build, which `tests/run` makes. They are made once, in a folder that the next run
/// overwrites.
fn packages() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
        let mut world = World::new();
        // For cargo, which says what the program is made of.
        world.keep_registry_settings();
        for name in ["CARGO_HOME", "RUSTUP_HOME"] {
            let set = std::env::var(name).ok();
            world.environment.extend(set.map(|v| (name.to_owned(), v)));
        }
        let example = root().join("target/debug/examples/pages");
        assert!(
            example.is_file(),
            "the example is not built: run `cargo build --example pages`"
        );
        let run = |program: &Path, args: &[&str]| {
            let program = program.to_str().unwrap();
            world.run_in(root(), program, args, b"").exits(0);
        };
        let (pages, out) = (folder.join("pages"), folder.join("out"));
        let newgate = root().join("target/release/newgate");
        run(&example, &[pages.to_str().unwrap()]);
        let args = [
            "--binary",
            newgate.to_str().unwrap(),
            "--pages",
            pages.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        run(&root().join("dist/build"), &args);
        out
    })
}

/// The file of a package.
fn package(begin: &str, end: &str) -> PathBuf {
    let entries = fs::read_dir(packages()).unwrap().flatten();
    let mut names = entries.map(|e| e.file_name().into_string().unwrap());
    let name = names.find(|n| n.starts_with(begin) && n.ends_with(end));
    packages().join(name.unwrap())
}

/// Shows the demonstration with an installed program, and asks it how it was installed.
fn works(world: &World, program: &Path, upgrade: &str) {
    let program = program.to_str().unwrap();
    let run = |args: &[&str]| world.run_in(&world.work(), program, args, b"");
    run(&["--version"]).exits(0).says(VERSION);
    run(&["demo"]).exits(0).says("BLOCKED").says("PASS");
    run(&["upgrade"]).exits(0).says(upgrade);
}

#[test]
fn the_wheel_works() {
    let world = World::new();
    let folder = world.path("home/wheel");
    let args = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--find-links",
        packages().to_str().unwrap(),
        "--target",
        folder.to_str().unwrap(),
        "newgate",
    ];
    world.run_in(&world.work(), "python3", &args, b"").exits(0);
    let upgrade = "python3 -m pip install --upgrade --target";
    works(&world, &folder.join("bin/newgate"), upgrade);
}

#[test]
fn the_npm_packages_work() {
    let world = World::new();
    let folder = world.path("home/npm");
    fs::create_dir(&folder).unwrap();
    let own = package("newgate-linux-", ".tgz");
    let main = package(&format!("newgate-{VERSION}"), ".tgz");
    let args = [
        "install",
        "--offline",
        "--no-audit",
        "--no-fund",
        own.to_str().unwrap(),
        main.to_str().unwrap(),
    ];
    world.run_in(&folder, "npm", &args, b"").exits(0);
    works(
        &world,
        &folder.join("node_modules/newgate/newgate.js"),
        "npm install --prefix",
    );
    let linked = folder.join("node_modules/.bin/newgate");
    world
        .run_in(&world.work(), linked.to_str().unwrap(), &["--version"], b"")
        .exits(0);
}

#[test]
fn the_debian_package_works() {
    let world = World::new();
    let folder = world.path("home/root");
    let deb = package("newgate_", ".deb");
    let args = ["-x", deb.to_str().unwrap(), folder.to_str().unwrap()];
    world.run_in(&world.work(), "dpkg-deb", &args, b"").exits(0);
    works(&world, &folder.join("usr/bin/newgate"), "Download the new");
    for name in [
        "man/man1/newgate.1.gz",
        "man/man1/newgate-baseline-build.1.gz",
        "bash-completion/completions/newgate",
        "zsh/vendor-completions/_newgate",
        "fish/vendor_completions.d/newgate.fish",
    ] {
        assert!(folder.join("usr/share").join(name).is_file(), "{name}");
    }
    let sbom = fs::read_to_string(package("newgate-", ".cdx.json")).unwrap();
    let sbom: serde_json::Value = serde_json::from_str(&sbom).unwrap();
    let parts = sbom["components"].as_array().unwrap();
    assert!(parts.iter().any(|p| p["name"] == "git2"));
    assert!(!parts.iter().any(|p| p["name"] == "proptest"));
    let said = world.run_in(
        packages(),
        "sha256sum",
        &["--check", "--quiet", "SHA256SUMS"],
        b"",
    );
    said.exits(0);
}

#[test]
fn the_installer_takes_a_program_that_is_there_and_says_where_it_came_from() {
    let world = World::new();
    let source = world.path("home/source");
    fs::create_dir_all(source.join("dist/out")).unwrap();
    for name in ["install.sh", "Cargo.toml"] {
        fs::copy(root().join(name), source.join(name)).unwrap();
    }
    let ready = source.join("dist/out/newgate");
    let copy = [env!("CARGO_BIN_EXE_newgate"), ready.to_str().unwrap()];
    world.run_in(&world.work(), "cp", &copy, b"").exits(0);
    let prefix = world.path("home/prefix");
    let args = ["--prefix", prefix.to_str().unwrap()];
    let script = source.join("install.sh");
    world
        .run_in(&world.work(), script.to_str().unwrap(), &args, b"")
        .exits(0)
        .says("using the program that was built before");
    let installed = prefix.join("bin/newgate");
    world
        .run_in(
            &world.work(),
            installed.to_str().unwrap(),
            &["upgrade"],
            b"",
        )
        .exits(0)
        .says("source/install.sh --prefix");
}

/// The lines of shell that a pipeline runs: what stands under `run: |`, or in GitLab's list `script`.
fn lines_of(pipeline: &str) -> String {
    let text = fs::read_to_string(root().join("hooks").join(pipeline)).unwrap();
    let mut lines = Vec::new();
    let mut within = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match within {
            Some(outer) if indent <= outer => within = None,
            Some(_) => {
                let line = line.trim_start();
                lines.push(line.strip_prefix("- ").unwrap_or(line).to_owned());
                continue;
            }
            None => {}
        }
        if line.trim() == "run: |" || line.trim() == "script:" {
            within = Some(indent);
        }
    }
    assert!(!lines.is_empty());
    lines.join("\n")
}

/// A project with the gate of a pipeline on its target, a branch that leaks a credential, and a folder of
/// programs such as Debian with Python and pip has, without `venv` and without npm.
fn with_pipeline() -> World {
    let mut world = World::new();
    let sums = fs::read_to_string(packages().join("SHA256SUMS")).unwrap();
    let wheel = sums.lines().find(|l| l.ends_with(".whl")).unwrap();
    let hash = wheel.split_whitespace().next().unwrap();
    let pinned = format!("newgate=={VERSION} --hash=sha256:{hash}\n");
    world.write(".newgate/newgate.txt", pinned);
    let script = fs::read(root().join("hooks/ci.sh")).unwrap();
    world.write(".newgate/ci.sh", script);
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("app.py", format!("TOKEN = '{}'\n", token(1)));
    // Neither the change's own script and hashes count, nor what it puts in the place of pip.
    world.write("pip.py", "raise SystemExit(0)\n");
    world.write(".newgate/ci.sh", "exit 0\n");
    world.write(".newgate/newgate.txt", "newgate\n");
    world.commit("Leak");
    world.push(&["--quiet", "origin", "feature"]).exits(0);
    let bin = world.path("bin");
    fs::create_dir(&bin).unwrap();
    for name in [
        "sh", "git", "mktemp", "rm", "cat", "sed", "grep", "env", "uname", "tr", "mkdir",
    ] {
        std::os::unix::fs::symlink(which::which(name).unwrap(), bin.join(name)).unwrap();
    }
    let which_python = ["-c", "import sys; print(sys.executable)"];
    let python = world
        .run_in(&world.work(), "python3", &which_python, b"")
        .out;
    let wrapper = format!(
        "#!/bin/sh\n[ \"$1 $2\" != '-m venv' ] || {{ echo 'No module named venv' >&2; exit 1; }}\nexec {} \"$@\"\n",
        python.trim()
    );
    write_program(&bin.join("python3"), &wrapper);
    for (name, value) in [
        ("PATH", bin.to_str().unwrap()),
        ("NEWGATE_WHEELS", packages().to_str().unwrap()),
    ] {
        world.environment.push((name.into(), value.into()));
    }
    world
}

fn pipeline(name: &str, clone: &[&str], variables: &[(&str, &str)]) -> (World, Ran) {
    let mut world = with_pipeline();
    let url = format!("file://{}", world.path("remote.git").display());
    let begin = ["clone", "--quiet", "--branch=feature"];
    world.git(&[&begin[..], clone, &[&*url, "../clone"]].concat());
    let temporary = world.path("tmp").display().to_string();
    for (name, value) in variables.iter().chain(&[("RUNNER_TEMP", &*temporary)]) {
        world
            .environment
            .push(((*name).to_owned(), (*value).to_owned()));
    }
    let lines = lines_of(name);
    let ran = world.run_in(&world.path("clone"), "sh", &["-e", "-c", &lines], b"");
    (world, ran)
}

#[test]
fn the_pipeline_of_github_blocks_and_annotates() {
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("NEWGATE_TARGET", "main"),
        ("NEWGATE_FETCH", "no"),
    ];
    let (world, ran) = pipeline("github.yml", &[], &variables);
    ran.exits(1).says("BLOCKED").says("::error file=app.py");
    for name in ["newgate.json", "newgate.sarif"] {
        assert!(world.path("clone").join(name).is_file(), "{name}");
    }
}

#[test]
fn the_pipeline_of_gitea_blocks() {
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITEA_ACTIONS", "true"),
        ("NEWGATE_TARGET", "main"),
        ("NEWGATE_FETCH", "no"),
    ];
    let (_, ran) = pipeline("gitea.yml", &[], &variables);
    ran.exits(1).says("BLOCKED");
}

#[test]
fn the_pipeline_of_gitlab_blocks_and_fills_the_widgets() {
    let variables = [
        ("GITLAB_CI", "true"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
    ];
    let (world, ran) = pipeline("gitlab.yml", &["--depth=1"], &variables);
    ran.exits(1).says("BLOCKED");
    for name in ["newgate.json", "newgate-quality.json", "newgate-sast.json"] {
        assert!(world.path("clone").join(name).is_file(), "{name}");
    }
}

#[test]
fn a_wheel_with_another_hash_is_refused() {
    let mut world = with_pipeline();
    world.git(&["switch", "--quiet", "main"]);
    let wrong = format!("newgate=={VERSION} --hash=sha256:{}\n", "0".repeat(64));
    world.write(".newgate/newgate.txt", wrong);
    world.commit("Pin another");
    world.environment.push((
        "NEWGATE_TARGET".into(),
        world.git(&["rev-parse", "HEAD"]).trim().into(),
    ));
    let script = root().join("hooks/ci.sh");
    world
        .run_in(&world.work(), "sh", &[script.to_str().unwrap()], b"")
        .exits(2)
        .says("cannot be installed");
}

#[test]
fn the_version_is_the_same_everywhere() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    assert!(read("hooks/ci.sh").contains(&format!("\nversion={VERSION}\n")));
    let hook = read("pyproject.toml");
    assert!(hook.contains(&format!("\nversion = \"{VERSION}\"\n")));
    assert!(hook.contains(&format!("\"newgate=={VERSION}\"")));
}

#[test]
fn the_component_of_gitlab_is_its_template() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let component = read("templates/newgate.yml");
    let (_, job) = component.split_once("\n---\n").unwrap();
    let job = job
        .replace("  stage: $[[ inputs.stage ]]\n", "")
        .replace("$[[ inputs.image ]]", "python:3.13-trixie");
    assert!(read("hooks/gitlab.yml").ends_with(&job));
}

#[test]
fn completions_propose_branches_where_a_commit_is_taken() {
    let world = World::started();
    let folder = packages().parent().unwrap().join("pages/completions");
    let script = format!(
        "source '{}/newgate.bash'; COMP_WORDS=(newgate check --target ''); COMP_CWORD=3; \
         _newgate newgate '' --target; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        folder.display()
    );
    let ran = world.run_in(&world.work(), "bash", &["--norc", "-c", &script], b"");
    ran.exits(0).says("main\norigin/main\n");
}
