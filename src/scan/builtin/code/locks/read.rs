//! The entries of lock files.

use serde_json::Value;

use super::Entry;
use crate::model::RepoPath;
use crate::scan::builtin::code::json::without_comments;

/// How a lock file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// npm: `package-lock.json`.
    Npm,
    /// yarn, all versions.
    Yarn,
    /// pnpm: YAML, of which single lines are read.
    Pnpm,
    /// bun: JSON with comments.
    Bun,
    /// Tables `package` with `name` and `version`: cargo, poetry, uv, pdm.
    Toml,
    /// Go: `module version hash` on each line.
    Go,
    /// Composer.
    Composer,
    /// pipenv.
    Pipenv,
    /// Bundler: the section `CHECKSUMS`.
    Bundler,
}

/// The format of a file, by its name.
pub(super) fn format_of(path: &RepoPath) -> Option<Format> {
    let name = path.as_bytes().rsplit(|b| *b == b'/').next()?;
    Some(match name {
        b"package-lock.json" | b"npm-shrinkwrap.json" => Format::Npm,
        b"yarn.lock" => Format::Yarn,
        b"pnpm-lock.yaml" => Format::Pnpm,
        b"bun.lock" => Format::Bun,
        b"Cargo.lock" | b"poetry.lock" | b"uv.lock" | b"pdm.lock" | b"pylock.toml" => Format::Toml,
        b"go.sum" | b"go.work.sum" => Format::Go,
        b"composer.lock" => Format::Composer,
        b"Pipfile.lock" => Format::Pipenv,
        b"Gemfile.lock" | b"gems.locked" => Format::Bundler,
        _ => return None,
    })
}

/// The entries of a file; none where it is not of its format, which its package manager does not read either.
pub(super) fn entries(format: Format, text: &str) -> Option<Vec<Entry>> {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let mut all = Vec::new();
    match format {
        Format::Npm => npm(&json(text)?, &mut all),
        Format::Yarn => yarn(text, &mut all),
        Format::Pnpm => pnpm(text, &mut all),
        Format::Bun => bun(&json(&without_comments(text))?, &mut all),
        Format::Toml => toml(&toml::from_str(text).ok()?, &mut all),
        Format::Go => go(text, &mut all),
        Format::Composer => composer(&json(text)?, &mut all),
        Format::Pipenv => pipenv(&json(text)?, &mut all),
        Format::Bundler => bundler(text, &mut all),
    }
    for entry in &mut all {
        entry.declared |= entry.url.as_deref().is_some_and(is_of_its_own);
    }
    Some(all)
}

/// Whether an address is that of a repository, a folder or an archive of one: its content changes with the commit.
fn is_of_its_own(url: &str) -> bool {
    let begins = ["git", "file:", "link:", "ssh:", "./", "../", "/"];
    let has = ["codeload.github.com/", "/archive/", "/tarball/", ".git#"];
    let commit = url.rsplit(['/', '#', '=']).next().unwrap_or(url);
    begins.iter().any(|b| url.starts_with(b))
        || has.iter().any(|h| url.contains(h))
        || commit.len() == 40
            && !url.contains("/-/")
            && commit.bytes().all(|b| b.is_ascii_hexdigit())
}

/// An integrity value (<https://www.w3.org/TR/SRI/>): several hashes, each with its kind.
fn integrity(text: &str) -> Vec<(String, String)> {
    let all = text.split_ascii_whitespace();
    all.filter_map(|one| {
        let (kind, _) = one.split_once('-')?;
        Some((kind.to_owned(), one.to_owned()))
    })
    .collect()
}

fn text_at<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// <https://docs.npmjs.com/cli/configuring-npm/package-lock-json>
fn npm(root: &Value, all: &mut Vec<Entry>) {
    let packages = root.get("packages").and_then(Value::as_object);
    for (path, package) in packages.into_iter().flatten() {
        // What is not installed below `node_modules` is a folder of the project.
        let Some((_, name)) = path.rsplit_once("node_modules/") else {
            continue;
        };
        npm_entry(text_at(package, "name").unwrap_or(name), package, all);
    }
    let mut open: Vec<&Value> = root.get("dependencies").into_iter().collect();
    while let Some(level) = open.pop() {
        for (name, package) in level.as_object().into_iter().flatten() {
            npm_entry(name, package, all);
            open.extend(package.get("dependencies"));
        }
    }
}

fn npm_entry(name: &str, package: &Value, all: &mut Vec<Entry>) {
    let version = text_at(package, "version").unwrap_or_default();
    let url = text_at(package, "resolved").map(str::to_owned);
    all.push(Entry {
        package: format!("{name} {version}"),
        url,
        hashes: integrity(text_at(package, "integrity").unwrap_or_default()),
        // The version of a dependency that is not a version is where it comes from.
        declared: version.contains([':', '/']) || package.get("link").is_some(),
    });
}

/// Blocks that begin with the requirements that they answer.
fn yarn(text: &str, all: &mut Vec<Entry>) {
    let cache = text
        .lines()
        .find_map(|l| l.trim().strip_prefix("cacheKey: "));
    let cache = cache.unwrap_or_default();
    let mut current: Option<(String, Entry)> = None;
    for line in text.lines().chain(["end:"]) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            all.extend(current.take().map(|(_, entry)| entry));
            let head = line.trim_end_matches(':').trim_matches('"');
            let first = head.split(", ").next().unwrap_or(head).trim_matches('"');
            let at = first.get(1..).and_then(|rest| rest.find('@'));
            let name = at.and_then(|at| first.get(..=at)).unwrap_or(first);
            let wanted = first.get(name.len()..).unwrap_or_default();
            let entry = Entry {
                declared: [
                    "://",
                    "git@",
                    "github:",
                    "/",
                    "file:",
                    "link:",
                    "patch:",
                    "workspace:",
                ]
                .iter()
                .any(|w| wanted.contains(w))
                    && !wanted.starts_with("@npm:"),
                ..Entry::default()
            };
            current = Some((name.to_owned(), entry));
            continue;
        }
        // What is further in belongs to the dependencies.
        if line.starts_with("   ") {
            continue;
        }
        let Some((name, entry)) = &mut current else {
            continue;
        };
        let line = line.trim();
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = value.trim_matches('"');
        match key.trim_end_matches(':') {
            "version" => entry.package = format!("{name} {value}"),
            "resolved" => {
                let (url, hash) = value.split_once('#').unwrap_or((value, ""));
                entry.url = Some(url.to_owned());
                if hash.len() == 40 && url.contains("/-/") {
                    entry
                        .hashes
                        .push(("sha1 of the archive".into(), hash.to_owned()));
                }
            }
            "integrity" => entry.hashes.extend(integrity(value)),
            // It depends on how the cache packs, which the key tells.
            "checksum" => {
                let (key, hash) = value.split_once('/').unwrap_or((cache, value));
                entry
                    .hashes
                    .push((format!("checksum {key}"), hash.to_owned()));
            }
            _ => {}
        }
    }
}

/// `name@version:` two in, and `resolution: {..}` below.
fn pnpm(text: &str, all: &mut Vec<Entry>) {
    let mut package = "";
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim();
        if indent == 2 && trimmed.ends_with(':') {
            package = trimmed
                .trim_end_matches(':')
                .trim_matches('\'')
                .trim_start_matches('/');
            continue;
        }
        let value = |key: &str| {
            let (_, rest) = trimmed.split_once(key)?;
            let end = rest.find([',', '}', ' ']).unwrap_or(rest.len());
            rest.get(..end).map(|v| v.trim_matches(['\'', '"']))
        };
        let hash = value("integrity: ");
        let url = value("tarball: ");
        if indent < 4 || hash.is_none() && url.is_none() {
            continue;
        }
        all.push(Entry {
            package: package.replacen('@', " ", usize::from(!package.starts_with('@'))),
            url: url.map(str::to_owned),
            hashes: integrity(hash.unwrap_or_default()),
            declared: package.contains("://") || package.contains("file:"),
        });
    }
}

/// <https://bun.sh/docs/install/lockfile>: `"name": ["name@version", "registry", {..}, "sha512-.."]`.
fn bun(root: &Value, all: &mut Vec<Entry>) {
    let packages = root.get("packages").and_then(Value::as_object);
    for list in packages
        .into_iter()
        .flatten()
        .filter_map(|(_, p)| p.as_array())
    {
        let Some(package) = list.first().and_then(Value::as_str) else {
            continue;
        };
        let url = list
            .get(1)
            .and_then(Value::as_str)
            .filter(|u| u.contains("://"));
        let hash = list
            .last()
            .and_then(Value::as_str)
            .filter(|_| list.len() > 2);
        let version = package.rsplit('@').next().unwrap_or_default();
        all.push(Entry {
            package: package.to_owned(),
            url: url.map(str::to_owned),
            hashes: integrity(hash.unwrap_or_default()),
            declared: version.contains([':', '/']),
        });
    }
}

fn toml(root: &toml::Value, all: &mut Vec<Entry>) {
    for list in ["package", "packages"] {
        let packages = root.get(list).and_then(toml::Value::as_array);
        for package in packages.into_iter().flatten() {
            let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
            let name = text("name").unwrap_or_default();
            let version = text("version").unwrap_or_default();
            let source = package.get("source");
            let vcs = source.and_then(toml::Value::as_str);
            let vcs = vcs.is_some_and(|s| s.starts_with("git+"));
            let kind = source
                .and_then(|s| s.get("type"))
                .and_then(toml::Value::as_str);
            let of_its_own = ["git", "url", "path", "directory", "editable", "virtual"];
            let declared = vcs
                || kind.is_some_and(|k| of_its_own.contains(&k))
                || of_its_own
                    .iter()
                    .any(|k| source.is_some_and(|s| s.get(k).is_some()))
                || version.is_empty();
            let start = all.len();
            let mut open = vec![package];
            while let Some(value) = open.pop() {
                let text = |key: &str| value.get(key).and_then(toml::Value::as_str);
                let hash = text("hash").or_else(|| text("checksum"));
                let url = text("url");
                let file = text("file").or(url).unwrap_or_default();
                let file = file.rsplit('/').next().unwrap_or(file);
                if hash.is_some() || url.is_some() {
                    let hash = hash.map(|h| (file.to_owned(), h.to_owned()));
                    all.push(Entry {
                        package: format!("{name} {version}"),
                        url: url.map(str::to_owned),
                        hashes: hash.into_iter().collect(),
                        declared,
                    });
                }
                match value {
                    toml::Value::Table(table) => open.extend(table.values()),
                    toml::Value::Array(list) => open.extend(list),
                    _ => {}
                }
            }
            // An address of a source that is read as that of a file stands for the package all the same.
            all.get_mut(start..).into_iter().flatten().for_each(|e| {
                e.declared |= declared;
            });
        }
    }
}

/// <https://go.dev/ref/mod#go-sum-files>
fn go(text: &str, all: &mut Vec<Entry>) {
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        if let (Some(module), Some(version), Some(hash)) =
            (words.next(), words.next(), words.next())
        {
            all.push(Entry {
                package: format!("{module} {version}"),
                hashes: vec![("h1".into(), hash.to_owned())],
                ..Entry::default()
            });
        }
    }
}

fn composer(root: &Value, all: &mut Vec<Entry>) {
    for list in ["packages", "packages-dev"] {
        for package in root
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = text_at(package, "name").unwrap_or_default();
            let version = text_at(package, "version").unwrap_or_default();
            let moves = version.starts_with("dev-") || version.ends_with("-dev");
            let dist = package.get("dist").unwrap_or(&Value::Null);
            let mut hashes = Vec::new();
            for (of, key) in [("sha1", "shasum"), ("commit", "reference")] {
                let value = text_at(dist, key).filter(|v| !v.is_empty() && !moves);
                hashes.extend(value.map(|v| (of.to_owned(), v.to_owned())));
            }
            let url = text_at(dist, "url").map(str::to_owned);
            let kind = text_at(dist, "type").unwrap_or_default();
            all.push(Entry {
                package: format!("{name} {version}"),
                // Its commit is a part of the address, so the address itself says nothing.
                url: url
                    .as_deref()
                    .and_then(super::host_of)
                    .map(|h| format!("https://{h}/")),
                hashes,
                declared: kind == "path" || moves,
            });
        }
    }
}

fn pipenv(root: &Value, all: &mut Vec<Entry>) {
    for list in ["default", "develop"] {
        for (name, package) in root
            .get(list)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let version = text_at(package, "version").unwrap_or_default();
            let hashes = package.get("hashes").and_then(Value::as_array);
            let hashes = hashes.into_iter().flatten().filter_map(Value::as_str);
            all.push(Entry {
                package: format!("{name} {}", version.trim_start_matches('=')),
                hashes: hashes.map(|h| ("files".into(), h.to_owned())).collect(),
                declared: version.is_empty(),
                ..Entry::default()
            });
        }
    }
}

/// `  name (version) sha256=..`
fn bundler(text: &str, all: &mut Vec<Entry>) {
    let lines = text.lines().skip_while(|l| *l != "CHECKSUMS").skip(1);
    for line in lines.take_while(|l| l.starts_with(' ')) {
        if let Some((package, hashes)) = line.trim().split_once(") ") {
            let hashes = hashes.split(',').filter_map(|h| h.split_once('='));
            all.push(Entry {
                package: package.replace('(', ""),
                hashes: hashes.map(|(k, h)| (k.to_owned(), h.to_owned())).collect(),
                ..Entry::default()
            });
        }
    }
}
