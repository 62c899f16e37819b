//! Whatever happens, a run ends, soon, and without a wrong verdict.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::World;

const NONE: &str = "0000000000000000000000000000000000000000";
/// Far more than a run takes to end, far less than for ever.
const SOON: Duration = Duration::from_secs(20);

fn loose(world: &World, object: &str) -> std::path::PathBuf {
    let (folder, file) = object.split_at(2);
    let path = world.work().join(".git/objects").join(folder).join(file);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    path
}

#[test]
fn an_object_that_was_cut_off_ends_in_an_error_of_git() {
    let world = World::started();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let lines: String = (0..400)
        .map(|n| format!("x{n} = {}\n", n * 7_919))
        .collect();
    world.write("lib/more.py", &lines);
    world.commit("Add more");
    world.git(&["tag", "--annotate", "--message", &lines, "v1"]);
    let line = |name: &str, object: &str| format!("{name} {object} {name} {NONE}\n");
    let commit = world.git(&["rev-parse", "HEAD"]);
    let branch = line("refs/heads/feature", &commit);
    let tag = line("refs/tags/v1", &world.git(&["rev-parse", "v1"]));
    for (what, input) in [
        ("HEAD:lib/more.py", &branch),
        ("HEAD:lib", &branch),
        ("HEAD^{tree}", &branch),
        ("HEAD", &branch),
        ("v1", &tag),
    ] {
        let path = loose(&world, &world.git(&["rev-parse", what]));
        let whole = fs::read(&path).unwrap();
        for kept in [whole.len() / 2, whole.len() - 5, 20] {
            fs::write(&path, &whole[..kept]).unwrap();
            let began = Instant::now();
            let ran = world.pre_push(&["origin"], input).exits(3);
            assert!(began.elapsed() < SOON, "{what}: {:?}", began.elapsed());
            ran.says("git fsck");
        }
        fs::write(&path, &whole).unwrap();
    }
    world.pre_push(&["origin"], &branch).exits(0);
}

#[test]
fn an_object_that_is_empty_garbage_or_missing_is_an_error_of_git() {
    let world = World::started();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("more.py", "x = 1\n".repeat(300));
    let commit = world.commit("Add more");
    let line = format!("refs/heads/feature {commit} refs/heads/feature {NONE}\n");
    for what in ["HEAD:more.py", "HEAD^{tree}", "HEAD"] {
        let path = loose(&world, &world.git(&["rev-parse", what]));
        let whole = fs::read(&path).unwrap();
        for damaged in [
            Vec::new(),
            b"garbage".repeat(20),
            [&whole[..], b"more"].concat(),
        ] {
            fs::write(&path, damaged).unwrap();
            world.pre_push(&["origin"], &line).exits(3);
        }
        fs::remove_file(&path).unwrap();
        let ran = world.pre_push(&["origin"], &line);
        assert!(ran.code == 3 || ran.code == 2, "{what}: {ran:#?}");
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn a_signal_at_any_moment_ends_the_run_and_all_that_it_started() {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    world.configure(&["bandit", "ruff"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    for n in 0..40 {
        world.write(&format!("m{n}.py"), "import subprocess\n".repeat(40));
    }
    let commit = world.commit("Add much");
    let line = format!("refs/heads/feature {commit} refs/heads/feature {NONE}\n");
    let mut at_work = 0;
    for round in 0..24_u32 {
        let (signal, code) = [("-TERM", 143), ("-INT", 130), ("-HUP", 129)][(round % 3) as usize];
        let _ = fs::remove_dir_all(world.work().join(".git/newgate"));
        let mut command = world.command(&world.work(), env!("CARGO_BIN_EXE_newgate"));
        let mut child = command
            .args(["hook", "pre-push", "origin"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(line.as_bytes())
            .unwrap();
        // In every second round while scanners are at work, else at any moment from the start.
        let began = Instant::now();
        let works = || fs::read_dir(world.path("tmp")).unwrap().count() > 0;
        match round % 2 {
            0 => std::thread::sleep(Duration::from_millis(u64::from(30 * round))),
            _ => {
                while !works() && child.try_wait().unwrap().is_none() && began.elapsed() < SOON {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
        world.run_in(
            &world.work(),
            "kill",
            &[signal, &child.id().to_string()],
            b"",
        );
        let began = Instant::now();
        let ran = child.wait_with_output().unwrap();
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        let said = String::from_utf8_lossy(&ran.stderr);
        match ran.status.code() {
            Some(ended) if ended == code => {
                assert!(
                    said.contains("stopped by ") && said.contains("there is no verdict"),
                    "{said}"
                );
                at_work += round % 2;
            }
            // It was done before, or the signal came before it could be caught.
            ended => assert!(matches!(ended, Some(0 | 1) | None), "{ended:?}: {said}"),
        }
        let left = fs::read_dir(world.path("tmp")).unwrap().count();
        assert_eq!(left, 0, "in round {round}");
    }
    assert!(at_work > 0, "no run was stopped while it was at work");
}

#[test]
fn an_input_that_nobody_gave_is_no_push_of_nothing() {
    let world = World::started();
    for hook in ["pre-push", "pre-receive"] {
        let newgate = env!("CARGO_BIN_EXE_newgate");
        let args = if hook == "pre-push" { "origin" } else { "" };
        let run = |redirect: &str| {
            let script = format!("'{newgate}' hook {hook} {args} {redirect}");
            world.run_in(&world.work(), "sh", &["-c", &script], b"")
        };
        for redirect in ["<&-", "</dev/null", "<.", "0>out.txt"] {
            let ran = run(redirect).exits(3);
            ran.says("standard input");
        }
        // What git gives where it has nothing to say.
        run("").exits(0);
        File::create(world.work().join("empty")).unwrap();
        run("<empty").exits(0);
        // Without a place to write to there is a verdict all the same.
        run(">&- 2>&-").exits(0);
    }
}
