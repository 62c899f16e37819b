//! The scanners that newgate knows: compiled in, and added or replaced by a project.

use std::collections::BTreeMap;

use super::Descriptor;
use crate::error::Result;

const BUILT_IN: [(&str, &str); 3] = [
    ("bandit", include_str!("catalog/bandit.toml")),
    ("ruff", include_str!("catalog/ruff.toml")),
    ("secrets", include_str!("catalog/secrets.toml")),
];

/// The names of the descriptors that are compiled in.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// Descriptors by name.
#[derive(Debug, Default)]
pub struct Catalog {
    own: BTreeMap<String, Descriptor>,
}

impl Catalog {
    /// Takes a project's descriptors: name of the file and its text.
    ///
    /// # Errors
    /// One of them has a mistake.
    pub fn with(files: &[(String, String)]) -> Result<Catalog> {
        let mut own = BTreeMap::new();
        for (place, text) in files {
            let descriptor = Descriptor::parse(text, place)?;
            own.insert(descriptor.name().to_owned(), descriptor);
        }
        Ok(Catalog { own })
    }

    /// Drops the project's descriptors; returns whether there were any.
    pub fn drop_own(&mut self) -> bool {
        let any = !self.own.is_empty();
        self.own.clear();
        any
    }

    /// All names, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = builtin_names().map(str::to_owned).collect();
        names.extend(self.own.keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    /// A descriptor by name: the project's, else the one that is compiled in.
    ///
    /// # Errors
    /// A descriptor that is compiled in has a mistake, which a test excludes.
    pub fn get(&self, name: &str) -> Result<Option<Descriptor>> {
        if let Some(descriptor) = self.own.get(name) {
            return Ok(Some(descriptor.clone()));
        }
        let Some((_, text)) = BUILT_IN.iter().find(|(n, _)| *n == name) else {
            return Ok(None);
        };
        Descriptor::parse(text, &format!("{name}.toml")).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_descriptor_that_is_compiled_in_is_sound() {
        for (name, _) in BUILT_IN {
            let descriptor = Catalog::default().get(name).unwrap().unwrap();
            assert_eq!(descriptor.name(), name);
            if let Some(filter) = descriptor.output().and_then(|o| o.filter.as_deref()) {
                crate::scan::read::check_filter(filter).unwrap();
            }
        }
    }
}
