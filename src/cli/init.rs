//! `newgate init`: from nothing to a gate that checks the next push.

use std::fs;
use std::io::{BufRead, IsTerminal};
use std::path::Path;

use clap::{Args, Parser, ValueEnum};

use super::config::differs;
use super::coverage::{Coverage, coverage};
use super::import;
use super::named::Named;
use super::schema;
use super::screen::Resolved;
use super::session::Session;
use super::{Arguments, run};
use crate::config::FILE;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{RepoPath, Verdict};
use crate::report::plural;
use crate::scan::Catalog;
use crate::scan::tools::own_wheels;

/// The scanners that may be proposed besides the built-in ones, each with what it reads.
const PROPOSED: [(&str, &str); 7] = [
    ("bandit", "Python"),
    ("hadolint", "Dockerfiles"),
    ("shellcheck", "shell scripts"),
    ("zizmor", "GitHub workflows"),
    ("checkov", "infrastructure as code"),
    ("pip-audit", "Python packages"),
    ("retire", "JavaScript packages"),
];

/// How many files are read to find scanners that fit.
const MOST_FILES: usize = 200_000;

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Ask nothing, and accept the proposals
    #[arg(long)]
    yes: bool,
    /// Also write a pipeline that checks merge requests
    #[arg(long, value_name = "FORGE")]
    ci: Option<Forge>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Forge {
    Github,
    Gitlab,
    Gitea,
}

impl Forge {
    /// The path and content of the pipeline.
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Forge::Github => (
                ".github/workflows/newgate.yml",
                include_str!("../../hooks/github.yml"),
            ),
            Forge::Gitlab => (".gitlab-ci.yml", include_str!("../../hooks/gitlab.yml")),
            Forge::Gitea => (
                ".gitea/workflows/newgate.yml",
                include_str!("../../hooks/gitea.yml"),
            ),
        }
    }
}

impl Init {
    pub(super) fn run(self, screen: &Resolved) -> Result<Verdict> {
        let mut session = Session::open()?;
        let top = session.repo.work_dir().map(Path::to_owned);
        let Some(top) = top else {
            let error = Error::new(ErrorKind::Usage, "a bare repository has no work tree");
            return Err(error
                .hint("`newgate install --server PATH` checks what a bare repository receives"));
        };
        let target = session.target(None, None)?.1.target;
        let has_commits = session.repo.resolve("HEAD")?.is_some();
        let asks = !self.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let ask = |question: &str, proposed: &str| match asks {
            true => answer(screen, question, proposed),
            false => proposed.to_owned(),
        };
        let mut done = true;
        let mut written = Vec::new();
        match fs::symlink_metadata(top.join(FILE)) {
            Ok(_) => {
                screen.note(&format!("`{FILE}` exists already and was not changed"));
                if has_commits {
                    let change = session.change_by_default()?;
                    differs(&session, &change)?
                        .iter()
                        .for_each(|t| screen.note(t));
                }
            }
            Err(_) => {
                let branch = match &target {
                    Some(found) => {
                        let question = "Which branch are changes compared with?";
                        let said = ask(question, &found.name);
                        (said != found.name).then_some(said)
                    }
                    None => None,
                };
                let fitting = fitting(&session)?;
                let chosen = match fitting.is_empty() {
                    true => Vec::new(),
                    false => choose(&fitting, &ask, screen),
                };
                let content = configuration(branch.as_deref(), &chosen);
                written.extend(write(&top, FILE, &content, screen)?);
                if !chosen.is_empty() {
                    done &= newgate(&["scanners", "install"], screen)?;
                }
            }
        }
        for name in import::found(&top) {
            screen.note(&format!(
                "`{}` belongs to another tool: `newgate import` turns its entries into exemptions",
                name.display()
            ));
        }
        if let Some(forge) = self.ci {
            let (path, content) = forge.file();
            written.extend(write(&top, path, content, screen)?);
            let script = include_str!("../../hooks/ci.sh");
            written.extend(write(&top, ".newgate/ci.sh", script, screen)?);
            written.extend(pin(&top, screen)?);
        }
        let named = Named::at(Path::new("."));
        let checked = matches!(coverage(&session.repo, &named)?, Coverage::Checked(_));
        drop(session);
        let answered = match checked {
            true => "yes".to_owned(),
            false => ask("Check every `git push` from here?", "yes"),
        };
        let installs = matches!(answered.to_lowercase().as_str(), "yes" | "y");
        if installs {
            done &= newgate(&["install"], screen)?;
        }
        if target.is_some() {
            done &= newgate(&["baseline", "build"], screen)?;
        }
        if has_commits {
            // Whatever the verdict, the gate is there.
            newgate(&["check"], screen)?;
        }
        screen.note(&next(installs, &written));
        Ok(match done {
            true => Verdict::Pass,
            false => Verdict::Incomplete,
        })
    }
}

/// What happens from now on, and how to undo it. Only files that were written are removed.
fn next(installs: bool, written: &[&str]) -> String {
    let push = match installs {
        true => "Each `git push` is checked now.",
        false => "Nothing is checked yet: `newgate install` checks each push.",
    };
    let mut undo = Vec::new();
    if installs {
        undo.push("newgate uninstall".to_owned());
    }
    let mut text = format!("\n{push} `newgate config show` shows what blocks.");
    if !written.is_empty() {
        undo.push(format!("rm {}", written.join(" ")));
        let them = match written {
            [_] => "it takes effect once it is",
            _ => "they take effect once they are",
        };
        text.push_str(&format!(
            "\nCommit and push {}: {them} on the target branch.",
            written.join(", ")
        ));
    }
    if !undo.is_empty() {
        text.push_str(&format!("\n`{}` undoes this.", undo.join(" && ")));
    }
    text
}

/// Runs a command as if it had been typed. Returns whether it succeeded.
fn newgate(words: &[&str], screen: &Resolved) -> Result<bool> {
    screen.note(&format!("\n$ newgate {}", words.join(" ")));
    let words = std::iter::once("newgate").chain(words.iter().copied());
    let code = run(Arguments::parse_from(words).command, screen)?;
    Ok(code == Verdict::Pass.exit_code())
}

/// The answer to a question, or the proposal.
fn answer(screen: &Resolved, question: &str, proposed: &str) -> String {
    screen.ask(&format!("{question} [{proposed}] "));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    match (read, line.trim()) {
        (Ok(_), said) if !said.is_empty() => said.to_owned(),
        _ => proposed.to_owned(),
    }
}

/// The scanners of the catalogue that fit files of the last commit: each with what it looks at, and how many
/// files that are.
fn fitting(session: &Session) -> Result<Vec<(&'static str, &'static str, usize)>> {
    if session.repo.resolve("HEAD")?.is_none() {
        return Ok(Vec::new());
    }
    let (_, tree) = session.commit_and_tree("HEAD")?;
    let files = session.repo.list(&tree, MOST_FILES)?.unwrap_or_default();
    let paths: Vec<&RepoPath> = files.iter().map(|f| &f.path).collect();
    let catalog = Catalog::default();
    let mut all = Vec::new();
    for (name, what) in PROPOSED {
        let Some(descriptor) = catalog.get(name)? else {
            continue;
        };
        let fits = |p: &&&RepoPath| {
            descriptor.matches_name(p.as_bytes()) && !(name == "checkov" && may_be_anything(p))
        };
        match paths.iter().filter(fits).count() {
            0 => {}
            number => all.push((name, what, number)),
        }
    }
    Ok(all)
}

/// Whether a file's name does not tell that it is about infrastructure: nearly every repository has YAML and JSON for its tools.
fn may_be_anything(path: &RepoPath) -> bool {
    let of_terraform = path.as_bytes().ends_with(b".tf.json");
    !of_terraform && matches!(path.extension(), Some(b"yml" | b"yaml" | b"json"))
}

/// Asks which of the scanners that fit to turn on.
fn choose(
    fitting: &[(&'static str, &'static str, usize)],
    ask: &dyn Fn(&str, &str) -> String,
    screen: &Resolved,
) -> Vec<&'static str> {
    screen.note(
        "The built-in scanners `code` and `secrets` are enabled. These fit your files too (`NAME = true` under \
         `[scanners]` enables one):",
    );
    for (name, what, files) in fitting {
        let files = plural(*files as u64, "file");
        screen.note(&format!("  {name:<11} {what} ({files})"));
    }
    let said = ask("Which ones? Names, `all` or `none`", "none");
    let named: Vec<&str> = said.split([' ', ',']).collect();
    let wanted = |name: &&str| named.contains(name) || named.contains(&"all");
    fitting
        .iter()
        .map(|(name, ..)| *name)
        .filter(wanted)
        .collect()
}

/// Writes the hashes of the newgate that the pipeline installs.
fn pin(top: &Path, screen: &Resolved) -> Result<Option<&'static str>> {
    const PINNED: &str = ".newgate/newgate.txt";
    let version = env!("CARGO_PKG_VERSION");
    if top.join(PINNED).exists() {
        return write(top, PINNED, "", screen);
    }
    match own_wheels(version) {
        Ok(lines) => write(top, PINNED, &lines, screen),
        Err(why) => {
            screen.note(&format!(
                "`{PINNED}` was not written: pip found no wheel of newgate {version} ({}). Until you run `newgate \
                 init --ci` again with access to the package index, the pipeline installs that version \
                 without checking its hash.",
                why.lines().next().unwrap_or_default()
            ));
            Ok(None)
        }
    }
}

fn configuration(target: Option<&str>, scanners: &[&str]) -> String {
    let target = match target {
        Some(name) => format!("target = {}", toml::Value::String(name.to_owned())),
        None => "# target = \"origin/main\"".to_owned(),
    };
    let schema = schema::File::Config.first_line();
    let scanners: String = scanners.iter().map(|s| format!("{s} = true\n")).collect();
    format!(
        "{schema}# The configuration of newgate. `newgate config check` finds mistakes, `newgate config show`\n\
         # lists every value in effect.\n\
         version = 1\n\
         \n\
         # The branch that changes are compared with, if it is not the remote's default branch.\n\
         {target}\n\
         \n\
         [gate]\n\
         # New issues block from this severity on: critical, high, medium, low or info.\n\
         block-at = \"high\"\n\
         # How long a check may take.\n\
         # budget = \"60s\"\n\
         \n\
         [scanners]\n\
         # code and secrets are built in, and on. `newgate scanners` lists the others.\n\
         {scanners}"
    )
}

/// Writes a file of the work tree, unless it is there; returns its name if it did.
fn write<'n>(
    top: &Path,
    name: &'n str,
    content: &str,
    screen: &Resolved,
) -> Result<Option<&'n str>> {
    let path = top.join(name);
    if fs::symlink_metadata(&path).is_ok() {
        screen.note(&format!("`{name}` exists already and was not changed"));
        return Ok(None);
    }
    let folder = path.parent().unwrap_or(top);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, content))
        .map_err(|e| Error::io(format!("`{name}` cannot be written"), e))?;
    screen.note(&format!("wrote `{name}`"));
    Ok(Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn what_is_written_is_short_and_read_without_a_mistake() {
        let names = Catalog::default().names();
        let text = configuration(Some("origin/\"x\""), &["bandit", "zizmor"]);
        assert!(text.lines().count() <= 30);
        let config = parse(&text, &names).unwrap();
        assert_eq!(config.target.as_deref(), Some("origin/\"x\""));
        assert!(config.scanners.contains(&"zizmor".to_owned()));
        let plain = parse(&configuration(None, &[]), &names).unwrap();
        assert_eq!(plain.scanners, parse("", &names).unwrap().scanners);
    }

    #[test]
    fn what_is_proposed_can_be_installed() {
        let catalog = Catalog::default();
        for (name, _) in PROPOSED {
            let descriptor = catalog.get(name).unwrap().unwrap();
            assert!(descriptor.install().is_managed(), "{name}");
        }
    }
}
