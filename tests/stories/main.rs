//! Stories: what a user does, on real repositories with real scanners.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    unreachable_pub,
    reason = "a test that cannot go on stops; nobody uses a test from outside"
)]

mod agents;
mod architecture;
mod baselines;
mod book;
mod budgets;
mod bypass;
mod caches;
mod catalogue;
mod checks;
mod code;
mod commits;
mod comparing;
mod containment;
mod costs;
mod endings;
mod exempting;
mod failing;
mod faults;
mod hostile;
mod importing;
mod ingesting;
mod installing;
mod leaks;
mod loading;
mod managers;
mod memory;
mod packages;
mod pasted;
mod policy;
mod prewarming;
mod projects;
mod promises;
mod protection;
mod pushes;
mod receipts;
mod remedies;
mod reports;
mod repositories;
mod rules;
mod scanners;
mod secrets;
mod servers;
mod signed_baselines;
mod signers;
mod starting;
mod support;
mod suppressions;
mod targets;
mod templates;
mod tools;
mod trust;
mod tutorial;
mod words;
