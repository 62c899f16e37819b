//! Finding a scanner's program, asking its version, and making its key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;

use super::interpreter::{interpreter_in, on_path};
use super::reach::{Given, Keep, kept_in};
use super::stage::Stage;
use super::tools::{LOCK, Locked};
use super::{ConfigList, Descriptor, Engine, tools};
use crate::cache::{Cache, ScannerKey};
use crate::environment::{self, Found};
use crate::model::Containment;
use crate::process::{self, Cancel, Ended};

/// The folder of a project's own rules for the scanner of code.
pub const RULES: &str = ".newgate/rules";

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

/// A scanner's configuration file, as the target has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigContent {
    /// Its path in the repository.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
    /// Whether it lies beside the files that are scanned, not among them.
    pub beside: bool,
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

/// The content of a configuration file, or of all files of a folder, of the target: paths and
/// contents, none if there is no such file.
pub type ConfigReader<'a> = dyn Fn(&str) -> crate::error::Result<Vec<(String, Vec<u8>)>> + 'a;

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
    let (mut config_args, mut config_files) = (Vec::new(), Vec::new());
    if let Some(program) = descriptor.program() {
        config_args.clone_from(&program.no_config);
        for candidate in &program.config {
            let files = config(&candidate.file)?;
            let counts = candidate.containing.as_ref().is_none_or(|text| {
                let has = |content: &[u8]| String::from_utf8_lossy(content).contains(text.as_str());
                files.iter().any(|(_, content)| has(content))
            });
            if !files.is_empty() && counts {
                config_args.clone_from(&candidate.args);
                for list in &candidate.lists {
                    config_args.extend(listed(list, files.iter().map(|(_, content)| content)));
                }
                config_files.extend(files.into_iter().map(|(path, content)| ConfigContent {
                    path,
                    content,
                    beside: candidate.beside,
                }));
                break;
            }
        }
    }
    if descriptor.engine() == Engine::Code {
        let rules = config(RULES)?.into_iter();
        let rules = rules.filter(|(path, _)| super::is_rule_file(path));
        config_files.extend(rules.map(|(path, content)| ConfigContent {
            path,
            content,
            beside: true,
        }));
    }
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

/// The arguments for the elements of lists in configuration files. What is not TOML has none: the program
/// itself says what is wrong with it.
fn listed<'c>(list: &ConfigList, files: impl Iterator<Item = &'c Vec<u8>>) -> Vec<String> {
    let Ok(only) = Regex::new(&format!("^(?:{})$", list.only)) else {
        return Vec::new();
    };
    let tables =
        files.filter_map(|f| toml::from_str::<toml::Table>(std::str::from_utf8(f).ok()?).ok());
    let mut args = Vec::new();
    for table in tables {
        for key in &list.keys {
            let mut names = key.split('.');
            let first = names.next().and_then(|name| table.get(name));
            let found = names.try_fold(first, |value, name| value.map(|v| v.get(name)));
            let elements = found.flatten().and_then(toml::Value::as_array);
            let elements = elements
                .into_iter()
                .flatten()
                .filter_map(toml::Value::as_str);
            for element in elements.filter(|e| only.is_match(e)) {
                args.extend([list.arg.clone(), element.to_owned()]);
            }
        }
    }
    args
}

/// The version of the vulnerability database that a program asks: what it prints, or the day.
fn database(
    descriptor: &Descriptor,
    program: &Path,
    keep: Keep<'_>,
) -> Result<Option<String>, String> {
    const DAY: i64 = 24 * 60 * 60;
    let Some(how) = descriptor.program() else {
        return Ok(None);
    };
    let Some(database) = &how.database else {
        return Ok(None);
    };
    if database.args.is_empty() {
        return Ok(Some((crate::cache::now() / DAY).to_string()));
    }
    let (ended, printed) = ask(how, program, &database.args, keep)?;
    match (ended, descriptor.database_in(&printed)) {
        (Ended::Exited(0), Some(version)) => Ok(Some(version)),
        (ended, _) => Err(format!(
            "`{}` does not print the version of its database ({ended}; output: {})",
            program.display(),
            last_line(&printed)
        )),
    }
}

/// Asks a scanner's program its version.
pub(super) fn version_of(
    descriptor: &Descriptor,
    path: &Path,
    keep: Keep<'_>,
) -> Result<String, String> {
    let program = descriptor.program().ok_or("it has no program")?;
    let (ended, printed) = ask(program, path, &program.version, keep)?;
    match (ended, descriptor.version_in(&printed)) {
        (Ended::Exited(0), Some(version)) => Ok(version),
        (ended, _) => Err(format!(
            "`{}` does not print its version ({ended}; output: {})",
            path.display(),
            last_line(&printed)
        )),
    }
}

/// Runs a program for what it prints of itself.
fn ask(
    how: &super::Program,
    program: &Path,
    args: &[String],
    keep: Keep<'_>,
) -> Result<(Ended, String), String> {
    let cannot = |e: std::io::Error| format!("a folder for it cannot be created: {e}");
    let stage = Stage::new(Vec::new()).map_err(cannot)?;
    let given = Given::new(program, how, &stage, keep).map_err(cannot)?;
    let command = process::Command {
        program: program.to_owned(),
        args: args.iter().map(Into::into).collect(),
        folder: stage.root().to_owned(),
        environment: given.environment,
        timeout: Duration::from_secs(30),
        output_limit: 65_536,
        reach: given.reach,
    };
    let ran = process::run(&command, &Cancel::default())
        .map_err(|e| format!("`{}` cannot be started: {e}", program.display()))?;
    let printed = format!("{}\n{}", String::from_utf8_lossy(&ran.out), ran.err);
    let printed = crate::environment::without_proxy_credentials(&printed);
    Ok((ran.ended, printed))
}

fn last_line(printed: &str) -> String {
    printed
        .trim()
        .lines()
        .last()
        .unwrap_or("nothing")
        .to_owned()
}

/// All that can alter a scanner's results in its descriptor, and for one that is built in, in its
/// rules.
fn key_text(descriptor: &Descriptor) -> String {
    let mut text = descriptor.digest_text();
    match descriptor.engine() {
        Engine::Secrets => text.push_str(include_str!("builtin/secrets.toml")),
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
        Some(path) if leads_into(path, wish.checkout.as_deref()) => {
            return Err(format!(
                "`path` points into the checkout, which a change can alter: `{}`",
                path.display()
            )
            .into());
        }
        Some(path) => {
            let found = match path.to_str().filter(|_| path.components().count() == 1) {
                Some(name) => on_path(name),
                None => which::which(path).ok(),
            };
            found
                .ok_or_else(|| format!("`{}`, given by `path`, is not a program", path.display()))?
        }
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
