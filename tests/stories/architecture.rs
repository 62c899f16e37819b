//! Which module may use which: dependencies point down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// For each module, the modules that it may use besides itself.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("environment", &[]),
    ("error", &[]),
    ("cache", &["environment", "model"]),
    ("compare", &["model"]),
    ("policy", &["model"]),
    ("report", &["model"]),
    ("process", &["environment", "model"]),
    ("git", &["error", "environment", "model", "process"]),
    ("config", &["model", "policy"]),
    (
        "scan",
        &["cache", "environment", "error", "git", "model", "process"],
    ),
    (
        "gate",
        &[
            "cache",
            "compare",
            "config",
            "environment",
            "error",
            "git",
            "model",
            "policy",
            "scan",
        ],
    ),
    (
        "cli",
        &[
            "cache",
            "compare",
            "config",
            "environment",
            "error",
            "gate",
            "git",
            "model",
            "policy",
            "process",
            "report",
            "scan",
        ],
    ),
];

/// Words that tell of input, output, a clock or the environment.
const NO_IO: [&str; 7] = [
    "std::fs",
    "std::env",
    "std::io",
    "std::time",
    "std::process",
    "std::net",
    "git2",
];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            // What tests use is their own affair.
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            found.push((path.display().to_string(), code));
        }
    }
}

fn by_module() -> BTreeMap<String, Vec<(String, String)>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "main" || name == "lib" {
            continue;
        }
        let mut found = Vec::new();
        if path.is_dir() {
            sources(&path, &mut found);
            found.retain(|(p, _)| !p.ends_with("tests.rs"));
        } else {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
        modules.insert(name, found);
    }
    modules
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let modules = by_module();
    let named: Vec<&str> = MAY_USE.iter().map(|(m, _)| *m).collect();
    let mut wrong = Vec::new();
    for (module, files) in &modules {
        let Some((_, allowed)) = MAY_USE.iter().find(|(m, _)| m == module) else {
            panic!("`{module}` has no row in this test");
        };
        for (path, code) in files {
            for used in code.split("crate::").skip(1) {
                let used: String = used
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let known = named.contains(&used.as_str());
                if known && used != *module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{path} uses `{used}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_pure_modules_have_no_input_and_no_output() {
    let modules = by_module();
    for module in ["model", "compare", "policy", "report"] {
        for (path, code) in &modules[module] {
            for word in NO_IO {
                assert!(!code.contains(word), "{path} uses `{word}`");
            }
        }
    }
}

#[test]
fn the_program_itself_is_short() {
    let main =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 60);
}

/// The codes of the enums of a source file, as serde writes their variants.
fn codes(text: &str) -> Vec<String> {
    let variants = text.lines().filter_map(|line| {
        let variant = line.strip_prefix("    ")?;
        let end = variant.find([' ', ','])?;
        let (name, rest) = variant.split_at(end);
        let is_variant = name.starts_with(char::is_uppercase)
            && name.chars().all(char::is_alphanumeric)
            && (rest == "," || rest == " {");
        is_variant.then_some(name)
    });
    let kebab = |name: &str| {
        let mut code = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !code.is_empty() {
                code.push('-');
            }
            code.extend(letter.to_lowercase());
        }
        code
    };
    variants.map(kebab).collect()
}

#[test]
fn every_code_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let (page, schema) = (read("docs/codes.md"), read("docs/report.schema.json"));
    let mut all = codes(&read("src/model/note.rs"));
    all.extend(codes(&read("src/model/ruling.rs")));
    assert!(all.len() > 50, "{all:?}");
    for code in all {
        assert!(page.contains(&format!("`{code}`")), "{code}");
        // Why the change's own configuration counts is a parameter of a note.
        let listed = code == "target-has-none" || schema.contains(&format!("\"{code}\""));
        assert!(listed, "{code}");
    }
}
