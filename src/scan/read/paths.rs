//! Paths as scanners write them: relative, with `./`, absolute, as URIs, percent-encoded or not.

use std::cell::OnceCell;
use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use crate::model::RepoPath;

/// Turns what a scanner writes into a path of the repository.
pub struct Paths<'a> {
    /// The folder of the repository that relative paths start from, without a trailing `/`; empty
    /// for its root.
    pub folder: String,
    /// The file that a result is about which names none.
    pub default: Option<RepoPath>,
    /// Folders that absolute paths may lie in, without a trailing `/`.
    pub roots: Vec<String>,
    /// Names that stand for paths that a scanner could not be given as they are.
    pub aliases: HashMap<String, RepoPath>,
    /// The folder that absolute paths lie in on the machine that wrote them, once one of them was
    /// recognised by its end; absent where such a folder may not be guessed.
    pub learned: Option<OnceCell<String>>,
    /// Whether the repository has a file at a path; decides between readings of an encoded name.
    pub known: Box<dyn Fn(&RepoPath) -> bool + 'a>,
}

impl std::fmt::Debug for Paths<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paths")
            .field("roots", &self.roots)
            .finish_non_exhaustive()
    }
}

impl Paths<'_> {
    /// Paths below one folder, in which every name is taken as one of a file.
    pub fn in_root(root: &str) -> Paths<'static> {
        Paths {
            folder: String::new(),
            default: None,
            roots: vec![root.trim_end_matches('/').to_owned()],
            aliases: HashMap::new(),
            learned: None,
            known: Box::new(|_| true),
        }
    }

    /// The path of an absolute one that lies in another machine's folder: the longest end of it that
    /// is a file here. The first one tells the folder; the others must lie in it too.
    fn by_its_end(&self, absolute: &str) -> Option<RepoPath> {
        let learned = self.learned.as_ref()?;
        if let Some(root) = learned.get() {
            let inside = absolute.strip_prefix(root.as_str())?.strip_prefix('/')?;
            return Some(RepoPath::from(normal(inside)?.as_str())).filter(|p| (self.known)(p));
        }
        for (at, _) in absolute.match_indices('/') {
            let halves = absolute.split_at_checked(at);
            let Some((root, end)) = halves.and_then(|(r, e)| Some((r, e.strip_prefix('/')?)))
            else {
                continue;
            };
            let Some(end) = normal(end) else {
                continue;
            };
            let path = RepoPath::from(end.as_str());
            if (self.known)(&path) {
                let _ = learned.set(root.to_owned());
                return Some(path);
            }
        }
        None
    }

    /// The repository's path for what a scanner wrote; `None` if there is no such file.
    ///
    /// A URI is decoded; where that leads nowhere it is taken as it stands, since some tools write
    /// names unencoded. A name that is no URI is never decoded.
    pub fn resolve(&self, written: &str, uri: bool) -> Option<RepoPath> {
        let decoded = percent_decode_str(written).decode_utf8().ok();
        let decoded = decoded.filter(|_| uri).map(std::borrow::Cow::into_owned);
        let readings = [decoded, Some(written.to_owned())];
        for reading in readings.into_iter().flatten() {
            let mut rest = reading.as_str();
            if let Some(uri) = rest.strip_prefix("file:") {
                rest = uri.strip_prefix("//").unwrap_or(uri);
            }
            let mut inside = self.roots.iter().filter_map(|root| {
                let inside = rest.strip_prefix(root.as_str())?.strip_prefix('/')?;
                Some(inside)
            });
            let here = match inside.next() {
                Some(inside) => normal(inside),
                None if self.folder.is_empty() => normal(rest),
                None if rest.starts_with('/') => None,
                None => normal(&format!("{}/{rest}", self.folder)),
            };
            let Some(plain) = here else {
                // `file:///C:/x` has a drive after the slash.
                if (rest.starts_with('/') || rest.get(1..3) == Some(":/"))
                    && let Some(path) = self.by_its_end(rest)
                {
                    return Some(path);
                }
                continue;
            };
            if let Some(path) = self.aliases.get(&plain) {
                return Some(path.clone());
            }
            let path = RepoPath::from(plain.as_str());
            if (self.known)(&path) {
                return Some(path);
            }
        }
        None
    }
}

/// Takes out `.` and `..` without asking the file system; `None` for a path that leaves the folder
/// or is absolute.
fn normal(path: &str) -> Option<String> {
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
            learned: None,
            roots: vec!["/tmp/stage".into()],
            aliases: HashMap::from([(
                "newgate-alias-1.py".to_owned(),
                RepoPath::new(b"\xff.py".to_vec()),
            )]),
            known: Box::new(move |p| known.iter().any(|k| p.as_bytes() == k.as_bytes())),
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
    fn another_machines_folder_is_learned_once() {
        let p = Paths {
            learned: Some(OnceCell::new()),
            ..paths(&["src/a.py", "src/b.py", "a.py"])
        };
        let path = |text: &str| p.resolve(text, true).map(|p| p.to_string());
        assert_eq!(path("/builds/x/src/a.py").as_deref(), Some("src/a.py"));
        assert_eq!(
            path("file:///builds/x/src/b.py").as_deref(),
            Some("src/b.py")
        );
        assert_eq!(path("/usr/lib/a.py"), None);
        assert_eq!(paths(&["a.py"]).resolve("/usr/lib/a.py", true), None);
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
