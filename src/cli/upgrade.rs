//! `newgate upgrade`: how this copy was installed, and which command upgrades it.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::own_path;
use super::screen::{Resolved, Stream};
use crate::error::Result;
use crate::model::{Verdict, shell_word};

const RELEASES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/releases/latest");

#[derive(Debug, Args)]
pub(super) struct Upgrade {}

impl Upgrade {
    pub(super) fn run(&self, screen: &Resolved) -> Result<Verdict> {
        let path = own_path()?;
        let path = path.canonicalize().unwrap_or(path);
        let origin = Origin::of(&path);
        let mut text = format!(
            "newgate {} in `{}` was installed {}.\n",
            env!("CARGO_PKG_VERSION"),
            path.display(),
            origin.words()
        );
        match origin.command() {
            Some(command) => text.push_str(&format!("To upgrade it, run: {command}\n")),
            None => text.push_str(&format!(
                "Download the new version from {RELEASES} and put it in the same place.\n"
            )),
        }
        screen.text(Stream::Out, &text);
        Ok(Verdict::Pass)
    }
}

/// How a copy of newgate came to where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// `uv tool install`.
    UvTool,
    /// `uvx`, in uv's cache.
    Uvx,
    /// `pipx install`.
    Pipx,
    /// `uv pip install` into the environment in this folder.
    UvPip(PathBuf),
    /// pip, into the virtual environment in this folder.
    Venv(PathBuf),
    /// `pip install --target`, into this folder.
    PipTarget(PathBuf),
    /// pip, outside of a virtual environment.
    Pip,
    /// `npx`, in npm's cache.
    Npx,
    /// `npm install --global`.
    NpmGlobal,
    /// npm, as a dependency of the package in this folder.
    Npm(PathBuf),
    /// A Debian package.
    Debian,
    /// `cargo install`, from the registry or with these options.
    Cargo(Vec<String>),
    /// `install.sh` of this folder, with this prefix.
    Script {
        source: PathBuf,
        prefix: PathBuf,
    },
    Unknown,
}

impl Origin {
    /// Where a program comes from, by what installers leave around it.
    fn of(path: &Path) -> Origin {
        let has = |name: &str| path.components().any(|c| c.as_os_str() == name);
        if let Some(folder) = path
            .ancestors()
            .filter(|a| a.ends_with("node_modules"))
            .last()
        {
            let above = folder.parent().unwrap_or(folder);
            return match (has("_npx"), above.ends_with("lib")) {
                (true, _) => Origin::Npx,
                (_, true) => Origin::NpmGlobal,
                _ => Origin::Npm(above.to_owned()),
            };
        }
        let Some(prefix) = path.parent().and_then(Path::parent) else {
            return Origin::Unknown;
        };
        if prefix.join("uv-receipt.toml").is_file() {
            return Origin::UvTool;
        }
        if prefix.join("pipx_metadata.json").is_file() {
            return Origin::Pipx;
        }
        if let Some((info, is_target)) = wheel(prefix) {
            let installer = fs::read_to_string(info.join("INSTALLER")).unwrap_or_default();
            let prefix = prefix.to_owned();
            return match installer.trim() {
                "uv" if has("archive-v0") => Origin::Uvx,
                "uv" => Origin::UvPip(prefix),
                _ if is_target => Origin::PipTarget(prefix),
                _ if prefix.join("pyvenv.cfg").is_file() => Origin::Venv(prefix),
                _ => Origin::Pip,
            };
        }
        if path == Path::new("/usr/bin/newgate")
            && Path::new("/var/lib/dpkg/info/newgate.list").is_file()
        {
            return Origin::Debian;
        }
        if let Some(options) = by_cargo(prefix) {
            return Origin::Cargo(options);
        }
        if let Ok(source) = fs::read_to_string(prefix.join("share/newgate/source")) {
            return Origin::Script {
                source: PathBuf::from(source.trim_end()),
                prefix: prefix.to_owned(),
            };
        }
        Origin::Unknown
    }

    fn words(&self) -> &'static str {
        match self {
            Origin::UvTool => "by `uv tool install`",
            Origin::Uvx => "by `uvx`, into its cache",
            Origin::Pipx => "by `pipx`",
            Origin::UvPip(_) => "by `uv pip install`",
            Origin::Venv(_) => "by pip, into a virtual environment",
            Origin::PipTarget(_) => "by `pip install --target`",
            Origin::Pip => "by pip",
            Origin::Npx => "by `npx`, into its cache",
            Origin::NpmGlobal => "by `npm install --global`",
            Origin::Npm(_) => "by npm, as a dependency of a package",
            Origin::Debian => "as a Debian package",
            Origin::Cargo(_) => "by `cargo install`",
            Origin::Script { .. } => "by `install.sh`",
            Origin::Unknown => "by hand (no package manager was recognized)",
        }
    }

    /// What to run, in any folder.
    fn command(&self) -> Option<String> {
        let word = |path: &Path| shell_word(&path.to_string_lossy());
        Some(match self {
            Origin::UvTool => "uv tool upgrade newgate".to_owned(),
            Origin::Uvx => "uvx newgate@latest --version".to_owned(),
            Origin::Pipx => "pipx upgrade newgate".to_owned(),
            Origin::UvPip(prefix) => {
                format!("uv pip install --upgrade --python {} newgate", word(prefix))
            }
            Origin::Venv(prefix) => format!(
                "{} -m pip install --upgrade newgate",
                word(&prefix.join("bin/python"))
            ),
            Origin::PipTarget(folder) => format!(
                "python3 -m pip install --upgrade --target {} newgate",
                word(folder)
            ),
            Origin::Pip => "python3 -m pip install --upgrade newgate".to_owned(),
            Origin::Npx => "npx newgate@latest --version".to_owned(),
            Origin::NpmGlobal => "npm install --global newgate@latest".to_owned(),
            Origin::Npm(folder) => {
                format!("npm install --prefix {} newgate@latest", word(folder))
            }
            Origin::Cargo(options) => {
                let options: String = options.iter().map(|o| format!(" {o}")).collect();
                format!("cargo install --locked{options} newgate")
            }
            Origin::Script { source, prefix } => format!(
                "git -C {source} pull && {script} --prefix {prefix}",
                source = word(source),
                script = word(&source.join("install.sh")),
                prefix = word(prefix)
            ),
            Origin::Debian | Origin::Unknown => return None,
        })
    }
}

/// The record of the wheel that a prefix has newgate from, and whether pip put both into one folder (`--target`).
fn wheel(prefix: &Path) -> Option<(PathBuf, bool)> {
    if let Some(info) = record_in(prefix) {
        return Some((info, true));
    }
    for lib in ["lib", "local/lib"] {
        for python in folders(&prefix.join(lib), "python3") {
            for packages in ["site-packages", "dist-packages"] {
                if let Some(info) = record_in(&python.join(packages)) {
                    return Some((info, false));
                }
            }
        }
    }
    None
}

fn record_in(folder: &Path) -> Option<PathBuf> {
    let mut found = folders(folder, "newgate-").into_iter();
    found.find(|f| f.extension().is_some_and(|e| e == "dist-info"))
}

/// The folders whose names begin with a prefix.
fn folders(folder: &Path, begin: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|e| {
        e.file_name()
            .as_encoded_bytes()
            .starts_with(begin.as_bytes())
    });
    named.map(|e| e.path()).filter(|p| p.is_dir()).collect()
}

/// The options of `cargo install` that name the source it built newgate from, by its record in the root
/// (`newgate 0.1.0 (registry+https://...)`).
fn by_cargo(root: &Path) -> Option<Vec<String>> {
    let text = fs::read_to_string(root.join(".crates.toml")).ok()?;
    let record: toml::Table = text.parse().ok()?;
    let installed = record.get("v1")?.as_table()?;
    let id = installed.keys().find(|id| id.starts_with("newgate "))?;
    let source = id.split_once('(')?.1.trim_end_matches(')');
    let (kind, address) = source.split_once('+')?;
    Some(match kind {
        "path" => {
            let path = address.strip_prefix("file://").unwrap_or(address);
            vec!["--path".to_owned(), shell_word(path)]
        }
        "git" => {
            let address = address.split(['#', '?']).next().unwrap_or(address);
            vec!["--git".to_owned(), shell_word(address)]
        }
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command for a program in a folder that holds these files.
    fn told(program: &str, files: &[(&str, &str)]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files.iter().chain(&[(program, "")]) {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let command = Origin::of(&folder.path().join(program)).command();
        command.map(|c| c.replace(folder.path().to_str().unwrap(), "/T"))
    }

    #[test]
    fn each_way_of_installing_has_its_command() {
        let info = "v/lib/python3.11/site-packages/newgate-0.1.0.dist-info/INSTALLER";
        let cfg = ("v/pyvenv.cfg", "");
        let crates = |source: &str| format!("[v1]\n\"newgate 0.1.0 ({source})\" = [\"newgate\"]\n");
        let registry = crates("registry+https://github.com/rust-lang/crates.io-index");
        let git = crates("git+https://h/o/n?rev=1#abc");
        type Files<'f> = &'f [(&'f str, &'f str)];
        let cases: [(&str, Files<'_>, &str); 11] = [
            (
                "v/bin/newgate",
                &[(info, "pip\n"), cfg],
                "/T/v/bin/python -m pip install --upgrade newgate",
            ),
            (
                "v/bin/newgate",
                &[(info, "pip\n")],
                "python3 -m pip install --upgrade newgate",
            ),
            (
                "v/bin/newgate",
                &[(info, "uv\n"), cfg],
                "uv pip install --upgrade --python /T/v newgate",
            ),
            (
                "v/bin/newgate",
                &[(info, "uv\n"), cfg, ("v/uv-receipt.toml", "")],
                "uv tool upgrade newgate",
            ),
            (
                "v/bin/newgate",
                &[(info, "pip\n"), cfg, ("v/pipx_metadata.json", "")],
                "pipx upgrade newgate",
            ),
            (
                "d/bin/newgate",
                &[("d/newgate-0.1.0.dist-info/INSTALLER", "pip\n")],
                "python3 -m pip install --upgrade --target /T/d newgate",
            ),
            (
                "p/node_modules/newgate-linux-x64/bin/newgate",
                &[],
                "npm install --prefix /T/p newgate@latest",
            ),
            (
                "lib/node_modules/newgate/node_modules/newgate-linux-x64/bin/newgate",
                &[],
                "npm install --global newgate@latest",
            ),
            (
                "c/bin/newgate",
                &[("c/.crates.toml", &registry)],
                "cargo install --locked newgate",
            ),
            (
                "c/bin/newgate",
                &[("c/.crates.toml", &git)],
                "cargo install --locked --git https://h/o/n newgate",
            ),
            (
                "s/bin/newgate",
                &[("s/share/newgate/source", "/src/new gate\n")],
                "git -C '/src/new gate' pull && '/src/new gate/install.sh' --prefix /T/s",
            ),
        ];
        for (program, files, command) in cases {
            assert_eq!(told(program, files).as_deref(), Some(command), "{files:?}");
        }
        assert_eq!(told("x/bin/newgate", &[]), None);
    }
}
