//! The folder that a repository had on the machine of a report, told from the absolute paths in it.
//!
//! A file of another folder may have the same name as one of the repository, so a path that ends like a
//! file of the repository is no evidence: the folder must be one that the report states, that has the
//! repository's name, or that a build server checks out into.

use std::collections::BTreeSet;

use super::paths::{inside, is_absolute, normal, spellings};
use crate::model::RepoPath;

/// Folders in which, or below which, build servers and containers keep a repository.
const CHECKOUTS: [&str; 24] = [
    "/__w",
    "/app",
    "/bitrise/src",
    "/builds",
    "/code",
    "/codebuild/output",
    "/drone/src",
    "/github/workspace",
    "/home/circleci/project",
    "/home/runner/work",
    "/home/travis/build",
    "/home/vsts/work",
    "/opt/atlassian/pipelines/agent/build",
    "/project",
    "/repo",
    "/root/project",
    "/src",
    "/usr/src/app",
    "/var/lib/buildkite-agent/builds",
    "/woodpecker/src",
    "/work",
    "/workspace",
    "/workspaces",
    "D:/a",
];
/// Names of folders that build servers have repositories below.
const WORK: [&str; 2] = ["_work", "workspace"];
/// Folders of a system, which hold no repository.
const SYSTEM: [&str; 24] = [
    "/Applications",
    "/Library",
    "/System",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libexec",
    "/nix",
    "/opt",
    "/proc",
    "/run",
    "/sbin",
    "/snap",
    "/sys",
    "/usr",
    "/var",
    "C:/Program Files",
    "C:/Program Files (x86)",
    "C:/ProgramData",
    "C:/Windows",
];
/// Names of folders that package managers keep other projects in.
const PACKAGES: [&str; 17] = [
    ".cache",
    ".cargo",
    ".gradle",
    ".ivy2",
    ".m2",
    ".npm",
    ".nuget",
    ".nvm",
    ".pyenv",
    ".rustup",
    ".venv",
    "dist-packages",
    "gems",
    "mod",
    "node_modules",
    "site-packages",
    "venv",
];

/// What a report tells about a repository on another machine.
pub struct Evidence<'a> {
    /// The names that the repository goes by.
    pub names: &'a [String],
    /// The folders that the report says its paths are relative to, as it writes them.
    pub stated: &'a [String],
    /// Whether the repository has a file at a path.
    pub known: &'a dyn Fn(&RepoPath) -> bool,
}

impl std::fmt::Debug for Evidence<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evidence")
            .field("names", &self.names)
            .field("stated", &self.stated)
            .finish_non_exhaustive()
    }
}

/// The one folder that the absolute paths of a report show to be the repository's; `None` where no folder
/// is, or where several may be.
pub fn root_of(paths: &BTreeSet<String>, evidence: &Evidence<'_>) -> Option<String> {
    let stated = evidence
        .stated
        .iter()
        .filter_map(|s| spellings(s, true).next());
    let stated: Vec<String> = stated.collect();
    let mut all: Vec<(String, usize)> = Vec::new();
    for path in paths {
        for (at, _) in path.match_indices('/') {
            let Some((root, end)) = path.split_at_checked(at) else {
                continue;
            };
            let end = end.strip_prefix('/').and_then(normal);
            let is_known = |end: &String| (evidence.known)(&RepoPath::from(end.as_str()));
            if end.as_ref().is_some_and(is_known) && fits(root, path, &stated, evidence.names) {
                match all.iter_mut().find(|(known, _)| known == root) {
                    Some((_, number)) => *number += 1,
                    None => all.push((root.to_owned(), 1)),
                }
            }
        }
    }
    let most = all.iter().map(|(_, number)| *number).max()?;
    let best = all.into_iter().filter(|(_, number)| *number == most);
    let best: Vec<String> = best.map(|(root, _)| root).collect();
    // A path with `%20` is collected as it stands too; if both fit, it is a URI.
    let is_decoded = |root: &&String| {
        let decoded = spellings(root, true).next();
        decoded.is_none_or(|d| d == **root || !best.contains(&d))
    };
    let mut best_ones = best.iter().filter(is_decoded);
    match (best_ones.next(), best_ones.next()) {
        (Some(root), None) => Some(root.clone()),
        _ => None,
    }
}

/// Whether something but a file's name says that a folder is the repository's.
fn fits(root: &str, path: &str, stated: &[String], names: &[String]) -> bool {
    let below = |folder: &str| root == folder || inside(root, folder).is_some();
    let mut parts = root.split('/');
    if parts.clone().any(|p| PACKAGES.contains(&p)) {
        return false;
    }
    if CHECKOUTS.iter().any(|c| below(c)) {
        return true;
    }
    if SYSTEM.iter().any(|s| inside(path, s).is_some()) {
        return parts.any(|p| WORK.contains(&p));
    }
    // What is written as a path of the root of the system is one of the repository's.
    if root.is_empty() {
        return true;
    }
    let last = root.rsplit('/').next().unwrap_or_default();
    let is_stated = |s: &String| {
        let folder = s.trim_end_matches('/');
        is_absolute(folder) && (folder == root || inside(folder, root).is_some())
    };
    names.iter().any(|n| n == last)
        || stated.iter().any(is_stated)
        || parts.any(|p| WORK.contains(&p))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(known: &[&str], paths: &[&str], stated: &[&str]) -> Option<String> {
        let paths = paths.iter().map(|p| (*p).to_owned()).collect();
        let stated: Vec<String> = stated.iter().map(|s| (*s).to_owned()).collect();
        root_of(
            &paths,
            &Evidence {
                names: &["proj".to_owned()],
                stated: &stated,
                known: &|p| known.iter().any(|k| k.as_bytes() == p.as_bytes()),
            },
        )
    }

    #[test]
    fn a_folder_is_told_by_a_build_server_a_name_or_the_report() {
        let known = ["src/a.py", "src/b.py", "a.py"];
        for (paths, stated, expected) in [
            (
                &["/builds/team/x/src/a.py"][..],
                &[][..],
                Some("/builds/team/x"),
            ),
            (
                &["/home/runner/work/q/q/src/a.py"],
                &[],
                Some("/home/runner/work/q/q"),
            ),
            (&["D:/a/q/q/src/a.py"], &[], Some("D:/a/q/q")),
            (
                &["/var/lib/jenkins/workspace/job/src/a.py"],
                &[],
                Some("/var/lib/jenkins/workspace/job"),
            ),
            (&["/home/me/proj/src/a.py"], &[], Some("/home/me/proj")),
            (
                &["/home/me/q/src/a.py"],
                &["file:///home/me/q/"],
                Some("/home/me/q"),
            ),
            (
                &["/home/a b/proj/src/a.py", "/home/a%20b/proj/src/a.py"],
                &[],
                Some("/home/a b/proj"),
            ),
            (
                &["//server/share/proj/src/a.py"],
                &[],
                Some("//server/share/proj"),
            ),
            (
                &["/home/me/q/src/a.py"],
                &["file:///home/me/q/src/"],
                Some("/home/me/q"),
            ),
            (&["/usr/src/app/src/a.py"], &[], Some("/usr/src/app")),
            (&["/src/b.py"], &[], Some("")),
        ] {
            // With `a.py` beside `src/a.py`, two folders fit.
            let unique = &known[..2];
            assert_eq!(
                root(unique, paths, stated).as_deref(),
                expected,
                "{paths:?}"
            );
        }
        let two = ["/builds/x/src/a.py", "/builds/x/src/b.py"];
        assert_eq!(root(&known, &two, &[]).as_deref(), Some("/builds/x"));
    }

    #[test]
    fn a_file_of_the_same_name_elsewhere_shows_nothing() {
        let known = ["x.py", "include/config.h", "src/a.py", "a.py"];
        for paths in [
            &["/usr/lib/python3/dist-packages/x.py"][..],
            &["/usr/include/config.h"],
            &["/home/me/proj/node_modules/p/x.py"],
            &["/builds/team/proj/.venv/lib/site-packages/x.py"],
            &["/root/.cargo/registry/src/include/config.h"],
            &["/home/me/other/x.py"],
            &["/home/me/other/src/a.py"],
            &["C:/Program Files/Kit/include/config.h"],
            &["/opt/tool/x.py"],
            // It may be `a.py` or `src/a.py`.
            &["/src/a.py"],
        ] {
            assert_eq!(root(&known, paths, &[]), None, "{paths:?}");
        }
        assert_eq!(
            root(&known, &["/usr/lib/x.py"], &["file:///usr/lib/"]),
            None
        );
    }
}
