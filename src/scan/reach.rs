//! What a scanner's process is given: its environment, and what it may reach while it is contained.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use super::interpreter::interpreter_of;
use super::stage::Stage;
use super::{Program, tools};
use crate::environment;
use crate::model::Containment;
use crate::platform;
use crate::process::{Reach, containment};

/// Variables that a scanner may see besides those of its descriptor.
const ALLOWED: [&str; 10] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "TZ",
    "XDG_CACHE_HOME",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "JAVA_HOME",
];

/// Where the programs of a system lie, and what they read. Of `/etc`, only what says how the system is set
/// up: keys and passwords lie there too.
const SYSTEM: [&str; 58] = [
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/share",
    "/usr/include",
    "/usr/local",
    "/nix/store",
    "/gnu/store",
    "/run/current-system",
    "/snap",
    "/home/linuxbrew/.linuxbrew",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/crypto-policies",
    "/etc/debian_version",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/magic",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/perl",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/openssl.cnf",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/terminfo",
    "/etc/timezone",
    "/dev/random",
    "/dev/urandom",
    "/proc",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/sys/kernel/mm",
];
/// Files of the system that everybody writes.
const WRITTEN: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/full"];
/// Folders beside a folder of programs that belong to them.
const BESIDE_BIN: [&str; 12] = [
    "bin",
    "sbin",
    "lib",
    "lib64",
    "libexec",
    "gems",
    "specifications",
    "extensions",
    "conf",
    "jre",
    "jmods",
    "modules",
];

/// Whether a scanner is kept from what it does not need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keep<'a> {
    /// Whether it is.
    pub(super) contained: bool,
    /// The checkout, of which it reads nothing then.
    pub(super) checkout: Option<&'a Path>,
}

/// What a scanner is given for its runs on one stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// Its environment.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// What it may reach; none if it is not contained.
    pub(super) reach: Option<Reach>,
}

/// What keeps a scanner in, where the configuration does not turn that off.
pub(super) fn kept_in(contained: bool) -> Containment {
    if contained {
        containment()
    } else {
        Containment::Off
    }
}

impl Given {
    /// What a program is given on a stage.
    ///
    /// # Errors
    /// Its home folder cannot be filled.
    pub(super) fn new(
        program: &Path,
        how: &Program,
        stage: &Stage,
        keep: Keep<'_>,
    ) -> io::Result<Given> {
        let seen = |name: &OsStr| {
            let allowed = |n: &str| ALLOWED.contains(&n) || (how.network && is_of_network(n));
            name.to_str().is_some_and(allowed)
        };
        let mut settings: Vec<(OsString, OsString)> =
            environment::all().filter(|(n, _)| seen(n)).collect();
        settings.push(("LC_ALL".into(), "C.UTF-8".into()));
        settings.push(("NO_COLOR".into(), "1".into()));
        let kept = matches!(
            kept_in(keep.contained),
            Containment::Contained | Containment::Partial
        );
        let mut reach = None;
        if kept {
            settings.retain(|(n, _)| n != "HOME" && n != "TMPDIR" && n != "XDG_CACHE_HOME");
            settings.push(("HOME".into(), stage.home().into()));
            settings.push(("TMPDIR".into(), stage.temporary().into()));
            // Settings of git for the whole machine may hold credentials.
            settings.push(("GIT_CONFIG_NOSYSTEM".into(), "1".into()));
            reach = Some(reach_of(program, how, stage, keep.checkout)?);
        }
        let own = settings_of(how, stage.own());
        settings.extend(own.into_iter().map(|(k, v)| (k.into(), v.into())));
        Ok(Given {
            environment: settings,
            reach,
        })
    }
}

/// What a scanner printed, without the credentials of proxies.
pub(super) fn without_credentials(printed: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(printed) {
        Ok(text) => environment::without_proxy_credentials(&text).into_bytes(),
        Err(e) => e.into_bytes(),
    }
}

/// Whether a variable says how to get to the network: proxies, and whose certificates count.
fn is_of_network(name: &str) -> bool {
    const CERTIFICATES: [&str; 10] = [
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "NODE_USE_SYSTEM_CA",
        "PIP_CERT",
        "GIT_SSL_CAINFO",
        "CARGO_HTTP_CAINFO",
        "NPM_CONFIG_CAFILE",
    ];
    let any = |list: &[&str]| list.iter().any(|n| n.eq_ignore_ascii_case(name));
    any(&CERTIFICATES) || any(&environment::PROXIES) || any(&["NO_PROXY"])
}

fn reach_of(
    program: &Path,
    how: &Program,
    stage: &Stage,
    checkout: Option<&Path>,
) -> io::Result<Reach> {
    let home = environment::home();
    let mut run = base().to_vec();
    add_started(program, &mut run, 0);
    let run = outside(nested_out(run), checkout);
    let at_home = |path: &String| at_home(path, home.as_deref());
    let read: Vec<PathBuf> = how.reads.iter().filter_map(at_home).collect();
    let write: Vec<PathBuf> = how.writes.iter().filter_map(at_home).collect();
    for folder in &write {
        // It is for later runs, too.
        let _ = fs::create_dir_all(folder);
    }
    let certificates = match how.network {
        true => certificates(),
        false => Vec::new(),
    };
    if let Some(home) = &home {
        let all = run.iter().chain(&read).chain(&write);
        link_home(&stage.home(), home, all)?;
    }
    let texts = |paths: Vec<PathBuf>| paths.into_iter().map(PathBuf::into_os_string);
    Ok(Reach {
        run: texts(run).collect(),
        read: texts([vec![stage.root().into()], read, certificates].concat()).collect(),
        write: WRITTEN
            .iter()
            .map(OsString::from)
            .chain(texts(vec![stage.own().into(), stage.scratch().into()]))
            .chain(texts(write))
            .collect(),
        network: how.network,
    })
}

/// A path of a descriptor, of which `~` stands for the user's home folder.
fn at_home(path: &str, home: Option<&Path>) -> Option<PathBuf> {
    match path.strip_prefix("~/") {
        // The user may keep caches elsewhere.
        Some(rest) => match rest.strip_prefix(".cache/") {
            Some(rest) => Some(environment::cache_home()?.join(rest)),
            None => Some(home?.join(rest)),
        },
        None => Some(path.into()),
    }
}

/// The files that the variables for certificates name.
fn certificates() -> Vec<PathBuf> {
    let named = environment::all().filter(|(n, _)| n.to_str().is_some_and(is_of_network));
    let paths = named.map(|(_, value)| PathBuf::from(value));
    paths.filter(|p| p.is_absolute() && p.exists()).collect()
}

/// What every scanner needs: the system, the programs on `PATH`, and those that newgate installed.
fn base() -> &'static [PathBuf] {
    static BASE: OnceLock<Vec<PathBuf>> = OnceLock::new();
    BASE.get_or_init(|| {
        let mut all: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        let etc = fs::read_dir("/etc").into_iter().flatten().flatten();
        let of_language = |name: &str| name.starts_with("java") || name.starts_with("python");
        all.extend(
            etc.filter(|e| e.file_name().to_str().is_some_and(of_language))
                .map(|e| e.path()),
        );
        all.extend(tools::folder());
        for folder in environment::folders("PATH") {
            add_folder(&folder, &mut all);
        }
        all.extend(environment::folders("LD_LIBRARY_PATH"));
        all.extend(environment::folders("JAVA_HOME"));
        nested_out(all)
    })
}

/// Adds the installation of a program, and of those that it starts as a script: its interpreter, and
/// the programs that it names by their whole paths, as a wrapper does.
fn add_started(program: &Path, all: &mut Vec<PathBuf>, depth: u32) {
    const DEEPEST: u32 = 4;
    add_program(program, all);
    if depth == DEEPEST {
        return;
    }
    if let Some(interpreter) = interpreter_of(program) {
        add_program(&interpreter, all);
        for named in named_in(program) {
            if named != interpreter && !all.contains(&named) {
                add_started(&named, all, depth + 1);
            }
        }
    }
}

/// The programs that a script names.
fn named_in(script: &Path) -> Vec<PathBuf> {
    const LONGEST: u64 = 64 * 1024;
    let mut text = Vec::new();
    let read = fs::File::open(script).and_then(|f| f.take(LONGEST).read_to_end(&mut text));
    let text = match read {
        Ok(_) => String::from_utf8_lossy(&text),
        Err(_) => return Vec::new(),
    };
    let ends = |c: char| c.is_whitespace() || "'\"`;=:()|&<>".contains(c);
    let paths = text.split(ends).filter(|word| word.starts_with('/'));
    let is_program = |path: &PathBuf| {
        let meta = fs::metadata(path);
        meta.is_ok_and(|m| m.is_file() && platform::is_runnable(&m))
    };
    let mut programs: Vec<PathBuf> = paths.map(PathBuf::from).filter(is_program).collect();
    programs.sort();
    programs.dedup();
    programs
}

/// Adds the installation that a program belongs to, by the name that it is called by and by its real one.
fn add_program(program: &Path, all: &mut Vec<PathBuf>) {
    let real = fs::canonicalize(program).ok();
    for path in [Some(program), real.as_deref()].into_iter().flatten() {
        all.push(path.to_owned());
        if let Some(folder) = path.parent() {
            add_folder(folder, all);
        }
    }
}

/// Adds a folder of programs, with what belongs to it.
fn add_folder(folder: &Path, all: &mut Vec<PathBuf>) {
    if holds_home(folder) {
        return;
    }
    // Packages of npm may need any other beside them.
    let mut parts = folder.components();
    let position = parts.position(|p| p == Component::Normal("node_modules".as_ref()));
    if let Some(at) = position {
        all.push(folder.components().take(at + 1).collect());
        return;
    }
    all.push(folder.to_owned());
    let (Some(name), Some(above)) = (folder.file_name(), folder.parent()) else {
        return;
    };
    if let Ok(settings) = fs::read_to_string(above.join("pyvenv.cfg")) {
        all.push(above.to_owned());
        let home = settings.lines().find_map(|l| {
            let (key, value) = l.split_once('=')?;
            (key.trim() == "home").then(|| PathBuf::from(value.trim()))
        });
        // The Python that it was made with, which is no virtual environment.
        if let Some(home) = home.filter(|h| h.is_absolute() && h != folder) {
            let real = fs::canonicalize(home.join("python3")).ok();
            let real = real.as_deref().and_then(Path::parent);
            for folder in [Some(&*home), real].into_iter().flatten() {
                add_beside(folder, all);
            }
        }
    } else if name == "shims" {
        // pyenv, rbenv, asdf, mise: a shim starts one of many versions.
        all.push(above.to_owned());
    } else if name == "bin" || name == "sbin" || name == "libexec" {
        add_beside(folder, all);
    }
}

fn add_beside(folder: &Path, all: &mut Vec<PathBuf>) {
    let Some(above) = folder.parent().filter(|a| !holds_home(a)) else {
        return;
    };
    all.extend(BESIDE_BIN.iter().map(|name| above.join(name)));
    if above.file_name().is_some_and(|n| n == ".cargo") {
        // A program there may be rustup's, which starts one of its own.
        all.push(above.with_file_name(".rustup"));
    }
}

/// Whether the user's home folder is this folder or lies in it.
fn holds_home(folder: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    folder.parent().is_none()
        || environment::home().is_some_and(|h| real(&h).starts_with(real(folder)))
}

/// Those that exist, without those that lie in others.
fn nested_out(mut all: Vec<PathBuf>) -> Vec<PathBuf> {
    all.retain(|p| p.is_absolute() && p.exists());
    all.sort();
    all.dedup_by(|later, earlier| later.starts_with(earlier));
    all
}

/// The same folders without one of them: a folder that contains it is replaced by its other
/// entries.
fn outside(all: Vec<PathBuf>, hole: Option<&Path>) -> Vec<PathBuf> {
    let Some(hole) = hole.and_then(|h| fs::canonicalize(h).ok()) else {
        return all;
    };
    let mut kept = Vec::new();
    let mut left = all;
    while let Some(path) = left.pop() {
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if real.starts_with(&hole) {
            continue;
        }
        match hole.starts_with(&real) {
            true => left.extend(
                fs::read_dir(&real)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|e| e.path()),
            ),
            false => kept.push(path),
        }
    }
    kept
}

/// Makes what a scanner may reach of the user's home folder appear in its own.
fn link_home<'p>(
    own: &Path,
    home: &Path,
    paths: impl Iterator<Item = &'p PathBuf>,
) -> io::Result<()> {
    let cache = environment::cache_home();
    let mut parts: Vec<(PathBuf, &PathBuf)> = Vec::new();
    for path in paths {
        let in_cache = cache.as_ref().and_then(|c| path.strip_prefix(c).ok());
        let part = match in_cache {
            Some(rest) => Some(Path::new(".cache").join(rest)),
            None => path.strip_prefix(home).ok().map(Path::to_owned),
        };
        parts.extend(part.filter(|p| p.parent().is_some()).map(|p| (p, path)));
    }
    parts.sort();
    // What lies in another is there with it.
    parts.dedup_by(|later, earlier| later.0.starts_with(&earlier.0));
    for (part, path) in parts {
        let link = own.join(part);
        if let Some(above) = link.parent() {
            fs::create_dir_all(above)?;
        }
        platform::link(path, link).or_else(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(e),
        })?;
    }
    Ok(())
}

/// The settings of a descriptor, with the folder of newgate's own files filled in.
fn settings_of(program: &Program, own: &Path) -> Vec<(String, String)> {
    let own = own.to_string_lossy();
    let settings = program.environment.iter();
    settings
        .map(|(k, v)| (k.clone(), v.replace("{own}", &own)))
        .collect()
}
