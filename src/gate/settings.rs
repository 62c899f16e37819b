//! Configuration, read from a tree that the change cannot alter.

use crate::config::{self, Config};
use crate::error::{Error, Kind, Result};
use crate::git::Repository;
use crate::model::{Change, FileChange, Mode, Oid, RepoPath};
use crate::scan::{Catalog, Scanner, builtin_names};

use super::{own_path, tree_of};

/// Where configuration is read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfigSource {
    /// The target, so that a branch cannot weaken the gate that judges it.
    #[default]
    Target,
    /// The head, to try out an edit.
    Head,
}

/// The configuration of a judgement, and where it came from.
#[derive(Debug)]
pub struct Settings {
    /// The configuration.
    pub config: Config,
    /// The scanners that it may use.
    pub catalog: Catalog,
    /// The tree that it was read from, which scanners' own configuration is read from too.
    tree: Oid,
    /// Whether that is the head's tree.
    from_head: bool,
    /// Whether it names programs of its own, which is not heeded in a head's tree.
    refused: bool,
}

impl Settings {
    /// Reads the configuration for a change: from the tip of its target; where the target has no
    /// `.newgate` yet, or there is no target, from the head.
    ///
    /// # Errors
    /// The configuration or a descriptor has mistakes, or git could not answer.
    pub fn read(repo: &Repository, change: &Change, source: ConfigSource) -> Result<Settings> {
        let mut tree = change.head_tree.clone();
        let mut from_head = true;
        if source == ConfigSource::Target
            && let Some(trusted) = trusted_tree(repo, change)?
            && folder(repo, &trusted)?.is_some()
        {
            tree = trusted;
            from_head = false;
        }
        let (mut config, mut catalog) = read_tree(repo, &tree)?;
        let mut refused = false;
        if from_head && source == ConfigSource::Target {
            // What nobody has agreed to yet does not say which programs run here.
            refused = catalog.drop_own() | config.drop_paths();
            config.scanners.retain(|s| builtin_names().any(|b| b == s));
        }
        Ok(Settings {
            config,
            catalog,
            tree,
            from_head,
            refused,
        })
    }

    /// A file of the tree that is trusted.
    ///
    /// # Errors
    /// git could not answer.
    pub fn file(&self, repo: &Repository, path: &str) -> Result<Option<Vec<u8>>> {
        read_file(repo, &self.tree, path)
    }

    /// What the reader should know of where the configuration came from.
    ///
    /// # Errors
    /// git could not answer.
    pub fn notes(
        &self,
        repo: &Repository,
        change: &Change,
        scanners: &[Scanner],
        changes: &[FileChange],
    ) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        if self.refused {
            notes.push(format!(
                "`path` and scanners of the project in `{}` are heeded once they are on the target; \
                 `newgate check --config-from head` tries them out",
                config::FOLDER
            ));
        }
        let target = change.target.as_deref().unwrap_or("the target");
        let head_has_one = folder(repo, &change.head_tree)?.is_some();
        if self.from_head && head_has_one && change.base.as_ref() != Some(&change.head) {
            let why = match trusted_tree(repo, change)? {
                Some(tree) if folder(repo, &tree)?.is_some() => "as asked".to_owned(),
                Some(_) => format!("since {target} has none yet"),
                None => "since there is no target yet".to_owned(),
            };
            notes.push(format!(
                "the configuration is the change's own `{}`, {why}",
                config::FOLDER
            ));
        }
        if self.from_head {
            return Ok(notes);
        }
        let edits = |path: &str| {
            let is = |p: &RepoPath| p.as_str() == Some(path);
            changes
                .iter()
                .any(|c| c.old.iter().chain(&c.new).any(|f| is(&f.path)))
        };
        let own = |p: &RepoPath| p.as_bytes().starts_with(b".newgate/");
        if changes
            .iter()
            .any(|c| c.old.iter().chain(&c.new).any(|f| own(&f.path)))
        {
            notes.push(format!(
                "the change edits `{}`: that applies once it is on {target} (`newgate check --config-from head` tries it out)",
                config::FOLDER
            ));
        }
        for scanner in scanners {
            let program = scanner.descriptor.program();
            for candidate in program.iter().flat_map(|p| &p.config) {
                if !edits(&candidate.file) {
                    continue;
                }
                let counts = |tree: &Oid| -> Result<bool> {
                    let content = read_file(repo, tree, &candidate.file)?;
                    let Some(content) = content else {
                        return Ok(false);
                    };
                    let text = String::from_utf8_lossy(&content);
                    Ok(candidate
                        .containing
                        .as_ref()
                        .is_none_or(|c| text.contains(c.as_str())))
                };
                if counts(&change.head_tree)? || counts(&self.tree)? {
                    notes.push(format!(
                        "the change edits `{}`, which configures {}: that applies once it is on {target}",
                        candidate.file,
                        scanner.descriptor.name()
                    ));
                }
            }
        }
        if change.mode == Mode::Check && change.target.is_none() {
            notes.push("the configuration is the base's, since no target branch was found".into());
        }
        Ok(notes)
    }
}

/// The tree that a change cannot alter: the target's tip, else the base.
fn trusted_tree(repo: &Repository, change: &Change) -> Result<Option<Oid>> {
    match &change.tip {
        Some(tip) => tree_of(repo, tip),
        None => Ok(change.base_tree.clone()),
    }
}

/// The `.newgate` folder of a tree.
fn folder(repo: &Repository, tree: &Oid) -> Result<Option<Oid>> {
    repo.folder(tree, config::FOLDER)
}

fn read_file(repo: &Repository, tree: &Oid, path: &str) -> Result<Option<Vec<u8>>> {
    match repo.entry(tree, &own_path(path))? {
        Some(file) if file.is_regular() => Ok(Some(repo.blob(&file.blob)?)),
        _ => Ok(None),
    }
}

/// Reads configuration and descriptors from a tree.
pub(super) fn read_tree(repo: &Repository, tree: &Oid) -> Result<(Config, Catalog)> {
    if folder(repo, tree)?.is_none() {
        return Ok((Config::default(), Catalog::default()));
    }
    let mut descriptors = Vec::new();
    if let Some(folder) = repo.folder(tree, config::SCANNERS)? {
        const MOST: usize = 1_000;
        let files = repo.list(&folder, MOST)?.ok_or_else(|| {
            let text = format!("`{}` has more than {MOST} files", config::SCANNERS);
            Error::new(Kind::Config, text).hint("keep only the descriptors of scanners there")
        })?;
        for file in files {
            if file.is_regular() && file.path.extension() == Some(b"toml") {
                let text = utf8(
                    &format!("{}/{}", config::SCANNERS, file.path),
                    repo.blob(&file.blob)?,
                )?;
                descriptors.push((format!("{}/{}", config::SCANNERS, file.path), text));
            }
        }
    }
    let catalog = Catalog::with(&descriptors)?;
    let Some(content) = read_file(repo, tree, config::FILE)? else {
        return Ok((Config::default(), catalog));
    };
    let text = utf8(config::FILE, content)?;
    let config = config::parse(&text, &catalog.names()).map_err(|mistakes| {
        let number = match mistakes.len() {
            1 => "a mistake".to_owned(),
            n => format!("{n} mistakes"),
        };
        let shown = config::render(&text, config::FILE, &mistakes, false);
        Error::new(
            Kind::Config,
            format!("`{}` has {number}\n\n{shown}\n", config::FILE),
        )
        .hint("`docs/configuration.md` lists every key")
        .hint("if the mistake is on the target already, push the mended file past the gate: `git push --no-verify`")
    })?;
    Ok((config, catalog))
}

fn utf8(name: &str, content: Vec<u8>) -> Result<String> {
    String::from_utf8(content).map_err(|e| {
        Error::new(
            Kind::Config,
            format!(
                "`{name}` is not UTF-8 from byte {} on",
                e.utf8_error().valid_up_to()
            ),
        )
    })
}
