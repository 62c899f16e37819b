//! One installation: resolve, fetch by hash, ask the version, make visible.

mod java;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lock::is_bundled;
use super::{Locked, Registry};
use crate::environment;
use crate::platform;
use crate::process;
use crate::scan::reach::Keep;
use crate::scan::{Descriptor, GoModule};

/// The file that says that an installation is whole, and what it consists of.
pub(super) const COMPLETE: &str = "newgate-installed.toml";

/// Installs a scanner: what the lock pins, else `version` or the version that the catalogue pins.
/// Returns what was installed, for the lock.
///
/// # Errors
/// A program that is needed is not there, the registry did not answer, a hash differs, or the program
/// does not say the version that was asked for; in words for people, with the next step.
pub fn install(
    descriptor: &Descriptor,
    locked: Option<&Locked>,
    version: Option<&str>,
) -> Result<Locked, String> {
    let install = descriptor.install();
    let pinned = install
        .version()
        .ok_or_else(|| match descriptor.program() {
            Some(_) => format!(
                "newgate cannot install {}: no package registry has it; see {}",
                descriptor.title(),
                descriptor.homepage()
            ),
            None => "newgate does not run it: its results are ingested or loaded".into(),
        })?;
    let version = locked
        .map(|l| l.version.as_str())
        .or(version)
        .unwrap_or(pinned);
    if !super::lock::is_version(version) {
        return Err(format!("`{version}` is not a version"));
    }
    let home = super::folder().ok_or("there is no home folder to install into")?;
    let home = home.join(descriptor.name());
    let cannot = |e: io::Error| format!("`{}` cannot be written: {e}", home.display());
    fs::create_dir_all(&home).map_err(cannot)?;
    let folder = tempfile::Builder::new()
        .prefix(&format!("{version}-"))
        .tempdir_in(&home)
        .map_err(cannot)?;
    let at = Place {
        folder: folder.path(),
        version,
        locked: locked
            .map(|l| l.packages.as_str())
            .filter(|p| !p.is_empty()),
    };
    let with_version = |package: &str| match package.contains(pinned) {
        true => package.replacen(pinned, version, 1),
        false => package.to_owned(),
    };
    let (origin, packages) = if let Some(requirement) = &install.pypi {
        (Registry::Pypi, at.install_pypi(&with_version(requirement))?)
    } else if let Some(name) = &install.crates {
        (Registry::Crates, at.install_crates(&with_version(name))?)
    } else if let Some(go) = &install.go {
        let module = with_version(&go.module);
        (Registry::Go, at.install_go(&module, go)?)
    } else if let Some(maven) = &install.maven {
        let artifacts = maven.artifacts.iter().map(|a| with_version(a));
        let artifacts: Vec<String> = artifacts.collect();
        let name = command_of(descriptor)?;
        (Registry::Maven, at.install_maven(&artifacts, maven, name)?)
    } else {
        let mut packages = install.npm.clone();
        packages[0] = with_version(&packages[0]);
        (Registry::Npm, at.install_npm(&packages)?)
    };
    verify(descriptor, folder.path(), version)?;
    let done = Locked {
        version: version.to_owned(),
        origin,
        packages,
    };
    let record = toml::to_string(&done).expect("a record is plain data");
    fs::write(folder.path().join(COMPLETE), record).map_err(cannot)?;
    let folder = folder.keep();
    show(&folder, &home.join(version)).map_err(cannot)?;
    Ok(done)
}

/// Makes a whole installation visible under its version, at once.
fn show(folder: &Path, link: &Path) -> io::Result<()> {
    let name = folder.file_name().unwrap_or_default();
    let new = folder.join("newgate-link");
    platform::link(name, &new)?;
    fs::rename(&new, link)
}

/// The program that a scanner's command starts.
fn command_of(descriptor: &Descriptor) -> Result<&str, String> {
    let program = descriptor.program().and_then(|p| p.command.first());
    Ok(program.ok_or("it has no program")?)
}

/// Asks an installed program its version.
fn verify(descriptor: &Descriptor, folder: &Path, version: &str) -> Result<(), String> {
    let program = command_of(descriptor)?;
    let path = folder.join("bin").join(program);
    if !path.is_file() {
        return Err(format!("the packages have no program `{program}`"));
    }
    let keep = Keep {
        contained: true,
        checkout: None,
    };
    let told = super::super::version::version_of(descriptor, &path, keep)?;
    let install = descriptor.install();
    let says = install.says.as_deref();
    let is_said = install.version() == Some(version) && says == Some(told.as_str());
    match is_said || super::fits(&told, version) {
        true => Ok(()),
        false => Err(format!(
            "version {version} was requested, but it prints {told}"
        )),
    }
}

/// Where one version is installed.
struct Place<'a> {
    folder: &'a Path,
    version: &'a str,
    locked: Option<&'a str>,
}

impl Place<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, content: &str) -> Result<PathBuf, String> {
        let path = self.path(name);
        fs::write(&path, content)
            .map_err(|e| format!("`{}` cannot be written: {e}", path.display()))?;
        Ok(path)
    }

    /// Runs an installer in the folder of the installation and returns what it printed.
    fn run(&self, program: &str, args: &[&str]) -> Result<Vec<u8>, String> {
        installer(self.folder, program, args)
    }

    /// A virtual environment with a requirement and all that it needs, each by its hash: by uv where
    /// it is there, else by the standard library's `venv` and pip.
    fn install_pypi(&self, requirement: &str) -> Result<String, String> {
        const PYTHON: &str = "bin/python";
        let uv = which::which("uv").is_ok();
        match uv {
            true => self.run("uv", &["venv", "--quiet", "--allow-existing", "."])?,
            false => self.run("python3", &["-m", "venv", "."])?,
        };
        let pip = self.path(PYTHON);
        let pip = pip.to_string_lossy();
        let quiet = ["--quiet", "--disable-pip-version-check", "--no-input"];
        let requirements = match (self.locked, uv) {
            (Some(locked), _) => locked.to_owned(),
            (None, true) => {
                self.write("requirements.in", &format!("{requirement}\n"))?;
                let compile = [
                    "pip",
                    "compile",
                    "--quiet",
                    "--generate-hashes",
                    "--no-build",
                    "--no-header",
                ];
                let rest = ["--no-annotate", "--python", &*pip, "requirements.in"];
                let out = self.run("uv", &[&compile[..], &rest[..]].concat())?;
                one_line_each(&String::from_utf8_lossy(&out))
            }
            (None, false) => {
                let begin = ["-m", "pip", "install", "--dry-run", "--ignore-installed"];
                let report = ["--only-binary", ":all:", "--report", "-", requirement];
                let out = self.run(&pip, &[&begin[..], &quiet[..], &report[..]].concat())?;
                requirements_of(&out)?
            }
        };
        let file = self.write("requirements.txt", &requirements)?;
        let file = file.to_string_lossy();
        let hashed = ["--require-hashes", "--no-deps", "--requirement", &*file];
        match uv {
            true => {
                let begin = ["pip", "install", "--quiet", "--no-build", "--python", &*pip];
                self.run("uv", &[&begin[..], &hashed[..]].concat())?
            }
            false => {
                let begin = ["-m", "pip", "install", "--only-binary", ":all:"];
                self.run(&pip, &[&begin[..], &quiet[..], &hashed[..]].concat())?
            }
        };
        Ok(requirements)
    }

    /// Packages of npm with all that they need, by the integrity hashes of a `package-lock.json`. No
    /// package's scripts are run.
    fn install_npm(&self, packages: &[String]) -> Result<String, String> {
        let mut dependencies = serde_json::Map::new();
        for package in packages {
            let (name, version) = package.rsplit_once('@').unwrap_or((package, "*"));
            dependencies.insert(name.to_owned(), Value::from(version));
        }
        let manifest = serde_json::json!({ "name": "newgate-tools", "private": true, "dependencies": dependencies });
        self.write("package.json", &format!("{manifest:#}\n"))?;
        let quiet = [
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ];
        if let Some(locked) = self.locked {
            self.write("package-lock.json", locked)?;
            self.run("npm", &[&["ci"][..], &quiet[..]].concat())?;
        } else {
            self.run("npm", &[&["install"][..], &quiet[..]].concat())?;
        }
        let lock = fs::read(self.path("package-lock.json"))
            .map_err(|e| format!("npm wrote no `package-lock.json`: {e}"))?;
        platform::link("node_modules/.bin", self.path("bin"))
            .map_err(|e| format!("the folder of programs cannot be created: {e}"))?;
        npm_lock(&lock)
    }

    /// A crate, built here by the lock file that it brings; cargo checks its dependencies' hashes by
    /// that, and its own, which the project's lock pins, is compared here before it can be seen.
    fn install_crates(&self, package: &str) -> Result<String, String> {
        let root = self.folder.to_string_lossy();
        let (name, _) = package.split_once('@').unwrap_or((package, ""));
        let version = format!("={}", self.version);
        let options = [
            "--quiet",
            "--locked",
            "--root",
            &*root,
            "--version",
            &version,
        ];
        self.run(
            "cargo",
            &[&["install"][..], &options[..], &[name][..]].concat(),
        )?;
        let hash = hash_of_crate(name, self.version)?;
        let pinned = format!("{name}=={} --hash=sha256:{hash}\n", self.version);
        match self.locked {
            Some(locked) if locked != pinned => Err(format!(
                "the crate is not the one that the lock file pins: find out why before you continue ({hash})"
            )),
            _ => Ok(pinned),
        }
    }
}

impl Place<'_> {
    /// A program of a Go module, built here from the module's source by the sums that it brings. Go compares the
    /// module itself with its database of checksums, unless the user's settings say otherwise; newgate compares it with the project's lock.
    fn install_go(&self, module: &str, go: &GoModule) -> Result<String, String> {
        let wrong = || "Go's answer about the module cannot be read".to_owned();
        let told = self.run("go", &["mod", "download", "-json", module])?;
        let told: Value = serde_json::from_slice(&told).map_err(|_| wrong())?;
        let field = |name: &str| told[name].as_str().ok_or_else(wrong);
        let pinned = format!(
            "{} {} {}\n",
            field("Path")?,
            field("Version")?,
            field("Sum")?
        );
        if self.locked.is_some_and(|locked| locked != pinned) {
            return Err(format!(
                "the module is not the one that the lock file pins: find out why before you continue ({})",
                pinned.trim_end()
            ));
        }
        let program = self.path("bin").join(name_of_package(go));
        let program = program.to_string_lossy();
        let flags = match &go.version_variable {
            Some(variable) => format!("-ldflags=-s -w -X {variable}={}", self.version),
            None => "-ldflags=-s -w".to_owned(),
        };
        let package = format!("./{}", go.package);
        let options = ["-mod=readonly", "-trimpath", "-buildvcs=false", &*flags];
        let rest = ["-o", &*program, &*package];
        installer(
            Path::new(field("Dir")?),
            "go",
            &[&["build"][..], &options[..], &rest[..]].concat(),
        )?;
        Ok(pinned)
    }
}

/// What Go calls the program of a package.
fn name_of_package(go: &GoModule) -> &str {
    let module = go.module.split('@').next().unwrap_or_default();
    let is_version = |part: &str| {
        let digits = part.strip_prefix('v').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let parts = module.split('/').chain(go.package.split('/'));
    let mut names = parts.filter(|p| !p.is_empty() && *p != "." && !is_version(p));
    names.next_back().unwrap_or_default()
}

/// The SHA-256 of a crate file that cargo has fetched.
fn hash_of_crate(name: &str, version: &str) -> Result<String, String> {
    let home = environment::variable("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(environment::variable("HOME")?).join(".cargo")));
    let cache = home
        .ok_or("there is no home folder")?
        .join("registry/cache");
    let registries = fs::read_dir(&cache).map_err(|e| format!("`{}`: {e}", cache.display()))?;
    let file = format!("{name}-{version}.crate");
    let paths = registries.filter_map(|r| Some(r.ok()?.path().join(&file)));
    let content = paths.filter_map(|p| fs::read(p).ok()).next();
    let content = content.ok_or_else(|| format!("cargo has no `{file}` to hash"))?;
    Ok(sha256(&content))
}

fn sha256(content: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, content);
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// Runs an installer in a folder. Returns what it printed, or why it failed.
pub(super) fn installer(folder: &Path, program: &str, args: &[&str]) -> Result<Vec<u8>, String> {
    let ran = process::installer(folder, program, args).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => format!("it needs `{program}`, which is not on `PATH`"),
        _ => format!("`{program}` cannot be started: {e}"),
    })?;
    match ran.code {
        0 => Ok(ran.out),
        _ => {
            // Maven says what is wrong on standard output.
            let said = [ran.err, ran.out].concat();
            let said = String::from_utf8_lossy(&said);
            Err(explain(
                program,
                &environment::without_proxy_credentials(&said),
            ))
        }
    }
}

/// A requirements file of what pip's report says that it would install
/// (<https://pip.pypa.io/en/stable/reference/installation-report/>).
fn requirements_of(report: &[u8]) -> Result<String, String> {
    let wrong = || "pip's report cannot be read".to_owned();
    let report: Value = serde_json::from_slice(report).map_err(|_| wrong())?;
    let mut lines = Vec::new();
    for item in report["install"].as_array().ok_or_else(wrong)? {
        let name = item["metadata"]["name"].as_str().ok_or_else(wrong)?;
        let version = item["metadata"]["version"].as_str().ok_or_else(wrong)?;
        let hash = item["download_info"]["archive_info"]["hashes"]["sha256"].as_str();
        let hash = hash.ok_or_else(|| format!("the registry has no hash for {name}"))?;
        lines.push(format!("{name}=={version} --hash=sha256:{hash}"));
    }
    lines.sort();
    Ok(lines.join("\n") + "\n")
}

/// A requirements file with a line for each package, its hashes behind it.
fn one_line_each(requirements: &str) -> String {
    let joined = requirements.replace("\\\n", " ");
    let lines = joined
        .lines()
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut lines: Vec<String> = lines
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .collect();
    lines.sort();
    lines.join("\n") + "\n"
}

/// npm's lock file without the addresses of the registry that was asked.
fn npm_lock(lock: &[u8]) -> Result<String, String> {
    let wrong = |e: serde_json::Error| format!("npm's lock file cannot be read: {e}");
    let mut lock: Value = serde_json::from_slice(lock).map_err(wrong)?;
    let packages = lock["packages"].as_object_mut().into_iter().flatten();
    for (path, package) in packages {
        if let Some(fields) = package.as_object_mut() {
            fields.remove("resolved");
            fields.remove("funding");
            let is_hashed = fields.contains_key("integrity") || is_bundled(path, fields);
            if !path.is_empty() && !is_hashed {
                return Err(format!("the registry has no hash for `{path}`"));
            }
        }
    }
    Ok(format!("{lock:#}\n"))
}

/// What an installer said, with the next step.
fn explain(program: &str, said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.contains("complete log of this run"))
        // Modules are called `errors` and `checksum`, too.
        .filter(|l| !l.starts_with("go: downloading "))
        .collect();
    let telling = |l: &&&str| l.to_lowercase().contains("error");
    let line = lines.iter().rev().find(telling).or(lines.last()).copied();
    let line = line.unwrap_or("nothing");
    let all = lines.join("\n").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| all.contains(w));
    let next = if has(&[
        "do not match the hashes",
        "hash mismatch",
        "eintegrity",
        "checksum",
    ]) {
        "the registry's package is not the one that the lock file pins: find out why before you continue; if \
         this machine is of another kind than the one that wrote the lock file, `newgate scanners update` here \
         adds its hashes"
    } else if has(&[
        "connection",
        "network",
        "resolve host",
        "name resolution",
        "enotfound",
        "econnrefused",
        "etimedout",
        "timed out",
        "unreachable",
        "eai_again",
        "dns error",
        "no such host",
        "unknown host",
    ]) {
        "the registry cannot be reached: check your connection, or name a mirror in the settings of its client \
         (pip, npm, cargo, go, mvn), or use a program that is installed already: `path` in `[scanners.NAME]`"
    } else if has(&[
        "no matching distribution",
        "no version of",
        "etarget",
        "could not find `",
        "unknown revision",
        "could not find artifact",
    ]) {
        "the registry cannot be reached, or has no such version for this kind of machine: look at the settings of \
         its client (pip, npm, cargo, go, mvn), or use a program that is installed already: `path` in \
         `[scanners.NAME]`"
    } else {
        "see what it says"
    };
    format!("`{program}` failed: {line} ({next})")
}
