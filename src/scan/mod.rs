//! Scanners: what they are, which files they get, how they run, and how their results are read.

mod batch;
mod batches;
mod built_in;
mod builtin;
mod catalog;
mod certificates;
mod configured;
mod descriptor;
mod exposed;
mod first_line;
mod halves;
mod interpreter;
pub mod load;
pub mod parts;
mod plan;
mod program;
pub mod project;
mod propose;
mod reach;
pub mod read;
mod resolve;
mod resolved;
mod resolver;
mod result;
mod run;
mod stage;
mod stored;
pub mod tools;
mod version;
mod work;

#[cfg(test)]
pub(crate) use builtin::code::rule_schema;
pub use builtin::code::{
    OwnFacts, OwnRules, RuleFacts, RuleMistake, has_known_name, in_lock_file, is_lock_file,
    is_of_other_kind, is_rule_file, is_same_lock_file, rules_built_in, scan as weaknesses,
};
pub use builtin::{SecretKey, Secrets, redact};
pub use catalog::{Catalog, builtin_names, hints_for};
pub use configured::{ConfigReader, RULES};
#[cfg(test)]
pub(crate) use descriptor::descriptor_schema;
pub use descriptor::{
    ConfigList, Descriptor, Engine, Format, GoModule, Install, Load, LoadRequest, MavenArtifacts,
    Met, OtherRules, Output, PassesOver, Program, RuleData, Scope, Tested, scanner_name,
};
pub use exposed::{learn_secrets_in, learn_secrets_of_names};
pub use plan::{Plan, Side, Trees, is_listed_for, plan, reads};
pub use program::{Absent, Scanner, State, Wish, prepare};
pub use propose::propose;
pub use resolve::{learn_secrets, resolve};
pub use resolved::{Need, Resolved};
pub use resolver::{Advance, Resolver};

pub use result::UnitResult;
