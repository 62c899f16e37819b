//! The pages of the docs that are written from the descriptors.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::list::{install_of, tested_with};
use super::scores::scores;
use super::show::page;
use super::tests::{Fixture, descriptors, root};
use crate::scan::{Catalog, Descriptor, builtin_names};

/// The pages that are written from descriptors: path and text.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    for name in builtin_names() {
        let descriptor = Catalog::default().get(name).unwrap().unwrap();
        pages.insert(
            root().join(format!("docs/scanners/{name}.md")),
            page(&descriptor),
        );
    }
    let scanners = root().join("docs/scanners.md");
    let text = fs::read_to_string(&scanners).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    pages.insert(
        scanners,
        format!("{before}{BEGIN}\n{}{END}{after}", table()),
    );
    pages.insert(root().join("docs/scores.md"), scores());
    let summary = root().join("docs/SUMMARY.md");
    pages.insert(
        summary.clone(),
        contents(&fs::read_to_string(summary).unwrap()),
    );
    pages
}

/// The table of contents of the book, with a line for each page that is written: scanners, and languages of rules.
fn contents(there: &str) -> String {
    let is_written = |line: &&str| line.contains("](scanners/") || line.contains("](code/");
    let mut lines: Vec<String> = Vec::new();
    for line in there.lines().filter(|l| !is_written(l)) {
        lines.push(line.to_owned());
        if line.ends_with("](scores.md)") {
            lines.extend(builtin_names().map(|n| format!("    - [{n}](scanners/{n}.md)")));
        }
        if line.ends_with("](code.md)") {
            lines.extend(languages());
        }
    }
    lines.join("\n") + "\n"
}

/// A line for each page of `docs/code`, by its heading.
fn languages() -> Vec<String> {
    let files = fs::read_dir(root().join("docs/code"));
    let mut pages: Vec<PathBuf> = files
        .into_iter()
        .flatten()
        .map(|f| f.unwrap().path())
        .collect();
    pages.sort();
    let line = |page: &PathBuf| {
        let text = fs::read_to_string(page).unwrap();
        let heading = text.lines().next().unwrap().trim_start_matches("# ");
        let name = page.file_name().unwrap().to_string_lossy();
        format!("    - [{heading}](code/{name})")
    };
    pages.iter().map(line).collect()
}

const BEGIN: &str = "<!-- written by the tests: begin -->";
const END: &str = "<!-- written by the tests: end -->";

/// The table of all scanners, with how each is installed and was tested.
fn table() -> String {
    let mut out = String::from(
        "| name | finds | install | tested with | findings read |\n| --- | --- | --- | --- | --- |\n",
    );
    let fixtures = Fixture::all();
    for name in builtin_names() {
        let descriptor = Catalog::default().get(name).unwrap().unwrap();
        let own = fixtures.iter().filter(|f| f.scanner == name);
        let read: usize = own
            .filter_map(|f| f.reading().ok())
            .map(|r| r.findings.len())
            .sum();
        let finds = match descriptor.is_format() {
            true => "a format, of any tool",
            false => descriptor.finds(),
        };
        let _ = writeln!(
            out,
            "| [`{name}`](scanners/{name}.md) | {finds} | {} | {} | {read} |",
            install_of(&descriptor),
            tested_with(&descriptor),
        );
    }
    out
}

/// What the catalogue has, in the words of the README and of `docs/scanners.md`.
fn numbers() -> String {
    let all = descriptors();
    let count = |is: &dyn Fn(&Descriptor) -> bool| all.iter().filter(|d| is(d)).count();
    format!(
        "{} scanners and report formats: newgate installs and runs {}, you install {} yourself, and newgate reads the reports of {}",
        all.len(),
        count(&|d| d.install().is_managed()),
        count(&|d| d.program().is_some() && !d.install().is_managed()),
        count(&|d| d.program().is_none()),
    )
}

#[test]
fn the_docs_count_the_catalogue() {
    for file in ["README.md", "docs/scanners.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        let numbers = numbers();
        assert!(words.join(" ").contains(&numbers), "{file}: {numbers}");
    }
}

#[test]
fn the_pages_say_what_the_descriptors_say() {
    for (path, text) in pages() {
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == text,
            "{} is not up to date: `cargo test --lib -- --ignored write_the_pages` writes it",
            path.display()
        );
    }
}

#[test]
#[ignore = "writes docs/SUMMARY.md, docs/scanners.md, docs/scores.md and docs/scanners/*.md"]
fn write_the_pages() {
    fs::create_dir_all(root().join("docs/scanners")).unwrap();
    for (path, text) in pages() {
        fs::write(path, text).unwrap();
    }
}
