//! Paths as scanners write them: relative, with `./`, absolute, as URIs, percent-encoded or not.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use crate::model::RepoPath;

/// Turns what a scanner writes into a path of the repository.
pub struct Paths<'a> {
    /// Folders that absolute paths may lie in, without a trailing `/`.
    pub roots: Vec<String>,
    /// Names that stand for paths that a scanner could not be given as they are.
    pub aliases: HashMap<String, RepoPath>,
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
            for root in &self.roots {
                if let Some(inside) = rest
                    .strip_prefix(root.as_str())
                    .and_then(|r| r.strip_prefix('/'))
                {
                    rest = inside;
                    break;
                }
            }
            let Some(plain) = normal(rest) else {
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
