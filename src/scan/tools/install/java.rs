//! A Java program: artifacts of Maven by their hashes, and a script that starts them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Place, sha256};
use crate::scan::MavenArtifacts;

/// The plug-in of Maven that copies artifacts.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// One artifact of Maven.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Artifact {
    group: String,
    name: String,
    /// What tells several files of one artifact apart; empty for most.
    classifier: String,
    version: String,
}

impl Artifact {
    /// Reads `group:artifact:version`.
    fn written(text: &str) -> Option<Artifact> {
        let parts: Vec<&str> = text.split(':').collect();
        let [group, name, version] = parts[..] else {
            return None;
        };
        Some(Artifact {
            group: group.to_owned(),
            name: name.to_owned(),
            classifier: String::new(),
            version: version.to_owned(),
        })
    }

    /// Reads a line of a lock: `group:artifact==version --hash=...`, or with a classifier as the third name.
    fn locked(line: &str) -> Option<Artifact> {
        let (names, rest) = line.split_once("==")?;
        let mut names = names.split(':').map(str::to_owned);
        Some(Artifact {
            group: names.next()?,
            name: names.next()?,
            classifier: names.next().unwrap_or_default(),
            version: rest.split_whitespace().next()?.to_owned(),
        })
    }

    /// The artifact of a file in the layout of a Maven repository:
    /// `org/example/name/1.0/name-1.0-classifier.jar`.
    fn of_file(path: &Path) -> Option<Artifact> {
        let parts: Option<Vec<&str>> = path.iter().map(|p| p.to_str()).collect();
        let parts = parts?;
        let [group @ .., name, version, file] = &parts[..] else {
            return None;
        };
        let rest = file.strip_prefix(&format!("{name}-{version}"))?;
        let classifier = rest.strip_suffix(".jar")?.trim_start_matches('-');
        Some(Artifact {
            group: group.join("."),
            name: (*name).to_owned(),
            classifier: classifier.to_owned(),
            version: (*version).to_owned(),
        })
    }

    /// A line of a lock.
    fn line(&self, hash: &str) -> String {
        let Artifact { group, name, .. } = self;
        let classifier = match self.classifier.as_str() {
            "" => String::new(),
            classifier => format!(":{classifier}"),
        };
        format!(
            "{group}:{name}{classifier}=={} --hash=sha256:{hash}\n",
            self.version
        )
    }
}

impl Place<'_> {
    /// Artifacts with all that they need, each compared with the hash that the lock pins, and a script that starts
    /// their program. What a lock pins is fetched as it is listed, and nothing else.
    pub(super) fn install_maven(
        &self,
        artifacts: &[String],
        maven: &MavenArtifacts,
        program: &str,
    ) -> Result<String, String> {
        let wanted: Option<Vec<Artifact>> = match self.locked {
            Some(locked) => locked.lines().map(Artifact::locked).collect(),
            None => artifacts.iter().map(|a| Artifact::written(a)).collect(),
        };
        let wanted = wanted.ok_or("an artifact does not have the form `group:artifact:version`")?;
        let without: &[String] = match self.locked {
            Some(_) => &["*:*".to_owned()],
            None => &maven.without,
        };
        self.write("pom.xml", &project(&wanted, without))?;
        let options = [
            "--batch-mode",
            "--quiet",
            "--strict-checksums",
            "-Dmdep.useRepositoryLayout=true",
            "-DoutputDirectory=lib",
            "-DincludeScope=runtime",
            COPY,
        ];
        self.run("mvn", &options)?;
        let folder = self.path("lib");
        let cannot = |e: std::io::Error| format!("`{}` cannot be read: {e}", folder.display());
        let mut files = Vec::new();
        list(&folder, &mut files).map_err(cannot)?;
        let mut packages = Vec::new();
        let mut jars = Vec::new();
        // Maven keeps notes of its own among them.
        let is_jar = |f: &&PathBuf| f.extension().is_some_and(|e| e == "jar");
        for file in files.iter().filter(is_jar) {
            let inside = file.strip_prefix(&folder).unwrap_or(file);
            let artifact = Artifact::of_file(inside).ok_or_else(|| {
                format!(
                    "Maven wrote `{}`, which is not an artifact",
                    inside.display()
                )
            })?;
            let content = fs::read(file).map_err(cannot)?;
            packages.push(artifact.line(&sha256(&content)));
            jars.push(format!("$here/lib/{}", inside.display()));
        }
        packages.sort();
        let packages = packages.concat();
        if self.locked.is_some_and(|locked| locked != packages) {
            return Err(
                "the registry's package is not the one that the lock file pins: find out why before you continue"
                    .into(),
            );
        }
        jars.sort();
        self.write_launcher(&jars, &maven.main, program)?;
        Ok(packages)
    }

    /// Writes the script that starts a class. It finds Java as Maven does: by `JAVA_HOME`, else on `PATH`.
    fn write_launcher(&self, jars: &[String], main: &str, program: &str) -> Result<(), String> {
        let script = format!(
            "#!/bin/sh\n\
             # Written by newgate.\n\
             here=${{0%/*}}/..\n\
             exec \"${{JAVA_HOME:+$JAVA_HOME/bin/}}java\" -cp \"{}\" {main} \"$@\"\n",
            jars.join(":")
        );
        let bin = self.path("bin");
        let path = bin.join(program);
        let cannot = |e: std::io::Error| format!("`{}` cannot be written: {e}", path.display());
        fs::create_dir_all(&bin).map_err(cannot)?;
        fs::write(&path, script).map_err(cannot)?;
        fs::set_permissions(&path, crate::platform::runnable()).map_err(cannot)
    }
}

/// A project of Maven that needs artifacts and what they need, without some (`group:artifact`, where `*` is any).
fn project(artifacts: &[Artifact], without: &[String]) -> String {
    let mut out = String::from(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n\
         <modelVersion>4.0.0</modelVersion>\n\
         <groupId>newgate</groupId><artifactId>tools</artifactId><version>1</version>\n<dependencies>\n",
    );
    for artifact in artifacts {
        let Artifact {
            group,
            name,
            version,
            classifier,
        } = artifact;
        let _ = write!(
            out,
            "<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>"
        );
        if !classifier.is_empty() {
            let _ = write!(out, "<classifier>{classifier}</classifier>");
        }
        out.push_str("<exclusions>");
        for (group, name) in without.iter().filter_map(|w| w.split_once(':')) {
            let _ = write!(
                out,
                "<exclusion><groupId>{group}</groupId><artifactId>{name}</artifactId></exclusion>"
            );
        }
        out.push_str("</exclusions></dependency>\n");
    }
    out.push_str("</dependencies>\n</project>\n");
    out
}

/// All files in a folder.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => list(&entry.path(), files)?,
            false => files.push(entry.path()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_is_read_back_from_its_file_and_from_its_line() {
        let file = Path::new("org/example/the-name/1.0-2/the-name-1.0-2-linux.jar");
        let artifact = Artifact::of_file(file).unwrap();
        assert_eq!(artifact.group, "org.example");
        assert_eq!(artifact.classifier, "linux");
        assert_eq!(Artifact::locked(&artifact.line("0")).unwrap(), artifact);
        let plain = Artifact::written("org.example:the-name:1.0-2").unwrap();
        assert_eq!(Artifact::locked(&plain.line("0")).unwrap(), plain);
        assert_eq!(Artifact::of_file(Path::new("a/b/1/c-1.jar")), None);
    }
}
