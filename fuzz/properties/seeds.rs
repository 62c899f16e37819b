//! What fuzzing starts from: the corpus, and the fixtures.

use std::fs;
use std::path::{Path, PathBuf};

/// Longest file that mutations start from, in bytes.
const LONGEST: u64 = 40_000;
/// How many rules of a language have their examples among the seeds.
const EXAMPLES: usize = 8;

/// The inputs that a target starts from, in a fixed order. `root` is the repository.
pub fn seeds(root: &Path, target: &str) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut add = |head: &[u8], path: &Path| {
        if fs::metadata(path).is_ok_and(|m| m.len() <= LONGEST) {
            let content = fs::read(path).expect("the file can be read");
            seeds.push([head, &content].concat());
        }
    };
    for path in files(&root.join("fuzz/corpus").join(target)) {
        add(b"", &path);
    }
    match target {
        "report-of-scanner" => {
            let index = fs::read_to_string(root.join("fixtures/reports/INDEX"));
            for line in index
                .unwrap_or_default()
                .lines()
                .filter(|l| !l.starts_with('#'))
            {
                if let Some((name, scanner)) = line.split_once(' ') {
                    let path = root.join("fixtures/reports").join(name);
                    add(format!("{scanner}\n").as_bytes(), &path);
                }
            }
        }
        "report-unknown" => {
            for path in files(&root.join("fixtures/reports")) {
                if path.extension().is_some_and(|e| e == "json" || e == "xml") {
                    add(b"", &path);
                }
            }
        }
        "descriptor" => {
            for path in files(&root.join("src/scan/catalog")) {
                add(b"", &path);
            }
        }
        "code" => {
            // The first byte chooses the language, in the order of `FILES` in `weaknesses.rs`.
            for (first, language) in [
                (0, "python"),
                (1, "javascript"),
                (2, "javascript"),
                (3, "javascript"),
                (4, "go"),
                (5, "java"),
                (6, "php"),
                (7, "ruby"),
            ] {
                let folder = root.join("src/scan/builtin/code").join(language);
                let examples = files(&folder).into_iter();
                let examples = examples.filter(|p| p.to_string_lossy().ends_with(".test.yml"));
                for path in examples.take(EXAMPLES) {
                    add(&[first], &path);
                }
            }
        }
        "stored-report" => add(b"", &root.join("fuzz/report.json")),
        "comparison" | "redaction" => {
            for path in files(&root.join("fixtures/weaknesses")) {
                add(b"", &path);
            }
        }
        _ => {}
    }
    assert!(!seeds.is_empty(), "`{target}` has no seeds");
    seeds
}

/// The files of a folder and of those in it, in a fixed order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let mut found = Vec::new();
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found.sort();
    found
}
