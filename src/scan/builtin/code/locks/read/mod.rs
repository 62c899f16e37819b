//! The entries of lock files.

mod npm;
mod others;
mod pnpm;
mod python;
mod tables;
mod yarn;

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
        Format::Npm => npm::packages(&json(text)?, &mut all),
        Format::Yarn if yarn::is_berry(text) => match yarn::is_usual(text) {
            true => yarn::by_lines(text, &mut all),
            false => yarn::as_yaml(&yaml(text)?, &mut all),
        },
        Format::Yarn if text.contains("\\u") => return Err("it has escapes".into()),
        Format::Yarn => yarn::by_lines(text, &mut all),
        Format::Pnpm => match pnpm::is_usual(text) {
            true => pnpm::by_lines(text, &mut all),
            false => pnpm::as_yaml(&yaml(text)?, &mut all),
        },
        Format::Bun => npm::bun(&json(&without_comments(text))?, &mut all),
        Format::Toml => tables::packages(
            &toml::from_str(text).map_err(|e| e.message().to_owned())?,
            &mut all,
        ),
        Format::Go => others::go(text, &mut all),
        Format::Composer => others::composer(&json(text)?, &mut all),
        Format::Pipenv => python::pipenv(&json(text)?, &mut all),
        Format::Bundler => others::bundler(text, &mut all),
        Format::Requirements => python::requirements(text, &mut all),
        Format::Nuget => others::nuget(&json(text)?, &mut all),
        Format::Deno => npm::deno(&json(text)?, &mut all),
        Format::Flake => others::flake(&json(text)?, &mut all),
        Format::Swift => others::swift(&json(text)?, &mut all),
        Format::Dart => others::dart(&yaml(text)?, &mut all),
        Format::Mix => others::mix(text, &mut all),
        Format::Terraform => others::terraform(text, &mut all),
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

/// The values of a list, if a value has one under a key.
fn list_at<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    let list = value.get(key).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// The keys and values of a table, if a value has one under a key.
fn table_at<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    let table = value.get(key).and_then(Value::as_object);
    table.into_iter().flatten()
}

/// `name version` of `name@version`; the name itself may begin with a sign.
fn spaced(package: &str) -> String {
    package.replacen('@', " ", usize::from(!package.starts_with('@')))
}
