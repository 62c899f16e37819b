//! The hook that was there before newgate, which each of newgate's hooks runs.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{Error, ErrorKind, Result};
use crate::process::run_hook;

/// The option of a hook that names the one before it.
#[derive(Debug, Args)]
pub(super) struct Chained {
    /// A hook that was there before, to be run first with the same arguments and standard input
    #[arg(long = "chained", value_name = "PATH")]
    hook: Option<PathBuf>,
}

impl Chained {
    /// Runs it, if there is one that git itself would run; returns its exit code.
    ///
    /// # Errors
    /// It cannot be run.
    pub(super) fn run(&self, args: &[OsString], input: &[u8]) -> Result<i32> {
        let runs = |hook: &&Path| {
            // git, too, passes over a hook that is not executable.
            let mode = hook.metadata().map(|m| m.permissions().mode());
            hook.symlink_metadata().is_ok() && mode.map_or(true, |m| m & 0o111 != 0)
        };
        let Some(hook) = self.hook.as_deref().filter(runs) else {
            return Ok(0);
        };
        run_hook(hook, args, input).map_err(|e| {
            let shown = hook.display();
            let what = format!("the hook that was here before newgate, `{shown}`, cannot be run");
            Error::io(what, e).hint(format!(
                "make it executable (`chmod +x '{shown}'`), or remove it"
            ))
        })
    }

    /// Runs it; what git does goes on only if it succeeds.
    ///
    /// # Errors
    /// It cannot be run, or refuses.
    pub(super) fn allows(&self, args: &[OsString], input: &[u8]) -> Result<()> {
        let code = self.run(args, input)?;
        match (code, &self.hook) {
            (0, _) | (_, None) => Ok(()),
            (code, Some(hook)) => Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "the hook that was here before newgate, `{}`, exited with code {code}",
                    hook.display()
                ),
            )),
        }
    }
}
