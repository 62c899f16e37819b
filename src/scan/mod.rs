//! Scanners: what they are, which files they get, how they run, and how their results are read.

mod builtin;
mod catalog;
mod descriptor;
mod plan;
mod program;
pub mod read;
mod resolve;
mod result;
mod run;
mod stage;

pub use builtin::{SecretKey, Secrets, redact};
pub use catalog::{Catalog, builtin_names};
pub use descriptor::{Descriptor, Engine, Output, Program, Scope};
pub use plan::{Plan, plan, reads};
pub use program::Wish;
pub use program::{Scanner, State, prepare};
pub use resolve::{Need, Resolved, Resolver, Side, resolve};
pub use result::UnitResult;
