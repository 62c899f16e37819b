//! The items of a report, gathered into what the report says.

use std::collections::{HashMap, HashSet};

use super::finding::finding;
use super::item::Item;
use super::offsets::Span;
use super::paths::Place;
use super::{Paths, Reading, Unread, Unreadable};
use crate::model::{RepoPath, Step};
use crate::scan::builtin::{SecretKey, redact};
use crate::scan::{Catalog, Descriptor, scanner_name};

/// Takes the items of a report one by one, and makes the reading of them.
pub(super) struct Gather<'a> {
    descriptor: &'a Descriptor,
    error_rules: &'a [String],
    /// Whether paths are URIs.
    uris: bool,
    paths: &'a Paths<'a>,
    key: &'a SecretKey,
    reading: Reading,
    by_tool: HashMap<String, Option<Descriptor>>,
    /// The files that have findings, so that these share their paths.
    files: HashSet<RepoPath>,
    /// How many findings there may be before repeated ones are dropped again.
    room: usize,
    /// The file of the last lookup of a place.
    content: Option<(RepoPath, Vec<u8>)>,
}

impl<'a> Gather<'a> {
    pub(super) fn new(
        descriptor: &'a Descriptor,
        error_rules: &'a [String],
        uris: bool,
        paths: &'a Paths<'a>,
        key: &'a SecretKey,
    ) -> Gather<'a> {
        Gather {
            descriptor,
            error_rules,
            uris,
            paths,
            key,
            reading: Reading::default(),
            by_tool: HashMap::new(),
            files: HashSet::new(),
            room: 10_000,
            content: None,
        }
    }

    /// Takes an item.
    ///
    /// # Errors
    /// It names no file, or one that is not in the tree.
    pub(super) fn take(&mut self, mut item: Item) -> Result<(), Unreadable> {
        let (paths, uris) = (self.paths, self.uris);
        // Headers of a system, say; a relative path is one of another commit.
        if item.may_be_elsewhere
            && item.error.is_none()
            && let Some(written) = &item.path
            && paths
                .find(written, uris)
                .is_err_and(|foreign| !foreign.is_empty())
        {
            return Ok(());
        }
        // A package lies in a cache, or in an image; the file that requires it was named.
        if item.package.is_some()
            && paths.default.is_some()
            && let Some(written) = &item.path
            && paths.find(written, uris).is_err()
        {
            item.path = None;
        }
        if let Some(written) = item.scanned.as_ref().or(item.path.as_ref())
            && paths.place(written, uris) == Place::Foreign
        {
            return Ok(());
        }
        if let Some(path) = &item.scanned {
            let path = self.known(path)?;
            self.reading.scanned.get_or_insert_default().push(path);
        } else if let Some(reason) = &item.failed {
            self.reading.failed.get_or_insert(redact(reason));
        } else if let Some(reason) = item.error.take() {
            self.take_error(&reason, item)?;
        } else {
            self.take_result(item)?;
        }
        if self.reading.findings.len() >= self.room {
            self.tidy();
            self.room = self.reading.findings.len() * 2 + 10_000;
        }
        Ok(())
    }

    /// The file of a path that must be in the tree.
    fn known(&self, written: &str) -> Result<RepoPath, Unreadable> {
        self.paths.resolve(written, self.uris).ok_or_else(|| {
            Unreadable(format!(
                "it names a file that is not in the tree: `{}`",
                written.escape_debug()
            ))
        })
    }

    /// Takes an item that says what could not be read: a file, or the scan as a whole.
    fn take_error(&mut self, reason: &str, item: Item) -> Result<(), Unreadable> {
        let path = match (&item.path, &self.paths.default) {
            (Some(path), _) if item.may_be_elsewhere => match self.paths.resolve(path, self.uris) {
                Some(path) => path,
                None => return Ok(()),
            },
            (Some(path), _) => self.known(path)?,
            (None, Some(path)) => path.clone(),
            (None, None) => {
                self.reading.failed.get_or_insert(redact(reason));
                return Ok(());
            }
        };
        self.reading.unread.push(Unread {
            path,
            why: redact(reason),
            tool: item.tool,
        });
        Ok(())
    }

    /// Takes a result of a scan: a finding, or a file that could not be read.
    fn take_result(&mut self, mut item: Item) -> Result<(), Unreadable> {
        let path = self.path_of(&item)?;
        if item
            .rule
            .as_ref()
            .is_some_and(|r| self.error_rules.contains(r))
        {
            let message = redact(item.message.as_deref().unwrap_or("it cannot be parsed"));
            self.reading.unread.push(Unread {
                path,
                why: message,
                tool: item.tool,
            });
            return Ok(());
        }
        if let Some(span) = item.span {
            self.place(&path, span, &mut item)?;
        }
        // In a format of many tools, what is known of a rule is known of the tool's.
        let tool = item.tool.as_deref().or(self.descriptor.tool());
        let own = tool.map(scanner_name);
        let named = own.as_ref().and_then(|tool| {
            let known = self
                .by_tool
                .entry(tool.clone())
                .or_insert_with(|| Catalog::default().get(tool).ok().flatten());
            known.as_ref()
        });
        // A step outside of the tree (the scanner's own models of libraries) is no place to show.
        let steps = item.flow.iter().filter(|s| s.line > 0);
        let flow = steps.filter_map(|s| {
            Some(Step {
                path: self.paths.find(&s.path, self.uris).ok()?,
                line: s.line,
                message: s.message.as_str().into(),
            })
        });
        let flow = flow.collect();
        let path = match self.files.get(&path) {
            Some(same) => same.clone(),
            None => {
                self.files.insert(path.clone());
                path
            }
        };
        let of_tool = own.as_deref().zip(named);
        let finding = finding(self.descriptor, of_tool, item, (path, flow), self.key)?;
        self.reading.findings.push(finding);
        Ok(())
    }

    /// The file that a result is about.
    fn path_of(&self, item: &Item) -> Result<RepoPath, Unreadable> {
        match (item.path.as_deref(), &self.paths.default) {
            (None | Some(""), Some(default)) => Ok(default.clone()),
            (None | Some(""), None) => {
                let package = item.package.as_ref();
                let manifest = package.and_then(|p| self.paths.manifest(&p.ecosystem));
                manifest.ok_or_else(|| {
                    let rule = item.rule.as_deref().unwrap_or("?");
                    Unreadable(format!("a result of rule `{rule}` names no file"))
                })
            }
            (Some(written), _) => self.known(written),
        }
    }

    /// Sets the lines of an item whose place is told by characters.
    fn place(&mut self, path: &RepoPath, span: Span, item: &mut Item) -> Result<(), Unreadable> {
        if self.content.as_ref().is_none_or(|(of, _)| of != path) {
            let Some(content) = self.paths.content.as_ref().and_then(|read| read(path)) else {
                return Ok(());
            };
            self.content = Some((path.clone(), content));
        }
        let content = self.content.as_ref().map(|(_, content)| content.as_slice());
        let region = span
            .region(content.unwrap_or_default())
            .ok_or_else(|| Unreadable(format!("it has a result past the end of `{path}`")))?;
        let [line, column, end_line, end_column] = region.map(Some);
        (item.line, item.column) = (line, column);
        (item.end_line, item.end_column) = (end_line, end_column);
        Ok(())
    }

    /// What all items say.
    pub(super) fn finish(mut self) -> Reading {
        // What one finding is about, another may quote.
        self.reading.mask();
        self.tidy();
        self.reading
    }

    /// Puts the findings in order and drops what a scanner said twice.
    fn tidy(&mut self) {
        let findings = &mut self.reading.findings;
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        findings.dedup_by(|a, b| a == b && a.region.is_some_and(|r| r.column.is_some()));
        // What stands beside the lists of a long report is said with each of its parts.
        let mut told = HashSet::new();
        self.reading.unread.retain(|one| told.insert(one.clone()));
        if let Some(scanned) = &mut self.reading.scanned {
            let mut told = HashSet::new();
            scanned.retain(|path| told.insert(path.clone()));
        }
    }
}
