//! Functions and modules under other names (`from os import system as run`): written as rules know them, so that
//! a rule need not know each way to import a function.
//!
//! Lines stay as they are; [`Edits`] says what the columns were.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;
use regex::{Regex, RegexBuilder};

use super::dialect::Dialect;

/// The modules whose functions rules name, and the name that rules know each by.
const JAVASCRIPT: [(&str, &str); 40] = [
    ("child_process", "child_process"),
    ("fs", "fs"),
    ("fs/promises", "fs"),
    ("fs-extra", "fs"),
    ("vm", "vm"),
    ("path", "path"),
    ("crypto", "crypto"),
    ("http", "http"),
    ("https", "https"),
    ("axios", "axios"),
    ("got", "got"),
    ("request", "request"),
    ("needle", "needle"),
    ("superagent", "superagent"),
    ("jsonwebtoken", "jwt"),
    ("lodash", "_"),
    ("node-serialize", "serialize"),
    ("libxmljs", "libxmljs"),
    ("libxmljs2", "libxmljs"),
    ("xpath", "xpath"),
    ("js-yaml", "yaml"),
    ("ejs", "ejs"),
    ("pug", "pug"),
    ("jade", "jade"),
    ("dot", "doT"),
    ("handlebars", "Handlebars"),
    ("nunjucks", "nunjucks"),
    ("mustache", "Mustache"),
    ("shelljs", "shell"),
    ("execa", "execa"),
    ("node-fetch", "fetch"),
    ("cross-fetch", "fetch"),
    ("cors", "cors"),
    ("express-session", "session"),
    ("client-sessions", "session"),
    ("cookie-session", "cookieSession"),
    ("serve-index", "serveIndex"),
    ("crypto-js", "CryptoJS"),
    ("mathjs", "math"),
    ("errorhandler", "errorhandler"),
];
const PYTHON: [&str; 19] = [
    "os",
    "subprocess",
    "pickle",
    "cPickle",
    "dill",
    "marshal",
    "shelve",
    "jsonpickle",
    "yaml",
    "requests",
    "httpx",
    "urllib.request",
    "hashlib",
    "random",
    "tempfile",
    "jwt",
    "commands",
    "importlib",
    "builtins",
];
const GO: [&str; 14] = [
    "os/exec",
    "os",
    "io/ioutil",
    "net/http",
    "html/template",
    "text/template",
    "crypto/md5",
    "crypto/sha1",
    "crypto/des",
    "crypto/rc4",
    "crypto/tls",
    "math/rand",
    "path/filepath",
    "fmt",
];
/// Longest list of names that one import names, in bytes.
const LONGEST_LIST: usize = 4_000;

/// What was written anew: where it begins now, and its length now and before, in bytes.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<(usize, usize, usize)>);

impl Edits {
    /// Whether nothing was written anew.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The column of a place before the edits, from its place and column after them.
    pub(super) fn column(&self, at: usize, column: usize) -> usize {
        let line = at.saturating_sub(column);
        let before = self
            .0
            .iter()
            .filter(|(begin, new, _)| *begin >= line && begin + new <= at);
        before.fold(column, |column, (_, new, old)| {
            (column + old).saturating_sub(*new)
        })
    }
}

/// What a name stands for.
#[derive(Clone, Debug)]
struct Alias {
    stands_for: String,
    /// It is a module, so that a member of it follows.
    is_module: bool,
}

/// The text with each name as rules know it.
pub(super) fn resolved(text: Cow<'_, str>, dialect: Dialect) -> (Cow<'_, str>, Edits) {
    let mut found = Found::default();
    match dialect {
        Dialect::JavaScript | Dialect::TypeScript | Dialect::Tsx => found.in_javascript(&text),
        Dialect::Python => found.in_python(&text),
        Dialect::Go => found.in_go(&text),
        Dialect::Java | Dialect::Php | Dialect::Ruby => {}
    }
    found.uses(&text);
    if found.edits.is_empty() {
        return (text, Edits::default());
    }
    found.edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len() + 256);
    let mut edits = Edits::default();
    let mut from = 0;
    for (range, new) in found.edits {
        let (Some(kept), true) = (text.get(from..range.start), range.start >= from) else {
            continue;
        };
        out.push_str(kept);
        edits.0.push((out.len(), new.len(), range.len()));
        out.push_str(&new);
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (Cow::Owned(out), edits)
}

/// What is found in a text.
#[derive(Default)]
struct Found {
    names: HashMap<String, Alias>,
    /// Where names are given, which is no use of them.
    given: Vec<Range<usize>>,
    edits: Vec<(Range<usize>, String)>,
}

/// The name that a text begins with, of ASCII letters, digits, `_` and some signs; may be empty.
fn name_at<'t>(text: &'t str, signs: &[u8]) -> &'t str {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || signs.contains(&b);
    let end = text.bytes().position(|b| !of_name(b));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// The name that a text ends with, and what is before it.
fn name_before<'t>(text: &'t str, signs: &[u8]) -> (&'t str, &'t str) {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || signs.contains(&b);
    let begin = text.bytes().rposition(|b| !of_name(b));
    let cut = text.split_at_checked(begin.map_or(0, |b| b + 1));
    cut.unwrap_or((text, ""))
}

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

/// What is behind a word and white space, if a text begins with them.
fn behind<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(word)?;
    let after = rest.trim_start_matches(SPACES);
    (after.len() < rest.len()).then_some(after)
}

/// What is before a word and white space, if a text ends with them.
fn ahead<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let before = text.trim_end_matches(SPACES);
    (before.len() < text.len())
        .then(|| before.strip_suffix(word))
        .flatten()
}

/// The name of a module in quotes, at the begin of a text, and what is behind it.
fn module_at<'t>(text: &'t str, quotes: &[char]) -> Option<(&'t str, &'t str)> {
    let rest = text.trim_start_matches(SPACES).strip_prefix(quotes)?;
    let name = name_at(rest, b":/-");
    let after = rest.get(name.len()..)?.strip_prefix(quotes)?;
    (!name.is_empty()).then_some((name, after))
}

/// A list in braces at the end of a text, and what is before it.
fn list_before(text: &str) -> Option<(&str, &str)> {
    let (before, list) = text.strip_suffix('}')?.rsplit_once('{')?;
    (!list.contains('}')).then_some((before, list))
}

fn module_of_javascript(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("node:").unwrap_or(name);
    let known = JAVASCRIPT.iter().find(|(module, _)| *module == name);
    known.map(|(_, known_as)| *known_as)
}

impl Found {
    fn name(&mut self, name: &str, stands_for: &str, is_module: bool) {
        if name != stands_for && !name.is_empty() {
            let stands_for = stands_for.to_owned();
            let alias = Alias {
                stands_for,
                is_module,
            };
            self.names.insert(name.to_owned(), alias);
        }
    }

    /// The names of a list: `exec as run, spawn`, or with `:` between.
    fn list(&mut self, list: &str, module: &str) {
        for item in list.split(',').take(200) {
            let item = item.trim().trim_start_matches("type ");
            let (name, alias) = item
                .split_once(" as ")
                .or_else(|| item.split_once(':'))
                .map_or((item, item), |(name, alias)| (name.trim(), alias.trim()));
            let is_name = |n: &str| {
                !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            };
            if is_name(name) && is_name(alias) {
                match module {
                    "builtins" => self.name(alias, name, false),
                    _ => self.name(alias, &format!("{module}.{name}"), false),
                }
            }
        }
    }

    fn in_javascript(&mut self, text: &str) {
        let all = |word: &'static str| memmem::find_iter(text.as_bytes(), word);
        for at in all("require").chain(all("import")) {
            self.required(text, at);
        }
        for at in all("from") {
            self.imported(text, at);
        }
        if self.given.is_empty() {
            return;
        }
        for at in all("promisify(") {
            self.promised(text, at);
        }
        for word in ["const", "let", "var"] {
            for at in all(word) {
                self.taken(text.get(at + word.len()..).unwrap_or_default());
            }
        }
    }

    /// `const run = require("child_process").exec`, `const { exec } = await import("child_process")`
    fn required(&mut self, text: &str, at: usize) -> Option<()> {
        let rest = text.get(at..)?;
        let after = rest
            .strip_prefix("require")
            .or_else(|| rest.strip_prefix("import"))?;
        let (module, after) = module_at(after.strip_prefix('(')?, &['"', '\'', '`'])?;
        let after = after.trim_start_matches(SPACES).strip_prefix(')')?;
        let module = module_of_javascript(module)?;
        let member = after
            .strip_prefix('.')
            .map_or("", |after| name_at(after, b""));
        let mut before = text.get(..at)?;
        if rest.starts_with("import") {
            before = ahead(before, "await")?;
        }
        let before = before.trim_end_matches(SPACES).strip_suffix('=')?;
        let before = before.trim_end_matches(SPACES);
        let (before, list, name) = match list_before(before) {
            Some((before, list)) => (before, Some(list), ""),
            None => {
                let (before, name) = name_before(before, b"$");
                (before, None, name)
            }
        };
        let words = ["const", "let", "var", "import"];
        let begin = words
            .into_iter()
            .find_map(|word| ahead(before, word))?
            .len();
        let end = text.len() - after.len()
            + if member.is_empty() {
                0
            } else {
                member.len() + 1
            };
        self.given.push(begin..end);
        match member {
            "" | "promises" | "default" => self.name(name, module, true),
            member => self.name(name, &format!("{module}.{member}"), false),
        }
        if let Some(list) = list.filter(|l| l.len() <= LONGEST_LIST) {
            self.list(list, module);
        }
        Some(())
    }

    /// `import name, { exec as run } from "child_process"`
    fn imported(&mut self, text: &str, at: usize) -> Option<()> {
        let (module, after) = module_at(text.get(at + "from".len()..)?, &['"', '\''])?;
        let module = module_of_javascript(module)?;
        let before = text.get(..at)?.trim_end_matches(SPACES);
        let (before, list) = match list_before(before) {
            Some((before, list)) => (before, Some(list)),
            None => (before, None),
        };
        let (begin, name) = match before.trim_end_matches(SPACES).strip_suffix("import") {
            Some(begin) => (begin, ""),
            None => {
                let before = before.trim_end_matches(SPACES);
                let before = before.strip_suffix(',').unwrap_or(before);
                let (before, name) = name_before(before.trim_end_matches(SPACES), b"$");
                let all = ahead(before, "as");
                let all = all.and_then(|b| b.trim_end_matches(SPACES).strip_suffix('*'));
                let begin = match all {
                    Some(before) => before.trim_end_matches(SPACES).strip_suffix("import"),
                    None => ahead(before, "import"),
                };
                // `import type { Stats } from "fs"`
                let name = if list.is_some() && name == "type" {
                    ""
                } else {
                    name
                };
                (begin?, name)
            }
        };
        self.given.push(begin.len()..text.len() - after.len());
        self.name(name, module, true);
        if let Some(list) = list.filter(|l| l.len() <= LONGEST_LIST) {
            self.list(list, module);
        }
        Some(())
    }

    /// `const run = util.promisify(child_process.exec)`
    fn promised(&mut self, text: &str, at: usize) -> Option<()> {
        let (before, after) = text.split_at_checked(at)?;
        let before = match before.strip_suffix('.') {
            Some(before) => name_before(before, b"").0,
            None => before,
        };
        let before = before.trim_end_matches(SPACES).strip_suffix('=')?;
        let (before, name) = name_before(before.trim_end_matches(SPACES), b"");
        let words = ["const", "let", "var"];
        words.into_iter().find_map(|word| ahead(before, word))?;
        let after = after.split_once('(')?.1.trim_start_matches(SPACES);
        let first = name_at(after, b"");
        let after = after.get(first.len()..)?;
        let second = after.strip_prefix('.').map(|after| name_at(after, b""));
        let end = after.get(second.map_or(0, |s| s.len() + 1)..)?;
        end.trim_start_matches(SPACES).strip_prefix(')')?;
        let known = match second {
            None => self.names.get(first).map(|a| a.stands_for.clone()),
            Some(member) => self.module(first).map(|m| format!("{m}.{member}")),
        };
        self.name(name, &known?, false);
        Some(())
    }

    /// What follows `const`: `run = child_process.exec;`, `{ exec } = child_process;`.
    fn taken(&mut self, text: &str) -> Option<()> {
        let rest = behind(text, "")?;
        let (name, list, rest) = match rest.strip_prefix('{') {
            Some(rest) => {
                let end = rest
                    .find(['{', '}'])
                    .filter(|e| rest.as_bytes().get(*e) == Some(&b'}'))?;
                ("", rest.get(..end)?, rest.get(end + 1..)?)
            }
            None => {
                let name = name_at(rest, b"");
                (name, "", rest.get(name.len()..)?)
            }
        };
        let rest = rest.trim_start_matches(SPACES).strip_prefix('=')?;
        let rest = rest.trim_start_matches(SPACES);
        let from = name_at(rest, b"");
        let mut rest = rest.get(from.len()..)?;
        let mut member = "";
        if !name.is_empty() {
            rest = rest.strip_prefix('.')?;
            member = name_at(rest, b"");
            rest = rest.get(member.len()..)?;
        }
        let rest = rest.trim_start_matches([' ', '\t', '\r']);
        if from.is_empty() || !(rest.is_empty() || rest.starts_with([';', '\n'])) {
            return None;
        }
        let module = self.module(from)?;
        if !name.is_empty() && !member.is_empty() {
            self.name(name, &format!("{module}.{member}"), false);
        } else if name.is_empty() && list.len() <= LONGEST_LIST {
            self.list(list, &module);
        }
        Some(())
    }

    /// The module that a name stands for.
    fn module(&self, name: &str) -> Option<String> {
        let alias = self.names.get(name).filter(|a| a.is_module);
        let own = JAVASCRIPT.iter().any(|(_, known)| *known == name);
        alias
            .map(|a| a.stands_for.clone())
            .or_else(|| own.then(|| name.to_owned()))
    }

    fn in_python(&mut self, text: &str) {
        // Few files have one of these.
        static MADE: LazyLock<Regex> = LazyLock::new(|| {
            let mut made = RegexBuilder::new(
                r#"getattr\(\s*(?:(\w+)|__import__\(\s*["'](\w+)["']\s*\))\s*,\s*["'](\w+)["']\s*\)|(?:__import__|importlib\.import_module)\(\s*["'](\w+)["']\s*\)|(?:__builtins__|builtins)\.(eval|exec|compile|open|__import__)\b"#,
            );
            made.unicode(false).build().expect("a test uses it")
        });
        let is_known = |name: &str| PYTHON.contains(&name);
        let mut taken = Vec::new();
        let mut from = 0;
        for line in text.split('\n') {
            let begin = from;
            from += line.len() + 1;
            let line = line.trim_start_matches(BLANKS);
            let at = from - 1 - line.len();
            if let Some(rest) = line.strip_prefix("from") {
                let _ = self.of_module(text, begin..at + 4, rest);
            } else if let Some(rest) = line
                .strip_prefix("import")
                .filter(|r| r.starts_with(BLANKS))
            {
                let list = rest.split(['#', ';']).next().unwrap_or_default();
                for item in list.split(',').take(50) {
                    if let Some((module, alias)) = item.split_once(" as ")
                        && is_known(module.trim())
                    {
                        self.given.push(begin..from - 1 - (rest.len() - list.len()));
                        self.name(alias.trim(), module.trim(), true);
                    }
                }
            } else if let Some((name, value)) = line.split_once('=') {
                taken.push((name.trim_end_matches(BLANKS), value.trim_matches(BLANKS)));
            }
        }
        for (name, value) in taken {
            let Some((from, member)) = value.split_once('.') else {
                continue;
            };
            let is_name = |n: &str| !n.is_empty() && name_at(n, b"").len() == n.len();
            if ![name, from, member].into_iter().all(is_name) {
                continue;
            }
            let module = self.names.get(from).filter(|a| a.is_module);
            let module = module.map(|a| a.stands_for.clone());
            let module = module.or_else(|| is_known(from).then(|| from.to_owned()));
            // `os.environ` and the like are no functions, but no rule knows them either.
            if let Some(module) = module {
                self.name(name, &format!("{module}.{member}"), false);
            }
        }
        let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
        let signs = ["getattr(", "__import__(", "import_module(", "builtins"];
        if !signs.into_iter().any(has) {
            return;
        }
        for found in MADE.captures_iter(text) {
            let Some(whole) = found.get(0) else {
                continue;
            };
            let group = |n| found.get(n).map(|g| g.as_str());
            let module = group(1)
                .or(group(2))
                .map(|name| match self.names.get(name) {
                    Some(alias) if alias.is_module => alias.stands_for.clone(),
                    _ => name.to_owned(),
                });
            let new = match (module.filter(|m| is_known(m)), group(3), group(4), group(5)) {
                (Some(module), Some(member), _, _) if module == "builtins" => member.to_owned(),
                (Some(module), Some(member), _, _) => format!("{module}.{member}"),
                (_, _, Some(module), _) if is_known(module) => module.to_owned(),
                (_, _, _, Some(function)) => function.to_owned(),
                _ => continue,
            };
            self.edits.push((whole.range(), new));
        }
    }

    /// `from os import system as run`, from behind the first word on.
    fn of_module(&mut self, text: &str, given: Range<usize>, rest: &str) -> Option<()> {
        let rest = behind_blanks(rest)?;
        let module = name_at(rest, b".");
        let rest = behind_blanks(rest.get(module.len()..)?)?;
        let line = rest.strip_prefix("import")?.trim_start_matches(BLANKS);
        PYTHON.contains(&module).then_some(())?;
        // What stands in brackets may go on on other lines.
        let end = text.get(given.end..)?.split('\n').next()?.len() + given.end;
        let begin = end - line.len();
        let bracket = line.strip_prefix('(').and_then(|_| {
            let inner = text.get(begin + 1..)?;
            let end = inner.find(['(', ')'])?;
            (inner.as_bytes().get(end) == Some(&b')')).then(|| inner.get(..end))?
        });
        let list = match bracket {
            Some(list) => list,
            None => line.split(['(', '#', ';']).next()?,
        };
        let behind = begin + list.len() + if bracket.is_some() { 2 } else { 0 };
        self.given.push(given.start..behind);
        if list.trim() == "*" {
            let all = match module {
                "os" => "system, popen",
                "subprocess" => "run, call, check_call, check_output, Popen, getoutput",
                "pickle" => "loads",
                _ => "",
            };
            self.list(all, module);
        } else if list.len() <= LONGEST_LIST {
            self.list(list, module);
        }
        Some(())
    }

    fn in_go(&mut self, text: &str) {
        let mut begin = 0;
        for line in text.split('\n') {
            let range = begin..begin + line.len();
            begin = range.end + 1;
            // Imports come first.
            if ["func ", "type ", "var ", "const "]
                .iter()
                .any(|w| line.starts_with(w))
            {
                return;
            }
            let Some((alias, path)) = named_import(line) else {
                continue;
            };
            if GO.contains(&path) && !matches!(alias, "_" | "import") {
                let module = path.rsplit('/').next().unwrap_or(path);
                self.given.push(range);
                self.name(alias, module, true);
            }
        }
    }

    /// Each use of the names, as an edit.
    fn uses(&mut self, text: &str) {
        if self.names.is_empty() {
            return;
        }
        let begins = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$');
        let mut first = [false; 256];
        for byte in self.names.keys().filter_map(|n| n.bytes().next()) {
            first[usize::from(byte)] = true;
        }
        let mut at = 0;
        while let Some(rest) = text.get(at..) {
            let Some(begin) = rest.bytes().position(begins) else {
                break;
            };
            let begin = at + begin;
            let word = name_at(text.get(begin..).unwrap_or_default(), b"$");
            at = begin + word.len();
            if !word.bytes().next().is_some_and(|b| first[usize::from(b)]) {
                continue;
            }
            let Some(alias) = self.names.get(word) else {
                continue;
            };
            let word = begin..at;
            if self.given.iter().any(|g| g.contains(&word.start)) {
                continue;
            }
            let before = text.get(..word.start).unwrap_or_default();
            let after = text.get(word.end..).unwrap_or_default();
            let spread = before.ends_with("...");
            let defines = [
                "function ",
                "def ",
                "func ",
                "class ",
                "const ",
                "let ",
                "var ",
            ];
            if before.ends_with('.') && !spread || defines.iter().any(|d| before.ends_with(d)) {
                continue;
            }
            let next = after.trim_start();
            let mut end = word.end;
            let mut new = alias.stands_for.clone();
            if alias.is_module {
                if let Some((member, rest)) = member_in_brackets(after) {
                    end += after.len() - rest.len();
                    new = format!("{new}.{member}");
                } else if after.starts_with("?.") {
                    end += 2;
                    new.push('.');
                } else if !next.starts_with(['.', '(']) {
                    continue;
                }
            } else if let Some(call) = after.strip_prefix("?.").filter(|c| c.starts_with('(')) {
                end = text.len() - call.len();
            } else if !(next.starts_with('(')
                || before.ends_with('(') && next.starts_with([')', ',']))
            {
                continue;
            }
            self.edits.push((word.start..end, new));
        }
    }
}

/// `["exec"]`, perhaps behind `?.`: the name, and what is behind it.
fn member_in_brackets(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("?.").unwrap_or(text).strip_prefix('[')?;
    let (name, rest) = module_at(text, &['"', '\'', '`'])?;
    let rest = rest.trim_start_matches(SPACES).strip_prefix(']')?;
    (!name.contains([':', '/', '-'])).then_some((name, rest))
}

/// White space within a line.
const BLANKS: [char; 2] = [' ', '\t'];

/// What is behind white space, if a text begins with that.
fn behind_blanks(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(BLANKS);
    (rest.len() < text.len()).then_some(rest)
}

/// `e "os/exec"`: the name and the path.
fn named_import(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(SPACES);
    let line = behind(line, "import").unwrap_or(line);
    let alias = name_at(line, b"");
    let rest = behind(line.get(alias.len()..)?, "")?.strip_prefix('"')?;
    let path = name_at(rest, b"/");
    let rest = rest.get(path.len()..)?.strip_prefix('"')?;
    let rest = rest.trim_start_matches(SPACES);
    let is_whole = rest.is_empty() || rest.starts_with("//");
    (is_whole && !alias.is_empty()).then_some((alias, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, dialect: Dialect) -> String {
        let (text, _) = resolved(Cow::Borrowed(text), dialect);
        let last = text.lines().last().unwrap_or_default();
        last.to_owned()
    }

    #[test]
    fn a_name_is_written_as_rules_know_it() {
        let (js, py, go) = (Dialect::JavaScript, Dialect::Python, Dialect::Go);
        for (dialect, text, last) in [
            (
                js,
                "const p = require('child_process');\np.exec(x)",
                "child_process.exec(x)",
            ),
            (
                js,
                "import * as p from 'node:child_process';\np?.exec(x)",
                "child_process.exec(x)",
            ),
            (
                js,
                "import { exec as run } from \"child_process\";\nrun(x)",
                "child_process.exec(x)",
            ),
            (
                js,
                "const { exec: run } = require('child_process');\nrun?.(x)",
                "child_process.exec(x)",
            ),
            (
                js,
                "const run = require('child_process').exec;\nrun(x)",
                "child_process.exec(x)",
            ),
            (
                js,
                "const cp = require('child_process');\nconst run = util.promisify(cp.exec);\nrun(x)",
                "child_process.exec(x)",
            ),
            (
                js,
                "const cp = require('child_process');\nconst { exec } = cp;\nexec(x)",
                "child_process.exec(x)",
            ),
            (
                js,
                "import * as p from 'child_process';\np['exec'](x)",
                "child_process.exec(x)",
            ),
            (
                js,
                "import { unlinkSync } from 'fs';\nunlinkSync(x)",
                "fs.unlinkSync(x)",
            ),
            (js, "import { exec } from './mine';\nexec(x)", "exec(x)"),
            (
                js,
                "import p from 'child_process';\nq.p.exec(x)",
                "q.p.exec(x)",
            ),
            (py, "from os import system as s\ns(x)", "os.system(x)"),
            (
                py,
                "from os import (\n  system,\n  popen as p,\n)\np(x)",
                "os.popen(x)",
            ),
            (
                py,
                "import subprocess as sp, os\nsp.run(x, shell=True)",
                "subprocess.run(x, shell=True)",
            ),
            (py, "from os import *\nsystem(x)", "os.system(x)"),
            (py, "import os\nrun = os.system\nrun(x)", "os.system(x)"),
            (py, "getattr(os, 'system')(x)", "os.system(x)"),
            (py, "getattr(__import__('os'), 'system')(x)", "os.system(x)"),
            (py, "__import__('os').system(x)", "os.system(x)"),
            (py, "builtins.eval(x)", "eval(x)"),
            (py, "from mine import system\nsystem(x)", "system(x)"),
            (
                go,
                "import (\n\te \"os/exec\"\n)\ne.Command(x)",
                "exec.Command(x)",
            ),
        ] {
            assert_eq!(of(text, dialect), last, "{text}");
        }
    }

    #[test]
    fn the_columns_are_those_that_were_written() {
        let text = "import subprocess as sp\nf(sp.run(x), y)";
        let (new, edits) = resolved(Cow::Borrowed(text), Dialect::Python);
        let at = new.rfind('y').unwrap_or_default();
        let line = new.rfind('\n').unwrap_or_default() + 1;
        assert_eq!(edits.column(at, at - line), "f(sp.run(x), ".len());
    }
}
