//! Where a result is: the file, by its URI and what it is relative to, and the region.

use super::super::item::FlowStep;
use super::super::offsets::{Span, Unit};
use super::log::{ArtifactLocation, Location, PhysicalLocation, Run, SarifRegion, SarifResult};
use super::rules::at;
use super::texts::text_of;

/// How many bases, or how many parent files, are followed.
const DEEPEST: usize = 16;

/// The places of a result that are in files. Several are one problem (3.27.12), each of whose places is to be
/// shown.
pub(super) fn places_of(result: &SarifResult) -> impl Iterator<Item = &PhysicalLocation> {
    let locations = result.locations.iter().flatten();
    locations
        .filter_map(|l| l.physical_location.as_ref())
        .filter(|p| p.artifact_location.is_some())
}

/// The path of a result's place, or of the file that the scanner was given if the result has no place.
pub(super) fn path_of_result(run: &Run<'_>, result: &SarifResult) -> Option<String> {
    places_of(result)
        .next()
        .and_then(|p| path_of(run, p))
        .or_else(|| path_at(run, result.analysis_target.as_ref()?))
}

/// The names of what is not in a file, such as a class, for people.
pub(super) fn logical_place(result: &SarifResult) -> Option<String> {
    let locations = result.locations.iter().flatten();
    let mut names = locations.flat_map(|l| l.logical_locations.iter().flatten());
    names.find_map(|n| n.fully_qualified_name.clone().or_else(|| n.name.clone()))
}

/// The path of a location, with its base joined where the log says what the base is.
pub(super) fn path_of(run: &Run<'_>, place: &PhysicalLocation) -> Option<String> {
    path_at(run, place.artifact_location.as_ref()?)
}

fn path_at(run: &Run<'_>, location: &ArtifactLocation) -> Option<String> {
    let mut location = location;
    let artifacts = run.artifacts.as_deref().unwrap_or_default();
    for _ in 0..DEEPEST {
        let Some(artifact) = at(artifacts, location.index) else {
            break;
        };
        // What is in an archive is in the archive's file.
        let container = at(artifacts, artifact.parent_index).and_then(|a| a.location.as_ref());
        match (container, &location.uri) {
            (Some(container), _) => location = container,
            (None, None) => {
                location = artifact.location.as_ref()?;
                break;
            }
            (None, Some(_)) => break,
        }
    }
    let mut uri = location.uri.clone()?;
    let mut base = location.uri_base_id.as_ref();
    for _ in 0..DEEPEST {
        let named = base.and_then(|id| run.original_uri_base_ids.as_ref()?.get(id));
        let Some(of) = named.filter(|_| !is_absolute(&uri)) else {
            break;
        };
        if let Some(root) = of.uri.as_deref().filter(|r| !r.is_empty()) {
            uri = format!("{}/{uri}", root.trim_end_matches('/'));
        }
        base = of.uri_base_id.as_ref();
    }
    Some(uri)
}

fn is_absolute(uri: &str) -> bool {
    let scheme = uri
        .get(..5)
        .is_some_and(|s| s.eq_ignore_ascii_case("file:"));
    scheme || uri.starts_with('/')
}

/// The absolute folders that a run says its paths are relative to, or that it ran in, as they are written.
pub(super) fn roots<'r>(run: &'r Run<'_>) -> impl Iterator<Item = &'r str> {
    let bases = run.original_uri_base_ids.iter().flat_map(|b| b.values());
    let invocations = run.invocations.iter().flatten();
    let folders = invocations.filter_map(|i| i.working_directory.as_ref());
    let all = bases.chain(folders).filter_map(|b| b.uri.as_deref());
    all.filter(|uri| is_absolute(uri))
}

/// The characters or bytes of a region that has no lines.
pub(super) fn span_of(run: &Run<'_>, region: &SarifRegion) -> Option<Span> {
    if region.start_line.is_some_and(|l| l > 0) {
        return None;
    }
    let from = |start: Option<i64>, length: Option<i64>, unit| {
        Some(Span {
            start: u64::try_from(start?).ok()?,
            length: length.and_then(|l| u64::try_from(l).ok()).unwrap_or(0),
            unit,
        })
    };
    let points = run.column_kind.as_deref() == Some("unicodeCodePoints");
    let unit = match points {
        true => Unit::CodePoint,
        false => Unit::Utf16,
    };
    from(region.char_offset, region.char_length, unit)
        .or_else(|| from(region.byte_offset, region.byte_length, Unit::Byte))
}

/// The first way through the code that a result tells.
pub(super) fn flow_of(run: &Run<'_>, result: &SarifResult) -> Vec<FlowStep> {
    let flows = result.code_flows.iter().flatten();
    let mut threads = flows.flat_map(|f| f.thread_flows.iter().flatten());
    let first = threads.next().and_then(|t| t.locations.as_ref());
    let steps = first.into_iter().flatten().filter_map(|step| {
        let location: &Location = step.location.as_ref()?;
        let place = location.physical_location.as_ref()?;
        Some(FlowStep {
            path: path_of(run, place)?,
            line: place.region.as_ref()?.start_line?,
            message: text_of(location.message.as_ref()),
        })
    });
    steps.collect()
}
