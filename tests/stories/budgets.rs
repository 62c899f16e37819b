//! Budgets of time: what they end, in which step, and what they never let pass.

use std::time::{Duration, Instant};

use crate::support::{Ran, World, tools, write_program};

/// A Bandit that needs very long for a file with `SLOW` in it.
fn slow_bandit(world: &World) -> String {
    let program = world.path("home/bandit");
    let real = tools().join("bandit");
    let script = format!(
        "#!/bin/sh\nfor f in \"$@\"; do case \"$f\" in ./*.py) grep -q SLOW \"$f\" && sleep 300;; esac; done\n\
         exec '{}' \"$@\"\n",
        real.display()
    );
    write_program(&program, &script);
    program.display().to_string()
}

const SHELL: &str = "import subprocess\n\n\ndef run(x):\n    subprocess.call(x, shell=True)\n";

/// A server with a budget in seconds, on whose `main` are a file that is slow to scan and an old issue.
fn served(budget: u32, on_budget: &str) -> World {
    let world = World::new();
    let bandit = slow_bandit(&world);
    world.write(
        ".newgate/config.toml",
        format!(
            "[server]\nbudget = {budget}\non-budget = \"{on_budget}\"\n[scanners]\ncode = false\n[scanners.bandit]\npath = \"{bandit}\"\n"
        ),
    );
    world.write("slow.py", format!("# SLOW\n{SHELL}"));
    world.write("fast.py", SHELL);
    world.guard();
    world
}

fn push(world: &World) -> Ran {
    world.push(&["origin", "main"])
}

#[test]
fn a_slow_base_and_a_slow_head_are_treated_alike() {
    type Change = fn(&World);
    let head: Change = |w| w.write("fast.py", format!("# SLOW\n{SHELL}"));
    // Its issue stays, so that its old version must be scanned.
    let base: Change = |w| w.write("slow.py", format!("# quick now\n{SHELL}"));
    for change in [head, base] {
        for (on_budget, code, says) in [
            ("warn", 0, "`server.on-budget` allows that"),
            ("block", 1, "time ran out"),
        ] {
            let world = served(4, on_budget);
            change(&world);
            world.commit("Change");
            push(&world).exits(code).says(says);
        }
    }
}

#[test]
fn what_blocks_and_was_found_in_time_is_refused_though_the_rest_is_late() {
    // Some time is enough to find it, on a busy machine too.
    let found = [4, 10, 25, 60].iter().any(|&budget| {
        let world = served(budget, "warn");
        world.write("fast.py", format!("# SLOW\n{SHELL}"));
        world.write(
            "leak.py",
            format!("TOKEN = '{}'\n", crate::support::token(1)),
        );
        world.commit("Leak beside a slow file");
        let ran = push(&world);
        assert!(ran.all().contains("time ran out"), "{ran:#?}");
        ran.code == 1 && ran.all().contains("BLOCKED") && ran.all().contains("leak.py:1")
    });
    assert!(found);
}

/// A branch `long-COUNT` off `main`, with that many commits that each rewrite a long file.
fn long_history(world: &World, count: usize) -> String {
    let branch = format!("long-{count}");
    let mut stream = format!("reset refs/heads/{branch}\nfrom refs/heads/main\n\n");
    for n in 0..count {
        let text = format!("N_{count} = {n}\n").repeat(1_500);
        stream.push_str(&format!(
            "commit refs/heads/{branch}\ncommitter D <d@example.com> {n} +0000\ndata 1\nx\n\
             M 100644 inline n.py\ndata {}\n{text}\n",
            text.len()
        ));
    }
    let args = ["fast-import", "--quiet"];
    world
        .run_in(&world.work(), "git", &args, stream.as_bytes())
        .exits(0);
    branch
}

#[test]
fn a_long_history_ends_with_the_budget_and_goes_on_with_the_next_try() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[gate]\nbudget = \"2s\"\n[scanners]\ncode = false\n",
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    // As many commits as this machine, busy or not, can list in the time but not scan.
    let late = [1_000, 3_000, 9_000, 27_000].iter().any(|&commits| {
        let branch = long_history(&world, commits);
        let mut known = 0;
        for tries in 0..100 {
            let ran = world.newgate(&["check", "--format", "json", "--head", &branch]);
            if ran.out.is_empty() {
                // Not even the report was written in time.
                ran.exits(3);
                continue;
            }
            let report = ran.json();
            let secrets = &report["scanners"][0];
            if report["verdict"] == "pass" {
                return tries > 0;
            }
            assert_eq!(report["verdict"], "incomplete", "{report:#}");
            assert_eq!(report["out-of-time"], true);
            if report.get("late").is_some() {
                // Another step than the scan had no time.
                continue;
            }
            assert_eq!(secrets["limit"], "budget", "{report:#}");
            // What was scanned in time is not scanned again.
            let cached = secrets["cached"].as_u64().unwrap();
            assert!(cached >= known, "{report:#}");
            known = cached + secrets["scanned"].as_u64().unwrap();
        }
        panic!("it never came to an end");
    });
    assert!(late, "no history was too long for the budget");
}

#[test]
fn a_step_that_looks_at_no_clock_ends_with_the_process_and_is_no_pass() {
    let mut world = World::with(&["--object-format=sha256"]);
    world.write(
        ".newgate/config.toml",
        "[gate]\nbudget = \"2s\"\non-incomplete = \"warn\"\n",
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("a.py", "A = 1\n");
    world.commit("Add");
    // Such a repository is read by the git program, and this one never answers when it is asked for the
    // difference.
    let real = which::which("git").unwrap();
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *' diff-tree '*) exec sleep 60;; esac\nexec '{}' \"$@\"\n",
        real.display()
    );
    std::fs::create_dir_all(world.path("home/bin")).unwrap();
    write_program(&world.path("home/bin/git"), &script);
    world.put_on_path(&world.path("home/bin"));
    let started = Instant::now();
    world
        .newgate(&["check"])
        .exits(3)
        .says("the check is incomplete: time ran out");
    assert!(started.elapsed() < Duration::from_secs(20));
}
