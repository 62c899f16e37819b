//! What people and other tools read. Report writers see the model only, and none of them can change
//! the verdict.

mod env;
mod json;
mod terminal;

pub use env::env;
pub use json::{issues_of, to_json};
pub use terminal::{Look, show_issue, terminal};
