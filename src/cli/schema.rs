//! `newgate config schema`: the schemas of the files that people write, for editors.

use clap::{Args, ValueEnum};

use super::screen::Resolved;
use crate::error::Result;
use crate::model::Verdict;

/// Where the schemas are read, by editors that know TOML or YAML.
const ADDRESS: &str = "https://raw.githubusercontent.com/newgate/newgate/main/docs/schemas";

/// A file that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum File {
    /// `.newgate/config.toml`
    Config,
    /// `.newgate/exemptions.toml`
    Exemptions,
    /// `.newgate/scanners/NAME.toml`
    Scanner,
    /// `.newgate/rules/NAME.yml`
    Rule,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The file
    #[arg(value_name = "FILE", default_value = "config")]
    file: File,
}

impl File {
    /// The first line of such a file, which names its schema to editors
    /// (<https://taplo.tamasfe.dev/configuration/directives.html>,
    /// <https://github.com/redhat-developer/yaml-language-server#using-inlined-schema>).
    pub(super) fn first_line(self) -> String {
        let name = match self {
            File::Config => "config",
            File::Exemptions => "exemptions",
            File::Scanner => "scanner",
            File::Rule => {
                return format!("# yaml-language-server: $schema={ADDRESS}/rule.schema.json\n");
            }
        };
        format!("#:schema {ADDRESS}/{name}.schema.json\n")
    }

    fn schema(self) -> &'static str {
        match self {
            File::Config => include_str!("../../docs/schemas/config.schema.json"),
            File::Exemptions => include_str!("../../docs/schemas/exemptions.schema.json"),
            File::Scanner => include_str!("../../docs/schemas/scanner.schema.json"),
            File::Rule => include_str!("../../docs/schemas/rule.schema.json"),
        }
    }
}

impl Schema {
    #[allow(clippy::unnecessary_wraps, reason = "every command may fail")]
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        screen.data(self.file.schema());
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{config_schema, exemptions_schema};
    use crate::scan::{Catalog, descriptor_schema, rule_schema};

    fn made(file: File) -> String {
        let schema = match file {
            File::Config => config_schema(&Catalog::default().names()),
            File::Exemptions => exemptions_schema(),
            File::Scanner => descriptor_schema(),
            File::Rule => rule_schema(),
        };
        serde_json::to_string_pretty(&schema).unwrap() + "\n"
    }

    #[test]
    fn the_schemas_are_those_of_the_readers() {
        for file in File::value_variants() {
            assert!(
                made(*file) == file.schema(),
                "{file:?}: `cargo test --lib -- --ignored write_the_schemas` writes it"
            );
        }
    }

    #[test]
    #[ignore = "writes docs/schemas"]
    fn write_the_schemas() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
        for file in File::value_variants() {
            let value = file.to_possible_value().unwrap();
            let name = format!("{}.schema.json", value.get_name());
            std::fs::write(folder.join(name), made(*file)).unwrap();
        }
    }
}
