//! newgate judges what a push or a merge would add to a branch, and blocks new issues only.

pub mod cache;
pub mod compare;
pub mod config;
pub mod environment;
pub mod error;
pub mod git;
pub mod model;
pub mod policy;
pub mod process;
pub mod scan;
