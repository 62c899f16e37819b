//! lefthook: it renames a hook that somebody else put into its place, so newgate belongs into its configuration, as a
//! script (commands are skipped where no file of the checked out branch differs).

use std::fs;
use std::path::{Path, PathBuf};

use super::hook_file::{calls_newgate, text_to_edit};
use super::own_path;
use super::shim::{quoted, write_executable};
use crate::error::{Error, ErrorKind, Result};

/// Its configuration, in the folders and forms that it reads (<https://lefthook.dev/configuration/>).
const STEMS: [&str; 3] = ["lefthook", ".lefthook", ".config/lefthook"];
const ENDINGS: [&str; 5] = ["yml", "yaml", "toml", "json", "jsonc"];
/// The personal configuration and the script that newgate writes.
const LOCAL: &str = "lefthook-local.yml";
const SCRIPT: &str = ".lefthook-local/pre-push/newgate.sh";
const BLOCK: &str = "# newgate: `newgate uninstall` removes this part
pre-push:
  scripts:
    newgate.sh:
      runner: sh
      use_stdin: true
# newgate: end
";

fn files<'a>(top: &'a Path, suffix: &'a str) -> impl Iterator<Item = PathBuf> + 'a {
    let names = STEMS.iter().flat_map(|stem| ENDINGS.map(|e| (*stem, e)));
    names
        .map(move |(stem, ending)| top.join(format!("{stem}{suffix}.{ending}")))
        .filter(|p| p.is_file())
}

/// Whether a project uses it.
pub(super) fn is_used(top: &Path) -> bool {
    files(top, "").next().is_some()
}

/// What of its configuration starts newgate.
pub(super) fn calls(top: &Path) -> Option<PathBuf> {
    let named = |p: &PathBuf| {
        fs::read_to_string(p).is_ok_and(|text| {
            text.lines().any(|l| {
                let l = l.trim_start();
                !l.starts_with('#') && l.contains("newgate")
            })
        })
    };
    let file = files(top, "").chain(files(top, "-local")).find(named)?;
    let folders = [".lefthook", ".lefthook-local"];
    let scripts = folders.map(|f| top.join(f).join("pre-push"));
    let listed = scripts
        .iter()
        .flat_map(|f| fs::read_dir(f).into_iter().flatten().flatten());
    let script = listed.map(|e| e.path()).find(|p| calls_newgate(p));
    script.or_else(|| calls_newgate(&file).then_some(file))
}

/// Puts newgate into the personal configuration. Returns the files that were written.
///
/// # Errors
/// There is a configuration that newgate does not edit, or a file cannot be written.
pub(super) fn add(top: &Path) -> Result<Vec<PathBuf>> {
    let local = top.join(LOCAL);
    let others: Vec<PathBuf> = files(top, "-local").filter(|p| *p != local).collect();
    let text = text_to_edit(&local)?;
    let has_section = text.lines().any(|l| l.starts_with("pre-push:"));
    let script = top.join(SCRIPT);
    if let Some(parent) = script.parent() {
        fs::create_dir_all(parent)
            .map_err(|e| Error::io(format!("`{}` cannot be created", parent.display()), e))?;
    }
    let program = quoted(&own_path()?)?;
    let lines = format!(
        "#!/bin/sh\n# newgate: what lefthook runs before a push\nexec {program} hook pre-push \"$@\"\n"
    );
    write_executable(&script, &lines)?;
    if let Some(file) = others.first().or(has_section.then_some(&local)) {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("newgate does not edit `{}`, because it has settings of your own", file.display()),
        )
        .hint("add this to `pre-push` there, then run `newgate doctor`:\n  scripts:\n    newgate.sh:\n      \
            runner: sh\n      use_stdin: true"));
    }
    let text = match text.is_empty() || text.ends_with('\n') {
        true => text,
        false => text + "\n",
    };
    fs::write(&local, text + BLOCK)
        .map_err(|e| Error::io(format!("`{}` cannot be written", local.display()), e))?;
    Ok(vec![local, script])
}

/// Takes out what [`add`] put in. Returns whether there was anything.
///
/// # Errors
/// A file cannot be written or removed.
pub(super) fn remove(top: &Path) -> Result<bool> {
    let (local, script) = (top.join(LOCAL), top.join(SCRIPT));
    let failed = |path: &Path| {
        let what = format!("`{}` cannot be changed", path.display());
        move |e| Error::io(what, e)
    };
    let text = text_to_edit(&local)?;
    let was_there = text.contains(BLOCK);
    if was_there {
        match text.replace(BLOCK, "") {
            left if left.trim().is_empty() => fs::remove_file(&local).map_err(failed(&local))?,
            left => fs::write(&local, left).map_err(failed(&local))?,
        }
    }
    if script.is_file() {
        fs::remove_file(&script).map_err(failed(&script))?;
        for folder in script.ancestors().skip(1).take(2) {
            // Only if nothing else is in it.
            let _ = fs::remove_dir(folder);
        }
    }
    Ok(was_there)
}
