//! Finding a scanner's program, asking its version, and making its key.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Descriptor, Engine};
use crate::cache::{Cache, ScannerKey};
use crate::process::{self, Cancel, Ended};

/// What became of the search for a scanner's program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be run.
    Ready,
    /// It is not there, or does not say its version; with the next step.
    Missing(String),
}

/// A scanner that is switched on, ready to run or known to be missing.
#[derive(Clone, Debug)]
pub struct Scanner {
    /// What it is.
    pub descriptor: Descriptor,
    /// Whether it can be run.
    pub state: State,
    /// The program; `None` for one that is built in or missing.
    pub program: Option<PathBuf>,
    /// The program's version.
    pub version: Option<String>,
    /// What its results are remembered by.
    pub key: ScannerKey,
    /// The arguments that stand for `{config}`.
    pub config_args: Vec<String>,
    /// Its configuration files: path and content, as the target has them.
    pub config_files: Vec<(String, Vec<u8>)>,
    /// How long one run may take.
    pub timeout: Duration,
}

/// Where to look for a program, and what the configuration says of it.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// A path from the configuration.
    pub path: Option<PathBuf>,
    /// A time limit from the configuration.
    pub timeout: Option<Duration>,
}

/// Finds a scanner's program, and asks its version unless the cache remembers it for this very
/// executable. `config_file` reads a file of the target.
///
/// # Errors
/// The configuration files cannot be read.
pub fn prepare(
    descriptor: Descriptor,
    wish: &Wish,
    cache: &Cache,
    config_file: &dyn Fn(&str) -> crate::error::Result<Option<Vec<u8>>>,
) -> crate::error::Result<Scanner> {
    let (mut config_args, mut config_files) = (Vec::new(), Vec::new());
    if let Some(program) = descriptor.program() {
        config_args.clone_from(&program.no_config);
        for candidate in &program.config {
            let Some(content) = config_file(&candidate.file)? else {
                continue;
            };
            let counts = candidate
                .containing
                .as_ref()
                .is_none_or(|text| String::from_utf8_lossy(&content).contains(text.as_str()));
            if counts {
                config_args.clone_from(&candidate.args);
                config_files.push((candidate.file.clone(), content));
                break;
            }
        }
    }
    let found = match descriptor.engine() {
        Engine::Secrets => Ok((None, env!("CARGO_PKG_VERSION").to_owned())),
        Engine::Program => locate(&descriptor, wish, cache).map(|(p, v)| (Some(p), v)),
    };
    let (state, program, version) = match found {
        Ok((program, version)) => (State::Ready, program, Some(version)),
        Err(why) => (State::Missing(why), None, None),
    };
    let contents: Vec<Vec<u8>> = config_files.iter().map(|(_, c)| c.clone()).collect();
    let key = ScannerKey::new(
        &key_text(&descriptor),
        version.as_deref().unwrap_or(""),
        &config_args,
        &contents,
    );
    Ok(Scanner {
        timeout: wish.timeout.unwrap_or_else(|| descriptor.timeout()),
        descriptor,
        state,
        program,
        version,
        key,
        config_args,
        config_files,
    })
}

/// All that can alter a scanner's results in its descriptor, and for one that is built in, in its
/// rules.
fn key_text(descriptor: &Descriptor) -> String {
    let mut text = descriptor.digest_text();
    if descriptor.engine() == Engine::Secrets {
        text.push_str(include_str!("builtin/secrets.toml"));
    }
    text
}

fn locate(
    descriptor: &Descriptor,
    wish: &Wish,
    cache: &Cache,
) -> Result<(PathBuf, String), String> {
    let program = descriptor
        .program()
        .expect("a descriptor without a program is built in");
    let name = program.command.first().map_or("", String::as_str);
    let install = match &descriptor.install().pypi {
        Some(requirement) => format!(
            "install it with `pipx install '{requirement}'` or `uv tool install '{requirement}'`"
        ),
        None => format!("see {}", descriptor.homepage()),
    };
    let path = match &wish.path {
        Some(path) => which::which(path)
            .map_err(|_| format!("`{}`, given by `path`, is not a program", path.display()))?,
        None => which::which(name)
            .map_err(|_| format!("the program `{name}` is not on `PATH`; {install}"))?,
    };
    let path = std::path::absolute(&path).unwrap_or(path);
    let identity = identity(&path).filter(|_| tells_all(&path));
    if let Some(identity) = &identity
        && let Some(version) = cache.version(identity)
    {
        return Ok((path, version));
    }
    let command = process::Command {
        program: path.clone(),
        args: program.version.iter().map(Into::into).collect(),
        folder: std::env::temp_dir(),
        environment: environment(program),
        timeout: Duration::from_secs(30),
        output_limit: 65_536,
    };
    let shown = path.display();
    let ran = process::run(&command, &Cancel::default())
        .map_err(|e| format!("`{shown}` cannot be started: {e}; {install}"))?;
    let printed = format!("{}\n{}", String::from_utf8_lossy(&ran.out), ran.err);
    let version = match (ran.ended, descriptor.version_in(&printed)) {
        (Ended::Exited(0), Some(version)) => version,
        (ended, _) => {
            let said = printed
                .trim()
                .lines()
                .last()
                .unwrap_or("nothing")
                .to_owned();
            return Err(format!(
                "`{shown}` does not tell its version ({ended:?}; it said: {said}); {install}"
            ));
        }
    };
    if let Some(identity) = &identity {
        cache.remember_version(identity, &version);
    }
    Ok((path, version))
}

pub(super) fn environment(program: &super::Program) -> Vec<(String, String)> {
    program
        .environment
        .iter()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

/// Whether the executable alone tells which program runs: a binary, or a script whose interpreter
/// lies beside it, as an installation in a folder of its own has. A wrapper may start anything.
fn tells_all(path: &Path) -> bool {
    let Ok(real) = std::fs::canonicalize(path) else {
        return false;
    };
    let mut begin = [0_u8; 512];
    let read = std::fs::File::open(&real).and_then(|mut f| std::io::Read::read(&mut f, &mut begin));
    let begin = &begin[..read.unwrap_or(0)];
    if begin.starts_with(b"\x7fELF") || begin.starts_with(&[0xcf, 0xfa, 0xed, 0xfe]) {
        return true;
    }
    let line = begin.split(|b| *b == b'\n').next().unwrap_or_default();
    let interpreter = line
        .strip_prefix(b"#!")
        .map(|l| String::from_utf8_lossy(l).trim().to_owned());
    interpreter.is_some_and(|i| Path::new(&i).parent() == real.parent())
}

/// What tells an executable from any other: path, size, time of change, inode, with links followed.
fn identity(path: &Path) -> Option<String> {
    let real = std::fs::canonicalize(path).ok()?;
    let meta = std::fs::metadata(&real).ok()?;
    Some(format!(
        "{}\0{}\0{}\0{}.{}\0{}",
        path.display(),
        real.display(),
        meta.len(),
        meta.mtime(),
        meta.mtime_nsec(),
        meta.ino()
    ))
}
