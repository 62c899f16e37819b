//! What the scanners say about both sides: from the cache, from a scan, or given by somebody else.

use super::Settings;
use super::given::{self, Against};
use super::history::{self, Brought};
use super::messages;
use super::planned::{Planned, Told};
use crate::compare::Located;
use crate::error::Result;
use crate::model::Phase;
use crate::scan::{Resolved, learn_secrets, resolve};

/// What is known about a change before anything is compared.
pub(super) struct Evidence {
    /// What each scanner says, in the order of the configuration.
    pub results: Vec<Resolved>,
    /// The trees that given results are compared with, where that is not the base.
    pub against: Vec<Option<Against>>,
    /// What commits bring and remove again.
    pub brought: Vec<Located>,
    /// What else there is to tell.
    pub told: Told,
}

/// Asks every scanner.
pub(super) fn gather(planned: &Planned<'_>, settings: &Settings) -> Result<Evidence> {
    let mut told = Told::default();
    // First what is given: the secrets that it names are masked in what is scanned.
    let mut given = Vec::with_capacity(planned.scanners.len());
    for (index, scanner) in planned.scanners.iter().enumerate() {
        if !scanner.given {
            given.push(None);
            continue;
        }
        let taken = given::take(planned, settings, index)?;
        learn_secrets(planned.gate.repo, &planned.key, &taken.results)?;
        given.push(Some(taken));
    }
    let mut results = resolve(
        planned.resolver(),
        &planned.scanners,
        &planned.plans,
        planned.need(),
    )?;
    let mut against = Vec::with_capacity(results.len());
    for ((result, scanner), given) in results.iter_mut().zip(&planned.scanners).zip(given) {
        let Some(mut given) = given else {
            against.push(None);
            continue;
        };
        if given.results.mask() {
            given::overwrite(planned, scanner);
        }
        *result = given.results;
        against.push(given.against);
        told.add(given.told);
    }
    planned.clock.begin(Phase::History);
    let brought = history::brought(planned, &results);
    let Brought { mut located, work } = told.in_time(Phase::History, brought)?;
    absorb(&mut results, work);
    let messages = messages::in_messages(planned, settings, &results);
    let messages = told.in_time(Phase::History, messages)?;
    located.extend(messages.located);
    absorb(&mut results, messages.work);
    Ok(Evidence {
        results,
        against,
        brought: located,
        told,
    })
}

fn absorb(results: &mut [Resolved], work: Vec<Resolved>) {
    for (result, more) in results.iter_mut().zip(work) {
        result.absorb(more);
    }
}
