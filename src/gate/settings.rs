//! Configuration, read from a tree that the change cannot alter.

use std::path::{Path, PathBuf};

use crate::config::{self, Config, Exclusion, Results};
use crate::error::{Error, ErrorKind, Result};
use crate::git::{Repository, default_branch};
use crate::model::{Change, FileChange, Gap, Mode, Note, Oid, OwnConfiguration, RepoPath, nearest};
use crate::policy::Exemption;
use crate::scan::tools::Lock;
use crate::scan::{Catalog, Descriptor, Engine, Scanner, Wish, builtin_names};

use super::own_files::{config_files, folder, read_exemptions, read_file, read_lock, read_tree};
use super::tree_of;

/// Where configuration is read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfigSource {
    /// The target, so that a branch cannot weaken the gate that checks it.
    #[default]
    Target,
    /// The head, to try out an edit.
    Head,
    /// Only the target. If it has no configuration, the server's default branch, or else the defaults.
    Enforced,
}

/// The configuration of a check, and where it came from.
#[derive(Debug)]
pub struct Settings {
    /// The configuration.
    pub config: Config,
    /// The scanners that it may use.
    pub catalog: Catalog,
    /// The versions of scanners that the project pins.
    pub lock: Lock,
    /// The exemptions that the target has.
    pub exemptions: Vec<Exemption>,
    /// Those that only the change has.
    pub pending: Vec<Exemption>,
    /// The tree that the configuration was read from; the scanners' own configuration is read from
    /// it too. None if nothing is trusted yet.
    tree: Option<Oid>,
    /// Whether this is the head's tree.
    from_head: bool,
    /// The work tree, if there is one.
    checkout: Option<PathBuf>,
    /// Whether a head's configuration named programs, which were ignored.
    refused: bool,
    /// The keys of a head's configuration that would weaken the defaults and were ignored.
    weakening: Vec<&'static str>,
}

impl Settings {
    /// Reads the configuration for a change from the tip of its target. If there is no target, or
    /// it has no `.newgate` yet, reads it from the head.
    ///
    /// # Errors
    /// The configuration or a descriptor has mistakes, or git could not answer.
    pub fn read(repo: &Repository, change: &Change, source: ConfigSource) -> Result<Settings> {
        let trusted = trusted_tree(repo, change)?;
        // In a check by hand without any target, the change's own configuration is used in full.
        let only_adds = trusted.is_some() || change.mode != Mode::Check;
        let (tree, from_head) = whose(repo, change, source, trusted)?;
        let mut repaired = false;
        let read = match &tree {
            Some(tree) => read_tree(repo, tree),
            None => Ok((Config::default(), Catalog::default())),
        };
        let (mut config, mut catalog) = match read {
            // The target's configuration cannot be read. A change that corrects it is checked with
            // the defaults.
            Err(error) if source == ConfigSource::Enforced && error.kind() == ErrorKind::Config => {
                if read_tree(repo, &change.head_tree).is_err() {
                    return Err(error);
                }
                repaired = true;
                (Config::default(), Catalog::default())
            }
            other => other?,
        };
        check_results(&config, &catalog)?;
        let mut refused = false;
        if from_head && source == ConfigSource::Target {
            // A configuration that is not on the target must not choose programs that run on this
            // machine.
            refused = catalog.drop_own() | config.drop_programs();
            config.scanners.retain(|s| builtin_names().any(|b| b == s));
        }
        let mut weakening = Vec::new();
        let only_adds = only_adds && from_head && source == ConfigSource::Target;
        if only_adds {
            (config, weakening) = config.adding();
        }
        let heeded = tree.as_ref().filter(|_| !repaired);
        let lock = match heeded {
            // A configuration that is not on the target must not choose programs that run on this
            // machine.
            Some(tree) if !from_head || source == ConfigSource::Head => read_lock(repo, tree)?,
            _ => Lock::default(),
        };
        let mut exemptions = match heeded {
            Some(tree) => read_exemptions(repo, tree)?,
            None => Vec::new(),
        };
        if only_adds && !exemptions.is_empty() {
            weakening.push("exemptions");
            exemptions.clear();
        }
        let mut pending = Vec::new();
        let heeds_head = source == ConfigSource::Target || config.trust.exemptions_of_head;
        if !from_head && heeds_head {
            pending = read_exemptions(repo, &change.head_tree)?;
            pending.retain(|e| !exemptions.contains(e));
            for exemption in &mut pending {
                exemption.pending = true;
            }
        }
        Ok(Settings {
            config,
            catalog,
            lock,
            exemptions,
            pending,
            tree,
            from_head,
            checkout: repo.work_dir().map(Path::to_owned),
            refused,
            weakening,
        })
    }

    /// Whether the configuration is the change's own, because the target has none yet.
    pub fn is_of_head(&self) -> bool {
        self.from_head
    }

    /// The keys of a change's own configuration that would weaken the defaults and are ignored.
    pub fn weakening(&self) -> &[&'static str] {
        &self.weakening
    }

    /// Turns on the scanners whose results were given.
    pub(super) fn give(&mut self, scanners: &[String]) {
        for name in scanners {
            if !self.config.scanners.contains(name) {
                self.config.scanners.push(name.clone());
            }
            let said = self.config.settings.entry(name.clone()).or_default();
            said.results = Some(Results::Ingest);
        }
    }

    /// Turns off all scanners except the built-in ones.
    ///
    /// # Errors A name that is turned on belongs to no scanner.
    pub(super) fn keep_built_in(&mut self) -> Result<()> {
        let mut kept = Vec::new();
        for name in std::mem::take(&mut self.config.scanners) {
            let engine = self.descriptor(&name)?.engine();
            if matches!(engine, Engine::Secrets | Engine::Code) {
                kept.push(name);
            }
        }
        self.config.scanners = kept;
        Ok(())
    }

    /// What the configuration and the lock file say about a scanner.
    pub fn wish(&self, name: &str) -> Wish {
        let said = self.config.settings.get(name).cloned().unwrap_or_default();
        let locked = self.lock.scanners.get(name);
        Wish {
            path: said.path,
            checkout: self.checkout.clone(),
            timeout: said.timeout,
            uncontained: said.contained == Some(false),
            locked: locked.cloned(),
            given_from: match (said.results, &said.load) {
                (Some(Results::Load) | None, Some(load)) => format!("{load:?}"),
                (Some(Results::Load), None) => "load".to_owned(),
                _ => String::new(),
            },
            given: match said.results {
                Some(results) => results != Results::Run,
                None => said.load.is_some(),
            },
        }
    }

    /// The descriptor of a scanner. If the catalogue does not have it and its results are given,
    /// this is a descriptor for SARIF.
    ///
    /// # Errors
    /// There is no such scanner.
    pub fn descriptor(&self, name: &str) -> Result<Descriptor> {
        let given = self.wish(name).given;
        let descriptor = match self.catalog.get(name)? {
            Some(descriptor) => descriptor,
            None if given => Descriptor::generic(name),
            None => {
                let text = format!("there is no scanner `{name}`");
                let names = self.catalog.names();
                let error = Error::new(ErrorKind::Config, text);
                return Err(match nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint("`newgate scanners` lists the scanners"),
                });
            }
        };
        let globs: Vec<String> = self
            .excluded(name)
            .iter()
            .map(|e| e.path.text().to_owned())
            .collect();
        if globs.is_empty() {
            return Ok(descriptor);
        }
        let wrong = |why| {
            Error::new(
                ErrorKind::Config,
                format!("`scanners.{name}.exclude`: {why}"),
            )
            .hint("write `{ path = \"tests/fixtures/**\", reason = \"broken on purpose\" }`")
        };
        descriptor.leaving_out(&globs, !given).map_err(wrong)
    }

    /// Whether the messages of commits and tags are scanned.
    pub(super) fn reads_messages(&self) -> bool {
        let said = self.config.settings.get("secrets");
        said.is_none_or(|s| s.messages != Some(false))
    }

    /// The files that the configuration excludes from a scanner.
    pub(super) fn excluded(&self, name: &str) -> &[Exclusion] {
        let said = self.config.settings.get(name);
        said.map_or(&[], |s| s.exclude.as_slice())
    }

    /// A file of the trusted tree, or all files of a folder in it, as paths and contents; empty if
    /// it does not exist.
    ///
    /// # Errors
    /// git could not answer, or the folder has very many files.
    pub fn files(&self, repo: &Repository, path: &str) -> Result<Vec<(String, Vec<u8>)>> {
        match &self.tree {
            Some(tree) => config_files(repo, tree, path),
            None => Ok(Vec::new()),
        }
    }

    /// A file of the tree that the configuration was read from.
    pub(super) fn file(&self, repo: &Repository, path: &str) -> Result<Option<Vec<u8>>> {
        match &self.tree {
            Some(tree) => read_file(repo, tree, path),
            None => Ok(None),
        }
    }

    /// What is wrong with the configuration in a change, if the change is not checked with it. Such
    /// mistakes would block everybody's pushes once they are on the target.
    pub fn broken(
        &self,
        repo: &Repository,
        change: &Change,
        changes: &[FileChange],
    ) -> Option<Gap> {
        let own = |p: &RepoPath| p.as_bytes().starts_with(b".newgate/");
        let edits = changes
            .iter()
            .any(|c| c.old.iter().chain(&c.new).any(|f| own(&f.path)));
        if self.from_head || !edits {
            return None;
        }
        let read = read_tree(repo, &change.head_tree)
            .and_then(|(config, catalog)| check_results(&config, &catalog))
            .and_then(|()| read_exemptions(repo, &change.head_tree))
            .and_then(|_| read_lock(repo, &change.head_tree));
        let error = read.err()?;
        let chain = error.chain();
        let why: Vec<&str> = chain.split_whitespace().collect();
        Some(Gap::BrokenConfiguration { why: why.join(" ") })
    }

    /// Notes on the files that are excluded from a scanner, with their number for each reason.
    pub(super) fn left_out(&self, scanner: &str, files: &[RepoPath]) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut rest: Vec<&RepoPath> = files.iter().collect();
        for exclusion in self.excluded(scanner) {
            let covers = |path: &&RepoPath| exclusion.path.fits_path(path);
            let (own, other): (Vec<_>, Vec<_>) = rest.into_iter().partition(covers);
            rest = other;
            if let Some(first) = own.first() {
                notes.push(Note::FilesExcluded {
                    scanner: scanner.to_owned(),
                    files: own.len() as u64,
                    path: (*first).clone(),
                    reason: exclusion.reason.clone(),
                });
            }
        }
        notes
    }

    /// Notes on where the configuration came from.
    ///
    /// # Errors
    /// git could not answer.
    pub fn notes(
        &self,
        repo: &Repository,
        change: &Change,
        scanners: &[Scanner],
        changes: &[FileChange],
    ) -> Result<Vec<Note>> {
        let mut notes = Vec::new();
        if self.refused {
            notes.push(Note::ConfigurationHeldBack);
        }
        let target = || change.target.clone();
        if !self.weakening.is_empty() {
            notes.push(Note::ConfigurationWeakening {
                keys: self.weakening.iter().map(|k| (*k).to_owned()).collect(),
                target: target(),
            });
        }
        let head_has_one = folder(repo, &change.head_tree)?.is_some();
        let is_said = !self.weakening.is_empty();
        if self.from_head && head_has_one && !is_said && change.base.as_ref() != Some(&change.head)
        {
            let why = match trusted_tree(repo, change)? {
                Some(tree) if folder(repo, &tree)?.is_some() => OwnConfiguration::Asked,
                Some(_) => OwnConfiguration::TargetHasNone { target: target() },
                None => OwnConfiguration::NoTarget,
            };
            notes.push(Note::ConfigurationOfHead { why });
        }
        if self.from_head {
            return Ok(notes);
        }
        let edits = |path: &str| {
            let is = |p: &RepoPath| {
                let inside = p.as_str().and_then(|p| p.strip_prefix(path));
                inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            changes
                .iter()
                .any(|c| c.old.iter().chain(&c.new).any(|f| is(&f.path)))
        };
        let own = |p: &RepoPath| p.as_bytes().starts_with(b".newgate/");
        if changes
            .iter()
            .any(|c| c.old.iter().chain(&c.new).any(|f| own(&f.path)))
        {
            notes.push(Note::ConfigurationEdited { target: target() });
        }
        for scanner in scanners {
            let program = scanner.descriptor.program();
            for candidate in program.iter().flat_map(|p| &p.config) {
                if !edits(&candidate.file) {
                    continue;
                }
                let counts = |tree: &Oid| -> Result<bool> {
                    let files = config_files(repo, tree, &candidate.file)?;
                    let has = |content: &[u8]| match &candidate.containing {
                        Some(text) => String::from_utf8_lossy(content).contains(text.as_str()),
                        None => true,
                    };
                    Ok(files.iter().any(|(_, content)| has(content)))
                };
                let trusted = self.tree.as_ref().map_or(Ok(false), counts)?;
                if counts(&change.head_tree)? || trusted {
                    notes.push(Note::ScannerConfigurationEdited {
                        path: candidate.file.clone(),
                        scanner: scanner.descriptor.name().to_owned(),
                        target: target(),
                    });
                }
            }
        }
        if change.mode == Mode::Check && change.target.is_none() {
            notes.push(Note::ConfigurationOfBase);
        }
        Ok(notes)
    }
}

/// The tree that the configuration is read from, and whether that is the change's own.
fn whose(
    repo: &Repository,
    change: &Change,
    source: ConfigSource,
    trusted: Option<Oid>,
) -> Result<(Option<Oid>, bool)> {
    let has_one = |tree: &Oid| folder(repo, tree).map(|f| f.is_some());
    let own = (Some(change.head_tree.clone()), true);
    Ok(match source {
        ConfigSource::Target => match trusted {
            Some(trusted) if has_one(&trusted)? => (Some(trusted), false),
            _ => own,
        },
        ConfigSource::Enforced => {
            // Only a bare repository is asked, because in a clone `HEAD` is what is checked out.
            let default = match change.mode {
                Mode::Server => default_branch(repo)?.map(|d| d.tree),
                _ => None,
            };
            let tree = match (trusted, default) {
                (Some(trusted), _) if has_one(&trusted)? => Some(trusted),
                (_, Some(default)) if has_one(&default)? => Some(default),
                (trusted, _) => trusted,
            };
            (tree, false)
        }
        ConfigSource::Head => own,
    })
}

/// The tree that a change cannot alter: the target's tip, or else the base.
fn trusted_tree(repo: &Repository, change: &Change) -> Result<Option<Oid>> {
    match &change.tip {
        Some(tip) => tree_of(repo, tip),
        None => Ok(change.base_tree.clone()),
    }
}

/// Checks for each scanner that its results can come from where the configuration says.
fn check_results(config: &Config, catalog: &Catalog) -> Result<()> {
    for (name, said) in &config.settings {
        let descriptor = catalog.get(name)?;
        let loads = said
            .load
            .as_ref()
            .is_some_and(|l| l.url.is_some() || l.server.is_some())
            || descriptor.as_ref().is_some_and(|d| d.load().is_some());
        let runs = descriptor
            .as_ref()
            .is_some_and(|d| d.engine() != Engine::None);
        let wrong = match said.results {
            Some(Results::Load) if !loads => {
                "it has no `load` table with a `url`, so newgate cannot load its results"
            }
            Some(Results::Run) if !runs => {
                "newgate cannot run it: its results are ingested or loaded"
            }
            _ => continue,
        };
        let text = format!("`{}`: `scanners.{name}.results`: {wrong}", config::FILE);
        return Err(Error::new(ErrorKind::Config, text).hint("`docs/results.md` says how"));
    }
    Ok(())
}
