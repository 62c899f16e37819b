//! The commands that are printed for a repository.

use std::path::{Path, PathBuf};

use crate::git::Setting;
use crate::model::shell_word;

/// How a repository is named in a command.
pub(super) struct Named(Option<PathBuf>);

impl Named {
    /// The one that newgate was started in, or the one at a path.
    pub(super) fn at(path: &Path) -> Named {
        Named((path != Path::new(".")).then(|| path.to_owned()))
    }

    fn word(&self) -> Option<String> {
        self.0
            .as_ref()
            .map(|p| shell_word(&p.display().to_string()))
    }

    fn git(&self) -> String {
        match self.word() {
            Some(path) => format!("git -C {path}"),
            None => "git".to_owned(),
        }
    }

    fn newgate(&self, command: &str) -> String {
        match self.word() {
            Some(path) => format!("newgate {command} {path}"),
            None => format!("newgate {command}"),
        }
    }

    /// The command that installs newgate there.
    pub(super) fn install(&self) -> String {
        self.newgate("install")
    }

    /// The command that takes newgate out there.
    pub(super) fn uninstall(&self) -> String {
        self.newgate("uninstall")
    }

    /// The command that removes a `core.hooksPath`.
    pub(super) fn unset(&self, setting: &Setting) -> String {
        match setting.scope.as_str() {
            // Of the environment or of `git -c`.
            "command" => "unset GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS".to_owned(),
            scope => format!("{} config --{scope} --unset-all core.hooksPath", self.git()),
        }
    }

    /// The command that makes a folder the one of hooks.
    pub(super) fn set_hooks_path(&self, folder: &Path) -> String {
        let folder = shell_word(&folder.display().to_string());
        format!("{} config core.hooksPath {folder}", self.git())
    }
}
