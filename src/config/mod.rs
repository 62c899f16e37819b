//! The project's configuration, `.newgate/config.toml`.

mod load;
mod model;
mod rules;

pub use load::{Mistake, is_safe_address, parse, render};
pub use model::{
    Config, LoadSettings, OnIncomplete, Others, Results, ScannerSettings, Server, Trust,
};
pub use rules::parse_exemptions;

/// The folder of the project's own files.
pub const FOLDER: &str = ".newgate";
/// The configuration file.
pub const FILE: &str = ".newgate/config.toml";
/// The file of exemptions.
pub const EXEMPTIONS: &str = ".newgate/exemptions.toml";
/// The folder of the project's scanner descriptors.
pub const SCANNERS: &str = ".newgate/scanners";
