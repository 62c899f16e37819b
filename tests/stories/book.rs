//! The documentation: its links lead somewhere, and its commands run as they stand.
//!
//! Fenced blocks of a page run in order, in one repository for each page: `sh` as a script that must succeed, `console`
//! command by command, with the output that the page shows. A `toml` block must be a configuration without
//! mistakes. A comment of HTML before a block says otherwise:
//!
//! - `<!-- not run: REASON -->`: the block needs what a test has not.
//! - `<!-- exits N -->`: its last command fails, with this code.
//! - `<!-- file: PATH -->`: the block is written to this file.
//! - `<!-- first: COMMAND -->`: what the reader has done before; run, and not shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::support::{World, tools};

/// Where links to files that are not part of the book lead to.
const REPOSITORY: &str = "https://github.com/newgate/newgate/blob/main/";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The pages of the book and of the project, by their paths from the top.
fn pages() -> Vec<String> {
    let mut found: Vec<String> = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ]
    .map(str::to_owned)
    .into();
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap().flatten() {
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => folders.push(name),
                false if name.ends_with(".md") => found.push(name),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// A fenced block, with what the comments before it say.
#[derive(Debug)]
struct Block {
    language: String,
    indent: String,
    text: String,
    /// The number of its first line of text, from 0.
    line: usize,
    not_run: bool,
    code: i32,
    file: Option<String>,
    first: Vec<String>,
}

/// The blocks of a page, and its lines outside of them.
fn parts(page: &str) -> (Vec<Block>, Vec<&str>) {
    let (mut blocks, mut prose) = (Vec::new(), Vec::new());
    let (mut open, mut comment): (Option<Block>, Option<Vec<&str>>) = (None, None);
    let mut comments: Vec<String> = Vec::new();
    for (number, line) in page.lines().enumerate() {
        let inner = line.trim_start();
        if let Some(block) = &mut open {
            if inner == "```" {
                blocks.extend(open.take());
            } else {
                // In a list, the block is indented as the item is.
                block
                    .text
                    .push_str(line.strip_prefix(&*block.indent).unwrap_or(inner));
                block.text.push('\n');
            }
        } else if let Some(language) = inner.strip_prefix("```") {
            let of = |word: &str| {
                let all = comments.iter();
                all.filter_map(|c| Some(c.strip_prefix(word)?.trim().to_owned()))
                    .collect::<Vec<_>>()
            };
            open = Some(Block {
                language: language.to_owned(),
                indent: line.strip_suffix(inner).unwrap_or_default().to_owned(),
                text: String::new(),
                line: number + 1,
                not_run: !of("not run:").is_empty(),
                code: of("exits").first().map_or(0, |c| c.parse().unwrap()),
                file: of("file:").pop(),
                first: of("first:"),
            });
            comments.clear();
        } else if let Some(said) = &mut comment {
            said.push(inner.trim_end_matches("-->"));
            if inner.ends_with("-->") {
                comments.push(comment.take().unwrap_or_default().join("\n").trim().into());
            }
        } else if let Some(said) = inner.strip_prefix("<!--") {
            match said.strip_suffix("-->") {
                Some(said) => comments.push(said.trim().to_owned()),
                None => comment = Some(vec![said.trim_start()]),
            }
        } else {
            if !line.is_empty() {
                comments.clear();
            }
            prose.push(line);
        }
    }
    assert!(
        open.is_none() && comment.is_none(),
        "something is left open"
    );
    (blocks, prose)
}

/// The name of a heading in a link, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let shown = heading.trim_start_matches('#').trim().to_lowercase();
    let shown = shown.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        _ if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    shown.collect()
}

/// The path of a file that a page links to, from the top.
fn resolved(page: &str, link: &str) -> PathBuf {
    let mut path = Path::new(page).parent().unwrap().to_owned();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => assert!(path.pop(), "{page}: `{link}` leaves the repository"),
            _ => path.push(part),
        }
    }
    path
}

#[test]
fn every_link_leads_to_a_page_and_a_heading_that_exist() {
    static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").unwrap());
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("`[^`]*`").unwrap());
    let texts: BTreeMap<String, String> =
        pages().into_iter().map(|p| (p.clone(), read(&p))).collect();
    let headings = |page: &str| -> BTreeSet<String> {
        let (_, prose) = parts(&texts[page]);
        let all = prose.iter().filter(|l| l.starts_with('#'));
        all.map(|l| anchor(l)).collect()
    };
    let mut wrong = Vec::new();
    let mut count = 0;
    for (page, text) in &texts {
        let (_, prose) = parts(text);
        for link in LINK.captures_iter(&CODE.replace_all(&prose.join("\n"), "`")) {
            let link = &link[1];
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let path = match file.strip_prefix(REPOSITORY) {
                Some(path) => path.into(),
                None if file.contains("://") => continue,
                None if file.is_empty() => PathBuf::from(page),
                None => resolved(page, file),
            };
            count += 1;
            let name = path.to_string_lossy().into_owned();
            // What is not below `docs` is no part of the book.
            let is_outside = page.starts_with("docs/") && !path.starts_with("docs");
            if is_outside && !file.starts_with(REPOSITORY) {
                wrong.push(format!(
                    "{page}: `{link}` is not in the book: begin it with {REPOSITORY}"
                ));
            } else if !root().join(&path).exists() {
                wrong.push(format!("{page}: `{link}` does not exist"));
            } else if !heading.is_empty()
                && texts.contains_key(&name)
                && !headings(&name).contains(heading)
            {
                wrong.push(format!("{page}: `{link}` has no such heading"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 200, "{count}");
}

#[test]
fn every_page_is_in_the_book_once() {
    let summary = read("docs/SUMMARY.md");
    for page in pages() {
        let Some(name) = page.strip_prefix("docs/").filter(|n| *n != "SUMMARY.md") else {
            continue;
        };
        let found = summary.matches(&format!("]({name})")).count();
        assert_eq!(found, 1, "{page} is {found} times in docs/SUMMARY.md");
    }
}

#[test]
fn pages_are_written_in_the_usual_words() {
    let unusual = [
        "mend",
        "mended",
        "nobody knows",
        "whoever",
        "to be had",
        "stops the change",
        "unleak",
        "of late",
    ];
    let unusual = Regex::new(&format!(r"(?i)\b({})\b", unusual.join("|"))).unwrap();
    let mut wrong = Vec::new();
    // What is written from the program has its own tests.
    for page in pages().into_iter().filter(|p| p != "docs/commands.md") {
        let text = read(&page);
        let (blocks, prose) = parts(&text);
        wrong.extend(
            unusual
                .find_iter(&prose.join("\n"))
                .map(|f| format!("{page}: {}", f.as_str())),
        );
        // Code that is only indented escapes the tests below.
        let indented = prose
            .windows(2)
            .filter(|l| l[0].is_empty() && l[1].starts_with("    "));
        wrong.extend(indented.map(|l| format!("{page}: fence this: {}", l[1])));
        wrong.extend(
            blocks
                .iter()
                .filter(|b| b.language.is_empty())
                .map(|b| format!("{page}: name the language of line {}", b.line)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_that_the_map_names_exist() {
    static FILE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"`([a-z_]+/[a-z_/]+\.[a-z]+)`").unwrap());
    let page = read("CONTRIBUTING.md");
    let named: Vec<&str> = FILE
        .captures_iter(&page)
        .map(|c| c.get(1).unwrap().as_str())
        .collect();
    let exists =
        |name: &&&str| root().join(name).exists() || root().join("src").join(name).exists();
    let wrong: Vec<_> = named.iter().filter(|name| !exists(name)).collect();
    assert!(wrong.is_empty(), "CONTRIBUTING.md: no file is {wrong:?}");
    assert!(named.len() > 20);
}

/// The words of the program, without what Rust needs to write them.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => sources(&path, text),
            false if path.extension().is_some_and(|e| e == "rs") => {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
            false => {}
        }
    }
}

#[test]
fn messages_that_are_explained_exist() {
    static CONTINUED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\\\n\s*").unwrap());
    static QUOTED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\| \*([^*]+)\* \|").unwrap());
    let mut text = String::new();
    sources(&root().join("src"), &mut text);
    let text = CONTINUED.replace_all(&text, "");
    let page = read("docs/troubleshooting.md");
    let quoted: Vec<&str> = QUOTED
        .captures_iter(&page)
        .map(|c| c.get(1).unwrap().as_str())
        .collect();
    let wrong: Vec<_> = quoted.iter().filter(|q| !text.contains(**q)).collect();
    assert!(
        wrong.is_empty(),
        "docs/troubleshooting.md: no message says {wrong:#?}"
    );
    assert!(quoted.len() > 20);
}

/// Where the commands of a page run.
struct Reader {
    world: World,
    folder: PathBuf,
}

impl Reader {
    /// Somebody with a pushed project of one file, on its branch `main`.
    fn new() -> Reader {
        let mut world = World::new();
        let newgate = Path::new(env!("CARGO_BIN_EXE_newgate")).parent().unwrap();
        // One scanner is at hand: `newgate scanners` asks each that it finds for its version.
        let bin = world.path("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(tools().join("ast-grep"), bin.join("ast-grep")).unwrap();
        let folders = format!("{}:{}", newgate.display(), bin.display());
        world.put_on_path(Path::new(&folders));
        world.write("app.py", "def one():\n    return 1\n");
        world.commit("Start");
        world.git(&["push", "--quiet", "origin", "main"]);
        world.git(&["remote", "set-head", "origin", "main"]);
        let folder = world.work();
        Reader { world, folder }
    }

    /// Runs a script; returns its exit code and what it printed.
    fn run(&mut self, script: &str) -> (i32, String) {
        let left = self.world.path("left");
        let script = format!("exec 2>&1\ntrap 'pwd >{}' EXIT\n{script}", left.display());
        let ran = self
            .world
            .run_in(&self.folder, "sh", &["-e", "-c", &script], b"");
        self.folder = fs::read_to_string(left).unwrap().trim().into();
        (ran.code, self.plain(&ran.out))
    }

    /// An output without what differs from machine to machine, or with the files that `newgate init` writes.
    fn plain(&self, text: &str) -> String {
        static TIME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[\d,.]+ m?s\b").unwrap());
        static DAY: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\b20\d\d-\d\d-\d\d\b").unwrap());
        static BASE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\bcompared with [0-9a-f]{10}\b").unwrap());
        let top = self.world.folder().display().to_string();
        let text = text.replace(&top, "~");
        let text = DAY.replace_all(&text, "2026-12-31");
        let text = TIME.replace_all(&text, "9 ms");
        let text = BASE.replace_all(&text, "compared with 120df49340");
        text.lines()
            .map(|l| format!("{}\n", l.trim_end()))
            .collect()
    }
}

/// A command of a `console` block, and the output that the page shows for it.
fn commands(text: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let Some((command, output)) = all.last_mut().filter(|_| !line.starts_with("$ ")) else {
            let command = line.strip_prefix("$ ").expect("a console begins with `$ `");
            all.push((command.to_owned(), String::new()));
            continue;
        };
        match line.strip_prefix("> ") {
            Some(more) if output.is_empty() => command.push_str(&format!("\n{more}")),
            _ => output.push_str(&format!("{line}\n")),
        }
    }
    all
}

/// Runs a page. Returns what is wrong, and the page with the outputs as they are.
fn run(name: &str, page: &str) -> (Vec<String>, String) {
    let (blocks, _) = parts(page);
    let mut wrong = Vec::new();
    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    let mut reader = None;
    // From the end, so that the numbers of lines above hold.
    let mut written = Vec::new();
    for block in &blocks {
        let place = format!("{name}:{}", block.line);
        let has_part = ["sh", "console", "toml"].contains(&&*block.language);
        if block.not_run || !(has_part || block.file.is_some()) {
            continue;
        }
        let reader = reader.get_or_insert_with(Reader::new);
        for first in &block.first {
            let (code, said) = reader.run(first);
            if code != 0 {
                wrong.push(format!("{place}: `{first}` exits {code}: {said}"));
            }
        }
        if let Some(file) = &block.file {
            reader.world.write(file, &block.text);
            continue;
        }
        match &*block.language {
            "toml" => {
                let mut other = Reader::new();
                other.world.write(".newgate/config.toml", &block.text);
                let (code, said) = other.run("newgate config check");
                if code != 0 {
                    wrong.push(format!("{place}: {said}"));
                }
            }
            "sh" => {
                let (code, said) = reader.run(&block.text);
                if code != block.code {
                    wrong.push(format!("{place}: exits {code}: {said}"));
                }
            }
            _ => {
                let mut shown = Vec::new();
                let all = commands(&block.text);
                for (nth, (command, expected)) in all.iter().enumerate() {
                    let (code, said) = reader.run(command);
                    let allowed = if nth + 1 == all.len() { block.code } else { 0 };
                    if code != allowed {
                        wrong.push(format!("{place}: `{command}` exits {code}: {said}"));
                    }
                    if said != reader.plain(expected) {
                        wrong.push(format!("{place}: `{command}` prints\n{said}"));
                    }
                    shown.push(format!("$ {}", command.replace('\n', "\n> ")));
                    shown.extend(said.lines().map(str::to_owned));
                }
                let indented: Vec<String> = shown
                    .iter()
                    .map(|l| format!("{}{l}", block.indent))
                    .collect();
                written.push((block.line, block.text.lines().count(), indented));
            }
        }
    }
    for (line, count, shown) in written.into_iter().rev() {
        lines.splice(line..line + count, shown);
    }
    (wrong, lines.join("\n") + "\n")
}

#[test]
fn every_command_of_the_pages_runs() {
    let mut wrong = Vec::new();
    for page in pages() {
        wrong.extend(run(&page, &read(&page)).0);
    }
    assert!(
        wrong.is_empty(),
        "{}\n`cargo test --test stories -- --ignored write_the_outputs` writes the outputs anew",
        wrong.join("\n")
    );
}

#[test]
#[ignore = "writes the outputs of commands into the pages"]
fn write_the_outputs() {
    for page in pages() {
        let before = read(&page);
        let (_, after) = run(&page, &before);
        if after != before {
            fs::write(root().join(&page), after).unwrap();
        }
    }
}
