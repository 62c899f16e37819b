//! What the warm path costs, in instructions: times on a shared machine are noise.
//!
//! `tests/run` builds the release and installs Valgrind. `CEILING` is what the path may cost: lower it
//! when you make the path cheaper; when you must raise it, say why in the commit.

use std::path::Path;

use crate::support::{World, tools};

/// Most instructions of a push that was judged before, in millions.
const CEILING: f64 = 16.0;
/// How much more a repository of a hundred times as many files may cost.
const GROWTH: f64 = 1.15;

/// A repository of files that Bandit reads, and a branch with one change that has a finding; returns
/// the line that git hands to the hook.
fn repository(files: usize) -> (World, String) {
    let world = World::new();
    let bandit = tools().join("bandit");
    let config = format!(
        "version = 1\n[scanners.bandit]\npath = \"{}\"\n",
        bandit.display()
    );
    let file = |n: usize| {
        (
            format!("app{}/pkg{}/m{n}.py", n % 40, n / 40 % 40),
            format!("import os\n\n\ndef f{n}(x):\n    return os.path.join(x)\n"),
        )
    };
    let config = (".newgate/config.toml".to_owned(), config);
    world.import("main", std::iter::once(config).chain((0..files).map(file)));
    world.git(&["reset", "--quiet", "--hard", "main"]);
    world.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("app0/pkg0/m0.py", "def g(v):\n    assert v != 3\n");
    let head = world.commit("Change");
    let line = format!(
        "refs/heads/feature {head} refs/heads/feature {}\n",
        "0".repeat(40)
    );
    (world, line)
}

/// The instructions of a push that was judged before, in millions.
fn warm(files: usize) -> f64 {
    let (world, line) = repository(files);
    let newgate = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/newgate");
    assert!(
        newgate.is_file(),
        "there is no release build: run `tests/run`, which makes it"
    );
    let newgate = newgate.display().to_string();
    let hook = ["hook", "pre-push", "origin", "../remote.git"];
    for _ in 0..3 {
        world
            .run_in(&world.work(), &newgate, &hook, line.as_bytes())
            .exits(0);
    }
    let counter = [
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        &newgate,
    ];
    let args = [&counter[..], &hook].concat();
    let ran = world
        .run_in(&world.work(), "valgrind", &args, line.as_bytes())
        .exits(0);
    let counted = ran.err.lines().find_map(|l| l.split_once("refs:"));
    let number = counted.unwrap().1.trim().replace(',', "");
    number.parse::<f64>().unwrap() / 1e6
}

#[test]
fn the_warm_path_keeps_below_its_ceiling_and_does_not_grow_with_the_repository() {
    let (small, large) = (warm(60), warm(6_000));
    assert!(small < CEILING, "{small:.1} million instructions");
    assert!(
        large < small * GROWTH,
        "{small:.1} and {large:.1} million instructions"
    );
}
