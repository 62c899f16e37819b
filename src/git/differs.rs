//! Whether the work tree has other files than a commit.

use super::Repository;
use crate::error::Result;
use crate::model::Oid;

impl Repository {
    /// Whether a folder of the work tree has other files than a commit has there: edited, removed, or new ones that git
    /// does not ignore.
    ///
    /// # Errors
    /// git could not answer.
    pub fn differs_from(&self, commit: &Oid, folder: &str) -> Result<bool> {
        let Some(top) = self.work_dir() else {
            return Ok(false);
        };
        let top = top.display().to_string();
        let args = ["-C", &top, "diff", "--quiet", commit.as_str(), "--", folder];
        if self.git().run(args)?.code != 0 {
            return Ok(true);
        }
        let args = [
            "-C",
            &top,
            "ls-files",
            "--others",
            "--exclude-standard",
            "--",
            folder,
        ];
        Ok(!self.git().run(args)?.must("ls-files")?.is_empty())
    }
}
