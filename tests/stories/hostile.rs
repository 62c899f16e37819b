//! What newgate reads, mutated: the corpus of the fuzzer and a fixed number of mutations of it, through
//! the properties that the fuzzer checks (`fuzz/run`).

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the long run is told by variables how long, and says how long it was"
)]

use std::path::Path;

#[path = "../../fuzz/properties/mod.rs"]
mod properties;

use properties::{Random, TARGETS, comparing, files, mutate, seeds};

/// Mutations of each target.
const MUTATIONS: usize = 300;
/// Pairs of mutated files in an ordinary run of the tests.
const PAIRS: usize = 300;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn replay(wanted: &str) {
    let (name, target) = TARGETS
        .into_iter()
        .find(|(name, _)| *name == wanted)
        .unwrap();
    let seeds = seeds(root(), name);
    for seed in &seeds {
        target(seed);
    }
    let mut random = Random::new(2026);
    for _ in 0..MUTATIONS {
        let (one, other) = (random.below(seeds.len()), random.below(seeds.len()));
        target(&mutate(&seeds[one], &seeds[other], &mut random));
    }
}

macro_rules! replays {
    ($($name:ident: $target:literal),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                replay($target);
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$($target),*];
            assert_eq!(TARGETS.map(|(name, _)| name), replayed);
        }
    };
}

replays! {
    lines_of_a_push_are_read_or_refused: "push-lines",
    reports_of_a_scanner_are_read_or_refused: "report-of-scanner",
    reports_of_unknown_scanners_are_read_or_refused: "report-unknown",
    configurations_are_read_or_every_mistake_has_its_place: "configuration",
    exemptions_are_read_or_every_mistake_has_its_place: "exemptions",
    descriptors_are_read_or_refused: "descriptor",
    receipts_say_one_thing_only: "receipt",
    shared_baselines_are_read_or_left_out: "shared-baseline",
    trees_are_compared_one_to_one_whatever_they_hold: "comparison",
    no_credential_is_left_in_a_text: "redaction",
    code_has_the_same_weaknesses_each_time_or_no_answer: "code",
    archives_are_looked_into_or_left_out: "archives",
    formats_stay_what_they_are_whatever_stands_in_a_report: "formats",
    stored_reports_are_read_or_refused: "stored-report",
}

/// Compares mutated files with what they were, and returns how many pairs.
fn compare_mutated(folders: &[&Path], pairs: usize, seed: u64) -> usize {
    let mut names: Vec<_> = folders.iter().flat_map(|f| files(f)).collect();
    names.retain(|n| n.metadata().is_ok_and(|m| m.len() <= 60_000));
    assert!(names.len() > 10, "{} files in {folders:?}", names.len());
    let mut random = Random::new(seed);
    let mut read = || std::fs::read(&names[random.below(names.len())]).unwrap();
    let mut done = 0;
    let mut choice = Random::new(seed + 1);
    while done < pairs {
        let (one, other) = (read(), read());
        for _ in 0..10 {
            comparing::mutated(&one, &other, &mut choice);
            done += 1;
        }
    }
    done
}

#[test]
fn mutated_files_are_compared_one_to_one() {
    // What stays as it is, so that the same pairs are compared in every run.
    compare_mutated(&[&root().join("fixtures")], PAIRS, 2026);
}

/// The bar of 100,000 pairs, over whatever lies on this machine: `NEWGATE_PAIRS` is their number,
/// `NEWGATE_FILES` has more folders with files, separated by `:`.
#[test]
#[ignore = "takes long: CONTRIBUTING.md has the command"]
fn a_hundred_thousand_mutated_files_are_compared_one_to_one() {
    let pairs = std::env::var("NEWGATE_PAIRS").map_or(100_000, |n| n.parse().unwrap());
    let seed = std::env::var("NEWGATE_SEED").map_or(1, |n| n.parse().unwrap());
    let more = std::env::var_os("NEWGATE_FILES").unwrap_or_default();
    let mut folders: Vec<_> = ["fixtures", "src", "tests", "docs"]
        .map(|f| root().join(f))
        .into();
    folders.extend(std::env::split_paths(&more));
    let folders: Vec<&Path> = folders.iter().map(std::path::PathBuf::as_path).collect();
    println!("{} pairs", compare_mutated(&folders, pairs, seed));
}
