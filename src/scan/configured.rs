//! A scanner's own configuration, as the target has it.

use regex::Regex;

use super::{ConfigList, Descriptor, Engine};

/// The folder of a project's own rules for the scanner of code.
pub const RULES: &str = ".newgate/rules";

/// A scanner's configuration file, as the target has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigContent {
    /// Its path in the repository.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
    /// Whether it lies beside the files that are scanned, not among them.
    pub beside: bool,
}

/// The content of a configuration file, or of all files of a folder, of the target: paths and
/// contents, none if there is no such file.
pub type ConfigReader<'a> = dyn Fn(&str) -> crate::error::Result<Vec<(String, Vec<u8>)>> + 'a;

/// A scanner's own configuration: the arguments that name it, and its files.
pub(super) fn configuration(
    descriptor: &Descriptor,
    config: &ConfigReader<'_>,
) -> crate::error::Result<(Vec<String>, Vec<ConfigContent>)> {
    let (mut config_args, mut config_files) = (Vec::new(), Vec::new());
    if let Some(program) = descriptor.program() {
        config_args.clone_from(&program.no_config);
        for candidate in &program.config {
            let files = config(&candidate.file)?;
            let counts = candidate.containing.as_ref().is_none_or(|text| {
                let has = |content: &[u8]| String::from_utf8_lossy(content).contains(text.as_str());
                files.iter().any(|(_, content)| has(content))
            });
            if !files.is_empty() && counts {
                config_args.clone_from(&candidate.args);
                for list in &candidate.lists {
                    config_args.extend(listed(list, files.iter().map(|(_, content)| content)));
                }
                config_files.extend(files.into_iter().map(|(path, content)| ConfigContent {
                    path,
                    content,
                    beside: candidate.beside,
                }));
                break;
            }
        }
    }
    if descriptor.engine() == Engine::Code {
        let rules = config(RULES)?.into_iter();
        let rules = rules.filter(|(path, _)| super::is_rule_file(path));
        config_files.extend(rules.map(|(path, content)| ConfigContent {
            path,
            content,
            beside: true,
        }));
    }
    Ok((config_args, config_files))
}

/// The arguments for the elements of lists in configuration files. What is not TOML has none: the program
/// itself says what is wrong with it.
fn listed<'c>(list: &ConfigList, files: impl Iterator<Item = &'c Vec<u8>>) -> Vec<String> {
    let Ok(only) = Regex::new(&format!("^(?:{})$", list.only)) else {
        return Vec::new();
    };
    let tables =
        files.filter_map(|f| toml::from_str::<toml::Table>(std::str::from_utf8(f).ok()?).ok());
    let mut args = Vec::new();
    for table in tables {
        for key in &list.keys {
            let mut names = key.split('.');
            let first = names.next().and_then(|name| table.get(name));
            let found = names.try_fold(first, |value, name| value.map(|v| v.get(name)));
            let elements = found.flatten().and_then(toml::Value::as_array);
            let elements = elements
                .into_iter()
                .flatten()
                .filter_map(toml::Value::as_str);
            for element in elements.filter(|e| only.is_match(e)) {
                args.extend([list.arg.clone(), element.to_owned()]);
            }
        }
    }
    args
}
