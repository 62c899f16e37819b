//! How newgate talks: what can be checked of it without reading it.

use std::fs;
use std::path::{Path, PathBuf};

/// Phrases that readers stumbled over.
const BANNED: [&str; 20] = [
    "nobody knows",
    "whoever",
    "to be had",
    "stops the change",
    "of late",
    "is no day",
    "heeded",
    "as asked",
    "thereby",
    "is not to ",
    "lets that pass",
    "printed something",
    "not asked of you",
    "goes on from",
    "was taken in",
    "not taken in",
    "the time ran out",
    "never as it was",
    "says itself",
    "it is no ",
];

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

/// The texts in quotes of a source file, without its tests and comments, each on one line.
fn texts(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
    // A quote as a character begins no text.
    let code = lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace("'\"'", "' '")
        .replace("b'\"'", "' '");
    let mut all = Vec::new();
    let mut chars = code.chars();
    while chars.by_ref().any(|c| c == '"') {
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => text.extend(chars.next().map(|next| match next {
                    '\n' => ' ',
                    'n' => '\n',
                    other => other,
                })),
                c => text.push(c),
            }
        }
        all.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    all
}

#[test]
fn no_message_has_a_phrase_that_readers_stumbled_over() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("src"), "rs", &mut sources);
    let mut seen = 0;
    let mut wrong = Vec::new();
    for path in sources.iter().filter(|p| !p.ends_with("tests.rs")) {
        for text in texts(&fs::read_to_string(path).unwrap()) {
            // Sentences, not names.
            if text.split(' ').count() < 3 {
                continue;
            }
            seen += 1;
            for phrase in BANNED {
                if text.contains(phrase) {
                    wrong.push(format!("{}: `{phrase}`: {text:.160}", path.display()));
                }
            }
        }
    }
    assert!(seen > 800, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_error_that_the_user_can_put_right_says_how() {
    // Those of git, of files and of scanners have a step by their kind (`Error::hints`).
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("src"), "rs", &mut sources);
    let mut seen = 0;
    let mut wrong = Vec::new();
    let sources = sources.iter().filter(|p| !p.ends_with("tests.rs"));
    for path in sources.filter(|p| !p.ends_with("src/error.rs")) {
        let code = fs::read_to_string(path).unwrap();
        // A function that only makes such an error leaves the hint to its callers.
        let code = code
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .replace("    Error::new(ErrorKind::Usage, text)\n}", "}");
        for kind in ["ErrorKind::Usage,", "ErrorKind::Config,", "= usage("] {
            for (at, _) in code.match_indices(kind) {
                // Up to where the function, or the closure that makes the error, ends.
                let rest = &code[at..];
                let end = ["\n}\n", "\n    }\n", "Error::new("].iter();
                let end = end.filter_map(|e| rest.find(e)).min();
                let statement = &rest[..end.unwrap_or(rest.len())];
                seen += 1;
                if !statement.contains(".hint(") {
                    let line = code[..at].lines().count();
                    wrong.push(format!("{}:{line}: {statement:.200}", path.display()));
                }
            }
        }
    }
    assert!(seen > 70, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_number_in_a_message_agrees_with_its_noun() {
    /// Where the number is never 1, or comes from a match that has an arm for 1.
    const SEVERAL: [&str; 17] = [
        "branches and tags have commits",
        "more issues: `newgate show`",
        "matches {} issues",
        "which has {lines} lines",
        "{severity} issues",
        "issues that block this push are",
        "changed files are stored in Git LFS",
        "results were left out",
        "scanners are missing",
        "issues block this change",
        "files of {target} have not been scanned",
        "its report covers {} of {} files",
        "more than {MOST}",
        "`{}` has more than",
        "{n} issues block",
        "{MAGIC}",
        "scanners and report formats: newgate installs",
    ];
    const NOUNS: [&str; 12] = [
        "files",
        "issues",
        "occurrences",
        "findings",
        "units",
        "results",
        "commits",
        "scanners",
        "places",
        "days",
        "branches",
        "steps",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("src"), "rs", &mut sources);
    let mut wrong = Vec::new();
    for path in sources.iter().filter(|p| !p.ends_with("tests.rs")) {
        for text in texts(&fs::read_to_string(path).unwrap()) {
            let pieces: Vec<&str> = text.split('}').collect();
            let counted = pieces.iter().skip(1).any(|after| {
                let word = after
                    .strip_prefix(' ')
                    .and_then(|a| a.split([' ', ',', ':', ';', ')']).next());
                word.is_some_and(|w| NOUNS.contains(&w))
            });
            if counted && !SEVERAL.iter().any(|s| text.contains(s)) {
                wrong.push(format!("{}: {text:.160}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
