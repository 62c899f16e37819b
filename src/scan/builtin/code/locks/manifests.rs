//! The files beside a lock file that say where packages may come from.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::address::owner_of;

/// Their names.
const MANIFESTS: [&str; 10] = [
    "package.json",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "pnpm-workspace.yaml",
    "pyproject.toml",
    "uv.toml",
    "Pipfile",
    "composer.json",
    "bunfig.toml",
];

/// These files, read once they are asked for.
pub(super) struct Manifests<'m> {
    content: &'m dyn Fn(&str) -> Option<Vec<u8>>,
    read: OnceCell<(String, BTreeSet<String>)>,
}

impl<'m> Manifests<'m> {
    /// Those beside a lock file, by what gives the content of a file there.
    pub(super) fn new(content: &'m dyn Fn(&str) -> Option<Vec<u8>>) -> Manifests<'m> {
        let read = OnceCell::new();
        Manifests { content, read }
    }

    /// Their text in lower case, and the names of hosts and the like in it.
    fn read(&self) -> &(String, BTreeSet<String>) {
        self.read.get_or_init(|| {
            let mut text = String::new();
            for content in MANIFESTS.iter().filter_map(|name| (self.content)(name)) {
                text.push_str(&String::from_utf8_lossy(&content).to_ascii_lowercase());
                text.push('\n');
            }
            let of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
            let words = text.split(|c| !of_name(c)).filter(|w| w.contains('.'));
            let words = words.map(str::to_owned).collect();
            (text, words)
        })
    }

    /// Whether they name a host, or another one of its owner's.
    pub(super) fn name_host(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let all = &self.read().1;
        all.contains(name)
            || owner_of(name).is_some_and(|o| all.iter().any(|n| owner_of(n) == Some(o)))
    }

    /// Whether they name a repository, by its owner and name.
    pub(super) fn name_repository(&self, url: &str) -> bool {
        let place = url.split(['#', '?']).next().unwrap_or(url);
        let parts = place.split(['/', ':']).skip_while(|p| !p.contains('.'));
        let parts: Vec<&str> = parts.skip(1).take(2).collect();
        let [owner, name] = parts.as_slice() else {
            return false;
        };
        let name = name.strip_suffix(".git").unwrap_or(name);
        let place = format!("{owner}/{name}").to_ascii_lowercase();
        self.read().0.contains(&place)
    }
}
