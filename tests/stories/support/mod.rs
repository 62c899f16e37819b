//! Real repositories, built by code, with everything of the user's set aside: own home, no global
//! configuration, fixed dates.

#![allow(
    clippy::disallowed_methods,
    reason = "tests start git and newgate as a user would"
)]

pub mod server;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// All formats of reports.
pub const FORMATS: [&str; 13] = [
    "terminal",
    "html",
    "markdown",
    "sarif",
    "github-sarif",
    "github",
    "gitlab-code-quality",
    "gitlab-sast",
    "junit",
    "csv",
    "json",
    "env",
    "sto",
];

/// A user's machine with one repository and its bare remote.
pub struct World {
    folder: TempDir,
    /// Added to the environment of git and newgate.
    pub environment: Vec<(String, String)>,
}

/// The folder of the pinned scanners, which `tests/run` fills.
pub fn tools() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/bin");
    assert!(
        tools.join("bandit").is_file() && tools.join("ruff").is_file(),
        "the scanners are not installed: run `tests/run`, which installs them"
    );
    tools
}

/// Writes a program.
pub fn write_program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The folder of the programs that read reports, which `tests/run` fills.
pub fn consumers() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/consumers");
    assert!(
        folder.join("node_modules/playwright-core").is_dir(),
        "the readers of reports are not installed: run `tests/run`, which installs them"
    );
    folder
}

/// Waits until something holds, for long enough on a machine that is busy.
#[track_caller]
pub fn wait(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(120), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A credential in pieces, so that the tests hold none. Different numbers, different tokens.
pub fn token(number: u32) -> String {
    let body = blake3::hash(&number.to_le_bytes()).to_hex();
    format!("ghp_{}", &body[..36])
}

/// A line of Python with a credential in it.
pub fn leak(number: u32) -> String {
    format!("TOKEN = '{}'\n", token(number))
}

/// What a program left.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: &Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Both streams.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Checks that a text is in either stream.
    #[track_caller]
    pub fn says(self, text: &str) -> Ran {
        assert!(
            self.all().contains(text),
            "`{text}` is not in\n{}",
            self.all()
        );
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e} in {self:#?}"))
    }
}

impl World {
    /// A repository on branch `main` without commits, and an empty bare remote `origin`.
    pub fn new() -> World {
        World::with(&[])
    }

    /// The same, made with options for `git init`.
    pub fn with(init: &[&str]) -> World {
        let world = World {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        };
        for folder in ["home", "work", "tmp"] {
            fs::create_dir(world.path(folder)).unwrap();
        }
        let start = |more: &[&str]| {
            let mut args = vec!["init", "--quiet", "--initial-branch=main"];
            args.extend(init);
            args.extend(more);
            world.run_in(&world.folder(), "git", &args, b"").exits(0);
        };
        start(&["--bare", "remote.git"]);
        start(&["work"]);
        world.git(&["remote", "add", "origin", "../remote.git"]);
        world
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// A path on this machine.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The repository's folder.
    pub fn work(&self) -> PathBuf {
        self.path("work")
    }

    pub fn command(&self, folder: &Path, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", &path)
            .env("HOME", self.folder().join("home"))
            .env("TMPDIR", self.folder().join("tmp"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.folder().join("home/.gitconfig"))
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Dev")
                .env(format!("GIT_{role}_EMAIL"), "dev@example.com");
        }
        command.envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Puts a folder before the others on `PATH`.
    pub fn put_on_path(&mut self, folder: &Path) {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", folder.display());
        self.environment.push(("PATH".into(), path));
    }

    /// Takes over this machine's settings for its package registries, the home folder among them.
    pub fn keep_registry_settings(&mut self) {
        let settings = ["PIP_", "UV_", "npm_config_", "NODE_", "SSL_", "REQUESTS_"];
        for (name, value) in std::env::vars() {
            let of_registry = settings.iter().any(|s| name.starts_with(s));
            if of_registry || name == "HOME" || name.to_lowercase().ends_with("_proxy") {
                self.environment.push((name, value));
            }
        }
    }

    /// Runs a program in a folder with something on standard input.
    pub fn run_in(&self, folder: &Path, program: &str, args: &[&str], input: &[u8]) -> Ran {
        use std::io::Write;
        let mut child = self
            .command(folder, program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(input);
        Ran::of(&child.wait_with_output().unwrap())
    }

    /// Starts a program that goes on by itself; its standard output can be read.
    pub fn start(&self, program: &str, args: &[&str]) -> std::process::Child {
        let mut command = self.command(&self.folder(), program);
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command.stderr(Stdio::null()).spawn().unwrap()
    }

    /// Runs git in the repository; it must succeed. Returns what it printed, trimmed.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let ran = self.try_git(args);
        assert_eq!(ran.code, 0, "git {args:?}: {ran:#?}");
        ran.out.trim().to_owned()
    }

    /// Runs git in the repository.
    pub fn try_git(&self, args: &[&str]) -> Ran {
        self.run_in(&self.work(), "git", args, b"")
    }

    /// Runs newgate in the repository.
    pub fn newgate(&self, args: &[&str]) -> Ran {
        self.run_in(&self.work(), env!("CARGO_BIN_EXE_newgate"), args, b"")
    }

    /// Runs the pre-push hook's command with lines on standard input.
    pub fn pre_push(&self, args: &[&str], lines: &str) -> Ran {
        let mut all = vec!["hook", "pre-push"];
        all.extend(args);
        self.run_in(
            &self.work(),
            env!("CARGO_BIN_EXE_newgate"),
            &all,
            lines.as_bytes(),
        )
    }

    /// Judges by hand and returns the report.
    #[track_caller]
    pub fn check(&self, args: &[&str]) -> Value {
        let mut all = vec!["check", "--format", "json"];
        all.extend(args);
        let ran = self.newgate(&all);
        let report = ran.json();
        assert_eq!(report["exit-code"], ran.code, "{ran:#?}");
        report
    }

    /// Writes a file of the work tree.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Commits everything in the work tree; returns the commit.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Makes a commit of many files on a branch without the work tree, which is much faster.
    pub fn import(&self, branch: &str, files: impl IntoIterator<Item = (String, String)>) {
        use std::fmt::Write as _;
        let mut stream =
            format!("commit refs/heads/{branch}\ncommitter d <d@e> 1700000000 +0000\ndata 0\n");
        let parent = self.try_git(&["rev-parse", "--verify", "--quiet", branch]);
        if parent.code == 0 {
            let _ = writeln!(stream, "from refs/heads/{branch}^0");
        }
        for (name, text) in files {
            let _ = write!(
                stream,
                "M 100644 inline {name}\ndata {}\n{text}\n",
                text.len()
            );
        }
        let args = ["fast-import", "--quiet"];
        self.run_in(&self.work(), "git", &args, stream.as_bytes())
            .exits(0);
    }

    /// Turns scanners on, with the pinned programs, beside the built-in one for secrets, and commits that.
    pub fn configure(&self, scanners: &[&str]) {
        let mut text = String::from("version = 1\n[scanners]\ncode = false\n");
        for scanner in scanners {
            let path = tools().join(scanner);
            text.push_str(&format!(
                "[scanners.{scanner}]\npath = \"{}\"\n",
                path.display()
            ));
        }
        self.write(".newgate/config.toml", text);
        self.commit("Configure the gate");
    }

    /// Installs the hook.
    pub fn install(&self) {
        self.newgate(&["install"]).exits(0);
    }

    /// Pushes, with the hook.
    pub fn push(&self, args: &[&str]) -> Ran {
        let mut all = vec!["push"];
        all.extend(args);
        self.try_git(&all)
    }

    /// Commits everything, pushes that as `main`, and installs the gate in the remote.
    pub fn guard(&self) {
        self.commit("Start");
        self.push(&["--quiet", "origin", "main"]).exits(0);
        let bare = self.path("remote.git");
        self.newgate(&["install", "--server", bare.to_str().unwrap()])
            .exits(0);
    }

    /// Runs git in the remote; it must succeed. Returns what it printed.
    #[track_caller]
    pub fn remote(&self, args: &[&str]) -> String {
        let bare = self.path("remote.git");
        self.run_in(&bare, "git", args, b"").exits(0).out
    }

    /// Makes an SSH key with a name, in the home folder. Returns its public part.
    pub fn make_key(&self, name: &str) -> String {
        let file = self.path("home").join(name);
        let file = file.to_str().unwrap();
        let args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file];
        let made = self.run_in(&self.folder(), "ssh-keygen", &args, b"");
        made.exits(0);
        fs::read_to_string(self.public_key(name)).unwrap()
    }

    /// The file with the public part of a key.
    pub fn public_key(&self, name: &str) -> String {
        let file = self.path("home").join(format!("{name}.pub"));
        file.to_str().unwrap().to_owned()
    }

    /// Lets git sign with a key.
    pub fn sign_with(&self, name: &str) {
        self.git(&["config", "user.signingkey", &self.public_key(name)]);
    }

    /// What a ref of the remote points at.
    pub fn remote_ref(&self, name: &str) -> Option<String> {
        let ran = self.run_in(
            &self.path("remote.git"),
            "git",
            &["rev-parse", "--verify", "--quiet", name],
            b"",
        );
        (ran.code == 0).then(|| ran.out.trim().to_owned())
    }

    /// A world whose `main` has a file `app.py` and is pushed, with the hook installed after.
    pub fn started() -> World {
        let world = World::new();
        world.write("app.py", "import os\n\n\ndef main():\n    return os.name\n");
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.install();
        world
    }
}

/// What a report says of a scanner.
pub fn of_scanner<'r>(report: &'r Value, name: &str) -> &'r Value {
    let all = report["scanners"].as_array().unwrap();
    all.iter().find(|s| s["name"] == name).unwrap()
}

/// The issues of a report whose status is this.
pub fn issues<'r>(report: &'r Value, status: &str) -> Vec<&'r Value> {
    let all = report["issues"].as_array().unwrap();
    all.iter().filter(|i| i["status"] == status).collect()
}

/// The places of occurrences with a status, over all issues.
pub fn places(report: &Value, status: &str) -> Vec<String> {
    let mut places = Vec::new();
    for issue in report["issues"].as_array().unwrap() {
        for o in issue["occurrences"].as_array().unwrap() {
            if o["status"] == status {
                places.push(format!("{}:{}", o["path"].as_str().unwrap(), o["line"]));
            }
        }
    }
    places.sort();
    places
}

/// The places of occurrences with a status and the rules that report each: `path:line rule`.
pub fn places_and_rules(report: &Value, status: &str) -> Vec<String> {
    let mut places = Vec::new();
    for issue in report["issues"].as_array().unwrap() {
        for o in issue["occurrences"].as_array().unwrap() {
            if o["status"] == status {
                let rules = o["rules"].as_array().unwrap().iter();
                let rules: Vec<&str> = rules.map(|r| r["rule"].as_str().unwrap()).collect();
                let line = o["line"].as_u64().map_or(String::new(), |l| l.to_string());
                let path = o["path"].as_str().unwrap();
                places.push(format!("{path}:{line} {}", rules.join(" ")));
            }
        }
    }
    places.sort();
    places
}
