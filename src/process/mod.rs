//! Child processes: each in a group of its own, with a time limit, a limit on what it writes, a
//! clean environment and empty standard input; killed whole.

mod background;
mod child;
mod command;
mod contain;
mod deadline;
mod ending;
mod interrupt;
mod keeper;
mod run_folder;
mod scanner;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::environment;
use child::{start, watch};

pub use background::{
    Background, Held, in_background, leave_group, start_detached, stop_background,
};
pub use command::{Command, Ended};
pub use contain::{Reach, containment};
pub use deadline::must_end_by;
pub use ending::{catch_interrupts, end_at_once, let_end};
use interrupt::Watched;
pub use interrupt::{Stopped, TemporaryFolder, interrupted, stopped};
pub use keeper::{keep_scanners, release_scanners, run_folder};
pub use scanner::{Cancel, Finished, run};

/// What a short helper process left.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The exit code; 128 and the signal if it was killed.
    pub code: i32,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: Vec<u8>,
}

fn code_of(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// Runs a helper to its end; it is stopped when newgate is to stop.
fn finish(command: &duct::Expression) -> io::Result<std::process::Output> {
    let (child, _watched) = Watched::start(|| command.start())?;
    child.into_output()
}

/// Runs the `git` program to its end.
///
/// # Errors
/// It cannot be started.
pub(crate) fn git(
    folder: &Path,
    args: &[OsString],
    settings: &[(String, OsString)],
    inherit: bool,
    input: Vec<u8>,
) -> io::Result<Ran> {
    let mut command = duct::cmd("git", args)
        .dir(folder)
        .env("PATH", environment::search_path())
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        // A push sends the real objects, even if this clone replaces them with others.
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .stdout_capture()
        .stderr_capture()
        .unchecked();
    if !inherit {
        for (name, _) in environment::all().filter(|(n, _)| environment::names_a_repository(n)) {
            command = command.env_remove(name);
        }
    }
    for (name, value) in settings {
        command = command.env(name, value);
    }
    command = if input.is_empty() {
        command.stdin_null()
    } else {
        command.stdin_bytes(input)
    };
    let output = finish(&command)?;
    Ok(Ran {
        code: code_of(output.status),
        out: output.stdout,
        err: output.stderr,
    })
}

/// Runs a program that installs or signs something for newgate, with the user's own environment (less
/// git's variables of a repository) and no input.
///
/// # Errors
/// It cannot be started.
pub(crate) fn helper(folder: &Path, program: &str, args: &[&str]) -> io::Result<Ran> {
    helper_fed(folder, program, args, b"")
}

/// Runs a program that installs something, as [`helper`] does; it ends with newgate, whatever ends that.
///
/// # Errors
/// It cannot be started, or somebody asked to stop.
pub(crate) fn installer(folder: &Path, program: &str, args: &[&str]) -> io::Result<Ran> {
    const LONGEST: Duration = Duration::from_secs(60 * 60);
    let program = match environment::find_program(program) {
        environment::Found::Program(path) => path,
        // A whole path needs no search.
        _ if Path::new(program).is_absolute() => program.into(),
        _ => return Err(io::ErrorKind::NotFound.into()),
    };
    let command = Command {
        program,
        args: args.iter().map(Into::into).collect(),
        folder: folder.to_owned(),
        environment: environment::all()
            .filter(|(name, _)| !environment::names_a_repository(name))
            .collect(),
        timeout: LONGEST,
        output_limit: 256 * 1024 * 1024,
        reach: None,
    };
    let finished = run(&command, &Cancel::default())?;
    match finished.ended {
        Ended::Exited(code) => Ok(Ran {
            code,
            out: finished.out,
            err: finished.err.into_bytes(),
        }),
        Ended::Cancelled => Err(io::ErrorKind::Interrupted.into()),
        Ended::TimedOut => Err(io::ErrorKind::TimedOut.into()),
        Ended::TooMuchOutput => Err(io::Error::other("its output did not end")),
    }
}

/// As [`helper`], with something on standard input.
///
/// # Errors
/// It cannot be started.
pub(crate) fn helper_fed(
    folder: &Path,
    program: &str,
    args: &[&str],
    input: &[u8],
) -> io::Result<Ran> {
    let mut command = duct::cmd(program, args)
        .dir(folder)
        .env("PATH", environment::search_path())
        .stdin_bytes(input)
        .stdout_capture()
        .stderr_capture()
        .unchecked();
    for (name, _) in environment::all().filter(|(n, _)| environment::names_a_repository(n)) {
        command = command.env_remove(name);
    }
    let output = finish(&command)?;
    Ok(Ran {
        code: code_of(output.status),
        out: output.stdout,
        err: output.stderr,
    })
}

/// Runs a hook that was there before newgate, with the same arguments, environment and standard
/// input; its output goes where newgate's goes. Returns its exit code.
///
/// # Errors
/// It cannot be started.
pub fn run_hook(hook: &Path, args: &[OsString], input: &[u8]) -> io::Result<i32> {
    const NO_PROGRAM_FORMAT: i32 = 8;
    let run = |command: duct::Expression| finish(&command.stdin_bytes(input).unchecked());
    let output = match run(duct::cmd(hook, args)) {
        // Without a `#!` line, git lets the shell read it.
        Err(e) if e.raw_os_error() == Some(NO_PROGRAM_FORMAT) => {
            let mut all = vec![OsString::from(hook)];
            all.extend_from_slice(args);
            run(duct::cmd("sh", all))?
        }
        other => other?,
    };
    Ok(code_of(output.status))
}

/// Opens a page with a program of the user. Returns whether the program exists and succeeded.
pub fn open_page(program: &str, page: &Path) -> bool {
    let Ok(path) = which::which(program) else {
        return false;
    };
    let opened = duct::cmd!(path, page)
        .stdin_null()
        .stdout_null()
        .stderr_null()
        .unchecked()
        .run();
    opened.is_ok_and(|o| o.status.success())
}

/// Runs a command whose output people shall see (if `shown`), in a clean git environment with `home`
/// as home folder. Returns whether it succeeded.
///
/// # Errors
/// It cannot be started.
pub(crate) fn show(
    folder: &Path,
    program: &Path,
    args: &[&str],
    home: &Path,
    shown: bool,
) -> io::Result<bool> {
    let mut command = duct::cmd(program.as_os_str(), args)
        .dir(folder)
        .env("HOME", home)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .stdin_null()
        .unchecked();
    for role in ["AUTHOR", "COMMITTER"] {
        command = command
            .env(format!("GIT_{role}_NAME"), "A Developer")
            .env(format!("GIT_{role}_EMAIL"), "developer@example.com");
    }
    for (name, _) in environment::all().filter(|(n, _)| environment::names_a_repository(n)) {
        let kept = name
            .to_str()
            .is_some_and(|n| n.starts_with("GIT_AUTHOR") || n.starts_with("GIT_COMMITTER"));
        if !kept {
            command = command.env_remove(name);
        }
    }
    if !shown {
        command = command.stdout_null();
    }
    Ok(command.run()?.status.success())
}
