//! The templates for pipelines, run as a pipeline runs them.

use std::path::Path;

use crate::support::{World, token, tools};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A world with a target of several commits and a branch, both pushed, and a shallow clone of the branch
/// beside it, as a pipeline has.
fn with_clone(content: &str) -> World {
    let mut world = World::new();
    world.write(".newgate/config.toml", "version = 1\n");
    for number in 0..5 {
        world.write("app.py", format!("X = {number}\n"));
        world.commit("Go on");
    }
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature", "HEAD~2"]);
    for number in 0..3 {
        world.write("new.py", format!("Y = {number}\n{content}"));
        world.commit("Add");
    }
    world.write("new.py", "Y = 9\n");
    world.commit("Take it away again");
    world.push(&["--quiet", "origin", "feature"]).exits(0);
    let url = format!("file://{}", world.path("remote.git").display());
    let args = [
        "clone",
        "--quiet",
        "--depth=1",
        "--branch=feature",
        &url,
        "../clone",
    ];
    world.git(&args);
    let program = Path::new(env!("CARGO_BIN_EXE_newgate")).parent().unwrap();
    world.put_on_path(program);
    world
}

fn run(world: &World) -> crate::support::Ran {
    let script = root().join("hooks/ci.sh");
    world.run_in(&world.path("clone"), "sh", &[script.to_str().unwrap()], b"")
}

#[test]
fn a_shallow_clone_is_deepened_and_the_merge_judged() {
    let world = with_clone("");
    run(&world).exits(0).says("PASS");
    assert!(world.path("clone/newgate.json").is_file());
}

#[test]
fn what_a_shallow_clone_hides_is_found() {
    let world = with_clone(&format!("TOKEN = '{}'\n", token(1)));
    run(&world).exits(1).says("BLOCKED");
}

#[test]
fn a_target_that_is_not_there_is_told_with_the_command_to_run() {
    let mut world = with_clone("");
    world
        .environment
        .push(("NEWGATE_TARGET".into(), "nowhere".into()));
    run(&world).exits(2).says("git fetch origin");
}

#[test]
fn newgate_itself_says_that_a_clone_is_cut_off() {
    let world = with_clone(&format!("TOKEN = '{}'\n", token(1)));
    let clone = world.path("clone");
    let fetch = [
        "fetch",
        "--quiet",
        "--depth=1",
        "origin",
        "+refs/heads/main:refs/remotes/origin/main",
    ];
    assert_eq!(world.run_in(&clone, "git", &fetch, b"").code, 0);
    let newgate = env!("CARGO_BIN_EXE_newgate");
    let judged = world.run_in(&clone, newgate, &["check", "--target", "origin/main"], b"");
    judged.exits(3).says("history of this clone ends at");
}

#[test]
fn the_workflows_pass_a_scanner_of_workflows() {
    let world = World::new();
    for name in ["github.yml", "gitea.yml"] {
        let content = std::fs::read(root().join("hooks").join(name)).unwrap();
        world.write(&format!(".github/workflows/{name}"), content);
    }
    for name in [".github/workflows/release.yml", "action.yml"] {
        world.write(name, std::fs::read(root().join(name)).unwrap());
    }
    let zizmor = tools().join("zizmor");
    let args = ["--offline", "--no-progress", "--strict-collection", "."];
    world
        .run_in(&world.work(), zizmor.to_str().unwrap(), &args, b"")
        .exits(0);
}

#[test]
fn a_report_is_never_written_through_a_link() {
    let world = World::started();
    let outside = world.path("home/outside");
    std::fs::write(&outside, "mine").unwrap();
    std::os::unix::fs::symlink(&outside, world.work().join("report.json")).unwrap();
    world
        .newgate(&["check", "--output", "json=report.json"])
        .exits(0);
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "mine");
    assert!(
        std::fs::read_to_string(world.work().join("report.json"))
            .unwrap()
            .contains("verdict")
    );
}
