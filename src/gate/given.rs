//! Results that somebody else made: ingested for a commit, or loaded from a server.

use std::collections::BTreeSet;

use crate::cache::UnitDigest;
use crate::config::{LoadSettings, Results};
use crate::environment;
use crate::error::Result;
use crate::git::Peeled;
use crate::model::{Address, FileVersion, Gap, Mode, Note, Oid, RepoPath, ScannerState};
use crate::scan::load::{Filling, Loaded, Of, load};
use crate::scan::project::{self, ProjectResult};
use crate::scan::{Descriptor, Load, LoadRequest, Resolved, Scanner};

use super::ingest::{RanIn, Reader, Taken, read_for_tree, result_for};
use super::planned::{Planned, Told};
use super::{Settings, tree_of};

/// How far back the target's history is searched for results.
const ANCESTORS: usize = 1_000;

/// The tree that a scanner's given results are compared with, where it is not the base itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Against {
    /// The tree.
    pub tree: Oid,
}

/// One side of a change.
struct Side<'a> {
    /// The commit, and the tree.
    commit: &'a Oid,
    tree: &'a Oid,
    branch: &'a str,
    is_head: bool,
}

/// The results for one side.
struct Got {
    result: ProjectResult,
    /// The parts that the server has, where it was asked and tells.
    parts: Option<BTreeSet<String>>,
}

impl From<ProjectResult> for Got {
    fn from(result: ProjectResult) -> Got {
        Got {
            result,
            parts: None,
        }
    }
}

/// What was given for a scanner.
#[derive(Default)]
pub(super) struct Given {
    /// The results of both sides.
    pub results: Resolved,
    /// The tree that they are compared with, where that is not the base.
    pub against: Option<Against>,
    /// What else there is to tell.
    pub told: Told,
}

/// Takes a scanner's given results for both sides.
pub(super) fn take(planned: &Planned<'_>, settings: &Settings, index: usize) -> Result<Given> {
    let scanner = &planned.scanners[index];
    let mut given = Given::default();
    let plan = &planned.plans[index];
    let reads_some = !scanner.descriptor.globs().is_empty();
    let untouched = reads_some && plan.head.is_empty() && plan.base.is_empty();
    let change = &planned.change;
    let there = UnitDigest::of_tree(&change.head_tree);
    if untouched && project::known(planned.gate.cache, &scanner.key, &there).is_none() {
        // The change touches none of its inputs, and no results were given.
        return Ok(given);
    }
    let branch = branch_of(planned)?;
    let head = Side {
        commit: &change.head,
        tree: &change.head_tree,
        branch: &branch,
        is_head: true,
    };
    let parts = match results_of(planned, settings, scanner, &head, &mut given.told)? {
        Ok(Some(got)) => {
            given.results.cached += got.result.read;
            given.results.head.extend(got.result.results);
            got.parts
        }
        Ok(None) => {
            nothing_given(planned, settings, scanner, &mut given);
            return Ok(given);
        }
        Err(why) => {
            given.results.state = ScannerState::Failed;
            given.results.detail = why;
            return Ok(given);
        }
    };
    if let (Some(commit), Some(tree)) = (&change.base, &change.base_tree) {
        let target = target_branch(planned)?;
        let side = Side {
            commit,
            tree,
            branch: &target,
            is_head: false,
        };
        let before = take_base(planned, settings, scanner, &side, &mut given)?;
        if let (Some(parts), Some(before)) = (parts, before)
            && let Some(part) = before.difference(&parts).next()
        {
            // An analysis that has not ended finds nothing.
            given.results.state = ScannerState::Missing;
            given.results.detail = format!(
                "its server has results of {part} for the base, but not yet for {}",
                change.head.short()
            );
        }
    }
    let is_read = |file: &FileVersion| !scanner.descriptor.leaves_out(&file.path);
    given.results.head.retain(|file, _| is_read(file));
    given.results.base.retain(|file, _| is_read(file));
    Ok(given)
}

/// Tells that there are no results for the head.
fn nothing_given(planned: &Planned<'_>, settings: &Settings, scanner: &Scanner, given: &mut Given) {
    let (name, head) = (scanner.descriptor.name(), &planned.change.head);
    if planned.change.mode == Mode::Push {
        // They are made of what was pushed: the gate of the merge judges them.
        given.told.notes.push(Note::ResultsPending {
            scanner: name.to_owned(),
            commit: head.clone(),
        });
        return;
    }
    let what = format!("{name} has no results for {}", head.short());
    given.results.state = ScannerState::Missing;
    given.results.detail = match Way::of(settings, &scanner.descriptor) {
        Way::Ingest => format!(
            "{what}: ingest them with `newgate ingest <report> --scanner {name} --rev {}`",
            head.short()
        ),
        Way::Load(..) => format!("{what}: its server has none for this commit yet"),
    };
}

/// Takes the results of the base, or else those of the nearest ancestor that has some. Lines tell which findings came
/// since. Returns the parts that they consist of, if their server says.
fn take_base(
    planned: &Planned<'_>,
    settings: &Settings,
    scanner: &Scanner,
    base: &Side<'_>,
    given: &mut Given,
) -> Result<Option<BTreeSet<String>>> {
    match results_of(planned, settings, scanner, base, &mut given.told)? {
        Ok(Some(got)) => {
            given.results.base.extend(got.result.results);
            return Ok(got.parts);
        }
        Ok(None) => {}
        Err(why) => {
            given.results.state = ScannerState::Failed;
            given.results.detail = why;
            given.results.at_base = true;
        }
    }
    let (repo, cache) = (planned.gate.repo, planned.gate.cache);
    let name = scanner.descriptor.name().to_owned();
    if matches!(repo.peel(base.commit)?, Some(Peeled::Commit { .. })) {
        for (commit, tree) in repo.first_parents(base.commit, ANCESTORS)? {
            let digest = UnitDigest::of_tree(&tree);
            if let Some(result) = project::known(cache, &scanner.key, &digest) {
                let scanner = name;
                let note = Note::ResultsOfAncestor { scanner, commit };
                given.told.notes.push(note);
                given.results.base.extend(result.results);
                given.against = Some(Against { tree });
                return Ok(None);
            }
        }
    }
    given.results.base_unknown = true;
    given.told.gaps.push(Gap::NoResultsOfBase {
        scanner: name,
        commit: base.commit.clone(),
    });
    Ok(None)
}

/// The branch of the head, in the words of its server.
fn branch_of(planned: &Planned<'_>) -> Result<String> {
    let name = planned.change.name.as_str();
    let local = name.split_once(" -> ").map_or(name, |(local, _)| local);
    let full = match local {
        "HEAD" => planned.gate.repo.symbolic("HEAD")?.unwrap_or_default(),
        other => other.to_owned(),
    };
    Ok(full.strip_prefix("refs/heads/").unwrap_or(&full).to_owned())
}

/// The target branch without its remote's name.
fn target_branch(planned: &Planned<'_>) -> Result<String> {
    let target = planned.change.target.clone().unwrap_or_default();
    let remotes = planned.gate.repo.remotes()?;
    let inside = |name: &String| {
        let rest = target.strip_prefix(name.as_str())?.strip_prefix('/')?;
        Some(rest.to_owned())
    };
    Ok(remotes
        .iter()
        .find_map(|(name, _)| inside(name))
        .unwrap_or(target))
}

/// How newgate gets a scanner's results.
enum Way {
    Ingest,
    Load(Box<(LoadSettings, Load)>),
}

impl Way {
    fn of(settings: &Settings, descriptor: &Descriptor) -> Way {
        let said = settings.config.settings.get(descriptor.name());
        let results = said.and_then(|s| s.results);
        let load = said.and_then(|s| s.load.clone());
        match (results, load) {
            (Some(Results::Load) | None, Some(load)) => {
                let requests = requests(descriptor, &load);
                Way::Load(Box::new((load, requests)))
            }
            (Some(Results::Load), None) if descriptor.load().is_some() => {
                let load = LoadSettings::default();
                let requests = requests(descriptor, &load);
                Way::Load(Box::new((load, requests)))
            }
            _ => Way::Ingest,
        }
    }
}

/// The requests: the configuration's own, else the descriptor's.
fn requests(descriptor: &Descriptor, said: &LoadSettings) -> Load {
    match &said.url {
        Some(url) => Load {
            request: vec![LoadRequest {
                url: url.clone(),
                headers: said.headers.clone(),
                more: said.more.clone(),
                ..LoadRequest::default()
            }],
            ..Load::default()
        },
        None => descriptor.load().cloned().unwrap_or_default(),
    }
}

/// The results for one side: remembered, else loaded; none if there are none. Those of the head are loaded again
/// from a server on which people decide about them: one that they call a false positive there must not block.
fn results_of(
    planned: &Planned<'_>,
    settings: &Settings,
    scanner: &Scanner,
    side: &Side<'_>,
    told: &mut Told,
) -> Result<std::result::Result<Option<Got>, String>> {
    let digest = UnitDigest::of_tree(side.tree);
    let known = project::known(planned.gate.cache, &scanner.key, &digest);
    let Way::Load(way) = Way::of(settings, &scanner.descriptor) else {
        return Ok(Ok(known.map(Got::from)));
    };
    let (said, requests) = *way;
    let asks_again = side.is_head && requests.revision.is_some();
    if known.is_some() && !asks_again {
        return Ok(Ok(known.map(Got::from)));
    }
    let mut notes = Told::default();
    let loaded = loaded_of(planned, scanner, (&said, &requests), side, &mut notes)?;
    match (loaded, known) {
        (Ok(None), Some(known)) => Ok(Ok(Some(known.into()))),
        (Err(why), Some(known)) => {
            let scanner = scanner.descriptor.name().to_owned();
            told.notes.push(Note::ResultsRemembered { scanner, why });
            Ok(Ok(Some(known.into())))
        }
        (loaded, _) => {
            told.notes.append(&mut notes.notes);
            Ok(loaded)
        }
    }
}

/// The results that a server has for one side; none if it has none.
fn loaded_of(
    planned: &Planned<'_>,
    scanner: &Scanner,
    (said, requests): (&LoadSettings, &Load),
    side: &Side<'_>,
    told: &mut Told,
) -> Result<std::result::Result<Option<Got>, String>> {
    let filling = match filling(planned, said, requests, side)? {
        Ok(filling) => filling,
        Err(why) => return Ok(Err(why)),
    };
    let timeout = said.timeout.unwrap_or(scanner.timeout);
    let loaded = match load(requests, &filling, timeout) {
        Ok(loaded) => loaded,
        Err(why) => return Ok(Err(why)),
    };
    let name = || scanner.descriptor.name().to_owned();
    let wanted = side.commit.clone();
    let none = match &loaded.of {
        Of::Unasked => None,
        Of::Commit(of) if of == side.commit.as_str() => None,
        Of::Commit(of) => Some(Note::ResultsOfOther {
            scanner: name(),
            found: of.get(..10).unwrap_or(of).to_owned(),
            wanted,
        }),
        Of::Unnamed => Some(Note::ResultsUnnamed {
            scanner: name(),
            wanted,
        }),
        Of::Unfinished => Some(Note::ResultsUnfinished {
            scanner: name(),
            wanted,
        }),
    };
    if let Some(note) = none {
        told.notes.push(note);
        return Ok(Ok(None));
    }
    let lasting = loaded.of != Of::Unasked || is_final(requests);
    let result = match read_loaded(planned, scanner, said, side.tree, &loaded)? {
        Ok(Some(result)) => result,
        Ok(None) => return Ok(Ok(None)),
        Err(why) => return Ok(Err(why)),
    };
    if lasting {
        let (cache, digest) = (planned.gate.cache, UnitDigest::of_tree(side.tree));
        if project::known(cache, &scanner.key, &digest).as_ref() != Some(&result) {
            project::remember(cache, &scanner.key, [digest], &result);
        }
    } else if !requests.request.iter().all(|r| {
        r.url.contains("{commit}") || r.follow.as_ref().is_some_and(|f| f.contains("$commit"))
    }) {
        told.notes.push(Note::ResultsOfBranch {
            scanner: name(),
            branch: side.branch.to_owned(),
        });
    }
    let parts = Some(loaded.parts);
    Ok(Ok(Some(Got { result, parts })))
}

/// Whether an answer is of one commit and can no more grow. A list of analyses can.
fn is_final(requests: &Load) -> bool {
    let asks = |r: &LoadRequest| r.url.contains("{commit}") && r.follow.is_none();
    !requests.request.is_empty() && requests.request.iter().all(asks)
}

/// Whether each request asks for one side: else both sides would get the same answer, and nothing
/// would ever be new.
fn tells_sides(requests: &Load) -> bool {
    let asks = |r: &LoadRequest| {
        let follow = r.follow.as_deref().unwrap_or_default();
        ["{commit}", "{branch"]
            .iter()
            .any(|w| r.url.contains(w) || follow.contains(w))
            || ["$commit", "$branch"].iter().any(|w| follow.contains(w))
    };
    !requests.request.is_empty() && requests.request.iter().all(asks)
}

fn read_loaded(
    planned: &Planned<'_>,
    scanner: &Scanner,
    said: &LoadSettings,
    tree: &Oid,
    loaded: &Loaded,
) -> Result<std::result::Result<Option<ProjectResult>, String>> {
    if loaded.reports.is_empty() {
        return Ok(Ok(None));
    }
    let descriptor = match &said.filter {
        Some(filter) => scanner.descriptor.with_filter(filter),
        None => scanner.descriptor.clone(),
    };
    let mut taken = Taken::default();
    let about = said.file.as_deref().map(RepoPath::from);
    if let Some(path) = &about
        && planned.gate.repo.entry(tree, path)?.is_none()
    {
        return Ok(Err(format!(
            "its `load` table names the file `{path}`, which is not in the tree"
        )));
    }
    for report in &loaded.reports {
        let read = read_for_tree(
            planned.gate.repo,
            tree,
            report,
            Reader::By(&descriptor),
            &planned.key,
            RanIn {
                folder: None,
                file: about.as_ref(),
            },
        )?;
        let reading = match read {
            Ok((_, reading)) => reading,
            Err(e) => return Ok(Err(format!("its server's answer cannot be read: {e}"))),
        };
        if let Some(why) = reading.failed {
            return Ok(Err(why));
        }
        taken.findings.extend(reading.findings);
        let unread = reading.unread.into_iter();
        taken.unread.extend(unread.map(|u| (u.path, u.why)));
    }
    Ok(Ok(Some(result_for(planned.gate.repo, tree, taken)?)))
}

/// What fills the requests' templates, with the token from the environment or git's credential helper.
fn filling(
    planned: &Planned<'_>,
    said: &LoadSettings,
    requests: &Load,
    side: &Side<'_>,
) -> Result<std::result::Result<Filling, String>> {
    let server = said.server.clone().or_else(|| requests.server.clone());
    let of_url = said.url.as_deref().filter(|u| !u.starts_with("{server}"));
    let host = || Some(Address::parse(of_url?)?.to_string());
    let Some(server) = server.or_else(host) else {
        return Ok(Err("its `load` table names no `server`".into()));
    };
    if !tells_sides(requests) {
        let text = "its addresses name neither `{branch}` nor `{commit}`, so it would load the same results for the \
            head and the target";
        return Ok(Err(text.into()));
    }
    let addresses = requests
        .request
        .iter()
        .map(|r| r.url.replace("{server}", &server));
    let safe = |url: &str| Address::parse(url).is_some_and(|a| a.may_take_a_token());
    if let Some(address) = addresses.into_iter().find(|a| !safe(a)) {
        return Ok(Err(format!("`{address}` is not an `https://` address")));
    }
    let asks = |what: &str| requests.request.iter().any(|r| r.url.contains(what));
    if said.project.is_none() && (asks("{project}") || asks("{project-encoded}")) {
        return Ok(Err("its `load` table names no `project`".into()));
    }
    let token = match &said.token_env {
        Some(name) => match environment::variable(name).and_then(|t| t.into_string().ok()) {
            Some(token) => Some(token),
            None => {
                let text = format!("the variable `{name}`, which holds its token, is not set");
                return Ok(Err(text));
            }
        },
        None => planned.gate.repo.credential(&server)?,
    };
    Ok(Ok(Filling {
        server,
        project: said.project.clone().unwrap_or_default(),
        branch: side.branch.to_owned(),
        commit: side.commit.to_string(),
        token,
    }))
}

/// What a commit has of a scanner's given results.
pub(super) fn at_commit(
    planned: &Planned<'_>,
    scanner: &Scanner,
    commit: &Oid,
) -> Result<Option<ProjectResult>> {
    let Some(tree) = tree_of(planned.gate.repo, commit)? else {
        return Ok(None);
    };
    Ok(project::known(
        planned.gate.cache,
        &scanner.key,
        &UnitDigest::of_tree(&tree),
    ))
}

/// Keeps a scanner's given results without the secrets that are known by now.
pub(super) fn overwrite(planned: &Planned<'_>, scanner: &Scanner) {
    let change = &planned.change;
    for tree in change.base_tree.iter().chain([&change.head_tree]) {
        let digest = UnitDigest::of_tree(tree);
        if let Some(known) = project::known(planned.gate.cache, &scanner.key, &digest) {
            project::overwrite(planned.gate.cache, &scanner.key, [digest], &known);
        }
    }
}
