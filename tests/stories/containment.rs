//! Containment: a scanner that is evil, or that newgate's end catches at work.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Child;

use serde_json::Value;

use crate::support::{World, of_scanner, tools, wait, write_program};

/// A world in which a scanner of the target's own is a script, and `main` is pushed. The script finds the
/// world's folder in `$world`, though its environment does not have it.
fn with_scanner(script: &str, descriptor: &str, settings: &str) -> World {
    let world = World::new();
    fs::create_dir(world.path("bin")).unwrap();
    let begin = format!(
        "#!/bin/sh\nworld='{}'\nif [ \"$1\" = --version ]; then echo 'evil 1.0.0'; exit 0; fi\n",
        world.folder().display()
    );
    let program = world.folder().join("bin/evil");
    write_program(&program, &format!("{begin}{script}\n"));
    world.write(
        ".newgate/scanners/evil.toml",
        format!(
            r#"name = "evil"
title = "Evil"
homepage = "https://example.com"
kind = "code"
scope = "file"
files = ["*.txt"]
[program]
command = ["evil", "{{files}}"]
version = ["--version"]
version-pattern = 'evil (\S+)'
exit-clean = [0]
{descriptor}
[output]
format = "json"
filter = '.[] | {{ path: "a.txt", line: 1, rule: .rule, message: .message, level: "high" }}'
[severity]
high = 8.0
"#
        ),
    );
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\ncode = false\n[scanners.evil]\npath = \"{}\"\n{settings}\n",
            program.display()
        ),
    );
    world.write("old.txt", "old\n");
    world.commit("Configure a scanner that is not what it seems");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("a.txt", "text\n");
    world.commit("Add a file");
    world
}

/// What it could do, by the names in its report.
fn deeds(report: &Value) -> Vec<String> {
    let issues = report["issues"].as_array().unwrap().iter();
    let rules = issues.flat_map(|i| i["rules"].as_array().unwrap());
    let mut deeds: Vec<String> = rules
        .map(|r| r["rule"].as_str().unwrap().to_owned())
        .collect();
    deeds.sort();
    deeds
}

fn containment(report: &Value) -> &Value {
    &of_scanner(report, "evil")["containment"]
}

/// A script of what no scanner has a reason to do; each deed that succeeds is reported as a finding.
const EVIL: &str = r#"
deeds=
did() { deeds="$deeds${deeds:+,}{\"rule\":\"$1\",\"message\":\"it could\"}"; }
home=$world/home
cat "$home/.ssh/id" > /dev/null 2>&1 && did read-key
cat "$world/work/.git/config" > /dev/null 2>&1 && did read-checkout
cat "$world/remote.git/HEAD" > /dev/null 2>&1 && did read-repository
cat /etc/shadow > /dev/null 2>&1 && did read-passwords
ls "$home" > /dev/null 2>&1 && did list-home
newgate=$(cut -d' ' -f4 "/proc/$PPID/stat")
tr '\0' '\n' < "/proc/$newgate/environ" 2>/dev/null | grep -q . && did read-environment
cat "/proc/$newgate/cwd/.git/config" > /dev/null 2>&1 && did read-through-process
kill -0 "$newgate" 2>/dev/null && did signal
echo x 2>/dev/null > "$home/written" && did write-home
echo x 2>/dev/null > "$world/bin/evil.new" && did write-program
echo x 2>/dev/null > "./a.txt" && did write-stage
python3 -c "import socket; socket.create_connection(('127.0.0.1', $(cat "$world/bin/port")), 3)" 2>/dev/null && did connect
python3 -c "import socket; socket.socket(socket.AF_UNIX)" 2>/dev/null && did local-socket
echo x 2>/dev/null > "$TMPDIR/own" || did no-temporary-file
mkdir -p "$HOME/.cache/own" 2>/dev/null || did no-home
echo "[$deeds]"
"#;

fn prepared(world: &World) -> TcpListener {
    fs::create_dir(world.path("home/.ssh")).unwrap();
    fs::write(world.path("home/.ssh/id"), "key\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    fs::write(world.path("bin/port"), port.to_string()).unwrap();
    listener
}

#[test]
fn an_evil_scanner_reads_writes_and_reaches_nothing_while_it_is_contained() {
    let world = with_scanner(EVIL, "", "");
    let _listener = prepared(&world);
    let report = world.check(&[]);
    assert_eq!(containment(&report), "contained");
    assert_eq!(deeds(&report), Vec::<String>::new());
    assert!(!world.path("home/written").exists());
    world
        .newgate(&["doctor"])
        .says("containment scanners can read");
}

#[test]
fn the_same_scanner_does_it_all_where_containment_is_off() {
    let world = with_scanner(EVIL, "", "contained = false");
    let _listener = prepared(&world);
    let report = world.check(&[]);
    assert_eq!(containment(&report), "off");
    let all = [
        "connect",
        "list-home",
        "local-socket",
        "read-checkout",
        "read-environment",
        "read-key",
        "read-passwords",
        "read-repository",
        "read-through-process",
        "signal",
        "write-home",
        "write-program",
        "write-stage",
    ];
    assert_eq!(deeds(&report), all);
    world.newgate(&["check"]).exits(1).says("13 issues");
    world
        .newgate(&["doctor"])
        .says("not contained (`contained = false`)");
}

#[test]
fn a_branch_cannot_turn_its_own_containment_off() {
    let world = with_scanner(EVIL, "", "");
    let _listener = prepared(&world);
    let config = fs::read_to_string(world.work().join(".newgate/config.toml")).unwrap();
    world.write(".newgate/config.toml", config + "contained = false\n");
    world.commit("Let it out");
    let report = world.check(&[]);
    assert_eq!(containment(&report), "contained");
    assert_eq!(deeds(&report), Vec::<String>::new());
}

#[test]
fn only_a_scanner_that_needs_the_network_reaches_it_and_sees_the_proxy() {
    const SCRIPT: &str = r#"
deeds=
did() { deeds="$deeds${deeds:+,}{\"rule\":\"$1\",\"message\":\"it could\"}"; }
python3 -c "import socket; socket.create_connection(('127.0.0.1', $(cat "$world/bin/port")), 3)" 2>/dev/null && did connect
python3 -c "import socket; socket.socket(socket.AF_UNIX)" 2>/dev/null && did local-socket
for name in HTTPS_PROXY no_proxy SSL_CERT_FILE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS; do
    eval "[ -n \"\$$name\" ]" && did "sees-$name"
done
cat "$SSL_CERT_FILE" > /dev/null 2>&1 && did reads-certificates
[ -n "$AWS_SECRET_ACCESS_KEY$GITHUB_TOKEN" ] && did sees-secret
echo "[$deeds]"
"#;
    for (descriptor, expected) in [
        ("", Vec::new()),
        (
            "network = true",
            vec![
                "connect",
                "reads-certificates",
                "sees-HTTPS_PROXY",
                "sees-NODE_EXTRA_CA_CERTS",
                "sees-REQUESTS_CA_BUNDLE",
                "sees-SSL_CERT_FILE",
                "sees-no_proxy",
            ],
        ),
    ] {
        let mut world = with_scanner(SCRIPT, descriptor, "");
        let _listener = prepared(&world);
        let certificates = world.folder().join("home/ca.pem");
        fs::write(&certificates, "certificates\n").unwrap();
        for (name, value) in [
            ("HTTPS_PROXY", "http://me:hunter2hunter2@127.0.0.1:1"),
            ("no_proxy", "localhost"),
            ("REQUESTS_CA_BUNDLE", "/none"),
            ("NODE_EXTRA_CA_CERTS", "/none"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("GITHUB_TOKEN", "x"),
            ("SSL_CERT_FILE", certificates.to_str().unwrap()),
        ] {
            world.environment.push((name.into(), value.into()));
        }
        let report = world.check(&[]);
        assert_eq!(deeds(&report), expected, "{descriptor}");
    }
}

#[test]
fn the_password_of_a_proxy_is_never_shown() {
    let script = "echo \"cannot connect to proxy $HTTPS_PROXY (hunter2hunter2)\" >&2; exit 7";
    let mut world = with_scanner(script, "network = true", "");
    world.environment.push((
        "HTTPS_PROXY".into(),
        "http://me:hunter2hunter2@127.0.0.1:1".into(),
    ));
    let ran = world.newgate(&["check", "--format", "json"]).exits(3);
    let ran = ran.says("cannot connect to proxy");
    assert!(!ran.all().contains("hunter2"), "{}", ran.all());
}

/// The processes whose command line has a text.
fn processes_with(text: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|e| e.file_name().into_string().ok());
    pids.filter(|pid| pid.parse::<u32>().is_ok())
        .filter(|pid| {
            let mut line = Vec::new();
            let file = fs::File::open(format!("/proc/{pid}/cmdline"));
            file.is_ok_and(|mut f| f.read_to_end(&mut line).is_ok())
                && String::from_utf8_lossy(&line).contains(text)
        })
        .collect()
}

fn left(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries.map(|e| e.path()).collect()
}

/// A number of seconds for `sleep` that no other process has, and far more than a story waits.
fn own_seconds() -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    format!("1000.{}{number:03}", std::process::id())
}

#[test]
fn what_a_scanner_leaves_in_a_session_of_its_own_ends_with_the_run() {
    for settings in ["", "contained = false"] {
        let seconds = own_seconds();
        let script = format!(
            "setsid sh -c '(env -i sleep {seconds} &) ; exec sleep {seconds}' > /dev/null 2>&1 &\n\
             while [ \"$(pgrep -fc 'sleep {seconds}')\" = 0 ]; do sleep 0.01; done; echo '[]'"
        );
        let world = with_scanner(&script, "", settings);
        world.check(&[]);
        assert_eq!(processes_with(&seconds), Vec::<String>::new(), "{settings}");
        assert_eq!(
            left(&world.path("tmp")),
            Vec::<PathBuf>::new(),
            "{settings}"
        );
    }
}

/// Starts a check and waits until its scanner is at work, with so many processes.
fn at_work(world: &World, seconds: &str, processes: usize) -> Child {
    // A shell starts what it leaves in the background with signals ignored, these stories too: not newgate.
    let script = format!(
        "cd '{}' && exec env --default-signal '{}' check",
        world.work().display(),
        env!("CARGO_BIN_EXE_newgate")
    );
    let child = world.start("sh", &["-c", &script]);
    wait("the scanner is at work", || {
        processes_with(seconds).len() >= processes
    });
    child
}

#[test]
fn no_scanner_and_no_stage_outlives_newgate_whatever_kills_it() {
    // Not SEGV: the first one that another process sends does not end a program that is written in Rust.
    for signal in ["KILL", "QUIT", "ABRT", "TERM"] {
        let seconds = own_seconds();
        let script = format!("setsid env -i sleep {seconds} & exec sleep {seconds}");
        let world = with_scanner(&script, "", "");
        let mut child = at_work(&world, &seconds, 2);
        assert_eq!(left(&world.path("tmp")).len(), 1, "{signal}");
        world
            .run_in(
                &world.folder(),
                "kill",
                &["-s", signal, &child.id().to_string()],
                b"",
            )
            .exits(0);
        child.wait().unwrap();
        wait("the scanner ends", || processes_with(&seconds).is_empty());
        wait("the stage is removed", || {
            left(&world.path("tmp")).is_empty()
        });
    }
}

#[test]
fn a_run_removes_what_one_left_whose_keeper_was_killed_too() {
    let seconds = own_seconds();
    let world = with_scanner(&format!("exec sleep {seconds}"), "", "timeout = 600");
    fs::create_dir(world.path("tmp/newgate-mine")).unwrap();
    let mut child = at_work(&world, &seconds, 1);
    let keepers = processes_with("scanner-keeper");
    let of_world = |pid: &String| {
        // The fourth field: its parent.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.split_whitespace().nth(3) == Some(&child.id().to_string())
    };
    let keeper = keepers.iter().find(|p| of_world(p)).unwrap().clone();
    // The keeper goes first: once its parent is gone, the kernel lets a stopped one run on.
    for (signal, pid) in [
        ("STOP", &child.id().to_string()),
        ("STOP", &keeper),
        ("KILL", &keeper),
        ("KILL", &child.id().to_string()),
    ] {
        world
            .run_in(&world.folder(), "kill", &["-s", signal, pid], b"")
            .exits(0);
    }
    child.wait().unwrap();
    assert_eq!(left(&world.path("tmp")).len(), 2);
    for pid in processes_with(&seconds) {
        world
            .run_in(&world.folder(), "kill", &["-s", "KILL", &pid], b"")
            .exits(0);
    }
    write_program(
        &world.path("bin/evil"),
        "#!/bin/sh\ncase $1 in --version) echo 'evil 1.0.0';; *) echo '[]';; esac\n",
    );
    world.check(&[]);
    assert_eq!(left(&world.path("tmp")), [world.path("tmp/newgate-mine")]);
}

#[test]
fn a_temporary_folder_that_cannot_be_written_leaves_the_verdict_open() {
    let mut world = with_scanner("echo '[]'", "", "");
    let nowhere = world.path("none").display().to_string();
    world.environment.push(("TMPDIR".into(), nowhere));
    world.newgate(&["check"]).exits(3);
}

#[test]
fn real_scanners_find_the_same_contained_or_not() {
    let found = |settings: &str| {
        let world = World::new();
        let scanners = [
            "bandit",
            "ruff",
            "shellcheck",
            "eslint",
            "detect-secrets",
            "semgrep",
        ];
        let mut text = String::new();
        for name in scanners {
            let path = tools().join(name);
            text += &format!(
                "[scanners.{name}]\npath = \"{}\"\n{settings}\n",
                path.display()
            );
        }
        world.write(".newgate/config.toml", text);
        world.write(
            ".semgrep.yml",
            "rules:\n- id: eval\n  pattern: eval(...)\n  message: no\n  languages: [python]\n  severity: ERROR\n",
        );
        world.commit("Configure");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write(
            "a.py",
            "import subprocess\nsubprocess.call(input(), shell=True)\neval(input())\n",
        );
        world.write("b.js", "eval(location.hash)\n");
        world.write("c.sh", "#!/bin/sh\nrm $1/*\n");
        world.write("d.txt", format!("token {}\n", crate::support::token(3)));
        world.commit("Add");
        let report = world.check(&[]);
        for one in report["scanners"].as_array().unwrap() {
            assert_eq!(one["state"], "ok", "{one:#}");
        }
        crate::support::places_and_rules(&report, "new")
    };
    let contained = found("");
    assert!(contained.len() >= 5, "{contained:#?}");
    assert_eq!(contained, found("contained = false"));
}
