use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::own_path;
use super::screen::{Resolved, Stream};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Verdict;
use crate::process::show;

/// What to do if the demonstration goes wrong.
const REPORT: &str = concat!(
    "`newgate doctor` checks the setup; if it is right, report this at ",
    env!("CARGO_PKG_REPOSITORY"),
    "/issues"
);

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Keep the repositories in this new folder, instead of removing them
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

struct Stage<'a> {
    screen: &'a Resolved,
    home: PathBuf,
    work: PathBuf,
}

impl Demo {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let made;
        let folder = match &self.keep {
            Some(folder) => {
                fs::create_dir(folder).map_err(|e| {
                    Error::io(format!("`{}` cannot be created", folder.display()), e)
                })?;
                fs::canonicalize(folder).map_err(|e| Error::io("the folder cannot be found", e))?
            }
            None => {
                made = crate::process::TemporaryFolder::new("newgate-demo-")
                    .map_err(|e| Error::io("a temporary folder cannot be created", e))?;
                made.path().to_owned()
            }
        };
        let stage = Stage {
            screen,
            home: folder.clone(),
            work: folder.join("shop"),
        };
        stage.play(&folder)?;
        if self.keep.is_some() {
            screen.note(&format!("the repositories are in `{}`", folder.display()));
        }
        Ok(Verdict::Pass)
    }
}

impl Stage<'_> {
    fn say(&self, text: &str) {
        self.screen.text(Stream::Out, &format!("{text}\n"));
    }

    /// Runs a command in the open; returns whether it succeeded.
    fn run(&self, folder: &Path, program: &Path, args: &[&str], shown: bool) -> Result<bool> {
        if shown {
            let name = program
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            self.say(&format!("\n$ {name} {}", args.join(" ")));
        }
        show(folder, program, args, &self.home, shown)
            .map_err(|e| Error::io(format!("`{}` cannot be started", program.display()), e))
    }

    fn git(&self, args: &[&str]) -> Result<()> {
        if self.run(&self.work, Path::new("git"), args, false)? {
            Ok(())
        } else {
            Err(Error::new(
                ErrorKind::Git,
                format!("`git {}` failed", args.join(" ")),
            ))
        }
    }

    fn write(&self, name: &str, content: &str) -> Result<()> {
        fs::write(self.work.join(name), content)
            .map_err(|e| Error::io(format!("`{name}` cannot be written"), e))
    }

    fn play(&self, folder: &Path) -> Result<()> {
        let git = Path::new("git");
        self.say("This is a repository `shop` with a bare remote. Its `main` branch has an old password in it.");
        let remote = folder.join("remote.git");
        let remote = remote.to_string_lossy().into_owned();
        let work = self.work.to_string_lossy().into_owned();
        self.run(
            folder,
            git,
            &[
                "init",
                "--quiet",
                "--bare",
                "--initial-branch=main",
                &remote,
            ],
            false,
        )?;
        self.run(
            folder,
            git,
            &["init", "--quiet", "--initial-branch=main", &work],
            false,
        )?;
        self.git(&["remote", "add", "origin", &remote])?;
        // The credentials are made here, so that none is in newgate's own files.
        let old = format!(
            "DATABASE = \"postgres://shop:{}@db.internal/shop\"\n",
            ["tr0ub4", "dor", "9Xq"].concat()
        );
        self.write("settings.py", &old)?;
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", "Start the shop"])?;
        self.git(&["push", "--quiet", "origin", "main"])?;
        self.run(&self.work, &own_path()?, &["install"], true)?;

        self.say("\nA branch adds a file, moves the old line, and leaves a token in the code.");
        self.git(&["switch", "--quiet", "--create", "feature"])?;
        let token = ["ghp_", "wWPw5k4aXcaT4fNP0U", "cnZwJUVFk6LO0pINUx"].concat();
        self.write("settings.py", &format!("import os\n\nDEBUG = False\n{old}"))?;
        self.write(
            "release.py",
            &format!(
                "TOKEN = \"{token}\"\n\n\ndef release(version):\n    return f\"v{{version}}\"\n"
            ),
        )?;
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", "Release from the shop"])?;
        if self.run(&self.work, git, &["push", "origin", "feature"], true)? {
            return Err(Error::new(ErrorKind::Scanner, "the push was not blocked").hint(REPORT));
        }

        self.say("\nThe push was blocked because of the new token. The old password did not block it, because \
            `main` has it already.\nNow the commit is amended: the token comes from the environment.");
        self.write("release.py", "import os\n\nTOKEN = os.environ[\"RELEASE_TOKEN\"]\n\n\ndef release(version):\n    return f\"v{version}\"\n")?;
        self.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"])?;
        if !self.run(&self.work, git, &["push", "origin", "feature"], true)? {
            return Err(
                Error::new(ErrorKind::Scanner, "the corrected push did not pass").hint(REPORT),
            );
        }
        self.say("\nThe corrected push passed. To check your own pushes, run `newgate init` in your repository.");
        Ok(())
    }
}
