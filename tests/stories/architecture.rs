//! Which module may use which: dependencies point down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// For each module, the modules that it may use besides itself.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("platform", &[]),
    ("model", &["platform"]),
    ("environment", &[]),
    ("error", &["model"]),
    ("mask", &["model"]),
    ("cache", &["environment", "mask", "model", "platform"]),
    ("compare", &["model"]),
    ("policy", &["model"]),
    ("report", &["model"]),
    ("process", &["environment", "model"]),
    (
        "git",
        &["error", "environment", "model", "platform", "process"],
    ),
    ("config", &["model", "policy"]),
    (
        "scan",
        &[
            "cache",
            "environment",
            "error",
            "git",
            "mask",
            "model",
            "platform",
            "process",
        ],
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
            "mask",
            "model",
            "policy",
            "scan",
        ],
    ),
    (
        "trust",
        &[
            "cache",
            "config",
            "environment",
            "error",
            "gate",
            "git",
            "model",
            "process",
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
            "mask",
            "model",
            "platform",
            "policy",
            "process",
            "report",
            "scan",
            "trust",
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
                // A report may be very long: it is written to what the caller hands in, as it is made.
                let word = match (module, word) {
                    ("report", "std::io") => "io::std",
                    _ => word,
                };
                assert!(!code.contains(word), "{path} uses `{word}`");
            }
        }
    }
}

/// What a port has to write anew lies in two places.
#[test]
fn only_processes_and_the_platform_know_unix() {
    for (module, files) in by_module() {
        if module == "platform" || module == "process" {
            continue;
        }
        for (path, code) in files {
            for word in ["os::unix", "os::fd", "rustix", "signal_hook", "libc::"] {
                assert!(!code.contains(word), "{path} uses `{word}`");
            }
        }
    }
    // What may be told without input and output.
    for (path, code) in &by_module()["model"] {
        for used in code.split("platform::").skip(1) {
            assert!(used.starts_with("as_path("), "{path}");
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
    all.extend(codes(&read("src/model/reason.rs")));
    assert!(all.len() > 50, "{all:?}");
    for code in all {
        assert!(page.contains(&format!("`{code}`")), "{code}");
        // Why the change's own configuration counts, or why a branch stands for another, is a parameter of a
        // note.
        let parameters = [
            "target-has-none",
            "only-branch",
            "local-branch",
            "other-remote",
        ];
        let listed = parameters.contains(&code.as_str()) || schema.contains(&format!("\"{code}\""));
        assert!(listed, "{code}");
    }
}

/// The paths that a `use` or an expression names, with their groups taken apart.
fn paths_of(code: &str) -> Vec<Vec<String>> {
    fn take(prefix: &[String], text: &str, found: &mut Vec<Vec<String>>) {
        let segments = |text: &str| -> Vec<String> {
            let parts = text.split("::").map(str::trim).filter(|p| !p.is_empty());
            parts.map(str::to_owned).collect()
        };
        let Some((before, inside)) = text.split_once('{') else {
            let plain = text.split(" as ").next().unwrap();
            let mut path = prefix.to_vec();
            path.extend(segments(plain));
            found.push(path);
            return;
        };
        let mut start = prefix.to_vec();
        start.extend(segments(before));
        let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
        let (mut depth, mut from) = (0, 0);
        for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if !inside[from..at].trim().is_empty() {
                        take(&start, inside[from..at].trim(), found);
                    }
                    from = at + 1;
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    for item in code.split(';') {
        let used = item.rsplit_once("use ").filter(|(before, _)| {
            let line = before.rsplit('\n').next().unwrap();
            matches!(line.trim(), "" | "pub" | "pub(super)" | "pub(crate)")
        });
        if let Some((_, tree)) = used {
            take(&[], tree, &mut found);
        }
    }
    for start in ["super::", "crate::"] {
        for (at, _) in code.match_indices(start) {
            let end = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
            let path = code[at..].split(end).next().unwrap();
            take(&[], path.trim_end_matches(':'), &mut found);
        }
    }
    found
}

/// The modules of the sources, as paths from the root, with their code.
fn modules() -> BTreeMap<Vec<String>, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&src, &mut found);
    let mut all = BTreeMap::new();
    for (path, code) in found {
        let inside = Path::new(&path)
            .strip_prefix(&src)
            .unwrap()
            .with_extension("");
        let mut module: Vec<String> = inside
            .components()
            .map(|c| c.as_os_str().to_string_lossy().into_owned())
            .collect();
        match module.last().map(String::as_str) {
            Some("tests" | "main") => continue,
            Some("mod" | "lib") => drop(module.pop()),
            _ => {}
        }
        let code: Vec<&str> = code
            .lines()
            .map(|l| l.split("//").next().unwrap())
            .collect();
        all.insert(module, code.join("\n"));
    }
    all
}

/// A path from the root, as a module means it.
type Absolute<'a> = &'a dyn Fn(&[String], &[String]) -> Option<Vec<String>>;

#[test]
fn no_files_use_each_other_in_a_circle() {
    let all = modules();
    let paths: BTreeMap<&Vec<String>, Vec<Vec<String>>> =
        all.iter().map(|(m, code)| (m, paths_of(code))).collect();
    // A path from the root, as a module means it.
    let absolute = |module: &[String], path: &[String]| -> Option<Vec<String>> {
        let first = path.first()?.as_str();
        let up = path.iter().take_while(|p| *p == "super").count();
        let (base, rest) = match first {
            "crate" => (&[][..], &path[1..]),
            "super" => (&module[..module.len().checked_sub(up)?], &path[up..]),
            "self" => (module, &path[1..]),
            _ => (module, path),
        };
        let own = [base, rest].concat();
        let named = [module, &path[..1]].concat();
        (matches!(first, "crate" | "super" | "self") || all.contains_key(&named)).then_some(own)
    };
    // The module in which what a path names is written, through what others hand on.
    fn home(
        path: &[String],
        all: &BTreeMap<Vec<String>, String>,
        paths: &BTreeMap<&Vec<String>, Vec<Vec<String>>>,
        absolute: Absolute<'_>,
        depth: usize,
    ) -> Option<Vec<String>> {
        let end = (0..=path.len())
            .rev()
            .find(|n| all.contains_key(&path[..*n]))?;
        let (module, rest) = path.split_at(end);
        let handed_on = rest.first().and_then(|name| {
            let uses = paths[&module.to_vec()].iter();
            let mut named = uses.filter(|p| p.len() > 1 && p.last() == Some(name));
            named
                .find_map(|p| absolute(module, p))
                .filter(|p| p != path)
        });
        match handed_on {
            Some(next) if depth < 6 => home(&next, all, paths, absolute, depth + 1),
            _ => Some(module.to_vec()),
        }
    }
    let mut uses: BTreeMap<&Vec<String>, Vec<Vec<String>>> = BTreeMap::new();
    for (module, named) in &paths {
        for path in named.iter().filter_map(|p| absolute(module, p)) {
            let Some(used) = home(&path, &all, &paths, &absolute, 0) else {
                continue;
            };
            // A folder's `mod.rs` and its files belong together.
            if !module.starts_with(&used) && !used.starts_with(module) {
                uses.entry(module).or_default().push(used);
            }
        }
    }
    let mut circles = Vec::new();
    for module in all.keys() {
        let (mut seen, mut next) = (Vec::new(), vec![module]);
        while let Some(at) = next.pop() {
            for used in uses.get(at).into_iter().flatten() {
                if used == module {
                    circles.push(format!("{} through {}", module.join("/"), at.join("/")));
                }
                if !seen.contains(&used) {
                    seen.push(used);
                    next.push(used);
                }
            }
        }
    }
    assert!(uses.len() > 100, "the uses were read");
    assert!(circles.is_empty(), "{circles:#?}");
}

/// What sentences for people are called.
const SENTENCES: [&str; 10] = [
    "note", "notes", "detail", "details", "why", "because", "reason", "hint", "hints", "told",
];

/// What looks into a text.
const LOOKS: [&str; 7] = [
    "contains",
    "starts_with",
    "ends_with",
    "strip_prefix",
    "strip_suffix",
    "find",
    "split",
];

#[test]
fn nothing_is_decided_by_a_sentence() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (module, code) in modules() {
        for (number, line) in (1..).zip(code.lines()) {
            for look in LOOKS {
                for (at, _) in line.match_indices(&format!(".{look}(")) {
                    seen += 1;
                    let before = line[..at].trim_end_matches("()");
                    let end = |c: char| !(c.is_alphanumeric() || c == '_');
                    let name = before.rsplit(end).next().unwrap();
                    if SENTENCES.contains(&name) {
                        wrong.push(format!("{}:{number}: {}", module.join("/"), line.trim()));
                    }
                }
            }
        }
    }
    assert!(seen > 200, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_name_of_a_public_type_stands_for_one_thing() {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (module, code) in modules() {
        // Commands are named like what they show.
        if module.first().is_some_and(|room| room == "cli") {
            continue;
        }
        for line in code.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["pub", "struct" | "enum" | "trait" | "type", name, ..] = words[..] {
                let end = |c: char| !(c.is_alphanumeric() || c == '_');
                let name = name.split(end).next().unwrap().to_owned();
                all.entry(name).or_default().push(module.join("/"));
            }
        }
    }
    assert!(all.len() > 100, "{}", all.len());
    all.retain(|_, modules| modules.len() > 1);
    assert!(all.is_empty(), "{all:#?}");
}
