use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::{ListOutput, Where};
use crate::cli::screen::Resolved;
use crate::error::Result;
use crate::gate::known_of_baseline;
use crate::model::{Oid, Verdict};
use crate::report::plural;

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    output: ListOutput,
}

/// What the cache has of a target's tip.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct KnownOut {
    target: String,
    tip: String,
    scanners: Vec<KnownOf>,
    /// The shared baseline, if one was fetched and can be read.
    shared: Option<SharedOut>,
    #[serde(skip)]
    fetched: bool,
}

#[derive(Serialize)]
struct KnownOf {
    name: String,
    /// How many files the scanner reads, and how many of them have results.
    files: u64,
    known: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SharedOut {
    units: usize,
    generation: u32,
    newest_tip: Option<String>,
    signed_by: Option<String>,
    /// Why its results only count inherited issues; none if an allowed signer signed it.
    counted_only: Option<String>,
}

impl Show {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let site = self.place.site()?;
        let known = known_of_baseline(&site.gate(), &site.target)?;
        let commit = site.session.repo.reference(&site.local_ref())?;
        let read = commit.as_ref().and_then(|c| site.read(c).ok().flatten());
        let shared = match read {
            None => None,
            Some((shared, signature)) => {
                let signer = site.signer(&shared, signature.as_deref())?;
                Some(SharedOut {
                    units: shared.len(),
                    generation: shared.generation,
                    newest_tip: shared.tips.first().map(Oid::to_string),
                    signed_by: signer.as_ref().ok().cloned(),
                    counted_only: signer.err(),
                })
            }
        };
        let known = known.into_iter();
        let out = KnownOut {
            target: site.target.name.clone(),
            tip: site.target.tip.to_string(),
            scanners: known
                .map(|(name, files, known)| KnownOf { name, files, known })
                .collect(),
            shared,
            fetched: commit.is_some(),
        };
        let words = || out.words(site.target.tip.short());
        self.output.format.write(screen, &out, words);
        Ok(Verdict::Pass)
    }
}

impl KnownOut {
    fn words(&self, tip: &str) -> String {
        let mut out = format!("results for {} ({tip}) in the cache:\n", self.target);
        for KnownOf { name, files, known } in &self.scanners {
            let files = plural(*files, "file");
            let _ = writeln!(out, "  {name}: {known} of {files} scanned");
        }
        out.push_str(&match &self.shared {
            None if self.fetched => {
                "shared baseline: fetched, but this version of newgate cannot read it\n".to_owned()
            }
            None => "shared baseline: none fetched (`newgate baseline fetch`)\n".to_owned(),
            Some(shared) => {
                let signed = match (&shared.signed_by, &shared.counted_only) {
                    (Some(who), _) => format!("signed by {who}"),
                    (None, why) => {
                        format!(
                            "not used for the verdict: {}",
                            why.as_deref().unwrap_or_default()
                        )
                    }
                };
                let newest = shared.newest_tip.as_deref().and_then(|t| t.get(..10));
                format!(
                    "shared baseline: {}, generation {}, newest tip {}, {signed}\n",
                    plural(shared.units as u64, "unit"),
                    shared.generation,
                    newest.unwrap_or("nothing")
                )
            }
        });
        out
    }
}
