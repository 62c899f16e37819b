//! The scanners that newgate knows: compiled in, and added or replaced by a project.

use std::collections::BTreeMap;

use super::Descriptor;
use crate::error::Result;

const BUILT_IN: [(&str, &str); 48] = [
    ("actionlint", include_str!("catalog/actionlint.toml")),
    ("ast-grep", include_str!("catalog/ast-grep.toml")),
    ("bandit", include_str!("catalog/bandit.toml")),
    ("betterleaks", include_str!("catalog/betterleaks.toml")),
    ("brakeman", include_str!("catalog/brakeman.toml")),
    ("cargo-audit", include_str!("catalog/cargo-audit.toml")),
    ("cargo-deny", include_str!("catalog/cargo-deny.toml")),
    ("checkov", include_str!("catalog/checkov.toml")),
    ("checkstyle", include_str!("catalog/checkstyle.toml")),
    ("code", include_str!("catalog/code.toml")),
    ("codeql", include_str!("catalog/codeql.toml")),
    ("cppcheck", include_str!("catalog/cppcheck.toml")),
    ("defectdojo", include_str!("catalog/defectdojo.toml")),
    (
        "dependency-check",
        include_str!("catalog/dependency-check.toml"),
    ),
    (
        "dependency-track",
        include_str!("catalog/dependency-track.toml"),
    ),
    (
        "detect-secrets",
        include_str!("catalog/detect-secrets.toml"),
    ),
    ("eslint", include_str!("catalog/eslint.toml")),
    ("flawfinder", include_str!("catalog/flawfinder.toml")),
    (
        "github-code-scanning",
        include_str!("catalog/github-code-scanning.toml"),
    ),
    ("gitlab-report", include_str!("catalog/gitlab-report.toml")),
    (
        "gitlab-vulnerabilities",
        include_str!("catalog/gitlab-vulnerabilities.toml"),
    ),
    ("gitleaks", include_str!("catalog/gitleaks.toml")),
    ("gosec", include_str!("catalog/gosec.toml")),
    ("grype", include_str!("catalog/grype.toml")),
    ("hadolint", include_str!("catalog/hadolint.toml")),
    ("harness-sto", include_str!("catalog/harness-sto.toml")),
    ("kingfisher", include_str!("catalog/kingfisher.toml")),
    ("njsscan", include_str!("catalog/njsscan.toml")),
    ("npm-audit", include_str!("catalog/npm-audit.toml")),
    ("opengrep", include_str!("catalog/opengrep.toml")),
    ("osv-scanner", include_str!("catalog/osv-scanner.toml")),
    ("oxlint", include_str!("catalog/oxlint.toml")),
    ("pip-audit", include_str!("catalog/pip-audit.toml")),
    ("pmd", include_str!("catalog/pmd.toml")),
    ("rdjson", include_str!("catalog/rdjson.toml")),
    ("retire", include_str!("catalog/retire.toml")),
    ("ruff", include_str!("catalog/ruff.toml")),
    ("secretlint", include_str!("catalog/secretlint.toml")),
    ("secrets", include_str!("catalog/secrets.toml")),
    ("semgrep", include_str!("catalog/semgrep.toml")),
    ("shellcheck", include_str!("catalog/shellcheck.toml")),
    ("snyk", include_str!("catalog/snyk.toml")),
    ("snyk-code", include_str!("catalog/snyk-code.toml")),
    ("sonarqube", include_str!("catalog/sonarqube.toml")),
    (
        "sonarqube-generic",
        include_str!("catalog/sonarqube-generic.toml"),
    ),
    ("spotbugs", include_str!("catalog/spotbugs.toml")),
    ("trivy", include_str!("catalog/trivy.toml")),
    ("zizmor", include_str!("catalog/zizmor.toml")),
];

/// The names of the descriptors that are compiled in.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// What the report hints at: scanners that newgate installs and that need nothing else, with their
/// files. A table of its own, so that a hint costs no reading of descriptors; a test compares them.
const HINTS: [(&str, &[&str]); 9] = [
    ("bandit", &[".py", ".pyi", ".pyw"]),
    ("checkov", &[".tf", "Dockerfile"]),
    ("eslint", &[".js", ".mjs", ".cjs", ".jsx"]),
    ("flawfinder", &[".c", ".h", ".cpp", ".cc", ".hpp"]),
    ("hadolint", &["Dockerfile", "Containerfile"]),
    ("oxlint", &[".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx"]),
    ("ruff", &[".py", ".pyi", ".pyw"]),
    ("shellcheck", &[".sh", ".bash"]),
    ("zizmor", &[".github/workflows/"]),
];

/// The scanners that the report may hint at and that would read a file of this name.
pub fn hints_for(path: &str) -> impl Iterator<Item = &'static str> {
    let fits = |end: &str| match end.ends_with('/') {
        true => path.starts_with(end) && (path.ends_with(".yml") || path.ends_with(".yaml")),
        false if end.starts_with('.') => path.ends_with(end),
        false => path.rsplit('/').next() == Some(end),
    };
    let all = HINTS
        .iter()
        .filter(|(_, ends)| ends.iter().any(|e| fits(e)));
    let names: Vec<&'static str> = all.map(|(name, _)| *name).collect();
    names.into_iter()
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

    /// A descriptor by name: the project's, or else the one that is compiled in.
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
        Descriptor::parse_checked(text, &format!("{name}.toml")).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_stand_for_one_another_across_scanners() {
        for (scanner, rule, canonical) in [
            ("ruff", "S602", "bandit:B602"),
            ("bandit", "B602", "bandit:B602"),
            ("hadolint", "SC2086", "shellcheck:SC2086"),
            ("shellcheck", "SC2086", "shellcheck:SC2086"),
            ("hadolint", "DL3007", "hadolint:DL3007"),
            ("opengrep", "my.rule", "semgrep:my.rule"),
            (
                "kingfisher",
                "betterleaks.github-pat",
                "betterleaks:github-pat",
            ),
        ] {
            let descriptor = Catalog::default().get(scanner).unwrap().unwrap();
            assert_eq!(descriptor.canonical(rule), canonical, "{scanner}");
        }
    }

    #[test]
    fn files_are_told_by_their_names_in_any_letters() {
        let of = |name: &str| Catalog::default().get(name).unwrap().unwrap();
        let hadolint = of("hadolint");
        for (name, is_one) in [
            ("a/Dockerfile", true),
            ("Dockerfile-dev", true),
            ("Dockerfile_test", true),
            ("Dockerfile.prod", true),
            ("Containerfile-dev", true),
            ("Dockerfile.md", false),
            ("Dockerfile_test.go", false),
        ] {
            assert_eq!(hadolint.matches_name(name.as_bytes()), is_one, "{name}");
        }
        for scanner in ["semgrep", "opengrep"] {
            let given = |path: &str| of(scanner).extension_for(&path.into());
            assert_eq!(given("a.PY").as_deref(), Some("py"));
            assert_eq!((given("a.py"), given("A.C")), (None, None));
        }
    }

    #[test]
    fn hints_are_what_the_descriptors_say() {
        for (name, ends) in HINTS {
            let descriptor = Catalog::default().get(name).unwrap().unwrap();
            assert!(descriptor.install().is_managed(), "{name}");
            let program = descriptor.program().unwrap();
            assert!(program.config_required.is_none(), "{name}");
            for end in ends {
                let path = match end.ends_with('/') {
                    true => format!("{end}x.yml"),
                    false if end.starts_with('.') => format!("a/x{end}"),
                    false => format!("a/{end}"),
                };
                assert!(descriptor.matches_name(path.as_bytes()), "{name} {path}");
                assert!(hints_for(&path).any(|n| n == name), "{name} {path}");
            }
        }
    }

    #[test]
    fn every_descriptor_that_is_compiled_in_is_sound() {
        for (name, _) in BUILT_IN {
            let descriptor = Catalog::default().get(name).unwrap().unwrap();
            assert_eq!(descriptor.name(), name);
            let text = BUILT_IN.iter().find(|(n, _)| *n == name).unwrap().1;
            Descriptor::parse(text, name).unwrap();
            if let Some(filter) = descriptor.output().and_then(|o| o.filter.as_deref()) {
                crate::scan::read::check_filter(filter, &[]).unwrap();
            }
        }
    }
}
