//! Where a scanner's program comes from.

use serde::{Deserialize, Serialize};

/// Where the program comes from, pinned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Install {
    /// The requirement for pip (`bandit[sarif]==1.9.4`).
    #[serde(default)]
    pub pypi: Option<String>,
    /// The packages for npm, the one with the program first (`eslint@9.39.5`).
    #[serde(default)]
    pub npm: Vec<String>,
    /// The crate for cargo (`cargo-audit@0.22.2`).
    #[serde(default)]
    pub crates: Option<String>,
    /// The module for Go.
    #[serde(default)]
    pub go: Option<GoModule>,
    /// The artifacts for Maven.
    #[serde(default)]
    pub maven: Option<MavenArtifacts>,
    /// The version that the program of the pinned package tells, where the package counts its own.
    #[serde(default)]
    pub says: Option<String>,
}

/// A module that Go builds a program from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GoModule {
    /// Its path and version (`github.com/rhysd/actionlint@v1.7.12`).
    pub module: String,
    /// The folder of the program's package in it (`cmd/actionlint`).
    pub package: String,
    /// The variable that the linker sets to the version, where the program tells it from one.
    #[serde(default)]
    pub version_variable: Option<String>,
}

/// Artifacts of Maven that a Java program consists of; what they need comes with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MavenArtifacts {
    /// `group:artifact:version`, the one whose version counts first.
    pub artifacts: Vec<String>,
    /// `group:artifact` of what they name and the program does not need.
    #[serde(default)]
    pub without: Vec<String>,
    /// The class that is started.
    pub main: String,
}

impl Install {
    /// Whether newgate can install it.
    pub fn is_managed(&self) -> bool {
        self.version().is_some()
    }

    /// The registry that it comes from, for people.
    pub fn origin(&self) -> &'static str {
        match self {
            i if i.pypi.is_some() => "PyPI",
            i if i.crates.is_some() => "crates.io",
            i if i.go.is_some() => "the Go module proxy",
            i if i.maven.is_some() => "Maven Central",
            _ => "npm",
        }
    }

    /// The version that is pinned, of the package with the program.
    pub fn version(&self) -> Option<&str> {
        let maven = self.maven.as_ref().and_then(|m| m.artifacts.first());
        let all = [
            self.pypi.as_ref(),
            self.crates.as_ref(),
            self.npm.first(),
            self.go.as_ref().map(|go| &go.module),
            maven,
        ];
        let first = all.into_iter().flatten().next()?;
        let version = first.rsplit(['=', '@', ':']).next()?;
        Some(match self.go {
            Some(_) => version.trim_start_matches('v'),
            None => version,
        })
    }
}
