//! The schemas of the files that people write. They are made by running the reader on an empty file and recording the
//! keys that it asks for, so a schema has exactly the keys that are read.

use serde_json::{Value, json};
use toml::de::DeTable;

use super::load::read;
use super::reader::{Mistakes, Table};
use super::rules::read_exemptions;

fn schema(title: &str, of: impl FnOnce(&Table<'_>)) -> Value {
    let mistakes = Mistakes::outlining();
    let empty = DeTable::new();
    let root = Table::new(&empty, &mistakes, "");
    of(&root);
    drop(root);
    let outline = mistakes.into_outline();
    let mut schema = outline.table("");
    let definitions = outline.definitions();
    if let Some(keys) = schema.as_object_mut() {
        if !definitions.is_empty() {
            keys.insert("$defs".into(), Value::Object(definitions));
        }
        let draft = json!("https://json-schema.org/draft/2020-12/schema");
        keys.insert("$schema".into(), draft);
        keys.insert("title".into(), json!(title));
    }
    schema
}

/// The JSON schema of the configuration. `scanners` are the names that it may use, besides those whose results are
/// ingested or loaded.
pub fn config_schema(scanners: &[String]) -> Value {
    schema(
        "The configuration of newgate, `.newgate/config.toml`",
        |root| {
            read(root, scanners);
        },
    )
}

/// The JSON schema of the exemptions.
pub fn exemptions_schema() -> Value {
    schema(
        "The exemptions of newgate, `.newgate/exemptions.toml`",
        |root| {
            read_exemptions(root);
        },
    )
}
