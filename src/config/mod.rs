//! The project's configuration, `.newgate/config.toml`.

#![deny(clippy::indexing_slicing, reason = "a configuration may hold anything")]

mod load;
mod model;
mod outline;
mod reader;
mod rules;
mod scanner;
mod schema;
mod server;
mod shown;

pub use load::{parse, parse_server};
pub use model::{
    Baseline, Config, ConfigSigners, Exclusion, LoadSettings, OnIncomplete, Others, Results,
    ScannerSettings, Server, Trust,
};
pub use reader::{Mistake, render};
pub use rules::parse_exemptions;
pub use schema::{config_schema, exemptions_schema};
pub use shown::{ConfigValue, values};

/// The folder of the project's own files.
pub const FOLDER: &str = ".newgate";
/// The configuration file.
pub const FILE: &str = ".newgate/config.toml";
/// The file of exemptions.
pub const EXEMPTIONS: &str = ".newgate/exemptions.toml";
/// The folder of the project's scanner descriptors.
pub const SCANNERS: &str = ".newgate/scanners";
