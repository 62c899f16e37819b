//! What a scanner's program says its version is, and that of its database.

use std::path::Path;
use std::time::Duration;

use super::Descriptor;
use super::reach::{Given, Keep};
use super::stage::Stage;
use crate::process::{self, Cancel, Ended};

/// The version of the vulnerability database that a program asks: what it prints, or the day.
pub(super) fn database(
    descriptor: &Descriptor,
    program: &Path,
    keep: Keep<'_>,
) -> Result<Option<String>, String> {
    const DAY: i64 = 24 * 60 * 60;
    let Some(how) = descriptor.program() else {
        return Ok(None);
    };
    let Some(database) = &how.database else {
        return Ok(None);
    };
    if database.args.is_empty() {
        return Ok(Some((crate::cache::now() / DAY).to_string()));
    }
    let (ended, printed) = ask(how, program, &database.args, keep)?;
    match (ended, descriptor.database_in(&printed)) {
        (Ended::Exited(0), Some(version)) => Ok(Some(version)),
        (ended, _) => Err(format!(
            "`{}` does not print the version of its database ({ended}; output: {})",
            program.display(),
            last_line(&printed)
        )),
    }
}

/// Asks a scanner's program its version.
pub(super) fn version_of(
    descriptor: &Descriptor,
    path: &Path,
    keep: Keep<'_>,
) -> Result<String, String> {
    let program = descriptor.program().ok_or("it has no program")?;
    let (ended, printed) = ask(program, path, &program.version, keep)?;
    match (ended, descriptor.version_in(&printed)) {
        (Ended::Exited(0), Some(version)) => Ok(version),
        (ended, _) => Err(format!(
            "`{}` does not print its version ({ended}; output: {})",
            path.display(),
            last_line(&printed)
        )),
    }
}

/// Runs a program for what it prints of itself.
fn ask(
    how: &super::Program,
    program: &Path,
    args: &[String],
    keep: Keep<'_>,
) -> Result<(Ended, String), String> {
    let cannot = |e: std::io::Error| format!("a folder for it cannot be created: {e}");
    let stage = Stage::new(Vec::new()).map_err(cannot)?;
    let given = Given::new(program, how, &stage, keep).map_err(cannot)?;
    let command = process::Command {
        program: program.to_owned(),
        args: args.iter().map(Into::into).collect(),
        folder: stage.root().to_owned(),
        environment: given.environment,
        timeout: Duration::from_secs(30),
        output_limit: 65_536,
        reach: given.reach,
    };
    let ran = process::run(&command, &Cancel::default())
        .map_err(|e| format!("`{}` cannot be started: {e}", program.display()))?;
    let printed = format!("{}\n{}", String::from_utf8_lossy(&ran.out), ran.err);
    let printed = crate::environment::without_proxy_credentials(&printed);
    Ok((ran.ended, printed))
}

fn last_line(printed: &str) -> String {
    printed
        .trim()
        .lines()
        .last()
        .unwrap_or("nothing")
        .to_owned()
}
