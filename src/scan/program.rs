//! Finding a scanner's program, and making its key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::configured::{ConfigContent, ConfigReader, configuration};
use super::interpreter::{interpreter_in, on_path};
use super::reach::{Keep, kept_in};
use super::tools::{LOCK, Locked};
use super::version::{database, version_of};
use super::{Descriptor, Engine, tools};
use crate::cache::{Cache, ScannerKey};
use crate::environment::{self, Found};
use crate::model::Containment;

/// What became of the search for a scanner's program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be run.
    Ready,
    /// It is not there, or does not say its version.
    Missing(Absent),
}

/// Why a scanner cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// What is wrong, and the next step, for people.
    pub why: String,
    /// Whether `newgate scanners install` makes it ready.
    pub installable: bool,
}

impl From<String> for Absent {
    fn from(why: String) -> Absent {
        Absent {
            why,
            installable: false,
        }
    }
}

/// A scanner that is switched on, ready to run or known to be missing.
#[derive(Clone, Debug)]
pub struct Scanner {
    /// What it is.
    pub descriptor: Descriptor,
    /// Whether it can be run.
    pub state: State,
    /// Whether its results are given by somebody else, by ingestion or from a server.
    pub given: bool,
    /// The program; `None` for one that is built in or missing.
    pub program: Option<PathBuf>,
    /// The program's version.
    pub version: Option<String>,
    /// What its results are remembered by.
    pub key: ScannerKey,
    /// The arguments that stand for `{config}`.
    pub config_args: Vec<String>,
    /// Its configuration files, as the target has them.
    pub config_files: Vec<ConfigContent>,
    /// How long one run may take.
    pub timeout: Duration,
    /// Whether its processes are kept from what they do not need.
    pub contained: bool,
    /// The checkout, of which they read nothing then.
    pub checkout: Option<PathBuf>,
}

impl Scanner {
    /// What its processes are kept from.
    pub fn containment(&self) -> Containment {
        kept_in(self.contained)
    }

    pub(super) fn keep(&self) -> Keep<'_> {
        Keep {
            contained: self.contained,
            checkout: self.checkout.as_deref(),
        }
    }
}

/// Where to look for a program, and what the configuration says of it.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// A path from the configuration.
    pub path: Option<PathBuf>,
    /// The checkout, which that path may not lead into: a change alters it.
    pub checkout: Option<PathBuf>,
    /// A time limit from the configuration.
    pub timeout: Option<Duration>,
    /// Whether the configuration turns its containment off.
    pub uncontained: bool,
    /// What the lock file pins.
    pub locked: Option<Locked>,
    /// Whether its results are given by somebody else, by ingestion or from a server.
    pub given: bool,
    /// The server that gives them, and how, as text; empty for ingestion.
    pub given_from: String,
}

impl Wish {
    fn keep(&self) -> Keep<'_> {
        Keep {
            contained: !self.uncontained,
            checkout: self.checkout.as_deref(),
        }
    }
}

/// Finds a scanner's program, and asks its version unless the cache remembers it for this very
/// executable.
///
/// # Errors
/// The configuration files cannot be read.
pub fn prepare(
    descriptor: Descriptor,
    wish: &Wish,
    cache: &Cache,
    config: &ConfigReader<'_>,
) -> crate::error::Result<Scanner> {
    if wish.given || descriptor.engine() == Engine::None {
        return Ok(Scanner {
            timeout: wish.timeout.unwrap_or_else(|| descriptor.timeout()),
            key: ScannerKey::of_given(
                descriptor.name(),
                &format!("{}{}", descriptor.digest_text(), wish.given_from),
            ),
            descriptor,
            state: State::Ready,
            given: true,
            program: None,
            version: None,
            config_args: Vec::new(),
            config_files: Vec::new(),
            contained: !wish.uncontained,
            checkout: wish.checkout.clone(),
        });
    }
    let (config_args, config_files) = configuration(&descriptor, config)?;
    let required = descriptor.program().and_then(|p| p.config_required.clone());
    let found = match (descriptor.engine(), required) {
        (Engine::Program, Some(why)) if config_files.is_empty() => Err(Absent::from(why)),
        (Engine::Program, _) => locate(&descriptor, wish, cache).map(|(p, v)| (Some(p), v)),
        _ => Ok((None, env!("CARGO_PKG_VERSION").to_owned())),
    };
    let found = found.and_then(|(program, version)| {
        let database = match &program {
            Some(program) => database(&descriptor, program, wish.keep())?,
            None => None,
        };
        Ok((program, version, database))
    });
    let (state, program, version, database) = match found {
        Ok((program, version, database)) => (State::Ready, program, Some(version), database),
        Err(absent) => (State::Missing(absent), None, None, None),
    };
    let contents = config_files
        .iter()
        .flat_map(|c| [c.path.as_bytes(), &c.content]);
    let versions = format!(
        "{}\0{}",
        version.as_deref().unwrap_or(""),
        database.as_deref().unwrap_or("")
    );
    let key = ScannerKey::new(&key_text(&descriptor), &versions, &config_args, contents);
    Ok(Scanner {
        timeout: wish.timeout.unwrap_or_else(|| descriptor.timeout()),
        descriptor,
        state,
        given: false,
        program,
        version,
        key,
        config_args,
        config_files,
        contained: !wish.uncontained,
        checkout: wish.checkout.clone(),
    })
}

/// All that can alter a scanner's results in its descriptor, and for one that is built in, in its
/// rules.
fn key_text(descriptor: &Descriptor) -> String {
    let mut text = descriptor.digest_text();
    match descriptor.engine() {
        // Names of files are read too.
        Engine::Secrets => text.push_str(concat!("names", include_str!("builtin/secrets.toml"))),
        Engine::Code => text.push_str(super::builtin::code::REVISION),
        Engine::Program | Engine::None => {}
    }
    text
}

/// Whether a path lies in a folder, as it is written or where it really leads.
fn leads_into(path: &Path, folder: Option<&Path>) -> bool {
    let Some(folder) = folder else {
        return false;
    };
    let real = path.canonicalize().ok().zip(folder.canonicalize().ok());
    path.starts_with(folder) || real.is_some_and(|(path, folder)| path.starts_with(folder))
}

/// The program at a path that the configuration gives; a name alone is looked for on `PATH`.
fn given(path: &Path, checkout: Option<&Path>) -> Result<PathBuf, String> {
    if leads_into(path, checkout) {
        return Err(format!(
            "`path` points into the checkout, which a change can alter: `{}`",
            path.display()
        ));
    }
    let found = match path.to_str().filter(|_| path.components().count() == 1) {
        Some(name) => on_path(name),
        None => which::which(path).ok(),
    };
    found.ok_or_else(|| format!("`{}`, given by `path`, is not a program", path.display()))
}

fn locate(
    descriptor: &Descriptor,
    wish: &Wish,
    cache: &Cache,
) -> Result<(PathBuf, String), Absent> {
    let program = descriptor
        .program()
        .expect("a descriptor without a program is built in");
    let name = program.command.first().map_or("", String::as_str);
    let installable = descriptor.install().is_managed();
    let absent = |why: String| Absent { why, installable };
    let install = match installable {
        true => format!(
            "`newgate scanners install {}` installs it",
            descriptor.name()
        ),
        false => format!("see {}", descriptor.homepage()),
    };
    let path = match &wish.path {
        Some(path) => given(path, wish.checkout.as_deref())?,
        None => {
            if let Some(found) = installed(descriptor, wish.locked.as_ref())? {
                return Ok(found);
            }
            match environment::find_program(name) {
                Found::Program(path) => path,
                Found::OnlyInCheckout(path) => {
                    return Err(absent(format!(
                        "`{}` is not used: it is in the checkout, which a change can alter; {install}",
                        path.display()
                    )));
                }
                Found::Nowhere => {
                    return Err(absent(format!(
                        "the program `{name}` is not on `PATH`; {install}"
                    )));
                }
            }
        }
    };
    let pinned = wish.locked.as_ref().filter(|_| wish.path.is_none());
    let pinned = pinned.map(|l| l.version.as_str());
    let path = std::path::absolute(&path).unwrap_or(path);
    let shown = path.display();
    let identity = identity(&path);
    let known = identity.as_ref().and_then(|i| cache.version(i));
    let version = match known {
        Some(version) => version,
        None => {
            let version = version_of(descriptor, &path, wish.keep())
                .map_err(|e| absent(format!("{e}; {install}")))?;
            if let Some(identity) = &identity {
                cache.remember_version(identity, &version);
            }
            version
        }
    };
    match pinned {
        Some(pinned) if !tools::fits(&version, pinned) => Err(absent(format!(
            "`{shown}` is version {version}, and `{LOCK}` pins {pinned}; {install}"
        ))),
        _ => Ok((path, version)),
    }
}

/// The program that newgate installed, and its version, which was asked then. What the lock pins is
/// compared with what the installation consists of.
fn installed(
    descriptor: &Descriptor,
    locked: Option<&Locked>,
) -> Result<Option<(PathBuf, String)>, Absent> {
    let wanted = locked.map(|l| l.version.as_str());
    let Some((program, record)) = tools::installed_program(descriptor, wanted) else {
        return Ok(None);
    };
    match locked.is_none_or(|l| l.has_hashes_of(&record)) {
        true => Ok(Some((program, record.version))),
        false => Err(Absent {
            why: format!(
                "the installed version is not the one that `{LOCK}` pins: run `newgate scanners install {}`",
                descriptor.name()
            ),
            installable: true,
        }),
    }
}

/// What tells an executable from any other: path, size, time of change, inode, with links followed;
/// for a script, of its interpreter too. None where that does not tell which program runs: a script
/// of the shell may start anything.
fn identity(path: &Path) -> Option<String> {
    let real = std::fs::canonicalize(path).ok()?;
    let mut begin = [0_u8; 512];
    let read = std::fs::File::open(&real).and_then(|mut f| std::io::Read::read(&mut f, &mut begin));
    let begin = &begin[..read.unwrap_or(0)];
    // A shim goes by the name that it is called by.
    if path.file_name() != real.file_name() && !begin.starts_with(b"#!") {
        return None;
    }
    let itself = stamp(path, &real)?;
    if begin.starts_with(b"\x7fELF") || begin.starts_with(&[0xcf, 0xfa, 0xed, 0xfe]) {
        return Some(itself);
    }
    let interpreter = interpreter_in(begin)?;
    let name = interpreter.file_name()?.to_str()?;
    let folder = interpreter
        .parent()
        .and_then(|p| std::fs::canonicalize(p).ok());
    let beside = folder.as_deref() == real.parent();
    if !beside && !["node", "nodejs", "ruby", "perl"].contains(&name) {
        return None;
    }
    let of_interpreter = stamp(&interpreter, &std::fs::canonicalize(&interpreter).ok()?)?;
    Some(format!("{itself}\0{of_interpreter}"))
}

fn stamp(path: &Path, real: &Path) -> Option<String> {
    let meta = std::fs::metadata(real).ok()?;
    Some(format!(
        "{}\0{}\0{}",
        path.display(),
        real.display(),
        crate::platform::stamp(&meta)
    ))
}
