//! The files that a project keeps for newgate, as a tree has them.

use crate::config::{self, Config, Server};
use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::model::{FileVersion, Oid};
use crate::policy::Exemption;
use crate::scan::tools::{LOCK, Lock};
use crate::scan::{Catalog, OwnRules, RULES, RuleMistake};

use super::own_path;

/// The `.newgate` folder of a tree.
pub(super) fn folder(repo: &Repository, tree: &Oid) -> Result<Option<Oid>> {
    repo.folder(tree, config::FOLDER)
}

pub(super) fn read_file(repo: &Repository, tree: &Oid, path: &str) -> Result<Option<Vec<u8>>> {
    match repo.entry(tree, &own_path(path))? {
        Some(file) if file.is_regular() => Ok(Some(repo.blob(&file.blob)?)),
        // Where it leads is not what was agreed to, and to take it for absent would be the defaults.
        Some(_) if path.starts_with(config::FOLDER) => Err(Error::new(
            ErrorKind::Config,
            format!("`{path}` is a symbolic link, not a file"),
        )
        .hint("replace the link by the file itself, and commit that")),
        _ => Ok(None),
    }
}

/// The lock file of a tree.
pub(super) fn read_lock(repo: &Repository, tree: &Oid) -> Result<Lock> {
    let Some(content) = read_file(repo, tree, LOCK)? else {
        return Ok(Lock::default());
    };
    Lock::parse(&utf8(LOCK, content)?).map_err(|e| {
        Error::new(ErrorKind::Config, format!("`{LOCK}` cannot be read: {e}"))
            .hint("`newgate scanners install` writes a new one")
    })
}

/// The exemptions of a tree.
pub(super) fn read_exemptions(repo: &Repository, tree: &Oid) -> Result<Vec<Exemption>> {
    const FILE: &str = config::EXEMPTIONS;
    let Some(content) = read_file(repo, tree, FILE)? else {
        return Ok(Vec::new());
    };
    let text = utf8(FILE, content)?;
    config::parse_exemptions(&text).map_err(|mistakes| {
        let shown = config::render(&text, FILE, &mistakes, false);
        Error::new(
            ErrorKind::Config,
            format!("`{FILE}` has mistakes\n\n{shown}\n"),
        )
        .hint("`newgate config schema exemptions` prints all keys")
    })
}

/// A file, or all files of a folder, of a tree.
pub(super) fn config_files(
    repo: &Repository,
    tree: &Oid,
    path: &str,
) -> Result<Vec<(String, Vec<u8>)>> {
    const MOST: usize = 10_000;
    let path = path.trim_end_matches('/');
    if let Some(content) = read_file(repo, tree, path)? {
        return Ok(vec![(path.to_owned(), content)]);
    }
    let Some(folder) = repo.folder(tree, path)? else {
        return Ok(Vec::new());
    };
    let files = repo.list(&folder, MOST)?.ok_or_else(|| {
        let text = format!("`{path}`, which configures a scanner, has more than {MOST} files");
        Error::new(ErrorKind::Config, text).hint("keep only the scanner's configuration there")
    })?;
    let mut contents = Vec::new();
    for file in files.iter().filter(|f| f.is_regular() && f.path.is_plain()) {
        contents.push((format!("{path}/{}", file.path), repo.blob(&file.blob)?));
    }
    Ok(contents)
}

/// Checks a tree's own rules for the scanner of code.
fn check_rules(repo: &Repository, tree: &Oid) -> Result<()> {
    if repo.folder(tree, RULES)?.is_none() {
        return Ok(());
    }
    let files = config_files(repo, tree, RULES)?;
    let read = OwnRules::of(files.iter().map(|(p, c)| (p.as_str(), c.as_slice())));
    read.map_err(|mistakes| rule_mistakes(&mistakes))?;
    Ok(())
}

/// Mistakes in rules or their examples as an error.
pub fn rule_mistakes(mistakes: &[RuleMistake]) -> Error {
    let number = match mistakes.len() {
        1 => "a mistake".to_owned(),
        n => format!("{n} mistakes"),
    };
    let all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    let text = format!("`{RULES}` has {number}\n\n{}\n", all.join("\n"));
    Error::new(ErrorKind::Config, text).hint(concat!(
        env!("CARGO_PKG_REPOSITORY"),
        "/blob/main/docs/rules.md shows how to write a rule"
    ))
}

/// Reads configuration and descriptors from a tree, and checks its rules.
///
/// # Errors
/// They have mistakes, or git could not answer.
pub fn read_tree(repo: &Repository, tree: &Oid) -> Result<(Config, Catalog)> {
    if folder(repo, tree)?.is_none() {
        return Ok((Config::default(), Catalog::default()));
    }
    let mut descriptors = Vec::new();
    if let Some(folder) = repo.folder(tree, config::SCANNERS)? {
        const MOST: usize = 1_000;
        let files = repo.list(&folder, MOST)?.ok_or_else(|| {
            let text = format!("`{}` has more than {MOST} files", config::SCANNERS);
            Error::new(ErrorKind::Config, text).hint("keep only the descriptors of scanners there")
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
    check_rules(repo, tree)?;
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
            ErrorKind::Config,
            format!("`{}` has {number}\n\n{shown}\n", config::FILE),
        )
        .hint("`newgate config schema` prints all keys")
        .hint("if the error is already on the target, push the corrected file with `git push --no-verify`; a \
            server accepts a push that corrects it")
    })?;
    Ok((config, catalog))
}

/// What a tree's configuration says about the server, also where the rest of it has mistakes.
///
/// # Errors
/// git could not answer.
pub fn read_server(repo: &Repository, tree: &Oid) -> Result<Server> {
    match read_tree(repo, tree) {
        Ok((config, _)) => Ok(config.server),
        Err(error) if error.kind() == ErrorKind::Config => {
            let entry = repo.entry(tree, &own_path(config::FILE))?;
            let content = match entry.filter(FileVersion::is_regular) {
                Some(file) => repo.blob(&file.blob)?,
                None => Vec::new(),
            };
            Ok(config::parse_server(&String::from_utf8_lossy(&content)))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn utf8(name: &str, content: Vec<u8>) -> Result<String> {
    String::from_utf8(content).map_err(|e| {
        Error::new(
            ErrorKind::Config,
            format!(
                "`{name}` is not UTF-8 from byte {} on",
                e.utf8_error().valid_up_to()
            ),
        )
        .hint("convert it to UTF-8: `iconv -f ISO-8859-1 -t UTF-8`")
    })
}
