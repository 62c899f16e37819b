//! Which files a scanner reads, by their names and first lines.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{Descriptor, Scope, yaml};
use crate::model::{RepoPath, nests_deeply};
use crate::platform::as_path;
use crate::scan::first_line;

impl Descriptor {
    /// The same without the files whose paths some globs fit (`*` ends at a `/`). Where its results depend on all files that it
    /// reads, `is_run` makes the globs a part of what they are remembered by.
    ///
    /// # Errors
    /// A glob is none.
    pub fn leaving_out(mut self, globs: &[String], is_run: bool) -> Result<Descriptor, String> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let built = GlobBuilder::new(glob).literal_separator(true).build();
            set.add(built.map_err(|e| e.to_string())?);
        }
        self.left_out = set.build().map_err(|e| e.to_string())?;
        if is_run && self.scope() == Scope::Project {
            let globs = globs.iter().map(|glob| format!("!{glob}"));
            self.written.files.extend(globs);
        }
        Ok(self)
    }

    /// Whether it may read a file, by its name: a script without an extension may have its interpreter.
    pub fn may_read(&self, path: &RepoPath) -> bool {
        let is_script = !self.interpreters().is_empty() && path.extension().is_none();
        self.globs().is_empty() || is_script || self.matches_name(path.as_bytes())
    }

    /// Whether the configuration leaves a file out.
    pub fn leaves_out(&self, path: &RepoPath) -> bool {
        self.left_out.is_match(as_path(path.as_bytes()))
    }

    /// The globs of its files.
    pub fn globs(&self) -> &[String] {
        &self.written.files
    }

    /// The interpreters whose scripts it reads, whatever they are called.
    pub fn interpreters(&self) -> &[String] {
        &self.written.interpreters
    }

    /// Whether a file's name is one of its files.
    pub fn matches_name(&self, path: &[u8]) -> bool {
        self.globs.is_match(as_path(path)) && !self.not.is_match(as_path(path))
    }

    /// Whether it is started once for a file, in the file's folder.
    pub fn starts_for(&self, path: &[u8]) -> bool {
        self.each.is_match(as_path(path))
    }

    /// The extension under which the program is given a file that it would not take by its own name: one
    /// in capitals, or a script that only its first line tells. A file without an extension keeps its name.
    pub fn extension_for(&self, path: &RepoPath) -> Option<String> {
        let own = std::str::from_utf8(path.extension()?).ok()?;
        let lower = own.to_ascii_lowercase();
        let is_listed = |extension: &str| {
            let globs = self.globs().iter().filter_map(|g| g.strip_prefix("*."));
            globs.clone().any(|g| g == extension)
        };
        if self.matches_name(path.as_bytes()) {
            return (own != lower && !is_listed(own) && is_listed(&lower)).then_some(lower);
        }
        let first = self.globs().iter().find_map(|g| g.strip_prefix("*."))?;
        Some(first.to_owned())
    }

    /// Whether a file's first line names one of its interpreters, however it is started: by `env` and its
    /// options, or by a program that runs scripts in an environment of their own.
    pub fn matches_interpreter(&self, content: &[u8]) -> bool {
        first_line::programs(content).iter().any(|program| {
            let base = first_line::without_version(program);
            let mut all = self.interpreters().iter();
            all.any(|i| i == program || i == base)
        })
    }

    /// Whether the program leaves a file out because of its name.
    pub(in crate::scan) fn skips(&self, path: &RepoPath) -> bool {
        let skips = &self.expressions().skips;
        !skips.is_empty() && {
            let path = String::from_utf8_lossy(path.as_bytes());
            skips.iter().any(|s| s.is_match(&path))
        }
    }

    /// Why the program passes over a file without a word; `None` if it reads it.
    pub(in crate::scan) fn passes_over(&self, path: &RepoPath, content: &[u8]) -> Option<String> {
        let known = self.program()?.passes_over.iter();
        let mut known = known.zip(&self.expressions().passes_over);
        known.find_map(|(said, (globs, patterns))| {
            if !globs.is_match(as_path(path.as_bytes())) {
                return None;
            }
            let text = String::from_utf8_lossy(content);
            if !patterns.iter().all(|p| p.is_match(&text)) {
                return None;
            }
            match said.not_yaml {
                true => yaml::fault(&text).map(|fault| format!("{}: {fault}", said.why)),
                false => Some(said.why.clone()),
            }
        })
    }
}

/// Globs of files: one without a `/` fits in any folder, and an extension in capitals too.
pub(super) fn glob_set<'g>(globs: impl IntoIterator<Item = &'g String>) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        if nests_deeply(glob) {
            return Err("the `{` of a glob are nested too deep".into());
        }
        let any_folder = match glob.contains('/') {
            true => glob.clone(),
            false => format!("**/{glob}"),
        };
        set.add(
            GlobBuilder::new(&any_folder)
                .literal_separator(true)
                .case_insensitive(glob.starts_with("*."))
                .build()
                .map_err(|e| e.to_string())?,
        );
    }
    set.build().map_err(|e| e.to_string())
}
