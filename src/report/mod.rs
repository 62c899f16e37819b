//! What people and other tools read. Report writers see the model only, and none of them can change
//! the verdict.

mod agent;
mod csv;
mod each;
mod env;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod next;
mod notes;
mod reasons;
mod sarif;
mod sto;
mod terminal;
mod words;

pub use agent::agent;
pub use csv::csv;
pub use each::write_json;
pub use env::env;
pub use github::github;
pub use gitlab::{gitlab_code_quality, gitlab_sast};
pub use html::html;
pub use json::{from_json, json, json_of_issues};
pub use junit::junit;
pub use markdown::{MARKER, markdown};
pub use notes::{base_reason, because, note, unknown};
pub use reasons::{reason, why};
pub use sarif::{Sarif, sarif};
pub use sto::sto;
pub use terminal::{Look, history_lines, show_issue, terminal, terminal_pages};
pub use words::{columns, fault, fit, in_commit, place, plural};
