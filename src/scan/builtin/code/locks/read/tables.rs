//! The lock files in TOML, with a table for each package: cargo, poetry, uv, pdm.

use toml::Value;

use super::super::Entry;

pub(super) fn packages(root: &Value, all: &mut Vec<Entry>) {
    // Poetry's files of old, by the name of the package alone.
    let files = root.get("metadata").and_then(|m| m.get("files"));
    for (name, files) in files.and_then(Value::as_table).into_iter().flatten() {
        for file in files.as_array().into_iter().flatten() {
            let text = |key: &str| file.get(key).and_then(Value::as_str);
            if let (Some(file), Some(hash)) = (text("file"), text("hash")) {
                all.push(Entry::hashed(name.clone(), file, hash));
            }
        }
    }
    for list in ["package", "packages"] {
        let packages = root.get(list).and_then(Value::as_array);
        for package in packages.into_iter().flatten() {
            let text = |key: &str| package.get(key).and_then(Value::as_str);
            let name = text("name").unwrap_or_default();
            let version = text("version").unwrap_or_default();
            let source = package.get("source");
            let vcs = source.and_then(Value::as_str);
            let vcs = vcs.is_some_and(|s| s.starts_with("git+"));
            let kind = source.and_then(|s| s.get("type")).and_then(Value::as_str);
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
                let text = |key: &str| value.get(key).and_then(Value::as_str);
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
                    Value::Table(table) => open.extend(table.values()),
                    Value::Array(list) => open.extend(list),
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
