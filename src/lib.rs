//! newgate judges what a push or a merge would add to a branch, and blocks new issues only.
//!
//! The map, in the order of the flow; `docs/concepts.md` has the words:
//!
//! - [`cli`]: the command line, one file a subcommand
//! - [`gate`]: one change, judged: the flow below, step by step
//! - [`git`]: which trees, which target, why; the only module that knows git
//! - [`config`]: the project's configuration
//! - [`scan`]: scanners as data: planned, run, read
//! - [`process`]: one child process, in its own group, with limits
//! - [`cache`]: results that are remembered
//! - [`compare`]: new, inherited or fixed; findings to issues (pure)
//! - [`policy`]: what blocks, and the verdict (pure)
//! - [`report`]: what people and tools read
//! - [`trust`]: signatures, receipts, and what may be done to protected refs
//! - [`mask`]: secrets that were reported, which nothing that leaves the process shows
//! - [`model`]: the words as values (pure)
//! - [`platform`]: what only Unix has, apart from child processes
//! - [`error`], [`environment`]: failures in kinds; every variable that is read

#![cfg_attr(test, allow(clippy::string_slice, reason = "a test may fail"))]

pub mod cache;
pub mod cli;
pub mod compare;
pub mod config;
pub mod environment;
pub mod error;
pub mod gate;
pub mod git;
pub mod mask;
pub mod model;
pub mod platform;
pub mod policy;
pub mod process;
pub mod report;
pub mod scan;
pub mod trust;
