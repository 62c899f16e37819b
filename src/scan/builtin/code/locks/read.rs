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
    /// pip: `name==version` and `--hash`.
    Requirements,
    /// NuGet: `packages.lock.json`.
    Nuget,
    /// Deno.
    Deno,
    /// Nix: `flake.lock`.
    Flake,
    /// Swift: `Package.resolved`.
    Swift,
    /// Dart: YAML.
    Dart,
    /// Mix: a line for each package.
    Mix,
    /// Terraform: `.terraform.lock.hcl`.
    Terraform,
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
        b"packages.lock.json" => Format::Nuget,
        b"deno.lock" => Format::Deno,
        b"flake.lock" => Format::Flake,
        b"Package.resolved" => Format::Swift,
        b"pubspec.lock" => Format::Dart,
        b"mix.lock" => Format::Mix,
        b".terraform.lock.hcl" => Format::Terraform,
        _ if name.starts_with(b"requirements") && name.ends_with(b".txt") => Format::Requirements,
        // `pylock.NAME.toml` (PEP 751)
        _ if name.starts_with(b"pylock.") && name.ends_with(b".toml") => Format::Toml,
        _ => return None,
    })
}

/// The entries of a file.
///
/// # Errors
/// It is not of its format; says why.
pub(super) fn entries(format: Format, text: &str) -> Result<Vec<Entry>, String> {
    let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|e| e.to_string());
    let mut all = Vec::new();
    match format {
        Format::Npm => npm(&json(text)?, &mut all),
        Format::Yarn if is_berry(text) => match yarn_is_usual(text) {
            true => yarn(text, &mut all),
            false => berry(&yaml(text)?, &mut all),
        },
        Format::Yarn if text.contains("\\u") => return Err("it has escapes".into()),
        Format::Yarn => yarn(text, &mut all),
        Format::Pnpm => match pnpm_is_usual(text) {
            true => pnpm(text, &mut all),
            false => pnpm_as_yaml(&yaml(text)?, &mut all),
        },
        Format::Bun => bun(&json(&without_comments(text))?, &mut all),
        Format::Toml => toml(
            &toml::from_str(text).map_err(|e| e.message().to_owned())?,
            &mut all,
        ),
        Format::Go => go(text, &mut all),
        Format::Composer => composer(&json(text)?, &mut all),
        Format::Pipenv => pipenv(&json(text)?, &mut all),
        Format::Bundler => bundler(text, &mut all),
        Format::Requirements => requirements(text, &mut all),
        Format::Nuget => nuget(&json(text)?, &mut all),
        Format::Deno => deno(&json(text)?, &mut all),
        Format::Flake => flake(&json(text)?, &mut all),
        Format::Swift => swift(&json(text)?, &mut all),
        Format::Dart => dart(&yaml(text)?, &mut all),
        Format::Mix => mix(text, &mut all),
        Format::Terraform => terraform(text, &mut all),
    }
    Ok(all)
}

/// Any YAML. What package managers write is read by lines, which is faster, and without limits to its size.
fn yaml(text: &str) -> Result<Value, String> {
    ast_grep_config::from_str(text).map_err(|e| e.to_string())
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
        npm_entry(name, package, all);
        // One under another name is a package of either.
        if let Some(stated) = text_at(package, "name").filter(|stated| *stated != name) {
            npm_entry(stated, package, all);
        }
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

/// Whether a file of yarn is YAML, as it is from version 2 on.
fn is_berry(text: &str) -> bool {
    let is_head = |l: &&str| l.starts_with('#') || l.trim().is_empty();
    let mut head = text.lines().take_while(is_head);
    !head.any(|l| l.trim_start_matches('#').trim() == "yarn lockfile v1")
}

/// Whether a file is as yarn writes it from version 2 on, so that its lines can be read.
fn yarn_is_usual(text: &str) -> bool {
    let is_usual = |line: &str| match line.trim_start() {
        "" => true,
        _ if line.starts_with('#') => true,
        // What is further in belongs to the dependencies.
        _ if line.starts_with("    ") => !line.contains("checksum"),
        rest if line.starts_with("  ") => !rest.starts_with(['"', '\'', '?', '-', '{', ' ']),
        _ => line.ends_with(':') && !line.starts_with(['?', '-', '{']),
    };
    !text.contains(['\\', '\t', '&']) && text.lines().all(is_usual)
}

/// The same as YAML.
fn berry(root: &Value, all: &mut Vec<Entry>) {
    let cache = root.get("__metadata").and_then(|m| m.get("cacheKey"));
    let cache = cache.map_or(String::new(), |c| match c {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    for (head, package) in root.as_object().into_iter().flatten() {
        let version = match package.get("version") {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => continue,
        };
        let mut entry = Entry::default();
        if let Some(checksum) = text_at(package, "checksum") {
            entry.hashes.push(checksum_of(checksum, &cache));
        }
        of_head(head, &version, &entry, all);
    }
}

fn checksum_of(value: &str, cache: &str) -> (String, String) {
    let (key, hash) = value.split_once('/').unwrap_or((cache, value));
    // It depends on how the cache packs, which the key tells.
    (format!("checksum {key}"), hash.to_owned())
}

/// Adds an entry for each name of a package that it answers: `"a@^1, a@^2, b@npm:a@^2"`.
fn of_head(head: &str, version: &str, entry: &Entry, all: &mut Vec<Entry>) {
    let mut names: Vec<&str> = Vec::new();
    let mut declared = false;
    for one in head.split(',') {
        let one = one.trim().trim_matches('"');
        let at = one.get(1..).and_then(|rest| rest.find('@'));
        let name = at.and_then(|at| one.get(..=at)).unwrap_or(one);
        let wanted = one.get(name.len()..).unwrap_or_default();
        let places = [
            "://",
            "git@",
            "github:",
            "/",
            "file:",
            "link:",
            "patch:",
            "workspace:",
        ];
        declared |= places.iter().any(|w| wanted.contains(w)) && !wanted.starts_with("@npm:");
        // Under another name: `a@npm:b@^1`.
        let real = wanted
            .strip_prefix("@npm:")
            .and_then(|w| w.rsplit_once('@'));
        let real = real.map(|(real, _)| real).filter(|real| !real.is_empty());
        for name in [Some(name), real].into_iter().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    for name in names {
        all.push(Entry {
            package: format!("{name} {version}"),
            declared,
            ..entry.clone()
        });
    }
}

/// Blocks that begin with the requirements that they answer.
fn yarn(text: &str, all: &mut Vec<Entry>) {
    let cache = text
        .lines()
        .find_map(|l| l.trim().strip_prefix("cacheKey: "));
    let cache = cache.unwrap_or_default();
    let mut current: Option<(&str, &str, Entry)> = None;
    for line in text.lines().chain(["end:"]) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            if let Some((head, version, entry)) = current.take() {
                of_head(head, version, &entry, all);
            }
            current = Some((line.trim_end().trim_end_matches(':'), "", Entry::default()));
            continue;
        }
        // What is further in belongs to the dependencies.
        if line.starts_with("   ") {
            continue;
        }
        let Some((_, version, entry)) = &mut current else {
            continue;
        };
        let line = line.trim();
        let (key, value) = line.split_once([' ', ':', '\t']).unwrap_or((line, ""));
        let value = value.trim_matches([' ', ':', '\t']).trim_matches('"');
        match key.trim_matches('"') {
            "version" => *version = value,
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
            "checksum" => entry.hashes.push(checksum_of(value, cache)),
            _ => {}
        }
    }
}

/// Whether a file is as pnpm writes it, so that its lines can be read: a package's key, and its `resolution` in the next
/// line.
fn pnpm_is_usual(text: &str) -> bool {
    let mut before = "";
    for line in text.lines() {
        let (key, value) = line.split_once(": ").unwrap_or((line, ""));
        if key == "    resolution" {
            let is_key = before.starts_with("  ")
                && !before.starts_with("   ")
                && before.ends_with(':')
                && !before.contains('#');
            let inner = value.strip_prefix('{').and_then(|v| v.strip_suffix('}'));
            if !is_key || inner.is_none_or(|inner| inner.contains(['{', '}', '#'])) {
                return false;
            }
        } else if line.contains("resolution") {
            let ends = [':', ' ', '"', '\''];
            let mut after = line.match_indices("resolution").map(|(at, w)| at + w.len());
            let is_key = |at: usize| line.get(at..).is_some_and(|rest| rest.starts_with(ends));
            if after.any(is_key) {
                return false;
            }
        }
        before = line;
    }
    let begins = text.strip_prefix("---\n").unwrap_or(text);
    !text.contains(['\\', '\t', '&']) && begins.starts_with("lockfileVersion:")
}

/// `name@version:` two in, and `resolution: {..}` below.
fn pnpm(text: &str, all: &mut Vec<Entry>) {
    let mut package = "";
    for line in text.lines() {
        if let Some(resolution) = line.strip_prefix("    resolution: ") {
            let value = |key: &str| {
                let (_, rest) = resolution.split_once(key)?;
                let end = rest.find([',', '}', ' ']).unwrap_or(rest.len());
                rest.get(..end).map(|v| v.trim_matches(['\'', '"']))
            };
            pnpm_entry(package, value("integrity: "), value("tarball: "), all);
        } else if let Some(key) = line.strip_prefix("  ").filter(|l| l.ends_with(':')) {
            package = key.trim_end_matches(':').trim_matches(['\'', '"']);
        }
    }
}

/// The same as YAML.
fn pnpm_as_yaml(root: &Value, all: &mut Vec<Entry>) {
    let packages = root.get("packages").and_then(Value::as_object);
    for (package, said) in packages.into_iter().flatten() {
        let Some(resolution) = said.get("resolution") else {
            continue;
        };
        let value = |key| text_at(resolution, key);
        pnpm_entry(package, value("integrity"), value("tarball"), all);
    }
}

fn pnpm_entry(package: &str, hash: Option<&str>, url: Option<&str>, all: &mut Vec<Entry>) {
    let package = package.trim_start_matches('/');
    all.push(Entry {
        package: package.replacen('@', " ", usize::from(!package.starts_with('@'))),
        url: url.map(str::to_owned),
        hashes: integrity(hash.unwrap_or_default()),
        declared: package.contains("://") || package.contains("file:"),
    });
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
    // Poetry's files of old, by the name of the package alone.
    let files = root.get("metadata").and_then(|m| m.get("files"));
    for (name, files) in files.and_then(toml::Value::as_table).into_iter().flatten() {
        for file in files.as_array().into_iter().flatten() {
            let text = |key: &str| file.get(key).and_then(toml::Value::as_str);
            if let (Some(file), Some(hash)) = (text("file"), text("hash")) {
                all.push(Entry {
                    package: name.clone(),
                    hashes: vec![(file.to_owned(), hash.to_owned())],
                    ..Entry::default()
                });
            }
        }
    }
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
            // What is installed where its history is wanted too.
            let source = package.get("source").and_then(|s| text_at(s, "reference"));
            let source = source.filter(|v| !v.is_empty() && !moves);
            hashes.extend(source.map(|v| ("source".to_owned(), v.to_owned())));
            let url = text_at(dist, "url").map(str::to_owned);
            let kind = text_at(dist, "type").unwrap_or_default();
            all.push(Entry {
                package: format!("{name} {version}"),
                // Its commit is a part of the address, so the address itself says nothing.
                url: url
                    .as_deref()
                    .and_then(super::host_of)
                    // Packagist lists packages of all of these.
                    .filter(|h| h != "codeberg.org" && !super::FORGES.contains(&h.as_str()))
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
                hashes: hashes
                    .map(|h| (super::FILES.into(), h.to_owned()))
                    .collect(),
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

/// An entry with hashes and no address.
fn hashed(package: String, hashes: Vec<(String, String)>) -> Entry {
    Entry {
        package,
        hashes,
        ..Entry::default()
    }
}

/// <https://pip.pypa.io/en/stable/topics/secure-installs/>
fn requirements(text: &str, all: &mut Vec<Entry>) {
    let mut package = String::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or(line);
        if let Some((name, rest)) = line
            .split_once("==")
            .filter(|_| !line.starts_with([' ', '#']))
        {
            let version = rest.split([' ', ';', '\\']).next().unwrap_or_default();
            package = format!("{} {version}", name.trim().to_ascii_lowercase());
        }
        for hash in line.split("--hash=").skip(1) {
            let hash = hash.split([' ', '\\']).next().unwrap_or_default();
            all.push(hashed(
                package.clone(),
                vec![(super::FILES.into(), hash.to_owned())],
            ));
        }
    }
}

/// <https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files>
fn nuget(root: &Value, all: &mut Vec<Entry>) {
    let targets = root.get("dependencies").and_then(Value::as_object);
    for target in targets.into_iter().flatten() {
        for (name, package) in target.1.as_object().into_iter().flatten() {
            let version = text_at(package, "resolved").unwrap_or_default();
            if let Some(hash) = text_at(package, "contentHash") {
                let hashes = vec![("content".to_owned(), hash.to_owned())];
                all.push(hashed(format!("{name} {version}"), hashes));
            }
        }
    }
}

fn deno(root: &Value, all: &mut Vec<Entry>) {
    let packages = root.get("packages").unwrap_or(&Value::Null);
    for list in ["npm", "jsr"]
        .iter()
        .flat_map(|k| [root.get(*k), packages.get(*k)])
    {
        for (name, package) in list.and_then(Value::as_object).into_iter().flatten() {
            if let Some(hash) = text_at(package, "integrity") {
                let hashes = vec![("integrity".to_owned(), hash.to_owned())];
                all.push(hashed(
                    name.replacen('@', " ", usize::from(!name.starts_with('@'))),
                    hashes,
                ));
            }
        }
    }
    let remote = root.get("remote").and_then(Value::as_object);
    for (url, hash) in remote.into_iter().flatten() {
        // What has no version in its address may change.
        let hash = hash.as_str().filter(|_| url.contains('@'));
        let hashes = hash.map(|h| ("sha256".to_owned(), h.to_owned()));
        all.push(hashed(url.clone(), hashes.into_iter().collect()));
    }
}

/// <https://nix.dev/manual/nix/stable/command-ref/new-cli/nix3-flake#lock-files>
fn flake(root: &Value, all: &mut Vec<Entry>) {
    let nodes = root.get("nodes").and_then(Value::as_object);
    for (name, node) in nodes.into_iter().flatten() {
        let locked = node.get("locked").unwrap_or(&Value::Null);
        if let (Some(rev), Some(hash)) = (text_at(locked, "rev"), text_at(locked, "narHash")) {
            let hashes = vec![("narHash".to_owned(), hash.to_owned())];
            all.push(hashed(format!("{name} {rev}"), hashes));
        }
    }
}

fn swift(root: &Value, all: &mut Vec<Entry>) {
    let pins = root.get("object").unwrap_or(root).get("pins");
    for pin in pins.and_then(Value::as_array).into_iter().flatten() {
        let name = text_at(pin, "identity").or(text_at(pin, "package"));
        let state = pin.get("state").unwrap_or(&Value::Null);
        if let (Some(version), Some(hash)) = (text_at(state, "version"), text_at(state, "revision"))
        {
            let package = format!("{} {version}", name.unwrap_or_default());
            all.push(hashed(
                package,
                vec![("revision".to_owned(), hash.to_owned())],
            ));
        }
    }
}

fn dart(root: &Value, all: &mut Vec<Entry>) {
    let packages = root.get("packages").and_then(Value::as_object);
    for (name, package) in packages.into_iter().flatten() {
        let said = package.get("description").unwrap_or(&Value::Null);
        let version = text_at(package, "version").unwrap_or_default();
        let hash = text_at(said, "sha256").map(|h| ("sha256".to_owned(), h.to_owned()));
        all.push(Entry {
            package: format!("{name} {version}"),
            url: text_at(said, "url").map(str::to_owned),
            hashes: hash.into_iter().collect(),
            declared: text_at(package, "source").is_some_and(|s| s != "hosted"),
        });
    }
}

/// `"name": {:hex, :name, "version", "hash", [..], .., "hash"},`
fn mix(text: &str, all: &mut Vec<Entry>) {
    for line in text.lines().filter(|l| l.contains("{:hex,")) {
        let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
        if let [name, version, inner, .., outer] = quoted.as_slice() {
            let hashes = [("inner", inner), ("outer", outer)];
            let hashes = hashes.map(|(of, h)| (of.to_owned(), (*h).to_owned()));
            all.push(hashed(format!("{name} {version}"), hashes.to_vec()));
        }
    }
}

/// <https://developer.hashicorp.com/terraform/language/files/dependency-lock>
fn terraform(text: &str, all: &mut Vec<Entry>) {
    let (mut name, mut version) = ("", "");
    for line in text.lines().map(str::trim) {
        let quoted = line.split('"').nth(1).unwrap_or_default();
        if line.starts_with("provider ") {
            (name, version) = (quoted, "");
        } else if line.starts_with("version ") {
            version = quoted;
        } else if let Some((kind, _)) = quoted
            .split_once(':')
            .filter(|(k, _)| matches!(*k, "h1" | "zh"))
        {
            all.push(hashed(
                format!("{name} {version} {kind}"),
                vec![(super::FILES.into(), quoted.to_owned())],
            ));
        }
    }
}
