//! Reports that somebody else's scanner wrote, taken in for one tree.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::cache::{Cache, ScannerKey, UnitDigest};
use crate::error::{Error, ErrorKind, Result};
use crate::git::Repository;
use crate::model::{FileVersion, Finding, Oid, RepoPath};
use crate::scan::project::{self, ProjectResult};
use crate::scan::read::{
    Evidence, Paths, Reading, Unreadable, read, read_any, revisions, root_of, stated_roots,
};
use crate::scan::scanner_name;
use crate::scan::{Descriptor, SecretKey, UnitResult, learn_secrets_in};

/// How a report is to be read.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// By its content: SARIF, or the report of one of these scanners.
    Any(&'a [Descriptor]),
    /// By one descriptor.
    By(&'a Descriptor),
}

/// Where the scanner of a report ran, as far as a person says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct RanIn<'a> {
    /// The folder: one of the repository, or the absolute one of its root on that machine.
    pub folder: Option<&'a str>,
    /// The file of the repository that results without one are about, such as those of packages in a cache.
    pub file: Option<&'a RepoPath>,
}

/// Reads a report about a tree. Every file that it names must be in the tree, and every line in its
/// file: else it is about another commit. Returns the tool's name and what it says.
///
/// # Errors
/// The inner one: the report cannot be read or is not about this tree, in words for people. The outer
/// one: git could not answer.
pub fn read_for_tree(
    repo: &Repository,
    tree: &Oid,
    report: &[u8],
    reader: Reader<'_>,
    key: &SecretKey,
    ran_in: RanIn<'_>,
) -> Result<std::result::Result<(String, Reading), Unreadable>> {
    let files = Files::of(repo, tree);
    if let Some(file) = ran_in.file.filter(|f| !files.has(f)) {
        let why = format!("there is no file `{file}` in its commit");
        return Ok(Err(Unreadable(why)));
    }
    let work = repo.work_dir();
    let work = work.map(|w| w.to_string_lossy().trim_end_matches('/').to_owned());
    let (folder, root) = folder_and_root(ran_in.folder, work.as_deref());
    let known = |path: &RepoPath| files.has(path);
    let paths = |root: Option<String>, collects: bool| Paths {
        folder: folder.clone(),
        default: ran_in.file.cloned(),
        roots: work.iter().cloned().chain(root).collect(),
        aliases: HashMap::new(),
        foreign: collects.then(RefCell::default),
        known: Box::new(known),
        content: Some(Box::new(|path| {
            let file = repo.entry(tree, path).ok()??;
            repo.blob(&file.blob).ok()
        })),
    };
    let read = |paths: &Paths<'_>| match reader {
        Reader::Any(scanners) => read_any(scanners, report, paths, key),
        Reader::By(descriptor) => {
            read(descriptor, report, paths, key).map(|r| (descriptor.name().to_owned(), r))
        }
    };
    // A report from another machine has that machine's folders, which all of its paths together tell.
    let first = paths(root.clone(), root.is_none());
    let mut read_it = read(&first);
    let foreign = first.foreign.map(RefCell::into_inner).unwrap_or_default();
    if let (Ok(_), Some(one)) = (&read_it, foreign.first()) {
        let evidence = Evidence {
            names: &names_of(repo, work.as_deref())?,
            stated: &stated_roots(report),
            known: &known,
        };
        let Some(root) = root_of(&foreign, &evidence) else {
            return Ok(Err(Unreadable(format!(
                "it names `{}`, which does not appear to be a file of the repository",
                one.escape_debug()
            ))));
        };
        read_it = read(&paths(Some(root), false));
    }
    let (tool, reading) = match read_it {
        Ok(read) => read,
        Err(e) => return Ok(Err(e)),
    };
    if let Some(why) = beyond_the_end(repo, tree, &reading.findings)? {
        return Ok(Err(Unreadable(why)));
    }
    learn_secrets_in(repo, tree, &reading.findings, key)?;
    let mut reading = reading;
    reading.mask();
    Ok(Ok((tool, reading)))
}

/// The folder of the repository, and the absolute one of its root elsewhere, that a scanner ran in.
fn folder_and_root(ran_in: Option<&str>, work: Option<&str>) -> (String, Option<String>) {
    let Some(ran_in) = ran_in.map(|f| f.trim_end_matches('/')) else {
        return (String::new(), None);
    };
    let of_work = work.and_then(|work| ran_in.strip_prefix(work));
    let inside = of_work.filter(|rest| rest.is_empty() || rest.starts_with('/'));
    if let Some(rest) = inside {
        return (rest.trim_start_matches('/').to_owned(), None);
    }
    match Paths::is_absolute(ran_in) {
        true => (String::new(), Some(ran_in.to_owned())),
        false => {
            let parts = ran_in.split('/').filter(|p| !p.is_empty() && *p != ".");
            (parts.collect::<Vec<_>>().join("/"), None)
        }
    }
}

/// The names that a repository goes by: those of its folder, and of what its remotes are called.
fn names_of(repo: &Repository, work: Option<&str>) -> Result<Vec<String>> {
    let last = |path: &str| {
        let name = path.trim_end_matches('/').rsplit(['/', ':']).next();
        name.map(|n| n.trim_end_matches(".git").to_owned())
    };
    let remotes = repo.remotes()?;
    let addresses = remotes.iter().flat_map(|(_, all)| all).map(String::as_str);
    let names = addresses.chain(work).filter_map(last);
    Ok(names.filter(|n| !n.is_empty()).collect())
}

/// Says that a report is of another commit than the one that was named, where it names one itself.
pub fn wrong_commit(report: &[u8], commit: &Oid) -> Option<String> {
    let told = revisions(report);
    let same = |r: &String| commit.as_str().starts_with(r.as_str());
    let other = told.iter().find(|r| r.len() >= 7 && !same(r))?;
    Some(format!("it is about the commit {other}, not {commit}"))
}

/// A finding on a line that its file has not.
fn beyond_the_end(repo: &Repository, tree: &Oid, findings: &[Finding]) -> Result<Option<String>> {
    let mut last: BTreeMap<&RepoPath, u32> = BTreeMap::new();
    for finding in findings {
        let line = last.entry(&finding.path).or_default();
        *line = finding.line().max(*line);
    }
    for (path, line) in last {
        let Some(file) = repo.entry(tree, path)?.filter(FileVersion::is_regular) else {
            continue;
        };
        let content = repo.blob(&file.blob)?;
        // Tools differ in what ends a line: each such byte may.
        let lines = content
            .iter()
            .filter(|b| matches!(b, 0x0a..=0x0d | 0x1c..=0x1e | 0x85 | 0xa8 | 0xa9));
        let lines = lines.count() + 1;
        if line as usize > lines {
            return Ok(Some(format!(
                "it has a result on line {line} of `{path}`, which has {lines} lines in this commit"
            )));
        }
    }
    Ok(None)
}

/// What was ingested of one scanner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// The findings.
    pub findings: Vec<Finding>,
    /// Files that the scanner could not read, and why.
    pub unread: Vec<(RepoPath, String)>,
}

/// What was ingested, by scanner.
pub type Ingested = BTreeMap<String, Taken>;

/// Sorts the findings of a report by the scanner that they are kept under: the one that was named,
/// else the tool that each names. Every one of `tools` has an entry, if it found nothing too.
pub fn by_scanner(
    known: &[Descriptor],
    named: Option<&str>,
    tools: &[String],
    reading: Reading,
) -> Ingested {
    let mut all = Ingested::new();
    let called = |tool: &str| {
        let known = known.iter().find(|d| d.is_called(tool));
        known.map_or_else(|| scanner_name(tool), |d| d.name().to_owned())
    };
    let names: Vec<String> = match named {
        Some(name) => vec![name.to_owned()],
        None => tools.iter().map(|tool| called(tool)).collect(),
    };
    for name in &names {
        all.entry(name.clone()).or_default();
    }
    for unread in reading.unread {
        let own = unread.tool.as_deref().filter(|_| named.is_none());
        let name = own.map(called).or_else(|| names.first().cloned());
        if let Some(name) = name {
            let of = all.entry(name).or_default();
            of.unread.push((unread.path, unread.why));
        }
    }
    let mut findings = reading.findings;
    for finding in &mut findings {
        match named {
            Some(name) => finding.scanner = name.into(),
            None => finding.scanner = called(&finding.scanner).into(),
        }
        if let Some(descriptor) = known.iter().find(|d| d.name() == finding.scanner) {
            finding.canonical = descriptor.canonical(&finding.rule).into();
        }
    }
    let first = findings.first().map(|f| f.scanner.clone());
    match first.filter(|first| findings.iter().all(|f| f.scanner == *first)) {
        // There may be very many: they stay where they are.
        Some(only) => all.entry(only.into()).or_default().findings = findings,
        None => {
            for finding in findings {
                let of = all.entry(finding.scanner.to_string()).or_default();
                of.findings.push(finding);
            }
        }
    }
    // A format that many tools write is no scanner, once a tool is known.
    let is_format = |name: &str| known.iter().any(|d| d.name() == name && d.is_format());
    let nothing = Taken::default();
    if all.len() > 1 {
        all.retain(|name, taken| !is_format(name) || *taken != nothing);
    }
    all
}

/// What to do with results that a tree has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Refuse, unless they are the same.
    Refuse,
    /// Put the new ones in their place.
    Replace,
    /// Keep both.
    Add,
}

/// Keeps a scanner's results for a tree.
///
/// # Errors
/// git could not answer, the cache cannot be written, or other results are there and `over` refuses.
pub fn keep(
    repo: &Repository,
    cache: &Cache,
    descriptor: &Descriptor,
    tree: &Oid,
    mut taken: Taken,
    over: Over,
) -> Result<()> {
    let key = key_of(descriptor);
    let digest = UnitDigest::of_tree(tree);
    let there = match over {
        Over::Replace => None,
        Over::Refuse | Over::Add => project::known(cache, &key, &digest),
    };
    if let (Some(there), Over::Add) = (&there, over) {
        for (file, unit) in &there.results {
            taken.findings.extend(unit.findings.iter().cloned());
            let why = unit.unread.iter();
            taken
                .unread
                .extend(why.map(|w| (file.path.clone(), w.clone())));
        }
        taken.findings.sort_by(|a, b| a.order().cmp(&b.order()));
        taken.findings.dedup();
    }
    let result = result_for(repo, tree, taken)?;
    if over == Over::Refuse && there.as_ref().is_some_and(|t| *t != result) {
        let text = format!(
            "there are already other results of {} for this commit",
            descriptor.name()
        );
        return Err(Error::new(ErrorKind::Usage, text)
            .hint("`--add` keeps both, `--replace` replaces them"));
    }
    match project::keep(cache, &key, digest, &result) {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Io,
            "the results cannot be stored in the cache of this repository",
        )
        .hint("`newgate doctor` shows where the cache is, and what is wrong with it")),
    }
}

/// The key of results that are ingested: another descriptor would have read them otherwise.
pub(super) fn key_of(descriptor: &Descriptor) -> ScannerKey {
    ScannerKey::of_given(descriptor.name(), &descriptor.digest_text())
}

/// Findings by the files of a tree.
pub(super) fn result_for(repo: &Repository, tree: &Oid, taken: Taken) -> Result<ProjectResult> {
    let mut by_path: BTreeMap<RepoPath, UnitResult> = BTreeMap::new();
    for finding in taken.findings {
        let unit = by_path.entry(finding.path.clone()).or_default();
        unit.findings.push(finding);
    }
    for (path, why) in taken.unread {
        by_path.entry(path).or_default().unread = Some(why);
    }
    let mut result = ProjectResult::default();
    for (path, mut unit) in by_path {
        unit.findings.shrink_to_fit();
        if let Some(file) = repo.entry(tree, &path)? {
            result.read += 1;
            result.results.push((file, unit));
        }
    }
    Ok(result)
}

/// The files of a tree, asked for by path: the first few one by one, then the tree is listed.
struct Files<'a> {
    repo: &'a Repository,
    tree: &'a Oid,
    asked: RefCell<HashMap<RepoPath, bool>>,
    all: OnceCell<HashSet<RepoPath>>,
}

impl<'a> Files<'a> {
    fn of(repo: &'a Repository, tree: &'a Oid) -> Files<'a> {
        Files {
            repo,
            tree,
            asked: RefCell::default(),
            all: OnceCell::new(),
        }
    }

    fn has(&self, path: &RepoPath) -> bool {
        const FEW: usize = 64;
        let mut asked = self.asked.borrow_mut();
        if let Some(known) = asked.get(path) {
            return *known;
        }
        if asked.len() >= FEW {
            let list = || self.repo.list(self.tree, usize::MAX).ok().flatten();
            let all = self.all.get_or_init(|| {
                let files = list().unwrap_or_else(Vec::new);
                files.into_iter().map(|f| f.path).collect()
            });
            return all.contains(path);
        }
        let known = matches!(self.repo.entry(self.tree, path), Ok(Some(_)));
        asked.insert(path.clone(), known);
        known
    }
}
