//! Functions and modules under other names (`from os import system as run`): written as rules know them, so that
//! a rule need not know each way to import a function.
//!
//! Lines stay as they are; [`Edits`] says what the columns were.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::dialect::Dialect;
use super::rules::in_ascii;

/// The modules whose functions rules name, and the name that rules know each by.
const JAVASCRIPT: [(&str, &str); 16] = [
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

fn expression(text: &str) -> Regex {
    // Most of the time to compile one goes into Unicode's tables otherwise.
    Regex::new(&in_ascii(text)).expect("a test uses each")
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
        static REQUIRED: LazyLock<Regex> = LazyLock::new(|| {
            expression(
                r#"(?:const|let|var|import)\s+(?:([\w$]+)|\{([^{}]*)\})\s*=\s*(?:await\s+import|require)\(\s*["'`]([\w:/-]+)["'`]\s*\)(?:\.(\w+))?"#,
            )
        });
        static IMPORTED: LazyLock<Regex> = LazyLock::new(|| {
            expression(
                r#"import\s+(?:(?:\*\s*as\s+)?([\w$]+)\s*,?\s*)?(?:\{([^{}]*)\}\s*)?from\s*["']([\w:/-]+)["']"#,
            )
        });
        static PROMISED: LazyLock<Regex> = LazyLock::new(|| {
            expression(
                r"(?:const|let|var)\s+(\w+)\s*=\s*(?:\w+\.)?promisify\(\s*(?:(\w+)\.)?(\w+)\s*\)",
            )
        });
        static TAKEN: LazyLock<Regex> = LazyLock::new(|| {
            expression(
                r"(?:const|let|var)\s+(?:(\w+)\s*=\s*(\w+)\.(\w+)|\{([^{}]*)\}\s*=\s*(\w+))\s*(?:;|\n|$)",
            )
        });
        let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
        if !has("require") && !has("import") {
            return;
        }
        for (expression, is_required) in [(&REQUIRED, true), (&IMPORTED, false)] {
            for found in expression.captures_iter(text) {
                let group = |n| found.get(n).map(|g| g.as_str());
                let Some(module) = group(3).and_then(module_of_javascript) else {
                    continue;
                };
                self.given.extend(found.get(0).map(|g| g.range()));
                if let Some(name) = group(1) {
                    match group(4).filter(|_| is_required) {
                        Some("promises" | "default") | None => self.name(name, module, true),
                        Some(member) => self.name(name, &format!("{module}.{member}"), false),
                    }
                }
                if let Some(list) = group(2).filter(|l| l.len() <= LONGEST_LIST) {
                    self.list(list, module);
                }
            }
        }
        if self.given.is_empty() {
            return;
        }
        for found in PROMISED.captures_iter(text) {
            let group = |n| found.get(n).map_or("", |g| g.as_str());
            let known = match group(2) {
                "" => self.names.get(group(3)).map(|a| a.stands_for.clone()),
                module => self.module(module).map(|m| format!("{m}.{}", group(3))),
            };
            if let Some(known) = known {
                self.name(group(1), &known, false);
            }
        }
        for found in TAKEN.captures_iter(text) {
            let group = |n| found.get(n).map_or("", |g| g.as_str());
            if let Some(module) = self.module(group(2)) {
                self.name(group(1), &format!("{module}.{}", group(3)), false);
            }
            if let Some(module) = self
                .module(group(5))
                .filter(|_| group(4).len() <= LONGEST_LIST)
            {
                self.list(group(4), &module);
            }
        }
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
        static FROM: LazyLock<Regex> = LazyLock::new(|| {
            expression(
                r"(?m)^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*(?:\(([^()]*)\)|([^\n(#;]*))",
            )
        });
        static AS: LazyLock<Regex> =
            LazyLock::new(|| expression(r"(?m)^[ \t]*import[ \t]+([^\n#;]*)"));
        static MADE: LazyLock<Regex> = LazyLock::new(|| {
            expression(
                r#"getattr\(\s*(?:(\w+)|__import__\(\s*["'](\w+)["']\s*\))\s*,\s*["'](\w+)["']\s*\)|(?:__import__|importlib\.import_module)\(\s*["'](\w+)["']\s*\)|(?:__builtins__|builtins)\.(eval|exec|compile|open|__import__)(?-u:\b)"#,
            )
        });
        static TAKEN: LazyLock<Regex> =
            LazyLock::new(|| expression(r"(?m)^[ \t]*(\w+)[ \t]*=[ \t]*(\w+)\.(\w+)[ \t]*$"));
        let is_known = |name: &str| PYTHON.contains(&name);
        for found in FROM.captures_iter(text) {
            let group = |n| found.get(n).map(|g| g.as_str());
            let Some(module) = group(1).filter(|m| is_known(m)) else {
                continue;
            };
            self.given.extend(found.get(0).map(|g| g.range()));
            let list = group(2).or(group(3)).unwrap_or_default();
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
        }
        for found in AS.captures_iter(text) {
            let list = found.get(1).map_or("", |g| g.as_str());
            for item in list.split(',').take(50) {
                if let Some((module, alias)) = item.split_once(" as ")
                    && is_known(module.trim())
                {
                    self.given.extend(found.get(0).map(|g| g.range()));
                    self.name(alias.trim(), module.trim(), true);
                }
            }
        }
        for found in TAKEN.captures_iter(text) {
            let group = |n| found.get(n).map_or("", |g| g.as_str());
            let module = self
                .names
                .get(group(2))
                .filter(|a| a.is_module)
                .map(|a| a.stands_for.clone());
            let module = module.or_else(|| is_known(group(2)).then(|| group(2).to_owned()));
            // `os.environ` and the like are no functions, but no rule knows them either.
            if let Some(module) = module {
                self.name(group(1), &format!("{module}.{}", group(3)), false);
            }
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

    fn in_go(&mut self, text: &str) {
        static NAMED: LazyLock<Regex> = LazyLock::new(|| {
            expression(r#"(?m)^\s*(?:import\s+)?(\w+)\s+"([\w/]+)"\s*(?://.*)?$"#)
        });
        if memchr::memmem::find(text.as_bytes(), b"import").is_none() {
            return;
        }
        for found in NAMED.captures_iter(text) {
            let group = |n| found.get(n).map_or("", |g| g.as_str());
            let (alias, path) = (group(1), group(2));
            if GO.contains(&path) && !matches!(alias, "_" | "import") {
                let module = path.rsplit('/').next().unwrap_or(path);
                self.given.extend(found.get(0).map(|g| g.range()));
                self.name(alias, module, true);
            }
        }
    }

    /// Each use of the names, as an edit.
    fn uses(&mut self, text: &str) {
        if self.names.is_empty() {
            return;
        }
        static WORD: LazyLock<Regex> = LazyLock::new(|| expression(r"[A-Za-z_$][\w$]*"));
        static MEMBER: LazyLock<Regex> =
            LazyLock::new(|| expression(r#"^(?:\?\.)?\[\s*["'`](\w+)["'`]\s*\]"#));
        for word in WORD.find_iter(text) {
            let Some(alias) = self.names.get(word.as_str()) else {
                continue;
            };
            if self.given.iter().any(|g| g.contains(&word.start())) {
                continue;
            }
            let before = text.get(..word.start()).unwrap_or_default();
            let after = text.get(word.end()..).unwrap_or_default();
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
            let mut end = word.end();
            let mut new = alias.stands_for.clone();
            if alias.is_module {
                if let Some(member) = MEMBER.captures(after) {
                    end += member.get(0).map_or(0, |m| m.len());
                    new = format!("{new}.{}", member.get(1).map_or("", |m| m.as_str()));
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
            self.edits.push((word.start()..end, new));
        }
    }
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
