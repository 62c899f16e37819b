//! The project's configuration, `.newgate/config.toml`.

mod load;
mod model;

pub use load::{Mistake, parse, render};
pub use model::{Config, Gate, LoadSettings, OnIncomplete, Results, ScannerSettings};

/// The folder of the project's own files.
pub const FOLDER: &str = ".newgate";
/// The configuration file.
pub const FILE: &str = ".newgate/config.toml";
/// The folder of the project's scanner descriptors.
pub const SCANNERS: &str = ".newgate/scanners";
