//! Faults of the machine, the repository and the scanners: a right verdict or `incomplete`, never clean,
//! never a panic, never a hang. `cargo test --test stories faults:: -- --include-ignored` runs the long
//! ones too.

#![allow(
    clippy::print_stdout,
    reason = "a test that cannot be run here says so"
)]

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Ran, World, token, write_program};

const NEWGATE: &str = env!("CARGO_BIN_EXE_newgate");
const SHELL: &str =
    "import subprocess\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n";
/// What a panic exits with.
const PANIC: i32 = 101;
/// Far more than a run takes, far less than for ever.
const ENDS: Duration = Duration::from_secs(60);

/// A world whose branch brings what Bandit blocks.
fn blocked(file: &str, content: &str) -> World {
    let world = World::new();
    world.write("app.py", "X = 1\n");
    world.configure(&["bandit"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(file, content);
    world.commit("Change");
    world
}

/// Checks that a run did not pass, did not panic and did end.
#[track_caller]
fn not_clean(what: &str, ran: &Ran, began: Instant) {
    assert!(ran.code != 0 && ran.code != PANIC, "{what}: {ran:#?}");
    assert!(began.elapsed() < ENDS, "{what} took {:?}", began.elapsed());
}

/// Runs newgate by a line for a shell, in which `$NEWGATE` is the program.
fn by_shell(world: &World, line: &str) -> Ran {
    let script = format!("NEWGATE='{NEWGATE}'; {line}");
    world.run_in(&world.work(), "sh", &["-c", &script], b"")
}

// ------------------------------------------------------------------ kills

/// Processes that stand in a folder of this world.
fn processes_in(folder: &Path) -> usize {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let places = all.filter_map(|e| fs::read_link(e.path().join("cwd")).ok());
    places.filter(|cwd| cwd.starts_with(folder)).count()
}

fn start(world: &World) -> Child {
    let mut command = world.command(&world.work(), NEWGATE);
    command.args(["check", "--format", "json"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Kills a run `rounds` times, at moments spread over it; then the verdict is right and nothing is left.
fn kill(rounds: u32) {
    let world = blocked("run.py", SHELL);
    let began = Instant::now();
    world.newgate(&["check"]).exits(1);
    let whole = began.elapsed();
    for round in 0..rounds {
        // Now with what is remembered, now without.
        if round % 2 == 0 {
            let _ = fs::remove_dir_all(world.work().join(".git/newgate"));
        }
        let mut child = start(&world);
        std::thread::sleep(whole * round / rounds);
        let signal = ["-KILL", "-QUIT", "-TERM", "-INT"][(round % 4) as usize];
        world.run_in(
            &world.work(),
            "kill",
            &[signal, &child.id().to_string()],
            b"",
        );
        let sent = Instant::now();
        let code = child.wait().unwrap().code();
        assert!(sent.elapsed() < ENDS, "{signal} in round {round}");
        assert!(
            !matches!(code, Some(0 | PANIC)),
            "{signal} in round {round}: {code:?}"
        );
    }
    let sent = Instant::now();
    while processes_in(&world.path("tmp")) > 0 {
        assert!(sent.elapsed() < ENDS, "a scanner goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
    let ran = world.newgate(&["check", "--format", "json"]).exits(1);
    assert_eq!(
        crate::support::places(&ran.json(), "new"),
        ["run.py:1", "run.py:5"]
    );
    let left = fs::read_dir(world.path("tmp")).unwrap().flatten();
    let left: Vec<_> = left.map(|e| e.path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_run_that_was_killed_leaves_a_right_verdict_and_nothing_else() {
    kill(8);
}

#[test]
#[ignore = "takes minutes"]
fn a_run_that_was_killed_hundreds_of_times_leaves_a_right_verdict() {
    kill(300);
}

// ------------------------------------------------------------------ disks and limits

/// Runs a line with a small file system in the place of a folder; none where that may not be done.
fn on_small_disk(world: &World, folder: &Path, size: &str, line: &str) -> Option<Ran> {
    let mount = format!("mount -t tmpfs -o size={size} none '{}'", folder.display());
    let namespaces = [&["--mount"][..], &["--user", "--map-root-user", "--mount"]];
    let may = |options: &&&[&str]| {
        let args = [options, &["sh", "-c", &mount][..]].concat();
        world.run_in(&world.work(), "unshare", &args, b"").code == 0
    };
    let options = namespaces.iter().find(may)?;
    let script = format!("{mount} && cd . && NEWGATE='{NEWGATE}'; {line}");
    let args = [options, &["sh", "-c", &script][..]].concat();
    Some(world.run_in(&world.work(), "unshare", &args, b""))
}

#[test]
fn a_full_disk_is_never_clean() {
    let world = blocked("run.py", SHELL);
    let clean = blocked("fine.py", &"x = 1\n".repeat(20_000));
    fs::create_dir_all(world.work().join(".git/newgate")).unwrap();
    for size in ["4k", "16k", "64k"] {
        // No room for what scanners read.
        let began = Instant::now();
        let Some(ran) = on_small_disk(&clean, &clean.path("tmp"), size, "$NEWGATE check") else {
            println!("skipped: no file system can be mounted here");
            return;
        };
        not_clean(&format!("stages on {size}"), &ran, began);
        assert_eq!(ran.code, 3, "{ran:#?}");
        // No room for what is remembered.
        let cache = world.work().join(".git/newgate");
        let ran = on_small_disk(&world, &cache, size, "$NEWGATE check").unwrap();
        assert_eq!(ran.code, 1, "cache on {size}: {ran:#?}");
    }
    clean.newgate(&["check"]).exits(0);
    world.newgate(&["check"]).exits(1);
}

#[test]
fn limits_of_the_shell_are_never_clean() {
    let world = blocked("run.py", SHELL);
    let limits = [
        "ulimit -n 4",
        "ulimit -n 8",
        "ulimit -n 12",
        "ulimit -n 20",
        "ulimit -n 40",
        "ulimit -f 0",
        "ulimit -f 1",
        "ulimit -f 16",
        "trap '' XFSZ; ulimit -f 0",
        "ulimit -v 20000",
        "ulimit -v 60000",
        "ulimit -v 200000",
        "ulimit -t 1; ulimit -c 0",
    ];
    for limit in limits {
        let _ = fs::remove_dir_all(world.work().join(".git/newgate"));
        let began = Instant::now();
        let ran = by_shell(&world, &format!("{limit}; exec $NEWGATE check"));
        not_clean(limit, &ran, began);
    }
    world.newgate(&["check"]).exits(1);
}

// ------------------------------------------------------------------ caches

/// Alters the cache.
type Damage = fn(&Path);

#[test]
fn a_damaged_cache_changes_no_verdict() {
    let damages: [(&str, Damage); 13] = [
        ("empty", |db| fs::write(db, b"").unwrap()),
        ("garbage", |db| {
            fs::write(db, b"garbage".repeat(1_000)).unwrap();
        }),
        ("cut off", |db| {
            let whole = fs::read(db).unwrap();
            fs::write(db, &whole[..whole.len() / 2]).unwrap();
        }),
        ("cut off in the head", |db| {
            let whole = fs::read(db).unwrap();
            fs::write(db, &whole[..50]).unwrap();
        }),
        ("pages of zeros", |db| {
            let mut whole = fs::read(db).unwrap();
            let end = whole.len();
            whole[4_096..end].fill(0);
            fs::write(db, whole).unwrap();
        }),
        ("pages of ones", |db| {
            let mut whole = fs::read(db).unwrap();
            let end = whole.len();
            whole[end / 2..end].fill(0xff);
            fs::write(db, whole).unwrap();
        }),
        ("a newer version", |db| {
            sql(db, "PRAGMA user_version = 9999");
        }),
        ("an older version", |db| sql(db, "PRAGMA user_version = 0")),
        ("dropped tables", |db| {
            let names =
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
            let open = rusqlite::Connection::open(db).unwrap();
            let mut ask = open.prepare(names).unwrap();
            let names: Vec<String> = ask.query_map([], |r| r.get(0)).unwrap().flatten().collect();
            for name in names {
                sql(db, &format!("DROP TABLE \"{name}\""));
            }
        }),
        ("results of nonsense", |db| {
            sql(db, "UPDATE result SET payload = x'7b7d'");
        }),
        ("a folder", |db| {
            fs::remove_file(db).unwrap();
            fs::create_dir(db).unwrap();
        }),
        ("a link into nothing", |db| {
            fs::remove_file(db).unwrap();
            std::os::unix::fs::symlink("/nowhere/at/all", db).unwrap();
        }),
        ("a log of garbage", |db| {
            fs::write(db.with_extension("db-wal"), b"garbage".repeat(1_000)).unwrap();
        }),
    ];
    let world = blocked("run.py", SHELL);
    let new = |ran: &Ran| crate::support::places(&ran.json(), "new");
    let clean = world.newgate(&["check", "--format", "json"]).exits(1);
    let folder = world.work().join(".git/newgate");
    for (what, damage) in damages {
        let db = folder.join("cache.db");
        damage(&db);
        let began = Instant::now();
        let ran = world.newgate(&["check", "--format", "json"]);
        not_clean(what, &ran, began);
        assert_eq!((ran.code, new(&ran)), (1, new(&clean)), "{what}: {ran:#?}");
        fs::remove_dir_all(&folder).unwrap();
        world.newgate(&["check"]).exits(1);
    }
    // Nothing at all can be kept.
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "a file").unwrap();
    world.newgate(&["check"]).exits(1);
    fs::remove_file(&folder).unwrap();
    // Another program holds it.
    world.newgate(&["check"]).exits(1);
    let held = rusqlite::Connection::open(folder.join("cache.db")).unwrap();
    held.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let began = Instant::now();
    let ran = world.newgate(&["check"]);
    not_clean("held by another", &ran, began);
    ran.exits(1).says("could not be written to the cache");
}

fn sql(db: &Path, statement: &str) {
    let open = rusqlite::Connection::open(db).unwrap();
    open.execute_batch(statement).unwrap();
}

// ------------------------------------------------------------------ repositories

/// Alters a repository, whose branch `feature` brings a token.
type Odd = fn(&World);

#[test]
fn an_odd_repository_is_never_clean() {
    let odd: [(&str, Odd); 14] = [
        ("packed", |w| {
            drop(w.git(&["gc", "--quiet", "--aggressive"]));
        }),
        ("packed refs", |w| drop(w.git(&["pack-refs", "--all"]))),
        ("with a graph and an index of packs", |w| {
            w.git(&["repack", "-adq", "--write-midx"]);
            w.git(&["commit-graph", "write", "--reachable"]);
        }),
        ("a pack that was cut off", |w| {
            w.git(&["gc", "--quiet"]);
            let pack = find(&w.work().join(".git/objects/pack"), "pack");
            let whole = fs::read(&pack).unwrap();
            fs::remove_file(&pack).unwrap();
            fs::write(&pack, &whole[..whole.len() / 2]).unwrap();
        }),
        ("an index of a pack of garbage", |w| {
            w.git(&["gc", "--quiet"]);
            let index = find(&w.work().join(".git/objects/pack"), "idx");
            fs::remove_file(&index).unwrap();
            fs::write(&index, b"garbage".repeat(200)).unwrap();
        }),
        ("a graph of garbage", |w| {
            w.git(&["commit-graph", "write", "--reachable"]);
            let graph = w.work().join(".git/objects/info/commit-graph");
            fs::remove_file(&graph).unwrap();
            fs::write(&graph, b"garbage".repeat(200)).unwrap();
        }),
        ("a target that leads nowhere", |w| {
            fs::write(
                w.work().join(".git/refs/remotes/origin/main"),
                "1".repeat(40),
            )
            .unwrap();
        }),
        ("a target of garbage", |w| {
            fs::write(w.work().join(".git/refs/remotes/origin/main"), "garbage\n").unwrap();
        }),
        ("a HEAD of garbage", |w| {
            fs::write(
                w.work().join(".git/HEAD"),
                "garbage
",
            )
            .unwrap();
        }),
        ("a HEAD that leads in a circle", |w| {
            fs::write(
                w.work().join(".git/refs/heads/feature"),
                "ref: refs/heads/feature\n",
            )
            .unwrap();
        }),
        ("alternates that are gone", |w| {
            fs::write(w.work().join(".git/objects/info/alternates"), "/nowhere\n").unwrap();
        }),
        ("an index of garbage", |w| {
            fs::write(w.work().join(".git/index"), b"garbage".repeat(20)).unwrap();
        }),
        ("a configuration of garbage", |w| {
            fs::write(w.work().join(".git/config"), "[[[garbage\n").unwrap();
        }),
        ("a submodule that is not there", |w| {
            let commit = w.git(&["rev-parse", "HEAD"]);
            let entry = format!("160000,{commit},module");
            w.git(&["update-index", "--add", "--cacheinfo", &entry]);
            w.git(&["commit", "--quiet", "--message", "Add a module"]);
        }),
    ];
    for (what, alter) in odd {
        let world = World::new();
        world.write("app.py", "X = 1\n");
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
        let head = world.commit("Leak");
        alter(&world);
        let began = Instant::now();
        let ran = world.newgate(&["check"]);
        not_clean(what, &ran, began);
        let zero = "0".repeat(head.len());
        let line = format!("refs/heads/feature {head} refs/heads/feature {zero}\n");
        let ran = world.pre_push(&["origin", "../remote.git"], &line);
        not_clean(what, &ran, began);
    }
}

fn find(folder: &Path, extension: &str) -> std::path::PathBuf {
    let all = fs::read_dir(folder).unwrap().flatten().map(|e| e.path());
    let mut fitting = all.filter(|p| p.extension().is_some_and(|e| e == extension));
    fitting.next().unwrap()
}

#[test]
fn a_repository_without_commits_is_judged_by_what_is_staged() {
    let world = World::new();
    let ran = world.newgate(&["check"]);
    assert!(matches!(ran.code, 0 | 2 | 3), "{ran:#?}");
    world.write("leak.py", format!("TOKEN = '{}'\n", token(1)));
    world.git(&["add", "--all"]);
    world.newgate(&["check", "--staged"]).exits(1);
}

// ------------------------------------------------------------------ scanners

#[test]
fn a_scanner_that_misbehaves_is_incomplete() {
    let clean = "{\"errors\": [], \"results\": [], \"metrics\": {\"_totals\": {}, \"run.py\": {}}}";
    let found = |path: &str| {
        format!(
            "{{\"errors\": [], \"results\": [{{\"filename\": \"{path}\", \"test_id\": \"B602\", \
             \"line_number\": 5, \"issue_severity\": \"HIGH\", \"issue_confidence\": \"HIGH\", \
             \"issue_text\": \"x\"}}], \"metrics\": {{\"_totals\": {{}}, \"run.py\": {{}}}}}}"
        )
    };
    let say = |text: &str| format!("cat <<'END'\n{text}\nEND");
    let scripts = [
        ("nothing", "exit 0".to_owned()),
        ("blanks", "printf ' \\n\\t'".into()),
        ("to the wrong stream", format!("{{ {}\n}} >&2", say(clean))),
        (
            "half",
            format!("printf '%s' '{}'", &clean[..clean.len() / 2]),
        ),
        (
            "and something after it",
            format!("{}\necho done", say(clean)),
        ),
        (
            "clean and a code of its own",
            format!("{}\nexit 77", say(clean)),
        ),
        ("clean and killed", format!("{}\nkill -SEGV $$", say(clean))),
        ("binary rubbish", "head -c 100000 /dev/urandom".into()),
        ("zeros", "head -c 100000 /dev/zero".into()),
        ("without an end", "yes '{\"results\": ['".into()),
        ("deep", "head -c 200000 /dev/zero | tr '\\0' '['".into()),
        (
            "another tool's",
            say("{\"version\": \"2.1.0\", \"runs\": []}"),
        ),
        ("a list", say("[]")),
        ("null", say("null")),
        (
            "results of null",
            say("{\"errors\": [], \"results\": null, \"metrics\": {}}"),
        ),
        (
            "results of a table",
            say("{\"errors\": [], \"results\": {}, \"metrics\": {}}"),
        ),
        ("a file that is not there", say(&found("other.py"))),
        ("a file outside", say(&found("../../../etc/passwd"))),
        ("an absolute file", say(&found("/etc/passwd"))),
        ("hanging", "sleep 1000".into()),
        (
            "hanging and deaf",
            "trap '' TERM INT HUP; while :; do sleep 1; done".into(),
        ),
        (
            "a grandchild that holds the output",
            "sleep 1000 & exit 0".into(),
        ),
        (
            "a grandchild in a session of its own",
            "setsid sleep 1000 & exit 0".into(),
        ),
        ("its files gone", "rm -rf ./* .[!.]*; exit 0".into()),
        ("without its output", "exec >&-; sleep 1; exit 0".into()),
    ];
    for (what, script) in scripts {
        let world = World::new();
        let program = world.path("home/bandit");
        let version = "if [ \"$1\" = --version ]; then echo 'bandit 1.9.4'; exit 0; fi";
        write_program(&program, &format!("#!/bin/sh\n{version}\n{script}\n"));
        world.write("app.py", "X = 1\n");
        let config = format!(
            "[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\ntimeout = 2\n",
            program.display()
        );
        world.write(".newgate/config.toml", config);
        world.commit("Configure a program that is not what it seems");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write("run.py", SHELL);
        world.commit("Run");
        let began = Instant::now();
        let ran = world.newgate(&["check"]);
        not_clean(what, &ran, began);
        assert_eq!(ran.code, 3, "{what}: {ran:#?}");
        assert_eq!(
            fs::read_dir(world.path("tmp")).unwrap().count(),
            0,
            "{what}: a stage is left"
        );
    }
}
