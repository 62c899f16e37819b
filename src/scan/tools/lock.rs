//! The lock file: which version of each scanner, with the hashes of all that it consists of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the file's format.
const VERSION: u32 = 1;

const HEAD: &str = "\
# Versions and hashes of this project's scanners, for developers and CI alike. Commit it.
# Written by `newgate scanners install`; `newgate scanners update` raises the versions.
";

/// A registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// <https://pypi.org>
    Pypi,
    /// <https://www.npmjs.com>
    Npm,
    /// <https://crates.io>
    Crates,
    /// <https://proxy.golang.org>
    Go,
    /// <https://central.sonatype.com>
    Maven,
}

/// What is pinned of one scanner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Locked {
    /// The version.
    pub version: String,
    /// Where it comes from.
    pub origin: Registry,
    /// All packages with their hashes, as the registry's own client writes them: a requirements file
    /// with `--hash`, a `package-lock.json`; for a crate, which brings its own lock file, one line of the first form;
    /// for a Go module, which brings its own sums, one line of `go.sum`; for Java, lines of the first form, with
    /// `group:artifact` as the name.
    #[serde(default)]
    pub packages: String,
}

impl Locked {
    /// Checks that it names packages of the registry by version and hash, and nothing else: no
    /// addresses, no options, no paths.
    fn check(&self) -> Result<(), String> {
        if !is_version(&self.version) {
            return Err("it has no version".into());
        }
        match self.origin {
            Registry::Pypi | Registry::Crates | Registry::Maven => {
                match self.packages.lines().find(|l| !is_requirement(l)) {
                    Some(_) => Err(
                        "not all of its packages have the form `name==version --hash=sha256:...`"
                            .into(),
                    ),
                    None => Ok(()),
                }
            }
            Registry::Go => match self.packages.lines().find(|l| !is_sum(l)) {
                Some(_) => Err("its module does not have the form `path version h1:...`".into()),
                None => Ok(()),
            },
            Registry::Npm if self.packages.is_empty() => Ok(()),
            Registry::Npm => check_npm(&self.packages),
        }
    }

    /// Whether it pins all that an installation on this machine consists of.
    pub fn has_hashes_of(&self, there: &Locked) -> bool {
        let same = self.clone().with_hashes_of(there).packages == self.packages;
        self.version == there.version
            && same
            && (self.origin == Registry::Pypi || self.packages == there.packages)
            && (self.origin != Registry::Pypi || names(self) == names(there))
    }

    /// The same with the hashes that another machine found for the same packages.
    #[must_use]
    pub fn with_hashes_of(mut self, other: &Locked) -> Locked {
        if self.origin != Registry::Pypi || (self.version != other.version) {
            return self;
        }
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in self.packages.lines().chain(other.packages.lines()) {
            let mut words = line.split_whitespace().filter(|w| *w != "\\");
            let Some(package) = words.next().filter(|w| w.contains("==")) else {
                // A form that is not understood is not touched.
                return self;
            };
            let hashes = all.entry(package.to_owned()).or_default();
            hashes.extend(words.map(str::to_owned));
        }
        let line = |(package, hashes): (&String, &BTreeSet<String>)| {
            let hashes: Vec<&str> = hashes.iter().map(String::as_str).collect();
            format!("{package} {}\n", hashes.join(" "))
        };
        // Other packages, or other versions of them, cannot be installed together with these.
        if names(&self) == names(other) {
            self.packages = all.iter().map(line).collect();
        }
        self
    }
}

/// The packages and versions of a requirements file.
fn names(locked: &Locked) -> BTreeSet<&str> {
    let lines = locked.packages.lines();
    lines.filter_map(|l| l.split_whitespace().next()).collect()
}

/// Whether a text is a version and can be a folder's name.
pub(super) fn is_version(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-+_".contains(c);
    !text.is_empty() && !text.starts_with(['.', '-']) && text.chars().all(plain)
}

/// Whether a line pins one package of PyPI.
fn is_requirement(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let package = words.next().and_then(|w| w.split_once("=="));
    let named = package.is_some_and(|(name, version)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.[],:".contains(c);
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(plain)
            && version
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".!+-_".contains(c))
    });
    let hashes: Vec<&str> = words.collect();
    let is_hash = |w: &&str| {
        let hash = w.strip_prefix("--hash=sha256:");
        hash.is_some_and(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    named && !hashes.is_empty() && hashes.iter().all(is_hash)
}

/// Whether a line is one of `go.sum` for a module's content (<https://go.dev/ref/mod#go-sum-files>).
fn is_sum(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let [module, version, hash] = words[..] else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~/".contains(c);
    let sum = hash.strip_prefix("h1:").and_then(|h| h.strip_suffix('='));
    module.starts_with(|c: char| c.is_ascii_alphanumeric())
        && module.chars().all(plain)
        && !module.contains("..")
        && version.strip_prefix('v').is_some_and(is_version)
        && sum.is_some_and(|s| {
            s.len() == 43
                && s.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
        })
}

/// Checks that a lock file of npm has packages of the registry only, each with its hash.
fn check_npm(text: &str) -> Result<(), String> {
    let wrong = || "its packages are not an npm lock file with a hash for each".to_owned();
    let lock: Value = serde_json::from_str(text).map_err(|_| wrong())?;
    let packages = lock["packages"].as_object().ok_or_else(wrong)?;
    for (path, package) in packages {
        if path.is_empty() {
            // A dependency that is named by its address has no hash in the registry that could pin
            // it.
            let wanted = package["dependencies"].as_object().into_iter().flatten();
            let mut versions = wanted.map(|(_, version)| version.as_str().unwrap_or(":"));
            if versions.any(|v| v.contains([':', '/'])) {
                return Err(wrong());
            }
            continue;
        }
        let hash = package["integrity"].as_str().unwrap_or_default();
        let bundled = package.as_object().is_some_and(|p| is_bundled(path, p));
        let hashed = hash.starts_with("sha512-") || hash.starts_with("sha1-") || bundled;
        let plain = path.starts_with("node_modules/") && !path.contains("..");
        let elsewhere = package.get("resolved").is_some() || package.get("link").is_some();
        if !hashed || !plain || elsewhere {
            return Err(wrong());
        }
    }
    Ok(())
}

/// The content of a lock file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lock {
    version: u32,
    /// The scanners by name.
    #[serde(default)]
    pub scanners: BTreeMap<String, Locked>,
}

impl Default for Lock {
    fn default() -> Lock {
        Lock {
            version: VERSION,
            scanners: BTreeMap::new(),
        }
    }
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    /// It is not TOML of this shape, or of another version of newgate; in words for people.
    pub fn parse(text: &str) -> Result<Lock, String> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let versioned: Versioned = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        if versioned.version != VERSION {
            return Err(format!(
                "it has version {}, but this newgate reads version {VERSION}",
                versioned.version
            ));
        }
        let lock: Lock = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        for (name, locked) in &lock.scanners {
            locked.check().map_err(|why| format!("`{name}`: {why}"))?;
        }
        Ok(lock)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let text = toml::to_string_pretty(self).expect("a lock is plain data");
        format!("{HEAD}{text}")
    }
}

/// Whether a package comes inside of another one's archive, whose hash covers it.
pub(super) fn is_bundled(path: &str, package: &serde_json::Map<String, Value>) -> bool {
    let is_inside = path.matches("node_modules/").count() > 1;
    is_inside && package.get("inBundle").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let mut lock = Lock::default();
        let locked = Locked {
            version: "1.9.4".into(),
            origin: Registry::Pypi,
            packages: format!(
                "bandit==1.9.4 --hash=sha256:{0}\nstevedore==5.10.0 --hash=sha256:{0}\n",
                "0".repeat(64)
            ),
        };
        lock.scanners.insert("bandit".into(), locked);
        assert_eq!(Lock::parse(&lock.to_text()), Ok(lock));
    }

    #[test]
    fn hashes_of_several_kinds_of_machine_are_kept() {
        let locked = |packages: &str| Locked {
            version: "1.0".into(),
            origin: Registry::Pypi,
            packages: packages.into(),
        };
        let here = locked("a==1.0 --hash=sha256:1\nb==2.0 --hash=sha256:2\n");
        let there = locked("a==1.0 --hash=sha256:3\nb==2.0 --hash=sha256:2\n");
        let both = here.with_hashes_of(&there);
        assert_eq!(
            both.packages,
            "a==1.0 --hash=sha256:1 --hash=sha256:3\nb==2.0 --hash=sha256:2\n"
        );
        // Another set of packages takes the place of the old one.
        let moved = locked("a==1.0 --hash=sha256:3\nb==2.1 --hash=sha256:4\n");
        assert_eq!(moved.clone().with_hashes_of(&both), moved);
        let newer = Locked {
            version: "2.0".into(),
            ..locked("a==2.0 --hash=sha256:4\n")
        };
        assert_eq!(newer.clone().with_hashes_of(&both), newer);
    }

    #[test]
    fn a_lock_names_packages_of_the_registry_by_hash_and_nothing_else() {
        let parse = |version: &str, origin: Registry, packages: &str| {
            let mut lock = Lock::default();
            let locked = Locked {
                version: version.into(),
                origin,
                packages: packages.into(),
            };
            lock.scanners.insert("x".into(), locked);
            Lock::parse(&lock.to_text())
        };
        let hash = format!("--hash=sha256:{}", "a".repeat(64));
        assert!(parse("1.0", Registry::Pypi, &format!("x==1.0 {hash}\n")).is_ok());
        for version in ["/tmp/evil", "../evil", ".hidden", ""] {
            assert!(parse(version, Registry::Pypi, "").is_err(), "{version}");
        }
        for packages in [
            format!("x @ file:///tmp/x.whl {hash}\n"),
            format!("--index-url https://evil.example/simple\nx==1.0 {hash}\n"),
            "x==1.0\n".to_owned(),
            format!("-e . {hash}\n"),
        ] {
            assert!(
                parse("1.0", Registry::Pypi, &packages).is_err(),
                "{packages}"
            );
        }
        let npm = |fields: serde_json::Value| {
            serde_json::json!({"packages": {"": {}, "node_modules/x": fields}}).to_string()
        };
        let plain = serde_json::json!({"version": "1.0.0", "integrity": "sha512-x"});
        assert!(parse("1.0", Registry::Npm, &npm(plain)).is_ok());
        for fields in [
            serde_json::json!({"version": "1.0.0"}),
            serde_json::json!({"integrity": "sha512-x", "resolved": "https://evil.example/x.tgz"}),
        ] {
            let text = npm(fields);
            assert!(parse("1.0", Registry::Npm, &text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_lock_of_a_go_module_or_of_java_names_what_is_hashed() {
        let parse = |origin: Registry, packages: &str| {
            let mut lock = Lock::default();
            let locked = Locked {
                version: "1.7.12".into(),
                origin,
                packages: packages.into(),
            };
            lock.scanners.insert("x".into(), locked);
            Lock::parse(&lock.to_text())
        };
        let sum = format!("h1:{}=", "a".repeat(43));
        assert!(parse(Registry::Go, &format!("example.com/x/v2 v1.7.12 {sum}\n")).is_ok());
        for packages in [
            "example.com/x v1.7.12\n".to_owned(),
            format!("example.com/../x v1.7.12 {sum}\n"),
            format!("-modfile=/tmp/x v1.7.12 {sum}\n"),
            "example.com/x v1.7.12 h1:short=\n".to_owned(),
        ] {
            assert!(parse(Registry::Go, &packages).is_err(), "{packages}");
        }
        let hash = format!("--hash=sha256:{}", "a".repeat(64));
        assert!(parse(Registry::Maven, &format!("org.x:y==1.7.12 {hash}\n")).is_ok());
        assert!(parse(Registry::Maven, "org.x:y==1.7.12\n").is_err());
    }

    #[test]
    fn a_newer_lock_is_not_guessed_at() {
        let told = Lock::parse("version = 2\nfuture = true\n").unwrap_err();
        assert!(told.contains("it has version 2"), "{told}");
        assert!(Lock::parse("version = 1\n[scanners.x]\nversion = 3\n").is_err());
    }
}
