//! Paths as scanners write them: relative, with `./`, absolute, as URIs, percent-encoded or not, with the
//! separators of Windows.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use percent_encoding::percent_decode_str;

use crate::model::RepoPath;

/// Turns what a scanner writes into a path of the repository.
pub struct Paths<'a> {
    /// The folder of the repository that relative paths start from, without a trailing `/`; empty
    /// for its root.
    pub folder: String,
    /// The file that a result is about which names none.
    pub default: Option<RepoPath>,
    /// Folders that absolute paths may be in, without a trailing `/`.
    pub roots: Vec<String>,
    /// Names that stand for paths that a scanner could not be given as they are.
    pub aliases: HashMap<String, RepoPath>,
    /// Where absolute paths are collected that lie in none of the roots, so that the folder that they lie
    /// in can be told from all of them; what is about them is passed over. Absent where they are errors.
    pub foreign: Option<RefCell<BTreeSet<String>>>,
    /// Whether the repository has a file at a path; decides between readings of an encoded name.
    pub known: Box<dyn Fn(&RepoPath) -> bool + 'a>,
    /// The content of a file, where it can be had.
    pub content: Option<Contents<'a>>,
}

/// What reads a file of the repository; `None` where it cannot be read.
pub type Contents<'a> = Box<dyn Fn(&RepoPath) -> Option<Vec<u8>> + 'a>;

impl std::fmt::Debug for Paths<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paths")
            .field("roots", &self.roots)
            .finish_non_exhaustive()
    }
}

/// What a scanner's spelling of a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of the repository.
    Here(RepoPath),
    /// An absolute path that was collected.
    Foreign,
    /// No file of the repository.
    Nowhere,
}

/// The files in which package managers keep what a project needs, by OSV's ecosystems.
const MANIFESTS: [(&str, &[&str]); 13] = [
    (
        "npm",
        &[
            "package-lock.json",
            "npm-shrinkwrap.json",
            "pnpm-lock.yaml",
            "yarn.lock",
            "bun.lock",
            "package.json",
        ],
    ),
    (
        "PyPI",
        &[
            "uv.lock",
            "poetry.lock",
            "pdm.lock",
            "Pipfile.lock",
            "requirements.txt",
            "pyproject.toml",
            "setup.py",
        ],
    ),
    ("crates.io", &["Cargo.lock", "Cargo.toml"]),
    ("Go", &["go.mod"]),
    (
        "Maven",
        &[
            "pom.xml",
            "gradle.lockfile",
            "build.gradle",
            "build.gradle.kts",
        ],
    ),
    ("RubyGems", &["Gemfile.lock", "Gemfile"]),
    ("Packagist", &["composer.lock", "composer.json"]),
    ("NuGet", &["packages.lock.json", "packages.config"]),
    ("Hex", &["mix.lock"]),
    ("Pub", &["pubspec.lock"]),
    ("SwiftURL", &["Package.resolved"]),
    ("CocoaPods", &["Podfile.lock"]),
    ("ConanCenter", &["conan.lock", "conanfile.txt"]),
];

impl Paths<'_> {
    /// Paths below one folder, in which every name is taken as one of a file.
    pub fn in_root(root: &str) -> Paths<'static> {
        Paths {
            folder: String::new(),
            default: None,
            roots: vec![root.trim_end_matches('/').to_owned()],
            aliases: HashMap::new(),
            foreign: None,
            known: Box::new(|_| true),
            content: None,
        }
    }

    /// The file at the top of the repository that a package of an ecosystem comes from, for reports that know packages and no
    /// files: the most exact of those that are there.
    pub(super) fn manifest(&self, ecosystem: &str) -> Option<RepoPath> {
        let (_, names) = MANIFESTS.iter().find(|(e, _)| *e == ecosystem)?;
        let mut paths = names.iter().map(|name| RepoPath::from(*name));
        paths.find(|path| (self.known)(path))
    }

    /// Whether a path is absolute, here or on Windows.
    pub fn is_absolute(path: &str) -> bool {
        is_absolute(path)
    }

    /// The repository's path for what a scanner wrote; `None` if there is no such file.
    ///
    /// A URI is decoded. If the decoded name does not exist, it is used as it is, because some
    /// tools do not encode names. A name that is not a URI is never decoded.
    pub fn resolve(&self, written: &str, uri: bool) -> Option<RepoPath> {
        match self.place(written, uri) {
            Place::Here(path) => Some(path),
            Place::Foreign | Place::Nowhere => None,
        }
    }

    /// As [`Paths::resolve`], and whether an absolute path was collected.
    pub(super) fn place(&self, written: &str, uri: bool) -> Place {
        let foreign = match self.find(written, uri) {
            Ok(path) => return Place::Here(path),
            Err(foreign) => foreign,
        };
        match (&self.foreign, foreign.is_empty()) {
            (Some(all), false) => {
                all.borrow_mut().extend(foreign);
                Place::Foreign
            }
            _ => Place::Nowhere,
        }
    }

    /// The repository's path for what a scanner wrote; else the absolute paths that it may be.
    pub(super) fn find(&self, written: &str, uri: bool) -> Result<RepoPath, Vec<String>> {
        let mut foreign = Vec::new();
        for spelling in spellings(written, uri) {
            let inside = self.roots.iter().find_map(|root| {
                let root = spellings(root, false).next()?;
                inside(&spelling, &root).map(str::to_owned)
            });
            let here = match inside {
                Some(inside) => normal(&inside),
                None if is_absolute(&spelling) => {
                    foreign.push(spelling);
                    continue;
                }
                None if self.folder.is_empty() => normal(&spelling),
                None => normal(&format!("{}/{spelling}", self.folder)),
            };
            let Some(plain) = here else {
                continue;
            };
            if let Some(path) = self.aliases.get(&plain) {
                return Ok(path.clone());
            }
            let path = RepoPath::from(plain.as_str());
            if (self.known)(&path) {
                return Ok(path);
            }
        }
        Err(foreign)
    }
}

/// The paths that a text may stand for, the most likely first, with `/` between their parts.
pub(super) fn spellings(written: &str, uri: bool) -> impl Iterator<Item = String> {
    let decoded = percent_decode_str(written).decode_utf8().ok();
    let decoded = decoded.filter(|d| uri && *d != written);
    let readings = [
        decoded.map(std::borrow::Cow::into_owned),
        Some(written.to_owned()),
    ];
    let mut all: Vec<String> = Vec::new();
    for reading in readings.into_iter().flatten() {
        let plain = without_scheme(&reading);
        let slashes = plain.replace('\\', "/");
        // On other systems than Windows, a name may have a `\`.
        let both = match has_drive(&plain) || plain.starts_with("\\\\") {
            true => [Some(with_large_drive(&slashes)), None],
            false => [Some(plain.clone()), (slashes != plain).then_some(slashes)],
        };
        for one in both.into_iter().flatten().chain(on_server(&reading)) {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all.into_iter()
}

/// The path of a URI with the scheme `file`, in each of the ways that it is written; of anything else,
/// itself.
fn without_scheme(text: &str) -> String {
    let path = match text.split_at_checked(5) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file:") => {
            match rest.strip_prefix("//") {
                Some(rest) => {
                    let local = rest.split_at_checked(9).filter(|(host, rest)| {
                        host.eq_ignore_ascii_case("localhost") && rest.starts_with('/')
                    });
                    local.map_or(rest, |(_, rest)| rest)
                }
                None => rest,
            }
        }
        _ => text,
    };
    // `file:///C:/x` has a slash before the drive; an old spelling has `|` in place of `:`.
    match path.strip_prefix('/').filter(|p| has_drive(p)) {
        Some(path) => path.replacen('|', ":", 1),
        None => path.to_owned(),
    }
}

/// The path of a URI that names a server of Windows: `//server/share/x` of `file://server/share/x`.
fn on_server(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_at_checked(7)?;
    let (server, path) = rest.split_once('/')?;
    let is_one = scheme.eq_ignore_ascii_case("file://")
        && !server.is_empty()
        && !server.contains([':', '|'])
        && !path.is_empty();
    is_one.then(|| format!("//{rest}"))
}

/// Whether a path begins with a drive of Windows.
fn has_drive(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && matches!(bytes.next(), Some(b':' | b'|'))
        && matches!(bytes.next(), Some(b'/' | b'\\'))
}

fn with_large_drive(path: &str) -> String {
    match path.split_at_checked(1) {
        Some((drive, rest)) if has_drive(path) => drive.to_ascii_uppercase() + rest,
        _ => path.to_owned(),
    }
}

/// Whether a path is absolute, here or on Windows.
pub(super) fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || has_drive(path)
}

/// What of a path is inside of a folder.
pub(super) fn inside<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder.trim_end_matches('/'))?
        .strip_prefix('/')
}

/// Takes out `.` and `..` without asking the file system; `None` for a path that leaves the folder
/// or is absolute.
pub(super) fn normal(path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(known: &'static [&'static str]) -> Paths<'static> {
        Paths {
            folder: String::new(),
            default: None,
            foreign: None,
            roots: vec!["/tmp/stage".into()],
            aliases: HashMap::from([(
                "newgate-alias-1.py".to_owned(),
                RepoPath::new(b"\xff.py".to_vec()),
            )]),
            known: Box::new(move |p| known.iter().any(|k| p.as_bytes() == k.as_bytes())),
            content: None,
        }
    }

    #[test]
    fn every_way_to_write_a_path_leads_to_the_file() {
        let p = paths(&["a b/ü.py", "c%20d.py", "-x.py", "e f.py", "e%20f.py"]);
        for (written, path) in [
            ("a b/ü.py", "a b/ü.py"),
            ("./a%20b/%C3%BC.py", "a b/ü.py"),
            ("file:///tmp/stage/a%20b/ü.py", "a b/ü.py"),
            ("/tmp/stage/-x.py", "-x.py"),
            ("c%2520d.py", "c%20d.py"),
            ("e%20f.py", "e f.py"),
            ("z/../-x.py", "-x.py"),
            ("a b\\ü.py", "a b/ü.py"),
            (".\\a%20b\\ü.py", "a b/ü.py"),
            ("file:-x.py", "-x.py"),
            ("file://-x.py", "-x.py"),
            ("FILE:/tmp/stage/-x.py", "-x.py"),
            ("file://localhost/tmp/stage/-x.py", "-x.py"),
        ] {
            assert_eq!(
                p.resolve(written, true),
                Some(RepoPath::from(path)),
                "{written}"
            );
        }
        assert_eq!(
            p.resolve("./newgate-alias-1.py", false),
            Some(RepoPath::new(b"\xff.py".to_vec()))
        );
    }

    #[test]
    fn a_folder_of_windows_is_one_in_every_spelling() {
        let p = Paths {
            roots: vec!["c:\\Users\\ci\\proj".into()],
            ..paths(&["src/a.py"])
        };
        for written in [
            r"C:\Users\ci\proj\src\a.py",
            "c:/Users/ci/proj/src/a.py",
            "file:///C:/Users/ci/proj/src/a.py",
            "file:///c%3A/Users/ci/proj/src/a.py",
            "file:///C|/Users/ci/proj/src/a.py",
            "file://C:/Users/ci/proj/src/a.py",
            "file:C:/Users/ci/proj/src/a.py",
        ] {
            let path = p.resolve(written, true).map(|p| p.to_string());
            assert_eq!(path.as_deref(), Some("src/a.py"), "{written}");
        }
        assert_eq!(p.resolve(r"D:\Users\ci\proj\src\a.py", true), None);
        // Here a name may have a backslash.
        let verbatim = paths(&["src\\a.py", "src/a.py"]);
        let path = verbatim.resolve("src\\a.py", true).map(|p| p.to_string());
        assert_eq!(path.as_deref(), Some("src\\a.py"));
    }

    #[test]
    fn a_name_that_is_no_uri_is_taken_as_it_stands() {
        let p = paths(&["e f.py", "e%20f.py"]);
        assert_eq!(
            p.resolve("e%20f.py", false),
            Some(RepoPath::from("e%20f.py"))
        );
    }

    #[test]
    fn paths_that_leave_the_folder_or_are_not_there_are_no_paths() {
        let p = paths(&["etc/passwd"]);
        for written in [
            "../etc/passwd",
            "/etc/passwd",
            "a/../../etc/passwd",
            "nothing.py",
            "",
        ] {
            assert_eq!(p.resolve(written, true), None, "{written}");
        }
    }
}
