//! The lock file: which version of each scanner, with the hashes of all that it consists of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The version of the file's format.
const VERSION: u32 = 1;

const HEAD: &str = "\
# Versions and hashes of this project's scanners, for developers and CI alike. Commit it.
# Written by `newgate scanners install`; `newgate scanners update` raises the versions.
";

/// A registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// <https://pypi.org>
    Pypi,
    /// <https://www.npmjs.com>
    Npm,
    /// <https://crates.io>
    Crates,
}

/// What is pinned of one scanner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Locked {
    /// The version.
    pub version: String,
    /// Where it comes from.
    pub origin: Origin,
    /// All packages with their hashes, as the registry's own client writes them: a requirements file
    /// with `--hash`, a `package-lock.json`; empty for a crate, which brings its own lock file.
    #[serde(default)]
    pub packages: String,
}

impl Locked {
    /// The same with the hashes that another machine found for the same packages.
    #[must_use]
    pub fn with_hashes_of(mut self, other: &Locked) -> Locked {
        if self.origin != Origin::Pypi || (self.version != other.version) {
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
        self.packages = all.iter().map(line).collect();
        self
    }
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
        let versioned: Versioned = toml::from_str(text).map_err(|e| e.to_string())?;
        if versioned.version != VERSION {
            return Err(format!(
                "its version is {}, and this newgate reads {VERSION}",
                versioned.version
            ));
        }
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let text = toml::to_string_pretty(self).expect("a lock is plain data");
        format!("{HEAD}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let mut lock = Lock::default();
        let locked = Locked {
            version: "1.9.4".into(),
            origin: Origin::Pypi,
            packages: "bandit==1.9.4 --hash=sha256:00\nstevedore==5.10.0 --hash=sha256:11\n".into(),
        };
        lock.scanners.insert("bandit".into(), locked);
        assert_eq!(Lock::parse(&lock.to_text()), Ok(lock));
    }

    #[test]
    fn hashes_of_several_kinds_of_machine_are_kept() {
        let locked = |packages: &str| Locked {
            version: "1.0".into(),
            origin: Origin::Pypi,
            packages: packages.into(),
        };
        let here = locked("a==1.0 --hash=sha256:1\nb==2.0 --hash=sha256:2\n");
        let there = locked("a==1.0 --hash=sha256:3\n");
        let both = here.with_hashes_of(&there);
        assert_eq!(
            both.packages,
            "a==1.0 --hash=sha256:1 --hash=sha256:3\nb==2.0 --hash=sha256:2\n"
        );
        let newer = Locked {
            version: "2.0".into(),
            ..locked("a==2.0 --hash=sha256:4\n")
        };
        assert_eq!(newer.clone().with_hashes_of(&both), newer);
    }

    #[test]
    fn a_newer_lock_is_not_guessed_at() {
        let told = Lock::parse("version = 2\nfuture = true\n").unwrap_err();
        assert!(told.contains("its version is 2"), "{told}");
        assert!(Lock::parse("version = 1\n[scanners.x]\nversion = 3\n").is_err());
    }
}
